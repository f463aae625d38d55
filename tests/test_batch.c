/* Batches: scaling, order by length, dealing to shards, packing. */
#include "test.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "train/batch.h"

/* Series of these lengths; value k of step t of sample i is 100 i + t + 10000 k. */
static fa_dataset *series_of(const size_t *lengths, size_t n, size_t features) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_SERIES));
    data->n = n;
    data->features = features;
    assert_ok(FA_NEW(data->values.offsets, n + 1));
    data->values.offsets[0] = 0;
    for (size_t i = 0; i < n; i++)
        data->values.offsets[i + 1] = data->values.offsets[i] + lengths[i];
    assert_ok(FA_NEW(data->values.numbers, data->values.offsets[n] * features));
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < lengths[i]; t++)
            for (size_t k = 0; k < features; k++)
                data->values.numbers[(data->values.offsets[i] + t) * features + k] =
                    (float)(100 * i + t + 10000 * k);
    return data;
}

static fa_dataset *images_of(size_t n, size_t pixels, const unsigned char *values) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_IMAGES));
    data->n = n;
    data->features = data->values.width = pixels;
    data->values.height = data->values.channels = 1;
    assert_ok(FA_NEW(data->values.pixels, n * pixels));
    memcpy(data->values.pixels, values, n * pixels);
    return data;
}

/* ==== Order and dealing ==== */

static void sort_by_length_is_longest_first_and_stable(void **state) {
    (void)state;
    enum { N = 103 };
    size_t lengths[N], samples[N], scratch[N];
    for (size_t i = 0; i < N; i++) lengths[i] = 1 + i * 37 % 5;
    fa_dataset *data = series_of(lengths, N, 1);
    for (size_t n = 0; n <= N; n += n < 5 ? 1 : 49) {
        for (size_t i = 0; i < n; i++) samples[i] = i * 7 % N;
        fa__sort_by_length(data, samples, n, scratch);
        size_t place[N]; /* where each sample stood before */
        for (size_t i = 0; i < n; i++) place[i * 7 % N] = i;
        for (size_t i = 1; i < n; i++) {
            size_t a = samples[i - 1], b = samples[i];
            assert_true(lengths[a] > lengths[b] ||
                        (lengths[a] == lengths[b] && place[a] < place[b]));
        }
    }
    fa_dataset_free(data);
    data = images_of(3, 1, (const unsigned char[]){1, 2, 3});
    size_t order[3] = {2, 0, 1};
    fa__sort_by_length(data, order, 3, scratch);
    assert_memory_equal(order, ((const size_t[]){2, 0, 1}), sizeof order);
    fa_dataset_free(data);
}

static void split_gives_every_sample_once_longest_first_and_fairly(void **state) {
    (void)state;
    enum { N = 61, SHARDS = 7 };
    size_t lengths[N], samples[N], sharded[N], first[SHARDS + 1];
    for (size_t i = 0; i < N; i++) samples[i] = i, lengths[i] = 200 - 3 * i; /* sorted already */
    for (size_t shards = 1; shards <= SHARDS; shards++)
        for (size_t n = 1; n <= N; n++) {
            size_t seen[N] = {0}, least = SIZE_MAX, most = 0, fewest = SIZE_MAX, largest = 0;
            fa__split_into_shards(sharded, first, samples, n, shards);
            assert_int_equal(first[0], 0);
            assert_int_equal(first[shards], n);
            for (size_t s = 0; s < shards; s++) {
                size_t work = 0, count = first[s + 1] - first[s];
                for (size_t i = first[s]; i < first[s + 1]; i++) {
                    seen[sharded[i]]++;
                    work += lengths[sharded[i]];
                    assert_true(i == first[s] || lengths[sharded[i - 1]] > lengths[sharded[i]]);
                }
                least = work < least ? work : least, most = work > most ? work : most;
                fewest = count < fewest ? count : fewest;
                largest = count > largest ? count : largest;
            }
            for (size_t i = 0; i < n; i++) assert_int_equal(seen[i], 1);
            assert_true(largest - fewest <= 1);
            assert_true(most - least <= lengths[0]); /* never more apart than one sample */
        }
    fa__split_into_shards(sharded, first, samples, 7, 3); /* to and fro: 0 1 2 2 1 0 0 */
    assert_memory_equal(sharded, ((const size_t[]){0, 5, 6, 1, 4, 2, 3}), 7 * sizeof *sharded);
}

/* ==== Packing ==== */

static void fill_packs_by_time_what_the_scaling_makes_of_it(void **state) {
    (void)state;
    static const size_t lengths[] = {2, 4, 1};
    static const size_t samples[] = {1, 0, 2}; /* longest first */
    fa_dataset *data = series_of(lengths, 3, 2);
    fa__network *network;
    fa__scaling scaling;
    fa__shard shard = {0};
    assert_ok(fa__network_create(&network, "lstm 2, linear out", fa__dataset_shape(data),
                                 fa__shape_vector(1)));
    assert_ok(fa__scaling_fit(&scaling, "2 -0.5", data, samples, 3));
    assert_ok(fa__shard_fill(&shard, network, data, &scaling, NULL, samples, 3));
    static const size_t rows[] = {3, 2, 1, 1};
    static const float packed[] = {100, 0, 200, /**/ 101, 1, /**/ 102, /**/ 103};
    assert_int_equal(shard.activations[0].steps, 4);
    assert_int_equal(shard.activations[0].total, 7);
    assert_memory_equal(shard.rows, rows, sizeof rows);
    for (size_t i = 0; i < 7; i++) {
        assert_true(shard.activations[0].values[2 * i] == 2 * packed[i]);
        assert_true(shard.activations[0].values[2 * i + 1] == -0.5f * (packed[i] + 10000));
    }
    assert_int_equal(fa__dataset_steps(data, 1), 4);
    fa__shard_free(&shard);
    fa__scaling_free(&scaling);
    fa__network_free(network);
    fa_dataset_free(data);
}

static void fill_takes_images_as_rows(void **state) {
    (void)state;
    static const unsigned char pixels[] = {0, 255, 10, 20, 30, 40};
    static const size_t samples[] = {2, 0};
    fa_dataset *data = images_of(3, 2, pixels);
    fa__network *network;
    fa__scaling scaling;
    fa__shard shard = {0};
    assert_ok(fa__network_create(&network, "linear 2, linear out", fa__dataset_shape(data),
                                 fa__shape_vector(1)));
    assert_ok(fa__scaling_fit(&scaling, "0.5", data, samples, 2));
    assert_int_equal(scaling.features, 1); /* one for all pixels */
    assert_ok(fa__shard_fill(&shard, network, data, &scaling, NULL, samples, 2));
    static const float wanted[] = {15, 20, 0, 127.5f};
    assert_memory_equal(shard.activations[0].values, wanted, sizeof wanted);
    assert_int_equal(fa__dataset_steps(data, 1), 1);
    fa__scaling_free(&scaling);
    assert_fails(fa__scaling_fit(&scaling, "1 2", data, samples, 2), FA_E_RECIPE, "2 factors");
    assert_ok(fa__scaling_fit(&scaling, "standard", data, samples, 2)); /* 0 255 30 40 */
    assert_near(scaling.shift[0], 81.25, 1e-6);
    assert_near(1 / scaling.scale[0], sqrt((255.0 * 255 + 900 + 1600) / 4 - 81.25 * 81.25), 1e-5);
    fa__shard_free(&shard);
    fa__scaling_free(&scaling);
    fa__network_free(network);
    fa_dataset_free(data);
}

/* ==== Scaling ==== */

/* Every change is a mirroring and a move of the image, in all their numbers about equally often,
 * and a function of seed, epoch and sample. */
static void fill_augments_by_seed_epoch_and_sample(void **state) {
    (void)state;
    enum { H = 6, W = 5, C = 2, SIZE = H * W * C, N = 2, EPOCHS = 1000 };
    unsigned char pixels[N * SIZE];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(i + 1);
    fa_dataset *data = images_of(N, SIZE, pixels);
    data->values.height = H, data->values.width = W, data->values.channels = C;
    fa__network *network;
    fa__scaling scaling;
    fa__shard shard = {0}, again = {0};
    static const size_t samples[] = {1, 0};
    size_t mirrored = 0, moves[9][9] = {{0}}, differ = 0;
    assert_ok(fa__network_create(&network, "linear 2, linear out", fa__dataset_shape(data),
                                 fa__shape_vector(1)));
    assert_ok(fa__scaling_fit(&scaling, "0.5", data, samples, N));
    for (size_t e = 0; e < EPOCHS; e++) {
        const fa__augment augment = {3, e}, other = {4, e};
        assert_ok(fa__shard_fill(&shard, network, data, &scaling, &augment, samples, N));
        const float *got = shard.activations[0].values;
        size_t fits = 0;
        for (int way = 0; way < 2 * 81; way++) { /* which change was it? sample 1 tells */
            int flip = way / 81, down = way % 81 / 9 - 4, right = way % 9 - 4;
            bool same = true;
            for (int i = 0; i < SIZE && same; i++) {
                int y = i / (W * C) + down, x = i / C % W + right;
                bool within = y >= 0 && y < H && x >= 0 && x < W;
                int from = (y * W + (flip ? W - 1 - x : x)) * C + i % C;
                same = got[i] == (within ? 0.5f * (float)pixels[SIZE + from] : 0.0f);
            }
            if (!same) continue;
            fits++;
            mirrored += (size_t)flip;
            moves[down + 4][right + 4]++;
        }
        assert_int_equal(fits, 1);
        /* the place in the batch does not matter, the seed does */
        assert_ok(fa__shard_fill(&again, network, data, &scaling, &augment, samples + 1, 1));
        assert_memory_equal(again.activations[0].values, got + SIZE, SIZE * sizeof *got);
        assert_ok(fa__shard_fill(&again, network, data, &scaling, &other, samples + 1, 1));
        differ += memcmp(again.activations[0].values, got + SIZE, SIZE * sizeof *got) != 0;
    }
    assert_in_range(mirrored, 430, 570); /* 500 by chance, deviation 16 */
    assert_in_range(differ, 950, EPOCHS);
    for (size_t d = 0; d < 9; d++)
        for (size_t r = 0; r < 9; r++) assert_in_range(moves[d][r], 1, 40); /* 12 by chance */
    fa__shard_free(&shard), fa__shard_free(&again);
    fa__scaling_free(&scaling);
    fa__network_free(network);
    fa_dataset_free(data);
}

static void scaling_standard_makes_mean_0_and_variance_1(void **state) {
    (void)state;
    enum { N = 50, FEATURES = 5 };
    /* mean and spread of each feature: plain, tiny, far from 0, constant, huge */
    static const double mean[FEATURES] = {3, 0, 1e4, -7, 1e20},
                        spread[FEATURES] = {2, 1e-9, 0.1, 0, 1e20};
    size_t lengths[N], samples[N / 2];
    for (size_t i = 0; i < N; i++) lengths[i] = 1 + i % 4;
    fa_dataset *data = series_of(lengths, N, FEATURES);
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < data->values.offsets[N] * FEATURES; i++) {
        size_t k = i % FEATURES;
        data->values.numbers[i] = (float)(mean[k] + spread[k] * fa__rng_normal(&rng));
    }
    for (size_t i = 0; i < N / 2; i++) samples[i] = 2 * i; /* the others must not count */
    fa__scaling scaling;
    assert_ok(fa__scaling_fit(&scaling, "standard", data, samples, N / 2));
    for (size_t k = 0; k < FEATURES; k++) {
        double sum = 0, square = 0, count = 0;
        for (size_t s = 0; s < N / 2; s++)
            for (size_t r = data->values.offsets[samples[s]];
                 r < data->values.offsets[samples[s] + 1]; r++) {
                double x =
                    ((double)data->values.numbers[r * FEATURES + k] - (double)scaling.shift[k]) *
                    (double)scaling.scale[k];
                sum += x, square += x * x, count++;
            }
        if (spread[k] == 0) {
            assert_true(scaling.scale[k] == 1 && scaling.shift[k] == (float)mean[k]);
            continue;
        }
        assert_near(sum / count, 0, 1e-2); /* the mean is stored as float: 1e4 to 5e-4 */
        assert_near(square / count, 1, 1e-3);
    }
    fa__scaling_free(&scaling);
    fa_dataset_free(data);
}

static void scaling_rules_that_do_not_read_say_what_would(void **state) {
    (void)state;
    static const struct {
        const char *rule, *says;
    } wrong[] = {{"", "0 factors, but the data have 3 features"},
                 {"1 2", "2 factors, but the data have 3 features; write 1 or 3"},
                 {"1 2 3 4", "4 factors"},
                 {"1,2,3", "',2,3' is no number"},
                 {"standart", "'standart' is no number; write 'standard'"},
                 {"1 0 2", "factor 2 is 0"},
                 {"1 2 inf", "factor 3 is 0 or not finite"},
                 {"1e99", "factor 1 is 0 or not finite"}};
    static const size_t lengths[] = {2, 1}, samples[] = {0, 1};
    fa_dataset *data = series_of(lengths, 2, 3);
    fa__scaling scaling = {.features = 77};
    size_t before = fa__memory_live();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_fails(fa__scaling_fit(&scaling, wrong[i].rule, data, samples, 2), FA_E_RECIPE,
                     wrong[i].says);
        assert_int_equal(scaling.features, 77);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_ok(fa__scaling_fit(&scaling, " 0.25\t1 -2 ", data, samples, 2));
    assert_true(scaling.scale[0] == 0.25f && scaling.scale[1] == 1 && scaling.scale[2] == -2);
    assert_true(scaling.shift[0] == 0 && scaling.shift[2] == 0);
    fa__scaling_free(&scaling);
    assert_ok(fa__scaling_fit(&scaling, "3", data, samples, 2));
    assert_true(scaling.scale[0] == 3 && scaling.scale[1] == 3 && scaling.scale[2] == 3);
    fa__scaling_free(&scaling);
    fa_dataset_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sort_by_length_is_longest_first_and_stable),
        cmocka_unit_test(split_gives_every_sample_once_longest_first_and_fairly),
        cmocka_unit_test(fill_packs_by_time_what_the_scaling_makes_of_it),
        cmocka_unit_test(fill_takes_images_as_rows),
        cmocka_unit_test(fill_augments_by_seed_epoch_and_sample),
        cmocka_unit_test(scaling_standard_makes_mean_0_and_variance_1),
        cmocka_unit_test(scaling_rules_that_do_not_read_say_what_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
