/* Principal components: eigenvectors of the covariance matrix, or where the rows are fewer than the
 * columns, made of those of their Gram matrix.
 *
 * Letters: n rows, d columns, k components. */
#include "base/eigen.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"
#include "cluster/columns.h"
#include "cluster/covariance.h"
#include "cluster/pca.h"
#include "comm/same.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Of the largest value of a Gram matrix: two axes whose values are above it are orthogonal to 1e-9. */
static const double least_of_gram = 1e-6;

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

typedef struct fit {
    const float *x;
    size_t n, d, k;
    double *mean, *axes, *values; /* [d], [k, d], [k] */
    double *vectors;              /* [k, n] of the Gram matrix */
    double total;                 /* variance of all columns */
} fit;

static fa_status by_covariance(fit *f, const fa__comm *comm) {
    double *c;
    FA_TRY(FA_NEW(c, f->d * f->d));
    fa_status status = fa__covariance(c, f->x, f->mean, f->n, f->d, comm);
    f->total = 0;
    for (size_t j = 0; j < f->d && status == FA_OK; j++) f->total += c[j * f->d + j];
    if (status == FA_OK) status = fa__eigen_symmetric(f->values, f->axes, c, f->d, f->k);
    fa__free(c);
    return status;
}

/* axis = sum_i u_i (x_i - mean), at length 1. */
static void combine_rows(double *axis, const fit *f, const double *u) {
    double square = 0;
    memset(axis, 0, f->d * sizeof *axis);
    for (size_t i = 0; i < f->n; i++)
        for (size_t c = 0; c < f->d; c++)
            axis[c] += u[i] * ((double)f->x[i * f->d + c] - f->mean[c]);
    for (size_t c = 0; c < f->d; c++) square += axis[c] * axis[c];
    for (size_t c = 0; c < f->d; c++) axis[c] /= sqrt(square);
}

static fa_status combine_axis(void *context, size_t j, size_t thread) {
    (void)thread;
    const fit *f = context;
    FA_TRY(fa__stop_check());
    combine_rows(f->axes + j * f->d, f, f->vectors + j * f->n);
    return FA_OK;
}

/* G u = value u, so v = X^T u / |X^T u|; *done: the least of the values is far enough from rounding for
 * these to be orthogonal. */
static fa_status by_gram(bool *done, fit *f, const fa__comm *comm) {
    fa_status status = FA_OK;
    double *g = NULL;
    FA_CHECK(FA_NEW(g, f->n * f->n));
    FA_CHECK(FA_NEW(f->vectors, f->k * f->n));
    FA_CHECK(fa__centred_gram(g, f->x, f->mean, f->n, f->d, comm));
    f->total = 0;
    for (size_t i = 0; i < f->n; i++) f->total += g[i * f->n + i];
    FA_CHECK(fa__eigen_symmetric(f->values, f->vectors, g, f->n, f->k));
    *done = f->values[f->k - 1] > least_of_gram * f->values[0];
    if (*done) FA_CHECK(fa__parallel(f->k, combine_axis, f));
done:
    fa__free(g);
    fa__free(f->vectors);
    return status;
}

fa_status fa__pca_fit(double *mean, double *components, double *variance, double *ratio,
                      const float *x, size_t n, size_t d, size_t k, const fa__comm *comm) {
    FA_TRY(check_fit(x, n, d, k));
    fa_status status = FA_OK;
    bool by_rows = false;
    fit f = {.x = x, .n = n, .d = d, .k = k};
    FA_CHECK(FA_NEW(f.mean, d));
    FA_CHECK(FA_NEW(f.axes, k * d));
    FA_CHECK(FA_NEW(f.values, k));
    FA_CHECK(fa__columns_mean(f.mean, x, n, d, comm));
    if (k < n && n < d) FA_CHECK(by_gram(&by_rows, &f, comm));
    if (!by_rows) FA_CHECK(by_covariance(&f, comm));
    drop_noise(f.values, k, n, d);
    for (size_t j = 0; j < k; j++) fix_sign(f.axes + j * d, d);
    if (mean != NULL) memcpy(mean, f.mean, d * sizeof *mean);
    if (components != NULL) memcpy(components, f.axes, k * d * sizeof *components);
    if (variance != NULL) memcpy(variance, f.values, k * sizeof *variance);
    for (size_t j = 0; ratio != NULL && j < k; j++)
        ratio[j] = f.total > 0 ? f.values[j] / f.total : 0;
done:
    fa__free(f.mean);
    fa__free(f.axes);
    fa__free(f.values);
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
