/* Clusters: where their centres are, to a buffer and back, and whose are new rows.
 *
 * Letters: n rows, d units of the layer, columns of the space they are clustered in, k clusters,
 * l coarse labels that they lie within. */
#include "model/clusters.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "cluster/borders.h"
#include "cluster/transform.h"
#include "data/column_names.h"
#include "formats/safetensors.h"
#include "model/likely.h"
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An older version would assign across labels what lies within some: it does not know the second.
 */
static const char format_name[] = "forced-apart clusters 1",
                  format_within[] = "forced-apart clusters 2", input_name[] = "input";

void fa_clusters_free(fa_clusters *clusters) {
    if (clusters == NULL) return;
    fa__cluster_names_free(clusters);
    fa_transform_free(clusters->transform);
    fa__free(clusters->centres);
    fa__free(clusters->sizes);
    fa__coarse_free(&clusters->coarse);
    fa__free(clusters->first);
    fa__free(clusters);
}

size_t fa_clusters_count(const fa_clusters *clusters) {
    return clusters->k;
}

size_t fa_clusters_layer(const fa_clusters *clusters) {
    return clusters->layer;
}

const char *fa_within_name(fa_within within) {
    static const char *const names[] = {"none", "given", "predicted"};
    return (unsigned)within < sizeof names / sizeof *names ? names[within] : NULL;
}

fa_within fa_clusters_within(const fa_clusters *clusters) {
    return clusters->within;
}

size_t fa_clusters_labels(const fa_clusters *clusters) {
    return clusters->coarse.names.count;
}

int32_t fa_clusters_label(const fa_clusters *clusters, int32_t cluster) {
    size_t y = 0;
    if (clusters->first == NULL || cluster < 0 || (size_t)cluster >= clusters->k) return -1;
    while ((size_t)cluster >= clusters->first[y + 1]) y++;
    return (int32_t)y;
}

const char *fa_clusters_label_name(const fa_clusters *clusters, int32_t label) {
    if (label < 0 || (size_t)label >= fa_clusters_labels(clusters)) return NULL;
    return fa__names_at(&clusters->coarse.names, (size_t)label);
}

/* ==== To bytes and back ==== */

enum { TENSORS_MAX = 7, METADATA_MAX = 8, NUMBER_TEXT = 32 };

/* What a file is made of, with the texts and numbers that were made for it. */
typedef struct file_parts {
    fa__tensor tensors[TENSORS_MAX];
    const char *metadata[METADATA_MAX][2];
    size_t n_tensors, n_metadata;
    char layer[NUMBER_TEXT], units[NUMBER_TEXT], model[NUMBER_TEXT];
    char *labels, *classes;
    int64_t *label, *label_of;
} file_parts;

static void add_metadata(file_parts *to, const char *key, const char *value) {
    to->metadata[to->n_metadata][0] = key;
    to->metadata[to->n_metadata++][1] = value;
}

static void add_tensor(file_parts *to, fa__tensor tensor) {
    to->tensors[to->n_tensors++] = tensor;
}

/* The label of each centre, how rows get theirs, and all names. */
static fa_status add_labels(file_parts *to, const fa_clusters *c) {
    size_t m = c->coarse.classes.count;
    FA_TRY(FA_NEW(to->label, c->k));
    for (size_t i = 0; i < c->k; i++) to->label[i] = fa_clusters_label(c, (int32_t)i);
    FA_TRY(fa__columns_to_text(&to->labels, c->coarse.names.text, c->coarse.names.count));
    add_tensor(to, (fa__tensor){"label", FA__I64, 1, {c->k}, to->label});
    if (c->temperature > 0)
        add_tensor(to, (fa__tensor){"temperature", FA__F64, 1, {1}, &c->temperature});
    add_metadata(to, "within", fa_within_name(c->within));
    add_metadata(to, "labels", to->labels);
    if (m == 0) return FA_OK;
    FA_TRY(FA_NEW(to->label_of, m));
    for (size_t i = 0; i < m; i++) to->label_of[i] = c->coarse.label_of[i];
    FA_TRY(fa__columns_to_text(&to->classes, c->coarse.classes.text, m));
    add_tensor(to, (fa__tensor){"class_label", FA__I64, 1, {m}, to->label_of});
    add_metadata(to, "classes", to->classes);
    return FA_OK;
}

fa_status fa_clusters_to_buffer(unsigned char **bytes, size_t *size, const fa_clusters *c) {
    fa_status status = FA_OK;
    file_parts parts = {0};
    if (bytes == NULL || size == NULL || c == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", c == NULL ? "clusters" : "bytes or size");
    const fa_transform *t = c->transform;
    add_tensor(&parts, (fa__tensor){"centres", FA__F64, 2, {c->k, t->columns}, c->centres});
    add_tensor(&parts, (fa__tensor){"sizes", FA__I64, 1, {c->k}, c->sizes});
    if (t->mean != NULL) {
        size_t rank = fa__transform_whitens(t->kind) ? 2 : 1;
        add_tensor(&parts, (fa__tensor){"mean", FA__F64, 1, {t->d}, t->mean});
        add_tensor(&parts, (fa__tensor){"factor", FA__F64, rank, {t->d, t->columns}, t->factor});
    }
    if (c->layer == FA_LAYER_INPUT)
        snprintf(parts.layer, sizeof parts.layer, "%s", input_name);
    else
        snprintf(parts.layer, sizeof parts.layer, "%zu", c->layer);
    snprintf(parts.units, sizeof parts.units, "%zu", t->d);
    snprintf(parts.model, sizeof parts.model, "%016llx", (unsigned long long)c->model);
    add_metadata(&parts, "format", c->within != FA_WITHIN_NONE ? format_within : format_name);
    add_metadata(&parts, "transform", fa_transform_name(t->kind));
    add_metadata(&parts, "layer", parts.layer);
    add_metadata(&parts, "units", parts.units);
    if (c->model != 0) add_metadata(&parts, "model", parts.model);
    if (c->within != FA_WITHIN_NONE) FA_CHECK(add_labels(&parts, c));
    FA_CHECK(fa__safetensors_to_buffer(bytes, size, parts.tensors, parts.n_tensors, parts.metadata,
                                       parts.n_metadata));
done:
    fa__free(parts.labels);
    fa__free(parts.classes);
    fa__free(parts.label);
    fa__free(parts.label_of);
    return status;
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

/* How many names a text of them has: one a line. */
static size_t lines_of(const char *text) {
    size_t count = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++) count++;
    return count;
}

/* A tensor of whole numbers 0 to below - 1; count 0: any. */
static fa_status find_labels(const fa__tensor **out, const fa__safetensors *file, const char *name,
                             size_t count, size_t below) {
    const fa__tensor *t = fa__safetensors_find(file, name);
    if (t == NULL || t->dtype != FA__I64 || t->rank != 1 || t->shape[0] != count)
        return fa__fail(FA_E_FORMAT, "the tensor %s is missing or of another shape", name);
    const int64_t *values = t->data;
    for (size_t i = 0; i < count; i++)
        if (values[i] < 0 || (uint64_t)values[i] >= below)
            return fa__fail(FA_E_FORMAT, "%s: element %zu is %lld, there are %zu labels", name, i,
                            (long long)values[i], below);
    *out = t;
    return FA_OK;
}

/* Where the clusters of each label begin: centres lie in the order of labels. */
static fa_status read_first(fa_clusters *c, const fa__safetensors *file, size_t l) {
    const fa__tensor *t;
    FA_TRY(find_labels(&t, file, "label", c->k, l));
    const int64_t *label = t->data;
    FA_TRY(FA_NEW_ZERO(c->first, l + 1));
    for (size_t i = 0; i < c->k; i++) {
        if (i > 0 && label[i] < label[i - 1])
            return fa__fail(FA_E_FORMAT, "label: centre %zu does not lie in the order of labels",
                            i);
        c->first[label[i] + 1]++;
    }
    for (size_t y = 0; y < l; y++) {
        bool some = c->first[y + 1] == 0;
        c->first[y + 1] += c->first[y];
        for (size_t i = c->first[y]; i < c->first[y + 1]; i++) some = some || c->sizes[i] > 0;
        if (!some) return fa__fail(FA_E_FORMAT, "none of the clusters of label %zu has a row", y);
    }
    return FA_OK;
}

/* Absent where the network alone tells labels, and in older files. */
static fa_status read_temperature(fa_clusters *c, const fa__safetensors *file) {
    double *value;
    if (fa__safetensors_find(file, "temperature") == NULL) return FA_OK;
    FA_TRY(read_doubles(&value, file, "temperature", 1, 0));
    c->temperature = *value;
    fa__free(value);
    if (c->temperature > 0) return FA_OK;
    return fa__fail(FA_E_FORMAT, "the temperature is %g; it is above 0", c->temperature);
}

static fa_status read_labels(fa_clusters *c, const fa__safetensors *file) {
    const char *within = fa__safetensors_metadata(file, "within"),
               *labels = fa__safetensors_metadata(file, "labels"),
               *classes = fa__safetensors_metadata(file, "classes");
    const fa__tensor *t;
    c->within = FA_WITHIN_GIVEN;
    while (within != NULL && fa_within_name(c->within) != NULL &&
           strcmp(within, fa_within_name(c->within)) != 0)
        c->within++;
    if (within == NULL || fa_within_name(c->within) == NULL || labels == NULL ||
        lines_of(labels) == 0)
        return fa__fail(FA_E_FORMAT, "the metadata within and labels do not say within what");
    size_t l = lines_of(labels), m = classes != NULL ? lines_of(classes) : 0;
    FA_TRY(fa__columns_from_text(&c->coarse.names, l, labels));
    FA_TRY(read_first(c, file, l));
    FA_TRY(read_temperature(c, file));
    if (m == 0) return FA_OK;
    FA_TRY(fa__columns_from_text(&c->coarse.classes, m, classes));
    FA_TRY(find_labels(&t, file, "class_label", m, l));
    FA_TRY(FA_NEW(c->coarse.label_of, m));
    for (size_t i = 0; i < m; i++) c->coarse.label_of[i] = (int32_t)((const int64_t *)t->data)[i];
    return FA_OK;
}

static fa_status read_clusters(fa_clusters *c, const fa__safetensors *file) {
    const char *format = fa__safetensors_metadata(file, "format");
    const char *kind = fa__safetensors_metadata(file, "transform");
    const fa__tensor *centres = fa__safetensors_find(file, "centres");
    fa_transform_kind which = FA_TRANSFORM_NONE;
    size_t units = 0;
    bool within = format != NULL && strcmp(format, format_within) == 0;
    if (format == NULL || !(within || strcmp(format, format_name) == 0) || kind == NULL ||
        !fa__transform_find(&which, kind))
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
    t->kind = which;
    t->d = units;
    t->columns = fa__transform_whitens(t->kind) ? centres->shape[1] : units;
    FA_TRY(read_doubles(&c->centres, file, "centres", c->k, t->columns));
    FA_TRY(read_sizes(c, file));
    if (within) FA_TRY(read_labels(c, file));
    if (t->kind == FA_TRANSFORM_NONE || t->kind == FA_TRANSFORM_UNIT) return FA_OK;
    FA_TRY(read_doubles(&t->mean, file, "mean", units, 0));
    return read_doubles(&t->factor, file, "factor", units,
                        fa__transform_whitens(t->kind) ? t->columns : 0);
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

/* Labels that rows may have: one of l, or below 0. */
static fa_status check_labels(const fa_clusters *c, const int32_t *labels, size_t n) {
    if (c->within == FA_WITHIN_NONE) return FA_OK;
    if (labels == NULL)
        return fa__fail(FA_E_ARGUMENT, "labels is NULL; the clusters lie within %s coarse labels",
                        fa_within_name(c->within));
    for (size_t i = 0; i < n; i++)
        if (labels[i] >= 0 && (size_t)labels[i] >= fa_clusters_labels(c))
            return fa__fail(FA_E_LABEL, "labels[%zu] is %d; the clusters lie within %zu labels", i,
                            (int)labels[i], fa_clusters_labels(c));
    return FA_OK;
}

/* The clusters that a row may get: those of its label, all where it has none or that has none. */
static void clusters_open_to(size_t *from, size_t *count, const fa_clusters *c, int32_t label) {
    *from = 0;
    *count = c->k;
    if (label < 0 || c->first[label] == c->first[label + 1]) return;
    *from = c->first[label];
    *count = c->first[label + 1] - *from;
}

/* Rows x [n, columns] of the space; distance and confidence may be NULL. */
static fa_status assign_rows(int32_t *assignment, double *distance, double *confidence,
                             const fa_clusters *c, const float *x, size_t n,
                             const int32_t *labels) {
    size_t columns = fa_transform_columns(c->transform), *sizes;
    FA_TRY(FA_NEW(sizes, c->k));
    for (size_t i = 0; i < c->k; i++) sizes[i] = (size_t)c->sizes[i];
    for (size_t i = 0; i < n; i++) {
        size_t from, count;
        double away, sure;
        clusters_open_to(&from, &count, c, c->within != FA_WITHIN_NONE ? labels[i] : -1);
        assignment[i] = -1;
        fa__borders(&away, &sure, &assignment[i], x + i * columns, 1, columns,
                    c->centres + from * columns, sizes + from, count);
        assignment[i] += (int32_t)from;
        if (distance != NULL) distance[i] = away;
        if (confidence != NULL) confidence[i] = sure;
    }
    fa__free(sizes);
    return FA_OK;
}

fa_status fa_clusters_assign(int32_t *assignment, double *distance, double *confidence,
                             const fa_clusters *c, const float *h, size_t n, size_t d,
                             const int32_t *labels) {
    fa_status status = FA_OK;
    float *x = NULL;
    if (c == NULL || assignment == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; assigning needs clusters, and room",
                        c == NULL ? "clusters" : "assignment");
    FA_TRY(check_labels(c, labels, n));
    FA_CHECK(FA_NEW(x, n * fa_transform_columns(c->transform)));
    FA_CHECK(fa_transform_apply(x, c->transform, h, n, d));
    FA_CHECK(assign_rows(assignment, distance, confidence, c, x, n, labels));
done:
    fa__free(x);
    return status;
}

static fa__centres centres_of(const fa_clusters *c) {
    return (fa__centres){c->centres, c->sizes, c->first, fa_clusters_labels(c),
                         fa_transform_columns(c->transform)};
}

/* Rows that say no label, to the clusters of the likely one. */
static fa_status settle(int32_t *assignment, const fa_clusters *clusters, const float *x,
                        const float *logits, size_t c, const int32_t *labels, size_t n) {
    fa_status status = FA_OK;
    const fa__centres centres = centres_of(clusters);
    int32_t *likely = NULL, *assigned = NULL;
    FA_CHECK(FA_NEW(likely, n));
    FA_CHECK(FA_NEW(assigned, n));
    memcpy(likely, labels, n * sizeof *likely);
    FA_CHECK(fa__likely_labels(likely, &centres, clusters->temperature, x, logits, n, c));
    FA_CHECK(assign_rows(assigned, NULL, NULL, clusters, x, n, likely));
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0) assignment[i] = assigned[i];
done:
    fa__free(likely);
    fa__free(assigned);
    return status;
}

fa_status fa__clusters_calibrate(fa_clusters *clusters, int32_t *assignment, double spread,
                                 const float *x, const float *logits, size_t c,
                                 const int32_t *labels, size_t n, const size_t *held,
                                 size_t held_count) {
    const fa__centres centres = centres_of(clusters);
    size_t said = 0;
    FA_TRY(fa__likely_temperature(&clusters->temperature, &centres, spread, x, logits, c, labels,
                                  assignment, held, held_count));
    for (size_t i = 0; i < n; i++) said += labels[i] >= 0;
    if (said == n || !(clusters->temperature > 0)) return FA_OK; /* all are where they belong */
    return settle(assignment, clusters, x, logits, c, labels, n);
}

/* ==== Samples ==== */

enum { STRETCH = 1 << 16 }; /* samples whose rows are there at once */

/* Samples on their way to their clusters, a stretch at a time. */
typedef struct finding {
    const fa_clusters *clusters;
    const fa_model *model;
    const fa_dataset *data; /* as the model takes them */
    size_t units, outputs, n, done;
    size_t *samples;       /* [STRETCH] */
    float *h, *x, *logits; /* [STRETCH, units], [STRETCH, columns], [STRETCH, outputs]; NULL: not
                              needed */
    int32_t *assignment, *labels;  /* [n] */
    double *distance, *confidence; /* [n] */
    fa_progress_fn progress;
    void *user;
} finding;

static int report(void *user, const fa_progress *of_stretch) {
    const finding *f = user;
    fa_progress all = *of_stretch;
    all.done += f->done;
    all.total = f->n;
    return f->progress(f->user, &all);
}

static fa_status find_stretch(finding *f) {
    size_t n = f->n - f->done < STRETCH ? f->n - f->done : STRETCH, at = f->done;
    for (size_t i = 0; i < n; i++) f->samples[i] = at + i;
    FA_TRY(fa__model_embed(f->h, f->logits, f->model, f->clusters->layer, f->data, f->samples, n,
                           f->progress != NULL ? report : NULL, f));
    FA_TRY(fa_transform_apply(f->x, f->clusters->transform, f->h, n, f->units));
    if (f->logits != NULL) {
        const fa__centres centres = centres_of(f->clusters);
        FA_TRY(fa__likely_labels(f->labels + at, &centres, f->clusters->temperature, f->x,
                                 f->logits, n, f->outputs));
    }
    FA_TRY(assign_rows(f->assignment + at, f->distance + at, f->confidence + at, f->clusters, f->x,
                       n, f->labels + at));
    f->done += n;
    return FA_OK;
}

static fa_status open_finding(finding *f) {
    size_t stretch = f->n < STRETCH ? f->n : STRETCH;
    FA_TRY(FA_NEW(f->samples, stretch));
    FA_TRY(FA_NEW(f->h, stretch * f->units));
    FA_TRY(FA_NEW(f->x, stretch * fa_transform_columns(f->clusters->transform)));
    if (f->clusters->within != FA_WITHIN_NONE) FA_TRY(FA_NEW(f->logits, stretch * f->outputs));
    FA_TRY(FA_NEW(f->assignment, f->n));
    FA_TRY(FA_NEW(f->labels, f->n));
    FA_TRY(FA_NEW(f->distance, f->n));
    return FA_NEW(f->confidence, f->n);
}

static void close_finding(finding *f) {
    fa__free(f->samples);
    fa__free(f->h);
    fa__free(f->x);
    fa__free(f->logits);
    fa__free(f->assignment);
    fa__free(f->labels);
    fa__free(f->distance);
    fa__free(f->confidence);
}

/* The labels that the data say, as the clusters take them; -1: none. */
static fa_status labels_said(int32_t *labels, size_t *given, const fa_clusters *c,
                             const fa_dataset *data) {
    *given = 0;
    for (size_t i = 0; i < data->n; i++) labels[i] = -1;
    if (c->within == FA_WITHIN_GIVEN) FA_TRY(fa__coarse_given(labels, &c->coarse, data));
    for (size_t i = 0; i < data->n; i++) *given += labels[i] >= 0;
    return FA_OK;
}

static fa_status check_within(const fa_clusters *c, size_t outputs) {
    if (c->within == FA_WITHIN_NONE ||
        fa_clusters_labels(c) == (outputs == 1 ? 2 : outputs)) /* a sigmoid tells two apart */
        return FA_OK;
    return fa__fail(FA_E_SHAPE, "the clusters lie within %zu labels, the model has %zu outputs",
                    fa_clusters_labels(c), outputs);
}

fa_status fa_clusters_find(int32_t *assignment, double *distance, double *confidence,
                           int32_t *labels, size_t *given, const fa_clusters *c,
                           const fa_model *model, const fa_dataset *data, fa_progress_fn progress,
                           void *user) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t found;
    if (assignment == NULL || data == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", data == NULL ? "data" : "assignment");
    FA_TRY(fa_clusters_check(c, model));
    finding f = {.clusters = c,
                 .model = model,
                 .data = data,
                 .outputs = fa_model_outputs(model),
                 .n = data->n,
                 .progress = progress,
                 .user = user};
    FA_TRY(fa_model_layer_units(&f.units, model, c->layer));
    FA_TRY(check_within(c, f.outputs));
    FA_CHECK(open_finding(&f));
    FA_CHECK(labels_said(f.labels, &found, c, data));
    FA_CHECK(fa__model_take(&made, model, data));
    if (made != NULL) f.data = made;
    while (f.done < f.n) FA_CHECK(find_stretch(&f));
    memcpy(assignment, f.assignment, f.n * sizeof *assignment);
    if (distance != NULL) memcpy(distance, f.distance, f.n * sizeof *distance);
    if (confidence != NULL) memcpy(confidence, f.confidence, f.n * sizeof *confidence);
    if (labels != NULL) memcpy(labels, f.labels, f.n * sizeof *labels);
    if (given != NULL) *given = found;
done:
    fa_dataset_free(made);
    close_finding(&f);
    return status;
}
