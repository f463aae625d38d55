/* Status codes, what the library was built with, threads. */
#ifndef FORCED_APART_STATUS_H
#define FORCED_APART_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FA_VERSION_MAJOR 0
#define FA_VERSION_MINOR 1
#define FA_VERSION_PATCH 0

#if defined(_WIN32) || !defined(__GNUC__)
#define FA_API
#define FA_PRINTF(text, first)
#else
#define FA_API                 __attribute__((visibility("default")))
#define FA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

/* One table drives the enum, the texts and the tests. */
#define FA_STATUS_TABLE(X)                                                                         \
    X(FA_OK, 0, "success")                                                                         \
    X(FA_E_ARGUMENT, 1, "an argument is out of its range")                                         \
    X(FA_E_SHAPE, 2, "sizes do not fit together")                                                  \
    X(FA_E_NONFINITE, 3, "a value is not finite")                                                  \
    X(FA_E_LABEL, 4, "the labels do not allow this")                                               \
    X(FA_E_NOMEM, 5, "out of memory")                                                              \
    X(FA_E_IO, 6, "reading or writing failed")                                                     \
    X(FA_E_FORMAT, 7, "a file is not what it should be")                                           \
    X(FA_E_RECIPE, 8, "the recipe does not fit")                                                   \
    X(FA_E_UNAVAILABLE, 9, "not built into this library")                                          \
    X(FA_E_STOPPED, 10, "stopped by the caller")

typedef enum fa_status {
#define FA_STATUS_ENUM(name, value, text) name = value,
    FA_STATUS_TABLE(FA_STATUS_ENUM)
#undef FA_STATUS_ENUM
} fa_status;

/* "MAJOR.MINOR.PATCH" of the library linked; a static string. */
FA_API const char *fa_version(void);

/* One line for a status code; a static string, "unknown status" for a value outside the table. */
FA_API const char *fa_status_text(fa_status status);

/* What went wrong in the last failed call of this thread: one line that names what was found,
 * where, and what would work. "" if nothing failed yet. Valid until this thread's next failing
 * call. */
FA_API const char *fa_error_detail(void);

/* A capability that depends on a library at build time; forced-apart info prints this table. */
typedef struct fa_capability {
    const char *name;    /* e.g. "onednn" */
    const char *purpose; /* e.g. "engine onednn" */
    const char *package; /* Debian package that brings it, e.g. "libdnnl-dev" */
    const char *version; /* of the library in use; NULL: not built in */
} fa_capability;

/* The table of capabilities, *count entries; static storage. */
FA_API const fa_capability *fa_capabilities(size_t *count);

/* Name of the widest SIMD kernels in use: "amx", "avx512vnni", "avx512", "avx2" or "portable". The
 * environment variable FORCED_APART_SIMD can lower the choice (for tests). */
FA_API const char *fa_simd_name(void);

/* Threads used by every later call, process-wide; 0: all cores. Results do not depend on it. */
FA_API void fa_threads_set(int threads);

/* on != 0: files (gzip, .npz) may unpack to any size, process-wide. By default one is refused with
 * FA_E_FORMAT that unpacks to more than 1 GiB and to more than 200 times its own size: real data do
 * not, files made to fill memory do. */
FA_API void fa_unpack_unlimited_set(int on);
FA_API int fa_threads_get(void);

/* Return non-zero to stop. */
typedef int (*fa_stop_fn)(void *user);

/* A way to stop long calls of this thread: between blocks of its work such a call asks `stop`, on
 * this thread, every 10 ms or so, and at least every 0.2 s. Once it returns non-zero, that call and
 * those after it end with FA_E_STOPPED, until fa_stop_set is called again. NULL: never.
 *
 * They are fa_dataset_read, the losses on large input, fa_kmeans_fit and _assign, fa_neighbours,
 * fa_sweep_run, fa_pca_fit and _apply, fa_transform_fit and _apply, fa_score_silhouette,
 * fa_score_ami, embedding, and what calls these: a training that is stopped so fails, with its
 * checkpoint of the epoch before (its own callback lets it end well). Outputs are untouched, or
 * undefined where a function says so.
 *
 * stop must not call into the library. */
FA_API void fa_stop_set(fa_stop_fn stop, void *user);

/* For "did you mean": the name that a word is most like, by the letters to insert, delete, replace
 * or swap, or whose start it is; NULL: none is near. Of equally near ones the first. */
FA_API const char *fa_nearest_name(const char *word, const char *const *names, size_t count);

/* Frees what the library allocated for the caller (arrays returned through out pointers). NULL
 * ok. */
FA_API void fa_free(void *memory);

#ifdef __cplusplus
}
#endif
#endif
