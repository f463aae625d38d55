/* Convolutions by tiles of bfloat16: against the reference on numbers rounded before, in every layout, within
 * the memory they ask for; gradients against differences of the loss. */
#include "engines.h"
#include "rounded.h"

#include "base/threads.h"
#include "engine/tiles.h"

#ifdef FA_HAVE_AMX

enum { BLOCK = 16 };

/* Images of one end of a convolution, as the reference has them and as its layout asks for. */
typedef struct end {
    size_t samples, pixels, channels, count; /* count: floats in the layout */
    bool plain;
} end;

static end end_of(const fa__conv *c, bool out) {
    end e = {.samples = c->samples, .channels = out ? c->out : c->in};
    e.pixels =
        out ? fa__conv_side(c, c->height) * fa__conv_side(c, c->width) : c->height * c->width;
    e.plain = out ? c->plain_out : c->plain_in;
    e.count = e.samples * e.pixels * (e.plain ? e.channels : fa__blocked(e.channels, BLOCK));
    return e;
}

static size_t plain_count(const end *e) {
    return e->samples * e->pixels * e->channels;
}

/* Number i of the plain layout. */
static size_t place(const end *e, size_t i) {
    if (e->plain) return i;
    size_t channel = i % e->channels, pixel = i / e->channels % e->pixels,
           sample = i / e->channels / e->pixels, blocks = fa__blocked(e->channels, BLOCK) / BLOCK;
    return ((sample * blocks + channel / BLOCK) * e->pixels + pixel) * BLOCK + channel % BLOCK;
}

static float *laid_out(const float *plain, const end *e) {
    float *x = guarded(e->count);
    for (size_t i = 0; i < e->count; i++) x[i] = 0;
    for (size_t i = 0; i < plain_count(e); i++) x[place(e, i)] = plain[i];
    return x;
}

/* Back, with a look at what fills no block. */
static void take_back(float *plain, float *x, const end *e) {
    double all = 0, known = 0;
    for (size_t i = 0; i < e->count; i++) all += fabs((double)x[i]);
    for (size_t i = 0; i < plain_count(e); i++) {
        plain[i] = x[place(e, i)];
        known += fabs((double)plain[i]);
    }
    assert_near(all, known, 1e-9 * all);
    free_guarded(x, e->count);
}

typedef struct operands {
    end in, out;
    size_t weights, biases;
    float *x, *w, *b, *d_y; /* given, plain */
    float *y, *d_x, *d_w, *d_b;
} operands;

static operands make_operands(const fa__conv *c) {
    operands o = {.in = end_of(c, false), .out = end_of(c, true)};
    o.weights = c->in * c->out * c->kernel * c->kernel, o.biases = c->out;
    size_t in = plain_count(&o.in), out = plain_count(&o.out);
    o.x = noise(in, 1, 1), o.w = noise(o.weights, 2, 0.2f), o.b = noise(o.biases, 3, 1),
    o.d_y = noise(out, 4, 1);
    o.y = guarded(out), o.d_x = guarded(in), o.d_w = guarded(o.weights), o.d_b = guarded(o.biases);
    return o;
}

static void free_operands(operands *o) {
    fa__free(o->x), fa__free(o->w), fa__free(o->b), fa__free(o->d_y);
    free_guarded(o->y, plain_count(&o->out)), free_guarded(o->d_x, plain_count(&o->in));
    free_guarded(o->d_w, o->weights), free_guarded(o->d_b, o->biases);
}

/* All of it on rounded numbers, but d_b, a sum of d_y as it is. */
static void run_reference(operands *o, const fa__conv *c) {
    fa__conv plain = *c;
    size_t in = plain_count(&o->in), out = plain_count(&o->out);
    float *x = rounded(o->x, in), *w = rounded(o->w, o->weights), *d_y = rounded(o->d_y, out);
    plain.plain_in = plain.plain_out = true, plain.bfloat16 = false;
    assert_ok(fa__ref_images.conv_forward(o->y, x, w, o->b, &plain, NULL));
    assert_ok(fa__ref_images.conv_backward(o->d_x, o->d_w, o->d_b, d_y, x, o->y, w, &plain, NULL));
    for (size_t k = 0; k < c->out; k++) {
        double sum = 0;
        for (size_t i = k; i < out; i += c->out)
            sum += c->relu && o->y[i] <= 0 ? 0 : (double)o->d_y[i];
        o->d_b[k] = (float)sum;
    }
    fa__free(x), fa__free(w), fa__free(d_y);
}

/* y_of_reference decides where ReLU passes, as a sum of nearly 0 may have another sign. */
static void run_tiles(operands *o, const fa__conv *c, const float *y_of_reference, bool with_d_x) {
    size_t room = fa__tiles_amx.scratch(c);
    float *x = laid_out(o->x, &o->in), *d_y = laid_out(o->d_y, &o->out), *y = guarded(o->out.count),
          *d_x = guarded(o->in.count), *scratch = guarded(room);
    fa__tiles_amx.forward(y, x, o->w, o->b, c, scratch);
    take_back(o->y, y, &o->out);
    y = laid_out(y_of_reference, &o->out);
    for (size_t i = 0; i < room; i++) scratch[i] = untouched;
    fa__tiles_amx.backward(with_d_x ? d_x : NULL, o->d_w, o->d_b, d_y, x, y, o->w, c, scratch);
    if (with_d_x)
        take_back(o->d_x, d_x, &o->in);
    else
        free_guarded(d_x, o->in.count);
    free_guarded(x, o->in.count), free_guarded(d_y, o->out.count), free_guarded(y, o->out.count);
    free_guarded(scratch, room);
}

static void check(const fa__conv *c) {
    operands want = make_operands(c), got = make_operands(c);
    run_reference(&want, c);
    run_tiles(&got, c, want.y, true);
    assert_alike("y", got.y, want.y, plain_count(&want.out), 2e-6);
    assert_alike("d_x", got.d_x, want.d_x, plain_count(&want.in), 2e-6);
    assert_alike("d_w", got.d_w, want.d_w, want.weights, 2e-5);
    assert_alike("d_b", got.d_b, want.d_b, want.biases, 2e-5);
    operands without = make_operands(c);
    run_tiles(&without, c, want.y, false);
    assert_memory_equal(without.d_w, got.d_w, got.weights * 4);
    assert_memory_equal(without.y, got.y, plain_count(&got.out) * 4);
    free_operands(&want), free_operands(&got), free_operands(&without);
}

static void tiles_are_the_reference_on_rounded_numbers(void **state) {
    (void)state;
    if (!fa__tiles_there()) skip();
    static const size_t cases[][7] = {
        /* samples, height, width, in, out, kernel, stride */
        {1, 4, 4, 16, 16, 3, 1},   {2, 8, 8, 64, 64, 3, 1},   {1, 32, 32, 32, 32, 3, 1},
        {3, 5, 7, 48, 80, 3, 1},   {33, 4, 4, 32, 16, 3, 1},  {32, 3, 9, 16, 48, 3, 1},
        {5, 9, 33, 24, 40, 3, 1},  {1, 1, 1, 16, 16, 3, 1},   {2, 17, 16, 96, 112, 3, 1},
        {4, 7, 10, 256, 33, 3, 1}, {1, 6, 5, 130, 256, 3, 1}, {6, 13, 13, 3, 20, 3, 1},
        {3, 32, 32, 3, 64, 3, 1},  {34, 11, 12, 3, 32, 3, 2}, {2, 6, 6, 2, 3, 5, 2},
        {7, 9, 8, 1, 17, 7, 3},    {2, 4, 4, 128, 8, 1, 1},   {40, 6, 7, 20, 18, 1, 2},
        {3, 8, 11, 40, 24, 5, 1},  {2, 12, 9, 32, 64, 3, 2},  {1, 20, 23, 16, 32, 3, 3},
        {2, 9, 9, 16, 16, 3, 5},   {1, 16, 15, 5, 6, 15, 1},  {1, 31, 2, 5, 6, 15, 4},
        {17, 2, 31, 17, 31, 3, 1}, {64, 5, 4, 40, 20, 3, 1},  {31, 6, 6, 64, 64, 3, 1},
        {2, 3, 70, 33, 15, 3, 2},  {32, 7, 20, 2, 256, 3, 1}, {33, 13, 39, 2, 256, 3, 2},
        {32, 9, 20, 1, 256, 5, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t way = 0; way < 8; way++) {
            const size_t *s = cases[i];
            check(&(fa__conv){.samples = s[0],
                              .height = s[1],
                              .width = s[2],
                              .in = s[3],
                              .out = s[4],
                              .kernel = s[5],
                              .stride = s[6],
                              .relu = (way & 1) != 0,
                              .plain_in = (way & 2) != 0,
                              .plain_out = (way & 4) != 0,
                              .bfloat16 = true});
        }
}

/* L = sum of y r, linear in x and in w: a difference is exact but for rounding, so numbers are taken that
 * bfloat16 holds. */
static void gradients_are_differences_of_the_loss(void **state) {
    (void)state;
    if (!fa__tiles_there()) skip();
    const fa__conv c = {3, 5, 6, 18, 20, 3, 2, false, true, true, true};
    operands o = make_operands(&c);
    size_t in = plain_count(&o.in), out = plain_count(&o.out), room = fa__tiles_amx.scratch(&c);
    float *scratch = guarded(room), *d_y = guarded(out);
    for (size_t i = 0; i < in; i++) o.x[i] = (float)((int)(8 * o.x[i]));
    for (size_t i = 0; i < o.weights; i++) o.w[i] = (float)((int)(40 * o.w[i]));
    for (size_t i = 0; i < out; i++) d_y[i] = o.d_y[i] = (float)((int)(8 * o.d_y[i]));
    fa__tiles_amx.backward(o.d_x, o.d_w, o.d_b, d_y, o.x, o.y, o.w, &c, scratch);
    float *const inputs[] = {o.x, o.w, o.b}, *const gradients[] = {o.d_x, o.d_w, o.d_b};
    const size_t counts[] = {in, o.weights, o.biases};
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < counts[part]; i += part < 2 ? 37 : 1) {
            double loss[2];
            for (int side = 0; side < 2; side++) {
                inputs[part][i] += side == 0 ? 1.0f : -1.0f;
                fa__tiles_amx.forward(o.y, o.x, o.w, o.b, &c, scratch);
                loss[side] = 0;
                for (size_t j = 0; j < out; j++) loss[side] += (double)o.y[j] * (double)o.d_y[j];
            }
            assert_near(gradients[part][i], loss[0] - loss[1], 2e-3);
        }
    free_guarded(scratch, room), free_guarded(d_y, out);
    free_operands(&o);
}

/* A number that is not one is found in what it takes part in, and there alone. */
static void nan_stays_in_its_window(void **state) {
    (void)state;
    if (!fa__tiles_there()) skip();
    const fa__conv c = {2, 6, 20, 16, 16, 3, 1, true, true, true, true};
    operands o = make_operands(&c);
    size_t room = fa__tiles_amx.scratch(&c), sample = 6 * 20;
    float *scratch = guarded(room);
    o.x[(sample + 2 * 20 + 7) * 16 + 3] = NAN;
    fa__tiles_amx.forward(o.y, o.x, o.w, o.b, &c, scratch);
    for (size_t i = 0; i < plain_count(&o.out); i++) {
        size_t pixel = i / 16, row = pixel % sample / 20, column = pixel % 20;
        bool near = pixel >= sample && row >= 1 && row <= 3 && column >= 6 && column <= 8;
        assert_int_equal(isnan(o.y[i]), near);
    }
    free_guarded(scratch, room);
    free_operands(&o);
}

static void lower_level_takes_no_tiles(void **state) {
    (void)state;
    fa__engine engine;
    bool there = fa__tiles_there() && fa__onednn_has_bfloat16();
    fa__simd_force(FA__SIMD_AVX512VNNI);
    assert_false(fa__tiles_there());
    if (fa__onednn_has_bfloat16()) {
        assert_ok(fa__engine_in_bfloat16(&engine, fa__engine_native()));
        assert_ptr_equal(engine.images, &fa__onednn_bfloat16_images);
    }
    fa__simd_force(-1);
    if (!there) skip();
    assert_ok(fa__engine_in_bfloat16(&engine, fa__engine_native()));
    assert_ptr_equal(engine.images, &fa__tiles_images);
}

typedef struct shared_work {
    const fa__conv *c;
    operands *each;
} shared_work;

static fa_status one_of_many(void *context, size_t index, size_t thread) {
    (void)thread;
    const shared_work *work = context;
    operands *o = &work->each[index];
    size_t room = fa__tiles_amx.scratch(work->c);
    float *scratch = fa__alloc(room, sizeof *scratch);
    fa__tiles_amx.forward(o->y, o->x, o->w, o->b, work->c, scratch);
    fa__tiles_amx.backward(o->d_x, o->d_w, o->d_b, o->d_y, o->x, o->y, o->w, work->c, scratch);
    fa__free(scratch);
    return FA_OK;
}

/* A thread sets up the tiles for itself. */
static void threads_have_tiles_of_their_own(void **state) {
    (void)state;
    enum { MANY = 12 };
    if (!fa__tiles_there()) skip();
    const fa__conv c = {8, 10, 10, 32, 64, 3, 1, true, true, true, true};
    operands each[MANY];
    for (size_t i = 0; i < MANY; i++) each[i] = make_operands(&c);
    fa_threads_set(4);
    assert_ok(fa__parallel(MANY, one_of_many, &(shared_work){&c, each}));
    fa_threads_set(0);
    for (size_t i = 1; i < MANY; i++) {
        assert_memory_equal(each[0].y, each[i].y, plain_count(&each[0].out) * 4);
        assert_memory_equal(each[0].d_x, each[i].d_x, plain_count(&each[0].in) * 4);
        assert_memory_equal(each[0].d_w, each[i].d_w, each[0].weights * 4);
    }
    for (size_t i = 0; i < MANY; i++) free_operands(&each[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_are_the_reference_on_rounded_numbers),
        cmocka_unit_test(gradients_are_differences_of_the_loss),
        cmocka_unit_test(nan_stays_in_its_window),
        cmocka_unit_test(threads_have_tiles_of_their_own),
        cmocka_unit_test(lower_level_takes_no_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void compiler_has_no_tiles(void **state) {
    (void)state;
    assert_false(fa__tiles_there());
    skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(compiler_has_no_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
