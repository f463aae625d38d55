/* Reports: what is computed of a run, the files it must have, the page and what it escapes. Runs
 * here are made by hand, so that every number is known. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

#include "report/page.h"

/* ==== Runs by hand ==== */

enum { N = 12, D = 3, K = 3 };

/* Three clusters of four rows at 0, 10 and 30 on the first axis, each row 1 off its centre along
 * the second; the third unit is dead. */
static const float centres[K] = {0, 10, 30};
static const int32_t coarse[N] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
static const int32_t classes[N] = {7, 7, 7, 7, 3, 3, 3, 3, 5, 5, 5, 3};

static float *embeddings(void) {
    static float x[N * D];
    for (size_t i = 0; i < N; i++) {
        x[i * D] = centres[i / 4];
        x[i * D + 1] = i % 2 == 0 ? 2 : 4;
        x[i * D + 2] = 0;
    }
    return x;
}

static const char recipe_text[] = "[data]\ntrain = train.npz\ntest = %s\ngroups = 0-4 / 5-9\n"
                                  "[loss]\nkind = %s\n[network]\nlayers = lstm 4, linear 3 relu "
                                  "target, linear out\n";
static const char history_text[] =
    "epoch,task_loss,component,component_weight,accuracy,validation_loss,validation_accuracy,"
    "gradient_norm,dead_units,seconds,active_pairs\n1,0.5,2,0.1,0.8,0.6,0.7,1,0,1,0.5\n"
    "2,0.25,1,0.1,0.9,0.3,0.8,1,0.25,2,0.125\n";
static const char scores_text[] =
    "{\"epochs\": 2, \"best_epoch\": 2, \"stopped\": false, \"test\": {\"samples\": 12, \"k\": 3, "
    "\"coarse_accuracy\": 0.9, \"inertia\": 12, \"ami_max\": 0.7, \"nmi_sqrt\": 0.8, \"ari\": "
    "0.6}}";

static void write_text(const char *run, const char *name, const char *text) {
    char joined[160];
    snprintf(joined, sizeof joined, "%s/%s", run, name);
    text_file(joined, text);
}

static const char *in(const char *run, const char *name) {
    static char joined[4][160];
    static size_t turn;
    char *to = joined[turn++ % 4];
    snprintf(to, sizeof joined[0], "%s/%s", run, name);
    return path_of(to);
}

/* A whole run folder; returns its path (the last four are valid). kind: loss.kind. */
static const char *make_run(const char *run, const char *kind) {
    static char folders[4][FA__PATH_MAX];
    static size_t turn;
    char text[8192], *folder = folders[turn++ % 4];
    int32_t clusters[N];
    for (size_t i = 0; i < N; i++) clusters[i] = (int32_t)(i / 4);
    assert_ok(fa__make_folder(path_of(run)));
    snprintf(text, sizeof text, recipe_text, path_of("test.npz"), kind);
    write_text(run, "recipe.ini", text);
    write_text(run, "history.csv", history_text);
    write_text(run, "scores.json", scores_text);
    assert_ok(fa_matrix_write(in(run, "embeddings.npy"), embeddings(), N, D));
    assert_ok(fa_labels_write(in(run, "clusters.npy"), clusters, N));
    assert_ok(fa_labels_write(in(run, "coarse.npy"), coarse, N));
    assert_ok(fa_labels_write(in(run, "classes.npy"), classes, N));
    snprintf(folder, sizeof folders[0], "%s", path_of(run));
    return folder;
}

static int make_strokes(void **state) {
    fa_dataset *strokes;
    clear_test_folder(state);
    assert_ok(fa_strokes_synthesize(&strokes, N, 1, 1));
    assert_ok(fa_dataset_write(strokes, path_of("test.npz")));
    fa_dataset_free(strokes);
    return 0;
}

static char *read_text(const char *path) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, path));
    return (char *)bytes;
}

static void assert_in_file(const char *path, const char *text) {
    char *all = read_text(path);
    if (strstr(all, text) == NULL) fail_msg("%s does not say '%s'", path, text);
    fa__free(all);
}

static void assert_not_in_file(const char *path, const char *text) {
    char *all = read_text(path);
    if (strstr(all, text) != NULL) fail_msg("%s says '%s'", path, text);
    fa__free(all);
}

/* A path that stays. */
static const char *kept_path(const char *name) {
    static char kept[4][FA__PATH_MAX];
    static size_t turn;
    char *to = kept[turn++ % 4];
    snprintf(to, sizeof kept[0], "%s", path_of(name));
    return to;
}

/* A program that is not there: no test depends on gnuplot but the one that says so. */
static fa_report_options without_gnuplot(void) {
    return (fa_report_options){.size = sizeof(fa_report_options), .gnuplot = "/nowhere/gnuplot"};
}

/* ==== What is computed ==== */

static void view_by_hand_is_right(void **state) {
    (void)state;
    fa__view v;
    char scratch[FA__NAME_MAX];
    assert_ok(fa__view_open(&v, make_run("run", "multi"), NULL));
    assert_string_equal(v.name, "run");
    assert_int_equal(v.n, N);
    assert_int_equal(v.k, K);
    assert_int_equal(v.groups, 2);
    assert_int_equal(v.n_classes, 3);
    assert_string_equal(fa__class_name(&v, 0, scratch), "3");
    assert_string_equal(fa__class_name(&v, 2, scratch), "7");
    assert_int_equal(v.epochs, 2);
    assert_near(v.history[1].task_loss, 0.25, 0);
    assert_near(v.validation_accuracy, 0.8, 0);
    for (size_t c = 0; c < K; c++) {
        assert_int_equal(v.found[c].size, 4);
        assert_near(v.found[c].spread, 1, 1e-12);
    }
    /* Row 0 is 1 from its centre and sqrt(10^2 + 1) from the next. */
    assert_near(v.distance[0], 1, 1e-12);
    assert_near(v.confidence[0], 1 - 1 / sqrt(101), 1e-12);
    assert_near(v.confidence[11], 1 - 1 / sqrt(401), 1e-12);
    /* Cluster 0 is class 7, cluster 1 class 3, cluster 2 class 5 but for one row. */
    assert_int_equal(v.found[0].matched, 2);
    assert_int_equal(v.found[1].matched, 0);
    assert_int_equal(v.found[2].matched, 1);
    assert_int_equal(v.agreed, 11);
    assert_int_equal(v.coarse_counts[1 * 2 + 0], 3);
    assert_int_equal(v.class_counts[2 * 3 + 0], 1);
    assert_int_equal(v.dead, 1);
    /* Its value: tests/test_active_pairs.c. */
    assert_true(v.active_pairs > 0 && v.active_pairs < 1);
    assert_int_equal(v.silent, 0);
    /* Unit 1 (2 or 4) beats unit 0 (0) in cluster 0 alone. */
    assert_int_equal(v.activation[1 * 3 + 2], 4);
    assert_int_equal(v.activation[0 * 3 + 0], 5);
    /* Variance along x: mean 40/3, squares 4 (0 + 100 + 900) / 12 - (40/3)^2 = 155.6; along
     * y: 1.
     */
    assert_near(v.variance_share[0], (1000.0 / 3 - 1600.0 / 9) / (1000.0 / 3 - 1600.0 / 9 + 1),
                1e-9);
    assert_near(fabs((double)v.plane[0]), 40.0 / 3, 1e-5);
    assert_non_null(v.data);
    fa__view_close(&v);
    assert_int_equal(fa__memory_live(), 0);
}

static void view_without_classes_and_data_goes_on(void **state) {
    (void)state;
    fa__view v;
    size_t count;
    const char *run = make_run("run", "multi");
    unlink(in("run", "classes.npy"));
    unlink(in("run", "coarse.npy"));
    unlink(path_of("test.npz"));
    assert_ok(fa__view_open(&v, run, NULL));
    assert_null(fa__view_truth(&v, &count));
    assert_null(v.data);
    assert_non_null(strstr(v.no_data, "test.npz"));
    fa__view_close(&v);
}

static void view_of_other_data_says_so(void **state) {
    (void)state;
    fa__view v;
    fa_dataset *strokes;
    const char *run = make_run("run", "multi");
    assert_ok(fa_strokes_synthesize(&strokes, N + 1, 1, 1));
    assert_ok(fa_dataset_write(strokes, path_of("test.npz")));
    fa_dataset_free(strokes);
    assert_ok(fa__view_open(&v, run, NULL));
    assert_null(v.data);
    assert_non_null(strstr(v.no_data, "13 samples, the run has 12"));
    fa__view_close(&v);
}

static void view_takes_names_of_classes(void **state) {
    (void)state;
    fa__view v;
    char scratch[FA__NAME_MAX];
    const char *run = make_run("run", "multi");
    text_file("names.txt", "zero\none\ntwo\nthree\r\nfour\n<script>alert(5)</script>\n");
    assert_ok(fa__view_open(&v, run, path_of("names.txt")));
    assert_string_equal(fa__class_name(&v, 0, scratch), "three");
    assert_string_equal(fa__class_name(&v, 1, scratch), "<script>alert(5)</script>");
    assert_string_equal(fa__class_name(&v, 2, scratch), "7"); /* beyond the list */
    fa__view_close(&v);
}

/* ==== Missing and damaged files ==== */

static void view_missing_file_is_named(void **state) {
    static const char *const needed[] = {"recipe.ini", "history.csv", "scores.json",
                                         "embeddings.npy", "clusters.npy"};
    fa__view v;
    assert_fails(fa__view_open(&v, path_of("nowhere"), NULL), FA_E_IO, "no such run folder");
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        make_strokes(state);
        const char *run = make_run("run", "multi");
        unlink(in("run", needed[i]));
        assert_fails(fa__view_open(&v, run, NULL), FA_E_IO, needed[i]);
        assert_non_null(strstr(fa_error_detail(), "--resume"));
    }
}

static void view_damaged_file_is_named(void **state) {
    static const struct {
        const char *file, *text, *says;
        fa_status status;
    } cases[] = {
        {"history.csv", "", "does not begin with 'epoch", FA_E_FORMAT},
        {"history.csv", "epoch,task_loss\n1,zwei\n", "line 2", FA_E_FORMAT},
        {"history.csv", "epoch,task_loss\n1\n", "column 2", FA_E_FORMAT},
        {"history.csv", "epoch,task_loss\n1,2,3\n", "line 2", FA_E_FORMAT},
        {"history.csv", "epoch,task_loss\n1,2e\n", "column 2", FA_E_FORMAT},
        {"scores.json", "{\"test\": ", "scores.json: line 1", FA_E_FORMAT},
        {"scores.json", "[]", "no 'test', 'all' or", FA_E_FORMAT},
        {"scores.json", "{\"test\": {\"samples\": \"12\", \"k\": 3}}", "does not say how many",
         FA_E_FORMAT},
        {"scores.json", "{\"test\": {\"samples\": 11, \"k\": 3}}",
         "12 rows, scores.json speaks of 11", FA_E_SHAPE},
        {"scores.json", "{\"test\": {\"samples\": 12, \"k\": 2}}", "row 8 is 2", FA_E_LABEL},
        {"scores.json", "{\"test\": {\"samples\": 12, \"k\": 13}}", "13 clusters of 12",
         FA_E_FORMAT},
        {"recipe.ini", "[loss]\nmargim = 1\n", "margim", FA_E_RECIPE},
        {"clusters.npy", "0\n1\n", "has 2 rows, scores.json speaks of 12", FA_E_SHAPE},
        {"coarse.npy", "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n-2\n", "row 11 is -2", FA_E_LABEL},
        {"coarse.npy", "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n2147483647\n", "row 11", FA_E_LABEL},
        {"embeddings.npy", "hello", "embeddings.npy", FA_E_FORMAT},
    };
    fa__view v;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_strokes(state);
        const char *run = make_run("run", "multi");
        write_text("run", cases[i].file, cases[i].text);
        size_t before = fa__memory_live();
        assert_fails(fa__view_open(&v, run, NULL), cases[i].status, cases[i].says);
        assert_non_null(strstr(fa_error_detail(), "run"));
        assert_int_equal(fa__memory_live(), before);
    }
}

static void view_takes_rows_without_a_label_for_a_group(void **state) {
    (void)state;
    fa__view v;
    const char *run = make_run("run", "multi");
    write_text("run", "coarse.npy", "0\n0\n1\n0\n0\n0\n0\n0\n0\n0\n0\n-1\n");
    assert_ok(fa__view_open(&v, run, NULL));
    assert_int_equal(v.groups, 3);
    assert_int_equal(v.coarse[11], 2);
    assert_int_equal(v.coarse[2], 1);
    fa__view_close(&v);
}

static void view_survives_an_unknown_history_column(void **state) {
    (void)state;
    fa__view v;
    const char *run = make_run("run", "multi");
    write_text("run", "history.csv", "epoch,task_loss,something_new\n1,0.5,3\n");
    assert_ok(fa__view_open(&v, run, NULL));
    assert_near(v.history[0].task_loss, 0.5, 0);
    assert_true(isnan(v.history[0].component));
    fa__view_close(&v);
    /* An autoencoder has no accuracy: its cells are empty. */
    write_text("run", "history.csv", "epoch,accuracy,task_loss\n1,,0.5\n2,,\n");
    assert_ok(fa__view_open(&v, run, NULL));
    assert_true(isnan(v.history[0].accuracy) && isnan(v.history[1].task_loss));
    assert_near(v.history[0].task_loss, 0.5, 0);
    fa__view_close(&v);
}

static void view_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa__view v;
    const char *run = make_run("run", "multi");
    text_file("names.txt", "a\nb\n");
    const char *names = kept_path("names.txt");
    assert_survives_nomem(fa__view_open(&v, run, names), fa__view_close(&v));
}

/* ==== The report ==== */

static void report_without_gnuplot_writes_all_but_the_pictures(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    fa_report_options options = without_gnuplot();
    fa_report_result result;
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_string_equal(result.output, in("run", "report.html"));
    assert_int_equal(result.figures, 0);
    assert_non_null(strstr(result.without_figures, "gnuplot-nox"));
    static const char *const files[] = {
        "report.html",         "clusters.csv",          "vectors.tsv",
        "metadata.tsv",        "figures/activation.gp", "figures/activation-1.csv",
        "figures/ami.gp",      "figures/k.gp",          "figures/k-1.csv",
        "figures/training.gp", "figures/training-1.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!fa__file_exists(in("run", files[i]))) fail_msg("%s is not there", files[i]);
    assert_in_file(in("run", "report.html"), "install gnuplot");
    assert_in_file(in("run", "report.html"), "normaliser max(H(U), H(V))");
    assert_in_file(in("run", "report.html"), "<td>0.7000</td>");
    assert_in_file(in("run", "report.html"), "Most clusters are mainly one hidden class.");
    assert_in_file(in("run", "report.html"), "<td>0.9167</td>"); /* 11 of 12 matched */
    assert_in_file(in("run", "report.html"), "aria-label=\"pen strokes\"");
    assert_not_in_file(in("run", "report.html"), "<img");
}

static void report_csv_by_hand_is_right(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    fa_report_options options = without_gnuplot();
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    assert_in_file(in("run", "clusters.csv"),
                   "row,sample,coarse,cluster,distance,confidence,class\n0,0,0,0,1,0.9005,\"7\"\n");
    assert_in_file(in("run", "clusters.csv"), "\n11,11,1,2,1,0.9501,\"3\"\n");
    assert_in_file(in("run", "vectors.tsv"), "0\t2\t0\n0\t4\t0\n");
    assert_in_file(in("run", "metadata.tsv"),
                   "row\tcoarse\tcluster\tconfidence\tclass\n0\t0\t0\t0.9005\t7\n");
    assert_in_file(in("run", "figures/activation-1.csv"), "column,row,samples,neuron,class\n");
    /* Units by main class: unit 0 (class 3: 5 samples), then unit 1 (class 7: 4), then the dead. */
    assert_in_file(in("run", "figures/activation-1.csv"), "\n0,0,5,0,\"3\"\n");
    assert_in_file(in("run", "figures/activation-1.csv"), "\n2,1,4,1,\"7\"\n");
    assert_in_file(in("run", "figures/training-1.csv"),
                   "\n2,0.25,1,0.1,0.9,0.3,0.8,1,0.25,0.5,0.125\n");
}

static void report_same_run_same_bytes(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    fa_report_options options = without_gnuplot();
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    char *first = read_text(in("run", "report.html"));
    fa_threads_set(3);
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    fa_threads_set(0);
    char *second = read_text(in("run", "report.html"));
    assert_string_equal(first, second);
    fa__free(first), fa__free(second);
}

static void report_shows_hostile_text_and_does_not_run_it(void **state) {
    (void)state;
    static const char hostile[] = "<script>alert(1)</script>'\"&`date`";
    const char *run = make_run("<script>alert(2)<", "multi");
    fa_report_options options = without_gnuplot();
    char recipe[1024];
    snprintf(recipe, sizeof recipe, "[data]\ntrain = %s\ntest = %s\n[loss]\nkind = multi\n",
             hostile, path_of("test.npz"));
    write_text("<script>alert(2)<", "recipe.ini", recipe);
    text_file("names.txt", "0\n1\n2\n<script>alert(3)</script>\n4\n'; system \"touch x\" #\n");
    options.class_names = kept_path("names.txt");
    options.output = kept_path("page.html");
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    assert_not_in_file(options.output, "<script");
    assert_in_file(options.output, "&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;");
    assert_in_file(options.output, "&lt;script&gt;alert(2)&lt;");
    assert_in_file(options.output, "&lt;script&gt;alert(3)&lt;/script&gt;");
    /* In the script of a figure: within single quotes, but for those in front. */
    assert_in_file(path_of("figures/activation.gp"), "\"'\".'; system \"t..'");
}

/* Texts are shown as text, classes by the names that the data bring; neither is run. */
static void report_of_texts_escapes_them_and_names_their_classes(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    char rows[4096] = "", recipe[1024];
    for (size_t i = 0; i < N; i++)
        snprintf(rows + strlen(rows), sizeof rows - strlen(rows),
                 "\"%d\",\"<b>title %zu</b>\",\"caf\xc3\xa9 <script>alert(1)</script>\"\n",
                 (int)classes[i] + 1, i);
    text_file("test.csv", rows);
    text_file("classes.txt", "a\nb\nc\nd\ne\nf\ng\n<script>alert(7)</script>\n");
    snprintf(recipe, sizeof recipe, "[data]\ntest = %s\n", path_of("test.csv"));
    write_text("run", "recipe.ini", recipe);
    fa_report_options options = without_gnuplot();
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    assert_in_file(in("run", "report.html"), "&lt;b&gt;title 0&lt;/b&gt; caf\xc3\xa9");
    assert_in_file(in("run", "report.html"), "&lt;script&gt;alert(7)&lt;/script&gt;");
    assert_not_in_file(in("run", "report.html"), "<script");
    assert_in_file(in("run", "clusters.csv"), "\"<script>alert(7)</script>\"");
}

static void report_on_the_input_has_columns_and_no_neurons(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    char recipe[1024];
    fa_report_options options = without_gnuplot();
    fa_report_result result;
    snprintf(recipe, sizeof recipe, recipe_text, path_of("test.npz"), "multi");
    strcat(recipe, "[cluster]\nspace = input\n");
    write_text("run", "recipe.ini", recipe);
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "Constant columns");
    assert_in_file(result.output, "1 of 3 numbers of the input are constant");
    assert_not_in_file(result.output, "Dead neurons");
    assert_not_in_file(result.output, "learning rate or a lighter");
}

static void report_warns_of_what_is_wrong(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    static const float same[N * D];
    fa_report_options options = without_gnuplot();
    fa_report_result result;
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "Dead neurons"); /* the third unit */
    assert_in_file(result.output, "One direction holds 99.4 %");
    assert_int_equal(result.warnings, 2);
    assert_ok(fa_matrix_write(in("run", "embeddings.npy"), same, N, D));
    write_text("run", "scores.json",
               "{\"best_epoch\": 1, \"stopped\": true, \"test\": {\"samples\": 12, \"k\": 12, "
               "\"coarse_accuracy\": 0.5}}");
    write_text("run", "history.csv", "epoch,component,component_weight\n1,0.5,0.1\n2,0.499,0.1\n");
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "every sample has the same representation");
    assert_in_file(result.output, "changed by less than 1 %");
    assert_in_file(result.output, "always naming the largest group gives 0.583");
    assert_in_file(result.output, "Stopped early");
    assert_int_equal(result.warnings, 4);
}

static void report_of_a_component_that_was_never_on_says_so(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    fa_report_options options = without_gnuplot();
    fa_report_result result;
    write_text("run", "history.csv", "epoch,component,component_weight\n1,0.5,0\n2,0.2,0\n");
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "its weight was 0 in every epoch");
    write_text("run", "history.csv", "epoch,component,component_weight\n1,0,1\n2,0,1\n");
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "no pair was within the margin");
}

static void report_compares_with_the_plain_run(void **state) {
    (void)state;
    const char *runs[2] = {make_run("plain", "none"), make_run("ours", "multi")};
    fa_report_options options = without_gnuplot();
    fa_report_result result;
    assert_fails(fa_report_write(&result, runs, 2, &options), FA_E_ARGUMENT, "must be named");
    write_text(
        "ours", "scores.json",
        "{\"test\": {\"samples\": 12, \"k\": 3, \"coarse_accuracy\": 0.85, \"ami_max\": 0.8, "
        "\"nmi_sqrt\": 0.8, \"ari\": 0.7}}");
    options.output = kept_path("compare.html");
    assert_ok(fa_report_write(&result, runs, 2, &options));
    assert_in_file(options.output,
                   "ours against plain: coarse accuracy -5.00 points, AMI_max +0.100");
    assert_in_file(options.output, "Coarse accuracy lost");
    assert_in_file(options.output, "loss.kind");
    assert_not_in_file(options.output, "data.train");
    assert_true(fa__file_exists(path_of("figures/ami-2.csv")));
    assert_false(fa__file_exists(path_of("figures/k.gp")));
}

static void report_of_few_rows_leaves_the_sweep_out(void **state) {
    (void)state;
    const char *run = make_run("run", "none");
    fa_report_options options = without_gnuplot();
    const float x[2] = {0, 1};
    write_text("run", "scores.json", "{\"test\": {\"samples\": 2, \"k\": 1}}");
    assert_ok(fa_matrix_write(in("run", "embeddings.npy"), x, 2, 1));
    write_text("run", "clusters.npy", "0\n0\n");
    write_text("run", "coarse.npy", "0\n1\n");
    unlink(in("run", "classes.npy"));
    fa_report_result result;
    assert_ok(fa_report_write(&result, &run, 1, &options));
    assert_in_file(result.output, "too few samples to try several numbers");
    assert_in_file(result.output, "No hidden classes are known");
}

static void report_bad_arguments_are_errors(void **state) {
    (void)state;
    const char *run = make_run("run", "none"), *file = text_file("file", "x");
    fa_report_options options = without_gnuplot();
    assert_fails(fa_report_write(NULL, NULL, 1, NULL), FA_E_ARGUMENT, "1 to 32 runs");
    assert_fails(fa_report_write(NULL, &run, 0, NULL), FA_E_ARGUMENT, "got 0");
    assert_fails(fa_report_write(NULL, &run, 33, NULL), FA_E_ARGUMENT, "got 33");
    char page[FA__PATH_MAX];
    assert_ok(fa__path_join(page, file, "page.html"));
    options.output = page;
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO,
                 "cannot be made: something else");
    int below = snprintf(page, sizeof page, "%s/", test_folder);
    memset(page + below, 'a', sizeof page - (size_t)below - 1);
    page[sizeof page - 1] = '\0';
    options.output = page;
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO, "too long");
    char endless[2 * FA__PATH_MAX] = "";
    memset(endless, 'b', sizeof endless - 1);
    options.output = endless;
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO, "it is too long");
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_TRAINING, &run, 1, &options), FA_E_IO, "too long");
    options.output = "";
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO, "it is empty");
    options = without_gnuplot();
    options.class_names = kept_path("nowhere.txt");
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO, "nowhere.txt");
}

static void report_without_memory_fails_cleanly(void **state) {
    (void)state;
    const char *run = make_run("run", "multi");
    fa_report_options options = without_gnuplot();
    options.k_high = 3;
    fa_threads_set(1);
    assert_survives_nomem(fa_report_write(NULL, &run, 1, &options), (void)0);
    fa_threads_set(0);
}

/* ==== Figures ==== */

static void figure_that_cannot_be_says_why(void **state) {
    (void)state;
    const char *run = make_run("run", "none");
    const char *two[] = {run, run};
    fa_report_options options = without_gnuplot();
    assert_fails(fa_figure_draw(NULL, (fa_figure)99, &run, 1, &options), FA_E_ARGUMENT,
                 "figure 99");
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_TRAINING, &run, 1, &options), FA_E_UNAVAILABLE,
                 "/nowhere/gnuplot was not found");
    assert_true(fa__file_exists(in("run", "figures/training.gp")));
    options.output = kept_path("out");
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_K, two, 2, &options), FA_E_ARGUMENT, "of one run");
    unlink(in("run", "classes.npy"));
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_AMI, &run, 1, &options), FA_E_ARGUMENT,
                 "no hidden classes");
    unlink(in("run", "coarse.npy"));
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_ACTIVATION, &run, 1, &options), FA_E_ARGUMENT,
                 "neither");
    write_text("run", "history.csv", "epoch,task_loss\n");
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_TRAINING, &run, 1, &options), FA_E_ARGUMENT,
                 "no finished epoch");
    assert_null(fa_figure_name((fa_figure)99));
    assert_string_equal(fa_figure_name(FA_FIGURE_AMI), "ami");
}

static void figure_program_that_fails_is_quoted(void **state) {
    (void)state;
    const char *run = make_run("run", "none");
    fa_report_options options = without_gnuplot();
    const char *bad = text_file("bad", "#!/bin/sh\necho 'line 7: no such thing' >&2\nexit 1\n");
    assert_int_equal(chmod(bad, 0755), 0);
    options.gnuplot = bad;
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_TRAINING, &run, 1, &options), FA_E_IO,
                 "line 7: no such thing");
    fa_report_result result;
    assert_fails(fa_report_write(&result, &run, 1, &options), FA_E_IO, "line 7: no such thing");
    assert_in_file(in("run", "report.html"), "line 7: no such thing");
    assert_true(fa__file_exists(in("run", "clusters.csv")));
}

/* As gnuplot does on a full disk: half a picture, and 0. */
static void figure_half_drawn_is_an_error_and_goes(void **state) {
    (void)state;
    const char *run = make_run("run", "none");
    fa_report_options options = without_gnuplot();
    const char *bad =
        text_file("bad", "#!/bin/sh\nname=${4%.gp}\ncd \"$(dirname \"$0\")/run/figures\"\n"
                         "echo '<svg></svg>' >$name.svg\nprintf '\\211PNG' >$name.png\n");
    assert_int_equal(chmod(bad, 0755), 0);
    options.gnuplot = bad;
    assert_fails(fa_figure_draw(NULL, FA_FIGURE_TRAINING, &run, 1, &options), FA_E_IO,
                 "training.png: gnuplot did not finish it");
    assert_false(fa__file_exists(in("run", "figures/training.png")));
    assert_false(fa__file_exists(in("run", "figures/training.svg")));
    assert_fails(fa_report_write(NULL, &run, 1, &options), FA_E_IO, "did not finish it");
    assert_in_file(in("run", "report.html"), "Pictures are missing");
}

/* With the real program: each picture is there, is what its name says, and draws no complaint. */
static void figures_are_drawn(void **state) {
    (void)state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0) skip();
    const char *runs[] = {make_run("plain", "none"), make_run("it's \"ours\"", "multi")};
    text_file("names.txt", "0\n1\n2\nthree's\n4\n\"`y` %d {6}\n");
    fa_report_options options = {.size = sizeof(fa_report_options),
                                 .output = kept_path("out"),
                                 .class_names = kept_path("names.txt")};
    fa_report_result result;
    for (fa_figure figure = 0; (unsigned)figure < FA_FIGURES; figure++) {
        size_t count = figure == FA_FIGURE_K ? 1 : 2;
        assert_ok(fa_figure_draw(&result, figure, runs, count, &options));
        char name[64], *text;
        snprintf(name, sizeof name, "%s.svg", fa_figure_name(figure));
        assert_in_file(in("out", name), "<svg");
        assert_in_file(in("out", name), "</svg>");
        snprintf(name, sizeof name, "%s.png", fa_figure_name(figure));
        text = read_text(in("out", name));
        assert_memory_equal(text, "\x89PNG", 4);
        fa__free(text);
    }
    assert_in_file(in("out", "activation.svg"), "`y` %d {6}");
}

/* 100,000 samples with their own data, pictures drawn where gnuplot is: the page holds what was
 * counted and a few samples, not the rows. */
static void report_of_100000_samples_stays_below_10_megabytes(void **state) {
    (void)state;
    enum { MANY = 100000, WIDE = 8, FOUND = 10 };
    const char *run = make_run("run", "multi");
    fa_report_options options = {.size = sizeof(fa_report_options),
                                 .k_high = 3}; /* each further k is seconds and a line */
    float *x = fa__alloc((size_t)MANY * WIDE, sizeof *x);
    int32_t *labels = fa__alloc(MANY, sizeof *labels);
    char text[4096];
    unsigned char *page;
    size_t size;
    assert_true(x != NULL && labels != NULL);
    for (size_t i = 0; i < MANY; i++) {
        labels[i] = (int32_t)(i % FOUND);
        for (size_t u = 0; u < WIDE; u++)
            x[i * WIDE + u] = (float)((i % FOUND) * (u + 1) % 7) + (float)(i * (u + 3) % 97) / 97;
    }
    assert_ok(fa_matrix_write(in("run", "embeddings.npy"), x, MANY, WIDE));
    assert_ok(fa_matrix_write(path_of("data.npy"), x, MANY, WIDE));
    assert_ok(fa_labels_write(in("run", "clusters.npy"), labels, MANY));
    assert_ok(fa_labels_write(in("run", "classes.npy"), labels, MANY));
    for (size_t i = 0; i < MANY; i++) labels[i] = labels[i] >= FOUND / 2;
    assert_ok(fa_labels_write(in("run", "coarse.npy"), labels, MANY));
    snprintf(text, sizeof text, recipe_text, path_of("data.npy"), "multi");
    write_text("run", "recipe.ini", text);
    write_text("run", "scores.json",
               "{\"epochs\": 2, \"best_epoch\": 2, \"stopped\": false, \"test\": {\"samples\": "
               "100000, \"k\": 10, \"coarse_accuracy\": 0.9, \"inertia\": 12, \"ami_max\": 0.7, "
               "\"nmi_sqrt\": 0.8, \"ari\": 0.6}}");
    fa__free(x), fa__free(labels);
    assert_ok(fa_report_write(NULL, &run, 1, &options));
    assert_in_file(in("run", "report.html"), "100000");
    assert_ok(fa__file_read(&page, &size, in("run", "report.html")));
    fa__free(page);
    if (!(size > 10000 && size < 10000000)) fail_msg("the page has %zu bytes", size);
}

#define with_files(test) cmocka_unit_test_setup(test, make_strokes)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_files(view_by_hand_is_right),
        with_files(view_without_classes_and_data_goes_on),
        with_files(view_of_other_data_says_so),
        with_files(view_takes_names_of_classes),
        with_files(view_missing_file_is_named),
        with_files(view_damaged_file_is_named),
        with_files(view_takes_rows_without_a_label_for_a_group),
        with_files(view_survives_an_unknown_history_column),
        with_files(view_without_memory_fails_cleanly),
        with_files(report_without_gnuplot_writes_all_but_the_pictures),
        with_files(report_csv_by_hand_is_right),
        with_files(report_same_run_same_bytes),
        with_files(report_shows_hostile_text_and_does_not_run_it),
        with_files(report_of_texts_escapes_them_and_names_their_classes),
        with_files(report_warns_of_what_is_wrong),
        with_files(report_on_the_input_has_columns_and_no_neurons),
        with_files(report_of_a_component_that_was_never_on_says_so),
        with_files(report_compares_with_the_plain_run),
        with_files(report_of_few_rows_leaves_the_sweep_out),
        with_files(report_of_100000_samples_stays_below_10_megabytes),
        with_files(report_bad_arguments_are_errors),
        with_files(report_without_memory_fails_cleanly),
        with_files(figure_that_cannot_be_says_why),
        with_files(figure_program_that_fails_is_quoted),
        with_files(figure_half_drawn_is_an_error_and_goes),
        with_files(figures_are_drawn),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
