/* Principal components by Jacobi rotations, until the library's own are here. */
#ifndef FA_REPORT_PCA_H
#define FA_REPORT_PCA_H

#include "base/status.h"

fa_status fa__pca_fit(double *mean, double *components, double *variance, double *ratio,
                      const float *x, size_t n, size_t d, size_t k);
fa_status fa__pca_apply(float *out, const float *x, size_t n, size_t d, const double *mean,
                        const double *components, size_t k);

#endif
