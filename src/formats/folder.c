/* Folders of data: what in them is no data, counted. */
#define _POSIX_C_SOURCE 200809L
#include "formats/folder.h"

#include "base/ascii.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ==== Entries ==== */

/* What systems leave behind: .DS_Store, ._NAME, what macOS puts into archives, the thumbnails of a
 * Synology, bins. */
static bool is_hidden(const char *name) {
    static const char *const known[] = {"__MACOSX",     "@eaDir",     "#recycle",
                                        "$RECYCLE.BIN", "lost+found", "System Volume Information"};
    bool hidden = name[0] == '.';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        hidden = hidden || strcmp(name, known[i]) == 0;
    return hidden;
}

static fa_status cannot_read(const fa__folder *of) {
    return fa__fail(of->error == ENOMEM ? FA_E_NOMEM : FA_E_IO, "%s: cannot be read%s: %s",
                    of->path, of->error == ENOMEM ? ", memory is short" : "", strerror(of->error));
}

fa_status fa__folder_open(fa__folder *out, const char *path) {
    *out = (fa__folder){.path = path, .handle = opendir(path)};
    if (out->handle != NULL) return FA_OK;
    out->error = errno;
    bool none = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return none ? FA_OK : cannot_read(out);
}

fa_status fa__folder_open_known(fa__folder *out, const char *path) {
    FA_TRY(fa__folder_open(out, path));
    if (out->handle != NULL) return FA_OK;
    return fa__fail(FA_E_IO, "%s: cannot be opened: %s", path, strerror(out->error));
}

fa_status fa__folder_next(const char **name, fa__folder *of) {
    struct dirent *entry = NULL;
    *name = NULL;
    if (of->handle == NULL) return FA_OK;
    do {
        errno = 0;
        entry = readdir(of->handle);
    } while (entry != NULL && is_hidden(entry->d_name));
    of->error = errno;
    if (entry == NULL && of->error != 0) return cannot_read(of);
    if (entry != NULL) *name = entry->d_name;
    return FA_OK;
}

void fa__folder_close(fa__folder *of) {
    if (of->handle != NULL) closedir(of->handle);
    of->handle = NULL;
}

fa_status fa__folder_any(bool *found, const char *folder, fa__folder_judge want) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    *found = false;
    FA_TRY(fa__folder_open(&at, folder));
    while (!*found && (status = fa__folder_next(&name, &at)) == FA_OK && name != NULL)
        FA_CHECK(want(found, folder, name));
done:
    fa__folder_close(&at);
    return status;
}

/* ==== What is what ==== */

static bool has_file(const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    return fa__path_join(path, folder, name) == FA_OK && fa__file_exists(path);
}

static bool is_run(const char *path) {
    static const char *const written[] = {"model.safetensors", "checkpoint.safetensors",
                                          "history.csv", "scores.json"};
    if (!has_file(path, "recipe.ini")) return false;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (has_file(path, written[i])) return true;
    return false;
}

bool fa__is_run_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char above[FA__PATH_MAX];
    if (slash == NULL || strcmp(slash, "/figures") != 0) return is_run(path);
    snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
    return is_run(path) || is_run(above);
}

static bool ends_in(const char *name, const char *const *endings, size_t count) {
    size_t length = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && fa__is_alike(name + length - ending, endings[i])) return true;
    }
    return false;
}

bool fa__is_image_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png"};
    return ends_in(name, endings, sizeof endings / sizeof *endings);
}

bool fa__is_other_image_name(const char *name) {
    static const char *const endings[] = {".tif",  ".tiff", ".webp", ".bmp",   ".gif", ".jp2",
                                          ".heic", ".avif", ".jfif", ".ppm",   ".pgm", ".svg",
                                          ".ico",  ".dcm",  ".nii",  ".nii.gz"};
    return ends_in(name, endings, sizeof endings / sizeof *endings);
}

static void note(size_t *count, char first[96], const char *path) {
    if ((*count)++ > 0) return;
    size_t length = strlen(path);
    snprintf(first, 96, "%s%.92s", length > 90 ? "..." : "",
             length > 90 ? path + length - 90 : path);
}

static void note_file(fa__left_out *left, const char *path) {
    if (fa__is_image_name(path))
        note(&left->deeper, left->deep, path);
    else if (fa__is_other_image_name(path))
        note(&left->kinds, left->kind, path);
    else
        note(&left->others, left->other, path);
}

/* All files in a folder, at any depth that a person makes; *found: how many. */
static fa_status add_within(size_t *found, fa__left_out *left, const char *folder, int depth) {
    enum { DEEPEST = 16 };
    fa_status status = FA_OK;
    char path[FA__PATH_MAX];
    const char *name;
    fa__folder at;
    if (depth == DEEPEST) return FA_OK;
    FA_TRY(fa__folder_open(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        if (fa__path_join(path, folder, name) != FA_OK) continue;
        if (!fa__is_folder(path)) {
            ++*found;
            note_file(left, path);
        } else if (fa__is_run_folder(path)) {
            ++*found;
            note(&left->runs, left->run, path);
        } else
            FA_CHECK(add_within(found, left, path, depth + 1));
    }
done:
    fa__folder_close(&at);
    return status;
}

fa_status fa__left_out_add(fa__left_out *left, const char *folder, const char *name, bool beside) {
    char path[FA__PATH_MAX];
    size_t found = 0;
    if (strcmp(name, ".") == 0)
        snprintf(path, sizeof path, "%s", folder);
    else if (fa__path_join(path, folder, name) != FA_OK)
        return FA_OK;
    if (fa__is_folder(path)) {
        if (fa__is_run_folder(path)) {
            note(&left->runs, left->run, path);
            return FA_OK;
        }
        FA_TRY(add_within(&found, left, path, 0));
        if (found == 0) note(&left->bare, left->empty, path);
        return FA_OK;
    }
    if (fa__is_other_image_name(name))
        note(&left->kinds, left->kind, path);
    else if (beside && fa__is_image_name(name))
        note(&left->beside, left->stray, path);
    else
        note(&left->others, left->other, path);
    return FA_OK;
}

size_t fa__left_out_count(const fa__left_out *left) {
    return left->deeper + left->kinds + left->beside + left->runs + left->others + left->bare;
}

static void put(char *out, size_t size, size_t count, const char *what, const char *first) {
    size_t used = strlen(out);
    if (count > 0 && used < size)
        snprintf(out + used, size - used, "%s%zu %s (the first: %s)", used > 0 ? "; " : "", count,
                 what, first);
}

void fa__left_out_text(char *out, size_t size, const fa__left_out *left) {
    out[0] = '\0';
    put(out, size, left->deeper,
        left->deeper == 1 ? "image in a deeper folder" : "images in deeper folders", left->deep);
    put(out, size, left->kinds,
        left->kinds == 1
            ? "image of a kind that is not read, as .jpg and .png are (mogrify -format png)"
            : "images of kinds that are not read, as .jpg and .png are (mogrify -format png)",
        left->kind);
    put(out, size, left->beside, "beside the folders of the classes", left->stray);
    put(out, size, left->runs, left->runs == 1 ? "folder of a run" : "folders of runs", left->run);
    put(out, size, left->others,
        left->others == 1 ? "file that is no image" : "files that are no images", left->other);
    put(out, size, left->bare, left->bare == 1 ? "empty folder" : "empty folders", left->empty);
}
