/* Data sets: what they are made of, and the table of readers that fa_dataset_read chooses from. */
#include "data/dataset.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/beside.h"
#include "data/bytes.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/image_folder.h"
#include "data/matrix.h"
#include "data/npz.h"
#include "data/strokes_text.h"
#include "data/table.h"
#include "data/text_csv.h"
#include "data/text_plain.h"
#include "data/ts_series.h"

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

/* ==== Reading ==== */

static bool is_idx(const fa__source *source) {
    return source->bytes != NULL && fa__idx_recognise(source->bytes, source->size);
}

/* A new format is a line here and a file beside this one. */
static const struct reader {
    const char *name;
    bool (*recognise)(const fa__source *source);
    fa_status (*read)(fa_dataset **out, const fa__source *source, const fa_read_options *options);
} readers[] = {
    {"IDX images (.gz too)", is_idx, fa__idx_read},
    {".npz of points, offsets and labels, or of x and labels", fa__npz_recognise, fa__npz_read},
    {"an .npy matrix, or images of bytes", fa__matrix_recognise, fa__matrix_read},
    {"a folder of trainimg-N-inputdata.txt files", fa__strokes_text_recognise,
     fa__strokes_text_read},
    {"CIFAR-10 batches (a file, a folder, the .tar.gz)", fa__cifar_recognise, fa__cifar_read},
    {"a folder of train.csv and test.csv", fa__text_folder_recognise, fa__text_folder_read},
    {"a .tar.gz of these two", fa__text_tar_recognise, fa__text_tar_read},
    {"folders CLASS/*.jpg|png, or a folder of *.jpg|png", fa__image_folder_recognise,
     fa__image_folder_read},
    {"CSV rows of class, text ...", fa__text_csv_recognise, fa__text_csv_read},
    {"series as .ts", fa__ts_recognise, fa__ts_read},
    {"texts as .txt, one a line", fa__text_lines_recognise, fa__text_lines_read},
    {"a folder of CLASS/*.txt", fa__text_classes_recognise, fa__text_classes_read},
    {"a CSV or TSV table with names of columns", fa__table_recognise, fa__table_read},
};

enum { N_READERS = sizeof readers / sizeof *readers };

static fa_status unknown(const fa__source *source) {
    char known[1200] = "", first[FA__QUOTE_SIZE], hex[3 * 8 + 1] = "";
    size_t used = 0, shown = source->size < 8 ? source->size : 8;
    for (size_t i = 0; i < N_READERS; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? "; " : "",
                                 readers[i].name);
    if (source->bytes == NULL)
        return fa__fail(FA_E_FORMAT, "%s: nothing known is in this folder (known: %s)",
                        source->path, known);
    if (source->size == 0)
        return fa__fail(FA_E_FORMAT, "%s: is empty (known: %s)", source->path, known);
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 3 * i, sizeof hex - 3 * i, "%02x ", source->bytes[i]);
    return fa__fail(FA_E_FORMAT, "%s: begins with %s('%s'), which is no known data (known: %s)",
                    source->path, hex, fa__quote(first, source->bytes, shown), known);
}

/* Options that cannot be, or not together. */
static fa_status check_options(const fa_read_options *options, const char *path) {
    if (options->split != NULL && strcmp(options->split, "train") != 0 &&
        strcmp(options->split, "test") != 0)
        return fa__fail(FA_E_ARGUMENT, "split must be train or test, got '%s'", options->split);
    if (options->missing != NULL && strcmp(options->missing, "drop") != 0 &&
        strcmp(options->missing, "zero") != 0 && strcmp(options->missing, "forward") != 0)
        return fa__fail(FA_E_ARGUMENT, "missing must be drop, zero or forward, got '%s'",
                        options->missing);
    if (options->hidden_file != NULL && options->hidden_column != NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: classes are named twice, by a file (%s) and by hidden_column = %s; "
                        "give one of them",
                        path, options->hidden_file, options->hidden_column);
    if (options->label_file != NULL && options->label_column != NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: coarse labels are named twice, by a file (%s) and by label_column = "
                        "%s; give one of them",
                        path, options->label_file, options->label_column);
    return FA_OK;
}

/* A large file of a kind whose values can stay where they are is mapped; any other file is read. */
static fa_status open_file(fa__source *source) {
    unsigned char *bytes = fa__file_map(&source->size, source->path);
    source->bytes = bytes;
    source->mapped = bytes != NULL && (fa__matrix_recognise(source) || is_idx(source));
    if (source->mapped) return FA_OK;
    fa__file_unmap(bytes, source->size);
    source->bytes = NULL;
    FA_TRY(fa__file_read(&bytes, &source->size, source->path));
    source->bytes = bytes;
    return FA_OK;
}

/* made NULL: nothing was read. */
static void close_file(const fa__source *source, fa_dataset *made) {
    unsigned char *bytes = (unsigned char *)(uintptr_t)source->bytes;
    if (!source->mapped) {
        fa__free(bytes);
    } else if (made == NULL || !made->borrowed) {
        fa__file_unmap(bytes, source->size);
    } else {
        made->map = bytes;
        made->map_size = source->size;
    }
}

static const char *first_column(const fa_read_options *options) {
    const char *const named[] = {options->label_column, options->hidden_column,
                                 options->text_column, options->ignore_columns};
    size_t i = 0;
    while (i < 3 && named[i] == NULL) i++;
    return named[i] != NULL ? named[i] : "";
}

fa_status fa_dataset_read(fa_dataset **out, const char *path, const fa_read_options *options) {
    static const fa_read_options none = {0};
    if (options == NULL) options = &none;
    FA_TRY(check_options(options, path));
    fa_dataset *made = NULL;
    fa__source source = {.path = path,
                         .columns =
                             options->label_column != NULL || options->hidden_column != NULL ||
                             options->text_column != NULL || options->ignore_columns != NULL};
    if (!fa__is_folder(path)) FA_TRY(open_file(&source));
    const struct reader *reader = readers;
    while (reader < readers + N_READERS && !reader->recognise(&source)) reader++;
    fa_status status;
    if (reader == readers + N_READERS)
        status = unknown(&source);
    else if (source.columns && !options->columns_optional && reader->read != fa__table_read)
        status = fa__fail(FA_E_ARGUMENT, "%s: columns are named ('%s'), but this is %s, no table",
                          path, first_column(options), reader->name);
    else
        status = reader->read(&made, &source, options);
    close_file(&source, made);
    if (status == FA_OK) status = fa__beside_apply(made, options, path);
    if (status == FA_OK)
        *out = made;
    else
        fa_dataset_free(made);
    return status;
}
