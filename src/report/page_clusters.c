/* The clusters of a run: sizes, what they hold, and samples of each. */
#include "report/page.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum {
    ROWS_MAX = 200,    /* clusters in a table */
    CLASSES_MAX = 100, /* columns of the contingency table */
    DRAWN_MAX = 40,    /* clusters with exemplars */
    NEAREST = 8,       /* exemplars of each: next to the centre */
    FARTHEST = 4,      /* and next to the border */
    LABELS_SHOWN = 3   /* coarse labels of a mix */
};

/* ==== The table ==== */

static bool within_labels(const fa__view *v) {
    return v->kept != NULL && fa_clusters_within(v->kept) != FA_WITHIN_NONE;
}

/* ": wolves", where a person named it so. */
static void put_cluster_name(fa__writer *to, const fa__view *v, size_t cluster) {
    const char *name = v->kept != NULL ? fa_clusters_name(v->kept, (int32_t)cluster) : NULL;
    if (name == NULL) return;
    fa__writer_print(to, ": ");
    fa__html(to, name);
}

/* "wild: 97 %, tame: 3 %": the largest shares, largest first. */
static void mix(fa__writer *to, const fa__view *v, size_t cluster) {
    const size_t *counts = v->coarse_counts + cluster * v->groups;
    size_t bound = SIZE_MAX, last = SIZE_MAX;
    char scratch[FA__NAME_MAX];
    for (size_t shown = 0; shown < LABELS_SHOWN; shown++) {
        size_t best = SIZE_MAX;
        for (size_t g = 0; g < v->groups; g++) {
            bool before =
                counts[g] > bound || (counts[g] == bound && last != SIZE_MAX && g <= last);
            if (counts[g] == 0 || before) continue;
            if (best == SIZE_MAX || counts[g] > counts[best]) best = g;
        }
        if (best == SIZE_MAX) return;
        if (shown > 0) fa__writer_print(to, ", ");
        fa__html(to, fa__coarse_text(v, best, scratch));
        fa__writer_print(to, ": %.0f %%",
                         100 * (double)counts[best] / (double)v->found[cluster].size);
        bound = counts[best];
        last = best;
    }
}

static void cluster_row(fa__writer *to, const fa__view *v, size_t c) {
    const fa__cluster *at = &v->found[c];
    char scratch[FA__NAME_MAX];
    double share = 100 * (double)at->size / (double)v->n;
    fa__writer_print(to, "<tr><td>%zu", c);
    put_cluster_name(to, v, c);
    fa__writer_print(to,
                     "</td><td>%zu</td><td class=\"share\" style=\"--part:%.1f%%\">"
                     "%.1f %%</td><td>%.3g</td>",
                     at->size, share, share, at->spread);
    if (within_labels(v)) {
        fa__writer_print(to, "<td>");
        fa__html(to, fa_clusters_label_name(v->kept, fa_clusters_label(v->kept, (int32_t)c)));
        fa__writer_print(to, "</td>");
    }
    if (v->coarse != NULL) {
        fa__writer_print(to, "<td>");
        mix(to, v, c);
        fa__writer_print(to, "</td>");
    }
    if (v->classes != NULL) {
        fa__writer_print(to, "<td>");
        if (at->matched >= 0) {
            size_t held = v->class_counts[c * v->n_classes + (size_t)at->matched];
            fa__html(to, fa__class_name(v, (size_t)at->matched, scratch));
            fa__writer_print(to, "</td><td>%.0f %%</td>", 100 * (double)held / (double)at->size);
        } else {
            fa__writer_print(to, "none</td><td></td>");
        }
    }
    fa__writer_print(to, "</tr>\n");
}

/* What the column means, and what a confidence then compares. */
static const char *within_text(const fa__view *v) {
    return fa_clusters_within(v->kept) == FA_WITHIN_GIVEN
               ? " Within: the coarse label that all samples of a cluster have, their own or, "
                 "where "
                 "they have none, the predicted one; \"another cluster\" is one of the same label."
               : " Within: the coarse label that the network predicts for all samples of a "
                 "cluster; \"another cluster\" is one of the same label.";
}

static void table(fa__writer *to, const fa__view *v) {
    size_t shown = v->k < ROWS_MAX ? v->k : ROWS_MAX;
    fa__writer_print(to,
                     "<div class=\"wide\"><table>\n<tr><th>cluster</th><th>samples</th><th>share"
                     "</th><th>spread</th>%s%s%s</tr>\n",
                     within_labels(v) ? "<th>within</th>" : "",
                     v->coarse != NULL ? "<th>coarse labels</th>" : "",
                     v->classes != NULL ? "<th>matched class</th><th>of the cluster</th>" : "");
    for (size_t c = 0; c < shown; c++) cluster_row(to, v, c);
    fa__writer_print(to,
                     "</table></div>\n<p class=\"quiet\">Spread: root mean squared distance to the "
                     "centre.%s%s",
                     within_labels(v) ? within_text(v) : "",
                     v->classes != NULL ? " Matched class: the one-to-one matching of clusters and "
                                          "hidden classes with the most samples in common."
                                        : "");
    if (shown < v->k) fa__writer_print(to, " The first %zu of %zu clusters.", shown, v->k);
    fa__writer_print(to, "</p>\n");
}

/* ==== Clusters by classes ==== */

static void contingency(fa__writer *to, const fa__view *v) {
    char scratch[FA__NAME_MAX];
    size_t rows = v->k < ROWS_MAX ? v->k : ROWS_MAX;
    size_t columns = v->n_classes < CLASSES_MAX ? v->n_classes : CLASSES_MAX;
    fa__writer_print(to,
                     "<h3>Clusters and hidden classes</h3>\n<div class=\"wide\"><table>\n<tr><th>"
                     "cluster</th>");
    for (size_t y = 0; y < columns; y++) {
        fa__writer_print(to, "<th>");
        fa__html(to, fa__class_name(v, y, scratch));
        fa__writer_print(to, "</th>");
    }
    fa__writer_print(to, "</tr>\n");
    for (size_t c = 0; c < rows; c++) {
        fa__writer_print(to, "<tr><td>%zu", c);
        put_cluster_name(to, v, c);
        fa__writer_print(to, "</td>");
        for (size_t y = 0; y < columns; y++)
            fa__writer_print(to, "<td%s>%zu</td>",
                             v->found[c].matched == (int32_t)y ? " class=\"hit\"" : "",
                             v->class_counts[c * v->n_classes + y]);
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to,
                     "</table></div>\n<p class=\"quiet\">Samples of each hidden class (columns) in "
                     "each cluster (rows); matched pairs are set bold.%s</p>\n",
                     rows < v->k || columns < v->n_classes ? " Cut to the first ones." : "");
}

/* ==== Exemplars ==== */

typedef struct ranked {
    int32_t cluster;
    double key;
    size_t row;
} ranked;

static int by_rank(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All rows by cluster, and within it by this key. */
static fa_status rank(ranked **out, const fa__view *v, const double *key) {
    FA_TRY(FA_NEW(*out, v->n));
    for (size_t i = 0; i < v->n; i++) (*out)[i] = (ranked){v->clusters[i], key[i], i};
    qsort(*out, v->n, sizeof **out, by_rank);
    return FA_OK;
}

static fa_status sample(fa__writer *to, const fa__view *v, size_t row) {
    char scratch[FA__NAME_MAX];
    fa__writer_print(to, "<div class=\"sample\" title=\"row %zu, distance %.3g, confidence %.2f\">",
                     row, v->distance[row], v->confidence[row]);
    FA_TRY(fa__draw(to, v->data, v->rows != NULL ? (size_t)v->rows[row] : row));
    if (v->classes != NULL)
        fa__html(to, fa__class_name(v, (size_t)v->classes[row], scratch));
    else
        fa__writer_print(to, "#%zu", row);
    fa__writer_print(to, "</div>\n");
    return FA_OK;
}

static fa_status row_of_samples(fa__writer *to, const fa__view *v, const ranked *first,
                                size_t count, const char *what) {
    fa__writer_print(to, "<div class=\"quiet\">%s</div>\n<div class=\"samples\">\n", what);
    for (size_t i = 0; i < count; i++) FA_TRY(sample(to, v, first[i].row));
    fa__writer_print(to, "</div>\n");
    return FA_OK;
}

static fa_status exemplars(fa__writer *to, const fa__view *v) {
    fa_status status = FA_OK;
    ranked *near = NULL, *doubtful = NULL;
    size_t shown = v->k < DRAWN_MAX ? v->k : DRAWN_MAX, at = 0;
    FA_CHECK(rank(&near, v, v->distance));
    FA_CHECK(rank(&doubtful, v, v->confidence));
    for (size_t c = 0; c < shown; c++) {
        size_t size = v->found[c].size;
        if (size > 0) {
            fa__writer_print(to, "<h3>Cluster %zu", c);
            put_cluster_name(to, v, c);
            fa__writer_print(to, ", %zu samples</h3>\n", size);
            FA_CHECK(row_of_samples(to, v, near + at, size < NEAREST ? size : NEAREST,
                                    "nearest to the centre"));
            FA_CHECK(row_of_samples(to, v, doubtful + at, size < FARTHEST ? size : FARTHEST,
                                    "least typical: next to another cluster"));
        }
        at += size;
    }
    if (shown < v->k)
        fa__writer_print(to, "<p class=\"quiet\">The first %zu of %zu clusters.</p>\n", shown,
                         v->k);
done:
    fa__free(near);
    fa__free(doubtful);
    return status;
}

fa_status fa__page_clusters(fa__writer *to, const fa__view *v) {
    fa__writer_print(to, "<h2>The clusters</h2>\n");
    table(to, v);
    if (v->classes != NULL) contingency(to, v);
    fa__writer_print(to, "<h2>Samples of each cluster</h2>\n");
    if (v->data != NULL) {
        fa__writer_print(
            to, "<p>%s</p>\n",
            v->classes != NULL
                ? "Below each sample: its hidden class, which the network was not told."
                : "Below each sample: its row. What do those of one cluster have in "
                  "common?");
        return exemplars(to, v);
    }
    fa__writer_print(to, "<p>The samples cannot be shown: ");
    fa__html(to, v->no_data);
    fa__writer_print(to, ".</p>\n");
    return FA_OK;
}
