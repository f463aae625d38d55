/* libFuzzer entry: clusters; those that are read are the same bytes each time they are written. How
 * to run: fuzz/README.md. */
#include "base/memory.h"
#include "forced_apart.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa_clusters *clusters, *copy;
    unsigned char *once, *again;
    size_t n_once, n_again;
    if (fa_clusters_from_buffer(&clusters, bytes, size) == FA_OK) {
        if (fa_clusters_to_buffer(&once, &n_once, clusters) != FA_OK ||
            fa_clusters_from_buffer(&copy, once, n_once) != FA_OK ||
            fa_clusters_to_buffer(&again, &n_again, copy) != FA_OK || n_once != n_again ||
            memcmp(once, again, n_once) != 0)
            __builtin_trap();
        fa_free(once);
        fa_free(again);
        fa_clusters_free(clusters);
        fa_clusters_free(copy);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
