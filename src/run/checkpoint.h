/* The file that lets a training be continued. */
#ifndef FA_RUN_CHECKPOINT_H
#define FA_RUN_CHECKPOINT_H

#include "base/status.h"

/* The state of a training between two epochs; the arrays are the trainer's. */
typedef struct fa__state {
    size_t n;                 /* parameters */
    float *parameters, *best; /* [n] now, and of the best epoch */
    float *adam_m, *adam_v;   /* [n] */
    uint64_t adam_step;
    size_t epoch, best_epoch; /* finished; 0: none yet */
    size_t epochs;            /* room in the history */
    fa_epoch *history;        /* [epoch] */
} fa__state;

fa_status fa__checkpoint_write(const char *path, const fa__state *state);

/* Fills in the arrays and counts of a state that was opened by the same recipe; training then goes
 * on as if it had never stopped. */
fa_status fa__checkpoint_read(fa__state *state, const char *path);

#endif
