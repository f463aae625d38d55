/* Engines by name, and what was left out of this build. */
#include "engine/engine.h"

#include "engine/tiles.h"

#include <string.h>

const fa__engine *fa__engine_at(size_t index) {
    static const fa__engine *(*const engines[])(void) = {
        fa__engine_native, /* the default */
        fa__engine_ref,
#ifdef FA_HAVE_ONEDNN
        fa__engine_onednn,
#endif
    };
    return index < sizeof engines / sizeof engines[0] ? engines[index]() : NULL;
}

size_t fa__own_floats(const fa__engine *engine, size_t pixels, size_t channels) {
    return pixels * fa__blocked(channels, engine->images->block(channels));
}

static fa_status no_images(void) {
    return fa__fail(FA_E_UNAVAILABLE,
                    "layers for images need oneDNN, which is not built in: install libdnnl-dev and "
                    "build again; network.engine = ref trains a few small images without it");
}

fa_status fa__engine_takes_images(const fa__engine *engine) {
    return engine->images->name != NULL ? FA_OK : no_images();
}

fa_status fa__engine_in_bfloat16(fa__engine *out, const fa__engine *engine) {
    FA_TRY(fa__engine_takes_images(engine));
    if (engine->images == &fa__ref_images)
        return fa__fail(FA_E_UNAVAILABLE, "the engine ref computes in float32 alone; native takes "
                                          "bfloat16");
    if (!fa__onednn_has_bfloat16())
        return fa__fail(FA_E_UNAVAILABLE, "this processor does not multiply bfloat16 (it has no "
                                          "avx512_bf16); float32 works");
    *out = *engine;
    out->images = engine->images == &fa__native_images && fa__tiles_there()
                      ? &fa__tiles_images
                      : &fa__onednn_bfloat16_images;
    return FA_OK;
}

#ifndef FA_HAVE_ONEDNN

bool fa__onednn_has_bfloat16(void) {
    return false;
}

const char *fa__onednn_version(void) {
    return NULL;
}

static size_t no_block(size_t channels) {
    return channels;
}

static size_t no_conv_size(const fa__conv *c) {
    (void)c;
    return 0;
}

static fa_status no_conv_forward(float *y, const float *x, const float *w, const float *b,
                                 const fa__conv *c, float *scratch) {
    (void)y, (void)x, (void)w, (void)b, (void)c, (void)scratch;
    return no_images();
}

static fa_status no_conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                                  const float *y, const float *w, const fa__conv *c,
                                  float *scratch) {
    (void)d_x, (void)d_w, (void)d_b, (void)d_y, (void)x, (void)y, (void)w, (void)c, (void)scratch;
    return no_images();
}

static size_t no_pool_size(const fa__pool *p) {
    (void)p;
    return 0;
}

static fa_status no_pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                                 float *scratch) {
    (void)y, (void)workspace, (void)x, (void)p, (void)scratch;
    return no_images();
}

static fa_status no_pool_backward(float *d_x, const float *d_y, const float *workspace,
                                  const fa__pool *p, float *scratch) {
    (void)d_x, (void)d_y, (void)workspace, (void)p, (void)scratch;
    return no_images();
}

const fa__image_ops fa__onednn_images = {.block = no_block,
                                         .conv_scratch = no_conv_size,
                                         .conv_forward = no_conv_forward,
                                         .conv_backward = no_conv_backward,
                                         .pool_workspace = no_pool_size,
                                         .pool_scratch = no_pool_size,
                                         .pool_forward = no_pool_forward,
                                         .pool_backward = no_pool_backward};
const fa__image_ops fa__onednn_bfloat16_images;
#endif

fa_status fa__engine_find(const fa__engine **out, const char *name) {
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        if (strcmp(name, engine->name) != 0 && !(i == 0 && strcmp(name, "auto") == 0)) continue;
        *out = engine;
        return FA_OK;
    }
    if (strcmp(name, "onednn") == 0)
        return fa__fail(FA_E_UNAVAILABLE,
                        "engine onednn is not built in: install libdnnl-dev and build again, "
                        "or use engine = native");
    return fa__fail(FA_E_ARGUMENT, "no engine is named '%s' (auto, native, ref, onednn)", name);
}
