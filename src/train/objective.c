/* Task, component and hold. */
#include "train/objective.h"

#include "base/assert.h"
#include "model/model.h"
#include "train/component.h"

#include <math.h>
#include <string.h>

/* `full` after `epochs` of training. */
static double scheduled(double full, const fa__objective *objective, double epochs) {
    double since = epochs - objective->start_epoch;
    if (since < 0 || (objective->end_epoch > 0 && epochs >= objective->end_epoch)) return 0;
    if (since < objective->ramp_epochs) return full * since / objective->ramp_epochs;
    return full;
}

fa__terms fa__objective_weights(const fa__objective *objective, double epochs) {
    fa__terms weights = {1, scheduled(objective->weight, objective, epochs),
                         scheduled(objective->hold_weight, objective, epochs)};
    if (objective->reconstruction) weights.task = 1 - weights.component;
    return weights;
}

double fa__objective_total(const fa__terms *weights, const fa__terms *values) {
    return weights->task * values->task + weights->component * values->component +
           weights->hold * values->hold;
}

static fa_status needs_pairs(const char *key, const char *value) {
    return fa__fail(FA_E_RECIPE,
                    "%s = %s needs positive pairs, and with loss.positives = views and data.views "
                    "= none there are none; data.views = auto, or loss.positives = neighbours, "
                    "brings them",
                    key, value);
}

fa_status fa__objective_check(const fa__objective *objective, const fa__network *network) {
    const fa__component *component = objective->component;
    if (component->check != NULL) FA_TRY(component->check(objective, network));
    if (objective->reconstruction && !(objective->weight <= 1))
        return fa__fail(FA_E_RECIPE,
                        "loss.weight = %g: with train.task = reconstruction it is the a of "
                        "(1 - a) * reconstruction + a * component (Eq. 11) and must be in [0, 1]; "
                        "0.1 works",
                        objective->weight);
    if (objective->has_pairs) return FA_OK;
    if (objective->hold != FA__HOLD_NONE)
        return needs_pairs("loss.hold", objective->hold == FA__HOLD_KL ? "kl" : "js");
    return component->needs & FA__NEEDS_PAIRS ? needs_pairs("loss.kind", "infonce") : FA_OK;
}

/* ==== Evaluation ==== */

static void scale(float *x, size_t n, double factor) {
    for (size_t i = 0; i < n; i++) x[i] = (float)(factor * (double)x[i]);
}

/* Adds weight times the gradient of L_hold to d_h. */
static fa_status eval_hold(double *value, const fa__objective *objective, double weight,
                           const fa__gathered *at) {
    const fa_loss_options options = {
        .size = sizeof options,
        .divergence = objective->hold == FA__HOLD_JS ? FA_DIVERGENCE_JS : FA_DIVERGENCE_KL};
    *value = 0;
    if (objective->hold == FA__HOLD_NONE) return FA_OK;
    FA_TRY(fa_loss_hold(value, at->d_hold, at->h, at->n, at->d, at->pairs, at->n_pairs, &options));
    for (size_t i = 0; i < at->n * at->d; i++)
        at->d_h[i] = (float)((double)at->d_h[i] + weight * (double)at->d_hold[i]);
    return FA_OK;
}

fa_status fa__objective_eval(fa__terms *values, const fa__objective *objective,
                             const fa__terms *weights, const fa__gathered *at) {
    FA_ASSERT(at->n > 0 && at->d > 0);
    FA_ASSERT(at->h != NULL);
    const fa__component *component = objective->component;
    double weight = weights->component;
    if (objective->reconstruction)
        values->task = at->error;
    else
        FA_TRY(fa_loss_cross_entropy(&values->task, at->d_logits, at->logits, at->n, at->c,
                                     at->labels));
    FA_TRY(component->eval(&values->component, objective, at));
    if (component->needs & FA__NEEDS_OUTPUTS)
        scale(at->d_h, at->n * at->d, weight);
    else
        memset(at->d_h, 0, at->n * at->d * sizeof(float));
    if (component->needs & FA__NEEDS_WEIGHTS) scale(at->d_w, at->d * at->inputs, weight);
    if (component->needs & FA__NEEDS_LOGITS && !objective->reconstruction)
        component->to_logits(at, weight);
    return eval_hold(&values->hold, objective, weights->hold, at);
}

fa_status fa__objective_active_pairs(double *share, const fa__objective *objective,
                                     const fa__gathered *at) {
    *share = (double)NAN;
    if (objective->component->active_pairs == NULL) return FA_OK;
    return objective->component->active_pairs(share, objective, at);
}

double fa__accuracy(const float *logits, const int32_t *labels, size_t n, size_t c) {
    FA_ASSERT(c > 0);
    size_t right = 0, labelled = 0;
    for (size_t i = 0; i < n; i++) {
        size_t best = fa__predicted_label(logits + i * c, c);
        labelled += labels[i] >= 0;
        right += labels[i] >= 0 && (size_t)labels[i] == best;
    }
    return labelled > 0 ? (double)right / (double)labelled : (double)NAN;
}
