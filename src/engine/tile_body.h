/* Registers, and the tiles of a matrix product whose sums stay in them. A kernel's body includes this;
 * its file defines FA_LANES (floats in a register), FA_TILE_VECTORS and FA_TILE_ROWS (accumulators of
 * a tile: they and one row of b stay in registers). */
#include <stdbool.h>
#include <stddef.h>

typedef float lanes __attribute__((vector_size(4 * FA_LANES)));
typedef float lanes_at __attribute__((vector_size(4 * FA_LANES), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(4 * FA_LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE lanes load(const float *at) {
    return *(const lanes_at *)at;
}

INLINE void store(float *at, lanes value) {
    *(lanes_at *)at = value;
}

/* a as the kernels see it: element (i, k) at data[i * row + k * depth]. */
typedef struct strided {
    const float *data;
    size_t row, depth;
} strided;

/* c [rows, vectors * FA_LANES] (+)= a [rows, depth] . b [depth, ...]; b and c have rows ldb and ldc
 * apart. `rows` and `vectors` are constants after inlining, so the sums are registers. They start at
 * 0 and meet c at the end, when it has arrived. */
INLINE void tile(const size_t rows, const size_t vectors, size_t depth, strided a, const float *b,
                 size_t ldb, float *c, size_t ldc, bool accumulate) {
    lanes sum[FA_TILE_ROWS][FA_TILE_VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++) {
            sum[i][v] = (lanes){0};
            __builtin_prefetch(c + i * ldc + v * FA_LANES, 1);
        }
    for (size_t k = 0; k < depth; k++, b += ldb) {
        lanes b_row[FA_TILE_VECTORS];
        for (size_t v = 0; v < vectors; v++) b_row[v] = load(b + v * FA_LANES);
        for (size_t i = 0; i < rows; i++) {
            const float factor = a.data[i * a.row + k * a.depth];
            for (size_t v = 0; v < vectors; v++) sum[i][v] += factor * b_row[v];
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++) {
            float *at = c + i * ldc + v * FA_LANES;
            store(at, accumulate ? load(at) + sum[i][v] : sum[i][v]);
        }
}

/* The same of any number of rows, at most FA_TILE_ROWS. */
INLINE void tile_rows(size_t rows, const size_t vectors, size_t depth, strided a, const float *b,
                      size_t ldb, float *c, size_t ldc, bool accumulate) {
    switch (rows) {
    case 1:
        tile(1, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
    case 2:
        tile(2, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
    case 3:
        tile(3, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
    case 4:
        tile(4, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
#if FA_TILE_ROWS > 4
    case 5:
        tile(5, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
    case 6:
        tile(6, vectors, depth, a, b, ldb, c, ldc, accumulate);
        break;
#endif
    default:
        break;
    }
}
