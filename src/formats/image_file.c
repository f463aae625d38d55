/* Image files by their first bytes. */
#include "formats/image_file.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

/* What files with the wrong ending are, by their first bytes; NULL: not known. */
static const char *kind_of(const unsigned char *bytes, size_t size) {
    static const struct {
        const char *first;
        size_t at, size;
        const char *kind;
    } kinds[] = {
        {"WEBP", 8, 4, "WebP"},     {"GIF8", 0, 4, "GIF"},      {"II*\0", 0, 4, "TIFF"},
        {"MM\0*", 0, 4, "TIFF"},    {"BM", 0, 2, "BMP"},        {"ftypheic", 4, 8, "HEIC"},
        {"ftypmif1", 4, 8, "HEIC"}, {"ftypavif", 4, 8, "AVIF"}, {"\0\0\0\fjP", 0, 6, "JPEG 2000"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size >= kinds[i].at + kinds[i].size &&
            memcmp(bytes + kinds[i].at, kinds[i].first, kinds[i].size) == 0)
            return kinds[i].kind;
    return NULL;
}

fa_status fa__image_read(fa__image *found, unsigned char *pixels, const fa__image *wanted,
                         const unsigned char *bytes, size_t size, const char *where) {
    static const unsigned char jpeg[3] = {0xff, 0xd8, 0xff},
                               png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    char hex[3 * 8 + 1] = "", quoted[FA__QUOTE_SIZE];
    size_t shown = size < 8 ? size : 8;
    if (size >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        return fa__jpeg_read(found, pixels, wanted, bytes, size, where);
    if (size >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return fa__png_read(found, pixels, wanted, bytes, size, where);
    if (size == 0) return fa__fail(FA_E_FORMAT, "%s: is empty, an image is wanted", where);
    if (kind_of(bytes, size) != NULL)
        return fa__fail(FA_E_FORMAT,
                        "%s: is %s, whatever its name; JPEG and PNG are read (ImageMagick: "
                        "mogrify -format png FILE)",
                        where, kind_of(bytes, size));
    if (bytes[0] == '<')
        return fa__fail(FA_E_FORMAT,
                        "%s: is no image but a page of HTML or XML (a failed download?)", where);
    for (size_t i = 0; i < shown; i++) snprintf(hex + 3 * i, sizeof hex - 3 * i, "%02x ", bytes[i]);
    return fa__fail(FA_E_FORMAT, "%s: begins with %s('%s'), which is neither JPEG nor PNG", where,
                    hex, fa__quote(quoted, bytes, shown));
}
