/* What a command reads and writes is held against each other before it begins. */
#ifndef FORCED_APART_CLI_PATHS_H
#define FORCED_APART_CLI_PATHS_H

#include "options.h"

/* EXIT_OK, or a misuse where two outputs are one file, or an output is standard output, a file that
 * is read, is there already in a folder of data that is read or would become a part of it, or is a
 * file of a run that its results are made of. By
 * device and inode, so that links and other spellings are seen; devices and pipes may be named
 * twice. NULL in a list: not given. */
int paths_check(const cli_command *of, const char *const *inputs, size_t n_inputs,
                const char *const *outputs, size_t n_outputs);

/* EXIT_OK, or a misuse where an output is a file that the recipe of a run names, as its data. Runs that cannot be
 * opened are passed over. */
int paths_check_runs(const cli_command *of, const char *const *folders, size_t n_folders,
                     const char *const *outputs, size_t n_outputs);

#endif
