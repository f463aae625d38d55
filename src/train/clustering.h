/* Clusters by the keys cluster.* of a recipe. */
#ifndef FA_TRAIN_CLUSTERING_H
#define FA_TRAIN_CLUSTERING_H

#include "comm/comm.h"
#include "model/clusters.h"
#include "recipe/recipe.h"

/* Rows h [n, d], as the layer made them, and the space they are clustered in. */
typedef struct fa__space {
    fa_transform *transform;
    const float *x; /* [n, columns]: h itself where the transform is none, else `made` */
    float *made;
    size_t n, d, columns;
    const fa__comm *comm;
} fa__space;

/* By cluster.transform and cluster.components; h is borrowed until it is closed. comm: ranks that all
 * have it, and share the sums; NULL: alone. */
fa_status fa__space_open(fa__space *space, const fa_recipe *recipe, const float *h, size_t n,
                         size_t d, const fa__comm *comm);
void fa__space_close(fa__space *space);

/* The largest k that a choice among `n` rows tries, more than `beyond`; FA_E_ARGUMENT, with the
 * remedy, where there are too few rows to compare several. */
fa_status fa__clusters_largest(size_t *k, size_t n, size_t beyond);

/* k for cluster.k = auto: a sweep (fa_sweep_run) and its choice, above the number of coarse labels
 * where the rows allow it. */
fa_status fa__clusters_choose(fa_sweep_choice *choice, const fa_recipe *recipe,
                              const fa__space *space, size_t coarse_labels);

/* What clusters lie within: k_of [l] of each label, and the labels [n] of the rows. */
typedef struct fa__inside {
    fa_within how;
    const fa__coarse *coarse;
    const size_t *k_of;
    const int32_t *labels;
} fa__inside;

/* KMeans into k clusters, by the same ranks; inside labels, where some are given (NULL: over all rows).
 * Takes the transform out of `space`; free with fa_clusters_free. */
fa_status fa__clusters_fit(fa_clusters **out, int32_t *assignment, double *inertia,
                           const fa_recipe *recipe, fa__space *space, size_t k,
                           const fa__inside *inside);

#endif
