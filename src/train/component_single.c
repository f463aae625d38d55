/* L_single. */
#include "train/component.h"

#include "nn/network.h"

static fa_status check(const fa__objective *objective, const fa__network *network) {
    const fa__layer *target = &network->layers[network->target];
    (void)objective;
    if (target->type == &fa__layer_linear) return FA_OK;
    return fa__fail(
        FA_E_RECIPE,
        "loss.kind = single needs a linear target layer (its weight rows are forced apart), "
        "the target is %s",
        target->type->name);
}

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    return fa_loss_single(value, at->d_w, at->w, at->d, at->inputs, &objective->options);
}

static fa_status active_pairs(double *share, const fa__objective *objective,
                              const fa__gathered *at) {
    return fa__active_pairs(share, at->w, at->d, at->inputs, NULL, &objective->options);
}

const fa__component fa__component_single = {
    .needs = FA__NEEDS_WEIGHTS, .check = check, .eval = eval, .active_pairs = active_pairs};
