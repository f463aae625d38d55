/* forced-apart: finding the hidden classes inside coarse labels.
 *
 * The one public header. It implements "Forced Apart: Discovering Disentangled Representations
 * Without Exhaustive Labels"; equation numbers below are that paper's.
 *
 * Conventions
 *   - Every fallible function returns fa_status (FA_OK is 0) and leaves its outputs untouched on
 *     error. fa_error_detail() then tells, for the calling thread, what was found, where, and what
 *     would work.
 *   - Matrices are row-major float32. Inputs are borrowed for the call unless the text says
 * "copied".
 *   - A NULL gradient pointer is skipped; a gradient is overwritten, not added to.
 *   - Logarithms are natural. Non-finite input is FA_E_NONFINITE.
 *   - The library never prints, exits or aborts. Same seed, same bytes, any number of threads.
 *   - Functions on different objects may run on different threads at once.
 */
#ifndef FORCED_APART_H
#define FORCED_APART_H

#include <stddef.h>
#include <stdint.h>

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

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Status ================================================================================ */

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

/* Name of the widest SIMD kernels in use: "avx512", "avx2" or "portable". The environment variable
 * FORCED_APART_SIMD can lower the choice (for tests). */
FA_API const char *fa_simd_name(void);

/* Threads used by every later call, process-wide; 0: all cores. Results do not depend on it. */
FA_API void fa_threads_set(int threads);
FA_API int fa_threads_get(void);

/* Frees what the library allocated for the caller (arrays returned through out pointers). NULL ok.
 */
FA_API void fa_free(void *memory);

/* ==== Losses ================================================================================ */

typedef enum fa_divergence {
    FA_DIVERGENCE_KL = 0, /* D(i,j) = sum_k p_ik (log p_ik - log p_jk), Eq. 7 */
    FA_DIVERGENCE_JS      /* half-sum of both KLs to the mixture, footnote 1 */
} fa_divergence;

typedef enum fa_pair_norm {
    FA_PAIR_NORM_LABEL = 0, /* 1/N_y^2 for each label y (the reading DESIGN pins for Eq. 8) */
    FA_PAIR_NORM_GLOBAL     /* 1/sum_y N_y^2 for all labels alike */
} fa_pair_norm;

typedef struct fa_loss_options {
    float margin; /* m of Eq. 7; > 0 and finite */
    fa_divergence divergence;
    fa_pair_norm norm; /* used by fa_loss_multi with labels only */
} fa_loss_options;

FA_API fa_status fa_loss_single(double *loss, float *d_w, const float *w, size_t units,
                                size_t inputs, const fa_loss_options *options);
FA_API fa_status fa_loss_multi(double *loss, float *d_h, const float *h, size_t n, size_t d,
                               const int32_t *labels, const fa_loss_options *options);
FA_API fa_status fa_loss_decov(double *loss, float *d_h, const float *h, size_t n, size_t d);
FA_API fa_status fa_loss_xcov(double *loss, float *d_h, float *d_yhat, const float *h, size_t n,
                              size_t d, const float *yhat, size_t c);

/* Mean cross-entropy of logits [n, c] against labels [n]. c == 1: sigmoid, labels 0 or 1;
 * c > 1: softmax, labels 0..c-1. d_logits [n, c] overwritten; NULL skips it. */
FA_API fa_status fa_loss_cross_entropy(double *loss, float *d_logits, const float *logits, size_t n,
                                       size_t c, const int32_t *labels);

/* mean_i ||x_i - xhat_i||^2, the first part of Eq. 11; d_xhat [n, d]. */
FA_API fa_status fa_loss_reconstruction(double *loss, float *d_xhat, const float *x,
                                        const float *xhat, size_t n, size_t d);

/* Eq. 11: (1 - alpha) * reconstruction + alpha * component. component is the value of any loss
 * above and d_component [m] its gradient, which is scaled by alpha in place; d_xhat [n, d] is
 * overwritten with the gradient of the first part. alpha in [0, 1]. */
FA_API fa_status fa_loss_autoencoder(double *loss, float *d_xhat, float *d_component, size_t m,
                                     const float *x, const float *xhat, size_t n, size_t d,
                                     double component, double alpha);

/* ==== Clustering and scores ================================================================= */

typedef struct fa_kmeans_options {
    size_t k;              /* clusters; 1 <= k <= n */
    size_t restarts;       /* runs from different k-means++ starts, the lowest inertia wins; >= 1 */
    size_t max_iterations; /* per run; >= 1 */
    double
        tolerance; /* stop when the squared move of the centres is <= tolerance * mean variance */
    uint64_t seed;
} fa_kmeans_options;

/* k 0 (must be set), 10 restarts, 300 iterations, tolerance 1e-4, seed 0. */
FA_API fa_kmeans_options fa_kmeans_options_default(void);

FA_API fa_status fa_kmeans_fit(float *centroids, int32_t *assignment, double *inertia,
                               const float *x, size_t n, size_t d,
                               const fa_kmeans_options *options);

/* Nearest centroid of each row (ties: the lowest index); squared_distance [n] may be NULL. */
FA_API fa_status fa_kmeans_assign(int32_t *assignment, float *squared_distance, const float *x,
                                  size_t n, size_t d, const float *centroids, size_t k);

typedef enum fa_mean {
    FA_MEAN_MAX = 0,
    FA_MEAN_GEOMETRIC,
    FA_MEAN_ARITHMETIC,
    FA_MEAN_MIN
} fa_mean;

FA_API fa_status fa_score_ami(double *out, const int32_t *u, const int32_t *v, size_t n,
                              fa_mean mean);
FA_API fa_status fa_score_nmi(double *out, const int32_t *u, const int32_t *v, size_t n,
                              fa_mean mean);
FA_API fa_status fa_score_ari(double *out, const int32_t *u, const int32_t *v, size_t n);

/* ==== Data ================================================================================== */

typedef enum fa_kind {
    FA_KIND_SERIES = 0, /* ragged: sample i is [steps_i, features] float32 */
    FA_KIND_IMAGES      /* [height, width, channels] uint8 */
} fa_kind;

/* Samples of one kind, with or without fine classes (the hidden ones). Immutable once made. */
typedef struct fa_dataset fa_dataset;

typedef struct fa_read_options {
    const char *labels; /* file with the classes (IDX, .npy or one integer a line); NULL: found
                           beside the data by its official name, or none */
    const char *split; /* "train" or "test" where one folder holds both; NULL: must not be needed */
} fa_read_options;

/* Reads a data set, recognised by content: IDX images (.gz too), .npz of points/offsets/labels, a
 * folder of published stroke text files. options may be NULL. Free with fa_dataset_free. */
FA_API fa_status fa_dataset_read(fa_dataset **out, const char *path,
                                 const fa_read_options *options);

/* Writes a series data set as .npz of points (int16 where all values are whole and fit, else
 * float32), offsets and labels. Atomic: the file is complete or absent. */
FA_API fa_status fa_dataset_write(const fa_dataset *dataset, const char *path);

FA_API void fa_dataset_free(fa_dataset *dataset);
FA_API fa_kind fa_dataset_kind(const fa_dataset *dataset);
FA_API size_t fa_dataset_count(const fa_dataset *dataset);
FA_API size_t
fa_dataset_features(const fa_dataset *dataset); /* per step, or height*width*channels */
FA_API const int32_t *fa_dataset_classes(
    const fa_dataset *dataset); /* [count] or NULL; lives as dataset */
/* Sample i of a series data set: [*steps, features], lives as long as the data set; NULL if i is
 * out of range or the kind is another. */
FA_API const float *fa_dataset_series(const fa_dataset *dataset, size_t i, size_t *steps);
/* Image i: [height, width, channels] bytes; NULL if i is out of range or the kind is another. */
FA_API const uint8_t *fa_dataset_image(const fa_dataset *dataset, size_t i, size_t *height,
                                       size_t *width, size_t *channels);
/* Records that were left out when this data set was read or made, and why ("" if none). */
FA_API size_t fa_dataset_skipped(const fa_dataset *dataset, const char **why);

/* Pen strokes from images by the published procedure (docs/strokes.md): threshold, two thinning
 * passes, speck removal, nearest-neighbour tour with random ties. Image i draws its ties from the
 * stream (seed, split, i). columns dx dy eos eod. */
FA_API fa_status fa_strokes_from_images(fa_dataset **out, const fa_dataset *images, uint64_t seed,
                                        uint32_t split);

/* n made-up pen-stroke digits in the same dx dy eos eod form, classes 0..9 in equal shares. Sample
 * i depends on (seed, split, i) alone. */
FA_API fa_status fa_strokes_synthesize(fa_dataset **out, size_t n, uint64_t seed, uint32_t split);

/* Coarse groups from fine classes by a written rule: groups separated by '/', each a list of
 * classes and ranges ("0-4 / 5-9", "0,2,4 / 1,3,5-9"). coarse [n] gets the index of the group; a
 * class in no group is FA_E_LABEL, as is a group no sample falls into and a class named twice. */
FA_API fa_status fa_groups_apply(int32_t *coarse, size_t *n_groups, const char *rule,
                                 const int32_t *classes, size_t n);

/* .npy files. Numbers of any numeric dtype and byte order are converted; a value that does not fit
 * is an error that names its place. A 1-D file reads as n rows of 1. Free *out with fa_free. */
FA_API fa_status fa_matrix_read(float **out, size_t *n, size_t *d, const char *path);
FA_API fa_status fa_matrix_write(const char *path, const float *x, size_t n, size_t d);
/* Integers from .npy, IDX labels or a text file with one integer a line. Free *out with fa_free. */
FA_API fa_status fa_labels_read(int32_t **out, size_t *n, const char *path);
FA_API fa_status fa_labels_write(const char *path, const int32_t *labels, size_t n);

/* A copy of the first `count` samples, for a quick trial on a part.
 *
 * out      the copy; free with fa_dataset_free; `of` may be freed before it
 * count    1 to fa_dataset_count(of)
 *
 * Nothing counts as left out of it. Errors: FA_E_ARGUMENT for another count; FA_E_NOMEM. Threads:
 * safe. Cost: the memory of the copy. */
FA_API fa_status fa_dataset_first(fa_dataset **out, const fa_dataset *of, size_t count);

/* ==== Recipes =============================================================================== */

/* What to train on what: every key, its type, default and text stand in one table. */
typedef struct fa_recipe fa_recipe;

typedef struct fa_recipe_key {
    const char *name;          /* "section.key", as in --set loss.margin=0.5 */
    const char *default_value; /* as text */
    const char *allowed;       /* "> 0", "none|single|multi|decov|xcov", ... */
    const char *text;          /* one line */
} fa_recipe_key;

/* The table of keys, *count entries; static storage. */
FA_API const fa_recipe_key *fa_recipe_keys(size_t *count);

FA_API fa_status fa_recipe_create(fa_recipe **out);                 /* all defaults */
FA_API fa_status fa_recipe_read(fa_recipe **out, const char *path); /* an .ini file */
FA_API fa_status fa_recipe_set(fa_recipe *recipe, const char *key, const char *value);
/* The value of a key as text, or NULL for an unknown key; valid until the key is set again. */
FA_API const char *fa_recipe_get(const fa_recipe *recipe, const char *key);
FA_API fa_status fa_recipe_write(const fa_recipe *recipe, const char *path);
FA_API void fa_recipe_free(fa_recipe *recipe);

/* ==== Training ============================================================================== */

/* One row of history.csv. */
typedef struct fa_epoch {
    size_t epoch;            /* 1, 2, ... */
    double task_loss;        /* cross-entropy, mean over the epoch */
    double component;        /* L_single, L_multi, DeCov or XCov before its weight */
    double component_weight; /* weight in force at the end of the epoch */
    double accuracy;         /* coarse, on the training batches */
    double validation_loss;  /* cross-entropy on the validation split */
    double validation_accuracy;
    double gradient_norm; /* mean over batches, before clipping */
    double dead_units;    /* share of target-layer units that are 0 for every validation sample */
    double seconds;       /* wall time so far; the one column that is not deterministic */
} fa_epoch;

typedef struct fa_progress {
    const char *phase; /* "train", "validate", "embed", "cluster" */
    size_t epoch, epochs;
    size_t done, total; /* samples within the phase */
    double samples_per_second;
    double seconds_left;      /* of the whole run; < 0: not known yet */
    const fa_epoch *finished; /* non-NULL once an epoch: its row of the history */
} fa_progress;

/* Return non-zero to stop after the batch in hand; the run is then finished off with the best epoch
 * so far, stays usable and can be resumed. */
typedef int (*fa_progress_fn)(void *user, const fa_progress *progress);

typedef struct fa_train_options {
    fa_progress_fn progress; /* NULL: none */
    void *user;
    int resume; /* continue from RUN/checkpoint.safetensors */
} fa_train_options;

typedef struct fa_scores {
    size_t n, k;
    double accuracy; /* coarse, on the scored split; NaN if it has no coarse labels */
    int has_truth;   /* hidden classes were there: the next fields are set */
    double ami_max, nmi_geometric, ari;
    double inertia;
} fa_scores;

typedef struct fa_train_result {
    size_t epochs;     /* run in all */
    size_t best_epoch; /* the one kept */
    double validation_accuracy;
    int stopped; /* the callback asked for it */
    int has_scores;
    fa_scores scores; /* on the test split, where the recipe names one */
} fa_train_result;

/* Trains by the recipe and leaves the run folder: recipe.ini, history.csv, model.safetensors,
 * checkpoint.safetensors, and where there is a test split embeddings.npy, clusters.npy,
 * scores.json. options and result may be NULL. A non-finite loss or gradient is FA_E_NONFINITE; the
 * detail names step, layer and the likely cause. A stop by the callback is FA_OK with
 * result->stopped set. */
FA_API fa_status fa_train(const fa_recipe *recipe, const char *run, const fa_train_options *options,
                          fa_train_result *result);

/* A trained network read back from a run folder. */
typedef struct fa_model fa_model;

FA_API fa_status fa_model_open(fa_model **out, const char *run);
FA_API void fa_model_free(fa_model *model);
FA_API size_t fa_model_target_units(const fa_model *model); /* width of the target layer */
FA_API size_t fa_model_outputs(const fa_model *model);      /* 1: sigmoid; else coarse classes */
FA_API size_t fa_model_parameters(const fa_model *model);

/* Target-layer outputs [count, target units] and logits [count, outputs] of every sample of the
 * data set, in its order; either may be NULL. progress may be NULL. */
FA_API fa_status fa_model_embed(float *embedding, float *logits, const fa_model *model,
                                const fa_dataset *dataset, fa_progress_fn progress, void *user);

#ifdef __cplusplus
}
#endif
#endif
