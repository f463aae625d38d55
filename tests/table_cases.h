/* Tables in a file, and what is to come of reading them. */
#ifndef FA_TESTS_TABLE_CASES_H
#define FA_TESTS_TABLE_CASES_H

#include "data/dataset.h"

#include "data_files.h"

enum { SIZE = sizeof(fa_read_options) };

static char text[1 << 16];

/* A table of `rows` rows: a header (NULL: none), then each row by the pattern, in which %d is the
 * number of the row from 0, twice at most. */
static inline const char *table_file(const char *header, const char *pattern, int rows) {
    size_t used = header != NULL ? (size_t)snprintf(text, sizeof text, "%s\n", header) : 0;
    for (int i = 0; i < rows; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, pattern, i, i * 7 % 5);
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    return text_file("t.csv", text);
}

typedef struct expected {
    const char *what, *text;
    fa_read_options options;
    size_t n, features; /* 0: it is refused */
    const char *says;   /* in the note, or in the message */
} expected;

static inline void check(const expected *e) {
    fa_dataset *set = NULL;
    size_t live = fa__memory_live();
    fa_read_options how = e->options;
    how.size = SIZE;
    fa_status status = fa_dataset_read(&set, text_file("t.csv", e->text), &how);
    if (e->n == 0) {
        if (status == FA_OK) fail_msg("%s: was read", e->what);
        if (strstr(fa_error_detail(), e->says) == NULL)
            fail_msg("%s: '%s' does not say '%s'", e->what, fa_error_detail(), e->says);
        assert_int_equal(fa__memory_live(), live);
        return;
    }
    if (status != FA_OK) fail_msg("%s: %s", e->what, fa_error_detail());
    if (fa_dataset_count(set) != e->n || fa_dataset_features(set) != e->features)
        fail_msg("%s: %zu x %zu", e->what, fa_dataset_count(set), fa_dataset_features(set));
    if (e->says != NULL && strstr(fa_dataset_note(set), e->says) == NULL)
        fail_msg("%s: the note '%s' does not say '%s'", e->what, fa_dataset_note(set), e->says);
    fa_dataset_free(set);
    assert_int_equal(fa__memory_live(), live);
}

#define ROWS5(a, b, c) "1.5" a "\n2.25" b "\n3.5" c "\n-4.75" a "\n0.125" b "\n6.5" c "\n"

/* All of a list. */
static inline void check_all(const expected *cases, size_t count) {
    for (size_t i = 0; i < count; i++) check(&cases[i]);
}

#endif
