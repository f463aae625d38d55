/* The file that lets a run be continued: checkpoint.safetensors. */
#ifndef FA_TRAIN_CHECKPOINT_H
#define FA_TRAIN_CHECKPOINT_H

#include "train/trainer.h"

/* The state of a trainer between two epochs. */
fa_status fa__checkpoint_write(const char *path, const fa__trainer *trainer);

/* Puts it back; training then goes on as if it had never stopped. The trainer was opened by the
 * same recipe. */
fa_status fa__checkpoint_read(fa__trainer *trainer, const char *path);

#endif
