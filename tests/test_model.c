/* Trained networks read back: they embed as in training, row by row, and a damaged file is named.
 */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "data/dataset.h"
#include "model/model.h"

enum { UNITS = 8 };

static fa_dataset *read_test(void) {
    fa_dataset *data;
    assert_ok(fa_dataset_read(&data, path_of("test.npz"), NULL));
    return data;
}

/* The samples of a series data set in this order. */
static fa_dataset *chosen(const fa_dataset *of, const size_t *samples, size_t n) {
    fa_dataset *made;
    size_t total = 0;
    assert_ok(fa__dataset_create(&made, FA_KIND_SERIES));
    for (size_t i = 0; i < n; i++) total += fa__row_of(of, samples[i], 0).steps;
    made->n = n;
    made->features = of->features;
    assert_ok(FA_NEW(made->values.offsets, n + 1));
    assert_ok(FA_NEW(made->values.numbers, total * of->features));
    made->values.offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t steps;
        const float *from = fa_dataset_series(of, samples[i], &steps);
        memcpy(made->values.numbers + made->values.offsets[i] * of->features, from,
               steps * of->features * sizeof(float));
        made->values.offsets[i + 1] = made->values.offsets[i] + steps;
    }
    return made;
}

static void train_here(const char *run, const char *layers) {
    fa_recipe *recipe = recipe_with("network.layers", layers);
    assert_ok(fa_recipe_set(recipe, "train.epochs", "1"));
    assert_ok(train_into(recipe, path_of(run), NULL, NULL));
    fa_recipe_free(recipe);
}

static fa_model *open_here(const char *run) {
    fa_model *model;
    assert_ok(fa_model_open(&model, path_of(run)));
    return model;
}

/* ==== Embedding ==== */

static void embed_of_the_test_split_is_what_training_wrote(void **state) {
    (void)state;
    train_here("run", "lstm 16, linear 8 relu target, linear out");
    fa_model *model = open_here("run");
    fa_dataset *data = read_test();
    size_t n, d;
    float *wanted, got[TEST_SAMPLES * UNITS], only[TEST_SAMPLES * UNITS], logits[TEST_SAMPLES],
        only_logits[TEST_SAMPLES];
    assert_int_equal(fa_model_target_units(model), UNITS);
    assert_int_equal(fa_model_outputs(model), 1);
    assert_int_equal(fa_model_parameters(model), 4 * 16 * (4 + 16 + 1) + 16 * 8 + 8 + 8 + 1);
    assert_ok(fa_matrix_read(&wanted, &n, &d, in_run("run", "embeddings.npy")));
    assert_int_equal(n, TEST_SAMPLES);
    assert_int_equal(d, UNITS);
    for (int threads = 1; threads <= 3; threads++) {
        fa_threads_set(threads);
        assert_ok(fa_model_embed(got, logits, model, data, NULL, NULL));
        assert_memory_equal(got, wanted, sizeof got);
    }
    fa_threads_set(0);
    assert_ok(fa_model_embed(only, NULL, model, data, NULL, NULL));
    assert_ok(fa_model_embed(NULL, only_logits, model, data, NULL, NULL));
    assert_memory_equal(only, got, sizeof got);
    assert_memory_equal(only_logits, logits, sizeof logits);
    fa_free(wanted);
    fa_dataset_free(data);
    fa_model_free(model);
}

/* The rows of a data set of these samples of `data` are the rows of the whole. */
static void assert_rows_alone(const fa_model *model, const fa_dataset *data, const float *whole,
                              const float *whole_logits, const size_t *samples, size_t n) {
    fa_dataset *part = chosen(data, samples, n);
    size_t d = fa_model_target_units(model), c = fa_model_outputs(model);
    float *rows, *logits;
    assert_ok(FA_NEW(rows, n * d));
    assert_ok(FA_NEW(logits, n * c));
    assert_ok(fa_model_embed(rows, logits, model, part, NULL, NULL));
    for (size_t i = 0; i < n; i++)
        if (memcmp(rows + i * d, whole + samples[i] * d, d * sizeof(float)) != 0 ||
            memcmp(logits + i * c, whole_logits + samples[i] * c, c * sizeof(float)) != 0)
            fail_msg("sample %zu of a part of %zu has another row", samples[i], n);
    fa__free(rows), fa__free(logits);
    fa_dataset_free(part);
}

static void embed_row_does_not_depend_on_its_neighbours(void **state) {
    (void)state;
    static const char *const networks[] = {
        "lstm 16, linear 8 relu target, linear out",
        "lstm 13 every_step, lstm 33, linear 70 relu, linear 5 target, linear 9 relu, linear out"};
    for (size_t k = 0; k < 2; k++) {
        train_here(k ? "b" : "a", networks[k]);
        fa_model *model = open_here(k ? "b" : "a");
        fa_dataset *data = read_test();
        size_t reversed[TEST_SAMPLES], every_third[TEST_SAMPLES], thirds = 0;
        float *whole, *logits;
        assert_ok(FA_NEW(whole, TEST_SAMPLES * fa_model_target_units(model)));
        assert_ok(FA_NEW(logits, TEST_SAMPLES * fa_model_outputs(model)));
        assert_ok(fa_model_embed(whole, logits, model, data, NULL, NULL));
        for (size_t i = 0; i < TEST_SAMPLES; i++) {
            reversed[i] = TEST_SAMPLES - 1 - i;
            if (i % 3 == 1) every_third[thirds++] = i;
            assert_rows_alone(model, data, whole, logits, &i, 1);
        }
        assert_rows_alone(model, data, whole, logits, reversed, TEST_SAMPLES);
        assert_rows_alone(model, data, whole, logits, every_third, thirds);
        fa__free(whole), fa__free(logits);
        fa_dataset_free(data);
        fa_model_free(model);
    }
}

static int stop_at_once(void *user, const fa_progress *now) {
    size_t *seen = user;
    *seen = now->done;
    return strcmp(now->phase, "embed") == 0;
}

static void embed_can_be_stopped_and_reports_its_samples(void **state) {
    (void)state;
    train_here("run", "lstm 4, linear 8 target, linear out");
    fa_model *model = open_here("run");
    fa_dataset *data = read_test();
    float rows[TEST_SAMPLES * UNITS];
    size_t seen = 0;
    assert_fails(fa_model_embed(rows, NULL, model, data, stop_at_once, &seen), FA_E_STOPPED,
                 "of 70 samples");
    assert_int_equal(seen, TEST_SAMPLES);
    fa_threads_set(1);
    assert_survives_nomem(fa_model_embed(rows, NULL, model, data, NULL, NULL), (void)0);
    fa_threads_set(0);
    fa_dataset_free(data);
    fa_model_free(model);
}

static void embed_of_data_of_another_shape_is_refused(void **state) {
    (void)state;
    train_here("run", "lstm 4, linear 8 target, linear out");
    fa_model *model = open_here("run");
    fa_dataset *data = read_test();
    float rows[TEST_SAMPLES * UNITS] = {7};
    data->features = 2;
    assert_fails(fa_model_embed(rows, NULL, model, data, NULL, NULL), FA_E_SHAPE,
                 "series of 4 features, the data are series of 2");
    data->features = 4;
    data->kind = FA_KIND_IMAGES;
    assert_fails(fa_model_embed(rows, NULL, model, data, NULL, NULL), FA_E_SHAPE,
                 "the data are images of");
    data->kind = FA_KIND_SERIES;
    assert_true(rows[0] == 7);
    fa_dataset_free(data);
    fa_model_free(model);
}

/* ==== Damage ==== */

/* A model file of our own making, with one thing wrong. */
typedef struct damage {
    const char *layers, *input, *outputs, *format;
    const char *nan_in, *inf_in, *leave_out, *cut; /* tensors by name */
} damage;

static const damage sound = {.layers = "lstm 2, linear 3 target, linear out",
                             .input = "series 4",
                             .outputs = "1",
                             .format = "forced-apart model 2"};

static void write_model(const damage *d) {
    static float zeros[64], nan_values[64], inf_values[64];
    const fa__tensor tensors[] = {{"0.lstm.weight_input", FA__F32, 2, {8, 4}, zeros},
                                  {"0.lstm.weight_recurrent", FA__F32, 2, {8, 2}, zeros},
                                  {"0.lstm.bias", FA__F32, 1, {8}, zeros},
                                  {"1.linear.weight", FA__F32, 2, {3, 2}, zeros},
                                  {"1.linear.bias", FA__F32, 1, {3}, zeros},
                                  {"2.linear.weight", FA__F32, 2, {1, 3}, zeros},
                                  {"2.linear.bias", FA__F32, 1, {1}, zeros},
                                  {"input.shift", FA__F32, 1, {4}, zeros},
                                  {"input.scale", FA__F32, 1, {4}, zeros}};
    fa__tensor written[9];
    size_t count = 0;
    for (size_t i = 0; i < 64; i++) nan_values[i] = NAN, inf_values[i] = INFINITY;
    for (size_t i = 0; i < 9; i++) {
        const char *name = tensors[i].name;
        if (d->leave_out != NULL && strcmp(name, d->leave_out) == 0) continue;
        written[count] = tensors[i];
        if (d->nan_in != NULL && strcmp(name, d->nan_in) == 0) written[count].data = nan_values;
        if (d->inf_in != NULL && strcmp(name, d->inf_in) == 0) written[count].data = inf_values;
        if (d->cut != NULL && strcmp(name, d->cut) == 0) written[count].shape[0]--;
        count++;
    }
    const char *metadata[][2] = {
        {"format", d->format}, {"layers", d->layers}, {"input", d->input}, {"outputs", d->outputs}};
    assert_ok(fa__make_folder(path_of("made")));
    assert_ok(fa__safetensors_write(in_run("made", "model.safetensors"), written, count, metadata,
                                    sizeof metadata / sizeof metadata[0]));
}

static void assert_damaged(damage d, fa_status status, const char *text) {
    fa_model *model = NULL;
    size_t before = fa__memory_live();
    if (d.layers == NULL) d.layers = sound.layers;
    if (d.input == NULL) d.input = sound.input;
    if (d.outputs == NULL) d.outputs = sound.outputs;
    if (d.format == NULL) d.format = sound.format;
    write_model(&d);
    assert_fails(fa_model_open(&model, path_of("made")), status, text);
    assert_non_null(strstr(fa_error_detail(), "made/model.safetensors"));
    assert_null(model);
    assert_int_equal(fa__memory_live(), before);
}

static void model_file_with_anything_wrong_is_refused(void **state) {
    (void)state;
    fa_model *model;
    write_model(&sound);
    assert_ok(fa_model_open(&model, path_of("made")));
    fa_model_free(model);
    assert_damaged((damage){.format = "forced-apart model 9"}, FA_E_FORMAT, "not a forced-apart");
    assert_damaged((damage){.nan_in = "0.lstm.bias"}, FA_E_NONFINITE, "0.lstm.bias: element 0");
    assert_damaged((damage){.inf_in = "2.linear.weight"}, FA_E_NONFINITE, "2.linear.weight");
    assert_damaged((damage){.nan_in = "input.scale"}, FA_E_NONFINITE, "input.scale: element 0");
    assert_damaged((damage){.inf_in = "input.shift"}, FA_E_NONFINITE, "input.shift: element 0");
    assert_damaged((damage){.leave_out = "1.linear.bias"}, FA_E_FORMAT, "1.linear.bias is missing");
    assert_damaged((damage){.leave_out = "input.scale"}, FA_E_FORMAT, "input.scale is missing");
    assert_damaged((damage){.cut = "1.linear.weight"}, FA_E_FORMAT, "1.linear.weight has another");
    assert_damaged((damage){.cut = "input.shift"}, FA_E_FORMAT, "input.shift has another");
    assert_damaged((damage){.input = "series 0"}, FA_E_FORMAT, "an input of 'series 0'");
    assert_damaged((damage){.input = "series -4"}, FA_E_FORMAT, "an input of 'series -4'");
    assert_damaged((damage){.input = "series 4x"}, FA_E_FORMAT, "an input of 'series 4x'");
    assert_damaged((damage){.input = "images 4"}, FA_E_FORMAT, "an input of 'images 4'");
    assert_damaged((damage){.input = "series 4 4"}, FA_E_FORMAT, "an input of 'series 4 4'");
    assert_damaged((damage){.input = "images 9 9 99999999"}, FA_E_FORMAT, "an input of 'images");
    assert_damaged((damage){.input = "series"}, FA_E_FORMAT, "an input of 'series'");
    assert_damaged((damage){.input = "vectors 4"}, FA_E_FORMAT, "layer 1: it takes series");
    assert_damaged((damage){.outputs = ""}, FA_E_FORMAT, "outputs cannot be");
    assert_damaged((damage){.outputs = "2"}, FA_E_FORMAT, "2.linear.weight has another");
    assert_damaged((damage){.layers = "lstm 2, linear 3 target, conv out"}, FA_E_FORMAT, "layer 3");
    /* terabytes are not even asked for: the file does not hold them */
    assert_damaged((damage){.layers = "lstm 1048576, linear 1048576 target, linear out"},
                   FA_E_FORMAT, "0.lstm.weight_input has another");
}

static void model_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    fa_model *model = NULL;
    write_model(&sound);
    assert_ok(fa__file_read(&bytes, &size, in_run("made", "model.safetensors")));
    for (size_t kept = 0; kept < size; kept += 7) {
        file_of("made/model.safetensors", bytes, kept);
        fa_status status = fa_model_open(&model, path_of("made"));
        assert_true(status == FA_E_FORMAT);
        assert_null(model);
    }
    file_of("made/model.safetensors", bytes, size);
    assert_survives_nomem(fa_model_open(&model, path_of("made")), fa_model_free(model));
    fa__free(bytes);
    assert_fails(fa_model_open(&model, path_of("nothing")), FA_E_IO, "no run folder is there");
    assert_ok(fa__make_folder(path_of("empty")));
    assert_fails(fa_model_open(&model, path_of("empty")), FA_E_IO, "empty/model.safetensors");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(embed_of_the_test_split_is_what_training_wrote, make_data),
        cmocka_unit_test_setup(embed_row_does_not_depend_on_its_neighbours, make_data),
        cmocka_unit_test_setup(embed_can_be_stopped_and_reports_its_samples, make_data),
        cmocka_unit_test_setup(embed_of_data_of_another_shape_is_refused, make_data),
        cmocka_unit_test_setup(model_file_with_anything_wrong_is_refused, clear_test_folder),
        cmocka_unit_test_setup(model_file_cut_anywhere_is_refused, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
