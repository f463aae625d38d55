/* The native engine's 3x3 convolutions: against the reference at every SIMD level, by hand, and within
 * the memory they ask for. */
#include "engines.h"

#include "engine/winograd.h"

static const fa__winograd *const forms[FA__SIMD_LEVELS] = {
    [FA__SIMD_PORTABLE] = &fa__winograd_portable,
    [FA__SIMD_AVX2] = &fa__winograd_avx2,
    [FA__SIMD_AVX512] = &fa__winograd_avx512,
};

/* Where pixel p and channel c of a sample lie in blocks of channels. */
static size_t place(const fa__conv *c, size_t channels, size_t block, size_t sample, size_t p,
                    size_t channel) {
    size_t pixels = c->height * c->width;
    return ((sample * (channels / block) + channel / block) * pixels + p) * block + channel % block;
}

/* [n, pixels, channels] to blocks, or back. */
static void to_blocks(float *own, float *plain, const fa__conv *c, size_t channels, size_t block,
                      bool back) {
    size_t pixels = c->height * c->width;
    for (size_t i = 0; i < c->samples * pixels * channels; i++) {
        float *at = own + place(c, channels, block, i / channels / pixels, i / channels % pixels,
                                i % channels);
        if (back)
            plain[i] = *at;
        else
            *at = plain[i];
    }
}

typedef struct operands {
    size_t in, out, weights, biases;
    float *x, *w, *b, *d_y; /* given */
    float *y, *d_x, *d_w, *d_b;
} operands;

static operands make_operands(const fa__conv *c) {
    size_t pixels = c->samples * c->height * c->width;
    operands o = {.in = pixels * c->in,
                  .out = pixels * c->out,
                  .weights = c->in * c->out * 9,
                  .biases = c->out};
    o.x = noise(o.in, 1, 1), o.w = noise(o.weights, 2, 0.2f), o.b = noise(o.biases, 3, 1),
    o.d_y = noise(o.out, 4, 1);
    o.y = guarded(o.out), o.d_x = guarded(o.in), o.d_w = guarded(o.weights),
    o.d_b = guarded(o.biases);
    return o;
}

static void free_operands(operands *o) {
    fa__free(o->x), fa__free(o->w), fa__free(o->b), fa__free(o->d_y);
    free_guarded(o->y, o->out), free_guarded(o->d_x, o->in);
    free_guarded(o->d_w, o->weights), free_guarded(o->d_b, o->biases);
}

static void run_reference(operands *o, const fa__conv *c) {
    fa__conv plain = *c;
    float *d_y = fa__alloc(o->out, sizeof *d_y);
    plain.plain_in = plain.plain_out = true;
    memcpy(d_y, o->d_y, o->out * sizeof *d_y);
    assert_ok(fa__ref_images.conv_forward(o->y, o->x, o->w, o->b, &plain, NULL));
    assert_ok(
        fa__ref_images.conv_backward(o->d_x, o->d_w, o->d_b, d_y, o->x, o->y, o->w, &plain, NULL));
    fa__free(d_y);
}

static void run_form(operands *o, const fa__conv *c, const fa__winograd *form, size_t block) {
    size_t room = form->scratch(c);
    float *x = guarded(o->in), *y = guarded(o->out), *d_x = guarded(o->in), *d_y = guarded(o->out),
          *scratch = guarded(room);
    to_blocks(x, o->x, c, c->in, block, false);
    to_blocks(d_y, o->d_y, c, c->out, block, false);
    form->forward(y, x, o->w, o->b, c, block, scratch);
    form->backward(d_x, o->d_w, o->d_b, d_y, x, y, o->w, c, block, scratch);
    to_blocks(y, o->y, c, c->out, block, true);
    to_blocks(d_x, o->d_x, c, c->in, block, true);
    free_guarded(x, o->in), free_guarded(y, o->out), free_guarded(d_x, o->in);
    free_guarded(d_y, o->out), free_guarded(scratch, room);
}

static void check_form(const fa__conv *c, const fa__winograd *form, size_t block) {
    operands want = make_operands(c), got = make_operands(c);
    run_reference(&want, c);
    run_form(&got, c, form, block);
    assert_alike("y", got.y, want.y, want.out, 1e-5);
    assert_alike("d_x", got.d_x, want.d_x, want.in, 1e-5);
    assert_alike("d_w", got.d_w, want.d_w, want.weights, 1e-5);
    assert_alike("d_b", got.d_b, want.d_b, want.biases, 1e-5);
    free_operands(&want), free_operands(&got);
}

static void winograd_is_the_reference_at_every_level(void **state) {
    (void)state;
    static const size_t cases[][5] = {/* samples, height, width, in, out */
                                      {1, 4, 4, 16, 16},   {3, 3, 5, 32, 16},   {2, 8, 8, 16, 48},
                                      {1, 9, 7, 48, 80},   {1, 1, 1, 16, 16},   {5, 2, 13, 16, 32},
                                      {98, 4, 4, 16, 16},  {2, 32, 29, 16, 32}, {2, 5, 5, 112, 64},
                                      {1, 12, 12, 64, 144}};
    const int most = (int)fa__simd_level();
    for (int level = 0; level <= most; level++)
        for (size_t i = 0; forms[level] != NULL && i < sizeof cases / sizeof cases[0]; i++)
            for (size_t way = 0; way < 4; way++) { /* blocks of 8 and 16, without and with ReLU */
                const size_t *s = cases[i], block = way / 2 == 0 ? 16 : 8;
                const fa__conv c = {s[0], s[1],         s[2],  s[3],  s[4], 3,
                                    1,    way % 2 == 1, false, false, false};
                if (block % forms[level]->lanes == 0) check_form(&c, forms[level], block);
            }
}

/* A filter of one tap moves the image by a pixel at most, and what leaves it is gone. */
static void filter_of_one_tap_moves_the_image(void **state) {
    (void)state;
    enum { SIDE = 7, CHANNELS = 16 };
    const fa__conv c = {1, SIDE, SIDE, CHANNELS, CHANNELS, 3, 1, false, false, false, false};
    for (size_t tap = 0; tap < 9; tap++) {
        operands o = make_operands(&c);
        for (size_t i = 0; i < o.weights; i++)
            o.w[i] = i % 9 == tap && i / 9 / CHANNELS == i / 9 % CHANNELS;
        for (size_t i = 0; i < CHANNELS; i++) o.b[i] = 0;
        run_form(&o, &c, &fa__winograd_portable, 8);
        for (size_t i = 0; i < o.out; i++) {
            size_t row = i / CHANNELS / SIDE + tap / 3, column = i / CHANNELS % SIDE + tap % 3;
            bool there = row >= 1 && row <= SIDE && column >= 1 && column <= SIDE;
            size_t from = ((row - 1) * SIDE + column - 1) * CHANNELS + i % CHANNELS;
            assert_near(o.y[i], there ? o.x[from] : 0, 1e-5);
        }
        free_operands(&o);
    }
}

/* The table takes them where they fit, and gives the rest to oneDNN. */
static void images_of_native_are_those_of_onednn(void **state) {
    (void)state;
    static const size_t cases[][5] = {/* samples, side, in, out, stride */
                                      {2, 8, 32, 48, 1},
                                      {2, 5, 20, 32, 1},
                                      {3, 8, 16, 16, 2},
                                      {4, 2, 16, 16, 1}};
    if (fa__onednn_images.name == NULL) skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *s = cases[i], block = fa__native_images.block(s[2]);
        const fa__conv c = {s[0], s[1], s[1], s[2], s[3], 3, s[4], true, false, false, false};
        size_t made = fa__conv_side(&c, s[1]) * fa__conv_side(&c, s[1]);
        size_t in = s[0] * s[1] * s[1] * fa__blocked(s[2], block),
               out = s[0] * made * fa__blocked(s[3], block);
        float *x = noise(in, 1, 1), *w = noise(s[2] * s[3] * 9, 2, 0.2f), *b = noise(s[3], 3, 1);
        float *y[2];
        for (size_t j = 0; j < in; j++)
            if (j / block / (s[1] * s[1]) % (fa__blocked(s[2], block) / block) * block +
                    j % block >=
                s[2])
                x[j] = 0; /* channels that fill no block */
        for (int own = 0; own < 2; own++) {
            const fa__image_ops *images = own ? &fa__native_images : &fa__onednn_images;
            float *scratch = fa__alloc(images->conv_scratch(&c), sizeof *scratch);
            y[own] = fa__alloc(out, sizeof *y[own]);
            assert_ok(images->conv_forward(y[own], x, w, b, &c, scratch));
            fa__free(scratch);
        }
        assert_alike("y", y[1], y[0], out, 1e-5);
        fa__free(x), fa__free(w), fa__free(b), fa__free(y[0]), fa__free(y[1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winograd_is_the_reference_at_every_level),
        cmocka_unit_test(filter_of_one_tap_moves_the_image),
        cmocka_unit_test(images_of_native_are_those_of_onednn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
