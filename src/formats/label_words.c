/* Labels that are words, numbered: what only asks which samples have the same. */
#include "base/file.h"
#include "base/memory.h"
#include "formats/csv.h"
#include "formats/idx.h"
#include "formats/label_file.h"
#include "formats/labels.h"

#include <string.h>

static fa_status words_of_npy(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                              const char *where) {
    fa__npy array;
    fa__categories words = {0};
    int32_t *labels;
    FA_TRY(fa__npy_parse_labels(&array, bytes, size, where));
    if (!fa__npy_is_words(&array)) return fa__labels_parse(out, n, bytes, size, where);
    FA_TRY(FA_NEW(labels, array.rows));
    fa_status status = fa__words_of_array(&words, labels, &array, true, where);
    fa__categories_free(&words);
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
    if (fa__utf8_check(text, size) < size || memchr(text, 0, size) != NULL)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu is not UTF-8 text (labels are an .npy file, IDX labels, or "
                        "text with one a line)",
                        where, line->number);
    fa_status status = fa__categories_add(out, words, text, size);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s: line %zu", where, line->number);
}

static fa_status words_of_text(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                               const char *where) {
    fa_status status = FA_OK;
    fa__categories words = {0};
    int32_t *labels = NULL;
    size_t capacity = 0, count = 0;
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    fa__line line = fa__line_start(bytes + mark, size - mark);
    while (fa__line_next(&line)) {
        if (fa__line_is_rest(&line)) break;
        int32_t *grown = fa__grow(labels, &capacity, count + 1, sizeof *labels);
        if (grown == NULL) FA_CHECK(fa__nomem(count + 1, sizeof *labels));
        labels = grown;
        FA_CHECK(word_of_line(&labels[count], &words, &line, where));
        count++;
    }
    if (count == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: the file is empty", where));
    *out = labels;
    *n = count;
    labels = NULL;
done:
    fa__free(labels);
    fa__categories_free(&words);
    return status;
}

fa_status fa__labels_parse_words(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                                 const char *where) {
    if (fa__npy_recognise(bytes, size)) return words_of_npy(out, n, bytes, size, where);
    if (fa__idx_recognise(bytes, size)) return fa__idx_labels_parse(out, n, bytes, size, where);
    if (size > 0 && fa__delimiter_of(bytes, size) != '\0')
        return fa__fail(
            FA_E_FORMAT,
            "%s: is a table; one label a line is wanted, as of its column 2: tail -n +2 "
            "FILE | cut -d, -f2",
            where);
    return words_of_text(out, n, bytes, size, where);
}

fa_status fa_labels_read_words(int32_t **out, size_t *n, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = fa__labels_parse_words(out, n, bytes, size, path);
    fa__free(bytes);
    return status;
}
