/* Trainings that hold positive pairs together: what the batches bring, what the history says, which
 * recipes cannot be, runs that are resumed. */
#define _POSIX_C_SOURCE 200809L
#include "test_loss_cases.h"

#include "base/memory.h"
#include "base/threads.h"
#include "run/history.h"
#include "train/trainer.h"
#include "train_runs.h"

enum { VECTORS = 90, WIDTH = 6, CLASSES = 6 };

/* vectors.npy and coarse.npy beside the strokes: six clouds, three of each label. */
static int make_held_data(void **state) {
    float x[VECTORS * WIDTH];
    int32_t coarse[VECTORS];
    assert_int_equal(make_test_folder(state), 0);
    assert_int_equal(make_data(state), 0);
    for (size_t i = 0; i < VECTORS; i++) {
        size_t class = i % CLASSES;
        coarse[i] = (int32_t)(class / 3);
        for (size_t k = 0; k < WIDTH; k++)
            x[i * WIDTH + k] =
                noise_value(1, i * WIDTH + k, 1) + 3 * noise_value(2, class * WIDTH + k, 1);
    }
    assert_ok(fa_matrix_write(path_of("vectors.npy"), x, VECTORS, WIDTH));
    assert_ok(fa_labels_write(path_of("coarse.npy"), coarse, VECTORS));
    return 0;
}

static fa_recipe *vector_recipe(void) {
    fa_recipe *recipe = small_recipe();
    const char *const values[][2] = {
        {"data.train", path_of("vectors.npy")},
        {"data.labels", path_of("coarse.npy")},
        {"data.test", ""},
        {"data.groups", ""},
        {"data.scale", "standard"},
        {"network.layers", "linear 12 relu, linear 6 target, linear out"},
        {"loss.positives", "neighbours"},
        {"loss.neighbours", "4"},
        {"loss.hold", "kl"},
        {"cluster.k", "6"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

typedef struct job {
    fa__task task;
    fa__network *network;
    fa__trainer trainer;
} job;

static fa_status open_training(job **out, const fa_recipe *recipe) {
    job *j;
    const fa__engine *engine;
    assert_ok(FA_NEW_ZERO(j, 1));
    assert_ok(fa__engine_find(&engine, "auto"));
    assert_ok(fa__task_open(&j->task, recipe, NULL, NULL));
    assert_ok(fa__network_create(&j->network, fa_recipe_get(recipe, "network.layers"),
                                 fa__dataset_shape(j->task.train), fa__task_outputs(&j->task)));
    *out = j;
    return fa__trainer_open(&j->trainer, recipe, &j->task, j->network, engine);
}

static void close_training(job *j) {
    fa__trainer_close(&j->trainer);
    fa__network_free(j->network);
    fa__task_close(&j->task);
    fa__free(j);
}

/* ==== Neighbours ==== */

static double distance(const fa__task *task, size_t a, size_t b) {
    double sum = 0;
    for (size_t k = 0; k < WIDTH; k++) {
        const float *x = task->train->values.numbers;
        double scale = (double)task->scaling.scale[k];
        sum += pow(scale * ((double)x[a * WIDTH + k] - (double)x[b * WIDTH + k]), 2);
    }
    return sum;
}

/* How many samples that are trained on, of the same label, are nearer to a than b is. */
static size_t nearer(const fa__task *task, size_t a, size_t b) {
    size_t count = 0;
    for (size_t i = 0; i < task->n_fit; i++) {
        size_t s = task->fit[i];
        count += s != a && task->coarse[s] == task->coarse[a] &&
                 distance(task, a, s) < distance(task, a, b) * (1 - 1e-6);
    }
    return count;
}

static void pairs_are_samples_and_one_of_their_nearest(void **state) {
    (void)state;
    fa_recipe *recipe = vector_recipe();
    job *j;
    size_t drawn[2][VECTORS], moved = 0, count = 0;
    assert_ok(open_training(&j, recipe));
    fa__trainer *t = &j->trainer;
    for (size_t epoch = 0; epoch < 2; epoch++) {
        assert_ok(fa__trainer_epoch(t));
        const fa__gathered *g = &t->gathered;
        assert_int_equal(g->n, 2 * g->n_pairs);
        for (size_t p = 0; p < g->n_pairs; p++) {
            const fa__row *a = &t->sharded[g->pairs[2 * p]], *b = &t->sharded[g->pairs[2 * p + 1]];
            assert_true(a->view == 0 && b->view == 1 && a->sample != b->sample);
            assert_int_equal(j->task.coarse[a->sample], j->task.coarse[b->sample]);
            assert_in_range(nearer(&j->task, a->sample, b->sample), 0, 3);
        }
        for (size_t i = 0; i < j->task.n_fit; i++)
            drawn[epoch][i] = fa__neighbourhood_draw(&t->neighbourhood, 1, epoch, j->task.fit[i]);
    }
    for (size_t i = 0; i < j->task.n_fit; i++) {
        moved += drawn[0][i] != drawn[1][i];
        count += fa__neighbourhood_draw(&t->neighbourhood, 1, 0, j->task.fit[i]) == drawn[0][i];
    }
    assert_int_equal(count, j->task.n_fit);
    assert_in_range(moved, j->task.n_fit / 2, j->task.n_fit - 5); /* 3 of 4 */
    assert_true(t->history[0].hold > 0 && t->history[1].hold > 0);
    close_training(j);
    fa_recipe_free(recipe);
}

/* A sample with no other of its label is its own neighbour. */
static void sample_alone_with_its_label_is_its_own_neighbour(void **state) {
    (void)state;
    int32_t nearest[] = {1, -1, 0, -1, -1, -1}, place[] = {0, -1, 1, 2};
    size_t samples[] = {0, 2, 3};
    const fa__task task = {.fit = samples, .n_fit = 3};
    const fa__neighbourhood n = {.task = &task, .k = 2, .nearest = nearest, .place = place};
    for (size_t epoch = 0; epoch < 20; epoch++) {
        assert_int_equal(fa__neighbourhood_draw(&n, 5, epoch, 0), 2);
        assert_int_equal(fa__neighbourhood_draw(&n, 5, epoch, 2), 0);
        assert_int_equal(fa__neighbourhood_draw(&n, 5, epoch, 3), 3);
    }
}

/* By a layer: renewed when due and not before, by what it makes of the samples then. */
static void neighbours_of_a_layer_are_renewed(void **state) {
    (void)state;
    fa_recipe *recipe = vector_recipe();
    job *j;
    int32_t before[VECTORS * 4];
    assert_ok(fa_recipe_set(recipe, "loss.neighbours_layer", "1"));
    assert_ok(fa_recipe_set(recipe, "loss.renew_epochs", "2"));
    assert_ok(fa_recipe_set(recipe, "train.epochs", "4"));
    assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "0.05"));
    assert_ok(open_training(&j, recipe));
    size_t bytes = j->task.n_fit * 4 * sizeof(int32_t);
    const int32_t *nearest = j->trainer.neighbourhood.nearest;
    assert_int_equal(nearest[0], -1);
    assert_ok(fa__trainer_epoch(&j->trainer));
    memcpy(before, nearest, bytes);
    for (size_t i = 0; i < j->task.n_fit * 4; i++) assert_true(before[i] >= 0);
    assert_ok(fa__trainer_epoch(&j->trainer));
    assert_memory_equal(before, nearest, bytes);
    assert_ok(fa__trainer_epoch(&j->trainer));
    assert_true(memcmp(before, nearest, bytes) != 0);
    close_training(j);
    fa_recipe_free(recipe);
}

/* All pairs are compared, unless a label has more samples than the recipe says. */
static void neighbours_of_large_labels_are_approximate_as_the_recipe_says(void **state) {
    (void)state;
    static const struct {
        const char *exact_up_to, *recall;
        bool approximate;
    } cases[] = {{"200000", "0.3", false}, {"0", "1", false}, {"0", "0.3", true}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fa_recipe *recipe = vector_recipe();
        job *j;
        assert_ok(fa_recipe_set(recipe, "loss.neighbours_exact", cases[c].exact_up_to));
        assert_ok(fa_recipe_set(recipe, "loss.neighbours_recall", cases[c].recall));
        assert_ok(open_training(&j, recipe));
        double recall = j->trainer.neighbourhood.recall;
        assert_true(recall >= 0.3 && recall <= 1);
        assert_int_equal(recall < 1, cases[c].approximate);
        assert_ok(fa__trainer_epoch(&j->trainer));
        close_training(j);
        fa_recipe_free(recipe);
    }
}

/* ==== Recipes that cannot be ==== */

static void recipes_without_pairs_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *says, *says_too;
    } cases[] = {
        {"loss.hold", "kl", "loss.hold = kl", "data.views = none"},
        {"loss.hold", "js", "loss.hold = js", "loss.positives = views"},
        {"loss.kind", "infonce", "loss.kind = infonce", "data.views = none"},
        {"loss.positives", "neighbours", "loss.positives = neighbours", "loss.neighbours_layer"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fa_recipe *recipe = recipe_with(cases[i].key, cases[i].value);
        job *j;
        assert_fails(open_training(&j, recipe), FA_E_RECIPE, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), cases[i].says_too));
        close_training(j);
        fa_recipe_free(recipe);
    }
    fa_recipe *recipe = vector_recipe();
    job *j;
    assert_ok(fa_recipe_set(recipe, "loss.neighbours_layer", "1"));
    assert_fails(open_training(&j, recipe), FA_E_RECIPE, "loss.renew_epochs");
    close_training(j);
    assert_ok(fa_recipe_set(recipe, "loss.neighbours_layer", "7"));
    assert_fails(open_training(&j, recipe), FA_E_ARGUMENT, "loss.neighbours_layer = 7");
    close_training(j);
    fa_recipe_free(recipe);
}

/* ==== Whole runs ==== */

static void train_on(fa_recipe *recipe, const char *run, int threads, bool resume) {
    fa_train_options options = {.size = sizeof options, .resume = resume, .overwrite = !resume};
    fa_threads_set(threads);
    assert_ok(train_into(recipe, path_of(run), &options, NULL));
    fa_threads_set(0);
}

/* Each kind with hold: on any number of threads and resumed the same bytes, and a history that says
 * what was held. */
static void held_runs_are_the_same_resumed_and_on_any_threads(void **state) {
    (void)state;
    static const char *const kinds[] = {"multi", "information", "infonce", "multi"};
    for (size_t i = 0; i < 4; i++) {
        fa_recipe *recipe = i == 0 ? vector_recipe() : recipe_with("data.views", "strokes");
        assert_ok(fa_recipe_set(recipe, "loss.kind", kinds[i]));
        assert_ok(fa_recipe_set(recipe, "loss.hold", i == 1 ? "js" : "kl"));
        assert_ok(fa_recipe_set(recipe, "loss.ramp_epochs", "1"));
        if (i == 3) { /* within the term of neighbours that a layer has found: series too */
            assert_ok(fa_recipe_set(recipe, "loss.positives", "neighbours"));
            assert_ok(fa_recipe_set(recipe, "loss.neighbours_layer", "2"));
            assert_ok(fa_recipe_set(recipe, "loss.renew_epochs", "2"));
        }
        assert_ok(fa_recipe_set(recipe, "train.keep", "last"));
        train_on(recipe, "one", 1, false);
        train_on(recipe, "four", 4, false);
        assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
        train_on(recipe, "two", 2, false);
        assert_ok(fa_recipe_set(recipe, "train.epochs", "2"));
        train_on(recipe, "two", 2, true);
        assert_same_file("one", "four", "model.safetensors");
        assert_same_file("one", "two", "model.safetensors");
        fa_epoch *history;
        size_t epochs;
        assert_ok(fa__history_read(&history, &epochs, in_run("two", "history.csv")));
        assert_int_equal(epochs, 2);
        assert_true(history[0].hold > 0 && history[1].hold > 0 && isfinite(history[1].component));
        fa__free(history);
        fa_recipe_free(recipe);
    }
}

/* Without labels the hold is added to Eq. 11 with its own weight. */
static void reconstruction_is_held_too(void **state) {
    (void)state;
    fa_recipe *recipe = vector_recipe();
    job *j;
    assert_ok(fa_recipe_set(recipe, "data.labels", ""));
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_ok(fa_recipe_set(recipe, "loss.kind", "information"));
    assert_ok(fa_recipe_set(recipe, "loss.weight", "0.25"));
    assert_ok(fa_recipe_set(recipe, "loss.hold_weight", "2"));
    assert_ok(open_training(&j, recipe));
    assert_ok(fa__trainer_epoch(&j->trainer));
    const fa__terms *weights = &j->trainer.weights;
    assert_true(weights->task == 0.75 && weights->component == 0.25 && weights->hold == 2);
    assert_true(j->trainer.history[0].hold > 0 && j->trainer.history[0].component < 0);
    close_training(j);
    fa_recipe_free(recipe);
}

/* Hold alone, for some epochs: what is held comes together. */
static void hold_brings_pairs_together(void **state) {
    (void)state;
    double held[2];
    for (int on = 0; on < 2; on++) {
        fa_recipe *recipe = vector_recipe();
        job *j;
        assert_ok(fa_recipe_set(recipe, "loss.kind", "none"));
        assert_ok(fa_recipe_set(recipe, "loss.hold_weight", on ? "3" : "0"));
        assert_ok(fa_recipe_set(recipe, "train.epochs", "20"));
        assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "0.01"));
        assert_ok(open_training(&j, recipe));
        for (size_t e = 0; e < 20; e++) assert_ok(fa__trainer_epoch(&j->trainer));
        held[on] = j->trainer.history[19].hold;
        close_training(j);
        fa_recipe_free(recipe);
    }
    if (!(held[0] > 0 && held[1] < held[0] / 2)) fail_msg("%g with, %g without", held[1], held[0]);
}

/* Label-balanced batches and L_information, of all rows and of each label. */
static void information_trains_on_balanced_batches(void **state) {
    (void)state;
    static const char *const answers[] = {"no", "yes"};
    for (size_t i = 0; i < 2; i++) {
        fa_recipe *recipe = vector_recipe();
        job *j;
        assert_ok(fa_recipe_set(recipe, "loss.kind", "information"));
        assert_ok(fa_recipe_set(recipe, "loss.information_labels", answers[i]));
        assert_ok(fa_recipe_set(recipe, "loss.information_cap", "1.2"));
        assert_ok(fa_recipe_set(recipe, "train.balance", "labels"));
        assert_ok(open_training(&j, recipe));
        assert_ok(fa__trainer_epoch(&j->trainer));
        const fa__gathered *g = &j->trainer.gathered;
        size_t ones = 0;
        for (size_t r = 0; r < g->n; r++) ones += g->labels[r] == 1;
        assert_in_range(ones, g->n / 2 - 2, g->n / 2 + 2);
        assert_true(j->trainer.history[0].component < log(WIDTH) &&
                    j->trainer.history[0].component >= -3.6);
        close_training(j);
        fa_recipe_free(recipe);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_samples_and_one_of_their_nearest),
        cmocka_unit_test(neighbours_of_a_layer_are_renewed),
        cmocka_unit_test(neighbours_of_large_labels_are_approximate_as_the_recipe_says),
        cmocka_unit_test(sample_alone_with_its_label_is_its_own_neighbour),
        cmocka_unit_test(recipes_without_pairs_are_refused),
        cmocka_unit_test(held_runs_are_the_same_resumed_and_on_any_threads),
        cmocka_unit_test(reconstruction_is_held_too),
        cmocka_unit_test(hold_brings_pairs_together),
        cmocka_unit_test(information_trains_on_balanced_batches),
    };
    return cmocka_run_group_tests(tests, make_held_data, remove_test_folder);
}
