/* libFuzzer entry: .npz of ragged series and of vectors. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options tries[] = {{0}, {.missing = "drop"}, {.missing = "forward"}};
    fa_dataset *dataset;
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = bytes, .size = size};
    for (size_t i = 0; i < 3; i++)
        if (fa__npz_read(&dataset, &source, &tries[i]) == FA_OK) fa_dataset_free(dataset);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
