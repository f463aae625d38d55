/* Gradients of shards to the gradient of a step. With micro-batches a shard's memory is used again by
 * a later one, and what it leaves is folded as far as the tree goes: log2(shards) gradients are kept
 * and not one a shard, and the additions are the same. */
#include "train/gradients.h"

#include "base/assert.h"
#include "base/memory.h"
#include "train/component.h"

#include <string.h>

static bool has_rows(const fa__trainer *t, size_t s) {
    return t->first[s + 1] > t->first[s];
}

fa__shard *fa__gradients_slot(const fa__trainer *t, size_t s) {
    size_t from, to;
    if (t->n_slots == t->n_shards) return &t->shards[s];
    fa__comm_range(&from, &to, t->comm, t->n_shards);
    FA_ASSERT(s >= from && s < to);
    return &t->shards[(s - from) % t->n_slots];
}

/* ==== Memory ==== */

static bool is_micro(const fa__trainer *t) {
    return t->n_slots < t->n_shards;
}

static bool is_used(const fa__trainer *t, const float *buffer) {
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->shards[i].gradient == buffer) return true;
    for (size_t s = 0; s < t->sums.tree.leaves; s++)
        if (t->sums.tree.nodes[s] == buffer) return true;
    return false;
}

/* One that holds nothing any more, or a new one. */
static fa_status take_buffer(float **out, fa__trainer *t) {
    fa__gradients *g = &t->sums;
    for (size_t i = 0; i < g->n_buffers; i++)
        if (!is_used(t, g->buffers[i])) {
            *out = g->buffers[i];
            return FA_OK;
        }
    float **grown = fa__grow(g->buffers, &g->room, g->n_buffers + 1, sizeof *grown);
    if (grown == NULL) return fa__nomem(g->n_buffers + 1, sizeof *grown);
    g->buffers = grown;
    const fa__network *network = t->network;
    FA_TRY(FA_NEW_ZERO(*out, network->dense + network->parameters - network->learned));
    grown[g->n_buffers++] = *out;
    return FA_OK;
}

fa_status fa__gradients_room(fa__trainer *t) {
    for (size_t i = 0; is_micro(t) && i < t->n_slots; i++)
        if (t->shards[i].gradient == NULL) FA_TRY(take_buffer(&t->shards[i].gradient, t));
    return FA_OK;
}

void fa__gradients_end(fa__trainer *t) {
    fa__gradients *g = &t->sums;
    fa__free(g->first);
    fa__free(g->sparse.places);
    fa__free(g->sparse.rows);
    g->first = NULL;
    g->sparse = (fa__sparse_gradient){0};
    g->tree.leaves = 0;
}

void fa__gradients_free(fa__trainer *t) {
    fa__gradients *g = &t->sums;
    fa__gradients_end(t);
    for (size_t i = 0; is_micro(t) && t->shards != NULL && i < t->n_slots; i++)
        t->shards[i].gradient = NULL; /* it is one of these: */
    for (size_t i = 0; i < g->n_buffers; i++) fa__free(g->buffers[i]);
    fa__free(g->buffers);
}

/* ==== Few rows of a large table ==== */

/* Their places and gradients pass between ranks: where those of each shard begin. */
static fa_status open_sparse(fa__trainer *t) {
    fa__gradients *g = &t->sums;
    if (t->comm->size == 1 || t->network->trained == t->network->dense) return FA_OK;
    FA_TRY(FA_NEW(g->first, t->n_shards + 1));
    for (size_t s = g->first[0] = 0; s < t->n_shards; s++) {
        g->first[s + 1] = g->first[s];
        for (size_t i = t->first[s]; i < t->first[s + 1]; i++)
            g->first[s + 1] += t->sharded[i].steps;
    }
    g->sparse.count = g->first[t->n_shards];
    FA_TRY(FA_NEW(g->sparse.places, g->sparse.count));
    return FA_NEW(g->sparse.rows, g->sparse.count * fa__sparse_units(t->network));
}

/* One shard after the other, in their order. */
static void take_sparse(fa__trainer *t, size_t s, const fa__shard *shard) {
    fa__gradients *g = &t->sums;
    if (g->first == NULL)
        fa__shard_add_sparse(shard, t->network, t->gradient);
    else if (g->first[s + 1] > g->first[s])
        fa__shard_copy_sparse(g->sparse.places + g->first[s],
                              g->sparse.rows + g->first[s] * fa__sparse_units(t->network), shard,
                              t->network);
}

static fa_status sum_sparse(fa__trainer *t) {
    fa__gradients *g = &t->sums;
    if (g->first == NULL) return FA_OK;
    FA_TRY(fa__comm_gather(t->comm, g->sparse.places, g->first, t->n_shards,
                           sizeof *g->sparse.places));
    FA_TRY(fa__comm_gather(t->comm, g->sparse.rows, g->first, t->n_shards,
                           fa__sparse_units(t->network) * sizeof *g->sparse.rows));
    fa__sparse_add(&g->sparse, t->network, t->gradient);
    return FA_OK;
}

/* ==== A step ==== */

fa_status fa__gradients_begin(fa__trainer *t) {
    const fa__network *network = t->network;
    size_t dense = network->dense;
    t->sums.tree = (fa__tree){.type = FA__TREE_FLOATS,
                              .length = dense + network->parameters - network->learned,
                              .leaves = t->n_shards};
    memset(t->sums.tree.levels, FA__TREE_ELSEWHERE, t->n_shards);
    memset(t->gradient + dense, 0, (network->parameters - dense) * sizeof(float));
    return open_sparse(t);
}

void fa__gradients_take(fa__trainer *t) {
    fa__tree *tree = &t->sums.tree;
    for (size_t s = t->wave; s < t->wave_end; s++) {
        fa__shard *shard = fa__gradients_slot(t, s);
        tree->levels[s] = 0;
        if (!has_rows(t, s)) continue;
        fa__shard_statistics(shard, t->network, &t->step_engine, t->parameters,
                             (float)(t->first[s + 1] - t->first[s]) / (float)t->n_rows);
        take_sparse(t, s, shard);
        tree->nodes[s] = shard->gradient;
        if (is_micro(t)) shard->gradient = NULL;
    }
    if (is_micro(t)) fa__tree_fold(tree);
}

/* The weight matrix of the target layer has a gradient of its own from L_single. */
static void add_weights(fa__trainer *t) {
    const fa__parameter *w = &t->network->layers[t->network->target].parameters[0];
    if (!(t->objective.component->needs & FA__NEEDS_WEIGHTS)) return;
    for (size_t i = 0; i < w->count; i++) t->gradient[w->offset + i] += t->gathered.d_w[i];
}

fa_status fa__gradients_sum(fa__trainer *t) {
    const fa__network *network = t->network;
    size_t dense = network->dense, learned = network->learned,
           buffers = network->parameters - learned;
    fa__tree parameters = t->sums.tree, statistics = t->sums.tree;
    parameters.length = dense;
    statistics.length = buffers;
    for (size_t s = 0; s < t->n_shards; s++)
        if (statistics.nodes[s] != NULL) statistics.nodes[s] = (float *)statistics.nodes[s] + dense;
    FA_TRY(fa__comm_sum_nodes(t->comm, t->gradient, &parameters));
    if (buffers > 0) FA_TRY(fa__comm_sum_nodes(t->comm, t->gradient + learned, &statistics));
    FA_TRY(sum_sparse(t));
    add_weights(t);
    return FA_OK;
}
