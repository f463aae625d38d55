/* IDX images and the labels beside them, and what fa_dataset_read says to files it does not know.
 */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"

#include <zlib.h>

/* Two images of 2 x 3. */
static const unsigned char image_bytes[] = {0, 0, 8, 3, 0, 0, 0, 2, 0,  0,   0, 2, 0, 0,
                                            0, 3, 1, 2, 3, 4, 5, 6, 10, 255, 0, 9, 8, 7};
static const unsigned char label_bytes[] = {0, 0, 8, 1, 0, 0, 0, 2, 9, 4};

static void zipped_file(const char *name, const void *bytes, size_t size) {
    gzFile file = gzopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

static fa_status read_with(fa_dataset **out, const char *path, const char *labels) {
    return fa_dataset_read(
        out, path, &(fa_read_options){.size = sizeof(fa_read_options), .hidden_file = labels});
}

static void images_read(void **state) {
    (void)state;
    fa_dataset *images;
    size_t height, width, channels, steps;
    const char *why;
    assert_ok(fa_dataset_read(&images, file_of("a.bin", image_bytes, sizeof image_bytes), NULL));
    assert_int_equal(fa_dataset_kind(images), FA_KIND_IMAGES);
    assert_int_equal(fa_dataset_count(images), 2);
    assert_int_equal(fa_dataset_features(images), 6);
    assert_null(fa_dataset_classes(images));
    const uint8_t *second = fa_dataset_image(images, 1, &height, &width, &channels);
    assert_true(height == 2 && width == 3 && channels == 1);
    assert_memory_equal(second, image_bytes + 22, 6);
    assert_null(fa_dataset_image(images, 2, &height, &width, &channels));
    assert_null(fa_dataset_series(images, 0, &steps));
    assert_int_equal(fa_dataset_skipped(images, &why), 0);
    assert_string_equal(why, "");
    assert_int_equal(fa_dataset_skipped(images, NULL), 0);
    assert_fails(fa_dataset_write(images, path_of("a.npz")), FA_E_ARGUMENT, "only series");
    fa_dataset_free(images);
    fa_dataset_free(NULL);
}

static void labels_found_by_official_names(void **state) {
    (void)state;
    static const char *const spellings[] = {"t-%s-idx%d-ubyte", "t-%s-idx%d-ubyte.gz",
                                            "t-%s.idx%d-ubyte", "t-%s.idx%d-ubyte.gz"};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            char name[64];
            fa_dataset *images;
            clear_test_folder(NULL);
            snprintf(name, sizeof name, spellings[j], "labels", 1);
            if (j % 2 == 1)
                zipped_file(name, label_bytes, sizeof label_bytes);
            else
                file_of(name, label_bytes, sizeof label_bytes);
            snprintf(name, sizeof name, spellings[i], "images", 3);
            if (i % 2 == 1)
                zipped_file(name, image_bytes, sizeof image_bytes);
            else
                file_of(name, image_bytes, sizeof image_bytes);
            assert_ok(fa_dataset_read(&images, path_of(name), NULL));
            const int32_t *classes = fa_dataset_classes(images);
            assert_non_null(classes);
            assert_true(classes[0] == 9 && classes[1] == 4);
            fa_dataset_free(images);
        }
}

static void labels_given_win_over_found(void **state) {
    (void)state;
    fa_dataset *images;
    const char *path = file_of("t-images-idx3-ubyte", image_bytes, sizeof image_bytes);
    file_of("t-labels-idx1-ubyte", label_bytes, sizeof label_bytes);
    assert_ok(read_with(&images, path, text_file("l.txt", "7\n-1\n")));
    assert_true(fa_dataset_classes(images)[0] == 7 && fa_dataset_classes(images)[1] == -1);
    fa_dataset_free(images);
    images = NULL;
    assert_fails(read_with(&images, path, text_file("l.txt", "7\n")), FA_E_SHAPE,
                 "l.txt: has 1 labels, but");
    assert_fails(read_with(&images, path, path_of("absent")), FA_E_IO, "absent");
    text_file("t-labels-idx1-ubyte", "1\n2\n3\n");
    assert_fails(fa_dataset_read(&images, path, NULL), FA_E_SHAPE, "has 3 labels");
    assert_null(images);
}

static void folder_of_idx_is_read_by_split(void **state) {
    (void)state;
    fa_dataset *images = NULL;
    fa_read_options test = {.size = sizeof test, .split = "test"},
                    train = {.size = sizeof train, .split = "train"};
    zipped_file("t10k-images-idx3-ubyte.gz", image_bytes, sizeof image_bytes);
    file_of("t10k-labels-idx1-ubyte", label_bytes, sizeof label_bytes);
    text_file("readme.md", "x");
    assert_ok(fa_dataset_read(&images, test_folder, NULL)); /* the only one */
    assert_int_equal(fa_dataset_classes(images)[0], 9);
    fa_dataset_free(images);
    images = NULL;
    assert_fails(fa_dataset_read(&images, test_folder, &train), FA_E_IO,
                 "holds no train split, but t10k-images-idx3-ubyte.gz");
    text_file("train-images.idx3-ubyte", "cut");
    assert_fails(fa_dataset_read(&images, test_folder, NULL), FA_E_ARGUMENT,
                 "say which (--split train, or test)");
    assert_fails(fa_dataset_read(&images, test_folder, &train), FA_E_FORMAT,
                 "train-images.idx3-ubyte");
    file_of("t10k-images-idx3-ubyte", image_bytes, sizeof image_bytes); /* unpacked beside it */
    assert_ok(fa_dataset_read(&images, test_folder, &test));
    fa_dataset_free(images);
    images = NULL;
    file_of("letters-test-images-idx3-ubyte", image_bytes, sizeof image_bytes);
    assert_fails(fa_dataset_read(&images, test_folder, &test), FA_E_ARGUMENT,
                 "give one of them by its own name");
    assert_null(images);
}

static void wrong_file_is_error(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"\0\0", 2, "has 2 bytes, its IDX header alone takes 16"},
        {"\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0", 15,
         "has 15 bytes, its IDX header alone takes 16"},
        {"\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"
         "abc",
         19, "is cut short: the IDX header claims 2 records, 4 bytes of data, the file has 3"},
        {"\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"
         "abcde",
         21, "is too long: the IDX header claims 2 records, 4 bytes of data, the file has 5"},
        {"\0\0\x08\x01\0\0\0\x02"
         "ab",
         10, "holds IDX labels (magic 0x00000801), IDX images (0x00000803) are wanted"},
        {"\0\0\x0d\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01"
         "abcd",
         20, "element type of this IDX file is 0x0d, only unsigned bytes (0x08)"},
        {"\0\0\x08\x04\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01"
         "a",
         21, "begins with magic 0x00000804; IDX images begin with 0x00000803"},
        {"\0\0\x08\x03\0\0\0\0\0\0\0\x01\0\0\0\x02", 16, "size 1 of 3 in the IDX header is 0"},
        {"\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\0", 16, "size 3 of 3 in the IDX header is 0"},
        {"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, "overflow"},
        {"\0\0\x08\x03\xff\xff\xff\xff\0\0\0\x1c\0\0\0\x1c", 16,
         "claims 4294967295 records, 3367254359280 bytes of data, the file has 0"},
        {"", 0,
         "is empty (known: IDX images (.gz too), or a folder of them; .npz of points, offsets and "
         "labels, or of x"},
        {"\x89PNG\r\n\x1a\n\0\0\0", 11, "is one PNG image; give the folder that holds the images"},
        {"hi", 2, "is text, but no table: fields stand between"},
    };
    fa_dataset *out = NULL;
    size_t live = fa__memory_live();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = file_of("wrong", cases[i].bytes, cases[i].size);
        assert_fails(fa_dataset_read(&out, path, NULL), FA_E_FORMAT, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), "/wrong: "));
        assert_int_equal(fa__memory_live(), live);
    }
    assert_fails(fa_dataset_read(&out, path_of("absent"), NULL), FA_E_IO, "cannot be opened");
    assert_fails(fa_dataset_read(&out, test_folder, NULL), FA_E_FORMAT,
                 "nothing known is in this folder (it holds 1 file");
    assert_fails(
        fa_dataset_read(&out, test_folder,
                        &(fa_read_options){.size = sizeof(fa_read_options), .split = "valid"}),
        FA_E_ARGUMENT, "split must be train or test, got 'valid'");
    assert_null(out);
}

static void zipped_cut_anywhere_is_error(void **state) {
    (void)state;
    zipped_file("whole.gz", image_bytes, sizeof image_bytes);
    FILE *stream = fopen(path_of("whole.gz"), "rb");
    unsigned char bytes[256];
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    assert_true(size > 20 && size < sizeof bytes);
    fa_dataset *out = NULL;
    for (size_t cut = 0; cut < size; cut++)
        assert_fails(fa_dataset_read(&out, file_of("cut.gz", bytes, cut), NULL), FA_E_FORMAT,
                     "cut.gz: ");
    assert_null(out);
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    fa_dataset *images;
    const char *path = file_of("t-images-idx3-ubyte", image_bytes, sizeof image_bytes);
    file_of("t-labels-idx1-ubyte", label_bytes, sizeof label_bytes);
    assert_survives_nomem(fa_dataset_read(&images, path, NULL), fa_dataset_free(images));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(images_read, clear_test_folder),
        cmocka_unit_test_setup(labels_found_by_official_names, clear_test_folder),
        cmocka_unit_test_setup(labels_given_win_over_found, clear_test_folder),
        cmocka_unit_test_setup(folder_of_idx_is_read_by_split, clear_test_folder),
        cmocka_unit_test_setup(wrong_file_is_error, clear_test_folder),
        cmocka_unit_test_setup(zipped_cut_anywhere_is_error, clear_test_folder),
        cmocka_unit_test_setup(out_of_memory_is_clean, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
