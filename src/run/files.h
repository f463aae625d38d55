/* A run folder: the names in it, and what may lie beside what. No other file knows one of the
 * names. */
#ifndef FA_RUN_FILES_H
#define FA_RUN_FILES_H

#include "base/file.h"

fa_status fa__run_path(char out[FA__PATH_MAX], const char *folder, fa_run_file file);
bool fa__run_has(const char *folder, fa_run_file file);

/* Writes a file as a whole: complete or absent. */
fa_status fa__run_write(const char *folder, fa_run_file file, const void *bytes, size_t size);

/* Removes what was computed from the model that is there, before another takes its place: the
 * scores first, without which a folder is no finished run. whole: the model, the checkpoint and the
 * history too. FA_E_IO where a file stays. */
fa_status fa__run_drop_results(const char *folder, bool whole);

/* Takes the folder for a training (fa__folder_lock), and clears it of temporary files of others
 * that were killed. */
fa_status fa__run_lock(int *lock, const char *folder);

/* FA_E_IO: the file is not there, so it is no finished run, and what finishes it. */
fa_status fa__run_unfinished(const char *folder, fa_run_file file);

#endif
