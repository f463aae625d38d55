/* The safetensors files of models and checkpoints: round trip, the official package's bytes, every
 * way in which a file can lie. */
#define _XOPEN_SOURCE 700
#include "formats/safetensors.h"

#include "data_files.h"

static const float a_values[] = {1.5f, -2, 3}, scalar_value = 7;
static const double b_values[] = {0.1, 1e300};
static const int64_t steps_values[] = {-1, (int64_t)1 << 62};

static const fa__tensor sample[] = {
    {.name = "a", .dtype = FA__F32, .rank = 2, .shape = {1, 3}, .data = a_values},
    {.name = "b", .dtype = FA__F64, .rank = 1, .shape = {2}, .data = b_values},
    {.name = "steps", .dtype = FA__I64, .rank = 2, .shape = {2, 1}, .data = steps_values},
    {.name = "scalar", .dtype = FA__F32, .rank = 0, .data = &scalar_value},
    {.name = "empty", .dtype = FA__F32, .rank = 2, .shape = {2, 0}, .data = NULL},
};
enum { N_SAMPLE = sizeof sample / sizeof *sample };
static const char *const sample_metadata[][2] = {{"kind", "test"}, {"quote", "a \"b\"\n"}};

static const char *write_sample(const char *name) {
    const char *path = path_of(name);
    assert_ok(fa__safetensors_write(path, sample, N_SAMPLE, sample_metadata, 2));
    return path;
}

/* A file of this JSON header and n_data zero bytes of data. */
static const char *made(const char *json, size_t n_data) {
    static const unsigned char zeros[64];
    pile p = {.size = 0};
    put_little(&p, strlen(json), 8);
    put(&p, json, strlen(json));
    put(&p, zeros, n_data);
    return file_of("made.safetensors", p.bytes, p.size);
}

static void written_read_back_equal(void **state) {
    (void)state;
    fa__safetensors *file;
    assert_ok(fa__safetensors_read(&file, write_sample("s.safetensors")));
    assert_int_equal(fa__safetensors_count(file), N_SAMPLE);
    for (size_t i = 0; i < N_SAMPLE; i++) {
        const fa__tensor *t = fa__safetensors_find(file, sample[i].name);
        assert_non_null(t);
        assert_int_equal(t->dtype, sample[i].dtype);
        assert_int_equal(t->rank, sample[i].rank);
        assert_memory_equal(t->shape, sample[i].shape, t->rank * sizeof *t->shape);
        size_t size = fa__tensor_count(t) * fa__dtype_size(t->dtype);
        assert_int_equal((uintptr_t)t->data % fa__dtype_size(t->dtype), 0);
        if (size > 0) assert_memory_equal(t->data, sample[i].data, size);
    }
    assert_null(fa__safetensors_find(file, "c"));
    assert_null(fa__safetensors_at(file, N_SAMPLE));
    assert_string_equal(fa__safetensors_at(file, 0)->name, "b"); /* 8-byte types first */
    assert_string_equal(fa__safetensors_metadata(file, "quote"), "a \"b\"\n");
    assert_null(fa__safetensors_metadata(file, "absent"));
    fa__safetensors_free(file);
    fa__safetensors_free(NULL);
    if (getenv("FA_TEST_KEEP") != NULL) /* for tests/oracle/safetensors_file.py check */
        assert_ok(
            fa__safetensors_write(getenv("FA_TEST_KEEP"), sample, N_SAMPLE, sample_metadata, 2));
}

static void written_known_bytes(void **state) {
    (void)state;
    fa__tensor one = {.name = "x", .dtype = FA__F32, .rank = 1, .shape = {1}, .data = a_values};
    const char *path = path_of("one.safetensors");
    assert_ok(fa__safetensors_write(path, &one, 1, NULL, 0));
    static const char header[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    size_t padded = (strlen(header) + 7) / 8 * 8;
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, path));
    assert_int_equal(size, 8 + padded + 4);
    assert_int_equal(bytes[0], padded);
    assert_memory_equal(bytes + 1, "\0\0\0\0\0\0\0", 7);
    assert_memory_equal(bytes + 8, header, strlen(header));
    for (size_t i = strlen(header); i < padded; i++) assert_int_equal(bytes[8 + i], ' ');
    assert_memory_equal(bytes + 8 + padded, "\0\0\xc0\x3f", 4);
    fa__free(bytes);
}

static void written_twice_same_bytes(void **state) {
    (void)state;
    unsigned char *first, *second;
    size_t n_first, n_second;
    assert_ok(fa__file_read(&first, &n_first, write_sample("1.safetensors")));
    assert_ok(fa__file_read(&second, &n_second, write_sample("2.safetensors")));
    assert_int_equal(n_first, n_second);
    assert_memory_equal(first, second, n_first);
    fa__free(first);
    fa__free(second);
}

static void official_file_read(void **state) {
    (void)state;
    fa__safetensors *file;
    assert_ok(fa__safetensors_read(&file, fixture("official.safetensors")));
    assert_int_equal(fa__safetensors_count(file), 5);
    const fa__tensor *weight = fa__safetensors_find(file, "fc.weight");
    assert_int_equal(weight->rank, 2);
    assert_int_equal(weight->shape[0], 2);
    assert_int_equal(weight->shape[1], 3);
    for (int i = 0; i < 6; i++) assert_near(((const float *)weight->data)[i], i / 4.0 - 0.5, 0);
    assert_near(*(const float *)fa__safetensors_find(file, "fc.bias")->data, 1.5, 0);
    const fa__tensor *step = fa__safetensors_find(file, "step");
    assert_int_equal(step->rank, 0);
    assert_true(*(const int64_t *)step->data == ((int64_t)1 << 40) + 1);
    const double *loss = fa__safetensors_find(file, "loss")->data;
    assert_true(loss[0] == 0.1 && loss[1] == -1e300);
    assert_int_equal(fa__tensor_count(fa__safetensors_find(file, "none")), 0);
    assert_string_equal(fa__safetensors_metadata(file, "name"), "Gr\xc3\xb6\xc3\x9f"
                                                                "e");
    fa__safetensors_free(file);
}

static void foreign_header_length_data_aligned(void **state) {
    (void)state;
    fa__safetensors *file;
    const char *json = "{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}";
    for (size_t blanks = 0; blanks < 8; blanks++) {
        char padded[128];
        snprintf(padded, sizeof padded, "%s%.*s", json, (int)blanks, "        ");
        assert_ok(fa__safetensors_read(&file, made(padded, 16)));
        const double *x = fa__safetensors_find(file, "x")->data;
        assert_int_equal((uintptr_t)x % 8, 0);
        assert_true(x[0] == 0 && x[1] == 0);
        fa__safetensors_free(file);
    }
}

static void truncated_anywhere_is_error(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, write_sample("s.safetensors")));
    fa__safetensors *file = NULL;
    for (size_t cut = 0; cut < size; cut++) {
        const char *path = file_of("cut.safetensors", bytes, cut);
        assert_fails(fa__safetensors_read(&file, path), FA_E_FORMAT, "cut.safetensors");
    }
    assert_null(file);
    pile p = {.size = 0};
    put(&p, bytes, size);
    put(&p, "\0", 1);
    assert_fails(fa__safetensors_read(&file, file_of("long.safetensors", p.bytes, p.size)),
                 FA_E_FORMAT, "the tensors end at byte 48 of the data, the file has 49");
    fa__free(bytes);
}

#define ENTRY(dtype, shape, offsets)                                                               \
    "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void wrong_header_is_error(void **state) {
    (void)state;
    static const struct {
        const char *json;
        size_t n_data;
        const char *says;
    } cases[] = {
        {"{\"x\":}", 0, "wrong near its byte"},
        {"[1]", 0, "must be an object"},
        {"{} {}", 0, "wrong near its byte"},
        {"{\"x\":1}", 0, "tensor 'x': an object of dtype, shape and data_offsets"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "an object of dtype, shape"},
        {"{\"x\":" ENTRY("1", "[1]", "[0,4]") "}", 4, "dtype must be a string"},
        {"{\"x\":" ENTRY("\"BF16\"", "[1]", "[0,2]") "}", 2, "dtype 'BF16' is not known"},
        {"{\"x\":" ENTRY("\"F32\"", "3", "[0,4]") "}", 4, "shape must be an array"},
        {"{\"x\":" ENTRY("\"F32\"", "[1,1,1,1,1]", "[0,4]") "}", 4, "at most 4 sizes"},
        {"{\"x\":" ENTRY("\"F32\"", "[-1]", "[0,4]") "}", 4, "size 0 of its shape"},
        {"{\"x\":" ENTRY("\"F32\"", "[1,1.5]", "[0,4]") "}", 4, "size 1 of its shape"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[4,0]") "}", 4, "begin <= end"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[-4,0]") "}", 4, "begin <= end"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[0]") "}", 4, "begin <= end"},
        {"{\"x\":" ENTRY("\"F32\"", "[2]", "[0,8]") "}", 4, "end at byte 8, but the file has 4"},
        {"{\"x\":" ENTRY("\"F32\"", "[2]", "[0,4]") "}", 4, "take 8 bytes, its data_offsets 4"},
        {"{\"x\":" ENTRY("\"F32\"", "[4294967296,4294967296]", "[0,4]") "}", 4, "overflows"},
        {"{\"x\":" ENTRY("\"F32\"", "[9223372036854775808]", "[0,4]") "}", 4, "wrong near"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[4,8]") "}", 8, "leave no gap"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[0,4]") ",\"y\":" ENTRY("\"F32\"", "[2]", "[0,8]") "}",
         8, "not overlap"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[0,4]") ",\"y\":" ENTRY("\"F64\"", "[1]", "[4,12]") "}",
         12, "no multiple of its element's 8"},
        {"{\"x\":" ENTRY("\"F32\"", "[1]", "[0,4]") ",\"x\":" ENTRY("\"F32\"", "[1]", "[4,8]") "}",
         8, "duplicate"},
        {"{\"\":" ENTRY("\"F32\"", "[1]", "[0,4]") "}", 4, "1 to 63 bytes"},
        {"{\"0123456789012345678901234567890123456789012345678901234567890123\":" ENTRY(
             "\"F32\"", "[1]", "[0,4]") "}",
         4, "tensor '0123456789012345678901234567890123456789...': its name"},
        {"{\"__metadata__\":[]}", 0, "must be an object of strings"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "'k' must be a string"},
    };
    fa__safetensors *file = NULL;
    size_t live = fa__memory_live();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = made(cases[i].json, cases[i].n_data);
        assert_fails(fa__safetensors_read(&file, path), FA_E_FORMAT, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), "made.safetensors: "));
        assert_null(strchr(fa_error_detail(), '\n'));
        assert_int_equal(fa__memory_live(), live);
    }
    assert_null(file);
    pile p = {.size = 0};
    put_little(&p, (uint64_t)1 << 60, 8);
    put(&p, "{}", 2);
    assert_fails(fa__safetensors_read(&file, file_of("huge.safetensors", p.bytes, p.size)),
                 FA_E_FORMAT, "claims a header of 1152921504606846976 bytes, but only 2 follow");
}

static void write_wrong_tensor_is_error(void **state) {
    (void)state;
    const char *path = path_of("w.safetensors");
    fa__tensor two[2] = {sample[0], sample[0]};
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "'a': the name is");
    memset(two[1].name, 'x', sizeof two[1].name);
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "1 to 63 bytes");
    memcpy(two[1].name, "", 1);
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "1 to 63 bytes");
    memcpy(two[1].name, "__metadata__", 13);
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "name is taken");
    memcpy(two[1].name, "\xff", 2);
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "not UTF-8");
    memcpy(two[1].name, "b", 2);
    two[1].data = NULL;
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_ARGUMENT, "'b' has no data");
    two[1].shape[0] = two[1].shape[1] = (size_t)1 << 32;
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_SHAPE, "overflows");
    two[1].rank = 5;
    assert_fails(fa__safetensors_write(path, two, 2, NULL, 0), FA_E_SHAPE, "rank 5; up to 4");
    const char *const doubled[][2] = {{"k", "1"}, {"k", "2"}};
    assert_fails(fa__safetensors_write(path, sample, 1, doubled, 2), FA_E_ARGUMENT, "given twice");
    const char *const bad[][2] = {{"k", "\xc3"}};
    assert_fails(fa__safetensors_write(path, sample, 1, bad, 1), FA_E_ARGUMENT, "not UTF-8");
    assert_int_equal(entries_of(test_folder), 0);
}

static void write_unwritable_folder_leaves_nothing(void **state) {
    (void)state;
    char path[FA__PATH_MAX];
    assert_ok(fa__path_join(path, test_folder, "absent/s.safetensors"));
    assert_fails(fa__safetensors_write(path, sample, N_SAMPLE, NULL, 0), FA_E_IO, path);
    /* A folder where the file should be: the rename fails after everything was written. */
    assert_ok(fa__make_folder(path_of("taken")));
    assert_fails(fa__safetensors_write(path_of("taken"), sample, N_SAMPLE, NULL, 0), FA_E_IO,
                 "is a folder");
    assert_int_equal(entries_of(test_folder), 1);
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    const char *path = path_of("m.safetensors");
    fa__safetensors *file = NULL;
    assert_survives_nomem(fa__safetensors_write(path, sample, N_SAMPLE, sample_metadata, 2), );
    assert_survives_nomem(fa__safetensors_read(&file, path), fa__safetensors_free(file));
    assert_fails(fa__safetensors_read(&file, path_of("absent")), FA_E_IO, "absent");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(written_read_back_equal, clear_test_folder),
        cmocka_unit_test_setup(written_known_bytes, clear_test_folder),
        cmocka_unit_test_setup(written_twice_same_bytes, clear_test_folder),
        cmocka_unit_test_setup(official_file_read, clear_test_folder),
        cmocka_unit_test_setup(foreign_header_length_data_aligned, clear_test_folder),
        cmocka_unit_test_setup(truncated_anywhere_is_error, clear_test_folder),
        cmocka_unit_test_setup(wrong_header_is_error, clear_test_folder),
        cmocka_unit_test_setup(write_wrong_tensor_is_error, clear_test_folder),
        cmocka_unit_test_setup(write_unwritable_folder_leaves_nothing, clear_test_folder),
        cmocka_unit_test_setup(out_of_memory_is_clean, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
