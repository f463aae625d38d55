/* Frozen features whose labels near rows of a network's layer tell better than near rows of the features:
 * that layer, of a network that is held together by neighbours, is taken.
 *
 * Letters: n rows that are judged, d columns of a form of them, l labels. */
#include "discover/discover.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"
#include "comm/comm.h"
#include "model/model.h"
#include "recipe/recipe.h"
#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of fewer rows a wide layer harms as often as it helps, and so does a smaller lead (docs/discover.md). */
enum { MANY_ROWS = 5000, LABEL_TEXT = 128, STREAM_HALF = 64 };
static const double lead = 0.02;

bool fa__wide_suits(const fa__search *s, const fa__judged *judged) {
    size_t limit = fa__recipe_size(s->recipe, FA__DATA_LIMIT);
    size_t taught = limit > 0 && limit < s->data->n ? limit : s->data->n;
    return s->labels && judged->l > 0 && taught >= MANY_ROWS &&
           fa_run_result(s->found->run)->scores.n >= MANY_ROWS &&
           fa__is_map_of_features(s->recipe, s->data);
}

/* ==== What near rows tell ==== */

typedef struct halves {
    size_t *rows[2], count[2];
    int32_t *labels[2]; /* of these rows */
} halves;

static void free_halves(halves *h) {
    fa__free(h->rows[0]);
    fa__free(h->rows[1]);
    fa__free(h->labels[0]);
    fa__free(h->labels[1]);
}

static fa_status draw_halves(halves *h, const fa__judged *judged) {
    fa__rng rng;
    fa_status status = FA_OK;
    size_t *all = NULL, n = judged->n;
    FA_CHECK(FA_NEW(all, n));
    for (size_t i = 0; i < n; i++) all[i] = i;
    fa__rng_seed(&rng, judged->seed, FA__STREAM_JUDGED, STREAM_HALF);
    fa__rng_order(&rng, all, n);
    for (int side = 0; side < 2; side++) {
        const size_t *from = all + (side == 0 ? 0 : n / 2);
        h->count[side] = side == 0 ? n / 2 : n - n / 2;
        FA_CHECK(FA_NEW(h->rows[side], h->count[side]));
        FA_CHECK(FA_NEW(h->labels[side], h->count[side]));
        memcpy(h->rows[side], from, h->count[side] * sizeof *from);
        for (size_t i = 0; i < h->count[side]; i++) h->labels[side][i] = judged->labels[from[i]];
    }
done:
    fa__free(all);
    return status;
}

/* Whether either half has rows of every label, from which a network can be trained. */
static bool has_all_labels(const halves *h, size_t l) {
    for (int side = 0; side < 2; side++)
        for (size_t y = 0; y < l; y++) {
            size_t has = 0;
            for (size_t i = 0; i < h->count[side]; i++) has += h->labels[side][i] == (int32_t)y;
            if (has < FA__NEAREST) return false;
        }
    return true;
}

/* The mean over the halves of what near rows of one half tell, in the best form of the input. */
static fa_status vote_in_input(double *best, const fa__search *s, const fa__judged *judged,
                               const halves *h) {
    fa_status status = FA_OK;
    fa__rows raw = {0}, made = {0};
    float *part = NULL;
    const fa_model *model;
    *best = 0;
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa__rows_of_input(&raw, judged, model));
    for (size_t form = 0; form < FA__FORMS; form++) {
        double sum = 0;
        FA_CHECK(fa__form_of_input(&made, &raw, judged, form));
        for (int side = 0; side < 2 && made.d > 0; side++) {
            double told;
            FA_CHECK(FA_NEW(part, h->count[side] * made.d));
            for (size_t i = 0; i < h->count[side]; i++)
                memcpy(part + i * made.d, made.x + h->rows[side][i] * made.d,
                       made.d * sizeof *part);
            FA_CHECK(fa__vote_of(&told, part, h->count[side], made.d, h->labels[side]));
            sum += told / 2;
            fa__free(part);
            part = NULL;
        }
        *best = fmax(*best, sum);
        fa__rows_free(&made);
    }
done:
    fa__free(part);
    fa__rows_free(&raw);
    fa__rows_free(&made);
    return status;
}

/* A network that the labels of one half have taught, and what near rows of the other half tell in its
 * layer, in unit rows. */
static fa_status vote_in_layer(double *told, const fa__search *s, const fa__judged *judged,
                               const halves *h, int side, uint64_t seed) {
    fa_status status = FA_OK;
    fa_discover_options options = *s->options;
    fa__search half = *s;
    fa_dataset *taught = NULL, *other = NULL;
    fa_transform *unit = NULL;
    const fa_model *model;
    fa_run *run = NULL;
    float *layer = NULL;
    size_t n = h->count[!side], d;
    char label[LABEL_TEXT], stopped[LABEL_TEXT];
    options.test = NULL;
    half.options = &options;
    half.recipe = NULL;
    snprintf(label, sizeof label, "a network of half the rows, %d of 2: ", side + 1);
    snprintf(
        stopped, sizeof stopped,
        "stopped in a network of half the rows, %d of 2; the run that was there before is whole",
        side + 1);
    FA_CHECK(fa_dataset_subset(&taught, judged->samples, h->rows[side], h->count[side]));
    FA_CHECK(fa_dataset_subset(&other, judged->samples, h->rows[!side], n));
    FA_CHECK(fa__recipe_copy(&half.recipe, s->recipe));
    FA_CHECK(fa__suggest_half(half.recipe, taught, options.epochs));
    half.data = taught;
    FA_CHECK(fa__discover_train_more(&run, &half, seed, label, stopped));
    FA_CHECK(fa_run_model(&model, run));
    FA_CHECK(fa_model_layer_units(&d, model, 1));
    FA_CHECK(FA_NEW(layer, n * d));
    FA_CHECK(fa_model_embed_layer(layer, model, 1, other, NULL, NULL));
    FA_CHECK(fa_transform_fit(&unit, FA_TRANSFORM_UNIT, 0, layer, n, d));
    FA_CHECK(fa_transform_apply(layer, unit, layer, n, d));
    FA_CHECK(fa__vote_of(told, layer, n, d, h->labels[!side]));
done:
    fa_transform_free(unit);
    fa_recipe_free(half.recipe);
    fa_dataset_free(taught);
    fa_dataset_free(other);
    fa_run_free(run);
    fa__free(layer);
    return status;
}

/* ==== The layer ==== */

/* It is kept where it tells more of the labels of rows held out than the map does: what a plane divides the
 * map knows as well, and keeps more of the rest. */
static fa_status train_wide(bool *kept, fa__search *s, uint64_t seed) {
    fa_discovery *f = s->found;
    fa_run *run;
    FA_TRY(fa__discover_train_more(
        &run, s, seed, "a wide layer, held by neighbours: ",
        "stopped while a wide layer was trained; the first training is whole"));
    *kept = fa_run_result(run)->validation_accuracy > fa_run_result(f->run)->validation_accuracy;
    fa_run *dropped = *kept ? f->run : run;
    if (*kept) f->run = run;
    fa_run_free(dropped);
    return FA_OK;
}

/* By a recipe of its own: that of the search stays where the layer is not kept. */
static fa_status try_wide(bool *kept, fa__search *s, fa__judged *judged, uint64_t seed) {
    fa_status status = FA_OK;
    fa_recipe *before = s->recipe;
    s->recipe = NULL;
    FA_CHECK(fa__recipe_copy(&s->recipe, before));
    FA_CHECK(fa__suggest_wide(s->recipe, s->data, judged->k, s->options->epochs));
    FA_CHECK(train_wide(kept, s, seed));
    if (!*kept) goto done;
    s->training = fa__training_name(FA__INFORMATION);
    FA_CHECK(fa__candidates_take(s, judged, 1, fa__below_space));
    fa_recipe_free(before);
    return FA_OK;
done:
    fa_recipe_free(s->recipe);
    s->recipe = before;
    return status;
}

fa_status fa__discover_wide(fa__search *s, fa__judged *judged, uint64_t seed) {
    fa_status status = FA_OK;
    halves h = {{NULL, NULL}, {0, 0}, {NULL, NULL}};
    double of_input, of_layer = 0;
    bool kept = false;
    char *why = s->found->why;
    size_t used = strlen(why);
    FA_CHECK(draw_halves(&h, judged));
    if (!has_all_labels(&h, judged->l)) goto done;
    FA_CHECK(vote_in_input(&of_input, s, judged, &h));
    for (int side = 0; side < 2; side++) {
        double told;
        FA_CHECK(vote_in_layer(&told, s, judged, &h, side, seed));
        of_layer += told / 2;
    }
    if (!(of_layer - of_input >= lead)) goto done;
    FA_CHECK(try_wide(&kept, s, judged, seed));
    if (!kept) goto done;
    fa__format(why + used, sizeof s->found->why - used,
               "; in a layer of a network that one half of the rows taught the nearest of the "
               "other tell the label of %.3f, in the input of %.3f: so a wide layer, held by "
               "neighbours, which tells more than the map of rows held out, is taken",
               of_layer, of_input);
    if (s->options->folder != NULL && fa_rank() == 0)
        FA_CHECK(fa__run_save(s->found->run, s->options->folder));
done:
    free_halves(&h);
    return status;
}
