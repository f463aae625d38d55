/* Views: what each policy may change, and what it must not. */
#define _POSIX_C_SOURCE 200809L
#include "view_cases.h"

#include "augment/images.h"
#include "recipe/recipe.h"

/* ==== All policies ==== */

static void off_gives_the_sample_back_bytewise(void **state) {
    (void)state;
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        only(&v, 0, 0);
        for (size_t i = 0; i < v.data->n; i++)
            for (size_t e = 0; e < 3; e++)
                for (size_t view = 0; view < 2; view++)
                    if (!is_sample(&v, view_of(&v, e, i, view), i))
                        fail_msg("%s: sample %zu", v.views.policy->name, i);
        close_viewer(&v);
    }
}

static uint64_t hash_of(viewer *v, size_t epoch, size_t sample, size_t view) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    const unsigned char *bytes = (const unsigned char *)view_of(v, epoch, sample, view);
    for (size_t i = 0; i < v->made.count * sizeof(float); i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

/* Every view is of its key alone, whatever was made before it, and each part of the key matters. */
static void views_belong_to_seed_epoch_sample_and_view(void **state) {
    (void)state;
    enum { KEYS = 2 * 2 * 2 * 2 };
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        uint64_t seen[KEYS], again;
        for (size_t k = 0; k < KEYS; k++) {
            v.views.seed = 7 + k % 2;
            seen[k] = hash_of(&v, k / 2 % 2, k / 4 % 2, k / 8);
        }
        for (size_t k = KEYS; k-- > 0;) {
            v.views.seed = 7 + k % 2;
            again = hash_of(&v, k / 2 % 2, k / 4 % 2, k / 8);
            assert_true(again == seen[k]);
            for (size_t j = 0; j < k; j++)
                if (seen[j] == again) fail_msg("%s: keys %zu, %zu", v.views.policy->name, j, k);
        }
        close_viewer(&v);
    }
}

/* A second sample with the values of the first. */
static void equal_samples_have_views_of_their_own(void **state) {
    (void)state;
    viewer v = open_viewer(made_data(FA_KIND_VECTORS, 2, 1, 10, 0), "vectors");
    memcpy(v.data->values.numbers + 10, v.data->values.numbers, 10 * sizeof(float));
    assert_true(hash_of(&v, 0, 0, 0) != hash_of(&v, 0, 1, 0));
    close_viewer(&v);
}

/* Views are appended; one that moves the block leaves the others as they were. */
static void made_views_stay_while_others_are_appended(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    float first[4 * 200];
    size_t at, steps, before, samples = v.data->n;
    size_t bytes = (view_of(&v, 0, 0, 0), v.made.count * sizeof(float));
    assert_in_range(bytes, 1, sizeof first);
    memcpy(first, v.made.values, bytes);
    for (size_t i = 0; i < 20 * samples; i++) {
        before = v.made.count;
        assert_ok(fa__view_make(&v.made, &at, &steps, &v.views, v.data, i, i % samples, 1));
        assert_int_equal(at, before);
        assert_int_equal(v.made.count, before + 4 * steps);
    }
    assert_memory_equal(v.made.values, first, bytes);
    close_viewer(&v);
}

/* Extremes of the ranges on the smallest and flattest samples there are. */
static void degenerate_samples_have_finite_views(void **state) {
    (void)state;
    for (size_t p = 0; p < POLICIES + 4; p++) {
        viewer v =
            p < POLICIES        ? viewer_at(p)
            : p == POLICIES     ? open_viewer(made_images(2, 1, 1, 1), "images")
            : p == POLICIES + 1 ? open_viewer(made_data(FA_KIND_SERIES, 3, 1, 1, 0), "series")
            : p == POLICIES + 2 ? open_viewer(made_data(FA_KIND_SERIES, 3, 1, 1, 9), "text")
                                : open_viewer(made_data(FA_KIND_VECTORS, 2, 1, 1, 0), "vectors");
        const fa__policy *policy = v.views.policy;
        for (int extreme = 0; extreme < 2; extreme++) {
            for (size_t r = 0; extreme && policy->ranges[r].most > 0; r++)
                v.views.ranges[policy->ranges[r].range] = policy->ranges[r].most;
            for (size_t i = 0; i < v.data->n; i++)
                for (size_t e = 0; e < 40; e++) {
                    view_of(&v, e, i, e % 2); /* checks that all is finite */
                    assert_in_range(v.steps, 1, 2 * steps_of(v.data, i));
                }
        }
        close_viewer(&v);
    }
}

static void view_beyond_floats_is_refused(void **state) {
    (void)state;
    viewer v = open_viewer(made_data(FA_KIND_SERIES, 2, 1, 1, 0), "series");
    size_t at, steps;
    v.data->values.numbers[1] = 3e38f;
    only(&v, FA__RANGE_SCALE, 3);
    fa_status status = FA_OK;
    for (size_t e = 0; status == FA_OK && e < 100; e++)
        status = fa__view_make(&v.made, &at, &steps, &v.views, v.data, e, 1, 0);
    assert_int_equal(status, FA_E_NONFINITE);
    assert_non_null(strstr(fa_error_detail(), "sample 1"));
    close_viewer(&v);
}

/* ==== Images ==== */

static void read_doubles(FILE *file, double *out, size_t count) {
    for (size_t i = 0; i < count; i++) assert_int_equal(fscanf(file, "%lf", &out[i]), 1);
}

static void look_up_is_scipys(void **state) {
    (void)state;
    FILE *file = fopen(fixture("views.txt"), "r");
    size_t height, width, channels, mirrored, cases = 0;
    assert_non_null(file);
    for (; fscanf(file, "%zu %zu %zu %zu", &height, &width, &channels, &mirrored) == 4; cases++) {
        double numbers[19], pixel, wanted;
        unsigned char image[28 * 28];
        float got[28 * 28];
        read_doubles(file, numbers, 19);
        fa__image_map map = {.bend = {.size = numbers[14]},
                             .left = numbers[15],
                             .top = numbers[16],
                             .across = numbers[17],
                             .along = numbers[18],
                             .mirrored = mirrored == 1};
        memcpy(map.bend.m, numbers, sizeof map.bend.m);
        memcpy(map.bend.centre, numbers + 4, sizeof map.bend.centre);
        memcpy(map.bend.shift, numbers + 6, sizeof map.bend.shift);
        memcpy(map.bend.height, numbers + 8, sizeof map.bend.height);
        memcpy(map.bend.turns, numbers + 10, sizeof map.bend.turns);
        memcpy(map.bend.phase, numbers + 12, sizeof map.bend.phase);
        size_t size = height * width * channels;
        assert_in_range(size, 1, sizeof image);
        for (size_t i = 0; i < size; i++) {
            read_doubles(file, &pixel, 1);
            image[i] = (unsigned char)pixel;
        }
        assert_ok(fa__image_look_up(got, image, &map, height, width, channels));
        for (size_t i = 0; i < size; i++) {
            read_doubles(file, &wanted, 1);
            assert_near(got[i], wanted, 1e-5);
        }
    }
    assert_int_equal(cases, 6);
    fclose(file);
}

/* On two ramps the window can be read off: pixel (x, y) is x in one channel, y in another. */
static void photographs_are_windows_within_their_ranges(void **state) {
    (void)state;
    enum { SIDE = 101, N = 400 };
    fa_dataset *data = made_images(1, SIDE, SIDE, 3);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        data->values.pixels[3 * i] = (unsigned char)(i % SIDE);
        data->values.pixels[3 * i + 1] = (unsigned char)(i / SIDE);
    }
    viewer v = open_viewer(data, "photographs");
    size_t flipped = 0;
    double smallest = 1, widest = 1, left_most = SIDE, right_most = 0;
    for (size_t e = 0; e < N; e++) {
        const float *x = view_of(&v, e, 0, e % 2);
        const float *a = x + 3 * (40 * SIDE + 40),
                    *b = x + 3 * (60 * SIDE + 60); /* away from edges */
        double across = ((double)b[0] - (double)a[0]) / 20,
               along = ((double)b[1] - (double)a[1]) / 20;
        flipped += across < 0;
        across = fabs(across);
        assert_true(along > 0 && across <= 1 + 1e-4 && along <= 1 + 1e-4);
        double area = across * along, ratio = across / along;
        assert_true(area > 0.6 * 0.8 && ratio > 0.74 && ratio < 1.34); /* cut off at full size */
        if (across < 0.999 && along < 0.999) assert_true(area > 0.6 - 1e-4);
        smallest = fmin(smallest, area), widest = fmax(widest, ratio);
        left_most = fmin(left_most, (double)x[0]),
        right_most = fmax(right_most, (double)x[3 * (SIDE - 1)]);
    }
    assert_in_range(flipped, N / 2 - 50, N / 2 + 50); /* deviation 10 */
    assert_true(smallest < 0.63 && widest > 1.25 && left_most < 1 && right_most > SIDE - 2);
    close_viewer(&v);
}

/* An image policy draws a bend as strokes do. */
static void images_shift_by_pixels(void **state) {
    (void)state;
    fa_dataset *data = made_images(1, 41, 41, 1);
    for (size_t i = 0; i < 41 * 41; i++) data->values.pixels[i] = (unsigned char)(3 * (i % 41));
    viewer v = open_viewer(data, "images");
    spread moved = {0, 0};
    only(&v, FA__RANGE_SHIFT, 2);
    for (size_t e = 0; e < 200; e++)
        widen(&moved, ((double)view_of(&v, e, 0, 0)[20 * 41 + 20] - 60) / 3);
    assert_spread(moved, 2);
    close_viewer(&v);
}

/* Cutout leaves flip-crop's image as it is but for a square of 2 * 2 pixels around each centre
 * equally often, cut at the border, which is what the network sees as 0. */
static void cutout_blots_a_square_out(void **state) {
    (void)state;
    enum { H = 8, W = 10, C = 3, HALF = 2, EPOCHS = 4000 };
    fa_dataset *data = made_images(1, H, W, C);
    for (size_t i = 0; i < H * W * C; i++) data->values.pixels[i] = (unsigned char)(i + 1);
    viewer v = open_viewer(data, "none");
    size_t centres[H][W] = {{0}};
    v.views.policy = &fa__policy_flip_crop_cutout;
    v.views.count = 1;
    for (size_t e = 0; e < EPOCHS; e++) {
        float moved[H * W * C];
        v.views.policy = &fa__policy_flip_crop;
        memcpy(moved, view_of(&v, e, 0, 0), sizeof moved);
        v.views.policy = &fa__policy_flip_crop_cutout;
        const float *got = view_of(&v, e, 0, 0);
        size_t fits = 0, at = 0;
        for (size_t centre = 0; centre < H * W; centre++) { /* which square was it? */
            bool same = true;
            for (size_t i = 0; i < H * W && same; i++) {
                long y = (long)(i / W) - (long)(centre / W), x = (long)(i % W) - (long)(centre % W);
                bool out = y >= -HALF && y < HALF && x >= -HALF && x < HALF;
                for (size_t c = 0; c < C; c++)
                    same = same && got[i * C + c] == (out ? v.scaling.shift[0] : moved[i * C + c]);
            }
            if (same) fits++, at = centre;
        }
        assert_true(fits >= 1); /* more where the square lies on what was moved in */
        if (fits == 1) centres[at / W][at % W]++;
    }
    for (size_t y = 1; y + 2 < H; y++) /* 50 by chance, and fewer where it may hide */
        for (size_t x = 1; x + 2 < W; x++) assert_in_range(centres[y][x], 15, 85);
    close_viewer(&v);
}

/* flip-crop is a mirroring and a move of the image, in all their numbers about
 * equally often, and a function of seed, epoch and sample. */
static void flip_crop_moves_by_seed_epoch_and_sample(void **state) {
    (void)state;
    enum { H = 6, W = 5, C = 2, SIZE = H * W * C, N = 2, EPOCHS = 1000 };
    fa_dataset *data = made_images(N, H, W, C);
    for (size_t i = 0; i < N * SIZE; i++) data->values.pixels[i] = (unsigned char)(i + 1);
    viewer v = open_viewer(data, "none");
    size_t mirrored = 0, moves[9][9] = {{0}}, differ = 0;
    assert_ok(fa_recipe_set(v.recipe, "data.augment", "flip-crop"));
    assert_ok(fa_recipe_set(v.recipe, "train.seed", "3"));
    assert_ok(fa__views_open(&v.views, v.recipe, data, &v.scaling));
    assert_int_equal(v.views.count, 1);
    for (size_t e = 0; e < EPOCHS; e++) {
        float got[SIZE];
        size_t fits = 0;
        memcpy(got, view_of(&v, e, 1, 0), sizeof got);
        for (int way = 0; way < 2 * 81; way++) { /* which change was it? */
            int flip = way / 81, down = way % 81 / 9 - 4, right = way % 9 - 4;
            bool same = true;
            for (int i = 0; i < SIZE && same; i++) {
                int y = i / (W * C) + down, x = i / C % W + right;
                bool within = y >= 0 && y < H && x >= 0 && x < W;
                int from = (y * W + (flip ? W - 1 - x : x)) * C + i % C;
                same = got[i] ==
                       (within ? (float)data->values.pixels[SIZE + from] : v.scaling.shift[0]);
            }
            if (!same) continue;
            fits++;
            mirrored += (size_t)flip;
            moves[down + 4][right + 4]++;
        }
        assert_int_equal(fits, 1);
        v.views.seed = 4;
        differ += memcmp(view_of(&v, e, 1, 0), got, sizeof got) != 0;
        v.views.seed = 3;
        assert_memory_equal(view_of(&v, e, 1, 0), got, sizeof got);
    }
    assert_in_range(mirrored, 430, 570); /* 500 by chance, deviation 16 */
    assert_in_range(differ, 950, EPOCHS);
    for (size_t d = 0; d < 9; d++)
        for (size_t r = 0; r < 9; r++) assert_in_range(moves[d][r], 1, 40); /* 12 by chance */
    close_viewer(&v);
}

/* ==== Series ==== */

static void series_are_cut_to_a_stretch(void **state) {
    (void)state;
    viewer v = viewer_at(3);
    size_t shortest = SIZE_MAX, starts = 0;
    only(&v, FA__RANGE_CROP, 0.5);
    for (size_t e = 0; e < 200; e++) {
        size_t i = e % v.data->n, given = steps_of(v.data, i), from = 0;
        const float *x = view_of(&v, e, i, 0),
                    *all = v.data->values.numbers + v.data->values.offsets[i] * 3;
        assert_true(2 * v.steps >= given && v.steps <= given);
        while (from + v.steps <= given && memcmp(all + from * 3, x, v.steps * 12) != 0) from++;
        assert_true(from + v.steps <= given); /* found */
        shortest = v.steps * 100 / given < shortest ? v.steps * 100 / given : shortest;
        starts += from > 0;
    }
    assert_in_range(shortest, 50, 60);
    assert_true(starts > 50);
    close_viewer(&v);
}

/* On a ramp the pace can be read off: it begins and ends as it did, and goes forward. */
static void series_change_their_pace_smoothly(void **state) {
    (void)state;
    viewer v = open_viewer(made_data(FA_KIND_SERIES, 1, 101, 1, 0), "series");
    double slowest = 1, fastest = 1;
    for (size_t t = 0; t < 101; t++) v.data->values.numbers[t] = (float)t;
    only(&v, FA__RANGE_WARP, 0.3);
    for (size_t e = 0; e < 300; e++) {
        const float *x = view_of(&v, e, 0, 1);
        assert_int_equal(v.steps, 101);
        assert_near(x[0], 0, 1e-5);
        assert_near(x[100], 100, 1e-5);
        for (size_t t = 1; t < 101; t++) {
            double speed = (double)x[t] - (double)x[t - 1];
            slowest = fmin(slowest, speed), fastest = fmax(fastest, speed);
            if (t > 1) assert_true(fabs(speed - ((double)x[t - 1] - (double)x[t - 2])) < 0.06);
        }
    }
    /* (1 +- .3) over the mean speed, which is itself within 1 +- .3 */
    assert_true(slowest > 0.7 / 1.3 && slowest < 0.75 && fastest < 1.3 / 0.7 && fastest > 1.25);
    close_viewer(&v);
}

static void series_have_gains_noise_and_lost_features(void **state) {
    (void)state;
    viewer v = viewer_at(3);
    spread gain = {0, 0};
    size_t lost = 0, features = 0;
    double square = 0, count = 0;
    for (size_t e = 0; e < 300; e++) {
        size_t i = e % v.data->n, kept = 0;
        const float *x;
        only(&v, FA__RANGE_SCALE, 0.1);
        x = view_of(&v, e, i, 0);
        for (size_t k = 0; k < 3; k++) {
            double shift = (double)v.scaling.shift[k];
            double of = ((double)x[k] - shift) / ((double)value_of(v.data, i, 0, k) - shift);
            widen(&gain, log(of));
            for (size_t t = 1; t < v.steps; t++)
                assert_near(x[t * 3 + k], shift + of * ((double)value_of(v.data, i, t, k) - shift),
                            1e-3);
        }
        only(&v, FA__RANGE_DROP, 0.4);
        x = view_of(&v, e, i, 0);
        for (size_t k = 0; k < 3; k++, features++) {
            bool gone = x[k] == v.scaling.shift[k];
            lost += gone, kept += !gone;
            for (size_t t = 0; t < v.steps; t++)
                assert_true(x[t * 3 + k] ==
                            (gone ? v.scaling.shift[k] : value_of(v.data, i, t, k)));
        }
        assert_true(kept > 0);
        only(&v, FA__RANGE_JITTER, 0.05);
        x = view_of(&v, e, i, 0);
        for (size_t t = 0; t < v.steps; t++, count++)
            square += pow(((double)x[t * 3] - (double)value_of(v.data, i, t, 0)) *
                              (double)v.scaling.scale[0],
                          2);
    }
    assert_spread(gain, 0.1);
    assert_near((double)lost / (double)features, 0.4 - 0.064 / 3, 0.06); /* never all three */
    assert_near(sqrt(square / count), 0.05, 3e-3);
    close_viewer(&v);
}

/* ==== Text and vectors ==== */

static void texts_lose_words_and_keep_a_stretch(void **state) {
    (void)state;
    viewer v = viewer_at(4);
    size_t kept = 0, of = 0;
    for (size_t w = 0; w < v.data->values.offsets[v.data->n]; w++)
        v.data->values.numbers[w] = (float)w;
    for (size_t e = 0; e < 300; e++) {
        size_t i = e % v.data->n, given = steps_of(v.data, i);
        const float *x, *end = v.data->values.numbers + v.data->values.offsets[i + 1];
        only(&v, FA__RANGE_DROP, 0.1);
        x = view_of(&v, e, i, 0);
        kept += v.steps, of += given;
        for (size_t t = 0; t < v.steps; t++) {
            assert_true(x[t] >= (float)v.data->values.offsets[i] && x[t] <= end[-1]);
            assert_true(t == 0 || x[t] > x[t - 1]); /* in their order */
        }
        only(&v, FA__RANGE_CROP, 0.2);
        x = view_of(&v, e, i, 0);
        assert_true(10 * v.steps >= 8 * given);
        for (size_t t = 1; t < v.steps; t++) assert_true(x[t] == x[0] + (float)t);
        only(&v, FA__RANGE_REORDER, 1);
        x = view_of(&v, e, i, 0); /* every pair changes places: 1 0 3 2 ... */
        for (size_t t = 0; t < given; t++) {
            size_t from = t % 2 == 1 ? t - 1 : t + 1 < given ? t + 1 : t;
            assert_true(x[t] == value_of(v.data, i, from, 0));
        }
        only(&v, FA__RANGE_DROP, 1);
        view_of(&v, e, i, 0);
        assert_int_equal(v.steps, 1); /* one word is always left */
    }
    assert_near((double)kept / (double)of, 0.9, 0.02);
    close_viewer(&v);
}

static void vectors_have_noise_and_lost_features(void **state) {
    (void)state;
    viewer v = viewer_at(5);
    double square = 0, count = 0, lost = 0;
    for (size_t e = 0; e < 400; e++) {
        size_t i = e % v.data->n;
        const float *x;
        only(&v, FA__RANGE_JITTER, 0.1);
        x = view_of(&v, e, i, 0);
        for (size_t k = 0; k < 10; k++, count++)
            square += pow(
                ((double)x[k] - (double)value_of(v.data, i, 0, k)) * (double)v.scaling.scale[k], 2);
        only(&v, FA__RANGE_DROP, 0.1);
        x = view_of(&v, e, i, 0);
        for (size_t k = 0; k < 10; k++) {
            bool gone = x[k] == v.scaling.shift[k];
            assert_true(gone || x[k] == value_of(v.data, i, 0, k));
            lost += gone;
        }
    }
    assert_near(sqrt(square / count), 0.1, 5e-3);
    assert_near(lost / count, 0.1, 0.02);
    close_viewer(&v);
}

/* ==== Recipes ==== */

static void auto_goes_by_the_data(void **state) {
    (void)state;
    static const char *const names[POLICIES] = {"strokes", "images", "photographs",
                                                "series",  "text",   "vectors"};
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        assert_string_equal(v.views.policy->name, names[p]);
        assert_int_equal(v.views.count, 2);
        assert_ok(fa_recipe_set(v.recipe, "data.views", "auto"));
        assert_ok(fa__views_open(&v.views, v.recipe, v.data, &v.scaling));
        assert_string_equal(v.views.policy->name, names[p]);
        assert_ok(fa_recipe_set(v.recipe, "data.views", "none"));
        assert_ok(fa__views_open(&v.views, v.recipe, v.data, &v.scaling));
        assert_true(v.views.policy == NULL && v.views.count == 1);
        close_viewer(&v);
    }
}

/* Each range has a recipe key of its name, and each policy has ranges that can be set. */
static void every_range_is_a_key(void **state) {
    (void)state;
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        const fa__policy *policy = v.views.policy;
        for (size_t r = 0; policy->ranges[r].most > 0; r++) {
            char key[64];
            fa__range range = policy->ranges[r].range;
            snprintf(key, sizeof key, "views.%s", fa__range_name(range));
            assert_true(v.views.ranges[range] == policy->ranges[r].usual);
            assert_string_equal(fa_recipe_get(v.recipe, key), "auto");
            assert_ok(fa_recipe_set(v.recipe, key, range == FA__RANGE_TRIM ? "1" : "0.125"));
            assert_ok(fa__views_open(&v.views, v.recipe, v.data, &v.scaling));
            assert_true(v.views.ranges[range] == (range == FA__RANGE_TRIM ? 1 : 0.125));
        }
        close_viewer(&v);
    }
}

static void assert_refused(size_t policy, const char *key, const char *value, const char *says) {
    viewer v = viewer_at(policy);
    const fa__views before = v.views;
    assert_ok(fa_recipe_set(v.recipe, key, value));
    assert_fails(fa__views_open(&v.views, v.recipe, v.data, &v.scaling), FA_E_RECIPE, says);
    assert_memory_equal(&before, &v.views, sizeof before);
    close_viewer(&v);
}

static void wrong_recipes_say_what_works(void **state) {
    (void)state;
    assert_refused(0, "data.views", "images",
                   "data.views = images is not for the kind of data.train; strokes, series, auto "
                   "or none works");
    assert_refused(1, "data.views", "series", "; images, photographs, auto or none works");
    assert_refused(3, "data.views", "text", "; series, auto or none works"); /* no strokes */
    assert_refused(4, "data.views", "series", "; text, auto or none works");
    assert_refused(5, "data.views", "text", "; vectors, auto or none works");
    assert_refused(3, "views.rotation", "3",
                   "data.views = series does not know it, but views.scale");
    assert_refused(5, "views.crop", "0.1", "views.crop = 0.1: data.views = vectors");
    assert_refused(3, "views.warp", "1", "at most 0.95; 0.3 works");
    assert_refused(1, "views.rotation", "181", "at most 180; 15 works");
    assert_refused(1, "data.augment", "flip-crop", "leave one of them at none");
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    assert_fails(fa_recipe_set(recipe, "views.drop", "1.5"), FA_E_RECIPE, "views.drop must be");
    assert_fails(fa_recipe_set(recipe, "views.trim", "1.5"), FA_E_RECIPE, "whole");
    assert_fails(fa_recipe_set(recipe, "views.jitter", "-1"), FA_E_RECIPE, "auto works");
    assert_fails(fa_recipe_set(recipe, "views.jitter", "nan"), FA_E_RECIPE, "views.jitter must be");
    assert_fails(fa_recipe_set(recipe, "data.views", "digits"), FA_E_RECIPE, "photographs");
    fa_recipe_free(recipe);
}

/* ==== Words ==== */

/* The recipe may have said auto: the data, where they are there, tell which policy it is. */
static void words_name_every_change_that_is_on(void **state) {
    (void)state;
    char text[FA_PLAN_VIEWS], of_recipe[FA_PLAN_VIEWS];
    static const char end[] = "; at random, taken to be no matter of class";
    for (size_t p = 0; p < POLICIES; p++) {
        viewer v = viewer_at(p);
        const fa__policy *policy = v.views.policy;
        fa__views_text(text, &v.views);
        assert_non_null(strstr(text, policy->name));
        assert_string_equal(text + strlen(text) - strlen(end), end);
        fa__recipe_views_text(of_recipe, v.recipe, v.data);
        assert_string_equal(of_recipe, text);
        fa__recipe_views_text(of_recipe, v.recipe, NULL);
        assert_string_equal(of_recipe, text);
        for (size_t r = 0; policy->ranges[r].most > 0; r++) {
            only(&v, policy->ranges[r].range, policy->ranges[r].most);
            fa__views_text(text, &v.views);
            snprintf(of_recipe, sizeof of_recipe, "data.views = %s: %s%s", policy->name,
                     policy->ranges[r].what, end);
            assert_string_equal(text, of_recipe);
        }
        for (size_t r = 0; r < FA__RANGES; r++) v.views.ranges[r] = 1;
        fa__views_text(text, &v.views); /* whole, with all there are */
        assert_string_equal(text + strlen(text) - strlen(end), end);
        close_viewer(&v);
    }
}

static void words_are_those_of_the_recipe(void **state) {
    (void)state;
    static const char *const cases[][4] = {
        {"none", "auto", "none", ""},
        {"auto", "auto", "none",
         "data.views = photographs: cut out, of other proportions, mirrored; at random, taken to "
         "be no "
         "matter of class"},
        {"images", "0", "none",
         "data.views = images: stretched, sheared, bent, moved; at random, taken to be no matter "
         "of "
         "class"},
        {"none", "auto", "flip-crop",
         "data.augment = flip-crop: mirrored, moved by up to 4 pixels; at random, taken to be no "
         "matter of class"},
        {"none", "auto", "flip-crop-cutout",
         "data.augment = flip-crop-cutout: mirrored, moved by up to 4 pixels, a square blotted "
         "out; at "
         "random, taken to be no matter of class"},
    };
    char text[FA_PLAN_VIEWS];
    viewer v = viewer_at(2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(fa_recipe_set(v.recipe, "data.views", cases[i][0]));
        assert_ok(fa_recipe_set(v.recipe, "views.rotation", cases[i][1]));
        assert_ok(fa_recipe_set(v.recipe, "data.augment", cases[i][2]));
        fa__recipe_views_text(text, v.recipe, v.data);
        assert_string_equal(text, cases[i][3]);
    }
    only(&v, 0, 0);
    fa__views_text(text, &v.views);
    assert_string_equal(text, "data.views = photographs: as they are, each of views.* is 0");
    /* Data that are not there any more, and others that lie in their place. */
    assert_ok(fa_recipe_set(v.recipe, "data.augment", "none"));
    assert_ok(fa_recipe_set(v.recipe, "data.views", "auto"));
    fa__recipe_views_text(text, v.recipe, NULL);
    assert_string_equal(text,
                        "data.views = auto: as suits the kind of the data; at random, taken to "
                        "be no matter of class");
    assert_ok(fa_recipe_set(v.recipe, "data.views", "strokes"));
    fa__recipe_views_text(text, v.recipe, v.data);
    assert_non_null(strstr(text, "data.views = strokes: turned, stretched, "));
    close_viewer(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_gives_the_sample_back_bytewise),
        cmocka_unit_test(views_belong_to_seed_epoch_sample_and_view),
        cmocka_unit_test(equal_samples_have_views_of_their_own),
        cmocka_unit_test(made_views_stay_while_others_are_appended),
        cmocka_unit_test(degenerate_samples_have_finite_views),
        cmocka_unit_test(view_beyond_floats_is_refused),
        cmocka_unit_test(look_up_is_scipys),
        cmocka_unit_test(photographs_are_windows_within_their_ranges),
        cmocka_unit_test(images_shift_by_pixels),
        cmocka_unit_test(flip_crop_moves_by_seed_epoch_and_sample),
        cmocka_unit_test(cutout_blots_a_square_out),
        cmocka_unit_test(series_are_cut_to_a_stretch),
        cmocka_unit_test(series_change_their_pace_smoothly),
        cmocka_unit_test(series_have_gains_noise_and_lost_features),
        cmocka_unit_test(texts_lose_words_and_keep_a_stretch),
        cmocka_unit_test(vectors_have_noise_and_lost_features),
        cmocka_unit_test(auto_goes_by_the_data),
        cmocka_unit_test(every_range_is_a_key),
        cmocka_unit_test(wrong_recipes_say_what_works),
        cmocka_unit_test(words_name_every_change_that_is_on),
        cmocka_unit_test(words_are_those_of_the_recipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
