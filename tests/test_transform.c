/* Spaces for clustering: rows at length 1, columns at mean 0 and variance 1. */
#include "test.h"

#include "base/rng.h"

static void none_copies_and_may_be_in_place(void **state) {
    (void)state;
    static const float x[] = {1, -2, 3e38f, 0, 1e-40f, 6};
    float out[6];
    assert_ok(fa_transform_apply(out, x, 2, 3, FA_TRANSFORM_NONE));
    assert_memory_equal(out, x, sizeof x);
    assert_ok(fa_transform_apply(out, out, 2, 3, FA_TRANSFORM_NONE));
    assert_memory_equal(out, x, sizeof x);
}

static void unit_gives_each_row_length_1(void **state) {
    (void)state;
    static const float x[] = {3, 0, -4, /**/ 0, 0, 0, /**/ 3e38f, 3e38f, 0, /**/ 1e-40f, 0, 0};
    float out[12];
    assert_ok(fa_transform_apply(out, x, 4, 3, FA_TRANSFORM_UNIT));
    static const double wanted[] = {0.6, 0, -0.8, 0, 0, 0, 0.70710678118654752, 0.70710678118654752,
                                    0,   1, 0,    0};
    for (size_t i = 0; i < 12; i++) assert_near(out[i], wanted[i], 1e-7);
    float once[12];
    memcpy(once, out, sizeof out);
    memcpy(out, x, sizeof x);
    assert_ok(fa_transform_apply(out, out, 4, 3, FA_TRANSFORM_UNIT)); /* in place */
    assert_memory_equal(out, once, sizeof out);
}

static void standard_gives_each_column_mean_0_and_variance_1(void **state) {
    (void)state;
    static const float hand[] = {1, 5, /**/ 3, 5, /**/ 5, 5}; /* column 1 is constant */
    float out[6];
    assert_ok(fa_transform_apply(out, hand, 3, 2, FA_TRANSFORM_STANDARD));
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
    assert_ok(fa_transform_apply(result, x, N, D, FA_TRANSFORM_STANDARD));
    assert_ok(fa_transform_apply(in_place, in_place, N, D, FA_TRANSFORM_STANDARD));
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
            assert_ok(fa_transform_apply(out, x, n, 1, FA_TRANSFORM_STANDARD));
            for (size_t i = 0; i < n; i++) assert_true(out[i] == 0);
        }
    static const float close[] = {1, 1.0000001f}; /* neighbours in float32 are not the same */
    assert_ok(fa_transform_apply(out, close, 2, 1, FA_TRANSFORM_STANDARD));
    assert_near(out[0], -1, 1e-6);
    assert_near(out[1], 1, 1e-6);
    /* nor are they when they are the one pair among many */
    for (size_t i = 0; i < 999; i++) x[i] = i == 500 ? 1.0000001f : 1;
    assert_ok(fa_transform_apply(out, x, 999, 1, FA_TRANSFORM_STANDARD));
    assert_near(out[500], sqrt(998), 1e-3);
}

static void transform_refuses_what_is_no_matrix(void **state) {
    (void)state;
    float x[] = {1, 2, 3, NAN, 5, 6}, out[6] = {7, 7, 7, 7, 7, 7};
    for (int t = FA_TRANSFORM_NONE; t <= FA_TRANSFORM_STANDARD; t++) {
        assert_fails(fa_transform_apply(out, x, 3, 2, (fa_transform)t), FA_E_NONFINITE, "x[1, 1]");
        assert_fails(fa_transform_apply(out, x, 0, 2, (fa_transform)t), FA_E_SHAPE, "0 x 2");
        assert_fails(fa_transform_apply(out, x, 3, 0, (fa_transform)t), FA_E_SHAPE, "3 x 0");
    }
    x[3] = INFINITY;
    assert_fails(fa_transform_apply(out, x, 3, 2, FA_TRANSFORM_UNIT), FA_E_NONFINITE, "inf");
    x[3] = 4;
    assert_fails(fa_transform_apply(out, x, 3, 2, (fa_transform)3), FA_E_ARGUMENT, "transform 3");
    for (size_t i = 0; i < 6; i++) assert_true(out[i] == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_copies_and_may_be_in_place),
        cmocka_unit_test(unit_gives_each_row_length_1),
        cmocka_unit_test(standard_gives_each_column_mean_0_and_variance_1),
        cmocka_unit_test(standard_of_a_constant_column_is_0),
        cmocka_unit_test(transform_refuses_what_is_no_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
