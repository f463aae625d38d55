/* A recipe's values by key, for the code that runs it. */
#ifndef FA_TRAIN_RECIPE_H
#define FA_TRAIN_RECIPE_H

#include "base/status.h"

#include <stdbool.h>

/* Every key, in the order of the table in recipe.c and of a written recipe. */
typedef enum fa__key {
    FA__DATA_TRAIN,
    FA__DATA_TEST,
    FA__DATA_LABELS,
    FA__DATA_HIDDEN,
    FA__DATA_TEST_LABELS,
    FA__DATA_TEST_HIDDEN,
    FA__DATA_GROUPS,
    FA__DATA_LABEL_COLUMN,
    FA__DATA_HIDDEN_COLUMN,
    FA__DATA_TEXT_COLUMN,
    FA__DATA_IGNORE_COLUMNS,
    FA__DATA_FEATURE_COLUMNS,
    FA__DATA_ID_COLUMN,
    FA__DATA_TIME_COLUMN,
    FA__DATA_HEADER,
    FA__DATA_MISSING,
    FA__DATA_SCALE,
    FA__DATA_LIMIT,
    FA__DATA_VALIDATION,
    FA__DATA_AUGMENT,
    FA__TEXT_VOCABULARY,
    FA__TEXT_MIN_COUNT,
    FA__TEXT_MAX_TOKENS,
    FA__TEXT_ORDER,
    FA__TEXT_VECTORS,
    FA__TEXT_WINDOW,
    FA__NETWORK_LAYERS,
    FA__NETWORK_ENGINE,
    FA__LOSS_KIND,
    FA__LOSS_MARGIN,
    FA__LOSS_WEIGHT,
    FA__LOSS_DIVERGENCE,
    FA__LOSS_NORM,
    FA__LOSS_LABELS,
    FA__LOSS_START_EPOCH,
    FA__LOSS_RAMP_EPOCHS,
    FA__LOSS_END_EPOCH,
    FA__OPTIMIZER_LEARNING_RATE,
    FA__OPTIMIZER_SCHEDULE,
    FA__OPTIMIZER_BETA1,
    FA__OPTIMIZER_BETA2,
    FA__OPTIMIZER_EPSILON,
    FA__OPTIMIZER_CLIP,
    FA__TRAIN_TASK,
    FA__TRAIN_EPOCHS,
    FA__TRAIN_BATCH,
    FA__TRAIN_BALANCE,
    FA__TRAIN_SHARDS,
    FA__TRAIN_KEEP,
    FA__TRAIN_SEED,
    FA__CLUSTER_K,
    FA__CLUSTER_ROWS,
    FA__CLUSTER_LAYER,
    FA__CLUSTER_TRANSFORM,
    FA__CLUSTER_COMPONENTS,
    FA__CLUSTER_RESTARTS,
    FA__CLUSTER_SEED,
    FA__KEY_COUNT
} fa__key;

/* Values were checked when they were set, so these cannot fail. */
const char *fa__recipe_text(const fa_recipe *recipe, fa__key key);
double fa__recipe_number(const fa_recipe *recipe, fa__key key);
size_t fa__recipe_size(const fa_recipe *recipe, fa__key key);
/* Index of a choice in the order of the key's `allowed` text. */
int fa__recipe_choice(const fa_recipe *recipe, fa__key key);

/* True if the two recipes differ in a key that changes what is trained; its name in *key. */
bool fa__recipe_differs(const char **key, const fa_recipe *a, const fa_recipe *b);

/* How the data of a recipe are read; what it points to lives as the recipe. split: NULL, "train" or
 * "test". */
fa_read_options fa__recipe_read_options(const fa_recipe *recipe, const char *split);

/* Reads an .ini from memory; name stands for it in messages. */
fa_status fa__recipe_parse(fa_recipe **out, const char *text, const char *name);

#endif
