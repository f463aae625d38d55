/* What a training will be, for a caller to look at before it starts. */
#ifndef FA_TRAIN_PLAN_H
#define FA_TRAIN_PLAN_H

#include "nn/network.h"
#include "train/task.h"

/* description: what the network was made of. `clustered`, `clusters` and `views` are left to the run. */
void fa__plan_make(fa_plan *plan, const fa__task *task, const fa__network *network,
                   const char *description);

#endif
