/* Data sets from arrays: copied, checked, and the same as those read from files. */
#define _XOPEN_SOURCE 700
#include "base/memory.h"
#include "data/dataset.h"
#include "data_files.h"

static const float x[] = {1, 2, 3, 4, 5, 6};
static const int64_t offsets[] = {0, 1, 3};
static const uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const char *const texts[] = {"one", "", "zw\xc3\xb6lf"};

/* ==== Samples ==== */

static void vectors_are_copied(void **state) {
    (void)state;
    float own[] = {1, 2, 3, 4, 5, 6};
    fa_dataset *set;
    assert_ok(fa_dataset_from_vectors(&set, own, 3, 2));
    memset(own, 0, sizeof own);
    assert_int_equal(fa_dataset_kind(set), FA_KIND_VECTORS);
    assert_int_equal(fa_dataset_count(set), 3);
    assert_int_equal(fa_dataset_features(set), 2);
    assert_memory_equal(fa_dataset_vector(set, 2), x + 4, 2 * sizeof *x);
    assert_null(fa_dataset_classes(set));
    assert_null(fa_dataset_coarse(set));
    assert_null(fa_dataset_sample_name(set, 0));
    assert_null(fa_dataset_column_name(set, 0));
    assert_int_equal(fa_dataset_row(set, 2), 2);
    fa_dataset_free(set);
}

/* Float32 knows every 128th of the first column; the second needs no shift. */
static void doubles_far_from_zero_stay_apart(void **state) {
    (void)state;
    const double far[] = {1.7e9 + 0.25, 1.5, 1.7e9 + 0.5, -2.5, 1.7e9 + 3, 1e-3};
    fa_dataset *set, *again;
    float numbers[6];
    double shift[2];
    assert_ok(fa_dataset_from_doubles(&set, far, 3, 2));
    for (size_t i = 0; i < 6; i++) {
        shift[i % 2] = fa_dataset_shift(set, i % 2);
        numbers[i] = fa_dataset_vector(set, i / 2)[i % 2];
        if (i % 2 == 0) assert_true((double)numbers[i] + shift[0] == far[i]);
    }
    assert_true(shift[0] != 0 && shift[1] == 0 && numbers[5] == 1e-3F);
    assert_ok(fa_matrix_write_shifted(path_of("far.npy"), numbers, shift, 3, 2));
    assert_ok(fa_dataset_read(&again, path_of("far.npy"), NULL)); /* the way through a file */
    assert_memory_equal(fa_dataset_vector(again, 0), numbers, sizeof numbers);
    assert_true(fa_dataset_shift(again, 0) == shift[0]);
    fa_dataset_free(again);
    fa_dataset_free(set);
    assert_ok(fa_dataset_from_doubles(&set, far + 1, 1, 1));
    assert_true(fa_dataset_shift(set, 0) == 0 && fa_dataset_vector(set, 0)[0] == 1.5F);
    fa_dataset_free(set);
}

static void series_are_cut_at_their_offsets(void **state) {
    (void)state;
    fa_dataset *set;
    size_t steps;
    assert_ok(fa_dataset_from_series(&set, x, offsets, 2, 2));
    assert_memory_equal(fa_dataset_series(set, 1, &steps), x + 2, 4 * sizeof *x);
    assert_int_equal(steps, 2);
    fa_dataset_free(set);
}

static void images_have_their_shape(void **state) {
    (void)state;
    fa_dataset *set;
    size_t height, width, channels;
    assert_ok(fa_dataset_from_images(&set, pixels, 2, 1, 2, 3));
    assert_memory_equal(fa_dataset_image(set, 1, &height, &width, &channels), pixels + 6, 6);
    assert_true(height == 1 && width == 2 && channels == 3);
    assert_int_equal(fa_dataset_features(set), 6);
    fa_dataset_free(set);
}

static void images_of_three_equal_channels_are_grey(void **state) {
    (void)state;
    static unsigned char bytes[] = {7, 7, 7, 9, 9, 9, 0, 0, 0, 255, 255, 255};
    static const size_t second = 1;
    fa_dataset *set, *part;
    assert_ok(fa_dataset_from_images(&set, bytes, 2, 1, 2, 3));
    assert_true(fa__dataset_is_grey(set));
    assert_string_equal(fa_dataset_note(set),
                        "the images are grey, stored in three equal channels");
    assert_ok(fa_dataset_subset(&part, set, &second, 1));
    assert_true(fa__dataset_is_grey(part));
    fa_dataset_free(part);
    fa_dataset_free(set);
    for (size_t p = 9; p < 12; p++) { /* the last pixel, in each of its channels */
        bytes[p] = 254;
        assert_ok(fa_dataset_from_images(&set, bytes, 2, 1, 2, 3));
        assert_false(fa__dataset_is_grey(set));
        assert_string_equal(fa_dataset_note(set), "");
        fa_dataset_free(set);
        bytes[p] = 255;
    }
    assert_ok(fa_dataset_from_images(&set, bytes, 2, 2, 3, 1));
    assert_true(fa__dataset_is_grey(set));
    assert_string_equal(fa_dataset_note(set), "");
    fa_dataset_free(set);
}

static void texts_may_be_empty(void **state) {
    (void)state;
    fa_dataset *set;
    size_t bytes;
    assert_ok(fa_dataset_from_texts(&set, texts, 3));
    assert_memory_equal(fa_dataset_text(set, 2, &bytes), "zw\xc3\xb6lf", 6);
    assert_int_equal(bytes, 6);
    assert_non_null(fa_dataset_text(set, 1, &bytes));
    assert_int_equal(bytes, 0);
    fa_dataset_free(set);
    assert_ok(fa_dataset_from_texts(&set, texts + 1, 1)); /* nothing at all */
    assert_non_null(fa_dataset_text(set, 0, &bytes));
    fa_dataset_free(set);
}

/* The way through a file ends at the same data. */
static void memory_and_file_agree(void **state) {
    (void)state;
    fa_dataset *set, *again;
    static const int32_t labels[] = {7, -3, 5}, classes[] = {4, 4, -1};
    assert_ok(fa_dataset_from_vectors(&set, x, 3, 2));
    assert_ok(fa_dataset_set_coarse(set, labels, NULL));
    assert_ok(fa_dataset_set_classes(set, classes, NULL, 0));
    assert_ok(fa_dataset_write(set, path_of("x.npz")));
    assert_ok(fa_dataset_read(&again, path_of("x.npz"), NULL));
    assert_memory_equal(fa_dataset_vector(again, 0), x, sizeof x);
    assert_memory_equal(fa_dataset_coarse(again), fa_dataset_coarse(set), sizeof labels);
    assert_memory_equal(fa_dataset_classes(again), classes, sizeof classes);
    fa_dataset_free(again);
    file_of("l.txt", "7\n?\n5\n", 6); /* and labels beside it are numbered as set_coarse does */
    char beside[512];
    snprintf(beside, sizeof beside, "%s", path_of("l.txt"));
    const fa_read_options options = {.size = sizeof options, .label_file = beside};
    assert_ok(fa_dataset_read(&again, path_of("x.npz"), &options));
    assert_memory_equal(fa_dataset_coarse(again), fa_dataset_coarse(set), sizeof labels);
    for (int32_t l = 0; l < 2; l++)
        assert_string_equal(fa_dataset_coarse_name(again, l), fa_dataset_coarse_name(set, l));
    fa_dataset_free(again);
    fa_dataset_free(set);
}

static void values_out_of_range_are_named(void **state) {
    (void)state;
    fa_dataset *set = NULL;
    const float bad[] = {1, 2, 3, (float)NAN, 5, -(float)INFINITY};
    assert_fails(fa_dataset_from_vectors(&set, bad, 3, 2), FA_E_NONFINITE, "x[1, 1] is");
    assert_fails(fa_dataset_from_vectors(&set, bad + 4, 1, 2), FA_E_NONFINITE, "x[0, 1] is -inf");
    const double wide[] = {1, 1e200, 2, 3, 4, (double)NAN};
    assert_fails(fa_dataset_from_doubles(&set, wide, 2, 2), FA_E_NONFINITE,
                 "x[0, 1] is 1e+200; every value must be within float32");
    assert_fails(fa_dataset_from_doubles(&set, wide + 4, 1, 2), FA_E_NONFINITE,
                 "x[0, 1] is nan; every value must be finite");
    assert_fails(fa_dataset_from_series(&set, bad, offsets, 2, 2), FA_E_NONFINITE,
                 "points[1, 1] is");
    assert_fails(fa_dataset_from_series(&set, bad + 2, offsets, 1, 2), FA_E_NONFINITE,
                 "(series 0, step 0)");
    const float late[] = {1, 2, 3, 4, (float)NAN, 6};
    assert_fails(fa_dataset_from_series(&set, late, offsets, 2, 2), FA_E_NONFINITE,
                 "points[2, 0] is nan (series 1, step 1)");
    const char *const wrong[] = {"ok", "a\xff"}, *const missing[] = {"ok", NULL};
    assert_fails(fa_dataset_from_texts(&set, wrong, 2), FA_E_FORMAT,
                 "texts[1]: byte 1 (0xff) is not UTF-8");
    assert_fails(fa_dataset_from_texts(&set, missing, 2), FA_E_ARGUMENT, "texts[1] is NULL");
    assert_null(set);
}

static void shapes_that_cannot_be_are_refused(void **state) {
    (void)state;
    fa_dataset *set = NULL;
    const size_t huge = SIZE_MAX / 2;
    assert_fails(fa_dataset_from_vectors(&set, x, 0, 2), FA_E_SHAPE, "x is [0, 2]");
    assert_fails(fa_dataset_from_vectors(&set, x, 2, 0), FA_E_SHAPE, "one column");
    assert_fails(fa_dataset_from_vectors(&set, x, huge, 3), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_vectors(&set, x, huge, 1), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_vectors(&set, NULL, 3, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_dataset_from_doubles(&set, NULL, 3, 2), FA_E_ARGUMENT, "x is NULL");
    assert_fails(fa_dataset_from_doubles(&set, (double[]){0}, 0, 2), FA_E_SHAPE, "x is [0, 2]");
    assert_fails(fa_dataset_from_vectors(NULL, x, 3, 2), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_dataset_from_series(&set, x, offsets, 0, 2), FA_E_SHAPE, "0 series");
    assert_fails(fa_dataset_from_series(&set, x, offsets, 2, 0), FA_E_SHAPE, "0 features");
    assert_fails(fa_dataset_from_series(&set, x, offsets, 2, huge), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_series(&set, x, offsets + 1, 1, 2), FA_E_SHAPE, "offsets[0] is 1");
    const int64_t empty[] = {0, 2, 2}, back[] = {0, 2, 1}, far_off[] = {0, INT64_MAX};
    assert_fails(fa_dataset_from_series(&set, x, empty, 2, 2), FA_E_SHAPE,
                 "series 1 runs from offsets[1] = 2 to offsets[2] = 2");
    assert_fails(fa_dataset_from_series(&set, x, back, 2, 2), FA_E_SHAPE, "offsets[2] = 1");
    assert_fails(fa_dataset_from_series(&set, x, far_off, 1, 3), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_series(&set, x, NULL, 1, 3), FA_E_ARGUMENT, "offsets is NULL");
    assert_fails(fa_dataset_from_images(&set, pixels, 0, 1, 1, 1), FA_E_SHAPE, "0 images");
    assert_fails(fa_dataset_from_images(&set, pixels, 1, 0, 1, 1), FA_E_SHAPE, "0 x 1");
    assert_fails(fa_dataset_from_images(&set, pixels, 1, 1, 1, 2), FA_E_SHAPE, "2 channels");
    assert_fails(fa_dataset_from_images(&set, pixels, 3, huge, 1, 3), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_images(&set, pixels, huge, 2, 1, 3), FA_E_NOMEM, "no memory");
    assert_fails(fa_dataset_from_texts(&set, texts, 0), FA_E_SHAPE, "no texts");
    assert_null(set);
}

/* ==== Labels and names ==== */

static void coarse_labels_without_names_are_numbered(void **state) {
    (void)state;
    fa_dataset *set;
    const int32_t labels[] = {INT32_MAX, -1, 3}, none[] = {-1, INT32_MIN, -1};
    assert_ok(fa_dataset_from_vectors(&set, x, 3, 2));
    assert_ok(fa_dataset_set_coarse(set, labels, NULL));
    assert_memory_equal(fa_dataset_coarse(set), ((int32_t[]){1, -1, 0}), sizeof labels);
    assert_string_equal(fa_dataset_coarse_name(set, 0), "3");
    assert_string_equal(fa_dataset_coarse_name(set, 1), "2147483647");
    assert_null(fa_dataset_coarse_name(set, 2));
    assert_ok(fa_dataset_set_coarse(set, none, NULL));
    assert_memory_equal(fa_dataset_coarse(set), ((int32_t[]){-1, -1, -1}), sizeof labels);
    assert_null(fa_dataset_coarse_name(set, 0));
    assert_ok(fa_dataset_set_coarse(set, NULL, NULL));
    assert_null(fa_dataset_coarse(set));
    fa_dataset_free(set);
}

static void coarse_labels_keep_the_names_given(void **state) {
    (void)state;
    fa_dataset *set;
    const int32_t labels[] = {2, -5, 0};
    const char *const names[] = {"red", "green", "blue"}, *const two[] = {"red", "green", NULL};
    assert_ok(fa_dataset_from_vectors(&set, x, 3, 2));
    assert_ok(fa_dataset_set_coarse(set, labels, names));
    assert_memory_equal(fa_dataset_coarse(set), ((int32_t[]){2, -1, 0}), sizeof labels);
    assert_string_equal(fa_dataset_coarse_name(set, 1), "green"); /* which no sample has */
    assert_fails(fa_dataset_set_coarse(set, labels, two), FA_E_ARGUMENT, "names[2] is NULL");
    assert_string_equal(fa_dataset_coarse_name(set, 2), "blue"); /* as before */
    assert_fails(fa_dataset_set_coarse(NULL, labels, names), FA_E_ARGUMENT, "data is NULL");
    fa_dataset_free(set);
}

static void classes_and_names_are_copied(void **state) {
    (void)state;
    fa_dataset *set;
    int32_t classes[] = {1, -9, 0};
    const char *const two[] = {"cat", "dog"}, *const three[] = {"a", "b", "a"},
                      *const wrong[] = {"a", "\xc3"};
    assert_ok(fa_dataset_from_vectors(&set, x, 3, 2));
    assert_ok(fa_dataset_set_classes(set, classes, two, 2));
    classes[0] = 0;
    assert_int_equal(fa_dataset_classes(set)[0], 1);
    assert_string_equal(fa_dataset_class_name(set, 1), "dog");
    assert_null(fa_dataset_class_name(set, -9));
    assert_ok(fa_dataset_set_names(set, three));
    assert_string_equal(fa_dataset_sample_name(set, 1), "b");
    assert_ok(fa_dataset_set_column_names(set, two));
    assert_string_equal(fa_dataset_column_name(set, 1), "dog");
    assert_fails(fa_dataset_set_column_names(set, (const char *const[]){"a", "a"}), FA_E_ARGUMENT,
                 "columns 0 and 1 are both named 'a'");
    assert_fails(fa_dataset_set_column_names(set, wrong), FA_E_FORMAT, "names[1]: byte 0 (0xc3)");
    assert_string_equal(fa_dataset_column_name(set, 1), "dog");
    assert_ok(fa_dataset_set_classes(set, NULL, NULL, 0));
    assert_ok(fa_dataset_set_names(set, NULL));
    assert_ok(fa_dataset_set_column_names(set, NULL));
    assert_null(fa_dataset_classes(set));
    assert_null(fa_dataset_class_name(set, 1));
    assert_null(fa_dataset_sample_name(set, 1));
    assert_null(fa_dataset_column_name(set, 1));
    fa_dataset_free(set);
    assert_ok(fa_dataset_from_texts(&set, texts, 3));
    assert_fails(fa_dataset_set_column_names(set, two), FA_E_ARGUMENT, "these are texts");
    fa_dataset_free(set);
}

/* Names are of the samples, also where the reader left some out. */
static void names_belong_to_the_samples_that_were_kept(void **state) {
    (void)state;
#ifdef FA_HAVE_CSV
    fa_dataset *set;
    const fa_read_options drop = {.size = sizeof drop, .missing = "drop"};
    assert_ok(fa_dataset_read(&set, text_file("t.csv", "a,b\n1,2\n?,4\n5,6\n"), &drop));
    assert_int_equal(fa_dataset_count(set), 2);
    assert_int_equal(fa_dataset_row(set, 1), 2);
    assert_ok(fa_dataset_set_names(set, (const char *const[]){"first", "last"}));
    assert_string_equal(fa_dataset_sample_name(set, 1), "last");
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, text_file("l.csv", "id,time,x\nA,0,1\nB,0,?\nC,0,3\n"), &drop));
    assert_string_equal(fa_dataset_sample_name(set, 0), "A");
    assert_string_equal(fa_dataset_sample_name(set, 1), "C");
    fa_dataset_free(set);
#endif
}

/* ==== Memory ==== */

static void all_of_it_survives_nomem(void **state) {
    (void)state;
    fa_dataset *set;
    const int32_t labels[] = {2, -5, 0};
    const char *const names[] = {"red", "green", "blue"};
    assert_survives_nomem(fa_dataset_from_vectors(&set, x, 3, 2), fa_dataset_free(set));
    assert_survives_nomem(fa_dataset_from_doubles(&set, (double[]){1e12, 1e12 + 1}, 2, 1),
                          fa_dataset_free(set));
    assert_survives_nomem(fa_dataset_from_series(&set, x, offsets, 2, 2), fa_dataset_free(set));
    assert_survives_nomem(fa_dataset_from_images(&set, pixels, 4, 1, 1, 3), fa_dataset_free(set));
    assert_survives_nomem(fa_dataset_from_texts(&set, texts, 3), fa_dataset_free(set));
    assert_ok(fa_dataset_from_vectors(&set, x, 3, 2));
    assert_survives_nomem(fa_dataset_set_coarse(set, labels, NULL),
                          fa_dataset_set_coarse(set, NULL, NULL));
    assert_survives_nomem(fa_dataset_set_coarse(set, labels, names),
                          fa_dataset_set_coarse(set, NULL, NULL));
    assert_survives_nomem(fa_dataset_set_classes(set, labels, names, 3),
                          fa_dataset_set_classes(set, NULL, NULL, 0));
    assert_survives_nomem(fa_dataset_set_names(set, names), fa_dataset_set_names(set, NULL));
    assert_survives_nomem(fa_dataset_set_column_names(set, names),
                          fa_dataset_set_column_names(set, NULL));
    fa_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_copied),
        cmocka_unit_test(doubles_far_from_zero_stay_apart),
        cmocka_unit_test(series_are_cut_at_their_offsets),
        cmocka_unit_test(images_have_their_shape),
        cmocka_unit_test(images_of_three_equal_channels_are_grey),
        cmocka_unit_test(texts_may_be_empty),
        cmocka_unit_test(memory_and_file_agree),
        cmocka_unit_test(values_out_of_range_are_named),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(coarse_labels_without_names_are_numbered),
        cmocka_unit_test(coarse_labels_keep_the_names_given),
        cmocka_unit_test(classes_and_names_are_copied),
        cmocka_unit_test(names_belong_to_the_samples_that_were_kept),
        cmocka_unit_test(all_of_it_survives_nomem),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
