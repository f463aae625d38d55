/* Convolutions that multiply bfloat16 by the processor's tiles (AMX): tiles_amx.c and what it is made of. */
#ifndef FA_ENGINE_TILES_H
#define FA_ENGINE_TILES_H

#include "engine/engine.h"

/* Of any window, stride and number of channels, between images that are plain or in blocks of 16
 * channels. Arguments as those of fa__image_ops. x, w and d_y are rounded to bfloat16 wherever they
 * are multiplied, a number below 2^-126 counts as 0, and sums are float32's. */
typedef struct fa__tiles {
    size_t (*scratch)(const fa__conv *c);
    void (*forward)(float *y, const float *x, const float *w, const float *b, const fa__conv *c,
                    float *scratch);
    void (*backward)(float *d_x, float *d_w, float *d_b, float *d_y, const float *x, const float *y,
                     const float *w, const fa__conv *c, float *scratch);
} fa__tiles;

#ifdef FA_HAVE_AMX
extern const fa__tiles fa__tiles_amx;
#endif

/* The build has them, and this process may use them. */
bool fa__tiles_there(void);

/* By them, and pooling by oneDNN; where fa__tiles_there. */
extern const fa__image_ops fa__tiles_images;

#endif
