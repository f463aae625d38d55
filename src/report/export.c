/* The tables that lie beside a page. */
#include "report/export.h"

#include "base/memory.h"
#include "report/figure.h"
#include "run/files.h"

#include <string.h>

static fa_status open_file(fa__writer *to, const char *folder, fa_run_file file) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__run_path(path, folder, file));
    return fa__writer_open(to, path);
}

/* A field as it is, line breaks too: CSV holds them in quotes. */
static void put_field(fa__writer *to, const char *text, size_t size) {
    fa__writer_put(to, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') fa__writer_put(to, "\"", 1);
        fa__writer_put(to, text + i, 1);
    }
    fa__writer_put(to, "\"", 1);
}

/* The first words of a text, no character of UTF-8 cut. */
static size_t first_words(const char *text, size_t size) {
    enum { MOST = 60 };
    if (size <= MOST) return size;
    size_t end = MOST;
    while (end > MOST / 2 && text[end] != ' ') end--;
    if (text[end] == ' ') return end;
    for (end = MOST; end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80;) end--;
    return end;
}

static bool has_names(const fa_dataset *data) {
    return data != NULL &&
           (fa_dataset_sample_name(data, 0) != NULL || fa_dataset_kind(data) == FA_KIND_TEXT);
}

/* What a sample is called, of a text its first words; NULL, size 0: nothing. */
static const char *called(size_t *size, const fa_dataset *data, size_t sample) {
    const char *name = fa_dataset_sample_name(data, sample);
    *size = name != NULL ? strlen(name) : 0;
    if (name == NULL && (name = fa_dataset_text(data, sample, size)) != NULL)
        *size = first_words(name, *size);
    return name;
}

static void put_name(fa__writer *to, const fa_dataset *data, size_t sample) {
    size_t size;
    const char *name = called(&size, data, sample);
    fa__writer_put(to, ",", 1);
    if (name != NULL) put_field(to, name, size);
}

/* A number as it is, a name in quotes; "" is nothing. */
static void put_label(fa__writer *to, int32_t label,
                      const char *(*name_of)(const void *, int32_t, char[FA__NAME_MAX]),
                      const void *user, char scratch[FA__NAME_MAX]) {
    const char *name = name_of != NULL ? name_of(user, label, scratch) : NULL;
    if (name == NULL)
        fa__writer_print(to, "%d", (int)label);
    else if (name[0] != '\0')
        put_field(to, name, strlen(name));
}

static void put_cluster_name(fa__writer *to, const fa_clusters *clusters, int32_t cluster) {
    const char *name = fa_clusters_name(clusters, cluster);
    fa__writer_put(to, ",", 1);
    if (name != NULL) put_field(to, name, strlen(name));
}

/* Whether the clusters lie within coarse labels; NULL: none were kept. */
static bool has_within(const fa_clusters *clusters) {
    return clusters != NULL && fa_clusters_within(clusters) != FA_WITHIN_NONE;
}

/* The label that a cluster lies within; NULL: none. */
static const char *within_of(const fa_clusters *clusters, int32_t cluster) {
    int32_t label = fa_clusters_label(clusters, cluster);
    return label >= 0 ? fa_clusters_label_name(clusters, label) : NULL;
}

static void put_within(fa__writer *to, const fa_clusters *clusters, int32_t cluster) {
    const char *name = within_of(clusters, cluster);
    fa__writer_put(to, ",", 1);
    if (name != NULL) put_field(to, name, strlen(name));
}

fa_status fa_clusters_write_csv(const char *path, const fa_cluster_table *t) {
    fa__writer to;
    char scratch[FA__NAME_MAX];
    bool named = has_names(t->data);
    FA_TRY(fa__writer_open(&to, path));
    bool within = has_within(t->within);
    bool called = t->within != NULL && fa_clusters_named(t->within);
    fa__writer_print(&to, "row,sample,coarse,%scluster,%sdistance,confidence%s%s\n",
                     within ? "within," : "", called ? "cluster_name," : "",
                     t->classes != NULL ? ",class" : "", named ? ",name" : "");
    for (size_t i = 0; i < t->n; i++) {
        size_t sample = t->samples != NULL ? (size_t)t->samples[i] : i;
        size_t row = t->data != NULL ? fa_dataset_row(t->data, sample) : sample;
        fa__writer_print(&to, "%zu,%zu,", i, row);
        if (t->coarse != NULL && t->coarse[i] >= 0)
            put_label(&to, t->coarse[i], t->coarse_name, t->user, scratch);
        if (within) put_within(&to, t->within, t->clusters[i]);
        fa__writer_print(&to, ",%d", (int)t->clusters[i]);
        if (called) put_cluster_name(&to, t->within, t->clusters[i]);
        fa__writer_print(&to, ",%.6g,%.4f", t->distance[i], t->confidence[i]);
        if (t->classes != NULL) {
            fa__writer_put(&to, ",", 1);
            put_label(&to, t->classes[i], t->class_name, t->user, scratch);
        }
        if (named) put_name(&to, t->data, sample);
        fa__writer_put(&to, "\n", 1);
    }
    return fa__writer_close(&to, true);
}

static const char *coarse_name(const void *view, int32_t label, char scratch[FA__NAME_MAX]) {
    (void)scratch;
    return fa__coarse_name(view, label);
}

static const char *class_name(const void *view, int32_t class_, char scratch[FA__NAME_MAX]) {
    return fa__class_name(view, (size_t)class_, scratch);
}

static size_t sample_of(const fa__view *v, size_t row) {
    return v->rows != NULL ? (size_t)v->rows[row] : row;
}

static fa_status clusters_csv(const fa__view *v) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__run_path(path, v->folder, FA_RUN_TABLE));
    const fa_cluster_table table = {.n = v->n,
                                    .samples = v->rows,
                                    .coarse = v->coarse,
                                    .clusters = v->clusters,
                                    .distance = v->distance,
                                    .confidence = v->confidence,
                                    .classes = v->classes,
                                    .within = v->kept,
                                    .coarse_name = coarse_name,
                                    .class_name = class_name,
                                    .user = v,
                                    .data = v->data};
    return fa_clusters_write_csv(path, &table);
}

/* A field of a .tsv has no way to hold a tab or a line break. */
static void tsv_text(fa__writer *to, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        fa__writer_put(to, (unsigned char)text[i] < ' ' ? " " : text + i, 1);
}

static fa_status vectors_tsv(const fa__view *v, const char *folder, const size_t *chosen,
                             size_t count) {
    fa__writer to;
    FA_TRY(open_file(&to, folder, FA_RUN_VECTORS));
    for (size_t i = 0; i < count; i++)
        for (size_t u = 0; u < v->d; u++)
            fa__writer_print(&to, "%.6g%c", (double)v->h[chosen[i] * v->d + u],
                             u + 1 < v->d ? '\t' : '\n');
    return fa__writer_close(&to, true);
}

static fa_status metadata_tsv(const fa__view *v, const char *folder, const size_t *chosen,
                              size_t count) {
    fa__writer to;
    char scratch[FA__NAME_MAX];
    FA_TRY(open_file(&to, folder, FA_RUN_METADATA));
    bool named = has_names(v->data), within = has_within(v->kept);
    fa__writer_print(&to, "row\tcoarse\t%scluster\tconfidence%s%s\n", within ? "within\t" : "",
                     v->classes != NULL ? "\tclass" : "", named ? "\tname" : "");
    for (size_t i = 0; i < count; i++) {
        size_t at = chosen[i];
        int32_t label = v->coarse != NULL ? v->coarse[at] : -1;
        const char *coarse = label >= 0 ? fa__coarse_name(v, label) : NULL;
        fa__writer_print(&to, "%zu\t", at);
        if (coarse != NULL)
            tsv_text(&to, coarse, strlen(coarse));
        else
            fa__writer_print(&to, "%d", (int)label);
        if (within) {
            const char *name = within_of(v->kept, v->clusters[at]);
            fa__writer_put(&to, "\t", 1);
            if (name != NULL) tsv_text(&to, name, strlen(name));
        }
        fa__writer_print(&to, "\t%d\t%.4f", (int)v->clusters[at], v->confidence[at]);
        if (v->classes != NULL) {
            fa__writer_put(&to, "\t", 1);
            const char *name = fa__class_name(v, (size_t)v->classes[at], scratch);
            tsv_text(&to, name, strlen(name));
        }
        if (named) {
            size_t size;
            const char *name = called(&size, v->data, sample_of(v, at));
            fa__writer_put(&to, "\t", 1);
            tsv_text(&to, name, size);
        }
        fa__writer_put(&to, "\n", 1);
    }
    return fa__writer_close(&to, true);
}

fa_status fa__export_vectors(const fa__view *v, const char *folder) {
    size_t *chosen, count;
    FA_TRY(fa__thin(&chosen, &count, v->n, FA__VECTORS_MAX));
    fa_status status = vectors_tsv(v, folder, chosen, count);
    if (status == FA_OK) status = metadata_tsv(v, folder, chosen, count);
    fa__free(chosen);
    return status;
}

fa_status fa__export(const fa__view *v) {
    FA_TRY(clusters_csv(v));
    return fa__export_vectors(v, v->folder);
}

/* ==== A table of points ==== */

static void put_point(fa__writer *to, const fa__view *v, size_t i, bool named, bool texts) {
    char scratch[FA__NAME_MAX];
    size_t sample = sample_of(v, i), size;
    fa__writer_print(to, "%zu,%.6g,%.6g,%d,%.4f",
                     v->data != NULL ? fa_dataset_row(v->data, sample) : sample,
                     (double)v->plane[2 * i], (double)v->plane[2 * i + 1], (int)v->clusters[i],
                     v->confidence[i]);
    if (v->coarse != NULL) {
        fa__writer_put(to, ",", 1);
        put_label(to, v->coarse[i], coarse_name, v, scratch);
    }
    if (has_within(v->kept)) put_within(to, v->kept, v->clusters[i]);
    if (v->classes != NULL) {
        fa__writer_put(to, ",", 1);
        put_label(to, v->classes[i], class_name, v, scratch);
    }
    if (named) {
        const char *name = fa_dataset_sample_name(v->data, sample);
        fa__writer_put(to, ",", 1);
        if (name != NULL) put_field(to, name, strlen(name));
    }
    if (texts) {
        const char *text = fa_dataset_text(v->data, sample, &size);
        fa__writer_put(to, ",", 1);
        put_field(to, text, size);
    }
    fa__writer_put(to, "\n", 1);
}

fa_status fa_export_csv(char *without, const char *path, const char *run) {
    fa__view v;
    fa__writer to;
    if (path == NULL || run == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", path == NULL ? "path" : "run");
    FA_TRY(fa__view_open(&v, run, NULL));
    bool texts = v.data != NULL && fa_dataset_kind(v.data) == FA_KIND_TEXT;
    bool named = v.data != NULL && fa_dataset_sample_name(v.data, 0) != NULL;
    fa_status status = fa__writer_open(&to, path);
    if (status == FA_OK) {
        fa__writer_print(&to, "id,x,y,cluster,confidence%s%s%s%s%s\n",
                         v.coarse != NULL ? ",coarse" : "", has_within(v.kept) ? ",within" : "",
                         v.classes != NULL ? ",class" : "", named ? ",name" : "",
                         texts ? ",text" : "");
        for (size_t i = 0; i < v.n; i++) put_point(&to, &v, i, named, texts);
        status = fa__writer_close(&to, true);
    }
    if (status == FA_OK && without != NULL) memcpy(without, v.no_data, sizeof v.no_data);
    fa__view_close(&v);
    return status;
}
