/* Missing values of vectors and series. */
#include "formats/missing.h"

#include "base/ascii.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/stop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *const *words, size_t count, const char *text, size_t size) {
    for (size_t w = 0; w < count; w++) {
        size_t i = 0;
        if (strlen(words[w]) != size) continue;
        while (i < size && fa__lower((unsigned char)text[i]) == (unsigned char)words[w][i]) i++;
        if (i == size) return true;
    }
    return false;
}

bool fa__is_missing(const char *text, size_t size) {
    static const char *const words[] = {"",     "na",      "n/a",      "nan",    "-nan",
                                        "null", "?",       "#na",      "#n/a",   "#n/a n/a",
                                        "<na>", "-1.#ind", "-1.#qnan", "1.#ind", "1.#qnan"};
    return is_one_of(words, sizeof words / sizeof *words, text, size);
}

bool fa__stands_for_missing(const char *text, size_t size) {
    /* databases, pandas and R; SAS and Stata (".a" to ".z"); spreadsheets; people */
    static const char *const words[] = {"none",
                                        "nil",
                                        "(null)",
                                        "<null>",
                                        "<none>",
                                        "\\n",
                                        "nat",
                                        "<nat>",
                                        ".",
                                        "..",
                                        "...",
                                        "-",
                                        "--",
                                        "---",
                                        "----",
                                        "*",
                                        "**",
                                        "??",
                                        "???",
                                        "#value!",
                                        "#div/0!",
                                        "#ref!",
                                        "#num!",
                                        "#name?",
                                        "#null!",
                                        "#error",
                                        "#error!",
                                        "error",
                                        "err",
                                        "n.a.",
                                        "n.a",
                                        "n/d",
                                        "n.d.",
                                        "nd",
                                        "n.v.",
                                        "k.a.",
                                        "k. a.",
                                        "missing",
                                        "unknown",
                                        "undefined",
                                        "invalid",
                                        "no data",
                                        "nodata",
                                        "no_data",
                                        "empty",
                                        "blank",
                                        "(blank)",
                                        "(empty)",
                                        "unk",
                                        "(missing)",
                                        "<missing>",
                                        "not available",
                                        "not applicable",
                                        "not known",
                                        "\xe2\x80\x93",
                                        "\xe2\x80\x94",
                                        "\xe2\x80\xa6",
                                        "\xe2\x88\x92"};
    bool stata = size == 2 && text[0] == '.' && text[1] >= 'a' && text[1] <= 'z';
    return stata || is_one_of(words, sizeof words / sizeof *words, text, size);
}

/* Sample i is the rows *first to *end - 1 of values. */
static void rows_of(size_t *first, size_t *end, const fa_dataset *set, size_t i) {
    bool series = set->kind == FA_KIND_SERIES;
    *first = series ? set->values.offsets[i] : i;
    *end = series ? set->values.offsets[i + 1] : i + 1;
}

static bool has_gap(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i])) return true;
    return false;
}

/* Samples without a gap move up; the rest of the block stays unused. */
static fa_status drop(fa_dataset *set, const fa__missing *missed, const char *where) {
    size_t kept = 0, used = 0, n = set->n, features = set->features;
    FA_TRY(fa__dataset_keep_origin(set));
    for (size_t i = 0; i < n; i++) {
        size_t first, end;
        rows_of(&first, &end, set, i);
        const float *from = set->values.numbers + first * features;
        if (has_gap(from, (end - first) * features)) continue;
        memmove(set->values.numbers + used * features, from,
                (end - first) * features * sizeof *from);
        if (set->labels.classes != NULL) set->labels.classes[kept] = set->labels.classes[i];
        if (set->labels.coarse != NULL) set->labels.coarse[kept] = set->labels.coarse[i];
        set->origin.rows[kept] = set->origin.rows[i];
        used += end - first;
        kept++;
        /* offsets[kept] <= offsets[i + 1]: what is read next is not overwritten */
        if (set->kind == FA_KIND_SERIES) set->values.offsets[kept] = used;
    }
    if (kept == 0)
        return fa__fail(FA_E_NONFINITE,
                        "%s: every sample lacks a value (the first: %s): --missing drop leaves "
                        "none; zero, mean and median keep them",
                        where, missed->first);
    set->n = kept;
    set->origin.skipped += n - kept;
    snprintf(set->origin.why, sizeof set->origin.why,
             "%zu of %zu samples lack a value (the first: %s)", n - kept, n, missed->first);
    return FA_OK;
}

static void fill_zero(fa_dataset *set) {
    size_t rows = set->kind == FA_KIND_SERIES ? set->values.offsets[set->n] : set->n;
    for (size_t i = 0; i < rows * set->features; i++)
        if (isnan(set->values.numbers[i])) set->values.numbers[i] = 0;
}

static void fill_forward(fa_dataset *set) {
    size_t features = set->features;
    for (size_t i = 0; i < set->n; i++) {
        float *x = set->values.numbers + set->values.offsets[i] * features;
        size_t steps = set->values.offsets[i + 1] - set->values.offsets[i];
        for (size_t k = 0; k < features; k++) {
            size_t known = 0;
            while (known < steps && isnan(x[known * features + k])) known++;
            float last = known < steps ? x[known * features + k] : 0;
            for (size_t t = 0; t < steps; t++) {
                float *value = &x[t * features + k];
                if (isnan(*value)) *value = last;
                last = *value;
            }
        }
    }
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The mean, or the median, of what is there of a feature; 0 where nothing is. */
static fa_status find_fill(float *out, const fa_dataset *set, size_t rows, size_t k, bool median) {
    float *column;
    double sum = 0;
    size_t count = 0;
    FA_TRY(FA_NEW(column, rows));
    for (size_t i = 0; i < rows; i++) {
        float value = set->values.numbers[i * set->features + k];
        if (!isnan(value)) column[count++] = value;
    }
    for (size_t i = 0; i < count; i++) sum += (double)column[i];
    if (median && count > 0) {
        qsort(column, count, sizeof *column, by_size);
        sum = (double)column[(count - 1) / 2] / 2 + (double)column[count / 2] / 2;
        count = 1;
    }
    *out = count > 0 ? (float)(sum / (double)count) : 0;
    fa__free(column);
    return FA_OK;
}

static fa_status fill_in(fa_dataset *set, fa__missing *missed, bool median) {
    size_t rows = set->kind == FA_KIND_SERIES ? set->values.offsets[set->n] : set->n;
    if (missed->fill == NULL) {
        FA_TRY(FA_NEW_ZERO(missed->fill, set->features));
        for (size_t k = 0; k < set->features; k++)
            FA_TRY(find_fill(&missed->fill[k], set, rows, k, median));
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < set->features; k++) {
            float *value = &set->values.numbers[i * set->features + k];
            if (isnan(*value)) *value = missed->fill[k];
        }
    return FA_OK;
}

static const float *row_at(const fa_dataset *set, size_t r) {
    bool series = set->kind == FA_KIND_SERIES;
    return series ? set->values.numbers + r * set->features : fa__dataset_numbers(set, r);
}

static fa_status note_constant(fa_dataset *set) {
    size_t rows = set->kind == FA_KIND_SERIES ? set->values.offsets[set->n] : set->n;
    size_t constant = 0, first = 0;
    for (size_t k = 0; k < set->features; k++) {
        size_t i = 1;
        FA_TRY(fa__stop_check());
        while (i < rows && row_at(set, i)[k] == row_at(set, 0)[k]) i++;
        if (i < rows) continue;
        if (constant++ == 0) first = k;
    }
    if (constant == 0 || rows < 2) return FA_OK;
    const char *name = fa_dataset_column_name(set, first);
    bool one = constant == 1;
    char called[64];
    if (name != NULL)
        snprintf(called, sizeof called, "'%.50s'", name);
    else
        snprintf(called, sizeof called, "feature %zu", first + 1);
    fa__dataset_add_note(
        set,
        "%zu of %zu features %s constant (the first: %s, always %.15g); %s kept and tell%s "
        "nothing",
        constant, set->features, one ? "is" : "are", called,
        (double)row_at(set, 0)[first] + fa_dataset_shift(set, first), one ? "it is" : "they are",
        one ? "s" : "");
    return FA_OK;
}

bool fa__missing_known(const char *missing) {
    static const char *const words[] = {"drop", "zero", "forward", "mean", "median", "category"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcmp(missing, words[w]) == 0) return true;
    return false;
}

fa_status fa__missing_fill(fa_dataset *set, fa__missing *missed, const char *missing,
                           const char *where) {
    bool series = set->kind == FA_KIND_SERIES;
    if (missed->count > 0 && missing == NULL)
        return fa__fail(FA_E_NONFINITE,
                        "%s: %s is missing, %zu value%s in all; --missing %sdrop, zero, mean or "
                        "median says what is done (data.missing in a recipe)",
                        where, missed->first, missed->count, missed->count > 1 ? "s" : "",
                        series ? "forward, " : "");
    if (missed->count > 0 && strcmp(missing, "drop") == 0) FA_TRY(drop(set, missed, where));
    if (missed->count > 0 && strcmp(missing, "zero") == 0) fill_zero(set);
    if (missed->count > 0 && strcmp(missing, "forward") == 0) {
        if (!series)
            return fa__fail(FA_E_ARGUMENT,
                            "%s: %s is missing, and --missing forward is for series: vectors "
                            "have no step before; drop, zero, mean and median work",
                            where, missed->first);
        fill_forward(set);
    }
    bool mean = missing != NULL && strcmp(missing, "mean") == 0;
    bool median =
        missing != NULL && (strcmp(missing, "median") == 0 || strcmp(missing, "category") == 0);
    if (mean || median) FA_TRY(fill_in(set, missed, median));
    return note_constant(set);
}
