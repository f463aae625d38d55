/* Data sets: what they are made of. */
#include "data/dataset.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/bytes.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fa_status fa__dataset_create(fa_dataset **out, fa_kind kind) {
    fa_dataset *dataset;
    FA_TRY(FA_NEW_ZERO(dataset, 1));
    dataset->kind = kind;
    *out = dataset;
    return FA_OK;
}

void fa_dataset_free(fa_dataset *dataset) {
    if (dataset == NULL) return;
    fa__free(dataset->values.offsets);
    if (!dataset->values.borrowed) {
        fa__free(dataset->values.numbers);
        fa__free(dataset->values.pixels);
    }
    fa__file_unmap(dataset->values.map, dataset->values.map_size);
    for (size_t p = 0; dataset->values.parts != NULL && p < dataset->values.n_parts; p++)
        fa__file_unmap(dataset->values.parts[p].map, dataset->values.parts[p].map_size);
    fa__free(dataset->values.parts);
    fa__free(dataset->values.blocks);
    fa__free(dataset->values.text);
    fa__free(dataset->labels.coarse);
    fa__names_free(&dataset->labels.coarse_names);
    fa__free(dataset->labels.classes);
    fa__names_free(&dataset->labels.class_names);
    fa__names_free(&dataset->names.columns);
    fa__free(dataset->values.shift);
    fa__free(dataset->names.schema);
    fa__names_free(&dataset->names.samples);
    fa__free(dataset->origin.rows);
    fa__free(dataset);
}

fa_status fa__dataset_keep_origin(fa_dataset *dataset) {
    if (dataset->origin.rows != NULL) return FA_OK;
    FA_TRY(FA_NEW(dataset->origin.rows, dataset->n));
    for (size_t i = 0; i < dataset->n; i++) dataset->origin.rows[i] = i;
    dataset->origin.n_rows = dataset->n;
    return FA_OK;
}

fa_status fa__dataset_name_samples(fa_dataset *dataset, char *const *names, size_t count,
                                   size_t from) {
    size_t size = 0, used = 0, escaped = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]) - from;
        bool whole = fa__utf8_check(names[i] + from, length) == length;
        size += (whole ? 1 : 4) * length + 1;
        escaped += !whole;
    }
    FA_TRY(FA_NEW(dataset->names.samples.text, size));
    FA_TRY(FA_NEW(dataset->names.samples.starts, count));
    dataset->names.samples.count = count;
    for (size_t i = 0; i < count; i++) {
        dataset->names.samples.starts[i] = used;
        used += fa__utf8_escape(dataset->names.samples.text + used, names[i] + from,
                                strlen(names[i]) - from);
        dataset->names.samples.text[used++] = '\0';
    }
    dataset->names.samples.size = used;
    if (escaped > 0)
        fa__dataset_add_note(dataset,
                             "%zu of %zu names of files are no UTF-8; what is not is written as "
                             "\\xe9",
                             escaped, count);
    return FA_OK;
}

fa_status fa__dataset_name_classes(fa_dataset *dataset, int32_t first, const void *text,
                                   size_t size, const char *where) {
    char *names;
    size_t used = 0, count = 0;
    const char *bytes = text;
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) size--;
    if (memchr(text, 0, size) != NULL)
        return fa__fail(FA_E_FORMAT, "%s: has zero bytes; class names are text, one a line", where);
    FA_TRY(FA_NEW(names, 4 * size + 1));
    fa__line line = fa__line_start(text, size);
    while (fa__line_next(&line)) {
        if (line.size == 0) {
            fa__free(names);
            return fa__fail(FA_E_FORMAT, "%s, line %zu: is empty, the name of class %zu is wanted",
                            where, line.number, (size_t)first + count);
        }
        used += fa__utf8_escape(names + used, line.text, line.size);
        names[used++] = '\0';
        count++;
    }
    fa__names_free(&dataset->labels.class_names);
    dataset->labels.class_names = (fa__names){.text = names, .size = used, .count = count};
    dataset->labels.first_named = first;
    return FA_OK;
}

bool fa__dataset_is_blank(const fa_dataset *dataset, size_t i) {
    size_t at = dataset->values.offsets[i], end = dataset->values.offsets[i + 1];
    while (at < end && strchr(" \t\r\n", dataset->values.text[at]) != NULL) at++;
    return at == end;
}

void fa__dataset_note_blanks(fa_dataset *dataset) {
    size_t count = 0, first = 0;
    for (size_t i = 0; i < dataset->n; i++)
        if (fa__dataset_is_blank(dataset, i) && count++ == 0) first = i;
    if (count > 0)
        fa__dataset_add_note(dataset,
                             "%zu of %zu texts are empty (the first: %zu, from 0); --missing drop "
                             "leaves them out",
                             count, dataset->n, fa_dataset_row(dataset, first));
}

void fa__dataset_note_dark(fa_dataset *dataset) {
    enum { LOOK = 1 << 26 }; /* pixels: all of larger data would take longer than the reading */
    size_t looked = 0;
    for (size_t i = 0; i < dataset->n && looked < LOOK; i++) {
        const uint8_t *pixels = fa__dataset_pixels(dataset, i);
        for (size_t p = 0; p < dataset->features; p++)
            if (pixels[p] > 1) return;
        looked += dataset->features;
    }
    fa__dataset_add_note(dataset,
                         "no pixel is above 1 of 255: were numbers from 0 to 1 made bytes? save "
                         "(array * 255).round().astype('uint8')");
}

void fa__dataset_find_grey(fa_dataset *dataset) {
    enum { LOOK = 1 << 28 };
    if (dataset->kind != FA_KIND_IMAGES || dataset->values.channels != 3 || dataset->n == 0) return;
    size_t step = 1 + dataset->n / (1 + LOOK / dataset->features);
    for (size_t i = 0; i < dataset->n; i += step) {
        const uint8_t *pixels = fa__dataset_pixels(dataset, i);
        for (size_t p = 0; p < dataset->features; p += 3)
            if (pixels[p] != pixels[p + 1] || pixels[p] != pixels[p + 2]) return;
    }
    dataset->values.grey = true;
    fa__dataset_add_note(dataset, "the images are grey, stored in three equal channels");
}

bool fa__dataset_is_grey(const fa_dataset *dataset) {
    return dataset->kind == FA_KIND_IMAGES &&
           (dataset->values.channels == 1 || dataset->values.grey);
}

fa_status fa__dataset_finish(fa_dataset *dataset) {
    fa__names *samples = &dataset->names.samples, picked;
    FA_TRY(fa__names_index(&dataset->labels.coarse_names));
    FA_TRY(fa__names_index(&dataset->labels.class_names));
    FA_TRY(fa__names_index(&dataset->names.columns));
    FA_TRY(fa__names_index(samples));
    if (dataset->origin.rows == NULL) return FA_OK;
    FA_TRY(fa__names_pick(&picked, samples, dataset->origin.rows, dataset->n));
    fa__names_free(samples);
    *samples = picked;
    return FA_OK;
}

/* ==== Values ==== */

const float *fa__dataset_numbers(const fa_dataset *dataset, size_t i) {
    if (dataset->values.blocks == NULL) return dataset->values.numbers + i * dataset->features;
    const fa__row_block *block =
        fa__row_block_of(dataset->values.blocks, dataset->values.n_parts, i);
    return (const float *)block->values + (i - block->first) * dataset->features;
}

const unsigned char *fa__dataset_pixels(const fa_dataset *dataset, size_t i) {
    if (dataset->values.blocks == NULL) return dataset->values.pixels + i * dataset->features;
    const fa__row_block *block =
        fa__row_block_of(dataset->values.blocks, dataset->values.n_parts, i);
    return (const unsigned char *)block->values + (i - block->first) * dataset->features;
}

/* Bytes of a sample that stays in a large file; 0: of one that does not. */
static size_t large_unit(const fa_dataset *dataset) {
    const size_t large = (size_t)1 << 30; /* below, all of it is soon in memory anyway */
    size_t unit = dataset->features * (dataset->kind == FA_KIND_IMAGES ? 1 : sizeof(float));
    bool stays = dataset->values.borrowed || dataset->values.blocks != NULL;
    return stays && dataset->n > large / unit ? unit : 0;
}

void fa__dataset_random(const fa_dataset *dataset, bool random) {
    if (large_unit(dataset) == 0) return;
    if (dataset->values.map != NULL)
        fa__file_map_random(dataset->values.map, dataset->values.map_size, random);
    for (size_t p = 0; p < dataset->values.n_parts; p++)
        fa__file_map_random(dataset->values.parts[p].map, dataset->values.parts[p].map_size,
                            random);
}

void fa__dataset_fetch(const fa_dataset *dataset, const size_t *samples, size_t n) {
    size_t unit = large_unit(dataset);
    for (size_t i = 0; unit > 0 && i < n; i++) {
        const void *at = dataset->kind == FA_KIND_IMAGES
                             ? (const void *)fa__dataset_pixels(dataset, samples[i])
                             : (const void *)fa__dataset_numbers(dataset, samples[i]);
        fa__file_map_fetch(at, unit);
    }
}

fa__matrix fa__dataset_rows(const fa_dataset *dataset) {
    const size_t large = (size_t)256 << 20; /* bytes: below, as many more are no matter */
    return (fa__matrix){.n = dataset->n,
                        .d = dataset->features,
                        .x = dataset->values.numbers,
                        .blocks = dataset->values.blocks,
                        .count = dataset->values.n_parts,
                        .stay = dataset->values.blocks != NULL ||
                                dataset->n > large / sizeof(float) / dataset->features};
}

/* ==== What it holds ==== */

fa_kind fa_dataset_kind(const fa_dataset *dataset) {
    return dataset->kind;
}

const char *fa_dataset_absent_columns(const fa_dataset *dataset) {
    return dataset->origin.absent;
}

const char *fa_dataset_column_name(const fa_dataset *dataset, size_t i) {
    if (dataset->names.columns.text == NULL || i >= dataset->features) return NULL;
    return fa__names_at(&dataset->names.columns, i);
}

double fa_dataset_shift(const fa_dataset *dataset, size_t i) {
    return dataset->values.shift != NULL && i < dataset->features ? dataset->values.shift[i] : 0;
}

const char *fa_dataset_schema(const fa_dataset *dataset) {
    return dataset->names.schema;
}

size_t fa_dataset_count(const fa_dataset *dataset) {
    return dataset->n;
}

size_t fa_dataset_features(const fa_dataset *dataset) {
    return dataset->features;
}

const int32_t *fa_dataset_classes(const fa_dataset *dataset) {
    return dataset->labels.classes;
}

const char *fa_dataset_class_name(const fa_dataset *dataset, int32_t class_) {
    int64_t index = (int64_t)class_ - dataset->labels.first_named;
    if (dataset->labels.class_names.text == NULL || index < 0 ||
        index >= (int64_t)dataset->labels.class_names.count)
        return NULL;
    return fa__names_at(&dataset->labels.class_names, (size_t)index);
}

const int32_t *fa_dataset_coarse(const fa_dataset *dataset) {
    return dataset->labels.coarse;
}

const char *fa_dataset_coarse_name(const fa_dataset *dataset, int32_t label) {
    if (label < 0 || (size_t)label >= dataset->labels.coarse_names.count) return NULL;
    return fa__names_at(&dataset->labels.coarse_names, (size_t)label);
}

const char *fa_dataset_sample_name(const fa_dataset *dataset, size_t i) {
    if (i >= dataset->n || dataset->names.samples.text == NULL) return NULL;
    return fa__names_at(&dataset->names.samples, i);
}

size_t fa_dataset_row(const fa_dataset *dataset, size_t i) {
    return i < dataset->n && dataset->origin.rows != NULL ? dataset->origin.rows[i] : i;
}

const float *fa_dataset_vector(const fa_dataset *dataset, size_t i) {
    if (dataset->kind != FA_KIND_VECTORS || i >= dataset->n) return NULL;
    return fa__dataset_numbers(dataset, i);
}

const float *fa_dataset_series(const fa_dataset *dataset, size_t i, size_t *steps) {
    if (dataset->kind != FA_KIND_SERIES || i >= dataset->n) return NULL;
    *steps = dataset->values.offsets[i + 1] - dataset->values.offsets[i];
    return dataset->values.numbers + dataset->values.offsets[i] * dataset->features;
}

size_t fa__dataset_steps(const fa_dataset *dataset, bool *stretched) {
    const size_t *offsets = dataset->values.offsets;
    *stretched = false;
    if (dataset->kind != FA_KIND_SERIES || dataset->values.vocabulary > 0) return 0;
    size_t most = FA__FLAT_MAX / dataset->features, first = offsets[1] - offsets[0];
    size_t mean = (offsets[dataset->n] + dataset->n / 2) / dataset->n;
    *stretched = first > most;
    for (size_t i = 1; i < dataset->n && !*stretched; i++)
        *stretched = offsets[i + 1] - offsets[i] != first;
    return mean < most ? mean : most;
}

void fa__series_stretch(float *out, size_t to, const float *series, size_t from, size_t features) {
    for (size_t t = 0; t < to; t++) {
        double at = to > 1 ? (double)t * (double)(from - 1) / (double)(to - 1) : 0.0;
        size_t before = (size_t)at, after = before + 1 < from ? before + 1 : before;
        const float *a = series + before * features, *b = series + after * features;
        double share = at - (double)before;
        for (size_t j = 0; j < features; j++)
            *out++ = (float)((double)a[j] + share * ((double)b[j] - (double)a[j]));
    }
}

const uint8_t *fa_dataset_image(const fa_dataset *dataset, size_t i, size_t *height, size_t *width,
                                size_t *channels) {
    if (dataset->kind != FA_KIND_IMAGES || i >= dataset->n) return NULL;
    *height = dataset->values.height;
    *width = dataset->values.width;
    *channels = dataset->values.channels;
    return fa__dataset_pixels(dataset, i);
}

const char *fa_dataset_text(const fa_dataset *dataset, size_t i, size_t *bytes) {
    if (dataset->kind != FA_KIND_TEXT || i >= dataset->n) return NULL;
    *bytes = dataset->values.offsets[i + 1] - dataset->values.offsets[i];
    return dataset->values.text + dataset->values.offsets[i];
}

size_t fa_dataset_skipped(const fa_dataset *dataset, const char **why) {
    if (why != NULL) *why = dataset->origin.why;
    return dataset->origin.skipped;
}

const char *fa_dataset_note(const fa_dataset *dataset) {
    return dataset->origin.note;
}

void fa__dataset_add_note(fa_dataset *dataset, const char *format, ...) {
    char *note = dataset->origin.note;
    size_t size = sizeof dataset->origin.note, used = strlen(note);
    va_list arguments;
    if (used > 0) used += (size_t)fa__format(note + used, size - used, "; ");
    if (used >= size) return;
    va_start(arguments, format);
    fa__format_list(note + used, size - used, format, arguments);
    va_end(arguments);
}

/* ==== Digests ==== */

static uint64_t digest_of(const void *values, size_t count, size_t size) {
    return values != NULL ? fa__digest(values, count * size) : 0;
}

/* Of the parts that the values lie in. */
static uint64_t digest_of_parts(const fa_dataset *dataset) {
    uint64_t all = 0;
    size_t unit = dataset->kind == FA_KIND_IMAGES ? 1 : sizeof(float);
    for (size_t p = 0; p < dataset->values.n_parts; p++) {
        const fa__row_block *block = &dataset->values.blocks[p];
        size_t end = p + 1 < dataset->values.n_parts ? block[1].first : dataset->n;
        const uint64_t pair[] = {
            all, digest_of(block->values, (end - block->first) * dataset->features, unit)};
        all = fa__digest(pair, sizeof pair);
    }
    return all;
}

uint64_t fa__dataset_digest(const fa_dataset *dataset) {
    bool ragged = dataset->values.offsets != NULL;
    size_t n = dataset->n, last = ragged ? dataset->values.offsets[n] : n;
    const uint64_t parts[] = {
        dataset->kind,
        n,
        dataset->features,
        dataset->values.height,
        dataset->values.width,
        digest_of(dataset->values.offsets, n + 1, sizeof(size_t)),
        digest_of(dataset->values.numbers, last * dataset->features, sizeof(float)),
        digest_of(dataset->values.pixels, n * dataset->features, 1),
        digest_of(dataset->values.text, last, 1),
        digest_of_parts(dataset),
        digest_of(dataset->labels.coarse, n, sizeof(int32_t)),
        digest_of(dataset->labels.classes, n, sizeof(int32_t))};
    return fa__digest(parts, sizeof parts);
}

static uint64_t digest_of_sample(const fa_dataset *dataset, size_t i) {
    const size_t *offsets = dataset->values.offsets, d = dataset->features;
    if (dataset->kind == FA_KIND_IMAGES) return digest_of(fa__dataset_pixels(dataset, i), d, 1);
    if (offsets == NULL) return digest_of(fa__dataset_numbers(dataset, i), d, sizeof(float));
    size_t first = offsets[i], length = offsets[i + 1] - first;
    if (dataset->values.text != NULL) return digest_of(dataset->values.text + first, length, 1);
    return digest_of(dataset->values.numbers + first * d, length * d, sizeof(float));
}

uint64_t fa__dataset_glance(const fa_dataset *dataset) {
    enum { SAMPLES = 256 };
    size_t n = dataset->n, seen = n < SAMPLES ? n : SAMPLES;
    const uint64_t sizes[] = {dataset->kind, n, dataset->features, dataset->values.height,
                              dataset->values.width};
    uint64_t all = fa__digest(sizes, sizeof sizes);
    for (size_t i = 0; i < seen; i++) {
        const uint64_t pair[] = {all, digest_of_sample(dataset, n / seen * i)};
        all = fa__digest(pair, sizeof pair);
    }
    return all;
}
