/* Values that are missing in data: refused with their place, or mended as the caller asks. */
#ifndef FA_FORMATS_MISSING_H
#define FA_FORMATS_MISSING_H

#include "data/dataset.h"

#include <stdbool.h>

/* What a reader found missing; it puts NaN in such places. {0}: nothing so far. */
typedef struct fa__missing {
    size_t count;
    char first[160]; /* the place of the first, as "line 3, column 2" */
    float *fill;     /* [features] what mean, median and category put there: those of the model that
                        the data are for, else NULL and made here, for fa__free */
} fa__missing;

/* "", "NA", "N/A", "null", "nan" or "?", in any case. */
bool fa__is_missing(const char *text, size_t size);

/* "-", ".", "None", "unknown", "#DIV/0!" and the like, in any case: missing among numbers and
 * dates, and words among words. */
bool fa__stands_for_missing(const char *text, size_t size);

/* True for a word of fa_read_options.missing. */
bool fa__missing_known(const char *missing);

/* Mends vectors or series. missing NULL: FA_E_NONFINITE with the first place and the count; "drop":
 * samples with a gap are left out and counted as skipped; "zero": 0; "mean", "median": that of the
 * feature; "category": the median, where a reader has not made a category of it; "forward": the
 * value of the step before, of a series whose first steps lack it the first there is, 0 where there
 * is none. Then notes features that are constant. */
fa_status fa__missing_fill(fa_dataset *set, fa__missing *missed, const char *missing,
                           const char *where);

#endif
