/* Lists of the nearest rows so far. */
#include "cluster/neighbours.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

void fa__nearest_enter(const fa__nearest_lists *s, int32_t i, int32_t j, double squared) {
    double *distance = s->squared + (size_t)i * s->k;
    int32_t *nearest = s->nearest + (size_t)i * s->k;
    size_t at = s->k;
    while (at > 0 &&
           (squared < distance[at - 1] || (squared == distance[at - 1] && j < nearest[at - 1])))
        at--;
    if (at == s->k) return;
    size_t moved = s->k - 1 - at;
    memmove(distance + at + 1, distance + at, moved * sizeof *distance);
    memmove(nearest + at + 1, nearest + at, moved * sizeof *nearest);
    distance[at] = squared;
    nearest[at] = j;
}

float fa__nearest_limit(const fa__nearest_lists *s, const fa__points *points, int32_t i) {
    double last = s->squared[(size_t)i * s->k + s->k - 1];
    double scaled = last * points->scale * points->scale / 2;
    return scaled < (double)FLT_MAX / 2 ? (float)(scaled * (1 + 0x1p-20)) + FLT_MIN : INFINITY;
}

fa_status fa__nearest_gather(const fa__nearest_lists *s, const int32_t *rows, const size_t *first,
                             size_t parts, const fa__comm *comm) {
    fa_status status = FA_OK;
    const size_t n = first[parts], k = s->k;
    double *squared = NULL;
    int32_t *nearest = NULL;
    size_t from, to;
    if (comm->size == 1) return FA_OK;
    fa__comm_range(&from, &to, comm, parts);
    FA_CHECK(FA_NEW(squared, n * k));
    FA_CHECK(FA_NEW(nearest, n * k));
    for (size_t i = first[from]; i < first[to]; i++) {
        if (rows[i] < 0) continue;
        memcpy(squared + i * k, s->squared + (size_t)rows[i] * k, k * sizeof *squared);
        memcpy(nearest + i * k, s->nearest + (size_t)rows[i] * k, k * sizeof *nearest);
    }
    FA_CHECK(fa__comm_gather(comm, squared, first, parts, k * sizeof *squared));
    FA_CHECK(fa__comm_gather(comm, nearest, first, parts, k * sizeof *nearest));
    for (size_t i = 0; i < n; i++) {
        if (rows[i] < 0) continue;
        memcpy(s->squared + (size_t)rows[i] * k, squared + i * k, k * sizeof *squared);
        memcpy(s->nearest + (size_t)rows[i] * k, nearest + i * k, k * sizeof *nearest);
    }
done:
    fa__free(squared);
    fa__free(nearest);
    return status;
}
