/* Vectors out of .npy matrices, images out of arrays of bytes. */
#include "formats/matrix.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/stop.h"
#include "formats/columns.h"
#include "formats/fallen.h"
#include "formats/labels.h"
#include "formats/missing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool fa__matrix_recognise(const fa__source *source) {
    return source->bytes != NULL && fa__npy_recognise(source->bytes, source->size);
}

bool fa__matrix_is_floats(const fa__npy *array) {
    return array->kind == 'f' && array->item == sizeof(float) && !array->big && !array->fortran &&
           (uintptr_t)array->data % _Alignof(float) == 0;
}

static fa_status take_values(fa_dataset *set, fa__missing *missed, const fa__npy *array,
                             const char *where) {
    float *to = set->values.numbers;
    for (size_t i = 0; i < array->rows; i++) {
        FA_TRY(fa__stop_check());
        for (size_t k = 0; k < array->columns; k++, to++) {
            if (set->values.borrowed && isfinite(*to)) continue;
            double value = fa__npy_less(array, i, k, fa_dataset_shift(set, k));
            if (!set->values.borrowed)
                *to = fabs(value) < 0x1.ffffffp127 ? (float)value : NAN; /* beyond: no float32 */
            if (isnan(value) && missed->count++ == 0)
                snprintf(missed->first, sizeof missed->first, "row %zu, column %zu (both from 0)",
                         i, k);
            if (!isnan(value) && !isfinite(*to))
                return fa__fail(FA_E_NONFINITE,
                                "%s: row %zu, column %zu: %g is not a finite float32; divide the "
                                "column, or take such rows out",
                                where, i, k, value);
        }
    }
    return FA_OK;
}

fa_status fa__matrix_note(fa_dataset *set, const fa__npy *array) {
    double *values;
    size_t rows = fa__fallen_rows(array->rows, array->columns), d = array->columns;
    if (array->item < 4 || (array->kind == 'f' && array->item < 8)) return FA_OK;
    FA_TRY(FA_NEW(values, rows * d));
    for (size_t i = 0; i < rows * d; i++)
        values[i] = fa__npy_less(array, i / d, i % d, fa_dataset_shift(set, i % d));
    fa__fallen_note(set, values, rows);
    fa__free(values);
    return FA_OK;
}

fa_status fa__matrix_take(fa_dataset **out, fa__missing *missed, const fa__npy *array,
                          const fa__source *source, const char *where) {
    fa_dataset *set;
    if (array->rank != 2)
        return fa__fail(FA_E_SHAPE,
                        "%s: is one row of %zu numbers; vectors are [n, d] (one feature: save "
                        "array.reshape(-1, 1))",
                        where, array->rows);
    FA_TRY(fa__dataset_create(&set, FA_KIND_VECTORS));
    fa_status status = FA_OK;
    set->n = array->rows;
    if (source != NULL && source->mapped && fa__matrix_is_floats(array)) {
        set->values.borrowed = true;
        set->values.numbers = (float *)(uintptr_t)array->data;
    } else
        status = FA_NEW(set->values.numbers, array->rows * array->columns);
    set->features = array->columns;
    if (status == FA_OK) status = fa__npy_shift(&set->values.shift, array);
    if (status == FA_OK) status = take_values(set, missed, array, where);
    if (status == FA_OK) status = fa__matrix_note(set, array);
    if (status == FA_OK)
        *out = set;
    else
        fa_dataset_free(set);
    return status;
}

enum { ADVICE = 320 };

/* Whole numbers of 10 to 16 bits, of which the upper 8 are kept. */
static void fewer_bits(char out[ADVICE], double high) {
    int bits = high < 1024 ? 10 : high < 4096 ? 12 : high < 16384 ? 14 : 16;
    if (bits == 16)
        fa__format(out, ADVICE, "they go to %.0f: save (array // 257).astype('uint8') of 16 bits",
                   high);
    else
        fa__format(out, ADVICE,
                   "they go to %.0f: save (array // %d).astype('uint8') of %d bits, (array // 257) "
                   "of 16",
                   high, 1 << (bits - 8), bits);
}

/* How these values become bytes: by their range, as a cast would wrap them or make them 0. */
static const char *as_bytes(char out[ADVICE], const fa__npy *array) {
    double low = (double)INFINITY, high = (double)-INFINITY;
    for (size_t i = 0; i < array->rows; i++)
        for (size_t k = 0; k < array->columns; k++) {
            double value = fa__npy_at(array, i, k);
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
    if (low >= 0 && high <= 1 && array->kind == 'f')
        fa__format(out, ADVICE, "they go from 0 to 1: save (array * 255).round().astype('uint8')");
    else if (low == 0 && high == 1)
        fa__format(out, ADVICE, "they are 0 and 1: save array.astype('uint8') * 255");
    else if (low >= 0 && high <= 255)
        fa__format(out, ADVICE, "save array.round().astype('uint8')");
    else if (low >= 0 && high <= 65535 && array->kind != 'f')
        fewer_bits(out, high);
    else
        fa__format(out, ADVICE, "save ((array - %.6g) * (255 / %.6g)).round().astype('uint8')", low,
                   high - low);
    return out;
}

/* How an array of 3 dimensions is stored if it holds series: there are more steps than channels. */
static const char *as_series(const fa__npy *array) {
    if (array->rank != 3) return "";
    return array->shape[1] > array->shape[2]
               ? "; series, [n, steps, channels], are stored as .npz of points and offsets: "
                 "np.savez('s.npz', points=array.reshape(-1, array.shape[2]), "
                 "offsets=np.arange(len(array) + 1) * array.shape[1])"
               : "; series, [n, channels, steps], are stored as .npz of points and offsets: "
                 "np.savez('s.npz', points=array.transpose(0, 2, 1).reshape(-1, array.shape[1]), "
                 "offsets=np.arange(len(array) + 1) * array.shape[2])";
}

/* Where the channels may be: as torch has them, or as the .mat files of SVHN, or more than colours. */
static const char *as_channels_last(const fa__npy *array) {
    const size_t *shape = array->shape;
    bool first = shape[1] == 1 || shape[1] == 3, third = shape[2] == 1 || shape[2] == 3;
    if (!first && third) return "samples last? save array.transpose(3, 0, 1, 2).copy()";
    if (shape[3] == 4) return "with transparency? save array[..., :3].copy()";
    if (shape[3] == 2) return "grey with transparency? save array[..., :1].copy()";
    return first ? "channels first? save array.transpose(0, 2, 3, 1).copy()"
                 : "vectors: save array.reshape(len(array), -1)";
}

fa_status fa__matrix_images(fa_dataset **out, const fa__npy *array, const fa__source *source,
                            const char *where) {
    size_t channels = array->rank == 4 ? array->shape[3] : 1;
    fa_dataset *set;
    if (array->kind != 'u' || array->item != 1) {
        char bytes[ADVICE];
        return fa__fail(FA_E_FORMAT,
                        "%s: the array has %zu dimensions, as images have, but these are unsigned "
                        "bytes from 0 to 255 (%s); vectors are [n, d] (array.reshape(len(array), "
                        "-1))%s",
                        where, array->rank, as_bytes(bytes, array), as_series(array));
    }
    if (channels != 1 && channels != 3)
        return fa__fail(FA_E_SHAPE,
                        "%s: the array is [%zu, %zu, %zu, %zu]; images are [n, height, width, "
                        "channels] of 1 or 3 channels (%s)",
                        where, array->shape[0], array->shape[1], array->shape[2], channels,
                        as_channels_last(array));
    FA_TRY(fa__dataset_create(&set, FA_KIND_IMAGES));
    set->n = array->rows;
    set->values.height = array->shape[1];
    set->values.width = array->shape[2];
    set->values.channels = channels;
    set->features = array->columns;
    set->values.borrowed = source != NULL && source->mapped;
    set->values.pixels = (unsigned char *)(uintptr_t)array->data;
    if (!set->values.borrowed) {
        fa_status status = FA_NEW(set->values.pixels, array->rows * array->columns);
        if (status != FA_OK) {
            fa_dataset_free(set);
            return status;
        }
        memcpy(set->values.pixels, array->data, array->rows * array->columns);
    }
    *out = set;
    return FA_OK;
}

bool fa__matrix_labels_beside(char out[FA__PATH_MAX], const char *path) {
    static const char *const ends[] = {"-labels.npy", "-labels.txt"};
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".npy") == 0) length -= 4;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int size = snprintf(out, FA__PATH_MAX, "%.*s%s", (int)length, path, ends[i]);
        if (size > 0 && size < FA__PATH_MAX && fa__file_exists(out)) return true;
    }
    return false;
}

fa_status fa__matrix_read(fa_dataset **out, const fa__source *source,
                          const fa_read_options *options) {
    fa_status status = FA_OK;
    fa_dataset *set = NULL;
    fa__missing missed = {0};
    fa__npy array;
    char beside[FA__PATH_MAX];
    FA_TRY(fa__npy_parse_deep(&array, source->bytes, source->size, source->path));
    FA_TRY(array.rank > 2 ? fa__matrix_images(&set, &array, source, source->path)
                          : fa__matrix_take(&set, &missed, &array, source, source->path));
    if (options->hidden_file == NULL && fa__matrix_labels_beside(beside, source->path))
        FA_CHECK(fa__labels_read_for(&set->labels.classes, set->n, beside, source->path));
    if (missed.count > 0 && options->missing != NULL && set->values.borrowed)
        FA_CHECK(fa__file_map_own((unsigned char *)(uintptr_t)source->bytes, source->size));
    if (set->kind == FA_KIND_VECTORS)
        FA_CHECK(fa__missing_fill(set, &missed, missed.count > 0 ? options->missing : NULL,
                                  source->path));
    *out = set;
    set = NULL;
done:
    fa__free(missed.fill);
    fa_dataset_free(set);
    return status;
}
