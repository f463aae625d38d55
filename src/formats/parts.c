/* Vectors or images in several .npy files, numbered in their order. None of them is copied, however
 * small it is: there may be thousands. */
#define _POSIX_C_SOURCE 200809L
#include "formats/parts.h"

#include "base/file.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "formats/folder.h"
#include "formats/labels.h"
#include "formats/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char start[] = "part-", end[] = ".npy";
enum { DIGITS_MOST = 18 };

/* ==== Names ==== */

/* A file by its number; digits: how the number is written. */
typedef struct part {
    uint64_t number;
    char name[sizeof start + DIGITS_MOST + sizeof end];
} part;

typedef struct listing {
    part *parts;
    size_t count, capacity;
    char strange[64]; /* the first that begins and ends so without a number, "": none */
} listing;

/* "part-DIGITS.npy"; strange: it begins and ends so, and has no number. */
static bool is_part(part *out, bool *strange, const char *name) {
    size_t length = strlen(name), front = sizeof start - 1, back = sizeof end - 1;
    *strange = false;
    if (length < front + back || memcmp(name, start, front) != 0 ||
        strcmp(name + length - back, end) != 0)
        return false;
    size_t digits = strspn(name + front, "0123456789");
    *strange = digits == 0 || digits != length - front - back || digits > DIGITS_MOST;
    if (*strange) return false;
    out->number = strtoull(name + front, NULL, 10);
    memcpy(out->name, name, length + 1);
    return true;
}

static int by_number(const void *a, const void *b) {
    const part *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->name, y->name);
}

static fa_status list_parts(listing *list, const char *folder) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        part found;
        bool strange;
        bool is = is_part(&found, &strange, name);
        if (strange && (list->strange[0] == '\0' || strcmp(name, list->strange) < 0))
            snprintf(list->strange, sizeof list->strange, "%s", name);
        if (!is) continue;
        part *grown = fa__grow(list->parts, &list->capacity, list->count + 1, sizeof *grown);
        if (grown == NULL) FA_CHECK(fa__nomem(list->count + 1, sizeof *grown));
        list->parts = grown;
        grown[list->count++] = found;
    }
    if (list->count > 1) qsort(list->parts, list->count, sizeof *list->parts, by_number);
done:
    fa__folder_close(&at);
    return status;
}

/* Each number once, from 0 or 1 on. */
static fa_status check_numbers(const listing *list, const char *folder) {
    const part *p = list->parts;
    if (list->strange[0] != '\0')
        return fa__fail(FA_E_FORMAT,
                        "%s: %s has no number of a part: they are part-0.npy, part-1.npy, ...; "
                        "labels are named by --labels and --hidden",
                        folder, list->strange);
    if (p[0].number > 1)
        return fa__fail(FA_E_FORMAT,
                        "%s: the first part is %s: parts are numbered from 0 or 1, without a gap",
                        folder, p[0].name);
    for (size_t i = 1; i < list->count; i++) {
        if (p[i].number == p[i - 1].number)
            return fa__fail(FA_E_FORMAT, "%s: %s and %s have the same number", folder,
                            p[i - 1].name, p[i].name);
        if (p[i].number != p[i - 1].number + 1)
            return fa__fail(FA_E_FORMAT, "%s: part %llu is missing: after %s comes %s", folder,
                            (unsigned long long)p[i - 1].number + 1, p[i - 1].name, p[i].name);
    }
    return FA_OK;
}

static fa_status is_known(bool *yes, const char *folder, const char *name) {
    (void)folder;
    part found;
    bool strange;
    *yes = is_part(&found, &strange, name);
    return FA_OK;
}

fa_status fa__parts_look(bool *known, const fa__source *source) {
    return fa__folder_any(known, source->path, is_known);
}

/* ==== Values ==== */

/* What a part must hold: numbers as they lie in memory. */
static fa_status check_form(const fa__npy *array, const char *where) {
    bool images = array->rank > 2;
    if (array->rank == 1)
        return fa__fail(FA_E_SHAPE,
                        "%s: is one row of %zu numbers; vectors are [n, d] (one feature: save "
                        "array.reshape(-1, 1))",
                        where, array->rows);
    if (!images && !fa__matrix_is_floats(array))
        return fa__fail(FA_E_FORMAT,
                        "%s: a part is read where it lies: float32 in C order, or images of bytes "
                        "(save np.ascontiguousarray(array, 'float32'))",
                        where);
    if (images && (array->kind != 'u' || array->item != 1))
        return fa__fail(FA_E_FORMAT,
                        "%s: has %zu dimensions, as images have: these are bytes from 0 to 255 "
                        "(array.astype('uint8')); vectors are [n, d] of float32",
                        where, array->rank);
    if (array->rank == 4 && array->shape[3] != 1 && array->shape[3] != 3)
        return fa__fail(FA_E_SHAPE,
                        "%s: images are [n, height, width, channels] of 1 or 3 channels, not %zu",
                        where, array->shape[3]);
    return FA_OK;
}

static fa_status check_alike(const fa__npy *array, const fa__npy *first, const char *where,
                             const char *first_name) {
    bool alike = array->rank == first->rank;
    for (size_t i = 1; alike && i < array->rank; i++) alike = array->shape[i] == first->shape[i];
    if (alike) return FA_OK;
    return fa__fail(FA_E_SHAPE,
                    "%s: has %zu dimensions and %zu numbers a row, %s %zu and %zu: parts are of "
                    "one shape but for their rows",
                    where, array->rank, array->columns, first_name, first->rank, first->columns);
}

/* A place that is not finite ends the reading: the file is not mended. */
static fa_status check_finite(const fa__npy *array, const char *where) {
    const float *x = (const float *)(const void *)array->data;
    size_t d = array->columns;
    for (size_t i = 0; i < array->rows; i++) {
        FA_TRY(fa__stop_check());
        size_t k = fa__first_nonfinite(x + i * d, d);
        if (k < d)
            return fa__fail(
                FA_E_NONFINITE,
                "%s: row %zu, column %zu (both from 0) is %g; parts are read where they "
                "lie, and nothing is filled in: do so in the file, or leave such rows "
                "out",
                where, i, k, (double)x[i * d + k]);
    }
    return FA_OK;
}

static void take_form(fa_dataset *set, const fa__npy *array) {
    set->features = array->columns;
    if (array->rank == 2) return;
    set->kind = FA_KIND_IMAGES;
    set->values.height = array->shape[1];
    set->values.width = array->shape[2];
    set->values.channels = array->rank == 4 ? array->shape[3] : 1;
}

/* Maps part p, and adds its rows. */
static fa_status take_part(fa_dataset *set, fa__npy *first, const listing *list, size_t p,
                           const char *folder) {
    char path[FA__PATH_MAX];
    fa__npy array;
    struct fa__part *file = &set->values.parts[p];
    FA_TRY(fa__path_join(path, folder, list->parts[p].name));
    file->map = fa__file_map(&file->map_size, path, 1);
    if (file->map == NULL)
        return fa__fail(FA_E_IO,
                        "%s: cannot be mapped: a part is a plain .npy file, not packed, that can "
                        "be read",
                        path);
    FA_TRY(fa__npy_parse_deep(&array, file->map, file->map_size, path));
    FA_TRY(check_form(&array, path));
    if (p == 0) *first = array;
    FA_TRY(check_alike(&array, first, path, list->parts[0].name));
    if (array.rank == 2) FA_TRY(check_finite(&array, path));
    set->values.blocks[p] = (fa__row_block){.values = array.data, .first = set->n};
    if (__builtin_add_overflow(set->n, array.rows, &set->n))
        return fa__fail(FA_E_SHAPE, "%s: the rows of the parts overflow", path);
    return FA_OK;
}

/* Without a '/' at its end, so that "-labels.npy" may follow. */
static fa_status name_of(char out[FA__PATH_MAX], const char *folder) {
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    int size = snprintf(out, FA__PATH_MAX, "%.*s", (int)length, folder);
    return size < FA__PATH_MAX ? FA_OK : fa__fail(FA_E_IO, "%s: the path is too long", folder);
}

fa_status fa__parts_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options) {
    fa_status status = FA_OK;
    fa_dataset *set = NULL;
    listing list = {0};
    fa__npy first = {0};
    fa__missing none = {0};
    char name[FA__PATH_MAX], beside[FA__PATH_MAX];
    FA_CHECK(list_parts(&list, source->path));
    FA_CHECK(check_numbers(&list, source->path));
    FA_CHECK(fa__dataset_create(&set, FA_KIND_VECTORS));
    FA_CHECK(FA_NEW(set->values.blocks, list.count));
    FA_CHECK(FA_NEW_ZERO(set->values.parts, list.count));
    set->values.n_parts = list.count;
    for (size_t p = 0; p < list.count; p++)
        FA_CHECK(take_part(set, &first, &list, p, source->path));
    take_form(set, &first);
    FA_CHECK(name_of(name, source->path));
    if (options->hidden_file == NULL && fa__matrix_labels_beside(beside, name))
        FA_CHECK(fa__labels_read_for(&set->labels.classes, set->n, beside, source->path));
    if (set->kind == FA_KIND_VECTORS) FA_CHECK(fa__missing_fill(set, &none, NULL, source->path));
    *out = set;
    set = NULL;
done:
    fa__free(list.parts);
    fa_dataset_free(set);
    return status;
}
