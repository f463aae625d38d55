/* libFuzzer entry: series in the .ts form. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/ts_series.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *const missing[] = {NULL, "drop", "zero", "forward"};
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = bytes, .size = size};
    for (size_t i = 0; i < 4; i++) {
        const fa_read_options options = {.size = sizeof(fa_read_options), .missing = missing[i]};
        fa_dataset *set;
        if (!fa__ts_recognise(&source) || fa__ts_read(&set, &source, &options) != FA_OK) continue;
        if (set->n == 0) __builtin_trap();
        for (size_t k = 0; k < set->n; k++)
            if (set->values.offsets[k] >= set->values.offsets[k + 1]) __builtin_trap();
        for (size_t k = 0; k < set->values.offsets[set->n] * set->features; k++)
            if (!isfinite(set->values.numbers[k])) __builtin_trap();
        fa_dataset_free(set);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
