/* Batches of ragged series (or plain rows) for a network. */
#include "model/batch.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"

#include <math.h>
#include <stddef.h>
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

static void add_sample(moments *m, const fa_dataset *dataset, size_t i) {
    size_t features = dataset->features;
    bool series = dataset->kind == FA_KIND_SERIES;
    if (dataset->kind == FA_KIND_IMAGES) {
        for (size_t p = 0; p < features; p++)
            add_value(m, dataset->values.pixels[i * features + p]);
        return;
    }
    size_t from = series ? dataset->values.offsets[i] : i,
           end = series ? dataset->values.offsets[i + 1] : i + 1;
    for (size_t r = from; r < end; r++)
        for (size_t k = 0; k < features; k++)
            add_value(&m[k], (double)dataset->values.numbers[r * features + k]);
}

/* Mean and standard deviation of each feature over the given samples, in one pass: they may lie on
 * disk. */
static fa_status fit_standard(fa__scaling *scaling, const fa_dataset *dataset,
                              const size_t *samples, size_t n) {
    moments *all;
    FA_TRY(FA_NEW_ZERO(all, scaling->features));
    for (size_t s = 0; s < n; s++) add_sample(all, dataset, samples[s]);
    for (size_t k = 0; k < scaling->features; k++) {
        const moments *m = &all[k];
        double away = m->sum / m->count, variance = m->square / m->count - away * away;
        float scale = (float)(1 / sqrt(variance));
        scaling->shift[k] = (float)(m->pivot + away);
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
        return fa__fail(
            FA_E_RECIPE,
            "data.scale = %s: '%s' is no number; write 'standard', one factor, or %zu factors",
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
        FA_CHECK(fit_standard(&made, dataset, samples, n));
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

size_t fa__dataset_steps(const fa_dataset *dataset, size_t i) {
    return dataset->kind == FA_KIND_SERIES
               ? dataset->values.offsets[i + 1] - dataset->values.offsets[i]
               : 1;
}

/* Merge sort: stable, and O(n log n) on any input. */
void fa__sort_by_length(const fa_dataset *dataset, size_t *samples, size_t n, size_t *scratch) {
    if (dataset->kind != FA_KIND_SERIES || n < 2) return;
    size_t half = n / 2, a = 0, b = half;
    fa__sort_by_length(dataset, samples, half, scratch);
    fa__sort_by_length(dataset, samples + half, n - half, scratch);
    for (size_t i = 0; i < n; i++) {
        bool first = b == n || (a < half && fa__dataset_steps(dataset, samples[a]) >=
                                                fa__dataset_steps(dataset, samples[b]));
        scratch[i] = first ? samples[a++] : samples[b++];
    }
    memcpy(samples, scratch, n * sizeof *samples);
}

/* The shard that gets the sample at a position of the sorted batch. */
static size_t shard_of(size_t position, size_t shards) {
    size_t place = position % (2 * shards);
    return place < shards ? place : 2 * shards - 1 - place;
}

void fa__split_into_shards(size_t *sharded, size_t *first, const size_t *samples, size_t n,
                           size_t shards) {
    size_t at = 0;
    for (size_t s = 0; s < shards; s++) {
        first[s] = at;
        for (size_t i = 0; i < n; i++)
            if (shard_of(i, shards) == s) sharded[at++] = samples[i];
    }
    first[shards] = at;
}

/* ==== Packing ==== */

static void fill_series(fa__shard *shard, const fa_dataset *dataset, const fa__scaling *scaling,
                        const size_t *samples) {
    size_t features = dataset->features;
    float *to = shard->activations[0].values;
    for (size_t t = 0; t < shard->activations[0].steps; t++)
        for (size_t j = 0; j < shard->rows[t]; j++, to += features) {
            const float *from =
                dataset->values.numbers + (dataset->values.offsets[samples[j]] + t) * features;
            for (size_t k = 0; k < features; k++)
                to[k] = (from[k] - scaling->shift[k]) * scaling->scale[k];
        }
}

static void fill_vectors(fa__shard *shard, const fa_dataset *dataset, const fa__scaling *scaling,
                         const size_t *samples, size_t n) {
    float *to = shard->activations[0].values;
    for (size_t j = 0; j < n; j++) {
        const float *from = dataset->values.numbers + samples[j] * dataset->features;
        for (size_t k = 0; k < dataset->features; k++)
            *to++ = (from[k] - scaling->shift[k]) * scaling->scale[k];
    }
}

/* How an image is changed: pixel (y, x) comes from (y + down, x + right), mirrored first. */
typedef struct change {
    bool mirrored;
    ptrdiff_t down, right;
} change;

static change draw_change(const fa__augment *augment, size_t sample) {
    enum { FARTHEST = 4 };
    if (augment == NULL) return (change){0};
    fa__rng rng;
    fa__rng_seed(&rng, augment->seed, FA__STREAM_AUGMENT,
                 (uint64_t)augment->epoch << 32 | (uint64_t)sample);
    change made = {.mirrored = fa__rng_below(&rng, 2) == 1};
    made.down = (ptrdiff_t)fa__rng_below(&rng, 2 * FARTHEST + 1) - FARTHEST;
    made.right = (ptrdiff_t)fa__rng_below(&rng, 2 * FARTHEST + 1) - FARTHEST;
    return made;
}

static void fill_image(float *to, const fa_dataset *dataset, const fa__scaling *scaling,
                       size_t sample, change by) {
    const unsigned char *image = dataset->values.pixels + sample * dataset->features;
    ptrdiff_t height = (ptrdiff_t)dataset->values.height, width = (ptrdiff_t)dataset->values.width;
    float shift = scaling->shift[0], scale = scaling->scale[0];
    for (ptrdiff_t y = by.down; y < height + by.down; y++)
        for (ptrdiff_t x = by.right; x < width + by.right; x++) {
            ptrdiff_t from = by.mirrored ? width - 1 - x : x;
            bool within = y >= 0 && y < height && x >= 0 && x < width;
            size_t at = within ? (size_t)(y * width + from) * dataset->values.channels : 0;
            for (size_t c = 0; c < dataset->values.channels; c++)
                *to++ = within ? ((float)image[at + c] - shift) * scale : 0.0f;
        }
}

static void fill_images(fa__shard *shard, const fa_dataset *dataset, const fa__scaling *scaling,
                        const fa__augment *augment, const size_t *samples, size_t n) {
    for (size_t j = 0; j < n; j++)
        fill_image(shard->activations[0].values + j * dataset->features, dataset, scaling,
                   samples[j], draw_change(augment, samples[j]));
}

fa_status fa__shard_fill(fa__shard *shard, const fa__network *network, const fa_dataset *dataset,
                         const fa__scaling *scaling, const fa__augment *augment,
                         const size_t *samples, size_t n) {
    size_t steps =
        dataset->kind == FA_KIND_SERIES && n > 0 ? fa__dataset_steps(dataset, samples[0]) : 0;
    FA_TRY(fa__shard_rows(shard, steps));
    for (size_t t = 0, rows = n; t < steps; t++) {
        while (rows > 0 && fa__dataset_steps(dataset, samples[rows - 1]) <= t) rows--;
        shard->rows[t] = rows;
    }
    FA_TRY(fa__shard_shape(shard, network, n, steps));
    if (dataset->kind == FA_KIND_SERIES)
        fill_series(shard, dataset, scaling, samples);
    else if (dataset->kind == FA_KIND_VECTORS)
        fill_vectors(shard, dataset, scaling, samples, n);
    else
        fill_images(shard, dataset, scaling, augment, samples, n);
    return FA_OK;
}
