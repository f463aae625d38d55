/* repeat: one vector a sample to a series that holds it at every step of the sample, for the
 * decoder of an autoencoder. */
#include "nn/layer.h"

#include <string.h>

static fa_status plan(fa__layer *layer) {
    layer->out = fa__shape_series(layer->in.features);
    return FA_OK;
}

/* Samples lie longest first, so the samples of a step are the first rows of the input. */
static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    (void)layer;
    const fa__activation *in = p->in, *out = p->out;
    float *to = out->values;
    for (size_t t = 0; t < out->steps; t++) {
        size_t floats = out->rows[t] * in->features;
        memcpy(to, in->values, floats * sizeof *to);
        to += floats;
    }
    return FA_OK;
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    (void)layer;
    const fa__activation *in = p->in, *out = p->out;
    const float *from = d_out;
    if (d_in == NULL) return FA_OK;
    memset(d_in, 0, in->samples * in->features * sizeof *d_in);
    for (size_t t = 0; t < out->steps; t++) {
        size_t floats = out->rows[t] * in->features;
        for (size_t i = 0; i < floats; i++) d_in[i] += from[i];
        from += floats;
    }
    return FA_OK;
}

const fa__layer_type fa__layer_repeat = {
    .name = "repeat",
    .usage = "repeat",
    .takes = FA__VECTOR,
    .no_units = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
