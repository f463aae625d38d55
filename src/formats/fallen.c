/* What rounding to float32 leaves of the values of a feature. */
#include "formats/fallen.h"

#include "base/sort.h"

#include <math.h>
#include <stdlib.h>

size_t fa__fallen_rows(size_t rows, size_t features) {
    size_t most = features > 0 ? FA__FALLEN_VALUES / features : 0;
    if (most > FA__FALLEN_ROWS) most = FA__FALLEN_ROWS;
    return rows < most ? rows : most;
}

/* Different ones of values [n], which are sorted, as they are and as float32. What differs by the
 * rounding of a sum alone, 0.1 + 0.2 and 0.3, is one value. */
static void count(size_t *before, size_t *after, const double *values, size_t n) {
    double rounding = n > 0 ? 1e-13 * fmax(fabs(values[0]), fabs(values[n - 1])) : 0;
    *before = *after = n > 0;
    for (size_t i = 1; i < n; i++) {
        if (!(values[i] - values[i - 1] > rounding)) continue;
        ++*before;
        *after += (float)values[i] > (float)values[i - 1];
    }
}

void fa__fallen_note(fa_dataset *set, const double *values, size_t rows) {
    double column[FA__FALLEN_ROWS];
    size_t fallen = 0, first = 0, before = 0, after = 0;
    for (size_t k = 0; k < set->features; k++) {
        size_t n = 0, different, kept;
        for (size_t i = 0; i < rows; i++)
            if (!isnan(values[i * set->features + k])) column[n++] = values[i * set->features + k];
        qsort(column, n, sizeof *column, fa__by_double);
        count(&different, &kept, column, n);
        if (different < 2 || kept * 4 > different * 3 || fallen++ > 0) continue;
        first = k, before = different, after = kept;
    }
    if (fallen > 0)
        fa__dataset_add_note(
            set,
            "values of %zu feature%s fall together, as float32 does not tell them apart (the "
            "first: feature %zu, %zu different values of the first %zu rows become %zu); take "
            "off what they have in common, group by group",
            fallen, fallen > 1 ? "s" : "", first + 1, before, rows, after);
}
