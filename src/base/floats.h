/* Floats that have to be finite, and doubles that become floats. */
#ifndef FA_BASE_FLOATS_H
#define FA_BASE_FLOATS_H

#include "base/status.h"

#include <stddef.h>

/* The first of x [count] that is NaN or infinite; count where all are finite. */
size_t fa__first_nonfinite(const float *x, size_t count);

/* FA_E_NONFINITE with the place of the first in x [n, d], which messages call `name`. */
fa_status fa__check_finite(const char *name, const float *x, size_t n, size_t d);

/* To float, within its range. */
float fa__narrow(double value);

#endif
