/* Convolutions by tiles: what is rounded, where it lies meanwhile, and which product makes what.
 *
 * Forward, of a few images at a time, small enough for the second cache: rounded with zeros left and right
 * (rows above and below are left out), then each row of y by one product. Few channels of a plain image are
 * first made into patches, a window of 1 x 1. The gradient of x is the same of d_y, rounded for the whole
 * shard, with the weights turned: a pixel meets the taps whose stride falls on it. The gradient of the
 * weights is a product over 32 positions at a time, of up to 32 images side by side, so that a tap moves
 * their pixels by whole rows of memory. */
#include "engine/tiles.h"

#include "engine/tiles_parts.h"

#include <string.h>

enum {
    SIDE_BY_SIDE = 32,     /* images at most */
    OF_CACHE = 1 << 19,    /* bytes of rounded images that a forward has at a time */
    OF_GRADIENT = 1 << 20, /* of d_y in pairs that d_w has */
    CHANNELS = 16,
    ALIGNMENT = 64
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* ==== Scratch ==== */

/* NULL: nothing is there yet, `used` tells how much has to be. */
typedef struct room {
    char *at;
    size_t used;
} room;

static void *take(room *r, size_t count, size_t size) {
    void *here = r->at != NULL ? r->at + r->used : NULL;
    r->used += fa__tiles_up(count * size, ALIGNMENT);
    return here;
}

static room room_in(float *scratch) {
    return (room){(char *)fa__tiles_up((uintptr_t)scratch, ALIGNMENT), 0};
}

/* ==== Shapes ==== */

static fa__tiles_view view_of(size_t height, size_t width, size_t channels, bool plain) {
    fa__tiles_view v = {.height = height, .width = width, .channels = channels, .plain = plain};
    v.column = plain ? channels : CHANNELS;
    v.row = width * v.column;
    v.block = plain ? CHANNELS : height * v.row;
    v.sample = plain ? height * v.row : (channels + CHANNELS - 1) / CHANNELS * v.block;
    return v;
}

/* A convolution with what is multiplied on its way forward: patches are a window of 1 x 1. */
typedef struct shape {
    const fa__conv *c;
    fa__tiles_view x, y;
    bool patches;
    size_t kernel, stride, half, in;
    fa__tiles_plane of_x, of_y; /* of_y: on the way to d_x */
} shape;

static shape shape_of(const fa__conv *c) {
    const size_t height = fa__conv_side(c, c->height), width = fa__conv_side(c, c->width);
    shape s = {.c = c, .patches = fa__tiles_has_patches(c)};
    s.x = view_of(c->height, c->width, c->in, c->plain_in);
    s.y = view_of(height, width, c->out, c->plain_out);
    s.kernel = s.patches ? 1 : c->kernel;
    s.stride = s.patches ? 1 : c->stride;
    s.half = s.kernel / 2;
    s.in = s.patches ? c->kernel * c->kernel * c->in : c->in;
    const size_t left = (s.half + s.stride - 1) / s.stride, wide = s.patches ? width : c->width;
    const size_t last = larger(wide - 1, s.stride * (width - 1) + s.kernel - 1 - s.half);
    s.of_x = (fa__tiles_plane){.height = s.patches ? height : c->height,
                               .channels = fa__tiles_up(s.in, FA__TILE_DEPTH),
                               .phases = s.stride,
                               .columns = left + last / s.stride + 1,
                               .left = left};
    const size_t half = c->kernel / 2, before = (half + c->stride - 1) / c->stride;
    s.of_y =
        (fa__tiles_plane){.height = height,
                          .channels = fa__tiles_up(c->out, FA__TILE_DEPTH),
                          .phases = 1,
                          .columns = before + larger(width, (c->width + c->stride - 1) / c->stride +
                                                                (c->stride - 1 + half) / c->stride),
                          .left = before};
    return s;
}

/* Weights on the way forward and of their gradient, and turned. */
static fa__tiles_weights weights_of(const shape *s, bool turned, size_t *from) {
    const fa__conv *c = s->c;
    const size_t taps = c->kernel * c->kernel;
    fa__tiles_weights w = {.taps = s->patches && !turned ? 1 : taps,
                           .in = turned ? c->out : s->in,
                           .out = turned ? c->in : c->out,
                           .out_apart = turned ? taps : c->in * taps,
                           .from = from};
    for (size_t i = 0; from != NULL && i < w.in; i++)
        from[i] = turned ? i * c->in * taps : s->patches ? i % c->in * taps + i / c->in : i * taps;
    return w;
}

/* Images side by side, so that their rows fill tiles, two at a time. */
static size_t group_of(const fa__tiles_plane *p, size_t samples, size_t width) {
    const size_t bytes = p->height * fa__tiles_row_of(p, 1) * sizeof(uint16_t);
    size_t best = 1;
    double least = 0;
    for (size_t g = 1; g <= smaller(samples, SIDE_BY_SIDE) && (g == 1 || g * bytes <= OF_CACHE);
         g++) {
        const size_t tiles = (width * g + FA__TILE_ROWS - 1) / FA__TILE_ROWS;
        const double cost = ((double)tiles + (tiles % 2 == 1 ? 0.6 : 0)) / (double)(width * g);
        if (g > 1 && cost > 0.98 * least) continue;
        best = g;
        least = cost;
    }
    return best;
}

static size_t image_of(const fa__tiles_plane *p) {
    return p->height * fa__tiles_row_of(p, 1);
}

/* Numbers of so many images; a tile may end behind them. */
static size_t plane_size(const fa__tiles_plane *p, size_t images) {
    return images * image_of(p) + FA__TILE_DEPTH * p->channels;
}

/* ==== Forward ==== */

typedef struct forward_room {
    uint16_t *packed, *plane, *patch;
    size_t *from, *place;
} forward_room;

static forward_room take_forward(room *r, const shape *s, size_t group) {
    const fa__tiles_weights w = weights_of(s, false, NULL);
    forward_room f;
    f.packed = take(r, fa__tiles_packed(&w), sizeof *f.packed);
    f.plane = take(r, plane_size(&s->of_x, group), sizeof *f.plane);
    f.patch = take(r, fa__tiles_patch_room(s->c), sizeof *f.patch);
    f.from = take(r, s->in, sizeof *f.from);
    f.place = take(r, s->y.width * group, sizeof *f.place);
    return f;
}

/* Rows of `group` images from `first` on. */
static void fetch_x(uint16_t *to, const shape *s, const float *x, size_t first, size_t group,
                    size_t row, size_t rows, uint16_t *patch) {
    const size_t apart = group * s->of_x.channels, row_apart = fa__tiles_row_of(&s->of_x, group);
    for (size_t i = 0; i < group; i++, to += s->of_x.channels) {
        const float *image = x + (first + i) * s->x.sample;
        for (size_t r = 0; s->patches && r < rows; r++)
            fa__tiles_fetch_patches(to + r * row_apart, apart, image, row + r, s->c, patch);
        if (!s->patches)
            fa__tiles_fetch(&(fa__tiles_fetching){.to = to,
                                                  .row_apart = row_apart,
                                                  .apart = apart,
                                                  .rows = rows,
                                                  .plane = &s->of_x,
                                                  .view = &s->x,
                                                  .x = image + row * s->x.row});
    }
}

/* Where the position 0 of a column of taps is in a row of x. */
static size_t column_of(const shape *s, size_t tap, size_t of_phase, size_t of_column) {
    const size_t column = s->stride * s->of_x.left + tap - s->half;
    return column % s->stride * of_phase + column / s->stride * of_column;
}

static void forward_row(fa__tiles_product *p, const shape *s, const uint16_t *plane, size_t group,
                        size_t row) {
    const size_t of_column = group * s->of_x.channels, of_phase = s->of_x.columns * of_column;
    p->n_taps = 0;
    for (size_t t = 0; t < s->kernel * s->kernel; t++) {
        const size_t from = s->stride * row + t / s->kernel; /* half rows above the image */
        if (from < s->half || from - s->half >= s->of_x.height) continue;
        p->a[p->n_taps] = plane + (from - s->half) * fa__tiles_row_of(&s->of_x, group) +
                          column_of(s, t % s->kernel, of_phase, of_column);
        p->tap[p->n_taps++] = t;
    }
    fa__tiles_multiply(p);
}

static void place_all(size_t *place, size_t columns, size_t group, size_t of_column,
                      size_t of_image) {
    for (size_t w = 0; w < columns; w++)
        for (size_t i = 0; i < group; i++) place[w * group + i] = w * of_column + i * of_image;
}

static void forward(float *y, const float *x, const float *w, const float *b, const fa__conv *c,
                    float *scratch) {
    const shape s = shape_of(c);
    const size_t most = group_of(&s.of_x, c->samples, s.y.width);
    room r = room_in(scratch);
    const forward_room f = take_forward(&r, &s, most);
    const fa__tiles_weights weights = weights_of(&s, false, f.from);
    fa__tiles_product p = {.channels = s.of_x.channels,
                           .packed = f.packed,
                           .packed_taps = weights.taps,
                           .out = c->out,
                           .b = b,
                           .relu = c->relu,
                           .all_lanes = !c->plain_out,
                           .block = s.y.block,
                           .place = f.place};
    fa__tiles_pack(f.packed, w, &weights);
    fa__tiles_begin();
    for (size_t first = 0, before = 0, group; first < c->samples; first += group, before = group) {
        group = smaller(most, c->samples - first);
        if (group != before) {
            memset(f.plane, 0, plane_size(&s.of_x, group) * sizeof *f.plane);
            place_all(f.place, s.y.width, group, s.y.column, s.y.sample);
        }
        fetch_x(f.plane, &s, x, first, group, 0, s.of_x.height, f.patch);
        p.positions = s.y.width * group;
        for (size_t row = 0; row < s.y.height; row++) {
            p.y = y + first * s.y.sample + row * s.y.row;
            forward_row(&p, &s, f.plane, group, row);
        }
    }
    fa__tiles_end();
}

/* ==== The gradient of x ==== */

/* Pixels row, phase, phase + s, ... of a row of x. */
static void back_pixels(fa__tiles_product *p, const shape *s, const uint16_t *plane, size_t group,
                        size_t row, size_t phase) {
    const fa__conv *c = s->c;
    const size_t half = c->kernel / 2, of_row = fa__tiles_row_of(&s->of_y, group);
    p->n_taps = 0;
    for (size_t t = 0; t < c->kernel * c->kernel; t++) {
        const size_t down = t / c->kernel, across = t % c->kernel;
        /* to y's row times stride; across, counted from the zeros on the left */
        const size_t to = row + half - down,
                     column = phase + half + s->of_y.left * c->stride - across;
        if (row + half < down || to % c->stride != 0 || to / c->stride >= s->y.height) continue;
        if (column % c->stride != 0) continue;
        p->a[p->n_taps] =
            plane + to / c->stride * of_row + column / c->stride * group * s->of_y.channels;
        p->tap[p->n_taps++] = t;
    }
    fa__tiles_multiply(p);
}

static void backward_x(float *d_x, const shape *s, const uint16_t *plane, size_t most,
                       uint16_t *packed, size_t *place) {
    const fa__conv *c = s->c;
    fa__tiles_product p = {.channels = s->of_y.channels,
                           .packed = packed,
                           .packed_taps = c->kernel * c->kernel,
                           .out = c->in,
                           .all_lanes = !c->plain_in,
                           .block = s->x.block,
                           .place = place};
    for (size_t first = 0, before = 0, group; first < c->samples; first += group, before = group) {
        group = smaller(most, c->samples - first);
        if (group != before)
            place_all(place, (c->width + c->stride - 1) / c->stride, group, c->stride * s->x.column,
                      s->x.sample);
        for (size_t row = 0; row < c->height; row++)
            for (size_t phase = 0; phase < smaller(c->stride, c->width); phase++) {
                p.positions = (c->width - phase + c->stride - 1) / c->stride * group;
                p.y = d_x + first * s->x.sample + row * s->x.row + phase * s->x.column;
                back_pixels(&p, s, plane + first * image_of(&s->of_y), group, row, phase);
            }
    }
}

/* ==== The gradient of the weights ==== */

/* Rows of x turned, in a ring of `slots` rows, and rows of d_y in pairs. */
typedef struct turned_room {
    size_t rows, slots, steps, of_phase;
    uint16_t *x, *d_y, *row, *patch;
    size_t *at, *x_row, *x_column, *from;
    int32_t *places;
    float *sums;
} turned_room;

static turned_room take_turned(room *r, const shape *s, size_t group) {
    const size_t out = s->of_y.channels, in = s->of_x.channels, taps = s->kernel * s->kernel;
    turned_room t = {.steps = fa__tiles_up(s->y.width * group, FA__TILE_DEPTH) / FA__TILE_DEPTH};
    const size_t of_row = t.steps * FA__TILE_DEPTH * out;
    t.rows = smaller(s->y.height, larger(1, OF_GRADIENT / sizeof(uint16_t) / of_row));
    t.slots = smaller(s->of_x.height, s->stride * (t.rows - 1) + s->kernel);
    t.of_phase = fa__tiles_up(s->of_x.columns * group, FA__TILE_DEPTH) + FA__TILE_DEPTH;
    t.x = take(r, t.slots * s->stride * t.of_phase * in, sizeof *t.x);
    t.d_y = take(r, t.rows * of_row, sizeof *t.d_y);
    t.row = take(r, s->stride * t.of_phase * in, sizeof *t.row);
    t.patch = take(r, fa__tiles_patch_room(s->c), sizeof *t.patch);
    t.at = take(r, s->y.width * group, sizeof *t.at);
    t.x_row = take(r, s->kernel * t.rows, sizeof *t.x_row);
    t.x_column = take(r, s->kernel, sizeof *t.x_column);
    t.from = take(r, s->in, sizeof *t.from);
    t.places = take(r, FA__TILE_ROWS * taps, sizeof *t.places);
    t.sums = take(r, taps * in * out, sizeof *t.sums);
    return t;
}

/* Rows of `group` images; of 32, a column is a tile's row. */
static fa__tiles_gradient gradient_of(const turned_room *t, const shape *s, size_t group) {
    const bool whole = group % FA__TILE_DEPTH == 0;
    const size_t positions = fa__tiles_up(s->of_x.columns * group, FA__TILE_DEPTH) + FA__TILE_DEPTH;
    fa__tiles_gradient g = {.in_tiles = (s->in + FA__TILE_ROWS - 1) / FA__TILE_ROWS,
                            .out = s->c->out,
                            .taps_across = s->kernel,
                            .taps_down = s->kernel,
                            .x = t->x,
                            .turned = {.tile = t->slots * s->stride * FA__TILE_ROWS * positions,
                                       .row = whole ? FA__TILE_DEPTH : positions,
                                       .step = whole ? FA__TILE_BF16 : FA__TILE_DEPTH},
                            .x_row = t->x_row,
                            .x_column = t->x_column,
                            .d_y = t->d_y,
                            .steps =
                                fa__tiles_up(s->y.width * group, FA__TILE_DEPTH) / FA__TILE_DEPTH,
                            .sums = t->sums};
    for (size_t k = 0; k < s->kernel; k++)
        t->x_column[k] = column_of(s, k, FA__TILE_ROWS * positions,
                                   whole ? group / FA__TILE_DEPTH * FA__TILE_BF16 : group);
    return g;
}

/* A row of x into its place in the ring. */
static void turn_row(const turned_room *t, const fa__tiles_gradient *g, const shape *s,
                     const float *x, size_t first, size_t group, size_t row) {
    const size_t positions = s->of_x.columns * group, up = fa__tiles_up(positions, FA__TILE_DEPTH);
    const size_t of_phase = FA__TILE_ROWS * (up + FA__TILE_DEPTH);
    uint16_t *to = t->x + row % t->slots * s->stride * of_phase;
    fetch_x(t->row, s, x, first, group, row, 1, t->patch);
    for (size_t phase = 0; phase < s->stride; phase++)
        fa__tiles_turn(to + phase * of_phase, &g->turned,
                       t->row + phase * positions * s->of_x.channels, s->of_x.channels, up);
}

/* Where the positions of a row of `group` images are in the shard's d_y, which lies `most` side by side. */
static void find_d_y(size_t *at, const shape *s, size_t first, size_t group, size_t most,
                     size_t row) {
    const fa__tiles_plane *p = &s->of_y;
    for (size_t i = 0; i < group; i++) {
        const size_t leader = (first + i) / most * most,
                     side = smaller(most, s->c->samples - leader);
        const size_t from = leader * image_of(p) + row * fa__tiles_row_of(p, side) +
                            (p->left * side + first + i - leader) * p->channels;
        for (size_t w = 0; w < s->y.width; w++) at[w * group + i] = from + w * side * p->channels;
    }
}

static void pair_row(const turned_room *t, const fa__tiles_gradient *g, const shape *s,
                     const uint16_t *plane, size_t group, size_t r) {
    const size_t pairs = s->of_y.channels / FA__TILE_DEPTH, positions = s->y.width * group;
    for (size_t step = 0; step < g->steps; step++)
        for (size_t k = 0; k < pairs; k++)
            fa__tiles_pair(t->d_y + ((k * g->d_y_rows + r) * g->steps + step) * 2 * FA__TILE_BF16,
                           plane + k * FA__TILE_DEPTH, t->at + step * FA__TILE_DEPTH,
                           positions - step * FA__TILE_DEPTH);
}

/* Where the ring has the row of each tap for each row of d_y. */
static void find_x(const turned_room *t, const fa__tiles_gradient *g, const shape *s, size_t first,
                   size_t of_row) {
    for (size_t k = 0; k < s->kernel; k++)
        for (size_t r = 0; r < g->rows; r++) {
            const size_t from = s->stride * (first + r) + k; /* half rows above the image */
            const bool there = from >= s->half && from - s->half < s->of_x.height;
            t->x_row[k * g->rows + r] = there ? (from - s->half) % t->slots * of_row : SIZE_MAX;
        }
}

static void backward_w(float *d_w, const turned_room *t, const shape *s, const uint16_t *plane,
                       size_t most, const float *x) {
    const size_t samples = s->c->samples;
    bool accumulate = false;
    for (size_t first = 0, group; first < samples; first += group) {
        group = smaller(SIDE_BY_SIDE, samples - first);
        fa__tiles_gradient g = gradient_of(t, s, group);
        const size_t of_row = g.turned.tile / t->slots;
        size_t next = 0; /* row of x */
        memset(t->row, 0, s->stride * t->of_phase * s->of_x.channels * sizeof *t->row);
        if (group % FA__TILE_DEPTH != 0)
            memset(t->x, 0, t->slots * s->stride * t->of_phase * s->of_x.channels * sizeof *t->x);
        g.d_y_rows = t->rows;
        for (size_t row = 0; row < s->y.height; row += g.rows) {
            g.rows = smaller(t->rows, s->y.height - row);
            const size_t from = s->stride * row,
                         end = from + s->stride * (g.rows - 1) + s->kernel - s->half;
            if (from >= s->half) next = larger(next, from - s->half);
            for (; next < smaller(end, s->of_x.height); next++)
                turn_row(t, &g, s, x, first, group, next);
            for (size_t i = 0; i < g.rows; i++) {
                find_d_y(t->at, s, first, group, most, row + i);
                pair_row(t, &g, s, plane, group, i);
            }
            find_x(t, &g, s, row, of_row);
            g.accumulate = accumulate;
            accumulate = true;
            fa__tiles_multiply_turned(&g);
        }
    }
    const fa__tiles_weights w = weights_of(s, false, t->from);
    fa__tiles_unpack(d_w, t->sums, &w, t->places);
}

/* ==== Backward ==== */

typedef struct backward_room {
    uint16_t *plane, *packed;
    float *d_b;
    size_t *from, *place;
} backward_room;

static backward_room take_backward(room *r, const shape *s, size_t most) {
    const fa__conv *c = s->c;
    const fa__tiles_weights w = weights_of(s, true, NULL);
    backward_room b;
    b.plane = take(r, plane_size(&s->of_y, c->samples), sizeof *b.plane);
    b.packed = take(r, fa__tiles_packed(&w), sizeof *b.packed);
    b.d_b = take(r, s->of_y.channels, sizeof *b.d_b);
    b.from = take(r, c->out, sizeof *b.from);
    b.place = take(r, (c->width + c->stride - 1) / c->stride * most, sizeof *b.place);
    return b;
}

static size_t group_of_y(const shape *s) {
    return group_of(&s->of_y, s->c->samples, (s->c->width + s->c->stride - 1) / s->c->stride);
}

/* The zeros beside a row of `group` images, of one phase. */
static void clear_sides(uint16_t *row, const fa__tiles_plane *p, size_t width, size_t group) {
    const size_t of_column = group * p->channels, right = p->left + width;
    memset(row, 0, p->left * of_column * sizeof *row);
    memset(row + right * of_column, 0, (p->columns - right) * of_column * sizeof *row);
}

/* The whole of d_y, after ReLU's share, and its sums. */
static void fetch_d_y(const backward_room *b, const shape *s, size_t most, const float *d_y,
                      const float *y) {
    const fa__tiles_plane *p = &s->of_y;
    memset(b->d_b, 0, p->channels * sizeof *b->d_b);
    for (size_t i = 0; i < s->c->samples; i++) {
        const size_t leader = i / most * most, side = smaller(most, s->c->samples - leader);
        uint16_t *to = b->plane + leader * image_of(p) + (i - leader) * p->channels;
        const size_t at = i * s->y.sample, row_apart = fa__tiles_row_of(p, side);
        for (size_t row = 0; i == leader && row < p->height; row++)
            clear_sides(to + row * row_apart, p, s->y.width, side);
        fa__tiles_fetch(&(fa__tiles_fetching){.to = to,
                                              .row_apart = row_apart,
                                              .apart = side * p->channels,
                                              .rows = p->height,
                                              .plane = p,
                                              .view = &s->y,
                                              .x = d_y + at,
                                              .y = s->c->relu ? y + at : NULL,
                                              .sums = b->d_b});
    }
}

static void backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x, const float *y,
                     const float *w, const fa__conv *c, float *scratch) {
    const shape s = shape_of(c);
    const size_t most = group_of_y(&s);
    room r = room_in(scratch);
    const backward_room b = take_backward(&r, &s, most);
    const turned_room t = take_turned(&r, &s, smaller(c->samples, SIDE_BY_SIDE));
    fetch_d_y(&b, &s, most, d_y, y);
    memcpy(d_b, b.d_b, c->out * sizeof *d_b);
    fa__tiles_begin();
    backward_w(d_w, &t, &s, b.plane, most, x);
    if (d_x != NULL) {
        const fa__tiles_weights weights = weights_of(&s, true, b.from);
        fa__tiles_pack(b.packed, w, &weights);
        backward_x(d_x, &s, b.plane, most, b.packed, b.place);
    }
    fa__tiles_end();
}

static size_t scratch(const fa__conv *c) {
    const shape s = shape_of(c);
    room before = {0}, after = {0};
    (void)take_forward(&before, &s, group_of(&s.of_x, c->samples, s.y.width));
    (void)take_backward(&after, &s, group_of_y(&s));
    (void)take_turned(&after, &s, smaller(c->samples, SIDE_BY_SIDE));
    return (larger(before.used, after.used) + ALIGNMENT) / sizeof(float);
}

const fa__tiles fa__tiles_amx = {scratch, forward, backward};
