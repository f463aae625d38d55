/* A number for each of some names, as in cluster.k = a=4, b=6. */
#ifndef FA_BASE_COUNTS_H
#define FA_BASE_COUNTS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct fa__count {
    const char *name; /* [length] within the text */
    size_t length, count;
} fa__count;

/* Whether a text is meant as one. */
bool fa__counts_given(const char *text);

/* The next of them, its count from 1 to 999,999,999; *rest moves on, in the end to "". A number ends at
 * a comma or at the end, so a name may hold commas and equals signs. FA_E_ARGUMENT: what is left is
 * none. */
fa_status fa__counts_next(fa__count *out, const char **rest);

#endif
