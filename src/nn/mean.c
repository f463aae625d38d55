/* mean: a series to the mean of its steps, one vector a sample.
 *
 *   y_i = (1/T_i) sum_t x_it        dL/dx_it = (1/T_i) dL/dy_i        T_i: steps of sample i */
#include "nn/layer.h"

#include <string.h>

static fa_status plan(fa__layer *layer) {
    layer->out = fa__shape_vector(layer->in.features);
    return FA_OK;
}

/* Divides each sample's row by its steps. Samples lie longest first: those that end with step t are
 * the last of its rows. */
static void divide(float *rows, const fa__activation *in) {
    for (size_t t = in->steps, done = 0; t-- > 0; done = in->rows[t])
        for (size_t i = done * in->features; i < in->rows[t] * in->features; i++)
            rows[i] /= (float)(t + 1);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    (void)layer;
    const float *from = p->in->values;
    float *to = p->out->values;
    memset(to, 0, p->out->samples * p->in->features * sizeof *to);
    for (size_t t = 0; t < p->in->steps; t++) {
        size_t floats = p->in->rows[t] * p->in->features;
        for (size_t i = 0; i < floats; i++) to[i] += from[i];
        from += floats;
    }
    divide(to, p->in);
    return FA_OK;
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    (void)layer;
    if (d_in == NULL) return FA_OK;
    divide(d_out, p->in);
    for (size_t t = 0; t < p->in->steps; t++) {
        size_t floats = p->in->rows[t] * p->in->features;
        memcpy(d_in, d_out, floats * sizeof *d_in);
        d_in += floats;
    }
    return FA_OK;
}

const fa__layer_type fa__layer_mean = {
    .name = "mean",
    .usage = "mean",
    .takes = FA__SERIES,
    .no_units = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
