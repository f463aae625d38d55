/* libFuzzer entry: tables (CSV, TSV) with columns in every role. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/table.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What every data set is: offsets that rise to the last value, finite values, labels in range. */
static void check(const fa_dataset *set) {
    size_t rows = set->n;
    if (set->n == 0) __builtin_trap();
    if (set->values.offsets != NULL) {
        for (size_t i = 0; i < set->n; i++)
            if (set->values.offsets[i] > set->values.offsets[i + 1]) __builtin_trap();
        rows = set->values.offsets[set->n];
    }
    for (size_t i = 0; set->values.numbers != NULL && i < rows * set->features; i++)
        if (!isfinite(set->values.numbers[i])) __builtin_trap();
    for (size_t i = 0; set->labels.coarse != NULL && i < set->n; i++)
        if (set->labels.coarse[i] < -1 ||
            set->labels.coarse[i] >= (int64_t)set->labels.coarse_names.count)
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options tries[] = {
        {0},
        {.missing = "drop"},
        {.missing = "forward", .ignore_columns = "2"},
        {.missing = "zero", .label_column = "label"},
        {.missing = "zero", .label_column = "1", .hidden_column = "2"},
        {.label_column = "1", .text_column = "2"}};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        const fa__source source = {
            .path = "/nowhere/fuzz", .bytes = bytes, .size = size, .columns = i > 1};
        fa_dataset *set;
        if (!fa__table_recognise(&source) || fa__table_read(&set, &source, &tries[i]) != FA_OK)
            continue;
        check(set);
        fa_dataset_free(set);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
