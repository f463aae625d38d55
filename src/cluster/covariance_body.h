/* The covariance kernel's one body. covariance_<level>.c defines KERNEL, WIDE (doubles in a
 * register), VECTORS and ROWS (the sums of a block: they, a row of b and one factor stay in
 * registers; COLUMNS and ROWS divide FA__COVARIANCE_STEP), and includes this. */
#include "cluster/covariance_kernel.h"

#include <stdbool.h>
#include <string.h>

typedef double W __attribute__((vector_size(8 * WIDE)));
typedef double W_at __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));

enum { COLUMNS = VECTORS * WIDE };

/* panel [FA__PANEL, side] = `width` columns of x from `column` less their means, then zeros. x has
 * `left` rows; those of the next panel, pieces that no processor foresees, are fetched ahead. */
static void fill_panel(double *panel, size_t side, const float *x, const double *mean, size_t left,
                       size_t d, size_t column, size_t width) {
    for (size_t r = 0; r < left && r < FA__PANEL; r++) {
        const float *from = x + r * d + column;
        double *to = panel + r * side;
        for (size_t j = 0; j < width && r + FA__PANEL < left; j += 16)
            __builtin_prefetch(from + FA__PANEL * d + j, 0, 2);
        for (size_t j = 0; j < width; j++) to[j] = (double)from[j] - mean[column + j];
        memset(to + width, 0, (side - width) * sizeof *to);
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

void KERNEL(double *sums, double *panels, const fa__covariance_tile *tile, const float *x,
            const double *mean, size_t rows, size_t d) {
    size_t side = tile->side;
    bool diagonal = tile->left == tile->top;
    double *a = panels, *b = diagonal ? a : panels + FA__PANEL * side;
    for (size_t row = 0; row < rows; row += FA__PANEL) {
        size_t n = rows - row < FA__PANEL ? rows - row : FA__PANEL;
        fill_panel(a, side, x + row * d, mean, rows - row, d, tile->top, tile->high);
        if (!diagonal)
            fill_panel(b, side, x + row * d, mean, rows - row, d, tile->left, tile->wide);
        for (size_t j = 0; j < tile->wide; j += COLUMNS)
            for (size_t i = 0; i < tile->high && (!diagonal || i < j + COLUMNS); i += ROWS)
                add_block(sums + i * side + j, a + i, b + j, side, n);
    }
}
