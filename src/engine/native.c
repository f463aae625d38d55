/* The native engine: the widest kernels that this processor runs. */
#include "engine/native.h"

#include "base/simd.h"

const fa__engine *fa__engine_native(void) {
#if defined(__x86_64__)
    switch (fa__simd_level()) {
    case FA__SIMD_AVX512VNNI:
    case FA__SIMD_AVX512:
        return fa__native_avx512();
    case FA__SIMD_AVX2:
        return fa__native_avx2();
    default:
        break;
    }
#endif
    return fa__native_portable();
}
