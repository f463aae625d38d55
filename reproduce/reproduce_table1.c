/* forced-apart reproduce table1: every cell of the paper's Table 1; reproduce best: ours, held
 * together, on the same data. */
#define _POSIX_C_SOURCE 200809L
#include "core/commands.h"
#include "core/output.h"
#include "core/progress.h"
#include "table1_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const char *columns, *methods, *output;
    size_t runs, jobs;
    uint64_t seed;
    text_list changes;
    bool resume, list;
} opts;

#define COLUMNS(list, remark)                                                                      \
    {                                                                                              \
        .name = "columns", .type = OPTION_TEXT, .to = &opts.columns, .value = "LIST",              \
        .fallback = list, .text = "columns of the table, with commas between them" remark          \
    }
#define RUNS(number, remark)                                                                       \
    {                                                                                              \
        .name = "runs", .type = OPTION_COUNT, .to = &opts.runs, .value = "N", .fallback = number,  \
        .low = 1, .high = 1000, .text = "runs of each cell, with seeds from --seed on" remark      \
    }
#define RESUME                                                                                     \
    {                                                                                              \
        .name = "resume", .to = &opts.resume,                                                      \
        .text = "go on with what is in FOLDER: finished cells are kept, others continued"          \
    }
#define JOBS "cells trained at a time; they share the threads, the bytes do not depend on it"
#define SET  "change a key in every cell, as in --set data.limit=1000 for a trial"

static const cli_option options[] = {
    COLUMNS("strokes,autoencoder,cifar10,dbpedia", ""),
    {.name = "methods",
     .type = OPTION_TEXT,
     .to = &opts.methods,
     .value = "LIST",
     .fallback = "none,decov,xcov,single,multi",
     .text = "rows of the table; held: ours, held together, as reproduce best has it"},
    RUNS("3", ""),
    OPTION_SEED_FROM(&opts.seed, "1", "seed of the first run"),
    OPTION_JOBS(&opts.jobs, JOBS),
    OPTION_OUTPUT(&opts.output, "FOLDER", "runs/table1",
                  "folder of the runs (COLUMN-METHOD-SEED) and of table1.md and table1.csv"),
    RESUME,
    OPTION_SET(&opts.changes, SET),
    OPTION_DRY_RUN(&opts.list),
    {0},
};

static const cli_option best_options[] = {
    COLUMNS(NULL, "; by default all but images-unequal-50 and hwu64"),
    RUNS(NULL, "; by default as many as docs/results.md has of the column"),
    OPTION_SEED_FROM(&opts.seed, "1", "seed of the first run"),
    OPTION_JOBS(&opts.jobs, JOBS),
    OPTION_OUTPUT(&opts.output, "FOLDER", "runs/best",
                  "folder of the runs (COLUMN-held-SEED) and of table1.md and table1.csv"),
    RESUME,
    OPTION_SET(&opts.changes, SET),
    OPTION_DRY_RUN(&opts.list),
    {0},
};

/* The place of each word of a list in names; misuse for one that is not there. */
static int read_list(const cli_command *command, bool *chosen, const char *option, const char *text,
                     const char *const *names, size_t count) {
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ","), found = count;
        for (size_t i = 0; i < count; i++)
            if (strlen(names[i]) == length && memcmp(names[i], at, length) == 0) found = i;
        if (found == count) {
            char all[256] = "";
            for (size_t i = 0, used = 0; i < count && used < sizeof all; i++)
                used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? "," : "",
                                         names[i]);
            return misuse(command, "--%s: '%.*s' is none of %s", option, (int)length, at, all);
        }
        chosen[found] = true;
        at += length;
        if (*at == '\0') return EXIT_OK;
    }
}

static int make_plan(table1_plan *p) {
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    const char *names[16];
    bool columns_chosen[16] = {false}, methods_chosen[METHODS] = {false};
    for (size_t c = 0; c < n_columns; c++) names[c] = columns[c].name;
    int code = read_list(p->command, columns_chosen, "columns", opts.columns, names, n_columns);
    if (code == EXIT_OK)
        code =
            read_list(p->command, methods_chosen, "methods", opts.methods, table1_methods, METHODS);
    if (code != EXIT_OK) return code;
    for (size_t c = 0, m; c < n_columns; c++) {
        for (m = 0; m < METHODS; m++)
            if (methods_chosen[m] && table1_has(&columns[c], m)) break;
        if (columns_chosen[c] && m == METHODS)
            return misuse(p->command, "--columns: '%s' has none of the methods %s", names[c],
                          opts.methods);
    }
    return table1_plan_open(p, columns_chosen, methods_chosen, opts.runs, opts.seed);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int write_table(table1_plan *p, double started) {
    char markdown[PLACE_MAX], csv[PLACE_MAX], command[2048];
    table1_conditions conditions = {.command = command,
                                    .folder = opts.output,
                                    .jobs = opts.jobs,
                                    .wall_seconds = now() - started};
    char runs[32] = "";
    if (opts.runs > 0) snprintf(runs, sizeof runs, " --runs %zu", opts.runs);
    bool best = p->command == &command_reproduce_best;
    int used = snprintf(
        command, sizeof command, "forced-apart %s --columns %s%s%s%s --seed %llu --jobs %zu -o %s",
        p->command->name, opts.columns, best ? "" : " --methods ", best ? "" : opts.methods, runs,
        (unsigned long long)opts.seed, opts.jobs, opts.output);
    for (size_t i = 0; i < opts.changes.count && used > 0 && (size_t)used < sizeof command; i++)
        used += snprintf(command + used, sizeof command - (size_t)used, " --set %s",
                         opts.changes.items[i]);
    if (table1_score_all(p) != EXIT_OK || !join_path(markdown, opts.output, "table1.md") ||
        !join_path(csv, opts.output, "table1.csv") ||
        !table1_write_markdown(markdown, p->cells, p->count, &conditions) ||
        !table1_write_csv(csv, p->cells, p->count))
        return EXIT_FAILED;
    if (common.json)
        return print_json(json_pack("{s:o, s:o, s:o}", "table", json_text(markdown), "csv",
                                    json_text(csv), "runs", table1_json(p->cells, p->count)));
    table1_print(stdout, p->cells, p->count);
    printf("\n");
    print_row("table", "", "%s", markdown);
    print_row("every run", "", "%s", csv);
    return EXIT_OK;
}

static int reproduce(table1_plan *p) {
    double started = now();
    size_t finished = 0;
    int code = table1_find_finished(p, &finished);
    if (code != EXIT_OK) return code;
    table1_tell(p, finished, opts.list);
    if (opts.list) return EXIT_OK;
    code = table1_train(p, &finished);
    int written = finished > 0 ? write_table(p, started) : code;
    if (interrupted())
        return fail("stopped with %zu of %zu cells; --resume goes on", finished, p->count);
    return code != EXIT_OK ? code : written;
}

static int train_table(const cli_command *command) {
    table1_plan *p = calloc(1, sizeof *p);
    if (p == NULL) return fail("out of memory");
    *p = (table1_plan){.command = command,
                       .output = opts.output,
                       .jobs = opts.jobs,
                       .changes = opts.changes,
                       .resume = opts.resume};
    int code = table1_check_settings(p);
    if (code == EXIT_OK) code = make_plan(p);
    if (code == EXIT_OK) code = reproduce(p);
    table1_plan_close(p);
    free(p);
    return code;
}

static int run(const arguments *given) {
    (void)given;
    return train_table(&command_reproduce_table1);
}

static int run_best(const arguments *given) {
    (void)given;
    opts.methods = table1_methods[HELD];
    if (opts.columns == NULL)
        opts.columns = "images,images-unequal,strokes,autoencoder,cifar10-batchnorm,"
                       "cifar10-features,dbpedia,dbpedia-features,clinc";
    return train_table(&command_reproduce_best);
}

const cli_command command_reproduce_best = {
    .name = "reproduce best",
    .summary = "train ours, held together, on the data of the paper and print the table",
    .text =
        "Trains the best of ours and prints mean and standard deviation of the test scores: over "
        "all rows as in the paper's table, and within the given and the predicted coarse labels. "
        "Columns: images and strokes of MNIST, autoencoder (strokes without labels), "
        "images-unequal and images-unequal-50 (of each odd digit a tenth, a fiftieth), "
        "cifar10-batchnorm (trained again on its own clusters), cifar10-features, dbpedia; and "
        "features of texts, dbpedia-features, clinc, hwu64 (clusters of discover, and the test "
        "rows assigned to them).\n\n"
        "It is reproduce table1 --methods held, and goes on with --resume in the same way; of "
        "what is trained again each finished training is kept.",
    .examples = "forced-apart reproduce best --jobs 2\n"
                "forced-apart reproduce best --columns images --runs 3",
    .options = best_options,
    .run = run_best,
};

const cli_command command_reproduce_table1 = {
    .name = "reproduce table1",
    .summary = "train every cell of the paper's Table 1 and print the table",
    .text =
        "Trains five methods (plain, DeCov, XCov, L_single, L_multi) on four sets of data (MNIST "
        "strokes, the strokes autoencoder, CIFAR-10, DBPedia), several seeds each, and prints mean "
        "and standard deviation of the test scores with the paper's figure beside them. Three more "
        "columns: strokes-paper (linear layers start small), cifar10-batchnorm, cifar10-features "
        "(CIFAR-10 as a network trained on ImageNet sees it). table1.md in the folder names the "
        "command, the commit, the data's checksums and the "
        "machine; table1.csv has a row a run.\n\n"
        "It can be stopped (Ctrl-C) and continued with --resume: finished cells are kept, a cell "
        "that was cut off goes on from its last epoch. The data are looked for in the data folder: "
        "mnist/, cifar10/, dbpedia/, features/ (docs/results.md).",
    .examples = "forced-apart reproduce table1 --columns strokes --jobs 2\n"
                "forced-apart reproduce table1 --resume\n"
                "forced-apart reproduce table1 --runs 1 --set train.epochs=1 -o runs/trial",
    .options = options,
    .run = run,
};
