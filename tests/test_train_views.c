/* Trainings on views, the views that fa_views_make shows, and the sheet of them. */
#define _POSIX_C_SOURCE 200809L
#include "view_cases.h"

#include "text_cases.h"
#include "train/trainer.h"
#include "train_runs.h"

/* ==== Batches ==== */

typedef struct job {
    fa__task task;
    fa__network *network;
    fa__trainer trainer;
} job;

static job *open_training(const fa_recipe *recipe) {
    job *j;
    const fa__engine *engine;
    assert_ok(FA_NEW_ZERO(j, 1));
    assert_ok(fa__engine_find(&engine, "auto"));
    assert_ok(fa__task_open(&j->task, recipe, NULL, NULL));
    assert_ok(fa__network_create(&j->network, fa_recipe_get(recipe, "network.layers"),
                                 fa__dataset_shape(j->task.train), fa__task_outputs(&j->task)));
    assert_ok(fa__trainer_open(&j->trainer, recipe, &j->task, j->network, engine));
    return j;
}

static void close_training(job *j) {
    fa__trainer_close(&j->trainer);
    fa__network_free(j->network);
    fa__task_close(&j->task);
    fa__free(j);
}

/* Every row of the last batch is the view that its key says, every sample has two, and the pairs
 * are those two. */
static void batch_has_two_rows_of_each_sample_and_their_pairs(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_with("data.views", "strokes");
    job *j = open_training(recipe);
    fa__trainer *t = &j->trainer;
    const fa__gathered *g = &t->gathered;
    size_t at, steps, apart = 0, samples = t->task->n_fit % t->batch, seen[TRAIN_SAMPLES] = {0};
    fa__made made = {0};
    assert_ok(fa__trainer_epoch(t));
    assert_ok(fa__trainer_epoch(t)); /* the second has other views */
    assert_in_range(samples, 2, t->batch - 1);
    assert_int_equal(g->n, 2 * samples);
    assert_int_equal(g->n_pairs, samples);
    for (size_t s = 0; s < t->n_shards; s++)
        for (size_t i = t->first[s]; i < t->first[s + 1]; i++) {
            const fa__row *row = &t->sharded[i];
            assert_true(i == t->first[s] || t->sharded[i - 1].steps >= row->steps);
            assert_ok(fa__view_make(&made, &at, &steps, &t->views, t->task->train, 1, row->sample,
                                    row->view));
            assert_int_equal(steps, row->steps);
            assert_memory_equal(made.values + at, row->values, steps * 4 * sizeof(float));
            assert_int_equal(g->labels[i], t->task->coarse[row->sample]);
        }
    for (size_t p = 0; p < g->n_pairs; p++) {
        const fa__row *a = &t->sharded[g->pairs[2 * p]], *b = &t->sharded[g->pairs[2 * p + 1]];
        assert_int_equal(a->sample, b->sample);
        assert_true(a->view == 0 && b->view == 1);
        assert_int_equal(seen[a->sample]++, 0);
        size_t shard = 0;
        while (t->first[shard + 1] <= (size_t)g->pairs[2 * p]) shard++;
        apart += (size_t)g->pairs[2 * p + 1] < t->first[shard] ||
                 (size_t)g->pairs[2 * p + 1] >= t->first[shard + 1];
    }
    assert_in_range(apart, 1, samples); /* length decides, not the sample */
    const fa_epoch *row = &t->history[0];
    assert_true(row->accuracy > 0.3 && row->accuracy <= 1 && isfinite(row->task_loss));
    fa__made_free(&made);
    close_training(j);
    fa_recipe_free(recipe);
}

static void batch_without_views_has_no_pairs(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    job *j = open_training(recipe);
    assert_ok(fa__trainer_epoch(&j->trainer));
    assert_null(j->trainer.gathered.pairs);
    assert_int_equal(j->trainer.gathered.n_pairs, 0);
    assert_int_equal(j->trainer.gathered.n, j->task.n_fit % j->trainer.batch);
    close_training(j);
    fa_recipe_free(recipe);
}

/* Views that change nothing double every row: the mean gradient, and so the training, is that
 * without views, up to rounding. */
static void views_that_are_off_train_as_no_views(void **state) {
    (void)state;
    static const char *const keys[] = {"rotation", "scale",  "shear",   "warp",   "shift",
                                       "crop",     "lift",   "join",    "trim",   "drop",
                                       "split",    "jitter", "reverse", "reorder"};
    fa_recipe *plain = recipe_with("loss.kind", "none"), *off = recipe_with("loss.kind", "none");
    assert_ok(fa_recipe_set(off, "data.views", "strokes"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[64];
        snprintf(key, sizeof key, "views.%s", keys[i]);
        assert_ok(fa_recipe_set(off, key, "0"));
    }
    job *a = open_training(plain), *b = open_training(off);
    assert_ok(fa__trainer_epoch(&a->trainer));
    assert_ok(fa__trainer_epoch(&b->trainer));
    const fa_epoch *x = &a->trainer.history[0], *y = &b->trainer.history[0];
    assert_near(x->task_loss, y->task_loss, 1e-4);
    assert_near(x->accuracy, y->accuracy, 0.02);
    assert_near(x->validation_loss, y->validation_loss, 1e-3);
    assert_near(x->gradient_norm, y->gradient_norm, 1e-2);
    close_training(a), close_training(b);
    fa_recipe_free(plain), fa_recipe_free(off);
}

/* ==== Whole runs ==== */

static void assert_same_run(const char *a, const char *b) {
    static const char *const files[] = {"model.safetensors", "embeddings.npy", "clusters.npy",
                                        "scores.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) assert_same_file(a, b, files[i]);
}

static int stop_in_epoch_2(void *user, const fa_progress *now) {
    (void)user;
    assert_true(now->done <= now->total);
    return now->epoch == 2 && now->done >= 64;
}

/* One, two and four threads, and a stop in between. */
static void assert_trains_alike(fa_recipe *recipe) {
    static const char *const runs[] = {"one", "two", "four", "stopped"};
    fa_train_result result;
    assert_ok(fa_recipe_set(recipe, "train.epochs", "3"));
    for (int i = 0; i < 4; i++) {
        fa_train_options options = {
            .size = sizeof options, .overwrite = 1, .progress = i == 3 ? stop_in_epoch_2 : NULL};
        fa_threads_set(1 << i % 3);
        assert_ok(train_into(recipe, path_of(runs[i]), &options, &result));
        if (i == 3) {
            assert_true(result.stopped);
            options = (fa_train_options){.size = sizeof(fa_train_options), .resume = 1};
            assert_ok(train_into(recipe, path_of(runs[i]), &options, &result));
        }
        assert_int_equal(result.epochs, 3);
        if (i > 0) assert_same_run(runs[0], runs[i]);
    }
    fa_threads_set(0);
    fa_recipe_free(recipe);
}

static void strokes_train_to_the_same_bytes(void **state) {
    (void)state;
    assert_trains_alike(recipe_with("data.views", "auto"));
}

static void autoencoder_trains_to_the_same_bytes(void **state) {
    (void)state;
    static const char *const values[][2] = {
        {"data.views", "series"},
        {"data.groups", ""},
        {"train.task", "reconstruction"},
        {"loss.weight", "0.1"},
        {"network.layers", "lstm 8, linear 4 relu target, repeat, lstm 8 every_step, linear out"}};
    fa_recipe *recipe = small_recipe();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_trains_alike(recipe);
}

/* Rows that come more than once in an epoch, labels that some lack, vectors. */
static void vectors_train_to_the_same_bytes(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    FILE *file = fopen(path_of("v.csv"), "w");
    assert_non_null(file);
    fprintf(file, "label,a,b,c\n");
    for (int i = 0; i < 160; i++)
        fprintf(file, "%s,%d,%d,%d\n",
                i % 5 == 0   ? "rare"
                : i % 7 == 0 ? ""
                             : "often",
                i % 5, i * 7 % 11, i);
    assert_int_equal(fclose(file), 0);
    const char *const values[][2] = {
        {"data.train", path_of("v.csv")},
        {"data.test", ""},
        {"data.groups", ""},
        {"data.scale", "standard"},
        {"data.label_column", "label"},
        {"data.views", "vectors"},
        {"train.balance", "labels"},
        {"cluster.k", "2"},
        {"network.layers", "linear 6 relu, linear 4 target, linear out"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_trains_alike(recipe);
}

static void views_change_what_is_trained(void **state) {
    (void)state;
    fa_recipe *recipe = small_recipe();
    unsigned char *x, *y;
    size_t n, m;
    assert_ok(train_into(recipe, path_of("plain"), NULL, NULL));
    assert_ok(fa_recipe_set(recipe, "data.views", "strokes"));
    assert_ok(train_into(recipe, path_of("views"), NULL, NULL));
    assert_ok(fa__file_read(&x, &n, in_run("plain", "model.safetensors")));
    assert_ok(fa__file_read(&y, &m, in_run("views", "model.safetensors")));
    assert_int_equal(n, m);
    assert_memory_not_equal(x, y, n);
    fa__free(x), fa__free(y);
    assert_ok(fa_recipe_set(recipe, "views.lift", "0"));
    assert_fails(train_into(recipe, path_of("views"),
                            &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1},
                            NULL),
                 FA_E_RECIPE, "views.lift");
    assert_ok(fa_recipe_set(recipe, "data.views", "images"));
    assert_fails(train_into(recipe, path_of("new"), NULL, NULL), FA_E_RECIPE,
                 "data.views = images is not for the kind of data.train; strokes, series, auto or "
                 "none works");
    assert_false(fa__is_folder(path_of("new")));
    fa_recipe_free(recipe);
}

/* ==== fa_views_make ==== */

/* Row (i * epochs + e) * 2 + v is what a batch would hold. */
static void made_data_sets_hold_the_views_of_each_epoch(void **state) {
    (void)state;
    static const size_t samples[] = {5, 2, 2};
    enum { N = 3, EPOCHS = 2 };
    for (size_t p = 0; p < POLICIES; p++) {
        if (p == 4) continue; /* texts: the next test */
        viewer v = viewer_at(p);
        fa_dataset *made = NULL;
        for (int threads = 1; threads <= 4; threads *= 4) {
            fa_threads_set(threads);
            assert_ok(fa_views_make(&made, v.recipe, v.data, samples, N, EPOCHS));
            assert_int_equal(fa_dataset_count(made), N * EPOCHS * 2);
            assert_int_equal(fa_dataset_kind(made), fa_dataset_kind(v.data));
            assert_int_equal(fa_dataset_features(made), fa_dataset_features(v.data));
            assert_non_null(strstr(fa_dataset_note(made), v.views.policy->name));
            for (size_t r = 0; r < made->n; r++) {
                const float *x = view_of(&v, r / 2 % EPOCHS, samples[r / 2 / EPOCHS], r % 2);
                assert_int_equal(steps_of(made, r), v.steps);
                for (size_t t = 0; t < v.steps; t++)
                    for (size_t k = 0; k < made->features; k++) {
                        float got = value_of(made, r, t, k), of = x[t * made->features + k];
                        assert_true(made->kind == FA_KIND_IMAGES ? fabsf(got - of) <= 0.5f
                                                                 : got == of);
                    }
            }
            fa_dataset_free(made);
        }
        fa_threads_set(0);
        close_viewer(&v);
    }
}

static void made_texts_are_words_of_the_text(void **state) {
    (void)state;
    static const char *const texts[] = {"One two, three FOUR five six seven", "one one three", ""};
    static const size_t samples[] = {0, 1, 2};
    fa_dataset *data = texts_of(texts, NULL, 3), *made;
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    assert_ok(fa_recipe_set(recipe, "data.views", "auto"));
    assert_ok(fa_recipe_set(recipe, "text.min_count", "1"));
    const char *const off[] = {"views.crop", "views.drop", "views.reorder"};
    for (size_t i = 0; i < 3; i++) assert_ok(fa_recipe_set(recipe, off[i], "0"));
    for (int backward = 0; backward < 2; backward++) {
        static const char *const wanted[] = {"one two three four five six seven", "one one three",
                                             "?"};
        assert_ok(fa_recipe_set(recipe, "text.order", backward ? "backward" : "forward"));
        assert_ok(fa_views_make(&made, recipe, data, samples, 3, 1));
        assert_int_equal(fa_dataset_kind(made), FA_KIND_TEXT);
        for (size_t r = 0; r < 6; r++) {
            size_t size;
            const char *text = fa_dataset_text(made, r, &size);
            assert_int_equal(size, strlen(wanted[r / 2]));
            assert_memory_equal(text, wanted[r / 2], size);
        }
        assert_string_equal(fa_dataset_note(made), "text: crop 0, drop 0, reorder 0");
        fa_dataset_free(made);
    }
    assert_ok(fa_recipe_set(recipe, "views.drop", "1"));
    assert_ok(fa_views_make(&made, recipe, data, samples, 1, 1));
    size_t size;
    assert_non_null(fa_dataset_text(made, 0, &size));
    assert_int_equal(size, 3); /* read backward, the last word is the first: "one" */
    fa_dataset_free(made);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

static void make_refuses_what_it_cannot(void **state) {
    (void)state;
    static const size_t samples[] = {0, 12};
    viewer v = viewer_at(5);
    fa_dataset *out = NULL;
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 2, 1), FA_E_ARGUMENT,
                 "sample 12 is not there: the data have 12");
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 0, 1), FA_E_ARGUMENT, "0 samples");
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 1, 0), FA_E_ARGUMENT, "0 epochs");
    assert_ok(fa_recipe_set(v.recipe, "data.scale", "1 2"));
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 1, 1), FA_E_RECIPE, "data.scale");
    assert_ok(fa_recipe_set(v.recipe, "data.views", "none"));
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 1, 1), FA_E_RECIPE, "auto works");
    close_viewer(&v);
    v = viewer_at(3);
    assert_ok(fa_recipe_set(v.recipe, "data.views", "strokes"));
    assert_fails(fa_views_make(&out, v.recipe, v.data, samples, 1, 1), FA_E_RECIPE,
                 "the data have 3 features; series works");
    assert_null(out);
    close_viewer(&v);
}

static void make_survives_a_lack_of_memory(void **state) {
    (void)state;
    static const char *const texts[] = {"one two three", "one three"};
    static const size_t samples[] = {0, 1};
    for (size_t p = 0; p <= POLICIES; p++) {
        viewer v = viewer_at(p < POLICIES ? p : 0);
        fa_dataset *out = NULL, *data = p == POLICIES ? texts_of(texts, NULL, 2) : v.data;
        if (p == 4) {
            close_viewer(&v);
            continue;
        }
        assert_ok(fa_recipe_set(v.recipe, "data.views", "auto"));
        fa_threads_set(1);
        size_t before = fa__memory_live(), failures = 0;
        for (;; failures++) {
            fa__memory_fail_after((long)failures);
            fa_status status = fa_views_make(&out, v.recipe, data, samples, 2, 1);
            fa__memory_fail_after(-1);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_int_equal(fa__memory_live(), before);
            assert_null(out);
        }
        assert_true(failures >= 5);
        fa_dataset_free(out);
        assert_int_equal(fa__memory_live(), before);
        if (p == POLICIES) fa_dataset_free(data);
        close_viewer(&v);
    }
    fa_threads_set(0);
}

/* ==== The sheet ==== */

static size_t count_of(const char *text, const char *word) {
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word)) count++;
    return count;
}

static void sheet_shows_every_sample_and_view(void **state) {
    (void)state;
    static const size_t samples[] = {3, 0};
    static const char *const drawn[POLICIES] = {"aria-label=\"pen strokes\"",
                                                "data:image/png",
                                                "data:image/png",
                                                "features over",
                                                "",
                                                "values\""};
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        fa_dataset *made;
        unsigned char *page, *again;
        size_t size, size_again;
        if (p == 4) {
            close_viewer(&v);
            continue;
        }
        assert_ok(fa_views_make(&made, v.recipe, v.data, samples, 2, 3));
        assert_ok(fa_views_sheet_write(path_of("sheet.html"), v.data, samples, 2, made));
        assert_ok(fa_views_sheet_write(path_of("again.html"), v.data, samples, 2, made));
        assert_ok(fa__file_read(&page, &size, path_of("sheet.html")));
        assert_ok(fa__file_read(&again, &size_again, path_of("again.html")));
        assert_int_equal(size, size_again);
        assert_memory_equal(page, again, size);
        assert_int_equal(count_of((const char *)page, drawn[p]), 2 * (1 + 6));
        assert_int_equal(count_of((const char *)page, "views in epoch"), 3);
        assert_int_equal(count_of((const char *)page, fa_dataset_note(made)), 1);
        fa__free(page), fa__free(again);
        assert_fails(fa_views_sheet_write(path_of("bad.html"), v.data, samples, 0, made),
                     FA_E_ARGUMENT, "0 samples");
        assert_fails(fa_views_sheet_write(path_of("bad.html"), v.data,
                                          (const size_t[]){1, 2, 3, 4, 5}, 5, made),
                     FA_E_ARGUMENT, "12 views are not those of 5 samples");
        assert_fails(
            fa_views_sheet_write(path_of("bad.html"), v.data, (const size_t[]){1, 999}, 2, made),
            FA_E_ARGUMENT, "sample 999 is not there");
        assert_fails(fa_views_sheet_write(path_of("no/where.html"), v.data, samples, 2, made),
                     FA_E_IO, "no/where");
        assert_false(fa__file_exists(path_of("bad.html")));
        fa_dataset_free(made);
        close_viewer(&v);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(batch_has_two_rows_of_each_sample_and_their_pairs, make_data),
        cmocka_unit_test_setup(batch_without_views_has_no_pairs, make_data),
        cmocka_unit_test_setup(views_that_are_off_train_as_no_views, make_data),
        cmocka_unit_test_setup(strokes_train_to_the_same_bytes, make_data),
        cmocka_unit_test_setup(autoencoder_trains_to_the_same_bytes, make_data),
        cmocka_unit_test_setup(vectors_train_to_the_same_bytes, make_data),
        cmocka_unit_test_setup(views_change_what_is_trained, make_data),
        cmocka_unit_test(made_data_sets_hold_the_views_of_each_epoch),
        cmocka_unit_test(made_texts_are_words_of_the_text),
        cmocka_unit_test(make_refuses_what_it_cannot),
        cmocka_unit_test(make_survives_a_lack_of_memory),
        cmocka_unit_test_setup(sheet_shows_every_sample_and_view, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
