/* The components of the objective: what loss.kind may add to the task.
 *
 * A component is a file component_NAME.c that defines fa__component_NAME, and its row in
 * recipe/components.h. */
#ifndef FA_TRAIN_COMPONENT_H
#define FA_TRAIN_COMPONENT_H

#include "recipe/components.h"
#include "train/objective.h"

/* What a component works on, and so whose gradient it gives. */
typedef enum fa__needs {
    FA__NEEDS_OUTPUTS = 1,  /* the target layer's h: writes d_h */
    FA__NEEDS_WEIGHTS = 2,  /* its w: writes d_w */
    FA__NEEDS_LOGITS = 4,   /* adds to d_logits, by to_logits; a reconstruction has none */
    FA__NEEDS_PAIRS = 8,    /* positive pairs, without which it is nothing */
    FA__NEEDS_CLUSTERS = 16 /* clusters of the samples, and a layer that has units for them */
} fa__needs;

struct fa__component {
    unsigned needs;
    /* Whether it can be trained so; NULL: on any network. FA_E_RECIPE names the keys. */
    fa_status (*check)(const fa__objective *objective, const fa__network *network);
    /* The value before its weight, and the gradients that it gives, before it too. */
    fa_status (*eval)(double *value, const fa__objective *objective, const fa__gathered *at);
    void (*to_logits)(const fa__gathered *at, double weight); /* adds to d_logits; or NULL */
    /* Share of its pairs inside the margin; NULL: it has none. */
    fa_status (*active_pairs)(double *share, const fa__objective *objective,
                              const fa__gathered *at);
};

#define FA__AS_COMPONENT(name, text) extern const fa__component fa__component_##name;
FA__COMPONENTS(FA__AS_COMPONENT)
#undef FA__AS_COMPONENT

/* The component of a word's place among those of loss.kind. */
const fa__component *fa__component_at(int choice);

/* active_pairs.c: fa_loss_active_pairs of at most FA__PAIR_ROWS of n rows, spread evenly. */
fa_status fa__active_pairs(double *share, const float *rows, size_t n, size_t d,
                           const int32_t *labels, const fa_loss_options *options);

#endif
