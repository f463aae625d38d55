/* The inner loops of KMeans: one interface, compiled once per SIMD level from kmeans_body.h.
 *
 * Rows come in blocks of FA__BLOCK, transposed: coordinate j of the rows of a block lies together,
 * so that a vector holds one coordinate of many rows and nothing is ever summed across lanes.
 * Letters: k centres, d coordinates, T centres of a tile. */
#ifndef FA_CLUSTER_KMEANS_KERNEL_H
#define FA_CLUSTER_KMEANS_KERNEL_H

#include "base/simd.h"

#include <stddef.h>
#include <stdint.h>

enum {
    FA__BLOCK = 32,      /* rows of a block */
    FA__INDEX_MASK = 15, /* low bits of a score that hold the place of a centre in its tile */
    FA__CANDIDATES_AT_ONCE = 4
};

/* Centres laid out for fa__kmeans_kernel.nearest: `tiles` tiles of `width` centres each, the last
 * one filled up with centres that are never nearest. */
typedef struct fa__kmeans_tiles {
    size_t width, tiles;
    float *negated; /* [tiles, d, width]: -c */
    float *half;    /* [tiles, width]: |c|^2 / 2 */
    /* Two scores nearer to each other than row_slack * |x| + slack may be in the wrong order. */
    float row_slack, slack;
    /* What a lead must have over 0 to be sure of the order in double, too. */
    float margin;
    /* [k + 1, at least 16]: what a lead can have lost when the centres last moved. */
    float *retreat;
} fa__kmeans_tiles;

/* Bit i: row i of the block. */
typedef struct fa__nearest {
    uint32_t unsure; /* the two best scores are too close for float32 to tell */
    uint32_t moved;  /* the centre found differs from the one in old */
} fa__nearest;

typedef struct fa__kmeans_kernel {
    size_t widest; /* tile that the registers hold; <= FA__INDEX_MASK + 1 */

    /* label[i] = the c with the smallest score |c|^2 / 2 - x . c, for the block x [d, FA__BLOCK]
     * with norms |x| [FA__BLOCK]; lead[i] = a lower bound of how much farther every other centre
     * is. */
    fa__nearest (*nearest)(int32_t *label, float *lead, const int32_t *old, const float *x,
                           const float *norms, const fa__kmeans_tiles *tiles, size_t d);

    /* lead[i] -= retreat[label[i]] for i < n, a multiple of FA__BLOCK. Lists in `open`, ascending,
     * the rows that may have another nearest centre now, and returns how many. */
    size_t (*retreat)(int32_t *open, float *lead, const int32_t *label, size_t n,
                      const fa__kmeans_tiles *tiles, size_t k);

    /* The block [d, FA__BLOCK] of the rows rows[FA__BLOCK] of x [., d]: x[row, j] * scale -
     * shift[j]. scale is a power of 2, so only the subtraction rounds. */
    void (*gather)(float *block, const float *x, const int32_t *rows, float scale,
                   const float *shift, size_t d);

    /* out[t][i] = min(closest[i], |x_i - candidate_t|^2), and sums[t][i] += out[t][i], for `count`
     * <= FA__CANDIDATES_AT_ONCE candidates [d, count]. The same bits at every level: no fused
     * multiply-add. */
    void (*seed)(float *out, double *sums, const float *closest, const float *x,
                 const float *candidates, size_t count, size_t d);

    /* Which rows of the block x [d, FA__BLOCK] and which of `widest` columns [d, widest] are near:
     * bit r of bits[t] says that half_x[r] + half[t] - x_r . c_t is below limit_x[r] or limit[t].
     * negated: -c. */
    void (*near)(uint32_t *bits, const float *x, const float *half_x, const float *limit_x,
                 const float *negated, const float *half, const float *limit, size_t d);

    /* Moves a row between two integer sums: to[j] += q, from[j] -= q with q = (x[j] - mean[j]) *
     * scale rounded. scale is a power of 2 and |q| <= 2^50. */
    void (*move)(int64_t *from, int64_t *to, const float *x, const double *mean, double scale,
                 size_t d);
} fa__kmeans_kernel;

/* The kernels of a level that fa__simd_level() allows. */
const fa__kmeans_kernel *fa__kmeans_kernel_of(fa__simd level);

extern const fa__kmeans_kernel fa__kmeans_portable, fa__kmeans_avx2, fa__kmeans_avx512;

#endif
