/* Recipes for data that nothing is known of, and samples as rows of numbers. */
#include "test.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "nn/network.h"

static fa_dataset *vectors(size_t n, size_t features) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_VECTORS));
    data->n = n;
    data->features = features;
    assert_ok(FA_NEW_ZERO(data->values.numbers, n * features));
    for (size_t i = 0; i < n * features; i++) data->values.numbers[i] = (float)i;
    return data;
}

static fa_dataset *images(size_t n, size_t height, size_t width, size_t channels) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_IMAGES));
    data->n = n;
    data->values.height = height;
    data->values.width = width;
    data->values.channels = channels;
    data->features = height * width * channels;
    assert_ok(FA_NEW_ZERO(data->values.pixels, n * data->features));
    for (size_t i = 0; i < n * data->features; i++)
        data->values.pixels[i] = (unsigned char)(255 - i % 7);
    return data;
}

/* Sample i has 1 + i steps of two features. */
static fa_dataset *series(size_t n) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_SERIES));
    data->n = n;
    data->features = 2;
    assert_ok(FA_NEW_ZERO(data->values.offsets, n + 1));
    for (size_t i = 0; i < n; i++) data->values.offsets[i + 1] = data->values.offsets[i] + 1 + i;
    assert_ok(FA_NEW_ZERO(data->values.numbers, data->values.offsets[n] * 2));
    for (size_t i = 0; i < data->values.offsets[n] * 2; i++)
        data->values.numbers[i] = (float)(1 + i);
    return data;
}

static fa_dataset *texts(const char *const *of, size_t n) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_TEXT));
    data->n = n;
    assert_ok(FA_NEW_ZERO(data->values.offsets, n + 1));
    for (size_t i = 0; i < n; i++)
        data->values.offsets[i + 1] = data->values.offsets[i] + strlen(of[i]);
    assert_ok(FA_NEW_ZERO(data->values.text, data->values.offsets[n] + 1));
    for (size_t i = 0; i < n; i++)
        memcpy(data->values.text + data->values.offsets[i], of[i], strlen(of[i]));
    return data;
}

/* ==== Recipes ==== */

/* Whatever the size, the network that is suggested can be built on it. */
static void assert_builds(fa_dataset *data, fa__shape input) {
    for (int label_free = 0; label_free < 2; label_free++) {
        fa_recipe *recipe;
        fa__network *network;
        assert_ok(fa_recipe_create(&recipe));
        assert_ok(fa_recipe_suggest(recipe, data, label_free));
        assert_ok(fa__network_create(&network, fa_recipe_get(recipe, "network.layers"), input,
                                     label_free ? (fa__shape){0} : fa__shape_vector(3)));
        assert_true(network->layers[network->target].relu);
        assert_string_equal(fa_recipe_get(recipe, "train.task"),
                            label_free ? "reconstruction" : "labels");
        fa__network_free(network);
        fa_recipe_free(recipe);
    }
    fa_dataset_free(data);
}

static void suggested_networks_fit_data_of_any_size(void **state) {
    (void)state;
    static const size_t features[] = {1, 32, 33, 257, 5000};
    static const size_t sides[][3] = {{1, 1, 1},   {4, 4, 3},   {7, 90, 1},  {8, 8, 1},
                                      {28, 28, 1}, {32, 32, 3}, {50, 70, 3}, {300, 200, 3}};
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        assert_builds(vectors(3, features[i]), fa__shape_vector(features[i]));
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        size_t h = sides[i][0], w = sides[i][1], c = sides[i][2];
        assert_builds(
            images(2, h, w, c),
            (fa__shape){
                .form = FA__IMAGE, .features = h * w * c, .height = h, .width = w, .channels = c});
    }
    assert_builds(series(3), fa__shape_series(2));
}

static void suggested_epochs_fall_with_the_number_of_samples(void **state) {
    (void)state;
    static const size_t samples[] = {10, 10000, 100000};
    static const char *const epochs[] = {"50", "20", "5"}, *const batches[] = {"32", "128", "128"};
    for (size_t i = 0; i < 3; i++) {
        fa_dataset *data = vectors(samples[i], 1);
        fa_recipe *recipe;
        assert_ok(fa_recipe_create(&recipe));
        assert_ok(fa_recipe_set(recipe, "data.train", "kept"));
        assert_ok(fa_recipe_suggest(recipe, data, 0));
        assert_string_equal(fa_recipe_get(recipe, "train.epochs"), epochs[i]);
        assert_string_equal(fa_recipe_get(recipe, "train.batch"), batches[i]);
        assert_string_equal(fa_recipe_get(recipe, "data.train"), "kept");
        fa_recipe_free(recipe);
        fa_dataset_free(data);
    }
}

/* Images bear a larger margin; clusters are looked for among rows of unit length. */
static void suggested_component_goes_by_the_kind(void **state) {
    (void)state;
    fa_dataset *sets[] = {vectors(300, 3), images(300, 8, 8, 1), images(300, 8, 8, 3)};
    static const char *const wanted[][3] = {
        {"0.1", "0.3", "50"}, {"0.2", "1", "30"}, {"1", "0.3", "60"}};
    for (size_t s = 0; s < 3; s++) {
        fa_recipe *recipe;
        assert_ok(fa_recipe_create(&recipe));
        assert_ok(fa_recipe_suggest(recipe, sets[s], 0));
        assert_string_equal(fa_recipe_get(recipe, "loss.kind"), "multi");
        assert_string_equal(fa_recipe_get(recipe, "loss.margin"), wanted[s][0]);
        assert_string_equal(fa_recipe_get(recipe, "loss.weight"), wanted[s][1]);
        assert_string_equal(fa_recipe_get(recipe, "train.epochs"), wanted[s][2]);
        assert_string_equal(fa_recipe_get(recipe, "cluster.transform"), "unit");
        assert_ok(fa_recipe_suggest(recipe, sets[s], 1)); /* a share, whatever the kind */
        assert_string_equal(fa_recipe_get(recipe, "loss.margin"), "0.1");
        assert_string_equal(fa_recipe_get(recipe, "loss.weight"), "0.1");
        fa_recipe_free(recipe);
        fa_dataset_free(sets[s]);
    }
}

static void suggested_recipe_of_texts_fits_them(void **state) {
    (void)state;
    static const char *const of[] = {"a b", "c"};
    fa__shape input = fa__shape_series(1);
    fa_recipe *recipe;
    input.vocabulary = 3;
    assert_builds(texts(of, 2), input);
    fa_dataset *data = texts(of, 2);
    assert_ok(fa_recipe_create(&recipe));
    for (int label_free = 0; label_free < 2; label_free++) {
        assert_ok(fa_recipe_suggest(recipe, data, label_free));
        assert_string_equal(fa_recipe_get(recipe, "text.vectors"), "ppmi");
        assert_string_equal(fa_recipe_get(recipe, "text.order"), "backward"); /* they are short */
    }
    assert_fails(fa_recipe_suggest(NULL, data, 0), FA_E_ARGUMENT, "recipe is NULL");
    assert_fails(fa_recipe_suggest(recipe, NULL, 0), FA_E_ARGUMENT, "data is NULL");
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

static fa_dataset *many_texts(size_t n) {
    const char **of = malloc(n * sizeof *of);
    assert_non_null(of);
    for (size_t i = 0; i < n; i++) of[i] = "a b";
    fa_dataset *data = texts(of, n);
    free(of);
    return data;
}

/* The recipe of the first training of a discovery with data.limit, as text. labels: of two coarse ones. */
static char *discovered(fa_dataset *data, const char *limit, bool labels) {
    char setting[32], *text;
    const char *settings[] = {setting}, *const names[] = {"x", "y", NULL};
    fa_recipe *recipe;
    int32_t *coarse = calloc(data->n, sizeof *coarse);
    assert_non_null(coarse);
    snprintf(setting, sizeof setting, "data.limit=%s", limit);
    for (size_t i = 0; i < data->n; i++) coarse[i] = i % 2;
    if (labels) assert_ok(fa_dataset_set_coarse(data, coarse, names));
    assert_ok(fa_discover_recipe(&recipe, data,
                                 &(fa_discover_options){.size = sizeof(fa_discover_options),
                                                        .label_free = !labels,
                                                        .settings = settings,
                                                        .n_settings = 1}));
    assert_ok(fa_recipe_to_text(&text, recipe));
    fa_recipe_free(recipe);
    free(coarse);
    return text;
}

/* What is suggested is for the samples that are trained on: all that lie beyond data.limit change
 * nothing. */
static void suggested_recipe_goes_by_the_limit(void **state) {
    (void)state;
    for (int labels = 0; labels < 2; labels++) {
        fa_dataset *few[] = {vectors(600, 3), images(600, 8, 8, 1), images(600, 8, 8, 3),
                             many_texts(600), many_texts(20000)},
                   *many[] = {vectors(5000, 3), images(5000, 8, 8, 1), images(5000, 8, 8, 3),
                              many_texts(60000), many_texts(60000)};
        for (size_t s = 0; s < 5; s++) {
            const char *limit = s == 4 ? "20000" : "600";
            char *own = discovered(few[s], limit, labels),
                 *cut = discovered(many[s], limit, labels);
            assert_string_equal(own, cut);
            fa_free(own);
            fa_free(cut);
            fa_dataset_free(few[s]);
            fa_dataset_free(many[s]);
        }
    }
    static const char *const wanted[][2] = {{"600", "32"}, {"20000", "128"}, {"0", "512"}};
    fa_dataset *data = many_texts(60000);
    for (size_t i = 0; i < 3; i++) {
        fa_recipe *recipe;
        assert_ok(fa_recipe_create(&recipe));
        assert_ok(fa_recipe_set(recipe, "data.limit", wanted[i][0]));
        assert_ok(fa_recipe_suggest(recipe, data, 0));
        assert_string_equal(fa_recipe_get(recipe, "train.batch"), wanted[i][1]);
        fa_recipe_free(recipe);
    }
    char *text = discovered(data, "20000", true);
    assert_non_null(strstr(text, "\nneighbours = 40\n"));
    fa_free(text);
    fa_dataset_free(data);
}

/* n times the same: a dot, and the pen goes up. */
static fa_dataset *dots(size_t n) {
    static const float dot[] = {5, 5, 0, 0, 0, 0, 1, 1};
    enum { STEPS = 2, VALUES = sizeof dot / sizeof *dot };
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_SERIES));
    data->n = n;
    data->features = VALUES / STEPS;
    assert_ok(FA_NEW_ZERO(data->values.offsets, n + 1));
    assert_ok(FA_NEW_ZERO(data->values.numbers, n * VALUES));
    for (size_t i = 0; i < n; i++) {
        data->values.offsets[i + 1] = data->values.offsets[i] + STEPS;
        memcpy(data->values.numbers + i * VALUES, dot, sizeof dot);
    }
    return data;
}

/* Of many rows what two views show takes three times as many without labels; of few no more than with. */
static void views_alone_are_trained_for_longer(void **state) {
    (void)state;
    static const char *const limits[] = {"1000", "10000", "30000", "0"};
    static const char *const epochs[2][2][4] = {
        {{"60", "60", "60", "30"}, {"60", "60", "20", "10"}},
        {{"60", "60", "48", "24"}, {"60", "48", "16", "8"}}};
    fa_dataset *sets[] = {images(60000, 4, 4, 1), dots(60000)};
    for (size_t s = 0; s < 2; s++) {
        for (int labels = 0; labels < 2; labels++)
            for (size_t i = 0; i < 4; i++) {
                char wanted[32], *text = discovered(sets[s], limits[i], labels);
                snprintf(wanted, sizeof wanted, "\nepochs = %s\n", epochs[s][labels][i]);
                assert_non_null(strstr(text, "\nkind = information\n"));
                assert_non_null(strstr(text, wanted));
                assert_true((strstr(text, "\nscale = 0.25 0.25 1 1\n") != NULL) ==
                            (s == 1 && !labels));
                fa_free(text);
            }
        fa_dataset_free(sets[s]);
    }
}

/* ==== Samples as rows ==== */

static void assert_matrix(const fa_dataset *data, const size_t *samples, size_t n, size_t columns,
                          const float *wanted) {
    float *x;
    size_t d;
    assert_ok(fa_dataset_matrix(&x, &d, data, samples, n));
    assert_int_equal(d, columns);
    for (size_t i = 0; i < n * d; i++) assert_near(x[i], wanted[i], 0);
    fa_free(x);
}

static void matrix_of_each_kind_is_as_by_hand(void **state) {
    (void)state;
    const size_t two[] = {2, 0};
    fa_dataset *data = vectors(3, 2);
    assert_matrix(data, two, 2, 2, (const float[]){4, 5, 0, 1});
    fa_dataset_free(data);
    data = images(3, 1, 2, 2);
    assert_matrix(data, two, 2, 4, (const float[]){254, 253, 252, 251, 255, 254, 253, 252});
    fa_dataset_free(data);
    data = series(3); /* steps (1 2), (3 4)(5 6), (7 8)(9 10)(11 12) */
    assert_matrix(data, two, 2, 4, (const float[]){7, 8, 11, 12, 1, 2, 1, 2}); /* 2 on average */
    assert_matrix(data, NULL, 3, 4, (const float[]){1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12});
    fa_dataset_free(data);
}

/* 1 to 300 steps, 150.5 on average; those of the last are (b + 2 t, b + 1 + 2 t). */
static void matrix_of_series_is_linear_between_steps(void **state) {
    (void)state;
    fa_dataset *data = series(300);
    const size_t last[] = {299};
    float *x;
    size_t d, steps;
    assert_ok(fa_dataset_matrix(&x, &d, data, last, 1));
    assert_int_equal(d, 151 * 2);
    const float *of = fa_dataset_series(data, 299, &steps);
    assert_int_equal(steps, 300);
    for (size_t j = 0; j < d; j++)
        assert_near(x[j], of[j % 2] + 2.0f * 299 / 150 * (float)(j / 2), 1e-2);
    fa_free(x);
    fa_dataset_free(data);
}

/* As many steps as fit, of series of one length too; a step that does not is refused. */
static void matrix_of_wide_series_is_thinned(void **state) {
    (void)state;
    enum { N = 2, STEPS = 10000, WIDE = 9000 };
    static float values[N * STEPS];
    static const int64_t offsets[] = {0, STEPS, N * STEPS}, two[] = {0, 1, 2};
    fa_dataset *data;
    float *x = NULL;
    size_t d;
    for (int i = 0; i < N * STEPS; i++) values[i] = (float)i;
    assert_ok(fa_dataset_from_series(&data, values, offsets, N, 1));
    assert_ok(fa_dataset_matrix(&x, &d, data, NULL, 0));
    assert_int_equal(d, 8192);
    assert_near(x[d - 1], STEPS - 1, 0);
    assert_near(x[d + 1], STEPS + 9999.0 / 8191, 1e-2);
    fa_free(x);
    fa_dataset_free(data);
    assert_ok(fa_dataset_from_series(&data, values, two, N, WIDE));
    assert_fails(fa_dataset_matrix(&x, &d, data, NULL, 0), FA_E_SHAPE, "9000 values");
    fa_dataset_free(data);
}

/* The most frequent word first: the 3, dog 2, cat 1. */
static void matrix_of_texts_counts_words(void **state) {
    (void)state;
    static const char *const of[] = {"The cat", "the dog, THE dog!", "?"};
    fa_dataset *data = texts(of, 3);
    float *x;
    size_t d;
    if (fa_dataset_matrix(&x, &d, data, NULL, 3) == FA_E_UNAVAILABLE) {
        fa_dataset_free(data);
        skip();
    }
    fa_free(x);
    assert_matrix(data, NULL, 3, 3, (const float[]){1, 0, 1, 2, 2, 0, 0, 0, 0});
    fa_dataset_free(data);
}

static void matrix_refuses_samples_that_are_not_there(void **state) {
    (void)state;
    fa_dataset *data = vectors(3, 2);
    const size_t beyond[] = {0, 3};
    float *x = NULL;
    size_t d = 9;
    assert_fails(fa_dataset_matrix(&x, &d, data, beyond, 2), FA_E_ARGUMENT, "samples[1] is 3");
    assert_fails(fa_dataset_matrix(&x, &d, data, beyond, 0), FA_E_ARGUMENT, "n is 0");
    assert_fails(fa_dataset_matrix(&x, NULL, data, NULL, 0), FA_E_ARGUMENT, "places");
    assert_null(x);
    assert_int_equal(d, 9);
    fa_dataset_free(data);
}

static void matrix_without_memory_fails_cleanly(void **state) {
    (void)state;
    static const char *const of[] = {"The cat", "the dog"};
    fa_dataset *sets[] = {vectors(3, 2), images(2, 2, 2, 1), series(3), texts(of, 2)};
    for (size_t s = 0; s < 4; s++) {
        size_t before = fa__memory_live();
        fa_status status = FA_E_NOMEM;
        for (long after = 0; status == FA_E_NOMEM; after++) {
            float *x = NULL;
            size_t d;
            fa__memory_fail_after(after);
            status = fa_dataset_matrix(&x, &d, sets[s], NULL, 0);
            fa__memory_fail_after(-1);
            fa_free(x);
            assert_int_equal(fa__memory_live(), before);
        }
        assert_true(status == FA_OK || status == FA_E_UNAVAILABLE);
        fa_dataset_free(sets[s]);
    }
}

static void suggest_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_dataset *data = vectors(3, 2);
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    for (long after = 0; status == FA_E_NOMEM; after++) {
        fa__memory_fail_after(after);
        status = fa_recipe_suggest(recipe, data, 0);
        fa__memory_fail_after(-1);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_int_equal(status, FA_OK);
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggested_networks_fit_data_of_any_size),
        cmocka_unit_test(suggested_epochs_fall_with_the_number_of_samples),
        cmocka_unit_test(suggested_component_goes_by_the_kind),
        cmocka_unit_test(suggested_recipe_of_texts_fits_them),
        cmocka_unit_test(suggested_recipe_goes_by_the_limit),
        cmocka_unit_test(views_alone_are_trained_for_longer),
        cmocka_unit_test(matrix_of_each_kind_is_as_by_hand),
        cmocka_unit_test(matrix_of_series_is_linear_between_steps),
        cmocka_unit_test(matrix_of_wide_series_is_thinned),
        cmocka_unit_test(matrix_of_texts_counts_words),
        cmocka_unit_test(matrix_refuses_samples_that_are_not_there),
        cmocka_unit_test(matrix_without_memory_fails_cleanly),
        cmocka_unit_test(suggest_without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
