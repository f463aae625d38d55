/* Shapes of samples between layers. */
#include "nn/layer.h"

#include <stdio.h>

fa__shape fa__shape_vector(size_t features) {
    return (fa__shape){.form = FA__VECTOR, .features = features};
}

fa__shape fa__shape_series(size_t features) {
    return (fa__shape){.form = FA__SERIES, .features = features};
}

bool fa__shape_equal(const fa__shape *a, const fa__shape *b) {
    return a->form == b->form && a->features == b->features && a->height == b->height &&
           a->width == b->width && a->channels == b->channels && a->vocabulary == b->vocabulary;
}

const char *fa__shape_text(char out[FA__SHAPE_TEXT], const fa__shape *shape) {
    const char *s = shape->features == 1 ? "" : "s";
    if (shape->form == FA__IMAGE)
        snprintf(out, FA__SHAPE_TEXT, "images of %zu x %zu pixels, %zu channel%s", shape->height,
                 shape->width, shape->channels, shape->channels == 1 ? "" : "s");
    else if (shape->vocabulary > 0)
        snprintf(out, FA__SHAPE_TEXT, "text of %zu different tokens", shape->vocabulary);
    else
        snprintf(out, FA__SHAPE_TEXT, "%s of %zu feature%s",
                 shape->form == FA__SERIES ? "series" : "vectors", shape->features, s);
    return out;
}
