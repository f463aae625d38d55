/* KMeans over the vectors of a data set, where they lie. */
#include "cluster/kmeans.h"
#include "data/dataset.h"

fa_status fa_kmeans_fit_vectors(float *centroids, int32_t *assignment, double *inertia,
                                const fa_dataset *data, const fa_kmeans_options *options) {
    if (data == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; KMeans needs data and options",
                        data == NULL ? "data" : "options");
    if (data->kind != FA_KIND_VECTORS)
        return fa__fail(FA_E_ARGUMENT, "the data hold no vectors; fa_dataset_matrix makes rows of "
                                       "numbers of images, series and texts");
    const fa__matrix rows = fa__dataset_rows(data);
    return fa__kmeans_fit_together(centroids, assignment, inertia, &rows, options);
}
