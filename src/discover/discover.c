/* From data to clusters: look, train, judge, choose. */
#include "discover/discover.h"

#include "augment/augment.h"
#include "base/bytes.h"
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
#include <stdlib.h>
#include <string.h>

enum { TRAININGS_MAX = 2, SEARCH_MAX = 99, NUMBER_TEXT = 32 };

/* How much more a trained space must agree than the input to be taken in its place: a map that
 * starts from the input (and 1 / sqrt(n) more: of few rows the agreement is less sure), or a network
 * that views have taught; or how much two seeds and two views of the latter must agree by themselves
 * (docs/guide.md). */
static const double ahead_of_map = 0.02, ahead = 0.1, sound = 0.7;
static const char by_neighbours[] = "neighbours"; /* the training of such a map */
static const double tolerance_usual = 0.01;

/* ==== Labels ==== */

const char *fa_label_source_name(fa_label_source source) {
    static const char *const names[] = {[FA_LABELS_NONE] = "none",
                                        [FA_LABELS_GIVEN] = "given",
                                        [FA_LABELS_CLASSES] = "classes",
                                        [FA_LABELS_GROUPS] = "groups"};
    return (unsigned)source < sizeof names / sizeof *names ? names[source] : NULL;
}

static bool set_in(const fa_recipe *recipe, const char *key) {
    return recipe != NULL && fa_recipe_get(recipe, key)[0] != '\0';
}

static fa_label_source source_of(const fa_dataset *data, const fa_recipe *recipe, bool label_free) {
    bool free_task =
        recipe != NULL && strcmp(fa_recipe_get(recipe, "train.task"), "reconstruction") == 0;
    if (label_free || free_task) return FA_LABELS_NONE;
    if (fa_dataset_coarse(data) != NULL) return FA_LABELS_GIVEN;
    if (fa_dataset_classes(data) == NULL) return FA_LABELS_NONE;
    if (set_in(recipe, "data.groups")) return FA_LABELS_GROUPS;
    /* Hidden ones are never trained on by themselves. */
    if (set_in(recipe, "data.hidden_column") || set_in(recipe, "data.hidden"))
        return FA_LABELS_NONE;
    return FA_LABELS_CLASSES;
}

fa_label_source fa_discover_labels(int *hidden, const fa_dataset *data, const fa_recipe *recipe,
                                   int label_free) {
    fa_label_source source = source_of(data, recipe, label_free != 0);
    *hidden = fa_dataset_classes(data) != NULL && source != FA_LABELS_CLASSES;
    return source;
}

/* ==== The recipe ==== */

static fa_status apply_settings(fa_recipe *recipe, const fa_discover_options *options) {
    for (size_t i = 0; i < options->n_settings; i++) {
        char key[64];
        const char *text = options->settings[i], *equals = strchr(text, '=');
        if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof key)
            return fa__fail(FA_E_RECIPE, "'%s' is no setting; loss.margin=0.5 is one", text);
        snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
        FA_TRY(fa_recipe_set(recipe, key, equals + 1));
    }
    return FA_OK;
}

static size_t distinct_classes(const fa_dataset *data) {
    const int32_t *classes = fa_dataset_classes(data);
    int32_t seen[1024];
    size_t count = 0, n = fa_dataset_count(data);
    for (size_t i = 0; i < n && count < sizeof seen / sizeof *seen; i++) {
        size_t at = 0;
        while (at < count && seen[at] != classes[i]) at++;
        if (at == count) seen[count++] = classes[i];
    }
    return count;
}

static size_t distinct_labels(const fa_dataset *data) {
    const int32_t *coarse = fa_dataset_coarse(data);
    size_t most = 0;
    for (size_t i = 0; coarse != NULL && i < fa_dataset_count(data); i++)
        if (coarse[i] >= 0 && (size_t)coarse[i] + 1 > most) most = (size_t)coarse[i] + 1;
    return most > 2 ? most : 2;
}

/* Units of a target layer that is held together: the clusters where their number is known, else
 * four for each coarse label, ten at least. */
static size_t width_of(const fa_dataset *data, const char *k, bool hidden) {
    size_t number = 0;
    const char *rest = k;
    for (; *rest != '\0'; rest++) { /* "10", or the sum of "a=4, b=6" */
        const char *from = rest == k && strchr(k, '=') == NULL ? rest
                           : rest[0] == '='                    ? rest + 1
                                                               : NULL;
        if (from != NULL) number += strtoul(from, NULL, 10);
    }
    if (number == 0 && strcmp(k, "auto") != 0 && hidden) number = distinct_classes(data);
    if (number == 0) number = 4 * distinct_labels(data) > 10 ? 4 * distinct_labels(data) : 10;
    return number > 1 ? number : 2;
}

static fa_status make_recipe(fa_recipe *recipe, const fa_dataset *data,
                             const fa_discover_options *o) {
    int hidden;
    FA_TRY(apply_settings(recipe, o)); /* data.groups among them says what the labels are */
    bool label_free = fa_discover_labels(&hidden, data, recipe, o->label_free) == FA_LABELS_NONE;
    char number[NUMBER_TEXT];
    snprintf(number, sizeof number, "%zu", o->k);
    const char *k = o->clusters != NULL ? o->clusters : o->k > 0 ? number : hidden ? "0" : "auto";
    fa__training training =
        o->search > 0 && !label_free ? FA__MULTI : fa__training_for(data, label_free);
    FA_TRY(fa__suggest(recipe, data, training, label_free, width_of(data, k, hidden), o->epochs));
    FA_TRY(fa_recipe_set(recipe, "cluster.k", k));
    FA_TRY(fa_recipe_set(recipe, "cluster.within", label_free ? "none" : "given"));
    if (o->test == NULL) FA_TRY(fa_recipe_set(recipe, "cluster.rows", "all"));
    FA_TRY(fa__set_number(recipe, "train.seed", o->seed));
    if (o->epochs > 0) FA_TRY(fa__set_number(recipe, "train.epochs", o->epochs));
    return apply_settings(recipe, o);
}

static fa_status check_options(const fa_discover_options *o, const fa_dataset *data) {
    if (data == NULL) return fa__fail(FA_E_ARGUMENT, "data is NULL; there is nothing to look at");
    if (o->trainings > TRAININGS_MAX)
        return fa__fail(FA_E_ARGUMENT, "trainings is %zu, it must be 1 or %d", o->trainings,
                        TRAININGS_MAX);
    if (o->search > SEARCH_MAX)
        return fa__fail(FA_E_ARGUMENT, "search is %zu, it must be at most %d", o->search,
                        SEARCH_MAX);
    if (!(o->tolerance >= 0 && o->tolerance <= 1))
        return fa__fail(FA_E_ARGUMENT, "tolerance is %g, it must be 0 to 1", o->tolerance);
    if (o->n_settings > 0 && o->settings == NULL)
        return fa__fail(FA_E_ARGUMENT, "settings is NULL, and n_settings %zu", o->n_settings);
    return FA_OK;
}

static fa_status recipe_for(fa_recipe **out, const fa_dataset *data, const fa_discover_options *o) {
    fa_recipe *made;
    FA_TRY(check_options(o, data));
    FA_TRY(o->recipe != NULL ? fa__recipe_copy(&made, o->recipe) : fa_recipe_create(&made));
    fa_status status = make_recipe(made, data, o);
    if (status == FA_OK)
        *out = made;
    else
        fa_recipe_free(made);
    return status;
}

fa_status fa_discover_recipe(fa_recipe **out, const fa_dataset *data,
                             const fa_discover_options *options) {
    fa_discover_options own;
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_discover_options"));
    return recipe_for(out, data, &own);
}

/* ==== Trainings ==== */

/* By another seed, in memory. */
static fa_status train_again(fa_run **out, fa__search *s, uint64_t seed) {
    FA_TRY(fa__discover_train(out, s, seed, NULL, "the second training, for agreement: "));
    if (!fa_run_result(*out)->stopped) return FA_OK;
    return fa__fail(FA_E_STOPPED, "stopped in the second training; the first one is whole");
}

/* ==== Judging ==== */

/* A space over all rows and within labels; those that the user does not cluster by are there to
 * compare. */
static fa_status judge(fa__search *s, const fa__judged *judged, const fa__rows *rows,
                       const fa_candidate *as) {
    bool inside = judged->l > 0 && judged->k >= judged->l; /* a test set need not have labels */
    bool wanted = fa__recipe_choice(s->recipe, FA__CLUSTER_WITHIN) != FA_WITHIN_NONE && inside;
    for (int within = 0; within < (inside ? 2 : 1); within++) {
        fa_candidate *c = NULL;
        FA_TRY(fa__candidate_add(&c, s->found));
        *c = *as;
        c->within = within ? FA_WITHIN_GIVEN : FA_WITHIN_NONE;
        c->possible = as->possible && wanted == (within != 0);
        FA_TRY(fa__candidate_judge(c, judged, rows));
    }
    return FA_OK;
}

static const struct space {
    const char *name, *key;
    fa_transform_kind kind;
} inputs[] = {{"input", "none", FA_TRANSFORM_NONE},
              {"input-unit", "unit", FA_TRANSFORM_UNIT},
              {"input-standard", "standard", FA_TRANSFORM_STANDARD}};
enum { INPUTS = sizeof inputs / sizeof *inputs };

static fa_status judge_input(fa__search *s, const fa__judged *judged) {
    fa_status status = FA_OK;
    fa__rows raw = {0}, made = {0};
    const fa_model *model;
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa__rows_of_input(&raw, judged, model));
    for (size_t i = 0; i < INPUTS; i++) {
        fa_candidate as = {.possible = s->input,
                           .accuracy = (double)NAN,
                           .loss = (double)NAN,
                           .active_pairs = (double)NAN};
        snprintf(as.space, sizeof as.space, "%s", inputs[i].name);
        FA_CHECK(fa__rows_transform(&made, &raw, judged, inputs[i].kind));
        FA_CHECK(judge(s, judged, &made, &as));
        fa__rows_free(&made);
    }
done:
    fa__rows_free(&raw);
    fa__rows_free(&made);
    return status;
}

static fa_status judge_target(fa__search *s, const fa__judged *judged, fa_run *run, fa_run *other) {
    fa_status status = FA_OK;
    fa__rows raw = {0}, made = {0};
    const fa_model *model, *second = NULL;
    const fa_train_result *r = fa_run_result(run);
    fa_candidate as = {.possible = 1,
                       .accuracy = r->validation_accuracy,
                       .loss = r->validation_loss,
                       .active_pairs = r->active_pairs};
    snprintf(as.space, sizeof as.space, "target");
    snprintf(as.training, sizeof as.training, "%s", s->training);
    FA_CHECK(fa_run_model(&model, run));
    if (other != NULL) FA_CHECK(fa_run_model(&second, other));
    FA_CHECK(fa__rows_of_model(&raw, judged, model, second));
    FA_CHECK(
        fa__rows_transform(&made, &raw, judged,
                           (fa_transform_kind)fa__recipe_choice(s->recipe, FA__CLUSTER_TRANSFORM)));
    FA_CHECK(judge(s, judged, &made, &as));
done:
    fa__rows_free(&raw);
    fa__rows_free(&made);
    return status;
}

/* ==== The choice ==== */

static fa_candidate *possible(fa_discovery *f, const char *space) {
    for (size_t i = 0; i < f->count; i++)
        if (f->candidates[i].possible && strcmp(f->candidates[i].space, space) == 0)
            return &f->candidates[i];
    return NULL;
}

/* Of the inputs: columns in units of their own are standardised, as for the network; the mean over
 * the words of a text is the nearer to 0 the more they are, and its direction tells; what else is in
 * one unit has its clusters most clearly apart in the form that suits them. */
static fa_candidate *choose_input(const fa__search *s) {
    fa_discovery *f = s->found;
    if (s->data->kind == FA_KIND_VECTORS &&
        strcmp(fa__recipe_text(s->recipe, FA__DATA_SCALE), "standard") == 0)
        return possible(f, "input-standard");
    if (s->data->kind == FA_KIND_TEXT) return possible(f, "input-unit");
    fa_candidate *best = possible(f, "input");
    for (size_t i = 1; i < INPUTS && best != NULL; i++) {
        fa_candidate *c = possible(f, inputs[i].name);
        if (c->silhouette > best->silhouette) best = c;
    }
    return best;
}

/* Whether a trained space is taken in the place of an input. */
static bool is_better(const fa_candidate *target, const fa_candidate *input, size_t n) {
    double unsure = 1 / sqrt((double)(n < FA__JUDGED ? n : FA__JUDGED));
    bool map = strcmp(target->training, by_neighbours) == 0;
    if (target->agreement > input->agreement + (map ? ahead_of_map + unsure : ahead)) return true;
    return target->agreement >= sound && target->views >= sound &&
           target->views > input->views + ahead;
}

enum { CLAIM_TEXT = 96 };

/* "0.812, of two views by 0.700", as far as it was measured. */
static const char *claim(char out[CLAIM_TEXT], const fa_candidate *c) {
    char seeds[NUMBER_TEXT], views[NUMBER_TEXT];
    fa__format(seeds, sizeof seeds, "%.3f", c->agreement);
    fa__format(views, sizeof views, "%.3f", c->views);
    snprintf(out, CLAIM_TEXT, "%s%s%s", isfinite(c->agreement) ? seeds : "(too few rows)",
             isfinite(c->views) ? ", of two views by " : "", isfinite(c->views) ? views : "");
    return out;
}

static void describe(fa_discovery *f, const fa_candidate *best, const fa_candidate *next) {
    char a[CLAIM_TEXT], b[CLAIM_TEXT];
    if (next == NULL)
        snprintf(f->why, sizeof f->why, "%s: samples of this kind are not clustered by themselves",
                 best->space);
    else
        snprintf(f->why, sizeof f->why,
                 "%s: clusterings of two halves agree by AMI %s; in %s by %s%s", best->space,
                 claim(a, best), next->space, claim(b, next),
                 best->training[0] != '\0' ? "" : ", which is not clearly better");
}

static void choose(const fa__search *s) {
    fa_discovery *f = s->found;
    fa_candidate *input = choose_input(s), *target = possible(f, "target");
    fa_candidate *best = input;
    if (input == NULL || is_better(target, input, fa_dataset_count(s->data))) best = target;
    best->chosen = 1;
    describe(f, best, best == input ? target : input);
}

/* The run as it was trained has clusters of the target layer. */
static fa_status take_choice(fa__search *s, uint64_t seed) {
    const fa_candidate *best = s->found->candidates;
    while (!best->chosen) best++;
    if (best->training[0] != '\0') return FA_OK;
    FA_TRY(fa__set_number(s->recipe, "train.seed", seed));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.space", s->input_layer > 0 ? "layer" : "input"));
    FA_TRY(fa__set_number(s->recipe, "cluster.layer", s->input_layer));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.components", "0"));
    for (size_t i = 0; i < INPUTS; i++)
        if (strcmp(inputs[i].name, best->space) == 0)
            FA_TRY(fa_recipe_set(s->recipe, "cluster.transform", inputs[i].key));
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

static fa_status judge_all(fa__search *s, fa_run *other) {
    fa__judged judged;
    fa_status status = fa__discover_judged(&judged, s, s->found->run);
    if (status == FA_OK) status = judge_input(s, &judged);
    if (status == FA_OK) status = judge_target(s, &judged, s->found->run, other);
    fa__judged_close(&judged);
    return status;
}

/* The user may have said where to cluster. */
static bool choice_is_open(const fa_discover_options *o) {
    static const char *const keys[] = {"cluster.space=", "cluster.layer=", "cluster.transform="};
    for (size_t i = 0; i < o->n_settings; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (strncmp(o->settings[i], keys[k], strlen(keys[k])) == 0) return false;
    return true;
}

/* Whether the input may be chosen: it makes rows of one width. */
static fa_status look_at_input(fa__search *s) {
    const fa_model *model;
    FA_TRY(fa_run_model(&model, s->found->run));
    s->input_layer = fa__model_input_layer(model);
    bool rows = s->data->kind == FA_KIND_VECTORS || s->data->kind == FA_KIND_IMAGES ||
                fa__dataset_steps(s->data) > 0 || s->input_layer > 0;
    s->input = rows && choice_is_open(s->options);
    return FA_OK;
}

static fa_status discover(fa__search *s) {
    fa_status status = FA_OK;
    const fa_discover_options *o = s->options;
    fa_run *other = NULL;
    uint64_t seed = (uint64_t)fa__recipe_number(s->recipe, FA__TRAIN_SEED);
    if (o->search > 0) FA_CHECK(fa__search_settings(s));
    FA_CHECK(fa__discover_train(&s->found->run, s, seed, o->folder, ""));
    if (fa_run_result(s->found->run)->stopped) return take_rows(s->found);
    FA_CHECK(look_at_input(s));
    if ((o->trainings > 0 ? o->trainings : s->input ? 2 : 1) > 1)
        FA_CHECK(train_again(&other, s, seed + 1));
    FA_CHECK(judge_all(s, other));
    choose(s);
    FA_CHECK(take_choice(s, seed));
    FA_CHECK(take_rows(s->found));
    if (o->folder != NULL && fa_rank() == 0) FA_CHECK(fa__candidates_write(s->found, o->folder));
done:
    fa_run_free(other);
    return status;
}

/* As candidates.csv and the page have it. */
static const char *training_name(const fa_recipe *recipe, bool labels) {
    if (fa__recipe_choice(recipe, FA__LOSS_POSITIVES) == FA__POSITIVES_NEIGHBOURS)
        return by_neighbours;
    if (fa__recipe_choice(recipe, FA__LOSS_HOLD) != FA__HOLD_NONE) return "held";
    return labels ? fa_recipe_get(recipe, "loss.kind") : "autoencoder";
}

/* That all ranks were given the same, but for the recipe and the data, which trainings compare. */
static fa_status same_options(const fa_discover_options *o) {
    const fa__comm *comm = fa__comm_world();
    char text[FA__COMM_TEXT];
    uint64_t settings = 0;
    for (size_t i = 0; o->settings != NULL && i < o->n_settings; i++) {
        const uint64_t both[] = {settings, fa__digest(o->settings[i], strlen(o->settings[i]))};
        settings = fa__digest(both, sizeof both);
    }
    fa__format(text, sizeof text,
               "trainings %zu, search %zu, tolerance %g, epochs %zu, set %016llx", o->trainings,
               o->search, o->tolerance, o->epochs, (unsigned long long)settings);
    return fa__comm_same(comm, "set of options", text, "give all ranks the same");
}

/* What one rank does; another may fail wherever this one does not. */
static fa_status discover_here(fa_discovery **out, const fa_dataset *data,
                               const fa_discover_options *options) {
    fa_status status = FA_OK;
    fa_discover_options own;
    int hidden;
    fa__search s = {.options = &own, .data = data};
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_discover_options"));
    if (own.tolerance == 0) own.tolerance = tolerance_usual;
    FA_TRY(same_options(&own));
    FA_CHECK(recipe_for(&s.recipe, data, &own));
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
