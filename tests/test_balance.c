/* Balanced epochs: how often each label and sample comes, in which order, and runs that use them.
 */
#define _XOPEN_SOURCE 700
#include "train/balance.h"
#include "train/trainer.h"

#include "train_runs.h"

enum { N = 90 };

/* 60 of label 0, 20 of label 1, 4 of label 2, 6 without: scattered, and numbered from 7. */
static int32_t labels[N + 7];
static size_t samples[N];

static int make_labels(void **state) {
    (void)state;
    for (size_t i = 0; i < N; i++) {
        size_t place = i * 37 % N; /* 37 and 90 have no common factor */
        samples[i] = N + 6 - i;
        labels[samples[i]] = place < 60 ? 0 : place < 80 ? 1 : place < 84 ? 2 : -1;
    }
    return 0;
}

static void order_of(size_t order[N], fa__balance *balance, uint64_t epoch) {
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_SHUFFLE, epoch);
    fa__balance_order(order, balance, &rng);
}

static void labels_come_equally_often_in_every_part(void **state) {
    (void)state;
    fa__balance balance;
    size_t order[N];
    assert_ok(fa__balance_make(&balance, samples, N, labels, 3));
    order_of(order, &balance, 0);
    for (size_t from = 0; from < N; from++) {
        size_t counts[4] = {0};
        for (size_t i = from; i < N; i++) {
            counts[labels[order[i]] + 1]++;
            size_t least = N, most = 0;
            for (size_t g = 1; g < 4; g++) {
                least = counts[g] < least ? counts[g] : least;
                most = counts[g] > most ? counts[g] : most;
            }
            assert_true(most - least <= 1);
            size_t size = i - from + 1; /* those without a label: 1 in 15, spread evenly */
            assert_true(counts[0] * 15 <= size + 15 && counts[0] * 15 + 15 >= size);
        }
    }
    fa__balance_free(&balance);
}

static void samples_of_a_label_come_in_rounds(void **state) {
    (void)state;
    fa__balance balance;
    size_t order[N], times[N + 7] = {0}, seen = 0;
    assert_ok(fa__balance_make(&balance, samples, N, labels, 3));
    order_of(order, &balance, 3);
    for (size_t i = 0; i < N; i++) times[order[i]]++;
    for (size_t i = 0; i < 7; i++) assert_int_equal(times[i], 0); /* no sample of the epoch */
    for (size_t i = 0; i < N; i++) {                              /* 28 places a label */
        size_t t = times[samples[i]];
        int32_t label = labels[samples[i]];
        assert_true(label == -1  ? t == 1
                    : label == 2 ? t == 7
                    : label == 1 ? t == 1 || t == 2
                                 : t <= 1);
        seen += label == 0 && t == 1;
    }
    assert_int_equal(seen, 28);
    fa__balance_free(&balance);
}

static void order_depends_on_the_epoch_alone(void **state) {
    (void)state;
    fa__balance once, again;
    size_t a[N], b[N];
    assert_ok(fa__balance_make(&once, samples, N, labels, 3));
    assert_ok(fa__balance_make(&again, samples, N, labels, 3));
    order_of(a, &once, 0);
    order_of(b, &once, 1);
    assert_memory_not_equal(a, b, sizeof a);
    order_of(a, &again, 1); /* as after a resume: epoch 0 was never made here */
    assert_memory_equal(a, b, sizeof a);
    fa__balance_free(&once);
    fa__balance_free(&again);
}

static void one_sample_of_each_label_is_enough(void **state) {
    (void)state;
    static const int32_t two[] = {1, 0};
    static const size_t both[] = {0, 1};
    fa__balance balance = {0};
    size_t order[2], live = fa__memory_live();
    for (long after = 0; after < 3; after++) {
        fa__memory_fail_after(after);
        assert_int_equal(fa__balance_make(&balance, both, 2, two, 2), FA_E_NOMEM);
        fa__memory_fail_after(-1);
        fa__balance_free(&balance);
    }
    assert_int_equal(fa__memory_live(), live);
    assert_ok(fa__balance_make(&balance, both, 2, two, 2));
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_SHUFFLE, 0);
    fa__balance_order(order, &balance, &rng);
    assert_memory_equal(order, ((const size_t[]){1, 0}), sizeof order); /* label 0 first */
    fa__balance_free(&balance);
}

/* ==== Runs ==== */

static int stop_after_the_first(void *user, const fa_progress *progress) {
    (void)user;
    return progress->finished != NULL;
}

static void run_resumed_is_the_run_never_stopped(void **state) {
    fa_recipe *recipe;
    make_data(state);
    recipe = recipe_with("train.balance", "labels");
    assert_ok(fa_recipe_set(recipe, "data.groups", "0-7 / 8 / 9"));
    assert_ok(train_into(recipe, path_of("whole"), NULL, NULL));
    fa_train_options stop = {.size = sizeof(fa_train_options), .progress = stop_after_the_first},
                     resume = {.size = sizeof resume, .resume = 1};
    assert_ok(train_into(recipe, path_of("parts"), &stop, NULL));
    assert_ok(train_into(recipe, path_of("parts"), &resume, NULL));
    assert_same_file("whole", "parts", "model.safetensors");
    fa_threads_set(3);
    assert_ok(train_into(recipe, path_of("threads"), NULL, NULL));
    fa_threads_set(0);
    assert_same_file("whole", "threads", "model.safetensors");
    assert_same_file("whole", "threads", "embeddings.npy");
    assert_ok(fa_recipe_set(recipe, "train.balance", "none"));
    assert_fails(train_into(recipe, path_of("parts"), &resume, NULL), FA_E_RECIPE,
                 "another train.balance");
    fa_recipe_free(recipe);
}

static void reconstruction_has_nothing_to_balance(void **state) {
    fa_recipe *recipe;
    make_data(state);
    recipe = recipe_with("train.balance", "labels");
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_ok(fa_recipe_set(recipe, "data.groups", ""));
    assert_ok(fa_recipe_set(recipe, "loss.weight", "0.1"));
    assert_ok(fa_recipe_set(recipe, "network.layers",
                            "lstm 8, linear 4 relu target, repeat, lstm 8 every_step, linear out"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_RECIPE,
                 "has no labels to balance; none works");
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(labels_come_equally_often_in_every_part, make_labels),
        cmocka_unit_test_setup(samples_of_a_label_come_in_rounds, make_labels),
        cmocka_unit_test_setup(order_depends_on_the_epoch_alone, make_labels),
        cmocka_unit_test(one_sample_of_each_label_is_enough),
        cmocka_unit_test(run_resumed_is_the_run_never_stopped),
        cmocka_unit_test(reconstruction_has_nothing_to_balance),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
