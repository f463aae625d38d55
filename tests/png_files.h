/* PNG files put together chunk by chunk, so that they do not rest on the library that reads them, and
 * reading them. */
#ifndef FA_TESTS_PNG_FILES_H
#define FA_TESTS_PNG_FILES_H

#include "data_files.h"

#include <zlib.h>

#ifdef FA_HAVE_PNG
enum { HAVE_PNG = 1 };
#else
enum { HAVE_PNG = 0 };
#endif

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

static inline void put_chunk(pile *p, const char *type, const void *bytes, size_t size) {
    put_big(p, (uint32_t)size);
    size_t from = p->size;
    put(p, type, 4);
    put(p, bytes, size);
    put_big(p, (uint32_t)crc32(0, p->bytes + from, (unsigned)(p->size - from)));
}

/* A PNG whose rows are `row` bytes each. palette: RGB triples, or NULL; clear: a tRNS chunk */
static inline void make_png(pile *p, size_t height, size_t width, int depth, int colour,
                            const unsigned char *rows, size_t row, const char *palette,
                            bool clear) {
    pile header = {.size = 0}, raw = {.size = 0};
    unsigned char packed[4096];
    uLongf size = sizeof packed;
    p->size = 0;
    put(p, "\x89PNG\r\n\x1a\n", 8);
    put_big(&header, (uint32_t)width);
    put_big(&header, (uint32_t)height);
    put(&header, (char[]){(char)depth, (char)colour, 0, 0, 0}, 5);
    put_chunk(p, "IHDR", header.bytes, header.size);
    if (palette != NULL) put_chunk(p, "PLTE", palette, strlen(palette));
    if (clear) put_chunk(p, "tRNS", "\0\1", 2);
    for (size_t y = 0; y < height; y++) {
        put(&raw, "", 1); /* no filter */
        put(&raw, rows + y * row, row);
    }
    assert_int_equal(compress(packed, &size, raw.bytes, raw.size), Z_OK);
    put_chunk(p, "IDAT", packed, size);
    put_chunk(p, "IEND", "", 0);
}

/* The path of a file in folders that are made for it. */
static inline const char *file_in(const char *folder, const char *name, const void *bytes,
                                  size_t size) {
    char joined[128];
    assert_ok(fa__make_folder(path_of(folder)));
    snprintf(joined, sizeof joined, "%s/%s", folder, name);
    return file_of(joined, bytes, size);
}

/* A 2 x 3 image of 8 bits, all its bytes this one. */
static inline const char *flat_png(const char *folder, const char *name, int colour, int value) {
    pile p;
    unsigned char rows[2 * 9];
    memset(rows, value, sizeof rows);
    make_png(&p, 2, 3, 8, colour, rows, colour == RGB ? 9 : 3, NULL, false);
    return file_in(folder, name, p.bytes, p.size);
}

static inline fa_status read_split(fa_dataset **out, const char *split) {
    return fa_dataset_read(out, test_folder,
                           &(fa_read_options){.size = sizeof(fa_read_options), .split = split});
}

/* The one image in the test folder's "only" class. */
static inline fa_status read_only(fa_dataset **out, const void *bytes, size_t size) {
    file_in("only", "a.png", bytes, size);
    return fa_dataset_read(out, test_folder, NULL);
}

static inline void need_png(void) {
    if (!HAVE_PNG) skip();
}

#endif
