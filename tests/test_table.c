/* Tables: roles of columns, labels beside classes, missing values, long tables, and refusals. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"

static const fa_read_options named = {
    .size = sizeof(fa_read_options), .label_column = "colour", .hidden_column = "kind"};

static const char small_csv[] = "a,colour,b,kind\n"
                                "1,red,0.5,ant\n"
                                "2,,1.5,bee\n"
                                "-3e1,blue,2.5,ant\n";

static fa_status read_table(fa_dataset **out, const char *text, const fa_read_options *options) {
    return fa_dataset_read(out, text_file("t.csv", text), options);
}

static fa_dataset *table_of(const char *text, const fa_read_options *options) {
    fa_dataset *set = NULL;
    assert_ok(read_table(&set, text, options));
    return set;
}

static void assert_refused(const char *text, const fa_read_options *options, fa_status status,
                           const char *says) {
    fa_dataset *set = NULL;
    size_t live = fa__memory_live();
    assert_fails(read_table(&set, text, options), status, says);
    assert_non_null(strstr(fa_error_detail(), "/t.csv"));
    assert_null(set);
    assert_int_equal(fa__memory_live(), live);
}

static void assert_vector(const fa_dataset *set, size_t i, const float *values) {
    const float *x = fa_dataset_vector(set, i);
    assert_non_null(x);
    for (size_t k = 0; k < fa_dataset_features(set); k++) assert_true(x[k] == values[k]);
}

/* ==== Vectors ==== */

static void assert_small(const fa_dataset *set) {
    size_t steps;
    assert_int_equal(fa_dataset_kind(set), FA_KIND_VECTORS);
    assert_int_equal(fa_dataset_count(set), 3);
    assert_int_equal(fa_dataset_features(set), 2);
    assert_vector(set, 0, (float[]){1, .5f});
    assert_vector(set, 2, (float[]){-30, 2.5f});
    assert_null(fa_dataset_vector(set, 3));
    assert_null(fa_dataset_series(set, 0, &steps));
    assert_null(fa_dataset_text(set, 0, &steps));
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){1, -1, 0}), 12);
    assert_string_equal(fa_dataset_coarse_name(set, 0), "blue");
    assert_string_equal(fa_dataset_coarse_name(set, 1), "red");
    assert_null(fa_dataset_coarse_name(set, 2));
    assert_null(fa_dataset_coarse_name(set, -1));
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 1, 0}), 12);
    assert_string_equal(fa_dataset_class_name(set, 1), "bee");
}

static void columns_get_the_roles_that_names_or_numbers_give(void **state) {
    (void)state;
    static const fa_read_options numbers = {
        .size = sizeof(fa_read_options), .label_column = "2", .hidden_column = "4"};
    fa_dataset *set = table_of(small_csv, &named);
    assert_small(set);
    assert_string_equal(fa_dataset_note(set), "");
    fa_dataset_free(set);
    set = table_of(small_csv, &numbers);
    assert_small(set);
    fa_dataset_free(set);
}

static void delimiter_mark_and_quotes_are_found(void **state) {
    (void)state;
    fa_dataset *set = table_of("\xef\xbb\xbf"
                               "a;colour;b;kind\r\n1;red;0.5;ant\r\n2;NA;1.5;bee\r\n"
                               "-30;blue;2.5;ant",
                               &named);
    assert_small(set);
    fa_dataset_free(set);
    set = table_of(
        "\"a\"\tcolour\tb\tkind\n1\t\"red\"\t.5\tant\n2\t?\t1.5\tbee\n-30\tblue\t2.5\tant\n",
        &named);
    assert_small(set);
    fa_dataset_free(set);
}

static void table_without_names_is_all_data(void **state) {
    (void)state;
    fa_dataset *set = table_of("1,2\n3,4\n5,7\n", NULL);
    assert_int_equal(fa_dataset_count(set), 3);
    assert_int_equal(fa_dataset_features(set), 2);
    assert_vector(set, 2, (float[]){5, 7});
    assert_null(fa_dataset_classes(set));
    assert_null(fa_dataset_coarse(set));
    fa_dataset_free(set);
    /* numbers as names, as pandas writes them: one wanted name in the row tells */
    set = table_of("y,0,1\n3,1,2\n4,5,6\n",
                   &(fa_read_options){.size = sizeof(fa_read_options), .hidden_column = "y"});
    assert_int_equal(fa_dataset_count(set), 2);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){3, 4}), 8);
    assert_null(fa_dataset_class_name(set, 3)); /* whole numbers are classes, not names */
    fa_dataset_free(set);
}

static void labels_are_numbered_by_value_or_bytes(void **state) {
    (void)state;
    fa_dataset *set =
        table_of("x,l,h\n1,10,10\n2,9,b\n3,-1,a\n4,10,10\n",
                 &(fa_read_options){
                     .size = sizeof(fa_read_options), .label_column = "l", .hidden_column = "h"});
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){2, 1, 0, 2}), 16);
    assert_string_equal(fa_dataset_coarse_name(set, 0), "-1");
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 2, 1, 0}), 16);
    assert_string_equal(fa_dataset_class_name(set, 0), "10");
    fa_dataset_free(set);
}

static void columns_can_be_left_out(void **state) {
    (void)state;
    fa_dataset *set = table_of(small_csv, &(fa_read_options){.size = sizeof(fa_read_options),
                                                             .ignore_columns = "colour, 4"});
    assert_int_equal(fa_dataset_features(set), 2);
    assert_vector(set, 1, (float[]){2, 1.5f});
    fa_dataset_free(set);
}

static void text_column_makes_texts(void **state) {
    (void)state;
    size_t size;
    fa_dataset *set = table_of(
        "what,colour,n\n\"a, \"\"b\"\"\nc\",red,1\nd\xc3\xa9,blue,2\n,red,3\n",
        &(fa_read_options){
            .size = sizeof(fa_read_options), .text_column = "what", .label_column = "colour"});
    assert_int_equal(fa_dataset_kind(set), FA_KIND_TEXT);
    assert_int_equal(fa_dataset_count(set), 3);
    const char *text = fa_dataset_text(set, 0, &size);
    assert_int_equal(size, 8);
    assert_memory_equal(text, "a, \"b\"\nc", 8);
    text = fa_dataset_text(set, 1, &size);
    assert_int_equal(size, 3);
    assert_non_null(fa_dataset_text(set, 2, &size));
    assert_int_equal(size, 0);
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){1, 0, 1}), 12);
    assert_non_null(strstr(fa_dataset_note(set), "1 column beside the text is not used"));
    fa_dataset_free(set);
}

/* ==== Missing values ==== */

static void words_of_other_programs_for_missing_values_are_known(void **state) {
    (void)state;
    static const char *const words[] = {
        "",        "NA",   "N/A",          "NaN",    "-nan",    "NULL",
        "?",       "#N/A", "#NA",          "<NA>",   "None",    "-",
        ".",       ".a",   "--",           "n.a.",   "missing", "Unknown",
        "#DIV/0!", "\\N",  "\xe2\x80\x93", "1.#QNAN"};
    const fa_read_options how = {.size = sizeof how, .missing = "zero"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[64];
        fa_dataset *data;
        snprintf(text, sizeof text, "a,b\n1,2\n%s,4\n5,6\n", words[i]);
        assert_ok(read_table(&data, text, &how));
        assert_int_equal(fa_dataset_count(data), 3);
        assert_int_equal(fa_dataset_features(data), 2);
        assert_true(data->values.numbers[2] == 0 && data->values.numbers[3] == 4);
        fa_dataset_free(data);
    }
}

static void missing_values_are_refused_or_mended(void **state) {
    (void)state;
    static const char text[] = "a,b,h\n1,2,x\n,nan,y\n3,N/A,x\n5,6,z\n";
    fa_read_options how = {.size = sizeof(fa_read_options), .hidden_column = "h"};
    assert_refused(text, &how, FA_E_NONFINITE,
                   "3 values are missing: column 1 ('a') 1 of 4 (line 3), column 2 ('b') 2 of 4 "
                   "(line 3); --missing drop");
    how.missing = "drop";
    fa_dataset *set = table_of(text, &how);
    const char *why;
    assert_int_equal(fa_dataset_count(set), 2);
    assert_int_equal(fa_dataset_skipped(set, &why), 2);
    assert_non_null(strstr(why, "2 of 4 samples lack a value"));
    assert_vector(set, 1, (float[]){5, 6});
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 2}), 8);
    fa_dataset_free(set);
    how.missing = "zero";
    set = table_of(text, &how);
    assert_vector(set, 1, (float[]){0, 0});
    assert_vector(set, 2, (float[]){3, 0});
    fa_dataset_free(set);
    how.missing = "forward";
    assert_refused(text, &how, FA_E_ARGUMENT, "--missing forward is for series");
    how.missing = "guess";
    fa_dataset *out;
    assert_fails(read_table(&out, text, &how), FA_E_ARGUMENT, "missing must be drop, zero, mean");
    how.missing = "drop";
    assert_refused("a,b\n1,\n,2\n",
                   &(fa_read_options){.size = sizeof(fa_read_options), .missing = "drop"},
                   FA_E_NONFINITE, "every sample lacks a value");
}

static void constant_columns_are_kept_and_noted(void **state) {
    (void)state;
    fa_dataset *set =
        table_of("a,b,c\n1,2,\n1,3,\n",
                 &(fa_read_options){.size = sizeof(fa_read_options), .missing = "zero"});
    assert_int_equal(fa_dataset_features(set), 2);
    assert_non_null(
        strstr(fa_dataset_note(set), "1 of 2 features is constant (the first: 'a', always 1)"));
    fa_dataset_free(set);
}

/* ==== Long tables ==== */

static const char long_csv[] = "id,time,v,w,colour\n"
                               "B,2,20,21,red\n"
                               "A,1.5,10,11,\n"
                               "B,1,18,19,red\n"
                               "A,-3,8,9,\n"
                               "A,0,9,10,\n";

static void long_table_is_series_in_order_of_time(void **state) {
    (void)state;
    size_t steps;
    fa_dataset *set = table_of(
        long_csv, &(fa_read_options){.size = sizeof(fa_read_options), .label_column = "colour"});
    assert_int_equal(fa_dataset_kind(set), FA_KIND_SERIES);
    assert_int_equal(fa_dataset_count(set), 2);
    assert_int_equal(fa_dataset_features(set), 2);
    const float *x = fa_dataset_series(set, 0, &steps);
    assert_int_equal(steps, 2);
    assert_memory_equal(x, ((const float[]){18, 19, 20, 21}), 4 * sizeof *x);
    x = fa_dataset_series(set, 1, &steps);
    assert_int_equal(steps, 3);
    assert_memory_equal(x, ((const float[]){8, 9, 9, 10, 10, 11}), 6 * sizeof *x);
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){0, -1}), 8);
    fa_dataset_free(set);
}

static void long_table_gaps_are_mended_along_time(void **state) {
    (void)state;
    size_t steps;
    static const char text[] = "id,time,v,w\nA,3,,\nA,1,,\nA,2,7,\nB,1,4,5\n";
    fa_read_options how = {.size = sizeof(fa_read_options), .missing = "forward"};
    fa_dataset *set = table_of(text, &how);
    const float *x = fa_dataset_series(set, 0, &steps);
    assert_memory_equal(x, ((const float[]){7, 0, 7, 0, 7, 0}), 6 * sizeof *x);
    fa_dataset_free(set);
    how.missing = "drop";
    set = table_of(text, &how);
    assert_int_equal(fa_dataset_count(set), 1);
    x = fa_dataset_series(set, 0, &steps);
    assert_int_equal(steps, 1);
    assert_memory_equal(x, ((const float[]){4, 5}), 2 * sizeof *x);
    fa_dataset_free(set);
    how.missing = NULL;
    assert_refused(text, &how, FA_E_NONFINITE,
                   "5 values are missing: column 3 ('v') 2 of 4 (line 2)");
}

static void long_table_that_disagrees_is_refused(void **state) {
    (void)state;
    static const fa_read_options labels = {.size = sizeof(fa_read_options), .label_column = "l"};
    assert_refused("id,time,v\nA,1,2\nB,1,2\nA,1,3\n", NULL, FA_E_FORMAT,
                   "lines 2 and 4 both hold time 1 of id 'A'");
    assert_refused("id,time,v,l\nA,1,2,x\nA,2,3,y\n", &labels, FA_E_LABEL,
                   "lines 2 and 3 give id 'A' different coarse labels");
    assert_refused("id,time,v\nA,monday,2\n", NULL, FA_E_FORMAT,
                   "line 2, column 2 ('time'): 'monday' is no time");
    assert_refused("id,time,v\n,1,2\n", NULL, FA_E_FORMAT, "column 1 ('id') is empty");
}

/* ==== Refusals ==== */

static void wrong_tables_are_refused_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        fa_read_options options;
        fa_status status;
        const char *says;
    } cases[] = {
        {"a,b\n1,2\n3\n", {0}, FA_E_FORMAT, "line 3 has 1 columns, the first row has 2"},
        {"a,b,a\n1,2,3\n", {0}, FA_E_FORMAT, "columns 1 and 3 are both named 'a'; rename"},
        {"a,a,b\nmean,std,mean\n1,2,3\n",
         {0},
         FA_E_FORMAT,
         "columns 1 and 2 are both named 'a'; rename one of them (names in two rows, as pandas "
         "writes two levels: df.columns = df.columns.map('_'.join))"},
        {",a,b\n5,1,2\n", {0}, FA_E_FORMAT, "column 1 has no name"},
        {"a,b\n1,2\n", {.label_column = "c"}, FA_E_ARGUMENT, "--labels (--label-column)"},
        {"a,b\n1,2\n", {.label_column = "c"}, FA_E_ARGUMENT, "'c' (there are: a, b)"},
        {"a,b\n1,2\n", {.label_column = "3"}, FA_E_ARGUMENT, "but the columns are 1 to 2"},
        {"1,2\n3,4\n", {.label_column = "c"}, FA_E_ARGUMENT, "give the number of the column"},
        {"a,b\n1,2\n",
         {.label_column = "a", .hidden_column = "1"},
         FA_E_ARGUMENT,
         "--hidden (--hidden-column) = 1, but column 1 has another role"},
        {"a,b\n1,2\n",
         {.label_column = "a", .hidden_column = "b"},
         FA_E_FORMAT,
         "no column is left for values"},
        {"a,b\n1,2\n", {.ignore_columns = "a,,b"}, FA_E_ARGUMENT, "--ignore-columns = a,,b"},
        {"a,b\n1.5,red\n2,blue\n4,red\n9,blue\n",
         {0},
         FA_E_LABEL,
         "column 2 ('b') looks like labels"},
        {"a,b\n1,inf\n",
         {0},
         FA_E_NONFINITE,
         "line 2, column 2 ('b'): 'inf' is not a finite float32"},
        {"a,b\n1,1e39\n", {0}, FA_E_NONFINITE, "is not a finite float32"},
        {"a,b\n", {0}, FA_E_FORMAT, "holds no rows below the names"},
        {"a,h\n1,\n", {.hidden_column = "h"}, FA_E_LABEL, "the class is missing"},
        {"a,b\n1,\"2\n", {0}, FA_E_FORMAT, "a quote is opened"},
        {"caf\xe9,b\n1,2\n", {0}, FA_E_FORMAT, "line 1, column 1: byte 4 (0xe9) is not UTF"},
        {"a,b\n1,\xff\n", {0}, FA_E_FORMAT, "line 2, column 2: byte 1 (0xff) is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_read_options options = cases[i].options;
        options.size = sizeof options;
        assert_refused(cases[i].text, &options, cases[i].status, cases[i].says);
    }
}

static void labels_of_a_file_must_be_as_many_and_the_only_ones(void **state) {
    (void)state;
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("l.txt", "4\n5\n6\n")};
    fa_dataset *set = table_of("a,b\n1,2\n3,4\n5,6\n", &options);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){4, 5, 6}), 12);
    fa_dataset_free(set);
    assert_refused("a,b\n1,2\n3,4\n", &options, FA_E_SHAPE, "has 3 labels, but");
    options.hidden_column = "a";
    assert_fails(fa_dataset_read(&set, text_file("t.csv", "a,b\n1,2\n3,4\n"), &options),
                 FA_E_ARGUMENT, "l.txt: column 'a' is named, but this is no table");
}

static void columns_are_refused_where_there_is_no_table(void **state) {
    (void)state;
    fa_dataset *set, *made;
    assert_ok(fa_strokes_synthesize(&made, 3, 1, 0));
    assert_ok(fa_dataset_write(made, path_of("s.npz")));
    fa_dataset_free(made);
    assert_fails(fa_dataset_read(&set, path_of("s.npz"), &named), FA_E_ARGUMENT,
                 "columns are named ('colour'), but this is .npz");
}

static void too_many_labels_are_refused(void **state) {
    (void)state;
    enum { ROWS = 65537 };
    char *text = malloc(ROWS * 16 + 16), *at = text;
    assert_non_null(text);
    at += sprintf(at, "a,l\n");
    for (int i = 0; i < ROWS; i++) at += sprintf(at, "1,u%d\n", i);
    assert_refused(text, &(fa_read_options){.size = sizeof(fa_read_options), .label_column = "l"},
                   FA_E_LABEL, "line 65538, column 2 ('l'): more than 65536 different labels");
    free(text);
}

/* Cut at every byte: a smaller data set, or a message. */
static void cut_tables_are_read_or_refused(void **state) {
    (void)state;
    static const char *const texts[] = {small_csv, long_csv};
    for (size_t t = 0; t < 2; t++)
        for (size_t size = 0; size < strlen(texts[t]); size++) {
            fa_dataset *set = NULL;
            fa_status status = fa_dataset_read(&set, file_of("c.csv", texts[t], size), NULL);
            assert_true((status == FA_OK) == (set != NULL));
            if (status != FA_OK) assert_non_null(strstr(fa_error_detail(), "c.csv"));
            fa_dataset_free(set);
        }
}

static void reading_survives_nomem(void **state) {
    (void)state;
    fa_dataset *set, *first;
    const char *path = text_file("t.csv", small_csv);
    assert_survives_nomem(fa_dataset_read(&set, path, &named), fa_dataset_free(set));
    assert_ok(fa_dataset_read(&set, path, &named));
    assert_survives_nomem(fa_dataset_first(&first, set, 2), fa_dataset_free(first));
    assert_ok(fa_dataset_first(&first, set, 2));
    assert_int_equal(fa_dataset_coarse(first)[0], 1);
    assert_string_equal(fa_dataset_coarse_name(first, 1), "red");
    assert_vector(first, 1, (float[]){2, 1.5f});
    fa_dataset_free(first);
    fa_dataset_free(set);
    path = text_file("l.csv", long_csv);
    static const fa_read_options options = {
        .size = sizeof(fa_read_options), .label_column = "colour", .missing = "forward"};
    assert_survives_nomem(fa_dataset_read(&set, path, &options), fa_dataset_free(set));
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_get_the_roles_that_names_or_numbers_give),
        cmocka_unit_test(delimiter_mark_and_quotes_are_found),
        cmocka_unit_test(table_without_names_is_all_data),
        cmocka_unit_test(labels_are_numbered_by_value_or_bytes),
        cmocka_unit_test(columns_can_be_left_out),
        cmocka_unit_test(text_column_makes_texts),
        cmocka_unit_test(words_of_other_programs_for_missing_values_are_known),
        cmocka_unit_test(missing_values_are_refused_or_mended),
        cmocka_unit_test(constant_columns_are_kept_and_noted),
        cmocka_unit_test(long_table_is_series_in_order_of_time),
        cmocka_unit_test(long_table_gaps_are_mended_along_time),
        cmocka_unit_test(long_table_that_disagrees_is_refused),
        cmocka_unit_test(wrong_tables_are_refused_with_their_place),
        cmocka_unit_test(labels_of_a_file_must_be_as_many_and_the_only_ones),
        cmocka_unit_test(columns_are_refused_where_there_is_no_table),
        cmocka_unit_test(too_many_labels_are_refused),
        cmocka_unit_test(cut_tables_are_read_or_refused),
        cmocka_unit_test(reading_survives_nomem),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
