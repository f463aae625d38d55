/* What every loss does with its matrices: check them, take the log-softmax of rows, store a
 * gradient, and share large work among threads. */
#ifndef FA_LOSS_ROWS_H
#define FA_LOSS_ROWS_H

#include "base/threads.h"

#include <stdbool.h>

/* x is a matrix [n, d] of finite values, n and d at least 1; `name` is what messages call it. */
fa_status fa__check_matrix(const char *name, const float *x, size_t n, size_t d);

/* The pointer that a loss goes to (or another that a message names) is there. */
fa_status fa__check_pointer(const char *name, const void *pointer);

/* log sum_k exp(z_k - max), with max the largest of z [d], d >= 1. The largest entry is kept out of
 * the sum and comes back through log1p, so a row that is all but one-hot keeps its digits. */
double fa__log_sum_exp(double *max, const float *z, size_t d);

/* The softmax of one row and its logarithm, Eq. 6 and 9: log_p is finite for any finite z, p may
 * underflow to 0. */
void fa__softmax(double *log_p, double *p, const float *z, size_t d);

/* The same of all rows of z [n, d]. */
fa_status fa__softmax_rows(double *log_p, double *p, const float *z, size_t n, size_t d);

/* rows [n] = the rows in order of their labels, alike ones in order of their own: a radix sort, by
 * the 8 bits of a byte at a time; bytes that all labels share cost nothing. other [n] is scratch.
 * labels NULL: in their own order. */
void fa__sort_by_label(size_t *rows, size_t *other, const int32_t *labels, size_t n);

/* One past the last of the sorted rows with the label of `first`; labels NULL: n. */
size_t fa__label_end(const size_t *rows, const int32_t *labels, size_t n, size_t first);

/* pairs [count, 2] are rows of a matrix with n of them. */
fa_status fa__check_pairs(const int32_t *pairs, size_t count, size_t n);

/* `work`, in multiply-adds, is worth waking threads. */
bool fa__loss_is_large(double work);

/* fa__parallel where `work` is large, with a look before each task whether to stop; else the same
 * tasks one after the other. */
fa_status fa__loss_parallel(double work, size_t count, fa__job task, void *context);

#endif
