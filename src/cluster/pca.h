/* fa_pca_fit by ranks. */
#ifndef FA_CLUSTER_PCA_H
#define FA_CLUSTER_PCA_H

#include "comm/comm.h"

/* All ranks call it alike, and share the sums where that is worth it; comm NULL: alone. */
fa_status fa__pca_fit(double *mean, double *components, double *variance, double *ratio,
                      const float *x, size_t n, size_t d, size_t k, const fa__comm *comm);

#endif
