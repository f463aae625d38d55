/* The image operations of the native engine: 3x3 convolutions and pooling of its own, the rest by
 * oneDNN. */
#include "engine/winograd.h"

#include "base/simd.h"
#include "engine/pool.h"

static const fa__winograd *kernels(void) {
    const fa__simd level = fa__simd_level();
    return FA__BY_SIMD(level, &fa__winograd_portable, &fa__winograd_avx2, &fa__winograd_avx512);
}

static size_t block(size_t channels) {
    return fa__onednn_images.block(channels);
}

/* Channels that fill their blocks, and pixels that fill half of their tiles of 4 x 4. */
static bool takes(const fa__conv *c) {
    const size_t side = block(c->in), tiles = ((c->height + 3) / 4) * ((c->width + 3) / 4);
    return c->kernel == 3 && c->stride == 1 && !c->plain_in && !c->plain_out && !c->bfloat16 &&
           side % kernels()->lanes == 0 && c->in % side == 0 && c->out % side == 0 && c->in >= 16 &&
           c->out >= 16 && c->height * c->width >= 8 * tiles;
}

static size_t conv_scratch(const fa__conv *c) {
    return takes(c) ? kernels()->scratch(c) : fa__onednn_images.conv_scratch(c);
}

static fa_status conv_forward(float *y, const float *x, const float *w, const float *b,
                              const fa__conv *c, float *scratch) {
    if (!takes(c)) return fa__onednn_images.conv_forward(y, x, w, b, c, scratch);
    kernels()->forward(y, x, w, b, c, block(c->in), scratch);
    return FA_OK;
}

static fa_status conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                               const float *y, const float *w, const fa__conv *c, float *scratch) {
    if (!takes(c)) return fa__onednn_images.conv_backward(d_x, d_w, d_b, d_y, x, y, w, c, scratch);
    kernels()->backward(d_x, d_w, d_b, d_y, x, y, w, c, block(c->in), scratch);
    return FA_OK;
}

const fa__image_ops fa__native_images = {
#ifdef FA_HAVE_ONEDNN
    .name = "native, onednn",
#endif
    .block = block,
    .conv_scratch = conv_scratch,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .pool_workspace = fa__native_pool_workspace,
    .pool_scratch = fa__native_pool_scratch,
    .pool_forward = fa__native_pool_forward,
    .pool_backward = fa__native_pool_backward,
};
