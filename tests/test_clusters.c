/* What a run keeps of its clusters, and rows that are given to them. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "train_runs.h"

#include "base/eigen.h"
#include "cluster/borders.h"
#include "model/clusters.h"

#include <math.h>

/* ==== Borders ==== */

static void borders_on_a_line_are_as_by_hand(void **state) {
    (void)state;
    const float x[] = {1, 4, 5, 10};
    const double centres[] = {0, 100, 10};
    const size_t sizes[] = {2, 0, 1}; /* the one at 100 has no rows: it borders on nothing */
    int32_t own[] = {-1, -1, -1, 2};
    double distance[4], confidence[4];
    fa__borders(distance, confidence, own, x, 4, 1, centres, sizes, 3);
    const int32_t wanted[] = {0, 0, 0, 2}; /* 5 is as near to both: the lower */
    assert_memory_equal(own, wanted, sizeof wanted);
    const double far[] = {1, 4, 5, 0}, sure[] = {1 - 1.0 / 9, 1 - 4.0 / 6, 0, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_near(distance[i], far[i], 0);
        assert_near(confidence[i], sure[i], 1e-15);
    }
}

static void borders_of_one_cluster_are_nowhere(void **state) {
    (void)state;
    const float x[] = {3};
    const double centre[] = {1};
    const size_t size[] = {1};
    int32_t own[] = {-1};
    double distance, confidence;
    fa__borders(&distance, &confidence, own, x, 1, 1, centre, size, 1);
    assert_int_equal(own[0], 0);
    assert_near(distance, 2, 0);
    assert_near(confidence, 1, 0);
}

/* ==== Of a run ==== */

typedef struct rows {
    float *h;
    int32_t *clusters;
    size_t n, d;
} rows;

static rows rows_of(const char *run) {
    rows r;
    assert_ok(fa_matrix_read(&r.h, &r.n, &r.d, in_run(run, "embeddings.npy")));
    assert_ok(fa_labels_read(&r.clusters, &r.n, in_run(run, "clusters.npy")));
    return r;
}

static void free_rows(rows r) {
    fa_free(r.h);
    fa_free(r.clusters);
}

static fa_train_result train_with(fa_recipe *recipe, const char *key, const char *value) {
    fa_train_result result;
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    if (key != NULL) assert_ok(fa_recipe_set(recipe, key, value));
    assert_ok(train_into(recipe, path_of("run"),
                         &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1},
                         &result));
    return result;
}

static void assign_of_the_rows_of_a_run_is_what_it_wrote(void **state) {
    (void)state;
    static const char *const spaces[] = {"none",
                                         "unit",
                                         "standard",
                                         "whiten",
                                         "whiten-unit",
                                         "half-whiten-unit",
                                         "root-half-whiten-unit"};
    for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++) {
        fa_recipe *recipe = small_recipe();
        fa_clusters *clusters;
        train_with(recipe, "cluster.transform", spaces[s]);
        rows r = rows_of("run");
        int32_t again[TEST_SAMPLES];
        assert_ok(fa_clusters_open(&clusters, path_of("run")));
        assert_int_equal(fa_clusters_count(clusters), 10);
        assert_int_equal(fa_clusters_layer(clusters), 0);
        assert_ok(fa_clusters_assign(again, NULL, NULL, clusters, r.h, r.n, r.d, NULL));
        assert_memory_equal(again, r.clusters, sizeof again);
        fa_clusters_free(clusters);
        free_rows(r);
        fa_recipe_free(recipe);
    }
}

/* Against means taken here: a converged KMeans has them as its centres, to float32. */
static void assign_measures_from_the_means_of_the_clusters(void **state) {
    (void)state;
    enum { K = 10 };
    fa_recipe *recipe = small_recipe();
    fa_clusters *clusters;
    train_with(recipe, NULL, NULL);
    rows r = rows_of("run");
    double distance[TEST_SAMPLES], confidence[TEST_SAMPLES], means[K][8] = {{0}}, size[K] = {0};
    int32_t again[TEST_SAMPLES];
    assert_int_equal(r.d, 8);
    for (size_t i = 0; i < r.n; i++) {
        size[r.clusters[i]]++;
        for (size_t j = 0; j < 8; j++) means[r.clusters[i]][j] += (double)r.h[i * 8 + j];
    }
    assert_ok(fa_clusters_open(&clusters, path_of("run")));
    assert_ok(fa_clusters_assign(again, distance, confidence, clusters, r.h, r.n, r.d, NULL));
    for (size_t i = 0; i < r.n; i++) {
        double away[K], next = HUGE_VAL;
        for (size_t c = 0; c < K; c++) {
            away[c] = 0;
            for (size_t j = 0; j < 8; j++)
                away[c] += pow((double)r.h[i * 8 + j] - means[c][j] / size[c], 2);
            if (size[c] > 0 && (int32_t)c != again[i] && away[c] < next) next = away[c];
        }
        assert_near(distance[i], sqrt(away[again[i]]), 1e-5);
        assert_near(confidence[i], 1 - sqrt(away[again[i]] / next), 1e-4);
    }
    fa_clusters_free(clusters);
    free_rows(r);
    fa_recipe_free(recipe);
}

static void space_of_the_clusters_is_that_of_the_transform(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_clusters *clusters;
    train_with(recipe, "cluster.transform", "unit");
    rows r = rows_of("run");
    float x[TEST_SAMPLES * 8];
    assert_ok(fa_clusters_open(&clusters, path_of("run")));
    assert_int_equal(fa_clusters_columns(clusters), 8);
    assert_ok(fa_clusters_space(x, clusters, r.h, r.n, r.d));
    for (size_t i = 0; i < r.n; i++) {
        double length = 0;
        for (size_t j = 0; j < 8; j++) length += pow((double)r.h[i * 8 + j], 2);
        for (size_t j = 0; j < 8; j++)
            assert_near(x[i * 8 + j], length > 0 ? (double)r.h[i * 8 + j] / sqrt(length) : 0, 1e-6);
    }
    fa_clusters_free(clusters);
    free_rows(r);
    fa_recipe_free(recipe);
}

static void assign_refuses_rows_of_another_layer(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_clusters *clusters;
    train_with(recipe, "cluster.layer", "1");
    const float h[8] = {0};
    const float bad[16] = {0, NAN};
    int32_t one = 7;
    assert_ok(fa_clusters_open(&clusters, path_of("run")));
    assert_int_equal(fa_clusters_layer(clusters), 1);
    assert_fails(fa_clusters_assign(&one, NULL, NULL, clusters, h, 1, 8, NULL), FA_E_SHAPE,
                 "16 columns");
    float row[16];
    assert_fails(fa_clusters_space(row, clusters, h, 1, 8), FA_E_SHAPE, "16 columns");
    assert_fails(fa_clusters_space(row, NULL, h, 1, 16), FA_E_ARGUMENT, "clusters is NULL");
    assert_fails(fa_clusters_assign(&one, NULL, NULL, clusters, bad, 1, 16, NULL), FA_E_NONFINITE,
                 "");
    assert_fails(fa_clusters_assign(&one, NULL, NULL, clusters, h, 0, 16, NULL), FA_E_SHAPE, "");
    assert_fails(fa_clusters_assign(NULL, NULL, NULL, clusters, h, 1, 16, NULL), FA_E_ARGUMENT,
                 "NULL");
    assert_int_equal(one, 7);
    fa_clusters_free(clusters);
    fa_clusters_free(NULL);
    fa_recipe_free(recipe);
}

static void open_names_what_is_wrong_with_the_file(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_clusters *clusters = NULL;
    unsigned char *bytes;
    size_t size;
    train_with(recipe, "cluster.transform", "standard");
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "clusters.safetensors")));
    for (size_t cut = 0; cut < size; cut += cut < 16 ? 1 : 37) {
        FILE *file = fopen(in_run("run", "clusters.safetensors"), "wb");
        assert_int_equal(fwrite(bytes, 1, cut, file), cut);
        fclose(file);
        assert_fails(fa_clusters_open(&clusters, path_of("run")), FA_E_FORMAT,
                     "clusters.safetensors");
    }
    fa__free(bytes);
    assert_int_equal(
        rename(in_run("run", "model.safetensors"), in_run("run", "clusters.safetensors")), 0);
    assert_fails(fa_clusters_open(&clusters, path_of("run")), FA_E_FORMAT, "no clusters of a run");
    unlink(in_run("run", "clusters.safetensors"));
    assert_fails(fa_clusters_open(&clusters, path_of("run")), FA_E_IO, "train --resume");
    assert_fails(fa_clusters_open(&clusters, path_of("nowhere")), FA_E_IO, "nowhere");
    assert_fails(fa_clusters_open(NULL, path_of("run")), FA_E_ARGUMENT, "NULL");
    assert_null(clusters);
    fa_recipe_free(recipe);
}

static void open_and_assign_without_memory_fail_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    train_with(recipe, "cluster.transform", "standard");
    rows r = rows_of("run");
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    for (long after = 0; status == FA_E_NOMEM; after++) {
        fa_clusters *clusters = NULL;
        int32_t again[TEST_SAMPLES];
        fa__memory_fail_after(after);
        status = fa_clusters_open(&clusters, path_of("run"));
        if (status == FA_OK)
            status = fa_clusters_assign(again, NULL, NULL, clusters, r.h, r.n, r.d, NULL);
        fa__memory_fail_after(-1);
        fa_clusters_free(clusters);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_int_equal(status, FA_OK);
    free_rows(r);
    fa_recipe_free(recipe);
}

/* ==== How many, and of what ==== */

static void train_chooses_k_when_told_auto(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_train_result result = train_with(recipe, "cluster.k", "auto");
    fa_sweep_options how = fa_sweep_options_default();
    fa_sweep_row swept[19];
    fa_sweep_choice choice;
    rows r = rows_of("run");
    assert_true(result.has_choice);
    assert_ok(fa_sweep_run(swept, r.h, r.n, r.d, NULL, &how));
    assert_ok(fa_sweep_choose(&choice, swept, 19, 2));
    assert_int_equal(result.choice.k, choice.k);
    assert_int_equal(result.scores.k, choice.k);
    assert_string_equal(result.choice.why, choice.why);
    assert_true(choice.k > 2);
    free_rows(r);
    fa_recipe_free(recipe);
}

static void train_refuses_to_choose_among_few_rows(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    assert_ok(fa_recipe_set(recipe, "cluster.k", "auto"));
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    assert_ok(fa_recipe_set(recipe, "data.limit", "20"));
    assert_fails(train_into(recipe, path_of("few"), NULL, NULL), FA_E_ARGUMENT,
                 "2 rows are too few");
    assert_fails(fa_recipe_set(recipe, "cluster.k", "Auto"), FA_E_RECIPE, ", auto, or as");
    assert_fails(fa_recipe_set(recipe, "cluster.k", "2.5"), FA_E_RECIPE, "whole number");
    assert_false(fa__is_folder(path_of("few")));
    fa_recipe_free(recipe);
}

static void train_clusters_all_rows_in_order(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    assert_ok(fa_recipe_set(recipe, "cluster.rows", "all"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_RECIPE, "data.test = ");
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    fa_train_result result = train_with(recipe, NULL, NULL);
    int32_t *samples, *classes;
    size_t n, m;
    fa_dataset *train;
    assert_int_equal(result.scores.n, TRAIN_SAMPLES);
    assert_ok(fa_dataset_read(&train, path_of("train.npz"), NULL));
    assert_ok(fa_labels_read(&samples, &n, in_run("run", "rows.npy")));
    assert_ok(fa_labels_read(&classes, &m, in_run("run", "classes.npy")));
    assert_int_equal(n, TRAIN_SAMPLES);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(samples[i], i);
        assert_int_equal(classes[i], fa_dataset_classes(train)[i]);
    }
    fa_report_result report;
    const char *run = path_of("run");
    assert_ok(fa_report_write(
        &report, &run, 1,
        &(fa_report_options){.size = sizeof(fa_report_options), .gnuplot = "no-such-gnuplot"}));
    fa_free(samples);
    fa_free(classes);
    fa_dataset_free(train);
    fa_recipe_free(recipe);
}

/* ==== The plan ==== */

static int keep_plan(void *user, const fa_plan *plan) {
    *(fa_plan *)user = *plan;
    return 1;
}

/* Parameters by hand: an LSTM has 4 (units inputs + units units + units), a linear layer
 * units inputs + units. */
static void plan_counts_what_would_be_trained(void **state) {
    (void)state;
    static fa_plan plan;
    fa_recipe *recipe = small_recipe();
    const fa_train_options how = {
        .size = sizeof(fa_train_options), .plan = keep_plan, .user = &plan};
    assert_fails(train_into(recipe, path_of("dry"), &how, NULL), FA_E_STOPPED,
                 "nothing was written");
    assert_false(fa__is_folder(path_of("dry")));
    assert_int_equal(plan.fit, TRAIN_SAMPLES - TRAIN_SAMPLES / 10);
    assert_int_equal(plan.validation, TRAIN_SAMPLES / 10);
    assert_int_equal(plan.clustered, TEST_SAMPLES);
    assert_int_equal(plan.clusters, 10);
    assert_int_equal(plan.coarse_labels, 2);
    assert_int_equal(plan.n_layers, 3);
    const size_t parameters[] = {4 * (16 * 4 + 16 * 16 + 16), 8 * 16 + 8, 8 + 1};
    const char *const texts[] = {"lstm 16", "linear 8 relu target", "linear out"};
    const char *const makes[] = {"16", "8", "1"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(plan.layers[i].text, texts[i]);
        assert_string_equal(plan.layers[i].makes, makes[i]);
        assert_int_equal(plan.layers[i].parameters, parameters[i]);
        assert_int_equal(plan.layers[i].target, i == 1);
    }
    assert_string_equal(plan.takes, "steps x 4");
    assert_int_equal(plan.parameters, parameters[0] + parameters[1] + parameters[2]);
    fa_recipe_free(recipe);
}

/* ==== The table ==== */

static const char *colour(const void *user, int32_t label, char scratch[80]) {
    (void)user;
    (void)scratch;
    return label == 0 ? "red, or \"so\"" : NULL;
}

static void table_of_clusters_is_as_by_hand(void **state) {
    (void)state;
    const int32_t samples[] = {4, 9, 1}, coarse[] = {0, -1, 2}, clusters[] = {1, 0, 1};
    const int32_t classes[] = {5, 6, -7};
    const double distance[] = {0.5, 2, 0}, confidence[] = {0.25, 0, 1};
    fa_cluster_table table = {.n = 3,
                              .samples = samples,
                              .coarse = coarse,
                              .clusters = clusters,
                              .distance = distance,
                              .confidence = confidence,
                              .classes = classes,
                              .coarse_name = colour};
    unsigned char *bytes;
    size_t size;
    assert_ok(fa_clusters_write_csv(path_of("t.csv"), &table));
    assert_ok(fa__file_read(&bytes, &size, path_of("t.csv")));
    assert_string_equal((const char *)bytes, "row,sample,coarse,cluster,distance,confidence,class\n"
                                             "0,4,\"red, or \"\"so\"\"\",1,0.5,0.2500,5\n"
                                             "1,9,,0,2,0.0000,6\n"
                                             "2,1,2,1,0,1.0000,-7\n");
    fa__free(bytes);
    table.classes = NULL;
    table.samples = NULL;
    assert_ok(fa_clusters_write_csv(path_of("t.csv"), &table));
    assert_ok(fa__file_read(&bytes, &size, path_of("t.csv")));
    assert_non_null(strstr((const char *)bytes, "confidence\n"));
    assert_non_null(strstr((const char *)bytes, "\n1,1,,0,2,0.0000\n"));
    fa__free(bytes);
    assert_fails(fa_clusters_write_csv(path_of("no/t.csv"), &table), FA_E_IO, "no/t.csv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders_on_a_line_are_as_by_hand),
        cmocka_unit_test(borders_of_one_cluster_are_nowhere),
        cmocka_unit_test_setup(assign_of_the_rows_of_a_run_is_what_it_wrote, make_data),
        cmocka_unit_test_setup(assign_measures_from_the_means_of_the_clusters, make_data),
        cmocka_unit_test_setup(space_of_the_clusters_is_that_of_the_transform, make_data),
        cmocka_unit_test_setup(assign_refuses_rows_of_another_layer, make_data),
        cmocka_unit_test_setup(open_names_what_is_wrong_with_the_file, make_data),
        cmocka_unit_test_setup(open_and_assign_without_memory_fail_cleanly, make_data),
        cmocka_unit_test_setup(train_chooses_k_when_told_auto, make_data),
        cmocka_unit_test_setup(train_refuses_to_choose_among_few_rows, make_data),
        cmocka_unit_test_setup(train_clusters_all_rows_in_order, make_data),
        cmocka_unit_test_setup(plan_counts_what_would_be_trained, make_data),
        cmocka_unit_test_setup(table_of_clusters_is_as_by_hand, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
