/* forced-apart discover: from data to clusters and a report in one command. */
#include "core/candidates.h"
#include "core/commands.h"
#include "core/look.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/progress.h"
#include "core/settings.h"
#include "core/training.h"

#include <string.h>

static struct {
    fa_read_options read;
    const char *labels, *hidden, *label_column, *hidden_column, *clusters, *output, *test, *methods;
    text_list changes;
    size_t epochs, trainings, search;
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
    {.name = "label-column",
     .type = OPTION_TEXT,
     .to = &opts.label_column,
     .value = "COL",
     .text = "where --labels is a file with several columns: the one that has them"},
    {.name = "hidden-column",
     .type = OPTION_TEXT,
     .to = &opts.hidden_column,
     .value = "COL",
     .text = "the same for --hidden"},
    {.name = "clusters",
     .letter = 'k',
     .type = OPTION_TEXT,
     .to = &opts.clusters,
     .value = "K|auto|a=4,b=6",
     .text =
         "clusters; auto: chosen by silhouette and stability; by default as many as hidden "
         "classes, without any auto. They lie within the coarse labels: K is shared out, or each "
         "label has its number, by name (--set cluster.within=none: over all rows)"},
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
     .text = "use no labels, even if the data have some; classes then only score"},
    {.name = "epochs",
     .type = OPTION_COUNT,
     .to = &opts.epochs,
     .value = "N",
     .low = 1,
     .high = 1000000000,
     .text = "passes over the data; by default by their kind and number"},
    {.name = "trainings",
     .type = OPTION_COUNT,
     .to = &opts.trainings,
     .value = "N",
     .low = 1,
     .high = 9,
     .text =
         "1: one, so that the input is chosen where it can be clustered (but for images in "
         "colour); 2, whose agreement tells whether a trained space is better than the input; "
         "more: images in colour so often again on their own clusters, what views teach by so many "
         "seeds, of which that of the lowest loss is kept (of 2, too); by default 2, of images in "
         "colour 4"},
    {.name = "methods",
     .type = OPTION_TEXT,
     .to = &opts.methods,
     .value = "LIST",
     .text =
         "trainings to compare first, e.g. plain,multi,held,information,neighbours; the one whose "
         "two seeds agree best is taken"},
    {.name = "search",
     .type = OPTION_COUNT,
     .to = &opts.search,
     .value = "N",
     .low = 1,
     .high = 99,
     .text = "train N settings of margin and weight and the plain network first, and take the "
             "best by signals that need no hidden classes (OUT/candidates.csv)"},
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

/* A file or a pipe, as bash makes of <(command). */
static bool is_file(const char *path) {
    uint64_t size;
    return file_size(path, &size) || is_pipe(path);
}

/* A column, or a file if there is one of that name. */
static const char *key_of(const char *column_key, const char *file_key, const char *value) {
    return is_file(value) ? file_key : column_key;
}

static int set_key(fa_recipe *recipe, const char *key, const char *value) {
    fa_status status = value != NULL ? fa_recipe_set(recipe, key, value) : FA_OK;
    return status == FA_OK ? EXIT_OK : refused(&command_discover, status, "");
}

/* --label-column goes with a file of --labels. */
static int say_column(fa_recipe *recipe, const char *of, const char *option, const char *file,
                      const char *column) {
    char key[32];
    if (column != NULL && (file == NULL || !is_file(file)))
        return misuse(
            &command_discover,
            "--%s-column is of the file that --%s names; a column of the data is named by "
            "--%s itself",
            of, option, option);
    snprintf(key, sizeof key, "data.%s_column", of);
    return set_key(recipe, key, column);
}

/* Where the data are and how they are read. */
static int say_data(fa_recipe *recipe, const char *path) {
    char side[32];
    snprintf(side, sizeof side, "%zu", opts.read.resize);
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
        {"data.resize", side},
        {"cluster.k", opts.clusters}, /* what is wrong with it is said before data are read */
        {opts.labels != NULL ? key_of("data.label_column", "data.labels", opts.labels) : "",
         opts.labels},
        {opts.hidden != NULL ? key_of("data.hidden_column", "data.hidden", opts.hidden) : "",
         opts.hidden},
    };
    int code = EXIT_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && code == EXIT_OK; i++)
        code = set_key(recipe, keys[i][0], keys[i][1]);
    if (code == EXIT_OK)
        code = say_column(recipe, "label", "labels", opts.labels, opts.label_column);
    if (code == EXIT_OK)
        code = say_column(recipe, "hidden", "hidden", opts.hidden, opts.hidden_column);
    return code == EXIT_OK ? settings_apply(recipe, &opts.changes, &command_discover) : code;
}

/* ==== The steps ==== */

static char views[FA_PLAN_VIEWS]; /* of the plan */

static int show_plan(void *user, const fa_plan *plan) {
    (void)user;
    snprintf(views, sizeof views, "%s", plan->views);
    if (!common.json && !common.quiet) plan_print(plan);
    return 0;
}

static int print_found(const fa_discovery *found, const data_look *look,
                       const fa_report_result *report) {
    char clusters[PLACE_MAX];
    const fa_train_result *result = fa_run_result(fa_discovery_run(found));
    if (!join_path(clusters, opts.output, fa_run_file_name(FA_RUN_TABLE))) return EXIT_FAILED;
    if (common.json)
        return print_json(json_pack("{s:o, s:s, s:o, s:o, s:s, s:o, s:o}", "data", look_json(look),
                                    "views", views, "training", training_json(result, opts.output),
                                    "candidates", candidates_json(found), "why",
                                    fa_discovery_why(found), "clusters", json_text(clusters),
                                    "report", json_text(report->output)));
    training_print(result);
    candidates_print(found);
    print_row("recipe", "", "%s/%s", opts.output, fa_run_file_name(FA_RUN_RECIPE));
    print_row("clusters", "", "%s", clusters);
    print_row("report", "", "%s", report->output);
    print_row("new rows", "", "forced-apart assign %s DATA", opts.output);
    return EXIT_OK;
}

static int discover(const data_look *look, const fa_discover_options *how) {
    static fa_report_result report; /* large for a stack */
    fa_discovery *found;
    fa_status status = fa_discover(&found, look->data, how);
    progress_end();
    if (status != FA_OK) return fail_library();
    /* What is left is read from the folder that rank 0 writes: it goes on alone. */
    bool others = fa_rank() > 0;
    if (fa_ranks_end(NULL) != FA_OK || others) {
        fa_discovery_free(found);
        return others ? EXIT_OK : fail_library();
    }
    const fa_train_result *result = fa_run_result(fa_discovery_run(found));
    int code = EXIT_FAILED;
    if (result->stopped) {
        fail("stopped after %zu epochs; train --resume -o %s goes on, report %s tells",
             result->epochs, opts.output, opts.output);
        goto done;
    }
    note("writing clusters.csv and the report");
    if (fa_report_write(&report, &opts.output, 1, NULL) != FA_OK) {
        fail_library();
        goto done;
    }
    if (report.without_figures[0] != '\0') note("no pictures: %s", report.without_figures);
    code = print_found(found, look, &report);
done:
    fa_discovery_free(found);
    return code;
}

static int dry_run(const data_look *look, const fa_discover_options *how) {
    fa_recipe *recipe;
    if (fa_discover_recipe(&recipe, look->data, how) != FA_OK) return fail_library();
    int code = train_dry(recipe, look->data, look->test, opts.output);
    fa_recipe_free(recipe);
    return code;
}

/* By the recipe that is trained; of several methods a key may be one's and not another's. */
static void note_idle(const data_look *look, const fa_discover_options *how) {
    fa_recipe *recipe;
    if (opts.changes.count == 0 || opts.methods != NULL) return;
    if (fa_discover_recipe(&recipe, look->data, how) != FA_OK) return; /* what follows says why */
    settings_note_idle(recipe, &opts.changes);
    fa_recipe_free(recipe);
}

static int go(fa_recipe *recipe) {
    data_look look;
    int code = EXIT_FAILED;
    if (look_at(&look, recipe, opts.label_free) != FA_OK)
        fail_library();
    else {
        const fa_discover_options how = {.size = sizeof how,
                                         .label_free = opts.label_free,
                                         .clusters = opts.clusters,
                                         .epochs = opts.epochs,
                                         .seed = opts.seed,
                                         .trainings = opts.trainings,
                                         .search = opts.search,
                                         .methods = opts.methods,
                                         .tolerance = &opts.tolerance,
                                         .recipe = recipe,
                                         .settings = opts.changes.items,
                                         .n_settings = opts.changes.count,
                                         .test = look.test,
                                         .folder = opts.output,
                                         .overwrite = opts.overwrite,
                                         .begin = progress_next,
                                         .progress = progress_show,
                                         .plan = show_plan};
        if (!common.json && !common.quiet) look_print(&look);
        note_idle(&look, &how);
        code = opts.dry ? dry_run(&look, &how) : discover(&look, &how);
    }
    look_close(&look);
    return code;
}

static int run(const arguments *given) {
    if (paths_check(&command_discover, NULL, 0, &opts.output, 1) != EXIT_OK) return EXIT_MISUSE;
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
        "trains on the coarse labels (or without any), chooses the space whose "
        "clusters keep near samples together and are found in two halves of the data, the input or "
        "what was learnt, clusters the samples there within their coarse labels, and leaves a run "
        "folder with recipe.ini, clusters.csv (row, coarse label, cluster, distance, confidence), "
        "candidates.csv (what was compared) and report.html. Where hidden classes are given the "
        "clusters are scored; the "
        "choice does not look at them.\n\n"
        "Each step is a command of its own: data info, train OUT/recipe.ini, embed, cluster, "
        "report, and assign for new samples. Images and pen strokes are learned from views of "
        "them: how "
        "these differ is said before the training, is taken to be no matter of class, and is what "
        "data "
        "views shows; where a class does depend on it, --set data.views, data.augment or views.* "
        "of "
        "train --keys. docs/guide.md has an example for each kind of "
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
