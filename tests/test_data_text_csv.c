/* Labelled texts: a .csv, a folder, an archive, and what each refuses. */
#define _XOPEN_SOURCE 700
#include "text_cases.h"

#include <archive.h>
#include <archive_entry.h>

static const char train_csv[] =
    "2,\"Fox\",\" The quick, \"\"brown\"\" fox.\"\n1,\"\",\" No title\"\n"
    "3,\"Title\",\"\"\n1,\"\",\"\"\n";
static const char test_csv[] = "1,\"only\",\"one\"\n";
static const char names[] = "First\nSecond\nDritte\n";

static void assert_text(const fa_dataset *set, size_t i, const char *wanted) {
    size_t size;
    const char *text = fa_dataset_text(set, i, &size);
    assert_non_null(text);
    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(text, wanted, size);
}

static void assert_train(fa_dataset *set, bool named) {
    static const int32_t classes[] = {1, 0, 2, 0};
    size_t steps;
    assert_int_equal(fa_dataset_kind(set), FA_KIND_TEXT);
    assert_int_equal(fa_dataset_count(set), 4);
    assert_int_equal(fa_dataset_features(set), 0);
    assert_memory_equal(fa_dataset_classes(set), classes, sizeof classes);
    assert_text(set, 0, "Fox  The quick, \"brown\" fox.");
    assert_text(set, 1, " No title");
    assert_text(set, 2, "Title");
    assert_text(set, 3, "");
    assert_null(fa_dataset_text(set, 4, &steps));
    assert_null(fa_dataset_series(set, 0, &steps));
    if (named) {
        assert_string_equal(fa_dataset_class_name(set, 0), "First");
        assert_string_equal(fa_dataset_class_name(set, 2), "Dritte");
    } else
        assert_null(fa_dataset_class_name(set, 0));
    assert_null(fa_dataset_class_name(set, 3));
    assert_null(fa_dataset_class_name(set, -1));
    fa_dataset_free(set);
}

static fa_status read_data(fa_dataset **out, const char *path, const char *split) {
    return fa_dataset_read(out, path,
                           &(fa_read_options){.size = sizeof(fa_read_options), .split = split});
}

static void file_is_read_with_the_names_beside_it(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path = text_file("x.csv", train_csv);
    assert_ok(read_data(&set, path, NULL));
    assert_train(set, false);
    text_file("classes.txt", names);
    assert_ok(read_data(&set, path, "train"));
    assert_train(set, true);
}

static void folder_is_read_by_split(void **state) {
    (void)state;
    fa_dataset *set;
    text_file("train.csv", train_csv);
    assert_ok(read_data(&set, test_folder, NULL)); /* the only one */
    assert_train(set, false);
    assert_fails(read_data(&set, test_folder, "test"), FA_E_ARGUMENT, "holds no test.csv");
    text_file("test.csv", test_csv);
    text_file("classes.txt", names);
    assert_fails(read_data(&set, test_folder, NULL), FA_E_ARGUMENT,
                 "holds train.csv and test.csv; say which (--split train");
    assert_ok(read_data(&set, test_folder, "train"));
    assert_train(set, true);
    assert_ok(read_data(&set, test_folder, "test"));
    assert_int_equal(fa_dataset_count(set), 1);
    assert_text(set, 0, "only one");
    fa_dataset_free(set);
}

static void labels_of_a_file_replace_those_of_the_rows(void **state) {
    (void)state;
    fa_dataset *set;
    text_file("train.csv", train_csv);
    text_file("classes.txt", names);
    const fa_read_options other = {.size = sizeof(fa_read_options),
                                   .hidden_file = text_file("other.txt", "7\n8\n9\n-1\n")};
    assert_ok(fa_dataset_read(&set, test_folder, &other));
    assert_int_equal(fa_dataset_classes(set)[3], -1);
    assert_null(fa_dataset_class_name(set, 0)); /* the names were of other classes */
    fa_dataset_free(set);
    text_file("other.txt", "7\n");
    assert_fails(fa_dataset_read(&set, test_folder, &other), FA_E_SHAPE, "other.txt");
}

static void first_samples_are_a_copy(void **state) {
    (void)state;
    fa_dataset *set, *first;
    text_file("classes.txt", names);
    assert_ok(read_data(&set, text_file("x.csv", train_csv), NULL));
    assert_survives_nomem(fa_dataset_first(&first, set, 2), fa_dataset_free(first));
    assert_ok(fa_dataset_first(&first, set, 2));
    fa_dataset_free(set);
    assert_int_equal(fa_dataset_count(first), 2);
    assert_text(first, 1, " No title");
    assert_string_equal(fa_dataset_class_name(first, 2), "Dritte");
    assert_fails(fa_dataset_write(first, path_of("x.npz")), FA_E_ARGUMENT, "only series");
    fa_dataset_free(first);
}

/* ==== Refusals ==== */

static void wrong_rows_are_refused_with_their_place(void **state) {
    (void)state;
    static const refusal cases[] = {
        {"1,\"a\",\"b\"\n2,\"c\n", FA_E_FORMAT, "x.csv: line 2, column 2: a quote is"},
        {"1,\"a\",\"b\"\n2,\"c\"\n", FA_E_FORMAT, "line 2 has 2 columns, the first row has 3"},
        {"1,\"a b c d e\"\n\"b\",c\n", FA_E_FORMAT,
         "line 2, column 1: the number of a class is wanted, 1 and up, found 'b'"},
        {"1,a b c d e\n0,c\n", FA_E_FORMAT, "found '0'"},
        {"1,a b c d e\n-1,c\n", FA_E_FORMAT, "found '-1'"},
        {"1,a b c d e\n1.5,c\n", FA_E_FORMAT, "found '1.5'"},
        {"1,a b c d e\n2147483648,c\n", FA_E_FORMAT, "found '2147483648'"},
        {"1,a b c d e\n99999999999999999999,c\n", FA_E_FORMAT, "found '99999999999999999999'"},
        {"1,a b c d e\n,c\n", FA_E_FORMAT, "found ''"},
        {"1,a b c d e\n2,caf\xe9\n", FA_E_FORMAT, "line 2, column 2: byte 4 (0xe9)"},
        {"0x,a\n", FA_E_FORMAT, "holds no rows below the names of the columns"}};
    assert_files_refused("x.csv", cases, sizeof cases / sizeof *cases);
}

/* Films by their number: none of them is a class of its own. */
static void numbers_that_never_come_again_are_no_classes(void **state) {
    (void)state;
    static const int order[] = {7, 3, 5, 2, 10, 1, 4, 9, 8, 6};
    char rows[1024] = "";
    fa_dataset *set = NULL;
    for (int i = 0; i < 10; i++)
        snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%d,A film of %d,Drama\n",
                 order[i], 1990 + i);
    assert_fails(read_data(&set, text_file("x.csv", rows), NULL), FA_E_FORMAT,
                 "x.csv: column 1 has another number in each of 10 rows");
    assert_null(set);
    rows[0] = '6'; /* now a class of two films */
    assert_ok(read_data(&set, text_file("x.csv", rows), NULL));
    assert_int_equal(fa_dataset_classes(set)[9], 5);
    fa_dataset_free(set);
    assert_survives_nomem(read_data(&set, path_of("x.csv"), NULL), fa_dataset_free(set));
}

static void header_and_single_columns_are_refused_in_a_folder(void **state) {
    (void)state;
    fa_dataset *set;
    text_file("train.csv", "class,title\n1,a\n");
    assert_fails(read_data(&set, test_folder, NULL), FA_E_FORMAT,
                 "found 'class' (the names of the columns? remove that line)");
    text_file("train.csv", "1\n2\n");
    assert_fails(read_data(&set, test_folder, NULL), FA_E_FORMAT, "line 1 has one column");
    text_file("train.csv", "");
    assert_fails(read_data(&set, test_folder, NULL), FA_E_FORMAT, "train.csv: holds no rows");
}

static void names_that_disagree_are_refused(void **state) {
    (void)state;
    fa_dataset *set;
    text_file("train.csv", train_csv);
    const char *path = text_file("classes.txt", "First\nSecond\n");
    assert_fails(read_data(&set, test_folder, NULL), FA_E_LABEL, "row 3, column 1: class 3, but ");
    assert_non_null(strstr(fa_error_detail(), "classes.txt names 2"));
    file_of("classes.txt", "First\n\nThird\n", 13);
    assert_fails(read_data(&set, test_folder, NULL), FA_E_FORMAT, "line 2");
    file_of("classes.txt", "First\0\n", 7);
    assert_fails(read_data(&set, test_folder, NULL), FA_E_FORMAT, path);
}

/* Cut at every byte: a smaller data set, or a message; never anything else. */
static void cut_file_is_read_or_refused(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof train_csv - 1; size++) {
        fa_dataset *set;
        const char *path = file_of("x.csv", train_csv, size);
        fa_status status = read_data(&set, path, NULL);
        if (status == FA_OK)
            fa_dataset_free(set);
        else
            assert_true(status == FA_E_FORMAT || status == FA_E_NONFINITE ||
                        status == FA_E_LABEL); /* "1," is a table */
    }
}

/* ==== The archive ==== */

typedef struct tar_member {
    const char *path, *text;
} tar_member;

static const char *tar_of(const tar_member *members, size_t count) {
    const char *path = path_of("made.tar.gz");
    struct archive *archive = archive_write_new();
    archive_write_add_filter_gzip(archive);
    archive_write_set_format_ustar(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        size_t size = members[i].text != NULL ? strlen(members[i].text) : 0;
        archive_entry_set_pathname(entry, members[i].path);
        archive_entry_set_filetype(entry, members[i].text != NULL ? AE_IFREG : AE_IFDIR);
        archive_entry_set_perm(entry, 0755);
        archive_entry_set_size(entry, (la_int64_t)size);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(archive, members[i].text, size), size);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
    return path;
}
#define TAR(...)                                                                                   \
    tar_of((const tar_member[]){__VA_ARGS__},                                                      \
           sizeof((const tar_member[]){__VA_ARGS__}) / sizeof(tar_member))

static void archive_is_read_as_its_folder(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path = TAR({"d", NULL}, {"d/train.csv", train_csv}, {"d/test.csv", test_csv},
                           {"d/classes.txt", names}, {"d/readme.txt", "1,x\n"});
    assert_ok(read_data(&set, path, "train"));
    assert_train(set, true);
    assert_ok(read_data(&set, path, "test"));
    assert_text(set, 0, "only one");
    fa_dataset_free(set);
    assert_fails(read_data(&set, path, NULL), FA_E_ARGUMENT, "say which (--split");
    path = TAR({"train.csv", train_csv});
    assert_ok(read_data(&set, path, NULL));
    assert_train(set, false);
    assert_fails(read_data(&set, path, "test"), FA_E_ARGUMENT, "holds no test.csv");
}

static void archives_not_to_trust_are_refused(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path = TAR({"d/../train.csv", train_csv});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "'d/../train.csv' has an absolute path");
    path = TAR({"train.csv", train_csv}, {"../x", "1"});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "'../x' has an absolute path or one");
    path = TAR({"train.csv", train_csv}, {"/etc/x", "1"});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "'/etc/x' has an absolute path");
    path = TAR({"train.csv", train_csv}, {"b/train.csv", train_csv});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "train.csv is in the archive twice");
    path = TAR({"classes.txt", names}, {"train.csv", train_csv}, {"b/classes.txt", names});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "classes.txt is in the archive twice");
    path = TAR({"classes.txt", "one\n"}, {"train.csv", train_csv});
    assert_fails(read_data(&set, path, NULL), FA_E_LABEL, "train.csv: row 1, column 1: class 2");
    path = TAR({"train.csv", "1,\"x\n"});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT,
                 "made.tar.gz: train.csv: line 1, column 2");
    path = TAR({"train.csv", ""});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT, "train.csv: holds no rows");
    path = TAR({"other.csv", train_csv});
    assert_fails(read_data(&set, path, NULL), FA_E_FORMAT,
                 "is a tar archive (its first file: other.csv)");
}

static void cut_archive_is_refused(void **state) {
    (void)state;
    fa_dataset *set;
    unsigned char *bytes;
    size_t size;
    char longer[4000];
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "1,\"", 3);
    memcpy(longer + sizeof longer - 3, "\"\n", 3);
    assert_ok(fa__file_read(&bytes, &size, TAR({"train.csv", longer})));
    for (size_t cut = 512; cut < 512 + 3999; cut += 97)
        assert_fails(read_data(&set, file_of("cut.tar", bytes, cut), NULL), FA_E_FORMAT, "cut.tar");
    fa__free(bytes);
}

static void texts_without_memory_are_refused(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path = TAR({"train.csv", train_csv}, {"classes.txt", names});
    assert_survives_nomem(read_data(&set, path, NULL), fa_dataset_free(set));
    text_file("train.csv", train_csv);
    text_file("classes.txt", names);
    assert_survives_nomem(read_data(&set, test_folder, NULL), fa_dataset_free(set));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, clear_test_folder)
    const struct CMUnitTest tests[] = {
        TEST(file_is_read_with_the_names_beside_it),
        TEST(folder_is_read_by_split),
        TEST(labels_of_a_file_replace_those_of_the_rows),
        TEST(first_samples_are_a_copy),
        TEST(wrong_rows_are_refused_with_their_place),
        TEST(numbers_that_never_come_again_are_no_classes),
        TEST(header_and_single_columns_are_refused_in_a_folder),
        TEST(names_that_disagree_are_refused),
        TEST(cut_file_is_read_or_refused),
        TEST(archive_is_read_as_its_folder),
        TEST(archives_not_to_trust_are_refused),
        TEST(cut_archive_is_refused),
        TEST(texts_without_memory_are_refused),
    };
#ifndef FA_HAVE_CSV
    return 77;
#endif
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
