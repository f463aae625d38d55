/* Opening and closing a view, and the names in it. */
#include "report/view.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* "runs/multi/" is "multi"; "." stays as it is. */
static void take_name(fa__view *v) {
    size_t end = strlen(v->folder);
    while (end > 1 && v->folder[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && v->folder[start - 1] != '/') start--;
    size_t size = end - start < sizeof v->name ? end - start : sizeof v->name - 1;
    snprintf(v->name, sizeof v->name, "%.*s", (int)size, v->folder + start);
}

fa_status fa__view_open(fa__view *v, const char *folder, const char *class_names) {
    memset(v, 0, sizeof *v);
    v->folder = folder;
    take_name(v);
    fa_status status = fa__view_read(v, class_names);
    if (status == FA_OK) status = fa__view_cluster(v);
    if (status != FA_OK) fa__view_close(v);
    return status;
}

void fa__view_close(fa__view *v) {
    fa_run_free(v->run);
    fa_dataset_free(v->data);
    for (size_t i = 0; i < v->n_names; i++) fa__free(v->names[i]);
    void *const blocks[] = {v->names,        v->coarse,        v->classes,    v->class_values,
                            v->found,        v->distance,      v->plane,      v->confidence,
                            v->class_counts, v->coarse_counts, v->activation, v->variance_share,
                            v->space};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) fa__free(blocks[i]);
    memset(v, 0, sizeof *v);
}

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

const int32_t *fa__view_truth(const fa__view *v, size_t *count) {
    *count = v->classes != NULL ? v->n_classes : v->groups;
    return v->classes != NULL ? v->classes : v->coarse;
}

const char *fa__truth_name(const fa__view *v, size_t which, char scratch[FA__NAME_MAX]) {
    if (v->classes != NULL) return fa__class_name(v, which, scratch);
    snprintf(scratch, FA__NAME_MAX, "%zu", which);
    return scratch;
}

const char *fa__view_key(const fa__view *v, const char *key) {
    const char *value = fa_recipe_get(v->recipe, key);
    return value != NULL ? value : "";
}
