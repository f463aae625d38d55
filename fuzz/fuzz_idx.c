/* libFuzzer entry: IDX images and labels. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa_dataset *images;
    int32_t *labels;
    size_t n;
    if (fa__idx_images_parse(&images, bytes, size, false, "fuzz") == FA_OK) fa_dataset_free(images);
    if (fa__idx_labels_parse(&labels, &n, bytes, size, "fuzz") == FA_OK) fa__free(labels);
    return 0;
}
