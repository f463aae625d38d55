/* The real digits, where FORCED_APART_DATA names a folder with mnist/ (the IDX files) and strokes/
 * (reference sequences made by an independent program from the same description). */
#define _POSIX_C_SOURCE 200809L
#include "strokes_form.h"

#include "base/file.h"

/* The path of a file under FORCED_APART_DATA; skips the test where there is none. */
static const char *real_path(char path[FA__PATH_MAX], const char *name) {
    const char *folder = getenv("FORCED_APART_DATA");
    if (folder == NULL) skip();
    assert_ok(fa__path_join(path, folder, name));
    if (!fa__file_exists(path)) skip();
    return path;
}

/* FNV-1a of the lines as little-endian int16. */
static uint64_t hash_of(const float *lines, size_t steps) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < steps * COLUMNS; i++) {
        unsigned value = (unsigned)(int)lines[i] & 0xffffu;
        hash = (hash ^ (value & 0xff)) * 0x100000001b3u;
        hash = (hash ^ (value >> 8)) * 0x100000001b3u;
    }
    return hash;
}

/* MNIST training images whose sequences were published as samples, and the samples' hashes. */
static const struct {
    size_t image, steps;
    uint64_t hash;
} samples[] = {
    {2, 41, 0x2e40bdd30c7dfd60u},  {12, 45, 0x0e68c1a230a1626fu}, {13, 51, 0xa6464241d1511268u},
    {25, 44, 0x581060dea7aa8ea9u}, {58, 31, 0xa405121ad982e8eeu},
};

enum { N_SAMPLES = sizeof samples / sizeof *samples };

static void published_samples_come_out_identical(void **state) {
    (void)state;
    enum { COPIES = 1000 };
    char path[FA__PATH_MAX];
    fa_dataset *train, *set;
    assert_ok(fa_dataset_read(&train, real_path(path, "mnist/train-images-idx3-ubyte.gz"), NULL));
    /* Every copy has ties of its own: image i of the first N_SAMPLES * COPIES is sample i modulo
     * N_SAMPLES. Copied to the far end first, where no sample is. */
    const size_t size = train->features, stash = train->n - N_SAMPLES;
    for (size_t k = 0; k < N_SAMPLES; k++)
        memcpy(train->values.pixels + (stash + k) * size,
               train->values.pixels + samples[k].image * size, size);
    for (size_t i = 0; i < COPIES * N_SAMPLES; i++)
        memcpy(train->values.pixels + i * size,
               train->values.pixels + (stash + i % N_SAMPLES) * size, size);
    train->n = COPIES * N_SAMPLES;
    assert_ok(fa_strokes_from_images(&set, train, 0, 0));
    size_t same[N_SAMPLES] = {0};
    for (size_t i = 0; i < train->n; i++) {
        size_t steps, k = i % N_SAMPLES;
        const float *lines = fa_dataset_series(set, i, &steps);
        same[k] += steps == samples[k].steps && hash_of(lines, steps) == samples[k].hash;
    }
    /* Where one coin decides the tour, all ten tours lose it once in 1024. */
    for (size_t k = 0; k < N_SAMPLES; k++) assert_in_range(same[k], COPIES - 7, COPIES);
    fa_dataset_free(set);
    fa_dataset_free(train);
}

/* The pixels that a sequence visits, as a board. */
static void board_of(uint8_t board[29][29], const float *lines, size_t steps) {
    int x = 0, y = 0;
    memset(board, 0, 29 * 29);
    for (size_t i = 0; i + 1 < steps; i++) {
        if (lines[COLUMNS * i + 2] == 1) continue;
        x += (int)lines[COLUMNS * i];
        y += (int)lines[COLUMNS * i + 1];
        board[y][x]++;
    }
}

static void reference_sequences_are_the_same_but_for_ties(void **state) {
    (void)state;
    char images_path[FA__PATH_MAX], reference_path[FA__PATH_MAX];
    fa_dataset *images, *reference, *set;
    real_path(images_path, "mnist/t10k-images-idx3-ubyte.gz");
    real_path(reference_path, "strokes/mnist-strokes-test.npz");
    assert_ok(fa_dataset_read(&images, images_path, NULL));
    assert_ok(fa_dataset_read(&reference, reference_path, NULL));
    assert_ok(fa_strokes_from_images(&set, images, 0, 1));
    const size_t n = fa_dataset_count(reference);
    assert_int_equal(fa_dataset_count(set), n);
    assert_int_equal(fa_dataset_skipped(set, NULL), 0);
    size_t same = 0;
    for (size_t i = 0; i < n; i++) {
        size_t a, b;
        const float *x = fa_dataset_series(set, i, &a), *y = fa_dataset_series(reference, i, &b);
        check_form(x, a, 28, 28, 1);
        same += a == b && memcmp(x, y, a * COLUMNS * sizeof *x) == 0;
        uint8_t ours[29][29], theirs[29][29];
        board_of(ours, x, a);
        board_of(theirs, y, b);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
    /* Two seeds of this library agree in 90 % as well: the rest is ties. */
    assert_near((double)same / (double)n, 0.90, 0.015);
    fa_dataset_free(set);
    fa_dataset_free(reference);
    fa_dataset_free(images);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_samples_come_out_identical),
        cmocka_unit_test(reference_sequences_are_the_same_but_for_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
