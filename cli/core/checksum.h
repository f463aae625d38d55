/* Checksums of data as it lies on disk. */
#ifndef FORCED_APART_CLI_CHECKSUM_H
#define FORCED_APART_CLI_CHECKSUM_H

#include "sha256.h"

#include <stdbool.h>

/* SHA-256 of a file; of a folder, over name and checksum of every file below it in order of name
 * (hidden ones left out). False if something there cannot be read. */
bool checksum_path(char out[SHA256_TEXT], const char *path);

#endif
