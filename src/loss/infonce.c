/* InfoNCE among the samples of one label: each positive pair against the label's other rows.
 *
 * Letters: u_i = row i at length 1 (0 where the row is 0); t the temperature; w_i how often row i
 * is an anchor, over twice the number of pairs; K_i the rows k != i with i's label; z_i = log
 * sum_{k in K_i} exp(u_i . u_k / t). */
#include "base/floats.h"
#include "base/memory.h"
#include "loss/rows.h"
#include "loss/shared.h"

#include <math.h>

typedef struct job {
    const int32_t *labels;
    size_t n, d;
    double temperature;
    double *u, *g;          /* [n, d]; gradient by u */
    double *length, *w, *z; /* [n] */
    float *d_h;
    const fa__comm *comm; /* ranks that share the rows; NULL: none */
    size_t from, to;      /* rows of this rank */
} job;

/* In four sums, which a processor adds side by side. */
static double dot(const double *x, const double *y, size_t d) {
    double sum[4] = {0};
    size_t k = 0;
    for (; k + 4 <= d; k += 4)
        for (size_t lane = 0; lane < 4; lane++) sum[lane] += x[k + lane] * y[k + lane];
    for (; k < d; k++) sum[0] += x[k] * y[k];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static bool meets(const job *j, size_t i, size_t k) {
    return i != k && (j->labels == NULL || j->labels[i] == j->labels[k]);
}

/* z_i: cosines are in [-1, 1], so that exp((cosine - 1) / t) is safe from above; from below its sum
 * must not vanish, hence the largest first. */
static fa_status normalise_task(void *context, size_t i, size_t thread) {
    (void)thread;
    job *j = context;
    const double *u = j->u + i * j->d;
    double most = (double)-INFINITY, sum = 0;
    if (!(j->w[i] > 0) || i < j->from || i >= j->to) return FA_OK;
    for (size_t k = 0; k < j->n; k++)
        if (meets(j, i, k)) most = fmax(most, dot(u, j->u + k * j->d, j->d));
    for (size_t k = 0; k < j->n; k++)
        if (meets(j, i, k)) sum += exp((dot(u, j->u + k * j->d, j->d) - most) / j->temperature);
    j->z[i] = most / j->temperature + log(sum);
    return FA_OK;
}

/* Row i as an anchor, and as one of the others of each anchor k; then through its length:
 * d/dh = (g - (g . u) u) / |h|. */
static fa_status gradient_task(void *context, size_t i, size_t thread) {
    (void)thread;
    job *j = context;
    size_t d = j->d;
    double *g = j->g + i * d;
    const double *u = j->u + i * d;
    if (i < j->from || i >= j->to) return FA_OK;
    for (size_t k = 0; k < j->n; k++) {
        if (!meets(j, i, k)) continue;
        double s = dot(u, j->u + k * d, d) / j->temperature, share = 0;
        if (j->w[i] > 0) share += j->w[i] * exp(s - j->z[i]);
        if (j->w[k] > 0) share += j->w[k] * exp(s - j->z[k]);
        for (size_t e = 0; e < d; e++) g[e] += share / j->temperature * j->u[k * d + e];
    }
    double along = dot(g, u, d);
    for (size_t e = 0; e < d; e++)
        j->d_h[i * d + e] = j->length[i] > 0 ? fa__narrow((g[e] - along * u[e]) / j->length[i]) : 0;
    return FA_OK;
}

static void unit_rows(job *j, const float *h) {
    for (size_t i = 0; i < j->n; i++) {
        double sum = 0;
        for (size_t k = i * j->d; k < (i + 1) * j->d; k++) sum += (double)h[k] * (double)h[k];
        j->length[i] = sqrt(sum);
        for (size_t k = i * j->d; k < (i + 1) * j->d; k++)
            j->u[k] = sum > 0 ? (double)h[k] / j->length[i] : 0;
    }
}

/* Counts the anchors, and takes the part of the loss that is about single pairs: -u_a . u_b / t,
 * from both ends. */
static double positives(job *j, const int32_t *pairs, size_t count) {
    double sum = 0;
    size_t met = 0;
    for (size_t p = 0; p < count; p++)
        met += meets(j, (size_t)pairs[2 * p], (size_t)pairs[2 * p + 1]);
    for (size_t p = 0; p < count; p++) {
        size_t a = (size_t)pairs[2 * p], b = (size_t)pairs[2 * p + 1];
        double share = 1 / (2 * (double)met), pull = 2 * share / j->temperature;
        if (!meets(j, a, b)) continue;
        j->w[a] += share;
        j->w[b] += share;
        sum -= pull * dot(j->u + a * j->d, j->u + b * j->d, j->d);
        for (size_t k = 0; k < j->d; k++) {
            j->g[a * j->d + k] -= pull * j->u[b * j->d + k];
            j->g[b * j->d + k] -= pull * j->u[a * j->d + k];
        }
    }
    return sum;
}

/* Rows of each rank, rank by rank, to all of them; each rank has a stretch of them. */
static fa_status meet(const job *j, void *rows, size_t size) {
    if (j->comm == NULL) return FA_OK;
    fa_status status = FA_OK;
    size_t *first;
    FA_TRY(FA_NEW(first, j->n + 1));
    for (size_t i = 0; i <= j->n; i++) first[i] = i;
    status = fa__comm_gather(j->comm, rows, first, j->n, size);
    fa__free(first);
    return status;
}

fa_status fa__loss_infonce(double *loss, float *d_h, const float *h, size_t n, size_t d,
                           const int32_t *labels, const int32_t *pairs, size_t count,
                           double temperature, const fa__comm *comm) {
    FA_TRY(fa__check_pointer("loss", loss));
    if (!(temperature >= 1e-3 && isfinite(temperature)))
        return fa__fail(FA_E_ARGUMENT,
                        "temperature must be finite and >= 0.001, got %g (0.1 works)", temperature);
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_pairs(pairs, count, n));
    fa_status status = FA_OK;
    job j = {.labels = labels, .n = n, .d = d, .temperature = temperature, .d_h = d_h, .to = n};
    double work = (double)n * (double)n * (double)d, sum;
    if (fa__comm_is_worth(comm, work)) {
        j.comm = comm;
        fa__comm_range(&j.from, &j.to, comm, n);
    }
    FA_CHECK(FA_NEW(j.u, n * d));
    FA_CHECK(FA_NEW_ZERO(j.g, n * d));
    FA_CHECK(FA_NEW(j.length, n));
    FA_CHECK(FA_NEW_ZERO(j.w, n));
    FA_CHECK(FA_NEW_ZERO(j.z, n));
    unit_rows(&j, h);
    sum = positives(&j, pairs, count);
    FA_CHECK(fa__loss_parallel(work, n, normalise_task, &j));
    FA_CHECK(meet(&j, j.z, sizeof *j.z));
    if (d_h != NULL) FA_CHECK(fa__loss_parallel(work, n, gradient_task, &j));
    if (d_h != NULL) FA_CHECK(meet(&j, d_h, d * sizeof *d_h));
    for (size_t i = 0; i < n; i++) sum += j.w[i] * j.z[i];
    *loss = sum;
done:
    fa__free(j.u);
    fa__free(j.g);
    fa__free(j.length);
    fa__free(j.w);
    fa__free(j.z);
    return status;
}

fa_status fa_loss_infonce(double *loss, float *d_h, const float *h, size_t n, size_t d,
                          const int32_t *labels, const int32_t *pairs, size_t count,
                          double temperature) {
    return fa__loss_infonce(loss, d_h, h, n, d, labels, pairs, count, temperature, NULL);
}
