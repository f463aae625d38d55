/* libFuzzer entry: rules of coarse groups. How to run: fuzz/README.md. */
#include "base/status.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const int32_t classes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    char rule[256];
    int32_t coarse[10];
    size_t groups;
    if (size >= sizeof rule) return 0;
    if (size > 0) memcpy(rule, bytes, size);
    rule[size] = 0;
    if (fa_groups_apply(coarse, &groups, rule, classes, 10) == FA_OK && groups < 2)
        __builtin_trap();
    return 0;
}
