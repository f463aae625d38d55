/* The coarse labels that clusters lie within: what they are called, and how new data say theirs. */
#ifndef FA_MODEL_COARSE_H
#define FA_MODEL_COARSE_H

#include "data/dataset.h"

typedef struct fa__coarse {
    fa__names names;   /* [l] */
    fa__names classes; /* [m] where the labels were made of classes: the names of these, or their
                          numbers as text; else {0} */
    int32_t *label_of; /* [m] and their labels, 0..l-1; else NULL */
} fa__coarse;

fa_status fa__coarse_copy(fa__coarse *out, const fa__coarse *of);
void fa__coarse_free(fa__coarse *coarse);

/* Names of the classes of a data set that have these values [count], a number where it names none,
 * as a block. */
fa_status fa__coarse_class_names(fa__names *out, const fa_dataset *dataset, const int32_t *values,
                                 size_t count);

/* labels [n]: what a data set says, by name: its coarse labels, or its classes where the labels
 * were made of such. -1: it says none, or one that is not known here. */
fa_status fa__coarse_given(int32_t *labels, const fa__coarse *coarse, const fa_dataset *dataset);

/* In the place of those below 0 the label of the logits [n, c]. */
void fa__coarse_predict(int32_t *labels, const float *logits, size_t n, size_t c);

#endif
