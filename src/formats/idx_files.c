/* A data set of IDX files: images, and their labels beside them. */
#include "formats/idx.h"

#include "base/file.h"
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
