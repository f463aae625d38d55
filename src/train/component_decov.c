/* DeCov. */
#include "train/component.h"

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    (void)objective;
    return fa_loss_decov(value, at->d_h, at->h, at->n, at->d);
}

const fa__component fa__component_decov = {.needs = FA__NEEDS_OUTPUTS, .eval = eval};
