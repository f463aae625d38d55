/* What others than the caller of fa_train want of it. */
#ifndef FA_TRAIN_TRAIN_H
#define FA_TRAIN_TRAIN_H

#include "base/status.h"

/* Clusters the rows of a finished run anew, by the keys cluster.* of a recipe that is else the
 * run's; recipe and results are replaced, in its folder too. Data as they were trained on. On error
 * the run is to be freed alone; its folder has the old results or none. */
fa_status fa__train_cluster(fa_run *run, const fa_recipe *recipe, const fa_dataset *train,
                            const fa_dataset *test);

#endif
