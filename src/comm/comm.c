/* What is the same whatever the ranks talk by: who owns which shards, and sums by the tree. */
#include "comm/comm.h"

#include "base/assert.h"
#include "base/memory.h"

#include <stdio.h>
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

bool fa__comm_is_worth(const fa__comm *comm, double work) {
    const double least = 1 << 28;
    return comm != NULL && comm->size > 1 && work >= least;
}

bool fa__comm_can_share(const fa__comm *comm, size_t parts, double work) {
    return fa__comm_is_worth(comm, work) && parts >= comm->size && comm->size <= FA__TREE_MOST;
}

static bool alone(const fa__comm *comm) {
    return comm->size == 1;
}

static fa_status agree(const fa__comm *comm, fa_status status) {
    return alone(comm) ? status : comm->table->agree(comm, status, NULL);
}

fa_status fa__comm_gather(const fa__comm *comm, void *rows, const size_t *first, size_t shards,
                          size_t row_size) {
    FA_ASSERT(shards > 0 && row_size > 0);
    FA_ASSERT(first == NULL || first[0] == 0);
    size_t *counts;
    if (alone(comm)) return FA_OK;
    fa_status status = agree(comm, FA_NEW(counts, comm->size));
    for (size_t r = 0; status == FA_OK && r < comm->size; r++) {
        size_t from = start_of(r, comm, shards), to = start_of(r + 1, comm, shards);
        counts[r] = first != NULL ? first[to] - first[from] : to - from;
    }
    if (status == FA_OK) status = comm->table->gather(comm, rows, counts, row_size);
    fa__free(counts);
    return status;
}

fa_status fa__comm_exchange(const fa__comm *comm, const fa__comm_message *out, size_t n_out,
                            const fa__comm_message *in, size_t n_in) {
    FA_ASSERT(!alone(comm) || (n_out == 0 && n_in == 0));
    return alone(comm) ? FA_OK : comm->table->exchange(comm, out, n_out, in, n_in);
}

/* ==== Sums ==== */

static size_t owner_of(size_t shard, const fa__comm *comm, size_t shards) {
    size_t rank = shard * comm->size / shards;
    while (rank > 0 && start_of(rank, comm, shards) > shard) rank--;
    while (start_of(rank + 1, comm, shards) <= shard) rank++;
    return rank;
}

/* The pairs of a level whose children two ranks hold: the right one goes to the rank of the left
 * one. Ranks own consecutive shards, so that of the nodes of one level, which lie 2 half apart, at
 * most one goes out of a rank and one comes in. `landing` is for one that comes in beside nothing,
 * and at no time holds two, `scratch` for one that is added at once. */
static fa_status exchange(const fa__comm *comm, fa__tree *tree, size_t half, size_t size,
                          void *landing, void *scratch) {
    size_t from, end, n = tree->leaves, to_rank = FA__COMM_NOBODY, from_rank = FA__COMM_NOBODY,
                      in = 0;
    const void *sent = NULL;
    fa__comm_range(&from, &end, comm, n);
    for (size_t s = 0; s + half < n; s += 2 * half) {
        size_t right = s + half;
        bool has_left = s >= from && s < end, has_right = right >= from && right < end;
        if (has_left == has_right) continue;
        if (has_left) {
            from_rank = owner_of(right, comm, n);
            in = right;
        } else {
            to_rank = owner_of(s, comm, n);
            sent = tree->nodes[right];
            tree->nodes[right] = NULL;
            tree->levels[right] = FA__TREE_ELSEWHERE;
        }
    }
    if (to_rank == FA__COMM_NOBODY && from_rank == FA__COMM_NOBODY) return FA_OK;
    void *received =
        from_rank == FA__COMM_NOBODY || tree->nodes[in - half] != NULL ? scratch : landing;
    FA_TRY(comm->table->pass(comm, to_rank, sent, from_rank, &received, size));
    if (from_rank == FA__COMM_NOBODY) return FA_OK;
    tree->nodes[in] = received;
    tree->levels[in] = tree->levels[in - half];
    return FA_OK;
}

/* Nothing but the table may fail once the ranks have agreed: one of them would wait for ever. */
static fa_status sum_over_ranks(const fa__comm *comm, void *out, size_t size, fa__tree *tree) {
    unsigned char *scratch;
    fa_status status = agree(comm, FA_NEW(scratch, size));
    for (size_t half = 1; half < tree->leaves && status == FA_OK; half *= 2) {
        status = exchange(comm, tree, half, size, out, scratch);
        fa__tree_fold_level(tree, half);
    }
    if (comm->rank == 0 && status == FA_OK) {
        if (tree->nodes[0] == NULL)
            memset(out, 0, size);
        else if (tree->nodes[0] != out)
            memcpy(out, tree->nodes[0], size);
    }
    if (status == FA_OK) status = comm->table->broadcast(comm, out, size);
    fa__free(scratch);
    return status;
}

fa_status fa__comm_sum_nodes(const fa__comm *comm, void *out, fa__tree *tree) {
    FA_ASSERT(tree->leaves > 0 && tree->leaves <= FA__TREE_MOST);
    size_t size = tree->type == FA__TREE_FLOATS ? sizeof(float) : sizeof(int64_t); /* and double */
    if (!alone(comm)) return sum_over_ranks(comm, out, tree->length * size, tree);
    fa__tree_fold(tree);
    if (tree->nodes[0] != NULL)
        memcpy(out, tree->nodes[0], tree->length * size);
    else
        memset(out, 0, tree->length * size);
    return FA_OK;
}

/* A leaf of this rank is held, and may be nothing; of another it is elsewhere. */
static void add_leaf(fa__tree *tree, size_t s, void *part, const fa__comm *comm) {
    size_t from, to;
    fa__comm_range(&from, &to, comm, tree->leaves);
    bool own = s >= from && s < to;
    tree->levels[s] = own ? 0 : FA__TREE_ELSEWHERE;
    tree->nodes[s] = own ? part : NULL;
}

fa_status fa__comm_sum_floats(const fa__comm *comm, float *out, float *const *parts, size_t shards,
                              size_t length) {
    FA_ASSERT(shards > 0 && shards <= FA__TREE_MOST);
    fa__tree tree = {.type = FA__TREE_FLOATS, .length = length, .leaves = shards};
    for (size_t s = 0; s < shards; s++) add_leaf(&tree, s, parts[s], comm);
    return fa__comm_sum_nodes(comm, out, &tree);
}

fa_status fa__comm_sum_doubles(const fa__comm *comm, double *out, double *const *parts,
                               size_t shards, size_t length) {
    FA_ASSERT(shards > 0 && shards <= FA__TREE_MOST);
    fa__tree tree = {.type = FA__TREE_DOUBLES, .length = length, .leaves = shards};
    for (size_t s = 0; s < shards; s++) add_leaf(&tree, s, parts[s], comm);
    return fa__comm_sum_nodes(comm, out, &tree);
}

fa_status fa__comm_sum_integers(const fa__comm *comm, int64_t *out, int64_t *own, size_t length) {
    FA_ASSERT(comm->size <= FA__TREE_MOST);
    fa__tree tree = {.type = FA__TREE_INTEGERS, .length = length, .leaves = comm->size};
    for (size_t r = 0; r < comm->size; r++) add_leaf(&tree, r, own, comm);
    return fa__comm_sum_nodes(comm, out, &tree);
}

/* ==== Words ==== */

fa_status fa__comm_broadcast(const fa__comm *comm, void *bytes, size_t size) {
    if (alone(comm)) return FA_OK;
    FA_TRY(agree(comm, FA_OK));
    return comm->table->broadcast(comm, bytes, size);
}

fa_status fa__comm_any(const fa__comm *comm, bool *flag) {
    return alone(comm) ? FA_OK : comm->table->agree(comm, FA_OK, flag);
}

enum { WHAT = 32 };

typedef struct compared {
    char text[FA__COMM_TEXT], what[WHAT];
} compared;

static fa_status compare(const compared *all, size_t size, const char *help) {
    for (size_t r = 1; r < size; r++) {
        if (memcmp(all[r].what, all[0].what, WHAT) != 0)
            return fa__fail(
                FA_E_ARGUMENT,
                "rank %zu does not do what rank 0 does: it has come to its %s, rank 0 to its "
                "%s; give all ranks the same arguments",
                r, all[r].what, all[0].what);
        if (memcmp(all[r].text, all[0].text, FA__COMM_TEXT) != 0)
            return fa__fail(FA_E_ARGUMENT, "rank %zu has another %s than rank 0: %s, not %s; %s", r,
                            all[0].what, all[r].text, all[0].text, help);
    }
    return FA_OK;
}

fa_status fa__comm_same(const fa__comm *comm, const char *what, const char *text,
                        const char *help) {
    compared *all;
    size_t *counts = NULL;
    if (alone(comm)) return FA_OK;
    fa_status status = FA_NEW_ZERO(all, comm->size);
    if (status == FA_OK) status = FA_NEW(counts, comm->size);
    FA_CHECK(agree(comm, status));
    for (size_t r = 0; r < comm->size; r++) counts[r] = 1;
    FA_ASSERT(strlen(text) < FA__COMM_TEXT && strlen(what) < WHAT);
    snprintf(all[comm->rank].text, FA__COMM_TEXT, "%s", text);
    snprintf(all[comm->rank].what, WHAT, "%s", what);
    FA_CHECK(comm->table->gather(comm, all, counts, sizeof *all));
    status = compare(all, comm->size, help);
done:
    fa__free(counts);
    fa__free(all);
    return status;
}

void fa__comm_hold(const fa__comm *comm, bool on) {
    if (!alone(comm)) *comm->held = on;
}

fa_status fa__comm_close(const fa__comm *comm, fa_status status) {
    if (alone(comm)) return status;
    status = comm->table->agree(comm, status, NULL);
    if (!*comm->held) comm->table->renew(comm);
    return status;
}
