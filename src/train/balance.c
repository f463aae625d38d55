/* Balanced epochs: lists of samples by label, drawn from in turn. */
#include "train/balance.h"

#include "base/memory.h"

#include <string.h>

fa_status fa__balance_make(fa__balance *b, const size_t *samples, size_t n, const int32_t *labels,
                           size_t groups) {
    *b = (fa__balance){.samples = samples, .labels = labels, .n = n, .groups = groups};
    FA_TRY(FA_NEW(b->members, n));
    FA_TRY(FA_NEW_ZERO(b->first, groups + 2));
    FA_TRY(FA_NEW(b->next, groups + 1));
    for (size_t i = 0; i < n; i++) b->first[(size_t)(labels[samples[i]] + 1) + 1]++;
    for (size_t list = 1; list <= groups + 1; list++) b->first[list] += b->first[list - 1];
    return FA_OK;
}

/* The lists, each in the order of the samples. */
static void sort_members(fa__balance *b) {
    memcpy(b->next, b->first, (b->groups + 1) * sizeof *b->next);
    for (size_t i = 0; i < b->n; i++)
        b->members[b->next[(size_t)(b->labels[b->samples[i]] + 1)]++] = b->samples[i];
}

void fa__balance_free(fa__balance *b) {
    fa__free(b->members);
    fa__free(b->first);
    fa__free(b->next);
    memset(b, 0, sizeof *b);
}

static void shuffle(fa__balance *b, size_t list, fa__rng *rng) {
    size_t first = b->first[list];
    fa__rng_shuffle(rng, b->members + first, b->first[list + 1] - first);
    b->next[list] = first;
}

static size_t draw(fa__balance *b, size_t list, fa__rng *rng) {
    if (b->next[list] == b->first[list + 1]) shuffle(b, list, rng);
    return b->members[b->next[list]++];
}

void fa__balance_order(size_t *order, fa__balance *b, fa__rng *rng) {
    size_t without = b->first[1], turn = 0, carried = 0;
    sort_members(b);
    for (size_t list = 0; list <= b->groups; list++) shuffle(b, list, rng);
    for (size_t i = 0; i < b->n; i++) {
        carried += without; /* one of these each time this passes n */
        if (carried >= b->n) {
            carried -= b->n;
            order[i] = draw(b, 0, rng);
            continue;
        }
        order[i] = draw(b, 1 + turn, rng);
        turn = (turn + 1) % b->groups;
    }
}
