/* Labels in files of their own: each form, for each kind of data, and what is refused. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"

#include "formats/npy.h"

/* Two features; rows 1 and 3 lack a value. */
static const char rows_csv[] = "a,b\n1,2\n3,\n5,6\n,8\n9,1\n";
static const char long_csv[] = "id,time,v\nx,0,1\ny,0,2\nx,1,3\nz,0,4\n";

static char data_path[FA__PATH_MAX], labels_path[FA__PATH_MAX];

/* Paths that path_of does not forget. */
static const char *data_of(const char *name, const char *text) {
    snprintf(data_path, sizeof data_path, "%s", text_file(name, text));
    return data_path;
}

static const char *labels_of(const char *name, const char *text) {
    snprintf(labels_path, sizeof labels_path, "%s", text_file(name, text));
    return labels_path;
}

static void assert_coarse(const fa_dataset *set, const int32_t *wanted, const char *names) {
    assert_non_null(fa_dataset_coarse(set));
    assert_memory_equal(fa_dataset_coarse(set), wanted, fa_dataset_count(set) * sizeof *wanted);
    for (int32_t g = 0; *names != '\0'; g++, names += strlen(names) + 1)
        assert_string_equal(fa_dataset_coarse_name(set, g), names);
}

/* Reading rows_csv or long_csv with these labels fails so, and names the file. */
static void assert_refused(const char *data, const char *labels, bool hidden, fa_status status,
                           const char *says) {
    fa_dataset *set = NULL;
    const char *file = labels_of("l.csv", labels);
    size_t live = fa__memory_live();
    fa_read_options options = {.size = sizeof(fa_read_options), .missing = "drop"};
    *(hidden ? &options.hidden_file : &options.label_file) = file;
    assert_fails(fa_dataset_read(&set, data_of("t.csv", data), &options), status, says);
    assert_non_null(strstr(fa_error_detail(), "/l.csv"));
    assert_null(set);
    assert_int_equal(fa__memory_live(), live);
}

/* ==== Forms ==== */

static void lines_label_rows_in_order_words_or_numbers(void **state) {
    (void)state;
    static const char plain[] = "a,b\n1,2\n3,4\n5,6\n7,8\n";
    static const struct {
        const char *text, *names;
        int32_t wanted[4];
    } cases[] = {
        {"red\nblue\n\nred", "blue\0red\0", {1, 0, -1, 1}},
        {"\xef\xbb\xbf 10 \r\n?\r\n9\r\nNA\r\n",
         "9\0"
         "10\0",
         {1, -1, 0, -1}},
        {"-1\n1\n-1\n1\n",
         "-1\0"
         "1\0",
         {0, 1, 0, 1}}, /* words: nothing is taken for 'none' */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_dataset *set;
        fa_read_options options = {.size = sizeof(fa_read_options),
                                   .label_file = labels_of("l.txt", cases[i].text)};
        assert_ok(fa_dataset_read(&set, data_of("t.csv", plain), &options));
        assert_coarse(set, cases[i].wanted, cases[i].names);
        assert_null(fa_dataset_classes(set));
        fa_dataset_free(set);
    }
}

static void arrays_below_zero_are_no_label_but_may_be_classes(void **state) {
    (void)state;
    fa_dataset *set;
    const int32_t numbers[4] = {70, -5, 3, 70};
    char path[FA__PATH_MAX];
    snprintf(path, sizeof path, "%s", path_of("l.npy"));
    assert_ok(fa_labels_write(path, numbers, 4));
    const fa_read_options options = {
        .size = sizeof(fa_read_options), .label_file = path, .hidden_file = path};
    assert_ok(fa_dataset_read(&set, data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n"), &options));
    assert_coarse(set, (const int32_t[]){1, -1, 0, 1},
                  "3\0"
                  "70\0");
    assert_memory_equal(fa_dataset_classes(set), numbers, sizeof numbers);
    fa_dataset_free(set);
}

static void table_goes_by_row_in_any_order(void **state) {
    (void)state;
    fa_dataset *set;
    fa_read_options options = {
        .size = sizeof(fa_read_options),
        .label_file = labels_of("l.csv", "note,Row,label\nx,3,b\n,0,\"b, c\"\n,2,?\n,1,a\n"),
        .hidden_file = labels_path};
    const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_LABEL,
                 "line 4, column 3: the class is missing");
    options.hidden_file = NULL;
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_coarse(set, (const int32_t[]){2, 0, -1, 1},
                  "a\0"
                  "b\0"
                  "b, c\0");
    fa_dataset_free(set);
    /* one table for both, with semicolons */
    options.label_file = options.hidden_file =
        labels_of("l.csv", "id;row;coarse;class\n;0;u;k1\n;1;;k2\n;2;v;k1\n;3;u;k3\n");
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_coarse(set, (const int32_t[]){0, -1, 1, 0}, "u\0v\0");
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 1, 0, 2}), 16);
    assert_string_equal(fa_dataset_class_name(set, 2), "k3");
    fa_dataset_free(set);
}

static void columns_with_an_index_and_blank_ends_are_read(void **state) {
    (void)state;
    static const char *const files[] = {",0\n0,b\n1,a\n2,b\n3,a\n",
                                        "index,kind\n3,a\n2,b\n1,a\n0,b\n",
                                        "Unnamed: 0,y\n0,b\n1,a\n2,b\n3,a\n", "b\na\nb\na\n\n \n\n",
                                        "label\r\nb\r\na\r\nb\r\na\r\n\r\n \r\n"};
    const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fa_dataset *set;
        fa_read_options options = {.size = sizeof options,
                                   .label_file = labels_of("l.txt", files[i])};
        assert_ok(fa_dataset_read(&set, data, &options));
        assert_coarse(set, (const int32_t[]){1, 0, 1, 0}, "a\0b\0");
        fa_dataset_free(set);
    }
    assert_refused("a,b\n1,2\n3,4\n", "\"\",\"x\"\n\"1\",\"a\"\n\"2\",\"b\"\n", false, FA_E_LABEL,
                   "'2' is no row of");
}

static void classes_that_hide_nothing_are_noted(void **state) {
    (void)state;
    static const char *const tables[] = {"a,l,h\n1,x,p\n2,y,q\n3,x,p\n4,y,q\n",
                                         "a,l,h\n1,x,p\n2,y,p\n3,x,p\n4,?,q\n",
                                         "a,l,h\n1,x,p\n2,y,q\n3,x,r\n4,y,q\n"};
    for (size_t i = 0; i < 3; i++) {
        fa_dataset *set;
        fa_read_options how = {.size = sizeof how, .label_column = "l", .hidden_column = "h"};
        assert_ok(fa_dataset_read(&set, text_file("t.csv", tables[i]), &how));
        bool said = strstr(fa_dataset_note(set), "every coarse label has one hidden class") != NULL;
        assert_true(said == (i < 2));
        fa_dataset_free(set);
    }
}

static void labels_that_look_alike_are_noted(void **state) {
    (void)state;
    static const struct {
        const char *labels, *says;
    } cases[] = {
        {"cat\nCat\ndog\ncat\n", "labels 'Cat' and 'cat' differ in case, blanks or accents alone"},
        {"caf\xc3\xa9\ncafe\xcc\x81\ndog\ncafe\xcc\x81\n", "differ in case, blanks or accents"},
        {"a b\na  b\na\na\n", "labels 'a  b' and 'a b'"},
        {"cat\nca t\ndog\n1\n", NULL},
        {"1\n01\n+1\n11\n", NULL},
        {"\xc3\x97\nx\n\xc3\x9f\nss\n", NULL},
    };
    const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_dataset *set;
        fa_read_options options = {.size = sizeof options,
                                   .label_file = labels_of("l.txt", cases[i].labels)};
        assert_ok(fa_dataset_read(&set, data, &options));
        const char *said =
            strstr(fa_dataset_note(set), cases[i].says != NULL ? cases[i].says : "differ");
        assert_true((said != NULL) == (cases[i].says != NULL));
        fa_dataset_free(set);
        if (i == 0)
            assert_survives_nomem(fa_dataset_read(&set, data, &options), fa_dataset_free(set));
    }
}

/* Folders may be named in any bytes. */
static void names_that_are_not_utf8_are_compared(void **state) {
    (void)state;
    static const char *const texts[] = {"a\xcd\0bc\0abc", "a\xc3\0bc\0aabc", "a\xc3x\0ab\0ac"};
    static const size_t sizes[] = {10, 11, 10};
    for (size_t i = 0; i < 3; i++) {
        size_t pairs;
        const char *a, *b;
        fa__names names = {.size = sizes[i], .count = 3};
        names.text = malloc(sizes[i]);
        memcpy(names.text, texts[i], sizes[i]);
        assert_ok(fa__names_alike(&pairs, &a, &b, &names));
        assert_int_equal(pairs, 0);
        free(names.text);
    }
}

static void column_of_a_wide_table_is_named(void **state) {
    (void)state;
    fa_dataset *set;
    static const char wide[] = "who,age,kind\np,30,x\nq,31,y\nr,30,x\ns,31,z\n";
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .label_file = labels_of("l.csv", wide),
                               .label_column = "kind",
                               .hidden_file = labels_path,
                               .hidden_column = "2"};
    const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
    assert_ok(fa_dataset_read(&set, data, &options)); /* nothing names the rows: in their order */
    assert_int_equal(fa_dataset_features(set), 2);
    assert_coarse(set, (const int32_t[]){0, 1, 0, 2}, "x\0y\0z\0");
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){30, 31, 30, 31}), 16);
    fa_dataset_free(set);
    options.hidden_file = options.hidden_column = NULL;
    labels_of("l.csv", "row,age,kind\n3,30,x\n2,31,y\n1,30,x\n0,31,z\n"); /* by the row */
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_coarse(set, (const int32_t[]){2, 0, 1, 0}, "x\0y\0z\0");
    fa_dataset_free(set);
    labels_of("l.csv", "0,u\n1,v\n2,u\n3,u\n"); /* no names of columns */
    options.label_column = "2";
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_coarse(set, (const int32_t[]){0, 1, 0, 0}, "u\0v\0");
    fa_dataset_free(set);
    labels_of("l.csv", wide);
    options.label_column = "species";
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_ARGUMENT, "there are: who, age, kind");
    options.label_column = "4";
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_ARGUMENT, "the columns are 1 to 3");
    options.label_column = "kind";
    labels_of("l.csv", "who,age,kind\np,30,x\nq,31,y\n");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_LABEL, "has no row for '2'");
    labels_of("l.csv", "who,age,kind\np,1,x\nq,1,y\np,1,x\np,1,x\np,1,x\n");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_SHAPE,
                 "line 6 is beyond the 4 samples");
    options.label_column = NULL;
    labels_of("l.csv", "row,age,kind\n0,30,x\n");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_FORMAT, "--label-column says which");
}

static void files_that_are_no_labels_are_named(void **state) {
    (void)state;
    fa_dataset *set;
    char zip[] = "PK\3\4....", path[FA__PATH_MAX];
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .label_file = labels_of("l.csv", "\xff\xfe"
                                                                "a.b.c.d.")};
    const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_FORMAT, "is UTF-16 text");
    labels_of("l.csv", "[\"a\", \"b\"]");
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_FORMAT, "is JSON");
    labels_of("l.csv", zip);
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_FORMAT, "labels are one array");
    labels_of("l.csv", "\"label\"\n\"a, b\"\n\"c\"\n"); /* one column, in quotes */
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_coarse(set, (const int32_t[]){0, 1}, "a, b\0c\0");
    fa_dataset_free(set);
    snprintf(path, sizeof path, "%s", path_of("l.npy"));
    assert_ok(fa_matrix_write(path, (const float[]){1, 0, 0, 1}, 2, 2));
    options.label_file = path;
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_SHAPE, "argmax");
}

/* ==== Kinds of data ==== */

static void rows_left_out_keep_the_labels_in_place(void **state) {
    (void)state;
    fa_dataset *set;
    fa_read_options options = {.size = sizeof(fa_read_options), .missing = "drop"};
    static const char *const forms[] = {"p\nq\nr\ns\nt\n",
                                        "row,label\n4,t\n0,p\n2,r\n", /* what is left */
                                        "row,label\n0,p\n1,q\n2,r\n3,s\n4,t\n"};
    for (size_t i = 0; i < 3; i++) {
        options.label_file = labels_of("l.csv", forms[i]);
        assert_ok(fa_dataset_read(&set, data_of("t.csv", rows_csv), &options));
        assert_int_equal(fa_dataset_count(set), 3);
        for (size_t s = 0; s < 3; s++) {
            const char word[2] = {(char)('p' + 2 * s), '\0'};
            assert_int_equal(fa_dataset_row(set, s), 2 * s);
            assert_string_equal(fa_dataset_coarse_name(set, fa_dataset_coarse(set)[s]), word);
        }
        fa_dataset_free(set);
    }
}

static void series_of_a_long_table_go_by_id(void **state) {
    (void)state;
    fa_dataset *set;
    const fa_read_options options = {.size = sizeof(fa_read_options),
                                     .label_file =
                                         labels_of("l.csv", "id,label\nz,up\nx,down\ny,\n")};
    assert_ok(fa_dataset_read(&set, data_of("t.csv", long_csv), &options));
    assert_string_equal(fa_dataset_sample_name(set, 2), "z");
    assert_null(fa_dataset_sample_name(set, 3));
    assert_coarse(set, (const int32_t[]){0, -1, 1}, "down\0up\0");
    fa_dataset_free(set);
}

static void texts_of_folders_go_by_file_and_lines_by_line(void **state) {
    (void)state;
    fa_dataset *set;
    assert_ok(fa__make_folder(path_of("n")));
    assert_ok(fa__make_folder(path_of("n/b")));
    text_file("n/b/1", "one");
    text_file("n/b/2", "two");
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .label_file = labels_of("l.csv", "file,label\nb/2,x\nb/1,y\n")};
    assert_ok(fa_dataset_read(&set, path_of("n"), &options));
    assert_coarse(set, (const int32_t[]){1, 0}, "x\0y\0");
    assert_string_equal(fa_dataset_class_name(set, 0), "b"); /* the folder's, as before */
    fa_dataset_free(set);
    options.label_file = labels_of("l.txt", "x\n?\n");
    assert_ok(fa_dataset_read(&set, data_of("t.txt", "a, b\nc\n"), &options));
    assert_coarse(set, (const int32_t[]){0, -1}, "x\0");
    fa_dataset_free(set);
}

/* ==== Refusals ==== */

static void labels_like_gaps_and_names_on_top_are_noted(void **state) {
    (void)state;
    fa_dataset *set;
    const fa_read_options options = {.size = sizeof options, .label_file = path_of("l.txt")};
    char data[FA__PATH_MAX];
    snprintf(data, sizeof data, "%s", text_file("four.csv", "a,b\n1.5,2\n2.5,3\n3.5,1\n0.5,2\n"));
    text_file("l.txt", "None\nu\nNone\nu\n");
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){0, 1, 0, 1}), 16);
    assert_non_null(strstr(fa_dataset_note(set), "2 labels like 'None' taken as labels"));
    fa_dataset_free(set);
    text_file("l.txt", "colour\nv\nu\nv\nu\n");
    assert_ok(fa_dataset_read(&set, data, &options));
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){1, 0, 1, 0}), 16);
    assert_non_null(strstr(fa_dataset_note(set), "line 1 ('colour') is taken for the name"));
    fa_dataset_free(set);
    text_file("l.txt", "v\nv\nu\nv\nu\n"); /* the first is a label like the others */
    assert_fails(fa_dataset_read(&set, data, &options), FA_E_SHAPE, "has 5 labels");
    text_file("l.txt", "colour\nNone\nu\nNone\nu\n");
    assert_survives_nomem(fa_dataset_read(&set, data, &options), fa_dataset_free(set));
}

static void wrong_labels_are_refused_with_file_row_and_remedy(void **state) {
    (void)state;
    static const struct {
        const char *data, *labels;
        bool hidden;
        fa_status status;
        const char *says;
    } cases[] = {
        {rows_csv, "a\nb\nc\nd\n", false, FA_E_SHAPE, "has 4 labels, but"},
        {rows_csv, "colour\na\nb\nc\nd\ne\n", false, FA_E_SHAPE,
         "has 5 samples; one a line is wanted, without a name on top"},
        {rows_csv, "a\n\nc\nd\ne\n", true, FA_E_LABEL, "line 2: the class is missing"},
        {rows_csv, "a\nb\nc\xff\nd\ne\n", false, FA_E_FORMAT, "line 3 is not UTF-8 text"},
        {rows_csv, "", false, FA_E_FORMAT, "is empty"},
        {rows_csv, "row,label\n0,a\n2,b\n4,c\n2,b\n", false, FA_E_LABEL,
         "lines 3 and 5 both label '2'; keep one"},
        {rows_csv, "row,label\n0,a\n2,b\n5,c\n", false, FA_E_LABEL,
         "line 4, column 1: '5' is no row of"},
        {rows_csv, "row,label\n0,a\n-1,b\n", false, FA_E_LABEL, "'-1' is no row of"},
        {rows_csv, "row,label\n0,a\n1.5,b\n", false, FA_E_LABEL, "they are 0 to 4"},
        {rows_csv, "row,label\n0,a\n", false, FA_E_LABEL,
         "has no row for '2', the first of 2 samples of"},
        {rows_csv, "row,label\n0,a\n", false, FA_E_LABEL, "; add 2,? to leave it"},
        {rows_csv, "row,label\n0,a\n2,b,c\n", false, FA_E_FORMAT,
         "line 3 has 3 columns, the first row has 2"},
        {rows_csv, "row,label,label\n0,a,b\n", false, FA_E_FORMAT,
         "columns 2 and 3 are both named 'label'; rename"},
        {rows_csv, "0,a\n2,b\n", false, FA_E_FORMAT, "begins with a row like 'row,label'"},
        {rows_csv, "row,colour,size\n0,a,b\n", false, FA_E_FORMAT,
         "none named 'label'; --label-column"},
        {rows_csv, "file,label\na.png,b\n", false, FA_E_LABEL, "have no names; give their numbers"},
        {rows_csv, ", \n", false, FA_E_FORMAT, "names no column"},
        {long_csv, "id,label\nx,a\ny,b\nw,c\n", false, FA_E_LABEL,
         "line 4, column 1: no sample of"},
        {long_csv, "id,label\nx,a\ny,b\nw,c\n", false, FA_E_LABEL,
         "is named 'w' (the first one is 'x'); take the row out"},
        {long_csv, "id,label\nx,a\ny,b\nx,a\n", false, FA_E_LABEL,
         "lines 2 and 4 both label 'x'; keep one"},
        {long_csv, "id,label\nx,a\nz,b\n", true, FA_E_LABEL,
         "has no row for 'y', the first of 1 sample of"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].data, cases[i].labels, cases[i].hidden, cases[i].status,
                       cases[i].says);
}

static void labels_nowhere_are_refused(void **state) {
    (void)state;
    fa_dataset *set;
    const char *data = data_of("t.csv", rows_csv);
    assert_fails(fa_dataset_read(&set, data,
                                 &(fa_read_options){.size = sizeof(fa_read_options),
                                                    .label_file = "nowhere.csv",
                                                    .missing = "drop"}),
                 FA_E_IO, "nowhere.csv");
}

static void reading_survives_nomem(void **state) {
    (void)state;
    fa_dataset *set;
    const char *const forms[] = {"row,label\n0,p\n2,r\n4,t\n", "p\n\nr\n\nt\n"};
    for (size_t i = 0; i < 2; i++) {
        const fa_read_options options = {.size = sizeof(fa_read_options),
                                         .label_file = labels_of("l.csv", forms[i]),
                                         .missing = "drop"};
        const char *data = data_of("t.csv", rows_csv);
        assert_survives_nomem(fa_dataset_read(&set, data, &options), fa_dataset_free(set));
    }
    const fa_read_options options = {.size = sizeof(fa_read_options),
                                     .hidden_file =
                                         labels_of("l.csv", "id,label\nz,2\nx,0\ny,1\n")};
    const char *data = data_of("t.csv", long_csv);
    assert_survives_nomem(fa_dataset_read(&set, data, &options), fa_dataset_free(set));
}

static void cut_tables_are_read_or_refused(void **state) {
    (void)state;
    static const char text[] = "id,label\nz,\"a, b\"\nx,0\ny,\n";
    for (size_t size = 0; size < sizeof text; size++) {
        fa_dataset *set = NULL;
        data_of("t.csv", long_csv);
        snprintf(labels_path, sizeof labels_path, "%s", file_of("l.csv", text, size));
        const fa_read_options options = {.size = sizeof(fa_read_options),
                                         .label_file = labels_path};
        fa_status status = fa_dataset_read(&set, data_path, &options);
        assert_true((status == FA_OK) == (set != NULL));
        assert_true(status != FA_OK || size >= sizeof text - 3);
        fa_dataset_free(set);
    }
}

/* ==== Words in arrays ==== */

/* An .npy file of strings: descr "<U3", ">U3" or "|S3", `item` bytes each, zeros behind. */
static const char *words_npy(const char *name, const char *descr, const char *const *words,
                             size_t count, size_t item) {
    pile p = {.size = 0};
    char header[FA__NPY_HEADER_MAX];
    put(&p, header, fa__npy_header(header, descr, count, 0));
    for (size_t i = 0; i < count; i++) {
        unsigned char element[64] = {0};
        for (size_t k = 0; words[i][k] != '\0'; k++) {
            size_t at = descr[1] == 'S' ? k : 4 * k + (descr[0] == '>' ? 3 : 0);
            element[at] = (unsigned char)words[i][k];
        }
        put(&p, element, item);
    }
    return file_of(name, p.bytes, p.size);
}

static void arrays_of_strings_are_words(void **state) {
    (void)state;
    static const char *const words[5] = {"red", "", "blu", "red", "01"};
    static const struct {
        const char *descr;
        size_t item;
    } cases[] = {{"<U3", 12}, {">U3", 12}, {"|S3", 3}, {"<U9", 36}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_dataset *set;
        char path[FA__PATH_MAX];
        snprintf(path, sizeof path, "%s",
                 words_npy("w.npy", cases[i].descr, words, 5, cases[i].item));
        fa_read_options options = {.size = sizeof options, .label_file = path};
        assert_ok(
            fa_dataset_read(&set, data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n9,8\n"), &options));
        assert_coarse(set, (const int32_t[]){2, -1, 1, 2, 0}, "01\0blu\0red\0");
        fa_dataset_free(set);
        options.hidden_file = path;
        options.label_file = NULL;
        assert_fails(fa_dataset_read(&set, data_path, &options), FA_E_LABEL,
                     "w.npy: row 1: the class is missing");
    }
}

/* As pandas makes them of whole numbers of which some are missing; ids. */
static void arrays_of_numbers_may_lack_some_or_be_large(void **state) {
    (void)state;
    static const double lacking[4] = {7, (double)NAN, -1, 7}, half[4] = {7, (double)NAN, 1.5, 7};
    static const uint64_t large[4] = {9007199254740993u, 9007199254740992u, 9007199254740993u,
                                      18446744073709551615u};
    char header[FA__NPY_HEADER_MAX];
    static const struct {
        const char *descr;
        const void *values;
        int32_t coarse[4];
        const char *names;
        const char *hidden; /* what is said of them as classes; NULL: they are taken */
    } cases[] = {
        {"<f8", lacking, {0, -1, -1, 0}, "7\0", "row 1: the class is missing"},
        {"<f8", half, {0}, NULL, "row 1: the class is missing"},
        {"<u8",
         large,
         {2, 1, 2, 0},
         "18446744073709551615\0"
         "9007199254740992\0"
         "9007199254740993\0",
         NULL},
        {"<i8",
         large,
         {1, 0, 1, -1},
         "9007199254740992\0"
         "9007199254740993\0",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_dataset *set;
        pile p = {.size = 0};
        char path[FA__PATH_MAX];
        put(&p, header, fa__npy_header(header, cases[i].descr, 4, 0));
        put(&p, cases[i].values, 32);
        snprintf(path, sizeof path, "%s", file_of("n.npy", p.bytes, p.size));
        fa_read_options options = {.size = sizeof options, .label_file = path};
        const char *data = data_of("t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
        if (cases[i].names != NULL) {
            assert_ok(fa_dataset_read(&set, data, &options));
            assert_coarse(set, cases[i].coarse, cases[i].names);
            fa_dataset_free(set);
        } else {
            assert_fails(fa_dataset_read(&set, data, &options), FA_E_FORMAT,
                         "row 2: 1.5 is no label: it is not whole");
        }
        options.hidden_file = path;
        options.label_file = NULL;
        if (cases[i].hidden != NULL) {
            assert_fails(fa_dataset_read(&set, data, &options), FA_E_LABEL, cases[i].hidden);
            continue;
        }
        assert_ok(fa_dataset_read(&set, data, &options));
        assert_int_equal(fa_dataset_classes(set)[0], fa_dataset_classes(set)[2]);
        assert_int_not_equal(fa_dataset_classes(set)[0], fa_dataset_classes(set)[1]);
        fa_dataset_free(set);
    }
}

/* Code points of 2, 3 and 4 bytes in UTF-8; and what is none. */
static void arrays_of_strings_hold_any_unicode(void **state) {
    (void)state;
    static const unsigned char points[2][12] = {{0xe9, 0, 0, 0, 0x2d, 0x4e, 0, 0, 0xb3, 0xd4, 1, 0},
                                                {'a', 0, 0, 0}};
    static const unsigned char wrong[2][4] = {{0, 0xd8, 0, 0}, {0, 0, 0x11, 0}};
    char header[FA__NPY_HEADER_MAX], path[FA__PATH_MAX];
    pile p = {.size = 0};
    fa_dataset *set;
    put(&p, header, fa__npy_header(header, "<U3", 2, 0));
    put(&p, points, sizeof points);
    snprintf(path, sizeof path, "%s", file_of("w.npy", p.bytes, p.size));
    fa_read_options options = {.size = sizeof options, .hidden_file = path};
    assert_ok(fa_dataset_read(&set, data_of("t.csv", "a,b\n1,2\n3,4\n"), &options));
    assert_string_equal(fa_dataset_class_name(set, fa_dataset_classes(set)[0]),
                        "\xc3\xa9\xe4\xb8\xad\xf0\x9d\x92\xb3");
    fa_dataset_free(set);
    for (size_t i = 0; i < 2; i++) {
        p.size = 0;
        put(&p, header, fa__npy_header(header, "<U1", 2, 0));
        put(&p, wrong[i], 4);
        put(&p, points[1], 4);
        snprintf(path, sizeof path, "%s", file_of("w.npy", p.bytes, p.size));
        assert_fails(fa_dataset_read(&set, data_path, &options), FA_E_FORMAT,
                     "w.npy: row 0: character 1 is no Unicode");
    }
    p.size = 0;
    put(&p, header, fa__npy_header(header, "|S2", 2, 0));
    put(&p, "a\0\xe9x", 4);
    snprintf(path, sizeof path, "%s", file_of("w.npy", p.bytes, p.size));
    assert_fails(fa_dataset_read(&set, data_path, &options), FA_E_FORMAT,
                 "row 1: byte 1 is not UTF-8; save np.char.decode");
}

static void words_of_a_file_are_numbered_as_they_come(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n, l;
        int32_t wanted[4];
        const char *words[3];
    } good[] = {{"b\na\n b\t\r\n", 3, 2, {0, 1, 0}, {"b", "a"}},
                {"1\n01\n+1\n1\n\n\n", 4, 3, {0, 1, 2, 0}, {"1", "01", "+1"}}};
    static const char *const words[3] = {"x", "y", "x"};
    int32_t *labels = NULL;
    char **found = NULL;
    size_t n = 0, l = 0, live = fa__memory_live();
    for (size_t i = 0; i < 2; i++) {
        assert_ok(fa_labels_read_words(&labels, &n, &found, &l, text_file("w.txt", good[i].text)));
        assert_int_equal(n, good[i].n);
        assert_memory_equal(labels, good[i].wanted, n * sizeof *labels);
        assert_int_equal(l, good[i].l);
        for (size_t y = 0; y < l; y++) assert_string_equal(found[y], good[i].words[y]);
        fa_free(labels);
        fa_free(found);
    }
    assert_ok(
        fa_labels_read_words(&labels, &n, &found, &l, words_npy("w.npy", "<U2", words, 3, 8)));
    assert_memory_equal(labels, ((const int32_t[]){0, 1, 0}), 12);
    assert_int_equal(l, 2);
    assert_string_equal(found[1], "y");
    fa_free(labels);
    fa_free(found);
    found = NULL;
    assert_fails(fa_labels_read_words(&labels, &n, &found, &l, text_file("w.txt", "a\n\nb\n")),
                 FA_E_FORMAT, "w.txt: line 2 is empty");
    assert_fails(fa_labels_read_words(&labels, &n, NULL, NULL, text_file("w.txt", "a,b\n1,2\n")),
                 FA_E_FORMAT, "w.txt: is a table; one label a line");
    assert_fails(fa_labels_read_words(&labels, &n, &found, &l, text_file("w.txt", "a\n\xff\n")),
                 FA_E_FORMAT, "line 2 is not UTF-8");
    assert_null(found);
    assert_int_equal(fa__memory_live(), live);
}

/* An array of numbers has no words: they stay as they are. */
static void numbers_have_no_words(void **state) {
    (void)state;
    static const int32_t numbers[] = {7, -1, 7};
    int32_t *labels;
    char **found = NULL;
    size_t n, l = 9;
    assert_ok(fa_labels_write(path_of("n.npy"), numbers, 3));
    assert_ok(fa_labels_read_words(&labels, &n, &found, &l, path_of("n.npy")));
    assert_memory_equal(labels, numbers, sizeof numbers);
    assert_null(found);
    assert_int_equal(l, 0);
    fa_free(labels);
}

static void words_survive_nomem(void **state) {
    (void)state;
    int32_t *labels;
    char **found;
    size_t n, l;
    const char *path = text_file("w.txt", "b\na\nb\n");
    assert_survives_nomem(fa_labels_read_words(&labels, &n, &found, &l, path), fa_free(labels);
                          fa_free(found));
}

/* Series x, y and z, by columns of any names, in either order, or of none. */
static void two_columns_of_any_names_label_samples_by_theirs(void **state) {
    (void)state;
    static const char *const tables[] = {"patient,diagnosis\nz,ill\nx,well\ny,ill\n",
                                         "diagnosis;patient\nwell;x\nill;y\nill;z\n",
                                         "z\till\nx\twell\ny\till\n"};
    for (size_t i = 0; i < 3; i++) {
        fa_dataset *set;
        fa_read_options options = {.size = sizeof options,
                                   .label_file = labels_of("l.csv", tables[i])};
        assert_ok(fa_dataset_read(&set, data_of("t.csv", long_csv), &options));
        assert_coarse(set, (const int32_t[]){1, 0, 0}, "ill\0well\0");
        fa_dataset_free(set);
    }
    assert_refused(long_csv, "patient,diagnosis\nq,ill\n", false, FA_E_FORMAT,
                   "line 2 names no column 'row', 'file', 'name' or 'id'");
    assert_refused(long_csv, "x,ill\nq,well\n", false, FA_E_LABEL, "no sample of");
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_label_rows_in_order_words_or_numbers),
        cmocka_unit_test(arrays_below_zero_are_no_label_but_may_be_classes),
        cmocka_unit_test(table_goes_by_row_in_any_order),
        cmocka_unit_test(columns_with_an_index_and_blank_ends_are_read),
        cmocka_unit_test(classes_that_hide_nothing_are_noted),
        cmocka_unit_test(labels_that_look_alike_are_noted),
        cmocka_unit_test(names_that_are_not_utf8_are_compared),
        cmocka_unit_test(column_of_a_wide_table_is_named),
        cmocka_unit_test(files_that_are_no_labels_are_named),
        cmocka_unit_test(rows_left_out_keep_the_labels_in_place),
        cmocka_unit_test(series_of_a_long_table_go_by_id),
        cmocka_unit_test(texts_of_folders_go_by_file_and_lines_by_line),
        cmocka_unit_test(labels_like_gaps_and_names_on_top_are_noted),
        cmocka_unit_test(wrong_labels_are_refused_with_file_row_and_remedy),
        cmocka_unit_test(labels_nowhere_are_refused),
        cmocka_unit_test(reading_survives_nomem),
        cmocka_unit_test(cut_tables_are_read_or_refused),
        cmocka_unit_test_setup(arrays_of_strings_are_words, clear_test_folder),
        cmocka_unit_test_setup(arrays_of_numbers_may_lack_some_or_be_large, clear_test_folder),
        cmocka_unit_test_setup(arrays_of_strings_hold_any_unicode, clear_test_folder),
        cmocka_unit_test_setup(words_of_a_file_are_numbered_as_they_come, clear_test_folder),
        cmocka_unit_test_setup(numbers_have_no_words, clear_test_folder),
        cmocka_unit_test_setup(words_survive_nomem, clear_test_folder),
        cmocka_unit_test_setup(two_columns_of_any_names_label_samples_by_theirs, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
