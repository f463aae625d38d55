/* libFuzzer entry: a folder of images: each line is a path, and what follows a blank the content of
 * that file; "P" there is a small PNG. The one entry that works on files. How to run:
 * fuzz/README.md. */
#define _XOPEN_SOURCE 700
#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/image_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* 2 x 1 pixels, grey. */
static const unsigned char png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0xd1, 0x49, 0x20, 0x56, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0x60, 0xe7, 0x04, 0x00, 0x00, 0x1a, 0x00, 0x11, 0x60, 0xcd, 0x24, 0x92,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void clear(const char *folder) {
    char path[FA__PATH_MAX];
    DIR *handle = opendir(folder);
    if (handle == NULL) return;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fa__path_join(path, folder, entry->d_name) != FA_OK)
            continue;
        if (unlink(path) != 0) {
            clear(path);
            rmdir(path);
        }
    }
    closedir(handle);
}

/* Makes the file of a line; names that lead out of the folder are none. */
static void make(const char *folder, const fa__line *line) {
    char name[64], path[FA__PATH_MAX], parent[FA__PATH_MAX];
    const char *blank = memchr(line->text, ' ', line->size);
    size_t length = blank != NULL ? (size_t)(blank - line->text) : line->size;
    if (length == 0 || length >= sizeof name || memchr(line->text, 0, length) != NULL) return;
    memcpy(name, line->text, length);
    name[length] = '\0';
    if (strstr(name, "..") != NULL || fa__path_join(path, folder, name) != FA_OK) return;
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    if (fa__make_folder(parent) != FA_OK) return;
    FILE *file = fopen(path, "wb");
    if (file == NULL) return;
    size_t left = blank != NULL ? line->size - length - 1 : 0;
    if (left == 1 && blank[1] == 'P')
        fwrite(png, 1, sizeof png, file);
    else if (left > 0)
        fwrite(blank + 1, 1, left, file);
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const fa_read_options tries[] = {
        {0}, {.missing = "drop"}, {.resize = 3, .missing = "drop", .split = "train"}};
    char folder[64];
    snprintf(folder, sizeof folder, "%s/fuzz-XXXXXX",
             fa__is_folder("/dev/shm") ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL) return -1;
    fa__line line = fa__line_start(bytes, size);
    for (size_t i = 0; i < 16 && fa__line_next(&line); i++) make(folder, &line);
    for (size_t i = 0; i < 3; i++) {
        const fa__source source = {.path = folder};
        fa_dataset *set;
        bool known;
        if (fa__image_folder_look(&known, &source) != FA_OK || !known ||
            fa__image_folder_read(&set, &source, &tries[i]) != FA_OK)
            continue;
        for (size_t k = 0; k < set->n; k++) {
            size_t h, w, c;
            if (fa_dataset_image(set, k, &h, &w, &c) == NULL || h * w * c != set->features)
                __builtin_trap();
            if (i == 2 && (h != 3 || w != 3)) __builtin_trap();
        }
        fa_dataset_free(set);
    }
    clear(folder);
    rmdir(folder);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
