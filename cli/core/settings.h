/* Keys of a recipe set by the program or by --set. */
#ifndef FORCED_APART_CLI_SETTINGS_H
#define FORCED_APART_CLI_SETTINGS_H

#include "options.h"

#include "forced_apart.h"

typedef struct setting {
    const char *key, *value;
} setting;

/* Sets them in order, up to `count` or the first without a key. */
fa_status settings_set(fa_recipe *recipe, const setting *settings, size_t count);

/* Applies the KEY=VALUE texts of --set; one that does not fit is misuse of the command. */
int settings_apply(fa_recipe *recipe, const text_list *changes, const cli_command *of);

/* Notes each key of --set that is not at its default and has no effect in the recipe. Those of a recipe's
 * file are not: it may hold what goes with one loss.kind beside what goes with another, and that of a run
 * holds all keys; train --verbose tells. */
void settings_note_idle(const fa_recipe *recipe, const text_list *changes);

/* How new data of a run are read: by the options given, for the rest by its recipe. What the result
 * points to lives as both. */
fa_read_options settings_read_options(const fa_recipe *recipe, const fa_read_options *given);

/* Reads new data for a run so. A table may lack columns of labels, and those that are left out;
 * that, and names of columns that only the model has, are noted. The exit code; free the data with
 * fa_dataset_free. */
int settings_read_new(fa_dataset **out, const char *path, fa_run *run, const fa_model *model,
                      const fa_read_options *given);

#endif
