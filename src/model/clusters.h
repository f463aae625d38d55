/* Clusters: the space they were found in and their centres. */
#ifndef FA_MODEL_CLUSTERS_H
#define FA_MODEL_CLUSTERS_H

#include "base/status.h"

struct fa_clusters {
    fa_transform *transform;
    size_t layer;    /* as in cluster.layer */
    size_t k;        /* >= 1 */
    double *centres; /* [k, columns], the float32 that KMeans gave */
    int64_t *sizes;  /* [k] rows they were found with, one at least above 0 */
};

/* Writes what fa_clusters_open reads. */
fa_status fa__clusters_write(const fa_clusters *clusters, const char *path);

#endif
