/* Clusters within coarse labels, by a recipe. Letters: n rows, l labels, y one of them. */
#include "train/within.h"

#include "base/counts.h"
#include "base/memory.h"
#include "base/sort.h"

#include <stdio.h>
#include <string.h>

/* ==== Names ==== */

/* Labels that were made of classes: the classes by name, and the label of each. */
static fa_status name_classes(fa__coarse *out, const fa__task *task) {
    fa_status status = FA_OK;
    int32_t *values = NULL;
    size_t n = task->train->n, count;
    FA_CHECK(FA_NEW(values, n));
    memcpy(values, task->classes, n * sizeof *values);
    count = fa__distinct(values, n);
    FA_CHECK(fa__coarse_class_names(&out->classes, task->train, values, count));
    FA_CHECK(FA_NEW(out->label_of, count));
    for (size_t i = 0; i < n; i++)
        out->label_of[fa__distinct_place(values, count, task->classes[i])] = task->coarse[i];
done:
    fa__free(values);
    return status;
}

/* 0, 1, ... */
static fa_status name_numbers(fa__names *out, size_t count) {
    enum { DIGITS = 24 };
    fa_status status = FA_OK;
    char(*numbers)[DIGITS] = NULL;
    const char **texts = NULL;
    FA_CHECK(FA_NEW(numbers, count));
    FA_CHECK(FA_NEW(texts, count));
    for (size_t y = 0; y < count; y++) {
        snprintf(numbers[y], sizeof numbers[y], "%zu", y);
        texts[y] = numbers[y];
    }
    FA_CHECK(fa__names_make(out, texts, count, "labels"));
done:
    fa__free(numbers);
    fa__free(texts);
    return status;
}

/* The labels' own names, those of the classes that they are, or the numbers of groups of classes.
 */
static fa_status name_labels(fa__coarse *out, const fa__task *task) {
    if (task->train->labels.coarse != NULL)
        return fa__names_copy(&out->names, &task->train->labels.coarse_names);
    FA_TRY(name_classes(out, task));
    if (task->hidden != NULL) return name_numbers(&out->names, task->groups);
    return fa__names_copy(&out->names, &out->classes);
}

/* ==== Numbers of clusters ==== */

/* a=4, b=6: one for each label. */
static fa_status take_counts(fa__within *w, size_t *k, const char *text) {
    const fa__names *names = &w->coarse.names;
    const char **all = NULL;
    FA_TRY(FA_NEW(all, names->count));
    for (size_t y = 0; y < names->count; y++) all[y] = fa__names_at(names, y);
    fa_status status = fa_kmeans_counts(w->k_of, text, all, NULL, 0, names->count);
    fa__free(all);
    if (status != FA_OK)
        return fa__fail_within(status == FA_E_ARGUMENT ? FA_E_RECIPE : status, "cluster.k");
    *k = 0;
    for (size_t y = 0; y < names->count; y++) *k += w->k_of[y];
    w->set = true;
    return FA_OK;
}

fa_status fa__within_open(fa__within *within, size_t *k, const fa_recipe *recipe,
                          const fa__task *task) {
    fa_status status = FA_OK;
    const char *text = fa__recipe_text(recipe, FA__CLUSTER_K),
               *how = fa__recipe_text(recipe, FA__CLUSTER_WITHIN);
    fa__within made = {.how = (fa_within)fa__recipe_choice(recipe, FA__CLUSTER_WITHIN)};
    bool counts = fa__counts_given(text);
    *within = (fa__within){0};
    if (made.how == FA_WITHIN_NONE && counts)
        return fa__fail(FA_E_RECIPE,
                        "cluster.k = %s: numbers for labels go with cluster.within = given or "
                        "predicted, not none",
                        text);
    if (made.how == FA_WITHIN_NONE) return FA_OK;
    if (task->groups == 0)
        return fa__fail(FA_E_RECIPE,
                        "cluster.within = %s: train.task = reconstruction knows no coarse labels; "
                        "set cluster.within = "
                        "none",
                        how);
    FA_CHECK(name_labels(&made.coarse, task));
    FA_CHECK(FA_NEW_ZERO(made.k_of, task->groups));
    if (counts) FA_CHECK(take_counts(&made, k, text));
    if (*k > 0 && *k < task->groups)
        FA_CHECK(fa__fail(FA_E_RECIPE,
                          "cluster.k = %zu: cluster.within = %s needs at least one cluster for "
                          "each of the %zu coarse labels; %zu works, or cluster.within = none",
                          *k, how, task->groups, task->groups));
    *within = made;
    made = (fa__within){0};
done:
    fa__within_close(&made);
    return status;
}

void fa__within_close(fa__within *within) {
    fa__coarse_free(&within->coarse);
    fa__free(within->k_of);
    within->k_of = NULL;
}

/* ==== Rows ==== */

fa_status fa__within_check(const fa__within *within, const int32_t *labels, size_t n) {
    size_t *rows, l = within->coarse.names.count;
    fa_status status = FA_OK;
    if (!within->set) return FA_OK;
    FA_TRY(FA_NEW_ZERO(rows, l));
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        all = all && labels[i] >= 0;
        if (labels[i] >= 0) rows[labels[i]]++;
    }
    for (size_t y = 0; all && y < l && status == FA_OK; y++)
        if (within->k_of[y] > rows[y] || (within->k_of[y] == 0 && rows[y] > 0))
            status = fa__fail(FA_E_ARGUMENT,
                              "cluster.k: %zu clusters are asked for within the coarse label '%s', "
                              "which %zu of the "
                              "clustered rows have",
                              within->k_of[y], fa__names_at(&within->coarse.names, y), rows[y]);
    fa__free(rows);
    return status;
}

void fa__within_labels(int32_t *labels, const fa__within *within, const int32_t *given,
                       const float *logits, size_t n, size_t c) {
    bool take = within->how == FA_WITHIN_GIVEN && given != NULL;
    for (size_t i = 0; i < n; i++) labels[i] = take ? given[i] : -1;
    fa__coarse_predict(labels, logits, n, c);
}

/* What the sweep said, with the names of the labels. */
static void explain(fa_sweep_choice *choice, const fa__within *within) {
    size_t used = 0;
    choice->why[0] = '\0';
    for (size_t y = 0; y < within->coarse.names.count && used < sizeof choice->why - 1; y++) {
        int wrote =
            snprintf(choice->why + used, sizeof choice->why - used, "%s%zu in %s",
                     y > 0 ? ", " : "", within->k_of[y], fa__names_at(&within->coarse.names, y));
        used += (size_t)wrote;
    }
}

fa_status fa__within_share(fa__within *within, size_t *k, fa_sweep_choice *choice,
                           const fa_recipe *recipe, const fa__space *space, const int32_t *labels) {
    size_t l = within->coarse.names.count;
    uint64_t seed = (uint64_t)fa__recipe_number(recipe, FA__CLUSTER_SEED);
    if (within->set) return FA_OK;
    if (*k > 0) {
        fa_kmeans_options how = fa_kmeans_options_default();
        how.k = *k;
        how.seed = seed;
        FA_TRY(fa_kmeans_share(within->k_of, space->x, space->n, space->columns, labels, l, &how));
    } else {
        fa_sweep_options how = fa_sweep_options_default();
        how.seed = seed;
        FA_TRY(fa_sweep_within(within->k_of, choice, space->x, space->n, space->columns, labels, l,
                               &how));
        explain(choice, within);
        *k = choice->k;
    }
    within->set = true;
    return FA_OK;
}
