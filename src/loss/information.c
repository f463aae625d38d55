/* L_information: the negative of what a unit tells about its sample, by the outputs' softmax.
 *
 * Letters: R rows of a label (or of all), p_r = softmax(row r), l = log p; q their mean; k one of
 * the d units; H the entropy; s_k what the second term pulls unit k by. */
#include "base/memory.h"
#include "base/options.h"
#include "loss/rows.h"
#include "loss/rows_kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 16 }; /* rows in one task */

typedef struct job {
    const fa__rows_kernel *kernel;
    size_t d;
    double *l, *p;   /* [n, d] */
    double *entropy; /* [n] H(p_r) */
    double *q, *s;   /* [d] of the label in hand */
    const size_t *rows;
    size_t count; /* of rows of the label */
    double scale; /* of its gradient: 1 / (R labels) */
    float *d_h;
} job;

/* The second term of the loss as a function of q, and s_k = its slope by q_k (but for a constant,
 * which the softmax does not feel):
 *   -mu min(H(q), cap)    s_k = mu log q_k, 0 from the cap on
 *   mu KL(q || prior)     s_k = mu (log q_k - log prior_k)
 * A unit that no row has (q_k underflows) has p_rk = 0, so that its s_k counts nowhere: any finite
 * value will do. */
static double of_mean(double *s, const double *q, size_t d, const fa_information_options *o) {
    double entropy = 0, cross = 0, total = 0;
    for (size_t k = 0; o->prior != NULL && k < d; k++) total += (double)o->prior[k];
    for (size_t k = 0; k < d; k++) {
        double log_q = log(fmax(q[k], DBL_MIN));
        double log_prior = o->prior != NULL ? log((double)o->prior[k] / total) : 0;
        entropy -= q[k] * log_q;
        cross -= q[k] * log_prior;
        s[k] = o->mu * (log_q - log_prior);
    }
    if (o->entropy_cap > 0 && entropy >= o->entropy_cap) {
        memset(s, 0, d * sizeof *s);
        return -o->mu * o->entropy_cap;
    }
    return o->mu * (cross - entropy);
}

/* dL/dz_rk = scale p_rk [s_k - <p_r, s> - (l_rk + H_r)] */
static fa_status gradient_task(void *context, size_t index, size_t thread) {
    (void)thread;
    const job *j = context;
    for (size_t i = index * BLOCK; i < j->count && i < (index + 1) * BLOCK; i++) {
        size_t r = j->rows[i];
        j->kernel->information(j->d_h + r * j->d, j->p + r * j->d, j->l + r * j->d, j->s,
                               j->entropy[r], j->scale, j->d);
    }
    return FA_OK;
}

static fa_status check_options(const fa_information_options *o, size_t d) {
    double total = 0;
    if (!(o->mu >= 0 && o->mu <= 1e30))
        return fa__fail(FA_E_ARGUMENT, "mu must be in [0, 1e30], got %g (1 to 3 work)", o->mu);
    if (!(o->entropy_cap >= 0 && isfinite(o->entropy_cap)))
        return fa__fail(FA_E_ARGUMENT,
                        "entropy_cap must be finite and >= 0, got %g (0: none; below log %zu = %g)",
                        o->entropy_cap, d, log((double)d));
    if (o->prior == NULL) return FA_OK;
    if (o->entropy_cap > 0)
        return fa__fail(FA_E_ARGUMENT, "prior and entropy_cap are both set; use one of them");
    for (size_t k = 0; k < d; k++) {
        if (!(o->prior[k] > 0 && isfinite(o->prior[k])))
            return fa__fail(FA_E_ARGUMENT, "prior of unit %zu must be finite and > 0, got %g", k,
                            (double)o->prior[k]);
        total += (double)o->prior[k];
    }
    if (fabs(total - 1) <= 1e-3) return FA_OK;
    return fa__fail(FA_E_ARGUMENT, "prior must sum to 1, its %zu values sum to %g", d, total);
}

/* The loss of the rows of one label, before its share; their gradient into d_h. */
static fa_status one_label(double *loss, job *j, const fa_information_options *options) {
    size_t d = j->d;
    double entropies = 0;
    memset(j->q, 0, d * sizeof *j->q);
    for (size_t i = 0; i < j->count; i++) {
        entropies += j->entropy[j->rows[i]];
        j->kernel->add(j->q, j->p + j->rows[i] * d, d);
    }
    for (size_t k = 0; k < d; k++) j->q[k] /= (double)j->count;
    *loss = entropies / (double)j->count + of_mean(j->s, j->q, d, options);
    if (j->d_h == NULL) return FA_OK;
    return fa__loss_parallel((double)j->count * (double)d, (j->count + BLOCK - 1) / BLOCK,
                             gradient_task, j);
}

fa_status fa_loss_information_with(double *loss, float *d_h, const float *h, size_t n, size_t d,
                                   const int32_t *labels, const fa_information_options *options) {
    fa_information_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_pointer("options", options));
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_information_options"));
    FA_TRY(check_options(&own, d));
    fa_status status = FA_OK;
    job j = {.kernel = fa__rows_kernel_here(), .d = d, .d_h = d_h};
    size_t *rows = NULL, *other = NULL, count = 0;
    double sum = 0;
    FA_CHECK(FA_NEW(j.l, n * d));
    FA_CHECK(FA_NEW(j.p, n * d));
    FA_CHECK(FA_NEW(j.entropy, n));
    FA_CHECK(FA_NEW(j.q, d));
    FA_CHECK(FA_NEW(j.s, d));
    FA_CHECK(FA_NEW(rows, n));
    FA_CHECK(FA_NEW(other, n));
    FA_CHECK(fa__softmax_rows(j.l, j.p, h, n, d));
    for (size_t r = 0; r < n; r++) j.entropy[r] = j.kernel->entropy(j.p + r * d, j.l + r * d, d);
    fa__sort_by_label(rows, other, labels, n);
    for (size_t first = 0; first < n; first = fa__label_end(rows, labels, n, first)) count++;
    for (size_t first = 0, end; first < n; first = end) {
        double of_label;
        end = fa__label_end(rows, labels, n, first);
        j.rows = rows + first;
        j.count = end - first;
        j.scale = 1 / ((double)j.count * (double)count);
        FA_CHECK(one_label(&of_label, &j, &own));
        sum += of_label / (double)count;
    }
    *loss = sum;
done:
    fa__free(j.l);
    fa__free(j.p);
    fa__free(j.entropy);
    fa__free(j.q);
    fa__free(j.s);
    fa__free(rows);
    fa__free(other);
    return status;
}

fa_status fa_loss_information(double *loss, float *d_h, const float *h, size_t n, size_t d,
                              const int32_t *labels, double mu) {
    const fa_information_options options = {.size = sizeof options, .mu = mu};
    return fa_loss_information_with(loss, d_h, h, n, d, labels, &options);
}
