/* The views of a recipe, to look at. */
#include "train/views.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/threads.h"
#include "recipe/views.h"
#include "train/task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fa_status fa__views_open(fa__views *out, const fa_recipe *recipe, const fa_dataset *data,
                         const fa__scaling *scaling) {
    FA_TRY(fa__recipe_views(out, recipe, data));
    out->shift = scaling->shift;
    out->scale = scaling->scale;
    return FA_OK;
}

/* ==== To look at ==== */

typedef struct sheet {
    const fa_dataset *data; /* as the network would get it */
    const fa__vocabulary *vocabulary;
    fa__views views;
    const size_t *samples;
    size_t epochs;
    fa__made *made; /* [n] of each sample */
    size_t *steps;  /* [n * epochs * 2] */
} sheet;

static fa_status make_sample(void *context, size_t i, size_t thread) {
    sheet *s = context;
    size_t at;
    (void)thread;
    for (size_t v = 0; v < 2 * s->epochs; v++)
        FA_TRY(fa__view_make(&s->made[i], &at, &s->steps[i * 2 * s->epochs + v], &s->views, s->data,
                             v / 2, s->samples[i], v % 2));
    return FA_OK;
}

/* Words by their numbers again, a blank between them; one that is not known is "?". Counts the
 * bytes where text is NULL. */
static size_t write_words(char *text, const float *numbers, size_t count,
                          const fa__vocabulary *vocabulary) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t number = (size_t)numbers[vocabulary->backward ? count - 1 - i : i], size = 1;
        const char *word = "?";
        if (number > 0) word = fa__vocabulary_word(vocabulary, number, &size);
        if (i > 0 && text != NULL) text[bytes] = ' ';
        bytes += i > 0;
        if (text != NULL) memcpy(text + bytes, word, size);
        bytes += size;
    }
    return bytes;
}

static fa_status fill_text(fa_dataset *set, const sheet *s) {
    size_t views = 2 * s->epochs;
    FA_TRY(FA_NEW(set->values.offsets, set->n + 1));
    for (int pass = 0; pass < 2; pass++) {
        size_t bytes = 0;
        for (size_t r = 0, before = 0; r < set->n; r++) {
            before = r % views == 0 ? 0 : before;
            const float *numbers = s->made[r / views].values + before;
            set->values.offsets[r] = bytes;
            bytes += write_words(pass == 0 ? NULL : set->values.text + bytes, numbers, s->steps[r],
                                 s->vocabulary);
            before += s->steps[r];
        }
        set->values.offsets[set->n] = bytes;
        if (pass == 0) FA_TRY(FA_NEW(set->values.text, bytes + 1));
    }
    return FA_OK;
}

static fa_status fill_values(fa_dataset *set, const sheet *s, size_t n) {
    size_t count = 0, views = 2 * s->epochs;
    for (size_t i = 0; i < n; i++) count += s->made[i].count;
    set->features = s->data->features;
    if (set->kind == FA_KIND_IMAGES) {
        set->values.height = s->data->values.height, set->values.width = s->data->values.width;
        set->values.channels = s->data->values.channels;
        FA_TRY(FA_NEW(set->values.pixels, count));
        unsigned char *to = set->values.pixels;
        for (size_t i = 0; i < n; i++)
            for (size_t p = 0; p < s->made[i].count; p++)
                *to++ = (unsigned char)lrintf(s->made[i].values[p]);
        return FA_OK;
    }
    FA_TRY(FA_NEW(set->values.numbers, count));
    float *to = set->values.numbers;
    for (size_t i = 0; i < n; to += s->made[i++].count)
        memcpy(to, s->made[i].values, s->made[i].count * sizeof *to);
    if (set->kind != FA_KIND_SERIES) return FA_OK;
    FA_TRY(FA_NEW(set->values.offsets, set->n + 1));
    set->values.offsets[0] = 0;
    for (size_t r = 0; r < n * views; r++)
        set->values.offsets[r + 1] = set->values.offsets[r] + s->steps[r];
    return FA_OK;
}

/* The policy and its ranges: "images: rotation 15, scale 0.2, ...". */
static void describe(char *note, size_t size, const fa__views *views) {
    const fa__policy *policy = views->policy;
    size_t at = (size_t)snprintf(note, size, "%s:", policy->name);
    for (size_t i = 0; policy->ranges[i].most > 0 && at < size; i++)
        at += (size_t)fa__format(note + at, size - at, "%s %s %g", i > 0 ? "," : "",
                                 fa__range_name(policy->ranges[i].range),
                                 views->ranges[policy->ranges[i].range]);
}

static fa_status make_views(fa_dataset **out, sheet *s, fa_kind kind, size_t n) {
    fa_status status = FA_OK;
    fa_dataset *set = NULL;
    FA_CHECK(FA_NEW_ZERO(s->made, n));
    FA_CHECK(FA_NEW(s->steps, 2 * s->epochs * n));
    FA_CHECK(fa__parallel(n, make_sample, s));
    FA_CHECK(fa__dataset_create(&set, kind));
    set->n = n * s->epochs * 2;
    if (kind == FA_KIND_TEXT)
        FA_CHECK(fill_text(set, s));
    else
        FA_CHECK(fill_values(set, s, n));
    describe(set->origin.note, sizeof set->origin.note, &s->views);
    *out = set;
    set = NULL;
done:
    for (size_t i = 0; s->made != NULL && i < n; i++) fa__made_free(&s->made[i]);
    fa__free(s->made);
    fa__free(s->steps);
    fa_dataset_free(set);
    return status;
}

static fa_status check_samples(const fa_dataset *data, const size_t *samples, size_t n,
                               size_t epochs) {
    if (n < 1 || epochs < 1)
        return fa__fail(FA_E_ARGUMENT, "views of %zu samples in %zu epochs; at least 1 of each", n,
                        epochs);
    for (size_t i = 0; i < n; i++)
        if (samples[i] >= data->n)
            return fa__fail(FA_E_ARGUMENT, "sample %zu is not there: the data have %zu", samples[i],
                            data->n);
    return FA_OK;
}

fa_status fa_views_make(fa_dataset **out, const fa_recipe *recipe, const fa_dataset *data,
                        const size_t *samples, size_t n, size_t epochs) {
    fa_status status = FA_OK;
    fa__vocabulary vocabulary = {0};
    fa__scaling scaling = {0};
    fa_dataset *numbers = NULL;
    size_t *all = NULL;
    sheet s = {.data = data, .vocabulary = &vocabulary, .samples = samples, .epochs = epochs};
    bool text = data->kind == FA_KIND_TEXT;
    FA_TRY(check_samples(data, samples, n, epochs));
    if (strcmp(fa__recipe_text(recipe, FA__DATA_VIEWS), "none") == 0)
        return fa__fail(FA_E_RECIPE, "data.views = none makes no views; auto works");
    FA_CHECK(FA_NEW(all, data->n));
    for (size_t i = 0; i < data->n; i++) all[i] = i;
    if (text) {
        FA_CHECK(fa__task_vocabulary(&vocabulary, recipe, data, all, data->n));
        FA_CHECK(fa__vocabulary_encode(&numbers, &vocabulary, data));
        s.data = numbers;
    }
    FA_CHECK(fa__scaling_fit(&scaling, text ? "1" : fa__recipe_text(recipe, FA__DATA_SCALE), s.data,
                             all, data->n));
    FA_CHECK(fa__views_open(&s.views, recipe, s.data, &scaling));
    if (s.views.policy->check != NULL) FA_CHECK(s.views.policy->check(data, samples, n));
    FA_CHECK(make_views(out, &s, data->kind, n));
done:
    fa__vocabulary_free(&vocabulary);
    fa__scaling_free(&scaling);
    fa_dataset_free(numbers);
    fa__free(all);
    return status;
}
