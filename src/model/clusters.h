/* Clusters: the space they were found in and their centres. */
#ifndef FA_MODEL_CLUSTERS_H
#define FA_MODEL_CLUSTERS_H

#include "model/coarse.h"

struct fa_clusters {
    fa_transform *transform;
    size_t layer;    /* as in cluster.layer */
    size_t k;        /* >= 1 */
    double *centres; /* [k, columns], the float32 that KMeans gave */
    int64_t *sizes;  /* [k] rows they were found with, one at least above 0 */
    uint64_t model;  /* digest of the model that made those rows; 0: not known */

    fa_within within;   /* FA_WITHIN_NONE: over all rows, and the rest is empty */
    fa__coarse coarse;  /* l labels */
    size_t *first;      /* [l + 1] clusters first[y] .. first[y + 1] - 1 are those of label y */
    double temperature; /* of labels that rows do not say (model/likely.h); 0: by the network */

    char *
        *names; /* [k] given by a person, NULL: none; NULL: none were read. Not part of its bytes */
};

void fa__cluster_names_free(fa_clusters *clusters); /* none again */

/* Sets the temperature of rows that were just clustered, by those of them that are `held` (model/likely.h
 * explains the arguments), and gives rows without a label the clusters that they then have.
 *
 * x, logits, labels, assignment  [n, columns], [n, c], [n], [n]; assignment is changed
 * held     [held_count] rows */
fa_status fa__clusters_calibrate(fa_clusters *clusters, int32_t *assignment, double spread,
                                 const float *x, const float *logits, size_t c,
                                 const int32_t *labels, size_t n, const size_t *held,
                                 size_t held_count);

/* From bytes that fa__alloc gave, which it takes over also on failure. `where` names them in
 * messages. */
fa_status fa__clusters_parse(fa_clusters **out, unsigned char *bytes, size_t size,
                             const char *where);

#endif
