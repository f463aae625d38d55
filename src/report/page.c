/* The page of one run, and what it shares with the page that compares several. */
#include "report/page.h"

#include "recipe/recipe.h"

#include <math.h>
#include <string.h>

/* ==== Scores ==== */

static void score_row(fa__writer *to, const char *name, double value, const char *meaning) {
    if (!isfinite(value)) return;
    fa__writer_print(to, "<tr><td>%s</td><td>%.4f</td><td>%s</td></tr>\n", name, value, meaning);
}

/* AMI_max in words. */
static const char *reading_of(double ami) {
    static const struct {
        double below;
        const char *text;
    } steps[] = {
        {0.05, "The clusters have no more to do with the hidden classes than chance."},
        {0.3, "The clusters have a little to do with the hidden classes."},
        {0.6,
         "The clusters are clearly related to the hidden classes, but many mix several of them."},
        {0.85, "Most clusters are mainly one hidden class."},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (ami < steps[i].below) return steps[i].text;
    return "The clusters are nearly the hidden classes.";
}

static void scores(fa__writer *to, const fa__view *v) {
    const fa_scores *s = &v->scores;
    char space[FA__SPACE_TEXT];
    fa__writer_print(to,
                     "<h2>Scores</h2>\n<div class=\"wide\"><table class=\"text\">\n<tr><th>score"
                     "</th><th>value</th><th>what it is</th></tr>\n");
    score_row(to, "coarse accuracy", s->accuracy, "share of right coarse labels");
    if (s->has_truth) {
        score_row(to, "AMI_max", s->ami_max,
                  "adjusted mutual information of clusters and hidden "
                  "classes; normaliser max(H(U), H(V)); 1 is the same "
                  "partition, 0 is chance");
        score_row(to, "NMI_sqrt", s->nmi_geometric,
                  "normalised mutual information; normaliser "
                  "sqrt(H(U) H(V)); not corrected for chance");
        score_row(to, "ARI", s->ari, "adjusted Rand index; pairs of samples, corrected for chance");
        if (v->has_match)
            score_row(to, "matched", (double)v->agreed / (double)v->n,
                      "share of samples in the cluster that is matched with their class");
    }
    fa__writer_print(
        to, "</table></div>\n<p>KMeans with k = %zu on %s, %zu numbers a sample, %zu samples%s. ",
        v->k, fa__view_space(space, v), v->d, v->n,
        strcmp(v->split, "test") == 0  ? " of the test split"
        : strcmp(v->split, "all") == 0 ? ": all there are, those trained on too"
                                       : " of the validation split");
    if (s->has_truth)
        fa__writer_print(to, "%s</p>\n", reading_of(s->ami_max));
    else
        fa__writer_print(
            to, "No hidden classes are known, so no score says whether these clusters mean "
                "anything: look at the samples of each.</p>\n");
}

/* ==== What was trained ==== */

static void value_of(fa__writer *to, const fa__view *v, const char *key) {
    const char *value = fa__view_key(v, key);
    if (value[0] == '\0') return;
    fa__writer_print(to, "<code>");
    fa__html(to, value);
    fa__writer_print(to, "</code>");
}

static void what_was_trained(fa__writer *to, const fa__view *v) {
    char views[FA_PLAN_VIEWS];
    fa__writer_print(to, "<p>A network (");
    value_of(to, v, "network.layers");
    fa__writer_print(to, ") was trained on ");
    value_of(to, v, "data.train");
    if (fa__view_key(v, "data.groups")[0] != '\0') {
        fa__writer_print(to, ", whose classes were told to it as the coarse groups ");
        value_of(to, v, "data.groups");
    }
    if (fa__is_plain(v)) {
        fa__writer_print(to, ", without a component that forces representations apart");
    } else {
        fa__writer_print(to, ", with the component ");
        value_of(to, v, "loss.kind");
        fa__writer_print(to, " (margin ");
        value_of(to, v, "loss.margin");
        fa__writer_print(to, ", weight ");
        value_of(to, v, "loss.weight");
        fa__writer_print(to, ")");
    }
    fa__writer_print(to, ", seed ");
    value_of(to, v, "train.seed");
    fa__writer_print(to, ": %zu epochs, of which the %s one was kept.</p>\n", v->epochs,
                     v->best_epoch == v->epochs ? "last" : "best");
    fa__recipe_views_text(views, v->recipe, v->data);
    if (views[0] == '\0') return;
    fa__writer_print(to, "<p>Samples in training: ");
    fa__html(to, views);
    fa__writer_print(to, ".</p>\n");
}

static void recipe(fa__writer *to, const fa__view *v) {
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    fa__writer_print(to,
                     "<h2>The recipe</h2>\n<details><summary>every key</summary>\n<div class="
                     "\"wide\"><table class=\"text\">\n<tr><th>key</th><th>value</th><th>what it "
                     "is</th></tr>\n");
    for (size_t i = 0; i < count; i++) {
        fa__writer_print(to, "<tr><td>%s</td><td>", keys[i].name);
        value_of(to, v, keys[i].name);
        fa__writer_print(to, "</td><td>");
        fa__html(to, keys[i].text);
        fa__writer_print(to, "</td></tr>\n");
    }
    fa__writer_print(to, "</table></div></details>\n");
}

/* ==== Tables behind the figures ==== */

static void activation_table(fa__writer *to, const fa__view *v) {
    char scratch[FA__NAME_MAX];
    size_t c, units = v->d < 256 ? v->d : 256;
    if (fa__view_truth(v, &c) == NULL || c > 100) return;
    fa__writer_print(to,
                     "<details><summary>most active neurons by class, as numbers</summary>\n<div "
                     "class=\"wide\"><table>\n<tr><th>neuron</th>");
    for (size_t y = 0; y < c; y++) {
        fa__writer_print(to, "<th>");
        fa__html(to, fa__truth_name(v, y, scratch));
        fa__writer_print(to, "</th>");
    }
    fa__writer_print(to, "</tr>\n");
    for (size_t u = 0; u < units; u++) {
        fa__writer_print(to, "<tr><td>%zu</td>", u);
        for (size_t y = 0; y < c; y++)
            fa__writer_print(to, "<td>%zu</td>", v->activation[u * c + y]);
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to,
                     "</table></div>\n<p class=\"quiet\">%zu samples with no most active neuron "
                     "(all alike).</p></details>\n",
                     v->silent);
}

static void history_table(fa__writer *to, const fa__view *v) {
    fa__writer_print(
        to,
        "<details><summary>the training, as numbers</summary>\n<div class=\"wide\">"
        "<table>\n<tr><th>epoch</th><th>task loss</th><th>component</th><th>its "
        "weight</th><th>accuracy</th><th>validation loss</th><th>validation accuracy"
        "</th><th>gradient norm</th><th>dead units</th><th>pairs inside the margin</th></tr>\n");
    for (size_t e = 0; e < v->epochs; e++) {
        const fa_epoch *h = &v->history[e];
        const double cells[] = {h->task_loss,     h->component,       h->component_weight,
                                h->accuracy,      h->validation_loss, h->validation_accuracy,
                                h->gradient_norm, h->dead_units,      h->active_pairs};
        fa__writer_print(to, "<tr><td>%zu</td>", h->epoch);
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
            if (isfinite(cells[i]))
                fa__writer_print(to, "<td>%.4g</td>", cells[i]);
            else
                fa__writer_print(to, "<td></td>");
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to, "</table></div></details>\n");
}

static void layer_line(fa__writer *to, const fa__view *v) {
    char space[FA__SPACE_TEXT];
    fa__view_space(space, v);
    fa__writer_print(to, "<p class=\"quiet\">%zu of %zu numbers of %s are constant on all samples.",
                     v->dead, v->d, space);
    if (isfinite(v->active_pairs))
        fa__writer_print(to,
                         " Of the pairs that the component is about, %.1f %% are inside the margin "
                         "and would still be pushed apart (on at most 512 samples).",
                         100 * v->active_pairs);
    if (v->components > 0) fa__writer_print(to, " Variance of %s by principal component:", space);
    for (size_t i = 0; i < v->components; i++)
        fa__writer_print(to, "%s %.1f %%", i > 0 ? "," : "", 100 * v->variance_share[i]);
    fa__writer_print(to, "%s</p>\n",
                     v->components == 0     ? ""
                     : v->components < v->d ? " and less."
                                            : ".");
}

/* ==== How many clusters ==== */

static void how_many(fa__writer *to, const fa__view *v, const fa__sweeps *sweeps) {
    fa__writer_print(to, "<h2>How many clusters?</h2>\n");
    if (sweeps->count == 0) {
        fa__writer_print(to, "<p>There are too few samples to try several numbers.</p>\n");
        return;
    }
    const fa_sweep_choice *choice = &sweeps->choice[0];
    fa__writer_print(
        to,
        "<p>Without looking at any label: %s.</p>\n<p class=\"quiet\">The suggestion is "
        "the k with the largest silhouette &times; stability%s. It is a rule of thumb: "
        "it asks for compact, repeatable clusters, and a hidden class need be neither. "
        "Look at the samples for k below and above it.</p>\n",
        choice->why,
        v->groups > 0 ? " above the number of coarse labels, which the network was "
                        "trained to keep apart"
                      : "");
    fa__writer_print(
        to,
        "<details><summary>every k</summary>\n<div class=\"wide\"><table>\n<tr><th>k</th>"
        "<th>silhouette</th><th>stability</th><th>+-</th><th>restarts agree</th><th>"
        "mean squared distance</th>%s</tr>\n",
        v->classes != NULL ? "<th>AMI_max, one start</th>" : "");
    for (size_t i = 0; i < sweeps->count; i++) {
        const fa_sweep_row *row = &sweeps->rows[i];
        fa__writer_print(to,
                         "<tr><td%s>%zu</td><td>%.3f</td><td>%.3f</td><td>%.3f</td><td>%.3f</td>"
                         "<td>%.4g</td>",
                         row->k == choice->k ? " class=\"hit\"" : "", row->k, row->silhouette,
                         row->stability, row->stability_deviation, row->restart_stability,
                         row->inertia);
        if (v->classes != NULL) fa__writer_print(to, "<td>%.3f</td>", row->ami);
        fa__writer_print(to, "</tr>\n");
    }
    fa__writer_print(to, "</table></div></details>\n");
}

/* ==== The page ==== */

static void files(fa__writer *to) {
    fa__writer_print(
        to, "<h2>Files beside this page</h2>\n<p><code>figures/</code> has each figure as SVG "
            "and PNG with its data (CSV) and gnuplot script. In the run folder: <code>"
            "clusters.csv</code> (row, coarse label, cluster, distance to its centre, "
            "confidence: 1 - distance / distance to the next centre, 1 at the centre and 0 on "
            "the border); <code>vectors.tsv</code> and <code>metadata.tsv</code> for "
            "TensorBoard&#39;s projector (at most 10,000 samples, chosen with a fixed seed)."
            "</p>\n");
}

static fa_status write_single(fa__writer *to, fa__page *page) {
    const fa__view *v = &page->figures->views[0];
    fa__writer_print(to, "<h1>");
    fa__html(to, v->name);
    fa__writer_print(to, "</h1>\n<p class=\"quiet\">A run of forced-apart %s, in <code>",
                     fa_version());
    fa__html(to, v->folder);
    fa__writer_print(to, "</code></p>\n");
    page->warnings = fa__page_warnings(to, v, NULL, NULL);
    if (page->warnings == 0) fa__writer_print(to, "<p>No warnings.</p>\n");
    FA_TRY(
        fa__page_clusters(to, v)); /* what was asked for; then how good it is, then how it came */
    how_many(to, v, page->figures->sweeps);
    scores(to, v);
    FA_TRY(fa__page_candidates(to, v->folder));
    FA_TRY(fa__page_figures(to, page));
    layer_line(to, v);
    activation_table(to, v);
    what_was_trained(to, v);
    history_table(to, v);
    recipe(to, v);
    files(to);
    return FA_OK;
}

fa_status fa__page_write(fa__page *page) {
    fa__writer to;
    char title[2 * FA__NAME_MAX];
    bool single = page->figures->count == 1;
    if (single)
        snprintf(title, sizeof title, "%s - forced-apart", page->figures->views[0].name);
    else
        snprintf(title, sizeof title, "%zu runs compared - forced-apart", page->figures->count);
    FA_TRY(fa__writer_open(&to, page->path));
    fa__html_head(&to, title);
    fa_status status = single ? write_single(&to, page) : fa__page_compare(&to, page);
    fa__writer_print(&to, "</body>\n</html>\n");
    fa_status closed = fa__writer_close(&to, status == FA_OK);
    return status != FA_OK ? status : closed;
}
