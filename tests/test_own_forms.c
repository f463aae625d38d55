/* .ts series, texts by line, folders of texts. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"

static const char ts_text[] = "# made by hand\n"
                              "@problemName Two\n"
                              "@timeStamps false\n"
                              "@equalLength false\n"
                              "@classLabel true up down\n"
                              "@data\n"
                              "1,2,3:10,20,30:up\n"
                              "4 : -5e-1 : down\n"
                              "7,8:9,10:up\n";

static void ts_cases_are_series_with_a_feature_a_dimension(void **state) {
    (void)state;
    fa_dataset *set;
    size_t steps;
    assert_ok(fa_dataset_read(&set, text_file("x.ts", ts_text), NULL));
    assert_int_equal(fa_dataset_kind(set), FA_KIND_SERIES);
    assert_int_equal(fa_dataset_count(set), 3);
    assert_int_equal(fa_dataset_features(set), 2);
    const float *x = fa_dataset_series(set, 0, &steps);
    assert_int_equal(steps, 3);
    assert_memory_equal(x, ((const float[]){1, 10, 2, 20, 3, 30}), 24);
    x = fa_dataset_series(set, 1, &steps);
    assert_int_equal(steps, 1);
    assert_memory_equal(x, ((const float[]){4, -.5f}), 8);
    x = fa_dataset_series(set, 2, &steps);
    assert_memory_equal(x, ((const float[]){7, 9, 8, 10}), 16);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){1, 0, 1}), 12);
    assert_string_equal(fa_dataset_class_name(set, 0), "down");
    fa_dataset_free(set);
    assert_survives_nomem(fa_dataset_read(&set, path_of("x.ts"), NULL), fa_dataset_free(set));
}

/* Seconds since 1970, of which float32 knows every 128th, beside small numbers. */
static void ts_values_far_from_0_keep_their_differences(void **state) {
    (void)state;
    fa_dataset *set;
    size_t steps;
    assert_ok(fa_dataset_read(&set,
                              text_file("far.ts", "@dimensions 2\n@classLabel true u v\n@data\n"
                                                  "1700000001,1700000002.5:0.5,0.25:u\n"
                                                  "1700000003,1700000004,1700000008:0,-1,4:v\n"),
                              NULL));
    double shift = fa_dataset_shift(set, 0);
    assert_true(shift > 1.6e9 && fa_dataset_shift(set, 1) == 0);
    const float *x = fa_dataset_series(set, 0, &steps);
    assert_int_equal(steps, 2);
    assert_true((double)x[0] + shift == 1700000001 && (double)x[2] + shift == 1700000002.5);
    assert_true(x[1] == 0.5F && x[3] == 0.25F);
    x = fa_dataset_series(set, 1, &steps);
    assert_true((double)x[4] + shift == 1700000008 && x[5] == 4);
    assert_null(strstr(fa_dataset_note(set), "constant"));
    fa_dataset_free(set);
    assert_survives_nomem(fa_dataset_read(&set, path_of("far.ts"), NULL), fa_dataset_free(set));
    char many[4096] = "@classLabel true u v\n@data\n"; /* two groups, one of them beyond float32 */
    for (int i = 0; i < 40; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%d,%ld:%s\n", i % 2,
                 i < 2 ? 0L : 1700000000L + i, i % 2 ? "u" : "v");
    assert_ok(fa_dataset_read(&set, text_file("far.ts", many), NULL));
    assert_non_null(strstr(fa_dataset_note(set), "fall together"));
    fa_dataset_free(set);
}

static void ts_gaps_and_faults_have_their_place(void **state) {
    (void)state;
    static const refusal cases[] = {
        {"@data\n1,?,3\n", FA_E_NONFINITE, "line 2, dimension 1, step 2 is missing, 1 value in"},
        {"@data\n1,2:3\n", FA_E_FORMAT, "line 2: dimension 2 has 1 steps, dimension 1 has 2"},
        {"@data\n1:2\n3\n", FA_E_FORMAT, "line 3 has 1 dimensions, the first case has 2"},
        {"@data\n1,x\n", FA_E_FORMAT, "line 2, dimension 1, step 2: 'x' is no number"},
        {"@data\n1,0x10\n", FA_E_FORMAT, "line 2, dimension 1, step 2: '0x10' is no number"},
        {"@data\n1e39\n", FA_E_FORMAT, "'1e39' is not a finite float32"},
        {"@classLabel true a\n@data\n1,2\n", FA_E_FORMAT, "line 3: has no class behind a colon"},
        {"@classLabel true a\n@data\n1,2:\n", FA_E_LABEL, "line 3: the class, behind the last"},
        {"@timeStamps true\n@data\n(1,2)\n", FA_E_FORMAT, "line 1: cases with time stamps"},
        {"@problemName x\n1,2\n", FA_E_FORMAT, "line 2: '1,2' stands before @data"},
        {"@data\n", FA_E_FORMAT, "holds no cases below @data"},
        {"@classLabel true a\n", FA_E_FORMAT, "and no line @data"},
    };
    assert_files_refused("x.ts", cases, sizeof cases / sizeof *cases);
    fa_dataset *set;
    size_t steps;
    assert_ok(
        fa_dataset_read(&set, text_file("x.ts", "@data\n1,?,3\n"),
                        &(fa_read_options){.size = sizeof(fa_read_options), .missing = "forward"}));
    assert_memory_equal(fa_dataset_series(set, 0, &steps), ((const float[]){1, 1, 3}), 12);
    fa_dataset_free(set);
    for (size_t size = 0; size < sizeof ts_text - 1; size++) { /* cut anywhere */
        set = NULL;
        fa_status status = fa_dataset_read(&set, file_of("c.ts", ts_text, size), NULL);
        assert_true((status == FA_OK) == (set != NULL));
        fa_dataset_free(set);
    }
}

static void lines_of_a_txt_file_are_texts(void **state) {
    (void)state;
    fa_dataset *set;
    size_t size;
    char labels[FA__PATH_MAX]; /* path_of forgets */
    snprintf(labels, sizeof labels, "%s", text_file("l", "3\n1\n3\n"));
    const fa_read_options options = {.size = sizeof(fa_read_options), .hidden_file = labels};
    assert_ok(fa_dataset_read(&set, text_file("t.txt", "a, b\r\n\nd\xc3\xa9"), &options));
    assert_int_equal(fa_dataset_kind(set), FA_KIND_TEXT);
    assert_int_equal(fa_dataset_count(set), 3);
    const char *text = fa_dataset_text(set, 0, &size);
    assert_int_equal(size, 4);
    assert_memory_equal(text, "a, b", 4);
    assert_non_null(fa_dataset_text(set, 1, &size));
    assert_int_equal(size, 0);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){3, 1, 3}), 12);
    fa_dataset_free(set);
    assert_survives_nomem(fa_dataset_read(&set, path_of("t.txt"), NULL), fa_dataset_free(set));
    assert_fails(fa_dataset_read(&set, text_file("t.txt", "a\nb\n"), &options), FA_E_SHAPE,
                 "has 3 labels, but");
    assert_fails(fa_dataset_read(&set, text_file("t.txt", "a\ncaf\xe9\n"), NULL), FA_E_FORMAT,
                 "t.txt: line 2: byte 4 is not UTF-8 text; convert");
}

static void text_files_of_something_else_are_named(void **state) {
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t size;
        const char *says;
    } cases[] = {
#define BYTES(text) text, sizeof(text) - 1
        {"t.txt", BYTES("1.5e+00 -2.0\n3 nan\n"), "numbers with blanks between, no texts"},
        {"t.txt", BYTES("# made\n  1   2.5\n  2   3.5\n"), "numpy.loadtxt"},
        {"t.txt", BYTES("1\n2\n1\n"), "one number a line"},
        {"t.txt", BYTES("+1 1:0.5 3:2\n-1 2:1.5\n"), "LIBSVM"},
        {"t.csv", BYTES("0.5 1.5\n 2.5  3.5\n4 5\n"), "numbers with blanks between"},
        {"t.csv", BYTES("\"a\" \"b\"\n\"1\" 0.5 2\n\"2\" 1.5 3\n"), "sep=r'\\s+')"},
        {"t.txt", BYTES("__label__1 a b\n__label__2 c d\n"), "as fastText has it"},
#define MESSAGES "spam\tfree prize\nham\tsee you\nham\tat home\nspam\twin it\nham\tno more\n"
        {"t.txt", BYTES(MESSAGES MESSAGES), "a tab behind one of 2 words ('spam', 'ham', ...)"},
        {"t.txt",
         BYTES("a b\tx\nb c\ty\nc d\tx\nd e\ty\ne f\tx\nf g\ty\ng h\tx\nh i\ty\ni j\tx\nk l\ty"),
         "--labels 2); or take the words out (cut -f1 FILE)"},
        {"t.dat", BYTES("1 2\n3 4\n"), "numbers with blanks between"},
        {"t.txt", BYTES("ab\0cd\nef\0\0\0gh\n"), "line 1 holds a zero byte"},
        {"t.csv", BYTES("\xff\xfe\0\0a\0\0\0,\0\0\0b\0\0\0"), "is UTF-32 text"},
        {"t.txt", BYTES("\"V1\" \"V2\"\n\"1\" 0.5 2\n\"2\" 1.5 3\n"), "sep=r'\\s+')"},
        {"t.txt", BYTES("AAT_1  0.49 0.29 0.5 cp\nACE_2  0.07 0.4 0.48 im\n"), "header=None"},
        {"t.txt", BYTES("x y\n1 2\n3 4\n"), "a table with blanks between"},
        {"t.txt", BYTES("| a | b |\n|---|---|\n| 1 | 2 |\n"), "is a table drawn with lines"},
        {"t.txt", BYTES(" a | b \n---+---\n 1 | 2\n(1 row)\n"), "psql: \\copy"},
        {"t.txt", BYTES("+---+---+\n| a | b |\n+---+---+\n"), "drawn with lines"},
        {"t.csv", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n"),
         "git lfs pull"},
        {"t.txt", BYTES("<!DOCTYPE html>\n<html>\n"), "is a page of the web"},
        {"t.csv", BYTES("sep=;\na;b\n1;2\n"), "take it out: tail -n +2"},
        {"x.ts", BYTES("@dimensions 0\n@data\n1,2\n"), "line 1: @dimensions wants a number"},
        {"x.ts", BYTES("@classLabel true \xe9 b\n@data\n1,2:\xe9\n"),
         "line 3: class '.' is not UTF-8"},
        {"t.bin", BYTES("\x04\0\0\0\0\0\0\0{\"\"}...."), "is a safetensors file"},
#undef BYTES
    };
    fa_dataset *set;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(
            fa_dataset_read(&set, file_of(cases[i].name, cases[i].bytes, cases[i].size), NULL),
            FA_E_FORMAT, cases[i].says);
    assert_ok(fa_dataset_read(&set, text_file("t.txt", "1 2\n3 is a text\n"), NULL));
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, text_file("t.txt", MESSAGES "no tab\n" MESSAGES), NULL));
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, text_file("t.txt", "a\tb\nc\td\n"), NULL)); /* each once */
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, text_file("t.txt", "of\rold\rmachines\r"), NULL));
    assert_int_equal(fa_dataset_count(set), 3);
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(
        &set, text_file("x.ts", "@targetLabel true\n@data\n1,2:0.5\n2,4:1.5\n"), NULL));
    assert_non_null(strstr(fa_dataset_note(set), "@targetLabel"));
    fa_dataset_free(set);
}

static void folders_of_texts_are_classes(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"n/sci", NULL},        {"n/art", NULL},           {"n/sci/2", "two\nlines\n"},
        {"n/sci/1.txt", "one"}, {"n/art/9.txt", "nine\n"}, {"n/art/.hidden", "\xff"}};
    fa_dataset *set;
    size_t size;
    assert_ok(fa__make_folder(path_of("n")));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i][1] == NULL)
            assert_ok(fa__make_folder(path_of(files[i][0])));
        else
            text_file(files[i][0], files[i][1]);
    assert_ok(fa_dataset_read(&set, path_of("n"), NULL));
    assert_int_equal(fa_dataset_kind(set), FA_KIND_TEXT);
    assert_int_equal(fa_dataset_count(set), 3);
    assert_memory_equal(fa_dataset_text(set, 2, &size), "two\nlines\n", 10);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 1, 1}), 12);
    assert_string_equal(fa_dataset_class_name(set, 1), "sci");
    fa_dataset_free(set);
    assert_fails(fa_dataset_read(&set, path_of("n"),
                                 &(fa_read_options){.size = sizeof(fa_read_options),
                                                    .hidden_file = text_file("l", "1\n")}),
                 FA_E_SHAPE, "has 1 labels, but");
    assert_ok(fa__make_folder(path_of("n/__MACOSX")));
    assert_ok(fa__make_folder(path_of("n/a")));
    text_file("n/__MACOSX/1.txt", "x");
    assert_ok(fa_dataset_read(&set, path_of("n"), NULL));
    assert_int_equal(fa_dataset_count(set), 3);
    fa_dataset_free(set);
    unlink(path_of("n/__MACOSX/1.txt"));
    text_file("n/sci/3.txt", "good\nca\xff\n");
    assert_fails(fa_dataset_read(&set, path_of("n"), NULL), FA_E_FORMAT,
                 "n/sci/3.txt: line 2: byte 3 is not UTF-8 text");
    text_file("n/sci/3.txt", "good");
    text_file("n/sci/4.pdf", "x");
    assert_fails(fa_dataset_read(&set, path_of("n"), NULL), FA_E_FORMAT,
                 "n/sci/4.pdf: is no text by its name");
    unlink(path_of("n/sci/4.pdf"));
    file_of("n/sci/4", "\x89PNG\r\n\x1a\n\0\0\0", 11);
    assert_fails(fa_dataset_read(&set, path_of("n"), NULL), FA_E_FORMAT,
                 "n/sci/4: is a PNG by what it holds, and images are known by the ends");
    file_of("n/sci/4", "\xff\xd8\xff\xe0\0\x10", 6);
    assert_fails(fa_dataset_read(&set, path_of("n"), NULL), FA_E_FORMAT,
                 "rename them to end in .jpg");
    unlink(path_of("n/sci/4"));
    unlink(path_of("n/art/.hidden")); /* for the folder to be removed at the end */
    size_t live = fa__memory_live();
    for (long after = 0;; after++) { /* without memory nothing is recognised either */
        fa__memory_fail_after(after);
        fa_status status = fa_dataset_read(&set, path_of("n"), NULL);
        fa__memory_fail_after(-1);
        if (status == FA_OK) break;
        assert_true(status == FA_E_NOMEM || status == FA_E_FORMAT);
        assert_int_equal(fa__memory_live(), live);
    }
    fa_dataset_free(set);
}

static void folders_of_nothing_known_say_what_they_hold(void **state) {
    (void)state;
    fa_dataset *set;
    assert_ok(fa__make_folder(path_of("nothing")));
    assert_fails(fa_dataset_read(&set, path_of("nothing"), NULL), FA_E_FORMAT,
                 "/nothing: nothing known is in this folder (it is empty; known");
    assert_ok(fa__make_folder(path_of("nothing/within")));
    assert_fails(fa_dataset_read(&set, path_of("nothing"), NULL), FA_E_FORMAT,
                 "(it is empty; known");
    text_file("nothing/a.npz", "x");
    assert_fails(fa_dataset_read(&set, path_of("nothing"), NULL), FA_E_FORMAT,
                 "/nothing/a.npz); a file of data is given by its own name; known");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ts_cases_are_series_with_a_feature_a_dimension),
        cmocka_unit_test(ts_values_far_from_0_keep_their_differences),
        cmocka_unit_test(ts_gaps_and_faults_have_their_place),
        cmocka_unit_test(lines_of_a_txt_file_are_texts),
        cmocka_unit_test(text_files_of_something_else_are_named),
        cmocka_unit_test(folders_of_texts_are_classes),
        cmocka_unit_test(folders_of_nothing_known_say_what_they_hold),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
