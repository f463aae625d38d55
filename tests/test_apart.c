/* What sets clusters apart: words and features against numbers by hand. */
#include "test.h"

#include "base/memory.h"
#include "model/clusters.h"
#include "report/apart.h"
#include "text/vocabulary.h"

#include <math.h>

enum { K_MAX = 6 };

/* A view that has what is looked at: the data, and the cluster of each sample. */
static fa__view view_of(const fa_dataset *data, const int32_t *clusters, size_t k) {
    static fa__cluster found[K_MAX];
    fa__view v = {.n = fa_dataset_count(data), .k = k, .clusters = clusters, .found = found};
    memset(found, 0, sizeof found);
    for (size_t i = 0; i < v.n; i++) found[clusters[i]].size++;
    v.data = (fa_dataset *)(uintptr_t)data;
    return v;
}

static const char *word_of(const fa__apart *apart, size_t cluster, size_t place) {
    static char text[64];
    size_t size;
    const char *word = fa__vocabulary_word(
        apart->words, apart->marks[cluster * FA__APART_MAX + place].what + 1, &size);
    snprintf(text, sizeof text, "%.*s", (int)size, word);
    return text;
}

/* ==== Words ==== */

enum { TEXTS = 40 };
static const char *const texts[] = {"the wolf, the Wolf howls", "a sheep eats the grass"};

static fa_dataset *flock(const char **all, int32_t *clusters) {
    fa_dataset *data;
    for (size_t i = 0; i < TEXTS; i++) {
        all[i] = texts[i % 2];
        clusters[i] = (int32_t)(i % 2);
    }
    all[38] = texts[1]; /* one of the first cluster is of the other kind */
    assert_ok(fa_dataset_from_texts(&data, all, TEXTS));
    return data;
}

static void words_are_weighed_by_their_odds(void **state) {
    (void)state;
    const char *all[TEXTS];
    int32_t clusters[TEXTS];
    fa_dataset *data = flock(all, clusters);
    fa__view v = view_of(data, clusters, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    /* wolf: in 19 of 20 texts, though twice in each, and in none of 20. "the" is in all of them. */
    assert_int_equal(apart.count[0], 2);
    assert_string_equal(word_of(&apart, 0, 0), "wolf"); /* of equal ones the more frequent */
    assert_string_equal(word_of(&apart, 0, 1), "howls");
    double z = (log(19.5 / 1.5) - log(0.5 / 20.5)) / sqrt(1 / 19.5 + 1 / 1.5 + 1 / 0.5 + 1 / 20.5);
    assert_near(apart.marks[0].weight, z, 1e-12);
    assert_near(apart.marks[1].weight, z, 1e-12);
    assert_int_equal(apart.count[1], 4); /* a, eats, grass, sheep: in 20 of 20 and 1 of 20 */
    assert_near(apart.marks[FA__APART_MAX].weight, z, 1e-12);
    fa__apart_close(&apart);
    fa_dataset_free(data);
}

/* Of vectors with such names too; of names of one word it is the features. */
static void names_of_several_words_are_texts(void **state) {
    (void)state;
    const char *all[TEXTS];
    int32_t clusters[TEXTS];
    float x[TEXTS] = {0};
    fa_dataset *words = flock(all, clusters), *data;
    assert_ok(fa_dataset_from_vectors(&data, x, TEXTS, 1));
    assert_ok(fa_dataset_set_names(data, all));
    fa__view v = view_of(data, clusters, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_non_null(apart.words);
    assert_string_equal(word_of(&apart, 0, 0), "wolf");
    fa__apart_close(&apart);
    for (size_t i = 0; i < TEXTS; i++) all[i] = "case";
    assert_ok(fa_dataset_set_names(data, all));
    assert_ok(fa__apart_open(&apart, &v));
    assert_null(apart.words);
    assert_int_equal(apart.count[0], 0); /* all values are alike */
    fa__apart_close(&apart);
    fa_dataset_free(data);
    fa_dataset_free(words);
}

/* Within the first label there are two clusters, which are held against each other. */
static void clusters_within_a_label_are_held_against_its_own(void **state) {
    (void)state;
    enum { N = 60 };
    const char *all[N];
    int32_t clusters[N];
    size_t first[] = {0, 2, 3};
    fa_dataset *data;
    static const char *const kinds[] = {"money bank river", "money bank loan", "sport goal river"};
    for (size_t i = 0; i < N; i++) {
        all[i] = kinds[i % 3];
        clusters[i] = (int32_t)(i % 3);
    }
    fa_clusters kept = {.k = 3, .within = FA_WITHIN_GIVEN, .first = first};
    assert_ok(fa_dataset_from_texts(&data, all, N));
    fa__view v = view_of(data, clusters, 3);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_int_equal(apart.count[0],
                     3); /* each word is in all of its texts, and half of the others */
    fa__apart_close(&apart);
    v.kept = &kept;
    assert_ok(fa__apart_open(&apart, &v));
    assert_int_equal(apart.count[0], 1); /* against the other of its label */
    assert_string_equal(word_of(&apart, 0, 0), "river");
    assert_int_equal(apart.count[1], 1);
    assert_string_equal(word_of(&apart, 1, 0), "loan");
    assert_int_equal(apart.count[2], 3); /* alone in its label: against all */
    assert_string_equal(word_of(&apart, 2, 1), "sport");
    fa__apart_close(&apart);
    fa_dataset_free(data);
}

/* ==== Features ==== */

static void features_are_weighed_by_their_means(void **state) {
    (void)state;
    static const float x[] = {0, 5, 1, 1, /* */ 0, 5, 2, 1, /* */ 4, 5, 3, 1, /* */ 4, 5, 2, 1};
    static const int32_t clusters[] = {0, 0, 1, 1};
    fa_dataset *data;
    assert_ok(fa_dataset_from_vectors(&data, x, 4, 4));
    fa__view v = view_of(data, clusters, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_null(apart.words);
    assert_int_equal(apart.count[0], 2); /* the second and the last are constant */
    assert_int_equal(apart.marks[0].what, 0);
    assert_near(apart.marks[0].weight, -4 / 2.0, 1e-12);
    assert_int_equal(apart.marks[1].what, 2); /* 1.5 and 2.5, deviation sqrt(1 / 2) */
    assert_near(apart.marks[1].weight, -1 / sqrt(0.5), 1e-12);
    assert_near(apart.marks[FA__APART_MAX].weight, 2, 1e-12);
    fa__apart_close(&apart);
    fa_dataset_free(data);
}

static void the_strongest_features_are_kept_in_order(void **state) {
    (void)state;
    enum { N = 4, D = 20 };
    float x[N * D];
    static const int32_t clusters[] = {0, 1, 0, 1};
    fa_dataset *data;
    for (size_t i = 0; i < N; i++) /* noise of 1 to both sides; apart by 2 j / D */
        for (size_t j = 0; j < D; j++)
            x[i * D + j] =
                (i < 2 ? -1.0f : 1.0f) + (float)(i % 2) * (j % 2 ? 2.0f : -2.0f) * (float)j / D;
    assert_ok(fa_dataset_from_vectors(&data, x, N, D));
    fa__view v = view_of(data, clusters, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_int_equal(apart.count[0], FA__APART_MAX);
    for (size_t m = 0; m < FA__APART_MAX; m++) {
        assert_int_equal(apart.marks[m].what, D - 1 - m);
        assert_true((apart.marks[m].weight > 0) == (m % 2 == 1));
    }
    fa__apart_close(&apart);
    fa_dataset_free(data);
}

/* The mean over the steps of each, however many they are. */
static void series_are_weighed_by_their_means(void **state) {
    (void)state;
    static const float points[] = {0, 2, 1, /* */ 1, /* */ 5, 5, /* */ 5};
    static const int64_t offsets[] = {0, 3, 4, 6, 7};
    static const int32_t clusters[] = {0, 0, 1, 1};
    fa_dataset *data;
    assert_ok(fa_dataset_from_series(&data, points, offsets, 4, 1));
    fa__view v = view_of(data, clusters, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_near(apart.marks[0].weight, (1 - 5) / 2.0, 1e-12);
    fa__apart_close(&apart);
    fa_dataset_free(data);
}

/* ==== Nothing to say ==== */

static void images_one_cluster_and_no_data_say_nothing(void **state) {
    (void)state;
    static const uint8_t pixels[4] = {0, 9, 0, 9};
    static const float x[] = {1, 2, 3, 4};
    static const int32_t one[] = {0, 0, 0, 0}, two[] = {0, 1, 0, 1};
    fa_dataset *images, *vectors, *rare;
    assert_ok(fa_dataset_from_images(&images, pixels, 4, 1, 1, 1));
    assert_ok(fa_dataset_from_vectors(&vectors, x, 4, 1));
    assert_ok(fa_dataset_from_texts(&rare, (const char *const[]){"a", "b", "c", ""}, 4));
    fa__view v = view_of(images, two, 2);
    fa__apart apart;
    assert_ok(fa__apart_open(&apart, &v));
    assert_null(apart.count);
    fa__apart_close(&apart);
    v = view_of(rare, two, 2); /* no word is there twice */
    assert_ok(fa__apart_open(&apart, &v));
    assert_null(apart.count);
    fa__apart_close(&apart);
    v = view_of(vectors, one, 2); /* the second is empty */
    assert_ok(fa__apart_open(&apart, &v));
    assert_true(apart.count[0] == 0 && apart.count[1] == 0);
    fa__apart_close(&apart);
    v.data = NULL;
    assert_ok(fa__apart_open(&apart, &v));
    assert_null(apart.count);
    fa__apart_close(&apart);
    fa_dataset_free(images);
    fa_dataset_free(vectors);
    fa_dataset_free(rare);
}

static void memory_that_runs_out_leaves_nothing(void **state) {
    (void)state;
    const char *all[TEXTS];
    int32_t clusters[TEXTS];
    fa_dataset *data = flock(all, clusters);
    fa__view v = view_of(data, clusters, 2);
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    long after = 0;
    for (; status != FA_OK; after++) {
        fa__apart apart;
        fa__memory_fail_after(after);
        status = fa__apart_open(&apart, &v);
        fa__memory_fail_after(-1);
        if (status != FA_OK) assert_int_equal(status, FA_E_NOMEM);
        fa__apart_close(&apart);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_true(after > 5);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_weighed_by_their_odds),
        cmocka_unit_test(names_of_several_words_are_texts),
        cmocka_unit_test(clusters_within_a_label_are_held_against_its_own),
        cmocka_unit_test(features_are_weighed_by_their_means),
        cmocka_unit_test(the_strongest_features_are_kept_in_order),
        cmocka_unit_test(series_are_weighed_by_their_means),
        cmocka_unit_test(images_one_cluster_and_no_data_say_nothing),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
#ifndef FA_HAVE_UTF8PROC
    return 77;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
