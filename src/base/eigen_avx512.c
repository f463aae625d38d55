/* The kernels of the symmetric eigenproblem, avx512: vectors of WIDE doubles. */
#define WIDE    8
#define KERNELS fa__eigen_avx512
#include "base/eigen_body.h"
