/* What the two forms of the neighbour search share: the exact one (neighbours.c), and inverted lists
 * (neighbours_lists.c).
 *
 * Letters: n rows of one label, d columns, k neighbours. */
#ifndef FA_CLUSTER_NEIGHBOURS_H
#define FA_CLUSTER_NEIGHBOURS_H

#include "cluster/kmeans.h"
#include "comm/comm.h"

/* The lists of all rows, by row number: the k nearest so far by (distance, number). */
typedef struct fa__nearest_lists {
    size_t k;
    double *squared;  /* [all rows, k], INFINITY */
    int32_t *nearest; /* [all rows, k], -1 */
} fa__nearest_lists;

/* Puts j into the list of row i, if it belongs there. */
void fa__nearest_enter(const fa__nearest_lists *lists, int32_t i, int32_t j, double squared);

/* What half a squared distance, scaled as points are, must be below to matter to the list of row i. */
float fa__nearest_limit(const fa__nearest_lists *lists, const fa__points *points, int32_t i);

/* Each rank's lists to all: they lie by row number, and pass in the order of rows [first[parts]], -1:
 * none, of which a rank has the parts that are its (fa__comm_range), part p being first[p] and up. */
fa_status fa__nearest_gather(const fa__nearest_lists *lists, const int32_t *rows,
                             const size_t *first, size_t parts, const fa__comm *comm);

/* fa_neighbours_approximate (options as it has checked them; NULL: exact) by ranks that all
 * call it with the same rows: each looks for the neighbours of its part of them where that is worth it,
 * and all have them all, with the bytes of one process. comm NULL: alone. recall NULL: not wanted. */
fa_status fa__neighbours(int32_t *neighbours, float *squared, double *recall, const float *x,
                         size_t n, size_t d, const int32_t *labels, size_t k,
                         const fa_neighbours_options *options, const fa__comm *comm);

/* The lists of the rows of one label, numbers rows [n], by inverted lists. *done false: they would not
 * be worth it, and nothing was entered. *recall as fa_neighbours_approximate has it, of this label. */
fa_status fa__neighbours_by_lists(bool *done, double *recall, const fa__nearest_lists *lists,
                                  const fa__points *points, const int32_t *rows, size_t n,
                                  const fa_neighbours_options *options, const fa__comm *comm);

#endif
