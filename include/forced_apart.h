/* forced-apart: finding the hidden classes inside coarse labels.
 *
 * The one public header. It implements "Forced Apart: Discovering Disentangled Representations
 * Without Exhaustive Labels"; equation numbers below are that paper's.
 *
 * Conventions
 *   - Every fallible function returns fa_status (FA_OK is 0) and leaves its outputs untouched on
 *     error. fa_error_detail() then tells, for the calling thread, what was found, where, and what
 *     would work.
 *   - Matrices are row-major float32. Inputs are borrowed for the call unless the text says
 * "copied".
 *   - A NULL gradient pointer is skipped; a gradient is overwritten, not added to.
 *   - Logarithms are natural. Non-finite input is FA_E_NONFINITE.
 *   - The library never prints, exits or aborts. Same seed, same bytes, any number of threads.
 *   - Functions on different objects may run on different threads at once.
 */
#ifndef FORCED_APART_H
#define FORCED_APART_H

#include <stddef.h>
#include <stdint.h>

#define FA_VERSION_MAJOR 0
#define FA_VERSION_MINOR 1
#define FA_VERSION_PATCH 0

#if defined(_WIN32) || !defined(__GNUC__)
#define FA_API
#define FA_PRINTF(text, first)
#else
#define FA_API                 __attribute__((visibility("default")))
#define FA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Status ================================================================================ */

/* One table drives the enum, the texts and the tests. */
#define FA_STATUS_TABLE(X)                                                                         \
    X(FA_OK, 0, "success")                                                                         \
    X(FA_E_ARGUMENT, 1, "an argument is out of its range")                                         \
    X(FA_E_SHAPE, 2, "sizes do not fit together")                                                  \
    X(FA_E_NONFINITE, 3, "a value is not finite")                                                  \
    X(FA_E_LABEL, 4, "the labels do not allow this")                                               \
    X(FA_E_NOMEM, 5, "out of memory")                                                              \
    X(FA_E_IO, 6, "reading or writing failed")                                                     \
    X(FA_E_FORMAT, 7, "a file is not what it should be")                                           \
    X(FA_E_RECIPE, 8, "the recipe does not fit")                                                   \
    X(FA_E_UNAVAILABLE, 9, "not built into this library")                                          \
    X(FA_E_STOPPED, 10, "stopped by the caller")

typedef enum fa_status {
#define FA_STATUS_ENUM(name, value, text) name = value,
    FA_STATUS_TABLE(FA_STATUS_ENUM)
#undef FA_STATUS_ENUM
} fa_status;

/* "MAJOR.MINOR.PATCH" of the library linked; a static string. */
FA_API const char *fa_version(void);

/* One line for a status code; a static string, "unknown status" for a value outside the table. */
FA_API const char *fa_status_text(fa_status status);

/* What went wrong in the last failed call of this thread: one line that names what was found,
 * where, and what would work. "" if nothing failed yet. Valid until this thread's next failing
 * call. */
FA_API const char *fa_error_detail(void);

/* A capability that depends on a library at build time; forced-apart info prints this table. */
typedef struct fa_capability {
    const char *name;    /* e.g. "onednn" */
    const char *purpose; /* e.g. "engine onednn" */
    const char *package; /* Debian package that brings it, e.g. "libdnnl-dev" */
    const char *version; /* of the library in use; NULL: not built in */
} fa_capability;

/* The table of capabilities, *count entries; static storage. */
FA_API const fa_capability *fa_capabilities(size_t *count);

/* Name of the widest SIMD kernels in use: "avx512vnni", "avx512", "avx2" or "portable". The
 * environment variable FORCED_APART_SIMD can lower the choice (for tests). */
FA_API const char *fa_simd_name(void);

/* Threads used by every later call, process-wide; 0: all cores. Results do not depend on it. */
FA_API void fa_threads_set(int threads);
FA_API int fa_threads_get(void);

/* Frees what the library allocated for the caller (arrays returned through out pointers). NULL ok.
 */
FA_API void fa_free(void *memory);

/* ==== Losses ================================================================================ */

/* Common to all losses
 *   - loss is overwritten. Gradients are overwritten too, have the shape of what they belong to and
 *     must not overlap an input; NULL skips one. All sums are taken in double, but see
 *     fa_loss_single and fa_loss_multi.
 *   - Finite input of any size gives a finite loss and gradient. A gradient entry beyond float32 is
 *     stored as the largest float of its sign.
 *   - Errors: FA_E_ARGUMENT for NULL where something is needed; FA_E_SHAPE for a matrix without
 * rows or columns, or larger than memory; FA_E_NONFINITE for a NaN or infinity, with its row and
 *     column (counted from 0); FA_E_NOMEM. Outputs are untouched on error.
 *   - Threads: safe to call from several at once. Large input is shared among fa_threads_get()
 *     threads; the bytes of the result do not depend on how many. */

typedef enum fa_divergence {
    FA_DIVERGENCE_KL = 0, /* D(i,j) = sum_k p_ik (log p_ik - log p_jk), Eq. 7; 0 and up */
    FA_DIVERGENCE_JS      /* (KL(p_i, q) + KL(p_j, q)) / 2, q = (p_i + p_j) / 2, footnote 1;
                             0 to log 2 = 0.693, so that a margin above that never lets go */
} fa_divergence;

typedef enum fa_pair_norm {
    FA_PAIR_NORM_LABEL = 0, /* 1/N_y^2 for each label y (the reading DESIGN pins for Eq. 8) */
    FA_PAIR_NORM_GLOBAL     /* 1/sum_y N_y^2 for all labels alike */
} fa_pair_norm;

typedef struct fa_loss_options {
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
 * of the margin; 16 bytes of memory for each entry of w, and some megabytes a thread.
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
 * labels   [n] any values, equal or not is all that counts; NULL: no labels, Eq. 10
 * options  margin, divergence, norm
 *
 * Degenerate: a label with one sample, as n == 1, gives 2 margin (FA_PAIR_NORM_LABEL) and no
 * gradient; one label alone is the form without labels; d == 1 and equal rows: as fa_loss_single.
 * Errors: as above; FA_E_ARGUMENT for an option out of its range.
 * Precision: as fa_loss_single.
 * Cost: O(d sum_y N_y^2) time, with KL less where whole blocks of pairs are provably on one side of
 * the margin; 16 bytes of memory for each entry of the largest label, 32 a sample, and some
 * megabytes a thread. 128 x 64 in two labels: below 0.1 ms with KL, 0.2 with JS, on one core with
 * AVX-512.
 */
FA_API fa_status fa_loss_multi(double *loss, float *d_h, const float *h, size_t n, size_t d,
                               const int32_t *labels, const fa_loss_options *options);

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

/* Cost of an autoencoder whose representations are forced apart.
 *
 *   L = (1 - alpha) * reconstruction + alpha * component            Source: Forced Apart, Eq. 11
 *
 * d_xhat       [n, d] gradient with respect to xhat: (1 - alpha) times that of the reconstruction
 * d_component  [m] in: the component's gradient; out: that times alpha; NULL: m is not looked at
 * x, xhat      [n, d] samples and their reconstructions
 * component    value of any loss above; finite
 * alpha        in [0, 1]; 0: reconstruction alone, 1: component alone
 *
 * Errors: as above, d_component counted as one row of m; FA_E_ARGUMENT for alpha out of range.
 * Cost: O(n d + m) time, no memory.
 */
FA_API fa_status fa_loss_autoencoder(double *loss, float *d_xhat, float *d_component, size_t m,
                                     const float *x, const float *xhat, size_t n, size_t d,
                                     double component, double alpha);

/* ==== Clustering and scores ================================================================= */

typedef struct fa_kmeans_options {
    size_t k;              /* clusters; 1 <= k <= n */
    size_t restarts;       /* runs from different starts, lowest inertia wins; >= 1, typical 10 */
    size_t max_iterations; /* updates of the centroids per run; >= 1, typical 300 */
    /* Stop when the summed squared moves of the centroids are <= tolerance * mean variance of the
     * columns; finite and >= 0, typical 1e-4, 0: until no row changes its cluster. */
    double tolerance;
    uint64_t seed;
} fa_kmeans_options;

/* k 0 (must be set), 10 restarts, 300 iterations, tolerance 1e-4, seed 0. */
FA_API fa_kmeans_options fa_kmeans_options_default(void);

/* Clusters rows by Lloyd's iteration from greedy k-means++ starts.
 *
 *   minimises  inertia = sum_i |x_i - c_(assignment of i)|^2
 *   Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii 2007; each next start is the
 *   best of 2 + log k draws. The experiments of Forced Apart cluster the target layer this way.
 *
 * centroids   [k, d]  float32, row-major; overwritten; NULL skips it
 * assignment  [n]     the nearest centroid of each row, 0..k-1; overwritten; NULL skips it
 * inertia     one double; overwritten; NULL skips it
 * x           [n, d]  float32, row-major; not modified; finite values of any size
 * seed        restart r draws from its own stream (seed, r); same seed, same bytes, for any
 *             number of threads and any SIMD level
 *
 * The three outputs fit together: assignment[i] is the centroid nearest to row i as returned
 *   (in double; ties: the lowest index) and inertia is the sum, in double, of those distances.
 *   Of runs with equal inertia the first wins.
 * Accuracy: centroids are the means of their rows, off by at most 2^-(62 - log2 n) (2^-50 for small
 *   n) of the largest |x - column mean|, then rounded to float32.
 * Degenerate cases: a cluster that runs empty takes over the row farthest from its own centroid
 *   (ties: the lowest index). Fewer distinct rows than k is no error: each distinct row gets a
 *   centroid, the surplus centroids repeat rows and have no rows of their own. A run cut off by
 *   max_iterations may leave an empty cluster. k == n: inertia 0.
 * Errors: FA_E_SHAPE n or d is 0; FA_E_ARGUMENT k is 0 or above n, restarts or max_iterations
 *   is 0, tolerance negative or not finite, x or options NULL; FA_E_NONFINITE a value of x,
 *   with its row and column; FA_E_NOMEM. Outputs untouched on error.
 * Memory: borrows x; allocates about its size again, and two numbers per row for each of up to
 *   16 runs that advance together.
 * Cost: O(n k d) for an iteration of a run at worst; rows that are surely still nearest to the
 *   same centroid are skipped. */
FA_API fa_status fa_kmeans_fit(float *centroids, int32_t *assignment, double *inertia,
                               const float *x, size_t n, size_t d,
                               const fa_kmeans_options *options);

/* Finds the nearest centroid of each row.
 *
 * assignment        [n]     0..k-1; overwritten; ties: the lowest index
 * squared_distance  [n]     |x_i - c|^2 to that centroid, computed in double and rounded (infinite
 *                           beyond the range of float32); overwritten; NULL skips it
 * x                 [n, d]  float32, row-major; not modified; finite
 * centroids         [k, d]  as returned by fa_kmeans_fit; not modified; finite; k may exceed n
 *
 * Errors: FA_E_SHAPE n or d is 0; FA_E_ARGUMENT k is 0 or above INT32_MAX, or assignment, x or
 *   centroids NULL; FA_E_NONFINITE a value, with its row and column; FA_E_NOMEM. Outputs
 *   untouched on error.
 * Memory: borrows its inputs, allocates about the size of x. Threads: same bytes for any
 *   number, and for any SIMD level. Cost: O(n k d). */
FA_API fa_status fa_kmeans_assign(int32_t *assignment, float *squared_distance, const float *x,
                                  size_t n, size_t d, const float *centroids, size_t k);

/* Principal components of rows: the orthogonal directions of largest variance.
 *
 *   C = 1/n sum_i (x_i - mean)(x_i - mean)^T,   C v_j = variance_j v_j,   |v_j| = 1
 *                                              Pearson 1901, doi:10.1080/14786440109462720
 *
 * mean        [d]     column means
 * components  [k, d]  row j is v_j; largest variance first; its largest entry is positive
 * variance    [k]     >= 0, of the rows along v_j, by 1/n (scikit-learn's explained_variance_ is
 *                     n / (n - 1) times that); below what rounding makes of none: 0
 * ratio       [k]     its share of the variance of all columns; 0 where there is none
 *                     all double, overwritten; NULL skips one
 * x           [n, d]  float32, row-major; not modified; finite values of any size
 * k           1..d; more than the rank of x is allowed
 *
 * Degenerate cases: one row, equal rows: every variance is 0, the components some orthonormal
 *   vectors. So are, among themselves, those of equal variances.
 * Accuracy: sums in double; a variance is off by about 1e-15 of the largest one.
 * Errors: FA_E_ARGUMENT x NULL, k out of its range; FA_E_SHAPE no rows, no columns, or more than
 *   32,768 of these; FA_E_NONFINITE a value, with its row and column; FA_E_UNAVAILABLE built
 *   without LAPACK (naming the packages); FA_E_NOMEM. Outputs untouched on error.
 * Memory: borrows x; 2 d^2 + 2 k d doubles and up to 9 MiB. Threads: same bytes for any number;
 *   the eigenproblem is solved on one, one call at a time, with the thread setting of OpenBLAS
 *   lowered meanwhile.
 * Cost: O(n d^2 + d^3). */
FA_API fa_status fa_pca_fit(double *mean, double *components, double *variance, double *ratio,
                            const float *x, size_t n, size_t d, size_t k);

/* Coordinates of rows along principal components.
 *
 *   out_ij = (x_i - mean) . v_j
 *
 * out         [n, k]  float32, overwritten; a value beyond float32 is the largest of its sign;
 *                     may be x where k == d
 * x           [n, d]  rows, those of fa_pca_fit or others; finite
 * mean        [d], components [k, d]: as fa_pca_fit gave them; finite; k in 1..d
 *
 * Errors: FA_E_ARGUMENT a NULL pointer, k out of its range; FA_E_SHAPE no rows or no columns;
 *   FA_E_NONFINITE with row and column; FA_E_NOMEM. out untouched on error.
 * Needs no LAPACK. Threads: same bytes for any number. Cost: O(n d k). */
FA_API fa_status fa_pca_apply(float *out, const float *x, size_t n, size_t d, const double *mean,
                              const double *components, size_t k);

/* The space in which rows are clustered. */
typedef enum fa_transform_kind {
    FA_TRANSFORM_NONE = 0, /* rows as they are */
    FA_TRANSFORM_UNIT,     /* each row at length 1; a row of zeros stays */
    FA_TRANSFORM_STANDARD, /* each column at mean 0 and variance 1; a constant one becomes 0 */
    FA_TRANSFORM_WHITEN    /* principal components, each at variance 1; one without variance is 0 */
} fa_transform_kind;

/* A transform fitted to some rows, to be applied to these and to others. Immutable, so any number
 * of threads may apply one at once. */
typedef struct fa_transform fa_transform;

/* Fits a transform to rows.
 *
 *   standard: (x - mean) / deviation    whiten: (x - mean) . v_j / deviation_j, v_j by fa_pca_fit
 *                                       deviations by 1/n
 *
 * out         free with fa_transform_free
 * components  of whiten: as many, 0: those with at least 0.1 % of the variance of all columns, and
 *             at least one. 0 for the other kinds
 * x           [n, d]  float32, row-major; not kept; finite
 *
 * Errors: FA_E_SHAPE no rows or no columns (whiten: more than 32,768); FA_E_NONFINITE with row and
 *   column; FA_E_ARGUMENT x NULL, a kind outside fa_transform_kind, components above d or with
 *   another kind than whiten; FA_E_UNAVAILABLE whiten without LAPACK; FA_E_NOMEM. *out untouched on
 *   error.
 * Memory: one number a column, whiten: d columns of them. Threads and cost: as fa_pca_fit. */
FA_API fa_status fa_transform_fit(fa_transform **out, fa_transform_kind kind, size_t components,
                                  const float *x, size_t n, size_t d);
FA_API void fa_transform_free(fa_transform *transform); /* NULL ok */

/* Columns of the result: d of the rows it was fitted to; whiten: its components. */
FA_API size_t fa_transform_columns(const fa_transform *transform);

/* Brings rows into the space of a fitted transform.
 *
 * out  [n, fa_transform_columns]  overwritten; may be x where that is d; a value beyond float32 is
 *                                 the largest of its sign
 * x    [n, d]  float32, row-major; finite; d as at the fit
 *
 * Errors: FA_E_ARGUMENT a NULL pointer; FA_E_SHAPE no rows, or another d; FA_E_NONFINITE with row
 *   and column; FA_E_NOMEM. out untouched on error. Threads: same bytes for any number.
 * Cost: O(n d), whiten O(n d columns). */
FA_API fa_status fa_transform_apply(float *out, const fa_transform *transform, const float *x,
                                    size_t n, size_t d);

/* The normaliser of AMI and NMI: a mean of the two entropies. The paper's are AMI with MAX and NMI
 * with GEOMETRIC; scikit-learn's default is ARITHMETIC. */
typedef enum fa_mean {
    FA_MEAN_MAX = 0,
    FA_MEAN_GEOMETRIC,  /* sqrt(H(U) H(V)) */
    FA_MEAN_ARITHMETIC, /* (H(U) + H(V)) / 2 */
    FA_MEAN_MIN
} fa_mean;

/* Adjusted mutual information of two labelings: 1 for the same partition, 0 as expected by chance.
 *
 *   AMI = (I(U;V) - E{I}) / (mean(H(U), H(V)) - E{I})
 *   Vinh, Epps and Bailey 2010, JMLR 11, eqs. 20 to 24: E{I} over all pairs of labelings with these
 *   class sizes (hypergeometric model), exactly.
 *
 * out   one double; overwritten
 * u, v  [n]  class names, any int32, need not be dense; not modified
 * n     items; 1 <= n < 2^32
 * mean  the normaliser
 *
 * Range: up to 1; below 0 where they agree less than chance. Symmetric in u and v and unchanged
 *   by renaming classes, to the last bit.
 * Degenerate cases, as scikit-learn has them: the same partition 1 (n == 1, one class on both
 *   sides and all singletons on both sides included); one class on one side only 0; all
 *   singletons on one side only, where I = E{I}: 0, and 1 with FA_MEAN_MIN, whose normaliser is
 *   that same value (scikit-learn divides rounding by rounding there and mostly ends near 1).
 * Accuracy: about 1e-15 absolute. scikit-learn's own error grows with n and the number of
 *   classes: up to 1e-12 at n = 200, 1e-10 at n = 3,000 with thousands of classes.
 * Errors: FA_E_SHAPE n is 0 or 2^32 and more; FA_E_ARGUMENT a NULL pointer or a mean outside
 *   fa_mean; FA_E_NOMEM. out untouched on error.
 * Memory: borrows u and v; O(n). Threads: same bytes for any number. Cost: O(n) for the counts,
 *   then the width of a hypergeometric distribution for each pair of distinct class sizes. */
FA_API fa_status fa_score_ami(double *out, const int32_t *u, const int32_t *v, size_t n,
                              fa_mean mean);

/* Normalised mutual information of two labelings.
 *
 *   NMI = I(U;V) / mean(H(U), H(V))        Vinh, Epps and Bailey 2010, table 2
 *
 * Arguments, symmetry, errors and memory: as fa_score_ami. Cost: O(n).
 * Range: [0, 1]; the same partition 1 (n == 1 and one class on both sides included), one class
 *   on one side only 0. Not corrected for chance: it grows with the number of classes. */
FA_API fa_status fa_score_nmi(double *out, const int32_t *u, const int32_t *v, size_t n,
                              fa_mean mean);

/* Adjusted Rand index of two labelings: the share of pairs of items on which they agree, corrected
 * for chance.
 *
 *   ARI = 2 (a d - b c) / ((a + b) (b + d) + (a + c) (c + d))
 *   a: pairs together in both, b: in u only, c: in v only, d: in none
 *   Hubert and Arabie 1985, doi:10.1007/BF01908075
 *
 * Arguments, symmetry, errors and memory: as fa_score_ami. Cost: O(n).
 * Range: [-0.5, 1]; the same partition 1 (n == 1, one class and all singletons on both sides
 *   included), one class or all singletons on one side only 0. */
FA_API fa_status fa_score_ari(double *out, const int32_t *u, const int32_t *v, size_t n);

/* Mean silhouette of a clustering: how much nearer rows are to their own cluster than to the next.
 *
 *   s_i = (b_i - a_i) / max(a_i, b_i),   a_i: mean distance to the other rows of the cluster of i,
 *   b_i: the smallest mean distance to the rows of another cluster     Rousseeuw 1987,
 *                                                              doi:10.1016/0377-0427(87)90125-7
 *
 * out       one double, the mean of s_i; overwritten
 * x         [n, d]  float32, row-major; not modified; finite
 * clusters  [n]     0..k-1; not modified; a cluster may be empty
 *
 * Range: [-1, 1]; above 0.5 well apart, below 0.25 hardly. A row alone in its cluster counts 0, and
 *   so does each row where one cluster holds all, or where all distances are 0.
 * Errors: FA_E_SHAPE n or d is 0; FA_E_ARGUMENT a NULL pointer, k 0 or above n; FA_E_LABEL a
 *   cluster out of range, with its row; FA_E_NONFINITE; FA_E_NOMEM. out untouched on error.
 * Memory: O(n + k threads). Threads: same bytes for any number. Cost: O(n^2 d): take a sample. */
FA_API fa_status fa_score_silhouette(double *out, const float *x, size_t n, size_t d,
                                     const int32_t *clusters, size_t k);

/* The best matching of clusters and classes: each cluster at most one class and each class at most
 * one cluster, so that as many items as possible are where they belong.
 *
 *   maximises  agreed = sum over matched pairs of counts[cluster, class]
 *                                        Kuhn 1955 (Hungarian method), doi:10.1002/nav.3800020109
 *
 * match   [k]     class of each cluster, -1: none is left for it or shares an item; overwritten
 * agreed  items in matched pairs; agreed / all items is the clustering accuracy; NULL skips it
 * counts  [k, c]  items of each cluster and class; not modified
 *
 * Errors: FA_E_SHAPE k or c is 0; FA_E_ARGUMENT NULL; FA_E_NOMEM. Outputs untouched on error.
 * Threads: safe. Cost: O(max(k, c)^3). */
FA_API fa_status fa_match_clusters(int32_t *match, size_t *agreed, const size_t *counts, size_t k,
                                   size_t c);

/* For each unit of a layer and each class, the samples for which that unit is the most active one.
 *
 *   counts[u, y] = |{i: class of i is y, u = argmax_v h_iv}|    Source: Forced Apart, Figure 2
 *
 * counts   [d, c]  overwritten; ties: the lowest unit
 * silent   rows whose entries are all equal (d > 1), such as a ReLU layer's rows of zeros: no unit
 *          is the most active one, and they are not in counts; NULL skips it
 * h        [n, d]  outputs of the layer; not modified; finite
 * classes  [n]     0..c-1
 *
 * Errors: FA_E_SHAPE n, d or c is 0; FA_E_ARGUMENT NULL; FA_E_LABEL a class out of range, with its
 *   row; FA_E_NONFINITE. Outputs untouched on error. Threads: safe. Cost: O(n d). */
FA_API fa_status fa_activation_counts(size_t *counts, size_t *silent, const float *h, size_t n,
                                      size_t d, const int32_t *classes, size_t c);

/* ==== How many clusters ===================================================================== */

typedef struct fa_sweep_options {
    size_t k_low, k_high;   /* 2 <= k_low <= k_high <= rows of a subsample */
    size_t restarts;        /* KMeans runs of one start each; 2 to 1000, typical 5 */
    size_t subsamples;      /* draws without return; 2 to 1000, typical 5 */
    double share;           /* of the rows in a subsample; above 0.5 and at most 1, typical 0.8 */
    size_t rows;            /* rows looked at, drawn by the seed; 0 or n and more: all */
    size_t silhouette_rows; /* of those, the rows of the silhouette; 0: all */
    uint64_t seed;
} fa_sweep_options;

/* k 2 to 20, 5 restarts, 5 subsamples of 0.8, 4,000 rows, 2,000 for the silhouette, seed 0. */
FA_API fa_sweep_options fa_sweep_options_default(void);

typedef struct fa_sweep_row {
    size_t k;
    double inertia;                /* of the best restart, per row: the mean squared distance */
    double silhouette;             /* of that restart, on silhouette_rows rows */
    double restart_stability;      /* mean ARI of all pairs of restarts */
    double stability;              /* mean ARI of all pairs of subsamples, on the rows both hold */
    double stability_deviation;    /* standard deviation over those pairs */
    double ami, ami_low, ami_high; /* AMI_max of the restarts against the truth: mean, range; NaN
                                      without truth */
} fa_sweep_row;

/* KMeans for each k of a range, judged without labels.
 *
 *   stability_k = mean over pairs (a, b) of ARI(C_a, C_b) on the overlap of subsamples a and b,
 *   C_a the best of `restarts` clusterings of subsample a into k
 *                              Ben-Hur, Elisseeff and Guyon 2002; the silhouette: Rousseeuw 1987
 *
 * rows     [k_high - k_low + 1], by k; overwritten
 * x        [n, d]  float32, row-major; not modified; finite
 * truth    [n] classes, for the AMI alone: nothing else depends on them; NULL: none
 *
 * Errors: FA_E_ARGUMENT NULL, or an option out of its range (naming it); FA_E_SHAPE n or d is 0;
 *   FA_E_NONFINITE; FA_E_NOMEM. rows untouched on error.
 * Memory: 4 silhouette_rows^2 bytes, and 4 rows (restarts + subsamples) for each k. Threads: same
 *   bytes for any number. Cost: restarts (1 + share subsamples) KMeans runs on `rows` rows for
 *   each k; the defaults with d = 64: about a second on two cores. */
FA_API fa_status fa_sweep_run(fa_sweep_row *rows, const float *x, size_t n, size_t d,
                              const int32_t *truth, const fa_sweep_options *options);

typedef enum fa_confidence {
    FA_CONFIDENCE_LOW = 0, /* another k is as good, or it is the last one, or the clusters hold
                              neither apart nor together */
    FA_CONFIDENCE_MEDIUM,  /* silhouette above 0.5 and stability from 0.8 on */
    FA_CONFIDENCE_HIGH     /* silhouette above 0.7 and stability from 0.9 on */
} fa_confidence;

/* "low", "medium" or "high"; NULL outside the enum. A static string. */
FA_API const char *fa_confidence_name(fa_confidence confidence);

typedef struct fa_sweep_choice {
    size_t k;
    fa_confidence confidence;
    char why[320]; /* one sentence with the numbers, and what speaks against it */
} fa_sweep_choice;

/* Suggests k from a sweep: the one with the largest silhouette * stability (either counted as 0
 * where negative; ties: the smallest k), and says how sure that is.
 *
 * choice   overwritten
 * rows     [count] of fa_sweep_run, in ascending k
 * beyond   only k above this is suggested: the number of coarse labels, which the network was
 *          trained to keep apart anyway; 0: any
 *
 * A rule of thumb, not a test: representations without separate clusters get a k too, with
 * FA_CONFIDENCE_LOW. Another k within 5 % of the best score counts as good as it.
 * Errors: FA_E_ARGUMENT NULL, or no k above `beyond`; FA_E_NONFINITE. choice untouched on error. */
FA_API fa_status fa_sweep_choose(fa_sweep_choice *choice, const fa_sweep_row *rows, size_t count,
                                 size_t beyond);

/* ==== Data ================================================================================== */

typedef enum fa_kind {
    FA_KIND_SERIES = 0, /* ragged: sample i is [steps_i, features] float32 */
    FA_KIND_IMAGES,     /* [height, width, channels] uint8 */
    FA_KIND_TEXT,       /* UTF-8, any length */
    FA_KIND_VECTORS     /* [features] float32 */
} fa_kind;

/* Samples of one kind, with or without fine classes (the hidden ones). Immutable once made, so any
 * number of threads may read one at once. */
typedef struct fa_dataset fa_dataset;

typedef struct fa_read_options {
    /* Files of labels beside the data, by a path or a name below the data folder, in place of what
     * the data bring themselves; NULL: none. By content: .npy or IDX, a number a row (coarse: below
     * 0 is none); text, a word a line (coarse: an empty line or "?" is none); a table with a column
     * row (from 0), file, name or id and a column label. */
    const char *label_file;  /* coarse labels */
    const char *hidden_file; /* classes; NULL: taken from the data, or found beside them by the
                                official name, or none */
    const char *split; /* "train" or "test" where one folder holds both, else not used; NULL: must
                          not be needed */
    /* Tables: columns by name, or by number from 1 where none is named so; NULL: none. */
    const char *label_column;   /* coarse labels, any words; an empty field: none */
    const char *hidden_column;  /* classes, any words */
    const char *text_column;    /* the samples are its texts, and other columns are not used */
    const char *ignore_columns; /* several, with commas between */
    const char *missing;  /* what is done about missing values of vectors, tables and series: "drop"
                             (leave such samples out), "zero", "forward" (series: the value before);
                             NULL: they are refused */
    int columns_optional; /* non-zero: a label, hidden or ignored column that the table does not
                             have is done without; fa_dataset_absent_columns names them. Data that
                             are no table have none of them */
} fa_read_options;

/* Reads a data set, recognised by its content, not by its name:
 *
 *   IDX images       magic 0x00000803 (unsigned bytes, [n, height, width]), gzipped or not. Classes
 *                    lie beside "X-images-idx3-ubyte" as "X-labels-idx1-ubyte" ('.' for the second
 *                    '-' and ".gz" are understood).
 *   CIFAR-10         the binary batches (records of a class and 32 x 32 x 3 bytes by planes): one
 *                    file, a folder of "data_batch_1.bin" ... "data_batch_5.bin" and
 *                    "test_batch.bin", or the official .tar.gz; "batches.meta.txt" names class k
 *                    on line k + 1.
 *   image folder     CLASS/FILE, or train/CLASS/FILE and test/CLASS/FILE, or FILE alone;
 *                    files .jpg, .jpeg, .png of one size and channel count, 8 bits, grey or RGB
 *                    (palettes become RGB). Classes are the sorted names of the folders of both
 *                    splits; samples come by class, then by file name. Other files are counted as
 *                    left out, hidden ones passed over.
 *   .npz             series: points [total, features], offsets [n + 1] (from 0 to total, not
 *                    decreasing), labels [n] (may be absent); any numeric dtype. Sequence i is rows
 *                    offsets[i] .. offsets[i + 1] of points; those of no step are left out.
 *                    Or vectors: x, X or data [n, features]. Classes may be named labels, y or
 *                    classes; coarse [n] are given coarse labels (below 0: none).
 *   .npy             vectors: a matrix [n, features] of any numeric dtype, byte order and order of
 *                    memory; NaN are missing values. Images: uint8 [n, height, width] or [n,
 * height, width, channels] of 1 or 3 channels, in C order. Classes lie beside "NAME.npy" as
 *                    "NAME-labels.npy" or "NAME-labels.txt".
 *   table            CSV rows with tabs, semicolons or commas between (whichever the first line has
 *                    most of). A first row without a number, or with the name of a column of the
 *                    options, holds the names. All columns but those of the options are numbers:
 *                    vectors; or the text_column has texts. Empty, NA, N/A, NaN, null and ? are
 *                    missing values. Words as classes or labels are numbered in order, whole
 *                    numbers as classes are kept.
 *   long table       one whose first two columns are named id and time: series, a row a step. Rows
 *                    of an id may stand anywhere and are put in order of time; labels must agree.
 *   stroke folder    published text files "trainimg-N-inputdata.txt" or "testimg-...", lines of
 *                    dx dy eos eod; classes in "trainlabels.txt" or "testlabels.txt", label N on
 *                    line N + 1. Numbers N without a file are reported as left out.
 *   labelled text    CSV rows of class,"title","text" without a header (at least one column of
 *                    text; the columns, joined by a blank, are the text), UTF-8, quotes doubled;
 *                    classes count from 1 there and from 0 here. A file, a folder with train.csv
 *                    and test.csv, or a .tar.gz of them; classes.txt beside them names class k on
 *                    line k.
 *
 *   .ts              series as in the UCR and UEA archives: a dimension a feature, all of a case of
 *                    one length, '?' missing, the class last; without time stamps
 *   .txt             texts, one a line, empty ones too; by its name, which must end in .txt
 *   text folders     CLASS/NAME.txt (or names without a '.', as 20 Newsgroups has), in the order
 *                    of the names; the folders name the classes
 *
 * out        the data set; free with fa_dataset_free
 * path       a file or a folder
 * options    NULL: none
 *
 * Range: a data set has at least one sample; every series at least one step; all values finite.
 * Errors: FA_E_FORMAT for damaged, cut or unknown content (naming its first bytes and what is
 * known), FA_E_SHAPE if labels or arrays are of another length than the data or images of another
 * size than the first (naming both), FA_E_NONFINITE naming sequence and step, FA_E_LABEL for a
 * stroke file without a label, or a label file whose rows are not those of the data, FA_E_ARGUMENT
 * for a split that is unknown, absent or needed; FA_E_UNAVAILABLE for CSV without libcsv, JPEG
 * without libjpeg, PNG without libpng; FA_E_IO; FA_E_NOMEM. out untouched on error. Memory: the
 * whole file (of an image folder a file a thread) and the data set; but .npy of float32
 * (little-endian, C order) or of images, and IDX images, of 4 MiB and more, not gzipped, are
 * mapped: the values stay in the file, which must stay as it is until fa_dataset_free. Threads:
 * safe; image files are decoded in parallel, to the same bytes. Cost: one pass over the data. */
FA_API fa_status fa_dataset_read(fa_dataset **out, const char *path,
                                 const fa_read_options *options);

/* Writes series or vectors as .npz, as fa_dataset_read and numpy.load read it: points (int16 where
 * all values are whole and fit, else float32), offsets int64; or x float32; labels int32 if there
 * are classes, coarse int32 if there are given coarse labels (their numbers, not their names).
 *
 * The same data give the same bytes. Errors: FA_E_ARGUMENT for images and texts; FA_E_IO;
 * FA_E_NOMEM. Atomic: the file is complete or absent. Threads: safe for different paths. Cost: one
 * pass, little memory.
 */
FA_API fa_status fa_dataset_write(const fa_dataset *dataset, const char *path);

/* Frees a data set and all that its accessors returned; NULL ok. */
FA_API void fa_dataset_free(fa_dataset *dataset);

FA_API fa_kind fa_dataset_kind(const fa_dataset *dataset);

/* Samples; at least 1. */
FA_API size_t fa_dataset_count(const fa_dataset *dataset);

/* Values per step of a series or of a vector, or height * width * channels of an image; 0 for
 * texts. */
FA_API size_t fa_dataset_features(const fa_dataset *dataset);

/* The fine classes [count], any int32 values; NULL if there are none. Lives as the data set. */
FA_API const int32_t *fa_dataset_classes(const fa_dataset *dataset);

/* The name of a fine class, as the data set has it (UTF-8 where its file is); NULL if it names none
 * so. Lives as the data set. */
FA_API const char *fa_dataset_class_name(const fa_dataset *dataset, int32_t class_);

/* Given coarse labels [count], 0, 1, ...; -1 where a sample has none; NULL if the data bring none
 * beside the classes. Lives as the data set. */
FA_API const int32_t *fa_dataset_coarse(const fa_dataset *dataset);

/* The name of a given coarse label; NULL for any other number. Lives as the data set. */
FA_API const char *fa_dataset_coarse_name(const fa_dataset *dataset, int32_t label);

/* What the data call sample i: the name of its file within the folder (images, texts), or the id of
 * its series in a long table; NULL if they name none. Lives as the data set. */
FA_API const char *fa_dataset_sample_name(const fa_dataset *dataset, size_t i);

/* The row of the data, from 0, that sample i was: i, but where rows before it were left out. */
FA_API size_t fa_dataset_row(const fa_dataset *dataset, size_t i);

/* What fa_read_options.columns_optional made the reader do without: "colour, kind", or "". Lives as
 * the data set. */
FA_API const char *fa_dataset_absent_columns(const fa_dataset *dataset);

/* The name of feature i, from 0, where they are columns of a table with a row of names; NULL: none.
 * Lives as long as the data set. */
FA_API const char *fa_dataset_column_name(const fa_dataset *dataset, size_t i);

/* Vector i: [features], all finite; lives as long as the data set. NULL if i is out of range or the
 * kind is another. */
FA_API const float *fa_dataset_vector(const fa_dataset *dataset, size_t i);

/* What the reader noticed that is no error (a column that is constant, say), one line; "" if
 * nothing. Lives as the data set. */
FA_API const char *fa_dataset_note(const fa_dataset *dataset);

/* Sample i of a series data set: [*steps, features], lives as long as the data set; NULL if i is
 * out of range or the kind is another. */
FA_API const float *fa_dataset_series(const fa_dataset *dataset, size_t i, size_t *steps);

/* Image i: [height, width, channels] bytes, lives as long as the data set; NULL if i is out of
 * range or the kind is another. */
FA_API const uint8_t *fa_dataset_image(const fa_dataset *dataset, size_t i, size_t *height,
                                       size_t *width, size_t *channels);

/* Text i: *bytes bytes of UTF-8, not ended by 0; lives as long as the data set. NULL if i is out of
 * range or the kind is another. */
FA_API const char *fa_dataset_text(const fa_dataset *dataset, size_t i, size_t *bytes);

/* Records that were left out when this data set was read or made. *why, if why is not NULL: the
 * reason with the first of them ("" if none), lives as long as the data set. */
FA_API size_t fa_dataset_skipped(const fa_dataset *dataset, const char **why);

/* Pen-stroke sequences from images of handwriting: threshold, two passes of thinning, removal of
 * specks, the shortest of ten nearest-neighbour tours with random ties.
 *
 *   a pixel: dx dy 0 0; a pen lift: 0 0 1 0; the end: 0 0 1 1          Source: docs/strokes.md
 *
 * *out     a new series data set, features 4 (columns dx dy eos eod); line 1 is the 1-based start
 * images   grey images (1 channel), sides 1..4096, at least one; borrowed; its classes are copied
 * seed     breaks ties between equally near pixels; about 90 % of MNIST digits do not depend on it
 * split    0 train, 1 test by custom; image i draws from the stream (seed, split, i) alone
 *
 * Limits: an image without ink, or of which thinning leaves only specks of one or two pixels, is
 * left out; fa_dataset_skipped tells how many and why; the classes stay with their images.
 * Errors: FA_E_ARGUMENT not images, or no image has strokes; FA_E_SHAPE no image, more than one
 * channel, a side out of range; FA_E_NOMEM. *out untouched on error.
 * Memory: *out is the caller's, free with fa_dataset_free. 22 bytes of scratch a pixel and thread.
 * Threads: safe; the bytes do not depend on fa_threads_set. Cost: O(height width + p (1 + j)) an
 * image of p skeleton pixels with j jumps; 60,000 MNIST digits take seconds. */
FA_API fa_status fa_strokes_from_images(fa_dataset **out, const fa_dataset *images, uint64_t seed,
                                        uint32_t split);

/* Made-up pen-stroke digits in the same form on the same 28 x 28 grid: glyphs of several hands for
 * each digit, bent, slanted, turned, jittered, drawn by a pen of varying speed that may skip.
 *
 * *out     a new series data set, features 4 (columns dx dy eos eod), with classes 0..9
 * n        digits to make, 1..2^32 - 1; every ten from sample 10 k on are the ten classes, shuffled
 * seed     sample i depends on (seed, split, i) alone: a larger n adds samples, it changes none
 * split    0 train, 1 test by custom: other digits of the same kind
 *
 * Range: like the real set, about 40 lines and 1.3 strokes a digit, dx and dy within -27..28.
 * Errors: FA_E_ARGUMENT n out of range; FA_E_NOMEM. *out untouched on error.
 * Memory: *out is the caller's, free with fa_dataset_free.
 * Threads: safe; the bytes do not depend on fa_threads_set. Cost: O(n); 100,000 digits a second. */
FA_API fa_status fa_strokes_synthesize(fa_dataset **out, size_t n, uint64_t seed, uint32_t split);

/* Coarse groups from fine classes by a written rule.
 *
 *   rule = group / group ...   group = range, range ...   range = class or low-high
 *   "0-4 / 5-9"   "0,2,4 / 1,3,5-9"   blanks are free; classes are numbers >= 0
 *
 * coarse     [n] index of the group, from 0 in the order of the rule; overwritten
 * n_groups   their number, at least 2
 * classes    [n] fine classes; not modified
 *
 * A class of the rule that no sample has is fine as long as its group has a sample.
 * Errors: FA_E_ARGUMENT for a rule that does not read, with the position in it; FA_E_LABEL for one
 * group only, a class named twice, a class in no group (which, how many samples), a group no sample
 * falls into, classes NULL; FA_E_NOMEM. Outputs untouched on error.
 * Threads: safe. Cost: O(n * ranges). */
FA_API fa_status fa_groups_apply(int32_t *coarse, size_t *n_groups, const char *rule,
                                 const int32_t *classes, size_t n);

/* Where a data path given by a person leads: the path itself if something is there, else the same
 * below the data folder ($FORCED_APART_DATA, else $XDG_DATA_HOME/forced-apart, else
 * ~/.local/share/forced-apart). name
 * "" gives the data folder itself, whether or not it is there. FA_E_IO names every place that was
 * tried. Free *out with fa_free. */
FA_API fa_status fa_data_path(char **out, const char *name);

/* Reads a matrix from an .npy file.
 *
 * out    [n, d] row-major float32; free with fa_free
 * n, d   both >= 1; a 1-D file reads as n rows of 1
 *
 * Format 1.0 to 3.0; bool, int8 to int64, uint8 to uint64, float16 to float64; either byte order; C
 * or Fortran order. Values are rounded to float32.
 * Errors: FA_E_FORMAT for a file that is cut, too long or damaged, or of another dtype (text,
 * objects, complex ...); FA_E_SHAPE for an empty array or one of 0 or more than 2 dimensions;
 * FA_E_NONFINITE for NaN, infinity, or a number beyond float32, with row and column from 0;
 * FA_E_IO; FA_E_NOMEM. Sizes are checked against the file before anything is allocated. Outputs
 * untouched on error. Threads: safe. Cost: one pass; memory for file and matrix. */
FA_API fa_status fa_matrix_read(float **out, size_t *n, size_t *d, const char *path);

/* Writes x [n, d] as an .npy file of float32; n, d >= 1, all values finite.
 * Errors: FA_E_SHAPE, FA_E_NONFINITE (nothing is written), FA_E_IO. Atomic. */
FA_API fa_status fa_matrix_write(const char *path, const float *x, size_t n, size_t d);

/* Reads labels: an .npy file of one column (any numeric dtype, whole values), IDX labels (magic
 * 0x00000801), or text with one integer a line; recognised by content, gzipped or not.
 *
 * out   [n] int32, n >= 1; free with fa_free
 *
 * Errors: FA_E_FORMAT for a damaged file or a value that is not whole or does not fit int32, with
 * its row (from 0) or line (from 1); FA_E_SHAPE for an array that is not one column; FA_E_IO;
 * FA_E_NOMEM. Outputs untouched on error. Threads: safe. */
FA_API fa_status fa_labels_read(int32_t **out, size_t *n, const char *path);

/* Writes labels [n], n >= 1, as an .npy file of int32. Errors: FA_E_SHAPE, FA_E_IO. Atomic. */
FA_API fa_status fa_labels_write(const char *path, const int32_t *labels, size_t n);

/* A copy of the first `count` samples, for a quick trial on a part.
 *
 * out      the copy; free with fa_dataset_free; `of` may be freed before it
 * count    1 to fa_dataset_count(of)
 *
 * Nothing counts as left out of it. Errors: FA_E_ARGUMENT for another count; FA_E_NOMEM. Threads:
 * safe. Cost: the memory of the copy. */
FA_API fa_status fa_dataset_first(fa_dataset **out, const fa_dataset *of, size_t count);

/* Samples as rows of numbers of one width: what there is to cluster without any training.
 *
 *   vectors  their values                 images  their pixels, 0 to 255
 *   series   the steps one after another, zeros behind the end; the first 256 of longer ones
 *   texts    for each of the 1,000 most frequent words (of these texts) how often it occurs
 *
 * out      [n, *d]; free with fa_free
 * samples  [n] below fa_dataset_count; NULL: all (n is then its count)
 *
 * Errors: FA_E_ARGUMENT NULL, n 0 or a sample out of range; FA_E_UNAVAILABLE texts without
 * utf8proc; FA_E_NOMEM. Outputs untouched on error. Threads: safe. Cost: one pass, n * *d floats.
 */
FA_API fa_status fa_dataset_matrix(float **out, size_t *d, const fa_dataset *data,
                                   const size_t *samples, size_t n);

/* ==== Recipes =============================================================================== */

/* What to train on what: every key, its type, default and text stand in one table. */
typedef struct fa_recipe fa_recipe;

typedef struct fa_recipe_key {
    const char *name;          /* "section.key", as in --set loss.margin=0.5 */
    const char *default_value; /* as text */
    const char *allowed;       /* "> 0", "none|single|multi|decov|xcov", ... */
    const char *text;          /* one line */
} fa_recipe_key;

/* The table of keys, *count entries; static storage. */
FA_API const fa_recipe_key *fa_recipe_keys(size_t *count);

/* A recipe with all defaults; free with fa_recipe_free. Errors: FA_E_NOMEM. */
FA_API fa_status fa_recipe_create(fa_recipe **out);

/* A recipe from an .ini file: `[section]`, `key = value`, comments after ';' at the start of a
 * line. Keys that it does not set keep their defaults. Errors: FA_E_IO, FA_E_NOMEM; FA_E_RECIPE
 * naming file and line for an unknown key, one that stands there twice, a value out of its range,
 * or a line that is none of these. Free with fa_recipe_free. */
FA_API fa_status fa_recipe_read(fa_recipe **out, const char *path);

/* Sets one key ("loss.margin") from text, which is copied. Errors: FA_E_RECIPE for an unknown key
 * (naming the nearest) or a value out of range (naming the range and one that works); the recipe is
 * then as before. */
FA_API fa_status fa_recipe_set(fa_recipe *recipe, const char *key, const char *value);

/* The value of a key as text, or NULL for an unknown key; valid until the key is set again. */
FA_API const char *fa_recipe_get(const fa_recipe *recipe, const char *key);

/* Writes every key with its value as .ini; the file is complete or absent. Errors: FA_E_IO. */
FA_API fa_status fa_recipe_write(const fa_recipe *recipe, const char *path);

FA_API void fa_recipe_free(fa_recipe *recipe); /* NULL ok */

/* Reads a data set as a recipe says: columns, missing values.
 *
 * out    free with fa_dataset_free
 * name   a path, or a name below the data folder (fa_data_path); NULL: data.train
 * split  as in fa_read_options
 *
 * Errors: as fa_data_path and fa_dataset_read; FA_E_RECIPE data.train is empty. */
FA_API fa_status fa_recipe_read_data(fa_dataset **out, const fa_recipe *recipe, const char *name,
                                     const char *split);

/* Sets network, component, epochs, batch and cluster.transform to what suits data, by their kind
 * and size alone (docs/own-data.md tells the rule): an MLP for vectors, convolutions for images, an
 * LSTM for series, for texts an embedding that starts from their own word vectors, and an LSTM; of
 * short ones it reads 24 words, backward. No other key is changed.
 *
 * label_free  non-zero: an autoencoder (train.task = reconstruction, Eq. 10 and 11)
 *
 * Errors: FA_E_ARGUMENT NULL; FA_E_NOMEM. */
FA_API fa_status fa_recipe_suggest(fa_recipe *recipe, const fa_dataset *data, int label_free);

/* ==== Training ============================================================================== */

/* One row of history.csv. */
typedef struct fa_epoch {
    size_t epoch;               /* 1, 2, ... */
    double task_loss;           /* cross-entropy or reconstruction error, mean over the epoch */
    double component;           /* L_single, L_multi, DeCov or XCov before its weight */
    double component_weight;    /* weight in force at the end of the epoch */
    double accuracy;            /* coarse, on the training batches; a reconstruction: NaN */
    double validation_loss;     /* as task_loss, on the validation split */
    double validation_accuracy; /* a reconstruction: NaN */
    double gradient_norm;       /* mean over batches, before clipping */
    double dead_units;   /* share of target-layer units that are 0 for every validation sample */
    double seconds;      /* wall time so far; the one column that is not deterministic */
    double active_pairs; /* fa_loss_active_pairs after the epoch: L_multi's on the validation split,
                          * L_single's on the target layer's weights, 512 rows of them spread evenly
                          * where there are more; NaN for other components */
} fa_epoch;

typedef struct fa_progress {
    const char *phase; /* "train" or "embed" */
    size_t epoch, epochs;
    size_t done, total; /* samples within the phase */
    double samples_per_second;
    double seconds_left;      /* of the training; < 0: not known */
    const fa_epoch *finished; /* non-NULL once an epoch: its row of the history */
} fa_progress;

/* Return non-zero to stop after the batch in hand; the run is then finished off with the best epoch
 * so far, stays usable and can be resumed. */
typedef int (*fa_progress_fn)(void *user, const fa_progress *progress);

enum { FA_PLAN_LAYERS = 32, FA_PLAN_TEXT = 96 };

typedef struct fa_plan_layer {
    char text[FA_PLAN_TEXT];  /* as in network.layers: "conv 64 3x3 relu" */
    char makes[FA_PLAN_TEXT]; /* shape of its output: "28 x 28 x 64", "steps x 128", "64" */
    size_t parameters;
    int target; /* the layer that is forced apart and clustered */
} fa_plan_layer;

/* What a training will be: known once its data were read and its network fits them. */
typedef struct fa_plan {
    size_t fit, validation;   /* samples that are trained on, and that choose the epoch */
    size_t clustered;         /* samples that are clustered at the end */
    size_t clusters;          /* into how many; 0: chosen then */
    size_t coarse_labels;     /* 0: an autoencoder */
    size_t hidden_classes;    /* 0: none known */
    size_t words;             /* text: words of the vocabulary; else 0 */
    char takes[FA_PLAN_TEXT]; /* shape of a sample as the first layer gets it */
    size_t n_layers, parameters;
    fa_plan_layer layers[FA_PLAN_LAYERS];
} fa_plan;

typedef struct fa_train_options {
    fa_progress_fn progress; /* NULL: none */
    /* Called once, before anything is written; the plan lives for the call. Non-zero: go no
     * further, which is FA_E_STOPPED. NULL: none. */
    int (*plan)(void *user, const fa_plan *plan);
    void *user;
    int resume;    /* continue from RUN/checkpoint.safetensors */
    int overwrite; /* replace a run that is there; without it and resume that is FA_E_ARGUMENT */
} fa_train_options;

typedef struct fa_scores {
    size_t n, k;
    double accuracy;       /* coarse, on the scored split; NaN if it has no coarse labels */
    double reconstruction; /* mean ||X - Xhat||^2 on the scored split; NaN but for autoencoders */
    int has_truth;         /* hidden classes were there: the next fields are set */
    double ami_max, nmi_geometric, ari;
    double inertia;
} fa_scores;

typedef struct fa_train_result {
    size_t epochs;                               /* run in all */
    size_t best_epoch;                           /* the one kept */
    double validation_loss, validation_accuracy; /* of that epoch; NaN where there is none */
    double active_pairs;                         /* the same; see fa_epoch */
    int stopped;                                 /* the callback asked for it */
    size_t words;                                /* text: words of the vocabulary; else 0 */
    size_t words_with_vectors;                   /* those that text.vectors had; 0 without it */
    int has_scores;
    fa_scores scores; /* on the test split, or all samples, or the validation split */
    int has_choice;   /* cluster.k = auto: the next field is set */
    fa_sweep_choice choice;
} fa_train_result;

/* Trains a network by a recipe and scores KMeans on its target layer.
 *
 *   minimise  cross-entropy(coarse labels) + weight(t) * component        docs/method.md
 *
 * or, with train.task = reconstruction, an autoencoder without any labels (Forced Apart, Eq. 11),
 *
 *   minimise  (1 - weight(t)) * mean_i ||X_i - Xhat_i||^2 + weight(t) * component
 *
 * where X_i is a sample as the network sees it (after data.scale), all its steps and features.
 *
 * recipe: not modified.
 * run: folder for the results, made with its parents. It gets recipe.ini, history.csv,
 *   model.safetensors (the kept epoch), checkpoint.safetensors (the last one), and of the test
 *   split (by cluster.rows of all of data.train, or of the validation split where there is no test
 *   split) embeddings.npy, clusters.npy, clusters.safetensors (centres and their space, for
 *   fa_clusters_open), coarse.npy, classes.npy (labels where known), rows.npy (without a test
 *   split: the sample of each row) and scores.json. Each file is complete or absent. History and
 * checkpoint are renewed after every epoch, the model after every epoch that is the best so far.
 * options: NULL: no callback, a new run.
 * result: overwritten; NULL ok.
 *
 * A stop asked for by the callback is FA_OK with result->stopped set; the run is then scored with
 * the best epoch so far and can be resumed. Resuming gives the bytes of a run that was never
 * stopped.
 *
 * Errors: FA_E_RECIPE, FA_E_LABEL, FA_E_SHAPE, FA_E_ARGUMENT for what cannot be trained, before
 * anything is written; FA_E_NONFINITE for a loss or gradient out of range, naming epoch, batch,
 * layer and the likely cause (the checkpoint of the epoch before stays); FA_E_IO, FA_E_FORMAT,
 * FA_E_NOMEM, FA_E_UNAVAILABLE (an engine that is not built in, or layers for images without
 * oneDNN by another engine than ref). Threads: as fa_threads_set allows;
 * the result does not depend on them. One call at a time on a folder: a second, from this process
 * or another, is FA_E_IO before it reads or writes anything. */
FA_API fa_status fa_train(const fa_recipe *recipe, const char *run, const fa_train_options *options,
                          fa_train_result *result);

/* A trained network read back from a run folder. */
typedef struct fa_model fa_model;

/* Reads RUN/model.safetensors. Errors: FA_E_IO; FA_E_FORMAT for a file that is no model or whose
 * tensors do not fit its layers; FA_E_NONFINITE for a parameter that is not finite. Free with
 * fa_model_free. */
FA_API fa_status fa_model_open(fa_model **out, const char *run);
FA_API void fa_model_free(fa_model *model);                 /* NULL ok */
FA_API size_t fa_model_target_units(const fa_model *model); /* width of the target layer */
FA_API size_t fa_model_outputs(const fa_model *model);      /* 1: sigmoid, or the error
                                                               of an autoencoder; else coarse
                                                               classes */
FA_API size_t fa_model_parameters(const fa_model *model);
/* The name of input feature i, from 0, if it was trained on a table with a row of names; NULL:
 * none. Lives as long as the model. */
FA_API const char *fa_model_column_name(const fa_model *model, size_t i);
/* The engine that embeds, "native"; "ref", the slow reference, for layers for images in a build
 * without oneDNN. A static text. */
FA_API const char *fa_model_engine(const fa_model *model);

/* Embeds every sample of a data set: target-layer outputs [count, target units] and logits [count,
 * outputs], in its order; either may be NULL. The one output of an autoencoder is the
 * reconstruction error of the sample, ||X - Xhat||^2. A row does not depend on the other samples.
 * progress may be NULL; a stop by it is FA_E_STOPPED. Errors: FA_E_SHAPE if the data are of another
 * kind or width than the model takes; FA_E_NOMEM. The two outputs are not defined after an error.
 * Cost: one forward pass, without logits up to the target layer. Threads: safe on one model. */
FA_API fa_status fa_model_embed(float *embedding, float *logits, const fa_model *model,
                                const fa_dataset *dataset, fa_progress_fn progress, void *user);

/* Outputs of one layer [count, units] for every sample: layer counts from 1 as in network.layers; 0
 * is the target layer. A layer that makes images gives [height, width, channels] as one row.
 * fa_model_layer_units sets *units, its width. FA_E_ARGUMENT if there is no such layer or it makes
 * a series; otherwise as fa_model_embed. */
FA_API fa_status fa_model_layer_units(size_t *units, const fa_model *model, size_t layer);
FA_API fa_status fa_model_embed_layer(float *rows, const fa_model *model, size_t layer,
                                      const fa_dataset *dataset, fa_progress_fn progress,
                                      void *user);

/* The clusters that a run found: centres, and the space that cluster.transform made. */
typedef struct fa_clusters fa_clusters;

/* Reads RUN/clusters.safetensors. Errors: FA_E_IO, also where the run has none, with what makes
 * them; FA_E_FORMAT, FA_E_NONFINITE for a damaged file. Free with fa_clusters_free. */
FA_API fa_status fa_clusters_open(fa_clusters **out, const char *run);
FA_API void fa_clusters_free(fa_clusters *clusters);          /* NULL ok */
FA_API size_t fa_clusters_count(const fa_clusters *clusters); /* those without a row included */
FA_API size_t fa_clusters_layer(const fa_clusters *clusters); /* for fa_model_embed_layer */

/* Rows in the space that the centres lie in, cluster.transform as it was fitted in the run.
 *
 * out  [n, fa_clusters_columns]  overwritten
 * h    [n, d]  outputs of layer fa_clusters_layer; finite
 *
 * Errors: FA_E_ARGUMENT NULL; else as fa_transform_apply. Threads: safe. */
FA_API size_t fa_clusters_columns(const fa_clusters *clusters);
FA_API fa_status fa_clusters_space(float *out, const fa_clusters *clusters, const float *h,
                                   size_t n, size_t d);

/* Finds the nearest centre of rows, such as a model's outputs for new samples.
 *
 *   confidence_i = 1 - |x_i - own centre| / |x_i - next centre|
 *
 * assignment  [n]  0 to fa_clusters_count - 1; ties: the lowest; overwritten
 * distance    [n]  to that centre, in the space of cluster.transform; overwritten; NULL skips it
 * confidence  [n]  in [0, 1]: 0 on the border to another cluster, 1 on the centre, or where there
 *                  is one cluster alone; overwritten; NULL skips it
 * h           [n, d]  outputs of layer fa_clusters_layer; finite
 *
 * The rows of the run itself get the cluster that they have in its clusters.npy.
 * Errors: FA_E_ARGUMENT NULL; FA_E_SHAPE n is 0 or d not that of the layer; FA_E_NONFINITE;
 *   FA_E_NOMEM. Outputs untouched on error. Threads: safe. Cost: O(n d k). */
FA_API fa_status fa_clusters_assign(int32_t *assignment, double *distance, double *confidence,
                                    const fa_clusters *clusters, const float *h, size_t n,
                                    size_t d);

/* Clustered rows as they go into a table. */
typedef struct fa_cluster_table {
    size_t n;
    const int32_t *samples;              /* [n] sample of each row; NULL: row i is sample i */
    const int32_t *coarse;               /* [n] coarse label, below 0: none; NULL: there are none */
    const int32_t *clusters;             /* [n] */
    const double *distance, *confidence; /* [n] as fa_clusters_assign gives them */
    const int32_t *classes;              /* [n] hidden classes; NULL: no such column */
    /* The name of a label, which may stand in `scratch`; NULL: the number. A function that is NULL
     * names none. */
    const char *(*coarse_name)(const void *user, int32_t label, char scratch[80]);
    const char *(*class_name)(const void *user, int32_t class_, char scratch[80]);
    const void *user;
} fa_cluster_table;

/* Writes clusters.csv: row,sample,coarse,cluster,distance,confidence[,class], a line a row, text
 * quoted where CSV asks for it. Errors: FA_E_IO. Atomic: the file is complete or absent. */
FA_API fa_status fa_clusters_write_csv(const char *path, const fa_cluster_table *table);

/* ==== Benchmarks ============================================================================ */

/* A piece of work that no other function does alone, set up once to be timed: forced-apart bench
 * and bench/run call these. */
typedef struct fa_bench fa_bench;

/* Sets up a piece of work from its name and sizes:
 *
 *   "fma ROUNDS"        multiply-adds in registers and nothing else, on every thread: the limit
 *   "gemm M N K"        c [M, N] = a [M, K] . b [K, N] by the default engine, rows shared among
 *                       the threads
 *   "lstm BATCH STEPS INPUTS UNITS SHARDS"   forward, and backward from a gradient of the last
 *                       output to all weights, as a training step does it: shard by shard, then
 *                       the shards' gradients added up
 *   "cnn BATCH SHARDS"  a training step of the network of Figure 4 (the recipe cifar10) on images
 *                       of 32 x 32 pixels, image i of label i mod 2: forward, cross-entropy,
 *                       backward, one update by Adam with rate 0.0005
 *   "adam N"            one update of N parameters
 *   "all-pairs N D LABELS"   fa_loss_multi by KL, margin 1, row i of label i mod LABELS, with every
 *                       pair computed: without the bounds that leave out blocks
 *
 * out     free with fa_bench_free
 * Errors: FA_E_ARGUMENT for an unknown name, or sizes that are missing, too many or out of range;
 *   FA_E_NOMEM. *out untouched on error. The number of threads is that of fa_threads_get now. */
FA_API fa_status fa_bench_open(fa_bench **out, const char *work);

/* Does it once. Errors: FA_E_NOMEM; FA_E_UNAVAILABLE for cnn where nothing that was built in does
 * convolutions. One call at a time on a bench. */
FA_API fa_status fa_bench_run(fa_bench *bench);

/* Floating-point operations of one run (a multiply-add counts two; lstm: those of its matrix
 * products; cnn: those of its convolutions as they are defined, though fewer are done; adam: twelve
 * a parameter). */
FA_API double fa_bench_flops(const fa_bench *bench);

/* The numbers it works on, by name, to give to a peer or to compare; *count is set. They live as
 * long as the bench and may be changed between runs. NULL for another name.
 *
 *   fma        sum
 *   gemm       a, b, c
 *   lstm       x (shard by shard [STEPS, samples, INPUTS]), last and d_last [BATCH, UNITS], weights
 *              and gradient: wx [4 UNITS, INPUTS], wh [4 UNITS, UNITS], b [4 UNITS], gates i f g o
 *   cnn        x [BATCH, 32, 32, 3], logits [BATCH]; parameters, gradient, m, v: layer by layer
 *              weight [units, channels, 3, 3] or [units, inputs] (inputs row by row, channels
 *              innermost), then bias [units]
 *   adam       parameters, gradient, m, v
 *   all-pairs  h, gradient, loss */
FA_API float *fa_bench_array(const fa_bench *bench, const char *name, size_t *count);

FA_API void fa_bench_free(fa_bench *bench); /* NULL ok */

/* ==== Reports =============================================================================== */

typedef enum fa_figure {
    FA_FIGURE_ACTIVATION = 0, /* most active neurons by class: Figures 2 and 3; runs side by side */
    FA_FIGURE_PCA,            /* target layer along two principal components: Figure 5 */
    FA_FIGURE_AMI,            /* AMI against the number of clusters: Figure 6 */
    FA_FIGURE_K,              /* what tells the number of clusters without labels; of one run */
    FA_FIGURE_TRAINING        /* history of the training */
} fa_figure;
enum { FA_FIGURES = FA_FIGURE_TRAINING + 1 };

typedef struct fa_report_options {
    const char *output;      /* fa_report_write: the page, NULL: RUN/report.html of a single run;
                                fa_figure_draw: the folder, NULL: RUN/figures of a single run */
    const char *class_names; /* file with the names of classes 0, 1, ..., one a line; NULL: those of
                                the data, or the numbers */
    const char *gnuplot;     /* the program; NULL: gnuplot, looked for on PATH */
    size_t k_high; /* largest number of clusters tried; 0: 20, or half as many again as the
                      runs have; up to 40 */
    uint64_t seed; /* of the sweeps over the number of clusters */
} fa_report_options;

typedef struct fa_report_result {
    char output[4096];         /* the page or the folder */
    size_t figures;            /* pictures drawn, each as SVG and PNG */
    size_t warnings;           /* on the page */
    char without_figures[512]; /* why pictures are missing, "" if none is; data, scripts and tables
                                  are there all the same */
} fa_report_result;

/* Writes one self-contained HTML page on a run, or one that compares several.
 *
 * result   overwritten; NULL skips it
 * runs     [count] folders that fa_train left, with recipe.ini, history.csv, scores.json,
 *          embeddings.npy and clusters.npy; coarse.npy, classes.npy, rows.npy and the data set of
 *          the recipe are used where they are there; not modified
 * count    1 to 32
 * options  NULL: all defaults; output must be set for several runs
 *
 * Beside the page it writes figures/NAME.svg and .png with the script (NAME.gp) and the data
 * (NAME-1.csv, ...) of each; of a single run also clusters.csv, vectors.tsv and metadata.tsv
 * (docs/report.md). The page opens without a network. Text from data and recipes is escaped.
 * Without gnuplot, or where it fails, the rest is written and result->without_figures says why.
 * Same runs, same bytes, but for what gnuplot draws.
 *
 * Errors: FA_E_IO a file is missing or cannot be written; FA_E_FORMAT, FA_E_SHAPE, FA_E_LABEL a
 * file of a run is damaged or of another run, naming it; FA_E_ARGUMENT; FA_E_NOMEM. Each file is
 * complete or absent. Threads: as fa_threads_set allows. Cost: seconds; reads all of a run, and the
 * data set. */
FA_API fa_status fa_report_write(fa_report_result *result, const char *const *runs, size_t count,
                                 const fa_report_options *options);

/* Draws one figure of some runs: data, script, SVG and PNG.
 *
 * Arguments and errors as fa_report_write, and: FA_E_UNAVAILABLE where gnuplot is not there, with
 * what to install (data and script are written); FA_E_ARGUMENT for a figure that these runs cannot
 * give (no hidden classes; several runs for FA_FIGURE_K). At most 4 runs are drawn side by side, 8
 * in one plot: the first ones. */
FA_API fa_status fa_figure_draw(fa_report_result *result, fa_figure figure, const char *const *runs,
                                size_t count, const fa_report_options *options);

/* Its name, "activation", ...; NULL outside the enum. A static string. */
FA_API const char *fa_figure_name(fa_figure figure);

#ifdef __cplusplus
}
#endif
#endif
