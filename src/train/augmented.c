/* Images embedded by the mean over changes that their class does not depend on (test-time
 * augmentation). */
#include "base/memory.h"
#include "base/threads.h"
#include "comm/comm.h"
#include "model/model.h"
#include "train/views.h"

#include <math.h>
#include <string.h>

enum { AT_ONCE = 512 }; /* images that are changed and embedded at a time */

typedef struct augmented {
    const fa_model *model;
    const fa_dataset *images;
    fa__views views;
    size_t layer, units, outputs, changes;
    float *rows,
        *logits; /* [images, units], [images, outputs] sums, then means; NULL: not wanted */
    unsigned char *pixels;
    float *more_rows, *more_logits; /* of AT_ONCE images */
    size_t first, change;           /* in hand */
    fa_progress_fn progress;
    void *user;
} augmented;

/* The views of an epoch are as many changes. */
static fa_status change_image(void *context, size_t i, size_t thread) {
    const augmented *a = context;
    fa__made made = {0};
    size_t at, steps, count = a->views.count;
    (void)thread;
    fa_status status = fa__view_make(&made, &at, &steps, &a->views, a->images, a->change / count,
                                     a->first + i, a->change % count);
    unsigned char *to = a->pixels + i * a->images->features;
    for (size_t p = 0; status == FA_OK && p < made.count; p++)
        *to++ = (unsigned char)lrintf(made.values[p]);
    fa__made_free(&made);
    return status;
}

static int report(void *user, const fa_progress *of_block) {
    const augmented *a = user;
    fa_progress all = *of_block;
    all.done += a->change * a->images->n + a->first;
    all.total = a->changes * a->images->n;
    return a->progress(a->user, &all);
}

static void add(float *sum, const float *more, size_t count) {
    for (size_t i = 0; i < count; i++) sum[i] += more[i];
}

static fa_status add_block(augmented *a, size_t count) {
    fa_dataset *block;
    const fa__shape shape = fa__dataset_shape(a->images);
    FA_TRY(fa__parallel(count, change_image, a));
    FA_TRY(fa_dataset_from_images(&block, a->pixels, count, shape.height, shape.width,
                                  shape.channels));
    fa_status status = fa__model_embed(a->more_rows, a->more_logits, a->model, a->layer, block,
                                       NULL, 0, a->progress != NULL ? report : NULL, a);
    fa_dataset_free(block);
    if (status != FA_OK) return status;
    if (a->rows != NULL) add(a->rows + a->first * a->units, a->more_rows, count * a->units);
    if (a->logits != NULL)
        add(a->logits + a->first * a->outputs, a->more_logits, count * a->outputs);
    return FA_OK;
}

static fa_status add_change(augmented *a) {
    size_t n = a->images->n;
    for (size_t count = AT_ONCE; a->first < n; a->first += count) {
        if (n - a->first < count) count = n - a->first;
        FA_TRY(add_block(a, count));
    }
    return FA_OK;
}

static fa_status embed_all(augmented *a) {
    fa_status status = FA_OK;
    size_t n = a->images->n, most = n < AT_ONCE ? n : AT_ONCE;
    FA_CHECK(FA_NEW(a->pixels, most * a->images->features));
    if (a->rows != NULL) {
        FA_CHECK(FA_NEW(a->more_rows, most * a->units));
        memset(a->rows, 0, n * a->units * sizeof *a->rows);
    }
    if (a->logits != NULL) {
        FA_CHECK(FA_NEW(a->more_logits, most * a->outputs));
        memset(a->logits, 0, n * a->outputs * sizeof *a->logits);
    }
    for (a->change = 0; a->change < a->changes; a->change++, a->first = 0) FA_CHECK(add_change(a));
    for (size_t i = 0; a->rows != NULL && i < n * a->units; i++) a->rows[i] /= (float)a->changes;
    for (size_t i = 0; a->logits != NULL && i < n * a->outputs; i++)
        a->logits[i] /= (float)a->changes;
done:
    fa__free(a->pixels);
    fa__free(a->more_rows);
    fa__free(a->more_logits);
    return status;
}

/* Units that can be averaged: where an image has moved its pixels are other ones. */
static fa_status check_layer(augmented *a) {
    char makes[FA__SHAPE_TEXT];
    size_t at;
    FA_TRY(fa__layer_by_number(&at, a->model->network, a->layer));
    if (at == FA_LAYER_INPUT)
        return fa__fail(FA_E_ARGUMENT, "changed images have no mean; a layer that makes one vector "
                                       "works, such as 0, the target layer");
    const fa__shape *out = &a->model->network->layers[at].out;
    a->units = out->features;
    a->outputs = fa__embed_outputs(a->model->network);
    if (out->form != FA__IMAGE) return FA_OK;
    return fa__fail(FA_E_ARGUMENT,
                    "layer %zu makes %s, which has no mean over changed images; a layer that makes "
                    "one vector works, such as 0, the target layer",
                    a->layer, fa__shape_text(makes, out));
}

static fa_status embed(augmented *a, const fa_recipe *recipe) {
    if (a->images->kind != FA_KIND_IMAGES)
        return fa__fail(
            FA_E_SHAPE,
            "a mean over changed images: the data hold no images; embed them as they are");
    if (a->changes < 1) return fa__fail(FA_E_ARGUMENT, "a mean over 0 changes; 16 work");
    FA_TRY(check_layer(a));
    FA_TRY(fa__views_open(&a->views, recipe, a->images, &a->model->scaling));
    if (a->views.policy == NULL)
        return fa__fail(FA_E_RECIPE,
                        "the run was trained with data.augment = none and data.views = none: "
                        "nothing says how images may be changed; embed them as they are, or train "
                        "with one of them, such as data.augment = flip-crop");
    return embed_all(a);
}

fa_status fa_model_embed_augmented(float *rows, float *logits, const fa_model *model,
                                   const fa_recipe *recipe, size_t layer, const fa_dataset *images,
                                   size_t changes, fa_progress_fn progress, void *user) {
    const fa__comm *comm = fa__comm_world();
    augmented a = {.model = model,
                   .rows = rows,
                   .logits = logits,
                   .layer = layer,
                   .images = images,
                   .changes = changes,
                   .progress = progress,
                   .user = user};
    fa__comm_hold(comm, true);
    fa_status status = embed(&a, recipe);
    fa__comm_hold(comm, false);
    return fa__comm_close(comm, status);
}
