/* The hinge over the pairs of two blocks of rows, in float kernels.
 *
 * Letters: i rows of block a, j rows of block b; k one of the d entries; p = softmax(z), l = log p;
 * m the margin; on_ij = 1 for an active pair, D(i,j) < m.
 *
 * With A_ik = sum_j on_ij (l_ik - l_jk) and B_ik = sum_j on_ji (p_ik - p_jk), the gradient of
 * sum_{i != j} max(0, m - D(i,j)) is
 *   g_ik = -(t_ik - p_ik sum_k' p_ik' A_ik'),   t_ik = p_ik A_ik + B_ik,
 * and sum_k p_ik A_ik = sum_j on_ij D(i,j) gives the loss as well. A and B need only sums of rows
 * over active pairs; a single D decides no more than whether its pair is one of them.
 *
 * Every block has a frame, about the mean of its rows, which is taken off before l and p are
 * rounded to float. A mask bit whose D lies so near m that rounding could have turned it is decided
 * again in double.
 */
#include "loss/pairwise_job.h"

#include "loss/rows.h"

#include <math.h>
#include <string.h>

/* ==== Blocks ================================================================================ */

void fa__pair_place(fa__pair_job *job, size_t slot) {
    fa__pair_space *s = job->space;
    size_t width = s->width;
    job->count = (job->group->n + job->block_rows - 1) / job->block_rows;
    job->blocks = s->blocks + slot;
    for (size_t a = 0; a < job->count; a++) {
        size_t first = slot * s->slot + a * job->block_rows;
        size_t left = job->group->n - a * job->block_rows;
        fa__pair_block *b = &job->blocks[a];
        b->n = left < job->block_rows ? left : job->block_rows;
        b->padded = fa__round_up(b->n, FA__ROWS_STEP);
        b->z = job->group->z;
        b->rows = job->group->rows + a * job->block_rows;
        if (s->lasting != NULL) b->l = s->lasting + first * 2 * width;
        if (s->lasting != NULL) b->p = b->l + b->padded * width;
        b->l_frame = s->frames + (slot + a) * FA__FRAMES * width;
        b->p_frame = b->l_frame + width;
        b->reach = b->p_frame + width;
        b->box = (float *)(void *)(b->reach + width);
        b->t = s->sums + first * (width + 3);
        b->spent = b->t + b->padded * width;
        b->active = b->spent + b->padded;
        b->log_sum = b->active + b->padded;
    }
}

/* Of many rows l and p are not kept: they would be as much memory as the sums. The gradient is not
 * there before the end: until then its rows keep p, and l is made again whenever blocks meet, which
 * costs one to four hundredths of the meeting. */
static float *kept_row(const fa__pair_job *job, size_t row) {
    return (job->d_z != NULL ? job->d_z : job->space->kept) + row * job->group->d;
}

static void take_p(const fa__pair_job *job, size_t index, float *p) {
    fa__pair_block *block = &job->blocks[index];
    size_t d = job->group->d, width = job->space->width;
    if (job->space->lasting != NULL) return;
    block->p = p;
    memset(p, 0, block->padded * width * sizeof *p);
    for (size_t i = 0; i < block->n; i++)
        memcpy(p + i * width, kept_row(job, block->rows[i]), d * sizeof *p);
}

static void take_l(const fa__pair_job *job, size_t index, float *l) {
    fa__pair_block *block = &job->blocks[index];
    size_t d = job->group->d, width = job->space->width;
    if (job->space->lasting != NULL) return;
    block->l = l;
    for (size_t i = 0; i < block->n; i++)
        job->space->kernel->renew(l + i * width, block->z + block->rows[i] * d, block->log_sum[i],
                                  block->l_frame, d);
    memset(l + block->n * width, 0, (block->padded - block->n) * width * sizeof *l);
}

/* The scratch of two blocks holds its softmax in double. */
void fa__pair_make(const fa__pair_job *job, fa__pair_block *block, size_t thread) {
    const fa__pair_space *s = job->space;
    size_t width = s->width, d = job->group->d;
    double *log_p = (double *)(void *)s->scratch[thread].rows[0], *p = log_p + block->n * width;
    for (size_t i = 0; i < block->n; i++)
        block->log_sum[i] =
            s->kernel->softmax(log_p + i * width, p + i * width, block->z + block->rows[i] * d, d);
    s->kernel->centre(block, log_p, p, width, job->group->divergence == FA_DIVERGENCE_KL);
    if (!job->bounds) return;
    s->kernel->box(block->box, block->box + width, block->l, block->n, width);
    s->kernel->box(block->box + 2 * width, block->box + 3 * width, block->p, block->n, width);
}

void fa__pair_fill(const fa__pair_job *job, size_t index, size_t thread) {
    const fa__pair_space *s = job->space;
    fa__pair_block *block = &job->blocks[index];
    size_t width = s->width, d = job->group->d;
    if (s->lasting == NULL) {
        block->l = s->scratch[thread].l[0];
        block->p = s->scratch[thread].p[0];
    }
    fa__pair_make(job, block, thread);
    for (size_t i = 0; s->lasting == NULL && i < block->n; i++)
        memcpy(kept_row(job, block->rows[i]), block->p + i * width, d * sizeof *block->p);
    memset(block->t, 0, block->padded * (width + 2) * sizeof(double));
}

void fa__pair_store(const fa__pair_job *job, size_t index, size_t thread) {
    const fa__pair_block *b = &job->blocks[index];
    const size_t d = job->group->d;
    take_p(job, index, job->space->scratch[thread].p[0]);
    for (size_t i = 0; i < b->n; i++)
        job->space->kernel->store(job->d_z + b->rows[i] * d, b, i, d, job->group->scale);
}

double fa__pair_term(const fa__pair_job *job, size_t index, size_t i) {
    return job->blocks[index].active[i] * job->group->margin - job->blocks[index].spent[i];
}

/* ==== One divergence in double ============================================================== */

/* Two blocks that meet, as the kernels' callbacks get them. */
typedef struct block_pair {
    const fa__pair_job *job;
    fa__pair_scratch *scratch;
    const fa__pair_block *a, *b;
} block_pair;

static block_pair meeting_of(const fa__pair_job *job, size_t a, size_t b, size_t thread) {
    fa__pair_scratch *scratch = &job->space->scratch[thread];
    scratch->exact_row = SIZE_MAX;
    return (block_pair){.job = job, .scratch = scratch, .a = &job->blocks[a], .b = &job->blocks[b]};
}

/* D(i,j) < m in double. */
static bool is_active(const block_pair *m, size_t i, size_t j) {
    const fa__pair_group *group = m->job->group;
    size_t d = group->d;
    double *l_i = m->scratch->exact, *p_i = l_i + d, *l_j = p_i + d, *p_j = l_j + d;
    if (m->scratch->exact_row != i) fa__softmax(l_i, p_i, m->a->z + m->a->rows[i] * d, d);
    m->scratch->exact_row = i;
    fa__softmax(l_j, p_j, m->b->z + m->b->rows[j] * d, d);
    return fa__pair_divergence(l_i, p_i, l_j, p_j, p_j + d, d, group->divergence) < group->margin;
}

/* The same for KL, where the stored floats may do. */
static bool kl_is_active(const block_pair *m, size_t i, size_t j) {
    const fa__pair_space *space = m->job->space;
    double over = space->kernel->divergence(m->a, i, m->b, j, space->width) - m->job->group->margin;
    if (fabs(over) > (double)m->scratch->stored[i]) return over < 0;
    return is_active(m, i, j);
}

/* The byte of column_bits that holds bit i % 8 of i and j. */
static size_t column_byte(const fa__pair_tiles *t, size_t i, size_t j) {
    return (i / 32 * t->column_stride + j) * 4 + i % 32 / 8;
}

static void recheck_tile(const fa__pair_tiles *tiles, size_t i0, size_t j0, const uint64_t *close) {
    const block_pair *m = tiles->context;
    const fa__pair_kernel *kernel = m->job->space->kernel;
    const bool by_value = kernel->value != NULL;
    for (size_t i = i0; i < i0 + 32 && i < m->a->n; i++)
        for (uint64_t left = close[i - i0]; left != 0; left &= left - 1) {
            size_t j = j0 + (size_t)__builtin_ctzll(left);
            if (j >= m->b->n) break;
            uint8_t *row = &tiles->row_bits[i * tiles->row_stride + j / 8];
            uint8_t *column = &tiles->column_bits[column_byte(tiles, i, j)];
            float value = by_value ? kernel->value(tiles, i, m->b->l + j * tiles->width) : 0;
            unsigned on = fabsf(value) > tiles->slack[i] ? value < 0 : kl_is_active(m, i, j);
            *row = (uint8_t)((*row & ~(1u << j % 8)) | on << j % 8);
            *column = (uint8_t)((*column & ~(1u << i % 8)) | on << i % 8);
        }
}

static int recheck_js(const fa__pair_js *js, size_t i, size_t j) {
    return is_active(js->context, i, j);
}

/* ==== Kullback-Leibler ====================================================================== */

/* What rounding can have moved a sum of d products by, as a share of the sum of their sizes: d
 * times half an ulp at most, and in all likelihood (7 sigma) below 4 sqrt(d) of them, as errors of
 * either sign meet; and two for the start. */
static double slack_share(size_t d) {
    return (fmin((double)d, 4 * sqrt((double)d)) + 2) * 0x1p-24;
}

/* No row is its own pair, and there are no columns past n. */
static void clear_bits(fa__pair_tiles *t, const fa__pair_block *a, const fa__pair_block *b) {
    for (size_t i = 0; a == b && i < a->n; i++) {
        t->row_bits[i * t->row_stride + i / 8] &= (uint8_t) ~(1u << i % 8);
        t->column_bits[column_byte(t, i, i)] &= (uint8_t) ~(1u << i % 8);
    }
    if (b->n == b->padded) return;
    for (size_t i = 0; i < a->padded; i++) {
        uint8_t *row = t->row_bits + i * t->row_stride;
        row[b->n / 8] &= (uint8_t)((1u << b->n % 8) - 1);
        memset(row + b->n / 8 + 1, 0, b->padded / 8 - b->n / 8 - 1);
    }
}

/* sum [width] = the sum of rows [n, width]. */
static void sum_rows(float *sum, const float *rows, size_t n, size_t width) {
    for (size_t k = 0; k < width; k++) sum[k] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++) sum[k] += rows[i * width + k];
}

/* One side of two blocks: sums [., width] and count [.] over active pairs, by leaves. `step_own`
 * and `step_other` are the distances of leaf_states along this side and along the other. */
typedef struct side {
    const fa__pair_block *own, *other;
    const float *source; /* rows of other */
    float *sums;
    uint32_t *count;
    fa__pair_choice choice;     /* of all rows */
    const uint8_t *leaf_states; /* NULL: all open */
    size_t step_own, step_other;
} side;

static size_t leaf_end(const fa__pair_block *block, size_t leaf) {
    size_t end = (leaf + 1) * FA__LEAF;
    return end < block->n ? end : block->n;
}

/* The leaves of the other side that are active as a whole are summed up first. */
static void add_whole_leaves(const side *s, size_t width, float *whole) {
    size_t own = fa__leaves(s->own->n), other = fa__leaves(s->other->n);
    float *total = whole + other * width;
    for (size_t q = 0; q < other; q++)
        sum_rows(whole + q * width, s->source + q * FA__LEAF * width,
                 leaf_end(s->other, q) - q * FA__LEAF, width);
    for (size_t p = 0; p < own; p++) {
        uint32_t rows = 0;
        for (size_t k = 0; k < width; k++) total[k] = 0;
        for (size_t q = 0; q < other; q++) {
            if (s->leaf_states[p * s->step_own + q * s->step_other] != FA__LEAF_ACTIVE) continue;
            rows += (uint32_t)(leaf_end(s->other, q) - q * FA__LEAF);
            for (size_t k = 0; k < width; k++) total[k] += whole[q * width + k];
        }
        for (size_t i = p * FA__LEAF; rows > 0 && i < leaf_end(s->own, p); i++) {
            s->count[i] += rows;
            for (size_t k = 0; k < width; k++) s->sums[i * width + k] += total[k];
        }
    }
}

/* Runs of leaves that are open against one leaf of the other side share its tables. */
static void add_open_leaves(const side *s, const fa__pair_kernel *kernel, size_t width) {
    size_t own = fa__leaves(s->own->n), other = fa__leaves(s->other->n);
    for (size_t q = 0; q < other; q++) {
        size_t first = q * FA__LEAF, left = s->other->padded - first;
        for (size_t p = 0, end; p < own; p = end + 1) {
            for (end = p; end < own &&
                          s->leaf_states[end * s->step_own + q * s->step_other] == FA__LEAF_OPEN;)
                end++;
            if (end == p) continue;
            fa__pair_choice choice = s->choice;
            choice.bits += p * FA__LEAF * choice.row_step + first / 32 * choice.word_step;
            choice.words = (left < FA__LEAF ? left : FA__LEAF) / 32;
            kernel->gather(s->sums + p * FA__LEAF * width, leaf_end(s->own, end - 1) - p * FA__LEAF,
                           s->source + first * width, width, &choice, true);
        }
    }
}

static void add_up(const side *s, const fa__pair_kernel *kernel, size_t width, float *whole) {
    if (s->leaf_states == NULL) {
        kernel->gather(s->sums, s->own->n, s->source, width, &s->choice, false);
        return;
    }
    memset(s->sums, 0, s->own->padded * width * sizeof(float));
    add_whole_leaves(s, width, whole);
    add_open_leaves(s, kernel, width);
}

/* Rows i0 .. i1-1 against columns j0 .. j1-1. */
typedef struct area {
    size_t i0, i1, j0, j1;
} area;

/* The next leaves that are open from leaf_states *at on, or without leaf_states all pairs at once.
 */
static bool next_open(area *out, size_t *at, const uint8_t *leaf_states, const fa__pair_block *a,
                      const fa__pair_block *b) {
    const size_t leaves_b = fa__leaves(b->n), count = fa__leaves(a->n) * leaves_b;
    if (leaf_states == NULL) {
        *out = (area){0, a->padded, 0, b->padded};
        return (*at)++ == 0;
    }
    while (*at < count && leaf_states[*at] != FA__LEAF_OPEN) (*at)++;
    if (*at >= count) return false;
    size_t i0 = *at / leaves_b * FA__LEAF, j0 = *at % leaves_b * FA__LEAF;
    *out = (area){i0, i0 + FA__LEAF, j0, j0 + FA__LEAF};
    if (out->i1 > a->padded) out->i1 = a->padded;
    if (out->j1 > b->padded) out->j1 = b->padded;
    (*at)++;
    return true;
}

/* The bits of open pairs, in fixed point where that will do, and how many are set. */
static void decide(const block_pair *m, fa__pair_tiles *tiles, const uint8_t *leaf_states) {
    const fa__pair_kernel *kernel = m->job->space->kernel;
    const fa__pair_block *a = m->a, *b = m->b;
    uint32_t *const *counts = m->scratch->count;
    size_t at = 0;
    area open;
    memset(counts[0], 0, a->padded * sizeof *counts[0]);
    memset(counts[1], 0, b->padded * sizeof *counts[1]);
    if (!next_open(&open, &at, leaf_states, a, b)) return;
    tiles->fixed.columns = (int16_t *)(void *)m->scratch->rows[1];
    bool fixed = kernel->fixed != NULL &&
                 kernel->fixed(tiles, a, b, m->scratch->stored, m->job->group->margin);
    if (!fixed) kernel->pack(m->scratch->rows[1], b->l, b->padded, tiles->d, tiles->width);
    for (at = 0; next_open(&open, &at, leaf_states, a, b);)
        (fixed ? kernel->fixed_tiles : kernel->tiles)(tiles, open.i0, open.i1, open.j0, open.j1);
    clear_bits(tiles, a, b);
    for (at = 0; next_open(&open, &at, leaf_states, a, b);)
        kernel->count(counts[0], counts[1], tiles, open.i0, open.i1, open.j0, open.j1);
}

/* The ordered pairs (i of a, j of b). */
static void kl_one_way(const fa__pair_job *job, size_t index_a, size_t index_b, size_t thread) {
    const fa__pair_space *s = job->space;
    const fa__pair_kernel *kernel = s->kernel;
    fa__pair_block *a = &job->blocks[index_a], *b = &job->blocks[index_b];
    block_pair m = meeting_of(job, index_a, index_b, thread);
    size_t width = s->width, d = job->group->d;
    float *p = m.scratch->rows[0], *packed_p = m.scratch->rows[4];
    fa__pair_tiles tiles = {.d = d,
                            .width = width,
                            .p = p,
                            .packed_p = packed_p,
                            .packed = m.scratch->rows[1],
                            .fixed = m.scratch->fixed,
                            .start = m.scratch->start,
                            .slack = m.scratch->slack,
                            .row_bits = m.scratch->row_bits,
                            .column_bits = m.scratch->column_bits,
                            .row_stride = b->padded / 8,
                            .column_stride = b->padded,
                            .recheck = recheck_tile,
                            .context = &m};
    const uint8_t *leaf_states = job->bounds ? m.scratch->leaf_states : NULL;
    size_t leaves_b = fa__leaves(b->n);
    if (leaf_states != NULL && fa__pair_is_far(a, b, width, job->group->margin)) return;
    kernel->restore(p, a, width);
    kernel->begin(m.scratch->start, m.scratch->slack, m.scratch->stored, a, b, width,
                  job->group->margin, slack_share(d));
    bool own_a = fa__pair_is_own(job, index_a), own_b = fa__pair_is_own(job, index_b);
    uint32_t *count_a = m.scratch->count[0], *count_b = m.scratch->count[1];
    if (leaf_states != NULL) {
        kernel->pack(packed_p, p, a->padded, d, width);
        if (!fa__pair_decide(s, m.scratch, &tiles, a, b)) return;
    }
    decide(&m, &tiles, leaf_states);

    side of_a = {a,
                 b,
                 b->l,
                 m.scratch->rows[2],
                 count_a,
                 {tiles.row_bits, tiles.row_stride, 4, b->padded / 32},
                 leaf_states,
                 leaves_b,
                 1};
    if (own_a) add_up(&of_a, kernel, width, m.scratch->whole);
    if (own_a) kernel->fold_rows(a, b, of_a.sums, count_a, width);
    if (job->d_z == NULL || !own_b) return; /* the loss is known now */
    side of_b = {b,           a,
                 a->p,        m.scratch->rows[3],
                 count_b,     {tiles.column_bits, 4, 4 * tiles.column_stride, a->padded / 32},
                 leaf_states, 1,
                 leaves_b};
    add_up(&of_b, kernel, width, m.scratch->whole);
    kernel->fold_columns(b, a, of_b.sums, count_b, width);
}

static void kl_meet(const fa__pair_job *job, size_t a, size_t b, size_t thread) {
    kl_one_way(job, a, b, thread);
    if (a != b) kl_one_way(job, b, a, thread);
}

/* ==== Jensen-Shannon ======================================================================== */

/* l of a in the frame of b. */
static void move_frame(float *l, const fa__pair_block *a, const fa__pair_block *b, size_t width) {
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < width; k++)
            l[i * width + k] = (float)(a->l_frame[k] - b->l_frame[k] + (double)a->l[i * width + k]);
}

/* The largest sum_k p_ik |l_ik|. */
static double js_terms(const float *p, const float *l, size_t n, size_t width) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < width; k++)
            sum += fabs((double)p[i * width + k] * (double)l[i * width + k]);
        most = fmax(most, sum);
    }
    return most;
}

/* Each pair {i, j} once: D is symmetric, so f(i,j) + f(j,i) = 2 f(i,j). */
static void js_meet(const fa__pair_job *job, size_t index_a, size_t index_b, size_t thread) {
    const fa__pair_space *s = job->space;
    fa__pair_block *a = &job->blocks[index_a], *b = &job->blocks[index_b];
    block_pair m = meeting_of(job, index_a, index_b, thread);
    size_t width = s->width;
    float **rows = m.scratch->rows;
    bool same = index_a == index_b;
    fa__pair_js js = {.d = job->group->d,
                      .width = width,
                      .p_a = rows[0],
                      .l_a = same ? b->l : rows[1],
                      .p_b = same ? rows[0] : rows[2],
                      .l_b = b->l,
                      .sum_a = rows[4],
                      .sum_b = same ? rows[4] : rows[5],
                      .active_a = a->active,
                      .active_b = b->active,
                      .ratios = m.scratch->ratios,
                      .margin = (float)job->group->margin,
                      .recheck = recheck_js,
                      .context = &m};
    s->kernel->restore(rows[0], a, width);
    if (!same) s->kernel->restore(rows[2], b, width);
    if (!same) move_frame(rows[1], a, b, width);
    double terms =
        fmax(js_terms(js.p_a, js.l_a, a->n, width), js_terms(js.p_b, js.l_b, b->n, width));
    js.slack = (float)((slack_share(js.d) + 0x1p-20) * (job->group->margin + 2 + terms));
    memset(rows[4], 0, a->padded * width * sizeof(float));
    if (!same) memset(rows[5], 0, b->padded * width * sizeof(float));
    for (size_t i = 0; i < a->n; i++) s->kernel->js_row(&js, i, same ? i + 1 : 0, b->n);
    if (fa__pair_is_own(job, index_a)) s->kernel->fold_ratios(a, rows[4], width);
    if (!same && fa__pair_is_own(job, index_b)) s->kernel->fold_ratios(b, rows[5], width);
}

/* ==== Either ================================================================================ */

void fa__pair_meet(const fa__pair_job *job, size_t a, size_t b, size_t thread) {
    (job->group->divergence == FA_DIVERGENCE_JS ? js_meet : kl_meet)(job, a, b, thread);
}

void fa__pair_meet_again(const fa__pair_job *job, size_t a, size_t b, size_t thread) {
    const size_t pair[2] = {a, b};
    for (size_t s = 0; s < 2; s++) {
        take_p(job, pair[s], job->space->scratch[thread].p[s]);
        take_l(job, pair[s], job->space->scratch[thread].l[s]);
    }
    fa__pair_meet(job, a, b, thread);
}
