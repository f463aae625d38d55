/* How far rows are from the centres of their clusters, and how sure that is. */
#ifndef FA_CLUSTER_BORDERS_H
#define FA_CLUSTER_BORDERS_H

#include "base/status.h"

/* For each row its distance to its own centre, and 1 - distance / distance to the nearest other
 * one: 1 at the centre, 0 on the border to another cluster, 1 where there is no other.
 *
 * distance, confidence  [n]  overwritten
 * own      [n] the cluster of each row; one below 0: found here, the nearest (ties: the lowest)
 * x        [n, d]
 * centres  [k, d]
 * sizes    [k] clusters of 0 rows are passed over, at least one has some */
void fa__borders(double *distance, double *confidence, int32_t *own, const float *x, size_t n,
                 size_t d, const double *centres, const size_t *sizes, size_t k);

#endif
