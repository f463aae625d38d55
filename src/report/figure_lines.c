/* The figures made of lines: AMI against k (Figure 6 of the paper), the label-free sweep, training.
 */
#include "report/figure.h"

#include <math.h>
#include <string.h>

static void styled(fa__writer *to, size_t run, size_t count, const char *more) {
    static const int shapes[] = {7, 5, 9, 11, 13, 6, 4, 8};
    char colour[8];
    fa__writer_print(to, "with linespoints lw 2 pt %d ps 0.6 lc rgb '%s' %s", shapes[run % 8],
                     fa__colour(run, count, colour), more);
}

/* ==== AMI against the number of clusters ==== */

static const fa_sweep_row *rows_of(const fa__figures *of, size_t run) {
    return of->sweeps->rows + run * of->sweeps->count;
}

fa_status fa__figure_ami(const fa__figures *of, fa__writer *to) {
    char colour[8];
    for (size_t r = 0; r < of->count; r++) {
        fa__writer data;
        FA_TRY(fa__figure_data(&data, of, FA_FIGURE_AMI, r));
        fa__writer_print(&data, "k,ami_max,lowest,highest\n");
        for (size_t i = 0; i < of->sweeps->count; i++) {
            const fa_sweep_row *row = &rows_of(of, r)[i];
            fa__writer_print(&data, "%zu,%.6f,%.6f,%.6f\n", row->k, row->ami, row->ami_low,
                             row->ami_high);
        }
        FA_TRY(fa__writer_close(&data, true));
    }
    fa__writer_print(to, "set xlabel 'number of clusters'\nset ylabel 'AMI_max with the hidden "
                         "classes'\nset xtics 2\nset key bottom right reverse Left samplen 2\n"
                         "set grid ytics lc rgb '#dddddd'\nset style fill transparent solid 0.15 "
                         "noborder\nplot ");
    for (size_t r = 0; r < of->count; r++)
        fa__writer_print(to,
                         "'ami-%zu.csv' skip 1 using 1:3:4 with filledcurves lc rgb '%s' "
                         "notitle, \\\n",
                         r + 1, fa__colour(r, of->count, colour));
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "'ami-%zu.csv' skip 1 using 1:2 ", r + 1);
        styled(to, r, of->count, "title ");
        fa__quoted(to, of->views[r].name);
        fa__writer_print(to, r + 1 < of->count ? ", \\\n" : "\n");
    }
    return FA_OK;
}

/* ==== The sweep without labels ==== */

fa_status fa__figure_k(const fa__figures *of, fa__writer *to) {
    fa__writer data;
    FA_TRY(fa__figure_data(&data, of, FA_FIGURE_K, 0));
    fa__writer_print(&data, "k,silhouette,stability,stability_deviation,restart_stability,inertia_"
                            "per_row\n");
    for (size_t i = 0; i < of->sweeps->count; i++) {
        const fa_sweep_row *row = &rows_of(of, 0)[i];
        fa__writer_print(&data, "%zu,%.6f,%.6f,%.6f,%.6f,%.9g\n", row->k, row->silhouette,
                         row->stability, row->stability_deviation, row->restart_stability,
                         row->inertia);
    }
    FA_TRY(fa__writer_close(&data, true));
    fa__writer_print(to,
                     "set multiplot layout 1,3\nset tics font ',12'\nset xrange [1.5:%zu.5]\nset "
                     "xlabel 'number of clusters'\nset xtics 4\n"
                     "set grid ytics lc rgb '#dddddd'\nset style fill transparent solid 0.2 "
                     "noborder\nset arrow from %zu, graph 0 to %zu, graph 1 nohead dt 2 lc rgb "
                     "'#999999'\nset title 'silhouette'\nset yrange [*<0:*]\n"
                     "plot 'k-1.csv' skip 1 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb "
                     "'#0072b2' notitle\n"
                     "set title 'stability on subsamples (ARI)'\nset yrange [*<0:1.05]\n"
                     "plot 'k-1.csv' skip 1 using 1:($3-$4):($3+$4) with filledcurves lc rgb "
                     "'#0072b2' notitle, \\\n'k-1.csv' skip 1 using 1:3 with linespoints lw 2 pt 7 "
                     "ps 0.6 lc rgb '#0072b2' notitle\n"
                     "set title 'mean squared distance'\nset yrange [0:*]\n"
                     "plot 'k-1.csv' skip 1 using 1:6 with linespoints lw 2 pt 7 ps 0.6 lc rgb "
                     "'#0072b2' notitle\nunset multiplot\n",
                     rows_of(of, 0)[of->sweeps->count - 1].k, of->sweeps->choice[0].k,
                     of->sweeps->choice[0].k);
    return FA_OK;
}

/* ==== Training ==== */

/* A panel: one or two columns of the data (the second drawn dashed). Those that no run has a number
 * for are left out. */
static const struct {
    const char *title;
    int column, second;
    const char *range;
} panels[] = {
    {"task loss", 2, 6, "[0:*]"},       {"component / its first value", 10, 0, "[0:*]"},
    {"coarse accuracy", 5, 7, "[*:1]"}, {"dead units", 9, 0, "[0:1]"},
    {"gradient norm", 8, 0, "[0:*]"},   {"pairs inside the margin", 11, 0, "[0:1]"},
};
enum { PANELS = sizeof panels / sizeof *panels };

static fa_status training_data(const fa__figures *of, size_t run) {
    fa__writer data;
    const fa__view *v = &of->views[run];
    FA_TRY(fa__figure_data(&data, of, FA_FIGURE_TRAINING, run));
    fa__writer_print(&data, "epoch,task_loss,component,component_weight,accuracy,validation_loss,"
                            "validation_accuracy,gradient_norm,dead_units,component_relative,"
                            "active_pairs\n");
    double first = v->history[0].component;
    for (size_t e = 0; e < v->epochs; e++) {
        const fa_epoch *h = &v->history[e];
        fa__writer_print(&data, "%zu,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", h->epoch,
                         h->task_loss, h->component, h->component_weight, h->accuracy,
                         h->validation_loss, h->validation_accuracy, h->gradient_norm,
                         h->dead_units);
        /* L_single is thousands where L_multi is below 1: only their course compares. */
        fa__writer_print(&data, "%.6g,%.9g\n", first > 0 ? h->component / first : 0,
                         h->active_pairs);
    }
    return fa__writer_close(&data, true);
}

/* Whether any run has a number in this column; gnuplot stops at a plot of nothing. */
static bool has_column(const fa__figures *of, size_t p) {
    for (size_t r = 0; r < of->count; r++)
        for (size_t e = 0; e < of->views[r].epochs; e++) {
            const fa_epoch *h = &of->views[r].history[e];
            const double values[] = {h->task_loss,  h->component,     h->accuracy,
                                     h->dead_units, h->gradient_norm, h->active_pairs};
            if (isfinite(values[p])) return true;
        }
    return false;
}

static void training_panel(fa__writer *to, const fa__figures *of, size_t p) {
    char colour[8];
    fa__writer_print(to, "set title '%s'\nset yrange %s\nplot ", panels[p].title, panels[p].range);
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "%s'training-%zu.csv' skip 1 using 1:%d ", r > 0 ? ", \\\n" : "",
                         r + 1, panels[p].column);
        styled(to, r, of->count, "notitle");
        if (panels[p].second != 0)
            fa__writer_print(to,
                             ", \\\n'training-%zu.csv' skip 1 using 1:%d with lines lw 1.5 dt 2 "
                             "lc rgb '%s' notitle",
                             r + 1, panels[p].second, fa__colour(r, of->count, colour));
    }
    fa__writer_print(to, "\n");
}

fa_status fa__figure_training(const fa__figures *of, fa__writer *to) {
    for (size_t r = 0; r < of->count; r++) FA_TRY(training_data(of, r));
    size_t epochs = 0, count = 0;
    bool shown[PANELS];
    for (size_t r = 0; r < of->count; r++)
        if (of->views[r].epochs > epochs) epochs = of->views[r].epochs;
    for (size_t p = 0; p < PANELS; p++) count += shown[p] = has_column(of, p);
    /* The runs are named in the sixth place, or below it where six panels fill it. */
    fa__writer_print(to,
                     "set multiplot layout 2,3 margins 0.07,0.985,%s,0.92 spacing 0.075,0.17\n"
                     "set grid ytics lc rgb '#dddddd'\nset xrange "
                     "[0.5:%zu.5]\nset tics font ',12'\nset ytics autofreq\nset format y "
                     "'%%.3g'\n",
                     count == PANELS ? "0.26" : "0.13", epochs);
    if (epochs <= 10) fa__writer_print(to, "set xtics 1\n");
    for (size_t p = 0, place = 0; p < PANELS; p++) {
        if (!shown[p]) continue;
        fa__writer_print(to, place++ + 3 < count ? "unset xlabel\n" : "set xlabel 'epoch'\n");
        training_panel(to, of, p);
    }
    fa__writer_print(to, "unset title\nunset xlabel\nunset tics\nunset border\nunset grid\n"
                         "set yrange [0:1]\nset xrange [0:1]\n");
    if (count == PANELS)
        fa__writer_print(to, "set lmargin at screen 0.02\nset rmargin at screen 0.98\nset bmargin "
                             "at screen 0.01\nset tmargin at screen 0.13\nset key center center "
                             "horizontal reverse Left samplen 3\nplot ");
    else
        fa__writer_print(to, "set key center center reverse Left samplen 3\nplot ");
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "%sNaN ", r > 0 ? ", \\\n" : "");
        styled(to, r, of->count, "title ");
        fa__quoted(to, of->views[r].name);
    }
    fa__writer_print(to, ", \\\nNaN with lines lw 2 lc rgb '#555555' title 'training', \\\n"
                         "NaN with lines lw 1.5 dt 2 lc rgb '#555555' title 'validation'\n"
                         "unset multiplot\n");
    return FA_OK;
}
