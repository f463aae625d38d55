/* Help and man page, both walked from the command and option tables. */
#ifndef FORCED_APART_CLI_HELP_H
#define FORCED_APART_CLI_HELP_H

#include "options.h"

#include <stdio.h>

/* All commands, in the order of the help; NULL-terminated. */
extern const cli_command *const all_commands[];

void help_overview(FILE *out);
void help_group(FILE *out, const char *group); /* the commands whose names start with this word */
void help_command(FILE *out, const cli_command *of);
void help_man(FILE *out);

/* True if a command's name is this word and another one. */
bool in_group(const cli_command *of, const char *group);

#endif
