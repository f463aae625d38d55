/* What the processes of one training (its ranks) tell each other. A batch is cut into shards, whose
 * number the recipe sets; rank r of R owns the contiguous shards fa__comm_range gives it, and
 * whatever is added up over shards goes by one fixed tree. So a model has the same bytes on any
 * number of ranks, one among them. */
#ifndef FA_COMM_COMM_H
#define FA_COMM_COMM_H

#include "comm/tree.h"

typedef struct fa__comm fa__comm;

/* The operations of a kind of communication. Every rank calls them in the same order. */
typedef struct fa__comm_table {
    const char *name;
    /* rows: counts[r] rows of rank r, one rank after the other, each rank's own in place before the
     * call, all of them after it; row_size in bytes. */
    fa_status (*gather)(const fa__comm *comm, void *rows, const size_t *counts, size_t row_size);
    /* Brings the nodes of all ranks to rank 0, which finds them in tree->nodes and tree->levels as
     * if it had made them. */
    fa_status (*collect)(const fa__comm *comm, fa__tree *tree);
    /* The bytes of rank 0 on all ranks. */
    fa_status (*broadcast)(const fa__comm *comm, void *bytes, size_t size);
    /* Returns once every rank has called it. */
    fa_status (*barrier)(const fa__comm *comm);
} fa__comm_table;

struct fa__comm {
    const fa__comm_table *table;
    size_t rank, size; /* 0 <= rank < size */
    void *state;       /* of the table */
};

/* One process that is alone: every operation is done before it begins. */
const fa__comm *fa__comm_self(void);

/* The shards of this rank: *from <= s < *to. The first ranks have one more where they do not divide
 * evenly. */
void fa__comm_range(size_t *from, size_t *to, const fa__comm *comm, size_t shards);

/* Rows of all shards on every rank: shard s is rows first[s] to first[s + 1] - 1 of row_size bytes;
 * first [shards + 1]. FA_E_NOMEM, or what the table fails with. */
fa_status fa__comm_gather(const fa__comm *comm, void *rows, const size_t *first, size_t shards,
                          size_t row_size);

/* out [length] = the sum over shards by the tree, on every rank. parts [shards]: of each shard,
 * NULL for one without samples; those of other ranks are not looked at. What the parts hold is not
 * defined afterwards. All of them NULL: 0. shards <= FA__TREE_MOST. Cost: shards - 1 additions of
 * the length, by the calling thread. */
fa_status fa__comm_sum_floats(const fa__comm *comm, float *out, float *const *parts, size_t shards,
                              size_t length);
fa_status fa__comm_sum_doubles(const fa__comm *comm, double *out, double *const *parts,
                               size_t shards, size_t length);

fa_status fa__comm_broadcast(const fa__comm *comm, void *bytes, size_t size);
fa_status fa__comm_barrier(const fa__comm *comm);

#endif
