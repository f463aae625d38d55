/* The pure multiply-add loop in portable C (no FMA: a product and a sum), and the choice among
 * them. */
#include "base/simd.h"

#define FA_LANES  4
#define FA_GROUPS 3
#define FA_PEAK   fa__peak_portable
#include "bench/peak_body.h"

const fa__peak *fa__peak_kernel(void) {
#if defined(__x86_64__)
    switch (fa__simd_level()) {
    case FA__SIMD_AVX512VNNI:
    case FA__SIMD_AVX512:
        return &fa__peak_avx512;
    case FA__SIMD_AVX2:
        return &fa__peak_avx2;
    default:
        break;
    }
#endif
    return &fa__peak_portable;
}
