/* What is computed of a run: centres, distances, tables, principal components. */
#include "report/view.h"

#include "base/memory.h"
#include "base/number.h"
#include "cluster/borders.h"
#include "cluster/pca.h"
#include "cluster/transform.h"
#include "report/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ==== Centres and distances ==== */

/* The rows as KMeans saw them. */
static fa_status clustered_space(fa__view *v) {
    fa_status status = FA_OK;
    fa_transform *transform = NULL;
    const char *name = fa__view_key(v, "cluster.transform");
    fa_transform_kind kind;
    if (!fa__transform_find(&kind, name))
        return fa__fail(FA_E_RECIPE, "%s: cluster.transform = %s is not known here", v->folder,
                        name);
    size_t components =
        fa__transform_whitens(kind) ? strtoul(fa__view_key(v, "cluster.components"), NULL, 10) : 0;
    FA_CHECK(fa__transform_fit(&transform, kind, components, v->h, v->n, v->d, NULL));
    v->columns = fa_transform_columns(transform);
    FA_CHECK(FA_NEW(v->space, v->n * v->columns));
    FA_CHECK(fa_transform_apply(v->space, transform, v->h, v->n, v->d));
done:
    fa_transform_free(transform);
    return status;
}

/* The mean of each cluster; an empty one stays at 0 and is left out below. */
static void centres_of(double *centres, const fa__view *v) {
    const float *x = v->space;
    size_t d = v->columns;
    for (size_t i = 0; i < v->n; i++) {
        size_t c = (size_t)v->clusters[i];
        for (size_t j = 0; j < d; j++) centres[c * d + j] += (double)x[i * d + j];
    }
    for (size_t c = 0; c < v->k; c++)
        for (size_t j = 0; j < d && v->found[c].size > 0; j++)
            centres[c * d + j] /= (double)v->found[c].size;
}

/* A row lies within the label of its cluster. */
static fa_status assign_within(int32_t *own, fa__view *v, const fa_clusters *kept) {
    int32_t *labels;
    FA_TRY(FA_NEW(labels, v->n));
    for (size_t i = 0; i < v->n; i++) labels[i] = fa_clusters_label(kept, v->clusters[i]);
    fa_status status =
        fa_clusters_assign(own, v->distance, v->confidence, kept, v->h, v->n, v->d, labels);
    fa__free(labels);
    return status;
}

/* Distances to the centres that the run kept; to the means of the clusters where it kept none. */
static fa_status measure(fa__view *v, size_t *sizes) {
    const fa_clusters *kept;
    double *centres;
    int32_t *own;
    FA_TRY(FA_NEW(own, v->n));
    memcpy(own, v->clusters, v->n * sizeof *own);
    fa_status status = fa_run_clusters(&kept, v->run);
    if (status == FA_OK) {
        v->kept = kept;
        status = assign_within(own, v, kept);
        if (status == FA_OK && memcmp(own, v->clusters, v->n * sizeof *own) != 0)
            status =
                fa__fail(FA_E_FORMAT, "%s and %s do not belong together; take the files of one run",
                         fa_run_file_name(FA_RUN_CLUSTERS), fa_run_file_name(FA_RUN_ASSIGNMENT));
        if (status != FA_OK && status != FA_E_NOMEM) fa__fail_within(status, "%s", v->folder);
    } else if (status == FA_E_IO) {
        status = FA_NEW_ZERO(centres, v->k * v->columns);
        if (status == FA_OK) {
            centres_of(centres, v);
            fa__borders(v->distance, v->confidence, own, v->space, v->n, v->columns, centres, sizes,
                        v->k);
            fa__free(centres);
        }
    }
    fa__free(own);
    return status;
}

static fa_status distances(fa__view *v) {
    size_t *sizes;
    FA_TRY(clustered_space(v));
    FA_TRY(FA_NEW_ZERO(v->found, v->k));
    FA_TRY(FA_NEW(v->distance, v->n));
    FA_TRY(FA_NEW(v->confidence, v->n));
    FA_TRY(FA_NEW(sizes, v->k));
    for (size_t i = 0; i < v->n; i++) v->found[v->clusters[i]].size++;
    for (size_t c = 0; c < v->k; c++) sizes[c] = v->found[c].size;
    fa_status status = measure(v, sizes);
    fa__free(sizes);
    if (status != FA_OK) return status;
    for (size_t i = 0; i < v->n; i++)
        v->found[v->clusters[i]].spread += v->distance[i] * v->distance[i];
    for (size_t c = 0; c < v->k; c++)
        if (v->found[c].size > 0)
            v->found[c].spread = sqrt(v->found[c].spread / (double)v->found[c].size);
    return FA_OK;
}

/* ==== Tables ==== */

static fa_status table_of(size_t **out, const fa__view *v, const int32_t *labels, size_t count) {
    if (labels == NULL) return FA_OK;
    FA_TRY(FA_NEW_ZERO(*out, v->k * count));
    for (size_t i = 0; i < v->n; i++) (*out)[(size_t)v->clusters[i] * count + (size_t)labels[i]]++;
    return FA_OK;
}

/* Matching takes the cube of the larger number; sample numbers taken for classes are no classes. */
enum { MATCH_MAX = 1000 };

static fa_status tables(fa__view *v) {
    size_t count;
    const int32_t *truth = fa__view_truth(v, &count);
    FA_TRY(table_of(&v->coarse_counts, v, v->coarse, v->groups));
    FA_TRY(table_of(&v->class_counts, v, v->classes, v->n_classes));
    for (size_t c = 0; c < v->k; c++) v->found[c].matched = -1;
    v->has_match = v->classes != NULL && v->k <= MATCH_MAX && v->n_classes <= MATCH_MAX;
    if (v->has_match) {
        int32_t *match;
        FA_TRY(FA_NEW(match, v->k));
        fa_status status =
            fa_match_clusters(match, &v->agreed, v->class_counts, v->k, v->n_classes);
        for (size_t c = 0; status == FA_OK && c < v->k; c++) v->found[c].matched = match[c];
        fa__free(match);
        if (status != FA_OK) return status;
    }
    for (size_t u = 0; u < v->d; u++) {
        size_t i = 1;
        while (i < v->n && v->h[i * v->d + u] == v->h[u]) i++;
        v->dead += i == v->n;
    }
    if (truth == NULL) return FA_OK;
    FA_TRY(FA_NEW(v->activation, v->d * count));
    return fa_activation_counts(v->activation, &v->silent, v->h, v->n, v->d, truth, count);
}

/* ==== Principal components ==== */

enum { COMPONENTS = 8 };

static fa_status project(fa__view *v) {
    fa_status status = FA_OK;
    double *mean = NULL, *components = NULL, *share = NULL;
    size_t kept = v->d < COMPONENTS ? v->d : COMPONENTS, k = v->d < 2 ? 1 : 2;
    float *flat = NULL;
    FA_CHECK(FA_NEW(mean, v->d));
    FA_CHECK(FA_NEW(components, kept * v->d));
    FA_CHECK(FA_NEW(share, kept));
    FA_CHECK(FA_NEW(flat, v->n * k));
    FA_CHECK(fa__pca_fit(mean, components, NULL, share, v->h, v->n, v->d, kept, NULL));
    FA_CHECK(fa_pca_apply(flat, v->h, v->n, v->d, mean, components, k));
    FA_CHECK(FA_NEW_ZERO(v->plane, v->n * 2));
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < k; j++) v->plane[i * 2 + j] = flat[i * k + j];
    v->components = kept;
    v->variance_share = share;
    share = NULL;
done:
    fa__free(mean);
    fa__free(components);
    fa__free(share);
    fa__free(flat);
    return status;
}

/* ==== Pairs ==== */

enum { PAIR_ROWS = 512 };

static double number_of(const fa__view *v, const char *key) {
    return fa__to_double(fa__view_key(v, key), NULL);
}

/* What L_multi would still push, on a draw of the rows. */
static fa_status pairs(fa__view *v) {
    fa_status status = FA_OK;
    size_t *chosen = NULL, count;
    float *h = NULL;
    int32_t *labels = NULL;
    fa_loss_options options = {.size = sizeof(fa_loss_options),
                               .margin = (float)number_of(v, "loss.margin")};
    v->active_pairs = (double)NAN;
    if (strcmp(fa__view_key(v, "loss.kind"), "multi") != 0) return FA_OK;
    if (strcmp(fa__view_key(v, "loss.divergence"), "js") == 0)
        options.divergence = FA_DIVERGENCE_JS;
    bool by_label = v->coarse != NULL && strcmp(fa__view_key(v, "loss.labels"), "yes") == 0;
    FA_CHECK(fa__thin(&chosen, &count, v->n, PAIR_ROWS));
    FA_CHECK(FA_NEW(h, count * v->d));
    FA_CHECK(FA_NEW(labels, count));
    for (size_t i = 0; i < count; i++) {
        memcpy(h + i * v->d, v->h + chosen[i] * v->d, v->d * sizeof *h);
        labels[i] = by_label ? v->coarse[chosen[i]] : 0;
    }
    FA_CHECK(fa_loss_active_pairs(&v->active_pairs, h, count, v->d, labels, &options));
done:
    fa__free(chosen);
    fa__free(h);
    fa__free(labels);
    return status;
}

fa_status fa__view_cluster(fa__view *v) {
    FA_TRY(distances(v));
    FA_TRY(tables(v));
    FA_TRY(pairs(v));
    return project(v);
}
