/* The hinge over pairs of rows that lie on several ranks, each of which has a part of them alone. */
#ifndef FA_LOSS_RING_H
#define FA_LOSS_RING_H

#include "loss/pairwise.h"

/* fa__pairwise_hinge of all ranks' rows; a call of all ranks.
 *
 * groups   [count] alike on all ranks, but for z, the rows [first[r + 1] - first[r], d] of this one,
 *          r. The rows of the groups lie one after the other in memory and count over all ranks
 * d_z      [as z] where a gradient is wanted, on all ranks or none; scratch while others may fail
 * first    [ranks + 1] rows before those of a rank
 *
 * Memory: fa__pairwise_hinge's, of the rows that are dealt to a rank, about N / R of N: these rows
 * themselves, and as many of others, for which d_z is taken where it is large enough; 8 N bytes. */
fa_status fa__pairwise_ring(float *d_z, bool gradient, fa__pair_group *groups, size_t count,
                            const size_t *first, const fa__comm *comm);

#endif
