/* fa_neighbours by the ranks of a training. */
#ifndef FA_CLUSTER_NEIGHBOURS_H
#define FA_CLUSTER_NEIGHBOURS_H

#include "comm/comm.h"

/* All ranks call it with the same rows, each looks for the neighbours of its part of them where that
 * is worth it, and all have them all: the bytes of fa_neighbours. comm NULL: alone. */
fa_status fa__neighbours(int32_t *neighbours, float *squared, const float *x, size_t n, size_t d,
                         const int32_t *labels, size_t k, const fa__comm *comm);

#endif
