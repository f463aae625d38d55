/* The one body of the KMeans kernels. A level's file defines, then includes it:
 *
 *   KERNEL, WIDEST            name of its table; centres of the widest tile
 *   V, VI, LANES, LANE_BITS   vectors of float and int32_t with operators; 2^LANES - 1
 *   SET1(a) SET1I(i)          all lanes equal
 *   LOAD(p) STORE(p, v) LOADI(p) STOREI(p, v)
 *   LOAD_PART(p, m)           m <= LANES floats, the other lanes 0
 *   FMA(a, b, c) MIN(a, b) MAX(a, b)
 *   RSQRT(a)                  1 / sqrt(a) within 2^-11 of itself
 *   ABOVE(a, b)               bits of the lanes with a > b, 0 for NaN
 *   DIFFERENT(i, j)           bits of the lanes with i != j
 *   SELECT_ABOVE(a, b, i, j)  i where a > b, else j
 *   LOOKUP(table, i)          table[i]; LOOKUP16 the same for i < 16
 *   LIST(out, first, bits)    stores first + i for each bit i, ascending; returns how many; may
 *                             write LANES numbers
 *   transpose(V v[LANES])     the square of LANES by LANES in place */
#include "cluster/kmeans_kernel.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { PAIR = 2 * LANES }; /* rows of one pass: two vectors share each broadcast */

/* ==== Nearest centre ==== */

/* Best and second-best score of two vectors of rows; the low bits of a score tell the place of its
 * centre in the tile, which costs a few ulps (the slack knows) and saves a second minimum. */
typedef struct standing {
    V best[2], second[2];
    VI tile[2];
} standing;

INLINE V with_place(V score, int place) {
    return (V)(((VI)score & SET1I(~FA__INDEX_MASK)) | SET1I(place));
}

INLINE void score_tile(standing *s, const float *x, const float *negated, const float *half,
                       size_t d, int tile, const int width) {
    V score[WIDEST][2];
    for (int t = 0; t < width; t++) score[t][0] = score[t][1] = SET1(half[t]);
    for (size_t j = 0; j < d; j++) {
        V x0 = LOAD(x + j * FA__BLOCK), x1 = LOAD(x + j * FA__BLOCK + LANES);
        for (int t = 0; t < width; t++) {
            V c = SET1(negated[t]);
            score[t][0] = FMA(x0, c, score[t][0]);
            score[t][1] = FMA(x1, c, score[t][1]);
        }
        negated += width;
    }
    for (int v = 0; v < 2; v++) {
        V best = with_place(score[0][v], 0), second = SET1(INFINITY);
        for (int t = 1; t < width; t++) {
            V next = with_place(score[t][v], t);
            second = MIN(second, MAX(best, next));
            best = MIN(best, next);
        }
        s->tile[v] = SELECT_ABOVE(s->best[v], best, SET1I(tile), s->tile[v]);
        s->second[v] = MIN(MIN(s->second[v], second), MAX(s->best[v], best));
        s->best[v] = MIN(s->best[v], best);
    }
}

/* The width is a constant in each call, so that the scores of a tile stay in registers. */
static void score_tile_of(standing *s, const float *x, const float *negated, const float *half,
                          size_t d, int tile, size_t width) {
#define SCORE(w)                                                                                   \
    if (width == (w)) score_tile(s, x, negated, half, d, tile, w)
    SCORE(1);
    SCORE(2);
    SCORE(3);
    SCORE(4);
    SCORE(5);
    SCORE(6);
#if WIDEST > 6
    SCORE(7);
    SCORE(8);
    SCORE(9);
    SCORE(10);
    SCORE(11);
    SCORE(12);
#endif
#undef SCORE
}

/* With D1 and D2 the distances to the two best centres of scores s1 and s2:
 *   D2 - D1 = (D2^2 - D1^2) / (D1 + D2) >= 2 (s2 - s1) / sqrt(2 (D1^2 + D2^2))
 *           = (s2 - s1) / sqrt(|x|^2 + s1 + s2). */
INLINE V lead_of(V best, V second, V norm, V slack, V margin) {
    V square = FMA(norm, norm, best + second + slack);
    V certain = second - best - slack;
    return certain * RSQRT(square) * SET1(1 - 0x1p-10f) - margin;
}

static fa__nearest nearest(int32_t *label, float *lead, const int32_t *old, const float *x,
                           const float *norms, const fa__kmeans_tiles *tiles, size_t d) {
    fa__nearest found = {0, 0};
    size_t width = tiles->width;
    for (unsigned row = 0; row < FA__BLOCK; row += PAIR) {
        standing s;
        for (int v = 0; v < 2; v++) {
            s.best[v] = s.second[v] = SET1(INFINITY);
            s.tile[v] = SET1I(0);
        }
        for (size_t t = 0; t < tiles->tiles; t++)
            score_tile_of(&s, x + row, tiles->negated + t * d * width, tiles->half + t * width, d,
                          (int)t, width);
        for (unsigned v = 0; v < 2; v++) {
            unsigned at = row + v * LANES;
            V norm = LOAD(norms + at);
            V slack = FMA(norm, SET1(tiles->row_slack), SET1(tiles->slack));
            VI place = (VI)s.best[v] & SET1I(FA__INDEX_MASK);
            VI nearest_label = s.tile[v] * SET1I((int)width) + place;
            STOREI(label + at, nearest_label);
            STORE(lead + at, lead_of(s.best[v], s.second[v], norm, slack, SET1(tiles->margin)));
            found.unsure |= (LANE_BITS & ~ABOVE(s.second[v] - s.best[v], slack)) << at;
            found.moved |= DIFFERENT(nearest_label, LOADI(old + at)) << at;
        }
    }
    return found;
}

static size_t retreat(int32_t *open, float *lead, const int32_t *label, size_t n,
                      const fa__kmeans_tiles *tiles, size_t k) {
    size_t count = 0;
    for (size_t at = 0; at < n; at += LANES) {
        VI own = LOADI(label + at);
        V lost = k <= 16 ? LOOKUP16(tiles->retreat, own) : LOOKUP(tiles->retreat, own);
        V left = LOAD(lead + at) - lost;
        STORE(lead + at, left);
        count += LIST(open + count, at, LANE_BITS & ~ABOVE(left, SET1(0)));
    }
    return count;
}

static void gather(float *block, const float *x, const int32_t *rows, float scale,
                   const float *shift, size_t d) {
    for (size_t at = 0; at < FA__BLOCK; at += LANES)
        for (size_t j = 0; j < d; j += LANES) {
            size_t width = d - j < LANES ? d - j : LANES;
            V v[LANES];
            for (int r = 0; r < LANES; r++)
                v[r] = LOAD_PART(x + (size_t)rows[at + (size_t)r] * d + j, width);
            transpose(v);
            float *out = block + j * FA__BLOCK + at;
            for (size_t c = 0; c < width; c++) {
                V scaled = v[c] * SET1(scale);
                STORE(out + c * FA__BLOCK, scaled - SET1(shift[j + c]));
            }
        }
}

/* ==== Neighbours ==== */

static void near(uint32_t *bits, const float *x, const float *half_x, const float *limit_x,
                 const float *negated, const float *half, const float *limit, size_t d) {
    for (int t = 0; t < WIDEST; t++) bits[t] = 0;
    for (unsigned row = 0; row < FA__BLOCK; row += PAIR) {
        V score[WIDEST][2];
        const V own0 = LOAD(half_x + row), own1 = LOAD(half_x + row + LANES);
        for (int t = 0; t < WIDEST; t++) {
            score[t][0] = own0 + SET1(half[t]);
            score[t][1] = own1 + SET1(half[t]);
        }
        const float *column = negated;
        for (size_t j = 0; j < d; j++, column += WIDEST) {
            V x0 = LOAD(x + row + j * FA__BLOCK), x1 = LOAD(x + row + j * FA__BLOCK + LANES);
            for (int t = 0; t < WIDEST; t++) {
                V c = SET1(column[t]);
                score[t][0] = FMA(x0, c, score[t][0]);
                score[t][1] = FMA(x1, c, score[t][1]);
            }
        }
        const V most0 = LOAD(limit_x + row), most1 = LOAD(limit_x + row + LANES);
        for (int t = 0; t < WIDEST; t++) {
            V most = SET1(limit[t]);
            bits[t] |= ABOVE(MAX(most0, most), score[t][0]) << row;
            bits[t] |= ABOVE(MAX(most1, most), score[t][1]) << (row + LANES);
        }
    }
}

/* ==== k-means++ ==== */

INLINE void seed_count(float *out, const float *closest, const float *x, const float *candidates,
                       size_t d, const int count) {
    for (unsigned row = 0; row < FA__BLOCK; row += PAIR) {
        V sum[FA__CANDIDATES_AT_ONCE][2];
        for (int t = 0; t < count; t++) sum[t][0] = sum[t][1] = SET1(0);
        for (size_t j = 0; j < d; j++) {
            V x0 = LOAD(x + row + j * FA__BLOCK), x1 = LOAD(x + row + j * FA__BLOCK + LANES);
            for (int t = 0; t < count; t++) {
                V c = SET1(candidates[j * (size_t)count + (size_t)t]);
                V a = x0 - c, b = x1 - c;
                V a2 = a * a; /* statements of their own: never fused, at any level */
                V b2 = b * b;
                sum[t][0] = sum[t][0] + a2;
                sum[t][1] = sum[t][1] + b2;
            }
        }
        for (int t = 0; t < count; t++)
            for (unsigned v = 0; v < 2; v++) {
                unsigned at = row + v * LANES;
                V least = MIN(LOAD(closest + at), sum[t][v]);
                STORE(out + t * FA__BLOCK + at, least);
            }
    }
}

static void seed(float *out, double *sums, const float *closest, const float *x,
                 const float *candidates, size_t count, size_t d) {
    switch (count) {
    case 1:
        seed_count(out, closest, x, candidates, d, 1);
        break;
    case 2:
        seed_count(out, closest, x, candidates, d, 2);
        break;
    case 3:
        seed_count(out, closest, x, candidates, d, 3);
        break;
    default:
        seed_count(out, closest, x, candidates, d, 4);
        break;
    }
    for (size_t i = 0; i < count * FA__BLOCK; i++) sums[i] += (double)out[i];
}

/* ==== Sums ==== */

/* A double of this size has units in its last place: adding it rounds to an integer. */
static const double rounder = 0x1.8p52;

INLINE int64_t rounded(float x, double mean, double scale) {
    double scaled = ((double)x - mean) * scale, shifted = scaled + rounder;
    int64_t bits, zero;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&zero, &rounder, sizeof zero);
    return bits - zero;
}

static void move(int64_t *restrict from, int64_t *restrict to, const float *restrict x,
                 const double *restrict mean, double scale, size_t d) {
    for (size_t j = 0; j < d; j++) {
        int64_t q = rounded(x[j], mean[j], scale);
        to[j] += q;
        from[j] -= q;
    }
}

const fa__kmeans_kernel KERNEL = {.widest = WIDEST,
                                  .nearest = nearest,
                                  .retreat = retreat,
                                  .gather = gather,
                                  .near = near,
                                  .seed = seed,
                                  .move = move};
