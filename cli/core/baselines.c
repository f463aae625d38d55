/* What clustering gives without any network. */
#include "baselines.h"

#include "output.h"
#include "scores.h"

#include <math.h>
#include <stdlib.h>

/* Rows and values that are looked at, components that are kept, and the widest input of which they
 * are taken: the eigenproblem takes the cube of it. */
enum {
    ROWS_MAX = 5000,
    VALUES_MAX = 1 << 26,
    COMPONENTS = 50,
    WIDEST = 2048,
    RESTARTS = 3,
    FEW = 1000
};

static const char *const names[BASELINES] = {"KMeans, input", "standardised", "components"};

typedef struct rows {
    size_t n, d, k;
    size_t *samples; /* [n] */
    float *x;        /* [n, d] */
    float *space;    /* [n, d] */
    int32_t *truth, *clusters, *found;
} rows;

/* The same of all rows of a run. */
typedef struct run_rows {
    const int32_t *truth, *clusters;
    const int32_t *samples; /* of each row; NULL, with a test set: row i is sample i */
} run_rows;

static void close_rows(rows *r) {
    fa_free(r->x);
    free(r->space);
    free(r->samples);
    free(r->truth);
    free(r->clusters);
    free(r->found);
}

/* A number in [0, 1) that looks random, of an index (the finaliser of MurmurHash3). */
static double scattered(uint64_t i) {
    i = (i + 1) * 0x9e3779b97f4a7c15u;
    i = (i ^ (i >> 33)) * 0xff51afd7ed558ccdu;
    i = (i ^ (i >> 33)) * 0xc4ceb9fe1a85ec53u;
    return (double)((i ^ (i >> 33)) >> 11) * 0x1p-53;
}

/* `count` of the n rows of a run, one at a random place in each of as many equal parts: data may
 * come by class, or by turns (MNIST's two sources do). */
static bool take(rows *r, const run_rows *of, size_t n, size_t count) {
    r->n = count;
    r->samples = malloc(count * sizeof *r->samples);
    r->truth = malloc(count * sizeof *r->truth);
    r->clusters = malloc(count * sizeof *r->clusters);
    r->found = malloc(count * sizeof *r->found);
    if (r->samples == NULL || r->truth == NULL || r->clusters == NULL || r->found == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        double place = count < n ? (double)i + scattered(i) : (double)i;
        size_t at = (size_t)(place * ((double)n / (double)count));
        if (at >= n) at = n - 1;
        r->samples[i] = of->samples != NULL ? (size_t)of->samples[at] : at;
        r->truth[i] = of->truth[at];
        r->clusters[i] = of->clusters[at];
    }
    return true;
}

static fa_status score(double *ami, const rows *r, const float *x, size_t d) {
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = r->k < r->n ? r->k : r->n;
    if (r->n > FEW) how.restarts = RESTARTS; /* of few rows all of them cost nothing */
    fa_status status = fa_kmeans_fit(NULL, r->found, NULL, x, r->n, d, &how);
    if (status != FA_OK) return status;
    return fa_score_ami(ami, r->found, r->truth, r->n, FA_MEAN_MAX);
}

static fa_status standardised(double *ami, const rows *r) {
    fa_transform *transform;
    fa_status status = fa_transform_fit(&transform, FA_TRANSFORM_STANDARD, 0, r->x, r->n, r->d);
    if (status != FA_OK) return status;
    status = fa_transform_apply(r->space, transform, r->x, r->n, r->d);
    fa_transform_free(transform);
    return status == FA_OK ? score(ami, r, r->space, r->d) : status;
}

static fa_status components(double *ami, size_t *kept, const rows *r) {
    size_t k = r->d < COMPONENTS ? r->d : COMPONENTS;
    double *mean = malloc(r->d * sizeof *mean), *axes = malloc(k * r->d * sizeof *axes);
    fa_status status = FA_E_NOMEM;
    if (mean != NULL && axes != NULL) {
        status = fa_pca_fit(mean, axes, NULL, NULL, r->x, r->n, r->d, k);
        if (status == FA_OK) status = fa_pca_apply(r->space, r->x, r->n, r->d, mean, axes, k);
        if (status == FA_OK) status = score(ami, r, r->space, k);
    }
    free(mean);
    free(axes);
    *kept = k;
    return status;
}

static fa_status measure(baselines *out, const rows *r) {
    fa_status status = fa_score_ami(&out->run, r->clusters, r->truth, r->n, FA_MEAN_MAX);
    if (status == FA_OK) status = score(&out->ami[0], r, r->x, r->d);
    if (status == FA_OK) status = standardised(&out->ami[1], r);
    if (status != FA_OK) return status;
    if (r->d > WIDEST) {
        out->without[2] = "the input is too wide for its principal components";
        return FA_OK;
    }
    return components(&out->ami[2], &out->components, r);
}

static fa_status read_run(run_rows *of, size_t *n, fa_run *run) {
    *n = fa_run_result(run)->scores.n;
    fa_status status = fa_run_labels(&of->truth, run, FA_RUN_CLASSES);
    if (status == FA_OK) status = fa_run_labels(&of->clusters, run, FA_RUN_ASSIGNMENT);
    return status == FA_OK ? fa_run_labels(&of->samples, run, FA_RUN_ROWS) : status;
}

fa_status baselines_measure(baselines *out, fa_run *run, const char *data, const char *split) {
    rows r = {0};
    run_rows of = {0};
    size_t n = 0, d = 0;
    fa_dataset *samples = NULL;
    *out = (baselines){0};
    fa_status status = read_run(&of, &n, run);
    if (status == FA_OK) status = fa_recipe_read_data(&samples, fa_run_recipe(run), data, split);
    if (status != FA_OK) goto done;
    if (of.samples == NULL && fa_dataset_count(samples) < n) n = fa_dataset_count(samples);
    for (size_t i = 0; i < n; i++)
        if ((size_t)of.clusters[i] >= r.k) r.k = (size_t)of.clusters[i] + 1;
    size_t width = fa_dataset_features(samples) + 1, most = VALUES_MAX / width;
    if (most > ROWS_MAX) most = ROWS_MAX;
    if (most < r.k) most = r.k;
    status = FA_E_NOMEM;
    if (!take(&r, &of, n, n < most ? n : most)) goto done;
    status = fa_dataset_matrix(&r.x, &d, samples, r.samples, r.n);
    r.d = d;
    if (status == FA_OK) r.space = malloc(r.n * r.d * sizeof *r.space);
    if (status == FA_OK && r.space == NULL) status = FA_E_NOMEM;
    out->rows = r.n;
    out->k = r.k;
    if (status == FA_OK) status = measure(out, &r);
done:
    close_rows(&r);
    fa_dataset_free(samples);
    return status;
}

/* By more than a KMeans start or two may do. */
static bool input_is_better(const baselines *of) {
    const double enough = 0.01;
    for (size_t i = 0; i < BASELINES; i++)
        if (of->without[i] == NULL && of->ami[i] > of->run + enough) return true;
    return false;
}

void baselines_print(const baselines *of) {
    printf("\nAMI_max of %zu clusters with the hidden classes, on %zu rows, %s:\n", of->k, of->rows,
           normalisers[FA_MEAN_MAX].text);
    print_row("this run", "", "%.4f", of->run);
    for (size_t i = 0; i < BASELINES; i++) {
        char remark[64] = "";
        if (i == 2) snprintf(remark, sizeof remark, "%zu principal components", of->components);
        if (of->without[i] != NULL)
            print_row(names[i], of->without[i], "-");
        else
            print_row(names[i], remark, "%.4f", of->ami[i]);
    }
    if (input_is_better(of))
        printf("The input itself is clustered better: what the coarse labels ask for is not what "
               "tells\nthese classes apart, or the training was too short (--epochs).\n");
    putchar('\n');
}

json_t *baselines_json(const baselines *of) {
    double components = of->without[2] != NULL ? (double)NAN : of->ami[2];
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "rows", (json_int_t)of->rows, "k",
                     (json_int_t)of->k, "run", json_number(of->run), "input",
                     json_number(of->ami[0]), "standardised", json_number(of->ami[1]), "components",
                     json_number(components));
}
