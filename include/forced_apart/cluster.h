/* KMeans, principal components, transforms, scores, and how many clusters there may be. */
#ifndef FORCED_APART_CLUSTER_H
#define FORCED_APART_CLUSTER_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fa_kmeans_options {
    size_t size;           /* sizeof(fa_kmeans_options) */
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
 *   untouched on error, undefined after a stop by fa_stop_set.
 * Memory: borrows its inputs, allocates about the size of x. Threads: same bytes for any
 *   number, and for any SIMD level. Cost: O(n k d). */
FA_API fa_status fa_kmeans_assign(int32_t *assignment, float *squared_distance, const float *x,
                                  size_t n, size_t d, const float *centroids, size_t k);

/* ==== Clusters within labels ==== */

/* Shares k clusters out over labels, without knowing what the labels hide.
 *
 *   k_l = (e_l + g_l) / 2, rounded to whole numbers by largest remainder (ties: the lower label)
 *   e_l   the equal share k / L, of L labels with rows; one with fewer rows gets as many as it has,
 *         and the others share what is left
 *   g_l   starts at 1; the next cluster goes to the label whose KMeans inertia falls most by it
 *         (ties: the lower label), until all k are given
 *
 * A rule of thumb: neither half knows how many classes a label hides. Equal shares are right where
 * labels hide equally many; least inertia sees where they do not, and overrates broad labels.
 *
 * k_of     [l]     clusters of each label, 1 to its rows, and 0 for a label without rows; their sum
 *                  is k; overwritten
 * x        [n, d]  float32, row-major; not modified; finite
 * labels   [n]     0..l-1, below 0: none, such a row does not count
 * options  k: of all labels together, from the number of labels with rows to the number of rows
 *          with a label. The inertia comes from 2 starts, whatever the restarts are, of at most
 *          4,000 rows of a label, or 4 times its equal share where that is more, drawn by the seed;
 *          above 16 clusters it is taken at every eighth more and is a straight line in between
 *
 * Errors: FA_E_ARGUMENT NULL, l is 0, k or another option out of its range; FA_E_SHAPE n or d is 0;
 *   FA_E_LABEL a label of l or more, with its row, or no row with a label; FA_E_NONFINITE;
 *   FA_E_NOMEM. k_of untouched on error.
 * Memory: the rows once more. Threads: same bytes for any number. Cost: about 2 k_l KMeans runs
 *   into up to k_l clusters for each label below 16, the like of 16 log k_l above. */
FA_API fa_status fa_kmeans_share(size_t *k_of, const float *x, size_t n, size_t d,
                                 const int32_t *labels, size_t l, const fa_kmeans_options *options);

/* Numbers of clusters for labels, from text: "a=4, b=6".
 *
 * k_of    [l]  clusters of each label; overwritten
 * text    a label, '=', a whole number from 1 to 999,999,999, for each label, in any order, commas
 *         between. A number ends at a comma or at the end, so names may hold commas and equals signs
 * names   [l] of the labels; what is none of them may be the number of one, from 0. NULL: numbers alone
 * labels  [n]  of the rows, 0..l-1, below 0: none; one that no row has is left out and gets 0, the
 *              others at most their rows. NULL: not known, each of them is named, with any number
 * l       0: the form of the text alone is checked
 *
 * Errors: FA_E_ARGUMENT NULL, another form, and a label that is not there, there twice, left out, or
 *   has fewer rows, by its name; FA_E_LABEL as fa_kmeans_share; FA_E_SHAPE n is 0; FA_E_NOMEM.
 *   k_of untouched on error. Threads: safe. Cost: O(n + l^2). */
FA_API fa_status fa_kmeans_counts(size_t *k_of, const char *text, const char *const *names,
                                  const int32_t *labels, size_t n, size_t l);

/* KMeans inside each label: the clusters of label 0 come first, then those of label 1, ...
 *
 *   rows of label y get clusters first_y .. first_y + k_of[y] - 1,  first_y = sum_(z < y) k_of[z]
 *   and are what fa_kmeans_fit gives for these rows alone with the same options
 *
 * centroids   [k, d]  k = sum of k_of; overwritten; NULL skips it
 * assignment  [n]     a row without a label takes no part, and gets the nearest centroid of all;
 *                     overwritten; NULL skips it
 * inertia     one double, of the rows with a label; overwritten; NULL skips it
 * x           [n, d]  float32, row-major; not modified; finite
 * labels      [n]     0..l-1, below 0: none
 * k_of        [l]     1 to the rows of the label; 0 for one without rows: by fa_kmeans_share, by
 *                     fa_sweep_within, by fa_kmeans_counts or of one's own
 * options     as fa_kmeans_fit takes them; k is not looked at
 *
 * Errors: as fa_kmeans_fit; FA_E_ARGUMENT a k_of that does not fit, naming the label and its rows;
 *   FA_E_LABEL as fa_kmeans_share. Outputs untouched on error.
 * Memory: as fa_kmeans_fit, and the rows of a label. Threads: same bytes for any number. */
FA_API fa_status fa_kmeans_within(float *centroids, int32_t *assignment, double *inertia,
                                  const float *x, size_t n, size_t d, const int32_t *labels,
                                  size_t l, const size_t *k_of, const fa_kmeans_options *options);

/* The nearest neighbours of each row among the rows of its own label, exactly.
 *
 *   squared_ij = |x_i - x_(neighbour ij)|^2
 *   the k smallest over all rows other than i that have the label of i
 *
 * neighbours  [n, k]  row numbers, nearest first; ties: the lowest number; -1 where a label has no
 *                     more than k rows; overwritten
 * squared     [n, k]  computed in double and rounded (infinite beyond the range of float32, and
 *                     where there is no neighbour); overwritten; NULL skips it
 * x           [n, d]  float32, row-major; not modified; finite values of any size. Rows at unit
 *                     length (fa_transform_apply) give the order of the cosine
 * labels      [n]     any values, equal or not is all that counts; NULL: all rows are of one label
 * k           1 and up
 *
 * Degenerate: equal rows are neighbours at distance 0; a label of one row has none.
 * Errors: FA_E_SHAPE n or d is 0, or n above INT32_MAX; FA_E_ARGUMENT k is 0 or NULL;
 *   FA_E_NONFINITE with row and column; FA_E_NOMEM. Outputs untouched on error.
 * Memory: about twice x, and 12 n k bytes.
 * Threads: same bytes for any number, and for any SIMD level.
 * Cost: O(d sum over labels of n_label^2 / 2) in float32, each pair once; what float32 cannot tell
 *   apart is decided in double. */
FA_API fa_status fa_neighbours(int32_t *neighbours, float *squared, const float *x, size_t n,
                               size_t d, const int32_t *labels, size_t k);

typedef struct fa_neighbours_options {
    size_t size;        /* sizeof(fa_neighbours_options) */
    size_t exact_up_to; /* rows of a label up to which all pairs are compared */
    double recall;      /* wanted of larger ones; above 0 and at most 1, typical 0.95 */
    uint64_t seed;
} fa_neighbours_options;

/* Exact up to 200,000 rows of a label, recall 0.95 above, seed 0. */
FA_API fa_neighbours_options fa_neighbours_options_default(void);

/* fa_neighbours, for large labels by inverted lists: rows are sorted into about sqrt(n) lists by KMeans
 * (fitted on a draw of 64 rows a list), and those of a list are compared with the rows of the lists
 * nearest to it. As many lists are looked through as a draw of 512 rows needs to reach the recall.
 *
 *   recall = share of the exact nearest neighbours that were found    Sivic and Zisserman 2003,
 *                                                                  doi:10.1109/ICCV.2003.1238663
 *
 * neighbours, squared   as fa_neighbours has them: distances are exact, and what is found in the lists
 *                       that are looked through is the nearest there
 * recall   as it was measured on the rows drawn (at 0.95, k 10: off by less than 0.01), the mean over
 *          all rows, 1 for those of labels that are small or where lists would compare half of all
 *          pairs and more, which are searched exactly; overwritten; NULL skips it
 *
 * Errors: as fa_neighbours; FA_E_ARGUMENT options NULL, recall out of its range. Outputs untouched on
 *   error.
 * Memory: as fa_neighbours; of n rows of a large label 16 n bytes more, 8 d for each of 64 sqrt(n) or
 *   of 32768 of them, whichever are more, and 24 sqrt(n) + 12 k a thread. Threads: as fa_neighbours.
 * Cost: O(d n sqrt(n) lists looked through), and 512 n d in double. */
FA_API fa_status fa_neighbours_approximate(int32_t *neighbours, float *squared, double *recall,
                                           const float *x, size_t n, size_t d,
                                           const int32_t *labels, size_t k,
                                           const fa_neighbours_options *options);

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
 *   32,768 of these; FA_E_NONFINITE a value, with its row and column; FA_E_NOMEM.
 *   Outputs untouched on error.
 * Memory: borrows x; 4 d^2 + 2 k d doubles and up to 9 MiB. Threads: same bytes for any number.
 * Cost: O(n d^2 + d^3); of k < n < d by the Gram matrix of the rows, O(n^2 d + n^3), whose components
 *   are orthogonal to 1e-9 (where a variance is below 1e-6 of the largest one: as above). */
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
 *   FA_E_NONFINITE with row and column; FA_E_NOMEM. out untouched on error, undefined after a stop
 *   by fa_stop_set.
 * Threads: same bytes for any number. Cost: O(n d k). */
FA_API fa_status fa_pca_apply(float *out, const float *x, size_t n, size_t d, const double *mean,
                              const double *components, size_t k);

/* The space in which rows are clustered. */
typedef enum fa_transform_kind {
    FA_TRANSFORM_NONE = 0, /* rows as they are */
    FA_TRANSFORM_UNIT,     /* each row at length 1; a row of zeros stays */
    FA_TRANSFORM_STANDARD, /* each column at mean 0 and variance 1; a constant one becomes 0 */
    FA_TRANSFORM_WHITEN,   /* principal components, each at variance 1; one without variance is 0 */
    FA_TRANSFORM_WHITEN_UNIT,      /* the same, and each row then at length 1 */
    FA_TRANSFORM_HALF_WHITEN_UNIT, /* principal components over the square root of their deviation,
                                      each row then at length 1 */
    FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT /* the same of sign(x) sqrt(|x|), for units that are active
                                          now and then, such as a pooled layer's */
} fa_transform_kind;

/* "none", "unit", ..., "root-half-whiten-unit"; NULL outside the enum. A static string. */
FA_API const char *fa_transform_name(fa_transform_kind kind);

/* A transform fitted to some rows, to be applied to these and to others. Immutable, so any number
 * of threads may apply one at once. */
typedef struct fa_transform fa_transform;

/* Fits a transform to rows.
 *
 *   standard: (x - mean) / deviation    whiten: (x - mean) . v_j / deviation_j, v_j by fa_pca_fit
 *                                       deviations by 1/n
 *   half-whiten-unit: (x - mean) . v_j / sqrt(deviation_j) over the length of these
 *
 * out         free with fa_transform_free
 * components  of what whitens: as many, 0: those with at least 0.1 % of the variance of all
 *             columns, and at least one. 0 for the other kinds
 * x           [n, d]  float32, row-major; not kept; finite
 *
 * Errors: FA_E_SHAPE no rows or no columns (whiten: more than 32,768); FA_E_NONFINITE with row and
 *   column; FA_E_ARGUMENT x NULL, a kind outside fa_transform_kind, components above d or with
 *   another kind than whiten; FA_E_NOMEM. *out untouched on error.
 * Memory: one number a column, what whitens: d columns of them; while roots are fitted n d floats
 *   more. Threads and cost: as fa_pca_fit. */
FA_API fa_status fa_transform_fit(fa_transform **out, fa_transform_kind kind, size_t components,
                                  const float *x, size_t n, size_t d);
FA_API void fa_transform_free(fa_transform *transform); /* NULL ok */

/* Columns of the result: d of the rows it was fitted to; of what whitens: its components. */
FA_API size_t fa_transform_columns(const fa_transform *transform);

/* Brings rows into the space of a fitted transform.
 *
 * out  [n, fa_transform_columns]  overwritten; may be x where that is d; a value beyond float32 is
 *                                 the largest of its sign
 * x    [n, d]  float32, row-major; finite; d as at the fit
 *
 * Errors: FA_E_ARGUMENT a NULL pointer; FA_E_SHAPE no rows, or another d; FA_E_NONFINITE with row
 *   and column; FA_E_NOMEM. out untouched on error, undefined after a stop by fa_stop_set.
 * Threads: same bytes for any number.
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

/* ==== How many clusters ==== */

typedef struct fa_sweep_options {
    size_t size;            /* sizeof(fa_sweep_options) */
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

/* How many clusters inside each label: fa_sweep_run and fa_sweep_choose on its rows alone.
 *
 * k_of     [l]  overwritten; 0 for a label without rows; 1 for one with too few rows to compare two
 *               numbers from k_low on, or where no k has a positive silhouette * stability
 * choice   k is the sum of k_of, confidence the lowest of the labels, why names k and confidence of
 *          each label, cut at its end where they are many; overwritten
 * x        [n, d]  float32, row-major; not modified; finite
 * labels   [n]  0..l-1, below 0: none
 * options  as fa_sweep_run takes them, for each label; k_high is lowered to what its rows allow
 *
 * Errors: as fa_sweep_run; FA_E_LABEL as fa_kmeans_share. Outputs untouched on error. Memory,
 * threads and cost: those of fa_sweep_run, one label after the other. */
FA_API fa_status fa_sweep_within(size_t *k_of, fa_sweep_choice *choice, const float *x, size_t n,
                                 size_t d, const int32_t *labels, size_t l,
                                 const fa_sweep_options *options);

#ifdef __cplusplus
}
#endif
#endif
