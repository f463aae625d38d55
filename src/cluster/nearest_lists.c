/* Lists of the nearest rows so far. */
#include "cluster/neighbours.h"

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
