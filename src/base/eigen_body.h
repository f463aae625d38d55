/* The one body of the eigenproblem's kernels. eigen_<level>.c defines KERNELS and WIDE (doubles in
 * a register), and includes this. */
#include "base/eigen_kernel.h"

#include <string.h>

typedef double W __attribute__((vector_size(8 * WIDE)));
typedef double W_at __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));

enum { ROWS = 4, TILE = 8, LANES = FA__EIGEN_STRIP / WIDE };

static W load(const double *from) {
    return *(const W_at *)from;
}

static void store(double *to, W value) {
    *(W_at *)to = value;
}

static double sum_of(W value) {
    double sum = 0;
    for (size_t i = 0; i < WIDE; i++) sum += value[i];
    return sum;
}

/* ==== y += A x ==== */

/* ROWS of them from `first`: each value is read once, for its place and the mirrored one. */
static void product_block(double *y, const double *a, const double *x, size_t first, size_t d) {
    const double *row[ROWS];
    W sums[ROWS];
    for (size_t i = 0; i < ROWS; i++) row[i] = a + (first + i) * d, sums[i] = (W){0};
    for (size_t i = 0; i < ROWS; i++) {
        y[first + i] += row[i][first + i] * x[first + i];
        for (size_t c = first + i + 1; c < first + ROWS; c++) {
            y[first + i] += row[i][c] * x[c];
            y[c] += row[i][c] * x[first + i];
        }
    }
    size_t c = first + ROWS;
    for (; c + WIDE <= d; c += WIDE) {
        const W here = load(x + c);
        W mirrored = load(y + c);
        for (size_t i = 0; i < ROWS; i++) {
            const W value = load(row[i] + c);
            sums[i] += value * here;
            mirrored += value * x[first + i];
        }
        store(y + c, mirrored);
    }
    for (size_t i = 0; i < ROWS; i++) {
        double sum = sum_of(sums[i]);
        for (size_t k = c; k < d; k++) {
            sum += row[i][k] * x[k];
            y[k] += row[i][k] * x[first + i];
        }
        y[first + i] += sum;
    }
}

static void product(double *y, const double *a, const double *x, size_t first, size_t end,
                    size_t d) {
    for (; first + ROWS <= end; first += ROWS) product_block(y, a, x, first, d);
    for (; first < end; first++) {
        const double *row = a + first * d;
        double sum = row[first] * x[first];
        for (size_t c = first + 1; c < d; c++) {
            sum += row[c] * x[c];
            y[c] += row[c] * x[first];
        }
        y[first] += sum;
    }
}

/* ==== A -= V W^T + W V^T ==== */

static void update(double *a, const double *panel, size_t stride, size_t pairs, size_t first,
                   size_t end, size_t d) {
    size_t c = first / (TILE * WIDE) * (TILE * WIDE);
    for (; c + TILE * WIDE <= d; c += TILE * WIDE)
        for (size_t r = first; r < end && r < c + TILE * WIDE; r++) {
            double *row = a + r * d + c;
            W sums[TILE];
            for (size_t k = 0; k < TILE; k++) sums[k] = load(row + k * WIDE);
            for (size_t t = 0; t < 2 * pairs; t++) {
                const double factor = panel[(t ^ 1) * stride + r], *from = panel + t * stride + c;
                for (size_t k = 0; k < TILE; k++) sums[k] -= factor * load(from + k * WIDE);
            }
            for (size_t k = 0; k < TILE; k++) store(row + k * WIDE, sums[k]);
        }
    for (size_t r = first; r < end && c < d; r++)
        for (size_t t = 0; t < 2 * pairs; t++) {
            const double factor = panel[(t ^ 1) * stride + r], *from = panel + t * stride;
            for (size_t k = c; k < d; k++) a[r * d + k] -= factor * from[k];
        }
}

/* ==== y -= V W^T x + W V^T x ==== */

static void deduct(double *y, const double *panel, size_t stride, size_t pairs, const double *x,
                   size_t first, size_t d) {
    double products[2 * FA__EIGEN_PANEL];
    for (size_t t = 0; t < 2 * pairs; t += 2) {
        const double *v = panel + t * stride, *w = v + stride;
        W by_v = {0}, by_w = {0};
        size_t i = first;
        for (; i + WIDE <= d; i += WIDE) {
            by_v += load(v + i) * load(x + i);
            by_w += load(w + i) * load(x + i);
        }
        products[t] = sum_of(by_w);
        products[t + 1] = sum_of(by_v);
        for (; i < d; i++) {
            products[t] += w[i] * x[i];
            products[t + 1] += v[i] * x[i];
        }
    }
    size_t i = first;
    for (; i + WIDE <= d; i += WIDE) {
        W sum = load(y + i);
        for (size_t t = 0; t < 2 * pairs; t++) sum -= products[t] * load(panel + t * stride + i);
        store(y + i, sum);
    }
    for (; i < d; i++)
        for (size_t t = 0; t < 2 * pairs; t++) y[i] -= products[t] * panel[t * stride + i];
}

/* ==== Vectors ==== */

static void rotate(double *strip, const fa__rotation *rotation, size_t first, size_t count) {
    W carried[LANES];
    double *row = strip + first * FA__EIGEN_STRIP;
    for (size_t k = 0; k < LANES; k++) carried[k] = load(row + k * WIDE);
    for (; count > 0; count--, rotation--, row += FA__EIGEN_STRIP)
        for (size_t k = 0; k < LANES; k++) {
            const W next = load(row + FA__EIGEN_STRIP + k * WIDE);
            store(row + k * WIDE, rotation->c * carried[k] + rotation->s * next);
            carried[k] = rotation->c * next - rotation->s * carried[k];
        }
    for (size_t k = 0; k < LANES; k++) store(row + k * WIDE, carried[k]);
}

/* strip -= tau v (v^T strip). */
static void reflect(double *strip, const double *v, double tau, size_t n) {
    W sums[LANES];
    for (size_t k = 0; k < LANES; k++) sums[k] = (W){0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < LANES; k++)
            sums[k] += v[i] * load(strip + i * FA__EIGEN_STRIP + k * WIDE);
    for (size_t k = 0; k < LANES; k++) sums[k] *= tau;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < LANES; k++) {
            double *to = strip + i * FA__EIGEN_STRIP + k * WIDE;
            store(to, load(to) - v[i] * sums[k]);
        }
}

static void turn(double *strip, const fa__turns *turns) {
    const fa__rotation *end = turns->rotations + turns->n_rotations;
    for (size_t s = turns->n_sweeps; s-- > 0;) {
        const fa__rotations *sweep = &turns->sweeps[s];
        rotate(strip, end - 1, sweep->first, sweep->count);
        end -= sweep->count;
    }
    for (size_t j = turns->d - 1; j-- > 0;)
        if (turns->tau[j] != 0)
            reflect(strip + (j + 1) * FA__EIGEN_STRIP, turns->a + j * turns->d + j + 1,
                    turns->tau[j], turns->d - 1 - j);
}

const fa__eigen_kernels KERNELS = {product, update, deduct, turn};
