/* What the parts of a discovery share. */
#ifndef FA_DISCOVER_DISCOVER_H
#define FA_DISCOVER_DISCOVER_H

#include "discover/candidate.h"

#include <stdbool.h>

struct fa_discovery {
    fa_run *run;
    fa_candidate *candidates; /* [count] */
    size_t count, capacity;
    double *confidence;      /* [n] */
    const int32_t *clusters; /* [n] of the run */
    size_t n;
    char why[1024];
};

/* One discovery at work. */
typedef struct fa__search {
    fa_discovery *found;
    const fa_discover_options *options;
    const fa_dataset *data;
    fa_recipe *recipe;    /* of the training in hand */
    const char *training; /* its name in the table */
    bool input;           /* the input itself may be chosen: it makes rows of one width */
    size_t input_layer; /* that makes the input such rows; 0: it is them (fa__model_input_layer) */
    size_t layer_below; /* the target layer, of one vector a sample; 0: there is none trained */
    const int32_t *clusters; /* [samples] that the training in hand tells apart; NULL: none */
    const fa_model *start;   /* and whose weights it starts from; NULL: it starts anew */
    bool labels;             /* there are coarse labels: clusters lie within them */
    double
        commonest; /* share of the rows that are judged which have the commonest of them; 0: none */
} fa__search;

/* ==== Options ==== */

/* Whether they are in their ranges; and whether all ranks were given the same, but for the recipe
 * and the data, which trainings compare. */
fa_status fa__options_check(const fa_discover_options *o, const fa_dataset *data);
fa_status fa__options_same(const fa_discover_options *o);

/* ==== Recipes ==== */

/* What a network is trained by, with labels or as an autoencoder: the coarse task alone; L_multi; it
 * or L_information with hold, by views or by neighbours; InfoNCE with neighbours. */
typedef enum fa__training {
    FA__PLAIN,
    FA__MULTI,
    FA__HELD,
    FA__INFORMATION,
    FA__NEIGHBOURS,
    FA__TRAININGS
} fa__training;

/* Its name: "plain", "multi", "held", "information", "neighbours". */
const char *fa__training_name(fa__training training);

/* The one that suits data. */
fa__training fa__training_for(const fa_dataset *data, bool label_free);

/* The recipe of a training with the options' settings over it; NULL: of the one that suits. */
fa_status fa__discover_recipe(fa_recipe **out, const fa_dataset *data, const fa_discover_options *o,
                              const fa__training *training);

/* Sets it in a recipe; width: units of the target layer of a held one. epochs 0: by the data. */
fa_status fa__suggest(fa_recipe *recipe, const fa_dataset *data, fa__training training,
                      bool label_free, size_t width, size_t epochs);

/* Whether a recipe is FA__PLAIN's of images in colour, as fa__suggest sets it; and what tells its
 * clusters apart, `units` at most in each of `labels` coarse labels, and clusters its target layer's
 * place, `layer` counted from 1. */
bool fa__is_of_photographs(const fa_recipe *recipe, const fa_dataset *data);
fa_status fa__suggest_clusters(fa_recipe *recipe, const fa_dataset *data, size_t layer,
                               size_t labels, size_t units);

/* Whether a recipe is FA__NEIGHBOURS' of features, columns of one unit, as fa__suggest sets it; what makes of it
 * a network of the labels alone, for half the rows; and one with a wide layer below a target of `width`
 * units, held by neighbours. epochs 0: by the data. */
bool fa__is_map_of_features(const fa_recipe *recipe, const fa_dataset *data);
fa_status fa__suggest_half(fa_recipe *recipe, const fa_dataset *data, size_t epochs);
fa_status fa__suggest_wide(fa_recipe *recipe, const fa_dataset *data, size_t width, size_t epochs);

/* ==== Forms of the input ==== */

typedef struct fa__input_form {
    const char *name;
    fa_transform_kind kind;
} fa__input_form;

extern const char fa__input_space[], fa__unit_space[], fa__standard_space[];
extern const fa__input_form fa__forms[FA__FORMS];

/* Of rows of d columns, where there are k clusters; 0: the transform has none. */
size_t fa__form_components(fa_transform_kind kind, size_t k, size_t d);

/* d 0: the input is too wide for this form. */
fa_status fa__form_of_input(fa__rows *made, const fa__rows *raw, const fa__judged *judged,
                            size_t form);

/* ==== Steps ==== */

extern const char fa__target_space[], fa__below_space[]; /* "target", "below" */

fa_status fa__set_number(fa_recipe *recipe, const char *key, uint64_t value);

/* Adds an empty row; *out is valid until the next. */
fa_status fa__candidate_add(fa_candidate **out, fa_discovery *found);

/* Trains by the recipe in hand with a seed; label stands before what is told of it. */
fa_status fa__discover_train(fa_run **out, fa__search *search, uint64_t seed, const char *folder,
                             const char *label);

/* The same after the first, in memory: one that was stopped is FA_E_STOPPED, said as `stopped`. */
fa_status fa__discover_train_more(fa_run **out, fa__search *search, uint64_t seed,
                                  const char *label, const char *stopped);

/* Tries settings of L_multi, a row each, and sets the best one in the recipe. */
fa_status fa__search_settings(fa__search *search);

/* "plain,multi": in the order of the list, each once. */
fa_status fa__methods_read(fa__training out[FA__TRAININGS], size_t *count, const char *list);

/* Trains each of options->methods by two seeds, two rows of the table each, and takes the recipe of
 * the one whose target layer agrees best. */
fa_status fa__compare_methods(fa__search *search);

/* Adds a space over all rows and within labels; those that the user does not cluster by are there to
 * compare. */
fa_status fa__judge_space(fa__search *search, fa__judged *judged, const fa__rows *rows,
                          const fa_candidate *as);

/* A layer of a run (0: its target layer) in the space that the recipe clusters; other: by another
 * seed; NULL: none. */
fa_status fa__rows_of_layer(fa__rows *rows, const fa__search *search, const fa__judged *judged,
                            fa_run *run, fa_run *other, size_t layer);

/* fa__judge_space of a layer of a run (0: its target layer). other: by another seed; NULL: none. */
fa_status fa__judge_layer(fa__search *search, fa__judged *judged, fa_run *run, fa_run *other,
                          size_t layer, const char *name);

/* seeds.c: the network of found->run trained by other seeds, too, as options->trainings says; *other: one of
 * them, *seed: that of found->run, which may be another one now, in its folder, too. */
fa_status fa__discover_seeds(fa__search *search, fa_run **other, uint64_t *seed);

/* Rows of the table more: a layer of found->run as s->training made it, which is what is taken now. */
fa_status fa__candidates_take(fa__search *search, fa__judged *judged, size_t layer,
                              const char *space);

/* fa__judged_consistency of all that were judged, the last rows of the table. */
fa_status fa__judge_consistency(fa__search *search, const fa__judged *judged);

/* Where the user clusters these rows. */
fa_within fa__judged_within(const fa__search *search, const fa__judged *judged);

/* The rows of a run as they are judged; close them also on failure. */
fa_status fa__discover_judged(fa__judged *judged, const fa__search *search, fa_run *run);

/* again.c: the network of found->run, as FA__PLAIN taught it on images in colour, trained again on its own
 * clusters, which lie within labels, as often as options->trainings says; one row of the table more, and
 * written in its place. */
fa_status fa__discover_again(fa__search *search, fa__judged *judged, uint64_t seed);

/* wide.c: where features are held by a map (fa__wide_suits), and near rows of a layer that one half of the
 * rows taught tell more of the labels than those of the input do: found->run is a network with a wide layer,
 * held by neighbours, which is clustered; one row of the table more, and written in its place. */
bool fa__wide_suits(const fa__search *search, const fa__judged *judged);
fa_status fa__discover_wide(fa__search *search, fa__judged *judged, uint64_t seed);

/* candidates.csv. */
fa_status fa__candidates_write(const fa_discovery *found, const char *folder);

#endif
