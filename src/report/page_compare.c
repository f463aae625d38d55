/* The page that sets several runs side by side. */
#include "report/page.h"

#include <math.h>
#include <string.h>

/* The plain run that a run is held against: of the same seed if there is one, else the first; NULL
 * for a plain run, and where there is none. */
static const fa__view *plain_for(const fa__figures *of, const fa__view *v) {
    const fa__view *found = NULL;
    if (fa__is_plain(v)) return NULL;
    for (size_t r = of->count; r-- > 0;) {
        const fa__view *at = &of->views[r];
        if (!fa__is_plain(at)) continue;
        if (strcmp(fa__view_key(at, "train.seed"), fa__view_key(v, "train.seed")) == 0) return at;
        found = at;
    }
    return found;
}

static void cell(fa__writer *to, double value, bool best) {
    if (isfinite(value))
        fa__writer_print(to, "<td%s>%.4f</td>", best ? " class=\"hit\"" : "", value);
    else
        fa__writer_print(to, "<td></td>");
}

static void name_cell(fa__writer *to, const fa__view *v) {
    fa__writer_print(to, "<tr><td>");
    fa__html(to, v->name);
    fa__writer_print(to, "</td>");
}

static void scores(fa__writer *to, const fa__figures *of) {
    double best = -HUGE_VAL;
    bool truth = false;
    for (size_t r = 0; r < of->count; r++) {
        truth |= of->views[r].scores.has_truth;
        best = fmax(best, of->views[r].scores.ami_max); /* NaN loses */
    }
    fa__writer_print(
        to,
        "<h2>Scores</h2>\n<div class=\"wide\"><table>\n<tr><th>run</th><th>component</th>"
        "<th>k</th><th>samples</th><th>coarse accuracy</th>%s<th>PC 1</th>"
        "<th>dead</th><th>suggested k</th></tr>\n",
        truth ? "<th>AMI_max</th><th>NMI_sqrt</th><th>ARI</th><th>matched</th>" : "");
    for (size_t r = 0; r < of->count; r++) {
        const fa__view *v = &of->views[r];
        const fa_scores *s = &v->scores;
        name_cell(to, v);
        fa__writer_print(to, "<td>");
        fa__html(to, fa__view_key(v, "loss.kind"));
        fa__writer_print(to, "</td><td>%zu</td><td>%zu</td>", v->k, v->n);
        cell(to, s->accuracy, false);
        if (truth) {
            double matched = v->has_match ? (double)v->agreed / (double)v->n : (double)NAN;
            cell(to, s->ami_max, s->ami_max >= best);
            cell(to, s->nmi_geometric, false);
            cell(to, s->ari, false);
            cell(to, matched, false);
        }
        if (v->components > 0)
            fa__writer_print(to, "<td>%.0f %%</td>", 100 * v->variance_share[0]);
        else
            fa__writer_print(to, "<td></td>");
        fa__writer_print(to, "<td>%zu of %zu</td>", v->dead, v->d);
        if (of->sweeps->count > 0)
            fa__writer_print(to, "<td>%zu%s</td></tr>\n", of->sweeps->choice[r].k,
                             of->sweeps->choice[r].confidence == FA_CONFIDENCE_LOW ? " ?" : "");
        else
            fa__writer_print(to, "<td></td></tr>\n");
    }
    fa__writer_print(
        to,
        "</table></div>\n<p class=\"quiet\">%sPC 1: share of the variance of "
        "what was clustered on its first principal component. Dead: numbers of it that are "
        "constant "
        "on all samples. Suggested k: found without labels; ?: not sure. Two seeds of one "
        "setting can differ as much as two settings: compare several seeds of each.</p>\n",
        truth ? "AMI_max: normaliser max(H(U), H(V)), 1 is the same partition, 0 is chance. "
                "NMI_sqrt: normaliser sqrt(H(U) H(V)), not corrected for chance. Matched: share "
                "of samples in the cluster matched with their class. "
              : "");
}

static void against_plain(fa__writer *to, const fa__figures *of) {
    bool any = false;
    for (size_t r = 0; r < of->count; r++) any |= fa__is_plain(&of->views[r]);
    if (!any) {
        fa__writer_print(to,
                         "<p>No plain run (loss.kind = none) is among these: whether a component "
                         "cost coarse accuracy, or gained anything, cannot be told.</p>\n");
        return;
    }
    for (size_t r = 0; r < of->count; r++) {
        const fa__view *v = &of->views[r], *plain = plain_for(of, v);
        if (plain == NULL) continue;
        fa__writer_print(to, "<div>");
        fa__html(to, v->name);
        fa__writer_print(to, " against ");
        fa__html(to, plain->name);
        double points = 100 * (v->scores.accuracy - plain->scores.accuracy);
        double ami = v->scores.ami_max - plain->scores.ami_max; /* NaN where not known */
        fa__writer_print(to, ":");
        if (isfinite(points)) fa__writer_print(to, " coarse accuracy %+.2f points", points);
        if (isfinite(ami))
            fa__writer_print(to, "%s AMI_max %+.3f", isfinite(points) ? "," : "", ami);
        fa__writer_print(to, "</div>\n");
    }
}

static size_t warnings(fa__writer *to, const fa__figures *of) {
    size_t count = 0;
    for (size_t r = 0; r < of->count; r++)
        count +=
            fa__page_warnings(to, &of->views[r], plain_for(of, &of->views[r]), of->views[r].name);
    if (count == 0) fa__writer_print(to, "<p>No warnings.</p>\n");
    return count;
}

static void differences(fa__writer *to, const fa__figures *of) {
    size_t count, rows = 0;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    fa__writer_print(to,
                     "<h2>What differs</h2>\n<div class=\"wide\"><table>\n<tr><th>recipe key</th>");
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "<th>");
        fa__html(to, of->views[r].name);
        fa__writer_print(to, "</th>");
    }
    fa__writer_print(to, "</tr>\n");
    for (size_t i = 0; i < count; i++) {
        bool same = true;
        for (size_t r = 1; r < of->count; r++)
            same &= strcmp(fa__view_key(&of->views[r], keys[i].name),
                           fa__view_key(&of->views[0], keys[i].name)) == 0;
        if (same) continue;
        rows++;
        fa__writer_print(to, "<tr><td>%s</td>", keys[i].name);
        for (size_t r = 0; r < of->count; r++) {
            fa__writer_print(to, "<td>");
            fa__html(to, fa__view_key(&of->views[r], keys[i].name));
            fa__writer_print(to, "</td>");
        }
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to, "</table></div>\n%s",
                     rows == 0 ? "<p>Nothing: the recipes are the same.</p>\n" : "");
}

static void ami_table(fa__writer *to, const fa__figures *of) {
    if (of->sweeps->count == 0 || !isfinite(of->sweeps->rows[0].ami)) return;
    fa__writer_print(to,
                     "<details><summary>AMI_max by number of clusters, as numbers (mean of single "
                     "starts)</summary>\n<div class=\"wide\"><table>\n<tr><th>k</th>");
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "<th>");
        fa__html(to, of->views[r].name);
        fa__writer_print(to, "</th>");
    }
    fa__writer_print(to, "</tr>\n");
    for (size_t i = 0; i < of->sweeps->count; i++) {
        fa__writer_print(to, "<tr><td>%zu</td>", of->sweeps->rows[i].k);
        for (size_t r = 0; r < of->count; r++)
            cell(to, of->sweeps->rows[r * of->sweeps->count + i].ami, false);
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to, "</table></div></details>\n");
}

fa_status fa__page_compare(fa__writer *to, fa__page *page) {
    const fa__figures *of = page->figures;
    fa__writer_print(to, "<h1>%zu runs compared</h1>\n<p class=\"quiet\">By forced-apart %s:",
                     of->count, fa_version());
    for (size_t r = 0; r < of->count; r++) {
        fa__writer_print(to, "%s <code>", r > 0 ? "," : "");
        fa__html(to, of->views[r].folder);
        fa__writer_print(to, "</code>");
    }
    fa__writer_print(to, "</p>\n");
    scores(to, of);
    against_plain(to, of);
    page->warnings = warnings(to, of);
    differences(to, of);
    FA_TRY(fa__page_figures(to, page));
    if (of->count > FA__PANELS_MAX)
        fa__writer_print(
            to,
            "<p class=\"quiet\">Side by side: the first %d runs; in one plot: the first "
            "%d.</p>\n",
            FA__PANELS_MAX, FA__LINES_MAX);
    ami_table(to, of);
    fa__writer_print(to,
                     "<p>The clusters of each run, and samples of them: <code>forced-apart report "
                     "RUN</code> writes a page on a single one.</p>\n");
    return FA_OK;
}
