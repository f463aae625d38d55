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

enum { NUMBER_TEXT = 32 };

/* How much more a space must agree than the input to be taken in its place: a map that starts from
 * the input, or its whitened components (and 1 / sqrt(n) more), or a network that views have taught;
 * or how much two seeds and two views of the latter must agree by themselves (docs/guide.md). */
static const double ahead_of_map = 0.02, ahead_of_form = 0.08, ahead = 0.1, sound = 0.7;
static const char input_pca[] = "input-pca", below_target[] = "below";
static const double tolerance_usual = 0.01;

/* ==== Trainings ==== */

/* By another seed, in memory. */
static fa_status train_again(fa_run **out, fa__search *s, uint64_t seed) {
    FA_TRY(fa__discover_train(out, s, seed, NULL, "the second training, for agreement: "));
    if (!fa_run_result(*out)->stopped) return FA_OK;
    return fa__fail(FA_E_STOPPED, "stopped in the second training; the first one is whole");
}

/* ==== Judging ==== */

/* The last are as many principal components as there are clusters, or as many as there are. */
static const struct space {
    const char *name;
    fa_transform_kind kind;
} inputs[] = {{"input", FA_TRANSFORM_NONE},
              {"input-unit", FA_TRANSFORM_UNIT},
              {"input-standard", FA_TRANSFORM_STANDARD},
              {input_pca, FA_TRANSFORM_WHITEN_UNIT}};
enum { INPUTS = sizeof inputs / sizeof *inputs, FORMS = INPUTS - 1, WIDEST_PCA = 4096 };

static size_t components_of(fa_transform_kind kind, size_t k, size_t d) {
    if (kind != FA_TRANSFORM_WHITEN_UNIT) return 0;
    return k < d ? k : d;
}

static fa_status judge_input(fa__search *s, const fa__judged *judged) {
    fa_status status = FA_OK;
    fa__rows raw = {0}, made = {0};
    const fa_model *model;
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa__rows_of_input(&raw, judged, model));
    for (size_t i = 0; i < INPUTS && (i < FORMS || raw.d <= WIDEST_PCA); i++) {
        fa_candidate as = {.possible = s->input,
                           .accuracy = (double)NAN,
                           .loss = (double)NAN,
                           .active_pairs = (double)NAN};
        snprintf(as.space, sizeof as.space, "%s", inputs[i].name);
        FA_CHECK(fa__rows_transform(&made, &raw, judged, inputs[i].kind,
                                    components_of(inputs[i].kind, judged->k, raw.d)));
        FA_CHECK(fa__judge_space(s, judged, &made, &as));
        fa__rows_free(&made);
    }
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

/* Of few rows the agreement is less sure. */
static double unsure(const fa__search *s) {
    size_t n = fa_dataset_count(s->data);
    return 1 / sqrt((double)(n < FA__JUDGED ? n : FA__JUDGED));
}

/* Of the inputs: columns in units of their own are standardised, as for the network; the mean over
 * the words of a text is the nearer to 0 the more they are, and its direction tells; what else is in
 * one unit has its clusters most clearly apart in the form that suits them. */
static fa_candidate *choose_form(const fa__search *s) {
    fa_discovery *f = s->found;
    if (s->data->kind == FA_KIND_VECTORS &&
        strcmp(fa__recipe_text(s->recipe, FA__DATA_SCALE), "standard") == 0)
        return possible(f, "input-standard");
    if (s->data->kind == FA_KIND_TEXT) return possible(f, "input-unit");
    fa_candidate *best = possible(f, "input");
    for (size_t i = 1; i < FORMS && best != NULL; i++) {
        fa_candidate *c = possible(f, inputs[i].name);
        if (c->silhouette > best->silhouette) best = c;
    }
    return best;
}

/* Whitened components throw away how much a column varies: they must be far clearer. */
static fa_candidate *choose_input(const fa__search *s) {
    fa_candidate *best = choose_form(s), *pca = possible(s->found, input_pca);
    if (best == NULL || pca == NULL) return best;
    return pca->agreement > best->agreement + ahead_of_form + unsure(s) ? pca : best;
}

static bool is_map(const fa_candidate *target) {
    return strcmp(target->training, fa__training_name(FA__NEIGHBOURS)) == 0;
}

/* Whether a trained space is taken in the place of an input. */
static bool is_better(const fa__search *s, const fa_candidate *target, const fa_candidate *input) {
    double by = is_map(target) ? ahead_of_map + unsure(s) : ahead;
    if (target->agreement > input->agreement + by) return true;
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
    fa_candidate *input = choose_input(s), *target = possible(f, fa__target_space);
    fa_candidate *pca = possible(f, input_pca), *best = input;
    if (input == NULL || is_better(s, target, input)) best = target;
    /* Of two forms of the input that agree as well, what nothing was trained for. */
    if (best == target && is_map(target) && pca != NULL && pca->agreement >= target->agreement)
        best = pca;
    best->chosen = 1;
    describe(f, best, best == target ? input : target);
}

/* The run as it was trained has clusters of the target layer. */
static fa_status take_choice(fa__search *s, uint64_t seed) {
    const fa_candidate *best = s->found->candidates;
    const fa_model *model;
    size_t layer, d;
    while (!best->chosen) best++;
    if (strcmp(best->space, fa__target_space) == 0) return FA_OK;
    layer = strcmp(best->space, below_target) == 0 ? s->layer_below : s->input_layer;
    FA_TRY(fa_run_model(&model, s->found->run));
    FA_TRY(fa_model_layer_units(&d, model, layer > 0 ? layer : FA_LAYER_INPUT));
    FA_TRY(fa__set_number(s->recipe, "train.seed", seed));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.space", layer > 0 ? "layer" : "input"));
    FA_TRY(fa__set_number(s->recipe, "cluster.layer", layer));
    FA_TRY(fa_recipe_set(s->recipe, "cluster.components", "0"));
    for (size_t i = 0; i < INPUTS; i++) {
        if (strcmp(inputs[i].name, best->space) != 0) continue;
        FA_TRY(fa_recipe_set(s->recipe, "cluster.transform", fa_transform_name(inputs[i].kind)));
        FA_TRY(fa__set_number(s->recipe, "cluster.components",
                              components_of(inputs[i].kind, best->k, d)));
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

static fa_status judge_all(fa__search *s, fa_run *other) {
    fa__judged judged;
    fa_status status = fa__discover_judged(&judged, s, s->found->run);
    if (status == FA_OK) status = judge_input(s, &judged);
    if (status == FA_OK)
        status = fa__judge_layer(s, &judged, s->found->run, other, 0, fa__target_space);
    if (status == FA_OK && s->layer_below > 0)
        status = fa__judge_layer(s, &judged, s->found->run, other, s->layer_below, below_target);
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

/* The number of the layer below the target layer, where it is trained and makes rows. */
static size_t layer_below(const fa__network *network, size_t input_layer) {
    size_t number = network->target;
    if (number <= input_layer) return 0;
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

static fa_status discover(fa__search *s) {
    fa_status status = FA_OK;
    const fa_discover_options *o = s->options;
    fa_run *other = NULL;
    uint64_t seed = (uint64_t)fa__recipe_number(s->recipe, FA__TRAIN_SEED);
    if (o->search > 0) FA_CHECK(fa__search_settings(s));
    if (o->methods != NULL) FA_CHECK(fa__compare_methods(s));
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
    const char *kind = fa__recipe_text(recipe, FA__LOSS_KIND);
    if (strcmp(kind, "infonce") == 0) return fa__training_name(FA__NEIGHBOURS);
    if (fa__recipe_choice(recipe, FA__LOSS_HOLD) != FA__HOLD_NONE)
        return fa__training_name(strcmp(kind, "information") == 0 ? FA__INFORMATION : FA__HELD);
    return labels ? kind : "autoencoder";
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
