/* The covariance kernel, portable: blocks of ROWS x (VECTORS * WIDE) sums in registers. */
#define WIDE    2
#define VECTORS 2
#define ROWS    4
#define KERNEL  fa__covariance_portable
#include "cluster/covariance_body.h"
