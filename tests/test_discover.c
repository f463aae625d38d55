/* From data to clusters in one call: what is compared, what is chosen, what is refused. */
#define _XOPEN_SOURCE 700
#include "discover_cases.h"
#include "text_cases.h"

#include "base/memory.h"
#include "base/rng.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

#include <math.h>
#include <string.h>

static fa_discovery *discover(const fa_dataset *data, size_t k, const char *const *settings,
                              size_t n_settings) {
    fa_discovery *found;
    const fa_discover_options how = {
        .size = sizeof how, .k = k, .epochs = 3, .settings = settings, .n_settings = n_settings};
    assert_ok(fa_discover(&found, data, &how));
    return found;
}

/* ==== What is found ==== */

static void discover_finds_kinds_apart_within_labels(void **state) {
    (void)state;
    fa_dataset *data = blobs(0.3);
    fa_discovery *found = discover(data, 0, NULL, 0);
    size_t n;
    double ami;
    const int32_t *clusters = fa_discovery_clusters(found, &n);
    assert_int_equal(n, N);
    assert_ok(fa_score_ami(&ami, clusters, fa_dataset_classes(data), n, FA_MEAN_MAX));
    assert_float_equal(ami, 1, 1e-12);
    const double *sure = fa_discovery_confidence(found, &n);
    for (size_t i = 0; i < n; i++) assert_true(sure[i] > 0.3 && sure[i] <= 1);
    const fa_candidate *c = chosen(found);
    assert_string_equal(c->space, "input");
    assert_int_equal(c->within, FA_WITHIN_GIVEN);
    assert_int_equal(c->k, KINDS);
    assert_true(c->agreement > 0.99 && c->possible);
    assert_non_null(strstr(fa_discovery_why(found), "input: "));
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "cluster.space"), "input");
    const fa_clusters *kept;
    assert_ok(fa_run_clusters(&kept, fa_discovery_run(found)));
    assert_true(fa_clusters_layer(kept) == FA_LAYER_INPUT);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

enum { SERIES = 60, STEPS = 5 };

/* Kind i % 4 has a level of its own; the last series may be a step longer. */
static fa_dataset *levels(int longer) {
    static float x[(SERIES * STEPS + 1) * 2];
    int64_t offsets[SERIES + 1];
    int32_t labels[SERIES], kinds[SERIES];
    fa_dataset *data;
    for (int i = 0; i <= SERIES; i++) offsets[i] = i * STEPS + (i == SERIES ? longer : 0);
    for (int i = 0; i < SERIES; i++) {
        kinds[i] = i % 4;
        labels[i] = kinds[i] / 2;
        for (int j = 0; j < (STEPS + (i == SERIES - 1)) * 2; j++)
            x[i * STEPS * 2 + j] = (float)(3 * kinds[i] + (i * 7 + j * 3) % 5 * 0.1);
    }
    assert_ok(fa_dataset_from_series(&data, x, offsets, SERIES, 2));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

/* Rows of the methods that were not taken stay, to compare; the one taken agrees best. */
static void methods_are_compared_by_agreement(void **state) {
    (void)state;
    fa_dataset *data = blobs(2);
    const fa_discover_options how = {
        .size = sizeof how, .k = KINDS, .epochs = 3, .methods = "plain,multi,held,information"};
    fa_discovery *found;
    size_t count, compared = 0;
    assert_ok(fa_discover(&found, data, &how));
    const fa_candidate *all = fa_discovery_candidates(found, &count), *taken = NULL;
    for (size_t i = 0; i < count; i++)
        if (all[i].training[0] != '\0' && all[i].possible) taken = taken == NULL ? &all[i] : taken;
    assert_non_null(taken);
    for (size_t i = 0; i < count && all[i].training[0] != '\0'; i++, compared++) {
        assert_true(!all[i].possible && !all[i].chosen);
        assert_string_not_equal(all[i].training, taken->training);
        if (all[i].within == taken->within) assert_true(all[i].agreement <= taken->agreement);
    }
    assert_int_equal(compared, 2 * 3);
    fa_discovery_free(found);

    static const struct {
        const char *methods, *message;
    } bad[] = {{"plain,mult", "'mult' is none of plain, multi, held, information, neighbours"},
               {"", "'' is none of"},
               {"plain,", "'' is none of"},
               {"multi,multi", "multi is there twice"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const fa_discover_options wrong = {.size = sizeof wrong, .methods = bad[i].methods};
        assert_fails(fa_discover(&found, data, &wrong), FA_E_ARGUMENT, bad[i].message);
    }
    fa_dataset *walks = levels(0);
    const fa_discover_options near = {.size = sizeof near, .methods = "plain,neighbours"};
    assert_fails(fa_discover(&found, walks, &near), FA_E_ARGUMENT, "neighbours is for vectors");
    fa_dataset_free(walks);
    const fa_discover_options both = {.size = sizeof both, .methods = "plain", .search = 1};
    assert_fails(fa_discover(&found, data, &both), FA_E_ARGUMENT, "leave one of them out");
    fa_dataset_free(data);
}

/* The clusters of the run, taken to a buffer and back, give its own samples their clusters. */
static void clusters_of_the_input_go_through_a_buffer(void **state) {
    (void)state;
    fa_dataset *data = blobs(2);
    fa_discovery *found = discover(data, 0, NULL, 0);
    const fa_clusters *kept;
    const fa_model *model;
    fa_clusters *read;
    unsigned char *bytes;
    size_t size, n, given;
    int32_t again[N];
    assert_ok(fa_run_clusters(&kept, fa_discovery_run(found)));
    assert_ok(fa_run_model(&model, fa_discovery_run(found)));
    assert_ok(fa_clusters_to_buffer(&bytes, &size, kept));
    assert_ok(fa_clusters_from_buffer(&read, bytes, size));
    assert_ok(fa_clusters_find(again, NULL, NULL, NULL, &given, read, model, data, NULL, NULL));
    assert_int_equal(given, N);
    assert_memory_equal(again, fa_discovery_clusters(found, &n), sizeof again);
    fa_clusters_free(read);
    fa_free(bytes);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Its rows are judged over all; they are clustered within the labels that the network predicts. */
static void a_test_set_without_labels_is_clustered(void **state) {
    (void)state;
    fa_dataset *data = blobs(0.3), *test;
    fa_discovery *found;
    size_t n;
    assert_ok(fa_dataset_first(&test, data, N / 2));
    assert_ok(fa_dataset_set_coarse(test, NULL, NULL));
    assert_ok(fa_dataset_set_classes(test, NULL, NULL, 0));
    const fa_discover_options how = {.size = sizeof how, .k = KINDS, .epochs = 3, .test = test};
    assert_ok(fa_discover(&found, data, &how));
    const int32_t *clusters = fa_discovery_clusters(found, &n);
    assert_int_equal(n, N / 2);
    assert_int_equal(chosen(found)->within, FA_WITHIN_NONE);
    for (size_t i = 0; i < n; i++) assert_true(clusters[i] == clusters[i % KINDS]);
    fa_discovery_free(found);
    fa_dataset_free(test);
    fa_dataset_free(data);
}

/* Names make units of their own likelier; centred columns are somebody's components. */
static void columns_in_units_of_their_own_are_standardised(void **state) {
    (void)state;
    static const char *const names[] = {"height", "weight", "age"};
    static const struct {
        double factor, shift; /* of one column; of all */
        bool named, standardised;
    } cases[] = {{1, 50, true, false},  {6, 50, true, true},   {6, 50, false, false},
                 {40, 50, false, true}, {40, 0, false, false}, {40, 0, true, false}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fa_dataset *data = blobs(0.3);
        float *x = data->values.numbers;
        for (size_t j = 0; j < D; j++) {
            double mean = 0;
            for (size_t i = 0; i < N; i++) mean += (double)x[i * D + j] / N;
            for (size_t i = 0; i < N; i++)
                x[i * D + j] =
                    (float)(((double)x[i * D + j] - mean) * (j == 1 ? cases[c].factor : 1) +
                            cases[c].shift);
        }
        if (cases[c].named) assert_ok(fa_dataset_set_column_names(data, names));
        fa_discovery *found = discover(data, 0, NULL, 0);
        fa_recipe *recipe;
        const fa_discover_options how = {.size = sizeof how, .k = KINDS};
        assert_ok(fa_discover_recipe(&recipe, data, &how));
        assert_string_equal(fa__recipe_text(recipe, FA__DATA_SCALE),
                            cases[c].standardised ? "standard" : "common");
        if (cases[c].standardised) assert_string_equal(chosen(found)->space, "input-standard");
        fa_recipe_free(recipe);
        fa_discovery_free(found);
        fa_dataset_free(data);
    }
}

static void classes_change_nothing_but_scores(void **state) {
    (void)state;
    fa_dataset *data = blobs(2);
    fa_discovery *with = discover(data, 6, NULL, 0);
    assert_ok(fa_dataset_set_classes(data, NULL, NULL, 0));
    fa_discovery *without = discover(data, 6, NULL, 0);
    size_t n, count, other;
    const int32_t *a = fa_discovery_clusters(with, &n), *b = fa_discovery_clusters(without, &n);
    assert_memory_equal(a, b, n * sizeof *a);
    const fa_candidate *c = fa_discovery_candidates(with, &count),
                       *d = fa_discovery_candidates(without, &other);
    assert_int_equal(count, other);
    for (size_t i = 0; i < count; i++) {
        assert_true(c[i].agreement == d[i].agreement && c[i].chosen == d[i].chosen);
        assert_true(isfinite(c[i].ami) && isnan(d[i].ami));
    }
    fa_discovery_free(with);
    fa_discovery_free(without);
    fa_dataset_free(data);
}

static void any_number_of_threads_finds_the_same(void **state) {
    (void)state;
    fa_dataset *data = blobs(2);
    fa_discovery *found[2];
    size_t n, count;
    for (int t = 0; t < 2; t++) {
        fa_threads_set(1 + 2 * t);
        found[t] = discover(data, 0, NULL, 0);
    }
    fa_threads_set(0);
    assert_memory_equal(fa_discovery_clusters(found[0], &n), fa_discovery_clusters(found[1], &n),
                        N * sizeof(int32_t));
    const fa_candidate *a = fa_discovery_candidates(found[0], &count),
                       *b = fa_discovery_candidates(found[1], &count);
    for (size_t i = 0; i < count; i++)
        assert_true(memcmp(&a[i].agreement, &b[i].agreement, sizeof(double)) == 0);
    for (int t = 0; t < 2; t++) fa_discovery_free(found[t]);
    fa_dataset_free(data);
}

static void settings_are_over_what_is_suggested(void **state) {
    (void)state;
    static const char *const settings[] = {"cluster.within=none", "cluster.layer=1"};
    fa_dataset *data = blobs(1);
    fa_discovery *found = discover(data, 0, settings, 2);
    const fa_recipe *recipe = fa_discovery_recipe(found);
    assert_string_equal(fa_recipe_get(recipe, "cluster.layer"), "1");
    assert_string_equal(fa_recipe_get(recipe, "cluster.space"), "layer");
    assert_int_equal(chosen(found)->within, FA_WITHIN_NONE);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

static void without_labels_it_clusters_over_all_rows(void **state) {
    (void)state;
    fa_dataset *data = blobs(0.3);
    fa_discovery *found;
    const fa_discover_options how = {
        .size = sizeof how, .label_free = 1, .epochs = 2, .trainings = 1};
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(chosen(found)->within, FA_WITHIN_NONE);
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "train.task"), "reconstruction");
    assert_float_equal(fa_run_result(fa_discovery_run(found))->scores.ami_max, 1, 1e-12);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* A bar of four pixels anywhere, across, down or along a diagonal, in a noise as bright: near images say
 * nothing of it, the label (level or upright; slanting) teaches convolutions to see it. */
static void labels_teach_what_near_images_do_not_show(void **state) {
    (void)state;
    enum { SIDE = 8, COUNT = 1200, PIXELS = SIDE * SIDE * 3 };
    static const int step[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
    static unsigned char pixels[COUNT * PIXELS];
    static int32_t labels[COUNT], kinds[COUNT];
    fa__rng rng;
    fa_dataset *data;
    fa_discovery *found;
    fa__rng_seed(&rng, 5, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < COUNT; i++) {
        unsigned char *image = pixels + i * PIXELS;
        kinds[i] = i % 4;
        labels[i] = kinds[i] / 2;
        int y = (int)fa__rng_below(&rng, 5), x = (int)fa__rng_below(&rng, 5);
        for (int p = 0; p < PIXELS; p++) image[p] = (unsigned char)fa__rng_below(&rng, 200);
        if (kinds[i] == 3) x += 3;
        for (int s = 0; s < 4; s++)
            image[((y + s * step[kinds[i]][0]) * SIDE + x + s * step[kinds[i]][1]) * 3] = 255;
    }
    assert_ok(fa_dataset_from_images(&data, pixels, COUNT, SIDE, SIDE, 3));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    const fa_discover_options how = {.size = sizeof how, .epochs = 12, .trainings = 1};
    assert_ok(fa_discover(&found, data, &how));
    assert_string_equal(chosen(found)->space, "target");
    assert_string_equal(chosen(found)->training, "plain");
    assert_true(strstr(fa_discovery_why(found), "tells the label of") != NULL);
    assert_true(chosen(found)->ami > 0.6);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* ==== What is suggested ==== */

static void assert_suggested(const fa_dataset *data, int label_free, const char *const wanted[][2],
                             size_t count) {
    fa_recipe *recipe;
    const fa_discover_options how = {.size = sizeof how, .label_free = label_free, .k = 7};
    assert_ok(fa_discover_recipe(&recipe, data, &how));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(fa_recipe_get(recipe, wanted[i][0]), wanted[i][1]);
    fa_recipe_free(recipe);
}

/* For images without labels and with two. */
static void assert_suggested_for_images(size_t side, size_t channels, unsigned char last,
                                        const char *const free_of[][2], size_t n_free,
                                        const char *const with[][2], size_t n_with) {
    enum { COUNT = 40, MOST = 32 * 32 * 3 };
    static unsigned char pixels[COUNT * MOST];
    int32_t labels[COUNT];
    fa_dataset *data;
    pixels[COUNT * side * side * channels - 1] = last;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 2;
    assert_true(side * side * channels <= MOST);
    assert_ok(fa_dataset_from_images(&data, pixels, COUNT, side, side, channels));
    assert_suggested(data, 1, free_of, n_free);
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_suggested(data, 0, with, n_with);
    fa_dataset_free(data);
}

static void images_are_held_by_views_with_labels_or_without(void **state) {
    (void)state;
    static const char *const free_of[][2] = {
        {"train.task", "reconstruction"},
        {"loss.kind", "information"},
        {"loss.weight", "1"},
        {"loss.start_epoch", "0"},
        {"data.views", "auto"},
        {"cluster.within", "none"},
        {"network.layers", "linear 256 relu, linear 128 relu, linear 7 target, linear out"}};
    static const char *const with[][2] = {{"train.task", "labels"},
                                          {"loss.kind", "information"},
                                          {"loss.start_epoch", "1"},
                                          {"cluster.within", "given"},
                                          {"data.views", "auto"}};
    assert_suggested_for_images(8, 1, 0, free_of, sizeof free_of / sizeof *free_of, with,
                                sizeof with / sizeof *with);
    assert_suggested_for_images(8, 3, 0, free_of, sizeof free_of / sizeof *free_of, with,
                                sizeof with / sizeof *with); /* grey, in equal channels */
}

/* Pixels in colour say little: the labels teach a network, whose pooled layer is clustered. */
static void photographs_are_learned_from_their_labels(void **state) {
    (void)state;
    static const char *const with[][2] = {
        {"network.layers",
         "conv 32 3x3 stride 2, batchnorm relu, conv 64 3x3, batchnorm relu, maxpool 2, "
         "conv 128 3x3, batchnorm relu, conv 128 3x3, batchnorm relu, maxpool 2, "
         "conv 256 3x3, batchnorm relu, globalpool, linear out"},
        {"loss.kind", "none"},
        {"data.augment", "flip-crop"},
        {"data.views", "none"},
        {"train.epochs", "60"},
        {"cluster.within", "given"},
        {"cluster.transform", "root-half-whiten-unit"}};
    static const char *const free_of[][2] = {
        {"loss.kind", "information"}, {"data.augment", "none"}, {"data.views", "auto"}};
    assert_suggested_for_images(32, 3, 1, free_of, sizeof free_of / sizeof *free_of, with,
                                sizeof with / sizeof *with);
}

/* Nobody said k, and each of two labels wants a cluster: one class is too few for that. */
static void fewer_classes_than_labels_are_asked_about(void **state) {
    (void)state;
    int32_t kinds[N] = {0};
    fa_dataset *data = blobs(1);
    fa_recipe *recipe;
    fa_discover_options how = {.size = sizeof how};
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    assert_fails(fa_discover_recipe(&recipe, data, &how), FA_E_LABEL,
                 "there is 1 hidden class and there are 2 coarse labels: are --labels and --hidden "
                 "the wrong way round?");
    how.k = 4;
    assert_ok(fa_discover_recipe(&recipe, data, &how));
    fa_recipe_free(recipe);
    how = (fa_discover_options){.size = sizeof how, .clusters = "auto"};
    assert_ok(fa_discover_recipe(&recipe, data, &how));
    fa_recipe_free(recipe);
    static const char *const apart[] = {"cluster.within=none"};
    how = (fa_discover_options){.size = sizeof how, .settings = apart, .n_settings = 1};
    assert_ok(fa_discover_recipe(&recipe, data, &how));
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

static void vectors_are_drawn_to_their_neighbours(void **state) {
    (void)state;
    static const char *const wanted[][2] = {
        {"network.layers", "linear 3 target, linear 64 relu, linear out"},
        {"network.init", "identity"},
        {"loss.kind", "infonce"},
        {"loss.positives", "neighbours"},
        {"data.scale", "common"}};
    static const char *const wide[][2] = {
        {"network.layers", "linear 1024 target, linear 64 relu, linear out"},
        {"network.init", "orthogonal"}};
    enum { FEW = 20, MANY = 1025 };
    static float x[FEW * MANY];
    int32_t labels[FEW];
    fa_dataset *data = blobs(1);
    assert_suggested(data, 0, wanted, sizeof wanted / sizeof *wanted);
    fa_dataset_free(data);
    for (int i = 0; i < FEW * MANY; i++) x[i] = (float)(i % 7);
    for (int i = 0; i < FEW; i++) labels[i] = i % 2;
    assert_ok(fa_dataset_from_vectors(&data, x, FEW, MANY));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_suggested(data, 0, wide, sizeof wide / sizeof *wide);
    fa_dataset_free(data);
}

/* Kinds are directions, lengths tell nothing: clusters lie apart in rows of unit length. */
static void array_is_clustered_in_the_space_that_suits_it(void **state) {
    (void)state;
    static float x[N * D];
    static int32_t labels[N], kinds[N];
    fa__rng rng;
    fa_dataset *data;
    double ami;
    size_t n;
    fa__rng_seed(&rng, 5, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < N; i++) {
        kinds[i] = i % KINDS;
        labels[i] = kinds[i] / 3;
        double length = 1 + 99 * fa__rng_uniform(&rng);
        for (int j = 0; j < D; j++)
            x[i * D + j] = (float)(length * ((kinds[i] % 3 == j ? (kinds[i] < 3 ? 1 : -1) : 0) +
                                             0.1 * fa__rng_normal(&rng)));
    }
    assert_ok(fa_dataset_from_vectors(&data, x, N, D));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    const fa_discover_options how = {.size = sizeof how, .k = KINDS, .epochs = 1, .trainings = 1};
    fa_discovery *found;
    assert_ok(fa_discover(&found, data, &how));
    assert_string_equal(chosen(found)->space, "input-unit");
    assert_ok(fa_score_ami(&ami, fa_discovery_clusters(found, &n), kinds, N, FA_MEAN_MAX));
    assert_float_equal(ami, 1, 1e-12);
    assert_null(strstr(fa_discovery_why(found), "nothing"));
    fa_discovery_free(found);
    fa_dataset_free(data);
}

static void series_may_be_clustered_as_they_are(void **state) {
    (void)state;
    const fa_discover_options how = {.size = sizeof how, .epochs = 1, .trainings = 1};
    fa_dataset *data = levels(0), *other = levels(1);
    fa_discovery *found;
    const fa_clusters *clusters;
    const fa_model *model;
    unsigned char *bytes;
    fa_model *read;
    size_t n, size;
    double ami;
    int32_t again[SERIES];
    assert_ok(fa_discover(&found, data, &how));
    assert_int_equal(strncmp(chosen(found)->space, "input", 5), 0);
    const int32_t *of = fa_discovery_clusters(found, &n);
    assert_ok(fa_score_ami(&ami, of, fa_dataset_classes(data), n, FA_MEAN_MAX));
    assert_float_equal(ami, 1, 1e-12);
    assert_ok(fa_run_clusters(&clusters, fa_discovery_run(found)));
    assert_ok(fa_run_model(&model, fa_discovery_run(found)));
    assert_ok(fa_model_to_buffer(&bytes, &size, model));
    assert_ok(fa_model_from_buffer(&read, bytes, size));
    assert_ok(fa_clusters_find(again, NULL, NULL, NULL, &n, clusters, read, data, NULL, NULL));
    assert_memory_equal(again, of, sizeof again);
    assert_fails(fa_clusters_find(again, NULL, NULL, NULL, &n, clusters, read, other, NULL, NULL),
                 FA_E_SHAPE, "series 59 has 6 steps");
    fa_free(bytes);
    fa_model_free(read);
    fa_discovery_free(found);
    /* of different lengths: stretched, and so are new ones, by the model that was read again */
    assert_ok(fa_discover(&found, other, &how));
    assert_int_equal(strncmp(chosen(found)->space, "input", 5), 0);
    of = fa_discovery_clusters(found, &n);
    assert_ok(fa_score_ami(&ami, of, fa_dataset_classes(other), n, FA_MEAN_MAX));
    assert_float_equal(ami, 1, 1e-12);
    assert_ok(fa_run_clusters(&clusters, fa_discovery_run(found)));
    assert_ok(fa_run_model(&model, fa_discovery_run(found)));
    assert_ok(fa_model_to_buffer(&bytes, &size, model));
    assert_ok(fa_model_from_buffer(&read, bytes, size));
    assert_ok(fa_clusters_find(again, NULL, NULL, NULL, &n, clusters, read, other, NULL, NULL));
    assert_memory_equal(again, of, sizeof again);
    fa_free(bytes);
    fa_model_free(read);
    fa_discovery_free(found);
    fa_dataset_free(data);
    fa_dataset_free(other);
}

/* Texts of four kinds in two halves: two or three words of the kind among four of all. */
enum { TEXTS = 80 };
static fa_dataset *reviews(void) {
    static const char *const own[4][3] = {{"company", "shares", "founded"},
                                          {"school", "campus", "students"},
                                          {"river", "basin", "flows"},
                                          {"species", "genus", "leaves"}};
    static const char *const common[] = {"the", "of", "and", "in"};
    static char lines[TEXTS][128];
    const char *texts[TEXTS];
    int32_t labels[TEXTS], kinds[TEXTS];
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < TEXTS; i++) {
        size_t used = 0;
        kinds[i] = i % 4;
        labels[i] = kinds[i] / 2;
        for (int w = 0; w < 6 + i % 5; w++)
            used += (size_t)snprintf(lines[i] + used, sizeof lines[i] - used, "%s ",
                                     w % 2 ? own[i % 4][fa__rng_below(&rng, 3)]
                                           : common[fa__rng_below(&rng, 4)]);
        texts[i] = lines[i];
    }
    data = texts_of(texts, NULL, TEXTS);
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

/* By the mean of their words, before anything is trained or after; new ones are told alike. */
static void texts_are_clustered_by_the_mean_of_their_words(void **state) {
    (void)state;
#ifndef FA_HAVE_UTF8PROC
    skip();
#endif
    static const char *const fresh[] = {"leaves of the genus and the species",
                                        "campus in the school and the students"};
    const fa_discover_options once = {.size = sizeof once, .epochs = 1, .trainings = 1},
                              free_of = {.size = sizeof free_of, .label_free = 1, .epochs = 1};
    fa_dataset *data = reviews(), *two = texts_of(fresh, NULL, 2);
    fa_discovery *found;
    const fa_clusters *clusters;
    const fa_model *model;
    size_t n, known;
    double ami;
    int32_t again[TEXTS], of_fresh[2];
    const int32_t halves[] = {1, 0};
    assert_ok(fa_dataset_set_coarse(two, halves, NULL)); /* one epoch does not tell them */
    assert_ok(fa_discover(&found, data, &once)); /* without an agreement the input is kept */
    assert_string_equal(chosen(found)->space, "input-unit");
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "cluster.space"), "layer");
    assert_string_equal(fa_recipe_get(fa_discovery_recipe(found), "cluster.layer"), "2");
    const int32_t *of = fa_discovery_clusters(found, &n);
    assert_ok(fa_score_ami(&ami, of, fa_dataset_classes(data), n, FA_MEAN_MAX));
    assert_float_equal(ami, 1, 1e-12);
    assert_ok(fa_run_clusters(&clusters, fa_discovery_run(found)));
    assert_ok(fa_run_model(&model, fa_discovery_run(found)));
    assert_ok(fa_clusters_find(again, NULL, NULL, NULL, &known, clusters, model, data, NULL, NULL));
    assert_memory_equal(again, of, sizeof again);
    assert_ok(
        fa_clusters_find(of_fresh, NULL, NULL, NULL, &known, clusters, model, two, NULL, NULL));
    assert_int_equal(of_fresh[0], of[3]);
    assert_int_equal(of_fresh[1], of[1]);
    fa_discovery_free(found);
    assert_ok(fa_discover(&found, data, &free_of));
    assert_int_equal(chosen(found)->within, FA_WITHIN_NONE);
    assert_ok(fa_score_ami(&ami, fa_discovery_clusters(found, &n), fa_dataset_classes(data), n,
                           FA_MEAN_MAX));
    assert_true(ami > 0.9);
    fa_discovery_free(found);
    fa_dataset_free(data), fa_dataset_free(two);
}

/* ==== Labels ==== */

static void labels_come_from_where_the_data_have_them(void **state) {
    (void)state;
    int hidden;
    fa_dataset *data = blobs(1);
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    assert_int_equal(fa_discover_labels(&hidden, data, recipe, 0), FA_LABELS_GIVEN);
    assert_true(hidden);
    assert_int_equal(fa_discover_labels(&hidden, data, NULL, 1), FA_LABELS_NONE);
    assert_ok(fa_dataset_set_coarse(data, NULL, NULL));
    assert_int_equal(fa_discover_labels(&hidden, data, recipe, 0), FA_LABELS_CLASSES);
    assert_false(hidden);
    assert_ok(fa_recipe_set(recipe, "data.groups", "0-2 / 3-5"));
    assert_int_equal(fa_discover_labels(&hidden, data, recipe, 0), FA_LABELS_GROUPS);
    assert_ok(fa_recipe_set(recipe, "data.groups", ""));
    assert_ok(fa_recipe_set(recipe, "data.hidden", "kinds.csv"));
    assert_int_equal(fa_discover_labels(&hidden, data, recipe, 0), FA_LABELS_NONE);
    assert_true(hidden);
    assert_string_equal(fa_label_source_name(FA_LABELS_GROUPS), "groups");
    assert_null(fa_label_source_name((fa_label_source)9));
    fa_recipe_free(recipe);
    fa_dataset_free(data);
}

/* ==== Refusals ==== */

/* What a setting of the search may cost: the share itself, 0 too, or .01 where none is given. */
static void a_tolerance_of_0_is_none(void **state) {
    (void)state;
    const double given[] = {0, 0.01};
    size_t passed[3] = {0};
    fa_dataset *data = blobs(1);
    for (size_t t = 0; t < 3; t++) {
        const fa_discover_options how = {.size = sizeof how,
                                         .label_free = 1,
                                         .epochs = 2,
                                         .search = 6,
                                         .tolerance = t < 2 ? &given[t] : NULL};
        fa_discovery *found;
        size_t count;
        assert_ok(fa_discover(&found, data, &how));
        const fa_candidate *all = fa_discovery_candidates(found, &count);
        for (size_t i = 0; i < 7; i++) {
            double most = all[0].loss * (1 + (t < 2 ? given[t] : 0.01));
            assert_int_equal(all[i].costly, all[i].loss > most);
            passed[t] += all[i].costly == 0;
        }
        fa_discovery_free(found);
    }
    assert_true(passed[0] > 0 && passed[0] < passed[1]);
    assert_int_equal(passed[2], passed[1]);
    fa_dataset_free(data);
}

static int no(void *user, const char *training) {
    (void)user;
    (void)training;
    return 1;
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"loss.margin"}, *const single[] = {"loss.kind=single"};
    const double nan = (double)NAN;
    fa_dataset *data = blobs(1);
    const fa_discover_options base = {.size = sizeof base, .epochs = 1};
    struct {
        fa_discover_options how;
        const fa_dataset *data;
        fa_status status;
        const char *says;
    } cases[] = {{base, NULL, FA_E_ARGUMENT, "data is NULL"},
                 {base, data, FA_E_ARGUMENT, "trainings is 10, it must be 1 to 9"},
                 {base, data, FA_E_ARGUMENT, "search is 100, it must be at most 99"},
                 {base, data, FA_E_ARGUMENT, "tolerance is nan, it must be 0 to 1"},
                 {base, data, FA_E_RECIPE, "'loss.margin' is no setting; loss.margin=0.5 is one"},
                 {base, data, FA_E_RECIPE, "loss.kind = single: a search tries settings of multi"},
                 {base, data, FA_E_STOPPED, "stopped before a training"},
                 {base, data, FA_E_ARGUMENT, "settings is NULL, and n_settings 2"}};
    cases[1].how.trainings = 10;
    cases[2].how.search = 100;
    cases[3].how.tolerance = &nan;
    cases[4].how.settings = wrong;
    cases[4].how.n_settings = 1;
    cases[5].how.settings = single;
    cases[5].how.n_settings = 1;
    cases[5].how.search = 1;
    cases[6].how.begin = no;
    cases[7].how.n_settings = 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_discovery *found = NULL;
        assert_int_equal(fa_discover(&found, cases[i].data, &cases[i].how), cases[i].status);
        assert_non_null(strstr(fa_error_detail(), cases[i].says));
        assert_null(found);
    }
    assert_int_equal(fa_discover(NULL, data, NULL), FA_E_ARGUMENT);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discover_finds_kinds_apart_within_labels),
        cmocka_unit_test(methods_are_compared_by_agreement),
        cmocka_unit_test(clusters_of_the_input_go_through_a_buffer),
        cmocka_unit_test(a_test_set_without_labels_is_clustered),
        cmocka_unit_test(columns_in_units_of_their_own_are_standardised),
        cmocka_unit_test(classes_change_nothing_but_scores),
        cmocka_unit_test(any_number_of_threads_finds_the_same),
        cmocka_unit_test(settings_are_over_what_is_suggested),
        cmocka_unit_test(without_labels_it_clusters_over_all_rows),
        cmocka_unit_test(images_are_held_by_views_with_labels_or_without),
        cmocka_unit_test(labels_teach_what_near_images_do_not_show),
        cmocka_unit_test(photographs_are_learned_from_their_labels),
        cmocka_unit_test(fewer_classes_than_labels_are_asked_about),
        cmocka_unit_test(vectors_are_drawn_to_their_neighbours),
        cmocka_unit_test(array_is_clustered_in_the_space_that_suits_it),
        cmocka_unit_test(series_may_be_clustered_as_they_are),
        cmocka_unit_test(texts_are_clustered_by_the_mean_of_their_words),
        cmocka_unit_test(labels_come_from_where_the_data_have_them),
        cmocka_unit_test(a_tolerance_of_0_is_none),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
