/* cluster.within: what the coarse labels are called, and how many clusters each gets. */
#ifndef FA_TRAIN_WITHIN_H
#define FA_TRAIN_WITHIN_H

#include "model/coarse.h"
#include "recipe/recipe.h"
#include "train/clustering.h"
#include "train/task.h"

/* {0}: over all rows. */
typedef struct fa__within {
    fa_within how;
    fa__coarse coarse;
    size_t *k_of; /* [l] clusters of each label */
    bool set;     /* k_of is known; else it comes with the rows */
} fa__within;

/* By cluster.within and cluster.k, for a task: numbers of clusters that the recipe names for labels
 * are taken, and their sum is *k. FA_E_RECIPE for keys that do not go together, a label that is not
 * there, twice there, or left out, by its name. */
fa_status fa__within_open(fa__within *within, size_t *k, const fa_recipe *recipe,
                          const fa__task *task);
void fa__within_close(fa__within *within);

/* FA_E_ARGUMENT, naming the label, where rows with these labels [n] are not as many as the clusters
 * that are set for it; below 0: not known yet, nothing is then said. */
fa_status fa__within_check(const fa__within *within, const int32_t *labels, size_t n);

/* labels [n] for rows of which `given` [n] says some (below 0: none; NULL: of none), the logits
 * [n, c] the rest. */
void fa__within_labels(int32_t *labels, const fa__within *within, const int32_t *given,
                       const float *logits, size_t n, size_t c);

/* How many clusters each label gets, if it is not known yet: *k shared out, or *k 0: chosen, for
 * cluster.k = auto, and *choice set. */
fa_status fa__within_share(fa__within *within, size_t *k, fa_sweep_choice *choice,
                           const fa_recipe *recipe, const fa__space *space, const int32_t *labels);

#endif
