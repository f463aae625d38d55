/* Pooling between images in the engine's own layout, compiled once per SIMD level from pool_body.h, and the
 * entries of fa__image_ops that take it where it fits and oneDNN's elsewhere. */
#ifndef FA_ENGINE_POOL_H
#define FA_ENGINE_POOL_H

#include "engine/engine.h"

#include <stdint.h>

/* `planes` blocks of channels, `vectors` registers wide; place: of each largest value in its window, the first
 * of equal ones. */
typedef struct fa__pooling {
    size_t lanes; /* floats in a register */
    void (*forward)(float *y, uint8_t *place, const float *x, const fa__pool *p, size_t planes,
                    size_t vectors);
    void (*backward)(float *d_x, const float *d_y, const uint8_t *place, const fa__pool *p,
                     size_t planes, size_t vectors);
} fa__pooling;

extern const fa__pooling fa__pooling_portable, fa__pooling_avx2, fa__pooling_avx512;

size_t fa__native_pool_workspace(const fa__pool *p);
size_t fa__native_pool_scratch(const fa__pool *p);
fa_status fa__native_pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                                  float *scratch);
fa_status fa__native_pool_backward(float *d_x, const float *d_y, const float *workspace,
                                   const fa__pool *p, float *scratch);

#endif
