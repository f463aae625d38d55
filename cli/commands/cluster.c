/* forced-apart cluster: KMeans over the rows of a matrix. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/training.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *clusters, *output, *centroids, *transform, *within;
    size_t components, restarts, max_iterations;
    double tolerance;
    uint64_t seed;
} opts;

/* The defaults are those of fa_kmeans_options_default. */
static const cli_option options[] = {
    {.name = "clusters",
     .letter = 'k',
     .type = OPTION_TEXT,
     .to = &opts.clusters,
     .value = "K|auto|a=4,b=6",
     .required = true,
     .text =
         "clusters, at most the number of rows; auto: chosen by silhouette and stability. With "
         "--within K is of all labels together, shared out half equally, half by least "
         "inertia; auto looks inside each; or each label has its number, by its word or number"},
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
         "beyond one, and those of label 0 (of the word that comes first) come first. A row with a "
         "label below 0 gets the nearest centre of all"},
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

/* How many clusters there are, and what they lie within; labels NULL: nothing. */
typedef struct inside {
    size_t k; /* 0: not known yet */
    bool chosen;
    fa_sweep_choice choice; /* where it was */
    int32_t *labels;        /* [n] */
    char **words;           /* [l]; NULL: the labels are numbers */
    size_t l;
    size_t *k_of; /* [l] */
} inside;

/* ==== The result ==== */

static json_t *list_words(const inside *in) {
    json_t *list = json_array();
    for (size_t y = 0; y < in->l; y++) json_array_append_new(list, json_text(in->words[y]));
    return list;
}

static int print_as_json(const size_t *sizes, size_t n, double inertia, const inside *in) {
    json_t *list = json_array(), *shares = in->labels != NULL ? json_array() : json_null();
    for (size_t c = 0; c < in->k; c++)
        json_array_append_new(list, json_integer((json_int_t)sizes[c]));
    for (size_t y = 0; y < in->l; y++)
        json_array_append_new(shares, json_integer((json_int_t)in->k_of[y]));
    return print_json(
        json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)n, "k",
                  (json_int_t)in->k, "choice", in->chosen ? choice_json(&in->choice) : json_null(),
                  "inertia", json_number(inertia), "sizes", list, "k_of_labels", shares, "labels",
                  in->words != NULL ? list_words(in) : json_null(), "clusters",
                  opts.output != NULL ? json_text(opts.output) : json_null()));
}

static void print_as_text(const size_t *sizes, size_t n, double inertia, const inside *in) {
    print_row("rows", "", "%zu", n);
    if (in->chosen) choice_print(&in->choice);
    print_row("inertia", "sum of squared distances to the centres", "%.6g", inertia);
    for (size_t y = 0, c = 0; y < in->l; y++)
        for (size_t last = c + in->k_of[y]; c < last; c++)
            if (in->words != NULL)
                printf("  cluster %-6zu %-8zu of %s\n", c, sizes[c], in->words[y]);
            else
                printf("  cluster %-6zu %-8zu of label %zu\n", c, sizes[c], y);
    for (size_t c = 0; c < in->k && in->l == 0; c++) printf("  cluster %-6zu %zu\n", c, sizes[c]);
    if (opts.output != NULL) print_row("clusters", "", "%s", opts.output);
}

static int print_result(const int32_t *assignment, size_t n, double inertia, const inside *in) {
    size_t *sizes = calloc(in->k, sizeof *sizes);
    int code = EXIT_OK;
    if (sizes == NULL) return fail("out of memory");
    for (size_t i = 0; i < n; i++) sizes[assignment[i]]++;
    if (common.json)
        code = print_as_json(sizes, n, inertia, in);
    else
        print_as_text(sizes, n, inertia, in);
    free(sizes);
    return code;
}

/* ==== How many ==== */

static bool wants_choice(void) {
    return strcmp(opts.clusters, "auto") == 0;
}

static bool wants_counts(void) {
    return strchr(opts.clusters, '=') != NULL;
}

/* -k before anything is read: a number, auto, or one for each label. */
static int take_clusters(inside *in) {
    const char *text = opts.clusters;
    char before[256];
    if (wants_choice()) return EXIT_OK;
    if (wants_counts()) {
        snprintf(before, sizeof before, "-k %s: ", text);
        fa_status status = fa_kmeans_counts(NULL, text, NULL, NULL, 0, 0);
        if (status != FA_OK) return refused(&command_cluster, status, before);
        if (opts.within != NULL) return EXIT_OK;
        return misuse(&command_cluster, "-k %s: numbers for labels go with --within L.npy", text);
    }
    errno = 0;
    in->k = strtoul(text, NULL, 10);
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || in->k == 0 || errno != 0)
        return misuse(&command_cluster,
                      "--clusters takes a whole number >= 1, auto, or with --within one for each "
                      "label as a=4,b=6; got '%s'",
                      text);
    return EXIT_OK;
}

/* What the sweep said, by the words of the labels. */
static void say_words(inside *in) {
    char *why = in->choice.why;
    size_t used = 0, size = sizeof in->choice.why;
    for (size_t y = 0; in->words != NULL && y < in->l && used < size; y++)
        used += (size_t)snprintf(why + used, size - used, "%s%zu in %s", y > 0 ? ", " : "",
                                 in->k_of[y], in->words[y]);
}

static int choose_over_all(fa_sweep_choice *choice, const float *x, size_t n, size_t d,
                           const fa_sweep_options *given) {
    fa_sweep_options how = *given;
    size_t seen = n < how.rows ? n : how.rows, held = (size_t)(how.share * (double)seen);
    if (held < how.k_high) how.k_high = held;
    if (how.k_high <= how.k_low)
        return fail("-k auto: %zu rows are too few to compare numbers of clusters; give one", n);
    size_t count = how.k_high - how.k_low + 1;
    fa_sweep_row *rows = malloc(count * sizeof *rows);
    if (rows == NULL) return fail("out of memory");
    bool done = fa_sweep_run(rows, x, n, d, NULL, &how) == FA_OK &&
                fa_sweep_choose(choice, rows, count, 0) == FA_OK;
    free(rows);
    return done ? EXIT_OK : fail_library();
}

static int choose(inside *in, const float *x, size_t n, size_t d) {
    fa_sweep_options how = fa_sweep_options_default();
    int code = EXIT_OK;
    how.seed = opts.seed;
    if (in->labels == NULL)
        code = choose_over_all(&in->choice, x, n, d, &how);
    else if (fa_sweep_within(in->k_of, &in->choice, x, n, d, in->labels, in->l, &how) != FA_OK)
        code = fail_library();
    else
        say_words(in);
    in->chosen = true;
    in->k = in->choice.k;
    return code;
}

/* -k as numbers for labels, where it is. */
static int take_counts(inside *in, size_t n) {
    if (!wants_counts()) return EXIT_OK;
    if (fa_kmeans_counts(in->k_of, opts.clusters, (const char *const *)in->words, in->labels, n,
                         in->l) != FA_OK)
        return fail("-k %s: %s", opts.clusters, fa_error_detail());
    for (size_t y = 0; y < in->l; y++) in->k += in->k_of[y];
    return EXIT_OK;
}

/* ==== What is clustered ==== */

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
    bool plain = kind() == FA_TRANSFORM_NONE && opts.within == NULL && !wants_choice();
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

/* Numbers as they are, or else words in the order of their first appearance. */
static fa_status read_numbers_or_words(inside *in, size_t *rows) {
    fa_status status = fa_labels_read(&in->labels, rows, opts.within);
    if (status != FA_E_FORMAT) return status;
    return fa_labels_read_words(&in->labels, rows, &in->words, &in->l, opts.within);
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
    return in->k_of != NULL ? take_counts(in, n) : fail("out of memory");
}

/* ==== Clusters ==== */

static fa_status fit(float *centroids, int32_t *assignment, double *inertia, const source *s,
                     const float *x, size_t columns, const inside *in,
                     const fa_kmeans_options *how) {
    size_t n = s->n;
    if (s->data != NULL) return fa_kmeans_fit_vectors(centroids, assignment, inertia, s->data, how);
    if (in->labels == NULL)
        return fa_kmeans_fit(centroids, assignment, inertia, x, n, columns, how);
    if (!in->chosen && !wants_counts()) {
        fa_status status = fa_kmeans_share(in->k_of, x, n, columns, in->labels, in->l, how);
        if (status != FA_OK) return status;
    }
    return fa_kmeans_within(centroids, assignment, inertia, x, n, columns, in->labels, in->l,
                            in->k_of, how);
}

static fa_status write_files(const source *s, const int32_t *assignment, const float *centroids,
                             size_t k, size_t columns) {
    fa_status status = FA_OK;
    if (opts.output != NULL) status = fa_labels_write(opts.output, assignment, s->n);
    if (status != FA_OK || opts.centroids == NULL) return status;
    return fa_matrix_write_shifted(opts.centroids, centroids,
                                   kind() == FA_TRANSFORM_NONE ? s->shift : NULL, k, columns);
}

/* KMeans over rows x [n, columns], those of the source in the space asked for; of several ranks the
 * first writes the files. */
static int cluster(const source *s, const float *x, size_t columns, inside *in) {
    int code = wants_choice() ? choose(in, x, s->n, columns) : EXIT_OK;
    if (code != EXIT_OK) return code;
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = in->k;
    how.restarts = opts.restarts;
    how.max_iterations = opts.max_iterations;
    how.tolerance = opts.tolerance;
    how.seed = opts.seed;
    float *centroids = malloc(in->k * columns * sizeof *centroids); /* k <= n */
    int32_t *assignment = malloc(s->n * sizeof *assignment);
    double inertia;
    if (centroids == NULL || assignment == NULL)
        code = fail("no memory for %zu rows and %zu centres of %zu columns", s->n, in->k, columns);
    else if (fit(centroids, assignment, &inertia, s, x, columns, in, &how) != FA_OK ||
             (fa_rank() == 0 && write_files(s, assignment, centroids, in->k, columns) != FA_OK))
        code = fail_library();
    else
        code = fa_rank() > 0 ? EXIT_OK : print_result(assignment, s->n, inertia, in);
    free(centroids);
    free(assignment);
    return code;
}

/* The same, with the rows brought into their space; those that stay in their files are as they are. */
static int cluster_in_space(const source *s, inside *in) {
    fa_transform *transform;
    if (s->data != NULL) return cluster(s, NULL, s->d, in);
    if (fa_transform_fit(&transform, kind(), opts.components, s->x, s->n, s->d) != FA_OK)
        return fail_library();
    size_t columns = fa_transform_columns(transform);
    float *space = malloc(s->n * columns * sizeof *space); /* <= x */
    int code;
    if (space == NULL)
        code = fail("no memory for %zu rows of %zu columns", s->n, columns);
    else if (fa_transform_apply(space, transform, s->x, s->n, s->d) != FA_OK)
        code = fail_library();
    else
        code = cluster(s, space, columns, in);
    free(space);
    fa_transform_free(transform);
    return code;
}

static int run(const arguments *given) {
    inside in = {0};
    source s = {0};
    if (opts.components > 0 && strstr(opts.transform, "whiten") == NULL)
        return misuse(&command_cluster,
                      "--components goes with --transform whiten and the like, not with %s",
                      opts.transform);
    const char *const outputs[] = {opts.output, opts.centroids};
    if (take_clusters(&in) != EXIT_OK ||
        paths_check(&command_cluster, given->operand, given->count, outputs, 2) != EXIT_OK)
        return EXIT_MISUSE;
    int code = given->count > 1 ? read_joined(&s, given->operand, given->count)
                                : read_source(&s, given->operand[0]);
    if (code == EXIT_OK) code = read_labels(&in, s.n, given->operand[0]);
    if (code == EXIT_OK && in.k > s.n)
        code = fail("%s has %zu rows: -k must be 1 to %zu, got %zu", given->operand[0], s.n, s.n,
                    in.k);
    if (code == EXIT_OK) code = cluster_in_space(&s, &in);
    fa_free(in.labels);
    fa_free(in.words);
    free(in.k_of);
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
                "forced-apart cluster E.npy -k red=4,blue=6 -o C.npy --within colours.txt\n"
                "forced-apart cluster E1.npy E2.npy -k 10 -o C.npy",
    .operands = {{"E.npy", "matrix, one row a sample; or a folder of part-0.npy, part-1.npy, ...",
                  false}},
    .repeats = true,
    .options = options,
    .ranks = true,
    .run = run,
};
