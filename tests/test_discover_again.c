/* Images in colour whose labels alone teach a network: it is trained again on its own clusters. */
#define _XOPEN_SOURCE 700
#include "discover_cases.h"
#include "image_runs.h"

#include "base/rng.h"
#include "run/files.h"

#include <math.h>
#include <string.h>

enum { COUNT = 1000, SIDE = 8, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS, CLASSES = 6 };

/* Stripes of random brightness, upright (label 0) or level, in one of three colours (the kind), in light of
 * any colour: near pixels say little but of the light, edges tell the label at once. */
static fa_dataset *stripes(void) {
    static unsigned char pixels[COUNT * PIXELS];
    int32_t labels[COUNT], kinds[COUNT];
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char of_stripe[SIDE], light[CHANNELS], *image = pixels + i * PIXELS;
        kinds[i] = (int32_t)fa__rng_below(&rng, CLASSES);
        labels[i] = kinds[i] / 3;
        for (size_t s = 0; s < SIDE; s++) of_stripe[s] = fa__rng_below(&rng, 2) ? 70 : 0;
        for (size_t c = 0; c < CHANNELS; c++) light[c] = (unsigned char)fa__rng_below(&rng, 150);
        for (size_t p = 0; p < PIXELS; p++) {
            size_t channel = p % CHANNELS, at = p / CHANNELS;
            size_t stripe = labels[i] == 0 ? at % SIDE : at / SIDE;
            int lit = channel == (size_t)kinds[i] % 3 ? of_stripe[stripe] : 0;
            image[p] = (unsigned char)(light[channel] + lit + (int)fa__rng_below(&rng, 30));
        }
    }
    assert_ok(fa_dataset_from_images(&data, pixels, COUNT, SIDE, SIDE, CHANNELS));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

static const fa_candidate *last_of(const fa_discovery *found) {
    size_t count;
    const fa_candidate *all = fa_discovery_candidates(found, &count);
    return &all[count - 1];
}

static void it_is_trained_again_on_its_clusters(void **state) {
    (void)state;
    fa_dataset *data = stripes();
    fa_discovery *found;
    int begun = 0;
    size_t n, m;
    const fa_discover_options how = {.size = sizeof how,
                                     .epochs = 2,
                                     .seed = 1,
                                     .trainings = 3,
                                     .folder = path_of("run"),
                                     .begin = count_begun,
                                     .user = &begun};
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(begun, 3); /* by two seeds, and once again */
    assert_non_null(
        strstr(fa_discovery_why(found), "target: of rows held out it tells the label of"));
    assert_non_null(strstr(fa_discovery_why(found), "trained again on its own clusters, 1 time"));
    const fa_candidate *c = chosen(found);
    assert_ptr_equal(c, last_of(found));
    assert_string_equal(c->training, "clusters");
    assert_string_equal(c->space, "target");
    assert_true(isfinite(c->consistency) && c->within == FA_WITHIN_GIVEN && c->k == CLASSES);
    /* What is kept is one run, in memory and in the folder. */
    const fa_recipe *recipe = fa_discovery_recipe(found);
    assert_string_equal(fa_recipe_get(recipe, "loss.kind"), "clusters");
    assert_non_null(strstr(fa_recipe_get(recipe, "network.layers"), " target, logsumexp "));
    const int32_t *clusters = fa_discovery_clusters(found, &n);
    assert_int_equal(n, COUNT);
    fa_run *run = kept_run(found, path_of("run"));
    assert_non_null(fa_run_history(run, &m));
    assert_int_equal(m, 1); /* a twelfth of its epochs, and one at least */
    /* It tells the two labels, and assigns each row to its cluster. */
    const fa_clusters *centres;
    const fa_model *model;
    int32_t assigned[COUNT];
    assert_ok(fa_run_clusters(&centres, run));
    assert_ok(fa_run_model(&model, run));
    assert_int_equal(fa_model_outputs(model), 1);
    assert_true(fa_run_result(run)->scores.accuracy > 0.6);
    assert_ok(fa_clusters_find(assigned, NULL, NULL, NULL, NULL, centres, model, data, NULL, NULL));
    assert_memory_equal(assigned, clusters, sizeof assigned);
    fa_run_free(run);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Clusters over all rows may reach beyond a label: there is nothing to tell apart within them. */
static void clusters_over_all_rows_are_not_trained_on(void **state) {
    (void)state;
    static const char *const over_all[] = {"cluster.within=none"};
    fa_dataset *data = stripes();
    fa_discovery *found;
    int begun = 0;
    const fa_discover_options how = {.size = sizeof how,
                                     .epochs = 2,
                                     .seed = 1,
                                     .trainings = 3,
                                     .settings = over_all,
                                     .n_settings = 1,
                                     .begin = count_begun,
                                     .user = &begun};
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(begun, 2);
    assert_non_null(
        strstr(fa_discovery_why(found), "target: of rows held out it tells the label of"));
    assert_null(strstr(fa_discovery_why(found), "trained again"));
    assert_string_equal(chosen(found)->training, "plain");
    fa_discovery_free(found);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_trained_again_on_its_clusters, clear_test_folder),
        cmocka_unit_test(clusters_over_all_rows_are_not_trained_on),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
