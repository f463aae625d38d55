/* A layer: what it is, what it makes of a shard, and its gradient.
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
    size_t features; /* floats of a row; more than the shape's where the engine's layout pads */
    float *values;
} fa__activation;

/* Training takes statistics from the batch in hand, use those that training left. */
typedef enum fa__mode { FA__USE = 0, FA__TRAIN } fa__mode;

/* One call's place: a shard on its way through a layer. */
typedef struct fa__pass {
    const fa__engine *engine;
    fa__mode mode;           /* backward follows training alone */
    const float *parameters; /* the whole block */
    float *gradient;         /* likewise, of this shard; NULL in forward */
    const fa__activation *in, *out;
    float *workspace; /* what forward keeps for backward */
    float *scratch;   /* for use within the call */
} fa__pass;

enum { FA__LAYER_TENSORS = 4, FA__LAYER_SETTINGS = 2, FA__PARAMETER_NAME = 64 };

/* One named tensor of the parameter block. */
typedef struct fa__parameter {
    char name[FA__PARAMETER_NAME]; /* e.g. "1.linear.weight" */
    size_t rank, shape[4];
    size_t offset, count; /* floats in the block */
    bool buffer;          /* not trained: the running mean of a statistic of the batches */
} fa__parameter;

/* How the weights of linear and conv layers start, the words of network.init in their order. */
typedef enum fa__init {
    FA__INIT_HE = 0,     /* uniform of variance 2 / inputs into ReLU, else Glorot's; biases 0 */
    FA__INIT_GLOROT,     /* uniform of variance 2 / (inputs + outputs); biases 0 */
    FA__INIT_TORCH,      /* uniform +-1 / sqrt(inputs), biases too: PyTorch's default */
    FA__INIT_ORTHOGONAL, /* orthonormal rows, or columns where there are fewer; biases 0 */
    FA__INIT_IDENTITY    /* the first units are the inputs (pixel by pixel in a 1x1 convolution),
                            in layers at least as wide as their input; all else as HE */
} fa__init;

typedef struct fa__layer fa__layer;

typedef struct fa__layer_type {
    const char *name;  /* as written in a recipe */
    const char *usage; /* "linear UNITS|out [relu] [target]" */
    unsigned takes;    /* forms, or-ed */

    bool no_units;     /* the description has no number */
    bool takes_out;    /* `out` may stand for the number */
    bool takes_relu;   /* `relu` may stand there */
    bool keeps_layout; /* of images: both ends in the engine's own layout or neither */
    bool takes_tokens; /* of the series it takes those of token ids alone; else all others */

    /* A word of the description other than the number of units, `out`, `relu` and `target`, and
     * the word after it ("" at the end): *used is 0 on entry and set to how many of the two it
     * takes. NULL: there are no others. */
    fa_status (*read_word)(size_t *used, fa__layer *layer, const char *word, const char *next);

    /* Fills in output shape and parameters (names without the layer's number, offsets left to the
     * network). */
    fa_status (*plan)(fa__layer *layer);
    /* NULL where there are no parameters. */
    void (*init)(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng);
    /* Floats that forward keeps for backward, the output values not counted. NULL: none. */
    size_t (*workspace)(const fa__layer *layer, const fa__engine *engine, const fa__activation *in);
    /* Floats that a call may use as scratch. NULL: none. */
    size_t (*scratch)(const fa__layer *layer, const fa__engine *engine, const fa__activation *in);
    /* Fills in p->out->values. */
    fa_status (*forward)(const fa__layer *layer, const fa__pass *p);
    /* d_out [out->total, out->features] may be changed; d_in NULL: not wanted. Overwrites d_in and
     * this layer's part of the gradient. */
    fa_status (*backward)(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out);

    /* A layer whose gradient touches a small part of its parameters: backward leaves them alone,
     * and this adds a shard's gradient to the sum over shards (the whole block); d_out as backward
     * left it. Only for a first layer. NULL: backward fills in the gradient. */
    void (*add_gradient)(const fa__layer *layer, float *sum, const fa__activation *in,
                         const float *d_out);
    /* A layer with buffers: share times the shard's statistics, after forward, each where its
     * buffer has its place in the block, less `first`. */
    void (*statistics)(const fa__layer *layer, const fa__pass *p, float *out, size_t first,
                       float share);
} fa__layer_type;

/* The settings that others than the layer itself look at. */
enum { FA__CONV_STRIDE = 1 };
enum { FA__LSTM_EVERY_STEP = 0 };
enum { FA__EMBEDDING_FIXED = 0 };
/* What batchnorm adds to a variance. */
#define FA__BATCHNORM_EPSILON 1e-5

struct fa__layer {
    const fa__layer_type *type;
    fa__shape in, out;
    size_t units;
    bool relu, target;
    size_t settings[FA__LAYER_SETTINGS]; /* its other words; each type numbers its own */
    bool in_own, out_own;                /* images that lie in the engine's own layout (fa__conv) */
    size_t n_parameters;
    fa__parameter parameters[FA__LAYER_TENSORS];
};

/* All types. A new one is a file and a row here. */
#define FA__LAYER_TYPES(row)                                                                       \
    row(linear) row(lstm) row(mean) row(repeat) row(conv) row(maxpool) row(globalpool)             \
        row(batchnorm) row(embedding) row(logsumexp)
#define FA__LAYER_ROW(name) extern const fa__layer_type fa__layer_##name;
FA__LAYER_TYPES(FA__LAYER_ROW)
#undef FA__LAYER_ROW

/* A layer's weight [units, inputs] and bias [units]; a convolution's inputs count its `places`
 * (window pixels), a linear layer has 1. */
void fa__init_weights(float *weight, float *bias, size_t units, size_t inputs, size_t places,
                      bool relu, fa__init init, fa__rng *rng);
/* Weights [out, in] alone. Uniform with variance 2 / (in + out): Glorot and Bengio 2010. */
void fa__init_glorot(float *weights, size_t out, size_t in, fa__rng *rng);
/* Uniform with variance 2 / in: He et al. 2015, for layers with ReLU. */
void fa__init_he(float *weights, size_t out, size_t in, fa__rng *rng);
/* Orthonormal rows, of a tall matrix columns: Saxe et al. 2014. Takes in * out * min(in, out)
 * steps. */
void fa__init_orthogonal(float *weights, size_t out, size_t in, fa__rng *rng);

/* Declares the next parameter of a layer while it is planned; columns 0: a vector. */
fa__parameter *fa__layer_declare(fa__layer *layer, const char *name, size_t rows, size_t columns);

#endif
