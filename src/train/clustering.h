/* Clusters by the keys cluster.* of a recipe. */
#ifndef FA_TRAIN_CLUSTERING_H
#define FA_TRAIN_CLUSTERING_H

#include "model/clusters.h"
#include "recipe/recipe.h"

/* Rows h [n, d], as the layer made them, and the space they are clustered in. */
typedef struct fa__space {
    fa_transform *transform;
    const float *x; /* [n, columns]: h itself where the transform is none, else `made` */
    float *made;
    size_t n, d, columns;
} fa__space;

/* By cluster.transform and cluster.components; h is borrowed until it is closed. */
fa_status fa__space_open(fa__space *space, const fa_recipe *recipe, const float *h, size_t n,
                         size_t d);
void fa__space_close(fa__space *space);

/* The largest k that a choice among `n` rows tries, more than `beyond`; FA_E_ARGUMENT, with the
 * remedy, where there are too few rows to compare several. */
fa_status fa__clusters_largest(size_t *k, size_t n, size_t beyond);

/* k for cluster.k = auto: a sweep (fa_sweep_run) and its choice, above the number of coarse labels
 * where the rows allow it. */
fa_status fa__clusters_choose(fa_sweep_choice *choice, const fa_recipe *recipe,
                              const fa__space *space, size_t coarse_labels);

/* KMeans into k clusters. Takes the transform out of `space`; free with fa_clusters_free. */
fa_status fa__clusters_fit(fa_clusters **out, int32_t *assignment, double *inertia,
                           const fa_recipe *recipe, fa__space *space, size_t k);

#endif
