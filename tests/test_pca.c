/* Principal components: scikit-learn's numbers, identities, degenerate and hostile input. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include "base/eigen.h"
#include "base/rng.h"

enum { MOST = 128 * 40 };

static void random_rows(float *x, size_t n, size_t d, uint64_t seed) {
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < n * d; i++)
        x[i] = (float)(fa__rng_normal(&rng) * (double)(1 + i % d) + (double)(i % 5));
}

/* ==== Other people's numbers ==== */

typedef struct reference {
    size_t n, d, k, m;
    float x[MOST], rows[MOST];
    double mean[64], variance[64], ratio[64], components[MOST], projected[MOST], whitened[MOST];
} reference;

static void read_doubles(double *out, size_t count, FILE *file) {
    for (size_t i = 0; i < count; i++) assert_int_equal(fscanf(file, "%lf", &out[i]), 1);
}

static void read_floats(float *out, size_t count, FILE *file) {
    for (size_t i = 0; i < count; i++) assert_int_equal(fscanf(file, "%f", &out[i]), 1);
}

static bool next_reference(reference *r, FILE *file) {
    if (fscanf(file, "%zu %zu %zu %zu", &r->n, &r->d, &r->k, &r->m) != 4) return false;
    assert_true(r->n * r->d <= MOST && r->d <= 64);
    read_floats(r->x, r->n * r->d, file);
    read_floats(r->rows, r->m * r->d, file);
    read_doubles(r->mean, r->d, file);
    read_doubles(r->variance, r->k, file);
    read_doubles(r->ratio, r->k, file);
    read_doubles(r->components, r->k * r->d, file);
    read_doubles(r->projected, r->m * r->k, file);
    read_doubles(r->whitened, r->m * r->k, file);
    return true;
}

/* Relative to the largest of the wanted values: scales of 1e-18 and 1e18 are among them. */
static void assert_all_near(const double *got, const double *want, size_t count, double tolerance) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(want[i]));
    assert_true(largest > 0);
    for (size_t i = 0; i < count; i++) assert_near(got[i] / largest, want[i] / largest, tolerance);
}

static void assert_floats_near(const float *got, const double *want, size_t count) {
    static double wide[MOST];
    for (size_t i = 0; i < count; i++) wide[i] = (double)got[i];
    assert_all_near(wide, want, count, 1e-6);
}

static void pca_is_scikit_learns(void **state) {
    (void)state;
    static reference r;
    static double mean[64], components[MOST], variance[64], ratio[64];
    static float out[MOST];
    size_t cases = 0;
    FILE *file = fopen(fixture("pca.txt"), "r");
    assert_non_null(file);
    for (; next_reference(&r, file); cases++) {
        assert_ok(fa_pca_fit(mean, components, variance, ratio, r.x, r.n, r.d, r.k));
        assert_all_near(mean, r.mean, r.d, 1e-12);
        assert_all_near(variance, r.variance, r.k, 1e-10);
        assert_all_near(ratio, r.ratio, r.k, 1e-10);
        assert_all_near(components, r.components, r.k * r.d, 1e-8);
        assert_ok(fa_pca_apply(out, r.rows, r.m, r.d, mean, components, r.k));
        assert_floats_near(out, r.projected, r.m * r.k);
        fa_transform *whiten = NULL;
        assert_ok(fa_transform_fit(&whiten, FA_TRANSFORM_WHITEN, r.k, r.x, r.n, r.d));
        assert_int_equal(fa_transform_columns(whiten), r.k);
        assert_ok(fa_transform_apply(out, whiten, r.rows, r.m, r.d));
        assert_floats_near(out, r.whitened, r.m * r.k);
        fa_transform_free(whiten);
    }
    assert_int_equal(cases, 7);
    assert_true(feof(file));
    fclose(file);
}

/* Points on a line through (1, 2) along (3, 4) / 5, at -5, 0 and 5. */
static void pca_of_a_line_by_hand(void **state) {
    (void)state;
    static const float x[] = {-2, -2, 1, 2, 4, 6};
    double mean[2], axes[4], variance[2], ratio[2];
    float out[3];
    assert_ok(fa_pca_fit(mean, axes, variance, ratio, x, 3, 2, 2));
    assert_near(mean[0], 1, 0);
    assert_near(mean[1], 2, 0);
    assert_near(variance[0], 50.0 / 3, 1e-14);
    assert_true(variance[1] == 0 && ratio[1] == 0);
    assert_near(ratio[0], 1, 1e-14);
    assert_near(axes[0], 0.6, 1e-14);
    assert_near(axes[1], 0.8, 1e-14);
    assert_near(axes[2], 0.8, 1e-14); /* of two signs, the one with its largest entry positive */
    assert_near(axes[3], -0.6, 1e-14);
    assert_ok(fa_pca_apply(out, x, 3, 2, mean, axes, 1));
    for (size_t i = 0; i < 3; i++) assert_near(out[i], 5.0 * ((double)i - 1), 1e-6);
}

/* ==== Identities ==== */

static void pca_identities_hold_on_ragged_sizes(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{1, 1},   {2, 3},    {65, 31}, {64, 32},
                                      {63, 33}, {500, 70}, {9, 70}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s][0], d = sizes[s][1];
        float *x = calloc(n * d, sizeof *x);
        double *v = calloc(d * d, sizeof *v), *variance = calloc(d, sizeof *variance),
               *mean = calloc(d, sizeof *mean), *ratio = calloc(d, sizeof *ratio);
        random_rows(x, n, d, s);
        assert_ok(fa_pca_fit(mean, v, variance, ratio, x, n, d, d));
        double total = 0, sum = 0, shares = 0;
        for (size_t i = 0; i < n * d; i++) {
            double away = (double)x[i] - mean[i % d];
            total += away * away / (double)n;
        }
        for (size_t j = 0; j < d; j++) {
            sum += variance[j];
            shares += ratio[j];
            assert_true(variance[j] >= 0 && (j == 0 || variance[j] <= variance[j - 1]));
            if (j + 1 >= n) assert_true(variance[j] == 0); /* the rank is at most n - 1 */
            size_t largest = 0;
            for (size_t c = 0; c < d; c++)
                if (fabs(v[j * d + c]) > fabs(v[j * d + largest])) largest = c;
            assert_true(v[j * d + largest] > 0);
            for (size_t i = 0; i <= j; i++) {
                double product = 0;
                for (size_t c = 0; c < d; c++) product += v[i * d + c] * v[j * d + c];
                assert_near(product, i == j, 1e-13);
            }
        }
        assert_near(sum, total, 1e-12);
        assert_near(shares, n > 1, 1e-12);
        free(x), free(v), free(variance), free(mean), free(ratio);
    }
}

/* Components in the order of their variance are the same however many are asked for. */
static void pca_of_fewer_components_is_their_head(void **state) {
    (void)state;
    enum { D = 9 };
    float x[40 * D];
    double all[D * D], head[D * D], variance[D], first[D];
    random_rows(x, 40, D, 3);
    assert_ok(fa_pca_fit(NULL, all, variance, NULL, x, 40, D, D));
    for (size_t k = 1; k < D; k++) {
        assert_ok(fa_pca_fit(NULL, head, first, NULL, x, 40, D, k));
        for (size_t i = 0; i < k * D; i++) assert_near(head[i], all[i], 1e-12);
        for (size_t j = 0; j < k; j++) assert_near(first[j], variance[j], 1e-12);
    }
}

/* Of fewer rows than columns the first components come from the Gram matrix, all of them from the
 * covariance. */
static void pca_of_few_rows_is_that_of_all_components(void **state) {
    (void)state;
    enum { N = 37, D = 300, K = 20 };
    static float x[N * D];
    static double all[D * D], head[K * D], variance[D], first[K], ratio[D], part[K], mean[D];
    random_rows(x, N, D, 6);
    for (size_t i = 0; i < N * D; i++) x[i] += 1e4F; /* a mean beside which the variance is small */
    assert_ok(fa_pca_fit(mean, all, variance, ratio, x, N, D, D));
    for (int threads = 1; threads <= 4; threads *= 2) {
        fa_threads_set(threads);
        assert_ok(fa_pca_fit(mean, head, first, part, x, N, D, K));
        for (size_t i = 0; i < K * D; i++) assert_near(head[i], all[i], 1e-11);
        for (size_t j = 0; j < K; j++) {
            assert_near(first[j] / variance[0], variance[j] / variance[0], 1e-14);
            assert_near(part[j], ratio[j], 1e-14);
        }
    }
    fa_threads_set(0);
}

/* Two directions, and three components: the last has no variance, and is a direction all the same. */
static void pca_beyond_the_rank_of_few_rows_is_orthonormal(void **state) {
    (void)state;
    enum { N = 6, D = 50, K = 3 };
    float x[N * D];
    double axes[K * D], variance[K];
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < D; c++) x[i * D + c] = (float)(i * (c % 3) + i % 2 * (c % 7));
    assert_ok(fa_pca_fit(NULL, axes, variance, NULL, x, N, D, K));
    assert_true(variance[1] > 0 && variance[2] == 0);
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j <= i; j++) {
            double product = 0;
            for (size_t c = 0; c < D; c++) product += axes[i * D + c] * axes[j * D + c];
            assert_near(product, i == j, 1e-13);
        }
}

static void pca_rows_twice_change_nothing_but_rounding(void **state) {
    (void)state;
    float x[2 * 30 * 4];
    double once[16], twice[16], v1[4], v2[4];
    random_rows(x, 30, 4, 8);
    memcpy(x + 120, x, 120 * sizeof *x);
    assert_ok(fa_pca_fit(NULL, once, v1, NULL, x, 30, 4, 4));
    assert_ok(fa_pca_fit(NULL, twice, v2, NULL, x, 60, 4, 4));
    for (size_t i = 0; i < 16; i++) assert_near(twice[i], once[i], 1e-12);
    for (size_t j = 0; j < 4; j++) assert_near(v2[j], v1[j], 1e-12);
}

static void pca_bytes_do_not_depend_on_threads(void **state) {
    (void)state;
    enum { N = 700, D = 100 };
    static float x[N * D], out[3][N * D];
    static double mean[3][D], axes[3][D * D], variance[3][D];
    static const int threads[] = {1, 2, 4};
    random_rows(x, N, D, 4);
    for (size_t t = 0; t < 3; t++) {
        fa_threads_set(threads[t]);
        assert_ok(fa_pca_fit(mean[t], axes[t], variance[t], NULL, x, N, D, D));
        assert_ok(fa_pca_apply(out[t], x, N, D, mean[t], axes[t], D));
        assert_memory_equal(mean[t], mean[0], sizeof mean[0]);
        assert_memory_equal(axes[t], axes[0], sizeof axes[0]);
        assert_memory_equal(variance[t], variance[0], sizeof variance[0]);
        assert_memory_equal(out[t], out[0], sizeof out[0]);
    }
    fa_threads_set(0);
}

/* Whole numbers, whose sums are exact in any order: around the sizes of slices. */
static void pca_mean_is_the_mean_in_any_number_of_slices(void **state) {
    (void)state;
    enum { MOST_ROWS = 16 * 1024 + 17, D = 3 };
    static const size_t sizes[] = {1, 1023, 1024, 1025, 2049, 16 * 1024, MOST_ROWS};
    static float x[MOST_ROWS * D];
    for (size_t i = 0; i < MOST_ROWS * D; i++) x[i] = (float)((i * i + 7) % 1009);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int threads = 1; threads <= 4; threads *= 2) {
            double mean[D], sum[D] = {0};
            fa_threads_set(threads);
            assert_ok(fa_pca_fit(mean, NULL, NULL, NULL, x, sizes[s], D, 1));
            for (size_t i = 0; i < sizes[s] * D; i++) sum[i % D] += (double)x[i];
            for (size_t c = 0; c < D; c++)
                assert_near(mean[c] * (double)sizes[s] / sum[c], 1, 1e-15);
        }
    fa_threads_set(0);
}

/* ==== Degenerate ==== */

static void pca_of_rows_without_variance_is_zero(void **state) {
    (void)state;
    static const float values[] = {0, 0.1f, -7.3f, 3e38f, 1e-40f};
    float x[6 * 3], out[18];
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
        for (size_t n = 1; n <= 6; n++) {
            double mean[3], axes[9], variance[3], ratio[3];
            for (size_t i = 0; i < n * 3; i++) x[i] = values[v] * (float)(i % 3);
            if (values[v] > 1e38f)
                for (size_t i = 2; i < n * 3; i += 3) x[i] = values[v]; /* not beyond float */
            assert_ok(fa_pca_fit(mean, axes, variance, ratio, x, n, 3, 3));
            for (size_t j = 0; j < 3; j++) {
                assert_true(mean[j] == (double)x[j]);
                assert_true(variance[j] == 0 && ratio[j] == 0);
                double length = 0;
                for (size_t c = 0; c < 3; c++) length += axes[j * 3 + c] * axes[j * 3 + c];
                assert_near(length, 1, 1e-14);
            }
            assert_ok(fa_pca_apply(out, x, n, 3, mean, axes, 3));
            for (size_t i = 0; i < n * 3; i++) assert_true(out[i] == 0);
        }
}

static void pca_of_the_largest_floats_is_finite(void **state) {
    (void)state;
    static const float x[] = {3e38f, 3e38f, 3e38f, -3e38f, -3e38f, -3e38f};
    double mean[3], axes[9], variance[3];
    float out[6];
    assert_ok(fa_pca_fit(mean, axes, variance, NULL, x, 2, 3, 3));
    assert_near(variance[0] / 1e76, 27, 1e-6);
    assert_true(variance[1] == 0 && variance[2] == 0);
    for (size_t c = 0; c < 3; c++) assert_near(axes[c], 1 / sqrt(3), 1e-14);
    assert_ok(fa_pca_apply(out, x, 2, 3, mean, axes, 3)); /* 5.2e38 is beyond float32 */
    assert_true(out[0] == 3.402823466e38f && out[3] == -3.402823466e38f);
}

/* ==== Refusals ==== */

static void fit_refuses_by_name(void **state) {
    (void)state;
    float x[] = {1, 2, 3, 4, 5, 7};
    double mean[2] = {9, 9}, axes[4] = {9, 9, 9, 9};
    assert_fails(fa_pca_fit(mean, axes, NULL, NULL, NULL, 3, 2, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_pca_fit(mean, axes, NULL, NULL, x, 0, 2, 2), FA_E_SHAPE, "0 x 2");
    assert_fails(fa_pca_fit(mean, axes, NULL, NULL, x, 3, 0, 1), FA_E_SHAPE, "3 x 0");
    assert_fails(fa_pca_fit(mean, axes, NULL, NULL, x, 3, 2, 0), FA_E_ARGUMENT, "1 to 2");
    assert_fails(fa_pca_fit(mean, axes, NULL, NULL, x, 3, 2, 3), FA_E_ARGUMENT, "3 components");
    static float wide[FA__EIGEN_MOST + 1];
    assert_fails(fa_pca_fit(NULL, NULL, NULL, NULL, wide, 1, FA__EIGEN_MOST + 1, 1), FA_E_SHAPE,
                 "32769 columns");
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        x[3] = bad[i];
        assert_fails(fa_pca_fit(mean, axes, NULL, NULL, x, 3, 2, 2), FA_E_NONFINITE, "x[1, 1]");
    }
    assert_true(mean[0] == 9 && mean[1] == 9 && axes[0] == 9 && axes[3] == 9);
}

static void apply_refuses_by_name(void **state) {
    (void)state;
    float x[] = {1, 2, 3, 4}, out[4] = {9, 9, 9, 9};
    double mean[] = {1, 1}, axes[] = {0, 1, 1, 0};
    assert_fails(fa_pca_apply(NULL, x, 2, 2, mean, axes, 2), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_pca_apply(out, NULL, 2, 2, mean, axes, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_pca_apply(out, x, 2, 2, NULL, axes, 2), FA_E_ARGUMENT, "mean is NULL");
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, NULL, 2), FA_E_ARGUMENT, "components is NULL");
    assert_fails(fa_pca_apply(out, x, 0, 2, mean, axes, 2), FA_E_SHAPE, "0 x 2");
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, axes, 0), FA_E_ARGUMENT, "0 components");
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, axes, 3), FA_E_ARGUMENT, "3 components");
    axes[3] = (double)NAN;
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, axes, 2), FA_E_NONFINITE, "components[1, 1]");
    axes[3] = 0;
    mean[1] = (double)INFINITY;
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, axes, 2), FA_E_NONFINITE, "mean[0, 1]");
    mean[1] = 1;
    x[2] = NAN;
    assert_fails(fa_pca_apply(out, x, 2, 2, mean, axes, 2), FA_E_NONFINITE, "x[1, 0]");
    x[2] = 3;
    for (size_t i = 0; i < 4; i++) assert_true(out[i] == 9);
    assert_ok(fa_pca_apply(x, x, 2, 2, mean, axes, 2)); /* in place */
    static const float wanted[] = {1, 0, 3, 2};
    assert_memory_equal(x, wanted, sizeof wanted);
}

static void memory_that_runs_out_is_reported(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{70, 3, 3}, {3, 70, 2}}; /* by covariance, by Gram matrix */
    float x[70 * 3], out[70 * 3] = {9};
    random_rows(x, 70, 3, 5);
    double mean[70] = {9}, axes[140] = {9};
    size_t live = fa__memory_live();
    long failures = 0;
    for (size_t s = 0; s < 2; s++) {
        mean[0] = axes[0] = 9;
        for (failures = 0;; failures++) {
            fa__memory_fail_after(failures);
            fa_status status =
                fa_pca_fit(mean, axes, NULL, NULL, x, sizes[s][0], sizes[s][1], sizes[s][2]);
            fa__memory_fail_after(-1);
            assert_int_equal(fa__memory_live(), live);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_true(mean[0] == 9 && axes[0] == 9);
        }
        assert_true(failures >= 9);
    }
    assert_ok(fa_pca_fit(mean, axes, NULL, NULL, x, 70, 3, 3));
    for (failures = 0;; failures++) {
        fa__memory_fail_after(failures);
        fa_status status = fa_pca_apply(out, x, 70, 3, mean, axes, 3);
        fa__memory_fail_after(-1);
        assert_int_equal(fa__memory_live(), live);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_true(out[0] == 9);
    }
    assert_int_equal(failures, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pca_is_scikit_learns),
        cmocka_unit_test(pca_of_a_line_by_hand),
        cmocka_unit_test(pca_identities_hold_on_ragged_sizes),
        cmocka_unit_test(pca_of_fewer_components_is_their_head),
        cmocka_unit_test(pca_of_few_rows_is_that_of_all_components),
        cmocka_unit_test(pca_beyond_the_rank_of_few_rows_is_orthonormal),
        cmocka_unit_test(pca_rows_twice_change_nothing_but_rounding),
        cmocka_unit_test(pca_bytes_do_not_depend_on_threads),
        cmocka_unit_test(pca_mean_is_the_mean_in_any_number_of_slices),
        cmocka_unit_test(pca_of_rows_without_variance_is_zero),
        cmocka_unit_test(pca_of_the_largest_floats_is_finite),
        cmocka_unit_test(fit_refuses_by_name),
        cmocka_unit_test(apply_refuses_by_name),
        cmocka_unit_test(memory_that_runs_out_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
