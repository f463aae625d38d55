/* Pairwise kernels as with AVX-512, and tiles in fixed point (VNNI: 32 products of 16 bits at a
 * time). */
#define KERNEL fa__pair_avx512vnni
#define FIXED

#include "loss/pairwise_avx512.h"

#include "loss/pairwise_body.h"
