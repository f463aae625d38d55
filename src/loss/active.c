/* Which pairs the hinge of Eq. 7 still pushes: a count, beside L_multi's sum.
 *
 * Letters: n rows of d columns; p_i = softmax(row i). */
#include "loss/rows.h"

#include "base/memory.h"
#include "base/options.h"

#include <math.h>

typedef struct job {
    const int32_t *labels;
    const fa_loss_options *options;
    size_t n, d;
    double *log_p, *p;      /* [n, d] */
    size_t *pairs, *active; /* [n] of row i with j > i, both directions counted */
} job;

static double kl(const double *p, const double *log_p, const double *log_q, size_t d) {
    double sum = 0;
    for (size_t k = 0; k < d; k++) sum += p[k] * (log_p[k] - log_q[k]);
    return sum;
}

/* log((p + q) / 2) from the logarithms, finite where these are. */
static double log_mean(double log_p, double log_q) {
    double larger = log_p > log_q ? log_p : log_q, smaller = log_p > log_q ? log_q : log_p;
    return larger + log1p(exp(smaller - larger)) - 0.69314718055994530942;
}

static double js(const job *j, size_t a, size_t b) {
    double sum = 0;
    for (size_t k = 0; k < j->d; k++) {
        double u = j->log_p[a * j->d + k], v = j->log_p[b * j->d + k], m = log_mean(u, v);
        sum += j->p[a * j->d + k] * (u - m) + j->p[b * j->d + k] * (v - m);
    }
    return sum / 2;
}

static fa_status one_row(void *context, size_t a, size_t thread) {
    (void)thread;
    job *j = context;
    double margin = (double)j->options->margin;
    size_t d = j->d, pairs = 0, active = 0;
    for (size_t b = a + 1; b < j->n; b++) {
        if (j->labels != NULL && j->labels[a] != j->labels[b]) continue;
        pairs += 2;
        if (j->options->divergence == FA_DIVERGENCE_JS) {
            active += js(j, a, b) < margin ? 2 : 0;
            continue;
        }
        const double *u = j->log_p + a * d, *v = j->log_p + b * d;
        active += kl(j->p + a * d, u, v, d) < margin;
        active += kl(j->p + b * d, v, u, d) < margin;
    }
    j->pairs[a] = pairs;
    j->active[a] = active;
    return FA_OK;
}

static fa_status check(const double *share, const fa_loss_options *o) {
    FA_TRY(fa__check_pointer("share", share));
    if (!(o->margin > 0 && isfinite(o->margin)))
        return fa__fail(FA_E_ARGUMENT, "margin must be finite and > 0, got %g (0.1 works)",
                        (double)o->margin);
    if ((unsigned)o->divergence > FA_DIVERGENCE_JS)
        return fa__fail(FA_E_ARGUMENT, "divergence %d is neither KL nor JS", (int)o->divergence);
    return FA_OK;
}

fa_status fa_loss_active_pairs(double *share, const float *h, size_t n, size_t d,
                               const int32_t *labels, const fa_loss_options *options) {
    fa_status status = FA_OK;
    fa_loss_options own;
    FA_TRY(fa__check_pointer("options", options));
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_loss_options"));
    FA_TRY(check(share, &own));
    job j = {.labels = labels, .options = &own, .n = n, .d = d};
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_CHECK(FA_NEW(j.log_p, n * d));
    FA_CHECK(FA_NEW(j.p, n * d));
    FA_CHECK(FA_NEW(j.pairs, n));
    FA_CHECK(FA_NEW(j.active, n));
    for (size_t i = 0; i < n; i++) fa__softmax(j.log_p + i * d, j.p + i * d, h + i * d, d);
    FA_CHECK(fa__loss_parallel((double)n * (double)n * (double)d, n, one_row, &j));
    size_t pairs = 0, active = 0;
    for (size_t i = 0; i < n; i++) pairs += j.pairs[i], active += j.active[i];
    *share = pairs > 0 ? (double)active / (double)pairs : 0;
done:
    fa__free(j.log_p);
    fa__free(j.p);
    fa__free(j.pairs);
    fa__free(j.active);
    return status;
}
