/* Zip archives by zlib's deflate. The sizes of a member follow it, so that nothing is written
 * twice. */
#include "formats/zip.h"

#include "base/memory.h"
#include "base/stop.h"

#include <string.h>
#include <zlib.h>

enum {
    LOCAL = 0x04034b50,
    DESCRIPTOR = 0x08074b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    WIDE_END = 0x06064b50,
    WIDE_PLACE = 0x07064b50,
    SIZES_FOLLOW = 8,
    DEFLATED = 8,
    FIRST_DAY = 33, /* 1 January 1980, where its time begins */
    UNIX = 3 << 8,
    CHUNK = 1 << 16
};

static const uint32_t in_extra = 0xffffffff; /* the number is among the wide ones */

static void put(fa__zip *zip, const void *bytes, size_t size) {
    fa__writer_put(zip->to, bytes, size);
    zip->at += size;
}

static void put_number(fa__zip *zip, uint64_t value, size_t size) {
    put(zip, &value, size); /* little-endian, as the machine is */
}

void fa__zip_open(fa__zip *zip, fa__writer *to, uint64_t total) {
    *zip = (fa__zip){.to = to, .wide = total > 0xf0000000};
}

/* Of a header, from "version needed" to "size": what local and central ones share. */
static void put_facts(fa__zip *zip, const fa__zip_member *m, bool known) {
    put_number(zip, zip->wide ? 45 : 20, 2);
    put_number(zip, SIZES_FOLLOW, 2);
    put_number(zip, DEFLATED, 2);
    put_number(zip, 0, 2);
    put_number(zip, FIRST_DAY, 2);
    put_number(zip, known ? m->crc : 0, 4);
    put_number(zip, zip->wide ? in_extra : known ? m->packed : 0, 4);
    put_number(zip, zip->wide ? in_extra : known ? m->size : 0, 4);
    put_number(zip, strlen(m->name), 2);
}

fa_status fa__zip_begin(fa__zip *zip, const char *name) {
    z_stream *z;
    FA_TRY(FA_NEW_ZERO(z, 1));
    if (deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        fa__free(z);
        return fa__nomem(1, sizeof *z);
    }
    zip->deflate = z;
    fa__zip_member *m = &zip->members[zip->count++];
    *m = (fa__zip_member){.name = name, .at = zip->at};
    put_number(zip, LOCAL, 4);
    put_facts(zip, m, false);
    put_number(zip, zip->wide ? 20 : 0, 2);
    put(zip, name, strlen(name));
    if (!zip->wide) return FA_OK;
    put_number(zip, 1, 2);
    put_number(zip, 16, 2);
    put_number(zip, 0, 8);
    put_number(zip, 0, 8);
    return FA_OK;
}

/* What is in z's input, and at the end what deflate has held back. */
static void pack(fa__zip *zip, z_stream *z, int flush) {
    unsigned char packed[CHUNK];
    do {
        z->next_out = packed;
        z->avail_out = sizeof packed;
        (void)deflate(z, flush); /* with room there is no way to fail */
        put(zip, packed, sizeof packed - z->avail_out);
    } while (z->avail_out == 0);
}

fa_status fa__zip_put(fa__zip *zip, const void *bytes, size_t size) {
    const unsigned char *from = bytes;
    z_stream *z = zip->deflate;
    fa__zip_member *m = &zip->members[zip->count - 1];
    for (size_t part; size > 0; size -= part, from += part) {
        FA_TRY(fa__stop_check());
        part = size < 1u << 24 ? size : 1u << 24;
        m->crc = (uint32_t)crc32(m->crc, from, (uInt)part);
        m->size += part;
        z->next_in = (unsigned char *)(uintptr_t)from;
        z->avail_in = (uInt)part;
        pack(zip, z, Z_NO_FLUSH);
    }
    return FA_OK;
}

void fa__zip_end(fa__zip *zip) {
    z_stream *z = zip->deflate;
    if (z == NULL) return;
    fa__zip_member *m = &zip->members[zip->count - 1];
    const size_t width = zip->wide ? 8 : 4;
    pack(zip, z, Z_FINISH);
    m->packed = z->total_out;
    put_number(zip, DESCRIPTOR, 4);
    put_number(zip, m->crc, 4);
    put_number(zip, m->packed, width);
    put_number(zip, m->size, width);
    deflateEnd(z);
    fa__free(z);
    zip->deflate = NULL;
}

static void put_entry(fa__zip *zip, const fa__zip_member *m) {
    put_number(zip, CENTRAL, 4);
    put_number(zip, UNIX | 45, 2);
    put_facts(zip, m, true);
    put_number(zip, zip->wide ? 28 : 0, 2);
    put_number(zip, 0, 2); /* comment */
    put_number(zip, 0, 2); /* disk */
    put_number(zip, 0, 2);
    put_number(zip, (uint64_t)0100644 << 16, 4); /* a plain file, its mode */
    put_number(zip, zip->wide ? in_extra : m->at, 4);
    put(zip, m->name, strlen(m->name));
    if (!zip->wide) return;
    put_number(zip, 1, 2);
    put_number(zip, 24, 2);
    put_number(zip, m->size, 8);
    put_number(zip, m->packed, 8);
    put_number(zip, m->at, 8);
}

static void put_wide_end(fa__zip *zip, uint64_t start, uint64_t size) {
    const uint64_t at = zip->at;
    put_number(zip, WIDE_END, 4);
    put_number(zip, 44, 8); /* what follows of it */
    put_number(zip, UNIX | 45, 2);
    put_number(zip, 45, 2);
    put_number(zip, 0, 4);
    put_number(zip, 0, 4);
    put_number(zip, zip->count, 8);
    put_number(zip, zip->count, 8);
    put_number(zip, size, 8);
    put_number(zip, start, 8);
    put_number(zip, WIDE_PLACE, 4);
    put_number(zip, 0, 4);
    put_number(zip, at, 8);
    put_number(zip, 1, 4);
}

void fa__zip_finish(fa__zip *zip) {
    const uint64_t start = zip->at;
    for (size_t i = 0; i < zip->count; i++) put_entry(zip, &zip->members[i]);
    const uint64_t size = zip->at - start;
    if (zip->wide) put_wide_end(zip, start, size);
    put_number(zip, END, 4);
    put_number(zip, 0, 4);
    put_number(zip, zip->count, 2);
    put_number(zip, zip->count, 2);
    put_number(zip, size, 4);
    put_number(zip, zip->wide ? in_extra : start, 4);
    put_number(zip, 0, 2);
}
