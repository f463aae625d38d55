/* The losses by hand, their identities, extreme and degenerate input, and every error. */
#include "test_loss_cases.h"

#include <float.h>

static const fa_loss_options kl = {sizeof(fa_loss_options), 5, FA_DIVERGENCE_KL,
                                   FA_PAIR_NORM_LABEL};
static const fa_loss_options js = {sizeof(fa_loss_options), 5, FA_DIVERGENCE_JS,
                                   FA_PAIR_NORM_LABEL};

/* Two rows with p_0 = (1/2, 1/2) and p_1 = (1/4, 3/4): logits 0 and log(1/3), to float.
 *   D(0,1) = 1/2 log 2 + 1/2 log(2/3) = 1/2 log(4/3)
 *   D(1,0) = 1/4 log(1/2) + 3/4 log(3/2) */
#define LOG_THIRD (-1.0986123f)
static const float two_rows[4] = {0, 0, LOG_THIRD, 0};
static const double d_01 = 0.14384103622589045, d_10 = 0.13081203594113697;

/* ==== By hand =============================================================================== */

static void single_two_rows_by_hand(void **state) {
    (void)state;
    float d_w[4];
    double loss;
    assert_ok(fa_loss_single(&loss, d_w, two_rows, 2, 2, &kl));
    assert_near(loss, 10 - d_01 - d_10, 1e-7);
    /* f(0,1) gives row 0: -p_00 (log(1/2 / 1/4) - D(0,1)) = -(log 2 - D(0,1)) / 2;
     * f(1,0) gives row 0: p_10 - p_00 = -1/4. Each row sums to 0. */
    double first = -(log(2) - d_01) / 2 - 0.25;
    assert_near(d_w[0], first, 1e-7);
    assert_near(d_w[1], -first, 1e-7);
    /* Row 1: -p_10 (log(1/4 / 1/2) - D(1,0)) - (p_10 - p_00) = (log 2 + D(1,0)) / 4 + 1/4. */
    double second = (log(2) + d_10) / 4 + 0.25;
    assert_near(d_w[2], second, 1e-7);
    assert_near(d_w[3], -second, 1e-7);
}

static void single_between_both_divergences_keeps_one_hinge(void **state) {
    (void)state;
    /* D(1,0) = .1308 < m = .14 < D(0,1) = .1438: only f(1,0) = m - D(1,0) is on. */
    fa_loss_options options = {sizeof(fa_loss_options), 0.14f, FA_DIVERGENCE_KL,
                               FA_PAIR_NORM_LABEL};
    float d_w[4];
    double loss;
    assert_ok(fa_loss_single(&loss, d_w, two_rows, 2, 2, &options));
    assert_near(loss, 0.14 - d_10, 1e-7);
    assert_near(d_w[0], -0.25, 1e-7);
    assert_near(d_w[2], (log(2) + d_10) / 4, 1e-7);
    options.margin = 0.1f; /* both off */
    assert_ok(fa_loss_single(&loss, d_w, two_rows, 2, 2, &options));
    assert_true(loss == 0);
    for (int i = 0; i < 4; i++) assert_true(d_w[i] == 0);
}

static void multi_two_rows_by_hand(void **state) {
    (void)state;
    /* One label: 1/4 sum over (0,0) (0,1) (1,0) (1,1) of f(i,j) + f(j,i)
     *   = 1/4 (2m + 2 (f01 + f10) + 2m). Two labels: 2m each. */
    static const int32_t alike[2] = {7, 7}, apart[2] = {7, -7};
    double f_both = 10 - d_01 - d_10, loss;
    float d_h[4], d_w[4];
    assert_ok(fa_loss_multi(&loss, d_h, two_rows, 2, 2, alike, &kl));
    assert_near(loss, (4 * 5 + 2 * f_both) / 4, 1e-7);
    assert_ok(fa_loss_single(&loss, d_w, two_rows, 2, 2, &kl));
    for (int i = 0; i < 4; i++) assert_near(d_h[i], (double)d_w[i] / 2, 1e-7);
    assert_ok(fa_loss_multi(&loss, d_h, two_rows, 2, 2, apart, &kl));
    assert_near(loss, 4 * 5, 0);
    for (int i = 0; i < 4; i++) assert_true(d_h[i] == 0);
    fa_loss_options global = {sizeof(fa_loss_options), 5, FA_DIVERGENCE_KL, FA_PAIR_NORM_GLOBAL};
    assert_ok(fa_loss_multi(&loss, NULL, two_rows, 2, 2, apart, &global));
    assert_near(loss, 2 * 5, 0); /* 2m 2 / (1 + 1) */
}

static void single_jensen_shannon_by_hand(void **state) {
    (void)state;
    /* Mixture (3/8, 5/8): K_0 = 1/2 log(4/3) + 1/2 log(4/5), K_1 = 1/4 log(2/3) + 3/4 log(6/5). */
    double k_0 = (log(4. / 3) + log(4. / 5)) / 2, k_1 = log(2. / 3) / 4 + 3 * log(6. / 5) / 4, loss;
    float d_w[4];
    assert_ok(fa_loss_single(&loss, d_w, two_rows, 2, 2, &js));
    assert_near(loss, 10 - (k_0 + k_1), 1e-7);
    assert_near(d_w[0], -(log(4. / 3) - k_0) / 2, 1e-7);
    assert_near(d_w[2], -(log(2. / 3) - k_1) / 4, 1e-7);
    assert_near(d_w[3], (log(2. / 3) - k_1) / 4, 1e-7);
}

static void decov_and_xcov_by_hand(void **state) {
    (void)state;
    /* Columns (1, 3) and (2, 6): centred (-1, 1) and (-2, 2), covariance (2 + 2) / 2 = 2.
     * DeCov = 1/2 (2^2 + 2^2) = 4; gradient 2/N c x = 2 (-2, 2) for column 0, 2 (-1, 1) for 1. */
    static const float h[4] = {1, 2, 3, 6};
    static const float decov_gradient[4] = {-4, -2, 4, 2};
    float d_h[4], d_y[2];
    double loss;
    assert_ok(fa_loss_decov(&loss, d_h, h, 2, 2));
    assert_true(loss == 4);
    assert_memory_equal(d_h, decov_gradient, sizeof d_h);
    /* yhat (0, 1): centred (-1/2, 1/2), covariances 1/2 and 1. XCov = 1/2 (1/4 + 1) = 5/8;
     * d_h = 1/N c y = (1/2, 1) (-+1/2) / 2; d_yhat = 1/2 (1/2 (-+1) + 1 (-+2)) = -+5/4. */
    static const float yhat[2] = {0, 1}, xcov_gradient[4] = {-0.125f, -0.25f, 0.125f, 0.25f};
    assert_ok(fa_loss_xcov(&loss, d_h, d_y, h, 2, 2, yhat, 1));
    assert_true(loss == 0.625);
    assert_memory_equal(d_h, xcov_gradient, sizeof d_h);
    assert_true(d_y[0] == -1.25f && d_y[1] == 1.25f);
}

static void costs_by_hand(void **state) {
    (void)state;
    static const float zeros[6] = {0}, x[4] = {1, 2, 3, 4}, xhat[4] = {1, 0, 3, 5};
    static const int32_t labels[2] = {1, 0};
    float d[6];
    double loss;
    assert_ok(fa_loss_cross_entropy(&loss, d, zeros, 2, 1, labels));
    assert_near(loss, log(2), 1e-15);
    assert_true(d[0] == -0.25f && d[1] == 0.25f); /* (1/2 - y) / N */
    assert_ok(fa_loss_cross_entropy(&loss, d, zeros, 2, 3, labels));
    assert_near(loss, log(3), 1e-15);
    assert_near(d[1], -1 / 3., 1e-7); /* (1/3 - 1) / 2 */
    assert_near(d[0], 1 / 6., 1e-7);
    /* Units of a label: 2. Row 0 in cluster 3, of unit 2 and 3; row 1 has none: n is 1. */
    static const float z[8] = {9, 9, 0, 0, 1, 2, 3, 4};
    float d_z[8];
    assert_ok(fa_loss_clusters(&loss, d_z, z, 2, 4, 2, (int32_t[]){3, -1}));
    assert_near(loss, log(2), 1e-15);
    static const float slope[8] = {0, 0, 0.5f, -0.5f, 0, 0, 0, 0};
    assert_memory_equal(d_z, slope, sizeof slope);
    /* ((2 - 0)^2 + (4 - 5)^2) / 2 = 5/2; gradient 2 (xhat - x) / 2. */
    assert_ok(fa_loss_reconstruction(&loss, d, x, xhat, 2, 2));
    assert_true(loss == 2.5 && d[0] == 0 && d[1] == -2 && d[2] == 0 && d[3] == 1);
}

/* ==== Identities ============================================================================ */

enum { N = 37, D = 11 };
static const fa_loss_options options_of[] = {
    {sizeof(fa_loss_options), 1.5f, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL},
    {sizeof(fa_loss_options), 0.25f, FA_DIVERGENCE_JS, FA_PAIR_NORM_LABEL}};

/* The gradient is not all zero, and each row of it sums to 0: softmax ignores a constant. */
static void assert_rows_sum_to_zero(const float *g) {
    double top = 0;
    for (size_t i = 0; i < (size_t)N * D; i++) top = fmax(top, fabs((double)g[i]));
    assert_true(top > 0);
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t k = 0; k < D; k++) sum += (double)g[i * D + k];
        assert_below(fabs(sum), 1e-6 * top);
    }
}

static void multi_permuted_rows_permute_the_gradient(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        float *h = new_matrix("plain", 1, N, D), moved[N * D], g[N * D], g_moved[N * D];
        int32_t y[N], y_moved[N];
        double loss, loss_moved;
        for (size_t i = 0; i < N; i++) {
            size_t to = (i * 5 + 3) % N;
            y[i] = (int32_t)(noise(2, i) % 3);
            y_moved[to] = y[i];
            memcpy(moved + to * D, h + i * D, D * sizeof *h);
        }
        assert_ok(fa_loss_multi(&loss, g, h, N, D, y, &options_of[o]));
        assert_ok(fa_loss_multi(&loss_moved, g_moved, moved, N, D, y_moved, &options_of[o]));
        assert_near(loss_moved, loss, 1e-14);
        assert_rows_sum_to_zero(g);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < D; k++)
                assert_near(g_moved[(i * 5 + 3) % N * D + k], g[i * D + k], 1e-8);
        free(h);
    }
}

static void multi_constant_added_to_a_row_changes_nothing(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        float *h = new_matrix("plain", 3, N, D), shifted[N * D], g[N * D], g_shifted[N * D];
        double loss, loss_shifted;
        for (size_t i = 0; i < (size_t)N * D; i++) {
            h[i] = floorf(h[i] * 1024) / 1024; /* so that the sums below are exact */
            shifted[i] = h[i] + (float)(i / D) * 32 - 500;
        }
        assert_ok(fa_loss_multi(&loss, g, h, N, D, NULL, &options_of[o]));
        assert_ok(fa_loss_multi(&loss_shifted, g_shifted, shifted, N, D, NULL, &options_of[o]));
        assert_true(loss == loss_shifted);
        assert_memory_equal(g, g_shifted, sizeof g);
        assert_rows_sum_to_zero(g);
        free(h);
    }
}

static void multi_readings_agree_where_they_must(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        fa_loss_options by_label = options_of[o], global = options_of[o];
        global.norm = FA_PAIR_NORM_GLOBAL;
        float *h = new_matrix("plain", 4, N, D), g[N * D], g_other[N * D];
        int32_t one[N], three[N];
        double loss, other, single;
        for (size_t i = 0; i < N; i++) one[i] = 6, three[i] = (int32_t)(i % 3) - 1;
        /* One label: Eq. 8 is Eq. 10, in both norms, and (2 L_single + 2 m N) / N^2. */
        assert_ok(fa_loss_multi(&loss, g, h, N, D, one, &by_label));
        assert_ok(fa_loss_multi(&other, g_other, h, N, D, NULL, &global));
        assert_true(loss == other);
        assert_memory_equal(g, g_other, sizeof g);
        assert_ok(fa_loss_single(&single, g_other, h, N, D, &by_label));
        assert_near(loss, (2 * single + 2 * (double)by_label.margin * N) / (N * N), 1e-14);
        for (size_t i = 0; i < (size_t)N * D; i++)
            assert_near(g[i], 2 * (double)g_other[i] / (N * N), 1e-8);
        assert_rows_sum_to_zero(g_other);
        /* Three labels of 12 (the first 36 rows): 1/12^2 is 3 times 1/(3 12^2). */
        assert_ok(fa_loss_multi(&loss, g, h, N - 1, D, three, &by_label));
        assert_ok(fa_loss_multi(&other, g_other, h, N - 1, D, three, &global));
        assert_near(loss, 3 * other, 1e-14);
        for (size_t i = 0; i < (size_t)(N - 1) * D; i++)
            assert_near(g[i], 3 * (double)g_other[i], 1e-8);
        free(h);
    }
}

static void multi_equal_rows_give_no_gradient(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        float *h = new_matrix("wide", 5, 1, D), rows[3 * D], g[3 * D];
        double loss;
        for (size_t i = 0; i < 3; i++) memcpy(rows + i * D, h, D * sizeof *h);
        assert_ok(fa_loss_multi(&loss, g, rows, 3, D, NULL, &options_of[o]));
        assert_near(loss, 2 * (double)options_of[o].margin, 1e-15); /* every f is m */
        for (size_t i = 0; i < sizeof g / sizeof *g; i++) assert_true(g[i] == 0);
        free(h);
    }
}

/* At D(i,j) == m the subgradient is 0. Here D is 100 to the last bit, as softmax(100, 0) is 1 in
 * its first entry and its second, e^-100, is lost beside it. */
static void single_at_the_kink_gives_no_gradient(void **state) {
    (void)state;
    static const float w[4] = {100, 0, 0, 100};
    fa_loss_options options = {sizeof(fa_loss_options), 100, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
    float g[4];
    double loss;
    assert_ok(fa_loss_single(&loss, g, w, 2, 2, &options));
    assert_true(loss == 0 && g[0] == 0 && g[1] == 0 && g[2] == 0 && g[3] == 0);
    options.margin = 100.5f;
    assert_ok(fa_loss_single(&loss, g, w, 2, 2, &options));
    assert_near(loss, 1, 1e-12);
    assert_near(g[0], -1, 1e-6);
}

static void gradient_pointers_may_be_null(void **state) {
    (void)state;
    float *h = new_matrix("plain", 6, N, D), g[N * D], g_y[N * D];
    int32_t y[N];
    for (size_t i = 0; i < N; i++) y[i] = (int32_t)(i % 3);
    double with, without;
    for (int o = 0; o < 2; o++) {
        assert_ok(fa_loss_multi(&with, g, h, N, D, y, &options_of[o]));
        assert_ok(fa_loss_multi(&without, NULL, h, N, D, y, &options_of[o]));
        assert_true(with == without);
        assert_ok(fa_loss_single(&with, g, h, N, D, &options_of[o]));
        assert_ok(fa_loss_single(&without, NULL, h, N, D, &options_of[o]));
        assert_true(with == without);
    }
    assert_ok(fa_loss_decov(&with, g, h, N, D));
    assert_ok(fa_loss_decov(&without, NULL, h, N, D));
    assert_true(with == without);
    assert_ok(fa_loss_xcov(&with, g, g_y, h, N, D, h, D));
    assert_ok(fa_loss_xcov(&without, NULL, NULL, h, N, D, h, D));
    assert_true(with == without);
    assert_memory_equal(g, g_y, sizeof g); /* both arguments are h */
    assert_ok(fa_loss_cross_entropy(&with, g, h, N, D, y));
    assert_ok(fa_loss_cross_entropy(&without, NULL, h, N, D, y));
    assert_true(with == without);
    assert_ok(fa_loss_reconstruction(&without, NULL, h, h, N, D));
    assert_true(without == 0);
    free(h);
}

/* ==== Degenerate and extreme input ========================================================== */

static void losses_of_degenerate_shapes(void **state) {
    (void)state;
    static const float x[4] = {1, -2, 3, 0.5f}, constant[4] = {0.7f, 0.7f, 0.7f, 0.7f};
    float g[4], g_y[4];
    double loss;
    assert_ok(fa_loss_single(&loss, g, x, 1, 4, &kl)); /* no pairs */
    assert_true(loss == 0 && g[0] == 0 && g[3] == 0);
    assert_ok(fa_loss_single(&loss, g, x, 4, 1, &kl)); /* softmax of one value is 1: 12 f = m */
    assert_true(loss == 12 * 5 && g[0] == 0 && g[3] == 0);
    assert_ok(fa_loss_multi(&loss, g, x, 1, 4, NULL, &js)); /* itself alone */
    assert_true(loss == 2 * 5 && g[0] == 0 && g[3] == 0);
    assert_ok(fa_loss_decov(&loss, g, x, 1, 4)); /* no variance */
    assert_true(loss == 0 && g[0] == 0 && g[3] == 0);
    assert_ok(fa_loss_decov(&loss, g, x, 4, 1)); /* nothing off the diagonal */
    assert_true(loss == 0 && g[0] == 0 && g[3] == 0);
    assert_ok(fa_loss_xcov(&loss, g, g_y, x, 4, 1, constant, 1));
    assert_true(loss == 0 && g[0] == 0 && g[3] == 0 && g_y[0] == 0 && g_y[3] == 0);
}

static void assert_finite(double loss, const float *g, size_t count) {
    assert_true(isfinite(loss));
    for (size_t i = 0; i < count; i++) assert_true(isfinite(g[i]));
}

static void losses_of_huge_input_are_finite(void **state) {
    (void)state;
    static const float sizes[] = {80, 1e4f, 1e30f, 3e38f, FLT_MAX}, margins[] = {1e-30f, 1, 3e38f};
    enum { ROWS = 12, COLUMNS = 5 };
    float x[ROWS * COLUMNS], y[ROWS * COLUMNS], g[ROWS * COLUMNS], g_y[ROWS * COLUMNS];
    int32_t labels[ROWS];
    double loss;
    for (size_t i = 0; i < ROWS; i++) labels[i] = (int32_t)(i % 2);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t i = 0; i < ROWS * COLUMNS; i++) {
            static const float factors[] = {1, -1, 0, 1e-30f, 0.5f, -1e-38f};
            x[i] = sizes[s] * factors[noise(7, i) % 6];
            y[i] = -sizes[s] * factors[noise(8, i) % 6];
        }
        for (size_t m = 0; m < 6; m++) {
            fa_loss_options options = {sizeof(fa_loss_options), margins[m / 2],
                                       (fa_divergence)(m % 2), FA_PAIR_NORM_LABEL};
            assert_ok(fa_loss_single(&loss, g, x, ROWS, COLUMNS, &options));
            assert_finite(loss, g, ROWS * COLUMNS);
            assert_true(loss > 0);
            assert_ok(fa_loss_multi(&loss, g, x, ROWS, COLUMNS, labels, &options));
            assert_finite(loss, g, ROWS * COLUMNS);
        }
        assert_ok(fa_loss_decov(&loss, g, x, ROWS, COLUMNS));
        assert_finite(loss, g, ROWS * COLUMNS);
        assert_ok(fa_loss_xcov(&loss, g, g_y, x, ROWS, COLUMNS, y, COLUMNS));
        assert_finite(loss, g, ROWS * COLUMNS);
        assert_finite(loss, g_y, ROWS * COLUMNS);
        assert_ok(fa_loss_cross_entropy(&loss, g, x, ROWS, COLUMNS, labels));
        assert_finite(loss, g, ROWS * COLUMNS);
        assert_ok(fa_loss_cross_entropy(&loss, g, x, ROWS, 1, labels));
        assert_finite(loss, g, ROWS);
        assert_ok(fa_loss_reconstruction(&loss, g, x, y, ROWS, COLUMNS));
        assert_finite(loss, g, ROWS * COLUMNS);
    }
}

static void cross_entropy_saturated_keeps_value_and_sign(void **state) {
    (void)state;
    static const float binary[4] = {1e30f, -1e30f, 1e30f, -1e30f};
    static const float rows[6] = {1e30f, 0, -1e30f, 40, 0, -1000};
    static const int32_t right[2] = {1, 0}, wrong[2] = {0, 1}, first[2] = {0, 0};
    float g[6];
    double loss;
    assert_ok(fa_loss_cross_entropy(&loss, g, binary, 2, 1, right));
    assert_true(loss == 0 && g[0] == 0 && g[1] == 0);
    assert_ok(fa_loss_cross_entropy(&loss, g, binary, 2, 1, wrong));
    assert_near(loss / 1e30, 1, 1e-7);
    assert_true(g[0] == 0.5f && g[1] == -0.5f);
    /* Row 1: -log p_0 = log(1 + exp(-40)), which 1 + exp(-40) alone would lose. */
    assert_ok(fa_loss_cross_entropy(&loss, g, rows, 2, 3, first));
    assert_near(loss * exp(40), 0.5, 1e-12);
    assert_near((double)g[3] * exp(40), -0.5, 1e-6);
}

/* ==== Errors ================================================================================ */

static void losses_of_bad_options_are_errors(void **state) {
    (void)state;
    static const float bad[] = {0, -1, NAN, INFINITY};
    static const char *const said[] = {"got 0", "got -1", "nan", "inf"};
    double loss = 9;
    float g[4] = {9, 9, 9, 9};
    for (int i = 0; i < 4; i++) {
        fa_loss_options options = {sizeof(fa_loss_options), bad[i], FA_DIVERGENCE_KL,
                                   FA_PAIR_NORM_LABEL};
        assert_fails(fa_loss_single(&loss, g, two_rows, 2, 2, &options), FA_E_ARGUMENT, said[i]);
        assert_fails(fa_loss_multi(&loss, g, two_rows, 2, 2, NULL, &options), FA_E_ARGUMENT,
                     "margin must be finite and > 0");
    }
    fa_loss_options options = {sizeof(fa_loss_options), 1, (fa_divergence)2, FA_PAIR_NORM_LABEL};
    assert_fails(fa_loss_single(&loss, g, two_rows, 2, 2, &options), FA_E_ARGUMENT,
                 "divergence must be FA_DIVERGENCE_KL (0) or FA_DIVERGENCE_JS (1), got 2");
    options = (fa_loss_options){sizeof(fa_loss_options), 1, FA_DIVERGENCE_JS, (fa_pair_norm)-1};
    assert_fails(fa_loss_multi(&loss, g, two_rows, 2, 2, NULL, &options), FA_E_ARGUMENT,
                 "norm must be FA_PAIR_NORM_LABEL (0) or FA_PAIR_NORM_GLOBAL (1), got -1");
    assert_fails(fa_loss_multi(&loss, g, two_rows, 2, 2, NULL, NULL), FA_E_ARGUMENT,
                 "options is NULL");
    assert_true(loss == 9 && g[0] == 9 && g[3] == 9);
}

/* Every loss on matrices [n, d] (and [n, d2] for the second), by number. */
enum { SINGLE, MULTI, DECOV, XCOV, ENTROPY, CLUSTERS, RECONSTRUCTION, LOSSES };
static fa_status run(int which, double *loss, float *g, const float *x, const float *y, size_t n,
                     size_t d, size_t d2) {
    static const int32_t labels[2] = {0, 1};
    switch (which) {
    case SINGLE:
        return fa_loss_single(loss, g, x, n, d, &kl);
    case MULTI:
        return fa_loss_multi(loss, g, x, n, d, labels, &kl);
    case DECOV:
        return fa_loss_decov(loss, g, x, n, d);
    case XCOV:
        return fa_loss_xcov(loss, g, NULL, x, n, d, y, d2);
    case ENTROPY:
        return fa_loss_cross_entropy(loss, g, x, n, d, labels);
    case CLUSTERS:
        return fa_loss_clusters(loss, g, x, n, d, d, labels);
    default:
        return fa_loss_reconstruction(loss, g, x, y, n, d);
    }
}

static const struct {
    const char *first, *second;
} names[LOSSES] = {{"w", NULL},      {"h", NULL}, {"h", NULL},  {"h", "yhat"},
                   {"logits", NULL}, {"z", NULL}, {"x", "xhat"}};

static void losses_of_bad_matrices_are_errors(void **state) {
    (void)state;
    double loss = 9;
    float g[4] = {9, 9, 9, 9}, good[4] = {1, 2, 3, 4}, nan[4] = {1, 2, NAN, 4};
    float infinite[4] = {1, -INFINITY, 3, 4};
    char text[64];
    for (int w = 0; w < LOSSES; w++) {
        snprintf(text, sizeof text, "%s is [0, 2]; it needs at least one row", names[w].first);
        assert_fails(run(w, &loss, g, good, good, 0, 2, 2), FA_E_SHAPE, text);
        snprintf(text, sizeof text, "%s is [2, 0]", names[w].first);
        assert_fails(run(w, &loss, g, good, good, 2, 0, 2), FA_E_SHAPE, text);
        assert_fails(run(w, &loss, g, good, good, SIZE_MAX / 2, 3, 3), FA_E_SHAPE,
                     "more than memory can hold");
        assert_fails(run(w, &loss, g, good, good, SIZE_MAX / 8, 2, 2), FA_E_SHAPE, "pass fewer");
        snprintf(text, sizeof text, "%s is NULL", names[w].first);
        assert_fails(run(w, &loss, g, NULL, good, 2, 2, 2), FA_E_ARGUMENT, text);
        assert_fails(run(w, NULL, g, good, good, 2, 2, 2), FA_E_ARGUMENT, "loss is NULL");
        snprintf(text, sizeof text, "%s, row 1, column 0 is nan; every", names[w].first);
        assert_fails(run(w, &loss, g, nan, good, 2, 2, 2), FA_E_NONFINITE, text);
        snprintf(text, sizeof text, "%s, row 0, column 1 is -inf", names[w].first);
        assert_fails(run(w, &loss, g, infinite, good, 2, 2, 2), FA_E_NONFINITE, text);
        if (names[w].second != NULL) {
            snprintf(text, sizeof text, "%s, row 1, column 0 is nan", names[w].second);
            assert_fails(run(w, &loss, g, good, nan, 2, 2, 2), FA_E_NONFINITE, text);
            snprintf(text, sizeof text, "%s is NULL", names[w].second);
            assert_fails(run(w, &loss, g, good, NULL, 2, 2, 2), FA_E_ARGUMENT, text);
        }
        assert_true(loss == 9 && g[0] == 9 && g[3] == 9);
    }
    assert_fails(run(XCOV, &loss, g, good, good, 2, 2, 0), FA_E_SHAPE, "yhat is [2, 0]");
}

/* Rows without a label: as if they were not there, and gradients of 0 for them. */
static void cross_entropy_leaves_out_rows_without_a_label(void **state) {
    (void)state;
    static const float all[8] = {1, -2, 5, 6, -3, .5f, 7, 7}, kept[4] = {1, -2, -3, .5f};
    static const int32_t labels[4] = {0, -1, 1, -1}, two[2] = {0, 1}, none[4] = {-1, -1, -1, -1};
    double loss, wanted;
    float g[8], wanted_g[4];
    assert_ok(fa_loss_cross_entropy(&loss, g, all, 4, 2, labels));
    assert_ok(fa_loss_cross_entropy(&wanted, wanted_g, kept, 2, 2, two));
    assert_true(loss == wanted && loss > 0);
    assert_memory_equal(g, wanted_g, 2 * sizeof *g);
    assert_memory_equal(g + 4, wanted_g + 2, 2 * sizeof *g);
    assert_true(g[2] == 0 && g[3] == 0 && g[6] == 0 && g[7] == 0);
    assert_ok(fa_loss_cross_entropy(&loss, g, all, 8, 1, (int32_t[]){1, -1, -1, 0, 1, -1, -1, 0}));
    assert_near(loss, (log1p(exp(-1)) + log1p(exp(6)) + log1p(exp(3)) + log1p(exp(7))) / 4, 1e-12);
    assert_true(g[1] == 0 && g[2] == 0 && g[0] < 0 && g[3] > 0);
    assert_ok(fa_loss_cross_entropy(&loss, g, all, 4, 2, none));
    assert_true(loss == 0 && g[0] == 0 && g[7] == 0);
}

/* All clusters at once: -log p(cluster) = -log p(label) - log p(cluster | label), and its gradient. */
static void clusters_within_labels_add_up_to_all_clusters(void **state) {
    (void)state;
    enum { ROWS = 5, UNITS = 3, LABELS = 4, ALL = LABELS * UNITS };
    static const int32_t clusters[ROWS] = {0, 7, 11, 4, 7};
    int32_t labels[ROWS];
    float *z = new_matrix("plain", 3, ROWS, ALL), s[ROWS * LABELS], d_s[ROWS * LABELS];
    float d_all[ROWS * ALL], d_within[ROWS * ALL];
    double all, of_labels, within;
    for (size_t i = 0; i < ROWS; i++) {
        labels[i] = clusters[i] / UNITS;
        for (size_t y = 0; y < LABELS; y++) {
            double sum = 0;
            for (size_t u = 0; u < UNITS; u++) sum += exp((double)z[i * ALL + y * UNITS + u]);
            s[i * LABELS + y] = (float)log(sum);
        }
    }
    assert_ok(fa_loss_cross_entropy(&all, d_all, z, ROWS, ALL, clusters));
    assert_ok(fa_loss_cross_entropy(&of_labels, d_s, s, ROWS, LABELS, labels));
    assert_ok(fa_loss_clusters(&within, d_within, z, ROWS, ALL, UNITS, clusters));
    assert_near(of_labels + within, all, 1e-6);
    for (size_t i = 0; i < ROWS * ALL; i++) { /* dL/dz_u = dL/ds_y exp(z_u - s_y), and the rest */
        size_t y = i / ALL * LABELS + i % ALL / UNITS;
        double through = (double)d_s[y] * exp((double)z[i] - (double)s[y]);
        assert_near(through + (double)d_within[i], d_all[i], 1e-6);
    }
    assert_ok(fa_loss_clusters(&within, d_within, z, ROWS, ALL, 1, clusters)); /* nothing to tell */
    assert_true(within == 0);
    for (size_t i = 0; i < ROWS * ALL; i++) assert_true(d_within[i] == 0);
    assert_ok(fa_loss_clusters(&within, NULL, z, 1, ALL, UNITS, (int32_t[]){-1}));
    assert_true(within == 0);
    free(z);
}

static void clusters_out_of_range_are_errors(void **state) {
    (void)state;
    static const float z[4] = {1, 2, 3, 4};
    double loss;
    assert_fails(fa_loss_clusters(&loss, NULL, z, 1, 4, 2, (int32_t[]){4}), FA_E_LABEL,
                 "clusters[0] is 4; it must be 0..3, or -1 for a row without one");
    assert_fails(fa_loss_clusters(&loss, NULL, z, 2, 2, 2, (int32_t[]){0, -2}), FA_E_LABEL,
                 "clusters[1] is -2");
    assert_fails(fa_loss_clusters(&loss, NULL, z, 1, 4, 3, (int32_t[]){0}), FA_E_ARGUMENT,
                 "units is 3: the 4 columns must be so many for each coarse label");
    assert_fails(fa_loss_clusters(&loss, NULL, z, 1, 4, 0, (int32_t[]){0}), FA_E_ARGUMENT,
                 "units is 0");
    assert_fails(fa_loss_clusters(&loss, NULL, z, 1, 4, 2, NULL), FA_E_ARGUMENT,
                 "clusters is NULL");
}

static void cross_entropy_of_bad_labels_is_an_error(void **state) {
    (void)state;
    static const float z[6] = {0};
    static const int32_t negative[2] = {0, -2}, two[2] = {0, 2}, three[2] = {3, 0};
    double loss = 9;
    float g[6] = {9};
    assert_fails(fa_loss_cross_entropy(&loss, g, z, 2, 1, negative), FA_E_LABEL,
                 "labels[1] is -2; with these logits it must be 0..1");
    assert_fails(fa_loss_cross_entropy(&loss, g, z, 2, 1, two), FA_E_LABEL, "labels[1] is 2");
    assert_fails(fa_loss_cross_entropy(&loss, g, z, 2, 3, three), FA_E_LABEL,
                 "labels[0] is 3; with these logits it must be 0..2");
    assert_fails(fa_loss_cross_entropy(&loss, g, z, 2, 3, NULL), FA_E_ARGUMENT, "labels is NULL");
    assert_ok(fa_loss_cross_entropy(&loss, NULL, z, 2, 3, two));
    assert_true(g[0] == 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_two_rows_by_hand),
        cmocka_unit_test(single_between_both_divergences_keeps_one_hinge),
        cmocka_unit_test(multi_two_rows_by_hand),
        cmocka_unit_test(single_jensen_shannon_by_hand),
        cmocka_unit_test(decov_and_xcov_by_hand),
        cmocka_unit_test(costs_by_hand),
        cmocka_unit_test(multi_permuted_rows_permute_the_gradient),
        cmocka_unit_test(multi_constant_added_to_a_row_changes_nothing),
        cmocka_unit_test(multi_readings_agree_where_they_must),
        cmocka_unit_test(multi_equal_rows_give_no_gradient),
        cmocka_unit_test(single_at_the_kink_gives_no_gradient),
        cmocka_unit_test(gradient_pointers_may_be_null),
        cmocka_unit_test(losses_of_degenerate_shapes),
        cmocka_unit_test(losses_of_huge_input_are_finite),
        cmocka_unit_test(cross_entropy_saturated_keeps_value_and_sign),
        cmocka_unit_test(losses_of_bad_options_are_errors),
        cmocka_unit_test(losses_of_bad_matrices_are_errors),
        cmocka_unit_test(cross_entropy_leaves_out_rows_without_a_label),
        cmocka_unit_test(cross_entropy_of_bad_labels_is_an_error),
        cmocka_unit_test(clusters_within_labels_add_up_to_all_clusters),
        cmocka_unit_test(clusters_out_of_range_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
