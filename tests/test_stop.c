/* fa_stop_set: every long call ends at the first yes, leaves its outputs as they were, and asks
 * often enough: at least once for each block of its work. */
#define _GNU_SOURCE /* usleep, mkdtemp */
#include "base/memory.h"
#include "base/rng.h"
#include "base/stop.h"
#include "base/threads.h"
#include "data_files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { N = 3000, D = 40, K = 12, FEW = 500 };

static float x[N * D];
static int32_t clusters[N];
static fa_dataset *labelled; /* x with clusters as coarse labels */

/* What the callback is asked, and when it says yes. */
typedef struct asked {
    size_t count, yes_from; /* yes from this question on; 0: never */
    pthread_t thread;
    int elsewhere; /* asked on another thread */
} asked;

static int ask(void *user) {
    asked *a = user;
    a->count++;
    a->elsewhere |= !pthread_equal(a->thread, pthread_self());
    return a->yes_from > 0 && a->count >= a->yes_from;
}

static asked start(size_t yes_from) {
    return (asked){.yes_from = yes_from, .thread = pthread_self()};
}

/* ==== The calls ==== */

/* Each returns its status, and checks that a failure left the outputs alone. */
static const float untouched = -77;

static fa_status kmeans(void) {
    float centroids[K * D] = {untouched};
    int32_t assignment[N] = {-7};
    double inertia = (double)untouched;
    fa_kmeans_options options = fa_kmeans_options_default();
    options.k = K;
    fa_status status = fa_kmeans_fit(centroids, assignment, &inertia, x, N, D, &options);
    if (status != FA_OK) {
        assert_true(centroids[0] == untouched && assignment[0] == -7);
        assert_true(inertia == (double)untouched);
    }
    return status;
}

static fa_status sweep(void) {
    fa_sweep_row rows[4] = {{.k = 99}};
    fa_sweep_options options = fa_sweep_options_default();
    options.k_high = 5;
    options.rows = 800;
    options.silhouette_rows = 300;
    fa_status status = fa_sweep_run(rows, x, N, D, clusters, &options);
    if (status != FA_OK) assert_int_equal(rows[0].k, 99);
    return status;
}

static fa_status pca(void) {
    double mean[D] = {(double)untouched}, components[3 * D] = {(double)untouched};
    fa_status status = fa_pca_fit(mean, components, NULL, NULL, x, N, D, 3);
    if (status != FA_OK)
        assert_true(mean[0] == (double)untouched && components[0] == (double)untouched);
    return status;
}

static fa_status transform(void) {
    fa_transform *made = NULL;
    fa_status status = fa_transform_fit(&made, FA_TRANSFORM_STANDARD, 0, x, N, D);
    assert_true((made == NULL) == (status != FA_OK));
    fa_transform_free(made);
    return status;
}

static fa_status silhouette(void) {
    double out = (double)untouched;
    fa_status status = fa_score_silhouette(&out, x, FEW, D, clusters, K);
    if (status != FA_OK) assert_true(out == (double)untouched);
    return status;
}

static fa_status matrix_file(void) {
    fa_dataset *set = NULL;
    fa_status status = fa_dataset_read(&set, path_of("x.npy"), NULL);
    assert_true((set == NULL) == (status != FA_OK));
    fa_dataset_free(set);
    return status;
}

static fa_status npz_file(void) {
    fa_dataset *set = NULL;
    fa_status status = fa_dataset_read(&set, path_of("x.npz"), NULL);
    assert_true((set == NULL) == (status != FA_OK));
    fa_dataset_free(set);
    return status;
}

static fa_status text_lines(void) {
    fa_dataset *set = NULL;
    fa_status status = fa_dataset_read(&set, path_of("t.txt"), NULL);
    assert_true((set == NULL) == (status != FA_OK));
    fa_dataset_free(set);
    return status;
}

static fa_status table(void) {
    fa_dataset *set = NULL;
    fa_status status = fa_dataset_read(&set, path_of("t.csv"), NULL);
    assert_true((set == NULL) == (status != FA_OK));
    fa_dataset_free(set);
    return status;
}

static fa_status neighbours(void) {
    int32_t *nearest = malloc(sizeof *nearest * N * 3);
    fa_status status = fa_neighbours(nearest, NULL, x, N, D, NULL, 3);
    free(nearest);
    return status;
}

/* The losses leave their value alone; gradients are undefined then. */
static float gradient[N * D], other_gradient[N * D];

static fa_status with_loss(fa_status status, double loss) {
    if (status != FA_OK) assert_true(loss == (double)untouched);
    return status;
}

static fa_status multi_of(float margin, fa_divergence divergence, size_t n) {
    double loss = (double)untouched;
    const fa_loss_options options = {
        .size = sizeof options, .margin = margin, .divergence = divergence};
    return with_loss(fa_loss_multi(&loss, gradient, x, n, D, NULL, &options), loss);
}

static fa_status multi(void) {
    return multi_of(0.5F, FA_DIVERGENCE_KL, N);
}

static fa_status multi_js(void) {
    return multi_of(0.5F, FA_DIVERGENCE_JS, N);
}

static fa_status multi_in_double(void) {
    return multi_of(0.001F, FA_DIVERGENCE_KL, FEW);
}

enum { PAIRS = 20000 };

static const int32_t *some_pairs(void) {
    static int32_t pairs[2 * PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        pairs[2 * i] = i % N;
        pairs[2 * i + 1] = (i % N + 1 + i / N) % N;
    }
    return pairs;
}

static fa_status multi_pairs(void) {
    double loss = (double)untouched;
    const fa_loss_options options = {.size = sizeof options, .margin = 0.5F};
    return with_loss(
        fa_loss_multi_pairs(&loss, gradient, x, N, D, clusters, some_pairs(), PAIRS, &options),
        loss);
}

static fa_status single(void) {
    double loss = (double)untouched;
    const fa_loss_options options = {.size = sizeof options, .margin = 5};
    return with_loss(fa_loss_single(&loss, gradient, x, N, D, &options), loss);
}

static fa_status hold(void) {
    double loss = (double)untouched;
    const fa_loss_options options = {.size = sizeof options};
    return with_loss(fa_loss_hold(&loss, gradient, x, N, D, some_pairs(), PAIRS, &options), loss);
}

static fa_status information(void) {
    double loss = (double)untouched;
    return with_loss(fa_loss_information(&loss, gradient, x, N, D, NULL, 1), loss);
}

static fa_status infonce(void) {
    double loss = (double)untouched;
    return with_loss(
        fa_loss_infonce(&loss, gradient, x, FEW, D, NULL, (int32_t[]){0, 1, 2, 3}, 2, 0.1), loss);
}

static fa_status decov(void) {
    double loss = (double)untouched;
    return with_loss(fa_loss_decov(&loss, gradient, x, N, D), loss);
}

static fa_status xcov(void) {
    double loss = (double)untouched;
    return with_loss(fa_loss_xcov(&loss, gradient, other_gradient, x, N, D, x, D), loss);
}

/* Steps of two samples; questions of the clustering are few beside them. */
static fa_status training(void) {
    static const char *const keys[][2] = {{"network.layers", "linear 8 relu target, linear out"},
                                          {"train.batch", "2"},
                                          {"train.epochs", "1"},
                                          {"loss.kind", "none"},
                                          {"cluster.restarts", "1"}};
    fa_recipe *recipe;
    fa_run *run = NULL;
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_ok(fa_recipe_set(recipe, keys[i][0], keys[i][1]));
    fa_status status = fa_train(&run, recipe, labelled, NULL, NULL);
    assert_true((run == NULL) == (status != FA_OK));
    fa_run_free(run);
    fa_recipe_free(recipe);
    return status;
}

static const struct call {
    const char *name;
    fa_status (*run)(void);
    size_t least; /* questions: blocks of work that it surely has on one thread */
} calls[] = {
    {"kmeans", kmeans, 10 * K *N / 2048}, /* 10 runs, K starts, spans of 2048 rows */
    {"sweep", sweep, 300 + 4 * 10},       /* a row of distances, a run of each k */
    {"pca", pca, N / 512},
    {"transform", transform, 2 * N / 512},
    {"silhouette", silhouette, FEW},
    {"neighbours", neighbours, 2},
    {"multi", multi, 4 + 6}, /* blocks, pairs of them */
    {"multi by JS", multi_js, 4 + 6},
    {"multi in double", multi_in_double, FEW / 16},
    {"multi with pairs", multi_pairs, N / K / 16},
    {"single", single, 4 + 6},
    {"hold", hold, PAIRS / 1024}, /* pairs between looks */
    {"information", information, N / 16},
    {"infonce", infonce, 2 * FEW},
    {"decov", decov, D}, /* columns */
    {"xcov", xcov, D},
    {"matrix", matrix_file, N},
    {"npz", npz_file, 3},
    {"text lines", text_lines, N},
    {"table", table, N / 64},
    {"training", training, N * 9 / 10 / 2}, /* a step */
};

enum { CALLS = sizeof calls / sizeof calls[0] };

/* Built without its library, a call has nothing to stop. */
static int is_there(const struct call *call) {
    fa_stop_set(NULL, NULL);
    fa_status status = call->run();
    if (status == FA_E_UNAVAILABLE) return 0;
    if (status != FA_OK) fail_msg("%s: %s", call->name, fa_error_detail());
    return 1;
}

static int prepare(void **state) {
    fa__rng rng;
    if (make_test_folder(state) != 0) return -1;
    fa__rng_seed(&rng, 5, FA__STREAM_SWEEP, 0);
    for (size_t i = 0; i < N * D; i++) x[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < N; i++) clusters[i] = (int32_t)(i % K);
    assert_ok(fa_dataset_from_vectors(&labelled, x, N, D));
    assert_ok(fa_dataset_write(labelled, path_of("x.npz")));
    assert_ok(fa_dataset_set_coarse(labelled, clusters, NULL));
    assert_ok(fa_matrix_write(path_of("x.npy"), x, N, D));
    char *lines = malloc(N * 8);
    size_t used = 0;
    for (int i = 0; i < N; i++) used += (size_t)snprintf(lines + used, 8, "%d,%d\n", i % 97, i % 7);
    file_of("t.txt", lines, used);
    file_of("t.csv", lines, used);
    free(lines);
    fa__stop_ask_always(true);
    return 0;
}

static int end(void **state) {
    fa__stop_ask_always(false);
    fa_stop_set(NULL, NULL);
    fa_threads_set(0);
    fa_dataset_free(labelled);
    return remove_test_folder(state);
}

/* ==== Tests ==== */

static void the_first_yes_ends_each_call(void **state) {
    (void)state;
    for (int threads = 1; threads <= 4; threads += 3)
        for (size_t c = 0; c < CALLS; c++) {
            fa_threads_set(threads);
            if (!is_there(&calls[c])) continue;
            size_t live = fa__memory_live();
            asked a = start(1);
            fa_stop_set(ask, &a);
            fa_status status = calls[c].run();
            if (status != FA_E_STOPPED) fail_msg("%s went on: %d", calls[c].name, (int)status);
            assert_non_null(strstr(fa_error_detail(), "stopped"));
            assert_int_equal(a.count, 1); /* it is not asked again */
            assert_false(a.elsewhere);
            assert_int_equal(fa__memory_live(), live);
        }
}

static void a_later_yes_ends_each_call(void **state) {
    (void)state;
    for (int threads = 1; threads <= 2; threads++)
        for (size_t c = 0; c < CALLS; c++) {
            fa_threads_set(threads);
            if (!is_there(&calls[c])) continue;
            size_t live = fa__memory_live();
            asked whole = start(0);
            fa_stop_set(ask, &whole);
            assert_ok(calls[c].run());
            for (size_t part = 1; part <= 2; part++) {
                asked a = start(1 + whole.count * part / 6); /* threads share questions unevenly */
                fa_stop_set(ask, &a);
                fa_status status = calls[c].run();
                if (threads == 1) assert_int_equal(status, FA_E_STOPPED);
                if (status != FA_OK) assert_int_equal(a.count, a.yes_from);
                assert_int_equal(fa__memory_live(), live);
            }
        }
}

static void questions_come_with_each_block_of_work(void **state) {
    (void)state;
    fa_threads_set(1);
    for (size_t c = 0; c < CALLS; c++) {
        if (!is_there(&calls[c])) continue;
        asked a = start(0);
        fa_stop_set(ask, &a);
        assert_ok(calls[c].run());
        if (a.count < calls[c].least)
            fail_msg("%s asked %zu times, %zu blocks", calls[c].name, a.count, calls[c].least);
    }
}

static void a_stop_holds_until_it_is_set_anew(void **state) {
    (void)state;
    asked a = start(2);
    fa_threads_set(2);
    fa_stop_set(ask, &a);
    assert_int_equal(kmeans(), FA_E_STOPPED);
    assert_int_equal(silhouette(), FA_E_STOPPED);
    assert_int_equal(a.count, 2);
    fa_stop_set(NULL, NULL);
    assert_ok(silhouette());
    assert_int_equal(a.count, 2);
}

static void *run_elsewhere(void *out) {
    *(fa_status *)out = silhouette();
    return NULL;
}

static void another_thread_is_not_stopped(void **state) {
    (void)state;
    pthread_t thread;
    fa_status status = FA_E_STOPPED;
    asked a = start(1);
    fa_stop_set(ask, &a);
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &status), 0);
    pthread_join(thread, NULL);
    assert_int_equal(status, FA_OK);
    assert_int_equal(a.count, 0);
}

/* Task 0 waits for the other one to begin and ends; the other ends by a stop alone, which only a
 * caller that asks while it waits can bring. */
static fa_status uneven(void *context, size_t index, size_t thread) {
    atomic_bool *begun = context;
    (void)thread;
    if (index == 0) {
        for (int i = 0; !atomic_load(begun) && i < 5000; i++) usleep(1000);
        return FA_OK;
    }
    atomic_store(begun, true);
    for (int i = 0; i < 20000; i++, usleep(1000)) FA_TRY(fa__stop_check());
    return FA_OK;
}

static void a_caller_that_waits_goes_on_asking(void **state) {
    (void)state;
    atomic_bool begun = false;
    asked a = start(30);
    fa_threads_set(2);
    fa__stop_ask_always(false);
    fa_stop_set(ask, &a);
    assert_int_equal(fa__parallel(2, uneven, &begun), FA_E_STOPPED);
    fa__stop_ask_always(true);
    fa_stop_set(NULL, NULL);
    assert_false(a.elsewhere);
}

/* What is asked changes nothing. */
static void a_no_changes_no_bytes(void **state) {
    (void)state;
    float with[K * D], without[K * D];
    double inertia[2];
    fa_kmeans_options options = fa_kmeans_options_default();
    options.k = K;
    asked a = start(0);
    fa_threads_set(2);
    fa_stop_set(ask, &a);
    assert_ok(fa_kmeans_fit(with, NULL, &inertia[0], x, N, D, &options));
    fa_stop_set(NULL, NULL);
    assert_ok(fa_kmeans_fit(without, NULL, &inertia[1], x, N, D, &options));
    assert_memory_equal(with, without, sizeof with);
    assert_memory_equal(&inertia[0], &inertia[1], sizeof *inertia);
}

/* Without the switch of the tests the callback is asked now and then alone. */
static void questions_are_far_apart_in_time(void **state) {
    (void)state;
    asked a = start(0);
    fa__stop_ask_always(false);
    fa_stop_set(ask, &a);
    for (int i = 0; i < 1000; i++) assert_ok(fa__stop_check());
    fa__stop_ask_always(true);
    assert_true(a.count >= 1 && a.count < 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_yes_ends_each_call),
        cmocka_unit_test(a_later_yes_ends_each_call),
        cmocka_unit_test(questions_come_with_each_block_of_work),
        cmocka_unit_test(a_stop_holds_until_it_is_set_anew),
        cmocka_unit_test(another_thread_is_not_stopped),
        cmocka_unit_test(a_caller_that_waits_goes_on_asking),
        cmocka_unit_test(a_no_changes_no_bytes),
        cmocka_unit_test(questions_are_far_apart_in_time),
    };
    return cmocka_run_group_tests(tests, prepare, end);
}
