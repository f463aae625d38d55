/* libFuzzer entry: models; one that is read embeds, and is the same bytes each time it is written.
 * How to run: fuzz/README.md. */
#include "base/memory.h"
#include "forced_apart.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Small data of each kind; what does not fit the model must be refused. */
static void embed(const fa_model *model) {
    enum { UNITS_MOST = 1 << 12 };
    static const float x[2 * 4] = {1, 2, 3, 4, -1, 0.5F, 0, 2};
    static const int64_t offsets[3] = {0, 1, 4};
    static const uint8_t pixels[2 * 8 * 8] = {1, 2, 3, 255};
    static const char *const texts[2] = {"a b", ""};
    size_t units = fa_model_target_units(model), outputs = fa_model_outputs(model);
    fa_dataset *sets[5] = {NULL};
    if (units > UNITS_MOST || outputs > UNITS_MOST) return;
    float *rows = fa__alloc(2 * (units + outputs), sizeof *rows);
    if (rows == NULL || fa_dataset_from_vectors(&sets[0], x, 2, 4) != FA_OK ||
        fa_dataset_from_vectors(&sets[1], x, 2, 2) != FA_OK ||
        fa_dataset_from_series(&sets[2], x, offsets, 2, 2) != FA_OK ||
        fa_dataset_from_images(&sets[3], pixels, 2, 8, 8, 1) != FA_OK ||
        fa_dataset_from_texts(&sets[4], texts, 2) != FA_OK)
        __builtin_trap();
    for (size_t i = 0; i < 5; i++) {
        (void)fa_model_embed(rows, rows + 2 * units, model, sets[i], NULL, NULL);
        fa_dataset_free(sets[i]);
    }
    fa__free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa_model *model, *copy;
    unsigned char *once, *again;
    size_t n_once, n_again;
    fa_threads_set(1);
    if (fa_model_from_buffer(&model, bytes, size) == FA_OK) {
        if (fa_model_to_buffer(&once, &n_once, model) != FA_OK ||
            fa_model_from_buffer(&copy, once, n_once) != FA_OK ||
            fa_model_to_buffer(&again, &n_again, copy) != FA_OK || n_once != n_again ||
            memcmp(once, again, n_once) != 0)
            __builtin_trap();
        if (fa_model_parameters(model) < 1 << 16) embed(model);
        fa_free(once);
        fa_free(again);
        fa_model_free(model);
        fa_model_free(copy);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
