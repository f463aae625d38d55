/* Batches: scaling, order by length, dealing to shards, packing. */
#include "test.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "model/batch.h"

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
    size_t lengths[N];
    fa__row rows[N], scratch[N];
    for (size_t i = 0; i < N; i++) lengths[i] = 1 + i * 37 % 5;
    fa_dataset *data = series_of(lengths, N, 1);
    for (size_t n = 0; n <= N; n += n < 5 ? 1 : 49) {
        for (size_t i = 0; i < n; i++) rows[i] = fa__row_of(data, i * 7 % N, i);
        fa__sort_by_length(rows, n, scratch);
        for (size_t i = 0; i < n; i++) {
            const fa__row *b = &rows[i], *a = b - 1;
            assert_int_equal(b->sample, b->place * 7 % N); /* moved as a whole */
            assert_int_equal(b->steps, lengths[b->sample]);
            assert_true(i == 0 || a->steps > b->steps ||
                        (a->steps == b->steps && a->place < b->place));
        }
    }
    fa_dataset_free(data);
    data = images_of(3, 1, (const unsigned char[]){1, 2, 3});
    for (size_t i = 0; i < 3; i++) rows[i] = fa__row_of(data, (i + 2) % 3, i);
    fa__sort_by_length(rows, 3, scratch);
    for (size_t i = 0; i < 3; i++) assert_int_equal(rows[i].sample, (i + 2) % 3);
    fa_dataset_free(data);
}

static void split_gives_every_sample_once_longest_first_and_fairly(void **state) {
    (void)state;
    enum { N = 61, SHARDS = 7 };
    size_t first[SHARDS + 1];
    fa__row rows[N] = {{0}}, sharded[N];
    for (size_t i = 0; i < N; i++) rows[i].sample = i, rows[i].steps = 200 - 3 * i; /* sorted */
    for (size_t shards = 1; shards <= SHARDS; shards++)
        for (size_t n = 1; n <= N; n++) {
            size_t seen[N] = {0}, least = SIZE_MAX, most = 0, fewest = SIZE_MAX, largest = 0;
            fa__split_into_shards(sharded, first, rows, n, shards);
            assert_int_equal(first[0], 0);
            assert_int_equal(first[shards], n);
            for (size_t s = 0; s < shards; s++) {
                size_t work = 0, count = first[s + 1] - first[s];
                for (size_t i = first[s]; i < first[s + 1]; i++) {
                    seen[sharded[i].sample]++;
                    work += sharded[i].steps;
                    assert_true(i == first[s] || sharded[i - 1].steps > sharded[i].steps);
                }
                least = work < least ? work : least, most = work > most ? work : most;
                fewest = count < fewest ? count : fewest;
                largest = count > largest ? count : largest;
            }
            for (size_t i = 0; i < n; i++) assert_int_equal(seen[i], 1);
            assert_true(largest - fewest <= 1);
            assert_true(most - least <= rows[0].steps); /* never more apart than one sample */
        }
    static const size_t dealt[] = {0, 5, 6, 1, 4, 2, 3}; /* to and fro: 0 1 2 2 1 0 0 */
    fa__split_into_shards(sharded, first, rows, 7, 3);
    for (size_t i = 0; i < 7; i++) assert_int_equal(sharded[i].sample, dealt[i]);
}

static void pairs_are_the_two_views_of_each_place(void **state) {
    (void)state;
    /* place, view of six rows in the order of the shards */
    static const size_t dealt[][2] = {{2, 1}, {0, 0}, {1, 1}, {1, 0}, {0, 1}, {2, 0}};
    fa__row rows[6] = {{0}};
    int32_t pairs[6];
    for (size_t i = 0; i < 6; i++) rows[i].place = dealt[i][0], rows[i].view = dealt[i][1];
    fa__pair_views(pairs, rows, 6);
    assert_memory_equal(pairs, ((const int32_t[]){1, 4, 3, 2, 5, 0}), sizeof pairs);
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
    fa__row order[3];
    assert_ok(fa__network_create(&network, "lstm 2, linear out", fa__dataset_shape(data),
                                 fa__shape_vector(1)));
    assert_ok(fa__scaling_fit(&scaling, "2 -0.5", data, samples, 3));
    for (size_t i = 0; i < 3; i++) order[i] = fa__row_of(data, samples[i], i);
    assert_ok(fa__shard_fill(&shard, network, fa__engine_ref(), data, &scaling, order, 3));
    static const size_t rows[] = {3, 2, 1, 1};
    static const float packed[] = {100, 0, 200, /**/ 101, 1, /**/ 102, /**/ 103};
    assert_int_equal(shard.activations[0].steps, 4);
    assert_int_equal(shard.activations[0].total, 7);
    assert_memory_equal(shard.rows, rows, sizeof rows);
    for (size_t i = 0; i < 7; i++) {
        assert_true(shard.activations[0].values[2 * i] == 2 * packed[i]);
        assert_true(shard.activations[0].values[2 * i + 1] == -0.5f * (packed[i] + 10000));
    }
    assert_int_equal(order[0].steps, 4);
    float made[] = {7, 8}; /* a view of sample 2 in the place of its values */
    order[2].values = made;
    assert_ok(fa__shard_fill(&shard, network, fa__engine_ref(), data, &scaling, order, 3));
    assert_true(shard.activations[0].values[4] == 14 && shard.activations[0].values[5] == -4);
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
    const fa__row rows[] = {fa__row_of(data, 2, 0), fa__row_of(data, 0, 1)};
    assert_ok(fa__shard_fill(&shard, network, fa__engine_ref(), data, &scaling, rows, 2));
    static const float wanted[] = {15, 20, 0, 127.5f};
    assert_memory_equal(shard.activations[0].values, wanted, sizeof wanted);
    assert_int_equal(rows[1].steps, 1);
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

/* Variances 1, 4 and 0 (1/3 of it: 5/3) by hand. */
static void scaling_common_keeps_the_proportions_of_features(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 1}, samples[] = {0, 1};
    fa_dataset *data = series_of(lengths, 2, 3);
    static const float values[] = {4, 7, 5, 6, 11, 5};
    memcpy(data->values.numbers, values, sizeof values);
    fa__scaling scaling;
    assert_ok(fa__scaling_fit(&scaling, "common", data, samples, 2));
    for (size_t k = 0; k < 3; k++) assert_near(scaling.scale[k], sqrt(3.0 / 5), 1e-6);
    assert_true(scaling.shift[0] == 5 && scaling.shift[1] == 9 && scaling.shift[2] == 5);
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
                 {"standart", "'standart' is no number; write 'standard', 'common'"},
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
        cmocka_unit_test(pairs_are_the_two_views_of_each_place),
        cmocka_unit_test(scaling_standard_makes_mean_0_and_variance_1),
        cmocka_unit_test(scaling_common_keeps_the_proportions_of_features),
        cmocka_unit_test(scaling_rules_that_do_not_read_say_what_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
