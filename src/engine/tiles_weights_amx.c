/* Weights for convolutions by tiles: packed, and their gradient unpacked. */
#include "engine/tiles_parts.h"

#include <immintrin.h>

enum { LANES = FA__TILE_ROWS };

size_t fa__tiles_packed(const fa__tiles_weights *s) {
    return fa__tiles_up(s->out, LANES) * fa__tiles_up(s->in, FA__TILE_DEPTH) * s->taps;
}

static __mmask16 mask_of(size_t n) {
    return (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffffu);
}

/* A row of a tile for each tap: inputs in and in + 1 of 16 outputs. */
static void pack_row(uint16_t *to, size_t tap_apart, const float *w, const fa__tiles_weights *s,
                     size_t in, size_t out) {
    static const uint16_t interleaved[2 * LANES] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                    21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                    11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i order = _mm512_loadu_si512(interleaved);
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i at = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)s->out_apart));
    const __mmask16 there = mask_of(s->out - out);
    const float *from = w + out * s->out_apart;
    for (size_t t = 0; t < s->taps; t++, to += tap_apart) {
        const __m512 none = _mm512_setzero_ps();
        const __m512 a = in < s->in
                             ? _mm512_mask_i32gather_ps(none, there, at, from + s->from[in] + t, 4)
                             : none,
                     b = in + 1 < s->in ? _mm512_mask_i32gather_ps(none, there, at,
                                                                   from + s->from[in + 1] + t, 4)
                                        : none;
        _mm512_storeu_si512(to,
                            _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(b, a)));
    }
}

void fa__tiles_pack(uint16_t *packed, const float *w, const fa__tiles_weights *s) {
    const size_t steps = fa__tiles_up(s->in, FA__TILE_DEPTH) / FA__TILE_DEPTH;
    for (size_t out = 0; out < s->out; out += LANES) {
        const size_t first = out / (2 * LANES) * 2 * LANES, tiles = s->out - first > LANES ? 2 : 1;
        const size_t tap_apart = steps * tiles * FA__TILE_BF16;
        uint16_t *to = packed + first * steps * FA__TILE_DEPTH * s->taps +
                       (out - first) / LANES * FA__TILE_BF16;
        for (size_t step = 0; step < steps; step++)
            for (size_t row = 0; row < LANES; row++)
                pack_row(to + step * tiles * FA__TILE_BF16 + row * FA__TILE_DEPTH, tap_apart, w, s,
                         step * FA__TILE_DEPTH + 2 * row, out);
    }
}

/* Places of [in][tap] of 16 inputs of one output, in the sums. */
static void place_all(int32_t *places, const fa__tiles_weights *s) {
    for (size_t i = 0; i < LANES; i++)
        for (size_t t = 0; t < s->taps; t++)
            places[i * s->taps + t] = (int32_t)(t * 2 * FA__TILE_SUMS + i * LANES);
}

void fa__tiles_unpack(float *d_w, const float *sums, const fa__tiles_weights *s, int32_t *places) {
    const size_t pairs = fa__tiles_up(s->out, 2 * LANES) / (2 * LANES),
                 of_pair = s->taps * 2 * FA__TILE_SUMS;
    place_all(places, s);
    for (size_t out = 0; out < s->out; out++)
        for (size_t in = 0; in < s->in; in += LANES) {
            const size_t count = s->in - in < LANES ? s->in - in : LANES;
            const float *from = sums + (in / LANES * pairs + out / (2 * LANES)) * of_pair +
                                out / LANES % 2 * FA__TILE_SUMS + out % LANES;
            float *to = d_w + out * s->out_apart;
            if (s->taps == 1) {
                for (size_t i = 0; i < count; i++) to[s->from[in + i]] = from[i * LANES];
                continue;
            }
            to += s->from[in]; /* the taps of inputs follow each other */
            for (size_t i = 0; i < count * s->taps; i += LANES) {
                const __mmask16 there = mask_of(count * s->taps - i);
                const __m512i at = _mm512_maskz_loadu_epi32(there, places + i);
                _mm512_mask_storeu_ps(
                    to + i, there,
                    _mm512_mask_i32gather_ps(_mm512_setzero_ps(), there, at, from, 4));
            }
        }
}
