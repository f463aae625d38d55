/* SHA-256 of files and folders. */
#define _POSIX_C_SOURCE 200809L
#include "checksum.h"

#include "places.h"

#include <dirent.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

_Static_assert((int)CHECKSUM_TEXT == SHA256_DIGEST_STRING_LENGTH, "what SHA256End writes");

bool checksum_path(char out[CHECKSUM_TEXT], const char *path) {
    if (!is_folder(path)) return SHA256File(path, out) != NULL;
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    bool good = count >= 0;
    SHA256_CTX hash;
    SHA256Init(&hash);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char below[PLACE_MAX], text[CHECKSUM_TEXT];
        if (name[0] != '.') {
            good = good && join_path(below, path, name) && checksum_path(text, below);
            if (good) {
                SHA256Update(&hash, (const uint8_t *)name, strlen(name) + 1);
                SHA256Update(&hash, (const uint8_t *)text, CHECKSUM_TEXT);
            }
        }
        free(names[i]);
    }
    if (count >= 0) free(names);
    SHA256End(&hash, out);
    return good;
}
