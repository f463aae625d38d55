/* Labelled texts out of CSV files. Every row is a sample: class first, the other columns its text.
 */
#include "formats/text_csv.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "formats/labels.h"
#include "base/bytes.h"
#include "formats/cells.h"
#include "formats/csv.h"
#include "formats/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const splits[] = {"train", "test"};
static const char names_file[] = "classes.txt";
enum { N_SPLITS = 2 };

/* ==== Rows ==== */

typedef struct reading {
    fa_dataset *set;
    fa__csv *csv;
    size_t used, text_capacity, offsets_capacity, classes_capacity;
} reading;

static fa_status append(reading *r, const char *text, size_t size) {
    char *grown = fa__grow(r->set->values.text, &r->text_capacity, r->used + size + 1, 1);
    if (grown == NULL) return fa__nomem(r->used + size + 1, 1);
    r->set->values.text = grown;
    memcpy(grown + r->used, text, size);
    r->used += size;
    return FA_OK;
}

static fa_status read_class(int32_t *out, const fa__csv_row *row) {
    const fa__csv_field *field = &row->fields[0];
    const char *at = field->text, *end = at + field->size;
    char quoted[FA__QUOTE_SIZE];
    int64_t value;
    if (fa__scan_integer(&value, &at, end) && at == end && value >= 1 && value <= INT32_MAX) {
        *out = (int32_t)(value - 1);
        return FA_OK;
    }
    return fa__fail(FA_E_FORMAT,
                    "%s: line %zu, column 1: the number of a class is wanted, 1 and up, "
                    "found '%s'%s; --label-column 1 --text-column 2 takes labels of any kind",
                    row->where, row->line, fa__quote(quoted, field->text, field->size),
                    row->number == 1 && fa__csv_is_header(row)
                        ? " (the names of the columns? remove that line)"
                        : "");
}

static fa_status on_row(void *user, const fa__csv_row *row) {
    reading *r = user;
    fa_dataset *set = r->set;
    if (row->count < 2)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu has one column; a class and its text are wanted, "
                        "like 3,\"title\",\"text\"",
                        row->where, row->line);
    size_t *offsets =
        fa__grow(set->values.offsets, &r->offsets_capacity, set->n + 2, sizeof *offsets);
    if (offsets == NULL) return fa__nomem(set->n + 2, sizeof *offsets);
    set->values.offsets = offsets;
    int32_t *classes =
        fa__grow(set->labels.classes, &r->classes_capacity, set->n + 1, sizeof *classes);
    if (classes == NULL) return fa__nomem(set->n + 1, sizeof *classes);
    set->labels.classes = classes;
    FA_TRY(read_class(&classes[set->n], row));
    offsets[set->n] = r->used;
    for (size_t i = 1; i < row->count; i++) {
        if (row->fields[i].size == 0) continue;
        if (r->used > offsets[set->n]) FA_TRY(append(r, " ", 1));
        FA_TRY(append(r, row->fields[i].text, row->fields[i].size));
    }
    offsets[++set->n] = r->used;
    return FA_OK;
}

static fa_status begin(reading *r, const char *where) {
    *r = (reading){0};
    FA_TRY(fa__dataset_create(&r->set, FA_KIND_TEXT));
    FA_TRY(append(r, "", 0)); /* so that a text without any byte has an address */
    return fa__csv_open(&r->csv, ',', where, on_row, r);
}

static fa_status finish(reading *r, const char *where) {
    size_t rows;
    FA_TRY(fa__csv_finish(r->csv, &rows));
    return rows > 0 ? FA_OK : fa__fail(FA_E_FORMAT, "%s: holds no rows", where);
}

/* Hands over what was read if all went well, and frees the rest. */
static fa_status close_reading(fa_dataset **out, reading *r, fa_status status) {
    if (status == FA_OK) {
        *out = r->set;
        r->set = NULL;
    }
    fa_dataset_free(r->set);
    fa__csv_free(r->csv);
    return status;
}

/* ==== Classes ==== */

/* Line k of classes.txt names class k - 1. */
static fa_status check_names(const fa_dataset *set, const char *names, const char *where) {
    for (size_t i = 0; set->labels.class_names.text != NULL && i < set->n; i++)
        if ((size_t)set->labels.classes[i] >= set->labels.class_names.count)
            return fa__fail(FA_E_LABEL,
                            "%s: row %zu, column 1: class %d, but %s names %zu; add its name "
                            "there, or remove that file",
                            where, i + 1, (int)set->labels.classes[i] + 1, names,
                            set->labels.class_names.count);
    return FA_OK;
}

/* A number that differs in each of many rows is no class: it counts or names them. */
static fa_status check_repeated(const fa_dataset *set, const char *where) {
    enum { FEW = 10 };
    int32_t *sorted;
    if (set->n < FEW) return FA_OK;
    FA_TRY(FA_NEW(sorted, set->n));
    memcpy(sorted, set->labels.classes, set->n * sizeof *sorted);
    qsort(sorted, set->n, sizeof *sorted, fa__by_int32);
    size_t i = 1;
    while (i < set->n && sorted[i] != sorted[i - 1]) i++;
    fa__free(sorted);
    if (i < set->n) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: column 1 has another number in each of %zu rows, as names of samples do, "
                    "and is taken for the class of a text; --text-column 2 (or 3, ...) says that "
                    "this is a table",
                    where, set->n);
}

/* ==== Files ==== */

/* Names and labels that go with a .csv file: classes.txt beside it is optional. */
static fa_status add_classes(fa_dataset *set, const char *folder, const char *where,
                             const fa_read_options *options) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__path_join(path, folder, names_file));
    if (options->hidden_file == NULL && fa__file_exists(path)) {
        unsigned char *bytes;
        size_t size;
        FA_TRY(fa__file_read_plain(&bytes, &size, path));
        fa_status status = fa__dataset_name_classes(set, 0, bytes, size, path);
        fa__free(bytes);
        if (status == FA_OK) status = check_names(set, path, where);
        return status;
    }
    return FA_OK;
}

static fa_status read_csv(fa_dataset **out, const unsigned char *bytes, size_t size,
                          const char *folder, const char *where, const fa_read_options *options) {
    reading r;
    fa_status status = begin(&r, where);
    if (status == FA_OK) status = fa__csv_feed(r.csv, bytes, size);
    if (status == FA_OK) status = finish(&r, where);
    if (status == FA_OK && options->hidden_file == NULL) status = check_repeated(r.set, where);
    if (status == FA_OK) status = add_classes(r.set, folder, where, options);
    return close_reading(out, &r, status);
}

/* What the first rows behind the class hold. */
typedef struct prose {
    size_t rows, numeric, blanks; /* rows; those with a field that is a number; blanks in all */
    size_t bare;                  /* fields without quotes */
} prose;

/* One field, without its quotes. */
static void see_field(prose *p, bool *numeric, const unsigned char *at, size_t size) {
    double value;
    p->bare += size > 0 && *at != '"';
    while (size > 0 && (*at == '"' || *at == ' ')) at++, size--;
    while (size > 0 && (at[size - 1] == '"' || at[size - 1] == ' ')) size--;
    *numeric = *numeric || (size > 0 && fa__cell_plain(&value, (const char *)at, size));
    for (size_t i = 0; i < size; i++) p->blanks += at[i] == ' ';
}

/* Rows of a class and texts: of the first ones few have a field that is a number, and they have two
 * blanks and more each. Where all texts are in quotes, as in the published files, one will do.
 * Others, of numbers and a word here and there, are a table. */
static bool is_prose(const unsigned char *at, const unsigned char *end) {
    enum { ROWS = 20 };
    prose p = {0};
    while (at < end && p.rows < ROWS) {
        bool quoted = false, numeric = false;
        size_t field = 0;
        const unsigned char *from = at;
        for (; at <= end; at++) {
            if (at < end && *at == '"') quoted = !quoted;
            bool over = at == end || (!quoted && (*at == ',' || *at == '\n' || *at == '\r'));
            if (!over) continue;
            if (field++ > 0) see_field(&p, &numeric, from, (size_t)(at - from));
            from = at + 1;
            if (at == end || *at != ',') break;
        }
        p.numeric += numeric;
        p.rows++;
        while (at < end && (*at == '\n' || *at == '\r')) at++;
    }
    return p.numeric * 2 < p.rows && p.blanks >= (p.bare == 0 ? 1 : 2) * p.rows;
}

bool fa__text_csv_recognise(const fa__source *source) {
    if (source->bytes == NULL || source->columns) return false;
    const unsigned char *at = source->bytes, *end = at + source->size;
    if (source->size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
    bool quoted = at < end && *at == '"';
    at += quoted;
    const unsigned char *digits = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    if (at == digits) return false;
    if (quoted && at < end && *at == '"') at++;
    if (at == end || *at != ',') return false;
    while (at < end && *at != '\n' && strchr("0123456789+-.,eE \t\r", *at) != NULL && *at != 0)
        at++;
    return at < end && *at != '\n' && *at != 0 && is_prose(digits - quoted, end);
}

fa_status fa__text_csv_read(fa_dataset **out, const fa__source *source,
                            const fa_read_options *options) {
    char folder[FA__PATH_MAX];
    const char *slash = strrchr(source->path, '/');
    int length = slash != NULL ? snprintf(folder, sizeof folder, "%.*s",
                                          (int)(slash - source->path) + 1, source->path)
                               : snprintf(folder, sizeof folder, ".");
    if (length < 0 || (size_t)length >= sizeof folder)
        return fa__fail(FA_E_IO, "%.60s...: the path is too long", source->path);
    return read_csv(out, source->bytes, source->size, folder, source->path, options);
}

/* The split asked for, or the only one that is there. */
static fa_status choose_split(const char **split, const bool there[N_SPLITS], const char *where,
                              const char *wanted) {
    if (wanted == NULL && there[0] && there[1])
        return fa__fail(FA_E_ARGUMENT,
                        "%s: holds train.csv and test.csv; say which (--split train, or test)",
                        where);
    for (size_t i = 0; i < N_SPLITS; i++)
        if (there[i] && (wanted == NULL || strcmp(wanted, splits[i]) == 0)) {
            *split = splits[i];
            return FA_OK;
        }
    return fa__fail(FA_E_ARGUMENT, "%s: holds no %s.csv", where,
                    wanted != NULL ? wanted : splits[0]);
}

static bool csv_of(char out[FA__PATH_MAX], const char *folder, const char *split) {
    char name[16];
    snprintf(name, sizeof name, "%s.csv", split);
    return fa__path_join(out, folder, name) == FA_OK && fa__file_exists(out);
}

bool fa__text_folder_recognise(const fa__source *source) {
    char path[FA__PATH_MAX];
    if (source->bytes != NULL) return false;
    for (size_t i = 0; i < N_SPLITS; i++) /* beside train/ of images it labels these */
        if (fa__path_join(path, source->path, splits[i]) == FA_OK && fa__is_folder(path))
            return false;
    return csv_of(path, source->path, splits[0]) || csv_of(path, source->path, splits[1]);
}

fa_status fa__text_folder_read(fa_dataset **out, const fa__source *source,
                               const fa_read_options *options) {
    char path[FA__PATH_MAX];
    const char *split;
    bool there[N_SPLITS];
    unsigned char *bytes;
    size_t size;
    for (size_t i = 0; i < N_SPLITS; i++) there[i] = csv_of(path, source->path, splits[i]);
    FA_TRY(choose_split(&split, there, source->path, options->split));
    (void)csv_of(path, source->path, split);
    FA_TRY(fa__file_read_plain(&bytes, &size, path));
    fa_status status = read_csv(out, bytes, size, source->path, path, options);
    fa__free(bytes);
    return status;
}

/* ==== The archive ==== */

/* What is done with each member of the archive; `name` is its path's last part. */
typedef fa_status (*member_fn)(void *user, const fa__tar_entry *entry, const char *name);

/* Members are only read, never unpacked; still, an archive that would write elsewhere is none to
 * trust. */
static fa_status check_path(const char *path, const char *where) {
    char quoted[FA__QUOTE_SIZE];
    bool outside = path[0] == '/';
    for (const char *at = path; *at != '\0'; at += strcspn(at, "/"), at += *at == '/')
        outside = outside || (strcspn(at, "/") == 2 && memcmp(at, "..", 2) == 0);
    if (!outside) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: member '%s' has an absolute path or one with '..': fetch the archive from "
                    "its publisher again",
                    where, fa__quote(quoted, path, strlen(path)));
}

/* Each member is handed over before its path is checked, so that an archive is recognised, and then
 * refused for what it is. */
static fa_status each_member(const fa__source *source, member_fn fn, void *user) {
    fa__tar_entry entry = {0};
    for (bool more;;) {
        FA_TRY(fa__tar_next(&entry, &more, source));
        if (!more) return FA_OK;
        if (entry.file) FA_TRY(fn(user, &entry, fa__tar_name(&entry)));
        FA_TRY(check_path(entry.path, source->path));
    }
}

/* First pass: which splits are there. */
static fa_status note_split(void *user, const fa__tar_entry *entry, const char *name) {
    bool *there = user;
    (void)entry;
    for (size_t i = 0; i < N_SPLITS; i++)
        if (strlen(name) == strlen(splits[i]) + 4 &&
            memcmp(name, splits[i], strlen(splits[i])) == 0 &&
            strcmp(name + strlen(splits[i]), ".csv") == 0)
            there[i] = true;
    return FA_OK;
}

bool fa__text_tar_recognise(const fa__source *source) {
    bool there[N_SPLITS] = {false, false};
    if (source->bytes == NULL || source->size < 512 || memcmp(source->bytes + 257, "ustar", 5) != 0)
        return false;
    (void)each_member(source, note_split, there); /* a damage is reported by reading it */
    return there[0] || there[1];
}

/* Second pass. */
typedef struct tar_reading {
    reading rows;
    const char *path;
    char csv_name[16], where[FA__PATH_MAX + 16];
    bool seen, names_seen;
    const fa_read_options *options;
} tar_reading;

static fa_status read_csv_member(tar_reading *t, const fa__tar_entry *entry) {
    enum { PIECE = 1 << 20 };
    if (t->seen)
        return fa__fail(FA_E_FORMAT, "%s: %s is in the archive twice", t->path, t->csv_name);
    t->seen = true;
    for (size_t at = 0, part; at < entry->size; at += part) {
        part = entry->size - at < PIECE ? entry->size - at : PIECE;
        FA_TRY(fa__csv_feed(t->rows.csv, entry->data + at, part));
    }
    return finish(&t->rows, t->where);
}

static fa_status read_names_member(tar_reading *t, const fa__tar_entry *entry) {
    enum { MOST = 1 << 20 };
    char where[FA__PATH_MAX + 16];
    snprintf(where, sizeof where, "%s: %s", t->path, names_file);
    if (t->names_seen) return fa__fail(FA_E_FORMAT, "%s is in the archive twice", where);
    t->names_seen = true;
    if (entry->size >= MOST)
        return fa__fail(FA_E_FORMAT, "%s: has %d bytes and more: no list of classes", where, MOST);
    return fa__dataset_name_classes(t->rows.set, 0, (const char *)entry->data, entry->size, where);
}

static fa_status read_tar_member(void *user, const fa__tar_entry *entry, const char *name) {
    tar_reading *t = user;
    if (strcmp(name, t->csv_name) == 0) return read_csv_member(t, entry);
    if (strcmp(name, names_file) == 0 && t->options->hidden_file == NULL)
        return read_names_member(t, entry);
    return FA_OK;
}

fa_status fa__text_tar_read(fa_dataset **out, const fa__source *source,
                            const fa_read_options *options) {
    bool there[N_SPLITS] = {false, false};
    const char *split;
    tar_reading *t;
    FA_TRY(each_member(source, note_split, there));
    FA_TRY(choose_split(&split, there, source->path, options->split));
    FA_TRY(FA_NEW_ZERO(t, 1));
    t->path = source->path;
    t->options = options;
    snprintf(t->csv_name, sizeof t->csv_name, "%s.csv", split);
    snprintf(t->where, sizeof t->where, "%s: %s", source->path, t->csv_name);
    fa_status status = begin(&t->rows, t->where);
    if (status == FA_OK) status = each_member(source, read_tar_member, t);
    if (status == FA_OK) status = check_names(t->rows.set, names_file, t->where);
    status = close_reading(out, &t->rows, status);
    fa__free(t);
    return status;
}
