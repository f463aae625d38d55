/* A PNG of one image, by libpng. */
#include "report/page.h"

#include "base/memory.h"

#ifdef FA_HAVE_PNG
#include <png.h>

bool fa__png_is_there(void) {
    return true;
}

fa_status fa__png(fa__writer *to, const uint8_t *pixels, size_t height, size_t width,
                  size_t channels) {
    fa_status status = FA_OK;
    unsigned char *file = NULL;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    FA_CHECK(FA_NEW(file, size));
    if (!png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL))
        FA_CHECK(
            fa__fail(FA_E_NOMEM, "a PNG of %zu x %zu pixels: %s", height, width, image.message));
    fa__writer_print(to, "data:image/png;base64,");
    fa__base64(to, file, size);
done:
    fa__free(file);
    return status;
}

#else

bool fa__png_is_there(void) {
    return false;
}

fa_status fa__png(fa__writer *to, const uint8_t *pixels, size_t height, size_t width,
                  size_t channels) {
    (void)to, (void)pixels, (void)height, (void)width, (void)channels;
    return fa__fail(FA_E_UNAVAILABLE, "PNG images need libpng, which is not built in: install "
                                      "libpng-dev and build again");
}
#endif
