/* forced-apart report: pictures and one page of runs. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"

#include <string.h>

static struct {
    const char *output, *figure, *class_names, *names, *gnuplot;
    text_list more;
    size_t k_high;
    uint64_t seed;
    bool explore;
} opts;

static const cli_option options[] = {
    OPTION_OUTPUT(
        &opts.output, "PLACE", NULL,
        "file for the page, by default RUN/report.html; with --figure the folder, by default "
        "RUN/figures; needed with several runs"),
    {.name = "figure",
     .type = OPTION_CHOICE,
     .to = &opts.figure,
     .value = "NAME",
     .choices = "activation|pca|ami|k|training",
     .text = "draw this figure only: no page"},
    {.name = "explore",
     .to = &opts.explore,
     .text = "a page to work in instead: a map of the samples of one run, filters, names for its "
             "clusters; by default RUN/explore.html"},
    {.name = "class-names",
     .type = OPTION_TEXT,
     .to = &opts.class_names,
     .value = "FILE",
     .text = "names of the hidden classes 0, 1, ..., one a line"},
    OPTION_NAMES(&opts.names),
    {.name = "k-high",
     .type = OPTION_COUNT,
     .to = &opts.k_high,
     .value = "K",
     .low = 3,
     .high = 1000,
     .text = "largest number of clusters that is tried; by default 20, or half as many again as "
             "the runs have, up to 40"},
    OPTION_SEED_FROM(&opts.seed, "0", "random numbers of the tries with other numbers of clusters"),
    OPTION_GNUPLOT(&opts.gnuplot),
    {0},
};

static int print_result(const fa_report_result *result) {
    if (common.json)
        return print_json(json_pack(
            "{s:o, s:I, s:I, s:o}", "output", json_text(result->output), "figures",
            (json_int_t)result->figures, "warnings", (json_int_t)result->warnings,
            "without_figures",
            result->without_figures[0] != '\0' ? json_text(result->without_figures) : json_null()));
    printf("%s\n", result->output);
    return EXIT_OK;
}

static int draw(const arguments *given, const fa_report_options *how) {
    fa_report_result result;
    fa_figure figure = 0;
    while (strcmp(fa_figure_name(figure), opts.figure) != 0) figure++;
    if (fa_figure_draw(&result, figure, given->operand, given->count, how) != FA_OK)
        return fail_library();
    return print_result(&result);
}

static int explore(const arguments *given) {
    char path[PLACE_MAX], without[FA_EXPORT_WITHOUT];
    const char *folder = given->operand[0], *output = opts.output;
    if (output == NULL) {
        if (!join_path(path, folder, fa_run_file_name(FA_RUN_EXPLORE))) return EXIT_FAILED;
        output = path;
    }
    if (fa_explore_write(without, output, folder, opts.names) != FA_OK) return fail_library();
    if (without[0] != '\0') note("the samples are not on the page: %s", without);
    if (common.json) return print_json(json_pack("{s:o}", "output", json_text(output)));
    printf("%s\n", output);
    return EXIT_OK;
}

static int run(const arguments *given) {
    if (opts.explore && (given->count > 1 || opts.figure != NULL || opts.class_names != NULL))
        return misuse(&command_report,
                      "--explore is a page of one run, and takes no --figure or --class-names");
    if (given->count > 1 && opts.output == NULL)
        return misuse(&command_report, "--output PLACE is missing: %zu runs are compared",
                      given->count);
    if (opts.names != NULL && (given->count > 1 || opts.figure != NULL))
        return misuse(&command_report,
                      "--names are those of one run, on its page; without --figure");
    const char *const inputs[] = {opts.class_names, opts.names};
    if (paths_check(&command_report, inputs, 2, &opts.output, 1) != EXIT_OK ||
        paths_check_runs(&command_report, given->operand, given->count, &opts.output, 1) != EXIT_OK)
        return EXIT_MISUSE;
    if (opts.explore) return explore(given);
    const fa_report_options how = {.size = sizeof(fa_report_options),
                                   .output = opts.output,
                                   .class_names = opts.class_names,
                                   .cluster_names = opts.names,
                                   .gnuplot = opts.gnuplot,
                                   .k_high = opts.k_high,
                                   .seed = opts.seed};
    if (opts.figure != NULL) return draw(given, &how);
    fa_report_result result;
    if (fa_report_write(&result, given->operand, given->count, &how) != FA_OK)
        return fail_library();
    if (result.without_figures[0] != '\0') note("%s", result.without_figures);
    if (result.warnings > 0)
        note("%zu warning%s on the page", result.warnings, result.warnings == 1 ? "" : "s");
    return print_result(&result);
}

const cli_command command_report = {
    .name = "report",
    .summary = "figures and one page of a run, or of several side by side",
    .text =
        "Writes one HTML page that opens without a network: what was trained on what, the scores "
        "and what they mean, warnings, figures, the clusters with the samples nearest to their "
        "centres, and how many clusters there may be. Several runs give a page that compares "
        "them; a plain one among them (loss.kind = none) is what the others are held against.\n\n"
        "Figures go to figures/ beside the page as SVG and PNG, with the gnuplot script and the "
        "data of each; of a single run also clusters.csv, and vectors.tsv and metadata.tsv for "
        "TensorBoard's projector. Without gnuplot the page is written without pictures and the "
        "exit code is 0; with --figure it is 1, and data and script are written.",
    .examples = "forced-apart report runs/multi\n"
                "forced-apart report runs/none runs/single runs/multi -o compare.html\n"
                "forced-apart report runs/multi --explore\n"
                "forced-apart report --figure activation runs/none runs/single -o figure2",
    .operands = {{"RUN", "a run folder that train left; more may follow, up to 32", false}},
    .repeats = true,
    .options = options,
    .run = run,
};
