/* For the tests of engines: made numbers, a comparison that proves something, every engine in turn.
 */
#ifndef FA_TESTS_ENGINES_H
#define FA_TESTS_ENGINES_H

#include "test.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"
#include "engine/engine.h"

static inline float *noise(size_t n, uint64_t seed, float scale) {
    float *x = fa__alloc(n, sizeof *x);
    assert_non_null(x);
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < n; i++) x[i] = scale * (float)(2 * fa__rng_uniform(&rng) - 1);
    return x;
}

/* An operand between two edges, floats that have to stay. */
enum { EDGE = 64 };
static const float untouched = -77;

static inline float *guarded(size_t n) {
    float *x = fa__alloc(n + 2 * EDGE, sizeof *x);
    for (size_t i = 0; i < n + 2 * EDGE; i++) x[i] = untouched;
    return x + EDGE;
}

static inline void free_guarded(float *x, size_t n) {
    for (size_t i = 0; i < EDGE; i++)
        assert_true(x[n + i] == untouched && x[-(ptrdiff_t)i - 1] == untouched);
    fa__free(x - EDGE);
}

/* Largest difference relative to the largest value; data that are all zero prove nothing and fail.
 */
static inline void assert_alike(const char *what, const float *got, const float *want, size_t n,
                                double tolerance) {
    double scale = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(got[i]) || !isfinite(want[i])) fail_msg("%s: not finite at %zu", what, i);
        scale = fmax(scale, fabs((double)want[i]));
        worst = fmax(worst, fabs((double)got[i] - (double)want[i]));
    }
    if (!(scale > 0)) fail_msg("%s: all zero, nothing was tested", what);
    if (!(worst <= tolerance * scale)) fail_msg("%s: off by %g of %g", what, worst, scale);
}

/* Calls check(engine) for every engine, the native one at every SIMD level. */
static inline void each_engine(void (*check)(const fa__engine *)) {
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        bool native = strcmp(engine->name, "native") == 0;
        for (int level = native ? 0 : FA__SIMD_LEVELS - 1; level < FA__SIMD_LEVELS; level++) {
            fa__simd_force(level);
            check(fa__engine_at(i)); /* the table of that level */
        }
        fa__simd_force(-1);
    }
}

#endif
