/* What a reader of data is given. */
#ifndef FA_FORMATS_SOURCE_H
#define FA_FORMATS_SOURCE_H

#include "data/dataset.h"
#include "formats/arff.h"

/* What a reader gets: a folder, or a file with its whole (gunzipped) content. */
typedef struct fa__source {
    const char *path;
    const unsigned char *bytes; /* NULL: a folder */
    size_t size;
    bool mapped;   /* values may stay where they are; the data set then says borrowed */
    bool columns;  /* the caller names columns: it is a table */
    fa__arff arff; /* what the bytes were made from; its columns: NULL, or it is a table */
} fa__source;

#endif
