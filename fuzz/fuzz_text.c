/* libFuzzer entry: stroke text files and labels of any form. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/labels.h"
#include "formats/strokes_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa__stroke_rows rows = {0};
    fa__categories words = {0};
    int32_t *labels;
    size_t n;
    (void)fa__strokes_text_parse(&rows, bytes, size, "fuzz");
    fa__free(rows.values);
    if (fa__labels_parse(&labels, &n, bytes, size, "fuzz") == FA_OK) fa__free(labels);
    if (fa__labels_parse_words(&labels, &n, &words, bytes, size, "fuzz") == FA_OK) fa__free(labels);
    fa__categories_free(&words);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
