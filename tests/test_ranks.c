/* The operations between ranks, and failures on one of them. tests/mpi.sh starts it by mpirun;
 * alone it is a rank by itself. */
#define _POSIX_C_SOURCE 200809L
#include "comm/comm.h"

#include "base/memory.h"
#include "base/rng.h"
#include "cluster/kmeans.h"
#include "cluster/neighbours.h"
#include "cluster/pca.h"
#include "data_files.h"
#include "loss/shared.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LENGTH = 700, SHARDS_MOST = 21, SAMPLES = 40, FEATURES = 3 };

static void draw(float *parts[SHARDS_MOST], float *memory, size_t shards) {
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_SHUFFLE, shards);
    for (size_t s = 0; s < shards; s++) {
        bool empty = s % 5 == 3 || (shards == 7 && s > 0) || (shards == 8 && s < 7);
        parts[s] = empty ? NULL : memory + s * LENGTH;
        for (size_t i = 0; i < LENGTH; i++)
            memory[s * LENGTH + i] = (float)((double)fa__rng_below(&rng, 2000001) - 1e6) *
                                     (float)(1u << fa__rng_below(&rng, 20));
    }
}

static void sums_have_the_bytes_of_one_process(void **state) {
    (void)state;
    const fa__comm *world = fa__comm_world();
    float *parts[SHARDS_MOST], *memory, wanted[LENGTH], out[LENGTH];
    assert_ok(FA_NEW(memory, SHARDS_MOST * LENGTH));
    for (size_t shards = 1; shards <= SHARDS_MOST; shards++) {
        size_t from, to;
        draw(parts, memory, shards);
        assert_ok(fa__comm_sum_floats(fa__comm_self(), wanted, parts, shards, LENGTH));
        draw(parts, memory, shards);
        fa__comm_range(&from, &to, world, shards);
        for (size_t s = 0; s < shards; s++)
            if (s < from || s >= to) memset(memory + s * LENGTH, 0xff, LENGTH * sizeof *memory);
        memset(out, 0xff, sizeof out);
        assert_ok(fa__comm_sum_floats(world, out, parts, shards, LENGTH));
        assert_memory_equal(out, wanted, sizeof out);
    }
    fa__free(memory);
}

static void rows_of_all_ranks_meet(void **state) {
    (void)state;
    const fa__comm *world = fa__comm_world();
    const size_t first[] = {0, 3, 3, 7, 8, 12};
    int32_t rows[12][2];
    size_t from, to;
    fa__comm_range(&from, &to, world, 5);
    memset(rows, 0xff, sizeof rows);
    for (size_t i = first[from]; i < first[to]; i++) rows[i][0] = rows[i][1] = (int32_t)i;
    assert_ok(fa__comm_gather(world, rows, first, 5, sizeof *rows));
    for (int32_t i = 0; i < 12; i++) assert_true(rows[i][0] == i && rows[i][1] == i);
    double told = world->rank == 0 ? 4.5 : 0;
    assert_ok(fa__comm_broadcast(world, &told, sizeof told));
    assert_true(told == 4.5);
    bool flag = world->rank == world->size - 1;
    assert_ok(fa__comm_any(world, &flag));
    assert_true(flag);
    flag = false;
    assert_ok(fa__comm_any(world, &flag));
    assert_false(flag);
}

/* Two messages, of which one is none where a rank is the last, to every other rank. */
static void messages_between_two_ranks_keep_their_order(void **state) {
    (void)state;
    const fa__comm *world = fa__comm_world();
    enum { LONG = 100000 };
    size_t size = world->size, n = 0;
    int32_t *sent, *got;
    fa__comm_message *out, *in;
    assert_ok(FA_NEW(sent, 2 * LONG));
    assert_ok(FA_NEW_ZERO(got, size * 2 * LONG));
    assert_ok(FA_NEW(out, 2 * size));
    assert_ok(FA_NEW(in, 2 * size));
    for (size_t i = 0; i < 2 * LONG; i++) sent[i] = (int32_t)(world->rank * 2 * LONG + i);
    for (size_t r = 0; r < size; r++)
        for (size_t part = 0; r != world->rank && part < 2; part++, n++) {
            size_t mine = part == 0 && world->rank + 1 == size ? 0 : LONG * sizeof *sent,
                   other = part == 0 && r + 1 == size ? 0 : LONG * sizeof *sent;
            out[n] = (fa__comm_message){r, sent + part * LONG, mine};
            in[n] = (fa__comm_message){r, got + (2 * r + part) * LONG, other};
        }
    assert_ok(fa__comm_exchange(world, out, n, in, n));
    for (size_t i = 0; i < size * 2 * LONG; i++) {
        size_t r = i / (2 * LONG);
        bool none = r == world->rank || (r + 1 == size && i % (2 * LONG) < LONG);
        assert_int_equal(got[i], none ? 0 : (int32_t)i);
    }
    fa__free(sent);
    fa__free(got);
    fa__free(out);
    fa__free(in);
}

static void another_text_fails_on_all_ranks(void **state) {
    (void)state;
    const fa__comm *world = fa__comm_world();
    assert_ok(fa__comm_close(world, fa__comm_same(world, "hat", "red", "")));
    if (world->size < 2) return;
    const char *mine = world->rank == 1 ? "blue" : "red";
    assert_fails(fa__comm_close(world, fa__comm_same(world, "hat", mine, "take it off")),
                 FA_E_ARGUMENT, "rank 1 has another hat than rank 0: blue, not red; take it off");
    const char *what = world->rank == 1 ? "coat" : "hat";
    assert_fails(fa__comm_close(world, fa__comm_same(world, what, "red", "")), FA_E_ARGUMENT,
                 "rank 1 does not do what rank 0 does: it has come to its coat, rank 0 to its hat");
    assert_ok(fa__comm_close(world, FA_OK)); /* that was that */
}

/* The others are told in the next operation, whichever it is, and go on to fail until they close.
 */
static void a_failure_is_told_at_the_next_operation(void **state) {
    (void)state;
    const fa__comm *world = fa__comm_world();
    const size_t first[] = {0, 1, 2};
    float row[2] = {0}, out[2], *parts[] = {row, row + 1};
    if (world->size < 2) return;
    for (int operation = 0; operation < 3; operation++) {
        fa_status status = FA_OK;
        if (world->rank == 1)
            status = fa__fail(FA_E_LABEL, "no such label");
        else if (operation == 0)
            status = fa__comm_gather(world, row, first, 2, sizeof *row);
        else if (operation == 1)
            status = fa__comm_sum_floats(world, out, parts, 2, 1);
        else
            status = fa__comm_broadcast(world, row, sizeof row);
        assert_int_equal(status, FA_E_LABEL);
        if (world->rank != 1)
            assert_fails(fa__comm_broadcast(world, row, sizeof row), FA_E_LABEL, "rank 1: no such");
        assert_fails(fa__comm_close(world, status), FA_E_LABEL, "rank 1: no such label");
    }
}

/* Rows of three labels, 5, 2 and 1 of 8 of them, in clouds. */
static void draw_rows(float *h, int32_t *labels, size_t n, size_t d) {
    fa__rng rng;
    fa__rng_seed(&rng, 9, FA__STREAM_SYNTH, n);
    for (size_t i = 0; i < n; i++) {
        labels[i] = i % 8 < 5 ? 7 : i % 8 < 7 ? -3 : 2;
        for (size_t k = 0; k < d; k++)
            h[i * d + k] = (float)(2 * fa__rng_normal(&rng) + (double)(i * k % 5));
    }
}

enum { ROWS = 6000, WIDTH = 24, PAIRS = 50, NEAR = 5 };

static void losses_of_row_blocks_have_the_bytes_of_one_process(void **state) {
    (void)state;
    static float h[ROWS * WIDTH], wanted[ROWS * WIDTH], got[ROWS * WIDTH];
    static int32_t labels[ROWS], pairs[2 * PAIRS];
    const fa__comm *world = fa__comm_world();
    double loss[2];
    draw_rows(h, labels, ROWS, WIDTH);
    for (size_t p = 0; p < PAIRS; p++)
        pairs[2 * p] = (int32_t)p, pairs[2 * p + 1] = (int32_t)(p + 8);
    for (int js = 0; js < 2; js++)
        for (int of_labels = 0; of_labels < 2; of_labels++) {
            const fa_loss_options how = {
                .size = sizeof how, .margin = 0.5F, .divergence = (fa_divergence)js};
            size_t n = js ? ROWS / 3 : ROWS;
            const int32_t *y = of_labels ? labels : NULL;
            assert_true(fa__comm_is_worth(world, (js ? 3.6 : 0.45) * (double)(n * n * WIDTH)) ==
                        (world->size > 1));
            assert_ok(
                fa__loss_multi_pairs(&loss[0], wanted, h, n, WIDTH, y, pairs, PAIRS, &how, NULL));
            memset(got, 0xff, sizeof got);
            assert_ok(
                fa__loss_multi_pairs(&loss[1], got, h, n, WIDTH, y, pairs, PAIRS, &how, world));
            assert_true(loss[0] == loss[1]);
            assert_memory_equal(got, wanted, n * WIDTH * sizeof *got);
            assert_ok(fa__loss_multi_pairs(&loss[1], NULL, h, n, WIDTH, y, NULL, 0, &how, world));
        }
    size_t n = ROWS * 3 / 5;
    assert_ok(fa__loss_infonce(&loss[0], wanted, h, n, WIDTH, labels, pairs, PAIRS, 0.5, NULL));
    assert_ok(fa__loss_infonce(&loss[1], got, h, n, WIDTH, labels, pairs, PAIRS, 0.5, world));
    assert_true(loss[0] == loss[1]);
    assert_memory_equal(got, wanted, n * WIDTH * sizeof *got);
}

/* Each rank has its own rows alone, rank 0 none where there are others. */
static void a_ring_has_the_bytes_of_one_process(void **state) {
    (void)state;
    static float h[ROWS * WIDTH], wanted[ROWS * WIDTH], got[ROWS * WIDTH];
    static int32_t labels[ROWS];
    const fa_loss_options how = {.size = sizeof how, .margin = 0.5F};
    const size_t ranks = fa_ranks(), parts = ranks > 1 ? ranks - 1 : 1,
                 part = fa_rank() + parts - ranks;
    const size_t none = ranks > 1 && fa_rank() == 0, from = none ? 0 : part * ROWS / parts,
                 n = none ? 0 : (part + 1) * ROWS / parts - from;
    double loss[2];
    draw_rows(h, labels, ROWS, WIDTH);
    for (int of_labels = 0; of_labels < 2; of_labels++) {
        const int32_t *y = of_labels ? labels : NULL;
        assert_ok(fa_loss_multi(&loss[0], wanted, h, ROWS, WIDTH, y, &how));
        assert_ok(fa_loss_multi_ring(&loss[1], n > 0 ? got : NULL, n > 0 ? h + from * WIDTH : NULL,
                                     n, WIDTH, of_labels && n > 0 ? labels + from : NULL, &how));
        assert_true(loss[0] == loss[1]);
        assert_memory_equal(got, wanted + from * WIDTH, n * WIDTH * sizeof *got);
    }
    if (ranks == 1) return;
    loss[1] = -1;
    if (fa_rank() == 1) h[3 * WIDTH + 5] = NAN;
    assert_fails(fa_loss_multi_ring(&loss[1], got, h + from * WIDTH, n, WIDTH, NULL, &how),
                 FA_E_NONFINITE, "rank 1: h, row 3, column 5 is nan");
    assert_true(loss[1] == -1);
}

static void neighbours_of_row_blocks_have_the_bytes_of_one_process(void **state) {
    (void)state;
    static float h[ROWS * WIDTH], squared[2][ROWS * NEAR];
    static int32_t labels[ROWS], nearest[2][ROWS * NEAR];
    draw_rows(h, labels, ROWS, WIDTH);
    for (int of_labels = 0; of_labels < 2; of_labels++) {
        const int32_t *y = of_labels ? labels : NULL;
        assert_ok(fa_neighbours(nearest[0], squared[0], h, ROWS, WIDTH, y, NEAR));
        assert_ok(fa__neighbours(nearest[1], squared[1], NULL, h, ROWS, WIDTH, y, NEAR, NULL,
                                 fa__comm_world()));
        assert_memory_equal(nearest[1], nearest[0], sizeof nearest[0]);
        assert_memory_equal(squared[1], squared[0], sizeof squared[0]);
    }
}

/* By the public calls, which are those of all ranks. */
static void clusters_and_components_have_the_bytes_of_one_process(void **state) {
    (void)state;
    enum { K = 120, RESTARTS = 16 };
    static float h[ROWS * WIDTH], centres[2][K * WIDTH];
    static int32_t labels[ROWS], found[2][ROWS];
    double inertia[2], mean[2][WIDTH], axes[2][3 * WIDTH];
    draw_rows(h, labels, ROWS, WIDTH);
    const fa__matrix rows = fa__matrix_of(h, ROWS, WIDTH);
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = K;
    how.restarts = RESTARTS;
    assert_true(fa__comm_can_share(fa__comm_world(), fa_ranks(), ROWS * WIDTH * K * RESTARTS) ==
                (fa_ranks() > 1));
    assert_ok(fa__kmeans_fit(centres[0], found[0], &inertia[0], &rows, &how, NULL));
    assert_ok(fa_kmeans_fit(centres[1], found[1], &inertia[1], h, ROWS, WIDTH, &how));
    assert_memory_equal(centres[1], centres[0], sizeof centres[0]);
    assert_memory_equal(found[1], found[0], sizeof found[0]);
    assert_true(inertia[1] == inertia[0]);
    assert_ok(fa__pca_fit(mean[0], axes[0], NULL, NULL, h, ROWS, WIDTH, 3, NULL));
    assert_ok(fa_pca_fit(mean[1], axes[1], NULL, NULL, h, ROWS, WIDTH, 3));
    assert_memory_equal(mean[1], mean[0], sizeof mean[0]);
    assert_memory_equal(axes[1], axes[0], sizeof axes[0]);
    if (fa_rank() == 1) how.restarts = 0;
    assert_int_equal(fa_kmeans_fit(centres[1], NULL, NULL, h, ROWS, WIDTH, &how),
                     fa_ranks() > 1 ? FA_E_ARGUMENT : FA_OK);
}

static fa_dataset *small_data(void) {
    fa_dataset *data;
    float x[SAMPLES][FEATURES];
    int32_t coarse[SAMPLES];
    const char *const names[] = {"blue", "red", NULL};
    for (size_t i = 0; i < SAMPLES; i++) {
        coarse[i] = (int32_t)(i % 2);
        for (size_t k = 0; k < FEATURES; k++) x[i][k] = (float)(i % (k + 2)) + (float)i / 100;
    }
    assert_ok(fa_dataset_from_vectors(&data, x[0], SAMPLES, FEATURES));
    assert_ok(fa_dataset_set_coarse(data, coarse, names));
    return data;
}

static void memory_that_runs_out_on_one_rank_fails_on_all(void **state) {
    (void)state;
    const char *const values[][2] = {{"network.layers", "linear 4 relu target, linear out"},
                                     {"train.epochs", "1"},
                                     {"train.batch", "16"},
                                     {"data.validation", "0.2"},
                                     {"cluster.k", "2"},
                                     {"cluster.restarts", "1"}};
    fa_recipe *recipe;
    fa_dataset *data = small_data();
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    fa_threads_set(1);
    size_t failed = 0;
    for (long after = 0;; after++, failed++) {
        if (fa_rank() == 1) fa__memory_fail_after(after);
        fa_status status = fa_train(NULL, recipe, data, NULL, NULL);
        if (fa_rank() == 1) fa__memory_fail_after(-1);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_true(strncmp(fa_error_detail(), "rank 1: ", 8) == 0);
    }
    assert_true(fa_ranks() == 1 || failed > 50);
    fa_threads_set(0);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

/* ==== A discovery: trainings, embeddings and clusters one after the other ==== */

/* How far a rank comes: its n-th allocation fails, or its files may have no more than so many bytes, or it is
 * stopped before its n-th training; -1: it gets to the end. */
typedef struct trouble {
    long memory, file, training;
    long begun;
    const char *folder;
} trouble;

static int begin(void *user, const char *label) {
    trouble *t = user;
    (void)label;
    return t->begun++ == t->training;
}

/* One discovery that ends on all ranks with one status, "rank R: " before its text unless that is rank 0. */
static fa_status discovered(const fa_dataset *data, trouble *t, size_t rank) {
    struct rlimit before, less;
    bool own = fa_rank() == rank;
    fa_discovery *found = NULL;
    const char *const settings[] = {"network.layers=linear 4 relu target, linear out",
                                    "train.batch=16", "cluster.transform=standard",
                                    "cluster.restarts=2"};
    const fa_discover_options how = {.size = sizeof how,
                                     .k = 4,
                                     .epochs = 1,
                                     .search = 1,
                                     .trainings = 2,
                                     .settings = settings,
                                     .n_settings = 4,
                                     .folder = t->folder,
                                     .overwrite = 1,
                                     .begin = begin,
                                     .user = own ? t : &(trouble){.training = -1}};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    less = before;
    if (own && t->file >= 0) less.rlim_cur = (rlim_t)t->file;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    if (own) fa__memory_fail_after(t->memory);
    fa_status status = fa_discover(&found, data, &how);
    if (own) fa__memory_fail_after(-1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true((found != NULL) == (status == FA_OK));
    fa_discovery_free(found);
    if (status == FA_OK || rank == 0) return status;
    char place[32];
    snprintf(place, sizeof place, "rank %zu: ", rank);
    assert_true(strncmp(fa_error_detail(), place, strlen(place)) == 0);
    return status;
}

static void a_discovery_that_fails_on_one_rank_fails_on_all(void **state) {
    (void)state;
    fa_dataset *data = small_data();
    fa_threads_set(1);
    for (size_t rank = 0; rank < fa_ranks() && rank < 2; rank++) {
        size_t failed = 0;
        for (long after = 0;; after += 1 + after / 25, failed++) {
            trouble t = {.memory = after, .file = -1, .training = -1};
            fa_status status = discovered(data, &t, rank);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
        }
        assert_true(failed > 100);
        for (long training = 0; training < 4; training++) {
            trouble t = {.memory = -1, .file = -1, .training = training};
            assert_int_equal(discovered(data, &t, rank), FA_E_STOPPED);
        }
    }
    fa_threads_set(0);
    fa_dataset_free(data);
}

/* What comes after the trainings, too: the table of what was compared is written last. */
static void a_full_disk_of_rank_0_ends_a_discovery_on_all(void **state) {
    (void)state;
    char folder[300];
    fa_dataset *data = small_data();
    bool ended[2] = {false, false};
    signal(SIGXFSZ, SIG_IGN);
    snprintf(folder, sizeof folder, "%s", path_of("discovery"));
    for (long most = 0; most < 20000; most += 16 + most / 4) {
        trouble t = {.memory = -1, .file = most, .training = -1, .folder = folder};
        fa_status status = discovered(data, &t, 0);
        if (status != FA_OK) assert_int_equal(status, FA_E_IO);
        ended[status == FA_OK] = true;
    }
    assert_true(ended[0] && ended[1]);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_have_the_bytes_of_one_process),
        cmocka_unit_test(rows_of_all_ranks_meet),
        cmocka_unit_test(messages_between_two_ranks_keep_their_order),
        cmocka_unit_test(another_text_fails_on_all_ranks),
        cmocka_unit_test(a_failure_is_told_at_the_next_operation),
        cmocka_unit_test(losses_of_row_blocks_have_the_bytes_of_one_process),
        cmocka_unit_test(a_ring_has_the_bytes_of_one_process),
        cmocka_unit_test(neighbours_of_row_blocks_have_the_bytes_of_one_process),
        cmocka_unit_test(clusters_and_components_have_the_bytes_of_one_process),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_on_all),
        cmocka_unit_test(a_discovery_that_fails_on_one_rank_fails_on_all),
        cmocka_unit_test(a_full_disk_of_rank_0_ends_a_discovery_on_all),
    };
    alarm(300); /* ranks that wait for each other do so for ever */
    if (fa_ranks_start() != FA_OK) return 1;
    int failed = cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
    return fa_ranks_end(NULL) == FA_OK ? failed : 1;
}
