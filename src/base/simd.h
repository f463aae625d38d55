/* Which SIMD kernels this machine can run. Kernels are compiled once per level from one body;
 * callers pick by this level at run time. */
#ifndef FA_BASE_SIMD_H
#define FA_BASE_SIMD_H

#include <stdbool.h>

typedef enum fa__simd {
    FA__SIMD_PORTABLE = 0,
    FA__SIMD_AVX2,
    FA__SIMD_AVX512,
    FA__SIMD_AVX512VNNI, /* and products of 16 bits: where a kernel has no use for them, as before
                          */
    FA__SIMD_AMX, /* and tiles of bfloat16, where the process may have them (fa__simd_has_tiles) */
    FA__SIMD_LEVELS
} fa__simd;

/* Of what is compiled once per level, the widest form that `level` (evaluated twice) allows. Levels
 * above AVX-512 take its form, or what the caller puts in its place. */
#if defined(__x86_64__)
#define FA__BY_SIMD(level, portable, avx2, avx512)                                                 \
    ((level) >= FA__SIMD_AVX512 ? (avx512) : (level) == FA__SIMD_AVX2 ? (avx2) : (portable))
#else
#define FA__BY_SIMD(level, portable, avx2, avx512) ((void)(level), (portable))
#endif

/* The widest level that is compiled in and that the processor has, or the one FORCED_APART_SIMD
 * names if that is lower (read once). */
fa__simd fa__simd_level(void);

/* The level is FA__SIMD_AMX, and the kernel lets this process have the tiles' registers: it is asked once, and
 * from then on gives each of the process's threads room for them. */
bool fa__simd_has_tiles(void);

/* Tests only: use this level from now on (capped at what the processor has); < 0: back to the
 * default. */
void fa__simd_force(int level);

#endif
