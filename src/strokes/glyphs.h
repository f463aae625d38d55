/* The ways the made-up digits are written: ten digits, several hands each. */
#ifndef FA_STROKES_GLYPHS_H
#define FA_STROKES_GLYPHS_H

#include <stddef.h>

enum {
    FA__GLYPH_POINTS = 20, /* most points of one glyph, lifts and end included */
    FA__GLYPH_LIFT = -1    /* x of an entry between two strokes; x = 0 ends the list */
};

/* A smooth curve runs through the points of each stroke; a point given twice is a corner. */
typedef struct fa__glyph {
    signed char digit;
    signed char width;   /* of the box, in hundredths of its height */
    signed char weight;  /* how often, among the glyphs of its digit */
    signed char reverse; /* how often, in hundredths, the strokes run from end to start */
    signed char swap;    /* how often, in hundredths, the last stroke comes first */
    signed char loop;    /* closed (one stroke): may start anywhere, so often in hundredths */
    signed char points[FA__GLYPH_POINTS][2]; /* x to the right, y down, in 1..99 of the box */
} fa__glyph;

extern const fa__glyph fa__glyphs[]; /* in order of digit, every digit 0..9 at least once */
extern const size_t fa__glyph_count;

#endif
