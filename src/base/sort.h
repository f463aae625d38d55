/* Orders for qsort and bsearch, and the distinct values of labels. */
#ifndef FA_BASE_SORT_H
#define FA_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

int fa__by_size(const void *a, const void *b);   /* size_t, ascending */
int fa__by_int32(const void *a, const void *b);  /* int32_t, ascending */
int fa__by_double(const void *a, const void *b); /* double, ascending, no NaN */
int fa__by_text(const void *a, const void *b);   /* char *, by their bytes */

/* Sorts values [n] and keeps each once; returns how many those are. */
size_t fa__distinct(int32_t *values, size_t n);

/* The place of a value in what fa__distinct left; count: it is not there. */
size_t fa__distinct_place(const int32_t *values, size_t count, int32_t value);

#endif
