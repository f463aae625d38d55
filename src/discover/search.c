/* Margins and weights of L_multi spread evenly over their logarithms, one training each, ranked by
 * signals that know no hidden classes.
 *
 * The rule: of all that keep the coarse validation accuracy of the plain network within the
 * tolerance, the plain one included, the one with the largest silhouette * stability of its
 * clusters wins; of equal ones the first. */
#include "discover/discover.h"

#include "base/number.h"
#include "recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct range {
    double low, high;
} range;

/* Beyond these either nothing happens or the coarse task suffers on every data set tried
 * (docs/training.md); an autoencoder's weight is a share, Eq. 11. */
static const range margins = {0.02, 0.5}, weights = {0.1, 30}, shares = {0.01, 0.5};

/* Point i of the van der Corput sequence: evenly spread in (0, 1) however many are taken. */
static double spread(size_t i, size_t base) {
    double x = 0, part = 1;
    for (; i > 0; i /= base) {
        part /= (double)base;
        x += part * (double)(i % base);
    }
    return x;
}

static void place(char out[16], range of, double at) {
    fa__format(out, 16, "%.2g", of.low * pow(of.high / of.low, at));
}

/* Setting 0 is the plain network. */
static fa_status set_setting(fa_recipe *recipe, const fa_candidate *c) {
    if (c->margin[0] == '\0') return fa_recipe_set(recipe, "loss.kind", "none");
    FA_TRY(fa_recipe_set(recipe, "loss.kind", "multi"));
    FA_TRY(fa_recipe_set(recipe, "loss.margin", c->margin));
    return fa_recipe_set(recipe, "loss.weight", c->weight);
}

static fa_status judge(fa_candidate *c, const fa__search *s, fa_run *run) {
    fa_status status = FA_OK;
    fa__judged judged = {0};
    fa__rows rows = {0};
    FA_CHECK(fa__discover_judged(&judged, s, run));
    FA_CHECK(fa__rows_of_layer(&rows, s, &judged, run, NULL, 0));
    if (judged.l == 0 || judged.k < judged.l) c->within = FA_WITHIN_NONE;
    FA_CHECK(fa__candidate_judge(c, &judged, &rows));
done:
    fa__rows_free(&rows);
    fa__judged_close(&judged);
    return status;
}

static fa_status try_setting(fa__search *s, size_t i) {
    const fa_discover_options *o = s->options;
    uint64_t seed = (uint64_t)fa__recipe_number(s->recipe, FA__TRAIN_SEED);
    char label[96];
    fa_candidate *c;
    fa_run *run = NULL;
    FA_TRY(fa__candidate_add(&c, s->found));
    snprintf(c->space, sizeof c->space, "%s", fa__target_space);
    snprintf(c->training, sizeof c->training, "%s",
             fa__training_name(i == 0 ? FA__PLAIN : FA__MULTI));
    c->within = (fa_within)fa__recipe_choice(s->recipe, FA__CLUSTER_WITHIN);
    if (i > 0) {
        place(c->margin, margins, spread(i, 2));
        place(c->weight, s->labels ? weights : shares, spread(i, 3));
    }
    snprintf(label, sizeof label, "setting %zu of %zu%s%s%s%s: ", i, o->search,
             i == 0 ? ", the plain network" : ", margin ", c->margin, i == 0 ? "" : ", weight ",
             c->weight);
    FA_TRY(set_setting(s->recipe, c));
    FA_TRY(fa__discover_train(&run, s, seed, NULL, label));
    const fa_train_result *r = fa_run_result(run);
    c->accuracy = r->validation_accuracy;
    c->loss = r->validation_loss;
    c->active_pairs = r->active_pairs;
    fa_status status =
        r->stopped ? fa__fail(FA_E_STOPPED, "stopped in setting %zu", i) : judge(c, s, run);
    fa_run_free(run);
    return status;
}

static double positive(double x) {
    return x > 0 ? x : 0;
}

static double score_of(const fa_candidate *c) {
    return positive(c->silhouette) * positive(c->stability);
}

/* An autoencoder has no accuracy: its loss may grow by the share. */
static bool costly(const fa_candidate *c, const fa_candidate *plain, double tolerance) {
    if (isfinite(plain->accuracy)) return !(c->accuracy >= plain->accuracy - tolerance);
    return !(c->loss <= plain->loss * (1 + tolerance));
}

fa_status fa__search_settings(fa__search *s) {
    const char *kind = fa_recipe_get(s->recipe, "loss.kind");
    if (strcmp(kind, "multi") != 0)
        return fa__fail(FA_E_RECIPE,
                        "loss.kind = %s: a search tries settings of multi; leave one of them out",
                        kind);
    for (size_t i = 0; i <= s->options->search; i++) FA_TRY(try_setting(s, i));
    fa_candidate *all = s->found->candidates, *best = all;
    for (size_t i = 0; i <= s->options->search; i++) {
        all[i].costly = costly(&all[i], &all[0], *s->options->tolerance);
        if (!all[i].costly && score_of(&all[i]) > score_of(best)) best = &all[i];
    }
    best->chosen = 1;
    s->training = fa__training_name(best == all ? FA__PLAIN : FA__MULTI);
    return set_setting(s->recipe, best);
}
