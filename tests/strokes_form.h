/* What the tests of pen strokes share: pictures to make them from, and what every sequence must
 * look like. */
#ifndef FA_TESTS_STROKES_FORM_H
#define FA_TESTS_STROKES_FORM_H

#include "test.h"

#include "base/memory.h"
#include "data/dataset.h"

enum { COLUMNS = 4 };

/* Fails unless the lines follow the form of docs/strokes.md on a grid of this size. The quirk (a
 * jump without a lift before the last pixel) is allowed where asked for. Returns the strokes. */
static inline int check_form(const float *lines, size_t steps, int width, int height, int quirk) {
    int x = 0, y = 0, strokes = 0, lifted = 1; /* line 1 comes through the air */
    assert_true(steps >= 2);
    for (size_t i = 0; i < steps; i++) {
        const float *line = lines + COLUMNS * i;
        int dx = (int)line[0], dy = (int)line[1];
        int far = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
        for (int k = 0; k < COLUMNS; k++) assert_true(line[k] == (float)(int)line[k]);
        assert_int_equal(line[3] == 1, i + 1 == steps); /* the end: once, last */
        if (line[2] == 1) {
            assert_true(dx == 0 && dy == 0 && !lifted);
            lifted = 1;
            strokes++;
            continue;
        }
        assert_true(line[2] == 0 && line[3] == 0);
        if (i > 0 && lifted) assert_true(far > 1);
        if (i > 0 && !lifted) assert_true(far == 1 || (quirk && far > 1 && i + 2 == steps));
        x += dx;
        y += dy;
        lifted = 0;
        assert_in_range(x, 1, width);
        assert_in_range(y, 1, height);
    }
    return strokes;
}

/* Two series data sets hold the same bytes. */
static inline void check_same(const fa_dataset *a, const fa_dataset *b) {
    assert_int_equal(fa_dataset_count(a), fa_dataset_count(b));
    for (size_t i = 0; i < fa_dataset_count(a); i++) {
        size_t n, m;
        const float *x = fa_dataset_series(a, i, &n), *y = fa_dataset_series(b, i, &m);
        assert_int_equal(n, m);
        assert_memory_equal(x, y, n * COLUMNS * sizeof *x);
    }
}

/* '.' is 0, '#' 255, a digit k is 25 k. */
static inline uint8_t grey(char c) {
    return c == '.' ? 0 : c == '#' ? 255 : (uint8_t)(25 * (c - '0'));
}

static inline fa_dataset *make_images(size_t n, size_t height, size_t width) {
    fa_dataset *set;
    assert_ok(fa__dataset_create(&set, FA_KIND_IMAGES));
    set->n = n;
    set->values.height = height;
    set->values.width = width;
    set->values.channels = 1;
    set->features = height * width;
    assert_ok(FA_NEW(set->values.pixels, n * height * width));
    assert_ok(FA_NEW(set->labels.classes, n));
    for (size_t i = 0; i < n; i++) set->labels.classes[i] = (int32_t)(i % 10);
    return set;
}

/* n copies of one picture, its rows one after the other. */
static inline fa_dataset *draw(size_t n, size_t height, size_t width, const char *picture) {
    fa_dataset *set = make_images(n, height, width);
    assert_int_equal(strlen(picture), height * width);
    for (size_t i = 0; i < n * height * width; i++)
        set->values.pixels[i] = grey(picture[i % (height * width)]);
    return set;
}

#endif
