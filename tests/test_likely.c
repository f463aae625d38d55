/* The label of rows that say none: the network's logits and the distances to centres together. */
#define _XOPEN_SOURCE 700
#include "train_runs.h"

#include "base/memory.h"
#include "base/rng.h"
#include "cluster/transform.h"
#include "model/clusters.h"
#include "model/likely.h"
#include "model/model.h"

/* ==== By hand ==== */

/* Centres at 0 and 6 of label 0, at 4 of label 1, on a line; at 5 one without rows, of label 1. */
static fa_clusters *line(double temperature) {
    static const char *const names[] = {"a", "b"};
    static const double centres[] = {0, 6, 4, 5};
    static const int64_t sizes[] = {3, 3, 3, 0};
    static const size_t first[] = {0, 2, 4};
    const float one = 0;
    fa_clusters *c;
    assert_ok(FA_NEW_ZERO(c, 1));
    c->k = 4;
    c->within = FA_WITHIN_GIVEN;
    c->temperature = temperature;
    assert_ok(fa_transform_fit(&c->transform, FA_TRANSFORM_NONE, 0, &one, 1, 1));
    assert_ok(FA_NEW(c->centres, 4));
    assert_ok(FA_NEW(c->sizes, 4));
    assert_ok(FA_NEW(c->first, 3));
    assert_ok(fa__names_make(&c->coarse.names, names, 2, "names"));
    memcpy(c->centres, centres, sizeof centres);
    memcpy(c->sizes, sizes, sizeof sizes);
    memcpy(c->first, first, sizeof first);
    return c;
}

static fa__centres centres_of(const fa_clusters *c) {
    return (fa__centres){c->centres, c->sizes, c->first, fa_clusters_labels(c),
                         fa_transform_columns(c->transform)};
}

static void predict(int32_t *labels, const fa_clusters *c, const float *x, const float *logits,
                    size_t n, size_t outputs) {
    const fa__centres centres = centres_of(c);
    assert_ok(fa__likely_labels(labels, &centres, c->temperature, x, logits, n, outputs));
}

/* At 4.5 the nearest centre of a is 1.5 away (2.25), that of b 0.5 (0.25): a difference of 2. So at
 * a temperature of 4 they speak for b by half a nat. */
static void label_by_hand_weighs_logits_and_distances(void **state) {
    (void)state;
    static const struct {
        double temperature;
        float a, b;
        int32_t label;
    } cases[] = {{4, 0.4F, 0, 1},   {4, 0.6F, 0, 0},  {4, 0.5F, 0, 0}, /* a tie: the lowest */
                 {1, 1.9F, 0, 1},   {1, 2.1F, 0, 0},  {1e9, 0.001F, 0, 0},
                 {0, 0.001F, 0, 0}, {0, 0, 0.001F, 1}};
    const float x = 4.5F;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_clusters *c = line(cases[i].temperature);
        const float logits[] = {cases[i].a, cases[i].b}, sigmoid = cases[i].b - cases[i].a;
        int32_t label = -1, known = 0;
        predict(&label, c, &x, logits, 1, 2);
        assert_int_equal(label, cases[i].label);
        if (cases[i].a != 0.5F) { /* one output: the sigmoid of the difference says the same */
            label = -1;
            predict(&label, c, &x, &sigmoid, 1, 1);
            assert_int_equal(label, cases[i].label);
        }
        predict(&known, c, &x, logits, 1, 2); /* one that is said stays */
        assert_int_equal(known, 0);
        fa_clusters_free(c);
    }
}

/* The largest posterior of a mixture, in full: log softmax of the logits and a Gaussian of variance
 * temperature / 2 about each centre. */
static void label_is_the_largest_posterior(void **state) {
    (void)state;
    enum { N = 400, D = 3, K = 9, L = 3 };
    static float x[N * D], logits[N * L];
    static int32_t labels[N];
    fa_clusters *c = line(0.7);
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_SYNTH, 0);
    fa_transform_free(c->transform);
    fa__free(c->centres);
    fa__free(c->sizes);
    fa__free(c->first);
    c->k = K;
    assert_ok(FA_NEW(c->centres, K * D));
    assert_ok(FA_NEW(c->sizes, K));
    assert_ok(FA_NEW(c->first, L + 1));
    static const char *const names[] = {"a", "b", "c"};
    fa__coarse_free(&c->coarse);
    c->coarse = (fa__coarse){0};
    assert_ok(fa__names_make(&c->coarse.names, names, L, "names"));
    for (size_t y = 0; y <= L; y++) c->first[y] = y * 3;
    for (size_t i = 0; i < K * D; i++) c->centres[i] = fa__rng_normal(&rng);
    for (size_t i = 0; i < K; i++) c->sizes[i] = 4;
    for (size_t i = 0; i < N * D; i++) x[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < N * L; i++) logits[i] = (float)(2 * fa__rng_normal(&rng));
    for (size_t i = 0; i < N; i++) labels[i] = -1;
    assert_ok(fa_transform_fit(&c->transform, FA_TRANSFORM_NONE, 0, x, N, D));
    predict(labels, c, x, logits, N, L);
    size_t by_network = 0;
    for (size_t i = 0; i < N; i++) {
        const float *z = logits + i * L;
        double sum = exp((double)z[0]) + exp((double)z[1]) + exp((double)z[2]), most = 0;
        int32_t best = -1;
        for (size_t j = 0; j < K; j++) {
            double away = 0;
            for (size_t q = 0; q < D; q++)
                away += pow((double)x[i * D + q] - c->centres[j * D + q], 2);
            double posterior = exp((double)z[j / 3]) / sum * exp(-away / 0.7);
            if (posterior > most) most = posterior, best = (int32_t)(j / 3);
        }
        assert_int_equal(labels[i], best);
        by_network += (size_t)best == fa__predicted_label(z, L);
    }
    assert_true(by_network > N / 3 && by_network < N); /* both have had a say */
    fa_clusters_free(c);
}

/* ==== Calibration ==== */

/* Of rows of b at 4 the network takes `wrong` for a, by `by` nats, and of rows of a all `lost` for a,
 * by `sure` nats. spread 1: temperatures .1, .2, .4, .8. */
static double temperature_of(size_t wrong, float by, size_t lost, float at, float sure) {
    enum { MOST = 64 };
    float x[MOST], logits[MOST];
    int32_t labels[MOST], assignment[MOST];
    size_t rows[MOST], n = 0;
    fa_clusters *c = line(0);
    for (size_t i = 0; i < wrong; i++, n++) {
        x[n] = 4;
        logits[n] = -by;
        labels[n] = 1;
        assignment[n] = 2;
    }
    for (size_t i = 0; i < lost; i++, n++) {
        x[n] = at;
        logits[n] = -sure;
        labels[n] = 0;
        assignment[n] = 1;
    }
    x[n] = 4, logits[n] = -9, labels[n] = -1, assignment[n] = 2; /* of no label: not looked at */
    for (size_t i = 0; i <= n; i++) rows[i] = i;
    assert_ok(fa__clusters_calibrate(c, assignment, 1, x, logits, 1, labels, n + 1, rows, n + 1));
    double temperature = c->temperature;
    fa_clusters_free(c);
    return temperature;
}

static void temperature_is_that_of_most_labels(void **state) {
    (void)state;
    /* Rows at 4 are right by any temperature; 2 are more than sqrt(2), 1 is not more than 1. */
    assert_near(temperature_of(2, 1, 0, 0, 0), 0.8, 0);
    assert_near(temperature_of(1, 1, 0, 0, 0), 0, 0);
    assert_near(temperature_of(0, 1, 0, 0, 0), 0, 0);
    /* The nearest centre of a is 4 away, squared: worth 40, 20, 10 and 5 nats. */
    assert_near(temperature_of(2, 30, 0, 0, 0), 0.1, 0);
    assert_near(temperature_of(2, 7, 0, 0, 0), 0.4, 0);
    assert_near(temperature_of(2, 50, 0, 0, 0), 0, 0);
    /* A row of a at 5.2, in a cluster of 3 rows: .64 (3/2)^2 = 1.44 from its own centre, and 1.44
     * from that of b. At 5.1 it is 1.8225 and 1.21, .6125 for b: worth 6.1, 3.06, 1.53 and .77
     * nats. */
    assert_near(temperature_of(6, 1, 5, 5.2F, 1), 0.8, 0);
    assert_near(temperature_of(6, 1, 5, 5.1F, 1), 0.8, 0); /* lost by all but .8: 6 - 0 there */
    /* Lost by all: 3 more of 9 are chance, 6 of 12 are not. */
    assert_near(temperature_of(6, 1, 3, 5.1F, 0.5F), 0, 0);
    assert_near(temperature_of(9, 1, 3, 5.1F, 0.5F), 0.8, 0);
    assert_near(temperature_of(9, 1, 3, 5.1F, 2), 0.8, 0);
}

/* Distances that tell nothing, and centres on the rows themselves: a cluster of one row is not
 * looked at for that row, else it would be sure of its label. */
static void temperature_is_not_of_rows_that_are_their_own_centre(void **state) {
    (void)state;
    fa_clusters *c = line(0);
    float x[4] = {0, 6, 4, 5}, logits[4] = {1, 1, -1, -1};
    const int32_t labels[4] = {0, 0, 1, 1};
    int32_t assignment[4] = {0, 1, 2, 3};
    const size_t rows[4] = {0, 1, 2, 3};
    for (size_t j = 0; j < 4; j++) c->sizes[j] = 1;
    assert_ok(fa__clusters_calibrate(c, assignment, 1, x, logits, 1, labels, 4, rows, 4));
    assert_near(c->temperature, 0, 0);
    for (size_t j = 0; j < 4; j++) c->sizes[j] = 2; /* with another row each they count */
    assert_ok(fa__clusters_calibrate(c, assignment, 1, x, logits, 1, labels, 4, rows, 4));
    assert_true(c->temperature > 0);
    fa_clusters_free(c);
}

/* ==== Bytes ==== */

static void bytes_keep_the_temperature(void **state) {
    (void)state;
    fa_clusters *c = line(0.375), *read;
    unsigned char *bytes;
    size_t size, without;
    assert_ok(fa_clusters_to_buffer(&bytes, &size, c));
    assert_ok(fa_clusters_from_buffer(&read, bytes, size));
    assert_near(read->temperature, 0.375, 0);
    fa_clusters_free(read);
    fa_free(bytes);
    c->temperature = 0; /* a file as older versions wrote it */
    assert_ok(fa_clusters_to_buffer(&bytes, &without, c));
    assert_true(without < size);
    assert_ok(fa_clusters_from_buffer(&read, bytes, without));
    assert_near(read->temperature, 0, 0);
    fa_clusters_free(read);
    fa_free(bytes);
    c->temperature = (double)INFINITY;
    assert_ok(fa_clusters_to_buffer(&bytes, &size, c));
    assert_fails(fa_clusters_from_buffer(&read, bytes, size), FA_E_NONFINITE, "temperature");
    fa_free(bytes);
    fa_clusters_free(c);
}

/* ==== A run ==== */

/* Six clouds on a circle, in turn of one colour and of the other: a linear network cannot tell the
 * colours, their clusters can. */
enum { CLOUDS = 6, ROWS = 600 };

static fa_dataset *circle(uint64_t seed, bool coloured) {
    static float x[ROWS * 2];
    static int32_t kinds[ROWS], colours[ROWS];
    static const char *const names[] = {"red", "blue", NULL};
    fa_dataset *made;
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < ROWS; i++) {
        kinds[i] = (int32_t)(i % CLOUDS);
        double angle = 2 * acos(-1) * (double)kinds[i] / CLOUDS;
        x[i * 2] = (float)(cos(angle) + 0.1 * fa__rng_normal(&rng));
        x[i * 2 + 1] = (float)(sin(angle) + 0.1 * fa__rng_normal(&rng));
        colours[i] = kinds[i] % 2;
    }
    assert_ok(fa_dataset_from_vectors(&made, x, ROWS, 2));
    assert_ok(fa_dataset_set_classes(made, kinds, NULL, 0));
    if (coloured) assert_ok(fa_dataset_set_coarse(made, colours, names));
    return made;
}

static void rows_without_a_label_are_found_by_their_clusters(void **state) {
    (void)state;
    static const char *const keys[][2] = {{"network.layers", "linear 4 target, linear out"},
                                          {"loss.kind", "none"},
                                          {"train.epochs", "3"},
                                          {"train.batch", "32"},
                                          {"cluster.rows", "all"},
                                          {"cluster.within", "given"},
                                          {"cluster.k", "6"},
                                          {"cluster.space", "input"}};
    fa_recipe *recipe;
    fa_dataset *train = circle(1, true), *fresh = circle(2, false);
    fa_run *run;
    const fa_clusters *clusters;
    const fa_model *model;
    static int32_t found[ROWS], labels[ROWS];
    static float logits[ROWS];
    double ami;
    size_t given, by_network = 0, right = 0;
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_ok(fa_recipe_set(recipe, keys[i][0], keys[i][1]));
    assert_ok(fa_train(&run, recipe, train, NULL, NULL));
    assert_ok(fa_run_clusters(&clusters, run));
    assert_ok(fa_run_model(&model, run));
    assert_true(clusters->temperature > 0);
    assert_ok(
        fa_clusters_find(found, NULL, NULL, labels, &given, clusters, model, fresh, NULL, NULL));
    assert_int_equal(given, 0);
    assert_ok(fa_model_embed(NULL, logits, model, fresh, NULL, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        int32_t colour = (int32_t)(i % CLOUDS % 2);
        assert_int_equal(fa_clusters_label(clusters, found[i]), labels[i]);
        right += labels[i] == colour;
        by_network += (logits[i] > 0) == (colour == 1);
    }
    assert_true(right > ROWS * 98 / 100);
    assert_true(by_network < ROWS * 3 / 4);
    assert_ok(fa_score_ami(&ami, fa_dataset_classes(fresh), found, ROWS, FA_MEAN_MAX));
    assert_true(ami > 0.95);
    fa_run_free(run);
    fa_recipe_free(recipe);
    fa_dataset_free(train);
    fa_dataset_free(fresh);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_by_hand_weighs_logits_and_distances),
        cmocka_unit_test(label_is_the_largest_posterior),
        cmocka_unit_test(temperature_is_that_of_most_labels),
        cmocka_unit_test(temperature_is_not_of_rows_that_are_their_own_centre),
        cmocka_unit_test(bytes_keep_the_temperature),
        cmocka_unit_test(rows_without_a_label_are_found_by_their_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
