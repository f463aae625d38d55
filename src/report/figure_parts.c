/* What all figures share: names and sizes, data files, text, colours. */
#include "report/figure.h"

#include <stdio.h>
#include <string.h>

const fa__figure_form fa__figure_forms[FA_FIGURES] = {
    [FA_FIGURE_ACTIVATION] = {"activation", FA__PANELS_MAX, 150, 330, 660, 0},
    [FA_FIGURE_PCA] = {"pca", FA__PANELS_MAX, 980, 0, 30, 400},
    [FA_FIGURE_AMI] = {"ami", FA__LINES_MAX, 720, 0, 480, 0},
    [FA_FIGURE_K] = {"k", 1, 960, 0, 340, 0},
    [FA_FIGURE_TRAINING] = {"training", FA__LINES_MAX, 960, 0, 620, 0},
};

const char *fa_figure_name(fa_figure figure) {
    return (unsigned)figure < FA_FIGURES ? fa__figure_forms[figure].name : NULL;
}

int fa__figure_width(fa_figure figure, size_t runs) {
    const fa__figure_form *form = &fa__figure_forms[figure];
    if (runs > form->runs_max) runs = form->runs_max;
    return form->width + (int)runs * form->width_per_run;
}

fa_status fa__figure_data(fa__writer *out, const fa__figures *of, fa_figure figure, size_t i) {
    char path[FA__PATH_MAX], name[64];
    snprintf(name, sizeof name, "%s-%zu.csv", fa__figure_forms[figure].name, i + 1);
    FA_TRY(fa__path_join(path, of->folder, name));
    return fa__writer_open(out, path);
}

/* ==== Text ==== */

void fa__quoted(fa__writer *to, const char *text) {
    size_t leading = strspn(text, "'");
    /* Quotes in front are strings of their own: gnuplot takes '''x' for an empty text and more. */
    if (leading > 0) fa__writer_print(to, "\"%.*s\".", (int)leading, text);
    text += leading;
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
