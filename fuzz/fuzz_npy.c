/* libFuzzer entry: .npy arrays as matrix and as labels. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "data/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa__npy array;
    (void)fa__npy_parse_deep(&array, bytes, size, "fuzz");
    if (fa__npy_parse(&array, bytes, size, "fuzz") != FA_OK) return 0;
    float *x = fa__alloc(array.rows * array.columns, sizeof *x);
    int32_t *labels = fa__alloc(array.rows, sizeof *labels);
    (void)fa__npy_floats(x, &array);
    (void)fa__npy_int32(labels, &array, "fuzz");
    fa__free(labels);
    fa__free(x);
    return 0;
}
