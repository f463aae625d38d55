/* Files by device and inode. */
#define _XOPEN_SOURCE 700
#include "paths.h"

#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, NAME_SIZE = 256 };

/* A file that is there, or a name in a folder that is. */
typedef struct identity {
    bool known, there, plain;
    dev_t device;
    ino_t inode;
    char name[NAME_SIZE]; /* of a file that is not there */
} identity;

/* Where a link to nothing leads: what would be written. */
static void follow_to_nothing(char path[PATH_SIZE]) {
    enum { LINKS_MOST = 40 };
    char target[PATH_SIZE];
    struct stat info;
    for (int i = 0; i < LINKS_MOST && stat(path, &info) != 0; i++) {
        ssize_t length = readlink(path, target, sizeof target - 1);
        const char *slash = strrchr(path, '/');
        size_t kept = slash == NULL || target[0] == '/' ? 0 : (size_t)(slash - path) + 1;
        if (length < 0 || kept + (size_t)length >= PATH_SIZE) return;
        target[length] = '\0';
        memcpy(path + kept, target, (size_t)length + 1);
    }
}

static identity identify(const char *given) {
    char path[PATH_SIZE];
    struct stat info;
    identity of = {0};
    if (given == NULL || strlen(given) >= sizeof path) return of;
    memcpy(path, given, strlen(given) + 1);
    follow_to_nothing(path);
    of.there = stat(path, &info) == 0;
    of.plain = !of.there || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
    if (!of.there) {
        char *slash = strrchr(path, '/');
        const char *name = slash != NULL ? slash + 1 : path;
        if (strlen(name) >= sizeof of.name) return of; /* no file can be called so */
        memcpy(of.name, name, strlen(name) + 1);
        if (slash != NULL) slash[1] = '\0';
        if (stat(slash != NULL ? path : ".", &info) != 0) return of;
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

/* What would be read as a part of the folder that is read. */
static bool is_part(const char *file, const char *folder) {
    char above[PATH_SIZE];
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    size_t digits = strncmp(name, "part-", 5) == 0 ? strspn(name + 5, "0123456789") : 0;
    snprintf(above, sizeof above, "%s", file);
    return digits > 0 && strcmp(name + 5 + digits, ".npy") == 0 && go_up(above) &&
           are_one(above, folder);
}

/* Where the result goes, unless it goes nowhere or to a terminal. */
static bool is_standard_output(const char *path) {
    struct stat info, out;
    return strcmp(path, "-") == 0 ||
           (fstat(STDOUT_FILENO, &out) == 0 && !S_ISCHR(out.st_mode) && stat(path, &info) == 0 &&
            info.st_dev == out.st_dev && info.st_ino == out.st_ino);
}

int paths_check(const cli_command *of, const char *const *inputs, size_t n_inputs,
                const char *const *outputs, size_t n_outputs) {
    for (size_t i = 0; i < n_outputs; i++) {
        struct stat info;
        bool there = outputs[i] != NULL && strlen(outputs[i]) < PATH_SIZE &&
                     stat(outputs[i], &info) == 0 && S_ISREG(info.st_mode);
        if (outputs[i] != NULL && is_standard_output(outputs[i]))
            return misuse(
                of,
                "standard output, '%s', has the result already; name a file, or a pipe as in "
                "bash: >(command)",
                outputs[i]);
        if (there && is_of_run(outputs[i]))
            return misuse(of, "%s is a file of the run that lies there; name another file",
                          outputs[i]);
        for (size_t j = 0; there && j < n_inputs; j++)
            if (inputs[j] != NULL && lies_in(outputs[i], inputs[j]))
                return misuse(of,
                              "%s is there already, in the folder %s, which is read; name another "
                              "file",
                              outputs[i], inputs[j]);
        for (size_t j = 0; outputs[i] != NULL && j < n_inputs; j++)
            if (inputs[j] != NULL && is_part(outputs[i], inputs[j]))
                return misuse(
                    of,
                    "%s would become a part of the data in %s, which is read; name another file",
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

/* The files that the recipe of a run names: its data, their labels, vectors of words, weights. */
static int check_run(const cli_command *of, const char *folder, const fa_recipe *recipe,
                     const char *const *outputs, size_t n_outputs) {
    size_t count;
    int code = EXIT_OK;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t k = 0; k < count && code == EXIT_OK; k++) {
        const char *value = fa_recipe_get(recipe, keys[k].name);
        char *path;
        if (strncmp(keys[k].allowed, "path", 4) != 0 || value[0] == '\0' ||
            fa_data_path(&path, value) != FA_OK)
            continue;
        for (size_t i = 0; i < n_outputs && code == EXIT_OK; i++)
            if (are_one(outputs[i], path))
                code = misuse(of, "%s would be written over %s of the run %s; name another file",
                              outputs[i], keys[k].name, folder);
        fa_free(path);
    }
    return code;
}

int paths_check_runs(const cli_command *of, const char *const *folders, size_t n_folders,
                     const char *const *outputs, size_t n_outputs) {
    int code = EXIT_OK;
    for (size_t i = 0; i < n_folders && code == EXIT_OK; i++) {
        fa_run *run = NULL;
        if (fa_run_open(&run, folders[i]) == FA_OK)
            code = check_run(of, folders[i], fa_run_recipe(run), outputs, n_outputs);
        fa_run_free(run);
    }
    return code;
}
