/* The kernels of the symmetric eigenproblem, avx2: vectors of WIDE doubles. */
#define WIDE    4
#define KERNELS fa__eigen_avx2
#include "base/eigen_body.h"
