/* The hinge over all pairs of one group of rows (Eq. 7): the inner part of L_single, of L_multi for
 * one label, and of L_multi without labels. */
#ifndef FA_LOSS_PAIRWISE_H
#define FA_LOSS_PAIRWISE_H

#include "base/status.h"

/* Some rows of a matrix of logits, and the f of Eq. 7. */
typedef struct fa__pair_group {
    const float *z; /* [., d] */
    size_t *rows;   /* [n] which of them; may come back in another order */
    size_t n, d;
    double margin;
    fa_divergence divergence;
} fa__pair_group;

/* Memory for one group after another, so that nothing can fail once the first is begun. */
typedef struct fa__pair_space fa__pair_space;

/* For groups of up to n of the rows of z [rows, d] with this margin and divergence. Free with
 * fa__pair_space_free(), NULL ok. */
fa_status fa__pair_space_new(fa__pair_space **space, size_t n, const float *z, size_t rows,
                             size_t d, double margin, fa_divergence divergence);
void fa__pair_space_free(fa__pair_space *space);

/* The sum of the hinge over ordered pairs of different rows, and its gradient.
 *
 *   loss = sum_{i != j} f(i,j),   f(i,j) = max(0, margin - D(i,j))
 *
 * loss     overwritten
 * d_z      the gradient of loss with respect to the group's rows of z, times scale, is written to
 *          these rows of d_z; NULL skips it. A pair with D(i,j) >= margin gives none (at the kink
 *          the subgradient is 0).
 *
 * Which pairs are active is decided as in double; sums are float within a block of rows, double
 * beyond. Small groups, margins below 0.01 or above 1e4, and rows with a logit 1e4 below another
 * are done in double throughout, as by fa__pairwise_reference.
 *
 * Degenerate: n <= 1 has no pairs: loss 0, gradient 0. d == 1: every D is 0, gradient 0.
 * Errors: none with a space made for it.
 * Threads: large groups are shared out by blocks of rows; sums are taken in an order that does not
 * depend on the number of threads. Cost: O(n^2 d) time, less where whole blocks of pairs are
 * provably active or not; 16 bytes a logit and some megabytes a thread.
 */
fa_status fa__pairwise_hinge(double *loss, float *d_z, double scale, const fa__pair_group *group,
                             fa__pair_space *space);

/* The same by the equations in double, with its memory. */
typedef struct fa__pair_reference {
    double *log_p, *p, *d_z; /* [n, d] */
    double *block_loss, *scratch;
} fa__pair_reference;
fa_status fa__pair_reference_new(fa__pair_reference *reference, size_t n, size_t d);
void fa__pair_reference_free(fa__pair_reference *reference);
fa_status fa__pairwise_reference(double *loss, float *d_z, double scale,
                                 const fa__pair_group *group, const fa__pair_reference *memory);

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

#endif
