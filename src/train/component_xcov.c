/* XCov: between the outputs and the predicted labels, or where there are none between two halves.
 */
#include "train/component.h"

#include "nn/network.h"

#include <math.h>
#include <string.h>

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
static void to_logits(const fa__gathered *at, double weight) {
    size_t n = at->n, c = at->c;
    for (size_t i = 0; i < n; i++) {
        const float *d = at->d_yhat + i * c, *p = at->yhat + i * c;
        double mean = 0;
        for (size_t k = 0; k < c; k++) mean += (double)p[k] * (double)d[k];
        for (size_t k = 0; k < c; k++) {
            double inner = c == 1 ? 1 - (double)p[0] : 1;
            double centre = c == 1 ? 0 : mean;
            at->d_logits[i * c + k] +=
                (float)(weight * (double)p[k] * inner * ((double)d[k] - centre));
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

static fa_status eval(double *value, const fa__objective *objective, const fa__gathered *at) {
    if (objective->reconstruction) return xcov_of_halves(value, at);
    probabilities(at->yhat, at->logits, at->n, at->c);
    return fa_loss_xcov(value, at->d_h, at->d_yhat, at->h, at->n, at->d, at->yhat, at->c);
}

static fa_status check(const fa__objective *objective, const fa__network *network) {
    if (!objective->reconstruction || network->layers[network->target].out.features >= 2)
        return FA_OK;
    return fa__fail(FA_E_RECIPE,
                    "loss.kind = xcov takes the covariance between the halves of the target "
                    "layer in a reconstruction; 1 unit has none, 2 work");
}

const fa__component fa__component_xcov = {.needs = FA__NEEDS_OUTPUTS | FA__NEEDS_LOGITS,
                                          .check = check,
                                          .eval = eval,
                                          .to_logits = to_logits};
