/* train.micro_batch: a batch in more waves than one, and the bytes of one. */
#define _XOPEN_SOURCE 700
#include "train_runs.h"

#include "base/rng.h"
#include "data/dataset.h"
#include "train/gradients.h"

enum { SAMPLES_N = 90, SIDE = 8 };

static void label(fa_dataset *data) {
    int32_t coarse[SAMPLES_N];
    const char *const names[] = {"blue", "red", NULL};
    for (size_t i = 0; i < SAMPLES_N; i++) coarse[i] = (int32_t)(i % 2);
    assert_ok(fa_dataset_set_coarse(data, coarse, names));
}

static fa_dataset *made_images(void) {
    fa_dataset *data;
    static uint8_t pixels[SAMPLES_N][SIDE * SIDE];
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < SAMPLES_N; i++)
        for (size_t p = 0; p < SIDE * SIDE; p++)
            pixels[i][p] = (uint8_t)(fa__rng_below(&rng, 90) + 20 * (i % 6) * (p % 2));
    assert_ok(fa_dataset_from_images(&data, pixels[0], SAMPLES_N, SIDE, SIDE, 1));
    label(data);
    return data;
}

static fa_dataset *made_texts(void) {
    fa_dataset *data;
    static char texts[SAMPLES_N][64];
    const char *of[SAMPLES_N];
    for (size_t i = 0; i < SAMPLES_N; i++) {
        int used = snprintf(texts[i], sizeof texts[i], "word%zu", i % 6);
        for (size_t w = 0; w < i % 5; w++)
            used += snprintf(texts[i] + used, sizeof texts[i] - (size_t)used, " more%zu",
                             (i * 7 + w * 3) % 11);
        of[i] = texts[i];
    }
    assert_ok(fa_dataset_from_texts(&data, of, SAMPLES_N));
    label(data);
    return data;
}

static fa_dataset *made_series(void) {
    fa_dataset *data;
    assert_ok(fa_strokes_synthesize(&data, SAMPLES_N, 7, 0));
    label(data);
    return data;
}

static const struct {
    fa_dataset *(*make)(void);
    const char *const keys[8][2];
} cases[] = {
    {made_images,
     {{"network.layers", "conv 4 3x3, batchnorm relu, maxpool 2, linear 8 relu target, linear out"},
      {"loss.kind", "multi"},
      {"data.views", "images"},
      {"loss.hold", "kl"}}},
    {made_texts,
     {{"network.layers", "embedding 6, lstm 6, linear 8 relu target, linear out"},
      {"loss.kind", "decov"}}},
    {made_series,
     {{"network.layers", "lstm 8, linear 6 relu target, repeat, lstm 8 every_step, linear out"},
      {"train.task", "reconstruction"},
      {"loss.weight", "0.1"}}},
    {made_series,
     {{"network.layers", "lstm 8, linear 6 relu target, linear out"},
      {"loss.kind", "single"},
      {"loss.weight", "0.1"}}}};

static fa_recipe *recipe_of(size_t which, const char *micro) {
    fa_recipe *recipe;
    const char *const common[][2] = {{"train.epochs", "2"},
                                     {"train.batch", "32"},
                                     {"train.shards", "7"},
                                     {"cluster.k", "2"},
                                     {"cluster.restarts", "1"}};
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        assert_ok(fa_recipe_set(recipe, common[i][0], common[i][1]));
    for (size_t i = 0; cases[which].keys[i][0] != NULL; i++)
        assert_ok(fa_recipe_set(recipe, cases[which].keys[i][0], cases[which].keys[i][1]));
    assert_ok(fa_recipe_set(recipe, "train.micro_batch", micro));
    return recipe;
}

/* The last epoch of 81 samples ends with a batch smaller than the others. */
static void waves_have_the_bytes_of_a_batch(void **state) {
    (void)state;
    for (size_t which = 0; which < sizeof cases / sizeof *cases; which++) {
        static const char *const micros[] = {"0", "5", "10", "24", "1000"};
        fa_dataset *data = cases[which].make();
        unsigned char *wanted = NULL;
        size_t wanted_size = 0;
        for (size_t m = 0; m < sizeof micros / sizeof *micros; m++) {
            fa_recipe *recipe = recipe_of(which, micros[m]);
            fa_run *run;
            const fa_model *model;
            unsigned char *bytes;
            size_t size;
            fa_threads_set(1 + (int)(m % 3));
            assert_ok(fa_train(&run, recipe, data, NULL, NULL));
            assert_ok(fa_run_model(&model, run));
            assert_ok(fa_model_to_buffer(&bytes, &size, model));
            if (m == 0) {
                wanted = bytes, wanted_size = size;
            } else {
                assert_int_equal(size, wanted_size);
                if (memcmp(bytes, wanted, size) != 0)
                    fail_msg("case %zu, train.micro_batch = %s", which, micros[m]);
                fa_free(bytes);
            }
            fa_run_free(run);
            fa_recipe_free(recipe);
        }
        fa_free(wanted);
        fa_dataset_free(data);
    }
    fa_threads_set(0);
}

/* Of 64 shards two are in memory, and beside theirs no more gradients than the tree is deep. */
static void memory_is_that_of_a_micro_batch(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_of(3, "2");
    fa_dataset *data = made_series();
    fa__task task;
    fa__network *network;
    fa__trainer trainer;
    const fa__engine *engine;
    assert_ok(fa__engine_find(&engine, "auto"));
    assert_ok(fa_recipe_set(recipe, "train.batch", "64"));
    assert_ok(fa_recipe_set(recipe, "train.shards", "64"));
    assert_ok(fa__task_open(&task, recipe, data, NULL));
    assert_ok(fa__network_create(&network, "lstm 8, linear 6 relu target, linear out",
                                 fa__dataset_shape(task.train), fa__task_outputs(&task)));
    assert_ok(fa__trainer_open(&trainer, recipe, &task, network, engine));
    assert_int_equal(trainer.n_slots, 2);
    assert_ok(fa__trainer_epoch(&trainer));
    assert_in_range(trainer.sums.n_buffers, 2, 2 + 7);
    fa__trainer_close(&trainer);
    fa__network_free(network);
    fa__task_close(&task);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

static void shard_larger_than_a_micro_batch_is_refused(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_of(3, "4");
    fa_dataset *data = made_series();
    assert_fails(fa_train(NULL, recipe, data, NULL, NULL), FA_E_RECIPE,
                 "train.micro_batch = 4: a batch of 32 in train.shards = 7 has 5 samples in a "
                 "shard, and a shard goes through the network as a whole; train.shards = 8 works");
    assert_ok(fa_recipe_set(recipe, "train.shards", "8"));
    assert_ok(fa_train(NULL, recipe, data, NULL, NULL));
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

static void nothing_is_lost_where_memory_runs_out(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_of(1, "10");
    fa_dataset *data = made_texts();
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    fa_threads_set(1);
    assert_survives_nomem(fa_train(NULL, recipe, data, NULL, NULL), (void)0);
    fa_threads_set(0);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waves_have_the_bytes_of_a_batch),
        cmocka_unit_test(memory_is_that_of_a_micro_batch),
        cmocka_unit_test(shard_larger_than_a_micro_batch_is_refused),
        cmocka_unit_test(nothing_is_lost_where_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
