/* A page to work in: a map of the samples, filters, and a name for each cluster. The script does the
 * rest; what it works on lies in the page as numbers and as escaped pieces of HTML. */
#include "base/memory.h"
#include "report/apart.h"
#include "report/page.h"
#include "run/files.h"
#include "text/vocabulary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_MAX = 20000 };

static const char style[] = {
#include "explore.css.inc"
};
static const char script[] = {
#include "explore.js.inc"
};

typedef struct explored {
    const fa__view *view;
    size_t *chosen, n; /* rows of the view on the page */
    fa__apart apart;
} explored;

static size_t sample_of(const fa__view *v, size_t row) {
    return v->rows != NULL ? (size_t)v->rows[row] : row;
}

/* ==== Numbers ==== */

/* A coordinate of each as 0 to 10,000, from 3 % of the map to its other end. */
static void put_axis(fa__writer *to, const explored *e, const char *name, size_t axis) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    const float *plane = e->view->plane + axis;
    for (size_t i = 0; i < e->n; i++) {
        low = fmin(low, (double)plane[2 * e->chosen[i]]);
        high = fmax(high, (double)plane[2 * e->chosen[i]]);
    }
    double scale = high > low ? 9400 / (high - low) : 0;
    fa__writer_print(to, "\"%s\":[", name);
    for (size_t i = 0; i < e->n; i++) {
        double at = 300 + ((double)plane[2 * e->chosen[i]] - low) * scale;
        fa__writer_print(to, "%s%d", i > 0 ? "," : "", (int)(axis == 1 ? 10000 - at : at));
    }
    fa__writer_print(to, "],\n");
}

static void put_points(fa__writer *to, const explored *e) {
    const fa__view *v = e->view;
    fa__writer_print(to, "<script type=\"application/json\" id=\"points\">{\"k\":%zu,\n", v->k);
    put_axis(to, e, "x", 0);
    put_axis(to, e, "y", 1);
    fa__writer_print(to, "\"row\":[");
    for (size_t i = 0; i < e->n; i++) {
        size_t sample = sample_of(v, e->chosen[i]);
        fa__writer_print(to, "%s%zu", i > 0 ? "," : "",
                         v->data != NULL ? fa_dataset_row(v->data, sample) : sample);
    }
    fa__writer_print(to, "],\n\"cluster\":[");
    for (size_t i = 0; i < e->n; i++)
        fa__writer_print(to, "%s%d", i > 0 ? "," : "", (int)v->clusters[e->chosen[i]]);
    if (v->coarse != NULL) fa__writer_print(to, "],\n\"label\":[");
    for (size_t i = 0; v->coarse != NULL && i < e->n; i++)
        fa__writer_print(to, "%s%d", i > 0 ? "," : "", (int)v->coarse[e->chosen[i]]);
    fa__writer_print(to, "],\n\"confidence\":["); /* thousandths */
    for (size_t i = 0; i < e->n; i++)
        fa__writer_print(to, "%s%d", i > 0 ? "," : "", (int)(1000 * v->confidence[e->chosen[i]]));
    fa__writer_print(to, "]}</script>\n");
}

/* ==== Pieces ==== */

/* Pieces are parted by a mark that escaped text and drawings never hold. */
static void begin_pieces(fa__writer *to, const char *id) {
    fa__writer_print(to, "<script type=\"text/plain\" id=\"%s\">", id);
}

static void part(fa__writer *to, size_t i) {
    if (i > 0) fa__writer_print(to, "<hr>");
}

static void put_labels(fa__writer *to, const fa__view *v) {
    begin_pieces(to, "labels");
    for (size_t y = 0; y < v->groups; y++) {
        part(to, y);
        const char *name = fa__coarse_name(v, (int32_t)y);
        if (name != NULL)
            fa__html(to, name);
        else
            fa__writer_print(to, "%zu", y);
    }
    fa__writer_print(to, "</script>\n");
}

/* Those of names.csv, in their boxes at first. */
static void put_cluster_names(fa__writer *to, const fa__view *v) {
    begin_pieces(to, "cluster-names");
    for (size_t c = 0; c < v->k; c++) {
        const char *name = fa_clusters_name(v->kept, (int32_t)c);
        part(to, c);
        if (name != NULL) fa__html(to, name);
    }
    fa__writer_print(to, "</script>\n");
}

/* Of each cluster what sets it apart, a line break between; a word as it is, a feature with how much
 * more of it there is. */
static void put_apart(fa__writer *to, const fa__view *v, const fa__apart *apart) {
    char number[32];
    size_t size;
    fa__writer_print(to, "<script type=\"text/plain\" id=\"apart\" data-of=\"%s\">",
                     apart->words != NULL ? "words" : "features");
    for (size_t c = 0; c < v->k; c++) {
        part(to, c);
        for (size_t m = 0; m < apart->count[c]; m++) {
            const fa__mark *mark = &apart->marks[c * FA__APART_MAX + m];
            if (m > 0) fa__writer_print(to, "<br>");
            if (apart->words != NULL) {
                const char *word = fa__vocabulary_word(apart->words, mark->what + 1, &size);
                fa__html_bytes(to, word, size);
                continue;
            }
            const char *name = fa_dataset_column_name(v->data, mark->what);
            snprintf(number, sizeof number, "feature %zu", mark->what);
            fa__html(to, name != NULL ? name : number);
            fa__writer_print(to, " %+.1f", mark->weight);
        }
    }
    fa__writer_print(to, "</script>\n");
}

static fa_status put_samples(fa__writer *to, const explored *e) {
    const fa_dataset *data = e->view->data;
    size_t size;
    begin_pieces(to, "samples");
    for (size_t i = 0; i < e->n; i++) {
        part(to, i);
        FA_TRY(fa__draw(to, data, sample_of(e->view, e->chosen[i])));
    }
    fa__writer_print(to, "</script>\n");
    if (fa_dataset_sample_name(data, 0) != NULL) {
        begin_pieces(to, "names");
        for (size_t i = 0; i < e->n; i++) {
            part(to, i);
            const char *name = fa_dataset_sample_name(data, sample_of(e->view, e->chosen[i]));
            fa__html(to, name != NULL ? name : "");
        }
        fa__writer_print(to, "</script>\n");
    }
    if (fa_dataset_kind(data) != FA_KIND_TEXT) return FA_OK;
    begin_pieces(to, "texts");
    for (size_t i = 0; i < e->n; i++) {
        part(to, i);
        const char *text = fa_dataset_text(data, sample_of(e->view, e->chosen[i]), &size);
        fa__html_bytes(to, text, size);
    }
    fa__writer_print(to, "</script>\n");
    return FA_OK;
}

/* ==== The page ==== */

static void put_head(fa__writer *to, const explored *e) {
    const fa__view *v = e->view;
    char space[FA__SPACE_TEXT];
    fa__writer_print(to, "<header><h1>");
    fa__html(to, v->name);
    fa__writer_print(
        to,
        "</h1>\n<p class=\"quiet\">%zu of %zu samples along the two principal components of %s. "
        "Wheel or two fingers: nearer; drag: move; arrows: from sample to sample; "
        "Escape: the whole map.",
        e->n, v->n, fa__view_space(space, v));
    if (e->n < v->n)
        fa__writer_print(
            to,
            " labels.csv has these samples alone; names.csv goes with the clusters of all in %s.",
            fa_run_file_name(FA_RUN_TABLE));
    if (v->data == NULL) {
        fa__writer_print(to, " The samples themselves are not here: ");
        fa__html(to, v->no_data);
    }
    fa__writer_print(
        to, "</p></header>\n<div class=\"controls\">\n<label>search <input id=\"search\" "
            "type=\"search\"></label>\n"
            "<label>coarse label <select id=\"label\"><option "
            "value=\"\">all</option></select></label>\n"
            "<label>confidence at least <input id=\"confidence\" type=\"range\" min=\"0\" "
            "max=\"100\" value=\"0\">"
            "<output id=\"least\"></output></label>\n<output id=\"count\"></output>\n</div>\n"
            "<main><canvas id=\"map\" tabindex=\"0\" role=\"img\" aria-label=\"map of the "
            "samples\"></canvas></main>\n"
            "<aside><div id=\"sample\" class=\"sample\" aria-live=\"polite\"></div>\n"
            "<p><button id=\"save-names\">names.csv</button> <button "
            "id=\"save-labels\">labels.csv</button> "
            "<button id=\"all\">all or none</button></p>\n<div "
            "id=\"clusters\"><table><thead><tr><th>cluster</th>"
            "<th>shown</th><th>name</th></tr></thead></table></div></aside>\n");
}

static fa_status put_page(fa__writer *to, const explored *e) {
    char title[2 * FA__NAME_MAX];
    snprintf(title, sizeof title, "%s - explore", e->view->name);
    fa__html_head_scripted(to, title, style, sizeof style);
    put_head(to, e);
    put_points(to, e);
    if (e->view->coarse != NULL) put_labels(to, e->view);
    if (e->view->kept != NULL && fa_clusters_named(e->view->kept)) put_cluster_names(to, e->view);
    if (e->apart.count != NULL) put_apart(to, e->view, &e->apart);
    if (e->view->data != NULL) FA_TRY(put_samples(to, e));
    fa__writer_print(to, "<script>\n");
    fa__writer_put(to, script, sizeof script);
    fa__writer_print(to, "</script>\n</body>\n</html>\n");
    return FA_OK;
}

fa_status fa_explore_write(char *without, const char *path, const char *run, const char *names) {
    fa_status status = FA_OK;
    fa__view view;
    fa__writer to;
    explored e = {.view = &view};
    if (path == NULL || run == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", path == NULL ? "path" : "run");
    FA_TRY(fa__view_open(&view, run, NULL));
    if (names != NULL) FA_CHECK(fa_run_name_clusters(view.run, names));
    FA_CHECK(fa__thin(&e.chosen, &e.n, view.n, SAMPLES_MAX));
    FA_CHECK(fa__apart_open(&e.apart, &view));
    FA_CHECK(fa__writer_open(&to, path));
    status = put_page(&to, &e);
    fa_status closed = fa__writer_close(&to, status == FA_OK);
    if (status == FA_OK) status = closed;
    if (status == FA_OK && without != NULL) memcpy(without, view.no_data, sizeof view.no_data);
done:
    fa__free(e.chosen);
    fa__apart_close(&e.apart);
    fa__view_close(&view);
    return status;
}
