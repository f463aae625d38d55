/* Coarse labels by their names. Letters: n samples, l labels, m classes. */
#include "model/coarse.h"

#include "base/memory.h"
#include "base/sort.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

fa_status fa__coarse_copy(fa__coarse *out, const fa__coarse *of) {
    fa_status status = FA_OK;
    fa__coarse made = {0};
    size_t m = of->classes.count;
    FA_CHECK(fa__names_copy(&made.names, &of->names));
    FA_CHECK(fa__names_copy(&made.classes, &of->classes));
    if (m > 0) {
        FA_CHECK(FA_NEW(made.label_of, m));
        memcpy(made.label_of, of->label_of, m * sizeof *made.label_of);
    }
    *out = made;
    made = (fa__coarse){0};
done:
    fa__coarse_free(&made);
    return status;
}

void fa__coarse_free(fa__coarse *coarse) {
    fa__names_free(&coarse->names);
    fa__names_free(&coarse->classes);
    fa__free(coarse->label_of);
    coarse->label_of = NULL;
}

fa_status fa__coarse_class_names(fa__names *out, const fa_dataset *dataset, const int32_t *values,
                                 size_t count) {
    enum { DIGITS = 12 };
    fa_status status = FA_OK;
    const char **texts = NULL;
    char(*numbers)[DIGITS] = NULL;
    FA_CHECK(FA_NEW(texts, count));
    FA_CHECK(FA_NEW(numbers, count));
    for (size_t i = 0; i < count; i++) {
        texts[i] = fa_dataset_class_name(dataset, values[i]);
        snprintf(numbers[i], sizeof numbers[i], "%d", (int)values[i]);
        if (texts[i] == NULL) texts[i] = numbers[i];
    }
    FA_CHECK(fa__names_make(out, texts, count, "class names"));
done:
    fa__free(texts);
    fa__free(numbers);
    return status;
}

static fa_status by_class(int32_t *labels, const fa__coarse *coarse, const fa_dataset *dataset) {
    fa_status status = FA_OK;
    const int32_t *classes = dataset->labels.classes;
    int32_t *values = NULL;
    size_t *places = NULL, count;
    fa__names names = {0};
    FA_CHECK(FA_NEW(values, dataset->n));
    memcpy(values, classes, dataset->n * sizeof *values);
    count = fa__distinct(values, dataset->n);
    FA_CHECK(fa__coarse_class_names(&names, dataset, values, count));
    FA_CHECK(FA_NEW(places, count));
    FA_CHECK(fa__names_find(places, &coarse->classes, &names));
    for (size_t i = 0; i < dataset->n; i++) {
        size_t at = places[fa__distinct_place(values, count, classes[i])];
        labels[i] = at != SIZE_MAX ? coarse->label_of[at] : -1;
    }
done:
    fa__free(values);
    fa__free(places);
    fa__names_free(&names);
    return status;
}

fa_status fa__coarse_given(int32_t *labels, const fa__coarse *coarse, const fa_dataset *dataset) {
    const fa__names *names = &dataset->labels.coarse_names;
    const int32_t *given = dataset->labels.coarse;
    size_t *places;
    for (size_t i = 0; i < dataset->n; i++) labels[i] = -1;
    if (given == NULL) {
        if (dataset->labels.classes == NULL || coarse->label_of == NULL) return FA_OK;
        return by_class(labels, coarse, dataset);
    }
    FA_TRY(FA_NEW(places, names->count));
    fa_status status = fa__names_find(places, &coarse->names, names);
    for (size_t i = 0; status == FA_OK && i < dataset->n; i++)
        if (given[i] >= 0 && places[given[i]] != SIZE_MAX) labels[i] = (int32_t)places[given[i]];
    fa__free(places);
    return status;
}

void fa__coarse_predict(int32_t *labels, const float *logits, size_t n, size_t c) {
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0) labels[i] = (int32_t)fa__predicted_label(logits + i * c, c);
}
