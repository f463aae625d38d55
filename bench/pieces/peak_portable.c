/* The pure multiply-add loop in portable C (no FMA: a product and a sum), and the choice among
 * them. */
#include "base/simd.h"

#define FA_LANES  4
#define FA_GROUPS 3
#define FA_PEAK   fa__peak_portable
#include "pieces/peak_body.h"

const fa__peak *fa__peak_kernel(void) {
    fa__simd level = fa__simd_level();
    return FA__BY_SIMD(level, &fa__peak_portable, &fa__peak_avx2, &fa__peak_avx512);
}
