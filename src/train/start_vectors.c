/* Word vectors into the embedding. Letters: v a word, i a text, T_i its words. */
#include "train/start_vectors.h"

#include "base/memory.h"
#include "text/word_vectors.h"

#include <math.h>
#include <string.h>

/* Those of a file, or of the texts themselves. */
static fa_status make(float *table, size_t *found, const fa_recipe *recipe, fa__task *task,
                      size_t units, const char *name) {
    char *path;
    if (strcmp(name, "ppmi") == 0) {
        FA_TRY(fa__ppmi_vectors(table, found, &task->corpus, task->vocabulary.count, units,
                                fa__recipe_size(recipe, FA__TEXT_WINDOW)));
        fa__corpus_free(&task->corpus);
        return FA_OK;
    }
    FA_TRY(fa_data_path(&path, name));
    fa_status status = fa__vectors_read(table, found, &task->vocabulary, units, path);
    fa__free(path);
    return status;
}

static bool is_zero(const float *x, size_t units) {
    size_t u = 0;
    while (u < units && x[u] == 0) u++;
    return u == units;
}

/* w_v: each text counts once. */
static void weigh(double *weights, const fa__task *task) {
    const fa_dataset *texts = task->train;
    for (size_t i = 0; i < task->n_fit; i++) {
        size_t from = texts->values.offsets[task->fit[i]],
               end = texts->values.offsets[task->fit[i] + 1];
        for (size_t t = from; t < end; t++)
            weights[(size_t)texts->values.numbers[t]] += 1 / (double)(end - from);
    }
}

/* Of the rows that are not 0. */
static void take_mean(float *table, double *mean, const double *weights, size_t count,
                      size_t units) {
    double whole = 0;
    for (size_t v = 0; v < count; v++)
        if (!is_zero(table + v * units, units)) whole += weights[v];
    for (size_t v = 0; v < count; v++)
        for (size_t u = 0; u < units && whole > 0; u++)
            mean[u] += weights[v] / whole * (double)table[v * units + u];
    for (size_t v = 0; v < count; v++) {
        if (is_zero(table + v * units, units)) continue;
        for (size_t u = 0; u < units; u++)
            table[v * units + u] = (float)((double)table[v * units + u] - mean[u]);
    }
}

/* sum_i ||y_i||^2, y_i the mean of the vectors of text i. */
static double squares_of_means(const float *table, double *y, const fa__task *task, size_t units) {
    const fa_dataset *texts = task->train;
    double squares = 0;
    for (size_t i = 0; i < task->n_fit; i++) {
        size_t from = texts->values.offsets[task->fit[i]],
               end = texts->values.offsets[task->fit[i] + 1];
        memset(y, 0, units * sizeof *y);
        for (size_t t = from; t < end; t++) {
            const float *x = table + (size_t)texts->values.numbers[t] * units;
            for (size_t u = 0; u < units; u++) y[u] += (double)x[u];
        }
        for (size_t u = 0; u < units; u++) squares += pow(y[u] / (double)(end - from), 2);
    }
    return squares;
}

static fa_status scale(float *table, const fa__task *task, size_t units) {
    size_t count = task->vocabulary.count;
    fa_status status = FA_OK;
    double *weights = NULL, *mean = NULL;
    FA_CHECK(FA_NEW_ZERO(weights, count));
    FA_CHECK(FA_NEW_ZERO(mean, units));
    weigh(weights, task);
    take_mean(table, mean, weights, count, units);
    double squares = squares_of_means(table, mean, task, units);
    float factor = (float)sqrt((double)task->n_fit * (double)units / squares);
    for (size_t i = 0; i < count * units && isfinite(factor); i++) table[i] *= factor;
done:
    fa__free(weights);
    fa__free(mean);
    return status;
}

fa_status fa__start_vectors(float *parameters, size_t *found, const fa_recipe *recipe,
                            fa__task *task, const fa__network *network) {
    const char *name = fa__recipe_text(recipe, FA__TEXT_VECTORS);
    const fa__parameter *p = &network->layers[0].parameters[0];
    float *table = parameters + p->offset;
    bool scaled = strcmp(fa__recipe_text(recipe, FA__DATA_SCALE), "common") == 0;
    if (task->vocabulary.count == 0)
        return fa__fail(FA_E_RECIPE, "text.vectors = %s: data.train is no text; leave it empty",
                        name);
    if (scaled) memset(table, 0, p->count * sizeof *table);
    fa_status status = make(table, found, recipe, task, p->shape[1], name);
    if (status == FA_OK && scaled) status = scale(table, task, p->shape[1]);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "text.vectors");
}
