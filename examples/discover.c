/* Clusters arrays in memory: 400 numbers of four kinds, of which two labels are known. */
#include <forced_apart.h>
#include <stdio.h>

int main(void) {
    float x[400];
    int32_t labels[400]; /* label 0 hides kinds 0 and 1, label 1 kinds 2 and 3 */
    for (int i = 0; i < 400; i++)
        x[i] = (float)(i % 4 * 4) + (float)(i % 7) / 7, labels[i] = i % 4 / 2;
    size_t n = 400;
    fa_dataset *data = NULL;
    fa_discovery *found = NULL;
    fa_discover_options how = {.size = sizeof how, .k = 4};
    if (fa_dataset_from_vectors(&data, x, n, 1) || fa_dataset_set_coarse(data, labels, NULL) ||
        fa_discover(&found, data, &how))
        return fprintf(stderr, "%s\n", fa_error_detail()), 1;
    for (size_t i = 0; i < n; i++) printf("%d\n", (int)fa_discovery_clusters(found, &n)[i]);
    fa_discovery_free(found), fa_dataset_free(data);
}
