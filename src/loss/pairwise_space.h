/* The memory of the fast pairwise losses and one task's view of it. */
#ifndef FA_LOSS_PAIRWISE_SPACE_H
#define FA_LOSS_PAIRWISE_SPACE_H

#include "loss/pairwise.h"
#include "loss/pairwise_kernel.h"

#include <stdbool.h>

enum {
    FA__WHOLE_ROWS = 512, /* a group of fewer is one block */
    FA__FRAMES = 5        /* rows of doubles for what is known of a block: frames, reach, box */
};

static inline size_t fa__round_up(size_t x, size_t to) {
    return (x + to - 1) / to * to;
}

enum { FA__LEAF = 96 /* rows whose pairs are decided together; a multiple of every panel */ };

/* What a thread needs for two blocks of up to `block_rows` rows. */
typedef struct fa__pair_scratch {
    float *rows[6];                  /* [block_rows and a panel, width] each; KL uses five */
    float *l[2], *p[2];              /* [block_rows, width] of the two blocks */
    double *frames[2], *log_sum[2];  /* of blocks that are made again, [5, width], [block_rows] */
    double *unused;                  /* [block_rows] what is counted of a block of another rank */
    float *start, *slack, *stored;   /* [block_rows] */
    fa__pair_fixed fixed;            /* but for its columns */
    float *ratios;                   /* [2, width] */
    uint32_t *count[2];              /* [block_rows] active columns of a row, rows of a column */
    uint8_t *row_bits, *column_bits; /* [block_rows, block_rows / 8], [/ 8, block_rows] */
    float *boxes;                    /* [leaves, 2, width] of the rows of b */
    uint8_t *leaf_states;            /* [leaves of a, leaves of b] fa__leaf_state */
    float *whole;     /* [leaves, width] sums of the rows of a leaf, then of several */
    double *exact;    /* [6, d]: two rows in double, and what their divergence takes */
    size_t exact_row; /* which row of the block the first one is */
} fa__pair_scratch;

typedef struct fa__pair_space {
    const fa__pair_kernel *kernel;
    fa__pair_path way;
    size_t width;           /* floats from row to row */
    fa__pair_block *blocks; /* as many as the largest group has, or threads */
    double *sums;           /* [padded rows, width + 3]; behind them in one allocation */
    size_t sums_size;       /* in bytes, without the frames */
    double *frames;         /* [blocks, 5, width] what is known of them */
    float *lasting; /* [padded rows, 2, width] l and p of all blocks, where that is little memory;
                       NULL: they are made again in scratch whenever blocks meet */
    float *kept; /* [rows of z, d] p of all rows, where neither lasting nor a gradient is there */
    fa__pair_scratch *scratch; /* [threads] */
    size_t threads;
    void *scratch_memory;
    fa__pair_reference reference;
    size_t reference_rows; /* groups up to this many go there */
    size_t slot;           /* rows: what a thread has for a group of one block */
} fa__pair_space;

/* Multiply-adds of a group, as fa__loss_parallel counts. */
double fa__pair_work(const fa__pair_group *group);

/* Blocks of a large group. */
size_t fa__pair_blocks(const fa__pair_group *group);

/* What a call goes by, before its memory: the first group tells z [rows, d] and the margin. */
void fa__pair_space_begin(fa__pair_space *space, const fa__pair_group *first, size_t rows);

/* A group of one block, which a thread does from beginning to end. */
bool fa__pair_is_whole(const fa__pair_space *space, const fa__pair_group *group);

/* Rows of a block of a large group, or of the whole of a smaller one. */
size_t fa__pair_unit_rows(const fa__pair_space *space, const fa__pair_group *group);

/* Memory for sums of `held` rows in full blocks of groups up to the largest, where a block is made
 * again whenever it meets another. Free after failure too. */
fa_status fa__pair_space_again(fa__pair_space *space, const fa__pair_group *largest, size_t held);

/* All memory of a call, so that nothing can fail once outputs are written; keeps: p in memory of its
 * own. Free after failure too. */
fa_status fa__pair_space_make(fa__pair_space *space, const fa__pair_group *groups, size_t count,
                              size_t rows, bool keeps);
void fa__pair_space_free(fa__pair_space *space);

/* What is known of the pairs of a leaf of a with a leaf of b. */
typedef enum fa__leaf_state { FA__LEAF_OPEN, FA__LEAF_ACTIVE, FA__LEAF_INACTIVE } fa__leaf_state;

static inline size_t fa__leaves(size_t rows) {
    return (rows + FA__LEAF - 1) / FA__LEAF;
}

/* Whether sorting the rows of the group is thought about. */
bool fa__pair_may_sort(const fa__pair_space *space, const fa__pair_group *group);

/* Sorts the rows of the group so that near ones lie together, leaf by leaf, if that promises to
 * decide many pairs, or if it must (FA__PAIR_BOUNDS); *sorted: whether bounds are worth trying then.
 * given NULL: z has all rows. Else a call of all ranks, of which each has rows given[r] ..
 * given[r + 1] - 1, and z begins with its first; rows ascend before the call. The sums of the space
 * are its scratch: fa__pair_sort_size bytes for a group of n rows, `own` of them here, which those
 * of all rows of a group are. */
fa_status fa__pair_sort(bool *sorted, const fa__pair_group *group, fa__pair_space *space,
                        size_t block_rows, const fa__comm *comm, const size_t *given);
size_t fa__pair_sort_size(size_t n, size_t own, size_t width, size_t ranks);

/* Every pair (i of a, j of b) is inactive, by the boxes of the blocks. */
bool fa__pair_is_far(const fa__pair_block *a, const fa__pair_block *b, size_t width, double margin);

/* The leaf_states of every two leaves of blocks a and b, into scratch->leaf_states; whether any is
 * not inactive. `tiles` has p, packed_p, start and slack. */
bool fa__pair_decide(const fa__pair_space *space, fa__pair_scratch *scratch,
                     const fa__pair_tiles *tiles, const fa__pair_block *a, const fa__pair_block *b);

#endif
