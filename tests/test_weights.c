/* Starting values: network.init, and trained weights by name. */
#define _XOPEN_SOURCE 700
#include "engines.h"
#include "image_runs.h"

#include "train/weights.h"
#include "formats/safetensors.h"

static fa__network *network_of(const char *layers, fa__shape input) {
    fa__network *network;
    assert_ok(fa__network_create(&network, layers, input, fa__shape_vector(2)));
    return network;
}

static fa__shape image(size_t side, size_t channels) {
    return (fa__shape){.form = FA__IMAGE,
                       .features = side * side * channels,
                       .height = side,
                       .width = side,
                       .channels = channels};
}

/* ==== network.init ==== */

static float *started(const fa__network *network, fa__init init) {
    float *w = noise(network->parameters, 9, 1e3f);
    fa__network_init(network, w, init, 4);
    return w;
}

static double dot(const float *a, const float *b, size_t n, size_t stride) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += (double)a[k * stride] * (double)b[k * stride];
    return sum;
}

/* Rows of a wide matrix, columns of a tall one. */
static void assert_orthonormal(const float *w, size_t out, size_t in) {
    bool wide = out <= in;
    size_t count = wide ? out : in, next = wide ? in : 1, stride = wide ? 1 : in;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++)
            assert_near(dot(w + i * next, w + j * next, wide ? in : out, stride), i == j, 1e-6);
}

static void assert_bound(const float *w, size_t n, double bound) {
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)w[i]));
    if (!(largest <= bound && largest > 0.9 * bound))
        fail_msg("the largest is %g, the bound %g", largest, bound);
}

static void init_is_what_its_word_says(void **state) {
    (void)state;
    fa__network *n = network_of("conv 8 3x3 relu, conv 9 1x1, linear 40 relu, linear 50 target, "
                                "linear out",
                                image(2, 5));
    const fa__parameter *p[10];
    float *w[5];
    for (size_t i = 0; i < 10; i++) p[i] = fa__network_parameter(n, i);
    for (int k = 0; k < 5; k++) w[k] = started(n, (fa__init)k);
#define AT(k, i) (w[k] + p[i]->offset)
    const double in[] = {45, 8, 36, 40, 50}, out[] = {72, 9, 40, 50, 2};
    for (size_t i = 0; i < 5; i++) {
        bool relu = i == 0 || i == 2;
        double outs = i == 0 ? 8 : out[i]; /* as landed: he counts no places of what is above */
        assert_bound(AT(FA__INIT_HE, 2 * i), p[2 * i]->count,
                     sqrt(6 / (relu ? in[i] : in[i] + outs)));
        assert_bound(AT(FA__INIT_GLOROT, 2 * i), p[2 * i]->count, sqrt(6 / (in[i] + out[i])));
        assert_bound(AT(FA__INIT_TORCH, 2 * i), p[2 * i]->count, 1 / sqrt(in[i]));
        if (i < 4)
            assert_bound(AT(FA__INIT_TORCH, 2 * i + 1), p[2 * i + 1]->count, 1 / sqrt(in[i]));
        assert_orthonormal(AT(FA__INIT_ORTHOGONAL, 2 * i), p[2 * i]->shape[0],
                           p[2 * i]->count / p[2 * i]->shape[0]);
        for (int k = 0; k < 5; k++)
            for (size_t b = 0; b < p[2 * i + 1]->count; b++)
                assert_true(k == FA__INIT_TORCH || AT(k, 2 * i + 1)[b] == 0);
    }
    /* identity: conv 9 1x1 on 8 channels, linear 40 on 36, linear 50 on 40; the others as he. */
    for (size_t i = 0; i < 5; i++) {
        size_t inputs = (size_t)in[i], same = i >= 1 && i <= 3 ? inputs * inputs : 0;
        const float *got = AT(FA__INIT_IDENTITY, 2 * i), *he = AT(FA__INIT_HE, 2 * i);
        for (size_t v = 0; v < same; v++) assert_true(got[v] == (v / inputs == v % inputs ? 1 : 0));
        assert_memory_equal(got + same, he + same, (p[2 * i]->count - same) * sizeof *he);
    }
#undef AT
    for (int k = 0; k < 5; k++) fa__free(w[k]);
    fa__network_free(n);
}

/* As every recipe before the key had it: the draws in their order, layer by layer. */
static void init_he_is_as_it_was(void **state) {
    (void)state;
    fa__network *n = network_of("linear 7 relu, linear 5 target, linear out", fa__shape_vector(6));
    float *w = started(n, FA__INIT_HE), want[42];
    for (size_t i = 0; i < 2; i++) {
        const fa__parameter *p = &n->layers[i].parameters[0];
        fa__rng rng;
        fa__rng_seed(&rng, 4, FA__STREAM_INIT, i);
        (i == 0 ? fa__init_he : fa__init_glorot)(want, p->shape[0], p->shape[1], &rng);
        assert_memory_equal(w + p->offset, want, p->count * sizeof *want);
    }
    fa__free(w);
    fa__network_free(n);
}

/* Layers with a way of their own keep it. */
static void init_leaves_other_layers_alone(void **state) {
    (void)state;
    fa__network *n =
        network_of("lstm 4, batchnorm, linear 3 target, linear out", fa__shape_series(3));
    float *he = started(n, FA__INIT_HE), *torch = started(n, FA__INIT_TORCH);
    size_t others = n->layers[2].parameters[0].offset;
    assert_memory_equal(he, torch, others * sizeof *he);
    assert_memory_not_equal(he + others, torch + others, 9 * sizeof *he);
    assert_memory_equal(he + n->learned, torch + n->learned, 8 * sizeof *he);
    fa__free(he), fa__free(torch);
    fa__network_free(n);
}

/* ==== VGG-16 ==== */

static const int vgg[] = {1, 1, 0, 2, 2, 0, 4, 4, 4, 0, 8, 8, 8, 0, 8, 8, 8, 0};

static void describe_vgg(char out[1024], size_t width, const char *rest) {
    size_t used = 0;
    for (size_t i = 0; i < sizeof vgg / sizeof vgg[0]; i++)
        used += (size_t)(vgg[i] > 0 ? snprintf(out + used, 1024 - used, "conv %zu 3x3 relu, ",
                                               (size_t)vgg[i] * width)
                                    : snprintf(out + used, 1024 - used, "maxpool 2, "));
    snprintf(out + used, 1024 - used, "%s", rest);
}

/* Value i of [2, 3, side, side], its channels moved last. */
static void made_images(float *x, size_t side) {
    for (size_t n = 0; n < 2; n++)
        for (size_t pixel = 0; pixel < side * side; pixel++)
            for (size_t c = 0; c < 3; c++) {
                size_t i = (n * 3 + c) * side * side + pixel;
                x[(n * side * side + pixel) * 3 + c] = (float)((int)(i * 7919 % 257) - 128) / 128;
            }
}

/* tests/oracle/vgg_forward.py */
static void check_vgg(const char *path) {
    fa__safetensors *file;
    const fa__engine *engine;
    char layers[1024], rest[96];
    assert_ok(fa__safetensors_read(&file, path));
    size_t side = strtoul(fa__safetensors_metadata(file, "side"), NULL, 10),
           width = fa__safetensors_find(file, "features.0.weight")->shape[0],
           units = fa__safetensors_find(file, "classifier.0.weight")->shape[0];
    const float *target = fa__safetensors_find(file, "target")->data;
    snprintf(rest, sizeof rest, "linear %zu relu, linear %zu relu target, linear out", units,
             units);
    describe_vgg(layers, width, rest);
    fa__network *network = network_of(layers, image(side, 3));
    float *w = started(network, FA__INIT_HE), *fresh = started(network, FA__INIT_HE);
    const fa__parameter *last = &network->layers[network->n_layers - 1].parameters[0];
    assert_ok(fa__weights_read(w, network, path));
    assert_memory_equal(w + last->offset, fresh + last->offset, last->count * sizeof *w);
    for (size_t e = 0; (engine = fa__engine_at(e)) != NULL; e++) {
        if (engine->images->name == NULL || (engine == fa__engine_ref() && width > 8)) continue;
        fa__shard shard = {0};
        assert_ok(fa__shard_shape(&shard, network, engine, 2, 0));
        made_images(shard.activations[0].values, side);
        assert_ok(fa__shard_use(&shard, network, engine, w, network->target));
        assert_alike("target", fa__shard_target(&shard, network)->values, target, 2 * units, 1e-4);
        fa__shard_free(&shard);
    }
    fa__free(w), fa__free(fresh);
    fa__network_free(network);
    fa__safetensors_free(file);
}

static void vgg16_of_torchvision_is_pytorch(void **state) {
    (void)state;
    check_vgg(fixture("vgg16.safetensors"));
}

/* A file of any width that the script wrote. */
static void vgg16_given_is_pytorch(void **state) {
    (void)state;
    const char *path = getenv("FA_TEST_VGG16");
    if (path == NULL) skip();
    check_vgg(path);
}

static void vgg16_that_does_not_fit_says_where(void **state) {
    (void)state;
    static const struct {
        size_t side, width;
        const char *rest, *says;
    } wrong[] = {
        {64, 3, "globalpool, linear out",
         "features.0.weight is [2, 3, 3, 3], layer 1 (conv) takes [3, 3, 3, 3]"},
        {96, 2, "linear 12 relu, linear 12 target, linear out",
         "classifier.0.weight is [12, 64], layer 19 (linear) takes [12, 144]: it sees images of 3 "
         "x 3"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char layers[1024];
        describe_vgg(layers, wrong[i].width, wrong[i].rest);
        fa__network *network = network_of(layers, image(wrong[i].side, 3));
        float *w = started(network, FA__INIT_HE), *fresh = started(network, FA__INIT_HE);
        assert_fails(fa__weights_read(w, network, fixture("vgg16.safetensors")), FA_E_SHAPE,
                     wrong[i].says);
        assert_memory_equal(w, fresh, network->parameters * sizeof *w);
        fa__free(w), fa__free(fresh);
        fa__network_free(network);
    }
}

/* The paper's way: the convolutions of VGG below layers of one's own. */
static void vgg16_below_own_layers_gives_its_convolutions(void **state) {
    (void)state;
    char layers[1024];
    describe_vgg(layers, 2, "globalpool, linear 15 relu target, linear out");
    fa__network *network = network_of(layers, image(32, 3));
    float *w = started(network, FA__INIT_HE), *fresh = started(network, FA__INIT_HE);
    fa__safetensors *file;
    assert_ok(fa__safetensors_read(&file, fixture("vgg16.safetensors")));
    assert_ok(fa__weights_read(w, network, fixture("vgg16.safetensors")));
    const fa__parameter *twelfth = &network->layers[16].parameters[0],
                        *own = &network->layers[19].parameters[0];
    assert_memory_equal(w + twelfth->offset, fa__safetensors_find(file, "features.28.weight")->data,
                        twelfth->count * sizeof *w);
    assert_memory_equal(w + own->offset, fresh + own->offset, own->count * sizeof *w);
    fa__safetensors_free(file);
    fa__free(w), fa__free(fresh);
    fa__network_free(network);
}

/* ==== Names of every kind ==== */

typedef struct given {
    const char *name;
    size_t rank, shape[4];
} given;

/* A file of such tensors; value i of tensor t is t + i / 1000. */
static void write_file(const given *rows, size_t n) {
    fa__tensor tensors[16] = {0};
    static float values[16][128];
    static const int64_t batches[1] = {7};
    for (size_t t = 0; t < n; t++) {
        snprintf(tensors[t].name, sizeof tensors[t].name, "%s", rows[t].name);
        tensors[t].rank = rows[t].rank;
        memcpy(tensors[t].shape, rows[t].shape, sizeof rows[t].shape);
        tensors[t].data = values[t];
        for (size_t i = 0; i < 128; i++) values[t][i] = (float)t + (float)i / 1000;
        if (rows[t].rank > 0) continue; /* as PyTorch's num_batches_tracked */
        tensors[t].dtype = FA__I64;
        tensors[t].data = batches;
    }
    assert_ok(fa__safetensors_write(path_of("w.safetensors"), tensors, n, NULL, 0));
}

static const char with_norm[] =
    "conv 2 3x3, batchnorm relu, globalpool, linear 3 target, linear out";

static void batchnorm_of_torchvision_is_taken_whole(void **state) {
    (void)state;
    static const given rows[] = {{"features.0.weight", 4, {2, 1, 3, 3}},
                                 {"features.0.bias", 1, {2}},
                                 {"features.1.weight", 1, {2}},
                                 {"features.1.bias", 1, {2}},
                                 {"features.1.running_mean", 1, {2}},
                                 {"features.1.running_var", 1, {2}},
                                 {"features.1.num_batches_tracked", 0, {0}}};
    fa__network *n = network_of(with_norm, image(4, 1));
    float *w = started(n, FA__INIT_HE);
    write_file(rows, 7);
    assert_ok(fa__weights_read(w, n, path_of("w.safetensors")));
    for (size_t i = 0; i < 6; i++) {
        const fa__parameter *p = fa__network_parameter(n, i);
        for (size_t v = 0; v < p->count; v++)
            assert_true(w[p->offset + v] == (float)i + (float)v / 1000);
    }
    fa__free(w);
    fa__network_free(n);
}

static void file_that_cannot_be_says_why(void **state) {
    (void)state;
    static const struct {
        given rows[4];
        fa_status status;
        const char *says;
    } wrong[] = {
        {{{"a", 1, {2}}}, FA_E_FORMAT, "none of its 1 tensors (a, ...) is of the first layer"},
        {{{"0.conv.weight", 4, {2, 1, 3, 3}}}, FA_E_FORMAT, "0.conv.bias is missing"},
        {{{"0.conv.weight", 4, {2, 1, 5, 5}}, {"0.conv.bias", 1, {2}}},
         FA_E_SHAPE,
         "0.conv.weight is [2, 1, 5, 5], layer 1 (conv) takes [2, 1, 3, 3]"},
        {{{"0.conv.weight", 0, {0}}}, FA_E_FORMAT, "0.conv.weight is not of 32-bit floats"},
        {{{"0.conv.weight", 4, {2, 1, 3, 3}},
          {"0.conv.bias", 1, {2}},
          {"3.linear.weight", 2, {3, 2}},
          {"3.linear.bias", 1, {3}}},
         FA_E_FORMAT,
         "layer 4 (linear) is there, layer 2 (batchnorm) before it is not"},
        {{{"3.linear.weight", 2, {3, 2}}, {"3.linear.bias", 1, {3}}},
         FA_E_FORMAT,
         "layer 4 (linear) is there, layer 1 (conv)"},
        {{{"4.linear.weight", 2, {2, 3}}},
         FA_E_FORMAT,
         "none of its 1 tensors"}, /* the last starts anew */
    };
    fa__network *n = network_of(with_norm, image(4, 1));
    float *w = started(n, FA__INIT_HE), *fresh = started(n, FA__INIT_HE);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t count = 0;
        while (count < 4 && wrong[i].rows[count].name != NULL) count++;
        write_file(wrong[i].rows, count);
        assert_fails(fa__weights_read(w, n, path_of("w.safetensors")), wrong[i].status,
                     wrong[i].says);
        assert_memory_equal(w, fresh, n->parameters * sizeof *w);
    }
    fa__free(w), fa__free(fresh);
    fa__network_free(n);
}

/* ==== Runs ==== */

static fa_recipe *run_recipe(void) {
    static const char *const values[][2] = {
        {"data.groups", "0-4 / 5-9"},
        {"train.epochs", "1"},
        {"train.batch", "10"},
        {"train.shards", "2"},
        {"cluster.k", "2"},
        {"cluster.restarts", "1"},
        {"network.layers", "linear 4 relu, linear 3 target, linear out"}};
    return recipe_on_images(values, sizeof values / sizeof values[0], 20);
}

/* The task's loss in the first epoch. */
static double loss_of(const fa_recipe *recipe, const char *run) {
    char history[32];
    unsigned char *bytes;
    size_t n;
    assert_ok(train_into(recipe, path_of(run), NULL, NULL));
    snprintf(history, sizeof history, "%s/history.csv", run);
    assert_ok(fa__file_read(&bytes, &n, path_of(history)));
    const char *row = strchr((char *)bytes, '\n') + 1;
    double loss = strtod(strchr(row, ',') + 1, NULL);
    fa__free(bytes);
    return loss;
}

/* A run that starts from another's weights starts below it; so does another init. */
static void run_starts_from_the_weights_of_another(void **state) {
    (void)state;
    fa_recipe *recipe = run_recipe();
    assert_ok(fa_recipe_set(recipe, "train.epochs", "8"));
    double first = loss_of(recipe, "a");
    assert_ok(fa_recipe_set(recipe, "network.init", "torch"));
    assert_true(loss_of(recipe, "b") != first);
    assert_ok(fa_recipe_set(recipe, "network.weights", path_of("a/model.safetensors")));
    assert_true(loss_of(recipe, "c") < first);
    assert_ok(
        fa_recipe_set(recipe, "network.layers", "linear 5 relu, linear 3 target, linear out"));
    assert_fails(train_into(recipe, path_of("d"), NULL, NULL), FA_E_SHAPE, "network.weights");
    assert_false(fa__is_folder(path_of("d")));
    assert_ok(fa_recipe_set(recipe, "network.weights", path_of("nowhere.safetensors")));
    assert_fails(train_into(recipe, path_of("d"), NULL, NULL), FA_E_IO, "nowhere.safetensors");
    fa_recipe_free(recipe);
}

static fa_status read_once(void) {
    fa_status status = FA_OK;
    fa__network *network = NULL;
    float *w = NULL;
    FA_CHECK(fa__network_create(&network, with_norm, image(4, 1), fa__shape_vector(2)));
    FA_CHECK(FA_NEW(w, network->parameters));
    FA_CHECK(fa__weights_read(w, network, path_of("w.safetensors")));
done:
    fa__free(w);
    fa__network_free(network);
    return status;
}

static void weights_without_memory_fail_cleanly(void **state) {
    (void)state;
    static const given rows[] = {{"0.conv.weight", 4, {2, 1, 3, 3}}, {"0.conv.bias", 1, {2}}};
    write_file(rows, 2);
    assert_survives_nomem(read_once(), (void)0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_is_what_its_word_says),
        cmocka_unit_test(init_he_is_as_it_was),
        cmocka_unit_test(init_leaves_other_layers_alone),
        cmocka_unit_test(vgg16_of_torchvision_is_pytorch),
        cmocka_unit_test(vgg16_given_is_pytorch),
        cmocka_unit_test(vgg16_that_does_not_fit_says_where),
        cmocka_unit_test(vgg16_below_own_layers_gives_its_convolutions),
        cmocka_unit_test(batchnorm_of_torchvision_is_taken_whole),
        cmocka_unit_test(file_that_cannot_be_says_why),
        cmocka_unit_test_setup(run_starts_from_the_weights_of_another, clear_test_folder),
        cmocka_unit_test(weights_without_memory_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
