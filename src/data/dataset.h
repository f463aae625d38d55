/* What a data set is inside. Readers fill one in; training reads it. */
#ifndef FA_DATA_DATASET_H
#define FA_DATA_DATASET_H

#include "base/status.h"

#include <stdbool.h>

struct fa_dataset {
    fa_kind kind;
    size_t n;        /* samples */
    size_t features; /* per step, or height * width * channels */

    size_t *offsets; /* series and texts: [n + 1], sample i is rows offsets[i]..offsets[i+1] of
                        values */
    float *values;   /* series: [offsets[n], features]; vectors: [n, features]; all finite */

    size_t height, width, channels; /* images */
    unsigned char *pixels;          /* images: [n, height, width, channels] */

    char *column_names; /* vectors and series of a table: of the features, each ended by 0; NULL:
                           none */

    double
        *shift;   /* [features] what was taken off the values before they became float32; NULL: 0 */
    char *schema; /* tables: how the columns were read (formats/plan_schema.c); or NULL */

    char *text;        /* texts: UTF-8, sample i is bytes offsets[i]..offsets[i+1] */
    size_t vocabulary; /* series of word numbers below it, one feature; 0: of measured values */

    int32_t *coarse;    /* [n] given coarse labels, 0 to n_coarse - 1, -1: none; or NULL */
    char *coarse_names; /* of the n_coarse labels, each ended by 0 */
    size_t n_coarse, coarse_names_size;

    int32_t *classes; /* [n], or NULL */
    char *names;      /* names of the classes first_named, first_named + 1, ..., each ended by 0;
                         NULL: none */
    size_t n_names, names_size; /* names, and bytes of the block */
    int32_t first_named;
    size_t *origin; /* [n] the row of the data that sample i was, from 0; NULL: row i */
    size_t n_rows;  /* rows of the data, those left out included; 0: origin NULL, or not known */
    char *sample_names;    /* of the rows (not the samples), each ended by 0; NULL: none */
    size_t *sample_starts; /* where each begins */
    size_t skipped;        /* records left out */
    bool borrowed;         /* values or pixels lie in the file as it is mapped */
    unsigned char *map;    /* that file, of map_size bytes; fa_dataset_read hands it over */
    size_t map_size;
    char why[256];    /* and why */
    char note[768];   /* what else the reader noticed, "" */
    char absent[256]; /* columns it was told of and did without, "" */
};

/* An empty data set of a kind (all pointers NULL), to be filled in and freed with fa_dataset_free.
 */
fa_status fa__dataset_create(fa_dataset **out, fa_kind kind);

/* Prepares to leave out samples: origin [n] is then there, and moves as labels do. */
fa_status fa__dataset_keep_origin(fa_dataset *dataset);

/* Names the rows by strings, in their order; `from` bytes of each are passed over. */
fa_status fa__dataset_name_samples(fa_dataset *dataset, char *const *names, size_t count,
                                   size_t from);

/* Name number `index` of a block of names, each ended by 0. */
const char *fa__name_at(const char *names, size_t index);

/* Names the classes first, first + 1, ... by the lines of a text (a file of class names as it was
 * read; empty lines at its end name none). FA_E_FORMAT, naming `where` and the line, for an empty
 * line before that or a zero byte. */
fa_status fa__dataset_name_classes(fa_dataset *dataset, int32_t first, const void *text,
                                   size_t size, const char *where);

#endif
