/* What the ranks of a training tell each other beside its steps. Alone, none of it does anything. */
#ifndef FA_TRAIN_RANKS_H
#define FA_TRAIN_RANKS_H

#include "train/trainer.h"

/* Before anything is written: that all ranks are about to do the same. */
fa_status fa__ranks_check(const fa__comm *comm, const fa_recipe *recipe, const fa__engine *engine,
                          const fa__task *task);

/* The state that rank 0 begins with, fresh or of a checkpoint, on all ranks. */
fa_status fa__ranks_share(fa__trainer *trainer);

/* That the ranks go together: what each computes for itself, the loss and the optimiser's step,
 * must come out the same. */
fa_status fa__ranks_check_network(const fa__trainer *trainer);

#endif
