/* Folders of images: what is taken of JPEG and PNG, classes by folder, and what is refused. The PNG
 * files are put together here chunk by chunk, so they do not rest on the library that reads them.
 */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include "formats/image_file.h"
#include "png_files.h"

#include <unistd.h>
#ifdef FA_HAVE_JPEG
#include <jpeglib.h>
#endif

#ifdef FA_HAVE_JPEG
enum { HAVE_JPEG = 1 };
#else
enum { HAVE_JPEG = 0 };
#endif

/* ==== Files ==== */

#ifdef FA_HAVE_JPEG
/* By libjpeg; `channels` 4 is CMYK. Returns the size. */
static size_t make_jpeg(unsigned char *out, size_t room, size_t height, size_t width, int channels,
                        const unsigned char *pixels, bool progressive) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *made = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, &size);
    jpeg.image_height = (JDIMENSION)height;
    jpeg.image_width = (JDIMENSION)width;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    for (int c = 0; c < channels; c++) /* colours in full resolution */
        jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
    if (progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (size_t y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + y * width * (size_t)channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_true(size <= room);
    memcpy(out, made, size);
    free(made);
    return size;
}
#endif

/* ==== Folders ==== */

static void split_folders_share_the_numbers_of_their_classes(void **state) {
    (void)state;
    fa_dataset *train, *test;
    const char *why;
    need_png();
    flat_png("train/owl", "2.PNG", GREY, 20); /* made out of order */
    flat_png("train/owl", "10.png", GREY, 10);
    flat_png("train/ant", "z.png", GREY, 30);
    flat_png("test/owl", "1.png", GREY, 40);
    flat_png("test/yak", "1.png", GREY, 50);
    flat_png("train/.hidden", "1.png", GREY, 60);
    text_file("train/owl/notes.txt", "x");
    text_file("train/owl/.notes", "x");
    assert_ok(read_split(&train, "train"));
    assert_ok(read_split(&test, "test"));
    assert_int_equal(fa_dataset_kind(train), FA_KIND_IMAGES);
    assert_int_equal(fa_dataset_count(train), 3);
    assert_int_equal(fa_dataset_count(test), 2);
    static const unsigned char firsts[] = {30, 10, 20}; /* ant/z, owl/10, owl/2 */
    size_t height, width, channels;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fa_dataset_image(train, i, &height, &width, &channels)[5], firsts[i]);
        assert_true(height == 2 && width == 3 && channels == 1);
    }
    assert_memory_equal(fa_dataset_classes(train), ((int32_t[]){0, 1, 1}), 12);
    assert_memory_equal(fa_dataset_classes(test), ((int32_t[]){1, 2}), 8);
    assert_string_equal(fa_dataset_class_name(train, 0), "ant");
    assert_string_equal(fa_dataset_class_name(test, 1), "owl");
    assert_string_equal(fa_dataset_class_name(train, 2), "yak"); /* which only test has */
    assert_null(fa_dataset_class_name(train, 3));
    assert_int_equal(fa_dataset_skipped(train, &why), 1);
    assert_non_null(strstr(why, "train/owl/notes.txt"));
    assert_int_equal(fa_dataset_skipped(test, NULL), 0);
    fa_dataset_free(test);
    flat_png("val/owl", "3.png", GREY, 70); /* a split of another name */
    assert_ok(read_split(&test, "test"));
    assert_int_equal(fa_dataset_skipped(test, &why), 1);
    assert_non_null(strstr(why, "val/owl/3.png"));
    fa_dataset_free(train), fa_dataset_free(test);
    unlink(path_of("train/.hidden/1.png")); /* what clear_test_folder leaves */
    rmdir(path_of("train/.hidden"));
    unlink(path_of("train/owl/.notes"));
    assert_fails(read_split(&train, NULL), FA_E_ARGUMENT, "say which");
    empty_folder(path_of("test"));
    assert_fails(read_split(&train, "test"), FA_E_ARGUMENT, "no test/CLASS/");
    assert_ok(read_split(&train, NULL)); /* the only one */
    fa_dataset_free(train);
}

static void flat_folder_is_one_split(void **state) {
    (void)state;
    fa_dataset *images;
    need_png();
    flat_png("b", "1.png", RGB, 1);
    flat_png("a", "1.png", RGB, 2);
    assert_ok(read_split(&images, "test")); /* there is but one */
    assert_int_equal(fa_dataset_features(images), 18);
    assert_string_equal(fa_dataset_class_name(images, 1), "b");
    fa_dataset_free(images);
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("labels.txt", "7\n9\n")};
    assert_ok(fa_dataset_read(&images, test_folder, &options));
    assert_memory_equal(fa_dataset_classes(images), ((int32_t[]){7, 9}), 8);
    assert_null(fa_dataset_class_name(images, 0));
    fa_dataset_free(images);
    options.hidden_file = text_file("labels.txt", "7\n9\n7\n");
    assert_fails(fa_dataset_read(&images, test_folder, &options), FA_E_SHAPE, "3 labels");
}

static void folder_without_classes_takes_labels_by_file(void **state) {
    (void)state;
    fa_dataset *images;
    need_png();
    flat_png("i", "b.png", RGB, 1);
    flat_png("i", "a.png", RGB, 2);
    flat_png("i", "c.PNG", RGB, 3);
    char folder[FA__PATH_MAX], labels[FA__PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path_of("i"));
    assert_ok(fa_dataset_read(&images, folder, NULL));
    assert_int_equal(fa_dataset_count(images), 3);
    assert_null(fa_dataset_classes(images));
    assert_null(fa_dataset_coarse(images));
    assert_string_equal(fa_dataset_sample_name(images, 2), "c.PNG");
    fa_dataset_free(images);
    assert_ok(fa__make_folder(path_of("i/texts"))); /* then the images are no data */
    text_file("i/texts/1", "one");
    assert_ok(fa_dataset_read(&images, folder, NULL));
    assert_int_equal(fa_dataset_kind(images), FA_KIND_TEXT);
    fa_dataset_free(images);
    empty_folder(path_of("i/texts"));
    assert_int_equal(rmdir(path_of("i/texts")), 0);
#ifdef FA_HAVE_CSV
    const char *why;
    snprintf(labels, sizeof labels, "%s",
             text_file("i/labels.csv", "file,label\nc.PNG,cat\na.png,?\nb.png,ant\n"));
    const fa_read_options options = {.size = sizeof(fa_read_options), .label_file = labels};
    assert_ok(fa_dataset_read(&images, folder, &options));
    assert_memory_equal(fa_dataset_coarse(images), ((const int32_t[]){-1, 0, 1}), 12);
    assert_int_equal(fa_dataset_skipped(images, &why), 1); /* the labels lie among the images */
    assert_non_null(strstr(why, "labels.csv"));
    fa_dataset_free(images);
    static const char *const forms[] = {
        "filename,breed\n../data/c.PNG,cat\nx/a.png,?\nb.png,ant\n",
        "image_id,breed\nc,cat\na,?\nb,ant\n",
        "label;path\ncat;.\\i\\c.PNG\n?;.\\i\\a.png\nant;i\\b.png\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        text_file("i/labels.csv", forms[i]);
        assert_ok(fa_dataset_read(&images, folder, &options));
        assert_memory_equal(fa_dataset_coarse(images), ((const int32_t[]){-1, 0, 1}), 12);
        fa_dataset_free(images);
    }
    flat_png("i", "b.jpg", RGB, 3); /* which of the two is "b" */
    text_file("i/labels.csv", "image_id,label\nc,cat\na,?\nb,ant\n");
    assert_fails(fa_dataset_read(&images, folder, &options), FA_E_LABEL, "is named 'b'");
    unlink(path_of("i/b.jpg"));
    static const char *const windows[] = {
        "img,lbl\nC:\\i\\c.png,cat\nC:\\i\\A.PNG,?\nC:\\i\\b.PNG,ant\n",
        "img,lbl\nC:\\i\\c.png,cat\nC:\\i\\a.PNG,?\nC:\\i\\b.PNG,ant\n"};
    text_file("i/labels.csv", windows[0]); /* the ending may differ in case, the name may not */
    assert_fails(fa_dataset_read(&images, folder, &options), FA_E_LABEL, "no sample of");
    text_file("i/labels.csv", windows[1]);
    assert_ok(fa_dataset_read(&images, folder, &options));
    assert_memory_equal(fa_dataset_coarse(images), ((const int32_t[]){-1, 0, 1}), 12);
    fa_dataset_free(images);
    text_file("i/labels.csv", "i/c.PNG 1\ni/a.png 0\ni/b.png 1\n"); /* as Caffe lists them */
    assert_fails(fa_dataset_read(&images, folder, &options), FA_E_FORMAT, "sed 's/ /,/'");
    text_file("i/labels.csv", "file,label\nd.png,cat\n");
    assert_fails(fa_dataset_read(&images, folder, &options), FA_E_LABEL,
                 "line 2, column 1: no sample of");
#else
    (void)labels;
#endif
}

static void run_among_the_images_is_passed_over_and_named(void **state) {
    (void)state;
    fa_dataset *images;
    const char *why;
    need_png();
    flat_png("i", "a.png", RGB, 1);
    flat_png("i", "b.png", RGB, 2);
    assert_ok(fa__make_folder(path_of("i/run")));
    text_file("i/run/recipe.ini", "");
    text_file("i/run/history.csv", "epoch\n");
    assert_ok(fa_dataset_read(&images, path_of("i"), NULL));
    assert_int_equal(fa_dataset_count(images), 2);
    assert_int_equal(fa_dataset_skipped(images, &why), 1);
    assert_non_null(strstr(why, "1 folder of a run (the first: "));
    fa_dataset_free(images);
}

static void image_of_another_size_is_named_whatever_the_threads(void **state) {
    (void)state;
    pile p;
    fa_dataset *out;
    static const unsigned char rows[64] = {1};
    need_png();
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "%02d.png", i);
        flat_png("a", name, GREY, i);
    }
    make_png(&p, 4, 5, 8, GREY, rows, 5, NULL, false);
    file_in("a", "12.png", p.bytes, p.size);
    file_in("a", "17.png", p.bytes, p.size);
    for (int threads = 1; threads <= 4; threads++) {
        fa_threads_set(threads);
        assert_fails(read_split(&out, NULL), FA_E_SHAPE, "a/12.png: is 4 x 5 (height, width)");
        assert_non_null(strstr(fa_error_detail(), "a/00.png is 2 x 3, and 2 of 20 images"));
        assert_non_null(strstr(fa_error_detail(), "--resize 2 makes all of them 2 x 2"));
    }
    fa_threads_set(0);
}

static fa_status read_resized(fa_dataset **out, size_t side, const char *missing) {
    const fa_read_options options = {.size = sizeof options, .resize = side, .missing = missing};
    return fa_dataset_read(out, test_folder, &options);
}

/* Flat images stay what they are at any size; the grey one becomes RGB. */
static void images_of_any_size_and_mode_become_alike_by_resize(void **state) {
    (void)state;
    pile p;
    fa_dataset *out;
    size_t h, w, c;
    unsigned char rows[4 * 15];
    need_png();
    memset(rows, 200, sizeof rows);
    flat_png("a", "1.png", GREY, 10);
    make_png(&p, 4, 5, 8, RGB, rows, 15, NULL, false);
    file_in("a", "2.png", p.bytes, p.size);
    for (int threads = 1; threads <= 4; threads += 3) {
        fa_threads_set(threads);
        assert_ok(read_resized(&out, 7, NULL));
        for (size_t i = 0; i < 2; i++) {
            const uint8_t *x = fa_dataset_image(out, i, &h, &w, &c);
            assert_true(h == 7 && w == 7 && c == 3);
            for (size_t k = 0; k < 7 * 7 * 3; k++) assert_int_equal(x[k], i == 0 ? 10 : 200);
        }
        assert_string_equal(fa_dataset_note(out),
                            "2 images of 2 x 3 to 4 x 5 (height, width) resized to 7 x 7; 1 grey "
                            "image made RGB as others are (the first: a/1.png); the images are "
                            "grey, stored in three equal channels");
        fa_dataset_free(out);
    }
    fa_threads_set(0);
    assert_fails(read_resized(&out, 5000, NULL), FA_E_ARGUMENT, "at most 4096");
}

static void grey_among_colours_becomes_rgb(void **state) {
    (void)state;
    fa_dataset *out;
    size_t h, w, c;
    need_png();
    flat_png("a", "1.png", RGB, 3);
    flat_png("a", "2.png", GREY, 9);
    assert_ok(read_split(&out, NULL));
    const uint8_t *x = fa_dataset_image(out, 1, &h, &w, &c);
    assert_true(h == 2 && w == 3 && c == 3);
    for (size_t k = 0; k < 18; k++) assert_int_equal(x[k], 9);
    assert_string_equal(fa_dataset_note(out),
                        "1 grey image made RGB as others are (the first: a/2.png); the images are "
                        "grey, stored in three equal channels");
    fa_dataset_free(out);
}

static void images_that_cannot_be_read_are_dropped_when_asked(void **state) {
    (void)state;
    fa_dataset *out;
    size_t h, w, c;
    const char *why;
    pile p;
    static const unsigned char rows[6] = {1, 2, 3, 4, 5, 6};
    need_png();
    flat_png("a", "1.png", GREY, 10);
    file_in("a", "2.png", "GIF89a..", 8);
    make_png(&p, 2, 3, 8, GREY, rows, 3, NULL, false);
    file_in("a", "3.png", p.bytes, p.size - 20); /* its header is whole, its pixels are not */
    flat_png("b", "4.png", GREY, 40);
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, "a/2.png: is GIF, whatever its name");
    assert_non_null(strstr(fa_error_detail(), "; --missing drop leaves such images out"));
    assert_ok(read_resized(&out, 0, "drop"));
    assert_int_equal(fa_dataset_count(out), 2);
    assert_int_equal(fa_dataset_image(out, 1, &h, &w, &c)[0], 40);
    assert_int_equal(fa_dataset_classes(out)[0], 0);
    assert_int_equal(fa_dataset_classes(out)[1], 1);
    assert_int_equal(fa_dataset_row(out, 1), 3);
    assert_string_equal(fa_dataset_sample_name(out, 1), "b/4.png");
    assert_int_equal(fa_dataset_skipped(out, &why), 2);
    assert_non_null(strstr(why, "2 images that cannot be read (the first: "));
    assert_non_null(strstr(why, "a/2.png: is GIF"));
    fa_dataset_free(out);
    file_in("a", "1.png", "", 0);
    file_in("b", "4.png", "", 0);
    assert_fails(read_resized(&out, 0, "drop"), FA_E_FORMAT, "a/1.png: is empty");
}

static void resize_is_refused_for_other_data(void **state) {
    (void)state;
    fa_dataset *out;
    const fa_read_options options = {.size = sizeof options, .resize = 8};
    const char *table = text_file("x.csv", "a,b\n1,2\n3,4\n");
    assert_fails(fa_dataset_read(&out, table, &options), FA_E_ARGUMENT,
                 "holds no images, so --resize 8 is not for it");
}

static void images_are_the_same_for_any_threads(void **state) {
    (void)state;
    fa_dataset *one, *four;
    size_t h, w, c;
    need_png();
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        flat_png(i % 3 ? "a" : "b", name, RGB, 3 * i);
    }
    fa_threads_set(1);
    assert_ok(read_split(&one, NULL));
    fa_threads_set(4);
    assert_ok(read_split(&four, NULL));
    fa_threads_set(0);
    assert_memory_equal(fa_dataset_image(one, 0, &h, &w, &c), fa_dataset_image(four, 0, &h, &w, &c),
                        40 * 18);
    assert_memory_equal(fa_dataset_classes(one), fa_dataset_classes(four), 40 * 4);
    fa_dataset_free(one), fa_dataset_free(four);
}

/* ==== PNG ==== */

static void png_forms_read_as_their_values(void **state) {
    (void)state;
    static const unsigned char deep[] = {0, 7, 255, 1, 100, 200},
                               bits[] = {0xa0, 0x40}, /* 101, 010 */
        pairs[] = {0x1b << 1 & 0xfc, 0xe4},           /* of 2 bits */
        nibbles[] = {0x0f, 0x80, 0x12, 0x30}, index[] = {0, 1, 2, 2, 1, 0},
                               rgb[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    static const char palette[] = "\1\2\3\xff\x80\x40zzz";
    static const struct {
        int depth, colour;
        const unsigned char *rows;
        size_t row, channels;
        unsigned char wanted[18];
    } cases[] = {
        {8, GREY, deep, 3, 1, {0, 7, 255, 1, 100, 200}},
        {1, GREY, bits, 1, 1, {255, 0, 255, 0, 255, 0}},
        {2, GREY, pairs, 1, 1, {0, 255, 85, 255, 170, 85}},
        {4, GREY, nibbles, 2, 1, {0, 255, 136, 17, 34, 51}},
        {8, RGB, rgb, 9, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
        {8,
         PALETTE,
         index,
         3,
         3,
         {1, 2, 3, 255, 128, 64, 'z', 'z', 'z', 'z', 'z', 'z', 255, 128, 64, 1, 2, 3}},
    };
    need_png();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pile p;
        fa_dataset *out;
        size_t h, w, c;
        make_png(&p, 2, 3, cases[i].depth, cases[i].colour, cases[i].rows, cases[i].row,
                 cases[i].colour == PALETTE ? palette : NULL, false);
        assert_ok(read_only(&out, p.bytes, p.size));
        const uint8_t *got = fa_dataset_image(out, 0, &h, &w, &c);
        assert_true(h == 2 && w == 3 && c == cases[i].channels);
        for (size_t k = 0; k < 6 * c; k++)
            if (got[k] != cases[i].wanted[k])
                fail_msg("case %zu: value %zu is %d, wanted %d", i, k, got[k], cases[i].wanted[k]);
        fa_dataset_free(out);
    }
}

static void png_of_16_bits_says_what_would_be_taken(void **state) {
    (void)state;
    static const unsigned char rows[64] = {0};
    pile p;
    fa_dataset *out;
    need_png();
    size_t before = fa__memory_live();
    make_png(&p, 2, 3, 16, GREY, rows, 6, NULL, false);
    assert_fails(read_only(&out, p.bytes, p.size), FA_E_FORMAT,
                 "only/a.png: has 16 bits a channel; 8 are taken (ImageMagick");
    make_png(&p, 2, 3, 16, RGB, rows, 18, NULL, false);
    assert_fails(read_only(&out, p.bytes, p.size), FA_E_FORMAT, "has 16 bits a channel");
    assert_int_equal(fa__memory_live(), before);
}

/* (a x + (255 - a) 255) / 255, rounded: 51 of 255 of 10 and 204 of white are 206. */
static void png_transparency_is_put_onto_white(void **state) {
    (void)state;
    static const unsigned char grey[12] = {10, 255, 10, 0, 10, 51, 0, 128, 255, 7, 255, 255},
                               rgb[24] = {1, 2, 3, 255, 1, 2,   3,  0,   10, 20, 30, 51,
                                          0, 0, 0, 128, 9, 255, 99, 255, 8,  8,  8,  254},
                               index[6] = {0, 1, 1, 0, 0, 1}, flat[6] = {1, 2, 1, 3, 1, 4};
    static const struct {
        int colour;
        const unsigned char *rows;
        size_t row, channels;
        bool clear;
        unsigned char wanted[18];
    } cases[] = {
        {GREY_ALPHA, grey, 6, 1, false, {10, 255, 206, 127, 255, 255}},
        {RGB_ALPHA,
         rgb,
         12,
         3,
         false,
         {1, 2, 3, 255, 255, 255, 206, 208, 210, 127, 127, 127, 9, 255, 99, 9, 9, 9}},
        /* entry 0 has alpha 0, entry 1 alpha 1 */
        {PALETTE,
         index,
         3,
         3,
         true,
         {255, 255, 255, 254, 254, 254, 254, 254, 254, 255, 255, 255, 255, 255, 255, 254, 254,
          254}},
        {GREY, flat, 3, 1, true, {255, 2, 255, 3, 255, 4}}, /* the grey 1 is clear */
    };
    need_png();
    size_t before = fa__memory_live();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pile p;
        fa_dataset *out;
        size_t h, w, c;
        make_png(&p, 2, 3, 8, cases[i].colour, cases[i].rows, cases[i].row,
                 cases[i].colour == PALETTE ? "abcdef" : NULL, cases[i].clear);
        assert_ok(read_only(&out, p.bytes, p.size));
        const uint8_t *got = fa_dataset_image(out, 0, &h, &w, &c);
        assert_true(h == 2 && w == 3 && c == cases[i].channels);
        for (size_t k = 0; k < 6 * c; k++)
            if (got[k] != cases[i].wanted[k])
                fail_msg("case %zu: value %zu is %d, wanted %d", i, k, got[k], cases[i].wanted[k]);
        static const char said[] =
            "1 image with transparency put onto white (the first: only/a.png)";
        assert_memory_equal(fa_dataset_note(out), said, strlen(said));
        fa_dataset_free(out);
    }
    assert_int_equal(fa__memory_live(), before);
}

static void grey_of_16_bits_among_colours_is_named(void **state) {
    (void)state;
    static const unsigned char rows[64] = {0};
    pile p;
    fa_dataset *out;
    need_png();
    flat_png("all", "a.png", RGB, 1);
    flat_png("all", "c.png", RGB, 2);
    make_png(&p, 2, 3, 16, GREY, rows, 6, NULL, false);
    file_in("all", "b.png", p.bytes, p.size);
    assert_fails(fa_dataset_read(&out, test_folder, NULL), FA_E_FORMAT,
                 "all/b.png: has 16 bits a channel; 8 are taken (ImageMagick: mogrify -depth 8");
}

/* ==== Damage ==== */

/* Cut anywhere it is refused by name; a byte changed, it reads or is refused, and that is all. */
static void assert_survives_damage(const unsigned char *bytes, size_t size) {
    unsigned char copy[1 << 14];
    fa_dataset *out;
    size_t before = fa__memory_live(), refused = 0;
    assert_true(size <= sizeof copy);
    for (size_t cut = 0; cut < size; cut++) {
        assert_fails(read_only(&out, bytes, cut), FA_E_FORMAT, "only/a.png: ");
        assert_int_equal(fa__memory_live(), before);
    }
    for (size_t at = 0; at < size; at++) {
        memcpy(copy, bytes, size);
        copy[at] ^= (unsigned char)(1u << at % 8);
        fa_status status = read_only(&out, copy, size);
        if (status == FA_OK)
            fa_dataset_free(out);
        else if (status != FA_E_FORMAT && status != FA_E_NOMEM)
            fail_msg("byte %zu: %s (%s)", at, fa_status_text(status), fa_error_detail());
        refused += status != FA_OK;
        assert_int_equal(fa__memory_live(), before);
    }
    assert_true(refused > 0);
}

static void png_damaged_is_refused(void **state) {
    (void)state;
    pile p;
    unsigned char rows[8 * 24];
    need_png();
    for (size_t i = 0; i < sizeof rows; i++) rows[i] = (unsigned char)(i * i);
    make_png(&p, 8, 8, 8, RGB, rows, 24, NULL, false);
    assert_survives_damage(p.bytes, p.size);
}

static void what_is_no_image_is_named(void **state) {
    (void)state;
    fa_dataset *out;
    static const struct {
        const char *bytes, *says;
    } cases[] = {{"GIF89a......", "only/a.png: is GIF, whatever its name"},
                 {"RIFF....WEBP", "is WebP"},
                 {"II*.........", "begins with 49 49 2a"},
                 {"BM..........", "is BMP"},
                 {"....ftypheic", "is HEIC"},
                 {"<!DOCTYPE ht", "a page of HTML"},
                 {"qwertyuiopas", "which is neither JPEG nor PNG"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(read_only(&out, cases[i].bytes, 12), FA_E_FORMAT, cases[i].says);
    assert_fails(read_only(&out, "", 0), FA_E_FORMAT, "only/a.png: is empty");
    unlink(path_of("only/a.png"));
    assert_ok(fa__make_folder(path_of("only/b.jpg")));
    assert_fails(read_split(&out, NULL), FA_E_IO, "only/b.jpg: is a folder");
    rmdir(path_of("only/b.jpg"));
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, "nothing known is in this folder");
}

static void library_not_built_in_is_named(void **state) {
    (void)state;
    fa_dataset *out;
    if (!HAVE_PNG)
        assert_fails(read_only(&out, "\x89PNG\r\n\x1a\n", 8), FA_E_UNAVAILABLE, "libpng-dev");
    if (!HAVE_JPEG)
        assert_fails(read_only(&out, "\xff\xd8\xff\xe0", 4), FA_E_UNAVAILABLE, "libjpeg-dev");
    size_t count, told = 0;
    const fa_capability *table = fa_capabilities(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, "libpng") == 0) told += (table[i].version != NULL) == HAVE_PNG;
        if (strcmp(table[i].name, "libjpeg") == 0) told += (table[i].version != NULL) == HAVE_JPEG;
    }
    assert_int_equal(told, 2);
}

static void folder_name_with_a_line_break_is_refused(void **state) {
    (void)state;
    fa_dataset *out;
    flat_png("a\nb", "1.png", GREY, 1);
    assert_fails(read_split(&out, NULL), FA_E_FORMAT, "line break");
}

static void folder_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_dataset *out;
    need_png();
    flat_png("train/a", "1.png", GREY, 1);
    flat_png("train/b", "1.png", GREY, 2);
    flat_png("test/c", "1.png", GREY, 3);
    fa_threads_set(1);
    assert_survives_nomem(read_split(&out, "train"), fa_dataset_free(out));
    fa_threads_set(0);
}

/* ==== JPEG ==== */

#ifdef FA_HAVE_JPEG
static void jpeg_reads_near_what_was_written(void **state) {
    (void)state;
    enum { H = 19, W = 13 };
    unsigned char pixels[H * W * 3], bytes[1 << 14];
    for (int channels = 1; channels <= 3; channels += 2)
        for (int progressive = 0; progressive < 2; progressive++) {
            fa_dataset *out;
            size_t h, w, c, n = (size_t)(H * W * channels);
            for (size_t i = 0; i < n; i++) { /* smooth, each channel its own way */
                size_t y = i / (size_t)channels / W, x = i / (size_t)channels % W,
                       k = i % (size_t)channels;
                pixels[i] = (unsigned char)(k == 0   ? 10 * y + 3 * x
                                            : k == 1 ? 15 * x
                                                     : 200 - 9 * y);
            }
            size_t size = make_jpeg(bytes, sizeof bytes, H, W, channels, pixels, progressive != 0);
            assert_ok(read_only(&out, bytes, size)); /* by content, though it is called .png */
            const uint8_t *got = fa_dataset_image(out, 0, &h, &w, &c);
            assert_true(h == H && w == W && c == (size_t)channels);
            for (size_t i = 0; i < n; i++) assert_true(abs((int)got[i] - (int)pixels[i]) <= 4);
            fa_dataset_free(out);
        }
}

static void jpeg_of_cmyk_is_refused(void **state) {
    (void)state;
    unsigned char pixels[64 * 4] = {1, 2, 3}, bytes[1 << 14];
    fa_dataset *out;
    size_t size = make_jpeg(bytes, sizeof bytes, 8, 8, 4, pixels, false);
    assert_fails(read_only(&out, bytes, size), FA_E_FORMAT,
                 "only/a.png: is a JPEG of 4 channels (CMYK?)");
}

static void jpeg_damaged_is_refused(void **state) {
    (void)state;
    unsigned char pixels[16 * 16 * 3], bytes[1 << 14];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(i * i / 7);
    for (int progressive = 0; progressive < 2; progressive++) {
        size_t size = make_jpeg(bytes, sizeof bytes, 16, 16, 3, pixels, progressive != 0);
        assert_survives_damage(bytes, size);
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(split_folders_share_the_numbers_of_their_classes, clear_test_folder),
        cmocka_unit_test_setup(flat_folder_is_one_split, clear_test_folder),
        cmocka_unit_test_setup(folder_without_classes_takes_labels_by_file, clear_test_folder),
        cmocka_unit_test_setup(run_among_the_images_is_passed_over_and_named, clear_test_folder),
        cmocka_unit_test_setup(image_of_another_size_is_named_whatever_the_threads,
                               clear_test_folder),
        cmocka_unit_test_setup(images_are_the_same_for_any_threads, clear_test_folder),
        cmocka_unit_test_setup(png_forms_read_as_their_values, clear_test_folder),
        cmocka_unit_test_setup(grey_of_16_bits_among_colours_is_named, clear_test_folder),
        cmocka_unit_test_setup(png_of_16_bits_says_what_would_be_taken, clear_test_folder),
        cmocka_unit_test_setup(png_transparency_is_put_onto_white, clear_test_folder),
        cmocka_unit_test_setup(images_of_any_size_and_mode_become_alike_by_resize,
                               clear_test_folder),
        cmocka_unit_test_setup(grey_among_colours_becomes_rgb, clear_test_folder),
        cmocka_unit_test_setup(images_that_cannot_be_read_are_dropped_when_asked,
                               clear_test_folder),
        cmocka_unit_test_setup(resize_is_refused_for_other_data, clear_test_folder),
        cmocka_unit_test_setup(png_damaged_is_refused, clear_test_folder),
        cmocka_unit_test_setup(what_is_no_image_is_named, clear_test_folder),
        cmocka_unit_test_setup(library_not_built_in_is_named, clear_test_folder),
        cmocka_unit_test_setup(folder_name_with_a_line_break_is_refused, clear_test_folder),
        cmocka_unit_test_setup(folder_without_memory_fails_cleanly, clear_test_folder),
#ifdef FA_HAVE_JPEG
        cmocka_unit_test_setup(jpeg_reads_near_what_was_written, clear_test_folder),
        cmocka_unit_test_setup(jpeg_of_cmyk_is_refused, clear_test_folder),
        cmocka_unit_test_setup(jpeg_damaged_is_refused, clear_test_folder),
#endif
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
