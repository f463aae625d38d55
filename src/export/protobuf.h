/* Messages in the encoding of Protocol Buffers, which files of ONNX and TensorBoard are made of. Only
 * writing, and of its wire types the three that they need: a library for it would bring a compiler of
 * descriptions into the build, for less than is here. */
#ifndef FA_EXPORT_PROTOBUF_H
#define FA_EXPORT_PROTOBUF_H

#include "base/status.h"

enum { FA__PROTOBUF_DEPTH = 8 };

/* A message being written, {0} at first. Memory that runs out is remembered, so that only the end
 * needs a check. */
typedef struct fa__protobuf {
    unsigned char *bytes;
    size_t size, capacity;
    size_t missed; /* bytes that there was no memory for; 0: all is well */
    size_t begun[FA__PROTOBUF_DEPTH], depth;
} fa__protobuf;

/* A field of the innermost message: its number, and its value. */
void fa__protobuf_integer(fa__protobuf *to, unsigned field, uint64_t value);
void fa__protobuf_float(fa__protobuf *to, unsigned field, float value);
void fa__protobuf_double(fa__protobuf *to, unsigned field, double value);
void fa__protobuf_bytes(fa__protobuf *to, unsigned field, const void *bytes, size_t size);
void fa__protobuf_text(fa__protobuf *to, unsigned field, const char *text);
/* A message as a field; what follows, up to the end, belongs to it. */
void fa__protobuf_begin(fa__protobuf *to, unsigned field);
void fa__protobuf_end(fa__protobuf *to);

/* FA_E_NOMEM where something is missing. */
fa_status fa__protobuf_check(const fa__protobuf *message);
void fa__protobuf_free(fa__protobuf *message); /* empty again */

#endif
