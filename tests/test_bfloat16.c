/* Convolutions that multiply bfloat16: against the reference on rounded numbers, whole runs. */
#define _XOPEN_SOURCE 700
#include "engines.h"
#include "image_runs.h"
#include "rounded.h"

#include "nn/network.h"

static bool there(void) {
    return fa__onednn_images.name != NULL && fa__onednn_has_bfloat16();
}

typedef struct results {
    float *y, *d_x, *d_w, *d_b;
} results;

static results run_conv(const fa__image_ops *images, fa__conv c, const float *x, const float *w,
                        const float *b, const float *d_y) {
    c.bfloat16 = images->bfloat16;
    size_t out = c.samples * fa__conv_side(&c, c.height) * fa__conv_side(&c, c.width) * c.out;
    results r = {fa__alloc(out, 4), fa__alloc(c.samples * c.height * c.width * c.in, 4),
                 fa__alloc(c.out * c.in * c.kernel * c.kernel, 4), fa__alloc(c.out, 4)};
    float *d = fa__alloc(out, 4), *scratch = fa__alloc(images->conv_scratch(&c), 4);
    memcpy(d, d_y, out * 4);
    assert_ok(images->conv_forward(r.y, x, w, b, &c, scratch));
    assert_ok(images->conv_backward(r.d_x, r.d_w, r.d_b, d, x, r.y, w, &c, scratch));
    fa__free(d), fa__free(scratch);
    return r;
}

static void free_results(results *r) {
    fa__free(r->y), fa__free(r->d_x), fa__free(r->d_w), fa__free(r->d_b);
}

/* Products of bfloat16 are exact in float32, so only the order of the sums is left. */
static void conv_is_the_reference_on_rounded_numbers(void **state) {
    (void)state;
    if (!there()) skip();
    static const size_t cases[][7] = {/* samples, height, width, in, out, kernel, stride */
                                      {2, 9, 8, 3, 64, 3, 1},  {3, 8, 8, 64, 32, 3, 1},
                                      {1, 5, 7, 20, 18, 3, 2}, {2, 4, 4, 32, 8, 1, 1},
                                      {2, 6, 6, 2, 3, 5, 2},   {2, 32, 32, 3, 32, 3, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *s = cases[i];
        const fa__conv c = {.samples = s[0],
                            .height = s[1],
                            .width = s[2],
                            .in = s[3],
                            .out = s[4],
                            .kernel = s[5],
                            .stride = s[6],
                            .plain_in = true,
                            .plain_out = true};
        size_t in = s[0] * s[1] * s[2] * s[3], weights = s[4] * s[3] * s[5] * s[5];
        size_t out = s[0] * fa__conv_side(&c, s[1]) * fa__conv_side(&c, s[2]) * s[4];
        float *x = noise(in, 1, 1), *w = noise(weights, 2, 0.2f), *b = noise(s[4], 3, 1),
              *d_y = noise(out, 4, 1);
        float *x_ = rounded(x, in), *w_ = rounded(w, weights), *d_y_ = rounded(d_y, out);
        results got = run_conv(&fa__onednn_bfloat16_images, c, x, w, b, d_y),
                of_rounded = run_conv(&fa__ref_images, c, x_, w_, b, d_y_),
                exact = run_conv(&fa__ref_images, c, x, w, b, d_y);
        assert_alike("y", got.y, of_rounded.y, out, 1e-5);
        assert_alike("d_x", got.d_x, of_rounded.d_x, in, 1e-5);
        assert_alike("d_w", got.d_w, exact.d_w, weights, 1e-4);
        assert_alike("d_b", got.d_b, exact.d_b, s[4], 1e-4);
        assert_memory_not_equal(got.y, exact.y, out * 4);
        free_results(&got), free_results(&of_rounded), free_results(&exact);
        fa__free(x), fa__free(w), fa__free(b), fa__free(d_y);
        fa__free(x_), fa__free(w_), fa__free(d_y_);
    }
}

static void engine_without_bfloat16_says_so(void **state) {
    (void)state;
    fa__engine engine = {.name = "as it was"};
    assert_fails(fa__engine_in_bfloat16(&engine, fa__engine_ref()), FA_E_UNAVAILABLE,
                 "the engine ref computes in float32");
    assert_string_equal(engine.name, "as it was");
    if (fa__onednn_images.name == NULL)
        assert_fails(fa__engine_in_bfloat16(&engine, fa__engine_native()), FA_E_UNAVAILABLE,
                     "libdnnl-dev");
    else if (!there())
        assert_fails(fa__engine_in_bfloat16(&engine, fa__engine_native()), FA_E_UNAVAILABLE,
                     "avx512_bf16");
    else
        assert_ok(fa__engine_in_bfloat16(&engine, fa__engine_native()));
}

static fa_recipe *run_recipe(void) {
    static const char *const values[][2] = {
        {"data.groups", "0-4 / 5-9"},
        {"train.epochs", "2"},
        {"train.batch", "10"},
        {"train.shards", "4"},
        {"cluster.k", "2"},
        {"cluster.restarts", "1"},
        {"network.precision", "bfloat16"},
        {"network.layers", "conv 4 3x3 stride 4, batchnorm relu, conv 18 3x3 relu, globalpool, "
                           "linear 3 relu target, linear out"}};
    return recipe_on_images(values, sizeof values / sizeof values[0], 20);
}

static void run_is_the_same_for_any_threads(void **state) {
    (void)state;
    static const char *const runs[] = {"1", "2", "4"};
    if (!there()) skip();
    fa_recipe *recipe = run_recipe();
    for (int i = 0; i < 3; i++) {
        fa_threads_set(1 << i);
        assert_ok(train_into(recipe, path_of(runs[i]), NULL, NULL));
    }
    fa_threads_set(0);
    assert_same_bytes("1/model.safetensors", "2/model.safetensors", true);
    assert_same_bytes("1/model.safetensors", "4/model.safetensors", true);
    assert_ok(fa_recipe_set(recipe, "network.precision", "float32"));
    assert_ok(train_into(recipe, path_of("float32"), NULL, NULL));
    assert_same_bytes("1/model.safetensors", "float32/model.safetensors", false);
    fa_recipe_free(recipe);
}

static void run_that_cannot_be_is_refused(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    assert_ok(fa_recipe_set(recipe, "network.engine", "ref"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_UNAVAILABLE,
                 "network.precision = bfloat16");
    assert_ok(fa_recipe_set(recipe, "network.layers", "linear 3 target, linear out"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_RECIPE,
                 "the network has none; float32 works");
    assert_false(fa__is_folder(path_of("run")));
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_is_the_reference_on_rounded_numbers),
        cmocka_unit_test(engine_without_bfloat16_says_so),
        cmocka_unit_test_setup(run_is_the_same_for_any_threads, clear_test_folder),
        cmocka_unit_test_setup(run_that_cannot_be_is_refused, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
