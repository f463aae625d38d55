/* The native engine's pooling: against the reference and oneDNN's at every SIMD level, by hand, and within its
 * memory. */
#include "engines.h"

#include "engine/pool.h"

static const fa__pooling *const forms[FA__SIMD_LEVELS] = {
    [FA__SIMD_PORTABLE] = &fa__pooling_portable,
#if defined(__x86_64__)
    [FA__SIMD_AVX2] = &fa__pooling_avx2,
    [FA__SIMD_AVX512] = &fa__pooling_avx512,
#endif
};

/* Whole numbers, of which many are equal. */
static float *few_values(size_t n, uint64_t seed) {
    float *x = noise(n, seed, 3);
    for (size_t i = 0; i < n; i++) x[i] = (float)(int)x[i];
    return x;
}

/* Plane by plane, the equation as it reads. */
static void by_hand(float *y, float *d_x, const float *x, const float *d_y, const fa__pool *p,
                    size_t planes, size_t block) {
    size_t rows = p->height / p->size, columns = p->width / p->size;
    for (size_t i = 0; i < planes * p->height * p->width * block; i++) d_x[i] = 0;
    for (size_t i = 0; i < planes * rows * columns * block; i++) {
        size_t channel = i % block, column = i / block % columns, row = i / block / columns % rows;
        size_t plane = i / block / columns / rows, best = SIZE_MAX;
        for (size_t r = row * p->size; r < (row + 1) * p->size; r++)
            for (size_t c = column * p->size; c < (column + 1) * p->size; c++) {
                size_t at = ((plane * p->height + r) * p->width + c) * block + channel;
                if (best == SIZE_MAX || x[at] > x[best]) best = at;
            }
        y[i] = x[best];
        d_x[best] = d_y[i];
    }
}

static const size_t cases[][5] = {/* samples, height, width, blocks, size */
                                  {1, 2, 2, 1, 2},  {3, 8, 8, 2, 2},  {2, 7, 5, 1, 2},
                                  {2, 9, 10, 3, 3}, {1, 6, 4, 2, 1},  {1, 15, 31, 1, 15},
                                  {5, 4, 4, 4, 4},  {2, 32, 32, 1, 2}};

static void pooling_is_by_hand_at_every_level(void **state) {
    (void)state;
    const int most = (int)fa__simd_level();
    for (int level = 0; level <= most; level++)
        for (size_t i = 0; forms[level] != NULL && i < sizeof cases / sizeof cases[0]; i++)
            for (size_t block = 8; block <= 16; block += 8) {
                const size_t *s = cases[i], planes = s[0] * s[3],
                             vectors = block / forms[level]->lanes;
                const fa__pool p = {s[0], s[1], s[2], s[3] * block, s[4], false, false};
                size_t in = planes * s[1] * s[2] * block,
                       out = planes * (s[1] / s[4]) * (s[2] / s[4]) * block;
                if (vectors == 0) continue;
                float *x = few_values(in, 1), *d_y = noise(out, 2, 1), *y = guarded(out),
                      *d_x = guarded(in), *want_y = guarded(out), *want_x = guarded(in),
                      *place = guarded(out / 4);
                by_hand(want_y, want_x, x, d_y, &p, planes, block);
                forms[level]->forward(y, (uint8_t *)place, x, &p, planes, vectors);
                forms[level]->backward(d_x, d_y, (const uint8_t *)place, &p, planes, vectors);
                assert_memory_equal(y, want_y, out * 4);
                for (size_t j = 0; j < in; j++) assert_true(d_x[j] == want_x[j]);
                fa__free(x), fa__free(d_y), free_guarded(y, out), free_guarded(d_x, in);
                free_guarded(want_y, out), free_guarded(want_x, in), free_guarded(place, out / 4);
            }
}

/* So a model has the bytes that it had by oneDNN's. */
static void pooling_is_that_of_onednn(void **state) {
    (void)state;
    if (fa__onednn_images.name == NULL) skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *s = cases[i], block = fa__onednn_images.block(1);
        const fa__pool p = {s[0], s[1], s[2], s[3] * block, s[4], false, false};
        size_t in = s[0] * s[1] * s[2] * p.channels,
               out = s[0] * (s[1] / s[4]) * (s[2] / s[4]) * p.channels;
        float *x = few_values(in, 1), *d_y = noise(out, 2, 1), *y[2], *d_x[2];
        for (int own = 0; own < 2; own++) {
            const fa__image_ops *images = own ? &fa__native_images : &fa__onednn_images;
            float *workspace = fa__alloc(images->pool_workspace(&p), 4),
                  *scratch = fa__alloc(images->pool_scratch(&p), 4);
            y[own] = fa__alloc(out, 4), d_x[own] = fa__alloc(in, 4);
            assert_ok(images->pool_forward(y[own], workspace, x, &p, scratch));
            assert_ok(images->pool_backward(d_x[own], d_y, workspace, &p, scratch));
            fa__free(workspace), fa__free(scratch);
        }
        assert_memory_equal(y[0], y[1], out * 4);
        for (size_t j = 0; j < in; j++) assert_true(d_x[0][j] == d_x[1][j]);
        for (int own = 0; own < 2; own++) fa__free(y[own]), fa__free(d_x[own]);
        fa__free(x), fa__free(d_y);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_is_by_hand_at_every_level),
        cmocka_unit_test(pooling_is_that_of_onednn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
