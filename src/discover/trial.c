/* What each trial of a discovery takes: a training, the rows that it is judged on, its row in the
 * table. */
#include "discover/discover.h"

#include "base/counts.h"
#include "base/memory.h"
#include "recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_TEXT = 32 };

const char fa__target_space[] = "target", fa__below_space[] = "below";

fa_status fa__set_number(fa_recipe *recipe, const char *key, uint64_t value) {
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return fa_recipe_set(recipe, key, text);
}

fa_status fa__discover_train(fa_run **out, fa__search *s, uint64_t seed, const char *folder,
                             const char *label) {
    const fa_discover_options *o = s->options;
    const fa_train_options how = {.size = sizeof how,
                                  .progress = o->progress,
                                  .plan = label[0] == '\0' ? o->plan : NULL, /* what is kept */
                                  .user = o->user,
                                  .folder = folder,
                                  .overwrite = o->overwrite,
                                  .clusters = s->clusters,
                                  .start = s->start};
    if (o->begin != NULL && o->begin(o->user, label) != 0)
        return fa__fail(FA_E_STOPPED, "stopped before a training: %s", label);
    FA_TRY(fa__set_number(s->recipe, "train.seed", seed));
    return fa_train(out, s->recipe, s->data, o->test, &how);
}

fa_status fa__discover_train_more(fa_run **out, fa__search *s, uint64_t seed, const char *label,
                                  const char *stopped) {
    fa_run *run = NULL;
    FA_TRY(fa__discover_train(&run, s, seed, NULL, label));
    if (!fa_run_result(run)->stopped) {
        *out = run;
        return FA_OK;
    }
    fa_run_free(run);
    return fa__fail(FA_E_STOPPED, "%s", stopped);
}

fa_status fa__candidate_add(fa_candidate **out, fa_discovery *found) {
    const double none = (double)NAN;
    fa_candidate *grown =
        fa__grow(found->candidates, &found->capacity, found->count + 1, sizeof *grown);
    if (grown == NULL) return fa__nomem(found->count + 1, sizeof *grown);
    found->candidates = grown;
    *out = grown + found->count++;
    **out = (fa_candidate){.agreement = none,
                           .consistency = none,
                           .vote = none,
                           .views = none,
                           .silhouette = none,
                           .stability = none,
                           .accuracy = none,
                           .loss = none,
                           .active_pairs = none,
                           .ami = none};
    return FA_OK;
}

/* Those of data.views; of images that data.augment changes in training, farther than that. */
static fa_status make_views(fa__judged *judged, const fa_recipe *recipe) {
    fa_status status = FA_OK;
    fa_recipe *by = NULL;
    size_t *all = NULL;
    FA_CHECK(fa__recipe_copy(&by, recipe));
    if (fa__recipe_choice(by, FA__DATA_AUGMENT) != FA__AUGMENT_NONE) {
        FA_CHECK(fa_recipe_set(by, "data.augment", "none"));
        FA_CHECK(fa_recipe_set(by, "data.views", "auto"));
    }
    judged->m = judged->n < FA__JUDGED_VIEWS ? judged->n : FA__JUDGED_VIEWS;
    FA_CHECK(FA_NEW(all, judged->m));
    for (size_t i = 0; i < judged->m; i++) all[i] = i;
    FA_CHECK(fa_views_make(&judged->views, by, judged->samples, all, judged->m, 1));
done:
    fa__free(all);
    fa_recipe_free(by);
    return status;
}

/* The numbers of clusters that the user gave the labels, as the run has them. */
static fa_status take_counts(fa__judged *judged, const fa__search *s, fa_run *run) {
    const fa_clusters *clusters;
    if (judged->l == 0 || !fa__counts_given(fa__recipe_text(s->recipe, FA__CLUSTER_K)))
        return FA_OK;
    FA_TRY(fa_run_clusters(&clusters, run));
    FA_TRY(FA_NEW_ZERO(judged->k_of, judged->l));
    for (size_t c = 0; c < fa_clusters_count(clusters); c++) {
        int32_t label = fa_clusters_label(clusters, (int32_t)c);
        if (label >= 0 && (size_t)label < judged->l) judged->k_of[label]++;
    }
    return FA_OK;
}

fa_status fa__discover_judged(fa__judged *judged, const fa__search *s, fa_run *run) {
    const int32_t *samples, *labels, *classes;
    *judged = (fa__judged){.k = fa_run_result(run)->scores.k, .seed = s->options->seed};
    FA_TRY(fa_run_labels(&samples, run, FA_RUN_ROWS));
    FA_TRY(fa_run_labels(&labels, run, FA_RUN_COARSE));
    FA_TRY(fa_run_labels(&classes, run, FA_RUN_CLASSES));
    FA_TRY(fa__judged_open(judged, s->options->test != NULL ? s->options->test : s->data,
                           fa_run_result(run)->scores.n, samples, s->labels ? labels : NULL,
                           classes));
    FA_TRY(take_counts(judged, s, run));
    bool views = strcmp(fa_recipe_get(s->recipe, "data.views"), "none") != 0 ||
                 fa__recipe_choice(s->recipe, FA__DATA_AUGMENT) != FA__AUGMENT_NONE;
    /* Views of texts are words that the network knows: what they were is not there any more. */
    return views && fa_dataset_kind(s->data) != FA_KIND_TEXT ? make_views(judged, s->recipe)
                                                             : FA_OK;
}

/* A test set need not have labels. */
static bool has_within(const fa__judged *judged) {
    return judged->l > 0 && judged->k >= judged->l;
}

fa_within fa__judged_within(const fa__search *s, const fa__judged *judged) {
    bool wanted = fa__recipe_choice(s->recipe, FA__CLUSTER_WITHIN) != FA_WITHIN_NONE;
    return wanted && has_within(judged) ? FA_WITHIN_GIVEN : FA_WITHIN_NONE;
}

fa_status fa__judge_space(fa__search *s, fa__judged *judged, const fa__rows *rows,
                          const fa_candidate *as) {
    for (int within = 0; within < (has_within(judged) ? 2 : 1); within++) {
        fa_candidate *c = NULL;
        FA_TRY(fa__candidate_add(&c, s->found));
        *c = *as;
        c->within = within ? FA_WITHIN_GIVEN : FA_WITHIN_NONE;
        c->possible = as->possible && c->within == fa__judged_within(s, judged);
        FA_TRY(fa__candidate_judge(c, judged, rows));
    }
    return FA_OK;
}

fa_status fa__judge_consistency(fa__search *s, const fa__judged *judged) {
    return fa__judged_consistency(s->found->candidates + s->found->count - judged->count, judged,
                                  fa__judged_within(s, judged));
}

fa_status fa__rows_of_layer(fa__rows *rows, const fa__search *s, const fa__judged *judged,
                            fa_run *run, fa_run *other, size_t layer) {
    fa_status status = FA_OK;
    fa__rows raw = {0};
    const fa_model *model, *second = NULL;
    FA_CHECK(fa_run_model(&model, run));
    if (other != NULL) FA_CHECK(fa_run_model(&second, other));
    FA_CHECK(fa__rows_of_model(&raw, judged, model, second, layer));
    FA_CHECK(fa__rows_transform(
        rows, &raw, judged, (fa_transform_kind)fa__recipe_choice(s->recipe, FA__CLUSTER_TRANSFORM),
        0));
done:
    fa__rows_free(&raw);
    return status;
}

fa_status fa__judge_layer(fa__search *s, fa__judged *judged, fa_run *run, fa_run *other,
                          size_t layer, const char *name) {
    fa__rows rows = {0};
    const fa_train_result *r = fa_run_result(run);
    fa_candidate as = {.possible = layer == 0, /* another one is there to compare */
                       .vote = (double)NAN,
                       .accuracy = r->validation_accuracy,
                       .loss = r->validation_loss,
                       .active_pairs = r->active_pairs};
    snprintf(as.space, sizeof as.space, "%s", name);
    snprintf(as.training, sizeof as.training, "%s", s->training);
    fa_status status = fa__rows_of_layer(&rows, s, judged, run, other, layer);
    if (status == FA_OK) status = fa__judge_space(s, judged, &rows, &as);
    fa__rows_free(&rows);
    return status;
}

fa_status fa__candidates_take(fa__search *s, fa__judged *judged, size_t layer, const char *space) {
    fa_discovery *f = s->found;
    size_t before = f->count;
    for (size_t i = 0; i < before; i++) f->candidates[i].chosen = 0;
    FA_TRY(fa__judge_layer(s, judged, f->run, NULL, layer, space));
    for (size_t i = before; i < f->count; i++) {
        fa_candidate *c = &f->candidates[i];
        c->possible = c->chosen = c->within == fa__judged_within(s, judged);
    }
    return fa__judge_consistency(s, judged);
}
