/* The hinge over pairs of rows, in double, row by row: the reference that any faster kernel has to
 * agree with.
 *
 * Letters: i, j rows; k one of the d entries; p = softmax(z), l = log p; m the margin;
 * f(i,j) = max(0, m - D(i,j)); A(i,j) = 1 where D(i,j) < m, else 0.
 *
 * A row i is worked off alone: its share of the loss is sum_j f(i,j), and its gradient gathers
 * every pair that it is part of, f(i,j) and f(j,i). So each D is computed twice, from both its
 * rows, but no two rows write to the same place, nothing of size n^2 is kept, and the order of all
 * sums is fixed.
 */
#include "loss/pairwise.h"

#include "base/memory.h"
#include "loss/rows.h"

#include <math.h>

enum {
    BLOCK = 16, /* rows in one task */
    LANES = 4   /* independent partial sums: without them each addition waits for the last */
};

/* One row: returns sum_{j != i} f(i,j) and adds to g [d] the gradient of sum_{j != i} f(i,j) +
 * f(j,i) with respect to z_i; g may be NULL. scratch [d] belongs to the task. */
typedef double (*row_kernel)(double *g, double *scratch, const fa__pair_group *group, size_t i);

static double add_lanes(const double *lanes) {
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/* ==== Kullback-Leibler (Eq. 7) ============================================================== */

/* Both directions at once: D(i,j) = sum_k p_ik (l_ik - l_jk), and D(j,i). The differences are taken
 * before the sum: sum_k p_ik l_ik - sum_k p_ik l_jk would cancel where rows are alike. */
static void kl_both(double *d_ij, double *d_ji, const double *p_i, const double *l_i,
                    const double *p_j, const double *l_j, size_t d) {
    double ij[LANES] = {0}, ji[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= d; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double difference = l_i[k + lane] - l_j[k + lane];
            ij[lane] += p_i[k + lane] * difference;
            ji[lane] -= p_j[k + lane] * difference;
        }
    for (; k < d; k++) {
        ij[k % LANES] += p_i[k] * (l_i[k] - l_j[k]);
        ji[k % LANES] -= p_j[k] * (l_i[k] - l_j[k]);
    }
    *d_ij = add_lanes(ij);
    *d_ji = add_lanes(ji);
}

/* dD(i,j)/dz_ik = p_ik (l_ik - l_jk - D(i,j)),   dD(j,i)/dz_ik = p_ik - p_jk. */
static double kl_row(double *g, double *scratch, const fa__pair_group *group, size_t i) {
    (void)scratch;
    size_t d = group->d;
    const double *p_i = group->p + i * d, *l_i = group->log_p + i * d;
    double m = group->margin, loss = 0;
    for (size_t j = 0; j < group->n; j++) {
        if (j == i) continue;
        const double *p_j = group->p + j * d, *l_j = group->log_p + j * d;
        double d_ij, d_ji;
        kl_both(&d_ij, &d_ji, p_i, l_i, p_j, l_j, d);
        if (d_ij < m) loss += m - d_ij;
        if (g == NULL) continue;
        if (d_ij < m)
            for (size_t k = 0; k < d; k++) g[k] -= p_i[k] * (l_i[k] - l_j[k] - d_ij);
        if (d_ji < m)
            for (size_t k = 0; k < d; k++) g[k] -= p_i[k] - p_j[k];
    }
    return loss;
}

/* ==== Jensen-Shannon (footnote 1) =========================================================== */

/* log(p / mixture) for mixture = (p + q) / 2; 0 for p == 0, where it is only ever met as
 * 0 * log 0. Equal p and q give exactly 0. */
static double log_to_mixture(double p, double q) {
    return p > 0 ? log(2 * (p / (p + q))) : 0;
}

/* D = (K_i + K_j) / 2 with K_i = sum_k p_ik r_ik, r_ik = log(p_ik / mixture_k). D is symmetric, so
 * f(i,j) + f(j,i) = 2 f(i,j), and 2 dD/dz_ik = p_ik (r_ik - K_i). */
static double js_row(double *g, double *scratch, const fa__pair_group *group, size_t i) {
    size_t d = group->d;
    const double *p_i = group->p + i * d;
    double m = group->margin, loss = 0, *r_i = scratch;
    for (size_t j = 0; j < group->n; j++) {
        if (j == i) continue;
        const double *p_j = group->p + j * d;
        double k_i = 0, k_j = 0;
        for (size_t k = 0; k < d; k++) {
            r_i[k] = log_to_mixture(p_i[k], p_j[k]);
            k_i += p_i[k] * r_i[k];
            k_j += p_j[k] * log_to_mixture(p_j[k], p_i[k]);
        }
        double d_ij = (k_i + k_j) / 2;
        if (!(d_ij < m)) continue;
        loss += m - d_ij;
        for (size_t k = 0; g != NULL && k < d; k++) g[k] -= p_i[k] * (r_i[k] - k_i);
    }
    return loss;
}

/* ==== All rows ============================================================================== */

/* The seat of faster kernels: one entry a divergence, to be chosen by fa__simd_level() too once
 * there is more than the reference. */
static const row_kernel kernels[] = {[FA_DIVERGENCE_KL] = kl_row, [FA_DIVERGENCE_JS] = js_row};

typedef struct hinge_job {
    const fa__pair_group *group;
    double *d_z;      /* [n, d] or NULL */
    double *row_loss; /* [n] */
    double *scratch;  /* [tasks, d] */
} hinge_job;

static fa_status hinge_block(void *context, size_t index, size_t thread) {
    (void)thread; /* scratch goes by task: nothing here can depend on the thread */
    const hinge_job *job = context;
    const fa__pair_group *group = job->group;
    size_t d = group->d, first = index * BLOCK;
    size_t end = group->n - first < BLOCK ? group->n : first + BLOCK;
    for (size_t i = first; i < end; i++) {
        double *g = job->d_z == NULL ? NULL : job->d_z + i * d;
        for (size_t k = 0; g != NULL && k < d; k++) g[k] = 0;
        job->row_loss[i] = kernels[group->divergence](g, job->scratch + index * d, group, i);
    }
    return FA_OK;
}

fa_status fa__pairwise_hinge(double *loss, double *d_z, const fa__pair_group *group) {
    fa_status status;
    size_t n = group->n, d = group->d, tasks = n / BLOCK + (n % BLOCK != 0);
    hinge_job job = {group, d_z, NULL, NULL};
    FA_CHECK(FA_NEW(job.row_loss, n));
    FA_CHECK(FA_NEW(job.scratch, tasks * d));
    FA_CHECK(fa__loss_parallel((double)n * (double)n * (double)d, tasks, hinge_block, &job));
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += job.row_loss[i];
    *loss = sum;
done:
    fa__free(job.row_loss);
    fa__free(job.scratch);
    return status;
}
