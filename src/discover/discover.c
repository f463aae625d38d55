/* From data to clusters: look, train, judge, choose. */
#include "discover/discover.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "comm/comm.h"
#include "data/dataset.h"
#include "model/model.h"
#include "recipe/recipe.h"
#include "run/run.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What nearest rows tell of the labels counts as much as it does for good clusters on the sets that were
 * looked at; what two halves or seeds agree on where there are no labels, and of the target layer
 * (docs/discover.md). */
static const double of_vote = 2, of_agreement = 0.25;
/* A difference in worth that chance makes, and of the target layer, whose clusterings are of two seeds;
 * and by how much columns in units of their own must be worth more as they are than standardised to be
 * taken so. */
static const double chance = 0.02, chance_of_seeds = 0.005, apart = 0.2;
/* A network that views have taught is taken where its two seeds agree more than a half of the input
 * does with the other, or its seeds and its views agree by themselves and the views more than those of
 * the input; of fewer rows it learns what its seed makes of them (docs/discover.md). */
static const double ahead = 0.1, sound = 0.7;
enum { ENOUGH_ROWS = 1000 };
static const double tolerance_usual = 0.01;

/* ==== Judging ==== */

static fa_status judge_input(fa__search *s, fa__judged *judged) {
    fa_status status = FA_OK;
    fa__rows raw = {0}, made = {0};
    const fa_model *model;
    const int32_t *labels = fa__judged_within(s, judged) != FA_WITHIN_NONE ? judged->labels : NULL;
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa__rows_of_input(&raw, judged, model));
    for (size_t i = 0; i < FA__FORMS; i++) {
        FA_CHECK(fa__form_of_input(&made, &raw, judged, i));
        if (made.d == 0) continue;
        fa_candidate as = {.possible = s->input,
                           .vote = (double)NAN,
                           .accuracy = (double)NAN,
                           .loss = (double)NAN,
                           .active_pairs = (double)NAN};
        snprintf(as.space, sizeof as.space, "%s", fa__forms[i].name);
        FA_CHECK(fa__judged_vote(&as.vote, judged, &made));
        FA_CHECK(fa__judge_space(s, judged, &made, &as));
        FA_CHECK(fa__judged_nearest(judged, &made, labels));
        fa__rows_free(&made);
    }
done:
    fa__rows_free(&raw);
    fa__rows_free(&made);
    return status;
}

/* ==== What speaks for each ==== */

static fa_candidate *possible(fa_discovery *f, const char *space) {
    for (size_t i = 0; i < f->count; i++)
        if (f->candidates[i].possible && strcmp(f->candidates[i].space, space) == 0)
            return &f->candidates[i];
    return NULL;
}

/* Whoever says the commonest label is right as often: less is no evidence of the space, but of rows that
 * are near to all others (hubs). NaN without labels. */
static double told(const fa__search *s, const fa_candidate *c) {
    return isfinite(c->vote) ? fmax(c->vote, s->commonest) : c->vote;
}

/* Of a form of the input: how well clusters found there hold near rows together. Hidden classes lie inside
 * the labels: where rows of one class are near each other rows of one label are, so how well the nearest
 * rows tell the label speaks for a form, too. Without labels it is what halves of the rows agree on, if
 * they are enough. */
static double worth(const fa__search *s, const fa_candidate *c) {
    if (isfinite(c->vote)) return c->consistency + of_vote * told(s, c);
    return c->consistency + (isfinite(c->agreement) ? of_agreement * c->agreement : 0);
}

static bool has_own_units(const fa__search *s) {
    return s->data->kind == FA_KIND_VECTORS &&
           strcmp(fa__recipe_text(s->recipe, FA__DATA_SCALE), "standard") == 0;
}

/* The form that the input has where nothing speaks against it. Columns in units of their own are
 * standardised, as for the network, unless their labels are better told as they are, or nothing holds
 * together then. The mean over the words of a text is the nearer to 0 the more they are: its direction
 * may tell more. */
static fa_candidate *usual_form(const fa__search *s) {
    fa_candidate *input = possible(s->found, fa__input_space);
    if (input == NULL) return NULL;
    if (s->data->kind == FA_KIND_TEXT) {
        fa_candidate *unit = possible(s->found, fa__unit_space);
        return isfinite(input->vote) && worth(s, input) > worth(s, unit) ? input : unit;
    }
    if (!has_own_units(s)) return input;
    fa_candidate *standard = possible(s->found, fa__standard_space);
    bool better = told(s, input) > told(s, standard); /* NaN: not known */
    bool far = worth(s, input) > worth(s, standard) + apart;
    return better || far ? input : standard;
}

/* Where units count, columns as they are say nothing of what is near; in the means of words the columns
 * of least spread are chance. */
static bool is_ruled_out(const fa__search *s, const fa_candidate *c, const fa_candidate *usual) {
    if (s->data->kind == FA_KIND_TEXT) return strcmp(c->space, fa__standard_space) == 0;
    return usual != NULL && strcmp(usual->space, fa__standard_space) == 0 &&
           (strcmp(c->space, fa__input_space) == 0 || strcmp(c->space, fa__unit_space) == 0);
}

/* Of the target layer and of a form that it is compared with, of n rows; and what it must have more by.
 * Of few rows its two seeds agree on what the labels made of them. */
static double by_seeds(const fa_candidate *c, size_t n) {
    return c->consistency + (n < ENOUGH_ROWS ? 0 : of_agreement * c->agreement);
}
static double lead_of_seeds(size_t n) {
    double root = sqrt((double)n);
    return n < ENOUGH_ROWS ? fmax(chance, 1 / root) : fmax(chance_of_seeds, of_agreement / root);
}

/* What the target layer was told of the labels is no sign of it. Its clusters, too, keep near rows of the
 * input together, and its two seeds find the same. One seed says nothing. */
static bool is_shown_by_seeds(const fa__search *s, const fa_candidate *target,
                              const fa_candidate *best) {
    size_t n = fa_run_result(s->found->run)->scores.n;
    return isfinite(target->agreement) &&
           by_seeds(target, n) - by_seeds(best, n) > lead_of_seeds(n);
}

/* Views know of what the classes do not depend on, which near rows of the input do not; unless the network
 * tells the labels of rows held out far worse than these do: then views kept what the labels are not
 * about (faces in many lights). */
static bool is_shown_by_views(const fa__search *s, const fa_candidate *target,
                              const fa_candidate *best) {
    if (!isfinite(target->views) || fa_run_result(s->found->run)->scores.n < ENOUGH_ROWS)
        return false;
    if (target->accuracy < told(s, best) - ahead) return false; /* NaN: not known, no objection */
    return target->agreement > best->agreement + ahead ||
           (target->agreement >= sound && target->views >= sound &&
            target->views > best->views + ahead);
}

/* A network that knows the labels of rows held out far better than near rows of the input do: what is
 * near there is not what the labels are about, and says little of the classes. */
static bool is_shown_by_labels(const fa__search *s, const fa_candidate *target) {
    const fa_candidate *input = possible(s->found, fa__input_space);
    return input != NULL && strcmp(s->training, fa__training_name(FA__PLAIN)) == 0 &&
           fa_run_result(s->found->run)->scores.n >= ENOUGH_ROWS &&
           target->accuracy > input->vote + ahead; /* NaN: not measured */
}

/* ==== Why ==== */

/* The user may have said where to cluster. */
static bool choice_is_open(const fa_discover_options *o) {
    static const char *const keys[] = {"cluster.space=", "cluster.layer=", "cluster.transform="};
    for (size_t i = 0; i < o->n_settings; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (strncmp(o->settings[i], keys[k], strlen(keys[k])) == 0) return false;
    return true;
}

enum { CLAIM_TEXT = 96 };

/* "0.812 (the nearest tell the label of 0.967)", as far as it was measured. */
static const char *claim(char out[CLAIM_TEXT], const fa_candidate *c) {
    bool told = isfinite(c->vote);
    double more = told ? c->vote : c->agreement;
    size_t used = isfinite(c->consistency)
                      ? (size_t)fa__format(out, CLAIM_TEXT, "%.3f", c->consistency)
                      : (size_t)snprintf(out, CLAIM_TEXT, "(not measured)");
    if (isfinite(more))
        fa__format(out + used, CLAIM_TEXT - used, " (%s %.3f)",
                   told ? "the nearest tell the label of" : "two halves by", more);
    return out;
}

static const char *by_seeds_text(size_t n) {
    return n < ENOUGH_ROWS ? "consistency" : "consistency + agreement / 4";
}

/* Why the target layer, which always could be taken, was not. */
static void add_target(const fa__search *s, const fa_candidate *target, const fa_candidate *form) {
    fa_discovery *f = s->found;
    size_t used = strlen(f->why), left = sizeof f->why - used, n = fa_run_result(f->run)->scores.n;
    double own = by_seeds(target, n), its = by_seeds(form, n);
    if (!isfinite(target->agreement) || !isfinite(own - its))
        snprintf(
            f->why + used, left,
            "; the target layer was not compared, which takes two trainings and rows enough to "
            "halve");
    else
        fa__format(f->why + used, left,
                   "; the target layer has a %s of %.3f, not %.3f more than its %.3f%s",
                   by_seeds_text(n), own, lead_of_seeds(n), its,
                   n < ENOUGH_ROWS ? " (fewer than 1,000 rows)" : "");
}

/* A form of the input; the next best of them may have more worth where `form` is the usual one. */
static void describe_form(const fa__search *s, const fa_candidate *form, const fa_candidate *next,
                          const fa_candidate *target) {
    fa_discovery *f = s->found;
    char a[CLAIM_TEXT], b[CLAIM_TEXT];
    size_t used = (size_t)snprintf(f->why, sizeof f->why,
                                   "%s: clusters of rows and of their nearest agree by AMI %s",
                                   form->space, claim(a, form));
    if (next != NULL)
        snprintf(
            f->why + used, sizeof f->why - used, "; in %s by %s%s", next->space, claim(b, next),
            worth(s, next) > worth(s, form) ? ", not enough more to leave the usual form" : "");
    add_target(s, target, form);
}

typedef enum reason { NOT_SHOWN, BY_LABELS, BY_SEEDS, BY_VIEWS } reason;

/* form NULL: the input has none that may be taken. */
static void describe_target(const fa__search *s, reason by, const fa_candidate *target,
                            const fa_candidate *form) {
    fa_discovery *f = s->found;
    size_t n = fa_run_result(f->run)->scores.n, size = sizeof f->why;
    if (by == BY_LABELS)
        fa__format(f->why, size,
                   "%s: of rows held out it tells the label of %.3f, the nearest rows of the input "
                   "of %.3f",
                   target->space, target->accuracy, possible(f, fa__input_space)->vote);
    else if (form == NULL)
        snprintf(f->why, size, "%s: %s", target->space,
                 choice_is_open(s->options)
                     ? "samples of this kind are not clustered by themselves"
                     : "where to cluster is set (cluster.space, layer or transform)");
    else if (by == BY_SEEDS)
        fa__format(f->why, size, "%s: its %s is %.3f, of %s %.3f", target->space, by_seeds_text(n),
                   by_seeds(target, n), form->space, by_seeds(form, n));
    else
        fa__format(f->why, size,
                   "%s: its agreement is %.3f and that of its views %.3f, of %s %.3f and %.3f",
                   target->space, target->agreement, target->views, form->space, form->agreement,
                   form->views);
}

/* ==== The choice ==== */

/* The form of the input, the usual one unless another is clearly better. NULL: it has none. */
static fa_candidate *best_form(const fa__search *s, fa_candidate **next) {
    fa_discovery *f = s->found;
    fa_candidate *usual = usual_form(s), *best = usual;
    double margin = fmax(chance, 1 / sqrt((double)fa_run_result(f->run)->scores.n));
    *next = NULL;
    for (size_t i = 0; usual != NULL && i < f->count; i++) {
        fa_candidate *c = &f->candidates[i];
        bool form = c->possible && c->training[0] == '\0' && !is_ruled_out(s, c, usual);
        if (!form || c == best) continue;
        if (worth(s, c) > worth(s, best) + (best == usual ? margin : 0)) {
            *next = best;
            best = c;
        } else if (*next == NULL || worth(s, c) > worth(s, *next)) {
            *next = c;
        }
    }
    return best;
}

static reason choose(const fa__search *s) {
    fa_discovery *f = s->found;
    fa_candidate *next, *form = best_form(s, &next), *target = possible(f, fa__target_space);
    reason by = is_shown_by_labels(s, target)                        ? BY_LABELS
                : form != NULL && is_shown_by_seeds(s, target, form) ? BY_SEEDS
                : form != NULL && is_shown_by_views(s, target, form) ? BY_VIEWS
                                                                     : NOT_SHOWN;
    if (form == NULL || by != NOT_SHOWN) {
        target->chosen = 1;
        describe_target(s, by, target, form);
    } else {
        form->chosen = 1;
        describe_form(s, form, next, target);
    }
    return by;
}

/* A trained layer that is taken is what the run clusters already. */
static fa_status take_choice(fa__search *s, uint64_t seed) {
    const fa_candidate *best = s->found->candidates;
    const fa_model *model;
    size_t layer, d;
    while (!best->chosen) best++;
    if (best->training[0] != '\0') return FA_OK;
    layer = s->input_layer;
    FA_TRY(fa_run_model(&model, s->found->run));
    FA_TRY(fa_model_layer_units(&d, model, layer > 0 ? layer : FA_LAYER_INPUT));
    FA_TRY(fa__set_number(s->recipe, "train.seed", seed));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.space", layer > 0 ? "layer" : "input"));
    FA_TRY(fa__set_number(s->recipe, "cluster.layer", layer));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.components", "0"));
    for (size_t i = 0; i < FA__FORMS; i++) {
        if (strcmp(fa__forms[i].name, best->space) != 0) continue;
        FA_TRY(fa_recipe_set(s->recipe, "cluster.transform", fa_transform_name(fa__forms[i].kind)));
        FA_TRY(fa__set_number(s->recipe, "cluster.components",
                              fa__form_components(fa__forms[i].kind, best->k, d)));
    }
    return fa__train_cluster(s->found->run, s->recipe, s->data, s->options->test);
}

static fa_status take_rows(fa_discovery *f) {
    fa_status status = FA_OK;
    const fa_clusters *clusters;
    const float *h;
    int32_t *labels = NULL, *assignment = NULL;
    size_t d;
    FA_CHECK(fa_run_clusters(&clusters, f->run));
    FA_CHECK(fa_run_embeddings(&h, &f->n, &d, f->run));
    FA_CHECK(fa_run_labels(&f->clusters, f->run, FA_RUN_ASSIGNMENT));
    FA_CHECK(FA_NEW(f->confidence, f->n));
    FA_CHECK(FA_NEW(labels, f->n));
    FA_CHECK(FA_NEW(assignment, f->n));
    for (size_t i = 0; i < f->n; i++) labels[i] = fa_clusters_label(clusters, f->clusters[i]);
    FA_CHECK(fa_clusters_assign(assignment, NULL, f->confidence, clusters, h, f->n, d, labels));
done:
    fa__free(labels);
    fa__free(assignment);
    return status;
}

/* ==== The whole ==== */

static double commonest_of(const fa__judged *judged) {
    size_t most = 0, labelled = 0;
    for (size_t y = 0; y < judged->l; y++) {
        size_t rows = 0;
        for (size_t i = 0; i < judged->n; i++) rows += judged->labels[i] == (int32_t)y;
        labelled += rows;
        if (rows > most) most = rows;
    }
    return labelled > 0 ? (double)most / (double)labelled : 0;
}

static fa_status judge_all(fa__search *s, fa__judged *judged, fa_run *other) {
    FA_TRY(fa__discover_judged(judged, s, s->found->run));
    s->commonest = commonest_of(judged);
    FA_TRY(judge_input(s, judged));
    FA_TRY(fa__judge_layer(s, judged, s->found->run, other, 0, fa__target_space));
    if (s->layer_below > 0)
        FA_TRY(fa__judge_layer(s, judged, s->found->run, other, s->layer_below, fa__below_space));
    return fa__judge_consistency(s, judged);
}

/* The number of the layer below the target layer, where it is trained and makes rows; not below one
 * that has no weights, which says the same in fewer numbers. */
static size_t layer_below(const fa__network *network, size_t input_layer) {
    size_t number = network->target;
    if (number <= input_layer || network->layers[number].n_parameters == 0) return 0;
    const fa__shape *out = &network->layers[number - 1].out;
    return out->form == FA__SERIES || out->features > FA__FLAT_MAX ? 0 : number;
}

/* Whether the input may be chosen: it makes rows of one width. */
static fa_status look_at_input(fa__search *s) {
    const fa_model *model;
    FA_TRY(fa_run_model(&model, s->found->run));
    s->input_layer = fa__model_input_layer(model);
    bool stretched, rows = s->data->kind == FA_KIND_VECTORS || s->data->kind == FA_KIND_IMAGES ||
                           fa__dataset_steps(s->data, &stretched) > 0 || s->input_layer > 0;
    s->input = rows && choice_is_open(s->options);
    s->layer_below = layer_below(model->network, s->input_layer);
    return FA_OK;
}

static void add_seed(fa_discovery *f, uint64_t seed) {
    size_t used = strlen(f->why);
    snprintf(f->why + used, sizeof f->why - used,
             "; the network is that of seed %llu, whose loss is the lowest",
             (unsigned long long)seed);
}

static fa_status discover(fa__search *s) {
    fa_status status = FA_OK;
    const fa_discover_options *o = s->options;
    fa_run *other = NULL;
    fa__judged judged = {0};
    const uint64_t first = (uint64_t)fa__recipe_number(s->recipe, FA__TRAIN_SEED);
    uint64_t seed = first;
    if (o->search > 0) FA_CHECK(fa__search_settings(s));
    if (o->methods != NULL) FA_CHECK(fa__compare_methods(s));
    FA_CHECK(fa__discover_train(&s->found->run, s, seed, o->folder, ""));
    if (fa_run_result(s->found->run)->stopped) return take_rows(s->found);
    FA_CHECK(look_at_input(s));
    FA_CHECK(fa__discover_seeds(s, &other, &seed));
    FA_CHECK(judge_all(s, &judged, other));
    bool inside = fa__judged_within(s, &judged) != FA_WITHIN_NONE; /* clusters have a label each */
    if (choose(s) == BY_LABELS && inside && choice_is_open(o) &&
        fa__is_of_photographs(s->recipe, s->data))
        FA_CHECK(fa__discover_again(s, &judged, seed));
    else if (inside && choice_is_open(o) && other != NULL && fa__wide_suits(s, &judged))
        FA_CHECK(fa__discover_wide(s, &judged, seed));
    FA_CHECK(take_choice(s, seed));
    FA_CHECK(take_rows(s->found));
    if (seed != first) add_seed(s->found, seed);
    if (o->folder != NULL && fa_rank() == 0) FA_CHECK(fa__candidates_write(s->found, o->folder));
done:
    fa__judged_close(&judged);
    fa_run_free(other);
    return status;
}

/* As candidates.csv and the page have it. */
static const char *training_name(const fa_recipe *recipe, bool labels) {
    const char *kind = fa__recipe_text(recipe, FA__LOSS_KIND);
    if (strcmp(kind, "infonce") == 0) return fa__training_name(FA__NEIGHBOURS);
    if (fa__recipe_choice(recipe, FA__LOSS_HOLD) != FA__HOLD_NONE)
        return fa__training_name(strcmp(kind, "information") == 0 ? FA__INFORMATION : FA__HELD);
    if (!labels) return "autoencoder";
    return strcmp(kind, "none") == 0 ? fa__training_name(FA__PLAIN) : kind;
}

/* What one rank does; another may fail wherever this one does not. */
static fa_status discover_here(fa_discovery **out, const fa_dataset *data,
                               const fa_discover_options *options) {
    fa_status status = FA_OK;
    fa_discover_options own;
    int hidden;
    fa__search s = {.options = &own, .data = data};
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_discover_options"));
    if (own.tolerance == NULL) own.tolerance = &tolerance_usual;
    FA_TRY(fa__options_same(&own));
    FA_CHECK(fa__options_check(&own, data));
    FA_CHECK(fa__discover_recipe(&s.recipe, data, &own, NULL));
    s.labels = fa_discover_labels(&hidden, data, s.recipe, own.label_free) != FA_LABELS_NONE;
    s.training = training_name(s.recipe, s.labels);
    FA_CHECK(FA_NEW_ZERO(s.found, 1));
    FA_CHECK(discover(&s));
    *out = s.found;
    s.found = NULL;
done:
    fa_discovery_free(s.found);
    fa_recipe_free(s.recipe);
    return status;
}

fa_status fa_discover(fa_discovery **out, const fa_dataset *data,
                      const fa_discover_options *options) {
    const fa__comm *comm = fa__comm_world();
    fa_discovery *found = NULL;
    if (out == NULL) return fa__fail(FA_E_ARGUMENT, "out is NULL; it takes what is found");
    fa__comm_hold(comm, true);
    fa_status status = discover_here(&found, data, options);
    fa__comm_hold(comm, false);
    status = fa__comm_close(comm, status);
    if (status == FA_OK)
        *out = found;
    else
        fa_discovery_free(found);
    return status;
}

void fa_discovery_free(fa_discovery *found) {
    if (found == NULL) return;
    fa_run_free(found->run);
    fa__free(found->candidates);
    fa__free(found->confidence);
    fa__free(found);
}

fa_run *fa_discovery_run(const fa_discovery *found) {
    return found->run;
}

const fa_recipe *fa_discovery_recipe(const fa_discovery *found) {
    return fa_run_recipe(found->run);
}

const int32_t *fa_discovery_clusters(const fa_discovery *found, size_t *n) {
    *n = found->n;
    return found->clusters;
}

const double *fa_discovery_confidence(const fa_discovery *found, size_t *n) {
    *n = found->n;
    return found->confidence;
}

const fa_candidate *fa_discovery_candidates(const fa_discovery *found, size_t *count) {
    *count = found->count;
    return found->candidates;
}

const char *fa_discovery_why(const fa_discovery *found) {
    return found->why;
}
