/* What a page is written with: escaping, base64, PNG, and the drawings of samples. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

#include "data/dataset.h"
#include "report/page.h"

#include <zlib.h>

static char *read_text(const char *path) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, path));
    return (char *)bytes;
}

/* ==== HTML, base64, PNG ==== */

/* What `call` writes to `to`. */
#define written(out, call)                                                                         \
    do {                                                                                           \
        fa__writer to_;                                                                            \
        fa__writer *to = &to_;                                                                     \
        assert_ok(fa__writer_open(to, path_of("written")));                                        \
        call;                                                                                      \
        assert_ok(fa__writer_close(to, true));                                                     \
        (out) = read_text(path_of("written"));                                                     \
    } while (0)

static void html_escapes_what_means_something(void **state) {
    (void)state;
    char *text;
    written(text, fa__html(to, "<script>\"a\" & 'b'</script>"));
    assert_string_equal(text, "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
    fa__free(text);
}

static void html_keeps_utf8_and_replaces_the_rest(void **state) {
    (void)state;
    char *text;
    written(text, fa__html(to, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
    assert_string_equal(text, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    fa__free(text);
    /* A stray byte, an overlong '/', a surrogate, a cut character, a control character. */
    written(text, fa__html(to, "\xff|\xc0\xaf|\xed\xa0\x80|\x01|\xe2\x82"));
    assert_string_equal(text, "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|"
                              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd|"
                              "\xef\xbf\xbd\xef\xbf\xbd");
    fa__free(text);
}

static void base64_is_rfc_4648s(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        written(text, fa__base64(to, (const unsigned char *)cases[i][0], strlen(cases[i][0])));
        assert_string_equal(text, cases[i][1]);
        fa__free(text);
    }
}

static size_t from_base64(unsigned char *out, const char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = 0, bits = 0;
    unsigned long held = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const char *at = strchr(digits, *text);
        assert_non_null(at);
        held = held << 6 | (unsigned long)(at - digits);
        bits += 6;
        if (bits >= 8) out[size++] = (unsigned char)(held >> (bits -= 8));
    }
    return size;
}

static unsigned long big(const unsigned char *at) {
    return (unsigned long)at[0] << 24 | (unsigned long)at[1] << 16 | (unsigned long)at[2] << 8 |
           at[3];
}

static int paeth(int a, int b, int c) {
    int to_a = abs(b - c), to_b = abs(a - c), to_c = abs(a + b - 2 * c);
    return to_a <= to_b && to_a <= to_c ? a : to_b <= to_c ? b : c;
}

/* Rows [height, 1 + row] of filtered bytes, `step` to a pixel, as the format undoes them. */
static void unfilter(uint8_t *out, const unsigned char *raw, size_t height, size_t row,
                     size_t step) {
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < row; x++) {
            uint8_t *at = out + y * row + x;
            int left = x >= step ? at[-(ptrdiff_t)step] : 0, up = y > 0 ? *(at - row) : 0;
            int corner = x >= step && y > 0 ? *(at - row - step) : 0;
            const int guess[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
            assert_in_range(raw[y * (row + 1)], 0, 4);
            *at = (uint8_t)(raw[y * (row + 1) + 1 + x] + guess[raw[y * (row + 1)]]);
        }
}

/* Read back by the rules of the format: each checksum, zlib's own inflate, the filters undone. */
static void png_reads_back(void **state) {
    (void)state;
    uint8_t pixels[2 * 3 * 3], back[sizeof pixels];
    unsigned char file[512], raw[64];
    char *text;
    if (!fa__png_is_there()) skip();
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i * 13);
    written(text, assert_ok(fa__png(to, pixels, 2, 3, 3)));
    static const char start[] = "data:image/png;base64,";
    assert_memory_equal(text, start, sizeof start - 1);
    size_t size = from_base64(file, text + sizeof start - 1), at = 8, images = 0;
    fa__free(text);
    assert_memory_equal(file, "\x89PNG\r\n\x1a\n", 8);
    while (at < size) {
        size_t length = big(file + at);
        assert_true(at + 12 + length <= size);
        assert_int_equal(big(file + at + 8 + length), crc32(0, file + at + 4, (uInt)(length + 4)));
        if (memcmp(file + at + 4, "IHDR", 4) == 0) {
            assert_int_equal(big(file + at + 8), 3);
            assert_int_equal(big(file + at + 12), 2);
            assert_memory_equal(file + at + 16, "\x8\x2", 2); /* bits, RGB */
        } else if (memcmp(file + at + 4, "IDAT", 4) == 0) {
            uLongf got = sizeof raw;
            assert_int_equal(uncompress(raw, &got, file + at + 8, (uLong)length), Z_OK);
            assert_int_equal(got, 2 * (1 + 9));
            unfilter(back, raw, 2, 9, 3);
            assert_memory_equal(back, pixels, sizeof pixels);
            images++;
        }
        at += 12 + length;
    }
    assert_int_equal(images, 1);
}

/* ==== Samples ==== */

static fa_dataset *series_of(const float *values, size_t steps, size_t features) {
    fa_dataset *made;
    assert_ok(fa__dataset_create(&made, FA_KIND_SERIES));
    made->n = 1;
    made->features = features;
    made->values.offsets = fa__calloc(2, sizeof *made->values.offsets);
    made->values.numbers = fa__alloc(steps * features, sizeof *values);
    made->values.offsets[1] = steps;
    memcpy(made->values.numbers, values, steps * features * sizeof *values);
    return made;
}

static char *drawn(fa_dataset *data) {
    char *text;
    written(text, assert_ok(fa__draw(to, data, 0)));
    fa_dataset_free(data);
    return text;
}

static size_t times(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text++) count++;
    return count;
}

static void draw_strokes_lifts_the_pen(void **state) {
    (void)state;
    /* From (5, 5) right to (6, 5); lifted; down to (6, 9) and (6, 10). The picture is 5 high,
     * so 5.8 with its margin, and centred: x from 2.6, y from 4.6, 56 / 5.8 pixels a unit. */
    const float strokes[] = {5, 5, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0,
                             0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1};
    char *text = drawn(series_of(strokes, 6, 4));
    assert_int_equal(times(text, "<polyline"), 2);
    assert_int_equal(times(text, "/>"), 2);
    assert_non_null(strstr(text, "points=\"23.2,3.9 23.3,3.9 32.8,3.9\""));
    assert_non_null(strstr(text, "points=\"32.8,42.5 32.9,42.5 32.8,52.1\""));
    fa__free(text);
}

static void draw_series_vectors_and_pictures_as_what_they_are(void **state) {
    (void)state;
    const float values[] = {0, 1, 2, 5, 4, 5};
    char *text = drawn(series_of(values, 3, 2)); /* second feature: 1, 5, 5 */
    assert_int_equal(times(text, "<polyline"), 2);
    assert_non_null(strstr(text, "points=\"0.0,26.6 56.0,14.0 112.0,1.4\""));
    fa__free(text);
    text = drawn(series_of((const float[]){2, -1, 0}, 1, 3));
    assert_int_equal(times(text, "<rect"), 3);
    assert_non_null(strstr(text, "y=\"0.0\" width=\"36.3\" height=\"37.3\""));
    assert_non_null(strstr(text, "y=\"37.3\" width=\"36.3\" height=\"18.7\""));
    fa__free(text);
    fa_dataset *images;
    assert_ok(fa__dataset_create(&images, FA_KIND_IMAGES));
    images->n = 1;
    images->values.height = 200, images->values.width = 100, images->values.channels = 1;
    images->features = 200 * 100;
    images->values.pixels = fa__calloc(images->features, 1);
    text = drawn(images); /* thinned to 50 x 25 */
    assert_non_null(strstr(text, fa__png_is_there()
                                     ? "<img class=\"pixels\" width=\"28\" height=\"56\""
                                     : "this build has no libpng (libpng-dev)"));
    unsigned char file[256];
    const char *start = strstr(text, "base64,") + 7;
    char head[33] = "";
    memcpy(head, start, 32);
    assert_int_equal(from_base64(file, head), 24);
    assert_int_equal(big(file + 16), 25);
    assert_int_equal(big(file + 20), 50);
    fa__free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_escapes_what_means_something),
        cmocka_unit_test(html_keeps_utf8_and_replaces_the_rest),
        cmocka_unit_test(base64_is_rfc_4648s),
        cmocka_unit_test(png_reads_back),
        cmocka_unit_test(draw_strokes_lifts_the_pen),
        cmocka_unit_test(draw_series_vectors_and_pictures_as_what_they_are),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
