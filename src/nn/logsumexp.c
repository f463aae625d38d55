/* logsumexp: so many units for each coarse label, in the order of the labels, to its logit.
 *
 *   s_y = log sum_{u of y} exp x_u        dL/dx_u = dL/ds_y exp(x_u - s_y)
 *
 * so that the probability of a label is the sum of those of its units: softmax(s)_y = sum_{u of y}
 * softmax(x)_u. Two labels have one logit, s_1 - s_0, as a linear layer has. */
#include "nn/layer.h"

#include <math.h>

static fa_status plan(fa__layer *layer) {
    size_t labels = layer->in.features / layer->units;
    if (layer->in.features % layer->units != 0 || labels < 2)
        return fa__fail(FA_E_RECIPE,
                        "%zu units for each label: the %zu from below are not so many for each of "
                        "two labels or more",
                        layer->units, layer->in.features);
    layer->out = fa__shape_vector(labels == 2 ? 1 : labels);
    return FA_OK;
}

static double label_logit(const fa__layer *layer, const float *row, size_t label) {
    const float *x = row + label * layer->units;
    double max = (double)x[0], sum = 0;
    for (size_t u = 1; u < layer->units; u++) max = fmax(max, (double)x[u]);
    for (size_t u = 0; u < layer->units; u++)
        sum += exp((double)x[u] - max); /* NaN stays, to be found */
    return max + log(sum);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    size_t labels = layer->in.features / layer->units;
    for (size_t r = 0; r < p->in->total; r++) {
        const float *x = p->in->values + r * layer->in.features;
        float *y = p->out->values + r * layer->out.features;
        if (labels == 2)
            y[0] = (float)(label_logit(layer, x, 1) - label_logit(layer, x, 0));
        else
            for (size_t label = 0; label < labels; label++)
                y[label] = (float)label_logit(layer, x, label);
    }
    return FA_OK;
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    size_t labels = layer->in.features / layer->units;
    for (size_t r = 0; d_in != NULL && r < p->in->total; r++) {
        const float *x = p->in->values + r * layer->in.features;
        const float *d_y = d_out + r * layer->out.features;
        float *d_x = d_in + r * layer->in.features;
        for (size_t label = 0; label < labels; label++) {
            double logit = label_logit(layer, x, label);
            double d = labels > 2   ? (double)d_y[label]
                       : label == 1 ? (double)d_y[0]
                                    : -(double)d_y[0];
            for (size_t u = label * layer->units; u < (label + 1) * layer->units; u++)
                d_x[u] = (float)(d * exp((double)x[u] - logit));
        }
    }
    return FA_OK;
}

const fa__layer_type fa__layer_logsumexp = {
    .name = "logsumexp",
    .usage = "logsumexp UNITS",
    .takes = FA__VECTOR,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
