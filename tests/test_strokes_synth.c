/* Made-up pen-stroke digits. */
#include "strokes_form.h"

#include "strokes/glyphs.h"

static void glyphs_table_keeps_its_own_rules(void **state) {
    (void)state;
    int digit = 0;
    for (size_t g = 0; g < fa__glyph_count; g++) {
        const fa__glyph *glyph = &fa__glyphs[g];
        assert_true(glyph->digit == digit || glyph->digit == digit + 1);
        digit = glyph->digit;
        assert_true(glyph->weight > 0 && glyph->width > 0);
        size_t count = 0, lifts = 0, same = 0;
        for (; count < FA__GLYPH_POINTS && glyph->points[count][0] != 0; count++) {
            const signed char *p = glyph->points[count];
            if (p[0] == FA__GLYPH_LIFT) {
                lifts++;
                assert_true(count >= 2 && same == 0); /* no stroke ends in a corner */
                continue;
            }
            assert_in_range(p[0], 1, 99);
            assert_in_range(p[1], 1, 99);
            same = count > 0 && memcmp(p, glyph->points[count - 1], 2) == 0;
        }
        assert_true(count >= 4 && count < FA__GLYPH_POINTS && lifts <= 1 && same == 0);
        assert_true(glyph->swap == 0 || lifts == 1);
        if (glyph->loop > 0) {
            assert_int_equal(lifts, 0);
            assert_memory_equal(glyph->points[0], glyph->points[count - 1], 2);
        }
    }
    assert_int_equal(digit, 9);
}

static void synth_threads_do_not_change_a_byte(void **state) {
    (void)state;
    fa_dataset *one, *other;
    fa_threads_set(1);
    assert_ok(fa_strokes_synthesize(&one, 1500, 3, 1));
    for (int threads = 2; threads <= 4; threads++) {
        fa_threads_set(threads);
        assert_ok(fa_strokes_synthesize(&other, 1500, 3, 1));
        check_same(one, other);
        assert_memory_equal(fa_dataset_classes(one), fa_dataset_classes(other),
                            1500 * sizeof(int32_t));
        fa_dataset_free(other);
    }
    fa_threads_set(0);
    fa_dataset_free(one);
}

static void synth_sample_does_not_depend_on_how_many(void **state) {
    (void)state;
    fa_dataset *few, *many;
    assert_ok(fa_strokes_synthesize(&many, 700, 5, 0));
    const size_t sizes[] = {1, 9, 10, 256, 257, 613};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        assert_ok(fa_strokes_synthesize(&few, sizes[k], 5, 0));
        assert_int_equal(fa_dataset_count(few), sizes[k]);
        for (size_t i = 0; i < sizes[k]; i++) {
            size_t n, m;
            const float *x = fa_dataset_series(few, i, &n), *y = fa_dataset_series(many, i, &m);
            assert_int_equal(n, m);
            assert_memory_equal(x, y, n * COLUMNS * sizeof *x);
            assert_int_equal(fa_dataset_classes(few)[i], fa_dataset_classes(many)[i]);
        }
        fa_dataset_free(few);
    }
    fa_dataset_free(many);
}

static size_t count_equal(const fa_dataset *a, const fa_dataset *b) {
    size_t equal = 0;
    for (size_t i = 0; i < fa_dataset_count(a); i++) {
        size_t n, m;
        const float *x = fa_dataset_series(a, i, &n), *y = fa_dataset_series(b, i, &m);
        equal += n == m && memcmp(x, y, n * COLUMNS * sizeof *x) == 0;
    }
    return equal;
}

static void synth_seed_and_split_give_other_digits(void **state) {
    (void)state;
    fa_dataset *a, *seed, *split;
    assert_ok(fa_strokes_synthesize(&a, 1000, 1, 0));
    assert_ok(fa_strokes_synthesize(&seed, 1000, 2, 0));
    assert_ok(fa_strokes_synthesize(&split, 1000, 1, 1));
    /* Two plain vertical ones can agree by chance. */
    assert_true(count_equal(a, a) == 1000);
    assert_true(count_equal(a, seed) < 5);
    assert_true(count_equal(a, split) < 5);
    fa_dataset_free(a);
    fa_dataset_free(seed);
    fa_dataset_free(split);
}

static void synth_every_ten_samples_hold_every_digit_in_changing_order(void **state) {
    (void)state;
    enum { N = 5000 };
    fa_dataset *set;
    size_t at[10][10] = {{0}};
    assert_ok(fa_strokes_synthesize(&set, N, 0, 0));
    const int32_t *classes = fa_dataset_classes(set);
    for (size_t block = 0; block < N; block += 10) {
        unsigned seen = 0;
        for (size_t k = 0; k < 10; k++) {
            assert_in_range(classes[block + k], 0, 9);
            seen |= 1u << classes[block + k];
            at[k][classes[block + k]]++;
        }
        assert_int_equal(seen, 1023);
    }
    /* 500 blocks: each digit is at each place 50 +- 6.7 times; five deviations. */
    for (int k = 0; k < 10; k++)
        for (int c = 0; c < 10; c++) assert_in_range(at[k][c], 17, 83);
    fa_dataset_free(set);
}

static void synth_lines_have_the_form_and_the_size_of_real_ones(void **state) {
    (void)state;
    enum { N = 4000 };
    for (uint64_t seed = 0; seed < 3; seed++) {
        fa_dataset *set;
        assert_ok(fa_strokes_synthesize(&set, N, seed, (uint32_t)seed));
        assert_int_equal(fa_dataset_features(set), COLUMNS);
        assert_int_equal(fa_dataset_kind(set), FA_KIND_SERIES);
        assert_int_equal(fa_dataset_skipped(set, NULL), 0);
        double lines = 0, strokes = 0, edges = 0, corners = 0;
        for (size_t i = 0; i < N; i++) {
            size_t steps;
            const float *line = fa_dataset_series(set, i, &steps);
            assert_in_range(steps, 8, 120);
            strokes += check_form(line, steps, 28, 28, 0);
            lines += (double)steps;
            for (size_t k = 1; k < steps; k++) {
                float way = fabsf(line[COLUMNS * k]) + fabsf(line[COLUMNS * k + 1]);
                edges += way == 1;
                corners += way == 2;
            }
        }
        /* The real set: 39.9 lines, 1.55 strokes, 22 % of the small steps over a corner. */
        assert_in_range(lines / N, 36, 43);
        assert_near(strokes / N, 1.4, 0.15);
        assert_near(corners / (edges + corners), 0.25, 0.07);
        fa_dataset_free(set);
    }
}

static void synth_classes_differ_in_shape(void **state) {
    (void)state;
    /* Independent of how the digits are drawn: a one is short and narrow, a zero and an eight are
     * long, a four mostly takes two strokes. In the real set: 19.9, 48.4, 52.3 lines, 2.5 strokes.
     */
    enum { N = 3000 };
    fa_dataset *set;
    double lines[10] = {0}, strokes[10] = {0};
    assert_ok(fa_strokes_synthesize(&set, N, 11, 0));
    for (size_t i = 0; i < N; i++) {
        size_t steps;
        const float *line = fa_dataset_series(set, i, &steps);
        int digit = fa_dataset_classes(set)[i];
        lines[digit] += (double)steps * 10 / N;
        strokes[digit] += check_form(line, steps, 28, 28, 0) * 10.0 / N;
    }
    assert_true(lines[1] < 25 && lines[0] > 43 && lines[8] > 43);
    for (int c = 0; c < 10; c++) {
        if (c != 1) assert_true(lines[1] + 4 < lines[c]);
        if (c != 4) assert_true(strokes[c] < strokes[4]);
    }
    fa_dataset_free(set);
}

static void synth_count_out_of_range_is_error(void **state) {
    (void)state;
    fa_dataset *set = (fa_dataset *)&state;
    assert_fails(fa_strokes_synthesize(&set, 0, 0, 0), FA_E_ARGUMENT, "n must be 1..4294967295");
    assert_fails(fa_strokes_synthesize(&set, SIZE_MAX, 0, 0), FA_E_ARGUMENT, "got 184467440737");
    assert_ptr_equal(set, &state);
}

static void synth_out_of_memory_is_reported_without_leak(void **state) {
    (void)state;
    fa_dataset *set = NULL;
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    long failures = 0;
    fa_threads_set(1);
    for (; status != FA_OK; failures++) {
        fa__memory_fail_after(failures);
        status = fa_strokes_synthesize(&set, 300, 0, 0);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_null(set);
        assert_int_equal(fa__memory_live(), before);
    }
    fa__memory_fail_after(-1);
    assert_true(failures > 10);
    fa_dataset_free(set);
    assert_int_equal(fa__memory_live(), before);
    fa_threads_set(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glyphs_table_keeps_its_own_rules),
        cmocka_unit_test(synth_threads_do_not_change_a_byte),
        cmocka_unit_test(synth_sample_does_not_depend_on_how_many),
        cmocka_unit_test(synth_seed_and_split_give_other_digits),
        cmocka_unit_test(synth_every_ten_samples_hold_every_digit_in_changing_order),
        cmocka_unit_test(synth_lines_have_the_form_and_the_size_of_real_ones),
        cmocka_unit_test(synth_classes_differ_in_shape),
        cmocka_unit_test(synth_count_out_of_range_is_error),
        cmocka_unit_test(synth_out_of_memory_is_reported_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
