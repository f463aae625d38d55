/* Samples of any kind as rows of numbers of one width. Letters: n samples, d columns. */
#include "text/vocabulary.h"

#include "base/memory.h"
#include "data/dataset.h"

#include <string.h>

enum { WORDS_MAX = 1000 };

static size_t sample_of(const size_t *samples, size_t i) {
    return samples != NULL ? samples[i] : i;
}

static fa_status from_vectors(float **out, size_t *d, const fa_dataset *data, const size_t *samples,
                              size_t n) {
    *d = data->features;
    FA_TRY(FA_NEW(*out, n * *d));
    for (size_t i = 0; i < n; i++)
        memcpy(*out + i * *d, fa_dataset_vector(data, sample_of(samples, i)), *d * sizeof **out);
    return FA_OK;
}

static fa_status from_images(float **out, size_t *d, const fa_dataset *data, const size_t *samples,
                             size_t n) {
    size_t height, width, channels;
    *d = data->features;
    FA_TRY(FA_NEW(*out, n * *d));
    for (size_t i = 0; i < n; i++) {
        const uint8_t *pixels =
            fa_dataset_image(data, sample_of(samples, i), &height, &width, &channels);
        for (size_t j = 0; j < *d; j++) (*out)[i * *d + j] = (float)pixels[j];
    }
    return FA_OK;
}

static fa_status from_series(float **out, size_t *d, const fa_dataset *data, const size_t *samples,
                             size_t n) {
    bool stretched;
    size_t to = fa__dataset_steps(data, &stretched), from;
    if (to == 0)
        return fa__fail(FA_E_SHAPE, "steps of %zu values are too wide for rows of at most %d",
                        data->features, FA__FLAT_MAX);
    *d = to * data->features;
    FA_TRY(FA_NEW(*out, n * *d));
    for (size_t i = 0; i < n; i++) {
        const float *series = fa_dataset_series(data, sample_of(samples, i), &from);
        fa__series_stretch(*out + i * *d, to, series, from, data->features);
    }
    return FA_OK;
}

/* Word number w of the vocabulary, 1 and up, is column w - 1; the unknown ones have none. */
static fa_status from_text(float **out, size_t *d, const fa_dataset *data, const size_t *samples,
                           size_t n) {
    fa_status status = FA_OK;
    fa__vocabulary words = {0};
    fa_dataset *numbers = NULL;
    size_t *all = NULL, steps;
    FA_CHECK(FA_NEW(all, n));
    for (size_t i = 0; i < n; i++) all[i] = sample_of(samples, i);
    FA_CHECK(fa__vocabulary_fit(&words, data, all, n, WORDS_MAX, 1, SIZE_MAX));
    FA_CHECK(fa__vocabulary_encode(&numbers, &words, data));
    *d = words.count - 1;
    FA_CHECK(FA_NEW_ZERO(*out, n * *d));
    for (size_t i = 0; i < n; i++) {
        const float *text = fa_dataset_series(numbers, all[i], &steps);
        for (size_t t = 0; t < steps; t++)
            if (text[t] >= 1) (*out)[i * *d + (size_t)text[t] - 1] += 1;
    }
done:
    fa__free(all);
    fa__vocabulary_free(&words);
    fa_dataset_free(numbers);
    return status;
}

fa_status fa_dataset_matrix(float **out, size_t *d, const fa_dataset *data, const size_t *samples,
                            size_t n) {
    float *made = NULL;
    size_t width = 0;
    fa_status status = FA_OK;
    if (out == NULL || d == NULL || data == NULL)
        return fa__fail(FA_E_ARGUMENT, "a matrix of samples needs data and places for the result");
    if (samples == NULL) n = data->n;
    if (n == 0) return fa__fail(FA_E_ARGUMENT, "n is 0; at least one sample is needed");
    for (size_t i = 0; samples != NULL && i < n; i++)
        if (samples[i] >= data->n)
            return fa__fail(FA_E_ARGUMENT, "samples[%zu] is %zu, there are %zu", i, samples[i],
                            data->n);
    switch (data->kind) {
    case FA_KIND_VECTORS:
        status = from_vectors(&made, &width, data, samples, n);
        break;
    case FA_KIND_IMAGES:
        status = from_images(&made, &width, data, samples, n);
        break;
    case FA_KIND_SERIES:
        status = from_series(&made, &width, data, samples, n);
        break;
    case FA_KIND_TEXT:
        status = from_text(&made, &width, data, samples, n);
        break;
    }
    if (status != FA_OK) return status;
    *out = made;
    *d = width;
    return FA_OK;
}
