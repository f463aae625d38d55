/* The figures with a panel for each run: activation (Figures 2 and 3) and principal components
 * (Figure 5 of the paper). */
#include "report/figure.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ==== Activation ==== */

enum { UNITS_SHOWN = 64 };

typedef struct unit {
    size_t index, total, main; /* main: the class it stands for most */
    size_t best;               /* samples of that class */
} unit;

/* Units by the class they are most active for, the strongest first; those of none last. */
static int by_main(const void *a, const void *b) {
    const unit *x = a, *y = b;
    if ((x->total == 0) != (y->total == 0)) return x->total == 0 ? 1 : -1;
    if (x->main != y->main) return x->main < y->main ? -1 : 1;
    if (x->best != y->best) return x->best > y->best ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_total(const void *a, const void *b) {
    const unit *x = a, *y = b;
    if (x->total != y->total) return x->total > y->total ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* The units to show, in order; *used: those that are the most active for a sample at all. */
static fa_status sort_units(unit **out, size_t *shown, size_t *used, const fa__view *v, size_t c) {
    unit *units;
    FA_TRY(FA_NEW_ZERO(units, v->d));
    *used = 0;
    for (size_t u = 0; u < v->d; u++) {
        const size_t *counts = v->activation + u * c;
        units[u].index = u;
        for (size_t y = 0; y < c; y++) {
            units[u].total += counts[y];
            if (counts[y] > counts[units[u].main]) units[u].main = y;
        }
        units[u].best = counts[units[u].main];
        *used += units[u].total > 0;
    }
    *shown = v->d < UNITS_SHOWN ? v->d : UNITS_SHOWN;
    qsort(units, v->d, sizeof *units, by_total);
    qsort(units, *shown, sizeof *units, by_main);
    *out = units;
    return FA_OK;
}

/* One panel's data; *highest is raised to its largest count. */
static fa_status activation_data(size_t *highest, size_t *shown, size_t *used,
                                 const fa__figures *of, size_t run) {
    const fa__view *v = &of->views[run];
    size_t c;
    unit *units;
    fa__writer data;
    char scratch[FA__NAME_MAX];
    (void)fa__view_truth(v, &c);
    FA_TRY(sort_units(&units, shown, used, v, c));
    fa_status status = fa__figure_data(&data, of, FA_FIGURE_ACTIVATION, run);
    if (status == FA_OK) {
        fa__writer_print(&data, "column,row,samples,neuron,class\n");
        for (size_t i = 0; i < *shown; i++)
            for (size_t y = 0; y < c; y++) {
                size_t count = v->activation[units[i].index * c + y];
                if (count > *highest) *highest = count;
                fa__writer_print(&data, "%zu,%zu,%zu,%zu,", y, i, count, units[i].index);
                fa__csv_text(&data, fa__truth_name(v, y, scratch));
                fa__writer_put(&data, "\n", 1);
            }
        status = fa__writer_close(&data, true);
    }
    fa__free(units);
    return status;
}

enum { SHORT = 12 };

/* A name that fits beside a picture: its first characters, and ".." for the rest. */
static void shorten(char out[FA__NAME_MAX], const char *name) {
    size_t characters = 0, used = 0;
    for (; name[used] != '\0' && used + 3 < FA__NAME_MAX; used++) {
        characters += ((unsigned char)name[used] & 0xc0) != 0x80; /* starts of UTF-8 characters */
        if (characters > SHORT) break;
        out[used] = name[used];
    }
    snprintf(out + used, FA__NAME_MAX - used, "%s", name[used] != '\0' ? ".." : "");
}

/* A tick's text is a format too: each % stands twice. */
static void quoted_tic(fa__writer *to, const char *name) {
    char text[FA__NAME_MAX], doubled[2 * FA__NAME_MAX], *end = doubled;
    shorten(text, name);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '%') *end++ = '%';
        *end++ = *at;
    }
    *end = '\0';
    fa__quoted(to, doubled);
}

static void class_tics(fa__writer *to, const fa__view *v, size_t c) {
    char scratch[FA__NAME_MAX];
    size_t longest = 0, step = c > 20 ? (c + 19) / 20 : 1;
    for (size_t y = 0; y < c; y++) {
        size_t length = strlen(fa__truth_name(v, y, scratch));
        if (length > longest) longest = length;
    }
    fa__writer_print(to, "set xtics %s (", longest > 2 ? "rotate by -45" : "norotate");
    for (size_t y = 0; y < c; y += step) {
        if (y > 0) fa__writer_print(to, ", ");
        quoted_tic(to, fa__truth_name(v, y, scratch));
        fa__writer_print(to, " %zu", y);
    }
    fa__writer_print(to, ")\n");
}

/* The scale bends like a square root, or one large class would leave all others dark; its ticks
 * are counts. */
static void colour_scale(fa__writer *to, size_t highest) {
    fa__writer_print(
        to, "set colorbox\nset cblabel 'samples (square-root scale)' offset 1.2,0\nset cbtics (0");
    for (size_t part = 1; part <= 5; part++) { /* at even steps of the root, in two digits */
        double at = (double)part / 5, value = at * at * (double)highest;
        double round = value >= 10 ? pow(10, floor(log10(value)) - 1) : 1;
        value = round * floor(value / round);
        fa__writer_print(to, ", '%.0f' %.6g", value, sqrt(value));
    }
    fa__writer_print(to, ")\n");
}

static void activation_panel(fa__writer *to, const fa__figures *of, size_t r, size_t highest,
                             size_t shown, size_t used) {
    const fa__view *v = &of->views[r];
    size_t c;
    /* Equal panels between a margin for the axis and one for the colours. */
    double left = 88.0 / fa__figure_width(FA_FIGURE_ACTIVATION, of->count),
           width = (0.84 - left) / (double)of->count;
    (void)fa__view_truth(v, &c);
    class_tics(to, v, c);
    fa__writer_print(to, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n",
                     left + (double)r * width, left + (double)r * width + 0.88 * width);
    fa__writer_print(to, "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n", c - 1, shown - 1);
    fa__writer_print(to, "set xlabel '%s'\n", v->classes != NULL ? "hidden class" : "coarse label");
    fa__writer_print(to, r == 0 ? "set ylabel 'neurons, by their main class'\n"
                                : "unset ylabel\nset format y ''\n");
    if (r + 1 == of->count)
        colour_scale(to, highest); /* one for all */
    else
        fa__writer_print(to, "unset colorbox\n");
    fa__writer_print(to, "set title ");
    fa__quoted(to, v->name);
    fa__writer_print(to, ".\"\\n%zu of %zu neurons\"", used, v->d);
    /* Cells of their own in the SVG, one picture in the PNG: no seams between them. */
    static const char *const styles[] = {"image pixels", "image"};
    for (size_t i = 0; i < 2; i++)
        fa__writer_print(to,
                         "\nif (kind eq '%s') {\nplot 'activation-%zu.csv' skip 1 using "
                         "1:2:(sqrt($3)) with %s notitle\n}",
                         i == 0 ? "svg" : "png", r + 1, styles[i]);
    fa__writer_print(to, "\n");
}

fa_status fa__figure_activation(const fa__figures *of, fa__writer *to) {
    size_t highest = 1, shown[FA__PANELS_MAX], used[FA__PANELS_MAX];
    for (size_t r = 0; r < of->count; r++)
        FA_TRY(activation_data(&highest, &shown[r], &used[r], of, r));
    fa__writer_print(to,
                     "set palette defined (0 '#440154', 1 '#482878', 2 '#3e4a89', 3 '#31688e', 4 "
                     "'#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', 8 '#b5de2b', 9 '#fde725')\n"
                     "set cbrange [0:%.6g]\nset border 0\nset tics scale 0\nset ytics 8\n"
                     "set multiplot\n",
                     sqrt((double)highest));
    for (size_t r = 0; r < of->count; r++) activation_panel(to, of, r, highest, shown[r], used[r]);
    fa__writer_print(to, "unset multiplot\n");
    return FA_OK;
}

/* ==== Principal components ==== */

static fa_status pca_data(const fa__figures *of, size_t run) {
    const fa__view *v = &of->views[run];
    size_t *chosen, count;
    fa__writer data;
    FA_TRY(fa__thin(&chosen, &count, v->n, FA__POINTS_MAX));
    fa_status status = fa__figure_data(&data, of, FA_FIGURE_PCA, run);
    if (status == FA_OK) {
        fa__writer_print(&data, "component1,component2,row,cluster,coarse,class\n");
        for (size_t i = 0; i < count; i++) {
            size_t at = chosen[i];
            fa__writer_print(&data, "%.5g,%.5g,%zu,%d,%d,%d\n", (double)v->plane[at * 2],
                             (double)v->plane[at * 2 + 1], at, (int)v->clusters[at],
                             v->coarse != NULL ? (int)v->coarse[at] : -1,
                             v->classes != NULL ? (int)v->classes[at] : -1);
        }
        status = fa__writer_close(&data, true);
    }
    fa__free(chosen);
    return status;
}

typedef struct panel {
    const int32_t *groups;
    size_t count;
    int column; /* of the data */
    const char *by;
    bool classes;
    double left; /* share of the width */
} panel;

/* The key names at most this many groups. */
enum { KEY_MAX = 24 };

static void pca_panel(fa__writer *to, const fa__view *v, size_t run, const panel *by) {
    static const int shapes[] = {7, 5, 9, 11, 13}; /* circle, square, three more */
    char text[2 * FA__NAME_MAX], name[FA__NAME_MAX], colour[8];
    /* Panels of one width, whatever the key beside them needs. */
    fa__writer_print(to,
                     "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
                     "set key at screen %.3f, graph 0.5 left center\n",
                     by->left, by->left + 0.28, by->left + 0.285);
    snprintf(text, sizeof text, "%s, by %s", v->name, by->by);
    fa__writer_print(to, "set title ");
    fa__quoted(to, text);
    fa__writer_print(to, "\nplot ");
    for (size_t g = 0; g < by->count && g < FA__GROUPS_MAX; g++) {
        int shape = shapes[g % 5];
        const char *rgb = fa__colour(g, by->count, colour);
        fa__writer_print(to,
                         "%s'pca-%zu.csv' skip 1 using ($%d == %zu ? $1 : NaN):2 with points pt %d "
                         "ps 0.35 lc rgb '%s' notitle",
                         g > 0 ? ", \\\n" : "", run + 1, by->column, g, shape, rgb);
        if (g >= KEY_MAX) continue;
        /* A larger mark for the key, of a point that is nowhere. */
        fa__writer_print(to, ", \\\nNaN with points pt %d ps 1 lc rgb '%s' title ", shape, rgb);
        snprintf(text, sizeof text, "%zu", g);
        if (by->classes) shorten(text, fa__class_name(v, g, name));
        fa__quoted(to, text);
    }
    fa__writer_print(to, "\n");
}

/* Both panels of a run show the same points on the same axes. */
static void pca_run(fa__writer *to, const fa__view *v, size_t run) {
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL};
    panel left = {v->clusters, v->k, 4, "cluster", false, 0}, right = left;
    if (v->coarse != NULL) left = (panel){v->coarse, v->groups, 5, "coarse label", false, 0};
    if (v->classes != NULL) right = (panel){v->classes, v->n_classes, 6, "hidden class", true, 0};
    left.left = 0.1;
    right.left = 0.545;
    for (size_t i = 0; i < v->n * 2; i++) {
        low[i % 2] = fmin(low[i % 2], (double)v->plane[i]);
        high[i % 2] = fmax(high[i % 2], (double)v->plane[i]);
    }
    for (size_t a = 0; a < 2; a++) {
        double edge = high[a] > low[a] ? 0.04 * (high[a] - low[a]) : 1;
        fa__writer_print(to, "set %crange [%.6g:%.6g]\n", a == 0 ? 'x' : 'y', low[a] - edge,
                         high[a] + edge);
        fa__writer_print(to, "set %clabel 'component %zu (%.0f %% of variance)'\n",
                         a == 0 ? 'x' : 'y', a + 1,
                         a < v->components ? 100 * v->variance_share[a] : 0);
    }
    pca_panel(to, v, run, &left);
    pca_panel(to, v, run, &right);
}

fa_status fa__figure_pca(const fa__figures *of, fa__writer *to) {
    fa__writer_print(to,
                     "set key reverse Left samplen 0.5 spacing 0.9 font ',12'\n"
                     "set multiplot layout %zu,2\n",
                     of->count);
    for (size_t r = 0; r < of->count; r++) {
        FA_TRY(pca_data(of, r));
        pca_run(to, &of->views[r], r);
    }
    fa__writer_print(to, "unset multiplot\n");
    return FA_OK;
}
