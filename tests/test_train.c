/* Whole runs: the same bytes for any number of threads and after any stop, and that they learn. */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "base/eigen.h"
#include "formats/safetensors.h"

static const char *const outputs[] = {"model.safetensors", "embeddings.npy", "clusters.npy",
                                      "coarse.npy",        "classes.npy",    "scores.json",
                                      "recipe.ini"};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

static fa_train_result train_ok(const fa_recipe *recipe, const char *run,
                                const fa_train_options *options) {
    fa_train_result result;
    assert_ok(train_into(recipe, path_of(run), options, &result));
    assert_no_temporaries(path_of(run));
    return result;
}

/* history.csv without the seconds, its tenth column. */
static char *history_of(const char *run) {
    unsigned char *bytes;
    size_t size, kept = 0;
    assert_ok(fa__file_read(&bytes, &size, in_run(run, "history.csv")));
    char *text = (char *)bytes, *out = text;
    for (size_t i = 0, column = 0; text[i] != '\0'; i++) {
        column = text[i] == '\n' ? 0 : column + (text[i] == ',');
        if (column != 9) out[kept++] = text[i];
    }
    out[kept] = '\0';
    assert_null(strstr(out, "seconds"));
    return out;
}

static void assert_same_history(const char *run_a, const char *run_b) {
    char *a = history_of(run_a), *b = history_of(run_b);
    assert_string_equal(a, b);
    fa__free(a), fa__free(b);
}

/* Every tensor bit for bit but the history's seconds, and the metadata. */
static void assert_same_checkpoint(const char *run_a, const char *run_b) {
    fa__safetensors *a, *b;
    assert_ok(fa__safetensors_read(&a, in_run(run_a, "checkpoint.safetensors")));
    assert_ok(fa__safetensors_read(&b, in_run(run_b, "checkpoint.safetensors")));
    assert_int_equal(fa__safetensors_count(a), 5);
    for (size_t i = 0; i < 5; i++) {
        const fa__tensor *x = fa__safetensors_at(a, i), *y = fa__safetensors_find(b, x->name);
        assert_non_null(y);
        size_t count = fa__tensor_count(x);
        assert_int_equal(count, fa__tensor_count(y));
        if (x->dtype == FA__F32) assert_memory_equal(x->data, y->data, count * sizeof(float));
        for (size_t v = 0; x->dtype == FA__F64 && v < count; v++)
            if (v % x->shape[1] != 8) /* seconds */
                assert_memory_equal((const double *)x->data + v, (const double *)y->data + v,
                                    sizeof(double));
    }
    static const char *const keys[] = {"epoch", "best_epoch", "adam_step"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(fa__safetensors_metadata(a, keys[i]),
                            fa__safetensors_metadata(b, keys[i]));
    fa__safetensors_free(a), fa__safetensors_free(b);
}

static void assert_same_run(const char *a, const char *b) {
    for (size_t i = 0; i < OUTPUTS; i++) assert_same_file(a, b, outputs[i]);
    assert_same_history(a, b);
    assert_same_checkpoint(a, b);
}

/* ==== The same bytes ==== */

static void train_on_any_number_of_threads_same_bytes(void **state) {
    (void)state;
    static const char *const runs[] = {"one", "two", "four"};
    fa_recipe *recipe = small_recipe();
    for (int i = 0; i < 3; i++) {
        fa_threads_set(1 << i);
        train_ok(recipe, runs[i], NULL);
        if (i > 0) assert_same_run(runs[0], runs[i]);
    }
    fa_threads_set(0);
    train_ok(recipe, "again", NULL);
    assert_same_run(runs[0], "again");
    fa_recipe_free(recipe);
}

static void train_with_another_seed_gives_another_model(void **state) {
    (void)state;
    fa_recipe *a = small_recipe(), *b = recipe_with("train.seed", "2");
    train_ok(a, "a", NULL);
    train_ok(b, "b", NULL);
    unsigned char *x, *y;
    size_t n, m;
    assert_ok(fa__file_read(&x, &n, in_run("a", "model.safetensors")));
    assert_ok(fa__file_read(&y, &m, in_run("b", "model.safetensors")));
    assert_int_equal(n, m);
    assert_memory_not_equal(x, y, n);
    fa__free(x), fa__free(y);
    fa_recipe_free(a), fa_recipe_free(b);
}

/* ==== Stop and resume ==== */

/* Stops when this many samples of this epoch are done, or at the epoch's end. */
typedef struct stop_at {
    size_t epoch, done;
    bool at_end;
    size_t reports, finished;
} stop_at;

static int stop_there(void *user, const fa_progress *now) {
    stop_at *stop = user;
    stop->reports++;
    stop->finished += now->finished != NULL;
    assert_true(now->epoch >= 1 && now->epoch <= now->epochs);
    assert_true(now->done <= now->total && now->total > 0);
    if (now->finished != NULL) assert_int_equal(now->finished->epoch, now->epoch);
    return now->epoch == stop->epoch && now->done >= stop->done &&
           (now->finished != NULL) == stop->at_end;
}

static void resume_after_a_stop_is_the_run_without_one(void **state) {
    (void)state;
    static const stop_at stops[] = {
        {.epoch = 1, .at_end = true}, {.epoch = 2, .done = 64}, {.epoch = 3, .done = 1}};
    fa_recipe *recipe = recipe_with("train.epochs", "3");
    assert_ok(fa_recipe_set(recipe, "optimizer.schedule", "cosine"));
    assert_ok(fa_recipe_set(recipe, "loss.ramp_epochs", "2"));
    train_ok(recipe, "whole", NULL);
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        stop_at stop = stops[i];
        char run[16];
        snprintf(run, sizeof run, "stop%zu", i);
        fa_train_result result =
            train_ok(recipe, run,
                     &(fa_train_options){
                         .size = sizeof(fa_train_options), .progress = stop_there, .user = &stop});
        assert_true(result.stopped && result.has_scores);
        assert_int_equal(result.epochs, stop.at_end ? stop.epoch : stop.epoch - 1);
        assert_int_equal(stop.finished, result.epochs);
        result = train_ok(recipe, run,
                          &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1});
        assert_false(result.stopped);
        assert_int_equal(result.epochs, 3);
        assert_same_run("whole", run);
    }
    train_ok(recipe, "stop0",
             &(fa_train_options){.size = sizeof(fa_train_options),
                                 .resume = 1}); /* nothing is left to do */
    assert_same_run("whole", "stop0");
    fa_recipe_free(recipe);
}

static void resume_with_more_epochs_is_the_longer_run(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    train_ok(recipe, "grown", NULL);
    assert_ok(fa_recipe_set(recipe, "train.epochs", "3"));
    train_ok(recipe, "grown", &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1});
    train_ok(recipe, "long", NULL);
    assert_same_run("long", "grown");
    assert_ok(fa_recipe_set(recipe, "train.epochs", "2"));
    assert_fails(train_into(recipe, path_of("long"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_RECIPE, "3 epochs are done, the recipe asks for 2");
    assert_same_run("grown", "grown");
    fa_recipe_free(recipe);
}

static void stop_within_the_first_epoch_leaves_a_usable_model(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    stop_at stop = {.epoch = 1, .done = 64};
    fa_train_result result =
        train_ok(recipe, "run",
                 &(fa_train_options){
                     .size = sizeof(fa_train_options), .progress = stop_there, .user = &stop});
    assert_true(result.stopped && result.has_scores);
    assert_int_equal(result.epochs, 0);
    assert_int_equal(result.best_epoch, 0);
    assert_true(result.scores.accuracy >= 0 && result.scores.accuracy <= 1);
    fa_model *model;
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_int_equal(fa_model_target_units(model), 8);
    fa_model_free(model);
    /* "can be resumed" (fa_progress_fn): there is no finished epoch, so it starts from the first */
    train_ok(recipe, "run", &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1});
    train_ok(recipe, "whole", NULL);
    assert_same_run("whole", "run");
    fa_recipe_free(recipe);
}

/* ==== What is there already ==== */

static void run_that_is_there_is_kept_or_replaced_as_asked(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe(), *other = recipe_with("train.seed", "9");
    train_ok(recipe, "run", NULL);
    train_ok(recipe, "kept", NULL);
    assert_fails(train_into(other, path_of("run"), NULL, NULL), FA_E_ARGUMENT, "--overwrite");
    assert_same_run("kept", "run");
    assert_fails(train_into(other, path_of("run"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_RECIPE, "another train.seed: it was '1', now '9'");
    assert_same_run("kept", "run");
    assert_ok(fa_recipe_set(other, "data.test", ""));
    train_ok(other, "run", &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1});
    train_ok(other, "fresh", NULL);
    assert_same_run("fresh", "run");
    assert_int_equal(entries_of(path_of("fresh")), entries_of(path_of("run")));
    assert_fails(train_into(recipe, path_of("none"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_IO, "no run is there to resume");
    assert_false(fa__is_folder(path_of("none")));
    fa_recipe_free(recipe), fa_recipe_free(other);
}

/* Tries to train where this training is at work. */
static int train_there_too(void *user, const fa_progress *progress) {
    const fa_recipe *recipe = user;
    const fa_train_options tries[] = {{.size = sizeof *tries},
                                      {.size = sizeof *tries, .overwrite = 1},
                                      {.size = sizeof *tries, .resume = 1}};
    if (progress->finished == NULL) return 0;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        assert_fails(train_into(recipe, path_of("run"), &tries[i], NULL), FA_E_IO,
                     "another training is at work in this folder");
    return 0;
}

static void train_where_another_is_at_work_is_refused(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe(), *unread = recipe_with("data.train", "nowhere.npz");
    train_ok(recipe, "run",
             &(fa_train_options){
                 .size = sizeof(fa_train_options), .progress = train_there_too, .user = unread});
    train_ok(recipe, "alone", NULL);
    for (size_t i = 0; i < OUTPUTS; i++) assert_same_file("run", "alone", outputs[i]);
    train_ok(recipe, "run", &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1});
    fa_recipe_free(recipe), fa_recipe_free(unread);
}

static void resume_from_a_damaged_checkpoint_names_it(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    train_ok(recipe, "run", NULL);
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "checkpoint.safetensors")));
    file_of("run/checkpoint.safetensors", bytes, size - 4);
    assert_fails(train_into(recipe, path_of("run"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_FORMAT, "run/checkpoint.safetensors");
    fa__free(bytes);
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "model.safetensors")));
    file_of("run/checkpoint.safetensors", bytes, size);
    assert_fails(train_into(recipe, path_of("run"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_FORMAT, "not a checkpoint");
    fa__free(bytes);
    fa_recipe_free(recipe);
}

/* Checkpoints of before active_pairs have two columns less: their epochs have no number there. */
static void resume_from_an_older_checkpoint_goes_on(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("train.epochs", "1"),
              *longer = recipe_with("train.epochs", "2");
    fa__safetensors *file;
    fa__tensor tensors[5];
    static const char *const keys[] = {"format", "epoch", "best_epoch", "adam_step"};
    const char *metadata[4][2];
    train_ok(recipe, "run", NULL);
    assert_ok(fa__safetensors_read(&file, in_run("run", "checkpoint.safetensors")));
    for (size_t i = 0; i < 5; i++) {
        tensors[i] = *fa__safetensors_at(file, i);
        if (tensors[i].dtype != FA__F64) continue;
        assert_int_equal(tensors[i].shape[1], 11);
        tensors[i].shape[1] = 9; /* one epoch: the last numbers are what falls away */
    }
    for (size_t i = 0; i < 4; i++) {
        metadata[i][0] = keys[i];
        metadata[i][1] = fa__safetensors_metadata(file, keys[i]);
    }
    assert_ok(
        fa__safetensors_write(in_run("run", "checkpoint.safetensors"), tensors, 5, metadata, 4));
    fa__safetensors_free(file);
    train_ok(longer, "run", &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1});
    train_ok(longer, "whole", NULL);
    assert_same_file("whole", "run", "model.safetensors");
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "history.csv")));
    const char *first = strstr((char *)bytes, "\n1,");
    assert_non_null(first);
    assert_true(strstr(first, ",\n2,") != NULL); /* the first epoch ends with nothing */
    fa__free(bytes);
    fa_recipe_free(recipe), fa_recipe_free(longer);
}

/* ==== Learning ==== */

typedef struct rows {
    fa_epoch row[8];
    size_t n;
} rows;

static int keep_rows(void *user, const fa_progress *now) {
    rows *kept = user;
    if (now->finished != NULL) kept->row[kept->n++] = *now->finished;
    return 0;
}

static void train_loss_falls_and_beats_chance(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("train.epochs", "8");
    assert_ok(fa_recipe_set(recipe, "train.batch", "8"));
    assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "0.01"));
    assert_ok(fa_recipe_set(recipe, "loss.weight", "0.1"));
    assert_ok(fa_recipe_set(recipe, "train.keep", "last"));
    rows kept = {.n = 0};
    fa_train_result result =
        train_ok(recipe, "run",
                 &(fa_train_options){
                     .size = sizeof(fa_train_options), .progress = keep_rows, .user = &kept});
    assert_int_equal(kept.n, 8);
    assert_true(kept.row[7].task_loss < 0.85 * kept.row[0].task_loss);
    assert_true(kept.row[7].task_loss < 0.6); /* log 2 = 0.693 is chance */
    assert_true(kept.row[7].accuracy > 0.65);
    assert_int_equal(result.best_epoch, 8);
    assert_true(result.scores.accuracy > 0.6);
    for (size_t i = 0; i < 8; i++) {
        assert_near(kept.row[i].component_weight, 0.1, 1e-12);
        assert_true(kept.row[i].component > 0 && kept.row[i].component <= 4 * 0.1 + 1e-6);
        assert_true(kept.row[i].gradient_norm > 0 && kept.row[i].dead_units <= 1);
    }
    fa_recipe_free(recipe);
}

static void train_with_every_component_scores(void **state) {
    (void)state;
    static const char *const kinds[] = {"none", "single", "multi", "decov", "xcov"};
    for (size_t i = 0; i < 5; i++) {
        fa_recipe *recipe = recipe_with("loss.kind", kinds[i]);
        rows kept = {.n = 0};
        fa_train_result result =
            train_ok(recipe, kinds[i],
                     &(fa_train_options){
                         .size = sizeof(fa_train_options), .progress = keep_rows, .user = &kept});
        assert_true(result.has_scores && result.scores.has_truth);
        assert_int_equal(result.scores.n, TEST_SAMPLES);
        assert_int_equal(result.scores.k, 10);
        assert_true(result.scores.ami_max <= 1 && result.scores.nmi_geometric <= 1);
        assert_true(isfinite(result.scores.ari) && result.scores.inertia >= 0);
        assert_true(i == 0 ? kept.row[1].component == 0 : kept.row[1].component > 0);
        double share = kept.row[1].active_pairs;
        assert_true(i == 1 || i == 2 ? share >= 0 && share <= 1 : isnan(share));
        assert_true(fa__file_exists(in_run(kinds[i], "scores.json")));
        fa_recipe_free(recipe);
    }
}

/* active_pairs is fa_loss_active_pairs of what the epoch left in the run's files. */
static void history_counts_the_pairs_inside_the_margin(void **state) {
    (void)state;
    static const char *const kinds[] = {"multi", "single"};
    double seen[2][2];
    for (size_t i = 0; i < 4; i++) {
        fa_recipe *recipe = recipe_with("loss.kind", kinds[i / 2]);
        const char *margins[2][2] = {{"0.01", "0.001"}, {"0.5", "0.2"}};
        fa_loss_options options = {.size = sizeof(fa_loss_options),
                                   .margin = strtof(margins[i / 2][i % 2], NULL)};
        assert_ok(fa_recipe_set(recipe, "loss.margin", margins[i / 2][i % 2]));
        assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
        assert_ok(fa_recipe_set(recipe, "data.test", "")); /* the validation split is written */
        rows kept = {.n = 0};
        fa_train_options how = {
            .size = sizeof(fa_train_options), .progress = keep_rows, .user = &kept, .overwrite = 1};
        train_ok(recipe, "run", &how);
        double *share = &seen[i / 2][i % 2];
        size_t n, d;
        if (i / 2 == 0) {
            float *h;
            int32_t *labels;
            assert_ok(fa_matrix_read(&h, &n, &d, in_run("run", "embeddings.npy")));
            assert_ok(fa_labels_read(&labels, &n, in_run("run", "coarse.npy")));
            assert_ok(fa_loss_active_pairs(share, h, n, d, labels, &options));
            fa_free(h), fa_free(labels);
        } else {
            fa__safetensors *model;
            assert_ok(fa__safetensors_read(&model, in_run("run", "model.safetensors")));
            const fa__tensor *w = fa__safetensors_find(model, "1.linear.weight");
            assert_non_null(w);
            assert_ok(
                fa_loss_active_pairs(share, w->data, w->shape[0], w->shape[1], NULL, &options));
            fa__safetensors_free(model);
        }
        assert_near(kept.row[0].active_pairs, *share, 0);
        fa_recipe_free(recipe);
    }
    for (size_t i = 0; i < 2; i++) assert_true(seen[i][0] > seen[i][1] && seen[i][1] >= 0);
}

/* rows.npy names the training samples behind the rows of the validation split. */
static void assert_rows_are_samples(void) {
    int32_t *samples, *labels;
    size_t n, m;
    fa_dataset *train;
    assert_ok(fa_dataset_read(&train, path_of("train.npz"), NULL));
    assert_ok(fa_labels_read(&samples, &n, in_run("run", "rows.npy")));
    assert_ok(fa_labels_read(&labels, &m, in_run("run", "coarse.npy")));
    assert_int_equal(n, TRAIN_SAMPLES / 10);
    assert_int_equal(m, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(labels[i], fa_dataset_classes(train)[samples[i]]);
    fa_free(samples);
    fa_free(labels);
    fa_dataset_free(train);
}

static void train_without_groups_takes_the_classes_as_labels(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("data.groups", "");
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    fa_train_result result = train_ok(recipe, "run", NULL);
    assert_false(result.scores.has_truth);
    assert_int_equal(result.scores.k, 10);
    assert_int_equal(result.scores.n, TRAIN_SAMPLES / 10); /* the validation split */
    assert_near(result.scores.accuracy, result.validation_accuracy, 0);
    assert_rows_are_samples();
    fa_model *model;
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_int_equal(fa_model_outputs(model), 10);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* The clusters of a run are those of its embeddings in the space that the recipe names. */
static void train_clusters_in_the_space_of_the_recipe(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("cluster.transform", "whiten");
    assert_ok(fa_recipe_set(recipe, "cluster.components", "3"));
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    fa_train_result result;
    assert_ok(train_into(recipe, path_of("run"), NULL, &result));
    float *x, space[TEST_SAMPLES * 3];
    size_t n, d;
    double inertia;
    int32_t *written, clusters[TEST_SAMPLES];
    fa_transform *transform = NULL;
    fa_kmeans_options options = fa_kmeans_options_default();
    options.k = result.scores.k;
    options.restarts = 2;
    assert_ok(fa_matrix_read(&x, &n, &d, in_run("run", "embeddings.npy")));
    assert_ok(fa_transform_fit(&transform, FA_TRANSFORM_WHITEN, 3, x, n, d));
    assert_ok(fa_transform_apply(space, transform, x, n, d));
    assert_ok(fa_kmeans_fit(NULL, clusters, &inertia, space, n, 3, &options));
    assert_ok(fa_labels_read(&written, &n, in_run("run", "clusters.npy")));
    assert_int_equal(n, TEST_SAMPLES);
    assert_memory_equal(written, clusters, sizeof clusters);
    assert_true(inertia == result.scores.inertia && inertia > 0);
    fa_transform_free(transform);
    fa_free(x);
    fa_free(written);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(train_on_any_number_of_threads_same_bytes, make_data),
        cmocka_unit_test_setup(train_clusters_in_the_space_of_the_recipe, make_data),
        cmocka_unit_test_setup(train_with_another_seed_gives_another_model, make_data),
        cmocka_unit_test_setup(resume_after_a_stop_is_the_run_without_one, make_data),
        cmocka_unit_test_setup(resume_with_more_epochs_is_the_longer_run, make_data),
        cmocka_unit_test_setup(stop_within_the_first_epoch_leaves_a_usable_model, make_data),
        cmocka_unit_test_setup(run_that_is_there_is_kept_or_replaced_as_asked, make_data),
        cmocka_unit_test_setup(train_where_another_is_at_work_is_refused, make_data),
        cmocka_unit_test_setup(resume_from_a_damaged_checkpoint_names_it, make_data),
        cmocka_unit_test_setup(resume_from_an_older_checkpoint_goes_on, make_data),
        cmocka_unit_test_setup(history_counts_the_pairs_inside_the_margin, make_data),
        cmocka_unit_test_setup(train_loss_falls_and_beats_chance, make_data),
        cmocka_unit_test_setup(train_with_every_component_scores, make_data),
        cmocka_unit_test_setup(train_without_groups_takes_the_classes_as_labels, make_data),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
