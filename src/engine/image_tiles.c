/* The image operations in bfloat16 where the processor has tiles: convolutions of our own. */
#include "engine/tiles.h"

#include "base/simd.h"
#include "engine/pool.h"

#ifdef FA_HAVE_AMX

bool fa__tiles_there(void) {
    return fa__simd_has_tiles();
}

static size_t block(size_t channels) {
    return fa__onednn_images.block(channels);
}

static fa_status conv_forward(float *y, const float *x, const float *w, const float *b,
                              const fa__conv *c, float *scratch) {
    fa__tiles_amx.forward(y, x, w, b, c, scratch);
    return FA_OK;
}

static fa_status conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                               const float *y, const float *w, const fa__conv *c, float *scratch) {
    fa__tiles_amx.backward(d_x, d_w, d_b, d_y, x, y, w, c, scratch);
    return FA_OK;
}

static size_t conv_scratch(const fa__conv *c) {
    return fa__tiles_amx.scratch(c);
}

const fa__image_ops fa__tiles_images = {
    .name = "native, onednn",
    .bfloat16 = true,
    .block = block,
    .conv_scratch = conv_scratch,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .pool_workspace = fa__native_pool_workspace,
    .pool_scratch = fa__native_pool_scratch,
    .pool_forward = fa__native_pool_forward,
    .pool_backward = fa__native_pool_backward,
};

#else

bool fa__tiles_there(void) {
    return false;
}

const fa__image_ops fa__tiles_images;

#endif
