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

#endif
