/* One loop of independent multiply-adds. peak_<level>.c defines FA_LANES (floats in a register),
 * FA_GROUPS (of four registers: together more than a multiply-add's latency times its rate, fewer
 * than there are) and FA_PEAK, and includes this. */
#include "pieces/peak.h"

enum { IN_GROUP = 4 };

typedef float lanes __attribute__((vector_size(4 * FA_LANES)));

/* Short inner loops: a compiler unrolls them whole and keeps the sums in registers. They start
 * unequal, or it would compute equal ones once. */
static float run(size_t rounds, float factor, float term) {
    lanes sum[FA_GROUPS][IN_GROUP];
    for (size_t g = 0; g < FA_GROUPS; g++)
        for (size_t i = 0; i < IN_GROUP; i++) sum[g][i] = (lanes){0} + (float)(IN_GROUP * g + i);
    for (size_t r = 0; r < rounds; r++)
        for (size_t g = 0; g < FA_GROUPS; g++)
            for (size_t i = 0; i < IN_GROUP; i++) sum[g][i] = sum[g][i] * factor + term;
    float all = 0;
    for (size_t g = 0; g < FA_GROUPS; g++)
        for (size_t i = 0; i < IN_GROUP; i++)
            for (size_t l = 0; l < FA_LANES; l++) all += sum[g][i][l];
    return all;
}

const fa__peak FA_PEAK = {run, (size_t)2 * FA_LANES *FA_GROUPS *IN_GROUP};
