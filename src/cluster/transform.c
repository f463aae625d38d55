/* Spaces in which rows are clustered. */
#include "base/status.h"

#include <math.h>
#include <string.h>

/* Each row at length 1. */
static void to_unit(float *out, const float *x, size_t n, size_t d) {
    for (size_t i = 0; i < n; i++) {
        const float *row = x + i * d;
        double square = 0;
        for (size_t k = 0; k < d; k++) square += (double)row[k] * (double)row[k];
        double factor = square > 0 ? 1 / sqrt(square) : 0;
        for (size_t k = 0; k < d; k++) out[i * d + k] = (float)((double)row[k] * factor);
    }
}

/* Each column at mean 0 and variance 1 (1/n). Two passes: the mean first, or a large mean would eat
 * the variance. The mean is summed as the distance from the first row: exact for a constant column,
 * so that rounding is not taken for variance. */
static void to_standard(float *out, const float *x, size_t n, size_t d) {
    for (size_t k = 0; k < d; k++) {
        double first = (double)x[k], mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) mean += (double)x[i * d + k] - first;
        mean = first + mean / (double)n;
        for (size_t i = 0; i < n; i++) {
            double away = (double)x[i * d + k] - mean;
            variance += away * away;
        }
        variance /= (double)n;
        double factor = variance > 0 ? 1 / sqrt(variance) : 0;
        for (size_t i = 0; i < n; i++)
            out[i * d + k] = (float)(((double)x[i * d + k] - mean) * factor);
    }
}

fa_status fa_transform_apply(float *out, const float *x, size_t n, size_t d,
                             fa_transform transform) {
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "a matrix of %zu x %zu has nothing to transform", n, d);
    for (size_t i = 0; i < n * d; i++)
        if (!isfinite(x[i]))
            return fa__fail(FA_E_NONFINITE, "x[%zu, %zu] is %g; every value must be finite", i / d,
                            i % d, (double)x[i]);
    switch (transform) {
    case FA_TRANSFORM_NONE:
        if (out != x) memcpy(out, x, n * d * sizeof *x);
        return FA_OK;
    case FA_TRANSFORM_UNIT:
        to_unit(out, x, n, d);
        return FA_OK;
    case FA_TRANSFORM_STANDARD:
        to_standard(out, x, n, d);
        return FA_OK;
    }
    return fa__fail(FA_E_ARGUMENT, "transform %d is none of none, unit, standard", (int)transform);
}
