/* Words as labels: a sorted list while reading, sorted numbers at the end. */
#include "data/tags.h"

#include "base/memory.h"
#include "data/bytes.h"

#include <stdlib.h>
#include <string.h>

static const char *word_of(const fa__tags *tags, size_t number) {
    return tags->text + tags->starts[number];
}

/* As strcmp of a word in hand, which no 0 need follow, with a known one. */
static int compare(const char *text, size_t size, const char *known) {
    size_t length = strlen(known), shorter = size < length ? size : length;
    int order = shorter > 0 ? memcmp(text, known, shorter) : 0;
    return order != 0 ? order : (size > length) - (size < length);
}

static fa_status append(fa__tags *tags, const char *text, size_t size, size_t place) {
    size_t most = tags->most > 0 ? tags->most : FA__TAGS_MAX;
    if (tags->count == most)
        return fa__fail(FA_E_LABEL, "more than %zu different labels (are these names of samples?)",
                        most);
    char *grown = fa__grow(tags->text, &tags->capacity, tags->used + size + 1, 1);
    if (grown == NULL) return fa__nomem(tags->used + size + 1, 1);
    tags->text = grown;
    size_t *starts =
        fa__grow(tags->starts, &tags->starts_capacity, tags->count + 1, sizeof *starts);
    if (starts == NULL) return fa__nomem(tags->count + 1, sizeof *starts);
    tags->starts = starts;
    uint32_t *sorted =
        fa__grow(tags->sorted, &tags->sorted_capacity, tags->count + 1, sizeof *sorted);
    if (sorted == NULL) return fa__nomem(tags->count + 1, sizeof *sorted);
    tags->sorted = sorted;
    starts[tags->count] = tags->used;
    memcpy(grown + tags->used, text, size);
    grown[tags->used + size] = '\0';
    tags->used += size + 1;
    memmove(sorted + place + 1, sorted + place, (tags->count - place) * sizeof *sorted);
    sorted[place] = (uint32_t)tags->count++;
    return FA_OK;
}

fa_status fa__tags_add(int32_t *number, fa__tags *tags, const char *text, size_t size) {
    size_t low = 0, high = tags->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(text, size, word_of(tags, tags->sorted[middle]));
        if (order == 0) {
            *number = (int32_t)tags->sorted[middle];
            return FA_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    FA_TRY(append(tags, text, size, low));
    *number = (int32_t)(tags->count - 1);
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

/* The words in their final order; *whole: each is a whole number of 32 bits. */
static fa_status rank(ranked **out, bool *whole, const fa__tags *tags) {
    ranked *words;
    FA_TRY(FA_NEW(words, tags->count + 1));
    *whole = true;
    for (size_t i = 0; i < tags->count; i++) {
        const char *at = word_of(tags, tags->sorted[i]), *end = at + strlen(at);
        words[i] = (ranked){0, tags->sorted[i], (uint32_t)i};
        *whole = *whole && fa__scan_integer(&words[i].value, &at, end) && at == end &&
                 words[i].value >= INT32_MIN && words[i].value <= INT32_MAX;
    }
    for (size_t i = 0; !*whole && i < tags->count; i++) words[i].value = 0;
    qsort(words, tags->count, sizeof *words, by_value);
    *out = words;
    return FA_OK;
}

/* Numbers in the order of the words, and a block of their names. */
static fa_status renumber(char **names, const fa__tags *tags, const ranked *words, int32_t *numbers,
                          size_t n) {
    fa_status status = FA_OK;
    int32_t *final = NULL;
    char *block = NULL;
    size_t used = 0;
    FA_CHECK(FA_NEW(final, tags->count + 1));
    FA_CHECK(FA_NEW(block, tags->used + 1));
    for (size_t i = 0; i < tags->count; i++) {
        const char *word = word_of(tags, words[i].number);
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

fa_status fa__tags_to_coarse(fa_dataset *set, const fa__tags *tags, int32_t *numbers) {
    ranked *words;
    bool whole;
    set->coarse = numbers;
    FA_TRY(rank(&words, &whole, tags));
    fa_status status = renumber(&set->coarse_names, tags, words, numbers, set->n);
    fa__free(words);
    set->n_coarse = tags->count;
    set->coarse_names_size = tags->used;
    return status;
}

fa_status fa__tags_to_classes(fa_dataset *set, const fa__tags *tags, int32_t *numbers) {
    ranked *words;
    bool whole;
    set->classes = numbers;
    FA_TRY(rank(&words, &whole, tags));
    fa_status status = FA_OK;
    if (whole) {
        int32_t *values = NULL;
        FA_CHECK(FA_NEW(values, tags->count + 1));
        for (size_t i = 0; i < tags->count; i++) values[words[i].number] = (int32_t)words[i].value;
        for (size_t i = 0; i < set->n; i++) numbers[i] = values[numbers[i]];
        fa__free(values);
    } else {
        FA_CHECK(renumber(&set->names, tags, words, numbers, set->n));
        set->n_names = tags->count;
        set->names_size = tags->used;
        set->first_named = 0;
    }
done:
    fa__free(words);
    return status;
}

void fa__tags_free(fa__tags *tags) {
    fa__free(tags->text);
    fa__free(tags->starts);
    fa__free(tags->sorted);
    memset(tags, 0, sizeof *tags);
}
