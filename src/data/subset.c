/* Copies of data sets: of some samples, and of all that is known of them beside their values. */
#include "data/dataset.h"

#include "base/memory.h"

#include <string.h>

static size_t sample_of(const size_t *samples, size_t i) {
    return samples != NULL ? samples[i] : i;
}

/* ==== Values ==== */

static fa_status copy_vectors(float **to, const fa_dataset *of, const size_t *samples, size_t n) {
    size_t unit = of->features * sizeof **to;
    *to = fa__alloc(n, unit);
    if (*to == NULL) return fa__nomem(n, unit);
    for (size_t i = 0; i < n; i++)
        memcpy(*to + i * of->features, fa__dataset_numbers(of, sample_of(samples, i)), unit);
    return FA_OK;
}

static fa_status copy_images(unsigned char **to, const fa_dataset *of, const size_t *samples,
                             size_t n) {
    *to = fa__alloc(n, of->features);
    if (*to == NULL) return fa__nomem(n, of->features);
    for (size_t i = 0; i < n; i++)
        memcpy(*to + i * of->features, fa__dataset_pixels(of, sample_of(samples, i)), of->features);
    return FA_OK;
}

/* Samples of several units each: their offsets, and the bytes that these span. */
static fa_status copy_ragged(size_t **to_offsets, void **to, const size_t *offsets, const void *of,
                             size_t unit, const size_t *samples, size_t n) {
    size_t *made;
    FA_TRY(FA_NEW(*to_offsets, n + 1));
    made = *to_offsets;
    made[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t s = sample_of(samples, i);
        if (__builtin_add_overflow(made[i], offsets[s + 1] - offsets[s], &made[i + 1]))
            return fa__nomem(n, unit);
    }
    *to = fa__alloc(made[n] + 1, unit); /* a text may be empty */
    if (*to == NULL) return fa__nomem(made[n], unit);
    for (size_t i = 0; i < n; i++)
        memcpy((char *)*to + made[i] * unit,
               (const char *)of + offsets[sample_of(samples, i)] * unit,
               (made[i + 1] - made[i]) * unit);
    return FA_OK;
}

static fa_status copy_values(fa_dataset *to, const fa_dataset *of, const size_t *samples,
                             size_t n) {
    void *made = NULL;
    fa_status status = FA_OK;
    to->features = of->features;
    to->values.vocabulary = of->values.vocabulary;
    to->values.height = of->values.height;
    to->values.width = of->values.width;
    to->values.channels = of->values.channels;
    to->values.grey = of->values.grey;
    if (of->values.shift != NULL) {
        FA_TRY(FA_NEW(to->values.shift, of->features));
        memcpy(to->values.shift, of->values.shift, of->features * sizeof *to->values.shift);
    }
    switch (of->kind) {
    case FA_KIND_TEXT:
        status = copy_ragged(&to->values.offsets, &made, of->values.offsets, of->values.text, 1,
                             samples, n);
        to->values.text = made;
        break;
    case FA_KIND_SERIES:
        status = copy_ragged(&to->values.offsets, &made, of->values.offsets, of->values.numbers,
                             of->features * sizeof(float), samples, n);
        to->values.numbers = made;
        break;
    case FA_KIND_VECTORS:
        status = copy_vectors(&to->values.numbers, of, samples, n);
        break;
    case FA_KIND_IMAGES:
        status = copy_images(&to->values.pixels, of, samples, n);
        break;
    }
    return status;
}

/* ==== What is known of them ==== */

static fa_status copy_labels(int32_t **to, const int32_t *of, const size_t *samples, size_t n) {
    if (of == NULL) return FA_OK;
    FA_TRY(FA_NEW(*to, n));
    for (size_t i = 0; i < n; i++) (*to)[i] = of[sample_of(samples, i)];
    return FA_OK;
}

/* The first samples of all the rows keep their numbers by themselves. */
static fa_status copy_origin(fa_dataset *to, const fa_dataset *of, const size_t *samples,
                             size_t n) {
    to->origin = of->origin;
    to->origin.rows = NULL;
    if (of->origin.rows == NULL && samples == NULL) return FA_OK;
    if (of->origin.rows == NULL) to->origin.n_rows = of->n;
    FA_TRY(FA_NEW(to->origin.rows, n));
    for (size_t i = 0; i < n; i++) to->origin.rows[i] = fa_dataset_row(of, sample_of(samples, i));
    return FA_OK;
}

static fa_status copy_sample_names(fa_dataset *to, const fa_dataset *of, const size_t *samples,
                                   size_t n) {
    if (of->names.samples.text == NULL) return FA_OK;
    if (samples != NULL) return fa__names_pick(&to->names.samples, &of->names.samples, samples, n);
    fa__names first = of->names.samples; /* a block that ends sooner */
    first.count = n;
    first.size = n < of->n ? (size_t)(fa__names_at(&first, n) - first.text) : first.size;
    return fa__names_copy(&to->names.samples, &first);
}

fa_status fa__dataset_copy_about(fa_dataset *to, const fa_dataset *of, const size_t *samples,
                                 size_t n) {
    to->n = n;
    FA_TRY(copy_labels(&to->labels.coarse, of->labels.coarse, samples, n));
    FA_TRY(fa__names_copy(&to->labels.coarse_names, &of->labels.coarse_names));
    FA_TRY(copy_labels(&to->labels.classes, of->labels.classes, samples, n));
    FA_TRY(fa__names_copy(&to->labels.class_names, &of->labels.class_names));
    to->labels.first_named = of->labels.first_named;
    FA_TRY(fa__names_copy(&to->names.columns, &of->names.columns));
    if (of->names.schema != NULL && (to->names.schema = fa__strdup(of->names.schema)) == NULL)
        return fa__nomem(strlen(of->names.schema) + 1, 1);
    FA_TRY(copy_sample_names(to, of, samples, n));
    return copy_origin(to, of, samples, n);
}

/* ==== Both ==== */

static fa_status subset(fa_dataset **out, const fa_dataset *of, const size_t *samples, size_t n) {
    fa_dataset *made;
    FA_TRY(fa__dataset_create(&made, of->kind));
    fa_status status = copy_values(made, of, samples, n);
    if (status == FA_OK) status = fa__dataset_copy_about(made, of, samples, n);
    if (status == FA_OK)
        *out = made;
    else
        fa_dataset_free(made);
    return status;
}

fa_status fa_dataset_subset(fa_dataset **out, const fa_dataset *of, const size_t *samples,
                            size_t n) {
    if (out == NULL || of == NULL || samples == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; a subset needs a data set and its samples",
                        out == NULL  ? "out"
                        : of == NULL ? "of"
                                     : "samples");
    if (n == 0) return fa__fail(FA_E_ARGUMENT, "n is 0; a subset has at least one sample");
    for (size_t i = 0; i < n; i++)
        if (samples[i] >= of->n)
            return fa__fail(FA_E_ARGUMENT, "samples[%zu] is %zu; they are 0 to %zu", i, samples[i],
                            of->n - 1);
    return subset(out, of, samples, n);
}

fa_status fa_dataset_first(fa_dataset **out, const fa_dataset *of, size_t count) {
    if (count < 1 || count > of->n)
        return fa__fail(FA_E_ARGUMENT, "the first 1 to %zu samples can be taken, got %zu", of->n,
                        count);
    return subset(out, of, NULL, count);
}
