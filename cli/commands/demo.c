/* forced-apart demo: three small networks on made-up pen strokes, side by side. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/progress.h"
#include "core/scores.h"
#include "core/settings.h"
#include "core/training.h"

#include <math.h>
#include <string.h>

/* ==== The settings of the demonstration, all in this place ==== */

static const char default_samples[] = "8000", default_epochs[] = "6";

/* Test samples for every this many training samples. */
enum { TRAIN_PER_TEST = 4 };

/* What the three networks share. */
static const setting shared[] = {
    {"data.groups", "0-4 / 5-9"},
    {"cluster.k", "10"},
};

enum { SETTINGS_MAX = 6 };

/* What sets them apart. */
static const struct {
    const char *name, *text;
    setting settings[SETTINGS_MAX];
} networks[] = {
    {"none", "plain network", {{"loss.kind", "none"}}},
    {"single",
     "L_single: rows of weights forced apart",
     {{"loss.kind", "single"}, {"loss.margin", "5"}, {"loss.weight", "0.01"}}},
    {"multi",
     "L_multi: samples of one label forced apart",
     {{"loss.kind", "multi"},
      {"loss.margin", "0.5"},
      {"loss.weight", "0.3"},
      {"loss.start_epoch", "2"},
      {"loss.ramp_epochs", "2"}}},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* ==== Options ==== */

static struct {
    const char *output;
    size_t samples, epochs;
    uint64_t seed;
} opts;

static const cli_option options[] = {
    OPTION_OUTPUT(
        &opts.output, "FOLDER", "runs/demo",
        "folder for the data and the three run folders; what an earlier demo left there is "
        "replaced"),
    {.name = "samples",
     .type = OPTION_COUNT,
     .to = &opts.samples,
     .value = "N",
     .fallback = default_samples,
     .low = 40,
     .high = 10000000,
     .text = "strokes to train on; a quarter as many are made to test on"},
    {.name = "epochs",
     .type = OPTION_COUNT,
     .to = &opts.epochs,
     .value = "N",
     .fallback = default_epochs,
     .low = 1,
     .high = 100000,
     .text = "times that each network sees them"},
    OPTION_SEED_FROM(&opts.seed, "1", "random numbers of the strokes and of the networks"),
    {0},
};

/* ==== Data ==== */

enum { SPLIT_TRAIN = 0, SPLIT_TEST = 1 };

typedef struct demo_files {
    char train[PLACE_MAX], test[PLACE_MAX];
    char run[NETWORKS][PLACE_MAX];
} demo_files;

static bool name_files(demo_files *files) {
    bool good = join_path(files->train, opts.output, "train.npz") &&
                join_path(files->test, opts.output, "test.npz");
    for (size_t i = 0; i < NETWORKS; i++)
        good = good && join_path(files->run[i], opts.output, networks[i].name);
    return good;
}

static fa_status make_strokes(const char *path, size_t n, uint32_t split) {
    fa_dataset *strokes;
    fa_status status = fa_strokes_synthesize(&strokes, n, opts.seed, split);
    if (status != FA_OK) return status;
    status = fa_dataset_write(strokes, path);
    fa_dataset_free(strokes);
    return status;
}

/* ==== Training ==== */

static fa_status train_one(fa_train_result *result, const demo_files *files, size_t which) {
    char epochs[32], seed[32], label[32];
    snprintf(epochs, sizeof epochs, "%zu", opts.epochs);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)opts.seed);
    snprintf(label, sizeof label, "%s: ", networks[which].name);
    const setting own[] = {{"data.train", files->train},
                           {"data.test", files->test},
                           {"train.epochs", epochs},
                           {"train.seed", seed}};
    fa_recipe *recipe;
    fa_status status = fa_recipe_create(&recipe);
    if (status != FA_OK) return status;
    status = settings_set(recipe, shared, sizeof shared / sizeof *shared);
    if (status == FA_OK) status = settings_set(recipe, own, sizeof own / sizeof *own);
    if (status == FA_OK) status = settings_set(recipe, networks[which].settings, SETTINGS_MAX);
    if (status == FA_OK) {
        const fa_train_options how = {
            .size = sizeof(fa_train_options), .folder = files->run[which], .overwrite = 1};
        fa_run *made;
        status = train_shown(&made, recipe, label, &how);
        if (status == FA_OK) {
            *result = *fa_run_result(made);
            fa_run_free(made);
        }
    }
    fa_recipe_free(recipe);
    return status;
}

/* ==== Results ==== */

static void print_table(const demo_files *files, const fa_train_result *results, size_t count) {
    print_heading("network   coarse accuracy   AMI_max   NMI_sqrt   run");
    for (size_t i = 0; i < count; i++) {
        const fa_scores *scores = &results[i].scores;
        if (!results[i].has_scores) {
            printf("%-9s %15s   %7s   %8s   %s\n", networks[i].name, "-", "-", "-", files->run[i]);
            continue;
        }
        printf("%-9s %15.4f   %7.4f   %8.4f   %s\n", networks[i].name, scores->accuracy,
               scores->ami_max, scores->nmi_geometric, files->run[i]);
    }
    putchar('\n');
    for (size_t i = 0; i < count; i++) printf("%-9s %s\n", networks[i].name, networks[i].text);
    printf(
        "\nThe networks were told two groups of digits, 0-4 and 5-9. AMI_max (normaliser %s) and\n"
        "NMI_sqrt (%s) say how well KMeans with k = 10 on the target\n"
        "layer finds the ten digits: 1 is all of them, 0 is chance. On %zu test strokes.\n",
        "max(H(U), H(V))", "sqrt(H(U) H(V))", results[0].scores.n);
}

static int print_results_json(const demo_files *files, const fa_train_result *results,
                              size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:I, s:I, s:o}", "loss", networks[i].name, "run",
                            json_text(files->run[i]), "epochs", (json_int_t)results[i].epochs,
                            "best_epoch", (json_int_t)results[i].best_epoch, "scores",
                            results[i].has_scores ? scores_json(&results[i].scores) : json_null()));
    return print_json(json_pack("{s:o, s:o, s:o}", "train", json_text(files->train), "test",
                                json_text(files->test), "networks", list));
}

/* FOLDER/report.html on all of them. */
static int report(const demo_files *files, size_t count) {
    char page[PLACE_MAX];
    const char *runs[NETWORKS];
    fa_report_result result;
    for (size_t i = 0; i < count; i++) runs[i] = files->run[i];
    if (!join_path(page, opts.output, fa_run_file_name(FA_RUN_REPORT))) return EXIT_FAILED;
    if (fa_report_write(&result, runs, count,
                        &(fa_report_options){.size = sizeof(fa_report_options), .output = page}) !=
        FA_OK)
        return fail_library();
    if (result.without_figures[0] != '\0')
        note("%s compares the networks, without pictures: %s", page, result.without_figures);
    else
        note("%s compares the networks; forced-apart report RUN looks into one", page);
    return EXIT_OK;
}

static int run(const arguments *given) {
    (void)given;
    if (paths_check(&command_demo, NULL, 0, &opts.output, 1) != EXIT_OK) return EXIT_MISUSE;
    static demo_files files; /* large for a stack */
    fa_train_result results[NETWORKS] = {{0}};
    if (!name_files(&files)) return EXIT_FAILED;
    if (fa_folder_make(opts.output) != FA_OK) return fail_library();
    note("making %zu strokes of ten digits to train on and %zu to test on", opts.samples,
         opts.samples / TRAIN_PER_TEST);
    if (make_strokes(files.train, opts.samples, SPLIT_TRAIN) != FA_OK ||
        make_strokes(files.test, opts.samples / TRAIN_PER_TEST, SPLIT_TEST) != FA_OK)
        return fail_library();
    size_t count = 0;
    bool stopped = false;
    while (count < NETWORKS && !stopped) {
        note("training %s (%s)", networks[count].name, networks[count].text);
        if (train_one(&results[count], &files, count) != FA_OK) return fail_library();
        stopped = results[count++].stopped;
    }
    int code = EXIT_OK;
    if (common.json)
        code = print_results_json(&files, results, count);
    else
        print_table(&files, results, count);
    if (stopped) return fail("stopped; %s holds what was done", opts.output);
    return code == EXIT_OK ? report(&files, count) : code;
}

const cli_command command_demo = {
    .name = "demo",
    .summary = "ten digits found inside two groups, on built-in data",
    .text = "Makes pen strokes of ten digits, tells three networks only whether a digit is one of "
            "0-4 or of 5-9, clusters what each has learnt, and prints how well the clusters are "
            "the ten digits: the plain network, L_single and L_multi side by side, with a report "
            "on all three (FOLDER/report.html). Needs no download and about a minute on two cores.",
    .examples = "forced-apart demo\n"
                "forced-apart demo --samples 20000 --epochs 10 -o runs/long",
    .options = options,
    .run = run,
};
