/* Zip archives in memory, by the directory at their end: a cut file is noticed. Every place and
 * size in it is another's claim, held against the file. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/stop.h"
#include "formats/zip.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    WIDE_END = 0x06064b50,
    WIDE_PLACE = 0x07064b50,
    LOCAL_SIZE = 30,
    CENTRAL_SIZE = 46,
    END_SIZE = 22,
    WIDE_END_SIZE = 56,
    WIDE_PLACE_SIZE = 20,
    COMMENT_MOST = 65535,
    WIDE_EXTRA = 1,
    ENCRYPTED = 1,
    STORED = 0,
    DEFLATED = 8,
    CHUNK = 1 << 20
};

static const uint64_t in_extra = 0xffffffff;

static fa_status damaged(const char *where, const char *what) {
    return fa__fail(FA_E_FORMAT, "%s: the zip archive cannot be read: %s (cut short?)", where,
                    what);
}

static uint64_t number(const unsigned char *at, size_t size) {
    return fa__load_little(at, size);
}

/* `size` bytes from `at` lie within the file. */
static bool lies_within(const fa__zip_in *zip, uint64_t at, uint64_t size) {
    return at <= zip->size && size <= zip->size - at;
}

fa_status fa__zip_read_open(fa__zip_in *zip, const unsigned char *bytes, size_t size,
                            const char *where) {
    *zip = (fa__zip_in){.bytes = bytes, .size = size, .where = where};
    size_t back = END_SIZE;
    while (back <= size && back <= END_SIZE + COMMENT_MOST && number(bytes + size - back, 4) != END)
        back++;
    if (back > size || back > END_SIZE + COMMENT_MOST)
        return damaged(where, "the directory at its end is missing");
    const unsigned char *end = bytes + size - back;
    uint64_t entries = number(end + 10, 2), length = number(end + 12, 4), at = number(end + 16, 4);
    const uint64_t end_at = size - back;
    if (end_at >= WIDE_PLACE_SIZE && number(end - WIDE_PLACE_SIZE, 4) == WIDE_PLACE) {
        uint64_t wide = number(end - WIDE_PLACE_SIZE + 8, 8);
        if (!lies_within(zip, wide, WIDE_END_SIZE) || number(bytes + wide, 4) != WIDE_END)
            return damaged(where, "its directory of 64 bits is missing");
        entries = number(bytes + wide + 32, 8);
        length = number(bytes + wide + 40, 8);
        at = number(bytes + wide + 48, 8);
    }
    if (!lies_within(zip, at, length) || at + length > end_at || entries > length / CENTRAL_SIZE)
        return damaged(where, "its directory does not lie within the file");
    zip->next = (size_t)at;
    zip->end = (size_t)(at + length);
    zip->left = (size_t)entries;
    return FA_OK;
}

/* The numbers of 64 bits that stand for those of 32 that are full. */
static bool widen(fa__zip_entry *entry, uint64_t *at, const unsigned char *extra, size_t size) {
    uint64_t *const full[] = {&entry->size, &entry->packed, at};
    while (size >= 4) {
        size_t kind = (size_t)number(extra, 2), length = (size_t)number(extra + 2, 2);
        extra += 4;
        size -= 4;
        if (length > size) return false;
        for (size_t i = 0, used = 0; kind == WIDE_EXTRA && i < 3; i++) {
            if (*full[i] != in_extra) continue;
            if (used + 8 > length) return false;
            *full[i] = number(extra + used, 8);
            used += 8;
        }
        extra += length;
        size -= length;
    }
    return true;
}

/* Where the data of the entry begin: behind its own header, whose extra part may be another. */
static fa_status find_data(fa__zip_entry *entry, const fa__zip_in *zip, uint64_t at) {
    if (!lies_within(zip, at, LOCAL_SIZE) || number(zip->bytes + at, 4) != LOCAL)
        return damaged(zip->where, "a member is not where the directory says");
    at += LOCAL_SIZE + number(zip->bytes + at + 26, 2) + number(zip->bytes + at + 28, 2);
    if (!lies_within(zip, at, entry->packed))
        return damaged(zip->where, "a member does not lie within the file");
    entry->data = zip->bytes + at;
    return FA_OK;
}

fa_status fa__zip_read_next(fa__zip_entry *entry, bool *found, fa__zip_in *zip) {
    *found = false;
    if (zip->left == 0) return FA_OK;
    if (zip->end - zip->next < CENTRAL_SIZE || number(zip->bytes + zip->next, 4) != CENTRAL)
        return damaged(zip->where, "its directory is damaged");
    const unsigned char *from = zip->bytes + zip->next;
    size_t name = (size_t)number(from + 28, 2), extra = (size_t)number(from + 30, 2),
           comment = (size_t)number(from + 32, 2);
    if (zip->end - zip->next - CENTRAL_SIZE < name + extra + comment)
        return damaged(zip->where, "its directory is damaged");
    uint64_t at = number(from + 42, 4);
    *entry = (fa__zip_entry){.name = (const char *)from + CENTRAL_SIZE,
                             .name_size = name,
                             .flags = (unsigned)number(from + 8, 2),
                             .method = (unsigned)number(from + 10, 2),
                             .crc = (uint32_t)number(from + 16, 4),
                             .packed = number(from + 20, 4),
                             .size = number(from + 24, 4)};
    if (!widen(entry, &at, from + CENTRAL_SIZE + name, extra))
        return damaged(zip->where, "its directory is damaged");
    FA_TRY(find_data(entry, zip, at));
    zip->next += CENTRAL_SIZE + name + extra + comment;
    zip->left--;
    *found = true;
    return FA_OK;
}

/* Its size is what the directory says, which is held against what deflate can do. */
static fa_status inflate_all(unsigned char *to, const fa__zip_entry *entry, const char *where) {
    fa_status status = FA_OK;
    z_stream z = {0};
    uint64_t taken = 0, made = 0;
    int code = inflateInit2(&z, -MAX_WBITS);
    if (code != Z_OK) return fa__nomem(1, sizeof z);
    while (code == Z_OK || code == Z_BUF_ERROR) {
        FA_CHECK(fa__stop_check());
        uint64_t left = entry->packed - taken, room = entry->size - made;
        z.next_in = (unsigned char *)(uintptr_t)(entry->data + taken);
        z.avail_in = (uInt)(left < CHUNK ? left : CHUNK);
        z.next_out = to + made;
        z.avail_out = (uInt)(room < CHUNK ? room : CHUNK);
        uInt in = z.avail_in, out = z.avail_out;
        code = inflate(&z, Z_NO_FLUSH);
        taken += in - z.avail_in;
        made += out - z.avail_out;
        if (code == Z_BUF_ERROR || (in == z.avail_in && out == z.avail_out))
            break; /* no progress */
    }
    if (code == Z_MEM_ERROR) FA_CHECK(fa__nomem(1, sizeof z));
    if (code != Z_STREAM_END || made != entry->size)
        FA_CHECK(damaged(where, z.msg != NULL ? z.msg : "its packed data end elsewhere"));
done:
    inflateEnd(&z);
    return status;
}

fa_status fa__zip_read_entry(unsigned char **out, const fa__zip_entry *entry, const char *where) {
    enum { PACKED_MOST = 1032 }; /* deflate makes no more of a byte */
    fa_status status = FA_OK;
    unsigned char *bytes = NULL;
    if ((entry->flags & ENCRYPTED) != 0)
        return fa__fail(FA_E_FORMAT, "%s: is encrypted; write the archive without a password",
                        where);
    if (entry->method != STORED && entry->method != DEFLATED)
        return fa__fail(FA_E_FORMAT,
                        "%s: is packed by method %u; stored and deflated members can be read",
                        where, entry->method);
    if (entry->method == STORED ? entry->size != entry->packed
                                : entry->size / PACKED_MOST > entry->packed + 1)
        return damaged(where, "its sizes contradict each other");
    FA_TRY(fa__unpack_check((size_t)entry->size, (size_t)entry->packed, where));
    FA_CHECK(FA_NEW(bytes, (size_t)entry->size));
    if (entry->method == STORED)
        memcpy(bytes, entry->data, (size_t)entry->size);
    else
        FA_CHECK(inflate_all(bytes, entry, where));
    if (crc32_z(0, bytes, (size_t)entry->size) != entry->crc)
        FA_CHECK(damaged(where, "its checksum is another"));
    *out = bytes;
    bytes = NULL;
done:
    fa__free(bytes);
    return status;
}
