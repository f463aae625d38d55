/* Batch norm, global pooling and strides: operations by hand and against the reference, gradients,
 * PyTorch, running statistics, whole runs. */
#define _XOPEN_SOURCE 700
#include "engines.h"
#include "image_runs.h"

#include "formats/safetensors.h"
#include "nn/network.h"

/* ==== Operations ==== */

/* Two samples of one channel, two pixels: 1, 3, 5, 7 have mean 4 and variance 5. */
static void batchnorm_reference_is_by_hand(void **state) {
    (void)state;
    const float x[4] = {1, 3, 5, 7}, factor[1] = {2}, offset[1] = {-7};
    const fa__batchnorm n = {.samples = 2, .channels = 1, .pixels = 2, .block = 1, .relu = true};
    const fa__engine *ref = fa__engine_ref();
    double mean[1], variance[1], sums[1], products[1];
    float y[4], d_y[4] = {10, 20, 30, 40}, d_x[4];
    ref->norm_statistics(mean, variance, x, &n);
    assert_near(mean[0], 4, 0);
    assert_near(variance[0], 5, 0);
    ref->norm_apply(y, x, factor, offset, &n);
    for (size_t i = 0; i < 4; i++) assert_near(y[i], i < 2 ? 0 : 2 * (double)x[i] - 7, 0);
    ref->norm_sums(sums, products, d_y, x, y, mean, &n);
    assert_near(d_y[1], 0, 0); /* held back by ReLU */
    assert_near(sums[0], 70, 0);
    assert_near(products[0], 30 * 1 + 40 * 3, 0);
    const float a[1] = {2}, b[1] = {3}, c[1] = {4};
    ref->norm_back(d_x, d_y, x, a, b, c, &n);
    assert_near(d_x[0], 3 * 1 + 4, 0);
    assert_near(d_x[3], 2 * 40 + 3 * 7 + 4, 0);
}

static void assert_alike_double(const char *what, const double *got, const double *want, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-9 * fmax(1, fabs(want[i]))))
            fail_msg("%s: %g at %zu, not %g", what, got[i], i, want[i]);
}

static void check_operations(const fa__engine *engine) {
    static const size_t cases[][4] = {/* samples, channels, pixels, block */
                                      {3, 32, 20, 16}, {2, 20, 7, 16}, {2, 24, 5, 8},
                                      {5, 15, 1, 15},  {4, 3, 9, 3},   {3, 40, 4, 40},
                                      {1, 1, 2, 1}};
    const fa__engine *const engines[2] = {fa__engine_ref(), engine};
    for (size_t k = 0; k < 2 * sizeof cases / sizeof cases[0]; k++) {
        const size_t *s = cases[k / 2];
        const fa__batchnorm n = {s[0], s[1], s[2], s[3], k % 2 == 1};
        size_t width = fa__batchnorm_width(&n), count = n.samples * n.pixels * width;
        float *x = noise(count, 1, 1), *d_y = noise(count, 2, 1), *factors = noise(3 * width, 3, 1);
        for (size_t i = 0; i < count; i++) x[i] += 100; /* a large mean costs no digits */
        for (size_t i = 0; i < width; i++) factors[width + i] -= 100 * factors[i];
        double mean[2][48], variance[2][48], sums[2][48], products[2][48];
        float *y[2], *d[2], *d_x[2];
        for (int e = 0; e < 2; e++) {
            y[e] = fa__alloc(count, 4), d[e] = fa__alloc(count, 4), d_x[e] = fa__alloc(count, 4);
            memcpy(d[e], d_y, count * 4);
            engines[e]->norm_statistics(mean[e], variance[e], x, &n);
            engines[e]->norm_apply(y[e], x, factors, factors + width, &n);
            engines[e]->norm_sums(sums[e], products[e], d[e], x, y[0], mean[e], &n);
            engines[e]->norm_back(d_x[e], d[e], x, factors, factors + width, factors + 2 * width,
                                  &n);
        }
        assert_alike_double("mean", mean[1], mean[0], width);
        assert_alike_double("variance", variance[1], variance[0], width);
        assert_alike_double("sums", sums[1], sums[0], width);
        assert_alike_double("products", products[1], products[0], width);
        assert_alike("y", y[1], y[0], count, 1e-5);
        assert_alike("d_y", d[1], d[0], count, 0);
        assert_alike("d_x", d_x[1], d_x[0], count, 1e-6);
        for (int e = 0; e < 2; e++) fa__free(y[e]), fa__free(d[e]), fa__free(d_x[e]);
        fa__free(x), fa__free(d_y), fa__free(factors);
    }
}

static void batchnorm_of_every_engine_is_the_reference(void **state) {
    (void)state;
    each_engine(check_operations);
}

/* ==== Networks ==== */

typedef struct net {
    fa__network *network;
    fa__shard shard;
    float *parameters, *sum, *d_outputs, *d_target, *x;
    size_t n;
} net;

static fa__shape image(size_t height, size_t width, size_t channels) {
    return (fa__shape){.form = FA__IMAGE,
                       .features = height * width * channels,
                       .height = height,
                       .width = width,
                       .channels = channels};
}

static net open_net(const char *layers, fa__shape input, size_t n) {
    net t = {.n = n};
    assert_ok(fa__network_create(&t.network, layers, input, fa__shape_vector(2)));
    t.parameters = noise(t.network->parameters, 3, 0.5f);
    for (size_t i = t.network->learned; i < t.network->parameters; i++)
        t.parameters[i] = 0.5f + fabsf(t.parameters[i]); /* variances are positive */
    t.sum = fa__calloc(t.network->parameters, 4);
    t.x = noise(n * input.features * 9, 1, 1);
    t.d_outputs = noise(n * 2, 2, 1);
    t.d_target = noise(n * t.network->layers[t.network->target].out.features, 4, 1);
    return t;
}

static void close_net(net *t) {
    fa__shard_free(&t->shard);
    fa__network_free(t->network);
    fa__free(t->parameters), fa__free(t->sum), fa__free(t->x);
    fa__free(t->d_outputs), fa__free(t->d_target);
}

static void fill_net(net *t, const fa__engine *engine) {
    size_t steps = t->network->input.form == FA__SERIES ? 4 : 0;
    assert_ok(fa__shard_rows(&t->shard, steps));
    for (size_t s = 0; s < steps; s++) t->shard.rows[s] = t->n - s;
    assert_ok(fa__shard_shape(&t->shard, t->network, engine, t->n, steps));
    memcpy(t->shard.activations[0].values, t->x,
           t->shard.activations[0].total * t->network->input.features * 4);
}

static void run_net(net *t, const fa__engine *engine) {
    fill_net(t, engine);
    assert_ok(fa__shard_forward(&t->shard, t->network, engine, t->parameters));
    assert_ok(fa__shard_backward(&t->shard, t->network, engine, t->parameters, t->d_outputs,
                                 t->d_target));
    memset(t->sum, 0, t->network->parameters * 4);
    fa__shard_statistics(&t->shard, t->network, engine, t->parameters, 1);
    fa__shard_add_gradient(&t->shard, t->network, t->sum);
}

/* What the gradient is the gradient of. */
static double objective(net *t, const fa__engine *engine) {
    fill_net(t, engine);
    assert_ok(fa__shard_forward(&t->shard, t->network, engine, t->parameters));
    const fa__activation *h = fa__shard_target(&t->shard, t->network),
                         *y = fa__shard_outputs(&t->shard, t->network);
    double sum = 0;
    for (size_t i = 0; i < h->total * h->features; i++)
        sum += (double)h->values[i] * (double)t->d_target[i];
    for (size_t i = 0; i < y->total * y->features; i++)
        sum += (double)y->values[i] * (double)t->d_outputs[i];
    return sum;
}

/* Without ReLU, whose kinks a step could cross; the layer below each gets its d_in. */
static const struct {
    const char *layers;
    size_t height, width, features; /* height 0: vectors; 1 and width 0: series */
} smooth[] = {
    {"conv 5 3x3 stride 2, batchnorm, conv 4 3x3, batchnorm, globalpool, linear 3 target, linear "
     "out",
     7, 6, 2},
    {"batchnorm, conv 3 3x3 stride 3, linear 4, batchnorm target, linear out", 5, 6, 2},
    {"conv 18 5x5 stride 2, batchnorm, conv 3 1x1 stride 2, globalpool, linear out", 9, 11, 1},
    {"linear 6, batchnorm, linear 4, batchnorm target, linear out", 0, 0, 3},
    {"lstm 4 every_step, batchnorm, lstm 3, batchnorm target, linear out", 1, 0, 3},
};

static net open_smooth(size_t k) {
    size_t height = smooth[k].height, width = smooth[k].width, features = smooth[k].features;
    return open_net(smooth[k].layers,
                    height == 0  ? fa__shape_vector(features)
                    : width == 0 ? fa__shape_series(features)
                                 : image(height, width, features),
                    6);
}

static void check_gradients(const fa__engine *engine) {
    if (engine->images->name == NULL) return;
    for (size_t k = 0; k < sizeof smooth / sizeof smooth[0]; k++) {
        net t = open_smooth(k);
        double largest = 0;
        run_net(&t, engine);
        for (size_t i = 0; i < t.network->learned; i++) {
            const float step = 1.0f / 256;
            float was = t.parameters[i];
            t.parameters[i] = was + step;
            double above = objective(&t, engine);
            t.parameters[i] = was - step;
            double slope = (above - objective(&t, engine)) / (2 * (double)step);
            t.parameters[i] = was;
            if (!(fabs((double)t.sum[i] - slope) <= 4e-3 * fmax(1, fabs(slope))))
                fail_msg("%s, %s: parameter %zu: %g, by differences %g", engine->name,
                         smooth[k].layers, i, (double)t.sum[i], slope);
            largest = fmax(largest, fabs(slope));
        }
        assert_true(largest > 0.1);
        close_net(&t);
    }
}

static void gradient_is_the_finite_difference(void **state) {
    (void)state;
    check_gradients(fa__engine_ref());
    check_gradients(fa__engine_native());
}

static void check_network(const fa__engine *engine) {
    static const char *const relu =
        "conv 20 3x3 stride 2, batchnorm relu, maxpool 2, conv 32 3x3, batchnorm relu, globalpool, "
        "linear 6 relu target, linear out";
    if (engine->images->name == NULL) return;
    for (size_t k = 0; k <= sizeof smooth / sizeof smooth[0]; k++) {
        bool last = k == sizeof smooth / sizeof smooth[0];
        net a = last ? open_net(relu, image(13, 12, 3), 5) : open_smooth(k);
        net b = last ? open_net(relu, image(13, 12, 3), 5) : open_smooth(k);
        run_net(&a, fa__engine_ref());
        run_net(&b, engine);
        const fa__activation *want = fa__shard_target(&a.shard, a.network),
                             *got = fa__shard_target(&b.shard, b.network);
        assert_alike("target", got->values, want->values, want->total * want->features, 1e-4);
        assert_alike("gradient", b.sum, a.sum, a.network->learned, 1e-3);
        assert_alike("statistics", b.sum + a.network->learned, a.sum + a.network->learned,
                     a.network->parameters - a.network->learned, 1e-5);
        for (size_t layer = 0; layer < a.network->n_layers; layer++) { /* each as an embedding */
            fa__network plain;
            fa__network_plain_at(&plain, a.network, layer);
            fa__network *const kept[2] = {a.network, b.network};
            a.network = b.network = &plain;
            fill_net(&a, fa__engine_ref()), fill_net(&b, engine);
            assert_ok(fa__shard_use(&a.shard, &plain, fa__engine_ref(), a.parameters, layer));
            assert_ok(fa__shard_use(&b.shard, &plain, engine, b.parameters, layer));
            const fa__activation *made = &a.shard.activations[layer + 1];
            assert_int_equal(made->features, plain.layers[layer].out.features);
            assert_alike("layer", b.shard.activations[layer + 1].values, made->values,
                         made->total * made->features, 1e-4);
            a.network = kept[0], b.network = kept[1];
        }
        close_net(&a), close_net(&b);
    }
}

static void network_of_every_engine_is_the_reference(void **state) {
    (void)state;
    each_engine(check_network);
}

/* ==== PyTorch ==== */

static const float *tensor(const fa__safetensors *file, const char *group, const char *name,
                           size_t count) {
    char whole[2 * FA__TENSOR_NAME_SIZE];
    snprintf(whole, sizeof whole, "%s%s", group, name);
    const fa__tensor *found = fa__safetensors_find(file, whole);
    if (found == NULL) fail_msg("%s is not in the fixture", whole);
    assert_int_equal(fa__tensor_count(found), count);
    return found->data;
}

static void check_against_pytorch(net *t, const fa__engine *engine, const fa__safetensors *file) {
    const fa__parameter *p;
    for (size_t i = 0; (p = fa__network_parameter(t->network, i)) != NULL; i++)
        memcpy(t->parameters + p->offset, tensor(file, "weight.", p->name, p->count),
               p->count * sizeof(float));
    memcpy(t->x, tensor(file, "", "x", 6 * 9 * 7 * 3), 6 * 9 * 7 * 3 * sizeof(float));
    memcpy(t->d_outputs, tensor(file, "", "d_outputs", 12), 12 * sizeof(float));
    memcpy(t->d_target, tensor(file, "", "d_target", 18), 18 * sizeof(float));
    run_net(t, engine);
    assert_alike("target", fa__shard_target(&t->shard, t->network)->values,
                 tensor(file, "", "target", 18), 18, 1e-5);
    assert_alike("outputs", fa__shard_outputs(&t->shard, t->network)->values,
                 tensor(file, "", "outputs", 12), 12, 1e-5);
    fa__network_renew(t->network, t->parameters, t->sum);
    for (size_t i = 0; (p = fa__network_parameter(t->network, i)) != NULL; i++)
        if (p->buffer)
            assert_alike(p->name, t->parameters + p->offset,
                         tensor(file, "after.", p->name, p->count), p->count, 1e-6);
        else /* the bias below a batch norm has the gradient 0, give or take rounding */
            for (size_t k = 0; k < p->count; k++)
                assert_near(t->sum[p->offset + k], tensor(file, "gradient.", p->name, p->count)[k],
                            1e-5);
    fill_net(t, engine);
    assert_ok(
        fa__shard_use(&t->shard, t->network, engine, t->parameters, t->network->n_layers - 1));
    assert_alike("target in use", fa__shard_target(&t->shard, t->network)->values,
                 tensor(file, "", "used_target", 18), 18, 1e-5);
    assert_alike("outputs in use", fa__shard_outputs(&t->shard, t->network)->values,
                 tensor(file, "", "used_outputs", 12), 12, 1e-5);
}

/* tests/oracle/batchnorm_network.py */
static void network_of_every_engine_is_pytorch(void **state) {
    (void)state;
    const fa__engine *engine;
    fa__safetensors *file;
    assert_ok(fa__safetensors_read(&file, fixture("batchnorm_network.safetensors")));
    for (size_t e = 0; (engine = fa__engine_at(e)) != NULL; e++) {
        if (engine->images->name == NULL) continue;
        net t = open_net("conv 5 3x3 stride 2, batchnorm relu, conv 18 3x3, batchnorm, maxpool 2, "
                         "conv 4 1x1 relu, globalpool, linear 3, batchnorm relu target, linear out",
                         image(9, 7, 3), 6);
        check_against_pytorch(&t, engine, file);
        close_net(&t);
    }
    fa__safetensors_free(file);
}

/* ==== Statistics ==== */

/* Shards of two samples and one: the second has no variance and votes for what is there. */
static void running_statistics_are_by_hand(void **state) {
    (void)state;
    const fa__engine *ref = fa__engine_ref();
    net two = open_net("batchnorm, linear 2 target, linear out", fa__shape_vector(1), 2),
        one = open_net("batchnorm, linear 2 target, linear out", fa__shape_vector(1), 1);
    const fa__parameter *mean = &two.network->layers[0].parameters[2],
                        *variance = &two.network->layers[0].parameters[3];
    assert_string_equal(mean->name, "0.batchnorm.running_mean");
    assert_string_equal(variance->name, "0.batchnorm.running_var");
    assert_int_equal(two.network->learned, two.network->parameters - 2);
    two.x[0] = 3, two.x[1] = 7; /* mean 5, unbiased variance 8 */
    one.x[0] = 100;
    two.parameters[mean->offset] = one.parameters[mean->offset] = 1;
    two.parameters[variance->offset] = one.parameters[variance->offset] = 2;
    run_net(&two, ref), run_net(&one, ref);
    size_t shift = one.network->layers[0].parameters[1].offset;
    assert_near(one.shard.activations[1].values[0], one.parameters[shift], 1e-4);
    float *sum = fa__calloc(two.network->parameters, 4);
    fa__shard_statistics(&two.shard, two.network, ref, two.parameters, 2.0f / 3);
    fa__shard_add_gradient(&two.shard, two.network, sum);
    fa__shard_statistics(&one.shard, two.network, ref, two.parameters, 1.0f / 3);
    fa__shard_add_gradient(&one.shard, two.network, sum);
    fa__network_renew(two.network, two.parameters, sum);
    assert_near(two.parameters[mean->offset], 1 + 0.1 * ((2 * 5 + 1) / 3.0 - 1), 1e-6);
    assert_near(two.parameters[variance->offset], 2 + 0.1 * ((2 * 8 + 2) / 3.0 - 2), 1e-6);
    fa__free(sum);
    close_net(&two), close_net(&one);
}

static void words_that_cannot_be_name_their_layer(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"conv 4 3x3 stride, globalpool, linear out", "layer 1: a stride is 1..15, got ''"},
        {"conv 4 3x3 stride 0, globalpool, linear out", "a stride is 1..15, got '0'"},
        {"conv 4 3x3 stride 16, globalpool, linear out", "got '16'"},
        {"conv 4 3x3 stride 2x, globalpool, linear out", "got '2x'"},
        {"conv 4 3x3 stride 2 stride 2, globalpool, linear out", "the stride stands there twice"},
        {"conv 4 stride 2, globalpool, linear out", "the window is missing"},
        {"batchnorm 4, globalpool, linear out", "layer 1: '4' is no word for it (batchnorm"},
        {"globalpool relu, linear out", "layer 1: 'relu' is no word for it (globalpool)"},
        {"globalpool, globalpool, linear out", "layer 2: it takes images"},
        {"batchnorm target, globalpool, linear out", "the target layer must make one vector"},
        {"globalpool, batchnorm", "the last layer must be 'linear out'"}};
    fa__network *network;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_fails(fa__network_create(&network, wrong[i][0], image(8, 8, 3), fa__shape_vector(2)),
                     FA_E_RECIPE, wrong[i][1]);
    assert_ok(fa__network_create(&network,
                                 "conv 4 3x3 stride 2, conv 4 5x5 stride 3 relu, "
                                 "globalpool, linear out",
                                 image(8, 9, 3), fa__shape_vector(2)));
    assert_true(network->layers[0].out.height == 4 && network->layers[0].out.width == 5);
    assert_true(network->layers[1].out.height == 2 && network->layers[1].out.width == 2);
    fa__network_free(network);
}

/* ==== Runs ==== */

static fa_recipe *run_recipe(void) {
    static const char *const values[][2] = {
        {"data.groups", "0-4 / 5-9"},
        {"train.epochs", "3"},
        {"train.batch", "9"}, /* the last batch has two shards of one sample */
        {"train.shards", "4"},
        {"cluster.k", "2"},
        {"cluster.restarts", "1"},
        {"network.layers", "conv 4 3x3 stride 4, batchnorm relu, conv 18 3x3, batchnorm relu, "
                           "globalpool, linear 3, batchnorm relu target, linear out"}};
    fa_recipe *recipe = recipe_on_images(values, sizeof values / sizeof values[0], 22);
    if (fa__onednn_images.name == NULL) assert_ok(fa_recipe_set(recipe, "network.engine", "ref"));
    return recipe;
}

/* A model that is read again makes the rows that the run made: its running statistics are saved. */
static void run_is_the_same_for_any_threads_and_after_reading(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    static const char *const runs[] = {"1", "2", "4"};
    for (int i = 0; i < 3; i++) {
        fa_threads_set(1 << i);
        assert_ok(train_into(recipe, path_of(runs[i]), NULL, NULL));
    }
    fa_threads_set(0);
    for (int i = 1; i < 3; i++)
        for (int f = 0; f < 2; f++) {
            static const char *const files[] = {"model.safetensors", "embeddings.npy"};
            char a[32], b[32];
            snprintf(a, sizeof a, "1/%s", files[f]),
                snprintf(b, sizeof b, "%s/%s", runs[i], files[f]);
            assert_same_bytes(a, b, true);
        }
    fa_model *model;
    fa_dataset *data;
    fa__safetensors *file;
    float embedding[22 * 3], *written;
    size_t n, d, found = 0;
    assert_ok(fa__safetensors_read(&file, path_of("1/model.safetensors")));
    const float *mean = tensor(file, "", "1.batchnorm.running_mean", 4);
    assert_true(mean[0] != 0 && tensor(file, "", "1.batchnorm.running_var", 4)[0] != 1);
    fa__safetensors_free(file);
    assert_ok(fa_model_open(&model, path_of("1")));
    assert_int_equal(fa_model_parameters(model), /* buffers are none */
                     4 * 27 + 4 + 2 * 4 + 18 * 36 + 18 + 2 * 18 + 3 * 18 + 3 + 2 * 3 + 3 + 1);
    assert_ok(fa_dataset_read(&data, path_of("batch.bin"), NULL));
    assert_ok(fa_model_embed(embedding, NULL, model, data, NULL, NULL));
    assert_ok(fa_matrix_read(&written, &n, &d, path_of("1/embeddings.npy")));
    assert_true(d == 3 && n > 0);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < 22; i++)
            if (memcmp(written + r * 3, embedding + i * 3, 3 * sizeof(float)) == 0) {
                found++;
                break;
            }
    assert_int_equal(found, n);
    fa_free(written);
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* What is forced apart may be a layer that has no weights. */
static void target_may_be_the_pooled_images(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    float *rows;
    size_t n, d;
    assert_ok(fa_recipe_set(recipe, "network.layers",
                            "conv 5 3x3 stride 4, batchnorm relu, globalpool target, linear out"));
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    assert_ok(fa_matrix_read(&rows, &n, &d, path_of("run/embeddings.npy")));
    assert_int_equal(d, 5);
    fa_free(rows);
    assert_ok(fa_recipe_set(recipe, "loss.kind", "single"));
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE, "globalpool");
    fa_recipe_free(recipe);
}

static int stop_in_the_second(void *user, const fa_progress *progress) {
    (void)user;
    return progress->epoch == 2 && progress->finished == NULL && progress->done > 0;
}

static void resumed_run_is_the_whole_one(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    assert_ok(train_into(recipe, path_of("whole"), NULL, NULL));
    fa_train_options options = {.size = sizeof options, .progress = stop_in_the_second};
    train_into(recipe, path_of("parts"), &options, NULL);
    options = (fa_train_options){.size = sizeof options, .resume = 1};
    assert_ok(train_into(recipe, path_of("parts"), &options, NULL));
    assert_same_bytes("whole/model.safetensors", "parts/model.safetensors", true);
    fa_recipe_free(recipe);
}

static void run_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    const fa_train_options options = {.size = sizeof options, .overwrite = 1};
    fa_threads_set(1);
    assert_survives_nomem(train_into(recipe, path_of("run"), &options, NULL), (void)0);
    fa_threads_set(0);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batchnorm_reference_is_by_hand),
        cmocka_unit_test(batchnorm_of_every_engine_is_the_reference),
        cmocka_unit_test(gradient_is_the_finite_difference),
        cmocka_unit_test(network_of_every_engine_is_the_reference),
        cmocka_unit_test(network_of_every_engine_is_pytorch),
        cmocka_unit_test(running_statistics_are_by_hand),
        cmocka_unit_test(words_that_cannot_be_name_their_layer),
        cmocka_unit_test_setup(run_is_the_same_for_any_threads_and_after_reading,
                               clear_test_folder),
        cmocka_unit_test_setup(target_may_be_the_pooled_images, clear_test_folder),
        cmocka_unit_test_setup(resumed_run_is_the_whole_one, clear_test_folder),
        cmocka_unit_test_setup(run_without_memory_fails_cleanly, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
