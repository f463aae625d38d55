/* Folders of image files. Classes are numbered by the sorted names of the class folders of all
 * splits, so that train and test agree where one lacks a class; files come in the order of their
 * names. Order and numbers do not depend on the file system or on the number of threads. */
#define _POSIX_C_SOURCE 200809L
#include "formats/image_folder.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "formats/folder.h"
#include "formats/image_album.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== Lists of names ==== */

typedef struct names {
    char **items;
    size_t count, capacity;
} names;

static void free_names(names *list) {
    for (size_t i = 0; i < list->count; i++) fa__free(list->items[i]);
    fa__free(list->items);
    memset(list, 0, sizeof *list);
}

static fa_status add_name(names *list, const char *name) {
    char **grown = fa__grow(list->items, &list->capacity, list->count + 1, sizeof *list->items);
    if (grown == NULL) return fa__nomem(list->count + 1, sizeof *list->items);
    list->items = grown;
    grown[list->count] = fa__strdup(name);
    if (grown[list->count] == NULL) return fa__nomem(strlen(name) + 1, 1);
    list->count++;
    return FA_OK;
}

static void sort_names(names *list) {
    if (list->count > 1) qsort(list->items, list->count, sizeof *list->items, fa__by_text);
}

/* ==== Folders ==== */

static fa_status is_image(bool *yes, const char *folder, const char *name) {
    (void)folder;
    *yes = fa__is_image_name(name);
    return FA_OK;
}

static fa_status is_subfolder(bool *yes, const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    *yes = fa__path_join(path, folder, name) == FA_OK && fa__is_folder(path) &&
           !fa__is_run_folder(path);
    return FA_OK;
}

static fa_status is_class(bool *yes, const char *folder, const char *name) {
    char path[FA__PATH_MAX];
    *yes = false;
    if (fa__is_image_name(name) || fa__path_join(path, folder, name) != FA_OK) return FA_OK;
    FA_TRY(is_subfolder(yes, folder, name));
    return *yes ? fa__folder_any(yes, path, is_image) : FA_OK;
}

/* folder/split, if it holds folders of images. */
static fa_status has_split(bool *yes, char out[FA__PATH_MAX], const char *folder,
                           const char *split) {
    *yes = false;
    return fa__path_join(out, folder, split) == FA_OK ? fa__folder_any(yes, out, is_class) : FA_OK;
}

/* Images and no folders but those of runs; their labels, if any, lie beside them in a file. */
static fa_status is_flat(bool *yes, const char *folder) {
    bool folders = false;
    FA_TRY(fa__folder_any(yes, folder, is_image));
    if (*yes) FA_TRY(fa__folder_any(&folders, folder, is_subfolder));
    *yes = *yes && !folders;
    return FA_OK;
}

fa_status fa__image_folder_look(bool *known, const fa__source *source) {
    char path[FA__PATH_MAX];
    FA_TRY(has_split(known, path, source->path, "train"));
    if (!*known) FA_TRY(has_split(known, path, source->path, "test"));
    if (!*known) FA_TRY(fa__folder_any(known, source->path, is_class));
    return *known ? FA_OK : is_flat(known, source->path);
}

/* Adds the names of the class folders that the list lacks. */
static fa_status add_classes(names *list, const char *folder) {
    fa_status status = FA_OK;
    size_t before = list->count;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        bool class_;
        FA_CHECK(is_class(&class_, folder, name));
        if (!class_ ||
            (before > 0 && bsearch(&name, list->items, before, sizeof name, fa__by_text) != NULL))
            continue;
        if (strpbrk(name, "\n\r") != NULL)
            FA_CHECK(fa__fail(
                FA_E_FORMAT, "%s: a class folder has a line break in its name; rename it", folder));
        FA_CHECK(add_name(list, name));
    }
    sort_names(list);
done:
    fa__folder_close(&at);
    return status;
}

/* The images of a folder, sorted, and what else there is. */
static fa_status list_images(names *files, fa__left_out *left, const char *folder) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL)
        FA_CHECK(fa__is_image_name(name) ? add_name(files, name)
                                         : fa__left_out_add(left, folder, name, false));
    sort_names(files);
done:
    fa__folder_close(&at);
    return status;
}

/* What lies beside the folders of classes; *images: how many images that could be meant. */
static fa_status list_beside(fa__left_out *left, size_t *images, const char *folder) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        bool class_;
        FA_CHECK(is_class(&class_, folder, name));
        if (class_) continue;
        *images += fa__is_image_name(name);
        FA_CHECK(fa__left_out_add(left, folder, name, true));
    }
done:
    fa__folder_close(&at);
    return status;
}

/* The folder whose subfolders are classes, and all folders that name classes. */
typedef struct places {
    char chosen[FA__PATH_MAX], naming[2][FA__PATH_MAX];
    size_t n_naming;
} places;

static fa_status find_places(places *p, const char *path, const char *split) {
    bool train, test;
    FA_TRY(has_split(&train, p->naming[0], path, "train"));
    p->n_naming = train;
    FA_TRY(has_split(&test, p->naming[p->n_naming], path, "test"));
    p->n_naming += test;
    if (p->n_naming == 0) { /* the classes lie here, in one split */
        p->n_naming = 1;
        snprintf(p->naming[0], FA__PATH_MAX, "%s", path);
        snprintf(p->chosen, FA__PATH_MAX, "%s", path);
        return FA_OK;
    }
    if (train && test && split == NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%s: holds a train and a test split; say which (--split train, or test)",
                        path);
    bool want_test = split != NULL ? strcmp(split, "test") == 0 : test;
    if (want_test ? !test : !train)
        return fa__fail(FA_E_ARGUMENT, "%s: holds %s/CLASS/ with images, but no %s/CLASS/", path,
                        train ? "train" : "test", want_test ? "test" : "train");
    memcpy(p->chosen, p->naming[want_test ? train : 0], sizeof p->chosen);
    return FA_OK;
}

/* ==== Images ==== */

/* Files in order, each with its class. */
typedef struct album {
    names files; /* paths */
    int32_t *classes;
    size_t capacity; /* of classes */
    fa_dataset *made;
} album;

static fa_status add_files(album *a, const char *folder, int32_t class_, fa__left_out *left) {
    fa_status status = FA_OK;
    char path[FA__PATH_MAX];
    names files = {0};
    FA_CHECK(list_images(&files, left, folder));
    for (size_t i = 0; i < files.count; i++) {
        FA_CHECK(fa__path_join(path, folder, files.items[i]));
        size_t n = a->files.count;
        int32_t *grown = fa__grow(a->classes, &a->capacity, n + 1, sizeof *grown);
        if (grown == NULL) FA_CHECK(fa__nomem(n + 1, sizeof *grown));
        a->classes = grown;
        FA_CHECK(add_name(&a->files, path));
        grown[n] = class_;
    }
done:
    free_names(&files);
    return status;
}

/* Classes of the images that could be read. */
static void keep_classes(album *a) {
    for (size_t i = 0; a->made->origin.rows != NULL && i < a->made->n; i++)
        a->classes[i] = a->classes[a->made->origin.rows[i]];
}

static fa_status name_classes(fa_dataset *made, const names *classes, const char *where) {
    size_t size = 0, at = 0;
    char *text;
    for (size_t c = 0; c < classes->count; c++) size += strlen(classes->items[c]) + 1;
    FA_TRY(FA_NEW(text, size));
    for (size_t c = 0; c < classes->count; c++) {
        size_t length = strlen(classes->items[c]);
        memcpy(text + at, classes->items[c], length);
        text[at + length] = '\n';
        at += length + 1;
    }
    fa_status status = fa__dataset_name_classes(made, 0, text, size, where);
    fa__free(text);
    return status;
}

/* Images beside one folder of images, or more of them than in the folders: which are meant cannot
 * be told. */
static fa_status check_beside(const album *a, const names *classes, size_t beside,
                              const char *folder) {
    if (beside == 0 || (classes->count > 1 && beside <= a->files.count)) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: holds %zu images and, in %zu folder%s (the first: %s), %zu more; either "
                    "all images lie in folders of their classes, or all beside each other: move "
                    "the others away",
                    folder, beside, classes->count, classes->count == 1 ? "" : "s",
                    classes->items[0], a->files.count);
}

/* What lies beside the splits: a folder val/, say. */
static fa_status list_beside_splits(fa__left_out *left, const char *folder) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL)
        if (strcmp(name, "train") != 0 && strcmp(name, "test") != 0)
            FA_CHECK(fa__left_out_add(left, folder, name, true));
done:
    fa__folder_close(&at);
    return status;
}

/* All files of the chosen split by class, and what else lies there and in the root. */
static fa_status collect(album *a, const names *classes, const char *folder, const char *root) {
    char path[FA__PATH_MAX];
    fa__left_out left = {0};
    size_t beside = 0;
    if (classes->count == 0)
        FA_TRY(add_files(a, folder, -1, &left));
    else
        FA_TRY(list_beside(&left, &beside, folder));
    for (size_t c = 0; c < classes->count; c++) {
        FA_TRY(fa__path_join(path, folder, classes->items[c]));
        bool here; /* or in the other split only */
        FA_TRY(is_class(&here, folder, classes->items[c]));
        if (here) FA_TRY(add_files(a, path, (int32_t)c, &left));
    }
    if (strcmp(folder, root) != 0) FA_TRY(list_beside_splits(&left, root));
    a->made->origin.skipped = fa__left_out_count(&left);
    fa__left_out_text(a->made->origin.why, sizeof a->made->origin.why, &left);
    return check_beside(a, classes, beside, folder);
}

/* Names of the files, and the classes of the folders, where there are any. */
static fa_status take_names(album *a, const names *classes, const char *folder, const char *where) {
    FA_TRY(fa__dataset_name_samples(a->made, a->files.items, a->files.count, strlen(folder) + 1));
    if (classes->count == 0) return FA_OK;
    FA_TRY(name_classes(a->made, classes, where));
    a->made->labels.classes = a->classes;
    a->classes = NULL;
    return FA_OK;
}

/* Images right below train/ and test/ have no classes. */
static fa_status check_splits(const names *classes, const char *folder) {
    static const char *const splits[] = {"train", "test",       "val",  "valid",
                                         "dev",   "validation", "eval", "unlabeled"};
    size_t found = 0;
    for (size_t c = 0; c < classes->count; c++)
        for (size_t s = 0; s < sizeof splits / sizeof *splits; s++)
            found += fa__is_alike(classes->items[c], splits[s]);
    if (classes->count == 0 || found < classes->count) return FA_OK;
    return fa__fail(
        FA_E_FORMAT,
        "%s: its images lie in %s%s%s, which are parts of the data, not classes; give one "
        "of them (%s/%s, with --labels FILE where a table has the labels)",
        folder, classes->items[0], classes->count > 1 ? ", " : "",
        classes->count > 1 ? classes->items[1] : "", folder, classes->items[classes->count - 1]);
}

fa_status fa__image_folder_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options) {
    fa_status status = FA_OK;
    names classes = {0};
    album a = {0};
    places p;
    FA_CHECK(find_places(&p, source->path, options->split));
    for (size_t i = 0; i < p.n_naming; i++) FA_CHECK(add_classes(&classes, p.naming[i]));
    if (strcmp(p.chosen, source->path) == 0) FA_CHECK(check_splits(&classes, source->path));
    FA_CHECK(fa__dataset_create(&a.made, FA_KIND_IMAGES));
    FA_CHECK(collect(&a, &classes, p.chosen, source->path));
    if (a.files.count == 0) /* only if they vanish while we look */
        FA_CHECK(fa__fail(FA_E_IO, "%s: holds no images", p.chosen));
    FA_CHECK(fa__album_read(a.made, a.files.items, a.files.count, strlen(p.chosen) + 1, options));
    keep_classes(&a);
    FA_CHECK(take_names(&a, &classes, p.chosen, source->path));
    *out = a.made;
    a.made = NULL;
done:
    fa_dataset_free(a.made);
    free_names(&a.files);
    fa__free(a.classes);
    free_names(&classes);
    return status;
}
