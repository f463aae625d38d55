/* The real data sets, where they are: the environment variable FORCED_APART_DATA names a folder
 * with the four official .gz files in mnist, strokes/mnist-strokes-{train,test}.npz, and cifar10
 * and dbpedia as `prepare` lays them out. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include <zlib.h>

static bool have_data(void) {
    const char *folder = getenv("FORCED_APART_DATA");
    return folder != NULL && folder[0] != '\0';
}

/* Reads folder/name, or skips the test where there is no folder. */
static fa_dataset *real(const char *name) {
    char path[FA__PATH_MAX];
    fa_dataset *dataset;
    if (!have_data()) skip();
    assert_ok(fa__path_join(path, getenv("FORCED_APART_DATA"), name));
    assert_ok(fa_dataset_read(&dataset, path, NULL));
    return dataset;
}

/* Published class counts of MNIST. */
static const size_t train_counts[10] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
static const size_t test_counts[10] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};

static void assert_class_counts(const fa_dataset *dataset, const size_t wanted[10]) {
    size_t counts[10] = {0};
    const int32_t *classes = fa_dataset_classes(dataset);
    assert_non_null(classes);
    for (size_t i = 0; i < fa_dataset_count(dataset); i++) {
        assert_in_range(classes[i], 0, 9);
        counts[classes[i]]++;
    }
    for (size_t c = 0; c < 10; c++) assert_int_equal(counts[c], wanted[c]);
}

static void mnist_images_complete(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t n;
        const size_t *counts;
        double mean; /* of all pixels / 255, as everyone normalises with */
    } cases[] = {
        {"mnist/train-images-idx3-ubyte.gz", 60000, train_counts, 0.1306604762738431},
        {"mnist/t10k-images-idx3-ubyte.gz", 10000, test_counts, 0.13251461},
    };
    for (size_t c = 0; c < 2; c++) {
        fa_dataset *images = real(cases[c].name);
        size_t height, width, channels;
        double sum = 0;
        assert_int_equal(fa_dataset_count(images), cases[c].n);
        for (size_t i = 0; i < cases[c].n; i++) {
            const uint8_t *image = fa_dataset_image(images, i, &height, &width, &channels);
            assert_true(height == 28 && width == 28 && channels == 1);
            for (size_t p = 0; p < 784; p++) sum += image[p];
        }
        assert_near(sum / (255.0 * 784.0 * (double)cases[c].n), cases[c].mean, 1e-8);
        assert_class_counts(images, cases[c].counts);
        fa_dataset_free(images);
    }
}

static void mnist_groups_halved(void **state) {
    (void)state;
    fa_dataset *images = real("mnist/t10k-images-idx3-ubyte.gz");
    int32_t *coarse = test_malloc(10000 * sizeof *coarse);
    size_t groups, second = 0;
    assert_ok(fa_groups_apply(coarse, &groups, "0-4 / 5-9", fa_dataset_classes(images), 10000));
    for (size_t i = 0; i < 10000; i++) second += (size_t)coarse[i];
    assert_int_equal(groups, 2);
    assert_int_equal(second, 892 + 958 + 1028 + 974 + 1009);
    test_free(coarse);
    fa_dataset_free(images);
}

/* The table of shared/strokes/ALGORITHM.md: sequences, lines, shortest and longest. */
static void strokes_npz_complete(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t n, lines, shortest, longest;
        const size_t *counts;
    } cases[] = {
        {"strokes/mnist-strokes-train.npz", 60000, 2396757, 13, 116, train_counts},
        {"strokes/mnist-strokes-test.npz", 10000, 394096, 13, 107, test_counts},
    };
    for (size_t c = 0; c < 2; c++) {
        fa_dataset *strokes = real(cases[c].name);
        size_t lines = 0, shortest = SIZE_MAX, longest = 0;
        assert_int_equal(fa_dataset_count(strokes), cases[c].n);
        assert_int_equal(fa_dataset_features(strokes), 4);
        assert_int_equal(fa_dataset_skipped(strokes, NULL), 0);
        for (size_t i = 0; i < cases[c].n; i++) {
            size_t steps;
            const float *series = fa_dataset_series(strokes, i, &steps);
            assert_memory_equal(series + 4 * (steps - 1), ((float[]){0, 0, 1, 1}), 16);
            lines += steps;
            shortest = steps < shortest ? steps : shortest;
            longest = steps > longest ? steps : longest;
        }
        assert_int_equal(lines, cases[c].lines);
        assert_int_equal(shortest, cases[c].shortest);
        assert_int_equal(longest, cases[c].longest);
        assert_class_counts(strokes, cases[c].counts);
        fa_dataset_free(strokes);
    }
}

static void strokes_npz_written_read_back(void **state) {
    (void)state;
    fa_dataset *strokes = real("strokes/mnist-strokes-test.npz"), *again;
    assert_ok(fa_dataset_write(strokes, path_of("again.npz")));
    assert_ok(fa_dataset_read(&again, path_of("again.npz"), NULL));
    assert_int_equal(fa_dataset_count(again), 10000);
    for (size_t i = 0; i < 10000; i++) {
        size_t a, b;
        const float *x = fa_dataset_series(strokes, i, &a), *y = fa_dataset_series(again, i, &b);
        assert_int_equal(a, b);
        assert_memory_equal(x, y, a * 4 * sizeof *x);
    }
    assert_memory_equal(fa_dataset_classes(strokes), fa_dataset_classes(again), 10000 * 4);
    fa_dataset_free(strokes);
    fa_dataset_free(again);
}

static fa_dataset *real_split(const char *name, const char *split) {
    char path[FA__PATH_MAX];
    fa_dataset *dataset;
    if (!have_data()) skip();
    assert_ok(fa__path_join(path, getenv("FORCED_APART_DATA"), name));
    assert_ok(fa_dataset_read(&dataset, path,
                              &(fa_read_options){.size = sizeof(fa_read_options), .split = split}));
    return dataset;
}

static const uint8_t *pixels_of(const fa_dataset *images, size_t i) {
    size_t height, width, channels;
    const uint8_t *image = fa_dataset_image(images, i, &height, &width, &channels);
    assert_true(height == 32 && width == 32 && channels == 3);
    return image;
}

/* Sums and checksum of the interleaved pixels by NumPy: np.fromfile(...).reshape(-1, 3073),
 * [:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), zlib.crc32. The local copy went through
 * JPEG; the official data give other sums. */
static void cifar_batches_complete(void **state) {
    (void)state;
    static const struct {
        const char *split;
        size_t n, sums[3];
        uLong checksum;
    } cases[] = {
        {"train", 50000, {6413765015, 6294170581, 5829777341}, 1463451950},
        {"test", 10000, {1290104439, 1266598065, 1176037503}, 3510442446},
    };
    for (size_t s = 0; s < 2; s++) {
        fa_dataset *images = real_split("cifar10", cases[s].split);
        size_t sums[3] = {0}, counts[10];
        uLong checksum = 0;
        assert_int_equal(fa_dataset_count(images), cases[s].n);
        for (size_t i = 0; i < cases[s].n; i++) {
            const uint8_t *image = pixels_of(images, i);
            checksum = crc32(checksum, image, 3072);
            for (size_t p = 0; p < 3072; p++) sums[p % 3] += image[p];
        }
        assert_memory_equal(sums, cases[s].sums, sizeof sums);
        assert_int_equal(checksum, cases[s].checksum);
        for (size_t c = 0; c < 10; c++) counts[c] = cases[s].n / 10;
        assert_class_counts(images, counts);
        assert_string_equal(fa_dataset_class_name(images, 9), "truck");
        fa_dataset_free(images);
    }
}

static int compare_marks(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Class and checksum of each image, sorted. */
static uint64_t *marks_of(const fa_dataset *images) {
    size_t n = fa_dataset_count(images);
    uint64_t *marks = test_malloc(n * sizeof *marks);
    for (size_t i = 0; i < n; i++)
        marks[i] = (uint64_t)fa_dataset_classes(images)[i] << 32 |
                   (uint64_t)crc32(0, pixels_of(images, i), 3072);
    qsort(marks, n, sizeof *marks, compare_marks);
    return marks;
}

/* The batches were made of these files by Pillow: in another order, the pixels are the same. */
static void cifar_folder_holds_the_images_of_the_batch(void **state) {
    (void)state;
    if (!have_data()) skip();
#ifndef FA_HAVE_JPEG
    skip();
#endif
    fa_dataset *batch = real_split("cifar10", "test"),
               *folder = real_split("cifar10/images", "test");
    assert_int_equal(fa_dataset_count(folder), 10000);
    assert_int_equal(fa_dataset_skipped(folder, NULL), 0);
    assert_string_equal(fa_dataset_class_name(folder, 9), "truck");
    uint64_t *a = marks_of(batch), *b = marks_of(folder);
    assert_memory_equal(a, b, 10000 * sizeof *a);
    test_free(a), test_free(b);
    fa_dataset_free(batch), fa_dataset_free(folder);
}

/* Counts as a Python program by the csv module has them. */
static void dbpedia_complete(void **state) {
    (void)state;
    static const size_t train[14] = {4932, 4372, 4469, 4370, 4348, 4394, 4484,
                                     4416, 4430, 4429, 4555, 4581, 4463, 4377};
    static const char *const paths[] = {"dbpedia/dbpedia_csv", "dbpedia/dbpedia_csv.tar.gz"};
    for (size_t p = 0; p < 2; p++) {
        char path[FA__PATH_MAX];
        fa_dataset *texts;
        if (!have_data()) skip();
#ifndef FA_HAVE_CSV
        skip();
#endif
        assert_ok(fa__path_join(path, getenv("FORCED_APART_DATA"), paths[p]));
        assert_ok(fa_dataset_read(
            &texts, path, &(fa_read_options){.size = sizeof(fa_read_options), .split = "train"}));
        assert_int_equal(fa_dataset_count(texts), 62620);
        assert_int_equal(fa_dataset_skipped(texts, NULL), 0);
        assert_string_equal(fa_dataset_class_name(texts, 13), "WrittenWork");
        size_t counts[14] = {0}, empty = 0, bytes = 0, size;
        for (size_t i = 0; i < 62620; i++) {
            assert_in_range(fa_dataset_classes(texts)[i], 0, 13);
            counts[fa_dataset_classes(texts)[i]]++;
            assert_non_null(fa_dataset_text(texts, i, &size));
            empty += size == 0;
            bytes += size;
        }
        assert_memory_equal(counts, train, sizeof train);
        assert_int_equal(empty, 0);
        assert_int_equal(bytes, 18559442);
        fa_dataset_free(texts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mnist_images_complete),
        cmocka_unit_test(mnist_groups_halved),
        cmocka_unit_test(strokes_npz_complete),
        cmocka_unit_test(strokes_npz_written_read_back),
        cmocka_unit_test(cifar_batches_complete),
        cmocka_unit_test(cifar_folder_holds_the_images_of_the_batch),
        cmocka_unit_test(dbpedia_complete),
    };
    int failed = cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
    return failed == 0 && !have_data() ? 77 : failed; /* 77: CTest counts it as skipped */
}
