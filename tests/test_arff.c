/* ARFF: what scipy.io.arff reads is read; sparse rows, strings and quotes by hand; what is refused
 * names its line. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"
#include "formats/arff.h"

#include <math.h>

enum { SIZE = sizeof(fa_read_options) };

/* ==== What SciPy read ==== */

/* The figures of a file, behind its name: rows, then a column each. */
static void figures_of(char out[512], const char *name) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, fixture("arff/figures.txt")));
    fa__line line = fa__line_start(bytes, size);
    size_t length = strlen(name);
    *out = '\0';
    while (fa__line_next(&line))
        if (line.size > length && memcmp(line.text, name, length) == 0)
            snprintf(out, 512, "%.*s", (int)(line.size - length - 1), line.text + length + 1);
    assert_true(*out != '\0');
    fa__free(bytes);
}

static double sum_of(const fa_dataset *set, size_t feature) {
    double sum = 0;
    for (size_t i = 0; i < fa_dataset_count(set); i++)
        sum += (double)fa_dataset_vector(set, i)[feature] + fa_dataset_shift(set, feature);
    return sum;
}

static fa_dataset *read_fixture(const char *name, const char *missing) {
    char file[64];
    fa_dataset *set;
    fa_read_options how = {.size = SIZE, .missing = missing, .feature_columns = NULL};
    snprintf(file, sizeof file, "arff/%s.arff", name);
    if (strcmp(name, "dates") == 0) how.feature_columns = "when";
    assert_ok(fa_dataset_read(&set, fixture(file), &how));
    return set;
}

static void figures_are_those_of_scipy(void **state) {
    (void)state;
    static const struct {
        const char *name, *missing;
        size_t features; /* that are numbers, from the first */
    } cases[] = {{"plain", NULL, 3}, {"missing", "zero", 2}, {"dates", NULL, 2}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char figures[512], *at = figures;
        fa_dataset *set = read_fixture(cases[c].name, cases[c].missing);
        figures_of(figures, cases[c].name);
        assert_int_equal(strtoul(at, &at, 10), fa_dataset_count(set));
        for (size_t k = 0; k < cases[c].features; k++) {
            double wanted = strtod(at, &at);
            assert_true(fabs(sum_of(set, k) - wanted) <= 1e-6 * (1 + fabs(wanted)));
        }
        fa_dataset_free(set);
    }
}

static void nominal_values_are_categories_and_a_class(void **state) {
    (void)state;
    fa_dataset *set = read_fixture("plain", NULL);
    assert_int_equal(fa_dataset_features(set), 6); /* x, y and z are four times there each */
    assert_string_equal(fa_dataset_column_name(set, 1), "b c");
    assert_string_equal(fa_dataset_column_name(set, 5), "e=z");
    for (size_t k = 3; k < 6; k++) assert_true(sum_of(set, k) == 4);
    assert_string_equal(fa_dataset_class_name(set, 0), "no");
    size_t yes = 0;
    for (size_t i = 0; i < 12; i++) yes += fa_dataset_classes(set)[i] == 1;
    assert_int_equal(yes, 9);
    fa_dataset_free(set);
}

static void relational_values_are_series(void **state) {
    (void)state;
    char figures[512], *at = figures;
    fa_dataset *set = read_fixture("series", NULL);
    figures_of(figures, "series");
    assert_int_equal(fa_dataset_kind(set), FA_KIND_SERIES);
    assert_int_equal(fa_dataset_count(set), strtoul(at, &at, 10));
    assert_int_equal(fa_dataset_features(set), 3);
    for (size_t k = 0; k < 3; k++) {
        double sum = 0, wanted = strtod(at, &at);
        for (size_t i = 0; i < 5; i++) {
            size_t steps;
            const float *x = fa_dataset_series(set, i, &steps);
            assert_int_equal(steps, 4);
            for (size_t t = 0; t < 4; t++) sum += (double)x[t * 3 + k];
        }
        assert_true(fabs(sum - wanted) < 1e-5);
    }
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){1, 0, 1, 0, 1}), 20);
    assert_string_equal(fa_dataset_class_name(set, 1), "up");
    fa_dataset_free(set);
}

/* ==== By hand ==== */

static void sparse_rows_have_zeros_and_first_values(void **state) {
    (void)state;
    static const char sparse[] = "@relation s\n@attribute x numeric\n@attribute y {a,'b c'}\n"
                                 "@attribute z real\n@attribute class {p,q}\n@data\n"
                                 "{0 1.5, 2 3}\n{1 'b c', 3 q}\n% a remark\n{}\n{2 -1,3 q}\n";
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, text_file("s.arff", sparse),
                              &(fa_read_options){.size = SIZE, .feature_columns = "y"}));
    static const float wanted[4][4] = {{1.5f, 1, 0, 3}, {0, 0, 1, 0}, {0, 1, 0, 0}, {0, 1, 0, -1}};
    assert_int_equal(fa_dataset_features(set), 4);
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(fa_dataset_vector(set, i), wanted[i], sizeof wanted[i]);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 1, 0, 1}), 16);
    fa_dataset_free(set);
    fa_read_options how = {.size = SIZE, .feature_columns = "y"};
    assert_survives_nomem(fa_dataset_read(&set, path_of("s.arff"), &how), fa_dataset_free(set));
}

static void quotes_escapes_and_dates_are_read(void **state) {
    (void)state;
    static const char rows[] =
        "\xef\xbb\xbf% t\r\n@RELATION 'a b'\r\n@Attribute \"it's\" {'a,b', \"c\\\"d\", e}\r\n"
        "@attribute d date dd/MM/yyyy\r\n@attribute v real [0.5, 9]\r\n@DATA\r\n"
        "'a,b',02/01/1970,1.5\r\n\"c\\\"d\" , '03/01/1970' , 2\r\n e,04/01/1970,-3\r\n";
    fa_dataset *set;
    fa_read_options how = {.size = SIZE, .label_column = "it's"};
    assert_ok(fa_dataset_read(&set, text_file("q.arff", rows), &how));
    assert_string_equal(fa_dataset_coarse_name(set, 0), "a,b");
    assert_string_equal(fa_dataset_coarse_name(set, 1), "c\"d");
    for (size_t i = 0; i < 3; i++)
        assert_true((double)fa_dataset_vector(set, i)[0] + fa_dataset_shift(set, 0) ==
                    86400.0 * (double)(i + 1));
    assert_true(fa_dataset_vector(set, 2)[1] == -3);
    fa_dataset_free(set);
    static const char blanks[] = "@relation b\n@attribute x numeric\n@attribute y numeric\n@data\n"
                                 "1 2.5\n3\t4\n\n5  6\n";
    assert_ok(fa_dataset_read(&set, text_file("b.arff", blanks), NULL));
    assert_memory_equal(fa_dataset_vector(set, 1), ((const float[]){3, 4}), 8);
    assert_int_equal(fa_dataset_count(set), 3);
    fa_dataset_free(set);
    static const char within[] = "@relation a\n@attribute n {O'Brien,Smith}\n@attribute v numeric\n"
                                 "@data\nO'Brien,5\nSmith,6\n'O\\'Brien',7\nO'Brien 8\n";
    how.label_column = "n";
    assert_ok(fa_dataset_read(&set, text_file("w.arff", within), &how));
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){0, 1, 0, 0}), 16);
    assert_true(fa_dataset_vector(set, 3)[0] == 8);
    fa_dataset_free(set);
}

static void numbers_that_are_declared_words_are_words(void **state) {
    (void)state;
    char rows[2048] = "@relation n\n@attribute a numeric\n@attribute g {1.25,2.5}\n"
                      "@attribute id string\n@attribute class {0.5,1.5}\n@data\n";
    for (size_t i = 0; i < 40; i++) {
        size_t used = strlen(rows);
        snprintf(rows + used, sizeof rows - used, "%zu.5,%s,%zu.25,%s\n", i * i,
                 i % 3 == 0 ? "1.25" : "2.5", i, i % 4 == 0 ? "0.5" : "1.5");
    }
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, text_file("n.arff", rows), NULL));
    assert_int_equal(fa_dataset_features(set), 3);
    assert_string_equal(fa_dataset_column_name(set, 1), "g=1.25");
    assert_memory_equal(fa_dataset_vector(set, 4) + 1, ((const float[]){0, 1}), 8);
    assert_non_null(strstr(fa_dataset_note(set), "column 3 ('id')"));
    assert_null(strstr(fa_dataset_note(set), "same word"));
    assert_string_equal(fa_dataset_class_name(set, 1), "1.5");
    fa_dataset_free(set);
}

/* a: another value in each row; b: 65 values, each twice; c: 64 of them. */
static void nominal_values_that_are_names_are_not_used(void **state) {
    (void)state;
    enum { ROWS = 130, SIZE_OF = 16384 };
    static char rows[SIZE_OF];
    size_t used = (size_t)snprintf(rows, SIZE_OF, "@relation n\n");
    for (int k = 0; k < 3; k++) {
        used += (size_t)snprintf(rows + used, SIZE_OF - used, "@attribute %c {", "abc"[k]);
        for (int v = 0; v < (k == 0 ? ROWS : 66 - k); v++)
            used += (size_t)snprintf(rows + used, SIZE_OF - used, "%s%c%d", v > 0 ? "," : "",
                                     "pqr"[k], v);
        used += (size_t)snprintf(rows + used, SIZE_OF - used, "}\n");
    }
    used += (size_t)snprintf(rows + used, SIZE_OF - used, "@attribute x numeric\n@data\n");
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(rows + used, SIZE_OF - used, "p%d,q%d,r%d,%d.5\n", i, i % 65,
                                 i % 64, i * i);
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, text_file("m.arff", rows), NULL));
    assert_int_equal(fa_dataset_features(set), 65);
    assert_string_equal(fa_dataset_column_name(set, 0), "c=r0");
    assert_non_null(strstr(fa_dataset_note(set), "column 1 ('a') differs from row to row"));
    assert_non_null(strstr(fa_dataset_note(set), "column 2 ('b') differs from row to row"));
    fa_dataset_free(set);
    assert_fails(fa_dataset_read(&set, path_of("m.arff"),
                                 &(fa_read_options){.size = SIZE, .feature_columns = "b"}),
                 FA_E_FORMAT, "column 2 ('b') has more than 64 different words: no feature");
}

static void missing_ends_of_series_are_no_steps(void **state) {
    (void)state;
    static const char rows[] =
        "@relation r\n@attribute bag relational\n@attribute t1 numeric\n@attribute t2 numeric\n"
        "@attribute t3 numeric\n@end bag\n@attribute class {a,b}\n@data\n"
        "'1,2,?\\n3,4,?',a\n\"1,2,3\\n4,?,6\",b\n";
    fa_dataset *set;
    size_t steps;
    fa_read_options how = {.size = SIZE, .missing = "forward"};
    assert_fails(fa_dataset_read(&set, text_file("r.arff", rows), NULL), FA_E_NONFINITE,
                 "r.arff: line 10, dimension 2, step 2 is missing, 1 value in all");
    assert_ok(fa_dataset_read(&set, path_of("r.arff"), &how));
    assert_memory_equal(fa_dataset_series(set, 0, &steps), ((const float[]){1, 3, 2, 4}), 16);
    assert_int_equal(steps, 2);
    assert_memory_equal(fa_dataset_series(set, 1, &steps), ((const float[]){1, 4, 2, 4, 3, 6}), 24);
    fa_dataset_free(set);
    assert_survives_nomem(fa_dataset_read(&set, path_of("r.arff"), &how), fa_dataset_free(set));
}

static void steps_of_the_archive_are_named_as_such(void **state) {
    (void)state;
    fa_dataset *set;
    char rows[1024] = "@relation U\n";
    for (size_t i = 1; i < 9; i++) {
        size_t used = strlen(rows);
        snprintf(rows + used, sizeof rows - used, "@attribute att%zu numeric\n", i);
    }
    strcat(rows, "@attribute target {1,2}\n@data\n1.5,2,3,4,5,6,7,8,1\n8.5,7,6,5,4,3,2,1,2\n");
    assert_ok(fa_dataset_read(&set, text_file("u.arff", rows), NULL));
    assert_int_equal(fa_dataset_features(set), 8);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){1, 2}), 8);
    assert_non_null(strstr(fa_dataset_note(set), "att1 to att8 are the steps of a series"));
    fa_dataset_free(set);
}

/* ==== Refused ==== */

#define HEAD "@relation r\n@attribute x numeric\n@attribute c {a,b}\n@data\n"
#define BAG  "@relation r\n@attribute g relational\n@attribute t1 numeric\n@attribute t2 numeric\n"

static void faults_have_their_line(void **state) {
    (void)state;
    static const refusal cases[] = {
        {HEAD "1,a\n2,c\n", FA_E_LABEL, "line 6: 'c' is not one of the 2 values of attribute 'c'"},
        {HEAD "1,a\n2\n", FA_E_FORMAT, "line 6: has fewer values than there are attributes, 2"},
        {HEAD "1,a,3\n", FA_E_FORMAT, "line 5: has more values than there are attributes, 2"},
        {HEAD "1,a,{5}\n", FA_E_FORMAT, "line 5: has a weight at its end"},
        {HEAD "1,a\n,b\n", FA_E_FORMAT, "line 6: a value is empty; a missing one is ?"},
        {HEAD "1,'a\n", FA_E_FORMAT, "line 5: a quote is opened and not closed"},
        {HEAD "1,'a'b\n", FA_E_FORMAT, "line 5: more stands behind a quoted value"},
        {HEAD "1,a\n\nlow,b\n3,a\n", FA_E_FORMAT, "line 7, column 1 ('x'): 'low' is no number"},
        {HEAD "{0 1,2 a}\n", FA_E_FORMAT,
         "line 5: '2' is no number of an attribute; they are 0 to 1"},
        {HEAD "{1 a,0 1}\n", FA_E_FORMAT, "line 5: '0' is no number of an attribute"},
        {HEAD "{0 1\n", FA_E_FORMAT, "line 5: a sparse row ends with '}'"},
        {HEAD "{0 1} 5\n", FA_E_FORMAT, "line 5: more stands behind a sparse row"},
        {HEAD, FA_E_FORMAT, "holds no rows"},
        {HEAD "1,b\n5,a\n3,a\n4,b\n", FA_E_LABEL, "column 2 ('c') looks like labels"},
        {"@relation r\n@attribute x numeric\n", FA_E_FORMAT, "has no line @data"},
        {"@relation r\n@data\n", FA_E_FORMAT, "line 2: no @attribute stands before @data"},
        {"@relation r\n@attribute x vector\n", FA_E_FORMAT, "line 2: 'vector' is no type"},
        {"@relation r\n@attribute x {a,b\n", FA_E_FORMAT, "line 2: the values of an attribute end"},
        {"@relation r\n@attribute x {}\n", FA_E_FORMAT, "line 2: an attribute of no values"},
        {"@relation r\n@attribute x {EU,NA}\n", FA_E_FORMAT,
         "line 2: the value 'NA' of attribute 'x'"},
        {"@relation r\nx numeric\n", FA_E_FORMAT, "line 2: 'x numeric' stands before @data"},
        {"@relation r\n@attribute\n", FA_E_FORMAT, "line 2: an attribute without a name"},
        {"@relation r\n@attribute d date 'dd.MM.yyyy'\n@data\n2020-01-02\n", FA_E_FORMAT,
         "line 4, column 1 ('d'): '2020-01-02' is no date in the order of its format"},
        {BAG "@data\n", FA_E_FORMAT, "line 5: the relational attribute has no @end"},
        {BAG "@end g\n@data\n'1,2\\n3'\n", FA_E_FORMAT,
         "line 7: a dimension has 1 values; 2 attrib"},
        {BAG "@end g\n@data\n'1,2'\n'#1,2'\n", FA_E_FORMAT, "line 8: '#' is no number"},
        {BAG "@end g\n@data\n'1,2:3'\n", FA_E_FORMAT, "line 7: ':' is no number"},
        {BAG "@end g\n@attribute c {a}\n@data\n'1,2',b\n", FA_E_LABEL, "line 8: 'b' is not one of"},
        {BAG "@end g\n@attribute c {a}\n@attribute d {a}\n@data\n", FA_E_FORMAT,
         "attribute 'd' stands beside a series and its class"},
        {BAG "@end g\n@attribute h relational\n", FA_E_FORMAT, "line 6: a second relational"},
        {BAG "@attribute n {a}\n", FA_E_FORMAT, "line 5: an attribute within a relational one"},
        {BAG "@end g\n@attribute c {'a:b'}\n@data\n'1,2','a:b'\n", FA_E_FORMAT,
         "line 8: the class"},
    };
    assert_files_refused("x.arff", cases, sizeof cases / sizeof *cases);
}

static void cut_anywhere_it_is_read_or_refused(void **state) {
    (void)state;
    static const char whole[] =
        "@relation s\n@attribute x numeric\n@attribute y {a,'b c'}\n@attribute "
        "z date 'yyyy-MM-dd'\n@data\n1,a,2020-01-01\n{0 2, 1 'b c'}\n";
    fa_read_options how = {.size = SIZE, .missing = "zero", .feature_columns = "y"};
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        fa_dataset *set = NULL;
        size_t live = fa__memory_live();
        fa_status status = fa_dataset_read(&set, file_of("c.arff", whole, size), &how);
        assert_true((status == FA_OK) == (set != NULL));
        fa_dataset_free(set);
        assert_int_equal(fa__memory_live(), live);
    }
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_scipy),
        cmocka_unit_test(nominal_values_are_categories_and_a_class),
        cmocka_unit_test(relational_values_are_series),
        cmocka_unit_test(sparse_rows_have_zeros_and_first_values),
        cmocka_unit_test(quotes_escapes_and_dates_are_read),
        cmocka_unit_test(numbers_that_are_declared_words_are_words),
        cmocka_unit_test(nominal_values_that_are_names_are_not_used),
        cmocka_unit_test(missing_ends_of_series_are_no_steps),
        cmocka_unit_test(steps_of_the_archive_are_named_as_such),
        cmocka_unit_test(faults_have_their_line),
        cmocka_unit_test(cut_anywhere_it_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
