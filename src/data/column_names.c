/* Columns by name. */
#include "data/column_names.h"

#include "base/memory.h"
#include "base/bytes.h"

#include <string.h>

/* ==== Matching ==== */

/* The number of a name in a block of `count`; count if it is not there. */
static size_t number_of(const char *name, const char *names, size_t count) {
    size_t k = 0;
    while (k < count && strcmp(name, names) != 0) k++, names += strlen(names) + 1;
    return k;
}

/* The first of `names` that `others` lacks; NULL if there is none. */
static const char *first_without(const char *names, size_t count, const char *others,
                                 size_t n_others) {
    for (size_t k = 0; k < count; k++, names += strlen(names) + 1)
        if (number_of(names, others, n_others) == n_others) return names;
    return NULL;
}

fa_status fa__columns_find(size_t **places, const char *names, size_t count,
                           const fa_dataset *dataset) {
    const char *there = dataset->column_names, *missing, *beyond;
    char quoted[FA__QUOTE_SIZE];
    *places = NULL;
    if (names == NULL || there == NULL) return FA_OK;
    missing = first_without(names, count, there, dataset->features);
    beyond = first_without(there, dataset->features, names, count);
    if (missing != NULL)
        return fa__fail(
            FA_E_SHAPE,
            "the column '%s', which was trained on, is not there%s; columns go by their "
            "names, in any order",
            fa__quote(quoted, missing, strlen(missing)),
            beyond != NULL ? " (another name for it?)" : "");
    if (beyond != NULL)
        return fa__fail(FA_E_SHAPE,
                        "the column '%s' was not trained on; leave it out (ignore_columns)",
                        fa__quote(quoted, beyond, strlen(beyond)));
    FA_TRY(FA_NEW(*places, count));
    bool same = true;
    for (size_t k = 0; k < count; k++, names += strlen(names) + 1) {
        (*places)[k] = number_of(names, there, count);
        same = same && (*places)[k] == k;
    }
    if (same) {
        fa__free(*places);
        *places = NULL;
    }
    return FA_OK;
}

fa_status fa__columns_in_order(fa_dataset **out, const fa_dataset *dataset, const size_t *places) {
    fa_status status = FA_OK;
    fa_dataset *made;
    bool series = dataset->kind == FA_KIND_SERIES;
    size_t d = dataset->features, rows = series ? dataset->offsets[dataset->n] : dataset->n;
    FA_TRY(fa__dataset_create(&made, dataset->kind));
    made->n = dataset->n;
    made->features = d;
    FA_CHECK(FA_NEW(made->values, rows * d));
    if (series) {
        FA_CHECK(FA_NEW(made->offsets, dataset->n + 1));
        memcpy(made->offsets, dataset->offsets, (dataset->n + 1) * sizeof *made->offsets);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < d; k++) made->values[r * d + k] = dataset->values[r * d + places[k]];
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

fa_status fa__columns_from_text(char **names, size_t count, const char *text) {
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
    *names = made;
    return FA_OK;
}
