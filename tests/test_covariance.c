/* The covariance: each SIMD level and number of threads against its equation, on sizes around its
 * tiles, panels and chunks. */
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

static void check_size(size_t n, size_t d) {
    float *x = noise(n * d, n + d, 3);
    double *mean = calloc(d, sizeof *mean), *scale = calloc(d, sizeof *scale),
           *want = calloc(d * d, sizeof *want), *got = calloc(d * d, sizeof *got),
           *first = calloc(d * d, sizeof *first);
    for (size_t j = 0; j < d; j++) mean[j] = 0.25 * (double)(j % 9);
    plain_covariance(want, scale, x, mean, n, d);
    for (int level = 0; level < FA__SIMD_LEVELS; level++) {
        fa__simd_force(level);
        for (int threads = 1; threads <= 4; threads *= 2) {
            fa_threads_set(threads);
            for (size_t i = 0; i < d * d; i++) got[i] = -7;
            assert_ok(fa__covariance(got, x, mean, n, d, NULL));
            if (threads == 1) memcpy(first, got, d * d * sizeof *got);
            assert_memory_equal(got, first, d * d * sizeof *got);
        }
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++)
                if (b < a)
                    assert_true(got[a * d + b] == -7); /* left alone */
                else
                    assert_near(got[a * d + b] / (scale[a] * scale[b]),
                                want[a * d + b] / (scale[a] * scale[b]), 1e-14);
    }
    fa__simd_force(-1);
    fa_threads_set(0);
    fa__free(x);
    free(mean), free(scale), free(want), free(got), free(first);
}

static void covariance_is_its_equation_at_every_level(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        check_size(sizes[s][0], sizes[s][1]);
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
        cmocka_unit_test(covariance_without_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
