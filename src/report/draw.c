/* One sample as what it is: strokes, a picture, text, lines over time, or bars. */
#include "report/page.h"

#include "base/memory.h"

#include <math.h>

enum {
    SIDE = 56,       /* of a drawing, in CSS pixels */
    LINES_MAX = 6,   /* features of a series that are drawn */
    STEPS_MAX = 120, /* points of a line */
    TEXT_MAX = 240,  /* bytes of a text */
    BARS_MAX = 64,   /* values of a vector */
    PICTURE_MAX = 64 /* side of a picture; larger ones are thinned */
};

/* ==== Strokes ==== */

/* The four columns of docs/strokes.md: two moves, then two marks of 0 or 1. */
static bool is_strokes(const fa_dataset *data, const float *x, size_t steps) {
    if (fa_dataset_features(data) != 4 || steps < 2) return false;
    for (size_t t = 0; t < steps; t++)
        for (size_t c = 2; c < 4; c++)
            if (x[t * 4 + c] != 0 && x[t * 4 + c] != 1) return false;
    return x[steps * 4 - 1] == 1 && x[3] == 0;
}

/* Points are sums of moves; a line with eos ends a stroke and moves nothing. A stroke of one point
 * is drawn as a short line, or nothing would be seen. */
static void draw_strokes(fa__writer *to, const float *x, size_t steps) {
    double px = 0, py = 0, low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL};
    for (size_t t = 0; t < steps; t++) {
        px += (double)x[t * 4];
        py += (double)x[t * 4 + 1];
        if (x[t * 4 + 2] == 1) continue;
        low[0] = fmin(low[0], px), high[0] = fmax(high[0], px);
        low[1] = fmin(low[1], py), high[1] = fmax(high[1], py);
    }
    double size = fmax(fmax(high[0] - low[0], high[1] - low[1]), 1) * 1.16;
    double left = (low[0] + high[0] - size) / 2, top = (low[1] + high[1] - size) / 2;
    double scale = SIDE / size;
    bool down = false;
    px = py = 0;
    fa__writer_print(to,
                     "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                     "aria-label=\"pen strokes\">",
                     SIDE, SIDE, SIDE, SIDE);
    for (size_t t = 0; t < steps; t++) {
        px += (double)x[t * 4];
        py += (double)x[t * 4 + 1];
        double sx = (px - left) * scale, sy = (py - top) * scale;
        if (x[t * 4 + 2] == 1) {
            if (down) fa__writer_print(to, "\"/>");
            down = false;
        } else if (!down) {
            fa__writer_print(to, "<polyline points=\"%.1f,%.1f %.1f,%.1f", sx, sy, sx + 0.1, sy);
            down = true;
        } else {
            fa__writer_print(to, " %.1f,%.1f", sx, sy);
        }
    }
    fa__writer_print(to, "%s</svg>", down ? "\"/>" : "");
}

/* ==== Series and vectors ==== */

static void range_of(double *low, double *high, const float *x, size_t count, size_t stride) {
    *low = HUGE_VAL, *high = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        *low = fmin(*low, (double)x[i * stride]);
        *high = fmax(*high, (double)x[i * stride]);
    }
    if (!(*high > *low)) *high = *low + 1;
}

/* A line for each of the first features, one above the other, each on its own range. */
static void draw_lines(fa__writer *to, const float *x, size_t steps, size_t features) {
    size_t shown = features < LINES_MAX ? features : LINES_MAX;
    size_t points = steps < STEPS_MAX ? steps : STEPS_MAX;
    double strip = (double)SIDE / (double)shown;
    fa__writer_print(to,
                     "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                     "aria-label=\"%zu of %zu features over %zu steps\">",
                     2 * SIDE, SIDE, 2 * SIDE, SIDE, shown, features, steps);
    for (size_t f = 0; f < shown; f++) {
        double low, high;
        range_of(&low, &high, x + f, steps, features);
        fa__writer_print(to, "<polyline points=\"");
        for (size_t i = 0; i < points; i++) {
            size_t t = points > 1 ? i * (steps - 1) / (points - 1) : 0;
            double part = ((double)x[t * features + f] - low) / (high - low);
            fa__writer_print(to, "%s%.1f,%.1f", i > 0 ? " " : "",
                             points > 1 ? (double)(2 * SIDE * i) / (double)(points - 1) : SIDE,
                             ((double)f + 0.95 - 0.9 * part) * strip);
        }
        fa__writer_print(to, "\"/>");
    }
    fa__writer_print(to, "</svg>");
}

/* The values of a vector as bars from their own zero. */
static void draw_bars(fa__writer *to, const float *x, size_t features) {
    size_t shown = features < BARS_MAX ? features : BARS_MAX;
    double low, high, width = 2.0 * SIDE / (double)shown;
    range_of(&low, &high, x, shown, 1);
    low = fmin(low, 0), high = fmax(high, 0);
    double scale = SIDE / (high - low), zero = high * scale;
    fa__writer_print(to,
                     "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                     "aria-label=\"%zu of %zu values\" fill=\"currentColor\">",
                     2 * SIDE, SIDE, 2 * SIDE, SIDE, shown, features);
    for (size_t i = 0; i < shown; i++) {
        double height = fabs((double)x[i]) * scale;
        fa__writer_print(to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                         (double)i * width, x[i] > 0 ? zero - height : zero,
                         width > 2 ? width - 1 : width, height);
    }
    fa__writer_print(to, "</svg>");
}

/* ==== Pictures ==== */

/* Every step-th pixel of the first channel, or of the first three. */
static fa_status draw_picture(fa__writer *to, const uint8_t *x, size_t height, size_t width,
                              size_t channels) {
    size_t larger = height > width ? height : width,
           step = (larger + PICTURE_MAX - 1) / PICTURE_MAX;
    size_t rows = (height + step - 1) / step, columns = (width + step - 1) / step;
    size_t kept = channels == 3 ? 3 : 1;
    uint8_t *small;
    if (!fa__png_is_there()) {
        fa__writer_print(to,
                         "<div class=\"said\">%zu x %zu pixels; this build has no libpng "
                         "(libpng-dev) to show them</div>",
                         height, width);
        return FA_OK;
    }
    FA_TRY(FA_NEW(small, rows * columns * kept));
    for (size_t y = 0; y < rows; y++)
        for (size_t u = 0; u < columns; u++)
            for (size_t c = 0; c < kept; c++)
                small[(y * columns + u) * kept + c] =
                    x[(y * step * width + u * step) * channels + c];
    fa__writer_print(to, "<img class=\"pixels\" width=\"%d\" height=\"%d\" alt=\"\" src=\"",
                     width >= height ? SIDE : (int)(SIDE * width / height),
                     height >= width ? SIDE : (int)(SIDE * height / width));
    fa_status status = fa__png(to, small, rows, columns, kept);
    fa__writer_print(to, "\">");
    fa__free(small);
    return status;
}

/* ==== Texts ==== */

/* The start of a text, cut between two characters. */
static void draw_text(fa__writer *to, const char *text, size_t size) {
    size_t shown = size < TEXT_MAX ? size : TEXT_MAX;
    while (shown < size && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80) shown--;
    fa__writer_print(to, "<div class=\"said\">");
    fa__html_bytes(to, text, shown);
    fa__writer_print(to, "%s</div>", shown < size ? " ..." : "");
}

fa_status fa__draw(fa__writer *to, const fa_dataset *data, size_t i) {
    size_t steps, size, height, width, channels, features = fa_dataset_features(data);
    const uint8_t *image = fa_dataset_image(data, i, &height, &width, &channels);
    if (image != NULL) return draw_picture(to, image, height, width, channels);
    const char *text = fa_dataset_text(data, i, &size);
    if (text != NULL) {
        draw_text(to, text, size);
        return FA_OK;
    }
    const float *vector = fa_dataset_vector(data, i);
    if (vector != NULL) draw_bars(to, vector, features);
    const float *series = fa_dataset_series(data, i, &steps);
    if (series == NULL) return FA_OK;
    if (is_strokes(data, series, steps))
        draw_strokes(to, series, steps);
    else if (steps == 1)
        draw_bars(to, series, features);
    else
        draw_lines(to, series, steps, features);
    return FA_OK;
}
