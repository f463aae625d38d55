/* Folders of data: what in them is no data, counted. */
#define _POSIX_C_SOURCE 200809L
#include "formats/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has_file(const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    return fa__path_join(path, folder, name) == FA_OK && fa__file_exists(path);
}

bool fa__is_run_folder(const char *path) {
    static const char *const written[] = {"model.safetensors", "checkpoint.safetensors",
                                          "history.csv", "scores.json"};
    if (!has_file(path, "recipe.ini")) return false;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (has_file(path, written[i])) return true;
    return false;
}

static bool ends_in(const char *name, const char *const *endings, size_t count) {
    size_t length = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(name + length - ending, endings[i]) == 0) return true;
    }
    return false;
}

bool fa__is_image_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png"};
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

/* All files in a folder, at any depth that a person makes. */
static size_t add_within(fa__left_out *left, const char *folder, int depth) {
    enum { DEEPEST = 16 };
    size_t found = 0;
    DIR *handle = depth < DEEPEST ? opendir(folder) : NULL;
    if (handle == NULL) return 0;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        char path[FA__PATH_MAX];
        if (entry->d_name[0] == '.' || fa__path_join(path, folder, entry->d_name) != FA_OK)
            continue;
        if (fa__is_folder(path)) {
            found += add_within(left, path, depth + 1);
            continue;
        }
        found++;
        if (fa__is_image_name(entry->d_name))
            note(&left->deeper, left->deep, path);
        else if (fa__is_other_image_name(entry->d_name))
            note(&left->kinds, left->kind, path);
        else
            note(&left->others, left->other, path);
    }
    closedir(handle);
    return found;
}

void fa__left_out_add(fa__left_out *left, const char *folder, const char *name, bool beside) {
    char path[FA__PATH_MAX];
    if (fa__path_join(path, folder, name) != FA_OK) return;
    if (fa__is_folder(path) && !fa__is_run_folder(path) && add_within(left, path, 0) > 0) return;
    if (fa__is_other_image_name(name))
        note(&left->kinds, left->kind, path);
    else if (beside && fa__is_image_name(name))
        note(&left->beside, left->stray, path);
    else
        note(&left->others, left->other, path);
}

size_t fa__left_out_count(const fa__left_out *left) {
    return left->deeper + left->kinds + left->beside + left->others;
}

static void put(char *out, size_t size, size_t count, const char *what, const char *first) {
    size_t used = strlen(out);
    if (count > 0 && used < size)
        snprintf(out + used, size - used, "%s%zu %s (the first: %s)", used > 0 ? "; " : "", count,
                 what, first);
}

void fa__left_out_text(char *out, size_t size, const fa__left_out *left) {
    out[0] = '\0';
    put(out, size, left->deeper, "images in deeper folders", left->deep);
    put(out, size, left->kinds, "images of kinds that are not read, as .jpg and .png are",
        left->kind);
    put(out, size, left->beside, "beside the folders of the classes", left->stray);
    put(out, size, left->others,
        left->others == 1 ? "file that is no image" : "files that are no images", left->other);
}
