/* KMeans against hand-worked cases, all partitions of small sets, a plain double computation,
 * scikit-learn's inertia, and itself on other threads and SIMD levels. */
#include "test.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"

/* A fit and what it was made from. */
typedef struct fit {
    const float *x;
    size_t n, d;
    fa_kmeans_options options;
    float *centroids;
    int32_t *assignment;
    double inertia;
} fit;

static fit fit_of(const float *x, size_t n, size_t d, size_t k, size_t restarts) {
    fit f = {.x = x, .n = n, .d = d, .options = fa_kmeans_options_default()};
    f.options.k = k;
    f.options.restarts = restarts;
    assert_ok(FA_NEW(f.centroids, k * d));
    assert_ok(FA_NEW(f.assignment, n));
    return f;
}

static void fit_run(fit *f) {
    assert_ok(
        fa_kmeans_fit(f->centroids, f->assignment, &f->inertia, f->x, f->n, f->d, &f->options));
}

static void fit_free(fit *f) {
    fa_free(f->centroids);
    fa_free(f->assignment);
}

static double square_distance(const float *a, const float *b, size_t d) {
    double sum = 0;
    for (size_t j = 0; j < d; j++)
        sum += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
    return sum;
}

/* What every fit has to be: each row at its nearest centroid, inertia the sum of those distances.
 */
static void check_consistent(const fit *f) {
    double inertia = 0;
    for (size_t i = 0; i < f->n; i++) {
        const float *x = f->x + i * f->d;
        assert_in_range(f->assignment[i], 0, f->options.k - 1);
        double own = square_distance(x, f->centroids + (size_t)f->assignment[i] * f->d, f->d);
        for (size_t c = 0; c < f->options.k; c++)
            assert_true(own <= square_distance(x, f->centroids + c * f->d, f->d) * (1 + 1e-13));
        inertia += own;
    }
    assert_true(fabs(f->inertia - inertia) <= 1e-12 * inertia);
}

static size_t empty_clusters(const fit *f) {
    size_t empty = 0;
    for (size_t c = 0; c < f->options.k; c++) {
        size_t rows = 0;
        for (size_t i = 0; i < f->n; i++) rows += (size_t)f->assignment[i] == c;
        empty += rows == 0;
    }
    return empty;
}

/* Each centroid is the mean of its rows, so that one more step of Lloyd's changes nothing. */
static void check_fixed_point(const fit *f) {
    double *sums;
    assert_ok(FA_NEW(sums, f->d));
    for (size_t c = 0; c < f->options.k; c++) {
        size_t rows = 0;
        double largest = 0;
        memset(sums, 0, f->d * sizeof *sums);
        for (size_t i = 0; i < f->n; i++) {
            if ((size_t)f->assignment[i] != c) continue;
            rows++;
            for (size_t j = 0; j < f->d; j++) {
                sums[j] += (double)f->x[i * f->d + j];
                largest = fmax(largest, fabs((double)f->x[i * f->d + j]));
            }
        }
        for (size_t j = 0; j < f->d && rows > 0; j++) {
            double mean = sums[j] / (double)rows, got = (double)f->centroids[c * f->d + j];
            assert_true(fabs(got - mean) <= 1e-7 * largest);
        }
    }
    fa_free(sums);
}

/* ==== Data ==== */

static float *normal_rows(size_t n, size_t d, size_t clusters, double apart, uint64_t seed) {
    float *x;
    fa__rng rng;
    double *centre;
    assert_ok(FA_NEW(x, n * d));
    assert_ok(FA_NEW(centre, clusters * d));
    fa__rng_seed(&rng, seed, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < clusters * d; i++) centre[i] = apart * fa__rng_normal(&rng);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (float)(centre[i % clusters * d + j] + fa__rng_normal(&rng));
    fa_free(centre);
    return x;
}

/* ==== Cases worked by hand, and all partitions ==== */

static void fit_two_pairs_by_hand(void **state) {
    (void)state;
    const float x[] = {0, 0, 0, 2, 10, 0, 10, 4};
    fit f = fit_of(x, 4, 2, 2, 3);
    fit_run(&f);
    size_t left = (size_t)f.assignment[0], right = 1 - left;
    assert_int_equal(f.assignment[1], left);
    assert_int_equal(f.assignment[2], right);
    assert_int_equal(f.assignment[3], right);
    const float want[2][2] = {{0, 1}, {10, 2}};
    assert_memory_equal(f.centroids + left * 2, want[0], sizeof want[0]);
    assert_memory_equal(f.centroids + right * 2, want[1], sizeof want[1]);
    assert_true(f.inertia == 1 + 1 + 4 + 4);
    fit_free(&f);
}

static void assign_ties_go_to_the_lowest_index(void **state) {
    (void)state;
    const float centroids[] = {4, 2, 4, -2}, x[] = {0, 1, 3, 4, -8, 1000};
    int32_t label[6];
    float distance[6];
    for (int level = 0; level < FA__SIMD_LEVELS; level++) {
        fa__simd_force(level);
        assert_ok(fa_kmeans_assign(label, distance, x, 6, 1, centroids, 4));
        const int32_t want[] = {1, 1, 0, 0, 3, 0};
        const float squares[] = {4, 1, 1, 0, 36, 996.0f * 996.0f};
        assert_memory_equal(label, want, sizeof want);
        assert_memory_equal(distance, squares, sizeof squares);
    }
    fa__simd_force(-1);
}

/* Inertia of the best partition into at most k parts, over all k^n of them. */
static double best_of_all(const float *x, size_t n, size_t d, size_t k) {
    double best = HUGE_VAL;
    size_t all = 1;
    for (size_t i = 0; i < n; i++) all *= k;
    for (size_t code = 0; code < all; code++) {
        double sums[3][2] = {{0}}, squares = 0, rows[3] = {0};
        for (size_t i = 0, rest = code; i < n; i++, rest /= k) {
            rows[rest % k]++;
            for (size_t j = 0; j < d; j++) {
                sums[rest % k][j] += (double)x[i * d + j];
                squares += (double)x[i * d + j] * (double)x[i * d + j];
            }
        }
        for (size_t c = 0; c < k; c++)
            for (size_t j = 0; j < d && rows[c] > 0; j++)
                squares -= sums[c][j] * sums[c][j] / rows[c];
        best = fmin(best, squares);
    }
    return best;
}

static void fit_small_sets_reach_the_best_partition(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        size_t n = 4 + seed % 6, d = 1 + seed % 2, k = 2 + seed / 2 % 2;
        float *x = normal_rows(n, d, 1, 1, seed);
        fit f = fit_of(x, n, d, k, 60);
        fit_run(&f);
        check_consistent(&f);
        assert_near(f.inertia, best_of_all(x, n, d, k), 1e-6);
        fit_free(&f);
        fa_free(x);
    }
}

/* ==== Against a plain computation and scikit-learn ==== */

static void fit_is_a_fixed_point_with_its_inertia(void **state) {
    (void)state;
    const size_t shapes[][3] = {{1, 1, 1},     {5, 3, 5},     {31, 1, 4},    {33, 7, 1},
                                {97, 17, 16},  {513, 5, 13},  {700, 33, 17}, {2100, 3, 40},
                                {300, 70, 25}, {4200, 16, 12}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t n = shapes[s][0], d = shapes[s][1], k = shapes[s][2];
        float *x = normal_rows(n, d, 5, 1, s);
        fit f = fit_of(x, n, d, k, 3);
        f.options.tolerance = 0;
        fit_run(&f);
        check_consistent(&f);
        check_fixed_point(&f);
        assert_int_equal(empty_clusters(&f), 0);
        if (k == n) assert_true(f.inertia == 0);
        int32_t *label;
        float *distance;
        assert_ok(FA_NEW(label, n));
        assert_ok(FA_NEW(distance, n));
        assert_ok(fa_kmeans_assign(label, distance, x, n, d, f.centroids, k));
        assert_memory_equal(label, f.assignment, n * sizeof *label);
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += (double)distance[i];
        assert_near(sum, f.inertia, 1e-6);
        fa_free(label);
        fa_free(distance);
        fit_free(&f);
        fa_free(x);
    }
}

static void fit_cut_short_is_consistent(void **state) {
    (void)state;
    float *x = normal_rows(3000, 6, 1, 1, 5);
    double last = HUGE_VAL;
    for (size_t most = 1; most <= 16; most *= 2) {
        fit f = fit_of(x, 3000, 6, 9, 2);
        f.options.max_iterations = most;
        f.options.tolerance = 0;
        fit_run(&f);
        check_consistent(&f);
        assert_true(f.inertia < last); /* Lloyd's iteration only goes down */
        last = f.inertia;
        fit_free(&f);
    }
    fa_free(x);
}

static uint64_t below(uint64_t *state, uint64_t bound) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % bound;
}

/* The rows of tests/oracle/kmeans.py. */
static float *oracle_rows(uint64_t seed, size_t n, size_t d, size_t made, uint64_t spread) {
    float *x;
    int64_t *centre;
    assert_ok(FA_NEW(x, n * d));
    assert_ok(FA_NEW(centre, made * d));
    for (size_t i = 0; i < made * d; i++) centre[i] = (int64_t)below(&seed, 1024);
    for (size_t i = 0; i < n; i++) {
        const int64_t *home = centre + below(&seed, made) * d;
        for (size_t j = 0; j < d; j++) {
            int64_t value = home[j] - (int64_t)spread;
            value += (int64_t)below(&seed, spread);
            value += (int64_t)below(&seed, spread);
            x[i * d + j] = (float)value / 64;
        }
    }
    fa_free(centre);
    return x;
}

static void fit_is_no_worse_than_scikit_learn(void **state) {
    (void)state;
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__path_join(path, getenv("FA_TEST_DATA"), "kmeans.npy"));
    assert_ok(fa__file_read(&bytes, &size, path));
    size_t header = 10 + bytes[8] + 256u * bytes[9], cases = (size - header) / (6 * sizeof(double));
    assert_int_equal(cases, 8);
    for (size_t c = 0; c < cases; c++) {
        double row[6]; /* n, d, k, clusters made, spread, inertia */
        memcpy(row, bytes + header + c * sizeof row, sizeof row);
        float *x = oracle_rows(c, (size_t)row[0], (size_t)row[1], (size_t)row[3], (uint64_t)row[4]);
        fit f = fit_of(x, (size_t)row[0], (size_t)row[1], (size_t)row[2], 20);
        f.options.tolerance = 0;
        fit_run(&f);
        check_consistent(&f);
        if (!(f.inertia <= row[5] * (1 + 1e-6)))
            fail_msg("case %zu: inertia %.9g, scikit-learn %.9g", c, f.inertia, row[5]);
        assert_true(f.inertia > row[5] * 0.9); /* the same rows */
        fit_free(&f);
        fa_free(x);
    }
    fa_free(bytes);
}

/* ==== The same bytes ==== */

static void check_same(const fit *a, const fit *b) {
    assert_true(a->inertia == b->inertia);
    assert_memory_equal(a->assignment, b->assignment, a->n * sizeof *a->assignment);
    assert_memory_equal(a->centroids, b->centroids, a->options.k * a->d * sizeof *a->centroids);
}

static void fit_any_threads_and_simd_level_same_bytes(void **state) {
    (void)state;
    const size_t shapes[][3] = {{5000, 7, 5}, {1111, 37, 20}, {600, 1, 3}, {2600, 15, 10}};
    for (size_t s = 0; s < 4; s++) {
        size_t n = shapes[s][0], d = shapes[s][1], k = shapes[s][2];
        /* Overlapping clusters, far from 0: the hard case for float32. */
        float *x = normal_rows(n, d, 4, 1, s);
        for (size_t i = 0; i < n * d; i++) x[i] += 100;
        fit want = fit_of(x, n, d, k, 5), got = fit_of(x, n, d, k, 5);
        fa_threads_set(1);
        fit_run(&want);
        check_consistent(&want);
        for (int level = 0; level < FA__SIMD_LEVELS; level++)
            for (int threads = 1; threads <= 4; threads *= 2) {
                fa_threads_set(threads);
                fa__simd_force(level);
                fit_run(&got);
                check_same(&want, &got);
            }
        fa__simd_force(-1);
        fa_threads_set(0);
        /* Another seed is another fit: the comparison above can fail. */
        got.options.seed = 1;
        got.options.restarts = 1;
        fit_run(&got);
        if (k > 3) assert_true(memcmp(want.assignment, got.assignment, n * sizeof(int32_t)) != 0);
        fit_free(&want);
        fit_free(&got);
        fa_free(x);
    }
}

static void fit_finds_well_separated_clusters(void **state) {
    (void)state;
    float *x = normal_rows(900, 12, 9, 40, 2);
    for (int level = 0; level < FA__SIMD_LEVELS; level++) {
        fa__simd_force(level);
        fit f = fit_of(x, 900, 12, 9, 10);
        fit_run(&f);
        for (size_t i = 9; i < 900; i++) assert_int_equal(f.assignment[i], f.assignment[i % 9]);
        assert_int_equal(empty_clusters(&f), 0);
        fit_free(&f);
    }
    fa__simd_force(-1);
    fa_free(x);
}

static void fit_more_restarts_only_improve(void **state) {
    (void)state;
    float *x = normal_rows(800, 4, 1, 1, 8);
    double last = HUGE_VAL, first = 0;
    for (size_t restarts = 1; restarts <= 40; restarts += 13) { /* beyond the runs of one group */
        fit f = fit_of(x, 800, 4, 12, restarts);
        fit_run(&f);
        assert_true(f.inertia <= last);
        last = f.inertia;
        if (restarts == 1) first = last;
        fit_free(&f);
    }
    assert_true(last < first);
    fa_free(x);
}

/* ==== Hostile data ==== */

static void fit_fewer_distinct_rows_than_k_repeats_centroids(void **state) {
    (void)state;
    float x[50][2];
    for (int i = 0; i < 50; i++) {
        x[i][0] = (float)(i % 3);
        x[i][1] = 7;
    }
    fit f = fit_of(x[0], 50, 2, 6, 4);
    fit_run(&f);
    check_consistent(&f);
    assert_true(f.inertia == 0);
    assert_int_equal(empty_clusters(&f), 3);
    for (size_t c = 0; c < 6; c++) {
        float first = f.centroids[2 * c];
        assert_true((first == 0 || first == 1 || first == 2) && f.centroids[2 * c + 1] == 7);
    }
    fit_free(&f);
    float same[40]; /* 1 distinct row */
    for (int i = 0; i < 40; i++) same[i] = -3.25f;
    f = fit_of(same, 40, 1, 40, 1);
    fit_run(&f);
    check_consistent(&f);
    assert_true(f.inertia == 0 && f.centroids[39] == -3.25f);
    fit_free(&f);
}

static void fit_clusters_that_run_empty_are_filled(void **state) {
    (void)state;
    /* Beside 4e9, float32 cannot tell 1 from 3: k-means++ takes some of them for one row and seats
     * two centroids on it, so that clusters start out empty. Double distances bring them back. */
    const float x[] = {1, 1, 2, 2, 3, 3, 7, 4e9f};
    for (uint64_t seed = 0; seed < 40; seed++) {
        fit f = fit_of(x, 8, 1, 5, 1);
        f.options.seed = seed;
        fit_run(&f);
        check_consistent(&f);
        assert_int_equal(empty_clusters(&f), 0);
        assert_true(f.inertia < 1e-9);
        fit_free(&f);
        f = fit_of(x, 8, 1, 8, 1); /* three centroids too many */
        f.options.seed = seed;
        fit_run(&f);
        check_consistent(&f);
        assert_in_range(empty_clusters(&f), 0, 3);
        assert_true(f.inertia < 1e-9);
        fit_free(&f);
    }
}

static void fit_extreme_values_are_exact(void **state) {
    (void)state;
    const float scales[] = {1e-45f, 1e-38f, 1e-20f, 1, 1e18f, 1.6e38f};
    for (size_t s = 0; s < 6; s++) {
        float x[6] = {0, 1, 2, -2, -1, 2};
        for (int i = 0; i < 6; i++) x[i] *= scales[s];
        fit f = fit_of(x, 6, 1, 2, 5);
        fit_run(&f);
        check_consistent(&f);
        /* {1, 2, 2} {-2, -1, 0} is the best split in two, but for the smallest floats, where no
         * mean but a whole number exists. */
        double unit = (double)scales[s];
        if (s > 0) {
            assert_near(f.inertia / (unit * unit), 8.0 / 3, 1e-5);
            assert_int_equal(f.assignment[3], f.assignment[4]);
            assert_int_equal(f.assignment[1], f.assignment[5]);
            assert_int_equal(f.assignment[0], f.assignment[3]);
        }
        fit_free(&f);
    }
}

static void fit_far_from_the_origin_keeps_small_gaps(void **state) {
    (void)state;
    /* Groups 2 apart around 2^20 (float spacing 1/8), and one group as far off again. */
    float x[90];
    for (int i = 0; i < 90; i++) {
        x[i] = 1048576 + (float)(i % 3) / 8;
        if (i % 2) x[i] += 2;
        if (i >= 60) x[i] *= -1;
    }
    fit f = fit_of(x, 90, 1, 4, 10);
    fit_run(&f);
    check_consistent(&f);
    for (int i = 2; i < 90; i++)
        if (i != 60 && i != 61) assert_int_equal(f.assignment[i], f.assignment[i - 2]);
    assert_near(f.inertia, 90 * (2.0 / 3) / 64, 1e-9);
    fit_free(&f);
}

static void assign_centroids_far_outside_are_exact(void **state) {
    (void)state;
    const float x[] = {1, 2, 3}, centroids[] = {3e38f, -1e30f, 1e20f, 2.4f};
    int32_t label[3];
    assert_ok(fa_kmeans_assign(label, NULL, x, 3, 1, centroids, 3));
    for (int i = 0; i < 3; i++) assert_int_equal(label[i], 2);
    assert_ok(fa_kmeans_assign(label, NULL, x, 3, 1, centroids, 4));
    for (int i = 0; i < 3; i++) assert_int_equal(label[i], 3);
    /* The score of 1e20 overflows float32, those of the next two do not. */
    const float overflow[] = {2.4f, 1e20f, 8e18f, 5e18f};
    assert_ok(fa_kmeans_assign(label, NULL, x, 3, 1, overflow, 4));
    for (int i = 0; i < 3; i++) assert_int_equal(label[i], 0);
    const float far[] = {3e38f};
    float distance;
    assert_ok(fa_kmeans_assign(label, &distance, far, 1, 1, centroids + 1, 1));
    assert_true(isinf(distance));
}

/* ==== Errors ==== */

static void fit_bad_arguments_are_named(void **state) {
    (void)state;
    float x[6] = {0, 1, 2, 3, 4, 5}, centroids[6] = {9, 9, 9, 9, 9, 9};
    int32_t label[6] = {-9};
    double inertia = 9;
    fa_kmeans_options o = fa_kmeans_options_default();
    assert_int_equal(o.restarts, 10);
    assert_int_equal(o.max_iterations, 300);
    assert_true(o.tolerance == 1e-4 && o.seed == 0);
#define FAILS(status, text)                                                                        \
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, x, 3, 2, &o), status, text)
    FAILS(FA_E_ARGUMENT, "k is 0");
    o.k = 4;
    FAILS(FA_E_ARGUMENT, "k is 4 but x has 3 rows");
    o.k = 2;
    o.restarts = 0;
    FAILS(FA_E_ARGUMENT, "restarts is 0");
    o.restarts = 1;
    o.max_iterations = 0;
    FAILS(FA_E_ARGUMENT, "max_iterations is 0");
    o.max_iterations = 1;
    o.tolerance = -1;
    FAILS(FA_E_ARGUMENT, "tolerance is -1");
    o.tolerance = nan("");
    FAILS(FA_E_ARGUMENT, "tolerance is nan");
    o.tolerance = HUGE_VAL;
    FAILS(FA_E_ARGUMENT, "1e-4 works well");
    o.tolerance = 0;
    x[3] = NAN;
    FAILS(FA_E_NONFINITE, "x[1, 1] is nan");
    x[3] = 3;
    x[4] = -INFINITY;
    FAILS(FA_E_NONFINITE, "x[2, 0] is -inf");
    x[4] = 4;
#undef FAILS
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, x, 0, 2, &o), FA_E_SHAPE, "[0, 2]");
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, x, 3, 0, &o), FA_E_SHAPE, "[3, 0]");
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, NULL, 3, 2, &o), FA_E_ARGUMENT, "x is");
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, x, 3, 2, NULL), FA_E_ARGUMENT,
                 "options");
    assert_fails(fa_kmeans_fit(centroids, label, &inertia, x, SIZE_MAX / 2, 9, &o), FA_E_NOMEM,
                 "no");
    assert_true(centroids[0] == 9 && label[0] == -9 && inertia == 9);
    assert_ok(fa_kmeans_fit(NULL, NULL, NULL, x, 3, 2, &o));
}

static void assign_bad_arguments_are_named(void **state) {
    (void)state;
    float x[4] = {0, 1, 2, 3}, centroids[4] = {0, 1, 2, 3};
    int32_t label[4] = {-9};
    assert_fails(fa_kmeans_assign(label, NULL, x, 0, 2, centroids, 2), FA_E_SHAPE, "[0, 2]");
    assert_fails(fa_kmeans_assign(label, NULL, x, 2, 0, centroids, 2), FA_E_SHAPE, "[2, 0]");
    assert_fails(fa_kmeans_assign(label, NULL, x, 2, 2, centroids, 0), FA_E_ARGUMENT, "k is 0");
    assert_fails(fa_kmeans_assign(NULL, NULL, x, 2, 2, centroids, 2), FA_E_ARGUMENT, "assignment");
    assert_fails(fa_kmeans_assign(label, NULL, NULL, 2, 2, centroids, 2), FA_E_ARGUMENT, "x is");
    assert_fails(fa_kmeans_assign(label, NULL, x, 2, 2, NULL, 2), FA_E_ARGUMENT, "centroids is");
    centroids[1] = INFINITY;
    assert_fails(fa_kmeans_assign(label, NULL, x, 2, 2, centroids, 2), FA_E_NONFINITE,
                 "centroids[0, 1] is inf");
    centroids[1] = 1;
    x[2] = NAN;
    assert_fails(fa_kmeans_assign(label, NULL, x, 2, 2, centroids, 2), FA_E_NONFINITE, "x[1, 0]");
    assert_int_equal(label[0], -9);
}

static void kmeans_out_of_memory_is_reported(void **state) {
    (void)state;
    float *x = normal_rows(70, 3, 2, 1, 1);
    float centroids[15] = {99};
    int32_t label[70];
    fa_kmeans_options o = fa_kmeans_options_default();
    o.k = 5;
    o.restarts = 18; /* two groups */
    size_t live = fa__memory_live();
    long failures = 0;
    for (;; failures++) {
        fa__memory_fail_after(failures);
        fa_status status = fa_kmeans_fit(centroids, NULL, NULL, x, 70, 3, &o);
        fa__memory_fail_after(-1);
        assert_int_equal(fa__memory_live(), live);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_true(centroids[0] == 99);
    }
    assert_true(failures > 50);
    for (failures = 0;; failures++) {
        label[0] = -9;
        fa__memory_fail_after(failures);
        fa_status status = fa_kmeans_assign(label, NULL, x, 70, 3, centroids, 5);
        fa__memory_fail_after(-1);
        assert_int_equal(fa__memory_live(), live);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_int_equal(label[0], -9);
    }
    assert_true(failures > 5);
    fa_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_two_pairs_by_hand),
        cmocka_unit_test(assign_ties_go_to_the_lowest_index),
        cmocka_unit_test(fit_small_sets_reach_the_best_partition),
        cmocka_unit_test(fit_is_a_fixed_point_with_its_inertia),
        cmocka_unit_test(fit_cut_short_is_consistent),
        cmocka_unit_test(fit_is_no_worse_than_scikit_learn),
        cmocka_unit_test(fit_any_threads_and_simd_level_same_bytes),
        cmocka_unit_test(fit_finds_well_separated_clusters),
        cmocka_unit_test(fit_more_restarts_only_improve),
        cmocka_unit_test(fit_fewer_distinct_rows_than_k_repeats_centroids),
        cmocka_unit_test(fit_clusters_that_run_empty_are_filled),
        cmocka_unit_test(fit_extreme_values_are_exact),
        cmocka_unit_test(fit_far_from_the_origin_keeps_small_gaps),
        cmocka_unit_test(assign_centroids_far_outside_are_exact),
        cmocka_unit_test(fit_bad_arguments_are_named),
        cmocka_unit_test(assign_bad_arguments_are_named),
        cmocka_unit_test(kmeans_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
