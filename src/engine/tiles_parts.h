/* What convolutions by tiles are made of: operands in bfloat16, and the two products.
 *
 * A tile is 16 rows of 64 bytes. One instruction adds a [16, 32] . b [32, 16] to 16 x 16 sums, where
 * b lies in pairs: row r has b[2r][0], b[2r + 1][0], b[2r][1], b[2r + 1][1], ...
 *
 * Images side by side. Of `group` images the pixels of a row lie in the order
 * [phase][column][image][channels], so that 16 positions that follow each other, of one image or of
 * several, lie evenly apart and are rows of a tile, whatever their width. A tap of the window moves
 * them by whole columns: with a stride s, column j of the image, `left` zero columns counted, is
 * column j / s of phase j % s.
 *
 * Letters: C and K channels of what goes in and comes out, q positions, t taps. */
#ifndef FA_ENGINE_TILES_PARTS_H
#define FA_ENGINE_TILES_PARTS_H

#include "engine/engine.h"

#include <stdint.h>

enum {
    FA__TILE_ROWS = 16,
    FA__TILE_DEPTH = 32,                            /* numbers in a row of bfloat16 */
    FA__TILE_BF16 = FA__TILE_ROWS * FA__TILE_DEPTH, /* numbers of a tile of bfloat16 */
    FA__TILE_SUMS = FA__TILE_ROWS * FA__TILE_ROWS,  /* of one of float32 */
    FA__TILE_TAPS = 15 * 15                         /* most taps of a window */
};

static inline size_t fa__tiles_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

/* Images in float32: floats from one to the next of each. */
typedef struct fa__tiles_view {
    size_t height, width, channels;
    size_t sample, block /* of 16 channels */, row, column;
    bool plain;
} fa__tiles_view;

/* Images in bfloat16, `group` of them side by side. */
typedef struct fa__tiles_plane {
    size_t height, channels; /* a multiple of 32 */
    size_t phases, columns;  /* columns of a phase, those of zeros counted */
    size_t left;             /* zeros before a phase */
} fa__tiles_plane;

static inline size_t fa__tiles_row_of(const fa__tiles_plane *p, size_t group) {
    return p->phases * p->columns * group * p->channels;
}

/* ==== Operands (tiles_operands_amx.c) ==== */

/* Rows of one image, rounded: pixel w of the plane's row at to + the place of w, columns `apart`. With y, where
 * it is not positive there is 0 (ReLU's share). sums [channels of the plane]: += those of the rows; NULL:
 * not wanted. */
typedef struct fa__tiles_fetching {
    uint16_t *to;
    size_t row_apart, apart, rows;
    const fa__tiles_plane *plane;
    const fa__tiles_view *view;
    const float *x, *y;
    float *sums;
} fa__tiles_fetching;
void fa__tiles_fetch(const fa__tiles_fetching *f);

/* Row `row` of a convolution's patches, of a plain image of few channels: [row of the window][column][channel]
 * of each pixel of y, at to + pixel * apart; what follows is left as it is. room: fa__tiles_patch_room. */
void fa__tiles_fetch_patches(uint16_t *to, size_t apart, const float *image, size_t row,
                             const fa__conv *c, uint16_t *room);
size_t fa__tiles_patch_room(const fa__conv *c);
bool fa__tiles_has_patches(const fa__conv *c);

/* rows [positions, channels] turned into tiles' rows [channel][position]: of `channels` (a multiple of 32)
 * and `positions` (likewise). Number (c, q) goes to to + c / 16 * tile + c % 16 * row + q / 32 * step + q % 32. */
typedef struct fa__tiles_turned {
    size_t tile, row, step;
} fa__tiles_turned;
void fa__tiles_turn(uint16_t *to, const fa__tiles_turned *t, const uint16_t *rows, size_t channels,
                    size_t positions);

/* Positions in pairs: of 32 channels from each of the 32 places in rows + at[q], two tiles; from `n` on
 * zeros. */
void fa__tiles_pair(uint16_t *to, const uint16_t *rows, const size_t *at, size_t n);

/* ==== Weights (tiles_weights_amx.c) ==== */

/* Element (tap, in, out) is w[from[in] + out * out_apart + tap]. */
typedef struct fa__tiles_weights {
    size_t taps, in, out, out_apart;
    const size_t *from; /* [in] */
} fa__tiles_weights;

/* Packed: for each 32 of out [tap][32 of in][1 or 2 tiles]. */
void fa__tiles_pack(uint16_t *packed, const float *w, const fa__tiles_weights *s);
size_t fa__tiles_packed(const fa__tiles_weights *s);

/* The gradient back from its sums: [16 of in][32 of out][tap][2][16 in][16 out]. */
void fa__tiles_unpack(float *d_w, const float *sums, const fa__tiles_weights *s, int32_t *places);

/* ==== Products (tiles_product_amx.c) ==== */

/* y[q][k] = b[k] + sum over taps and channels, then ReLU, of a row of positions. */
typedef struct fa__tiles_product {
    size_t positions, channels; /* channels of what is multiplied, a multiple of 32 */
    size_t n_taps;
    const uint16_t *a[FA__TILE_TAPS]; /* position 0 of each tap */
    size_t tap[FA__TILE_TAPS];        /* which of the packed ones */
    const uint16_t *packed;
    size_t packed_taps;
    size_t out;           /* K */
    const float *b;       /* [K] or NULL */
    bool relu, all_lanes; /* all_lanes: what fills no block is written, too */
    float *y;
    size_t block;        /* floats from 16 channels of y to the next */
    const size_t *place; /* [positions]: of a position in y */
} fa__tiles_product;
void fa__tiles_multiply(const fa__tiles_product *p);

/* sums [16 of C][32 of K][tap][2][16 C][16 K] (+)= sum over positions of x[q moved by the tap][c] d_y[q][k]. */
typedef struct fa__tiles_gradient {
    size_t in_tiles, out, taps_across, taps_down;
    const uint16_t *x;
    fa__tiles_turned turned;
    size_t *x_row;          /* [taps_down][rows]: where the row of a tap is; SIZE_MAX: outside */
    const size_t *x_column; /* [taps_across]: where its position 0 is in a row */
    const uint16_t *d_y;    /* [32 of K][row][step][2 tiles] */
    size_t d_y_rows;        /* rows that there is room for */
    size_t rows, steps;
    float *sums;
    bool accumulate;
} fa__tiles_gradient;
void fa__tiles_multiply_turned(const fa__tiles_gradient *g);

/* Tiles of 16 x 64 bytes for the calling thread, from here to there. */
void fa__tiles_begin(void);
void fa__tiles_end(void);

#endif
