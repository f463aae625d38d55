/* A graph of ONNX being written: nodes, their constants, and the value that the next node takes. */
#ifndef FA_EXPORT_ONNX_H
#define FA_EXPORT_ONNX_H

#include "export/protobuf.h"
#include "model/model.h"

enum {
    FA__ONNX_FLOAT = 1,
    FA__ONNX_UINT8 = 2,
    FA__ONNX_INT32 = 6,
    FA__ONNX_INT64 = 7,
    FA__ONNX_DOUBLE = 11
};
enum { FA__ONNX_NAME = 80, FA__ONNX_RANK = 4 };

/* "lengths32" and, of series and texts, "steps" [1] are values of every such graph.
 *
 * A value is images [n, channels, height, width] after the first layer that takes them so (plain
 * before: [n, height, width, channels]), series [steps, n, features], or vectors [n, features]. */
typedef struct fa__onnx {
    fa__protobuf message; /* within the graph */
    const fa_model *model;
    const fa__layer *layer; /* that is being written */
    char value[FA__ONNX_NAME];
    size_t nodes;
    bool channels_first;
} fa__onnx;

/* An attribute of a node: integers, or where `count` is 0 one float. An array of them ends with a
 * NULL name; `single` is a number, not a list of one. */
typedef struct fa__onnx_attribute {
    const char *name;
    bool single;
    size_t count;
    int64_t integers[FA__ONNX_RANK];
    float real;
} fa__onnx_attribute;

/* A node: it takes `inputs` (up to a NULL), and its output at `place` becomes the value. attributes
 * may be NULL. */
void fa__onnx_node(fa__onnx *to, const char *type, size_t place, const char *const *inputs,
                   const fa__onnx_attribute *attributes);
/* The same, of the value alone. */
void fa__onnx_apply(fa__onnx *to, const char *type, const fa__onnx_attribute *attributes);
/* The value under a name of its own. */
void fa__onnx_name(fa__onnx *to, const char *name);
/* The axes in another order. */
void fa__onnx_transpose(fa__onnx *to, size_t rank, int64_t a, int64_t b, int64_t c, int64_t d);
/* The value in another type. */
void fa__onnx_cast(fa__onnx *to, int64_t type);
/* A constant, under a name. */
void fa__onnx_constant(fa__onnx *to, const char *name, int type, size_t rank, const size_t *shape,
                       const void *values);
/* Small integers as one, which no layer has; name gets its name. */
void fa__onnx_integers(fa__onnx *to, char name[FA__ONNX_NAME], size_t count, const int64_t *values);

/* The nodes of one layer; its parameters become constants. */
fa_status fa__onnx_layer(fa__onnx *to, size_t index);

#endif
