/* KMeans kernels with 8 lanes and 16 registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef float V __attribute__((vector_size(32)));
typedef int VI __attribute__((vector_size(32)));

#define KERNEL    fa__kmeans_avx2
#define WIDEST    6
#define LANES     8
#define LANE_BITS 0xffu

#define SET1(a)      ((V)_mm256_set1_ps(a))
#define SET1I(i)     ((VI)_mm256_set1_epi32(i))
#define LOAD(p)      ((V)_mm256_loadu_ps(p))
#define STORE(p, v)  _mm256_storeu_ps(p, v)
#define LOADI(p)     ((VI)_mm256_loadu_si256((const __m256i *)(p)))
#define STOREI(p, v) _mm256_storeu_si256((__m256i *)(p), (__m256i)(v))

#define FMA(a, b, c) ((V)_mm256_fmadd_ps(a, b, c))
#define MIN(a, b)    ((V)_mm256_min_ps(a, b))
#define MAX(a, b)    ((V)_mm256_max_ps(a, b))
#define RSQRT(a)     ((V)_mm256_rsqrt_ps(a))
#define ABOVE(a, b)  ((uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)))
#define DIFFERENT(a, b)                                                                            \
    (LANE_BITS & ~(uint32_t)_mm256_movemask_ps(                                                    \
                     _mm256_castsi256_ps(_mm256_cmpeq_epi32((__m256i)(a), (__m256i)(b)))))
#define SELECT_ABOVE(a, b, i, j)                                                                   \
    ((VI)_mm256_castps_si256(_mm256_blendv_ps((V)(j), (V)(i), _mm256_cmp_ps(a, b, _CMP_GT_OQ))))

#define LOOKUP(table, i) ((V)_mm256_i32gather_ps(table, (__m256i)(i), 4))
#define LOOKUP16         LOOKUP

#define LOAD_PART(p, m)        load_part(p, m)
#define LIST(out, first, bits) list_bits(out, (int)(first), bits)

static inline size_t list_bits(int32_t *out, int first, uint32_t bits) {
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1) out[count++] = first + __builtin_ctz(bits);
    return count;
}

static inline V load_part(const float *p, size_t m) {
    static const int32_t bits[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return (V)_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(bits + 8 - m)));
}

static inline void transpose(V v[8]) {
    __m256 t[8];
    __m256d u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    /* u[i + c], half h: column 4 h + c of the rows i to i + 3. */
    for (int i = 0; i < 8; i += 4)
        for (int c = 0; c < 4; c += 2) {
            __m256d low = _mm256_castps_pd(t[i + c / 2]), high = _mm256_castps_pd(t[i + c / 2 + 2]);
            u[i + c] = _mm256_unpacklo_pd(low, high);
            u[i + c + 1] = _mm256_unpackhi_pd(low, high);
        }
    for (int c = 0; c < 4; c++) {
        v[c] = (V)_mm256_permute2f128_pd(u[c], u[4 + c], 0x20);
        v[4 + c] = (V)_mm256_permute2f128_pd(u[c], u[4 + c], 0x31);
    }
}

#include "cluster/kmeans_body.h"
