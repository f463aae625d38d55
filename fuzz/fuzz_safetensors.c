/* libFuzzer entry: safetensors files. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/safetensors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa__safetensors *file;
    unsigned char *copy = fa__alloc(size, 1); /* the parser takes it over */
    if (size > 0) memcpy(copy, bytes, size);
    if (fa__safetensors_parse(&file, copy, size, "fuzz") != FA_OK) {
        fa__free(copy);
        return 0;
    }
    unsigned sum = 0; /* every byte that is said to be there must be */
    for (size_t i = 0; i < fa__safetensors_count(file); i++) {
        const fa__tensor *tensor = fa__safetensors_at(file, i);
        const unsigned char *data = tensor->data;
        size_t n_bytes = fa__tensor_count(tensor) * fa__dtype_size(tensor->dtype);
        for (size_t j = 0; j < n_bytes; j++) sum += data[j];
    }
    fa__safetensors_free(file);
    return sum == UINT32_MAX ? -1 : 0;
}
