/* What the sweep over k shares with fa_score_silhouette. */
#ifndef FA_CLUSTER_SILHOUETTE_H
#define FA_CLUSTER_SILHOUETTE_H

#include "comm/comm.h"

/* The silhouette of a row from the sums of its distances to the rows of each of k clusters, itself
 * included (at distance 0). sizes [k] rows of each; own: its cluster, of at least one row. */
double fa__silhouette_of_row(const double *sums, const size_t *sizes, size_t k, size_t own);

/* fa_score_silhouette by ranks that all call it with the same rows and share these where that is worth it; the bytes
 * of one process. */
fa_status fa__silhouette(double *out, const float *x, size_t n, size_t d, const int32_t *clusters,
                         size_t k, const fa__comm *comm);

#endif
