/* L_hold: the mean divergence of positive pairs, which holds together what L_multi would push
 * apart.
 *
 * Letters: a, b the rows of a pair; k one of the d entries; p = softmax(row), l = log p; r a
 * log-ratio to the mixture of the two. */
#include "base/floats.h"
#include "base/memory.h"
#include "base/options.h"
#include "loss/rows.h"

#include <math.h>
#include <string.h>

static const double log_2 = 0.69314718055994530942;

typedef struct softmax {
    const double *p, *l; /* [d] */
} softmax;

/* D(a,b) + D(b,a) of one pair; adds its gradient to g_a and g_b [d]. */
typedef double (*pair_kernel)(double *g_a, double *g_b, softmax a, softmax b, size_t d);

/* sum_k (p_ak - p_bk)(l_ak - l_bk): no term is below 0, so nothing cancels.
 * dD(a,b)/dz_ak = p_ak (l_ak - l_bk - D(a,b)),   dD(b,a)/dz_ak = p_ak - p_bk, and b by symmetry. */
static double kl_pair(double *g_a, double *g_b, softmax a, softmax b, size_t d) {
    double ab = 0, ba = 0, sum = 0;
    for (size_t k = 0; k < d; k++) {
        double log_ratio = a.l[k] - b.l[k];
        ab += a.p[k] * log_ratio;
        ba -= b.p[k] * log_ratio;
        sum += (a.p[k] - b.p[k]) * log_ratio;
    }
    for (size_t k = 0; k < d; k++) {
        double log_ratio = a.l[k] - b.l[k], difference = a.p[k] - b.p[k];
        g_a[k] += a.p[k] * (log_ratio - ab) + difference;
        g_b[k] -= b.p[k] * (log_ratio + ba) + difference;
    }
    return sum;
}

/* r = log(p / mixture) = -log((1 + q / p) / 2), with x = log(q / p), in the form that keeps its
 * digits; and what the entry adds to D: p r, and (q - p) / 2, which sums to 0 over a row and makes
 * of first-order terms that cancel second-order ones that do not. */
static double log_to_mixture(double *term, double p, double q, double x) {
    if (fabs(x) < 1) {
        double u = expm1(x) / 2, r = -log1p(u);
        *term += p * (u + r);
        return r;
    }
    double r = log_2 - (x > 0 ? x : 0) - log1p(exp(-fabs(x)));
    *term += p * r + (q - p) / 2;
    return r;
}

/* K_a + K_b with K_a = sum_k p_ak r_ak, so D = (K_a + K_b) / 2; 2 dD/dz_ak = p_ak (r_ak - K_a). */
static double js_pair(double *g_a, double *g_b, softmax a, softmax b, size_t d) {
    double k_a = 0, k_b = 0, unused = 0;
    for (size_t k = 0; k < d; k++) {
        log_to_mixture(&k_a, a.p[k], b.p[k], b.l[k] - a.l[k]);
        log_to_mixture(&k_b, b.p[k], a.p[k], a.l[k] - b.l[k]);
    }
    for (size_t k = 0; k < d; k++) {
        g_a[k] += a.p[k] * (log_to_mixture(&unused, 0, 0, b.l[k] - a.l[k]) - k_a);
        g_b[k] += b.p[k] * (log_to_mixture(&unused, 0, 0, a.l[k] - b.l[k]) - k_b);
    }
    return k_a + k_b;
}

static const pair_kernel kernels[] = {[FA_DIVERGENCE_KL] = kl_pair, [FA_DIVERGENCE_JS] = js_pair};

static fa_status take_options(fa_loss_options *own, const fa_loss_options *given) {
    FA_TRY(fa__check_pointer("options", given));
    FA_TRY(fa__options_take(own, sizeof *own, given, "fa_loss_options"));
    if (own->divergence == FA_DIVERGENCE_KL || own->divergence == FA_DIVERGENCE_JS) return FA_OK;
    return fa__fail(FA_E_ARGUMENT,
                    "divergence must be FA_DIVERGENCE_KL (0) or FA_DIVERGENCE_JS (1), got %d",
                    (int)own->divergence);
}

fa_status fa_loss_hold(double *loss, float *d_h, const float *h, size_t n, size_t d,
                       const int32_t *pairs, size_t count, const fa_loss_options *options) {
    fa_loss_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_pairs(pairs, count, n));
    fa_status status = FA_OK;
    double *l = NULL, *p = NULL, *g = NULL, sum = 0;
    FA_CHECK(FA_NEW(l, n * d));
    FA_CHECK(FA_NEW(p, n * d));
    FA_CHECK(FA_NEW_ZERO(g, n * d));
    FA_CHECK(fa__softmax_rows(l, p, h, n, d));
    for (size_t i = 0; i < count; i++) {
        size_t a = (size_t)pairs[2 * i] * d, b = (size_t)pairs[2 * i + 1] * d;
        const softmax row_a = {p + a, l + a}, row_b = {p + b, l + b};
        sum += kernels[own.divergence](g + a, g + b, row_a, row_b, d);
    }
    double scale = count > 0 ? 0.5 / (double)count : 0;
    for (size_t i = 0; d_h != NULL && i < n * d; i++) d_h[i] = fa__narrow(scale * g[i]);
    *loss = scale * sum;
done:
    fa__free(l);
    fa__free(p);
    fa__free(g);
    return status;
}
