/* Word vectors of .vec files, and what is refused with its line. */
#define _XOPEN_SOURCE 700
#include "text/word_vectors.h"

#include "text_cases.h"

static fa__vocabulary words(void) {
    fa__vocabulary v;
    assert_ok(fa__vocabulary_read(&v, "the\nfox\n\xc3\xa9t\xc3\xa9\n", 9));
    return v;
}

static fa_status parse(float *table, size_t *found, const char *text) {
    fa__vocabulary v = words();
    for (size_t i = 0; i < 8; i++) table[i] = 9;
    fa_status status = fa__vectors_parse(table, found, &v, 2, text, strlen(text), "made.vec");
    fa__vocabulary_free(&v);
    return status;
}

static void known_words_get_their_rows(void **state) {
    (void)state;
    float table[8];
    size_t found = 77;
    assert_ok(parse(table, &found,
                    "4 2\n\xc3\xa9t\xc3\xa9 1.5 -2e-1\nThe 7 7\nother x y\nthe +3 .25 \n"));
    static const float wanted[] = {9, 9, 3, .25f, 9, 9, 1.5f, -.2f};
    assert_memory_equal(table, wanted, sizeof wanted);
    assert_int_equal(found, 2);
    assert_ok(parse(table, &found, "2 2\r\nfox 1 2\r\nfox 3 4\r\n")); /* the first one counts */
    assert_true(table[4] == 1 && table[5] == 2);
    assert_int_equal(found, 1);
    assert_ok(parse(table, &found, "0 2\n"));
    assert_int_equal(found, 0);
}

static void wrong_files_are_refused_with_their_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        fa_status status;
        const char *says;
    } cases[] = {
        {"", FA_E_FORMAT, "made.vec: line 1: the number of words and of dimensions is wanted"},
        {"the 1 2\n", FA_E_FORMAT, "found 'the 1 2'"},
        {"2 2 2\n", FA_E_FORMAT, "line 1"},
        {"-1 2\n", FA_E_FORMAT, "line 1"},
        {"1 0\n", FA_E_FORMAT, "like '20000 2'"},
        {"1 3\nthe 1 2 3\n", FA_E_SHAPE,
         "vectors of 3 numbers, the embedding layer has 2; 'embedding 3'"},
        {"2 2\nthe 1 2\n", FA_E_FORMAT, "promises 2 words, the file has 1 (cut short?)"},
        {"1 2\nthe 1 2\nfox 1 2\n", FA_E_FORMAT, "promises 1 words, the file has 2"},
        {"2 2\nthe 1 2\nfox 1\n", FA_E_FORMAT, "line 3: a word and 2 numbers"},
        {"2 2\nthe 1 2\nfox 1 2 3\n", FA_E_FORMAT, "line 3"},
        {"2 2\nother 1\nfox 1 2\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe\n", FA_E_FORMAT, "line 2"},
        {"1 2\n 1 2\n", FA_E_FORMAT, "line 2"},
        {"1 2\n\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe 1 x\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe 1  2\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe 1,5 2\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe \n1 2\n", FA_E_FORMAT, "line 2"},
        {"1 2\nthe 1 nan\n", FA_E_NONFINITE, "line 2: number 2 is not a finite"},
        {"1 2\nthe 1e39 1\n", FA_E_NONFINITE, "line 2: number 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float table[8];
        size_t found = 77;
        assert_fails(parse(table, &found, cases[i].text), cases[i].status, cases[i].says);
        assert_int_equal(found, 77);
    }
}

static void vectors_come_from_files(void **state) {
    (void)state;
    fa__vocabulary v = words();
    float table[8] = {0};
    size_t found;
    const char *path = text_file("x.vec", "1 2\nfox 1 2\n");
    assert_ok(fa__vectors_read(table, &found, &v, 2, path));
    assert_true(table[4] == 1 && table[5] == 2);
    assert_survives_nomem(fa__vectors_read(table, &found, &v, 2, path), (void)0);
    assert_fails(fa__vectors_read(table, &found, &v, 2, "/nowhere.vec"), FA_E_IO, "nowhere.vec");
    fa__vocabulary_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words_get_their_rows),
        cmocka_unit_test(wrong_files_are_refused_with_their_line),
        cmocka_unit_test(vectors_come_from_files),
    };
#ifndef FA_HAVE_UTF8PROC
    return 77;
#endif
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
