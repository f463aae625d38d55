/* Pen strokes from images: sections 4 and 5 of docs/strokes.md, and the loop over images. The
 * procedure is Edwin D. de Jong's for the MNIST stroke sequences, written anew from a description
 * in words. */
#include "strokes/rows.h"

#include "base/memory.h"
#include "strokes/skeleton.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TOURS = 10,
    MAX_SIDE = 4096 /* keeps coordinates in int16 and a tour of cubes (2^24 * 2^37) in uint64 */
};

/* Why an image gave no sequence. */
enum { KEPT, NO_INK, NO_SKELETON };

typedef struct walk {
    fa__skeleton skeleton; /* mark: the pixels the tour in hand has yet to visit */
    uint32_t *order;       /* [pixels] the tour in hand */
    uint32_t *best;        /* the shortest so far */
    uint32_t *nearest;     /* [pixels] scratch: all pixels at the smallest distance */
    bool drew;             /* the tour in hand had a tie to break */
} walk;

static fa_status walk_init(walk *w, size_t height, size_t width) {
    *w = (walk){.order = NULL};
    FA_TRY(fa__skeleton_init(&w->skeleton, height, width));
    FA_TRY(FA_NEW(w->order, height * width));
    FA_TRY(FA_NEW(w->best, height * width));
    return FA_NEW(w->nearest, height * width);
}

static void walk_clear(walk *w) {
    fa__skeleton_clear(&w->skeleton);
    fa__free(w->order);
    fa__free(w->best);
    fa__free(w->nearest);
}

/* 1-based, as in the stroke files. */
static int column(const walk *w, uint32_t position) {
    return (int)(position % w->skeleton.stride);
}

static int row(const walk *w, uint32_t position) {
    return (int)(position / w->skeleton.stride);
}

/* ==== Start ================================================================================= */

static bool is_end_point(const fa__skeleton *s, uint32_t position) {
    int ink = 0;
    for (int k = 0; k < 8; k++) ink += s->ink[(ptrdiff_t)position + s->neighbours[k]];
    return ink <= 1;
}

/* The end point nearest the top left corner, the upper one of equals; without end points the
 * skeleton pixel nearest it, the left one of equals. */
static uint32_t start_of(const walk *w) {
    const fa__skeleton *s = &w->skeleton;
    uint32_t end_point = 0, any = s->pixels[0]; /* position 0 is on the frame: none */
    for (size_t i = 0; i < s->count; i++) {
        uint32_t p = s->pixels[i];
        int sum = row(w, p) + column(w, p);
        int any_sum = row(w, any) + column(w, any);
        if (sum < any_sum || (sum == any_sum && column(w, p) < column(w, any))) any = p;
        if (!is_end_point(s, p)) continue;
        if (end_point == 0 || sum < row(w, end_point) + column(w, end_point)) end_point = p;
    }
    return end_point != 0 ? end_point : any;
}

/* ==== Tour ================================================================================== */

/* |dx|^3 + |dy|^3 */
static uint64_t distance(const walk *w, uint32_t a, uint32_t b) {
    uint64_t dx = (uint64_t)abs(column(w, a) - column(w, b));
    uint64_t dy = (uint64_t)abs(row(w, a) - row(w, b));
    return dx * dx * dx + dy * dy * dy;
}

/* nearest = the pixels yet to visit at the smallest distance from `from`; returns that distance. */
static uint64_t find_nearest(walk *w, size_t *count, uint32_t from) {
    const fa__skeleton *s = &w->skeleton;
    *count = 0;
    for (size_t k = 0; k < 8; k++) {
        if (k == 4 && *count > 0) return 1; /* an edge neighbour; corners are at 2 */
        uint32_t p = (uint32_t)((ptrdiff_t)from + s->neighbours[k]);
        if (s->mark[p]) w->nearest[(*count)++] = p;
    }
    if (*count > 0) return 2;
    uint64_t smallest = UINT64_MAX;
    for (size_t i = 0; i < s->count; i++) {
        uint32_t p = s->pixels[i];
        if (!s->mark[p]) continue;
        uint64_t d = distance(w, from, p);
        if (d > smallest) continue;
        if (d < smallest) *count = 0;
        smallest = d;
        w->nearest[(*count)++] = p;
    }
    return smallest;
}

/* One nearest-neighbour tour; returns its length, closed. */
static uint64_t make_tour(walk *w, fa__rng *rng, uint32_t start) {
    fa__skeleton *s = &w->skeleton;
    for (size_t i = 0; i < s->count; i++) s->mark[s->pixels[i]] = 1;
    w->drew = false;
    uint64_t length = 0;
    uint32_t here = start;
    for (size_t i = 0; i < s->count; i++) {
        size_t ties = 1, pick = 0;
        w->nearest[0] = start;
        if (i > 0) length += find_nearest(w, &ties, here);
        if (ties > 1) {
            w->drew = true;
            pick = (size_t)fa__rng_below(rng, ties);
        }
        here = w->order[i] = w->nearest[pick];
        s->mark[here] = 0;
    }
    return length + distance(w, here, start);
}

/* The shortest of ten tours (the first of equals) into best. */
static void make_best_tour(walk *w, fa__rng *rng) {
    uint32_t start = start_of(w);
    uint64_t shortest = UINT64_MAX;
    for (int i = 0; i < TOURS; i++) {
        uint64_t length = make_tour(w, rng, start);
        if (length < shortest) {
            shortest = length;
            uint32_t *swap = w->best;
            w->best = w->order;
            w->order = swap;
        }
        if (!w->drew) break; /* nothing was left to chance: the others are the same */
    }
}

/* ==== Lines ================================================================================= */

static fa_status write_lines(fa__rows *rows, const walk *w) {
    size_t n = w->skeleton.count;
    for (size_t i = 0; i < n; i++) {
        int x = column(w, w->best[i]), y = row(w, w->best[i]);
        /* The published procedure does not look at the last step: no lift there. */
        bool jump = i > 0 && i + 1 < n && (abs(x - rows->x) > 1 || abs(y - rows->y) > 1);
        if (jump) FA_TRY(fa__rows_lift(rows));
        FA_TRY(fa__rows_pixel(rows, x, y));
    }
    return fa__rows_end(rows);
}

typedef struct job {
    const fa_dataset *images;
    uint64_t seed;
    uint32_t split;
    uint8_t *fate; /* [images] KEPT, NO_INK or NO_SKELETON */
} job;

static fa_status convert(const job *j, walk *w, fa__rows *rows, size_t i) {
    const fa_dataset *images = j->images;
    fa__skeleton *s = &w->skeleton;
    fa__skeleton_threshold(s, fa__dataset_pixels(images, i));
    j->fate[i] = s->count == 0 ? NO_INK : KEPT;
    if (s->count == 0) return FA_OK;
    fa__skeleton_thin(s);
    fa__skeleton_remove_specks(s);
    if (s->count == 0) {
        j->fate[i] = NO_SKELETON;
        return FA_OK;
    }
    fa__rng rng;
    fa__rows_seed(&rng, j->seed, FA__STREAM_STROKES, j->split, i);
    make_best_tour(w, &rng);
    return write_lines(rows, w);
}

static fa_status convert_chunk(void *context, fa__rows *rows, size_t *steps, size_t first,
                               size_t end) {
    const job *j = context;
    walk w;
    fa_status status;
    FA_CHECK(walk_init(&w, j->images->values.height, j->images->values.width));
    for (size_t i = first; i < end; i++) {
        size_t before = rows->count;
        FA_CHECK(convert(j, &w, rows, i));
        steps[i] = rows->count - before;
    }
done:
    walk_clear(&w);
    return status;
}

/* ==== Public ================================================================================ */

static fa_status check_images(const fa_dataset *images) {
    static const char *const kinds[] = {
        [FA_KIND_SERIES] = "series", [FA_KIND_VECTORS] = "vectors", [FA_KIND_TEXT] = "texts"};
    if (images == NULL || images->kind != FA_KIND_IMAGES)
        return fa__fail(FA_E_ARGUMENT, "strokes are made from images, got %s%s",
                        images == NULL ? "NULL" : "a data set of ",
                        images == NULL ? "" : kinds[images->kind]);
    if (images->values.channels != 1)
        return fa__fail(FA_E_SHAPE,
                        "strokes are made from grey images (1 channel), these have %zu channels",
                        images->values.channels);
    if (images->values.height < 1 || images->values.height > MAX_SIDE || images->values.width < 1 ||
        images->values.width > MAX_SIDE)
        return fa__fail(FA_E_SHAPE, "the images are %zu x %zu, the sides must be 1..%d",
                        images->values.height, images->values.width, MAX_SIDE);
    if (images->n == 0) return fa__fail(FA_E_SHAPE, "there are no images to make strokes from");
    return FA_OK;
}

/* Carries labels, names and origin of the images kept and says what became of the others. */
static fa_status finish(fa_dataset *set, const job *j) {
    const fa_dataset *images = j->images;
    size_t left_out[3] = {0}, first = SIZE_MAX, count = 0, skipped = images->n - set->n, *kept;
    FA_TRY(FA_NEW(kept, set->n));
    for (size_t i = 0; i < images->n; i++) {
        left_out[j->fate[i]]++;
        if (j->fate[i] != KEPT && first == SIZE_MAX) first = i;
        if (j->fate[i] == KEPT) kept[count++] = i;
    }
    fa_status status = fa__dataset_copy_about(set, images, skipped > 0 ? kept : NULL, set->n);
    fa__free(kept);
    FA_TRY(status);
    set->origin.skipped += skipped;
    if (skipped > 0)
        snprintf(set->origin.why, sizeof set->origin.why,
                 "%zu of %zu images gave no strokes (the first: image %zu, counted from 0): "
                 "%zu without ink, %zu of which thinning left at most specks of two pixels",
                 skipped, images->n, first, left_out[NO_INK], left_out[NO_SKELETON]);
    if (set->n == 0)
        return fa__fail(FA_E_ARGUMENT, "no strokes in these images: %s", set->origin.why);
    return FA_OK;
}

fa_status fa_strokes_from_images(fa_dataset **out, const fa_dataset *images, uint64_t seed,
                                 uint32_t split) {
    FA_TRY(check_images(images));
    job j = {images, seed, split, NULL};
    size_t *steps = NULL;
    fa_dataset *set = NULL;
    fa_status status;
    FA_CHECK(FA_NEW(j.fate, images->n));
    FA_CHECK(FA_NEW(steps, images->n));
    FA_CHECK(fa__rows_collect(&set, steps, images->n, convert_chunk, &j));
    FA_CHECK(finish(set, &j));
    *out = set;
    set = NULL;
done:
    fa_dataset_free(set);
    fa__free(j.fate);
    fa__free(steps);
    return status;
}
