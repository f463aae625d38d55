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
    size_t n_columns, most = runs;
    const table1_column *columns = table1_columns(&n_columns);
    for (size_t c = 0; c < n_columns && runs == 0; c++)
        if (columns[c].runs > most) most = columns[c].runs;
    p->cells = calloc(n_columns * METHODS * most, sizeof *p->cells);
    if (p->cells == NULL) return fail("out of memory");
    for (size_t run = 0; run < most; run++)
        for (size_t c = 0; c < n_columns; c++)
            for (size_t m = 0; m < METHODS; m++) {
                if (!columns_chosen[c] || !methods_chosen[m] || !table1_has(&columns[c], m) ||
                    (runs == 0 && run >= columns[c].runs))
                    continue;
                p->cells[p->count++] = (table1_result){
                    .column = &columns[c], .method = m, .seed = (unsigned long)(seed + run)};
            }
    return EXIT_OK;
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

size_t table1_trainings(const table1_result *cell) {
    return table1_procedure_of(cell) == TRAINED_AGAIN ? TRAININGS : 1;
}

bool table1_training_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                          size_t training) {
    char ending[32] = "";
    if (table1_trainings(cell) > 1) snprintf(ending, sizeof ending, "/training-%zu", training + 1);
    return table1_cell_path(out, p, cell, ending);
}

bool table1_labels_path(char out[PLACE_MAX], const table1_plan *p, const table1_result *cell,
                        size_t training) {
    char ending[32];
    snprintf(ending, sizeof ending, "/labels-%zu.npy", training + 1);
    return table1_cell_path(out, p, cell, ending);
}

/* The recipe of the column without the cell's own keys; what is discovered has none. */
static fa_status read_recipe(fa_recipe **out, const table1_result *cell, const char *path) {
    return table1_procedure_of(cell) == DISCOVERED ? fa_recipe_create(out)
                                                   : fa_recipe_read(out, path);
}

static fa_status set_own(fa_recipe *recipe, const table1_result *cell, size_t training,
                         const char *const *made, const char *labels) {
    char seed[32];
    snprintf(seed, sizeof seed, "%lu", cell->seed);
    const setting data[] = {{"data.train", made[0]}, {"data.test", made[1]}},
                  again[] = {{"data.groups", ""}, {"data.labels", labels}};
    fa_status status = fa_recipe_set(recipe, "train.seed", seed);
    if (status == FA_OK && cell->column->made != NULL) status = settings_set(recipe, data, 2);
    if (status == FA_OK && cell->method != HELD)
        status = fa_recipe_set(recipe, "loss.kind", table1_methods[cell->method]);
    if (status == FA_OK)
        status = settings_set(recipe, cell->column->cells[cell->method].settings, CELL_SETTINGS);
    if (status == FA_OK && training > 0) status = settings_set(recipe, again, 2);
    return status;
}

fa_recipe *table1_recipe(const table1_plan *p, const table1_result *cell, size_t training) {
    char path[PLACE_MAX] = "", train[PLACE_MAX], test[PLACE_MAX], labels[PLACE_MAX];
    const table1_column *column = cell->column;
    const char *name = cell->method == HELD ? column->held : column->recipe;
    fa_recipe *recipe;
    if ((name != NULL && !recipe_path(path, name)) ||
        (column->made != NULL && (!join_path(train, p->output, column->made->files[0]) ||
                                  !join_path(test, p->output, column->made->files[1]))) ||
        !table1_labels_path(labels, p, cell, training))
        return NULL;
    fa_status status = read_recipe(&recipe, cell, path);
    if (status != FA_OK) {
        fail_library();
        return NULL;
    }
    status = set_own(recipe, cell, training, (const char *[]){train, test}, labels);
    if (status != FA_OK) fail_library();
    if (status == FA_OK && settings_apply(recipe, &p->changes, p->command) == EXIT_OK)
        return recipe;
    fa_recipe_free(recipe);
    return NULL;
}

/* Whether a training is in its folder; one of another recipe would make a result of two kinds of
 * things: it is refused. */
static int find_training(bool *there, const table1_plan *p, const table1_result *cell,
                         size_t training) {
    char folder[PLACE_MAX], path[PLACE_MAX];
    uint64_t bytes;
    size_t n_keys;
    const fa_recipe_key *keys = fa_recipe_keys(&n_keys);
    fa_recipe *wanted = NULL, *found = NULL;
    *there = false;
    if (!table1_training_path(folder, p, cell, training) ||
        !join_path(path, folder, fa_run_file_name(FA_RUN_RECIPE)) ||
        (wanted = table1_recipe(p, cell, training)) == NULL)
        return EXIT_FAILED;
    int code = EXIT_OK;
    if (file_size(path, &bytes)) {
        if (!p->resume)
            code = fail("%s is there already; --resume goes on with %s, another -o starts anew",
                        folder, p->output);
        else if (fa_recipe_read(&found, path) != FA_OK)
            code = fail_library();
    }
    for (size_t k = 0; found != NULL && code == EXIT_OK && k < n_keys; k++) {
        const char *name = keys[k].name, *a = fa_recipe_get(found, name);
        if (strcmp(a, fa_recipe_get(wanted, name)) != 0)
            code =
                fail("%s was trained with %s = '%s', now '%s' is asked for: remove that folder, or "
                     "use another -o",
                     folder, name, a, fa_recipe_get(wanted, name));
    }
    *there = found != NULL;
    fa_recipe_free(wanted);
    fa_recipe_free(found);
    return code;
}

/* Marks a cell whose trainings are there, if it is finished. */
static int collect(table1_result *cell, const table1_plan *p) {
    char path[PLACE_MAX];
    bool once = table1_procedure_of(cell) == TRAINED_ONCE;
    if (!table1_cell_path(path, p, cell, once ? "" : RESULT_FILE)) return EXIT_FAILED;
    if (!once) {
        table1_read_result(cell, path);
        return EXIT_OK;
    }
    fa_run *run;
    if (fa_run_open(&run, path) != FA_OK) return fail_library();
    table1_take(cell, run);
    fa_run_free(run);
    return EXIT_OK;
}

int table1_find_finished(table1_plan *p, size_t *finished) {
    for (size_t i = 0; i < p->count; i++) {
        bool all = true;
        for (size_t t = 0; t < table1_trainings(&p->cells[i]); t++) {
            bool there;
            int code = find_training(&there, p, &p->cells[i], t);
            if (code != EXIT_OK) return code;
            all = all && there;
        }
        int code = all ? collect(&p->cells[i], p) : EXIT_OK;
        if (code != EXIT_OK) return code;
        *finished += p->cells[i].done;
    }
    return EXIT_OK;
}

/* ==== Time ==== */

/* A first guess, with nothing beside it. */
static double guess(const table1_plan *p, const table1_result *cell) {
    double seconds = cell->column->epoch_seconds * 2 / (double)machine_cores(), epochs = 0;
    if (table1_procedure_of(cell) == DISCOVERED) return seconds; /* of the whole */
    fa_recipe *recipe = table1_recipe(p, cell, 0);
    if (recipe != NULL) epochs = strtod(fa_recipe_get(recipe, "train.epochs"), NULL);
    fa_recipe_free(recipe);
    return seconds * epochs * (double)table1_trainings(cell);
}

/* Seconds that the cells not done yet take (column NULL: all of them): by the finished cells of the
 * same column that are trained alike, else by the column's first guess. */
static double seconds_left(const table1_plan *p, const table1_column *column) {
    double total = 0;
    for (size_t i = 0; i < p->count; i++) {
        const table1_result *cell = &p->cells[i];
        if (cell->done || (column != NULL && cell->column != column)) continue;
        double sum = 0, seen = 0;
        for (size_t k = 0; k < p->count; k++)
            if (p->cells[k].done && p->cells[k].column == cell->column &&
                table1_procedure_of(&p->cells[k]) == table1_procedure_of(cell) &&
                isfinite(p->cells[k].seconds)) {
                sum += p->cells[k].seconds;
                seen++;
            }
        /* seen with as many jobs beside them */
        total += seen > 0 ? sum / seen / (double)p->jobs : guess(p, cell);
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

void table1_tell(const table1_plan *p, size_t finished, bool each) {
    char time_text[32];
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    duration_text(time_text, seconds_left(p, NULL));
    note("%zu cells, %zu finished already, %zu to train: about %s on this machine (a guess%s)",
         p->count, finished, p->count - finished, time_text,
         finished > 0 ? " by the finished ones" : "; it gets better with every finished cell");
    for (size_t c = 0; c < n_columns && each; c++) {
        size_t cells = 0, left = 0;
        for (size_t i = 0; i < p->count; i++)
            if (p->cells[i].column == &columns[c]) cells++, left += !p->cells[i].done;
        duration_text(time_text, seconds_left(p, &columns[c]));
        if (cells > 0)
            note("%s: %zu cells, %zu to train: about %s", columns[c].name, cells, left, time_text);
    }
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
    setvbuf(stderr, NULL, _IOLBF, 0);
    size_t threads = common.threads > 0 ? common.threads : machine_cores();
    fa_threads_set((int)(threads / p->jobs > 0 ? threads / p->jobs : 1));
    int code = work(p, cell);
    fflush(NULL);
    _exit(code);
}

int table1_train_one(const table1_plan *p, const table1_result *cell, size_t training,
                     const char *label) {
    char folder[PLACE_MAX], path[PLACE_MAX];
    uint64_t size;
    if (!table1_training_path(folder, p, cell, training) ||
        !join_path(path, folder, fa_run_file_name(FA_RUN_CHECKPOINT)))
        return EXIT_FAILED;
    fa_recipe *recipe = table1_recipe(p, cell, training);
    if (recipe == NULL) return EXIT_FAILED;
    fa_train_options how = {
        .size = sizeof(fa_train_options), .progress = progress_show, .overwrite = 1};
    if (file_size(path, &size)) {
        how.resume = 1;
        how.overwrite = 0;
    }
    fa_run *run;
    how.folder = folder;
    progress_start(label);
    fa_status status = fa_train(&run, recipe, NULL, NULL, &how);
    progress_end();
    fa_recipe_free(recipe);
    if (status != FA_OK) return fail_library();
    int code = fa_run_result(run)->stopped ? EXIT_FAILED : EXIT_OK;
    fa_run_free(run);
    return code;
}

static int train_cell(const table1_plan *p, const table1_result *cell) {
    switch (table1_procedure_of(cell)) {
    case TRAINED_AGAIN:
        return best_again(p, cell);
    case DISCOVERED:
        return best_discover(p, cell);
    case TRAINED_ONCE:
        break;
    }
    return table1_train_one(p, cell, 0, "");
}

static int make_data(const table1_plan *p, const table1_result *cell) {
    const table1_made *made = cell->column->made;
    char path[PLACE_MAX];
    for (uint32_t split = 0; split < 2; split++) {
        if (!join_path(path, p->output, made->files[split])) return EXIT_FAILED;
        int code = table1_make(made, path, split);
        if (code != EXIT_OK) return code;
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

/* What is there already is left as it is. */
static int make_in_a_child(const table1_plan *p, const table1_result *cell) {
    char log[PLACE_MAX], name[64], path[PLACE_MAX], why[1024];
    const table1_made *made = cell->column->made;
    uint64_t size;
    bool missing = false;
    for (size_t i = 0; i < 2; i++) {
        if (!join_path(path, p->output, made->files[i])) return EXIT_FAILED;
        missing = missing || !file_size(path, &size);
    }
    if (!missing) return EXIT_OK;
    snprintf(name, sizeof name, "%s.log", made->name);
    if (!join_path(log, p->output, name)) return EXIT_FAILED;
    note("making %s from the images of MNIST", made->name);
    pid_t child = start_child(make_data, p, cell, log);
    int state;
    if (child < 0) return EXIT_FAILED;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(state) && WEXITSTATUS(state) == EXIT_OK) return EXIT_OK;
    last_line(why, sizeof why, log);
    return fail("%s could not be made: %s", made->name, why);
}

/* ==== All cells ==== */

/* Called when a cell's process has ended. */
static bool finish_cell(table1_plan *p, size_t index, int state, size_t *finished) {
    table1_result *cell = &p->cells[index];
    char folder[PLACE_MAX], log[PLACE_MAX], left[32], paper[32] = "", why[1024];
    if (!table1_cell_path(folder, p, cell, "") || !table1_cell_path(log, p, cell, ".log"))
        return false;
    bool good = WIFEXITED(state) && WEXITSTATUS(state) == EXIT_OK;
    if (good && collect(cell, p) != EXIT_OK) return false;
    if (!good || !cell->done) {
        last_line(why, sizeof why, log);
        if (!interrupted()) fail("%s did not finish: %s", folder, why);
        return false;
    }
    ++*finished;
    duration_text(left, seconds_left(p, NULL));
    double ami = cell->scores[OVER_ALL].ami, of_paper = cell->column->cells[cell->method].paper_ami;
    if (!isfinite(ami)) ami = cell->scores[WITHIN_PREDICTED].ami;
    if (of_paper > 0) snprintf(paper, sizeof paper, " (paper %.3f)", of_paper);
    note("%zu of %zu: %s %s, seed %lu: AMI_max %.3f%s, about %s left", *finished, p->count,
         cell->column->name, table1_titles[cell->method], cell->seed, ami, paper, left);
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
        if (!p->cells[i].done || table1_procedure_of(&p->cells[i]) != TRAINED_ONCE) continue;
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
    for (size_t i = 0; i < p->count && code == EXIT_OK; i++)
        if (!p->cells[i].done && p->cells[i].column->made != NULL)
            code = make_in_a_child(p, &p->cells[i]);
    if (code != EXIT_OK) return code;
    progress_start(""); /* Ctrl-C: the children get it too and stop after their batch */
    code = train_all(p, finished);
    progress_end();
    return code;
}
