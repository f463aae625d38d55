/* Folders of data: what in them is no data. */
#ifndef FA_FORMATS_FOLDER_H
#define FA_FORMATS_FOLDER_H

#include "base/status.h"

#include <stdbool.h>

/* The entries of a folder, hidden ones apart. One that is not there has none: handle is NULL and
 * error says why. Any other failure is one: what could not be looked at must not
 * be taken for what is not there. */
typedef struct fa__folder {
    void *handle;
    int error;
    const char *path;
} fa__folder;

fa_status fa__folder_open(fa__folder *out, const char *path);
fa_status fa__folder_next(const char **name, fa__folder *of); /* NULL: no more */
void fa__folder_close(fa__folder *of);

/* Opens one that must be there. */
fa_status fa__folder_open_known(fa__folder *out, const char *path);

/* *found: `want` says so of an entry. */
typedef fa_status (*fa__folder_judge)(bool *yes, const char *folder, const char *name);
fa_status fa__folder_any(bool *found, const char *folder, fa__folder_judge want);

/* True for a folder that training wrote: it holds recipe.ini, and a model, a history or scores; and for the
 * figures of one, which lie among the data where these and the run share a folder. */
bool fa__is_run_folder(const char *path);

/* Images by their names: of the kinds that are read, or of others (.tif, .webp, ...). */
bool fa__is_image_name(const char *name);
bool fa__is_other_image_name(const char *name);

/* What was left out of a folder, by its reason; places are those of the first. {0}: nothing. */
typedef struct fa__left_out {
    size_t deeper, kinds, beside, runs, others, bare;
    char deep[96], kind[96], stray[96], run[96], other[96], empty[96]; /* bare: empty folders */
} fa__left_out;

/* Adds an entry of a folder: a folder with what lies in it, at any depth, or a file. beside: it
 * lies beside the folders of classes. */
fa_status fa__left_out_add(fa__left_out *left, const char *folder, const char *name, bool beside);

/* In all, and a line of text about them. */
size_t fa__left_out_count(const fa__left_out *left);
void fa__left_out_text(char *out, size_t size, const fa__left_out *left);

#endif
