/* What is the same whatever the ranks talk by: who owns which shards, and sums by the tree. */
#include "comm/comm.h"

#include "base/assert.h"
#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

static size_t start_of(size_t rank, const fa__comm *comm, size_t shards) {
    size_t more = shards % comm->size;
    return rank * (shards / comm->size) + (rank < more ? rank : more);
}

void fa__comm_range(size_t *from, size_t *to, const fa__comm *comm, size_t shards) {
    FA_ASSERT(comm->size > 0 && comm->rank < comm->size);
    *from = start_of(comm->rank, comm, shards);
    *to = start_of(comm->rank + 1, comm, shards);
}

fa_status fa__comm_gather(const fa__comm *comm, void *rows, const size_t *first, size_t shards,
                          size_t row_size) {
    FA_ASSERT(shards > 0 && row_size > 0);
    FA_ASSERT(first[0] == 0);
    size_t *counts;
    FA_TRY(FA_NEW(counts, comm->size));
    for (size_t r = 0; r < comm->size; r++)
        counts[r] = first[start_of(r + 1, comm, shards)] - first[start_of(r, comm, shards)];
    fa_status status = comm->table->gather(comm, rows, counts, row_size);
    fa__free(counts);
    return status;
}

static fa_status sum(const fa__comm *comm, void *out, size_t size, fa__tree *tree) {
    size_t from, to;
    fa__comm_range(&from, &to, comm, tree->leaves);
    for (size_t s = 0; s < tree->leaves; s++) {
        bool own = s >= from && s < to;
        tree->levels[s] = own ? 0 : FA__TREE_ELSEWHERE;
        if (!own) tree->nodes[s] = NULL;
    }
    fa__tree_fold(tree);
    FA_TRY(comm->table->collect(comm, tree));
    fa__tree_fold(tree);
    if (tree->nodes[0] != NULL)
        memcpy(out, tree->nodes[0], tree->length * size);
    else
        memset(out, 0, tree->length * size);
    return comm->table->broadcast(comm, out, tree->length * size);
}

fa_status fa__comm_sum_floats(const fa__comm *comm, float *out, float *const *parts, size_t shards,
                              size_t length) {
    FA_ASSERT(shards > 0 && shards <= FA__TREE_MOST);
    fa__tree tree = {.type = FA__TREE_FLOATS, .length = length, .leaves = shards};
    for (size_t s = 0; s < shards; s++) tree.nodes[s] = parts[s];
    return sum(comm, out, sizeof *out, &tree);
}

fa_status fa__comm_sum_doubles(const fa__comm *comm, double *out, double *const *parts,
                               size_t shards, size_t length) {
    FA_ASSERT(shards > 0 && shards <= FA__TREE_MOST);
    fa__tree tree = {.type = FA__TREE_DOUBLES, .length = length, .leaves = shards};
    for (size_t s = 0; s < shards; s++) tree.nodes[s] = parts[s];
    return sum(comm, out, sizeof *out, &tree);
}

fa_status fa__comm_broadcast(const fa__comm *comm, void *bytes, size_t size) {
    return comm->table->broadcast(comm, bytes, size);
}

fa_status fa__comm_barrier(const fa__comm *comm) {
    return comm->table->barrier(comm);
}
