/* Opening and closing a view. */
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
    void *const blocks[] = {v->names,          v->group_labels, v->coarse,        v->classes,
                            v->class_values,   v->found,        v->distance,      v->plane,
                            v->confidence,     v->class_counts, v->coarse_counts, v->activation,
                            v->variance_share, v->space};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) fa__free(blocks[i]);
    memset(v, 0, sizeof *v);
}
