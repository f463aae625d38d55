/* Pairwise kernels in plain C with GCC's vectors of 4 lanes, which every target has or gets
 * emulated: tiles of 4 x 8. */
#define KERNEL    fa__pair_portable
#define LANES     4
#define VECTORS   2
#define TILE_ROWS 4
#define SLAB      32
#define WIDE      2

#define SIGNS(v) signs(v)
#define STORE_SIGNS(at, values, vectors)                                                           \
    for (size_t v = 0; v < vectors; v++)                                                           \
    *(at) = (uint8_t)((v > 0 ? *(at) : 0) | SIGNS(values[v]) << v * LANES)
#define COLLECT(columns, v, bit) ((columns) | (((VI)(v) >> 31) & splat(bit)))
#define STORE_WORDS(at, columns) store_words(at, columns)
#define LEAST(low, v)            least(low, v)
#define MIN(a, b)                choose((a) < (b), a, b)
#define MAX(a, b)                choose((a) > (b), a, b)
#define RECIPROCAL(v)            (1.0f / (v))
#define REFINE_STEPS             0

#include "loss/pairwise_body.h"

const fa__pair_kernel *fa__pair_kernel_of(fa__simd level) {
    return FA__BY_SIMD(level, &fa__pair_portable, &fa__pair_avx2,
                       level >= FA__SIMD_AVX512VNNI ? &fa__pair_avx512vnni : &fa__pair_avx512);
}
