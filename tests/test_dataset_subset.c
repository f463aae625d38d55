/* fa_dataset_first: the part is as the whole was, for both kinds. */
#include "test.h"

#include "base/memory.h"
#include "data/dataset.h"

/* Three series of 1, 2 and 1 steps of 2 features. */
static size_t offsets[] = {0, 1, 3, 4};
static float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
static int32_t classes[] = {7, -1, 7};
static const fa_dataset series = {.kind = FA_KIND_SERIES,
                                  .n = 3,
                                  .features = 2,
                                  .values.offsets = offsets,
                                  .values.numbers = values,
                                  .labels.classes = classes,
                                  .origin.skipped = 5};

/* Two images of 1 x 3. */
static unsigned char pixels[] = {1, 2, 3, 4, 5, 6};
static const fa_dataset images = {.kind = FA_KIND_IMAGES,
                                  .n = 2,
                                  .features = 3,
                                  .values.height = 1,
                                  .values.width = 3,
                                  .values.channels = 1,
                                  .values.pixels = pixels};

static void first_of_series_keeps_samples_and_classes(void **state) {
    (void)state;
    fa_dataset *part;
    assert_ok(fa_dataset_first(&part, &series, 2));
    assert_int_equal(fa_dataset_count(part), 2);
    assert_int_equal(fa_dataset_features(part), 2);
    assert_int_equal(fa_dataset_classes(part)[1], -1);
    assert_int_equal(fa_dataset_skipped(part, NULL), 0);
    size_t steps;
    const float *second = fa_dataset_series(part, 1, &steps);
    assert_int_equal(steps, 2);
    assert_memory_equal(second, values + 2, 4 * sizeof *values);
    assert_null(fa_dataset_series(part, 2, &steps));
    fa_dataset_free(part);
}

static void first_of_images_keeps_the_shape(void **state) {
    (void)state;
    fa_dataset *part;
    size_t height, width, channels;
    assert_ok(fa_dataset_first(&part, &images, 1));
    const uint8_t *image = fa_dataset_image(part, 0, &height, &width, &channels);
    assert_memory_equal(image, pixels, 3);
    assert_int_equal(height, 1);
    assert_int_equal(width, 3);
    assert_int_equal(channels, 1);
    assert_null(fa_dataset_classes(part));
    assert_null(fa_dataset_image(part, 1, &height, &width, &channels));
    fa_dataset_free(part);
}

static void first_of_a_count_out_of_range_fails(void **state) {
    (void)state;
    fa_dataset *part = NULL;
    assert_fails(fa_dataset_first(&part, &series, 0), FA_E_ARGUMENT, "first 1 to 3 samples");
    assert_fails(fa_dataset_first(&part, &series, 4), FA_E_ARGUMENT, "got 4");
    assert_null(part);
}

static void first_without_memory_leaves_nothing(void **state) {
    (void)state;
    const fa_dataset *const kinds[] = {&series, &images};
    for (size_t kind = 0; kind < 2; kind++) {
        size_t before = fa__memory_live();
        fa_dataset *part = NULL;
        long after = 0;
        for (fa_status status = FA_E_NOMEM; status != FA_OK; after++) {
            fa__memory_fail_after(after);
            status = fa_dataset_first(&part, kinds[kind], 1);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_null(part);
            assert_int_equal(fa__memory_live(), before);
        }
        fa__memory_fail_after(-1);
        assert_true(after >= 2);
        fa_dataset_free(part);
        assert_int_equal(fa__memory_live(), before);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_of_series_keeps_samples_and_classes),
        cmocka_unit_test(first_of_images_keeps_the_shape),
        cmocka_unit_test(first_of_a_count_out_of_range_fails),
        cmocka_unit_test(first_without_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
