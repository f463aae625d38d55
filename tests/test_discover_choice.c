/* Which of the spaces that were compared is taken. */
#define _XOPEN_SOURCE 700
#include "discover_cases.h"
#include "text_cases.h"

#include "base/rng.h"
#include "data/dataset.h"

#include <string.h>

static const fa_candidate *chosen(const fa_discovery *found) {
    size_t count, times = 0;
    const fa_candidate *all = fa_discovery_candidates(found, &count), *which = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!all[i].chosen) continue;
        which = &all[i];
        times++;
    }
    assert_int_equal(times, 1);
    return which;
}

static const fa_candidate *of_space(const fa_discovery *found, const char *space) {
    size_t count;
    const fa_candidate *all = fa_discovery_candidates(found, &count);
    for (size_t i = 0; i < count; i++)
        if (all[i].possible && strcmp(all[i].space, space) == 0) return &all[i];
    fail_msg("no %s", space);
    return NULL;
}

/* Kilometres or metres: rows that are near by one column alone are not asked. */
static void a_unit_of_its_own_does_not_say_what_is_near(void **state) {
    (void)state;
    double near[2];
    for (int i = 0; i < 2; i++) {
        fa_dataset *data = blobs(3);
        for (size_t r = 0; r < N; r++) {
            float *x = data->values.numbers + r * D;
            for (size_t j = 0; j < D; j++) x[j] = (x[j] + 50) * (j == 1 ? (i == 0 ? 16 : 1024) : 1);
        }
        fa_discovery *found;
        const fa_discover_options how = {.size = sizeof how, .epochs = 3};
        assert_ok(fa_discover(&found, data, &how));
        near[i] = of_space(found, "input-standard")->consistency;
        assert_true(of_space(found, "input")->consistency < near[i]);
        fa_discovery_free(found);
        fa_dataset_free(data);
    }
    assert_float_equal(near[0], near[1], 1e-6);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_of_its_own_does_not_say_what_is_near),
        cmocka_unit_test(texts_are_not_standardised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
