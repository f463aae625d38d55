/* libFuzzer entry: names of classes from a text, of samples and columns from its lines. How to run:
 * fuzz/README.md. */
#include "base/bytes.h"
#include "base/memory.h"
#include "data/dataset.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST = 32 };

/* The lines of a text, each ended by 0, in `copy`. */
static size_t lines_of(const char *names[MOST], char *copy) {
    size_t count = 0;
    for (char *at = copy; count < MOST;) {
        char *stop = strchr(at, '\n');
        names[count++] = at;
        if (stop == NULL) break;
        *stop = '\0';
        at = stop + 1;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const float x[MOST * MOST] = {1};
    const char *names[MOST];
    fa_dataset *set;
    char *copy = fa__alloc(size + 1, 1);
    if (copy == NULL || fa_dataset_from_vectors(&set, x, MOST, MOST) != FA_OK) return -1;
    if (fa__dataset_name_classes(set, 3, bytes, size, "fuzz") == FA_OK)
        for (size_t i = 0; i < set->labels.class_names.count; i++)
            if (fa_dataset_class_name(set, 3 + (int32_t)i) == NULL) __builtin_trap();
    if (size > 0) memcpy(copy, bytes, size);
    copy[size] = '\0';
    size_t count = lines_of(names, copy);
    for (size_t i = count; i < MOST; i++) names[i] = "same";
    if (fa_dataset_set_names(set, names) == FA_OK)
        for (size_t i = 0; i < MOST; i++)
            if (strcmp(fa_dataset_sample_name(set, i), names[i]) != 0) __builtin_trap();
    if (fa_dataset_set_column_names(set, names) == FA_OK && count < MOST - 1) __builtin_trap();
    fa_dataset_free(set);
    fa__free(copy);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
