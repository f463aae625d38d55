/* Which SIMD kernels this machine can run. Kernels are compiled once per level from one body;
 * callers pick by this level at run time. */
#ifndef FA_BASE_SIMD_H
#define FA_BASE_SIMD_H

typedef enum fa__simd {
    FA__SIMD_PORTABLE = 0,
    FA__SIMD_AVX2,
    FA__SIMD_AVX512,
    FA__SIMD_AVX512VNNI, /* and products of 16 bits: where a kernel has no use for them, as before
                          */
    FA__SIMD_LEVELS
} fa__simd;

/* The widest level that is compiled in and that the processor has, or the one FORCED_APART_SIMD
 * names if that is lower (read once). */
fa__simd fa__simd_level(void);

/* Tests only: use this level from now on (capped at what the processor has); < 0: back to the
 * default. */
void fa__simd_force(int level);

#endif
