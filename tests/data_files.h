/* For the tests of readers and writers: a folder of their own, files made of given bytes. */
#ifndef FA_TESTS_DATA_FILES_H
#define FA_TESTS_DATA_FILES_H

#include "test.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char test_folder[FA__PATH_MAX];

/* Path of a file in this program's folder; the last eight are valid. */
static inline const char *path_of(const char *name) {
    static char paths[8][FA__PATH_MAX];
    static size_t turn;
    char *path = paths[turn++ % 8];
    assert_true(test_folder[0] != '\0'); /* make_test_folder: else it is of the root */
    assert_ok(fa__path_join(path, test_folder, name));
    return path;
}

/* A committed fixture. */
static inline const char *fixture(const char *name) {
    static char path[FA__PATH_MAX];
    const char *folder = getenv("FA_TEST_DATA");
    assert_ok(fa__path_join(path, folder != NULL ? folder : "tests/data", name));
    return path;
}

static inline int make_test_folder(void **state) {
    (void)state;
    const char *base = getenv("FA_TEST_TMP");
    snprintf(test_folder, sizeof test_folder, "%s/data-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(test_folder) != NULL ? 0 : -1;
}

/* Files and folders in a folder. */
static inline size_t entries_of(const char *folder) {
    size_t count = 0;
    DIR *handle = opendir(folder);
    assert_non_null(handle);
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;)
        if (entry->d_name[0] != '.') count++;
    closedir(handle);
    return count;
}

static inline void empty_folder(const char *folder) {
    DIR *handle = opendir(folder);
    if (handle == NULL) return;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        char path[FA__PATH_MAX];
        if (entry->d_name[0] == '.') continue;
        assert_ok(fa__path_join(path, folder, entry->d_name));
        if (fa__is_folder(path)) {
            empty_folder(path);
            rmdir(path);
        } else {
            unlink(path);
        }
    }
    closedir(handle);
}

/* Before each test: nothing of the last one is there. */
static inline int clear_test_folder(void **state) {
    (void)state;
    empty_folder(test_folder);
    return 0;
}

static inline int remove_test_folder(void **state) {
    (void)state;
    empty_folder(test_folder);
    return rmdir(test_folder);
}

/* A file of these bytes in the test folder; returns its path. */
static inline const char *file_of(const char *name, const void *bytes, size_t size) {
    const char *path = path_of(name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
    return path;
}

static inline const char *text_file(const char *name, const char *text) {
    return file_of(name, text, strlen(text));
}

/* Bytes being put together. */
typedef struct pile {
    unsigned char bytes[1 << 14];
    size_t size;
} pile;

static inline void put(pile *p, const void *bytes, size_t size) {
    assert_true(p->size + size <= sizeof p->bytes);
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static inline void put_big(pile *p, uint32_t value) {
    unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                              (unsigned char)(value >> 8), (unsigned char)value};
    put(p, bytes, 4);
}

static inline void put_little(pile *p, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(value >> 8 * i);
        put(p, &byte, 1);
    }
}

/* Runs `call` with the 1st, 2nd, ... allocation failing until it succeeds: FA_E_NOMEM each time,
 * nothing left allocated. What the success allocates is freed by `release`. */
#define assert_survives_nomem(call, release)                                                       \
    do {                                                                                           \
        size_t before_ = fa__memory_live();                                                        \
        long after_ = 0;                                                                           \
        for (;; after_++) {                                                                        \
            fa__memory_fail_after(after_);                                                         \
            fa_status status_ = (call);                                                            \
            fa__memory_fail_after(-1);                                                             \
            if (status_ == FA_OK) break;                                                           \
            if (status_ != FA_E_NOMEM)                                                             \
                fail_msg("allocation %ld: %s (%s)", after_, fa_status_text(status_),               \
                         fa_error_detail());                                                       \
            assert_int_equal(fa__memory_live(), before_);                                          \
        }                                                                                          \
        assert_true(after_ > 0);                                                                   \
        release;                                                                                   \
        assert_int_equal(fa__memory_live(), before_);                                              \
    } while (0)

/* fa_train on what the recipe names, into a folder; its result in *result (NULL: not wanted). */
static inline fa_status train_into(const fa_recipe *recipe, const char *folder,
                                   const fa_train_options *options, fa_train_result *result) {
    fa_train_options how = {.size = sizeof how};
    fa_run *run;
    if (options != NULL) how = *options;
    if (result != NULL) *result = (fa_train_result){0};
    how.folder = folder;
    fa_status status = fa_train(&run, recipe, NULL, NULL, &how);
    if (status != FA_OK) return status;
    if (result != NULL) *result = *fa_run_result(run);
    fa_run_free(run);
    return FA_OK;
}

/* A file that no data set is made of, and what the message says. */
typedef struct refusal {
    const char *text;
    fa_status status;
    const char *says;
} refusal;

/* Each as a file of that name, which the message has; nothing is left of it. */
static inline void assert_files_refused(const char *name, const refusal *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fa_dataset *set = NULL;
        const char *path = text_file(name, cases[i].text);
        size_t live = fa__memory_live();
        assert_fails(fa_dataset_read(&set, path, NULL), cases[i].status, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), path));
        assert_null(set);
        assert_int_equal(fa__memory_live(), live);
    }
}

#endif
