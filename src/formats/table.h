/* Tables: CSV whose columns are numbers, categories, dates, labels, classes or texts. Vectors,
 * texts, or series in the long form (id, time, values; or id, time, variable, value). */
#ifndef FA_FORMATS_TABLE_H
#define FA_FORMATS_TABLE_H

#include "formats/missing.h"
#include "formats/source.h"

/* A reader of data sets (registry.c). */
bool fa__table_recognise(const fa__source *source);
fa_status fa__table_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options);

/* Rows of a long table, as they came: which series each belongs to, when, and its line. */
typedef struct fa__steps {
    int32_t *series;
    double *times;
    size_t *lines;
    int32_t *variables; /* of the form id, time, variable, value; NULL: a row is a step */
    size_t series_capacity, times_capacity, lines_capacity;
    size_t count, n_variables; /* series in all, variables */
    const char *names;         /* of the series, in the order of their numbers, each ended by 0 */
} fa__steps;

/* Turns rows of values [set->n, features], with labels a row, into series in order of time, with
 * labels a series. Where rows are values of variables, the rows of one time become one step, and
 * variables that it lacks are missed. FA_E_FORMAT where a time is there twice, FA_E_LABEL where
 * rows of a series have different labels, naming the lines. */
fa_status fa__table_to_series(fa_dataset *set, const fa__steps *steps, int32_t *coarse,
                              int32_t *hidden, fa__missing *missed, const char *where);

#endif
