/* Exact neighbours within labels: against sorting all distances, by hand, at every SIMD level and
 * number of threads. */
#include "test.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"

/* ==== The oracle: every distance in double, sorted ==== */

typedef struct pair {
    double squared;
    int32_t row;
} pair;

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->squared != y->squared) return x->squared < y->squared ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void assert_neighbours(const int32_t *got, const float *squared, const float *x, size_t n,
                              size_t d, const int32_t *labels, size_t k) {
    pair *all = malloc(n * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        for (size_t j = 0; j < n; j++) {
            if (j == i || (labels != NULL && labels[i] != labels[j])) continue;
            double sum = 0;
            for (size_t c = 0; c < d; c++) {
                double away = (double)x[i * d + c] - (double)x[j * d + c];
                sum += away * away;
            }
            all[count++] = (pair){sum, (int32_t)j};
        }
        qsort(all, count, sizeof *all, by_distance);
        for (size_t t = 0; t < k; t++) {
            if (t >= count) {
                assert_int_equal(got[i * k + t], -1);
                assert_true(isinf(squared[i * k + t]));
                continue;
            }
            /* The order of additions differs from the library's: rows whose distances are equal but
             * for that may change places. */
            assert_near(squared[i * k + t], all[t].squared, 1e-6);
            if (got[i * k + t] == all[t].row) continue;
            size_t place = t;
            while (place < count && all[place].row != got[i * k + t]) place++;
            assert_true(place < count);
            if (!(fabs(all[place].squared - all[t].squared) <= 1e-12 * all[t].squared))
                fail_msg("row %zu, neighbour %zu: got row %d", i, t, (int)got[i * k + t]);
        }
    }
    free(all);
}

/* Rows in clumps, `far` from 0, so that many distances are alike. */
static void fill(float *x, size_t n, size_t d, double far, uint64_t seed) {
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < d; c++)
            x[i * d + c] = (float)(far + (double)(i % 5 == c % 5) * 3 + fa__rng_normal(&rng));
}

static void random_rows_have_the_neighbours_of_a_full_sort(void **state) {
    (void)state;
    static const struct {
        size_t n, d, k, labels;
        double far;
    } cases[] = {{1, 1, 1, 1, 0},      {2, 3, 5, 1, 0},       {33, 1, 4, 1, 0},
                 {191, 7, 10, 2, 0},   {192, 16, 3, 3, 0},    {193, 17, 3, 1, 9},
                 {600, 33, 10, 1, 0},  {700, 40, 10, 4, 1e4}, {800, 5, 40, 7, 0},
                 {577, 130, 1, 1, -50}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t n = cases[c].n, d = cases[c].d, k = cases[c].k;
        float *x = malloc(n * d * sizeof *x), *squared = malloc(n * k * sizeof *squared);
        int32_t *labels = malloc(n * sizeof *labels), *got = malloc(n * k * sizeof *got);
        fill(x, n, d, cases[c].far, c);
        for (size_t i = 0; i < n; i++) labels[i] = (int32_t)(i * i % 11 % cases[c].labels) - 1;
        const int32_t *given = cases[c].labels > 1 ? labels : NULL;
        assert_ok(fa_neighbours(got, squared, x, n, d, given, k));
        assert_neighbours(got, squared, x, n, d, given, k);
        free(x), free(squared), free(labels), free(got);
    }
}

static void corners_of_a_square_by_hand(void **state) {
    (void)state;
    /* 0 (0,0)  1 (1,0)  2 (0,2)  3 (0,0) again  4 (9,9), alone with its label */
    const float x[] = {0, 0, 1, 0, 0, 2, 0, 0, 9, 9};
    const int32_t labels[] = {7, 7, 7, 7, -3};
    int32_t got[5 * 4];
    float squared[5 * 4];
    assert_ok(fa_neighbours(got, squared, x, 5, 2, labels, 4));
    static const int32_t wanted[] = {3, 1,  2, -1, 0, 3,  2,  -1, 0,  3,
                                     1, -1, 0, 1,  2, -1, -1, -1, -1, -1};
    static const float distances[] = {0, 1, 4, INFINITY, 1, 1, 5, INFINITY,
                                      4, 4, 5, INFINITY, 0, 1, 4, INFINITY};
    assert_memory_equal(got, wanted, sizeof wanted);
    for (size_t i = 0; i < 16; i++) assert_true(squared[i] == distances[i]);
    assert_ok(fa_neighbours(got, NULL, x, 5, 2, NULL, 1));
    static const int32_t all[] = {3, 0, 0, 0, 1};
    /* From (9,9): (1,0) is 145, (0,2) 130, (0,0) 162. */
    assert_memory_equal(got, all, 4 * sizeof *got);
    assert_int_equal(got[4], 2);
}

static void same_bytes_at_every_level_and_number_of_threads(void **state) {
    (void)state;
    enum { N = 900, D = 48, K = 7 };
    static float x[N * D], squared[N * K], first_squared[N * K];
    static int32_t labels[N], got[N * K], first[N * K];
    fill(x, N, D, 100, 3);
    for (size_t i = 0; i < N; i++) labels[i] = i % 3 == 0;
    for (size_t i = 0; i < N; i += 9) memcpy(x + i * D, x, D * sizeof *x); /* ties */
    for (int level = 0; level < FA__SIMD_LEVELS; level++)
        for (int threads = 1; threads <= 4; threads *= 2) {
            fa__simd_force(level);
            fa_threads_set(threads);
            assert_ok(fa_neighbours(got, squared, x, N, D, labels, K));
            if (level == 0 && threads == 1) {
                memcpy(first, got, sizeof got);
                memcpy(first_squared, squared, sizeof squared);
            }
            assert_memory_equal(got, first, sizeof got);
            assert_memory_equal(squared, first_squared, sizeof squared);
        }
    fa__simd_force(-1);
    fa_threads_set(0);
    assert_neighbours(first, first_squared, x, N, D, labels, K);
}

/* Values from the smallest to the largest floats: the bound must neither overflow nor lose a row.
 */
static void extreme_sizes_keep_their_order(void **state) {
    (void)state;
    static const float sizes[] = {1e-38f, 1e-30f, 1, 1e18f, 1.5e38f};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        float x[40];
        int32_t got[40];
        for (size_t i = 0; i < 40; i++) x[i] = sizes[s] * ((float)i / 20);
        assert_ok(fa_neighbours(got, NULL, x, 40, 1, NULL, 1));
        for (size_t i = 0; i < 40; i++) assert_int_equal(abs(got[i] - (int32_t)i), 1);
    }
}

static void wrong_arguments_are_refused_and_leave_the_output(void **state) {
    (void)state;
    float x[4] = {1, 2, 3, 4};
    int32_t got[4] = {9, 9, 9, 9};
    assert_fails(fa_neighbours(NULL, NULL, x, 2, 2, NULL, 1), FA_E_ARGUMENT, "neighbours is NULL");
    assert_fails(fa_neighbours(got, NULL, NULL, 2, 2, NULL, 1), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_neighbours(got, NULL, x, 0, 2, NULL, 1), FA_E_SHAPE, "0 x 2");
    assert_fails(fa_neighbours(got, NULL, x, 2, 0, NULL, 1), FA_E_SHAPE, "2 x 0");
    assert_fails(fa_neighbours(got, NULL, x, 2, 2, NULL, 0), FA_E_ARGUMENT, "k is 0");
    x[3] = NAN;
    assert_fails(fa_neighbours(got, NULL, x, 2, 2, NULL, 1), FA_E_NONFINITE, "x[1, 1]");
    assert_int_equal(got[0], 9);
}

static void memory_that_runs_out_is_told_and_nothing_leaks(void **state) {
    (void)state;
    float x[400];
    int32_t got[400];
    fill(x, 200, 2, 0, 1);
    size_t live = fa__memory_live();
    long failures = 0;
    for (fa_status status = FA_E_NOMEM; status != FA_OK; failures++) {
        fa__memory_fail_after(failures);
        status = fa_neighbours(got, NULL, x, 200, 2, NULL, 2);
        fa__memory_fail_after(-1);
        assert_true(status == FA_OK || status == FA_E_NOMEM);
        assert_int_equal(fa__memory_live(), live);
    }
    assert_true(failures > 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows_have_the_neighbours_of_a_full_sort),
        cmocka_unit_test(corners_of_a_square_by_hand),
        cmocka_unit_test(same_bytes_at_every_level_and_number_of_threads),
        cmocka_unit_test(extreme_sizes_keep_their_order),
        cmocka_unit_test(wrong_arguments_are_refused_and_leave_the_output),
        cmocka_unit_test(memory_that_runs_out_is_told_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
