/* Folders of published pen-stroke text files: what is read, reported, and refused. */
#define _XOPEN_SOURCE 700
#include "formats/strokes_text.h"

#include "data_files.h"

static const char one_stroke[] = "3 4 0 0\n1 0 0 0\n-1 1 0 0\n0 0 1 1\n";
static const char two_strokes[] = "10 2 0 0\r\n0 0 1 0\r\n5\t-6 0 0 \r\n0 0 1 1";

static fa_status read_split(fa_dataset **out, const char *split) {
    return fa_dataset_read(out, test_folder,
                           &(fa_read_options){.size = sizeof(fa_read_options), .split = split});
}

static void files_read_in_order_of_numbers(void **state) {
    (void)state;
    static const float one[] = {3, 4, 0, 0, 1, 0, 0, 0, -1, 1, 0, 0, 0, 0, 1, 1};
    static const float two[] = {10, 2, 0, 0, 0, 0, 1, 0, 5, -6, 0, 0, 0, 0, 1, 1};
    fa_dataset *dataset;
    const char *why;
    text_file("trainimg-10-inputdata.txt", two_strokes);
    text_file("trainimg-9-inputdata.txt", one_stroke);
    text_file("trainimg-010-inputdata.txt", "not ours\n");
    text_file("trainimg-9-points.txt", "not ours\n");
    text_file("trainimg--inputdata.txt", "not ours\n");
    text_file("trainlabels.txt", "0\n1\n2\n3\n4\n5\n6\n7\n8\n19\n20\n");
    assert_ok(read_split(&dataset, NULL));
    assert_int_equal(fa_dataset_count(dataset), 2);
    assert_int_equal(fa_dataset_features(dataset), 4);
    size_t steps;
    assert_memory_equal(fa_dataset_series(dataset, 0, &steps), one, sizeof one);
    assert_int_equal(steps, 4);
    assert_memory_equal(fa_dataset_series(dataset, 1, &steps), two, sizeof two);
    assert_int_equal(steps, 4);
    assert_true(fa_dataset_classes(dataset)[0] == 19 && fa_dataset_classes(dataset)[1] == 20);
    assert_int_equal(fa_dataset_skipped(dataset, &why), 9);
    assert_string_equal(why,
                        "9 of 11 numbers have no file trainimg-N-inputdata.txt (the first: N = 0)");
    fa_dataset_free(dataset);
}

static void complete_folder_skips_nothing(void **state) {
    (void)state;
    fa_dataset *dataset;
    text_file("testimg-0-inputdata.txt", one_stroke);
    text_file("testimg-1-inputdata.txt", two_strokes);
    assert_ok(read_split(&dataset, NULL)); /* without labels */
    assert_null(fa_dataset_classes(dataset));
    assert_int_equal(fa_dataset_skipped(dataset, NULL), 0);
    fa_dataset_free(dataset);
    text_file("testlabels.txt", "5\n6\n7\n");
    const char *why;
    assert_ok(read_split(&dataset, "test"));
    assert_int_equal(fa_dataset_skipped(dataset, &why), 1); /* a label without a file */
    assert_string_equal(why,
                        "1 of 3 numbers have no file testimg-N-inputdata.txt (the first: N = 2)");
    fa_dataset_free(dataset);
}

static void split_chosen_or_asked_for(void **state) {
    (void)state;
    fa_dataset *dataset = NULL;
    text_file("testimg-0-inputdata.txt", one_stroke);
    assert_fails(read_split(&dataset, "train"), FA_E_ARGUMENT, "holds no trainimg-N-inputdata.txt");
    text_file("trainimg-0-inputdata.txt", two_strokes);
    text_file("trainimg-1-inputdata.txt", two_strokes);
    assert_fails(read_split(&dataset, NULL), FA_E_ARGUMENT,
                 "holds 2 train and 1 test files; say which (--split train, or test)");
    assert_null(dataset);
    assert_ok(read_split(&dataset, "train"));
    assert_int_equal(fa_dataset_count(dataset), 2);
    fa_dataset_free(dataset);
    assert_ok(read_split(&dataset, "test"));
    assert_int_equal(fa_dataset_count(dataset), 1);
    fa_dataset_free(dataset);
}

static void label_missing_is_error(void **state) {
    (void)state;
    fa_dataset *dataset = NULL;
    text_file("trainimg-0-inputdata.txt", one_stroke);
    text_file("trainimg-2-inputdata.txt", one_stroke);
    text_file("trainimg-3-inputdata.txt", one_stroke);
    text_file("trainlabels.txt", "1\n2\n");
    assert_fails(read_split(&dataset, NULL), FA_E_LABEL,
                 "trainlabels.txt: has 2 labels, none for trainimg-2-inputdata.txt (label N is on "
                 "line N + 1); 2 files have no label");
    text_file("trainlabels.txt", "1\nx\n");
    assert_fails(read_split(&dataset, NULL), FA_E_FORMAT, "trainlabels.txt: line 2: 'x'");
    assert_null(dataset);
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("other.txt", "1\n2\n3\n4\n")};
    assert_ok(fa_dataset_read(&dataset, test_folder, &options));
    assert_int_equal(fa_dataset_classes(dataset)[2], 4);
    fa_dataset_free(dataset);
}

static void line_wrong_names_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "line 1: the end mark '0 0 1 1' is wanted, but the file ends"},
        {"1 2 0 0\n", "line 2: the end mark"},
        {"1 2 0 0\n0 0 1 0\n", "line 3: the end mark"},
        {"1 2 0\n", "line 1: 'dx dy eos eod' is wanted, four integers, the last two 0 or 1"},
        {"1 2 0 0\n\n0 0 1 1\n", "line 2: 'dx dy eos eod' is wanted"},
        {"1 2 0 0 0\n", "found '1 2 0 0 0'"},
        {"1 2 0 0\n1 2.5 0 0\n", "line 2: 'dx dy eos eod'"},
        {"1,2,0,0\n", "found '1,2,0,0'"},
        {"1 2 2 0\n", "line 1: 'dx dy"},
        {"1 2 0 -1\n", "line 1: 'dx dy"},
        {"40000 2 0 0\n", "line 1: 'dx dy"},
        {"1 -99999999999999999999 0 0\n", "line 1: 'dx dy"},
        {"nan 2 0 0\n", "found 'nan 2 0 0'"},
        {"0 0 1 1\n1 2 0 0\n", "line 2: nothing is wanted after the end mark (eod = 1), found"},
    };
    fa_dataset *dataset = NULL;
    size_t live = fa__memory_live();
    text_file("trainimg-0-inputdata.txt", one_stroke);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_file("trainimg-1-inputdata.txt", cases[i].text);
        assert_fails(read_split(&dataset, NULL), FA_E_FORMAT, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), "trainimg-1-inputdata.txt: line "));
        assert_int_equal(fa__memory_live(), live);
    }
    assert_null(dataset);
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    fa_dataset *dataset;
    text_file("trainimg-0-inputdata.txt", one_stroke);
    text_file("trainimg-1-inputdata.txt", two_strokes);
    text_file("trainlabels.txt", "1\n2\n");
    assert_survives_nomem(read_split(&dataset, NULL), fa_dataset_free(dataset));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_read_in_order_of_numbers, clear_test_folder),
        cmocka_unit_test_setup(complete_folder_skips_nothing, clear_test_folder),
        cmocka_unit_test_setup(split_chosen_or_asked_for, clear_test_folder),
        cmocka_unit_test_setup(label_missing_is_error, clear_test_folder),
        cmocka_unit_test_setup(line_wrong_names_file_and_line, clear_test_folder),
        cmocka_unit_test_setup(out_of_memory_is_clean, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
