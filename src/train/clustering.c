/* Finding clusters by a recipe: in which space, how many, and where.
 *
 * Letters: n rows, d units of the layer, columns of the space they are clustered in, k clusters. */
#include "train/clustering.h"

#include "base/memory.h"
#include "cluster/kmeans.h"
#include "cluster/sweep.h"
#include "cluster/transform.h"
#include "cluster/within.h"

#include <string.h>

fa_status fa__space_open(fa__space *space, const fa_recipe *recipe, const float *h, size_t n,
                         size_t d, const fa__comm *comm) {
    fa_status status = FA_OK;
    *space = (fa__space){.n = n, .d = d, .comm = comm};
    FA_CHECK(fa__transform_fit(&space->transform,
                               (fa_transform_kind)fa__recipe_choice(recipe, FA__CLUSTER_TRANSFORM),
                               fa__recipe_size(recipe, FA__CLUSTER_COMPONENTS), h, n, d, comm));
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
    fa_status status =
        fa__sweep_run(rows, space->x, space->n, space->columns, NULL, &how, space->comm);
    if (status == FA_OK) status = fa_sweep_choose(choice, rows, count, coarse_labels);
    fa__free(rows);
    return status;
}

/* The names and places of the labels that the clusters lie within. */
static fa_status keep_labels(fa_clusters *made, const fa__inside *inside) {
    size_t l = inside->coarse->names.count;
    made->within = inside->how;
    FA_TRY(fa__coarse_copy(&made->coarse, inside->coarse));
    FA_TRY(FA_NEW_ZERO(made->first, l + 1));
    for (size_t y = 0; y < l; y++) made->first[y + 1] = made->first[y] + inside->k_of[y];
    return FA_OK;
}

fa_status fa__clusters_fit(fa_clusters **out, int32_t *assignment, double *inertia,
                           const fa_recipe *recipe, fa__space *space, size_t k,
                           const fa__inside *inside) {
    fa_status status = FA_OK;
    fa_clusters *made = NULL;
    float *centroids = NULL;
    fa_kmeans_options options = fa_kmeans_options_default();
    size_t columns = space->columns;
    options.k = k;
    options.restarts = fa__recipe_size(recipe, FA__CLUSTER_RESTARTS);
    options.seed = (uint64_t)fa__recipe_number(recipe, FA__CLUSTER_SEED);
    FA_CHECK(FA_NEW_ZERO(made, 1));
    made->layer = fa__recipe_clustered(recipe);
    made->k = k;
    FA_CHECK(FA_NEW(centroids, k * columns));
    FA_CHECK(FA_NEW(made->centres, k * columns));
    FA_CHECK(FA_NEW_ZERO(made->sizes, k));
    if (inside != NULL) {
        FA_CHECK(keep_labels(made, inside));
        FA_CHECK(fa__kmeans_within(centroids, assignment, inertia, space->x, space->n, columns,
                                   inside->labels, inside->coarse->names.count, inside->k_of,
                                   &options, space->comm));
    } else {
        const fa__matrix rows = fa__matrix_of(space->x, space->n, columns);
        FA_CHECK(fa__kmeans_fit(centroids, assignment, inertia, &rows, &options, space->comm));
    }
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
