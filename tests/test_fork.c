/* What worked before a fork works after it, whatever other threads were doing: a loss, KMeans,
 * principal components, a training, convolutions. */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"
#include "forks.h"

#include "base/rng.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>

/* Children with threads of their own, which ThreadSanitizer refuses by default. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "die_after_fork=0";
}

enum { ROWS = 3000, COLUMNS = 16, LABELS = 5, CLUSTERS = 7 };

static float *rows;
static int32_t labels[ROWS];

typedef struct results {
    double loss, inertia;
    float gradient[ROWS * COLUMNS], centroids[CLUSTERS * COLUMNS];
    int32_t assignment[ROWS];
} results;

static results mine, again;

static int make_all(void **state) {
    if (make_test_folder(state) != 0) return -1;
    make_data(state);
    rows = fa__alloc(ROWS * COLUMNS, sizeof *rows);
    assert_non_null(rows);
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) rows[i] = (float)(4 * fa__rng_uniform(&rng) - 2);
    for (size_t i = 0; i < ROWS; i++) labels[i] = (int32_t)(i % LABELS);
    return 0;
}

static int free_all(void **state) {
    fa__free(rows);
    return remove_test_folder(state);
}

static int compute(results *r) {
    const fa_loss_options loss = {.size = sizeof loss, .margin = 2};
    fa_kmeans_options kmeans = fa_kmeans_options_default();
    kmeans.k = CLUSTERS;
    memset(r, 0, sizeof *r);
    CHILD_TRY(fa_loss_multi(&r->loss, r->gradient, rows, ROWS, COLUMNS, labels, &loss) == FA_OK);
    CHILD_TRY(fa_kmeans_fit(r->centroids, r->assignment, &r->inertia, rows, ROWS, COLUMNS,
                            &kmeans) == FA_OK);
    return 0;
}

static fa_status train(const char *folder, const char *engine) {
    fa_recipe *recipe = small_recipe();
    fa_status status = fa_recipe_set(recipe, "network.engine", engine);
    if (status == FA_OK)
        status =
            train_into(recipe, path_of(folder),
                       &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1}, NULL);
    fa_recipe_free(recipe);
    return status;
}

/* In the child: with 1, 2 and 4 threads what the parent got. */
static int compute_again(void *engine) {
    for (int threads = 1; threads <= 4; threads *= 2) {
        char folder[32];
        snprintf(folder, sizeof folder, "child-%d", threads);
        fa_threads_set(threads);
        CHILD_TRY(compute(&again) == 0);
        CHILD_TRY(memcmp(&mine, &again, sizeof mine) == 0);
        CHILD_TRY(train(folder, engine) == FA_OK);
    }
    return 0;
}

static void assert_child_does_the_same(char *engine) {
    static const char *const outputs[] = {"model.safetensors", "embeddings.npy", "clusters.npy"};
    fa_threads_set(4);
    assert_int_equal(compute(&mine), 0);
    assert_true(mine.loss > 0 && mine.inertia > 0);
    assert_ok(train("parent", engine));
    assert_child_ends_well(start_child(compute_again, engine));
    for (int threads = 1; threads <= 4; threads *= 2)
        for (size_t i = 0; i < 3; i++) {
            char folder[32];
            snprintf(folder, sizeof folder, "child-%d", threads);
            assert_same_file("parent", folder, outputs[i]);
        }
    fa_threads_set(0);
}

static void child_computes_what_its_parent_did(void **state) {
    (void)state;
    char native[] = "native", onednn[] = "onednn";
    const fa__engine *engine;
    assert_child_does_the_same(native);
    if (fa__engine_find(&engine, onednn) != FA_OK) skip();
    assert_child_does_the_same(onednn);
}

/* ==== Locks that another thread holds ==== */

static atomic_bool enough;

/* As many children end well while another thread works without a break. */
static void assert_children_beside(void *(*work)(void *), int (*in_child)(void *),
                                   size_t children) {
    pthread_t other;
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&other, NULL, work, NULL), 0);
    for (size_t i = 0; i < children; i++) assert_child_ends_well(start_child(in_child, NULL));
    atomic_store(&enough, true);
    pthread_join(other, NULL);
}

static fa_status components_of_rows(void) {
    static const size_t wide = 200; /* columns of a matrix of the same numbers */
    double *components = malloc(wide * wide * sizeof *components), variance[200], mean[200];
    fa_status status = components == NULL ? FA_E_NOMEM
                                          : fa_pca_fit(mean, components, variance, NULL, rows,
                                                       ROWS * COLUMNS / wide, wide, wide);
    free(components);
    return status;
}

static void *find_components(void *unused) {
    while (!atomic_load(&enough)) (void)components_of_rows();
    return unused;
}

static int find_components_once(void *unused) {
    (void)unused;
    CHILD_TRY(components_of_rows() == FA_OK);
    return 0;
}

static void fork_beside_principal_components(void **state) {
    (void)state;
    SKIP_WHERE_LOCKS_SURVIVE_A_FORK();
    if (components_of_rows() == FA_E_UNAVAILABLE) skip();
    assert_ok(components_of_rows());
    assert_children_beside(find_components, find_components_once, 20);
}

/* Kernels for a shape that was not there before. */
static size_t make_kernels(size_t number) {
    const fa__conv c = {.samples = 1 + number % 7,
                        .height = 4 + number / 7 % 50,
                        .width = 5,
                        .in = 16,
                        .out = 16,
                        .kernel = 3,
                        .stride = 1};
    return fa__onednn_images.conv_scratch(&c);
}

static void *make_many_kernels(void *unused) {
    for (size_t i = 0; !atomic_load(&enough); i++) (void)make_kernels(i);
    return unused;
}

static int make_some_kernels(void *unused) {
    (void)unused;
    for (size_t i = 0; i < 60; i++) CHILD_TRY(make_kernels(i) > 0);
    return 0;
}

static void fork_beside_convolutions(void **state) {
    (void)state;
    SKIP_WHERE_LOCKS_SURVIVE_A_FORK();
    const fa__engine *engine;
    if (fa__engine_find(&engine, "onednn") != FA_OK) skip();
    assert_children_beside(make_many_kernels, make_some_kernels, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_computes_what_its_parent_did),
        cmocka_unit_test(fork_beside_principal_components),
        cmocka_unit_test(fork_beside_convolutions),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
