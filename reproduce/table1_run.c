/* Planning and training cells of Table 1, each in a process of its own. */
#define _POSIX_C_SOURCE 200809L
#include "table1_run.h"

#include "core/machine.h"
#include "core/output.h"
#include "core/progress.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ==== The cells asked for ==== */

int table1_plan_open(table1_plan *p, const bool *columns_chosen, const bool *methods_chosen,
                     size_t runs, uint64_t seed) {
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    p->cells = calloc(n_columns * METHODS * runs, sizeof *p->cells);
    if (p->cells == NULL) return fail("out of memory");
    for (size_t run = 0; run < runs; run++)
        for (size_t c = 0; c < n_columns; c++)
            for (size_t m = 0; m < METHODS; m++) {
                if (!columns_chosen[c] || !methods_chosen[m] || !table1_has(&columns[c], m))
                    continue;
                p->cells[p->count++] = (table1_result){
                    .column = &columns[c], .method = m, .seed = (unsigned long)(seed + run)};
                p->strokes = p->strokes || columns[c].strokes;
            }
    bool good = join_path(p->strokes_train, p->output, "strokes-train.npz") &&
                join_path(p->strokes_test, p->output, "strokes-test.npz");
    return good ? EXIT_OK : EXIT_FAILED;
}

void table1_plan_close(table1_plan *p) {
    free(p->cells);
    p->cells = NULL;
}

int table1_check_settings(const table1_plan *p) {
    fa_recipe *recipe;
    if (fa_recipe_create(&recipe) != FA_OK) return fail_library();
    int code = settings_apply(recipe, &p->changes, p->command);
    fa_recipe_free(recipe);
    return code;
}

bool table1_cell_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                      const char *ending) {
    char name[128];
    snprintf(name, sizeof name, "%s-%s-%lu%s", cell->column->name, table1_methods[cell->method],
             cell->seed, ending);
    return join_path(out, p->output, name);
}

/* The recipe of a cell; NULL after a message. */
static fa_recipe *cell_recipe(const table1_plan *p, const table1_result *cell) {
    char path[PLACE_MAX], seed[32];
    fa_recipe *recipe;
    bool held = cell->method == HELD;
    if (!recipe_path(path, held ? cell->column->held : cell->column->recipe)) return NULL;
    if (fa_recipe_read(&recipe, path) != FA_OK) {
        fail_library();
        return NULL;
    }
    snprintf(seed, sizeof seed, "%lu", cell->seed);
    const setting own[] = {
        {"train.seed", seed}, {"data.train", p->strokes_train}, {"data.test", p->strokes_test}};
    const setting kind = {"loss.kind", table1_methods[cell->method]};
    fa_status status = settings_set(recipe, own, cell->column->strokes ? 3 : 1);
    if (status == FA_OK && !held) status = settings_set(recipe, &kind, 1);
    if (status == FA_OK)
        status = settings_set(recipe, cell->column->cells[cell->method].settings, CELL_SETTINGS);
    if (status != FA_OK) fail_library();
    if (status == FA_OK && settings_apply(recipe, &p->changes, p->command) == EXIT_OK)
        return recipe;
    fa_recipe_free(recipe);
    return NULL;
}

int table1_find_finished(table1_plan *p, size_t *finished) {
    for (size_t i = 0; i < p->count; i++) {
        table1_result *cell = &p->cells[i];
        char folder[PLACE_MAX], path[PLACE_MAX];
        if (!table1_cell_path(folder, p, cell, "") ||
            !join_path(path, folder, fa_run_file_name(FA_RUN_RECIPE)))
            return EXIT_FAILED;
        fa_recipe *wanted = cell_recipe(p, cell);
        fa_run *run = NULL;
        if (wanted == NULL) return EXIT_FAILED;
        uint64_t size;
        int code = EXIT_OK;
        if (file_size(path, &size)) {
            if (!p->resume)
                code = fail("%s is there already; --resume goes on with %s, another -o starts anew",
                            folder, p->output);
            else if (fa_run_open(&run, folder) != FA_OK)
                code = fail_library();
        }
        size_t n_keys;
        const fa_recipe_key *keys = fa_recipe_keys(&n_keys);
        for (size_t k = 0; run != NULL && code == EXIT_OK && k < n_keys; k++) {
            const char *name = keys[k].name, *a = fa_recipe_get(fa_run_recipe(run), name);
            if (strcmp(a, fa_recipe_get(wanted, name)) != 0)
                code = fail("%s was trained with %s = '%s', now '%s' is asked for: remove that "
                            "folder, or use another -o",
                            folder, name, a, fa_recipe_get(wanted, name));
        }
        if (code == EXIT_OK && run != NULL && table1_take(cell, run)) ++*finished;
        fa_recipe_free(wanted);
        fa_run_free(run);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

/* ==== Time ==== */

/* Seconds that the cells not done yet take: by the finished cells of the same column, else by the
 * column's first guess. */
static double seconds_left(const table1_plan *p) {
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
            total += sum / seen / (double)p->jobs; /* seen with as many jobs beside them */
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

void table1_tell(const table1_plan *p, size_t finished) {
    char time_text[32];
    duration_text(time_text, seconds_left(p));
    note("%zu cells, %zu finished already, %zu to train: about %s on this machine (a guess%s)",
         p->count, finished, p->count - finished, time_text,
         finished > 0 ? " by the finished ones" : "; it gets better with every finished cell");
}

/* ==== Children ==== */

/* Runs `work` in a process of its own with standard error in LOG: threads of the arithmetic do not
 * outlive a fork, so this process never starts any. -1 after a message. */
static pid_t start_child(int (*work)(const table1_plan *, const table1_result *),
                         const table1_plan *p, const table1_result *cell, const char *log) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) fail("no process can be started: %s", strerror(errno));
    if (child != 0) return child;
    common.quiet = false;
    common.progress = 0;
    if (freopen(log, "a", stderr) == NULL) _exit(EXIT_FAILED);
    size_t threads = common.threads > 0 ? common.threads : machine_cores();
    fa_threads_set((int)(threads / p->jobs > 0 ? threads / p->jobs : 1));
    int code = work(p, cell);
    fflush(NULL);
    _exit(code);
}

static int train_cell(const table1_plan *p, const table1_result *cell) {
    char folder[PLACE_MAX], path[PLACE_MAX];
    uint64_t size;
    if (!table1_cell_path(folder, p, cell, "") ||
        !join_path(path, folder, fa_run_file_name(FA_RUN_CHECKPOINT)))
        return EXIT_FAILED;
    fa_recipe *recipe = cell_recipe(p, cell);
    if (recipe == NULL) return EXIT_FAILED;
    fa_train_options how = {
        .size = sizeof(fa_train_options), .progress = progress_show, .overwrite = 1};
    if (file_size(path, &size)) {
        how.resume = 1;
        how.overwrite = 0;
    }
    fa_run *run;
    how.folder = folder;
    progress_start("");
    fa_status status = fa_train(&run, recipe, NULL, NULL, &how);
    progress_end();
    fa_recipe_free(recipe);
    if (status != FA_OK) return fail_library();
    int code = fa_run_result(run)->stopped ? EXIT_FAILED : EXIT_OK;
    fa_run_free(run);
    return code;
}

static int make_strokes(const table1_plan *p, const table1_result *unused) {
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

static int strokes_in_a_child(const table1_plan *p) {
    char log[PLACE_MAX], why[1024];
    uint64_t size;
    if (file_size(p->strokes_train, &size) && file_size(p->strokes_test, &size)) return EXIT_OK;
    if (!join_path(log, p->output, "strokes.log")) return EXIT_FAILED;
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
static bool finish_cell(table1_plan *p, size_t index, int state, size_t *finished) {
    table1_result *cell = &p->cells[index];
    char folder[PLACE_MAX], log[PLACE_MAX], left[32], paper[32] = "", why[1024];
    fa_run *run = NULL;
    if (!table1_cell_path(folder, p, cell, "") || !table1_cell_path(log, p, cell, ".log"))
        return false;
    bool good = WIFEXITED(state) && WEXITSTATUS(state) == EXIT_OK;
    if (good && fa_run_open(&run, folder) != FA_OK) {
        fail_library();
        return false;
    }
    good = good && table1_take(cell, run);
    fa_run_free(run);
    if (!good) {
        last_line(why, sizeof why, log);
        if (!interrupted()) fail("%s did not finish: %s", folder, why);
        return false;
    }
    ++*finished;
    duration_text(left, seconds_left(p));
    double of_paper = cell->column->cells[cell->method].paper_ami;
    if (of_paper > 0) snprintf(paper, sizeof paper, " (paper %.3f)", of_paper);
    note("%zu of %zu: %s %s, seed %lu: AMI_max %.3f%s, about %s left", *finished, p->count,
         cell->column->name, table1_titles[cell->method], cell->seed, cell->ami, paper, left);
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

/* Trains what is not done, p->jobs at a time. EXIT_FAILED if a cell failed or it was stopped; the
 * other cells are trained all the same. */
static int train_all(table1_plan *p, size_t *finished) {
    pid_t running[256] = {0};
    size_t cell_of[256] = {0}, busy = 0, next = 0;
    int code = EXIT_OK;
    for (;;) {
        while (busy < p->jobs && next < p->count && !interrupted()) {
            char log[PLACE_MAX];
            size_t index = next++, slot = 0;
            if (p->cells[index].done) continue;
            while (running[slot] > 0) slot++;
            if (!table1_cell_path(log, p, &p->cells[index], ".log")) return EXIT_FAILED;
            running[slot] = start_child(train_cell, p, &p->cells[index], log);
            if (running[slot] < 0) return EXIT_FAILED;
            cell_of[slot] = index;
            busy++;
        }
        if (busy == 0) return interrupted() ? EXIT_FAILED : code;
        int state;
        pid_t ended = wait_for_one(running, p->jobs, &state);
        for (size_t slot = 0; slot < p->jobs; slot++) {
            if (ended <= 0 || running[slot] != ended) continue;
            if (!finish_cell(p, cell_of[slot], state, finished)) code = EXIT_FAILED;
            running[slot] = 0;
            busy--;
        }
    }
}

int table1_score_all(table1_plan *p) {
    for (size_t i = 0; i < p->count; i++) {
        char folder[PLACE_MAX];
        fa_run *run = NULL;
        if (!p->cells[i].done) continue;
        if (!table1_cell_path(folder, p, &p->cells[i], "")) return EXIT_FAILED;
        fa_status status = fa_run_open(&run, folder);
        if (status == FA_OK) status = table1_score(&p->cells[i], run);
        int code = status == FA_OK        ? EXIT_OK
                   : status == FA_E_NOMEM ? fail("out of memory")
                                          : fail_library();
        fa_run_free(run);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

int table1_train(table1_plan *p, size_t *finished) {
    if (fa_folder_make(p->output) != FA_OK) return fail_library();
    int code = EXIT_OK;
    if (p->strokes && *finished < p->count) code = strokes_in_a_child(p);
    if (code != EXIT_OK) return code;
    progress_start(""); /* Ctrl-C: the children get it too and stop after their batch */
    code = train_all(p, finished);
    progress_end();
    return code;
}
