/* The table of policies, and what all of them share. */
#include "augment/augment.h"

#include "base/floats.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ==== The policies ==== */

#define POINTER(name) &fa__policy_##name,
static const fa__policy *const policies[] = {FA__POLICIES(POINTER)};

static const char *const range_names[FA__RANGES] = {
    [FA__RANGE_ROTATION] = "rotation", [FA__RANGE_SCALE] = "scale",
    [FA__RANGE_SHEAR] = "shear",       [FA__RANGE_WARP] = "warp",
    [FA__RANGE_SHIFT] = "shift",       [FA__RANGE_CROP] = "crop",
    [FA__RANGE_ASPECT] = "aspect",     [FA__RANGE_FLIP] = "flip",
    [FA__RANGE_LIFT] = "lift",         [FA__RANGE_JOIN] = "join",
    [FA__RANGE_TRIM] = "trim",         [FA__RANGE_DROP] = "drop",
    [FA__RANGE_SPLIT] = "split",       [FA__RANGE_JITTER] = "jitter",
    [FA__RANGE_REVERSE] = "reverse",   [FA__RANGE_REORDER] = "reorder",
};

const char *fa__range_name(fa__range range) {
    return range_names[range];
}

const fa__policy *fa__policy_at(size_t index) {
    return index < sizeof policies / sizeof *policies ? policies[index] : NULL;
}

const fa__policy *fa__policy_find(const char *name) {
    const fa__policy *policy;
    for (size_t i = 0; (policy = fa__policy_at(i)) != NULL; i++)
        if (strcmp(policy->name, name) == 0) return policy;
    return NULL;
}

bool fa__policy_takes(const fa__policy *policy, const fa_dataset *data) {
    return policy->kind == (data->values.vocabulary > 0 ? FA_KIND_TEXT : data->kind);
}

/* Of several that would do, strokes are told from other series by their form, and drawings from
 * photographs by their colours. */
const fa__policy *fa__policy_for(const fa_dataset *data) {
    const size_t first = 0;
    if (data->kind == FA_KIND_IMAGES)
        return fa__dataset_is_grey(data) ? &fa__policy_images : &fa__policy_photographs;
    if (fa__policy_takes(&fa__policy_strokes, data) &&
        fa__policy_strokes.check(data, &first, 1) == FA_OK)
        return &fa__policy_strokes;
    const fa__policy *const rest[] = {&fa__policy_series, &fa__policy_text, &fa__policy_vectors};
    size_t i = 0;
    while (!fa__policy_takes(rest[i], data)) i++;
    return rest[i];
}

/* ==== What they take to be no matter of class ==== */

void fa__views_text(char out[FA_PLAN_VIEWS], const fa__views *views) {
    static const char taken[] = "at random, taken to be no matter of class";
    const fa__policy *policy = views->policy;
    const char *list[FA__RANGES + 1];
    size_t count = 0, used;
    out[0] = '\0';
    if (policy == NULL && views->count > 1)
        snprintf(out, FA_PLAN_VIEWS, "data.views = auto: as suits the kind of the data; %s", taken);
    if (policy == NULL) return;
    if (policy->always != NULL) list[count++] = policy->always;
    for (size_t i = 0; policy->ranges[i].most > 0; i++)
        if (views->ranges[policy->ranges[i].range] > 0) list[count++] = policy->ranges[i].what;
    used = (size_t)snprintf(out, FA_PLAN_VIEWS,
                            "data.%s = %s: ", views->count > 1 ? "views" : "augment", policy->name);
    for (size_t i = 0; i < count; i++)
        used +=
            (size_t)snprintf(out + used, FA_PLAN_VIEWS - used, "%s%s", i > 0 ? ", " : "", list[i]);
    snprintf(out + used, FA_PLAN_VIEWS - used, "%s%s",
             count > 0 ? "; " : "as they are, each of views.* is 0", count > 0 ? taken : "");
}

/* ==== Making a view ==== */

void fa__made_free(fa__made *made) {
    fa__free(made->values);
    memset(made, 0, sizeof *made);
}

fa_status fa__view_make(fa__made *made, size_t *at, size_t *steps, const fa__views *views,
                        const fa_dataset *data, size_t epoch, size_t sample, size_t view) {
    fa__view_call call = {.views = views, .data = data, .sample = sample, .view = view};
    bool series = data->kind == FA_KIND_SERIES;
    size_t given = series ? data->values.offsets[sample + 1] - data->values.offsets[sample] : 1;
    size_t most = views->policy->growth * given * data->features; /* it is there growth-fold */
    float *values = fa__grow(made->values, &made->capacity, made->count + most, sizeof *values);
    if (values == NULL) return fa__nomem(made->count + most, sizeof *values);
    made->values = values;
    values += made->count;
    fa__rng_seed_view(&call.rng, views->seed, epoch, sample, view);
    FA_TRY(views->policy->make(values, steps, &call));
    size_t count = *steps * data->features;
    if (fa__first_nonfinite(values, count) < count)
        return fa__fail(FA_E_NONFINITE,
                        "data.views = %s: a view of sample %zu is out of the range of floats; "
                        "smaller values of the data, or of views.*, work",
                        views->policy->name, sample);
    *at = made->count;
    made->count += count;
    return FA_OK;
}
