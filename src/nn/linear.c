/* linear: y = x W^T + b, W [units, inputs], optionally through ReLU. */
#include "nn/layer.h"

#include <string.h>

enum { WEIGHT, BIAS };

static fa_status plan(fa__layer *layer) {
    layer->out = layer->in.form == FA__SERIES ? fa__shape_series(layer->units)
                                              : fa__shape_vector(layer->units);
    fa__layer_declare(layer, "weight", layer->units, layer->in.features);
    fa__layer_declare(layer, "bias", layer->units, 0);
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng) {
    fa__init_weights(parameters + layer->parameters[WEIGHT].offset,
                     parameters + layer->parameters[BIAS].offset, layer->units, layer->in.features,
                     1, layer->relu, init, rng);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const fa__activation *in = p->in, *out = p->out;
    const float *parameters = p->parameters;
    const float *bias = parameters + layer->parameters[BIAS].offset;
    size_t units = layer->units;
    for (size_t r = 0; r < in->total; r++)
        memcpy(out->values + r * units, bias, units * sizeof(float));
    FA_TRY(p->engine->gemm(&(fa__gemm){.b_transposed = true,
                                       .m = in->total,
                                       .n = units,
                                       .k = in->features,
                                       .a = in->values,
                                       .lda = in->features,
                                       .b = parameters + layer->parameters[WEIGHT].offset,
                                       .ldb = in->features,
                                       .c = out->values,
                                       .ldc = units,
                                       .beta = 1}));
    for (size_t i = 0; layer->relu && i < in->total * units; i++)
        if (out->values[i] < 0) out->values[i] = 0; /* NaN stays, to be found */
    return FA_OK;
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    const fa__activation *in = p->in, *out = p->out;
    const float *parameters = p->parameters;
    float *gradient = p->gradient;
    size_t units = layer->units;
    float *d_bias = gradient + layer->parameters[BIAS].offset;
    for (size_t i = 0; layer->relu && i < out->total * units; i++)
        if (!(out->values[i] > 0)) d_out[i] = 0;
    memset(d_bias, 0, units * sizeof(float));
    for (size_t r = 0; r < out->total; r++)
        for (size_t u = 0; u < units; u++) d_bias[u] += d_out[r * units + u];
    FA_TRY(p->engine->gemm(&(fa__gemm){.a_transposed = true,
                                       .m = units,
                                       .n = in->features,
                                       .k = out->total,
                                       .a = d_out,
                                       .lda = units,
                                       .b = in->values,
                                       .ldb = in->features,
                                       .c = gradient + layer->parameters[WEIGHT].offset,
                                       .ldc = in->features}));
    if (d_in == NULL) return FA_OK;
    return p->engine->gemm(&(fa__gemm){.m = out->total,
                                       .n = in->features,
                                       .k = units,
                                       .a = d_out,
                                       .lda = units,
                                       .b = parameters + layer->parameters[WEIGHT].offset,
                                       .ldb = in->features,
                                       .c = d_in,
                                       .ldc = in->features});
}

const fa__layer_type fa__layer_linear = {
    .name = "linear",
    .usage = "linear UNITS|out [relu] [target]",
    .takes = FA__VECTOR | FA__SERIES | FA__IMAGE,
    .takes_out = true,
    .takes_relu = true,
    .plan = plan,
    .init = init,
    .forward = forward,
    .backward = backward,
};
