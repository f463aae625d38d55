/* Ragged series in .npz: NumPy's files and ours, and every way in which the arrays can disagree. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"
#include "formats/npy.h"
#include "formats/zip.h"

#include "data_files.h"

#include <archive.h>
#include <archive_entry.h>

/* A zip archive of members, each one an .npy file of 64-bit floats. */
enum { WORDS = 99 };

typedef struct made_member {
    const char *name;
    size_t rows, columns; /* columns 0: 1-D; WORDS: 1-D strings of 8 bytes, in values */
    double values[16];
} made_member;

static const char *archive_of(const made_member *members, size_t count) {
    const char *path = path_of("made.npz");
    struct archive *archive = archive_write_new();
    archive_write_set_format_zip(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        char header[FA__NPY_HEADER_MAX];
        const made_member *m = &members[i];
        bool words = m->columns == WORDS;
        size_t columns = words ? 0 : m->columns;
        size_t used = fa__npy_header(header, words ? "|S8" : "<f8", m->rows, columns);
        size_t size = m->rows * (columns > 0 ? columns : 1) * sizeof *m->values;
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, m->name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)(used + size));
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(archive, header, used), used);
        assert_int_equal(archive_write_data(archive, m->values, size), size);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
    return path;
}

#define POINTS(...)                                                                                \
    {                                                                                              \
        "points.npy", 3, 2, {                                                                      \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define GOOD_POINTS POINTS(1, 2, 3, 4, 5, 6)
#define OFFSETS(...)                                                                               \
    {                                                                                              \
        "offsets.npy", sizeof((double[]){__VA_ARGS__}) / sizeof(double), 0, {                      \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define LABELS(...)                                                                                \
    {                                                                                              \
        "labels.npy", sizeof((double[]){__VA_ARGS__}) / sizeof(double), 0, {                       \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define ARCHIVE(...)                                                                               \
    archive_of((made_member[]){__VA_ARGS__},                                                       \
               sizeof((made_member[]){__VA_ARGS__}) / sizeof(made_member))

static void assert_sample(const fa_dataset *dataset, size_t i, size_t steps, const float *values) {
    size_t found;
    const float *series = fa_dataset_series(dataset, i, &found);
    assert_non_null(series);
    assert_int_equal(found, steps);
    assert_memory_equal(series, values, steps * fa_dataset_features(dataset) * sizeof *values);
}

static void numpy_files_read(void **state) {
    (void)state;
    static const char *const names[] = {"npy/series_stored.npz", "npy/series_deflated.npz"};
    static const float values[] = {0, .5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4.5f, 5, 5.5f};
    for (size_t i = 0; i < 2; i++) {
        fa_dataset *dataset;
        const char *why;
        size_t height, width, channels;
        assert_ok(fa_dataset_read(&dataset, fixture(names[i]), NULL));
        assert_int_equal(fa_dataset_kind(dataset), FA_KIND_SERIES);
        assert_int_equal(fa_dataset_count(dataset), 3); /* lengths 2, 0, 1, 3: one is left out */
        assert_int_equal(fa_dataset_features(dataset), 2);
        assert_sample(dataset, 0, 2, values);
        assert_sample(dataset, 1, 1, values + 4);
        assert_sample(dataset, 2, 3, values + 6);
        assert_null(fa_dataset_series(dataset, 3, &height));
        assert_null(fa_dataset_image(dataset, 0, &height, &width, &channels));
        const int32_t *classes = fa_dataset_classes(dataset);
        assert_true(classes[0] == 5 && classes[1] == 7 && classes[2] == 8);
        assert_int_equal(fa_dataset_skipped(dataset, &why), 1);
        assert_string_equal(why, "1 of 4 sequences have no step (the first: sequence 1)");
        fa_dataset_free(dataset);
    }
}

static void labels_absent_or_given(void **state) {
    (void)state;
    fa_dataset *dataset = NULL;
    const char *path = ARCHIVE(GOOD_POINTS, OFFSETS(0, 1, 1, 3));
    assert_ok(fa_dataset_read(&dataset, path, NULL));
    assert_null(fa_dataset_classes(dataset));
    fa_dataset_free(dataset);
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("l.txt", "4\n5\n6\n")};
    assert_ok(fa_dataset_read(&dataset, path, &options));
    assert_true(fa_dataset_classes(dataset)[0] == 4 && fa_dataset_classes(dataset)[1] == 6);
    fa_dataset_free(dataset);
    dataset = NULL;
    text_file("l.txt", "4\n5\n");
    assert_fails(fa_dataset_read(&dataset, path, &options), FA_E_SHAPE, "l.txt: has 2 labels, but");
    assert_null(dataset);
}

static void arrays_that_disagree_are_errors(void **state) {
    (void)state;
    fa_dataset *out = NULL;
    size_t live = fa__memory_live();
#define REFUSED(status, says, ...)                                                                 \
    assert_fails(fa_dataset_read(&out, ARCHIVE(__VA_ARGS__), NULL), status, "made.npz: " says);    \
    assert_int_equal(fa__memory_live(), live)
    REFUSED(FA_E_FORMAT, "points.npy: is not in the archive; series are", OFFSETS(0, 3));
    REFUSED(FA_E_FORMAT, "offsets.npy: is not in the archive", GOOD_POINTS, {"x.npy", 1, 0, {0}});
    REFUSED(FA_E_FORMAT, "points.npy: is in the archive twice", GOOD_POINTS, GOOD_POINTS);
    REFUSED(FA_E_FORMAT, "offsets.npy: must start with 0, but element 0 is 1", GOOD_POINTS,
            OFFSETS(1, 3));
    REFUSED(FA_E_FORMAT, "offsets.npy: must start with 0, but element 0 is nan", GOOD_POINTS,
            OFFSETS((double)NAN, 3));
    REFUSED(FA_E_FORMAT,
            "offsets.npy: element 2 is 1; whole numbers from 2 (the element before) to 3",
            GOOD_POINTS, OFFSETS(0, 2, 1, 3));
    REFUSED(FA_E_FORMAT, "offsets.npy: element 1 is 4; whole numbers from 0", GOOD_POINTS,
            OFFSETS(0, 4));
    REFUSED(FA_E_FORMAT, "offsets.npy: element 1 is 1.5; whole", GOOD_POINTS, OFFSETS(0, 1.5, 3));
    REFUSED(FA_E_FORMAT, "offsets.npy: element 1 is nan; whole", GOOD_POINTS,
            OFFSETS(0, (double)NAN, 3));
    REFUSED(FA_E_FORMAT, "offsets.npy: must end with 3 (the rows of points), but ends with 2",
            GOOD_POINTS, OFFSETS(0, 1, 2));
    REFUSED(FA_E_SHAPE, "offsets.npy: is 1 x 1; n + 1 offsets", GOOD_POINTS, OFFSETS(0));
    REFUSED(FA_E_SHAPE, "offsets.npy: is 1 x 2; n + 1 offsets", GOOD_POINTS,
            {"offsets.npy", 1, 2, {0, 3}});
    REFUSED(FA_E_SHAPE, "labels.npy: has 2 labels for 1 sequences", GOOD_POINTS, OFFSETS(0, 3),
            LABELS(1, 2));
    REFUSED(FA_E_FORMAT, "labels.npy: row 1: 0.5 is no label: it is not whole", GOOD_POINTS,
            OFFSETS(0, 1, 3), LABELS(1, 0.5));
    REFUSED(FA_E_NONFINITE,
            "points.npy: sequence 2, step 1, column 0 (all from 0) is missing, 1 value",
            POINTS(1, 2, 3, 4, (double)NAN, 6), OFFSETS(0, 1, 1, 3));
    REFUSED(FA_E_NONFINITE, "points.npy: sequence 0, step 0, column 1: -inf is not a finite",
            POINTS(1, (double)-INFINITY, (double)NAN, 4, 5, 6), OFFSETS(0, 1, 3));
#undef REFUSED
    assert_null(out);
}

static void all_empty_is_error(void **state) {
    (void)state;
    fa_dataset *out = NULL;
    const char *path = ARCHIVE({"points.npy", 0, 2, {0}}, OFFSETS(0, 0, 0));
    assert_fails(fa_dataset_read(&out, path, NULL), FA_E_SHAPE, "points.npy: the array of 0 x 2");
    assert_null(out);
}

static void archive_damaged_is_error(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    fa_dataset *out = NULL;
    assert_ok(fa__file_read(&bytes, &size, fixture("npy/series_deflated.npz")));
    size_t live = fa__memory_live();
    for (size_t cut = 4; cut < size; cut += 7) {
        assert_fails(fa_dataset_read(&out, file_of("cut.npz", bytes, cut), NULL), FA_E_FORMAT,
                     "cut.npz: ");
        assert_int_equal(fa__memory_live(), live);
    }
    for (size_t i = 0; i < size; i++) { /* one byte wrong: refused, or harmless; never worse */
        bytes[i] ^= 0x55;
        if (fa_dataset_read(&out, file_of("bad.npz", bytes, size), NULL) == FA_OK)
            fa_dataset_free(out);
        bytes[i] ^= 0x55;
        assert_int_equal(fa__memory_live(), live);
    }
    fa__free(bytes);
}

/* A data set of lengths 1, 2 with these six values. */
static fa_dataset *series_of(const float *values, bool classes) {
    fa_dataset *dataset;
    assert_ok(fa__dataset_create(&dataset, FA_KIND_SERIES));
    dataset->n = 2;
    dataset->features = 2;
    assert_ok(FA_NEW(dataset->values.offsets, 3));
    assert_ok(FA_NEW(dataset->values.numbers, 6));
    memcpy(dataset->values.offsets, (size_t[]){0, 1, 3}, 3 * sizeof(size_t));
    memcpy(dataset->values.numbers, values, 6 * sizeof *values);
    if (classes) {
        assert_ok(FA_NEW(dataset->labels.classes, 2));
        memcpy(dataset->labels.classes, (int32_t[]){-3, 1000}, 2 * sizeof(int32_t));
    }
    return dataset;
}

static const float whole[] = {-32768, 32767, 0, -1, 2, 3};
static const float broken[] = {.25f, 1e30f, -1e-30f, 3, 4, 5}, large[] = {32768, 0, 1, 2, 3, 4};

static void written_read_back_equal(void **state) {
    (void)state;
    static const float *const cases[] = {whole, broken, large};
    for (size_t i = 0; i < 6; i++) {
        const char *path = path_of("w.npz");
        fa_dataset *made = series_of(cases[i / 2], i % 2 == 0), *again;
        assert_ok(fa_dataset_write(made, path));
        assert_ok(fa_dataset_read(&again, path, NULL));
        assert_int_equal(fa_dataset_count(again), 2);
        assert_sample(again, 0, 1, cases[i / 2]);
        assert_sample(again, 1, 2, cases[i / 2] + 2);
        if (i % 2 == 0)
            assert_memory_equal(fa_dataset_classes(again), made->labels.classes,
                                2 * sizeof(int32_t));
        else
            assert_null(fa_dataset_classes(again));
        fa_dataset_free(again);
        fa_dataset_free(made);
    }
}

static void written_deterministic_and_kept_for_numpy(void **state) {
    (void)state;
    static const float *const cases[] = {whole, broken};
    static const char *const zones[] = {"UTC", "Asia/Tokyo"};
    for (size_t i = 0; i < 2; i++) {
        fa_dataset *made = series_of(cases[i], true);
        unsigned char *bytes[2];
        size_t sizes[2];
        for (size_t j = 0; j < 2; j++) { /* neither the clock nor its zone is in the bytes */
            setenv("TZ", zones[j], 1);
            assert_ok(fa_dataset_write(made, path_of("d.npz")));
            assert_ok(fa__file_read(&bytes[j], &sizes[j], path_of("d.npz")));
        }
        assert_int_equal(sizes[0], sizes[1]);
        assert_memory_equal(bytes[0], bytes[1], sizes[0]);
        assert_memory_equal(bytes[0] + 10, "\0\0\x21\0", 4); /* 1980-01-01 00:00 */
        assert_true(sizes[0] % 512 != 0); /* a zip file, not padded to tape blocks */
        fa__free(bytes[0]);
        fa__free(bytes[1]);
        if (getenv("FA_TEST_KEEP") != NULL) { /* a folder, for tests/oracle/npz_check.py */
            char path[FA__PATH_MAX];
            assert_ok(
                fa__path_join(path, getenv("FA_TEST_KEEP"), i == 0 ? "whole.npz" : "broken.npz"));
            assert_ok(fa_dataset_write(made, path));
        }
        fa_dataset_free(made);
    }
}

/* The form for 4 GB and more, with less: read back like the other. */
static void wide_archive_is_read(void **state) {
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6};
    static const char *const names[] = {"narrow.npz", "wide.npz"};
    for (size_t wide = 0; wide < 2; wide++) {
        fa__writer writer;
        fa__zip zip;
        fa_dataset *data;
        char header[FA__NPY_HEADER_MAX];
        size_t used = fa__npy_header(header, "<f4", 3, 2);
        assert_ok(fa__writer_open(&writer, path_of(names[wide])));
        fa__zip_open(&zip, &writer, wide ? UINT64_C(1) << 33 : 100);
        assert_ok(fa__zip_begin(&zip, "other.npy"));
        fa__zip_end(&zip);
        assert_ok(fa__zip_begin(&zip, "x.npy"));
        assert_ok(fa__zip_put(&zip, header, used));
        assert_ok(fa__zip_put(&zip, x, sizeof x));
        fa__zip_end(&zip);
        fa__zip_finish(&zip);
        assert_ok(fa__writer_close(&writer, true));
        assert_ok(fa_dataset_read(&data, path_of(names[wide]), NULL));
        assert_int_equal(fa_dataset_count(data), 3);
        assert_memory_equal(data->values.numbers, x, sizeof x);
        fa_dataset_free(data);
    }
}

static void write_unwritable_leaves_nothing(void **state) {
    (void)state;
    fa_dataset *made = series_of(whole, true);
    assert_fails(fa_dataset_write(made, path_of("absent/w.npz")), FA_E_IO, "absent/w.npz");
    assert_ok(fa__make_folder(path_of("taken")));
    assert_fails(fa_dataset_write(made, path_of("taken")), FA_E_IO, "is a folder");
    assert_int_equal(entries_of(test_folder), 1);
    fa_dataset_free(made);
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    fa_dataset *dataset;
    const char *path = ARCHIVE(GOOD_POINTS, OFFSETS(0, 1, 3), LABELS(1, 2));
    assert_survives_nomem(fa_dataset_read(&dataset, path, NULL), fa_dataset_free(dataset));
}

static made_member words_of(const char *name, size_t rows, const char *const *words) {
    made_member made = {name, rows, WORDS, {0}};
    for (size_t i = 0; i < rows; i++) memcpy(&made.values[i], words[i], strlen(words[i]));
    return made;
}

static void strings_are_classes_and_coarse_labels(void **state) {
    (void)state;
    fa_dataset *set;
    static const char *const kinds[] = {"wolf", "cat", "wolf"}, *const ways[] = {"", "wild",
                                                                                 "tame"};
    const made_member x = {"x.npy", 3, 1, {1, 2, 3}};
    assert_ok(fa_dataset_read(
        &set, ARCHIVE(x, words_of("labels.npy", 3, kinds), words_of("coarse.npy", 3, ways)), NULL));
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){1, 0, 1}), 12);
    assert_string_equal(fa_dataset_class_name(set, 1), "wolf");
    assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){-1, 1, 0}), 12);
    assert_string_equal(fa_dataset_coarse_name(set, 0), "tame");
    fa_dataset_free(set);
    size_t live = fa__memory_live();
    assert_fails(fa_dataset_read(&set, ARCHIVE(x, words_of("labels.npy", 2, kinds)), NULL),
                 FA_E_SHAPE, "has 2 labels for 3");
    assert_fails(fa_dataset_read(&set, ARCHIVE(x, words_of("labels.npy", 3, ways)), NULL),
                 FA_E_LABEL, "labels.npy: row 0: the class is missing");
    assert_int_equal(fa__memory_live(), live);
}

static void arrays_of_other_names_are_said(void **state) {
    (void)state;
    fa_dataset *set;
    const made_member x = {"data.npy", 3, 1, {1, 2, 3}}, y = {"target.npy", 3, 0, {4, 5, 4}},
                      extra = {"weights.npy", 3, 0, {1, 1, 1}}, first = {"arr_0.npy", 2, 1, {7, 8}};
    assert_ok(fa_dataset_read(&set, ARCHIVE(x, y, extra), NULL));
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){4, 5, 4}), 12);
    assert_non_null(strstr(fa_dataset_note(set), "arrays that are not used: weights"));
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, ARCHIVE(first), NULL)); /* np.savez(file, x) */
    assert_int_equal(fa_dataset_count(set), 2);
    fa_dataset_free(set);
    assert_fails(fa_dataset_read(&set, ARCHIVE(x, first), NULL), FA_E_FORMAT, "is there beside");
}

static void splits_are_chosen_by_name(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path = fixture("npy/images_splits.npz");
    static const char *const splits[] = {"train", "test"};
    for (size_t s = 0; s < 2; s++) { /* images 0 and 1, or 3 and 4 of five */
        size_t height, width, channels, first = 3 * s;
        fa_read_options options = {.size = sizeof options, .split = splits[s]};
        assert_ok(fa_dataset_read(&set, path, &options));
        assert_int_equal(fa_dataset_count(set), 2);
        for (size_t i = 0; i < 2; i++) {
            const unsigned char *image = fa_dataset_image(set, i, &height, &width, &channels);
            assert_true(height == 2 && width == 2 && channels == 3);
            for (size_t p = 0; p < 12; p++) assert_int_equal(image[p], 10 * (first + i) + p);
            assert_int_equal(fa_dataset_classes(set)[i], first + i + 4);
        }
        assert_non_null(strstr(fa_dataset_note(set), "not used: val_images ("));
        fa_dataset_free(set);
    }
    assert_fails(fa_dataset_read(&set, path, NULL), FA_E_ARGUMENT, "say which (--split train");
    const made_member x = {"x.npy", 3, 1, {1, 2, 3}}, more = {"x_train.npy", 2, 1, {4, 5}},
                      coarse = {"train_coarse.npy", 2, 0, {1, 0}}, y = {"y_test.npy", 2, 0, {1, 2}},
                      fine = {"fine_train.npy", 2, 0, {8, 9}};
    fa_read_options test = {.size = sizeof test, .split = "test"};
    assert_ok(fa_dataset_read(&set, ARCHIVE(more, coarse, fine, y), NULL)); /* the only one */
    assert_non_null(strstr(fa_dataset_note(set), "not used: y_test ("));    /* there is no x_test */
    assert_memory_equal(set->values.numbers, ((const float[]){4, 5}), 8);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){8, 9}), 8);
    assert_string_equal(fa_dataset_coarse_name(set, fa_dataset_coarse(set)[0]), "1");
    fa_dataset_free(set);
    const made_member twice = {"train_data.npy", 2, 1, {4, 5}},
                      y2 = {"labels_train.npy", 2, 0, {1, 2}};
    assert_fails(fa_dataset_read(&set, ARCHIVE(more, twice), NULL), FA_E_FORMAT,
                 "train_data.npy: is there beside x_train.npy; keep one");
    assert_fails(fa_dataset_read(&set, ARCHIVE(more, y2, fine), NULL), FA_E_FORMAT,
                 "fine_train.npy: is there beside labels_train.npy; keep one");
    assert_fails(fa_dataset_read(&set, ARCHIVE(more, coarse), &test), FA_E_IO,
                 "holds no test split, but x_train, train_coarse");
    assert_ok(fa_dataset_read(&set, ARCHIVE(more, x), &test)); /* of no split: it is for both */
    assert_int_equal(fa_dataset_count(set), 3);
    assert_non_null(strstr(fa_dataset_note(set), "not used: x_train"));
    fa_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numpy_files_read, clear_test_folder),
        cmocka_unit_test_setup(labels_absent_or_given, clear_test_folder),
        cmocka_unit_test_setup(arrays_that_disagree_are_errors, clear_test_folder),
        cmocka_unit_test_setup(all_empty_is_error, clear_test_folder),
        cmocka_unit_test_setup(archive_damaged_is_error, clear_test_folder),
        cmocka_unit_test_setup(written_read_back_equal, clear_test_folder),
        cmocka_unit_test_setup(written_deterministic_and_kept_for_numpy, clear_test_folder),
        cmocka_unit_test_setup(wide_archive_is_read, clear_test_folder),
        cmocka_unit_test_setup(write_unwritable_leaves_nothing, clear_test_folder),
        cmocka_unit_test_setup(out_of_memory_is_clean, clear_test_folder),
        cmocka_unit_test_setup(strings_are_classes_and_coarse_labels, clear_test_folder),
        cmocka_unit_test_setup(arrays_of_other_names_are_said, clear_test_folder),
        cmocka_unit_test_setup(splits_are_chosen_by_name, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
