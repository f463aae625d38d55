/* Where things lie: the data folder with the known data sets, and the recipes. */
#ifndef FORCED_APART_CLI_PLACES_H
#define FORCED_APART_CLI_PLACES_H

#include "forced_apart.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACE_MAX = 4096 };

/* A file of a known data set; a data set's list ends with a NULL name. */
typedef struct known_file {
    const char *name;
    uint64_t size;
    const char *sha256;
} known_file;

typedef struct known_data {
    const char *name; /* also its folder in the data folder */
    const char *text;
    const known_file *files;
    const char *mirrors[4]; /* URLs that the file names are appended to; NULL-terminated */
} known_data;

/* The known data sets, *count entries. */
const known_data *known_data_sets(size_t *count);
const known_data *known_data_find(const char *name);
void known_data_names(char *out, size_t size); /* "a, b, c" */

/* The data folder; false, after a message, if its path cannot be told. */
bool data_folder(char out[PLACE_MAX]);

/* fa_dataset_read of a path, or of a name below the data folder. */
fa_status read_data(fa_dataset **out, const char *name, const fa_read_options *options);

/* folder/name; false, after a message, if it is too long. */
bool join_path(char out[PLACE_MAX], const char *folder, const char *name);

/* Size of a file; false if there is none. */
bool file_size(const char *path, uint64_t *size);
bool is_folder(const char *path);
bool is_pipe(const char *path); /* what is read of it is gone */

/* The file of a recipe given by path or by name ("mnist-strokes"); false, after a message. */
bool recipe_path(char out[PLACE_MAX], const char *recipe);

/* The folder of recipes: $FORCED_APART_RECIPES, else the first that exists of those beside the
 * program and the installed one; NULL if none. */
const char *recipe_folder(void);

#endif
