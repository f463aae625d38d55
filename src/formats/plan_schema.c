/* How a table was read, as text: a line a column, fields with tabs between.
 *
 *   forced-apart table 1, named|numbered, what missing values of each feature become (if anything)
 *   name, role, type, decimal, order, shift, flagged, level ...
 *
 * In names and levels a backslash is "\\", a tab "\t", a line feed "\n". */
#include "formats/table_plan.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "forced-apart table 1\t";
enum { NUMBERS = 96 };

static char *put_text(char *to, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '\n' || *text == '\t') *to++ = '\\';
        *to++ = *text == '\n' ? 'n' : *text == '\t' ? 't' : *text;
    }
    return to;
}

fa_status fa__plan_to_schema(char **text, const fa__plan *plan, const float *fill) {
    size_t size = sizeof head + 16 + (fill != NULL ? 24 * plan->features : 0);
    char *made, *to;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        size += 2 * (c->name != NULL ? strlen(c->name) : 0) + NUMBERS + 2 * c->levels.used +
                c->levels.count;
    }
    FA_TRY(FA_NEW(made, size));
    to = made + fa__format(made, size, "%s%s", head, plan->header ? "named" : "numbered");
    for (size_t k = 0; fill != NULL && k < plan->features; k++)
        to += fa__format(to, size - (size_t)(to - made), "\t%.9g", (double)fill[k]);
    *to++ = '\n';
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        to = put_text(to, c->name != NULL ? c->name : "");
        to +=
            fa__format(to, size - (size_t)(to - made), "\t%d\t%d\t%d\t%d\t%.17g\t%d", (int)c->role,
                       (int)c->type, (int)c->decimal, (int)c->order, c->shift, (int)c->flagged);
        for (size_t k = 0; k < c->levels.count; k++) {
            *to++ = '\t';
            to = put_text(to, c->levels.text + c->levels.starts[k]);
        }
        *to++ = '\n';
    }
    *to = '\0';
    *text = made;
    return FA_OK;
}

/* ==== Back ==== */

/* The next field of a line, unescaped in place; NULL: the line has no more. */
static char *next_field(char **at) {
    char *start = *at, *to = start, *from = start;
    if (from == NULL) return NULL;
    while (*from != '\0' && *from != '\t') {
        if (*from == '\\' && from[1] != '\0') {
            from++;
            *to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
            from++;
        } else
            *to++ = *from++;
    }
    *at = *from == '\t' ? from + 1 : NULL;
    *to = '\0';
    return start;
}

/* A whole number of 0 to `most`. */
static bool read_small(int *out, char **at, int most) {
    char *field = next_field(at), *end;
    if (field == NULL || *field < '0' || *field > '9') return false;
    long value = strtol(field, &end, 10);
    *out = (int)value;
    return *end == '\0' && value <= most;
}

static fa_status damaged(void) {
    return fa__fail(FA_E_FORMAT, "the schema of a table is damaged; it is what fa_dataset_schema "
                                 "or fa_model_schema gave");
}

/* One line, without its name. */
static fa_status read_column(fa__column *c, char *at) {
    int role, type, decimal, order, flagged;
    if (!read_small(&role, &at, FA__ROLE_ASKED) || !read_small(&type, &at, FA__COLUMN_WRONG) ||
        !read_small(&decimal, &at, 1) || !read_small(&order, &at, FA__DATE_ORDERS - 1))
        return damaged();
    char *shift = next_field(&at);
    if (shift == NULL || !fa__cell_plain(&c->shift, shift, strlen(shift)) || !isfinite(c->shift) ||
        !read_small(&flagged, &at, 1))
        return damaged();
    c->role = (fa__column_role)role;
    c->type = (fa__column_type)type;
    c->decimal = (fa__decimal)decimal;
    c->order = (fa__date_order)order;
    c->flagged = flagged != 0;
    for (char *level; (level = next_field(&at)) != NULL;) {
        int32_t number;
        FA_TRY(fa__categories_add(&number, &c->levels, level, strlen(level)));
    }
    return FA_OK;
}

/* The column of the table that a line of the schema is about; FA__NO_COLUMN: none. */
static int column_of(const fa__plan *plan, const char *name, bool named, size_t line,
                     size_t features, bool whole) {
    if (!named || !plan->header) {
        size_t at = whole ? line : features;
        return at < plan->n_columns ? (int)at : FA__NO_COLUMN;
    }
    for (size_t i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0) return (int)i;
    return FA__NO_COLUMN;
}

/* The lines of features and of steps, which a table without names may have alone. */
static size_t count_lines(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++) count += *text == '\n';
    return count;
}

typedef struct placed {
    fa__column *from; /* [n_columns] as the schema has them */
    bool *taken;      /* [n_columns] */
} placed;

static fa_status place_line(fa__plan *plan, placed *p, char *line, bool named, size_t number,
                            size_t *features, bool whole) {
    fa__column read = {0};
    char *at = line, *name = next_field(&at);
    char quoted[FA__QUOTE_SIZE];
    fa_status status = read_column(&read, at);
    if (status != FA_OK) {
        fa__categories_free(&read.levels);
        return status;
    }
    bool wanted = read.role == FA__ROLE_FEATURE;
    int column = column_of(plan, name, named, number, *features, whole);
    *features += wanted;
    if (column == FA__NO_COLUMN || p->taken[column]) {
        if (wanted)
            fa__plan_fault(plan, FA_E_SHAPE,
                           "the column '%s', which was trained on, is not there; columns go by "
                           "their names, in any order",
                           fa__quote(quoted, name, strlen(name)));
    } else if (whole || wanted || (named && plan->header)) {
        p->from[column] = read;
        p->taken[column] = true;
        return FA_OK;
    }
    fa__categories_free(&read.levels);
    return FA_OK;
}

/* The first line, behind the head. */
static fa_status read_head(bool *named, fa__plan *plan, char *at) {
    char *word = next_field(&at);
    *named = strcmp(word, "named") == 0;
    if (!*named && strcmp(word, "numbered") != 0) return damaged();
    if (at == NULL) return FA_OK;
    size_t most = strlen(at) / 2 + 1;
    FA_TRY(FA_NEW(plan->fill, most));
    for (char *field; (field = next_field(&at)) != NULL;) {
        double value;
        if (!fa__cell_plain(&value, field, strlen(field)) || !isfinite(value)) return damaged();
        plan->fill[plan->n_fill++] = (float)value;
    }
    return FA_OK;
}

static fa_status place_lines(fa__plan *plan, placed *p, char *text) {
    bool named;
    char *at = strchr(text, '\n');
    *at++ = '\0';
    FA_TRY(read_head(&named, plan, text));
    size_t lines = count_lines(at), features = 0;
    bool whole = lines == plan->n_columns;
    for (size_t number = 0; number < lines; number++) {
        char *end = strchr(at, '\n');
        *end = '\0';
        FA_TRY(place_line(plan, p, at, named, number, &features, whole));
        at = end + 1;
    }
    return FA_OK;
}

/* The decimal mark and the order of dates are those of this table, where it tells them; else those
 * of the model's. */
static void choose_forms(fa__column *c, const fa__column *from) {
    const fa__seen *seen = &c->seen;
    bool either = seen->dates[FA__DATE_DAY_FIRST] == seen->cells &&
                  seen->dates[FA__DATE_MONTH_FIRST] == seen->cells;
    if (from->decimal == FA__DECIMAL_COMMA && seen->numbers[FA__DECIMAL_COMMA] == seen->cells)
        c->decimal = FA__DECIMAL_COMMA;
    if (c->type != FA__COLUMN_DATE || either) c->order = from->order;
}

/* 0 and 1 may be written for false and true. */
static bool is_boolean(const fa__seen *seen) {
    size_t numbers = seen->numbers[FA__DECIMAL_POINT];
    bool binary = numbers > 0 && seen->whole + seen->round == numbers &&
                  seen->low[FA__DECIMAL_POINT] >= 0 && seen->high[FA__DECIMAL_POINT] <= 1;
    return seen->booleans == seen->cells || (binary && numbers == seen->cells);
}

/* What the schema says of a column takes the place of what was seen. */
static void adopt(fa__plan *plan, size_t i, fa__column *from) {
    fa__column *c = &plan->columns[i];
    const fa_read_options *o = plan->options;
    const fa__seen *seen = &c->seen;
    int *const places[] = {[FA__ROLE_TEXT] = &plan->text,
                           [FA__ROLE_ID] = &plan->id,
                           [FA__ROLE_TIME] = &plan->time,
                           [FA__ROLE_VARIABLE] = &plan->variable};
    const char *const said[] = {[FA__ROLE_TEXT] = o->text_column,
                                [FA__ROLE_ID] = o->id_column,
                                [FA__ROLE_TIME] = o->time_column,
                                [FA__ROLE_VARIABLE] = NULL};
    fa__column_stand(c, fa__column_is_number(from->type) || from->type == FA__COLUMN_DATE);
    choose_forms(c, from);
    bool stray = (fa__column_is_number(from->type) && seen->numbers[c->decimal] < seen->cells) ||
                 (from->type == FA__COLUMN_BOOLEAN && !is_boolean(seen)) ||
                 (from->type == FA__COLUMN_DATE && seen->dates[c->order] < seen->cells);
    c->role = from->role == FA__ROLE_FEATURE ? FA__ROLE_FEATURE : FA__ROLE_UNUSED;
    if ((from->role == FA__ROLE_TEXT || from->role == FA__ROLE_ID || from->role == FA__ROLE_TIME ||
         from->role == FA__ROLE_VARIABLE) &&
        said[from->role] == NULL) {
        c->role = from->role;
        c->said = true;
        *places[from->role] = (int)i;
    }
    if (c->role == FA__ROLE_FEATURE && (stray || c->type == FA__COLUMN_WRONG))
        c->type = FA__COLUMN_WRONG;
    else
        c->type = from->type;
    c->levels = from->levels;
    from->levels = (fa__categories){0};
    c->shift = from->shift;
    c->flagged = from->flagged;
}

fa_status fa__plan_take_schema(fa__plan *plan, const char *schema) {
    fa_status status = FA_OK;
    placed p = {0};
    char *text = NULL;
    size_t size = strlen(schema);
    if (strncmp(schema, head, sizeof head - 1) != 0 || schema[size - 1] != '\n') return damaged();
    FA_CHECK((text = fa__strdup(schema + sizeof head - 1)) != NULL ? FA_OK : fa__nomem(size, 1));
    FA_CHECK(FA_NEW_ZERO(p.from, plan->n_columns));
    FA_CHECK(FA_NEW_ZERO(p.taken, plan->n_columns));
    FA_CHECK(place_lines(plan, &p, text));
    for (size_t i = 0; i < plan->n_columns; i++) {
        plan->columns[i].strange = !p.taken[i];
        plan->columns[i].role = FA__ROLE_UNUSED;
        if (p.taken[i]) adopt(plan, i, &p.from[i]);
    }
    if (plan->variable != FA__NO_COLUMN && plan->columns[plan->variable].levels.count == 0)
        FA_CHECK(damaged());
done:
    fa__columns_free(p.from, p.from != NULL ? plan->n_columns : 0);
    fa__free(p.taken);
    fa__free(text);
    return status;
}
