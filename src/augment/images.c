/* Views of images. Every pixel of the view is looked up in the image by one map, between pixels by
 * bilinear interpolation; beyond the border the border goes on. */
#include "augment/images.h"

#include "augment/affine.h"

#include <math.h>
#include <stddef.h>

/* ==== Looking up ==== */

/* The two pixels beside a place along an axis of `size`, and the share of the second. */
static void beside(size_t at[2], double *share, double place, size_t size) {
    double last = (double)(size - 1);
    if (!(place > 0)) place = 0; /* NaN too */
    if (place > last) place = last;
    at[0] = (size_t)place;
    at[1] = at[0] + 1 < size ? at[0] + 1 : at[0];
    *share = place - (double)at[0];
}

void fa__image_look_up(float *out, const unsigned char *image, const fa__image_map *map,
                       size_t height, size_t width, size_t channels) {
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            double px = (double)x, py = (double)y, right, down;
            size_t columns[2], rows[2];
            fa__bend_apply(&px, &py, &map->bend);
            px = map->left + (px + 0.5) * map->across - 0.5;
            py = map->top + (py + 0.5) * map->along - 0.5;
            if (map->mirrored) px = (double)(width - 1) - px;
            beside(columns, &right, px, width);
            beside(rows, &down, py, height);
            const unsigned char *upper = image + rows[0] * width * channels,
                                *lower = image + rows[1] * width * channels;
            for (size_t c = 0; c < channels; c++) {
                size_t a = columns[0] * channels + c, b = columns[1] * channels + c;
                double above = (1 - right) * upper[a] + right * upper[b];
                double below = (1 - right) * lower[a] + right * lower[b];
                *out++ = (float)((1 - down) * above + down * below);
            }
        }
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
    double height = (double)data->height, width = (double)data->width;
    fa__image_map map = {
        .bend = fa__bend_draw(call, (width - 1) / 2, (height - 1) / 2, fmax(width, height))};
    draw_window(&map, call, height, width);
    map.mirrored = fa__view_chance(call, fa__view_range(call, FA__RANGE_FLIP));
    fa__image_look_up(out, data->pixels + call->sample * data->features, &map, data->height,
                      data->width, data->channels);
    *steps = 1;
    return FA_OK;
}

/* Drawings, digits, characters: which way they face tells them apart. */
const fa__policy fa__policy_images = {.name = "images",
                                      .kind = FA_KIND_IMAGES,
                                      .make = make,
                                      .growth = 1,
                                      .ranges = {{FA__RANGE_ROTATION, 15, 180},
                                                 {FA__RANGE_SCALE, 0.2, 3},
                                                 {FA__RANGE_SHEAR, 0.3, 3},
                                                 {FA__RANGE_WARP, 1, 1e6},
                                                 {FA__RANGE_SHIFT, 2, 1e6},
                                                 {FA__RANGE_CROP, 0, 0.99},
                                                 {FA__RANGE_ASPECT, 0, 3},
                                                 {FA__RANGE_FLIP, 0, 1}}};

const fa__policy fa__policy_photographs = {.name = "photographs",
                                           .kind = FA_KIND_IMAGES,
                                           .make = make,
                                           .growth = 1,
                                           .ranges = {{FA__RANGE_ROTATION, 0, 180},
                                                      {FA__RANGE_SCALE, 0, 3},
                                                      {FA__RANGE_SHEAR, 0, 3},
                                                      {FA__RANGE_WARP, 0, 1e6},
                                                      {FA__RANGE_SHIFT, 0, 1e6},
                                                      {FA__RANGE_CROP, 0.4, 0.99},
                                                      {FA__RANGE_ASPECT, 0.2877, 3}, /* ln 4/3 */
                                                      {FA__RANGE_FLIP, 0.5, 1}}};

/* ==== data.augment ==== */

/* Pixel (y, x) comes from (y + down, x + right), mirrored first; from beyond the border comes what
 * the network sees as 0. */
static fa_status flip_crop(float *out, size_t *steps, fa__view_call *call) {
    enum { FARTHEST = 4 };
    const fa_dataset *data = call->data;
    const unsigned char *image = data->pixels + call->sample * data->features;
    ptrdiff_t height = (ptrdiff_t)data->height, width = (ptrdiff_t)data->width;
    bool mirrored = fa__rng_below(&call->rng, 2) == 1;
    ptrdiff_t down = (ptrdiff_t)fa__rng_below(&call->rng, 2 * FARTHEST + 1) - FARTHEST;
    ptrdiff_t right = (ptrdiff_t)fa__rng_below(&call->rng, 2 * FARTHEST + 1) - FARTHEST;
    for (ptrdiff_t y = down; y < height + down; y++)
        for (ptrdiff_t x = right; x < width + right; x++) {
            ptrdiff_t from = mirrored ? width - 1 - x : x;
            bool within = y >= 0 && y < height && x >= 0 && x < width;
            size_t at = within ? (size_t)(y * width + from) * data->channels : 0;
            for (size_t c = 0; c < data->channels; c++)
                *out++ = within ? (float)image[at + c] : call->views->shift[0];
        }
    *steps = 1;
    return FA_OK;
}

const fa__policy fa__policy_flip_crop = {
    .name = "flip-crop", .kind = FA_KIND_IMAGES, .make = flip_crop, .growth = 1};
