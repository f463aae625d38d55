/* Threshold, thinning, specks: sections 1 to 3 of docs/strokes.md. */
#include "strokes/skeleton.h"

#include "base/memory.h"

#include <string.h>

enum { THRESHOLD_STEP = 25, THRESHOLD_END = 250, THINNING_PASSES = 2, SPECK_PIXELS = 2 };

fa_status fa__skeleton_init(fa__skeleton *s, size_t height, size_t width) {
    ptrdiff_t stride = (ptrdiff_t)width + 2;
    size_t area = (height + 2) * (width + 2);
    *s = (fa__skeleton){
        .height = height,
        .width = width,
        .stride = width + 2,
        .neighbours = {-stride, -1, 1, stride, -stride - 1, -stride + 1, stride - 1, stride + 1}};
    FA_TRY(FA_NEW_ZERO(s->ink, area));
    FA_TRY(FA_NEW_ZERO(s->mark, area));
    FA_TRY(FA_NEW(s->pixels, height * width));
    return FA_NEW(s->queue, height * width);
}

void fa__skeleton_clear(fa__skeleton *s) {
    fa__free(s->ink);
    fa__free(s->mark);
    fa__free(s->pixels);
    fa__free(s->queue);
    *s = (fa__skeleton){0};
}

/* Drops from the list of pixels those that are no longer ink. */
static void keep_ink(fa__skeleton *s) {
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->ink[s->pixels[i]]) s->pixels[kept++] = s->pixels[i];
    s->count = kept;
}

/* ==== Components ============================================================================ */

/* Takes the marks off the component of `start`; returns its size. Its pixels are then in queue. */
static size_t flood(fa__skeleton *s, uint32_t start, size_t neighbours) {
    size_t size = 1;
    s->mark[start] = 0;
    s->queue[0] = start;
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k < neighbours; k++) {
            uint32_t next = (uint32_t)((ptrdiff_t)s->queue[i] + s->neighbours[k]);
            if (!s->mark[next]) continue;
            s->mark[next] = 0;
            s->queue[size++] = next;
        }
    }
    return size;
}

static void mark_ink(fa__skeleton *s) {
    for (size_t i = 0; i < s->count; i++) s->mark[s->pixels[i]] = s->ink[s->pixels[i]];
}

static size_t count_components(fa__skeleton *s, size_t neighbours) {
    size_t components = 0;
    mark_ink(s);
    for (size_t i = 0; i < s->count; i++) {
        if (!s->mark[s->pixels[i]]) continue;
        flood(s, s->pixels[i], neighbours);
        components++;
    }
    return components;
}

void fa__skeleton_remove_specks(fa__skeleton *s) {
    mark_ink(s);
    for (size_t i = 0; i < s->count; i++) {
        if (!s->mark[s->pixels[i]]) continue;
        size_t size = flood(s, s->pixels[i], 8);
        if (size > SPECK_PIXELS) continue;
        for (size_t k = 0; k < size; k++) s->ink[s->queue[k]] = 0;
    }
    keep_ink(s);
}

/* ==== Threshold ============================================================================= */

/* Lists the pixels of {pixel > 0}, the previous image's ink gone. */
static void list_ink(fa__skeleton *s, const uint8_t *image) {
    memset(s->ink, 0, (s->height + 2) * s->stride);
    s->count = 0;
    for (size_t y = 0; y < s->height; y++) {
        for (size_t x = 0; x < s->width; x++) {
            if (image[y * s->width + x] == 0) continue;
            size_t position = (y + 1) * s->stride + x + 1;
            s->ink[position] = 1;
            s->pixels[s->count++] = (uint32_t)position;
        }
    }
}

/* Ink = {pixel > t} among the listed pixels; returns how many. */
static size_t cut(fa__skeleton *s, const uint8_t *image, int t) {
    size_t left = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t y = s->pixels[i] / s->stride - 1, x = s->pixels[i] % s->stride - 1;
        s->ink[s->pixels[i]] = image[y * s->width + x] > t;
        left += s->ink[s->pixels[i]];
    }
    return left;
}

int fa__skeleton_threshold(fa__skeleton *s, const uint8_t *image) {
    list_ink(s, image);
    size_t components4 = count_components(s, 4), components8 = count_components(s, 8);
    int t = THRESHOLD_STEP;
    for (; t < THRESHOLD_END; t += THRESHOLD_STEP) {
        if (2 * cut(s, image, t) < s->count) break;
        if (count_components(s, 4) != components4 || count_components(s, 8) != components8) break;
    }
    t -= THRESHOLD_STEP; /* the last one that kept everything */
    cut(s, image, t);
    keep_ink(s);
    return t;
}

/* ==== Thinning ============================================================================== */

static int is_removable(const uint8_t *p, ptrdiff_t stride, int half) {
    const int n = p[-stride], e = p[1], south = p[stride], w = p[-1];
    const int ring[9] = {n, p[-stride + 1], e, p[stride + 1], south, p[stride - 1],
                         w, p[-stride - 1], n};
    int rises = 0, ink = 0;
    for (int k = 0; k < 8; k++) {
        rises += !ring[k] && ring[k + 1];
        ink += ring[k];
    }
    if (rises != 1 || ink < 2 || ink > 6) return 0;
    if (half == 0) return !(n && e && south) && !(e && south && w);
    return !(n && e && w) && !(n && south && w);
}

size_t fa__skeleton_thin_half(fa__skeleton *s, int half) {
    size_t removed = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t y = s->pixels[i] / s->stride, x = s->pixels[i] % s->stride;
        if (y == 1 || y == s->height || x == 1 || x == s->width) continue;
        if (is_removable(s->ink + s->pixels[i], (ptrdiff_t)s->stride, half))
            s->queue[removed++] = s->pixels[i];
    }
    for (size_t i = 0; i < removed; i++) s->ink[s->queue[i]] = 0;
    keep_ink(s);
    return removed;
}

void fa__skeleton_thin(fa__skeleton *s) {
    for (int pass = 0; pass < THINNING_PASSES; pass++) {
        size_t removed = fa__skeleton_thin_half(s, 0);
        removed += fa__skeleton_thin_half(s, 1);
        if (removed == 0) break;
    }
}
