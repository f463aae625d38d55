/* Networks: gradients of whole ones by finite differences, descriptions, starting values, Adam. */
#include "engines.h"

#include "nn/adam.h"
#include "nn/network.h"

static fa__network *network_of(const char *description, bool series, size_t features,
                               size_t outputs) {
    fa__network *network;
    assert_ok(fa__network_create(&network, description,
                                 series ? fa__shape_series(features) : fa__shape_vector(features),
                                 fa__shape_vector(outputs)));
    return network;
}

/* For text of seven different tokens. */
static fa__network *text_network(const char *description) {
    fa__network *network;
    fa__shape text = fa__shape_series(1);
    text.vocabulary = 7;
    assert_ok(fa__network_create(&network, description, text, fa__shape_vector(2)));
    return network;
}

/* ==== Gradients ==== */

/* A ragged shard of five samples on its way through a network, and what is asked of it:
 * L = sum over outputs of a . output + sum over target units of b . target. */
typedef struct trial {
    const fa__network *network;
    const fa__engine *engine;
    fa__shard shard;
    float *parameters, *a, *b, *x;
} trial;

static const size_t ragged[] = {5, 4, 4, 2, 1, 1};
enum { SAMPLES = 5, STEPS = 6 };

static trial open_trial(const fa__network *network, const fa__engine *engine) {
    trial t = {.network = network, .engine = engine};
    size_t steps = network->input.form == FA__SERIES ? STEPS : 0;
    if (steps > 0) {
        assert_ok(fa__shard_rows(&t.shard, steps));
        memcpy(t.shard.rows, ragged, sizeof ragged);
    }
    assert_ok(fa__shard_shape(&t.shard, network, engine, SAMPLES, steps));
    t.parameters = noise(network->parameters, 1, 0.8f);
    t.a = noise(SAMPLES * network->outputs, 2, 1);
    t.b = noise(SAMPLES * network->layers[network->target].out.features, 3, 1);
    t.x = noise(t.shard.activations[0].total * network->input.features, 4, 1);
    size_t words = network->input.vocabulary; /* some are there several times, some never */
    for (size_t i = 0; words > 0 && i < t.shard.activations[0].total; i++)
        t.x[i] = (float)(i * i % words);
    return t;
}

/* The gradient of all parameters after backward. */
static float *gradient_of(const trial *t) {
    float *sum;
    assert_ok(FA_NEW_ZERO(sum, t->network->parameters));
    fa__shard_add_gradient(&t->shard, t->network, sum);
    return sum;
}

static void close_trial(trial *t) {
    fa__shard_free(&t->shard);
    fa__free(t->parameters), fa__free(t->a), fa__free(t->b), fa__free(t->x);
}

static double forward(trial *t) {
    memcpy(t->shard.activations[0].values, t->x,
           t->shard.activations[0].total * t->network->input.features * sizeof(float));
    assert_ok(fa__shard_forward(&t->shard, t->network, t->engine, t->parameters));
    const fa__activation *outputs = fa__shard_outputs(&t->shard, t->network),
                         *target = fa__shard_target(&t->shard, t->network);
    double sum = 0;
    for (size_t i = 0; i < SAMPLES * outputs->features; i++)
        sum += (double)t->a[i] * (double)outputs->values[i];
    for (size_t i = 0; i < SAMPLES * target->features; i++)
        sum += (double)t->b[i] * (double)target->values[i];
    return sum;
}

/* Which units let through: a step that changes this crosses the kink of a ReLU. */
static size_t relu_pattern(const trial *t) {
    size_t pattern = 0;
    for (size_t l = 0; l < t->network->n_layers; l++) {
        const fa__activation *activation = &t->shard.activations[l + 1];
        for (size_t i = 0;
             t->network->layers[l].relu && i < activation->total * activation->features; i++)
            pattern = pattern * 31 + (activation->values[i] > 0);
    }
    return pattern;
}

/* Every parameter, sign included; few are lost to kinks. */
static void check_gradients(fa__network *network, const fa__engine *engine) {
    trial t = open_trial(network, engine);
    size_t kinks = 0, pattern;
    double largest = 0;
    forward(&t);
    pattern = relu_pattern(&t);
    assert_ok(fa__shard_backward(&t.shard, network, engine, t.parameters, t.a, t.b));
    float *gradient = gradient_of(&t);
    for (size_t i = 0; i < network->parameters; i++) {
        float kept = t.parameters[i];
        volatile float up = kept + 4e-3f, down = kept - 4e-3f; /* the steps really taken */
        t.parameters[i] = up;
        double above = forward(&t);
        bool smooth = relu_pattern(&t) == pattern;
        t.parameters[i] = down;
        double below = forward(&t);
        smooth = smooth && relu_pattern(&t) == pattern;
        t.parameters[i] = kept;
        kinks += !smooth;
        if (smooth) assert_near(gradient[i], (above - below) / ((double)up - (double)down), 2e-3);
        largest = fmax(largest, fabs((double)gradient[i]));
    }
    assert_true(largest > 0.1);
    if (kinks * 5 > network->parameters) fail_msg("%zu of %zu lost", kinks, network->parameters);
    fa__free(gradient);
    close_trial(&t);
    fa__network_free(network);
}

static void network_gradient_is_the_finite_difference(void **state) {
    (void)state;
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        static const char *const series[] = {
            "lstm 4 every_step, lstm 3, linear 5 relu target, linear out",
            "lstm 3 target, linear 4 relu, linear out",
            "lstm 4 every_step, mean, linear 5 relu target, linear out",
            "mean, linear 4 target, linear out"};
        for (size_t k = 0; k < 4; k++) check_gradients(network_of(series[k], true, 3, 2), engine);
        check_gradients(
            network_of("linear 6 relu, linear 4 target, linear 3, linear out", false, 3, 2),
            engine);
        check_gradients(network_of("linear 6 target, logsumexp 3", false, 3, 1), engine);
        check_gradients(network_of("linear 6 target, logsumexp 2", false, 3, 3), engine);
        check_gradients(text_network("embedding 3, lstm 4, linear 5 relu target, linear out"),
                        engine);
        check_gradients(text_network("embedding 3, mean, linear 5 target, linear out"), engine);
    }
}

/* The part of the gradient that d_target brings is all there is above a target of no interest. */
static void backward_without_a_target_gradient_takes_it_as_zero(void **state) {
    (void)state;
    fa__network *network = network_of("lstm 4, linear 5 relu target, linear out", true, 3, 2);
    trial t = open_trial(network, fa__engine_ref());
    float *none, *zeros;
    size_t bytes = network->parameters * sizeof(float);
    assert_ok(FA_NEW(none, network->parameters));
    assert_ok(FA_NEW_ZERO(zeros, SAMPLES * 5));
    forward(&t);
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, NULL));
    memcpy(none, t.shard.gradient, bytes);
    forward(&t);
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, zeros));
    assert_memory_equal(none, t.shard.gradient, bytes);
    forward(&t);
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, t.b));
    assert_memory_not_equal(none, t.shard.gradient, bytes);
    fa__free(none), fa__free(zeros);
    close_trial(&t);
    fa__network_free(network);
}

/* Memory that a larger shard left behind changes nothing. */
static void shard_reused_after_a_larger_one_gives_the_same_bytes(void **state) {
    (void)state;
    fa__network *network =
        network_of("lstm 4 every_step, lstm 3, linear 5 relu target, linear out", true, 3, 2);
    trial t = open_trial(network, fa__engine_native());
    double fresh = forward(&t);
    size_t bytes = network->parameters * sizeof(float);
    float *gradient;
    assert_ok(FA_NEW(gradient, network->parameters));
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, t.b));
    memcpy(gradient, t.shard.gradient, bytes);
    assert_ok(fa__shard_rows(&t.shard, 40));
    for (size_t s = 0; s < 40; s++) t.shard.rows[s] = 30;
    assert_ok(fa__shard_shape(&t.shard, network, t.engine, 30, 40));
    for (size_t i = 0; i < 30 * 40 * 3; i++) t.shard.activations[0].values[i] = 1e3f;
    assert_ok(fa__shard_forward(&t.shard, network, t.engine, t.parameters));
    memcpy(t.shard.rows, ragged, sizeof ragged);
    assert_ok(fa__shard_shape(&t.shard, network, t.engine, SAMPLES, STEPS));
    assert_true(forward(&t) == fresh);
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, t.b));
    assert_memory_equal(gradient, t.shard.gradient, bytes);
    fa__free(gradient);
    close_trial(&t);
    fa__network_free(network);
}

/* Rows of the table that no step uses have gradient 0; one that several use has their sum. The
 * gradient of the layer's outputs is what a network without the table has at its input. */
static void embedding_gradient_is_the_sum_over_its_steps(void **state) {
    (void)state;
    fa__network *network = text_network("embedding 3, lstm 4, linear 5 target, linear out");
    trial t = open_trial(network, fa__engine_ref());
    forward(&t);
    assert_ok(fa__shard_backward(&t.shard, network, t.engine, t.parameters, t.a, t.b));
    float *gradient = gradient_of(&t);
    const fa__parameter *table = &network->layers[0].parameters[0];
    assert_string_equal(table->name, "0.embedding.table");
    assert_int_equal(table->offset, network->dense);
    assert_int_equal(network->parameters, network->dense + 7 * 3);
    double largest = 0;
    for (size_t word = 0; word < 7; word++)
        for (size_t u = 0; u < 3; u++) {
            double sum = 0;
            for (size_t r = 0; r < t.shard.activations[0].total; r++)
                if (t.x[r] == (float)word) sum += (double)t.shard.d_in[r * 3 + u];
            assert_near(gradient[table->offset + word * 3 + u], sum, 1e-6);
            largest = fmax(largest, fabs(sum));
        }
    assert_true(largest > 0.01);
    for (size_t u = 0; u < 3; u++) /* squares modulo 7 are 0, 1, 2 and 4 */
        assert_true(gradient[table->offset + 3 * 3 + u] == 0);
    fa__free(gradient);
    close_trial(&t);
    fa__network_free(network);
}

/* By hand: `ragged` has 5, 4, 4, 2, 1, 1 samples at each step. */
static void mean_of_each_sample_is_that_of_its_steps(void **state) {
    (void)state;
    static const size_t steps_of[SAMPLES] = {6, 4, 3, 3, 1};
    fa__network *network = network_of("mean target, linear out", true, 2, 1);
    trial t = open_trial(network, fa__engine_ref());
    forward(&t);
    const fa__activation *means = fa__shard_target(&t.shard, network);
    assert_int_equal(means->total, SAMPLES);
    for (size_t j = 0; j < SAMPLES; j++)
        for (size_t u = 0; u < 2; u++) {
            double sum = 0;
            for (size_t s = 0, first = 0; s < steps_of[j]; first += ragged[s++])
                sum += (double)t.x[(first + j) * 2 + u];
            assert_near(means->values[j * 2 + u], sum / (double)steps_of[j], 1e-6);
        }
    close_trial(&t);
    fa__network_free(network);
}

/* softmax(s)_y = sum_{u of y} softmax(x)_u; of two labels sigmoid(s_1 - s_0) is the second one's. */
static void labels_have_the_probability_of_their_units(void **state) {
    (void)state;
    for (size_t units = 2; units <= 3; units++) {
        size_t labels = 6 / units, outputs = labels == 2 ? 1 : labels;
        char layers[64];
        snprintf(layers, sizeof layers, "linear 6 target, logsumexp %zu", units);
        fa__network *network = network_of(layers, false, 3, outputs);
        trial t = open_trial(network, fa__engine_ref());
        forward(&t);
        const float *x = fa__shard_target(&t.shard, network)->values;
        const float *s = fa__shard_outputs(&t.shard, network)->values;
        for (size_t j = 0; j < SAMPLES; j++, x += 6, s += outputs) {
            double sum = 0, of_label[3] = {0}, all = 0;
            for (size_t u = 0; u < 6; u++) sum += exp((double)x[u]);
            for (size_t u = 0; u < 6; u++) of_label[u / units] += exp((double)x[u]) / sum;
            for (size_t y = 0; y < outputs; y++) all += exp((double)s[y]);
            if (outputs == 1)
                assert_near(1 / (1 + exp(-(double)s[0])), of_label[1], 1e-6);
            else
                for (size_t y = 0; y < labels; y++)
                    assert_near(exp((double)s[y]) / all, of_label[y], 1e-6);
        }
        close_trial(&t);
        fa__network_free(network);
    }
}

/* No gradient, no step of the optimiser; all else is that of the same network with a free table. */
static void fixed_embedding_stays_as_it_is(void **state) {
    (void)state;
    fa__network *fixed = text_network("embedding 3 fixed, mean, linear 5 target, linear out"),
                *learned = text_network("embedding 3, mean, linear 5 target, linear out");
    trial a = open_trial(fixed, fa__engine_native()), b = open_trial(learned, a.engine);
    assert_int_equal(fixed->trained, fixed->dense);
    assert_int_equal(learned->trained, learned->dense + 7 * 3);
    assert_int_equal(fixed->parameters, learned->parameters);
    assert_true(forward(&a) == forward(&b));
    assert_ok(fa__shard_backward(&a.shard, fixed, a.engine, a.parameters, a.a, a.b));
    assert_ok(fa__shard_backward(&b.shard, learned, b.engine, b.parameters, b.a, b.b));
    float *of_fixed = gradient_of(&a), *of_learned = gradient_of(&b);
    assert_memory_equal(of_fixed, of_learned, fixed->dense * sizeof(float));
    for (size_t i = fixed->dense; i < fixed->parameters; i++) assert_true(of_fixed[i] == 0);
    fa__free(of_fixed), fa__free(of_learned);
    close_trial(&a), close_trial(&b);
    fa__network_free(fixed), fa__network_free(learned);
}

static void text_needs_an_embedding_and_the_other_way_round(void **state) {
    (void)state;
    fa__network *network;
    fa__shape text = fa__shape_series(1), out = fa__shape_vector(1);
    assert_fails(fa__network_create(&network, "embedding 4, lstm 4, linear out", text, out),
                 FA_E_RECIPE, "layer 1: it takes text, but what comes from below is series of 1");
    text.vocabulary = 9;
    assert_fails(fa__network_create(&network, "lstm 4, linear 3, linear out", text, out),
                 FA_E_RECIPE, "begins with 'embedding 100'");
    assert_fails(fa__network_create(&network, "embedding out, lstm 4, linear out", text, out),
                 FA_E_RECIPE, "'out' is no word for it");
    assert_fails(fa__network_create(&network, "embedding, lstm 4, linear out", text, out),
                 FA_E_RECIPE, "embedding UNITS");
    assert_fails(fa__network_create(&network, "embedding 4 frozen, lstm 4, linear out", text, out),
                 FA_E_RECIPE, "'frozen' is no word for it (embedding UNITS [fixed])");
    assert_fails(fa__network_create(&network, "embedding 4, mean 3, linear out", text, out),
                 FA_E_RECIPE, "layer 2: '3' is no word for it (mean)");
    assert_fails(fa__network_create(&network, "embedding 4, mean, mean, linear out", text, out),
                 FA_E_RECIPE, "layer 3: it takes series");
    assert_fails(
        fa__network_create(&network, "embedding 4, embedding 4, lstm 4, linear out", text, out),
        FA_E_RECIPE, "layer 2: it takes text");
}

/* ==== Descriptions ==== */

static void description_makes_layers_and_one_block_of_parameters(void **state) {
    (void)state;
    fa__network *n =
        network_of(" lstm 6 every_step,lstm 5 ,linear 4\trelu target , linear out", true, 3, 1);
    assert_int_equal(n->n_layers, 4);
    assert_int_equal(n->target, 2);
    assert_int_equal(n->outputs, 1);
    assert_int_equal(n->parameters,
                     24 * (3 + 6 + 1) + 20 * (6 + 5 + 1) + 4 * (5 + 1) + 1 * (4 + 1));
    static const char *const names[] = {
        "0.lstm.weight_input", "0.lstm.weight_recurrent", "0.lstm.bias",
        "1.lstm.weight_input", "1.lstm.weight_recurrent", "1.lstm.bias",
        "2.linear.weight",     "2.linear.bias",           "3.linear.weight",
        "3.linear.bias"};
    size_t at = 0;
    for (size_t i = 0; i < 10; i++) {
        const fa__parameter *p = fa__network_parameter(n, i);
        assert_string_equal(p->name, names[i]);
        assert_int_equal(p->offset, at); /* without gaps */
        assert_int_equal(p->count, p->shape[0] * (p->rank == 2 ? p->shape[1] : 1));
        at += p->count;
    }
    assert_int_equal(at, n->parameters);
    assert_null(fa__network_parameter(n, 10));
    fa__network_free(n);
    n = network_of("linear 7, linear 6, linear out", false, 3,
                   2); /* none marked: the last but one */
    assert_int_equal(n->target, 1);
    fa__network_free(n);
}

static void description_that_cannot_be_names_its_layer(void **state) {
    (void)state;
    static const struct {
        const char *layers, *says;
        bool vectors; /* the input; else a series */
    } wrong[] = {
        {"", "layer 1: nothing stands between two commas", false},
        {"lstm 4,, linear out", "layer 2: nothing stands between", false},
        {"lstm 4, linear out,", "layer 3: nothing stands between", false},
        {"gru 4, linear out", "layer 1: no layer is named 'gru'", false},
        {"lstm, linear out", "layer 1: the number of units is missing", false},
        {"lstm 4, linear 0 target, linear out", "layer 2: units must be 1..1048576, got 0", false},
        {"lstm 1048577, linear out", "layer 1: units must be 1..1048576", false},
        {"lstm 99999999999999999999999, linear out", "layer 1: units must be", false},
        {"lstm -4, linear out", "layer 1: '-4' is no word for it", false},
        {"lstm 4.5, linear out", "layer 1: '4.5' is no word for it", false},
        {"lstm 4 relu, linear out", "layer 1: 'relu' is no word for it (lstm UNITS", false},
        {"lstm 4, linear 3 every_step, linear out", "layer 2: 'every_step' is no word", false},
        {"lstm 4 8, linear out", "layer 1: the units stand there twice", false},
        {"lstm 4, linear out 8", "layer 2: the units stand there twice", false},
        {"linear 4, linear out",
         "the target layer must make one vector a sample, this one makes series", false},
        {"lstm 4 every_step, lstm 4, linear 3, linear 3 relu target, linear out relu",
         "through relu", false},
        {"lstm 4, linear 4, lstm 4 every_step, linear out",
         "layer 3: it takes series, but what comes from below is vectors of 4", false},
        {"lstm 4, lstm 4, linear out",
         "layer 2: it takes series, but what comes from below is vectors of 4 features", false},
        {"lstm 4, linear out", "layer 1: it takes series", true},
        {"linear out", "at least two layers", true},
        {"lstm 4 target, linear 3 target, linear out", "2 layers are marked target", false},
        {"lstm 4, linear out target", "the last layer cannot be the target", false},
        {"lstm 4 every_step target, lstm 3, linear out", "this one makes series of 4 features",
         false},
        {"lstm 4, linear 3",
         "the last layer must be 'linear out' that makes vectors of 2 features, or logsumexp of so "
         "many units for each label; this one makes vectors of 3 features",
         false},
        {"lstm 4, linear 5 target, logsumexp 2",
         "layer 3: 2 units for each label: the 5 from below are not so many for each of two labels",
         false},
        {"lstm 4, linear 4 target, logsumexp 4", "the 4 from below are not so many", false},
        {"lstm 4, linear 4 target, logsumexp", "the number of units is missing", false},
        {"lstm 4, linear 4 target, logsumexp out", "'out' is no word for it", false},
        {"lstm 4, linear 6 target, logsumexp 2", "this one makes vectors of 3 features", false},
        {"lstm 4, linear out relu", "the last layer must be 'linear out'", false},
    };
    size_t before = fa__memory_live();
    fa__network *network = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fa__shape input = wrong[i].vectors ? fa__shape_vector(3) : fa__shape_series(3);
        assert_fails(fa__network_create(&network, wrong[i].layers, input, fa__shape_vector(2)),
                     FA_E_RECIPE, wrong[i].says);
        assert_non_null(strstr(fa_error_detail(), "network.layers = "));
        assert_null(network);
    }
    char many[65 * 12] = "linear 2";
    for (int i = 0; i < 64; i++) strcat(many, ",linear out");
    assert_fails(fa__network_create(&network, many, fa__shape_vector(3), fa__shape_vector(2)),
                 FA_E_RECIPE, "more than 64 layers");
    assert_int_equal(fa__memory_live(), before);
}

/* ==== Starting values ==== */

static void init_orthogonal_makes_an_orthogonal_matrix(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 17, 64};
    for (size_t z = 0; z < 4; z++) {
        size_t n = sizes[z];
        float *w = noise(n * n, 1, 1);
        fa__rng rng;
        fa__rng_seed(&rng, 5, FA__STREAM_INIT, z);
        fa__init_orthogonal(w, n, n, &rng);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double dot = 0;
                for (size_t k = 0; k < n; k++) dot += (double)w[i * n + k] * (double)w[j * n + k];
                assert_near(dot, i == j, 1e-6);
            }
        fa__free(w);
    }
}

static void assert_uniform(const float *w, size_t n, double bound) {
    double sum = 0, square = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)w[i];
        square += (double)w[i] * (double)w[i];
        largest = fmax(largest, fabs((double)w[i]));
    }
    assert_true(largest <= bound && largest > 0.98 * bound);
    assert_near(sum / (double)n / bound, 0, 0.03);
    assert_near(square / (double)n / (bound * bound), 1.0 / 3, 0.02);
}

static void init_of_layers_has_the_published_variances(void **state) {
    (void)state;
    fa__network *n =
        network_of("lstm 32, linear 200 relu target, linear 150, linear out", true, 60, 40);
    float *w = noise(n->parameters, 1, 1e3f), *again = noise(n->parameters, 2, 1);
    fa__network_init(n, w, FA__INIT_HE, 11);
    fa__network_init(n, again, FA__INIT_HE, 11);
    assert_memory_equal(w, again, n->parameters * sizeof *w); /* every value is set */
    fa__network_init(n, again, FA__INIT_HE, 12);
    assert_memory_not_equal(w, again, n->parameters * sizeof *w);
    const fa__parameter *p[9];
    for (size_t i = 0; i < 9; i++) p[i] = fa__network_parameter(n, i);
    for (size_t gate = 0; gate < 4; gate++) {
        assert_uniform(w + p[0]->offset + gate * 32 * 60, 32 * 60, sqrt(6.0 / (32 + 60)));
        for (size_t u = 0; u < 32; u++) {
            double square = 0;
            assert_true(w[p[2]->offset + gate * 32 + u] == (gate == 1 ? 1 : 0)); /* i f g o */
            for (size_t k = 0; k < 32; k++) {
                double x = (double)w[p[1]->offset + (gate * 32 + u) * 32 + k];
                square += x * x;
            }
            assert_near(square, 1, 1e-6);
        }
    }
    assert_uniform(w + p[3]->offset, 200 * 32, sqrt(6.0 / 32));           /* He: it has ReLU */
    assert_uniform(w + p[5]->offset, 150 * 200, sqrt(6.0 / (150 + 200))); /* Glorot */
    assert_uniform(w + p[7]->offset, 40 * 150, sqrt(6.0 / (40 + 150)));
    for (size_t i = 4; i < 9; i += 2)
        if (i < 9 && p[i]->rank == 1)
            for (size_t v = 0; v < p[i]->count; v++) assert_true(w[p[i]->offset + v] == 0);
    fa__free(w), fa__free(again);
    fa__network_free(n);
}

/* ==== Adam ==== */

static void adam_first_steps_are_the_hand_worked_ones(void **state) {
    (void)state;
    /* Step 1: both moments corrected are g and g^2, the step is the rate, whatever g. Step 2 with
     * g = 1 then -1: m = 0.9 0.1 - 0.1 = -0.01, corrected by 1 - 0.81 = 0.19: -1/19; v corrected 1.
     */
    float p[3] = {5, -2, 7}, m[3] = {0}, v[3] = {0};
    fa__adam adam = {.learning_rate = 0.5, .beta1 = 0.9, .beta2 = 0.999, .m = m, .v = v};
    fa__adam_update(&adam, p, (const float[]){1, -3e-4f, 0}, 2);
    assert_near(p[0], 4.5, 1e-6);
    assert_near(p[1], -1.5, 1e-6);
    assert_true(p[2] == 7 && adam.step == 1);
    fa__adam_update(&adam, p, (const float[]){-1, 0, 0}, 2);
    assert_near(p[0], 4.5 + 0.5 / 19, 1e-6);
    /* g = a, 0: m = 0.09 a / 0.19, v = 0.999e-3 a^2 / 1.999e-3 */
    assert_near(p[1], -1.5 + 0.5 * (0.09 / 0.19) / sqrt(0.999 / 1.999), 1e-6);
    /* no gradient ever: no step, thanks to epsilon */
    float zero_m[1] = {0}, zero_v[1] = {0}, q[1] = {3};
    fa__adam still = {0.5, 0.9, 0.999, 1e-8, 0, zero_m, zero_v};
    fa__adam_update(&still, q, (const float[]){0}, 1);
    assert_true(q[0] == 3);
}

/* More parameters than one task takes: each is updated once, by the same numbers. */
static void adam_of_many_is_adam_of_each(void **state) {
    (void)state;
    enum { N = 40001, UPDATES = 3 };
    float *all[3]; /* p, m, v in one block, for each number of threads */
    float *gradient = calloc(N, sizeof *gradient);
    for (size_t i = 0; i < N; i++) gradient[i] = (float)((double)(i % 101) / 7 - 6);
    for (int t = 0; t < 3; t++) {
        all[t] = calloc(3 * N, sizeof *all[t]);
        fa__adam adam = {0.01, 0.9, 0.999, 1e-8, 0, all[t] + N, all[t] + 2 * N};
        fa_threads_set(1 << t);
        for (size_t step = 0; step < UPDATES; step++) fa__adam_update(&adam, all[t], gradient, N);
        assert_memory_equal(all[t], all[0], 3 * N * sizeof *all[t]);
    }
    fa_threads_set(0);
    for (size_t i = 0; i < N; i++) {
        float one[3] = {0};
        fa__adam adam = {0.01, 0.9, 0.999, 1e-8, 0, one + 1, one + 2};
        for (size_t step = 0; step < UPDATES; step++) fa__adam_update(&adam, one, gradient + i, 1);
        for (size_t k = 0; k < 3; k++) assert_near(all[0][k * N + i], one[k], 1e-6);
    }
    for (int t = 0; t < 3; t++) free(all[t]);
    free(gradient);
}

/* The equations in double over 50 steps. */
static void check_adam(double beta1, double beta2, double epsilon) {
    enum { N = 37, TURNS = 50 }; /* whole registers and some left */
    float p[N] = {0}, m[N] = {0}, v[N] = {0};
    double P[N] = {0}, M[N] = {0}, V[N] = {0};
    fa__adam adam = {0.01, beta1, beta2, epsilon, 0, m, v};
    for (int t = 1; t <= TURNS; t++) {
        float *g = noise(N, (uint64_t)t, t % 7 == 0 ? 10 : 0.1f);
        fa__adam_update(&adam, p, g, N);
        for (size_t i = 0; i < N; i++) {
            double d = (double)g[i];
            M[i] = beta1 * M[i] + (1 - beta1) * d;
            V[i] = beta2 * V[i] + (1 - beta2) * d * d;
            P[i] -=
                0.01 * (M[i] / (1 - pow(beta1, t))) / (sqrt(V[i] / (1 - pow(beta2, t))) + epsilon);
        }
        fa__free(g);
    }
    for (size_t i = 0; i < N; i++)
        if (!(fabs((double)p[i] - P[i]) <= 1e-4 * fabs(P[i]) + 1e-6))
            fail_msg("beta2 %g: %g, wanted %g", beta2, (double)p[i], P[i]);
    assert_int_equal(adam.step, TURNS);
}

static void adam_follows_its_equations_in_double(void **state) {
    (void)state;
    for (int level = 0; level < FA__SIMD_LEVELS; level++) {
        fa__simd_force(level);
        check_adam(0.9, 0.999, 1e-8);
        check_adam(0, 0.5, 1e-3);
        check_adam(0.99, 0.99999, 1e-8);
        check_adam(0.9, 0.99999999, 1e-8); /* 1 in float: v must grow nevertheless */
        check_adam(0.99999999, 0.999, 1e-8);
    }
    fa__simd_force(-1);
}

static void norm_is_the_length_and_shows_what_is_not_finite(void **state) {
    (void)state;
    assert_near(fa__norm((const float[]){3, 0, -4}, 3), 5, 1e-15);
    assert_true(fa__norm(NULL, 0) == 0);
    assert_near(fa__norm((const float[]){3e38f, 3e38f}, 2) / ((double)3e38f * sqrt(2)), 1, 1e-12);
    assert_true(isnan(fa__norm((const float[]){1, NAN}, 2)));
    assert_true(isinf(fa__norm((const float[]){1, -INFINITY}, 2)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_gradient_is_the_finite_difference),
        cmocka_unit_test(embedding_gradient_is_the_sum_over_its_steps),
        cmocka_unit_test(mean_of_each_sample_is_that_of_its_steps),
        cmocka_unit_test(labels_have_the_probability_of_their_units),
        cmocka_unit_test(fixed_embedding_stays_as_it_is),
        cmocka_unit_test(text_needs_an_embedding_and_the_other_way_round),
        cmocka_unit_test(backward_without_a_target_gradient_takes_it_as_zero),
        cmocka_unit_test(shard_reused_after_a_larger_one_gives_the_same_bytes),
        cmocka_unit_test(description_makes_layers_and_one_block_of_parameters),
        cmocka_unit_test(description_that_cannot_be_names_its_layer),
        cmocka_unit_test(init_orthogonal_makes_an_orthogonal_matrix),
        cmocka_unit_test(init_of_layers_has_the_published_variances),
        cmocka_unit_test(adam_first_steps_are_the_hand_worked_ones),
        cmocka_unit_test(adam_of_many_is_adam_of_each),
        cmocka_unit_test(adam_follows_its_equations_in_double),
        cmocka_unit_test(norm_is_the_length_and_shows_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
