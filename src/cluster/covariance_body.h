/* The covariance kernel's one body. covariance_<level>.c defines KERNEL, WIDE (doubles in a
 * register), VECTORS and ROWS (the sums of a block: they, a row of b and one factor stay in
 * registers; COLUMNS and ROWS divide FA__COVARIANCE_STEP), and includes this. */
#include "cluster/covariance_kernel.h"

#include <string.h>

typedef double W __attribute__((vector_size(8 * WIDE)));
typedef double W_at __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));

enum { COLUMNS = VECTORS * WIDE };

/* panel [FA__PANEL, side] = `width` columns of x from `column` less their means, then zeros: rows from
 * `row` on. Those of the next panel, pieces that no processor foresees, are fetched ahead. */
static void fill_panel(double *panel, size_t side, const fa__covariance_part *p, size_t row,
                       size_t column, size_t width) {
    const double *mean = p->mean + column;
    for (size_t r = row; r < p->end && r < row + FA__PANEL; r++) {
        const float *from = p->x + r * p->d + column;
        double *to = panel + (r - row) * side;
        for (size_t j = 0; j < width && r + FA__PANEL < p->end; j += 16)
            __builtin_prefetch(from + FA__PANEL * p->d + j, 0, 2);
        for (size_t j = 0; j < width; j++) to[j] = (double)from[j] - mean[j];
        memset(to + width, 0, (side - width) * sizeof *to);
    }
}

/* panel [FA__PANEL, side] = `width` rows of x from `row` less the means, then zeros: columns from
 * `column` on, one a row of the panel. */
static void turn_panel(double *panel, size_t side, const fa__covariance_part *p, size_t column,
                       size_t row, size_t width) {
    size_t columns = p->end - column < FA__PANEL ? p->end - column : FA__PANEL;
    for (size_t c = 0; c < columns; c++)
        memset(panel + c * side + width, 0, (side - width) * sizeof *panel);
    for (size_t j = 0; j < width; j++) {
        const float *from = p->x + (row + j) * p->d + column;
        for (size_t c = 0; c < columns; c++)
            panel[c * side + j] = (double)from[c] - p->mean[column + c];
    }
}

/* sums [ROWS, COLUMNS] of a tile += a^T b. */
static void add_block(double *sums, const double *a, const double *b, size_t side, size_t rows) {
    W sum[ROWS][VECTORS];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < VECTORS; v++)
            sum[i][v] = *(const W_at *)(sums + i * side + v * WIDE);
    for (size_t r = 0; r < rows; r++) {
        W b_row[VECTORS];
        for (size_t v = 0; v < VECTORS; v++) b_row[v] = *(const W_at *)(b + r * side + v * WIDE);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t v = 0; v < VECTORS; v++) sum[i][v] += a[r * side + i] * b_row[v];
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < VECTORS; v++) *(W_at *)(sums + i * side + v * WIDE) = sum[i][v];
}

void KERNEL(double *sums, double *panels, const fa__covariance_tile *tile,
            const fa__covariance_part *p) {
    size_t side = tile->side;
    bool diagonal = tile->left == tile->top;
    double *a = panels, *b = diagonal ? a : panels + FA__PANEL * side;
    for (size_t row = p->first; row < p->end; row += FA__PANEL) {
        size_t n = p->end - row < FA__PANEL ? p->end - row : FA__PANEL;
        (p->gram ? turn_panel : fill_panel)(a, side, p, row, tile->top, tile->high);
        if (!diagonal) (p->gram ? turn_panel : fill_panel)(b, side, p, row, tile->left, tile->wide);
        for (size_t j = 0; j < tile->wide; j += COLUMNS)
            for (size_t i = 0; i < tile->high && (!diagonal || i < j + COLUMNS); i += ROWS)
                add_block(sums + i * side + j, a + i, b + j, side, n);
    }
}
