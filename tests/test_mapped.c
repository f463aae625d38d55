/* Large files that are mapped: the values stay in the file, and nothing else differs. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"
#include "formats/npy.h"

#include "train_runs.h"

enum { D = 64, N = FA__MAP_MIN / (D * 4) + 9 };

/* x.npy as it lies in memory, and y.npy with each float's bytes turned round: never mapped. */
static int make_files(void **state) {
    char header[FA__NPY_HEADER_MAX];
    FILE *file;
    clear_test_folder(state);
    float *x = clouds(N, D);
    assert_ok(fa_matrix_write(path_of("x.npy"), x, N, D));
    size_t used = fa__npy_header(header, ">f4", N, D);
    file = fopen(path_of("y.npy"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, used, file), used);
    for (size_t i = 0; i < (size_t)N * D; i++) {
        unsigned char turned[4];
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        for (size_t b = 0; b < 4; b++) turned[b] = (unsigned char)(bits >> (24 - 8 * b));
        assert_int_equal(fwrite(turned, 1, 4, file), 4);
    }
    assert_int_equal(fclose(file), 0);
    free(x);
    return 0;
}

/* Writes one float of x.npy anew. */
static void patch(size_t row, size_t column, float value) {
    FILE *file = fopen(path_of("x.npy"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -(long)(((N - row) * D - column) * sizeof value), SEEK_END), 0);
    assert_int_equal(fwrite(&value, sizeof value, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static fa_dataset *read_mapped(const char *name, const fa_read_options *options, bool mapped) {
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, path_of(name), options));
    assert_true(set->values.borrowed == mapped && (set->values.map != NULL) == mapped);
    return set;
}

static void matrix_stays_in_its_file(void **state) {
    (void)state;
    fa_dataset *set = read_mapped("x.npy", NULL, true), *copy = read_mapped("y.npy", NULL, false),
               *first;
    assert_true((unsigned char *)set->values.numbers > set->values.map &&
                (unsigned char *)(set->values.numbers + (size_t)N * D) ==
                    set->values.map + set->values.map_size);
    assert_memory_equal(set->values.numbers, copy->values.numbers, (size_t)N * D * sizeof(float));
    assert_ok(fa_dataset_first(&first, set, 3));
    fa_dataset_free(set); /* what was taken of it lives on */
    assert_memory_equal(first->values.numbers, copy->values.numbers, 3 * D * sizeof(float));
    fa_dataset_free(first);
    fa_dataset_free(copy);
    size_t n, d;
    float *x;
    assert_ok(fa_matrix_read(&x, &n, &d, path_of("x.npy")));
    assert_true(n == N && d == D);
    fa_free(x);
    assert_survives_nomem(fa_dataset_read(&set, path_of("x.npy"), NULL), fa_dataset_free(set));
}

static void missing_values_are_mended_in_memory_not_in_the_file(void **state) {
    (void)state;
    patch(5, 7, (float)NAN);
    fa_dataset *set, *copy = read_mapped("y.npy", NULL, false);
    assert_fails(fa_dataset_read(&set, path_of("x.npy"), NULL), FA_E_NONFINITE,
                 "row 5, column 7 (both from 0) is missing, 1 value in all");
    for (int turn = 0; turn < 2; turn++) { /* the second finds the file as the first did */
        set = read_mapped(
            "x.npy", &(fa_read_options){.size = sizeof(fa_read_options), .missing = "zero"}, true);
        assert_true(fa_dataset_vector(set, 5)[7] == 0);
        assert_memory_equal(fa_dataset_vector(set, 6), fa_dataset_vector(copy, 6), D * 4);
        fa_dataset_free(set);
        set = read_mapped(
            "x.npy", &(fa_read_options){.size = sizeof(fa_read_options), .missing = "drop"}, true);
        assert_int_equal(fa_dataset_count(set), N - 1);
        assert_int_equal(fa_dataset_row(set, N - 2), N - 1);
        assert_memory_equal(fa_dataset_vector(set, N - 2), fa_dataset_vector(copy, N - 1), D * 4);
        fa_dataset_free(set);
    }
    patch(5, 7, HUGE_VALF);
    assert_fails(fa_dataset_read(&set, path_of("x.npy"), NULL), FA_E_NONFINITE,
                 "row 5, column 7: inf is not a finite float32");
    fa_dataset_free(copy);
}

static void cut_file_is_refused(void **state) {
    (void)state;
    fa_dataset *set;
    struct stat info;
    assert_int_equal(stat(path_of("x.npy"), &info), 0);
    assert_int_equal(truncate(path_of("x.npy"), info.st_size - 4), 0);
    assert_fails(fa_dataset_read(&set, path_of("x.npy"), NULL), FA_E_FORMAT, "x.npy: the header");
}

static void images_stay_in_their_file(void **state) {
    (void)state;
    enum { SIDE = 64, IMAGES = FA__MAP_MIN / (SIDE * SIDE) + 1 };
    fa_dataset *set;
    size_t height, width, channels, size = 16 + (size_t)IMAGES * SIDE * SIDE;
    unsigned char *bytes = calloc(1, size);
    assert_non_null(bytes);
    const size_t sizes[] = {0x803, IMAGES, SIDE, SIDE};
    for (size_t i = 0; i < 16; i++) bytes[i] = (unsigned char)(sizes[i / 4] >> (24 - 8 * (i % 4)));
    for (size_t i = 16; i < size; i++) bytes[i] = (unsigned char)(i * 7 >> 3);
    file_of("i", bytes, size);
    set = read_mapped("i", NULL, true);
    assert_int_equal(fa_dataset_count(set), IMAGES);
    assert_memory_equal(fa_dataset_image(set, IMAGES - 1, &height, &width, &channels),
                        bytes + size - SIDE * SIDE, SIDE * SIDE);
    fa_dataset_free(set);
    free(bytes);
}

static void array_of_bytes_stays_in_its_file(void **state) {
    (void)state;
    enum { SIDE = 64, IMAGES = FA__MAP_MIN / (SIDE * SIDE) + 1 };
    static const char dict[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 64, 64), }";
    fa_dataset *set;
    size_t height, width, channels, size = 128 + (size_t)IMAGES * SIDE * SIDE;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10); /* 118 bytes of header follow */
    memset(bytes + 10, ' ', 118);
    bytes[10 + snprintf(bytes + 10, 118, dict, (int)IMAGES)] = ' ';
    for (size_t i = 128; i < size; i++) bytes[i] = (char)(i * 7 >> 3);
    file_of("b.npy", bytes, size);
    set = read_mapped("b.npy", NULL, true);
    assert_int_equal(fa_dataset_count(set), IMAGES);
    assert_memory_equal(fa_dataset_image(set, IMAGES - 1, &height, &width, &channels),
                        bytes + size - SIDE * SIDE, SIDE * SIDE);
    fa_dataset_free(set);
    free(bytes);
}

static void other_large_files_are_read(void **state) {
    (void)state;
    fa_dataset *set;
    size_t size = FA__MAP_MIN + 5;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'a', size);
    file_of("t.txt", text, size); /* one line without an end */
    set = NULL;
    assert_ok(fa_dataset_read(&set, path_of("t.txt"), NULL));
    assert_false(set->values.borrowed);
    fa_dataset_free(set);
    free(text);
}

/* ==== Training ==== */

static void run_of_a_mapped_file_has_the_bytes_of_a_copied_one(void **state) {
    (void)state;
    fa_recipe *recipe;
    static const char *const files[] = {"x.npy", "y.npy"}, *const runs[] = {"rx", "ry"};
    int32_t *classes = malloc(N * sizeof *classes);
    assert_non_null(classes);
    for (size_t i = 0; i < N; i++) classes[i] = (int32_t)(i % 4);
    assert_ok(fa_labels_write(path_of("c.npy"), classes, N));
    free(classes);
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {{"data.hidden", path_of("c.npy")},
                                     {"data.groups", "0,1 / 2,3"},
                                     {"data.validation", "0.02"},
                                     {"network.layers", "linear 4 relu target, linear out"},
                                     {"train.epochs", "1"},
                                     {"train.batch", "1024"},
                                     {"cluster.restarts", "1"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(fa_recipe_set(recipe, "data.train", path_of(files[i])));
        assert_ok(train_into(recipe, path_of(runs[i]), NULL, NULL));
    }
    assert_same_file("rx", "ry", "model.safetensors");
    assert_same_file("rx", "ry", "embeddings.npy");
    assert_same_file("rx", "ry", "scores.json");
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(matrix_stays_in_its_file, make_files),
        cmocka_unit_test_setup(missing_values_are_mended_in_memory_not_in_the_file, make_files),
        cmocka_unit_test_setup(cut_file_is_refused, make_files),
        cmocka_unit_test_setup(images_stay_in_their_file, clear_test_folder),
        cmocka_unit_test_setup(array_of_bytes_stays_in_its_file, clear_test_folder),
        cmocka_unit_test_setup(other_large_files_are_read, clear_test_folder),
        cmocka_unit_test_setup(run_of_a_mapped_file_has_the_bytes_of_a_copied_one, make_files),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
