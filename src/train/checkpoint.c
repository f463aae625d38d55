/* checkpoint.safetensors. */
#include "train/checkpoint.h"

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

static fa__tensor block(const char *name, size_t n, const float *data) {
    fa__tensor tensor = {.dtype = FA__F32, .rank = 1, .shape = {n}, .data = data};
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    return tensor;
}

/* Neighbours that were found by what a layer made of the samples some epochs ago. */
static bool by_layer(const fa__trainer *t) {
    return t->by_neighbours && t->neighbours_layer > 0;
}

fa_status fa__checkpoint_write(const char *path, const fa__trainer *t) {
    size_t n = t->network->parameters;
    double *history;
    int64_t *nearest;
    char epoch[32], best_epoch[32], adam_step[32];
    bool neighbours = by_layer(t);
    size_t n_fit = t->task->n_fit, k = t->neighbourhood.k;
    FA_TRY(FA_NEW(history, t->epoch * FA__HISTORY_COLUMNS));
    if (FA_NEW(nearest, neighbours ? n_fit * k : 1) != FA_OK) {
        fa__free(history);
        return fa__nomem(n_fit * k, sizeof *nearest);
    }
    for (size_t i = 0; neighbours && i < n_fit * k; i++) nearest[i] = t->neighbourhood.nearest[i];
    for (size_t e = 0; e < t->epoch; e++)
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
            history[e * FA__HISTORY_COLUMNS + c] = *fa__history_cell(&t->history[e], c);
    const fa__tensor tensors[] = {
        block("parameters", n, t->parameters),
        block("best", n, t->best),
        block("adam.m", n, t->adam.m),
        block("adam.v", n, t->adam.v),
        {"history", FA__F64, 2, {t->epoch, FA__HISTORY_COLUMNS}, history},
        {"neighbours", FA__I64, 2, {n_fit, k}, nearest}, /* the last: not always written */
    };
    size_t count = sizeof tensors / sizeof tensors[0] - !neighbours;
    snprintf(epoch, sizeof epoch, "%zu", t->epoch);
    snprintf(best_epoch, sizeof best_epoch, "%zu", t->best_epoch);
    snprintf(adam_step, sizeof adam_step, "%llu", (unsigned long long)t->adam.step);
    const char *metadata[][2] = {{"format", format_name},
                                 {"epoch", epoch},
                                 {"best_epoch", best_epoch},
                                 {"adam_step", adam_step}};
    fa_status status = fa__safetensors_write(path, tensors, count, metadata, 4);
    fa__free(history);
    fa__free(nearest);
    return status;
}

static fa_status copy_block(float *out, const fa__safetensors *file, const char *name, size_t n) {
    const fa__tensor *t = fa__safetensors_find(file, name);
    if (t == NULL || t->dtype != FA__F32 || t->rank != 1 || t->shape[0] != n)
        return fa__fail(FA_E_FORMAT,
                        "%s is not there with %zu values: it belongs to another network", name, n);
    memcpy(out, t->data, n * sizeof *out);
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

static fa_status read_neighbours(fa__neighbourhood *out, const fa__safetensors *file) {
    const fa__tensor *t = fa__safetensors_find(file, "neighbours");
    size_t n = out->task->n_fit;
    if (t == NULL || t->dtype != FA__I64 || t->rank != 2 || t->shape[0] != n ||
        t->shape[1] != out->k)
        return fa__fail(FA_E_FORMAT, "neighbours are not there, %zu of each of %zu samples", out->k,
                        n);
    const int64_t *nearest = t->data;
    for (size_t i = 0; i < n * out->k; i++)
        if (nearest[i] < -1 || nearest[i] >= (int64_t)n)
            return fa__fail(FA_E_FORMAT, "sample %lld is a neighbour, and there are %zu",
                            (long long)nearest[i], n);
    for (size_t i = 0; i < n * out->k; i++) out->nearest[i] = (int32_t)nearest[i];
    return FA_OK;
}

static fa_status read_state(fa__trainer *t, const fa__safetensors *file) {
    const char *format = fa__safetensors_metadata(file, "format");
    size_t n = t->network->parameters, epoch = 0, best_epoch = 0, adam_step = 0;
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
    if (by_layer(t)) FA_TRY(read_neighbours(&t->neighbourhood, file));
    FA_TRY(copy_block(t->parameters, file, "parameters", n));
    FA_TRY(copy_block(t->best, file, "best", n));
    FA_TRY(copy_block(t->adam.m, file, "adam.m", n));
    FA_TRY(copy_block(t->adam.v, file, "adam.v", n));
    size_t there = history->shape[1];
    for (size_t e = 0; e < epoch; e++) {
        t->history[e].epoch = e + 1;
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
            *fa__history_cell(&t->history[e], c) =
                c < there ? ((const double *)history->data)[e * there + c] : (double)NAN;
    }
    t->adam.step = adam_step;
    t->epoch = t->started_epoch = epoch;
    t->best_epoch = best_epoch;
    t->before = epoch > 0 ? t->history[epoch - 1].seconds : 0;
    return FA_OK;
}

fa_status fa__checkpoint_read(fa__trainer *t, const char *path) {
    fa__safetensors *file;
    FA_TRY(fa__safetensors_read(&file, path));
    fa_status status = read_state(t, file);
    fa__safetensors_free(file);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s", path);
}
