/* Batches of ragged series (or plain rows) for a network. */
#include "model/batch.h"

#include "base/assert.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ==== Scaling ==== */

static size_t scaled_features(const fa_dataset *dataset) {
    return dataset->kind == FA_KIND_IMAGES ? 1 : dataset->features; /* all pixels alike */
}

/* First value, count, and sums of the distances from that first value: exactly 0 for a constant
 * feature, and small where a large mean would eat the variance. */
typedef struct moments {
    double pivot, count, sum, square;
} moments;

static void add_value(moments *m, double x) {
    if (m->count == 0) m->pivot = x;
    double away = x - m->pivot;
    m->count++;
    m->sum += away;
    m->square += away * away;
}

static double variance_of(const moments *m) {
    double away = m->sum / m->count;
    return m->square / m->count - away * away;
}

static void add_sample(moments *m, const fa_dataset *dataset, size_t i) {
    size_t features = dataset->features;
    bool series = dataset->kind == FA_KIND_SERIES;
    if (dataset->kind == FA_KIND_IMAGES) {
        const unsigned char *pixels = fa__dataset_pixels(dataset, i);
        for (size_t p = 0; p < features; p++) add_value(m, pixels[p]);
        return;
    }
    if (!series) {
        const float *row = fa__dataset_numbers(dataset, i);
        for (size_t k = 0; k < features; k++) add_value(&m[k], (double)row[k]);
        return;
    }
    for (size_t r = dataset->values.offsets[i]; r < dataset->values.offsets[i + 1]; r++)
        for (size_t k = 0; k < features; k++)
            add_value(&m[k], (double)dataset->values.numbers[r * features + k]);
}

enum { AHEAD = 1024 }; /* samples that are asked for together */

/* Mean and standard deviation of each feature over the given samples, in one pass: they may lie on
 * disk. */
static fa_status fit_standard(fa__scaling *scaling, const fa_dataset *dataset,
                              const size_t *samples, size_t n, bool common) {
    moments *all;
    double together = 0; /* the variance of all features */
    FA_TRY(FA_NEW_ZERO(all, scaling->features));
    fa__dataset_random(dataset, true);
    for (size_t s = 0; s < n; s++) {
        if (s % AHEAD == 0) fa__dataset_fetch(dataset, samples + s, n - s < AHEAD ? n - s : AHEAD);
        add_sample(all, dataset, samples[s]);
    }
    fa__dataset_random(dataset, false);
    for (size_t k = 0; k < scaling->features; k++)
        together += variance_of(&all[k]) / (double)scaling->features;
    for (size_t k = 0; k < scaling->features; k++) {
        const moments *m = &all[k];
        double variance = common ? together : variance_of(m);
        float scale = (float)(1 / sqrt(variance));
        scaling->shift[k] = (float)(m->pivot + m->sum / m->count);
        scaling->scale[k] = variance > 0 && isfinite(scale) ? scale : 1.0f;
    }
    fa__free(all);
    return FA_OK;
}

static fa_status read_factors(fa__scaling *scaling, const char *rule) {
    const char *at = rule;
    size_t count = 0;
    for (;; count++) {
        char *end;
        float factor = fa__to_float(at, &end);
        if (end == at) break;
        if (!isfinite(factor) || factor == 0)
            return fa__fail(FA_E_RECIPE, "data.scale = %s: factor %zu is 0 or not finite", rule,
                            count + 1);
        if (count < scaling->features) scaling->scale[count] = factor;
        at = end;
    }
    if (at[strspn(at, " \t")] != '\0')
        return fa__fail(FA_E_RECIPE,
                        "data.scale = %s: '%s' is no number; write 'standard', 'common', one "
                        "factor, or %zu factors",
                        rule, at + strspn(at, " \t"), scaling->features);
    if (count != 1 && count != scaling->features)
        return fa__fail(
            FA_E_RECIPE,
            "data.scale = %s: %zu factors, but the data have %zu features; write 1 or %zu", rule,
            count, scaling->features, scaling->features);
    for (size_t k = 1; count == 1 && k < scaling->features; k++)
        scaling->scale[k] = scaling->scale[0];
    return FA_OK;
}

fa_status fa__scaling_fit(fa__scaling *scaling, const char *rule, const fa_dataset *dataset,
                          const size_t *samples, size_t n) {
    fa_status status = FA_OK;
    fa__scaling made = {.features = scaled_features(dataset)};
    FA_CHECK(FA_NEW_ZERO(made.shift, made.features));
    FA_CHECK(FA_NEW_ZERO(made.scale, made.features));
    if (strcmp(rule, "standard") == 0)
        FA_CHECK(fit_standard(&made, dataset, samples, n, false));
    else if (strcmp(rule, "common") == 0)
        FA_CHECK(fit_standard(&made, dataset, samples, n, true));
    else
        FA_CHECK(read_factors(&made, rule));
    *scaling = made;
    return FA_OK;
done:
    fa__scaling_free(&made);
    return status;
}

void fa__scaling_free(fa__scaling *scaling) {
    fa__free(scaling->shift);
    fa__free(scaling->scale);
    memset(scaling, 0, sizeof *scaling);
}

/* ==== Shards ==== */

fa__shape fa__dataset_shape(const fa_dataset *dataset) {
    if (dataset->kind == FA_KIND_SERIES) {
        fa__shape shape = fa__shape_series(dataset->features);
        shape.vocabulary = dataset->values.vocabulary;
        return shape;
    }
    if (dataset->kind == FA_KIND_VECTORS) return fa__shape_vector(dataset->features);
    return (fa__shape){.form = FA__IMAGE,
                       .features = dataset->features,
                       .height = dataset->values.height,
                       .width = dataset->values.width,
                       .channels = dataset->values.channels};
}

fa__row fa__row_of(const fa_dataset *dataset, size_t sample, size_t place) {
    fa__row row = {.sample = sample, .place = place, .steps = 1};
    if (dataset->kind == FA_KIND_SERIES) {
        size_t at = dataset->values.offsets[sample];
        row.steps = dataset->values.offsets[sample + 1] - at;
        row.values = dataset->values.numbers + at * dataset->features;
    }
    if (dataset->kind == FA_KIND_VECTORS) row.values = fa__dataset_numbers(dataset, sample);
    return row;
}

/* Merge sort: stable, and O(n log n) on any input. */
void fa__sort_by_length(fa__row *rows, size_t n, fa__row *scratch) {
    size_t half = n / 2, a = 0, b = half, sorted = 1;
    while (sorted < n && rows[sorted - 1].steps >= rows[sorted].steps) sorted++;
    if (sorted >= n) return;
    fa__sort_by_length(rows, half, scratch);
    fa__sort_by_length(rows + half, n - half, scratch);
    for (size_t i = 0; i < n; i++) {
        bool first = b == n || (a < half && rows[a].steps >= rows[b].steps);
        scratch[i] = first ? rows[a++] : rows[b++];
    }
    memcpy(rows, scratch, n * sizeof *rows);
}

/* The shard that gets the row at a position of the sorted batch. */
static size_t shard_of(size_t position, size_t shards) {
    size_t place = position % (2 * shards);
    return place < shards ? place : 2 * shards - 1 - place;
}

void fa__split_into_shards(fa__row *sharded, size_t *first, const fa__row *rows, size_t n,
                           size_t shards) {
    FA_ASSERT(shards > 0);
    size_t at = 0;
    for (size_t s = 0; s < shards; s++) {
        first[s] = at;
        for (size_t i = 0; i < n; i++)
            if (shard_of(i, shards) == s) sharded[at++] = rows[i];
    }
    first[shards] = at;
}

void fa__pair_views(int32_t *pairs, const fa__row *rows, size_t n) {
    FA_ASSERT(n % 2 == 0);
    for (size_t i = 0; i < n; i++) pairs[2 * rows[i].place + rows[i].view] = (int32_t)i;
}

/* ==== Packing ==== */

static void fill_series(fa__shard *shard, const fa__scaling *scaling, const fa__row *rows) {
    size_t features = scaling->features;
    float *to = shard->activations[0].values;
    for (size_t t = 0; t < shard->activations[0].steps; t++)
        for (size_t j = 0; j < shard->rows[t]; j++, to += features) {
            const float *from = rows[j].values + t * features;
            for (size_t k = 0; k < features; k++)
                to[k] = (from[k] - scaling->shift[k]) * scaling->scale[k];
        }
}

static void fill_vectors(fa__shard *shard, const fa__scaling *scaling, const fa__row *rows,
                         size_t n) {
    float *to = shard->activations[0].values;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < scaling->features; k++)
            *to++ = (rows[j].values[k] - scaling->shift[k]) * scaling->scale[k];
}

static void fill_images(fa__shard *shard, const fa_dataset *dataset, const fa__scaling *scaling,
                        const fa__row *rows, size_t n) {
    float *to = shard->activations[0].values, shift = scaling->shift[0], scale = scaling->scale[0];
    for (size_t j = 0; j < n; j++) {
        const float *values = rows[j].values;
        const unsigned char *pixels = fa__dataset_pixels(dataset, rows[j].sample);
        for (size_t p = 0; p < dataset->features; p++)
            *to++ = ((values != NULL ? values[p] : (float)pixels[p]) - shift) * scale;
    }
}

fa_status fa__shard_fill(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                         const fa_dataset *dataset, const fa__scaling *scaling, const fa__row *rows,
                         size_t n) {
    FA_ASSERT(n > 0);
    FA_ASSERT(scaling->features > 0);
    size_t steps = dataset->kind == FA_KIND_SERIES && n > 0 ? rows[0].steps : 0;
    FA_TRY(fa__shard_rows(shard, steps));
    for (size_t t = 0, here = n; t < steps; t++) {
        while (here > 0 && rows[here - 1].steps <= t) here--;
        shard->rows[t] = here;
    }
    FA_TRY(fa__shard_shape(shard, network, engine, n, steps));
    if (dataset->kind == FA_KIND_SERIES)
        fill_series(shard, scaling, rows);
    else if (dataset->kind == FA_KIND_VECTORS)
        fill_vectors(shard, scaling, rows, n);
    else
        fill_images(shard, dataset, scaling, rows, n);
    return FA_OK;
}
