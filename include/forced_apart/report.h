/* Pages and figures of runs. */
#ifndef FORCED_APART_REPORT_H
#define FORCED_APART_REPORT_H

#include "forced_apart/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fa_figure {
    FA_FIGURE_ACTIVATION = 0, /* most active neurons by class: Figures 2 and 3; runs side by side */
    FA_FIGURE_PCA,            /* target layer along two principal components: Figure 5 */
    FA_FIGURE_AMI,            /* AMI against the number of clusters: Figure 6 */
    FA_FIGURE_K,              /* what tells the number of clusters without labels; of one run */
    FA_FIGURE_TRAINING        /* history of the training */
} fa_figure;
enum { FA_FIGURES = FA_FIGURE_TRAINING + 1 };

typedef struct fa_report_options {
    size_t size;             /* sizeof(fa_report_options) */
    const char *output;      /* fa_report_write: the page, NULL: RUN/report.html of a single run;
                                fa_figure_draw: the folder, NULL: RUN/figures of a single run */
    const char *class_names; /* file with the names of classes 0, 1, ..., one a line; NULL: those of
                                the data, or the numbers */
    const char *gnuplot;     /* the program; NULL: gnuplot, looked for on PATH */
    size_t k_high; /* largest number of clusters tried; 0: 20, or half as many again as the
                      runs have; up to 40 */
    uint64_t seed; /* of the sweeps over the number of clusters */
    const char *cluster_names; /* file of fa_clusters_read_names, of a single run; NULL: none */
} fa_report_options;

typedef struct fa_report_result {
    char output[4096];         /* the page or the folder */
    size_t figures;            /* pictures drawn, each as SVG and PNG */
    size_t warnings;           /* on the page */
    char without_figures[512]; /* why pictures are missing, "" if none is; data, scripts and tables
                                  are there all the same */
} fa_report_result;

/* Writes one self-contained HTML page on a run, or one that compares several.
 *
 * result   overwritten; NULL skips it
 * runs     [count] folders that fa_train left, with recipe.ini, history.csv, scores.json,
 *          embeddings.npy and clusters.npy; coarse.npy, classes.npy, rows.npy and the data set of
 *          the recipe are used where they are there; not modified
 * count    1 to 32
 * options  NULL: all defaults; output must be set for several runs
 *
 * Beside the page it writes figures/NAME.svg and .png with the script (NAME.gp) and the data
 * (NAME-1.csv, ...) of each; of a single run also clusters.csv, vectors.tsv and metadata.tsv
 * (docs/report.md). The page opens without a network. Text from data and recipes is escaped.
 * Without gnuplot the rest is written and result->without_figures says why. Where a picture cannot be
 * drawn or written for another reason, the rest is written too, and it fails.
 * Same runs, same bytes, but for what gnuplot draws.
 *
 * Errors: FA_E_IO a file is missing or cannot be written; FA_E_FORMAT, FA_E_SHAPE, FA_E_LABEL a
 * file of a run is damaged or of another run, naming it; FA_E_ARGUMENT; FA_E_NOMEM. Each file is
 * complete or absent. Threads: as fa_threads_set allows. Cost: seconds; reads all of a run, and the
 * data set. */
FA_API fa_status fa_report_write(fa_report_result *result, const char *const *runs, size_t count,
                                 const fa_report_options *options);

/* Draws one figure of some runs: data, script, SVG and PNG.
 *
 * Arguments and errors as fa_report_write, and: FA_E_UNAVAILABLE where gnuplot is not there, with
 * what to install (data and script are written); FA_E_ARGUMENT for a figure that these runs cannot
 * give (no hidden classes; several runs for FA_FIGURE_K). At most 4 runs are drawn side by side, 8
 * in one plot: the first ones. */
FA_API fa_status fa_figure_draw(fa_report_result *result, fa_figure figure, const char *const *runs,
                                size_t count, const fa_report_options *options);

/* Writes a page to work in, of a run's samples: a map of them along two principal components (of more
 * than 20,000 as many, drawn with a fixed seed), each as it is where the pointer rests, filters by
 * cluster, coarse label, confidence and words, and a name for each cluster, to be saved as names.csv
 * (cluster,name) and labels.csv (row,label). One file that opens by double-click and asks no network
 * for anything; its one script is the library's own, and text of the data is escaped.
 *
 * without  [FA_EXPORT_WITHOUT] overwritten: why the samples themselves are missing, "" if they are not, as the page
 *          says too; NULL skips it
 * path     complete, or as it was
 * run      a finished run's folder
 * names    file of fa_clusters_read_names, whose names stand in their boxes at first; NULL: none
 *
 * Errors as fa_report_write. Same run, same bytes. Cost: some seconds; the page takes about 1 kB a
 * sample, of pictures as much as they do. */
FA_API fa_status fa_explore_write(char *without, const char *path, const char *run,
                                  const char *names);

/* Its name, "activation", ...; NULL outside the enum. A static string. */
FA_API const char *fa_figure_name(fa_figure figure);

/* Writes a self-contained page of samples beside their views, a row each: what a training with them
 * will take for one and the same.
 *
 * path     overwritten; complete or as it was
 * data     what the samples are of
 * samples  [n] at least one
 * views    what fa_views_make gave for them
 *
 * Errors: FA_E_ARGUMENT the views are not of so many samples of that kind, or a sample is not
 * there; FA_E_IO; FA_E_NOMEM. Same input, same bytes. Threads: safe for different paths. */
FA_API fa_status fa_views_sheet_write(const char *path, const fa_dataset *data,
                                      const size_t *samples, size_t n, const fa_dataset *views);

#ifdef __cplusplus
}
#endif
#endif
