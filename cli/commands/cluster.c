/* forced-apart cluster: KMeans over the rows of a matrix. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *output, *centroids, *transform, *within;
    size_t k, components, restarts, max_iterations;
    double tolerance;
    uint64_t seed;
} opts;

/* The defaults are those of fa_kmeans_options_default. */
static const cli_option options[] = {
    {.name = "clusters",
     .letter = 'k',
     .type = OPTION_COUNT,
     .to = &opts.k,
     .value = "K",
     .low = 1,
     .required = true,
     .text = "clusters, at most the number of rows; with --within of all labels together"},
    OPTION_OUTPUT(&opts.output, "C.npy", NULL, "file for the cluster of each row, int32 [rows]"),
    {.name = "centroids",
     .type = OPTION_TEXT,
     .to = &opts.centroids,
     .value = "F.npy",
     .text = "file for the centres, float32 [clusters, columns]"},
    {.name = "within",
     .type = OPTION_TEXT,
     .to = &opts.within,
     .value = "L.npy",
     .text =
         "a label for each row, 0, 1, ..., or a word, in any file of labels: no cluster reaches "
         "beyond one, and those of label 0 (of the word that comes first) come first; K is shared "
         "out, half equally, half by least "
         "inertia. A row with a label below 0 gets the nearest centre of all"},
    {.name = "transform",
     .type = OPTION_CHOICE,
     .to = &opts.transform,
     .value = "SPACE",
     .fallback = "none",
     .choices = "none|unit|standard|whiten|whiten-unit|half-whiten-unit|root-half-whiten-unit",
     .text = "cluster the rows as they are, at length 1, with columns at mean 0 and variance 1, or "
             "their principal components: at variance 1 (whiten), over the square root of their "
             "deviation (half), so of the values' signed square roots (root-half); centres and "
             "inertia are in that space"},
    {.name = "components",
     .type = OPTION_COUNT,
     .to = &opts.components,
     .value = "R",
     .fallback = "0",
     .low = 0,
     .text = "components that the spaces that whiten keep, at most the number of columns; 0: "
             "those with at least 0.1 % of the variance"},
    OPTION_SEED_FROM(&opts.seed, "0", "random numbers of the starts"),
    {.name = "restarts",
     .type = OPTION_COUNT,
     .to = &opts.restarts,
     .value = "N",
     .fallback = "10",
     .low = 1,
     .text = "runs from different k-means++ starts; the lowest inertia wins"},
    {.name = "max-iterations",
     .type = OPTION_COUNT,
     .to = &opts.max_iterations,
     .value = "N",
     .fallback = "300",
     .low = 1,
     .text = "iterations of a run at most"},
    {.name = "tolerance",
     .type = OPTION_NUMBER,
     .to = &opts.tolerance,
     .value = "T",
     .fallback = "1e-4",
     .text = "stop when the squared move of the centres is at most T times the mean variance"},
    {0},
};

/* What the clusters lie within; {0}: nothing. */
typedef struct inside {
    int32_t *labels; /* [n] */
    size_t l;
    size_t *k_of; /* [l] */
} inside;

static int print_result(const int32_t *assignment, size_t n, double inertia, const inside *in) {
    size_t *sizes = calloc(opts.k, sizeof *sizes);
    if (sizes == NULL) return fail("out of memory");
    for (size_t i = 0; i < n; i++) sizes[assignment[i]]++;
    json_t *list = json_array(), *shares = in->labels != NULL ? json_array() : json_null();
    for (size_t c = 0; c < opts.k; c++)
        json_array_append_new(list, json_integer((json_int_t)sizes[c]));
    for (size_t y = 0; y < in->l; y++)
        json_array_append_new(shares, json_integer((json_int_t)in->k_of[y]));
    json_t *all =
        json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "n", (json_int_t)n, "k", (json_int_t)opts.k,
                  "inertia", json_number(inertia), "sizes", list, "k_of_labels", shares, "clusters",
                  opts.output != NULL ? json_text(opts.output) : json_null());
    int code = EXIT_OK;
    if (common.json) {
        code = print_json(all);
    } else {
        json_decref(all);
        print_row("rows", "", "%zu", n);
        print_row("inertia", "sum of squared distances to the centres", "%.6g", inertia);
        for (size_t y = 0, c = 0; y < in->l; y++)
            for (size_t last = c + in->k_of[y]; c < last; c++)
                printf("  cluster %-6zu %-8zu of label %zu\n", c, sizes[c], y);
        for (size_t c = 0; c < opts.k && in->l == 0; c++)
            printf("  cluster %-6zu %zu\n", c, sizes[c]);
        if (opts.output != NULL) print_row("clusters", "", "%s", opts.output);
    }
    free(sizes);
    return code;
}

static fa_transform_kind kind(void) {
    fa_transform_kind found = FA_TRANSFORM_NONE; /* the choices are its names */
    while (strcmp(fa_transform_name(found), opts.transform) != 0)
        found = (fa_transform_kind)(found + 1);
    return found;
}

/* What is clustered: vectors that stay in their files, or rows in memory. */
typedef struct source {
    fa_dataset *data; /* NULL: x */
    float *x;         /* [n, d] */
    bool joined;      /* x is of malloc */
    double *shift;    /* [d] what was taken off before; NULL: nothing */
    size_t n, d;
} source;

static void free_source(source *s) {
    fa_dataset_free(s->data);
    if (s->joined)
        free(s->x);
    else
        fa_free(s->x);
    fa_free(s->shift);
}

static fa_status fit(float *centroids, int32_t *assignment, double *inertia, const source *s,
                     const float *x, size_t columns, inside *in, const fa_kmeans_options *how) {
    size_t n = s->n;
    if (s->data != NULL) return fa_kmeans_fit_vectors(centroids, assignment, inertia, s->data, how);
    if (in->labels == NULL)
        return fa_kmeans_fit(centroids, assignment, inertia, x, n, columns, how);
    fa_status status = fa_kmeans_share(in->k_of, x, n, columns, in->labels, in->l, how);
    if (status != FA_OK) return status;
    return fa_kmeans_within(centroids, assignment, inertia, x, n, columns, in->labels, in->l,
                            in->k_of, how);
}

static fa_status write_files(const source *s, const int32_t *assignment, const float *centroids,
                             size_t columns) {
    fa_status status = FA_OK;
    if (opts.output != NULL) status = fa_labels_write(opts.output, assignment, s->n);
    if (status != FA_OK || opts.centroids == NULL) return status;
    return fa_matrix_write_shifted(opts.centroids, centroids,
                                   kind() == FA_TRANSFORM_NONE ? s->shift : NULL, opts.k, columns);
}

/* KMeans over the rows in the space asked for (transform NULL: as they are); of several ranks the first
 * writes the files. */
static int cluster(const source *s, const fa_transform *transform, inside *in) {
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = opts.k;
    how.restarts = opts.restarts;
    how.max_iterations = opts.max_iterations;
    how.tolerance = opts.tolerance;
    how.seed = opts.seed;
    size_t n = s->n, columns = transform != NULL ? fa_transform_columns(transform) : s->d;
    float *space = transform != NULL ? malloc(n * columns * sizeof *space) : NULL; /* <= x */
    float *centroids = malloc(opts.k * columns * sizeof *centroids);               /* k <= n */
    int32_t *assignment = malloc(n * sizeof *assignment);
    double inertia;
    int code;
    if ((transform != NULL && space == NULL) || centroids == NULL || assignment == NULL)
        code = fail("no memory for %zu rows and %zu centres of %zu columns", n, opts.k, columns);
    else if ((transform != NULL && fa_transform_apply(space, transform, s->x, n, s->d) != FA_OK) ||
             fit(centroids, assignment, &inertia, s, transform != NULL ? space : s->x, columns, in,
                 &how) != FA_OK ||
             (fa_rank() == 0 && write_files(s, assignment, centroids, columns) != FA_OK))
        code = fail_library();
    else
        code = fa_rank() > 0 ? EXIT_OK : print_result(assignment, n, inertia, in);
    free(space);
    free(centroids);
    free(assignment);
    return code;
}

/* Numbers as they are, or else words in the order of their first appearance. */
static fa_status read_numbers_or_words(inside *in, size_t *rows) {
    fa_status status = fa_labels_read(&in->labels, rows, opts.within);
    if (status != FA_E_FORMAT) return status;
    status = fa_labels_read_words(&in->labels, rows, opts.within);
    if (status == FA_OK)
        note("the labels of %s are words: 0 is the one that comes first, 1 the next, and so on",
             opts.within);
    return status;
}

/* The labels of --within: one for each of the n rows of `matrix`. */
static int read_labels(inside *in, size_t n, const char *matrix) {
    size_t rows;
    if (opts.within == NULL) return EXIT_OK;
    fa_status status = read_numbers_or_words(in, &rows);
    if (status == FA_E_IO)
        return fail("--within: %s; a file with a label for each row works, such as the %s of a run",
                    fa_error_detail(), fa_run_file_name(FA_RUN_COARSE));
    if (status != FA_OK) return fail_library();
    if (rows != n)
        return fail("%s has %zu labels, %s has %zu rows: give one a row", opts.within, rows, matrix,
                    n);
    for (size_t i = 0; i < n; i++) {
        if (in->labels[i] >= 0 && (size_t)in->labels[i] >= n)
            return fail("%s: row %zu is %d: number the labels 0, 1, ...", opts.within, i,
                        (int)in->labels[i]);
        if (in->labels[i] >= 0 && (size_t)in->labels[i] >= in->l) in->l = (size_t)in->labels[i] + 1;
    }
    if (in->l == 0) return fail("%s: no row has a label (0, 1, ...)", opts.within);
    in->k_of = calloc(in->l, sizeof *in->k_of);
    return in->k_of != NULL ? EXIT_OK : fail("out of memory");
}

static bool was_moved(const fa_dataset *data) {
    size_t k = 0, d = fa_dataset_features(data);
    while (k < d && fa_dataset_shift(data, k) == 0) k++;
    return k < d;
}

/* Whether a file begins as .npy does: what is refused in a small file is not taken in a large one. */
static bool is_npy(const char *path) {
    char start[6];
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    bool is = fread(start, 1, sizeof start, file) == sizeof start &&
              memcmp(start, "\x93NUMPY", sizeof start) == 0;
    fclose(file);
    return is;
}

/* Vectors in parts, or in a file that is worth it, which then stay there as far as KMeans alone
 * looks at them. *taken false: it is none of these, and is read as a matrix. */
static int read_in_place(source *s, bool *taken, const char *path) {
    const uint64_t worth = 4 << 20;
    bool folder = is_folder(path);
    uint64_t size = 0;
    *taken = false;
    if (!folder && (!file_size(path, &size) || size < worth || !is_npy(path))) return EXIT_OK;
    fa_status status = fa_dataset_read(&s->data, path, NULL);
    if (folder && status != FA_OK) return fail_library();
    bool vectors = status == FA_OK && fa_dataset_kind(s->data) == FA_KIND_VECTORS;
    if (folder && !vectors)
        return fail("%s holds no vectors: train and embed make some of other data", path);
    if (!vectors || was_moved(s->data)) {
        fa_dataset_free(s->data);
        s->data = NULL;
        return EXIT_OK;
    }
    s->n = fa_dataset_count(s->data);
    s->d = fa_dataset_features(s->data);
    *taken = true;
    return EXIT_OK;
}

static int read_source(source *s, const char *path) {
    bool taken, unit = kind() == FA_TRANSFORM_UNIT; /* a row's length is not that of a moved one */
    int code = read_in_place(s, &taken, path);
    if (code != EXIT_OK) return code;
    bool plain = kind() == FA_TRANSFORM_NONE && opts.within == NULL;
    if (taken && plain) return EXIT_OK;
    fa_status status =
        taken ? fa_dataset_matrix(&s->x, &s->d, s->data, NULL, 0)
              : fa_matrix_read_shifted(&s->x, unit ? NULL : &s->shift, &s->n, &s->d, path);
    fa_dataset_free(s->data);
    s->data = NULL;
    if (status != FA_OK) return fail_library();
    if (s->shift != NULL)
        note("columns far from 0 were moved there first: float32 tells them apart");
    return EXIT_OK;
}

/* Of a matrix that is one of several: over the root of its mean square, so that each counts alike. */
static double factor_of(const source *s) {
    double square = 0;
    for (size_t i = 0; i < s->n * s->d; i++) square += (double)s->x[i] * (double)s->x[i];
    return square > 0 ? sqrt((double)s->n * (double)s->d / square) : 1;
}

/* Side by side: row i is row i of each. */
static int join(source *to, const source *parts, size_t count) {
    size_t d = 0, n = parts[0].n;
    for (size_t p = 0; p < count; p++) d += parts[p].d;
    *to = (source){.joined = true, .n = n, .d = d};
    if (d <= SIZE_MAX / sizeof *to->x / n) to->x = malloc(n * d * sizeof *to->x);
    if (to->x == NULL) return fail("no memory for %zu rows of %zu columns", n, d);
    for (size_t p = 0, at = 0; p < count; at += parts[p++].d) {
        double factor = factor_of(&parts[p]);
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < parts[p].d; c++)
                to->x[i * d + at + c] = (float)((double)parts[p].x[i * parts[p].d + c] * factor);
    }
    return EXIT_OK;
}

static int read_joined(source *s, const char *const *paths, size_t count) {
    source parts[ARGUMENTS_MAX] = {{0}};
    int code = EXIT_OK;
    for (size_t p = 0; p < count && code == EXIT_OK; p++) {
        source *part = &parts[p];
        if (fa_matrix_read(&part->x, &part->n, &part->d, paths[p]) != FA_OK)
            code = fail_library();
        else if (part->n != parts[0].n)
            code = fail("%s has %zu rows, %s has %zu: side by side, row i of each is one sample",
                        paths[0], parts[0].n, paths[p], part->n);
    }
    if (code == EXIT_OK) code = join(s, parts, count);
    for (size_t p = 0; p < count; p++) free_source(&parts[p]);
    return code;
}

static int run(const arguments *given) {
    inside in = {0};
    source s = {0};
    fa_transform *transform = NULL;
    if (opts.components > 0 && strstr(opts.transform, "whiten") == NULL)
        return misuse(&command_cluster,
                      "--components goes with --transform whiten and the like, not with %s",
                      opts.transform);
    const char *const outputs[] = {opts.output, opts.centroids};
    if (paths_check(&command_cluster, given->operand, given->count, outputs, 2) != EXIT_OK)
        return EXIT_MISUSE;
    int code = given->count > 1 ? read_joined(&s, given->operand, given->count)
                                : read_source(&s, given->operand[0]);
    if (code == EXIT_OK) code = read_labels(&in, s.n, given->operand[0]);
    if (code != EXIT_OK) goto done;
    if (opts.k > s.n)
        code = fail("%s has %zu rows: -k must be 1 to %zu, got %zu", given->operand[0], s.n, s.n,
                    opts.k);
    else if (s.data == NULL &&
             fa_transform_fit(&transform, kind(), opts.components, s.x, s.n, s.d) != FA_OK)
        code = fail_library();
    else
        code = cluster(&s, transform, &in);
done:
    fa_free(in.labels);
    free(in.k_of);
    fa_transform_free(transform);
    free_source(&s);
    return code;
}

const cli_command command_cluster = {
    .name = "cluster",
    .summary = "KMeans over the rows of a matrix",
    .text =
        "KMeans (k-means++ starts, the best of several) over the rows of a matrix, such as "
        "what embed writes. The same seed gives the same clusters with any number of threads.\n\n"
        "Several matrices of the same samples, such as the layers of trainings with other seeds, "
        "are set side by side, each over the root of its mean square.",
    .examples = "forced-apart cluster E.npy -k 10 -o C.npy --seed 1\n"
                "forced-apart cluster E.npy -k 10 -o C.npy --within runs/out/coarse.npy\n"
                "forced-apart cluster E1.npy E2.npy -k 10 -o C.npy",
    .operands = {{"E.npy", "matrix, one row a sample; or a folder of part-0.npy, part-1.npy, ...",
                  false}},
    .repeats = true,
    .options = options,
    .ranks = true,
    .run = run,
};
