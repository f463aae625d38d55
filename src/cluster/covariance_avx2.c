/* The covariance kernel, avx2: blocks of ROWS x (VECTORS * WIDE) sums in registers. */
#define WIDE    4
#define VECTORS 2
#define ROWS    4
#define KERNEL  fa__covariance_avx2
#include "cluster/covariance_body.h"
