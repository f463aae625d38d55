/* The pairwise kernels' one body. pairwise_<level>.c defines KERNEL, LANES (floats in a register),
 * VECTORS and TILE_ROWS (accumulators of a tile: they, one row of b and one factor stay in
 * registers), SLAB (floats of a table's row), WIDE (doubles at a time) and a few operations, and
 * includes this.
 *
 * A tile's accumulators start at D(i, frame of b) - margin and lose p_ik l_jk for each k, so at
 * the end their signs are the hinge's mask. Only these bits are kept. The gradient needs sums of
 * rows chosen by them, and these go by the method of four Russians: a table holds the 16 sums of
 * the subsets of 4 rows, four bits pick one, and one addition does for four multiply-adds.
 */
#include "loss/pairwise_kernel.h"
#include "loss/wide_body.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { PANEL = VECTORS * LANES, STRIP = 32 /* rows whose column bits fill a word */ };

typedef float V __attribute__((vector_size(4 * LANES)));
typedef float V_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int VI __attribute__((vector_size(4 * LANES)));
typedef unsigned VU __attribute__((vector_size(4 * LANES)));
typedef unsigned VU_at __attribute__((vector_size(4 * LANES), aligned(1), may_alias));

INLINE V load(const float *at) {
    return *(const V_at *)at;
}

INLINE void store(float *at, V value) {
    *(V_at *)at = value;
}

INLINE float largest(V v) {
    float part[LANES];
    store(part, v);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            part[i] = part[i] > part[i + half] ? part[i] : part[i + half];
    return part[0];
}

INLINE V choose(VI which, V yes, V no) {
    return (V)((which & (VI)yes) | (~which & (VI)no));
}

#if LANES == 4
INLINE uint32_t signs(V v) {
    VI bits = (VI)v >> 31;
    return (uint32_t)((bits[0] & 1) | (bits[1] & 2) | (bits[2] & 4) | (bits[3] & 8));
}

INLINE V least(V low, V v) {
    V size = (V)((VI)v & INT32_MAX);
    return choose(size < low, size, low);
}
#endif

#if LANES < 16
INLINE VI splat(int x) {
    VI v = {0};
    for (size_t i = 0; i < LANES; i++) v[i] = x;
    return v;
}

/* The lowest byte first, on every machine. */
INLINE void store_words(uint8_t *at, VI columns) {
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        memcpy(at, &columns, sizeof columns);
    else
        for (size_t i = 0; i < 4 * LANES; i++)
            at[i] = (uint8_t)((unsigned)columns[i / 4] >> i % 4 * 8);
}
#endif

/* ==== Softmax =============================================================================== */

static float span(const float *z, size_t n, size_t d) {
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        const float *row = z + i * d;
        float low = row[0], high = low;
        V lows = (V){0} + low, highs = lows;
        size_t k = 0;
        for (; k + LANES <= d; k += LANES) {
            lows = MIN(lows, load(row + k));
            highs = MAX(highs, load(row + k));
        }
        low = -largest(-lows);
        high = largest(highs);
        for (; k < d; k++) {
            low = row[k] < low ? row[k] : low;
            high = row[k] > high ? row[k] : high;
        }
        most = high - low > most ? high - low : most;
    }
    return most;
}

static double softmax(double *log_p, double *p, const float *z, size_t d) {
    size_t width = (d + FA__ROW_STEP - 1) / FA__ROW_STEP * FA__ROW_STEP, k = 0;
    float top = z[0];
    V high = (V){0} + top;
    for (; k + LANES <= d; k += LANES) high = MAX(high, load(z + k));
    top = largest(high);
    for (; k < d; k++) top = z[k] > top ? z[k] : top;
    for (k = 0; k < d; k++) log_p[k] = (double)z[k] - (double)top;
    for (; k < width; k++) log_p[k] = -1000; /* p = 0 */
    W all = {0};
    for (k = 0; k < width; k += WIDE) {
        W e = exponential(wide(log_p + k));
        store_wide(p + k, e);
        all += e;
    }
    double sum = wide_sum(all), log_sum = log(sum), share = 1 / sum;
    for (k = 0; k < width; k += WIDE) {
        store_wide(log_p + k, wide(log_p + k) - log_sum);
        store_wide(p + k, wide(p + k) * share);
    }
    for (k = d; k < width; k++) log_p[k] = 0;
    return log_sum;
}

/* What softmax and centre make of l, once more: subtractions in their order. */
static void renew(float *l, const float *z, double log_sum, const double *l_frame, size_t d) {
    size_t width = (d + FA__ROW_STEP - 1) / FA__ROW_STEP * FA__ROW_STEP, k = 0;
    float top = z[0];
    V high = (V){0} + top;
    for (; k + LANES <= d; k += LANES) high = MAX(high, load(z + k));
    top = largest(high);
    for (; k < d; k++) top = z[k] > top ? z[k] : top;
    for (k = 0; k < d; k++) l[k] = (float)((double)z[k] - (double)top - log_sum - l_frame[k]);
    for (; k < width; k++) l[k] = 0;
}

/* ==== Blocks and frames ===================================================================== */

/* The mean of p, and that of l weighted by p: what counts is l where p is large, and float has to
 * hold that with its digits. Both as first + mean(row - first), so that the frame of equal rows is
 * that row to the last bit. l is taken as -100 below it. */
INLINE void find_frames(fa__pair_block *block, const double *log_p, const double *p, size_t width,
                        bool of_p) {
    const size_t n = block->n;
    for (size_t k = 0; k < width; k += WIDE) {
        const W floor = (W){0} - 100.0;
        W first = wide(log_p + k), first_p = wide(p + k), weights = {0}, sum = {0}, sum_p = {0};
        first = wide_choose(first < floor, floor, first);
        for (size_t i = 0; i < n; i++) {
            W row = wide(log_p + i * width + k), row_p = wide(p + i * width + k);
            W weight = row_p + 1e-30; /* where all of p underflows, any */
            sum += weight * (wide_choose(row < floor, floor, row) - first);
            weights += weight;
            sum_p += row_p - first_p;
        }
        store_wide(block->l_frame + k, first + sum / weights);
        store_wide(block->p_frame + k, of_p ? first_p + sum_p / (double)n : (W){0});
    }
}

static void centre(fa__pair_block *block, const double *log_p, const double *p, size_t width,
                   bool of_p) {
    size_t n = block->n;
    find_frames(block, log_p, p, width, of_p);
    for (size_t k = 0; k < width; k++) block->reach[k] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k += WIDE) {
            W l = wide(log_p + i * width + k) - wide(block->l_frame + k);
            W reach = wide(block->reach + k);
            W size = (W)((WI)l & INT64_MAX);
            narrow(block->l + i * width + k, l);
            narrow(block->p + i * width + k, wide(p + i * width + k) - wide(block->p_frame + k));
            store_wide(block->reach + k, wide_choose(size > reach, size, reach));
        }
    size_t rest = (block->padded - n) * width * sizeof(float);
    memset(block->l + n * width, 0, rest);
    memset(block->p + n * width, 0, rest);
}

static void restore(float *p, const fa__pair_block *a, size_t width) {
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < width; k += WIDE)
            narrow(p + i * width + k, wide(a->p_frame + k) + widen(a->p + i * width + k));
    memset(p + a->n * width, 0, (a->padded - a->n) * width * sizeof(float));
}

INLINE W wide_size(W v) {
    return (W)((WI)v & INT64_MAX);
}

static void begin(float *start, float *slack, float *stored, const fa__pair_block *a,
                  const fa__pair_block *b, size_t width, double margin, double slack_share) {
    for (size_t i = 0; i < a->n; i++) {
        W divergence = {0}, products = {0}, lost = {0};
        for (size_t k = 0; k < width; k += WIDE) {
            W own_p = widen(a->p + i * width + k), own_l = widen(a->l + i * width + k);
            W p = wide(a->p_frame + k) + own_p, reach = wide(b->reach + k);
            W l = wide(a->l_frame + k) - wide(b->l_frame + k) + own_l;
            divergence += p * l;
            products += p * reach;
            lost += (p + wide_size(own_p)) * (reach + wide_size(l)) + p * wide_size(own_l);
        }
        double first = wide_sum(divergence) - margin, loss = 0x1p-22 * wide_sum(lost);
        start[i] = (float)first;
        stored[i] = (float)loss;
        slack[i] = (float)(slack_share * (fabs(first) + wide_sum(products)) + loss);
    }
    for (size_t i = a->n; i < a->padded; i++) /* no pairs */
        start[i] = FLT_MAX, slack[i] = stored[i] = 0;
}

static double divergence(const fa__pair_block *a, size_t i, const fa__pair_block *b, size_t j,
                         size_t width) {
    W sum = {0};
    for (size_t k = 0; k < width; k += WIDE) {
        W p = wide(a->p_frame + k) + widen(a->p + i * width + k);
        W l = wide(a->l_frame + k) - wide(b->l_frame + k) + widen(a->l + i * width + k);
        sum += p * (l - widen(b->l + j * width + k));
    }
    return wide_sum(sum);
}

/* ==== Bounds ================================================================================ */

static void box(float *middle, float *half, const float *rows, size_t n, size_t width) {
    for (size_t k = 0; k < width; k += LANES) {
        V low = load(rows + k), high = low;
        for (size_t i = 1; i < n; i++) {
            low = MIN(low, load(rows + i * width + k));
            high = MAX(high, load(rows + i * width + k));
        }
        V centre = 0.5f * low + 0.5f * high;
        store(middle + k, centre);
        store(half + k, MAX(high - centre, centre - low) * (1 + 0x1p-22f));
    }
}

/* D(i,j) = D(i, frame) - sum_k p_ik l_jk, where l_jk is within half_k of middle_k. */
static void bounds(float *low, float *high, const fa__pair_tiles *t, size_t i0, size_t i1,
                   const float *middle, const float *half) {
    V least_of = (V){0} + FLT_MAX, most_of = -least_of;
    for (size_t i = i0; i < i1; i += LANES) {
        const float *panel = t->packed_p + i / PANEL * t->d * PANEL + i % PANEL;
        V start = load(t->start + i), value = start, reach = load(t->slack + i);
        for (size_t k = 0; k < t->d; k++) {
            V p = load(panel + k * PANEL);
            value -= middle[k] * p;
            reach += half[k] * p;
        }
        VI row = start < FLT_MAX; /* others fill up the block */
        least_of = MIN(least_of, value - reach);
        most_of = (V)((row & (VI)MAX(most_of, value + reach)) | (~row & (VI)most_of));
    }
    *low = -largest(-least_of);
    *high = largest(most_of);
}

/* ==== Tiles ================================================================================= */

static void pack(float *packed, const float *rows, size_t n, size_t d, size_t width) {
    typedef float Q __attribute__((vector_size(16), aligned(4), may_alias));
    for (size_t j = 0; j < n; j += 4) {
        float *panel = packed + j / PANEL * d * PANEL + j % PANEL;
        const float *row = rows + j * width;
        size_t k = 0;
        for (; k + 4 <= d; k += 4) {
            Q r[4];
            for (size_t i = 0; i < 4; i++) r[i] = *(const Q *)(row + i * width + k);
            for (size_t i = 0; i < 4; i++)
                *(Q *)(panel + (k + i) * PANEL) = (Q){r[0][i], r[1][i], r[2][i], r[3][i]};
        }
        for (; k < d; k++)
            for (size_t i = 0; i < 4; i++) panel[k * PANEL + i] = row[i * width + k];
    }
}

/* TILE_ROWS rows from i and `vectors` vectors of columns from j: the bits of the rows, those of the
 * columns from bit `bit` on, and in close[TILE_ROWS] which values lie below slack, if any does.
 * `ahead`: the panel comes from the second-level cache; asked for 12 steps of k ahead (still within
 * the scratch that holds it, see FA__PANEL_MOST), a tile at d = 512 takes a seventh less. A panel
 * in the first-level cache gains nothing and pays for the instructions. */
INLINE bool tile(const size_t vectors, const bool ahead, const fa__pair_tiles *t, size_t i,
                 size_t j, VI *columns, size_t bit, uint64_t *close) {
    const float *panel = t->packed + j / PANEL * t->d * PANEL, *p = t->p + i * t->width;
    V sum[TILE_ROWS][VECTORS], low = (V){0} + FLT_MAX;
    float slack = 0;
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t v = 0; v < vectors; v++) sum[r][v] = (V){0} + t->start[i + r];
    for (size_t k = 0; k < t->d; k++) {
        V b[VECTORS];
        for (size_t v = 0; v < vectors; v++) b[v] = load(panel + k * PANEL + v * LANES);
        for (size_t v = 0; v < vectors * ahead; v++)
            __builtin_prefetch(panel + (k + 12) * PANEL + v * LANES);
        for (size_t r = 0; r < TILE_ROWS; r++) {
            const float factor = p[r * t->width + k];
            for (size_t v = 0; v < vectors; v++) sum[r][v] -= factor * b[v];
        }
    }
    for (size_t r = 0; r < TILE_ROWS; r++) {
        STORE_SIGNS(t->row_bits + (i + r) * t->row_stride + j / 8, sum[r], vectors);
        for (size_t v = 0; v < vectors; v++) {
            columns[v] = COLLECT(columns[v], sum[r][v], (int)(1u << (bit + r)));
            low = LEAST(low, sum[r][v]);
        }
        slack = t->slack[i + r] > slack ? t->slack[i + r] : slack;
    }
    if (SIGNS(low - slack) == 0) return false;
    for (size_t r = 0; r < TILE_ROWS; r++) {
        const V size = (V){0} + FLT_MAX, limit = (V){0} + t->slack[i + r];
        close[r] = 0;
        for (size_t v = 0; v < vectors; v++)
            close[r] |= (uint64_t)SIGNS(LEAST(size, sum[r][v]) - limit) << v * LANES;
    }
    return true;
}

#ifdef FIXED
#include "loss/pairwise_fixed.h"
#else
#define fixed_tile tile
#endif

/* STRIP rows: their bits fill a word of each column. */
INLINE void strip(const bool in_fixed, const size_t vectors, const bool ahead,
                  const fa__pair_tiles *t, size_t i, size_t j) {
    uint64_t close[STRIP];
    VI columns[VECTORS] = {{0}};
    bool unsure = false;
    for (size_t part = 0; part < STRIP; part += TILE_ROWS) {
        uint64_t *here = close + part;
        bool near = in_fixed ? fixed_tile(vectors, ahead, t, i + part, j, columns, part, here)
                             : tile(vectors, ahead, t, i + part, j, columns, part, here);
        for (size_t r = 0; !near && r < TILE_ROWS; r++) here[r] = 0;
        unsure |= near;
    }
    for (size_t v = 0; v < vectors; v++)
        STORE_WORDS(t->column_bits + (i / STRIP * t->column_stride + j + v * LANES) * 4,
                    columns[v]);
    if (unsure) t->recheck(t, i, j, close);
}

#ifdef FIXED
static float value(const fa__pair_tiles *t, size_t i, const float *l) {
    const float *p = t->p + i * t->width;
    V sum = {0};
    float part[LANES];
    for (size_t k = 0; k < t->width; k += LANES) sum -= load(p + k) * load(l + k);
    store(part, sum);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t v = 0; v < half; v++) part[v] += part[v + half];
    return t->start[i] + part[0];
}
#endif

/* A panel meets as many rows as stay in the second-level cache from one panel to the next. */
INLINE void all_tiles(const bool in_fixed, const fa__pair_tiles *t, size_t i0, size_t i1, size_t j0,
                      size_t j1) {
    const size_t bytes = in_fixed ? sizeof(int16_t) : sizeof(float);
    const size_t rows = ((size_t)1 << 19) / bytes / t->width / STRIP * STRIP + STRIP;
    const bool streamed = t->d * PANEL * bytes > (size_t)1 << 15; /* first-level cache */
    for (size_t begin_i = i0; begin_i < i1; begin_i += rows)
        for (size_t j = j0; j < j1; j += PANEL) {
            size_t vectors = j1 - j < PANEL ? (j1 - j) / LANES : VECTORS;
            for (size_t i = begin_i; i < i1 && i < begin_i + rows; i += STRIP)
                if (vectors == VECTORS && streamed)
                    strip(in_fixed, VECTORS, true, t, i, j);
                else if (vectors == VECTORS)
                    strip(in_fixed, VECTORS, false, t, i, j);
                else if (vectors == 1)
                    strip(in_fixed, 1, false, t, i, j);
                else
                    strip(in_fixed, 2, false, t, i, j);
        }
}

static void tiles(const fa__pair_tiles *t, size_t i0, size_t i1, size_t j0, size_t j1) {
    all_tiles(false, t, i0, i1, j0, j1);
}

#ifdef FIXED
static void fixed_tiles(const fa__pair_tiles *t, size_t i0, size_t i1, size_t j0, size_t j1) {
    all_tiles(true, t, i0, i1, j0, j1);
}
#endif

/* The number of bits in each byte. */
INLINE VU bits_of_bytes(VU x) {
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return (x + (x >> 4)) & 0x0f0f0f0fu;
}

INLINE VU sum_of_bytes(VU x) {
    x = (x & 0x00ff00ffu) + (x >> 8 & 0x00ff00ffu);
    return (x & 0xffffu) + (x >> 16);
}

static void count(uint32_t *of_row, uint32_t *of_column, const fa__pair_tiles *t, size_t i0,
                  size_t i1, size_t j0, size_t j1) {
    for (size_t i = i0; i < i1; i++) {
        const uint8_t *row = t->row_bits + i * t->row_stride;
        uint32_t bits, sum = 0;
        for (size_t u = j0 / 8; u < j1 / 8; u += sizeof bits) {
            memcpy(&bits, row + u, sizeof bits);
            sum += (uint32_t)__builtin_popcount(bits);
        }
        of_row[i] += sum;
    }
    for (size_t j = j0; j < j1; j += LANES) {
        VU sum = *(const VU_at *)(of_column + j);
        for (size_t i = i0 / STRIP; i < i1 / STRIP;) { /* bytes hold the sums of 31 */
            VU bytes = {0};
            for (size_t end = i + 31 < i1 / STRIP ? i + 31 : i1 / STRIP; i < end; i++)
                bytes += bits_of_bytes(
                    *(const VU_at *)(t->column_bits + (i * t->column_stride + j) * 4));
            sum += sum_of_bytes(bytes);
        }
        *(VU_at *)(of_column + j) = sum;
    }
}

/* ==== Sums of chosen rows =================================================================== */

/* table [16][slab] = the sums of the subsets of 4 rows. */
INLINE void subset_sums(float *table, const float *rows, size_t width, const size_t slab) {
    for (size_t k = 0; k < slab; k += LANES) {
        V sum[16];
        sum[0] = (V){0};
        for (size_t r = 0; r < 4; r++) {
            V row = load(rows + r * width + k);
            for (size_t s = 0; s < (size_t)1 << r; s++) sum[((size_t)1 << r) + s] = sum[s] + row;
        }
        for (size_t s = 0; s < 16; s++) store(table + s * slab + k, sum[s]);
    }
}

INLINE uint32_t word_at(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* sums [n, slab of width] = or += the rows chosen by `words` words from choice.bits. */
INLINE void gather_words(float *sums, size_t n, const float *source, size_t width,
                         const fa__pair_choice *choice, bool add, const size_t words,
                         const size_t slab) {
    _Alignas(64) float tables[8 * 16 * SLAB > 24 * 16 * 16 ? 8 * 16 * SLAB : 24 * 16 * 16];
    for (size_t u = 0; u < 8 * words; u++)
        subset_sums(tables + u * 16 * slab, source + u * 4 * width, width, slab);
    for (size_t r = 0; r < n; r++) {
        const uint8_t *bits = choice->bits + r * choice->row_step;
        float *at = sums + r * width;
        V sum[SLAB / LANES];
        for (size_t v = 0; v < slab / LANES; v++) sum[v] = add ? load(at + v * LANES) : (V){0};
        for (size_t w = 0; w < words; w++) {
            const uint64_t word = (uint64_t)word_at(bits + w * choice->word_step) << 4;
            for (size_t u = 0; u < 8; u++) {
                const size_t row = (w * 8 + u) * 16 * 16 + (word >> 4 * u & 0xf0);
                const float *chosen = tables + row * (slab / 16);
                for (size_t v = 0; v < slab / LANES; v++) sum[v] += load(chosen + v * LANES);
            }
        }
        for (size_t v = 0; v < slab / LANES; v++) store(at + v * LANES, sum[v]);
    }
}

/* All words, for `slab` of the columns: `most` of them have tables that fit the first-level cache.
 */
INLINE void gather_slab(float *sums, size_t n, const float *source, size_t width,
                        const fa__pair_choice *choice, bool add, const size_t most,
                        const size_t slab) {
    for (size_t w = 0; w < choice->words; add = true) {
        fa__pair_choice part = *choice;
        const float *rows = source + w * 32 * width;
        part.bits += w * choice->word_step;
        if (choice->words - w >= most) {
            gather_words(sums, n, rows, width, &part, add, most, slab);
            w += most;
        } else {
            gather_words(sums, n, rows, width, &part, add, 1, slab);
            w++;
        }
    }
}

static void gather(float *sums, size_t n, const float *source, size_t width,
                   const fa__pair_choice *choice, bool add) {
    size_t k = 0;
    for (; width - k >= SLAB; k += SLAB)
        gather_slab(sums + k, n, source + k, width, choice, add, 1, SLAB);
    if (SLAB > 48 && width - k == 48) {
        gather_slab(sums + k, n, source + k, width, choice, add, 1, SLAB > 48 ? 48 : 16);
        return;
    }
    if (width - k >= 32) {
        gather_slab(sums + k, n, source + k, width, choice, add, 1, 32);
        k += 32;
    }
    if (width > k) gather_slab(sums + k, n, source + k, width, choice, add, 3, 16);
}

static void fold_rows(fa__pair_block *a, const fa__pair_block *b, const float *sums,
                      const uint32_t *count, size_t width) {
    for (size_t i = 0; i < a->n; i++) {
        const double active = (double)count[i];
        W spent = {0};
        for (size_t k = 0; k < width; k += WIDE) {
            W p = wide(a->p_frame + k) + widen(a->p + i * width + k);
            W l = wide(a->l_frame + k) - wide(b->l_frame + k) + widen(a->l + i * width + k);
            W part = p * (active * l - widen(sums + i * width + k));
            store_wide(a->t + i * width + k, wide(a->t + i * width + k) + part);
            spent += part;
        }
        a->spent[i] += wide_sum(spent);
        a->active[i] += active;
    }
}

static void fold_columns(fa__pair_block *b, const fa__pair_block *a, const float *sums,
                         const uint32_t *count, size_t width) {
    for (size_t j = 0; j < b->n; j++) {
        const double active = (double)count[j];
        for (size_t k = 0; k < width; k += WIDE) {
            W p = wide(b->p_frame + k) - wide(a->p_frame + k) + widen(b->p + j * width + k);
            W part = active * p - widen(sums + j * width + k);
            store_wide(b->t + j * width + k, wide(b->t + j * width + k) + part);
        }
    }
}

static void store_gradient(float *d_z, const fa__pair_block *b, size_t i, size_t d, double scale) {
    const size_t width = (d + FA__ROW_STEP - 1) / FA__ROW_STEP * FA__ROW_STEP;
    const W most = (W){0} + (double)FLT_MAX;
    for (size_t k = 0; k < d; k += WIDE) {
        W p = wide(b->p_frame + k) + widen(b->p + i * width + k);
        W g = scale * (p * b->spent[i] - wide(b->t + i * width + k));
        g = wide_choose(g > most, most, wide_choose(g < -most, -most, g));
        if (k + WIDE <= d) {
            narrow(d_z + k, g);
            continue;
        }
        float part[WIDE];
        narrow(part, g);
        for (size_t v = 0; k + v < d; v++) d_z[k + v] = part[v];
    }
}

/* ==== Jensen-Shannon ======================================================================== */

static void fold_ratios(fa__pair_block *a, const float *sums, size_t width) {
    for (size_t i = 0; i < a->n; i++) {
        W spent = {0};
        for (size_t k = 0; k < width; k += WIDE) {
            W p = wide(a->p_frame + k) + widen(a->p + i * width + k);
            W part = p * widen(sums + i * width + k);
            store_wide(a->t + i * width + k, wide(a->t + i * width + k) + part);
            spent += part;
        }
        a->spent[i] += wide_sum(spent);
    }
}

/* r = log(p / mixture), mixture = (p + q) / 2, of both sides. With b = max(p, q) and
 * s = (mixture - b) / (mixture + b) in [-1/3, 0], log(mixture / b) = log((1 + s) / (1 - s)), an odd
 * function of s: relative error 2e-7 (scripts/fit_log.py), and equal p and q give exactly 0. Near p
 * and q have lost the digits that tell them apart; x = l_p - l_q has them, by the frame, so that
 * min(p, q) - b is taken as b (exp(-|x|) - 1). */
INLINE void log_ratios(V *r_p, V *r_q, V p, V q, V l_p, V l_q) {
    V high = MAX(p, q), x = l_p - l_q, size = MAX(x, -x);
    V near = high * size *
             (size * (0.5f + size * (size * (1.0f / 24 - size * (1.0f / 120)) - 1.0f / 6)) - 1.0f);
    V gap = choose(size < 0.0625f, near, MIN(p, q) - high);
    V whole = 4.0f * high + gap;
    whole = MAX(whole, ((V){0} + 1e-30f)); /* p and q are 0 */
    V inverse = RECIPROCAL(whole);
    for (int step = 0; step < REFINE_STEPS; step++) inverse += inverse * (1.0f - whole * inverse);
    V s = gap * inverse, y = s * s;
    V log_mean =
        s * (2.00000001f +
             y * (0.666663147f + y * (0.400249103f + y * (0.279606027f + y * 0.281783352f))));
    V zero = {0};
    *r_p = MIN(x, zero) - log_mean;
    *r_q = -MAX(x, zero) - log_mean;
}

static void js_row(const fa__pair_js *js, size_t i, size_t j0, size_t j1) {
    const float *p_i = js->p_a + i * js->width, *l_i = js->l_a + i * js->width;
    float *sum_i = js->sum_a + i * js->width, *r_i = js->ratios, *r_j = js->ratios + js->width;
    for (size_t j = j0; j < j1; j++) {
        const float *p_j = js->p_b + j * js->width, *l_j = js->l_b + j * js->width;
        V twice[2] = {{0}, {0}};
        for (size_t k = 0; k < js->width; k += LANES) {
            V ratio_i, ratio_j, p = load(p_i + k), q = load(p_j + k);
            log_ratios(&ratio_i, &ratio_j, p, q, load(l_i + k), load(l_j + k));
            twice[0] += p * ratio_i;
            twice[1] += q * ratio_j;
            store(r_i + k, ratio_i);
            store(r_j + k, ratio_j);
        }
        V both = twice[0] + twice[1];
        float sum = 0;
        for (size_t v = 0; v < LANES; v++) sum += both[v];
        float lead = sum / 2 - js->margin;
        int on = lead < 0;
        if (fabsf(lead) < js->slack) on = js->recheck(js, i, j);
        if (!on) continue;
        float *sum_j = js->sum_b + j * js->width;
        js->active_a[i] += 1;
        js->active_b[j] += 1;
        for (size_t k = 0; k < js->width; k += LANES) {
            store(sum_i + k, load(sum_i + k) + load(r_i + k));
            store(sum_j + k, load(sum_j + k) + load(r_j + k));
        }
    }
}

const fa__pair_kernel KERNEL = {
    .softmax = softmax,
    .renew = renew,
    .centre = centre,
    .restore = restore,
    .begin = begin,
    .divergence = divergence,
    .span = span,
    .store = store_gradient,
    .box = box,
    .bounds = bounds,
    .pack = pack,
    .tiles = tiles,
#ifdef FIXED
    .fixed = fixed,
    .fixed_tiles = fixed_tiles,
    .value = value,
#endif
    .count = count,
    .gather = gather,
    .fold_rows = fold_rows,
    .fold_columns = fold_columns,
    .fold_ratios = fold_ratios,
    .js_row = js_row,
};
