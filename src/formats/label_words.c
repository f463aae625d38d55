/* Labels that are words, numbered: what only asks which samples have the same. */
#include "base/ascii.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/csv.h"
#include "formats/foreign.h"
#include "formats/idx.h"
#include "formats/label_file.h"
#include "formats/labels.h"
#include "formats/missing.h"

#include <string.h>

static fa_status words_of_npy(int32_t **out, size_t *n, fa__categories *words,
                              const unsigned char *bytes, size_t size, const char *where) {
    fa__npy array;
    int32_t *labels;
    FA_TRY(fa__npy_parse_labels(&array, bytes, size, where));
    if (!fa__npy_is_words(&array)) return fa__labels_parse(out, n, bytes, size, where);
    FA_TRY(FA_NEW(labels, array.rows));
    fa_status status = fa__words_of_array(words, labels, &array, true, where);
    if (status != FA_OK) {
        fa__free(labels);
        return status;
    }
    *out = labels;
    *n = array.rows;
    return FA_OK;
}

static fa_status word_of_line(int32_t *out, fa__categories *words, const fa__line *line,
                              const char *where) {
    const char *text = line->text, *end = line->text + line->size;
    while (text < end && (*text == ' ' || *text == '\t')) text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t')) end--;
    size_t size = (size_t)(end - text);
    if (size == 0)
        return fa__fail(FA_E_FORMAT, "%s: line %zu is empty; one label a line is wanted", where,
                        line->number);
    FA_TRY(fa__line_check(line, where));
    if (fa__is_missing(text, size))
        return fa__fail(FA_E_LABEL,
                        "%s: line %zu: '%.*s' says that a label is missing; take the sample out of "
                        "both files",
                        where, line->number, (int)size, text);
    fa_status status = fa__categories_add(out, words, text, size);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s: line %zu", where, line->number);
}

static fa_status words_of_text(int32_t **out, size_t *n, fa__categories *words,
                               const unsigned char *bytes, size_t size, const char *where) {
    fa_status status = FA_OK;
    int32_t *labels = NULL;
    size_t capacity = 0, count = 0;
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    fa__line line = fa__line_start(bytes + mark, size - mark);
    while (fa__line_next(&line)) {
        if (fa__line_is_rest(&line)) break;
        int32_t *grown = fa__grow(labels, &capacity, count + 1, sizeof *labels);
        if (grown == NULL) FA_CHECK(fa__nomem(count + 1, sizeof *labels));
        labels = grown;
        FA_CHECK(word_of_line(&labels[count], words, &line, where));
        count++;
    }
    if (count == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: the file is empty", where));
    *out = labels;
    *n = count;
    labels = NULL;
done:
    fa__free(labels);
    return status;
}

/* The column of a table that looks like labels by its name, else the last; from 1. */
static size_t label_column(fa__csv_field *name, const unsigned char *bytes, size_t size,
                           char mark) {
    static const char *const words[] = {"cluster", "label", "class", "hidden", "target", "y"};
    fa__line line = fa__line_start(bytes, size);
    size_t column = 1;
    if (!fa__line_next(&line)) return column;
    const char *at = line.text, *end = line.text + line.size;
    for (;; column++) {
        const char *next = memchr(at, mark, (size_t)(end - at));
        *name = (fa__csv_field){at, (size_t)((next != NULL ? next : end) - at)};
        if (name->size > 2 && at[0] == '"' && at[name->size - 1] == '"')
            name->text++, name->size -= 2;
        bool known = false;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            known = known || (name->size == strlen(words[w]) &&
                              fa__begins_alike(name->text, words[w], name->size));
        if (known || next == NULL) return column;
        at = next + 1;
    }
}

static fa_status is_table(const unsigned char *bytes, size_t size, char mark, const char *where) {
    char quoted[FA__QUOTE_SIZE];
    fa__csv_field name = {0};
    const char *cut = mark == '\t' ? "" : mark == ';' ? "-d ';'" : mark == '|' ? "-d '|'" : "-d ,";
    size_t column = label_column(&name, bytes, size, mark);
    return fa__fail(
        FA_E_FORMAT,
        "%s: is a table; one label a line is wanted, as of its column %zu ('%s'): tail -n "
        "+2 FILE | cut %s -f %zu",
        where, column, fa__quote(quoted, name.text, name.size), cut, column);
}

fa_status fa__labels_parse_words(int32_t **out, size_t *n, fa__categories *words,
                                 const unsigned char *bytes, size_t size, const char *where) {
    if (fa__npy_recognise(bytes, size)) return words_of_npy(out, n, words, bytes, size, where);
    if (fa__idx_recognise(bytes, size)) return fa__idx_labels_parse(out, n, bytes, size, where);
    const fa__source source = {.path = where, .bytes = bytes, .size = size};
    const char *advice = size > 0 ? fa__foreign_advice(&source) : NULL;
    if (size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        advice = "is an .npz; labels are one array: np.save('labels.npy', np.load('FILE')['...'])";
    if (advice != NULL) return fa__fail(FA_E_FORMAT, "%s: %s", where, advice);
    char mark = size > 0 ? fa__delimiter_of(bytes, size) : '\0';
    if (mark != '\0') return is_table(bytes, size, mark, where);
    return words_of_text(out, n, words, bytes, size, where);
}

/* The words by their numbers and their bytes in one block. */
static fa_status as_block(char ***out, const fa__categories *words) {
    size_t starts = words->count * sizeof **out, size = starts + words->used;
    char **block = fa__alloc(size, 1);
    if (block == NULL) return fa__nomem(size, 1);
    char *text = (char *)block + starts;
    memcpy(text, words->text, words->used);
    for (size_t i = 0; i < words->count; i++) block[i] = text + words->starts[i];
    *out = block;
    return FA_OK;
}

fa_status fa_labels_read_words(int32_t **out, size_t *n, char ***words, size_t *l,
                               const char *path) {
    fa_status status = FA_OK;
    fa__categories found = {0};
    unsigned char *bytes;
    int32_t *labels = NULL;
    char **block = NULL;
    size_t size, count;
    FA_TRY(fa__file_read(&bytes, &size, path));
    FA_CHECK(fa__labels_parse_words(&labels, &count, &found, bytes, size, path));
    if (words != NULL && found.count > 0) FA_CHECK(as_block(&block, &found));
    *out = labels;
    *n = count;
    if (words != NULL) *words = block;
    if (words != NULL) *l = found.count;
    labels = NULL;
done:
    fa__free(bytes);
    fa__free(labels);
    fa__categories_free(&found);
    return status;
}
