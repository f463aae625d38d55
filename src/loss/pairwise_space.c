/* The memory of the fast pairwise losses: blocks of rows, and what the threads work in.
 *
 * Letters: n rows of a group, d columns. */
#include "loss/pairwise_space.h"

#include "base/memory.h"
#include "loss/rows.h"

#include <math.h>
#include <stdatomic.h>

static const double reference_work = 1 << 14; /* n^2 d up to which double is as fast */
static const double margin_least = 1e-2, margin_most = 1e4;
static const float logits_span = 1e4f; /* of a row: beyond, log p leaves float too few digits */

static atomic_int way_wanted = FA__PAIR_AUTO;
static atomic_size_t lasting_most = FA__PAIR_LASTING; /* 64 MiB */

void fa__pair_way(fa__pair_path way) {
    atomic_store(&way_wanted, (int)way);
}

void fa__pair_lasting(size_t floats) {
    atomic_store(&lasting_most, floats);
}

/* ==== Memory ================================================================================ */

/* Multiply-adds, as fa__loss_parallel counts: an element of JS takes eight of KL. */
double fa__pair_work(const fa__pair_group *g) {
    double share = g->divergence == FA_DIVERGENCE_JS ? 8 : 1;
    return share * (double)g->n * (double)g->n * (double)g->d;
}

/* Rows that a block may have. What a row costs whenever its block meets another (its start, folding
 * its sums) is a third of all at 512 rows and d = 64, half that at 1024; but two blocks and what
 * they take should lie in the second-level cache, and every round has a task for each two blocks:
 * 1024 rows where there are four blocks of them, 2048 where there are eight and rows are short. A
 * larger group has neither smaller blocks nor fewer: memory is made for the largest. */
static size_t most_block_rows(size_t n, size_t d) {
    size_t quarter = fa__round_up((n + 3) / 4, FA__ROWS_STEP),
           most = d <= 512 ? 1024 : FA__WHOLE_ROWS;
    if (d <= 64 && quarter / 2 > most)
        most = quarter / 2 < 2048 ? fa__round_up(quarter / 2, FA__ROWS_STEP) : 2048;
    if (quarter < FA__WHOLE_ROWS) quarter = FA__WHOLE_ROWS;
    return quarter < most ? quarter : most;
}

/* Blocks of a group: if there is more than one, a multiple of four, so that every round has an even
 * number of tasks. A function of the group's size alone, as the result depends on it. */
size_t fa__pair_blocks(const fa__pair_group *g) {
    size_t most = most_block_rows(g->n, g->d), blocks = (g->n + most - 1) / most;
    return g->n >= FA__WHOLE_ROWS && fa__loss_is_large(fa__pair_work(g)) ? fa__round_up(blocks, 4)
                                                                         : blocks;
}

static size_t reference_rows_of(size_t d) {
    size_t n = 1;
    while ((double)(n + 1) * (double)(n + 1) * (double)d <= reference_work) n++;
    return n;
}

/* Hands out parts of one allocation; with memory NULL it counts. */
static void *take(char *memory, size_t *used, size_t count, size_t size) {
    void *part = memory == NULL ? NULL : memory + *used;
    *used += fa__round_up(count * size, 64);
    return part;
}

static size_t lay_out_scratch(fa__pair_scratch *s, char *memory, size_t rows, size_t width,
                              fa_divergence divergence, bool lasting) {
    size_t used = 0;
    for (size_t i = 0; i < (divergence == FA_DIVERGENCE_JS ? 6u : 5u); i++)
        s->rows[i] = take(memory, &used, (rows + FA__PANEL_MOST) * width, sizeof(float));
    for (size_t i = 0; !lasting && i < 2; i++) {
        s->l[i] = take(memory, &used, rows * width, sizeof(float));
        s->p[i] = take(memory, &used, rows * width, sizeof(float));
        s->frames[i] = take(memory, &used, FA__FRAMES * width, sizeof(double));
        s->log_sum[i] = take(memory, &used, rows, sizeof(double));
    }
    s->unused = lasting ? NULL : take(memory, &used, rows, sizeof(double));
    s->start = take(memory, &used, rows, sizeof(float));
    s->slack = take(memory, &used, rows, sizeof(float));
    s->stored = take(memory, &used, rows, sizeof(float));
    s->fixed.rows = take(memory, &used, rows * width, sizeof(int16_t));
    s->fixed.start = take(memory, &used, rows, sizeof(int32_t));
    s->fixed.slack = take(memory, &used, rows, sizeof(int32_t));
    s->ratios = take(memory, &used, 2 * width, sizeof(float));
    for (size_t i = 0; i < 2; i++) s->count[i] = take(memory, &used, rows, sizeof(uint32_t));
    s->boxes = take(memory, &used, fa__leaves(rows) * 2 * width, sizeof(float));
    s->leaf_states = take(memory, &used, fa__leaves(rows) * fa__leaves(rows), 1);
    s->whole = take(memory, &used, (fa__leaves(rows) + 1) * width, sizeof(float));
    s->row_bits = take(memory, &used, rows * rows / 8, 1);
    s->column_bits = take(memory, &used, rows * rows / 8, 1);
    s->exact = take(memory, &used, 6 * width, sizeof(double));
    return used;
}

static fa_status fill_scratch(fa__pair_space *s, size_t n, size_t d, fa_divergence divergence) {
    size_t most = most_block_rows(n, d), rows = fa__round_up(n, FA__ROWS_STEP);
    size_t block_rows = rows < most ? rows : most;
    bool lasting = s->lasting != NULL;
    FA_TRY(FA_NEW(s->scratch, s->threads));
    size_t bytes = lay_out_scratch(&s->scratch[0], NULL, block_rows, s->width, divergence, lasting);
    s->scratch_memory = fa__alloc(s->threads, bytes);
    if (s->scratch_memory == NULL) return fa__nomem(s->threads, bytes);
    for (size_t t = 0; t < s->threads; t++)
        lay_out_scratch(&s->scratch[t], (char *)s->scratch_memory + t * bytes, block_rows, s->width,
                        divergence, lasting);
    return FA_OK;
}

/* n: rows of the largest group. */
static fa_status space_fill(fa__pair_space *s, size_t n, size_t d, fa_divergence divergence) {
    size_t most = most_block_rows(n, d), rows = fa__round_up(n, FA__ROWS_STEP);
    size_t blocks = fa__round_up((n + most - 1) / most, 4);
    /* Groups of one block each are done by as many threads at once. */
    if (blocks < s->threads) blocks = s->threads;
    s->slot = rows < FA__WHOLE_ROWS ? rows : FA__WHOLE_ROWS;
    if (rows < s->slot * s->threads) rows = s->slot * s->threads;
    FA_TRY(FA_NEW(s->blocks, blocks));
    FA_TRY(FA_NEW(s->sums, rows * (s->width + 3) + blocks * FA__FRAMES * s->width));
    s->sums_size = rows * (s->width + 3) * sizeof *s->sums;
    s->frames = s->sums + rows * (s->width + 3);
    if (rows <= atomic_load(&lasting_most) / 2 / s->width)
        FA_TRY(FA_NEW(s->lasting, rows * 2 * s->width));
    return fill_scratch(s, n, d, divergence);
}

void fa__pair_space_free(fa__pair_space *s) {
    fa__pair_reference_free(&s->reference);
    fa__free(s->blocks);
    fa__free(s->sums);
    fa__free(s->lasting);
    fa__free(s->kept);
    fa__free(s->scratch);
    fa__free(s->scratch_memory);
}

void fa__pair_space_begin(fa__pair_space *s, const fa__pair_group *g, size_t rows) {
    *s = (fa__pair_space){.kernel = fa__pair_kernel_of(fa__simd_level()),
                          .width = fa__round_up(g->d, FA__ROW_STEP),
                          .way = (fa__pair_path)atomic_load(&way_wanted)};
    s->reference_rows = s->way == FA__PAIR_AUTO ? reference_rows_of(g->d) : 1;
    if (s->way == FA__PAIR_REFERENCE || !(g->margin >= margin_least && g->margin <= margin_most) ||
        !(s->kernel->span(g->z, rows, g->d) <= logits_span))
        s->reference_rows = SIZE_MAX;
}

bool fa__pair_is_whole(const fa__pair_space *space, const fa__pair_group *group) {
    return group->n > space->reference_rows && group->n < FA__WHOLE_ROWS &&
           space->way != FA__PAIR_BOUNDS;
}

size_t fa__pair_unit_rows(const fa__pair_space *space, const fa__pair_group *group) {
    if (group->n <= space->reference_rows || fa__pair_is_whole(space, group)) return group->n;
    size_t blocks = fa__pair_blocks(group), rows = (group->n + blocks - 1) / blocks;
    return blocks > 1 ? fa__round_up(rows, FA__ROWS_STEP) : rows;
}

fa_status fa__pair_space_again(fa__pair_space *s, const fa__pair_group *largest, size_t held) {
    s->threads = fa__threads();
    FA_TRY(FA_NEW(s->sums, held * (s->width + 3)));
    s->sums_size = held * (s->width + 3) * sizeof *s->sums;
    return fill_scratch(s, largest->n, largest->d, largest->divergence);
}

fa_status fa__pair_space_make(fa__pair_space *s, const fa__pair_group *groups, size_t count,
                              size_t rows, bool keeps) {
    const fa__pair_group *g = &groups[0]; /* in what they share */
    size_t n = 0, n_reference = 0;
    double work = 0;
    for (size_t i = 0; i < count; i++) {
        size_t *most = groups[i].n <= s->reference_rows ? &n_reference : &n;
        if (groups[i].n > *most) *most = groups[i].n;
        work += fa__pair_work(&groups[i]);
    }
    s->threads = fa__loss_is_large(work) ? fa__threads() : 1;
    FA_TRY(fa__pair_reference_new(&s->reference, n_reference, g->d));
    if (n > 0) FA_TRY(space_fill(s, n, g->d, g->divergence));
    return n > 0 && keeps && s->lasting == NULL ? FA_NEW(s->kept, rows * g->d) : FA_OK;
}
