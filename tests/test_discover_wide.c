/* Features whose labels near rows do not tell: a wide layer, in which they do, is taken. */
#define _XOPEN_SOURCE 700
#include "data_files.h"
#include "discover_cases.h"

#include "recipe/recipe.h"
#include "run/files.h"

#include <string.h>

enum { ROWS = 5000, WIDTH = 24, CLASSES = 4 };

/* Two numbers of one of four places, of which two make a label, side by side (a plane divides it from the other)
 * or across, and twenty-two of chance that are `spread` wide: near rows are near by chance. */
static fa_dataset *hidden_by_chance(double spread, size_t n, bool plane) {
    static float x[ROWS * WIDTH];
    static int32_t labels[ROWS], kinds[ROWS];
    fa__rng rng;
    fa__rng_seed(&rng, 6, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < n; i++) {
        kinds[i] = (int32_t)fa__rng_below(&rng, CLASSES);
        labels[i] = plane ? kinds[i] / 2 : kinds[i] == 1 || kinds[i] == 2;
        for (size_t j = 0; j < WIDTH; j++)
            x[i * WIDTH + j] = (float)((j < 2 ? 0.4 : spread) * fa__rng_normal(&rng));
        x[i * WIDTH] += kinds[i] / 2 == 0 ? -1.f : 1.f;
        x[i * WIDTH + 1] += kinds[i] % 2 == 0 ? -1.f : 1.f;
    }
    return told_labels(x, n, WIDTH, labels, kinds);
}

static fa_discover_options options(int *begun, size_t epochs, const char *folder) {
    static const char *const settings[] = {"data.scale=common"};
    return (fa_discover_options){.size = sizeof(fa_discover_options),
                                 .epochs = epochs,
                                 .seed = 1,
                                 .folder = folder,
                                 .settings = settings,
                                 .n_settings = 1,
                                 .begin = count_begun,
                                 .user = begun};
}

static void a_wide_layer_is_taken_where_near_rows_tell_more(void **state) {
    (void)state;
    fa_dataset *data = hidden_by_chance(1, ROWS, false);
    fa_discovery *found;
    fa_run *by_recipe;
    int begun = 0;
    size_t n;
    const fa_discover_options how = options(&begun, 10, path_of("run"));
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(begun, 5); /* by two seeds, of two halves, and the wide one */
    assert_non_null(strstr(fa_discovery_why(found), "so a wide layer, held by neighbours, "));
    const fa_candidate *c = chosen(found);
    assert_string_equal(c->space, "below");
    assert_string_equal(c->training, "information");
    assert_int_equal(c->k, CLASSES);
    /* What is kept is that run, in memory and in the folder, and its recipe makes it again. */
    const int32_t *clusters = fa_discovery_clusters(found, &n), *again;
    assert_int_equal(n, ROWS);
    fa_run *run = kept_run(found, path_of("run"));
    assert_string_equal(fa_recipe_get(fa_run_recipe(run), "cluster.layer"), "1");
    assert_ok(fa_train(&by_recipe, fa_run_recipe(run), data, NULL, NULL));
    assert_ok(fa_run_labels(&again, by_recipe, FA_RUN_ASSIGNMENT));
    assert_memory_equal(clusters, again, n * sizeof *clusters);
    fa_run_free(by_recipe);
    fa_run_free(run);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

static void assert_not_taken(fa_dataset *data, size_t epochs, int trainings) {
    fa_discovery *found;
    int begun = 0;
    const fa_discover_options how = options(&begun, epochs, NULL);
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(begun, trainings);
    assert_null(strstr(fa_discovery_why(found), "wide layer"));
    assert_string_not_equal(chosen(found)->training, "information");
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "loss.kind"), "infonce");
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Nothing is lost where near rows tell the label by themselves: both halves are looked at, and that is all. */
static void none_is_taken_where_near_rows_tell_all(void **state) {
    (void)state;
    assert_not_taken(hidden_by_chance(0.1, ROWS, false), 1, 4);
}

/* Near rows tell more in it, and it knows the labels no better than the map: that stays. */
static void none_is_kept_where_a_plane_divides_the_labels(void **state) {
    (void)state;
    assert_not_taken(hidden_by_chance(1, ROWS, true), 10, 5);
}

static void few_rows_are_not_looked_at(void **state) {
    (void)state;
    assert_not_taken(hidden_by_chance(1, 1000, false), 1, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_wide_layer_is_taken_where_near_rows_tell_more, clear_test_folder),
        cmocka_unit_test(none_is_taken_where_near_rows_tell_all),
        cmocka_unit_test(none_is_kept_where_a_plane_divides_the_labels),
        cmocka_unit_test(few_rows_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
