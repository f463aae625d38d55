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
    uint64_t model;  /* digest of the model that made those rows; 0: not known */
};

/* From bytes that fa__alloc gave, which it takes over also on failure. `where` names them in
 * messages. */
fa_status fa__clusters_parse(fa_clusters **out, unsigned char *bytes, size_t size,
                             const char *where);

#endif
