/* forced-apart reproduce figure2, figure3, figure5, figure6: the paper's figures, drawn from runs
 * of Table 1. */
#include "core/commands.h"
#include "core/output.h"
#include "core/progress.h"
#include "table1_run.h"

#include <string.h>

static struct {
    const char *output, *gnuplot, *column;
    size_t jobs;
    uint64_t seed;
    text_list changes;
    bool finished, list;
} opts;

static const cli_option options[] = {
    OPTION_SEED_FROM(&opts.seed, "1", "which of the runs of Table 1"),
    {.name = "column",
     .type = OPTION_TEXT,
     .to = &opts.column,
     .value = "COL",
     .text = "column of Table 1 (reproduce table1 --help) that the runs are of; by default that of "
             "the paper's figure"},
    {.name = "finished",
     .to = &opts.finished,
     .text = "train nothing: draw the runs that are finished"},
    OPTION_JOBS(&opts.jobs, "runs trained at a time"),
    OPTION_OUTPUT(&opts.output, "FOLDER", "runs/table1",
                  "folder of the runs (COLUMN-METHOD-SEED); the figure goes to FOLDER/figureN"),
    OPTION_SET(&opts.changes, "change a key in every run, as it was for the runs that are there"),
    OPTION_GNUPLOT(&opts.gnuplot),
    OPTION_DRY_RUN(&opts.list),
    {0},
};

/* What a figure of the paper is made of. */
typedef struct paper_figure {
    const char *name;
    fa_figure figure;
    const char *column;
    bool methods[METHODS]; /* none, decov, xcov, single, multi */
    size_t least;          /* runs that it cannot do without */
} paper_figure;

static const paper_figure
    figure2 = {"figure2", FA_FIGURE_ACTIVATION, "strokes", {1, 0, 0, 1, 0}, 2},
    figure3 = {"figure3", FA_FIGURE_ACTIVATION, "cifar10", {1, 0, 0, 0, 1}, 2},
    figure5 = {"figure5", FA_FIGURE_PCA, "strokes", {1, 0, 0, 0, 1}, 2},
    figure6 = {"figure6", FA_FIGURE_AMI, "cifar10", {1, 1, 1, 1, 1}, 1};

/* --finished, and too few are. */
static int too_few(const paper_figure *of, const table1_plan *p, size_t finished) {
    char methods[64] = "";
    for (size_t i = 0, used = 0; i < p->count && used < sizeof methods; i++)
        used += (size_t)snprintf(methods + used, sizeof methods - used, "%s%s", i > 0 ? "," : "",
                                 table1_methods[p->cells[i].method]);
    return fail("%s: %zu of %zu runs are finished in %s, the figure needs %zu; `forced-apart "
                "reproduce table1 --columns %s --methods %s --runs 1 --seed %llu --resume -o %s` "
                "trains them%s, and so does this command without --finished",
                of->name, finished, p->count, p->output, of->least, of->column, methods,
                (unsigned long long)opts.seed, p->output,
                p->changes.count > 0 ? " with the same --set" : "");
}

static int draw(const paper_figure *of, const table1_plan *p) {
    static char places[METHODS][PLACE_MAX];
    const char *runs[METHODS];
    char folder[PLACE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->cells[i].done) continue;
        if (!table1_cell_path(places[count], p, &p->cells[i], "")) return EXIT_FAILED;
        runs[count] = places[count];
        count++;
    }
    if (!join_path(folder, p->output, of->name)) return EXIT_FAILED;
    const fa_report_options how = {
        .size = sizeof(fa_report_options), .output = folder, .gnuplot = opts.gnuplot};
    fa_report_result result;
    if (fa_figure_draw(&result, of->figure, runs, count, &how) != FA_OK) return fail_library();
    if (common.json)
        return print_json(json_pack("{s:o, s:o}", "output", json_text(result.output), "runs",
                                    table1_json(p->cells, p->count)));
    for (size_t i = 0; i < p->count; i++)
        if (!p->cells[i].done)
            note("%s %s, seed %lu, is not finished: left out", of->column,
                 table1_titles[p->cells[i].method], p->cells[i].seed);
    printf("%s\n", result.output);
    return EXIT_OK;
}

/* The column by its name: it must have a recipe for the methods. */
static int choose_column(bool chosen[16], const paper_figure *of, const cli_command *command) {
    char names[128] = "";
    size_t n_columns, found = 0;
    const table1_column *columns = table1_columns(&n_columns);
    for (size_t c = 0; c < n_columns; c++) {
        if (columns[c].recipe == NULL) continue;
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? "," : "", columns[c].name);
        chosen[c] = strcmp(columns[c].name, of->column) == 0;
        found += chosen[c];
    }
    if (found == 1) return EXIT_OK;
    return misuse(command, "--column: '%s' is none of %s", of->column, names);
}

static int train_and_draw(const paper_figure *of, table1_plan *p) {
    size_t finished = 0;
    bool chosen[16] = {false};
    int code = choose_column(chosen, of, p->command);
    if (code == EXIT_OK) code = table1_check_settings(p);
    if (code == EXIT_OK) code = table1_plan_open(p, chosen, of->methods, 1, opts.seed);
    if (code == EXIT_OK) code = table1_find_finished(p, &finished);
    if (code != EXIT_OK) return code;
    if (opts.finished && finished < of->least) return too_few(of, p, finished);
    if (opts.list || (!opts.finished && finished < p->count)) table1_tell(p, finished, false);
    if (opts.list) return EXIT_OK;
    if (!opts.finished && finished < p->count) {
        code = table1_train(p, &finished);
        if (interrupted())
            return fail("stopped with %zu of %zu runs; the same command goes on", finished,
                        p->count);
        if (code != EXIT_OK) return code;
    }
    return draw(of, p);
}

static int reproduce(const paper_figure *figure, const cli_command *command) {
    paper_figure of = *figure;
    if (opts.column != NULL) of.column = opts.column;
    table1_plan p = {.command = command,
                     .output = opts.output,
                     .jobs = opts.jobs,
                     .changes = opts.changes,
                     .resume = true};
    if (opts.finished && opts.list)
        return misuse(command, "--dry-run tells what would be trained, with --finished nothing is");
    int code = train_and_draw(&of, &p);
    table1_plan_close(&p);
    return code;
}

#define SHARED_TEXT                                                                                \
    "\n\nFinished runs of `reproduce table1` in FOLDER are used as they are; missing ones are "    \
    "trained first, by the same settings, after a line that says how many and about how long. "    \
    "Stopped (Ctrl-C), the same command goes on. FOLDER/figureN gets the picture as SVG and PNG, " \
    "its data and its gnuplot script. docs/results.md says what is like the paper's and what is "  \
    "not."

/* A command of each figure: the parser knows commands by their addresses. */
#define RUN(figure)                                                                                \
    static int run_##figure(const arguments *given) {                                              \
        (void)given;                                                                               \
        return reproduce(&figure, &command_reproduce_##figure);                                    \
    }
RUN(figure2)
RUN(figure3)
RUN(figure5)
RUN(figure6)

const cli_command command_reproduce_figure2 = {
    .name = "reproduce figure2",
    .summary = "the paper's Figure 2: neurons by digit, without and with L_single",
    .text = "Draws which neurons of the target layer are the most active ones for which digit, for "
            "the plain network on the strokes and for the one with L_single." SHARED_TEXT,
    .examples = "forced-apart reproduce figure2\n"
                "forced-apart reproduce figure2 --dry-run",
    .options = options,
    .run = run_figure2,
};

const cli_command command_reproduce_figure3 = {
    .name = "reproduce figure3",
    .summary = "the paper's Figure 3: neurons by class of CIFAR-10, without and with L_multi",
    .text = "Draws which neurons of the target layer are the most active ones for which class, for "
            "the plain network on CIFAR-10 and for the one with L_multi." SHARED_TEXT,
    .examples = "forced-apart reproduce figure3 --jobs 2",
    .options = options,
    .run = run_figure3,
};

const cli_command command_reproduce_figure5 = {
    .name = "reproduce figure5",
    .summary = "the paper's Figure 5: principal components, without and with L_multi",
    .text = "Draws the target layer along its first two principal components, by group and by "
            "digit, for the plain network on the strokes and for the one with L_multi." SHARED_TEXT,
    .examples = "forced-apart reproduce figure5 --seed 2",
    .options = options,
    .run = run_figure5,
};

const cli_command command_reproduce_figure6 = {
    .name = "reproduce figure6",
    .summary = "the paper's Figure 6: AMI against the number of clusters on CIFAR-10",
    .text =
        "Draws AMI_max of KMeans for each number of clusters, for the five methods on CIFAR-10; "
        "with --finished for those of them that are there." SHARED_TEXT,
    .examples = "forced-apart reproduce figure6 --finished",
    .options = options,
    .run = run_figure6,
};
