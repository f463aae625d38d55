/* Every gradient against central differences of the equations, written once more here in double,
 * entry by entry and with sign. An entry is skipped where a hinge switches between the two points
 * (the kink), by comparing which hinges are on. */
#include "test_loss_cases.h"

enum { N = 9, D = 7, C = 3, PAIRS = N * N };

/* The loss as a function of one matrix [n, d] in double; the other input and the choices are fixed.
 * on[] receives which of the hinges f(i,j) are on. */
typedef struct setting {
    double (*value)(const double *z, const struct setting *s, unsigned char *on);
    size_t n, d;
    double margin;
    fa_divergence divergence;
    fa_pair_norm norm;
    const int32_t *labels;
    const double *other; /* yhat, h or x */
    size_t other_d;
} setting;

/* ==== The equations ========================================================================= */

static double divergence(const double *z_i, const double *z_j, const setting *s) {
    double p[D], q[D], sum_p = 0, sum_q = 0, kl = 0, js = 0;
    for (size_t k = 0; k < s->d; k++) sum_p += exp(z_i[k]), sum_q += exp(z_j[k]);
    for (size_t k = 0; k < s->d; k++) {
        p[k] = exp(z_i[k]) / sum_p;
        q[k] = exp(z_j[k]) / sum_q;
        double mixture = (p[k] + q[k]) / 2;
        kl += p[k] * log(p[k] / q[k]);
        js += (p[k] * log(p[k] / mixture) + q[k] * log(q[k] / mixture)) / 2;
    }
    return s->divergence == FA_DIVERGENCE_KL ? kl : js;
}

static double hinge(const double *z, const setting *s, unsigned char *on, size_t i, size_t j) {
    double f = s->margin - divergence(z + i * s->d, z + j * s->d, s);
    on[i * s->n + j] = f > 0;
    return f > 0 ? f : 0;
}

static double value_single(const double *z, const setting *s, unsigned char *on) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = i + 1; j < s->n; j++) sum += hinge(z, s, on, i, j) + hinge(z, s, on, j, i);
    return sum;
}

static double value_multi(const double *z, const setting *s, unsigned char *on) {
    double sum = 0, same_pairs = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        size_t a = i / N, b = i % N;
        same_pairs += s->labels == NULL || s->labels[a] == s->labels[b];
    }
    for (size_t i = 0; i < s->n; i++) {
        double row = 0, count = 0; /* count: N_y of this row's label */
        for (size_t j = 0; j < s->n; j++) {
            if (s->labels != NULL && s->labels[i] != s->labels[j]) continue;
            row += hinge(z, s, on, i, j) + hinge(z, s, on, j, i);
            count += 1;
        }
        sum += row / (s->norm == FA_PAIR_NORM_LABEL ? count * count : same_pairs);
    }
    return sum;
}

/* 1/N sum_i (x_ia - mean)(y_ib - mean) */
static double covariance(const double *x, size_t p, size_t a, const double *y, size_t q, size_t b,
                         size_t n) {
    double mean_x = 0, mean_y = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean_x += x[i * p + a] / (double)n, mean_y += y[i * q + b] / (double)n;
    for (size_t i = 0; i < n; i++) sum += (x[i * p + a] - mean_x) * (y[i * q + b] - mean_y);
    return sum / (double)n;
}

static double value_decov(const double *z, const setting *s, unsigned char *on) {
    double sum = 0;
    (void)on;
    for (size_t a = 0; a < s->d; a++)
        for (size_t b = 0; b < s->d; b++)
            if (a != b) sum += pow(covariance(z, s->d, a, z, s->d, b, s->n), 2);
    return sum / 2;
}

static double value_xcov(const double *z, const setting *s, unsigned char *on) {
    double sum = 0;
    (void)on;
    for (size_t a = 0; a < s->d; a++)
        for (size_t b = 0; b < s->other_d; b++)
            sum += pow(covariance(z, s->d, a, s->other, s->other_d, b, s->n), 2);
    return sum / 2;
}

static double value_entropy(const double *z, const setting *s, unsigned char *on) {
    double sum = 0;
    (void)on;
    for (size_t i = 0; i < s->n; i++) {
        double all = s->d == 1, of_label = 1; /* one logit: the other class has logit 0 */
        for (size_t k = 0; k < s->d; k++) all += exp(z[i * s->d + k]);
        if (s->d > 1 || s->labels[i] == 1)
            of_label = exp(z[i * s->d + (s->d > 1 ? (size_t)s->labels[i] : 0)]);
        sum -= log(of_label / all);
    }
    return sum / (double)s->n;
}

static double value_reconstruction(const double *z, const setting *s, unsigned char *on) {
    double sum = 0;
    (void)on;
    for (size_t i = 0; i < s->n * s->d; i++) sum += (z[i] - s->other[i]) * (z[i] - s->other[i]);
    return sum / (double)s->n;
}

/* ==== Central differences =================================================================== */

/* Checks a gradient and the loss at z. Returns how many entries were compared. */
static size_t check(double loss, const float *got, const float *at, const setting *s) {
    static const double step = 1e-5;
    double z[N * D], want[N * D], compared[N * D];
    size_t kept = 0;
    for (size_t i = 0; i < s->n * s->d; i++) z[i] = (double)at[i];
    unsigned char on[PAIRS] = {0}, on_low[PAIRS] = {0}, on_high[PAIRS] = {0};
    assert_near(loss, s->value(z, s, on), 1e-12);
    for (size_t i = 0; i < s->n * s->d; i++) {
        double here = z[i];
        z[i] = here + step;
        double high = s->value(z, s, on_high);
        z[i] = here - step;
        double low = s->value(z, s, on_low);
        z[i] = here;
        if (memcmp(on_high, on_low, sizeof on_low) != 0) continue;
        want[kept] = (high - low) / (2 * step);
        compared[kept++] = (double)got[i];
    }
    assert_below(relative_error(compared, want, kept), 1e-6);
    assert_below(relative_max_error(compared, want, kept), 1e-6);
    assert_true(kept * 10 >= s->n * s->d * 9);
    return kept;
}

/* Hinges on and off must both occur, else the hinge was not tested. */
static void assert_mixed(const setting *s, const float *at) {
    double z[N * D], f = 0;
    unsigned char on[PAIRS] = {0};
    for (size_t i = 0; i < s->n * s->d; i++) z[i] = (double)at[i];
    size_t ons = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->n; j++)
            if (i != j) f += hinge(z, s, on, i, j);
    for (size_t i = 0; i < PAIRS; i++) ons += on[i];
    assert_true(f > 0 && ons >= PAIRS / 10 && ons <= PAIRS * 9 / 10);
}

/* ==== Tests ================================================================================= */

static const int32_t labels[N] = {4, -1, 4, 4, 9, -1, 4, -1, 4}; /* counts 5, 3 and 1 */
static const struct {
    fa_divergence divergence;
    float margin;
} choices[] = {{FA_DIVERGENCE_KL, 1.25f}, {FA_DIVERGENCE_KL, 0.75f}, {FA_DIVERGENCE_JS, 0.25f}};
enum { CHOICES = sizeof choices / sizeof choices[0] };

static void single_gradient_is_the_slope(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 3 * CHOICES; seed++) {
        float *w = new_matrix("plain", seed, N, D), d_w[N * D];
        fa_loss_options options = {sizeof(fa_loss_options), choices[seed % CHOICES].margin,
                                   choices[seed % CHOICES].divergence, FA_PAIR_NORM_LABEL};
        setting s = {.value = value_single,
                     .n = N,
                     .d = D,
                     .margin = (double)options.margin,
                     .divergence = options.divergence};
        double loss;
        assert_ok(fa_loss_single(&loss, d_w, w, N, D, &options));
        assert_mixed(&s, w);
        check(loss, d_w, w, &s);
        free(w);
    }
}

static void multi_gradient_is_the_slope(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 6 * CHOICES; seed++) {
        float *h = new_matrix("plain", seed, N, D), d_h[N * D];
        fa_loss_options options = {sizeof(fa_loss_options), choices[seed % CHOICES].margin,
                                   choices[seed % CHOICES].divergence,
                                   seed / CHOICES % 2 ? FA_PAIR_NORM_GLOBAL : FA_PAIR_NORM_LABEL};
        setting s = {.value = value_multi,
                     .n = N,
                     .d = D,
                     .margin = (double)options.margin,
                     .divergence = options.divergence,
                     .norm = options.norm,
                     .labels = seed / CHOICES % 3 == 2 ? NULL : labels};
        double loss;
        assert_ok(fa_loss_multi(&loss, d_h, h, N, D, s.labels, &options));
        assert_mixed(&s, h);
        check(loss, d_h, h, &s);
        free(h);
    }
}

static void decov_gradient_is_the_slope(void **state) {
    (void)state;
    float *h = new_matrix("plain", 1, N, D), d_h[N * D];
    setting s = {.value = value_decov, .n = N, .d = D};
    double loss;
    assert_ok(fa_loss_decov(&loss, d_h, h, N, D));
    assert_int_equal(check(loss, d_h, h, &s), N * D);
    free(h);
}

static void xcov_gradients_are_the_slopes_of_both(void **state) {
    (void)state;
    float *h = new_matrix("plain", 2, N, D), *yhat = new_matrix("plain", 3, N, C);
    float d_h[N * D], d_yhat[N * C];
    double h_double[N * D], yhat_double[N * C], loss;
    for (size_t i = 0; i < N * D; i++) h_double[i] = (double)h[i];
    for (size_t i = 0; i < N * C; i++) yhat_double[i] = (double)yhat[i];
    assert_ok(fa_loss_xcov(&loss, d_h, d_yhat, h, N, D, yhat, C));
    setting of_h = {.value = value_xcov, .n = N, .d = D, .other = yhat_double, .other_d = C};
    setting of_yhat = {.value = value_xcov, .n = N, .d = C, .other = h_double, .other_d = D};
    assert_int_equal(check(loss, d_h, h, &of_h), N * D);
    assert_int_equal(check(loss, d_yhat, yhat, &of_yhat), N * C);
    free(h);
    free(yhat);
}

static void cross_entropy_gradient_is_the_slope(void **state) {
    (void)state;
    static const int32_t binary[N] = {0, 1, 1, 0, 1, 0, 0, 0, 1};
    static const int32_t classes[N] = {0, 2, 1, 2, 6, 0, 5, 3, 1};
    for (size_t d = 1; d <= D; d += D - 1) {
        float *z = new_matrix("plain", 4, N, d), d_z[N * D];
        setting s = {.value = value_entropy, .n = N, .d = d, .labels = d == 1 ? binary : classes};
        double loss;
        assert_ok(fa_loss_cross_entropy(&loss, d_z, z, N, d, s.labels));
        assert_int_equal(check(loss, d_z, z, &s), N * d);
        free(z);
    }
}

/* Of the units of the row's label: one for every three columns. */
static double value_clusters(const double *z, const setting *s, unsigned char *on) {
    double sum = 0, rows = 0;
    (void)on;
    for (size_t i = 0; i < s->n; i++) {
        if (s->labels[i] < 0) continue;
        size_t first = (size_t)s->labels[i] / 3 * 3;
        double all = 0;
        for (size_t u = first; u < first + 3; u++) all += exp(z[i * s->d + u]);
        sum -= log(exp(z[i * s->d + (size_t)s->labels[i]]) / all);
        rows++;
    }
    return sum / rows;
}

static void clusters_gradient_is_the_slope(void **state) {
    (void)state;
    static const int32_t clusters[N] = {0, 2, 1, -1, 5, 3, 4, 5, 1};
    float *z = new_matrix("plain", 7, N, 6), d_z[N * 6];
    setting s = {.value = value_clusters, .n = N, .d = 6, .labels = clusters};
    double loss;
    assert_ok(fa_loss_clusters(&loss, d_z, z, N, 6, 3, clusters));
    assert_int_equal(check(loss, d_z, z, &s), N * 6);
    free(z);
}

static void reconstruction_gradient_is_the_slope(void **state) {
    (void)state;
    float *x = new_matrix("plain", 5, N, D), *xhat = new_matrix("plain", 6, N, D);
    float d_xhat[N * D];
    double x_double[N * D], loss;
    for (size_t i = 0; i < N * D; i++) x_double[i] = (double)x[i];
    setting s = {.value = value_reconstruction, .n = N, .d = D, .other = x_double};
    assert_ok(fa_loss_reconstruction(&loss, d_xhat, x, xhat, N, D));
    assert_int_equal(check(loss, d_xhat, xhat, &s), N * D);
    free(x);
    free(xhat);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_gradient_is_the_slope),
        cmocka_unit_test(multi_gradient_is_the_slope),
        cmocka_unit_test(decov_gradient_is_the_slope),
        cmocka_unit_test(xcov_gradients_are_the_slopes_of_both),
        cmocka_unit_test(cross_entropy_gradient_is_the_slope),
        cmocka_unit_test(clusters_gradient_is_the_slope),
        cmocka_unit_test(reconstruction_gradient_is_the_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
