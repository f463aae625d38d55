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

static fa__pool pool_of(const fa__layer *layer, const fa__activation *in) {
    return (fa__pool){.samples = in->samples,
                      .height = layer->in.height,
                      .width = layer->in.width,
                      .channels = layer->in.channels,
                      .size = layer->units,
                      .plain_in = !layer->in_own,
                      .plain_out = !layer->out_own};
}

static size_t workspace(const fa__layer *layer, const fa__engine *engine,
                        const fa__activation *in) {
    const fa__pool pool = pool_of(layer, in);
    return engine->images->pool_workspace(&pool);
}

static size_t scratch(const fa__layer *layer, const fa__engine *engine, const fa__activation *in) {
    const fa__pool pool = pool_of(layer, in);
    return engine->images->pool_scratch(&pool);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const fa__pool pool = pool_of(layer, p->in);
    return p->engine->images->pool_forward(p->out->values, p->workspace, p->in->values, &pool,
                                           p->scratch);
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    const fa__pool pool = pool_of(layer, p->in);
    if (d_in == NULL) return FA_OK;
    return p->engine->images->pool_backward(d_in, d_out, p->workspace, &pool, p->scratch);
}

const fa__layer_type fa__layer_maxpool = {
    .name = "maxpool",
    .usage = "maxpool SIZE",
    .takes = FA__IMAGE,
    .plan = plan,
    .workspace = workspace,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
};
