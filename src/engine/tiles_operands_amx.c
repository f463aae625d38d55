/* Operands of convolutions by tiles: images rounded to bfloat16, turned, and in pairs. */
#include "engine/tiles_parts.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16, PAIR = 2 * LANES };

/* Two times 16 numbers to nearest, ties to even. */
INLINE __m512i round_two(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

static __mmask16 mask_of(const fa__tiles_view *v, size_t block) {
    const size_t first = block * LANES;
    if (first >= v->channels) return 0;
    return (__mmask16)(v->plain && v->channels - first < LANES ? (1u << (v->channels - first)) - 1
                                                               : 0xffffu);
}

/* ==== Rows of images ==== */

/* Where pixels of a row go, one after the other. */
typedef struct places {
    size_t phase, column, phases, of_phase, of_column;
} places;

static places places_of(const fa__tiles_plane *p, size_t apart) {
    return (places){0, p->left, p->phases, p->columns * apart, apart};
}

INLINE size_t next_place(places *p) {
    const size_t at = p->phase * p->of_phase + p->column * p->of_column;
    if (++p->phase == p->phases) {
        p->phase = 0;
        p->column++;
    }
    return at;
}

INLINE __m512 masked(__m512 x, const float *y, __mmask16 lanes) {
    const __m512 of_y = _mm512_maskz_loadu_ps(lanes, y);
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(of_y, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}

/* 32 channels of the rows. */
INLINE void fetch_pair(const fa__tiles_fetching *f, size_t block, const bool relu, const bool sum) {
    const fa__tiles_view *v = f->view;
    const __mmask16 low_lanes = mask_of(v, block), high_lanes = mask_of(v, block + 1);
    const size_t low = block * v->block, high = high_lanes != 0 ? low + v->block : low;
    __m512 sum_low = _mm512_setzero_ps(), sum_high = _mm512_setzero_ps();
    for (size_t r = 0; r < f->rows; r++) {
        places at = places_of(f->plane, f->apart);
        uint16_t *to = f->to + r * f->row_apart + block * LANES;
        for (size_t w = 0; w < v->width; w++) {
            const size_t from = r * v->row + w * v->column;
            __m512 a = _mm512_maskz_loadu_ps(low_lanes, f->x + low + from),
                   b = _mm512_maskz_loadu_ps(high_lanes, f->x + high + from);
            if (relu) {
                a = masked(a, f->y + low + from, low_lanes);
                b = masked(b, f->y + high + from, high_lanes);
            }
            if (sum) {
                sum_low = _mm512_add_ps(sum_low, a);
                sum_high = _mm512_add_ps(sum_high, b);
            }
            _mm512_storeu_si512(to + next_place(&at), round_two(a, b));
        }
    }
    if (!sum) return;
    float *of_pair = f->sums + block * LANES;
    _mm512_storeu_ps(of_pair, _mm512_add_ps(_mm512_loadu_ps(of_pair), sum_low));
    _mm512_storeu_ps(of_pair + LANES, _mm512_add_ps(_mm512_loadu_ps(of_pair + LANES), sum_high));
}

void fa__tiles_fetch(const fa__tiles_fetching *f) {
    for (size_t block = 0; block * LANES < f->view->channels; block += 2)
        if (f->sums == NULL)
            fetch_pair(f, block, false, false);
        else if (f->y == NULL)
            fetch_pair(f, block, false, true);
        else
            fetch_pair(f, block, true, true);
}

/* ==== Patches ==== */

bool fa__tiles_has_patches(const fa__conv *c) {
    return c->plain_in && c->kernel > 1 && c->in < LANES && c->kernel * c->in <= PAIR;
}

/* A row with the zeros around it. */
static size_t padded(const fa__conv *c) {
    return (c->width + c->kernel) * c->in;
}

size_t fa__tiles_patch_room(const fa__conv *c) {
    return c->kernel * padded(c) + 2 * PAIR;
}

static void round_row(uint16_t *to, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 lanes = (__mmask16)(n - i < LANES ? (1u << (n - i)) - 1 : 0xffffu);
        const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + i));
        _mm256_mask_storeu_epi16(to + i, lanes, rounded);
    }
}

void fa__tiles_fetch_patches(uint16_t *to, size_t apart, const float *image, size_t row,
                             const fa__conv *c, uint16_t *room) {
    const size_t of_row = c->width * c->in, half = c->kernel / 2,
                 width = fa__conv_side(c, c->width), count = c->kernel * c->in;
    const __mmask32 lanes = count < PAIR ? (1u << count) - 1 : ~(__mmask32)0;
    memset(room, 0, fa__tiles_patch_room(c) * sizeof *room);
    for (size_t k = 0; k < c->kernel; k++) {
        const size_t from = row * c->stride + k; /* half rows above the image */
        if (from < half || from - half >= c->height) continue;
        round_row(room + k * padded(c) + half * c->in, image + (from - half) * of_row, of_row);
    }
    for (size_t w = 0; w < width; w++)
        for (size_t k = 0; k < c->kernel; k++) {
            const uint16_t *from = room + k * padded(c) + w * c->stride * c->in;
            _mm512_mask_storeu_epi16(to + w * apart + k * count, lanes,
                                     _mm512_maskz_loadu_epi16(lanes, from));
        }
}

/* ==== Turned, and in pairs ==== */

/* a[0], b[0], a[1], b[1], ... of the lower and of the upper half. */
INLINE void interleave(__m512i *low, __m512i *high, __m512i a, __m512i b) {
    const __m512i first = _mm512_set_epi32(0x002f000f, 0x002e000e, 0x002d000d, 0x002c000c,
                                           0x002b000b, 0x002a000a, 0x00290009, 0x00280008,
                                           0x00270007, 0x00260006, 0x00250005, 0x00240004,
                                           0x00230003, 0x00220002, 0x00210001, 0x00200000),
                  second = _mm512_add_epi16(first, _mm512_set1_epi16(LANES));
    *low = _mm512_permutex2var_epi16(a, first, b);
    *high = _mm512_permutex2var_epi16(a, second, b);
}

void fa__tiles_pair(uint16_t *to, const uint16_t *rows, const size_t *at, size_t n) {
    for (size_t q = 0; q < PAIR; q += 2, to += PAIR) {
        const __m512i none = _mm512_setzero_si512();
        const __m512i a = q < n ? _mm512_loadu_si512(rows + at[q]) : none,
                      b = q + 1 < n ? _mm512_loadu_si512(rows + at[q + 1]) : none;
        __m512i low, high;
        interleave(&low, &high, a, b);
        _mm512_storeu_si512(to, low);
        _mm512_storeu_si512(to + FA__TILE_BF16, high);
    }
}

/* m = m^T, 16 x 16 of 32 bits. */
INLINE void transpose(__m512i *m) {
    __m512i t[LANES];
    for (size_t i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_epi32(m[i], m[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(m[i], m[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4)
        for (size_t j = 0; j < 2; j++) {
            m[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            m[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (size_t i = 0; i < LANES; i += 8)
        for (size_t j = 0; j < 4; j++) {
            t[i + j] = _mm512_shuffle_i32x4(m[i + j], m[i + j + 4], 0x88);
            t[i + j + 4] = _mm512_shuffle_i32x4(m[i + j], m[i + j + 4], 0xdd);
        }
    for (size_t j = 0; j < 8; j++) {
        m[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
        m[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
    }
}

/* 32 positions of 32 channels. */
static void turn_block(uint16_t *to, const fa__tiles_turned *t, const uint16_t *rows,
                       size_t channels) {
    __m512i half[2][LANES];
    for (size_t i = 0; i < LANES; i++)
        interleave(&half[0][i], &half[1][i], _mm512_loadu_si512(rows + 2 * i * channels),
                   _mm512_loadu_si512(rows + (2 * i + 1) * channels));
    for (size_t h = 0; h < 2; h++) {
        transpose(half[h]);
        for (size_t i = 0; i < LANES; i++)
            _mm512_storeu_si512(to + h * t->tile + i * t->row, half[h][i]);
    }
}

void fa__tiles_turn(uint16_t *to, const fa__tiles_turned *t, const uint16_t *rows, size_t channels,
                    size_t positions) {
    for (size_t q = 0; q < positions; q += PAIR)
        for (size_t c = 0; c < channels; c += PAIR)
            turn_block(to + c / LANES * t->tile + q / PAIR * t->step, t, rows + q * channels + c,
                       channels);
}
