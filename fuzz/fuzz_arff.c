/* libFuzzer entry: ARFF, as the table or the series that it is rewritten as. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/arff.h"
#include "formats/table.h"
#include "formats/ts_series.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t count_lines(const unsigned char *bytes, size_t size) {
    fa__line line = fa__line_start(bytes, size);
    while (fa__line_next(&line)) continue;
    return line.number;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options tries[] = {{0}, {.missing = "drop"}, {.missing = "category"}};
    fa__source source = {.path = "/nowhere/fuzz"};
    if (!fa__arff_recognise(bytes, size)) return 0;
    if (fa__arff_rewrite(&source.arff, bytes, size, source.path) == FA_OK) {
        source.bytes = source.arff.bytes;
        source.size = source.arff.size;
        source.columns = source.arff.columns != NULL;
        size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (count_lines(source.bytes, source.size) != count_lines(bytes + mark, size - mark))
            __builtin_trap();
        if (!source.columns && !fa__ts_recognise(&source)) __builtin_trap();
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            fa_dataset *set;
            fa_status status = source.columns ? fa__table_read(&set, &source, &tries[i])
                                              : fa__ts_read(&set, &source, &tries[i]);
            if (status != FA_OK) continue;
            size_t rows = set->kind == FA_KIND_SERIES ? set->values.offsets[set->n] : set->n;
            if (set->n == 0) __builtin_trap();
            for (size_t k = 0; set->values.numbers != NULL && k < rows * set->features; k++)
                if (!isfinite(set->values.numbers[k])) __builtin_trap();
            fa_dataset_free(set);
        }
        fa__arff_free(&source.arff);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
