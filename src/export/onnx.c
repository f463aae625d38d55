/* A model as a file of ONNX: what goes in, the layers, what comes out. */
#include "export/onnx.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/column_names.h"

#include <stdio.h>
#include <string.h>

/* Version 7 of the format and 13 of the operators, both of 2020: whatever reads ONNX has them, and
 * nothing here needs newer ones. */
enum { FORMAT_VERSION = 7, OPERATORS_VERSION = 13 };
enum {
    MODEL_FORMAT = 1,
    MODEL_PRODUCER = 2,
    MODEL_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPERATORS = 8
};
enum { MODEL_METADATA = 14 };
enum { GRAPH_NAME = 2, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };

/* ==== What goes in and comes out ==== */

/* A dimension by its size, or where it may be any by a name. */
static void put_dimension(fa__protobuf *m, const char *name, size_t size) {
    enum { DIMENSION = 1, SIZE = 1, NAME = 2 };
    fa__protobuf_begin(m, DIMENSION);
    if (name != NULL)
        fa__protobuf_text(m, NAME, name);
    else
        fa__protobuf_integer(m, SIZE, size);
    fa__protobuf_end(m);
}

/* An input or output [batch, steps, shape...], steps where it has a time axis. */
static void declare(fa__onnx *to, unsigned field, const char *name, int type, bool steps,
                    size_t rank, const size_t *shape) {
    enum { NAME = 1, TYPE = 2, TENSOR = 1, ELEMENT = 1, SHAPE = 2 };
    fa__protobuf *m = &to->message;
    fa__protobuf_begin(m, field);
    fa__protobuf_text(m, NAME, name);
    fa__protobuf_begin(m, TYPE);
    fa__protobuf_begin(m, TENSOR);
    fa__protobuf_integer(m, ELEMENT, (uint64_t)type);
    fa__protobuf_begin(m, SHAPE);
    put_dimension(m, "batch", 0);
    if (steps) put_dimension(m, "steps", 0);
    for (size_t i = 0; i < rank; i++) put_dimension(m, NULL, shape[i]);
    for (size_t i = 0; i < 4; i++) fa__protobuf_end(m);
}

static void publish(fa__onnx *to, const char *name, bool steps, size_t features) {
    fa__onnx_name(to, name);
    declare(to, GRAPH_OUTPUT, name, FA__ONNX_FLOAT, steps, 1, &features);
}

/* ==== From the samples to the first layer ==== */

/* The value and a constant. */
static void combine(fa__onnx *to, const char *operation, const char *name, int type, size_t count,
                    const void *values) {
    fa__onnx_constant(to, name, type, 1, &count, values);
    fa__onnx_node(to, operation, 0, (const char *[]){to->value, name, NULL}, NULL);
}

/* "lengths32", which LSTM takes, and "steps" [1], those of the longest sample with what fills it up. */
static void put_lengths(fa__onnx *to) {
    char second[FA__ONNX_NAME];
    declare(to, GRAPH_INPUT, "lengths", FA__ONNX_INT64, false, 0, NULL);
    snprintf(to->value, sizeof to->value, "lengths");
    fa__onnx_cast(to, FA__ONNX_INT32);
    fa__onnx_name(to, "lengths32");
    snprintf(to->value, sizeof to->value, "input");
    fa__onnx_apply(to, "Shape", NULL);
    fa__onnx_integers(to, second, 1, &(int64_t){1});
    fa__onnx_node(to, "Gather", 0, (const char *[]){to->value, second, NULL}, NULL);
    fa__onnx_name(to, "steps");
}

/* Numbers of words in the order that the model reads them in, [steps, batch]. */
static void put_words(fa__onnx *to) {
    declare(to, GRAPH_INPUT, "input", FA__ONNX_INT64, true, 0, NULL);
    put_lengths(to);
    snprintf(to->value, sizeof to->value, "input");
    if (to->model->vocabulary.backward)
        fa__onnx_node(to, "ReverseSequence", 0, (const char *[]){to->value, "lengths", NULL},
                      (const fa__onnx_attribute[]){
                          {.name = "batch_axis", .single = true, .count = 1, .integers = {0}},
                          {.name = "time_axis", .single = true, .count = 1, .integers = {1}},
                          {0}});
    fa__onnx_transpose(to, 2, 1, 0, 0, 0);
}

/* (x - offset - shift) scale, offset in double; of series then [steps, batch, features]. */
static void put_numbers(fa__onnx *to) {
    const fa_model *model = to->model;
    const fa__shape *in = &model->network->input;
    const fa__scaling *scaling = &model->scaling;
    const size_t image[] = {in->height, in->width, in->channels};
    bool series = in->form == FA__SERIES;
    if (in->form == FA__IMAGE)
        declare(to, GRAPH_INPUT, "input", FA__ONNX_UINT8, false, 3, image);
    else
        declare(to, GRAPH_INPUT, "input", model->shift != NULL ? FA__ONNX_DOUBLE : FA__ONNX_FLOAT,
                series, 1, &in->features);
    if (series) put_lengths(to);
    snprintf(to->value, sizeof to->value, "input");
    if (model->shift != NULL)
        combine(to, "Sub", "input.offset", FA__ONNX_DOUBLE, in->features, model->shift);
    if (model->shift != NULL || in->form == FA__IMAGE) fa__onnx_cast(to, FA__ONNX_FLOAT);
    combine(to, "Sub", "input.shift", FA__ONNX_FLOAT, scaling->features, scaling->shift);
    combine(to, "Mul", "input.scale", FA__ONNX_FLOAT, scaling->features, scaling->scale);
    if (series) fa__onnx_transpose(to, 3, 1, 0, 2, 0);
}

/* ==== The whole ==== */

static fa_status put_graph(fa__onnx *to, bool probabilities) {
    const fa__network *network = to->model->network;
    bool series = network->layers[network->n_layers - 1].out.form == FA__SERIES;
    fa__protobuf_begin(&to->message, MODEL_GRAPH);
    fa__protobuf_text(&to->message, GRAPH_NAME, "forced-apart");
    if (network->input.vocabulary > 0)
        put_words(to);
    else
        put_numbers(to);
    for (size_t i = 0; i < network->n_layers; i++) {
        FA_TRY(fa__onnx_layer(to, i));
        if (i == network->target) publish(to, "embedding", false, network->layers[i].out.features);
    }
    if (probabilities) fa__onnx_apply(to, network->outputs > 1 ? "Softmax" : "Sigmoid", NULL);
    if (series) fa__onnx_transpose(to, 3, 1, 0, 2, 0);
    publish(to,
            network->reconstruction ? "reconstruction"
            : probabilities         ? "probabilities"
                                    : "logits",
            series, network->outputs);
    fa__protobuf_end(&to->message);
    return FA_OK;
}

static void put_metadata(fa__protobuf *m, const char *key, const char *value) {
    enum { KEY = 1, VALUE = 2 };
    if (value == NULL) return;
    fa__protobuf_begin(m, MODEL_METADATA);
    fa__protobuf_text(m, KEY, key);
    fa__protobuf_text(m, VALUE, value);
    fa__protobuf_end(m);
}

static fa_status put_model(fa__onnx *to, bool probabilities) {
    enum { OPERATORS = 2 };
    fa__protobuf *m = &to->message;
    const fa_model *model = to->model;
    char most[32], *columns = NULL;
    bool text = model->vocabulary.count > 0;
    fa__protobuf_integer(m, MODEL_FORMAT, FORMAT_VERSION);
    fa__protobuf_text(m, MODEL_PRODUCER, "forced-apart");
    fa__protobuf_text(m, MODEL_VERSION, fa_version());
    fa__protobuf_begin(m, MODEL_OPERATORS);
    fa__protobuf_integer(m, OPERATORS, OPERATORS_VERSION);
    fa__protobuf_end(m);
    FA_TRY(put_graph(to, probabilities));
    if (model->columns.text != NULL)
        FA_TRY(fa__columns_to_text(&columns, model->columns.text, model->network->input.features));
    snprintf(most, sizeof most, "%zu", model->vocabulary.max_tokens);
    put_metadata(m, "layers", model->layers);
    put_metadata(m, "columns", columns);
    put_metadata(m, "schema", model->schema);
    put_metadata(m, "vocabulary", text ? model->vocabulary.text : NULL);
    put_metadata(m, "max_tokens", text ? most : NULL);
    fa__free(columns);
    return FA_OK;
}

fa_status fa_export_onnx(const char *path, const fa_model *model, bool probabilities) {
    fa_status status = FA_OK;
    fa__writer file;
    fa__onnx to = {.model = model};
    if (path == NULL || model == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", path == NULL ? "path" : "model");
    if (probabilities && model->network->reconstruction)
        return fa__fail(FA_E_ARGUMENT,
                        "the model is an autoencoder: it makes its input again, and has no "
                        "coarse labels to give probabilities of");
    FA_CHECK(put_model(&to, probabilities));
    FA_CHECK(fa__protobuf_check(&to.message));
    if (to.message.size > INT32_MAX)
        FA_CHECK(fa__fail(FA_E_ARGUMENT,
                          "%s: the model is of %zu bytes, a file of ONNX holds 2 GiB at most", path,
                          to.message.size));
    FA_CHECK(fa__writer_open(&file, path));
    fa__writer_put(&file, to.message.bytes, to.message.size);
    FA_CHECK(fa__writer_close(&file, true));
done:
    fa__protobuf_free(&to.message);
    return status;
}
