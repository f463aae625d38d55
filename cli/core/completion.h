/* What shells complete, from the same tables as the help. */
#ifndef FORCED_APART_CLI_COMPLETION_H
#define FORCED_APART_CLI_COMPLETION_H

#include <stdio.h>

/* The script for "bash", "zsh" or "fish". */
void completion_print(FILE *out, const char *shell);

#endif
