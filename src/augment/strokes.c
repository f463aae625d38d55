/* Views of pen strokes (docs/strokes.md): as another hand might have drawn the same. They are
 * changed as points of the plane, and written down as moves again. */
#include "augment/affine.h"

#include "base/memory.h"

#include <math.h>

enum { COLUMNS = 4 }; /* dx dy eos eod */

/* ==== Reading ==== */

typedef struct stroke {
    size_t from, count; /* points */
} stroke;

typedef struct drawing {
    double (*points)[2]; /* absolute */
    stroke *strokes;     /* of any number of points, also none; room for one more */
    size_t n_points, n_strokes;
} drawing;

/* What is wrong with a line; NULL: nothing. */
static const char *fault(const float *line, bool last) {
    bool lift = line[2] == 1;
    if ((!lift && line[2] != 0) || (line[3] != 1 && line[3] != 0))
        return "eos and eod must be 0 or 1";
    if (lift && (line[0] != 0 || line[1] != 0)) return "a line with eos must not move the pen";
    if ((line[3] == 1) != last || (last && !lift))
        return "the last line, and no other, must have eod, and eos with it";
    return NULL;
}

static fa_status check(const fa_dataset *data, const size_t *samples, size_t n) {
    if (data->features != COLUMNS)
        return fa__fail(FA_E_RECIPE,
                        "data.views = strokes takes lines of dx dy eos eod, the data have %zu "
                        "features; series works",
                        data->features);
    for (size_t i = 0; i < n; i++) {
        size_t end = data->values.offsets[samples[i] + 1], from = data->values.offsets[samples[i]];
        for (size_t t = from; t < end; t++) {
            const char *wrong = fault(data->values.numbers + t * COLUMNS, t + 1 == end);
            if (wrong != NULL)
                return fa__fail(FA_E_RECIPE,
                                "data.views = strokes takes lines of dx dy eos eod; sample %zu, "
                                "line %zu: %s; series works",
                                samples[i], t - from, wrong);
        }
    }
    return FA_OK;
}

static void read_strokes(drawing *d, const float *lines, size_t steps) {
    double x = 0, y = 0;
    size_t from = 0;
    for (size_t t = 0; t < steps; t++) {
        const float *line = lines + t * COLUMNS;
        if (line[2] == 1) {
            d->strokes[d->n_strokes++] = (stroke){from, d->n_points - from};
            from = d->n_points;
            continue;
        }
        x += (double)line[0];
        y += (double)line[1];
        d->points[d->n_points][0] = x;
        d->points[d->n_points++][1] = y;
    }
}

/* ==== Changing ==== */

static void bend(drawing *d, fa__view_call *call) {
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL}, centre[2] = {0};
    for (size_t i = 0; i < d->n_points; i++)
        for (size_t axis = 0; axis < 2; axis++) {
            double at = d->points[i][axis];
            low[axis] = fmin(low[axis], at), high[axis] = fmax(high[axis], at);
            centre[axis] += at / (double)d->n_points;
        }
    fa__bend by =
        fa__bend_draw(call, centre[0], centre[1], fmax(high[0] - low[0], high[1] - low[1]));
    for (size_t i = 0; i < d->n_points; i++)
        fa__bend_apply(&d->points[i][0], &d->points[i][1], &by);
}

/* Leaves out one of several strokes if its share of the points is below a drawn one: a short branch
 * or loop that one hand adds and another does not. */
static void leave_out(drawing *d, fa__view_call *call) {
    double most = fa__view_range(call, FA__RANGE_CROP);
    if (d->n_strokes < 2 || !(most > 0)) return;
    size_t s = (size_t)fa__rng_below(&call->rng, d->n_strokes);
    double share = most * fa__rng_uniform(&call->rng);
    if ((double)d->strokes[s].count > share * (double)d->n_points) return;
    d->n_strokes--;
    for (size_t i = s; i < d->n_strokes; i++) d->strokes[i] = d->strokes[i + 1];
}

/* Parts the stroke that holds an inner point, of all inner points one. */
static void lift(drawing *d, fa__view_call *call) {
    size_t inner = 0, s = 0;
    bool wanted = fa__view_chance(call, fa__view_range(call, FA__RANGE_LIFT));
    for (size_t i = 0; i < d->n_strokes; i++)
        inner += d->strokes[i].count > 1 ? d->strokes[i].count - 1 : 0;
    if (!wanted || inner == 0) return;
    size_t at = (size_t)fa__rng_below(&call->rng, inner);
    for (;; s++) {
        size_t here = d->strokes[s].count > 1 ? d->strokes[s].count - 1 : 0;
        if (at < here) break;
        at -= here;
    }
    for (size_t i = d->n_strokes++; i > s; i--) d->strokes[i] = d->strokes[i - 1];
    d->strokes[s].count = at + 1;
    d->strokes[s + 1].from += at + 1;
    d->strokes[s + 1].count -= at + 1;
}

/* Makes one of two strokes that follow each other. */
static void join(drawing *d, fa__view_call *call) {
    bool wanted = fa__view_chance(call, fa__view_range(call, FA__RANGE_JOIN));
    if (!wanted || d->n_strokes < 2) return;
    size_t s = (size_t)fa__rng_below(&call->rng, d->n_strokes - 1);
    d->strokes[s].count += d->strokes[s + 1].count;
    d->n_strokes--;
    for (size_t i = s + 1; i < d->n_strokes; i++) d->strokes[i] = d->strokes[i + 1];
}

/* Shortens strokes at both ends, long ones only. */
static void trim(drawing *d, fa__view_call *call) {
    size_t most = (size_t)fa__view_range(call, FA__RANGE_TRIM);
    for (size_t i = 0; i < d->n_strokes; i++) {
        size_t first = (size_t)fa__rng_below(&call->rng, most + 1);
        size_t last = (size_t)fa__rng_below(&call->rng, most + 1);
        if (d->strokes[i].count <= 2 * most + 4) continue;
        d->strokes[i].from += first;
        d->strokes[i].count -= first + last;
    }
}

static void reverse(drawing *d, fa__view_call *call) {
    for (size_t i = 0; i < d->n_strokes; i++) {
        if (!fa__view_chance(call, fa__view_range(call, FA__RANGE_REVERSE))) continue;
        double(*a)[2] = d->points + d->strokes[i].from, (*b)[2] = a + d->strokes[i].count;
        for (; a < b && a < --b; a++)
            for (size_t axis = 0; axis < 2; axis++) {
                double kept = (*a)[axis];
                (*a)[axis] = (*b)[axis];
                (*b)[axis] = kept;
            }
    }
}

static void reorder(drawing *d, fa__view_call *call) {
    if (!fa__view_chance(call, fa__view_range(call, FA__RANGE_REORDER))) return;
    for (size_t i = d->n_strokes; i > 1; i--) {
        size_t j = (size_t)fa__rng_below(&call->rng, i);
        stroke kept = d->strokes[i - 1];
        d->strokes[i - 1] = d->strokes[j];
        d->strokes[j] = kept;
    }
}

/* ==== Writing ==== */

typedef struct pen {
    float *to;
    size_t lines;
    double at[2];
} pen;

static void write_line(pen *p, double dx, double dy, float eos, float eod) {
    float *line = p->to + p->lines++ * COLUMNS;
    line[0] = (float)dx, line[1] = (float)dy, line[2] = eos, line[3] = eod;
}

static void draw_to(pen *p, double x, double y) {
    write_line(p, x - p->at[0], y - p->at[1], 0, 0);
    p->at[0] = x, p->at[1] = y;
}

static void write_stroke(pen *p, const drawing *d, const stroke *s, fa__view_call *call) {
    double jitter = fa__view_range(call, FA__RANGE_JITTER);
    for (size_t i = 0, kept = 0; i < s->count; i++) {
        double x = d->points[s->from + i][0], y = d->points[s->from + i][1];
        bool parted = fa__view_chance(call, fa__view_range(call, FA__RANGE_SPLIT));
        if (fa__view_drops(call, kept, s->count - i)) continue;
        if (jitter > 0) {
            x += jitter * fa__rng_normal(&call->rng);
            y += jitter * fa__rng_normal(&call->rng);
        }
        if (parted && kept > 0) draw_to(p, (p->at[0] + x) / 2, (p->at[1] + y) / 2);
        draw_to(p, x, y);
        kept++;
    }
}

static fa_status make(float *out, size_t *steps, fa__view_call *call) {
    fa_status status = FA_OK;
    size_t from = call->data->values.offsets[call->sample];
    size_t given = call->data->values.offsets[call->sample + 1] - from;
    drawing d = {0};
    pen p = {.to = out};
    FA_CHECK(FA_NEW(d.points, given));
    FA_CHECK(FA_NEW(d.strokes, given + 1));
    read_strokes(&d, call->data->values.numbers + from * COLUMNS, given);
    bend(&d, call);
    leave_out(&d, call);
    lift(&d, call);
    join(&d, call);
    trim(&d, call);
    if (call->view > 0) {
        reverse(&d, call);
        reorder(&d, call);
    }
    for (size_t i = 0; i < d.n_strokes; i++) {
        write_stroke(&p, &d, &d.strokes[i], call);
        write_line(&p, 0, 0, 1, i + 1 == d.n_strokes);
    }
    *steps = p.lines;
done:
    fa__free(d.points);
    fa__free(d.strokes);
    return status;
}

const fa__policy fa__policy_strokes = {
    .name = "strokes",
    .kind = FA_KIND_SERIES,
    .check = check,
    .make = make,
    .growth = 2, /* split; a lift takes the room of a line with eos, which is never doubled */
    .ranges = {{FA__RANGE_ROTATION, 15, 180, "turned"},
               {FA__RANGE_SCALE, 0.2, 3, "stretched"},
               {FA__RANGE_SHEAR, 0.3, 3, "sheared"},
               {FA__RANGE_WARP, 1, 1e6, "bent"},
               {FA__RANGE_SHIFT, 1, 1e6, "moved"},
               {FA__RANGE_CROP, 0.5, 0.99, "without a short stroke"},
               {FA__RANGE_LIFT, 0.4, 1, "a stroke parted"},
               {FA__RANGE_JOIN, 0.4, 1, "two strokes joined"},
               {FA__RANGE_TRIM, 2, 1e6, "ends cut off"},
               {FA__RANGE_DROP, 0.1, 1, "points left out"},
               {FA__RANGE_SPLIT, 0.1, 1, "points added"},
               {FA__RANGE_JITTER, 0.1, 1e6, "points shaken"},
               {FA__RANGE_REVERSE, 0.5, 1, "strokes drawn backwards"},
               {FA__RANGE_REORDER, 0.5, 1, "strokes in another order"}}};
