/* Checkpoints: named tensors, and counts as metadata. */
#include "run/checkpoint.h"

#include "base/memory.h"
#include "run/history.h"
#include "formats/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "forced-apart checkpoint 1";

/* The columns of the first version; a checkpoint has them and some or all of the later ones. */
enum { COLUMNS_AT_FIRST = 9 };

fa_status fa__checkpoint_write(const char *path, const fa__state *t) {
    fa__tensor tensors[FA__STATE_BLOCKS + 1];
    double *history;
    char epoch[32], best_epoch[32], adam_step[32];
    size_t count = t->n_blocks;
    FA_TRY(FA_NEW(history, t->epoch * FA__HISTORY_COLUMNS));
    for (size_t e = 0; e < t->epoch; e++)
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
            history[e * FA__HISTORY_COLUMNS + c] = *fa__history_cell(&t->history[e], c);
    for (size_t i = 0; i < count; i++) {
        const fa__state_block *b = &t->blocks[i];
        tensors[i] =
            (fa__tensor){.dtype = b->dtype, .rank = 1, .shape = {b->count}, .data = b->data};
        snprintf(tensors[i].name, sizeof tensors[i].name, "%s", b->name);
    }
    tensors[count++] =
        (fa__tensor){"history", FA__F64, 2, {t->epoch, FA__HISTORY_COLUMNS}, history};
    snprintf(epoch, sizeof epoch, "%zu", t->epoch);
    snprintf(best_epoch, sizeof best_epoch, "%zu", t->best_epoch);
    snprintf(adam_step, sizeof adam_step, "%llu", (unsigned long long)t->adam_step);
    const char *metadata[][2] = {{"format", format_name},
                                 {"epoch", epoch},
                                 {"best_epoch", best_epoch},
                                 {"adam_step", adam_step}};
    fa_status status = fa__safetensors_write(path, tensors, count, metadata, 4);
    fa__free(history);
    return status;
}

static fa_status check_block(const fa__tensor **out, const fa__safetensors *file,
                             const fa__state_block *block) {
    const fa__tensor *t = fa__safetensors_find(file, block->name);
    if (t == NULL || t->dtype != block->dtype || t->rank != 1 || t->shape[0] != block->count)
        return fa__fail(FA_E_FORMAT,
                        "%s is not there with %zu values: it belongs to another network",
                        block->name, block->count);
    *out = t;
    return FA_OK;
}

static fa_status read_count(size_t *out, const fa__safetensors *file, const char *key) {
    const char *text = fa__safetensors_metadata(file, key);
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return fa__fail(FA_E_FORMAT, "%s is missing", key);
    *out = (size_t)strtoull(text, &end, 10);
    if (*end != '\0') return fa__fail(FA_E_FORMAT, "%s is '%s', not a count", key, text);
    return FA_OK;
}

fa_status fa__checkpoint_take(fa__state *t, const fa__safetensors *file) {
    const char *format = fa__safetensors_metadata(file, "format");
    size_t epoch = 0, best_epoch = 0, adam_step = 0;
    if (format == NULL || strcmp(format, format_name) != 0)
        return fa__fail(FA_E_FORMAT, "not a checkpoint (its metadata do not say '%s')",
                        format_name);
    FA_TRY(read_count(&epoch, file, "epoch"));
    FA_TRY(read_count(&best_epoch, file, "best_epoch"));
    FA_TRY(read_count(&adam_step, file, "adam_step"));
    const fa__tensor *history = fa__safetensors_find(file, "history");
    if (history == NULL || history->dtype != FA__F64 || history->rank != 2 ||
        history->shape[0] != epoch || history->shape[1] < COLUMNS_AT_FIRST ||
        history->shape[1] > FA__HISTORY_COLUMNS || best_epoch > epoch)
        return fa__fail(FA_E_FORMAT, "the history does not have %zu epochs", epoch);
    if (epoch > t->epochs)
        return fa__fail(FA_E_RECIPE,
                        "%zu epochs are done, the recipe asks for %zu: set train.epochs higher",
                        epoch, t->epochs);
    const fa__tensor *found[FA__STATE_BLOCKS];
    for (size_t i = 0; i < t->n_blocks; i++) FA_TRY(check_block(&found[i], file, &t->blocks[i]));
    for (size_t i = 0; i < t->n_blocks; i++)
        memcpy(t->blocks[i].data, found[i]->data,
               t->blocks[i].count * fa__dtype_size(t->blocks[i].dtype));
    size_t there = history->shape[1];
    for (size_t e = 0; e < epoch; e++) {
        t->history[e].epoch = e + 1;
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
            *fa__history_cell(&t->history[e], c) =
                c < there ? ((const double *)history->data)[e * there + c] : (double)NAN;
    }
    t->adam_step = adam_step;
    t->epoch = epoch;
    t->best_epoch = best_epoch;
    return FA_OK;
}

fa_status fa__checkpoint_read(fa__state *t, const char *path) {
    fa__safetensors *file;
    FA_TRY(fa__safetensors_read(&file, path));
    fa_status status = fa__checkpoint_take(t, file);
    fa__safetensors_free(file);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s", path);
}
