/* Pieces of work for benchmarks: set up once, run as often as wanted.
 *
 * A piece is a row of the table of works: its name, what its sizes are called, how it is set up and
 * run. Its arrays are named, so that a peer can be given the same numbers and compared. */
#include "pieces/bench.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/threads.h"
#include "engine/engine.h"
#include "forced_apart/loss.h"
#include "loss/pairwise.h"
#include "nn/adam.h"
#include "pieces/cnn.h"
#include "pieces/peak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZES = 5,  /* of a work at most */
    ARRAYS = 10 /* of a bench at most */
};

typedef struct array {
    const char *name;
    float *values;
    size_t count;
} array;

/* One shard of the LSTM: `samples` series of equal length, packed by time. */
typedef struct shard {
    fa__lstm_shape shape;
    size_t *rows;
    const float *x, *d_last;
    float *last, *gradient, *workspace;
} shard;

typedef struct work work;

struct fa_bench {
    const work *work;
    size_t size[SIZES];
    double flops;
    array arrays[ARRAYS];
    size_t n_arrays, n_shards, threads;
    shard *shards;
    fa__adam adam;
    fa__cnn cnn;
    fa__engine cnn_engine;
    int32_t *labels;
    const fa__engine *engine;
};

struct work {
    const char *name, *sizes; /* "M N K" */
    size_t n_sizes, most;     /* each from 1 to most */
    fa_status (*open)(fa_bench *b);
    fa_status (*run)(fa_bench *b);
};

/* ==== Arrays ==== */

static float *array_of(const fa_bench *b, const char *name) {
    for (size_t i = 0; i < b->n_arrays; i++)
        if (strcmp(b->arrays[i].name, name) == 0) return b->arrays[i].values;
    return NULL;
}

/* count normal numbers times scale, or zeros. */
static fa_status add_array(fa_bench *b, const char *name, size_t count, double scale) {
    array *a = &b->arrays[b->n_arrays];
    FA_TRY(FA_NEW_ZERO(a->values, count));
    a->name = name;
    a->count = count;
    fa__rng rng;
    fa__rng_seed(&rng, 1, FA__STREAM_INIT, b->n_arrays++);
    if (scale != 0)
        for (size_t i = 0; i < count; i++) a->values[i] = (float)(scale * fa__rng_normal(&rng));
    return FA_OK;
}

/* ==== fma ==== */

static fa_status open_fma(fa_bench *b) {
    b->threads = fa__threads();
    b->flops = (double)b->size[0] * (double)fa__peak_kernel()->flops * (double)b->threads;
    return add_array(b, "sum", b->threads, 0);
}

static fa_status fma_of_thread(void *context, size_t index, size_t thread) {
    (void)thread;
    const fa_bench *b = context;
    b->arrays[0].values[index] = fa__peak_kernel()->run(b->size[0], 0.5f, 0.5f);
    return FA_OK;
}

static fa_status run_fma(fa_bench *b) {
    return fa__parallel(b->threads, fma_of_thread, b);
}

/* ==== gemm ==== */

static fa_status open_gemm(fa_bench *b) {
    size_t m = b->size[0], n = b->size[1], k = b->size[2];
    b->threads = fa__threads() < m ? fa__threads() : m;
    b->flops = 2 * (double)m * (double)n * (double)k;
    FA_TRY(add_array(b, "a", m * k, 1));
    FA_TRY(add_array(b, "b", k * n, 1));
    return add_array(b, "c", m * n, 0);
}

static fa_status gemm_of_thread(void *context, size_t index, size_t thread) {
    (void)thread;
    const fa_bench *b = context;
    size_t m = b->size[0], n = b->size[1], k = b->size[2];
    size_t first = m * index / b->threads, end = m * (index + 1) / b->threads;
    return b->engine->gemm(&(fa__gemm){.m = end - first,
                                       .n = n,
                                       .k = k,
                                       .a = array_of(b, "a") + first * k,
                                       .lda = k,
                                       .b = array_of(b, "b"),
                                       .ldb = n,
                                       .c = array_of(b, "c") + first * n,
                                       .ldc = n});
}

static fa_status run_gemm(fa_bench *b) {
    return fa__parallel(b->threads, gemm_of_thread, b);
}

/* ==== lstm ==== */

/* The weights in one block wx [4H, I], wh [4H, H], b [4H], as are their gradients. */
static size_t lstm_parameters(const fa_bench *b) {
    return 4 * b->size[3] * (b->size[2] + b->size[3] + 1);
}

static fa_status open_shard(fa_bench *b, size_t index, size_t first) {
    size_t batch = b->size[0], steps = b->size[1], inputs = b->size[2], units = b->size[3];
    shard *s = &b->shards[index];
    size_t samples = batch * (index + 1) / b->n_shards - first;
    FA_TRY(FA_NEW(s->rows, steps));
    for (size_t t = 0; t < steps; t++) s->rows[t] = samples;
    s->shape = (fa__lstm_shape){samples, steps, samples * steps, s->rows, inputs, units};
    s->x = array_of(b, "x") + first * steps * inputs;
    s->last = array_of(b, "last") + first * units;
    s->d_last = array_of(b, "d_last") + first * units;
    FA_TRY(FA_NEW_ZERO(s->gradient, lstm_parameters(b)));
    return FA_NEW_ZERO(s->workspace, b->engine->lstm_workspace(&s->shape));
}

static fa_status open_lstm(fa_bench *b) {
    size_t batch = b->size[0], steps = b->size[1], inputs = b->size[2], units = b->size[3];
    if (b->size[4] > batch)
        return fa__fail(FA_E_ARGUMENT, "lstm: %zu shards of %zu samples: at most one a sample",
                        b->size[4], batch);
    double gates = 4 * (double)units * (double)(inputs + units);
    b->flops = 2 * (double)batch * (double)steps * (3 * gates - 4 * (double)units * (double)inputs);
    FA_TRY(add_array(b, "x", batch * steps * inputs, 1));
    FA_TRY(add_array(b, "weights", lstm_parameters(b), 0.1));
    FA_TRY(add_array(b, "last", batch * units, 0));
    FA_TRY(add_array(b, "d_last", batch * units, 1));
    FA_TRY(add_array(b, "gradient", lstm_parameters(b), 0));
    FA_TRY(FA_NEW_ZERO(b->shards, b->size[4]));
    b->n_shards = b->size[4];
    for (size_t i = 0, first = 0; i < b->n_shards; first = batch * ++i / b->n_shards)
        FA_TRY(open_shard(b, i, first));
    return FA_OK;
}

static fa_status lstm_of_shard(void *context, size_t index, size_t thread) {
    (void)thread;
    const fa_bench *b = context;
    shard *s = &b->shards[index];
    size_t inputs = b->size[2], units = b->size[3];
    const float *wx = array_of(b, "weights"), *wh = wx + 4 * units * inputs;
    fa__lstm_weights w = {wx, wh, wh + 4 * units * units};
    fa__lstm_gradients d = {.wx = s->gradient,
                            .wh = s->gradient + 4 * units * inputs,
                            .b = s->gradient + 4 * units * (inputs + units)};
    FA_TRY(b->engine->lstm_forward(b->engine, NULL, s->last, s->workspace, s->x, &s->shape, &w));
    return b->engine->lstm_backward(b->engine, &d, s->workspace, NULL, s->d_last, s->x, &s->shape,
                                    &w);
}

/* As in training: shards on threads, then their gradients in the order of the shards. */
static fa_status run_lstm(fa_bench *b) {
    FA_TRY(fa__parallel(b->n_shards, lstm_of_shard, b));
    float *sum = array_of(b, "gradient");
    size_t n = lstm_parameters(b);
    memset(sum, 0, n * sizeof *sum);
    for (size_t s = 0; s < b->n_shards; s++)
        for (size_t i = 0; i < n; i++) sum[i] += b->shards[s].gradient[i];
    return FA_OK;
}

/* ==== cnn ==== */

static fa_status open_cnn(fa_bench *b) {
    fa__cnn *cnn = &b->cnn;
    bool batchnorm = strstr(b->work->name, "-batchnorm") != NULL;
    b->cnn_engine = *b->engine;
    if (strstr(b->work->name, "-bfloat16") != NULL)
        FA_TRY(fa__engine_in_bfloat16(&b->cnn_engine, b->engine));
    FA_TRY(fa__cnn_open(cnn, batchnorm, b->size[0], b->size[1], &b->cnn_engine));
    size_t parameters = cnn->network->parameters;
    b->flops = fa__cnn_flops(cnn);
    FA_TRY(add_array(b, "x", cnn->batch * cnn->network->input.features, 1));
    FA_TRY(add_array(b, "logits", cnn->batch, 0));
    FA_TRY(add_array(b, "parameters", parameters, 0));
    FA_TRY(add_array(b, "gradient", parameters, 0));
    FA_TRY(add_array(b, "m", parameters, 0));
    FA_TRY(add_array(b, "v", parameters, 0));
    cnn->x = array_of(b, "x");
    cnn->logits = array_of(b, "logits");
    cnn->parameters = array_of(b, "parameters");
    cnn->gradient = array_of(b, "gradient");
    cnn->m = array_of(b, "m");
    cnn->v = array_of(b, "v");
    fa__network_init(cnn->network, cnn->parameters, FA__INIT_HE, 1);
    return FA_OK;
}

static fa_status run_cnn(fa_bench *b) {
    return fa__cnn_step(&b->cnn);
}

/* ==== adam ==== */

static fa_status open_adam(fa_bench *b) {
    size_t n = b->size[0];
    b->flops = 12 * (double)n;
    FA_TRY(add_array(b, "parameters", n, 0.1));
    FA_TRY(add_array(b, "gradient", n, 1));
    FA_TRY(add_array(b, "m", n, 0));
    FA_TRY(add_array(b, "v", n, 0));
    b->adam = (fa__adam){.learning_rate = 0.001,
                         .beta1 = 0.9,
                         .beta2 = 0.999,
                         .epsilon = 1e-8,
                         .m = array_of(b, "m"),
                         .v = array_of(b, "v")};
    return FA_OK;
}

static fa_status run_adam(fa_bench *b) {
    fa__adam_update(&b->adam, array_of(b, "parameters"), array_of(b, "gradient"), b->size[0]);
    return FA_OK;
}

/* ==== all-pairs ==== */

static fa_status open_all_pairs(fa_bench *b) {
    size_t n = b->size[0], d = b->size[1];
    b->flops = 6 * (double)n * (double)n * (double)d / (double)b->size[2];
    FA_TRY(add_array(b, "h", n * d, 1));
    FA_TRY(add_array(b, "gradient", n * d, 0));
    FA_TRY(add_array(b, "loss", 1, 0));
    FA_TRY(FA_NEW(b->labels, n));
    for (size_t i = 0; i < n; i++) b->labels[i] = (int32_t)(i % b->size[2]);
    return FA_OK;
}

/* The way holds for the process: another loss that runs meanwhile goes it, too, to the same end. */
static fa_status run_all_pairs(fa_bench *b) {
    double loss;
    fa__pair_way(FA__PAIR_TILES);
    fa_status status =
        fa_loss_multi(&loss, array_of(b, "gradient"), array_of(b, "h"), b->size[0], b->size[1],
                      b->labels, &(fa_loss_options){.size = sizeof(fa_loss_options), .margin = 1});
    fa__pair_way(FA__PAIR_AUTO);
    if (status == FA_OK) *array_of(b, "loss") = (float)loss;
    return status;
}

/* ==== The table ==== */

static const work works[] = {
    {"fma", "ROUNDS", 1, (size_t)1 << 40, open_fma, run_fma},
    {"gemm", "M N K", 3, 1 << 16, open_gemm, run_gemm},
    {"lstm", "BATCH STEPS INPUTS UNITS SHARDS", 5, 1 << 14, open_lstm, run_lstm},
    {"cnn", "BATCH SHARDS", 2, 1 << 14, open_cnn, run_cnn},
    {"cnn-batchnorm", "BATCH SHARDS", 2, 1 << 14, open_cnn, run_cnn},
    {"cnn-bfloat16", "BATCH SHARDS", 2, 1 << 14, open_cnn, run_cnn},
    {"cnn-batchnorm-bfloat16", "BATCH SHARDS", 2, 1 << 14, open_cnn, run_cnn},
    {"adam", "N", 1, 1u << 31, open_adam, run_adam},
    {"all-pairs", "N D LABELS", 3, 1 << 22, open_all_pairs, run_all_pairs},
};

static fa_status read_sizes(fa_bench *b, const char *text) {
    const work *w = b->work;
    for (size_t i = 0; i < w->n_sizes; i++) {
        char *end;
        text += strspn(text, " ");
        errno = 0;
        unsigned long long value = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || errno != 0 || value < 1 || value > w->most)
            return fa__fail(FA_E_ARGUMENT, "%s takes %s, whole numbers from 1 to %zu, got '%s'",
                            w->name, w->sizes, w->most, text);
        b->size[i] = (size_t)value;
        text = end;
    }
    if (text[strspn(text, " ")] != '\0')
        return fa__fail(FA_E_ARGUMENT, "%s takes %s, '%s' is too much", w->name, w->sizes, text);
    return FA_OK;
}

fa_status fa_bench_open(fa_bench **out, const char *text) {
    fa_status status = FA_OK;
    fa_bench *b = NULL;
    size_t word = strcspn(text, " "), i = 0, count = sizeof works / sizeof works[0];
    while (i < count && (strlen(works[i].name) != word || memcmp(works[i].name, text, word) != 0))
        i++;
    if (i == count)
        return fa__fail(
            FA_E_ARGUMENT,
            "no work is named '%.*s' (fma, gemm, lstm, cnn, cnn-batchnorm, adam, all-pairs; "
            "cnn-bfloat16, cnn-batchnorm-bfloat16)",
            (int)word, text);
    FA_CHECK(FA_NEW_ZERO(b, 1));
    b->work = &works[i];
    FA_CHECK(read_sizes(b, text + word));
    FA_CHECK(fa__engine_find(&b->engine, "auto"));
    FA_CHECK(b->work->open(b));
    *out = b;
    b = NULL;
done:
    fa_bench_free(b);
    return status;
}

fa_status fa_bench_run(fa_bench *bench) {
    return bench->work->run(bench);
}

double fa_bench_flops(const fa_bench *bench) {
    return bench->flops;
}

float *fa_bench_array(const fa_bench *bench, const char *name, size_t *count) {
    for (size_t i = 0; i < bench->n_arrays; i++)
        if (strcmp(bench->arrays[i].name, name) == 0) {
            *count = bench->arrays[i].count;
            return bench->arrays[i].values;
        }
    return NULL;
}

void fa_bench_free(fa_bench *bench) {
    if (bench == NULL) return;
    for (size_t i = 0; i < bench->n_arrays; i++) fa__free(bench->arrays[i].values);
    for (size_t i = 0; i < bench->n_shards; i++) {
        fa__free(bench->shards[i].rows);
        fa__free(bench->shards[i].gradient);
        fa__free(bench->shards[i].workspace);
    }
    fa__free(bench->shards);
    fa__cnn_close(&bench->cnn);
    fa__free(bench->labels);
    fa__free(bench);
}
