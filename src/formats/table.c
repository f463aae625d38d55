/* Tables. The columns get their roles from the first row and the options; each row then adds to
 * what its roles ask for. */
#include "formats/table.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/bytes.h"
#include "formats/csv.h"
#include "formats/categories.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum role { VALUE, LABEL, HIDDEN, TEXT, IGNORED, ID, TIME } role;

typedef struct table {
    fa_dataset *set;
    fa__csv *csv;
    const fa_read_options *options;
    role *roles; /* [columns]; NULL before the first row */
    char *names; /* of the columns, each ended by 0; NULL: the table has none */
    size_t columns, text_column;
    bool labelled, classed; /* there is a column of labels, of classes */
    fa__missing missed;
    fa__categories labels, classes, ids;
    int32_t *coarse, *hidden; /* by row; NULL: no such column */
    fa__steps steps;          /* long tables */
    size_t values_capacity, text_capacity, text_used, offsets_capacity, coarse_capacity,
        hidden_capacity;
} table;

/* ==== Places ==== */

enum { PLACE_MAX = 160 };

/* "row 3 (line 3), column 2 ('age')" */
static const char *place_of(char out[PLACE_MAX], const table *t, const fa__csv_row *row,
                            size_t column) {
    char quoted[FA__QUOTE_SIZE];
    const char *name = t->names != NULL ? fa__name_at(t->names, column) : NULL;
    int used = snprintf(out, PLACE_MAX, "row %zu (line %zu), column %zu", row->number, row->line,
                        column + 1);
    if (name != NULL && used > 0 && used < PLACE_MAX)
        snprintf(out + used, (size_t)(PLACE_MAX - used), " ('%s')",
                 fa__quote(quoted, name, strlen(name)));
    return out;
}

static bool is_number(const fa__csv_field *field) {
    char *end;
    (void)fa__to_double(field->text, &end);
    return end != field->text && *end == '\0';
}

static bool is_word(const fa__csv_field *field, const char *word) {
    size_t i = 0;
    while (i < field->size && tolower((unsigned char)field->text[i]) == word[i]) i++;
    return i == field->size && word[i] == '\0';
}

/* ==== Roles ==== */

/* The column that an option means: its name in the header, else its number. */
static fa_status find_column(size_t *column, const fa__csv_row *row, bool header, const char *name,
                             const char *key) {
    const char *at = name, *end = name + strlen(name);
    int64_t number;
    bool whole = fa__scan_integer(&number, &at, end) && at == end;
    bool named = false;
    for (size_t i = 0; header && i < row->count; i++)
        named = named || strcmp(row->fields[i].text, name) == 0;
    if (whole && !named) {
        if (number < 1 || (uint64_t)number > row->count)
            return fa__fail(FA_E_ARGUMENT, "%s: %s = %s, but the columns are 1 to %zu", row->where,
                            key, name, row->count);
        *column = (size_t)number - 1;
        return FA_OK;
    }
    if (!header)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: %s = %s, but row 1 has numbers, not names of columns; give the number "
                        "of the column, 1 to %zu, or put a row of names on top",
                        row->where, key, name, row->count);
    fa_status status = fa__csv_find_column(column, row, name);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s", key);
}

/* Whether the table has the column; whatever else is wrong with it is for find_column to say. */
static bool has_column(const table *t, const fa__csv_row *row, const char *name) {
    const char *at = name, *end = name + strlen(name);
    int64_t number;
    for (size_t i = 0; t->names != NULL && i < row->count; i++)
        if (strcmp(row->fields[i].text, name) == 0) return true;
    return fa__scan_integer(&number, &at, end) && at == end && number >= 1 &&
           (uint64_t)number <= row->count;
}

static void note_absent(fa_dataset *set, const char *name) {
    char quoted[FA__QUOTE_SIZE];
    size_t used = strlen(set->origin.absent);
    snprintf(set->origin.absent + used, sizeof set->origin.absent - used, "%s%s",
             used > 0 ? ", " : "", fa__quote(quoted, name, strlen(name)));
}

static fa_status give_role(table *t, const fa__csv_row *row, const char *name, const char *key,
                           role given) {
    size_t column = 0;
    if (name == NULL) return FA_OK;
    if (t->options->columns_optional && given != TEXT && !has_column(t, row, name)) {
        note_absent(t->set, name);
        return FA_OK;
    }
    FA_TRY(find_column(&column, row, t->names != NULL, name, key));
    if (t->roles[column] != VALUE)
        return fa__fail(FA_E_ARGUMENT, "%s: %s = %s, but column %zu has another role already",
                        row->where, key, name, column + 1);
    t->roles[column] = given;
    t->labelled = t->labelled || given == LABEL;
    t->classed = t->classed || given == HIDDEN;
    if (given == TEXT) t->text_column = column;
    return FA_OK;
}

static fa_status ignore_columns(table *t, const fa__csv_row *row) {
    const char *at = t->options->ignore_columns;
    while (at != NULL && *at != '\0') {
        char name[256];
        size_t size = strcspn(at, ","), kept = size;
        const char *from = at;
        while (kept > 0 && *from == ' ') from++, kept--;
        while (kept > 0 && from[kept - 1] == ' ') kept--;
        if (kept == 0 || kept >= sizeof name)
            return fa__fail(FA_E_ARGUMENT,
                            "%s: ignore_columns = %s: names or numbers with commas between are "
                            "wanted",
                            row->where, t->options->ignore_columns);
        memcpy(name, from, kept);
        name[kept] = '\0';
        FA_TRY(give_role(t, row, name, "ignore_columns", IGNORED));
        at += size + (at[size] == ',');
    }
    return FA_OK;
}

/* Names of columns: no field is a number, or one is a name that the caller gave. */
static bool is_header(const table *t, const fa__csv_row *row) {
    const char *const wanted[] = {t->options->label_column, t->options->hidden_column,
                                  t->options->text_column};
    bool numbers = false;
    for (size_t i = 0; i < row->count; i++) {
        const fa__csv_field *field = &row->fields[i];
        numbers = numbers || is_number(field);
        for (size_t w = 0; w < 3 && !is_number(field); w++)
            if (wanted[w] != NULL && strcmp(field->text, wanted[w]) == 0) return true;
    }
    return !numbers;
}

static fa_status take_names(table *t, const fa__csv_row *row) {
    size_t size = 0, used = 0;
    for (size_t i = 0; i < row->count; i++) {
        const char *name = row->fields[i].text;
        if (row->fields[i].size == 0)
            return fa__fail(FA_E_FORMAT,
                            "%s: column %zu of row 1 has no name; name it, or take it out (an "
                            "index that pandas wrote? to_csv(..., index=False))",
                            row->where, i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(row->fields[j].text, name) == 0)
                return fa__fail(FA_E_FORMAT,
                                "%s: columns %zu and %zu are both named '%s'; rename one of them",
                                row->where, j + 1, i + 1, name);
        size += row->fields[i].size + 1;
    }
    FA_TRY(FA_NEW(t->names, size));
    for (size_t i = 0; i < row->count; i++) {
        memcpy(t->names + used, row->fields[i].text, row->fields[i].size + 1);
        used += row->fields[i].size + 1;
    }
    return FA_OK;
}

/* Counts the columns of values, and notes or refuses what the roles leave. */
static fa_status check_roles(table *t, const fa__csv_row *row) {
    fa_dataset *set = t->set;
    size_t values = 0;
    for (size_t i = 0; i < t->columns; i++) values += t->roles[i] == VALUE;
    if (set->kind == FA_KIND_TEXT) {
        if (values > 0)
            snprintf(set->origin.note, sizeof set->origin.note,
                     "%zu columns beside the text are not used", values);
        for (size_t i = 0; i < t->columns; i++)
            if (t->roles[i] == VALUE) t->roles[i] = IGNORED;
        return FA_OK;
    }
    set->features = values;
    return values > 0 ? FA_OK
                      : fa__fail(FA_E_FORMAT,
                                 "%s: no column is left for values; one column of numbers at "
                                 "least, or a text_column, is wanted",
                                 row->where);
}

/* Those of the columns of values, for data that come later. */
static fa_status keep_names(table *t, const fa__csv_row *row) {
    size_t used = 0;
    if (t->names == NULL || t->set->kind == FA_KIND_TEXT) return FA_OK;
    for (size_t i = 0; i < row->count; i++)
        if (t->roles[i] == VALUE) used += row->fields[i].size + 1;
    FA_TRY(FA_NEW(t->set->names.columns.text, used));
    t->set->names.columns.size = used;
    t->set->names.columns.count = t->set->features;
    used = 0;
    for (size_t i = 0; i < row->count; i++) {
        if (t->roles[i] != VALUE) continue;
        memcpy(t->set->names.columns.text + used, row->fields[i].text, row->fields[i].size + 1);
        used += row->fields[i].size + 1;
    }
    return FA_OK;
}

static fa_status first_row(table *t, const fa__csv_row *row) {
    t->columns = row->count;
    FA_TRY(FA_NEW_ZERO(t->roles, row->count)); /* all VALUE */
    if (is_header(t, row)) FA_TRY(take_names(t, row));
    if (t->names != NULL && row->count > 2 && is_word(&row->fields[0], "id") &&
        is_word(&row->fields[1], "time") && t->options->text_column == NULL) {
        t->set->kind = FA_KIND_SERIES;
        t->roles[0] = ID;
        t->roles[1] = TIME;
    }
    if (t->options->text_column != NULL) t->set->kind = FA_KIND_TEXT;
    FA_TRY(give_role(t, row, t->options->text_column, "text_column", TEXT));
    FA_TRY(give_role(t, row, t->options->label_column, "label_column", LABEL));
    FA_TRY(give_role(t, row, t->options->hidden_column, "hidden_column", HIDDEN));
    FA_TRY(ignore_columns(t, row));
    FA_TRY(check_roles(t, row));
    return keep_names(t, row);
}

/* ==== Rows ==== */

static fa_status read_value(float *out, table *t, const fa__csv_row *row, size_t column) {
    const fa__csv_field *field = &row->fields[column];
    char place[PLACE_MAX], quoted[FA__QUOTE_SIZE], *end;
    double value = fa__to_double(field->text, &end);
    if (fa__is_missing(field->text, field->size)) {
        *out = NAN;
        if (t->missed.count++ == 0)
            snprintf(t->missed.first, sizeof t->missed.first, "%s",
                     place_of(place, t, row, column));
        return FA_OK;
    }
    if (end == field->text || *end != '\0')
        return fa__fail(
            FA_E_FORMAT,
            "%s: %s: '%s' is no number%s; numbers are written as 1.5, and a column of words "
            "wants a role (label_column, hidden_column, text_column) or is left out "
            "(ignore_columns)",
            row->where, place_of(place, t, row, column),
            fa__quote(quoted, field->text, field->size),
            row->number == 1 ? " (names of columns? a number among them hides that)" : "");
    if (!(fabs(value) < 0x1.ffffffp127))
        return fa__fail(FA_E_NONFINITE, "%s: %s: %s is not a finite float32; take the row out",
                        row->where, place_of(place, t, row, column),
                        fa__quote(quoted, field->text, field->size));
    *out = (float)value;
    return FA_OK;
}

/* A word of a column of labels; a missing one is -1 for coarse labels, refused for classes. */
static fa_status read_label(int32_t *out, table *t, const fa__csv_row *row, size_t column) {
    const fa__csv_field *field = &row->fields[column];
    char place[PLACE_MAX];
    bool hidden = t->roles[column] == HIDDEN;
    *out = -1;
    if (fa__is_missing(field->text, field->size)) {
        if (!hidden) return FA_OK;
        return fa__fail(FA_E_LABEL,
                        "%s: %s: the class is missing; every row needs one (coarse labels, the "
                        "label_column, may be missing)",
                        row->where, place_of(place, t, row, column));
    }
    fa_status status =
        fa__categories_add(out, hidden ? &t->classes : &t->labels, field->text, field->size);
    if (status != FA_OK)
        return fa__fail_within(status, "%s: %s", row->where, place_of(place, t, row, column));
    return FA_OK;
}

static fa_status read_step(table *t, const fa__csv_row *row) {
    fa__steps *s = &t->steps;
    size_t n = t->set->n;
    char place[PLACE_MAX], quoted[FA__QUOTE_SIZE];
    int32_t *series = fa__grow(s->series, &s->series_capacity, n + 1, sizeof *series);
    if (series == NULL) return fa__nomem(n + 1, sizeof *series);
    s->series = series;
    double *times = fa__grow(s->times, &s->times_capacity, n + 1, sizeof *times);
    if (times == NULL) return fa__nomem(n + 1, sizeof *times);
    s->times = times;
    size_t *lines = fa__grow(s->lines, &s->lines_capacity, n + 1, sizeof *lines);
    if (lines == NULL) return fa__nomem(n + 1, sizeof *lines);
    s->lines = lines;
    lines[n] = row->line;
    if (row->fields[0].size == 0)
        return fa__fail(FA_E_FORMAT, "%s: %s is empty: every row needs the name of its series",
                        row->where, place_of(place, t, row, 0));
    FA_TRY(fa__categories_add(&series[n], &t->ids, row->fields[0].text, row->fields[0].size));
    if (!is_number(&row->fields[1]) ||
        !isfinite(times[n] = fa__to_double(row->fields[1].text, NULL)))
        return fa__fail(FA_E_FORMAT,
                        "%s: %s: '%s' is no time; a number is wanted (dates: as seconds or days)",
                        row->where, place_of(place, t, row, 1),
                        fa__quote(quoted, row->fields[1].text, row->fields[1].size));
    return FA_OK;
}

static fa_status read_text(table *t, const fa__csv_row *row) {
    fa_dataset *set = t->set;
    const fa__csv_field *field = &row->fields[t->text_column];
    char *text = fa__grow(set->values.text, &t->text_capacity, t->text_used + field->size + 1, 1);
    if (text == NULL) return fa__nomem(t->text_used + field->size + 1, 1);
    set->values.text = text;
    size_t *offsets =
        fa__grow(set->values.offsets, &t->offsets_capacity, set->n + 2, sizeof *offsets);
    if (offsets == NULL) return fa__nomem(set->n + 2, sizeof *offsets);
    set->values.offsets = offsets;
    memcpy(text + t->text_used, field->text, field->size);
    offsets[set->n] = t->text_used;
    t->text_used += field->size;
    offsets[set->n + 1] = t->text_used;
    return FA_OK;
}

/* Room for the labels and values of one row more. */
static fa_status make_room(table *t) {
    fa_dataset *set = t->set;
    size_t values;
    int32_t *coarse = fa__grow(t->coarse, &t->coarse_capacity, set->n + 1, sizeof *coarse);
    if (coarse == NULL) return fa__nomem(set->n + 1, sizeof *coarse);
    t->coarse = coarse;
    int32_t *hidden = fa__grow(t->hidden, &t->hidden_capacity, set->n + 1, sizeof *hidden);
    if (hidden == NULL) return fa__nomem(set->n + 1, sizeof *hidden);
    t->hidden = hidden;
    if (set->kind == FA_KIND_TEXT) return FA_OK;
    if (__builtin_mul_overflow(set->n + 1, set->features, &values))
        return fa__nomem(set->n + 1, set->features);
    float *grown = fa__grow(set->values.numbers, &t->values_capacity, values, sizeof *grown);
    if (grown == NULL) return fa__nomem(values, sizeof *grown);
    set->values.numbers = grown;
    return FA_OK;
}

static fa_status on_row(void *user, const fa__csv_row *row) {
    table *t = user;
    fa_dataset *set = t->set;
    if (t->roles == NULL) {
        FA_TRY(first_row(t, row));
        if (t->names != NULL) return FA_OK;
    }
    FA_TRY(make_room(t));
    float *to = set->kind == FA_KIND_TEXT ? NULL : set->values.numbers + set->n * set->features;
    for (size_t i = 0; i < row->count; i++) {
        if (t->roles[i] == VALUE) FA_TRY(read_value(to++, t, row, i));
        if (t->roles[i] == LABEL) FA_TRY(read_label(&t->coarse[set->n], t, row, i));
        if (t->roles[i] == HIDDEN) FA_TRY(read_label(&t->hidden[set->n], t, row, i));
    }
    if (set->kind == FA_KIND_SERIES) FA_TRY(read_step(t, row));
    if (set->kind == FA_KIND_TEXT) FA_TRY(read_text(t, row));
    set->n++;
    return FA_OK;
}

/* ==== The whole ==== */

char fa__delimiter_of(const unsigned char *bytes, size_t size) {
    static const char marks[] = {',', ';', '\t'};
    size_t counts[sizeof marks] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || bytes[i] != '\n'); i++) {
        if (bytes[i] == '"') quoted = !quoted;
        for (size_t m = 0; m < sizeof marks && !quoted; m++) counts[m] += bytes[i] == marks[m];
    }
    for (size_t m = 1; m < sizeof marks; m++)
        if (counts[m] > counts[best]) best = m;
    return counts[best] > 0 ? marks[best] : '\0';
}

/* Text of more than one column, or of any number where the caller names one. */
bool fa__table_recognise(const fa__source *source) {
    enum { LOOKED_AT = 4096 };
    size_t size = source->size < LOOKED_AT ? source->size : LOOKED_AT;
    if (source->bytes == NULL || source->size == 0) return false;
    for (size_t i = 0; i < size; i++)
        if (source->bytes[i] < ' ' && strchr("\t\r\n", source->bytes[i]) == NULL) return false;
    if (memchr(source->bytes, 0, size) != NULL) return false;
    return source->columns || fa__delimiter_of(source->bytes, source->size) != '\0';
}

/* Labels of rows become those of samples: the same where a row is a sample. */
static fa_status finish_labels(table *t, const char *where) {
    fa_dataset *set = t->set;
    if (set->kind == FA_KIND_SERIES) {
        t->steps.count = t->ids.count;
        t->steps.names = t->ids.text;
        FA_TRY(fa__table_to_series(set, &t->steps, t->labelled ? t->coarse : NULL,
                                   t->classed ? t->hidden : NULL, where));
        set->names.samples.text = t->ids.text;
        set->names.samples.starts = t->ids.starts;
        set->names.samples.count = t->ids.count;
        set->names.samples.size = t->ids.used;
        t->ids.text = NULL;
        t->ids.starts = NULL;
    }
    int32_t *coarse = t->coarse, *hidden = t->hidden;
    if (t->labelled) {
        t->coarse = NULL;
        FA_TRY(fa__categories_to_coarse(set, &t->labels, coarse));
    }
    if (t->classed) {
        t->hidden = NULL;
        FA_TRY(fa__categories_to_classes(set, &t->classes, hidden));
    }
    return FA_OK;
}

static fa_status finish(table *t, const char *where) {
    size_t rows;
    FA_TRY(fa__csv_finish(t->csv, &rows));
    if (t->set->n == 0)
        return fa__fail(FA_E_FORMAT, "%s: holds no rows%s", where,
                        t->names != NULL ? " below the names of the columns" : "");
    FA_TRY(finish_labels(t, where));
    if (t->set->kind == FA_KIND_TEXT) return FA_OK;
    return fa__missing_fill(t->set, &t->missed, t->options->missing, where);
}

static void close_table(table *t) {
    fa__csv_free(t->csv);
    fa_dataset_free(t->set);
    fa__free(t->roles);
    fa__free(t->names);
    fa__free(t->coarse);
    fa__free(t->hidden);
    fa__free(t->steps.series);
    fa__free(t->steps.times);
    fa__free(t->steps.lines);
    fa__categories_free(&t->labels);
    fa__categories_free(&t->classes);
    fa__categories_free(&t->ids);
}

fa_status fa__table_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options) {
    fa_status status = FA_OK;
    table t = {.options = options, .ids = {.most = INT32_MAX}};
    char mark = fa__delimiter_of(source->bytes, source->size);
    FA_CHECK(fa__dataset_create(&t.set, FA_KIND_VECTORS));
    FA_CHECK(fa__csv_open(&t.csv, mark != '\0' ? mark : ',', source->path, on_row, &t));
    FA_CHECK(fa__csv_feed(t.csv, source->bytes, source->size));
    FA_CHECK(finish(&t, source->path));
    *out = t.set;
    t.set = NULL;
done:
    close_table(&t);
    return status;
}
