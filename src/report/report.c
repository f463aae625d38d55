/* The two ways in: a page, and a single figure. */
#include "base/memory.h"
#include "base/options.h"
#include "report/export.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/page.h"
#include "run/files.h"

#include <stdio.h>
#include <string.h>

enum { RUNS_MAX = 32, K_DEFAULT = 20, K_MOST = 40 };

typedef struct job {
    fa_report_options options;
    fa__view *views;
    size_t opened, count;
    fa__sweeps sweeps;
    fa__figures figures;
    char folder[FA__PATH_MAX]; /* of the figures */
    fa_report_result result;
} job;

/* ==== Opening ==== */

static fa_status take_options(job *j, const char *const *runs, size_t count,
                              const fa_report_options *options) {
    if (runs == NULL || count == 0 || count > RUNS_MAX)
        return fa__fail(FA_E_ARGUMENT, "a report takes 1 to %d runs, got %zu", RUNS_MAX,
                        runs == NULL ? (size_t)0 : count);
    FA_TRY(fa__options_take(&j->options, sizeof j->options, options, "fa_report_options"));
    if (count > 1 && j->options.output == NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "%zu runs are compared, so the output must be named (compare.html)", count);
    if (count > 1 && j->options.cluster_names != NULL)
        return fa__fail(FA_E_ARGUMENT, "%s has names for the clusters of one run, not of %zu",
                        j->options.cluster_names, count);
    return FA_OK;
}

static fa_status open_job(job *j, const char *const *runs, size_t count) {
    if (j->options.gnuplot == NULL) j->options.gnuplot = "gnuplot";
    FA_TRY(FA_NEW_ZERO(j->views, count));
    j->count = count;
    for (; j->opened < count; j->opened++)
        FA_TRY(fa__view_open(&j->views[j->opened], runs[j->opened], j->options.class_names));
    if (j->options.cluster_names != NULL)
        FA_TRY(fa_run_name_clusters(j->views[0].run, j->options.cluster_names));
    j->figures =
        (fa__figures){.folder = j->folder, .views = j->views, .count = count, .sweeps = &j->sweeps};
    return FA_OK;
}

static fa_status take_output(char out[FA__PATH_MAX], const fa_report_options *options) {
    int length = snprintf(out, FA__PATH_MAX, "%s", options->output);
    if (length > 0 && length < FA__PATH_MAX) return FA_OK;
    return fa__fail(FA_E_IO, "'%.60s' is no usable name for the output: it is %s", options->output,
                    length > 0 ? "too long" : "empty");
}

static void close_job(job *j) {
    for (size_t i = 0; i < j->opened; i++) fa__view_close(&j->views[i]);
    fa__free(j->views);
    fa__free(j->sweeps.rows);
    fa__free(j->sweeps.choice);
}

/* ==== Sweeps ==== */

/* Every k that all runs can take; none where a run is too small to be swept. */
static size_t largest_k(const job *j, const fa_sweep_options *how) {
    size_t most = j->options.k_high;
    for (size_t i = 0; i < j->count && j->options.k_high == 0; i++) {
        size_t wanted = j->views[i].k + j->views[i].k / 2;
        if (wanted < K_DEFAULT) wanted = K_DEFAULT;
        if (wanted > K_MOST) wanted = K_MOST;
        if (wanted > most) most = wanted;
    }
    for (size_t i = 0; i < j->count; i++) {
        size_t rows = how->rows < j->views[i].n ? how->rows : j->views[i].n;
        size_t held = (size_t)(how->share * (double)rows);
        if (held < most) most = held;
    }
    return most;
}

static fa_status sweep(job *j) {
    fa_sweep_options how = fa_sweep_options_default();
    how.seed = j->options.seed;
    how.k_high = largest_k(j, &how);
    if (how.k_high < how.k_low) return FA_OK;
    j->sweeps.count = how.k_high - how.k_low + 1;
    FA_TRY(FA_NEW_ZERO(j->sweeps.rows, j->count * j->sweeps.count));
    FA_TRY(FA_NEW_ZERO(j->sweeps.choice, j->count));
    for (size_t i = 0; i < j->count; i++) {
        const fa__view *v = &j->views[i];
        fa_sweep_row *rows = j->sweeps.rows + i * j->sweeps.count;
        fa_status status = fa_sweep_run(rows, v->space, v->n, v->columns, v->classes, &how);
        if (status != FA_OK) return fa__fail_within(status, "%s", v->folder);
        size_t beyond = v->groups < how.k_high ? v->groups : 0;
        FA_TRY(fa_sweep_choose(&j->sweeps.choice[i], rows, j->sweeps.count, beyond));
    }
    return FA_OK;
}

/* ==== Figures ==== */

static bool possible(const char **why, const job *j, fa_figure figure) {
    if (!fa__figure_possible(why, figure, j->views, j->count)) return false;
    if (figure == FA_FIGURE_K && j->count > 1)
        *why = "it is of one run";
    else if ((figure == FA_FIGURE_K || figure == FA_FIGURE_AMI) && j->sweeps.count == 0)
        *why = "there are too few rows to try several numbers of clusters";
    else
        return true;
    return false;
}

static fa_status draw(job *j, fa_figure figure) {
    char script[64], log[64];
    FA_TRY(fa__figure_write(&j->figures, figure));
    snprintf(script, sizeof script, "%s.gp", fa_figure_name(figure));
    snprintf(log, sizeof log, "%s.log", fa_figure_name(figure));
    fa_status status = fa__gnuplot_run(j->options.gnuplot, j->folder, script, log);
    if (status == FA_OK) status = fa__figure_check(&j->figures, figure);
    if (status == FA_OK)
        j->result.figures++;
    else
        fa__figure_remove(&j->figures, figure);
    return status;
}

/* Those that the runs can give. Where gnuplot is missing the report is one without pictures; any
 * other failure is one of the report, but the rest is written first: *failed, with
 * result.without_figures. */
static fa_status draw_all(job *j, fa_status *failed, bool drawn[FA_FIGURES]) {
    for (fa_figure figure = 0; (unsigned)figure < FA_FIGURES; figure++) {
        const char *why;
        if (!possible(&why, j, figure)) continue;
        fa_status status = draw(j, figure);
        if (status == FA_E_NOMEM || status == FA_E_STOPPED) return status;
        drawn[figure] = status == FA_OK;
        bool first = *failed == FA_OK && status != FA_OK && status != FA_E_UNAVAILABLE;
        if (first) *failed = status;
        if (status != FA_OK && (first || j->result.without_figures[0] == '\0'))
            snprintf(j->result.without_figures, sizeof j->result.without_figures, "%s",
                     fa_error_detail());
    }
    return FA_OK;
}

fa_status fa_figure_draw(fa_report_result *result, fa_figure figure, const char *const *runs,
                         size_t count, const fa_report_options *options) {
    fa_status status = FA_OK;
    const char *why = NULL;
    job *j = NULL;
    if ((unsigned)figure >= FA_FIGURES)
        return fa__fail(FA_E_ARGUMENT, "figure %d is none of the %d known", (int)figure,
                        FA_FIGURES);
    FA_TRY(FA_NEW_ZERO(j, 1)); /* large for a stack */
    FA_CHECK(take_options(j, runs, count, options));
    FA_CHECK(open_job(j, runs, count));
    if (figure == FA_FIGURE_AMI || figure == FA_FIGURE_K) FA_CHECK(sweep(j));
    if (!possible(&why, j, figure))
        FA_CHECK(fa__fail(FA_E_ARGUMENT, "%s: no figure '%s': %s", runs[0], fa_figure_name(figure),
                          why));
    if (j->options.output != NULL)
        FA_CHECK(take_output(j->folder, &j->options));
    else
        FA_CHECK(fa__run_path(j->folder, runs[0], FA_RUN_FIGURES));
    FA_CHECK(fa__make_folder(j->folder));
    FA_CHECK(draw(j, figure));
    memcpy(j->result.output, j->folder, sizeof j->folder);
    if (result != NULL) *result = j->result;
done:
    close_job(j);
    fa__free(j);
    return status;
}

/* ==== The page ==== */

/* figures/ beside the page. */
static fa_status place(job *j, const char *run) {
    char *page = j->result.output, folder[FA__PATH_MAX];
    if (j->options.output == NULL)
        FA_TRY(fa__run_path(page, run, FA_RUN_REPORT));
    else
        FA_TRY(take_output(page, &j->options));
    snprintf(folder, sizeof folder, "%s", page);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    else
        snprintf(folder, sizeof folder, ".");
    FA_TRY(fa__run_path(j->folder, folder, FA_RUN_FIGURES));
    return fa__make_folder(j->folder);
}

fa_status fa_report_write(fa_report_result *result, const char *const *runs, size_t count,
                          const fa_report_options *options) {
    fa_status status = FA_OK, failed = FA_OK;
    job *j = NULL;
    FA_TRY(FA_NEW_ZERO(j, 1));
    FA_CHECK(take_options(j, runs, count, options));
    FA_CHECK(open_job(j, runs, count));
    FA_CHECK(sweep(j));
    FA_CHECK(place(j, runs[0]));
    fa__page page = {.path = j->result.output,
                     .figures = &j->figures,
                     .without_figures = j->result.without_figures};
    FA_CHECK(draw_all(j, &failed, page.drawn));
    if (count == 1) FA_CHECK(fa__export(&j->views[0]));
    FA_CHECK(fa__page_write(&page));
    if (failed != FA_OK) FA_CHECK(fa__fail(failed, "%s", j->result.without_figures));
    j->result.warnings = page.warnings;
    if (result != NULL) *result = j->result;
done:
    close_job(j);
    fa__free(j);
    return status;
}
