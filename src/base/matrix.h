/* A matrix whose rows lie in one block, or in several one after the other. */
#ifndef FA_BASE_MATRIX_H
#define FA_BASE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

/* Rows first .. of a matrix, up to the next block's. */
typedef struct fa__row_block {
    const void *values;
    size_t first;
} fa__row_block;

/* The block of row i: the last whose first row is not beyond it. blocks [count], ascending from 0. */
const fa__row_block *fa__row_block_of(const fa__row_block *blocks, size_t count, size_t i);

typedef struct fa__matrix {
    size_t n, d;
    const float *x;              /* [n, d]; NULL: blocks */
    const fa__row_block *blocks; /* [count] */
    size_t count;
    size_t start; /* of these blocks' rows the one that is row 0 here; x: 0 */
    bool stay;    /* too many to be laid out in memory once more */
} fa__matrix;

static inline fa__matrix fa__matrix_of(const float *x, size_t n, size_t d) {
    return (fa__matrix){.n = n, .d = d, .x = x};
}

static inline const float *fa__matrix_row(const fa__matrix *rows, size_t i) {
    if (rows->x != NULL) return rows->x + i * rows->d;
    size_t at = rows->start + i;
    const fa__row_block *block = fa__row_block_of(rows->blocks, rows->count, at);
    return (const float *)block->values + (at - block->first) * rows->d;
}

/* Rows [from, from + n) of a matrix. */
static inline fa__matrix fa__matrix_part(const fa__matrix *of, size_t from, size_t n) {
    fa__matrix part = *of;
    part.n = n;
    if (part.x != NULL)
        part.x += from * part.d;
    else
        part.start += from;
    return part;
}

#endif
