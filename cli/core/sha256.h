/* SHA-256 (FIPS 180-4), to tell whether a fetched file is the official one. */
#ifndef FORCED_APART_CLI_SHA256_H
#define FORCED_APART_CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
} sha256;

enum { SHA256_TEXT = 65 };

void sha256_start(sha256 *hash);
void sha256_add(sha256 *hash, const void *bytes, size_t count);
void sha256_text(sha256 *hash, char out[SHA256_TEXT]); /* finishes; hexadecimal */

#endif
