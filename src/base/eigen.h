/* The symmetric eigenproblem, by LAPACK. The only file that knows LAPACK and OpenBLAS. */
#ifndef FA_BASE_EIGEN_H
#define FA_BASE_EIGEN_H

#include "base/status.h"

/* LAPACK's sizes are 32-bit and its offsets are products of two of them. */
enum { FA__EIGEN_MOST = 32768 };

/* Version of the OpenBLAS in use, NULL where none is built in. */
const char *fa__eigen_version(void);

/* FA_OK if fa__eigen_symmetric can do d x d; FA_E_UNAVAILABLE naming the packages, or FA_E_SHAPE.
 */
fa_status fa__eigen_check(size_t d);

/* The `count` largest eigenvalues of a symmetric matrix, largest first, with their vectors.
 *
 *   a v_j = values_j v_j,   v_i . v_j = (i == j)
 *
 * values  [count]     overwritten
 * vectors [count, d]  row j is v_j, its sign as LAPACK left it; overwritten
 * a       [d, d]      its upper triangle is read, and destroyed; finite
 *
 * On one thread, so that the number of cores changes no byte. 1 <= count <= d. */
fa_status fa__eigen_symmetric(double *values, double *vectors, double *a, size_t d, size_t count);

#endif
