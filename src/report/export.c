/* clusters.csv, vectors.tsv, metadata.tsv. */
#include "report/export.h"

#include "base/memory.h"
#include "report/figure.h"

static fa_status open_file(fa__writer *to, const fa__view *v, const char *name) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__path_join(path, v->folder, name));
    return fa__writer_open(to, path);
}

static fa_status clusters_csv(const fa__view *v) {
    fa__writer to;
    char scratch[FA__NAME_MAX];
    FA_TRY(open_file(&to, v, "clusters.csv"));
    fa__writer_print(&to, "row,sample,coarse,cluster,distance,confidence%s\n",
                     v->classes != NULL ? ",class" : "");
    for (size_t i = 0; i < v->n; i++) {
        fa__writer_print(&to, "%zu,%zu,", i, v->rows != NULL ? (size_t)v->rows[i] : i);
        if (v->coarse != NULL) fa__writer_print(&to, "%d", (int)v->coarse[i]);
        fa__writer_print(&to, ",%d,%.6g,%.4f", (int)v->clusters[i], v->distance[i],
                         v->confidence[i]);
        if (v->classes != NULL) {
            fa__writer_put(&to, ",", 1);
            fa__csv_text(&to, fa__class_name(v, (size_t)v->classes[i], scratch));
        }
        fa__writer_put(&to, "\n", 1);
    }
    return fa__writer_close(&to, true);
}

/* A field of a .tsv has no way to hold a tab or a line break. */
static void tsv_text(fa__writer *to, const char *text) {
    for (; *text != '\0'; text++)
        fa__writer_print(to, "%c", (unsigned char)*text < ' ' ? ' ' : *text);
}

static fa_status vectors_tsv(const fa__view *v, const size_t *chosen, size_t count) {
    fa__writer to;
    FA_TRY(open_file(&to, v, "vectors.tsv"));
    for (size_t i = 0; i < count; i++)
        for (size_t u = 0; u < v->d; u++)
            fa__writer_print(&to, "%.6g%c", (double)v->h[chosen[i] * v->d + u],
                             u + 1 < v->d ? '\t' : '\n');
    return fa__writer_close(&to, true);
}

static fa_status metadata_tsv(const fa__view *v, const size_t *chosen, size_t count) {
    fa__writer to;
    char scratch[FA__NAME_MAX];
    FA_TRY(open_file(&to, v, "metadata.tsv"));
    fa__writer_print(&to, "row\tcoarse\tcluster\tconfidence%s\n",
                     v->classes != NULL ? "\tclass" : "");
    for (size_t i = 0; i < count; i++) {
        size_t at = chosen[i];
        fa__writer_print(&to, "%zu\t%d\t%d\t%.4f", at, v->coarse != NULL ? (int)v->coarse[at] : -1,
                         (int)v->clusters[at], v->confidence[at]);
        if (v->classes != NULL) {
            fa__writer_put(&to, "\t", 1);
            tsv_text(&to, fa__class_name(v, (size_t)v->classes[at], scratch));
        }
        fa__writer_put(&to, "\n", 1);
    }
    return fa__writer_close(&to, true);
}

fa_status fa__export(const fa__view *v) {
    size_t *chosen, count;
    FA_TRY(clusters_csv(v));
    FA_TRY(fa__thin(&chosen, &count, v->n, FA__VECTORS_MAX));
    fa_status status = vectors_tsv(v, chosen, count);
    if (status == FA_OK) status = metadata_tsv(v, chosen, count);
    fa__free(chosen);
    return status;
}
