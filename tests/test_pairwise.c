/* The fast pairwise losses against the reference in double: every SIMD level, all pairs in tiles
 * and decided by bounds, ragged sizes, the kink, duplicates, collapse, threads and memory. */
#include "test_loss_cases.h"

#include "base/memory.h"
#include "base/simd.h"
#include "loss/pairwise.h"

static const fa__pair_path ways[] = {FA__PAIR_TILES, FA__PAIR_BOUNDS};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* One call of L_multi and what came of it. */
typedef struct outcome {
    double loss;
    float *d_z;
} outcome;

static outcome run(fa__pair_path way, const float *z, size_t n, size_t d, const int32_t *labels,
                   const fa_loss_options *options) {
    outcome o = {-1, new_floats(n * d)};
    fa__pair_way(way);
    assert_ok(fa_loss_multi(&o.loss, o.d_z, z, n, d, labels, options));
    fa__pair_way(FA__PAIR_AUTO);
    return o;
}

/* By the 2-norm, relative; but where all of want is 0, or as good as that beside `scale`, the
 * largest of got beside scale. */
static double gradient_error(const outcome *got, const outcome *want, size_t count, double scale) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(got->d_z[i])) return (double)INFINITY;
        error += pow((double)got->d_z[i] - (double)want->d_z[i], 2);
        norm += pow((double)want->d_z[i], 2);
    }
    return sqrt(error) / fmax(sqrt(norm), scale);
}

/* All ways at all levels against the reference. The loss is at most 2 margins a label; a row's
 * gradient is about 1 / n at most, of which float keeps seven digits. */
static void compare(const char *what, const float *z, size_t n, size_t d, const int32_t *labels,
                    const fa_loss_options *options, double tolerance) {
    outcome want = run(FA__PAIR_REFERENCE, z, n, d, labels, options);
    for (int level = 0; level < FA__SIMD_LEVELS; level++)
        for (int w = 0; w < WAYS; w++) {
            fa__simd_force(level);
            outcome got = run(ways[w], z, n, d, labels, options);
            double loss_error = fabs(got.loss - want.loss) / (2 * (double)options->margin);
            double error = gradient_error(&got, &want, n * d, 1e-2 / sqrt((double)n));
            if (!(loss_error <= tolerance / 10 && error <= tolerance))
                fail_msg("%s [%zu, %zu] margin %g divergence %d level %d way %d: loss error %g, "
                         "gradient error %g",
                         what, n, d, (double)options->margin, (int)options->divergence, level, w,
                         loss_error, error);
            free(got.d_z);
        }
    fa__simd_force(-1);
    free(want.d_z);
}

/* ==== Sizes ================================================================================= */

static void tiles_of_ragged_sizes_agree_with_double(void **state) {
    (void)state;
    static const size_t sizes[][2] = {
        {2, 1},   {2, 2},    {3, 16},   {7, 3},   {8, 15},   {9, 17},   {31, 5},
        {32, 33}, {33, 4},   {40, 64},  {47, 31}, {48, 32},  {49, 15},  {63, 48},
        {64, 64}, {65, 65},  {95, 1},   {96, 7},  {97, 80},  {129, 15}, {130, 9},
        {199, 2}, {200, 97}, {257, 40}, {300, 6}, {64, 130}, {20, 300},
    };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s][0], d = sizes[s][1];
        float *z = new_matrix("plain", (uint32_t)s, n, d);
        fa_loss_options kl = {sizeof(fa_loss_options), 1, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
        fa_loss_options js = {sizeof(fa_loss_options), 0.25f, FA_DIVERGENCE_JS, FA_PAIR_NORM_LABEL};
        compare("plain", z, n, d, NULL, &kl, 2e-6);
        compare("plain", z, n, d, NULL, &js, 2e-6);
        free(z);
    }
}

static void labels_in_any_order_agree_with_double(void **state) {
    (void)state;
    enum { N = 211, D = 19 };
    float *z = new_matrix("plain", 5, N, D);
    int32_t labels[N];
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < N; i++) {
            static const int32_t far[] = {INT32_MIN, -1, 0, 256, 65536, INT32_MAX};
            int32_t mixed = far[noise(9, i) % 6];
            labels[i] = kind == 0   ? (int32_t)(i * 3 / N) /* sorted */
                        : kind == 1 ? mixed                /* apart in every byte */
                        : kind == 2 ? (int32_t)i           /* singletons */
                                    : (i == 100 ? 7 : INT32_MIN);
        }
        for (int norm = 0; norm < 2; norm++) {
            fa_loss_options kl = {sizeof(fa_loss_options), 1, FA_DIVERGENCE_KL, (fa_pair_norm)norm};
            fa_loss_options js = {sizeof(fa_loss_options), 0.3f, FA_DIVERGENCE_JS,
                                  (fa_pair_norm)norm};
            /* Up to 211 labels add up. */
            compare("labels", z, N, D, labels, &kl, 1e-5);
            compare("labels", z, N, D, labels, &js, 1e-5);
        }
    }
    free(z);
}

/* Memory is made for the largest group, and the blocks of others have to fit. */
static void groups_of_all_sizes_agree_with_double(void **state) {
    (void)state;
    static const size_t sizes[] = {4500, 4100, 513, 511, 1056, 600, 33, 2};
    size_t n = 0, at = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) n += sizes[s];
    float *z = new_matrix("plain", 3, n, 2);
    int32_t *labels = malloc(n * sizeof *labels);
    assert_non_null(labels);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t i = 0; i < sizes[s]; i++) labels[at++] = (int32_t)s;
    fa_loss_options options = {sizeof(fa_loss_options), 0.1f, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
    outcome want = run(FA__PAIR_REFERENCE, z, n, 2, labels, &options);
    for (int way = 0; way < 4; way++) {
        outcome got = run((fa__pair_path)way, z, n, 2, labels, &options);
        assert_near(got.loss, want.loss, 1e-7);
        assert_below(gradient_error(&got, &want, n * 2, 0), 2e-6);
        free(got.d_z);
    }
    free(want.d_z);
    free(labels);
    free(z);
}

/* ==== Kinds of rows ========================================================================= */

static void kinds_of_rows_agree_with_double(void **state) {
    (void)state;
    static const char *const kinds[] = {"plain", "near",      "duplicates",
                                        "wide",  "saturated", "extreme"};
    static const float margins[] = {1e-6f, 0.02f, 0.6875f, 6, 40, 1e30f};
    enum { N = 100, D = 21 };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t m = 0; m < sizeof margins / sizeof *margins; m++)
            for (int divergence = 0; divergence < 2; divergence++) {
                float *z = new_matrix(kinds[k], (uint32_t)(k + 10 * m), N, D);
                fa_loss_options options = {sizeof(fa_loss_options), margins[m],
                                           (fa_divergence)divergence, FA_PAIR_NORM_LABEL};
                compare(kinds[k], z, N, D, NULL, &options, 1e-5);
                free(z);
            }
}

/* Clusters of rows, `spread` wide about centres far apart. */
static float *new_clusters(size_t n, size_t d, size_t clusters, double spread) {
    float *z = new_floats(n * d);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            z[i * d + k] = noise_value(3, noise(4, i) % clusters * d + k, 5) +
                           noise_value(5, i * d + k, spread);
    return z;
}

static void clustered_rows_agree_with_double(void **state) {
    (void)state;
    enum { N = 1300, D = 15 };
    static const double spreads[] = {0, 0.01, 0.3, 1};
    for (size_t s = 0; s < sizeof spreads / sizeof *spreads; s++) {
        float *z = new_clusters(N, D, 5, spreads[s]);
        fa_loss_options options = {sizeof(fa_loss_options), 1, FA_DIVERGENCE_KL,
                                   FA_PAIR_NORM_LABEL};
        compare("clusters", z, N, D, NULL, &options, 5e-6);
        free(z);
    }
}

/* Every pair is active, or none: closed forms alone. */
static void all_or_none_active_agree_with_double(void **state) {
    (void)state;
    enum { N = 500, D = 12 };
    float *z = new_matrix("plain", 8, N, D);
    fa_loss_options all = {sizeof(fa_loss_options), 200, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
    compare("all", z, N, D, NULL, &all, 5e-6);
    for (size_t i = 0; i < N; i++) z[i * D + i % D] += 30;
    fa_loss_options few = {sizeof(fa_loss_options), 1e-3f, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
    compare("few", z, N, D, NULL, &few, 5e-6);
    free(z);
}

/* ==== Equal rows ============================================================================ */

static void equal_rows_give_the_margin_and_no_gradient(void **state) {
    (void)state;
    enum { N = 300, D = 33 };
    float *row = new_matrix("wide", 5, 1, D), *z = new_floats((size_t)N * D);
    for (size_t i = 0; i < N; i++) memcpy(z + i * D, row, D * sizeof *row);
    for (int divergence = 0; divergence < 2; divergence++)
        for (int level = 0; level < FA__SIMD_LEVELS; level++)
            for (int w = 0; w < WAYS; w++) {
                fa_loss_options options = {sizeof(fa_loss_options), 0.01f,
                                           (fa_divergence)divergence, FA_PAIR_NORM_LABEL};
                fa__simd_force(level);
                outcome o = run(ways[w], z, N, D, NULL, &options);
                assert_near(o.loss / (2 * (double)options.margin), 1, 1e-13);
                for (size_t i = 0; i < (size_t)N * D; i++) assert_true(o.d_z[i] == 0);
                free(o.d_z);
            }
    fa__simd_force(-1);
    free(row);
    free(z);
}

/* ==== The kink ============================================================================== */

/* The margin is a pair's D as double has it, to the next float on either side: float alone would
 * turn it on or off at random. The gradient of so few rows shows by much which it was. */
static void pairs_at_the_kink_are_decided_as_in_double(void **state) {
    (void)state;
    enum { N = 5, D = 24, PAIRS = N * N };
    static const char *const rows[] = {"plain", "duplicates", "wide"};
    for (int divergence = 0; divergence < 2; divergence++)
        for (uint32_t seed = 0; seed < 9; seed++) {
            float *z = new_matrix(rows[seed % 3], 40 + seed, N, D);
            double l[N * D], p[N * D], scratch[2 * D];
            for (size_t i = 0; i < N; i++) {
                double sum = 0;
                for (size_t k = 0; k < D; k++) sum += exp((double)z[i * D + k]);
                for (size_t k = 0; k < D; k++) {
                    l[i * D + k] = (double)z[i * D + k] - log(sum);
                    p[i * D + k] = exp(l[i * D + k]);
                }
            }
            for (size_t pair = 0; pair < PAIRS; pair++) {
                size_t i = pair / N, j = pair % N;
                double at = fa__pair_divergence(l + i * D, p + i * D, l + j * D, p + j * D, scratch,
                                                D, (fa_divergence)divergence);
                for (int side = 0; side < 2 && at > 1e-2; side++) {
                    float margin = (float)at;
                    if (((double)margin > at) != side)
                        margin = nextafterf(margin, side ? 100.0f : 0.0f);
                    fa_loss_options options = {sizeof(fa_loss_options), margin,
                                               (fa_divergence)divergence, FA_PAIR_NORM_LABEL};
                    compare("kink", z, N, D, NULL, &options, 1e-4);
                }
            }
            free(z);
        }
}

/* Tiles in fixed point decide each pair as those of floats do, to the bit: what either is not sure
 * of is decided again, the same way. The sizes have ragged tiles, every number of bits that p may
 * get from l, and pairs by the thousand within a rounding of the margin. */
static void fixed_point_gives_the_bytes_of_floats(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{600, 5},   {700, 15},  {530, 33}, {1100, 64},
                                      {300, 127}, {300, 200}, {260, 401}};
    static const char *const kinds[] = {"plain", "near", "duplicates", "saturated"};
    static const float margins[] = {0.02f, 0.3f, 1, 6};
    fa__simd_force(FA__SIMD_AVX512VNNI);
    if (fa__simd_level() != FA__SIMD_AVX512VNNI) skip();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            for (size_t m = 0; m < sizeof margins / sizeof *margins; m++) {
                size_t n = sizes[s][0], d = sizes[s][1];
                float *z = new_matrix(kinds[k], (uint32_t)(s + k), n, d);
                fa_loss_options options = {sizeof(fa_loss_options), margins[m], FA_DIVERGENCE_KL,
                                           FA_PAIR_NORM_LABEL};
                fa__simd_force(FA__SIMD_AVX512);
                outcome floats = run(FA__PAIR_TILES, z, n, d, NULL, &options);
                fa__simd_force(FA__SIMD_AVX512VNNI);
                outcome fixed = run(FA__PAIR_TILES, z, n, d, NULL, &options);
                if (memcmp(&floats.loss, &fixed.loss, sizeof fixed.loss) != 0 ||
                    memcmp(floats.d_z, fixed.d_z, n * d * sizeof(float)) != 0)
                    fail_msg("%s [%zu, %zu] margin %g: loss %.17g, in fixed point %.17g", kinds[k],
                             n, d, (double)margins[m], floats.loss, fixed.loss);
                free(floats.d_z);
                free(fixed.d_z);
                free(z);
            }
    fa__simd_force(-1);
}

/* ==== The choice, threads and memory ======================================================== */

/* Many rows: clusters are sorted for bounds, noise is not. */
static void bounds_are_tried_where_they_promise_something(void **state) {
    (void)state;
    enum { N = 4400, D = 6 };
    fa_loss_options options = {sizeof(fa_loss_options), 1, FA_DIVERGENCE_KL, FA_PAIR_NORM_LABEL};
    for (int clustered = 0; clustered < 2; clustered++) {
        float *z = clustered ? new_clusters(N, D, 3, 0.1) : new_clusters(N, D, N, 3);
        outcome by_itself = run(FA__PAIR_AUTO, z, N, D, NULL, &options);
        outcome bounds = run(FA__PAIR_BOUNDS, z, N, D, NULL, &options);
        outcome tiles = run(FA__PAIR_TILES, z, N, D, NULL, &options);
        outcome *same = clustered ? &bounds : &tiles, *other = clustered ? &tiles : &bounds;
        assert_memory_equal(by_itself.d_z, same->d_z, (size_t)N * D * sizeof(float));
        assert_memory_not_equal(by_itself.d_z, other->d_z, (size_t)N * D * sizeof(float));
        assert_below(gradient_error(&tiles, &bounds, (size_t)N * D, 1e-9), 5e-6);
        assert_near(tiles.loss, bounds.loss, 1e-6);
        free(by_itself.d_z);
        free(bounds.d_z);
        free(tiles.d_z);
        free(z);
    }
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    enum { N = 1100, D = 15 };
    float *z = new_clusters(N, D, 4, 0.5);
    for (int divergence = 0; divergence < 2; divergence++)
        for (int w = 0; w < WAYS; w++) {
            fa_loss_options options = {sizeof(fa_loss_options), 0.5f, (fa_divergence)divergence,
                                       FA_PAIR_NORM_LABEL};
            fa_threads_set(1);
            outcome one = run(ways[w], z, N, D, NULL, &options);
            for (int threads = 2; threads <= 4; threads += 2) {
                fa_threads_set(threads);
                outcome more = run(ways[w], z, N, D, NULL, &options);
                assert_memory_equal(&one.loss, &more.loss, sizeof one.loss);
                assert_memory_equal(one.d_z, more.d_z, (size_t)N * D * sizeof(float));
                free(more.d_z);
            }
            free(one.d_z);
        }
    fa_threads_set(0);
    free(z);
}

static void rows_made_again_give_the_same_bytes(void **state) {
    (void)state;
    enum { N = 1500, D = 33 };
    float *z = new_clusters(N, D, 4, 0.5);
    for (int divergence = 0; divergence < 2; divergence++)
        for (int w = 0; w < WAYS; w++) {
            fa_loss_options options = {sizeof(fa_loss_options), 0.5f, (fa_divergence)divergence,
                                       FA_PAIR_NORM_LABEL};
            fa__pair_lasting(FA__PAIR_LASTING);
            outcome kept = run(ways[w], z, N, D, NULL, &options);
            fa__pair_lasting(0);
            outcome made = run(ways[w], z, N, D, NULL, &options);
            assert_memory_equal(&kept.loss, &made.loss, sizeof kept.loss);
            assert_memory_equal(kept.d_z, made.d_z, (size_t)N * D * sizeof(float));
            free(kept.d_z), free(made.d_z);
        }
    free(z);
}

static void without_memory_fails_and_leaves_outputs(void **state) {
    (void)state;
    enum { N = 90, D = 20 };
    float *z = new_matrix("plain", 6, N, D), g[N * D];
    int32_t labels[N];
    for (size_t i = 0; i < N; i++) labels[i] = (int32_t)(i % 2);
    for (int way = 0; way < 4; way++)
        for (int divergence = 0; divergence < 2; divergence++) {
            fa_loss_options options = {sizeof(fa_loss_options), 0.5f, (fa_divergence)divergence,
                                       FA_PAIR_NORM_LABEL};
            size_t live = fa__memory_live();
            long after = 0;
            fa__pair_way((fa__pair_path)way);
            for (;; after++) {
                double loss = 456;
                for (size_t k = 0; k < N * D; k++) g[k] = 123;
                fa__memory_fail_after(after);
                fa_status status = fa_loss_multi(&loss, g, z, N, D, labels, &options);
                fa__memory_fail_after(-1);
                assert_int_equal(fa__memory_live(), live);
                if (status == FA_OK) break;
                assert_int_equal(status, FA_E_NOMEM);
                assert_true(loss == 456);
                for (size_t k = 0; k < N * D; k++) assert_true(g[k] == 123);
            }
            assert_true(after >= 7);
        }
    fa__pair_way(FA__PAIR_AUTO);
    free(z);
}

static void without_gradient_gives_the_same_loss(void **state) {
    (void)state;
    enum { N = 333, D = 15 };
    float *z = new_clusters(N, D, 3, 0.5);
    for (int way = 0; way < 4; way++)
        for (int divergence = 0; divergence < 2; divergence++) {
            fa_loss_options options = {sizeof(fa_loss_options), 0.5f, (fa_divergence)divergence,
                                       FA_PAIR_NORM_LABEL};
            outcome with = run((fa__pair_path)way, z, N, D, NULL, &options);
            double loss;
            fa__pair_way((fa__pair_path)way);
            assert_ok(fa_loss_multi(&loss, NULL, z, N, D, NULL, &options));
            assert_true(loss == with.loss);
            free(with.d_z);
        }
    fa__pair_way(FA__PAIR_AUTO);
    free(z);
}

/* Rows that differ by little: p and q themselves are rounded to floats, their logarithms within the
 * frame are not. */
static void js_of_nearly_equal_rows_keeps_its_digits(void **state) {
    (void)state;
    enum { N = 200, D = 20 };
    static float h[N * D], d_h[N * D], wanted[N * D];
    for (double spread = 1e-1; spread > 1e-7; spread /= 10) {
        double loss, got[N * D], want[N * D];
        const fa_loss_options o = {.size = sizeof o, .margin = 1, .divergence = FA_DIVERGENCE_JS};
        for (size_t i = 0; i < N * D; i++)
            h[i] =
                (float)((double)noise_value(2, i % D, 0.5) + spread * (double)noise_value(3, i, 1));
        fa__pair_way(FA__PAIR_REFERENCE);
        assert_ok(fa_loss_multi(&loss, wanted, h, N, D, NULL, &o));
        fa__pair_way(FA__PAIR_TILES);
        assert_ok(fa_loss_multi(&loss, d_h, h, N, D, NULL, &o));
        fa__pair_way(FA__PAIR_AUTO);
        for (size_t i = 0; i < N * D; i++) got[i] = (double)d_h[i], want[i] = (double)wanted[i];
        assert_below(relative_error(got, want, N * D), 5e-7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(js_of_nearly_equal_rows_keeps_its_digits),
        cmocka_unit_test(tiles_of_ragged_sizes_agree_with_double),
        cmocka_unit_test(labels_in_any_order_agree_with_double),
        cmocka_unit_test(groups_of_all_sizes_agree_with_double),
        cmocka_unit_test(kinds_of_rows_agree_with_double),
        cmocka_unit_test(clustered_rows_agree_with_double),
        cmocka_unit_test(all_or_none_active_agree_with_double),
        cmocka_unit_test(equal_rows_give_the_margin_and_no_gradient),
        cmocka_unit_test(pairs_at_the_kink_are_decided_as_in_double),
        cmocka_unit_test(fixed_point_gives_the_bytes_of_floats),
        cmocka_unit_test(bounds_are_tried_where_they_promise_something),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(without_memory_fails_and_leaves_outputs),
        cmocka_unit_test(without_gradient_gives_the_same_loss),
        cmocka_unit_test(rows_made_again_give_the_same_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fa__pair_lasting(0); /* as with many rows */
    return failed + cmocka_run_group_tests_name("rows made again", tests, NULL, NULL);
}
