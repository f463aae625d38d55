/* The one table of the names in a run folder. */
#define _POSIX_C_SOURCE 200809L
#include "run/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Who writes a file, and with what it goes. */
typedef enum part { STATE = 0, RESULT, REPORT, RECIPE } part;

static const struct {
    const char *name;
    part part;
} files[FA_RUN_FILES] = {
    [FA_RUN_RECIPE] = {"recipe.ini", RECIPE},
    [FA_RUN_HISTORY] = {"history.csv", STATE},
    [FA_RUN_MODEL] = {"model.safetensors", STATE},
    [FA_RUN_CHECKPOINT] = {"checkpoint.safetensors", STATE},
    [FA_RUN_SCORES] = {"scores.json", RESULT}, /* the last to be written, the first to go */
    [FA_RUN_EMBEDDINGS] = {"embeddings.npy", RESULT},
    [FA_RUN_CLUSTERS] = {"clusters.safetensors", RESULT},
    [FA_RUN_ASSIGNMENT] = {"clusters.npy", RESULT},
    [FA_RUN_COARSE] = {"coarse.npy", RESULT},
    [FA_RUN_CLASSES] = {"classes.npy", RESULT},
    [FA_RUN_ROWS] = {"rows.npy", RESULT},
    [FA_RUN_FORMER] = {"former-clusters.npy", RECIPE},
    [FA_RUN_FORMER_MODEL] = {"former-model.safetensors", RECIPE},
    [FA_RUN_CANDIDATES] = {"candidates.csv", REPORT},
    [FA_RUN_TABLE] = {"clusters.csv", REPORT},
    [FA_RUN_VECTORS] = {"vectors.tsv", REPORT},
    [FA_RUN_METADATA] = {"metadata.tsv", REPORT},
    [FA_RUN_REPORT] = {"report.html", REPORT},
    [FA_RUN_EXPLORE] = {"explore.html", REPORT},
    [FA_RUN_FIGURES] = {"figures", REPORT},
};

const char *fa_run_file_name(fa_run_file file) {
    return (unsigned)file < FA_RUN_FILES ? files[file].name : NULL;
}

fa_status fa__run_path(char out[FA__PATH_MAX], const char *folder, fa_run_file file) {
    return fa__path_join(out, folder, files[file].name);
}

bool fa__run_has(const char *folder, fa_run_file file) {
    char path[FA__PATH_MAX];
    return fa__run_path(path, folder, file) == FA_OK && fa__file_exists(path);
}

fa_status fa__run_write(const char *folder, fa_run_file file, const void *bytes, size_t size) {
    char path[FA__PATH_MAX];
    fa__writer writer;
    FA_TRY(fa__run_path(path, folder, file));
    FA_TRY(fa__writer_open(&writer, path));
    fa__writer_put(&writer, bytes, size);
    return fa__writer_close(&writer, true);
}

fa_status fa__run_drop_results(const char *folder, bool whole) {
    char path[FA__PATH_MAX];
    static const fa_run_file first = FA_RUN_SCORES;
    for (int i = -1; i < FA_RUN_FILES; i++) {
        fa_run_file file = i < 0 ? first : (fa_run_file)i;
        part of = files[file].part;
        if (of == RECIPE || file == FA_RUN_FIGURES || (of == STATE && !whole)) continue;
        FA_TRY(fa__run_path(path, folder, file));
        if (unlink(path) != 0 && errno != ENOENT)
            return fa__fail(FA_E_IO, "%s: the old result cannot be removed: %s", path,
                            strerror(errno));
    }
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return FA_OK;
    (void)fsync(handle); /* they are gone before what replaces them is there */
    close(handle);
    return FA_OK;
}

fa_status fa__run_lock(int *lock, const char *folder) {
    const char *own[FA_RUN_FILES];
    size_t count = 0;
    FA_TRY(fa__folder_lock(lock, folder));
    for (size_t i = 0; i < FA_RUN_FILES; i++)
        if (files[i].part != REPORT) own[count++] = files[i].name;
    fa__remove_temporaries(folder, own, *lock >= 0 ? count : 0);
    return FA_OK;
}

fa_status fa__run_unfinished(const char *folder, fa_run_file file) {
    if (access(folder, X_OK) != 0)
        return fa__fail(FA_E_IO, "%s: the folder cannot be looked into: %s", folder,
                        strerror(errno));
    return fa__fail(FA_E_IO,
                    "%s: %s is not there, so this is no finished run; forced-apart train --resume "
                    "-o %s finishes one",
                    folder, files[file].name, folder);
}
