/* Paths, the known data sets, and the recipes that come with the program. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "places.h"

#include "options.h"
#include "output.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FA_RECIPE_FOLDER /* the installed one, from the build */
#define FA_RECIPE_FOLDER "/usr/local/share/forced-apart/recipes"
#endif

/* ==== Known data sets ==== */

/* Sizes and checksums of the official files. */
static const known_file mnist_files[] = {
    {"train-images-idx3-ubyte.gz", 9912422,
     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
    {"train-labels-idx1-ubyte.gz", 28881,
     "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte.gz", 1648877,
     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"t10k-labels-idx1-ubyte.gz", 4542,
     "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
    {NULL, 0, NULL},
};

static const known_data known[] = {
    {"mnist",
     "70,000 images of handwritten digits, 28 x 28 (CC BY-SA 3.0)",
     mnist_files,
     {"https://ossci-datasets.s3.amazonaws.com/mnist",
      "https://storage.googleapis.com/cvdf-datasets/mnist", NULL}},
};
enum { KNOWN_COUNT = sizeof known / sizeof *known };

const known_data *known_data_sets(size_t *count) {
    *count = KNOWN_COUNT;
    return known;
}

const known_data *known_data_find(const char *name) {
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(known[i].name, name) == 0) return &known[i];
    return NULL;
}

void known_data_names(char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < KNOWN_COUNT && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", known[i].name);
}

/* ==== Paths ==== */

bool join_path(char out[PLACE_MAX], const char *folder, const char *name) {
    int length = snprintf(out, PLACE_MAX, "%s/%s", folder, name);
    if (length >= 0 && length < PLACE_MAX) return true;
    fail("the path %.60s.../%.60s is longer than %d bytes", folder, name, PLACE_MAX - 1);
    return false;
}

bool file_size(const char *path, uint64_t *size) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return false;
    *size = (uint64_t)info.st_size;
    return true;
}

bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_pipe(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

bool data_folder(char out[PLACE_MAX]) {
    char *path;
    if (fa_data_path(&path, "") != FA_OK) {
        fail_library();
        return false;
    }
    int length = snprintf(out, PLACE_MAX, "%s", path);
    fa_free(path);
    if (length >= 0 && length < PLACE_MAX) return true;
    fail("the path of the data folder is longer than %d bytes", PLACE_MAX - 1);
    return false;
}

fa_status read_data(fa_dataset **out, const char *name, const fa_read_options *options) {
    char *path;
    fa_status status = fa_data_path(&path, name);
    if (status != FA_OK) return status;
    fa_read_options how = options != NULL ? *options : (fa_read_options){0};
    how.size = sizeof how;
    status = fa_dataset_read(out, path, &how);
    fa_free(path);
    return status;
}

/* ==== Recipes ==== */

enum { RECIPE_FOLDERS = 3 };

/* Folders that may hold recipes: the one that $FORCED_APART_RECIPES names and no other; without it
 * beside the program in the source tree, beside it where it is installed, and where the build was
 * told it would be. */
static size_t recipe_folders(char out[RECIPE_FOLDERS][PLACE_MAX]) {
    char program[PLACE_MAX - 64];
    const char *named = getenv("FORCED_APART_RECIPES");
    size_t count = 0;
    if (named != NULL && named[0] != '\0')
        return snprintf(out[0], PLACE_MAX, "%s", named) < PLACE_MAX ? 1 : 0;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        char *slash = strrchr(program, '/');
        if (slash != NULL) *slash = '\0';
        snprintf(out[count++], PLACE_MAX, "%s/../recipes", program);
        snprintf(out[count++], PLACE_MAX, "%s/../share/forced-apart/recipes", program);
    }
    snprintf(out[count++], PLACE_MAX, "%s", FA_RECIPE_FOLDER);
    return count;
}

const char *recipe_folder(void) {
    static char found[PLACE_MAX];
    char folders[RECIPE_FOLDERS][PLACE_MAX];
    size_t count = recipe_folders(folders);
    for (size_t i = 0; i < count; i++)
        if (is_folder(folders[i]) && realpath(folders[i], found) != NULL) return found;
    return NULL;
}

/* The recipes of a folder by name, "a, b, c". */
static void list_recipes(char *out, size_t size, const char *folder) {
    size_t used = 0;
    out[0] = '\0';
    DIR *open = folder != NULL ? opendir(folder) : NULL;
    if (open == NULL) return;
    for (struct dirent *entry; (entry = readdir(open)) != NULL && used < size;) {
        size_t length = strlen(entry->d_name);
        if (length <= 4 || strcmp(entry->d_name + length - 4, ".ini") != 0) continue;
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", used > 0 ? ", " : "",
                                 (int)(length - 4), entry->d_name);
    }
    closedir(open);
}

bool recipe_path(char out[PLACE_MAX], const char *recipe) {
    uint64_t size;
    bool is_path = strchr(recipe, '/') != NULL || file_size(recipe, &size);
    if (is_path) {
        int length = snprintf(out, PLACE_MAX, "%s", recipe);
        if (length >= 0 && length < PLACE_MAX) return true;
        fail("the path %.60s... is longer than %d bytes", recipe, PLACE_MAX - 1);
        return false;
    }
    const char *folder = recipe_folder();
    if (folder != NULL) {
        static const char *const endings[] = {"", ".ini"};
        for (size_t i = 0; i < 2; i++) {
            int length = snprintf(out, PLACE_MAX, "%s/%s%s", folder, recipe, endings[i]);
            if (length >= 0 && length < PLACE_MAX && file_size(out, &size)) return true;
        }
    }
    char names[512];
    list_recipes(names, sizeof names, folder);
    if (names[0] != '\0')
        fail("%s: no such recipe, neither a file here nor one of those in %s: %s", recipe, folder,
             names);
    else
        fail("%s: no such recipe: there is no such file, and no folder of recipes was found; give "
             "the path of an .ini file, or set FORCED_APART_RECIPES to the folder recipes/ of the "
             "source",
             recipe);
    return false;
}
