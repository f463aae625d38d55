/* Clusters of a run: how many, where their centres are, and whose are new rows.
 *
 * Letters: n rows, d units of the layer, columns of the space they are clustered in, k clusters. */
#include "train/clusters.h"

#include "base/file.h"
#include "base/memory.h"
#include "cluster/borders.h"
#include "cluster/transform.h"
#include "formats/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "forced-apart clusters 1";

struct fa_clusters {
    fa_transform *transform;
    size_t layer;    /* as in cluster.layer */
    size_t k;        /* >= 1 */
    double *centres; /* [k, columns], the float32 that KMeans gave */
    int64_t *sizes;  /* [k] rows they were found with, one at least above 0 */
};

void fa_clusters_free(fa_clusters *clusters) {
    if (clusters == NULL) return;
    fa_transform_free(clusters->transform);
    fa__free(clusters->centres);
    fa__free(clusters->sizes);
    fa__free(clusters);
}

size_t fa_clusters_count(const fa_clusters *clusters) {
    return clusters->k;
}

size_t fa_clusters_layer(const fa_clusters *clusters) {
    return clusters->layer;
}

/* ==== Finding them ==== */

fa_status fa__space_open(fa__space *space, const fa_recipe *recipe, const float *h, size_t n,
                         size_t d) {
    fa_status status = FA_OK;
    *space = (fa__space){.n = n, .d = d};
    FA_CHECK(fa_transform_fit(&space->transform,
                              (fa_transform_kind)fa__recipe_choice(recipe, FA__CLUSTER_TRANSFORM),
                              fa__recipe_size(recipe, FA__CLUSTER_COMPONENTS), h, n, d));
    space->columns = fa_transform_columns(space->transform);
    space->x = h;
    if (space->transform->kind == FA_TRANSFORM_NONE) return FA_OK; /* they are there as they are */
    FA_CHECK(FA_NEW(space->made, n * space->columns));
    FA_CHECK(fa_transform_apply(space->made, space->transform, h, n, d));
    space->x = space->made;
    return FA_OK;
done:
    fa__space_close(space);
    return status;
}

void fa__space_close(fa__space *space) {
    fa_transform_free(space->transform);
    fa__free(space->made);
    *space = (fa__space){0};
}

/* Up to K_DEFAULT, or K_MORE beyond many coarse labels. */
enum { K_DEFAULT = 20, K_MORE = 10 };

fa_status fa__clusters_largest(size_t *k, size_t n, size_t beyond) {
    fa_sweep_options how = fa_sweep_options_default();
    size_t rows = how.rows < n ? how.rows : n, held = (size_t)(how.share * (double)rows);
    size_t most = beyond + K_MORE > K_DEFAULT ? beyond + K_MORE : K_DEFAULT;
    if (held < most) most = held;
    if (most < how.k_low + 1 || most <= beyond)
        return fa__fail(FA_E_ARGUMENT,
                        "cluster.k = auto: %zu rows are too few to compare numbers of clusters "
                        "above %zu: set cluster.k, e.g. %zu",
                        n, beyond > 0 ? beyond : how.k_low, how.k_low);
    *k = most;
    return FA_OK;
}

fa_status fa__clusters_choose(fa_sweep_choice *choice, const fa_recipe *recipe,
                              const fa__space *space, size_t coarse_labels) {
    fa_sweep_options how = fa_sweep_options_default();
    fa_sweep_row *rows;
    how.seed = (uint64_t)fa__recipe_number(recipe, FA__CLUSTER_SEED);
    FA_TRY(fa__clusters_largest(&how.k_high, space->n, coarse_labels));
    size_t count = how.k_high - how.k_low + 1;
    FA_TRY(FA_NEW(rows, count));
    fa_status status = fa_sweep_run(rows, space->x, space->n, space->columns, NULL, &how);
    if (status == FA_OK) status = fa_sweep_choose(choice, rows, count, coarse_labels);
    fa__free(rows);
    return status;
}

fa_status fa__clusters_fit(fa_clusters **out, int32_t *assignment, double *inertia,
                           const fa_recipe *recipe, fa__space *space, size_t k) {
    fa_status status = FA_OK;
    fa_clusters *made = NULL;
    float *centroids = NULL;
    fa_kmeans_options options = fa_kmeans_options_default();
    size_t columns = space->columns;
    options.k = k;
    options.restarts = fa__recipe_size(recipe, FA__CLUSTER_RESTARTS);
    options.seed = (uint64_t)fa__recipe_number(recipe, FA__CLUSTER_SEED);
    FA_CHECK(FA_NEW_ZERO(made, 1));
    made->layer = fa__recipe_size(recipe, FA__CLUSTER_LAYER);
    made->k = k;
    FA_CHECK(FA_NEW(centroids, k * columns));
    FA_CHECK(FA_NEW(made->centres, k * columns));
    FA_CHECK(FA_NEW_ZERO(made->sizes, k));
    FA_CHECK(fa_kmeans_fit(centroids, assignment, inertia, space->x, space->n, columns, &options));
    for (size_t i = 0; i < k * columns; i++) made->centres[i] = (double)centroids[i];
    for (size_t i = 0; i < space->n; i++) made->sizes[assignment[i]]++;
    made->transform = space->transform;
    space->transform = NULL;
    *out = made;
    made = NULL;
done:
    fa__free(centroids);
    fa_clusters_free(made);
    return status;
}

/* ==== On disk ==== */

static const char *const kinds[] = {[FA_TRANSFORM_NONE] = "none",
                                    [FA_TRANSFORM_UNIT] = "unit",
                                    [FA_TRANSFORM_STANDARD] = "standard",
                                    [FA_TRANSFORM_WHITEN] = "whiten"};
enum { KINDS = sizeof kinds / sizeof *kinds, TENSORS_MAX = 4, NUMBER_TEXT = 32 };

fa_status fa__clusters_write(const fa_clusters *c, const char *path) {
    const fa_transform *t = c->transform;
    char layer[NUMBER_TEXT], units[NUMBER_TEXT];
    fa__tensor tensors[TENSORS_MAX] = {
        {"centres", FA__F64, 2, {c->k, t->columns}, c->centres},
        {"sizes", FA__I64, 1, {c->k}, c->sizes},
        {"mean", FA__F64, 1, {t->d}, t->mean},
        {"factor", FA__F64, 1, {t->d}, t->factor},
    };
    if (t->kind == FA_TRANSFORM_WHITEN) {
        tensors[3].rank = 2;
        tensors[3].shape[1] = t->columns;
    }
    snprintf(layer, sizeof layer, "%zu", c->layer);
    snprintf(units, sizeof units, "%zu", t->d);
    const char *metadata[][2] = {
        {"format", format_name}, {"transform", kinds[t->kind]}, {"layer", layer}, {"units", units}};
    return fa__safetensors_write(path, tensors, t->mean != NULL ? 4 : 2, metadata, 4);
}

/* A copy of a tensor of doubles that must be there in this shape (columns 0: of rank 1), all
 * finite. */
static fa_status read_doubles(double **out, const fa__safetensors *file, const char *name,
                              size_t rows, size_t columns) {
    const fa__tensor *t = fa__safetensors_find(file, name);
    size_t rank = columns > 0 ? 2 : 1;
    if (t == NULL || t->dtype != FA__F64 || t->rank != rank || t->shape[0] != rows ||
        (rank == 2 && t->shape[1] != columns))
        return fa__fail(FA_E_FORMAT, "the tensor %s is missing or of another shape", name);
    size_t count = fa__tensor_count(t);
    const double *values = t->data;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fa__fail(FA_E_NONFINITE, "%s: element %zu is not finite", name, i);
    FA_TRY(FA_NEW(*out, count));
    memcpy(*out, values, count * sizeof **out);
    return FA_OK;
}

static fa_status read_sizes(fa_clusters *c, const fa__safetensors *file) {
    const fa__tensor *t = fa__safetensors_find(file, "sizes");
    if (t == NULL || t->dtype != FA__I64 || t->rank != 1 || t->shape[0] != c->k)
        return fa__fail(FA_E_FORMAT, "the tensor sizes is missing or of another shape");
    const int64_t *sizes = t->data;
    bool some = false;
    for (size_t i = 0; i < c->k; i++) {
        if (sizes[i] < 0)
            return fa__fail(FA_E_FORMAT, "cluster %zu has a size of %lld", i, (long long)sizes[i]);
        some = some || sizes[i] > 0;
    }
    if (!some) return fa__fail(FA_E_FORMAT, "none of the %zu clusters has a row", c->k);
    FA_TRY(FA_NEW(c->sizes, c->k));
    memcpy(c->sizes, sizes, c->k * sizeof *sizes);
    return FA_OK;
}

/* A whole number in the metadata; false where there is none or it is above `most`. */
static bool read_number(size_t *out, const fa__safetensors *file, const char *key, size_t most) {
    const char *text = fa__safetensors_metadata(file, key);
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9') return false;
    unsigned long long value = strtoull(text, &end, 10);
    *out = (size_t)value;
    return *end == '\0' && value <= most;
}

static fa_status read_clusters(fa_clusters *c, const fa__safetensors *file) {
    const char *format = fa__safetensors_metadata(file, "format");
    const char *kind = fa__safetensors_metadata(file, "transform");
    const fa__tensor *centres = fa__safetensors_find(file, "centres");
    size_t which = 0, units = 0;
    while (kind != NULL && which < KINDS && strcmp(kind, kinds[which]) != 0) which++;
    if (format == NULL || strcmp(format, format_name) != 0 || kind == NULL || which == KINDS)
        return fa__fail(FA_E_FORMAT, "no clusters of a run (its metadata do not say '%s')",
                        format_name);
    if (!read_number(&c->layer, file, "layer", 1000) ||
        !read_number(&units, file, "units", 1u << 20) || units < 1)
        return fa__fail(FA_E_FORMAT, "the metadata layer and units do not say of which layer");
    if (centres == NULL || centres->rank != 2 || centres->shape[0] < 1 || centres->shape[1] < 1 ||
        centres->shape[0] > INT32_MAX)
        return fa__fail(FA_E_FORMAT, "the tensor centres is missing or of another shape");
    c->k = centres->shape[0];
    FA_TRY(FA_NEW_ZERO(c->transform, 1));
    fa_transform *t = c->transform;
    t->kind = (fa_transform_kind)which;
    t->d = units;
    t->columns = t->kind == FA_TRANSFORM_WHITEN ? centres->shape[1] : units;
    FA_TRY(read_doubles(&c->centres, file, "centres", c->k, t->columns));
    FA_TRY(read_sizes(c, file));
    if (t->kind == FA_TRANSFORM_NONE || t->kind == FA_TRANSFORM_UNIT) return FA_OK;
    FA_TRY(read_doubles(&t->mean, file, "mean", units, 0));
    return read_doubles(&t->factor, file, "factor", units,
                        t->kind == FA_TRANSFORM_WHITEN ? t->columns : 0);
}

fa_status fa_clusters_open(fa_clusters **out, const char *run) {
    fa_status status = FA_OK;
    char path[FA__PATH_MAX];
    fa__safetensors *file = NULL;
    fa_clusters *made = NULL;
    if (out == NULL || run == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; clusters are opened from a run folder",
                        out == NULL ? "out" : "run");
    FA_TRY(fa__path_join(path, run, "clusters.safetensors"));
    if (fa__is_folder(run) && !fa__file_exists(path))
        return fa__fail(FA_E_IO,
                        "%s: not there: the run did not finish, or is of a version that kept no "
                        "centres; train --resume -o %s finds them again",
                        path, run);
    FA_TRY(fa__safetensors_read(&file, path));
    FA_CHECK(FA_NEW_ZERO(made, 1));
    status = read_clusters(made, file);
    if (status != FA_OK) FA_CHECK(fa__fail_within(status, "%s", path));
    *out = made;
    made = NULL;
done:
    fa__safetensors_free(file);
    fa_clusters_free(made);
    return status;
}

/* ==== Rows ==== */

size_t fa_clusters_columns(const fa_clusters *clusters) {
    return fa_transform_columns(clusters->transform);
}

fa_status fa_clusters_space(float *out, const fa_clusters *clusters, const float *h, size_t n,
                            size_t d) {
    if (clusters == NULL)
        return fa__fail(FA_E_ARGUMENT, "clusters is NULL; it is what rows are brought to");
    return fa_transform_apply(out, clusters->transform, h, n, d);
}

fa_status fa_clusters_assign(int32_t *assignment, double *distance, double *confidence,
                             const fa_clusters *c, const float *h, size_t n, size_t d) {
    fa_status status = FA_OK;
    float *x = NULL;
    double *away = NULL, *sure = NULL;
    size_t *sizes = NULL;
    if (c == NULL || assignment == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; assigning needs clusters, and room",
                        c == NULL ? "clusters" : "assignment");
    size_t columns = fa_transform_columns(c->transform);
    FA_CHECK(FA_NEW(x, n * columns));
    FA_CHECK(fa_transform_apply(x, c->transform, h, n, d));
    FA_CHECK(FA_NEW(away, n));
    FA_CHECK(FA_NEW(sure, n));
    FA_CHECK(FA_NEW(sizes, c->k)); /* nothing fails from here on: outputs may be written */
    for (size_t i = 0; i < c->k; i++) sizes[i] = (size_t)c->sizes[i];
    for (size_t i = 0; i < n; i++) assignment[i] = -1;
    fa__borders(away, sure, assignment, x, n, columns, c->centres, sizes, c->k);
    if (distance != NULL) memcpy(distance, away, n * sizeof *away);
    if (confidence != NULL) memcpy(confidence, sure, n * sizeof *sure);
done:
    fa__free(x);
    fa__free(away);
    fa__free(sure);
    fa__free(sizes);
    return status;
}
