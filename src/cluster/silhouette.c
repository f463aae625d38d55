/* The mean silhouette of a clustering (Rousseeuw 1987), in O(n^2 d) without an n x n table.
 *
 * Letters: n rows of d columns in k clusters; a_i mean distance of row i to the others of its
 * cluster, b_i the smallest mean distance to another cluster. */
#include "cluster/silhouette.h"

#include "base/assert.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"

#include <math.h>

/* ==== From distances ==== */

double fa__silhouette_of_row(const double *sums, const size_t *sizes, size_t k, size_t own) {
    FA_ASSERT(own < k && sizes[own] > 0);
    if (sizes[own] == 1) return 0; /* no other to be near to: 0 by definition */
    double a = sums[own] / (double)(sizes[own] - 1), b = HUGE_VAL;
    for (size_t c = 0; c < k; c++)
        if (c != own && sizes[c] > 0 && sums[c] / (double)sizes[c] < b)
            b = sums[c] / (double)sizes[c];
    double larger = a > b ? a : b;
    return larger > 0 && isfinite(b) ? (b - a) / larger : 0;
}

/* ==== From rows ==== */

typedef struct job {
    const float *x;
    const int32_t *clusters;
    const size_t *sizes;
    size_t n, d, k;
    double *sums;   /* [threads, k] */
    double *values; /* [n] */
    size_t first;   /* row of this rank */
} job;

enum { LANES = 8 }; /* one order of the sum, in which no summand waits for the one before */

static double distance(const float *u, const float *v, size_t d) {
    double sums[LANES] = {0}, sum = 0;
    size_t c = 0;
    for (; c + LANES <= d; c += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double away = (double)u[c + l] - (double)v[c + l];
            sums[l] += away * away;
        }
    for (; c < d; c++) {
        double away = (double)u[c] - (double)v[c];
        sum += away * away;
    }
    for (size_t l = 0; l < LANES; l++) sum += sums[l];
    return sqrt(sum);
}

static fa_status one_row(void *context, size_t i, size_t thread) {
    job *j = context;
    double *sums = j->sums + thread * j->k;
    i += j->first;
    for (size_t c = 0; c < j->k; c++) sums[c] = 0;
    const size_t look = 1 + ((size_t)1 << 22) / j->d; /* rows between two looks at a stop */
    for (size_t o = 0; o < j->n; o++) {
        if (o % look == 0) FA_TRY(fa__stop_check());
        sums[j->clusters[o]] += distance(j->x + i * j->d, j->x + o * j->d, j->d);
    }
    j->values[i] = fa__silhouette_of_row(sums, j->sizes, j->k, (size_t)j->clusters[i]);
    return FA_OK;
}

static fa_status check(const float *x, size_t n, size_t d, const int32_t *clusters, size_t k) {
    if (x == NULL || clusters == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; a silhouette needs rows and their clusters",
                        x == NULL ? "x" : "clusters");
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "a matrix of %zu x %zu has no silhouette", n, d);
    if (k == 0 || k > n)
        return fa__fail(FA_E_ARGUMENT, "k must be 1 to %zu (the rows), got %zu", n, k);
    for (size_t i = 0; i < n; i++)
        if (clusters[i] < 0 || (size_t)clusters[i] >= k)
            return fa__fail(FA_E_LABEL, "row %zu is in cluster %d; with k = %zu they are 0 to %zu",
                            i, (int)clusters[i], k, k - 1);
    return fa__check_finite("x", x, n, d);
}

fa_status fa_score_silhouette(double *out, const float *x, size_t n, size_t d,
                              const int32_t *clusters, size_t k) {
    return fa__silhouette(out, x, n, d, clusters, k, fa__comm_self());
}

fa_status fa__silhouette(double *out, const float *x, size_t n, size_t d, const int32_t *clusters,
                         size_t k, const fa__comm *comm) {
    fa_status status = FA_OK;
    size_t end;
    job j = {.x = x, .clusters = clusters, .n = n, .d = d, .k = k};
    size_t *sizes = NULL;
    if (out == NULL) return fa__fail(FA_E_ARGUMENT, "out is NULL; it takes the silhouette");
    FA_TRY(check(x, n, d, clusters, k));
    FA_CHECK(FA_NEW_ZERO(sizes, k));
    FA_CHECK(FA_NEW(j.sums, fa__threads() * k));
    FA_CHECK(FA_NEW(j.values, n));
    for (size_t i = 0; i < n; i++) sizes[clusters[i]]++;
    j.sizes = sizes;
    if (!fa__comm_can_share(comm, n, (double)n * (double)n * (double)d)) comm = fa__comm_self();
    fa__comm_range(&j.first, &end, comm, n);
    FA_CHECK(fa__parallel(end - j.first, one_row, &j));
    FA_CHECK(fa__comm_gather(comm, j.values, NULL, n, sizeof *j.values));
    double sum = 0; /* in the order of the rows, whatever the threads */
    for (size_t i = 0; i < n; i++) sum += j.values[i];
    *out = sum / (double)n;
done:
    fa__free(sizes);
    fa__free(j.sums);
    fa__free(j.values);
    return status;
}
