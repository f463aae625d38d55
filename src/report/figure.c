/* Writing a figure: which are possible, the common start of each script, the body by its writer. */
#include "report/figure.h"

#include "base/memory.h"

#include <string.h>
#include <unistd.h>

static fa_status (*const writers[FA_FIGURES])(const fa__figures *of, fa__writer *to) = {
    [FA_FIGURE_ACTIVATION] = fa__figure_activation,
    [FA_FIGURE_PCA] = fa__figure_pca,
    [FA_FIGURE_AMI] = fa__figure_ami,
    [FA_FIGURE_K] = fa__figure_k,
    [FA_FIGURE_TRAINING] = fa__figure_training,
};

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

/* The two that a script draws, and how each ends. */
static const struct {
    const char *ending, *last;
    size_t size; /* of last */
} pictures[] = {{"svg", "</svg>", 6}, {"png", "IEND\xae\x42\x60\x82", 8}};
enum { PICTURES = sizeof pictures / sizeof *pictures };

static fa_status picture_path(char out[FA__PATH_MAX], const fa__figures *of, fa_figure figure,
                              size_t i) {
    char name[64];
    snprintf(name, sizeof name, "%s.%s", fa__figure_forms[figure].name, pictures[i].ending);
    return fa__path_join(out, of->folder, name);
}

void fa__figure_remove(const fa__figures *of, fa_figure figure) {
    char path[FA__PATH_MAX];
    for (size_t i = 0; i < PICTURES; i++)
        if (picture_path(path, of, figure, i) == FA_OK) unlink(path);
}

/* gnuplot ends with 0 on a full disk too. */
fa_status fa__figure_check(const fa__figures *of, fa_figure figure) {
    for (size_t i = 0; i < PICTURES; i++) {
        char path[FA__PATH_MAX];
        unsigned char *bytes;
        size_t size;
        FA_TRY(picture_path(path, of, figure, i));
        FA_TRY(fa__file_read(&bytes, &size, path));
        while (size > 0 && bytes[size - 1] == '\n') size--;
        bool whole = size >= pictures[i].size && memcmp(bytes + size - pictures[i].size,
                                                        pictures[i].last, pictures[i].size) == 0;
        fa__free(bytes);
        if (!whole)
            return fa__fail(FA_E_IO, "%s: gnuplot did not finish it: is the disk full?", path);
    }
    return FA_OK;
}

/* One body for both pictures: it stands in the braces of a loop over the two terminals. The sizes
 * make letters of a column-wide print about as high as those of the text. */
static void begin(fa__writer *to, const fa__figures *of, fa_figure figure) {
    const char *name = fa__figure_forms[figure].name;
    int runs = (int)of->count;
    int width = fa__figure_width(figure, of->count);
    int height = fa__figure_forms[figure].height + runs * fa__figure_forms[figure].height_per_run;
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
    if (some.count > fa__figure_forms[figure].runs_max)
        some.count = fa__figure_forms[figure].runs_max;
    snprintf(name, sizeof name, "%s.gp", fa__figure_forms[figure].name);
    FA_TRY(fa__path_join(path, of->folder, name));
    fa__figure_remove(of, figure); /* those of earlier data must not be taken for these */
    FA_TRY(fa__writer_open(&to, path));
    begin(&to, &some, figure);
    fa_status status = writers[figure](&some, &to);
    fa__writer_print(&to, "unset output\n}\n");
    fa_status closed = fa__writer_close(&to, status == FA_OK);
    return status != FA_OK ? status : closed;
}
