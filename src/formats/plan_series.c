/* Rows that are the steps of series: what tells is a time that grows within each value of another
 * column, and not over the whole table, or that many rows share. */
#include "formats/table_plan.h"

#include "base/ascii.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { CANDIDATES = 4, ROWS_EACH = 3 }; /* rows that a series has on average at least */

typedef struct candidate {
    int column;
    bool named; /* as ids are */
    fa__categories ids;
    double *last; /* time of each id so far */
    size_t capacity;
    int32_t before; /* id of the row before */
    size_t blocks;  /* runs of rows of one id */
    size_t steps;   /* how often the time grows within an id */
    bool grows;     /* within each id */
} candidate;

typedef struct search {
    const fa__plan *plan;
    int time;
    candidate candidates[CANDIDATES];
    size_t count, rows, falls, ties; /* of the time, from row to row */
    double before;
    bool readable;
} search;

static bool has_word(const char *name, const char *const *words, size_t count) {
    for (size_t w = 0; name != NULL && w < count; w++) {
        size_t size = strlen(words[w]), i = 0;
        while (i < size && fa__lower((unsigned char)name[i]) == words[w][i]) i++;
        if (i == size && !fa__is_letter((unsigned char)name[i])) return true;
    }
    return false;
}

bool fa__is_time_name(const char *name) {
    static const char *const words[] = {"time",    "timestamp", "cycle", "frame", "datetime",
                                        "date",    "t",         "step",  "ts",    "tick",
                                        "seconds", "cycle",     "frame"};
    return has_word(name, words, sizeof words / sizeof *words);
}

static bool is_id_name(const char *name) {
    static const char *const words[] = {"id",   "series",  "subject", "sensor", "device",
                                        "unit", "patient", "machine", "user",   "case"};
    size_t size = name != NULL ? strlen(name) : 0;
    return has_word(name, words, sizeof words / sizeof *words) ||
           (size > 2 && fa__lower((unsigned char)name[size - 1]) == 'd' &&
            fa__lower((unsigned char)name[size - 2]) == 'i');
}

static bool is_open(const fa__column *c) {
    return !c->said && c->role != FA__ROLE_ID;
}

static int find_time(const fa__plan *plan) {
    for (size_t i = 0; i < plan->n_columns; i++)
        if (is_open(&plan->columns[i]) && plan->columns[i].type == FA__COLUMN_DATE) return (int)i;
    for (size_t i = 0; i < plan->n_columns; i++)
        if (is_open(&plan->columns[i]) && fa__is_time_name(plan->columns[i].name) &&
            fa__column_is_number(plan->columns[i].type))
            return (int)i;
    return FA__NO_COLUMN;
}

static void find_ids(search *s) {
    const fa__plan *plan = s->plan;
    for (size_t i = 0; i < plan->n_columns && s->count < CANDIDATES; i++) {
        const fa__column *c = &plan->columns[i];
        bool fits = c->type == FA__COLUMN_CATEGORY || c->type == FA__COLUMN_NAMES ||
                    c->type == FA__COLUMN_INTEGER;
        bool repeats =
            c->seen.many || (c->seen.n_levels > 1 && c->seen.n_levels * ROWS_EACH <= c->seen.cells);
        bool named = is_id_name(c->name);
        if ((int)i == s->time || !is_open(c) || !fits || !repeats || c->seen.missing > 0) continue;
        if (s->time == FA__NO_COLUMN && !named) continue;
        s->candidates[s->count++] = (candidate){.column = (int)i,
                                                .named = named,
                                                .ids = {.most = INT32_MAX},
                                                .before = -1,
                                                .grows = true};
    }
}

static bool read_time(double *out, const search *s, const fa__csv_row *row) {
    const fa__column *c = &s->plan->columns[s->time];
    const fa__csv_field *field = &row->fields[s->time];
    return c->type == FA__COLUMN_DATE
               ? fa__cell_date(out, field->text, field->size, c->order)
               : fa__cell_number(out, NULL, field->text, field->size, c->decimal);
}

static fa_status on_row(void *user, const fa__csv_row *row) {
    search *s = user;
    double time = 0;
    if (s->plan->header && row->number == 1) return FA_OK;
    if (s->time != FA__NO_COLUMN && !read_time(&time, s, row)) s->readable = false;
    s->falls += s->rows > 0 && time < s->before;
    s->ties += s->rows > 0 && time == s->before;
    s->before = time;
    s->rows++;
    for (size_t i = 0; i < s->count; i++) {
        candidate *c = &s->candidates[i];
        const fa__csv_field *field = &row->fields[c->column];
        size_t known = c->ids.count;
        int32_t id;
        FA_TRY(fa__categories_add(&id, &c->ids, field->text, field->size));
        double *last = fa__grow(c->last, &c->capacity, c->ids.count, sizeof *last);
        if (last == NULL) return fa__nomem(c->ids.count, sizeof *last);
        c->last = last;
        bool new_ = (size_t)id == known;
        c->grows = c->grows && (new_ || time >= last[id]); /* values of one time may follow */
        c->steps += !new_ && time > last[id];
        last[id] = time;
        c->blocks += id != c->before;
        c->before = id;
    }
    return FA_OK;
}

fa_status fa__plan_find_series(int *id, int *time, const fa__plan *plan, const fa__source *source) {
    fa_status status = FA_OK;
    fa__csv *csv = NULL;
    size_t rows;
    search s = {.plan = plan, .time = find_time(plan), .readable = true};
    *id = *time = FA__NO_COLUMN;
    find_ids(&s);
    if (s.count == 0) return FA_OK;
    FA_CHECK(fa__csv_open(&csv, plan->delimiter, plan->where, on_row, &s));
    FA_CHECK(fa__csv_feed(csv, source->bytes, source->size));
    FA_CHECK(fa__csv_finish(csv, &rows));
    for (size_t i = 0; i < s.count && *id == FA__NO_COLUMN; i++) {
        const candidate *c = &s.candidates[i];
        size_t ids = c->ids.count;
        if (ids < 2 || s.rows < ROWS_EACH * ids) continue;
        bool shared = s.falls > 0 || s.ties * 2 >= s.rows;
        bool timed = s.time != FA__NO_COLUMN && s.readable && c->grows && c->steps >= ids && shared;
        timed = timed || (s.time != FA__NO_COLUMN && s.readable && c->named && shared &&
                          (plan->columns[s.time].type == FA__COLUMN_DATE ||
                           fa__is_time_name(plan->columns[s.time].name)));
        bool blocks = s.time == FA__NO_COLUMN && c->named && c->blocks == ids;
        if (timed || blocks) *id = c->column;
    }
    *time = s.time;
done:
    fa__csv_free(csv);
    for (size_t i = 0; i < s.count; i++) {
        fa__categories_free(&s.candidates[i].ids);
        fa__free(s.candidates[i].last);
    }
    return status;
}
