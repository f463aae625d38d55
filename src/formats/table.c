/* Tables. A first pass over the rows finds out what the columns are (plan.c), a second one takes
 * their values. */
#include "formats/table.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/bytes.h"
#include "formats/fallen.h"
#include "formats/table_plan.h"
#include "formats/text_plain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_MAX = 160 };

typedef struct table {
    fa_dataset *set;
    fa__plan plan;
    fa__missing missed;
    fa__categories labels, classes, ids;
    int32_t *coarse, *hidden; /* by row */
    fa__steps steps;          /* long tables */
    size_t unknown; /* words that the model's table does not have, and the first of them */
    char unknown_word[FA__QUOTE_SIZE], unknown_place[PLACE_MAX];
    double *looked_at; /* [looked, features] of the first rows, before they are rounded */
    size_t looked;
    size_t values_capacity, text_capacity, text_used, offsets_capacity, coarse_capacity,
        hidden_capacity, variables_capacity;
} table;

/* ==== Values ==== */

static const char *place_of(char out[PLACE_MAX], const table *t, const fa__csv_row *row,
                            size_t column) {
    char name[FA__COLUMN_TEXT_SIZE];
    snprintf(out, PLACE_MAX, "line %zu, %s", row->line, fa__plan_column(name, &t->plan, column));
    return out;
}

static void note_missing(table *t, const fa__csv_row *row, size_t column) {
    char place[PLACE_MAX];
    if (t->missed.count++ == 0)
        snprintf(t->missed.first, sizeof t->missed.first, "%s", place_of(place, t, row, column));
}

/* A word as 0, ..., 1, ... 0; one that is not known as zeros, a missing one as gaps. */
static void read_category(float *to, table *t, const fa__csv_row *row, size_t i) {
    const fa__column *c = &t->plan.columns[i];
    const fa__csv_field *field = &row->fields[i];
    bool missing = fa__column_lacks(c, field);
    size_t level =
        missing ? fa__categories_find(&c->levels, fa__missing_level, strlen(fa__missing_level))
                : fa__categories_find(&c->levels, field->text, field->size);
    for (size_t k = 0; k < c->levels.count; k++)
        to[k] = missing && level == c->levels.count ? NAN : k == level ? 1 : 0;
    if (level < c->levels.count) return;
    if (missing)
        note_missing(t, row, i);
    else if (t->unknown++ == 0) {
        fa__quote(t->unknown_word, field->text, field->size);
        place_of(t->unknown_place, t, row, i);
    }
}

/* The features of one column of a row. */
static fa_status read_features(float *to, table *t, const fa__csv_row *row, size_t i) {
    const fa__column *c = &t->plan.columns[i];
    const fa__csv_field *field = &row->fields[i];
    double value = 0;
    bool fits = true;
    if (c->type == FA__COLUMN_CATEGORY) {
        read_category(to, t, row, i);
        return FA_OK;
    }
    bool missing = fa__column_lacks(c, field);
    if (c->flagged) to[1] = missing;
    if (missing) {
        to[0] = NAN;
        note_missing(t, row, i);
        return FA_OK;
    }
    if (c->type == FA__COLUMN_BOOLEAN)
        fits = fa__cell_boolean(&value, field->text, field->size) ||
               fa__cell_plain(&value, field->text, field->size);
    else if (c->type == FA__COLUMN_DATE)
        fits = fa__cell_date(&value, field->text, field->size, c->order);
    else
        fits = fa__cell_less(&value, field->text, field->size, c->decimal, c->shift);
    if (c->type == FA__COLUMN_BOOLEAN || c->type == FA__COLUMN_DATE) value -= c->shift;
    if (!fits || !(fabs(value) < 0x1.ffffffp127)) { /* the first pass has seen them all */
        char place[PLACE_MAX];
        return fa__fail(FA_E_FORMAT, "%s: %s: is no number", row->where,
                        place_of(place, t, row, i));
    }
    to[0] = (float)value;
    if (t->set->n < t->looked) t->looked_at[to - t->set->values.numbers] = value;
    return FA_OK;
}

/* A word of a column of labels; a missing one is -1. */
static fa_status read_label(int32_t *out, table *t, const fa__csv_row *row, size_t column) {
    const fa__csv_field *field = &row->fields[column];
    char place[PLACE_MAX];
    const fa__column *c = &t->plan.columns[column];
    bool hidden = c->role == FA__ROLE_HIDDEN;
    *out = -1;
    if (fa__column_lacks(c, field)) return FA_OK;
    fa_status status =
        fa__categories_add(out, hidden ? &t->classes : &t->labels, field->text, field->size);
    if (status != FA_OK)
        return fa__fail_within(status, "%s: %s", row->where, place_of(place, t, row, column));
    return FA_OK;
}

/* ==== Steps of series ==== */

static fa_status read_time(double *out, const table *t, const fa__csv_row *row, size_t column) {
    const fa__column *c = &t->plan.columns[column];
    const fa__csv_field *field = &row->fields[column];
    char place[PLACE_MAX], quoted[FA__QUOTE_SIZE];
    bool date = c->type == FA__COLUMN_DATE;
    bool fits = date ? fa__cell_date(out, field->text, field->size, c->order)
                     : fa__cell_number(out, NULL, field->text, field->size, c->decimal);
    if (fits && isfinite(*out)) return FA_OK;
    return fa__fail(
        FA_E_FORMAT, "%s: %s: '%s' is no time; a number is wanted, or a date as 2020-05-12 14:30",
        row->where, place_of(place, t, row, column), fa__quote(quoted, field->text, field->size));
}

static fa_status read_variable(table *t, const fa__csv_row *row) {
    fa__steps *s = &t->steps;
    size_t n = t->set->n, column = (size_t)t->plan.variable;
    const fa__csv_field *field = &row->fields[column];
    fa__categories *names = &t->plan.columns[column].levels;
    int32_t *grown = fa__grow(s->variables, &t->variables_capacity, n + 1, sizeof *grown);
    if (grown == NULL) return fa__nomem(n + 1, sizeof *grown);
    s->variables = grown;
    size_t known = names->count;
    FA_TRY(fa__categories_add(&grown[n], names, field->text, field->size));
    if (t->plan.options->schema == NULL || names->count == known) return FA_OK;
    char place[PLACE_MAX], quoted[FA__QUOTE_SIZE];
    return fa__fail(FA_E_SHAPE, "%s: %s: the variable '%s' was not trained on", row->where,
                    place_of(place, t, row, column), fa__quote(quoted, field->text, field->size));
}

static fa_status read_step(table *t, const fa__csv_row *row) {
    fa__steps *s = &t->steps;
    size_t n = t->set->n, id = (size_t)t->plan.id;
    char place[PLACE_MAX];
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
    if (row->fields[id].size == 0)
        return fa__fail(FA_E_FORMAT, "%s: %s is empty: every row needs the name of its series",
                        row->where, place_of(place, t, row, id));
    FA_TRY(fa__categories_add(&series[n], &t->ids, row->fields[id].text, row->fields[id].size));
    times[n] = (double)n; /* in the order of the rows */
    if (t->plan.time != FA__NO_COLUMN) FA_TRY(read_time(&times[n], t, row, (size_t)t->plan.time));
    return t->plan.variable != FA__NO_COLUMN ? read_variable(t, row) : FA_OK;
}

/* ==== Rows ==== */

static fa_status read_text(table *t, const fa__csv_row *row) {
    fa_dataset *set = t->set;
    const fa__csv_field *field = &row->fields[t->plan.text];
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
    if (t->plan.header && row->number == 1) return FA_OK;
    FA_TRY(make_room(t));
    float *to = set->kind == FA_KIND_TEXT ? NULL : set->values.numbers + set->n * set->features;
    for (size_t i = 0; i < row->count; i++) {
        const fa__column *c = &t->plan.columns[i];
        if (c->role == FA__ROLE_FEATURE) {
            FA_TRY(read_features(to, t, row, i));
            to += fa__plan_width(c);
        }
        if (c->role == FA__ROLE_LABEL) FA_TRY(read_label(&t->coarse[set->n], t, row, i));
        if (c->role == FA__ROLE_HIDDEN) FA_TRY(read_label(&t->hidden[set->n], t, row, i));
    }
    if (set->kind == FA_KIND_SERIES) FA_TRY(read_step(t, row));
    if (set->kind == FA_KIND_TEXT) FA_TRY(read_text(t, row));
    if (set->kind == FA_KIND_VECTORS && t->plan.id != FA__NO_COLUMN) {
        const fa__csv_field *field = &row->fields[t->plan.id];
        int32_t number;
        FA_TRY(fa__categories_add(&number, &t->ids, field->text, field->size));
    }
    set->n++;
    return FA_OK;
}

/* ==== The whole ==== */

/* One column: by the name of the file, or where the lines below the first are numbers. */
static bool is_one_column(const fa__source *source) {
    enum { LINES = 8 };
    static const char *const ends[] = {".csv", ".tsv", ".csv.gz", ".tsv.gz"};
    size_t length = strlen(source->path), numbers = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (length > strlen(ends[i]) &&
            strcmp(source->path + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    fa__line line = fa__line_start(source->bytes, source->size);
    while (line.number < LINES && fa__line_next(&line)) {
        double value;
        if (fa__cell_plain(&value, line.text, line.size))
            numbers++;
        else if (line.number > 1)
            return false;
    }
    return numbers > 1;
}

bool fa__table_recognise(const fa__source *source) {
    if (source->bytes == NULL || source->size == 0) return false;
    if (!fa__is_text(source->bytes, source->size)) return false;
    return source->columns || fa__delimiter_of(source->bytes, source->size) != '\0' ||
           is_one_column(source);
}

static void hand_over_names(table *t) {
    t->set->names.samples.text = t->ids.text;
    t->set->names.samples.starts = t->ids.starts;
    t->set->names.samples.count = t->ids.count;
    t->set->names.samples.size = t->ids.used;
    t->ids.text = NULL;
    t->ids.starts = NULL;
}

/* Labels of rows become those of samples: the same where a row is a sample. */
static fa_status finish_labels(table *t, const char *where) {
    fa_dataset *set = t->set;
    if (set->kind == FA_KIND_SERIES) {
        t->steps.count = t->ids.count;
        t->steps.names = t->ids.text;
        if (t->plan.variable != FA__NO_COLUMN)
            t->steps.n_variables = t->plan.columns[t->plan.variable].levels.count;
        FA_TRY(fa__table_to_series(set, &t->steps, t->plan.labelled ? t->coarse : NULL,
                                   t->plan.classed ? t->hidden : NULL, &t->missed, where));
        hand_over_names(t);
    } else if (t->ids.count == set->n) /* each row has a name of its own */
        hand_over_names(t);
    int32_t *coarse = t->coarse, *hidden = t->hidden;
    if (t->plan.labelled) {
        t->coarse = NULL;
        FA_TRY(fa__categories_to_coarse(set, &t->labels, coarse));
    }
    if (t->plan.classed) {
        t->hidden = NULL;
        FA_TRY(fa__categories_to_classes(set, &t->classes, hidden));
    }
    return FA_OK;
}

/* Names and shifts of the features; those of the variables are all alike. */
static fa_status name_features(table *t) {
    fa_dataset *set = t->set;
    const fa__plan *plan = &t->plan;
    bool shifted = false;
    if (set->kind == FA_KIND_TEXT) return FA_OK;
    FA_TRY(FA_NEW_ZERO(set->values.shift, set->features));
    for (size_t i = 0, k = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        if (c->role != FA__ROLE_FEATURE) continue;
        shifted = shifted || c->shift != 0;
        if (plan->variable != FA__NO_COLUMN)
            for (k = 0; k < set->features; k++) set->values.shift[k] = c->shift;
        else
            set->values.shift[k] = c->shift;
        k += fa__plan_width(c);
    }
    if (!shifted) {
        fa__free(set->values.shift);
        set->values.shift = NULL;
    }
    if (plan->variable == FA__NO_COLUMN) return fa__plan_feature_names(&set->names.columns, plan);
    fa__categories *names = &t->plan.columns[plan->variable].levels;
    FA_TRY(FA_NEW(set->names.columns.text, names->used + 1));
    memcpy(set->names.columns.text, names->text, names->used);
    set->names.columns.size = names->used;
    set->names.columns.count = names->count;
    return FA_OK;
}

static fa_status finish(table *t, const char *where) {
    fa_dataset *set = t->set;
    const fa__plan *plan = &t->plan;
    if (set->kind != FA_KIND_TEXT && plan->variable == FA__NO_COLUMN)
        fa__fallen_note(set, t->looked_at, t->looked);
    FA_TRY(finish_labels(t, where));
    FA_TRY(name_features(t));
    if (t->unknown > 0)
        fa__plan_note(&t->plan,
                      "%zu word%s none that was trained on (the first: '%s', %s), taken as no "
                      "word of its column",
                      t->unknown, t->unknown > 1 ? "s are" : " is", t->unknown_word,
                      t->unknown_place);
    if (set->kind != FA_KIND_TEXT) {
        if (plan->n_fill == set->features) t->missed.fill = t->plan.fill, t->plan.fill = NULL;
        size_t noted = strlen(set->origin.note);
        FA_TRY(fa__missing_fill(set, &t->missed, plan->options->missing, where));
        if (plan->options->schema != NULL)
            set->origin.note[noted] = '\0'; /* new rows may be alike */
    }
    if (plan->note[0] != '\0') fa__dataset_add_note(set, "%s", plan->note);
    snprintf(set->origin.absent, sizeof set->origin.absent, "%s", plan->absent);
    const float *fill = plan->variable == FA__NO_COLUMN ? t->missed.fill : NULL;
    return fa__plan_to_schema(&set->names.schema, plan, fill);
}

static void close_table(table *t) {
    fa_dataset_free(t->set);
    fa__plan_close(&t->plan);
    fa__free(t->coarse);
    fa__free(t->hidden);
    fa__free(t->missed.fill);
    fa__free(t->looked_at);
    fa__free(t->steps.series);
    fa__free(t->steps.times);
    fa__free(t->steps.lines);
    fa__free(t->steps.variables);
    fa__categories_free(&t->labels);
    fa__categories_free(&t->classes);
    fa__categories_free(&t->ids);
}

fa_status fa__table_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options) {
    fa_status status = FA_OK;
    fa__csv *csv = NULL;
    size_t rows;
    table t = {.ids = {.most = INT32_MAX}};
    FA_CHECK(fa__plan_open(&t.plan, source, options));
    fa__column_type first = t.plan.columns[0].type;
    if (t.plan.n_columns == 1 && t.plan.declared == NULL &&
        (first == FA__COLUMN_CATEGORY || first == FA__COLUMN_NAMES || first == FA__COLUMN_TEXT ||
         first == FA__COLUMN_WRONG))
        FA_CHECK(fa__check_prose(source, t.plan.header));
    if (t.plan.n_faults > 0)
        FA_CHECK(fa__fail(t.plan.fault, "%s: %s", source->path, t.plan.faults));
    FA_CHECK(fa__dataset_create(&t.set, t.plan.kind));
    t.set->features = t.plan.kind == FA_KIND_TEXT ? 0 : t.plan.features;
    t.looked = fa__fallen_rows(t.plan.rows, t.set->features);
    FA_CHECK(FA_NEW(t.looked_at, t.looked * t.set->features + 1));
    for (size_t i = 0; i < t.looked * t.set->features; i++) t.looked_at[i] = (double)NAN;
    FA_CHECK(fa__csv_open(&csv, t.plan.delimiter, source->path, on_row, &t));
    FA_CHECK(fa__csv_feed(csv, source->bytes, source->size));
    FA_CHECK(fa__csv_finish(csv, &rows));
    FA_CHECK(finish(&t, source->path));
    *out = t.set;
    t.set = NULL;
done:
    fa__csv_free(csv);
    close_table(&t);
    return status;
}
