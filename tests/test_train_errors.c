/* Runs that cannot be: each refusal says what to change, leaves no half file and no memory behind.
 */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "base/eigen.h"
#include "data/dataset.h"

/* Training with one key changed fails like this and leaves nothing in the run folder but, maybe,
 * the recipe. */
static void assert_refused(const char *key, const char *value, fa_status status, const char *text) {
    fa_recipe *recipe = recipe_with(key, value);
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), status, text);
    assert_no_temporaries(path_of("run"));
    assert_false(fa__file_exists(in_run("run", "model.safetensors")));
    fa_recipe_free(recipe);
}

static void train_refuses_what_the_recipe_names_wrong(void **state) {
    (void)state;
    size_t before = fa__memory_live();
    assert_refused("data.train", "", FA_E_RECIPE, "data.train is not set");
    assert_refused("data.train", "nowhere.npz", FA_E_IO, "nowhere.npz");
    assert_refused("data.test", "nowhere.npz", FA_E_IO, "nowhere.npz");
    assert_refused("data.groups", "0-9", FA_E_LABEL, "data.groups on data.train");
    assert_refused("data.groups", "0-4 / 5-8", FA_E_LABEL, "9");
    assert_refused("data.groups", "0-4 // 5-9", FA_E_ARGUMENT, "data.groups on data.train");
    assert_refused("data.scale", "1 2", FA_E_RECIPE, "2 factors, but the data have 4 features");
    assert_refused("data.scale", "1 2 3 x", FA_E_RECIPE, "'x' is no number");
    assert_refused("data.scale", "0", FA_E_RECIPE, "factor 1 is 0 or not finite");
    assert_refused("data.scale", "1 1 nan 1", FA_E_RECIPE, "factor 3 is 0 or not finite");
    assert_refused("data.scale", "", FA_E_RECIPE, "0 factors");
    assert_refused("data.limit", "2", FA_E_RECIPE, "at least 2 must be left");
    assert_refused("data.validation", "0.999", FA_E_RECIPE, "at least 2 must be left");
    assert_refused("optimizer.weight_decay", "500", FA_E_RECIPE, "below 500 works");
    assert_refused("data.augment", "flip-crop", FA_E_RECIPE, "data.train holds none");
    assert_refused("network.layers", "lstm 8, linear 4 rlu, linear out", FA_E_RECIPE, "layer 2");
    assert_refused("network.layers", "linear 8, linear out", FA_E_RECIPE, "one vector a sample");
    assert_refused("cluster.k", "1000", FA_E_ARGUMENT, "cluster.k");
    assert_refused("cluster.k", "1000000000", FA_E_ARGUMENT, "cluster.k");
    assert_refused("cluster.components", "3", FA_E_RECIPE,
                   "cluster.transform = none, cluster.components = 3: ");
    assert_int_equal(fa__memory_live(), before);
}

static void train_refuses_to_whiten_what_cannot_be(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("cluster.transform", "whiten");
    assert_ok(fa_recipe_set(recipe, "cluster.components", "9"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_RECIPE,
                 "8 columns have at most 8");
    assert_false(fa__is_folder(path_of("run")));
    fa_recipe_free(recipe);
}

static void train_single_needs_a_linear_target(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("network.layers", "lstm 8 target, linear out");
    assert_ok(train_into(recipe, path_of("multi"), NULL, NULL));
    assert_ok(fa_recipe_set(recipe, "loss.kind", "single"));
    assert_fails(train_into(recipe, path_of("single"), NULL, NULL), FA_E_RECIPE,
                 "needs a linear target layer");
    fa_recipe_free(recipe);
}

/* A copy of train.npz with other classes, or none; its path. */
static const char *relabelled(const char *name, const int32_t *classes) {
    fa_dataset *data;
    assert_ok(fa_dataset_read(&data, path_of("train.npz"), NULL));
    fa__free(data->labels.classes);
    data->labels.classes = NULL;
    if (classes != NULL) {
        assert_ok(FA_NEW(data->labels.classes, data->n));
        memcpy(data->labels.classes, classes, data->n * sizeof *classes);
    }
    const char *path = path_of(name);
    assert_ok(fa_dataset_write(data, path));
    fa_dataset_free(data);
    return path;
}

static void train_refuses_labels_that_make_no_task(void **state) {
    (void)state;
    int32_t classes[TRAIN_SAMPLES];
    for (size_t i = 0; i < TRAIN_SAMPLES; i++) classes[i] = 3;
    assert_refused("data.train", relabelled("unlabelled.npz", NULL), FA_E_LABEL, "has no labels");
    fa_recipe *recipe = recipe_with("data.train", relabelled("same.npz", classes));
    assert_ok(fa_recipe_set(recipe, "data.groups", ""));
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_LABEL,
                 "all 200 samples have class 3");
    for (size_t i = 0; i < TRAIN_SAMPLES; i++) classes[i] = i % 2 == 0 ? 3 : 400;
    relabelled("other.npz", classes);
    assert_ok(fa_recipe_set(recipe, "data.train", path_of("other.npz")));
    assert_ok(fa_recipe_set(recipe, "data.test", path_of("test.npz")));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_LABEL,
                 "which no training sample has");
    /* sample 0 alone is in the first group: a split may leave none of it */
    for (size_t i = 0; i < TRAIN_SAMPLES; i++) classes[i] = i > 0;
    relabelled("rare.npz", classes);
    assert_ok(fa_recipe_set(recipe, "data.train", path_of("rare.npz")));
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    assert_ok(fa_recipe_set(recipe, "data.validation", "0.98"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_LABEL,
                 "coarse label '0' has one sample");
    fa_recipe_free(recipe);
}

static void train_scores_a_test_split_without_labels(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("data.test", relabelled("unlabelled.npz", NULL));
    fa_train_result result;
    assert_ok(train_into(recipe, path_of("run"), NULL, &result));
    assert_true(result.has_scores && isnan(result.scores.accuracy));
    assert_false(result.scores.has_truth);
    assert_int_equal(result.scores.n, TRAIN_SAMPLES);
    assert_false(fa__file_exists(in_run("run", "classes.npy")));
    fa_recipe_free(recipe);
}

/* More clusters than the scored split has samples is known before training; a validation split too
 * small to be scored beside the test split is not. */
static void train_checks_the_clusters_before_it_trains(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("data.validation", "0.02"); /* 4 samples, 10 classes */
    fa_train_result result;
    assert_ok(train_into(recipe, path_of("test"), NULL, &result)); /* the test split has enough */
    assert_true(result.scores.has_truth && result.scores.n == TEST_SAMPLES);
    assert_true(result.validation_accuracy >= 0 && result.validation_accuracy <= 1);
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_ARGUMENT,
                 "the validation split has 4 samples");
    assert_false(fa__is_folder(path_of("run")));
    assert_ok(fa_recipe_set(recipe, "cluster.k", "4"));
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    fa_recipe_free(recipe);
}

static void train_into_a_folder_that_cannot_be_is_refused(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    text_file("file", "x");
    assert_fails(train_into(recipe, path_of("file/run"), NULL, NULL), FA_E_IO, "cannot be made");
    assert_fails(train_into(recipe, path_of("file"), NULL, NULL), FA_E_IO, "file");
    assert_fails(train_into(recipe, "", NULL, NULL), FA_E_IO, "");
    assert_int_equal(entries_of(test_folder), 3);
    fa_recipe_free(recipe);
}

/* Steps out of all proportion are found, wherever in the epoch they show. */
static void train_that_blows_up_names_epoch_batch_and_rate(void **state) {
    (void)state;
    static const char *const batches[] = {
        "32", "1000"}; /* several an epoch; one, so that validation meets it */
    for (size_t i = 0; i < 2; i++) {
        fa_recipe *recipe = recipe_with("optimizer.learning_rate", "1e30");
        assert_ok(fa_recipe_set(recipe, "train.batch", batches[i]));
        fa_status status = train_into(recipe, path_of("run"), NULL, NULL);
        if (status != FA_E_NONFINITE)
            fail_msg("batch %s: %s (%s)", batches[i], fa_status_text(status), fa_error_detail());
        assert_non_null(strstr(fa_error_detail(), "epoch "));
        assert_non_null(strstr(fa_error_detail(), "batch "));
        assert_non_null(strstr(fa_error_detail(), "optimizer.learning_rate"));
        assert_non_null(strstr(fa_error_detail(), "1e+30"));
        assert_no_temporaries(path_of("run"));
        empty_folder(path_of("run"));
        fa_recipe_free(recipe);
    }
}

static void train_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    const char *const values[][2] = {{"data.limit", "12"},
                                     {"train.epochs", "1"},
                                     {"cluster.k", "1"},
                                     {"train.shards", "2"},
                                     {"network.layers", "lstm 2, linear 2, linear out"},
                                     {"data.groups", "0-2 / 3-9"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    fa_threads_set(1);
    assert_survives_nomem(
        train_into(recipe, path_of("run"),
                   &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1}, NULL),
        (void)0);
    fa_threads_set(0);
    assert_no_temporaries(path_of("run"));
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(train_refuses_what_the_recipe_names_wrong, make_data),
        cmocka_unit_test_setup(train_refuses_to_whiten_what_cannot_be, make_data),
        cmocka_unit_test_setup(train_single_needs_a_linear_target, make_data),
        cmocka_unit_test_setup(train_refuses_labels_that_make_no_task, make_data),
        cmocka_unit_test_setup(train_scores_a_test_split_without_labels, make_data),
        cmocka_unit_test_setup(train_checks_the_clusters_before_it_trains, make_data),
        cmocka_unit_test_setup(train_into_a_folder_that_cannot_be_is_refused, make_data),
        cmocka_unit_test_setup(train_that_blows_up_names_epoch_batch_and_rate, make_data),
        cmocka_unit_test_setup(train_without_memory_fails_cleanly, make_data),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
