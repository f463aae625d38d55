/* For the tests of text: lines of hex as tests/oracle/text_files.py writes them, made data sets. */
#ifndef FA_TESTS_TEXT_CASES_H
#define FA_TESTS_TEXT_CASES_H

#include "data_files.h"

#include "base/bytes.h"
#include "data/dataset.h"

/* The next blank-separated piece of a line as bytes: "-" is none. Returns their number, -1 at the
 * end of the line. */
static inline long next_hex(unsigned char out[256], fa__line *line) {
    while (line->size > 0 && *line->text == ' ') line->text++, line->size--;
    if (line->size == 0) return -1;
    long used = 0;
    if (*line->text == '-') {
        line->text++, line->size--;
        return 0;
    }
    for (; line->size > 1 && *line->text != ' '; line->text += 2, line->size -= 2) {
        const char digits[3] = {line->text[0], line->text[1], 0};
        assert_true(used < 256);
        out[used++] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return used;
}

/* A text data set in memory; classes NULL: none. */
static inline fa_dataset *texts_of(const char *const *texts, const int32_t *classes, size_t n) {
    fa_dataset *set;
    size_t used = 0, bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += strlen(texts[i]);
    assert_ok(fa__dataset_create(&set, FA_KIND_TEXT));
    assert_ok(FA_NEW(set->values.text, bytes + 1));
    assert_ok(FA_NEW(set->values.offsets, n + 1));
    set->n = n;
    set->values.offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(set->values.text + used, texts[i], strlen(texts[i]));
        set->values.offsets[i + 1] = used += strlen(texts[i]);
    }
    if (classes != NULL) {
        assert_ok(FA_NEW(set->labels.classes, n));
        memcpy(set->labels.classes, classes, n * sizeof *classes);
    }
    return set;
}

#endif
