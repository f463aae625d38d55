/* The pieces of work for benchmarks: each computes what it says, whatever the number of threads. */
#include "pieces/bench.h"
#include "test.h"

#include "base/memory.h"

static float *array_of(const fa_bench *b, const char *name, size_t wanted) {
    size_t count = 0;
    float *values = fa_bench_array(b, name, &count);
    assert_non_null(values);
    assert_int_equal(count, wanted);
    return values;
}

static void gemm_is_the_product(void **state) {
    (void)state;
    enum { M = 7, N = 5, K = 9 };
    for (int threads = 1; threads <= 4; threads += 3) {
        fa_bench *b = NULL;
        fa_threads_set(threads);
        assert_ok(fa_bench_open(&b, "gemm 7 5 9"));
        assert_ok(fa_bench_run(b));
        assert_true(fa_bench_flops(b) == 2.0 * M * N * K);
        const float *x = array_of(b, "a", M * K), *y = array_of(b, "b", K * N),
                    *c = array_of(b, "c", M * N);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double sum = 0;
                for (size_t k = 0; k < K; k++) sum += (double)x[i * K + k] * (double)y[k * N + j];
                assert_near(c[i * N + j], sum, 1e-5);
            }
        fa_bench_free(b);
    }
    fa_threads_set(0);
}

static void fma_settles_where_its_equation_does(void **state) {
    (void)state;
    fa_bench *b = NULL;
    fa_threads_set(2);
    assert_ok(fa_bench_open(&b, "fma 100"));
    assert_ok(fa_bench_run(b));
    const float *sum = array_of(b, "sum", (size_t)fa_threads_get());
    assert_true(sum[0] > 0 && fa_bench_flops(b) > 0);
    /* s = s / 2 + 1 / 2 ends at 1 in each lane: half of the flops of a round and thread */
    double lanes = fa_bench_flops(b) / 100 / fa_threads_get() / 2;
    for (int t = 0; t < fa_threads_get(); t++) assert_near(sum[t], lanes, 0);
    fa_bench_free(b);
    fa_threads_set(0);
}

/* The gradient of d_last . last by finite differences, and the same for other cuts into shards. */
static void lstm_gradient_is_the_finite_difference(void **state) {
    (void)state;
    enum { BATCH = 4, STEPS = 3, I = 2, H = 3, P = 4 * H * (I + H + 1) };
    fa_bench *b = NULL;
    assert_ok(fa_bench_open(&b, "lstm 4 3 2 3 2"));
    float *w = array_of(b, "weights", P), *gradient = array_of(b, "gradient", P), kept[P];
    const float *last = array_of(b, "last", BATCH * H), *d_last = array_of(b, "d_last", BATCH * H);
    (void)array_of(b, "x", BATCH * STEPS * I);
    assert_ok(fa_bench_run(b));
    memcpy(kept, gradient, sizeof kept);
    for (size_t p = 0; p < P; p++) {
        double at[2];
        float before = w[p];
        for (int side = 0; side < 2; side++) {
            w[p] = before + (side ? 1e-2f : -1e-2f);
            assert_ok(fa_bench_run(b));
            at[side] = 0;
            for (size_t i = 0; i < BATCH * H; i++) at[side] += (double)last[i] * (double)d_last[i];
        }
        w[p] = before;
        assert_near(kept[p], (at[1] - at[0]) / 2e-2, 1e-3);
    }
    fa_bench_free(b);
}

/* Cross-entropy by its definition, image i of label i mod 2. */
static double mean_loss(const float *logits, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += log1p(exp((i % 2 ? -1 : 1) * (double)logits[i]));
    return sum / (double)n;
}

/* The slope of the loss along the gradient is the gradient's length; Adam's first step goes by the
 * rate against each sign; other shards sum to the same. */
static void cnn_step_goes_against_the_gradient(void **state) {
    (void)state;
    enum { BATCH = 3 };
    fa_bench *b = NULL, *other = NULL;
    size_t n = 0;
    assert_ok(fa_bench_open(&b, "cnn 3 1"));
    assert_ok(fa_bench_open(&other, "cnn 3 2"));
    float *w = fa_bench_array(b, "parameters", &n);
    const float *logits = array_of(b, "logits", BATCH), *g = array_of(b, "gradient", n);
    (void)array_of(b, "x", BATCH * 32 * 32 * 3);
    float *first = malloc(2 * n * sizeof *first), *gradient = first + n;
    assert_non_null(first);
    memcpy(first, w, n * sizeof *first);
    fa_status status = fa_bench_run(b);
    if (status == FA_E_UNAVAILABLE) {
        free(first);
        fa_bench_free(b);
        fa_bench_free(other);
        skip();
    }
    assert_ok(status);
    assert_ok(fa_bench_run(other));
    memcpy(gradient, g, n * sizeof *gradient);
    const float *g_other = array_of(other, "gradient", n);
    double squares = 0, apart = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (double)gradient[i] * (double)gradient[i];
        apart += pow((double)gradient[i] - (double)g_other[i], 2);
        if (fabsf(gradient[i]) > 1e-4f)
            assert_near(first[i] - w[i], gradient[i] > 0 ? 5e-4 : -5e-4, 1e-6);
    }
    double length = sqrt(squares), at[2], step = 1e-4;
    assert_true(length > 1e-3 && sqrt(apart) < 1e-4 * length);
    for (int side = 0; side < 2; side++) {
        double factor = (side ? step : -step) / length;
        for (size_t i = 0; i < n; i++) w[i] = first[i] + (float)factor * gradient[i];
        assert_ok(fa_bench_run(b));
        at[side] = mean_loss(logits, BATCH);
    }
    assert_near((at[1] - at[0]) / (2 * step) / length, 1, 2e-2);
    assert_true(fa_bench_flops(b) == 1224584538.0 * BATCH); /* added up by hand */
    free(first);
    fa_bench_free(b);
    fa_bench_free(other);
}

static void adam_first_step_is_the_rate(void **state) {
    (void)state;
    fa_bench *b = NULL;
    assert_ok(fa_bench_open(&b, "adam 50"));
    float *w = array_of(b, "parameters", 50), before[50];
    const float *g = array_of(b, "gradient", 50);
    (void)array_of(b, "m", 50), (void)array_of(b, "v", 50);
    memcpy(before, w, sizeof before);
    assert_ok(fa_bench_run(b));
    for (size_t i = 0; i < 50; i++) assert_near(before[i] - w[i], g[i] > 0 ? 1e-3 : -1e-3, 1e-6);
    fa_bench_free(b);
}

static void all_pairs_is_the_loss(void **state) {
    (void)state;
    enum { N = 60, D = 7, LABELS = 3 };
    fa_bench *b = NULL;
    char text[64];
    snprintf(text, sizeof text, "all-pairs %d %d %d", N, D, LABELS);
    assert_ok(fa_bench_open(&b, text));
    assert_ok(fa_bench_run(b));
    const float *h = array_of(b, "h", N * D), *gradient = array_of(b, "gradient", N * D);
    float wanted[N * D];
    int32_t labels[N];
    double loss;
    for (int32_t i = 0; i < N; i++) labels[i] = i % LABELS;
    fa_loss_options options = {.size = sizeof(fa_loss_options), .margin = 1};
    assert_ok(fa_loss_multi(&loss, wanted, h, N, D, labels, &options));
    assert_near(*array_of(b, "loss", 1), loss, 1e-5);
    for (size_t i = 0; i < N * D; i++) assert_near(gradient[i], wanted[i], 1e-6);
    fa_bench_free(b);
}

static void open_refuses_by_name(void **state) {
    (void)state;
    fa_bench *b = NULL;
    assert_fails(fa_bench_open(&b, "gem 1 2 3"), FA_E_ARGUMENT, "no work is named 'gem'");
    assert_fails(fa_bench_open(&b, ""), FA_E_ARGUMENT, "no work is named ''");
    static const char *const bad[] = {
        "gemm 1 2",     "gemm 0 2 3",  "gemm -1 2 3",    "gemm 1 2 x",
        "gemm 1 2 3 4", "gemm 1 2 3x", "gemm 1 2 65537", "gemm 99999999999999999999 1 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(fa_bench_open(&b, bad[i]), FA_E_ARGUMENT, "gemm takes M N K");
    assert_fails(fa_bench_open(&b, "lstm 2 3 4 5 3"), FA_E_ARGUMENT, "3 shards of 2 samples");
    assert_fails(fa_bench_open(&b, "cnn 2 3"), FA_E_ARGUMENT, "3 shards of 2 images");
    assert_null(b);
    size_t count;
    assert_ok(fa_bench_open(&b, "gemm 1 1 1"));
    assert_null(fa_bench_array(b, "d", &count));
    fa_bench_free(b);
    fa_bench_free(NULL);
}

static void memory_that_runs_out_is_reported(void **state) {
    (void)state;
    static const char *const works[] = {"fma 1",   "gemm 2 2 2", "lstm 2 2 2 2 2",
                                        "cnn 2 2", "adam 3",     "all-pairs 4 2 2"};
    size_t live = fa__memory_live();
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        long failures = 0;
        for (;; failures++) {
            fa_bench *b = NULL;
            fa__memory_fail_after(failures);
            fa_status status = fa_bench_open(&b, works[i]);
            fa__memory_fail_after(-1);
            fa_bench_free(b);
            assert_int_equal(fa__memory_live(), live);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_null(b);
        }
        assert_true(failures >= 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_is_the_product),
        cmocka_unit_test(fma_settles_where_its_equation_does),
        cmocka_unit_test(lstm_gradient_is_the_finite_difference),
        cmocka_unit_test(cnn_step_goes_against_the_gradient),
        cmocka_unit_test(adam_first_step_is_the_rate),
        cmocka_unit_test(all_pairs_is_the_loss),
        cmocka_unit_test(open_refuses_by_name),
        cmocka_unit_test(memory_that_runs_out_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
