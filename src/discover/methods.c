/* Trainings compared by what needs no hidden classes: whether two seeds of each find the same. */
#include "discover/discover.h"

#include "recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_TEXT = 128 };

/* ==== A method ==== */

/* Its recipe and its name become those in hand. */
static fa_status take_training(fa__search *s, fa__training training) {
    fa_recipe *made;
    FA_TRY(fa__discover_recipe(&made, s->data, s->options, &training));
    fa_recipe_free(s->recipe);
    s->recipe = made;
    s->training = fa__training_name(training);
    return FA_OK;
}

static fa_status train_twice(fa_run *runs[2], fa__search *s, const char *name) {
    uint64_t seed = (uint64_t)fa__recipe_number(s->recipe, FA__TRAIN_SEED);
    char label[LABEL_TEXT], stopped[LABEL_TEXT];
    snprintf(stopped, sizeof stopped, "stopped in method %s", name);
    for (size_t i = 0; i < 2; i++) {
        snprintf(label, sizeof label, "method %s, seed %llu: ", name,
                 (unsigned long long)(seed + i));
        FA_TRY(fa__discover_train_more(&runs[i], s, seed + i, label, stopped));
    }
    return FA_OK;
}

static fa_status try_method(fa__search *s, fa__training training) {
    fa_status status = FA_OK;
    fa_run *runs[2] = {NULL, NULL};
    fa__judged judged = {0};
    FA_TRY(take_training(s, training));
    FA_CHECK(train_twice(runs, s, s->training));
    FA_CHECK(fa__discover_judged(&judged, s, runs[0]));
    FA_CHECK(fa__judge_layer(s, &judged, runs[0], runs[1], 0, fa__target_space));
done:
    fa__judged_close(&judged);
    fa_run_free(runs[0]);
    fa_run_free(runs[1]);
    return status;
}

/* ==== All ==== */

/* The best of the rows that clusters could be taken of; what a method did not let be measured (NaN)
 * is the last. */
static fa__training best_of(const fa_discovery *found, const fa__training *methods, size_t count) {
    const fa_candidate *best = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const fa_candidate *c = &found->candidates[i];
        if (c->possible && isfinite(c->agreement) &&
            (best == NULL || c->agreement > best->agreement))
            best = c;
    }
    for (size_t m = 0; m < count && best != NULL; m++)
        if (strcmp(fa__training_name(methods[m]), best->training) == 0) return methods[m];
    return methods[0];
}

/* Its rows go, which the training to come fills in again; the others stay to compare. */
static void drop(fa_discovery *found, const char *training) {
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (strcmp(found->candidates[i].training, training) == 0) continue;
        found->candidates[kept] = found->candidates[i];
        found->candidates[kept++].possible = 0;
    }
    found->count = kept;
}

fa_status fa__compare_methods(fa__search *s) {
    fa__training methods[FA__TRAININGS];
    size_t count;
    FA_TRY(fa__methods_read(methods, &count, s->options->methods));
    for (size_t i = 0; i < count; i++) FA_TRY(try_method(s, methods[i]));
    fa__training best = best_of(s->found, methods, count);
    drop(s->found, fa__training_name(best));
    return take_training(s, best);
}
