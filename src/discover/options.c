/* What the options of a discovery make of data: coarse labels, and the recipe of a training. */
#include "discover/discover.h"

#include "base/bytes.h"
#include "base/number.h"
#include "base/options.h"
#include "comm/comm.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAININGS_MAX = 9, SEARCH_MAX = 99, NUMBER_TEXT = 32 };

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

/* Where nobody said k it is the number of the classes, and each label wants a cluster of its own. Labels of
 * one sample each are told as such by the training. */
static fa_status check_classes(const fa_recipe *recipe, const fa_dataset *data) {
    size_t classes = distinct_classes(data), labels = data->labels.coarse_names.count;
    bool counted = strcmp(fa_recipe_get(recipe, "cluster.k"), "0") == 0 &&
                   strcmp(fa_recipe_get(recipe, "cluster.within"), "none") != 0;
    if (!counted || classes >= labels || 2 * labels > data->n) return FA_OK;
    return fa__fail(
        FA_E_LABEL,
        "there %s %zu hidden class%s and %s%zu coarse labels: are --labels and --hidden "
        "the wrong way round? (else -k N, -k auto or --set cluster.within=none)",
        classes == 1 ? "is" : "are", classes, classes == 1 ? "" : "es",
        classes == 1 ? "there are " : "", labels);
}

static fa_status make_recipe(fa_recipe *recipe, const fa_dataset *data,
                             const fa_discover_options *o, const fa__training *wanted) {
    int hidden;
    FA_TRY(apply_settings(recipe, o)); /* data.groups among them says what the labels are */
    bool label_free = fa_discover_labels(&hidden, data, recipe, o->label_free) == FA_LABELS_NONE;
    char number[NUMBER_TEXT];
    snprintf(number, sizeof number, "%zu", o->k);
    const char *k = o->clusters != NULL ? o->clusters : o->k > 0 ? number : hidden ? "0" : "auto";
    fa__training training = wanted != NULL                 ? *wanted
                            : o->search > 0 && !label_free ? FA__MULTI
                                                           : fa__training_for(data, label_free);
    FA_TRY(fa__suggest(recipe, data, training, label_free, width_of(data, k, hidden), o->epochs));
    FA_TRY(fa_recipe_set(recipe, "cluster.k", k));
    FA_TRY(fa_recipe_set(recipe, "cluster.within", label_free ? "none" : "given"));
    if (o->test == NULL) FA_TRY(fa_recipe_set(recipe, "cluster.rows", "all"));
    FA_TRY(fa__set_number(recipe, "train.seed", o->seed));
    FA_TRY(fa__set_number(recipe, "cluster.seed", o->seed)); /* by which spaces are compared */
    if (o->epochs > 0) FA_TRY(fa__set_number(recipe, "train.epochs", o->epochs));
    FA_TRY(apply_settings(recipe, o));
    return hidden && fa_dataset_coarse(data) != NULL ? check_classes(recipe, data) : FA_OK;
}

static fa_status check_methods(const char *list, const fa_dataset *data) {
    fa__training methods[FA__TRAININGS];
    size_t count;
    FA_TRY(fa__methods_read(methods, &count, list));
    for (size_t i = 0; i < count; i++)
        if (methods[i] == FA__NEIGHBOURS && data->kind != FA_KIND_VECTORS &&
            data->kind != FA_KIND_TEXT)
            return fa__fail(FA_E_ARGUMENT,
                            "methods: %s is for vectors and texts; plain, multi, held and "
                            "information are for images and series, too",
                            fa__training_name(methods[i]));
    return FA_OK;
}

fa_status fa__options_check(const fa_discover_options *o, const fa_dataset *data) {
    if (data == NULL) return fa__fail(FA_E_ARGUMENT, "data is NULL; there is nothing to look at");
    if (o->trainings > TRAININGS_MAX)
        return fa__fail(FA_E_ARGUMENT, "trainings is %zu, it must be 1 to %d", o->trainings,
                        TRAININGS_MAX);
    if (o->search > SEARCH_MAX)
        return fa__fail(FA_E_ARGUMENT, "search is %zu, it must be at most %d", o->search,
                        SEARCH_MAX);
    if (o->tolerance != NULL && !(*o->tolerance >= 0 && *o->tolerance <= 1))
        return fa__fail(FA_E_ARGUMENT, "tolerance is %g, it must be 0 to 1", *o->tolerance);
    if (o->search > 0 && o->methods != NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "methods and search: a search tries settings of multi alone; "
                        "leave one of them out");
    if (o->n_settings > 0 && o->settings == NULL)
        return fa__fail(FA_E_ARGUMENT, "settings is NULL, and n_settings %zu", o->n_settings);
    return o->methods != NULL ? check_methods(o->methods, data) : FA_OK;
}

fa_status fa__discover_recipe(fa_recipe **out, const fa_dataset *data, const fa_discover_options *o,
                              const fa__training *training) {
    fa_recipe *made;
    FA_TRY(o->recipe != NULL ? fa__recipe_copy(&made, o->recipe) : fa_recipe_create(&made));
    fa_status status = make_recipe(made, data, o, training);
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
    FA_TRY(fa__options_check(&own, data));
    return fa__discover_recipe(out, data, &own, NULL);
}

fa_status fa__options_same(const fa_discover_options *o) {
    const fa__comm *comm = fa__comm_world();
    char text[FA__COMM_TEXT];
    uint64_t settings = 0;
    for (size_t i = 0; o->settings != NULL && i < o->n_settings; i++) {
        const uint64_t both[] = {settings, fa__digest(o->settings[i], strlen(o->settings[i]))};
        settings = fa__digest(both, sizeof both);
    }
    fa__format(text, sizeof text,
               "trainings %zu, search %zu, methods '%s', tolerance %g, epochs %zu, set %016llx",
               o->trainings, o->search, o->methods != NULL ? o->methods : "", *o->tolerance,
               o->epochs, (unsigned long long)settings);
    return fa__comm_same(comm, "set of options", text, "give all ranks the same");
}
