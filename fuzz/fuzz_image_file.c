/* libFuzzer entry: JPEG and PNG, first for their size, then for their pixels. How to run:
 * fuzz/README.md. */
#include "base/memory.h"
#include "formats/image_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    enum { SIDE_MAX = 512 }; /* what a few bytes ask for beyond costs time and shows nothing new */
    fa__image found = {0}, again = {0};
    if (fa__image_read(&found, NULL, NULL, bytes, size, "fuzz") != FA_OK ||
        found.height > SIDE_MAX || found.width > SIDE_MAX)
        return 0;
    if (found.channels != 1 && found.channels != 3) __builtin_trap();
    size_t count = found.height * found.width * found.channels;
    unsigned char *pixels = fa__alloc(count + 1, 1);
    if (pixels == NULL) __builtin_trap();
    pixels[count] = 77; /* what lies behind stays */
    if (fa__image_read(&again, pixels, &found, bytes, size, "fuzz") == FA_OK &&
        !fa__image_equal(&found, &again))
        __builtin_trap();
    /* Another size than is wanted: nothing is written. */
    const fa__image other = {found.height + 1, found.width, found.channels, false, false, false};
    memset(pixels, 78, count);
    (void)fa__image_read(&again, pixels, &other, bytes, size, "fuzz");
    for (size_t i = 0; i < count; i++)
        if (pixels[i] != 78) __builtin_trap();
    if (pixels[count] != 77) __builtin_trap();
    fa__free(pixels);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
