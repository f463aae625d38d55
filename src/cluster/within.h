/* Rows by their label, for what looks at each label alone. */
#ifndef FA_CLUSTER_WITHIN_H
#define FA_CLUSTER_WITHIN_H

#include "base/status.h"
#include "comm/comm.h"

typedef struct fa__by_label {
    size_t l;
    size_t *start; /* [l + 1] */
    size_t *rows;  /* [start[l]] those of label y, ascending, from start[y] to start[y + 1] */
} fa__by_label;

/* labels [n]: 0..l-1, below 0: none. FA_E_LABEL for one of l or more, and where no row has one;
 * FA_E_ARGUMENT labels NULL, l 0; FA_E_SHAPE n 0. Nothing to free on error. */
fa_status fa__by_label_make(fa__by_label *out, const int32_t *labels, size_t n, size_t l);
void fa__by_label_free(fa__by_label *by);

/* Row i of out [count, d] is x [rows[i]]. */
void fa__rows_gather(float *out, const float *x, size_t d, const size_t *rows, size_t count);

/* fa_kmeans_within by ranks that all call it alike; comm NULL: alone. */
fa_status fa__kmeans_within(float *centroids, int32_t *assignment, double *inertia, const float *x,
                            size_t n, size_t d, const int32_t *labels, size_t l, const size_t *k_of,
                            const fa_kmeans_options *options, const fa__comm *comm);

#endif
