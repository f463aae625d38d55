/* Neighbours by inverted lists: against the exact search, by hand where rows are alike, at any number of threads and
 * ranks. */
#define _POSIX_C_SOURCE 200809L
#include "thread_ranks.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"
#include "cluster/neighbours.h"

/* Rows in `clumps` clumps, with noise of this size. */
static float *clumped(size_t n, size_t d, size_t clumps, double noise) {
    float *x = malloc(n * d * sizeof *x);
    fa__rng rng, place;
    fa__rng_seed(&rng, n, FA__STREAM_SYNTH, d);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        fa__rng_seed(&place, 5, FA__STREAM_INIT, fa__rng_below(&rng, clumps));
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (float)(3 * fa__rng_normal(&place) + noise * fa__rng_normal(&rng));
    }
    return x;
}

static fa_neighbours_options always(double recall) {
    fa_neighbours_options how = fa_neighbours_options_default();
    how.exact_up_to = 0;
    how.recall = recall;
    return how;
}

/* Share of the exact neighbours that were found. */
static double recall_of(const int32_t *found, const int32_t *exact, size_t n, size_t k) {
    size_t met = 0, all = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < k && exact[i * k + t] >= 0; t++) {
            all++;
            for (size_t u = 0; u < k; u++) met += found[i * k + u] == exact[i * k + t];
        }
    return (double)met / (double)all;
}

enum { N = 6000, D = 12, K = 8 };

static void recall_is_what_is_asked_for_and_what_is_told(void **state) {
    (void)state;
    static const double wanted[] = {0.5, 0.8, 0.95, 0.99};
    float *x = clumped(N, D, 150, 0.5), *squared = malloc(N * K * sizeof *squared);
    int32_t *exact = malloc(N * K * sizeof *exact), *found = malloc(N * K * sizeof *found);
    double before = 0;
    assert_ok(fa_neighbours(exact, NULL, x, N, D, NULL, K));
    for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
        const fa_neighbours_options how = always(wanted[w]);
        double told, recall;
        assert_ok(fa_neighbours_approximate(found, squared, &told, x, N, D, NULL, K, &how));
        recall = recall_of(found, exact, N, K);
        assert_true(told >= wanted[w] && told < 1); /* approximate, or nothing is tested */
        if (!(fabs(recall - told) < 0.02)) fail_msg("recall %g, told %g", recall, told);
        assert_true(recall >= before);
        before = recall;
        for (size_t i = 0; i < N; i++)
            for (size_t t = 0; t < K; t++) {
                int32_t j = found[i * K + t];
                double sum = 0;
                assert_true(j >= 0 && j < N && (size_t)j != i);
                for (size_t c = 0; c < D; c++) {
                    double away = (double)x[i * D + c] - (double)x[(size_t)j * D + c];
                    sum += away * away;
                }
                assert_near(squared[i * K + t], sum, 1e-6);
                assert_true(t == 0 || squared[i * K + t - 1] <= squared[i * K + t]);
                for (size_t u = 0; u < t; u++) assert_true(found[i * K + u] != j);
            }
    }
    free(x), free(squared), free(exact), free(found);
}

static void small_labels_and_recall_one_are_exact(void **state) {
    (void)state;
    float *x = clumped(N, D, 150, 0.5);
    int32_t *labels = malloc(N * sizeof *labels), *exact = malloc(N * K * sizeof *exact),
            *found = malloc(N * K * sizeof *found);
    double told;
    for (int32_t i = 0; i < N; i++) labels[i] = i % 6 == 0; /* 1000 and 5000 */
    fa_neighbours_options how = fa_neighbours_options_default();
    how.exact_up_to = 5000;
    assert_ok(fa_neighbours(exact, NULL, x, N, D, labels, K));
    assert_ok(fa_neighbours_approximate(found, NULL, &told, x, N, D, labels, K, &how));
    assert_memory_equal(found, exact, N * K * sizeof *exact);
    assert_true(told == 1);
    how.exact_up_to = 4999;
    assert_ok(fa_neighbours_approximate(found, NULL, &told, x, N, D, labels, K, &how));
    assert_true(told < 1 && told >= (5 * how.recall + 1) / 6);
    for (size_t i = 0; i < N; i++)
        for (size_t t = 0; t < K; t++) {
            assert_int_equal(labels[found[i * K + t]], labels[i]);
            if (labels[i] == 1) assert_int_equal(found[i * K + t], exact[i * K + t]);
        }
    how = always(1);
    assert_ok(fa_neighbours_approximate(found, NULL, &told, x, N, D, labels, K, &how));
    assert_memory_equal(found, exact, N * K * sizeof *exact);
    assert_true(told == 1);
    free(x), free(labels), free(exact), free(found);
}

/* Few rows, equal rows, more neighbours than a list has rows or a label: as the exact search has them. */
static void degenerate_rows_are_those_of_the_exact_search(void **state) {
    (void)state;
    enum { MOST = 900, WIDE = 3 };
    static const struct {
        size_t n, k, kinds;
    } cases[] = {{1, 1, 1},   {2, 3, 1},   {3, 1, 3},      {5, 9, 2},
                 {900, 5, 1}, {900, 2, 3}, {400, 390, 400}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t n = cases[c].n, k = cases[c].k;
        float x[MOST * WIDE];
        int32_t *exact = malloc(n * k * sizeof *exact), *found = malloc(n * k * sizeof *found);
        double told;
        const fa_neighbours_options how = always(0.9);
        for (size_t i = 0; i < n * WIDE; i++)
            x[i] = (float)(i / WIDE % cases[c].kinds * (i % WIDE));
        assert_ok(fa_neighbours(exact, NULL, x, n, WIDE, NULL, k));
        assert_ok(fa_neighbours_approximate(found, NULL, &told, x, n, WIDE, NULL, k, &how));
        assert_memory_equal(found, exact, n * k * sizeof *exact);
        assert_true(told >= 0.9);
        free(exact), free(found);
    }
}

/* A list whose own and nearest lists hold no k rows looks on: no place stays empty. */
static void every_place_is_filled_while_the_label_has_rows(void **state) {
    (void)state;
    enum { FEW = 3000, MANY = 200 };
    float *x = clumped(FEW, D, 60, 0.1);
    int32_t *found = malloc((size_t)FEW * MANY * sizeof *found);
    double told;
    const fa_neighbours_options how = always(0.3);
    assert_ok(fa_neighbours_approximate(found, NULL, &told, x, FEW, D, NULL, MANY, &how));
    assert_true(told < 1);
    for (size_t i = 0; i < (size_t)FEW * MANY; i++) assert_true(found[i] >= 0);
    free(x), free(found);
}

/* ==== Threads, levels, ranks ==== */

typedef struct shared {
    const float *x;
    const int32_t *labels;
    fa_neighbours_options how;
    size_t n;
    fa_status status[THREAD_RANKS_MOST];
    double recall[THREAD_RANKS_MOST];
    int32_t *found[THREAD_RANKS_MOST];
    float *squared[THREAD_RANKS_MOST];
} shared;

static void on_rank(const fa__comm *comm, void *context) {
    shared *s = context;
    size_t r = comm->rank;
    s->status[r] = fa__neighbours(s->found[r], s->squared[r], &s->recall[r], s->x, s->n, D,
                                  s->labels, K, &s->how, comm);
    if (comm->size > 1) s->status[r] = fa__comm_close(comm, s->status[r]);
}

static void threads_levels_and_ranks_give_the_same_bytes(void **state) {
    (void)state;
    enum { LARGE = 90000 };
    size_t room = (size_t)LARGE * K;
    float *x = clumped(LARGE, D, 500, 0.5);
    int32_t *labels = malloc(LARGE * sizeof *labels), *wanted = malloc(room * sizeof *wanted);
    for (size_t i = 0; i < LARGE; i++) labels[i] = i % 100 == 0;
    shared s = {.x = x, .labels = labels, .how = always(0.9), .n = LARGE};
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) {
        s.found[r] = malloc(room * sizeof(int32_t));
        s.squared[r] = malloc(room * sizeof(float));
    }
    on_rank(fa__comm_self(), &s);
    assert_int_equal(s.status[0], FA_OK);
    double recall = s.recall[0];
    assert_true(recall < 1);
    memcpy(wanted, s.found[0], room * sizeof *wanted);
    for (size_t ranks = 2; ranks <= 4; ranks++) {
        fa_threads_set(1 + (int)(ranks % 2));
        on_thread_ranks(ranks, on_rank, &s);
        for (size_t r = 0; r < ranks; r++) {
            assert_int_equal(s.status[r], FA_OK);
            assert_true(s.recall[r] == recall);
            assert_memory_equal(s.found[r], wanted, room * sizeof *wanted);
            assert_memory_equal(s.squared[r], s.squared[0], room * sizeof(float));
        }
    }
    s.n = 5000;
    for (int level = 0; level < FA__SIMD_LEVELS; level++)
        for (int threads = 1; threads <= 4; threads *= 2) {
            size_t at = level == 0 && threads == 1 ? 0 : 1;
            fa__simd_force(level);
            fa_threads_set(threads);
            assert_ok(fa_neighbours_approximate(s.found[at], s.squared[at], &s.recall[at], x, s.n,
                                                D, NULL, K, &s.how));
            assert_memory_equal(s.found[at], s.found[0], s.n * K * sizeof(int32_t));
            assert_memory_equal(s.squared[at], s.squared[0], s.n * K * sizeof(float));
            assert_true(s.recall[at] == s.recall[0] && s.recall[0] < 1);
        }
    fa__simd_force(-1);
    fa_threads_set(0);
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) free(s.found[r]), free(s.squared[r]);
    free(x), free(labels), free(wanted);
}

static void wrong_arguments_are_refused_and_leave_the_output(void **state) {
    (void)state;
    float x[4] = {1, 2, 3, 4};
    int32_t got[4] = {9, 9, 9, 9};
    double told = 7;
    fa_neighbours_options how = fa_neighbours_options_default();
    assert_fails(fa_neighbours_approximate(got, NULL, &told, x, 2, 2, NULL, 1, NULL), FA_E_ARGUMENT,
                 "options is NULL");
    for (int i = 0; i < 3; i++) {
        how.recall = i == 0 ? 0 : i == 1 ? 1.01 : (double)NAN;
        assert_fails(fa_neighbours_approximate(got, NULL, &told, x, 2, 2, NULL, 1, &how),
                     FA_E_ARGUMENT, "recall is ");
    }
    how.recall = 0.5;
    how.size = 0;
    assert_fails(fa_neighbours_approximate(got, NULL, &told, x, 2, 2, NULL, 1, &how), FA_E_ARGUMENT,
                 "fa_neighbours_options");
    assert_true(got[0] == 9 && told == 7);
}

static void memory_that_runs_out_is_told_and_nothing_leaks(void **state) {
    (void)state;
    enum { FEW = 2000 };
    float *x = clumped(FEW, D, 150, 0.5);
    static int32_t got[FEW * K];
    const fa_neighbours_options how = always(0.5);
    size_t live = fa__memory_live();
    long failures = 0;
    double told = 0;
    fa_threads_set(1);
    for (fa_status status = FA_E_NOMEM; status != FA_OK; failures += 1 + failures / 20) {
        got[0] = 77;
        fa__memory_fail_after(failures);
        status = fa_neighbours_approximate(got, NULL, &told, x, FEW, D, NULL, K, &how);
        fa__memory_fail_after(-1);
        assert_true(status == FA_OK || (status == FA_E_NOMEM && got[0] == 77));
        assert_int_equal(fa__memory_live(), live);
    }
    fa_threads_set(0);
    if (!(failures > 100 && told < 1)) fail_msg("%ld allocations, recall %g", failures, told);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recall_is_what_is_asked_for_and_what_is_told),
        cmocka_unit_test(small_labels_and_recall_one_are_exact),
        cmocka_unit_test(degenerate_rows_are_those_of_the_exact_search),
        cmocka_unit_test(every_place_is_filled_while_the_label_has_rows),
        cmocka_unit_test(threads_levels_and_ranks_give_the_same_bytes),
        cmocka_unit_test(wrong_arguments_are_refused_and_leave_the_output),
        cmocka_unit_test(memory_that_runs_out_is_told_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
