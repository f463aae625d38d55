/* The IDX format: bytes 0 and 1 are zero, byte 2 is the element type (8: unsigned byte), byte 3 the
 * number of dimensions; then each size as a big-endian 32-bit number; then the elements.
 * http://yann.lecun.com/exdb/mnist/ */
#include "formats/idx.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <string.h>

enum { MAGIC_IMAGES = 0x00000803, MAGIC_LABELS = 0x00000801, TYPE_BYTE = 8, RANK_MAX = 3 };

bool fa__idx_recognise(const unsigned char *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0 && bytes[1] == 0;
}

static fa_status wrong_magic(uint32_t found, uint32_t wanted, const char *where) {
    const char *what = wanted == MAGIC_IMAGES ? "images" : "labels";
    if (found == MAGIC_LABELS || found == MAGIC_IMAGES)
        return fa__fail(FA_E_FORMAT, "%s: holds IDX %s (magic 0x%08x), IDX %s (0x%08x) are wanted",
                        where, found == MAGIC_LABELS ? "labels" : "images", (unsigned)found, what,
                        (unsigned)wanted);
    if (found >> 16 == 0 && (found & 255) == (wanted & 255) && (found >> 8 & 255) >= 9 &&
        (found >> 8 & 255) <= 14)
        return fa__fail(FA_E_FORMAT,
                        "%s: the element type of this IDX file is 0x%02x, only unsigned bytes "
                        "(0x%02x) can be read",
                        where, (unsigned)(found >> 8 & 255), TYPE_BYTE);
    return fa__fail(FA_E_FORMAT, "%s: begins with magic 0x%08x; IDX %s begin with 0x%08x", where,
                    (unsigned)found, what, (unsigned)wanted);
}

/* Checks the header and that exactly the elements it claims follow. shape [magic & 255]. */
static fa_status check_header(size_t *shape, const unsigned char *bytes, size_t size,
                              uint32_t magic, const char *where) {
    size_t rank = magic & 255, header = 4 + 4 * rank, count = 1;
    if (size >= 4 && fa__load_big(bytes, 4) != magic)
        return wrong_magic((uint32_t)fa__load_big(bytes, 4), magic, where);
    if (size < header)
        return fa__fail(FA_E_FORMAT, "%s: has %zu bytes, its IDX header alone takes %zu", where,
                        size, header);
    for (size_t i = 0; i < rank; i++) {
        shape[i] = (size_t)fa__load_big(bytes + 4 + 4 * i, 4);
        if (shape[i] == 0)
            return fa__fail(FA_E_FORMAT, "%s: size %zu of %zu in the IDX header is 0", where, i + 1,
                            rank);
        if (__builtin_mul_overflow(count, shape[i], &count))
            return fa__fail(FA_E_FORMAT, "%s: the sizes in the IDX header overflow", where);
    }
    if (count != size - header)
        return fa__fail(FA_E_FORMAT,
                        "%s: %s: the IDX header claims %zu records, %zu bytes of data, the file "
                        "has %zu; fetch it again",
                        where, count > size - header ? "is cut short" : "is too long", shape[0],
                        count, size - header);
    return FA_OK;
}

fa_status fa__idx_images_parse(fa_dataset **out, const unsigned char *bytes, size_t size, bool stay,
                               const char *where) {
    size_t shape[RANK_MAX];
    FA_TRY(check_header(shape, bytes, size, MAGIC_IMAGES, where));
    fa_status status = FA_OK;
    fa_dataset *images;
    FA_TRY(fa__dataset_create(&images, FA_KIND_IMAGES));
    images->n = shape[0];
    images->values.height = shape[1];
    images->values.width = shape[2];
    images->values.channels = 1;
    images->features = shape[1] * shape[2];
    images->values.borrowed = stay;
    if (stay) {
        images->values.pixels = (unsigned char *)(uintptr_t)bytes + 4 + 4 * RANK_MAX;
    } else {
        FA_CHECK(FA_NEW(images->values.pixels, images->n * images->features));
        memcpy(images->values.pixels, bytes + 4 + 4 * RANK_MAX, images->n * images->features);
    }
    *out = images;
    return FA_OK;
done:
    fa_dataset_free(images);
    return status;
}

fa_status fa__idx_labels_parse(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                               const char *where) {
    size_t count = 0;
    int32_t *labels;
    FA_TRY(check_header(&count, bytes, size, MAGIC_LABELS, where));
    FA_TRY(FA_NEW(labels, count));
    for (size_t i = 0; i < count; i++) labels[i] = bytes[8 + i];
    *out = labels;
    *n = count;
    return FA_OK;
}
