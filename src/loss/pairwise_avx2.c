/* Pairwise kernels with 8 lanes and 16 registers: tiles of 4 x 24. */
#include <immintrin.h>

#define KERNEL    fa__pair_avx2
#define LANES     8
#define VECTORS   3
#define TILE_ROWS 4
#define SLAB      64
#define WIDE      4

#define SIGNS(v) ((uint32_t)_mm256_movemask_ps((__m256)(v)))
#define STORE_SIGNS(at, values, vectors)                                                           \
    for (size_t v = 0; v < vectors; v++) (at)[v] = (uint8_t)SIGNS(values[v])
#define COLLECT(columns, v, bit) ((columns) | (((VI)(v) >> 31) & splat(bit)))
#define STORE_WORDS(at, columns) store_words(at, columns)
#define LEAST(low, v)                                                                              \
    ((V)_mm256_min_ps((__m256)(low), _mm256_andnot_ps(_mm256_set1_ps(-0.0f), (__m256)(v))))
#define MIN(a, b)     ((V)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define MAX(a, b)     ((V)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define RECIPROCAL(v) ((V)_mm256_rcp_ps((__m256)(v)))
#define REFINE_STEPS  1

#include "loss/pairwise_body.h"
