/* A group of rows in blocks, and what is done with one block or with two of them. */
#ifndef FA_LOSS_PAIRWISE_JOB_H
#define FA_LOSS_PAIRWISE_JOB_H

#include "loss/pairwise_space.h"

typedef struct fa__pair_job {
    const fa__pair_group *group;
    fa__pair_space *space;
    fa__pair_block *blocks; /* [count] */
    float *d_z;             /* or NULL */
    size_t block_rows, count, round;
    bool bounds;     /* the rows are sorted for them */
    size_t from, to; /* blocks of this rank: of others nothing is added up */
} fa__pair_job;

static inline bool fa__pair_is_own(const fa__pair_job *job, size_t index) {
    return index >= job->from && index < job->to;
}

/* The circle method: of `seats` (even) one stays in place and the others move round it; in each of
 * seats - 1 rounds the seats that face each other meet. With an odd number of blocks, the one that
 * faces the empty seat rests. */
static inline size_t fa__pair_rounds(size_t count) {
    return count > 1 ? count - 1 + count % 2 : 0;
}

/* The index-th two blocks of a round, index < (count + 1) / 2; false: one of them rests. */
static inline bool fa__pair_seats(size_t *a, size_t *b, size_t count, size_t round, size_t index) {
    size_t circle = fa__pair_rounds(count);
    *a = (round + index) % circle;
    *b = index == 0 ? circle : (round + circle - index) % circle;
    return *b < count;
}

/* The blocks of the group, whose rows are there; slot: where in the space the first one lies. */
void fa__pair_place(fa__pair_job *job, size_t slot);

/* Fills one of them, its sums 0. */
void fa__pair_fill(const fa__pair_job *job, size_t index, size_t thread);

/* l, p, frames, reach and box of a block whose logits and memory are known. */
void fa__pair_make(const fa__pair_job *job, fa__pair_block *block, size_t thread);

/* The pairs of two blocks that are filled, or of one with itself. */
void fa__pair_meet(const fa__pair_job *job, size_t a, size_t b, size_t thread);

/* The same of two blocks whose l and p were not kept. */
void fa__pair_meet_again(const fa__pair_job *job, size_t a, size_t b, size_t thread);

/* The gradient of a block's rows, in their places. */
void fa__pair_store(const fa__pair_job *job, size_t index, size_t thread);

/* What row i of a block adds to the loss. */
double fa__pair_term(const fa__pair_job *job, size_t index, size_t i);

#endif
