/* All allocation goes through here: one place to count it, to align it, and to make it fail in
 * tests. */
#ifndef FA_BASE_MEMORY_H
#define FA_BASE_MEMORY_H

#include "base/status.h"

/* count * size bytes aligned to 64, contents undefined; NULL when there are none or the product
 * overflows. count * size == 0 gives a pointer that may be freed. */
void *fa__alloc(size_t count, size_t size);
void *fa__calloc(size_t count, size_t size); /* the same, zeroed */
void fa__free(void *memory);                 /* NULL ok */

/* FA_E_NOMEM with a detail that says how much was asked for. */
fa_status fa__nomem(size_t count, size_t size);

/* pointer = room for count elements of its type; FA_OK or FA_E_NOMEM. */
#define FA_NEW(pointer, count)                                                                     \
    (((pointer) = fa__alloc((count), sizeof *(pointer))) != NULL                                   \
         ? FA_OK                                                                                   \
         : fa__nomem((count), sizeof *(pointer)))
#define FA_NEW_ZERO(pointer, count)                                                                \
    (((pointer) = fa__calloc((count), sizeof *(pointer))) != NULL                                  \
         ? FA_OK                                                                                   \
         : fa__nomem((count), sizeof *(pointer)))

/* Grows a buffer of *capacity elements to at least `needed`, keeping what is there (at least
 * doubling, so that appending is linear). Returns the buffer, moved or not, or NULL with the old
 * one intact. */
void *fa__grow(void *memory, size_t *capacity, size_t needed, size_t size);

/* A copy of a string; NULL when there is no memory. */
char *fa__strdup(const char *text);

/* Tests only. Blocks alive now; and: let the next `after` allocations succeed, then one fail (< 0:
 * never). */
size_t fa__memory_live(void);
void fa__memory_fail_after(long after);

#endif
