/* Data sets: what they are made of. */
#include "data/dataset.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/bytes.h"

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
    fa__free(dataset->offsets);
    if (!dataset->borrowed) {
        fa__free(dataset->values);
        fa__free(dataset->pixels);
    }
    fa__file_unmap(dataset->map, dataset->map_size);
    fa__free(dataset->column_names);
    fa__free(dataset->shift);
    fa__free(dataset->schema);
    fa__free(dataset->text);
    fa__free(dataset->coarse);
    fa__free(dataset->coarse_names);
    fa__free(dataset->classes);
    fa__free(dataset->names);
    fa__free(dataset->origin);
    fa__free(dataset->sample_names);
    fa__free(dataset->sample_starts);
    fa__free(dataset);
}

fa_status fa__dataset_keep_origin(fa_dataset *dataset) {
    if (dataset->origin != NULL) return FA_OK;
    FA_TRY(FA_NEW(dataset->origin, dataset->n));
    for (size_t i = 0; i < dataset->n; i++) dataset->origin[i] = i;
    dataset->n_rows = dataset->n;
    return FA_OK;
}

fa_status fa__dataset_name_samples(fa_dataset *dataset, char *const *names, size_t count,
                                   size_t from) {
    size_t size = 0, used = 0;
    for (size_t i = 0; i < count; i++) size += strlen(names[i]) - from + 1;
    FA_TRY(FA_NEW(dataset->sample_names, size));
    FA_TRY(FA_NEW(dataset->sample_starts, count));
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]) - from + 1;
        memcpy(dataset->sample_names + used, names[i] + from, length);
        dataset->sample_starts[i] = used;
        used += length;
    }
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
    FA_TRY(FA_NEW(names, size + 1));
    fa__line line = fa__line_start(text, size);
    while (fa__line_next(&line)) {
        if (line.size == 0) {
            fa__free(names);
            return fa__fail(FA_E_FORMAT, "%s, line %zu: is empty, the name of class %zu is wanted",
                            where, line.number, (size_t)first + count);
        }
        memcpy(names + used, line.text, line.size);
        used += line.size;
        names[used++] = '\0';
        count++;
    }
    fa__free(dataset->names);
    dataset->names = names;
    dataset->names_size = used;
    dataset->n_names = count;
    dataset->first_named = first;
    return FA_OK;
}

const char *fa__name_at(const char *names, size_t index) {
    while (index-- > 0) names += strlen(names) + 1;
    return names;
}

/* ==== What it holds ==== */

fa_kind fa_dataset_kind(const fa_dataset *dataset) {
    return dataset->kind;
}

const char *fa_dataset_absent_columns(const fa_dataset *dataset) {
    return dataset->absent;
}

const char *fa_dataset_column_name(const fa_dataset *dataset, size_t i) {
    if (dataset->column_names == NULL || i >= dataset->features) return NULL;
    return fa__name_at(dataset->column_names, i);
}

double fa_dataset_shift(const fa_dataset *dataset, size_t i) {
    return dataset->shift != NULL && i < dataset->features ? dataset->shift[i] : 0;
}

const char *fa_dataset_schema(const fa_dataset *dataset) {
    return dataset->schema;
}

size_t fa_dataset_count(const fa_dataset *dataset) {
    return dataset->n;
}

size_t fa_dataset_features(const fa_dataset *dataset) {
    return dataset->features;
}

const int32_t *fa_dataset_classes(const fa_dataset *dataset) {
    return dataset->classes;
}

const char *fa_dataset_class_name(const fa_dataset *dataset, int32_t class_) {
    int64_t index = (int64_t)class_ - dataset->first_named;
    if (dataset->names == NULL || index < 0 || index >= (int64_t)dataset->n_names) return NULL;
    return fa__name_at(dataset->names, (size_t)index);
}

const int32_t *fa_dataset_coarse(const fa_dataset *dataset) {
    return dataset->coarse;
}

const char *fa_dataset_coarse_name(const fa_dataset *dataset, int32_t label) {
    if (label < 0 || (size_t)label >= dataset->n_coarse) return NULL;
    return fa__name_at(dataset->coarse_names, (size_t)label);
}

const char *fa_dataset_sample_name(const fa_dataset *dataset, size_t i) {
    if (i >= dataset->n || dataset->sample_names == NULL) return NULL;
    size_t row = dataset->origin != NULL ? dataset->origin[i] : i;
    return dataset->sample_names + dataset->sample_starts[row];
}

size_t fa_dataset_row(const fa_dataset *dataset, size_t i) {
    return i < dataset->n && dataset->origin != NULL ? dataset->origin[i] : i;
}

const float *fa_dataset_vector(const fa_dataset *dataset, size_t i) {
    if (dataset->kind != FA_KIND_VECTORS || i >= dataset->n) return NULL;
    return dataset->values + i * dataset->features;
}

const float *fa_dataset_series(const fa_dataset *dataset, size_t i, size_t *steps) {
    if (dataset->kind != FA_KIND_SERIES || i >= dataset->n) return NULL;
    *steps = dataset->offsets[i + 1] - dataset->offsets[i];
    return dataset->values + dataset->offsets[i] * dataset->features;
}

const uint8_t *fa_dataset_image(const fa_dataset *dataset, size_t i, size_t *height, size_t *width,
                                size_t *channels) {
    if (dataset->kind != FA_KIND_IMAGES || i >= dataset->n) return NULL;
    *height = dataset->height;
    *width = dataset->width;
    *channels = dataset->channels;
    return dataset->pixels + i * dataset->features;
}

const char *fa_dataset_text(const fa_dataset *dataset, size_t i, size_t *bytes) {
    if (dataset->kind != FA_KIND_TEXT || i >= dataset->n) return NULL;
    *bytes = dataset->offsets[i + 1] - dataset->offsets[i];
    return dataset->text + dataset->offsets[i];
}

size_t fa_dataset_skipped(const fa_dataset *dataset, const char **why) {
    if (why != NULL) *why = dataset->why;
    return dataset->skipped;
}

const char *fa_dataset_note(const fa_dataset *dataset) {
    return dataset->note;
}
