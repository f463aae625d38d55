/* The first part of Eq. 11 on a shard of an autoencoder: its outputs against its own input. */
#ifndef FA_MODEL_RECONSTRUCTION_H
#define FA_MODEL_RECONSTRUCTION_H

#include "nn/network.h"

/* sum_i ||X_i - Xhat_i||^2 over the samples of a shard after forward, over all steps and features
 * of a sample, in the scaled space that the network sees. Its gradient goes to shard->d_out, where
 * fa__shard_backward takes it from. FA_E_NONFINITE for an output out of range. */
fa_status fa__reconstruction_compare(double *error, fa__shard *shard, const fa__network *network);

/* ||X_i - Xhat_i||^2 of each sample [samples]. */
void fa__reconstruction_errors(float *errors, const fa__shard *shard, const fa__network *network);

/* Their mean over n samples: the first part of Eq. 11. */
double fa__reconstruction_mean(const float *errors, size_t n);

#endif
