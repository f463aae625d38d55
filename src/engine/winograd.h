/* 3x3 convolutions by Winograd's minimal filtering, compiled once per SIMD level from
 * winograd_body.h. */
#ifndef FA_ENGINE_WINOGRAD_H
#define FA_ENGINE_WINOGRAD_H

#include "engine/engine.h"

/* Of windows of 3 x 3 at stride 1, in float32, between images in blocks of `block` channels that
 * they fill, a multiple of the registers' width. Arguments as those of fa__image_ops. */
typedef struct fa__winograd {
    size_t lanes; /* floats in a register */
    size_t (*scratch)(const fa__conv *c);
    void (*forward)(float *y, const float *x, const float *w, const float *b, const fa__conv *c,
                    size_t block, float *scratch);
    void (*backward)(float *d_x, float *d_w, float *d_b, float *d_y, const float *x, const float *y,
                     const float *w, const fa__conv *c, size_t block, float *scratch);
} fa__winograd;

extern const fa__winograd fa__winograd_portable, fa__winograd_avx2, fa__winograd_avx512;

#endif
