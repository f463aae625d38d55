/* The symmetric eigenproblem: identities on matrices of every kind, cases by hand, the same bytes
 * by any number of threads and for any count of vectors. */
#include "test.h"

#include "base/eigen.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST = 300 };

static double original[MOST * MOST], work[MOST * MOST], values[MOST], vectors[MOST * MOST];

/* Entry i <= j of a matrix of d rows, `random` in -1 .. 1. */
typedef double entry_fn(size_t i, size_t j, size_t d, double random);

static double dense(size_t i, size_t j, size_t d, double random) {
    (void)i, (void)j, (void)d;
    return random;
}

static double tiny(size_t i, size_t j, size_t d, double random) {
    (void)i, (void)j, (void)d;
    return random * 1e-200;
}

static double huge(size_t i, size_t j, size_t d, double random) {
    (void)i, (void)j, (void)d;
    return random * 1e200;
}

static double identity(size_t i, size_t j, size_t d, double random) {
    (void)d, (void)random;
    return i == j;
}

static double nothing(size_t i, size_t j, size_t d, double random) {
    (void)i, (void)j, (void)d, (void)random;
    return 0;
}

static double ones(size_t i, size_t j, size_t d, double random) { /* rank 1 */
    (void)i, (void)j, (void)d, (void)random;
    return 1;
}

static double holes(size_t i, size_t j, size_t d, double random) { /* as of constant pixels */
    (void)d;
    return i % 3 == 0 || j % 3 == 0 ? 0 : random;
}

static double graded(size_t i, size_t j, size_t d, double random) {
    return random * pow(10, -20.0 * (double)(i + j) / (double)d);
}

static double graded_up(size_t i, size_t j, size_t d, double random) {
    return graded(d - 1 - i, d - 1 - j, d, random);
}

static double wilkinson(size_t i, size_t j, size_t d, double random) { /* pairs that nearly agree */
    (void)random;
    return i == j ? fabs((double)i - (double)(d - 1) / 2) : (double)(j == i + 1);
}

static double diagonal(size_t i, size_t j, size_t d, double random) {
    return i == j ? graded(i, j, d, random) : 0;
}

static entry_fn *const kinds[] = {dense, tiny,   huge,      identity,  nothing, ones,
                                  holes, graded, graded_up, wilkinson, diagonal};

static void fill(entry_fn *entry, size_t d) {
    fa__rng rng;
    fa__rng_seed(&rng, d, FA__STREAM_INIT, 0);
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++)
            original[i * d + j] = original[j * d + i] =
                entry(i, j, d, 2 * fa__rng_uniform(&rng) - 1);
}

/* The lower triangle is not looked at. */
static void solve(size_t d, size_t count) {
    memcpy(work, original, d * d * sizeof *work);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++) work[i * d + j] = (double)NAN;
    assert_ok(fa__eigen_symmetric(values, vectors, work, d, count));
}

static double product(const double *x, const double *y, size_t d) {
    double sum = 0;
    for (size_t i = 0; i < d; i++) sum += x[i] * y[i];
    return sum;
}

static void assert_identities(size_t d, size_t count) {
    double largest = 0, trace = 0, sum = 0, tolerance = 20 * (double)d * DBL_EPSILON;
    for (size_t i = 0; i < d * d; i++) largest = fmax(largest, fabs(original[i]));
    double norm = largest * (double)d;
    for (size_t j = 0; j < count; j++) {
        if (j > 0) assert_true(values[j] <= values[j - 1]);
        for (size_t i = 0; i <= j; i++)
            assert_near(product(vectors + i * d, vectors + j * d, d), i == j, tolerance);
        for (size_t i = 0; i < d; i++)
            assert_true(fabs(product(original + i * d, vectors + j * d, d) -
                             values[j] * vectors[j * d + i]) <= tolerance * norm);
        sum += values[j];
    }
    for (size_t i = 0; i < d; i++) trace += original[i * d + i];
    if (count == d) assert_true(fabs(trace - sum) <= tolerance * norm);
}

static void identities_hold_for_every_kind_and_size(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 31, 32, 33, 34, 65, 129, 257};
    for (int level = 0; level < FA__SIMD_AVX512VNNI; level++) {
        fa__simd_force(level);
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
                fill(kinds[k], sizes[s]);
                solve(sizes[s], sizes[s]);
                assert_identities(sizes[s], sizes[s]);
            }
    }
    fa__simd_force(-1);
}

static void same_bytes_by_threads_and_count(void **state) {
    (void)state;
    static double first[MOST * MOST], first_values[MOST];
    fill(dense, MOST);
    fa_threads_set(1);
    solve(MOST, MOST);
    memcpy(first, vectors, sizeof first);
    memcpy(first_values, values, sizeof first_values);
    static const size_t counts[] = {MOST, 1, 32, 33, 100};
    for (int threads = 1; threads <= 4; threads++)
        for (size_t c = 0; c < 5; c++) {
            fa_threads_set(threads);
            solve(MOST, counts[c]);
            assert_memory_equal(values, first_values, counts[c] * sizeof *values);
            assert_memory_equal(vectors, first, counts[c] * MOST * sizeof *vectors);
        }
    fa_threads_set(0);
}

/* (2 1; 1 2): 3 and 1 along (1, 1) and (1, -1). The chain of ones beside 0: 2 cos(pi j / (d + 1)).
 */
static void values_are_those_by_hand(void **state) {
    (void)state;
    memcpy(original, (double[]){2, 1, 1, 2}, 4 * sizeof *original);
    solve(2, 2);
    assert_near(values[0], 3, 1e-15);
    assert_near(values[1], 1, 1e-15);
    assert_near(fabs(vectors[0] + vectors[1]), sqrt(2), 1e-15);
    assert_near(vectors[2] + vectors[3], 0, 1e-15);
    enum { D = 200 };
    for (size_t i = 0; i < D * D; i++) original[i] = i / D + 1 == i % D || i / D == i % D + 1;
    solve(D, D);
    for (size_t j = 0; j < D; j++)
        assert_near(values[j], 2 * cos(acos(-1) * (double)(j + 1) / (D + 1)), 1e-14);
}

static void errors_are_reported(void **state) {
    (void)state;
    assert_fails(fa__eigen_check(FA__EIGEN_MOST + 1), FA_E_SHAPE, "32769 columns are too many");
    fill(dense, 40);
    size_t live = fa__memory_live();
    long failures = 0;
    for (;; failures++) {
        memcpy(work, original, 40 * 40 * sizeof *work);
        fa__memory_fail_after(failures);
        fa_status status = fa__eigen_symmetric(values, vectors, work, 40, 3);
        fa__memory_fail_after(-1);
        assert_int_equal(fa__memory_live(), live);
        if (status == FA_OK) break;
        assert_int_equal(status, FA_E_NOMEM);
    }
    assert_true(failures > 8);
    fill(dense, 40);
    original[3] = (double)NAN;
    memcpy(work, original, 40 * 40 * sizeof *work);
    assert_fails(fa__eigen_symmetric(values, vectors, work, 40, 3), FA_E_NONFINITE, "entry 0, 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_hold_for_every_kind_and_size),
        cmocka_unit_test(same_bytes_by_threads_and_count),
        cmocka_unit_test(values_are_those_by_hand),
        cmocka_unit_test(errors_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
