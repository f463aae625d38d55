/* fa_sweep_run by ranks. */
#ifndef FA_CLUSTER_SWEEP_H
#define FA_CLUSTER_SWEEP_H

#include "comm/comm.h"

/* fa_sweep_run by ranks that all call it with the same rows: they share its runs of KMeans and its distances where
 * that is worth it, and all have the bytes of one process. */
fa_status fa__sweep_run(fa_sweep_row *rows, const float *x, size_t n, size_t d,
                        const int32_t *truth, const fa_sweep_options *options,
                        const fa__comm *comm);

#endif
