/* Vocabularies: counted on a training split, kept in a model, used to number words. */
#include "text/vocabulary.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/stop.h"
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = (1 << 24) - 1 }; /* numbers are exact as float */

/* ==== Counting ==== */

typedef struct entry {
    size_t offset, size; /* in bytes of the counter */
    size_t count;
} entry;

typedef struct counter {
    char *bytes;
    size_t used, bytes_capacity;
    entry *entries;
    size_t n, entries_capacity;
    fa__hash hash; /* entries by word */
} counter;

static const char *counted_word(const void *owner, size_t number, size_t *size) {
    const counter *c = owner;
    *size = c->entries[number].size;
    return c->bytes + c->entries[number].offset;
}

static fa_status count_word(void *user, const char *word, size_t size) {
    counter *c = user;
    size_t known = fa__hash_find(&c->hash, word, size, counted_word, c);
    if (known != SIZE_MAX) {
        c->entries[known].count++;
        return FA_OK;
    }
    entry *entries = fa__grow(c->entries, &c->entries_capacity, c->n + 1, sizeof *entries);
    if (entries == NULL) return fa__nomem(c->n + 1, sizeof *entries);
    c->entries = entries;
    char *bytes = fa__grow(c->bytes, &c->bytes_capacity, c->used + size, 1);
    if (bytes == NULL) return fa__nomem(c->used + size, 1);
    c->bytes = bytes;
    FA_TRY(fa__hash_add(&c->hash, word, size, c->n));
    memcpy(bytes + c->used, word, size);
    entries[c->n++] = (entry){c->used, size, 1};
    c->used += size;
    return FA_OK;
}

/* ==== Fitting ==== */

/* A word as it is sorted: qsort hands over no context. */
typedef struct ranked {
    const char *word;
    size_t size, count;
} ranked;

/* The most frequent first, then by bytes: no order of the texts can change it. */
static int by_rank(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    int order = memcmp(x->word, y->word, x->size < y->size ? x->size : y->size);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* A vocabulary of these words; their text is copied. */
static fa_status build(fa__vocabulary *out, const ranked *words, size_t n, size_t max_tokens) {
    fa_status status = FA_OK;
    fa__vocabulary v = {.count = n + 1, .max_tokens = max_tokens};
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += words[i].size + 1;
    FA_CHECK(FA_NEW(v.text, bytes + 1));
    FA_CHECK(FA_NEW(v.offsets, v.count));
    v.offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(v.text + v.offsets[i], words[i].word, words[i].size);
        v.offsets[i + 1] = v.offsets[i] + words[i].size + 1;
        v.text[v.offsets[i + 1] - 1] = '\n';
        if (fa__vocabulary_find(&v, words[i].word, words[i].size) == 0) /* the first of two alike */
            FA_CHECK(fa__hash_add(&v.hash, words[i].word, words[i].size, i + 1));
    }
    v.text[bytes] = '\0';
    *out = v;
    return FA_OK;
done:
    fa__vocabulary_free(&v);
    return status;
}

/* The words that stay, most frequent first. */
static fa_status rank_words(fa__vocabulary *out, const counter *c, size_t most, size_t min_count,
                            size_t max_tokens) {
    ranked *words;
    size_t kept = 0;
    FA_TRY(FA_NEW(words, c->n));
    for (size_t i = 0; i < c->n; i++)
        if (c->entries[i].count >= min_count)
            words[kept++] =
                (ranked){c->bytes + c->entries[i].offset, c->entries[i].size, c->entries[i].count};
    if (kept > 0) qsort(words, kept, sizeof *words, by_rank);
    fa_status status =
        kept > 0 ? build(out, words, kept < most ? kept : most, max_tokens)
                 : fa__fail(FA_E_ARGUMENT,
                            "none of the %zu different words of the training texts occurs "
                            "%zu times; text.min_count = 1 keeps them all",
                            c->n, min_count);
    fa__free(words);
    return status;
}

fa_status fa__vocabulary_fit(fa__vocabulary *out, const fa_dataset *texts, const size_t *samples,
                             size_t n, size_t most, size_t min_count, size_t max_tokens) {
    fa_status status = FA_OK;
    counter c = {0};
    fa__word_room room = {0};
    for (size_t s = 0; s < n; s++) {
        size_t size;
        FA_CHECK(fa__stop_check());
        const char *text = fa_dataset_text(texts, samples[s], &size);
        status = fa__words(text, size, max_tokens, &room, count_word, &c);
        if (status != FA_OK) FA_CHECK(fa__fail_within(status, "text %zu", samples[s]));
    }
    FA_CHECK(rank_words(out, &c, most < MOST_WORDS ? most : MOST_WORDS, min_count, max_tokens));
done:
    fa__word_room_free(&room);
    fa__free(c.bytes);
    fa__free(c.entries);
    fa__hash_free(&c.hash);
    return status;
}

void fa__vocabulary_free(fa__vocabulary *v) {
    fa__free(v->text);
    fa__free(v->offsets);
    fa__hash_free(&v->hash);
    *v = (fa__vocabulary){0};
}

/* ==== Reading back ==== */

/* A line of a vocabulary, to be the one word of itself. */
static fa_status expect_word(void *user, const char *word, size_t size) {
    fa__line *line = user;
    if (line->size != size || memcmp(line->text, word, size) != 0)
        return fa__fail(FA_E_FORMAT, "is not in the form that texts are brought to");
    line->size = 0; /* a second word will not fit */
    return FA_OK;
}

static fa_status check_word(const fa__line *line, fa__word_room *room) {
    fa__line left = *line;
    fa_status status = fa__words(line->text, line->size, 2, room, expect_word, &left);
    if (status == FA_OK && (line->size == 0 || left.size > 0))
        status = fa__fail(FA_E_FORMAT, "is no word");
    return status;
}

fa_status fa__vocabulary_read(fa__vocabulary *out, const char *text, size_t max_tokens) {
    fa_status status = FA_OK;
    fa__vocabulary made = {0};
    fa__word_room room = {0};
    ranked *words = NULL;
    char quoted[FA__QUOTE_SIZE];
    size_t n = 0, room_for = 0;
    for (const char *at = text; *at != '\0'; at++) room_for += *at == '\n';
    if (room_for > MOST_WORDS) return fa__fail(FA_E_FORMAT, "a vocabulary of %zu words", room_for);
    FA_TRY(FA_NEW(words, room_for + 1));
    fa__line line = fa__line_start(text, strlen(text));
    for (; fa__line_next(&line); words[n++] = (ranked){line.text, line.size, 0}) {
        status = check_word(&line, &room);
        if (status == FA_OK && (size_t)(line.next - line.text) != line.size + 1)
            status = fa__fail(FA_E_FORMAT, "is not ended by a line feed alone");
        if (status == FA_OK || status == FA_E_NOMEM || status == FA_E_UNAVAILABLE)
            FA_CHECK(status);
        else
            FA_CHECK(fa__fail_within(FA_E_FORMAT, "vocabulary, word %zu ('%s')", line.number,
                                     fa__quote(quoted, line.text, line.size)));
    }
    if (n == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "the vocabulary has no words"));
    FA_CHECK(build(&made, words, n, max_tokens));
    for (size_t i = 0; i < n; i++)
        if (fa__vocabulary_find(&made, words[i].word, words[i].size) != i + 1)
            FA_CHECK(fa__fail(FA_E_FORMAT, "vocabulary, word %zu ('%s') is there twice", i + 1,
                              fa__quote(quoted, words[i].word, words[i].size)));
    *out = made;
    made = (fa__vocabulary){0};
done:
    fa__vocabulary_free(&made);
    fa__word_room_free(&room);
    fa__free(words);
    return status;
}

/* ==== Use ==== */

const char *fa__vocabulary_word(const fa__vocabulary *v, size_t i, size_t *size) {
    *size = v->offsets[i] - v->offsets[i - 1] - 1;
    return v->text + v->offsets[i - 1];
}

static const char *known_word(const void *owner, size_t number, size_t *size) {
    return fa__vocabulary_word(owner, number, size);
}

size_t fa__vocabulary_find(const fa__vocabulary *v, const char *word, size_t size) {
    size_t number = fa__hash_find(&v->hash, word, size, known_word, v);
    return number != SIZE_MAX ? number : 0;
}

typedef struct encoding {
    const fa__vocabulary *vocabulary;
    float *values;
    size_t used, capacity;
} encoding;

static fa_status encode_number(encoding *e, size_t number) {
    float *values = fa__grow(e->values, &e->capacity, e->used + 1, sizeof *values);
    if (values == NULL) return fa__nomem(e->used + 1, sizeof *values);
    e->values = values;
    values[e->used++] = (float)number;
    return FA_OK;
}

static fa_status encode_word(void *user, const char *word, size_t size) {
    encoding *e = user;
    return encode_number(e, fa__vocabulary_find(e->vocabulary, word, size));
}

static void reverse(float *values, size_t n) {
    for (size_t a = 0, b = n; a + 1 < b; a++) {
        float value = values[a];
        values[a] = values[--b];
        values[b] = value;
    }
}

fa_status fa__vocabulary_encode(fa_dataset **out, const fa__vocabulary *vocabulary,
                                const fa_dataset *texts) {
    fa_status status = FA_OK;
    encoding e = {.vocabulary = vocabulary};
    fa__word_room room = {0};
    fa_dataset *set;
    FA_TRY(fa__dataset_create(&set, FA_KIND_SERIES));
    FA_CHECK(fa__dataset_copy_about(set, texts, NULL, texts->n));
    set->features = 1;
    set->values.vocabulary = vocabulary->count;
    FA_CHECK(FA_NEW(set->values.offsets, set->n + 1));
    set->values.offsets[0] = 0;
    for (size_t i = 0; i < set->n; i++) {
        size_t size;
        FA_CHECK(fa__stop_check());
        const char *text = fa_dataset_text(texts, i, &size);
        status = fa__words(text, size, vocabulary->max_tokens, &room, encode_word, &e);
        if (status != FA_OK) FA_CHECK(fa__fail_within(status, "text %zu", i));
        if (e.used == set->values.offsets[i]) FA_CHECK(encode_number(&e, 0));
        if (vocabulary->backward)
            reverse(e.values + set->values.offsets[i], e.used - set->values.offsets[i]);
        set->values.offsets[i + 1] = e.used;
    }
    set->values.numbers = e.values;
    e.values = NULL;
    *out = set;
    set = NULL;
done:
    fa__free(e.values);
    fa__word_room_free(&room);
    fa_dataset_free(set);
    return status;
}
