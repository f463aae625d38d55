/* What the columns of a table lack: refused with all places, or noted. */
#include "formats/table_plan.h"

#include <stdio.h>
#include <string.h>

enum { BY_WORD = 96 };

/* "; '-' in 12 cells", and that there are other words */
static const char *by_word(char out[BY_WORD], const fa__column *c) {
    char quoted[FA__QUOTE_SIZE];
    out[0] = '\0';
    if (c->seen.stands > 0)
        snprintf(out, BY_WORD, "; '%.24s'%s in %zu cell%s",
                 fa__quote(quoted, c->seen.stand, strlen(c->seen.stand)),
                 c->seen.stand_words > 1 ? " and the like" : "", c->seen.stands,
                 c->seen.stands > 1 ? "s" : "");
    return out;
}

/* Which words were taken for missing values. */
static void note_stands(fa__plan *plan) {
    char list[480] = "", place[FA__COLUMN_TEXT_SIZE], word[BY_WORD];
    size_t used = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        bool used_so = c->role == FA__ROLE_FEATURE || c->role == FA__ROLE_LABEL;
        bool label = c->role == FA__ROLE_LABEL || c->role == FA__ROLE_HIDDEN;
        if (!c->stands && c->seen.stands > 0 && label)
            fa__plan_note(plan, "%s: %s taken as a label; an empty cell, ? and NA are none",
                          fa__plan_column(place, plan, i), by_word(word, c) + 2);
        if (!c->stands || !used_so) continue;
        const char *what = by_word(word, c) + 2;
        if (used + FA__COLUMN_TEXT_SIZE + BY_WORD + 8 < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s: %s",
                                     used > 0 ? ", " : "", fa__plan_column(place, plan, i), what);
        else if (list[used - 1] != '.')
            used += (size_t)snprintf(list + used, sizeof list - used, ", ...");
    }
    if (used > 0) fa__plan_note(plan, "taken for missing: %s", list);
}

void fa__plan_check_missing(fa__plan *plan) {
    enum { MOST = 230 }; /* of one column */
    char list[600] = "", place[FA__COLUMN_TEXT_SIZE], word[BY_WORD];
    size_t used = 0, values = 0;
    const char *missing = plan->options->missing;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        if (c->role == FA__ROLE_HIDDEN && c->seen.missing > 0)
            fa__plan_fault(plan, FA_E_LABEL,
                           "line %zu, %s: the class is missing; every row needs one (coarse "
                           "labels, the label column, may be missing)",
                           c->seen.first_missing, fa__plan_column(place, plan, i));
        if (c->role != FA__ROLE_FEATURE || c->seen.missing == 0 || c->type == FA__COLUMN_EMPTY)
            continue;
        values += c->seen.missing;
        if (used + MOST < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used,
                                     "%s%s %zu of %zu (line %zu%s)", used > 0 ? ", " : "",
                                     fa__plan_column(place, plan, i), c->seen.missing, plan->rows,
                                     c->seen.first_missing, c->stands ? by_word(word, c) : "");
        else if (list[used - 1] != '.')
            used += (size_t)snprintf(list + used, sizeof list - used, ", ...");
    }
    bool series = plan->kind == FA_KIND_SERIES;
    if (values > 0 && missing == NULL)
        fa__plan_fault(plan, FA_E_NONFINITE,
                       "%zu value%s missing: %s; --missing %sdrop, zero, mean, median or category "
                       "says what is done (data.missing in a recipe)",
                       values, values > 1 ? "s are" : " is", list, series ? "forward, " : "");
    if (values > 0 && missing != NULL && strcmp(missing, "forward") == 0 && !series)
        fa__plan_fault(plan, FA_E_ARGUMENT,
                       "%s: --missing forward is for series: rows have no step before; drop, zero, "
                       "mean, median and category work",
                       list);
    note_stands(plan);
}
