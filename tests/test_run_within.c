/* Runs whose clusters lie within coarse labels: the recipe, the file, new data, the report. */
#define _XOPEN_SOURCE 700
#include "train_runs.h"

#include "base/rng.h"
#include "data/dataset.h"
#include "model/clusters.h"
#include "run/run.h"
#include "train/train.h"

/* Blobs in the plane: colour red has two kinds, blue three, far apart, and the kinds of one colour
 * lie close beside those of the other. Every tenth sample has no colour. */
enum { ROWS = 240, KINDS = 5 };

static fa_dataset *people(bool coloured, const char *first, const char *second, uint64_t seed) {
    static float x[ROWS * 3];
    static int32_t kinds[ROWS], colours[ROWS];
    fa_dataset *made;
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < ROWS; i++) {
        kinds[i] = (int32_t)(i % KINDS);
        bool red = kinds[i] < 2;
        x[i * 3] = (float)(6.0 * (kinds[i] % 3) + 0.3 * fa__rng_normal(&rng));
        x[i * 3 + 1] = (float)((red ? 1.0 : -1.0) + 0.2 * fa__rng_normal(&rng));
        x[i * 3 + 2] = (float)(0.1 * fa__rng_normal(&rng));
        colours[i] = i % 10 == 7 ? -1 : strcmp(first, "red") == 0 ? !red : red;
    }
    assert_ok(fa_dataset_from_vectors(&made, x, ROWS, 3));
    assert_ok(fa_dataset_set_classes(made, kinds, NULL, 0));
    const char *const names[] = {first, second, NULL};
    if (coloured) assert_ok(fa_dataset_set_coarse(made, colours, names));
    return made;
}

static fa_recipe *recipe_within(const char *within, const char *k) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {
        {"network.layers", "linear 8 relu, linear 6 relu target, linear out"},
        {"loss.kind", "none"},
        {"train.epochs", "4"},
        {"train.batch", "16"},
        {"cluster.restarts", "3"},
        {"cluster.rows", "all"},
        {"cluster.within", within},
        {"cluster.k", k}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

static fa_run *train_within(const char *within, const char *k, const char *folder) {
    fa_recipe *recipe = recipe_within(within, k);
    fa_dataset *data = people(true, "red", "blue", 1);
    fa_run *run;
    assert_ok(fa_train(&run, recipe, data, NULL,
                       &(fa_train_options){.size = sizeof(fa_train_options),
                                           .folder = folder != NULL ? path_of(folder) : NULL,
                                           .overwrite = 1}));
    fa_dataset_free(data);
    fa_recipe_free(recipe);
    return run;
}

/* What is known of the rows of a run in memory. */
typedef struct parts {
    const fa_model *model;
    const fa_clusters *clusters;
    const float *h;
    const int32_t *assignment, *coarse;
    size_t n, d;
} parts;

static parts parts_of(fa_run *run) {
    parts p;
    assert_ok(fa_run_model(&p.model, run));
    assert_ok(fa_run_clusters(&p.clusters, run));
    assert_ok(fa_run_embeddings(&p.h, &p.n, &p.d, run));
    assert_ok(fa_run_labels(&p.assignment, run, FA_RUN_ASSIGNMENT));
    assert_ok(fa_run_labels(&p.coarse, run, FA_RUN_COARSE));
    return p;
}

/* The squared distance of a row to the nearest centre of a label, the target layer as it is. */
static double least_of(const parts *p, size_t row, size_t label) {
    const fa_clusters *c = p->clusters;
    double least = HUGE_VAL;
    for (size_t j = c->first[label]; j < c->first[label + 1]; j++) {
        double sum = 0;
        for (size_t q = 0; q < p->d; q++)
            sum += pow((double)p->h[row * p->d + q] - c->centres[j * p->d + q], 2);
        if (sum < least) least = sum;
    }
    return least;
}

/* The label of each row, worked out here: given, else by the one logit, and within given labels by
 * the distances at the run's temperature. */
static void labels_by_hand(int32_t *labels, const parts *p, bool given) {
    float logits[ROWS];
    double t = fa_clusters_within(p->clusters) == FA_WITHIN_GIVEN ? p->clusters->temperature : 0;
    fa_dataset *data = people(true, "red", "blue", 1);
    assert_ok(fa_model_embed(NULL, logits, p->model, data, NULL, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        double nearer = t > 0 ? (least_of(p, i, 0) - least_of(p, i, 1)) / t : 0;
        labels[i] = given && p->coarse[i] >= 0 ? p->coarse[i] : (double)logits[i] + nearer > 0;
    }
    fa_dataset_free(data);
}

static void run_clusters_inside_each_label(void **state) {
    (void)state;
    static const char *const ways[] = {"given", "predicted"};
    for (size_t w = 0; w < 2; w++) {
        fa_run *run = train_within(ways[w], "red=2, blue=3", NULL);
        const fa_train_result *result = fa_run_result(run);
        parts p = parts_of(run);
        int32_t labels[ROWS], wanted[ROWS];
        double inertia;
        const size_t k_of[] = {2, 3};
        fa_kmeans_options options = fa_kmeans_options_default();
        options.restarts = 3;
        assert_int_equal(result->within, w == 0 ? FA_WITHIN_GIVEN : FA_WITHIN_PREDICTED);
        assert_int_equal(result->scores.k, 5);
        assert_int_equal(fa_clusters_within(p.clusters), result->within);
        assert_int_equal(fa_clusters_labels(p.clusters), 2);
        assert_string_equal(fa_clusters_label_name(p.clusters, 1), "blue");
        assert_null(fa_clusters_label_name(p.clusters, 2));
        for (int32_t c = -1; c <= 5; c++)
            assert_int_equal(fa_clusters_label(p.clusters, c), c < 0 || c == 5 ? -1 : c > 1);
        labels_by_hand(labels, &p, w == 0);
        options.seed = strtoull(fa_recipe_get(fa_run_recipe(run), "cluster.seed"), NULL, 10);
        assert_ok(
            fa_kmeans_within(NULL, wanted, &inertia, p.h, p.n, p.d, labels, 2, k_of, &options));
        assert_memory_equal(wanted, p.assignment, sizeof wanted);
        assert_near(result->scores.inertia, inertia, 1e-15);
        double ami;
        const int32_t *classes;
        assert_ok(fa_run_labels(&classes, run, FA_RUN_CLASSES));
        assert_ok(fa_score_ami(&ami, classes, wanted, ROWS, FA_MEAN_MAX));
        assert_near(result->scores.ami_max, ami, 1e-15);
        fa_run_free(run);
    }
}

/* The kinds come apart within their colour: without the colours two of them overlap. */
static void within_given_labels_finds_what_lies_across(void **state) {
    (void)state;
    fa_run *over = train_within("none", "5", NULL), *within = train_within("given", "5", NULL);
    assert_true(fa_run_result(within)->scores.ami_max >=
                fa_run_result(over)->scores.ami_max - 1e-9);
    assert_near(fa_run_result(within)->scores.accuracy, fa_run_result(over)->scores.accuracy, 0);
    assert_int_equal(fa_run_result(over)->within, FA_WITHIN_NONE);
    parts p = parts_of(over);
    assert_int_equal(fa_clusters_labels(p.clusters), 0);
    assert_int_equal(fa_clusters_label(p.clusters, 0), -1);
    fa_run_free(over);
    fa_run_free(within);
}

/* k = 5 is shared out by fa_kmeans_share, auto by fa_sweep_within. */
static void run_shares_k_out_or_chooses_it(void **state) {
    (void)state;
    static const char *const ks[] = {"5", "auto"};
    for (size_t w = 0; w < 2; w++) {
        fa_run *run = train_within("given", ks[w], NULL);
        parts p = parts_of(run);
        int32_t labels[ROWS];
        size_t k_of[2];
        fa_sweep_choice choice;
        labels_by_hand(labels, &p, true);
        fa_kmeans_options options = fa_kmeans_options_default();
        fa_sweep_options sweep = fa_sweep_options_default();
        options.k = 5;
        options.seed = sweep.seed =
            strtoull(fa_recipe_get(fa_run_recipe(run), "cluster.seed"), NULL, 10);
        if (w == 0)
            assert_ok(fa_kmeans_share(k_of, p.h, p.n, p.d, labels, 2, &options));
        else
            assert_ok(fa_sweep_within(k_of, &choice, p.h, p.n, p.d, labels, 2, &sweep));
        for (int32_t y = 0; y < 2; y++)
            for (size_t c = 0; c < k_of[y]; c++)
                assert_int_equal(
                    fa_clusters_label(p.clusters, (int32_t)(y * (int32_t)k_of[0] + (int32_t)c)), y);
        assert_int_equal(fa_run_result(run)->scores.k, k_of[0] + k_of[1]);
        assert_int_equal(fa_run_result(run)->has_choice, w);
        if (w == 1) assert_non_null(strstr(fa_run_result(run)->choice.why, " in blue"));
        fa_run_free(run);
    }
}

/* ==== New data ==== */

static void find_gives_the_rows_of_a_run_their_clusters(void **state) {
    (void)state;
    static const char *const ways[] = {"given", "predicted", "none"};
    for (size_t w = 0; w < 3; w++) {
        fa_run *run = train_within(ways[w], "6", NULL);
        parts p = parts_of(run);
        /* Numbered the other way round: labels go by their names. */
        fa_dataset *data = people(true, "blue", "red", 1);
        int32_t assignment[ROWS], labels[ROWS], wanted[ROWS];
        double distance[ROWS], confidence[ROWS];
        size_t given = 99;
        assert_ok(fa_clusters_find(assignment, distance, confidence, labels, &given, p.clusters,
                                   p.model, data, NULL, NULL));
        assert_memory_equal(assignment, p.assignment, sizeof assignment);
        assert_int_equal(given, w == 0 ? ROWS - ROWS / 10 : 0);
        labels_by_hand(wanted, &p, w == 0);
        for (size_t i = 0; i < ROWS; i++) assert_int_equal(labels[i], w == 2 ? -1 : wanted[i]);
        fa_dataset_free(data);
        fa_run_free(run);
    }
}

static void find_predicts_what_the_data_do_not_say(void **state) {
    (void)state;
    fa_run *run = train_within("given", "6", NULL);
    parts p = parts_of(run);
    for (int form = 0; form < 2; form++) { /* no colours at all, and ones that the run never saw */
        fa_dataset *data = people(form == 1, "green", "grey", 1);
        int32_t labels[ROWS], wanted[ROWS], assignment[ROWS];
        size_t given;
        assert_ok(fa_clusters_find(assignment, NULL, NULL, labels, &given, p.clusters, p.model,
                                   data, NULL, NULL));
        labels_by_hand(wanted, &p, false);
        assert_int_equal(given, 0);
        assert_memory_equal(labels, wanted, sizeof labels);
        for (size_t i = 0; i < ROWS; i++)
            assert_int_equal(fa_clusters_label(p.clusters, assignment[i]), labels[i]);
        fa_dataset_free(data);
    }
    fa_run_free(run);
}

/* Labels that data.groups makes of classes are found again in other data by the classes. */
static void find_knows_the_groups_of_classes(void **state) {
    (void)state;
    static const char *const groups[] = {"0-1 / 2-4", ""};
    for (size_t g = 0; g < 2; g++) {
        fa_recipe *recipe = recipe_within("given", "7");
        fa_dataset *data = people(false, "red", "blue", 1);
        fa_run *run;
        assert_ok(fa_recipe_set(recipe, "data.groups", groups[g]));
        assert_ok(fa_train(&run, recipe, data, NULL, NULL));
        parts p = parts_of(run);
        int32_t assignment[ROWS], labels[ROWS];
        size_t given;
        assert_int_equal(fa_clusters_labels(p.clusters), g == 0 ? 2 : KINDS);
        assert_string_equal(fa_clusters_label_name(p.clusters, 1), "1");
        assert_ok(fa_clusters_find(assignment, NULL, NULL, labels, &given, p.clusters, p.model,
                                   data, NULL, NULL));
        assert_int_equal(given, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            assert_int_equal(labels[i], g == 0 ? i % KINDS > 1 : i % KINDS);
        assert_memory_equal(assignment, p.assignment, sizeof assignment);
        fa_run_free(run);
        fa_dataset_free(data);
        fa_recipe_free(recipe);
    }
}

/* ==== By hand ==== */

/* Centres 0, 10 of label 0; 4, 100 of label 2; label 1 has none. */
static fa_clusters *clusters_by_hand(void) {
    static const char *const names[] = {"a", "b\nb", "c"};
    fa_clusters *c;
    const float one = 0;
    const double centres[] = {0, 10, 4, 100};
    assert_ok(FA_NEW_ZERO(c, 1));
    c->k = 4;
    c->within = FA_WITHIN_PREDICTED;
    assert_ok(fa_transform_fit(&c->transform, FA_TRANSFORM_NONE, 0, &one, 1, 1));
    assert_ok(FA_NEW(c->centres, 4));
    assert_ok(FA_NEW(c->sizes, 4));
    assert_ok(FA_NEW(c->first, 4));
    assert_ok(fa__names_make(&c->coarse.names, names, 3, "names"));
    memcpy(c->centres, centres, sizeof centres);
    for (size_t i = 0; i < 4; i++) c->sizes[i] = 1;
    c->first[0] = 0, c->first[1] = c->first[2] = 2, c->first[3] = 4;
    return c;
}

static void assign_within_is_as_by_hand(void **state) {
    (void)state;
    fa_clusters *c = clusters_by_hand();
    const float h[] = {4, 4, 4, 4};
    const int32_t labels[] = {0, 2, 1, -1}; /* b has no clusters: as none */
    int32_t assignment[4];
    double distance[4], confidence[4];
    assert_ok(fa_clusters_assign(assignment, distance, confidence, c, h, 4, 1, labels));
    const int32_t wanted[] = {0, 2, 2, 2};
    const double far[] = {4, 0, 0, 0}, sure[] = {1 - 4.0 / 6, 1, 1, 1};
    assert_memory_equal(assignment, wanted, sizeof wanted);
    for (size_t i = 0; i < 4; i++) {
        assert_near(distance[i], far[i], 0);
        assert_near(confidence[i], sure[i], 1e-15);
    }
    const int32_t beyond[] = {0, 3, 0, 0};
    assert_fails(fa_clusters_assign(assignment, NULL, NULL, c, h, 4, 1, beyond), FA_E_LABEL,
                 "labels[1] is 3");
    assert_fails(fa_clusters_assign(assignment, NULL, NULL, c, h, 4, 1, NULL), FA_E_ARGUMENT,
                 "within predicted");
    assert_memory_equal(assignment, wanted, sizeof wanted);
    fa_clusters_free(c);
}

static void bytes_keep_the_labels(void **state) {
    (void)state;
    fa_clusters *c = clusters_by_hand(), *read;
    unsigned char *bytes, *again;
    size_t size, size_again;
    assert_ok(fa_clusters_to_buffer(&bytes, &size, c));
    assert_ok(fa_clusters_from_buffer(&read, bytes, size));
    assert_int_equal(fa_clusters_within(read), FA_WITHIN_PREDICTED);
    assert_int_equal(fa_clusters_labels(read), 3);
    assert_string_equal(fa_clusters_label_name(read, 1), "b\nb");
    for (int32_t i = 0; i < 4; i++) assert_int_equal(fa_clusters_label(read, i), i < 2 ? 0 : 2);
    assert_ok(fa_clusters_to_buffer(&again, &size_again, read));
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    fa_free(again);
    fa_free(bytes);
    fa_clusters_free(read);
    /* No row in either cluster of c, centres out of order, a label that is not there. */
    c->sizes[2] = c->sizes[3] = 0;
    assert_ok(fa_clusters_to_buffer(&bytes, &size, c));
    assert_fails(fa_clusters_from_buffer(&read, bytes, size), FA_E_FORMAT, "clusters of label 2");
    fa_free(bytes);
    fa_clusters_free(c);
}

static const unsigned char *memmem_text(const unsigned char *bytes, size_t size, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, text, length) == 0) return bytes + i;
    return NULL;
}

/* A file of centres over all rows has the bytes that it always had. */
static void old_files_open_and_are_over_all_rows(void **state) {
    (void)state;
    fa_run *run = train_within("none", "4", NULL);
    parts p = parts_of(run);
    unsigned char *bytes;
    size_t size;
    fa_clusters *read;
    int32_t assignment[ROWS];
    assert_ok(fa_clusters_to_buffer(&bytes, &size, p.clusters));
    assert_non_null(memmem_text(bytes, size, "forced-apart clusters 1"));
    assert_null(memmem_text(bytes, size, "within"));
    assert_ok(fa_clusters_from_buffer(&read, bytes, size));
    assert_int_equal(fa_clusters_within(read), FA_WITHIN_NONE);
    assert_ok(fa_clusters_assign(assignment, NULL, NULL, read, p.h, p.n, p.d, NULL));
    assert_memory_equal(assignment, p.assignment, sizeof assignment);
    fa_clusters_free(read);
    fa_free(bytes);
    fa_run_free(run);
}

static void damaged_bytes_are_refused(void **state) {
    (void)state;
    fa_clusters *c = clusters_by_hand(), *read = NULL;
    unsigned char *bytes;
    size_t size;
    assert_ok(fa_clusters_to_buffer(&bytes, &size, c));
    for (size_t cut = 0; cut < size; cut++)
        assert_fails(fa_clusters_from_buffer(&read, bytes, cut), FA_E_FORMAT, "");
    fa_free(bytes);
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    for (long after = 0; status == FA_E_NOMEM; after++) {
        bytes = NULL;
        fa__memory_fail_after(after);
        status = fa_clusters_to_buffer(&bytes, &size, c);
        if (status == FA_OK) status = fa_clusters_from_buffer(&read, bytes, size);
        fa__memory_fail_after(-1);
        if (status == FA_OK) fa_clusters_free(read);
        fa_free(bytes);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_int_equal(status, FA_OK);
    fa_clusters_free(c);
}

/* ==== The folder ==== */

static void folder_and_report_know_the_labels(void **state) {
    (void)state;
    fa_run *run = train_within("given", "red=2, blue=4", "run"), *opened;
    fa_report_result report;
    unsigned char *bytes;
    size_t size;
    const char *folder = path_of("run");
    assert_ok(fa_run_open(&opened, folder));
    assert_int_equal(fa_run_result(opened)->within, FA_WITHIN_GIVEN);
    parts p = parts_of(opened);
    assert_int_equal(fa_clusters_labels(p.clusters), 2);
    assert_ok(fa_report_write(
        &report, &folder, 1,
        &(fa_report_options){.size = sizeof(fa_report_options), .gnuplot = "no-such-gnuplot"}));
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "clusters.csv")));
    assert_non_null(strstr((const char *)bytes,
                           "row,sample,coarse,within,cluster,distance,confidence,class\n"));
    const char *line = strchr((const char *)bytes, '\n') + 1;
    for (size_t i = 0; i < ROWS; i++, line = strchr(line, '\n') + 1) {
        char wanted[64];
        const char *within = strchr(strchr(strchr(line, ',') + 1, ',') + 1, ',') + 1;
        snprintf(wanted, sizeof wanted, "%s,%d,", p.assignment[i] < 2 ? "\"red\"" : "\"blue\"",
                 (int)p.assignment[i]);
        if (strncmp(within, wanted, strlen(wanted)) != 0)
            fail_msg("row %zu: %.40s, not %s", i, within, wanted);
    }
    fa__free(bytes);
    assert_ok(fa__file_read(&bytes, &size, in_run("run", "report.html")));
    assert_non_null(strstr((const char *)bytes, "<th>within</th>"));
    fa__free(bytes);
    fa_run_free(opened);
    fa_run_free(run);
}

/* ==== What does not go ==== */

static void train_names_what_does_not_fit(void **state) {
    (void)state;
    static const struct {
        const char *within, *k, *text;
        fa_status status;
    } cases[] = {
        {"none", "red=2, blue=3", "go with cluster.within = given or predicted", FA_E_RECIPE},
        {"given", "red=2, bleu=3", "no coarse label is named 'bleu' (did you mean 'blue'?",
         FA_E_RECIPE},
        {"given", "red=2", "says nothing of the coarse label 'blue'", FA_E_RECIPE},
        {"given", "red=2, 0=3", "the coarse label 'red' is there twice", FA_E_RECIPE},
        {"predicted", "1", "at least one cluster for each of the 2 coarse labels", FA_E_RECIPE},
        {"predicted", "241", "241 clusters are asked for", FA_E_ARGUMENT},
        {"predicted", "red=1, blue=239", "within the coarse label 'blue'", FA_E_ARGUMENT},
        {"given", "red=1, blue=500", "501 clusters are asked for", FA_E_ARGUMENT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fa_recipe *recipe = recipe_within(cases[c].within, cases[c].k);
        fa_dataset *data = people(true, "red", "blue", 1);
        fa_run *run = NULL;
        assert_fails(fa_train(&run, recipe, data, NULL, NULL), cases[c].status, cases[c].text);
        assert_null(run);
        fa_dataset_free(data);
        fa_recipe_free(recipe);
    }
}

/* Where each row says its label that is known before the training. */
static int no_plan(void *user, const fa_plan *plan) {
    (void)plan;
    *(int *)user = 1;
    return 1;
}

static void train_counts_given_labels_before_it_starts(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_within("given", "0=3, 1=145");
    fa_dataset *data = people(false, "red", "blue", 1);
    int planned = 0;
    fa_train_options how = {.size = sizeof(fa_train_options), .plan = no_plan, .user = &planned};
    assert_ok(fa_recipe_set(recipe, "data.groups", "0-1 / 2-4"));
    assert_fails(fa_train(NULL, recipe, data, NULL, &how), FA_E_ARGUMENT,
                 "145 clusters are asked for within the coarse label '1', which 144 of");
    assert_int_equal(planned, 0);
    assert_ok(fa_recipe_set(recipe, "cluster.k", "0=3, 1=144"));
    assert_fails(fa_train(NULL, recipe, data, NULL, &how), FA_E_STOPPED, "");
    assert_int_equal(planned, 1);
    assert_ok(fa_recipe_set(recipe, "train.task", "reconstruction"));
    assert_ok(fa_recipe_set(recipe, "data.groups", ""));
    assert_fails(fa_train(NULL, recipe, data, NULL, &how), FA_E_RECIPE,
                 "cluster.within = given: train.task");
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

static void recipe_takes_numbers_for_labels(void **state) {
    (void)state;
    static const char *const good[] = {"a=4,b=6", "a = 4, b b = 6", "a,b=1, c=d=2",
                                       "0=10",    "auto",           "7"};
    static const char *const bad[] = {
        "a=", "=4", "a=0", "a=4,", "a=4,b", "a=4;b=6x", "a=99999999999", "a=2000000000", "a=-1"};
    fa_recipe *recipe, *again;
    char *text;
    assert_ok(fa_recipe_create(&recipe));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(fa_recipe_set(recipe, "cluster.k", good[i]));
        assert_ok(fa_recipe_to_text(&text, recipe));
        assert_ok(fa_recipe_from_text(&again, text));
        assert_string_equal(fa_recipe_get(again, "cluster.k"), good[i]);
        fa_free(text);
        fa_recipe_free(again);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(fa_recipe_set(recipe, "cluster.k", bad[i]), FA_E_RECIPE, "cluster.k");
    assert_fails(fa_recipe_set(recipe, "cluster.within", "both"), FA_E_RECIPE,
                 "none|given|predicted");
    assert_string_equal(fa_recipe_get(recipe, "cluster.within"), "none");
    fa_recipe_free(recipe);
}

static void run_clustered_again_without_memory_is_still_one(void **state) {
    (void)state;
    fa_recipe *recipe = recipe_within("given", "4");
    fa_dataset *data = people(true, "red", "blue", 1);
    fa_run *run = NULL;
    long after = 0;
    assert_ok(fa_recipe_set(recipe, "data.validation", "0.3"));
    assert_ok(fa_recipe_set(recipe, "cluster.rows", "held_out"));
    fa_threads_set(1);
    assert_ok(fa_train(&run, recipe, data, NULL, NULL));
    for (;; after++) {
        size_t before = fa__memory_live();
        fa__memory_fail_after(after);
        fa_status status = fa__train_cluster(run, recipe, data, NULL);
        fa__memory_fail_after(-1);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
        assert_int_equal(fa__memory_live(), before);
        assert_true(parts_of(run).n > 0);
    }
    assert_true(after > 10);
    fa_threads_set(0);
    fa_run_free(run);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_clusters_inside_each_label),
        cmocka_unit_test(within_given_labels_finds_what_lies_across),
        cmocka_unit_test(run_shares_k_out_or_chooses_it),
        cmocka_unit_test(find_gives_the_rows_of_a_run_their_clusters),
        cmocka_unit_test(find_predicts_what_the_data_do_not_say),
        cmocka_unit_test(find_knows_the_groups_of_classes),
        cmocka_unit_test(assign_within_is_as_by_hand),
        cmocka_unit_test(bytes_keep_the_labels),
        cmocka_unit_test(old_files_open_and_are_over_all_rows),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(folder_and_report_know_the_labels),
        cmocka_unit_test(train_names_what_does_not_fit),
        cmocka_unit_test(train_counts_given_labels_before_it_starts),
        cmocka_unit_test(recipe_takes_numbers_for_labels),
        cmocka_unit_test(run_clustered_again_without_memory_is_still_one),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
