/* Pen strokes as published ("MNIST digits stroke sequence data", de Jong 2016): a text file
 * {train,test}img-N-inputdata.txt a digit, classes in {train,test}labels.txt. */
#ifndef FA_FORMATS_STROKES_TEXT_H
#define FA_FORMATS_STROKES_TEXT_H

#include "formats/source.h"

#include <stdbool.h>

enum { FA__STROKE_COLUMNS = 4 }; /* dx dy eos eod */

/* Rows of dx dy eos eod that grow; free values with fa__free. */
typedef struct fa__stroke_rows {
    float *values;
    size_t used, capacity; /* in floats */
} fa__stroke_rows;

/* Appends the rows of one file: lines "dx dy eos eod", eos and eod 0 or 1, eod 1 on the last line
 * and only there. On failure rows may have been appended. */
fa_status fa__strokes_text_parse(fa__stroke_rows *rows, const unsigned char *bytes, size_t size,
                                 const char *where);

/* A reader of data sets (registry.c): the files of one split in the order of their numbers. Numbers
 * without a file are counted as skipped. */
fa_status fa__strokes_text_look(bool *known, const fa__source *source);
fa_status fa__strokes_text_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options);

#endif
