/* A data set of IDX files: images, and their labels beside them. */
#include "formats/idx.h"

#include "base/file.h"
#include "formats/folder.h"
#include "formats/labels.h"

#include <stdio.h>
#include <string.h>

/* The labels' path by the official naming, if such a file is there: "images-idx3" or "images.idx3"
 * in the file name becomes "labels-idx1" or "labels.idx1", with and without ".gz"; what is spelled
 * like the images comes first. */
static bool find_labels(char out[FA__PATH_MAX], const char *path) {
    static const char *const names[] = {"images-idx3", "images.idx3"};
    static const char *const wanted[] = {"labels-idx1", "labels.idx1"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < 2; i++) {
        const char *found = strstr(name, names[i]);
        if (found == NULL) continue;
        const char *rest = found + strlen(names[i]);
        size_t kept = strlen(rest);
        bool zipped = kept >= 3 && strcmp(rest + kept - 3, ".gz") == 0;
        if (zipped) kept -= 3;
        for (size_t j = 0; j < 4; j++) {
            int length = snprintf(out, FA__PATH_MAX, "%.*s%s%.*s%s", (int)(found - path), path,
                                  wanted[(i + j / 2) % 2], (int)kept, rest,
                                  zipped == (j % 2 == 0) ? ".gz" : "");
            if (length > 0 && length < FA__PATH_MAX && fa__file_exists(out)) return true;
        }
    }
    return false;
}

fa_status fa__idx_read(fa_dataset **out, const fa__source *source, const fa_read_options *options) {
    char beside[FA__PATH_MAX];
    fa_dataset *images;
    FA_TRY(
        fa__idx_images_parse(&images, source->bytes, source->size, source->mapped, source->path));
    if (options->hidden_file == NULL && find_labels(beside, source->path)) {
        fa_status status =
            fa__labels_read_for(&images->labels.classes, images->n, beside, source->path);
        if (status != FA_OK) {
            fa_dataset_free(images);
            return status;
        }
    }
    *out = images;
    return FA_OK;
}

/* ==== A folder of them ==== */

enum { NAME_MAX_SIZE = 256 };

static bool is_zipped(const char *name) {
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".gz") == 0;
}

/* "train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz", "emnist-letters-test-images-idx3-ubyte". */
static bool is_of_split(const char *name, bool test) {
    if (strstr(name, "images-idx3") == NULL && strstr(name, "images.idx3") == NULL) return false;
    return test ? strstr(name, "t10k") != NULL || strstr(name, "test") != NULL
                : strstr(name, "train") != NULL;
}

/* The images of a split, "" if there are none; of a file and the same packed the file. */
static fa_status find_images(char out[NAME_MAX_SIZE], const char *folder, bool test) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    out[0] = '\0';
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        if (!is_of_split(name, test) || strlen(name) >= NAME_MAX_SIZE) continue;
        size_t a = strlen(out) - 3 * is_zipped(out), b = strlen(name) - 3 * is_zipped(name);
        if (out[0] != '\0' && (a != b || strncmp(out, name, a) != 0))
            FA_CHECK(fa__fail(FA_E_ARGUMENT,
                              "%s: holds %s and %s; give one of them by its own name", folder, out,
                              name));
        if (out[0] == '\0' || is_zipped(out)) snprintf(out, NAME_MAX_SIZE, "%s", name);
    }
done:
    fa__folder_close(&at);
    return status;
}

fa_status fa__idx_in_folder(char out[FA__PATH_MAX], const char *folder, const char *split) {
    char train[NAME_MAX_SIZE], test[NAME_MAX_SIZE];
    FA_TRY(find_images(train, folder, false));
    FA_TRY(find_images(test, folder, true));
    out[0] = '\0';
    if (train[0] == '\0' && test[0] == '\0') return FA_OK;
    if (split == NULL && train[0] != '\0' && test[0] != '\0')
        return fa__fail(FA_E_ARGUMENT,
                        "%s: holds a train and a test split; say which (--split train, or test)",
                        folder);
    bool want_test = split != NULL ? strcmp(split, "test") == 0 : train[0] == '\0';
    const char *name = want_test ? test : train;
    if (name[0] != '\0') return fa__path_join(out, folder, name);
    return fa__fail(FA_E_IO, "%s: holds no %s split, but %s", folder, want_test ? "test" : "train",
                    want_test ? train : test);
}
