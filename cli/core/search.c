/* The search of discover: margins and weights spread evenly over their logarithms, one training
 * each, ranked by signals that know no hidden classes.
 *
 * The rule: of all that keep the coarse validation accuracy of the plain network within the
 * tolerance, the plain one included, the one with the largest silhouette * stability of its
 * clusters wins; of equal ones the first. */
#include "search.h"

#include "output.h"
#include "places.h"
#include "progress.h"
#include "text_file.h"
#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct trial {
    char margin[16], weight[16]; /* "" : the plain network */
    double accuracy, loss, active_pairs, silhouette, stability, ami;
    size_t k;
    bool kept;
} trial;

typedef struct range {
    double low, high;
} range;

/* Beyond these either nothing happens or the coarse task suffers on every data set tried
 * (docs/guide.md); an autoencoder's weight is a share, Eq. 11. */
static const range margins = {0.02, 0.5}, weights = {0.1, 30}, shares = {0.01, 0.5};

/* ==== Settings ==== */

/* Point i of the van der Corput sequence: evenly spread in (0, 1) however many are taken. */
static double spread(size_t i, size_t base) {
    double x = 0, part = 1;
    for (; i > 0; i /= base) {
        part /= (double)base;
        x += part * (double)(i % base);
    }
    return x;
}

static void place(char out[16], range of, double at) {
    snprintf(out, 16, "%.2g", of.low * pow(of.high / of.low, at));
}

/* Setting 0 is the plain network. */
static void choose_setting(trial *t, size_t i, bool reconstruction) {
    *t = (trial){.ami = (double)NAN};
    if (i == 0) return;
    place(t->margin, margins, spread(i, 2));
    place(t->weight, reconstruction ? shares : weights, spread(i, 3));
}

static fa_status set_setting(fa_recipe *recipe, const trial *t) {
    if (t->margin[0] == '\0') return fa_recipe_set(recipe, "loss.kind", "none");
    fa_status status = fa_recipe_set(recipe, "loss.kind", "multi");
    if (status == FA_OK) status = fa_recipe_set(recipe, "loss.margin", t->margin);
    return status == FA_OK ? fa_recipe_set(recipe, "loss.weight", t->weight) : status;
}

/* ==== Signals ==== */

/* The rows of a run in the space that they were clustered in; free with free. */
static fa_status read_space(float **x, size_t *n, size_t *columns, fa_run *run) {
    const fa_clusters *clusters;
    const float *h;
    size_t d;
    fa_status status = fa_run_clusters(&clusters, run);
    if (status == FA_OK) status = fa_run_embeddings(&h, n, &d, run);
    if (status != FA_OK) return status;
    *columns = fa_clusters_columns(clusters);
    *x = malloc(*n * *columns * sizeof **x);
    status = *x == NULL ? FA_E_NOMEM : fa_clusters_space(*x, clusters, h, *n, d);
    if (status != FA_OK) free(*x);
    return status;
}

/* How well n rows fall apart into k clusters, added by their number; one cluster has neither
 * signal. */
static fa_status judge_rows(trial *t, size_t *judged, const float *x, size_t n, size_t columns,
                            size_t k) {
    fa_sweep_row row;
    fa_sweep_options how = fa_sweep_options_default();
    how.k_low = how.k_high = k;
    if (k < 2) return FA_OK;
    fa_status status = fa_sweep_run(&row, x, n, columns, NULL, &how);
    if (status != FA_OK) return status;
    t->silhouette += row.silhouette * (double)n;
    t->stability += row.stability * (double)n;
    *judged += n;
    return FA_OK;
}

/* The rows of each label that clusters lie within, alone. */
static fa_status judge_labels(trial *t, size_t *judged, const float *x, size_t n, size_t columns,
                              const fa_clusters *clusters, const int32_t *assignment) {
    fa_status status = FA_OK;
    float *part = malloc(n * columns * sizeof *part);
    if (part == NULL) return FA_E_NOMEM;
    for (size_t y = 0; y < fa_clusters_labels(clusters) && status == FA_OK; y++) {
        size_t rows = 0, k = 0;
        for (size_t c = 0; c < fa_clusters_count(clusters); c++)
            k += fa_clusters_label(clusters, (int32_t)c) == (int32_t)y;
        for (size_t i = 0; i < n; i++)
            if (fa_clusters_label(clusters, assignment[i]) == (int32_t)y)
                memcpy(part + rows++ * columns, x + i * columns, columns * sizeof *part);
        if ((double)rows * fa_sweep_options_default().share >=
            (double)k) /* a subsample has k rows */
            status = judge_rows(t, judged, part, rows, columns, k);
    }
    free(part);
    return status;
}

/* How well the rows of a run fall apart into its clusters: over all, or the mean over the labels
 * that they lie within. */
static fa_status judge(trial *t, fa_run *run) {
    float *x;
    size_t n, columns, judged = 0;
    const fa_clusters *clusters;
    const int32_t *assignment;
    if (t->k < 2) return FA_OK;
    fa_status status = fa_run_clusters(&clusters, run);
    if (status == FA_OK) status = fa_run_labels(&assignment, run, FA_RUN_ASSIGNMENT);
    if (status == FA_OK) status = read_space(&x, &n, &columns, run);
    if (status != FA_OK) return status;
    if (fa_clusters_within(clusters) == FA_WITHIN_NONE)
        status = judge_rows(t, &judged, x, n, columns, t->k);
    else
        status = judge_labels(t, &judged, x, n, columns, clusters, assignment);
    free(x);
    if (status != FA_OK || judged == 0) return status;
    t->silhouette /= (double)judged;
    t->stability /= (double)judged;
    return FA_OK;
}

/* Trains one; *stopped: the caller was told to. */
static fa_status try_one(trial *t, bool *stopped, fa_recipe *recipe, const char *folder,
                         const char *label, bool overwrite) {
    const fa_train_options how = {
        .size = sizeof(fa_train_options), .folder = folder, .overwrite = overwrite};
    fa_run *run;
    fa_status status = train_shown(&run, recipe, label, &how);
    if (status != FA_OK) return status;
    const fa_train_result *result = fa_run_result(run);
    *stopped = result->stopped;
    t->accuracy = result->validation_accuracy;
    t->loss = result->validation_loss;
    t->active_pairs = result->active_pairs;
    t->k = result->scores.k;
    if (result->scores.has_truth) t->ami = result->scores.ami_max;
    if (!*stopped) status = judge(t, run);
    fa_run_free(run);
    return status;
}

/* ==== The choice ==== */

static double score_of(const trial *t) {
    return (t->silhouette > 0 ? t->silhouette : 0) * (t->stability > 0 ? t->stability : 0);
}

/* An autoencoder has no accuracy: its loss may grow by the share. */
static bool within(const trial *t, const trial *plain, double tolerance) {
    if (isfinite(plain->accuracy)) return t->accuracy >= plain->accuracy - tolerance;
    return t->loss <= plain->loss * (1 + tolerance);
}

static size_t choose(trial *trials, size_t count, double tolerance) {
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        trials[i].kept = within(&trials[i], &trials[0], tolerance);
        if (trials[i].kept && score_of(&trials[i]) > score_of(&trials[best])) best = i;
    }
    return best;
}

/* ==== The table ==== */

static void put_number(FILE *to, double x) {
    if (isfinite(x))
        fprintf(to, ",%.6g", x);
    else
        fputc(',', to);
}

static int write_table(const char *out, const trial *trials, size_t count, size_t best) {
    char path[PLACE_MAX];
    if (fa_rank() > 0) return EXIT_OK; /* rank 0 writes */
    text_file file;
    if (!join_path(path, out, "search.csv") || !text_file_start(&file)) return EXIT_FAILED;
    FILE *to = file.to;
    fprintf(to, "setting,margin,weight,validation_accuracy,validation_loss,within_tolerance,"
                "active_pairs,k,silhouette,stability,chosen,ami_max_not_used\n");
    for (size_t i = 0; i < count; i++) {
        const trial *t = &trials[i];
        fprintf(to, "%zu,%s,%s", i, t->margin, t->weight);
        put_number(to, t->accuracy);
        put_number(to, t->loss);
        fprintf(to, ",%d", t->kept);
        put_number(to, t->active_pairs);
        fprintf(to, ",%zu", t->k);
        put_number(to, t->silhouette);
        put_number(to, t->stability);
        fprintf(to, ",%d", i == best);
        put_number(to, t->ami);
        fputc('\n', to);
    }
    return text_file_finish(&file, path) ? EXIT_OK : EXIT_FAILED;
}

static void print_table(const trial *trials, size_t count, size_t best) {
    bool accuracy = isfinite(trials[0].accuracy);
    printf("\nsetting  margin  weight  %s  active pairs   k  silhouette  stability\n",
           accuracy ? "accuracy" : "    loss");
    for (size_t i = 0; i < count; i++) {
        const trial *t = &trials[i];
        printf("%7zu  %6s  %6s  %8.4f  %12.4f  %2zu  %10.3f  %9.3f%s\n", i,
               i == 0 ? "plain" : t->margin, i == 0 ? "-" : t->weight,
               accuracy ? t->accuracy : t->loss, t->active_pairs, t->k, t->silhouette, t->stability,
               i == best  ? "  chosen"
               : !t->kept ? "  costs too much"
                          : "");
    }
    putchar('\n');
}

int search_run(fa_recipe *recipe, const char *out, const search_options *how) {
    char run[PLACE_MAX], name[32], label[64];
    static trial trials[SEARCH_MAX + 1];
    size_t count = how->settings + 1;
    bool reconstruction = strcmp(fa_recipe_get(recipe, "train.task"), "reconstruction") == 0;
    if (strcmp(fa_recipe_get(recipe, "loss.kind"), "multi") != 0)
        return fail("a search tries settings of loss.kind = multi, the recipe has %s",
                    fa_recipe_get(recipe, "loss.kind"));
    for (size_t i = 0; i < count; i++) {
        trial *t = &trials[i];
        bool stopped = false;
        choose_setting(t, i, reconstruction);
        snprintf(name, sizeof name, "search/%zu", i);
        snprintf(label, sizeof label, "setting %zu of %zu: ", i, count - 1);
        if (!join_path(run, out, name)) return EXIT_FAILED;
        note("setting %zu of %zu: %s%s%s%s", i, count - 1, i == 0 ? "the plain network" : "margin ",
             t->margin, i == 0 ? "" : ", weight ", t->weight);
        if (set_setting(recipe, t) != FA_OK ||
            try_one(t, &stopped, recipe, run, label, how->overwrite) != FA_OK)
            return fail_library();
        if (stopped) return fail("stopped in setting %zu; %s holds those before", i, run);
    }
    size_t best = choose(trials, count, how->tolerance);
    if (!common.json && !common.quiet) print_table(trials, count, best);
    if (set_setting(recipe, &trials[best]) != FA_OK) return fail_library();
    return write_table(out, trials, count, best);
}
