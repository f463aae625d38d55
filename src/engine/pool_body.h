/* The one body of pooling. pool_<level>.c defines FA_LANES and FA_POOLING and includes this. */
#include "engine/pool.h"

#include <string.h>

typedef float lanes __attribute__((vector_size(4 * FA_LANES)));
typedef float lanes_at __attribute__((vector_size(4 * FA_LANES), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(4 * FA_LANES)));
typedef uint8_t bytes __attribute__((vector_size(FA_LANES)));
typedef uint8_t bytes_at __attribute__((vector_size(FA_LANES), aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* Floats from pixel to pixel and row to row of x. */
typedef struct apart {
    size_t pixel, row;
} apart;

INLINE void largest(float *y, uint8_t *place, const float *x, apart a, const size_t size) {
    lanes best = *(const lanes_at *)x;
    mask at = {0};
    for (size_t i = 1; i < size * size; i++) {
        const lanes value = *(const lanes_at *)(x + i / size * a.row + i % size * a.pixel);
        const mask more = value > best, here = (mask){0} + (int)i;
        best = (lanes)((more & (mask)value) | (~more & (mask)best));
        at = (more & here) | (~more & at);
    }
    *(lanes_at *)y = best;
    *(bytes_at *)place = __builtin_convertvector(at, bytes);
}

INLINE void give_back(float *d_x, const float *d_y, const uint8_t *place, apart a,
                      const size_t size) {
    const lanes d = *(const lanes_at *)d_y;
    const mask at = __builtin_convertvector(*(const bytes_at *)place, mask);
    for (size_t i = 0; i < size * size; i++) {
        const mask here = (mask){0} + (int)i;
        *(lanes_at *)(d_x + i / size * a.row + i % size * a.pixel) =
            (lanes)((mask)(at == here) & (mask)d);
    }
}

static void forward(float *y, uint8_t *place, const float *x, const fa__pool *p, size_t planes,
                    size_t vectors) {
    const size_t rows = p->height / p->size, columns = p->width / p->size;
    const apart a = {vectors * FA_LANES, p->width * vectors * FA_LANES};
    for (size_t plane = 0; plane < planes; plane++, x += p->height * a.row)
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                const float *window = x + r * p->size * a.row + c * p->size * a.pixel;
                for (size_t v = 0; v < vectors; v++, window += FA_LANES) {
                    if (p->size == 2)
                        largest(y, place, window, a, 2);
                    else
                        largest(y, place, window, a, p->size);
                    y += FA_LANES;
                    place += FA_LANES;
                }
            }
}

static void backward(float *d_x, const float *d_y, const uint8_t *place, const fa__pool *p,
                     size_t planes, size_t vectors) {
    const size_t rows = p->height / p->size, columns = p->width / p->size;
    const apart a = {vectors * FA_LANES, p->width * vectors * FA_LANES};
    const bool whole = rows * p->size == p->height && columns * p->size == p->width;
    for (size_t plane = 0; plane < planes; plane++, d_x += p->height * a.row) {
        if (!whole) memset(d_x, 0, p->height * a.row * sizeof *d_x);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                float *window = d_x + r * p->size * a.row + c * p->size * a.pixel;
                for (size_t v = 0; v < vectors; v++, window += FA_LANES) {
                    if (p->size == 2)
                        give_back(window, d_y, place, a, 2);
                    else
                        give_back(window, d_y, place, a, p->size);
                    d_y += FA_LANES;
                    place += FA_LANES;
                }
            }
    }
}

const fa__pooling FA_POOLING = {FA_LANES, forward, backward};
