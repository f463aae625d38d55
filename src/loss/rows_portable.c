/* The kernels of rows, portable: vectors of WIDE doubles. */
#define WIDE   2
#define KERNEL fa__rows_portable
#include "loss/rows_body.h"

const fa__rows_kernel *fa__rows_kernel_here(void) {
    fa__simd level = fa__simd_level();
    return FA__BY_SIMD(level, &fa__rows_portable, &fa__rows_avx2, &fa__rows_avx512);
}
