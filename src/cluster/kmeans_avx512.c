/* KMeans kernels with 16 lanes and 32 registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef float V __attribute__((vector_size(64)));
typedef int VI __attribute__((vector_size(64)));

#define KERNEL    fa__kmeans_avx512
#define WIDEST    12
#define LANES     16
#define LANE_BITS 0xffffu

#define SET1(a)      ((V)_mm512_set1_ps(a))
#define SET1I(i)     ((VI)_mm512_set1_epi32(i))
#define LOAD(p)      ((V)_mm512_loadu_ps(p))
#define STORE(p, v)  _mm512_storeu_ps(p, v)
#define LOADI(p)     ((VI)_mm512_loadu_si512(p))
#define STOREI(p, v) _mm512_storeu_si512(p, (__m512i)(v))

#define FMA(a, b, c)    ((V)_mm512_fmadd_ps(a, b, c))
#define MIN(a, b)       ((V)_mm512_min_ps(a, b))
#define MAX(a, b)       ((V)_mm512_max_ps(a, b))
#define RSQRT(a)        ((V)_mm512_rsqrt14_ps(a))
#define ABOVE(a, b)     ((uint32_t)_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ))
#define DIFFERENT(a, b) ((uint32_t)_mm512_cmpneq_epi32_mask((__m512i)(a), (__m512i)(b)))
#define SELECT_ABOVE(a, b, i, j)                                                                   \
    ((VI)_mm512_mask_mov_epi32((__m512i)(j), _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), (__m512i)(i)))

#define LOOKUP(table, i)   ((V)_mm512_i32gather_ps((__m512i)(i), table, 4))
#define LOOKUP16(table, i) ((V)_mm512_permutexvar_ps((__m512i)(i), _mm512_loadu_ps(table)))

#define LOAD_PART(p, m)        ((V)_mm512_maskz_loadu_ps((__mmask16)((1u << (m)) - 1), p))
#define LIST(out, first, bits) list_bits(out, (int)(first), bits)

static inline size_t list_bits(int32_t *out, int first, uint32_t bits) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i rows = _mm512_add_epi32(lanes, _mm512_set1_epi32(first));
    /* Compressing into a register and storing it whole: into memory it is slow on some machines. */
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32((__mmask16)bits, rows));
    return (size_t)__builtin_popcount(bits);
}

static inline void transpose(V v[16]) {
    __m512 t[16];
    __m512d u[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    /* u[i + c], quarter q: column 4 q + c of the rows i to i + 3. */
    for (int i = 0; i < 16; i += 4)
        for (int c = 0; c < 4; c += 2) {
            __m512d low = _mm512_castps_pd(t[i + c / 2]), high = _mm512_castps_pd(t[i + c / 2 + 2]);
            u[i + c] = _mm512_unpacklo_pd(low, high);
            u[i + c + 1] = _mm512_unpackhi_pd(low, high);
        }
    for (int c = 0; c < 4; c++) {
        __m512d even = _mm512_shuffle_f64x2(u[c], u[4 + c], 0x88);
        __m512d odd = _mm512_shuffle_f64x2(u[c], u[4 + c], 0xdd);
        __m512d even_below = _mm512_shuffle_f64x2(u[8 + c], u[12 + c], 0x88);
        __m512d odd_below = _mm512_shuffle_f64x2(u[8 + c], u[12 + c], 0xdd);
        v[c] = (V)_mm512_shuffle_f64x2(even, even_below, 0x88);
        v[4 + c] = (V)_mm512_shuffle_f64x2(odd, odd_below, 0x88);
        v[8 + c] = (V)_mm512_shuffle_f64x2(even, even_below, 0xdd);
        v[12 + c] = (V)_mm512_shuffle_f64x2(odd, odd_below, 0xdd);
    }
}

#include "cluster/kmeans_body.h"
