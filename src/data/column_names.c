/* Columns by name. */
#include "data/column_names.h"

#include "base/memory.h"
#include "base/bytes.h"

#include <string.h>

/* ==== Matching ==== */

/* The first place that is SIZE_MAX; n if none is. */
static size_t first_without(const size_t *places, size_t n) {
    size_t k = 0;
    while (k < n && places[k] != SIZE_MAX) k++;
    return k;
}

static fa_status missing_column(const char *name, bool other_names) {
    char quoted[FA__QUOTE_SIZE];
    return fa__fail(FA_E_SHAPE,
                    "the column '%s', which was trained on, is not there%s; columns go by their "
                    "names, in any order",
                    fa__quote(quoted, name, strlen(name)),
                    other_names ? " (another name for it?)" : "");
}

static fa_status column_beyond(const char *name) {
    char quoted[FA__QUOTE_SIZE];
    return fa__fail(FA_E_SHAPE,
                    "the column '%s' was not trained on; leave it out (--ignore-columns)",
                    fa__quote(quoted, name, strlen(name)));
}

fa_status fa__columns_find(size_t **places, const fa__names *names, const fa_dataset *dataset) {
    fa_status status = FA_OK;
    const fa__names *there = &dataset->names.columns;
    size_t *found = NULL, *known = NULL, k = 0;
    *places = NULL;
    if (names->text == NULL || there->text == NULL) return FA_OK;
    FA_CHECK(FA_NEW(found, names->count));
    FA_CHECK(FA_NEW(known, there->count));
    FA_CHECK(fa__names_find(found, there, names));
    FA_CHECK(fa__names_find(known, names, there));
    size_t missing = first_without(found, names->count),
           beyond = first_without(known, there->count);
    if (missing < names->count)
        FA_CHECK(missing_column(fa__names_at(names, missing), beyond < there->count));
    if (beyond < there->count) FA_CHECK(column_beyond(fa__names_at(there, beyond)));
    while (k < names->count && found[k] == k) k++;
    if (k < names->count) {
        *places = found;
        found = NULL;
    }
done:
    fa__free(found);
    fa__free(known);
    return status;
}

bool fa__columns_shifted(const double *shift, const fa_dataset *dataset) {
    for (size_t k = 0; k < dataset->features; k++)
        if ((shift != NULL ? shift[k] : 0) != fa_dataset_shift(dataset, k)) return true;
    return false;
}

/* The number to add to value k of the result, so that its shift is the wanted one. */
static double moved_by(const fa_dataset *dataset, size_t place, const double *shift, size_t k) {
    return fa_dataset_shift(dataset, place) - (shift != NULL ? shift[k] : 0);
}

fa_status fa__columns_in_order(fa_dataset **out, const fa_dataset *dataset, const size_t *places,
                               const double *shift) {
    fa_status status = FA_OK;
    fa_dataset *made;
    bool series = dataset->kind == FA_KIND_SERIES;
    size_t d = dataset->features, rows = series ? dataset->values.offsets[dataset->n] : dataset->n;
    FA_TRY(fa__dataset_create(&made, dataset->kind));
    FA_CHECK(fa__dataset_copy_about(made, dataset, NULL, dataset->n));
    made->features = d;
    if (places != NULL) {
        fa__names_free(&made->names.columns);
        FA_CHECK(fa__names_pick(&made->names.columns, &dataset->names.columns, places, d));
    }
    FA_CHECK(FA_NEW(made->values.shift, d));
    for (size_t k = 0; k < d; k++) made->values.shift[k] = shift != NULL ? shift[k] : 0;
    FA_CHECK(FA_NEW(made->values.numbers, rows * d));
    if (series) {
        FA_CHECK(FA_NEW(made->values.offsets, dataset->n + 1));
        memcpy(made->values.offsets, dataset->values.offsets,
               (dataset->n + 1) * sizeof *made->values.offsets);
    }
    for (size_t r = 0; r < rows; r++) {
        const float *row =
            series ? dataset->values.numbers + r * d : fa__dataset_numbers(dataset, r);
        for (size_t k = 0; k < d; k++) {
            size_t from = places != NULL ? places[k] : k;
            double value = (double)row[from];
            made->values.numbers[r * d + k] = (float)(value + moved_by(dataset, from, shift, k));
        }
    }
    *out = made;
    made = NULL;
done:
    fa_dataset_free(made);
    return status;
}

/* ==== As text ==== */

fa_status fa__columns_to_text(char **text, const char *names, size_t count) {
    const char *end = names;
    for (size_t k = 0; k < count; k++) end += strlen(end) + 1;
    char *to;
    FA_TRY(FA_NEW(*text, 2 * (size_t)(end - names) + 1));
    to = *text;
    for (const char *at = names; at < end; at++) {
        if (*at == '\\' || *at == '\n') *to++ = '\\';
        *to++ = *at == '\0' ? '\n' : *at == '\n' ? 'n' : *at;
    }
    *to = '\0';
    return FA_OK;
}

fa_status fa__columns_from_text(fa__names *names, size_t count, const char *text) {
    char *made, *to;
    size_t found = 0;
    bool whole = true; /* no line is open */
    FA_TRY(FA_NEW(made, strlen(text) + 1));
    to = made;
    for (; *text != '\0'; text++) {
        whole = *text == '\n';
        found += whole;
        bool escaped = *text == '\\' && (text[1] == '\\' || text[1] == 'n');
        text += escaped;
        *to++ = whole ? '\0' : escaped && *text == 'n' ? '\n' : *text;
    }
    if (!whole || found != count) {
        fa__free(made);
        return fa__fail(FA_E_FORMAT, "its columns are not %zu names, one a line", count);
    }
    fa__names found_names = {.text = made, .size = (size_t)(to - made), .count = count};
    fa_status status = fa__names_index(&found_names);
    if (status == FA_OK)
        *names = found_names;
    else
        fa__free(made);
    return status;
}
