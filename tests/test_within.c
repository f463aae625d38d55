/* Clusters within labels: KMeans inside each, and how many each gets. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include "base/memory.h"
#include "base/rng.h"

enum { N = 240, D = 3, L = 4 };

static float x[N * D];
static int32_t labels[N];

/* Blobs on a grid: label y has y + 1 of them (label 2 has no rows), every tenth row has no label.
 */
static int make_rows(void **state) {
    (void)state;
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_SYNTH, 0);
    static const int32_t used[] = {0, 1, 3};
    for (size_t i = 0; i < N; i++) {
        int32_t y = used[i % 3];
        size_t blob = fa__rng_below(&rng, (uint64_t)y + 1);
        for (size_t j = 0; j < D; j++)
            x[i * D + j] = (float)(0.2 * fa__rng_normal(&rng) +
                                   (j == 0 ? 8.0 * y : 4.0 * (double)(blob >> (j - 1) & 1)));
        labels[i] = i % 10 == 9 ? -1 : y;
    }
    return 0;
}

static fa_kmeans_options how(size_t k) {
    fa_kmeans_options options = fa_kmeans_options_default();
    options.k = k;
    options.restarts = 3;
    options.seed = 5;
    return options;
}

static void within_is_kmeans_of_each_label_alone(void **state) {
    (void)state;
    const size_t k_of[L] = {1, 2, 0, 5};
    float centroids[8 * D], alone[5 * D], part[N * D];
    int32_t assignment[N], assigned[N];
    double inertia, one, sum = 0;
    size_t first = 0;
    fa_kmeans_options options = how(0);
    assert_ok(
        fa_kmeans_within(centroids, assignment, &inertia, x, N, D, labels, L, k_of, &options));
    for (int32_t y = 0; y < L; first += k_of[y++]) {
        size_t rows = 0, at = 0;
        if (k_of[y] == 0) continue;
        for (size_t i = 0; i < N; i++)
            if (labels[i] == y) memcpy(part + rows++ * D, x + i * D, D * sizeof *x);
        options.k = k_of[y];
        assert_ok(fa_kmeans_fit(alone, assigned, &one, part, rows, D, &options));
        assert_memory_equal(alone, centroids + first * D, k_of[y] * D * sizeof *alone);
        for (size_t i = 0; i < N; i++)
            if (labels[i] == y) assert_int_equal(assignment[i], (int32_t)first + assigned[at++]);
        sum += one;
    }
    assert_near(inertia, sum, 1e-15);
    assert_ok(fa_kmeans_assign(assigned, NULL, x, N, D, centroids, 8));
    for (size_t i = 9; i < N; i += 10) assert_int_equal(assignment[i], assigned[i]);
}

static void within_one_label_is_kmeans(void **state) {
    (void)state;
    static const int32_t zero[N];
    const size_t six = 6;
    float a[6 * D], b[6 * D];
    int32_t u[N], v[N];
    double p, q;
    fa_kmeans_options options = how(6);
    assert_ok(fa_kmeans_fit(a, u, &p, x, N, D, &options));
    assert_ok(fa_kmeans_within(b, v, &q, x, N, D, zero, 1, &six, &options));
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(u, v, sizeof u);
    assert_near(p, q, 0);
}

static void within_and_share_do_not_depend_on_threads(void **state) {
    (void)state;
    const size_t k_of[L] = {2, 3, 0, 4};
    float centroids[2][9 * D];
    int32_t assignment[2][N];
    size_t shares[2][L];
    fa_kmeans_options options = how(9);
    for (size_t t = 0; t < 2; t++) {
        fa_threads_set(t == 0 ? 1 : 4);
        assert_ok(fa_kmeans_within(centroids[t], assignment[t], NULL, x, N, D, labels, L, k_of,
                                   &options));
        assert_ok(fa_kmeans_share(shares[t], x, N, D, labels, L, &options));
    }
    fa_threads_set(0);
    assert_memory_equal(centroids[0], centroids[1], sizeof centroids[0]);
    assert_memory_equal(assignment[0], assignment[1], sizeof assignment[0]);
    assert_memory_equal(shares[0], shares[1], sizeof shares[0]);
}

/* Label 0: points 0 0 0 0; label 1: 0 0 10 10; label 2: 0 10 30 30 (inertia of k = 1: 0, 100, 675;
 * of 2: 0, 0, 50; of 3: 0, 0, 0). k = 6: the falls in order are 625 (label 2), 100 (label 1), 50
 * (label 2), so g = 1, 2, 3 and e = 2, 2, 2: the mean is 1.5, 2, 2.5, whose halves are a tie that
 * the lower label wins: 2, 2, 2. k = 5: e = 5/3, g = 1, 2, 2: 1 1/3, 1 5/6, 1 5/6: the two of 5/6
 * are rounded up. k = 4: e = 4/3, g = 1, 1, 2: 7/6, 7/6, 5/3. */
static void share_of_a_few_points_is_as_by_hand(void **state) {
    (void)state;
    const float points[] = {0, 0, 0, 0, 0, 0, 10, 10, 0, 10, 30, 30};
    const int32_t of[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    static const size_t wanted[][4] = {
        {3, 1, 1, 1}, {4, 1, 1, 2}, {5, 1, 2, 2}, {6, 2, 2, 2}, {12, 4, 4, 4}};
    for (size_t c = 0; c < sizeof wanted / sizeof *wanted; c++) {
        size_t k_of[3];
        fa_kmeans_options options = how(wanted[c][0]);
        assert_ok(fa_kmeans_share(k_of, points, 12, 1, of, 3, &options));
        for (size_t y = 0; y < 3; y++) assert_int_equal(k_of[y], wanted[c][y + 1]);
    }
}

/* A label of two rows, one of none, one of 40 that are all apart: of 20 clusters the small one gets
 * no more than its rows, and the rest goes to the other. */
static void share_gives_no_label_more_than_its_rows(void **state) {
    (void)state;
    float points[42];
    int32_t of[42];
    size_t k_of[3];
    for (size_t i = 0; i < 42; i++) {
        points[i] = (float)(i * i);
        of[i] = i < 2 ? 2 : 0;
    }
    for (size_t k = 2; k <= 42; k++) {
        fa_kmeans_options options = how(k);
        assert_ok(fa_kmeans_share(k_of, points, 42, 1, of, 3, &options));
        assert_int_equal(k_of[0] + k_of[2], k);
        assert_int_equal(k_of[1], 0);
        assert_in_range(k_of[0], 1, 40);
        assert_in_range(k_of[2], 1, 2);
    }
}

/* Above 16 clusters the inertia is not taken at each number; the shares stay whole and in sum k. */
static void share_of_many_clusters_adds_up(void **state) {
    (void)state;
    size_t k_of[L];
    for (size_t k = 3; k <= 150; k += 21) {
        fa_kmeans_options options = how(k);
        options.restarts = 1;
        assert_ok(fa_kmeans_share(k_of, x, N, D, labels, L, &options));
        assert_int_equal(k_of[0] + k_of[1] + k_of[3], k);
        assert_int_equal(k_of[2], 0);
        assert_true(k_of[0] >= 1 && k_of[1] >= 1 && k_of[3] >= 1);
    }
}

/* Label 3 hides four blobs far apart, label 1 two, label 0 one. */
static void share_gives_more_to_the_label_that_hides_more(void **state) {
    (void)state;
    size_t k_of[L];
    fa_kmeans_options options = how(7);
    assert_ok(fa_kmeans_share(k_of, x, N, D, labels, L, &options));
    assert_true(k_of[3] >= k_of[1] && k_of[1] >= k_of[0]);
    assert_true(k_of[3] >= 3);
}

static void sweep_within_is_that_of_each_label(void **state) {
    (void)state;
    fa_sweep_options options = fa_sweep_options_default();
    fa_sweep_choice choice, one;
    fa_sweep_row rows[19];
    size_t k_of[L], total = 0;
    float part[N * D];
    assert_ok(fa_sweep_within(k_of, &choice, x, N, D, labels, L, &options));
    assert_int_equal(k_of[2], 0);
    assert_int_equal(k_of[3], 4);
    for (int32_t y = 0; y < L; y++) {
        size_t n = 0;
        for (size_t i = 0; i < N; i++)
            if (labels[i] == y) memcpy(part + n++ * D, x + i * D, D * sizeof *x);
        total += k_of[y];
        if (n == 0) continue;
        assert_ok(fa_sweep_run(rows, part, n, D, NULL, &options));
        assert_ok(fa_sweep_choose(&one, rows, 19, 0));
        assert_int_equal(k_of[y], one.k);
        assert_true(choice.confidence <= one.confidence);
    }
    assert_int_equal(choice.k, total);
    assert_non_null(strstr(choice.why, "4 in label 3"));
}

static void sweep_within_of_few_or_equal_rows_is_one(void **state) {
    (void)state;
    const float points[] = {1, 2, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    const int32_t of[] = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    fa_sweep_options options = fa_sweep_options_default();
    fa_sweep_choice choice;
    size_t k_of[2];
    assert_ok(fa_sweep_within(k_of, &choice, points, 13, 1, of, 2, &options));
    assert_int_equal(k_of[0], 1);
    assert_int_equal(k_of[1], 1);
    assert_int_equal(choice.k, 2);
    assert_int_equal(choice.confidence, FA_CONFIDENCE_LOW);
}

/* ==== Numbers for labels ==== */

static void counts_are_those_of_the_text_in_any_order(void **state) {
    (void)state;
    static const char *const names[L] = {"a", "b, c=3", "1", "d e"};
    static const int32_t own[6] = {0, 3, 3, -1, 1, 3};
    static const struct {
        const char *text;
        bool named, known;
        size_t wanted[L];
    } cases[] = {{"a=4,b, c=3=6,1=2,d e=999999999", true, false, {4, 6, 2, 999999999}},
                 {" d e = 1 , 2=2, a=7,b, c=3 = 5", true, false, {7, 5, 2, 1}}, /* 2: by number */
                 {"3=3, 0=1, 1=1", false, true, {1, 1, 0, 3}},
                 {"d e=2, a=1, b, c=3=1", true, true, {1, 1, 0, 2}},
                 {"0=5, 1=6, 2=7, 3=8", false, false, {5, 6, 7, 8}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t k_of[L];
        assert_ok(fa_kmeans_counts(k_of, cases[i].text, cases[i].named ? names : NULL,
                                   cases[i].known ? own : NULL, cases[i].known ? 6 : 0, L));
        assert_memory_equal(k_of, cases[i].wanted, sizeof k_of);
    }
}

static void counts_that_do_not_fit_are_named(void **state) {
    (void)state;
    static const char *const names[3] = {"red", "blue", "green"};
    static const int32_t own[5] = {0, 0, 1, -1, 0}, high[2] = {0, 3}, none[1] = {-1};
    static const char *const no_form[] = {
        "", "a", "a=", "=4", "a=0", "a=4,", "a=4,b", "a=-1", "a=4,b=x", "a=1000000000", "a=1.5"};
    static const struct {
        const char *text;
        const int32_t *labels;
        const char *says;
    } cases[] = {
        {"red=2, bleu=1", own,
         "no coarse label is named 'bleu' (did you mean 'blue'? 3 labels, "
         "from 'red' to 'green')"},
        {"red=2, 3=1", own, "no coarse label is named '3'"},
        {"red=2, 0=1", own, "the coarse label 'red' is there twice"},
        {"red=2", own, "says nothing of the coarse label 'blue'; give each of the 3"},
        {"red=2, blue=1", NULL, "says nothing of the coarse label 'green'"},
        {"red=4, blue=1", own, "the coarse label 'red' has 3 rows, 4 clusters are asked for"},
        {"red=3, blue=1, green=1", own, "no row has the coarse label 'green'; leave it out"}};
    size_t k_of[3] = {7, 7, 7};
    for (size_t i = 0; i < sizeof no_form / sizeof *no_form; i++)
        for (size_t l = 0; l <= 3; l += 3)
            assert_fails(fa_kmeans_counts(l > 0 ? k_of : NULL, no_form[i], NULL, NULL, 0, l),
                         FA_E_ARGUMENT,
                         i < 2 || l == 0 ? "not one number from 1 on for each name" : "");
    assert_ok(fa_kmeans_counts(NULL, "anything=3", NULL, NULL, 0, 0));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(fa_kmeans_counts(k_of, cases[i].text, names, cases[i].labels, 5, 3),
                     FA_E_ARGUMENT, cases[i].says);
    assert_fails(fa_kmeans_counts(k_of, "0=1, 1=9", NULL, own, 5, 3), FA_E_ARGUMENT,
                 "the coarse label '1' has 1 rows, 9");
    assert_fails(fa_kmeans_counts(k_of, "0=1", NULL, high, 2, 3), FA_E_LABEL, "labels[1] is 3");
    assert_fails(fa_kmeans_counts(k_of, "0=1", NULL, none, 1, 3), FA_E_LABEL, "none of the 1 rows");
    assert_fails(fa_kmeans_counts(k_of, "0=1", NULL, own, 0, 3), FA_E_SHAPE, "n is 0");
    assert_fails(fa_kmeans_counts(NULL, "0=1", NULL, own, 5, 3), FA_E_ARGUMENT, "k_of is NULL");
    assert_fails(fa_kmeans_counts(k_of, NULL, NULL, own, 5, 3), FA_E_ARGUMENT, "text is NULL");
    for (size_t y = 0; y < 3; y++) assert_int_equal(k_of[y], 7);
}

static void bad_arguments_are_named(void **state) {
    (void)state;
    size_t k_of[L] = {1, 2, 0, 81}, share[L] = {9, 9, 9, 9};
    int32_t bad[N], none[N], assignment[N] = {77};
    float odd[N * D];
    fa_kmeans_options options = how(5);
    fa_sweep_options sweep = fa_sweep_options_default();
    fa_sweep_choice choice;
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, labels, L, k_of, &options),
                 FA_E_ARGUMENT, "label 3 has 72 rows, 81 clusters");
    k_of[3] = 4, k_of[2] = 1;
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, labels, L, k_of, &options),
                 FA_E_ARGUMENT, "label 2 has 0 rows, 1 clusters");
    k_of[2] = 0, k_of[0] = 0;
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, labels, L, k_of, &options),
                 FA_E_ARGUMENT, "label 0 has 72 rows, 0 clusters");
    k_of[0] = 1;
    memcpy(bad, labels, sizeof bad);
    bad[30] = L;
    for (size_t i = 0; i < N; i++) none[i] = -2;
    memcpy(odd, x, sizeof odd);
    odd[31] = NAN;
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, bad, L, k_of, &options),
                 FA_E_LABEL, "labels[30] is 4");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, none, L, k_of, &options),
                 FA_E_LABEL, "none of the 240 rows");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, odd, N, D, labels, L, k_of, &options),
                 FA_E_NONFINITE, "10");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, NULL, L, k_of, &options),
                 FA_E_ARGUMENT, "labels");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, D, labels, L, NULL, &options),
                 FA_E_ARGUMENT, "k_of");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, N, 0, labels, L, k_of, &options),
                 FA_E_SHAPE, "d is 0");
    assert_fails(fa_kmeans_within(NULL, assignment, NULL, x, 0, D, labels, L, k_of, &options),
                 FA_E_SHAPE, "n is 0");
    assert_int_equal(assignment[0], 77);
    options.k = 2;
    assert_fails(fa_kmeans_share(share, x, N, D, labels, L, &options), FA_E_ARGUMENT,
                 "k is 2, to be shared by 3 labels of 216 rows");
    options.k = 217;
    assert_fails(fa_kmeans_share(share, x, N, D, labels, L, &options), FA_E_ARGUMENT,
                 "it must be 3 to 216");
    options.k = 5;
    assert_fails(fa_kmeans_share(share, x, N, D, bad, L, &options), FA_E_LABEL, "labels[30]");
    assert_fails(fa_kmeans_share(share, odd, N, D, labels, L, &options), FA_E_NONFINITE, "");
    assert_fails(fa_kmeans_share(share, x, N, D, labels, 0, &options), FA_E_ARGUMENT, "l is 0");
    options.max_iterations = 0;
    assert_fails(fa_kmeans_share(share, x, N, D, labels, L, &options), FA_E_ARGUMENT,
                 "max_iterations");
    sweep.k_low = 1;
    assert_fails(fa_sweep_within(share, &choice, x, N, D, labels, L, &sweep), FA_E_ARGUMENT,
                 "k from 1 to 20");
    sweep = fa_sweep_options_default();
    assert_fails(fa_sweep_within(share, &choice, odd, N, D, labels, L, &sweep), FA_E_NONFINITE, "");
    assert_fails(fa_sweep_within(share, NULL, x, N, D, labels, L, &sweep), FA_E_ARGUMENT, "choice");
    for (size_t y = 0; y < L; y++) assert_int_equal(share[y], 9);
}

static void without_memory_all_fail_cleanly(void **state) {
    (void)state;
    const size_t k_of[L] = {1, 2, 0, 2};
    size_t before = fa__memory_live();
    fa_sweep_options sweep = fa_sweep_options_default();
    sweep.k_high = 3;
    for (int which = 0; which < 4; which++) {
        fa_status status = FA_E_NOMEM;
        for (long after = 0; status == FA_E_NOMEM; after++) {
            int32_t assignment[N];
            size_t share[L];
            fa_sweep_choice choice;
            fa_kmeans_options options = how(6);
            options.restarts = 1;
            fa__memory_fail_after(after);
            status = which == 0 ? fa_kmeans_within(NULL, assignment, NULL, x, N, D, labels, L, k_of,
                                                   &options)
                     : which == 1 ? fa_kmeans_share(share, x, N, D, labels, L, &options)
                     : which == 2 ? fa_sweep_within(share, &choice, x, N, D, labels, L, &sweep)
                                  : fa_kmeans_counts(share, "0=1,1=2,3=3", NULL, labels, N, L);
            fa__memory_fail_after(-1);
            assert_int_equal(fa__memory_live(), before);
        }
        assert_int_equal(status, FA_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_is_kmeans_of_each_label_alone),
        cmocka_unit_test(within_one_label_is_kmeans),
        cmocka_unit_test(within_and_share_do_not_depend_on_threads),
        cmocka_unit_test(share_of_a_few_points_is_as_by_hand),
        cmocka_unit_test(share_gives_no_label_more_than_its_rows),
        cmocka_unit_test(share_of_many_clusters_adds_up),
        cmocka_unit_test(share_gives_more_to_the_label_that_hides_more),
        cmocka_unit_test(sweep_within_is_that_of_each_label),
        cmocka_unit_test(sweep_within_of_few_or_equal_rows_is_one),
        cmocka_unit_test(counts_are_those_of_the_text_in_any_order),
        cmocka_unit_test(counts_that_do_not_fit_are_named),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(without_memory_all_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
