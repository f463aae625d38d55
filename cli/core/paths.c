/* Files by device and inode. */
#define _XOPEN_SOURCE 700
#include "paths.h"

#include "output.h"

#include <stdio.h>
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

enum { PATH_SIZE = 4096 };

/* From a path to the folder that it lies in; false: there is none above it. */
static bool go_up(char path[PATH_SIZE]) {
    char *slash = strrchr(path, '/');
    if (strcmp(path, ".") == 0 || strcmp(path, "/") == 0) return false;
    if (slash == NULL)
        memcpy(path, ".", 2);
    else
        slash[slash == path] = '\0';
    return true;
}

/* A file of a run that its results are made of, or that are its results. */
static bool is_of_run(const char *output) {
    char folder[PATH_SIZE], path[PATH_SIZE + 64];
    struct stat info;
    const char *slash = strrchr(output, '/'), *name = slash != NULL ? slash + 1 : output;
    bool part = false;
    snprintf(folder, sizeof folder, "%s", output);
    (void)go_up(folder);
    for (int file = FA_RUN_RECIPE; file <= FA_RUN_CANDIDATES; file++)
        part = part || strcmp(name, fa_run_file_name((fa_run_file)file)) == 0;
    if (!part) return false;
    snprintf(path, sizeof path, "%s/%s", folder, fa_run_file_name(FA_RUN_RECIPE));
    if (stat(path, &info) != 0) return false;
    snprintf(path, sizeof path, "%s/%s", folder, fa_run_file_name(FA_RUN_HISTORY));
    return stat(path, &info) == 0;
}

/* Whether a file lies in a folder of data, at any depth. */
static bool lies_in(const char *file, const char *folder) {
    char above[PATH_SIZE], recipe[PATH_SIZE + 64];
    struct stat info;
    identity data = identify(folder);
    if (!data.known || !data.there || stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return false;
    snprintf(recipe, sizeof recipe, "%s/%s", folder, fa_run_file_name(FA_RUN_RECIPE));
    if (stat(recipe, &info) == 0) return false; /* a run: see is_of_run */
    snprintf(above, sizeof above, "%s", file);
    while (go_up(above))
        if (stat(above, &info) == 0 && info.st_dev == data.device && info.st_ino == data.inode)
            return true;
    return false;
}

int paths_check(const cli_command *of, const char *const *inputs, size_t n_inputs,
                const char *const *outputs, size_t n_outputs) {
    for (size_t i = 0; i < n_outputs; i++) {
        struct stat info;
        bool there = outputs[i] != NULL && strlen(outputs[i]) < PATH_SIZE &&
                     stat(outputs[i], &info) == 0 && S_ISREG(info.st_mode);
        if (there && is_of_run(outputs[i]))
            return misuse(of, "%s is a file of the run that lies there; name another file",
                          outputs[i]);
        for (size_t j = 0; there && j < n_inputs; j++)
            if (inputs[j] != NULL && lies_in(outputs[i], inputs[j]))
                return misuse(of,
                              "%s is there already, in the folder %s, which is read; name another "
                              "file",
                              outputs[i], inputs[j]);
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
