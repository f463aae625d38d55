/* Training and what is said of it: shared by train, discover and its search. */
#ifndef FORCED_APART_CLI_TRAINING_H
#define FORCED_APART_CLI_TRAINING_H

#include "options.h"

#include "forced_apart.h"

#include <jansson.h>

/* The network as a table of layers with shapes and parameters, below what it is trained on. */
void plan_print(const fa_plan *plan);
json_t *plan_json(const fa_plan *plan);

/* Looks at the plan of a training (data NULL: what the recipe names) and goes no further: printed,
 * or with --json as JSON. Exit code.
 */
int train_dry(const fa_recipe *recipe, const fa_dataset *train, const fa_dataset *test,
              const char *run);

/* fa_train on what the recipe names, with the progress of the program. */
fa_status train_shown(fa_run **out, const fa_recipe *recipe, const char *label,
                      const fa_train_options *how);

/* The result without the files of the run. */
void training_print(const fa_train_result *result);
json_t *training_json(const fa_train_result *result, const char *run);

/* A number of clusters that was chosen. */
void choice_print(const fa_sweep_choice *choice);
json_t *choice_json(const fa_sweep_choice *choice);

#endif
