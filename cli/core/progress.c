/* The progress bar, the epoch lines and the signals. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include "options.h"
#include "output.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_wanted;

static struct {
    const char *label;
    bool bar_on, bar_shown, stop_told;
    double last_drawn; /* seconds */
    double started;
} view;

static const double redraw_seconds = 0.1;

/* ==== Signals ==== */

static void remember(int signal_number) {
    (void)signal_number;
    stop_wanted = 1;
}

bool interrupted(void) {
    return stop_wanted != 0;
}

static void catch_signal(int signal_number, int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = remember;
    action.sa_flags = flags | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* By whoever started the program, as nohup does. */
static bool is_ignored(int signal_number) {
    struct sigaction before;
    return sigaction(signal_number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
}

static int is_interrupted(void *user) {
    (void)user;
    return interrupted();
}

void signals_watch(void) {
    int once = (int)SA_RESETHAND; /* the second one has its usual effect */
    catch_signal(SIGINT, once);
    catch_signal(SIGTERM, once);
    if (!is_ignored(SIGHUP)) catch_signal(SIGHUP, once);
    catch_signal(SIGXCPU, 0); /* comes each second beyond the soft limit; the hard one kills */
    fa_stop_set(is_interrupted, NULL);
}

/* ==== The bar ==== */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static size_t terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

void progress_start(const char *label) {
    bool terminal = isatty(STDERR_FILENO);
    memset(&view, 0, sizeof view);
    view.label = label;
    view.bar_on = common.progress == 1 || (common.progress != 0 && terminal && !common.quiet);
    view.started = now();
    fa_stop_set(NULL, NULL);
}

static void wipe(void) {
    if (view.bar_shown) fprintf(stderr, "\r\033[K");
    view.bar_shown = false;
}

void progress_end(void) {
    wipe();
    fflush(stderr);
    fa_stop_set(is_interrupted, NULL);
}

int progress_next(void *user, const char *training) {
    static char label[128];
    (void)user;
    progress_end();
    snprintf(label, sizeof label, "%s", training);
    progress_start(label);
    return 0;
}

/* "1:05", "2:03:04"; "-" while not known. */
static void time_text(char *buffer, size_t size, double seconds) {
    if (!(seconds >= 0 && seconds < 1e7)) {
        snprintf(buffer, size, "-");
        return;
    }
    long whole = lround(seconds);
    if (whole >= 3600)
        snprintf(buffer, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(buffer, size, "%ld:%02ld", whole / 60, whole % 60);
}

/* "left [====>   ] 42%  right", cut to the width of the terminal. Not more often than the eye
 * wants, unless the work is done. */
static void draw(const char *left, double share, const char *right) {
    enum { LINE_MAX_BYTES = 512, BAR_MOST = 30, BAR_LEAST = 5 };
    double time = now();
    if (!view.bar_on || (share < 1 && time - view.last_drawn < redraw_seconds)) return;
    view.last_drawn = time;
    if (!(share >= 0)) share = 0;
    if (share > 1) share = 1;
    size_t width = terminal_width(), text = strlen(left) + strlen(right) + 12;
    size_t cells = width > text + BAR_LEAST ? width - text : BAR_LEAST;
    if (cells > BAR_MOST) cells = BAR_MOST;
    size_t filled = (size_t)(share * (double)cells);
    char bar[BAR_MOST + 1], line[LINE_MAX_BYTES];
    for (size_t i = 0; i < cells; i++) bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    bar[cells] = '\0';
    snprintf(line, sizeof line, "%s [%s] %3.0f%%  %s", left, bar, 100 * share, right);
    if (width < sizeof line) line[width > 1 ? width - 1 : 1] = '\0';
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    view.bar_shown = true;
}

static void tell_stop(const char *what) {
    if (!interrupted() || view.stop_told) return;
    view.stop_told = true;
    wipe();
    note("%s; press Ctrl-C again to break off at once", what);
}

/* ==== What the library reports ==== */

/* A file or another program gets ten lines of a training: the first epoch, the last, and each tenth. */
static bool is_told(size_t epoch, size_t epochs) {
    enum { LINES = 10 };
    if (common.verbose || common.progress == 1 || isatty(STDERR_FILENO) || epochs <= LINES)
        return true;
    return epoch == 1 || epoch * LINES / epochs != (epoch - 1) * LINES / epochs;
}

static void epoch_line(const fa_progress *progress) {
    const fa_epoch *epoch = progress->finished;
    char component[64] = "", hold[32] = "";
    if (epoch->component_weight > 0 || epoch->component != 0)
        snprintf(component, sizeof component, "  component %.4g x %.3g", epoch->component,
                 epoch->component_weight);
    if (isfinite(epoch->hold)) snprintf(hold, sizeof hold, "  hold %.4g", epoch->hold);
    wipe();
    if (common.quiet || !is_told(epoch->epoch, progress->epochs)) return;
    fprintf(stderr, "%sepoch %zu/%zu  loss %.4f%s%s", view.label, epoch->epoch, progress->epochs,
            epoch->task_loss, component, hold);
    if (isnan(epoch->accuracy)) /* a reconstruction */
        fprintf(stderr, "  validation loss %.4f", epoch->validation_loss);
    else
        fprintf(stderr, "  accuracy %.4f  validation %.4f (loss %.4f)", epoch->accuracy,
                epoch->validation_accuracy, epoch->validation_loss);
    fprintf(stderr, "  gradient %.3g  %.1f s\n", epoch->gradient_norm, epoch->seconds);
}

/* How much of the whole call is done: the epochs first, the phases after them each by itself. */
static double share_done(const fa_progress *progress) {
    double phase = progress->total > 0 ? (double)progress->done / (double)progress->total : 0;
    if (progress->epochs == 0 || progress->epoch == 0) return phase;
    if (strcmp(progress->phase, "train") != 0) {
        if (strcmp(progress->phase, "validate") != 0) return phase;
        phase = 1;
    }
    return ((double)(progress->epoch - 1) + phase) / (double)progress->epochs;
}

int progress_show(void *user, const fa_progress *progress) {
    (void)user;
    if (progress->finished != NULL) epoch_line(progress);
    char left[128], right[128], time[32];
    if (progress->epochs > 0 && progress->epoch > 0)
        snprintf(left, sizeof left, "%sepoch %zu/%zu %s", view.label, progress->epoch,
                 progress->epochs, progress->phase);
    else
        snprintf(left, sizeof left, "%s%s", view.label, progress->phase);
    time_text(time, sizeof time, progress->seconds_left);
    snprintf(right, sizeof right, "%.0f samples/s  %s left", progress->samples_per_second, time);
    draw(left, share_done(progress), right);
    tell_stop("stopping after this batch; the run stays usable");
    return interrupted();
}

bool progress_bytes(const char *what, double done, double total) {
    double seconds = now() - view.started, rate = seconds > 0 ? done / seconds : 0;
    char right[128], time[32];
    time_text(time, sizeof time, rate > 0 && total > 0 ? (total - done) / rate : -1);
    snprintf(right, sizeof right, "%.1f MB  %.1f MB/s  %s left", done / 1e6, rate / 1e6, time);
    draw(what, total > 0 ? done / total : 0, right);
    return interrupted();
}
