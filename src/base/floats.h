/* Floats that have to be finite, and doubles that become floats. */
#ifndef FA_BASE_FLOATS_H
#define FA_BASE_FLOATS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first of x [count] that is NaN or infinite; count where all are finite. */
size_t fa__first_nonfinite(const float *x, size_t count);

/* FA_E_NONFINITE with the place of the first in x [n, d], which messages call `name`. */
fa_status fa__check_finite(const char *name, const float *x, size_t n, size_t d);

/* To float, within its range. */
float fa__narrow(double value);

/* What is taken off the numbers of [low, high] so that float32 tells apart what double does: 0
 * where float32 does as it is. A multiple of a power of two, so that taking it off is exact. */
double fa__shift_of(double low, double high);

/* A whole number less a shift, rounded once: of more than 53 bits, too. */
double fa__whole_less(uint64_t size, bool negative, double shift);

#endif
