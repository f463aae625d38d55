/* Spaces for clustering: rows at length 1, columns at mean 0 and variance 1, whitened components.
 */
#include "test.h"

#include "base/eigen.h"
#include "base/memory.h"
#include "base/rng.h"

static fa_status fit_apply(float *out, fa_transform_kind kind, const float *x, size_t n, size_t d) {
    fa_transform *transform = NULL;
    fa_status status = fa_transform_fit(&transform, kind, 0, x, n, d);
    if (status != FA_OK) return status;
    assert_int_equal(fa_transform_columns(transform), d);
    status = fa_transform_apply(out, transform, x, n, d);
    fa_transform_free(transform);
    return status;
}

static void random_rows(float *x, size_t n, size_t d) {
    fa__rng rng;
    fa__rng_seed(&rng, 7, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < n; i++) {
        double common = fa__rng_normal(&rng); /* columns that go together */
        for (size_t c = 0; c < d; c++)
            x[i * d + c] = (float)(common * (double)(c + 1) + 0.1 * fa__rng_normal(&rng) + 3);
    }
}

static void none_copies_and_may_be_in_place(void **state) {
    (void)state;
    static const float x[] = {1, -2, 3e38f, 0, 1e-40f, 6};
    float out[6];
    assert_ok(fit_apply(out, FA_TRANSFORM_NONE, x, 2, 3));
    assert_memory_equal(out, x, sizeof x);
    assert_ok(fit_apply(out, FA_TRANSFORM_NONE, out, 2, 3));
    assert_memory_equal(out, x, sizeof x);
}

static void unit_gives_each_row_length_1(void **state) {
    (void)state;
    static const float x[] = {3, 0, -4, /**/ 0, 0, 0, /**/ 3e38f, 3e38f, 0, /**/ 1e-40f, 0, 0};
    float out[12];
    assert_ok(fit_apply(out, FA_TRANSFORM_UNIT, x, 4, 3));
    static const double wanted[] = {0.6, 0, -0.8, 0, 0, 0, 0.70710678118654752, 0.70710678118654752,
                                    0,   1, 0,    0};
    for (size_t i = 0; i < 12; i++) assert_near(out[i], wanted[i], 1e-7);
    float once[12];
    memcpy(once, out, sizeof out);
    memcpy(out, x, sizeof x);
    assert_ok(fit_apply(out, FA_TRANSFORM_UNIT, out, 4, 3)); /* in place */
    assert_memory_equal(out, once, sizeof out);
}

static void standard_gives_each_column_mean_0_and_variance_1(void **state) {
    (void)state;
    static const float hand[] = {1, 5, /**/ 3, 5, /**/ 5, 5}; /* column 1 is constant */
    float out[6];
    assert_ok(fit_apply(out, FA_TRANSFORM_STANDARD, hand, 3, 2));
    static const double wanted[] = {-1.2247448713915890, 0, 0, 0, 1.2247448713915890, 0};
    for (size_t i = 0; i < 6; i++) assert_near(out[i], wanted[i], 1e-7);

    enum { N = 400, D = 4 };
    static const double mean[D] = {0, 1e5, -3, 1e30}, spread[D] = {1, 1, 1e-12, 1e29};
    float x[N * D], in_place[N * D], result[N * D];
    fa__rng rng;
    fa__rng_seed(&rng, 2, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < N * D; i++) /* -3 +- 1e-12 is the same float everywhere */
        x[i] = (float)(mean[i % D] + spread[i % D] * fa__rng_normal(&rng));
    memcpy(in_place, x, sizeof x);
    assert_ok(fit_apply(result, FA_TRANSFORM_STANDARD, x, N, D));
    assert_ok(fit_apply(in_place, FA_TRANSFORM_STANDARD, in_place, N, D));
    assert_memory_equal(in_place, result, sizeof result);
    for (size_t k = 0; k < D; k++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < N; i++) {
            double value = (double)result[i * D + k];
            sum += value, square += value * value;
        }
        assert_near(sum / N, 0, 1e-6);
        assert_near(square / N, k != 2, 1e-6);
    }
}

/* Columns that are exactly constant become 0, whatever rounding makes of their mean. */
static void standard_of_a_constant_column_is_0(void **state) {
    (void)state;
    static const float values[] = {0, 0.1f, -7.3f, 1e-30f, 3e38f, 1e-40f};
    float x[999], out[999];
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
        for (size_t n = 1; n < 999; n += 166) {
            for (size_t i = 0; i < n; i++) x[i] = values[v];
            assert_ok(fit_apply(out, FA_TRANSFORM_STANDARD, x, n, 1));
            for (size_t i = 0; i < n; i++) assert_true(out[i] == 0);
        }
    static const float close[] = {1, 1.0000001f}; /* neighbours in float32 are not the same */
    assert_ok(fit_apply(out, FA_TRANSFORM_STANDARD, close, 2, 1));
    assert_near(out[0], -1, 1e-6);
    assert_near(out[1], 1, 1e-6);
    /* nor are they when they are the one pair among many */
    for (size_t i = 0; i < 999; i++) x[i] = i == 500 ? 1.0000001f : 1;
    assert_ok(fit_apply(out, FA_TRANSFORM_STANDARD, x, 999, 1));
    assert_near(out[500], sqrt(998), 1e-3);
}

/* Rows of another set get the numbers of the one fitted to, not their own. */
static void standard_of_new_rows_is_by_the_fitted_numbers(void **state) {
    (void)state;
    static const float x[] = {1, 5, /**/ 3, 5, /**/ 5, 5}, rows[] = {9, 7, /**/ -3e38f, 3e38f};
    float out[4];
    fa_transform *t = NULL;
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_STANDARD, 0, x, 3, 2));
    assert_ok(fa_transform_apply(out, t, rows, 2, 2));
    assert_near(out[0], 6 / sqrt(8.0 / 3), 1e-6);
    assert_true(out[1] == 0 && out[3] == 0); /* the column was constant */
    assert_near(out[2] / -3e38f, 1 / sqrt(8.0 / 3), 1e-6);
    fa_transform_free(t);
    static const float close[] = {0, 1e-3f};
    static const float far_away[] = {3e38f};
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_STANDARD, 0, close, 2, 1));
    assert_ok(fa_transform_apply(out, t, far_away, 1, 1));
    assert_true(out[0] == 3.402823466e38f); /* beyond float32: its largest */
    fa_transform_free(t);
}

static void whiten_gives_uncorrelated_columns_of_variance_1(void **state) {
    (void)state;
    enum { N = 300, D = 5 };
    static float x[N * D], out[N * D], in_place[N * D];
    random_rows(x, N, D);
    fa_transform *t = NULL;
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, D, x, N, D));
    assert_int_equal(fa_transform_columns(t), D);
    assert_ok(fa_transform_apply(out, t, x, N, D));
    memcpy(in_place, x, sizeof x);
    assert_ok(fa_transform_apply(in_place, t, in_place, N, D));
    assert_memory_equal(in_place, out, sizeof out);
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0, product = 0;
            for (size_t i = 0; i < N; i++) {
                sum += (double)out[i * D + a];
                product += (double)out[i * D + a] * (double)out[i * D + b];
            }
            assert_near(sum / N, 0, 1e-6);
            assert_near(product / N, a == b, 1e-5);
        }
    /* one row alone, and a row more than go together, give the same numbers */
    float one[D];
    for (size_t i = 0; i < N; i += 37) {
        assert_ok(fa_transform_apply(one, t, x + i * D, 1, D));
        assert_memory_equal(one, out + i * D, sizeof one);
    }
    fa_transform_free(t);
}

/* Variances 1, 1/100 and about 1/10,000 of the whole: the third is below 0.1 %. */
static void whiten_keeps_the_components_that_matter(void **state) {
    (void)state;
    static const float x[] = {10, 0, 0, -10, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, .1f, 0, 0, -.1f};
    float out[18];
    fa_transform *t = NULL;
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, 0, x, 6, 3));
    assert_int_equal(fa_transform_columns(t), 2);
    assert_ok(fa_transform_apply(out, t, x, 6, 3));
    for (size_t i = 0; i < 12; i++)
        assert_near(out[i], sqrt(3) * (double)((i == 0) - (i == 2) + (i == 5) - (i == 7)), 1e-6);
    fa_transform_free(t);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, 3, x, 6, 3));
    assert_int_equal(fa_transform_columns(t), 3);
    fa_transform_free(t);
}

/* The rows of whiten, each over its length; a row at the mean stays 0. */
static void whiten_unit_is_whiten_at_length_1(void **state) {
    (void)state;
    enum { N = 40, D = 5, C = 3 };
    float x[N * D], white[N * C], unit[N * C];
    fa_transform *t = NULL, *u = NULL;
    random_rows(x, N, D);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, C, x, N, D));
    assert_ok(fa_transform_fit(&u, FA_TRANSFORM_WHITEN_UNIT, C, x, N, D));
    assert_int_equal(fa_transform_columns(u), C);
    assert_ok(fa_transform_apply(white, t, x, N, D));
    assert_ok(fa_transform_apply(unit, u, x, N, D));
    for (size_t i = 0; i < N; i++) {
        double length = 0;
        for (size_t j = 0; j < C; j++) length += pow((double)white[i * C + j], 2);
        for (size_t j = 0; j < C; j++)
            assert_near(unit[i * C + j], (double)white[i * C + j] / sqrt(length), 1e-6);
    }
    fa_transform_free(t);
    fa_transform_free(u);
    assert_string_equal(fa_transform_name(FA_TRANSFORM_WHITEN_UNIT), "whiten-unit");
    assert_null(fa_transform_name((fa_transform_kind)7));
}

/* Of rows whose columns are uncorrelated, with deviations of 2, 1 and 1/2: the axes, over sqrt(2), 1
 * and sqrt(1/2), each at length 1. Signs of axes are free. */
static void half_whiten_divides_by_the_root_of_the_deviation(void **state) {
    (void)state;
    static const float x[] = {2, 1, .5f, 2, -1, -.5f, -2, 1, -.5f, -2, -1, .5f};
    float out[12], again[12];
    fa_transform *t = NULL;
    const double away[] = {2 / sqrt(2), 1, .5 / sqrt(.5)};
    const double length = sqrt(2 + 1 + .5);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_HALF_WHITEN_UNIT, 0, x, 4, 3));
    assert_int_equal(fa_transform_columns(t), 3);
    assert_ok(fa_transform_apply(out, t, x, 4, 3));
    for (size_t i = 0; i < 12; i++) assert_near(fabs((double)out[i]), away[i % 3] / length, 1e-6);
    for (size_t i = 0; i < 12; i++) assert_true(out[i] * x[i] * out[i % 3] * x[i % 3] > 0);
    fa_transform_free(t);

    float squares[12];
    for (size_t i = 0; i < 12; i++) squares[i] = x[i] * fabsf(x[i]);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT, 0, squares, 4, 3));
    assert_ok(fa_transform_apply(again, t, squares, 4, 3));
    for (size_t i = 0; i < 12; i++) assert_near(again[i], (double)out[i], 1e-6);
    assert_ok(fa_transform_apply(squares, t, squares, 4, 3));
    assert_memory_equal(squares, again, sizeof again);
    fa_transform_free(t);
    assert_string_equal(fa_transform_name(FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT),
                        "root-half-whiten-unit");
}

/* More rows than are held at once: each as it is alone. */
static void roots_of_many_rows_are_those_of_each(void **state) {
    (void)state;
    enum { N = 4100, D = 3 };
    static float x[N * D], out[N * D];
    float one[D];
    fa_transform *t = NULL;
    random_rows(x, N, D);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT, D, x, N, D));
    assert_ok(fa_transform_apply(out, t, x, N, D));
    for (size_t i = 0; i < N; i += i < 4090 ? 409 : 1) {
        assert_ok(fa_transform_apply(one, t, x + i * D, 1, D));
        assert_memory_equal(one, out + i * D, sizeof one);
    }
    fa_transform_free(t);
}

static void whiten_without_variance_is_zero(void **state) {
    (void)state;
    static const float rows[] = {0.1f, 7, 0.1f, 7, 0.1f, 7};
    float out[6] = {9, 9, 9, 9, 9, 9};
    fa_transform *t = NULL;
    for (size_t n = 1; n <= 3; n++) {
        assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, 0, rows, n, 2));
        assert_int_equal(fa_transform_columns(t), 1);
        assert_ok(fa_transform_apply(out, t, rows, 3, 2));
        for (size_t i = 0; i < 3; i++) assert_true(out[i] == 0);
        fa_transform_free(t);
        assert_ok(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, 2, rows, n, 2));
        assert_ok(fa_transform_apply(out, t, rows, 3, 2));
        for (size_t i = 0; i < 6; i++) assert_true(out[i] == 0);
        fa_transform_free(t);
    }
}

static void transform_refuses_what_is_no_matrix(void **state) {
    (void)state;
    float x[] = {1, 2, 3, NAN, 5, 6}, out[6] = {7, 7, 7, 7, 7, 7};
    for (int k = FA_TRANSFORM_NONE; k <= FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT; k++) {
        fa_transform_kind kind = (fa_transform_kind)k;
        assert_fails(fit_apply(out, kind, x, 3, 2), FA_E_NONFINITE, "x[1, 1]");
        assert_fails(fit_apply(out, kind, x, 0, 2), FA_E_SHAPE, "0 x 2");
        assert_fails(fit_apply(out, kind, x, 3, 0), FA_E_SHAPE, "3 x 0");
        assert_fails(fit_apply(out, kind, NULL, 3, 2), FA_E_ARGUMENT, "x is NULL");
    }
    x[3] = INFINITY;
    assert_fails(fit_apply(out, FA_TRANSFORM_UNIT, x, 3, 2), FA_E_NONFINITE, "inf");
    x[3] = 4;
    assert_fails(fit_apply(out, (fa_transform_kind)7, x, 3, 2), FA_E_ARGUMENT, "transform 7");
    for (size_t i = 0; i < 6; i++) assert_true(out[i] == 7);
}

static void transform_refuses_what_does_not_fit(void **state) {
    (void)state;
    float x[] = {1, 2, 3, 4, 5, 7}, out[6] = {7, 7, 7, 7, 7, 7};
    fa_transform *t = NULL;
    assert_fails(fa_transform_fit(&t, FA_TRANSFORM_UNIT, 1, x, 3, 2), FA_E_ARGUMENT,
                 "only the transforms that whiten have any; 0 goes with unit");
    assert_fails(fa_transform_fit(&t, FA_TRANSFORM_WHITEN, 3, x, 3, 2), FA_E_ARGUMENT,
                 "2 columns have at most 2");
    assert_null(t);
    assert_ok(fa_transform_fit(&t, FA_TRANSFORM_STANDARD, 0, x, 3, 2));
    assert_fails(fa_transform_apply(out, t, x, 2, 3), FA_E_SHAPE, "of 2 columns, x has 3");
    assert_fails(fa_transform_apply(NULL, t, x, 3, 2), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_transform_apply(out, t, NULL, 3, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_transform_apply(out, t, x, 0, 2), FA_E_SHAPE, "0 x 2");
    x[5] = NAN;
    assert_fails(fa_transform_apply(out, t, x, 3, 2), FA_E_NONFINITE, "x[2, 1]");
    for (size_t i = 0; i < 6; i++) assert_true(out[i] == 7);
    fa_transform_free(t);
    fa_transform_free(NULL);
}

static void memory_that_runs_out_is_reported(void **state) {
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 7};
    float out[6] = {9};
    size_t live = fa__memory_live();
    for (int k = FA_TRANSFORM_NONE; k <= FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT; k++) {
        long failures = 0;
        for (;; failures++) {
            fa_transform *t = NULL;
            out[0] = 9;
            fa__memory_fail_after(failures);
            fa_status status = fa_transform_fit(&t, (fa_transform_kind)k, 0, x, 3, 2);
            if (status == FA_OK) status = fa_transform_apply(out, t, x, 3, 2);
            fa__memory_fail_after(-1);
            assert_true(status == FA_OK || out[0] == 9);
            fa_transform_free(t);
            assert_int_equal(fa__memory_live(), live);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
        }
        assert_true(failures >= (k >= FA_TRANSFORM_WHITEN     ? 15
                                 : k == FA_TRANSFORM_STANDARD ? 3
                                                              : 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_copies_and_may_be_in_place),
        cmocka_unit_test(unit_gives_each_row_length_1),
        cmocka_unit_test(standard_gives_each_column_mean_0_and_variance_1),
        cmocka_unit_test(standard_of_a_constant_column_is_0),
        cmocka_unit_test(standard_of_new_rows_is_by_the_fitted_numbers),
        cmocka_unit_test(whiten_gives_uncorrelated_columns_of_variance_1),
        cmocka_unit_test(whiten_keeps_the_components_that_matter),
        cmocka_unit_test(whiten_unit_is_whiten_at_length_1),
        cmocka_unit_test(half_whiten_divides_by_the_root_of_the_deviation),
        cmocka_unit_test(roots_of_many_rows_are_those_of_each),
        cmocka_unit_test(whiten_without_variance_is_zero),
        cmocka_unit_test(transform_refuses_what_is_no_matrix),
        cmocka_unit_test(transform_refuses_what_does_not_fit),
        cmocka_unit_test(memory_that_runs_out_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
