/* Image operations: the reference by hand, oneDNN against the reference, layers and networks. */
#define _XOPEN_SOURCE 700
#include "engines.h"
#include "image_runs.h"

#include "base/eigen.h"
#include "formats/safetensors.h"
#include "model/model.h"
#include "nn/network.h"

/* ==== The reference ==== */

static void conv_reference_is_the_sum_by_hand(void **state) {
    (void)state;
    /* 2 x 2 pixels, one channel, 3x3: each output sees the whole image. */
    const float x[4] = {1, 2, 3, 4}, b[1] = {10};
    const float w[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const fa__conv c = {.samples = 1,
                        .height = 2,
                        .width = 2,
                        .in = 1,
                        .out = 1,
                        .kernel = 3,
                        .stride = 1,
                        .plain_in = true,
                        .plain_out = true};
    float y[4], d_x[4], d_w[9], d_b[1], d_y[4] = {1, 0, 0, 0};
    assert_ok(fa__ref_images.conv_forward(y, x, w, b, &c, NULL));
    assert_near(y[0], 10 + 1 * 5 + 2 * 6 + 3 * 8 + 4 * 9, 0);
    assert_near(y[1], 10 + 1 * 4 + 2 * 5 + 3 * 7 + 4 * 8, 0);
    assert_near(y[3], 10 + 1 * 1 + 2 * 2 + 3 * 4 + 4 * 5, 0);
    assert_ok(fa__ref_images.conv_backward(d_x, d_w, d_b, d_y, x, y, w, &c, NULL));
    assert_near(d_b[0], 1, 0);
    assert_near(d_w[4], 1, 0); /* the middle met x[0] */
    assert_near(d_w[8], 4, 0);
    assert_near(d_w[0], 0, 0); /* beside the image */
    assert_near(d_x[0], 5, 0);
    assert_near(d_x[3], 9, 0);
}

static void pool_reference_takes_the_largest_and_gives_it_the_gradient(void **state) {
    (void)state;
    const float x[9] = {1, 5, 9, 3, 2, 9, 9, 9, 9}; /* 3 x 3: the last row and column are left */
    const fa__pool p = {.samples = 1,
                        .height = 3,
                        .width = 3,
                        .channels = 1,
                        .size = 2,
                        .plain_in = true,
                        .plain_out = true};
    float y[1], workspace[1], d_x[9];
    const float d_y[1] = {7};
    assert_ok(fa__ref_images.pool_forward(y, workspace, x, &p, NULL));
    assert_near(y[0], 5, 0);
    assert_ok(fa__ref_images.pool_backward(d_x, d_y, workspace, &p, NULL));
    for (size_t i = 0; i < 9; i++) assert_near(d_x[i], i == 1 ? 7 : 0, 0);
}

/* ==== oneDNN against the reference ==== */

typedef struct results {
    float *y, *d_x, *d_w, *d_b;
} results;

static results run_conv(const fa__image_ops *images, const fa__conv *c, const float *x,
                        const float *w, const float *b, const float *d_y) {
    size_t pixels = c->samples * c->height * c->width,
           weights = c->out * c->in * c->kernel * c->kernel;
    size_t made = c->samples * fa__conv_side(c, c->height) * fa__conv_side(c, c->width);
    results r = {fa__alloc(made * c->out, 4), fa__alloc(pixels * c->in, 4), fa__alloc(weights, 4),
                 fa__alloc(c->out, 4)};
    float *d = fa__alloc(made * c->out, 4), *scratch = fa__alloc(images->conv_scratch(c), 4);
    memcpy(d, d_y, made * c->out * 4);
    assert_ok(images->conv_forward(r.y, x, w, b, c, scratch));
    assert_ok(images->conv_backward(r.d_x, r.d_w, r.d_b, d, x, r.y, w, c, scratch));
    fa__free(d), fa__free(scratch);
    return r;
}

static void free_results(results *r) {
    fa__free(r->y), fa__free(r->d_x), fa__free(r->d_w), fa__free(r->d_b);
}

static void conv_of_onednn_is_the_reference(void **state) {
    (void)state;
    if (fa__onednn_images.name == NULL) skip();
    static const size_t cases[][6] = {
        {2, 8, 8, 3, 64, 3},    {3, 8, 8, 64, 32, 3}, {1, 5, 7, 16, 16, 3},
        {2, 4, 4, 32, 8, 1},    {2, 3, 3, 5, 7, 3},   {1, 1, 1, 16, 16, 3},
        {2, 16, 16, 16, 48, 3}, {1, 6, 6, 2, 3, 5},   {1, 3, 3, 2, 4, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int way = 0; way < 6; way++) { /* strides 1 to 3, without and with ReLU */
            const size_t *s = cases[i];
            bool relu = way % 2 == 1;
            const fa__conv c = {s[0], s[1], s[2], s[3], s[4], s[5], (size_t)way / 2 + 1,
                                relu, true, true, false};
            size_t pixels = c.samples * c.height * c.width,
                   weights = c.out * c.in * c.kernel * c.kernel,
                   made = c.samples * fa__conv_side(&c, c.height) * fa__conv_side(&c, c.width);
            float *x = noise(pixels * c.in, 1, 1), *w = noise(weights, 2, 0.2f),
                  *b = noise(c.out, 3, 1), *d_y = noise(made * c.out, 4, 1);
            results want = run_conv(&fa__ref_images, &c, x, w, b, d_y),
                    got = run_conv(&fa__onednn_images, &c, x, w, b, d_y);
            assert_alike("y", got.y, want.y, made * c.out, 1e-5);
            assert_alike("d_b", got.d_b, want.d_b, c.out, 1e-4);
            assert_alike("d_w", got.d_w, want.d_w, weights, 1e-4);
            assert_alike("d_x", got.d_x, want.d_x, pixels * c.in, 1e-4);
            free_results(&want), free_results(&got);
            fa__free(x), fa__free(w), fa__free(b), fa__free(d_y);
        }
}

static void pool_of_onednn_is_the_reference(void **state) {
    (void)state;
    if (fa__onednn_images.name == NULL) skip();
    static const size_t cases[][5] = {{2, 8, 8, 32, 2}, {1, 5, 7, 3, 2}, {3, 6, 6, 16, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *s = cases[i];
        const fa__pool p = {s[0], s[1], s[2], s[3], s[4], true, true};
        const fa__image_ops *const images[2] = {&fa__ref_images, &fa__onednn_images};
        size_t in = p.samples * p.height * p.width * p.channels;
        size_t out = p.samples * (p.height / p.size) * (p.width / p.size) * p.channels;
        float *x = noise(in, 1, 1), *d_y = noise(out, 2, 1), *y[2], *d_x[2];
        for (int e = 0; e < 2; e++) {
            float *workspace = fa__alloc(images[e]->pool_workspace(&p), 4),
                  *scratch = fa__alloc(images[e]->pool_scratch(&p), 4);
            y[e] = fa__alloc(out, 4), d_x[e] = fa__alloc(in, 4);
            assert_ok(images[e]->pool_forward(y[e], workspace, x, &p, scratch));
            assert_ok(images[e]->pool_backward(d_x[e], d_y, workspace, &p, scratch));
            fa__free(workspace), fa__free(scratch);
        }
        assert_alike("y", y[1], y[0], out, 0);
        assert_alike("d_x", d_x[1], d_x[0], in, 0);
        for (int e = 0; e < 2; e++) fa__free(y[e]), fa__free(d_x[e]);
        fa__free(x), fa__free(d_y);
    }
}

/* ==== Networks ==== */

typedef struct net {
    fa__network *network;
    fa__shard shard;
    float *parameters, *d_outputs, *d_target, *x;
    size_t n;
} net;

static net open_net(const char *layers, size_t height, size_t width, size_t channels, size_t n) {
    const fa__shape input = {.form = FA__IMAGE,
                             .features = height * width * channels,
                             .height = height,
                             .width = width,
                             .channels = channels};
    net t = {.n = n};
    assert_ok(fa__network_create(&t.network, layers, input, fa__shape_vector(2)));
    t.parameters = fa__alloc(t.network->parameters, 4);
    fa__network_init(t.network, t.parameters, FA__INIT_HE, 7);
    for (size_t i = 0; i < t.network->n_layers; i++) { /* biases too */
        const fa__layer *l = &t.network->layers[i];
        if (l->n_parameters < 2) continue;
        float *some = noise(l->parameters[1].count, i, 0.3f);
        memcpy(t.parameters + l->parameters[1].offset, some, l->parameters[1].count * 4);
        fa__free(some);
    }
    t.x = noise(n * input.features, 1, 1);
    t.d_outputs = noise(n * 2, 2, 1);
    t.d_target = noise(n * t.network->layers[t.network->target].out.features, 3, 1);
    return t;
}

static void close_net(net *t) {
    fa__shard_free(&t->shard);
    fa__network_free(t->network);
    fa__free(t->parameters), fa__free(t->x), fa__free(t->d_outputs), fa__free(t->d_target);
}

static void forward_net(net *t, const fa__engine *engine) {
    assert_ok(fa__shard_shape(&t->shard, t->network, engine, t->n, 0));
    memcpy(t->shard.activations[0].values, t->x, t->n * t->network->input.features * 4);
    assert_ok(fa__shard_forward(&t->shard, t->network, engine, t->parameters));
}

static void run_net(net *t, const fa__engine *engine) {
    forward_net(t, engine);
    assert_ok(fa__shard_backward(&t->shard, t->network, engine, t->parameters, t->d_outputs,
                                 t->d_target));
}

/* What the gradient is the gradient of. */
static double objective(net *t, const fa__engine *engine) {
    forward_net(t, engine);
    const fa__activation *h = fa__shard_target(&t->shard, t->network),
                         *y = fa__shard_outputs(&t->shard, t->network);
    double sum = 0;
    for (size_t i = 0; i < h->total * h->features; i++)
        sum += (double)h->values[i] * (double)t->d_target[i];
    for (size_t i = 0; i < y->total * y->features; i++)
        sum += (double)y->values[i] * (double)t->d_outputs[i];
    return sum;
}

static const char small[] =
    "conv 5 3x3, maxpool 2, conv 3 1x1, conv 4 3x3, linear 3 target, linear out";

static void network_gradient_is_the_finite_difference(void **state) {
    (void)state;
    const fa__engine *const engines[2] = {fa__engine_ref(), fa__engine_native()};
    for (int e = 0; e < 2; e++) {
        if (engines[e]->images->name == NULL) continue;
        net t = open_net(small, 5, 4, 2, 3);
        run_net(&t, engines[e]);
        float *gradient = fa__alloc(t.network->parameters, 4);
        memcpy(gradient, t.shard.gradient, t.network->parameters * 4);
        for (size_t i = 0; i < t.network->parameters; i++) {
            const float step = 1.0f / 256;
            float was = t.parameters[i];
            t.parameters[i] = was + step;
            double above = objective(&t, engines[e]);
            t.parameters[i] = was - step;
            double below = objective(&t, engines[e]);
            t.parameters[i] = was;
            assert_near(gradient[i], (above - below) / (2 * (double)step), 2e-3);
        }
        fa__free(gradient);
        close_net(&t);
    }
}

static void network_of_every_engine_is_the_reference(void **state) {
    (void)state;
    static const char *const networks[] = {
        "conv 16 3x3 relu, conv 32 3x3 relu, maxpool 2, conv 32 3x3 relu, conv 8 1x1 relu, linear "
        "6 "
        "relu target, linear out",
        "maxpool 2, conv 20 3x3 relu, maxpool 2, linear 6 target, linear out",
        "maxpool 2, linear 6 relu target, linear out",
        "conv 3 5x5 relu, linear 6 target, linear out",
        "conv 16 3x3, maxpool 3, linear 4 target, linear out"};
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++)
        for (size_t k = 0; k < sizeof networks / sizeof *networks && engine->images->name; k++) {
            net a = open_net(networks[k], 9, 8, 3, 5), b = open_net(networks[k], 9, 8, 3, 5);
            run_net(&a, fa__engine_ref());
            run_net(&b, engine);
            const fa__activation *want = fa__shard_target(&a.shard, a.network),
                                 *got = fa__shard_target(&b.shard, b.network);
            assert_alike("target", got->values, want->values, want->total * want->features, 1e-4);
            assert_alike("gradient", b.shard.gradient, a.shard.gradient, a.network->parameters,
                         1e-3);
            close_net(&a), close_net(&b);
        }
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

/* tests/oracle/conv_network.py */
static void network_of_every_engine_is_pytorch(void **state) {
    (void)state;
    const fa__engine *engine;
    fa__safetensors *file;
    assert_ok(fa__safetensors_read(&file, fixture("conv_network.safetensors")));
    for (size_t e = 0; (engine = fa__engine_at(e)) != NULL; e++) {
        if (engine->images->name == NULL) continue;
        const fa__parameter *p;
        net t = open_net("conv 5 3x3 relu, conv 18 3x3 relu, maxpool 2, conv 4 1x1 relu, linear 3 "
                         "relu target, linear out",
                         7, 6, 3, 3);
        for (size_t i = 0; (p = fa__network_parameter(t.network, i)) != NULL; i++)
            memcpy(t.parameters + p->offset, tensor(file, "weight.", p->name, p->count),
                   p->count * sizeof(float));
        memcpy(t.x, tensor(file, "", "x", 3 * 7 * 6 * 3), 3 * 7 * 6 * 3 * sizeof(float));
        memcpy(t.d_outputs, tensor(file, "", "d_outputs", 6), 6 * sizeof(float));
        memcpy(t.d_target, tensor(file, "", "d_target", 9), 9 * sizeof(float));
        run_net(&t, engine);
        assert_alike("target", fa__shard_target(&t.shard, t.network)->values,
                     tensor(file, "", "target", 9), 9, 1e-5);
        assert_alike("outputs", fa__shard_outputs(&t.shard, t.network)->values,
                     tensor(file, "", "outputs", 6), 6, 1e-5);
        for (size_t i = 0; (p = fa__network_parameter(t.network, i)) != NULL; i++)
            assert_alike(p->name, t.shard.gradient + p->offset,
                         tensor(file, "gradient.", p->name, p->count), p->count, 1e-5);
        close_net(&t);
    }
    fa__safetensors_free(file);
}

/* ==== Memory ==== */

static fa_status one_step(const fa__engine *engine) {
    const fa__shape input = {
        .form = FA__IMAGE, .features = 8 * 8 * 3, .height = 8, .width = 8, .channels = 3};
    fa_status status = FA_OK;
    fa__network *network = NULL;
    fa__shard shard = {0};
    float *parameters = NULL;
    const float d_outputs[2 * 2] = {1, -1, 1, 1}, d_target[2 * 3] = {1};
    FA_CHECK(fa__network_create(&network,
                                "conv 20 3x3 relu, maxpool 2, linear 3 target, linear out", input,
                                fa__shape_vector(2)));
    FA_CHECK(FA_NEW(parameters, network->parameters));
    fa__network_init(network, parameters, FA__INIT_HE, 1);
    FA_CHECK(fa__shard_shape(&shard, network, engine, 2, 0));
    for (size_t i = 0; i < 2 * input.features; i++) shard.activations[0].values[i] = (float)(i % 7);
    FA_CHECK(fa__shard_forward(&shard, network, engine, parameters));
    FA_CHECK(fa__shard_backward(&shard, network, engine, parameters, d_outputs, d_target));
done:
    fa__shard_free(&shard);
    fa__free(parameters);
    fa__network_free(network);
    return status;
}

static void image_step_without_onednn_names_the_package(void **state) {
    (void)state;
    if (fa__onednn_images.name != NULL) skip();
    assert_fails(one_step(fa__engine_native()), FA_E_UNAVAILABLE, "libdnnl-dev");
}

static void image_step_without_memory_fails_cleanly(void **state) {
    (void)state;
    const fa__engine *engine;
    for (size_t e = 0; (engine = fa__engine_at(e)) != NULL; e++)
        if (engine->images->name != NULL) assert_survives_nomem(one_step(engine), (void)0);
}

/* A whole run on images, with augmentation: reading, training, checkpoint, clusters. */
static fa_recipe *image_recipe(const char *engine) {
    static const char *const values[][2] = {
        {"data.groups", "0-4 / 5-9"},
        {"data.scale", "standard"},
        {"data.augment", "flip-crop"},
        {"train.epochs", "2"},
        {"train.batch", "8"},
        {"train.shards", "2"},
        {"cluster.k", "2"},
        {"cluster.restarts", "1"},
        {"network.layers", "conv 4 3x3 relu, maxpool 8, linear 3 relu target, linear out"}};
    fa_recipe *recipe = recipe_on_images(values, sizeof values / sizeof values[0], 20);
    assert_ok(fa_recipe_set(recipe, "network.engine", engine));
    return recipe;
}

static void augmented_run_is_the_same_for_any_threads(void **state) {
    (void)state;
    fa_recipe *recipe = image_recipe("ref");
    fa_threads_set(1);
    assert_ok(train_into(recipe, path_of("one"), NULL, NULL));
    fa_threads_set(2);
    assert_ok(train_into(recipe, path_of("two"), NULL, NULL));
    assert_ok(fa_recipe_set(recipe, "data.augment", "none"));
    assert_ok(train_into(recipe, path_of("plain"), NULL, NULL));
    fa_threads_set(0);
    assert_same_bytes("one/model.safetensors", "two/model.safetensors", true);
    assert_same_bytes("one/embeddings.npy", "two/embeddings.npy", true);
    assert_same_bytes("one/embeddings.npy", "plain/embeddings.npy", false);
    fa_recipe_free(recipe);
}

static void only_layers_of_images_need_operations_on_images(void **state) {
    (void)state;
    static const fa__image_ops none; /* as in a build without oneDNN */
    fa__engine bare = *fa__engine_native();
    net with = open_net("maxpool 2, linear 3 target, linear out", 4, 4, 2, 3),
        without = open_net("linear 3 target, linear out", 4, 4, 2, 3);
    assert_true(fa__network_needs_images(with.network));
    assert_false(fa__network_needs_images(without.network));
    close_net(&with), close_net(&without);
    bare.images = &none;
    assert_fails(fa__engine_takes_images(&bare), FA_E_UNAVAILABLE, "libdnnl-dev");
    assert_fails(fa__engine_takes_images(&bare), FA_E_UNAVAILABLE, "network.engine = ref");
    assert_ok(fa__engine_takes_images(fa__engine_ref()));
}

/* Said before anything is trained; the reference does what it says, and embeds. */
static void image_run_without_onednn_is_refused_at_the_start(void **state) {
    (void)state;
    float embedding[20 * 3];
    fa_model *model;
    fa_dataset *data;
    fa_recipe *recipe = image_recipe("auto");
    if (fa__onednn_images.name != NULL) {
        assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    } else {
        assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_UNAVAILABLE,
                     "libdnnl-dev");
        assert_false(fa__is_folder(path_of("run")));
        assert_ok(fa_recipe_set(recipe, "network.engine", "ref"));
        assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    }
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_string_equal(fa_model_engine(model), fa__onednn_images.name != NULL ? "native" : "ref");
    assert_ok(fa_dataset_read(&data, path_of("batch.bin"), NULL));
    assert_ok(fa_model_embed(embedding, NULL, model, data, NULL, NULL));
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* Channel c of pixel (y, x) of the first layer of image_recipe, of sample i of its batch. */
static double conv_by_hand(const fa__safetensors *file, size_t i, size_t y, size_t x, size_t c) {
    const float *w = tensor(file, "", "0.conv.weight", 4 * 3 * 9),
                *shift = tensor(file, "", "input.shift", 1),
                *scale = tensor(file, "", "input.scale", 1);
    double sum = (double)tensor(file, "", "0.conv.bias", 4)[c];
    for (size_t in = 0; in < 3; in++)
        for (size_t k = 0; k < 9; k++) {
            size_t row = y + k / 3, column = x + k % 3; /* one more than the pixel's */
            if (row < 1 || row > 32 || column < 1 || column > 32) continue;
            size_t at = 1 + in * 1024 + (row - 1) * 32 + column - 1;
            double byte = (unsigned char)(at * (i % 10 + 1) + i);
            sum += (double)w[(c * 3 + in) * 9 + k] * (byte - (double)*shift) * (double)*scale;
        }
    return sum > 0 ? sum : 0;
}

/* Pixel by pixel, channels last: each layer is what the one below makes by hand. */
static void embed_of_an_image_layer_is_by_hand(void **state) {
    (void)state;
    enum { N = 20, ONE = 32 * 32 * 4, TWO = 4 * 4 * 4, UNITS = 3 };
    float *one = fa__alloc(N * ONE, 4), *written, three[N * UNITS], two[N * TWO];
    size_t n, d, units;
    fa_model *model;
    fa_dataset *data;
    fa__safetensors *file;
    fa_recipe *recipe = image_recipe(fa__onednn_images.name != NULL ? "auto" : "ref");
    assert_ok(fa_recipe_set(recipe, "data.test", path_of("batch.bin")));
    assert_ok(fa_recipe_set(recipe, "cluster.layer", "1"));
    assert_ok(fa_recipe_set(recipe, "cluster.transform", "whiten"));
    assert_ok(fa_recipe_set(recipe, "cluster.components", "4")); /* the target layer has 3 units */
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_ok(fa_dataset_read(&data, path_of("batch.bin"), NULL));
    assert_ok(fa__safetensors_read(&file, path_of("run/model.safetensors")));
    assert_ok(fa_model_layer_units(&units, model, 1));
    assert_int_equal(units, ONE);
    assert_ok(fa_model_embed_layer(one, model, 1, data, NULL, NULL));
    assert_ok(fa_model_embed_layer(two, model, 2, data, NULL, NULL));
    assert_ok(fa_model_embed_layer(three, model, 0, data, NULL, NULL));
    for (size_t i = 0; i < N; i++)
        for (size_t at = 0; at < ONE; at += 7) {
            size_t c = at % 4, x = at / 4 % 32, y = at / 128;
            assert_near(one[i * ONE + at], conv_by_hand(file, i, y, x, c), 1e-4);
        }
    for (size_t i = 0; i < N; i++)
        for (size_t at = 0; at < TWO; at++) {
            size_t c = at % 4, x = at / 4 % 4, y = at / 16;
            float most = 0;
            for (size_t k = 0; k < 64; k++) {
                float v = one[i * ONE + ((y * 8 + k / 8) * 32 + x * 8 + k % 8) * 4 + c];
                if (v > most) most = v;
            }
            assert_true(two[i * TWO + at] == most);
        }
    const float *w = tensor(file, "", "2.linear.weight", UNITS * TWO),
                *bias = tensor(file, "", "2.linear.bias", UNITS);
    for (size_t i = 0; i < N; i++)
        for (size_t u = 0; u < UNITS; u++) {
            double sum = (double)bias[u];
            for (size_t k = 0; k < TWO; k++)
                sum += (double)w[u * TWO + k] * (double)two[i * TWO + k];
            assert_near(three[i * UNITS + u], sum > 0 ? sum : 0, 1e-4);
        }
    assert_ok(fa_matrix_read(&written, &n, &d, path_of("run/embeddings.npy")));
    assert_true(n == N && d == ONE && memcmp(written, one, N * ONE * sizeof *one) == 0);
    fa_free(written);
    fa__free(one);
    fa__safetensors_free(file);
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

static void image_run_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = image_recipe(fa__onednn_images.name != NULL ? "auto" : "ref");
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    fa_threads_set(1);
    assert_survives_nomem(
        train_into(recipe, path_of("run"),
                   &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1}, NULL),
        (void)0);
    fa_threads_set(0);
    fa_recipe_free(recipe);
}

enum { MANY = 520, SIDE = 32, COLOURS = 3, BYTES = SIDE * SIDE * COLOURS, UNITS = 3 };

/* Change c of image i by the rule of flip-crop: mirrored by a chance of a half, moved by -4 to 4
 * pixels, and what the network sees as 0 from beyond the border. */
static void change_by_hand(unsigned char *to, const unsigned char *image, unsigned char beyond,
                           uint64_t seed, size_t c, size_t i) {
    fa__rng rng;
    fa__rng_seed_view(&rng, seed, c, i, 0);
    bool mirrored = fa__rng_below(&rng, 2) == 1;
    int down = (int)fa__rng_below(&rng, 9) - 4, right = (int)fa__rng_below(&rng, 9) - 4;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++, to += COLOURS) {
            int from_y = y + down, from_x = x + right;
            bool within = from_y >= 0 && from_y < SIDE && from_x >= 0 && from_x < SIDE;
            memset(to, beyond, COLOURS);
            if (mirrored) from_x = SIDE - 1 - from_x;
            if (within) memcpy(to, image + (from_y * SIDE + from_x) * COLOURS, COLOURS);
        }
}

/* Of more images than are changed at once. */
static void embed_augmented_is_the_mean_over_changes_by_hand(void **state) {
    (void)state;
    enum { CHANGES = 3 };
    unsigned char *pixels = fa__alloc(MANY, BYTES), *changed = fa__alloc(MANY, BYTES);
    static float one[MANY * UNITS], logits[MANY], mean[MANY * UNITS], mean_logits[MANY];
    static double sum[MANY * UNITS], sum_logits[MANY];
    fa_model *model;
    fa_dataset *data, *other;
    fa_recipe *recipe = image_recipe(fa__onednn_images.name != NULL ? "auto" : "ref");
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_AUGMENT, 0);
    assert_ok(fa_recipe_set(recipe, "train.seed", "7"));
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    assert_ok(fa_model_open(&model, path_of("run")));
    for (size_t i = 0; i < MANY * BYTES; i++) pixels[i] = (unsigned char)fa__rng_below(&rng, 256);
    assert_ok(fa_dataset_from_images(&data, pixels, MANY, SIDE, SIDE, COLOURS));
    for (size_t c = 0; c < CHANGES; c++) {
        for (size_t i = 0; i < MANY; i++)
            change_by_hand(changed + i * BYTES, pixels + i * BYTES,
                           (unsigned char)lrintf(model->scaling.shift[0]), 7, c, i);
        assert_ok(fa_dataset_from_images(&other, changed, MANY, SIDE, SIDE, COLOURS));
        assert_ok(fa_model_embed(one, logits, model, other, NULL, NULL));
        for (size_t i = 0; i < MANY * UNITS; i++) sum[i] += (double)one[i];
        for (size_t i = 0; i < MANY; i++) sum_logits[i] += (double)logits[i];
        fa_dataset_free(other);
    }
    assert_ok(
        fa_model_embed_augmented(mean, mean_logits, model, recipe, 0, data, CHANGES, NULL, NULL));
    for (size_t i = 0; i < MANY * UNITS; i++) assert_near(mean[i], sum[i] / CHANGES, 1e-6);
    for (size_t i = 0; i < MANY; i++) assert_near(mean_logits[i], sum_logits[i] / CHANGES, 1e-6);
    assert_true(memcmp(one, mean, sizeof one) != 0);
    fa__free(pixels);
    fa__free(changed);
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* By views of photographs, which data.scale has no part in, as they are shown. */
static void embed_augmented_goes_by_the_views_of_the_recipe(void **state) {
    (void)state;
    enum { N = 6 };
    static unsigned char pixels[N * BYTES];
    float views_of[2 * N * UNITS], mean[N * UNITS];
    size_t samples[N];
    fa_model *model;
    fa_dataset *data, *views, *vectors;
    fa_recipe *recipe = image_recipe(fa__onednn_images.name != NULL ? "auto" : "ref");
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    assert_ok(fa_model_open(&model, path_of("run")));
    for (size_t i = 0; i < N * BYTES; i++) pixels[i] = (unsigned char)(i * i % 251);
    for (size_t i = 0; i < N; i++) samples[i] = i;
    assert_ok(fa_dataset_from_images(&data, pixels, N, SIDE, SIDE, COLOURS));
    assert_fails(fa_model_embed_augmented(mean, NULL, model, recipe, 0, data, 0, NULL, NULL),
                 FA_E_ARGUMENT, "0 changes");
    assert_fails(fa_model_embed_augmented(mean, NULL, model, recipe, 1, data, 1, NULL, NULL),
                 FA_E_ARGUMENT, "layer 1 makes images");
    assert_fails(
        fa_model_embed_augmented(mean, NULL, model, recipe, FA_LAYER_INPUT, data, 1, NULL, NULL),
        FA_E_ARGUMENT, "changed images have no mean");
    assert_ok(fa_recipe_set(recipe, "data.augment", "none"));
    assert_fails(fa_model_embed_augmented(mean, NULL, model, recipe, 0, data, 1, NULL, NULL),
                 FA_E_RECIPE, "nothing says how images may be changed");
    assert_ok(fa_recipe_set(recipe, "data.views", "photographs"));
    assert_ok(fa_views_make(&views, recipe, data, samples, N, 1));
    assert_ok(fa_model_embed_layer(views_of, model, 0, views, NULL, NULL));
    assert_ok(fa_model_embed_augmented(mean, NULL, model, recipe, 0, data, 2, NULL, NULL));
    for (size_t i = 0; i < N; i++)
        for (size_t u = 0; u < UNITS; u++)
            assert_near(
                mean[i * UNITS + u],
                ((double)views_of[2 * i * UNITS + u] + (double)views_of[(2 * i + 1) * UNITS + u]) /
                    2,
                1e-6);
    assert_ok(fa_dataset_from_vectors(&vectors, mean, N, UNITS));
    assert_fails(fa_model_embed_augmented(mean, NULL, model, recipe, 0, vectors, 1, NULL, NULL),
                 FA_E_SHAPE, "the data hold no images");
    assert_survives_nomem(
        fa_model_embed_augmented(mean, NULL, model, recipe, 0, data, 2, NULL, NULL), (void)0);
    fa_dataset_free(vectors);
    fa_dataset_free(views);
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_reference_is_the_sum_by_hand),
        cmocka_unit_test(pool_reference_takes_the_largest_and_gives_it_the_gradient),
        cmocka_unit_test(conv_of_onednn_is_the_reference),
        cmocka_unit_test(pool_of_onednn_is_the_reference),
        cmocka_unit_test(network_gradient_is_the_finite_difference),
        cmocka_unit_test(network_of_every_engine_is_the_reference),
        cmocka_unit_test(network_of_every_engine_is_pytorch),
        cmocka_unit_test(image_step_without_onednn_names_the_package),
        cmocka_unit_test(image_step_without_memory_fails_cleanly),
        cmocka_unit_test_setup(augmented_run_is_the_same_for_any_threads, clear_test_folder),
        cmocka_unit_test(only_layers_of_images_need_operations_on_images),
        cmocka_unit_test_setup(image_run_without_onednn_is_refused_at_the_start, clear_test_folder),
        cmocka_unit_test_setup(embed_of_an_image_layer_is_by_hand, clear_test_folder),
        cmocka_unit_test_setup(embed_augmented_is_the_mean_over_changes_by_hand, clear_test_folder),
        cmocka_unit_test_setup(embed_augmented_goes_by_the_views_of_the_recipe, clear_test_folder),
        cmocka_unit_test_setup(image_run_without_memory_fails_cleanly, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
