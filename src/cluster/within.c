/* Clusters inside each label.
 *
 * Letters: n rows, d columns, l labels, y one of them, k clusters in all, k_of those of a label. */
#include "cluster/within.h"

#include "base/bytes.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/options.h"
#include "cluster/kmeans.h"
#include "comm/same.h"

#include <stdio.h>
#include <string.h>

/* ==== Rows by label ==== */

fa_status fa__by_label_make(fa__by_label *out, const int32_t *labels, size_t n, size_t l) {
    fa_status status = FA_OK;
    fa__by_label made = {.l = l};
    size_t *at = NULL;
    if (labels == NULL || l == 0)
        return fa__fail(FA_E_ARGUMENT, "%s; clusters within labels need some",
                        labels == NULL ? "labels is NULL" : "l is 0");
    if (n == 0) return fa__fail(FA_E_SHAPE, "n is 0; there must be rows");
    FA_CHECK(FA_NEW_ZERO(made.start, l + 1));
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0) continue;
        if ((size_t)labels[i] >= l)
            FA_CHECK(fa__fail(FA_E_LABEL,
                              "labels[%zu] is %d; it must be below %zu, or negative: none", i,
                              (int)labels[i], l));
        made.start[labels[i] + 1]++;
    }
    for (size_t y = 0; y < l; y++) made.start[y + 1] += made.start[y];
    if (made.start[l] == 0) FA_CHECK(fa__fail(FA_E_LABEL, "none of the %zu rows has a label", n));
    FA_CHECK(FA_NEW(made.rows, made.start[l]));
    FA_CHECK(FA_NEW(at, l));
    memcpy(at, made.start, l * sizeof *at);
    for (size_t i = 0; i < n; i++)
        if (labels[i] >= 0) made.rows[at[labels[i]]++] = i;
    *out = made;
    made = (fa__by_label){0};
done:
    fa__free(at);
    fa__by_label_free(&made);
    return status;
}

void fa__by_label_free(fa__by_label *by) {
    fa__free(by->start);
    fa__free(by->rows);
    *by = (fa__by_label){0};
}

void fa__rows_gather(float *out, const float *x, size_t d, const size_t *rows, size_t count) {
    for (size_t i = 0; i < count; i++) memcpy(out + i * d, x + rows[i] * d, d * sizeof *out);
}

/* ==== KMeans ==== */

static fa_status check_counts(size_t *k, const fa__by_label *by, const size_t *k_of) {
    *k = 0;
    for (size_t y = 0; y < by->l; y++) {
        size_t rows = by->start[y + 1] - by->start[y];
        if (k_of[y] > rows || (rows > 0 && k_of[y] == 0))
            return fa__fail(
                FA_E_ARGUMENT,
                "label %zu has %zu rows, %zu clusters are asked for; 1 to its rows work", y, rows,
                k_of[y]);
        *k += k_of[y];
    }
    if (*k <= INT32_MAX) return FA_OK;
    return fa__fail(FA_E_ARGUMENT, "%zu clusters in all; at most %d can be told apart", *k,
                    INT32_MAX);
}

typedef struct within {
    const float *x;
    size_t n, d, k;
    fa__by_label by;
    fa_kmeans_options options;
    const fa__comm *comm;
    float *centroids;    /* [k, d] */
    int32_t *assignment; /* [n] */
    double inertia;
} within;

/* The clusters of a label, from number `first` on. */
static fa_status fit_label(within *w, size_t y, size_t k, size_t first) {
    fa_status status = FA_OK;
    const size_t *rows = w->by.rows + w->by.start[y];
    size_t count = w->by.start[y + 1] - w->by.start[y];
    float *part = NULL;
    int32_t *assigned = NULL;
    double inertia;
    FA_CHECK(FA_NEW(part, count * w->d));
    FA_CHECK(FA_NEW(assigned, count));
    fa__rows_gather(part, w->x, w->d, rows, count);
    w->options.k = k;
    const fa__matrix of_label = fa__matrix_of(part, count, w->d);
    FA_CHECK(fa__kmeans_fit(w->centroids + first * w->d, assigned, &inertia, &of_label, &w->options,
                            w->comm));
    for (size_t i = 0; i < count; i++) w->assignment[rows[i]] = (int32_t)first + assigned[i];
    w->inertia += inertia;
done:
    fa__free(part);
    fa__free(assigned);
    return status;
}

/* Rows without a label go to the nearest centroid of all. */
static fa_status assign_rest(within *w, const int32_t *labels) {
    fa_status status = FA_OK;
    size_t count = w->n - w->by.start[w->by.l], at = 0;
    size_t *rows = NULL;
    float *part = NULL;
    int32_t *assigned = NULL;
    if (count == 0) return FA_OK;
    FA_CHECK(FA_NEW(rows, count));
    FA_CHECK(FA_NEW(part, count * w->d));
    FA_CHECK(FA_NEW(assigned, count));
    for (size_t i = 0; i < w->n; i++)
        if (labels[i] < 0) rows[at++] = i;
    fa__rows_gather(part, w->x, w->d, rows, count);
    FA_CHECK(fa_kmeans_assign(assigned, NULL, part, count, w->d, w->centroids, w->k));
    for (size_t i = 0; i < count; i++) w->assignment[rows[i]] = assigned[i];
done:
    fa__free(rows);
    fa__free(part);
    fa__free(assigned);
    return status;
}

fa_status fa_kmeans_within(float *centroids, int32_t *assignment, double *inertia, const float *x,
                           size_t n, size_t d, const int32_t *labels, size_t l, const size_t *k_of,
                           const fa_kmeans_options *options) {
    const fa__comm *comm = fa__comm_world();
    const fa__matrix rows = fa__matrix_of(x, n, d);
    fa_kmeans_options own;
    fa_status status = fa__options_take(&own, sizeof own, options, "fa_kmeans_options");
    own.k = l; /* that of the options has no say */
    if (status == FA_OK && comm->size > 1 && x != NULL && labels != NULL && k_of != NULL) {
        const uint64_t how[] = {fa__digest(labels, n * sizeof *labels),
                                fa__digest(k_of, l * sizeof *k_of), fa__digest(&own, sizeof own)};
        status = fa__same_rows(comm, &rows, fa__digest(how, sizeof how));
    }
    if (status == FA_OK)
        status = fa__kmeans_within(centroids, assignment, inertia, x, n, d, labels, l, k_of,
                                   options, comm);
    return fa__comm_close(comm, status);
}

fa_status fa__kmeans_within(float *centroids, int32_t *assignment, double *inertia, const float *x,
                            size_t n, size_t d, const int32_t *labels, size_t l, const size_t *k_of,
                            const fa_kmeans_options *options, const fa__comm *comm) {
    fa_status status = FA_OK;
    within w = {.x = x, .n = n, .d = d, .comm = comm};
    size_t first = 0;
    if (x == NULL || k_of == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; KMeans within labels needs x, k_of and options",
                        x == NULL ? "x" : (k_of == NULL ? "k_of" : "options"));
    FA_TRY(fa__options_take(&w.options, sizeof w.options, options, "fa_kmeans_options"));
    if (d == 0) return fa__fail(FA_E_SHAPE, "d is 0; there must be columns");
    FA_TRY(fa__by_label_make(&w.by, labels, n, l));
    FA_CHECK(check_counts(&w.k, &w.by, k_of));
    FA_CHECK(fa__check_finite("x", x, n, d));
    FA_CHECK(FA_NEW(w.centroids, w.k * d));
    FA_CHECK(FA_NEW(w.assignment, n));
    for (size_t y = 0; y < l; first += k_of[y++])
        if (k_of[y] > 0) FA_CHECK(fit_label(&w, y, k_of[y], first));
    FA_CHECK(assign_rest(&w, labels));
    if (centroids != NULL) memcpy(centroids, w.centroids, w.k * d * sizeof *centroids);
    if (assignment != NULL) memcpy(assignment, w.assignment, n * sizeof *assignment);
    if (inertia != NULL) *inertia = w.inertia;
done:
    fa__by_label_free(&w.by);
    fa__free(w.centroids);
    fa__free(w.assignment);
    return status;
}

/* ==== How many ==== */

/* Of the rows of one label: 1, with low confidence, where nothing can be compared or nothing comes
 * apart. */
static fa_status sweep_label(fa_sweep_choice *choice, const float *x, size_t n, size_t d,
                             const fa_sweep_options *options) {
    fa_sweep_options own = *options;
    fa_sweep_row *rows;
    size_t seen = own.rows > 0 && own.rows < n ? own.rows : n,
           held = (size_t)(own.share * (double)seen);
    *choice = (fa_sweep_choice){.k = 1, .confidence = FA_CONFIDENCE_LOW};
    if (own.k_high > held) own.k_high = held;
    if (own.k_high <= own.k_low && options->k_high > options->k_low) return FA_OK;
    size_t count = own.k_high - own.k_low + 1;
    FA_TRY(FA_NEW(rows, count));
    fa_status status = fa_sweep_run(rows, x, n, d, NULL, &own);
    if (status == FA_OK) status = fa_sweep_choose(choice, rows, count, 0);
    if (status == FA_OK) {
        const fa_sweep_row *best = &rows[choice->k - own.k_low];
        if (!(best->silhouette > 0 && best->stability > 0)) choice->k = 1;
    }
    fa__free(rows);
    return status;
}

fa_status fa_sweep_within(size_t *k_of, fa_sweep_choice *choice, const float *x, size_t n, size_t d,
                          const int32_t *labels, size_t l, const fa_sweep_options *options) {
    fa_status status = FA_OK;
    fa_sweep_options own;
    fa__by_label by = {0};
    float *part = NULL;
    size_t *counts = NULL, used = 0;
    fa_sweep_choice all = {.confidence = FA_CONFIDENCE_HIGH}, one;
    if (k_of == NULL || choice == NULL || x == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL",
                        k_of == NULL     ? "k_of"
                        : choice == NULL ? "choice"
                        : x == NULL      ? "x"
                                         : "options");
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_sweep_options"));
    if (own.k_low < 2 || own.k_high < own.k_low)
        return fa__fail(FA_E_ARGUMENT, "k from %zu to %zu; 2 <= k_low <= k_high", own.k_low,
                        own.k_high);
    if (d == 0) return fa__fail(FA_E_SHAPE, "d is 0; there must be columns");
    FA_TRY(fa__by_label_make(&by, labels, n, l));
    FA_CHECK(fa__check_finite("x", x, n, d));
    FA_CHECK(FA_NEW(part, by.start[l] * d));
    FA_CHECK(FA_NEW_ZERO(counts, l));
    for (size_t y = 0; y < l; y++) {
        size_t rows = by.start[y + 1] - by.start[y];
        if (rows == 0) continue;
        fa__rows_gather(part, x, d, by.rows + by.start[y], rows);
        FA_CHECK(sweep_label(&one, part, rows, d, &own));
        counts[y] = one.k;
        all.k += one.k;
        if (one.confidence < all.confidence) all.confidence = one.confidence;
        int wrote = snprintf(all.why + used, sizeof all.why - used, "%s%zu in label %zu (%s)",
                             used > 0 ? ", " : "", one.k, y, fa_confidence_name(one.confidence));
        used = used + (size_t)wrote < sizeof all.why ? used + (size_t)wrote : sizeof all.why - 1;
    }
    memcpy(k_of, counts, l * sizeof *k_of);
    *choice = all;
done:
    fa__by_label_free(&by);
    fa__free(part);
    fa__free(counts);
    return status;
}
