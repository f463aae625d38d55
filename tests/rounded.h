/* Numbers rounded to bfloat16, the upper half of a float32: to nearest, ties to even. */
#ifndef FA_TESTS_ROUNDED_H
#define FA_TESTS_ROUNDED_H

#include "base/memory.h"

#include <stdint.h>
#include <string.h>

static inline float *rounded(const float *x, size_t n) {
    float *out = fa__alloc(n, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
        memcpy(&out[i], &bits, sizeof bits);
    }
    return out;
}

#endif
