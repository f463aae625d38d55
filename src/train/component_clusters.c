/* Cross-entropy of the clusters that a former training found, each within its coarse label. */
#include "train/component.h"

#include "nn/network.h"

static fa_status check(const fa__objective *objective, const fa__network *network) {
    const fa__layer *last = &network->layers[network->n_layers - 1];
    if (last->type != &fa__layer_logsumexp || network->target + 2 != network->n_layers)
        return fa__fail(
            FA_E_RECIPE,
            "loss.kind = clusters needs a target layer of so many units for each coarse "
            "label, and only their logsumexp above it: of two labels with at most 5 "
            "clusters each network.layers = ..., linear 10 target, logsumexp 5");
    if (objective->clusters_most == 0)
        return fa__fail(FA_E_RECIPE,
                        "loss.kind = clusters needs clusters of data.train, and data.clusters is "
                        "empty; a file that `forced-apart cluster -o` wrote works");
    if (objective->clusters_most > last->units)
        return fa__fail(
            FA_E_RECIPE,
            "data.clusters: a coarse label has %zu clusters, and logsumexp %zu units for "
            "each label; linear %zu target, logsumexp %zu works",
            objective->clusters_most, last->units,
            last->in.features / last->units * objective->clusters_most, objective->clusters_most);
    return FA_OK;
}

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    (void)objective;
    return fa_loss_clusters(value, at->d_h, at->h, at->n, at->d, at->units, at->clusters);
}

const fa__component fa__component_clusters = {
    .needs = FA__NEEDS_OUTPUTS | FA__NEEDS_CLUSTERS, .check = check, .eval = eval};
