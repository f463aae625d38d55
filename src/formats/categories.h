/* Words as labels: each different text gets a number. */
#ifndef FA_FORMATS_CATEGORIES_H
#define FA_FORMATS_CATEGORIES_H

#include "data/dataset.h"

#include <stdbool.h>

/* {0}: none yet. */
typedef struct fa__categories {
    char *text; /* each word once, in order of arrival, ended by 0 */
    size_t used, capacity;
    size_t *starts; /* [count] */
    size_t starts_capacity;
    uint32_t *sorted; /* [count] their numbers in the order of their bytes */
    size_t sorted_capacity;
    size_t count, most; /* most: different words allowed; 0: FA__CATEGORIES_MAX */
} fa__categories;

enum { FA__CATEGORIES_MAX = 65536 };

/* The number of a word (no zero byte within), in order of arrival. FA_E_LABEL, without a place, for
 * one different word too many. */
fa_status fa__categories_add(int32_t *number, fa__categories *categories, const char *text,
                             size_t size);

/* The number of a word; count where it is none of them. */
size_t fa__categories_find(const fa__categories *categories, const char *text, size_t size);

/* Makes coarse labels of the numbers that were given to n samples (-1: none): 0, 1, ... in the
 * order of the words, which is that of their values where all are whole numbers. numbers [n] are
 * taken over by the data set, also on failure. */
fa_status fa__categories_to_coarse(fa_dataset *set, const fa__categories *categories,
                                   int32_t *numbers);

/* The same for classes: words that are all whole numbers of 32 bits are the classes, others are
 * numbered and name them. */
fa_status fa__categories_to_classes(fa_dataset *set, const fa__categories *categories,
                                    int32_t *numbers);

void fa__categories_free(fa__categories *categories);

#endif
