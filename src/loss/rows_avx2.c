/* The kernels of rows, avx2: vectors of WIDE doubles. */
#define WIDE   4
#define KERNEL fa__rows_avx2
#include "loss/rows_body.h"
