/* Training on one's own vectors: coarse labels beside hidden classes, rows without a label, words
 * that two files number differently. */
#define _XOPEN_SOURCE 700
#include "model/batch.h"
#include "train/task.h"

#include "train_runs.h"

#include "base/rng.h"

static const char *const colours[] = {"red", "blue"}, *const kinds[] = {"d", "a", "c", "b"};

/* Four clouds of vectors; cloud k has coarse label k % 2 and class kinds[k]. Every third row has no
 * coarse label; the test split lacks class "a" and has its columns in the same order. */
static const char *cloud_csv(const char *name, size_t n, uint32_t split) {
    fa__rng rng;
    char *text = malloc(n * 64 + 64), *at = text;
    assert_non_null(text);
    fa__rng_seed(&rng, 3, FA__STREAM_SPLIT, split);
    at += sprintf(at, "u,v,w,colour,kind\n");
    for (size_t i = 0; i < n; i++) {
        size_t k = split > 0 ? (i % 3 + 2) % 4 : i % 4;
        double noise[3];
        for (size_t f = 0; f < 3; f++) noise[f] = (double)(fa__rng_next(&rng) >> 40) / 0x1p24 - .5;
        at += sprintf(at, "%.4f,%.4f,%.4f,%s,%s\n", (k & 1 ? 50. : 0.) + 5 * noise[0],
                      (k & 2 ? .02 : 0.) + .002 * noise[1], noise[2],
                      i % 3 == 0 ? "" : colours[k % 2], kinds[k]);
    }
    const char *path = text_file(name, text);
    free(text);
    return path;
}

static fa_recipe *cloud_recipe(void) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {
        {"data.train", path_of("train.csv")},
        {"data.test", path_of("test.csv")},
        {"data.label_column", "colour"},
        {"data.hidden_column", "kind"},
        {"network.layers", "linear 16 relu, linear 6 relu target, linear out"},
        {"train.epochs", "3"},
        {"train.batch", "32"},
        {"loss.weight", "3"},

        {"cluster.restarts", "2"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    cloud_csv("train.csv", 240, 0);
    cloud_csv("test.csv", 60, 1);
    return recipe;
}

static void labels_and_classes_come_from_columns_by_name(void **state) {
    (void)state;
    fa__task task;
    fa_recipe *recipe = cloud_recipe();
    assert_ok(fa__task_open(&task, recipe, NULL, NULL));
    assert_int_equal(task.groups, 2);
    assert_int_equal(task.hidden_classes, 4);
    for (size_t i = 0; i < 240; i++) {
        int32_t wanted = i % 3 == 0 ? -1 : i % 2 == 0; /* blue 0, red 1 */
        assert_int_equal(task.coarse[i], wanted);
        assert_int_equal(task.hidden[i], kinds[i % 4][0] - 'a');
    }
    for (size_t i = 0; i < 60; i++) { /* the test file alone would number b, c, d 0, 1, 2 */
        size_t k = (i % 3 + 2) % 4;
        assert_int_equal(task.hidden_test[i], kinds[k][0] - 'a');
        assert_int_equal(task.coarse_test[i], i % 3 == 0 ? -1 : (int)(k % 2 == 0));
    }
    assert_int_equal(task.scaling.features, 3);
    assert_true(task.scaling.scale[1] > 50 && task.scaling.scale[0] < 0.1f); /* each its own */
    fa__task_close(&task);
    fa_recipe_free(recipe);
}

/* The clouds' labels as files beside plain columns give the same task. */
static void labels_and_classes_come_from_files(void **state) {
    (void)state;
    fa__task task, beside;
    fa_recipe *recipe = cloud_recipe();
    assert_ok(fa__task_open(&task, recipe, NULL, NULL));
    static const char *const names[2][3] = {{"train.csv", "train-labels.txt", "train-kinds.csv"},
                                            {"test.csv", "test-labels.txt", "test-kinds.csv"}};
    for (size_t s = 0; s < 2; s++) {
        size_t n = s == 0 ? 240 : 60, used[2] = {0, 0};
        char lines[2][4096];
        used[1] = (size_t)sprintf(lines[1], "row,class\n");
        for (size_t i = n; i-- > 0;) { /* backwards: a table may be in any order */
            size_t k = s == 1 ? (i % 3 + 2) % 4 : i % 4;
            used[1] += (size_t)sprintf(lines[1] + used[1], "%zu,%s\n", i, kinds[k]);
        }
        for (size_t i = 0; i < n; i++) {
            size_t k = s == 1 ? (i % 3 + 2) % 4 : i % 4;
            used[0] +=
                (size_t)sprintf(lines[0] + used[0], "%s\n", i % 3 == 0 ? "?" : colours[k % 2]);
        }
        text_file(names[s][1], lines[0]);
        text_file(names[s][2], lines[1]);
    }
    const char *const values[][2] = {
        {"data.label_column", ""},
        {"data.hidden_column", ""},
        {"data.ignore_columns", "colour, kind"},
        {"data.labels", path_of("train-labels.txt")},
        {"data.hidden", path_of("train-kinds.csv")},
        {"data.test_labels", path_of("test-labels.txt")},
        {"data.test_hidden", path_of("test-kinds.csv")},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_ok(fa__task_open(&beside, recipe, NULL, NULL));
    assert_memory_equal(beside.coarse, task.coarse, 240 * sizeof *task.coarse);
    assert_memory_equal(beside.coarse_test, task.coarse_test, 60 * sizeof *task.coarse_test);
    assert_memory_equal(beside.hidden, task.hidden, 240 * sizeof *task.hidden);
    assert_memory_equal(beside.hidden_test, task.hidden_test, 60 * sizeof *task.hidden_test);
    fa__task_close(&beside);
    fa__task_close(&task);
    assert_ok(fa_recipe_set(recipe, "data.groups", "0-1 / 2-3"));
    assert_fails(fa__task_open(&task, recipe, NULL, NULL), FA_E_RECIPE, "name no data.labels");
    assert_ok(fa_recipe_set(recipe, "data.groups", ""));
    assert_ok(fa_recipe_set(recipe, "data.labels", ""));
    assert_fails(fa__task_open(&task, recipe, NULL, NULL), FA_E_RECIPE, "stays hidden in training");
    assert_ok(fa_recipe_set(recipe, "data.test_hidden", path_of("train-kinds.csv")));
    assert_ok(fa_recipe_set(recipe, "data.groups", "0-1 / 2-3"));
    assert_fails(fa__task_open(&task, recipe, NULL, NULL), FA_E_LABEL, "'239' is no row of");
    assert_ok(fa_recipe_set(recipe, "data.test", ""));
    assert_fails(fa__task_open(&task, recipe, NULL, NULL), FA_E_RECIPE, "data.test_labels = ");
    assert_ok(fa_recipe_set(recipe, "data.test_labels", ""));
    assert_fails(fa__task_open(&task, recipe, NULL, NULL), FA_E_RECIPE,
                 "data.test is not set; set it as well");
    fa_recipe_free(recipe);
}

static void run_on_a_table_tells_its_hidden_classes(void **state) {
    (void)state;
    fa_recipe *recipe = cloud_recipe();
    fa_train_result result;
    assert_ok(fa_recipe_set(recipe, "train.epochs", "40"));
    assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "0.005"));
    assert_ok(train_into(recipe, path_of("run"), NULL, &result));
    assert_true(result.has_scores && result.scores.has_truth);
    assert_int_equal(result.scores.n, 60);
    assert_true(result.scores.accuracy > 0.95); /* of the rows with a label */
    assert_true(result.scores.ami_max > 0.4);
    assert_true(isfinite(result.validation_loss));

    fa_model *model;
    fa_dataset *test;
    float embedding[60 * 6], *written;
    size_t n, d;
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_ok(fa_dataset_read(&test, path_of("test.csv"),
                              &(fa_read_options){.size = sizeof(fa_read_options),
                                                 .label_column = "colour",
                                                 .hidden_column = "kind"}));
    assert_ok(fa_model_embed(embedding, NULL, model, test, NULL, NULL));
    assert_ok(fa_matrix_read(&written, &n, &d, in_run("run", "embeddings.npy")));
    assert_true(n == 60 && d == 6);
    assert_memory_equal(embedding, written, sizeof embedding);
    fa_free(written);
    fa_dataset_free(test);
    assert_string_equal(fa_model_column_name(model, 2), "w");
    assert_null(fa_model_column_name(model, 3));
    static const char *const narrow[][2] = {
        {"u,v\n1,2\n", "the column 'w', which was trained on, is not there"},
        {"1,2\n3,4\n", /* no names */
         "the model takes vectors of 3 features, the data are vectors of 2 features"}};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(fa_dataset_read(&test, text_file("two.csv", narrow[i][0]), NULL));
        assert_fails(fa_model_embed(embedding, NULL, model, test, NULL, NULL), FA_E_SHAPE,
                     narrow[i][1]);
        fa_dataset_free(test);
    }
    fa_model_free(model);
    fa_recipe_free(recipe);
}

static void autoencoder_of_a_table_needs_no_labels(void **state) {
    (void)state;
    fa_recipe *recipe = cloud_recipe();
    fa_train_result result;
    assert_ok(fa_recipe_set(recipe, "data.label_column", ""));
    assert_ok(fa_recipe_set(recipe, "data.ignore_columns", "colour"));
    assert_ok(
        fa_recipe_set(recipe, "network.layers", "linear 8 relu, linear 4 relu target, linear out"));
    assert_ok(fa_recipe_set(recipe, "loss.kind", "none"));
    assert_fails(train_into(recipe, path_of("ae"), NULL, NULL), FA_E_RECIPE,
                 "data.hidden_column = kind stays hidden in training");
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_ok(train_into(recipe, path_of("ae"), NULL, &result));
    assert_true(result.scores.has_truth && isfinite(result.scores.reconstruction));
    fa_recipe_free(recipe);
}

static void refuse(fa_recipe *recipe, const char *key, const char *value, fa_status status,
                   const char *says) {
    char *before = strdup(fa_recipe_get(recipe, key));
    assert_ok(fa_recipe_set(recipe, key, value));
    assert_fails(train_into(recipe, path_of("refused"), NULL, NULL), status, says);
    assert_ok(fa_recipe_set(recipe, key, before));
    free(before);
}

static void labels_that_cannot_be_trained_on_are_refused(void **state) {
    (void)state;
    fa_recipe *recipe = cloud_recipe();
    refuse(recipe, "data.groups", "0-1 / 2-3", FA_E_RECIPE,
           "data.groups = 0-1 / 2-3: the data bring coarse labels of their own");
    refuse(recipe, "data.label_column", "shade", FA_E_ARGUMENT, "shade");
    refuse(recipe, "data.test", text_file("t.csv", "u,v,w,colour,kind\n1,2,3,green,a\n"),
           FA_E_LABEL, "coarse label 'green' is one that no training sample has");
    refuse(recipe, "data.train",
           text_file("o.csv", "u,v,w,colour,kind\n1,2,3,red,a\n4,5,6,red,b\n"), FA_E_LABEL,
           "data.train: 1 coarse label; at least two");
    refuse(recipe, "data.train",
           text_file("n.csv", "u,v,w,colour,kind\n1,2,3,,a\n4,5,6,,b\n7,8,9,,a\n"), FA_E_LABEL,
           "data.train: 0 coarse labels; at least two");
    fa_recipe_free(recipe);
}

/* Vectors are packed row by row, each feature on its own scale. */
static void fill_takes_vectors_as_rows(void **state) {
    (void)state;
    fa_dataset *data;
    fa__network *network;
    fa__scaling scaling;
    fa__shard shard = {0};
    const size_t samples[] = {2, 0};
    assert_ok(fa_dataset_read(&data, text_file("v.csv", "a,b\n1,10\n2,20\n3,30\n"), NULL));
    assert_ok(fa__network_create(&network, "linear 2 target, linear out", fa__dataset_shape(data),
                                 fa__shape_vector(1)));
    assert_ok(fa__scaling_fit(&scaling, "2 -0.5", data, samples, 2));
    const fa__row rows[] = {fa__row_of(data, 2, 0), fa__row_of(data, 0, 1)};
    assert_ok(fa__shard_fill(&shard, network, fa__engine_ref(), data, &scaling, rows, 2));
    assert_memory_equal(shard.activations[0].values, ((const float[]){6, -15, 2, -5}), 16);
    fa__scaling_free(&scaling);
    assert_ok(fa__scaling_fit(&scaling, "standard", data, samples, 2));
    assert_near(scaling.shift[0], 2, 0);
    assert_near(scaling.shift[1], 20, 0);
    assert_near(scaling.scale[0], 1, 1e-6);
    assert_near(scaling.scale[1], .1, 1e-6);
    assert_int_equal(rows[1].steps, 1);
    fa__scaling_free(&scaling);
    fa__shard_free(&shard);
    fa__network_free(network);
    fa_dataset_free(data);
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_and_classes_come_from_columns_by_name),
        cmocka_unit_test(labels_and_classes_come_from_files),
        cmocka_unit_test(run_on_a_table_tells_its_hidden_classes),
        cmocka_unit_test(autoencoder_of_a_table_needs_no_labels),
        cmocka_unit_test(labels_that_cannot_be_trained_on_are_refused),
        cmocka_unit_test(fill_takes_vectors_as_rows),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
