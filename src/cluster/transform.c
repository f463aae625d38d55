/* Spaces in which rows are clustered: fitted on some rows, applied to these or others.
 *
 * Letters: n rows, d columns. */
#include "cluster/transform.h"

#include "base/bytes.h"
#include "base/eigen.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "cluster/columns.h"
#include "cluster/pca.h"
#include "comm/same.h"

#include <math.h>
#include <string.h>

/* A component is kept from this share of the total variance on, where no number is asked for. */
static const double least_share = 0.001;

/* ==== Kinds ==== */

static const struct kind {
    const char *name;
    bool root;    /* of the values' signed square roots */
    double power; /* components are divided by their deviation to this power; 0: there are none */
    bool unit;    /* each row at length 1 in the end */
} kinds[] = {[FA_TRANSFORM_NONE] = {"none", false, 0, false},
             [FA_TRANSFORM_UNIT] = {"unit", false, 0, true},
             [FA_TRANSFORM_STANDARD] = {"standard", false, 0, false},
             [FA_TRANSFORM_WHITEN] = {"whiten", false, 1, false},
             [FA_TRANSFORM_WHITEN_UNIT] = {"whiten-unit", false, 1, true},
             [FA_TRANSFORM_HALF_WHITEN_UNIT] = {"half-whiten-unit", false, .5, true},
             [FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT] = {"root-half-whiten-unit", true, .5, true}};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *fa_transform_name(fa_transform_kind kind) {
    return (unsigned)kind < KINDS ? kinds[kind].name : NULL;
}

bool fa__transform_find(fa_transform_kind *kind, const char *name) {
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        *kind = (fa_transform_kind)i;
        return true;
    }
    return false;
}

bool fa__transform_whitens(fa_transform_kind kind) {
    return kinds[kind].power > 0;
}

/* ==== Fitting ==== */

fa_status fa__transform_check(fa_transform_kind kind, size_t components, size_t d) {
    if ((unsigned)kind >= KINDS)
        return fa__fail(FA_E_ARGUMENT,
                        "transform %d is none of none, unit, standard, whiten, whiten-unit, "
                        "half-whiten-unit, root-half-whiten-unit",
                        (int)kind);
    if (!fa__transform_whitens(kind)) {
        if (components == 0) return FA_OK;
        return fa__fail(FA_E_ARGUMENT,
                        "%zu components are asked for, but only the transforms that whiten have "
                        "any; 0 goes with %s",
                        components, kinds[kind].name);
    }
    if (components > d)
        return fa__fail(FA_E_ARGUMENT,
                        "%zu components are asked for, %zu columns have at most %zu (0: as many as "
                        "matter)",
                        components, d, d);
    return fa__eigen_check(d);
}

/* factor = 1 / standard deviation. Two passes: the mean first, or a large mean would eat the
 * variance. */
static fa_status fit_standard(fa_transform *t, const float *x, size_t n, const fa__comm *comm) {
    size_t d = t->d;
    FA_TRY(FA_NEW(t->mean, d));
    FA_TRY(FA_NEW_ZERO(t->factor, d));
    FA_TRY(fa__columns_mean(t->mean, x, n, d, comm));
    for (size_t i = 0; i < n; i++) {
        if (i % FA__COLUMNS_LOOK == 0) FA_TRY(fa__stop_check());
        for (size_t c = 0; c < d; c++) {
            double away = (double)x[i * d + c] - t->mean[c];
            t->factor[c] += away * away;
        }
    }
    for (size_t c = 0; c < d; c++) {
        double variance = t->factor[c] / (double)n;
        t->factor[c] = variance > 0 ? 1 / sqrt(variance) : 0;
    }
    return FA_OK;
}

/* The components that matter where none are asked for; at least one. */
static size_t count_components(const double *ratio, size_t d) {
    size_t count = 1;
    while (count < d && ratio[count] >= least_share) count++;
    return count;
}

static float signed_root(float x) {
    return x < 0 ? -sqrtf(-x) : sqrtf(x);
}

/* factor's column j = axis j / its standard deviation to the kind's power. */
static fa_status fit_whiten(fa_transform *t, const float *x, size_t n, size_t components,
                            const fa__comm *comm) {
    fa_status status = FA_OK;
    size_t d = t->d, k = components > 0 ? components : d;
    double *axes = NULL, *variance = NULL, *ratio = NULL;
    float *roots = NULL;
    if (kinds[t->kind].root) {
        FA_CHECK(FA_NEW(roots, n * d));
        for (size_t i = 0; i < n * d; i++) roots[i] = signed_root(x[i]);
        x = roots;
    }
    FA_CHECK(FA_NEW(t->mean, d));
    FA_CHECK(FA_NEW(axes, k * d));
    FA_CHECK(FA_NEW(variance, k));
    FA_CHECK(FA_NEW(ratio, k));
    FA_CHECK(fa__pca_fit(t->mean, axes, variance, ratio, x, n, d, k, comm));
    t->columns = components > 0 ? components : count_components(ratio, d);
    FA_CHECK(FA_NEW(t->factor, d * t->columns));
    for (size_t j = 0; j < t->columns; j++) {
        double factor = variance[j] > 0 ? pow(variance[j], -kinds[t->kind].power / 2) : 0;
        for (size_t c = 0; c < d; c++) t->factor[c * t->columns + j] = axes[j * d + c] * factor;
    }
done:
    fa__free(axes);
    fa__free(variance);
    fa__free(ratio);
    fa__free(roots);
    return status;
}

fa_status fa_transform_fit(fa_transform **out, fa_transform_kind kind, size_t components,
                           const float *x, size_t n, size_t d) {
    const fa__comm *comm = fa__comm_world();
    const fa__matrix rows = fa__matrix_of(x, n, d);
    const uint64_t how[] = {(uint64_t)kind, components};
    fa_transform *made = NULL;
    fa_status status = FA_OK;
    if (x != NULL) status = fa__same_rows(comm, &rows, fa__digest(how, sizeof how));
    if (status == FA_OK) status = fa__transform_fit(&made, kind, components, x, n, d, comm);
    status = fa__comm_close(comm, status);
    if (status == FA_OK)
        *out = made;
    else
        fa_transform_free(made);
    return status;
}

fa_status fa__transform_fit(fa_transform **out, fa_transform_kind kind, size_t components,
                            const float *x, size_t n, size_t d, const fa__comm *comm) {
    fa_status status = FA_OK;
    fa_transform *t = NULL;
    if (x == NULL) return fa__fail(FA_E_ARGUMENT, "x is NULL; a transform needs rows to fit");
    FA_TRY(fa__columns_check(x, n, d, "transform"));
    FA_TRY(fa__transform_check(kind, components, d));
    FA_CHECK(FA_NEW_ZERO(t, 1));
    t->kind = kind;
    t->d = t->columns = d;
    if (kind == FA_TRANSFORM_STANDARD) FA_CHECK(fit_standard(t, x, n, comm));
    if (fa__transform_whitens(kind)) FA_CHECK(fit_whiten(t, x, n, components, comm));
    *out = t;
    t = NULL;
done:
    fa_transform_free(t);
    return status;
}

void fa_transform_free(fa_transform *transform) {
    if (transform == NULL) return;
    fa__free(transform->mean);
    fa__free(transform->factor);
    fa__free(transform);
}

size_t fa_transform_columns(const fa_transform *transform) {
    return transform->columns;
}

/* ==== Applying ==== */

enum { AT_ONCE = 4096 }; /* rows whose square roots are held */

static void to_unit(float *out, const float *x, size_t n, size_t d) {
    for (size_t i = 0; i < n; i++) {
        const float *row = x + i * d;
        double square = 0;
        for (size_t k = 0; k < d; k++) square += (double)row[k] * (double)row[k];
        double factor = square > 0 ? 1 / sqrt(square) : 0;
        for (size_t k = 0; k < d; k++) out[i * d + k] = (float)((double)row[k] * factor);
    }
}

static void to_standard(float *out, const float *x, size_t n, const fa_transform *t) {
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0, at = i * t->d; c < t->d; c++, at++)
            out[at] = fa__narrow(((double)x[at] - t->mean[c]) * t->factor[c]);
}

static fa_status to_components(float *out, const float *x, size_t n, const fa_transform *t) {
    if (!kinds[t->kind].root)
        return fa__columns_map(out, x, n, t->d, t->mean, t->factor, t->columns);
    float *roots;
    size_t rows = n < AT_ONCE ? n : AT_ONCE;
    fa_status status = FA_OK;
    FA_TRY(FA_NEW(roots, rows * t->d));
    for (size_t at = 0; at < n && status == FA_OK; at += rows) {
        size_t count = n - at < rows ? n - at : rows;
        for (size_t i = 0; i < count * t->d; i++) roots[i] = signed_root(x[at * t->d + i]);
        status = fa__columns_map(out + at * t->columns, roots, count, t->d, t->mean, t->factor,
                                 t->columns);
    }
    fa__free(roots);
    return status;
}

fa_status fa_transform_apply(float *out, const fa_transform *t, const float *x, size_t n,
                             size_t d) {
    if (out == NULL || x == NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%s is NULL; a transform needs rows, and room for the result",
                        out == NULL ? "out" : "x");
    FA_TRY(fa__columns_check(x, n, d, "transform"));
    if (d != t->d)
        return fa__fail(FA_E_SHAPE, "the transform was fitted to rows of %zu columns, x has %zu",
                        t->d, d);
    if (fa__transform_whitens(t->kind))
        FA_TRY(to_components(out, x, n, t));
    else if (t->kind == FA_TRANSFORM_STANDARD)
        to_standard(out, x, n, t);
    else
        memmove(out, x, n * d * sizeof *x);
    if (kinds[t->kind].unit) to_unit(out, out, n, t->columns);
    return FA_OK;
}
