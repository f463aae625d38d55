/* The covariance and the Gram matrix: each SIMD level and number of threads against its equation, on sizes
 * around its tiles, panels and chunks. */
#include "engines.h"

#include "cluster/covariance.h"

#include <stdlib.h>

static const size_t sizes[][2] = {{1, 1},     {2, 3},    {63, 15},   {64, 16},  {65, 17},  {513, 8},
                                  {1025, 40}, {40, 255}, {600, 256}, {70, 257}, {130, 513}};

/* c [d, d] = 1/n sum_i (x_i - mean)(x_i - mean)^T; scale [d]: the square roots of its diagonal. */
static void plain_covariance(double *c, double *scale, const float *x, const double *mean, size_t n,
                             size_t d) {
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += ((double)x[i * d + a] - mean[a]) * ((double)x[i * d + b] - mean[b]);
            c[a * d + b] = sum / (double)n;
        }
    for (size_t a = 0; a < d; a++) scale[a] = sqrt(c[a * d + a]);
}

/* g [n, n] = 1/n (x_i - mean) . (x_j - mean); scale [n]: the square roots of its diagonal. */
static void plain_gram(double *g, double *scale, const float *x, const double *mean, size_t n,
                       size_t d) {
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double sum = 0;
            for (size_t j = 0; j < d; j++)
                sum += ((double)x[a * d + j] - mean[j]) * ((double)x[b * d + j] - mean[j]);
            g[a * n + b] = sum / (double)n;
        }
    for (size_t a = 0; a < n; a++) scale[a] = sqrt(g[a * n + a]);
}

typedef fa_status of_rows(double *out, const float *x, const double *mean, size_t n, size_t d,
                          const fa__comm *comm);

/* m: rows and columns of what comes out. */
static void check_size(size_t n, size_t d, size_t m, of_rows *made,
                       void (*plain)(double *, double *, const float *, const double *, size_t,
                                     size_t)) {
    float *x = noise(n * d, n + d, 3);
    double *mean = calloc(d, sizeof *mean), *scale = calloc(m, sizeof *scale),
           *want = calloc(m * m, sizeof *want), *got = calloc(m * m, sizeof *got),
           *first = calloc(m * m, sizeof *first);
    for (size_t j = 0; j < d; j++) mean[j] = 0.25 * (double)(j % 9);
    plain(want, scale, x, mean, n, d);
    for (int level = 0; level < FA__SIMD_LEVELS; level++) {
        fa__simd_force(level);
        for (int threads = 1; threads <= 4; threads *= 2) {
            fa_threads_set(threads);
            for (size_t i = 0; i < m * m; i++) got[i] = -7;
            assert_ok(made(got, x, mean, n, d, NULL));
            if (threads == 1) memcpy(first, got, m * m * sizeof *got);
            assert_memory_equal(got, first, m * m * sizeof *got);
        }
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b < m; b++)
                if (b < a)
                    assert_true(got[a * m + b] == -7); /* left alone */
                else
                    assert_near(got[a * m + b] / (scale[a] * scale[b]),
                                want[a * m + b] / (scale[a] * scale[b]), 1e-14);
    }
    fa__simd_force(-1);
    fa_threads_set(0);
    fa__free(x);
    free(mean), free(scale), free(want), free(got), free(first);
}

static void covariance_is_its_equation_at_every_level(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        check_size(sizes[s][0], sizes[s][1], sizes[s][1], fa__covariance, plain_covariance);
}

static void gram_is_its_equation_at_every_level(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        check_size(sizes[s][1], sizes[s][0], sizes[s][1], fa__centred_gram, plain_gram);
}

static void covariance_without_memory_fails(void **state) {
    (void)state;
    float x[6] = {1, 2, 3, 4, 5, 7};
    double out[4] = {0}, mean[2] = {3, 4};
    for (long after = 0; after < 2; after++) {
        fa__memory_fail_after(after);
        fa_status status = fa__covariance(out, x, mean, 3, 2, NULL);
        fa__memory_fail_after(-1);
        assert_int_equal(status, FA_E_NOMEM);
        assert_int_equal(fa__memory_live(), 0);
    }
    assert_ok(fa__covariance(out, x, mean, 3, 2, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariance_is_its_equation_at_every_level),
        cmocka_unit_test(gram_is_its_equation_at_every_level),
        cmocka_unit_test(covariance_without_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
