/* Blocks that go round the ranks.
 *
 * Units (loss/shared.h) are dealt to the ranks: each gets the rows of its own from those who have
 * them, does the groups that it has as a whole by itself, and sends the gradient back. Blocks of a
 * group that lie on several ranks meet in the rounds of one process: of every two blocks each rank
 * that has one of them adds up the sums of its own. In a round a block meets the one whose index is
 * 2 round - its own, so a rank needs the blocks of a window, as wide as its own part, that moves on by
 * two; what comes in at its one end is sent by its owner, and what has fallen out at the other makes
 * room. Beside the sums nothing is kept: l and p of both blocks are made again for each meeting. */
#include "loss/ring.h"

#include "base/assert.h"
#include "base/memory.h"
#include "loss/pairwise_job.h"
#include "loss/rows.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 2048 /* rows that are dealt at once */ };

typedef struct ring {
    const fa__comm *comm;
    fa__pair_units units;
    fa__pair_group *groups;
    size_t *block_rows, *unit; /* [groups] rows of a unit, and the first one */
    bool *sorted;              /* [groups] by all ranks, for bounds */
    size_t n_groups, d;
    const size_t *order; /* [all rows] of all ranks, as they are dealt */
    const size_t *first; /* [ranks + 1] rows before those that a rank was given */
    bool gradient;       /* is wanted */
    float *z;            /* [rows dealt to this rank, d]; its gradient in the end */
    size_t *rows;        /* 0, 1, 2 and so on, of a group's and of a block's */
    size_t n_rows;
    float *staged;  /* [2, CHUNK, d] to send and to receive */
    size_t *counts; /* [4, ranks] of a chunk */
    fa__comm_message *out, *in;
    fa__pair_space space;
    fa__pair_job parts[2]; /* the groups that others have blocks of, too */
    size_t part_of[2], n_parts;
    float *extra, **slots; /* room for blocks of others, and which of it is free */
    size_t n_free;
} ring;

static size_t rank_of(const size_t *bounds, size_t ranks, size_t at) {
    size_t low = 0, high = ranks; /* bounds[low] <= at < bounds[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (bounds[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ==== Dealing =============================================================================== */

/* Rows from .. end - 1 of the order, between who was given and who was dealt them: from the one to the
 * other, or back. */
typedef struct chunk {
    size_t from, end;
    float *given; /* [., d] of this rank */
    bool back;
} chunk;

/* Where a row lies here: NULL where another rank has it. */
static float *place_given(const ring *r, const chunk *c, size_t position, size_t owner) {
    size_t row = r->order[position] - r->first[r->comm->rank];
    return owner == r->comm->rank ? c->given + row * r->d : NULL;
}

static float *place_dealt(const ring *r, size_t position, size_t owner) {
    size_t row = position - r->units.begin[r->comm->rank];
    return owner == r->comm->rank ? r->z + row * r->d : NULL;
}

typedef enum look_at { COUNT, PACK, UNPACK } look_at;

/* One look at the rows of a chunk. at [2, ranks]: how many go to a rank and come from it, or where in
 * what is staged the next of them lies. */
static void look(const ring *r, const chunk *c, look_at step, size_t *at) {
    size_t ranks = r->comm->size, size = r->d * sizeof(float);
    for (size_t p = c->from; p < c->end; p++) {
        size_t giver = rank_of(r->first, ranks, r->order[p]),
               dealt = rank_of(r->units.begin, ranks, p);
        float *there = place_given(r, c, p, giver), *here = place_dealt(r, p, dealt);
        if (there == NULL && here == NULL) continue;
        float *from = c->back ? here : there, *to = c->back ? there : here;
        size_t other = giver == r->comm->rank ? dealt : giver;
        if (from != NULL && to != NULL) {
            if (step == PACK) memcpy(to, from, size);
        } else if (step == COUNT) {
            at[from != NULL ? other : ranks + other]++;
        } else if (from != NULL && step == PACK) {
            memcpy(r->staged + at[other]++ * r->d, from, size);
        } else if (to != NULL && step == UNPACK) {
            memcpy(to, r->staged + (CHUNK + at[ranks + other]++) * r->d, size);
        }
    }
}

static size_t list(const ring *r, fa__comm_message *messages, const size_t *counts, float *staged,
                   size_t *at) {
    size_t n = 0, before = 0;
    for (size_t rank = 0; rank < r->comm->size; before += counts[rank++]) {
        at[rank] = before;
        if (counts[rank] > 0)
            messages[n++] = (fa__comm_message){rank, staged + before * r->d,
                                               counts[rank] * r->d * sizeof *staged};
    }
    return n;
}

static fa_status move_rows(const ring *r, float *given, bool back) {
    size_t ranks = r->comm->size, *counts = r->counts, *at = counts + 2 * ranks;
    for (size_t from = 0; from < r->units.rows; from += CHUNK) {
        chunk c = {from, r->units.rows - from < CHUNK ? r->units.rows : from + CHUNK, given, back};
        memset(counts, 0, 2 * ranks * sizeof *counts);
        look(r, &c, COUNT, counts);
        size_t n_out = list(r, r->out, counts, r->staged, at);
        size_t n_in = list(r, r->in, counts + ranks, r->staged + CHUNK * r->d, at + ranks);
        look(r, &c, PACK, at);
        FA_TRY(fa__comm_exchange(r->comm, r->out, n_out, r->in, n_in));
        look(r, &c, UNPACK, at);
    }
    return FA_OK;
}

/* ==== Groups of one rank ==================================================================== */

static bool is_shared(const ring *r, size_t g) {
    size_t last = g + 1 < r->n_groups ? r->unit[g + 1] - 1 : r->units.count - 1;
    return rank_of(r->units.start, r->comm->size, r->unit[g]) !=
           rank_of(r->units.start, r->comm->size, last);
}

/* Those that lie here as a whole: groups from .. end - 1, between what is shared with ranks before this
 * one and with those behind. */
static void own_groups(const ring *r, size_t *from, size_t *end) {
    const fa__pair_units *u = &r->units;
    for (*from = 0; *from < r->n_groups && r->unit[*from] < u->from;) (*from)++;
    for (*end = *from; *end < r->n_groups && r->unit[*end] < u->to && !is_shared(r, *end);)
        (*end)++;
}

static void count_rows(const ring *r) {
    for (size_t i = 0; i < r->n_rows; i++) r->rows[i] = i;
}

/* Their gradient takes the place of their rows. room [room_rows, d]: for it until then, where it will
 * do. */
static fa_status do_own_groups(const ring *r, float *room, size_t room_rows, bool in_double) {
    size_t from, end, d = r->d, here = r->units.begin[r->comm->rank];
    float *own = NULL;
    fa_status status;
    count_rows(r);
    own_groups(r, &from, &end);
    if (from == end) return FA_OK;
    size_t last = end < r->n_groups ? r->units.first[r->unit[end]] : r->units.rows;
    size_t begin = r->units.first[r->unit[from]] - here, n = last - here - begin;
    float *z = r->z + begin * d;
    if (r->gradient && room_rows < n) FA_CHECK(FA_NEW(own, n * d));
    if (own != NULL) room = own;
    for (size_t g = from; g < end; g++) {
        r->groups[g].z = z;
        r->groups[g].rows = r->rows + (r->units.first[r->unit[g]] - here - begin);
    }
    if (in_double)
        FA_CHECK(fa__pairwise_in_double(room, r->groups + from, end - from, n));
    else
        FA_CHECK(fa__pairwise_hinge(room, r->groups + from, end - from, n, NULL));
    if (r->gradient) memcpy(z, room, n * d * sizeof *z);
    for (size_t g = from; g < end; g++)
        r->units.terms[r->units.first[r->unit[g]]] = r->groups[g].loss;
done:
    fa__free(own);
    return status;
}

/* ==== Rounds ================================================================================ */

/* Block x of a part is with a rank that does not own it. */
static bool is_visitor(const ring *r, size_t part, size_t x, size_t round, size_t rank) {
    size_t count = r->parts[part].count, circle = fa__pair_rounds(count), other;
    if (round >= circle) return false;
    if (x == circle)
        other = round;
    else if (x == round)
        other = circle;
    else
        other = (2 * round + circle - x) % circle;
    if (other >= count) return false;
    return rank_of(r->units.start, r->comm->size, r->unit[r->part_of[part]] + other) == rank;
}

static void leave(ring *r, size_t part, size_t round) {
    const fa__pair_job *job = &r->parts[part];
    for (size_t x = 0; x < job->count; x++) {
        fa__pair_block *block = &job->blocks[x];
        if (fa__pair_is_own(job, x) || block->z == NULL ||
            is_visitor(r, part, x, round, r->comm->rank))
            continue;
        r->slots[r->n_free++] = (float *)(uintptr_t)block->z;
        block->z = NULL;
    }
}

/* The blocks that this rank meets in a round and did not in the one before come here. Two ranks list
 * what passes between them in one order. */
static fa_status turn(ring *r, size_t round) {
    size_t n_out = 0, n_in = 0;
    for (size_t part = 0; part < r->n_parts; part++) leave(r, part, round);
    for (size_t part = 0; part < r->n_parts; part++) {
        const fa__pair_job *job = &r->parts[part];
        for (size_t i = 0; round < fa__pair_rounds(job->count) && i < (job->count + 1) / 2; i++) {
            size_t a, b;
            if (!fa__pair_seats(&a, &b, job->count, round, i)) continue;
            if (fa__pair_is_own(job, a) == fa__pair_is_own(job, b)) continue;
            size_t own = fa__pair_is_own(job, a) ? a : b, other = own == a ? b : a;
            size_t size = r->d * sizeof(float), unit = r->unit[r->part_of[part]] + other;
            size_t rank = rank_of(r->units.start, r->comm->size, unit);
            const fa__pair_block *mine = &job->blocks[own];
            if (round == 0 || !is_visitor(r, part, own, round - 1, rank))
                r->out[n_out++] =
                    (fa__comm_message){rank, (float *)(uintptr_t)mine->z, mine->n * size};
            if (job->blocks[other].z != NULL) continue;
            FA_ASSERT(r->n_free > 0);
            job->blocks[other].z = r->slots[--r->n_free];
            r->in[n_in++] =
                (fa__comm_message){rank, r->slots[r->n_free], job->blocks[other].n * size};
        }
    }
    return fa__comm_exchange(r->comm, r->out, n_out, r->in, n_in);
}

/* A block of this rank or of another, in the scratch of one side. */
static void make(const fa__pair_job *job, size_t index, size_t side, size_t thread) {
    fa__pair_block *b = &job->blocks[index];
    fa__pair_scratch *s = &job->space->scratch[thread];
    b->l = s->l[side];
    b->p = s->p[side];
    b->l_frame = s->frames[side];
    b->p_frame = b->l_frame + job->space->width;
    b->reach = b->p_frame + job->space->width;
    b->box = (float *)(void *)(b->reach + job->space->width);
    b->log_sum = s->log_sum[side];
    if (!fa__pair_is_own(job, index)) memset(s->unused, 0, b->padded * sizeof *s->unused);
    if (!fa__pair_is_own(job, index)) b->active = s->unused;
    fa__pair_make(job, b, thread);
}

static fa_status diagonal_task(void *context, size_t index, size_t thread) {
    const fa__pair_job *job = context;
    const fa__pair_block *b = &job->blocks[job->from + index];
    memset(b->t, 0, b->padded * (job->space->width + 2) * sizeof *b->t);
    make(job, job->from + index, 0, thread);
    fa__pair_meet(job, job->from + index, job->from + index, thread);
    return FA_OK;
}

static fa_status round_task(void *context, size_t index, size_t thread) {
    const ring *r = context;
    size_t part = 0, a, b;
    while (index >= (r->parts[part].count + 1) / 2) index -= (r->parts[part++].count + 1) / 2;
    const fa__pair_job *job = &r->parts[part];
    if (job->round >= fa__pair_rounds(job->count) ||
        !fa__pair_seats(&a, &b, job->count, job->round, index))
        return FA_OK;
    if (!fa__pair_is_own(job, a) && !fa__pair_is_own(job, b)) return FA_OK;
    make(job, a, 0, thread);
    make(job, b, 1, thread);
    fa__pair_meet(job, a, b, thread);
    return FA_OK;
}

/* The gradient takes the place of the block's rows: nobody needs them any more. */
static fa_status store_task(void *context, size_t index, size_t thread) {
    const fa__pair_job *job = context;
    const fa__pair_block *b = &job->blocks[job->from + index];
    float *at = (float *)(uintptr_t)b->z;
    size_t d = job->group->d;
    make(job, job->from + index, 0, thread);
    for (size_t i = 0; i < b->n; i++)
        job->space->kernel->store(at + i * d, b, i, d, job->group->scale);
    return FA_OK;
}

static size_t held_rows(const fa__pair_job *job) {
    return (job->to - job->from) * job->block_rows;
}

/* Own blocks of a group that others have some of, too; sums: theirs. */
static void place(const ring *r, fa__pair_job *job, size_t unit, double *sums) {
    size_t width = r->space.width, d = r->d;
    for (size_t x = 0; x < job->count; x++) {
        size_t left = job->group->n - x * job->block_rows;
        fa__pair_block *b = &job->blocks[x];
        *b =
            (fa__pair_block){.n = left < job->block_rows ? left : job->block_rows, .rows = r->rows};
        b->padded = fa__round_up(b->n, FA__ROWS_STEP);
        if (!fa__pair_is_own(job, x)) continue;
        b->z = r->z + (r->units.first[unit + x] - r->units.begin[r->comm->rank]) * d;
        b->t = sums + (x - job->from) * job->block_rows * (width + 3);
        b->spent = b->t + b->padded * width;
        b->active = b->spent + b->padded;
    }
}

/* The groups that lie on several ranks, this one among them: at most two, as a rank has neighbouring
 * units. */
static fa_status open_parts(ring *r, float *room, size_t room_rows) {
    const fa__pair_units *u = &r->units;
    const fa__pair_group *largest = NULL;
    size_t held = 0, slots = 0, rows = 0;
    for (size_t g = 0; g < r->n_groups; g++) {
        size_t unit = r->unit[g], end = g + 1 < r->n_groups ? r->unit[g + 1] : u->count;
        if (end <= u->from || unit >= u->to || !is_shared(r, g)) continue;
        FA_ASSERT(r->n_parts < 2);
        fa__pair_job *job = &r->parts[r->n_parts];
        *job = (fa__pair_job){.group = &r->groups[g],
                              .space = &r->space,
                              .block_rows = r->block_rows[g],
                              .bounds = r->sorted[g],
                              .count = end - unit,
                              .from = u->from > unit ? u->from - unit : 0,
                              .to = (u->to < end ? u->to : end) - unit};
        r->part_of[r->n_parts++] = g;
        FA_TRY(FA_NEW(job->blocks, job->count));
        held += held_rows(job);
        slots += job->to - job->from;
        if (job->block_rows > rows) rows = job->block_rows;
        if (largest == NULL || job->group->n > largest->n) largest = job->group;
    }
    if (largest == NULL) return FA_OK;
    count_rows(r); /* those of its own were sorted */
    FA_TRY(fa__pair_space_again(&r->space, largest, held));
    for (size_t p = 0, before = 0; p < r->n_parts; before += held_rows(&r->parts[p++]))
        place(r, &r->parts[p], r->unit[r->part_of[p]],
              r->space.sums + before * (r->space.width + 3));
    size_t lent = room_rows / rows;
    if (lent > slots) lent = slots;
    FA_TRY(FA_NEW(r->slots, slots));
    if (lent < slots) FA_TRY(FA_NEW(r->extra, (slots - lent) * rows * r->d));
    for (; r->n_free < slots; r->n_free++)
        r->slots[r->n_free] = r->n_free < lent ? room + r->n_free * rows * r->d
                                               : r->extra + (r->n_free - lent) * rows * r->d;
    return FA_OK;
}

/* As many on all ranks. */
static size_t rounds_of_all(const ring *r) {
    size_t most = 0;
    for (size_t g = 0; g < r->n_groups; g++) {
        size_t end = g + 1 < r->n_groups ? r->unit[g + 1] : r->units.count;
        size_t rounds = fa__pair_rounds(end - r->unit[g]);
        if (rounds > most && is_shared(r, g)) most = rounds;
    }
    return most;
}

static fa_status do_parts(ring *r) {
    size_t rounds = rounds_of_all(r), tasks = 0;
    double work = 0;
    for (size_t p = 0; p < r->n_parts; p++) {
        fa__pair_job *job = &r->parts[p];
        tasks += (job->count + 1) / 2;
        job->d_z = r->gradient ? r->z : NULL; /* that one is wanted is all that meetings look at */
        work += fa__pair_work(job->group);
        FA_TRY(fa__loss_parallel(work, job->to - job->from, diagonal_task, job));
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t p = 0; p < r->n_parts; p++) r->parts[p].round = round;
        FA_TRY(turn(r, round));
        FA_TRY(fa__loss_parallel(work, tasks, round_task, r));
    }
    for (size_t p = 0; p < r->n_parts; p++) {
        fa__pair_job *job = &r->parts[p];
        size_t unit = r->unit[r->part_of[p]];
        for (size_t x = job->from; x < job->to; x++)
            for (size_t i = 0; i < job->blocks[x].n; i++)
                r->units.terms[r->units.first[unit + x] + i] = fa__pair_term(job, x, i);
        if (r->gradient) FA_TRY(fa__loss_parallel(work, job->to - job->from, store_task, job));
    }
    return FA_OK;
}

/* ==== Together ============================================================================== */

/* Whether all groups are done in double: by the rows of all ranks. */
static fa_status begin(ring *r, bool *in_double) {
    size_t own = r->first[r->comm->rank + 1] - r->first[r->comm->rank];
    fa__pair_space_begin(&r->space, &r->groups[0], own);
    *in_double = r->space.reference_rows == SIZE_MAX;
    FA_TRY(fa__comm_any(r->comm, in_double));
    if (*in_double) r->space.reference_rows = SIZE_MAX;
    FA_TRY(FA_NEW(r->block_rows, r->n_groups));
    FA_TRY(FA_NEW(r->unit, r->n_groups));
    FA_TRY(FA_NEW_ZERO(r->sorted, r->n_groups));
    for (size_t g = 0, unit = 0; g < r->n_groups; g++) {
        r->unit[g] = unit;
        r->block_rows[g] = fa__pair_unit_rows(&r->space, &r->groups[g]);
        unit += (r->groups[g].n + r->block_rows[g] - 1) / r->block_rows[g];
    }
    return fa__pair_units_open(&r->units, r->comm, r->groups, r->block_rows, r->n_groups, false,
                               NULL, 0);
}

/* The groups that lie on several ranks, before their rows are dealt; the others are by whom they are
 * dealt to. */
static fa_status sort(ring *r) {
    for (size_t g = 0; g < r->n_groups; g++) {
        fa__pair_space space = r->space;
        const fa__pair_group *group = &r->groups[g];
        if (!is_shared(r, g) || !fa__pair_may_sort(&space, group)) continue;
        size_t given = r->first[r->comm->rank + 1] - r->first[r->comm->rank];
        size_t own = given < group->n ? given : group->n;
        size_t bytes = fa__pair_sort_size(group->n, own, space.width, r->comm->size);
        fa_status status = fa__pair_space_again(
            &space, group, bytes / ((space.width + 3) * sizeof *space.sums) + 1);
        if (status == FA_OK)
            status =
                fa__pair_sort(&r->sorted[g], group, &space, r->block_rows[g], r->comm, r->first);
        fa__pair_space_free(&space);
        FA_TRY(status);
    }
    return FA_OK;
}

static fa_status open_memory(ring *r) {
    size_t ranks = r->comm->size, here = r->comm->rank, blocks = r->units.to - r->units.from;
    size_t rows = r->units.begin[here + 1] - r->units.begin[here], most = rows;
    for (size_t g = 0; g < r->n_groups; g++)
        if (r->block_rows[g] > most && is_shared(r, g)) most = r->block_rows[g];
    FA_TRY(FA_NEW(r->z, rows * r->d));
    FA_TRY(FA_NEW(r->staged, 2 * CHUNK * r->d));
    FA_TRY(FA_NEW(r->counts, 4 * ranks));
    FA_TRY(FA_NEW(r->out, ranks + blocks));
    FA_TRY(FA_NEW(r->in, ranks + blocks));
    r->n_rows = most;
    return FA_NEW(r->rows, most);
}

static void close_ring(ring *r) {
    for (size_t p = 0; p < r->n_parts; p++) fa__free(r->parts[p].blocks);
    void *const blocks[] = {r->block_rows, r->unit, r->sorted, r->z,     r->staged, r->counts,
                            r->out,        r->in,   r->rows,   r->extra, r->slots};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) fa__free(blocks[i]);
    fa__pair_space_free(&r->space);
    fa__pair_units_close(&r->units);
}

fa_status fa__pairwise_ring(float *d_z, bool gradient, fa__pair_group *groups, size_t count,
                            const size_t *first, const fa__comm *comm) {
    FA_ASSERT(count > 0 && comm->size > 1);
    ring r = {.comm = comm,
              .groups = groups,
              .n_groups = count,
              .d = groups[0].d,
              .gradient = gradient,
              .order = groups[0].rows,
              .first = first};
    const float *z = groups[0].z;
    size_t room_rows = gradient ? first[comm->rank + 1] - first[comm->rank] : 0;
    bool in_double;
    fa_status status;
    FA_CHECK(begin(&r, &in_double));
    FA_CHECK(sort(&r));
    FA_CHECK(open_memory(&r));
    FA_CHECK(move_rows(&r, (float *)(uintptr_t)z, false));
    FA_CHECK(do_own_groups(&r, d_z, room_rows, in_double));
    FA_CHECK(open_parts(&r, d_z, room_rows));
    FA_CHECK(do_parts(&r));
    if (gradient) FA_CHECK(move_rows(&r, d_z, true));
    status = fa__pair_units_meet(&r.units, NULL, groups, count);
done:
    close_ring(&r);
    return status;
}
