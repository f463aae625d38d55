/* forced-apart discover: from data to clusters and a report in one command. */
#include "core/baselines.h"
#include "core/commands.h"
#include "core/look.h"
#include "core/output.h"
#include "core/places.h"
#include "core/progress.h"
#include "core/search.h"
#include "core/settings.h"
#include "core/training.h"

#include <string.h>

static struct {
    fa_read_options read;
    const char *labels, *hidden, *clusters, *output, *test;
    text_list changes;
    size_t epochs, search;
    double tolerance;
    uint64_t seed;
    bool label_free, overwrite, dry;
} opts;

static const cli_option options[] = {
    {.name = "labels",
     .type = OPTION_TEXT,
     .to = &opts.labels,
     .value = "COL|FILE",
     .text = "coarse labels to train on: a column of a table by its name or number, or a file with "
             "a label for each sample; by default those that the data bring"},
    {.name = "hidden",
     .type = OPTION_TEXT,
     .to = &opts.hidden,
     .value = "COL|FILE",
     .text = "classes to score the clusters by; the training is not told"},
    {.name = "clusters",
     .letter = 'k',
     .type = OPTION_TEXT,
     .to = &opts.clusters,
     .value = "K|auto|a=4,b=6",
     .text = "clusters; auto: chosen by silhouette and stability; by default as many as hidden "
             "classes, without any auto. With --set cluster.within=given or predicted they lie "
             "within the coarse labels: K is shared out, or each label has its number, by name"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .to = &opts.output,
     .value = "OUT",
     .fallback = "runs/discover",
     .text = "run folder for the recipe, the model, clusters.csv and report.html"},
    {.name = "test",
     .type = OPTION_TEXT,
     .to = &opts.test,
     .value = "DATA",
     .text = "cluster these in place of the data that are trained on"},
    {.name = "label-free",
     .to = &opts.label_free,
     .text = "use no labels, even if the data have some: an autoencoder; classes then only score"},
    {.name = "epochs",
     .type = OPTION_COUNT,
     .to = &opts.epochs,
     .value = "N",
     .low = 1,
     .high = 1000000000,
     .text = "passes over the data; by default by their kind and number"},
    {.name = "search",
     .type = OPTION_COUNT,
     .to = &opts.search,
     .value = "N",
     .low = 1,
     .high = SEARCH_MAX,
     .text = "train N settings of margin and weight and the plain network first, and take the "
             "best by signals that need no hidden classes (OUT/search.csv)"},
    {.name = "tolerance",
     .type = OPTION_NUMBER,
     .to = &opts.tolerance,
     .value = "X",
     .fallback = "0.01",
     .low = 0,
     .high = 1,
     .text = "coarse validation accuracy (of an autoencoder: share of the validation loss) that a "
             "setting of the search may cost"},
    OPTION_SEED_FROM(&opts.seed, "1", "random numbers of split, network and order"),
    OPTION_SET(&opts.changes, "change a key of the recipe; train --keys lists them"),
    OPTIONS_COLUMNS(opts.read),
    {.name = "overwrite", .to = &opts.overwrite, .text = "replace the run that is in OUT"},
    {.name = "dry-run",
     .to = &opts.dry,
     .text = "say what the data are and what would be trained, and write nothing"},
    {0},
};

/* ==== The recipe ==== */

/* A column, or a file if there is one of that name. */
static const char *key_of(const char *column_key, const char *file_key, const char *value) {
    uint64_t size;
    return file_size(value, &size) ? file_key : column_key;
}

static int set_key(fa_recipe *recipe, const char *key, const char *value) {
    fa_status status = value != NULL ? fa_recipe_set(recipe, key, value) : FA_OK;
    return status == FA_OK ? EXIT_OK : refused(&command_discover, status, "");
}

static int set_number(fa_recipe *recipe, const char *key, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return set_key(recipe, key, text);
}

/* Where the data are and how they are read. */
static int say_data(fa_recipe *recipe, const char *path) {
    const char *const keys[][2] = {
        {"data.train", path},
        {"data.test", opts.test},
        {"data.text_column", opts.read.text_column},
        {"data.ignore_columns", opts.read.ignore_columns},
        {"data.feature_columns", opts.read.feature_columns},
        {"data.id_column", opts.read.id_column},
        {"data.time_column", opts.read.time_column},
        {"data.header", opts.read.header},
        {"data.missing", opts.read.missing},
        {"cluster.k", opts.clusters}, /* what is wrong with it is said before data are read */
        {opts.labels != NULL ? key_of("data.label_column", "data.labels", opts.labels) : "",
         opts.labels},
        {opts.hidden != NULL ? key_of("data.hidden_column", "data.hidden", opts.hidden) : "",
         opts.hidden},
    };
    int code = EXIT_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && code == EXIT_OK; i++)
        code = set_key(recipe, keys[i][0], keys[i][1]);
    return code == EXIT_OK ? settings_apply(recipe, &opts.changes, &command_discover) : code;
}

/* What suits the data, then what the caller wants instead. */
static int say_training(fa_recipe *recipe, const data_look *look) {
    bool label_free = look->labels == LABELS_NONE;
    if (fa_recipe_suggest(recipe, look->data, label_free) != FA_OK) return fail_library();
    if (look->two_parts && opts.test == NULL &&
        fa_recipe_set(recipe, "data.test", look->path) != FA_OK)
        return fail_library();
    const char *k = opts.clusters != NULL ? opts.clusters : look->hidden ? "0" : "auto";
    int code = set_key(recipe, "cluster.k", k);
    if (code == EXIT_OK && fa_recipe_get(recipe, "data.test")[0] == '\0')
        code = set_key(recipe, "cluster.rows", "all");
    if (code == EXIT_OK) code = set_number(recipe, "train.seed", opts.seed);
    if (code == EXIT_OK && opts.epochs > 0) code = set_number(recipe, "train.epochs", opts.epochs);
    return code == EXIT_OK ? settings_apply(recipe, &opts.changes, &command_discover) : code;
}

/* ==== The steps ==== */

static int show_plan(void *user, const fa_plan *plan) {
    (void)user;
    if (!common.json && !common.quiet) plan_print(plan);
    return 0;
}

typedef struct found {
    json_t *data; /* what look_json said */
    fa_run *run;
    fa_report_result report;
    baselines baselines;
    bool has_baselines;
} found;

static int print_found(const found *f) {
    char clusters[PLACE_MAX];
    if (!join_path(clusters, opts.output, fa_run_file_name(FA_RUN_TABLE))) return EXIT_FAILED;
    if (common.json)
        return print_json(json_pack("{s:O, s:o, s:o, s:o, s:o}", "data", f->data, "training",
                                    training_json(fa_run_result(f->run), opts.output), "baselines",
                                    f->has_baselines ? baselines_json(&f->baselines) : json_null(),
                                    "clusters", json_text(clusters), "report",
                                    json_text(f->report.output)));
    training_print(fa_run_result(f->run));
    if (f->has_baselines) baselines_print(&f->baselines);
    print_row("recipe", "", "%s/%s", opts.output, fa_run_file_name(FA_RUN_RECIPE));
    print_row("clusters", "", "%s", clusters);
    print_row("report", "", "%s", f->report.output);
    print_row("new rows", "", "forced-apart assign %s DATA", opts.output);
    return EXIT_OK;
}

static int measure_baselines(found *f, const fa_recipe *recipe) {
    const char *test = fa_recipe_get(recipe, "data.test");
    bool has_test = test[0] != '\0';
    if (!fa_run_result(f->run)->scores.has_truth) return EXIT_OK;
    note("KMeans on the input itself, to compare");
    fa_status status = baselines_measure(&f->baselines, f->run, has_test ? test : NULL,
                                         has_test ? "test" : "train");
    f->has_baselines = status == FA_OK;
    if (status == FA_E_NOMEM) return fail("out of memory");
    return status == FA_OK ? EXIT_OK : fail_library();
}

static int train_and_report(found *f, const fa_recipe *recipe) {
    const fa_train_options how = {.size = sizeof(fa_train_options),
                                  .plan = show_plan,
                                  .folder = opts.output,
                                  .overwrite = opts.overwrite};
    if (train_shown(&f->run, recipe, "", &how) != FA_OK) return fail_library();
    /* What is left is read from the folder that rank 0 writes: it goes on alone. */
    bool others = fa_rank() > 0;
    if (fa_ranks_end(NULL) != FA_OK) return others ? EXIT_FAILED : fail_library();
    if (others) return EXIT_OK;
    if (fa_run_result(f->run)->stopped)
        return fail("stopped after %zu epochs; train --resume -o %s goes on, report %s tells",
                    fa_run_result(f->run)->epochs, opts.output, opts.output);
    note("writing clusters.csv and the report");
    if (fa_report_write(&f->report, &opts.output, 1, NULL) != FA_OK) return fail_library();
    if (f->report.without_figures[0] != '\0') note("no pictures: %s", f->report.without_figures);
    int code = measure_baselines(f, recipe);
    return code == EXIT_OK ? print_found(f) : code;
}

static int go(fa_recipe *recipe) {
    data_look look;
    static found f; /* large for a stack */
    bool label_free =
        opts.label_free || strcmp(fa_recipe_get(recipe, "train.task"), "reconstruction") == 0;
    if (look_at(&look, recipe, label_free) != FA_OK) return fail_library();
    if (!common.json && !common.quiet) look_print(&look);
    int code = say_training(recipe, &look);
    f.data = look_json(&look);
    look_close(&look); /* training reads them again: there is no need for them twice */
    if (code == EXIT_OK && opts.dry)
        code = train_dry(recipe, opts.output);
    else {
        const search_options how = {opts.search, opts.tolerance, opts.overwrite};
        if (code == EXIT_OK && opts.search > 0) code = search_run(recipe, opts.output, &how);
        if (code == EXIT_OK) code = train_and_report(&f, recipe);
    }
    json_decref(f.data);
    fa_run_free(f.run);
    return code;
}

static int run(const arguments *given) {
    fa_recipe *recipe;
    if (fa_recipe_create(&recipe) != FA_OK) return fail_library();
    int code = say_data(recipe, given->operand[0]);
    if (code == EXIT_OK) code = go(recipe);
    fa_recipe_free(recipe);
    return code;
}

const cli_command command_discover = {
    .name = "discover",
    .summary = "from data to clusters and a report in one command",
    .text =
        "Looks at data, says what it takes them for, chooses a network by their kind and size, "
        "trains it on the coarse labels (without any as an autoencoder), clusters the samples by "
        "what it has learnt, and leaves a run folder with recipe.ini, clusters.csv (row, coarse "
        "label, cluster, distance, confidence) and report.html. Where hidden classes are given the "
        "clusters are scored, beside KMeans on the input itself.\n\n"
        "Each step is a command of its own: data info, train OUT/recipe.ini, embed, cluster, "
        "report, and assign for new samples. docs/guide.md has an example for each kind of "
        "data.",
    .examples = "forced-apart discover people.csv --labels colour\n"
                "forced-apart discover people.csv --labels colour --hidden kind -k 6 -o out\n"
                "forced-apart discover photos -k auto --search 9\n"
                "forced-apart discover features.npy --label-free",
    .operands = {{"DATA", "anything that data info understands", false}},
    .options = options,
    .ranks = true,
    .run = run,
};
