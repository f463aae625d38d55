/* Files by device and inode. */
#define _XOPEN_SOURCE 700
#include "paths.h"

#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that is there, or a name in a folder that is. */
typedef struct identity {
    bool known, there, plain;
    dev_t device;
    ino_t inode;
    const char *name; /* of a file that is not there */
} identity;

static identity identify(const char *path) {
    char folder[4096];
    struct stat info;
    identity of = {0};
    if (path == NULL) return of;
    of.there = stat(path, &info) == 0;
    of.plain = !of.there || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
    if (!of.there) {
        const char *slash = strrchr(path, '/');
        of.name = slash != NULL ? slash + 1 : path;
        size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 0;
        if (length >= sizeof folder) return of;
        memcpy(folder, path, length);
        folder[length] = '\0';
        if (stat(length > 0 ? folder : ".", &info) != 0) return of;
    }
    of.known = true;
    of.device = info.st_dev;
    of.inode = info.st_ino;
    return of;
}

static bool are_one(const char *a, const char *b) {
    identity x = identify(a), y = identify(b);
    return x.known && y.known && x.plain && y.plain && x.there == y.there && x.device == y.device &&
           x.inode == y.inode && (x.there || strcmp(x.name, y.name) == 0);
}

int paths_check(const cli_command *of, const char *const *inputs, size_t n_inputs,
                const char *const *outputs, size_t n_outputs) {
    for (size_t i = 0; i < n_outputs; i++) {
        for (size_t j = 0; j < i; j++)
            if (are_one(outputs[i], outputs[j]))
                return misuse(of, "%s and %s are one file; name two", outputs[j], outputs[i]);
        for (size_t j = 0; j < n_inputs; j++)
            if (are_one(outputs[i], inputs[j]))
                return misuse(of, "%s would be written over %s, which is read; name another file",
                              outputs[i], inputs[j]);
    }
    return EXIT_OK;
}
