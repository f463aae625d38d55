/* Training on text: the same bytes for any number of threads, resumed or not; a run that stands
 * alone; word vectors; what is refused. */
#define _XOPEN_SOURCE 700
#include "base/eigen.h"
#include "text/vocabulary.h"
#include "model/model.h"
#include "train/start_vectors.h"

#include "text_cases.h"
#include "train_runs.h"

/* Made articles of four classes: words of the class among words of all. */
static int make_texts(void **state) {
    static const char *const own[4][3] = {{"Company", "founded", "shares"},
                                          {"school", "campus", "Students"},
                                          {"river", "activations", "basin"},
                                          {"species", "genus", "leaves"}};
    static const char *const common[] = {"the", "of", "and", "in", "was", "a"};
    clear_test_folder(state);
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_SYNTH, 0);
    for (int split = 0; split < 2; split++) {
        FILE *out = fopen(path_of(split ? "test.csv" : "train.csv"), "w");
        assert_non_null(out);
        for (size_t i = 0; i < (split ? 40 : 160); i++) {
            fprintf(out, "%zu,\"%s\",\"", i % 4 + 1, i % 3 ? "" : "Title");
            for (size_t w = 0, n = 1 + (size_t)fa__rng_below(&rng, 9); w < n; w++)
                fprintf(out, "%s ",
                        fa__rng_below(&rng, 2) ? own[i % 4][fa__rng_below(&rng, 3)]
                                               : common[fa__rng_below(&rng, 6)]);
            fprintf(out, "\"\n");
        }
        assert_int_equal(fclose(out), 0);
    }
    text_file("classes.txt", "Company\nSchool\nRiver\nPlant\n");
    return 0;
}

static fa_recipe *text_recipe(const char *key, const char *value) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {
        {"data.train", test_folder},
        {"data.test", test_folder},
        {"data.groups", "0-1 / 2-3"},
        {"text.max_tokens", "6"},
        {"text.vocabulary", "15"},
        {"text.min_count", "1"},
        {"network.layers", "embedding 6, lstm 8, linear 5 relu target, linear out"},
        {"optimizer.learning_rate", "0.02"},
        {"train.epochs", "4"},
        {"train.batch", "32"},
        {"cluster.restarts", "2"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    if (key != NULL) assert_ok(fa_recipe_set(recipe, key, value));
    return recipe;
}

static fa_train_result trained(const char *run, const char *key, const char *value, int resume) {
    fa_recipe *recipe = text_recipe(key, value);
    fa_train_result result;
    assert_ok(train_into(recipe, path_of(run),
                         &(fa_train_options){.size = sizeof(fa_train_options), .resume = resume},
                         &result));
    fa_recipe_free(recipe);
    return result;
}

static void text_learns_its_coarse_labels(void **state) {
    (void)state;
    fa_train_result result = trained("run", NULL, NULL, 0);
    assert_true(result.scores.accuracy > 0.8);
    assert_int_equal(result.words, 15);
    assert_int_equal(result.words_with_vectors, 0);
    assert_int_equal(result.scores.n, 40);
    assert_int_equal(result.scores.k, 4);
    assert_true(result.scores.has_truth);
}

static void text_from_memory_is_that_of_the_files(void **state) {
    (void)state;
    fa_recipe *recipe = text_recipe(NULL, NULL);
    fa_dataset *train, *test;
    fa_run *memory, *folder;
    const fa_model *of_memory, *of_folder;
    unsigned char *a, *b;
    size_t size_a, size_b;
    fa_train_result result = trained("run", NULL, NULL, 0);
    assert_ok(fa_recipe_read_data(&train, recipe, NULL, "train"));
    assert_ok(fa_recipe_read_data(&test, recipe, NULL, "test"));
    assert_ok(fa_train(&memory, recipe, train, test, NULL));
    assert_int_equal(train->kind, FA_KIND_TEXT);
    assert_non_null(fa_dataset_classes(test));
    fa_dataset_free(train), fa_dataset_free(test); /* the run does not need them */
    assert_ok(fa_run_open(&folder, path_of("run")));
    assert_int_equal(fa_run_result(folder)->words, result.words);
    assert_int_equal(fa_run_result(memory)->words, result.words);
    assert_ok(fa_run_model(&of_memory, memory));
    assert_ok(fa_run_model(&of_folder, folder));
    assert_ok(fa_model_to_buffer(&a, &size_a, of_memory));
    assert_ok(fa_model_to_buffer(&b, &size_b, of_folder));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    assert_near(fa_run_result(memory)->scores.ami_max, result.scores.ami_max, 1e-15);
    fa_free(a), fa_free(b);
    fa_run_free(memory), fa_run_free(folder);
    fa_recipe_free(recipe);
}

static void text_same_seed_same_bytes_for_any_threads(void **state) {
    (void)state;
    static const char *const runs[] = {"one", "two", "four"};
    for (int i = 0; i < 3; i++) {
        fa_threads_set(1 << i);
        (void)trained(runs[i], NULL, NULL, 0);
        assert_same_file("one", runs[i], "model.safetensors");
        assert_same_file("one", runs[i], "embeddings.npy");
    }
    fa_threads_set(0);
}

static void text_resumed_is_text_never_stopped(void **state) {
    (void)state;
    (void)trained("whole", NULL, NULL, 0);
    (void)trained("parts", "train.epochs", "2", 0);
    (void)trained("parts", NULL, NULL, 1);
    assert_same_file("whole", "parts", "model.safetensors");
    assert_same_file("whole", "parts", "embeddings.npy");
}

/* The run alone embeds texts as training did; other data are refused. */
static void run_embeds_text_without_its_data(void **state) {
    (void)state;
    fa_model *model;
    fa_dataset *test;
    float *wanted, *found;
    size_t n, d;
    (void)trained("run", "text.order", "backward", 0);
    assert_ok(fa_dataset_read(
        &test, test_folder, &(fa_read_options){.size = sizeof(fa_read_options), .split = "test"}));
    unlink(path_of("train.csv"));
    unlink(path_of("classes.txt"));
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_int_equal(model->vocabulary.count, 16);
    assert_int_equal(model->vocabulary.max_tokens, 6);
    assert_true(model->vocabulary.backward);
    assert_ok(fa_matrix_read(&wanted, &n, &d, in_run("run", "embeddings.npy")));
    assert_int_equal(n, 40);
    assert_ok(FA_NEW(found, n * d));
    assert_ok(fa_model_embed(found, NULL, model, test, NULL, NULL));
    assert_memory_equal(found, wanted, n * d * sizeof *found);
    assert_survives_nomem(fa_model_embed(found, NULL, model, test, NULL, NULL), (void)0);
    fa_dataset_free(test);
    assert_ok(fa_strokes_synthesize(&test, 3, 1, 0));
    assert_fails(fa_model_embed(found, NULL, model, test, NULL, NULL), FA_E_SHAPE,
                 "the model takes text of 16 different tokens, the data are series of 4 features");
    fa_dataset_free(test);
    fa_free(wanted), fa__free(found);
    fa_model_free(model);
}

static void model_of_numbers_refuses_text(void **state) {
    (void)state;
    static const char *const text = "some words";
    fa_dataset *set = texts_of(&text, NULL, 1);
    fa__network *network;
    assert_ok(fa__network_create(&network, "linear 2, linear out", fa__shape_vector(3),
                                 fa__shape_vector(1)));
    fa_model model = {.network = network};
    float row[2];
    assert_fails(fa_model_embed(row, NULL, &model, set, NULL, NULL), FA_E_SHAPE,
                 "the model takes vectors of 3 features, the data are text");
    fa__network_free(network);
    fa_dataset_free(set);
}

static void word_vectors_start_the_embedding(void **state) {
    (void)state;
    text_file("w.vec", "3 6\nriver 1 2 3 4 5 6\nunheard 1 1 1 1 1 1\nthe 0 0 0 0 0 9\n");
    fa_train_result result = trained("with", "text.vectors", path_of("w.vec"), 0);
    assert_int_equal(result.words_with_vectors, 2);
    (void)trained("without", NULL, NULL, 0);
    fa_model *with, *without;
    assert_ok(fa_model_open(&with, path_of("with")));
    assert_ok(fa_model_open(&without, path_of("without")));
    size_t the = fa__vocabulary_find(&with->vocabulary, "the", 3);
    const fa__parameter *table = &with->network->layers[0].parameters[0];
    assert_true(the > 0);
    /* It has moved since, by at most the steps of Adam. */
    assert_near(with->parameters[table->offset + the * 6 + 5], 9, 0.1);
    assert_true(fabsf(without->parameters[table->offset + the * 6 + 5]) < 2);
    fa_model_free(with), fa_model_free(without);
}

static void word_vectors_of_the_texts_start_the_embedding(void **state) {
    (void)state;
    static const char *const runs[] = {"one", "two"};
    for (int i = 0; i < 2; i++) {
        fa_threads_set(1 + i);
        fa_train_result result = trained(runs[i], "text.vectors", "ppmi", 0);
        assert_int_equal(result.words, 15);
        assert_int_equal(result.words_with_vectors, 15);
        assert_true(result.scores.accuracy > 0.8);
    }
    fa_threads_set(0);
    assert_same_file("one", "two", "model.safetensors");
    fa_recipe *recipe = text_recipe("text.vectors", "ppmi");
    assert_ok(fa_recipe_set(recipe, "text.window", "1"));
    assert_ok(train_into(recipe, path_of("near"), NULL, NULL));
    fa_recipe_free(recipe);
    fa_model *wide, *near;
    assert_ok(fa_model_open(&wide, path_of("one")));
    assert_ok(fa_model_open(&near, path_of("near")));
    size_t values = wide->network->parameters;
    assert_memory_not_equal(wide->parameters, near->parameters, values * sizeof(float));
    fa_model_free(wide), fa_model_free(near);
    (void)trained("two", "text.vectors", "ppmi", 1);
}

/* By hand: w_a = 1/2 + 1 + 1/2, w_b = 1/2 (c has no vector, the last text is not trained on), so
 * c = (2 a + b / 2) / 2.5 = (1.4, 0.4); the texts are then at 0.6 0.6, -0.4 -0.4 and -0.2 -0.2, and
 * f^2 = 3 * 2 / (2 (0.36 + 0.16 + 0.04)). */
static void word_vectors_are_brought_to_the_scale_of_texts(void **state) {
    (void)state;
    static const char *const lines[] = {"a b", "a", "c a", "b b b b"};
    const size_t fit[] = {0, 1, 2}, all[] = {0, 1, 2, 3};
    const double f = sqrt(6 / 1.12), wanted[] = {-0.4, 1.6, 0};
    fa_dataset *texts = texts_of(lines, NULL, 4), *numbers;
    fa__task task = {.fit = (size_t *)fit, .n_fit = 3};
    fa__network *network;
    fa_recipe *recipe;
    float *parameters;
    size_t found;
    assert_ok(fa__vocabulary_fit(&task.vocabulary, texts, all, 4, 10, 1, 100));
    assert_ok(fa__vocabulary_encode(&numbers, &task.vocabulary, texts));
    task.train = numbers;
    fa__shape input = fa__shape_series(1);
    input.vocabulary = task.vocabulary.count;
    assert_ok(fa__network_create(&network, "embedding 2 fixed, mean, linear 2 target, linear out",
                                 input, fa__shape_vector(1)));
    assert_ok(FA_NEW_ZERO(parameters, network->parameters));
    float *table = parameters + network->layers[0].parameters[0].offset;
    for (size_t i = 0; i < 8; i++) table[i] = 7; /* what they started as */
    text_file("w.vec", "2 2\na 1 0\nb 3 2\n");
    recipe = text_recipe("text.vectors", path_of("w.vec"));
    assert_ok(fa_recipe_set(recipe, "data.scale", "common"));
    assert_ok(fa__start_vectors(parameters, &found, recipe, &task, network));
    assert_int_equal(found, 2);
    static const char words[] = "abc";
    for (size_t w = 0; w < 3; w++) {
        const float *x = table + 2 * fa__vocabulary_find(&task.vocabulary, words + w, 1);
        assert_near(x[0], f * wanted[w], 1e-6);
        assert_near(x[1], f * wanted[w], 1e-6);
    }
    assert_true(table[0] == 0 && table[1] == 0);
    /* One word throughout is the mean itself: nothing is left, and nothing is divided by 0. */
    task.n_fit = 1;
    task.fit = (size_t *)fit + 1;
    assert_ok(fa__start_vectors(parameters, &found, recipe, &task, network));
    const float *a = table + 2 * fa__vocabulary_find(&task.vocabulary, "a", 1),
                *b = table + 2 * fa__vocabulary_find(&task.vocabulary, "b", 1);
    assert_true(a[0] == 0 && a[1] == 0 && b[0] == 2 && b[1] == 2);
    assert_survives_nomem(fa__start_vectors(parameters, &found, recipe, &task, network), (void)0);
    fa__free(parameters);
    fa__network_free(network);
    fa_recipe_free(recipe);
    fa__vocabulary_free(&task.vocabulary);
    fa_dataset_free(numbers);
    fa_dataset_free(texts);
}

/* ==== Means of word vectors ==== */

static fa_recipe *means_recipe(const char *key, const char *value) {
    fa_recipe *recipe = text_recipe("text.vectors", "ppmi");
    const char *const values[][2] = {
        {"data.scale", "common"},
        {"network.layers", "embedding 6 fixed, mean, linear 6 target, linear out"},
        {"network.init", "identity"},
        {"loss.kind", "infonce"},
        {"loss.positives", "neighbours"},
        {"loss.neighbours_layer", "2"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    if (key != NULL) assert_ok(fa_recipe_set(recipe, key, value));
    return recipe;
}

/* The table of the words as two runs end with it. */
static void assert_same_table(const char *a, const char *b, bool same) {
    fa_model *models[2];
    assert_ok(fa_model_open(&models[0], path_of(a)));
    assert_ok(fa_model_open(&models[1], path_of(b)));
    const fa__parameter *table = &models[0]->network->layers[0].parameters[0];
    int order = memcmp(models[0]->parameters + table->offset, models[1]->parameters + table->offset,
                       table->count * sizeof(float));
    assert_true((order == 0) == same);
    fa_model_free(models[0]), fa_model_free(models[1]);
}

static void means_of_fixed_vectors_have_neighbours_from_the_start(void **state) {
    (void)state;
    fa_recipe *recipe = means_recipe(NULL, NULL), *two = means_recipe("train.epochs", "2");
    fa_train_result result;
    fa_threads_set(1);
    assert_ok(train_into(recipe, path_of("whole"), NULL, &result));
    assert_true(result.scores.accuracy > 0.8);
    fa_threads_set(3);
    assert_ok(train_into(two, path_of("parts"), NULL, NULL));
    assert_same_table("whole", "parts", true); /* two epochs more, the same vectors */
    assert_ok(train_into(recipe, path_of("parts"),
                         &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1}, NULL));
    fa_threads_set(0);
    assert_same_file("whole", "parts", "model.safetensors");
    assert_same_file("whole", "parts", "embeddings.npy");
    assert_ok(
        fa_recipe_set(recipe, "network.layers", "embedding 6, mean, linear 6 target, linear out"));
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE,
                 "loss.neighbours_layer = 2: before the training the layer knows nothing");
    assert_ok(fa_recipe_set(recipe, "loss.renew_epochs", "2"));
    assert_ok(train_into(recipe, path_of("learned"), NULL, NULL));
    assert_same_table("whole", "learned", false);
    fa_recipe_free(recipe), fa_recipe_free(two);
    recipe = means_recipe("loss.neighbours_layer", "3");
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE,
                 "loss.neighbours_layer = 3: before the training the layer knows nothing");
    fa_recipe_free(recipe);
}

/* ==== Without labels ==== */

static fa_recipe *autoencoder_recipe(void) {
    fa_recipe *recipe = text_recipe("text.vectors", path_of("w.vec"));
    const char *const values[][2] = {
        {"data.groups", ""},
        {"train.task", "reconstruction"},
        {"network.layers",
         "embedding 6, lstm 8, linear 5 relu target, repeat, lstm 8 every_step, linear out"},
        {"loss.weight", "0.1"},
        {"train.epochs", "20"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    text_file("w.vec", "2 6\nriver 1 2 3 4 5 6\nthe 0 0 0 0 0 3\n");
    return recipe;
}

/* The error of the best output that is always the same: the mean of all word vectors. */
static double error_of_the_mean(const fa_model *model, const fa_dataset *texts) {
    fa_dataset *words;
    double sum[6] = {0}, squares = 0;
    const float *table = model->parameters + model->network->layers[0].parameters[0].offset;
    assert_ok(fa__vocabulary_encode(&words, &model->vocabulary, texts));
    size_t rows = words->values.offsets[words->n];
    for (size_t r = 0; r < rows; r++)
        for (size_t u = 0; u < 6; u++) {
            double x = (double)table[(size_t)words->values.numbers[r] * 6 + u];
            sum[u] += x;
            squares += x * x;
        }
    for (size_t u = 0; u < 6; u++) squares -= sum[u] * sum[u] / (double)rows;
    squares /= (double)words->n;
    fa_dataset_free(words);
    return squares;
}

static void text_without_labels_gives_back_its_word_vectors(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    fa_train_result result;
    fa_model *model;
    fa_dataset *test;
    float errors[40], rows[40 * 5], *written;
    size_t n, d;
    double sum = 0;
    assert_ok(train_into(recipe, path_of("run"), NULL, &result));
    assert_int_equal(result.words_with_vectors, 2);
    assert_true(isnan(result.scores.accuracy) && result.scores.has_truth);
    assert_ok(fa_model_open(&model, path_of("run")));
    assert_ok(fa_dataset_read(
        &test, test_folder, &(fa_read_options){.size = sizeof(fa_read_options), .split = "test"}));
    assert_ok(fa_model_embed(rows, errors, model, test, NULL, NULL));
    assert_ok(fa_matrix_read(&written, &n, &d, in_run("run", "embeddings.npy")));
    assert_true(n == 40 && d == 5);
    assert_memory_equal(rows, written, sizeof rows);
    for (size_t i = 0; i < 40; i++) sum += (double)errors[i];
    assert_near(sum / 40, result.scores.reconstruction, 1e-12);
    if (!(sum / 40 < 0.9 * error_of_the_mean(model, test)))
        fail_msg("%g, by the mean %g", sum / 40, error_of_the_mean(model, test));
    size_t river = fa__vocabulary_find(&model->vocabulary, "river", 5);
    const float *table = model->parameters + model->network->layers[0].parameters[0].offset;
    for (size_t u = 0; u < 6; u++) assert_true(table[river * 6 + u] == (float)(1 + u)); /* as was */
    fa_free(written);
    fa_dataset_free(test);
    fa_model_free(model);
    fa_recipe_free(recipe);
}

static int stop_in_second(void *user, const fa_progress *now) {
    (void)user;
    return now->epoch == 2 && now->done >= 64;
}

static void text_without_labels_same_bytes_stopped_or_not(void **state) {
    (void)state;
    fa_recipe *recipe = autoencoder_recipe();
    assert_ok(fa_recipe_set(recipe, "train.epochs", "3"));
    fa_threads_set(1);
    assert_ok(train_into(recipe, path_of("whole"), NULL, NULL));
    fa_threads_set(3);
    assert_ok(train_into(
        recipe, path_of("parts"),
        &(fa_train_options){.size = sizeof(fa_train_options), .progress = stop_in_second}, NULL));
    assert_ok(train_into(recipe, path_of("parts"),
                         &(fa_train_options){.size = sizeof(fa_train_options), .resume = 1}, NULL));
    fa_threads_set(0);
    assert_same_file("whole", "parts", "model.safetensors");
    assert_same_file("whole", "parts", "embeddings.npy");
    fa_recipe_free(recipe);
}

static void text_autoencoders_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"embedding 6, lstm 8 target, repeat, lstm 8 every_step, linear 5",
         "must be 'linear out' that makes series of 6 features, this one makes series of 5"},
        {"embedding 6, lstm 8, linear 5 target, linear out",
         "must be 'linear out' that makes series of 6 features"},
        {"lstm 8 target, repeat, lstm 8 every_step, linear out", "begins with 'embedding 100'"}};
    fa_recipe *recipe = autoencoder_recipe();
    for (size_t i = 0; i < 3; i++) {
        assert_ok(fa_recipe_set(recipe, "network.layers", cases[i][0]));
        assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE, cases[i][1]);
        assert_false(fa__is_folder(path_of("none")));
    }
    fa_recipe_free(recipe);
}

/* ==== What is refused ==== */

static void assert_refused(const char *key, const char *value, fa_status status, const char *says) {
    fa_recipe *recipe = text_recipe(key, value);
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), status, says);
    assert_false(fa__is_folder(path_of("none")));
    fa_recipe_free(recipe);
}

static void recipes_that_do_not_fit_text_are_refused(void **state) {
    (void)state;
    assert_refused("data.scale", "2", FA_E_RECIPE, "data.scale = 2: text is not scaled");
    assert_refused("data.scale", "common", FA_E_RECIPE, "common is for the word vectors of text.v");
    assert_refused("network.layers", "lstm 4, linear 3, linear out", FA_E_RECIPE,
                   "layer 1: it takes numbers, but what comes from below is text of 16");
    assert_refused("text.min_count", "1000", FA_E_ARGUMENT, "text.min_count = 1");
    assert_refused("text.vectors", path_of("no.vec"), FA_E_IO, "no.vec");
    text_file("w.vec", "1 7\nthe 1 2 3 4 5 6 7\n");
    assert_refused("text.vectors", path_of("w.vec"), FA_E_SHAPE,
                   "vectors of 7 numbers, the embedding layer has 6");
    fa_dataset *strokes;
    assert_ok(fa_strokes_synthesize(&strokes, 40, 1, 1));
    assert_ok(fa_dataset_write(strokes, path_of("strokes.npz")));
    fa_dataset_free(strokes);
    assert_refused("data.test", path_of("strokes.npz"), FA_E_SHAPE,
                   "data.train is text, data.test is not");
}

static void text_keys_for_numbers_are_refused(void **state) {
    (void)state;
    fa_dataset *strokes;
    assert_ok(fa_strokes_synthesize(&strokes, 40, 1, 0));
    assert_ok(fa_dataset_write(strokes, path_of("train.npz")));
    assert_ok(fa_dataset_write(strokes, path_of("test.npz")));
    fa_dataset_free(strokes);
    fa_recipe *recipe = recipe_with("text.vectors", "w.vec");
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE,
                 "text.vectors = w.vec: data.train is no text");
    assert_ok(fa_recipe_set(recipe, "text.vectors", "ppmi"));
    assert_fails(train_into(recipe, path_of("none"), NULL, NULL), FA_E_RECIPE,
                 "text.vectors = ppmi: data.train is no text");
    fa_recipe_free(recipe);
}

/* ==== Models that were tampered with ==== */

static void model_with_a_wrong_vocabulary_is_refused(void **state) {
    (void)state;
    fa_model *model, *again;
    static const struct {
        const char *vocabulary, *says;
        size_t count;
    } cases[] = {{"the\nfox\n", "its input is text of 15 words, its vocabulary has 2", 3},
                 {"the\nthe\n", "is there twice", 3},
                 {"The\n", "is not in the form", 2},
                 {"", "its input is text, but vocabulary or max_tokens is missing", 0}};
    (void)trained("run", NULL, NULL, 0);
    assert_ok(fa_model_open(&model, path_of("run")));
    for (size_t i = 0; i < 4; i++) {
        fa_model fake = *model;
        unsigned char *bytes;
        size_t size;
        fake.vocabulary = (fa__vocabulary){
            .count = cases[i].count, .max_tokens = 6, .text = (char *)cases[i].vocabulary};
        assert_ok(fa_model_to_buffer(&bytes, &size, &fake));
        assert_fails(fa_model_from_buffer(&again, bytes, size), FA_E_FORMAT, cases[i].says);
        fa_free(bytes);
    }
    fa_model_free(model);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, make_texts)
    const struct CMUnitTest tests[] = {
        TEST(text_learns_its_coarse_labels),
        TEST(text_from_memory_is_that_of_the_files),
        TEST(text_same_seed_same_bytes_for_any_threads),
        TEST(text_resumed_is_text_never_stopped),
        TEST(run_embeds_text_without_its_data),
        TEST(model_of_numbers_refuses_text),
        TEST(word_vectors_start_the_embedding),
        TEST(word_vectors_of_the_texts_start_the_embedding),
        TEST(word_vectors_are_brought_to_the_scale_of_texts),
        TEST(means_of_fixed_vectors_have_neighbours_from_the_start),
        TEST(text_without_labels_gives_back_its_word_vectors),
        TEST(text_without_labels_same_bytes_stopped_or_not),
        TEST(text_autoencoders_that_cannot_be_are_refused),
        TEST(recipes_that_do_not_fit_text_are_refused),
        TEST(text_keys_for_numbers_are_refused),
        TEST(model_with_a_wrong_vocabulary_is_refused),
    };
#if !defined FA_HAVE_CSV || !defined FA_HAVE_UTF8PROC
    return 77;
#endif
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
