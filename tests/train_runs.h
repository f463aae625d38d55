/* For the tests of training: made data, a small recipe, and runs that are compared. */
#ifndef FA_TESTS_TRAIN_RUNS_H
#define FA_TESTS_TRAIN_RUNS_H

#include "data_files.h"

#include "base/rng.h"

enum { TRAIN_SAMPLES = 200, TEST_SAMPLES = 70 };

/* train.npz and test.npz in the test folder, which is emptied before. */
static inline int make_data(void **state) {
    clear_test_folder(state);
    for (uint32_t split = 0; split < 2; split++) {
        fa_dataset *made;
        assert_ok(fa_strokes_synthesize(&made, split ? TEST_SAMPLES : TRAIN_SAMPLES, 7, split));
        assert_ok(fa_dataset_write(made, path_of(split ? "test.npz" : "train.npz")));
        fa_dataset_free(made);
    }
    return 0;
}

/* Clouds around four corners [n, d]; row i is of cloud i % 4. */
static inline float *clouds(size_t n, size_t d) {
    float *x = malloc(n * d * sizeof *x);
    fa__rng rng;
    assert_non_null(x);
    fa__rng_seed(&rng, 1, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) {
            double corner = (double)((k & 1 ? i : i / 2) % 2);
            x[i * d + k] = (float)(3 * corner + fa__rng_uniform(&rng));
        }
    return x;
}

/* A run of seconds on that data */
static inline fa_recipe *small_recipe(void) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {
        {"data.train", path_of("train.npz")},
        {"data.test", path_of("test.npz")},
        {"data.groups", "0-4 / 5-9"},
        {"data.scale", "0.25 0.25 1 1"},
        {"network.layers", "lstm 16, linear 8 relu target, linear out"},
        {"train.epochs", "2"},
        {"train.batch", "32"},
        {"cluster.restarts", "2"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

/* The small recipe with one key changed. */
static inline fa_recipe *recipe_with(const char *key, const char *value) {
    fa_recipe *recipe = small_recipe();
    assert_ok(fa_recipe_set(recipe, key, value));
    return recipe;
}

/* Path of a file of a run below the test folder; the last eight are valid. */
static inline const char *in_run(const char *run, const char *name) {
    static char names[8][64];
    static size_t turn;
    char *joined = names[turn++ % 8];
    snprintf(joined, sizeof names[0], "%s/%s", run, name);
    return path_of(joined);
}

static inline void assert_same_file(const char *run_a, const char *run_b, const char *name) {
    unsigned char *a, *b;
    size_t size_a, size_b;
    assert_ok(fa__file_read(&a, &size_a, in_run(run_a, name)));
    assert_ok(fa__file_read(&b, &size_b, in_run(run_b, name)));
    if (size_a != size_b || memcmp(a, b, size_a) != 0)
        fail_msg("%s of %s and of %s differ", name, run_a, run_b);
    assert_true(size_a > 0);
    fa__free(a), fa__free(b);
}

/* Nothing in this folder is the start of a file that was never finished. */
static inline void assert_no_temporaries(const char *folder) {
    DIR *handle = opendir(folder);
    if (handle == NULL) return;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;)
        if (strstr(entry->d_name, ".tmp") != NULL) fail_msg("%s was left there", entry->d_name);
    closedir(handle);
}

#endif
