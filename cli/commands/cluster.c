/* forced-apart cluster: KMeans over the rows of a matrix. */
#include "core/commands.h"
#include "core/output.h"

#include <stdlib.h>
#include <string.h>

static struct {
    const char *output, *centroids, *transform;
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
     .text = "clusters, at most the number of rows"},
    OPTION_OUTPUT_NEEDED(&opts.output, "C.npy", "file for the cluster of each row, int32 [rows]"),
    {.name = "centroids",
     .type = OPTION_TEXT,
     .to = &opts.centroids,
     .value = "F.npy",
     .text = "file for the centres, float32 [clusters, columns]"},
    {.name = "transform",
     .type = OPTION_CHOICE,
     .to = &opts.transform,
     .value = "SPACE",
     .fallback = "none",
     .choices = "none|unit|standard|whiten",
     .text = "cluster the rows as they are, at length 1, with columns at mean 0 and variance 1, or "
             "their principal components at variance 1; centres and inertia are in that space"},
    {.name = "components",
     .type = OPTION_COUNT,
     .to = &opts.components,
     .value = "R",
     .fallback = "0",
     .low = 0,
     .text = "components that whiten keeps, at most the number of columns; 0: those with at least "
             "0.1 % of the variance"},
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

static int print_result(const int32_t *assignment, size_t n, double inertia) {
    size_t *sizes = calloc(opts.k, sizeof *sizes);
    if (sizes == NULL) return fail("out of memory");
    for (size_t i = 0; i < n; i++) sizes[assignment[i]]++;
    json_t *list = json_array();
    for (size_t c = 0; c < opts.k; c++)
        json_array_append_new(list, json_integer((json_int_t)sizes[c]));
    json_t *all = json_pack("{s:I, s:I, s:o, s:o, s:o}", "n", (json_int_t)n, "k",
                            (json_int_t)opts.k, "inertia", json_number(inertia), "sizes", list,
                            "clusters", json_text(opts.output));
    int code = EXIT_OK;
    if (common.json) {
        code = print_json(all);
    } else {
        json_decref(all);
        print_row("rows", "", "%zu", n);
        print_row("inertia", "sum of squared distances to the centres", "%.6g", inertia);
        for (size_t c = 0; c < opts.k; c++) printf("  cluster %-6zu %zu\n", c, sizes[c]);
        print_row("clusters", "", "%s", opts.output);
    }
    free(sizes);
    return code;
}

static fa_transform_kind kind(void) {
    static const char *const names[] = {[FA_TRANSFORM_NONE] = "none",
                                        [FA_TRANSFORM_UNIT] = "unit",
                                        [FA_TRANSFORM_STANDARD] = "standard",
                                        [FA_TRANSFORM_WHITEN] = "whiten"};
    int found = FA_TRANSFORM_NONE;
    while (strcmp(names[found], opts.transform) != 0) found++;
    return (fa_transform_kind)found;
}

/* KMeans over the rows in the space asked for; the files are written. */
static int cluster(const float *x, const double *shift, size_t n, size_t d,
                   const fa_transform *transform) {
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = opts.k;
    how.restarts = opts.restarts;
    how.max_iterations = opts.max_iterations;
    how.tolerance = opts.tolerance;
    how.seed = opts.seed;
    size_t columns = fa_transform_columns(transform);
    float *space = malloc(n * columns * sizeof *space);              /* no larger than x */
    float *centroids = malloc(opts.k * columns * sizeof *centroids); /* k <= n */
    int32_t *assignment = malloc(n * sizeof *assignment);
    double inertia;
    int code;
    if (space == NULL || centroids == NULL || assignment == NULL)
        code = fail("no memory for %zu rows and %zu centres of %zu columns", n, opts.k, columns);
    else if (fa_transform_apply(space, transform, x, n, d) != FA_OK ||
             fa_kmeans_fit(centroids, assignment, &inertia, space, n, columns, &how) != FA_OK ||
             fa_labels_write(opts.output, assignment, n) != FA_OK ||
             (opts.centroids != NULL &&
              fa_matrix_write_shifted(opts.centroids, centroids,
                                      kind() == FA_TRANSFORM_NONE ? shift : NULL, opts.k,
                                      columns) != FA_OK))
        code = fail_library();
    else
        code = print_result(assignment, n, inertia);
    free(space);
    free(centroids);
    free(assignment);
    return code;
}

static int run(const arguments *given) {
    if (opts.components > 0 && kind() != FA_TRANSFORM_WHITEN)
        return misuse(&command_cluster, "--components goes with --transform whiten, not with %s",
                      opts.transform);
    if (fa_rank() > 0) return EXIT_OK; /* as long as rank 0 does it all */
    float *x;
    double *shift = NULL; /* a row's length is not that of a moved one */
    bool unit = kind() == FA_TRANSFORM_UNIT;
    size_t n, d;
    if (fa_matrix_read_shifted(&x, unit ? NULL : &shift, &n, &d, given->operand[0]) != FA_OK)
        return fail_library();
    if (shift != NULL) note("columns far from 0 were moved there first: float32 tells them apart");
    int code;
    fa_transform *transform = NULL;
    if (opts.k > n)
        code =
            fail("%s has %zu rows: -k must be 1 to %zu, got %zu", given->operand[0], n, n, opts.k);
    else if (fa_transform_fit(&transform, kind(), opts.components, x, n, d) != FA_OK)
        code = fail_library();
    else
        code = cluster(x, shift, n, d, transform);
    fa_transform_free(transform);
    fa_free(x);
    fa_free(shift);
    return code;
}

const cli_command command_cluster = {
    .name = "cluster",
    .summary = "KMeans over the rows of a matrix",
    .text = "KMeans (k-means++ starts, the best of several) over the rows of a matrix, such as "
            "what embed writes. The same seed gives the same clusters with any number of threads.",
    .examples = "forced-apart cluster E.npy -k 10 -o C.npy --seed 1",
    .operands = {{"E.npy", "matrix, one row a sample", false}},
    .options = options,
    .ranks = true,
    .run = run,
};
