/* Checksums of data as it lies on disk. */
#ifndef FORCED_APART_CLI_CHECKSUM_H
#define FORCED_APART_CLI_CHECKSUM_H

#include <stdbool.h>

enum { CHECKSUM_TEXT = 65 }; /* 64 hexadecimal digits and the end */

/* SHA-256 of a file; of a folder, over name and checksum of every file below it in order of name
 * (hidden ones left out). False if something there cannot be read. */
bool checksum_path(char out[CHECKSUM_TEXT], const char *path);

#endif
