/* The symmetric eigenproblem. */
#ifndef FA_BASE_EIGEN_H
#define FA_BASE_EIGEN_H

#include "base/status.h"

/* From here on it is hours of work, and 20 GiB of rotations beside the 8 of the matrix. */
enum { FA__EIGEN_MOST = 32768 };

/* FA_OK if fa__eigen_symmetric takes d x d, else FA_E_SHAPE. */
fa_status fa__eigen_check(size_t d);

/* The `count` largest eigenvalues of a symmetric matrix, largest first, with their vectors.
 *
 *   a v_j = values_j v_j,   v_i . v_j = (i == j)
 *
 * By Householder's reflections to three diagonals (in panels, as LAPACK's dlatrd), implicit QL with
 * Wilkinson's shift, and the rotations and reflections back on the vectors that are wanted (Golub &
 * Van Loan, Matrix Computations, 8.3). Backward stable: errors of values are some units of rounding
 * of the largest one.
 *
 * values  [count]     overwritten
 * vectors [count, d]  row j is v_j, its sign as it came, the same bytes whatever the count
 * a       [d, d]      its upper triangle is read, all of it is destroyed; finite
 *
 * Same bytes at any number of threads. 1 <= count <= d. Cost 4/3 d^3 + 8 d^2 count flops. Memory: 20
 * d^2 bytes for rotations, of which about 16 d^2 are touched. Stops by fa_stop_set. FA_E_SHAPE,
 * FA_E_NONFINITE, FA_E_NOMEM, FA_E_STOPPED. */
fa_status fa__eigen_symmetric(double *values, double *vectors, double *a, size_t d, size_t count);

#endif
