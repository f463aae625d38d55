/* What happens while a long call runs: a bar on a terminal, a line an epoch elsewhere, and Ctrl-C
 * as a wish to stop that the library is told about. */
#ifndef FORCED_APART_CLI_PROGRESS_H
#define FORCED_APART_CLI_PROGRESS_H

#include "forced_apart.h"

#include <stdbool.h>

/* From here on the first SIGINT, SIGTERM, SIGHUP or SIGXCPU is remembered, and ends what the library
 * does or waits for (fa_stop_set); the second one kills. */
void signals_watch(void);

/* From here on progress_show passes a signal on, where the library wants to be stopped. `label`
 * stands before every line ("" for none) and must outlive progress_end. */
void progress_start(const char *label);
void progress_end(void); /* removes the bar */

/* The next of several trainings, a bar for each: the callback `begin` of fa_discover; user is not used. */
int progress_next(void *user, const char *training);

/* The callback for fa_train and fa_model_embed; user is not used. */
int progress_show(void *user, const fa_progress *progress);

/* A bar for work measured in bytes; true: stop. */
bool progress_bytes(const char *what, double done, double total);

bool interrupted(void);

#endif
