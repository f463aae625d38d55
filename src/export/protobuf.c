/* Protocol Buffers: a field is its number and type in one varint, then the value. */
#include "export/protobuf.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"

#include <string.h>

enum { VARINT = 0, EIGHT_BYTES = 1, COUNTED = 2, FOUR_BYTES = 5 };
enum { VARINT_MOST = 10 };

static void put(fa__protobuf *to, const void *bytes, size_t size) {
    if (to->missed > 0 || size == 0) return;
    unsigned char *grown = fa__grow(to->bytes, &to->capacity, to->size + size, 1);
    if (grown == NULL) {
        to->missed = to->size + size;
        return;
    }
    to->bytes = grown;
    memcpy(grown + to->size, bytes, size);
    to->size += size;
}

/* Seven bits a byte, the lowest first; all but the last have the eighth set. */
static size_t varint(unsigned char out[VARINT_MOST], uint64_t value) {
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) out[size++] = (unsigned char)(value | 0x80);
    out[size++] = (unsigned char)value;
    return size;
}

static void put_varint(fa__protobuf *to, uint64_t value) {
    unsigned char bytes[VARINT_MOST];
    put(to, bytes, varint(bytes, value));
}

static void put_key(fa__protobuf *to, unsigned field, unsigned type) {
    put_varint(to, (uint64_t)field << 3 | type);
}

void fa__protobuf_integer(fa__protobuf *to, unsigned field, uint64_t value) {
    put_key(to, field, VARINT);
    put_varint(to, value);
}

void fa__protobuf_float(fa__protobuf *to, unsigned field, float value) {
    put_key(to, field, FOUR_BYTES);
    put(to, &value, sizeof value);
}

void fa__protobuf_double(fa__protobuf *to, unsigned field, double value) {
    put_key(to, field, EIGHT_BYTES);
    put(to, &value, sizeof value);
}

void fa__protobuf_bytes(fa__protobuf *to, unsigned field, const void *bytes, size_t size) {
    put_key(to, field, COUNTED);
    put_varint(to, size);
    put(to, bytes, size);
}

void fa__protobuf_text(fa__protobuf *to, unsigned field, const char *text) {
    fa__protobuf_bytes(to, field, text, strlen(text));
}

void fa__protobuf_begin(fa__protobuf *to, unsigned field) {
    FA_ASSERT(to->depth < FA__PROTOBUF_DEPTH);
    put_key(to, field, COUNTED);
    to->begun[to->depth++] = to->size;
}

/* The count stands in front of the message, whose size is not known before: it is moved aside. */
void fa__protobuf_end(fa__protobuf *to) {
    unsigned char count[VARINT_MOST];
    FA_ASSERT(to->depth > 0);
    size_t at = to->begun[--to->depth], size = to->size - at;
    size_t places = varint(count, size);
    put(to, count, places);
    if (to->missed > 0) return;
    memmove(to->bytes + at + places, to->bytes + at, size);
    memcpy(to->bytes + at, count, places);
}

fa_status fa__protobuf_check(const fa__protobuf *message) {
    return message->missed > 0 ? fa__nomem(message->missed, 1) : FA_OK;
}

void fa__protobuf_free(fa__protobuf *message) {
    fa__free(message->bytes);
    *message = (fa__protobuf){0};
}
