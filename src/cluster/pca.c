/* Principal components: eigenvectors of the covariance matrix.
 *
 * Letters: n rows, d columns, k components. */
#include "base/eigen.h"
#include "base/memory.h"
#include "cluster/columns.h"
#include "cluster/covariance.h"
#include "cluster/pca.h"
#include "comm/same.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The sign of an eigenvector is free: its largest entry is made positive; the first of those within
 * rounding of the largest, or rounding would choose. */
static void fix_sign(double *axis, size_t d) {
    double largest = 0;
    for (size_t c = 0; c < d; c++) largest = fmax(largest, fabs(axis[c]));
    size_t first = 0;
    while (fabs(axis[first]) < largest * (1 - 1e-9)) first++;
    if (axis[first] >= 0) return;
    for (size_t c = 0; c < d; c++) axis[c] = -axis[c];
}

/* Variance below what rounding makes of none is none. */
static void drop_noise(double *variance, size_t k, size_t n, size_t d) {
    double noise = DBL_EPSILON * (double)(n > d ? n : d) * variance[0];
    for (size_t j = 0; j < k; j++)
        if (!(variance[j] > noise)) variance[j] = 0;
}

static fa_status check_fit(const float *x, size_t n, size_t d, size_t k) {
    if (x == NULL) return fa__fail(FA_E_ARGUMENT, "x is NULL; PCA needs the rows");
    FA_TRY(fa__columns_check(x, n, d, "fit"));
    if (k < 1 || k > d)
        return fa__fail(FA_E_ARGUMENT,
                        "%zu components are asked for: 1 to %zu, the columns of x, "
                        "can be had",
                        k, d);
    return fa__eigen_check(d);
}

fa_status fa_pca_fit(double *mean, double *components, double *variance, double *ratio,
                     const float *x, size_t n, size_t d, size_t k) {
    const fa__comm *comm = fa__comm_world();
    const fa__matrix rows = fa__matrix_of(x, n, d);
    fa_status status = x != NULL ? fa__same_rows(comm, &rows, k) : FA_OK;
    if (status == FA_OK) status = fa__pca_fit(mean, components, variance, ratio, x, n, d, k, comm);
    return fa__comm_close(comm, status);
}

fa_status fa__pca_fit(double *mean, double *components, double *variance, double *ratio,
                      const float *x, size_t n, size_t d, size_t k, const fa__comm *comm) {
    FA_TRY(check_fit(x, n, d, k));
    fa_status status = FA_OK;
    double *covariance = NULL, *middle = NULL, *axes = NULL, *values = NULL, total = 0;
    FA_CHECK(FA_NEW(covariance, d * d));
    FA_CHECK(FA_NEW(middle, d));
    FA_CHECK(FA_NEW(axes, k * d));
    FA_CHECK(FA_NEW(values, k));
    FA_CHECK(fa__columns_mean(middle, x, n, d, comm));
    FA_CHECK(fa__covariance(covariance, x, middle, n, d, comm));
    for (size_t j = 0; j < d; j++) total += covariance[j * d + j];
    FA_CHECK(fa__eigen_symmetric(values, axes, covariance, d, k));
    drop_noise(values, k, n, d);
    for (size_t j = 0; j < k; j++) fix_sign(axes + j * d, d);
    if (mean != NULL) memcpy(mean, middle, d * sizeof *mean);
    if (components != NULL) memcpy(components, axes, k * d * sizeof *components);
    if (variance != NULL) memcpy(variance, values, k * sizeof *variance);
    for (size_t j = 0; ratio != NULL && j < k; j++) ratio[j] = total > 0 ? values[j] / total : 0;
done:
    fa__free(covariance);
    fa__free(middle);
    fa__free(axes);
    fa__free(values);
    return status;
}

static fa_status check_finite(const double *values, size_t rows, size_t columns, const char *name) {
    for (size_t i = 0; i < rows * columns; i++)
        if (!isfinite(values[i]))
            return fa__fail(FA_E_NONFINITE, "%s[%zu, %zu] is %g; every value must be finite", name,
                            i / columns, i % columns, values[i]);
    return FA_OK;
}

fa_status fa_pca_apply(float *out, const float *x, size_t n, size_t d, const double *mean,
                       const double *components, size_t k) {
    if (out == NULL || x == NULL || mean == NULL || components == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; PCA needs out, x, mean and components",
                        out == NULL    ? "out"
                        : x == NULL    ? "x"
                        : mean == NULL ? "mean"
                                       : "components");
    FA_TRY(fa__columns_check(x, n, d, "project"));
    if (k < 1 || k > d)
        return fa__fail(FA_E_ARGUMENT, "%zu components: 1 to %zu, the columns of x, can be", k, d);
    FA_TRY(check_finite(mean, 1, d, "mean"));
    FA_TRY(check_finite(components, k, d, "components"));
    double *map;
    FA_TRY(FA_NEW(map, d * k));
    for (size_t c = 0; c < d; c++)
        for (size_t j = 0; j < k; j++) map[c * k + j] = components[j * d + c];
    fa_status status = fa__columns_map(out, x, n, d, mean, map, k);
    fa__free(map);
    return status;
}
