/* The hinge over pairs of rows by the equations, in double: the reference that the fast kernels
 * have to agree with, and the way of groups that they are not made for.
 *
 * Letters: i, j rows; k one of the d entries; p = softmax(z), l = log p; m the margin;
 * f(i,j) = max(0, m - D(i,j)); r a log-ratio to the mixture.
 *
 * Rows are cut into blocks, and the n^2 pairs into tiles (block I against block J). A pair {i, j}
 * is met once, in one tile, where f(i,j) and f(j,i) share their work and both rows get their
 * gradient. Tiles run in rounds, as a tournament does: in a round every block meets one other, so
 * tiles of a round write to different rows and may run at once, while a row takes its summands in
 * the order of the rounds, whatever the number of threads.
 */
#include "loss/pairwise.h"

#include "base/floats.h"
#include "base/memory.h"
#include "loss/rows.h"

#include <math.h>

enum { BLOCK = 16 }; /* rows: a tile of 64 entries a row is 32 kB, the first-level cache */

/* One pair: returns f(i,j) + f(j,i) and adds its gradient to g_i and g_j [d], or to neither where
 * g_i is NULL. scratch [2, d] belongs to the caller's tile. */
typedef double (*pair_kernel)(double *g_i, double *g_j, double *scratch,
                              const fa__pair_reference *rows, const fa__pair_group *group, size_t i,
                              size_t j);

/* ==== Kullback-Leibler (Eq. 7) ============================================================== */

/* Both directions at once: D(i,j) = sum_k p_ik (l_ik - l_jk), and D(j,i). The differences are taken
 * before the sum: sum_k p_ik l_ik - sum_k p_ik l_jk would cancel where rows are alike. Two partial
 * sums each, so that an addition need not wait for the last. */
static void kl_both(double *d_ij, double *d_ji, const double *p_i, const double *l_i,
                    const double *p_j, const double *l_j, size_t d) {
    double ij_even = 0, ij_odd = 0, ji_even = 0, ji_odd = 0;
    size_t k = 0;
    for (; k + 2 <= d; k += 2) {
        double even = l_i[k] - l_j[k], odd = l_i[k + 1] - l_j[k + 1];
        ij_even += p_i[k] * even;
        ij_odd += p_i[k + 1] * odd;
        ji_even -= p_j[k] * even;
        ji_odd -= p_j[k + 1] * odd;
    }
    if (k < d) {
        ij_even += p_i[k] * (l_i[k] - l_j[k]);
        ji_even -= p_j[k] * (l_i[k] - l_j[k]);
    }
    *d_ij = ij_even + ij_odd;
    *d_ji = ji_even + ji_odd;
}

/* dD(i,j)/dz_ik = p_ik (l_ik - l_jk - D(i,j)),   dD(i,j)/dz_jk = p_jk - p_ik. */
static double kl_pair(double *g_i, double *g_j, double *scratch, const fa__pair_reference *rows,
                      const fa__pair_group *group, size_t i, size_t j) {
    (void)scratch;
    size_t d = group->d;
    const double *p_i = rows->p + i * d, *l_i = rows->log_p + i * d;
    const double *p_j = rows->p + j * d, *l_j = rows->log_p + j * d;
    double m = group->margin, d_ij, d_ji;
    kl_both(&d_ij, &d_ji, p_i, l_i, p_j, l_j, d);
    double on_ij = d_ij < m ? 1 : 0, on_ji = d_ji < m ? 1 : 0;
    if (g_i != NULL && on_ij + on_ji > 0)
        for (size_t k = 0; k < d; k++) {
            double log_ratio = l_i[k] - l_j[k], difference = p_i[k] - p_j[k];
            g_i[k] -= on_ij * p_i[k] * (log_ratio - d_ij) + on_ji * difference;
            g_j[k] += on_ji * p_j[k] * (log_ratio + d_ji) + on_ij * difference;
        }
    return on_ij * (m - d_ij) + on_ji * (m - d_ji);
}

/* ==== Jensen-Shannon (footnote 1) =========================================================== */

/* log(p / mixture) for mixture = (p + q) / 2; 0 for p == 0, where it is only ever met as
 * 0 * log 0. Equal p and q give exactly 0. */
static double log_to_mixture(double p, double q) {
    return p > 0 ? log(2 * (p / (p + q))) : 0;
}

/* D = (K_i + K_j) / 2 with K_i = sum_k p_ik r_ik. */
static double js_ratios(double *k_i, double *k_j, double *r_i, double *r_j, const double *p_i,
                        const double *p_j, size_t d) {
    *k_i = *k_j = 0;
    for (size_t k = 0; k < d; k++) {
        r_i[k] = log_to_mixture(p_i[k], p_j[k]);
        r_j[k] = log_to_mixture(p_j[k], p_i[k]);
        *k_i += p_i[k] * r_i[k];
        *k_j += p_j[k] * r_j[k];
    }
    return (*k_i + *k_j) / 2;
}

/* D is symmetric, so f(i,j) + f(j,i) = 2 f(i,j),
 * and 2 dD/dz_ik = p_ik (r_ik - K_i), the same for j. */
static double js_pair(double *g_i, double *g_j, double *scratch, const fa__pair_reference *rows,
                      const fa__pair_group *group, size_t i, size_t j) {
    size_t d = group->d;
    const double *p_i = rows->p + i * d, *p_j = rows->p + j * d;
    double *r_i = scratch, *r_j = scratch + d, k_i, k_j;
    double d_ij = js_ratios(&k_i, &k_j, r_i, r_j, p_i, p_j, d);
    if (!(d_ij < group->margin)) return 0;
    for (size_t k = 0; g_i != NULL && k < d; k++) {
        g_i[k] -= p_i[k] * (r_i[k] - k_i);
        g_j[k] -= p_j[k] * (r_j[k] - k_j);
    }
    return 2 * (group->margin - d_ij);
}

double fa__pair_divergence(const double *log_p_i, const double *p_i, const double *log_p_j,
                           const double *p_j, double *scratch, size_t d, fa_divergence divergence) {
    double one, other;
    if (divergence == FA_DIVERGENCE_JS)
        return js_ratios(&one, &other, scratch, scratch + d, p_i, p_j, d);
    kl_both(&one, &other, p_i, log_p_i, p_j, log_p_j, d);
    return one;
}

/* ==== Tiles and rounds ====================================================================== */

static const pair_kernel kernels[] = {[FA_DIVERGENCE_KL] = kl_pair, [FA_DIVERGENCE_JS] = js_pair};

double fa__pair_hinge(double *g_i, double *g_j, const fa__pair_reference *memory,
                      const fa__pair_group *group, size_t i, size_t j) {
    return kernels[group->divergence](g_i, g_j, memory->scratch, memory, group, i, j);
}

typedef struct hinge_job {
    const fa__pair_group *group;
    const fa__pair_reference *memory; /* a tile adds to its first block's loss; its scratch too */
    double *d_z;                      /* [n, d] or NULL */
    size_t blocks;
    size_t round;
} hinge_job;

/* Block a against block b; a == b: the pairs within it. */
static void hinge_tile(const hinge_job *job, size_t a, size_t b) {
    const fa__pair_group *group = job->group;
    pair_kernel kernel = kernels[group->divergence];
    size_t n = group->n, d = group->d;
    double sum = 0;
    for (size_t i = a * BLOCK; i < n && i < (a + 1) * BLOCK; i++)
        for (size_t j = a == b ? i + 1 : b * BLOCK; j < n && j < (b + 1) * BLOCK; j++) {
            double *g_i = job->d_z == NULL ? NULL : job->d_z + i * d;
            double *g_j = job->d_z == NULL ? NULL : job->d_z + j * d;
            sum += kernel(g_i, g_j, job->memory->scratch + a * 2 * d, job->memory, group, i, j);
        }
    job->memory->block_loss[a] += sum;
}

/* Before the rounds, each block within itself. */
static fa_status diagonal_task(void *context, size_t index, size_t thread) {
    (void)thread;
    hinge_tile(context, index, index);
    return FA_OK;
}

/* The circle method: of `seats` (even) one stays in place and the others move round it; in each of
 * seats - 1 rounds the seats that face each other meet. With an odd number of blocks, the one that
 * faces the empty seat rests. */
static fa_status round_task(void *context, size_t index, size_t thread) {
    (void)thread;
    const hinge_job *job = context;
    size_t circle = job->blocks - 1 + job->blocks % 2; /* seats - 1 */
    size_t a = (job->round + index) % circle;
    size_t b = index == 0 ? circle : (job->round + circle - index) % circle;
    if (b < job->blocks) hinge_tile(job, a, b);
    return FA_OK;
}

static fa_status softmax_task(void *context, size_t index, size_t thread) {
    (void)thread;
    const hinge_job *job = context;
    size_t n = job->group->n, d = job->group->d;
    for (size_t i = index * BLOCK; i < n && i < (index + 1) * BLOCK; i++)
        fa__softmax(job->memory->log_p + i * d, job->memory->p + i * d,
                    job->group->z + job->group->rows[i] * d, d);
    return FA_OK;
}

fa_status fa__pair_reference_new(fa__pair_reference *reference, size_t n, size_t d) {
    size_t blocks = n / BLOCK + (n % BLOCK != 0);
    *reference = (fa__pair_reference){NULL, NULL, NULL, NULL, NULL};
    if (n == 0) return FA_OK;
    FA_TRY(FA_NEW(reference->log_p, n * d));
    FA_TRY(FA_NEW(reference->p, n * d));
    FA_TRY(FA_NEW(reference->d_z, n * d));
    FA_TRY(FA_NEW(reference->block_loss, blocks));
    FA_TRY(FA_NEW(reference->scratch, blocks * 2 * d));
    return FA_OK;
}

void fa__pair_reference_free(fa__pair_reference *reference) {
    fa__free(reference->log_p);
    fa__free(reference->p);
    fa__free(reference->d_z);
    fa__free(reference->block_loss);
    fa__free(reference->scratch);
}

fa_status fa__pairwise_reference(float *d_z, fa__pair_group *group,
                                 const fa__pair_reference *memory) {
    size_t n = group->n, d = group->d, blocks = n / BLOCK + (n % BLOCK != 0);
    double work = (double)n * (double)n * (double)d, sum = 0;
    hinge_job job = {.group = group,
                     .memory = memory,
                     .d_z = d_z == NULL ? NULL : memory->d_z,
                     .blocks = blocks};
    for (size_t a = 0; a < blocks; a++) memory->block_loss[a] = 0;
    for (size_t i = 0; i < n * d; i++) memory->d_z[i] = 0;
    FA_TRY(fa__loss_parallel(work, blocks, softmax_task, &job));
    FA_TRY(fa__loss_parallel(work, blocks, diagonal_task, &job));
    for (; blocks > 1 && job.round < blocks - 1 + blocks % 2; job.round++)
        FA_TRY(fa__loss_parallel(work, (blocks + 1) / 2, round_task, &job));
    for (size_t a = 0; a < blocks; a++) sum += memory->block_loss[a];
    for (size_t i = 0; d_z != NULL && i < n; i++)
        for (size_t k = 0; k < d; k++)
            d_z[group->rows[i] * d + k] = fa__narrow(group->scale * memory->d_z[i * d + k]);
    group->loss = sum;
    return FA_OK;
}
