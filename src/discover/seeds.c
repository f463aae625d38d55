/* A network trained by several seeds: how far two agree, and which of them is kept. */
#include "discover/discover.h"

#include "recipe/recipe.h"
#include "run/run.h"
#include "train/objective.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_TEXT = 96 };

/* Whether views teach, what they hold together counts in full, and an autoencoder has no share: of such
 * trainings the one of the lower loss has the better clusters (docs/discover.md). */
static bool is_told_by_loss(const fa__search *s) {
    return strcmp(fa_recipe_get(s->recipe, "data.views"), "none") != 0 &&
           fa__recipe_choice(s->recipe, FA__LOSS_HOLD) != FA__HOLD_NONE &&
           fa__recipe_number(s->recipe, FA__LOSS_WEIGHT) >= 1;
}

/* What was minimised, in its last epoch. */
static double loss_of(const fa__search *s, const fa_run *run) {
    size_t epochs;
    const fa_epoch *last = fa_run_history(run, &epochs) + epochs - 1;
    const double component = fa__recipe_number(s->recipe, FA__LOSS_WEIGHT);
    const fa__terms weights = {s->labels ? 1 : 1 - component, component,
                               fa__recipe_number(s->recipe, FA__LOSS_HOLD_WEIGHT)},
                    values = {last->task_loss, last->component, last->hold};
    return fa__objective_total(&weights, &values);
}

/* By another seed, in memory. */
static fa_status train_another(fa_run **out, fa__search *s, uint64_t seed, size_t number,
                               size_t trainings) {
    char label[LABEL_TEXT] = "the second training, for agreement: ",
         stopped[LABEL_TEXT] = "stopped in the second training; the first one is whole";
    if (trainings > 2) {
        snprintf(label, sizeof label, "training %zu of %zu, by another seed: ", number, trainings);
        snprintf(stopped, sizeof stopped, "stopped in training %zu of %zu; the first one is whole",
                 number, trainings);
    }
    return fa__discover_train_more(out, s, seed, label, stopped);
}

static void swap(fa_run **a, fa_run **b) {
    fa_run *of_a = *a;
    *a = *b;
    *b = of_a;
}

fa_status fa__discover_seeds(fa__search *s, fa_run **other, uint64_t *seed) {
    const char *folder = s->options->folder;
    const bool by_loss = is_told_by_loss(s);
    const size_t wanted = s->options->trainings > 0 ? s->options->trainings : s->input ? 2 : 1;
    const size_t trainings = by_loss || wanted < 2 ? wanted : 2;
    const uint64_t first = *seed;
    for (size_t t = 1; t < trainings; t++) {
        fa_run *more = NULL;
        fa_status status = train_another(&more, s, first + t, t + 1, trainings);
        if (status == FA_OK && (*other == NULL || loss_of(s, more) < loss_of(s, *other)))
            swap(&more, other);
        fa_run_free(more);
        FA_TRY(status);
        if (!by_loss || !(loss_of(s, *other) < loss_of(s, s->found->run))) continue;
        swap(other, &s->found->run);
        *seed = first + t;
    }
    if (*seed == first || folder == NULL || fa_rank() != 0) return FA_OK;
    return fa__run_save(s->found->run, folder);
}
