/* Series out of the rows of a long table: sorted by series and time. */
#include "formats/table.h"

#include "base/memory.h"
#include "base/bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct step {
    double time;
    size_t row;
    int32_t series, variable;
} step;

static int by_series_and_time(const void *a, const void *b) {
    const step *x = a, *y = b;
    if (x->series != y->series) return x->series < y->series ? -1 : 1;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    if (x->variable != y->variable) return x->variable < y->variable ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static const char *name_of(char out[FA__QUOTE_SIZE], const fa__steps *steps, int32_t series) {
    const char *name = fa__name_at(steps->names, (size_t)series);
    return fa__quote(out, name, strlen(name));
}

static fa_status check_times(const step *order, size_t n, const fa__steps *steps,
                             const char *where) {
    char quoted[FA__QUOTE_SIZE];
    for (size_t i = 1; i < n; i++)
        if (order[i].series == order[i - 1].series && order[i].time == order[i - 1].time &&
            order[i].variable == order[i - 1].variable)
            return fa__fail(
                FA_E_FORMAT,
                "%s: lines %zu and %zu both hold time %.15g of id '%s'; keep one of them "
                "(is the same id used for two series? where a row is one value of "
                "several, name the columns 'variable' and 'value')",
                where, steps->lines[order[i - 1].row], steps->lines[order[i].row], order[i].time,
                name_of(quoted, steps, order[i].series));
    return FA_OK;
}

/* labels [count] of the series, in place of those [n] of the rows. */
static fa_status labels_of_series(int32_t *labels, const step *order, size_t n,
                                  const fa__steps *steps, const char *what, const char *where) {
    int32_t *found;
    char quoted[FA__QUOTE_SIZE];
    if (labels == NULL) return FA_OK;
    FA_TRY(FA_NEW(found, steps->count));
    for (size_t i = 0, first = 0; i < n; i++) {
        if (i == 0 || order[i].series != order[i - 1].series) first = i;
        found[order[i].series] = labels[order[i].row];
        if (labels[order[i].row] == labels[order[first].row]) continue;
        fa__free(found);
        return fa__fail(FA_E_LABEL,
                        "%s: lines %zu and %zu give id '%s' different %s; a series has one", where,
                        steps->lines[order[first].row], steps->lines[order[i].row],
                        name_of(quoted, steps, order[i].series), what);
    }
    memcpy(labels, found, steps->count * sizeof *labels);
    fa__free(found);
    return FA_OK;
}

static bool same_step(const step *a, const step *b) {
    return a->series == b->series && a->time == b->time;
}

/* values [total, features] of the steps in order. A step of variables has a place for each of them;
 * those without a row are missed. */
static fa_status take_values(float **out, fa_dataset *set, const step *order,
                             const fa__steps *steps, fa__missing *missed) {
    size_t n = set->n, features = set->features, total = 0, at = 0;
    bool tidy = steps->variables != NULL;
    size_t width = tidy ? steps->n_variables : features;
    float *values;
    char quoted[FA__QUOTE_SIZE];
    for (size_t i = 0; i < n; i++) total += !tidy || i == 0 || !same_step(&order[i], &order[i - 1]);
    if (total > SIZE_MAX / sizeof *values / width) return fa__nomem(total, width);
    FA_TRY(FA_NEW(values, total * width));
    for (size_t i = 0; tidy && i < total * width; i++) values[i] = NAN;
    for (size_t i = 0; i < n; i++) {
        at += !tidy || i == 0 || !same_step(&order[i], &order[i - 1]);
        float *to = values + (at - 1) * width + (tidy ? (size_t)order[i].variable : 0);
        memcpy(to, set->values.numbers + order[i].row * features, features * sizeof *to);
        set->values.offsets[order[i].series + 1] = at;
    }
    for (size_t i = 0; tidy && total * width > n && i < total * width; i++)
        if (isnan(values[i]) && missed->count++ == 0)
            snprintf(missed->first, sizeof missed->first,
                     "id '%s': a step without one of the %zu variables",
                     name_of(quoted, steps, order[0].series), width);
    set->features = width;
    *out = values;
    return FA_OK;
}

fa_status fa__table_to_series(fa_dataset *set, const fa__steps *steps, int32_t *coarse,
                              int32_t *hidden, fa__missing *missed, const char *where) {
    fa_status status = FA_OK;
    size_t n = set->n;
    step *order = NULL;
    float *values = NULL;
    /* Only a schema that nobody wrote makes these. */
    if (set->features == 0 ||
        (steps->variables != NULL && (set->features != 1 || steps->n_variables == 0)))
        return fa__fail(FA_E_FORMAT,
                        "%s: a step has %zu values%s; the schema of the table is damaged", where,
                        set->features, steps->variables != NULL ? " of a variable" : "");
    FA_CHECK(FA_NEW(order, n));
    for (size_t i = 0; i < n; i++)
        order[i] = (step){steps->times[i], i, steps->series[i],
                          steps->variables != NULL ? steps->variables[i] : 0};
    qsort(order, n, sizeof *order, by_series_and_time);
    FA_CHECK(check_times(order, n, steps, where));
    FA_CHECK(labels_of_series(coarse, order, n, steps, "coarse labels", where));
    FA_CHECK(labels_of_series(hidden, order, n, steps, "classes", where));
    FA_CHECK(FA_NEW_ZERO(set->values.offsets, steps->count + 1));
    FA_CHECK(take_values(&values, set, order, steps, missed));
    fa__free(set->values.numbers);
    set->values.numbers = values;
    set->n = steps->count;
done:
    fa__free(order);
    return status;
}
