/* forced-apart cluster: KMeans over the rows of a matrix. */
#include "commands.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static struct {
    const char *output, *centroids, *transform;
    size_t k, restarts, max_iterations;
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
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .to = &opts.output,
     .value = "C.npy",
     .required = true,
     .text = "file for the cluster of each row, int32 [rows]"},
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
     .choices = "none|unit|standard",
     .text = "cluster the rows as they are, at length 1, or with columns at mean 0 and variance 1; "
             "centres and inertia are in that space"},
    {.name = "seed",
     .letter = 's',
     .type = OPTION_SEED,
     .to = &opts.seed,
     .value = "SEED",
     .fallback = "0",
     .text = "random numbers of the starts"},
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

static fa_transform transform(void) {
    if (strcmp(opts.transform, "unit") == 0) return FA_TRANSFORM_UNIT;
    return strcmp(opts.transform, "standard") == 0 ? FA_TRANSFORM_STANDARD : FA_TRANSFORM_NONE;
}

static int cluster(float *x, size_t n, size_t d, float *centroids, int32_t *assignment) {
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = opts.k;
    how.restarts = opts.restarts;
    how.max_iterations = opts.max_iterations;
    how.tolerance = opts.tolerance;
    how.seed = opts.seed;
    double inertia;
    if (fa_transform_apply(x, x, n, d, transform()) != FA_OK ||
        fa_kmeans_fit(centroids, assignment, &inertia, x, n, d, &how) != FA_OK ||
        fa_labels_write(opts.output, assignment, n) != FA_OK ||
        (opts.centroids != NULL && fa_matrix_write(opts.centroids, centroids, opts.k, d) != FA_OK))
        return fail_library();
    return print_result(assignment, n, inertia);
}

static int run(const arguments *given) {
    float *x;
    size_t n, d;
    if (fa_matrix_read(&x, &n, &d, given->operand[0]) != FA_OK) return fail_library();
    int code;
    if (opts.k > n) {
        code =
            fail("%s has %zu rows: -k must be 1 to %zu, got %zu", given->operand[0], n, n, opts.k);
    } else {
        float *centroids = malloc(opts.k * (d > 0 ? d : 1) * sizeof *centroids); /* k <= n */
        int32_t *assignment = malloc(n * sizeof *assignment);
        code = centroids == NULL || assignment == NULL
                   ? fail("no memory for %zu centres of %zu columns", opts.k, d)
                   : cluster(x, n, d, centroids, assignment);
        free(centroids);
        free(assignment);
    }
    fa_free(x);
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
    .run = run,
};
