/* The covariance kernel, avx512: blocks of ROWS x (VECTORS * WIDE) sums in registers. */
#define WIDE    8
#define VECTORS 2
#define ROWS    8
#define KERNEL  fa__covariance_avx512
#include "cluster/covariance_body.h"
