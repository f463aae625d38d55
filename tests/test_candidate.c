/* What is measured of a space without hidden classes. */
#include "discover_cases.h"

#include "base/memory.h"
#include "discover/candidate.h"

#include <math.h>
#include <string.h>

static void judge(fa_candidate *c, const fa_dataset *data, fa_within within) {
    fa__judged judged = {.k = KINDS, .seed = 1};
    fa__rows raw = {0};
    assert_ok(
        fa__judged_open(&judged, data, N, NULL, fa_dataset_coarse(data), fa_dataset_classes(data)));
    assert_int_equal(judged.n, N);
    assert_int_equal(judged.l, 2);
    assert_ok(fa__rows_of_input(&raw, &judged, NULL));
    *c = (fa_candidate){.within = within};
    assert_ok(fa__candidate_judge(c, &judged, &raw));
    fa__rows_free(&raw);
    fa__judged_close(&judged);
}

/* Kinds far apart are found by each half; of one cloud each half makes pieces of its own. */
static void signals_tell_kinds_from_a_cloud(void **state) {
    (void)state;
    for (int within = 0; within < 2; within++) {
        fa_candidate apart, cloud;
        fa_dataset *sets[] = {blobs(0.1), blobs(1000)};
        judge(&apart, sets[0], (fa_within)within);
        judge(&cloud, sets[1], (fa_within)within);
        assert_float_equal(apart.agreement, 1, 1e-12);
        assert_float_equal(apart.ami, 1, 1e-12);
        assert_true(apart.silhouette > 0.9);
        assert_true(cloud.agreement < 0.6 && cloud.silhouette < 0.5);
        assert_true(isnan(apart.views) && apart.stability == apart.agreement);
        fa_dataset_free(sets[0]);
        fa_dataset_free(sets[1]);
    }
}

/* Rows at 0, 1, 3, 7: their nearest are 1, 0, 1, 3, their second 3, 3, 0, 1, their third 7, 7, 7, 0.
 * AMI_max of the clusters 0 0 1 1 with 0 0 0 1, 1 1 0 0 and 1 1 1 0 is 0, 1 and 0 by
 * scikit-learn. */
static void consistency_is_that_of_the_nearest(void **state) {
    (void)state;
    float x[] = {0, 1, 3, 7};
    const int32_t told[] = {0, 0, 1, 1, 0, 0, 1, 1};
    fa__judged judged = {.n = 4, .k = 2};
    const fa__rows form = {.d = 1, .x = x};
    fa_candidate c[2] = {{.within = FA_WITHIN_NONE, .consistency = (double)NAN},
                         {.within = FA_WITHIN_GIVEN, .consistency = (double)NAN}};
    assert_ok(fa__judged_nearest(&judged, &form, NULL));
    assert_ok(FA_NEW(judged.told, 8));
    memcpy(judged.told, told, sizeof told);
    judged.count = 2;
    assert_ok(fa__judged_consistency(c, &judged, FA_WITHIN_NONE));
    assert_float_equal(c[0].consistency, 1.0 / 3, 1e-12);
    assert_true(isnan(c[1].consistency));
    fa__judged_close(&judged);
}

/* What is far apart holds its nearest together, one cloud in pieces less so; labels of their own. */
static void consistency_tells_kinds_from_a_cloud(void **state) {
    (void)state;
    double found[2];
    for (int i = 0; i < 2; i++) {
        fa_dataset *data = blobs(i == 0 ? 0.1 : 1000);
        fa__judged judged = {.k = KINDS, .seed = 1};
        fa__rows raw = {0};
        fa_candidate c = {.within = FA_WITHIN_GIVEN};
        assert_ok(fa__judged_open(&judged, data, N, NULL, fa_dataset_coarse(data), NULL));
        assert_ok(fa__rows_of_input(&raw, &judged, NULL));
        assert_ok(fa__candidate_judge(&c, &judged, &raw));
        assert_ok(fa__judged_nearest(&judged, &raw, judged.labels));
        assert_ok(fa__judged_consistency(&c, &judged, FA_WITHIN_GIVEN));
        found[i] = c.consistency;
        fa__rows_free(&raw);
        fa__judged_close(&judged);
        fa_dataset_free(data);
    }
    assert_float_equal(found[0], 1, 1e-12);
    assert_true(found[1] > 0.2 && found[1] < 0.9);
}

/* The same rows by another seed, between columns of its own. */
static void seeds_may_differ_in_their_width(void **state) {
    (void)state;
    fa_dataset *data = blobs(0.1);
    for (int within = 0; within < 2; within++) {
        fa__judged judged = {.k = KINDS, .seed = 1};
        fa__rows rows = {0};
        fa_candidate c = {.within = (fa_within)within, .training = "plain"};
        assert_ok(fa__judged_open(&judged, data, N, NULL, fa_dataset_coarse(data), NULL));
        assert_ok(fa__rows_of_input(&rows, &judged, NULL));
        rows.other_d = D + 2;
        assert_ok(FA_NEW_ZERO(rows.other, N * (D + 2)));
        for (size_t i = 0; i < N * D; i++) rows.other[i / D * (D + 2) + 1 + i % D] = -rows.x[i];
        assert_ok(fa__candidate_judge(&c, &judged, &rows));
        assert_float_equal(c.agreement, 1, 1e-12);
        fa__rows_free(&rows);
        fa__judged_close(&judged);
    }
    fa_dataset_free(data);
}

/* The 5 nearest are all others but the farthest: the four a see three a and a b or two, both b three a
 * and a b; the row without a label has no vote and is not asked. */
static void nearest_rows_vote_for_a_label(void **state) {
    (void)state;
    float x[] = {0, 1, 2, 3, 4, 5, 5.5f};
    int32_t labels[] = {0, 0, 0, 0, -1, 1, 1};
    fa__judged judged = {.n = 7, .labels = labels, .l = 2};
    const fa__rows rows = {.d = 1, .x = x};
    double share;
    assert_ok(fa__judged_vote(&share, &judged, &rows));
    assert_float_equal(share, 4.0 / 6, 1e-12);
    labels[4] = 1; /* the a at 3 sees three b, every b still three a */
    assert_ok(fa__judged_vote(&share, &judged, &rows));
    assert_float_equal(share, 3.0 / 7, 1e-12);
    judged.labels = NULL;
    assert_ok(fa__judged_vote(&share, &judged, &rows));
    assert_true(isnan(share));
}

static void memory_that_runs_out_leaves_nothing_behind(void **state) {
    (void)state;
    fa_dataset *data = blobs(1);
    size_t live = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    for (long after = 0; status == FA_E_NOMEM; after++) {
        fa__judged judged = {.k = KINDS, .seed = 1};
        fa__rows raw = {0};
        fa_candidate c = {.within = FA_WITHIN_GIVEN};
        fa__memory_fail_after(after);
        status = fa__judged_open(&judged, data, N, NULL, fa_dataset_coarse(data),
                                 fa_dataset_classes(data));
        if (status == FA_OK) status = fa__rows_of_input(&raw, &judged, NULL);
        if (status == FA_OK) status = fa__candidate_judge(&c, &judged, &raw);
        if (status == FA_OK) status = fa__judged_nearest(&judged, &raw, judged.labels);
        if (status == FA_OK) status = fa__judged_consistency(&c, &judged, FA_WITHIN_GIVEN);
        if (status == FA_OK) status = fa__judged_vote(&c.vote, &judged, &raw);
        fa__memory_fail_after(-1);
        fa__rows_free(&raw);
        fa__judged_close(&judged);
        assert_int_equal(fa__memory_live(), live);
    }
    assert_ok(status);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_tell_kinds_from_a_cloud),
        cmocka_unit_test(consistency_is_that_of_the_nearest),
        cmocka_unit_test(consistency_tells_kinds_from_a_cloud),
        cmocka_unit_test(seeds_may_differ_in_their_width),
        cmocka_unit_test(nearest_rows_vote_for_a_label),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
