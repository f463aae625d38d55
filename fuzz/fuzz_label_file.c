/* libFuzzer entry: labels beside the data, in each form. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/label_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char *const names[] = {"a", "b", "c.png", "d"};
    for (int turn = 0; turn < 4; turn++) {
        fa_dataset *set;
        if (fa__dataset_create(&set, FA_KIND_TEXT) != FA_OK) return -1;
        set->n = 4;
        if (turn < 2 && fa__dataset_name_samples(set, names, 4, 0) != FA_OK) return -1;
        if (fa__dataset_keep_origin(set) != FA_OK) return -1;
        set->n = 3; /* the last row was left out */
        (void)fa__label_file_parse(set, bytes, size, turn % 2 == 1, turn == 3 ? "label" : NULL,
                                   "fuzz", "data");
        fa_dataset_free(set);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
