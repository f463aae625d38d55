/* A recipe's values by key, for the code that runs it. */
#ifndef FA_RECIPE_RECIPE_H
#define FA_RECIPE_RECIPE_H

#include "base/status.h"

#include <stdbool.h>

/* Every key, in the order of the table in keys.c and of a written recipe. */
typedef enum fa__key {
    FA__DATA_TRAIN,
    FA__DATA_TEST,
    FA__DATA_LABELS,
    FA__DATA_HIDDEN,
    FA__DATA_TEST_LABELS,
    FA__DATA_TEST_HIDDEN,
    FA__DATA_GROUPS,
    FA__DATA_CLUSTERS,
    FA__DATA_LABEL_COLUMN,
    FA__DATA_HIDDEN_COLUMN,
    FA__DATA_TEXT_COLUMN,
    FA__DATA_IGNORE_COLUMNS,
    FA__DATA_FEATURE_COLUMNS,
    FA__DATA_ID_COLUMN,
    FA__DATA_TIME_COLUMN,
    FA__DATA_HEADER,
    FA__DATA_MISSING,
    FA__DATA_RESIZE,
    FA__DATA_SCALE,
    FA__DATA_LIMIT,
    FA__DATA_VALIDATION,
    FA__DATA_AUGMENT,
    FA__DATA_VIEWS,
    FA__VIEWS_ROTATION,
    FA__VIEWS_SCALE,
    FA__VIEWS_SHEAR,
    FA__VIEWS_WARP,
    FA__VIEWS_SHIFT,
    FA__VIEWS_CROP,
    FA__VIEWS_ASPECT,
    FA__VIEWS_FLIP,
    FA__VIEWS_LIFT,
    FA__VIEWS_JOIN,
    FA__VIEWS_TRIM,
    FA__VIEWS_DROP,
    FA__VIEWS_SPLIT,
    FA__VIEWS_JITTER,
    FA__VIEWS_REVERSE,
    FA__VIEWS_REORDER,
    FA__TEXT_VOCABULARY,
    FA__TEXT_MIN_COUNT,
    FA__TEXT_MAX_TOKENS,
    FA__TEXT_ORDER,
    FA__TEXT_VECTORS,
    FA__TEXT_WINDOW,
    FA__NETWORK_LAYERS,
    FA__NETWORK_INIT,
    FA__NETWORK_WEIGHTS,
    FA__NETWORK_PRECISION,
    FA__NETWORK_ENGINE,
    FA__LOSS_KIND,
    FA__LOSS_MARGIN,
    FA__LOSS_WEIGHT,
    FA__LOSS_DIVERGENCE,
    FA__LOSS_NORM,
    FA__LOSS_LABELS,
    FA__LOSS_INFORMATION_MU,
    FA__LOSS_INFORMATION_CAP,
    FA__LOSS_INFORMATION_LABELS,
    FA__LOSS_TEMPERATURE,
    FA__LOSS_HOLD,
    FA__LOSS_HOLD_WEIGHT,
    FA__LOSS_POSITIVES,
    FA__LOSS_NEIGHBOURS,
    FA__LOSS_NEIGHBOURS_LAYER,
    FA__LOSS_NEIGHBOURS_EXACT,
    FA__LOSS_NEIGHBOURS_RECALL,
    FA__LOSS_RENEW_EPOCHS,
    FA__LOSS_START_EPOCH,
    FA__LOSS_RAMP_EPOCHS,
    FA__LOSS_END_EPOCH,
    FA__OPTIMIZER_LEARNING_RATE,
    FA__OPTIMIZER_SCHEDULE,
    FA__OPTIMIZER_BETA1,
    FA__OPTIMIZER_BETA2,
    FA__OPTIMIZER_EPSILON,
    FA__OPTIMIZER_WEIGHT_DECAY,
    FA__OPTIMIZER_CLIP,
    FA__TRAIN_TASK,
    FA__TRAIN_EPOCHS,
    FA__TRAIN_BATCH,
    FA__TRAIN_MICRO_BATCH,
    FA__TRAIN_BALANCE,
    FA__TRAIN_SHARDS,
    FA__TRAIN_KEEP,
    FA__TRAIN_SEED,
    FA__CLUSTER_K,
    FA__CLUSTER_WITHIN,
    FA__CLUSTER_ROWS,
    FA__CLUSTER_SPACE,
    FA__CLUSTER_LAYER,
    FA__CLUSTER_TRANSFORM,
    FA__CLUSTER_COMPONENTS,
    FA__CLUSTER_RESTARTS,
    FA__CLUSTER_SEED,
    FA__KEY_COUNT
} fa__key;

/* The choices: each list makes the words of its key's row and their constants. */
#define FA__MISSING(X)                                                                             \
    X(FA__REFUSE, "refuse")                                                                        \
    X(FA__DROP, "drop")                                                                            \
    X(FA__ZERO, "zero")                                                                            \
    X(FA__MEAN, "mean")                                                                            \
    X(FA__MEDIAN, "median") X(FA__CATEGORY, "category") X(FA__FORWARD_FILL, "forward")
#define FA__HEADER(X) X(FA__HEADER_AUTO, "auto") X(FA__HEADER_YES, "yes") X(FA__HEADER_NO, "no")
#define FA__AUGMENTS(X)                                                                            \
    X(FA__AUGMENT_NONE, "none")                                                                    \
    X(FA__FLIP_CROP, "flip-crop") X(FA__FLIP_CROP_CUTOUT, "flip-crop-cutout")
#define FA__TEXT_ORDERS(X) X(FA__FORWARD, "forward") X(FA__BACKWARD, "backward")
#define FA__ANSWERS(X)     X(FA__YES, "yes") X(FA__NO, "no")
#define FA__HOLDS(X)       X(FA__HOLD_NONE, "none") X(FA__HOLD_KL, "kl") X(FA__HOLD_JS, "js")
#define FA__POSITIVES(X)   X(FA__POSITIVES_VIEWS, "views") X(FA__POSITIVES_NEIGHBOURS, "neighbours")
#define FA__SCHEDULES(X)   X(FA__CONSTANT, "constant") X(FA__COSINE, "cosine")
#define FA__GOALS(X)       X(FA__LABELS, "labels") X(FA__RECONSTRUCTION, "reconstruction")
#define FA__BALANCES(X)    X(FA__BALANCE_NONE, "none") X(FA__BALANCE_LABELS, "labels")
#define FA__KEEPS(X)                                                                               \
    X(FA__KEEP_BEST_LOSS, "best_loss")                                                             \
    X(FA__KEEP_BEST_ACCURACY, "best_accuracy") X(FA__KEEP_LAST, "last")
#define FA__SPACES(X)      X(FA__SPACE_LAYER, "layer") X(FA__SPACE_INPUT, "input")
#define FA__SCORED_ROWS(X) X(FA__ROWS_HELD_OUT, "held_out") X(FA__ROWS_ALL, "all")

#define FA__AS_CONSTANT(constant, word) constant,
typedef enum fa__missing { FA__MISSING(FA__AS_CONSTANT) } fa__missing;
typedef enum fa__header { FA__HEADER(FA__AS_CONSTANT) } fa__header;
typedef enum fa__augment_kind { FA__AUGMENTS(FA__AS_CONSTANT) } fa__augment_kind;
typedef enum fa__text_order { FA__TEXT_ORDERS(FA__AS_CONSTANT) } fa__text_order;
typedef enum fa__answer { FA__ANSWERS(FA__AS_CONSTANT) } fa__answer;
typedef enum fa__hold { FA__HOLDS(FA__AS_CONSTANT) } fa__hold;
typedef enum fa__positives_kind { FA__POSITIVES(FA__AS_CONSTANT) } fa__positives_kind;
typedef enum fa__schedule { FA__SCHEDULES(FA__AS_CONSTANT) } fa__schedule;
typedef enum fa__goal { FA__GOALS(FA__AS_CONSTANT) } fa__goal;
typedef enum fa__balance_kind { FA__BALANCES(FA__AS_CONSTANT) } fa__balance_kind;
typedef enum fa__keep { FA__KEEPS(FA__AS_CONSTANT) } fa__keep;
typedef enum fa__space_kind { FA__SPACES(FA__AS_CONSTANT) } fa__space_kind;
typedef enum fa__scored_rows { FA__SCORED_ROWS(FA__AS_CONSTANT) } fa__scored_rows;

/* Values were checked when they were set, so these cannot fail. */
const char *fa__recipe_text(const fa_recipe *recipe, fa__key key);
double fa__recipe_number(const fa_recipe *recipe, fa__key key);
size_t fa__recipe_size(const fa_recipe *recipe, fa__key key);
/* Of a choice the constant, which is the word's place among the key's. */
int fa__recipe_choice(const fa_recipe *recipe, fa__key key);

/* The layer that is clustered, as fa_model_embed_layer takes it. */
size_t fa__recipe_clustered(const fa_recipe *recipe);

/* True if the two recipes differ in a key that changes what is trained; its name in *key. */
bool fa__recipe_differs(const char **key, const fa_recipe *a, const fa_recipe *b);

/* How the data of a recipe are read; what it points to lives as the recipe. split: NULL, "train" or
 * "test". */
fa_read_options fa__recipe_read_options(const fa_recipe *recipe, const char *split);

/* As fa_recipe_read_data, with the columns of a table read as the schema says; NULL: by themselves.
 */
fa_status fa__recipe_read_like(fa_dataset **out, const fa_recipe *recipe, const char *name,
                               const char *split, const char *schema);

/* What its views or changes of samples take to be no matter of class (fa_plan.views). data NULL: not
 * known any more, so that data.views = auto has nothing more to say; so too of data that it is not for. */
void fa__recipe_views_text(char out[FA_PLAN_VIEWS], const fa_recipe *recipe,
                           const fa_dataset *data);

fa_status fa__recipe_copy(fa_recipe **out, const fa_recipe *recipe);

/* Reads an .ini from memory; name stands for it in messages. */
fa_status fa__recipe_parse(fa_recipe **out, const char *text, const char *name);

#endif
