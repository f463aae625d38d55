/* The data that a recipe names. */
#include "recipe/recipe.h"

#include "base/memory.h"

fa_status fa_recipe_read_data(fa_dataset **out, const fa_recipe *recipe, const char *name,
                              const char *split) {
    return fa__recipe_read_like(out, recipe, name, split, NULL);
}

fa_status fa__recipe_read_like(fa_dataset **out, const fa_recipe *recipe, const char *name,
                               const char *split, const char *schema) {
    char *path;
    fa_read_options options = fa__recipe_read_options(recipe, split);
    if (name == NULL) name = fa__recipe_text(recipe, FA__DATA_TRAIN);
    if (name[0] == '\0')
        return fa__fail(FA_E_RECIPE, "data.train is not set: name a data set, e.g. train.npz");
    options.schema = schema;
    FA_TRY(fa_data_path(&path, name));
    fa_status status = fa_dataset_read(out, path, &options);
    fa__free(path);
    return status;
}
