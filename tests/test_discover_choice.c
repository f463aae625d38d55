/* Which of the spaces that were compared is taken. */
#define _XOPEN_SOURCE 700
#include "discover_cases.h"
#include "text_cases.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"
#include "data/dataset.h"

#include <math.h>
#include <string.h>

static const fa_candidate *of_space(const fa_discovery *found, const char *space) {
    size_t count;
    const fa_candidate *all = fa_discovery_candidates(found, &count);
    for (size_t i = 0; i < count; i++)
        if (all[i].possible && strcmp(all[i].space, space) == 0) return &all[i];
    fail_msg("no %s", space);
    return NULL;
}

/* Whose words say more of who writes than of what: a word of three is of its kind, and half of the texts
 * have two more that only tell where they come from. */
static fa_dataset *newswires(void) {
    enum { COUNT = 160, WORDS = 8, KNOWN = 20 };
    static char lines[COUNT][256];
    static const char *const from[] = {"reuters newswire", "associated press"};
    const char *texts[COUNT];
    int32_t labels[COUNT], kinds[COUNT];
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < COUNT; i++) {
        kinds[i] = i % 4;
        labels[i] = kinds[i] / 2;
        size_t used =
            (size_t)snprintf(lines[i], sizeof lines[i], "%s", from[fa__rng_below(&rng, 2)]);
        for (int w = 0; w < WORDS; w++) {
            int kind = fa__rng_below(&rng, 10) < 3 ? kinds[i] : 4;
            used += (size_t)snprintf(lines[i] + used, sizeof lines[i] - used, " word%d%c", kind,
                                     (char)('a' + fa__rng_below(&rng, KNOWN)));
        }
        texts[i] = lines[i];
    }
    data = texts_of(texts, NULL, COUNT);
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

static double worth(const fa_candidate *c) {
    return c->consistency + c->agreement / 4;
}

static void texts_are_not_standardised(void **state) {
    (void)state;
#ifndef FA_HAVE_UTF8PROC
    skip();
#endif
    fa_dataset *data = newswires();
    const fa_discover_options how = {.size = sizeof how, .epochs = 1};
    fa_discovery *found;
    assert_ok(fa_discover(&found, data, &how));
    const fa_candidate *standard = of_space(found, "input-standard");
    assert_true(worth(standard) > worth(chosen(found)) + 0.02);
    assert_int_equal(standard->chosen, 0);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* One wide column that no class depends on: clusters cut along it keep near rows together in the input as
 * it is, but these rows are of any label. Standardised the others count. */
static void what_the_nearest_tell_of_labels_speaks_for_a_form(void **state) {
    (void)state;
    enum { ROWS = 180, COLUMNS = 6, CLASSES = 6 };
    static float x[ROWS * COLUMNS];
    static int32_t labels[ROWS], kinds[ROWS];
    fa__rng rng;
    fa_dataset *data;
    fa_discovery *found;
    fa__rng_seed(&rng, 8, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < ROWS; i++) {
        float *row = x + i * COLUMNS;
        kinds[i] = i % CLASSES;
        labels[i] = kinds[i] / 3;
        for (int j = 0; j < COLUMNS - 1; j++)
            row[j] =
                (float)(((kinds[i] + 1) * (j + 2) % 7 > 3 ? 1 : -1) + 0.8 * fa__rng_normal(&rng));
        row[COLUMNS - 1] = (float)(34 * fa__rng_uniform(&rng));
    }
    data = told_labels(x, ROWS, COLUMNS, labels, kinds);
    const fa_discover_options how = {.size = sizeof how, .epochs = 1, .trainings = 1};
    assert_ok(fa_discover(&found, data, &how));
    const fa_candidate *input = of_space(found, "input"),
                       *standard = of_space(found, "input-standard"), *best = chosen(found);
    assert_true(input->possible && input->vote < 0.87 && standard->vote > 0.9);
    assert_true(isnan(of_space(found, "target")->vote));
    assert_true(input->consistency + input->agreement / 4 + 0.02 >
                standard->consistency + standard->agreement / 4); /* they alone would keep it */
    assert_ptr_equal(best, standard);
    assert_true(best->ami > 0.85 && input->ami < 0.5);
    assert_non_null(strstr(fa_discovery_why(found), "the nearest tell the label of "));
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Classes in a few columns, noise in the others, in rows of six kinds and two labels. */
static fa_dataset *among_noise(size_t n, size_t telling, size_t columns, uint64_t seed) {
    enum { CLASSES = 6, MOST = 64 };
    double centres[CLASSES][MOST];
    float *x;
    int32_t *labels, *kinds;
    fa__rng rng;
    fa_dataset *data;
    assert_ok(FA_NEW(x, n * columns));
    assert_ok(FA_NEW(labels, n));
    assert_ok(FA_NEW(kinds, n));
    fa__rng_seed(&rng, seed, FA__STREAM_SYNTH, 0);
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t j = 0; j < columns; j++) centres[c][j] = j < telling ? fa__rng_normal(&rng) : 0;
    for (size_t i = 0; i < n; i++) {
        kinds[i] = (int32_t)(i % CLASSES);
        labels[i] = kinds[i] / 3;
        for (size_t j = 0; j < columns; j++)
            x[i * columns + j] =
                (float)(centres[kinds[i]][j] + (j < telling ? 0.6 : 1) * fa__rng_normal(&rng));
    }
    data = told_labels(x, n, columns, labels, kinds);
    fa__free(x), fa__free(labels), fa__free(kinds);
    return data;
}

static void assert_why(const fa_discovery *found, const char *says) {
    if (strstr(fa_discovery_why(found), says) == NULL)
        fail_msg("'%s' does not say '%s'", fa_discovery_why(found), says);
}

/* The figures are those of the table. */
static void why_names_the_target_layer_taken_or_not(void **state) {
    (void)state;
    static const struct {
        size_t n, telling, columns, epochs;
        uint64_t seed;
        bool taken;
    } cases[] = {{1500, 8, 64, 25, 3, true}, {1200, 8, 32, 8, 4, false}, {300, 4, 8, 8, 2, false}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fa_dataset *data =
            among_noise(cases[c].n, cases[c].telling, cases[c].columns, cases[c].seed);
        const fa_discover_options how = {.size = sizeof how, .epochs = cases[c].epochs};
        fa_discovery *found;
        char says[160];
        assert_ok(fa_discover(&found, data, &how));
        const fa_candidate *best = chosen(found), *target = of_space(found, "target");
        bool few = cases[c].n < 1000;
        if (cases[c].taken) {
            assert_ptr_equal(best, target);
            fa__format(says, sizeof says,
                       "target: its consistency + agreement / 4 is %.3f, of input", worth(target));
        } else {
            assert_ptr_not_equal(best, target);
            fa__format(says, sizeof says,
                       "; the target layer has a consistency%s of %.3f, not %s more than its %.3f",
                       few ? "" : " + agreement / 4", few ? target->consistency : worth(target),
                       few ? "0.058" : "0.007", /* 1 / sqrt(300), 1 / (4 sqrt(1200)) */
                       few ? best->consistency : worth(best));
        }
        assert_why(found, says);
        fa_discovery_free(found);
        fa_dataset_free(data);
    }
}

static void why_says_what_was_not_compared(void **state) {
    (void)state;
    static const char *const set[] = {"cluster.transform=unit"};
    fa_dataset *data = blobs(0.3);
    fa_discover_options how = {.size = sizeof how, .epochs = 1, .trainings = 1};
    fa_discovery *found;
    assert_ok(fa_discover(&found, data, &how));
    assert_why(found, "; the target layer was not compared, which takes two trainings");
    fa_discovery_free(found);
    how.settings = set;
    how.n_settings = 1;
    assert_ok(fa_discover(&found, data, &how));
    assert_string_equal(fa_discovery_why(found),
                        "target: where to cluster is set (cluster.space, layer or transform)");
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Up to 5,000 rows, also where halves are clustered by fewer starts. */
static void clusters_that_were_compared_are_kept(void **state) {
    (void)state;
    for (size_t many = 0; many < 2; many++) {
        fa_dataset *data = many ? among_noise(1300, 3, 8, 5) : blobs(4);
        const fa_discover_options how = {
            .size = sizeof how, .epochs = 1, .trainings = 1, .seed = 5};
        fa_discovery *found;
        assert_ok(fa_discover(&found, data, &how));
        const fa_train_result *kept = fa_run_result(fa_discovery_run(found));
        assert_true(chosen(found)->ami > 0.1 && chosen(found)->ami < 0.9);
        assert_float_equal(chosen(found)->ami, kept->scores.ami_max, 1e-12);
        fa_discovery_free(found);
        fa_dataset_free(data);
    }
}

/* A few rows near the origin are near to all rows, in many columns, and told to be of another label: the
 * nearest rows tell less than the commonest label does, which says nothing of the input. In unit rows they
 * tell it, but kinds that differ in length fall together. */
static void rows_near_to_all_others_do_not_speak_against_a_form(void **state) {
    (void)state;
    enum { ROWS = 240, COLUMNS = 60, RARE = 20 };
    static float x[ROWS * COLUMNS];
    static int32_t labels[ROWS], kinds[ROWS];
    fa__rng rng;
    fa_dataset *data;
    fa_discovery *found;
    fa__rng_seed(&rng, 6, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < ROWS; i++) {
        bool rare = i % RARE == 0;
        kinds[i] = rare ? 4 + i / RARE % 2 : i % 4;
        labels[i] = rare;
        double at = rare ? 1 - i / RARE % 2 * 2 : kinds[i] / 2 ? 12 : 4;
        for (int j = 0; j < COLUMNS; j++)
            x[i * COLUMNS + j] = (float)((j == (rare ? 2 : kinds[i] % 2) ? at : 0) +
                                         (rare ? 0.05 : 1) * fa__rng_normal(&rng));
    }
    data = told_labels(x, ROWS, COLUMNS, labels, kinds);
    const fa_discover_options how = {.size = sizeof how, .epochs = 1, .trainings = 1};
    assert_ok(fa_discover(&found, data, &how));
    const fa_candidate *input = of_space(found, "input"), *unit = of_space(found, "input-unit");
    assert_true(input->vote < 0.8 && unit->vote > 0.95); /* the commonest label has .95 */
    assert_true(unit->consistency + 2 * unit->vote > input->consistency + 2 * input->vote + 0.07);
    assert_ptr_equal(chosen(found), input);
    assert_true(input->ami > unit->ami + 0.05);
    fa_discovery_free(found);
    fa_dataset_free(data);
}

/* Four kinds close together of one label and two wide ones of the other, which would get as many. */
static void candidates_have_the_numbers_that_labels_were_given(void **state) {
    (void)state;
    enum { ROWS = 240 };
    static const char *const given[] = {"cluster.k=0=4, 1=2"};
    static float x[ROWS * 2];
    static int32_t labels[ROWS], kinds[ROWS];
    fa__rng rng;
    fa_dataset *data;
    fa__rng_seed(&rng, 7, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < ROWS; i++) {
        bool wide = i % 6 >= 4;
        kinds[i] = i % 6;
        labels[i] = wide;
        x[i * 2] = (float)((wide ? 40 * (kinds[i] - 4) : 2 * (kinds[i] % 2)) +
                           (wide ? 4 : 0.2) * fa__rng_normal(&rng));
        x[i * 2 + 1] =
            (float)((wide ? 30 : 2 * (kinds[i] / 2)) + (wide ? 4 : 0.2) * fa__rng_normal(&rng));
    }
    data = told_labels(x, ROWS, 2, labels, kinds);
    for (size_t n = 0; n < 2; n++) { /* shared out, then given */
        const fa_discover_options how = {
            .size = sizeof how, .epochs = 1, .trainings = 1, .settings = given, .n_settings = n};
        fa_discovery *found;
        assert_ok(fa_discover(&found, data, &how));
        assert_int_equal(chosen(found)->k, 6);
        assert_int_equal(chosen(found)->ami > 0.99, n);
        assert_int_equal(of_space(found, "input-standard")->ami > 0.99, n);
        fa_discovery_free(found);
    }
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_nearest_tell_of_labels_speaks_for_a_form),
        cmocka_unit_test(texts_are_not_standardised),
        cmocka_unit_test(why_names_the_target_layer_taken_or_not),
        cmocka_unit_test(why_says_what_was_not_compared),
        cmocka_unit_test(clusters_that_were_compared_are_kept),
        cmocka_unit_test(rows_near_to_all_others_do_not_speak_against_a_form),
        cmocka_unit_test(candidates_have_the_numbers_that_labels_were_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
