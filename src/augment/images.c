/* Views of images. Every pixel of the view is looked up in the image by one map, between pixels by
 * bilinear interpolation; beyond the border the border goes on. */
#include "augment/images.h"

#include "augment/affine.h"
#include "base/memory.h"

#include <math.h>
#include <stddef.h>

/* ==== Looking up ==== */

/* A place is the sum of a part that its column has and one that its row has: the wave along x
 * depends on y alone, and the other way round. So no sine is taken of a pixel. */
typedef struct places {
    float *x, *y;           /* [width] the columns' parts */
    float *right, *down;    /* [width] of a row: shares of the second pixel */
    uint32_t *at;           /* [width] of a row: the first of the four pixels */
    float *image;           /* [height, width, channels] */
    size_t columns, rows;   /* floats from a pixel to that beside it, and below it */
    float last_x, last_y;   /* farthest pixel */
    int32_t most_x, most_y; /* farthest first pixel */
} places;

/* An axis of the window, mirrored or not: its place is from + step * (place of the bent axis). */
typedef struct window {
    double from, step;
} window;

static window window_of(double begin, double share, bool mirrored, size_t size) {
    window w = {begin + 0.5 * share - 0.5, share};
    if (mirrored) w = (window){(double)(size - 1) - w.from, -w.step};
    return w;
}

static void place_columns(places *p, const fa__bend *bend, window wx, window wy, size_t width) {
    for (size_t x = 0; x < width; x++) {
        double away = (double)x - bend->centre[0];
        double across = (double)x + (bend->m[0][0] - 1) * away + bend->shift[0];
        double along = bend->m[1][0] * away + fa__bend_wave(bend, 1, away);
        p->x[x] = (float)(wx.from + wx.step * across);
        p->y[x] = (float)(wy.step * along);
    }
}

/* The four pixels around each place of a row, and how they are mixed. */
static void place_row(places *p, float x, float y, size_t width, size_t channels) {
    for (size_t i = 0; i < width; i++) {
        float px = p->x[i] + x, py = p->y[i] + y;
        px = px > 0 ? px : 0; /* NaN too */
        px = px < p->last_x ? px : p->last_x;
        py = py > 0 ? py : 0;
        py = py < p->last_y ? py : p->last_y;
        int32_t column = (int32_t)px, row = (int32_t)py;
        column = column < p->most_x ? column : p->most_x;
        row = row < p->most_y ? row : p->most_y;
        p->right[i] = px - (float)column;
        p->down[i] = py - (float)row;
        p->at[i] = ((uint32_t)row * (uint32_t)width + (uint32_t)column) * (uint32_t)channels;
    }
}

static float *mix_row(float *out, const places *p, size_t width, size_t channels) {
    for (size_t i = 0; i < width; i++) {
        const float *pixel = p->image + p->at[i];
        for (size_t c = 0; c < channels; c++, pixel++) {
            float a = pixel[0], b = pixel[p->columns];
            float below = pixel[p->rows], beside = pixel[p->rows + p->columns];
            float upper = a + p->right[i] * (b - a), lower = below + p->right[i] * (beside - below);
            *out++ = upper + p->down[i] * (lower - upper);
        }
    }
    return out;
}

fa_status fa__image_look_up(float *out, const unsigned char *image, const fa__image_map *map,
                            size_t height, size_t width, size_t channels) {
    const fa__bend *bend = &map->bend;
    window wx = window_of(map->left, map->across, map->mirrored, width),
           wy = window_of(map->top, map->along, false, height);
    size_t size = height * width * channels;
    places p = {.columns = width > 1 ? channels : 0,
                .rows = height > 1 ? width * channels : 0,
                .last_x = (float)(width - 1),
                .last_y = (float)(height - 1),
                .most_x = width > 1 ? (int32_t)width - 2 : 0,
                .most_y = height > 1 ? (int32_t)height - 2 : 0};
    if (size > INT32_MAX)
        return fa__fail(FA_E_SHAPE, "views of images of %zu values: at most %d can be", size,
                        INT32_MAX);
    FA_TRY(FA_NEW(p.image, size + 5 * width));
    p.x = p.image + size;
    p.y = p.x + width;
    p.right = p.y + width;
    p.down = p.right + width;
    p.at = (uint32_t *)(void *)(p.down + width);
    for (size_t i = 0; i < size; i++) p.image[i] = (float)image[i];
    place_columns(&p, bend, wx, wy, width);
    for (size_t y = 0; y < height; y++) {
        double away = (double)y - bend->centre[1];
        double across = bend->m[0][1] * away + fa__bend_wave(bend, 0, away);
        double along = (double)y + (bend->m[1][1] - 1) * away + bend->shift[1];
        place_row(&p, (float)(wx.step * across), (float)(wy.from + wy.step * along), width,
                  channels);
        out = mix_row(out, &p, width, channels);
    }
    fa__free(p.image);
    return FA_OK;
}

/* ==== Drawing a map ==== */

/* A window of a share of the area in [1 - crop, 1] and of an aspect ratio in exp(+-aspect) times
 * the image's own, anywhere within it. */
static void draw_window(fa__image_map *map, fa__view_call *call, double height, double width) {
    double area = 1 - fa__view_range(call, FA__RANGE_CROP) * fa__rng_uniform(&call->rng);
    double aspect = exp(fa__view_within(call, fa__view_range(call, FA__RANGE_ASPECT)));
    map->across = fmin(sqrt(area * aspect), 1);
    map->along = fmin(sqrt(area / aspect), 1);
    map->left = (1 - map->across) * width * fa__rng_uniform(&call->rng);
    map->top = (1 - map->along) * height * fa__rng_uniform(&call->rng);
}

static fa_status make(float *out, size_t *steps, fa__view_call *call) {
    const fa_dataset *data = call->data;
    double height = (double)data->values.height, width = (double)data->values.width;
    fa__image_map map = {
        .bend = fa__bend_draw(call, (width - 1) / 2, (height - 1) / 2, fmax(width, height))};
    draw_window(&map, call, height, width);
    map.mirrored = fa__view_chance(call, fa__view_range(call, FA__RANGE_FLIP));
    *steps = 1;
    return fa__image_look_up(out, fa__dataset_pixels(data, call->sample), &map, data->values.height,
                             data->values.width, data->values.channels);
}

/* Drawings, digits, characters: which way they face tells them apart. */
const fa__policy fa__policy_images = {.name = "images",
                                      .kind = FA_KIND_IMAGES,
                                      .make = make,
                                      .growth = 1,
                                      .ranges = {{FA__RANGE_ROTATION, 15, 180, "turned"},
                                                 {FA__RANGE_SCALE, 0.2, 3, "stretched"},
                                                 {FA__RANGE_SHEAR, 0.3, 3, "sheared"},
                                                 {FA__RANGE_WARP, 1, 1e6, "bent"},
                                                 {FA__RANGE_SHIFT, 2, 1e6, "moved"},
                                                 {FA__RANGE_CROP, 0, 0.99, "cut out"},
                                                 {FA__RANGE_ASPECT, 0, 3, "of other proportions"},
                                                 {FA__RANGE_FLIP, 0, 1, "mirrored"}}};

const fa__policy fa__policy_photographs = {
    .name = "photographs",
    .kind = FA_KIND_IMAGES,
    .make = make,
    .growth = 1,
    .ranges = {{FA__RANGE_ROTATION, 0, 180, "turned"},
               {FA__RANGE_SCALE, 0, 3, "stretched"},
               {FA__RANGE_SHEAR, 0, 3, "sheared"},
               {FA__RANGE_WARP, 0, 1e6, "bent"},
               {FA__RANGE_SHIFT, 0, 1e6, "moved"},
               {FA__RANGE_CROP, 0.4, 0.99, "cut out"},
               {FA__RANGE_ASPECT, 0.2877, 3, "of other proportions"}, /* ln 4/3 */
               {FA__RANGE_FLIP, 0.5, 1, "mirrored"}}};

/* ==== data.augment ==== */

/* Pixel (y, x) comes from (y + down, x + right), mirrored first; from beyond the border comes what
 * the network sees as 0. */
static fa_status flip_crop(float *out, size_t *steps, fa__view_call *call) {
    enum { FARTHEST = 4 };
    const fa_dataset *data = call->data;
    const unsigned char *image = fa__dataset_pixels(data, call->sample);
    ptrdiff_t height = (ptrdiff_t)data->values.height, width = (ptrdiff_t)data->values.width;
    bool mirrored = fa__rng_below(&call->rng, 2) == 1;
    ptrdiff_t down = (ptrdiff_t)fa__rng_below(&call->rng, 2 * FARTHEST + 1) - FARTHEST;
    ptrdiff_t right = (ptrdiff_t)fa__rng_below(&call->rng, 2 * FARTHEST + 1) - FARTHEST;
    for (ptrdiff_t y = down; y < height + down; y++)
        for (ptrdiff_t x = right; x < width + right; x++) {
            ptrdiff_t from = mirrored ? width - 1 - x : x;
            bool within = y >= 0 && y < height && x >= 0 && x < width;
            size_t at = within ? (size_t)(y * width + from) * data->values.channels : 0;
            for (size_t c = 0; c < data->values.channels; c++)
                *out++ = within ? (float)image[at + c] : call->views->shift[0];
        }
    *steps = 1;
    return FA_OK;
}

/* Cutout (DeVries and Taylor, 2017, arXiv:1708.04552): a square of half the shorter side, anywhere
 * its centre is a pixel, becomes what the network sees as 0. */
static fa_status flip_crop_cutout(float *out, size_t *steps, fa__view_call *call) {
    FA_TRY(flip_crop(out, steps, call));
    const fa_dataset *data = call->data;
    size_t height = data->values.height, width = data->values.width;
    size_t half = (height < width ? height : width) / 4;
    size_t y = fa__rng_below(&call->rng, height), x = fa__rng_below(&call->rng, width);
    size_t left = x > half ? x - half : 0, right = x + half < width ? x + half : width;
    size_t top = y > half ? y - half : 0, bottom = y + half < height ? y + half : height;
    for (size_t row = top; row < bottom; row++)
        for (size_t i = (row * width + left) * data->values.channels;
             i < (row * width + right) * data->values.channels; i++)
            out[i] = call->views->shift[0];
    return FA_OK;
}

const fa__policy fa__policy_flip_crop = {.name = "flip-crop",
                                         .kind = FA_KIND_IMAGES,
                                         .make = flip_crop,
                                         .growth = 1,
                                         .always = "mirrored, moved by up to 4 pixels"};

const fa__policy fa__policy_flip_crop_cutout = {
    .name = "flip-crop-cutout",
    .kind = FA_KIND_IMAGES,
    .make = flip_crop_cutout,
    .growth = 1,
    .always = "mirrored, moved by up to 4 pixels, a square blotted out"};
