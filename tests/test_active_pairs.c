/* The share of pairs inside the margin: by hand, by L_multi itself, and where it has no pairs. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

/* Two rows with p = (1/4, 3/4) and (3/4, 1/4): KL = log 3 / 2 = 0.5493 both ways, JS = 0.1308. The
 * third has another label. */
static const float rows[] = {0, 1.0986123f, 1.0986123f, 0, 0, 0};
static const int32_t labels[] = {4, 4, 9};

static double share_of(const int32_t *by, float margin, fa_divergence divergence) {
    double share = -1;
    fa_loss_options options = {
        .size = sizeof(fa_loss_options), .margin = margin, .divergence = divergence};
    assert_ok(fa_loss_active_pairs(&share, rows, 3, 2, by, &options));
    return share;
}

static void active_pairs_by_hand_are_right(void **state) {
    (void)state;
    assert_near(share_of(labels, 0.55f, FA_DIVERGENCE_KL), 1, 0);
    assert_near(share_of(labels, 0.549f, FA_DIVERGENCE_KL), 0, 0);
    assert_near(share_of(labels, 0.131f, FA_DIVERGENCE_JS), 1, 0);
    assert_near(share_of(labels, 0.130f, FA_DIVERGENCE_JS), 0, 0);
    /* To (1/2, 1/2) it is 0.1308 from either, and 0.1438 back: four more pairs of six. */
    assert_near(share_of(NULL, 0.15f, FA_DIVERGENCE_KL), 4.0 / 6, 1e-15);
    assert_near(share_of(NULL, 0.135f, FA_DIVERGENCE_KL), 2.0 / 6, 1e-15);
}

static void active_pairs_of_lone_labels_is_zero(void **state) {
    (void)state;
    assert_near(share_of((const int32_t[]){1, 2, 3}, 5, FA_DIVERGENCE_KL), 0, 0);
}

/* L_multi pushes a row (a gradient that is not 0) exactly if one of its pairs counts here. */
static void active_pairs_are_those_that_l_multi_pushes(void **state) {
    (void)state;
    enum { N = 20, D = 6 };
    float h[N * D], d_h[N * D];
    uint64_t draw = 3;
    for (size_t i = 0; i < N * D; i++) {
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        h[i] = (float)(draw >> 40) / (float)(1 << 22);
    }
    for (size_t divergence = 0; divergence < 2; divergence++) {
        size_t pushed = 0;
        fa_loss_options options = {.size = sizeof(fa_loss_options),
                                   .margin = divergence == 0 ? 0.4f : 0.1f,
                                   .divergence = (fa_divergence)divergence};
        for (size_t a = 0; a < N; a++)
            for (size_t b = 0; b < a; b++) {
                float pair[2 * D];
                double loss, share;
                memcpy(pair, h + a * D, D * sizeof *h);
                memcpy(pair + D, h + b * D, D * sizeof *h);
                assert_ok(fa_loss_multi(&loss, d_h, pair, 2, D, NULL, &options));
                assert_ok(fa_loss_active_pairs(&share, pair, 2, D, NULL, &options));
                bool moves = false;
                for (size_t k = 0; k < 2 * D; k++) moves |= d_h[k] != 0;
                assert_int_equal(moves, share > 0);
                pushed += moves;
            }
        assert_in_range(pushed, 10, N * (N - 1) / 2 - 10); /* some, not all */
    }
}

static void active_pairs_do_not_depend_on_threads(void **state) {
    (void)state;
    enum { N = 300, D = 32 };
    static float h[N * D];
    double one, four;
    fa_loss_options options = {.size = sizeof(fa_loss_options), .margin = 0.3f};
    for (size_t i = 0; i < N * D; i++) h[i] = (float)(i * 7919 % 1000) / 300;
    fa_threads_set(1);
    assert_ok(fa_loss_active_pairs(&one, h, N, D, NULL, &options));
    fa_threads_set(4);
    assert_ok(fa_loss_active_pairs(&four, h, N, D, NULL, &options));
    fa_threads_set(0);
    assert_memory_equal(&one, &four, sizeof one);
}

static void active_pairs_bad_input_is_an_error(void **state) {
    (void)state;
    double share = 7;
    float bad[] = {0, NAN};
    fa_loss_options options = {.size = sizeof(fa_loss_options), .margin = 0.1f};
    assert_fails(fa_loss_active_pairs(NULL, rows, 3, 2, NULL, &options), FA_E_ARGUMENT, "share");
    assert_fails(fa_loss_active_pairs(&share, NULL, 3, 2, NULL, &options), FA_E_ARGUMENT, "h");
    assert_fails(fa_loss_active_pairs(&share, rows, 3, 2, NULL, NULL), FA_E_ARGUMENT, "options");
    assert_fails(fa_loss_active_pairs(&share, rows, 0, 2, NULL, &options), FA_E_SHAPE, "h");
    assert_fails(fa_loss_active_pairs(&share, bad, 1, 2, NULL, &options), FA_E_NONFINITE, "h");
    options.margin = NAN;
    assert_fails(fa_loss_active_pairs(&share, rows, 3, 2, NULL, &options), FA_E_ARGUMENT, "margin");
    options = (fa_loss_options){
        .size = sizeof(fa_loss_options), .margin = 1, .divergence = (fa_divergence)7};
    assert_fails(fa_loss_active_pairs(&share, rows, 3, 2, NULL, &options), FA_E_ARGUMENT,
                 "divergence 7");
    assert_near(share, 7, 0);
    options = (fa_loss_options){.size = sizeof(fa_loss_options), .margin = 1};
    assert_survives_nomem(fa_loss_active_pairs(&share, rows, 3, 2, NULL, &options), (void)0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_pairs_by_hand_are_right),
        cmocka_unit_test(active_pairs_of_lone_labels_is_zero),
        cmocka_unit_test(active_pairs_are_those_that_l_multi_pushes),
        cmocka_unit_test(active_pairs_do_not_depend_on_threads),
        cmocka_unit_test(active_pairs_bad_input_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
