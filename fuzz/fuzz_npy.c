/* libFuzzer entry: .npy arrays as matrix, as labels, and as a data set of vectors. How to run:
 * fuzz/README.md. */
#include "base/memory.h"
#include "formats/matrix.h"
#include "formats/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options tries[] = {{0}, {.missing = "drop"}, {.missing = "forward"}};
    const fa__source source = {.path = "/nowhere/fuzz.npy", .bytes = bytes, .size = size};
    fa_dataset *set;
    fa__npy array;
    for (size_t i = 0; fa__matrix_recognise(&source) && i < 3; i++)
        if (fa__matrix_read(&set, &source, &tries[i]) == FA_OK) fa_dataset_free(set);
    (void)fa__npy_parse_deep(&array, bytes, size, "fuzz");
    if (fa__npy_parse(&array, bytes, size, "fuzz") != FA_OK) return 0;
    float *x = fa__alloc(array.rows * array.columns, sizeof *x);
    int32_t *labels = fa__alloc(array.rows, sizeof *labels);
    size_t bad;
    (void)fa__npy_floats(x, &bad, &array);
    (void)fa__npy_int32(labels, &array, "fuzz");
    fa__free(labels);
    fa__free(x);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
