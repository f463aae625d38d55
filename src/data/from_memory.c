/* Data sets from arrays, and what their owner says of the samples. Everything is checked and made
 * before a data set is changed. */
#include "data/dataset.h"

#include "base/bytes.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/sort.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ==== Samples ==== */

/* *product = n * d, both at least 1, and as many bytes of `unit`. */
static fa_status check_size(size_t *product, size_t n, size_t d, size_t unit) {
    size_t bytes;
    if (__builtin_mul_overflow(n, d, product) || __builtin_mul_overflow(*product, unit, &bytes))
        return fa__nomem(n, d);
    return FA_OK;
}

static fa_status check_pointers(const void *out, const void *array, const char *name) {
    if (out != NULL && array != NULL) return FA_OK;
    return fa__fail(FA_E_ARGUMENT, "%s is NULL; a data set needs its samples, and a place",
                    out == NULL ? "out" : name);
}

/* *count = n * d. */
static fa_status check_matrix(size_t *count, const void *out, const void *x, size_t n, size_t d) {
    FA_TRY(check_pointers(out, x, "x"));
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "x is [%zu, %zu]; at least one row and one column are needed",
                        n, d);
    return check_size(count, n, d, sizeof(double));
}

fa_status fa_dataset_from_vectors(fa_dataset **out, const float *x, size_t n, size_t d) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t count = 0;
    FA_TRY(check_matrix(&count, out, x, n, d));
    FA_TRY(fa__check_finite("x", x, n, d));
    FA_TRY(fa__dataset_create(&made, FA_KIND_VECTORS));
    made->n = n;
    made->features = d;
    FA_CHECK(FA_NEW(made->values.numbers, count));
    memcpy(made->values.numbers, x, count * sizeof *x);
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

/* What is taken off each column, NULL where nothing is. */
static fa_status find_shift(double **out, const double *x, size_t n, size_t d) {
    double *shift;
    bool any = false;
    FA_TRY(FA_NEW_ZERO(shift, d));
    for (size_t k = 0; k < d; k++) {
        double low = x[k], high = x[k];
        for (size_t i = 1; i < n; i++) {
            double value = x[i * d + k];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        shift[k] = fa__shift_of(low, high);
        any = any || shift[k] != 0;
    }
    if (any)
        *out = shift;
    else
        fa__free(shift);
    return FA_OK;
}

/* To float32, less the shift; all that came out of the range is refused. */
static fa_status narrow(fa_dataset *made, const double *x) {
    size_t d = made->features;
    for (size_t i = 0; i < made->n * d; i++) {
        double value = x[i] - fa_dataset_shift(made, i % d);
        if (!(fabs(value) < 0x1.ffffffp127))
            return fa__fail(FA_E_NONFINITE, "x[%zu, %zu] is %g; every value must be %s", i / d,
                            i % d, x[i], isfinite(x[i]) ? "within float32" : "finite");
        made->values.numbers[i] = (float)value;
    }
    return FA_OK;
}

fa_status fa_dataset_from_doubles(fa_dataset **out, const double *x, size_t n, size_t d) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t count = 0;
    FA_TRY(check_matrix(&count, out, x, n, d));
    FA_TRY(fa__dataset_create(&made, FA_KIND_VECTORS));
    made->n = n;
    made->features = d;
    FA_CHECK(FA_NEW(made->values.numbers, count));
    FA_CHECK(find_shift(&made->values.shift, x, n, d));
    FA_CHECK(narrow(made, x));
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

/* From 0, each series with at least one step. */
static fa_status check_offsets(const int64_t *offsets, size_t n) {
    if (offsets[0] != 0)
        return fa__fail(FA_E_SHAPE, "offsets[0] is %lld; the first series begins at 0",
                        (long long)offsets[0]);
    for (size_t i = 0; i < n; i++)
        if (offsets[i + 1] <= offsets[i])
            return fa__fail(FA_E_SHAPE,
                            "series %zu runs from offsets[%zu] = %lld to offsets[%zu] = %lld; each "
                            "needs a step at least: leave it out",
                            i, i, (long long)offsets[i], i + 1, (long long)offsets[i + 1]);
    return (uint64_t)offsets[n] <= SIZE_MAX ? FA_OK : fa__nomem(SIZE_MAX, n);
}

/* The first value that is not finite, by its series. */
static fa_status check_points(const float *points, const int64_t *offsets, size_t count,
                              size_t features) {
    size_t bad = fa__first_nonfinite(points, count), i = 0;
    if (bad == count) return FA_OK;
    size_t row = bad / features, column = bad % features;
    while ((size_t)offsets[i + 1] <= row) i++;
    return fa__fail(FA_E_NONFINITE,
                    "points[%zu, %zu] is %g (series %zu, step %zu); every value must be finite",
                    row, column, (double)points[bad], i, row - (size_t)offsets[i]);
}

fa_status fa_dataset_from_series(fa_dataset **out, const float *points, const int64_t *offsets,
                                 size_t n, size_t features) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t count;
    FA_TRY(check_pointers(out, points, "points"));
    FA_TRY(check_pointers(out, offsets, "offsets"));
    if (n == 0 || features == 0)
        return fa__fail(FA_E_SHAPE,
                        "%zu series of %zu features; at least one of one feature is needed", n,
                        features);
    FA_TRY(check_offsets(offsets, n));
    FA_TRY(check_size(&count, (size_t)offsets[n], features, sizeof *points));
    FA_TRY(check_points(points, offsets, count, features));
    FA_TRY(fa__dataset_create(&made, FA_KIND_SERIES));
    made->n = n;
    made->features = features;
    FA_CHECK(FA_NEW(made->values.offsets, n + 1));
    FA_CHECK(FA_NEW(made->values.numbers, count));
    for (size_t i = 0; i <= n; i++) made->values.offsets[i] = (size_t)offsets[i];
    memcpy(made->values.numbers, points, count * sizeof *points);
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

fa_status fa_dataset_from_images(fa_dataset **out, const uint8_t *pixels, size_t n, size_t height,
                                 size_t width, size_t channels) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t size, count;
    FA_TRY(check_pointers(out, pixels, "pixels"));
    if (n == 0 || height == 0 || width == 0)
        return fa__fail(FA_E_SHAPE, "%zu images of %zu x %zu; at least one of one pixel is needed",
                        n, height, width);
    if (channels != 1 && channels != 3)
        return fa__fail(FA_E_SHAPE, "images of %zu channels; 1 (grey) or 3 (RGB) are known",
                        channels);
    FA_TRY(check_size(&size, height, width, channels));
    size *= channels;
    FA_TRY(check_size(&count, n, size, 1));
    FA_TRY(fa__dataset_create(&made, FA_KIND_IMAGES));
    made->n = n;
    made->features = size;
    made->values.height = height;
    made->values.width = width;
    made->values.channels = channels;
    FA_CHECK(FA_NEW(made->values.pixels, count));
    memcpy(made->values.pixels, pixels, count);
    fa__dataset_find_grey(made);
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

static fa_status check_text(const char *text, size_t i) {
    if (text == NULL)
        return fa__fail(FA_E_ARGUMENT, "texts[%zu] is NULL; an empty text is \"\"", i);
    size_t size = strlen(text), bad = fa__utf8_check(text, size);
    if (bad == size) return FA_OK;
    return fa__fail(FA_E_FORMAT, "texts[%zu]: byte %zu (0x%02x) is not UTF-8; convert the text", i,
                    bad, (unsigned)(unsigned char)text[bad]);
}

fa_status fa_dataset_from_texts(fa_dataset **out, const char *const *texts, size_t n) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t *offsets;
    FA_TRY(check_pointers(out, texts, "texts"));
    if (n == 0) return fa__fail(FA_E_SHAPE, "no texts; at least one is needed");
    for (size_t i = 0; i < n; i++) FA_TRY(check_text(texts[i], i));
    FA_TRY(fa__dataset_create(&made, FA_KIND_TEXT));
    made->n = n;
    FA_CHECK(FA_NEW(made->values.offsets, n + 1));
    offsets = made->values.offsets;
    offsets[0] = 0;
    for (size_t i = 0; i < n; i++) offsets[i + 1] = offsets[i] + strlen(texts[i]);
    FA_CHECK(FA_NEW(made->values.text, offsets[n] + 1));
    for (size_t i = 0; i < n; i++)
        memcpy(made->values.text + offsets[i], texts[i], offsets[i + 1] - offsets[i]);
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

/* ==== Labels ==== */

static fa_status check_dataset(const fa_dataset *data) {
    return data != NULL ? FA_OK : fa__fail(FA_E_ARGUMENT, "data is NULL; a data set is needed");
}

/* Labels without names become 0, 1, ... in the order of their values, which name them: as those of
 * a file of labels do, so that two sets agree on them. */
static fa_status number_labels(int32_t *coarse, fa__names *names, size_t n) {
    fa_status status = FA_OK;
    int32_t *values = NULL;
    size_t from = 0, used = 0;
    *names = (fa__names){0};
    FA_CHECK(FA_NEW(values, n));
    memcpy(values, coarse, n * sizeof *values);
    size_t count = fa__distinct(values, n);
    while (from < count && values[from] < 0) from++;
    names->count = count - from;
    FA_CHECK(FA_NEW(names->text, 12 * names->count + 1)); /* "2147483647" and its 0 fit 12 */
    for (size_t i = from; i < count; i++)
        used += (size_t)snprintf(names->text + used, 12, "%d", (int)values[i]) + 1;
    names->size = used;
    FA_CHECK(fa__names_index(names));
    for (size_t i = 0; i < n; i++)
        coarse[i] =
            coarse[i] < 0 ? -1 : (int32_t)(fa__distinct_place(values, count, coarse[i]) - from);
done:
    fa__free(values);
    if (status != FA_OK) fa__names_free(names);
    return status;
}

/* Labels with names: one for each up to the largest. */
static fa_status name_labels(int32_t *coarse, fa__names *out, const char *const *names, size_t n) {
    int32_t most = -1;
    for (size_t i = 0; i < n; i++) {
        if (coarse[i] < 0) coarse[i] = -1;
        if (coarse[i] > most) most = coarse[i];
    }
    return fa__names_make(out, names, (size_t)((int64_t)most + 1), "names");
}

fa_status fa_dataset_set_coarse(fa_dataset *data, const int32_t *labels, const char *const *names) {
    int32_t *coarse = NULL;
    fa__names made = {0};
    FA_TRY(check_dataset(data));
    if (labels != NULL) {
        FA_TRY(FA_NEW(coarse, data->n));
        memcpy(coarse, labels, data->n * sizeof *coarse);
        fa_status status = names != NULL ? name_labels(coarse, &made, names, data->n)
                                         : number_labels(coarse, &made, data->n);
        if (status != FA_OK) {
            fa__free(coarse);
            return status;
        }
    }
    fa__free(data->labels.coarse);
    fa__names_free(&data->labels.coarse_names);
    data->labels.coarse = coarse;
    data->labels.coarse_names = made;
    return FA_OK;
}

fa_status fa_dataset_set_classes(fa_dataset *data, const int32_t *classes, const char *const *names,
                                 size_t n_names) {
    int32_t *copy = NULL;
    fa__names made = {0};
    FA_TRY(check_dataset(data));
    if (n_names > INT32_MAX)
        return fa__fail(FA_E_ARGUMENT, "%zu names; at most %d classes can have one", n_names,
                        INT32_MAX);
    if (classes != NULL && names != NULL) FA_TRY(fa__names_make(&made, names, n_names, "names"));
    if (classes != NULL) {
        fa_status status = FA_NEW(copy, data->n);
        if (status != FA_OK) {
            fa__names_free(&made);
            return status;
        }
        memcpy(copy, classes, data->n * sizeof *copy);
    }
    fa__free(data->labels.classes);
    fa__names_free(&data->labels.class_names);
    data->labels.classes = copy;
    data->labels.class_names = made;
    data->labels.first_named = 0;
    return FA_OK;
}

/* ==== Names ==== */

fa_status fa_dataset_set_names(fa_dataset *data, const char *const *names) {
    fa__names made = {0};
    FA_TRY(check_dataset(data));
    if (names != NULL) FA_TRY(fa__names_make(&made, names, data->n, "names"));
    fa__names_free(&data->names.samples);
    data->names.samples = made;
    return FA_OK;
}

/* Columns go by their names: no two are alike. */
static fa_status check_distinct(const fa__names *names) {
    char quoted[FA__QUOTE_SIZE];
    size_t *first;
    FA_TRY(FA_NEW(first, names->count));
    fa_status status = fa__names_find(first, names, names);
    for (size_t i = 0; status == FA_OK && i < names->count; i++)
        if (first[i] != i) {
            const char *name = fa__names_at(names, i);
            status = fa__fail(FA_E_ARGUMENT, "columns %zu and %zu are both named '%s'; rename one",
                              first[i], i, fa__quote(quoted, name, strlen(name)));
        }
    fa__free(first);
    return status;
}

fa_status fa_dataset_set_column_names(fa_dataset *data, const char *const *names) {
    fa__names made = {0};
    FA_TRY(check_dataset(data));
    if (data->kind != FA_KIND_VECTORS && data->kind != FA_KIND_SERIES)
        return fa__fail(FA_E_ARGUMENT, "columns have names in vectors and series, these are %s",
                        data->kind == FA_KIND_TEXT ? "texts" : "images");
    if (names != NULL) {
        FA_TRY(fa__names_make(&made, names, data->features, "names"));
        fa_status status = check_distinct(&made);
        if (status != FA_OK) {
            fa__names_free(&made);
            return status;
        }
    }
    fa__names_free(&data->names.columns);
    data->names.columns = made;
    return FA_OK;
}
