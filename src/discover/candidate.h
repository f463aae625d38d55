/* Spaces judged by what needs no hidden classes. */
#ifndef FA_DISCOVER_CANDIDATE_H
#define FA_DISCOVER_CANDIDATE_H

#include "base/status.h"

#include <stdbool.h>

/* Rows that candidates are judged on, at most FA__JUDGED of them, spread evenly. */
enum { FA__JUDGED = 5000, FA__JUDGED_VIEWS = 2000, FA__FORMS = 4, FA__NEAREST = 5 };
typedef struct fa__judged {
    fa_dataset *samples; /* [n] */
    fa_dataset *views;   /* [2 m] of the first m rows, one beside the other; NULL: none */
    size_t n, m, l, k;   /* rows, those with views, labels (0: over all rows alone), clusters */
    size_t *k_of;        /* [l] of each label; NULL: k is shared out in each space */
    int32_t *labels;     /* [n] 0..l-1, -1: none; NULL: there are none */
    int32_t *classes;    /* [n] hidden ones, for fa_candidate.ami alone; NULL: not known */
    uint64_t seed;
    int32_t *nearest[FA__FORMS]; /* [n, FA__NEAREST] of each row in a form of the input */
    size_t forms;                /* of which there are */
    int32_t *told;               /* [count, n] clusters, as the candidates were judged */
    size_t count, capacity;
} fa__judged;

/* Of the rows [n] of a run: their samples in data (NULL: row i is sample i), coarse labels and
 * classes (NULL: there are none). k and seed are set before. */
fa_status fa__judged_open(fa__judged *judged, const fa_dataset *data, size_t n,
                          const int32_t *samples, const int32_t *labels, const int32_t *classes);
void fa__judged_close(fa__judged *judged);

/* One space as rows: those that are judged [n, d], by another seed [n, other_d] and their views
 * [2 m, d]; NULL: there are none. */
typedef struct fa__rows {
    size_t d, other_d; /* seeds may differ in how many components they keep */
    float *x, *other, *views;
} fa__rows;
void fa__rows_free(fa__rows *rows);

/* The input: pixels, values, steps or words (fa_dataset_matrix), or what the model makes of it before
 * anything is trained (fa__model_input_layer; model NULL: none); or a layer of a model (0: its target
 * layer), and of one that was trained by another seed (NULL: none). Views where rows of them have
 * the same width. */
fa_status fa__rows_of_input(fa__rows *rows, const fa__judged *judged, const fa_model *model);
fa_status fa__rows_of_model(fa__rows *rows, const fa__judged *judged, const fa_model *model,
                            const fa_model *other, size_t layer);

/* The same rows in the space of a transform that is fitted to them, each seed by itself. */
fa_status fa__rows_transform(fa__rows *out, const fa__rows *of, const fa__judged *judged,
                             fa_transform_kind kind, size_t components);

/* Fills in agreement, views, silhouette, stability and ami by candidate->within. */
fa_status fa__candidate_judge(fa_candidate *candidate, fa__judged *judged, const fa__rows *rows);

/* Adds a form of the input by which it is told which rows are near; labels: of one label (NULL: of
 * all). */
fa_status fa__judged_nearest(fa__judged *judged, const fa__rows *form, const int32_t *labels);

/* The share of the rows whose label most of their FA__NEAREST nearest rows have. NaN without labels. */
fa_status fa__judged_vote(double *out, const fa__judged *judged, const fa__rows *rows);

/* The same of rows x [n, d] with labels [n], below 0: none. */
fa_status fa__vote_of(double *out, const float *x, size_t n, size_t d, const int32_t *labels);

/* Fills in the consistency of the candidates [count] that were judged, by all forms; NaN of those that
 * cluster elsewhere than the nearest were looked for. */
fa_status fa__judged_consistency(fa_candidate *candidates, const fa__judged *judged,
                                 fa_within within);

#endif
