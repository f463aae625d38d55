/* KMeans and principal components by several ranks, which are threads here: the bytes of one. */
#define _POSIX_C_SOURCE 200809L
#include "thread_ranks.h"

#include "base/memory.h"
#include "base/rng.h"
#include "cluster/kmeans.h"
#include "cluster/pca.h"
#include "cluster/silhouette.h"
#include "cluster/sweep.h"
#include "comm/same.h"
#include "cluster/transform.h"
#include "cluster/within.h"

#include <unistd.h>

static const size_t ranks_tried[] = {2, 3, 4, 8};
enum { TRIED = sizeof ranks_tried / sizeof *ranks_tried };

/* Rows around `clumps` points, some of them equal to one of these. */
static void fill(float *x, size_t n, size_t d, size_t clumps, double away) {
    fa__rng rng;
    fa__rng_seed(&rng, n, FA__STREAM_SYNTH, d);
    for (size_t i = 0; i < n; i++) {
        size_t clump = (size_t)fa__rng_below(&rng, clumps);
        for (size_t j = 0; j < d; j++) {
            double noise = i % 3 == 0 ? 0 : away * fa__rng_normal(&rng);
            x[i * d + j] = (float)((double)((clump * 7 + j * 5 + clump * j) % 11) + noise);
        }
    }
}

/* ==== KMeans ==== */

typedef struct fit {
    fa__matrix rows;
    fa_kmeans_options how;
    const int32_t *labels; /* [n] of l; NULL: KMeans over all rows */
    size_t l;
    const size_t *k_of;
    fa_status status[THREAD_RANKS_MOST];
    char detail[THREAD_RANKS_MOST][200];
    float *centres[THREAD_RANKS_MOST];
    int32_t *assignment[THREAD_RANKS_MOST];
    double inertia[THREAD_RANKS_MOST];
} fit;

static void fit_on_rank(const fa__comm *comm, void *context) {
    fit *f = context;
    size_t r = comm->rank;
    f->inertia[r] = -1;
    if (f->labels == NULL)
        f->status[r] = fa__kmeans_fit(f->centres[r], f->assignment[r], &f->inertia[r], &f->rows,
                                      &f->how, comm);
    else
        f->status[r] =
            fa__kmeans_within(f->centres[r], f->assignment[r], &f->inertia[r], f->rows.x, f->rows.n,
                              f->rows.d, f->labels, f->l, f->k_of, &f->how, comm);
    if (comm->size > 1) f->status[r] = fa__comm_close(comm, f->status[r]);
    snprintf(f->detail[r], sizeof f->detail[r], "%s", fa_error_detail());
}

static void room_for(fit *f, size_t k) {
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) {
        f->centres[r] = malloc(k * f->rows.d * sizeof(float));
        f->assignment[r] = malloc(f->rows.n * sizeof(int32_t));
    }
}

static void no_room(fit *f) {
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) free(f->centres[r]), free(f->assignment[r]);
}

/* One process first, then each number of ranks. */
static void assert_same_on_all_ranks(fit *f, size_t k) {
    fit one = *f;
    room_for(&one, k);
    room_for(f, k);
    fit_on_rank(fa__comm_self(), &one);
    assert_int_equal(one.status[0], FA_OK);
    for (size_t t = 0; t < TRIED; t++) {
        size_t ranks = ranks_tried[t];
        fa_threads_set(1 + (int)(t % 2));
        on_thread_ranks(ranks, fit_on_rank, f);
        for (size_t r = 0; r < ranks; r++) {
            if (f->status[r] != FA_OK) fail_msg("rank %zu of %zu: %s", r, ranks, f->detail[r]);
            assert_memory_equal(f->centres[r], one.centres[0], k * f->rows.d * sizeof(float));
            assert_memory_equal(f->assignment[r], one.assignment[0], f->rows.n * sizeof(int32_t));
            assert_true(f->inertia[r] == one.inertia[0]);
        }
    }
    fa_threads_set(0);
    no_room(&one);
    no_room(f);
}

static double work_of(const fit *f) {
    return (double)f->rows.n * (double)f->rows.d * (double)f->how.k * (double)f->how.restarts;
}

static void kmeans_of_ranks_has_the_bytes_of_one(void **state) {
    (void)state;
    static const struct {
        size_t n, d, k, restarts, clumps;
        double away;
    } cases[] = {{20011, 16, 30, 30, 40, 0.7},
                 {4096 + 1, 24, 150, 20, 5, 0}, /* far fewer rows than centres */
                 {9000, 33, 40, 24, 12, 1e-3}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t n = cases[c].n, d = cases[c].d;
        float *x = malloc(n * d * sizeof *x);
        fill(x, n, d, cases[c].clumps, cases[c].away);
        fit f = {.rows = fa__matrix_of(x, n, d), .how = fa_kmeans_options_default()};
        f.how.k = cases[c].k;
        f.how.restarts = cases[c].restarts;
        f.how.seed = c;
        assert_true(work_of(&f) >= 1 << 28); /* else nothing is shared */
        assert_same_on_all_ranks(&f, f.how.k);
        free(x);
    }
}

/* Rows in three blocks of memory, laid out on the way. */
static void kmeans_of_rows_that_stay_has_the_bytes_of_one(void **state) {
    (void)state;
    enum { N = 12000, D = 20 };
    float *x = malloc(N * D * sizeof *x);
    fill(x, N, D, 30, 0.5);
    const fa__row_block blocks[] = {{x, 0}, {x + 701 * D, 701}, {x + 9000 * D, 9000}};
    fit f = {.rows = {.n = N, .d = D, .blocks = blocks, .count = 3, .stay = true},
             .how = fa_kmeans_options_default()};
    f.how.k = 50;
    f.how.restarts = 23;
    assert_true(work_of(&f) >= 1 << 28);
    assert_same_on_all_ranks(&f, f.how.k);
    free(x);
}

static void kmeans_within_labels_has_the_bytes_of_one(void **state) {
    (void)state;
    enum { N = 15000, D = 16, L = 3 };
    static int32_t labels[N];
    const size_t k_of[L] = {80, 3, 2}; /* one label is worth sharing */
    float *x = malloc(N * D * sizeof *x);
    fill(x, N, D, 90, 0.4);
    for (size_t i = 0; i < N; i++) labels[i] = i % 10 < 8 ? 0 : (int32_t)(i % 10) - 7;
    labels[17] = -1;
    fit f = {.rows = fa__matrix_of(x, N, D),
             .how = fa_kmeans_options_default(),
             .labels = labels,
             .l = L,
             .k_of = k_of};
    f.how.restarts = 20;
    assert_true(0.8 * N * D * 80 * 20 >= 1 << 28);
    assert_same_on_all_ranks(&f, 85);
    free(x);
}

static void what_fails_on_one_rank_fails_on_all(void **state) {
    (void)state;
    enum { N = 10000, D = 16, RANKS = 3 };
    float *x = malloc(N * D * sizeof *x);
    fill(x, N, D, 30, 0.5);
    fit f = {.rows = fa__matrix_of(x, N, D), .how = fa_kmeans_options_default()};
    f.how.k = 120;
    f.how.restarts = 16;
    f.how.max_iterations = 2;
    assert_true(work_of(&f) >= 1 << 28);
    room_for(&f, f.how.k);
    memset(f.assignment[0], 9, N * sizeof(int32_t));
    x[9000 * D + 3] = NAN; /* of the last rank */
    on_thread_ranks(RANKS, fit_on_rank, &f);
    for (size_t r = 0; r < RANKS; r++) {
        assert_int_equal(f.status[r], FA_E_NONFINITE);
        assert_non_null(strstr(f.detail[r], "x[9000, 3]"));
    }
    x[9000 * D + 3] = 0;
    size_t live = fa__memory_live();
    long failures = 0;
    fa_threads_set(1);
    for (bool failed = true; failed; failures += 1 + failures / 8) {
        fa__memory_fail_after(failures);
        on_thread_ranks(RANKS, fit_on_rank, &f);
        fa__memory_fail_after(-1);
        failed = f.status[0] != FA_OK;
        for (size_t r = 0; r < RANKS; r++) {
            assert_int_equal(f.status[r], failed ? FA_E_NOMEM : FA_OK);
            if (failed) assert_string_equal(f.detail[r], f.detail[0]);
        }
        assert_int_equal(fa__memory_live(), live);
        if (failed) assert_int_equal(f.assignment[0][7], 0x09090909);
    }
    fa_threads_set(0);
    assert_true(failures > 100);
    no_room(&f);
    free(x);
}

/* ==== Principal components ==== */

typedef struct components {
    const float *x;
    size_t n, d, k;
    fa_status status[THREAD_RANKS_MOST];
    double *made[THREAD_RANKS_MOST]; /* mean [d], components [k, d], variance [k], ratio [k] */
    fa_transform *standard[THREAD_RANKS_MOST];
} components;

static void components_on_rank(const fa__comm *comm, void *context) {
    components *c = context;
    size_t r = comm->rank, d = c->d, k = c->k;
    double *at = c->made[r];
    fa_status status =
        fa__pca_fit(at, at + d, at + d + k * d, at + d + k * d + k, c->x, c->n, d, k, comm);
    if (status == FA_OK)
        status = fa__transform_fit(&c->standard[r], FA_TRANSFORM_STANDARD, 0, c->x, c->n, d, comm);
    c->status[r] = comm->size > 1 ? fa__comm_close(comm, status) : status;
}

static void components_of_ranks_have_the_bytes_of_one(void **state) {
    (void)state;
    static const struct {
        size_t n, d, k;
    } cases[] = {{40000, 130, 5}, {3000, 600, 2}, {600, 1024, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        components c = {.n = cases[i].n, .d = cases[i].d, .k = cases[i].k};
        size_t size = (c.d + c.k * (c.d + 2)) * sizeof(double);
        float *x = malloc(c.n * c.d * sizeof *x);
        double *wanted = malloc(size);
        fill(x, c.n, c.d, 50, 1);
        c.x = x;
        assert_true((double)c.n * (double)c.d * (double)c.d / 2 >= 1 << 28);
        for (size_t r = 0; r < THREAD_RANKS_MOST; r++) c.made[r] = malloc(size);
        components_on_rank(fa__comm_self(), &c);
        assert_int_equal(c.status[0], FA_OK);
        memcpy(wanted, c.made[0], size);
        fa_transform *one = c.standard[0];
        for (size_t t = 0; t < TRIED; t++) {
            fa_threads_set(1 + (int)(t % 2));
            on_thread_ranks(ranks_tried[t], components_on_rank, &c);
            for (size_t r = 0; r < ranks_tried[t]; r++) {
                assert_int_equal(c.status[r], FA_OK);
                assert_memory_equal(c.made[r], wanted, size);
                assert_memory_equal(c.standard[r]->mean, one->mean, c.d * sizeof(double));
                assert_memory_equal(c.standard[r]->factor, one->factor, c.d * sizeof(double));
                fa_transform_free(c.standard[r]);
            }
        }
        fa_threads_set(0);
        fa_transform_free(one);
        for (size_t r = 0; r < THREAD_RANKS_MOST; r++) free(c.made[r]);
        free(wanted);
        free(x);
    }
}

/* ==== How many clusters, and how far apart ==== */

typedef struct judgement {
    const float *x;
    size_t n, d;
    const int32_t *truth;
    fa_sweep_options how;
    size_t count;
    fa_status status[THREAD_RANKS_MOST];
    char detail[THREAD_RANKS_MOST][200];
    fa_sweep_row *rows[THREAD_RANKS_MOST]; /* [count] */
    double silhouette[THREAD_RANKS_MOST];  /* of the truth */
} judgement;

static void judge_on_rank(const fa__comm *comm, void *context) {
    judgement *j = context;
    size_t r = comm->rank;
    fa_status status = fa__sweep_run(j->rows[r], j->x, j->n, j->d, j->truth, &j->how, comm);
    if (status == FA_OK)
        status = fa__silhouette(&j->silhouette[r], j->x, j->n, j->d, j->truth, 7, comm);
    j->status[r] = comm->size > 1 ? fa__comm_close(comm, status) : status;
    snprintf(j->detail[r], sizeof j->detail[r], "%s", fa_error_detail());
}

/* Both the runs and the distances are worth sharing; with an odd number of k and of runs. */
static judgement judgement_of(const float *x, int32_t *truth, size_t n, size_t d) {
    judgement j = {.x = x, .n = n, .d = d, .truth = truth, .how = fa_sweep_options_default()};
    for (size_t i = 0; i < n; i++) truth[i] = (int32_t)(i % 7);
    j.how.k_high = 14;
    j.how.restarts = 3;
    j.how.subsamples = 4;
    j.how.seed = 5;
    j.count = j.how.k_high - j.how.k_low + 1;
    assert_true((double)n * (double)n * (double)d >= 1 << 28);
    assert_true(3 * (1 + 4 * 0.8) * (double)n * 8 * (double)(j.count * d) >= 1 << 28);
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) j.rows[r] = calloc(j.count, sizeof *j.rows[r]);
    return j;
}

static void sweeps_and_silhouettes_of_ranks_have_the_bytes_of_one(void **state) {
    (void)state;
    enum { N = 1200, D = 200 };
    static int32_t truth[N];
    float *x = malloc(N * D * sizeof *x);
    fill(x, N, D, 9, 1.5);
    judgement j = judgement_of(x, truth, N, D), one = j;
    one.rows[0] = calloc(j.count, sizeof *one.rows[0]);
    one.status[0] = fa_sweep_run(one.rows[0], x, N, D, truth, &j.how);
    assert_int_equal(one.status[0], FA_OK);
    assert_ok(fa_score_silhouette(&one.silhouette[0], x, N, D, truth, 7));
    for (size_t t = 0; t < TRIED; t++) {
        fa_threads_set(1 + (int)(t % 2));
        on_thread_ranks(ranks_tried[t], judge_on_rank, &j);
        for (size_t r = 0; r < ranks_tried[t]; r++) {
            assert_int_equal(j.status[r], FA_OK);
            assert_memory_equal(j.rows[r], one.rows[0], j.count * sizeof *one.rows[0]);
            assert_true(j.silhouette[r] == one.silhouette[0]);
        }
    }
    fa_threads_set(0);
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) free(j.rows[r]);
    free(one.rows[0]);
    free(x);
}

static void a_sweep_that_fails_on_one_rank_fails_on_all(void **state) {
    (void)state;
    enum { N = 1200, D = 200, RANKS = 3 };
    static int32_t truth[N];
    float *x = malloc(N * D * sizeof *x);
    fill(x, N, D, 9, 1.5);
    judgement j = judgement_of(x, truth, N, D);
    size_t live = fa__memory_live();
    long failures = 0;
    fa_threads_set(1);
    for (bool failed = true; failed; failures += 1 + failures / 2) {
        memset(j.rows[0], 7, sizeof *j.rows[0]);
        fa__memory_fail_after(failures);
        on_thread_ranks(RANKS, judge_on_rank, &j);
        fa__memory_fail_after(-1);
        failed = j.status[0] != FA_OK;
        for (size_t r = 0; r < RANKS; r++) {
            assert_int_equal(j.status[r], failed ? FA_E_NOMEM : FA_OK);
            if (failed) assert_string_equal(j.detail[r], j.detail[0]);
        }
        assert_int_equal(fa__memory_live(), live);
    }
    fa_threads_set(0);
    assert_true(failures > 100);
    for (size_t r = 0; r < THREAD_RANKS_MOST; r++) free(j.rows[r]);
    free(x);
}

/* ==== Another matrix ==== */

typedef struct comparison {
    fa__matrix rows[2]; /* of rank 0, and of the others */
    uint64_t how[2];
    fa_status status[THREAD_RANKS_MOST];
    char detail[THREAD_RANKS_MOST][300];
} comparison;

static void compare_on_rank(const fa__comm *comm, void *context) {
    comparison *c = context;
    size_t which = comm->rank > 0, r = comm->rank;
    c->status[r] = fa__comm_close(comm, fa__same_rows(comm, &c->rows[which], c->how[which]));
    snprintf(c->detail[r], sizeof c->detail[r], "%s", fa_error_detail());
}

static void another_matrix_is_refused_by_all_ranks(void **state) {
    (void)state;
    enum { N = 300, D = 2 };
    float x[N * D], y[N * D];
    fill(x, N, D, 9, 1);
    memcpy(y, x, sizeof x);
    comparison c = {.rows = {fa__matrix_of(x, N, D), fa__matrix_of(y, N, D)}};
    for (int what = 0; what < 4; what++) {
        c.rows[1].n = what == 1 ? N - 1 : N;
        c.how[1] = what == 2;
        y[100 * D] = x[100 * D] + (what == 3 ? 1 : 0);
        on_thread_ranks(3, compare_on_rank, &c);
        for (size_t r = 0; r < 3; r++) {
            assert_int_equal(c.status[r], what == 0 ? FA_OK : FA_E_ARGUMENT);
            if (what > 0)
                assert_non_null(strstr(c.detail[r], "rank 1 has another matrix or options"));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kmeans_of_ranks_has_the_bytes_of_one),
        cmocka_unit_test(kmeans_of_rows_that_stay_has_the_bytes_of_one),
        cmocka_unit_test(kmeans_within_labels_has_the_bytes_of_one),
        cmocka_unit_test(what_fails_on_one_rank_fails_on_all),
        cmocka_unit_test(components_of_ranks_have_the_bytes_of_one),
        cmocka_unit_test(sweeps_and_silhouettes_of_ranks_have_the_bytes_of_one),
        cmocka_unit_test(a_sweep_that_fails_on_one_rank_fails_on_all),
        cmocka_unit_test(another_matrix_is_refused_by_all_ranks),
    };
    alarm(300); /* ranks that wait for each other do so for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
