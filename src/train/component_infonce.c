/* InfoNCE within the coarse label. */
#include "train/component.h"

#include "loss/shared.h"

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    return fa__loss_infonce(value, at->d_h, at->h, at->n, at->d,
                            objective->use_labels ? at->labels : NULL, at->pairs, at->n_pairs,
                            objective->temperature, at->comm);
}

const fa__component fa__component_infonce = {.needs = FA__NEEDS_OUTPUTS | FA__NEEDS_PAIRS,
                                             .eval = eval};
