/* Data that a column is trained on and that are made of the images of MNIST. */
#include "table1.h"

#include "core/output.h"
#include "core/places.h"

#include <stdlib.h>
#include <string.h>

static fa_status make_strokes(const char *path, const fa_dataset *images, uint32_t split) {
    fa_dataset *strokes;
    fa_status status = fa_strokes_from_images(&strokes, images, 0, split);
    if (status != FA_OK) return status;
    status = fa_dataset_write(strokes, path);
    fa_dataset_free(strokes);
    return status;
}

/* ==== Unequal classes ==== */

/* The samples without most of the odd digits: of each of these, in order, the first of `parts` stay. */
static size_t choose(size_t *samples, const int32_t *digits, size_t n, size_t parts) {
    size_t met[10] = {0}, chosen = 0;
    for (size_t i = 0; i < n; i++) {
        size_t digit = (size_t)digits[i] % 10;
        if (digit % 2 == 0 || met[digit]++ % parts == 0) samples[chosen++] = i;
    }
    return chosen;
}

static void put_size(unsigned char *to, size_t size) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(size >> (24 - 8 * i));
}

/* An IDX file of bytes: magic, dimensions, then `size` bytes a sample. */
static fa_status write_idx(const char *path, unsigned char *bytes, size_t size, const size_t *sides,
                           size_t dimensions) {
    put_size(bytes, 0x800 + dimensions);
    for (size_t i = 0; i < dimensions; i++) put_size(bytes + 4 + 4 * i, sides[i]);
    return fa_file_write(path, bytes, 4 + 4 * dimensions + sides[0] * size);
}

/* Images in `path`, labels in the file beside it that fa_dataset_read goes by. The images come last:
 * where they are, all is there. */
static fa_status write_images(const char *path, const fa_dataset *images, const size_t *samples,
                              size_t n) {
    char labels[PLACE_MAX];
    size_t height = 0, width = 0, channels;
    fa_dataset_image(images, 0, &height, &width, &channels);
    size_t pixels = height * width;
    unsigned char *bytes = malloc(16 + n * pixels);
    if (bytes == NULL) return FA_E_NOMEM;
    snprintf(labels, sizeof labels, "%s", path);
    memcpy(labels + strlen(path) - strlen("images-idx3-ubyte"), "labels-idx1",
           strlen("labels-idx1"));
    for (size_t i = 0; i < n; i++)
        bytes[8 + i] = (unsigned char)fa_dataset_classes(images)[samples[i]];
    fa_status status = write_idx(labels, bytes, 1, (size_t[]){n}, 1);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + 16 + i * pixels,
               fa_dataset_image(images, samples[i], &height, &width, &channels), pixels);
    if (status == FA_OK) status = write_idx(path, bytes, pixels, (size_t[]){n, height, width}, 3);
    free(bytes);
    return status;
}

static fa_status make_unequal(const char *path, const fa_dataset *images, size_t parts) {
    size_t n = fa_dataset_count(images), *samples = malloc(n * sizeof *samples);
    if (samples == NULL) return FA_E_NOMEM;
    size_t chosen = choose(samples, fa_dataset_classes(images), n, parts);
    fa_status status = write_images(path, images, samples, chosen);
    free(samples);
    return status;
}

/* ==== All of them ==== */

const table1_made table1_strokes = {"strokes", {"strokes-train.npz", "strokes-test.npz"}, 0},
                  table1_unequal_10 = {"unequal-10",
                                       {"unequal-10-train-images-idx3-ubyte",
                                        "unequal-10-test-images-idx3-ubyte"},
                                       10},
                  table1_unequal_50 = {
                      "unequal-50",
                      {"unequal-50-train-images-idx3-ubyte", "unequal-50-test-images-idx3-ubyte"},
                      50};

int table1_make(const table1_made *made, const char *path, uint32_t split) {
    static const char *const files[2] = {"mnist/train-images-idx3-ubyte.gz",
                                         "mnist/t10k-images-idx3-ubyte.gz"};
    fa_dataset *images;
    uint64_t size;
    if (file_size(path, &size)) return EXIT_OK;
    if (read_data(&images, files[split], NULL) != FA_OK) return fail_library();
    fa_status status = FA_OK;
    int code = EXIT_OK;
    if (made->parts == 0)
        status = make_strokes(path, images, split);
    else if (fa_dataset_classes(images) == NULL)
        code = fail("%s: there are no labels beside it to tell odd digits by", files[split]);
    else
        status = make_unequal(path, images, made->parts);
    if (status != FA_OK) code = status == FA_E_NOMEM ? fail("out of memory") : fail_library();
    fa_dataset_free(images);
    return code;
}
