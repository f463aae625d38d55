/* The covariance matrix of the columns of a matrix, and the Gram matrix of its centred rows. */
#ifndef FA_CLUSTER_COVARIANCE_H
#define FA_CLUSTER_COVARIANCE_H

#include "base/status.h"
#include "comm/comm.h"

/* The upper triangle of out [d, d] = 1/n sum_i (x_i - mean)(x_i - mean)^T for the rows x_i of x
 * [n, d], in double; what is below the diagonal stays. Sums are taken in an order that n and d
 * alone decide: the same bytes for any number of threads and of ranks (comm; NULL: alone), which share
 * them. Cost n d^2 / 2 multiply-adds. Memory: at most 8 d^2 bytes and 9 MiB, and 256 KiB for each
 * thread. */
fa_status fa__covariance(double *out, const float *x, const double *mean, size_t n, size_t d,
                         const fa__comm *comm);

/* The upper triangle of out [n, n] = 1/n (x_i - mean) . (x_j - mean), which has the same values above 0.
 * The rest as above, with n and d exchanged. */
fa_status fa__centred_gram(double *out, const float *x, const double *mean, size_t n, size_t d,
                           const fa__comm *comm);

#endif
