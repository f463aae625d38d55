/* Pairwise kernels with 16 lanes and 32 registers. */
#define KERNEL fa__pair_avx512

#include "loss/pairwise_avx512.h"

#include "loss/pairwise_body.h"
