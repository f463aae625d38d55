/* The hinge over all pairs of one group of rows (Eq. 7): the inner part of L_single, of L_multi for
 * one label, and of L_multi without labels. */
#ifndef FA_LOSS_PAIRWISE_H
#define FA_LOSS_PAIRWISE_H

#include "base/status.h"

/* n rows z_i of d logits, as fa__softmax gives them, and the f of Eq. 7. */
typedef struct fa__pair_group {
    const double *log_p; /* [n, d] */
    const double *p;     /* [n, d] */
    size_t n, d;
    double margin;
    fa_divergence divergence;
} fa__pair_group;

/* The sum of the hinge over ordered pairs of different rows, and its gradient.
 *
 *   loss = sum_{i != j} f(i,j),   f(i,j) = max(0, margin - D(i,j))
 *
 * loss     overwritten
 * d_z      [n, d] gradient of loss with respect to the logits z; overwritten; NULL skips it. A pair
 *          with D(i,j) >= margin gives none (at the kink the subgradient is 0).
 *
 * Degenerate: n <= 1 has no pairs: loss 0, gradient 0. d == 1: every D is 0, gradient 0.
 * Errors: FA_E_NOMEM, then loss is untouched and d_z undefined.
 * Threads: large groups are shared out by tiles of pairs; sums are taken in an order that does not
 * depend on the number of threads. Cost: O(n^2 d) time, O(n d / 8) extra memory.
 */
fa_status fa__pairwise_hinge(double *loss, double *d_z, const fa__pair_group *group);

#endif
