/* From a grey image to its skeleton: each rule of docs/strokes.md by hand. */
#include "strokes_form.h"

#include "strokes/skeleton.h"

/* The ink in hand is '#', the rest '.'. */
static void check_ink(const fa__skeleton *s, const char *wanted) {
    char got[1024];
    size_t count = 0;
    for (size_t y = 0; y < s->height; y++)
        for (size_t x = 0; x < s->width; x++) {
            int ink = s->ink[(y + 1) * s->stride + x + 1];
            got[y * s->width + x] = ink ? '#' : '.';
            count += (size_t)ink;
        }
    got[s->height * s->width] = '\0';
    assert_string_equal(got, wanted);
    assert_int_equal(s->count, count);
}

static fa__skeleton load(size_t height, size_t width, const char *picture) {
    fa_dataset *set = draw(1, height, width, picture);
    fa__skeleton s;
    assert_ok(fa__skeleton_init(&s, height, width));
    fa__skeleton_threshold(&s, set->values.pixels);
    fa_dataset_free(set);
    return s;
}

/* ==== Threshold ============================================================================= */

static void check_threshold(size_t height, size_t width, const char *picture, int wanted,
                            const char *ink) {
    fa_dataset *set = draw(1, height, width, picture);
    fa__skeleton s;
    assert_ok(fa__skeleton_init(&s, height, width));
    assert_int_equal(fa__skeleton_threshold(&s, set->values.pixels), wanted);
    check_ink(&s, ink);
    fa__skeleton_clear(&s);
    fa_dataset_free(set);
}

static void threshold_keeps_half_the_ink_and_all_components(void **state) {
    (void)state;
    /* Full ink bears every cut; 225 is the last one tried, and 225 itself is not above it. */
    check_threshold(1, 4, "####", 225, "####");
    check_threshold(1, 4, "##99", 225, "##..");
    /* Exactly half may go, more than half not: back to the cut before. */
    check_threshold(1, 4, "##11", 225, "##..");
    check_threshold(1, 5, "##111", 0, "#####");
    check_threshold(1, 5, "##222", 25, "#####");
    /* A line that falls in two; a speck that goes. */
    check_threshold(1, 3, "#4#", 75, "###");
    check_threshold(2, 5,
                    "####."
                    "....3",
                    50,
                    "####."
                    "....#");
    /* Only the 4-connected count changes: the two corners still touch. */
    check_threshold(2, 2, "#44#", 75, "####");
    /* Only the 8-connected count changes: the 4-connected one loses the corner and gains a half. */
    check_threshold(2, 7,
                    "##..#4#"
                    "..4....",
                    75,
                    "##..###"
                    "..#....");
    check_threshold(2, 2, "....", 225, "....");
}

/* ==== Thinning ============================================================================== */

static void thinning_first_half_takes_the_south_east_second_the_north_west(void **state) {
    (void)state;
    fa__skeleton s = load(6, 9,
                          "........."
                          "........."
                          "..#####.."
                          "..#####.."
                          "........."
                          ".........");
    assert_int_equal(fa__skeleton_thin_half(&s, 0), 7);
    check_ink(&s, "........."
                  "........."
                  "...###..."
                  "........."
                  "........."
                  ".........");
    fa__skeleton_clear(&s);
    s = load(6, 9,
             "........."
             "........."
             "..#####.."
             "..#####.."
             "........."
             ".........");
    assert_int_equal(fa__skeleton_thin_half(&s, 1), 7);
    check_ink(&s, "........."
                  "........."
                  "........."
                  "...###..."
                  "........."
                  ".........");
    fa__skeleton_clear(&s);
}

/* What becomes of the middle of a 5 x 5 picture. */
static int middle_goes(const char *picture, int half) {
    fa__skeleton s = load(5, 5, picture);
    fa__skeleton_thin_half(&s, half);
    int gone = !s.ink[3 * s.stride + 3];
    fa__skeleton_clear(&s);
    return gone;
}

static void thinning_deletes_by_the_published_conditions(void **state) {
    (void)state;
    static const struct {
        const char *picture;
        int first, second; /* does the middle go in the first, in the second half */
    } cases[] = {
        {"............##...........", 0, 0}, /* one neighbour: an end */
        {"...........###...........", 0, 0}, /* two changes round the ring: a line */
        {"......###..###..###......", 0, 0}, /* eight neighbours */
        {"......###..###..##.......", 0, 0}, /* seven */
        {".......##..###..###......", 0, 0},
        {"......###..###..#........", 1, 0}, /* six: N, E, W and not S */
        {"......##...##...###......", 1, 0}, /* six: N, S, W and not E */
        {"........#..###..###......", 0, 1}, /* six: E, S, W and not N */
        {".......##...##..###......", 0, 1}, /* six: N, E, S and not W */
        {".......##...##...........", 1, 1}, /* N, NE, E */
        {"......###...#...#........", 0, 0}, /* two changes: a fork */
        {"...........###..#........", 0, 0}, /* W and SW, E apart */
        {"............#...##.......", 1, 1}, /* two neighbours side by side */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(middle_goes(cases[i].picture, 0), cases[i].first);
        assert_int_equal(middle_goes(cases[i].picture, 1), cases[i].second);
    }
}

static void thinning_decides_all_pixels_at_once_and_spares_the_frame(void **state) {
    (void)state;
    /* One after the other, a pixel of a square would be left; all at once, none is. */
    fa__skeleton s = load(4, 4, ".....##..##.....");
    assert_int_equal(fa__skeleton_thin_half(&s, 0), 4);
    check_ink(&s, "................");
    fa__skeleton_clear(&s);
    s = load(3, 4, "##..##......");
    fa__skeleton_thin(&s);
    check_ink(&s, "##..#.......");
    fa__skeleton_clear(&s);
}

static void thinning_stops_after_two_passes(void **state) {
    (void)state;
    /* Two passes take four layers off at most; a square of 12 is still a patch. */
    fa_dataset *set = make_images(1, 16, 16);
    for (size_t i = 0; i < 256; i++)
        set->values.pixels[i] = i / 16 >= 2 && i / 16 < 14 && i % 16 >= 2 && i % 16 < 14 ? 255 : 0;
    fa__skeleton s, passes;
    assert_ok(fa__skeleton_init(&s, 16, 16));
    assert_ok(fa__skeleton_init(&passes, 16, 16));
    fa__skeleton_threshold(&s, set->values.pixels);
    fa__skeleton_threshold(&passes, set->values.pixels);
    fa__skeleton_thin(&s);
    for (int i = 0; i < 4; i++) assert_true(fa__skeleton_thin_half(&passes, i % 2) > 0);
    assert_memory_equal(s.ink, passes.ink, 18 * 18);
    assert_true(fa__skeleton_thin_half(&passes, 0) > 0);
    fa__skeleton_clear(&s);
    fa__skeleton_clear(&passes);
    fa_dataset_free(set);
}

static void specks_of_one_or_two_pixels_go(void **state) {
    (void)state;
    fa__skeleton s = load(5, 8,
                          "#...##.."
                          "........"
                          "#...#..."
                          ".#...#.."
                          "....#...");
    fa__skeleton_remove_specks(&s);
    check_ink(&s, "........"
                  "........"
                  "....#..."
                  ".....#.."
                  "....#...");
    fa__skeleton_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threshold_keeps_half_the_ink_and_all_components),
        cmocka_unit_test(thinning_first_half_takes_the_south_east_second_the_north_west),
        cmocka_unit_test(thinning_deletes_by_the_published_conditions),
        cmocka_unit_test(thinning_decides_all_pixels_at_once_and_spares_the_frame),
        cmocka_unit_test(thinning_stops_after_two_passes),
        cmocka_unit_test(specks_of_one_or_two_pixels_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
