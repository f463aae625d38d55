/* What both makers of pen strokes share: the dx dy eos eod lines, and the parallel loop that turns
 * samples into a series data set. */
#ifndef FA_STROKES_ROWS_H
#define FA_STROKES_ROWS_H

#include "base/rng.h"
#include "data/dataset.h"

enum { FA__STROKES_COLUMNS = 4 }; /* dx dy eos eod */

/* Lines being written; a growing array. */
typedef struct fa__rows {
    int16_t (*lines)[FA__STROKES_COLUMNS];
    size_t count, capacity;
    int x, y; /* the pixel drawn last; 0, 0 before the first */
} fa__rows;

fa_status fa__rows_pixel(fa__rows *rows, int x, int y); /* dx dy 0 0, from the last pixel */
fa_status fa__rows_lift(fa__rows *rows);                /* 0 0 1 0 */
fa_status fa__rows_end(fa__rows *rows);                 /* 0 0 1 1, and back to 0, 0 */

/* Writes the lines of samples first .. end - 1 one after the other and sets steps[i] to the lines
 * of sample i; 0: left out. */
typedef fa_status (*fa__rows_fill)(void *context, fa__rows *rows, size_t *steps, size_t first,
                                   size_t end);

/* A series data set of the samples 0 .. n - 1 that fill gives lines to; classes, skipped and why
 * are left to the caller. steps [n] is overwritten. The chunks are fixed: fill sees the same ranges
 * whatever the number of threads. */
fa_status fa__rows_collect(fa_dataset **out, size_t *steps, size_t n, fa__rows_fill fill,
                           void *context);

/* The generator of sample i < 2^32 of a split. */
void fa__rows_seed(fa__rng *rng, uint64_t seed, fa__stream stream, uint32_t split, size_t i);

#endif
