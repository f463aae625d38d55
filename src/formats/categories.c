/* Words as labels: a sorted list while reading, sorted numbers at the end. */
#include "formats/categories.h"

#include "base/memory.h"
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *word_of(const fa__categories *categories, size_t number) {
    return categories->text + categories->starts[number];
}

/* As strcmp of a word in hand, which no 0 need follow, with a known one. */
static int compare(const char *text, size_t size, const char *known) {
    size_t length = strlen(known), shorter = size < length ? size : length;
    int order = shorter > 0 ? memcmp(text, known, shorter) : 0;
    return order != 0 ? order : (size > length) - (size < length);
}

static fa_status append(fa__categories *categories, const char *text, size_t size, size_t place) {
    size_t most = categories->most > 0 ? categories->most : FA__CATEGORIES_MAX;
    if (categories->count == most)
        return fa__fail(FA_E_LABEL, "more than %zu different labels (are these names of samples?)",
                        most);
    char *grown = fa__grow(categories->text, &categories->capacity, categories->used + size + 1, 1);
    if (grown == NULL) return fa__nomem(categories->used + size + 1, 1);
    categories->text = grown;
    size_t *starts = fa__grow(categories->starts, &categories->starts_capacity,
                              categories->count + 1, sizeof *starts);
    if (starts == NULL) return fa__nomem(categories->count + 1, sizeof *starts);
    categories->starts = starts;
    uint32_t *sorted = fa__grow(categories->sorted, &categories->sorted_capacity,
                                categories->count + 1, sizeof *sorted);
    if (sorted == NULL) return fa__nomem(categories->count + 1, sizeof *sorted);
    categories->sorted = sorted;
    starts[categories->count] = categories->used;
    memcpy(grown + categories->used, text, size);
    grown[categories->used + size] = '\0';
    categories->used += size + 1;
    memmove(sorted + place + 1, sorted + place, (categories->count - place) * sizeof *sorted);
    sorted[place] = (uint32_t)categories->count++;
    return FA_OK;
}

/* Where a word stands in the order, or would; *found: its number, or count. */
static size_t search(size_t *found, const fa__categories *categories, const char *text,
                     size_t size) {
    size_t low = 0, high = categories->count;
    *found = categories->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(text, size, word_of(categories, categories->sorted[middle]));
        if (order == 0) {
            *found = categories->sorted[middle];
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t fa__categories_find(const fa__categories *categories, const char *text, size_t size) {
    size_t found;
    (void)search(&found, categories, text, size);
    return found;
}

fa_status fa__categories_add(int32_t *number, fa__categories *categories, const char *text,
                             size_t size) {
    size_t found, place = search(&found, categories, text, size);
    if (found == categories->count) FA_TRY(append(categories, text, size, place));
    *number = (int32_t)found;
    return FA_OK;
}

/* ==== What becomes of them ==== */

/* A word and its value, if it is a whole number. */
typedef struct ranked {
    int64_t value;
    uint32_t number, place; /* place: in the order of bytes */
} ranked;

static int by_value(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* A whole number of 32 bits, written as a program writes it: 01 and +1 are other words than 1. */
static bool is_whole(int64_t *value, const char *word) {
    char again[24];
    const char *at = word, *end = word + strlen(word);
    if (!fa__scan_integer(value, &at, end) || at != end || *value < INT32_MIN || *value > INT32_MAX)
        return false;
    snprintf(again, sizeof again, "%d", (int)*value);
    return strcmp(again, word) == 0;
}

/* The words in their final order; *whole: each is a whole number of 32 bits. */
static fa_status rank(ranked **out, bool *whole, const fa__categories *categories) {
    ranked *words;
    FA_TRY(FA_NEW(words, categories->count + 1));
    *whole = true;
    for (size_t i = 0; i < categories->count; i++) {
        words[i] = (ranked){0, categories->sorted[i], (uint32_t)i};
        *whole = *whole && is_whole(&words[i].value, word_of(categories, categories->sorted[i]));
    }
    for (size_t i = 0; !*whole && i < categories->count; i++) words[i].value = 0;
    qsort(words, categories->count, sizeof *words, by_value);
    *out = words;
    return FA_OK;
}

/* Numbers in the order of the words, and a block of their names. */
static fa_status renumber(char **names, const fa__categories *categories, const ranked *words,
                          int32_t *numbers, size_t n) {
    fa_status status = FA_OK;
    int32_t *final = NULL;
    char *block = NULL;
    size_t used = 0;
    FA_CHECK(FA_NEW(final, categories->count + 1));
    FA_CHECK(FA_NEW(block, categories->used + 1));
    for (size_t i = 0; i < categories->count; i++) {
        const char *word = word_of(categories, words[i].number);
        final[words[i].number] = (int32_t)i;
        memcpy(block + used, word, strlen(word) + 1);
        used += strlen(word) + 1;
    }
    for (size_t i = 0; i < n; i++)
        if (numbers[i] >= 0) numbers[i] = final[numbers[i]];
    *names = block;
    block = NULL;
done:
    fa__free(final);
    fa__free(block);
    return status;
}

fa_status fa__categories_to_coarse(fa_dataset *set, const fa__categories *categories,
                                   int32_t *numbers) {
    ranked *words;
    bool whole;
    set->labels.coarse = numbers;
    FA_TRY(rank(&words, &whole, categories));
    fa_status status = renumber(&set->labels.coarse_names.text, categories, words, numbers, set->n);
    fa__free(words);
    set->labels.coarse_names.count = categories->count;
    set->labels.coarse_names.size = categories->used;
    return status;
}

fa_status fa__categories_to_classes(fa_dataset *set, const fa__categories *categories,
                                    int32_t *numbers) {
    ranked *words;
    bool whole;
    set->labels.classes = numbers;
    FA_TRY(rank(&words, &whole, categories));
    fa_status status = FA_OK;
    if (whole) {
        int32_t *values = NULL;
        FA_CHECK(FA_NEW(values, categories->count + 1));
        for (size_t i = 0; i < categories->count; i++)
            values[words[i].number] = (int32_t)words[i].value;
        for (size_t i = 0; i < set->n; i++) numbers[i] = values[numbers[i]];
        fa__free(values);
    } else {
        FA_CHECK(renumber(&set->labels.class_names.text, categories, words, numbers, set->n));
        set->labels.class_names.count = categories->count;
        set->labels.class_names.size = categories->used;
        set->labels.first_named = 0;
    }
done:
    fa__free(words);
    return status;
}

void fa__categories_free(fa__categories *categories) {
    fa__free(categories->text);
    fa__free(categories->starts);
    fa__free(categories->sorted);
    memset(categories, 0, sizeof *categories);
}
