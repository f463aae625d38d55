/* forced-apart reproduce table1: every cell of the paper's Table 1, each in a process of its own.
 */
#define _POSIX_C_SOURCE 200809L
#include "commands.h"
#include "machine.h"
#include "output.h"
#include "progress.h"
#include "table1.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *columns, *methods, *output;
    size_t runs, jobs;
    uint64_t seed;
    text_list changes;
    bool resume, list;
} opts;

static const cli_option options[] = {
    {.name = "columns",
     .type = OPTION_TEXT,
     .to = &opts.columns,
     .value = "LIST",
     .fallback = "strokes,autoencoder,cifar10,dbpedia",
     .text = "columns of the table, with commas between them"},
    {.name = "methods",
     .type = OPTION_TEXT,
     .to = &opts.methods,
     .value = "LIST",
     .fallback = "none,decov,xcov,single,multi",
     .text = "rows of the table"},
    {.name = "runs",
     .type = OPTION_COUNT,
     .to = &opts.runs,
     .value = "N",
     .fallback = "3",
     .low = 1,
     .high = 1000,
     .text = "runs of each cell, with seeds from --seed on"},
    {.name = "seed",
     .letter = 's',
     .type = OPTION_SEED,
     .to = &opts.seed,
     .value = "SEED",
     .fallback = "1",
     .text = "seed of the first run"},
    {.name = "jobs",
     .letter = 'j',
     .type = OPTION_COUNT,
     .to = &opts.jobs,
     .value = "J",
     .fallback = "1",
     .low = 1,
     .high = 256,
     .text = "cells trained at a time; they share the threads, the bytes do not depend on it"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .to = &opts.output,
     .value = "FOLDER",
     .fallback = "runs/table1",
     .text = "folder of the runs (COLUMN-METHOD-SEED) and of table1.md and table1.csv"},
    {.name = "resume",
     .to = &opts.resume,
     .text = "go on with what is in FOLDER: finished cells are kept, others continued"},
    {.name = "set",
     .type = OPTION_LIST,
     .to = &opts.changes,
     .value = "KEY=VALUE",
     .text = "change a key in every cell, as in --set data.limit=1000 for a trial"},
    {.name = "dry-run",
     .to = &opts.list,
     .text = "tell what would be trained and about how long it takes, and stop"},
    {0},
};

/* ==== The cells asked for ==== */

enum { CELLS_MAX = 4096 };

typedef struct plan {
    table1_result *cells; /* in the order of training: the first run of all, then the second, ... */
    size_t count;
    bool strokes; /* some column needs them */
    char strokes_train[PLACE_MAX], strokes_test[PLACE_MAX];
} plan;

/* The place of each word of a list in names; misuse for one that is not there. */
static int read_list(bool *chosen, const char *option, const char *text, const char *const *names,
                     size_t count) {
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ","), found = count;
        for (size_t i = 0; i < count; i++)
            if (strlen(names[i]) == length && memcmp(names[i], at, length) == 0) found = i;
        if (found == count) {
            char all[256] = "";
            for (size_t i = 0, used = 0; i < count && used < sizeof all; i++)
                used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? "," : "",
                                         names[i]);
            return misuse(&command_reproduce_table1, "--%s: '%.*s' is none of %s", option,
                          (int)length, at, all);
        }
        chosen[found] = true;
        at += length;
        if (*at == '\0') return EXIT_OK;
    }
}

static int make_plan(plan *p) {
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    const char *names[16];
    bool columns_chosen[16] = {false}, methods_chosen[METHODS] = {false};
    for (size_t c = 0; c < n_columns; c++) names[c] = columns[c].name;
    int code = read_list(columns_chosen, "columns", opts.columns, names, n_columns);
    if (code == EXIT_OK)
        code = read_list(methods_chosen, "methods", opts.methods, table1_methods, METHODS);
    if (code != EXIT_OK) return code;
    p->cells = calloc(n_columns * METHODS * opts.runs, sizeof *p->cells);
    if (p->cells == NULL) return fail("out of memory");
    for (size_t run = 0; run < opts.runs; run++)
        for (size_t c = 0; c < n_columns; c++)
            for (size_t m = 0; m < METHODS; m++) {
                if (!columns_chosen[c] || !methods_chosen[m]) continue;
                p->cells[p->count++] = (table1_result){
                    .column = &columns[c], .method = m, .seed = (unsigned long)(opts.seed + run)};
                p->strokes = p->strokes || columns[c].strokes;
            }
    bool good = join_path(p->strokes_train, opts.output, "strokes-train.npz") &&
                join_path(p->strokes_test, opts.output, "strokes-test.npz");
    return good ? EXIT_OK : EXIT_FAILED;
}

/* A cell's run folder (ending "") or its log. */
static bool cell_path(char out[PLACE_MAX], const table1_result *cell, const char *ending) {
    char name[128];
    snprintf(name, sizeof name, "%s-%s-%lu%s", cell->column->name, table1_methods[cell->method],
             cell->seed, ending);
    return join_path(out, opts.output, name);
}

/* The recipe of a cell; NULL after a message. */
static fa_recipe *cell_recipe(const plan *p, const table1_result *cell) {
    char path[PLACE_MAX], seed[32];
    fa_recipe *recipe;
    if (!recipe_path(path, cell->column->recipe)) return NULL;
    if (fa_recipe_read(&recipe, path) != FA_OK) {
        fail_library();
        return NULL;
    }
    snprintf(seed, sizeof seed, "%lu", cell->seed);
    const setting own[] = {{"loss.kind", table1_methods[cell->method]},
                           {"train.seed", seed},
                           {"data.train", p->strokes_train},
                           {"data.test", p->strokes_test}};
    fa_status status = settings_set(recipe, own, cell->column->strokes ? 4 : 2);
    if (status == FA_OK)
        status = settings_set(recipe, cell->column->cells[cell->method].settings, CELL_SETTINGS);
    if (status != FA_OK) fail_library();
    if (status == FA_OK &&
        settings_apply(recipe, &opts.changes, &command_reproduce_table1) == EXIT_OK)
        return recipe;
    fa_recipe_free(recipe);
    return NULL;
}

/* Marks the cells that are done already. A finished cell of another recipe would make a table of
 * two kinds of things: it is refused. */
static int find_finished(plan *p, size_t *finished) {
    for (size_t i = 0; i < p->count; i++) {
        table1_result *cell = &p->cells[i];
        char folder[PLACE_MAX], path[PLACE_MAX];
        if (!cell_path(folder, cell, "") || !join_path(path, folder, "recipe.ini"))
            return EXIT_FAILED;
        fa_recipe *wanted = cell_recipe(p, cell), *there = NULL;
        if (wanted == NULL) return EXIT_FAILED;
        uint64_t size;
        int code = EXIT_OK;
        if (file_size(path, &size)) {
            if (!opts.resume)
                code = fail("%s is there already; --resume goes on with %s, another -o starts anew",
                            folder, opts.output);
            else if (fa_recipe_read(&there, path) != FA_OK)
                code = fail_library();
        }
        size_t n_keys;
        const fa_recipe_key *keys = fa_recipe_keys(&n_keys);
        for (size_t k = 0; there != NULL && code == EXIT_OK && k < n_keys; k++) {
            const char *name = keys[k].name, *a = fa_recipe_get(there, name);
            if (strcmp(a, fa_recipe_get(wanted, name)) != 0)
                code = fail("%s was trained with %s = '%s', now '%s' is asked for: remove that "
                            "folder, or use another -o",
                            folder, name, a, fa_recipe_get(wanted, name));
        }
        if (code == EXIT_OK && table1_read(cell, folder)) ++*finished;
        fa_recipe_free(wanted);
        fa_recipe_free(there);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

/* ==== Time ==== */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds that the cells not done yet take: by the finished cells of the same column, else by the
 * column's first guess. */
static double seconds_left(const plan *p) {
    double total = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->cells[i].done) continue;
        double sum = 0, seen = 0;
        for (size_t k = 0; k < p->count; k++)
            if (p->cells[k].done && p->cells[k].column == p->cells[i].column &&
                isfinite(p->cells[k].seconds)) {
                sum += p->cells[k].seconds;
                seen++;
            }
        if (seen > 0) {
            total += sum / seen / (double)opts.jobs; /* seen with as many jobs beside them */
            continue;
        }
        fa_recipe *recipe = cell_recipe(p, &p->cells[i]);
        if (recipe == NULL) continue;
        total += strtod(fa_recipe_get(recipe, "train.epochs"), NULL) *
                 p->cells[i].column->epoch_seconds * 2 / (double)machine_cores();
        fa_recipe_free(recipe);
    }
    return total;
}

static void duration_text(char out[32], double seconds) {
    if (seconds < 90)
        snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 5400)
        snprintf(out, 32, "%.0f min", seconds / 60);
    else
        snprintf(out, 32, "%.1f h", seconds / 3600);
}

/* ==== Children ==== */

/* Runs `work` in a process of its own with standard error in LOG: threads of the arithmetic do not
 * outlive a fork, so this process never starts any. -1 after a message. */
static pid_t start_child(int (*work)(const plan *, const table1_result *), const plan *p,
                         const table1_result *cell, const char *log) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) fail("no process can be started: %s", strerror(errno));
    if (child != 0) return child;
    common.quiet = false;
    common.progress = 0;
    if (freopen(log, "a", stderr) == NULL) _exit(EXIT_FAILED);
    size_t threads = common.threads > 0 ? common.threads : machine_cores();
    fa_threads_set((int)(threads / opts.jobs > 0 ? threads / opts.jobs : 1));
    int code = work(p, cell);
    fflush(NULL);
    _exit(code);
}

static int train_cell(const plan *p, const table1_result *cell) {
    char folder[PLACE_MAX], path[PLACE_MAX];
    uint64_t size;
    if (!cell_path(folder, cell, "") || !join_path(path, folder, "recipe.ini")) return EXIT_FAILED;
    fa_recipe *recipe = cell_recipe(p, cell);
    if (recipe == NULL) return EXIT_FAILED;
    fa_train_options how = {.progress = progress_show, .overwrite = 1};
    if (join_path(path, folder, "checkpoint.safetensors") && file_size(path, &size)) {
        how.resume = 1;
        how.overwrite = 0;
    }
    fa_train_result result;
    progress_start("");
    fa_status status = fa_train(recipe, folder, &how, &result);
    progress_end();
    fa_recipe_free(recipe);
    if (status != FA_OK) return fail_library();
    return result.stopped ? EXIT_FAILED : EXIT_OK;
}

static int make_strokes(const plan *p, const table1_result *unused) {
    (void)unused;
    static const char *const images[2] = {"mnist/train-images-idx3-ubyte.gz",
                                          "mnist/t10k-images-idx3-ubyte.gz"};
    const char *to[2] = {p->strokes_train, p->strokes_test};
    for (uint32_t split = 0; split < 2; split++) {
        fa_dataset *pictures = NULL, *strokes = NULL;
        uint64_t size;
        if (file_size(to[split], &size)) continue;
        fa_status status = read_data(&pictures, images[split], NULL);
        if (status == FA_OK) status = fa_strokes_from_images(&strokes, pictures, 0, split);
        if (status == FA_OK) status = fa_dataset_write(strokes, to[split]);
        fa_dataset_free(pictures);
        fa_dataset_free(strokes);
        if (status != FA_OK) return fail_library();
    }
    return EXIT_OK;
}

/* The last line of a log, for a message. */
static void last_line(char *out, size_t size, const char *log) {
    char line[1024];
    snprintf(out, size, "see %s", log);
    FILE *file = fopen(log, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (line[0] != '\n') snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
    if (file != NULL) fclose(file);
}

static int strokes_in_a_child(const plan *p) {
    char log[PLACE_MAX], why[1024];
    uint64_t size;
    if (file_size(p->strokes_train, &size) && file_size(p->strokes_test, &size)) return EXIT_OK;
    if (!join_path(log, opts.output, "strokes.log")) return EXIT_FAILED;
    note("making strokes from the images of MNIST");
    pid_t child = start_child(make_strokes, p, NULL, log);
    int state;
    if (child < 0) return EXIT_FAILED;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(state) && WEXITSTATUS(state) == EXIT_OK) return EXIT_OK;
    last_line(why, sizeof why, log);
    return fail("the strokes could not be made: %s", why);
}

/* ==== All cells ==== */

/* Called when a cell's process has ended. */
static bool finish_cell(plan *p, size_t index, int state, size_t *finished) {
    table1_result *cell = &p->cells[index];
    char folder[PLACE_MAX], log[PLACE_MAX], left[32], why[1024];
    if (!cell_path(folder, cell, "") || !cell_path(log, cell, ".log")) return false;
    bool good = WIFEXITED(state) && WEXITSTATUS(state) == EXIT_OK && table1_read(cell, folder);
    if (!good) {
        last_line(why, sizeof why, log);
        if (!interrupted()) fail("%s did not finish: %s", folder, why);
        return false;
    }
    ++*finished;
    duration_text(left, seconds_left(p));
    note("%zu of %zu: %s %s, seed %lu: AMI_max %.3f (paper %.3f), about %s left", *finished,
         p->count, cell->column->name, table1_titles[cell->method], cell->seed, cell->ami,
         cell->column->cells[cell->method].paper_ami, left);
    return true;
}

/* The child that has ended. A wish to stop is passed on to all of them: they stop after the batch
 * in hand and leave runs that can be continued. */
static pid_t wait_for_one(const pid_t *running, size_t count, int *state) {
    static bool told;
    for (;;) {
        pid_t ended = waitpid(-1, state, WNOHANG);
        if (ended != 0 && !(ended < 0 && errno == EINTR)) return ended;
        for (size_t slot = 0; interrupted() && !told && slot < count; slot++)
            if (running[slot] > 0) kill(running[slot], SIGTERM);
        told = told || interrupted();
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    }
}

/* Trains what is not done, opts.jobs at a time. EXIT_FAILED if a cell failed or it was stopped; the
 * other cells are trained all the same. */
static int train_all(plan *p, size_t *finished) {
    pid_t running[256] = {0};
    size_t cell_of[256] = {0}, busy = 0, next = 0;
    int code = EXIT_OK;
    for (;;) {
        while (busy < opts.jobs && next < p->count && !interrupted()) {
            char log[PLACE_MAX];
            size_t index = next++, slot = 0;
            if (p->cells[index].done) continue;
            while (running[slot] > 0) slot++;
            if (!cell_path(log, &p->cells[index], ".log")) return EXIT_FAILED;
            running[slot] = start_child(train_cell, p, &p->cells[index], log);
            if (running[slot] < 0) return EXIT_FAILED;
            cell_of[slot] = index;
            busy++;
        }
        if (busy == 0) return interrupted() ? EXIT_FAILED : code;
        int state;
        pid_t ended = wait_for_one(running, opts.jobs, &state);
        for (size_t slot = 0; slot < opts.jobs; slot++) {
            if (ended <= 0 || running[slot] != ended) continue;
            if (!finish_cell(p, cell_of[slot], state, finished)) code = EXIT_FAILED;
            running[slot] = 0;
            busy--;
        }
    }
}

/* ==== The command ==== */

static int write_table(const plan *p, double started) {
    char markdown[PLACE_MAX], csv[PLACE_MAX], command[2048];
    table1_conditions conditions = {.command = command,
                                    .folder = opts.output,
                                    .jobs = opts.jobs,
                                    .wall_seconds = now() - started};
    int used = snprintf(command, sizeof command,
                        "forced-apart reproduce table1 --columns %s --methods %s --runs %zu --seed "
                        "%llu --jobs %zu -o %s",
                        opts.columns, opts.methods, opts.runs, (unsigned long long)opts.seed,
                        opts.jobs, opts.output);
    for (size_t i = 0; i < opts.changes.count && used > 0 && (size_t)used < sizeof command; i++)
        used += snprintf(command + used, sizeof command - (size_t)used, " --set %s",
                         opts.changes.items[i]);
    if (!join_path(markdown, opts.output, "table1.md") ||
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

static int reproduce(plan *p) {
    double started = now();
    size_t finished = 0;
    char time_text[32];
    int code = find_finished(p, &finished);
    if (code != EXIT_OK) return code;
    duration_text(time_text, seconds_left(p));
    note("%zu cells, %zu finished already, %zu to train: about %s on this machine (a guess%s)",
         p->count, finished, p->count - finished, time_text,
         finished > 0 ? " by the finished ones" : "; it gets better with every finished cell");
    if (opts.list) return EXIT_OK;
    if (!make_folder(opts.output)) return EXIT_FAILED;
    if (p->strokes && finished < p->count) code = strokes_in_a_child(p);
    if (code != EXIT_OK) return code;
    progress_start(""); /* Ctrl-C: the children get it too and stop after their batch */
    code = train_all(p, &finished);
    progress_end();
    if (finished == 0) return code;
    int written = write_table(p, started);
    if (interrupted())
        return fail("stopped with %zu of %zu cells; --resume goes on", finished, p->count);
    return code != EXIT_OK ? code : written;
}

/* --set once for all, so that what is wrong with it is told as misuse and before anything else. */
static int check_settings(void) {
    fa_recipe *recipe;
    if (fa_recipe_create(&recipe) != FA_OK) return fail_library();
    int code = settings_apply(recipe, &opts.changes, &command_reproduce_table1);
    fa_recipe_free(recipe);
    return code;
}

static int run(const arguments *given) {
    (void)given;
    int checked = check_settings();
    if (checked != EXIT_OK) return checked;
    plan *p = calloc(1, sizeof *p);
    if (p == NULL) return fail("out of memory");
    int code = make_plan(p);
    if (code == EXIT_OK) code = reproduce(p);
    free(p->cells);
    free(p);
    return code;
}

const cli_command command_reproduce_table1 = {
    .name = "reproduce table1",
    .summary = "train every cell of the paper's Table 1 and print the table",
    .text =
        "Trains five methods (plain, DeCov, XCov, L_single, L_multi) on four sets of data (MNIST "
        "strokes, the strokes autoencoder, CIFAR-10, DBPedia), several seeds each, and prints mean "
        "and standard deviation of the test scores with the paper's figure beside them. "
        "table1.md in the folder names the command, the commit, the data's checksums and the "
        "machine; table1.csv has a row a run.\n\n"
        "It can be stopped (Ctrl-C) and continued with --resume: finished cells are kept, a cell "
        "that was cut off goes on from its last epoch. The data are looked for in the data folder: "
        "mnist/, cifar10/, dbpedia/ (docs/results.md).",
    .examples = "forced-apart reproduce table1 --columns strokes --jobs 2\n"
                "forced-apart reproduce table1 --resume\n"
                "forced-apart reproduce table1 --runs 1 --set train.epochs=1 -o runs/trial",
    .options = options,
    .run = run,
};
