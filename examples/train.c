/* Trains on arrays in memory, stops by a callback, saves to a buffer, loads and embeds. */
#include <forced_apart.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 600, D = 8 };

static void check(fa_status status) {
    if (status == FA_OK) return;
    fprintf(stderr, "%s\n", fa_error_detail());
    exit(1);
}

/* After the third epoch it is enough. */
static int enough(void *user, const fa_progress *progress) {
    int *epochs = user;
    if (progress->finished != NULL) ++*epochs;
    return *epochs >= 3;
}

int main(void) {
    static float x[N * D], h[N * 16];
    static int32_t labels[N];
    int epochs = 0;
    for (int i = 0; i < N; i++) {
        labels[i] = i % 2;
        for (int j = 0; j < D; j++)
            x[i * D + j] = (float)((i % 6 == j) + (i * 31 + j * 17) % 13 / 13.0);
    }

    fa_dataset *data;
    fa_recipe *recipe;
    fa_run *run;
    const fa_model *trained;
    fa_model *loaded;
    unsigned char *bytes;
    size_t size;
    const fa_train_options how = {.size = sizeof how, .progress = enough, .user = &epochs};
    check(fa_dataset_from_vectors(&data, x, N, D));
    check(fa_dataset_set_coarse(data, labels, NULL));
    check(fa_recipe_create(&recipe));
    check(fa_recipe_set(recipe, "network.layers",
                        "linear 32 relu, linear 16 relu target, linear out"));
    check(fa_recipe_set(recipe, "train.epochs", "50"));
    check(fa_train(&run, recipe, data, NULL, &how));
    check(fa_run_model(&trained, run));
    check(fa_model_to_buffer(&bytes, &size, trained));
    check(fa_model_from_buffer(&loaded, bytes, size));
    check(fa_model_embed(h, NULL, loaded, data, NULL, NULL));
    printf("stopped after %d epochs; a model of %zu bytes; %zu units a sample, the first %.3f\n",
           epochs, size, fa_model_target_units(loaded), (double)h[0]);
    fa_model_free(loaded);
    fa_free(bytes);
    fa_run_free(run);
    fa_recipe_free(recipe);
    fa_dataset_free(data);
    return epochs == 3 ? 0 : 1;
}
