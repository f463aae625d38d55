/* One image file in memory, JPEG or PNG, to bytes as they are stored: no gamma, no rotation.
 *
 * Taken: JPEG in grey or colour (baseline or progressive, 8 bits), PNG in grey (1 to 8 bits), RGB
 * or palette (which become RGB), interlaced or not. Alpha a of 255 and a transparent colour are put
 * onto white, as stored: (a x + (255 - a) 255) / 255, rounded. Not taken: 16 bits, CMYK. */
#ifndef FA_FORMATS_IMAGE_FILE_H
#define FA_FORMATS_IMAGE_FILE_H

#include "base/status.h"

#include <stdbool.h>

typedef struct fa__image {
    size_t height, width, channels; /* channels: 1 grey, 3 RGB */
    bool transparent;               /* as it is stored; its pixels are put onto white */
    bool moving;                    /* a PNG of several frames; its pixels are the first one's */
    bool turned;                    /* EXIF says that a viewer turns it; its pixels are not */
} fa__image;

static inline bool fa__image_equal(const fa__image *a, const fa__image *b) {
    return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

/* Reads an image by its content. `where` names it in messages.
 *
 * found     the size that it has
 * pixels    [height, width, channels] of `wanted`; filled only if *found equals that. NULL: only
 *           the size is read
 *
 * Errors: FA_E_FORMAT not an image, damaged, cut short, or a form that is not taken (with the
 * command that makes one that is); FA_E_UNAVAILABLE naming the library left out of this build.
 * Whatever happens, nothing stays allocated. */
fa_status fa__image_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                         const unsigned char *bytes, size_t size, const char *where);

/* The two formats behind it. */
fa_status fa__jpeg_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                        const unsigned char *bytes, size_t size, const char *where);
fa_status fa__png_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                       const unsigned char *bytes, size_t size, const char *where);

/* Versions of their libraries; NULL: not built in. */
const char *fa__jpeg_version(void);
const char *fa__png_version(void);

#endif
