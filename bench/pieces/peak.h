/* The limit of the machine: multiply-adds in registers and nothing else. */
#ifndef FA_PIECES_PEAK_H
#define FA_PIECES_PEAK_H

#include <stddef.h>

typedef struct fa__peak {
    /* `rounds` times sum = sum * factor + term in every register; a value that depends on all. */
    float (*run)(size_t rounds, float factor, float term);
    size_t flops; /* of a round */
} fa__peak;

/* For the widest SIMD level in use. */
const fa__peak *fa__peak_kernel(void);

extern const fa__peak fa__peak_avx512, fa__peak_avx2, fa__peak_portable;

#endif
