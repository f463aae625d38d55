/* The native engine: the widest kernels that this processor runs. */
#include "engine/native.h"

#include "base/simd.h"

const fa__engine *fa__engine_native(void) {
    fa__simd level = fa__simd_level();
    return FA__BY_SIMD(level, fa__native_portable, fa__native_avx2, fa__native_avx512)();
}
