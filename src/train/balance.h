/* The order of an epoch in which every label comes equally often (train.balance = labels). */
#ifndef FA_TRAIN_BALANCE_H
#define FA_TRAIN_BALANCE_H

#include "base/rng.h"
#include "base/status.h"

/* What an order is made with. */
typedef struct fa__balance {
    const size_t *samples; /* [n] */
    const int32_t *labels; /* by sample */
    size_t n, groups;
    size_t *members; /* [n] samples by label, those without one first */
    size_t *first;   /* [groups + 2] label g has members first[g + 1] .. first[g + 2] */
    size_t *next;    /* [groups + 1] the member of each whose turn it is */
} fa__balance;

/* samples [n]: those that an epoch draws from; labels by sample: 0 .. groups - 1, each of them
 * there, or -1; both borrowed. Free with fa__balance_free, also after an error. */
fa_status fa__balance_make(fa__balance *balance, const size_t *samples, size_t n,
                           const int32_t *labels, size_t groups);
void fa__balance_free(fa__balance *balance);

/* order [n]: samples without a label once each, spread evenly; between them the labels in turn, 0 1
 * 2 0 1 2 ..., so that their numbers in any part of the order differ by one at most. The samples of
 * a label come in random order: of a frequent label as many as there is room for, those of a rare
 * one again and again, shuffled anew each time. It depends on the numbers drawn alone, not on the
 * orders made before, so that a run can be resumed. */
void fa__balance_order(size_t *order, fa__balance *balance, fa__rng *rng);

#endif
