/* The kernels of rows, avx512: vectors of WIDE doubles. */
#define WIDE   8
#define KERNEL fa__rows_avx512
#include "loss/rows_body.h"
