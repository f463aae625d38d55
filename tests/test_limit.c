/* data.limit: so many samples, evenly from the whole of the data. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

#include "data/dataset.h"
#include "train/task.h"

enum { SAMPLES = 1000, CLASSES = 10 };

/* data.npz: series of one step. */
static void write_data(int32_t class_of(size_t)) {
    fa_dataset *set;
    assert_ok(fa__dataset_create(&set, FA_KIND_SERIES));
    set->n = SAMPLES;
    set->features = 1;
    assert_ok(FA_NEW(set->values.offsets, SAMPLES + 1));
    assert_ok(FA_NEW(set->values.numbers, SAMPLES));
    assert_ok(FA_NEW(set->labels.classes, SAMPLES));
    for (size_t i = 0; i < SAMPLES; i++) {
        set->values.offsets[i] = i;
        set->values.numbers[i] = (float)i;
        set->labels.classes[i] = class_of(i);
    }
    set->values.offsets[SAMPLES] = SAMPLES;
    assert_ok(fa_dataset_write(set, path_of("data.npz")));
    fa_dataset_free(set);
}

static int32_t sorted(size_t i) {
    return (int32_t)(i * CLASSES / SAMPLES);
}

static int32_t in_turn(size_t i) {
    return (int32_t)(i % CLASSES);
}

/* used [SAMPLES]: the samples that are trained on or validated with; returns how many. */
static size_t samples_used(bool *used, size_t limit, const char *seed) {
    fa__task task;
    fa_recipe *recipe;
    char text[24];
    snprintf(text, sizeof text, "%zu", limit);
    assert_ok(fa_recipe_create(&recipe));
    assert_ok(fa_recipe_set(recipe, "data.train", path_of("data.npz")));
    assert_ok(fa_recipe_set(recipe, "data.limit", text));
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_ok(fa_recipe_set(recipe, "train.seed", seed));
    assert_ok(fa__task_open(&task, recipe, NULL, NULL));
    size_t n = task.n_validation + task.n_fit;
    memset(used, 0, SAMPLES * sizeof *used);
    for (size_t i = 0; i < n; i++) {
        size_t sample =
            i < task.n_validation ? task.validation[i] : task.fit[i - task.n_validation];
        assert_true(sample < SAMPLES && !used[sample]);
        used[sample] = true;
    }
    fa__task_close(&task);
    fa_recipe_free(recipe);
    return n;
}

/* The samples used before sample i are i * n / SAMPLES, to less than one either way. */
static void limit_is_even_over_the_data(void **state) {
    (void)state;
    static const size_t limits[] = {3, 10, 100, 333, 501, 999};
    bool used[SAMPLES];
    write_data(sorted);
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        size_t n = limits[l], before = 0;
        assert_int_equal(samples_used(used, n, "1"), n);
        for (size_t i = 0; i < SAMPLES; i++) {
            double due = (double)(i * n) / SAMPLES;
            if (!(fabs((double)before - due) <= 1))
                fail_msg("limit %zu: %zu samples before %zu", n, before, i);
            before += used[i];
        }
    }
}

static void limit_keeps_the_share_of_sorted_classes(void **state) {
    (void)state;
    bool used[SAMPLES];
    size_t members[CLASSES] = {0};
    write_data(sorted);
    assert_int_equal(samples_used(used, 200, "7"), 200);
    for (size_t i = 0; i < SAMPLES; i++) members[sorted(i)] += used[i];
    for (size_t c = 0; c < CLASSES; c++) assert_int_equal(members[c], 20);
}

/* Every tenth sample would be ten times the same class. */
static void limit_does_not_fall_in_step_with_classes_in_turn(void **state) {
    (void)state;
    bool used[SAMPLES];
    size_t members[CLASSES] = {0};
    write_data(in_turn);
    assert_int_equal(samples_used(used, 100, "7"), 100);
    for (size_t i = 0; i < SAMPLES; i++) members[in_turn(i)] += used[i];
    for (size_t c = 0; c < CLASSES; c++) assert_in_range(members[c], 2, 25);
}

static void limit_is_drawn_by_the_seed(void **state) {
    (void)state;
    bool a[SAMPLES], b[SAMPLES];
    write_data(sorted);
    samples_used(a, 100, "1"), samples_used(b, 100, "1");
    assert_memory_equal(a, b, sizeof a);
    samples_used(b, 100, "2");
    assert_memory_not_equal(a, b, sizeof a);
}

static void limit_of_all_or_more_takes_all(void **state) {
    (void)state;
    bool used[SAMPLES];
    write_data(sorted);
    assert_int_equal(samples_used(used, 0, "1"), SAMPLES);
    assert_int_equal(samples_used(used, SAMPLES, "1"), SAMPLES);
    assert_int_equal(samples_used(used, SAMPLES + 1, "1"), SAMPLES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_is_even_over_the_data),
        cmocka_unit_test(limit_keeps_the_share_of_sorted_classes),
        cmocka_unit_test(limit_does_not_fall_in_step_with_classes_in_turn),
        cmocka_unit_test(limit_is_drawn_by_the_seed),
        cmocka_unit_test(limit_of_all_or_more_takes_all),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
