/* batchnorm: each feature, of images each channel, at mean 0 and variance 1, then scaled, shifted
 * and optionally through ReLU (Ioffe and Szegedy 2015).
 *
 * In training mean and variance are those of the shard's M values (samples, times pixels or steps)
 * of the feature, variance with 1/M, so that a shard meets no other. In use they are the running
 * means of what training met, variance with 1/(M - 1); epsilon and momentum are PyTorch's. One
 * value has no variance: a shard of M = 1 puts out the shift and leaves the running means alone. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

enum { SCALE, SHIFT, RUNNING_MEAN, RUNNING_VARIANCE };

static const double epsilon = FA__BATCHNORM_EPSILON;

static size_t features_of(const fa__layer *layer) {
    return layer->in.form == FA__IMAGE ? layer->in.channels : layer->in.features;
}

static fa_status plan(fa__layer *layer) {
    size_t features = features_of(layer);
    layer->out = layer->in;
    fa__layer_declare(layer, "weight", features, 0);
    fa__layer_declare(layer, "bias", features, 0);
    fa__layer_declare(layer, "running_mean", features, 0)->buffer = true;
    fa__layer_declare(layer, "running_var", features, 0)->buffer = true;
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng) {
    (void)init, (void)rng;
    for (size_t t = 0; t <= RUNNING_VARIANCE; t++)
        for (size_t c = 0; c < layer->parameters[t].count; c++)
            parameters[layer->parameters[t].offset + c] =
                t == SCALE || t == RUNNING_VARIANCE ? 1.0f : 0.0f;
}

static fa__batchnorm norm_of(const fa__layer *layer, const fa__engine *engine,
                             const fa__activation *in) {
    bool image = layer->in.form == FA__IMAGE;
    size_t features = features_of(layer);
    return (fa__batchnorm){.samples = in->total,
                           .channels = features,
                           .pixels = image ? layer->in.height * layer->in.width : 1,
                           .block = layer->in_own ? engine->images->block(features) : features,
                           .relu = layer->relu};
}

/* Of each channel, [width]: mean and variance of the shard are kept for backward. */
static size_t workspace(const fa__layer *layer, const fa__engine *engine,
                        const fa__activation *in) {
    const fa__batchnorm norm = norm_of(layer, engine, in);
    return 2 * fa__batchnorm_width(&norm) * sizeof(double) / sizeof(float);
}

/* Two sums in double and three factors; forward needs two of the factors. */
static size_t scratch(const fa__layer *layer, const fa__engine *engine, const fa__activation *in) {
    const fa__batchnorm norm = norm_of(layer, engine, in);
    return fa__batchnorm_width(&norm) * (2 * sizeof(double) / sizeof(float) + 3);
}

static double values_of(const fa__batchnorm *norm) {
    return (double)norm->samples * (double)norm->pixels;
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const fa__batchnorm norm = norm_of(layer, p->engine, p->in);
    size_t width = fa__batchnorm_width(&norm);
    const float *parameters[FA__LAYER_TENSORS];
    double *mean = (void *)p->workspace, *variance = mean + width;
    float *factor = p->scratch, *offset = factor + width;
    for (size_t t = 0; t < layer->n_parameters; t++)
        parameters[t] = p->parameters + layer->parameters[t].offset;
    if (p->mode == FA__TRAIN) p->engine->norm_statistics(mean, variance, p->in->values, &norm);
    memset(factor, 0, 2 * width * sizeof *factor);
    for (size_t c = 0; c < norm.channels; c++) {
        bool train = p->mode == FA__TRAIN;
        double middle = train ? mean[c] : (double)parameters[RUNNING_MEAN][c];
        double spread = train ? variance[c] : (double)parameters[RUNNING_VARIANCE][c];
        double scale = (double)parameters[SCALE][c] / sqrt(spread + epsilon);
        factor[c] = (float)scale;
        offset[c] = (float)((double)parameters[SHIFT][c] - middle * scale);
    }
    p->engine->norm_apply(p->out->values, p->in->values, factor, offset, &norm);
    return FA_OK;
}

/* With x^ = (x - mean) / s, s = sqrt(variance + epsilon), over the M values of a channel:
 *   d_shift = sum d_y,   d_scale = sum d_y x^,
 *   d_x = scale / s (d_y - d_shift / M - x^ d_scale / M) = a d_y + b x + c */
static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    const fa__batchnorm norm = norm_of(layer, p->engine, p->in);
    size_t width = fa__batchnorm_width(&norm);
    const double *mean = (void *)p->workspace, *variance = mean + width;
    double *sums = (void *)p->scratch, *products = sums + width, values = values_of(&norm);
    float *a = (float *)(void *)(products + width), *b = a + width, *c = b + width;
    const float *scale = p->parameters + layer->parameters[SCALE].offset;
    float *d_scale = p->gradient + layer->parameters[SCALE].offset;
    float *d_shift = p->gradient + layer->parameters[SHIFT].offset;
    p->engine->norm_sums(sums, products, d_out, p->in->values, p->out->values, mean, &norm);
    memset(a, 0, 3 * width * sizeof *a);
    for (size_t i = 0; i < norm.channels; i++) {
        double inverse = 1 / sqrt(variance[i] + epsilon), factor = (double)scale[i] * inverse;
        double slope = -factor * inverse * inverse * products[i] / values;
        d_scale[i] = (float)(products[i] * inverse);
        d_shift[i] = (float)sums[i];
        a[i] = (float)factor;
        b[i] = (float)slope;
        c[i] = (float)(-factor * sums[i] / values - slope * mean[i]);
    }
    if (d_in != NULL) p->engine->norm_back(d_in, d_out, p->in->values, a, b, c, &norm);
    return FA_OK;
}

static void statistics(const fa__layer *layer, const fa__pass *p, float *out, size_t first,
                       float share) {
    const fa__batchnorm norm = norm_of(layer, p->engine, p->in);
    const double *mean = (void *)p->workspace, *variance = mean + fa__batchnorm_width(&norm);
    double values = values_of(&norm);
    size_t of_mean = layer->parameters[RUNNING_MEAN].offset;
    size_t of_variance = layer->parameters[RUNNING_VARIANCE].offset;
    for (size_t c = 0; c < norm.channels; c++) {
        bool there = values > 1;
        double spread =
            there ? variance[c] * values / (values - 1) : (double)p->parameters[of_variance + c];
        double middle = there ? mean[c] : (double)p->parameters[of_mean + c];
        out[of_mean - first + c] = share * (float)middle;
        out[of_variance - first + c] = share * (float)spread;
    }
}

const fa__layer_type fa__layer_batchnorm = {
    .name = "batchnorm",
    .usage = "batchnorm [relu] [target]",
    .takes = FA__VECTOR | FA__SERIES | FA__IMAGE,
    .no_units = true,
    .takes_relu = true,
    .keeps_layout = true,
    .plan = plan,
    .init = init,
    .workspace = workspace,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .statistics = statistics,
};
