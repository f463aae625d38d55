/* L_multi; positive pairs, where the batch has some, are left out. */
#include "train/component.h"

#include "loss/shared.h"

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    return fa__loss_multi_pairs(value, at->d_h, at->h, at->n, at->d,
                                objective->use_labels ? at->labels : NULL, at->pairs, at->n_pairs,
                                &objective->options, at->comm);
}

static fa_status active_pairs(double *share, const fa__objective *objective,
                              const fa__gathered *at) {
    return fa__active_pairs(share, at->h, at->n, at->d, objective->use_labels ? at->labels : NULL,
                            &objective->options);
}

const fa__component fa__component_multi = {
    .needs = FA__NEEDS_OUTPUTS, .eval = eval, .active_pairs = active_pairs};
