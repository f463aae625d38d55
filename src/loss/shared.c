/* Rows of the pairwise losses shared out over ranks. */
#include "loss/shared.h"

#include "base/memory.h"
#include "loss/pairwise.h"

#include <string.h>

/* A unit goes to the rank in whose equal part of the rows it begins. */
static void deal(fa__pair_units *u) {
    size_t ranks = u->comm->size, unit = 0;
    for (size_t r = 0; r <= ranks; r++) {
        size_t part = r * (u->rows / ranks) + (r < u->rows % ranks ? r : u->rows % ranks);
        while (u->first[unit] < part) unit++;
        u->start[r] = unit;
        u->begin[r] = u->first[unit];
    }
    u->from = u->start[u->comm->rank];
    u->to = u->start[u->comm->rank + 1];
}

fa_status fa__pair_units_open(fa__pair_units *u, const fa__comm *comm, const fa__pair_group *groups,
                              const size_t *block_rows, size_t count, bool gradient, void *room,
                              size_t room_size) {
    *u = (fa__pair_units){.to = SIZE_MAX, .d = groups[0].d};
    if (comm == NULL) return FA_OK;
    u->comm = comm;
    for (size_t g = 0; g < count; g++) {
        u->count += (groups[g].n + block_rows[g] - 1) / block_rows[g];
        u->rows += groups[g].n;
    }
    FA_TRY(FA_NEW(u->first, u->count + 1));
    FA_TRY(FA_NEW(u->start, comm->size + 1));
    FA_TRY(FA_NEW(u->begin, comm->size + 1));
    FA_TRY(FA_NEW_ZERO(u->terms, u->rows));
    if (gradient && room_size / sizeof *u->part / u->d >= u->rows)
        u->part = room;
    else if (gradient) {
        FA_TRY(FA_NEW(u->part, u->rows * u->d));
        u->owns_part = true;
    }
    size_t row = 0, unit = 0;
    for (size_t g = 0; g < count; row += groups[g++].n)
        for (size_t i = 0; i < groups[g].n; i += block_rows[g]) u->first[unit++] = row + i;
    u->first[unit] = row;
    deal(u);
    return FA_OK;
}

bool fa__pair_units_own(const fa__pair_units *u, size_t unit) {
    return unit >= u->from && unit < u->to;
}

/* Rows of the groups, one after the other, to u->part or from it. */
static void move_rows(fa__pair_units *u, float *d_z, const fa__pair_group *groups, size_t count,
                      bool back) {
    size_t own = u->first[u->from], end = u->first[u->to], row = 0, size = u->d * sizeof *d_z;
    for (size_t g = 0; g < count; g++)
        for (size_t i = 0; i < groups[g].n; i++, row++) {
            float *part = u->part + row * u->d, *z = d_z + groups[g].rows[i] * u->d;
            bool is_own = row >= own && row < end;
            if (back && !is_own) memcpy(z, part, size);
            if (!back && is_own) memcpy(part, z, size);
        }
}

fa_status fa__pair_units_meet(fa__pair_units *u, float *d_z, fa__pair_group *groups, size_t count) {
    if (u->comm == NULL) return FA_OK;
    if (d_z != NULL) move_rows(u, d_z, groups, count, false);
    size_t ranks = u->comm->size;
    FA_TRY(fa__comm_gather(u->comm, u->terms, u->begin, ranks, sizeof *u->terms));
    if (d_z != NULL)
        FA_TRY(fa__comm_gather(u->comm, u->part, u->begin, ranks, u->d * sizeof *u->part));
    if (d_z != NULL) move_rows(u, d_z, groups, count, true);
    for (size_t g = 0, row = 0; g < count; g++) {
        groups[g].loss = 0;
        for (size_t i = 0; i < groups[g].n; i++) groups[g].loss += u->terms[row++];
    }
    return FA_OK;
}

void fa__pair_units_close(fa__pair_units *u) {
    fa__free(u->first);
    fa__free(u->start);
    fa__free(u->begin);
    fa__free(u->terms);
    if (u->owns_part) fa__free(u->part);
}
