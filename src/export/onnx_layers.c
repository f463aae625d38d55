/* Each layer as nodes of ONNX. Its parameters keep their names, "1.linear.weight", and where they
 * fit as they are, their shapes. */
#include "base/memory.h"
#include "export/onnx.h"

#include <stdio.h>
#include <string.h>

#define INTEGER(word, value)                                                                       \
    {                                                                                              \
        .name = (word), .single = true, .count = 1, .integers = {(int64_t)(value) }                \
    }
#define PAIR(word, value)                                                                          \
    {                                                                                              \
        .name = (word), .count = 2, .integers = {(int64_t)(value), (int64_t)(value) }              \
    }

static const float *values_of(const fa__onnx *to, size_t parameter) {
    return to->model->parameters + to->layer->parameters[parameter].offset;
}

/* A parameter as a constant; returns its name. */
static const char *constant(fa__onnx *to, size_t parameter) {
    const fa__parameter *p = &to->layer->parameters[parameter];
    fa__onnx_constant(to, p->name, FA__ONNX_FLOAT, p->rank, p->shape, values_of(to, parameter));
    return p->name;
}

/* Images as their channels, one after the other. */
static void channels_first(fa__onnx *to) {
    if (!to->channels_first) fa__onnx_transpose(to, 4, 0, 3, 1, 2);
    to->channels_first = true;
}

/* y = x W^T + b, of series at each step. An image is a vector, pixel by pixel. */
static fa_status put_linear(fa__onnx *to) {
    if (to->layer->in.form == FA__IMAGE) {
        if (to->channels_first) fa__onnx_transpose(to, 4, 0, 2, 3, 1);
        to->channels_first = false;
        fa__onnx_apply(to, "Flatten", NULL);
    }
    const char *weight = constant(to, 0), *bias = constant(to, 1);
    if (to->layer->in.form != FA__SERIES) {
        fa__onnx_node(to, "Gemm", 0, (const char *[]){to->value, weight, bias, NULL},
                      (const fa__onnx_attribute[]){INTEGER("transB", 1), {0}});
        return FA_OK;
    }
    char from[FA__ONNX_NAME];
    memcpy(from, to->value, sizeof from);
    fa__onnx_node(to, "Transpose", 0, (const char *[]){weight, NULL}, NULL);
    fa__onnx_node(to, "MatMul", 0, (const char *[]){from, to->value, NULL}, NULL);
    fa__onnx_node(to, "Add", 0, (const char *[]){to->value, bias, NULL}, NULL);
    return FA_OK;
}

static fa_status put_conv(fa__onnx *to) {
    size_t kernel = to->layer->parameters[0].shape[2];
    int64_t around = (int64_t)kernel / 2;
    const char *weight = constant(to, 0), *bias = constant(to, 1);
    channels_first(to);
    fa__onnx_node(to, "Conv", 0, (const char *[]){to->value, weight, bias, NULL},
                  (const fa__onnx_attribute[]){
                      PAIR("kernel_shape", kernel),
                      PAIR("strides", to->layer->settings[FA__CONV_STRIDE]),
                      {.name = "pads", .count = 4, .integers = {around, around, around, around}},
                      {0}});
    return FA_OK;
}

/* Rows and columns that fill no window are left out by default there, too. */
static fa_status put_maxpool(fa__onnx *to) {
    channels_first(to);
    fa__onnx_apply(to, "MaxPool",
                   (const fa__onnx_attribute[]){PAIR("kernel_shape", to->layer->units),
                                                PAIR("strides", to->layer->units),
                                                {0}});
    return FA_OK;
}

static fa_status put_globalpool(fa__onnx *to) {
    channels_first(to);
    fa__onnx_apply(to, "GlobalAveragePool", NULL);
    fa__onnx_apply(to, "Flatten", NULL);
    to->channels_first = false;
    return FA_OK;
}

/* With the running statistics. The second axis has the features, which of series is the last. */
static fa_status put_batchnorm(fa__onnx *to) {
    bool series = to->layer->in.form == FA__SERIES;
    const char *names[4];
    for (size_t p = 0; p < 4; p++) names[p] = constant(to, p);
    if (to->layer->in.form == FA__IMAGE) channels_first(to);
    if (series) fa__onnx_transpose(to, 3, 0, 2, 1, 0);
    fa__onnx_node(to, "BatchNormalization", 0,
                  (const char *[]){to->value, names[0], names[1], names[2], names[3], NULL},
                  (const fa__onnx_attribute[]){
                      {.name = "epsilon", .real = (float)FA__BATCHNORM_EPSILON}, {0}});
    if (series) fa__onnx_transpose(to, 3, 0, 2, 1, 0);
    return FA_OK;
}

/* Gates are i, f, g, o here, and i, o, f, g there. */
static void reorder(float *out, const float *gates, size_t floats) {
    static const size_t place[] = {0, 3, 1, 2};
    for (size_t gate = 0; gate < 4; gate++)
        memcpy(out + gate * floats, gates + place[gate] * floats, floats * sizeof *out);
}

/* A parameter of four gates, [directions, 4 units, columns]. The bias there is two, of which the
 * second, of the recurrent part, is 0. */
static fa_status gates(const char **name, fa__onnx *to, size_t parameter, bool bias) {
    const fa__parameter *p = &to->layer->parameters[parameter];
    size_t rows = p->shape[0], floats = p->count / 4;
    const size_t shape[] = {1, bias ? 2 * rows : rows, bias ? 1 : p->shape[1]};
    float *ordered;
    FA_TRY(FA_NEW_ZERO(ordered, (bias ? 2 : 1) * p->count));
    reorder(ordered, values_of(to, parameter), floats);
    fa__onnx_constant(to, p->name, FA__ONNX_FLOAT, bias ? 2 : 3, shape, ordered);
    fa__free(ordered);
    *name = p->name;
    return FA_OK;
}

/* Y [steps, 1, n, units] is the first output, Y_h [1, n, units], each sample's last state, the
 * second. */
static fa_status put_lstm(fa__onnx *to) {
    const char *input, *recurrent, *bias;
    char axis[FA__ONNX_NAME];
    bool every_step = to->layer->settings[FA__LSTM_EVERY_STEP] != 0;
    FA_TRY(gates(&input, to, 0, false));
    FA_TRY(gates(&recurrent, to, 1, false));
    FA_TRY(gates(&bias, to, 2, true));
    fa__onnx_node(to, "LSTM", every_step ? 0 : 1,
                  (const char *[]){to->value, input, recurrent, bias, "lengths32", NULL},
                  (const fa__onnx_attribute[]){INTEGER("hidden_size", to->layer->units), {0}});
    fa__onnx_integers(to, axis, 1, &(int64_t){every_step ? 1 : 0});
    fa__onnx_node(to, "Squeeze", 0, (const char *[]){to->value, axis, NULL}, NULL);
    return FA_OK;
}

/* A number alone. */
static void scalar(fa__onnx *to, char name[FA__ONNX_NAME], int64_t value) {
    char one[FA__ONNX_NAME];
    fa__onnx_integers(to, one, 1, &value);
    fa__onnx_node(to, "Squeeze", 0, (const char *[]){one, NULL}, NULL);
    memcpy(name, to->value, FA__ONNX_NAME);
}

/* The value with a last axis of 1. */
static void put_axis(fa__onnx *to) {
    char value[FA__ONNX_NAME], last[FA__ONNX_NAME];
    memcpy(value, to->value, sizeof value);
    fa__onnx_integers(to, last, 1, &(int64_t){-1});
    fa__onnx_node(to, "Unsqueeze", 0, (const char *[]){value, last, NULL}, NULL);
}

/* Of the value; its name. */
static void sum_over_steps(fa__onnx *to, char name[FA__ONNX_NAME]) {
    char value[FA__ONNX_NAME], axis[FA__ONNX_NAME];
    memcpy(value, to->value, sizeof value);
    fa__onnx_integers(to, axis, 1, &(int64_t){0});
    fa__onnx_node(to, "ReduceSum", 0, (const char *[]){value, axis, NULL},
                  (const fa__onnx_attribute[]){INTEGER("keepdims", 0), {0}});
    memcpy(name, to->value, FA__ONNX_NAME);
}

/* Of [steps, n, features] the sum over the steps that a sample has, whatever fills up the others,
 * by their number. */
static fa_status put_mean(fa__onnx *to) {
    char x[FA__ONNX_NAME], first[FA__ONNX_NAME], next[FA__ONNX_NAME], there[FA__ONNX_NAME];
    memcpy(x, to->value, sizeof x);
    scalar(to, first, 0);
    scalar(to, next, 1);
    fa__onnx_node(to, "Squeeze", 0, (const char *[]){"steps", NULL}, NULL);
    fa__onnx_node(to, "Range", 0, (const char *[]){first, to->value, next, NULL}, NULL);
    put_axis(to);
    fa__onnx_node(to, "Less", 0, (const char *[]){to->value, "lengths", NULL}, NULL);
    put_axis(to);
    memcpy(there, to->value, sizeof there);
    memcpy(to->value, first, sizeof first);
    fa__onnx_cast(to, FA__ONNX_FLOAT);
    fa__onnx_node(to, "Where", 0, (const char *[]){there, x, to->value, NULL}, NULL);
    sum_over_steps(to, x);
    memcpy(to->value, there, sizeof there);
    fa__onnx_cast(to, FA__ONNX_FLOAT);
    sum_over_steps(to, there);
    fa__onnx_node(to, "Div", 0, (const char *[]){x, there, NULL}, NULL);
    return FA_OK;
}

/* A vector at each of the steps that the input has. */
static fa_status put_repeat(fa__onnx *to) {
    char vectors[FA__ONNX_NAME], ones[FA__ONNX_NAME];
    memcpy(vectors, to->value, sizeof vectors);
    fa__onnx_integers(to, ones, 2, (const int64_t[]){1, 1});
    fa__onnx_node(to, "Concat", 0, (const char *[]){"steps", ones, NULL},
                  (const fa__onnx_attribute[]){INTEGER("axis", 0), {0}});
    fa__onnx_node(to, "Expand", 0, (const char *[]){vectors, to->value, NULL}, NULL);
    return FA_OK;
}

static fa_status put_embedding(fa__onnx *to) {
    const char *table = constant(to, 0);
    fa__onnx_node(to, "Gather", 0, (const char *[]){table, to->value, NULL}, NULL);
    return FA_OK;
}

/* Of [n, labels, units] over the last axis; of two labels the difference. */
static fa_status put_logsumexp(fa__onnx *to) {
    static const float second_less_first[] = {-1, 1};
    char value[FA__ONNX_NAME], shape[FA__ONNX_NAME];
    size_t labels = to->layer->in.features / to->layer->units;
    memcpy(value, to->value, sizeof value);
    fa__onnx_integers(to, shape, 3,
                      (const int64_t[]){-1, (int64_t)labels, (int64_t)to->layer->units});
    fa__onnx_node(to, "Reshape", 0, (const char *[]){value, shape, NULL}, NULL);
    fa__onnx_apply(to, "ReduceLogSumExp",
                   (const fa__onnx_attribute[]){{.name = "axes", .count = 1, .integers = {-1}},
                                                INTEGER("keepdims", 0),
                                                {0}});
    if (labels > 2) return FA_OK;
    fa__onnx_constant(to, "logsumexp.difference", FA__ONNX_FLOAT, 2, (const size_t[]){2, 1},
                      second_less_first);
    fa__onnx_node(to, "MatMul", 0, (const char *[]){to->value, "logsumexp.difference", NULL}, NULL);
    return FA_OK;
}

/* A new type does not compile before it has its nodes here. */
static const struct {
    const fa__layer_type *type;
    fa_status (*put)(fa__onnx *to);
} forms[] = {
#define FORM(name) {&fa__layer_##name, put_##name},
    FA__LAYER_TYPES(FORM)
#undef FORM
};

fa_status fa__onnx_layer(fa__onnx *to, size_t index) {
    to->layer = &to->model->network->layers[index];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].type == to->layer->type) FA_TRY(forms[i].put(to));
    if (to->layer->relu) fa__onnx_apply(to, "Relu", NULL);
    return FA_OK;
}
