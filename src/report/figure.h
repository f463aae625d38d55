/* Figures: data and script of each, and what draws them. */
#ifndef FA_REPORT_FIGURE_H
#define FA_REPORT_FIGURE_H

#include "report/view.h"

/* At most this many runs stand side by side, or share one plot. */
enum { FA__PANELS_MAX = 4, FA__LINES_MAX = 8 };

/* Classes, labels or clusters that a picture tells apart at most. */
enum { FA__GROUPS_MAX = 200 };

/* Points of a scatter plot at most, and vectors of the projector: drawn with a fixed seed. */
enum { FA__POINTS_MAX = 2000, FA__VECTORS_MAX = 10000 };

/* The sweeps over k of each run, computed once for both of their figures and the page. */
typedef struct fa__sweeps {
    size_t count;            /* k tried */
    fa_sweep_row *rows;      /* [runs, count] */
    fa_sweep_choice *choice; /* [runs] */
} fa__sweeps;

/* All that a figure is made of. */
typedef struct fa__figures {
    const char *folder;    /* for data, scripts and pictures; is there */
    const fa__view *views; /* [count] */
    size_t count;
    const fa__sweeps *sweeps; /* for ami and k */
} fa__figures;

/* Whether the runs have what it takes; if not, why. */
bool fa__figure_possible(const char **why, fa_figure figure, const fa__view *views, size_t count);

/* Name and size of each, in points; its size grows with the runs that it shows. */
typedef struct fa__figure_form {
    const char *name;
    size_t runs_max; /* shown */
    int width, width_per_run, height, height_per_run;
} fa__figure_form;
extern const fa__figure_form fa__figure_forms[FA_FIGURES];

/* Its width for this many runs, in pixels. */
int fa__figure_width(fa_figure figure, size_t runs);

/* Writes NAME-1.csv, ... and NAME.gp; removes older pictures of that name. */
fa_status fa__figure_write(const fa__figures *of, fa_figure figure);

/* Whether both of its pictures are there and whole. */
fa_status fa__figure_check(const fa__figures *of, fa_figure figure);

void fa__figure_remove(const fa__figures *of, fa_figure figure);

/* The writers of each; figure_*.c. `to` is the open script, after its common start. */
fa_status fa__figure_activation(const fa__figures *of, fa__writer *to);
fa_status fa__figure_pca(const fa__figures *of, fa__writer *to);
fa_status fa__figure_ami(const fa__figures *of, fa__writer *to);
fa_status fa__figure_k(const fa__figures *of, fa__writer *to);
fa_status fa__figure_training(const fa__figures *of, fa__writer *to);

/* What they share, figure_parts.c: data file number i (from 0) of a figure, opened. */
fa_status fa__figure_data(fa__writer *out, const fa__figures *of, fa_figure figure, size_t i);

/* text as a gnuplot string in single quotes, which know no escape but the quote itself; control
 * characters become '?'. */
void fa__quoted(fa__writer *to, const char *text);

/* text as a CSV field. */
void fa__csv_text(fa__writer *to, const char *text);

/* Colour i of those for lines and for classes: Okabe and Ito's without yellow up to 7, Petroff's
 * ten up to 10, else points along viridis. */
const char *fa__colour(size_t i, size_t count, char scratch[8]);

#endif
