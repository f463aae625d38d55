/* The memory of the fast pairwise losses and one task's view of it. */
#ifndef FA_LOSS_PAIRWISE_SPACE_H
#define FA_LOSS_PAIRWISE_SPACE_H

#include "loss/pairwise.h"
#include "loss/pairwise_kernel.h"

enum { FA__LEAF = 96 /* rows whose pairs are decided together; a multiple of every panel */ };

/* What a thread needs for two blocks of up to `block_rows` rows. */
typedef struct fa__pair_scratch {
    float *rows[6];                  /* [block_rows, width] each; KL uses four */
    float *start, *slack;            /* [block_rows] */
    float *ratios;                   /* [2, width] */
    uint32_t *count[2];              /* [block_rows] active columns of a row, rows of a column */
    uint8_t *row_bits, *column_bits; /* [block_rows, block_rows / 8], [/ 8, block_rows] */
    double *exact;    /* [6, d]: two rows in double, and what their divergence takes */
    size_t exact_row; /* which row of z the first one is */
} fa__pair_scratch;

struct fa__pair_space {
    const fa__pair_kernel *kernel;
    size_t width; /* floats from row to row */
    size_t most_rows, most_blocks;
    fa__pair_block *blocks;    /* [most_blocks] */
    float *floats;             /* l and p of all rows */
    double *frames;            /* [most_blocks, 3, width] */
    double *sums;              /* [padded rows, width + 2] */
    fa__pair_scratch *scratch; /* [threads] */
    size_t threads;
    void *scratch_memory;
    fa__pair_reference reference;
    size_t reference_rows; /* groups up to this many go there */
};

#endif
