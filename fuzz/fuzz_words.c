/* libFuzzer entry: words of a text, which make a vocabulary that reads back; vocabularies and word
 * vectors of any bytes. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "data/dataset.h"
#include "text/word_vectors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = fa__alloc(size + 1, 1);
    size_t offsets[2] = {0, size}, first = 0, found;
    fa_dataset set = {.kind = FA_KIND_TEXT, .n = 1, .values = {.offsets = offsets, .text = text}},
               *numbers;
    fa__vocabulary v, again;
    float table[64 * 2];
    if (text == NULL) return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (fa__vocabulary_fit(&v, &set, &first, 1, 63, 1, 100) == FA_OK) {
        /* Else a model would not read its own vocabulary back. */
        if (fa__vocabulary_read(&again, v.text, 100) != FA_OK || strcmp(again.text, v.text) != 0)
            __builtin_trap();
        fa__vocabulary_free(&again);
        if (fa__vocabulary_encode(&numbers, &v, &set) == FA_OK) fa_dataset_free(numbers);
        (void)fa__vectors_parse(table, &found, &v, 2, text, size, "fuzz");
        fa__vocabulary_free(&v);
    }
    if (fa__vocabulary_read(&v, text, 100) == FA_OK) fa__vocabulary_free(&v);
    fa__free(text);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
