/* The losses of the paper, their baselines and the costs they are added to. */
#ifndef FORCED_APART_LOSS_H
#define FORCED_APART_LOSS_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Common to all losses
 *   - loss is overwritten. Gradients are overwritten too, have the shape of what they belong to and
 *     must not overlap an input; NULL skips one. All sums are taken in double, but see
 *     fa_loss_single and fa_loss_multi.
 *   - Finite input of any size gives a finite loss and gradient. A gradient entry beyond float32 is
 *     stored as the largest float of its sign.
 *   - Errors: FA_E_ARGUMENT for NULL where something is needed; FA_E_SHAPE for a matrix without
 *     rows or columns, or larger than memory; FA_E_NONFINITE for a NaN or infinity, with its row and
 *     column (counted from 0); FA_E_NOMEM. Outputs are untouched on error; after a stop by
 *     fa_stop_set gradients are undefined.
 *   - Threads: safe to call from several at once. Large input is shared among fa_threads_get()
 *     threads; the bytes of the result do not depend on how many. */

typedef enum fa_divergence {
    FA_DIVERGENCE_KL = 0, /* D(i,j) = sum_k p_ik (log p_ik - log p_jk), Eq. 7; 0 and up */
    FA_DIVERGENCE_JS      /* (KL(p_i, q) + KL(p_j, q)) / 2, q = (p_i + p_j) / 2, footnote 1;
                             0 to log 2 = 0.693, so that a margin above that never lets go */
} fa_divergence;

typedef enum fa_pair_norm {
    FA_PAIR_NORM_LABEL = 0, /* 1/N_y^2 for each label y (our reading of Eq. 8) */
    FA_PAIR_NORM_GLOBAL     /* 1/sum_y N_y^2 for all labels alike */
} fa_pair_norm;

typedef struct fa_loss_options {
    size_t size;  /* sizeof(fa_loss_options) */
    float margin; /* m of Eq. 7, in nats; > 0 and finite; 0.1 to 1 suits multi, 5 to 10 single */
    fa_divergence divergence;
    fa_pair_norm norm; /* used by fa_loss_multi with labels only, but must be valid everywhere */
} fa_loss_options;

/* L_single: forces the rows of a weight matrix apart.
 *
 *   L = sum_{i<j} f(i,j) + f(j,i),   f(i,j) = max(0, margin - D(i,j)),   p_i = softmax(row i of w)
 *                                                        Source: Forced Apart, section 3.1, Eq. 5-7
 *
 * loss     a sum, not a mean: 0 <= loss <= units (units - 1) margin
 * d_w      [units, inputs] gradient; each row sums to 0; a pair with D >= margin gives none
 * w        [units, inputs] row k holds the weights of unit k of the target layer
 * options  margin, divergence
 *
 * Degenerate: units == 1 has no pairs, loss 0 and gradient 0; inputs == 1, as rows that are all
 * equal, has D = 0: f is the margin, with gradient exactly 0. So has a pair of equal rows among
 * others, but for the rounding of the sums that it is part of.
 * Errors: as above; FA_E_ARGUMENT for an option out of its range.
 * Precision: which pairs have D < margin is decided as in double. Sums over up to 1024 rows are in
 * float32, beyond in double: relative error of the gradient some 1e-7 (2-norm), of the loss below
 * 5e-7. Double throughout for small input, margins below 0.01 or above 1e4, and where two entries
 * of a row are 1e4 apart (some 50 times slower).
 * Cost: O(units^2 inputs) time, with KL less where whole blocks of pairs are provably on one side
 * of the margin; 16 bytes of memory for each entry of w, of more than 8 M entries 8 (12 without
 * d_w), and some megabytes a thread. d_w and w must not overlap.
 */
FA_API fa_status fa_loss_single(double *loss, float *d_w, const float *w, size_t units,
                                size_t inputs, const fa_loss_options *options);

/* L_multi: forces the representations of alike-labelled samples of a batch apart.
 *
 *   L = sum_y 1/N_y^2 sum_{i,j with label y} f(i,j) + f(j,i),   p_i = softmax(row i of h)
 *   without labels:   L = 1/N^2 sum_{i,j} f(i,j) + f(j,i)
 *                                             Source: Forced Apart, section 3.2 and 3.3, Eq. 7-10
 *
 * Both (i,j) and (j,i) occur in the sum, and i = j too: f(i,i) = margin, a constant of
 * 2 margin / N_y for each label (FA_PAIR_NORM_LABEL) without gradient.
 *
 * loss     2 margin / N_y <= share of label y <= 2 margin (FA_PAIR_NORM_LABEL)
 * d_h      [n, d] gradient; each row sums to 0; a pair with D >= margin gives none
 * h        [n, d] outputs of the target layer
 * labels   [n] any values, equal or not is all that counts; NULL: no labels, Eq. 10. C does not
 *          tell how long an array is: one that is shorter than the batch cannot be noticed here, in
 *          no function that takes labels
 * options  margin, divergence, norm
 *
 * Degenerate: a label with one sample, as n == 1, gives 2 margin (FA_PAIR_NORM_LABEL) and no
 * gradient; one label alone is the form without labels; d == 1 and equal rows: as fa_loss_single.
 * Errors: as above; FA_E_ARGUMENT for an option out of its range.
 * Precision: as fa_loss_single.
 * Cost: O(d sum_y N_y^2) time, with KL less where whole blocks of pairs are provably on one side of
 * the margin; 16 bytes of memory for each entry of the largest label, of more than 8 M entries 8
 * (without d_h 4 for each of h more), 40 a sample, and some megabytes a thread; d_h and h must not
 * overlap. 128 x 64 in two labels: below 0.1 ms with KL, 0.2 with JS, on one core with AVX-512.
 */
FA_API fa_status fa_loss_multi(double *loss, float *d_h, const float *h, size_t n, size_t d,
                               const int32_t *labels, const fa_loss_options *options);

/* L_multi without some pairs: those that are known to belong together, as two views of a sample.
 *
 *   L = sum_y 1/N_y^2 sum_{i,j with label y, {i,j} not in P} f(i,j) + f(j,i)
 *                              held together: ours, not the paper's (docs/method.md); rest as Eq. 8
 *
 * that is fa_loss_multi minus the terms of P in both directions; N_y counts all rows of the label.
 *
 * pairs    [count, 2] rows of h, in any order; NULL ok where count is 0. A pair that is listed more
 *          than once, or as (j,i) too, is left out once; a row with itself and a pair of different
 *          labels change nothing (f(i,i), the constant of fa_loss_multi, stays)
 * the rest as fa_loss_multi
 *
 * Degenerate: no pairs: the bytes of fa_loss_multi. A row whose every pair is left out gets
 * gradient exactly 0; its label keeps its constant.
 * Errors: as fa_loss_multi; FA_E_ARGUMENT for a row out of range, with its pair.
 * Precision: P's terms are taken off in double, so errors are those of fa_loss_multi on these rows
 * and one rounding to float: relative to the gradient with all pairs (some 1e-7), not to what is
 * left of it where nearly all pairs of a label are left out.
 * Cost: fa_loss_multi and O(count (d + log count)) time; 24 bytes of memory more for each entry of
 * h, 16 a row, 8 a pair.
 */
FA_API fa_status fa_loss_multi_pairs(double *loss, float *d_h, const float *h, size_t n, size_t d,
                                     const int32_t *labels, const int32_t *pairs, size_t count,
                                     const fa_loss_options *options);

/* fa_loss_multi of rows that lie on several ranks (fa_ranks_start), where one could not hold them all: each calls it
 * with its own alone, and gets their gradient. The rows of rank 0 are the first, then those of rank 1, and so on.
 *
 * loss     of all rows, on every rank
 * d_h      [n, d]; where another rank fails it may be half written
 * h        [n, d] the rows of this rank; n may differ from rank to rank, and be 0; NULL ok where it is
 * labels   [n] of these; NULL on all ranks that have rows, or on none
 * options  as fa_loss_multi; they and d are the same on all ranks
 *
 * The bytes are those of fa_loss_multi, on any number of ranks, whoever has which rows.
 *
 * Degenerate: as fa_loss_multi.
 * Errors: as fa_loss_multi, one status and text on all ranks, rows being counted from the first of the rank;
 * FA_E_ARGUMENT where ranks disagree on d, options, or whether there are labels or a gradient.
 * Cost, with N rows on R ranks: of fa_loss_multi's time T, about 1.2 (1 / R + 1 / 3 (1 / R - 1 / R^2)) on each where
 * labels are large; (R - 1) (8 N d (1 + 1 / R) + 12 N) bytes between them for one label, less for more, and 8 d for
 * each row that another rank is dealt. Memory of a rank beside h and d_h: 12 bytes for each of N d / R entries, 28 for
 * each of N rows, and some megabytes a thread. A label that is done in double (see fa_loss_single) is one rank's as a
 * whole, with 28 bytes for each of its entries.
 */
FA_API fa_status fa_loss_multi_ring(double *loss, float *d_h, const float *h, size_t n, size_t d,
                                    const int32_t *labels, const fa_loss_options *options);

/* L_hold: holds the representations of positive pairs together.
 *
 *   L = 1/count sum_{(i,j) in P} 1/2 (D(i,j) + D(j,i)),   p_i = softmax(row i of h)
 *                                          held together: ours, not the paper's (docs/method.md)
 *
 * loss     0 and up; with FA_DIVERGENCE_JS at most log 2
 * d_h      [n, d] gradient; each row sums to 0; 0 for a row that is in no pair
 * h        [n, d] outputs of the target layer
 * pairs    [count, 2] rows of h: two views of a sample, a sample and its neighbour; NULL ok where
 *          count is 0. The mean is over the list: a pair listed twice counts twice, a row with
 *          itself counts as D = 0
 * options  divergence; the margin and the norm are not looked at
 *
 * Degenerate: no pairs, d == 1 and pairs of equal rows give loss 0 and gradient exactly 0.
 * Errors: as above; FA_E_ARGUMENT for a divergence out of range, or a row, with its pair.
 * Precision: double throughout; the loss of two rows that differ by s keeps some 1e-16 / s of
 * relative error, the gradient too.
 * Cost: O(n d + count d) time, 24 bytes of memory for each entry of h.
 */
FA_API fa_status fa_loss_hold(double *loss, float *d_h, const float *h, size_t n, size_t d,
                              const int32_t *pairs, size_t count, const fa_loss_options *options);

/* L_information: each row of few units, all rows together of many. Minimised, it is the negative
 * mutual information of row and unit where mu is 1.
 *
 *   L = 1/n sum_i H(p_i) - mu H(1/n sum_i p_i),   p_i = softmax(row i of h),   H: entropy in nats
 *   with labels: the mean over the labels of this for the rows of each
 *     held together: ours; without labels a term of IMSAT, Hu et al. 2017, arXiv:1702.08720
 *
 * loss     -mu log d <= loss <= log d
 * d_h      [n, d] gradient; each row sums to 0
 * h        [n, d] outputs of the target layer
 * labels   [n] any values, equal or not is all that counts; NULL: all rows together
 * mu       in [0, 1e30]; 1: the mutual information; 3 suits: above 1, units are pulled to equal use
 *
 * Degenerate: one row of a label: (1 - mu) H of it; equal rows: the same; d == 1: loss 0 and
 * gradient 0. Rows that are one-hot have gradient 0 whatever the loss.
 * Errors: as above; FA_E_ARGUMENT for mu out of range.
 * Precision: double throughout, an absolute error of the loss of some 1e-15 (1 + mu) log d.
 * Cost: O(n d) time; 16 bytes of memory for each entry of h, 24 a row.
 */
FA_API fa_status fa_loss_information(double *loss, float *d_h, const float *h, size_t n, size_t d,
                                     const int32_t *labels, double mu);

/* For classes of unequal size, which mu above 1 alone would cut and join to equal ones. */
typedef struct fa_information_options {
    size_t size;        /* sizeof(fa_information_options) */
    double mu;          /* as above */
    const float *prior; /* [d] > 0, sum 1: the share of the rows that each unit is to have (of each
                         * label's); mu H(mean) becomes -mu KL(mean || prior). NULL: none */
    double entropy_cap; /* in nats, > 0: mu H(mean) becomes mu min(H(mean), entropy_cap), so that
                         * use of the units is pulled no further than this; 0: none. Of k classes
                         * with shares s, H(s) is the cap that fits; not together with a prior */
} fa_information_options;

/* fa_loss_information with a prior or a cap. Errors: as there; FA_E_ARGUMENT for an option out of
 * its range, a prior that does not sum to 1 within 0.001, and both at once. */
FA_API fa_status fa_loss_information_with(double *loss, float *d_h, const float *h, size_t n,
                                          size_t d, const int32_t *labels,
                                          const fa_information_options *options);

/* InfoNCE within the coarse label, a baseline: tells each row's positive from the label's others.
 *
 *   L = 1/(2 |P|) sum_{(i,j) in P} l(i,j) + l(j,i)
 *   l(i,j) = -log [exp(s_ij / t) / sum_{k != i, same label} exp(s_ik / t)],   s: cosine of two rows
 *       Source: van den Oord et al. 2018, arXiv:1807.03748; Chen et al. 2020, arXiv:2002.05709 (of
 *       that form); within the coarse label: ANCOR, Bukchin et al. 2021, arXiv:2012.03515
 *
 * loss         0 <= loss <= log(n - 1) + 2 / t
 * d_h          [n, d] gradient; orthogonal to its row
 * h            [n, d] outputs of the target layer
 * labels       [n] any values, equal or not is all that counts; NULL: all rows alike
 * pairs        [count, 2] rows of h, positives; a pair listed twice counts twice; a row with itself
 *              and a pair of different labels do not count, in |P| neither
 * temperature  t, >= 0.001 and finite; 0.1 to 0.5 suit
 *
 * Degenerate: no pair that counts, or a label of two rows: loss 0, gradient 0. A row of zeros has
 * cosine 0 with all others and gradient 0.
 * Errors: as above; FA_E_ARGUMENT for the temperature or a row out of range.
 * Cost: O(d sum_y N_y^2) time in double, 16 bytes of memory for each entry of h, 24 a row.
 */
FA_API fa_status fa_loss_infonce(double *loss, float *d_h, const float *h, size_t n, size_t d,
                                 const int32_t *labels, const int32_t *pairs, size_t count,
                                 double temperature);

/* Share of the pairs that L_multi still pushes apart.
 *
 *   share = |{(i, j): i != j, same label, D(i,j) < margin}| / |{(i, j): i != j, same label}|
 *                                                                  Source: Forced Apart, Eq. 7
 *
 * share    one double in [0, 1]; overwritten; 0 where no two rows have the same label
 * h        [n, d] outputs of the target layer; give a sample of them
 * labels   [n]; NULL: all pairs. The rows of a weight matrix without labels give it for L_single
 * options  margin, divergence
 *
 * Errors: as above; FA_E_ARGUMENT for an option out of its range.
 * Cost: O(n^2 d) time, O(n d) memory.
 */
FA_API fa_status fa_loss_active_pairs(double *share, const float *h, size_t n, size_t d,
                                      const int32_t *labels, const fa_loss_options *options);

/* DeCov, a baseline: punishes covariance between different activations.
 *
 *   L = 1/2 (||C||_F^2 - ||diag C||^2),   C = 1/n sum_i (h_i - mean)(h_i - mean)^T
 *                                                   Source: Cogswell et al. 2015, arXiv:1511.06068
 *
 * d_h      [n, d] gradient; each column sums to 0
 * h        [n, d] activations of a batch
 *
 * Degenerate: n == 1 or d == 1 gives loss 0 and gradient 0.
 * Errors: as above. Cost: O(n d^2) time, O(n d + d^2) memory.
 */
FA_API fa_status fa_loss_decov(double *loss, float *d_h, const float *h, size_t n, size_t d);

/* XCov, a baseline: punishes covariance between activations and predicted labels.
 *
 *   L = 1/2 sum_ab (1/n sum_i (h_ia - mean_a)(yhat_ib - mean_b))^2
 *                                                     Source: Cheung et al. 2014, arXiv:1412.6583
 *
 * d_h, d_yhat   [n, d], [n, c] gradients; each column sums to 0
 * h, yhat       [n, d], [n, c] activations and predictions of a batch
 *
 * Degenerate: n == 1, or a constant h or yhat, gives loss 0 and gradients 0; c == 0 is FA_E_SHAPE.
 * Errors: as above. Cost: O(n d c) time, O(n (d + c) + d c) memory.
 */
FA_API fa_status fa_loss_xcov(double *loss, float *d_h, float *d_yhat, const float *h, size_t n,
                              size_t d, const float *yhat, size_t c);

/* Mean cross-entropy of logits against the labels of the coarse task.
 *
 *   c > 1:  L = 1/n sum_i -log softmax(logits_i)_{label i}
 *   c == 1: L = 1/n sum_i -log sigmoid(+-logit_i), + for label 1, - for label 0
 *
 * d_logits [n, c] gradient
 * logits   [n, c]
 * labels   [n] 0..c-1; 0 or 1 where c == 1; -1: the row has none, is not counted in n and gets
 *          gradient 0 (no row has one: loss 0)
 *
 * Errors: as above; FA_E_LABEL for a label out of range, with its index.
 * Cost: O(n c) time, no memory.
 */
FA_API fa_status fa_loss_cross_entropy(double *loss, float *d_logits, const float *logits, size_t n,
                                       size_t c, const int32_t *labels);

/* Mean cross-entropy of the clusters of a former training within their coarse labels: with the
 * cross-entropy of the labels, whose logits are the logsumexp of their units, it is that of all clusters
 * at once, -log p(cluster) = -log p(label) - log p(cluster | label). Not the paper's; DeepCluster (Caron
 * et al. 2018), here with no cluster across two labels.
 *
 *   L = 1/n sum_i -log( exp z_{i, c_i} / sum_{u in U(c_i)} exp z_iu )
 *
 * with c_i the cluster of row i and U(c_i) the units of its label, c_i rounded down to a multiple of
 * `units` and the next ones.
 *
 * d_z       [n, d] gradient; 0 outside U(c_i)
 * z         [n, d] a unit for each cluster, `units` for each label
 * units     divides d; 1: loss and gradient 0
 * clusters  [n] 0..d-1; -1: the row has none, is not counted in n and gets gradient 0 (no row has one:
 *           loss 0)
 *
 * Errors: as above; FA_E_ARGUMENT units; FA_E_LABEL a cluster out of range, with its index.
 * Cost: O(n d) time, no memory.
 */
FA_API fa_status fa_loss_clusters(double *loss, float *d_z, const float *z, size_t n, size_t d,
                                  size_t units, const int32_t *clusters);

/* Reconstruction cost of an autoencoder.
 *
 *   L = 1/n sum_i ||x_i - xhat_i||^2                     Source: Forced Apart, Eq. 11, first part
 *
 * d_xhat   [n, d] gradient with respect to xhat
 * x, xhat  [n, d] samples and their reconstructions
 *
 * Errors: as above. Cost: O(n d) time, no memory.
 */
FA_API fa_status fa_loss_reconstruction(double *loss, float *d_xhat, const float *x,
                                        const float *xhat, size_t n, size_t d);

#ifdef __cplusplus
}
#endif
#endif
