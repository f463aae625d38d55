/* A part of a data set: its first samples. */
#include "data/dataset.h"

#include "base/memory.h"

#include <string.h>

/* Series: the offsets up to `count`, and the rows that they span. */
static fa_status copy_series(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->values.offsets, count + 1));
    memcpy(to->values.offsets, of->values.offsets, (count + 1) * sizeof *to->values.offsets);
    size_t values = of->values.offsets[count] * of->features; /* no overflow: `of` holds as many */
    FA_TRY(FA_NEW(to->values.numbers, values));
    memcpy(to->values.numbers, of->values.numbers, values * sizeof *to->values.numbers);
    return FA_OK;
}

static fa_status copy_vectors(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->values.numbers, count * of->features));
    memcpy(to->values.numbers, of->values.numbers,
           count * of->features * sizeof *to->values.numbers);
    return FA_OK;
}

static fa_status copy_images(fa_dataset *to, const fa_dataset *of, size_t count) {
    to->values.height = of->values.height;
    to->values.width = of->values.width;
    to->values.channels = of->values.channels;
    FA_TRY(FA_NEW(to->values.pixels, count * of->features));
    memcpy(to->values.pixels, of->values.pixels, count * of->features);
    return FA_OK;
}

static fa_status copy_text(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->values.offsets, count + 1));
    memcpy(to->values.offsets, of->values.offsets, (count + 1) * sizeof *to->values.offsets);
    FA_TRY(FA_NEW(to->values.text, of->values.offsets[count] + 1));
    memcpy(to->values.text, of->values.text, of->values.offsets[count]);
    return FA_OK;
}

static fa_status copy_coarse(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->labels.coarse, count));
    memcpy(to->labels.coarse, of->labels.coarse, count * sizeof *to->labels.coarse);
    FA_TRY(FA_NEW(to->labels.coarse_names.text, of->labels.coarse_names.size));
    memcpy(to->labels.coarse_names.text, of->labels.coarse_names.text,
           of->labels.coarse_names.size);
    to->labels.coarse_names.size = of->labels.coarse_names.size;
    to->labels.coarse_names.count = of->labels.coarse_names.count;
    return FA_OK;
}

static fa_status copy(fa_dataset *to, const fa_dataset *of, size_t count) {
    to->n = count;
    to->features = of->features;
    if (of->labels.coarse != NULL) FA_TRY(copy_coarse(to, of, count));
    if (of->labels.classes != NULL) {
        FA_TRY(FA_NEW(to->labels.classes, count));
        memcpy(to->labels.classes, of->labels.classes, count * sizeof *to->labels.classes);
    }
    if (of->labels.class_names.text != NULL) {
        FA_TRY(FA_NEW(to->labels.class_names.text, of->labels.class_names.size));
        memcpy(to->labels.class_names.text, of->labels.class_names.text,
               of->labels.class_names.size);
        to->labels.class_names.size = of->labels.class_names.size;
        to->labels.class_names.count = of->labels.class_names.count;
        to->labels.first_named = of->labels.first_named;
    }
    switch (of->kind) {
    case FA_KIND_TEXT:
        return copy_text(to, of, count);
    case FA_KIND_SERIES:
        return copy_series(to, of, count);
    case FA_KIND_VECTORS:
        return copy_vectors(to, of, count);
    case FA_KIND_IMAGES:
        break;
    }
    return copy_images(to, of, count);
}

fa_status fa_dataset_first(fa_dataset **out, const fa_dataset *of, size_t count) {
    if (count < 1 || count > of->n)
        return fa__fail(FA_E_ARGUMENT, "the first 1 to %zu samples can be taken, got %zu", of->n,
                        count);
    fa_dataset *made;
    FA_TRY(fa__dataset_create(&made, of->kind));
    fa_status status = copy(made, of, count);
    if (status != FA_OK)
        fa_dataset_free(made);
    else
        *out = made;
    return status;
}
