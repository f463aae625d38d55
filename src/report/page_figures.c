/* The figures of a page, with their captions. */
#include "report/page.h"

#include "base/memory.h"

static const char *const captions[FA_FIGURES] = {
    [FA_FIGURE_ACTIVATION] =
        "For each neuron of the layer, or column of the input, that was clustered (row) and each "
        "class (column): the samples for "
        "which that neuron is the most active one. Neurons are sorted by the class they stand for "
        "most; a layer that has found the classes shows a staircase, one that knows only the "
        "coarse "
        "labels shows few rows, each lit across a whole group. The title counts the neurons that "
        "are ever the most active. (Figures 2 and 3 of the paper.)",
    [FA_FIGURE_PCA] =
        "What was clustered along its two directions of largest variance, the same points coloured "
        "twice; at most 2,000 samples are drawn, chosen with a fixed seed. What is apart here is "
        "apart; what overlaps here may still be apart in other directions. (Figure 5 of the "
        "paper.)",
    [FA_FIGURE_AMI] =
        "AMI_max (normaliser max(H(U), H(V))) of KMeans clusters and hidden classes for each "
        "number of clusters: the mean of five runs of one start each on at most 4,000 samples, "
        "and their range as a band. Single starts score below the best of several. (Figure 6 of "
        "the paper.)",
    [FA_FIGURE_K] =
        "What speaks for a number of clusters without any label: silhouette (above 0.5 well "
        "apart, below 0.25 hardly), stability (agreement of clusterings of overlapping "
        "subsamples, with standard deviation), and the mean squared distance to the centres. "
        "Dashed: the suggestion.",
    [FA_FIGURE_TRAINING] =
        "The training, epoch by epoch. The component is shown relative to its value in the first "
        "epoch; dead units are 0 for every validation sample; pairs inside the margin are those "
        "that it still pushes apart.",
};

/* The picture as a data URI: the scatter plot, of thousands of marks, as PNG. */
static fa_status picture(fa__writer *to, const fa__figures *of, fa_figure figure) {
    char path[FA__PATH_MAX], name[64];
    bool svg = figure != FA_FIGURE_PCA;
    unsigned char *bytes;
    size_t size;
    snprintf(name, sizeof name, "%s.%s", fa_figure_name(figure), svg ? "svg" : "png");
    FA_TRY(fa__path_join(path, of->folder, name));
    FA_TRY(fa__file_read(&bytes, &size, path));
    int width = fa__figure_width(figure, of->count);
    fa__writer_print(to,
                     "<figure><div class=\"wide\"><img%s width=\"%d\" alt=\"figure: %s\" "
                     "src=\"data:image/%s;base64,",
                     width > 600 ? " class=\"broad\"" : "", width, fa_figure_name(figure),
                     svg ? "svg+xml" : "png");
    fa__base64(to, bytes, size);
    fa__writer_print(to, "\"></div>\n<figcaption>%s</figcaption></figure>\n", captions[figure]);
    fa__free(bytes);
    return FA_OK;
}

fa_status fa__page_figures(fa__writer *to, const fa__page *page) {
    fa__writer_print(to, "<h2>Figures</h2>\n");
    if (page->without_figures[0] != '\0') {
        fa__writer_print(to, "<p>Pictures are missing: ");
        fa__html(to, page->without_figures);
        fa__writer_print(to, ".</p>\n");
    }
    for (fa_figure figure = 0; (unsigned)figure < FA_FIGURES; figure++)
        if (page->drawn[figure]) FA_TRY(picture(to, page->figures, figure));
    return FA_OK;
}
