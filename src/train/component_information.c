/* L_information: of all rows together, or of those of each coarse label. */
#include "train/component.h"

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    return fa_loss_information_with(value, at->d_h, at->h, at->n, at->d,
                                    objective->information_labels ? at->labels : NULL,
                                    &objective->information);
}

const fa__component fa__component_information = {.needs = FA__NEEDS_OUTPUTS, .eval = eval};
