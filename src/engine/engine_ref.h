/* The reference operations that other engines take over unchanged. */
#ifndef FA_ENGINE_ENGINE_REF_H
#define FA_ENGINE_ENGINE_REF_H

#include "engine/engine.h"

size_t fa__ref_lstm_workspace(const fa__lstm_shape *s);
fa_status fa__ref_lstm_forward(const fa__engine *engine, float *h, float *h_last, float *workspace,
                               const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w);
fa_status fa__ref_lstm_backward(const fa__engine *engine, const fa__lstm_gradients *d,
                                float *workspace, const float *d_h, const float *d_h_last,
                                const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w);

void fa__ref_norm_statistics(double *mean, double *variance, const float *x,
                             const fa__batchnorm *n);
void fa__ref_norm_apply(float *y, const float *x, const float *factor, const float *offset,
                        const fa__batchnorm *n);
void fa__ref_norm_sums(double *sums, double *products, float *d_y, const float *x, const float *y,
                       const double *mean, const fa__batchnorm *n);
void fa__ref_norm_back(float *d_x, const float *d_y, const float *x, const float *a, const float *b,
                       const float *c, const fa__batchnorm *n);

#endif
