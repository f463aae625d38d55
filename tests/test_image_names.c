/* Folders of images: names, links and pipes in them, and images of several frames. */
#define _XOPEN_SOURCE 700
#include "png_files.h"

#include <sys/stat.h>
#include <unistd.h>

static void what_is_no_plain_file_is_named_and_not_waited_for(void **state) {
    (void)state;
    fa_dataset *out;
    const fa_read_options drop = {.size = sizeof drop, .missing = "drop"};
    need_png();
    flat_png("a", "1.png", GREY, 1);
    flat_png("b", "2.png", GREY, 2);
    assert_int_equal(symlink("nowhere", path_of("a/3.png")), 0);
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, "a/3.png: is a link to nothing");
    unlink(path_of("a/3.png"));
    assert_int_equal(mkfifo(path_of("b/4.png"), 0600), 0);
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, "b/4.png: is no plain file");
    assert_ok(fa_dataset_read(&out, test_folder, &drop));
    assert_int_equal(fa_dataset_count(out), 2);
    fa_dataset_free(out);
    unlink(path_of("b/4.png"));
}

static void folder_above_those_of_the_classes_is_told(void **state) {
    (void)state;
    fa_dataset *out;
    char wanted[FA__PATH_MAX];
    need_png();
    flat_png("x/y/a", "1.png", GREY, 1);
    snprintf(wanted, sizeof wanted, "give the folder that holds those of the classes: %s;",
             path_of("x/y"));
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, wanted);
}

static void names_that_are_no_utf8_are_escaped(void **state) {
    (void)state;
    fa_dataset *images;
    need_png();
    flat_png("caf\xe9", "a.png", RGB, 1);
    flat_png("th\xc3\xa9", "\xff.png", RGB, 2);
    flat_png("th\xc3\xa9", "b.png", RGB, 3);
    assert_ok(fa_dataset_read(&images, test_folder, NULL));
    assert_string_equal(fa_dataset_class_name(images, 0), "caf\\xe9");
    assert_string_equal(fa_dataset_class_name(images, 1), "th\xc3\xa9");
    assert_string_equal(fa_dataset_sample_name(images, 0), "caf\\xe9/a.png");
    assert_string_equal(fa_dataset_sample_name(images, 2), "th\xc3\xa9/\\xff.png");
    assert_non_null(strstr(fa_dataset_note(images), "2 of 3 names of files are no UTF-8"));
    fa_dataset_free(images);
}

static void png_of_several_frames_is_noted(void **state) {
    (void)state;
    static const struct {
        const char *frames;
        bool noted;
    } cases[] = {
        {"\0\0\0\2\0\0\0\0", true}, {"\0\0\1\0\0\0\0\0", true}, {"\0\0\0\1\0\0\0\0", false}};
    need_png();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum { HEAD = 8 + 25 }; /* the signature and the first chunk */
        pile whole, p = {.size = 0};
        fa_dataset *images;
        make_png(&whole, 1, 1, 8, GREY, (const unsigned char *)"\7", 1, NULL, false);
        put(&p, whole.bytes, HEAD);
        put_chunk(&p, "acTL", cases[i].frames, 8);
        put(&p, (const char *)whole.bytes + HEAD, whole.size - HEAD);
        assert_ok(read_only(&images, p.bytes, p.size));
        size_t height, width, channels;
        assert_int_equal(fa_dataset_image(images, 0, &height, &width, &channels)[0], 7);
        assert_int_equal(strstr(fa_dataset_note(images), "taken as the first frame") != NULL,
                         cases[i].noted);
        fa_dataset_free(images);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_no_plain_file_is_named_and_not_waited_for,
                               clear_test_folder),
        cmocka_unit_test_setup(folder_above_those_of_the_classes_is_told, clear_test_folder),
        cmocka_unit_test_setup(names_that_are_no_utf8_are_escaped, clear_test_folder),
        cmocka_unit_test_setup(png_of_several_frames_is_noted, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
