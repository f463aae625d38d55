/* Orders for qsort and bsearch, and the distinct values of labels. */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

int fa__by_size(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

int fa__by_int32(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int fa__by_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int fa__by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t fa__distinct(int32_t *values, size_t n) {
    size_t kept = 0;
    if (n > 0) qsort(values, n, sizeof *values, fa__by_int32);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || values[i] != values[kept - 1]) values[kept++] = values[i];
    return kept;
}

size_t fa__distinct_place(const int32_t *values, size_t count, int32_t value) {
    if (count == 0) return count;
    const int32_t *at = bsearch(&value, values, count, sizeof value, fa__by_int32);
    return at != NULL ? (size_t)(at - values) : count;
}
