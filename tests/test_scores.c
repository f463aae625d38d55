/* AMI, NMI and ARI against hand-worked cases, scikit-learn, exact sums, and their own symmetries.
 */
#include "test.h"

#include "base/file.h"
#include "base/memory.h"

static const fa_mean means[] = {FA_MEAN_MAX, FA_MEAN_GEOMETRIC, FA_MEAN_ARITHMETIC, FA_MEAN_MIN};

enum { N_MAX = 3000 };

/* ==== The labelings of tests/oracle/scores.py ==== */

enum { PAIRS = 10000, LARGE = 5 };
static const size_t sizes[] = {1, 2, 3, 4, 6, 9, 14, 25, 50, 120};
static const size_t large[LARGE][3] = {
    {700, 400, 350}, {3000, 1500, 2000}, {3000, 50, 1000}, {2500, 2, 3}, {2048, 1, 7}};

static uint64_t below(uint64_t *state, uint64_t bound) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % bound;
}

static void fill_uniform(int32_t *out, size_t n, uint64_t classes, int64_t first, uint64_t *state) {
    for (size_t i = 0; i < n; i++) out[i] = (int32_t)(first + (int64_t)below(state, classes));
}

static void fill_side(int32_t *out, size_t n, const int32_t *other, uint64_t *state) {
    uint64_t kind = below(state, 8), a, b;
    switch (kind) {
    case 0:
        for (size_t i = 0; i < n; i++) out[i] = INT32_MIN;
        return;
    case 1:
        for (size_t i = 0; i < n; i++) out[i] = INT32_MAX - (int32_t)i;
        return;
    case 2:
        a = below(state, n);
        for (size_t i = 0; i < n; i++) out[i] = i == a ? 0 : INT32_MAX;
        return;
    case 3:
        for (size_t i = 0; i < n; i++)
            out[i] = (int32_t)(INT32_MIN + 1431655765 * (int64_t)below(state, 4));
        return;
    case 4:
        for (size_t i = 0; i < n; i++) {
            a = below(state, 8);
            b = below(state, 8);
            out[i] = (int32_t)(a < b ? a : b);
        }
        return;
    default:
        break;
    }
    if (kind == 5 && other != NULL) {
        for (size_t i = 0; i < n; i++)
            out[i] = below(state, 4) == 0 ? (int32_t)below(state, 5) : other[i];
        return;
    }
    a = 1 + below(state, n);
    fill_uniform(out, n, a, -(int64_t)(a / 2), state);
}

static size_t make_pair(int32_t *u, int32_t *v, size_t p) {
    uint64_t state = p;
    if (p >= PAIRS) {
        const size_t *l = large[p - PAIRS];
        fill_uniform(u, l[0], l[1], 0, &state);
        fill_uniform(v, l[0], l[2], 0, &state);
        return l[0];
    }
    size_t n = sizes[below(&state, sizeof sizes / sizeof *sizes)];
    fill_side(u, n, NULL, &state);
    fill_side(v, n, u, &state);
    return n;
}

/* ==== Oracles ==== */

static void scores_match_scikit_learn_and_exact_sums(void **state) {
    (void)state;
    static int32_t u[N_MAX], v[N_MAX];
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size, distinct = 0;
    assert_ok(fa__path_join(path, getenv("FA_TEST_DATA"), "scores.npy"));
    assert_ok(fa__file_read(&bytes, &size, path));
    size_t header = 10 + bytes[8] + 256u * bytes[9];
    assert_int_equal(size, header + (PAIRS + LARGE) * 3 * sizeof(double));
    double last = -2;
    for (size_t p = 0; p < PAIRS + LARGE; p++) {
        double want[3], ami, nmi, ari;
        memcpy(want, bytes + header + p * sizeof want, sizeof want);
        size_t n = make_pair(u, v, p);
        assert_ok(fa_score_ami(&ami, u, v, n, means[p % 4]));
        assert_ok(fa_score_nmi(&nmi, u, v, n, means[p / 4 % 4]));
        assert_ok(fa_score_ari(&ari, u, v, n));
        assert_near(ami, want[0], 1e-12);
        assert_near(nmi, want[1], 1e-12);
        assert_near(ari, want[2], 1e-12);
        distinct += ami != last;
        last = ami;
    }
    assert_true(distinct > PAIRS / 2); /* not all 0 and 1 */
    fa_free(bytes);
}

static void scores_small_case_by_hand(void **state) {
    (void)state;
    /* u: {0, 1} {2, 3}; v: {0, 1, 2} {3}. Overlaps 2, 0, 1, 1 of 4.
     *   H(U) = log 2; H(V) = log 4 - 3/4 log 3; H(U, V) = log 4 - 1/2 log 2.
     * A class of 2 meets one of 3 in 1 (chance 1/2) or 2 (1/2), one of 1 in 0 or 1 (1/2 each), so
     *   E{I} = 2 (1/2 (1/4 log(2/3) + 1/2 log(4/3)) + 1/2 (1/4 log 2)).
     * All four items once: of 6 pairs, 1 together in both, 1 in u only, 2 in v only, 2 in none. */
    const int32_t u[] = {5, 5, -1, -1}, v[] = {7, 7, 7, 0};
    double h_u = log(2), h_v = log(4) - 0.75 * log(3), mutual = h_u + h_v - log(4) + 0.5 * log(2);
    double expected = 0.25 * log(2.0 / 3) + 0.5 * log(4.0 / 3) + 0.25 * log(2);
    const double normaliser[] = {h_u, sqrt(h_u * h_v), (h_u + h_v) / 2, h_v};
    double score;
    for (int m = 0; m < 4; m++) {
        assert_ok(fa_score_nmi(&score, u, v, 4, means[m]));
        assert_near(score, mutual / normaliser[m], 1e-15);
        assert_ok(fa_score_ami(&score, u, v, 4, means[m]));
        assert_near(score, (mutual - expected) / (normaliser[m] - expected), 1e-14);
    }
    assert_ok(fa_score_ari(&score, u, v, 4));
    assert_near(score, 2.0 * (1 * 2 - 1 * 2) / ((1 + 1) * (1 + 2) + (1 + 2) * (2 + 2)), 1e-15);
}

/* ==== Degenerate cases ==== */

static void check_all(const int32_t *u, const int32_t *v, size_t n, double ami, double ami_min,
                      double nmi, double ari) {
    double score;
    for (int m = 0; m < 4; m++) {
        assert_ok(fa_score_ami(&score, u, v, n, means[m]));
        assert_true(score == (means[m] == FA_MEAN_MIN ? ami_min : ami));
        assert_ok(fa_score_nmi(&score, u, v, n, means[m]));
        if (nmi >= 0) assert_true(score == nmi);
    }
    assert_ok(fa_score_ari(&score, u, v, n));
    assert_true(score == ari);
}

static void scores_degenerate_labelings_are_defined(void **state) {
    (void)state;
    const int32_t one[] = {3, 3, 3, 3, 3, 3}, each[] = {INT32_MIN, INT32_MAX, 0, 1, -1, 9},
                  renamed[] = {5, 4, 3, 2, 1, 0}, two[] = {1, 1, 1, 2, 2, 2},
                  two_renamed[] = {INT32_MAX, INT32_MAX, INT32_MAX, -7, -7, -7};
    check_all(one, each, 1, 1, 1, 1, 1);
    check_all(one, one, 6, 1, 1, 1, 1);
    check_all(each, renamed, 6, 1, 1, 1, 1);
    check_all(two, two_renamed, 6, 1, 1, 1, 1);
    check_all(one, two, 6, 0, 0, 0, 0);
    check_all(one, each, 6, 0, 0, 0, 0);
    check_all(two, each, 6, 0, 1, -1, 0);
    check_all(each, two, 6, 0, 1, -1, 0);
}

static void nmi_independent_labelings_is_zero(void **state) {
    (void)state;
    int32_t u[12 * 7], v[12 * 7];
    for (int i = 0; i < 12 * 7; i++) {
        u[i] = i % 12 / 4; /* sizes 4 : 4 : 4 of each 12 */
        v[i] = i / 12;
    }
    double score;
    assert_ok(fa_score_nmi(&score, u, v, 12 * 7, FA_MEAN_MAX));
    assert_true(score == 0);
}

/* ==== Properties ==== */

static void scores_exchanged_or_renamed_keep_every_bit(void **state) {
    (void)state;
    static int32_t u[N_MAX], v[N_MAX], w[N_MAX];
    for (size_t p = 0; p < 400; p++) {
        size_t n = make_pair(u, v, p < 395 ? p : PAIRS + p - 395);
        /* Names spread too far for a table, in another order. */
        for (size_t i = 0; i < n; i++) w[i] = (int32_t)((uint32_t)u[i] * 2654435761u ^ 77u);
        for (int m = 0; m < 4; m++) {
            double a, b, c;
            assert_ok(fa_score_ami(&a, u, v, n, means[m]));
            assert_ok(fa_score_ami(&b, v, u, n, means[m]));
            assert_ok(fa_score_ami(&c, w, v, n, means[m]));
            assert_true(a == b && a == c);
            assert_ok(fa_score_nmi(&a, u, v, n, means[m]));
            assert_ok(fa_score_nmi(&b, v, u, n, means[m]));
            assert_ok(fa_score_nmi(&c, w, v, n, means[m]));
            assert_true(a == b && a == c);
        }
        double a, b, c;
        assert_ok(fa_score_ari(&a, u, v, n));
        assert_ok(fa_score_ari(&b, v, u, n));
        assert_ok(fa_score_ari(&c, w, v, n));
        assert_true(a == b && a == c);
    }
}

static void ami_independent_labelings_is_zero_on_average(void **state) {
    (void)state;
    /* Shuffles of fixed labelings: the mean of I is E{I}, so that of AMI is 0; NMI's is not. */
    enum { N = 60, SHUFFLES = 4000 };
    int32_t u[N], v[N];
    uint64_t seed = 11;
    double ami = 0, square = 0, nmi = 0;
    for (int i = 0; i < N; i++) {
        u[i] = i % 10;
        v[i] = i * i % 13;
    }
    for (int s = 0; s < SHUFFLES; s++) {
        for (size_t i = N; i > 1; i--) {
            size_t j = (size_t)below(&seed, i);
            int32_t label = v[i - 1];
            v[i - 1] = v[j];
            v[j] = label;
        }
        double score;
        assert_ok(fa_score_ami(&score, u, v, N, FA_MEAN_MAX));
        ami += score / SHUFFLES;
        square += score * score / SHUFFLES;
        assert_ok(fa_score_nmi(&score, u, v, N, FA_MEAN_MAX));
        nmi += score / SHUFFLES;
    }
    double error = sqrt((square - ami * ami) / SHUFFLES);
    assert_true(error > 0 && fabs(ami) < 4 * error);
    assert_true(nmi > 0.2);
}

static void ami_large_labelings_any_threads_same_bytes(void **state) {
    (void)state;
    /* n = 300,000: class sizes beyond the tables of logarithms and of counts; u predicts v in part.
     * The same labelings with every class cut in 1,000 go the way of the sparse table. */
    enum { N = 300000 };
    int32_t *u, *v;
    assert_ok(FA_NEW(u, N));
    assert_ok(FA_NEW(v, N));
    uint64_t seed = 3;
    for (size_t i = 0; i < N; i++) {
        u[i] = (int32_t)below(&seed, 20);
        v[i] = below(&seed, 2) != 0 ? u[i] / 2 : (int32_t)below(&seed, 10);
    }
    double one, four;
    for (int cut = 0; cut < 2; cut++) {
        fa_threads_set(1);
        assert_ok(fa_score_ami(&one, u, v, N, FA_MEAN_MAX));
        fa_threads_set(4);
        assert_ok(fa_score_ami(&four, u, v, N, FA_MEAN_MAX));
        assert_true(one == four);
        /* Half of the items keep their class: well over chance, far from 1. */
        if (cut == 0) assert_true(one > 0.1 && one < 0.5);
        if (cut == 1) assert_true(fabs(one) < 0.2);
        for (size_t i = 0; i < N; i++) {
            u[i] = u[i] * 1000 + (int32_t)below(&seed, 1000);
            v[i] = v[i] * 1000 + (int32_t)below(&seed, 1000);
        }
    }
    fa_threads_set(0);
    fa_free(u);
    fa_free(v);
}

/* ==== Errors ==== */

static void scores_bad_arguments_are_named(void **state) {
    (void)state;
    const int32_t u[] = {0, 1};
    double score = 7;
    assert_fails(fa_score_ami(&score, u, u, 0, FA_MEAN_MAX), FA_E_SHAPE, "n is 0");
    assert_fails(fa_score_nmi(&score, u, u, 0, FA_MEAN_MAX), FA_E_SHAPE, "at least 1");
    assert_fails(fa_score_ari(&score, u, u, 0), FA_E_SHAPE, "n is 0");
    assert_fails(fa_score_ari(&score, NULL, u, 2), FA_E_ARGUMENT, "u is NULL");
    assert_fails(fa_score_nmi(&score, u, NULL, 2, FA_MEAN_MAX), FA_E_ARGUMENT, "v is NULL");
    assert_fails(fa_score_ami(NULL, u, u, 2, FA_MEAN_MAX), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_score_ami(&score, u, u, 2, (fa_mean)4), FA_E_ARGUMENT, "FA_MEAN_MAX");
    assert_fails(fa_score_nmi(&score, u, u, 2, (fa_mean)-1), FA_E_ARGUMENT, "mean -1");
#if SIZE_MAX > UINT32_MAX
    assert_fails(fa_score_ari(&score, u, u, (size_t)1 << 32), FA_E_SHAPE, "at most 4294967295");
#endif
    assert_true(score == 7);
}

static fa_status ami_max(double *out, const int32_t *u, const int32_t *v, size_t n) {
    return fa_score_ami(out, u, v, n, FA_MEAN_MAX);
}

static void scores_out_of_memory_is_reported(void **state) {
    (void)state;
    static int32_t u[N_MAX], v[N_MAX];
    fa_status (*const scores[])(double *, const int32_t *, const int32_t *,
                                size_t) = {ami_max, fa_score_ari};
    for (int s = 0; s < 2; s++)
        for (int wide = 0; wide < 2; wide++) {
            size_t n = make_pair(u, v, PAIRS + 2), live = fa__memory_live();
            /* Many classes with far names, few with near ones: the two ways of counting. */
            for (size_t i = 0; i < n; i++) {
                u[i] = wide ? u[i] * 65536 : u[i] % 5;
                v[i] = wide ? v[i] : v[i] % 5;
            }
            long failures = 0;
            double score = 7;
            for (;; failures++) {
                fa__memory_fail_after(failures);
                fa_status status = scores[s](&score, u, v, n);
                fa__memory_fail_after(-1);
                assert_int_equal(fa__memory_live(), live);
                if (status == FA_OK) break;
                assert_int_equal(status, FA_E_NOMEM);
                assert_true(score == 7);
            }
            assert_true(failures > 5);
            assert_true(score != 7);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_match_scikit_learn_and_exact_sums),
        cmocka_unit_test(scores_small_case_by_hand),
        cmocka_unit_test(scores_degenerate_labelings_are_defined),
        cmocka_unit_test(nmi_independent_labelings_is_zero),
        cmocka_unit_test(scores_exchanged_or_renamed_keep_every_bit),
        cmocka_unit_test(ami_independent_labelings_is_zero_on_average),
        cmocka_unit_test(ami_large_labelings_any_threads_same_bytes),
        cmocka_unit_test(scores_bad_arguments_are_named),
        cmocka_unit_test(scores_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
