/* Signals of a space without hidden classes.
 *
 * Two halves of the rows are clustered, and both clusterings told of all rows: what neither a
 * chance split of the data nor another seed of the training changes is what the clusters have of
 * their own. And what is near is of one class more often than not: clusters, wherever they were
 * found, keep the nearest rows of the input together. Letters: n rows, d columns, l labels, y one of
 * them, k clusters. */
#include "discover/candidate.h"

#include "base/memory.h"
#include "base/rng.h"
#include "cluster/silhouette.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

enum { RESTARTS = 3, HALVINGS = 3, FEW = 1000, SILHOUETTE_ROWS = 2000, VALUES_MAX = 1 << 26 };

/* ==== Rows ==== */

/* One at a random place in each of as many equal parts: data may come by class, or by turns. */
static fa_status draw(size_t **out, size_t count, size_t n, uint64_t seed) {
    fa__rng rng;
    size_t *samples;
    FA_TRY(FA_NEW(samples, count));
    fa__rng_seed(&rng, seed, FA__STREAM_JUDGED, 0);
    for (size_t i = 0; i < count; i++) {
        size_t from = (size_t)((double)i * (double)n / (double)count),
               to = (size_t)((double)(i + 1) * (double)n / (double)count);
        samples[i] = from + (to > from + 1 ? (size_t)fa__rng_below(&rng, to - from) : 0);
    }
    *out = samples;
    return FA_OK;
}

static fa_status pick(int32_t **out, const int32_t *of, const size_t *samples, size_t n) {
    if (of == NULL) return FA_OK;
    FA_TRY(FA_NEW(*out, n));
    for (size_t i = 0; i < n; i++) (*out)[i] = of[samples[i]];
    return FA_OK;
}

fa_status fa__judged_open(fa__judged *judged, const fa_dataset *data, size_t n,
                          const int32_t *samples, const int32_t *labels, const int32_t *classes) {
    fa_status status = FA_OK;
    size_t *rows = NULL, most = VALUES_MAX / (fa_dataset_features(data) + 1);
    if (most > FA__JUDGED) most = FA__JUDGED;
    if (most < judged->k) most = judged->k;
    judged->n = n < most ? n : most;
    FA_CHECK(draw(&rows, judged->n, n, judged->seed));
    FA_CHECK(pick(&judged->labels, labels, rows, judged->n));
    FA_CHECK(pick(&judged->classes, classes, rows, judged->n));
    for (size_t i = 0; samples != NULL && i < judged->n; i++) rows[i] = (size_t)samples[rows[i]];
    FA_CHECK(fa_dataset_subset(&judged->samples, data, rows, judged->n));
    for (size_t i = 0; labels != NULL && i < judged->n; i++)
        if (judged->labels[i] >= 0 && (size_t)judged->labels[i] >= judged->l)
            judged->l = (size_t)judged->labels[i] + 1;
done:
    fa__free(rows);
    return status;
}

void fa__judged_close(fa__judged *judged) {
    fa_dataset_free(judged->samples);
    fa_dataset_free(judged->views);
    fa__free(judged->labels);
    fa__free(judged->classes);
    fa__free(judged->k_of);
    fa__free(judged->told);
    for (size_t f = 0; f < judged->forms; f++) fa__free(judged->nearest[f]);
    *judged = (fa__judged){0};
}

void fa__rows_free(fa__rows *rows) {
    fa__free(rows->x);
    fa__free(rows->other);
    fa__free(rows->views);
    *rows = (fa__rows){0};
}

static fa_status embed(float **out, const fa_model *model, size_t layer, const fa_dataset *data,
                       size_t d) {
    FA_TRY(FA_NEW(*out, fa_dataset_count(data) * d));
    return fa_model_embed_layer(*out, model, layer, data, NULL, NULL);
}

fa_status fa__rows_of_input(fa__rows *rows, const fa__judged *judged, const fa_model *model) {
    size_t d, layer = model != NULL ? fa__model_input_layer(model) : 0;
    fa_kind kind = fa_dataset_kind(judged->samples);
    if (model != NULL && kind == FA_KIND_SERIES) layer = FA_LAYER_INPUT; /* its own steps */
    if (layer > 0) {
        FA_TRY(fa_model_layer_units(&rows->d, model, layer));
        FA_TRY(embed(&rows->x, model, layer, judged->samples, rows->d));
        if (judged->views == NULL) return FA_OK;
        return embed(&rows->views, model, layer, judged->views, rows->d);
    }
    FA_TRY(fa_dataset_matrix(&rows->x, &rows->d, judged->samples, NULL, judged->n));
    if (judged->views == NULL || (kind != FA_KIND_IMAGES && kind != FA_KIND_VECTORS)) return FA_OK;
    return fa_dataset_matrix(&rows->views, &d, judged->views, NULL, 2 * judged->m);
}

fa_status fa__rows_of_model(fa__rows *rows, const fa__judged *judged, const fa_model *model,
                            const fa_model *other, size_t layer) {
    FA_TRY(fa_model_layer_units(&rows->d, model, layer));
    FA_TRY(embed(&rows->x, model, layer, judged->samples, rows->d));
    rows->other_d = rows->d;
    if (other != NULL) FA_TRY(embed(&rows->other, other, layer, judged->samples, rows->d));
    if (judged->views == NULL) return FA_OK;
    return embed(&rows->views, model, layer, judged->views, rows->d);
}

/* The views go by the transform of the rows. */
static fa_status transform(fa__rows *out, const float *x, const float *x_views,
                           const fa__judged *judged, size_t d, fa_transform_kind kind,
                           size_t components) {
    fa_status status = FA_OK;
    fa_transform *fitted = NULL;
    FA_CHECK(fa_transform_fit(&fitted, kind, components, x, judged->n, d));
    out->d = fa_transform_columns(fitted);
    FA_CHECK(FA_NEW(out->x, judged->n * out->d));
    FA_CHECK(fa_transform_apply(out->x, fitted, x, judged->n, d));
    if (x_views != NULL) {
        FA_CHECK(FA_NEW(out->views, 2 * judged->m * out->d));
        FA_CHECK(fa_transform_apply(out->views, fitted, x_views, 2 * judged->m, d));
    }
done:
    fa_transform_free(fitted);
    return status;
}

fa_status fa__rows_transform(fa__rows *out, const fa__rows *of, const fa__judged *judged,
                             fa_transform_kind kind, size_t components) {
    FA_TRY(transform(out, of->x, of->views, judged, of->d, kind, components));
    if (of->other == NULL) return FA_OK;
    fa__rows other = {0};
    fa_status status = transform(&other, of->other, NULL, judged, of->d, kind, components);
    out->other = other.x;
    out->other_d = other.d;
    return status;
}

/* ==== Clusterings ==== */

/* Centres, those of one label after those of the other. */
typedef struct partition {
    size_t d, l; /* l 0: over all rows */
    size_t k;
    size_t *first; /* [l + 1] clusters of label y: first[y] to first[y + 1] - 1 */
    float *centres;
} partition;

static void free_partition(partition *p) {
    fa__free(p->first);
    fa__free(p->centres);
    *p = (partition){0};
}

/* `kept`: clusters that the run may keep are found as it finds them. Of few rows that costs nothing. */
static fa_kmeans_options kmeans(const fa__judged *judged, size_t k, bool kept) {
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = k;
    if (judged->n > FEW && !kept) how.restarts = RESTARTS;
    how.seed = judged->seed;
    return how;
}

/* How the clusters are shared out in a space, by all of its rows, where nobody said it; labels NULL:
 * nothing to share. */
static fa_status share(size_t **k_of, const fa__judged *judged, const float *x, size_t d,
                       const int32_t *labels) {
    if (labels == NULL) return FA_OK;
    const fa_kmeans_options how = kmeans(judged, judged->k, false);
    FA_TRY(FA_NEW(*k_of, judged->l));
    if (judged->k_of != NULL) {
        memcpy(*k_of, judged->k_of, judged->l * sizeof **k_of);
        return FA_OK;
    }
    return fa_kmeans_share(*k_of, x, judged->n, d, labels, judged->l, &how);
}

/* The clusters of each label, no more than it has rows here. */
static void place_clusters(partition *p, size_t *k_of, const size_t *shares, const int32_t *labels,
                           size_t n) {
    p->k = 0;
    for (size_t y = 0; y < p->l; y++) {
        size_t rows = 0;
        for (size_t i = 0; i < n; i++) rows += labels[i] == (int32_t)y;
        k_of[y] = shares[y] < rows ? shares[y] : rows;
        p->first[y] = p->k;
        p->k += k_of[y];
    }
    p->first[p->l] = p->k;
}

/* Of `count` of the rows; labels NULL: over all. */
static fa_status fit(partition *p, const fa__judged *judged, const float *x, size_t d,
                     const int32_t *labels, const size_t *shares, const size_t *rows, size_t count,
                     bool kept) {
    fa_status status = FA_OK;
    float *part = NULL;
    int32_t *own = NULL;
    size_t *k_of = NULL;
    *p = (partition){.d = d, .l = labels != NULL ? judged->l : 0, .k = judged->k};
    FA_CHECK(FA_NEW(part, count * d));
    FA_CHECK(FA_NEW(own, count));
    FA_CHECK(FA_NEW(p->centres, p->k * d));
    FA_CHECK(FA_NEW_ZERO(p->first, p->l + 1));
    FA_CHECK(FA_NEW(k_of, p->l + 1));
    for (size_t i = 0; i < count; i++) {
        memcpy(part + i * d, x + rows[i] * d, d * sizeof *part);
        own[i] = labels != NULL ? labels[rows[i]] : 0;
    }
    if (p->k > count) p->k = count;
    if (labels != NULL) place_clusters(p, k_of, shares, own, count);
    const fa_kmeans_options how = kmeans(judged, p->k, kept);
    if (labels != NULL)
        FA_CHECK(fa_kmeans_within(p->centres, NULL, NULL, part, count, d, own, p->l, k_of, &how));
    else
        FA_CHECK(fa_kmeans_fit(p->centres, NULL, NULL, part, count, d, &how));
done:
    fa__free(part);
    fa__free(own);
    fa__free(k_of);
    return status;
}

/* A row of a label goes to a centre of that label, one without any to the nearest of all. */
static fa_status tell(int32_t *out, const partition *p, const float *x, size_t n,
                      const int32_t *labels, size_t step) {
    int32_t *nearest;
    FA_TRY(fa_kmeans_assign(out, NULL, x, n, p->d, p->centres, p->k));
    if (p->l == 0) return FA_OK;
    FA_TRY(FA_NEW(nearest, n));
    fa_status status = FA_OK;
    for (size_t y = 0; y < p->l && status == FA_OK; y++) {
        size_t first = p->first[y], k = p->first[y + 1] - first;
        if (k == 0) continue;
        status = fa_kmeans_assign(nearest, NULL, x, n, p->d, p->centres + first * p->d, k);
        for (size_t i = 0; i < n; i++)
            if (labels[i / step] == (int32_t)y) out[i] = (int32_t)first + nearest[i];
    }
    fa__free(nearest);
    return status;
}

/* AMI of two clusterings of n rows: of all, or its mean over the labels by their rows. */
static fa_status agree(double *out, const int32_t *a, const int32_t *b, size_t n,
                       const int32_t *labels, size_t l) {
    fa_status status = FA_OK;
    int32_t *part[2] = {NULL, NULL};
    double sum = 0;
    size_t counted = 0;
    if (labels == NULL) return fa_score_ami(out, a, b, n, FA_MEAN_MAX);
    FA_CHECK(FA_NEW(part[0], n));
    FA_CHECK(FA_NEW(part[1], n));
    for (size_t y = 0; y < l; y++) {
        size_t rows = 0;
        double ami;
        for (size_t i = 0; i < n; i++) {
            if (labels[i] != (int32_t)y) continue;
            part[0][rows] = a[i];
            part[1][rows++] = b[i];
        }
        if (rows == 0) continue;
        FA_CHECK(fa_score_ami(&ami, part[0], part[1], rows, FA_MEAN_MAX));
        sum += ami * (double)rows;
        counted += rows;
    }
    *out = counted > 0 ? sum / (double)counted : (double)NAN;
done:
    fa__free(part[0]);
    fa__free(part[1]);
    return status;
}

/* ==== Signals ==== */

typedef struct side {
    const float *x; /* [judged->n, d] */
    size_t d;
    size_t *shares;
} side;

/* Of a clustering of one half of the rows by one side, of the other half by the other. */
static fa_status halves(double *out, const fa__judged *judged, const side sides[2],
                        const int32_t *labels, const size_t *rows) {
    fa_status status = FA_OK;
    partition parts[2] = {{0}, {0}};
    int32_t *told[2] = {NULL, NULL};
    size_t half = judged->n / 2;
    for (int i = 0; i < 2; i++) {
        FA_CHECK(fit(&parts[i], judged, sides[i].x, sides[i].d, labels, sides[i].shares,
                     rows + (i == 0 ? 0 : half), i == 0 ? half : judged->n - half, false));
        FA_CHECK(FA_NEW(told[i], judged->n));
        FA_CHECK(tell(told[i], &parts[i], sides[i].x, judged->n, labels, 1));
    }
    FA_CHECK(agree(out, told[0], told[1], judged->n, labels, judged->l));
done:
    for (int i = 0; i < 2; i++) {
        free_partition(&parts[i]);
        fa__free(told[i]);
    }
    return status;
}

/* The mean over HALVINGS. */
static fa_status agreement(double *out, const fa__judged *judged, const side sides[2],
                           const int32_t *labels, size_t *rows) {
    double sum = 0;
    for (uint64_t h = 0; h < HALVINGS; h++) {
        fa__rng rng;
        double one;
        fa__rng_seed(&rng, judged->seed, FA__STREAM_JUDGED, 1 + h);
        fa__rng_order(&rng, rows, judged->n);
        FA_TRY(halves(&one, judged, sides, labels, rows));
        sum += one;
    }
    *out = sum / HALVINGS;
    return FA_OK;
}

static fa_status of_views(double *out, const fa__judged *judged, const partition *p,
                          const float *views, const int32_t *labels) {
    fa_status status = FA_OK;
    size_t m = judged->m;
    int32_t *both = NULL, *a = NULL, *b = NULL;
    FA_CHECK(FA_NEW(both, 2 * m));
    FA_CHECK(FA_NEW(a, m));
    FA_CHECK(FA_NEW(b, m));
    FA_CHECK(tell(both, p, views, 2 * m, labels, 2));
    for (size_t i = 0; i < m; i++) {
        a[i] = both[2 * i];
        b[i] = both[2 * i + 1];
    }
    FA_CHECK(agree(out, a, b, m, labels, judged->l));
done:
    fa__free(both);
    fa__free(a);
    fa__free(b);
    return status;
}

/* Clusters that both halves can have. */
static bool enough(const fa__judged *judged) {
    return judged->n >= 4 * judged->k;
}

/* A place for the clusters of one candidate more. */
static fa_status place_told(int32_t **out, fa__judged *judged) {
    int32_t *grown =
        fa__grow(judged->told, &judged->capacity, (judged->count + 1) * judged->n, sizeof *grown);
    if (grown == NULL) return fa__nomem((judged->count + 1) * judged->n, sizeof *grown);
    judged->told = grown;
    *out = grown + judged->count++ * judged->n;
    return FA_OK;
}

fa_status fa__candidate_judge(fa_candidate *c, fa__judged *judged, const fa__rows *of) {
    fa_status status = FA_OK;
    partition all = {0};
    int32_t *found = NULL;
    size_t *rows = NULL;
    const int32_t *labels = c->within != FA_WITHIN_NONE ? judged->labels : NULL;
    size_t most = judged->n < SILHOUETTE_ROWS ? judged->n : SILHOUETTE_ROWS, d = of->d;
    side one = {.x = of->x, .d = d}, other = {.x = of->other, .d = of->other_d};
    c->agreement = c->stability = c->views = c->silhouette = c->ami = c->consistency = (double)NAN;
    c->k = judged->k;
    FA_CHECK(FA_NEW(rows, judged->n));
    for (size_t i = 0; i < judged->n; i++) rows[i] = i;
    FA_CHECK(share(&one.shares, judged, one.x, d, labels));
    FA_CHECK(fit(&all, judged, one.x, d, labels, one.shares, rows, judged->n, c->possible));
    FA_CHECK(place_told(&found, judged));
    FA_CHECK(tell(found, &all, one.x, judged->n, labels, 1));
    FA_CHECK(fa__silhouette(&c->silhouette, one.x, most, d, found, judged->k, fa__comm_world()));
    if (judged->classes != NULL)
        FA_CHECK(fa_score_ami(&c->ami, found, judged->classes, judged->n, FA_MEAN_MAX));
    if (of->views != NULL) FA_CHECK(of_views(&c->views, judged, &all, of->views, labels));
    if (!enough(judged)) goto done;
    const side itself[2] = {one, one};
    FA_CHECK(agreement(&c->stability, judged, itself, labels, rows));
    if (c->training[0] == '\0') c->agreement = c->stability; /* no seed that it depends on */
    if (c->training[0] == '\0' || other.x == NULL) goto done;
    FA_CHECK(share(&other.shares, judged, other.x, other.d, labels));
    const side seeds[2] = {one, other};
    FA_CHECK(agreement(&c->agreement, judged, seeds, labels, rows));
done:
    free_partition(&all);
    fa__free(rows);
    fa__free(one.shares);
    fa__free(other.shares);
    return status;
}

/* ==== The nearest ==== */

fa_status fa__judged_nearest(fa__judged *judged, const fa__rows *form, const int32_t *labels) {
    int32_t **nearest = &judged->nearest[judged->forms++];
    FA_TRY(FA_NEW(*nearest, judged->n * FA__NEAREST));
    return fa_neighbours(*nearest, NULL, form->x, judged->n, form->d, labels, FA__NEAREST);
}

/* The label that most of the nearest have, of equally many the nearest one's; -1: none has any. */
static int32_t vote(const int32_t *nearest, const int32_t *labels) {
    int32_t best = -1;
    size_t most = 0;
    for (size_t r = 0; r < FA__NEAREST; r++) {
        size_t count = 0;
        if (nearest[r] < 0 || labels[nearest[r]] < 0) continue;
        for (size_t q = 0; q < FA__NEAREST; q++)
            count += nearest[q] >= 0 && labels[nearest[q]] == labels[nearest[r]];
        if (count > most) most = count, best = labels[nearest[r]];
    }
    return best;
}

fa_status fa__vote_of(double *out, const float *x, size_t n, size_t d, const int32_t *labels) {
    int32_t *nearest;
    size_t right = 0, counted = 0;
    *out = (double)NAN;
    FA_TRY(FA_NEW(nearest, n * FA__NEAREST));
    fa_status status = fa_neighbours(nearest, NULL, x, n, d, NULL, FA__NEAREST);
    for (size_t i = 0; i < n && status == FA_OK; i++) {
        if (labels[i] < 0) continue;
        right += vote(nearest + i * FA__NEAREST, labels) == labels[i];
        counted++;
    }
    if (counted > 0) *out = (double)right / (double)counted;
    fa__free(nearest);
    return status;
}

fa_status fa__judged_vote(double *out, const fa__judged *judged, const fa__rows *rows) {
    *out = (double)NAN;
    if (judged->labels == NULL) return FA_OK;
    return fa__vote_of(out, rows->x, judged->n, rows->d, judged->labels);
}

/* By the nearest rows, the second nearest, ...; pairs: [3, n] to work in. */
static fa_status consistency(double *sum, size_t *counted, const fa__judged *judged,
                             const int32_t *told, const int32_t *nearest, const int32_t *labels,
                             int32_t *pairs) {
    int32_t *a = pairs, *b = a + judged->n, *own = b + judged->n;
    for (size_t r = 0; r < FA__NEAREST; r++) {
        size_t n = 0;
        double ami = (double)NAN;
        for (size_t i = 0; i < judged->n; i++) {
            int32_t near = nearest[i * FA__NEAREST + r];
            if (near < 0) continue; /* a label of few rows */
            a[n] = told[i];
            b[n] = told[near];
            own[n++] = labels != NULL ? labels[i] : 0;
        }
        if (n > 0) FA_TRY(agree(&ami, a, b, n, labels != NULL ? own : NULL, judged->l));
        if (!isfinite(ami)) continue;
        *sum += ami;
        ++*counted;
    }
    return FA_OK;
}

fa_status fa__judged_consistency(fa_candidate *candidates, const fa__judged *judged,
                                 fa_within within) {
    fa_status status = FA_OK;
    int32_t *pairs = NULL;
    const int32_t *labels = within != FA_WITHIN_NONE ? judged->labels : NULL;
    FA_CHECK(FA_NEW(pairs, 3 * judged->n));
    for (size_t i = 0; i < judged->count; i++) {
        double sum = 0;
        size_t counted = 0;
        if (candidates[i].within != within) continue;
        for (size_t f = 0; f < judged->forms; f++)
            FA_CHECK(consistency(&sum, &counted, judged, judged->told + i * judged->n,
                                 judged->nearest[f], labels, pairs));
        if (counted > 0) candidates[i].consistency = sum / (double)counted;
    }
done:
    fa__free(pairs);
    return status;
}
