/* The hinge over all pairs of one group of rows (Eq. 7): the inner part of L_single, of L_multi for
 * one label, and of L_multi without labels. */
#ifndef FA_LOSS_PAIRWISE_H
#define FA_LOSS_PAIRWISE_H

#include "loss/shared.h"

/* Some rows of a matrix of logits, the f of Eq. 7, and what comes of them. */
struct fa__pair_group {
    const float *z; /* [., d] */
    size_t *rows;   /* [n] which of them; may come back in another order */
    size_t n, d;
    double margin;
    fa_divergence divergence;
    double scale; /* of the gradient */
    double loss;
};

/* For each of some groups, the sum of the hinge over ordered pairs of different rows, and its
 * gradient. The groups share z [rows, d], margin and divergence.
 *
 *   loss = sum_{i != j} f(i,j),   f(i,j) = max(0, margin - D(i,j))
 *
 * groups   [count] loss is overwritten
 * d_z      [rows, d] the gradient of a group's loss with respect to its rows of z, times scale, is
 *          written to these rows of d_z; NULL skips it. A pair with D(i,j) >= margin gives none (at
 *          the kink the subgradient is 0).
 *
 * Which pairs are active is decided as in double; sums are float within a block of rows, double
 * beyond. Small groups, margins below 0.01 or above 1e4, and all groups if a row has a logit 1e4
 * below another, are done in double throughout, as by fa__pairwise_reference.
 *
 * comm: ranks that share the work, which all call this with the same; NULL: alone.
 *
 * Degenerate: n <= 1 has no pairs: loss 0, gradient 0. d == 1: every D is 0, gradient 0.
 * Errors: FA_E_NOMEM; then d_z is untouched and the losses and the order of rows are undefined.
 * Threads: large groups are shared out by blocks of rows, others whole; sums are taken in an order
 * that does not depend on the number of threads. Cost: O(n^2 d) time, less where whole blocks of
 * pairs are provably active or not; 16 bytes for each logit of the largest group, of more than
 * FA__PAIR_LASTING / 2 logits 8 (without d_z 4 for each entry of z more), 24 for each of its rows,
 * and some megabytes a thread.
 */
fa_status fa__pairwise_hinge(float *d_z, fa__pair_group *groups, size_t count, size_t rows,
                             const fa__comm *comm);

/* The same by one process, all groups in double. */
fa_status fa__pairwise_in_double(float *d_z, fa__pair_group *groups, size_t count, size_t rows);

/* The same by the equations in double, with its memory. */
typedef struct fa__pair_reference {
    double *log_p, *p, *d_z; /* [n, d] */
    double *block_loss, *scratch;
} fa__pair_reference;
fa_status fa__pair_reference_new(fa__pair_reference *reference, size_t n, size_t d);
void fa__pair_reference_free(fa__pair_reference *reference);
fa_status fa__pairwise_reference(float *d_z, fa__pair_group *group,
                                 const fa__pair_reference *memory);

/* f(i,j) + f(j,i) for rows i and j of `memory`, whose softmax is there; adds its gradient to g_i
 * and g_j [d], or to neither where g_i is NULL. Of the group, d, margin and divergence count. */
double fa__pair_hinge(double *g_i, double *g_j, const fa__pair_reference *memory,
                      const fa__pair_group *group, size_t i, size_t j);

/* D of two rows given by softmax and its logarithm; scratch [2, d]. */
double fa__pair_divergence(const double *log_p_i, const double *p_i, const double *log_p_j,
                           const double *p_j, double *scratch, size_t d, fa_divergence divergence);

/* Tests and benchmarks only: the way of the calls from now on. By default the reference does small
 * groups, and whether to sort rows and try bounds is judged from them. */
typedef enum fa__pair_path {
    FA__PAIR_AUTO,
    FA__PAIR_REFERENCE,
    FA__PAIR_TILES, /* all pairs in tiles */
    FA__PAIR_BOUNDS /* sorted, tiles where bounds do not decide */
} fa__pair_path;
void fa__pair_way(fa__pair_path way);

/* For tests, too: up to how many floats of log p and p together are kept from their making to the
 * end. The bytes that come out do not depend on it. */
enum { FA__PAIR_LASTING = 1 << 24 };
void fa__pair_lasting(size_t floats);

#endif
