/* libFuzzer entry: .npz of ragged series. How to run: fuzz/README.md. */
#include "data/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options options;
    fa_dataset *dataset;
    const fa__source source = {.path = "fuzz", .bytes = bytes, .size = size};
    if (fa__npz_read(&dataset, &source, &options) == FA_OK) fa_dataset_free(dataset);
    return 0;
}
