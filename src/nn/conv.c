/* conv: a convolution over images that keeps their size (stride 1, zeros around), optionally
 * through ReLU. W [units, channels, k, k]. */
#include "nn/layer.h"

#include <stdlib.h>
#include <string.h>

enum { WEIGHT, BIAS, KERNEL_MAX = 15 };

/* "3x3": odd, so that the window has a middle. */
static fa_status read_word(bool *known, fa__layer *layer, const char *word) {
    *known = true;
    if (strcmp(word, "relu") == 0) {
        layer->relu = true;
        return FA_OK;
    }
    char *end, *end_again;
    unsigned long rows = strtoul(word, &end, 10);
    *known = word[0] >= '1' && word[0] <= '9' && *end == 'x' && end[1] >= '0' && end[1] <= '9';
    if (!*known) return FA_OK;
    unsigned long columns = strtoul(end + 1, &end_again, 10);
    if (layer->kernel > 0)
        return fa__fail(FA_E_RECIPE, "the window stands there twice, the second time as '%s'",
                        word);
    if (*end_again != '\0' || rows != columns || rows % 2 == 0 || rows > KERNEL_MAX)
        return fa__fail(FA_E_RECIPE, "a window is 1x1, 3x3, ... up to %dx%d, got %s", KERNEL_MAX,
                        KERNEL_MAX, word);
    layer->kernel = (size_t)rows;
    return FA_OK;
}

static fa_status plan(fa__layer *layer) {
    if (layer->kernel == 0)
        return fa__fail(FA_E_RECIPE, "the window is missing (%s; 3x3 is common)",
                        layer->type->usage);
    layer->out = layer->in;
    layer->out.channels = layer->units;
    size_t pixels = layer->in.height * layer->in.width;
    if (__builtin_mul_overflow(pixels, layer->units, &layer->out.features))
        return fa__fail(FA_E_RECIPE, "%zu channels of %zu pixels are more than memory",
                        layer->units, pixels);
    fa__layer_declare(layer, "weight", layer->units,
                      layer->in.channels * layer->kernel * layer->kernel);
    fa__parameter *weight = &layer->parameters[WEIGHT];
    weight->rank = 4;
    weight->shape[1] = layer->in.channels;
    weight->shape[2] = weight->shape[3] = layer->kernel;
    fa__layer_declare(layer, "bias", layer->units, 0);
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__rng *rng) {
    float *weight = parameters + layer->parameters[WEIGHT].offset;
    (layer->relu ? fa__init_he : fa__init_glorot)(
        weight, layer->units, layer->in.channels * layer->kernel * layer->kernel, rng);
    memset(parameters + layer->parameters[BIAS].offset, 0, layer->units * sizeof(float));
}

static fa__conv conv_of(const fa__layer *layer, const fa__activation *in) {
    return (fa__conv){.samples = in->samples,
                      .height = layer->in.height,
                      .width = layer->in.width,
                      .in = layer->in.channels,
                      .out = layer->units,
                      .kernel = layer->kernel,
                      .relu = layer->relu,
                      .plain_in = !layer->in_own,
                      .plain_out = !layer->out_own};
}

static size_t workspace(const fa__layer *layer, const fa__activation *in) {
    (void)layer, (void)in;
    return 0;
}

static size_t scratch(const fa__layer *layer, const fa__activation *in) {
    const fa__conv conv = conv_of(layer, in);
    const fa__engine *engine;
    size_t most = 0;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        size_t floats = engine->images->conv_scratch(&conv);
        if (floats > most) most = floats;
    }
    return most;
}

static fa_status forward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                         const fa__activation *in, const fa__activation *out, float *workspace_) {
    (void)workspace_;
    const fa__conv conv = conv_of(layer, in);
    return engine->images->conv_forward(
        out->values, in->values, parameters + layer->parameters[WEIGHT].offset,
        parameters + layer->parameters[BIAS].offset, &conv, out->scratch);
}

static fa_status backward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                          float *gradient, const fa__activation *in, const fa__activation *out,
                          float *d_in, float *d_out, float *workspace_) {
    (void)workspace_;
    const fa__conv conv = conv_of(layer, in);
    return engine->images->conv_backward(
        d_in, gradient + layer->parameters[WEIGHT].offset,
        gradient + layer->parameters[BIAS].offset, d_out, in->values, out->values,
        parameters + layer->parameters[WEIGHT].offset, &conv, out->scratch);
}

const fa__layer_type fa__layer_conv = {
    .name = "conv",
    .usage = "conv CHANNELS KxK [relu]",
    .takes = FA__IMAGE,
    .read_word = read_word,
    .plan = plan,
    .init = init,
    .workspace = workspace,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
};
