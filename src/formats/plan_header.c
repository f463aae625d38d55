/* Whether row 1 of a table names its columns. Words above numbers do. Numbers may as well: pandas
 * writes 0, 1, 2, ... over unnamed columns, and years, wavelengths or ids are names to people; what
 * tells is that they do not look like the numbers below. */
#include "formats/table_plan.h"

#include "base/ascii.h"

#include "formats/missing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What row 1 holds, against what is below. */
typedef struct signs {
    size_t words, numbers, empty; /* empty: or a word for a missing value */
    size_t above_other;  /* a word above numbers, booleans or dates; a number above words */
    size_t among, new_;  /* words that are, or are not, among the few words below */
    size_t whole, odd;   /* whole numbers; of these above numbers that are hardly ever whole */
    size_t far;          /* numbers that are far from those below */
    bool steps, repeats; /* the numbers make equal steps; one is there twice */
    bool falls;          /* a number is not above the one before */
    double from, step;   /* the first, and the steps */
} signs;

static bool is_wanted(const fa__plan *plan, const char *text) {
    const fa_read_options *o = plan->options;
    const char *const wanted[] = {o->label_column, o->hidden_column, o->text_column, o->id_column,
                                  o->time_column};
    for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++)
        if (wanted[w] != NULL && strcmp(wanted[w], text) == 0) return true;
    return false;
}

/* With a decimal comma, or marks of thousands, as well. */
static bool is_number(double *value, const fa__csv_field *field) {
    return (fa__cell_number(value, NULL, field->text, field->size, FA__DECIMAL_POINT) ||
            fa__cell_number(value, NULL, field->text, field->size, FA__DECIMAL_COMMA)) &&
           isfinite(*value);
}

static void look_at_number(signs *s, const fa__seen *below, double value, const double *before) {
    int how = below->numbers[0] < below->cells ? FA__DECIMAL_COMMA : FA__DECIMAL_POINT;
    double low = below->low[how], high = below->high[how], spread = high - low;
    bool numbers = below->cells > 0 && below->numbers[how] == below->cells;
    if (s->numbers == 1) s->from = value;
    if (s->numbers == 2) s->step = value - s->from;
    if (s->numbers >= 2) {
        double wanted = s->from + (double)(s->numbers - 1) * s->step;
        s->steps = (s->numbers == 2 || s->steps) && fabs(value - wanted) <= 1e-9 * fabs(value);
        s->repeats = s->repeats || value == *before;
        s->falls = s->falls || !(value > *before);
    }
    bool whole = value == floor(value);
    s->whole += whole;
    if (!numbers) {
        s->above_other += below->cells > 0 && below->word_line > 0 && below->numbers[0] == 0;
        return;
    }
    s->odd += whole && below->whole * 10 <= below->cells;
    s->far += value < low - spread || value > high + spread;
}

static void look_at_word(signs *s, const fa__seen *below, const fa__csv_field *field) {
    size_t known = below->numbers[0] + below->booleans + below->dates[0] + below->dates[1];
    double value;
    bool is_date = false;
    for (int order = 0; order < FA__DATE_ORDERS; order++)
        is_date = is_date || fa__cell_date(&value, field->text, field->size, (fa__date_order)order);
    s->words++;
    if (below->cells == 0) return;
    if (below->word_line == 0 && known > 0 && !is_date &&
        !(below->booleans > 0 && fa__column_has(below, field->text, field->size)))
        s->above_other++;
    else if (!is_date && below->numbers[0] * 5 >= below->cells * 4 && below->numbers[0] > 3)
        s->above_other++; /* a few words among numbers, the names once more maybe */
    else if (!below->many && below->n_levels * 2 <= below->cells) {
        bool among = fa__column_has(below, field->text, field->size);
        s->among += among;
        s->new_ += !among;
    }
}

/* A cell without a value rather than a name: a column may be called "error" or "unknown". */
static bool is_gap(const fa__csv_field *field) {
    return fa__is_missing(field->text, field->size) ||
           (fa__stands_for_missing(field->text, field->size) &&
            (!fa__is_letter((unsigned char)field->text[0]) ||
             strchr("nN", field->text[0]) != NULL));
}

static signs look_at(const fa__plan *plan) {
    signs s = {0};
    double last = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__csv_field *field = &plan->fields[i];
        double value;
        if (is_gap(field))
            s.empty += plan->columns[i].seen.cells > 0; /* a delimiter at the end makes a column */
        else if (is_number(&value, field)) {
            s.numbers++;
            look_at_number(&s, &plan->columns[i].seen, value, &last);
            last = value;
        } else
            look_at_word(&s, &plan->columns[i].seen, field);
    }
    return s;
}

/* As an axis is written, and as chance hardly ever makes a row. */
unsigned fa__plan_run(const fa__csv_field *fields, size_t count) {
    enum { EQUAL_LEAST = 4, ORDER_LEAST = 6 };
    unsigned run = FA__RUN_STEPS | FA__RUN_RATIOS | FA__RUN_ORDER;
    double first = 0, second = 0, last = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < count && run != 0; i++) {
        double value, step = second - first;
        if (!is_number(&value, &fields[i])) continue;
        numbers++;
        if (numbers == 1) first = value;
        if (numbers == 2) second = value;
        if (numbers == 2 && value == first) run = 0;
        if (numbers > 2) {
            double wanted = first + (double)(numbers - 1) * step, ratio = second / first;
            if (!(fabs(value - wanted) <= 1e-9 * (fabs(value) + fabs(step))))
                run &= ~(unsigned)FA__RUN_STEPS;
            if (!(fabs(value - last * ratio) <= 1e-9 * fabs(value)))
                run &= ~(unsigned)FA__RUN_RATIOS;
            if (!((value - last) * step > 0)) run &= ~(unsigned)FA__RUN_ORDER;
        }
        last = value;
    }
    if (numbers < EQUAL_LEAST) return 0;
    return numbers < ORDER_LEAST ? run & ~(unsigned)FA__RUN_ORDER : run;
}

/* Numbers alone, or beside words that say nothing. */
static bool numbers_are_names(const signs *s, size_t rows, unsigned run) {
    bool equal = s->numbers >= 3 && s->steps && s->step != 0;
    if (s->repeats) return false;
    if (run != 0 && rows >= 5) return true;
    if (equal && s->from == 0 && s->step == 1) return true; /* as pandas numbers columns */
    if (s->numbers == 1 && s->from == 0 && s->odd == 1 && rows >= 5) return true; /* one of them */
    if (equal && rows >= 5 && (s->far * 2 >= s->numbers || s->odd * 2 >= s->numbers)) return true;
    if (s->numbers == 2 && s->from == 0 && s->step == 1 && s->odd == 2) return true;
    return s->numbers >= 3 && rows >= 5 && (s->far == s->numbers || s->odd * 3 >= 2 * s->numbers) &&
           (s->far == s->numbers || s->whole == s->numbers);
}

static bool decide(const fa__plan *plan, const signs *s, bool *guessed) {
    *guessed = false;
    if (s->above_other == 0 && s->among > 0) return false;
    if (plan->fields[0].size == 0 && s->empty == 1) { /* the index that pandas writes has no name */
        const fa__seen *below = &plan->columns[0].seen;
        bool names = below->missing == 0 && below->cells > 2 && !s->repeats &&
                     (below->many || below->n_levels == below->cells);
        *guessed = s->numbers > 0 && !below->counting && names;
        return s->numbers == 0 || below->counting || names;
    }
    if (s->numbers == 0) return s->empty == 0 || s->above_other > 0;
    bool pair = s->numbers == 2 && s->steps && s->step == 1;
    *guessed = (s->above_other > 0 && (s->words >= s->numbers || pair)) ||
               (s->empty == 0 && numbers_are_names(s, plan->rows, plan->run));
    return *guessed;
}

/* Whether row 1 has a name that the model's table has. */
static bool in_schema(const char *schema, const char *name) {
    size_t length = strlen(name);
    for (const char *at = schema; length > 0 && at != NULL && *at != '\0';) {
        if (strncmp(at, name, length) == 0 && at[length] == '\t') return true;
        at = strchr(at, '\n');
        if (at != NULL) at++;
    }
    return false;
}

static const char *title_of(const fa__plan *plan) {
    size_t i = 0;
    while (i + 1 < plan->n_columns && plan->fields[i].size == 0) i++;
    return plan->fields[i].text;
}

void fa__plan_header(fa__plan *plan) {
    const char *said = plan->options->header;
    double value;
    if (plan->declared != NULL) {
        plan->header = true;
        return;
    }
    if (said != NULL) {
        plan->header = strcmp(said, "yes") == 0;
        return;
    }
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__csv_field *field = &plan->fields[i];
        if (fa__cell_plain(&value, field->text, field->size)) continue;
        if (is_wanted(plan, field->text) || in_schema(plan->options->schema, field->text)) {
            plan->header = true;
            return;
        }
    }
    signs s = look_at(plan);
    plan->header = decide(plan, &s, &plan->guessed);
    bool odd = !plan->header && s.words == 0 && s.empty == 0 && s.numbers > 0 &&
               (s.odd == s.numbers || s.far == s.numbers);
    bool axis = plan->run != 0 || (s.numbers >= 3 && s.steps && s.step == 1) ||
                (s.numbers >= 4 && plan->rows >= 5 && !s.falls);
    bool runs = !plan->header && s.words == 0 && s.empty == 0 && axis;
    bool zero = !plan->header && plan->n_columns == 1 && s.numbers == 1 && s.from == 0;
    if (odd || zero || runs)
        fa__plan_note(plan,
                      "row 1 (%.30s%s) is taken for data, though it %s; "
                      "--header yes makes it the names of the columns",
                      plan->fields[0].text, zero ? "" : ", ...",
                      zero  ? "may be the name that pandas gives"
                      : odd ? "is unlike the rows below"
                            : "runs as names of an axis do");
    if (plan->n_columns > 2 && s.words == 1 && s.empty + 1 == plan->n_columns)
        fa__plan_fault(plan, FA_E_FORMAT,
                       "row 1 holds '%.40s' alone, as a title does; take it out: the names of the "
                       "columns come first, or the data",
                       title_of(plan));
    if (plan->guessed)
        fa__plan_note(plan,
                      "row 1 (%.30s, ...) is taken for names of the columns, though of "
                      "numbers; --header no makes it data",
                      plan->fields[0].text);
}
