/* Blocks of names: of columns, classes, coarse labels and samples. */
#ifndef FA_DATA_NAMES_H
#define FA_DATA_NAMES_H

#include "base/status.h"

/* Names by number, one after the other. {0}: none. */
typedef struct fa__names {
    char *text; /* [size] each ended by 0; NULL: there are none */
    size_t size, count;
    size_t
        *starts; /* [count] where each begins; NULL: not indexed, and a name is found by counting */
} fa__names;

/* Name `index` of a text of names, each ended by 0, by counting. */
const char *fa__name_at(const char *text, size_t index);

/* Name `index` of a block, below its count. */
const char *fa__names_at(const fa__names *names, size_t index);

/* Fills in starts, from text and count; nothing where there are no names, or starts already. */
fa_status fa__names_index(fa__names *names);

/* Strings as a block, indexed. FA_E_ARGUMENT for one that is NULL, FA_E_FORMAT for one that is not
 * UTF-8, both naming it as what[i]. */
fa_status fa__names_make(fa__names *out, const char *const *strings, size_t count,
                         const char *what);

/* A copy, indexed. */
fa_status fa__names_copy(fa__names *out, const fa__names *of);

/* Names numbers[0..n-1] of an indexed block (or of none), as a block of their own. */
fa_status fa__names_pick(fa__names *out, const fa__names *of, const size_t *numbers, size_t n);

/* places[k] = the number in `of` (the first of those alike) of name k of `wanted`, SIZE_MAX: none.
 * Cost: linear in both. */
fa_status fa__names_find(size_t *places, const fa__names *of, const fa__names *wanted);

/* Pairs of names that differ in case, blanks or accents alone, of neighbours where all are sorted
 * without these; *a and *b are the first such. Cost: size log size. */
fa_status fa__names_alike(size_t *pairs, const char **a, const char **b, const fa__names *of);

void fa__names_free(fa__names *names); /* none again */

#endif
