/* conv: a convolution over images with k / 2 zeros around them, so that stride 1 keeps their size
 * and stride s leaves (size - 1) / s + 1 (PyTorch's padding = k / 2), optionally through ReLU.
 * W [units, channels, k, k]. */
#include "nn/layer.h"

#include <stdlib.h>
#include <string.h>

enum { WEIGHT, BIAS };
enum { KERNEL, STRIDE = FA__CONV_STRIDE }; /* settings */
enum { KERNEL_MAX = 15, STRIDE_MAX = 15 };

/* "3x3": odd, so that the window has a middle. */
static fa_status read_window(size_t *used, fa__layer *layer, const char *word) {
    char *end, *end_again;
    unsigned long rows = strtoul(word, &end, 10);
    if (word[0] < '1' || word[0] > '9' || *end != 'x' || end[1] < '0' || end[1] > '9') return FA_OK;
    unsigned long columns = strtoul(end + 1, &end_again, 10);
    if (layer->settings[KERNEL] > 0)
        return fa__fail(FA_E_RECIPE, "the window stands there twice, the second time as '%s'",
                        word);
    if (*end_again != '\0' || rows != columns || rows % 2 == 0 || rows > KERNEL_MAX)
        return fa__fail(FA_E_RECIPE, "a window is 1x1, 3x3, ... up to %dx%d, got %s", KERNEL_MAX,
                        KERNEL_MAX, word);
    layer->settings[KERNEL] = (size_t)rows;
    *used = 1;
    return FA_OK;
}

static fa_status read_word(size_t *used, fa__layer *layer, const char *word, const char *next) {
    if (strcmp(word, "stride") != 0) return read_window(used, layer, word);
    char *end;
    unsigned long stride = strtoul(next, &end, 10);
    if (next[0] < '1' || next[0] > '9' || *end != '\0' || stride > STRIDE_MAX)
        return fa__fail(FA_E_RECIPE, "a stride is 1..%d, got '%s' (stride 2 halves the image)",
                        STRIDE_MAX, next);
    if (layer->settings[STRIDE] > 0)
        return fa__fail(FA_E_RECIPE, "the stride stands there twice, the second time as %s", next);
    layer->settings[STRIDE] = (size_t)stride;
    *used = 2;
    return FA_OK;
}

static fa_status plan(fa__layer *layer) {
    size_t kernel = layer->settings[KERNEL];
    if (kernel == 0)
        return fa__fail(FA_E_RECIPE, "the window is missing (%s; 3x3 is common)",
                        layer->type->usage);
    if (layer->settings[STRIDE] == 0) layer->settings[STRIDE] = 1;
    layer->out = layer->in;
    layer->out.channels = layer->units;
    layer->out.height = (layer->in.height - 1) / layer->settings[STRIDE] + 1;
    layer->out.width = (layer->in.width - 1) / layer->settings[STRIDE] + 1;
    size_t pixels = layer->out.height * layer->out.width;
    if (__builtin_mul_overflow(pixels, layer->units, &layer->out.features))
        return fa__fail(FA_E_RECIPE, "%zu channels of %zu pixels are more than memory",
                        layer->units, pixels);
    fa__parameter *weight =
        fa__layer_declare(layer, "weight", layer->units, layer->in.channels * kernel * kernel);
    weight->rank = 4;
    weight->shape[1] = layer->in.channels;
    weight->shape[2] = weight->shape[3] = kernel;
    fa__layer_declare(layer, "bias", layer->units, 0);
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng) {
    size_t places = layer->settings[KERNEL] * layer->settings[KERNEL];
    fa__init_weights(parameters + layer->parameters[WEIGHT].offset,
                     parameters + layer->parameters[BIAS].offset, layer->units,
                     layer->in.channels * places, places, layer->relu, init, rng);
}

static fa__conv conv_of(const fa__layer *layer, const fa__engine *engine,
                        const fa__activation *in) {
    return (fa__conv){.samples = in->samples,
                      .height = layer->in.height,
                      .width = layer->in.width,
                      .in = layer->in.channels,
                      .out = layer->units,
                      .kernel = layer->settings[KERNEL],
                      .stride = layer->settings[STRIDE],
                      .relu = layer->relu,
                      .plain_in = !layer->in_own,
                      .plain_out = !layer->out_own,
                      .bfloat16 = engine->images->bfloat16};
}

static size_t scratch(const fa__layer *layer, const fa__engine *engine, const fa__activation *in) {
    const fa__conv conv = conv_of(layer, engine, in);
    return engine->images->conv_scratch(&conv);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const fa__conv conv = conv_of(layer, p->engine, p->in);
    return p->engine->images->conv_forward(
        p->out->values, p->in->values, p->parameters + layer->parameters[WEIGHT].offset,
        p->parameters + layer->parameters[BIAS].offset, &conv, p->scratch);
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    const fa__conv conv = conv_of(layer, p->engine, p->in);
    return p->engine->images->conv_backward(
        d_in, p->gradient + layer->parameters[WEIGHT].offset,
        p->gradient + layer->parameters[BIAS].offset, d_out, p->in->values, p->out->values,
        p->parameters + layer->parameters[WEIGHT].offset, &conv, p->scratch);
}

const fa__layer_type fa__layer_conv = {
    .name = "conv",
    .usage = "conv CHANNELS KxK [stride S] [relu]",
    .takes = FA__IMAGE,
    .takes_relu = true,
    .read_word = read_word,
    .plan = plan,
    .init = init,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
};
