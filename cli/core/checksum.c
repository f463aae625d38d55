/* SHA-256 of files and folders. */
#define _POSIX_C_SOURCE 200809L
#include "checksum.h"

#include "places.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool hash_file(char out[SHA256_TEXT], const char *path) {
    unsigned char buffer[1 << 14];
    sha256 hash;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return false;
    sha256_start(&hash);
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, stream)) > 0;)
        sha256_add(&hash, buffer, got);
    bool complete = !ferror(stream);
    fclose(stream);
    sha256_text(&hash, out);
    return complete;
}

bool checksum_path(char out[SHA256_TEXT], const char *path) {
    if (!is_folder(path)) return hash_file(out, path);
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    bool good = count >= 0;
    sha256 hash;
    sha256_start(&hash);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char below[PLACE_MAX], text[SHA256_TEXT];
        if (name[0] != '.') {
            good = good && join_path(below, path, name) && checksum_path(text, below);
            if (good) {
                sha256_add(&hash, name, strlen(name) + 1);
                sha256_add(&hash, text, SHA256_TEXT);
            }
        }
        free(names[i]);
    }
    if (count >= 0) free(names);
    sha256_text(&hash, out);
    return good;
}
