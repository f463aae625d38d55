/* Words against Python's unicodedata; vocabularies by hand, their order, limits and reading back.
 */
#define _XOPEN_SOURCE 700
#include "text/vocabulary.h"

#include "text_cases.h"

/* ==== Words ==== */

typedef struct expected_words {
    fa__line line;
    size_t count;
} expected_words;

static fa_status compare_word(void *user, const char *word, size_t size) {
    expected_words *e = user;
    unsigned char wanted[256];
    assert_int_equal(next_hex(wanted, &e->line), size);
    assert_memory_equal(word, wanted, size);
    e->count++;
    return FA_OK;
}

static void words_are_those_of_python(void **state) {
    (void)state;
    unsigned char *bytes, text[256], rest[256];
    size_t size, texts = 0, words = 0;
    fa__word_room room = {0};
    assert_ok(fa__file_read(&bytes, &size, fixture("text/words.txt")));
    for (fa__line line = fa__line_start(bytes, size); fa__line_next(&line); texts++) {
        expected_words e = {line, 0};
        long length = next_hex(text, &e.line);
        assert_memory_equal(e.line.text, " :", 2);
        e.line.text += 2, e.line.size -= 2;
        assert_ok(fa__words((char *)text, (size_t)length, SIZE_MAX, &room, compare_word, &e));
        assert_int_equal(next_hex(rest, &e.line), -1);
        words += e.count;
    }
    assert_int_equal(texts, 416);
    assert_true(words > 400);
    fa__word_room_free(&room);
    fa__free(bytes);
}

static fa_status join_word(void *user, const char *word, size_t size) {
    char *joined = user;
    strncat(joined, word, size);
    strcat(joined, "/");
    return FA_OK;
}

static fa_status join_words(char *joined, const char *text, size_t size, size_t most) {
    fa__word_room room = {0};
    joined[0] = '\0';
    fa_status status = fa__words(text, size, most, &room, join_word, joined);
    fa__word_room_free(&room);
    return status;
}

static void words_by_hand(void **state) {
    (void)state;
    char joined[256];
    assert_ok(join_words(joined, "The FOX's 2nd, re-run", 21, 100));
    assert_string_equal(joined, "the/fox/s/2nd/re/run/");
    assert_ok(join_words(joined, "The FOX's 2nd, re-run", 21, 2));
    assert_string_equal(joined, "the/fox/");
    assert_ok(join_words(joined, " \n\t.,", 5, 100));
    assert_string_equal(joined, "");
    assert_ok(join_words(joined, "", 0, 100));
    assert_string_equal(joined, "");
    assert_ok(join_words(joined, "a\0b", 3, 100)); /* a zero byte is no letter */
    assert_string_equal(joined, "a/b/");
    /* One character that becomes eighteen. */
    assert_ok(join_words(joined, "\xef\xb7\xba", 3, 100));
    assert_int_equal(strlen(joined), 4 * 1 + 2 * (3 + 4 + 4 + 4));
}

static void invalid_utf8_is_refused_with_its_byte(void **state) {
    (void)state;
    char joined[64];
    assert_fails(join_words(joined, "abc\xff", 4, 9), FA_E_FORMAT, "byte 4 (0xff) is not UTF-8");
    assert_fails(join_words(joined, "\xed\xa0\x80", 3, 9), FA_E_FORMAT, "byte 1 (0xed)");
    assert_string_equal(joined, "");
}

static void words_without_memory_are_refused(void **state) {
    (void)state;
    char joined[64];
    assert_survives_nomem(join_words(joined, "some Words", 10, 9), (void)0);
}

/* ==== Vocabularies ==== */

static const char *const texts[] = {"b a c", "A b. d", "b", "e e e", "", "z z z z z z"};
enum { TEXTS = sizeof texts / sizeof *texts };
static const size_t all[] = {0, 1, 2, 3, 4, 5};

static fa__vocabulary fitted(const size_t *samples, size_t n, size_t most, size_t min_count,
                             size_t max_tokens) {
    fa__vocabulary v;
    fa_dataset *set = texts_of(texts, NULL, TEXTS);
    assert_ok(fa__vocabulary_fit(&v, set, samples, n, most, min_count, max_tokens));
    fa_dataset_free(set);
    return v;
}

static void assert_vocabulary(fa__vocabulary v, const char *text) {
    assert_string_equal(v.text, text);
    size_t words = 0, size;
    for (const char *at = text; *at != '\0'; at++) words += *at == '\n';
    assert_int_equal(v.count, words + 1);
    for (size_t i = 1; i < v.count; i++) {
        const char *word = fa__vocabulary_word(&v, i, &size);
        assert_int_equal(fa__vocabulary_find(&v, word, size), i);
    }
    assert_int_equal(fa__vocabulary_find(&v, "nothing", 7), 0);
    assert_int_equal(fa__vocabulary_find(&v, "", 0), 0);
    fa__vocabulary_free(&v);
}

static void vocabulary_is_the_most_frequent_then_by_bytes(void **state) {
    (void)state;
    static const size_t backwards[] = {5, 4, 3, 2, 1, 0};
    assert_vocabulary(fitted(all, TEXTS, 100, 1, 100), "z\nb\ne\na\nc\nd\n");
    assert_vocabulary(fitted(backwards, TEXTS, 100, 1, 100), "z\nb\ne\na\nc\nd\n");
    assert_vocabulary(fitted(all, TEXTS, 5, 1, 100), "z\nb\ne\na\nc\n");
    assert_vocabulary(fitted(all, TEXTS, 1, 1, 100), "z\n");
    assert_vocabulary(fitted(all, TEXTS, 100, 3, 100), "z\nb\ne\n");
    assert_vocabulary(fitted(all, 5, 100, 2, 100), "b\ne\na\n");      /* z is not trained on */
    assert_vocabulary(fitted(all, TEXTS, 100, 1, 1), "b\na\ne\nz\n"); /* first words alone */
}

static void vocabulary_of_nothing_is_refused(void **state) {
    (void)state;
    fa__vocabulary v;
    fa_dataset *set = texts_of(texts, NULL, TEXTS);
    assert_fails(fa__vocabulary_fit(&v, set, all, TEXTS, 9, 7, 9), FA_E_ARGUMENT,
                 "none of the 6 different words of the training texts occurs 7 times; "
                 "text.min_count = 1");
    assert_fails(fa__vocabulary_fit(&v, set, all + 4, 1, 9, 1, 9), FA_E_ARGUMENT, "none of the 0");
    fa_dataset_free(set);
    static const char *const bad[] = {"ok", "b\xc3"};
    set = texts_of(bad, NULL, 2);
    assert_fails(fa__vocabulary_fit(&v, set, all, 2, 9, 1, 9), FA_E_FORMAT, "text 1: byte 2");
    fa_dataset_free(set);
}

/* A hash table that grows many times still finds each word, and sorts all ties by bytes. */
static void many_words_are_all_found(void **state) {
    (void)state;
    enum { WORDS = 5000 };
    char *text = fa__alloc(WORDS, 8), *at = text;
    size_t size;
    assert_non_null(text);
    for (size_t i = 0; i < WORDS; i++) at += sprintf(at, "w%zu ", i * 7919 % WORDS);
    fa_dataset *set = texts_of((const char *const *)&text, NULL, 1);
    fa__vocabulary v;
    assert_ok(fa__vocabulary_fit(&v, set, all, 1, 100000, 1, 100000));
    assert_int_equal(v.count, WORDS + 1);
    const char *before = fa__vocabulary_word(&v, 1, &size);
    for (size_t i = 1; i <= WORDS; i++) {
        const char *word = fa__vocabulary_word(&v, i, &size);
        assert_int_equal(fa__vocabulary_find(&v, word, size), i);
        if (i > 1) assert_true(memcmp(before, word, size + 1) < 0);
        before = word;
    }
    fa__vocabulary_free(&v);
    fa_dataset_free(set);
    fa__free(text);
}

static void texts_become_series_of_numbers(void **state) {
    (void)state;
    fa__vocabulary v;
    fa_dataset *set = texts_of(texts, NULL, TEXTS), *numbers;
    static const float wanted[] = {2, 3, 3, 2, 2, 0, 0, 0, 1, 1};
    static const size_t steps[TEXTS] = {2, 2, 1, 2, 1, 2};
    assert_ok(fa__vocabulary_read(&v, "z\nb\na\n", 2));
    assert_ok(fa__vocabulary_encode(&numbers, &v, set));
    assert_int_equal(fa_dataset_kind(numbers), FA_KIND_SERIES);
    assert_int_equal(fa_dataset_features(numbers), 1);
    assert_int_equal(numbers->values.vocabulary, 4);
    const float *at = wanted;
    for (size_t i = 0; i < TEXTS; at += steps[i++]) {
        size_t found;
        const float *series = fa_dataset_series(numbers, i, &found);
        assert_int_equal(found, steps[i]);
        assert_memory_equal(series, at, found * sizeof *series);
    }
    fa_dataset_free(numbers);
    fa_dataset_free(set);
    fa__vocabulary_free(&v);
}

static void encode_backward_turns_each_text_around(void **state) {
    (void)state;
    fa__vocabulary v;
    fa_dataset *set, *there, *back;
    assert_ok(fa__vocabulary_read(&v, "fox\nthe\nruns\n", 3));
    set = texts_of((const char *const[]){"the fox runs the", "", "fox", "runs unseen"}, NULL, 4);
    assert_ok(fa__vocabulary_encode(&there, &v, set));
    v.backward = true;
    assert_ok(fa__vocabulary_encode(&back, &v, set));
    static const float forward[] = {2, 1, 3, 0, 1, 3, 0}, backward[] = {3, 1, 2, 0, 1, 0, 3};
    assert_int_equal(there->values.offsets[4], 7); /* cut after three words, then turned around */
    assert_int_equal(back->values.offsets[4], 7);
    assert_memory_equal(there->values.numbers, forward, sizeof forward);
    assert_memory_equal(back->values.numbers, backward, sizeof backward);
    fa_dataset_free(there);
    fa_dataset_free(back);
    fa_dataset_free(set);
    fa__vocabulary_free(&v);
}

static void vocabulary_read_back_is_checked(void **state) {
    (void)state;
    fa__vocabulary v, again;
    assert_ok(fa__vocabulary_read(&v, "fox\nthe\n\xc3\xa9t\xc3\xa9\n", 5));
    assert_int_equal(v.count, 4);
    assert_int_equal(v.max_tokens, 5);
    assert_ok(fa__vocabulary_read(&again, v.text, 5));
    assert_string_equal(again.text, v.text);
    fa__vocabulary_free(&again);
    fa__vocabulary_free(&v);
    static const struct {
        const char *text, *says;
    } cases[] = {{"", "no words"},
                 {"a\n\nb\n", "word 2 (''): is no word"},
                 {"a\nB\n", "word 2 ('B'): is not in the form"},
                 {"a b\n", "word 1 ('a b'): is not in the form"},
                 {"a \n", "word 1 ('a '): is not in the form"},
                 {"a\nb\r\n", "word 2 ('b'): is not ended by a line feed"},
                 {"a\nb", "word 2 ('b'): is not ended by a line feed"},
                 {"a\nb\na\n", "word 3 ('a') is there twice"},
                 {"a\n\xff\n", "word 2 ('.'): byte 1"},
                 {"...\n", "word 1 ('...'): is no word"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(fa__vocabulary_read(&v, cases[i].text, 5), FA_E_FORMAT, cases[i].says);
}

static void vocabulary_without_memory_is_refused(void **state) {
    (void)state;
    fa__vocabulary v, kept = fitted(all, TEXTS, 9, 1, 9);
    fa_dataset *set = texts_of(texts, NULL, TEXTS), *numbers;
    assert_survives_nomem(fa__vocabulary_fit(&v, set, all, TEXTS, 9, 1, 9),
                          fa__vocabulary_free(&v));
    assert_survives_nomem(fa__vocabulary_read(&v, kept.text, 9), fa__vocabulary_free(&v));
    assert_survives_nomem(fa__vocabulary_encode(&numbers, &kept, set), fa_dataset_free(numbers));
    fa__vocabulary_free(&kept);
    fa_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_python),
        cmocka_unit_test(words_by_hand),
        cmocka_unit_test(invalid_utf8_is_refused_with_its_byte),
        cmocka_unit_test(words_without_memory_are_refused),
        cmocka_unit_test(vocabulary_is_the_most_frequent_then_by_bytes),
        cmocka_unit_test(vocabulary_of_nothing_is_refused),
        cmocka_unit_test(many_words_are_all_found),
        cmocka_unit_test(texts_become_series_of_numbers),
        cmocka_unit_test(encode_backward_turns_each_text_around),
        cmocka_unit_test(vocabulary_read_back_is_checked),
        cmocka_unit_test(vocabulary_without_memory_is_refused),
    };
#ifndef FA_HAVE_UTF8PROC
    return 77;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
