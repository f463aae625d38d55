/* The page: HTML that needs nothing but itself. */
#ifndef FA_REPORT_PAGE_H
#define FA_REPORT_PAGE_H

#include "report/figure.h"

typedef struct fa__page {
    const char *path;
    const fa__figures *figures;  /* views and sweeps too */
    bool drawn[FA_FIGURES];      /* those whose pictures are of these runs */
    const char *without_figures; /* why pictures are missing; "" */
    size_t warnings;             /* set by fa__page_write */
} fa__page;

fa_status fa__page_write(fa__page *page);

/* page_figures.c: the pictures that are there, with their captions. */
fa_status fa__page_figures(fa__writer *to, const fa__page *page);
/* page_compare.c */
fa_status fa__page_compare(fa__writer *to, fa__page *page);

/* ==== The parts; each in the file of its name ==== */

/* html.c: text with what HTML gives a meaning escaped; bytes that are no UTF-8 become U+FFFD. */
void fa__html(fa__writer *to, const char *text);
void fa__html_bytes(fa__writer *to, const char *text, size_t size);
void fa__base64(fa__writer *to, const unsigned char *bytes, size_t size);
void fa__html_head(fa__writer *to, const char *title);
/* That of a page with a script, and more style, of its own. */
void fa__html_head_scripted(fa__writer *to, const char *title, const char *more, size_t size);

/* page_warnings.c: the warnings on a run in a box under a heading (NULL: none), nothing where there
 * are none; against: a plain run, or NULL. Returns how many. */
size_t fa__page_warnings(fa__writer *to, const fa__view *view, const fa__view *against,
                         const char *heading);
/* Whether a run was trained without a component. */
bool fa__is_plain(const fa__view *view);

/* page_clusters.c: the clusters, what they hold, and their exemplars. */
fa_status fa__page_clusters(fa__writer *to, const fa__view *view);

/* draw.c: sample i of a data set as what it is: strokes, a picture, text, lines, or bars.
 * FA_E_NOMEM. */
fa_status fa__draw(fa__writer *to, const fa_dataset *data, size_t i);

/* png.c: an image as a PNG data URI. channels 1 or 3. FA_E_NOMEM; FA_E_UNAVAILABLE without libpng.
 */
bool fa__png_is_there(void);
fa_status fa__png(fa__writer *to, const uint8_t *pixels, size_t height, size_t width,
                  size_t channels);

/* The table of a discovery, where the run is of one. */
fa_status fa__page_candidates(fa__writer *to, const char *folder);

#endif
