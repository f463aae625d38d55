/* globalpool: the mean of each channel over the pixels of an image, one vector a sample. */
#include "nn/layer.h"

#include <string.h>

static fa_status plan(fa__layer *layer) {
    layer->out = fa__shape_vector(layer->in.channels);
    return FA_OK;
}

/* Channels side by side as the images below lie. */
static size_t block_of(const fa__layer *layer, const fa__engine *engine) {
    size_t channels = layer->in.channels;
    return layer->in_own ? engine->images->block(channels) : channels;
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    size_t channels = layer->in.channels, block = block_of(layer, p->engine);
    size_t pixels = layer->in.height * layer->in.width;
    float share = 1.0f / (float)pixels;
    memset(p->out->values, 0, p->out->total * channels * sizeof(float));
    for (size_t n = 0; n < p->in->total; n++)
        for (size_t first = 0; first < channels; first += block) {
            size_t count = channels - first < block ? channels - first : block;
            const float *x = p->in->values + n * p->in->features + first * pixels;
            float *y = p->out->values + n * channels + first;
            for (size_t pixel = 0; pixel < pixels; pixel++, x += block)
                for (size_t c = 0; c < count; c++) y[c] += x[c];
            for (size_t c = 0; c < count; c++) y[c] *= share;
        }
    return FA_OK;
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    size_t channels = layer->in.channels, block = block_of(layer, p->engine);
    size_t pixels = layer->in.height * layer->in.width;
    float share = 1.0f / (float)pixels;
    if (d_in == NULL) return FA_OK;
    memset(d_in, 0, p->in->total * p->in->features * sizeof(float)); /* where no channel is */
    for (size_t n = 0; n < p->in->total; n++)
        for (size_t first = 0; first < channels; first += block) {
            size_t count = channels - first < block ? channels - first : block;
            const float *d_y = d_out + n * channels + first;
            float *d_x = d_in + n * p->in->features + first * pixels;
            for (size_t pixel = 0; pixel < pixels; pixel++, d_x += block)
                for (size_t c = 0; c < count; c++) d_x[c] = d_y[c] * share;
        }
    return FA_OK;
}

const fa__layer_type fa__layer_globalpool = {
    .name = "globalpool",
    .usage = "globalpool",
    .takes = FA__IMAGE,
    .no_units = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
