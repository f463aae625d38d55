/* maxpool: the largest value of each window of an image, windows side by side. Rows and columns
 * that fill no window are left out. */
#include "nn/layer.h"

static fa_status plan(fa__layer *layer) {
    const fa__shape *in = &layer->in;
    if (layer->units > in->height || layer->units > in->width)
        return fa__fail(FA_E_RECIPE, "its windows are %zu x %zu, the image only %zu x %zu",
                        layer->units, layer->units, in->height, in->width);
    layer->out = *in;
    layer->out.height = in->height / layer->units;
    layer->out.width = in->width / layer->units;
    layer->out.features = layer->out.height * layer->out.width * in->channels;
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__rng *rng) {
    (void)layer, (void)parameters, (void)rng;
}

static fa__pool pool_of(const fa__layer *layer, const fa__activation *in) {
    return (fa__pool){.samples = in->samples,
                      .height = layer->in.height,
                      .width = layer->in.width,
                      .channels = layer->in.channels,
                      .size = layer->units,
                      .plain_in = !layer->in_own,
                      .plain_out = !layer->out_own};
}

/* What the engine that needs most asks for, so that memory does not depend on the engine. */
static size_t most(size_t (*const size)(const fa__image_ops *, const fa__pool *),
                   const fa__layer *layer, const fa__activation *in) {
    const fa__pool pool = pool_of(layer, in);
    const fa__engine *engine;
    size_t found = 0;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        size_t floats = size(engine->images, &pool);
        if (floats > found) found = floats;
    }
    return found;
}

static size_t workspace_of(const fa__image_ops *images, const fa__pool *pool) {
    return images->pool_workspace(pool);
}

static size_t scratch_of(const fa__image_ops *images, const fa__pool *pool) {
    return images->pool_scratch(pool);
}

static size_t workspace(const fa__layer *layer, const fa__activation *in) {
    return most(workspace_of, layer, in);
}

static size_t scratch(const fa__layer *layer, const fa__activation *in) {
    return most(scratch_of, layer, in);
}

static fa_status forward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                         const fa__activation *in, const fa__activation *out, float *workspace_) {
    (void)parameters;
    const fa__pool pool = pool_of(layer, in);
    return engine->images->pool_forward(out->values, workspace_, in->values, &pool, out->scratch);
}

static fa_status backward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                          float *gradient, const fa__activation *in, const fa__activation *out,
                          float *d_in, float *d_out, float *workspace_) {
    (void)parameters, (void)gradient;
    const fa__pool pool = pool_of(layer, in);
    if (d_in == NULL) return FA_OK;
    return engine->images->pool_backward(d_in, d_out, workspace_, &pool, out->scratch);
}

const fa__layer_type fa__layer_maxpool = {
    .name = "maxpool",
    .usage = "maxpool SIZE",
    .takes = FA__IMAGE,
    .plan = plan,
    .init = init,
    .workspace = workspace,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
};
