/* Clusters: where their centres are, to a buffer and back, and whose are new rows.
 *
 * Letters: n rows, d units of the layer, columns of the space they are clustered in, k clusters. */
#include "model/clusters.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "cluster/borders.h"
#include "cluster/transform.h"
#include "formats/safetensors.h"
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "forced-apart clusters 1", input_name[] = "input";

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

/* ==== To bytes and back ==== */

static const char *const kinds[] = {[FA_TRANSFORM_NONE] = "none",
                                    [FA_TRANSFORM_UNIT] = "unit",
                                    [FA_TRANSFORM_STANDARD] = "standard",
                                    [FA_TRANSFORM_WHITEN] = "whiten"};
enum { KINDS = sizeof kinds / sizeof *kinds, TENSORS_MAX = 4, NUMBER_TEXT = 32 };

fa_status fa_clusters_to_buffer(unsigned char **bytes, size_t *size, const fa_clusters *c) {
    if (bytes == NULL || size == NULL || c == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", c == NULL ? "clusters" : "bytes or size");
    const fa_transform *t = c->transform;
    char layer[NUMBER_TEXT], units[NUMBER_TEXT], model[NUMBER_TEXT];
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
    if (c->layer == FA_LAYER_INPUT)
        snprintf(layer, sizeof layer, "%s", input_name);
    else
        snprintf(layer, sizeof layer, "%zu", c->layer);
    snprintf(units, sizeof units, "%zu", t->d);
    snprintf(model, sizeof model, "%016llx", (unsigned long long)c->model);
    const char *metadata[][2] = {{"format", format_name},
                                 {"transform", kinds[t->kind]},
                                 {"layer", layer},
                                 {"units", units},
                                 {"model", model}};
    return fa__safetensors_to_buffer(bytes, size, tensors, t->mean != NULL ? 4 : 2, metadata,
                                     c->model != 0 ? 5 : 4);
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
    const char *layer = fa__safetensors_metadata(file, "layer");
    bool input = layer != NULL && strcmp(layer, input_name) == 0;
    if (input) c->layer = FA_LAYER_INPUT;
    if ((!input && !read_number(&c->layer, file, "layer", 1000)) ||
        !read_number(&units, file, "units", 1u << 20) || units < 1)
        return fa__fail(FA_E_FORMAT, "the metadata layer and units do not say of which layer");
    const char *model = fa__safetensors_metadata(file, "model"); /* absent in older files */
    if (model != NULL && !fa__digest_read(&c->model, model))
        return fa__fail(FA_E_FORMAT, "the metadata model is no digest of 16 hexadecimal digits");
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

fa_status fa__clusters_parse(fa_clusters **out, unsigned char *bytes, size_t size,
                             const char *where) {
    fa_status status = FA_OK;
    fa__safetensors *file = NULL;
    fa_clusters *made = NULL;
    status = fa__safetensors_parse(&file, bytes, size, where);
    if (status != FA_OK) {
        fa__free(bytes);
        return status;
    }
    FA_CHECK(FA_NEW_ZERO(made, 1));
    status = read_clusters(made, file);
    if (status != FA_OK) FA_CHECK(fa__fail_within(status, "%s", where));
    *out = made;
    made = NULL;
done:
    fa__safetensors_free(file);
    fa_clusters_free(made);
    return status;
}

fa_status fa_clusters_from_buffer(fa_clusters **out, const void *bytes, size_t size) {
    unsigned char *copy;
    if (out == NULL || bytes == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "bytes");
    FA_TRY(FA_NEW(copy, size + 1));
    memcpy(copy, bytes, size);
    return fa__clusters_parse(out, copy, size, "clusters");
}

fa_status fa_clusters_check(const fa_clusters *clusters, const fa_model *model) {
    size_t units = 0;
    if (clusters == NULL || model == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", model == NULL ? "model" : "clusters");
    if (clusters->model != 0 && model->digest != 0 && clusters->model != model->digest)
        return fa__fail(FA_E_FORMAT, "the clusters are those of another model");
    FA_TRY(fa_model_layer_units(&units, model, clusters->layer));
    if (units == clusters->transform->d) return FA_OK;
    if (clusters->layer == FA_LAYER_INPUT)
        return fa__fail(FA_E_SHAPE, "the clusters are of %zu features, the model takes %zu",
                        clusters->transform->d, units);
    return fa__fail(FA_E_SHAPE, "the clusters are of %zu units, layer %zu of the model makes %zu",
                    clusters->transform->d, clusters->layer, units);
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
