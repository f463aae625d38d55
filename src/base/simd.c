/* Choice of the SIMD level. */
#if defined(__linux__)
#define _GNU_SOURCE /* syscall */
#endif
#include "base/simd.h"

#include "forced_apart.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const level_names[FA__SIMD_LEVELS] = {"portable", "avx2", "avx512", "avx512vnni",
                                                         "amx"};

static atomic_int forced = -1;

#if defined(__x86_64__)
/* AMX for bfloat16 and AVX-512's conversions to it, and an operating system that keeps the tiles (bits 17 and 18
 * of XCR0). gcc 12 and clang 14 have not the same names for them. */
static bool has_amx(void) {
    unsigned a, b, c, d, low, high;
    const unsigned osxsave = 1u << 27, amx_bf16 = 1u << 22, amx_tile = 1u << 24,
                   avx512_bf16 = 1u << 5;
    const unsigned kept = 3u << 17;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave)) return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & kept) != kept) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & amx_bf16) || !(d & amx_tile))
        return false;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & avx512_bf16) != 0;
}
#endif

static fa__simd level_of_processor(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        if (!__builtin_cpu_supports("avx512vnni")) return FA__SIMD_AVX512;
        return has_amx() ? FA__SIMD_AMX : FA__SIMD_AVX512VNNI;
    }
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

#if defined(__x86_64__) && defined(__linux__)
static bool ask_for_tiles(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 }; /* asm/prctl.h, from Linux 5.16 on */
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
}
#else
static bool ask_for_tiles(void) {
    return false;
}
#endif

bool fa__simd_has_tiles(void) {
    static atomic_int known = -1; /* racing threads all store the same value */
    if (fa__simd_level() < FA__SIMD_AMX) return false;
    int has = atomic_load_explicit(&known, memory_order_relaxed);
    if (has < 0) {
        has = ask_for_tiles();
        atomic_store_explicit(&known, has, memory_order_relaxed);
    }
    return has == 1;
}

void fa__simd_force(int level) {
    atomic_store(&forced, level);
}

const char *fa_simd_name(void) {
    return level_names[fa__simd_level()];
}
