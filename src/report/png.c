/* A PNG of one image, just as the format asks: signature, IHDR, IDAT, IEND. */
#include "report/page.h"

#include "base/memory.h"

#include <string.h>
#include <zlib.h>

static void put_big(unsigned char *to, unsigned long value) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Length, name, content, checksum of name and content; returns the end. */
static unsigned char *put_chunk(unsigned char *to, const char *name, const unsigned char *content,
                                size_t size) {
    put_big(to, size);
    memcpy(to + 4, name, 4);
    if (size > 0) memmove(to + 8, content, size);
    put_big(to + 8 + size, crc32(crc32(0, NULL, 0), to + 4, (uInt)(size + 4)));
    return to + 12 + size;
}

fa_status fa__png(fa__writer *to, const uint8_t *pixels, size_t height, size_t width,
                  size_t channels) {
    fa_status status = FA_OK;
    size_t row = width * channels, raw_size = height * (row + 1);
    unsigned char header[13] = {0}, *raw = NULL, *file = NULL, *end;
    uLongf packed = compressBound((uLong)raw_size);
    FA_CHECK(FA_NEW(raw, raw_size));
    FA_CHECK(FA_NEW(file, packed + 8 + 3 * 12 + sizeof header));
    for (size_t y = 0; y < height; y++) {
        raw[y * (row + 1)] = 0; /* no filter */
        memcpy(raw + y * (row + 1) + 1, pixels + y * row, row);
    }
    put_big(header, width);
    put_big(header + 4, height);
    header[8] = 8;                     /* bits */
    header[9] = channels == 3 ? 2 : 0; /* RGB or grey */
    memcpy(file, "\x89PNG\r\n\x1a\n", 8);
    end = put_chunk(file + 8, "IHDR", header, sizeof header);
    if (compress2(end + 8, &packed, raw, (uLong)raw_size, 9) != Z_OK)
        FA_CHECK(fa__nomem(raw_size, 1));
    end = put_chunk(end, "IDAT", end + 8, packed);
    end = put_chunk(end, "IEND", NULL, 0);
    fa__writer_print(to, "data:image/png;base64,");
    fa__base64(to, file, (size_t)(end - file));
done:
    fa__free(raw);
    fa__free(file);
    return status;
}
