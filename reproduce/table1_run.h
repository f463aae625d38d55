/* Training cells of Table 1: for the table itself, and for the figures drawn from its runs. */
#ifndef FORCED_APART_CLI_TABLE1_RUN_H
#define FORCED_APART_CLI_TABLE1_RUN_H

#include "core/options.h"
#include "table1.h"

/* The first fields are the caller's; table1_plan_open sets the others. */
typedef struct table1_plan {
    const cli_command *command; /* who is misused */
    const char *output;         /* folder of the runs */
    size_t jobs;                /* cells trained at a time */
    text_list changes;          /* --set, in every cell */
    bool resume;                /* cells that are there are kept, or continued */

    table1_result *cells; /* in the order of training: the first run of all, then the second, ... */
    size_t count;
} table1_plan;

/* --set once for all, so that what is wrong with it is told as misuse and before anything else. */
int table1_check_settings(const table1_plan *p);

/* The cells of the chosen columns and methods, with seeds from `seed` on; runs 0: as many as the
 * column has of ours. Exit code; close it in any case. */
int table1_plan_open(table1_plan *p, const bool *columns_chosen, const bool *methods_chosen,
                     size_t runs, uint64_t seed);
void table1_plan_close(table1_plan *p);

/* A cell's run folder (ending "") or its log (".log"); false, after a message, if it is too long.
 */
bool table1_cell_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                      const char *ending);

enum { TRAININGS = 3 }; /* of what is TRAINED_AGAIN */

/* A cell is trained in one training or several, each by a recipe, in a run folder of its own: the cell's,
 * or "training-1" and so on within it. NULL or false after a message. */
size_t table1_trainings(const table1_result *cell);
fa_recipe *table1_recipe(const table1_plan *p, const table1_result *cell, size_t training);
bool table1_training_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                          size_t training);

/* The clusters of the training before that this one has for labels. */
bool table1_labels_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                        size_t training);

/* Trains it, or goes on with it, if it is not finished. Exit code. */
int table1_train_one(const table1_plan *p, const table1_result *cell, size_t training,
                     const char *label);

/* What a cell that is not trained once does in its process, up to its RESULT_FILE. Exit code. */
int best_again(const table1_plan *p, const table1_result *cell);
int best_discover(const table1_plan *p, const table1_result *cell);
#define RESULT_FILE "/result.json" /* ending of table1_cell_path; written last */

/* Marks and counts the cells that are done already. A finished cell of another recipe would make a
 * result of two kinds of things: it is refused. */
int table1_find_finished(table1_plan *p, size_t *finished);

/* What there is to do, and for about how long, on standard error; `each`: of every column, too. */
void table1_tell(const table1_plan *p, size_t finished, bool each);

/* Trains what is not done. EXIT_FAILED if a cell failed or it was stopped; the other cells are
 * trained all the same. */
int table1_train(table1_plan *p, size_t *finished);

/* What a table says of its finished cells beyond their scores: within given labels, by KMeans. */
int table1_score_all(table1_plan *p);

#endif
