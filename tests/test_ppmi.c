/* Word vectors from texts: a corpus worked by hand, NumPy's numbers, any number of threads,
 * degenerate texts. */
#define _XOPEN_SOURCE 700
#include "text/ppmi.h"

#include "base/eigen.h"
#include "text/word_vectors.h"

#include "text_cases.h"

typedef struct made {
    fa__vocabulary vocabulary;
    fa__corpus corpus;
} made;

static made made_of(const char *const *texts, size_t n, size_t min_count, size_t max_tokens) {
    made m;
    fa_dataset *set = texts_of(texts, NULL, n);
    size_t samples[512];
    assert_true(n <= 512);
    for (size_t i = 0; i < n; i++) samples[i] = i;
    assert_ok(fa__vocabulary_fit(&m.vocabulary, set, samples, n, 1000, min_count, 100));
    assert_ok(fa__corpus_read(&m.corpus, &m.vocabulary, set, samples, n, max_tokens));
    fa_dataset_free(set);
    return m;
}

static void free_made(made *m) {
    fa__vocabulary_free(&m->vocabulary);
    fa__corpus_free(&m->corpus);
}

static size_t number_of(const made *m, const char *word) {
    return fa__vocabulary_find(&m->vocabulary, word, strlen(word));
}

/* ==== Counts ==== */

static void corpus_is_the_known_words_text_after_text(void **state) {
    (void)state;
    static const char *const texts[] = {"a B, a x", "", "y b a a", "b"};
    static const uint32_t wanted[] = {0, 1, 2, 1, 0, 0, 2, 1, 0, 2, 0}; /* x, y once: not known */
    made m = made_of(texts, 4, 2, 3);
    assert_int_equal(m.corpus.used, sizeof wanted / sizeof *wanted);
    assert_memory_equal(m.corpus.words, wanted, sizeof wanted);
    fa_dataset *set = texts_of(texts, NULL, 4);
    fa__corpus again;
    static const size_t last = 3;
    assert_ok(fa__corpus_read(&again, &m.vocabulary, set, &last, 1, 3));
    assert_int_equal(again.used, 3);
    fa__corpus_free(&again);
    static const size_t all[] = {0, 1, 2, 3};
    assert_survives_nomem(fa__corpus_read(&again, &m.vocabulary, set, all, 4, SIZE_MAX),
                          fa__corpus_free(&again));
    set->values.text[0] = (char)0xff;
    assert_fails(fa__corpus_read(&again, &m.vocabulary, set, all, 4, 3), FA_E_FORMAT, "text 0");
    fa_dataset_free(set);
    free_made(&m);
}

static double entry(const fa__sparse *p, size_t row, size_t column) {
    double found = 0;
    for (size_t e = p->starts[row]; e < p->starts[row + 1]; e++)
        if (p->entries[e].column == column) {
            assert_true(found == 0); /* each column once */
            found = (double)p->entries[e].value;
        }
    return found;
}

/* Within 1 word: M_ab = 2, M_bc = 1, so s = (2, 3, 1), S = 6; powers to 0.75: 1.681793, 2.279507,
 * 1, in all 4.961300, so t = (2.033894, 2.756746, 1.209360). */
static void three_words_by_hand(void **state) {
    (void)state;
    static const char *const texts[] = {"a b c", "a b", "b"};
    made m = made_of(texts, 3, 1, 100);
    fa__sparse p, t;
    size_t a = number_of(&m, "a"), b = number_of(&m, "b"), c = number_of(&m, "c");
    assert_ok(fa__ppmi(&p, &t, &m.corpus, m.vocabulary.count, 1));
    assert_int_equal(p.n, 4);
    assert_int_equal(p.starts[4], 4); /* a and c never meet, no word meets itself */
    assert_int_equal(t.starts[4], 4);
    const struct {
        size_t row, column;
        double value;
    } wanted[] = {{a, b, log(2 * 6 / (2 * 2.756746))},
                  {b, a, log(2 * 6 / (3 * 2.033894))},
                  {b, c, log(1 * 6 / (3 * 1.209360))},
                  {c, b, log(1 * 6 / (1 * 2.756746))}};
    for (size_t i = 0; i < 4; i++) {
        assert_near(entry(&p, wanted[i].row, wanted[i].column), wanted[i].value, 1e-6);
        assert_near(entry(&t, wanted[i].column, wanted[i].row), wanted[i].value, 1e-6);
    }
    fa__sparse_free(&p), fa__sparse_free(&t);
    free_made(&m);
}

/* M_ac = 1, s = (4, 3, 4, 3), S = 14, t_c = 14 4^0.75 / (2 (4^0.75 + 3^0.75)) = 3.876125: 14 / (4
 * t_c) < 1. Neighbours of an unknown word move together; texts do not. */
static void pairs_rarer_than_chance_are_left_out(void **state) {
    (void)state;
    static const char *const texts[] = {"a b", "c d", "a rare b", "c d", "a b", "c d", "a c"};
    made m = made_of(texts, 7, 2, 100);
    fa__sparse p, t;
    size_t a = number_of(&m, "a"), b = number_of(&m, "b"), c = number_of(&m, "c");
    assert_int_equal(number_of(&m, "rare"), 0);
    assert_ok(fa__ppmi(&p, &t, &m.corpus, m.vocabulary.count, 3));
    assert_true(entry(&p, a, c) == 0 && entry(&p, c, a) == 0);
    assert_true(entry(&p, b, c) == 0);
    assert_near(entry(&p, b, a), log(3 * 14 / (3 * 3.876125)), 1e-6);
    assert_int_equal(p.starts[5], 4);
    fa__sparse_free(&p), fa__sparse_free(&t);
    free_made(&m);
}

/* ==== Other people's numbers ==== */

static made fixture_words(void) {
    unsigned char *bytes;
    const char *texts[512];
    size_t size, n = 0;
    assert_ok(fa__file_read(&bytes, &size, fixture("text/ppmi.texts")));
    for (char *at = (char *)bytes; *at != '\0'; n++) {
        assert_true(n < 512);
        texts[n] = at;
        at += strcspn(at, "\n");
        if (*at == '\n') *at++ = '\0';
    }
    made m = made_of(texts, n, 1, 100);
    fa__free(bytes);
    return m;
}

static double product(const float *x, const float *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    return sum;
}

static void vectors_are_numpys(void **state) {
    (void)state;
    static const struct {
        const char *file;
        size_t window, units;
        double tolerance; /* 6 are found by 16 columns, within an iteration's error; 30 by all */
    } cases[] = {{"text/ppmi-5-6.vec", 5, 6, 1e-3},
                 {"text/ppmi-2-30.vec", 2, 30, 1e-5},
                 {"text/ppmi-1-60.vec", 1, 60, 1e-5}};
    made m = fixture_words();
    for (size_t i = 0; i < 3; i++) {
        size_t units = cases[i].units, n = m.vocabulary.count, found, wanted_found;
        float got[64 * 60] = {0}, want[64 * 60] = {0};
        assert_true(n <= 64);
        assert_ok(
            fa__vectors_read(want, &wanted_found, &m.vocabulary, units, fixture(cases[i].file)));
        assert_ok(fa__ppmi_vectors(got, &found, &m.corpus, n, units, cases[i].window));
        assert_int_equal(found, wanted_found);
        for (size_t r = 0; r < n; r++) {
            for (size_t k = 0; k < 3; k++)
                assert_near(got[r * units + k], want[r * units + k], cases[i].tolerance);
            for (size_t q = 0; q < n; q++)
                assert_near(product(got + r * units, got + q * units, units),
                            product(want + r * units, want + q * units, units), cases[i].tolerance);
        }
        for (size_t k = n - 1; k < units; k++) /* no more columns than words */
            for (size_t r = 0; r < n; r++) assert_true(got[r * units + k] == 0);
        assert_near(product(got, got, n * units) / (double)(found * units), .01, 1e-6);
    }
    free_made(&m);
}

static void threads_change_no_byte(void **state) {
    (void)state;
    made m = fixture_words();
    float tables[3][64 * 8] = {{0}};
    for (int i = 0; i < 3; i++) {
        size_t found;
        fa_threads_set(1 << i);
        assert_ok(fa__ppmi_vectors(tables[i], &found, &m.corpus, m.vocabulary.count, 8, 5));
        assert_memory_equal(tables[i], tables[0], sizeof tables[0]);
    }
    fa_threads_set(0);
    float table[64 * 8];
    size_t found;
    assert_survives_nomem(fa__ppmi_vectors(table, &found, &m.corpus, m.vocabulary.count, 8, 5),
                          (void)0);
    free_made(&m);
}

/* ==== Degenerate texts ==== */

static void words_without_neighbours_keep_their_row(void **state) {
    (void)state;
    static const char *const texts[] = {"a b", "alone", "b a"};
    made m = made_of(texts, 3, 1, 100);
    float table[4 * 3];
    size_t found, alone = number_of(&m, "alone");
    for (size_t i = 0; i < 12; i++) table[i] = 7;
    assert_ok(fa__ppmi_vectors(table, &found, &m.corpus, m.vocabulary.count, 3, 5));
    assert_int_equal(found, 2);
    for (size_t k = 0; k < 3; k++) assert_true(table[k] == 7 && table[alone * 3 + k] == 7);
    size_t a = number_of(&m, "a"), b = number_of(&m, "b");
    /* P = log 2 (0 1; 1 0): both singular values the same, rows of one length, at right angles */
    assert_near(product(table + a * 3, table + a * 3, 3), .03, 1e-6);
    assert_near(product(table + b * 3, table + b * 3, 3), .03, 1e-6);
    assert_near(product(table + a * 3, table + b * 3, 3), 0, 1e-6);
    assert_true(table[a * 3 + 2] == 0 && table[b * 3 + 2] == 0);
    free_made(&m);
}

static void texts_without_neighbours_are_refused(void **state) {
    (void)state;
    static const char *const none[][3] = {
        {"a", "b", "c"}, {"word", "", ""}, {"a a a a", "", "a"}, {"a", "", "..."}};
    for (size_t i = 0; i < 4; i++) {
        made m = made_of(none[i], 3, 1, 100);
        float table[16] = {5};
        size_t found = 77;
        assert_fails(fa__ppmi_vectors(table, &found, &m.corpus, m.vocabulary.count, 4, 5),
                     FA_E_ARGUMENT, "nothing to make word vectors of");
        assert_true(table[0] == 5 && found == 77);
        assert_fails(fa__ppmi_vectors(table, &found, &m.corpus, m.vocabulary.count, 40000, 5),
                     FA_E_SHAPE, "word vectors of 40000 numbers are too long: at most 32742");
        free_made(&m);
    }
    fa__corpus empty = {0};
    fa__vocabulary v;
    assert_ok(fa__vocabulary_read(&v, "a\nb\n", 9));
    assert_ok(fa__corpus_read(&empty, &v, NULL, NULL, 0, 9));
    float table[12];
    size_t found;
    assert_fails(fa__ppmi_vectors(table, &found, &empty, v.count, 4, 5), FA_E_ARGUMENT, "no two");
    fa__corpus_free(&empty);
    fa__vocabulary_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_is_the_known_words_text_after_text),
        cmocka_unit_test(three_words_by_hand),
        cmocka_unit_test(pairs_rarer_than_chance_are_left_out),
        cmocka_unit_test(vectors_are_numpys),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(words_without_neighbours_keep_their_row),
        cmocka_unit_test(texts_without_neighbours_are_refused),
    };
#ifndef FA_HAVE_UTF8PROC
    return 77;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
