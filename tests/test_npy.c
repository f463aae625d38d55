/* Matrices and labels in files: what NumPy wrote is read, what we write is what NumPy writes, and
 * every refusal names its place. */
#define _XOPEN_SOURCE 700
#include "formats/npy.h"

#include "data/dataset.h"
#include "data_files.h"

static const char *numpy_file(const char *name) {
    char relative[128];
    snprintf(relative, sizeof relative, "npy/%s.npy", name);
    return fixture(relative);
}

/* A .npy file of this dict and n_data zero bytes. */
static const char *made(const char *dict, size_t n_data) {
    static const unsigned char zeros[64];
    pile p = {.size = 0};
    put(&p, "\x93NUMPY\1\0", 8);
    put_little(&p, strlen(dict), 2);
    put(&p, dict, strlen(dict));
    put(&p, zeros, n_data);
    return file_of("made.npy", p.bytes, p.size);
}

/* ==== Whole numbers beyond 2^53 ==== */

/* start + 3 i in rows of one column, of this dtype. */
static const char *eights(const char *dtype, uint64_t start, size_t n, bool big) {
    char dict[128];
    pile p = {.size = 0};
    snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, 1), }\n",
             dtype, n);
    put(&p, "\x93NUMPY\1\0", 8);
    put_little(&p, strlen(dict), 2);
    put(&p, dict, strlen(dict));
    for (size_t i = 0; i < n; i++) {
        uint64_t value = start + 3 * i;
        put_little(&p, big ? __builtin_bswap64(value) : value, 8);
    }
    return file_of("eights.npy", p.bytes, p.size);
}

static void whole_numbers_beyond_doubles_stay_apart(void **state) {
    (void)state;
    static const struct {
        const char *dtype;
        uint64_t start;
    } cases[] = {{"<u8", (uint64_t)1 << 63},        {">u8", (uint64_t)1 << 63},
                 {"<u8", UINT64_MAX - 90},          {"<i8", ((uint64_t)1 << 62) + 1},
                 {">i8", (uint64_t)INT64_MAX - 60}, {"<i8", (uint64_t)INT64_MIN},
                 {"<u8", ((uint64_t)1 << 53) + 1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fa_dataset *set;
        bool big = cases[c].dtype[0] == '>';
        assert_ok(fa_dataset_read(&set, eights(cases[c].dtype, cases[c].start, 20, big), NULL));
        for (size_t i = 1; i < 20; i++)
            assert_true(fa_dataset_vector(set, i)[0] - fa_dataset_vector(set, i - 1)[0] == 3);
        double first = (double)fa_dataset_vector(set, 0)[0] + fa_dataset_shift(set, 0);
        bool negative = cases[c].dtype[1] == 'i' && cases[c].start >> 63 != 0;
        assert_true(first == (negative ? -0x1p63 : (double)cases[c].start));
        assert_string_equal(fa_dataset_note(set), "");
        fa_dataset_free(set);
    }
}

/* ==== What NumPy wrote ==== */

static void matrix_numpy_dtypes_read(void **state) {
    (void)state;
    static const struct {
        const char *dtype;
        enum { SIGNED, UNSIGNED, BOOL, QUARTERS } holds;
    } cases[] = {
        {"i1", SIGNED},
        {"le_i2", SIGNED},
        {"be_i2", SIGNED},
        {"le_i4", SIGNED},
        {"be_i4", SIGNED},
        {"le_i8", SIGNED},
        {"be_i8", SIGNED},
        {"b1", BOOL},
        {"u1", UNSIGNED},
        {"le_u2", UNSIGNED},
        {"be_u2", UNSIGNED},
        {"le_u4", UNSIGNED},
        {"be_u4", UNSIGNED},
        {"le_u8", UNSIGNED},
        {"be_u8", UNSIGNED},
        {"le_f2", QUARTERS},
        {"be_f2", QUARTERS},
        {"le_f4", QUARTERS},
        {"be_f4", QUARTERS},
        {"le_f8", QUARTERS},
        {"be_f8", QUARTERS},
        {"v2_le_f4", QUARTERS},
        {"fortran_le_f4", QUARTERS},
        {"fortran_be_f2", QUARTERS},
        {"v3_le_f4", QUARTERS},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char name[64];
        snprintf(name, sizeof name, "matrix_%s", cases[c].dtype);
        float *x;
        size_t n, d;
        assert_ok(fa_matrix_read(&x, &n, &d, numpy_file(name)));
        assert_int_equal(n, 3);
        assert_int_equal(d, 4);
        for (int i = 0; i < 12; i++) {
            float v = (float)(i - 3);
            float wanted = cases[c].holds == SIGNED     ? v
                           : cases[c].holds == UNSIGNED ? fabsf(v)
                           : cases[c].holds == BOOL     ? (float)(v != 0)
                                                        : v / 4;
            if (x[i] != wanted)
                fail_msg("%s [%d] = %g, wanted %g", name, i, (double)x[i], (double)wanted);
        }
        fa_free(x);
    }
}

static void matrix_float16_limits_exact(void **state) {
    (void)state;
    static const double wanted[] = {1, 65504, 0x1p-14, 0x1.ff8p-15, 0x1p-24, -0.0, -2.001953125};
    float *x;
    size_t n, d;
    assert_ok(fa_matrix_read(&x, &n, &d, numpy_file("halves")));
    assert_int_equal(n, 7);
    assert_int_equal(d, 1); /* 1-D reads as one column */
    for (size_t i = 0; i < n; i++) assert_true((double)x[i] == wanted[i]);
    assert_true(signbit(x[5]));
    fa_free(x);
}

static void labels_numpy_read(void **state) {
    (void)state;
    static const int32_t wanted[] = {3, -7, INT32_MAX, INT32_MIN}, column[] = {1, 2, -4};
    int32_t *labels;
    size_t n;
    assert_ok(fa_labels_read(&labels, &n, numpy_file("labels_be_i8")));
    assert_int_equal(n, 4);
    assert_memory_equal(labels, wanted, sizeof wanted);
    fa_free(labels);
    assert_ok(fa_labels_read(&labels, &n, numpy_file("labels_column_le_f8")));
    assert_int_equal(n, 3);
    assert_memory_equal(labels, column, sizeof column);
    fa_free(labels);
}

static void numpy_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        fa_status status;
        const char *says;
    } cases[] = {
        {"refused_object", FA_E_FORMAT, "dtype '|O' is Python objects"},
        {"refused_complex", FA_E_FORMAT, "dtype '<c8' is complex numbers"},
        {"refused_bytes", FA_E_FORMAT, "dtype '|S3' is text"},
        {"refused_text", FA_E_FORMAT, "dtype '<U3' is text"},
        {"refused_structured", FA_E_FORMAT, "the dtype is structured"},
        {"refused_void", FA_E_FORMAT, "dtype '|V3' is raw bytes"},
        {"refused_datetime", FA_E_FORMAT, "dtype '<M8[D]' is dates"},
        {"refused_longdouble", FA_E_FORMAT, "dtype '<f16' is of a size not known"},
        {"refused_zero_d", FA_E_SHAPE, "has 0 dimensions; 1 or 2"},
        {"refused_three_d", FA_E_SHAPE, "has 3 dimensions; 1 or 2 can be read (save array.reshape"},
        {"refused_empty", FA_E_SHAPE, "0 x 3 is empty"},
        {"nan_le_f4", FA_E_NONFINITE, "row 1, column 1: nan is not"},
        {"inf_be_f2", FA_E_NONFINITE, "row 0, column 1: -inf is not"},
        {"beyond_float32_le_f8", FA_E_NONFINITE, "row 1, column 0: 1e+39 is not a finite float32"},
    };
    float *x = NULL;
    size_t n = 7, d = 7;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(fa_matrix_read(&x, &n, &d, numpy_file(cases[i].name)), cases[i].status,
                     cases[i].says);
        assert_non_null(strstr(fa_error_detail(), cases[i].name));
    }
    assert_null(x);
    assert_true(n == 7 && d == 7);
    int32_t *labels = NULL;
    assert_fails(fa_labels_read(&labels, &n, numpy_file("too_large_le_i8")), FA_E_FORMAT,
                 "row 2: 2147483648 is no label: it does not fit int32");
    assert_fails(fa_labels_read(&labels, &n, numpy_file("not_whole_le_f4")), FA_E_FORMAT,
                 "row 2: 2.5 is no label: it is not whole");
    assert_fails(fa_labels_read(&labels, &n, numpy_file("nan_le_f4")), FA_E_SHAPE,
                 "2 x 2; labels want one column");
    assert_null(labels);
}

/* ==== What we write ==== */

static void assert_same_files(const char *a, const char *b) {
    unsigned char *x, *y;
    size_t n_x, n_y;
    assert_ok(fa__file_read(&x, &n_x, a));
    assert_ok(fa__file_read(&y, &n_y, b));
    assert_int_equal(n_x, n_y);
    assert_memory_equal(x, y, n_x);
    fa__free(x);
    fa__free(y);
}

static void matrix_written_as_numpy_does(void **state) {
    (void)state;
    float x[12], *again;
    size_t n, d;
    for (int i = 0; i < 12; i++) x[i] = (float)(i - 3) / 4;
    const char *path = path_of("x.npy");
    assert_ok(fa_matrix_write(path, x, 3, 4));
    assert_same_files(path, numpy_file("matrix_le_f4"));
    assert_ok(fa_matrix_read(&again, &n, &d, path));
    assert_int_equal(n, 3);
    assert_int_equal(d, 4);
    assert_memory_equal(again, x, sizeof x);
    fa_free(again);
    for (size_t columns = 1; columns < 12; columns++) { /* widths of the header differ */
        assert_ok(fa_matrix_write(path, x, 1, columns));
        assert_ok(fa_matrix_read(&again, &n, &d, path));
        assert_true(n == 1 && d == columns);
        assert_memory_equal(again, x, columns * sizeof *x);
        fa_free(again);
    }
}

static void labels_written_read_back(void **state) {
    (void)state;
    static const int32_t labels[] = {0, -1, INT32_MIN, INT32_MAX, 5};
    int32_t *again;
    size_t n;
    assert_ok(fa_labels_write(path_of("l.npy"), labels, 5));
    assert_ok(fa_labels_read(&again, &n, path_of("l.npy")));
    assert_int_equal(n, 5);
    assert_memory_equal(again, labels, sizeof labels);
    fa_free(again);
}

static void write_wrong_input_leaves_nothing(void **state) {
    (void)state;
    float x[4] = {1, 2, 3, NAN};
    const int32_t label = 1;
    const char *path = path_of("w.npy");
    assert_fails(fa_matrix_write(path, x, 2, 2), FA_E_NONFINITE, "row 1, column 1 is nan");
    x[2] = -INFINITY;
    assert_fails(fa_matrix_write(path, x, 2, 2), FA_E_NONFINITE, "row 1, column 0 is -inf");
    assert_fails(fa_matrix_write(path, x, 0, 2), FA_E_SHAPE, "0 x 2 is empty");
    assert_fails(fa_matrix_write(path, x, 2, 0), FA_E_SHAPE, "2 x 0 is empty");
    assert_fails(fa_matrix_write(path, x, SIZE_MAX / 2, 3), FA_E_SHAPE, "overflows");
    assert_fails(fa_labels_write(path, &label, 0), FA_E_SHAPE, "no labels");
    assert_fails(fa_labels_write(path, &label, SIZE_MAX / 2), FA_E_SHAPE, "overflows");
    assert_fails(fa_matrix_write(path_of("absent/x.npy"), x, 1, 1), FA_E_IO, "cannot be written");
    assert_ok(fa__make_folder(path_of("taken")));
    assert_fails(fa_labels_write(path_of("taken"), &label, 1), FA_E_IO, "is a folder");
    assert_int_equal(entries_of(test_folder), 1);
}

/* ==== Made by hand ==== */

#define DICT(descr, order, shape)                                                                  \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }"

static void header_spellings_accepted(void **state) {
    (void)state;
    static const char *const dicts[] = {
        DICT("'<f4'", "False", "(2, 2)"),
        "{\"shape\": (2L, 2L), \"descr\": \"<f4\", \"fortran_order\": False}  \n",
        "{'fortran_order':True,'shape':(2,2,),'descr':'=f4'}\n",
    };
    for (size_t i = 0; i < 3; i++) {
        float *x;
        size_t n, d;
        assert_ok(fa_matrix_read(&x, &n, &d, made(dicts[i], 16)));
        assert_true(n == 2 && d == 2 && x[3] == 0);
        fa_free(x);
    }
}

static void header_wrong_is_error(void **state) {
    (void)state;
    static const struct {
        const char *dict;
        size_t n_data;
        const char *says;
    } cases[] = {
        {"", 0, "character 1: '{' is wanted"},
        {"{", 0, "character 2: a key in quotes"},
        {"{'descr", 0, "a closing quote"},
        {"{'descr' '<f4'}", 0, "character 10: ':' is wanted, found ''<f4'}'"},
        {"{'descr': <f4}", 0, "the dtype in quotes"},
        {"{'fortran_order': 1}", 0, "True or False"},
        {"{'shape': 3}", 0, "a tuple of sizes"},
        {"{'shape': (3 4)}", 0, "',' or ')'"},
        {"{'shape': (-3,)}", 0, "a size below 2^63"},
        {"{'shape': (9223372036854775808,)}", 0, "a size below 2^63"},
        {"{'shape': (3,", 0, "a size below 2^63"},
        {"{'shape': (3,) 'descr': '<f4'}", 0, "',' or '}'"},
        {"{'shape': (3,), 'shape': (3,)}", 0, "each of descr, fortran_order and shape once"},
        {"{'other': 1}", 0, "shape once is wanted, found 'other'"},
        {"{'shape': (1,), 'descr': '<f4'}", 4, "each of descr, fortran_order and shape once"},
        {DICT("'<f4'", "False", "(1,)") "x", 4, "nothing more is wanted, found 'x'"},
        {DICT("''", "False", "(1,)"), 4, "dtype '' is"},
        {DICT("'<'", "False", "(1,)"), 4, "dtype '<' is"},
        {DICT("'<f3'", "False", "(1,)"), 4, "dtype '<f3' is of a size not known here"},
        {DICT("'<i16'", "False", "(1,)"), 16, "dtype '<i16' is of a size not known here"},
        {DICT("'f4'", "False", "(1,)"), 4, "does not say its byte order"},
        {DICT("'|f4'", "False", "(1,)"), 4, "does not say its byte order"},
        {DICT("'<x4'", "False", "(1,)"), 4, "a dtype not known here"},
        {DICT("'<f4'", "False", "(2,)"), 7,
         "claims 2 x 1 elements of 4 bytes, but only 7 bytes of data follow"},
        {DICT("'<f4'", "False", "(2,)"), 9, "of 4 bytes = 8 bytes, but 9 bytes of data follow"},
        {DICT("'<f4'", "False", "(1099511627776, 64)"), 16,
         "claims 1099511627776 x 64 elements of 4 bytes, but only 16 bytes"},
        {DICT("'<f4'", "False", "(4294967296, 4294967296)"), 16, "but only 16 bytes"},
        {DICT("'<f8'", "False", "(2305843009213693952,)"), 0, "but only 0 bytes"},
    };
    float *x = NULL;
    size_t n, d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = made(cases[i].dict, cases[i].n_data);
        assert_fails(fa_matrix_read(&x, &n, &d, path), FA_E_FORMAT, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), "made.npy: "));
    }
    assert_fails(fa_matrix_read(&x, &n, &d, made(DICT("'<f4'", "False", "(1099511627776, 0)"), 0)),
                 FA_E_SHAPE, "1099511627776 x 0 is empty");
    assert_null(x);
}

static void prefix_wrong_is_error(void **state) {
    (void)state;
    float *x = NULL;
    size_t n, d;
    assert_fails(fa_matrix_read(&x, &n, &d, file_of("v.npy", "\x93NUMPY\4\0\0\0\0\0", 12)),
                 FA_E_FORMAT, ".npy format 4.0 is not known here (1.0, 2.0, 3.0 are)");
    assert_fails(fa_matrix_read(&x, &n, &d, file_of("v.npy", "\x93NUMPY\1\1\0\0", 10)), FA_E_FORMAT,
                 ".npy format 1.1");
    assert_fails(fa_matrix_read(&x, &n, &d, text_file("t.npy", "1 2 3\n")), FA_E_FORMAT,
                 "is no .npy file");
    assert_fails(fa_matrix_read(&x, &n, &d, file_of("h.npy", "\x93NUMPY\2\0\xff\xff\xff\xff", 12)),
                 FA_E_FORMAT, "header claims 4294967295 bytes, but only 0 follow");
    assert_fails(fa_matrix_read(&x, &n, &d, path_of("absent.npy")), FA_E_IO, "cannot be opened");
}

static void truncated_anywhere_is_error(void **state) {
    (void)state;
    static const char *const names[] = {"matrix_le_f4", "matrix_v2_le_f4", "matrix_b1"};
    for (size_t i = 0; i < 3; i++) {
        unsigned char *bytes;
        size_t size, n, d;
        float *x = NULL;
        assert_ok(fa__file_read(&bytes, &size, numpy_file(names[i])));
        for (size_t cut = 0; cut < size; cut++)
            assert_fails(fa_matrix_read(&x, &n, &d, file_of("cut.npy", bytes, cut)), FA_E_FORMAT,
                         "cut.npy: ");
        fa__free(bytes);
    }
}

/* ==== Labels as text and IDX ==== */

static void labels_text_read(void **state) {
    (void)state;
    static const int32_t wanted[] = {7, -2, 3, INT32_MAX};
    int32_t *labels;
    size_t n;
    assert_ok(fa_labels_read(&labels, &n, text_file("l.txt", "7\n -2 \r\n+3\n2147483647")));
    assert_int_equal(n, 4);
    assert_memory_equal(labels, wanted, sizeof wanted);
    fa_free(labels);
}

static void labels_text_wrong_names_line(void **state) {
    (void)state;
    int32_t *labels = NULL;
    size_t n;
    static const char *const second[] = {
        "x", "1 2", "1.5", "", "2147483648", "-2147483649", "99999999999999999999", "-", "1,"};
    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        char text[64], says[64];
        snprintf(text, sizeof text, "1\n%s\n3\n", second[i]);
        snprintf(says, sizeof says, "l.txt: line 2: '%s' is not one 32-bit integer", second[i]);
        assert_fails(fa_labels_read(&labels, &n, text_file("l.txt", text)), FA_E_FORMAT, says);
    }
    assert_fails(fa_labels_read(&labels, &n, text_file("l.txt", "")), FA_E_FORMAT, "is empty");
    assert_fails(fa_labels_read(&labels, &n, file_of("l.png", "\x89PNG\r\n\x1a\n\0\0", 10)),
                 FA_E_FORMAT, "line 1: '.PNG' is not one 32-bit integer (labels are an .npy file");
    assert_null(labels);
}

static void labels_idx_read(void **state) {
    (void)state;
    int32_t *labels;
    size_t n;
    assert_ok(
        fa_labels_read(&labels, &n, file_of("l.idx", "\0\0\x08\x01\0\0\0\x03\x05\0\xff", 11)));
    assert_int_equal(n, 3);
    assert_true(labels[0] == 5 && labels[1] == 0 && labels[2] == 255);
    fa_free(labels);
    labels = NULL;
    assert_fails(fa_labels_read(&labels, &n, file_of("l.idx", "\0\0\x08\x01\0\0\0\x03\x05\0", 10)),
                 FA_E_FORMAT,
                 "cut short: the IDX header claims 3 records, 3 bytes of data, the "
                 "file has 2");
    assert_fails(fa_labels_read(&labels, &n, file_of("l.idx", "\0\0\x08\x03\0\0\0\x03", 8)),
                 FA_E_FORMAT, "holds IDX images (magic 0x00000803), IDX labels (0x00000801)");
    assert_fails(fa_labels_read(&labels, &n, file_of("l.idx", "\0\0\x0c\x01\0\0\0\x03", 8)),
                 FA_E_FORMAT, "element type of this IDX file is 0x0c");
    assert_null(labels);
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    float *x;
    int32_t *labels;
    size_t n, d;
    const char *matrix = numpy_file("matrix_be_f8");
    assert_survives_nomem(fa_matrix_read(&x, &n, &d, matrix), fa_free(x));
    const char *array = numpy_file("labels_be_i8");
    assert_survives_nomem(fa_labels_read(&labels, &n, array), fa_free(labels));
    const char *text = text_file("l.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n"
                                          "17\n18\n");
    assert_survives_nomem(fa_labels_read(&labels, &n, text), fa_free(labels));
    const char *idx = file_of("l.idx", "\0\0\x08\x01\0\0\0\x01\x05", 9);
    assert_survives_nomem(fa_labels_read(&labels, &n, idx), fa_free(labels));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_numbers_beyond_doubles_stay_apart, clear_test_folder),
        cmocka_unit_test_setup(matrix_numpy_dtypes_read, clear_test_folder),
        cmocka_unit_test_setup(matrix_float16_limits_exact, clear_test_folder),
        cmocka_unit_test_setup(labels_numpy_read, clear_test_folder),
        cmocka_unit_test_setup(numpy_refused_by_name, clear_test_folder),
        cmocka_unit_test_setup(matrix_written_as_numpy_does, clear_test_folder),
        cmocka_unit_test_setup(labels_written_read_back, clear_test_folder),
        cmocka_unit_test_setup(write_wrong_input_leaves_nothing, clear_test_folder),
        cmocka_unit_test_setup(header_spellings_accepted, clear_test_folder),
        cmocka_unit_test_setup(header_wrong_is_error, clear_test_folder),
        cmocka_unit_test_setup(prefix_wrong_is_error, clear_test_folder),
        cmocka_unit_test_setup(truncated_anywhere_is_error, clear_test_folder),
        cmocka_unit_test_setup(labels_text_read, clear_test_folder),
        cmocka_unit_test_setup(labels_text_wrong_names_line, clear_test_folder),
        cmocka_unit_test_setup(labels_idx_read, clear_test_folder),
        cmocka_unit_test_setup(out_of_memory_is_clean, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
