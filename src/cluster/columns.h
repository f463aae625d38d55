/* What PCA and the transforms share: checked rows, column means, and affine maps of rows. */
#ifndef FA_CLUSTER_COLUMNS_H
#define FA_CLUSTER_COLUMNS_H

#include "base/status.h"
#include "comm/comm.h"

/* Rows and columns there, every value finite; `what` is "fit" or "transform". */
fa_status fa__columns_check(const float *x, size_t n, size_t d, const char *what);

enum { FA__COLUMNS_LOOK = 512 }; /* rows of a serial loop between two looks at a stop */

/* mean [d] of the columns of x [n, d], in double, in slices of the rows that n alone decides. Summed
 * as the distance from the first row: exact for a constant column, so that rounding is not taken for
 * variance. Ranks (comm; NULL: alone) share the slices. FA_E_NOMEM, FA_E_STOPPED. */
fa_status fa__columns_mean(double *mean, const float *x, size_t n, size_t d, const fa__comm *comm);

/* out_i = (x_i - mean) . map with map [d, k], sums in double; beyond float32 the largest float of
 * that sign. out may be x where k == d. */
fa_status fa__columns_map(float *out, const float *x, size_t n, size_t d, const double *mean,
                          const double *map, size_t k);

#endif
