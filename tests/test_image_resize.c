/* Resizing against Pillow's bilinear filter (tests/oracle/resize.py), and by hand. */
#include "test.h"

#include "base/memory.h"
#include "formats/image_resize.h"

#include <stdlib.h>

/* Pillow rounds to bytes between its two passes and works in fixed point: 1 apart at most. */
static void images_resize_as_pillow_does(void **state) {
    (void)state;
    static const struct {
        size_t height, width, channels, side;
        unsigned char wanted[25];
    } cases[] = {
        {7, 5, 1, 3, {71, 131, 161, 166, 143, 137, 119, 139, 149}},
        {2, 3, 1, 5, {0,  15,  37, 59, 74,  6,   21,  44, 67, 82,  30,  47, 72,
                      98, 115, 53, 72, 100, 128, 147, 59, 78, 107, 136, 155}},
        {48, 64, 3, 2, {129, 129, 127, 130, 125, 127, 131, 126, 126, 129, 128, 125}},
        {1, 9, 1, 4, {31, 106, 172, 61, 31, 106, 172, 61, 31, 106, 172, 61, 31, 106, 172, 61}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static unsigned char x[48 * 64 * 3], out[25 + 1];
        const fa__image from = {cases[i].height, cases[i].width, cases[i].channels,
                                false,           false,          false},
                        to = {cases[i].side, cases[i].side, cases[i].channels, false, false, false};
        size_t at = 0, count = to.height * to.width * to.channels;
        for (size_t r = 0; r < from.height; r++)
            for (size_t s = 0; s < from.width; s++)
                for (size_t c = 0; c < from.channels; c++)
                    x[at++] = (unsigned char)(s * 37 + r * 59 + s * r * 11 + c * 83);
        out[count] = 77;
        assert_ok(fa__image_resize(out, &to, x, &from));
        for (size_t k = 0; k < count; k++)
            if (abs(out[k] - cases[i].wanted[k]) > 1)
                fail_msg("case %zu: value %zu is %d, Pillow has %d", i, k, out[k],
                         cases[i].wanted[k]);
        assert_int_equal(out[count], 77);
    }
}

/* Halved along both axes: weights 1/4 3/4 3/4 1/4 but for those outside, so the corner is
 * (9 x00 + 9 x01 + 3 x02 ...) / 49 of the 3 x 3 inputs that it covers, weights 3 3 1 each way. */
static void image_halved_is_the_weighted_mean_by_hand(void **state) {
    (void)state;
    static const unsigned char x[16] = {0, 49, 98, 7, 49, 98, 147, 7, 196, 245, 49, 7, 7, 7, 7, 7};
    unsigned char out[4];
    const fa__image from = {4, 4, 1, false, false, false}, to = {2, 2, 1, false, false, false};
    assert_ok(fa__image_resize(out, &to, x, &from));
    /* 3 (3 0 + 3 49 + 98) + 3 (3 49 + 3 98 + 147) + (3 196 + 3 245 + 49) = 3871; / 49 = 79 */
    assert_int_equal(out[0], 79);
}

static void image_of_the_same_size_stays(void **state) {
    (void)state;
    unsigned char x[5 * 4 * 3], out[5 * 4 * 3];
    const fa__image size = {5, 4, 3, false, false, false};
    for (size_t i = 0; i < sizeof x; i++) x[i] = (unsigned char)(i * 41);
    assert_ok(fa__image_resize(out, &size, x, &size));
    assert_memory_equal(out, x, sizeof x);
}

static void resize_without_memory_fails_cleanly(void **state) {
    (void)state;
    unsigned char x[6] = {1, 2, 3, 4, 5, 6}, out[16];
    const fa__image from = {2, 3, 1, false, false, false}, to = {4, 4, 1, false, false, false};
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    long failed = 0;
    for (; status != FA_OK; failed++) {
        fa__memory_fail_after(failed);
        status = fa__image_resize(out, &to, x, &from);
        fa__memory_fail_after(-1);
        assert_true(status == FA_OK || status == FA_E_NOMEM);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_true(failed > 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_resize_as_pillow_does),
        cmocka_unit_test(image_halved_is_the_weighted_mean_by_hand),
        cmocka_unit_test(image_of_the_same_size_stays),
        cmocka_unit_test(resize_without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
