/* Autoencoders (train.task = reconstruction, Eq. 11): one step against PyTorch, gradients of the
 * whole objective, runs without labels, and recipes that cannot be. */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "data/dataset.h"
#include "formats/safetensors.h"
#include "model/model.h"
#include "train/component.h"
#include "train/trainer.h"

/* ==== A trainer on a few samples ==== */

/* What fa_train would open, made by hand: all samples are trained on, one also validates. */
typedef struct bench {
    fa_dataset *data;
    fa__task task;
    size_t samples[16];
    float zeros[16], ones[16];
    fa_recipe *recipe;
    fa__network *network;
    fa__trainer trainer;
} bench;

static fa_dataset *series_of(const size_t *lengths, size_t n, size_t features) {
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 5, FA__STREAM_INIT, 0);
    assert_ok(fa__dataset_create(&data, FA_KIND_SERIES));
    data->n = n;
    data->features = features;
    assert_ok(FA_NEW_ZERO(data->values.offsets, n + 1));
    for (size_t i = 0; i < n; i++)
        data->values.offsets[i + 1] = data->values.offsets[i] + lengths[i];
    assert_ok(FA_NEW(data->values.numbers, data->values.offsets[n] * features));
    for (size_t v = 0; v < data->values.offsets[n] * features; v++)
        data->values.numbers[v] = (float)fa__rng_normal(&rng);
    return data;
}

/* Word numbers. */
static fa_dataset *tokens_of(const size_t *lengths, size_t n, size_t vocabulary) {
    fa_dataset *data = series_of(lengths, n, 1);
    data->values.vocabulary = vocabulary;
    for (size_t v = 0; v < data->values.offsets[n]; v++)
        data->values.numbers[v] = (float)(v * v % vocabulary);
    return data;
}

static fa_dataset *images_of(size_t n, size_t side) {
    fa_dataset *data;
    assert_ok(fa__dataset_create(&data, FA_KIND_IMAGES));
    data->n = n;
    data->values.height = data->values.width = side;
    data->values.channels = 1;
    data->features = side * side;
    assert_ok(FA_NEW(data->values.pixels, n * data->features));
    for (size_t v = 0; v < n * data->features; v++)
        data->values.pixels[v] = (unsigned char)(v * v % 5);
    return data;
}

/* settings: key, value, ..., NULL. The data are taken over. */
static void open_bench(bench *b, fa_dataset *data, const char *engine,
                       const char *const *settings) {
    static const char *const base[] = {"train.task",
                                       "reconstruction",
                                       "optimizer.clip",
                                       "0",
                                       "train.epochs",
                                       "1000",
                                       "train.shards",
                                       "2",
                                       NULL};
    const fa__engine *found;
    memset(b, 0, sizeof *b);
    b->data = data;
    assert_ok(fa_recipe_create(&b->recipe));
    for (size_t i = 0; base[i] != NULL; i += 2)
        assert_ok(fa_recipe_set(b->recipe, base[i], base[i + 1]));
    for (size_t i = 0; settings[i] != NULL; i += 2)
        assert_ok(fa_recipe_set(b->recipe, settings[i], settings[i + 1]));
    for (size_t i = 0; i < 16; i++) b->samples[i] = i, b->ones[i] = 1;
    b->task = (fa__task){
        .goal = FA__RECONSTRUCTION,
        .train = data,
        .fit = b->samples,
        .n_fit = data->n,
        .validation = b->samples,
        .n_validation = 1,
        .scaling = {data->kind == FA_KIND_SERIES ? data->features : 1, b->zeros, b->ones}};
    assert_ok(fa__engine_find(&found, engine));
    assert_ok(fa__network_create(&b->network, fa_recipe_get(b->recipe, "network.layers"),
                                 fa__dataset_shape(data), fa__task_outputs(&b->task)));
    assert_ok(fa__trainer_open(&b->trainer, b->recipe, &b->task, b->network, found));
}

static void close_bench(bench *b) {
    fa__trainer_close(&b->trainer);
    fa__network_free(b->network);
    fa_recipe_free(b->recipe);
    fa_dataset_free(b->data);
}

/* Eq. 11 at the trainer's parameters, which one step then moves; the gradient stays in it. */
static double objective(bench *b) {
    assert_ok(fa__trainer_epoch(&b->trainer));
    const fa_epoch *row = &b->trainer.history[b->trainer.epoch - 1];
    return (1 - row->component_weight) * row->task_loss + row->component_weight * row->component;
}

/* ==== Against PyTorch ==== */

static const float *tensor(const fa__safetensors *file, const char *prefix, const char *name,
                           size_t count) {
    char full[FA__TENSOR_NAME_SIZE];
    snprintf(full, sizeof full, "%.10s%.50s", prefix, name);
    const fa__tensor *found = fa__safetensors_find(file, full);
    if (found == NULL || fa__tensor_count(found) != count) fail_msg("%s is not there", full);
    return found->data;
}

static void assert_close(const char *what, const float *got, const float *want, size_t n,
                         double tolerance) {
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= tolerance))
            fail_msg("%s[%zu] is %g, by PyTorch %g", what, i, (double)got[i], (double)want[i]);
}

/* The whole way of one batch: forward, Eq. 11 with Eq. 10, backward, Adam and AdamW. */
static void autoencoder_step_is_that_of_pytorch(void **state) {
    (void)state;
    static const size_t lengths[] = {6, 4, 3, 3, 1};
    static const char *const settings[] = {
        "network.layers",
        "lstm 5, linear 4 relu target, repeat, lstm 6 every_step, linear out",
        "loss.kind",
        "multi",
        "loss.margin",
        "2",
        "loss.weight",
        "0.3",
        NULL};
    fa__safetensors *file;
    const fa__engine *engine;
    assert_ok(fa__safetensors_read(&file, fixture("autoencoder.safetensors")));
    const double *losses = fa__safetensors_find(file, "losses")->data;
    for (size_t e = 0; (engine = fa__engine_at(e / 2)) != NULL; e++) {
        bool decayed = e % 2 == 1;
        bench b;
        const fa__parameter *p;
        float h[5 * 4], errors[5];
        open_bench(&b, series_of(lengths, 5, 3), engine->name, settings);
        fa__trainer *t = &b.trainer;
        t->learning_rate = 0.005, t->weight_decay = decayed ? 20 : 0;
        memcpy(b.data->values.numbers, tensor(file, "", "x", 17 * 3), 17 * 3 * sizeof(float));
        for (size_t i = 0; (p = fa__network_parameter(b.network, i)) != NULL; i++)
            memcpy(t->parameters + p->offset, tensor(file, "before.", p->name, p->count),
                   p->count * sizeof(float));
        assert_ok(fa__embed(h, errors,
                            &(fa__forward){b.network, engine, t->parameters, &b.task.scaling,
                                           b.network->target, NULL},
                            b.data, NULL, 0, NULL, NULL, "embed"));
        assert_close("h", h, tensor(file, "", "h", 5 * 4), 5 * 4, 1e-5);
        assert_close("errors", errors, tensor(file, "", "errors", 5), 5, 1e-4);
        assert_near(objective(&b), losses[2], 1e-5);
        assert_near(t->history[0].task_loss, losses[0], 1e-5);
        assert_near(t->history[0].component, losses[1], 1e-5);
        for (size_t i = 0; (p = fa__network_parameter(b.network, i)) != NULL; i++) {
            assert_close(p->name, t->gradient + p->offset,
                         tensor(file, "gradient.", p->name, p->count), p->count, 2e-5);
            assert_close(p->name, t->parameters + p->offset,
                         tensor(file, decayed ? "decayed." : "after.", p->name, p->count), p->count,
                         2e-5);
        }
        close_bench(&b);
    }
    fa__safetensors_free(file);
}

/* ==== Finite differences ==== */

/* Every parameter that is trained, sign included. */
static void check_gradients(fa_dataset *data, const char *layers, const char *kind,
                            const char *engine) {
    const char *const settings[] = {"network.layers", layers, "loss.kind", kind,
                                    "loss.margin",    "20", /* no pair lets go */
                                    "loss.weight",    "0.7",  NULL};
    bench b;
    float *base, *gradient;
    double largest = 0;
    open_bench(&b, data, engine, settings);
    fa__trainer *t = &b.trainer;
    size_t n = b.network->parameters, trained = b.network->trained;
    fa__rng rng;
    fa__rng_seed(&rng, 8, FA__STREAM_INIT, 0);
    assert_ok(FA_NEW(base, n));
    assert_ok(FA_NEW(gradient, n));
    for (size_t i = 0; i < n; i++) base[i] = (float)(1.6 * fa__rng_uniform(&rng) - 0.8);
    memcpy(t->parameters, base, n * sizeof *base);
    objective(&b);
    memcpy(gradient, t->gradient, n * sizeof *base);
    for (size_t i = trained; i < n; i++) /* a table of words stays as it is */
        assert_true(gradient[i] == 0 && t->parameters[i] == base[i]);
    for (size_t i = 0; i < trained; i++) {
        volatile float up = base[i] + 4e-3f, down = base[i] - 4e-3f; /* the steps really taken */
        memcpy(t->parameters, base, n * sizeof *base);
        t->parameters[i] = up;
        double above = objective(&b);
        memcpy(t->parameters, base, n * sizeof *base);
        t->parameters[i] = down;
        double slope = (above - objective(&b)) / ((double)up - (double)down);
        if (!(fabs((double)gradient[i] - slope) <= 3e-3 * fmax(1, fabs(slope))))
            fail_msg("%s, %s: parameter %zu: %g, by differences %g", layers, kind, i,
                     (double)gradient[i], slope);
        largest = fmax(largest, fabs(slope));
    }
    assert_true(largest > 0.1);
    fa__free(base), fa__free(gradient);
    close_bench(&b);
}

static void autoencoder_gradient_is_the_finite_difference(void **state) {
    (void)state;
    static const char *const kinds[] = {"none", "single", "multi", "decov", "xcov"};
    static const size_t lengths[] = {1, 4, 2, 3, 4};
    const fa__engine *engine;
    for (size_t k = 0; k < 5; k++) {
        check_gradients(series_of(lengths, 5, 2),
                        "lstm 3, linear 5 target, repeat, lstm 3 every_step, linear out", kinds[k],
                        "native");
        check_gradients(images_of(6, 3), "linear 5 target, linear out", kinds[k], "native");
        check_gradients(
            tokens_of(lengths, 5, 4),
            "embedding 2, lstm 3, linear 5 target, repeat, lstm 3 every_step, linear out", kinds[k],
            "native");
    }
    for (size_t e = 0; (engine = fa__engine_at(e)) != NULL; e++)
        check_gradients(series_of(lengths, 5, 2),
                        "lstm 3 target, repeat, lstm 2 every_step, lstm 3 every_step, linear out",
                        "multi", engine->name);
}

/* It is the autoencoder of the series of its word vectors, to the bit. */
static void autoencoder_of_text_is_that_of_its_word_vectors(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 4, 2, 3, 4};
    static const char *const settings[] = {"loss.kind",   "multi", "loss.margin",    "2",
                                           "loss.weight", "0.3",   "network.layers", NULL,
                                           NULL};
    static const char upper[] = "lstm 3, linear 4 relu target, repeat, lstm 3 every_step, "
                                "linear out";
    char layers[128];
    const char *mine[9];
    bench text, series;
    memcpy(mine, settings, sizeof settings);
    snprintf(layers, sizeof layers, "embedding 2, %s", upper);
    mine[7] = layers;
    open_bench(&text, tokens_of(lengths, 5, 6), "native", mine);
    mine[7] = upper;
    open_bench(&series, series_of(lengths, 5, 2), "native", mine);
    size_t dense = text.network->dense, rows = text.data->values.offsets[5];
    assert_int_equal(text.network->trained, dense);
    assert_int_equal(text.network->parameters, dense + 6 * 2);
    assert_int_equal(series.network->parameters, dense);
    memcpy(series.trainer.parameters, text.trainer.parameters, dense * sizeof(float));
    const float *table = text.trainer.parameters + dense;
    for (size_t r = 0; r < rows; r++)
        memcpy(series.data->values.numbers + 2 * r,
               table + 2 * (size_t)text.data->values.numbers[r], 2 * sizeof(float));
    for (size_t epoch = 0; epoch < 3; epoch++) {
        assert_true(objective(&text) == objective(&series));
        assert_memory_equal(text.trainer.parameters, series.trainer.parameters,
                            dense * sizeof(float));
    }
    close_bench(&text);
    close_bench(&series);
}

/* Without labels XCov is that of the two halves of the representation. */
static void objective_xcov_without_labels_is_that_of_the_halves(void **state) {
    (void)state;
    enum { N = 4, D = 5, HALF = 2 };
    float h[N * D], d_h[N * D], a[N * HALF], b[N * (D - HALF)], d_a[N * HALF], d_b[N * (D - HALF)];
    float d_w[1], scratch[4][N * D];
    double wanted;
    fa__terms values;
    for (size_t i = 0; i < N * D; i++) h[i] = (float)(i * i % 7);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < D; k++)
            *(k < HALF ? &a[i * HALF + k] : &b[i * (D - HALF) + k - HALF]) = h[i * D + k];
    fa__gathered at = {.n = N,
                       .d = D,
                       .h = h,
                       .d_h = d_h,
                       .d_w = d_w,
                       .yhat = scratch[0],
                       .d_yhat = scratch[1],
                       .rest = scratch[2],
                       .d_rest = scratch[3],
                       .error = 3};
    fa__objective objective_ = {.component = &fa__component_xcov, .reconstruction = true};
    assert_ok(fa__objective_eval(&values, &objective_, &(fa__terms){0.5, 0.5, 0}, &at));
    assert_ok(fa_loss_xcov(&wanted, d_b, d_a, b, N, D - HALF, a, HALF));
    assert_true(values.task == 3 && values.component == wanted && wanted > 0.01);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < D; k++)
            assert_near(d_h[i * D + k],
                        0.5 *
                            (double)(k < HALF ? d_a[i * HALF + k] : d_b[i * (D - HALF) + k - HALF]),
                        1e-6);
    objective_.weight = 0.3;
    assert_near(fa__objective_weights(&objective_, 0).task, 0.7, 1e-15);
    objective_.reconstruction = false;
    assert_near(fa__objective_weights(&objective_, 0).task, 1, 0);
}

/* ==== Whole runs ==== */

static const char layers_of_series[] =
    "lstm 12, linear 6 relu target, repeat, lstm 12 every_step, linear out";

static fa_recipe *autoencoder_recipe(void) {
    fa_recipe *recipe = small_recipe();
    const char *const values[][2] = {{"data.groups", ""},
                                     {"train.task", "reconstruction"},
                                     {"network.layers", layers_of_series},
                                     {"optimizer.learning_rate", "0.005"},
                                     {"loss.weight", "0.2"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

static fa_train_result train_ok(const fa_recipe *recipe, const char *run,
                                const fa_train_options *options) {
    fa_train_result result;
    assert_ok(train_into(recipe, path_of(run), options, &result));
    assert_no_temporaries(path_of(run));
    return result;
}

/* What training leaves, bit for bit: the results and the state to go on from. */
static void assert_same_run(const char *a, const char *b) {
    static const char *const outputs[] = {"model.safetensors", "embeddings.npy", "clusters.npy",
                                          "classes.npy", "scores.json"};
    static const char *const blocks[] = {"parameters", "best", "adam.m", "adam.v"};
    fa__safetensors *x, *y;
    for (size_t i = 0; i < 5; i++) assert_same_file(a, b, outputs[i]);
    assert_ok(fa__safetensors_read(&x, in_run(a, "checkpoint.safetensors")));
    assert_ok(fa__safetensors_read(&y, in_run(b, "checkpoint.safetensors")));
    for (size_t i = 0; i < 4; i++) {
        const fa__tensor *one = fa__safetensors_find(x, blocks[i]);
        assert_memory_equal(one->data, tensor(y, "", blocks[i], one->shape[0]),
                            one->shape[0] * sizeof(float));
    }
    fa__safetensors_free(x), fa__safetensors_free(y);
}

static void autoencoder_on_any_number_of_threads_same_bytes(void **state) {
    (void)state;
    static const char *const kinds[] = {"multi", "xcov"};
    for (size_t k = 0; k < 2; k++) {
        fa_recipe *recipe = autoencoder_recipe();
        assert_ok(fa_recipe_set(recipe, "loss.kind", kinds[k]));
        for (int threads = 1; threads <= 4; threads += 3) {
            fa_threads_set(threads);
            train_ok(recipe, threads == 1 ? "one" : "four",
                     &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1});
        }
        fa_threads_set(0);
        assert_same_run("one", "four");
        fa_recipe_free(recipe);
    }
}

static int stop_in_second(void *user, const fa_progress *now) {
    (void)user;
    return now->epoch == 2 && now->done >= 64;
}

static void autoencoder_resumed_is_the_run_without_a_stop(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    assert_ok(fa_recipe_set(recipe, "train.epochs", "3"));
    assert_ok(fa_recipe_set(recipe, "loss.ramp_epochs", "2"));
    assert_ok(fa_recipe_set(recipe, "optimizer.schedule", "cosine"));
    fa_train_result whole = train_ok(recipe, "whole", NULL);
    fa_train_result part =
        train_ok(recipe, "part",
                 &(fa_train_options){.size = sizeof(fa_train_options), .progress = stop_in_second});
    assert_true(part.stopped && part.epochs == 1);
    part = train_ok(recipe, "part",
                    &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1});
    assert_same_run("whole", "part");
    assert_true(part.validation_loss == whole.validation_loss);
    fa_recipe_free(recipe);
}

/* The classes are compared with the clusters and have no other part: without them the same network
 * comes out. */
static void autoencoder_needs_no_classes_and_uses_none(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    fa_dataset *data;
    fa_train_result with = train_ok(recipe, "with", NULL), without;
    assert_true(with.scores.has_truth && with.scores.k == 10);
    assert_true(isnan(with.scores.accuracy) && isnan(with.validation_accuracy));
    assert_true(with.scores.reconstruction > 0 && with.validation_loss > 0);
    assert_true(fa__file_exists(in_run("with", "classes.npy")));
    assert_false(fa__file_exists(in_run("with", "coarse.npy")));
    for (size_t split = 0; split < 2; split++) {
        const char *name = split == 0 ? "train.npz" : "test.npz";
        assert_ok(fa_dataset_read(&data, path_of(name), NULL));
        fa__free(data->labels.classes);
        data->labels.classes = NULL;
        assert_ok(fa_dataset_write(data, path_of(name)));
        fa_dataset_free(data);
    }
    assert_fails(train_into(recipe, path_of("without"), NULL, NULL), FA_E_ARGUMENT,
                 "cluster.k = 0 takes the number of hidden classes, and data.train has none");
    assert_false(fa__is_folder(path_of("without")));
    assert_ok(fa_recipe_set(recipe, "cluster.k", "10"));
    without = train_ok(recipe, "without", NULL);
    assert_false(without.scores.has_truth);
    assert_false(fa__file_exists(in_run("without", "classes.npy")));
    static const char *const same[] = {"model.safetensors", "embeddings.npy", "clusters.npy"};
    for (size_t i = 0; i < 3; i++) assert_same_file("with", "without", same[i]);
    fa_recipe_free(recipe);
}

/* history.csv and scores.json say nothing of an accuracy. */
static void autoencoder_files_have_no_accuracy(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    unsigned char *bytes;
    size_t size;
    double task_loss, component, weight, validation_loss;
    train_ok(recipe, "run", NULL);
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "history.csv")));
    const char *line = strchr((char *)bytes, '\n') + 1;
    assert_int_equal(
        sscanf(line, "1,%lf,%lf,%lf,,%lf,,", &task_loss, &component, &weight, &validation_loss), 4);
    assert_true(task_loss > 0 && component > 0 && weight == 0.2 && validation_loss > 0);
    assert_null(strstr((char *)bytes, "nan"));
    fa__free(bytes);
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "scores.json")));
    assert_null(strstr((char *)bytes, "accuracy"));
    assert_non_null(strstr((char *)bytes, "\"reconstruction\""));
    fa__free(bytes);
    fa_recipe_free(recipe);
}

/* The run's network embeds as it did in training; its one "logit" is the error of the sample. */
static void autoencoder_embeds_with_and_without_errors(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    fa_train_result result = train_ok(recipe, "run", NULL);
    fa_model *model;
    fa_dataset *data;
    float *rows, alone[TEST_SAMPLES * 6], both[TEST_SAMPLES * 6], errors[TEST_SAMPLES];
    size_t n, d;
    double sum = 0;
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_int_equal(fa_model_outputs(model), 1);
    assert_int_equal(fa_model_target_units(model), 6);
    assert_ok(fa_dataset_read(&data, path_of("test.npz"), NULL));
    assert_ok(fa_model_embed(alone, NULL, model, data, NULL, NULL));
    assert_ok(fa_model_embed(both, errors, model, data, NULL, NULL));
    assert_ok(fa_matrix_read(&rows, &n, &d, in_run("run", "embeddings.npy")));
    assert_true(n == TEST_SAMPLES && d == 6);
    assert_memory_equal(alone, rows, sizeof alone);
    assert_memory_equal(both, rows, sizeof both);
    for (size_t i = 0; i < TEST_SAMPLES; i++) sum += (double)errors[i];
    assert_near(sum / TEST_SAMPLES, result.scores.reconstruction, 1e-12);
    /* one sample by itself: its error depends on no other */
    fa_dataset *first;
    float error;
    assert_ok(fa_dataset_first(&first, data, 1));
    assert_ok(fa_model_embed(NULL, &error, model, first, NULL, NULL));
    assert_near(error, errors[0], 1e-5);
    fa_free(rows);
    fa_dataset_free(first);
    fa_dataset_free(data);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* The model file in which the text `from` stands as `to`, of the same length. */
static void assert_model_refused(const char *from, const char *to, const char *says) {
    unsigned char *bytes;
    size_t size, at = 0, length = strlen(from);
    fa_model *model = NULL;
    assert_int_equal(strlen(to), length);
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "model.safetensors")));
    while (at + length < size && memcmp(bytes + at, from, length) != 0) at++;
    assert_true(at + length < size);
    memcpy(bytes + at, to, length);
    file_of("model.safetensors", bytes, size);
    assert_fails(fa_model_open(&model, path_of("")), FA_E_FORMAT, says);
    assert_null(model);
    fa__free(bytes);
}

static void autoencoder_model_that_does_not_fit_is_refused(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    train_ok(recipe, "run", NULL);
    size_t before = fa__memory_live();
    assert_model_refused("reconstruction", "reincarnations", "a task of 'reincarnations'");
    assert_model_refused("\"outputs\":\"4\"", "\"outputs\":\"5\"", "5 outputs cannot be");
    assert_model_refused("repeat, ", "linear 9", "model.safetensors");
    assert_model_refused("series 4", "series 5", "model.safetensors");
    assert_int_equal(fa__memory_live(), before);
    fa_recipe_free(recipe);
}

/* With data.scale = standard, an output of 0 has an error of about 1 a value: what is learned must
 * do better, on samples never trained on. */
static void autoencoder_learns_with_every_component(void **state) {
    (void)state;
    static const char *const kinds[] = {"none", "single", "multi", "decov", "xcov"};
    fa_dataset *data;
    size_t steps = 0;
    assert_ok(fa_dataset_read(&data, path_of("test.npz"), NULL));
    for (size_t i = 0; i < TEST_SAMPLES; i++)
        steps += data->values.offsets[i + 1] - data->values.offsets[i];
    double nothing = 4 * (double)steps / TEST_SAMPLES;
    fa_dataset_free(data);
    for (size_t k = 0; k < 5; k++) {
        fa_recipe *recipe = autoencoder_recipe();
        const char *const values[][2] = {{"loss.kind", kinds[k]},
                                         {"data.scale", "standard"},
                                         {"train.epochs", "10"},
                                         {"train.batch", "8"},
                                         {"optimizer.learning_rate", "0.01"},
                                         {"loss.weight", k == 1 ? "0.01" : "0.2"}};
        for (size_t i = 0; i < 6; i++) assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
        fa_train_result result = train_ok(recipe, kinds[k], NULL);
        if (!(result.scores.reconstruction < 0.8 * nothing))
            fail_msg("%s: %g, without learning %g", kinds[k], result.scores.reconstruction,
                     nothing);
        assert_true(result.scores.has_truth);
        fa_recipe_free(recipe);
    }
}

/* ==== Images ==== */

/* IDX images of two shapes, ten pixels apart */
static void write_images(const char *name, size_t n) {
    enum { SIDE = 6, HEADER = 16 };
    unsigned char *bytes;
    size_t size = HEADER + n * SIDE * SIDE;
    assert_ok(FA_NEW_ZERO(bytes, size));
    const unsigned char header[HEADER] = {0, 0, 8, 3,    0, 0, 0, (unsigned char)n,
                                          0, 0, 0, SIDE, 0, 0, 0, SIDE};
    memcpy(bytes, header, HEADER);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < SIDE; k++)
            bytes[HEADER + i * SIDE * SIDE + (i % 2 ? k * SIDE + 2 : 2 * SIDE + k)] =
                (unsigned char)(200 + i % 7);
    file_of(name, bytes, size);
    fa__free(bytes);
}

static void autoencoder_of_images_is_a_plain_network(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    write_images("images-idx3-ubyte", 120);
    const char *const values[][2] = {{"data.train", path_of("images-idx3-ubyte")},
                                     {"data.test", ""},
                                     {"data.scale", "0.004"},
                                     {"network.layers", "linear 8 relu target, linear out"},
                                     {"cluster.k", "2"},
                                     {"train.epochs", "60"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    fa_train_result result = train_ok(recipe, "run", NULL);
    assert_true(result.validation_loss < 0.3); /* an output of 0: about 6 * 0.8^2 */
    fa_model *model;
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_int_equal(fa_model_outputs(model), 1);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

/* ==== What cannot be ==== */

static void autoencoder_recipe_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *key, *value;
        fa_status status;
        const char *says;
    } wrong[] = {
        {"loss.weight", "1.01", FA_E_RECIPE, "must be in [0, 1]; 0.1 works"},
        {"train.keep", "best_accuracy", FA_E_RECIPE, "a reconstruction has no accuracy"},
        {"data.groups", "0-4 / 5-9", FA_E_RECIPE, "uses no labels; leave data.groups empty"},
        {"network.layers", "lstm 4, linear 4 target, lstm 4 every_step, linear out", FA_E_RECIPE,
         "layer 3"},
        {"network.layers", "lstm 4 every_step, repeat, lstm 4 target, repeat, linear out",
         FA_E_RECIPE, "layer 2: it takes vectors, but what comes from below is series"},
        {"network.layers", "lstm 4, linear 4 target, linear out", FA_E_RECIPE,
         "the last layer must be 'linear out' that makes series of 4 features"},
        {"network.layers", "lstm 4 target, repeat, lstm 4 every_step", FA_E_RECIPE,
         "the last layer must be 'linear out'"},
        {"network.layers", "lstm 3 target, repeat, lstm 4 every_step, linear 5", FA_E_RECIPE,
         "the last layer must be 'linear out'"},
        {"network.layers", "lstm 3 target, repeat, lstm 4 every_step, linear out relu", FA_E_RECIPE,
         "through relu"},
        {"network.layers", "lstm 3 target, repeat 4, lstm 4 every_step, linear out", FA_E_RECIPE,
         "'4' is no word for it (repeat"},
        {"network.layers", "lstm 3, repeat target, lstm 4, linear 3, repeat, linear out",
         FA_E_RECIPE, "the target layer must make one vector a sample"},
        {"network.layers", "lstm 3, repeat, lstm 4 every_step, linear out", FA_E_RECIPE,
         "the target layer must make one vector a sample"},
    };
    size_t before = fa__memory_live();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fa_recipe *recipe = autoencoder_recipe();
        assert_ok(fa_recipe_set(recipe, wrong[i].key, wrong[i].value));
        assert_fails(train_into(recipe, path_of("run"), NULL, NULL), wrong[i].status,
                     wrong[i].says);
        assert_false(fa__is_folder(path_of("run")));
        fa_recipe_free(recipe);
    }
    fa_recipe *recipe = autoencoder_recipe();
    assert_fails(fa_recipe_set(recipe, "train.task", "autoencoder"), FA_E_RECIPE,
                 "labels|reconstruction");
    assert_ok(fa_recipe_set(recipe, "loss.kind", "xcov"));
    assert_ok(fa_recipe_set(recipe, "network.layers",
                            "lstm 3, linear 1 target, repeat, lstm 3 every_step, linear out"));
    assert_fails(train_into(recipe, path_of("run"), NULL, NULL), FA_E_RECIPE, "1 unit has none");
    assert_ok(fa_recipe_set(recipe, "loss.kind", "none")); /* of nothing, any share */
    assert_ok(fa_recipe_set(recipe, "loss.weight", "7"));
    train_ok(recipe, "run", NULL);
    fa_recipe_free(recipe);
    assert_int_equal(fa__memory_live(), before);
}

/* A reconstruction that overflows is found in the step, or in the validation after it. */
static void autoencoder_that_blows_up_names_epoch_and_rate(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"32", "epoch 1, batch 2"},
                                           {"1000", "epoch 1, batch 1"}};
    for (size_t i = 0; i < 2; i++) {
        fa_recipe *recipe = autoencoder_recipe();
        assert_ok(fa_recipe_set(recipe, "optimizer.learning_rate", "1e30"));
        assert_ok(fa_recipe_set(recipe, "train.batch", cases[i][0]));
        assert_fails(
            train_into(recipe, path_of("run"),
                       &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1}, NULL),
            FA_E_NONFINITE, cases[i][1]);
        assert_non_null(strstr(fa_error_detail(), "optimizer.learning_rate"));
        fa_recipe_free(recipe);
    }
}

static void autoencoder_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    const char *const values[][2] = {
        {"data.limit", "12"},
        {"train.epochs", "1"},
        {"cluster.k", "1"},
        {"train.shards", "2"},
        {"loss.kind", "xcov"},
        {"network.layers", "lstm 2, linear 2 target, repeat, lstm 2 every_step, linear out"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    fa_threads_set(1);
    assert_survives_nomem(
        train_into(recipe, path_of("run"),
                   &(fa_train_options){.size = sizeof(fa_train_options), .overwrite = 1}, NULL),
        (void)0);
    fa_threads_set(0);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(autoencoder_step_is_that_of_pytorch),
        cmocka_unit_test(autoencoder_gradient_is_the_finite_difference),
        cmocka_unit_test(autoencoder_of_text_is_that_of_its_word_vectors),
        cmocka_unit_test(objective_xcov_without_labels_is_that_of_the_halves),
        cmocka_unit_test_setup(autoencoder_on_any_number_of_threads_same_bytes, make_data),
        cmocka_unit_test_setup(autoencoder_resumed_is_the_run_without_a_stop, make_data),
        cmocka_unit_test_setup(autoencoder_needs_no_classes_and_uses_none, make_data),
        cmocka_unit_test_setup(autoencoder_files_have_no_accuracy, make_data),
        cmocka_unit_test_setup(autoencoder_embeds_with_and_without_errors, make_data),
        cmocka_unit_test_setup(autoencoder_model_that_does_not_fit_is_refused, make_data),
        cmocka_unit_test_setup(autoencoder_learns_with_every_component, make_data),
        cmocka_unit_test_setup(autoencoder_of_images_is_a_plain_network, make_data),
        cmocka_unit_test_setup(autoencoder_recipe_that_cannot_be_is_refused, make_data),
        cmocka_unit_test_setup(autoencoder_that_blows_up_names_epoch_and_rate, make_data),
        cmocka_unit_test_setup(autoencoder_without_memory_fails_cleanly, make_data),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
