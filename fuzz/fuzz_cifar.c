/* libFuzzer entry: CIFAR-10 batches, alone and out of an archive. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/cifar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *const splits[] = {NULL, "train", "test"};
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = bytes, .size = size};
    for (size_t i = 0; i < 3; i++) {
        const fa_read_options options = {.size = sizeof(fa_read_options), .split = splits[i]};
        fa_dataset *set;
        if (!fa__cifar_recognise(&source) || fa__cifar_read(&set, &source, &options) != FA_OK)
            continue;
        for (size_t k = 0; k < set->n; k++)
            if (set->labels.classes[k] < 0 || set->labels.classes[k] > 9) __builtin_trap();
        fa_dataset_free(set);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
