/* The part that each column of a table plays: what the caller says, then what it holds. */
#include "formats/table_plan.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== Columns by name ==== */

/* The column that an option means: its name in the header, else its number. */
static fa_status find_column(size_t *column, const fa__plan *plan, const char *name,
                             const char *option) {
    const char *at = name, *end = name + strlen(name);
    int64_t number;
    bool whole = fa__scan_integer(&number, &at, end) && at == end;
    for (size_t i = 0; plan->header && i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0) {
            *column = i;
            return FA_OK;
        }
    if (whole) {
        if (number < 1 || (uint64_t)number > plan->n_columns)
            return fa__fail(FA_E_ARGUMENT, "%s: %s = %s, but the columns are 1 to %zu", plan->where,
                            option, name, plan->n_columns);
        *column = (size_t)number - 1;
        return FA_OK;
    }
    bool file = strpbrk(name, "./") != NULL && strchr(option, '(') != NULL;
    if (!plan->header)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: %s = %s, but %sline %zu has no names of columns; give the number "
                        "of the column, 1 to %zu, or put a row of names on top",
                        plan->where, option, name, file ? "there is no such file, and " : "",
                        plan->first_line, plan->n_columns);
    fa__csv_row row = {plan->where, 1, plan->first_line, plan->n_columns, plan->fields};
    fa_status status = fa__csv_find_column(column, &row, name);
    return status == FA_OK
               ? FA_OK
               : fa__fail_within(status, "%s%s", option, file ? ": no such file, and" : "");
}

static bool has_column(const fa__plan *plan, const char *name) {
    const char *at = name, *end = name + strlen(name);
    int64_t number;
    for (size_t i = 0; plan->header && i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0) return true;
    return fa__scan_integer(&number, &at, end) && at == end && number >= 1 &&
           (uint64_t)number <= plan->n_columns;
}

static fa_status give(fa__plan *plan, const char *name, const char *option, fa__column_role role,
                      int *place) {
    size_t column = 0;
    if (name == NULL) return FA_OK;
    if (plan->options->columns_optional && role != FA__ROLE_TEXT && !has_column(plan, name)) {
        char quoted[FA__QUOTE_SIZE];
        size_t used = strlen(plan->absent);
        snprintf(plan->absent + used, sizeof plan->absent - used, "%s%s", used > 0 ? ", " : "",
                 fa__quote(quoted, name, strlen(name)));
        return FA_OK;
    }
    FA_TRY(find_column(&column, plan, name, option));
    fa__column *c = &plan->columns[column];
    if (c->said)
        return fa__fail(FA_E_ARGUMENT, "%s: %s = %s, but column %zu has another role already",
                        plan->where, option, name, column + 1);
    c->role = role;
    c->said = true;
    if (place != NULL) *place = (int)column;
    return FA_OK;
}

/* Several names with commas between. */
static fa_status give_each(fa__plan *plan, const char *list, const char *option,
                           fa__column_role role) {
    for (const char *at = list; at != NULL && *at != '\0';) {
        char name[256];
        size_t size = strcspn(at, ","), kept = size;
        const char *from = at;
        while (kept > 0 && *from == ' ') from++, kept--;
        while (kept > 0 && from[kept - 1] == ' ') kept--;
        if (kept == 0 || kept >= sizeof name)
            return fa__fail(FA_E_ARGUMENT,
                            "%s: %s = %s: names or numbers with commas between are wanted",
                            plan->where, option, list);
        memcpy(name, from, kept);
        name[kept] = '\0';
        FA_TRY(give(plan, name, option, role, NULL));
        at += size + (at[size] == ',');
    }
    return FA_OK;
}

/* ==== Names ==== */

/* Columns in the order of their names: equal ones are neighbours. */
static int by_name(const void *a, const void *b) {
    const fa__column *x = *(fa__column *const *)a, *y = *(fa__column *const *)b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x > y) - (x < y);
}

static fa_status check_names(fa__plan *plan) {
    fa__column **sorted;
    if (!plan->header) return FA_OK;
    FA_TRY(FA_NEW(sorted, plan->n_columns));
    for (size_t i = 0; i < plan->n_columns; i++) sorted[i] = &plan->columns[i];
    qsort(sorted, plan->n_columns, sizeof *sorted, by_name);
    for (size_t i = 1; i < plan->n_columns; i++)
        if (sorted[i]->name[0] != '\0' && strcmp(sorted[i]->name, sorted[i - 1]->name) == 0) {
            size_t a = (size_t)(sorted[i - 1] - plan->columns) + 1,
                   b = (size_t)(sorted[i] - plan->columns) + 1;
            fa__plan_fault(plan, FA_E_FORMAT,
                           "columns %zu and %zu are both named '%.40s'; rename one of them%s", a, b,
                           sorted[i]->name,
                           b == a + 1 ? " (names in two rows, as pandas writes two levels: "
                                        "df.columns = df.columns.map('_'.join))"
                                      : "");
        }
    fa__free(sorted);
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        bool rows = i == 0 && c->type == FA__COLUMN_NAMES; /* names of the rows, as an index is */
        if (c->name[0] != '\0' || c->said || c->type == FA__COLUMN_INDEX ||
            c->type == FA__COLUMN_EMPTY || rows)
            continue;
        fa__plan_fault(plan, FA_E_FORMAT,
                       "column %zu has no name; name it, or leave it out "
                       "(--ignore-columns %zu; an index that pandas wrote: "
                       "to_csv(..., index=False))",
                       i + 1, i + 1);
    }
    return FA_OK;
}

/* ==== What a column holds ==== */

static size_t count_type(const fa__plan *plan, fa__column_type type) {
    size_t count = 0;
    for (size_t i = 0; i < plan->n_columns; i++)
        count += plan->columns[i].type == type && !plan->columns[i].said;
    return count;
}

/* Columns that would be features, whatever their kind. */
static size_t count_values(const fa__plan *plan) {
    size_t count = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        fa__column_type type = plan->columns[i].type;
        count +=
            !plan->columns[i].said &&
            (type == FA__COLUMN_NUMBER || type == FA__COLUMN_INTEGER ||
             type == FA__COLUMN_BOOLEAN || type == FA__COLUMN_DATE || type == FA__COLUMN_WRONG);
    }
    return count;
}

/* Whole numbers, also as pandas writes them where one was missing: 1.0. */
static bool is_whole(const fa__column *c) {
    const fa__seen *seen = &c->seen;
    return c->type == FA__COLUMN_INTEGER ||
           (c->type == FA__COLUMN_NUMBER && seen->whole + seen->round == seen->cells);
}

/* The one column of few whole numbers among decimals: classes come as numbers too. */
static bool is_class_number(const fa__plan *plan, const fa__column *c) {
    enum { CLASSES = 20 };
    size_t whole = 0, numbers = 0;
    if (plan->kind != FA_KIND_VECTORS || !is_whole(c) || c->seen.many || c->seen.n_levels < 2 ||
        c->seen.n_levels > CLASSES)
        return false;
    for (size_t i = 0; i < plan->n_columns && whole < 2; i++) {
        const fa__column *other = &plan->columns[i];
        whole += !other->said && is_whole(other);
        numbers += !other->said && other->type == FA__COLUMN_NUMBER && !is_whole(other);
    }
    /* In front of two others and without a name it may as well be a measurement. */
    bool bare = !plan->header && c == plan->columns;
    return whole == 1 && numbers > (bare ? 2 : 1) && count_type(plan, FA__COLUMN_CATEGORY) == 0 &&
           count_type(plan, FA__COLUMN_BOOLEAN) == 0;
}

/* At an end of the row; without names, behind numbers of the rows as well. */
static bool is_at_an_end(const fa__plan *plan, size_t i) {
    const fa__column *first = &plan->columns[0];
    bool numbered = i == 1 && !plan->header && first->type == FA__COLUMN_INTEGER &&
                    (first->seen.many || first->seen.n_levels == first->seen.cells);
    return i == 0 || i + 1 == plan->n_columns || numbered ||
           (i == 1 && !plan->header && first->type == FA__COLUMN_INDEX);
}

/* Numbers that come again before decimals alone, as many as a series has steps and none with a name:
 * the .tsv of the UCR archive, of however many classes. */
static bool leads_series(const fa__plan *plan, size_t i) {
    enum { STEPS = 8 };
    const fa__seen *seen = &plan->columns[i].seen;
    if (i > 0 || plan->header || plan->n_columns <= STEPS || plan->kind != FA_KIND_VECTORS ||
        plan->options->label_column != NULL || !is_whole(&plan->columns[i]) || seen->many ||
        seen->n_levels < 2 || seen->n_levels * 2 > seen->cells)
        return false;
    for (size_t k = 1; k < plan->n_columns; k++)
        if (plan->columns[k].type != FA__COLUMN_NUMBER || is_whole(&plan->columns[k])) return false;
    return true;
}

/* Labels that nobody named: by the name, or the one column of few words or whole numbers, at an end
 * of the row. */
static bool looks_like_labels(const fa__plan *plan, size_t i) {
    const fa__column *c = &plan->columns[i];
    bool whole = c->type == FA__COLUMN_INTEGER || (plan->kind == FA_KIND_VECTORS && is_whole(c));
    /* yes and no are words where no column has a name, and nothing else is said of labels */
    bool bare = c->type == FA__COLUMN_BOOLEAN && !plan->header &&
                plan->options->label_column == NULL && plan->options->hidden_column == NULL;
    bool few =
        c->type == FA__COLUMN_CATEGORY || c->type == FA__COLUMN_BOOLEAN ||
        (whole && !c->seen.many && c->seen.n_levels <= 32 && c->seen.n_levels * 2 <= c->seen.cells);
    if ((few && fa__is_label_name(c->name)) || leads_series(plan, i)) return true;
    if (!few || !is_at_an_end(plan, i)) return false;
    size_t wordy =
        count_type(plan, FA__COLUMN_CATEGORY) + (bare ? count_type(plan, FA__COLUMN_BOOLEAN) : 0);
    bool words = (c->type == FA__COLUMN_CATEGORY || bare) && c->seen.n_levels > 1 && wordy == 1 &&
                 (plan->kind == FA_KIND_TEXT || count_values(plan) > 0);
    /* Where the labels are named, a number that counts something is the likelier one. */
    bool texts = count_type(plan, FA__COLUMN_TEXT) > 0 && count_values(plan) == 1;
    bool number =
        plan->options->label_column == NULL && (texts ? is_whole(c) : is_class_number(plan, c));
    return words || number;
}

/* Few whole numbers at an end of the row, beside columns of which most have many values: nothing
 * tells classes from counts here. */
static bool may_be_classes(const fa__plan *plan, size_t i) {
    enum { CLASSES = 20 };
    const fa__column *c = &plan->columns[i];
    size_t others = 0, wide = 0;
    if (plan->kind != FA_KIND_VECTORS || plan->options->label_column != NULL ||
        plan->options->schema != NULL || (i > 0 && i + 1 < plan->n_columns) || !is_whole(c) ||
        c->seen.many || c->seen.n_levels < 2 || c->seen.n_levels > CLASSES ||
        c->seen.n_levels * 2 > c->seen.cells)
        return false;
    for (size_t k = 0; k < plan->n_columns; k++) {
        const fa__column *other = &plan->columns[k];
        if (k == i || other->said ||
            (other->type != FA__COLUMN_NUMBER && other->type != FA__COLUMN_INTEGER))
            continue;
        others++;
        wide += other->seen.many || other->seen.n_levels > 2 * c->seen.n_levels || !is_whole(other);
    }
    return others > 1 && wide * 2 > others;
}

/* The one column of yes and no, at the end of the row, with a name that does not tell. */
static bool may_be_answers(const fa__plan *plan, size_t i) {
    const fa__column *c = &plan->columns[i];
    return plan->kind == FA_KIND_VECTORS && plan->options->label_column == NULL &&
           plan->options->hidden_column == NULL && plan->options->schema == NULL &&
           i + 1 == plan->n_columns && c->type == FA__COLUMN_BOOLEAN && c->seen.n_levels == 2 &&
           count_type(plan, FA__COLUMN_BOOLEAN) == 1 && count_type(plan, FA__COLUMN_CATEGORY) == 0;
}

static void ask(fa__plan *plan, size_t i) {
    char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
    const char *name = fa__plan_called(number, plan, i);
    bool named = plan->options->label_column != NULL;
    fa__plan_fault(plan, FA_E_LABEL,
                   "%s looks like labels, and nothing says so: name the label column "
                   "(discover: %s %.40s; else %s-column %.40s), leave it out (--ignore-columns "
                   "%.40s), or take it as a feature (--feature-columns %.40s)",
                   fa__plan_column(place, plan, i), named ? "--hidden" : "--labels", name,
                   named ? "--hidden" : "--label", name, name, name);
}

/* A column that cannot become numbers. */
static void refuse(fa__plan *plan, size_t i) {
    char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
    const fa__column *c = &plan->columns[i];
    const fa__seen *seen = &c->seen;
    const char *name = fa__plan_called(number, plan, i);
    char others[64] = "";
    fa__plan_column(place, plan, i);
    if (seen->numbers[c->decimal] > 0)
        snprintf(others, sizeof others, ", as %zu of %zu values are", seen->numbers[c->decimal],
                 seen->cells);
    if (plan->declared != NULL && plan->declared->columns[i].type == FA__COLUMN_DATE)
        fa__plan_fault(
            plan, FA_E_FORMAT,
            "line %zu, %s: '%s' is no date in the order of its format; dates are read as "
            "2020-05-12 14:30, 12.05.2020 or 12-May-2020; leave the column out "
            "(--ignore-columns %.40s)",
            seen->other_line, place, seen->other, name);
    else if (fa__column_is_listed(seen))
        fa__plan_fault(plan, FA_E_FORMAT,
                       "line %zu, %s: '%s' holds several numbers, as every row does; write each "
                       "into a column of its own, or leave the column out (--ignore-columns %.40s)",
                       seen->other_line, place, seen->other, name);
    else if (seen->short_dates == seen->cells)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "line %zu, %s: '%s' is a date whose year has two digits, as in every row; "
                       "write it as 2020-05-12, or leave the column out (--ignore-columns %.40s)",
                       seen->other_line, place, seen->other, name);
    else if (seen->measured == seen->cells)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "line %zu, %s: '%s', a number with '%s' as in every row; write the number "
                       "alone, or leave the column out (--ignore-columns %.40s)",
                       seen->other_line, place, seen->other, seen->unit, name);
    else if (seen->other_line == 0 && seen->infinite)
        fa__plan_fault(plan, FA_E_NONFINITE,
                       "line %zu, %s: '%s' is not a finite float32; mend it, or write ? for a "
                       "missing value",
                       seen->infinite_line, place, seen->other);
    else if (plan->options->schema != NULL && seen->numbers[c->decimal] == seen->cells)
        fa__plan_fault(
            plan, FA_E_FORMAT,
            "%s holds numbers, and was trained on as dates or as true and false (1 and 0 "
            "will do for these); write it as there",
            place);
    else if (seen->other_line == 0)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "%s: %zu of %zu numbers are written with a point, others with a comma; "
                       "write all with one of them",
                       place, seen->numbers[FA__DECIMAL_POINT], seen->cells);
    else
        fa__plan_fault(plan, FA_E_FORMAT,
                       "line %zu, %s: '%s' is no number%s%s; mend it, write "
                       "? for a missing value, or leave the column out (--ignore-columns %.40s)",
                       seen->other_line, place, seen->other,
                       seen->hex == seen->cells ? " but hexadecimal" : "", others, name);
}

/* Dates that grow from the first row to the last, of rows enough. */
static bool is_recording(const fa__plan *plan, const fa__column *c) {
    enum { FEWEST = 10 };
    return plan->options->schema == NULL && c->seen.cells >= FEWEST &&
           c->seen.rises[c->order] == c->seen.cells;
}

static void take_date(fa__plan *plan, const fa__column *c, const char *place, const char *name) {
    const fa__seen *seen = &c->seen;
    if (seen->cells > 0 && seen->dates[FA__DATE_DAY_FIRST] == seen->cells &&
        seen->dates[FA__DATE_MONTH_FIRST] == seen->cells)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "%s holds dates whose day and month cannot be told apart; write them as "
                       "2020-05-12, or leave the column out (--ignore-columns %.40s)",
                       place, name);
    else if (plan->kind == FA_KIND_VECTORS && !c->said && is_recording(plan, c))
        fa__plan_fault(plan, FA_E_ARGUMENT,
                       "%s grows from row to row, as in one long recording: if each row is a "
                       "sample leave it out (--ignore-columns %.40s), or take it as a number "
                       "(--feature-columns %.40s); series want a column that says which of "
                       "them a row belongs to (--id-column)",
                       place, name, name);
    else if (plan->kind == FA_KIND_VECTORS) {
        bool day = seen->earliest[c->order] >= 0 && seen->latest[c->order] < 86400;
        fa__plan_note(plan, "%s: %s, taken as seconds", place,
                      c->order != FA__DATE_NONE ? "dates"
                      : day                     ? "times of day (23:59 is far from 0:00)"
                                                : "durations");
    }
}

/* Numbers that may mean something else: -999 for a missing value, 20200512 for a day. */
static void note_odd_numbers(fa__plan *plan, const fa__column *c, const char *place) {
    enum { FAR = 3, FEWEST = 10 }; /* spreads of all others; cells */
    const fa__seen *s = &c->seen;
    if (c->decimal != FA__DECIMAL_POINT || s->cells < FEWEST) return;
    double low = s->low[0], high = s->high[0];
    bool below = s->lowest > 1 && low == floor(low) && high > s->above &&
                 s->above - low > FAR * (high - s->above);
    bool above = s->highest > 1 && high == floor(high) && s->below > low &&
                 high - s->below > FAR * (s->below - low);
    if (below || above)
        fa__plan_note(
            plan,
            "%s: %.15g comes %zu times, far from all others: does it stand for a missing value?",
            place, below ? low : high, below ? s->lowest : s->highest);
    if (s->days == s->cells)
        fa__plan_note(
            plan, "%s: numbers like 20200512 are taken as they are; dates have marks, 2020-05-12",
            place);
}

/* A time that grows in every row: the steps of one recording. */
static void note_recording(fa__plan *plan, const fa__column *c, const char *place,
                           const char *name) {
    enum { FEWEST = 10 };
    if (!c->said && plan->kind == FA_KIND_VECTORS && plan->options->schema == NULL &&
        fa__is_time_name(c->name) && c->seen.cells >= FEWEST && c->seen.tops == c->seen.cells)
        fa__plan_note(plan,
                      "%s grows from row to row, as in one long recording, and is taken as a "
                      "feature; --ignore-columns %.40s leaves it out",
                      place, name);
}

static bool may_be_features(fa__plan *plan, fa__column *c, size_t i) {
    char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
    const fa__seen *seen = &c->seen;
    const char *name = fa__plan_called(number, plan, i);
    bool zero = plan->options->missing != NULL && strcmp(plan->options->missing, "zero") == 0;
    fa__plan_column(place, plan, i);
    switch (c->type) {
    case FA__COLUMN_EMPTY:
        if (c->said && !zero && plan->options->schema == NULL)
            fa__plan_fault(plan, FA_E_NONFINITE,
                           "%s is missing in every row; leave it out "
                           "(--ignore-columns %.40s)",
                           place, name);
        return c->said;
    case FA__COLUMN_WRONG:
        refuse(plan, i);
        return true;
    case FA__COLUMN_DATE:
        take_date(plan, c, place, name);
        return true;
    case FA__COLUMN_CATEGORY:
        if (seen->n_levels > 1 || c->said) return true;
        fa__plan_note(plan, "%s is the same word throughout and is not used", place);
        return false;
    case FA__COLUMN_NAMES:
    case FA__COLUMN_TEXT:
        if (c->said && !seen->many && seen->n_levels <= FA__LEVELS_MAX)
            c->type = FA__COLUMN_CATEGORY;
        else if (c->said)
            fa__plan_fault(plan, FA_E_FORMAT, "%s has more than %d different words: no feature",
                           place, FA__LEVELS_MAX);
        else
            fa__plan_say_unused(plan, i);
        return c->said;
    case FA__COLUMN_INDEX:
        if (!c->said && !fa__is_index_name(plan, i))
            fa__plan_note(plan, "%s counts the rows; --ignore-columns %.40s leaves it out", place,
                          name);
        if (c->said || !fa__is_index_name(plan, i)) return true;
        fa__plan_note(plan, "%s counts the rows and is not used", place);
        return false;
    case FA__COLUMN_NUMBER:
    case FA__COLUMN_INTEGER:
        if (seen->either > 0 && seen->pointed[c->decimal] == 0 && plan->delimiter != ',' &&
            c->decimal == FA__DECIMAL_POINT)
            fa__plan_fault(plan, FA_E_FORMAT,
                           "%s: a number like 1,234 may be 1234 or 1.234: write one or the other",
                           place);
        else if (seen->marked[c->decimal] > 0)
            fa__plan_note(plan, "%s: marks of thousands are passed over", place);
        note_odd_numbers(plan, c, place);
        note_recording(plan, c, place, name);
        if (!c->said && fa__is_index_name(plan, i) &&
            (seen->many || seen->n_levels == seen->cells) && plan->kind == FA_KIND_VECTORS &&
            plan->options->schema == NULL && is_whole(c))
            fa__plan_note(plan,
                          "%s is named as ids are, and taken as a feature; --ignore-columns "
                          "%.40s leaves it out",
                          place, name);
        if (c->decimal == FA__DECIMAL_COMMA && seen->numbers[0] < seen->cells)
            fa__plan_note(plan, "%s: a comma is the decimal mark", place);
        return true;
    case FA__COLUMN_BOOLEAN:
        break;
    }
    return true;
}

/* Whether a column would be of numbers but for one cell. */
static bool strays(const fa__column *c) {
    const fa__seen *seen = &c->seen;
    return c->type == FA__COLUMN_WRONG && !c->said && seen->cells > 1 && seen->other_line > 0 &&
           seen->numbers[c->decimal] + 1 == seen->cells;
}

/* A second row of names, or one of units: words in one line of several columns of numbers. Its line,
 * 0: there is none. */
static size_t find_stray_row(fa__plan *plan) {
    char words[160] = "";
    size_t line = 0, count = 0, used = 0;
    if (plan->options->schema != NULL || plan->declared != NULL) return 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        if (!strays(c)) continue;
        if (line != 0 && c->seen.other_line != line) return 0;
        line = c->seen.other_line;
        if (count++ < 3)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s'%s'",
                                     count > 1 ? ", " : "", c->seen.other);
    }
    if (count < 2) return 0;
    fa__plan_fault(
        plan, FA_E_FORMAT,
        "line %zu holds %s%s in %zu columns of numbers: a second row of names, or one of "
        "units? sed %zud FILE >NEW takes it out",
        line, words, count > 3 ? ", ..." : "", count, line);
    return line;
}

/* What nobody said. */
static void judge(fa__plan *plan) {
    size_t unused = 0, stray = plan->kind != FA_KIND_TEXT ? find_stray_row(plan) : 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        fa__column *c = &plan->columns[i];
        if (c->said && c->role != FA__ROLE_FEATURE) continue;
        if (stray > 0 && strays(c)) continue; /* said of all of them */
        if (plan->kind == FA_KIND_TEXT && !c->said && looks_like_labels(plan, i) &&
            plan->options->text_column == NULL && plan->options->schema == NULL) {
            c->role = FA__ROLE_ASKED;
            ask(plan, i);
        } else if (plan->kind == FA_KIND_TEXT) {
            c->role = FA__ROLE_UNUSED;
            unused++;
        } else if (plan->options->schema != NULL) {
            char quoted[FA__QUOTE_SIZE];
            bool number = c->type == FA__COLUMN_NUMBER || c->type == FA__COLUMN_INTEGER;
            if (c->role == FA__ROLE_FEATURE) (void)may_be_features(plan, c, i);
            if (c->strange && number && c->name != NULL)
                fa__plan_fault(
                    plan, FA_E_SHAPE,
                    "the column '%s' was not trained on; leave it out (--ignore-columns)",
                    fa__quote(quoted, c->name, strlen(c->name)));
        } else if (!c->said && looks_like_labels(plan, i)) {
            c->role = FA__ROLE_ASKED;
            ask(plan, i);
        } else if (!may_be_features(plan, c, i)) {
            c->role = FA__ROLE_UNUSED;
        } else if (!c->said && is_class_number(plan, c)) {
            char place[FA__COLUMN_TEXT_SIZE];
            fa__plan_note(plan, "%s: whole numbers, taken as a feature, not as classes",
                          fa__plan_column(place, plan, i));
        } else if (!c->said && may_be_answers(plan, i)) {
            char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
            fa__plan_note(
                plan,
                "%s: two words, taken as 0 and 1; if they are classes, --hidden %.40s (or "
                "--labels) says so",
                fa__plan_column(place, plan, i), fa__plan_called(number, plan, i));
        } else if (!c->said && may_be_classes(plan, i)) {
            char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
            fa__plan_note(
                plan,
                "%s: %zu whole numbers, taken as a feature; if they are classes, --hidden "
                "%.40s (or --labels) says so",
                fa__plan_column(place, plan, i), c->seen.n_levels,
                fa__plan_called(number, plan, i));
        }
    }
    if (unused > 0)
        fa__plan_note(plan, "%zu column%s beside the text %s not used", unused,
                      unused > 1 ? "s" : "", unused > 1 ? "are" : "is");
}

/* Columns that are left out as they hold nothing, in one list. */
static void note_empty(fa__plan *plan) {
    char list[480] = "", place[FA__COLUMN_TEXT_SIZE];
    size_t used = 0, count = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        if (c->type != FA__COLUMN_EMPTY || c->role != FA__ROLE_UNUSED) continue;
        if (used + FA__COLUMN_TEXT_SIZE + 8 < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count > 0 ? ", " : "",
                                     fa__plan_column(place, plan, i));
        else if (list[used - 1] != '.')
            used += (size_t)snprintf(list + used, sizeof list - used, ", ...");
        count++;
    }
    if (count > 0 && plan->kind != FA_KIND_TEXT && plan->options->schema == NULL)
        fa__plan_note(plan, "%s: missing in every row, and not used", list);
}

/* ==== Kinds ==== */

static int column_named(const fa__plan *plan, const char *name) {
    for (size_t i = 0; plan->header && i < plan->n_columns; i++)
        if (fa__is_named(plan->columns[i].name, &name, 1) && !plan->columns[i].said) return (int)i;
    return FA__NO_COLUMN;
}

static void take(fa__plan *plan, int column, fa__column_role role, int *place) {
    plan->columns[column].role = role;
    plan->columns[column].said = true;
    *place = column;
}

/* Series: by the options, or by the names id and time of the first two columns. */
static void find_series(fa__plan *plan) {
    static const char *const id = "id", *const time = "time";
    if (plan->id == FA__NO_COLUMN && plan->time == FA__NO_COLUMN && plan->header &&
        plan->n_columns > 2 && fa__is_named(plan->columns[0].name, &id, 1) &&
        fa__is_named(plan->columns[1].name, &time, 1) && !plan->columns[0].said &&
        !plan->columns[1].said) {
        take(plan, 0, FA__ROLE_ID, &plan->id);
        take(plan, 1, FA__ROLE_TIME, &plan->time);
    }
    if (plan->id == FA__NO_COLUMN) {
        if (plan->time != FA__NO_COLUMN)
            fa__plan_fault(plan, FA_E_ARGUMENT,
                           "--time-column wants --id-column beside it: which "
                           "series a row belongs to");
        return;
    }
    const fa__seen *seen = &plan->columns[plan->id].seen;
    bool repeats = seen->many || seen->n_levels < seen->cells ||
                   plan->columns[plan->id].type == FA__COLUMN_NUMBER;
    if (plan->time == FA__NO_COLUMN &&
        (plan->columns[plan->id].type == FA__COLUMN_INDEX || !repeats))
        return; /* names of the rows */
    plan->kind = FA_KIND_SERIES;
    static const char *const variables[] = {"variable", "metric", "channel", "parameter"},
                             *const values[] = {"value", "reading", "measurement"};
    int variable = FA__NO_COLUMN, value = FA__NO_COLUMN;
    for (size_t i = 0; i < 4 && variable == FA__NO_COLUMN; i++)
        variable = column_named(plan, variables[i]);
    for (size_t i = 0; i < 3 && value == FA__NO_COLUMN; i++) value = column_named(plan, values[i]);
    if (variable != FA__NO_COLUMN && value != FA__NO_COLUMN && plan->time != FA__NO_COLUMN)
        take(plan, variable, FA__ROLE_VARIABLE, &plan->variable);
}

/* Texts: by the option, or where a column of texts is all there is beside labels and names. */
static void find_text(fa__plan *plan) {
    if (plan->text == FA__NO_COLUMN && plan->kind == FA_KIND_VECTORS &&
        plan->options->schema == NULL && count_type(plan, FA__COLUMN_TEXT) == 1 &&
        count_values(plan) == 0 && plan->options->feature_columns == NULL) {
        char place[FA__COLUMN_TEXT_SIZE];
        size_t i = 0;
        while (plan->columns[i].type != FA__COLUMN_TEXT || plan->columns[i].said) i++;
        take(plan, (int)i, FA__ROLE_TEXT, &plan->text);
        fa__plan_note(plan, "%s is taken for the texts", fa__plan_column(place, plan, i));
    }
    if (plan->text != FA__NO_COLUMN) plan->kind = FA_KIND_TEXT;
}

/* The class of an ARFF file is known as one, unless the caller says otherwise. */
static void take_class(fa__plan *plan) {
    int column = fa__plan_declared_class(plan);
    if (column == FA__NO_COLUMN || plan->columns[column].said ||
        plan->options->hidden_column != NULL ||
        (plan->options->schema != NULL && plan->columns[column].role != FA__ROLE_UNUSED))
        return;
    plan->columns[column].role = FA__ROLE_HIDDEN;
    plan->columns[column].said = true;
}

enum { LEFT_SIZE = 160 };

/* A cell of the first column that nobody took for anything. */
static const char *what_is_left(char out[LEFT_SIZE], const fa__plan *plan) {
    char place[FA__COLUMN_TEXT_SIZE];
    snprintf(out, LEFT_SIZE, "all are told to be something else");
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        if (c->said || c->seen.other_line == 0) continue;
        snprintf(out, LEFT_SIZE, "line %zu, %s: '%.40s' is no number", c->seen.other_line,
                 fa__plan_column(place, plan, i), c->seen.other);
        break;
    }
    return out;
}

fa_status fa__plan_roles(fa__plan *plan) {
    const fa_read_options *o = plan->options;
    char left[LEFT_SIZE];
    size_t noted = strlen(plan->note);
    FA_TRY(give(plan, o->text_column, "--text-column", FA__ROLE_TEXT, &plan->text));
    FA_TRY(give(plan, o->label_column, "--labels (--label-column)", FA__ROLE_LABEL, NULL));
    FA_TRY(give(plan, o->hidden_column, "--hidden (--hidden-column)", FA__ROLE_HIDDEN, NULL));
    FA_TRY(give(plan, o->id_column, "--id-column", FA__ROLE_ID, &plan->id));
    FA_TRY(give(plan, o->time_column, "--time-column", FA__ROLE_TIME, &plan->time));
    FA_TRY(give_each(plan, o->ignore_columns, "--ignore-columns", FA__ROLE_IGNORED));
    FA_TRY(give_each(plan, o->feature_columns, "--feature-columns", FA__ROLE_FEATURE));
    take_class(plan);
    FA_TRY(check_names(plan));
    if (plan->text == FA__NO_COLUMN) find_series(plan);
    find_text(plan);
    judge(plan);
    note_empty(plan);
    if (o->schema != NULL) plan->note[noted] = '\0'; /* the roles are those of the schema */
    fa__plan_check_missing(plan);
    bool category = o->missing != NULL && strcmp(o->missing, "category") == 0;
    size_t features = 0, categories = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        fa__column *c = &plan->columns[i];
        plan->labelled = plan->labelled || c->role == FA__ROLE_LABEL;
        plan->classed = plan->classed || c->role == FA__ROLE_HIDDEN;
        features += c->role == FA__ROLE_FEATURE || c->role == FA__ROLE_ASKED;
        categories += c->role == FA__ROLE_FEATURE && c->type == FA__COLUMN_CATEGORY;
        if (o->schema == NULL)
            c->flagged = category && c->role == FA__ROLE_FEATURE && c->seen.missing > 0 &&
                         c->type != FA__COLUMN_CATEGORY;
    }
    if (categories > 0 && o->schema == NULL)
        fa__plan_note(plan, "%zu column%s of words: a feature for each word", categories,
                      categories > 1 ? "s" : "");
    if (plan->kind != FA_KIND_TEXT && features == 0)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "no column is left for values (%s); one column of numbers or categories at "
                       "least, or one of texts (--text-column%s) is wanted",
                       what_is_left(left, plan),
                       count_type(plan, FA__COLUMN_TEXT) > 1 ? " chooses among several" : "");
    return FA_OK;
}
