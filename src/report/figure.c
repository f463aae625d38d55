/* What all figures share: names, files, the start of a script, colours. */
#include "report/figure.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line a figure. Panels: how its size grows with the runs (columns x rows of units). */
static const struct {
    const char *name;
    fa_status (*write)(const fa__figures *of, fa__writer *to);
    size_t runs_max;
    int width, width_per_run, height, height_per_run; /* points */
} figures[] = {
    [FA_FIGURE_ACTIVATION] = {"activation", fa__figure_activation, FA__PANELS_MAX, 150, 330, 660,
                              0},
    [FA_FIGURE_PCA] = {"pca", fa__figure_pca, FA__PANELS_MAX, 980, 0, 30, 400},
    [FA_FIGURE_AMI] = {"ami", fa__figure_ami, FA__LINES_MAX, 720, 0, 480, 0},
    [FA_FIGURE_K] = {"k", fa__figure_k, 1, 960, 0, 340, 0},
    [FA_FIGURE_TRAINING] = {"training", fa__figure_training, FA__LINES_MAX, 960, 0, 620, 0},
};

const char *fa_figure_name(fa_figure figure) {
    return (unsigned)figure < FA_FIGURES ? figures[figure].name : NULL;
}

int fa__figure_width(fa_figure figure, size_t runs) {
    if (runs > figures[figure].runs_max) runs = figures[figure].runs_max;
    return figures[figure].width + (int)runs * figures[figure].width_per_run;
}

bool fa__figure_possible(const char **why, fa_figure figure, const fa__view *views, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t classes;
        bool known = fa__view_truth(&views[i], &classes) != NULL;
        if (figure == FA_FIGURE_ACTIVATION && !known)
            *why = "a run has neither hidden classes nor coarse labels";
        else if (figure == FA_FIGURE_ACTIVATION && classes > FA__GROUPS_MAX)
            *why = "a run has more classes than a picture can show";
        else if (figure == FA_FIGURE_AMI && views[i].classes == NULL)
            *why = "a run has no hidden classes (classes.npy) to compare the clusters with";
        else if (figure == FA_FIGURE_TRAINING && views[i].epochs == 0)
            *why = "a run has no finished epoch";
        else
            continue;
        return false;
    }
    return true;
}

/* ==== Files ==== */

fa_status fa__figure_data(fa__writer *out, const fa__figures *of, fa_figure figure, size_t i) {
    char path[FA__PATH_MAX], name[64];
    snprintf(name, sizeof name, "%s-%zu.csv", figures[figure].name, i + 1);
    FA_TRY(fa__path_join(path, of->folder, name));
    return fa__writer_open(out, path);
}

/* Pictures of earlier data must not be taken for pictures of these. */
static fa_status remove_pictures(const fa__figures *of, fa_figure figure) {
    static const char *const endings[] = {"svg", "png"};
    for (size_t i = 0; i < 2; i++) {
        char path[FA__PATH_MAX], name[64];
        snprintf(name, sizeof name, "%s.%s", figures[figure].name, endings[i]);
        FA_TRY(fa__path_join(path, of->folder, name));
        unlink(path);
    }
    return FA_OK;
}

/* One body for both pictures: it stands in the braces of a loop over the two terminals. The sizes
 * make letters of a column-wide print about as high as those of the text. */
static void begin(fa__writer *to, const fa__figures *of, fa_figure figure) {
    const char *name = figures[figure].name;
    int runs = (int)of->count;
    int width = fa__figure_width(figure, of->count);
    int height = figures[figure].height + runs * figures[figure].height_per_run;
    fa__writer_print(
        to,
        "# %s by forced-apart %s; draw it again with: gnuplot %s.gp\n"
        "set encoding utf8\n"
        "do for [kind in 'svg png'] {\n"
        "reset\n"
        "set datafile separator ','\n"
        "set border 3 linewidth 1 linecolor rgb '#555555'\n"
        "set tics nomirror out scale 0.5\n"
        "if (kind eq 'svg') {\n"
        "set terminal svg noenhanced size %d,%d dynamic font 'Helvetica,15' "
        "background '#ffffff'\n"
        "} else {\n"
        "set terminal pngcairo noenhanced size %d,%d font 'Helvetica,15' fontscale 1.5 "
        "linewidth 1.5 pointscale 1.5 background '#ffffff'\n"
        "}\n"
        "set output '%s.'.kind\n",
        name, fa_version(), name, width, height, width * 3 / 2, height * 3 / 2, name);
}

fa_status fa__figure_write(const fa__figures *of, fa_figure figure) {
    char path[FA__PATH_MAX], name[64];
    fa__writer to;
    fa__figures some = *of;
    if (some.count > figures[figure].runs_max) some.count = figures[figure].runs_max;
    snprintf(name, sizeof name, "%s.gp", figures[figure].name);
    FA_TRY(fa__path_join(path, of->folder, name));
    FA_TRY(remove_pictures(of, figure));
    FA_TRY(fa__writer_open(&to, path));
    begin(&to, &some, figure);
    fa_status status = figures[figure].write(&some, &to);
    fa__writer_print(&to, "unset output\n}\n");
    fa_status closed = fa__writer_close(&to, status == FA_OK);
    return status != FA_OK ? status : closed;
}

/* ==== Text ==== */

void fa__quoted(fa__writer *to, const char *text) {
    fa__writer_put(to, "'", 1);
    for (; *text != '\0'; text++) {
        bool control = (unsigned char)*text < ' ' || *text == 127;
        fa__writer_print(to, *text == '\'' ? "''" : "%c", control ? '?' : *text);
    }
    fa__writer_put(to, "'", 1);
}

void fa__csv_text(fa__writer *to, const char *text) {
    fa__writer_put(to, "\"", 1);
    for (; *text != '\0'; text++) {
        bool control = (unsigned char)*text < ' ' || *text == 127;
        fa__writer_print(to, *text == '"' ? "\"\"" : "%c", control ? '?' : *text);
    }
    fa__writer_put(to, "\"", 1);
}

/* ==== Colours ==== */

const char *fa__colour(size_t i, size_t count, char scratch[8]) {
    static const char *const okabe_ito[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                            "#e69f00", "#56b4e9", "#000000"};
    /* Petroff 2021, arXiv:2107.02270 */
    static const char *const petroff[] = {"#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
                                          "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"};
    static const unsigned char viridis[][3] = {{68, 1, 84},    {72, 40, 120},  {62, 74, 137},
                                               {49, 104, 142}, {38, 130, 142}, {31, 158, 137},
                                               {53, 183, 121}, {110, 206, 88}, {181, 222, 43}};
    enum { STEPS = sizeof viridis / sizeof *viridis - 1 };
    if (count <= sizeof okabe_ito / sizeof *okabe_ito) return okabe_ito[i];
    if (count <= sizeof petroff / sizeof *petroff) return petroff[i];
    double at = STEPS * (double)i / (double)(count - 1), part;
    size_t low = at >= STEPS ? STEPS - 1 : (size_t)at;
    unsigned mixed[3];
    part = at - (double)low;
    for (size_t c = 0; c < 3; c++)
        mixed[c] = (unsigned)((1 - part) * viridis[low][c] + part * viridis[low + 1][c]);
    snprintf(scratch, 8, "#%02x%02x%02x", mixed[0] & 255, mixed[1] & 255, mixed[2] & 255);
    return scratch;
}

/* ==== Thinning ==== */

fa_status fa__thin(size_t **out, size_t *count, size_t n, size_t size) {
    size_t *order;
    fa__rng rng;
    FA_TRY(FA_NEW(order, n));
    for (size_t i = 0; i < n; i++) order[i] = i;
    if (n > size) {
        fa__rng_seed(&rng, 0, FA__STREAM_SWEEP, UINT64_MAX);
        fa__rng_shuffle(&rng, order, n);
        qsort(order, size, sizeof *order, fa__by_size);
    }
    *out = order;
    *count = n < size ? n : size;
    return FA_OK;
}
