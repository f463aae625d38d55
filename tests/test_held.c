/* L_hold, L_information, L_multi without pairs and InfoNCE: against float64 by the complex step
 * (tests/oracle/held_reference.py), by hand, by finite differences, at the edges, and their errors.
 */
#include "test_loss_cases.h"

#include "base/memory.h"
#include "base/threads.h"

#define OPTIONS(...)                                                                               \
    &(const fa_loss_options) {                                                                     \
        .size = sizeof(fa_loss_options), __VA_ARGS__                                               \
    }

enum { N_MAX = 16, D_MAX = 8 };

/* ==== Float64 reference ===================================================================== */

typedef struct held_case {
    char loss[16], kind[16], name[8];
    unsigned seed;
    size_t n, d, labels;
    double number, value;
} held_case;

/* As pair_list() in the oracle. */
static size_t make_pairs(int32_t *pairs, uint32_t seed, size_t n) {
    for (size_t p = 0; p < n / 2; p++) {
        pairs[2 * p] = (int32_t)(noise(seed + 7, p) % n);
        pairs[2 * p + 1] = (int32_t)(noise(seed + 8, p) % n);
    }
    pairs[2] = pairs[5] = pairs[0];
    pairs[3] = pairs[4] = pairs[1];
    pairs[2 * (n / 2) - 1] = pairs[2 * (n / 2) - 2];
    return n / 2;
}

static fa_status run_case(double *loss, float *d_h, const float *h, const held_case *c) {
    int32_t labels[N_MAX], pairs[N_MAX];
    size_t count = make_pairs(pairs, c->seed, c->n);
    const fa_divergence divergence =
        strcmp(c->name, "js") == 0 ? FA_DIVERGENCE_JS : FA_DIVERGENCE_KL;
    for (size_t i = 0; i < c->n; i++)
        labels[i] = c->labels > 0 ? (int32_t)(noise(c->seed + 3, i) % c->labels) : 0;
    const int32_t *given = c->labels > 0 ? labels : NULL;
    if (strcmp(c->loss, "hold") == 0)
        return fa_loss_hold(loss, d_h, h, c->n, c->d, pairs, count,
                            OPTIONS(.divergence = divergence));
    if (strcmp(c->loss, "multi") == 0)
        return fa_loss_multi_pairs(loss, d_h, h, c->n, c->d, given, pairs, count,
                                   OPTIONS(.margin = (float)c->number, .divergence = divergence));
    if (strcmp(c->loss, "infonce") == 0)
        return fa_loss_infonce(loss, d_h, h, c->n, c->d, given, pairs, count, c->number);
    assert_string_equal(c->loss, "information");
    if (strcmp(c->name, "kl") == 0)
        return fa_loss_information(loss, d_h, h, c->n, c->d, given, c->number);
    float prior[D_MAX];
    for (size_t k = 0; k < c->d; k++)
        prior[k] = (float)((double)(k + 1) / ((double)(c->d * (c->d + 1)) / 2));
    fa_information_options options = {.size = sizeof options, .mu = c->number};
    if (strcmp(c->name, "prior") == 0)
        options.prior = prior;
    else
        options.entropy_cap = 0.9 * log((double)c->d);
    return fa_loss_information_with(loss, d_h, h, c->n, c->d, given, &options);
}

static void losses_agree_with_float64_by_the_complex_step(void **state) {
    (void)state;
    char path[4096];
    snprintf(path, sizeof path, "%s/held_reference.txt", getenv("FA_TEST_DATA"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t cases = 0;
    held_case c;
    while (fscanf(file, "%15s %15s %u %zu %zu %zu %7s %lf %lf", c.loss, c.kind, &c.seed, &c.n, &c.d,
                  &c.labels, c.name, &c.number, &c.value) == 9) {
        double want[N_MAX * D_MAX], got[N_MAX * D_MAX], loss, alone, top = 0;
        float d_h[N_MAX * D_MAX], *h = new_matrix(c.kind, c.seed, c.n, c.d);
        for (size_t i = 0; i < c.n * c.d; i++) {
            assert_int_equal(fscanf(file, "%lf", &want[i]), 1);
            top = fmax(top, fabs(want[i]));
        }
        memset(d_h, 0xff, sizeof d_h); /* NaN: all of it is written */
        assert_ok(run_case(&loss, d_h, h, &c));
        assert_ok(run_case(&alone, NULL, h, &c));
        assert_true(loss == alone);
        if (!(fabs(loss - c.value) <= 1e-14 + 1e-7 * fabs(c.value)))
            fail_msg("%s %s %s: %.15g, not %.15g", c.loss, c.kind, c.name, loss, c.value);
        for (size_t i = 0; i < c.n * c.d; i++) got[i] = (double)d_h[i];
        if (top > 1e-15 && !(relative_error(got, want, c.n * c.d) < 3e-7))
            fail_msg("%s %s %s %g: gradient off by %g", c.loss, c.kind, c.name, c.number,
                     relative_error(got, want, c.n * c.d));
        for (size_t i = 0; top <= 1e-15 && i < c.n * c.d; i++) assert_near(got[i], 0, 1e-15);
        free(h);
        cases++;
    }
    assert_true(feof(file));
    fclose(file);
    assert_int_equal(cases, 52);
}

/* ==== By hand =============================================================================== */

/* p = (1/4, 3/4) and (1/2, 1/2): D + D = (1/4 - 1/2)(log 1/2 - 0) + (3/4 - 1/2) log 3/2 = log(3)
 * / 4. */
static void hold_of_two_rows_is_as_by_hand(void **state) {
    (void)state;
    const float h[] = {0, logf(3), 0, 0, 5, 5};
    const int32_t pairs[] = {0, 1}, with_itself[] = {0, 1, 2, 2}, twice[] = {0, 1, 1, 0, 2, 1};
    double loss;
    float d_h[6];
    assert_ok(fa_loss_hold(&loss, d_h, h, 3, 2, pairs, 1, OPTIONS(.margin = 0)));
    assert_near(loss, log(3) / 8, 1e-8);
    assert_near((double)d_h[4], 0, 0);
    assert_near((double)d_h[0] + (double)d_h[1], 0, 1e-8);
    assert_true(d_h[1] > 0 && d_h[3] < 0); /* downhill, the rows move towards each other */
    assert_ok(fa_loss_hold(&loss, d_h, h, 3, 2, with_itself, 2, OPTIONS(.margin = 0)));
    assert_near(loss, log(3) / 16, 1e-8);
    assert_ok(
        fa_loss_hold(&loss, d_h, h, 3, 2, twice, 3, OPTIONS(.margin = 0))); /* 2 and 1 are alike */
    assert_near(loss, log(3) / 12, 1e-8);
    const double a = 0.25, b = 0.75, c = 0.375, e = 0.625; /* c, e: the mixture */
    assert_ok(fa_loss_hold(&loss, d_h, h, 3, 2, pairs, 1, OPTIONS(.divergence = FA_DIVERGENCE_JS)));
    assert_near(loss,
                (a * log(a / c) + b * log(b / e) + 0.5 * log(0.5 / c) + 0.5 * log(0.5 / e)) / 2,
                1e-8);
}

/* The mean of four one-hot rows, two of each of two units of three, is (1/2, 1/2, 0). */
static void information_of_one_hot_rows_is_the_entropy_of_their_mean(void **state) {
    (void)state;
    const float h[] = {90, 0, 0, 90, 0, 0, 0, 90, 0, 0, 90, 0};
    const int32_t apart[] = {4, 4, -1, -1}, across[] = {0, 1, 1, 0};
    const float prior[] = {0.25f, 0.25f, 0.5f};
    fa_information_options options = {.size = sizeof options, .mu = 3, .entropy_cap = 0.5};
    double loss;
    float d_h[12];
    assert_ok(fa_loss_information(&loss, d_h, h, 4, 3, NULL, 3));
    assert_near(loss, -3 * log(2), 1e-12);
    assert_ok(fa_loss_information(&loss, NULL, h, 4, 3, apart, 3)); /* of each label one unit */
    assert_near(loss, 0, 1e-12);
    assert_ok(fa_loss_information(&loss, NULL, h, 4, 3, across, 3));
    assert_near(loss, -3 * log(2), 1e-12);
    assert_ok(fa_loss_information_with(&loss, NULL, h, 4, 3, NULL, &options));
    assert_near(loss, -1.5, 1e-12);
    options.entropy_cap = 0;
    options.prior = prior; /* KL((1/2, 1/2, 0) || prior) = log 2 */
    assert_ok(fa_loss_information_with(&loss, NULL, h, 4, 3, NULL, &options));
    assert_near(loss, 3 * log(2), 1e-12);
}

/* What the cap is for. Nine rows of ten have unit 0. Above the entropy of these shares nothing
 * pulls rows from the large class to the small one; with mu alone it does. */
static void information_with_a_cap_does_not_pull_to_equal_units(void **state) {
    (void)state;
    float h[40], plain[40], capped[40];
    double loss;
    for (size_t i = 0; i < 20; i++) {
        h[2 * i] = i < 18 ? 2 : -2;
        h[2 * i + 1] = 0;
    }
    const double entropy = -(0.9 * log(0.9) + 0.1 * log(0.1));
    fa_information_options options = {.size = sizeof options, .mu = 3, .entropy_cap = entropy};
    assert_ok(fa_loss_information(&loss, plain, h, 20, 2, NULL, 3));
    assert_ok(fa_loss_information_with(&loss, capped, h, 20, 2, NULL, &options));
    assert_true(plain[0] > 0);  /* downhill, rows of the large class leave their unit */
    assert_true(capped[0] < 0); /* they stay, and grow certain */
    assert_true(capped[39] < 0 && plain[39] < 0);
}

/* Two labels of two rows each: one pair is all that a label has. */
static void multi_without_every_pair_is_its_constant(void **state) {
    (void)state;
    float *h = new_matrix("plain", 5, 5, 3), d_h[15];
    const int32_t labels[] = {1, 2, 1, 2, 2}, both[] = {0, 2}, all[] = {0, 2, 1, 3, 4, 1, 4, 3};
    double loss, whole, of_two;
    assert_ok(fa_loss_multi_pairs(&loss, d_h, h, 5, 3, labels, all, 4, OPTIONS(.margin = 2)));
    assert_near(loss, 2 * 2.0 / 2 + 2 * 2.0 / 3, 1e-12);
    for (size_t i = 0; i < 15; i++) assert_true(d_h[i] == 0);
    assert_ok(fa_loss_multi_pairs(&loss, d_h, h, 5, 3, labels, both, 1, OPTIONS(.margin = 2)));
    assert_ok(fa_loss_multi(&whole, NULL, h, 5, 3, labels, OPTIONS(.margin = 2)));
    float two[6];
    memcpy(two, h, 3 * sizeof *two), memcpy(two + 3, h + 6, 3 * sizeof *two);
    assert_ok(fa_loss_multi(&of_two, NULL, two, 2, 3, NULL, OPTIONS(.margin = 2)));
    assert_near(loss, whole - of_two + 2, 1e-12);
    for (size_t k = 0; k < 3; k++) assert_true(d_h[k] == 0 && d_h[6 + k] == 0 && d_h[3 + k] != 0);
    free(h);
}

/* Four rows at right angles, but for rows 0 and 1, which are alike: -log(e / (e + 2)) at t = 1. */
static void infonce_of_right_angles_is_as_by_hand(void **state) {
    (void)state;
    const float h[] = {2, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 1};
    const int32_t pairs[] = {0, 1}, wrong[] = {0, 1, 3, 3, 1, 2}, labels[] = {0, 0, 1, 0};
    double loss;
    assert_ok(fa_loss_infonce(&loss, NULL, h, 4, 3, NULL, pairs, 1, 1));
    assert_near(loss, log(exp(1) + 2) - 1, 1e-14);
    assert_ok(fa_loss_infonce(&loss, NULL, h, 4, 3, labels, pairs, 1, 1));
    assert_near(loss, log(exp(1) + 1) - 1, 1e-14);
    assert_ok(fa_loss_infonce(&loss, NULL, h, 4, 3, labels, wrong, 3, 1));
    assert_near(loss, log(exp(1) + 1) - 1, 1e-14); /* the others do not count */
    assert_ok(fa_loss_infonce(&loss, NULL, h, 2, 3, NULL, pairs, 1, 0.1));
    assert_near(loss, 0, 1e-14);
}

/* ==== Finite differences ==================================================================== */

static void gradients_are_the_finite_differences(void **state) {
    (void)state;
    static const held_case cases[] = {{"hold", "plain", "kl", 1, 8, 4, 0, 0, 0},
                                      {"hold", "plain", "js", 2, 8, 4, 0, 0, 0},
                                      {"multi", "plain", "kl", 3, 8, 4, 2, 30, 0},
                                      {"multi", "plain", "js", 4, 8, 4, 2, 1, 0},
                                      {"information", "plain", "kl", 5, 8, 4, 2, 3, 0},
                                      {"information", "plain", "prior", 6, 8, 4, 0, 3, 0},
                                      {"infonce", "plain", "kl", 7, 8, 4, 0, 0.5, 0}};
    for (size_t t = 0; t < sizeof cases / sizeof cases[0]; t++) {
        const held_case *c = &cases[t];
        float *h = new_matrix(c->kind, c->seed, c->n, c->d), d_h[32];
        double loss, above, below, largest = 0;
        assert_ok(run_case(&loss, d_h, h, c));
        for (size_t i = 0; i < c->n * c->d; i++) {
            float kept = h[i];
            volatile float up = kept + 1e-3f, down = kept - 1e-3f;
            h[i] = up;
            assert_ok(run_case(&above, NULL, h, c));
            h[i] = down;
            assert_ok(run_case(&below, NULL, h, c));
            h[i] = kept;
            double slope = (above - below) / ((double)up - (double)down);
            if (!(fabs((double)d_h[i] - slope) <= 1e-5 * fmax(1, fabs(slope))))
                fail_msg("%s %s, entry %zu: %g, by differences %g", c->loss, c->name, i,
                         (double)d_h[i], slope);
            largest = fmax(largest, fabs(slope));
        }
        assert_true(largest > 0.01);
        free(h);
    }
}

/* ==== The fast kernels, many rows, threads ================================================== */

/* L_multi minus what L_multi is of each pair alone: the public function is its own oracle. */
static void multi_pairs_of_a_batch_is_multi_minus_its_pairs(void **state) {
    (void)state;
    enum { N = 600, D = 33, PAIRS = 500 };
    static int32_t labels[N], pairs[2 * PAIRS];
    static float d_h[N * D], all[N * D];
    double *want = calloc(N * D, sizeof *want), *got = calloc(N * D, sizeof *got);
    size_t of_label[2] = {0}, kept = 0;
    assert_non_null(want), assert_non_null(got);
    for (size_t i = 0; i < N; i++) labels[i] = (int32_t)(noise(3, i) % 2), of_label[labels[i]]++;
    for (size_t i = 0; i < 2 * PAIRS; i++) pairs[i] = (int32_t)(noise(4, i) % N);
    for (int divergence = FA_DIVERGENCE_KL; divergence <= FA_DIVERGENCE_JS; divergence++)
        for (int kind = 0; kind < 2; kind++) {
            float *h = new_matrix(kind == 0 ? "plain" : "near", 6, N, D);
            const fa_loss_options o = {
                .size = sizeof o, .margin = 0.4f, .divergence = (fa_divergence)divergence};
            double loss, sum;
            assert_ok(fa_loss_multi_pairs(&loss, d_h, h, N, D, labels, pairs, PAIRS, &o));
            assert_ok(fa_loss_multi(&sum, all, h, N, D, labels, &o));
            for (size_t i = 0; i < N * D; i++) want[i] = (double)all[i], got[i] = (double)d_h[i];
            kept = 0;
            for (size_t p = 0; p < PAIRS; p++) {
                size_t a = (size_t)pairs[2 * p], b = (size_t)pairs[2 * p + 1], seen = 0;
                for (size_t q = 0; q < p; q++) {
                    size_t x = (size_t)pairs[2 * q], y = (size_t)pairs[2 * q + 1];
                    seen += (x == a && y == b) || (x == b && y == a);
                }
                if (a == b || labels[a] != labels[b] || seen > 0) continue;
                float two[2 * D], d_two[2 * D];
                double of_two, scale = 4 / pow((double)of_label[labels[a]], 2);
                memcpy(two, h + a * D, D * sizeof *two),
                    memcpy(two + D, h + b * D, D * sizeof *two);
                assert_ok(fa_loss_multi(&of_two, d_two, two, 2, D, NULL, &o));
                sum -= scale * (of_two - (double)o.margin);
                for (size_t k = 0; k < D; k++) {
                    want[a * D + k] -= scale * (double)d_two[k];
                    want[b * D + k] -= scale * (double)d_two[D + k];
                }
                kept++;
            }
            assert_true(kept > 150 && kept < PAIRS);
            assert_near(loss, sum, 1e-12);
            assert_below(relative_error(got, want, N * D), 2e-7);
            free(h);
        }
    free(want);
    free(got);
}

static void losses_on_any_number_of_threads_give_the_same_bytes(void **state) {
    (void)state;
    enum { N = 1500, D = 40, PAIRS = 900 };
    static int32_t labels[N], pairs[2 * PAIRS];
    static float first[N * D], d_h[N * D];
    float *h = new_matrix("plain", 8, N, D);
    for (size_t i = 0; i < N; i++) labels[i] = (int32_t)(noise(3, i) % 3);
    for (size_t i = 0; i < 2 * PAIRS; i++) pairs[i] = (int32_t)(noise(4, i) % N);
    for (int loss = 0; loss < 4; loss++) {
        double value, one = 0;
        for (int threads = 1; threads <= 4; threads++) {
            fa_threads_set(threads);
            if (loss == 0)
                assert_ok(fa_loss_hold(&value, d_h, h, N, D, pairs, PAIRS, OPTIONS(.margin = 0)));
            else if (loss == 1)
                assert_ok(fa_loss_multi_pairs(&value, d_h, h, N, D, labels, pairs, PAIRS,
                                              OPTIONS(.margin = 1)));
            else if (loss == 2)
                assert_ok(fa_loss_information(&value, d_h, h, N, D, labels, 3));
            else
                assert_ok(fa_loss_infonce(&value, d_h, h, N, D, labels, pairs, PAIRS, 0.1));
            if (threads == 1) {
                one = value;
                memcpy(first, d_h, sizeof first);
            }
            assert_true(value == one);
            assert_memory_equal(first, d_h, sizeof first);
        }
    }
    fa_threads_set(0);
    free(h);
}

/* ==== Edges ================================================================================= */

static void run_all(double loss[5], float *d_h, const float *h, size_t n, size_t d,
                    const int32_t *pairs, size_t count) {
    for (int l = 0; l < 5; l++) {
        float *to = d_h + (size_t)l * n * d;
        if (l < 2)
            assert_ok(fa_loss_hold(&loss[l], to, h, n, d, pairs, count,
                                   OPTIONS(.divergence = (fa_divergence)l)));
        else if (l == 2)
            assert_ok(fa_loss_multi_pairs(&loss[l], to, h, n, d, NULL, pairs, count,
                                          OPTIONS(.margin = 1)));
        else if (l == 3)
            assert_ok(fa_loss_information(&loss[l], to, h, n, d, NULL, 3));
        else
            assert_ok(fa_loss_infonce(&loss[l], to, h, n, d, NULL, pairs, count, 0.1));
    }
}

static void saturated_rows_give_finite_losses(void **state) {
    (void)state;
    static const float sizes[] = {80, 1e4f, 1e30f, 3e38f};
    for (size_t s = 0; s < 4; s++) {
        float x = sizes[s], d_h[5 * 15];
        const float h[] = {x, 0, 0, -x, x, 0, 0, -x, 0, x, x, x, 0, 0, 0};
        const int32_t pairs[] = {0, 1, 1, 2, 3, 4, 0, 4};
        double loss[5];
        run_all(loss, d_h, h, 5, 3, pairs, 4);
        for (int l = 0; l < 5; l++) assert_true(isfinite(loss[l]) && (l == 3 || loss[l] >= 0));
        for (size_t i = 0; i < 5 * 15; i++) assert_true(isfinite(d_h[i]));
        assert_true(loss[0] > 10 && loss[1] > 0.1 && loss[1] <= log(2));
    }
}

static void one_row_equal_rows_and_no_pairs_have_no_gradient(void **state) {
    (void)state;
    float d_h[5 * 12], equal[12], zero[12] = {0};
    const int32_t itself[] = {0, 0}, pairs[] = {0, 1, 2, 3};
    double loss[5], whole;
    for (size_t i = 0; i < 12; i++) equal[i] = (float)(i % 3);
    run_all(loss, d_h, equal, 1, 3, itself, 1);
    assert_true(loss[0] == 0 && loss[1] == 0 && loss[2] == 2 && loss[4] == 0);
    for (size_t i = 0; i < 15; i++) assert_true(d_h[i] == 0 || i / 3 == 3);
    run_all(loss, d_h, equal, 4, 3, pairs, 2);
    assert_true(loss[0] == 0 && loss[1] == 0);
    for (size_t i = 0; i < 36; i++) assert_true(d_h[i] == 0);
    assert_near(loss[4], log(3), 1e-12);
    run_all(loss, d_h, zero, 4, 3, pairs, 2);
    assert_near(loss[4], log(3), 1e-12);
    for (size_t i = 48; i < 60; i++) assert_true(d_h[i] == 0);
    float *h = new_matrix("plain", 4, 4, 3), all[12];
    run_all(loss, d_h, h, 4, 3, NULL, 0);
    assert_true(loss[0] == 0 && loss[1] == 0 && loss[4] == 0);
    assert_ok(fa_loss_multi(&whole, all, h, 4, 3, NULL, OPTIONS(.margin = 1)));
    assert_true(whole == loss[2]);
    assert_memory_equal(d_h + 24, all, sizeof all);
    for (size_t i = 0; i < 60; i++) assert_true(d_h[i] == 0 || (i >= 24 && i < 48));
    run_all(loss, d_h, h, 4, 1, pairs, 2); /* one unit */
    assert_true(loss[0] == 0 && loss[1] == 0 && loss[3] == 0);
    free(h);
}

/* Rows that differ in the last digits keep those in gradient and loss: 1/8 chi^2 and JS = KL / 4.
 */
static void hold_of_nearly_equal_rows_keeps_its_digits(void **state) {
    (void)state;
    for (float spread = 1e-3f; spread > 1e-7f; spread /= 10) {
        const float h[] = {0, 0, spread, 0};
        const int32_t pair[] = {0, 1};
        double kl, js, x = (double)spread;
        float d_kl[4], d_js[4];
        assert_ok(fa_loss_hold(&kl, d_kl, h, 2, 2, pair, 1, OPTIONS(.margin = 0)));
        assert_ok(
            fa_loss_hold(&js, d_js, h, 2, 2, pair, 1, OPTIONS(.divergence = FA_DIVERGENCE_JS)));
        assert_near(kl / (x * x / 8), 1, 1e-6);
        assert_near(js / (x * x / 32), 1, 1e-6);
        assert_near((double)d_kl[2] / (x / 4), 1, 1e-6);
        assert_near((double)d_js[2] / (x / 16), 1, 1e-6);
    }
}

/* ==== Errors ================================================================================ */

static void wrong_arguments_are_refused_and_leave_outputs(void **state) {
    (void)state;
    const float h[] = {1, 2, 3, 4}, bad[] = {1, NAN, 3, 4}, prior[] = {0.5f, 0.4f},
                negative[] = {1.5f, -0.5f};
    const int32_t pairs[] = {0, 1, 1, 2}, below[] = {-1, 0};
    float d_h[4] = {9, 9, 9, 9};
    double loss = 7;
    const fa_loss_options good = {.size = sizeof good, .margin = 1},
                          js2 = {.size = sizeof js2, .divergence = (fa_divergence)2},
                          unsized = {.margin = 1};
    fa_information_options o = {.size = sizeof o, .mu = 1};
    assert_fails(fa_loss_hold(&loss, d_h, h, 2, 2, pairs, 2, &good), FA_E_ARGUMENT,
                 "pair 1 is (1, 2); rows are 0 to 1");
    assert_fails(fa_loss_multi_pairs(&loss, d_h, h, 2, 2, NULL, below, 1, &good), FA_E_ARGUMENT,
                 "pair 0 is (-1, 0)");
    assert_fails(fa_loss_infonce(&loss, d_h, h, 2, 2, NULL, pairs, 2, 1), FA_E_ARGUMENT, "pair 1");
    assert_fails(fa_loss_hold(&loss, d_h, h, 2, 2, NULL, 2, &good), FA_E_ARGUMENT, "pairs is NULL");
    assert_fails(fa_loss_hold(NULL, d_h, h, 2, 2, pairs, 1, &good), FA_E_ARGUMENT, "loss is NULL");
    assert_fails(fa_loss_hold(&loss, d_h, h, 2, 2, pairs, 1, NULL), FA_E_ARGUMENT, "options");
    assert_fails(fa_loss_hold(&loss, d_h, h, 2, 2, pairs, 1, &js2), FA_E_ARGUMENT, "divergence");
    assert_fails(fa_loss_hold(&loss, d_h, h, 2, 2, pairs, 1, &unsized), FA_E_ARGUMENT, "size");
    assert_fails(fa_loss_multi_pairs(&loss, d_h, h, 2, 2, NULL, pairs, 1, &unsized), FA_E_ARGUMENT,
                 "size");
    assert_fails(fa_loss_hold(&loss, d_h, bad, 2, 2, pairs, 1, &good), FA_E_NONFINITE, "column 1");
    assert_fails(fa_loss_hold(&loss, d_h, h, 0, 2, pairs, 1, &good), FA_E_SHAPE, "[0, 2]");
    assert_fails(fa_loss_multi_pairs(&loss, d_h, bad, 2, 2, NULL, pairs, 1, &good), FA_E_NONFINITE,
                 "row 0");
    assert_fails(fa_loss_infonce(&loss, d_h, bad, 2, 2, NULL, pairs, 1, 1), FA_E_NONFINITE,
                 "row 0");
    static const double temperatures[] = {0, -1, (double)NAN, (double)INFINITY};
    for (size_t t = 0; t < 4; t++)
        assert_fails(fa_loss_infonce(&loss, d_h, h, 2, 2, NULL, pairs, 1, temperatures[t]),
                     FA_E_ARGUMENT, "0.1 works");
    static const double wrong_mu[] = {-1, (double)NAN, (double)INFINITY};
    for (size_t t = 0; t < 3; t++)
        assert_fails(fa_loss_information(&loss, d_h, h, 2, 2, NULL, wrong_mu[t]), FA_E_ARGUMENT,
                     "mu must be");
    assert_fails(fa_loss_information(&loss, d_h, bad, 2, 2, NULL, 1), FA_E_NONFINITE, "row 0");
    assert_fails(fa_loss_information(NULL, d_h, h, 2, 2, NULL, 1), FA_E_ARGUMENT, "loss is NULL");
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, NULL), FA_E_ARGUMENT,
                 "options is NULL");
    o.size = 0;
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, &o), FA_E_ARGUMENT, "size");
    o.size = sizeof o;
    o.prior = prior;
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, &o), FA_E_ARGUMENT, "0.9");
    o.prior = negative;
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, &o), FA_E_ARGUMENT, "unit 1");
    o.entropy_cap = 1;
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, &o), FA_E_ARGUMENT,
                 "one of them");
    o.entropy_cap = (double)NAN;
    assert_fails(fa_loss_information_with(&loss, d_h, h, 2, 2, NULL, &o), FA_E_ARGUMENT, "cap");
    assert_true(loss == 7 && d_h[0] == 9 && d_h[3] == 9);
}

static void losses_without_memory_fail_and_leave_outputs(void **state) {
    (void)state;
    static const held_case cases[] = {{"hold", "plain", "kl", 1, 12, 5, 0, 0, 0},
                                      {"multi", "plain", "kl", 3, 12, 5, 2, 1, 0},
                                      {"information", "plain", "kl", 5, 12, 5, 2, 3, 0},
                                      {"infonce", "plain", "kl", 7, 12, 5, 0, 0.5, 0}};
    for (size_t t = 0; t < 4; t++) {
        const held_case *c = &cases[t];
        float *h = new_matrix(c->kind, c->seed, c->n, c->d), d_h[60];
        size_t live = fa__memory_live();
        long after = 0;
        for (size_t i = 0; i < 60; i++) d_h[i] = 123;
        for (;; after++) {
            double loss = 456;
            fa__memory_fail_after(after);
            fa_status status = run_case(&loss, d_h, h, c);
            fa__memory_fail_after(-1);
            assert_int_equal(fa__memory_live(), live);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_true(loss == 456);
            for (size_t i = 0; i < 60; i++) assert_true(d_h[i] == 123);
        }
        assert_true(after >= 3);
        free(h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_agree_with_float64_by_the_complex_step),
        cmocka_unit_test(hold_of_two_rows_is_as_by_hand),
        cmocka_unit_test(information_of_one_hot_rows_is_the_entropy_of_their_mean),
        cmocka_unit_test(information_with_a_cap_does_not_pull_to_equal_units),
        cmocka_unit_test(multi_without_every_pair_is_its_constant),
        cmocka_unit_test(infonce_of_right_angles_is_as_by_hand),
        cmocka_unit_test(gradients_are_the_finite_differences),
        cmocka_unit_test(multi_pairs_of_a_batch_is_multi_minus_its_pairs),
        cmocka_unit_test(losses_on_any_number_of_threads_give_the_same_bytes),
        cmocka_unit_test(saturated_rows_give_finite_losses),
        cmocka_unit_test(one_row_equal_rows_and_no_pairs_have_no_gradient),
        cmocka_unit_test(hold_of_nearly_equal_rows_keeps_its_digits),
        cmocka_unit_test(wrong_arguments_are_refused_and_leave_outputs),
        cmocka_unit_test(losses_without_memory_fail_and_leave_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
