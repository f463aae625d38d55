/* Files that are complete or absent, and folders. */
#ifndef FORCED_APART_FILES_H
#define FORCED_APART_FILES_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a file that is complete or absent: under a temporary name beside it, flushed to the disk,
 * then renamed, in place of a file that was there.
 *
 * bytes   [size]  what the file holds then; NULL goes with size 0
 *
 * Errors: FA_E_ARGUMENT path is NULL, or bytes is NULL and size not 0; FA_E_IO with the reason of
 *   the system; what was there before stays then. Memory: none. Threads: safe on different paths.
 */
FA_API fa_status fa_file_write(const char *path, const void *bytes, size_t size);

/* Makes a folder and those above it that are missing; one that is there is fine.
 *
 * Errors: FA_E_ARGUMENT path is NULL; FA_E_IO the path is empty or too long, or a part of it is no
 *   folder and none can be made there. Threads: safe. */
FA_API fa_status fa_folder_make(const char *path);

#ifdef __cplusplus
}
#endif
#endif
