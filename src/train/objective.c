/* Task plus component. */
#include "train/objective.h"

#include "base/memory.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

double fa__objective_weight(const fa__objective *objective, double epochs) {
    double since = epochs - objective->start_epoch;
    if (since < 0 || (objective->end_epoch > 0 && epochs >= objective->end_epoch)) return 0;
    if (since < objective->ramp_epochs) return objective->weight * since / objective->ramp_epochs;
    return objective->weight;
}

double fa__objective_share(const fa__objective *objective, double weight) {
    return objective->reconstruction ? 1 - weight : 1;
}

/* ==== XCov ==== */

/* The coarse prediction as probabilities. */
static void probabilities(float *yhat, const float *logits, size_t n, size_t c) {
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * c;
        float *p = yhat + i * c, highest = z[0];
        double sum = 0;
        if (c == 1) {
            p[0] = (float)(1 / (1 + exp(-(double)z[0])));
            continue;
        }
        for (size_t k = 1; k < c; k++)
            if (z[k] > highest) highest = z[k];
        for (size_t k = 0; k < c; k++) sum += exp((double)(z[k] - highest));
        for (size_t k = 0; k < c; k++) p[k] = (float)(exp((double)(z[k] - highest)) / sum);
    }
}

/* Adds weight * d_yhat to d_logits, through the sigmoid or softmax. */
static void add_through(float *d_logits, const float *d_yhat, const float *yhat, double weight,
                        size_t n, size_t c) {
    for (size_t i = 0; i < n; i++) {
        const float *d = d_yhat + i * c, *p = yhat + i * c;
        double mean = 0;
        for (size_t k = 0; k < c; k++) mean += (double)p[k] * (double)d[k];
        for (size_t k = 0; k < c; k++) {
            double inner = c == 1 ? 1 - (double)p[0] : 1;
            double centre = c == 1 ? 0 : mean;
            d_logits[i * c + k] += (float)(weight * (double)p[k] * inner * ((double)d[k] - centre));
        }
    }
}

/* Columns first..first + count of h [n, d]. */
static void take_columns(float *out, const float *h, size_t n, size_t d, size_t first,
                         size_t count) {
    for (size_t i = 0; i < n; i++) memcpy(out + i * count, h + i * d + first, count * sizeof *out);
}

static void put_columns(float *h, const float *in, size_t n, size_t d, size_t first, size_t count) {
    for (size_t i = 0; i < n; i++) memcpy(h + i * d + first, in + i * count, count * sizeof *in);
}

/* Without labels there is no prediction to hold the representation against. Cheung et al. penalise
 * the covariance between two parts of an autoencoder's code, one of which their labels then tie
 * to the classes; what is left without labels is the two parts: the halves of h. */
static fa_status xcov_of_halves(double *component, const fa__gathered *at) {
    size_t n = at->n, d = at->d, c = d / 2;
    take_columns(at->yhat, at->h, n, d, 0, c);
    take_columns(at->rest, at->h, n, d, c, d - c);
    FA_TRY(fa_loss_xcov(component, at->d_rest, at->d_yhat, at->rest, n, d - c, at->yhat, c));
    put_columns(at->d_h, at->d_yhat, n, d, 0, c);
    put_columns(at->d_h, at->d_rest, n, d, c, d - c);
    return FA_OK;
}

/* ==== The whole ==== */

static fa_status eval_component(double *component, const fa__objective *objective,
                                const fa__gathered *at) {
    switch (objective->component) {
    case FA__SINGLE:
        return fa_loss_single(component, at->d_w, at->w, at->d, at->inputs, &objective->options);
    case FA__MULTI:
        return fa_loss_multi(component, at->d_h, at->h, at->n, at->d,
                             objective->use_labels ? at->labels : NULL, &objective->options);
    case FA__DECOV:
        return fa_loss_decov(component, at->d_h, at->h, at->n, at->d);
    case FA__XCOV:
        if (objective->reconstruction) return xcov_of_halves(component, at);
        probabilities(at->yhat, at->logits, at->n, at->c);
        return fa_loss_xcov(component, at->d_h, at->d_yhat, at->h, at->n, at->d, at->yhat, at->c);
    case FA__NONE:
        break;
    }
    *component = 0;
    return FA_OK;
}

static void scale(float *x, size_t n, double factor) {
    for (size_t i = 0; i < n; i++) x[i] = (float)(factor * (double)x[i]);
}

fa_status fa__objective_eval(double *task, double *component, const fa__objective *objective,
                             double weight, const fa__gathered *at) {
    if (objective->reconstruction)
        *task = at->error;
    else
        FA_TRY(fa_loss_cross_entropy(task, at->d_logits, at->logits, at->n, at->c, at->labels));
    FA_TRY(eval_component(component, objective, at));
    bool on_outputs = objective->component >= FA__MULTI;
    if (on_outputs)
        scale(at->d_h, at->n * at->d, weight);
    else
        memset(at->d_h, 0, at->n * at->d * sizeof(float));
    if (objective->component == FA__SINGLE) scale(at->d_w, at->d * at->inputs, weight);
    if (objective->component == FA__XCOV && !objective->reconstruction)
        add_through(at->d_logits, at->d_yhat, at->yhat, weight, at->n, at->c);
    return FA_OK;
}

fa_status fa__objective_active_pairs(double *share, const fa__objective *objective,
                                     const fa__gathered *at) {
    fa_status status = FA_OK;
    bool weights = objective->component == FA__SINGLE;
    const float *all = weights ? at->w : at->h;
    size_t n = weights ? at->d : at->n, d = weights ? at->inputs : at->d;
    size_t count = n < FA__PAIR_ROWS ? n : FA__PAIR_ROWS;
    bool by_label = !weights && objective->use_labels;
    float *rows = NULL;
    int32_t *labels = NULL;
    *share = (double)NAN;
    if (!weights && objective->component != FA__MULTI) return FA_OK;
    FA_CHECK(FA_NEW(rows, count * d));
    FA_CHECK(FA_NEW(labels, count));
    for (size_t i = 0; i < count; i++) {
        size_t from = (size_t)((double)i * (double)n / (double)count);
        memcpy(rows + i * d, all + from * d, d * sizeof *rows);
        labels[i] = by_label ? at->labels[from] : 0;
    }
    FA_CHECK(fa_loss_active_pairs(share, rows, count, d, labels, &objective->options));
done:
    fa__free(rows);
    fa__free(labels);
    return status;
}

double fa__accuracy(const float *logits, const int32_t *labels, size_t n, size_t c) {
    size_t right = 0, labelled = 0;
    for (size_t i = 0; i < n; i++) {
        size_t best = fa__predicted_label(logits + i * c, c);
        labelled += labels[i] >= 0;
        right += labels[i] >= 0 && (size_t)labels[i] == best;
    }
    return labelled > 0 ? (double)right / (double)labelled : (double)NAN;
}
