/* Nodes and constants, by the numbers of their fields in onnx.proto. */
#include "export/onnx.h"

#include <stdio.h>
#include <string.h>

enum { GRAPH_NODE = 1, GRAPH_CONSTANT = 5 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INTEGER = 3,
    ATTRIBUTE_INTEGERS = 8,
    ATTRIBUTE_TYPE = 20
};
enum { TENSOR_SHAPE = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_BYTES = 9 };

static void put_attribute(fa__protobuf *to, const fa__onnx_attribute *a) {
    enum { FLOAT = 1, INTEGER = 2, INTEGERS = 7 };
    fa__protobuf_begin(to, NODE_ATTRIBUTE);
    fa__protobuf_text(to, ATTRIBUTE_NAME, a->name);
    if (a->count == 0) fa__protobuf_float(to, ATTRIBUTE_FLOAT, a->real);
    for (size_t i = 0; i < a->count; i++)
        fa__protobuf_integer(to, a->single ? ATTRIBUTE_INTEGER : ATTRIBUTE_INTEGERS,
                             (uint64_t)a->integers[i]);
    fa__protobuf_integer(to, ATTRIBUTE_TYPE,
                         a->count == 0 ? FLOAT
                         : a->single   ? INTEGER
                                       : INTEGERS);
    fa__protobuf_end(to);
}

static void put_node(fa__onnx *to, const char *type, size_t place, const char *const *inputs,
                     const fa__onnx_attribute *attributes, const char *output) {
    fa__protobuf *m = &to->message;
    fa__protobuf_begin(m, GRAPH_NODE);
    for (; *inputs != NULL; inputs++) fa__protobuf_text(m, NODE_INPUT, *inputs);
    for (size_t i = 0; i < place; i++) fa__protobuf_text(m, NODE_OUTPUT, ""); /* not wanted */
    fa__protobuf_text(m, NODE_OUTPUT, output);
    fa__protobuf_text(m, NODE_NAME, output);
    fa__protobuf_text(m, NODE_TYPE, type);
    for (; attributes != NULL && attributes->name != NULL; attributes++)
        put_attribute(m, attributes);
    fa__protobuf_end(m);
    snprintf(to->value, sizeof to->value, "%s", output);
}

void fa__onnx_node(fa__onnx *to, const char *type, size_t place, const char *const *inputs,
                   const fa__onnx_attribute *attributes) {
    char output[FA__ONNX_NAME];
    snprintf(output, sizeof output, "%zu.%s", to->nodes++, type);
    put_node(to, type, place, inputs, attributes, output);
}

void fa__onnx_name(fa__onnx *to, const char *name) {
    put_node(to, "Identity", 0, (const char *[]){to->value, NULL}, NULL, name);
}

void fa__onnx_apply(fa__onnx *to, const char *type, const fa__onnx_attribute *attributes) {
    fa__onnx_node(to, type, 0, (const char *[]){to->value, NULL}, attributes);
}

void fa__onnx_transpose(fa__onnx *to, size_t rank, int64_t a, int64_t b, int64_t c, int64_t d) {
    fa__onnx_apply(to, "Transpose",
                   (const fa__onnx_attribute[]){
                       {.name = "perm", .count = rank, .integers = {a, b, c, d}}, {0}});
}

void fa__onnx_cast(fa__onnx *to, int64_t type) {
    fa__onnx_apply(to, "Cast",
                   (const fa__onnx_attribute[]){
                       {.name = "to", .single = true, .count = 1, .integers = {type}}, {0}});
}

void fa__onnx_constant(fa__onnx *to, const char *name, int type, size_t rank, const size_t *shape,
                       const void *values) {
    fa__protobuf *m = &to->message;
    size_t size = type == FA__ONNX_INT64 || type == FA__ONNX_DOUBLE ? 8 : 4;
    fa__protobuf_begin(m, GRAPH_CONSTANT);
    for (size_t i = 0; i < rank; i++) {
        fa__protobuf_integer(m, TENSOR_SHAPE, shape[i]);
        size *= shape[i];
    }
    fa__protobuf_integer(m, TENSOR_TYPE, (uint64_t)type);
    fa__protobuf_text(m, TENSOR_NAME, name);
    fa__protobuf_bytes(m, TENSOR_BYTES, values, size);
    fa__protobuf_end(m);
}

void fa__onnx_integers(fa__onnx *to, char name[FA__ONNX_NAME], size_t count,
                       const int64_t *values) {
    snprintf(name, FA__ONNX_NAME, "%zu.integers", to->nodes++);
    fa__onnx_constant(to, name, FA__ONNX_INT64, 1, &count, values);
}
