/* One piece of work on several processes, its ranks, which MPI starts (docs/cluster.md). */
#ifndef FORCED_APART_RANKS_H
#define FORCED_APART_RANKS_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Joins the other processes where this one was started as one of several, by mpirun, mpiexec or
 * srun --mpi=pmix, or where the caller has started MPI; else does nothing. From then on fa_train,
 * fa_discover, fa_model_embed, fa_model_embed_layer, fa_model_embed_augmented, fa_kmeans_fit,
 * fa_kmeans_fit_vectors, fa_kmeans_within, fa_pca_fit, fa_transform_fit and fa_loss_multi_ring are
 * calls of all ranks: each makes them with the same arguments (the last with its own rows), in the
 * same order, on one thread. Each rank reads the data and takes its part of the shards and of the
 * rows that are embedded or clustered; rank 0 alone writes, and reads the checkpoint of a run that
 * is resumed. The model, its scores and every result have the bytes that one
 * process alone gives. What fails on one rank fails on all, with one status and text.
 *
 * Waits for all of them, without end where one is a program that does not call this: MPI cannot tell. (The command
 * line gives up after 10 minutes.) Another version of this library is told: FA_E_ARGUMENT on all ranks.
 *
 * Errors: FA_E_UNAVAILABLE in a build without MPI, FA_E_NOMEM, FA_E_IO. */
FA_API fa_status fa_ranks_start(void);

/* This process among them, from 0, and how many there are: 0 and 1 before fa_ranks_start, and
 * where it found none. */
FA_API size_t fa_rank(void);
FA_API size_t fa_ranks(void);

/* Leaves the others: later calls are of this process alone. failure NULL: all is well here; else
 * what went wrong, outside of the calls above, for the ranks that wait in one of them or here.
 * FA_OK where all is well on every rank; else one status and text on all. Nothing where there are
 * no others. */
FA_API fa_status fa_ranks_end(const char *failure);

/* Bytes that came to ranks from others since the start, all of them together and the rank with
 * most; a call of all ranks. 0 where there are no others. */
FA_API fa_status fa_ranks_received(uint64_t *all, uint64_t *most);

#ifdef __cplusplus
}
#endif
#endif
