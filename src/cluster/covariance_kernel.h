/* The inner loop of the covariance: one interface, compiled once per SIMD level from
 * covariance_body.h. */
#ifndef FA_CLUSTER_COVARIANCE_KERNEL_H
#define FA_CLUSTER_COVARIANCE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FA__COVARIANCE_STEP = 16, /* sides are multiples of it */
    FA__PANEL = 64            /* rows of x that are centred at once */
};

/* A tile of the covariance: its rows are the `high` columns of x from `top`, its columns the `wide`
 * ones from `left`, both at most `side`; of a Gram matrix the same rows of x. */
typedef struct fa__covariance_tile {
    size_t side, top, high, left, wide;
} fa__covariance_tile;

/* sums [side, side] += a^T b, row after row, where a and b are the columns of x less their means;
 * of a tile on the diagonal (top == left) the upper triangle at least. x [.., d], mean [d]; the rows
 * from `first` to `end` - 1. gram: a and b are rows of x less the means of the columns, of which those
 * from `first` to `end` - 1 are summed over. panels [2, FA__PANEL, side]: scratch. */
typedef struct fa__covariance_part {
    const float *x;
    const double *mean;
    size_t d, first, end;
    bool gram;
} fa__covariance_part;

typedef void fa__covariance_add(double *sums, double *panels, const fa__covariance_tile *tile,
                                const fa__covariance_part *part);

fa__covariance_add fa__covariance_portable, fa__covariance_avx2, fa__covariance_avx512;

#endif
