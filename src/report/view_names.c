/* What a view says of itself: names of classes, the truth it knows, keys of its recipe; and which
 * of many things are shown. */
#include "report/view.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/sort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fa__class_name(const fa__view *v, size_t class_, char scratch[FA__NAME_MAX]) {
    int32_t value = v->class_values[class_];
    const char *name = v->data != NULL ? fa_dataset_class_name(v->data, value) : NULL;
    if (value >= 0 && (size_t)value < v->n_names) return v->names[value];
    if (name != NULL) {
        snprintf(scratch, FA__NAME_MAX, "%s", name);
        return scratch;
    }
    snprintf(scratch, FA__NAME_MAX, "%d", (int)value);
    return scratch;
}

const char *fa__coarse_name(const fa__view *v, int32_t label) {
    if (v->data == NULL || fa_dataset_coarse(v->data) == NULL) return NULL;
    if (v->group_labels != NULL && label >= 0 && (size_t)label < v->groups)
        label = v->group_labels[label];
    const char *name = fa_dataset_coarse_name(v->data, label);
    return name != NULL ? name : "";
}

const char *fa__coarse_text(const fa__view *v, size_t group, char scratch[FA__NAME_MAX]) {
    const char *name = fa__coarse_name(v, (int32_t)group);
    if (name == NULL)
        snprintf(scratch, FA__NAME_MAX, "%zu", group);
    else
        snprintf(scratch, FA__NAME_MAX, "%s", name[0] != '\0' ? name : "(no label)");
    return scratch;
}

const int32_t *fa__view_truth(const fa__view *v, size_t *count) {
    *count = v->classes != NULL ? v->n_classes : v->groups;
    return v->classes != NULL ? v->classes : v->coarse;
}

const char *fa__truth_name(const fa__view *v, size_t which, char scratch[FA__NAME_MAX]) {
    if (v->classes != NULL) return fa__class_name(v, which, scratch);
    return fa__coarse_text(v, which, scratch);
}

const char *fa__view_key(const fa__view *v, const char *key) {
    const char *value = fa_recipe_get(v->recipe, key);
    return value != NULL ? value : "";
}

bool fa__view_is_input(const fa__view *view) {
    return strcmp(fa__view_key(view, "cluster.space"), "input") == 0;
}

const char *fa__view_space(char out[FA__SPACE_TEXT], const fa__view *view) {
    const char *layer = fa__view_key(view, "cluster.layer");
    if (fa__view_is_input(view))
        snprintf(out, FA__SPACE_TEXT, "the input");
    else if (layer[0] == '\0' || strcmp(layer, "0") == 0)
        snprintf(out, FA__SPACE_TEXT, "the target layer");
    else
        snprintf(out, FA__SPACE_TEXT, "layer %.20s", layer);
    return out;
}

fa_status fa__thin(size_t **out, size_t *count, size_t n, size_t size) {
    size_t *order;
    fa__rng rng;
    FA_TRY(FA_NEW(order, n));
    for (size_t i = 0; i < n; i++) order[i] = i;
    if (n > size) {
        fa__rng_seed(&rng, 0, FA__STREAM_SWEEP, UINT64_MAX);
        fa__rng_shuffle(&rng, order, n);
        qsort(order, size, sizeof *order, fa__by_size);
    }
    *out = order;
    *count = n < size ? n : size;
    return FA_OK;
}
