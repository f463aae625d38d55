/* Numbers as text, with a point whatever setlocale says: the locale belongs to the application. */
#ifndef FA_BASE_NUMBER_H
#define FA_BASE_NUMBER_H

#include "forced_apart.h"

#include <stdarg.h>
#include <stddef.h>

/* strtod and strtof of the C locale. */
double fa__to_double(const char *text, char **end);
float fa__to_float(const char *text, char **end);

/* snprintf and vsnprintf of the C locale. Whatever writes a double goes through these. */
int fa__format(char *out, size_t size, const char *format, ...) FA_PRINTF(3, 4);
int fa__format_list(char *out, size_t size, const char *format, va_list args) FA_PRINTF(3, 0);

#endif
