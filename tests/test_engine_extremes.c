/* Engines at the ends of the float range: gates that saturate stay exact, and what is not a number
 * stays visible, so that training can name it. */
#include "engines.h"

enum { SAMPLES = 3, STEPS = 2, INPUTS = 2, UNITS = 19, TOTAL = 5 };
static const size_t rows[] = {3, 2};

/* One LSTM forward and backward with all weights `weight`, biases 0. */
typedef struct outcome {
    float h[TOTAL * UNITS], last[SAMPLES * UNITS], d_x[TOTAL * INPUTS], d_b[4 * UNITS];
} outcome;

static outcome run(const fa__engine *engine, const float *x, float weight) {
    static float wx[4 * UNITS * INPUTS], wh[4 * UNITS * UNITS], b[4 * UNITS],
        d_last[SAMPLES * UNITS];
    static float d_wx[4 * UNITS * INPUTS], d_wh[4 * UNITS * UNITS];
    outcome out;
    fa__lstm_shape shape = {SAMPLES, STEPS, TOTAL, rows, INPUTS, UNITS};
    for (size_t i = 0; i < 4 * UNITS * INPUTS; i++) wx[i] = weight;
    for (size_t i = 0; i < SAMPLES * UNITS; i++) d_last[i] = 1;
    float *workspace = fa__calloc(engine->lstm_workspace(&shape), sizeof *workspace);
    assert_non_null(workspace);
    fa__lstm_weights w = {wx, wh, b};
    fa__lstm_gradients d = {d_wx, d_wh, out.d_b, out.d_x};
    assert_ok(engine->lstm_forward(engine, out.h, out.last, workspace, x, &shape, &w));
    assert_ok(engine->lstm_backward(engine, &d, workspace, NULL, d_last, x, &shape, &w));
    fa__free(workspace);
    return out;
}

/* Inputs of 1, weights so large that every gate is 1 and g is 1: c counts the steps. Negative:
 * every gate is 0 and so is h. */
static void check_saturated(const fa__engine *engine) {
    static const float ones[TOTAL * INPUTS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const float weights[] = {60, 1e4f, 1e30f, 3e38f};
    for (size_t k = 0; k < sizeof weights / sizeof weights[0]; k++) {
        outcome open = run(engine, ones, weights[k]), shut = run(engine, ones, -weights[k]);
        for (size_t i = 0; i < TOTAL * UNITS; i++) {
            assert_near(open.h[i], tanh(i < SAMPLES * UNITS ? 1 : 2), 1e-6);
            assert_near(shut.h[i], 0, 1e-6);
        }
        for (size_t i = 0; i < SAMPLES * UNITS; i++)
            assert_near(open.last[i], tanh(i < 2 * UNITS ? 2 : 1), 1e-6);
        for (size_t i = 0; i < 4 * UNITS; i++) {
            assert_true(isfinite(open.d_b[i]) && isfinite(shut.d_b[i]));
            assert_near(open.d_b[i], 0, 1e-5); /* no slope where all is saturated */
        }
    }
}

static void lstm_with_saturated_gates_is_exact(void **state) {
    (void)state;
    each_engine(check_saturated);
}

/* A NaN in the last step of sample 1 reaches its output and no other; and back into the gradient.
 */
static void check_nan(const fa__engine *engine) {
    float x[TOTAL * INPUTS] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, NAN, 1};
    outcome got = run(engine, x, 0.5f);
    for (size_t i = 0; i < SAMPLES * UNITS; i++) {
        bool wanted = i / UNITS == 1;
        if (isnan(got.last[i]) != wanted)
            fail_msg("%s: unit %zu of sample %zu is %g", engine->name, i % UNITS, i / UNITS,
                     (double)got.last[i]);
    }
    for (size_t i = 0; i < UNITS; i++) assert_true(isnan(got.d_b[i]));
}

static void lstm_keeps_a_nan_where_it_is(void **state) {
    (void)state;
    each_engine(check_nan);
}

static void check_gemm_nan(const fa__engine *engine) {
    enum { M = 9, N = 35, K = 11 };
    float a[M * K], b[K * N], c[M * N];
    for (size_t i = 0; i < M * K; i++) a[i] = 1;
    for (size_t i = 0; i < K * N; i++) b[i] = 0; /* 0 times NaN is NaN: nothing may be skipped */
    a[4 * K + 3] = NAN;
    a[7 * K] = INFINITY;
    assert_ok(engine->gemm(
        &(fa__gemm){.m = M, .n = N, .k = K, .a = a, .lda = K, .b = b, .ldb = N, .c = c, .ldc = N}));
    for (size_t i = 0; i < M * N; i++) {
        bool wanted = i / N == 4 || i / N == 7;
        if (isnan(c[i]) != wanted) fail_msg("%s: row %zu is %g", engine->name, i / N, (double)c[i]);
    }
}

static void gemm_keeps_a_nan_where_it_is(void **state) {
    (void)state;
    each_engine(check_gemm_nan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lstm_with_saturated_gates_is_exact),
        cmocka_unit_test(lstm_keeps_a_nan_where_it_is),
        cmocka_unit_test(gemm_keeps_a_nan_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
