/* The hinge over pairs of rows, fast: blocks of rows, two of them at a time (pairwise_meet.c).
 *
 * Blocks meet in rounds, as in a tournament: in a round every block meets one other, so that the
 * tasks of a round write to different rows and may run at once, while a row takes its summands in
 * the order of the rounds, whatever the number of threads.
 */
#include "loss/pairwise.h"

#include "base/assert.h"
#include "base/memory.h"
#include "loss/pairwise_job.h"
#include "loss/rows.h"

/* ==== Rounds ================================================================================ */

/* Before the rounds, each block within itself. */
static fa_status diagonal_task(void *context, size_t index, size_t thread) {
    const fa__pair_job *job = context;
    fa__pair_fill(job, index, thread);
    if (fa__pair_is_own(job, index)) fa__pair_meet(job, index, index, thread);
    return FA_OK;
}

static fa_status round_task(void *context, size_t index, size_t thread) {
    const fa__pair_job *job = context;
    size_t a, b;
    if (fa__pair_seats(&a, &b, job->count, job->round, index) &&
        (fa__pair_is_own(job, a) || fa__pair_is_own(job, b)))
        fa__pair_meet_again(job, a, b, thread);
    return FA_OK;
}

static fa_status store_task(void *context, size_t index, size_t thread) {
    const fa__pair_job *job = context;
    if (fa__pair_is_own(job, index)) fa__pair_store(job, index, thread);
    return FA_OK;
}

static double loss_of(const fa__pair_job *job) {
    double sum = 0;
    for (size_t a = 0; a < job->count; a++)
        for (size_t i = 0; i < job->blocks[a].n; i++) sum += fa__pair_term(job, a, i);
    return sum;
}

/* ==== Groups ================================================================================ */

typedef struct groups_job {
    fa__pair_group *groups;
    fa__pair_space *space;
    float *d_z;
    size_t *block_rows; /* [count] rows of a unit */
    size_t *unit;       /* [count] the first of each group */
    fa__pair_units units;
} groups_job;

/* A group in blocks that the threads share. */
static fa_status share_out(const groups_job *groups, size_t index) {
    fa__pair_group *group = &groups->groups[index];
    fa__pair_space *space = groups->space;
    const fa__pair_units *units = &groups->units;
    size_t unit = groups->unit[index];
    double work = fa__pair_work(group);
    fa__pair_job job = {.group = group,
                        .space = space,
                        .d_z = groups->d_z,
                        .block_rows = groups->block_rows[index],
                        .from = units->from > unit ? units->from - unit : 0,
                        .to = units->to > unit ? units->to - unit : 0};
    FA_TRY(fa__pair_sort(&job.bounds, group, space, job.block_rows, fa__comm_self(), NULL));
    fa__pair_place(&job, 0);
    if (job.from >= job.count || job.to == 0) return FA_OK;
    FA_TRY(fa__loss_parallel(work, job.count, diagonal_task, &job));
    for (; job.round < fa__pair_rounds(job.count); job.round++)
        FA_TRY(fa__loss_parallel(work, (job.count + 1) / 2, round_task, &job));
    if (groups->d_z != NULL) FA_TRY(fa__loss_parallel(work, job.count, store_task, &job));
    if (units->comm == NULL) group->loss = loss_of(&job);
    for (size_t a = job.from; units->comm != NULL && a < job.to && a < job.count; a++)
        for (size_t i = 0; i < job.blocks[a].n; i++)
            units->terms[units->first[unit + a] + i] = fa__pair_term(&job, a, i);
    return FA_OK;
}

static bool is_one_unit(const fa__pair_group *group, const fa__pair_space *space) {
    return group->n <= space->reference_rows || fa__pair_is_whole(space, group);
}

/* The loss of a group that is one unit, in its place. */
static void keep_loss(const groups_job *job, size_t index) {
    if (job->units.comm != NULL)
        job->units.terms[job->units.first[job->unit[index]]] = job->groups[index].loss;
}

static fa_status whole_task(void *context, size_t index, size_t thread) {
    const groups_job *groups = context;
    fa__pair_group *group = &groups->groups[index];
    if (!fa__pair_is_whole(groups->space, group) ||
        !fa__pair_units_own(&groups->units, groups->unit[index]))
        return FA_OK;
    fa__pair_job job = {.group = group, .space = groups->space, .d_z = groups->d_z, .to = 1};
    job.block_rows = fa__round_up(group->n, FA__ROWS_STEP);
    fa__pair_place(&job, thread);
    FA_TRY(diagonal_task(&job, 0, thread));
    group->loss = loss_of(&job);
    keep_loss(groups, index);
    return groups->d_z == NULL ? FA_OK : store_task(&job, 0, thread);
}

/* Units of the groups, and which of them are this rank's. */
static fa_status deal(groups_job *job, size_t count, const fa__comm *comm) {
    double work = 0;
    FA_TRY(FA_NEW(job->block_rows, count));
    FA_TRY(FA_NEW(job->unit, count));
    for (size_t g = 0, unit = 0; g < count; g++) {
        const fa__pair_group *group = &job->groups[g];
        job->block_rows[g] = fa__pair_unit_rows(job->space, group);
        job->unit[g] = unit;
        unit += (group->n + job->block_rows[g] - 1) / job->block_rows[g];
        work += fa__pair_work(group);
    }
    /* The sums are done with once the gradient is stored, and more than it. */
    return fa__pair_units_open(&job->units, fa__comm_is_worth(comm, work) ? comm : NULL,
                               job->groups, job->block_rows, count, job->d_z != NULL,
                               job->space->sums, job->space->sums_size);
}

static fa_status hinge(float *d_z, fa__pair_group *groups, size_t count, size_t rows,
                       const fa__comm *comm, bool in_double) {
    FA_ASSERT(count > 0 && rows > 0);
    FA_ASSERT(groups[0].n > 0 && groups[0].d > 0);
    fa_status status;
    fa__pair_space space;
    groups_job job = {.groups = groups, .space = &space, .d_z = d_z};
    double work = 0;
    fa__pair_space_begin(&space, &groups[0], rows);
    if (in_double) space.reference_rows = SIZE_MAX;
    FA_CHECK(fa__pair_space_make(&space, groups, count, rows, d_z == NULL));
    FA_CHECK(deal(&job, count, comm));
    for (size_t i = 0; i < count; i++)
        if (fa__pair_is_whole(&space, &groups[i])) work += fa__pair_work(&groups[i]);
    FA_CHECK(fa__loss_parallel(work, count, whole_task, &job));
    for (size_t i = 0; i < count; i++)
        if (!is_one_unit(&groups[i], &space)) {
            FA_CHECK(share_out(&job, i));
        } else if (!fa__pair_is_whole(&space, &groups[i]) &&
                   fa__pair_units_own(&job.units, job.unit[i])) {
            FA_CHECK(fa__pairwise_reference(d_z, &groups[i], &space.reference));
            keep_loss(&job, i);
        }
    FA_CHECK(fa__pair_units_meet(&job.units, d_z, groups, count));
done:
    fa__pair_units_close(&job.units);
    fa__free(job.block_rows);
    fa__free(job.unit);
    fa__pair_space_free(&space);
    return status;
}

fa_status fa__pairwise_hinge(float *d_z, fa__pair_group *groups, size_t count, size_t rows,
                             const fa__comm *comm) {
    return hinge(d_z, groups, count, rows, comm, false);
}

fa_status fa__pairwise_in_double(float *d_z, fa__pair_group *groups, size_t count, size_t rows) {
    return hinge(d_z, groups, count, rows, NULL, true);
}
