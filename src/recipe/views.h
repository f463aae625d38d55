/* What samples are changed by, as a recipe says it. */
#ifndef FA_RECIPE_VIEWS_H
#define FA_RECIPE_VIEWS_H

#include "augment/augment.h"
#include "recipe/recipe.h"

/* By data.views, views.*, data.augment and train.seed; shift and scale are left NULL. data NULL: not
 * there to be looked at, and auto has no policy then. FA_E_RECIPE for a policy that is not for data of
 * this kind, or a range that the policy does not have. */
fa_status fa__recipe_views(fa__views *out, const fa_recipe *recipe, const fa_dataset *data);

#endif
