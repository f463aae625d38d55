/* A folder of published pen-stroke text files, one split of it as a data set. */
#define _POSIX_C_SOURCE 200809L
#include "formats/strokes_text.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/bytes.h"
#include "formats/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== One file ==== */

/* "dx dy eos eod"; false for anything else. Jumps stay far below int16 in any real file. */
static bool parse_line(float row[FA__STROKE_COLUMNS], const fa__line *line) {
    const char *at = line->text, *end = line->text + line->size;
    for (size_t i = 0; i < FA__STROKE_COLUMNS; i++) {
        int64_t value;
        if (!fa__scan_integer(&value, &at, end)) return false;
        if (at < end && *at != ' ' && *at != '\t') return false;
        if (i < 2 ? value < INT16_MIN || value > INT16_MAX : value != 0 && value != 1) return false;
        row[i] = (float)value;
    }
    fa__skip_blanks(&at, end);
    return at == end;
}

fa_status fa__strokes_text_parse(fa__stroke_rows *rows, const unsigned char *bytes, size_t size,
                                 const char *where) {
    char quoted[FA__QUOTE_SIZE];
    bool ended = false;
    fa__line line = fa__line_start(bytes, size);
    while (fa__line_next(&line)) {
        float row[FA__STROKE_COLUMNS];
        if (ended)
            return fa__fail(FA_E_FORMAT,
                            "%s: line %zu: nothing is wanted after the end mark "
                            "(eod = 1), found '%s'",
                            where, line.number, fa__quote(quoted, line.text, line.size));
        if (!parse_line(row, &line))
            return fa__fail(FA_E_FORMAT,
                            "%s: line %zu: 'dx dy eos eod' is wanted, four integers, "
                            "the last two 0 or 1 (like '1 -1 0 0'), found '%s'",
                            where, line.number, fa__quote(quoted, line.text, line.size));
        float *grown = fa__grow(rows->values, &rows->capacity, rows->used + FA__STROKE_COLUMNS,
                                sizeof *rows->values);
        if (grown == NULL) return fa__nomem(rows->used, sizeof *rows->values);
        rows->values = grown;
        memcpy(rows->values + rows->used, row, sizeof row);
        rows->used += FA__STROKE_COLUMNS;
        ended = row[3] == 1;
    }
    if (ended) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: line %zu: the end mark '0 0 1 1' is wanted, but the file ends "
                    "(cut short?)",
                    where, line.number + 1);
}

/* ==== The folder ==== */

static const char *const splits[] = {"train", "test"};
enum { N_SPLITS = 2 };

/* The numbers of a split's files, ascending. */
typedef struct numbers {
    size_t *items;
    size_t count, capacity;
} numbers;

static void file_name(char out[64], const char *split, size_t number) {
    snprintf(out, 64, "%simg-%zu-inputdata.txt", split, number);
}

/* The number in a file's name; false if it is not exactly as file_name writes it. */
static bool number_of(size_t *number, const char *name, const char *split) {
    char again[64];
    size_t prefix = strlen(split);
    if (strncmp(name, split, prefix) != 0 || strncmp(name + prefix, "img-", 4) != 0) return false;
    const char *at = name + prefix + 4;
    int64_t value;
    if (*at < '0' || *at > '9' || !fa__scan_integer(&value, &at, at + strlen(at))) return false;
    *number = (size_t)value;
    file_name(again, split, *number);
    return strcmp(again, name) == 0;
}

/* The files of a split in a folder. */
static fa_status list_files(numbers *out, const char *folder, const char *split) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        size_t number;
        if (!number_of(&number, name, split)) continue;
        size_t *grown = fa__grow(out->items, &out->capacity, out->count + 1, sizeof *out->items);
        if (grown == NULL) FA_CHECK(fa__nomem(out->count + 1, sizeof *out->items));
        out->items = grown;
        out->items[out->count++] = number;
    }
    if (out->count > 0) qsort(out->items, out->count, sizeof *out->items, fa__by_size);
done:
    fa__folder_close(&at);
    return status;
}

static fa_status is_known(bool *yes, const char *folder, const char *name) {
    (void)folder;
    *yes = false;
    for (size_t number, i = 0; i < N_SPLITS; i++)
        *yes = *yes || number_of(&number, name, splits[i]);
    return FA_OK;
}

fa_status fa__strokes_text_look(bool *known, const fa__source *source) {
    return fa__folder_any(known, source->path, is_known);
}

/* The files of the split asked for, or of the only one that is there. */
static fa_status choose_split(const char **split, numbers *files, const char *folder,
                              const char *wanted) {
    numbers found[N_SPLITS] = {{0}};
    fa_status status = FA_OK;
    size_t chosen = N_SPLITS;
    for (size_t i = 0; i < N_SPLITS; i++) {
        FA_CHECK(list_files(&found[i], folder, splits[i]));
        if (wanted != NULL ? strcmp(wanted, splits[i]) != 0 : found[i].count == 0) continue;
        if (chosen < N_SPLITS)
            FA_CHECK(fa__fail(
                FA_E_ARGUMENT,
                "%s: holds %zu train and %zu test files; say which (--split train, or test)",
                folder, found[0].count, found[1].count));
        chosen = i;
    }
    if (chosen == N_SPLITS || found[chosen].count == 0)
        FA_CHECK(fa__fail(FA_E_ARGUMENT, "%s: holds no %simg-N-inputdata.txt", folder,
                          wanted != NULL ? wanted : "train"));
    *split = splits[chosen];
    *files = found[chosen];
    found[chosen].items = NULL;
done:
    for (size_t i = 0; i < N_SPLITS; i++) fa__free(found[i].items);
    return status;
}

/* ==== The data set ==== */

/* Labels by file number, from {split}labels.txt; n_labels 0: there are none. */
static fa_status read_classes(fa_dataset *dataset, size_t *n_labels, const numbers *files,
                              const char *folder, const char *split) {
    char labels[FA__PATH_MAX], name[64];
    int32_t *by_number;
    *n_labels = 0;
    snprintf(name, sizeof name, "%slabels.txt", split);
    FA_TRY(fa__path_join(labels, folder, name));
    if (!fa__file_exists(labels)) return FA_OK;
    FA_TRY(fa_labels_read(&by_number, n_labels, labels));
    fa_status status = FA_OK;
    if (files->items[files->count - 1] >= *n_labels) {
        size_t without = 0;
        while (files->items[without] < *n_labels) without++;
        file_name(name, split, files->items[without]);
        FA_CHECK(fa__fail(FA_E_LABEL,
                          "%s: has %zu labels, none for %s (label N is on line N + 1); "
                          "%zu files have no label",
                          labels, *n_labels, name, files->count - without));
    }
    FA_CHECK(FA_NEW(dataset->labels.classes, files->count));
    for (size_t i = 0; i < files->count; i++)
        dataset->labels.classes[i] = by_number[files->items[i]];
done:
    fa__free(by_number);
    return status;
}

/* Numbers up to the last file or label for which there is no file. */
static void report_gaps(fa_dataset *dataset, const numbers *files, size_t n_labels,
                        const char *split) {
    size_t expected = files->items[files->count - 1] + 1, first = 0;
    if (expected < n_labels) expected = n_labels;
    dataset->origin.skipped = expected - files->count;
    if (dataset->origin.skipped == 0) return;
    while (first < files->count && files->items[first] == first) first++;
    snprintf(dataset->origin.why, sizeof dataset->origin.why,
             "%zu of %zu numbers have no file %simg-N-inputdata.txt (the first: N = %zu)",
             dataset->origin.skipped, expected, split, first);
}

static fa_status read_file(fa__stroke_rows *rows, const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__path_join(path, folder, name));
    FA_TRY(fa__file_read_plain(&bytes, &size, path));
    fa_status status = fa__strokes_text_parse(rows, bytes, size, path);
    fa__free(bytes);
    return status;
}

fa_status fa__strokes_text_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options) {
    fa_status status = FA_OK;
    fa_dataset *dataset = NULL;
    numbers files = {0};
    fa__stroke_rows rows = {0};
    const char *split;
    size_t n_labels = 0;
    FA_TRY(choose_split(&split, &files, source->path, options->split));
    FA_CHECK(fa__dataset_create(&dataset, FA_KIND_SERIES));
    dataset->n = files.count;
    dataset->features = FA__STROKE_COLUMNS;
    FA_CHECK(fa__dataset_keep_origin(dataset));
    for (size_t i = 0; i < files.count; i++) dataset->origin.rows[i] = files.items[i];
    dataset->origin.n_rows = 0; /* labels may go on beyond the last file */
    if (options->hidden_file == NULL)
        FA_CHECK(read_classes(dataset, &n_labels, &files, source->path, split));
    report_gaps(dataset, &files, n_labels, split);
    FA_CHECK(FA_NEW(dataset->values.offsets, files.count + 1));
    dataset->values.offsets[0] = 0;
    for (size_t i = 0; i < files.count; i++) {
        char name[64];
        file_name(name, split, files.items[i]);
        FA_CHECK(read_file(&rows, source->path, name));
        dataset->values.offsets[i + 1] = rows.used / FA__STROKE_COLUMNS;
    }
    dataset->values.numbers = rows.values;
    rows.values = NULL;
    *out = dataset;
    dataset = NULL;
done:
    fa__free(rows.values);
    fa__free(files.items);
    fa_dataset_free(dataset);
    return status;
}
