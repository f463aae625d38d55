/* CIFAR-10: five batches to train on, one to test, and the names of the classes. */
#include "formats/cifar.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/labels.h"
#include "formats/tar.h"

#include <string.h>

enum { SIDE = 32, PLANE = SIDE * SIDE, CHANNELS = 3, RECORD = 1 + CHANNELS * PLANE, CLASSES = 10 };
enum { TRAIN_BATCHES = 5, NAMES = 6, TEST = 5, MEMBERS = 7 };

static const char *const file_names[MEMBERS] = {
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
    "data_batch_5.bin", "test_batch.bin",   "batches.meta.txt"};
static const char subfolder[] = "cifar-10-batches-bin";

/* ==== What it is ==== */

static bool has_file(const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    return fa__path_join(path, folder, name) == FA_OK && fa__file_exists(path);
}

static bool is_folder_of_batches(const char *folder) {
    return has_file(folder, file_names[0]) || has_file(folder, file_names[TEST]);
}

/* The folder that the batches lie in: this one, or the one that the archive makes within it. */
static bool find_folder(char out[FA__PATH_MAX], const char *path) {
    if (is_folder_of_batches(path)) return fa__path_join(out, path, ".") == FA_OK;
    return fa__path_join(out, path, subfolder) == FA_OK && is_folder_of_batches(out);
}

/* Whole records, each beginning with a class. */
static bool is_batch(const fa__source *source) {
    if (source->size == 0 || source->size % RECORD != 0) return false;
    for (size_t at = 0; at < source->size; at += RECORD)
        if (source->bytes[at] >= CLASSES) return false;
    return true;
}

/* CIFAR-100 as it is published: records of a coarse label, a class, and the image. */
static bool is_hundred(const fa__source *source) {
    enum { LONGER = RECORD + 1, COARSE = 20, FINE = 100 };
    if (source->size == 0 || source->size % LONGER != 0) return false;
    for (size_t at = 0; at < source->size; at += LONGER)
        if (source->bytes[at] >= COARSE || source->bytes[at + 1] >= FINE) return false;
    return true;
}

/* A file that is one by its name and begins as one, and is damaged. */
static bool is_meant(const fa__source *source) {
    size_t length = strlen(source->path);
    return length > 4 && strcmp(source->path + length - 4, ".bin") == 0 && source->size > RECORD &&
           source->bytes[0] < CLASSES;
}

/* Folders of the other forms. */
static bool is_python(const char *folder) {
    return has_file(folder, "data_batch_1") || has_file(folder, "test_batch") ||
           has_file(folder, "cifar-10-batches-py/data_batch_1");
}

static bool is_hundred_python(const char *folder) {
    return has_file(folder, "cifar-100-python/train") ||
           (has_file(folder, "meta") && has_file(folder, "train") && has_file(folder, "test"));
}

static bool is_hundred_folder(const char *folder) {
    static const char *const within[] = {"fine_label_names.txt", "cifar-100-binary/train.bin"};
    size_t length = strlen(folder);
    bool named = length >= 16 && strcmp(folder + length - 16, "cifar-100-binary") == 0;
    for (size_t i = 0; i < sizeof within / sizeof *within; i++)
        if (has_file(folder, within[i])) return true;
    return (named && has_file(folder, "train.bin")) || is_hundred_python(folder);
}

bool fa__cifar_recognise(const fa__source *source) {
    char folder[FA__PATH_MAX];
    if (source->bytes == NULL)
        return find_folder(folder, source->path) || is_python(source->path) ||
               is_hundred_folder(source->path);
    if (fa__tar_recognise(source))
        return fa__tar_has(source, file_names[0]) || fa__tar_has(source, file_names[TEST]);
    return is_batch(source) || is_hundred(source) || is_meant(source);
}

/* ==== Reading ==== */

static fa_status check_batch(const fa__member *m, const char *where) {
    if (m->size == 0 || m->size % RECORD != 0)
        return fa__fail(FA_E_FORMAT,
                        "%s: %s has %zu bytes, which are no whole records of %d bytes (cut short?)",
                        where, m->name, m->size, RECORD);
    for (size_t i = 0; i < m->size / RECORD; i++)
        if (m->bytes[i * RECORD] >= CLASSES)
            return fa__fail(FA_E_FORMAT,
                            "%s: %s: record %zu begins with class %d, 0 to %d are known", where,
                            m->name, i, m->bytes[i * RECORD], CLASSES - 1);
    return FA_OK;
}

/* Planes to interleaved channels. */
static void take_record(unsigned char *pixels, int32_t *class_, const unsigned char *record) {
    *class_ = record[0];
    for (size_t p = 0; p < PLANE; p++)
        for (size_t c = 0; c < CHANNELS; c++) pixels[p * CHANNELS + c] = record[1 + c * PLANE + p];
}

/* The data set of some batches, in their order. */
static fa_status from_batches(fa_dataset **out, const fa__member *batches, size_t count,
                              const char *where) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    size_t n = 0, at = 0;
    for (size_t i = 0; i < count; i++) {
        FA_TRY(check_batch(&batches[i], where));
        n += batches[i].size / RECORD;
    }
    FA_CHECK(fa__dataset_create(&made, FA_KIND_IMAGES));
    made->n = n;
    made->values.height = made->values.width = SIDE;
    made->values.channels = CHANNELS;
    made->features = CHANNELS * PLANE;
    FA_CHECK(FA_NEW(made->values.pixels, n * made->features));
    FA_CHECK(FA_NEW(made->labels.classes, n));
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < batches[i].size / RECORD; r++, at++)
            take_record(made->values.pixels + at * made->features, &made->labels.classes[at],
                        batches[i].bytes + r * RECORD);
    *out = made;
    return FA_OK;
done:
    fa_dataset_free(made);
    return status;
}

/* The wanted files of a folder; one that is not there stays NULL. */
static fa_status read_folder(fa__member *members, const char *path) {
    char folder[FA__PATH_MAX], file[FA__PATH_MAX];
    if (!find_folder(folder, path)) return fa__fail(FA_E_IO, "%s: is no CIFAR-10 folder", path);
    for (size_t i = 0; i < MEMBERS; i++) {
        if (members[i].name[0] == '\0') continue; /* not wanted */
        FA_TRY(fa__path_join(file, folder, members[i].name));
        if (fa__file_exists(file))
            FA_TRY(fa__file_read_plain(&members[i].bytes, &members[i].size, file));
    }
    return FA_OK;
}

/* A folder or archive: the batches of the split, and the names of the classes. */
static fa_status read_split(fa_dataset **out, const fa__source *source, const char *split) {
    fa_status status = FA_OK;
    fa_dataset *made = NULL;
    fa__member members[MEMBERS] = {0};
    if (split == NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: holds a train and a test split; say which (--split train, or test)",
                        source->path);
    bool test = strcmp(split, "test") == 0;
    size_t first = test ? TEST : 0, count = test ? 1 : TRAIN_BATCHES;
    for (size_t i = 0; i < MEMBERS; i++)
        members[i].name = (i >= first && i < first + count) || i == NAMES ? file_names[i] : "";
    FA_CHECK(source->bytes == NULL ? read_folder(members, source->path)
                                   : fa__tar_read(members, MEMBERS, source));
    for (size_t i = first; i < first + count; i++)
        if (members[i].bytes == NULL)
            FA_CHECK(fa__fail(FA_E_IO, "%s: %s is missing; the %s split needs it", source->path,
                              members[i].name, split));
    FA_CHECK(from_batches(&made, &members[first], count, source->path));
    if (members[NAMES].bytes != NULL)
        FA_CHECK(fa__dataset_name_classes(made, 0, members[NAMES].bytes, members[NAMES].size,
                                          file_names[NAMES]));
    *out = made;
    made = NULL;
done:
    for (size_t i = 0; i < MEMBERS; i++) fa__free(members[i].bytes);
    fa_dataset_free(made);
    return status;
}

fa_status fa__cifar_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options) {
    static const char hundred[] =
        "is CIFAR-100, which is not read as it is; store its images and labels as arrays: records "
        "of 3074 bytes are a coarse label, a class and 32 x 32 x 3 by planes: a = "
        "np.fromfile('train.bin', 'u1').reshape(-1, 3074); np.save('x.npy', a[:, 2:].reshape(-1, "
        "3, 32, 32).transpose(0, 2, 3, 1).copy()); np.save('coarse.npy', a[:, 0]); "
        "np.save('fine.npy', a[:, 1]); then --labels coarse.npy --hidden fine.npy";
    char folder[FA__PATH_MAX];
    fa_dataset *made = NULL;
    if (source->bytes == NULL && !find_folder(folder, source->path)) {
        bool python = is_hundred_python(source->path);
        if (is_hundred_folder(source->path) && !python)
            return fa__fail(FA_E_FORMAT, "%s: %s", source->path, hundred);
        return fa__fail(
            FA_E_FORMAT,
            "%s: is the version of CIFAR-%s for Python, of pickles, which are not read: "
            "take the binary version (cifar-%s-binary.tar.gz)",
            source->path, python ? "100" : "10", python ? "100" : "10");
    }
    if (source->bytes != NULL && !fa__tar_recognise(source) && !is_batch(source) &&
        is_hundred(source))
        return fa__fail(FA_E_FORMAT, "%s: %s", source->path, hundred);
    fa__member whole = {.name = "the file", .size = source->size};
    if (source->bytes == NULL || fa__tar_recognise(source)) {
        FA_TRY(read_split(&made, source, options->split));
    } else {
        whole.bytes = (unsigned char *)(uintptr_t)source->bytes;
        FA_TRY(from_batches(&made, &whole, 1, source->path));
    }
    *out = made;
    return FA_OK;
}
