/* PNG by libpng. The only file that decodes by png.h. */
#include "formats/image_file.h"

#ifdef FA_HAVE_PNG
#include "base/memory.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

enum { SIDE_MAX = 65535 }; /* as JPEG has it */

/* All that changes between setjmp and longjmp lies in here, not in locals. */
typedef struct reading {
    png_structp png;
    png_infop info;
    jmp_buf back;
    char said[128];
    const char *not_taken; /* NULL: it is */
    fa__image *found;
    unsigned char *pixels;
    const fa__image *wanted;
    const unsigned char *bytes;
    size_t size, at;
    unsigned char *layered; /* [height, width, channels + alpha] of a transparent image */
    bool full;              /* there was no memory for it */
} reading;

static void give_up(png_structp png, png_const_charp said) {
    reading *r = png_get_error_ptr(png);
    snprintf(r->said, sizeof r->said, "%s", said);
    longjmp(r->back, 1);
}

/* Remarks on chunks that leave the pixels whole. */
static void say_nothing(png_structp png, png_const_charp said) {
    (void)png, (void)said;
}

static void take_bytes(png_structp png, png_bytep to, size_t count) {
    reading *r = png_get_io_ptr(png);
    if (count > r->size - r->at) png_error(png, "it ends too early (cut short?)");
    memcpy(to, r->bytes + r->at, count);
    r->at += count;
}

/* Whether the chunks in front of the pixels tell of more frames than one (APNG). */
static bool is_moving(const unsigned char *bytes, size_t size) {
    enum { SIGNATURE = 8, AROUND = 12 }; /* a chunk: length, name, data, checksum */
    for (size_t at = SIGNATURE; at + AROUND + 4 <= size;) {
        const unsigned char *chunk = bytes + at;
        size_t length =
            (size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3];
        if (memcmp(chunk + 4, "IDAT", 4) == 0) return false;
        if (memcmp(chunk + 4, "acTL", 4) == 0)
            return (chunk[8] | chunk[9] | chunk[10]) != 0 || chunk[11] > 1;
        if (length > size - at - AROUND) return false;
        at += AROUND + length;
    }
    return false;
}

/* The size, and how the rows are to come out. */
static void read_header(reading *r) {
    png_read_info(r->png, r->info);
    int colour = png_get_color_type(r->png, r->info);
    r->found->height = png_get_image_height(r->png, r->info);
    r->found->width = png_get_image_width(r->png, r->info);
    r->found->channels = (colour & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    if (png_get_bit_depth(r->png, r->info) == 16)
        r->not_taken = "has 16 bits a channel; 8 are taken (ImageMagick: mogrify -depth 8 FILE)";
    r->found->moving = is_moving(r->bytes, r->size);
    r->found->transparent =
        (colour & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(r->png, r->info, PNG_INFO_tRNS) != 0;
}

/* Pixels with their alpha onto white. (libpng would mix in linear light where a file names its
 * gamma; what shows images elsewhere does not.) */
static void put_onto_white(reading *r) {
    size_t channels = r->wanted->channels, count = r->wanted->height * r->wanted->width;
    const unsigned char *from = r->layered;
    unsigned char *to = r->pixels;
    for (size_t i = 0; i < count; i++, from += channels + 1)
        for (size_t c = 0; c < channels; c++) {
            unsigned alpha = from[channels];
            *to++ = (unsigned char)((alpha * from[c] + (255 - alpha) * 255 + 127) / 255);
        }
}

static void decode(reading *r) {
    png_set_user_limits(r->png, SIDE_MAX, SIDE_MAX);
    png_set_read_fn(r->png, r, take_bytes);
    read_header(r);
    if (r->not_taken != NULL || r->pixels == NULL || !fa__image_equal(r->found, r->wanted)) return;
    size_t row = r->wanted->width * (r->wanted->channels + r->found->transparent);
    unsigned char *rows = r->pixels;
    if (r->found->transparent) {
        rows = r->layered = fa__alloc(r->wanted->height, row);
        r->full = rows == NULL;
        if (r->full) return;
    }
    png_set_expand(r->png); /* palettes to RGB, few bits to 8, a transparent colour to alpha */
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    if (png_get_rowbytes(r->png, r->info) != row)
        png_error(r->png, "its rows are of another length than its header says");
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < r->wanted->height; y++) png_read_row(r->png, rows + y * row, NULL);
    png_read_end(r->png, NULL);
    if (r->found->transparent) put_onto_white(r);
}

static bool guarded(reading *r) {
    if (setjmp(r->back) != 0) return false;
    decode(r);
    return true;
}

fa_status fa__png_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                       const unsigned char *bytes, size_t size, const char *where) {
    reading r = {.found = found, .pixels = pixels, .wanted = wanted, .bytes = bytes, .size = size};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, give_up, say_nothing);
    r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
    bool started = r.info != NULL, whole = started && guarded(&r);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    fa__free(r.layered);
    if (r.full) return fa__nomem(wanted->height * wanted->width, wanted->channels + 1);
    if (!started) return fa__fail(FA_E_NOMEM, "%s: no memory for libpng", where);
    if (!whole) return fa__fail(FA_E_FORMAT, "%s: the PNG cannot be read: %s", where, r.said);
    if (r.not_taken != NULL) return fa__fail(FA_E_FORMAT, "%s: %s", where, r.not_taken);
    return FA_OK;
}

const char *fa__png_version(void) {
    return PNG_LIBPNG_VER_STRING;
}

#else

const char *fa__png_version(void) {
    return NULL;
}

fa_status fa__png_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                       const unsigned char *bytes, size_t size, const char *where) {
    (void)found, (void)pixels, (void)wanted, (void)bytes, (void)size;
    return fa__fail(FA_E_UNAVAILABLE, "%s: PNG is not built in: install libpng-dev and build again",
                    where);
}

#endif
