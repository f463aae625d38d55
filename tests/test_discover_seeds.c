/* Without labels the loss of what is held tells which seed is kept. */
#define _XOPEN_SOURCE 700
#include "data_files.h"
#include "discover_cases.h"

#include "base/rng.h"
#include "recipe/recipe.h"
#include "run/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 160, SIDE = 8, SEEDS = 4, FIRST = 2 };

/* Bars that lie level, upright or along one of two diagonals. */
static fa_dataset *bars(void) {
    static const int step[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
    static unsigned char pixels[COUNT * SIDE * SIDE];
    int32_t kinds[COUNT];
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < COUNT; i++) {
        unsigned char *image = pixels + i * SIDE * SIDE;
        kinds[i] = i % 4;
        int y = 1 + (int)fa__rng_below(&rng, 3), x = kinds[i] == 3 ? 6 : 1;
        for (int p = 0; p < SIDE * SIDE; p++) image[p] = (unsigned char)fa__rng_below(&rng, 60);
        for (int s = 0; s < 4; s++)
            image[(y + s * step[kinds[i]][0]) * SIDE + x + s * step[kinds[i]][1]] = 255;
    }
    assert_ok(fa_dataset_from_images(&data, pixels, COUNT, SIDE, SIDE, 1));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

/* Component and hold of the last epoch, both of weight 1. */
static double loss_of(const fa_run *run) {
    size_t epochs;
    const fa_epoch *history = fa_run_history(run, &epochs);
    assert_true(epochs > 0);
    return history[epochs - 1].component + history[epochs - 1].hold;
}

static fa_discovery *discover(const fa_dataset *data, size_t trainings, const char *folder) {
    static const char *const settings[] = {"cluster.space=layer", "optimizer.learning_rate=0.01"};
    fa_discovery *found;
    const fa_discover_options how = {.size = sizeof how,
                                     .label_free = 1,
                                     .k = 4,
                                     .epochs = 3,
                                     .seed = FIRST,
                                     .trainings = trainings,
                                     .folder = folder,
                                     .settings = settings,
                                     .n_settings = 2};
    assert_ok(fa_discover(&found, data, &how));
    return found;
}

/* The seeds one by one, as the recipe says, are the oracle. */
static void the_seed_of_the_lowest_loss_is_kept(void **state) {
    (void)state;
    fa_dataset *data = bars();
    fa_discovery *once = discover(data, 1, NULL), *found = discover(data, SEEDS, path_of("run"));
    fa_run *run;
    double lowest = HUGE_VAL;
    int best = 0;
    char seed[16];
    for (int s = FIRST; s < FIRST + SEEDS; s++) {
        fa_recipe *recipe;
        assert_ok(fa__recipe_copy(&recipe, fa_discovery_recipe(once)));
        snprintf(seed, sizeof seed, "%d", s);
        assert_ok(fa_recipe_set(recipe, "train.seed", seed));
        assert_ok(fa_train(&run, recipe, data, NULL, NULL));
        if (loss_of(run) < lowest) lowest = loss_of(run), best = s;
        fa_run_free(run);
        fa_recipe_free(recipe);
    }
    assert_true(best > FIRST); /* else this shows nothing */
    snprintf(seed, sizeof seed, "%d", best);
    assert_true(loss_of(fa_discovery_run(found)) == lowest);
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "train.seed"), seed);
    /* So it is in the folder, clusters and all. */
    run = kept_run(found, path_of("run"));
    assert_float_equal(loss_of(run), lowest, 1e-6); /* nine digits are written */
    assert_string_equal(fa_recipe_get(fa_run_recipe(run), "train.seed"), seed);
    fa_run_free(run);
    fa_discovery_free(once);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_seed_of_the_lowest_loss_is_kept, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
