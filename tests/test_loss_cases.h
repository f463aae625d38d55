/* Inputs and comparisons that the loss tests share. The generator is
 * tests/oracle/loss_reference.py's too: what one changes, the other must. */
#ifndef FA_TESTS_LOSS_CASES_H
#define FA_TESTS_LOSS_CASES_H

#include "test.h"

static inline uint32_t noise(uint32_t seed, size_t index) {
    uint32_t x = (uint32_t)index * 2654435761u + seed * 40503u + 1;
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

/* Uniform in [-scale, scale), 20 bits. */
static inline float noise_value(uint32_t seed, size_t index, double scale) {
    return (float)(((double)(noise(seed, index) >> 12) - 524288) * scale / 524288);
}

static inline float *new_floats(size_t count) {
    float *x = malloc(count * sizeof *x);
    assert_non_null(x);
    return x;
}

/* A matrix of one kind; see matrix() in the oracle. Free with free(). */
static inline float *new_matrix(const char *kind, uint32_t seed, size_t n, size_t d) {
    int wide = strcmp(kind, "wide") == 0, near = strcmp(kind, "near") == 0;
    int duplicates = strcmp(kind, "duplicates") == 0, extreme = strcmp(kind, "extreme") == 0;
    int saturated = strcmp(kind, "saturated") == 0 || extreme;
    double scale = wide ? 80 : saturated ? 8 : duplicates ? 4 : 2;
    if (!wide && !near && !duplicates && !saturated) assert_string_equal(kind, "plain");
    float *x = new_floats(n * d), large = extreme ? 1e30f : 80;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) {
            size_t row = duplicates ? i / 2 * 2 : i;
            x[i * d + k] = noise_value(seed, row * d + k, scale);
            if (near && i > 0) x[i * d + k] = (float)((double)x[k] + (double)x[i * d + k] / 4096);
        }
    for (size_t k = 0; near && k < d; k++) x[k] = (float)((double)x[k] * (1 + 1.0 / 4096));
    for (size_t i = 0; saturated && i < n; i++) {
        if (i % 3 > 0) x[i * d + noise(seed + 1, i) % d] = large;
        if (i % 3 > 1) x[i * d + noise(seed + 2, i) % d] = i % 2 ? -large : large;
    }
    return x;
}

/* |got - want| / |want| over count entries, by the 2-norm. Infinite where a value is not finite,
 * and where all of want is 0: agreement with nothing proves nothing. */
static inline double relative_error(const double *got, const double *want, size_t count) {
    double top = 0, error = 0, norm = 0;
    for (size_t i = 0; i < count; i++) top = fmax(top, fabs(want[i]));
    for (size_t i = 0; i < count; i++) {
        if (!(isfinite(got[i]) && isfinite(want[i])) || top == 0) return (double)INFINITY;
        error += (got[i] - want[i]) / top * ((got[i] - want[i]) / top);
        norm += want[i] / top * (want[i] / top);
    }
    return norm > 0 ? sqrt(error / norm) : (double)INFINITY;
}

/* The same by the largest entry. */
static inline double relative_max_error(const double *got, const double *want, size_t count) {
    double top = 0, error = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(isfinite(got[i]) && isfinite(want[i]))) return (double)INFINITY;
        top = fmax(top, fabs(want[i]));
        error = fmax(error, fabs(got[i] - want[i]));
    }
    return top > 0 ? error / top : (double)INFINITY;
}

#define assert_below(value, limit)                                                                 \
    do {                                                                                           \
        double value_ = (value), limit_ = (limit);                                                 \
        if (!(value_ <= limit_)) fail_msg("%s is %g, above %g", #value, value_, limit_);           \
    } while (0)

#endif
