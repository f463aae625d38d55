/* The table of the keys of a recipe, for the file that reads and checks by it. */
#ifndef FA_RECIPE_KEYS_H
#define FA_RECIPE_KEYS_H

#include "recipe/recipe.h"

extern const fa_recipe_key fa__recipe_table[FA__KEY_COUNT];

#endif
