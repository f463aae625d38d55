/* The inner loops of the pairwise losses: one interface, compiled once per SIMD level from
 * pairwise_body.h.
 *
 * Letters: i rows of block a, j rows of block b; k one of d entries; l = log p. Rows lie `width`
 * floats apart, d rounded up to FA__ROW_STEP, the entries past d being 0. */
#ifndef FA_LOSS_PAIRWISE_KERNEL_H
#define FA_LOSS_PAIRWISE_KERNEL_H

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FA__ROW_STEP = 16,   /* floats */
    FA__PANEL_MOST = 48, /* columns of a packed panel at most */
    FA__ROWS_STEP = 32   /* a block's rows are filled up with rows of 0 to a multiple of this */
};

/* A block of rows in a frame of its own: near rows differ by as much relative to what is stored as
 * rounding to float leaves of them. Frames stay above log p = -100. */
typedef struct fa__pair_block {
    size_t n;                  /* rows in use */
    size_t padded;             /* rows there are, a multiple of FA__ROWS_STEP */
    const float *z;            /* logits: row i is z + rows[i] d */
    const size_t *rows;        /* [n] */
    float *l;                  /* [padded, width] log p - l_frame; while a task has the block */
    float *p;                  /* [padded, width] p - p_frame; alike */
    double *log_sum;           /* [padded] what l is made of again, see renew */
    double *l_frame, *p_frame; /* [width] */
    double *reach;             /* [width] the largest |l| */
    float *box;                /* [4, width] middle and half of the box of l, then of that of p */
    double *t;                 /* [padded, width] the gradient so far, see pairwise.c */
    double *spent, *active;    /* [padded] sum of D over active pairs of a row; their number */
} fa__pair_block;

/* What the tiles of the levels that have them in fixed point work on, see pairwise_fixed.h. */
typedef struct fa__pair_fixed {
    int16_t *rows;          /* [padded, width] -p of the rows i */
    int16_t *columns;       /* l of the rows j, packed by pairs of k */
    int32_t *start, *slack; /* [padded] start + slack and twice the slack of a value */
} fa__pair_fixed;

/* Tiles of D(i,j) - margin. A negative one is an active pair: its bit is set. */
typedef struct fa__pair_tiles {
    size_t d, width;
    const float *p;        /* [padded, width] p of the rows i */
    const float *packed_p; /* the same, packed; for bounds alone */
    const float *packed;   /* l of the rows j in the frame of b, see pack */
    fa__pair_fixed
        fixed;          /* in place of p, packed, start and slack where these are in fixed point */
    const float *start; /* [padded] D(i, frame of b) - margin */
    const float *slack; /* [padded] rounding may have moved a value by this much */
    uint8_t *row_bits;  /* [i][row_stride]: bit j % 8 of byte j / 8 */
    uint8_t *column_bits; /* [i / 32][column_stride] words of 4 bytes: bit i % 32 of word j */
    size_t row_stride, column_stride;
    /* Called after 32 rows from i and some columns from j, if values of theirs lie below slack:
     * bit c of close[r] says so of row i + r and column j + c. Corrects the bits. */
    void (*recheck)(const struct fa__pair_tiles *tiles, size_t i, size_t j, const uint64_t *close);
    void *context;
} fa__pair_tiles;

/* Row r of a destination takes 32 source rows by each of `words` words, bit after bit; word w, its
 * lowest byte first, lies at bits[r * row_step + w * word_step]. */
typedef struct fa__pair_choice {
    const uint8_t *bits;
    size_t row_step, word_step, words;
} fa__pair_choice;

/* Two blocks of rows for Jensen-Shannon. */
typedef struct fa__pair_js {
    size_t d, width;
    const float *p_a, *l_a, *p_b, *l_b; /* [., width], l in one frame */
    float *sum_a, *sum_b;               /* [., width] += log(p / mixture) over active pairs */
    double *active_a, *active_b;        /* [.] += their number */
    float *ratios;                      /* [2, width] scratch */
    float margin, slack;                /* of D */
    int (*recheck)(const struct fa__pair_js *js, size_t i, size_t j); /* whether D < margin */
    void *context;
} fa__pair_js;

typedef struct fa__pair_kernel {
    /* The largest difference between two entries of a row of z [n, d]. */
    float (*span)(const float *z, size_t n, size_t d);

    /* log softmax and softmax of z [d]; both [width]. Returns log sum_k exp(z_k - max z). */
    double (*softmax)(double *log_p, double *p, const float *z, size_t d);

    /* l [width] of a row as `centre` stores it, to the last bit, from what softmax returned. */
    void (*renew)(float *l, const float *z, double log_sum, const double *l_frame, size_t d);

    /* The block's frames, reach, l and p of the log-softmax and softmax [n, width]. Without a frame
     * of p, that of small p keeps its digits. */
    void (*centre)(fa__pair_block *block, const double *log_p, const double *p, size_t width,
                   bool frame_of_p);

    /* p [padded, width] as floats out of its frame. */
    void (*restore)(float *p, const fa__pair_block *a, size_t width);

    /* The rows of a against b, [padded] each: start = D(i, frame of b) - margin; slack, what
     * rounding can make of a tile's value, the sum of slack_share of its terms and of stored;
     * stored, what rounding to the floats of a and b can make of D. */
    void (*begin)(float *start, float *slack, float *stored, const fa__pair_block *a,
                  const fa__pair_block *b, size_t width, double margin, double slack_share);

    /* D(i,j) in double, of what is stored. */
    double (*divergence)(const fa__pair_block *a, size_t i, const fa__pair_block *b, size_t j,
                         size_t width);

    /* The box of rows [n, width], n > 0: centre and half its extent, rounded up. */
    void (*box)(float *middle, float *half, const float *rows, size_t n, size_t width);

    /* D - margin of the rows i0 .. i1-1 (multiples of 32) against any row in the box lies in
     * [*low, *high]; p of the rows packed, start and slack as from begin. */
    void (*bounds)(float *low, float *high, const fa__pair_tiles *tiles, size_t i0, size_t i1,
                   const float *middle, const float *half);

    /* rows [n, width] to [panel][d][columns of a panel]; n a multiple of FA__ROWS_STEP. */
    void (*pack)(float *packed, const float *rows, size_t n, size_t d, size_t width);

    /* Tiles of the rows i0 .. i1-1 (multiples of 32) and the columns j0 .. j1-1 (j0 a multiple of
     * the panel, j1 of 16). */
    void (*tiles)(const fa__pair_tiles *tiles, size_t i0, size_t i1, size_t j0, size_t j1);

    /* The same in fixed point; both are NULL in levels without. First `fixed` fills t->fixed from p
     * and start, and from `stored` of begin; false if rounding would leave too many pairs to be
     * decided again. */
    bool (*fixed)(fa__pair_tiles *t, const fa__pair_block *a, const fa__pair_block *b,
                  const float *stored, double margin);
    void (*fixed_tiles)(const fa__pair_tiles *tiles, size_t i0, size_t i1, size_t j0, size_t j1);
    /* The value of row i and l [width] in the frame of b as the tiles of floats have it. */
    float (*value)(const fa__pair_tiles *tiles, size_t i, const float *l);

    /* of_row and of_column += how many bits are set in each of the rows i0 .. i1-1 and columns
     * j0 .. j1-1, multiples of 32. */
    void (*count)(uint32_t *of_row, uint32_t *of_column, const fa__pair_tiles *t, size_t i0,
                  size_t i1, size_t j0, size_t j1);

    /* sums [n, width] = the chosen source rows [32 choice.words, width], or += if `add`. */
    void (*gather)(float *sums, size_t n, const float *source, size_t width,
                   const fa__pair_choice *choice, bool add);

    /* One direction's sums into t, spent and active: sums [., width] of the l of b over the
     * active j of each i; count [.] of these. */
    void (*fold_rows)(fa__pair_block *a, const fa__pair_block *b, const float *sums,
                      const uint32_t *count, size_t width);
    /* The same for j: sums of the p of a over the active i. */
    void (*fold_columns)(fa__pair_block *b, const fa__pair_block *a, const float *sums,
                         const uint32_t *count, size_t width);
    /* Jensen-Shannon: sums of log(p / mixture). */
    void (*fold_ratios)(fa__pair_block *a, const float *sums, size_t width);

    /* scale times the gradient of row i to d_z [d], within the range of float. */
    void (*store)(float *d_z, const fa__pair_block *block, size_t i, size_t d, double scale);

    /* Jensen-Shannon: row i of a against the rows j0 .. j1-1 of b. */
    void (*js_row)(const fa__pair_js *js, size_t i, size_t j0, size_t j1);
} fa__pair_kernel;

/* The kernels of a level that fa__simd_level() allows. */
const fa__pair_kernel *fa__pair_kernel_of(fa__simd level);

extern const fa__pair_kernel fa__pair_portable, fa__pair_avx2, fa__pair_avx512, fa__pair_avx512vnni;

#endif
