/* Pooling of the native engine: its own between layers, oneDNN's where an end is plain. */
#include "engine/pool.h"

#include "base/simd.h"

enum { SIZE_MOST = 15 }; /* so that a place is a byte */

static const fa__pooling *kernels(void) {
    const fa__simd level = fa__simd_level();
    return FA__BY_SIMD(level, &fa__pooling_portable, &fa__pooling_avx2, &fa__pooling_avx512);
}

static size_t block(const fa__pool *p) {
    return fa__onednn_images.block(p->channels);
}

static bool takes(const fa__pool *p) {
    return fa__onednn_images.name != NULL && !p->plain_in && !p->plain_out &&
           p->size <= SIZE_MOST && block(p) % kernels()->lanes == 0;
}

static size_t planes(const fa__pool *p) {
    return p->samples * (fa__blocked(p->channels, block(p)) / block(p));
}

size_t fa__native_pool_workspace(const fa__pool *p) {
    if (!takes(p)) return fa__onednn_images.pool_workspace(p);
    const size_t places = planes(p) * (p->height / p->size) * (p->width / p->size) * block(p);
    return (places + sizeof(float) - 1) / sizeof(float);
}

size_t fa__native_pool_scratch(const fa__pool *p) {
    return takes(p) ? 0 : fa__onednn_images.pool_scratch(p);
}

fa_status fa__native_pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                                  float *scratch) {
    if (!takes(p)) return fa__onednn_images.pool_forward(y, workspace, x, p, scratch);
    kernels()->forward(y, (uint8_t *)workspace, x, p, planes(p), block(p) / kernels()->lanes);
    return FA_OK;
}

fa_status fa__native_pool_backward(float *d_x, const float *d_y, const float *workspace,
                                   const fa__pool *p, float *scratch) {
    if (!takes(p)) return fa__onednn_images.pool_backward(d_x, d_y, workspace, p, scratch);
    kernels()->backward(d_x, d_y, (const uint8_t *)workspace, p, planes(p),
                        block(p) / kernels()->lanes);
    return FA_OK;
}
