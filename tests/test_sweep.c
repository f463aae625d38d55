/* Silhouette, matching, activation counts, and the sweep over k. Oracles: cases by hand, and
 * scikit-learn, SciPy and NumPy by tests/oracle/silhouette.py. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

enum { ROWS = 120, COLUMNS = 5, CLUSTERS = 4, CLASSES = 3 };

typedef struct sample {
    float x[ROWS * COLUMNS];
    int32_t clusters[ROWS], classes[ROWS];
} sample;

static sample *read_sample(void) {
    static sample s;
    float *all;
    size_t n, d;
    assert_ok(fa_matrix_read(&all, &n, &d, fixture("silhouette.npy")));
    assert_int_equal(n, ROWS);
    assert_int_equal(d, COLUMNS + 2);
    for (size_t i = 0; i < n; i++) {
        memcpy(s.x + i * COLUMNS, all + i * d, COLUMNS * sizeof(float));
        s.clusters[i] = (int32_t)all[i * d + COLUMNS];
        s.classes[i] = (int32_t)all[i * d + COLUMNS + 1];
    }
    fa_free(all);
    return &s;
}

/* ==== Silhouette ==== */

static void silhouette_by_hand_is_right(void **state) {
    (void)state;
    /* Points 0, 1 and 5 on a line, {0, 1} and {5}: s = (5 - 1) / 5, (4 - 1) / 4, and 0 for one
     * alone. */
    const float x[] = {0, 1, 5};
    const int32_t clusters[] = {0, 0, 1};
    double got;
    assert_ok(fa_score_silhouette(&got, x, 3, 1, clusters, 2));
    assert_near(got, (0.8 + 0.75 + 0) / 3, 1e-15);
    assert_ok(fa_score_silhouette(&got, x, 3, 1, (const int32_t[]){2, 2, 0}, 3)); /* one empty */
    assert_near(got, (0.8 + 0.75 + 0) / 3, 1e-15);
}

static void silhouette_is_scikit_learns(void **state) {
    (void)state;
    const sample *s = read_sample();
    double got;
    assert_ok(fa_score_silhouette(&got, s->x, ROWS, COLUMNS, s->clusters, CLUSTERS));
    assert_near(got, 0.031015701696555067, 1e-12);
}

static void silhouette_degenerate_is_zero(void **state) {
    (void)state;
    const float x[] = {0, 1, 5}, same[] = {2, 2, 2};
    double got = 7;
    assert_ok(fa_score_silhouette(&got, x, 3, 1, (const int32_t[]){0, 0, 0}, 1));
    assert_near(got, 0, 0);
    got = 7;
    assert_ok(fa_score_silhouette(&got, x, 3, 1, (const int32_t[]){0, 1, 2}, 3));
    assert_near(got, 0, 0);
    got = 7;
    assert_ok(fa_score_silhouette(&got, same, 3, 1, (const int32_t[]){0, 1, 1}, 2));
    assert_near(got, 0, 0);
}

static void silhouette_does_not_depend_on_threads(void **state) {
    (void)state;
    const sample *s = read_sample();
    double one, four;
    fa_threads_set(1);
    assert_ok(fa_score_silhouette(&one, s->x, ROWS, COLUMNS, s->clusters, CLUSTERS));
    fa_threads_set(4);
    assert_ok(fa_score_silhouette(&four, s->x, ROWS, COLUMNS, s->clusters, CLUSTERS));
    fa_threads_set(0);
    assert_memory_equal(&one, &four, sizeof one);
}

static void silhouette_bad_input_is_an_error(void **state) {
    (void)state;
    float x[] = {0, 1, 5};
    const int32_t clusters[] = {0, 0, 1};
    double out = 7;
    assert_fails(fa_score_silhouette(NULL, x, 3, 1, clusters, 2), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_score_silhouette(&out, NULL, 3, 1, clusters, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_score_silhouette(&out, x, 3, 1, NULL, 2), FA_E_ARGUMENT, "clusters is NULL");
    assert_fails(fa_score_silhouette(&out, x, 0, 1, clusters, 2), FA_E_SHAPE, "0 x 1");
    assert_fails(fa_score_silhouette(&out, x, 3, 1, clusters, 0), FA_E_ARGUMENT, "1 to 3");
    assert_fails(fa_score_silhouette(&out, x, 3, 1, clusters, 4), FA_E_ARGUMENT, "got 4");
    assert_fails(fa_score_silhouette(&out, x, 3, 1, clusters, 1), FA_E_LABEL, "row 2");
    assert_fails(fa_score_silhouette(&out, x, 3, 1, (const int32_t[]){0, -1, 0}, 2), FA_E_LABEL,
                 "cluster -1");
    x[1] = NAN;
    assert_fails(fa_score_silhouette(&out, x, 3, 1, clusters, 2), FA_E_NONFINITE, "x[1, 0]");
    assert_near(out, 7, 0);
}

static void silhouette_without_memory_fails_cleanly(void **state) {
    (void)state;
    const sample *s = read_sample();
    double out;
    assert_survives_nomem(fa_score_silhouette(&out, s->x, ROWS, COLUMNS, s->clusters, CLUSTERS),
                          (void)0);
}

/* ==== Matching ==== */

static void match_by_hand_gives_up_the_obvious_cell(void **state) {
    (void)state;
    /* Greedy takes 10 and is left with 1: 11. The best is 9 + 8. */
    const size_t counts[] = {10, 9, 8, 1};
    int32_t match[2];
    size_t agreed;
    assert_ok(fa_match_clusters(match, &agreed, counts, 2, 2));
    assert_int_equal(match[0], 1);
    assert_int_equal(match[1], 0);
    assert_int_equal(agreed, 17);
}

/* Items on the matched cells; each class is taken at most once. */
static size_t items_of(const int32_t *match, const size_t *counts, size_t k, size_t c) {
    size_t sum = 0;
    for (size_t i = 0; i < k; i++) {
        if (match[i] < 0) continue;
        assert_true((size_t)match[i] < c);
        sum += counts[i * c + (size_t)match[i]];
        for (size_t o = 0; o < i; o++) assert_int_not_equal(match[i], match[o]);
    }
    return sum;
}

static void match_is_as_good_as_scipys(void **state) {
    (void)state;
    const size_t big[9 * 7] = {31, 30, 26, 29, 48, 28, 33, 17, 41, 12, 8,  24, 30, 13, 32, 10,
                               21, 31, 26, 18, 1,  4,  5,  45, 28, 16, 43, 17, 29, 24, 35, 37,
                               9,  34, 16, 8,  11, 32, 42, 19, 20, 40, 39, 49, 8,  48, 30, 34,
                               2,  22, 33, 38, 13, 44, 12, 21, 5,  9,  13, 13, 21, 18, 20};
    size_t turned[7 * 9], agreed;
    int32_t match[9];
    assert_ok(fa_match_clusters(match, &agreed, big, 9, 7));
    assert_int_equal(agreed, 290);
    assert_int_equal(items_of(match, big, 9, 7), 290);
    for (size_t i = 0; i < 9; i++)
        for (size_t j = 0; j < 7; j++) turned[j * 9 + i] = big[i * 7 + j];
    assert_ok(fa_match_clusters(match, &agreed, turned, 7, 9));
    assert_int_equal(agreed, 290);
    assert_int_equal(items_of(match, turned, 7, 9), 290);
}

static void match_leaves_what_shares_nothing(void **state) {
    (void)state;
    const size_t counts[] = {3, 0, 0, 0};
    int32_t match[2];
    assert_ok(fa_match_clusters(match, NULL, counts, 2, 2));
    assert_int_equal(match[0], 0);
    assert_int_equal(match[1], -1);
}

static void match_bad_input_is_an_error(void **state) {
    (void)state;
    const size_t counts[] = {1};
    int32_t match = 5;
    assert_fails(fa_match_clusters(NULL, NULL, counts, 1, 1), FA_E_ARGUMENT, "match is NULL");
    assert_fails(fa_match_clusters(&match, NULL, NULL, 1, 1), FA_E_ARGUMENT, "counts is NULL");
    assert_fails(fa_match_clusters(&match, NULL, counts, 0, 1), FA_E_SHAPE, "0 clusters");
    assert_fails(fa_match_clusters(&match, NULL, counts, 1, 0), FA_E_SHAPE, "0 classes");
    assert_int_equal(match, 5);
    assert_survives_nomem(fa_match_clusters(&match, NULL, counts, 1, 1), (void)0);
}

/* ==== Activation ==== */

static void activation_by_hand_is_right(void **state) {
    (void)state;
    const float h[] = {0, 2, 1, 3, 0, 0, 0, 0, 0, 1, 1, 0, -3, -1, -2};
    const int32_t classes[] = {0, 1, 1, 0, 1};
    size_t counts[3 * 2], silent;
    assert_ok(fa_activation_counts(counts, &silent, h, 5, 3, classes, 2));
    assert_memory_equal(counts, ((const size_t[]){1, 1, 1, 1, 0, 0}), sizeof counts);
    assert_int_equal(silent, 1);
}

static void activation_is_numpys(void **state) {
    (void)state;
    const sample *s = read_sample();
    size_t counts[COLUMNS * CLASSES], silent;
    const size_t wanted[] = {23, 4, 3, 3, 22, 6, 3, 2, 27, 2, 3, 7, 3, 6, 3};
    assert_ok(fa_activation_counts(counts, &silent, s->x, ROWS, COLUMNS, s->classes, CLASSES));
    assert_memory_equal(counts, wanted, sizeof wanted);
    assert_int_equal(silent, 3);
}

static void activation_of_one_unit_counts_all(void **state) {
    (void)state;
    size_t counts[1], silent = 9;
    assert_ok(fa_activation_counts(counts, &silent, (const float[]){0, 0}, 2, 1,
                                   (const int32_t[]){0, 0}, 1));
    assert_int_equal(counts[0], 2);
    assert_int_equal(silent, 0);
}

static void activation_bad_input_is_an_error(void **state) {
    (void)state;
    float h[] = {1, 2};
    const int32_t classes[] = {0};
    size_t counts[2] = {5, 5};
    assert_fails(fa_activation_counts(NULL, NULL, h, 1, 2, classes, 1), FA_E_ARGUMENT, "counts");
    assert_fails(fa_activation_counts(counts, NULL, NULL, 1, 2, classes, 1), FA_E_ARGUMENT, "h is");
    assert_fails(fa_activation_counts(counts, NULL, h, 1, 2, NULL, 1), FA_E_ARGUMENT, "classes is");
    assert_fails(fa_activation_counts(counts, NULL, h, 1, 0, classes, 1), FA_E_SHAPE, "0 units");
    assert_fails(fa_activation_counts(counts, NULL, h, 1, 2, (const int32_t[]){1}, 1), FA_E_LABEL,
                 "row 0");
    h[1] = INFINITY;
    assert_fails(fa_activation_counts(counts, NULL, h, 1, 2, classes, 1), FA_E_NONFINITE,
                 "h[0, 1]");
    assert_int_equal(counts[0], 5);
}

/* ==== Sweep ==== */

enum { BLOBS = 5, BLOB_ROWS = 300 };

/* Five tight heaps on the corners of a simplex, by a small congruential generator. */
static float *heaps(int32_t *classes) {
    static float x[BLOB_ROWS * BLOBS];
    uint64_t draw = 1;
    for (size_t i = 0; i < BLOB_ROWS; i++) {
        classes[i] = (int32_t)(i % BLOBS);
        for (size_t c = 0; c < BLOBS; c++) {
            draw = draw * 6364136223846793005u + 1442695040888963407u;
            x[i * BLOBS + c] = (float)(draw >> 40) / (float)(1 << 24) + (c == i % BLOBS ? 5 : 0);
        }
    }
    return x;
}

static fa_sweep_options small_sweep(void) {
    fa_sweep_options options = fa_sweep_options_default();
    options.k_high = 8;
    return options;
}

static void sweep_finds_five_heaps_and_is_sure(void **state) {
    (void)state;
    int32_t classes[BLOB_ROWS];
    const float *x = heaps(classes);
    fa_sweep_options options = small_sweep();
    fa_sweep_row rows[7];
    fa_sweep_choice choice;
    assert_ok(fa_sweep_run(rows, x, BLOB_ROWS, BLOBS, classes, &options));
    assert_ok(fa_sweep_choose(&choice, rows, 7, 2));
    assert_int_equal(choice.k, BLOBS);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_HIGH);
    assert_non_null(strstr(choice.why, "k = 5, sure"));
    const fa_sweep_row *five = &rows[3];
    assert_int_equal(five->k, 5);
    assert_near(five->stability, 1, 0);
    assert_near(five->stability_deviation, 0, 1e-9);
    assert_near(five->ami_high, 1, 0);
    for (size_t i = 0; i < 7; i++) {
        assert_true(rows[i].ami_low <= rows[i].ami + 1e-12); /* a mean is rounded */
        assert_true(rows[i].ami <= rows[i].ami_high + 1e-12);
        assert_true(i == 0 || rows[i].inertia < rows[i - 1].inertia);
    }
}

/* With all rows in the silhouette and restarts that agree, both are what the single functions
 * say. */
static void sweep_agrees_with_the_single_functions(void **state) {
    (void)state;
    int32_t classes[BLOB_ROWS], clusters[BLOB_ROWS];
    const float *x = heaps(classes);
    fa_sweep_options options = small_sweep();
    options.k_low = options.k_high = 5;
    fa_sweep_row row;
    fa_kmeans_options how = fa_kmeans_options_default();
    double inertia, silhouette;
    how.k = 5;
    assert_ok(fa_sweep_run(&row, x, BLOB_ROWS, BLOBS, NULL, &options));
    assert_ok(fa_kmeans_fit(NULL, clusters, &inertia, x, BLOB_ROWS, BLOBS, &how));
    assert_ok(fa_score_silhouette(&silhouette, x, BLOB_ROWS, BLOBS, clusters, 5));
    assert_near(row.inertia, inertia / BLOB_ROWS, 1e-9);
    assert_near(row.silhouette, silhouette, 1e-6); /* distances are kept in float32 */
    assert_true(isnan(row.ami) && isnan(row.ami_low) && isnan(row.ami_high));
}

static void sweep_same_seed_same_bytes_whatever_the_threads(void **state) {
    (void)state;
    int32_t classes[BLOB_ROWS];
    const float *x = heaps(classes);
    fa_sweep_options options = small_sweep();
    options.rows = 200; /* a draw */
    fa_sweep_row one[7], four[7], other[7];
    fa_threads_set(1);
    assert_ok(fa_sweep_run(one, x, BLOB_ROWS, BLOBS, classes, &options));
    fa_threads_set(4);
    assert_ok(fa_sweep_run(four, x, BLOB_ROWS, BLOBS, classes, &options));
    assert_memory_equal(one, four, sizeof one);
    options.seed = 1;
    assert_ok(fa_sweep_run(other, x, BLOB_ROWS, BLOBS, classes, &options));
    fa_threads_set(0);
    assert_true(memcmp(one, other, sizeof one) != 0);
}

static void sweep_of_equal_rows_is_not_sure(void **state) {
    (void)state;
    const float x[40] = {0};
    fa_sweep_options options = small_sweep();
    fa_sweep_row rows[7];
    fa_sweep_choice choice;
    assert_ok(fa_sweep_run(rows, x, 40, 1, NULL, &options));
    assert_ok(fa_sweep_choose(&choice, rows, 7, 0));
    assert_int_equal(choice.confidence, FA_CONFIDENCE_LOW);
    assert_near(rows[0].silhouette, 0, 0);
}

static void sweep_bad_options_are_errors(void **state) {
    (void)state;
    float x[40] = {0};
    fa_sweep_row rows[32];
    fa_sweep_options o = small_sweep();
    rows[0].k = 77;
    assert_fails(fa_sweep_run(NULL, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "rows is NULL");
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, NULL), FA_E_ARGUMENT, "options is NULL");
    assert_fails(fa_sweep_run(rows, NULL, 40, 1, NULL, &o), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_sweep_run(rows, x, 0, 1, NULL, &o), FA_E_SHAPE, "0 x 1");
    o.k_high = 33; /* of 40 rows a subsample has 32 */
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "2 to 32");
    o.k_high = 1;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "from 2 to 1");
    o.k_high = 3, o.k_low = 1;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "from 1 to 3");
    o = small_sweep(), o.share = (double)NAN;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "share");
    o.share = 0.5;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "share");
    o = small_sweep(), o.restarts = 1;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "2 to 1000");
    o = small_sweep(), o.subsamples = 1001;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_ARGUMENT, "got 5 and 1001");
    o = small_sweep();
    x[3] = NAN;
    assert_fails(fa_sweep_run(rows, x, 40, 1, NULL, &o), FA_E_NONFINITE, "x[3, 0]");
    assert_int_equal(rows[0].k, 77);
}

static void sweep_without_memory_fails_cleanly(void **state) {
    (void)state;
    int32_t classes[BLOB_ROWS];
    const float *x = heaps(classes);
    fa_sweep_row rows[2];
    fa_sweep_options o = small_sweep();
    o.k_high = 3, o.restarts = 2, o.subsamples = 2;
    fa_threads_set(1);
    assert_survives_nomem(fa_sweep_run(rows, x, 50, BLOBS, classes, &o), (void)0);
    fa_threads_set(0);
}

/* ==== Choice ==== */

static void choice_takes_the_largest_product(void **state) {
    (void)state;
    /* 0.80 * 1.00 of k = 2 is out of the question beyond 2; then .6 * .95 against .7 * .5. */
    const fa_sweep_row rows[] = {{.k = 2, .silhouette = 0.8, .stability = 1},
                                 {.k = 3, .silhouette = 0.6, .stability = 0.95},
                                 {.k = 4, .silhouette = 0.7, .stability = 0.5},
                                 {.k = 5, .silhouette = -0.5, .stability = -0.9}};
    fa_sweep_choice choice;
    assert_ok(fa_sweep_choose(&choice, rows, 4, 0));
    assert_int_equal(choice.k, 2);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_HIGH);
    assert_ok(fa_sweep_choose(&choice, rows, 4, 2));
    assert_int_equal(choice.k, 3);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_MEDIUM);
    assert_non_null(strstr(choice.why, "are apart (silhouette 0.60)"));
    assert_non_null(strstr(choice.why, "the same on other parts of the data (mean ARI 0.95)"));
}

static void choice_of_a_weak_structure_is_not_sure(void **state) {
    (void)state;
    const fa_sweep_row rows[] = {{.k = 3, .silhouette = 0.45, .stability = 1},
                                 {.k = 4, .silhouette = 0.1, .stability = 1}};
    fa_sweep_choice choice;
    assert_ok(fa_sweep_choose(&choice, rows, 2, 0));
    assert_int_equal(choice.k, 3);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_LOW);
    assert_non_null(strstr(choice.why, "weakly apart (silhouette 0.45)"));
}

static void choice_with_a_rival_or_at_the_end_is_not_sure(void **state) {
    (void)state;
    const fa_sweep_row rival[] = {{.k = 3, .silhouette = 0.6, .stability = 1},
                                  {.k = 4, .silhouette = 0.58, .stability = 1},
                                  {.k = 5, .silhouette = 0.1, .stability = 1}};
    const fa_sweep_row end[] = {{.k = 3, .silhouette = 0.3, .stability = 1},
                                {.k = 4, .silhouette = 0.6, .stability = 1}};
    fa_sweep_choice choice;
    assert_ok(fa_sweep_choose(&choice, rival, 3, 0));
    assert_int_equal(choice.k, 3);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_LOW);
    assert_non_null(strstr(choice.why, "not sure"));
    assert_non_null(strstr(choice.why, "k = 4 is as good"));
    assert_ok(fa_sweep_choose(&choice, end, 2, 0));
    assert_int_equal(choice.confidence, FA_CONFIDENCE_LOW);
    assert_non_null(strstr(choice.why, "largest k tried"));
}

static void choice_bad_input_is_an_error(void **state) {
    (void)state;
    const fa_sweep_row rows[] = {{.k = 3, .silhouette = (double)NAN, .stability = 1}};
    fa_sweep_choice choice = {.k = 9};
    assert_fails(fa_sweep_choose(NULL, rows, 1, 0), FA_E_ARGUMENT, "choice is NULL");
    assert_fails(fa_sweep_choose(&choice, NULL, 1, 0), FA_E_ARGUMENT, "rows is NULL");
    assert_fails(fa_sweep_choose(&choice, rows, 1, 0), FA_E_NONFINITE, "k = 3");
    assert_fails(fa_sweep_choose(&choice, rows, 0, 0), FA_E_ARGUMENT, "none of the 0 rows");
    assert_int_equal(choice.k, 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silhouette_by_hand_is_right),
        cmocka_unit_test(silhouette_is_scikit_learns),
        cmocka_unit_test(silhouette_degenerate_is_zero),
        cmocka_unit_test(silhouette_does_not_depend_on_threads),
        cmocka_unit_test(silhouette_bad_input_is_an_error),
        cmocka_unit_test(silhouette_without_memory_fails_cleanly),
        cmocka_unit_test(match_by_hand_gives_up_the_obvious_cell),
        cmocka_unit_test(match_is_as_good_as_scipys),
        cmocka_unit_test(match_leaves_what_shares_nothing),
        cmocka_unit_test(match_bad_input_is_an_error),
        cmocka_unit_test(activation_by_hand_is_right),
        cmocka_unit_test(activation_is_numpys),
        cmocka_unit_test(activation_of_one_unit_counts_all),
        cmocka_unit_test(activation_bad_input_is_an_error),
        cmocka_unit_test(sweep_finds_five_heaps_and_is_sure),
        cmocka_unit_test(sweep_agrees_with_the_single_functions),
        cmocka_unit_test(sweep_same_seed_same_bytes_whatever_the_threads),
        cmocka_unit_test(sweep_of_equal_rows_is_not_sure),
        cmocka_unit_test(sweep_bad_options_are_errors),
        cmocka_unit_test(sweep_without_memory_fails_cleanly),
        cmocka_unit_test(choice_takes_the_largest_product),
        cmocka_unit_test(choice_of_a_weak_structure_is_not_sure),
        cmocka_unit_test(choice_with_a_rival_or_at_the_end_is_not_sure),
        cmocka_unit_test(choice_bad_input_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
