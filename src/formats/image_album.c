/* First all sizes, in parallel, so that it is known what all become; then all pixels. */
#include "formats/image_album.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "base/threads.h"
#include "formats/image_file.h"
#include "formats/image_resize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct album {
    fa_dataset *made;
    char *const *paths;
    size_t count, from;
    bool drop;        /* what cannot be read */
    fa__image *found; /* [count] what each file holds */
    bool *bad;        /* [count] it cannot be read */
    fa__image size;   /* what all become */
} album;

/* ==== One file ==== */

static bool left_out(album *a, size_t i, fa_status status) {
    if (status == FA_E_FORMAT && a->drop) a->bad[i] = true;
    return a->bad[i];
}

static fa_status size_of(fa__image *found, const char *path) {
    unsigned char *bytes;
    size_t count;
    FA_TRY(fa__file_read_plain(&bytes, &count, path));
    fa_status status = fa__image_read(found, NULL, NULL, bytes, count, path);
    fa__free(bytes);
    if (status != FA_OK) return status;
    return fa__unpack_check(found->height * found->width * found->channels, count, path);
}

static fa_status find_size(void *context, size_t i, size_t thread) {
    (void)thread;
    album *a = context;
    fa_status status = size_of(&a->found[i], a->paths[i]);
    return left_out(a, i, status) ? FA_OK : status;
}

/* A grey image [pixels] becomes RGB, from its end on. */
static void widen(unsigned char *x, size_t pixels) {
    for (size_t i = pixels; i-- > 0;) memset(x + 3 * i, x[i], 3);
}

/* Pixels of another size or kind than wanted. */
static fa_status decode_other(unsigned char *out, const album *a, const fa__image *own,
                              const unsigned char *bytes, size_t size, const char *path) {
    fa_status status = FA_OK;
    fa__image found = {0}, wide = *own;
    unsigned char *pixels = NULL;
    wide.channels = a->size.channels;
    FA_TRY(FA_NEW(pixels, wide.height * wide.width * wide.channels));
    FA_CHECK(fa__image_read(&found, pixels, own, bytes, size, path));
    if (!fa__image_equal(&found, own))
        FA_CHECK(fa__fail(FA_E_IO, "%s: was changed while it was read", path));
    if (own->channels < wide.channels) widen(pixels, own->height * own->width);
    FA_CHECK(fa__image_resize(out, &a->size, pixels, &wide));
done:
    fa__free(pixels);
    return status;
}

static fa_status decode(const album *a, size_t i) {
    unsigned char *bytes, *out = a->made->values.pixels + i * a->made->features;
    size_t count;
    fa__image found = a->found[i];
    FA_TRY(fa__file_read(&bytes, &count, a->paths[i]));
    fa_status status;
    if (fa__image_equal(&found, &a->size))
        status = fa__image_read(&found, out, &a->size, bytes, count, a->paths[i]);
    else
        status = decode_other(out, a, &a->found[i], bytes, count, a->paths[i]);
    fa__free(bytes);
    if (status == FA_OK && !fa__image_equal(&found, &a->found[i]))
        return fa__fail(FA_E_IO, "%s: was changed while it was read", a->paths[i]);
    return status;
}

/* Each task writes its own image, so the threads do not matter. */
static fa_status take_pixels(void *context, size_t i, size_t thread) {
    (void)thread;
    album *a = context;
    if (a->bad[i]) return FA_OK;
    fa_status status = decode(a, i);
    return left_out(a, i, status) ? FA_OK : status;
}

/* ==== All of them ==== */

static int by_side(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* A side to resize to: the median of the shorter sides, no larger than networks are made for. */
static fa_status side_for(size_t *out, const album *a) {
    enum { SIDE_MOST = 128 };
    size_t *sides, count = 0;
    FA_TRY(FA_NEW(sides, a->count));
    for (size_t i = 0; i < a->count; i++)
        if (!a->bad[i])
            sides[count++] =
                a->found[i].height < a->found[i].width ? a->found[i].height : a->found[i].width;
    qsort(sides, count, sizeof *sides, by_side);
    *out = sides[count / 2] < SIDE_MOST ? sides[count / 2] : SIDE_MOST;
    fa__free(sides);
    return FA_OK;
}

static fa_status other_size(const album *a, size_t first, size_t i) {
    size_t side, others = 0;
    const fa__image *one = &a->found[first], *two = &a->found[i];
    for (size_t k = first; k < a->count; k++)
        others +=
            !a->bad[k] && (a->found[k].height != one->height || a->found[k].width != one->width);
    FA_TRY(side_for(&side, a));
    return fa__fail(FA_E_SHAPE,
                    "%s: is %zu x %zu (height, width), but %s is %zu x %zu, and %zu of %zu images "
                    "are of other sizes than that; --resize %zu makes all of them %zu x %zu "
                    "(data.resize in a recipe)",
                    a->paths[i], two->height, two->width, a->paths[first], one->height, one->width,
                    others, a->count, side, side, side);
}

/* What all become: RGB where one is, and one size. */
static fa_status choose_size(album *a, size_t resize) {
    size_t first = 0;
    while (first < a->count && a->bad[first]) first++;
    if (first == a->count) { /* the first says why */
        a->drop = false;
        FA_TRY(size_of(&a->found[0], a->paths[0]));
        return fa__fail(FA_E_IO, "%s: was changed while it was read", a->paths[0]);
    }
    a->size = a->found[first];
    for (size_t i = first; i < a->count; i++) {
        const fa__image *found = &a->found[i];
        if (a->bad[i]) continue;
        if (found->channels > a->size.channels) a->size.channels = found->channels;
        if (resize == 0 && (found->height != a->size.height || found->width != a->size.width))
            return other_size(a, first, i);
    }
    if (resize > 0) a->size.height = a->size.width = resize;
    return FA_OK;
}

/* What was done to images so that all are alike. */
static void note_changes(album *a, size_t resize) {
    fa__image low = {.height = SIZE_MAX, .width = SIZE_MAX}, high = {0};
    size_t clear = 0, grey = 0, first_clear = 0, first_grey = 0, resized = 0;
    size_t turned = 0, first_turned = 0, moving = 0, first_moving = 0;
    for (size_t i = 0; i < a->count; i++) {
        const fa__image *f = &a->found[i];
        if (a->bad[i]) continue;
        if (f->transparent && clear++ == 0) first_clear = i;
        if (f->turned && turned++ == 0) first_turned = i;
        if (f->moving && moving++ == 0) first_moving = i;
        if (f->channels < a->size.channels && grey++ == 0) first_grey = i;
        resized += f->height != a->size.height || f->width != a->size.width;
        low.height = f->height < low.height ? f->height : low.height;
        low.width = f->width < low.width ? f->width : low.width;
        high.height = f->height > high.height ? f->height : high.height;
        high.width = f->width > high.width ? f->width : high.width;
    }
    if (resized > 0)
        fa__dataset_add_note(a->made,
                             "%zu image%s of %zu x %zu to %zu x %zu (height, width) resized to "
                             "%zu x %zu",
                             resized, resized > 1 ? "s" : "", low.height, low.width, high.height,
                             high.width, resize, resize);
    if (clear > 0)
        fa__dataset_add_note(a->made,
                             "%zu image%s with transparency put onto white (the first: %.90s)",
                             clear, clear > 1 ? "s" : "", a->paths[first_clear] + a->from);
    if (turned > 0)
        fa__dataset_add_note(a->made,
                             "%zu image%s that EXIF turns taken as stored (the first: %.90s; "
                             "mogrify -auto-orient)",
                             turned, turned > 1 ? "s" : "", a->paths[first_turned] + a->from);
    if (moving > 0)
        fa__dataset_add_note(a->made,
                             "%zu image%s of several frames taken as the first frame (the "
                             "first: %.90s)",
                             moving, moving > 1 ? "s" : "", a->paths[first_moving] + a->from);
    if (grey > 0)
        fa__dataset_add_note(a->made, "%zu grey image%s made RGB as others are (the first: %.90s)",
                             grey, grey > 1 ? "s" : "", a->paths[first_grey] + a->from);
}

/* Why an image cannot be read, in the words that fail would have. */
static void say_why(char *out, size_t size, const album *a, size_t i) {
    fa__image found;
    fa_status status = size_of(&found, a->paths[i]);
    if (status == FA_OK) status = decode(a, i);
    snprintf(out, size, "%s", status != FA_OK ? fa_error_detail() : a->paths[i]);
}

static fa_status drop_bad(album *a) {
    fa_dataset *made = a->made;
    size_t kept = 0, first = a->count;
    char why[sizeof made->origin.why], said[160], others[sizeof made->origin.why];
    for (size_t i = a->count; i-- > 0;) first = a->bad[i] ? i : first;
    if (first == a->count) return FA_OK;
    say_why(said, sizeof said, a, first);
    FA_TRY(fa__dataset_keep_origin(made));
    for (size_t i = 0; i < a->count; i++) {
        if (a->bad[i]) continue;
        unsigned char *to = made->values.pixels + kept * made->features;
        if (kept < i) memcpy(to, made->values.pixels + i * made->features, made->features);
        made->origin.rows[kept++] = i;
    }
    if (kept == 0) return fa__fail(FA_E_FORMAT, "%s", said);
    made->n = kept;
    made->origin.skipped += a->count - kept;
    memcpy(others, made->origin.why, sizeof others);
    snprintf(why, sizeof why, "%zu image%s that cannot be read (the first: %s)", a->count - kept,
             a->count - kept > 1 ? "s" : "", said);
    fa__format(made->origin.why, sizeof made->origin.why, "%s%s%s", why,
               others[0] != '\0' ? "; " : "", others);
    return FA_OK;
}

/* A failure of one of several images can be lived with. */
static fa_status with_advice(const album *a, fa_status status) {
    char said[512];
    if (status != FA_E_FORMAT || a->count < 2) return status;
    snprintf(said, sizeof said, "%s", fa_error_detail());
    return fa__fail(status, "%s; --missing drop leaves such images out", said);
}

fa_status fa__album_read(fa_dataset *made, char *const *paths, size_t count, size_t from,
                         const fa_read_options *options) {
    fa_status status = FA_OK;
    album a = {.made = made, .paths = paths, .count = count, .from = from};
    a.drop = options->missing != NULL && strcmp(options->missing, "drop") == 0;
    FA_CHECK(FA_NEW_ZERO(a.found, count));
    FA_CHECK(FA_NEW_ZERO(a.bad, count));
    FA_CHECK(with_advice(&a, fa__parallel(count, find_size, &a)));
    FA_CHECK(choose_size(&a, options->resize));
    made->n = count;
    made->values.height = a.size.height;
    made->values.width = a.size.width;
    made->values.channels = a.size.channels;
    made->features = a.size.height * a.size.width * a.size.channels; /* sides are below 2^16 */
    if (count > SIZE_MAX / made->features) FA_CHECK(fa__nomem(count, made->features));
    FA_CHECK(FA_NEW(made->values.pixels, count * made->features));
    FA_CHECK(with_advice(&a, fa__parallel(count, take_pixels, &a)));
    note_changes(&a, options->resize);
    FA_CHECK(drop_bad(&a));
done:
    fa__free(a.found);
    fa__free(a.bad);
    return status;
}
