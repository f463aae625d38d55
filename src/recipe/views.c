/* What samples are changed by, as a recipe says it. */
#include "recipe/views.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

enum { LIST_TEXT = 256 };

/* Into "a, b, c". */
static void add_name(char list[LIST_TEXT], const char *before, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, LIST_TEXT - used, "%s%s%s", used > 0 ? ", " : "", before, name);
}

/* A range as it was set, or as it is by default. */
static fa_status take_range(fa__views *views, const fa_recipe *recipe, fa__range range) {
    const fa__policy *policy = views->policy;
    char key[64], known[LIST_TEXT] = "";
    snprintf(key, sizeof key, "views.%s", fa__range_name(range));
    const char *text = fa_recipe_get(recipe, key);
    bool set = strcmp(text, "auto") != 0;
    size_t i = 0;
    while (policy->ranges[i].most > 0 && policy->ranges[i].range != range) i++;
    double most = policy->ranges[i].most, value = set ? fa__to_double(text, NULL) : 0;
    if (set && !(most > 0)) {
        for (i = 0; policy->ranges[i].most > 0; i++)
            add_name(known, "views.", fa__range_name(policy->ranges[i].range));
        return fa__fail(FA_E_RECIPE, "%s = %s: data.views = %s does not know it, but %s", key, text,
                        policy->name, known);
    }
    if (set && !(value <= most))
        return fa__fail(FA_E_RECIPE, "%s = %s: with data.views = %s it is at most %g; %g works",
                        key, text, policy->name, most, policy->ranges[i].usual);
    views->ranges[range] = set ? value : policy->ranges[i].usual;
    return FA_OK;
}

/* Whether samples like the first can be changed so. */
static bool fits(const fa__policy *policy, const fa_dataset *data) {
    const size_t first = 0;
    if (!fa__policy_takes(policy, data)) return false;
    return data->n == 0 || policy->check == NULL || policy->check(data, &first, 1) == FA_OK;
}

static fa_status find_policy(const fa__policy **out, const char *name, const fa_dataset *data) {
    char known[LIST_TEXT] = "";
    if (data == NULL) {
        *out = fa__policy_find(name); /* auto: NULL */
        return FA_OK;
    }
    *out = strcmp(name, "auto") == 0 ? fa__policy_for(data) : fa__policy_find(name);
    if (fa__policy_takes(*out, data)) return FA_OK;
    const fa__policy *policy;
    for (size_t i = 0; (policy = fa__policy_at(i)) != NULL; i++)
        if (fits(policy, data)) add_name(known, "", policy->name);
    return fa__fail(FA_E_RECIPE,
                    "data.views = %s is not for the kind of data.train; %s, auto or none works",
                    name, known);
}

/* By data.augment alone; NULL: none. */
static fa_status find_augment(const fa__policy **out, const fa_recipe *recipe,
                              const fa_dataset *data) {
    static const fa__policy *const augments[] = {[FA__AUGMENT_NONE] = NULL,
                                                 [FA__FLIP_CROP] = &fa__policy_flip_crop,
                                                 [FA__FLIP_CROP_CUTOUT] =
                                                     &fa__policy_flip_crop_cutout};
    *out = augments[fa__recipe_choice(recipe, FA__DATA_AUGMENT)];
    if (*out == NULL || data == NULL || data->kind == FA_KIND_IMAGES) return FA_OK;
    return fa__fail(FA_E_RECIPE,
                    "data.augment = %s: mirrors and moves images, and data.train holds none; "
                    "none works",
                    (*out)->name);
}

fa_status fa__recipe_views(fa__views *out, const fa_recipe *recipe, const fa_dataset *data) {
    const char *name = fa__recipe_text(recipe, FA__DATA_VIEWS);
    fa__views views = {.count = 1, .seed = (uint64_t)fa__recipe_number(recipe, FA__TRAIN_SEED)};
    FA_TRY(find_augment(&views.policy, recipe, data));
    if (strcmp(name, "none") != 0) {
        if (views.policy != NULL)
            return fa__fail(FA_E_RECIPE,
                            "data.augment = %s: data.views = %s changes the images already; "
                            "leave one of them at none",
                            views.policy->name, name);
        views.count = 2;
        FA_TRY(find_policy(&views.policy, name, data));
        for (fa__range range = 0; views.policy != NULL && range < FA__RANGES; range++)
            FA_TRY(take_range(&views, recipe, range));
    }
    *out = views;
    return FA_OK;
}

void fa__recipe_views_text(char out[FA_PLAN_VIEWS], const fa_recipe *recipe,
                           const fa_dataset *data) {
    fa__views views = {.count = 1};
    fa_status status = fa__recipe_views(&views, recipe, data);
    if (status != FA_OK && data != NULL) (void)fa__recipe_views(&views, recipe, NULL);
    fa__views_text(out, &views);
}
