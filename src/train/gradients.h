/* The gradient of a step: added up over shards by the tree, some shards in memory at a time. */
#ifndef FA_TRAIN_GRADIENTS_H
#define FA_TRAIN_GRADIENTS_H

#include "train/trainer.h"

/* A slot of memory for a shard of this rank. */
fa__shard *fa__gradients_slot(const fa__trainer *trainer, size_t s);

/* Before the first shard of a step goes back. */
fa_status fa__gradients_begin(fa__trainer *trainer);

/* Before the shards of a wave go through: their slots have a gradient of their own again. */
fa_status fa__gradients_room(fa__trainer *trainer);

/* After the shards of a wave have gone back, wave by wave: their slots are free then. */
void fa__gradients_take(fa__trainer *trainer);

/* trainer->gradient on all ranks, after the last wave. */
fa_status fa__gradients_sum(fa__trainer *trainer);

/* After failure, too. */
void fa__gradients_end(fa__trainer *trainer);
void fa__gradients_free(fa__trainer *trainer);

#endif
