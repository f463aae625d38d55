/* A layer: what it is, what it makes of a shard, and its gradient. New layers are one file and one
 * row in network.c.
 *
 * Letters: n samples of the shard, S packed rows of its series (n where there is no time axis).
 */
#ifndef FA_NN_LAYER_H
#define FA_NN_LAYER_H

#include "base/rng.h"
#include "engine/engine.h"

/* What one sample looks like between two layers. */
typedef enum fa__form {
    FA__VECTOR = 1, /* [features] */
    FA__SERIES = 2, /* [steps, features], as many steps as the sample has */
    FA__IMAGE = 4   /* [height, width, channels]; features is their product */
} fa__form;         /* bits, so that a layer can take several */

typedef struct fa__shape {
    fa__form form;
    size_t features;
    size_t height, width, channels; /* images */
    size_t vocabulary; /* > 0: a series of token ids below it, one a step, each as a float */
} fa__shape;

fa__shape fa__shape_vector(size_t features);
fa__shape fa__shape_series(size_t features);
bool fa__shape_equal(const fa__shape *a, const fa__shape *b);

/* "vectors of 64 features", "series of 4 features", ...; for messages and models. Returns out. */
enum { FA__SHAPE_TEXT = 96 };
const char *fa__shape_text(char out[FA__SHAPE_TEXT], const fa__shape *shape);

/* The values of all samples of a shard between two layers: [total, features]. Series are packed by
 * time, longest first (fa__lstm_shape in engine.h); without a time axis rows is NULL and total is
 * samples. */
typedef struct fa__activation {
    size_t samples, total, steps;
    const size_t *rows;
    size_t features; /* floats of a row; more than the shape's where an engine's own layout pads */
    float *values;
    float *scratch; /* of the shard: for a layer to use within a call */
} fa__activation;

enum { FA__LAYER_TENSORS = 3, FA__NAME_MAX = 64 };

/* One named tensor of the parameter block. */
typedef struct fa__parameter {
    char name[FA__NAME_MAX]; /* e.g. "1.linear.weight" */
    size_t rank, shape[4];
    size_t offset, count; /* floats in the block */
} fa__parameter;

typedef struct fa__layer fa__layer;

typedef struct fa__layer_type {
    const char *name;  /* as written in a recipe */
    const char *usage; /* "linear UNITS|out [relu] [target]" */
    unsigned takes;    /* forms, or-ed */

    bool no_units;     /* the description has no number */
    bool takes_out;    /* `out` may stand for the number */
    bool takes_tokens; /* of the series it takes those of token ids alone; else all others */

    /* A word of the description other than the number of units, `out` and `target`; *known is false
     * on entry and set for a word that is one. NULL: there are no others. */
    fa_status (*read_word)(bool *known, fa__layer *layer, const char *word);

    /* Fills in output shape and parameters (names without the layer's number, offsets left to the
     * network). */
    fa_status (*plan)(fa__layer *layer);
    void (*init)(const fa__layer *layer, float *parameters, fa__rng *rng);
    /* Floats that forward keeps for backward, the output values not counted. */
    size_t (*workspace)(const fa__layer *layer, const fa__activation *in);
    /* Floats that a call may use at activation->scratch; NULL: none. */
    size_t (*scratch)(const fa__layer *layer, const fa__activation *in);
    /* `parameters` and `gradient` point at the whole block. out->values is filled. */
    fa_status (*forward)(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                         const fa__activation *in, const fa__activation *out, float *workspace);
    /* d_out [out->total, out->features] may be changed; d_in NULL: not wanted. Overwrites d_in and
     * this layer's part of gradient. */
    fa_status (*backward)(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                          float *gradient, const fa__activation *in, const fa__activation *out,
                          float *d_in, float *d_out, float *workspace);

    /* A layer whose gradient touches a small part of its parameters: backward leaves them alone,
     * and this adds a shard's gradient to the sum over shards (the whole block); d_out as backward
     * left it. Only for a first layer. NULL: backward fills in the gradient. */
    void (*add_gradient)(const fa__layer *layer, float *sum, const fa__activation *in,
                         const float *d_out);
} fa__layer_type;

struct fa__layer {
    const fa__layer_type *type;
    fa__shape in, out;
    size_t units;
    size_t kernel;                 /* conv: its window is kernel x kernel */
    bool relu, target, every_step; /* the words of its description */
    bool in_own, out_own;          /* images that lie in the engine's own layout (fa__conv) */
    size_t n_parameters;
    fa__parameter parameters[FA__LAYER_TENSORS];
};

extern const fa__layer_type fa__layer_linear;
extern const fa__layer_type fa__layer_lstm;
extern const fa__layer_type fa__layer_repeat;
extern const fa__layer_type fa__layer_conv;
extern const fa__layer_type fa__layer_maxpool;
extern const fa__layer_type fa__layer_embedding;

/* Initialisations. weights [out, in]. */
/* Uniform with variance 2 / (in + out): Glorot and Bengio 2010. */
void fa__init_glorot(float *weights, size_t out, size_t in, fa__rng *rng);
/* Uniform with variance 2 / in: He et al. 2015, for layers with ReLU. */
void fa__init_he(float *weights, size_t out, size_t in, fa__rng *rng);
/* A random orthogonal matrix [n, n]: Saxe et al. 2014. */
void fa__init_orthogonal(float *weights, size_t n, fa__rng *rng);

/* Declares the next parameter of a layer while it is planned. */
void fa__layer_declare(fa__layer *layer, const char *name, size_t rows, size_t columns);

#endif
