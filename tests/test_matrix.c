/* Vectors in .npy and .npz: every dtype, order and byte order; labels beside them; writing back. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"
#include "formats/npy.h"

#include "data_files.h"

#include <archive.h>
#include <archive_entry.h>

static fa_dataset *read_of(const char *path, const fa_read_options *options) {
    fa_dataset *set = NULL;
    assert_ok(fa_dataset_read(&set, path, options));
    assert_int_equal(fa_dataset_kind(set), FA_KIND_VECTORS);
    return set;
}

/* An .npy file of doubles. */
static pile npy_of(const double *values, size_t rows, size_t columns) {
    char header[FA__NPY_HEADER_MAX];
    pile p = {.size = 0};
    put(&p, header, fa__npy_header(header, "<f8", rows, columns));
    put(&p, values, rows * (columns > 0 ? columns : 1) * sizeof *values);
    return p;
}

static const char *npy_file(const char *name, const double *values, size_t rows, size_t columns) {
    pile p = npy_of(values, rows, columns);
    return file_of(name, p.bytes, p.size);
}

typedef struct made {
    const char *name;
    size_t rows, columns;
    double values[8];
} made;

static const char *npz_of(const made *members, size_t count) {
    const char *path = path_of("v.npz");
    struct archive *archive = archive_write_new();
    archive_write_set_format_zip(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        pile p = npy_of(members[i].values, members[i].rows, members[i].columns);
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)p.size);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(archive, p.bytes, p.size), p.size);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
    return path;
}

#define NPZ(...) npz_of((made[]){__VA_ARGS__}, sizeof((made[]){__VA_ARGS__}) / sizeof(made))

/* ==== .npy ==== */

/* NumPy's files: values[i, j] = 4 i + j - 3, a quarter of it as float. */
static void numpy_matrices_of_any_dtype_and_order_are_vectors(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double factor;
    } files[] = {{"npy/matrix_be_f2.npy", .25},
                 {"npy/matrix_be_i8.npy", 1},
                 {"npy/matrix_fortran_be_f2.npy", .25},
                 {"npy/matrix_fortran_le_f4.npy", .25},
                 {"npy/matrix_i1.npy", 1},
                 {"npy/matrix_le_f8.npy", .25},
                 {"npy/matrix_v3_le_f4.npy", .25}};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        fa_dataset *set = read_of(fixture(files[f].name), NULL);
        assert_int_equal(fa_dataset_count(set), 3);
        assert_int_equal(fa_dataset_features(set), 4);
        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0; k < 4; k++)
                assert_near(fa_dataset_vector(set, i)[k],
                            files[f].factor * (4 * (double)i + (double)k - 3), 0);
        assert_null(fa_dataset_classes(set));
        fa_dataset_free(set);
    }
}

static void labels_are_given_or_found_beside(void **state) {
    (void)state;
    const char *path = npy_file("d.npy", (double[]){1, 2, 3, 4}, 2, 2);
    text_file("d-labels.txt", "7\n-2\n");
    fa_dataset *set = read_of(path, NULL);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){7, -2}), 8);
    fa_dataset_free(set);
    npy_file("d-labels.npy", (double[]){5, 6}, 2, 0); /* looked for first */
    set = read_of(path, NULL);
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){5, 6}), 8);
    fa_dataset_free(set);
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("other.txt", "1\n2\n3\n")};
    assert_fails(fa_dataset_read(&set, path, &options), FA_E_SHAPE, "other.txt: has 3 labels");
}

static void wrong_matrices_are_refused(void **state) {
    (void)state;
    static const char huge[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, "
                               "64), }\n";
    fa_dataset *set;
    pile p = {.size = 0};
    put(&p, "\x93NUMPY\1\0", 8);
    put_little(&p, sizeof huge - 1, 2);
    put(&p, huge, sizeof huge - 1);
    put(&p, "\0\0\0\0", 4);
    assert_fails(fa_dataset_read(&set, file_of("h.npy", p.bytes, p.size), NULL), FA_E_FORMAT,
                 "h.npy: the header claims 1099511627776 x 64 elements of 4 bytes, but only 4");
    assert_fails(fa_dataset_read(&set, fixture("npy/refused_object.npy"), NULL), FA_E_FORMAT,
                 "'|O' is Python objects; numbers of");
    assert_fails(fa_dataset_read(&set, fixture("npy/labels_be_i8.npy"), NULL), FA_E_SHAPE,
                 "vectors are [n, d] (one feature: save array.reshape(-1, 1))");
    assert_fails(
        fa_dataset_read(&set, npy_file("i.npy", (double[]){1, 2, 3, HUGE_VAL}, 2, 2), NULL),
        FA_E_NONFINITE, "i.npy: row 1, column 1: inf is not a finite float32");
    assert_fails(fa_dataset_read(&set, npy_file("l.npy", (double[]){1, 2, 3, -1e39}, 2, 2), NULL),
                 FA_E_NONFINITE, "row 1, column 1: -1e+39");
}

/* An .npy file of bytes 0, 1, 2, ... */
static const char *bytes_file(const char *descr, const char *order, const char *shape,
                              size_t count) {
    char dict[128];
    pile p = {.size = 0};
    size_t size =
        (size_t)snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n",
                         descr, order, shape);
    put(&p, "\x93NUMPY\1\0", 8);
    put_little(&p, size, 2);
    put(&p, dict, size);
    for (size_t i = 0; i < count; i++) put(&p, &(unsigned char){(unsigned char)i}, 1);
    return file_of("b.npy", p.bytes, p.size);
}

static void arrays_of_bytes_are_images(void **state) {
    (void)state;
    static const struct {
        const char *shape;
        size_t n, height, width, channels;
    } good[] = {
        {"(4, 3, 2)", 4, 3, 2, 1}, {"(2, 2, 2, 3)", 2, 2, 2, 3}, {"(3, 2, 4, 1)", 3, 2, 4, 1}};
    static const struct {
        const char *descr, *order, *shape;
        fa_status status;
        const char *says;
    } bad[] = {
        {"|u1", "False", "(2, 3, 2, 2)", FA_E_SHAPE,
         "b.npy: the array is [2, 3, 2, 2]; images are"},
        {"|i1", "False", "(4, 3, 2)", FA_E_FORMAT, "save array.round().astype('uint8')"},
        {"<f4", "False", "(1, 3, 2)", FA_E_FORMAT, "vectors are [n, d] (array.reshape"},
        {"|u1", "True", "(4, 3, 2)", FA_E_FORMAT, "save np.ascontiguousarray(array)"},
        {"|u1", "False", "(4, 3, 2, 1, 1)", FA_E_SHAPE, "has 5 dimensions; 1 to 4 can be read"},
        {"|u1", "False", "(4, 3, 0)", FA_E_SHAPE, "is empty"},
        {"|u1", "False", "(4, 4294967296, 4294967296)", FA_E_FORMAT, "overflow"},
        {"|u1", "False", "(5, 3, 2)", FA_E_FORMAT, "b.npy: the header claims 5 x 6 elements"},
    };
    fa_dataset *set;
    size_t height, width, channels;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *path = bytes_file("|u1", "False", good[i].shape, 24);
        assert_ok(fa_dataset_read(&set, path, NULL));
        assert_int_equal(fa_dataset_kind(set), FA_KIND_IMAGES);
        assert_int_equal(fa_dataset_count(set), good[i].n);
        const uint8_t *last = fa_dataset_image(set, good[i].n - 1, &height, &width, &channels);
        assert_true(height == good[i].height && width == good[i].width &&
                    channels == good[i].channels);
        assert_int_equal(last[0], 24 - 24 / good[i].n);
        assert_int_equal(last[24 / good[i].n - 1], 23);
        fa_dataset_free(set);
        assert_survives_nomem(fa_dataset_read(&set, path, NULL), fa_dataset_free(set));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(
            fa_dataset_read(&set, bytes_file(bad[i].descr, bad[i].order, bad[i].shape, 24), NULL),
            bad[i].status, bad[i].says);
}

static void missing_values_of_a_matrix_are_refused_or_mended(void **state) {
    (void)state;
    double nan = (double)NAN;
    const char *path = npy_file("m.npy", (double[]){1, 2, nan, 4, 5, nan}, 3, 2);
    text_file("m-labels.txt", "7\n8\n9\n");
    fa_dataset *set;
    assert_fails(
        fa_dataset_read(&set, path, NULL), FA_E_NONFINITE,
        "m.npy: row 1, column 0 (both from 0) is missing, 2 values in all; --missing drop");
    set = read_of(path, &(fa_read_options){.size = sizeof(fa_read_options), .missing = "drop"});
    assert_int_equal(fa_dataset_count(set), 1);
    assert_int_equal(fa_dataset_classes(set)[0], 7);
    assert_int_equal(fa_dataset_skipped(set, NULL), 2);
    fa_dataset_free(set);
    set = read_of(path, &(fa_read_options){.size = sizeof(fa_read_options), .missing = "zero"});
    assert_memory_equal(fa_dataset_vector(set, 0), ((const float[]){1, 2, 0, 4, 5, 0}), 24);
    fa_dataset_free(set);
}

/* ==== .npz ==== */

static void archives_hold_vectors_classes_and_coarse_labels(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"x.npy", "labels.npy"}, {"X.npy", "y.npy"}, {"data.npy", "classes.npy"}};
    for (size_t i = 0; i < 3; i++) {
        fa_dataset *set =
            read_of(NPZ({names[i][0], 3, 2, {1, 2, 3, 4, 5, 6}}, {names[i][1], 3, 0, {4, 5, 4}},
                        {"coarse.npy", 3, 0, {20, -1, 3}}),
                    NULL);
        assert_memory_equal(fa_dataset_vector(set, 1), ((const float[]){3, 4}), 8);
        assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){4, 5, 4}), 12);
        assert_memory_equal(fa_dataset_coarse(set), ((const int32_t[]){1, -1, 0}), 12);
        assert_string_equal(fa_dataset_coarse_name(set, 1), "20");
        fa_dataset_free(set);
    }
}

static void archives_that_disagree_are_refused(void **state) {
    (void)state;
    fa_dataset *set;
    assert_fails(fa_dataset_read(&set, NPZ({"x.npy", 1, 2, {1, 2}}, {"X.npy", 1, 2, {1, 2}}), NULL),
                 FA_E_FORMAT, "X.npy: is there beside x.npy; keep one");
    assert_fails(fa_dataset_read(
                     &set,
                     NPZ({"x.npy", 1, 2, {1, 2}}, {"y.npy", 1, 0, {1}}, {"labels.npy", 1, 0, {1}}),
                     NULL),
                 FA_E_FORMAT, "is there beside labels.npy");
    assert_fails(fa_dataset_read(&set, NPZ({"x.npy", 1, 2, {1, 2}}, {"y.npy", 2, 0, {1, 2}}), NULL),
                 FA_E_SHAPE, "y.npy: has 2 labels for 1 vectors");
    assert_fails(
        fa_dataset_read(&set, NPZ({"x.npy", 1, 2, {1, 2}}, {"coarse.npy", 2, 0, {1, 2}}), NULL),
        FA_E_SHAPE, "coarse.npy: has 2 labels for 1 vectors");
    assert_fails(fa_dataset_read(&set, NPZ({"other.npy", 1, 2, {1, 2}}), NULL), FA_E_FORMAT,
                 "v.npz: holds other; vectors are stored as x");
    assert_non_null(strstr(fa_error_detail(), "vectors are stored as x [n, features]"));
}

static void what_is_written_reads_the_same(void **state) {
    (void)state;
    fa_dataset *set = read_of(NPZ({"x.npy", 2, 2, {1, 2.5, -3, 4}}, {"y.npy", 2, 0, {9, -1}},
                                  {"coarse.npy", 2, 0, {0, 1}}),
                              NULL),
               *again;
    assert_ok(fa_dataset_write(set, path_of("w.npz")));
    again = read_of(path_of("w.npz"), NULL);
    assert_memory_equal(fa_dataset_vector(again, 0), ((const float[]){1, 2.5f, -3, 4}), 16);
    assert_memory_equal(fa_dataset_classes(again), ((const int32_t[]){9, -1}), 8);
    assert_memory_equal(fa_dataset_coarse(again), ((const int32_t[]){0, 1}), 8);
    fa_dataset_free(again);
    fa_dataset_free(set);
}

static void reading_survives_nomem(void **state) {
    (void)state;
    fa_dataset *set;
    const char *path =
        NPZ({"x.npy", 2, 2, {1, 2, 3, 4}}, {"y.npy", 2, 0, {9, 8}}, {"coarse.npy", 2, 0, {0, 1}});
    size_t live = fa__memory_live();
    for (long after = 0;; after++) { /* libarchive allocates too, by itself */
        fa__memory_fail_after(after);
        fa_status status = fa_dataset_read(&set, path, NULL);
        fa__memory_fail_after(-1);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_int_equal(fa__memory_live(), live);
    }
    fa_dataset_free(set);
    path = npy_file("n.npy", (double[]){1, 2}, 1, 2);
    text_file("n-labels.txt", "1\n");
    assert_survives_nomem(fa_dataset_read(&set, path, NULL), fa_dataset_free(set));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_matrices_of_any_dtype_and_order_are_vectors),
        cmocka_unit_test(labels_are_given_or_found_beside),
        cmocka_unit_test(wrong_matrices_are_refused),
        cmocka_unit_test(arrays_of_bytes_are_images),
        cmocka_unit_test(missing_values_of_a_matrix_are_refused_or_mended),
        cmocka_unit_test(archives_hold_vectors_classes_and_coarse_labels),
        cmocka_unit_test(archives_that_disagree_are_refused),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(reading_survives_nomem),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
