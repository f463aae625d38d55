/* The file that lets a training be continued. */
#ifndef FA_RUN_CHECKPOINT_H
#define FA_RUN_CHECKPOINT_H

#include "formats/safetensors.h"

/* Numbers that go on where they were: parameters, what the optimiser keeps, and the like. */
typedef struct fa__state_block {
    const char *name; /* of the tensor */
    fa__dtype dtype;
    size_t count;
    void *data; /* [count], the trainer's */
} fa__state_block;

enum { FA__STATE_BLOCKS = 8 };

/* The state of a training between two epochs. */
typedef struct fa__state {
    fa__state_block blocks[FA__STATE_BLOCKS];
    size_t n_blocks;
    uint64_t adam_step;
    size_t epoch, best_epoch; /* finished; 0: none yet */
    size_t epochs;            /* room in the history */
    fa_epoch *history;        /* [epoch], the trainer's */
} fa__state;

fa_status fa__checkpoint_write(const char *path, const fa__state *state);

/* Fills in the blocks and counts of a state that was opened by the same recipe; training then goes
 * on as if it had never stopped. */
fa_status fa__checkpoint_read(fa__state *state, const char *path);
/* The same from a file that was read; FA_E_FORMAT does not name it. */
fa_status fa__checkpoint_take(fa__state *state, const fa__safetensors *file);

#endif
