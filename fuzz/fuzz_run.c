/* libFuzzer entry: the files of a run folder that are text or state, in memory: history.csv,
 * scores.json and the checkpoint of a network of three parameters. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "run/checkpoint.h"
#include "run/history.h"
#include "run/scores.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void take_checkpoint(const uint8_t *bytes, size_t size) {
    enum { EPOCHS = 4, PARAMETERS = 3 };
    fa__safetensors *file;
    float parameters[PARAMETERS + 1] = {[PARAMETERS] = 77};
    double other[PARAMETERS + 1] = {[PARAMETERS] = 77};
    fa_epoch history[EPOCHS + 1] = {[EPOCHS] = {.epoch = 77}};
    fa__state state = {.blocks = {{"parameters", FA__F32, PARAMETERS, parameters},
                                  {"other", FA__F64, PARAMETERS, other}},
                       .n_blocks = 2,
                       .epochs = EPOCHS,
                       .history = history};
    unsigned char *copy = fa__alloc(size, 1); /* the parser takes it over */
    if (copy == NULL) return;
    if (size > 0) memcpy(copy, bytes, size);
    if (fa__safetensors_parse(&file, copy, size, "fuzz") != FA_OK) {
        fa__free(copy);
        return;
    }
    if (fa__checkpoint_take(&state, file) == FA_OK &&
        (state.epoch > EPOCHS || state.best_epoch > state.epoch))
        __builtin_trap();
    if (parameters[PARAMETERS] != 77 || other[PARAMETERS] != 77 || history[EPOCHS].epoch != 77)
        __builtin_trap();
    fa__safetensors_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fa_epoch *history;
    fa_train_result result;
    uint64_t model;
    size_t epochs;
    if (fa__history_parse(&history, &epochs, bytes, size, "fuzz") == FA_OK) {
        for (size_t e = 0; e < epochs; e++)
            if (history[e].epoch != e + 1) __builtin_trap();
        fa__free(history);
    }
    (void)fa__scores_from_text(&result, &model, bytes, size, "fuzz");
    take_checkpoint(bytes, size);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
