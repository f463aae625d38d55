/* What a data set is inside. Readers fill one in; training reads it. */
#ifndef FA_DATA_DATASET_H
#define FA_DATA_DATASET_H

#include "base/status.h"

struct fa_dataset {
    fa_kind kind;
    size_t n;        /* samples */
    size_t features; /* per step, or height * width * channels */

    size_t *offsets; /* series and texts: [n + 1], sample i is rows offsets[i]..offsets[i+1] of values */
    float *values;   /* series: [offsets[n], features], all finite */

    size_t height, width, channels; /* images */
    unsigned char *pixels;          /* images: [n, height, width, channels] */

    char *text; /* texts: UTF-8, sample i is bytes offsets[i]..offsets[i+1] */
    size_t vocabulary; /* series of word numbers below it, one feature; 0: of measured values */

    int32_t *classes; /* [n], or NULL */
    char **class_names; /* [n_class_names] of class 0, 1, ...; NULL: not known */
    size_t n_class_names;
    size_t skipped;   /* records left out */
    char why[256];    /* and why */
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

#endif
