/* JPEG by libjpeg-turbo. The only file that decodes by jpeglib.h. */
#include "formats/image_file.h"

#ifdef FA_HAVE_JPEG
#include "base/bytes.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* All that changes between setjmp and longjmp lies in here, not in locals. */
typedef struct reading {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf back;
    char said[JMSG_LENGTH_MAX];
    fa__image *found;
    unsigned char *pixels;
    const fa__image *wanted;
    const unsigned char *bytes;
    size_t size;
} reading;

static void give_up(j_common_ptr jpeg) {
    reading *r = jpeg->client_data;
    jpeg->err->format_message(jpeg, r->said);
    longjmp(r->back, 1);
}

/* libjpeg only warns of damaged or missing data and makes pixels up: for training that is an error.
 * What remains are remarks on markers that leave the pixels whole. */
static void hear_message(j_common_ptr jpeg, int level) {
    int code = jpeg->err->msg_code;
    bool harmless =
        code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
    if (level < 0 && !harmless) give_up(jpeg);
}

static void say_nothing(j_common_ptr jpeg) {
    (void)jpeg;
}

/* EXIF: "Exif", two zeros, and a TIFF whose first folder may have the orientation, 1: as it is. */
static bool is_turned(const unsigned char *bytes, size_t size) {
    enum { HEAD = 6, ENTRY = 12, ORIENTATION = 0x112 };
    if (size < HEAD + 8 || memcmp(bytes, "Exif\0", HEAD) != 0) return false;
    const unsigned char *tiff = bytes + HEAD;
    bool big = tiff[0] == 'M';
    uint64_t (*load)(const unsigned char *, size_t) = big ? fa__load_big : fa__load_little;
    size_t room = size - HEAD, at = (size_t)load(tiff + 4, 4);
    if (at > room || room - at < 2) return false;
    size_t count = (size_t)load(tiff + at, 2), fit = (room - at - 2) / ENTRY;
    for (size_t i = 0; i < count && i < fit; i++) {
        const unsigned char *entry = tiff + at + 2 + i * ENTRY;
        if (load(entry, 2) == ORIENTATION) return load(entry + 8, 2) > 1 && load(entry + 8, 2) < 9;
    }
    return false;
}

static void decode(reading *r) {
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, r->bytes, r->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    r->found->turned = false;
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next)
        r->found->turned = r->found->turned || is_turned(m->data, m->data_length);
    r->found->height = jpeg->image_height;
    r->found->width = jpeg->image_width;
    r->found->channels = (size_t)jpeg->num_components;
    if (r->pixels == NULL || !fa__image_equal(r->found, r->wanted)) return;
    jpeg->out_color_space = r->wanted->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = r->pixels + jpeg->output_scanline * r->wanted->width * r->wanted->channels;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
}

static bool guarded(reading *r) {
    if (setjmp(r->back) != 0) return false;
    decode(r);
    return true;
}

fa_status fa__jpeg_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                        const unsigned char *bytes, size_t size, const char *where) {
    reading r = {.found = found, .pixels = pixels, .wanted = wanted, .bytes = bytes, .size = size};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.jpeg.client_data = &r; /* creating it may fail, too; it keeps these two */
    r.errors.error_exit = give_up;
    r.errors.emit_message = hear_message;
    r.errors.output_message = say_nothing;
    bool whole = guarded(&r);
    jpeg_destroy_decompress(&r.jpeg);
    if (!whole) return fa__fail(FA_E_FORMAT, "%s: the JPEG cannot be read: %s", where, r.said);
    if (found->channels != 1 && found->channels != 3)
        return fa__fail(FA_E_FORMAT,
                        "%s: is a JPEG of %zu channels (CMYK?); grey and RGB are taken "
                        "(ImageMagick: mogrify -colorspace sRGB FILE)",
                        where, found->channels);
    return FA_OK;
}

const char *fa__jpeg_version(void) {
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
#ifdef LIBJPEG_TURBO_VERSION
    return TEXT(LIBJPEG_TURBO_VERSION);
#else
    return TEXT(JPEG_LIB_VERSION);
#endif
}

#else

const char *fa__jpeg_version(void) {
    return NULL;
}

fa_status fa__jpeg_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                        const unsigned char *bytes, size_t size, const char *where) {
    (void)found, (void)pixels, (void)wanted, (void)bytes, (void)size;
    return fa__fail(FA_E_UNAVAILABLE,
                    "%s: JPEG is not built in: install libjpeg-dev and build again", where);
}

#endif
