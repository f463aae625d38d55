/* What a reader should know before believing a run. */
#include "report/page.h"

#include <math.h>
#include <string.h>

/* Where a number becomes worth a warning. */
static const double collapsed_share = 0.95; /* of the variance on one direction */
static const double huge_cluster = 0.9;     /* of the rows in one cluster */
static const double dead_share = 0.1;       /* of the units */
static const double no_effect = 0.01;       /* relative change of the component */
static const double accuracy_lost = 0.005;  /* the paper's bound: "less than 0.5 %" */
static const double above_majority = 0.01;

static void open_item(fa__writer *to, const char *what) {
    fa__writer_print(to, "<li><b>%s.</b> ", what);
}

bool fa__is_plain(const fa__view *v) {
    return strcmp(fa__view_key(v, "loss.kind"), "none") == 0;
}

static size_t collapse(fa__writer *to, const fa__view *v) {
    char space[FA__SPACE_TEXT];
    size_t empty = 0, largest = 0;
    for (size_t c = 0; c < v->k; c++) {
        empty += v->found[c].size == 0;
        if (v->found[c].size > largest) largest = v->found[c].size;
    }
    if (v->dead == v->d) {
        open_item(to, "Collapse");
        fa__writer_print(to,
                         "All %zu numbers of %s are constant: every sample has the same "
                         "representation.</li>\n",
                         v->d, fa__view_space(space, v));
        return 1;
    }
    size_t count = 0;
    if (v->components > 1 && v->variance_share[0] > collapsed_share) {
        open_item(to, "Collapse");
        fa__writer_print(to,
                         "One direction holds %.1f %% of the variance of %s: it says hardly more "
                         "than one number, most likely the coarse label.</li>\n",
                         100 * v->variance_share[0], fa__view_space(space, v));
        count++;
    }
    if (empty > 0) {
        open_item(to, "Empty clusters");
        fa__writer_print(to,
                         "%zu of %zu clusters have no sample: there are fewer distinct "
                         "representations than clusters.</li>\n",
                         empty, v->k);
        count++;
    }
    if (v->k > 1 && (double)largest > huge_cluster * (double)v->n) {
        open_item(to, "One cluster holds nearly all");
        fa__writer_print(to, "%.1f %% of the samples are in one of %zu clusters.</li>\n",
                         100 * (double)largest / (double)v->n, v->k);
        count++;
    }
    return count;
}

static size_t dead_units(fa__writer *to, const fa__view *v) {
    char space[FA__SPACE_TEXT];
    if (v->dead == v->d || (double)v->dead < dead_share * (double)v->d) return 0;
    bool input = fa__view_is_input(v);
    open_item(to, input ? "Constant columns" : "Dead neurons");
    fa__writer_print(
        to,
        "%zu of %zu numbers of %s are constant on all samples and take no part in the "
        "clusters.%s</li>\n",
        v->dead, v->d, fa__view_space(space, v),
        input ? "" : " A lower learning rate or a lighter component may keep neurons alive.");
    return 1;
}

/* The component was never on, had nothing to push, or did not move. */
static size_t without_effect(fa__writer *to, const fa__view *v) {
    double heaviest = 0;
    if (fa__is_plain(v) || v->epochs == 0) return 0;
    for (size_t e = 0; e < v->epochs; e++)
        heaviest = fmax(heaviest, v->history[e].component_weight);
    double first = v->history[0].component, last = v->history[v->epochs - 1].component;
    const char *why = NULL;
    if (!(heaviest > 0))
        why = "its weight was 0 in every epoch (loss.start_epoch, loss.weight)";
    else if (first == 0 && last == 0)
        why = "it was 0 from the start: no pair was within the margin (loss.margin)";
    else if (v->epochs > 1 && fabs(last - first) <= no_effect * fabs(first))
        why = "it changed by less than 1 % during training (loss.weight may be too small)";
    if (why == NULL) return 0;
    open_item(to, "Component without effect");
    fa__writer_print(to, "The component ");
    fa__html(to, fa__view_key(v, "loss.kind"));
    fa__writer_print(to, " did nothing: %s; it went from %.4g to %.4g.</li>\n", why, first, last);
    return 1;
}

static double majority(const fa__view *v) {
    size_t largest = 0;
    for (size_t g = 0; g < v->groups; g++) {
        size_t count = 0;
        for (size_t c = 0; c < v->k; c++) count += v->coarse_counts[c * v->groups + g];
        if (count > largest) largest = count;
    }
    return (double)largest / (double)v->n;
}

static size_t accuracy(fa__writer *to, const fa__view *v, const fa__view *against) {
    size_t count = 0;
    if (!isfinite(v->scores.accuracy)) return 0;
    if (v->coarse != NULL && v->scores.accuracy < majority(v) + above_majority) {
        open_item(to, "The coarse task was not learned");
        fa__writer_print(to,
                         "Its accuracy is %.3f where always naming the largest group gives %.3f: "
                         "the representation rests on nothing.</li>\n",
                         v->scores.accuracy, majority(v));
        count++;
    }
    if (against != NULL && against != v &&
        against->scores.accuracy - v->scores.accuracy > accuracy_lost) {
        open_item(to, "Coarse accuracy lost");
        fa__writer_print(to, "%.2f points below the plain run ",
                         100 * (against->scores.accuracy - v->scores.accuracy));
        fa__html(to, against->name);
        fa__writer_print(to, ": the component is too strong (a lower loss.weight, or a later "
                             "loss.start_epoch).</li>\n");
        count++;
    }
    return count;
}

static size_t list(fa__writer *to, const fa__view *v, const fa__view *against) {
    size_t count = collapse(to, v) + dead_units(to, v) + without_effect(to, v);
    count += accuracy(to, v, against);
    if (v->stopped) {
        open_item(to, "Stopped early");
        fa__writer_print(to,
                         "The training was stopped after %zu epochs; forced-apart train --resume "
                         "goes on.</li>\n",
                         v->epochs);
        count++;
    }
    return count;
}

size_t fa__page_warnings(fa__writer *to, const fa__view *v, const fa__view *against,
                         const char *heading) {
    /* Counted first, on a writer that keeps nothing: a box is only set around something. */
    fa__writer nowhere = {.error = 1};
    if (list(&nowhere, v, against) == 0) return 0;
    if (heading != NULL) {
        fa__writer_print(to, "<h3>Warnings: ");
        fa__html(to, heading);
        fa__writer_print(to, "</h3>\n");
    }
    fa__writer_print(to, "<ul class=\"warnings\">\n");
    size_t count = list(to, v, against);
    fa__writer_print(to, "</ul>\n");
    return count;
}
