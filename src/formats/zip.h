/* Zip archives: written, and read from memory. */
#ifndef FA_FORMATS_ZIP_H
#define FA_FORMATS_ZIP_H

#include "base/file.h"

#include <stdint.h>

/* An archive being written: fa__zip_open; for each member fa__zip_begin, what it holds by
 * fa__zip_put, fa__zip_end; at last fa__zip_finish. Deflated; no times: same data, same bytes. What
 * the writer cannot write, it tells at its end. Source: APPNOTE.TXT 6.3.10. */
enum { FA__ZIP_MEMBERS = 8 };

typedef struct fa__zip_member {
    const char *name; /* borrowed */
    uint32_t crc;
    uint64_t size, packed, at; /* bytes, as deflated, from the start of the archive */
} fa__zip_member;

typedef struct fa__zip {
    fa__writer *to;
    void *deflate; /* z_stream; NULL: no member is open */
    bool wide;     /* sizes and places of 64 bits */
    uint64_t at;
    size_t count;
    fa__zip_member members[FA__ZIP_MEMBERS];
} fa__zip;

/* total: bytes of all members, about; from 4 GB on they need the wide form. */
void fa__zip_open(fa__zip *zip, fa__writer *to, uint64_t total);
fa_status fa__zip_begin(fa__zip *zip, const char *name);             /* FA_E_NOMEM */
fa_status fa__zip_put(fa__zip *zip, const void *bytes, size_t size); /* FA_E_STOPPED */
void fa__zip_end(fa__zip *zip); /* nothing where no member was begun */
void fa__zip_finish(fa__zip *zip);

/* An archive in memory, which must stay: fa__zip_read_open, then fa__zip_read_next until nothing is
 * found. FA_E_FORMAT names `where`. */
typedef struct fa__zip_in {
    const unsigned char *bytes;
    size_t size, next, end, left; /* of the directory: the entry to come, its end, entries left */
    const char *where;
} fa__zip_in;

typedef struct fa__zip_entry {
    const char *name; /* [name_size], in the archive */
    size_t name_size;
    unsigned flags, method;
    uint32_t crc;
    uint64_t size, packed; /* bytes, and as they lie at `data` */
    const unsigned char *data;
} fa__zip_entry;

fa_status fa__zip_read_open(fa__zip_in *zip, const unsigned char *bytes, size_t size,
                            const char *where);
fa_status fa__zip_read_next(fa__zip_entry *entry, bool *found, fa__zip_in *zip);

/* What it holds, entry->size bytes; free with fa__free. Stored or deflated, checked by its CRC. */
fa_status fa__zip_read_entry(unsigned char **out, const fa__zip_entry *entry, const char *where);

#endif
