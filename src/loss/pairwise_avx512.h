/* The pairwise body's operations with 16 lanes and 32 registers: tiles of 8 x 48. */
#ifndef FA_LOSS_PAIRWISE_AVX512_H
#define FA_LOSS_PAIRWISE_AVX512_H

#include <immintrin.h>

#define LANES     16
#define VECTORS   3
#define TILE_ROWS 8
#define SLAB      64
#define WIDE      8

#define SIGNS(v) ((uint32_t)_mm512_movepi32_mask((__m512i)(v)))
#define STORE_SIGNS(at, values, vectors)                                                           \
    for (size_t v = 0; v < vectors; v++)                                                           \
    _store_mask16((__mmask16 *)(void *)((at) + 2 * v), _mm512_movepi32_mask((__m512i)values[v]))
#define COLLECT(columns, v, bit)                                                                   \
    ((VI)_mm512_mask_or_epi32((__m512i)(columns), _mm512_movepi32_mask((__m512i)(v)),              \
                              (__m512i)(columns), _mm512_set1_epi32(bit)))
#define STORE_WORDS(at, columns) _mm512_storeu_si512(at, (__m512i)(columns))
#define LEAST(low, v)            ((V)_mm512_range_ps((__m512)(low), (__m512)(v), 10)) /* min of |.| */
#define MIN(a, b)                ((V)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define MAX(a, b)                ((V)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define RECIPROCAL(v)            ((V)_mm512_rcp14_ps((__m512)(v)))
#define REFINE_STEPS             1

#endif
