/* Views of pen strokes: what each range may change, and what it must not. */
#define _POSIX_C_SOURCE 200809L
#include "view_cases.h"

static const double pi = 3.14159265358979323846;

enum { MOST_POINTS = 400, MOST_STROKES = 64 };
typedef struct drawn {
    double points[MOST_POINTS][2];
    size_t of[MOST_POINTS], n; /* stroke of each point */
    size_t strokes;
} drawn;

/* Reads lines, which must have the form of docs/strokes.md. */
static drawn read_lines(const float *lines, size_t steps) {
    drawn d = {.n = 0};
    double at[2] = {0};
    assert_true(steps >= 1);
    for (size_t t = 0; t < steps; t++, lines += 4) {
        assert_true(lines[3] == (t + 1 == steps ? 1.0f : 0.0f));
        if (lines[2] == 1) {
            assert_true(lines[0] == 0 && lines[1] == 0);
            d.strokes++;
            continue;
        }
        assert_true(lines[2] == 0 && t + 1 < steps && d.n < MOST_POINTS);
        for (size_t axis = 0; axis < 2; axis++)
            d.points[d.n][axis] = at[axis] += (double)lines[axis];
        d.of[d.n++] = d.strokes;
    }
    return d;
}

static drawn original(const viewer *v, size_t i) {
    return read_lines(v->data->values.numbers + v->data->values.offsets[i] * 4,
                      steps_of(v->data, i));
}

static drawn drawn_view(viewer *v, size_t epoch, size_t i, size_t view) {
    const float *lines = view_of(v, epoch, i, view);
    return read_lines(lines, v->steps);
}

static void strokes_keep_their_form(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    for (size_t i = 0; i < v.data->n; i++)
        for (size_t e = 0; e < 50; e++) {
            drawn was = original(&v, i), is = drawn_view(&v, e, i, e % 2);
            assert_true(is.n <= 2 * was.n && (is.n > 0) == (was.n > 0));
            assert_in_range(is.strokes, was.strokes > 2 ? was.strokes - 2 : 1, was.strokes + 1);
        }
    close_viewer(&v);
}

/* The linear map from the moves of one drawing to those of another (least squares over all points
 * about their means), which must explain them. */
static void fit_map(double m[2][2], const drawn *was, const drawn *is) {
    double mean[2][2] = {{0}}, xx[2][2] = {{0}}, yx[2][2] = {{0}};
    assert_int_equal(was->n, is->n);
    for (size_t i = 0; i < was->n; i++)
        for (size_t k = 0; k < 2; k++) {
            mean[0][k] += was->points[i][k] / (double)was->n;
            mean[1][k] += is->points[i][k] / (double)was->n;
        }
    for (size_t k = 0; k < 2; k++)
        assert_near(mean[0][k], mean[1][k], 1e-4); /* the centroid stays */
    for (size_t i = 0; i < was->n; i++)
        for (size_t a = 0; a < 2; a++)
            for (size_t b = 0; b < 2; b++) {
                double x = was->points[i][b] - mean[0][b];
                xx[a][b] += (was->points[i][a] - mean[0][a]) * x;
                yx[a][b] += (is->points[i][a] - mean[1][a]) * x;
            }
    double det = xx[0][0] * xx[1][1] - xx[0][1] * xx[1][0];
    assert_true(det > 1);
    for (size_t a = 0; a < 2; a++) {
        m[a][0] = (yx[a][0] * xx[1][1] - yx[a][1] * xx[1][0]) / det;
        m[a][1] = (yx[a][1] * xx[0][0] - yx[a][0] * xx[0][1]) / det;
    }
    for (size_t i = 0; i < was->n; i++)
        for (size_t a = 0; a < 2; a++)
            assert_near(is->points[i][a] - mean[1][a],
                        m[a][0] * (was->points[i][0] - mean[0][0]) +
                            m[a][1] * (was->points[i][1] - mean[0][1]),
                        1e-4);
}

static void strokes_turn_stretch_and_slant_about_their_centroid(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    spread turned = {0, 0}, wide = {0, 0}, high = {0, 0}, slanted = {0, 0};
    for (size_t e = 0; e < 200; e++) {
        double m[2][2];
        drawn was = original(&v, 1), is;
        only(&v, FA__RANGE_ROTATION, 15);
        is = drawn_view(&v, e, 1, 0);
        fit_map(m, &was, &is);
        assert_near(m[0][0], m[1][1], 1e-4);
        assert_near(m[0][1], -m[1][0], 1e-4);
        assert_near(m[0][0] * m[0][0] + m[1][0] * m[1][0], 1, 1e-4);
        widen(&turned, atan2(m[1][0], m[0][0]) * 180 / pi);
        only(&v, FA__RANGE_SCALE, 0.2);
        is = drawn_view(&v, e, 1, 0);
        fit_map(m, &was, &is);
        assert_near(m[0][1], 0, 1e-4);
        assert_near(m[1][0], 0, 1e-4);
        widen(&wide, log(m[0][0])), widen(&high, log(m[1][1]));
        only(&v, FA__RANGE_SHEAR, 0.3);
        is = drawn_view(&v, e, 1, 0);
        fit_map(m, &was, &is);
        assert_near(m[0][0], 1, 1e-4);
        assert_near(m[1][0], 0, 1e-4);
        assert_near(m[1][1], 1, 1e-4);
        widen(&slanted, m[0][1]);
    }
    assert_spread(turned, 15);
    assert_spread(wide, 0.2), assert_spread(high, 0.2);
    assert_spread(slanted, 0.3);
    close_viewer(&v);
}

static void strokes_shift_wave_and_shake_by_pixels(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    spread moved = {0, 0}, waved = {0, 0};
    double square = 0, count = 0;
    for (size_t e = 0; e < 200; e++) {
        drawn was = original(&v, 2), is;
        only(&v, FA__RANGE_SHIFT, 1);
        is = drawn_view(&v, e, 2, 0);
        for (size_t axis = 0; axis < 2; axis++) {
            double by = is.points[0][axis] - was.points[0][axis];
            widen(&moved, by);
            for (size_t i = 1; i < was.n; i++)
                assert_near(is.points[i][axis] - was.points[i][axis], by, 1e-4);
        }
        only(&v, FA__RANGE_WARP, 1);
        is = drawn_view(&v, e, 2, 0);
        for (size_t i = 0; i < was.n; i++) widen(&waved, is.points[i][0] - was.points[i][0]);
        only(&v, FA__RANGE_JITTER, 0.1);
        is = drawn_view(&v, e, 2, 0);
        for (size_t i = 0; i < was.n; i++, count++)
            square += pow(is.points[i][1] - was.points[i][1], 2);
    }
    assert_spread(moved, 1);
    assert_spread(waved, 1);
    assert_near(sqrt(square / count), 0.1, 5e-3);
    close_viewer(&v);
}

/* A lift or a join moves no point and changes the number of strokes by one, each at all the places
 * it can. */
static void strokes_are_parted_and_joined_where_they_can(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    for (size_t i = 0; i < v.data->n; i++) {
        drawn was = original(&v, i);
        size_t inner = 0, places[MOST_POINTS] = {0}, lifts = 0;
        for (size_t j = 1; j < was.n; j++) inner += was.of[j] == was.of[j - 1];
        for (size_t e = 0; e < 400; e++) {
            only(&v, FA__RANGE_LIFT, 1);
            drawn is = drawn_view(&v, e, i, 0);
            assert_int_equal(is.strokes, was.strokes + (inner > 0));
            assert_memory_equal(is.points, was.points, sizeof is.points);
            for (size_t j = 1; j < was.n; j++)
                if (was.of[j] == was.of[j - 1] && is.of[j] != is.of[j - 1])
                    lifts += places[j]++ == 0;
            only(&v, FA__RANGE_JOIN, 1);
            is = drawn_view(&v, e, i, 0);
            assert_int_equal(is.strokes, was.strokes > 1 ? was.strokes - 1 : 1);
            assert_memory_equal(is.points, was.points, sizeof is.points);
        }
        assert_true(lifts > inner * 9 / 10 || lifts == inner);
    }
    only(&v, FA__RANGE_LIFT, 0.4);
    size_t parted = 0;
    for (size_t e = 0; e < 1000; e++)
        parted += drawn_view(&v, e, 0, 0).strokes > original(&v, 0).strokes;
    assert_in_range(parted, 340, 460); /* 400 by chance, deviation 15 */
    close_viewer(&v);
}

static bool is_without(const drawn *is, const drawn *was, size_t s) {
    size_t n = 0;
    for (size_t j = 0; j < was->n; j++) {
        if (was->of[j] == s) continue;
        if (n == is->n || is->of[n] != was->of[j] - (was->of[j] > s) ||
            memcmp(is->points[n], was->points[j], sizeof was->points[j]) != 0)
            return false;
        n++;
    }
    return n == is->n;
}

/* One of several strokes goes, whole, as often as its share of the points lets it; the others stay. */
static void short_strokes_are_left_out(void **state) {
    (void)state;
    enum { EPOCHS = 2000 };
    viewer v = viewer_at(0);
    size_t several = 0;
    only(&v, FA__RANGE_CROP, 0.8);
    for (size_t i = 0; i < v.data->n; i++) {
        drawn was = original(&v, i);
        size_t count[MOST_STROKES] = {0}, gone[MOST_STROKES] = {0};
        for (size_t j = 0; j < was.n; j++) count[was.of[j]]++;
        for (size_t e = 0; e < EPOCHS; e++) {
            drawn is = drawn_view(&v, e, i, e % 2);
            if (is.strokes == was.strokes) {
                assert_memory_equal(is.points, was.points, sizeof is.points);
                continue;
            }
            size_t s = 0;
            assert_int_equal(is.strokes + 1, was.strokes);
            while (!is_without(&is, &was, s)) assert_true(++s < was.strokes);
            gone[s]++;
        }
        for (size_t s = 0; s < was.strokes && was.strokes > 1; s++) {
            double share = (double)count[s] / (double)was.n;
            double p = share < 0.8 ? (1 - share / 0.8) / (double)was.strokes : 0;
            if (count[s] == 0) continue; /* which of several empty ones cannot be told */
            assert_near((double)gone[s] / EPOCHS, p, 5 * sqrt(p * (1 - p) / EPOCHS) + 1e-12);
            several += p > 0;
        }
    }
    assert_true(several >= 3);
    close_viewer(&v);
}

static void strokes_lose_and_gain_points(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    for (size_t i = 0; i < v.data->n; i++) {
        drawn was = original(&v, i), is;
        size_t inked[MOST_STROKES] = {0}, filled = 0;
        for (size_t j = 0; j < was.n; j++) filled += inked[was.of[j]]++ == 0;
        only(&v, FA__RANGE_DROP, 1);
        is = drawn_view(&v, 0, i, 0);
        assert_int_equal(is.n, filled); /* one of each is always left */
        assert_int_equal(is.strokes, was.strokes);
        only(&v, FA__RANGE_SPLIT, 1);
        is = drawn_view(&v, 0, i, 0);
        assert_int_equal(is.n, 2 * was.n - filled);
        for (size_t j = 1; j + 1 < is.n; j++)
            if (is.of[j - 1] == is.of[j + 1] && (j == 1 || is.of[j - 2] != is.of[j]))
                for (size_t axis = 0; axis < 2; axis++)
                    assert_near(is.points[j][axis],
                                (is.points[j - 1][axis] + is.points[j + 1][axis]) / 2, 1e-5);
        only(&v, FA__RANGE_TRIM, 2);
        for (size_t e = 0; e < 50; e++) {
            size_t left[MOST_STROKES] = {0};
            is = drawn_view(&v, e, i, 0);
            assert_int_equal(is.strokes, was.strokes);
            for (size_t j = 0; j < is.n; j++) left[is.of[j]]++;
            for (size_t s = 0; s < was.strokes; s++)
                assert_in_range(left[s], inked[s] > 8 ? inked[s] - 4 : inked[s], inked[s]);
        }
    }
    only(&v, FA__RANGE_DROP, 0.1);
    size_t kept = 0, of = 0;
    for (size_t e = 0; e < 200; e++) kept += drawn_view(&v, e, 0, 0).n, of += original(&v, 0).n;
    assert_near((double)kept / (double)of, 0.9, 0.02);
    close_viewer(&v);
}

/* The first view is drawn as it was; the second from its ends, or in any order. */
static void strokes_are_reversed_and_reordered_in_the_second_view(void **state) {
    (void)state;
    viewer v = viewer_at(0);
    size_t several = 0, moved = 0;
    for (size_t i = 0; i < v.data->n; i++) {
        drawn was = original(&v, i), is;
        only(&v, FA__RANGE_REVERSE, 1);
        assert_true(is_sample(&v, view_of(&v, 0, i, 0), i));
        is = drawn_view(&v, 0, i, 1);
        assert_memory_equal(is.of, was.of, sizeof is.of);
        for (size_t j = 0, from = 0; j < was.n; j++) {
            size_t end = from;
            while (end < was.n && was.of[end] == was.of[from]) end++;
            size_t mirror = from + end - 1 - j;
            assert_memory_equal(is.points[j], was.points[mirror], sizeof is.points[j]);
            if (j + 1 == end) from = end;
        }
        only(&v, FA__RANGE_REORDER, 1);
        assert_true(is_sample(&v, view_of(&v, 0, i, 0), i));
        if (was.strokes < 2 || was.n < 2) continue;
        several++;
        is = drawn_view(&v, 0, i, 1);
        assert_int_equal(is.n, was.n);
        assert_int_equal(is.strokes, was.strokes);
        double sums[2] = {0};
        for (size_t j = 0; j < was.n; j++)
            sums[0] += was.points[j][0] * was.points[j][1],
                sums[1] += is.points[j][0] * is.points[j][1];
        assert_near(sums[0], sums[1], 1e-9); /* the same points */
        moved += memcmp(is.points, was.points, sizeof is.points) != 0;
    }
    assert_true(several >= 3 && moved >= several / 5 && moved > 0);
    close_viewer(&v);
}

static void series_that_are_no_strokes_are_told_from_them(void **state) {
    (void)state;
    static const float wrong[][2][4] = {
        {{0, 0, 0.5f, 0}, {0, 0, 1, 1}}, {{0, 0, 0, 1}, {0, 0, 1, 1}},
        {{1, 0, 1, 0}, {0, 0, 1, 1}},    {{0, 0, 0, 0}, {0, 0, 1, 0}},
        {{0, 0, 0, 0}, {0, 0, 0, 1}},    {{0, 0, 0, NAN}, {0, 0, 1, 1}}};
    static const char *const says[] = {"line 0: eos and eod must be 0 or 1",
                                       "line 0: the last line",
                                       "line 0: a line with eos must not move",
                                       "line 1: the last line",
                                       "line 1: the last line",
                                       "line 0: eos and eod"};
    fa_dataset *data = made_data(FA_KIND_SERIES, 1, 2, 4, 0);
    const fa__policy *strokes = fa__policy_find("strokes");
    const size_t samples[] = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(data->values.numbers, wrong[i], sizeof wrong[i]);
        assert_fails(strokes->check(data, samples, 1), FA_E_RECIPE, says[i]);
        assert_string_equal(fa__policy_for(data)->name, "series");
    }
    data->features = 3;
    assert_fails(strokes->check(data, samples, 1), FA_E_RECIPE,
                 "the data have 3 features; series works");
    fa_dataset_free(data);
    assert_null(fa__policy_find("nothing"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strokes_keep_their_form),
        cmocka_unit_test(strokes_turn_stretch_and_slant_about_their_centroid),
        cmocka_unit_test(strokes_shift_wave_and_shake_by_pixels),
        cmocka_unit_test(strokes_are_parted_and_joined_where_they_can),
        cmocka_unit_test(short_strokes_are_left_out),
        cmocka_unit_test(strokes_lose_and_gain_points),
        cmocka_unit_test(strokes_are_reversed_and_reordered_in_the_second_view),
        cmocka_unit_test(series_that_are_no_strokes_are_told_from_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
