/* forced-apart bench: how fast this build is on this machine. */
#define _DEFAULT_SOURCE
#include "bench_works.h"
#include "core/commands.h"
#include "core/output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { RUNS_LEAST = 5, RUNS_MOST = 10000 };

static struct {
    double seconds;
    const char *size;
    bool csv;
} opts;

static const cli_option options[] = {
    {.name = "seconds",
     .type = OPTION_NUMBER,
     .to = &opts.seconds,
     .value = "S",
     .fallback = "1",
     .low = 0,
     .high = 3600,
     .text = "time spent on each line, in at least five runs"},
    {.name = "size",
     .type = OPTION_TEXT,
     .to = &opts.size,
     .value = "SIZES",
     .text =
         "other sizes of the one WHAT, as in kl --size \"4096 64 2\"; several with '|' between"},
    {.name = "csv", .to = &opts.csv, .text = "print the lines as CSV"},
    {0},
};

/* ==== Measuring ==== */

typedef struct line {
    const work *work;
    char size[64];
    double median, lowest, highest; /* seconds */
    double rate;                    /* GFLOP/s at the median; 0: not counted */
    double memory;                  /* MiB at most beside the inputs; < 0: not known */
    size_t runs;
} line;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A number of kB in /proc/self/status; < 0 where there is none. */
static double status_kb(const char *field) {
    char text[256];
    double value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        if (strncmp(text, field, strlen(field)) == 0) value = strtod(text + strlen(field), NULL);
    if (file != NULL) fclose(file);
    return value;
}

/* Linux lowers its mark of the largest memory to what is in use now. */
static bool reset_peak(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL) return false;
    bool done = fputs("5", file) >= 0;
    return fclose(file) == 0 && done;
}

static int run_once(const work *w, job *j, double *seconds) {
    double start = seconds_now(), own = -1;
    int code = w->run(j, &own);
    *seconds = own >= 0 ? own : seconds_now() - start;
    return code;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first run tells the memory and is not timed. */
static int measure_job(line *out, job *j, double *seconds) {
    bool marked = reset_peak();
    double before = status_kb("VmRSS:"), ignored, spent = 0;
    int code = run_once(out->work, j, &ignored);
    out->memory = marked && before >= 0 ? (status_kb("VmHWM:") - before) / 1024 : -1;
    for (out->runs = 0; code == EXIT_OK && out->runs < RUNS_MOST &&
                        (out->runs < RUNS_LEAST || spent < opts.seconds);
         out->runs++) {
        code = run_once(out->work, j, &seconds[out->runs]);
        spent += seconds[out->runs];
    }
    if (code != EXIT_OK) return code;
    qsort(seconds, out->runs, sizeof *seconds, by_value);
    out->lowest = seconds[0];
    out->median = (seconds[(out->runs - 1) / 2] + seconds[out->runs / 2]) / 2;
    out->highest = seconds[out->runs - 1];
    out->rate = out->median > 0 ? 1e-9 * j->flops / out->median : 0;
    return EXIT_OK;
}

/* Reads up to '|' or the end; *text is moved past it. */
static int read_sizes(job *j, line *out, const char **text) {
    const work *w = out->work;
    size_t length = strcspn(*text, "|"), used = 0;
    char part[128], *at = part;
    snprintf(part, sizeof part, "%.*s", (int)(length < 127 ? length : 127), *text);
    *text += length + ((*text)[length] == '|');
    for (size_t i = 0; i < w->n_sizes; i++) {
        char *end;
        double value = strtod(at, &end);
        if (end == at || !(value >= 0 && value <= 1e9) || value != (double)(size_t)value)
            return misuse(&command_bench, "--size: %s takes %s, whole numbers, got '%s'", w->name,
                          w->sizes, part);
        j->size[i] = (size_t)value;
        at = end;
        used += (size_t)snprintf(out->size + used, sizeof out->size - used, "%s%zu",
                                 i > 0 ? " " : "", j->size[i]);
    }
    if (at[strspn(at, " ")] != '\0')
        return misuse(&command_bench, "--size: %s takes %s, got '%s'", w->name, w->sizes, part);
    return EXIT_OK;
}

/* ==== Printing ==== */

static void cpu_name(char *out, size_t size) {
    char text[256];
    snprintf(out, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        if (strncmp(text, "model name", 10) == 0 && strchr(text, ':') != NULL) {
            snprintf(out, size, "%s", strchr(text, ':') + 2);
            out[strcspn(out, "\n")] = '\0';
            break;
        }
    if (file != NULL) fclose(file);
}

static double load_now(void) {
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

static void print_header(double load) {
    char cpu[256];
    cpu_name(cpu, sizeof cpu);
    printf("# forced-apart %s, %s kernels, %d threads, %s, load %.2f\n", fa_version(),
           fa_simd_name(), fa_threads_get(), cpu, load);
    if (opts.csv)
        printf("what,size,seconds_median,seconds_lowest,seconds_highest,runs,gflops,extra_mib\n");
    else
        printf("%-13s %-18s %11s %11s %11s %6s %9s %9s\n", "what", "size", "median s", "lowest s",
               "highest s", "runs", "GFLOP/s", "extra MiB");
}

static void print_line(const line *l) {
    char rate[32] = "", memory[32] = "";
    if (l->rate > 0) snprintf(rate, sizeof rate, "%.1f", l->rate);
    if (l->memory >= 0) snprintf(memory, sizeof memory, "%.1f", l->memory);
    printf(opts.csv ? "%s,%s,%.9g,%.9g,%.9g,%zu,%s,%s\n"
                    : "%-13s %-18s %11.6f %11.6f %11.6f %6zu %9s %9s\n",
           l->work->name, l->size, l->median, l->lowest, l->highest, l->runs, rate, memory);
    fflush(stdout);
}

static json_t *line_json(const line *l) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "what", l->work->name, "size",
                     l->size, "seconds_median", json_number(l->median), "seconds_lowest",
                     json_number(l->lowest), "seconds_highest", json_number(l->highest), "runs",
                     (json_int_t)l->runs, "gflops",
                     l->rate > 0 ? json_number(l->rate) : json_null(), "extra_mib",
                     l->memory >= 0 ? json_number(l->memory) : json_null());
}

/* ==== The command ==== */

static int bench_work(const work *w, json_t *lines, double *seconds) {
    const char *text = opts.size != NULL ? opts.size : w->defaults;
    do {
        line l = {.work = w};
        job j = {.data = NULL};
        int code = read_sizes(&j, &l, &text);
        if (code != EXIT_OK) return code;
        code = w->open(&j);
        if (code == EXIT_OK) code = measure_job(&l, &j, seconds);
        w->close(&j);
        if (code != EXIT_OK) return code;
        if (common.json)
            json_array_append_new(lines, line_json(&l));
        else
            print_line(&l);
    } while (*text != '\0');
    return EXIT_OK;
}

/* Whether a name is among those that commas part; all are where nothing was given. */
static bool is_asked_for(const arguments *given, const char *name) {
    if (given->count == 0) return true;
    size_t length = strlen(name);
    for (const char *at = given->operand[0]; *at != '\0'; at += strspn(at, ",")) {
        size_t size = strcspn(at, ",");
        if (size == length && memcmp(at, name, size) == 0) return true;
        at += size;
    }
    return false;
}

static int check_name(const char *name) {
    const char *names[32];
    size_t count;
    const work *works = bench_works(&count);
    for (size_t i = 0; i < count; i++) {
        names[i] = works[i].name;
        if (strcmp(name, names[i]) == 0) return EXIT_OK;
    }
    const char *near = fa_nearest_name(name, names, count);
    return misuse(&command_bench, "no work is named '%s'; did you mean '%s'?", name,
                  near != NULL ? near : names[0]);
}

static int check(const arguments *given) {
    if (common.json && opts.csv) return misuse(&command_bench, "--json or --csv, not both");
    size_t count = 0;
    const char *at = given->count > 0 ? given->operand[0] : "";
    for (; *at != '\0'; at += strspn(at, ","), count++) {
        char name[64];
        size_t size = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), at);
        int code = check_name(name);
        if (code != EXIT_OK) return code;
        at += size;
    }
    if (opts.size != NULL && count != 1)
        return misuse(&command_bench, "--size goes with one WHAT, got %zu", count);
    return EXIT_OK;
}

static int run_all(const arguments *given, json_t *lines, double *seconds) {
    size_t count;
    const work *works = bench_works(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_asked_for(given, works[i].name)) continue;
        explain("%s: %s (%s)", works[i].name, works[i].text, works[i].sizes);
        int code = bench_work(&works[i], lines, seconds);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

static int run(const arguments *given) {
    int code = check(given);
    if (code != EXIT_OK) return code;
    char cpu[256];
    cpu_name(cpu, sizeof cpu);
    double load = load_now();
    if (load > 0.5) note("the load is %.2f: others use this machine, the times mean little", load);
    double *seconds = malloc(RUNS_MOST * sizeof *seconds);
    if (seconds == NULL) return fail("out of memory");
    json_t *lines = json_array();
    if (!common.json) print_header(load);
    code = run_all(given, lines, seconds);
    free(seconds);
    if (code == EXIT_OK && common.json)
        return print_json(json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "version", fa_version(),
                                    "simd", fa_simd_name(), "threads", fa_threads_get(), "cpu",
                                    json_text(cpu), "load", json_number(load), "lines", lines));
    json_decref(lines);
    return code;
}

const cli_command command_bench = {
    .name = "bench",
    .summary = "how fast this build is on this machine",
    .text = "Times what the library does, on made-up data: kl, kl-clustered and js (loss and "
            "gradient of L_multi), kmeans, neighbours, ami, pca, read (a table of numbers) and "
            "epoch (of a training). -v says more of each. The first run of a line is not timed; it "
            "gives the memory taken beside the inputs, where the system tells (Linux).\n\n"
            "The same and its parts, beside PyTorch and scikit-learn: bench/run in the sources.",
    .examples = "forced-apart bench\n"
                "forced-apart bench kl,kmeans -t 1\n"
                "forced-apart bench kl --size \"4096 64 2 | 4096 128 10\"",
    .operands = {{"WHAT", "what to time, commas between; all where nothing is named", true}},
    .options = options,
    .run = run,
};
