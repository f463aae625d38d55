/* The native kernels, compiled once per SIMD level from native_body.h. */
#ifndef FA_ENGINE_NATIVE_H
#define FA_ENGINE_NATIVE_H

#include "engine/engine.h"

const fa__engine *fa__native_portable(void);
const fa__engine *fa__native_avx2(void);
const fa__engine *fa__native_avx512(void);

#endif
