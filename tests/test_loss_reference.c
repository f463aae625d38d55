/* Losses and gradients against float64 autograd (tests/oracle/loss_reference.py), the same bytes on
 * any number of threads, and running out of memory. */
#include "test_loss_cases.h"

#include "base/memory.h"
#include "base/threads.h"
#include "loss/pairwise.h"

enum { WHOLE = 16, ROWS = 64 }; /* as in the oracle */

/* ==== One case, by the words of its line ==================================================== */

typedef struct loss_case {
    char loss[16], kind[16], divergence[8], norm[8];
    unsigned seed;
    size_t n, d, extra;
    float margin;
    double value;
} loss_case;

/* Its inputs and outputs; second is yhat or xhat. */
typedef struct arrays {
    float *x, *d_x, *second, *d_second;
    int32_t *labels;
} arrays;

static void arrays_make(arrays *a, const loss_case *c) {
    uint32_t seed = c->seed;
    size_t columns = strcmp(c->loss, "xcov") == 0 ? c->extra : c->d;
    a->x = new_matrix(c->kind, seed, c->n, c->d);
    a->second = new_matrix("plain", seed + 5, c->n, columns);
    a->d_x = new_floats(c->n * c->d);
    a->d_second = new_floats(c->n * columns);
    a->labels = malloc(c->n * sizeof *a->labels);
    assert_non_null(a->labels);
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->loss, "entropy") == 0)
            a->labels[i] = (int32_t)(noise(seed + 4, i) % (c->d == 1 ? 2 : c->d));
        else if (c->extra <= 1)
            a->labels[i] = -7;
        else
            a->labels[i] =
                i == 0 ? INT32_MAX : (int32_t)(noise(seed + 3, i) % (c->extra - 1)) * 1000 - 5;
}

static void arrays_free(arrays *a) {
    free(a->x);
    free(a->d_x);
    free(a->second);
    free(a->d_second);
    free(a->labels);
}

static fa_status run_case(double *loss, arrays *a, const loss_case *c) {
    fa_loss_options options = {
        sizeof(fa_loss_options), c->margin,
        strcmp(c->divergence, "js") == 0 ? FA_DIVERGENCE_JS : FA_DIVERGENCE_KL,
        strcmp(c->norm, "global") == 0 ? FA_PAIR_NORM_GLOBAL : FA_PAIR_NORM_LABEL};
    if (strcmp(c->loss, "multi") == 0)
        return fa_loss_multi(loss, a->d_x, a->x, c->n, c->d, c->extra == 0 ? NULL : a->labels,
                             &options);
    if (strcmp(c->loss, "single") == 0)
        return fa_loss_single(loss, a->d_x, a->x, c->n, c->d, &options);
    if (strcmp(c->loss, "decov") == 0) return fa_loss_decov(loss, a->d_x, a->x, c->n, c->d);
    if (strcmp(c->loss, "xcov") == 0)
        return fa_loss_xcov(loss, a->d_x, a->d_second, a->x, c->n, c->d, a->second, c->extra);
    if (strcmp(c->loss, "entropy") == 0)
        return fa_loss_cross_entropy(loss, a->d_x, a->x, c->n, c->d, a->labels);
    assert_string_equal(c->loss, "reconstruction");
    return fa_loss_reconstruction(loss, a->d_x, a->second, a->x, c->n, c->d);
}

/* ==== Float64 reference ===================================================================== */

static void read_numbers(double *out, size_t count, FILE *file) {
    for (size_t i = 0; i < count; i++) assert_int_equal(fscanf(file, "%lf", &out[i]), 1);
}

static double signed_sum(const float *g, size_t begin, size_t end, uint32_t seed) {
    double sum = 0;
    for (size_t i = begin; i < end; i++) sum += noise(seed, i) >> 31 ? (double)g[i] : -(double)g[i];
    return sum;
}

/* A random signed sum of the errors is about as large as their 2-norm, so that 16 of them bound
 * the norm of the error, and the sums of single rows its largest row. */
static void compare_gradient(const float *g, const loss_case *c, size_t d, double tolerance,
                             FILE *file) {
    double want[2], got[2] = {0}, want_whole[WHOLE], got_whole[WHOLE], want_rows[ROWS],
                    got_rows[ROWS], whole_error = 0, row_error = 0;
    size_t rows = c->n < ROWS ? c->n : ROWS;
    read_numbers(want, 2, file);
    read_numbers(want_whole, WHOLE, file);
    read_numbers(want_rows, rows, file);
    for (size_t i = 0; i < c->n * d; i++) {
        got[0] = hypot(got[0], (double)g[i]);
        got[1] = fmax(got[1], fabs((double)g[i]));
    }
    assert_below(relative_error(got, want, 1), tolerance);
    assert_below(relative_error(got + 1, want + 1, 1), tolerance);
    for (uint32_t t = 0; t < WHOLE; t++) {
        got_whole[t] = signed_sum(g, 0, c->n * d, c->seed + 100 + t);
        whole_error = fmax(whole_error, fabs(got_whole[t] - want_whole[t]));
    }
    assert_below(whole_error, tolerance * want[0]);
    for (size_t r = 0; r < rows; r++) {
        size_t i = r * c->n / rows;
        got_rows[r] = signed_sum(g, i * d, (i + 1) * d, c->seed + 100 + WHOLE);
        row_error = fmax(row_error, fabs(got_rows[r] - want_rows[r]));
    }
    assert_below(row_error, tolerance * want[1]);
}

/* The reference in double, and what a caller gets: kernels in float for all but small groups. */
static void agree_with_autograd(fa__pair_path way, double loss_tolerance, double tolerance) {
    char path[4096];
    snprintf(path, sizeof path, "%s/loss_reference.txt", getenv("FA_TEST_DATA"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t cases = 0;
    loss_case c;
    while (fscanf(file, "%15s %15s %u %zu %zu %zu %7s %f %7s %lf", c.loss, c.kind, &c.seed, &c.n,
                  &c.d, &c.extra, c.divergence, &c.margin, c.norm, &c.value) == 10) {
        arrays a;
        double loss;
        arrays_make(&a, &c);
        fa__pair_way(way);
        assert_ok(run_case(&loss, &a, &c));
        fa__pair_way(FA__PAIR_AUTO);
        if (!(fabs(loss - c.value) <= loss_tolerance * fabs(c.value)))
            fail_msg("%s %s %u: %.17g, wanted %.17g", c.loss, c.kind, c.seed, loss, c.value);
        compare_gradient(a.d_x, &c, c.d, tolerance, file);
        if (strcmp(c.loss, "xcov") == 0) compare_gradient(a.d_second, &c, c.extra, tolerance, file);
        arrays_free(&a);
        cases++;
    }
    assert_true(feof(file));
    assert_int_equal(cases, 90);
    fclose(file);
}

static void losses_agree_with_float64_autograd(void **state) {
    (void)state;
    agree_with_autograd(FA__PAIR_REFERENCE, 1e-9, 1e-6);
    agree_with_autograd(FA__PAIR_AUTO, 5e-7, 5e-6);
}

static void relative_error_of_zero_gradient_proves_nothing(void **state) {
    (void)state;
    double zero[3] = {0}, some[3] = {1, 2, 2}, nan[3] = {1, (double)NAN, 2}, near[3] = {1, 2, 2.3};
    assert_true(isinf(relative_error(zero, zero, 3)) && isinf(relative_max_error(zero, zero, 3)));
    assert_true(isinf(relative_error(nan, some, 3)) && isinf(relative_max_error(nan, some, 3)));
    assert_near(relative_error(near, some, 3), 0.1, 1e-12);
    assert_near(relative_max_error(near, some, 3), 0.15, 1e-12);
}

/* ==== Threads =============================================================================== */

static const loss_case large_cases[] = {
    {"multi", "plain", "kl", "label", 1, 331, 96, 3, 1, 0},
    {"multi", "plain", "js", "global", 2, 200, 101, 0, 0.25f, 0},
    {"single", "wide", "kl", "label", 3, 256, 64, 0, 40, 0},
    {"decov", "plain", "kl", "label", 4, 150, 130, 0, 1, 0},
    {"xcov", "plain", "kl", "label", 5, 300, 200, 40, 1, 0},
};
static const loss_case training_batch = {"multi", "plain", "kl", "label", 6, 128, 64, 3, 1, 0};
enum { LARGE_CASES = sizeof large_cases / sizeof large_cases[0] };

/* Threads of this process, 0 where that cannot be told. */
static int threads_alive(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    int threads = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Threads: %d", &threads) == 1) break;
    if (file != NULL) fclose(file);
    return threads;
}

static void run_once(const loss_case *c) {
    arrays a;
    double loss;
    arrays_make(&a, c);
    assert_ok(run_case(&loss, &a, c));
    arrays_free(&a);
}

/* Runs first: the pool of threads stays once it is there. */
static void multi_of_a_training_batch_starts_no_thread(void **state) {
    (void)state;
    fa_threads_set(4);
    int before = threads_alive();
    if (before == 0 || fa__threads() == 1) skip();
    run_once(&training_batch);
    assert_int_equal(threads_alive(), before);
    run_once(&large_cases[0]); /* and the check would notice */
    assert_true(threads_alive() > before);
    fa_threads_set(0);
}

static void losses_on_any_number_of_threads_give_the_same_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < LARGE_CASES; i++) {
        const loss_case *c = &large_cases[i];
        int both = strcmp(c->loss, "xcov") == 0;
        arrays one, more;
        double loss, loss_more;
        fa_threads_set(1);
        arrays_make(&one, c);
        assert_ok(run_case(&loss, &one, c));
        for (int threads = 2; threads <= 4; threads++) {
            fa_threads_set(threads);
            arrays_make(&more, c);
            assert_ok(run_case(&loss_more, &more, c));
            assert_memory_equal(&loss, &loss_more, sizeof loss);
            assert_memory_equal(one.d_x, more.d_x, c->n * c->d * sizeof(float));
            if (both)
                assert_memory_equal(one.d_second, more.d_second, c->n * c->extra * sizeof(float));
            arrays_free(&more);
        }
        arrays_free(&one);
    }
    fa_threads_set(0);
}

/* ==== Memory ================================================================================ */

/* Every allocation fails once; then outputs are as they were and nothing is left behind. */
static void losses_without_memory_fail_and_leave_outputs(void **state) {
    (void)state;
    static const loss_case cases[] = {
        {"multi", "plain", "kl", "label", 1, 20, 6, 3, 1, 0},
        {"single", "plain", "js", "label", 2, 20, 6, 0, 1, 0},
        {"decov", "plain", "kl", "label", 3, 20, 6, 0, 1, 0},
        {"xcov", "plain", "kl", "label", 4, 20, 6, 3, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const loss_case *c = &cases[i];
        size_t live = fa__memory_live();
        arrays a;
        arrays_make(&a, c);
        for (size_t k = 0; k < c->n * c->d; k++) a.d_x[k] = 123;
        for (size_t k = 0; k < c->n * c->extra; k++) a.d_second[k] = 123;
        long after = 0;
        for (;; after++) {
            double loss = 456;
            fa__memory_fail_after(after);
            fa_status status = run_case(&loss, &a, c);
            fa__memory_fail_after(-1);
            assert_int_equal(fa__memory_live(), live);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_true(loss == 456);
            for (size_t k = 0; k < c->n * c->d; k++) assert_true(a.d_x[k] == 123);
            for (size_t k = 0; k < c->n * c->extra; k++) assert_true(a.d_second[k] == 123);
        }
        assert_true(after >= 2);
        arrays_free(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multi_of_a_training_batch_starts_no_thread),
        cmocka_unit_test(losses_agree_with_float64_autograd),
        cmocka_unit_test(relative_error_of_zero_gradient_proves_nothing),
        cmocka_unit_test(losses_on_any_number_of_threads_give_the_same_bytes),
        cmocka_unit_test(losses_without_memory_fail_and_leave_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
