/* The kernels of the symmetric eigenproblem, portable: vectors of WIDE doubles. */
#define WIDE    2
#define KERNELS fa__eigen_portable
#include "base/eigen_body.h"
