/* For the tests of trainings on images: a batch in CIFAR-10's form, a recipe on it, and files that are compared. */
#ifndef FA_TESTS_IMAGE_RUNS_H
#define FA_TESTS_IMAGE_RUNS_H

#include "data_files.h"

/* A recipe with these values on a batch of n made images, class i mod 10 for image i. */
static inline fa_recipe *recipe_on_images(const char *const values[][2], size_t count, size_t n) {
    unsigned char *batch = fa__calloc(n, 3073);
    fa_recipe *recipe;
    for (size_t i = 0; i < n; i++) {
        batch[i * 3073] = (unsigned char)(i % 10);
        for (size_t p = 1; p < 3073; p++)
            batch[i * 3073 + p] = (unsigned char)(p * (i % 10 + 1) + i);
    }
    file_of("batch.bin", batch, n * 3073);
    fa__free(batch);
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < count; i++) assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_ok(fa_recipe_set(recipe, "data.train", path_of("batch.bin")));
    return recipe;
}

/* Two files of the test folder hold the same bytes, or do not. */
static inline void assert_same_bytes(const char *a, const char *b, bool same) {
    unsigned char *x, *y;
    size_t n, m;
    assert_ok(fa__file_read(&x, &n, path_of(a)));
    assert_ok(fa__file_read(&y, &m, path_of(b)));
    assert_int_equal(n == m && memcmp(x, y, n) == 0, same);
    fa__free(x), fa__free(y);
}

#endif
