/* Values that differ and become the same float32. */
#ifndef FA_FORMATS_FALLEN_H
#define FA_FORMATS_FALLEN_H

#include "data/dataset.h"

/* Rows that are looked at, and the most values of them. */
enum { FA__FALLEN_ROWS = 256, FA__FALLEN_VALUES = 1 << 20 };

/* How many of the first rows are looked at, of this many features. */
size_t fa__fallen_rows(size_t rows, size_t features);

/* Notes the features of which a quarter and more of the different values are lost in float32: values
 * [rows, set->features] as they were, less the shift. NaN are passed over. */
void fa__fallen_note(fa_dataset *set, const double *values, size_t rows);

#endif
