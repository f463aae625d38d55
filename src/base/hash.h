/* Numbers by text: a hash table of numbers whose texts stay where their owner keeps them. */
#ifndef FA_BASE_HASH_H
#define FA_BASE_HASH_H

#include "base/status.h"

/* {0}: empty. */
typedef struct fa__hash {
    uint64_t *slots; /* a number + 1 below 32 bits of its text's hash; 0: free. Open addressing */
    size_t n_slots;  /* a power of two */
    size_t count;
} fa__hash;

/* The text of a number that was added; no 0 need follow it. */
typedef const char *(*fa__hash_text)(const void *owner, size_t number, size_t *size);

/* The number of a text; SIZE_MAX: it was not added. */
size_t fa__hash_find(const fa__hash *hash, const char *text, size_t size, fa__hash_text text_of,
                     const void *owner);

/* Adds a number, below 2^32 - 1, under a text that is not there yet: the caller has looked. */
fa_status fa__hash_add(fa__hash *hash, const char *text, size_t size, size_t number);

void fa__hash_free(fa__hash *hash); /* empty again */

#endif
