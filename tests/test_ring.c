/* L_multi of rows that lie on several ranks, which are threads here: the bytes of one. */
#define _POSIX_C_SOURCE 200809L
#include "thread_ranks.h"

#include "base/floats.h"
#include "base/memory.h"
#include "base/rng.h"
#include "loss/pairwise.h"
#include "loss/shared.h"

#include <math.h>

static const size_t ranks_tried[] = {2, 3, 4, 8};
enum { TRIED = sizeof ranks_tried / sizeof *ranks_tried, TEXT = 200 };

/* How the rows lie: alike, the first ones with ever more, all with one rank in the middle, some with none. */
typedef enum lie { EVEN, UNEVEN, ONE_HAS_ALL, SOME_HAVE_NONE, LIES } lie;

static size_t end_of(lie how, size_t n, size_t rank, size_t ranks) {
    if (rank + 1 == ranks) return n;
    if (how == UNEVEN) return n - n / (rank + 2);
    if (how == ONE_HAS_ALL) return rank < ranks / 2 ? 0 : n;
    if (how == SOME_HAVE_NONE) return (rank + 1) / 2 * 2 * n / ranks;
    return (rank + 1) * n / ranks;
}

/* Rows of all ranks; each copies its own, so that nothing of others is at hand. */
typedef struct call {
    size_t n, d;
    const float *h;
    const int32_t *labels;
    fa_loss_options how;
    lie lie;
    bool no_gradient;
    size_t odd_rank; /* which rank has something else, */
    fa_loss_options odd_how;
    size_t odd_d;
    bool odd_labels, odd_gradient;
    float *d_h; /* [n, d] of all */
    double loss[THREAD_RANKS_MOST];
    fa_status status[THREAD_RANKS_MOST];
    char detail[THREAD_RANKS_MOST][TEXT];
} call;

static void *copy_of(const void *from, size_t size) {
    void *own = malloc(size + 1); /* none is no NULL */
    if (size > 0) memcpy(own, from, size);
    return own;
}

static void on_rank(const fa__comm *comm, void *context) {
    call *c = context;
    size_t r = comm->rank, from = r > 0 ? end_of(c->lie, c->n, r - 1, comm->size) : 0,
           n = end_of(c->lie, c->n, r, comm->size) - from;
    bool odd = c->odd_rank == r;
    float *h = copy_of(c->h + from * c->d, n * c->d * sizeof *h), *d_h = NULL;
    int32_t *labels = NULL;
    if (n > 0 && c->labels != NULL) labels = copy_of(c->labels + from, n * sizeof *labels);
    if (n > 0 && !c->no_gradient && !(odd && c->odd_gradient))
        d_h = copy_of(c->d_h + from * c->d, n * c->d * sizeof *d_h);
    c->loss[r] = -1;
    c->status[r] = fa__loss_multi_ring(&c->loss[r], d_h, n > 0 ? h : NULL, n,
                                       odd && c->odd_d > 0 ? c->odd_d : c->d,
                                       odd && c->odd_labels ? NULL : labels,
                                       odd && c->odd_how.size > 0 ? &c->odd_how : &c->how, comm);
    if (comm->size > 1) c->status[r] = fa__comm_close(comm, c->status[r]);
    snprintf(c->detail[r], TEXT, "%s", fa_error_detail());
    if (d_h != NULL) memcpy(c->d_h + from * c->d, d_h, n * c->d * sizeof *d_h);
    free(h);
    free(labels);
    free(d_h);
}

static call call_of(const float *h, size_t n, size_t d, const int32_t *labels) {
    call c = {.n = n, .d = d, .h = h, .labels = labels, .odd_rank = SIZE_MAX};
    c.how = (fa_loss_options){.size = sizeof c.how, .margin = 0.5F};
    c.d_h = malloc(n * d * sizeof *c.d_h);
    memset(c.d_h, 0xff, n * d * sizeof *c.d_h);
    return c;
}

/* In clouds, so that pairs of either kind are many. */
static float *rows_of(size_t n, size_t d) {
    float *h = malloc(n * d * sizeof *h);
    fa__rng rng;
    fa__rng_seed(&rng, 9, FA__STREAM_SYNTH, n);
    for (size_t i = 0; i < n * d; i++)
        h[i] = (float)(1.5 * fa__rng_normal(&rng) + (double)(i / d % 3 * (i % d) % 5));
    return h;
}

/* Ranks against `one`, which one process made. */
static void assert_same_on_ranks(const call *one, size_t ranks, lie how) {
    call c = *one;
    c.lie = how;
    c.d_h = malloc(c.n * c.d * sizeof *c.d_h);
    memset(c.d_h, 0xff, c.n * c.d * sizeof *c.d_h);
    on_thread_ranks(ranks, on_rank, &c);
    for (size_t r = 0; r < ranks; r++) {
        if (c.status[r] != FA_OK) print_message("%s\n", c.detail[r]);
        assert_int_equal(c.status[r], FA_OK);
        assert_true(c.loss[r] == one->loss[0]);
    }
    assert_memory_equal(c.d_h, one->d_h, c.n * c.d * sizeof *c.d_h);
    free(c.d_h);
}

static void assert_same(call *c) {
    assert_ok(fa_loss_multi(&c->loss[0], c->d_h, c->h, c->n, c->d, c->labels, &c->how));
    assert_same_on_ranks(c, 1, EVEN);
    for (size_t t = 0; t < TRIED; t++)
        for (lie how = 0; how < LIES; how++) assert_same_on_ranks(c, ranks_tried[t], how);
}

/* ==== The same bytes ==== */

enum { ROWS = 4300, WIDTH = 12 };

/* Labels in a row of 100: one of 61, one of 30, one of 7, and two of one alone. */
static int32_t *mixed_labels(size_t n) {
    int32_t *labels = malloc(n * sizeof *labels);
    for (size_t i = 0; i < n; i++) {
        size_t at = i * 37 % 100;
        labels[i] = at < 61 ? 4 : at < 91 ? -7 : at < 98 ? 1000 : (int32_t)i;
    }
    return labels;
}

static void rings_have_the_bytes_of_one_process(void **state) {
    (void)state;
    float *h = rows_of(ROWS, WIDTH);
    int32_t *labels = mixed_labels(ROWS);
    for (int threads = 1; threads <= 2; threads++)
        for (int of_labels = 0; of_labels < 2; of_labels++)
            for (int js = 0; js < 2; js++) {
                if (threads == 2 && js) continue;
                call c = call_of(h, js ? 1500 : ROWS, WIDTH, of_labels ? labels : NULL);
                c.how.divergence = js ? FA_DIVERGENCE_JS : FA_DIVERGENCE_KL;
                c.how.norm = of_labels && js ? FA_PAIR_NORM_GLOBAL : FA_PAIR_NORM_LABEL;
                c.how.margin = js ? 0.2F : 0.5F;
                fa_threads_set(threads);
                assert_same(&c);
                free(c.d_h);
            }
    fa_threads_set(0);
    free(labels);
    free(h);
}

/* Rows that are sorted so that bounds decide: in tight clouds, with a label that is not, or by force. */
static void rings_sort_as_one_process_does(void **state) {
    (void)state;
    enum { MANY = 9000 };
    float *h = malloc(MANY * WIDTH * sizeof *h), *d_h = malloc(MANY * WIDTH * sizeof *d_h);
    int32_t labels[MANY];
    double loss;
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_SYNTH, 1);
    for (size_t i = 0; i < MANY * WIDTH; i++)
        h[i] =
            (float)((double)((i / WIDTH % 5) * (i % WIDTH + 1) % 7) + 0.1 * fa__rng_normal(&rng));
    for (size_t i = 0; i < MANY; i++) labels[i] = i % 9 < 8;
    for (int of_labels = 0; of_labels < 2; of_labels++) {
        call c = call_of(h, of_labels ? MANY : 4500, WIDTH, of_labels ? labels : NULL);
        assert_same(&c);
        fa__pair_way(FA__PAIR_TILES);
        assert_ok(fa_loss_multi(&loss, d_h, h, c.n, WIDTH, c.labels, &c.how));
        fa__pair_way(FA__PAIR_AUTO);
        assert_true(memcmp(d_h, c.d_h, c.n * WIDTH * sizeof *d_h) != 0); /* it was sorted */
        free(c.d_h);
    }
    fa__pair_way(FA__PAIR_BOUNDS);
    call c = call_of(h, 1300, WIDTH, labels);
    assert_same(&c);
    fa__pair_way(FA__PAIR_AUTO);
    free(c.d_h);
    free(d_h);
    free(h);
}

/* A group of 2,000 rows, and one of one, that one rank alone has; and a label that all have one row of. */
static void labels_of_one_rank_are_no_special_case(void **state) {
    (void)state;
    enum { MANY = 3000 };
    float *h = rows_of(MANY, WIDTH);
    int32_t labels[MANY];
    for (size_t i = 0; i < MANY; i++)
        labels[i] = i == 10 ? 77 : i < 2000 ? 5 : i % 250 == 0 ? 9 : (int32_t)(i % 7);
    call c = call_of(h, MANY, WIDTH, labels);
    assert_same(&c);
    free(c.d_h);
    free(h);
}

static void few_rows_on_many_ranks_are_done(void **state) {
    (void)state;
    const int32_t labels[] = {1, 1, 2, 1, 3};
    float *h = rows_of(5, 3);
    for (size_t n = 1; n <= 5; n++) {
        call c = call_of(h, n, 3, n % 2 ? labels : NULL);
        c.how.margin = 2;
        assert_same(&c);
        free(c.d_h);
    }
    call c = call_of(h, 15, 1, NULL); /* every D is 0 */
    assert_same(&c);
    for (size_t i = 0; i < 15; i++) assert_true(c.d_h[i] == 0);
    assert_true(fabs(c.loss[0] - 1) < 1e-15); /* 2 m */
    free(c.d_h);
    free(h);
}

/* Entries 1e4 apart, which one rank alone has, put all groups into double. */
static void logits_far_apart_on_one_rank_are_done_in_double_by_all(void **state) {
    (void)state;
    enum { MANY = 1500 };
    float *h = rows_of(MANY, WIDTH);
    h[(MANY - 1) * WIDTH] = 3e4F;
    call c = call_of(h, MANY, WIDTH, NULL);
    assert_same(&c);
    free(c.d_h);
    free(h);
}

static void a_loss_without_a_gradient_is_the_same(void **state) {
    (void)state;
    float *h = rows_of(ROWS, WIDTH);
    int32_t *labels = mixed_labels(ROWS);
    call c = call_of(h, ROWS, WIDTH, labels);
    on_rank(fa__comm_self(), &c);
    double loss = c.loss[0];
    c.no_gradient = true;
    for (size_t t = 0; t < TRIED; t++) {
        on_thread_ranks(ranks_tried[t], on_rank, &c);
        for (size_t r = 0; r < ranks_tried[t]; r++) assert_true(c.loss[r] == loss);
    }
    free(c.d_h);
    free(labels);
    free(h);
}

/* ==== The right numbers ==== */

static void a_ring_agrees_with_the_equations_in_double(void **state) {
    (void)state;
    float *h = rows_of(ROWS, WIDTH), *wanted = malloc(ROWS * WIDTH * sizeof *wanted);
    int32_t *labels = mixed_labels(ROWS);
    double loss, off = 0, size = 0;
    call c = call_of(h, ROWS, WIDTH, labels);
    fa__pair_way(FA__PAIR_REFERENCE);
    assert_ok(fa_loss_multi(&loss, wanted, h, ROWS, WIDTH, labels, &c.how));
    fa__pair_way(FA__PAIR_AUTO);
    on_thread_ranks(4, on_rank, &c);
    assert_int_equal(c.status[0], FA_OK);
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        off += pow((double)c.d_h[i] - (double)wanted[i], 2);
        size += pow((double)wanted[i], 2);
    }
    assert_true(size > 0 && sqrt(off / size) < 1e-6);
    assert_true(fabs(c.loss[0] / loss - 1) < 1e-6);
    free(c.d_h);
    free(labels);
    free(wanted);
    free(h);
}

static double loss_at(const call *like, float *h, const float *from, const double *way,
                      double step) {
    call c = *like;
    c.h = h;
    c.no_gradient = true;
    for (size_t i = 0; i < c.n * c.d; i++) h[i] = (float)((double)from[i] + step * way[i]);
    on_thread_ranks(3, on_rank, &c);
    assert_int_equal(c.status[2], FA_OK);
    return c.loss[2];
}

/* Every entry of few rows; of many, along the gradient. */
static void the_gradient_is_that_of_finite_differences(void **state) {
    (void)state;
    enum { FEW = 9, MANY = 2100, OF = 4 };
    static double way[MANY * OF];
    static float moved[MANY * OF];
    float *h = rows_of(MANY, OF);
    int32_t *labels = mixed_labels(MANY);
    call c = call_of(h, FEW, OF, labels);
    c.how.margin = 20;
    on_thread_ranks(3, on_rank, &c);
    for (size_t i = 0; i < FEW * OF; i++) {
        memset(way, 0, sizeof way);
        way[i] = 1;
        double slope =
            (loss_at(&c, moved, h, way, 1.0 / 256) - loss_at(&c, moved, h, way, -1.0 / 256)) * 128;
        assert_true(fabs(slope - (double)c.d_h[i]) < 1e-4 * (1 + fabs(slope)));
    }
    free(c.d_h);
    c = call_of(h, MANY, OF, labels);
    c.how.margin = 50; /* no pair is let go within the steps */
    on_thread_ranks(3, on_rank, &c);
    for (size_t of = 1; of <= 5; of += 4) { /* of all rows, and of every fifth */
        double length = 0, wanted = 0;
        for (size_t i = 0; i < MANY * OF; i++) {
            way[i] = i / OF % of == 0 ? (double)c.d_h[i] : 0;
            length += way[i] * way[i];
        }
        for (size_t i = 0; i < MANY * OF; i++) way[i] /= sqrt(length);
        for (size_t i = 0; i < MANY * OF; i++) wanted += way[i] * (double)c.d_h[i];
        double slope = loss_at(&c, moved, h, way, 0.5) - loss_at(&c, moved, h, way, -0.5);
        assert_near(slope / wanted, 1, 1e-3);
    }
    free(c.d_h);
    free(labels);
    free(h);
}

/* ==== Failures ==== */

/* All ranks end with one status and text, and no gradient was touched. */
static void assert_fails_on_ranks(call *c, fa_status status, const char *text) {
    memset(c->d_h, 0x55, c->n * c->d * sizeof *c->d_h);
    on_thread_ranks(3, on_rank, c);
    for (size_t r = 0; r < 3; r++) {
        assert_int_equal(c->status[r], status);
        if (strstr(c->detail[r], text) == NULL) print_message("rank %zu: %s\n", r, c->detail[r]);
        assert_non_null(strstr(c->detail[r], text));
        assert_string_equal(c->detail[r], c->detail[0]);
        assert_true(c->loss[r] == -1);
    }
    for (size_t i = 0; i < c->n * c->d * sizeof *c->d_h; i++)
        assert_int_equal(((unsigned char *)c->d_h)[i], 0x55);
}

static void what_one_rank_gives_wrong_fails_on_all(void **state) {
    (void)state;
    enum { MANY = 90 };
    float *h = rows_of(MANY, WIDTH);
    int32_t *labels = mixed_labels(MANY);
    call right = call_of(h, MANY, WIDTH, labels), c = right;
    h[40 * WIDTH + 2] = NAN; /* rank 1 has rows 30 to 59 */
    assert_fails_on_ranks(&c, FA_E_NONFINITE, "h, row 10, column 2 is nan");
    h[40 * WIDTH + 2] = 0;
    c = right, c.odd_rank = 1, c.odd_labels = true;
    assert_fails_on_ranks(&c, FA_E_ARGUMENT, "rank 1 gives no labels, and rank 0 does");
    c = right, c.odd_rank = 2, c.odd_gradient = true;
    assert_fails_on_ranks(&c, FA_E_ARGUMENT, "rank 2 wants no gradient, and rank 0 does");
    c = right, c.odd_rank = 2, c.odd_d = 7;
    assert_fails_on_ranks(&c, FA_E_ARGUMENT,
                          "rank 2 has another columns or options of a loss than rank 0: 7 columns");
    c = right, c.odd_rank = 1, c.odd_how = c.how, c.odd_how.divergence = FA_DIVERGENCE_JS;
    assert_fails_on_ranks(&c, FA_E_ARGUMENT, "rank 1 has another columns or options of a loss");
    c.odd_how.margin = -1;
    assert_fails_on_ranks(&c, FA_E_ARGUMENT, "margin must be finite and > 0");
    c = right, c.n = 0;
    assert_fails_on_ranks(&c, FA_E_SHAPE, "h is [0, 12]");
    free(right.d_h);
    free(labels);
    free(h);
}

static void memory_that_runs_out_fails_on_all(void **state) {
    (void)state;
    float *h = rows_of(2600, WIDTH);
    int32_t *labels = mixed_labels(2600);
    call c = call_of(h, 2600, WIDTH, labels);
    size_t failed = 0;
    fa_threads_set(1);
    for (long after = 0;; after++, failed++) {
        fa__memory_fail_after(after);
        on_thread_ranks(3, on_rank, &c);
        fa__memory_fail_after(-1);
        if (c.status[0] == FA_OK) break;
        for (size_t r = 0; r < 3; r++) {
            assert_int_equal(c.status[r], FA_E_NOMEM);
            assert_true(c.loss[r] == -1);
        }
    }
    for (size_t r = 0; r < 3; r++) assert_int_equal(c.status[r], FA_OK);
    assert_true(failed > 60);
    fa_threads_set(0);
    free(c.d_h);
    free(labels);
    free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_have_the_bytes_of_one_process),
        cmocka_unit_test(rings_sort_as_one_process_does),
        cmocka_unit_test(labels_of_one_rank_are_no_special_case),
        cmocka_unit_test(few_rows_on_many_ranks_are_done),
        cmocka_unit_test(logits_far_apart_on_one_rank_are_done_in_double_by_all),
        cmocka_unit_test(a_loss_without_a_gradient_is_the_same),
        cmocka_unit_test(a_ring_agrees_with_the_equations_in_double),
        cmocka_unit_test(the_gradient_is_that_of_finite_differences),
        cmocka_unit_test(what_one_rank_gives_wrong_fails_on_all),
        cmocka_unit_test(memory_that_runs_out_fails_on_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
