/* KMeans kernels in plain C with GCC's vectors of 4 lanes, which every target has or gets emulated.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float V __attribute__((vector_size(16)));
typedef int VI __attribute__((vector_size(16)));

static inline V load(const float *p) {
    V v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline VI load_int(const int32_t *p) {
    VI v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, V v) {
    memcpy(p, &v, sizeof v);
}

static inline V reciprocal_root(V a) {
    return (V){1 / sqrtf(a[0]), 1 / sqrtf(a[1]), 1 / sqrtf(a[2]), 1 / sqrtf(a[3])};
}

static inline V look_up(const float *table, VI i) {
    return (V){table[i[0]], table[i[1]], table[i[2]], table[i[3]]};
}

static inline VI select_int(VI mask, VI i, VI j) {
    return (mask & i) | (~mask & j);
}

static inline uint32_t bits_of(VI mask) {
    return (uint32_t)((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
}

#define KERNEL    fa__kmeans_portable
#define WIDEST    6
#define LANES     4
#define LANE_BITS 0xfu

#define SET1(a)      ((V){(a), (a), (a), (a)})
#define SET1I(i)     ((VI){(i), (i), (i), (i)})
#define LOAD(p)      load(p)
#define STORE(p, v)  store(p, v)
#define LOADI(p)     load_int(p)
#define STOREI(p, v) memcpy(p, &(v), sizeof(VI))

#define FMA(a, b, c)             ((a) * (b) + (c))
#define MIN(a, b)                ((V)select_int((a) < (b), (VI)(a), (VI)(b)))
#define MAX(a, b)                ((V)select_int((a) > (b), (VI)(a), (VI)(b)))
#define RSQRT(a)                 reciprocal_root(a)
#define ABOVE(a, b)              bits_of((a) > (b))
#define DIFFERENT(a, b)          bits_of((a) != (b))
#define SELECT_ABOVE(a, b, i, j) select_int((a) > (b), i, j)

#define LOOKUP(table, i) look_up(table, i)
#define LOOKUP16         LOOKUP

#define LOAD_PART(p, m)        load_part(p, m)
#define LIST(out, first, bits) list_bits(out, (int)(first), bits)

static inline size_t list_bits(int32_t *out, int first, uint32_t bits) {
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1) out[count++] = first + __builtin_ctz(bits);
    return count;
}

static inline V load_part(const float *p, size_t m) {
    V v = {0, 0, 0, 0};
    memcpy(&v, p, m * sizeof(float));
    return v;
}

static inline void transpose(V v[4]) {
    V t[4];
    for (int c = 0; c < 4; c++) t[c] = (V){v[0][c], v[1][c], v[2][c], v[3][c]};
    memcpy(v, t, sizeof t);
}

#include "cluster/kmeans_body.h"

const fa__kmeans_kernel *fa__kmeans_kernel_of(fa__simd level) {
    return FA__BY_SIMD(level, &fa__kmeans_portable, &fa__kmeans_avx2, &fa__kmeans_avx512);
}
