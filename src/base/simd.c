/* Choice of the SIMD level. */
#include "base/simd.h"

#include "forced_apart.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[FA__SIMD_LEVELS] = {"portable", "avx2", "avx512",
                                                         "avx512vnni"};

static atomic_int forced = -1;

static fa__simd level_of_processor(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return __builtin_cpu_supports("avx512vnni") ? FA__SIMD_AVX512VNNI : FA__SIMD_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return FA__SIMD_AVX2;
#endif
    return FA__SIMD_PORTABLE;
}

static fa__simd level_by_default(void) {
    static atomic_int known = -1; /* racing threads all store the same value */
    int level = atomic_load_explicit(&known, memory_order_relaxed);
    if (level >= 0) return (fa__simd)level;
    level = (int)level_of_processor();
    const char *named = getenv("FORCED_APART_SIMD");
    for (int i = 0; named != NULL && i < level; i++)
        if (strcmp(named, level_names[i]) == 0) level = i;
    atomic_store_explicit(&known, level, memory_order_relaxed);
    return (fa__simd)level;
}

fa__simd fa__simd_level(void) {
    int level = atomic_load_explicit(&forced, memory_order_relaxed);
    if (level < 0) return level_by_default();
    fa__simd most = level_of_processor();
    return level < (int)most ? (fa__simd)level : most;
}

void fa__simd_force(int level) {
    atomic_store(&forced, level);
}

const char *fa_simd_name(void) {
    return level_names[fa__simd_level()];
}
