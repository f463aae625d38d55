/* Runs: trained into memory or into a folder they are one thing, and what does not belong together
 * is refused. */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "base/bytes.h"
#include "data/dataset.h"
#include "run/files.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static fa_dataset *read_set(const char *name) {
    fa_dataset *data;
    assert_ok(fa_dataset_read(&data, path_of(name), NULL));
    return data;
}

/* Everything that two runs hold, but for the seconds. */
static void assert_same_run(fa_run *a, fa_run *b) {
    const fa_train_result *x = fa_run_result(a), *y = fa_run_result(b);
    assert_int_equal(x->epochs, y->epochs);
    assert_int_equal(x->best_epoch, y->best_epoch);
    assert_int_equal(x->has_scores, y->has_scores);
    assert_string_equal(x->split, y->split);
    assert_int_equal(x->scores.n, y->scores.n);
    assert_int_equal(x->scores.k, y->scores.k);
    assert_near(x->scores.ami_max, y->scores.ami_max, 1e-15);
    assert_near(x->scores.accuracy, y->scores.accuracy, 1e-15);
    assert_near(x->scores.inertia, y->scores.inertia, 1e-15);
    assert_int_equal(x->has_validation, y->has_validation);
    assert_near(x->validation.ami_max, y->validation.ami_max, 1e-15);
    assert_near(x->validation_accuracy, y->validation_accuracy,
                1e-8); /* history.csv has 9 digits */
    size_t epochs_a, epochs_b, n, d, n_b, d_b;
    const fa_epoch *history_a = fa_run_history(a, &epochs_a),
                   *history_b = fa_run_history(b, &epochs_b);
    assert_int_equal(epochs_a, epochs_b);
    for (size_t e = 0; e < epochs_a; e++)
        assert_near(history_a[e].task_loss, history_b[e].task_loss, 1e-8);
    const float *h_a, *h_b;
    assert_ok(fa_run_embeddings(&h_a, &n, &d, a));
    assert_ok(fa_run_embeddings(&h_b, &n_b, &d_b, b));
    assert_int_equal(n, n_b);
    assert_int_equal(d, d_b);
    assert_memory_equal(h_a, h_b, n * d * sizeof *h_a);
    for (fa_run_file which = FA_RUN_ASSIGNMENT; which <= FA_RUN_ROWS; which++) {
        const int32_t *of_a, *of_b;
        assert_ok(fa_run_labels(&of_a, a, which));
        assert_ok(fa_run_labels(&of_b, b, which));
        assert_int_equal(of_a != NULL, of_b != NULL);
        if (of_a != NULL) assert_memory_equal(of_a, of_b, n * sizeof *of_a);
    }
    const fa_model *model_a, *model_b;
    const fa_clusters *clusters_a, *clusters_b;
    unsigned char *bytes_a, *bytes_b;
    size_t size_a, size_b;
    assert_ok(fa_run_model(&model_a, a));
    assert_ok(fa_run_model(&model_b, b));
    assert_ok(fa_model_to_buffer(&bytes_a, &size_a, model_a));
    assert_ok(fa_model_to_buffer(&bytes_b, &size_b, model_b));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    fa_free(bytes_a), fa_free(bytes_b);
    assert_ok(fa_run_clusters(&clusters_a, a));
    assert_ok(fa_run_clusters(&clusters_b, b));
    assert_ok(fa_clusters_check(clusters_a, model_b));
    assert_ok(fa_clusters_to_buffer(&bytes_a, &size_a, clusters_a));
    assert_ok(fa_clusters_to_buffer(&bytes_b, &size_b, clusters_b));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    fa_free(bytes_a), fa_free(bytes_b);
}

static void run_in_memory_is_that_of_the_folder(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe(), *bare = small_recipe();
    fa_dataset *train = read_set("train.npz"), *test = read_set("test.npz");
    fa_run *memory, *folder, *opened, *named;
    assert_ok(fa_recipe_set(bare, "data.train", ""));
    assert_ok(fa_recipe_set(bare, "data.test", ""));
    size_t before = fa__memory_live();
    assert_ok(fa_train(&memory, bare, train, test, NULL));
    assert_null(fa_run_folder(memory));
    assert_ok(
        fa_train(&folder, bare, train, test,
                 &(fa_train_options){.size = sizeof(fa_train_options), .folder = path_of("run")}));
    assert_string_equal(fa_run_folder(folder), path_of("run"));
    assert_ok(fa_run_open(&opened, path_of("run")));
    assert_ok(fa_train(&named, recipe, NULL, NULL, NULL));
    assert_same_run(memory, folder);
    assert_same_run(memory, opened);
    assert_same_run(memory, named);
    assert_string_equal(fa_recipe_get(fa_run_recipe(opened), "loss.kind"),
                        fa_recipe_get(bare, "loss.kind"));
    fa_run_free(memory), fa_run_free(folder), fa_run_free(opened), fa_run_free(named);
    assert_int_equal(fa__memory_live(), before);
    fa_dataset_free(train), fa_dataset_free(test);
    fa_recipe_free(recipe), fa_recipe_free(bare);
}

/* The caller's sets: classes that are named otherwise in the test set are matched on a copy. */
static void train_leaves_the_data_sets_as_they_are(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_dataset *train = read_set("train.npz"), *test = read_set("test.npz"),
               *again = read_set("test.npz");
    assert_ok(fa_train(NULL, recipe, train, test, NULL));
    assert_memory_equal(fa_dataset_classes(test), fa_dataset_classes(again),
                        TEST_SAMPLES * sizeof(int32_t));
    assert_memory_equal(test->values.numbers, again->values.numbers,
                        test->values.offsets[TEST_SAMPLES] * test->features * sizeof(float));
    assert_ok(
        fa_train(NULL, recipe, train, NULL, NULL)); /* data.test of the recipe is not read then */
    assert_fails(fa_train(NULL, recipe, NULL, test, NULL), FA_E_ARGUMENT, "without a training set");
    assert_fails(fa_train(NULL, NULL, train, test, NULL), FA_E_ARGUMENT, "recipe is NULL");
    assert_fails(fa_train(NULL, recipe, train, test,
                          &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1}),
                 FA_E_ARGUMENT, "no folder to resume from");
    fa_dataset_free(train), fa_dataset_free(test), fa_dataset_free(again);
    fa_recipe_free(recipe);
}

static int stop_at_once(void *user, const fa_progress *progress) {
    (void)user, (void)progress;
    return 1;
}

static void stopped_run_in_memory_is_whole(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_run *run;
    const fa_model *model;
    size_t epochs;
    assert_ok(
        fa_train(&run, recipe, NULL, NULL,
                 &(fa_train_options){.size = sizeof(fa_train_options), .progress = stop_at_once}));
    assert_true(fa_run_result(run)->stopped);
    assert_int_equal(fa_run_result(run)->epochs, 0);
    assert_null(fa_run_history(run, &epochs));
    assert_int_equal(epochs, 0);
    assert_ok(fa_run_model(&model, run));
    fa_run_free(run);
    fa_recipe_free(recipe);
}

static void buffers_give_back_model_clusters_and_recipe(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("cluster.transform", "standard"), *read;
    fa_dataset *test = read_set("test.npz");
    fa_run *run;
    const fa_model *model;
    const fa_clusters *clusters;
    unsigned char *bytes, *again;
    size_t size, size_again, n, d;
    assert_ok(fa_train(&run, recipe, NULL, NULL, NULL));
    assert_ok(fa_run_model(&model, run));
    assert_ok(fa_run_clusters(&clusters, run));

    fa_model *model_read;
    assert_ok(fa_model_to_buffer(&bytes, &size, model));
    assert_ok(fa_model_from_buffer(&model_read, bytes, size));
    assert_ok(fa_model_to_buffer(&again, &size_again, model_read));
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    for (size_t cut = 0; cut < size; cut += 97) {
        fa_model *none;
        assert_int_not_equal(fa_model_from_buffer(&none, bytes, cut), FA_OK);
    }
    fa_model *tried;
    assert_survives_nomem(fa_model_from_buffer(&tried, bytes, size), fa_model_free(tried));
    fa_free(bytes), fa_free(again);
    const float *h;
    float *embedded = malloc(TEST_SAMPLES * fa_model_target_units(model) * sizeof *embedded);
    assert_ok(fa_run_embeddings(&h, &n, &d, run));
    assert_ok(fa_model_embed(embedded, NULL, model_read, test, NULL, NULL));
    assert_memory_equal(embedded, h, n * d * sizeof *h);

    fa_clusters *clusters_read;
    const int32_t *wanted;
    int32_t *assignment = malloc(n * sizeof *assignment);
    assert_ok(fa_clusters_to_buffer(&bytes, &size, clusters));
    assert_ok(fa_clusters_from_buffer(&clusters_read, bytes, size));
    assert_ok(fa_clusters_check(clusters_read, model_read));
    assert_ok(fa_clusters_assign(assignment, NULL, NULL, clusters_read, embedded, n, d, NULL));
    assert_ok(fa_run_labels(&wanted, run, FA_RUN_ASSIGNMENT));
    assert_memory_equal(assignment, wanted, n * sizeof *wanted);
    fa_clusters *none;
    for (size_t cut = 0; cut < size; cut += 7)
        assert_int_not_equal(fa_clusters_from_buffer(&none, bytes, cut), FA_OK);
    fa_free(bytes);

    char *text;
    assert_ok(fa_recipe_to_text(&text, recipe));
    assert_ok(fa_recipe_from_text(&read, text));
    assert_string_equal(fa_recipe_get(read, "cluster.transform"), "standard");
    assert_string_equal(fa_recipe_get(read, "network.layers"),
                        fa_recipe_get(recipe, "network.layers"));
    fa_free(text);
    fa_recipe_free(read);
    assert_fails(fa_recipe_from_text(&read, "[loss]\nmargim = 1\n"), FA_E_RECIPE, "recipe, line 2");
    free(embedded), free(assignment);
    fa_model_free(model_read), fa_clusters_free(clusters_read);
    fa_run_free(run), fa_dataset_free(test), fa_recipe_free(recipe);
}

static void nothing_of_a_buffer_is_null(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    fa_model *model;
    fa_clusters *clusters;
    fa_recipe *recipe;
    fa_run *run;
    char *text;
    assert_fails(fa_model_to_buffer(&bytes, &size, NULL), FA_E_ARGUMENT, "model is NULL");
    assert_fails(fa_model_from_buffer(&model, NULL, 0), FA_E_ARGUMENT, "bytes is NULL");
    assert_fails(fa_clusters_to_buffer(NULL, &size, NULL), FA_E_ARGUMENT, "clusters is NULL");
    assert_fails(fa_clusters_from_buffer(&clusters, NULL, 0), FA_E_ARGUMENT, "bytes is NULL");
    assert_fails(fa_clusters_check(NULL, NULL), FA_E_ARGUMENT, "model is NULL");
    assert_fails(fa_recipe_to_text(&text, NULL), FA_E_ARGUMENT, "recipe is NULL");
    assert_fails(fa_recipe_from_text(&recipe, NULL), FA_E_ARGUMENT, "text is NULL");
    assert_fails(fa_run_open(&run, NULL), FA_E_ARGUMENT, "folder is NULL");
    assert_null(fa_run_file_name((fa_run_file)FA_RUN_FILES));
    fa_run_free(NULL);
}

/* ==== Folders ==== */

static void unfinished_run_opens_and_says_what_finishes_it(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_run *run;
    const fa_model *model;
    const fa_clusters *clusters;
    const float *h;
    const int32_t *labels;
    size_t n, d;
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    unlink(in_run("run", "scores.json"));
    unlink(in_run("run", "clusters.safetensors"));
    assert_ok(fa_run_open(&run, path_of("run")));
    assert_false(fa_run_result(run)->has_scores);
    assert_int_equal(fa_run_result(run)->epochs, 2);
    assert_ok(fa_run_model(&model, run));
    assert_fails(fa_run_clusters(&clusters, run), FA_E_IO, "train --resume -o");
    assert_fails(fa_run_embeddings(&h, &n, &d, run), FA_E_IO, "scores.json is not there");
    assert_fails(fa_run_labels(&labels, run, FA_RUN_COARSE), FA_E_IO, "train --resume -o");
    assert_fails(fa_run_labels(&labels, run, FA_RUN_MODEL), FA_E_ARGUMENT, "holds no labels");
    fa_run_free(run);
    unlink(in_run("run", "recipe.ini"));
    assert_fails(fa_run_open(&run, path_of("run")), FA_E_IO, "recipe.ini is not there");
    assert_fails(fa_run_open(&run, path_of("nowhere")), FA_E_IO, "no such run folder");
    fa_recipe_free(recipe);
}

/* A resumed run throws its results away before the first epoch is written, and not before that. */
typedef struct seen {
    bool scores_at_first, model_was_new_beside_scores;
    size_t calls;
    uint64_t model;
} seen;

static uint64_t digest_of(const char *path) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, path));
    uint64_t digest = fa__digest(bytes, size);
    fa__free(bytes);
    return digest;
}

static int look(void *user, const fa_progress *progress) {
    seen *s = user;
    (void)progress;
    bool scores = fa__file_exists(in_run("run", "scores.json"));
    if (s->calls++ == 0)
        s->scores_at_first = scores && fa__file_exists(in_run("run", "report.html"));
    uint64_t now = digest_of(in_run("run", "model.safetensors"));
    if (now != s->model && (scores || fa__file_exists(in_run("run", "report.html"))))
        s->model_was_new_beside_scores = true;
    return 0;
}

static void resumed_run_keeps_results_until_it_has_new_ones(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("train.keep", "last");
    seen s = {0};
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    (void)text_file("run/report.html", "a page");
    s.model = digest_of(in_run("run", "model.safetensors"));
    char run[FA__PATH_MAX]; /* the callback goes through the paths of path_of */
    snprintf(run, sizeof run, "%s", path_of("run"));
    assert_ok(fa_recipe_set(recipe, "train.epochs", "4"));
    const fa_train_options how = {
        .size = sizeof(fa_train_options), .resume = 1, .progress = look, .user = &s};
    assert_ok(train_into(recipe, run, &how, NULL));
    assert_true(s.calls > 2 && s.scores_at_first && !s.model_was_new_beside_scores);
    assert_int_not_equal(digest_of(in_run("run", "model.safetensors")), s.model);
    assert_true(fa__file_exists(in_run("run", "scores.json")));
    assert_false(fa__file_exists(in_run("run", "report.html")));
    fa_recipe_free(recipe);
}

static void copy(const char *from, const char *to, const char *name) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, in_run(from, name)));
    char place[128];
    snprintf(place, sizeof place, "%s/%s", to, name);
    (void)file_of(place, bytes, size);
    fa__free(bytes);
}

static void files_of_two_trainings_are_refused(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    fa_run *run;
    fa_clusters *clusters, *of_two;
    fa_model *model;
    const char *two;
    assert_ok(train_into(recipe, path_of("one"), NULL, NULL));
    assert_ok(fa_recipe_set(recipe, "train.seed", "2"));
    assert_ok(train_into(recipe, path_of("two"), NULL, NULL));
    copy("two", "one", "model.safetensors");
    assert_fails(fa_run_open(&run, path_of("one")), FA_E_FORMAT,
                 "scores.json belongs to another model");
    assert_non_null(strstr(fa_error_detail(), "train --resume -o"));
    assert_fails(fa_clusters_open(&clusters, path_of("one")), FA_E_FORMAT,
                 "clusters.safetensors belongs to another model");
    two = path_of("two");
    copy("one", "two", "clusters.safetensors");
    assert_ok(fa_run_open(&run, two));
    const fa_clusters *borrowed;
    assert_fails(fa_run_clusters(&borrowed, run), FA_E_FORMAT, "belongs to another model");
    fa_run_free(run);
    unlink(in_run("one", "model.safetensors")); /* results alone are results */
    assert_ok(fa_run_open(&run, path_of("one")));
    fa_run_free(run);
    assert_ok(fa_clusters_open(&of_two, path_of("one")));
    assert_ok(fa_model_open(&model, path_of("two")));
    assert_fails(fa_clusters_check(of_two, model), FA_E_FORMAT, "of another model");
    fa_clusters_free(of_two), fa_model_free(model);
    fa_recipe_free(recipe);
}

/* ==== Temporary files ==== */

static void writer_follows_no_link_and_opens_no_old_file(void **state) {
    (void)state;
    char temporary[FA__PATH_MAX + 64];
    const char *victim = text_file("victim", "kept"), *path = path_of("out");
    struct stat info;
    snprintf(temporary, sizeof temporary, "%s.tmp-%ld-0", path, (long)getpid());
    assert_int_equal(symlink(victim, temporary), 0);
    fa__writer writer;
    assert_ok(fa__writer_open(&writer, path));
    assert_int_equal(lstat(writer.temporary, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    fa__writer_put(&writer, "new", 3);
    assert_ok(fa__writer_close(&writer, true));
    assert_int_equal(stat(victim, &info), 0);
    assert_int_equal(info.st_size, 4);
    unlink(temporary);
}

static void temporaries_of_the_dead_are_removed(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) _exit(0);
    assert_true(child > 0 && waitpid(child, NULL, 0) == child);
    char of_dead[64], of_this[64], own[64];
    mkdir(path_of("f"), 0777);
    snprintf(of_dead, sizeof of_dead, "f/x.csv.tmp-%ld-3", (long)child);
    snprintf(of_this, sizeof of_this, "f/x.csv.tmp-%ld-0", (long)getpid());
    snprintf(own, sizeof own, "f/mine.npy.tmp-%ld", (long)getpid());
    static const char *const no_temporaries[] = {"f/x.tmp-",    "f/x.tmp-a",
                                                 "f/x.tmp-12-", "f/x.tmp-1x",
                                                 "f/tmp-99999", "f/x.tmp-12345678901-0"};
    for (size_t i = 0; i < 6; i++) (void)text_file(no_temporaries[i], "");
    (void)text_file(of_dead, ""), (void)text_file(of_this, ""), (void)text_file(own, "");
    static const char *const mine[] = {"mine.npy"};
    fa__remove_temporaries(path_of("f"), mine, 1);
    assert_false(fa__file_exists(path_of(of_dead)));
    assert_true(fa__file_exists(path_of(of_this)));
    assert_false(fa__file_exists(path_of(own)));
    for (size_t i = 0; i < 6; i++) assert_true(fa__file_exists(path_of(no_temporaries[i])));
    fa__remove_temporaries(path_of("no-folder"), mine, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(run_in_memory_is_that_of_the_folder, make_data),
        cmocka_unit_test_setup(train_leaves_the_data_sets_as_they_are, make_data),
        cmocka_unit_test_setup(stopped_run_in_memory_is_whole, make_data),
        cmocka_unit_test_setup(buffers_give_back_model_clusters_and_recipe, make_data),
        cmocka_unit_test(nothing_of_a_buffer_is_null),
        cmocka_unit_test_setup(unfinished_run_opens_and_says_what_finishes_it, make_data),
        cmocka_unit_test_setup(resumed_run_keeps_results_until_it_has_new_ones, make_data),
        cmocka_unit_test_setup(files_of_two_trainings_are_refused, make_data),
        cmocka_unit_test_setup(writer_follows_no_link_and_opens_no_old_file, make_data),
        cmocka_unit_test_setup(temporaries_of_the_dead_are_removed, make_data),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
