/* What the tests of views share: data of every kind, and views of them by recipe. */
#ifndef FA_TESTS_VIEW_CASES_H
#define FA_TESTS_VIEW_CASES_H

#include "data_files.h"

#include "data/dataset.h"
#include "train/views.h"

/* n series of `steps` to 2 steps - 1 steps, or vectors, with normal values; or word numbers below
 * `vocabulary`. */
static inline fa_dataset *made_data(fa_kind kind, size_t n, size_t steps, size_t features,
                                    size_t vocabulary) {
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_INIT, (uint64_t)kind);
    assert_ok(fa__dataset_create(&data, kind));
    data->n = n;
    data->features = features;
    data->values.vocabulary = vocabulary;
    size_t rows = n;
    if (kind == FA_KIND_SERIES) {
        assert_ok(FA_NEW(data->values.offsets, n + 1));
        data->values.offsets[0] = 0;
        for (size_t i = 0; i < n; i++)
            data->values.offsets[i + 1] = data->values.offsets[i] + steps + i % steps;
        rows = data->values.offsets[n];
    }
    assert_ok(FA_NEW(data->values.numbers, rows * features));
    for (size_t i = 0; i < rows * features; i++)
        data->values.numbers[i] =
            vocabulary > 0 ? (float)fa__rng_below(&rng, vocabulary) : (float)fa__rng_normal(&rng);
    return data;
}

static inline fa_dataset *made_images(size_t n, size_t height, size_t width, size_t channels) {
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 6, FA__STREAM_INIT, height * width);
    assert_ok(fa__dataset_create(&data, FA_KIND_IMAGES));
    data->n = n;
    data->values.height = height, data->values.width = width, data->values.channels = channels;
    data->features = height * width * channels;
    assert_ok(FA_NEW(data->values.pixels, n * data->features));
    for (size_t i = 0; i < n * data->features; i++)
        data->values.pixels[i] = (unsigned char)fa__rng_below(&rng, 256);
    return data;
}

/* Strokes as the house makes them up, and a few that no one would draw: no point, one point, empty
 * strokes, moves of a quarter. */
static inline fa_dataset *made_strokes(size_t n) {
    static const float odd[][4] = {{0, 0, 1, 1},      /**/ {3, 4, 0, 0},    {0, 0, 1, 1},
                                   /**/ {0, 0, 1, 0}, {1, 1, 0, 0},         {0, 0, 1, 0},
                                   {0, 0, 1, 0},      {0.25f, -1.5f, 0, 0}, {2, 0.75f, 0, 0},
                                   {0, 0, 1, 1}};
    static const size_t ends[] = {1, 3, 10};
    enum { ODD = 3 };
    fa_dataset *drawn, *data;
    assert_ok(fa_strokes_synthesize(&drawn, n, 3, 0));
    assert_ok(fa__dataset_create(&data, FA_KIND_SERIES));
    size_t lines = drawn->values.offsets[n];
    data->n = n + ODD;
    data->features = 4;
    assert_ok(FA_NEW(data->values.offsets, n + ODD + 1));
    assert_ok(FA_NEW(data->values.numbers, (lines + ends[ODD - 1]) * 4));
    memcpy(data->values.offsets, drawn->values.offsets, (n + 1) * sizeof *data->values.offsets);
    memcpy(data->values.numbers, drawn->values.numbers, lines * 4 * sizeof *data->values.numbers);
    memcpy(data->values.numbers + lines * 4, odd, sizeof odd);
    for (size_t i = 0; i < ODD; i++) data->values.offsets[n + 1 + i] = lines + ends[i];
    fa_dataset_free(drawn);
    return data;
}

/* Views of data by a recipe, with what they are scaled by. */
typedef struct viewer {
    fa_dataset *data;
    fa_recipe *recipe;
    fa__scaling scaling;
    fa__views views;
    fa__made made;
    size_t steps; /* of the view made last */
} viewer;

/* Takes the data. */
static inline viewer open_viewer(fa_dataset *data, const char *policy) {
    viewer v = {.data = data};
    size_t *all;
    assert_ok(fa_recipe_create(&v.recipe));
    assert_ok(fa_recipe_set(v.recipe, "data.views", policy));
    assert_ok(FA_NEW(all, data->n));
    for (size_t i = 0; i < data->n; i++) all[i] = i;
    assert_ok(fa__scaling_fit(&v.scaling, data->values.vocabulary > 0 ? "1" : "standard", data, all,
                              data->n));
    fa__free(all);
    assert_ok(fa__views_open(&v.views, v.recipe, data, &v.scaling));
    return v;
}

static inline void close_viewer(viewer *v) {
    fa_dataset_free(v->data);
    fa_recipe_free(v->recipe);
    fa__scaling_free(&v->scaling);
    fa__made_free(&v->made);
}

/* All ranges 0, but one of them. */
static inline void only(viewer *v, fa__range range, double value) {
    memset(v->views.ranges, 0, sizeof v->views.ranges);
    v->views.ranges[range] = value;
}

/* One view; it lives until the next. */
static inline const float *view_of(viewer *v, size_t epoch, size_t sample, size_t view) {
    size_t at;
    v->made.count = 0;
    assert_ok(fa__view_make(&v->made, &at, &v->steps, &v->views, v->data, epoch, sample, view));
    assert_int_equal(at, 0);
    assert_int_equal(v->made.count, v->steps * v->data->features);
    return v->made.values;
}

static inline size_t steps_of(const fa_dataset *data, size_t i) {
    return data->kind == FA_KIND_SERIES ? data->values.offsets[i + 1] - data->values.offsets[i] : 1;
}

/* Value k of step t of a sample. */
static inline float value_of(const fa_dataset *data, size_t i, size_t t, size_t k) {
    if (data->kind == FA_KIND_IMAGES) return (float)data->values.pixels[i * data->features + k];
    size_t row = data->kind == FA_KIND_SERIES ? data->values.offsets[i] + t : i;
    return data->values.numbers[row * data->features + k];
}

static inline bool is_sample(const viewer *v, const float *made, size_t i) {
    size_t features = v->data->features;
    if (v->steps != steps_of(v->data, i)) return false;
    for (size_t t = 0; t < v->steps; t++)
        for (size_t k = 0; k < features; k++) {
            float x = value_of(v->data, i, t, k);
            if (memcmp(&x, &made[t * features + k], sizeof x) != 0) return false;
        }
    return true;
}

/* The least and the most of a figure over many views. */
typedef struct spread {
    double low, high;
} spread;

static inline void widen(spread *s, double x) {
    assert_true(isfinite(x));
    s->low = fmin(s->low, x), s->high = fmax(s->high, x);
}

/* Within [-most, most], and nearly all of it. */
static inline void assert_spread(spread s, double most) {
    if (!(s.low >= -most * (1 + 1e-4) && s.high <= most * (1 + 1e-4) && s.low < -0.8 * most &&
          s.high > 0.8 * most))
        fail_msg("%g to %g, wanted all of +-%g", s.low, s.high, most);
}

/* Every policy on data of its kind. */
enum { POLICIES = 6 };
static inline viewer viewer_at(size_t index) {
    switch (index) {
    case 0:
        return open_viewer(made_strokes(20), "strokes");
    case 1:
        return open_viewer(made_images(8, 9, 7, 1), "images");
    case 2:
        return open_viewer(made_images(8, 8, 11, 3), "photographs");
    case 3:
        return open_viewer(made_data(FA_KIND_SERIES, 12, 9, 3, 0), "series");
    case 4:
        return open_viewer(made_data(FA_KIND_SERIES, 12, 60, 1, 50), "text");
    default:
        return open_viewer(made_data(FA_KIND_VECTORS, 12, 1, 10, 0), "vectors");
    }
}

#endif
