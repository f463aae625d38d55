/* Labels beside the data: read into a word for each row of the data, then dealt out to the samples
 * that the reader kept. */
#include "formats/label_file.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/labels.h"
#include "base/bytes.h"
#include "formats/csv.h"
#include "formats/missing.h"
#include "formats/foreign.h"
#include "formats/idx.h"
#include "formats/npy.h"
#include "formats/table.h"
#include "formats/categories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row of the data by its name. */
typedef struct named {
    const char *name;
    size_t row;
} named;

/* A file of labels being read. */
typedef struct label_file {
    const fa_dataset *set;
    const char *file, *data; /* for messages */
    const char *column;      /* of a table, by name or number from 1; NULL: found */
    bool hidden;
    fa__csv_field on_top; /* what line 1 is taken for a name by; else of size 0 */
    size_t paired;        /* lines of a name and a label */
    size_t stands;        /* labels that stand for missing values elsewhere */
    char stand[24];
    fa__categories words;
    int32_t *numbers; /* [rows] of words, -1: none */
    size_t rows, capacity;

    /* A table. */
    bool by_name, by_place, undecided; /* undecided: which of two names the samples says row 2 */
    size_t key, label;                 /* columns */
    size_t first_row;                  /* by_place only: from 1, the first of labels */
    named *names;                      /* [n_names] sorted; NULL: not needed */
    size_t n_names;
    size_t *lines; /* [rows] where each row got its label, 0: nowhere yet */
} label_file;

/* Rows that the data have, those left out included; 0: not known. */
static size_t rows_of(const fa_dataset *set) {
    return set->origin.rows == NULL ? set->n : set->origin.n_rows;
}

static size_t row_of(const fa_dataset *set, size_t sample) {
    return set->origin.rows == NULL ? sample : set->origin.rows[sample];
}

/* ==== A word for each row ==== */

static fa_status take_word(int32_t *out, label_file *b, const char *text, size_t size,
                           const char *place) {
    *out = -1;
    if (fa__is_missing(text, size)) {
        if (!b->hidden) return FA_OK;
        return fa__fail(FA_E_LABEL,
                        "%s: %s: the class is missing; every sample needs one (coarse labels may "
                        "be missing)",
                        b->file, place);
    }
    if (size < sizeof b->stand && fa__stands_for_missing(text, size) && b->stands++ == 0)
        snprintf(b->stand, sizeof b->stand, "%.*s", (int)size, text);
    fa_status status = fa__categories_add(out, &b->words, text, size);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s: %s", b->file, place);
}

/* Whole numbers become words, so that all forms go one way. */
static fa_status words_of_numbers(fa__categories *words, int32_t *numbers, size_t n, bool below_0) {
    for (size_t i = 0; i < n; i++) {
        char word[16];
        int size = snprintf(word, sizeof word, "%d", (int)numbers[i]);
        if (numbers[i] < 0 && !below_0)
            numbers[i] = -1;
        else
            FA_TRY(fa__categories_add(&numbers[i], words, word, (size_t)size));
    }
    return FA_OK;
}

fa_status fa__coarse_of_numbers(fa_dataset *set, int32_t *numbers) {
    fa__categories words = {0};
    fa_status status = words_of_numbers(&words, numbers, set->n, false);
    if (status == FA_OK)
        status = fa__categories_to_coarse(set, &words, numbers);
    else
        fa__free(numbers);
    fa__categories_free(&words);
    return status;
}

fa_status fa__words_of_array(fa__categories *words, int32_t *numbers, const fa__npy *array,
                             bool hidden, const char *where) {
    fa_status status = FA_OK;
    char *word = NULL;
    label_file b = {.file = where, .hidden = hidden};
    bool below_0_is_none = !hidden && array->kind != 'U' && array->kind != 'S';
    if (array->columns != 1)
        return fa__fail(FA_E_SHAPE,
                        "%s: the array is %zu x %zu; labels want one column (of one "
                        "column a class: array.argmax(axis=1))",
                        where, array->rows, array->columns);
    FA_TRY(FA_NEW(word, array->item + FA__NPY_WORD + 1));
    for (size_t i = 0; i < array->rows; i++) {
        char place[32];
        size_t size;
        snprintf(place, sizeof place, "row %zu", i);
        FA_CHECK(fa__npy_word(word, &size, array, i, where));
        if (below_0_is_none && word[0] == '-')
            numbers[i] = -1;
        else
            FA_CHECK(take_word(&numbers[i], &b, word, size, place));
    }
done:
    *words = b.words;
    fa__free(word);
    return status;
}

static bool is_word(const fa__csv_field *field, const char *word) {
    size_t i = 0;
    while (i < field->size && word[i] != '\0' &&
           fa__lower((unsigned char)field->text[i]) == word[i])
        i++;
    return i == field->size && word[i] == '\0';
}

/* Without blanks and the quotes around it. */
static fa__csv_field bare(const fa__line *line) {
    const char *text = line->text;
    size_t size = line->size;
    while (size > 0 && fa__is_space((unsigned char)text[0])) text++, size--;
    while (size > 0 && fa__is_space((unsigned char)text[size - 1])) size--;
    if (size >= 2 && text[0] == '"' && memchr(text + 1, '"', size - 1) == text + size - 1)
        text++, size -= 2;
    return (fa__csv_field){text, size};
}

/* Whether the first line is a name on top, where there is one line more than rows: a word for
 * labels, or one that is no label of another line, while each of these comes twice on average. */
static fa_status find_name_on_top(bool *on_top, label_file *b, const unsigned char *bytes,
                                  size_t size) {
    static const char *const words[] = {"label",  "labels", "class",  "classes",
                                        "coarse", "hidden", "target", "y"};
    fa_status status = FA_OK;
    size_t wanted = rows_of(b->set);
    bool is_known = false;
    fa__categories others = {0};
    fa__line line = fa__line_start(bytes, size), first = line;
    *on_top = false;
    size_t lines = 0;
    while (fa__line_next(&line) && (line.number <= wanted + 1 || !fa__line_is_rest(&line))) lines++;
    if (wanted == 0 || lines != wanted + 1) return FA_OK;
    (void)fa__line_next(&first);
    const fa__csv_field name = bare(&first);
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        is_known = is_known || is_word(&name, words[w]);
    line = first;
    while (!is_known && fa__line_next(&line)) {
        int32_t number;
        const fa__csv_field word = bare(&line);
        FA_CHECK(fa__categories_add(&number, &others, word.text, word.size));
    }
    bool alone = !is_known && name.size > 0 && others.count * 2 <= wanted &&
                 fa__categories_find(&others, name.text, name.size) == others.count;
    *on_top = is_known || alone;
    if (alone) b->on_top = name;
done:
    fa__categories_free(&others);
    return status;
}

/* ==== Samples by name ==== */

static int by_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static fa_status sort_names(label_file *b) {
    b->n_names = b->set->names.samples.count;
    FA_TRY(FA_NEW(b->names, b->n_names));
    for (size_t i = 0; i < b->n_names; i++)
        b->names[i] = (named){b->set->names.samples.text + b->set->names.samples.starts[i], i};
    qsort(b->names, b->n_names, sizeof *b->names, by_name);
    return FA_OK;
}

static const named *exactly(const label_file *b, const char *name) {
    const named wanted = {.name = name};
    return bsearch(&wanted, b->names, b->n_names, sizeof wanted, by_name);
}

/* A name, also behind folders. */
static const named *at_path(const label_file *b, const char *path) {
    const named *found = exactly(b, path);
    for (const char *at = path; found == NULL && (at = strchr(at, '/')) != NULL; at++)
        found = exactly(b, at + 1);
    return found;
}

/* Windows knows no case: 0.PNG is 0.png there. */
static const named *ended_otherwise(const label_file *b, char *path) {
    const named *found = NULL;
    char *dot = strrchr(path, '.');
    if (dot == NULL || strchr(dot, '/') != NULL) return NULL;
    for (char *at = dot; *at != '\0'; at++) *at = (char)fa__lower((unsigned char)*at);
    found = at_path(b, path);
    for (char *at = dot; found == NULL && *at != '\0'; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    return found != NULL ? found : at_path(b, path);
}

/* The sample that a name means: its own, also behind folders ("data\\a.png"), or without the ending
 * that one sample of that name has. */
static const named *sample_named(const label_file *b, const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ".txt"};
    char path[256];
    const named *found = exactly(b, name), *one = NULL;
    size_t size = strlen(name), others = 0;
    if (found != NULL || size + sizeof ".jpeg" > sizeof path) return found;
    for (size_t i = 0; i <= size; i++) path[i] = (char)(name[i] == '\\' ? '/' : name[i]);
    found = at_path(b, path);
    if (found == NULL) found = ended_otherwise(b, path);
    for (size_t e = 0; found == NULL && e < sizeof endings / sizeof *endings; e++) {
        snprintf(path + size, sizeof path - size, "%s", endings[e]);
        const named *ended = at_path(b, path);
        others += ended != NULL && one != NULL;
        one = ended != NULL ? ended : one;
    }
    return found == NULL && others == 0 ? one : found;
}

/* ==== Lines ==== */

/* "images/0.png 3", as ImageNet and Caffe list them. */
static bool is_paired(const label_file *b, const fa__csv_field *word) {
    char name[256];
    const char *blank = memchr(word->text, ' ', word->size);
    size_t size = blank != NULL ? (size_t)(blank - word->text) : 0;
    if (b->names == NULL || size == 0 || size >= sizeof name) return false;
    memcpy(name, word->text, size);
    name[size] = '\0';
    return sample_named(b, name) != NULL;
}

static fa_status read_lines(label_file *b, const unsigned char *bytes, size_t size) {
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    fa__line line = fa__line_start(bytes + mark, size - mark);
    bool on_top;
    FA_TRY(find_name_on_top(&on_top, b, bytes + mark, size - mark));
    if (b->set->names.samples.text != NULL && rows_of(b->set) > 0) FA_TRY(sort_names(b));
    while (fa__line_next(&line)) {
        if (on_top && line.number == 1) continue;
        if (rows_of(b->set) > 0 && b->rows == rows_of(b->set) && fa__line_is_rest(&line)) break;
        char place[32];
        const fa__csv_field word = bare(&line);
        snprintf(place, sizeof place, "line %zu", line.number);
        FA_TRY(fa__line_check(&line, b->file));
        int32_t *numbers = fa__grow(b->numbers, &b->capacity, b->rows + 1, sizeof *numbers);
        if (numbers == NULL) return fa__nomem(b->rows + 1, sizeof *numbers);
        b->numbers = numbers;
        FA_TRY(take_word(&numbers[b->rows], b, word.text, word.size, place));
        b->paired += is_paired(b, &word);
        b->rows++;
    }
    if (b->rows > 1 && b->paired == b->rows)
        return fa__fail(
            FA_E_FORMAT,
            "%s: each line holds the name of a sample and a label with a blank between; a "
            "table has a comma there: sed 's/ /,/' FILE >NEW.csv",
            b->file);
    return FA_OK;
}

static fa_status check_length(const label_file *b) {
    const fa_dataset *set = b->set;
    size_t wanted = rows_of(set), least = row_of(set, set->n - 1) + 1;
    if (wanted == 0 && b->rows < least)
        return fa__fail(FA_E_SHAPE, "%s: has %zu labels, but %s has a row %zu (from 0)", b->file,
                        b->rows, b->data, least - 1);
    if (wanted == 0 || b->rows == wanted) return FA_OK;
    return fa__fail(FA_E_SHAPE, "%s: has %zu labels, but %s has %zu samples%s", b->file, b->rows,
                    b->data, wanted,
                    b->rows == wanted + 1 ? "; one a line is wanted, without a name on top"
                    : b->rows == 1        ? "; one a line is wanted"
                                          : "");
}

/* ==== A table ==== */

/* The first column named one of these; row->count: none is. */
static size_t column_of(const fa__csv_row *row, const char *const *words, size_t count) {
    for (size_t w = 0; w < count; w++)
        for (size_t i = 0; i < row->count; i++)
            if (is_word(&row->fields[i], words[w])) return i;
    return row->count;
}

/* Of two columns the one that has the name of a sample; false: neither, or both. */
static bool find_key(label_file *b, const fa__csv_row *row) {
    const named *found[2] = {NULL, NULL};
    if (row->count != 2) return false;
    for (size_t i = 0; i < 2; i++) found[i] = sample_named(b, row->fields[i].text);
    if ((found[0] == NULL) == (found[1] == NULL)) return false;
    b->key = found[0] == NULL;
    b->label = 1 - b->key;
    b->by_name = true;
    return true;
}

static fa_status no_columns(const label_file *b, const fa__csv_row *row) {
    char quoted[FA__QUOTE_SIZE];
    const char *option = b->hidden ? "hidden" : "label";
    if (row->count > 2 && b->key < row->count)
        return fa__fail(
            FA_E_FORMAT,
            "%s: has %zu columns and none named 'label'; --%s-column says which of them "
            "has the labels (data.%s_column in a recipe)",
            b->file, row->count, option, option);
    return fa__fail(FA_E_FORMAT,
                    "%s: line %zu names no column %s (its first is '%s'); a table of labels begins "
                    "with a row like 'row,label' or 'file,label', or has two columns, one of them "
                    "the names of the samples",
                    b->file, row->line,
                    b->key == row->count ? "'row', 'file', 'name' or 'id'" : "'label'",
                    fa__quote(quoted, row->fields[0].text, row->fields[0].size));
}

/* The column that the caller names. */
static fa_status find_label(label_file *b, const fa__csv_row *row) {
    const char *at = b->column, *end = at + strlen(at);
    int64_t number;
    for (b->label = 0; b->label < row->count; b->label++)
        if (strcmp(row->fields[b->label].text, b->column) == 0) return FA_OK;
    if (!fa__scan_integer(&number, &at, end) || at != end)
        return fa__csv_find_column(&b->label, row, b->column);
    if (number < 1 || (uint64_t)number > row->count)
        return fa__fail(FA_E_ARGUMENT, "%s: column %s is named, but the columns are 1 to %zu",
                        b->file, b->column, row->count);
    b->label = (size_t)number - 1;
    return FA_OK;
}

/* What the first row says of the columns; one without names of columns is a row of labels. */
static fa_status take_header(label_file *b, bool *is_row, const fa__csv_row *row) {
    static const char *const numbers[] = {"row"}, *const names[] = {"file",      "name",
                                                                    "id",        "filename",
                                                                    "file_name", "image",
                                                                    "image_id",  "path"},
                             *const indexes[] = {"", "index", "unnamed: 0"},
                             *const coarse[] = {"label", "coarse"},
                             *const hidden[] = {"label", "class", "hidden"};
    bool has_names = b->set->names.samples.text != NULL;
    b->key = column_of(row, numbers, 1);
    /* as pandas writes one column with its index */
    if (b->key == row->count && row->count == 2 && row->fields[1].size > 0 && !has_names)
        for (size_t w = 0; w < 3 && b->key != 0; w++)
            b->key = is_word(&row->fields[0], indexes[w]) ? 0 : row->count;
    size_t named_by = column_of(row, names, sizeof names / sizeof *names);
    b->by_name = named_by < row->count && (has_names || b->key == row->count);
    if (b->by_name) b->key = named_by;
    b->label = b->hidden ? column_of(row, hidden, 3) : column_of(row, coarse, 2);
    if (b->label == row->count && row->count == 2) b->label = b->key == 0;
    if (b->column != NULL) {
        FA_TRY(find_label(b, row));
        b->by_place = b->key == row->count || b->key == b->label || (b->by_name && !has_names);
        b->by_name = b->by_name && !b->by_place;
        if (b->by_place) b->key = b->label;
        *is_row = b->by_place && !fa__csv_is_header(row);
        b->first_row = *is_row ? 1 : 2;
    }
    b->undecided = has_names && b->key == row->count && row->count == 2;
    if (has_names && (b->by_name || b->undecided)) FA_TRY(sort_names(b));
    if (b->undecided && find_key(b, row)) {
        *is_row = true;
        b->undecided = false;
    }
    if (!b->undecided && (b->key == row->count || b->label == row->count))
        return no_columns(b, row);
    for (size_t i = 0; i < row->count && !*is_row; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(row->fields[i].text, row->fields[j].text) == 0)
                return fa__fail(FA_E_FORMAT,
                                "%s: columns %zu and %zu are both named '%s'; rename one of them",
                                b->file, j + 1, i + 1, row->fields[i].text);
    if (b->by_name && !has_names)
        return fa__fail(FA_E_LABEL,
                        "%s: its rows go by '%s', but the samples of %s have no names; give their "
                        "numbers, from 0, in a column named 'row' (or name the column of the "
                        "labels, --%s-column: its rows are then in the order of the data)",
                        b->file, row->fields[b->key].text, b->data, b->hidden ? "hidden" : "label");
    FA_TRY(FA_NEW_ZERO(b->lines, b->rows));
    return FA_NEW(b->numbers, b->rows);
}

/* The row of the data that a row of the table is about. */
static fa_status find_row(size_t *found, const label_file *b, const fa__csv_row *row) {
    const fa__csv_field *field = &row->fields[b->key];
    char quoted[FA__QUOTE_SIZE];
    const char *at = field->text, *end = at + field->size;
    int64_t number;
    if (b->by_place) {
        *found = row->number - b->first_row;
        if (*found < b->rows) return FA_OK;
        return fa__fail(FA_E_SHAPE, "%s: line %zu is beyond the %zu samples of %s", b->file,
                        row->line, b->rows, b->data);
    }
    if (!b->by_name) {
        if (!fa__scan_integer(&number, &at, end) || at != end || number < 0 ||
            (uint64_t)number >= b->rows)
            return fa__fail(FA_E_LABEL,
                            "%s: line %zu, column %zu: '%s' is no row of %s; they are 0 "
                            "to %zu",
                            b->file, row->line, b->key + 1,
                            fa__quote(quoted, field->text, field->size), b->data, b->rows - 1);
        *found = (size_t)number;
        return FA_OK;
    }
    const named *known = sample_named(b, field->text);
    if (known == NULL) {
        char first[FA__QUOTE_SIZE];
        return fa__fail(
            FA_E_LABEL,
            "%s: line %zu, column %zu: no sample of %s is named '%s' (the "
            "first one is '%s'); take the row out, or correct the name",
            b->file, row->line, b->key + 1, b->data, fa__quote(quoted, field->text, field->size),
            fa__quote(first, b->set->names.samples.text, strlen(b->set->names.samples.text)));
    }
    *found = known->row;
    return FA_OK;
}

static fa_status on_row(void *user, const fa__csv_row *row) {
    label_file *b = user;
    char place[64], quoted[FA__QUOTE_SIZE];
    size_t at = 0;
    if (b->lines == NULL) {
        bool is_row = false;
        FA_TRY(take_header(b, &is_row, row));
        if (!is_row) return FA_OK;
    }
    if (b->undecided && !find_key(b, row)) return no_columns(b, row);
    b->undecided = false;
    FA_TRY(find_row(&at, b, row));
    if (b->lines[at] > 0)
        return fa__fail(FA_E_LABEL, "%s: lines %zu and %zu both label '%s'; keep one of them",
                        b->file, b->lines[at], row->line,
                        fa__quote(quoted, row->fields[b->key].text, row->fields[b->key].size));
    b->lines[at] = row->line;
    snprintf(place, sizeof place, "line %zu, column %zu", row->line, b->label + 1);
    const fa__csv_field *label = &row->fields[b->label];
    return take_word(&b->numbers[at], b, label->text, label->size, place);
}

/* Every sample that was kept has its row. */
static fa_status check_rows(const label_file *b) {
    const fa_dataset *set = b->set;
    size_t without = 0, first = 0;
    if (b->lines == NULL) return fa__fail(FA_E_FORMAT, "%s: holds no rows", b->file);
    char quoted[FA__QUOTE_SIZE], name[FA__QUOTE_SIZE];
    for (size_t i = 0; i < set->n; i++)
        if (b->lines[row_of(set, i)] == 0 && without++ == 0) first = row_of(set, i);
    if (without == 0) return FA_OK;
    snprintf(name, sizeof name, "%zu", first);
    const char *shown =
        b->by_name ? set->names.samples.text + set->names.samples.starts[first] : name;
    shown = fa__quote(quoted, shown, strlen(shown));
    return fa__fail(FA_E_LABEL,
                    "%s: has no row for '%s', the first of %zu sample%s of %s without one; add "
                    "%s,%s",
                    b->file, shown, without, without > 1 ? "s" : "", b->data, shown,
                    b->hidden ? " and its class" : "? to leave it without a label");
}

static fa_status read_table(label_file *b, const unsigned char *bytes, size_t size, char mark) {
    fa_status status = FA_OK;
    fa__csv *csv = NULL;
    size_t rows;
    b->rows = rows_of(b->set);
    if (b->rows == 0) b->rows = row_of(b->set, b->set->n - 1) + 1;
    FA_CHECK(fa__csv_open(&csv, mark, b->file, on_row, b));
    FA_CHECK(fa__csv_feed(csv, bytes, size));
    FA_CHECK(fa__csv_finish(csv, &rows));
    FA_CHECK(check_rows(b));
done:
    fa__csv_free(csv);
    return status;
}

/* ==== Any form ==== */

static fa_status read_content(label_file *b, const unsigned char *bytes, size_t size) {
    bool numbers = fa__npy_recognise(bytes, size) || fa__idx_recognise(bytes, size);
    char mark = numbers ? '\0' : fa__delimiter_of(bytes, size);
    const fa__source source = {.path = b->file, .bytes = bytes, .size = size};
    const char *advice = size > 0 ? fa__foreign_advice(&source) : NULL;
    if (size == 0) return fa__fail(FA_E_FORMAT, "%s: the file is empty", b->file);
    if (size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        advice = "is an .npz; labels are one array: np.save('labels.npy', np.load('FILE')['...'])";
    if (fa__arff_recognise(bytes, size))
        advice = "is an ARFF file; labels are one a line, a table (.csv) or an array (.npy)";
    if (advice != NULL) return fa__fail(FA_E_FORMAT, "%s: %s", b->file, advice);
    if (mark != '\0') return read_table(b, bytes, size, mark);
    if (b->column != NULL)
        return fa__fail(FA_E_ARGUMENT, "%s: column '%s' is named, but this is no table", b->file,
                        b->column);
    if (fa__npy_recognise(bytes, size)) {
        fa__npy array;
        FA_TRY(fa__npy_parse_labels(&array, bytes, size, b->file));
        if (fa__npy_is_words(&array)) {
            b->rows = array.rows;
            FA_TRY(check_length(b));
            FA_TRY(FA_NEW(b->numbers, b->rows));
            return fa__words_of_array(&b->words, b->numbers, &array, b->hidden, b->file);
        }
    }
    if (numbers) {
        FA_TRY(fa__labels_parse(&b->numbers, &b->rows, bytes, size, b->file));
        FA_TRY(check_length(b));
        fa_status status = words_of_numbers(&b->words, b->numbers, b->rows, b->hidden);
        return status == FA_OK ? FA_OK : fa__fail_within(status, "%s", b->file);
    }
    FA_TRY(read_lines(b, bytes, size));
    return check_length(b);
}

/* Labels of the samples that were kept; the set's own go. */
static fa_status give(fa_dataset *set, const label_file *b) {
    int32_t *numbers;
    fa_dataset made = {.n = set->n};
    FA_TRY(FA_NEW(numbers, set->n));
    for (size_t i = 0; i < set->n; i++) numbers[i] = b->numbers[row_of(set, i)];
    fa_status status = b->hidden ? fa__categories_to_classes(&made, &b->words, numbers)
                                 : fa__categories_to_coarse(&made, &b->words, numbers);
    if (status != FA_OK) {
        fa__free(made.labels.classes);
        fa__free(made.labels.coarse);
        return status;
    }
    if (b->hidden) {
        fa__free(set->labels.classes);
        fa__free(set->labels.class_names.text);
        set->labels.classes = made.labels.classes;
        set->labels.class_names.text = made.labels.class_names.text;
        set->labels.class_names.count = made.labels.class_names.count;
        set->labels.class_names.size = made.labels.class_names.size;
        set->labels.first_named = made.labels.first_named;
    } else {
        fa__free(set->labels.coarse);
        fa__free(set->labels.coarse_names.text);
        set->labels.coarse = made.labels.coarse;
        set->labels.coarse_names.text = made.labels.coarse_names.text;
        set->labels.coarse_names.count = made.labels.coarse_names.count;
        set->labels.coarse_names.size = made.labels.coarse_names.size;
    }
    return FA_OK;
}

fa_status fa__label_file_parse(fa_dataset *set, const unsigned char *bytes, size_t size,
                               bool hidden, const char *column, const char *file,
                               const char *where) {
    label_file b = {.set = set, .file = file, .data = where, .hidden = hidden, .column = column};
    fa_status status = read_content(&b, bytes, size);
    if (status == FA_OK) status = give(set, &b);
    if (status == FA_OK && b.on_top.size > 0)
        fa__dataset_add_note(set, "%.80s: line 1 ('%.*s') is taken for the name of the labels",
                             file, b.on_top.size < 40 ? (int)b.on_top.size : 40, b.on_top.text);
    if (status == FA_OK && b.stands > 0)
        fa__dataset_add_note(
            set, "%.80s: %zu label%s like '%s' taken as %s; an empty one, ? and NA are none", file,
            b.stands, b.stands > 1 ? "s" : "", b.stand, b.stands > 1 ? "labels" : "a label");
    fa__free(b.numbers);
    fa__free(b.names);
    fa__free(b.lines);
    fa__categories_free(&b.words);
    return status;
}

static fa_status apply(fa_dataset *set, const char *file, const char *column, bool hidden,
                       const char *where) {
    unsigned char *bytes;
    size_t size;
    char *path;
    if (file == NULL) return FA_OK;
    FA_TRY(fa_data_path(&path, file));
    fa_status status = fa__file_read(&bytes, &size, path);
    if (status == FA_OK) {
        status = fa__label_file_parse(set, bytes, size, hidden, column, path, where);
        fa__free(bytes);
    }
    fa__free(path);
    return status;
}

fa_status fa__label_file_apply(fa_dataset *set, const fa_read_options *options, const char *where) {
    FA_TRY(apply(set, options->label_file, options->label_column, false, where));
    return apply(set, options->hidden_file, options->hidden_column, true, where);
}
