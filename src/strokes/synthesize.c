/* Made-up pen-stroke digits: a glyph from the table, bent and jittered, placed on the 28 x 28 grid
 * and walked by a pen of varying speed.
 *
 * Only + - * / are used on the way (a sum of uniforms for a normal, a rational rotation): no
 * mathematical library whose last bit could change what a seed draws. */
#include "strokes/rows.h"

#include "base/memory.h"
#include "strokes/glyphs.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    DIGITS = 10,
    GRID = 28,
    PIECES = 12, /* straight pieces of a curve between two points; each about half a pixel long */
    CURVE_POINTS = FA__GLYPH_POINTS * PIECES
};

typedef struct point {
    double x, y;
    double speed; /* pixels of curve between two looks at the pen */
    bool lift;    /* the first point of a stroke: the pen comes through the air */
} point;

/* One digit on its way from the table to the grid. */
typedef struct drawing {
    fa__rng rng;
    size_t count; /* points */
    point points[CURVE_POINTS];
} drawing;

/* ==== Chance ================================================================================ */

static double between(fa__rng *rng, double low, double high) {
    return low + (high - low) * fa__rng_uniform(rng);
}

/* Nearly normal, mean 0, variance 1, within +-3.5: the sum of four uniforms. */
static double spread(fa__rng *rng) {
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += fa__rng_uniform(rng);
    return (sum - 2) * 1.7320508075688772;
}

static bool happens(fa__rng *rng, int percent) {
    return fa__rng_below(rng, 100) < (uint64_t)percent;
}

/* The digits of samples 10 b .. 10 b + 9 are a shuffle of 0..9 that belongs to the first of them.
 * Every sample draws a shuffle before anything else, so the first one reuses no number. */
static int start_sample(fa__rng *rng, uint64_t seed, uint32_t split, size_t i) {
    size_t own[DIGITS], order[DIGITS];
    for (size_t k = 0; k < DIGITS; k++) own[k] = order[k] = k;
    fa__rows_seed(rng, seed, FA__STREAM_SYNTH, split, i - i % DIGITS);
    fa__rng_shuffle(rng, order, DIGITS);
    fa__rows_seed(rng, seed, FA__STREAM_SYNTH, split, i);
    fa__rng_shuffle(rng, own, DIGITS);
    return (int)order[i % DIGITS];
}

static const fa__glyph *pick_glyph(fa__rng *rng, int digit) {
    int total = 0;
    for (size_t i = 0; i < fa__glyph_count; i++)
        if (fa__glyphs[i].digit == digit) total += fa__glyphs[i].weight;
    int pick = (int)fa__rng_below(rng, (uint64_t)total);
    for (const fa__glyph *glyph = fa__glyphs;; glyph++) {
        if (glyph->digit != digit) continue;
        pick -= glyph->weight;
        if (pick < 0) return glyph;
    }
}

/* ==== The glyph, in the order in which this hand writes it ================================== */

static void reverse_points(point *points, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        point p = points[i];
        points[i] = points[count - 1 - i];
        points[count - 1 - i] = p;
    }
}

/* Moves the first k points to the end. */
static void rotate_points(point *points, size_t k, size_t count) {
    reverse_points(points, k);
    reverse_points(points + k, count - k);
    reverse_points(points, count);
}

/* Takes the glyph's points, box coordinates -0.5..0.5, each stroke's first one marked. */
static void take_glyph(drawing *d, const fa__glyph *glyph) {
    size_t last_stroke = 0, n = 0;
    for (size_t i = 0; i < FA__GLYPH_POINTS && glyph->points[i][0] != 0; i++) {
        if (glyph->points[i][0] == FA__GLYPH_LIFT) {
            last_stroke = n;
            continue;
        }
        d->points[n++] =
            (point){.x = glyph->points[i][0] / 100.0 - 0.5, .y = glyph->points[i][1] / 100.0 - 0.5};
    }
    d->count = n;
    if (happens(&d->rng, glyph->reverse)) {
        reverse_points(d->points, last_stroke);
        reverse_points(d->points + last_stroke, n - last_stroke);
    }
    if (last_stroke > 0 && happens(&d->rng, glyph->swap)) {
        rotate_points(d->points, last_stroke, n);
        last_stroke = n - last_stroke;
    }
    if (happens(&d->rng, glyph->loop)) { /* the last point repeats the first */
        rotate_points(d->points, (size_t)fa__rng_below(&d->rng, n - 1), n - 1);
        d->points[n - 1] = d->points[0];
    }
    d->points[0].lift = d->points[last_stroke].lift = true;
}

static bool same_place(point a, point b) {
    return a.x == b.x && a.y == b.y;
}

/* Every point moves a little on its own; the two halves of a corner together. */
static void jitter(drawing *d) {
    const double size = between(&d->rng, 0.015, 0.055), tempo = between(&d->rng, 0.15, 1.3);
    point before = {0};
    for (size_t i = 0; i < d->count; i++) {
        point *p = &d->points[i], was = *p;
        if (i > 0 && same_place(was, before)) {
            p->x = p[-1].x;
            p->y = p[-1].y;
        } else {
            p->x += size * spread(&d->rng);
            p->y += size * spread(&d->rng);
        }
        p->speed = tempo * between(&d->rng, 0.5, 1.5);
        before = was;
    }
}

/* ==== The hand: bend, width, slant, turn ==================================================== */

static double within(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* From the box to pixels, the middle still at 0, 0. */
static void shape(drawing *d, const fa__glyph *glyph) {
    fa__rng *rng = &d->rng;
    const double height = within(17 + 1.5 * spread(rng), 12, 21);
    const double width = height * glyph->width / 100 * within(1 + 0.17 * spread(rng), 0.6, 1.5);
    const double bow = 0.25 * spread(rng), fan = 0.2 * spread(rng);
    const double sag = 0.12 * spread(rng), tilt = 0.12 * spread(rng);
    const double slant = 0.18 + 0.22 * spread(rng);
    const double turn = 0.05 * spread(rng); /* tangent of half the angle: 6 degrees */
    const double cosine = (1 - turn * turn) / (1 + turn * turn);
    const double sine = 2 * turn / (1 + turn * turn);
    for (size_t i = 0; i < d->count; i++) {
        point *p = &d->points[i];
        double u = p->x, v = p->y;
        double x = width * (u + bow * (v * v - 0.1) + fan * u * v) - slant * height * v;
        double y = height * (v + sag * (u * u - 0.1) + tilt * u * v);
        p->x = cosine * x - sine * y;
        p->y = sine * x + cosine * y;
    }
}

/* ==== Curve ================================================================================= */

static double catmull_rom(double a, double b, double c, double d, double t) {
    return b + t * ((c - a) / 2 +
                    t * ((a - 2.5 * b + 2 * c - 0.5 * d) + t * (1.5 * (b - c) + (d - a) / 2)));
}

/* Replaces the control points by a smooth curve through them, stroke by stroke. */
static void smooth(drawing *d) {
    point control[FA__GLYPH_POINTS];
    const size_t n = d->count;
    for (size_t i = 0; i < n; i++) control[i] = d->points[i];
    d->count = 0;
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n || control[i + 1].lift;
        d->points[d->count++] = control[i];
        if (last || same_place(control[i], control[i + 1])) continue;
        point b = control[i], c = control[i + 1];
        point a = b.lift ? b : control[i - 1];
        point e = i + 2 == n || control[i + 2].lift ? c : control[i + 2];
        for (int k = 1; k < PIECES; k++) {
            double t = (double)k / PIECES;
            d->points[d->count++] = (point){.x = catmull_rom(a.x, b.x, c.x, e.x, t),
                                            .y = catmull_rom(a.y, b.y, c.y, e.y, t),
                                            .speed = b.speed + t * (c.speed - b.speed)};
        }
    }
}

/* The pen comes down late or goes up early. */
static void trim(drawing *d) {
    const uint64_t most = 1 + 2 * PIECES / 3;
    size_t first = 0, kept = 0;
    if (happens(&d->rng, 30)) {
        size_t cut = (size_t)fa__rng_below(&d->rng, most);
        while (first < cut && !d->points[first + 1].lift) first++;
        d->points[first].lift = true;
    }
    if (happens(&d->rng, 30)) {
        size_t cut = (size_t)fa__rng_below(&d->rng, most);
        for (; cut > 0 && !d->points[d->count - 1].lift; cut--) d->count--;
    }
    for (size_t i = first; i < d->count; i++) d->points[kept++] = d->points[i];
    d->count = kept;
}

/* The pen fails for a moment inside a stroke. */
static void skip(drawing *d) {
    if (!happens(&d->rng, 18) || d->count < 4 * PIECES) return;
    size_t gap = PIECES / 4 + (size_t)fa__rng_below(&d->rng, PIECES / 2);
    size_t at = PIECES + (size_t)fa__rng_below(&d->rng, d->count - 3 * PIECES);
    for (size_t i = at; i <= at + gap; i++)
        if (d->points[i].lift) return;
    d->count -= gap;
    for (size_t i = at; i < d->count; i++) d->points[i] = d->points[i + gap];
    d->points[at].lift = true;
}

/* ==== Walk ================================================================================== */

/* To the grid: the middle of the drawing near the middle of the image, as in the real set. */
static void place(drawing *d) {
    double left = d->points[0].x, right = left, top = d->points[0].y, bottom = top;
    for (size_t i = 1; i < d->count; i++) {
        point p = d->points[i];
        if (p.x < left) left = p.x;
        if (p.x > right) right = p.x;
        if (p.y < top) top = p.y;
        if (p.y > bottom) bottom = p.y;
    }
    double x = 15 + 0.6 * spread(&d->rng) - (left + right) / 2;
    double y = 15 + 0.8 * spread(&d->rng) - (top + bottom) / 2;
    for (size_t i = 0; i < d->count; i++) {
        d->points[i].x = within(d->points[i].x + x, 1, GRID);
        d->points[i].y = within(d->points[i].y + y, 1, GRID);
    }
}

/* Draws to the pixel: step by step, or through the air where the pen is up and the way is far. */
static fa_status draw_to(fa__rows *rows, int x, int y, bool lift) {
    if (rows->x == 0) return fa__rows_pixel(rows, x, y); /* line 1: where the digit starts */
    int dx = x - rows->x, dy = y - rows->y;
    int steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
    if (lift && steps > 1) {
        FA_TRY(fa__rows_lift(rows));
        return fa__rows_pixel(rows, x, y);
    }
    int from_x = rows->x, from_y = rows->y;
    for (int k = 1; k <= steps; k++) {
        int px = from_x + (2 * k * dx + (dx < 0 ? -steps : steps)) / (2 * steps);
        int py = from_y + (2 * k * dy + (dy < 0 ? -steps : steps)) / (2 * steps);
        FA_TRY(fa__rows_pixel(rows, px, py));
    }
    return FA_OK;
}

/* Looks at the pen every `speed` pixels of curve and at the end of each stroke. A slow hand goes
 * through every pixel the curve touches, a fast one cuts the corners between them. */
static fa_status walk(fa__rows *rows, const drawing *d) {
    double due = 0;
    for (size_t i = 0; i < d->count; i++) {
        point p = d->points[i];
        bool last = i + 1 == d->count || d->points[i + 1].lift;
        if (!p.lift) {
            double dx = p.x - d->points[i - 1].x, dy = p.y - d->points[i - 1].y;
            double ax = dx < 0 ? -dx : dx, ay = dy < 0 ? -dy : dy;
            due -= ax > ay ? ax + 0.4 * ay : ay + 0.4 * ax; /* the length, within 8 percent */
        }
        if (!p.lift && !last && due > 0) continue;
        FA_TRY(draw_to(rows, (int)(p.x + 0.5), (int)(p.y + 0.5), p.lift));
        due = p.speed;
    }
    return fa__rows_end(rows);
}

/* ==== Public ================================================================================ */

typedef struct job {
    uint64_t seed;
    uint32_t split;
    int32_t *digits; /* [n] */
} job;

static fa_status draw_chunk(void *context, fa__rows *rows, size_t *steps, size_t first,
                            size_t end) {
    const job *j = context;
    for (size_t i = first; i < end; i++) {
        drawing d;
        int digit = start_sample(&d.rng, j->seed, j->split, i);
        const fa__glyph *glyph = pick_glyph(&d.rng, digit);
        size_t before = rows->count;
        take_glyph(&d, glyph);
        jitter(&d);
        shape(&d, glyph);
        smooth(&d);
        trim(&d);
        skip(&d);
        place(&d);
        FA_TRY(walk(rows, &d));
        steps[i] = rows->count - before;
        j->digits[i] = digit;
    }
    return FA_OK;
}

fa_status fa_strokes_synthesize(fa_dataset **out, size_t n, uint64_t seed, uint32_t split) {
    if (n < 1 || n > UINT32_MAX)
        return fa__fail(FA_E_ARGUMENT, "n must be 1..%" PRIu32 " digits to make, got %zu",
                        UINT32_MAX, n);
    job j = {seed, split, NULL};
    size_t *steps = NULL;
    fa_dataset *set = NULL;
    fa_status status;
    FA_CHECK(FA_NEW(j.digits, n));
    FA_CHECK(FA_NEW(steps, n));
    FA_CHECK(fa__rows_collect(&set, steps, n, draw_chunk, &j));
    set->labels.classes = j.digits;
    j.digits = NULL;
    *out = set;
done:
    fa__free(j.digits);
    fa__free(steps);
    return status;
}
