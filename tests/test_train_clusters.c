/* Trainings that tell clusters of a former one apart within their labels (loss.kind = clusters). */
#define _POSIX_C_SOURCE 200809L
#include "test_loss_cases.h"

#include "model/model.h"
#include "train_runs.h"

enum { ROWS = 160, WIDTH = 5, KINDS = 4 };

/* Four clouds; the label of cloud c is c / 2, its cluster, as a former training numbered them, 5, 9, 2, 9. */
static const int32_t number_of[KINDS] = {5, 9, 2, 9};

static fa_dataset *make_clouds(void) {
    fa_dataset *data;
    float *x = clouds(ROWS, WIDTH);
    int32_t coarse[ROWS];
    static const char *const names[] = {"low", "high"};
    for (size_t i = 0; i < ROWS; i++) coarse[i] = (int32_t)(i % KINDS / 2);
    assert_ok(fa_dataset_from_vectors(&data, x, ROWS, WIDTH));
    assert_ok(fa_dataset_set_coarse(data, coarse, names));
    free(x);
    return data;
}

static fa_recipe *recipe_of(const char *layers, const char *kind) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {
        {"network.layers", layers}, {"loss.kind", kind},
        {"loss.weight", "1"},       {"train.epochs", "6"},
        {"train.batch", "32"},      {"train.keep", "last"},
        {"cluster.k", "4"},         {"optimizer.learning_rate", "0.03"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

static fa_run *train_with(const fa_recipe *recipe, const fa_dataset *data,
                          const int32_t *clusters) {
    fa_run *run;
    const fa_train_options how = {.size = sizeof how, .clusters = clusters};
    assert_ok(fa_train(&run, recipe, data, NULL, &how));
    return run;
}

static const fa_model *model_of(fa_run *run) {
    const fa_model *model;
    assert_ok(fa_run_model(&model, run));
    return model;
}

static const char within_labels[] = "linear 12 relu, linear 4 target, logsumexp 2";

/* The coarse cross-entropy and that of the clusters within the label are that of the clusters: a network
 * with an output for each that is trained on them as labels learns the same weights. */
static void it_learns_what_the_clusters_as_labels_teach(void **state) {
    (void)state;
    fa_dataset *data = make_clouds(), *clustered = make_clouds();
    fa_recipe *ours = recipe_of(within_labels, "clusters"),
              *theirs = recipe_of("linear 12 relu target, linear out", "none");
    int32_t clusters[ROWS], labels[ROWS];
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < ROWS; i++) {
        clusters[i] = number_of[i % KINDS];
        /* The units in their order: 5 and 9 of the first label, 2 and 9 of the second. */
        labels[i] = (int32_t)(i % KINDS);
    }
    assert_ok(fa_dataset_set_coarse(clustered, labels, names));
    fa_run *a = train_with(ours, data, clusters), *b = train_with(theirs, clustered, NULL);
    const fa_model *of_a = model_of(a), *of_b = model_of(b);
    assert_int_equal(of_a->network->parameters, of_b->network->parameters);
    double moved = 0;
    for (size_t i = 0; i < of_a->network->parameters; i++) {
        assert_near(of_a->parameters[i], of_b->parameters[i], 2e-5);
        moved = fmax(moved, fabs((double)of_a->parameters[i]));
    }
    assert_true(moved > 0.1);
    assert_near(fa_run_result(a)->validation_accuracy, 1, 1e-9); /* of the two labels */
    fa_run_free(a), fa_run_free(b);
    fa_recipe_free(ours), fa_recipe_free(theirs);
    fa_dataset_free(data), fa_dataset_free(clustered);
}

/* By the option or by a file, and by other numbers for the same clusters: the same model. */
static void clusters_come_from_memory_or_a_file(void **state) {
    (void)state;
    fa_dataset *data = make_clouds();
    fa_recipe *recipe = recipe_of(within_labels, "clusters");
    int32_t clusters[ROWS], others[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        clusters[i] = i % 10 == 3 ? -1 : number_of[i % KINDS]; /* some have none */
        others[i] = i % 10 == 3 ? -7 : (int32_t)(i % KINDS) * 1000;
    }
    fa_run *a = train_with(recipe, data, clusters), *b = train_with(recipe, data, others);
    assert_ok(fa_labels_write(path_of("clusters.npy"), clusters, ROWS));
    assert_ok(fa_recipe_set(recipe, "data.clusters", path_of("clusters.npy")));
    fa_run *c = train_with(recipe, data, NULL);
    size_t bytes = model_of(a)->network->parameters * sizeof(float);
    assert_memory_equal(model_of(a)->parameters, model_of(b)->parameters, bytes);
    assert_memory_equal(model_of(a)->parameters, model_of(c)->parameters, bytes);
    fa_run_free(a), fa_run_free(b), fa_run_free(c);
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

/* From a model in memory as from its file: what lies below the target layer is where it was. */
static void it_goes_on_from_a_model(void **state) {
    (void)state;
    fa_dataset *data = make_clouds();
    fa_recipe *plain = recipe_of("linear 12 relu target, linear out", "none"),
              *again = recipe_of(within_labels, "clusters");
    int32_t clusters[ROWS];
    fa_run *first, *b, *c, *anew;
    for (size_t i = 0; i < ROWS; i++) clusters[i] = number_of[i % KINDS];
    fa_train_options how = {.size = sizeof how, .folder = path_of("first")};
    assert_ok(fa_train(&first, plain, data, NULL, &how));
    const fa_model *start = model_of(first);
    assert_ok(fa_recipe_set(again, "optimizer.learning_rate", "1e-12"));
    how = (fa_train_options){.size = sizeof how, .clusters = clusters, .start = start};
    assert_ok(fa_train(&b, again, data, NULL, &how));
    how.start = NULL;
    assert_ok(fa_train(&anew, again, data, NULL, &how));
    assert_ok(fa_recipe_set(again, "network.weights", in_run("first", "model.safetensors")));
    assert_ok(fa_train(&c, again, data, NULL, &how));
    size_t count = model_of(b)->network->parameters, hidden = 12 * WIDTH + 12;
    for (size_t i = 0; i < hidden; i++)
        assert_near(model_of(b)->parameters[i], start->parameters[i], 1e-9);
    assert_memory_equal(model_of(b)->parameters, model_of(c)->parameters, count * sizeof(float));
    assert_memory_not_equal(model_of(anew)->parameters, start->parameters, hidden * sizeof(float));
    /* The target layer, which is another one, starts as without them. */
    for (size_t i = hidden; i < count; i++)
        assert_near(model_of(b)->parameters[i], model_of(anew)->parameters[i], 1e-9);
    fa_run_free(first), fa_run_free(b), fa_run_free(c), fa_run_free(anew);
    fa_recipe_free(plain), fa_recipe_free(again);
    fa_dataset_free(data);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    fa_dataset *data = make_clouds();
    int32_t clusters[ROWS];
    fa_run *run;
    for (size_t i = 0; i < ROWS; i++)
        clusters[i] = (int32_t)(i / KINDS % 3); /* three in each label */
    fa_train_options how = {.size = sizeof how, .clusters = clusters};
    static const struct {
        const char *layers, *says;
    } wrong[] = {
        {"linear 4 target, linear out", "and only their logsumexp above it: of two labels"},
        {"linear 12 target, linear 4, logsumexp 2", "and only their logsumexp above it"},
        {within_labels, "a coarse label has 3 clusters, and logsumexp 2 units for each label; "
                        "linear 6 target, logsumexp 3 works"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fa_recipe *recipe = recipe_of(wrong[i].layers, "clusters");
        assert_fails(fa_train(&run, recipe, data, NULL, &how), FA_E_RECIPE, wrong[i].says);
        fa_recipe_free(recipe);
    }
    fa_recipe *recipe = recipe_of(within_labels, "clusters");
    assert_fails(fa_train(&run, recipe, data, NULL, NULL), FA_E_RECIPE,
                 "loss.kind = clusters needs clusters of data.train, and data.clusters is empty");
    assert_ok(fa_labels_write(path_of("few.npy"), clusters, 3));
    assert_ok(fa_recipe_set(recipe, "data.clusters", path_of("few.npy")));
    assert_fails(fa_train(&run, recipe, data, NULL, NULL), FA_E_SHAPE,
                 "few.npy has 3 clusters, data.train 160 samples");
    assert_ok(fa_recipe_set(recipe, "data.clusters", path_of("not-there.npy")));
    assert_fails(fa_train(&run, recipe, data, NULL, NULL), FA_E_IO, "data.clusters");
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_fails(fa_train(&run, recipe, data, NULL, NULL), FA_E_RECIPE, "last layer");
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_learns_what_the_clusters_as_labels_teach, clear_test_folder),
        cmocka_unit_test_setup(clusters_come_from_memory_or_a_file, clear_test_folder),
        cmocka_unit_test_setup(it_goes_on_from_a_model, clear_test_folder),
        cmocka_unit_test_setup(what_cannot_be_is_said, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
