/* The views of a recipe. */
#ifndef FA_TRAIN_VIEWS_H
#define FA_TRAIN_VIEWS_H

#include "augment/augment.h"
#include "model/batch.h"

/* What the rows of a batch are by data.views, views.*, data.augment and train.seed. FA_E_RECIPE for
 * a policy that is not for data of this kind, or a range that the policy does not have. The scaling
 * is borrowed. */
fa_status fa__views_open(fa__views *views, const fa_recipe *recipe, const fa_dataset *data,
                         const fa__scaling *scaling);

#endif
