/* What a measured number has to name: the machine and the build. */
#ifndef FORCED_APART_CLI_MACHINE_H
#define FORCED_APART_CLI_MACHINE_H

#include <stddef.h>

enum { MACHINE_TEXT = 256 };

/* "2 cores of Intel(R) Xeon(R) ..., 24 GiB, Linux 6.1, avx512". Returns out. */
const char *machine_text(char out[MACHINE_TEXT]);
size_t machine_cores(void);

/* The commit that was built, with "+" behind it for a tree with changes; "unknown" outside git.
 * Its source is made by cmake/commit.cmake at every build. */
const char *build_commit(void);

#endif
