/* Clusters arrays in memory: 400 points of four kinds, of which two labels are known. */
#include <forced_apart.h>
#include <stdio.h>

enum { N = 400, D = 2 };

int main(void) {
    static float x[N * D];
    static int32_t labels[N];
    for (int i = 0; i < N; i++) { /* kinds 0 to 3 in turn; label 0 hides two of them, label 1 too */
        x[i * D] = (float)(4 * (i % 4) + (i * 7919 % 101) / 101.0);
        x[i * D + 1] = (float)(3 * (i % 2) + (i * 104729 % 97) / 97.0);
        labels[i] = i % 4 / 2;
    }

    fa_dataset *data;
    fa_discovery *found = NULL;
    size_t n;
    const fa_discover_options how = {.size = sizeof how, .k = 4};
    if (fa_dataset_from_vectors(&data, x, N, D) != FA_OK ||
        fa_dataset_set_coarse(data, labels, NULL) != FA_OK ||
        fa_discover(&found, data, &how) != FA_OK)
        return fprintf(stderr, "%s\n", fa_error_detail()), 1;
    const int32_t *clusters = fa_discovery_clusters(found, &n);
    printf("%s\n", fa_discovery_why(found));
    for (size_t i = 0; i < n; i++) printf("%d\n", (int)clusters[i]);
    fa_discovery_free(found);
    fa_dataset_free(data);
    return 0;
}
