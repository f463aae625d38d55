/* What a data set is inside. Readers fill one in; training reads it. */
#ifndef FA_DATA_DATASET_H
#define FA_DATA_DATASET_H

#include "base/status.h"

struct fa_dataset {
    fa_kind kind;
    size_t n;        /* samples */
    size_t features; /* per step, or height * width * channels */

    size_t *offsets; /* series and texts: [n + 1], sample i is rows offsets[i]..offsets[i+1] of
                        values */
    float *values;   /* series: [offsets[n], features], all finite */

    size_t height, width, channels; /* images */
    unsigned char *pixels;          /* images: [n, height, width, channels] */

    char *text;        /* texts: UTF-8, sample i is bytes offsets[i]..offsets[i+1] */
    size_t vocabulary; /* series of word numbers below it, one feature; 0: of measured values */

    int32_t *classes; /* [n], or NULL */
    char *names;      /* names of the classes first_named, first_named + 1, ..., each ended by 0;
                         NULL: none */
    size_t n_names, names_size; /* names, and bytes of the block */
    int32_t first_named;
    size_t skipped; /* records left out */
    char why[256];  /* and why */
};

/* What a reader gets: a folder, or a file with its whole (gunzipped) content. */
typedef struct fa__source {
    const char *path;
    const unsigned char *bytes; /* NULL: a folder */
    size_t size;
} fa__source;

/* An empty data set of a kind (all pointers NULL), to be filled in and freed with fa_dataset_free.
 */
fa_status fa__dataset_create(fa_dataset **out, fa_kind kind);

/* Names the classes first, first + 1, ... by the lines of a text (a file of class names as it was
 * read; empty lines at its end name none). FA_E_FORMAT, naming `where` and the line, for an empty
 * line before that or a zero byte. */
fa_status fa__dataset_name_classes(fa_dataset *dataset, int32_t first, const void *text,
                                   size_t size, const char *where);

#endif
