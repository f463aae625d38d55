/* Columns of which the file says what they are. */
#include "formats/table_plan.h"

#include "base/ascii.h"
#include "base/floats.h"

#include <stdio.h>
#include <string.h>

/* A nominal attribute with a value for each row, or more of them than become features. */
static bool are_names(const fa__seen *seen) {
    return seen->many || seen->n_levels > FA__LEVELS_MAX ||
           (seen->cells > 2 && seen->n_levels == seen->cells);
}

/* A type that is not that of the cells is FA__COLUMN_WRONG, and the first of them is named. */
static void declare(fa__column *c, const fa__declared *said) {
    fa__seen *seen = &c->seen;
    if (seen->cells == 0) return;
    if (said->type == FA__COLUMN_NUMBER) {
        if (!fa__column_is_number(c->type)) c->type = FA__COLUMN_WRONG;
        return;
    }
    c->shift = 0;
    if (said->type == FA__COLUMN_CATEGORY)
        c->type = !are_names(seen)                  ? FA__COLUMN_CATEGORY
                  : seen->blanks >= 2 * seen->cells ? FA__COLUMN_TEXT
                                                    : FA__COLUMN_NAMES;
    else if (said->type == FA__COLUMN_NAMES)
        c->type = fa__column_of_words(seen);
    else {
        for (int order = 0; order < FA__DATE_ORDERS; order++)
            if (order != (int)said->order) seen->dates[order] = 0;
        c->type = seen->dates[said->order] == seen->cells ? FA__COLUMN_DATE : FA__COLUMN_WRONG;
        c->order = said->order;
        c->shift = fa__shift_of(seen->earliest[c->order], seen->latest[c->order]);
    }
}

/* att1, att2, ... (or from att0), as the UCR archive calls the steps of its series; how many. */
static size_t count_steps(const fa__plan *plan) {
    size_t count = 0, from = !fa__is_alike(plan->columns[0].name, "att0");
    for (; count < plan->n_columns; count++) {
        char name[32];
        snprintf(name, sizeof name, "att%zu", from + count);
        if (!fa__is_alike(plan->columns[count].name, name)) break;
    }
    return count;
}

void fa__plan_declare_words(fa__plan *plan) {
    for (size_t i = 0; i < plan->n_columns && i < plan->declared->count; i++) {
        fa__column_type said = plan->declared->columns[i].type;
        plan->columns[i].seen.words = said == FA__COLUMN_CATEGORY || said == FA__COLUMN_NAMES;
    }
}

void fa__plan_declare(fa__plan *plan) {
    size_t steps = count_steps(plan);
    for (size_t i = 0; i < plan->n_columns && i < plan->declared->count; i++)
        declare(&plan->columns[i], &plan->declared->columns[i]);
    if (steps > 7 && steps + 1 >= plan->n_columns)
        fa__plan_note(
            plan,
            "%.20s to %.20s are the steps of a series in the UCR archive, taken as vectors of "
            "%zu features; the .ts of the same name is read as series",
            plan->columns[0].name, plan->columns[steps - 1].name, steps);
}

int fa__plan_declared_class(const fa__plan *plan) {
    static const char *const names[] = {"class", "target", "label", "classattribute"};
    if (plan->declared == NULL) return FA__NO_COLUMN;
    for (size_t i = plan->n_columns; i-- > 0;)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            if (plan->declared->columns[i].type == FA__COLUMN_CATEGORY &&
                fa__is_alike(plan->columns[i].name, names[n]))
                return (int)i;
    return FA__NO_COLUMN;
}
