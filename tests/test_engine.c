/* Engines: each operation of each engine, at each SIMD level, against the reference; the reference
 * against its equations. */
#include "engines.h"

static void check_gemm(const fa__engine *engine) {
    static const size_t sizes[][3] = {{1, 1, 1},    {6, 64, 128},   {7, 65, 129},   {13, 3, 300},
                                      {5, 200, 2},  {33, 64, 64},   {1, 130, 40},   {25, 1, 17},
                                      {64, 128, 0}, {100, 70, 131}, {385, 65, 257}, {49, 127, 512}};
    const fa__engine *ref = fa__engine_ref();
    for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++)
        for (int form = 0; form < 8; form++) {
            size_t m = sizes[z][0], n = sizes[z][1], k = sizes[z][2];
            bool ta = form & 1, tb = form & 2;
            float beta = form & 4 ? 1.0f : 0.0f;
            if (k == 0 && beta == 0)
                continue; /* the result is 0; that it is written is tested below */
            size_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 1, ldc = n + 2;
            float *a = noise((ta ? k : m) * lda + 1, 1, 1),
                  *b = noise((tb ? n : k) * ldb + 1, 2, 1);
            float *c = noise(m * ldc, 3, 1), *want = noise(m * ldc, 3, 1);
            fa__gemm g = {ta, tb, m, n, k, a, b, lda, ldb, c, ldc, beta};
            assert_ok(engine->gemm(&g));
            g.c = want;
            assert_ok(ref->gemm(&g));
            assert_alike(engine->name, c, want, m * ldc, 1e-5); /* the gaps between rows included */
            fa__free(a), fa__free(b), fa__free(c), fa__free(want);
        }
}

static void gemm_of_every_engine_is_the_reference(void **state) {
    (void)state;
    each_engine(check_gemm);
}

static void gemm_with_no_depth_writes_zero(void **state) {
    (void)state;
    const fa__engine *engine = fa__engine_native();
    float a = 1, b = 1, c[70];
    for (int i = 0; i < 70; i++) c[i] = NAN;
    assert_ok(engine->gemm(&(fa__gemm){
        .m = 1, .n = 70, .k = 0, .a = &a, .b = &b, .lda = 1, .ldb = 70, .c = c, .ldc = 70}));
    for (int i = 0; i < 70; i++) assert_true(c[i] == 0);
}

/* ==== LSTM ==== */

typedef struct lstm_case {
    fa__lstm_shape s;
    float *x, *wx, *wh, *b, *d_h, *d_last;
} lstm_case;

static const size_t ragged[] = {7, 7, 5, 5, 4, 2, 1, 1, 1};
static const size_t single[] = {1};
/* Around the rows that the native kernels take at a time: 48 of a step, 128 of d_z. */
static const size_t tall[] = {257, 129, 128, 127, 97, 96, 49, 48, 47, 1};

static lstm_case make_case(const size_t *rows, size_t steps, size_t inputs, size_t units,
                           float scale) {
    lstm_case l = {
        .s = {.samples = rows[0], .steps = steps, .rows = rows, .inputs = inputs, .units = units}};
    for (size_t t = 0; t < steps; t++) l.s.total += rows[t];
    l.x = noise(l.s.total * inputs, 1, 2);
    l.wx = noise(4 * units * inputs, 2, scale);
    l.wh = noise(4 * units * units, 3, scale);
    l.b = noise(4 * units, 4, scale);
    l.d_h = noise(l.s.total * units, 5, 1);
    l.d_last = noise(l.s.samples * units, 6, 1);
    return l;
}

static void free_case(lstm_case *l) {
    fa__free(l->x), fa__free(l->wx), fa__free(l->wh), fa__free(l->b), fa__free(l->d_h),
        fa__free(l->d_last);
}

/* All outputs and gradients of a case in one array, in a fixed order. */
static float *run_case(const fa__engine *engine, const lstm_case *l, size_t *n, bool with_x) {
    const fa__lstm_shape *s = &l->s;
    size_t H = s->units;
    *n = s->total * H + s->samples * H + 4 * H * (s->inputs + H + 1) +
         (with_x ? s->total * s->inputs : 0);
    float *all = fa__calloc(*n, sizeof *all), *at = all;
    float *workspace = noise(engine->lstm_workspace(s), 9, 1e30f); /* whatever was there before */
    fa__lstm_weights w = {l->wx, l->wh, l->b};
    float *h = at, *last = h + s->total * H;
    at = last + s->samples * H;
    fa__lstm_gradients d = {
        .wx = at, .wh = at + 4 * H * s->inputs, .b = at + 4 * H * (s->inputs + H)};
    if (with_x) d.x = at + 4 * H * (s->inputs + H + 1);
    assert_ok(engine->lstm_forward(engine, h, last, workspace, l->x, s, &w));
    assert_ok(engine->lstm_backward(engine, &d, workspace, l->d_h, l->d_last, l->x, s, &w));
    fa__free(workspace);
    return all;
}

static void check_lstm(const fa__engine *engine) {
    static const struct {
        size_t inputs, units;
        float scale;
    } sizes[] = {{4, 128, 0.1f}, {1, 1, 1},  {3, 17, 0.3f},
                 {70, 16, 0.2f}, {5, 40, 3}, {2, 15, 0.5f}};
    static const struct {
        const size_t *rows, steps;
    } shapes[] = {
        {ragged, sizeof ragged / sizeof *ragged}, {single, 1}, {tall, sizeof tall / sizeof *tall}};
    for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++)
        for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++) {
            /* large weights over many rows: some row is next to chaos, and no yardstick */
            if (shapes[shape].rows == tall && sizes[z].scale > 1) continue;
            lstm_case l = make_case(shapes[shape].rows, shapes[shape].steps, sizes[z].inputs,
                                    sizes[z].units, sizes[z].scale);
            size_t n;
            float *got = run_case(engine, &l, &n, true),
                  *want = run_case(fa__engine_ref(), &l, &n, true);
            size_t out = (l.s.total + l.s.samples) * l.s.units;
            assert_alike("lstm outputs", got, want, out, 1e-5);
            assert_alike("lstm gradients", got + out, want + out, n - out, 1e-5);
            size_t less;
            float *no_x = run_case(engine, &l, &less, false);
            assert_memory_equal(no_x, got, less * sizeof *got);
            fa__free(got), fa__free(want), fa__free(no_x);
            free_case(&l);
        }
}

static void lstm_of_every_engine_is_the_reference(void **state) {
    (void)state;
    each_engine(check_lstm);
}

/* The equations once more, in double, sample by sample on unpacked series: sum over outputs of d .
 * h. */
static double lstm_objective(const lstm_case *l) {
    enum { MOST = 8 };
    const fa__lstm_shape *s = &l->s;
    size_t H = s->units;
    double total = 0;
    for (size_t j = 0; j < s->samples; j++) {
        double h[MOST] = {0}, c[MOST] = {0};
        size_t first = 0;
        for (size_t t = 0; t < s->steps && j < s->rows[t]; first += s->rows[t], t++) {
            double z[4 * MOST];
            for (size_t k = 0; k < 4 * H; k++) {
                z[k] = (double)l->b[k];
                for (size_t i = 0; i < s->inputs; i++)
                    z[k] += (double)l->wx[k * s->inputs + i] *
                            (double)l->x[(first + j) * s->inputs + i];
                for (size_t u = 0; u < H; u++) z[k] += (double)l->wh[k * H + u] * h[u];
            }
            bool last = t + 1 == s->steps || j >= s->rows[t + 1];
            for (size_t u = 0; u < H; u++) {
                double i = 1 / (1 + exp(-z[u])), f = 1 / (1 + exp(-z[H + u])),
                       o = 1 / (1 + exp(-z[3 * H + u]));
                c[u] = f * c[u] + i * tanh(z[2 * H + u]);
                h[u] = o * tanh(c[u]);
                total += h[u] * (double)l->d_h[(first + j) * H + u];
                if (last) total += h[u] * (double)l->d_last[j * H + u];
            }
        }
    }
    return total;
}

static void lstm_reference_gradient_is_the_finite_difference(void **state) {
    (void)state;
    static const size_t rows[] = {3, 3, 2, 1};
    lstm_case l = make_case(rows, 4, 3, 5, 0.7f);
    size_t n, H = 5, I = 3;
    float *all = run_case(fa__engine_ref(), &l, &n, true), *d = all + (l.s.total + l.s.samples) * H;
    struct {
        float *values;
        size_t count;
    } parts[] = {{l.wx, 4 * H * I}, {l.wh, 4 * H * H}, {l.b, 4 * H}, {l.x, l.s.total * I}};
    size_t seen = 0;
    for (size_t p = 0; p < 4; p++)
        for (size_t i = 0; i < parts[p].count; i++, seen++) {
            float kept = parts[p].values[i];
            volatile float up = kept + 1e-3f, down = kept - 1e-3f; /* the steps really taken */
            parts[p].values[i] = up;
            double above = lstm_objective(&l);
            parts[p].values[i] = down;
            double below = lstm_objective(&l);
            parts[p].values[i] = kept;
            assert_near(d[seen], (above - below) / ((double)up - (double)down), 2e-5);
        }
    assert_int_equal(seen, n - (l.s.total + l.s.samples) * H);
    fa__free(all);
    free_case(&l);
}

static void engine_names_are_found_or_refused(void **state) {
    (void)state;
    const fa__engine *engine = NULL;
    assert_ok(fa__engine_find(&engine, "auto"));
    assert_string_equal(engine->name, "native");
    assert_ok(fa__engine_find(&engine, "ref"));
    assert_string_equal(engine->name, "ref");
    assert_fails(fa__engine_find(&engine, "cuda9"), FA_E_ARGUMENT, "no engine is named 'cuda9'");
    size_t count;
    assert_true(fa_capabilities(&count)->name != NULL && count >= 2);
    assert_string_equal(fa_capabilities(&count)[0].name, "onednn");
    if (fa_capabilities(&count)[0].version != NULL)
        assert_ok(fa__engine_find(&engine, "onednn"));
    else
        assert_fails(fa__engine_find(&engine, "onednn"), FA_E_UNAVAILABLE, "libdnnl-dev");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_of_every_engine_is_the_reference),
        cmocka_unit_test(gemm_with_no_depth_writes_zero),
        cmocka_unit_test(lstm_of_every_engine_is_the_reference),
        cmocka_unit_test(lstm_reference_gradient_is_the_finite_difference),
        cmocka_unit_test(engine_names_are_found_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
