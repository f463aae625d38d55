/* Views: a sample changed at random in what its class does not depend on. A policy is how samples
 * of one kind are changed: a file that defines one fa__policy, and its row in FA__POLICIES.
 *
 * What view v of sample i is in epoch e depends on (seed, e, i, v) alone.
 */
#ifndef FA_AUGMENT_AUGMENT_H
#define FA_AUGMENT_AUGMENT_H

#include "base/rng.h"
#include "data/dataset.h"

/* How far a view may go; 0 is off. Each is the recipe's key "views.NAME", with a meaning that its
 * policy gives it. */
typedef enum fa__range {
    FA__RANGE_ROTATION,
    FA__RANGE_SCALE,
    FA__RANGE_SHEAR,
    FA__RANGE_WARP,
    FA__RANGE_SHIFT,
    FA__RANGE_CROP,
    FA__RANGE_ASPECT,
    FA__RANGE_FLIP,
    FA__RANGE_LIFT,
    FA__RANGE_JOIN,
    FA__RANGE_TRIM,
    FA__RANGE_DROP,
    FA__RANGE_SPLIT,
    FA__RANGE_JITTER,
    FA__RANGE_REVERSE,
    FA__RANGE_REORDER,
    FA__RANGES
} fa__range;

/* Its name, "rotation". */
const char *fa__range_name(fa__range range);

typedef struct fa__policy fa__policy;

/* A policy with its ranges, on the data that it is for. */
typedef struct fa__views {
    const fa__policy *policy; /* NULL: samples stay as they are */
    size_t count;             /* rows that each sample has in a batch: 1 or 2 */
    uint64_t seed;
    double ranges[FA__RANGES];
    /* The network sees (x - shift[k]) * scale[k] of a value x of feature k (images: k = 0), so
     * shift is its 0 and 1 / scale its unit. Borrowed. */
    const float *shift, *scale;
} fa__views;

/* One view to be made. */
typedef struct fa__view_call {
    const fa__views *views;
    const fa_dataset *data;
    size_t sample, view;
    fa__rng rng;
} fa__view_call;

struct fa__policy {
    const char *name; /* the value of data.views */
    fa_kind kind;     /* FA_KIND_TEXT: the numbers of words */
    /* Whether these samples [n] of that kind can be changed so; NULL: all can. */
    fa_status (*check)(const fa_dataset *data, const size_t *samples, size_t n);
    /* Makes [*steps, features] in the data's own units; out has room for growth * (steps of the
     * sample) steps. 1 step where there is no time axis. */
    fa_status (*make)(float *out, size_t *steps, fa__view_call *call);
    size_t growth;
    const char *always; /* what it changes without any range; NULL: nothing */
    /* The ranges that it uses, what they are by default, the most they may be (above 0), and what a
     * sample is then, in a list of such words. */
    struct {
        fa__range range;
        double usual, most;
        const char *what;
    } ranges[FA__RANGES + 1];
};

/* The policies, each a value of data.views and the fa__policy_NAME of a file. */
#define FA__POLICIES(X)              X(strokes) X(images) X(photographs) X(series) X(text) X(vectors)
#define FA__POLICY_DECLARATION(name) extern const fa__policy fa__policy_##name;
FA__POLICIES(FA__POLICY_DECLARATION)

/* In the order of the list; NULL past the last. */
const fa__policy *fa__policy_at(size_t index);

/* A policy by name; NULL: none. */
const fa__policy *fa__policy_find(const char *name);

/* The policy for data whose owner says no more than their kind. */
const fa__policy *fa__policy_for(const fa_dataset *data);

/* Mirrors images and moves them by up to 4 pixels: data.augment = flip-crop. */
extern const fa__policy fa__policy_flip_crop;
/* And a square of half the shorter side is blotted out: data.augment = flip-crop-cutout. */
extern const fa__policy fa__policy_flip_crop_cutout;

/* Whether a policy is for data of this kind. */
bool fa__policy_takes(const fa__policy *policy, const fa_dataset *data);

/* What a training takes to be no matter of class, of all that is on: "data.views = images: turned,
 * ...". "" where samples stay as they are; of two views without a policy, that it is not known. */
void fa__views_text(char out[FA_PLAN_VIEWS], const fa__views *views);

/* Views that were made, one after the other. {0} at first; the memory is used again. */
typedef struct fa__made {
    float *values;
    size_t count, capacity; /* floats */
} fa__made;

void fa__made_free(fa__made *made);

/* Appends a view of a sample: *steps steps, which begin at made->values + *at. FA_E_NONFINITE where
 * it leaves the range of floats. */
fa_status fa__view_make(fa__made *made, size_t *at, size_t *steps, const fa__views *views,
                        const fa_dataset *data, size_t epoch, size_t sample, size_t view);

/* For policies: draws.c. */
double fa__view_range(const fa__view_call *call, fa__range range);
/* Uniform in [-most, most]. */
double fa__view_within(fa__view_call *call, double most);
bool fa__view_chance(fa__view_call *call, double probability);
/* Whether one of several is left out, by range drop; never the last of the `left` that remain where
 * none was kept before it. */
bool fa__view_drops(fa__view_call *call, size_t kept, size_t left);

#endif
