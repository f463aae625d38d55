/* A part of a data set: its first samples. */
#include "data/dataset.h"

#include "base/memory.h"

#include <string.h>

/* Series: the offsets up to `count`, and the rows that they span. */
static fa_status copy_series(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->offsets, count + 1));
    memcpy(to->offsets, of->offsets, (count + 1) * sizeof *to->offsets);
    size_t values = of->offsets[count] * of->features; /* no overflow: `of` holds as many */
    FA_TRY(FA_NEW(to->values, values));
    memcpy(to->values, of->values, values * sizeof *to->values);
    return FA_OK;
}

static fa_status copy_vectors(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->values, count * of->features));
    memcpy(to->values, of->values, count * of->features * sizeof *to->values);
    return FA_OK;
}

static fa_status copy_images(fa_dataset *to, const fa_dataset *of, size_t count) {
    to->height = of->height;
    to->width = of->width;
    to->channels = of->channels;
    FA_TRY(FA_NEW(to->pixels, count * of->features));
    memcpy(to->pixels, of->pixels, count * of->features);
    return FA_OK;
}

static fa_status copy_text(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->offsets, count + 1));
    memcpy(to->offsets, of->offsets, (count + 1) * sizeof *to->offsets);
    FA_TRY(FA_NEW(to->text, of->offsets[count] + 1));
    memcpy(to->text, of->text, of->offsets[count]);
    return FA_OK;
}

static fa_status copy_coarse(fa_dataset *to, const fa_dataset *of, size_t count) {
    FA_TRY(FA_NEW(to->coarse, count));
    memcpy(to->coarse, of->coarse, count * sizeof *to->coarse);
    FA_TRY(FA_NEW(to->coarse_names, of->coarse_names_size));
    memcpy(to->coarse_names, of->coarse_names, of->coarse_names_size);
    to->coarse_names_size = of->coarse_names_size;
    to->n_coarse = of->n_coarse;
    return FA_OK;
}

static fa_status copy(fa_dataset *to, const fa_dataset *of, size_t count) {
    to->n = count;
    to->features = of->features;
    if (of->coarse != NULL) FA_TRY(copy_coarse(to, of, count));
    if (of->classes != NULL) {
        FA_TRY(FA_NEW(to->classes, count));
        memcpy(to->classes, of->classes, count * sizeof *to->classes);
    }
    if (of->names != NULL) {
        FA_TRY(FA_NEW(to->names, of->names_size));
        memcpy(to->names, of->names, of->names_size);
        to->names_size = of->names_size;
        to->n_names = of->n_names;
        to->first_named = of->first_named;
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
