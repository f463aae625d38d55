/* A host program whose locale has a decimal comma, or other letters: the same numbers and words are
 * read, the same bytes written. */
#define _XOPEN_SOURCE 700
#include "train_runs.h"

#include "base/number.h"
#include "base/status.h"
#include "data/dataset.h"
#include "text/word_vectors.h"

#include <ctype.h>
#include <locale.h>

static bool has_comma;
static char comma_name[32];

static bool take_comma(const char *name) {
    if (setlocale(LC_ALL, name) == NULL) return false;
    has_comma = strcmp(localeconv()->decimal_point, ",") == 0;
    snprintf(comma_name, sizeof comma_name, "%s", name);
    setlocale(LC_ALL, "C");
    return has_comma;
}

/* One that is installed, or one made by localedef in the folder of the tests. */
static int find_comma(void **state) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8"};
    char command[3 * FA__PATH_MAX];
    if (make_data(state) != 0) return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (take_comma(names[i])) return 0;
    snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 '%s' >/dev/null 2>&1",
             path_of("de_DE.UTF-8"));
    (void)!system(command);
    setenv("LOCPATH", test_folder, 1);
    (void)take_comma("de_DE.UTF-8");
    return 0;
}

static void with_point(void) {
    setlocale(LC_ALL, "C");
}

static void with_comma(void) {
    assert_non_null(setlocale(LC_ALL, comma_name));
    char text[8];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* the locale is on: what follows could go wrong */
}

#define NEEDS_COMMA                                                                                \
    do {                                                                                           \
        if (!has_comma) skip();                                                                    \
    } while (0)

static void numbers_have_a_point(void **state) {
    (void)state;
    NEEDS_COMMA;
    char text[16], *end;
    static const char number[] = "1.25x";
    with_comma();
    assert_true(fa__to_double(number, &end) == 1.25 && *end == 'x');
    assert_true(fa__to_float(number, &end) == 1.25F && *end == 'x');
    assert_int_equal(fa__format(text, sizeof text, "%.2f|%g", 1.25, -0.5), 9);
    assert_string_equal(text, "1.25|-0.5");
    assert_int_equal(fa__fail(FA_E_ARGUMENT, "%g is too much", 2.5), FA_E_ARGUMENT);
    assert_string_equal(fa_error_detail(), "2.5 is too much");
    assert_string_equal(localeconv()->decimal_point, ","); /* it is the application's, as before */
    with_point();
}

static void assert_same_data(const char *path, const fa_read_options *options) {
    fa_dataset *point, *comma;
    with_point();
    assert_ok(fa_dataset_read(&point, path, options));
    with_comma();
    assert_ok(fa_dataset_read(&comma, path, options));
    size_t n = fa_dataset_count(point);
    assert_int_equal(fa_dataset_count(comma), n);
    assert_int_equal(comma->features, point->features);
    size_t numbers = point->kind == FA_KIND_SERIES ? point->values.offsets[n] : n;
    assert_memory_equal(comma->values.numbers, point->values.numbers,
                        numbers * point->features * sizeof(float));
    assert_true(fabsf(point->values.numbers[0]) > 0 && point->values.numbers[0] != 1);
    fa_dataset_free(point);
    fa_dataset_free(comma);
    with_point();
}

static void readers_read_points(void **state) {
    (void)state;
    NEEDS_COMMA;
    const fa_read_options table = {.size = sizeof table, .label_column = "c"},
                          none = {.size = sizeof none};
    assert_same_data(text_file("t.csv", "a,b,c\n0.25,1e-3,x\n-1.5,2.75,y\n0.125,3,x\n"), &table);
    assert_same_data(text_file("s.csv", "a;b;c\n0.25;1e-3;x\n-1.5;2.75;y\n"), &table);
    assert_same_data(text_file("x.csv", "id,time,v\n7,0.5,1.5\n7,1.5,2.5\n8,0.5,0.75\n"), &none);
    assert_same_data(text_file("x.ts", "@univariate true\n@classLabel true 1 2\n@data\n"
                                       "1.5,2.25:1\n0.5,-1e-2:2\n"),
                     &none);
}

static void word_vectors_are_read(void **state) {
    (void)state;
    NEEDS_COMMA;
    static const char text[] = "1 2\nfox 0.5 -1.25\n";
    fa__vocabulary v;
    float table[2 * 9] = {0};
    size_t found;
    with_comma();
    assert_ok(fa__vocabulary_read(&v, "the\nfox\n", 9));
    assert_ok(fa__vectors_parse(table, &found, &v, 2, text, strlen(text), "made.vec"));
    size_t row = fa__vocabulary_find(&v, "fox", 3);
    assert_int_equal(found, 1);
    assert_true(table[2 * row] == 0.5F && table[2 * row + 1] == -1.25F);
    fa__vocabulary_free(&v);
    with_point();
}

static char *text_of(fa_recipe *recipe) {
    char *text;
    assert_ok(fa_recipe_to_text(&text, recipe));
    return text;
}

static void recipes_keep_their_numbers(void **state) {
    (void)state;
    NEEDS_COMMA;
    fa_recipe *recipe = small_recipe(), *again;
    assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "0.0025"));
    char *point = text_of(recipe);
    with_comma();
    char *comma = text_of(recipe);
    assert_string_equal(comma, point);
    assert_non_null(strstr(comma, "0.0025"));
    assert_ok(fa_recipe_from_text(&again, comma));
    assert_fails(fa_recipe_set(again, "optimizer.learning_rate", "0,5"), FA_E_RECIPE, "0,5");
    char *third = text_of(again);
    assert_string_equal(third, point);
    with_point();
    fa_free(point), fa_free(comma), fa_free(third);
    fa_recipe_free(recipe), fa_recipe_free(again);
}

/* All of a training and of a report: what each writes, and reads of the other. */
static void trained(const char *run) {
    fa_recipe *recipe = small_recipe();
    const char *const runs[] = {path_of(run)};
    const fa_report_options how = {.size = sizeof how, .gnuplot = "/nowhere/gnuplot", .k_high = 3};
    assert_ok(fa_recipe_set(recipe, "loss.margin", "1.5"));
    assert_ok(train_into(recipe, runs[0], NULL, NULL));
    assert_ok(fa_report_write(NULL, runs, 1, &how));
    fa_recipe_free(recipe);
}

static void runs_and_reports_are_the_same_bytes(void **state) {
    (void)state;
    NEEDS_COMMA;
    with_point();
    trained("point");
    with_comma();
    trained("comma");
    with_point();
    static const char *const files[] = {
        "recipe.ini",  "model.safetensors", "clusters.safetensors", "embeddings.npy",
        "scores.json", "clusters.csv",      "vectors.tsv",          "figures/pca-1.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_same_file("point", "comma", files[i]);
    unsigned char *bytes; /* it holds times: its numbers are looked at */
    size_t size, points = 0;
    assert_ok(fa__file_read(&bytes, &size, in_run("comma", "history.csv")));
    const char *line = strchr((char *)bytes, '\n');
    size_t columns = 1, commas = 0;
    for (const char *at = (char *)bytes; at < line; at++) columns += *at == ',';
    for (const char *at = line + 1; *at != '\n'; at++) commas += *at == ',', points += *at == '.';
    assert_int_equal(commas, columns - 1);
    assert_true(points > 3);
    fa_free(bytes);
    with_comma();
    fa_run *run;
    assert_ok(fa_run_open(&run, path_of("point"))); /* history, scores and recipe are read */
    fa_run_free(run);
    with_point();
}

/* In a locale whose small letter of I is not i. */
static void words_are_read_alike(void) {
    static const char ids[] = "ID,TIME,v\n7,1,2\n7,2,4\n8,1,6\n8,2,8\n",
                      gaps[] = "a,b,c\n1.5,MISSING,x\n0.5,2.5,y\n2.5,4.5,x\n";
    const fa_read_options none = {.size = sizeof none},
                          zero = {.size = sizeof zero, .missing = "zero", .label_column = "c"};
    fa_dataset *series, *table;
    assert_ok(fa_dataset_read(&series, text_file("steps.csv", ids), &none));
    assert_int_equal(series->kind, FA_KIND_SERIES);
    assert_ok(fa_dataset_read(&table, text_file("gaps.csv", gaps), &zero));
    assert_int_equal(table->features, 2);
    assert_true(table->values.numbers[1] == 0 && table->values.numbers[3] == 2.5F);
    fa_dataset_free(series);
    fa_dataset_free(table);
}

static void turkish_reads_the_same_words(void **state) {
    (void)state;
    static const char *const charsets[] = {"UTF-8", "ISO-8859-9"};
    char command[3 * FA__PATH_MAX], name[32];
    size_t tried = 0;
    setenv("LOCPATH", test_folder, 1);
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
        snprintf(name, sizeof name, "tr_TR.%s", charsets[i]);
        snprintf(command, sizeof command, "localedef -c -i tr_TR -f %s '%s' >/dev/null 2>&1",
                 charsets[i], path_of(name));
        (void)!system(command);
        if (setlocale(LC_ALL, name) == NULL) continue;
        tried++;
        assert_true(tolower('I') != 'i');
        words_are_read_alike();
        setlocale(LC_ALL, "C");
    }
    if (tried == 0) skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_a_point),
        cmocka_unit_test(readers_read_points),
        cmocka_unit_test(word_vectors_are_read),
        cmocka_unit_test(recipes_keep_their_numbers),
        cmocka_unit_test(runs_and_reports_are_the_same_bytes),
        cmocka_unit_test(turkish_reads_the_same_words),
    };
    if (make_test_folder(NULL) != 0) return 1;
    return cmocka_run_group_tests(tests, find_comma, remove_test_folder);
}
