/* Steps and epochs. One step: rows of the batch to shards, forward each, gather for the loss,
 * backward each, add up the gradients by the tree, clip, update. */
#define _POSIX_C_SOURCE 200809L
#include "train/trainer.h"

#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"
#include "model/model.h"
#include "model/reconstruction.h"
#include "train/component.h"
#include "train/gradients.h"
#include "train/views.h"

#include <math.h>
#include <string.h>
#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ==== Batches of rows ==== */

/* The views of one part of the rows. What they are depends on no other row, nor on the part. */
static fa_status make_views(void *context, size_t part, size_t thread) {
    (void)thread;
    fa__trainer *t = context;
    fa__made *made = &t->made[part];
    size_t from = part * t->n_rows / t->n_shards, end = (part + 1) * t->n_rows / t->n_shards, at;
    size_t features = t->task->train->features;
    made->count = 0;
    for (size_t i = from; i < end; i++)
        FA_TRY(fa__view_make(made, &at, &t->rows[i].steps, &t->views, t->task->train, t->epoch,
                             t->rows[i].sample, t->rows[i].view));
    const float *values = made->values; /* it moved while it grew */
    for (size_t i = from; i < end; values += t->rows[i++].steps * features)
        t->rows[i].values = values;
    return FA_OK;
}

/* Its views, or itself and a neighbour. */
static size_t rows_of_sample(const fa__trainer *t) {
    return t->objective.has_pairs ? 2 : 1;
}

/* Rows of n samples of the epoch's order, from sample `at` on, with their labels and pairs. */
static fa_status lay_out(fa__trainer *t, size_t at, size_t n) {
    const fa__task *task = t->task;
    size_t count = rows_of_sample(t);
    t->n_rows = n * count;
    for (size_t i = 0; i < t->n_rows; i++) {
        size_t sample = t->order[at + i / count];
        if (t->by_neighbours && i % count == 1)
            sample = fa__neighbourhood_draw(&t->neighbourhood, t->seed, t->epoch, sample);
        t->rows[i] = fa__row_of(task->train, sample, i / count);
        t->rows[i].view = i % count;
    }
    if (t->views.policy != NULL) FA_TRY(fa__parallel(t->n_shards, make_views, t));
    fa__sort_by_length(t->rows, t->n_rows, t->scratch);
    fa__split_into_shards(t->sharded, t->first, t->rows, t->n_rows, t->n_shards);
    for (size_t i = 0; task->coarse != NULL && i < t->n_rows; i++)
        t->labels[i] = task->coarse[t->sharded[i].sample];
    for (size_t i = 0; task->clusters != NULL && i < t->n_rows; i++) {
        size_t sample = t->sharded[i].sample;
        int32_t within = task->clusters[sample], label = task->coarse[sample];
        t->clusters[i] = within < 0 ? -1 : label * (int32_t)t->gathered.units + within;
    }
    t->gathered.n = t->n_rows;
    t->gathered.n_pairs = count == 2 ? n : 0;
    if (count == 2) fa__pair_views(t->pairs, t->sharded, t->n_rows);
    return FA_OK;
}

/* ==== One step ==== */

static fa_status forward_shard(void *context, size_t index, size_t thread) {
    (void)thread;
    fa__trainer *t = context;
    size_t s = t->wave + index, from = t->first[s], n = t->first[s + 1] - from;
    fa__shard *shard = fa__gradients_slot(t, s);
    if (n == 0) return FA_OK;
    FA_TRY(fa__shard_fill(shard, t->network, &t->step_engine, t->task->train, &t->task->scaling,
                          t->sharded + from, n));
    FA_TRY(fa__shard_forward(shard, t->network, &t->step_engine, t->parameters));
    size_t d = t->gathered.d, c = t->gathered.c;
    memcpy(t->gathered.h + from * d, fa__shard_target(shard, t->network)->values,
           n * d * sizeof(float));
    if (t->objective.reconstruction)
        return fa__reconstruction_compare(&t->errors[s], shard, t->network);
    memcpy(t->gathered.logits + from * c, fa__shard_outputs(shard, t->network)->values,
           n * c * sizeof(float));
    return FA_OK;
}

static fa_status backward_shard(void *context, size_t index, size_t thread) {
    (void)thread;
    fa__trainer *t = context;
    size_t s = t->wave + index, from = t->first[s];
    fa__shard *shard = fa__gradients_slot(t, s);
    const float *d_outputs = t->gathered.d_logits + from * t->gathered.c;
    if (t->first[s + 1] == from) return FA_OK;
    if (t->objective.reconstruction) {
        const fa__activation *outputs = fa__shard_outputs(shard, t->network);
        float factor = (float)(t->weights.task / (double)t->gathered.n);
        for (size_t i = 0; i < outputs->total * outputs->features; i++) shard->d_out[i] *= factor;
        d_outputs = NULL;
    }
    return fa__shard_backward(shard, t->network, &t->step_engine, t->parameters, d_outputs,
                              t->gathered.d_h + from * t->gathered.d);
}

/* The rows of all shards, and of a reconstruction mean_i ||X_i - Xhat_i||^2 over the batch. */
static fa_status gather(fa__trainer *t, size_t n) {
    double sum = 0, *errors[FA__TREE_MOST];
    fa__gathered *g = &t->gathered;
    g->n = n;
    FA_TRY(fa__comm_gather(t->comm, g->h, t->first, t->n_shards, g->d * sizeof *g->h));
    if (!t->objective.reconstruction)
        return fa__comm_gather(t->comm, g->logits, t->first, t->n_shards, g->c * sizeof *g->logits);
    for (size_t s = 0; s < t->n_shards; s++)
        errors[s] = t->first[s + 1] > t->first[s] ? &t->errors[s] : NULL;
    FA_TRY(fa__comm_sum_doubles(t->comm, &sum, errors, t->n_shards, 1));
    g->error = sum / (double)n;
    return FA_OK;
}

/* The weight matrix of the target layer within the block. */
static const fa__parameter *target_weight(const fa__network *network) {
    return &network->layers[network->target].parameters[0];
}

/* The next shards of this rank, as many as there are slots; false: there are no more. */
static bool next_wave(fa__trainer *t, bool first) {
    size_t from, to;
    fa__comm_range(&from, &to, t->comm, t->n_shards);
    t->wave = first ? from : t->wave_end;
    t->wave_end = to - t->wave < t->n_slots ? to : t->wave + t->n_slots;
    return t->wave < to;
}

static bool is_one_wave(const fa__trainer *t) {
    size_t from, to;
    fa__comm_range(&from, &to, t->comm, t->n_shards);
    return to - from <= t->n_slots;
}

static fa_status forward(fa__trainer *t) {
    for (bool more = next_wave(t, true); more; more = next_wave(t, false)) {
        FA_TRY(fa__gradients_room(t));
        FA_TRY(fa__parallel(t->wave_end - t->wave, forward_shard, t));
    }
    return FA_OK;
}

/* Where a batch is more than one wave, what backward needs of a shard is made again: the same bytes. */
static fa_status backward(fa__trainer *t) {
    bool again = !is_one_wave(t);
    FA_TRY(fa__gradients_begin(t));
    for (bool more = next_wave(t, true); more; more = next_wave(t, false)) {
        FA_TRY(fa__gradients_room(t));
        if (again) FA_TRY(fa__parallel(t->wave_end - t->wave, forward_shard, t));
        FA_TRY(fa__parallel(t->wave_end - t->wave, backward_shard, t));
        fa__gradients_take(t);
    }
    return fa__gradients_sum(t);
}

/* A step that went out of range: which parameter, and what helps. */
static fa_status not_finite(const fa__trainer *t, size_t batch) {
    const char *where = "the loss";
    const fa__parameter *p;
    for (size_t i = 0; (p = fa__network_parameter(t->network, i)) != NULL; i++) {
        if (p->buffer || isfinite(fa__norm(t->gradient + p->offset, p->count))) continue;
        where = p->name;
        break;
    }
    return fa__fail(
        FA_E_NONFINITE,
        "epoch %zu, batch %zu: the gradient is not finite, first in %s; most likely the "
        "steps are too large: optimizer.learning_rate is %g, try %g",
        t->epoch + 1, batch + 1, where, t->learning_rate, t->learning_rate / 10);
}

/* A failure at a batch, or in the validation after it, with the likely cause. */
static fa_status fail_at(const fa__trainer *t, fa_status status, size_t batch) {
    if (status != FA_E_NONFINITE) return status;
    return fa__fail_within(
        status,
        "epoch %zu, batch %zu, target layer %zu (%s; optimizer.learning_rate %g may be too high)",
        t->epoch + 1, batch, t->network->target + 1,
        t->network->layers[t->network->target].type->name, t->learning_rate);
}

/* Position in training, in epochs, before the batch that starts at sample `at`. */
static double position(const fa__trainer *t, size_t at) {
    return (double)t->epoch + (double)at / (double)t->task->n_fit;
}

static double rate_at(const fa__trainer *t, size_t at) {
    if (!t->cosine) return t->learning_rate;
    return t->learning_rate * 0.5 *
           (1 + cos(3.14159265358979323846 * position(t, at) / (double)t->epochs));
}

/* Sums over an epoch, to become its row of the history. */
typedef struct sums {
    double task, component, hold, right, norm, weight;
    size_t samples, batches;
    size_t counted; /* rows that the task counts: all, or those with a label */
} sums;

static fa_status step(fa__trainer *t, size_t at, sums *sum) {
    size_t n = t->task->n_fit - at < t->batch ? t->task->n_fit - at : t->batch;
    bool labels = t->task->coarse != NULL;
    FA_TRY(lay_out(t, at, n));
    fa_status status = forward(t);
    if (status != FA_OK) return fail_at(t, status, sum->batches + 1);

    fa__terms values;
    t->weights = fa__objective_weights(&t->objective, position(t, at));
    FA_TRY(gather(t, t->n_rows));
    status = fa__objective_eval(&values, &t->objective, &t->weights, &t->gathered);
    if (status != FA_OK) return fail_at(t, status, sum->batches + 1);
    status = backward(t);
    fa__gradients_end(t);
    if (status != FA_OK) return status;
    double norm = fa__norm(t->gradient, t->network->trained);
    if (!isfinite(norm) || !isfinite(fa__objective_total(&t->weights, &values)))
        return not_finite(t, sum->batches);
    if (t->clip > 0 && norm > t->clip) {
        float factor = (float)(t->clip / norm);
        for (size_t i = 0; i < t->network->trained; i++) t->gradient[i] *= factor;
    }
    t->adam.learning_rate = rate_at(t, at);
    if (t->weight_decay > 0)
        fa__network_decay(t->network, t->parameters,
                          (float)(1 - t->adam.learning_rate * t->weight_decay));
    fa__adam_update(&t->adam, t->parameters, t->gradient, t->network->trained);
    fa__network_renew(t->network, t->parameters, t->gradient);

    size_t counted = t->n_rows;
    for (size_t i = 0; labels && i < t->n_rows; i++) counted -= t->labels[i] < 0;
    sum->task += values.task * (double)counted;
    sum->component += values.component * (double)n;
    sum->hold += values.hold * (double)n;
    if (labels && counted > 0)
        sum->right +=
            fa__accuracy(t->gathered.logits, t->labels, t->n_rows, t->gathered.c) * (double)counted;
    sum->counted += counted;
    sum->norm += norm;
    sum->weight = t->weights.component;
    sum->samples += n;
    sum->batches++;
    return FA_OK;
}

/* ==== Epochs ==== */

/* Tells the caller how far the epoch is; its answer. */
static int report(fa__trainer *t, size_t done) {
    if (t->progress == NULL) return 0;
    double seconds = seconds_now() - t->started, epoch = (double)t->task->n_fit;
    double passed = (double)(t->epoch - t->started_epoch) * epoch + (double)done;
    double left = (double)(t->epochs - t->epoch) * epoch - (double)done;
    double rate = seconds > 0 ? passed / seconds : 0;
    fa_progress now = {.phase = "train",
                       .epoch = t->epoch + 1,
                       .epochs = t->epochs,
                       .done = done,
                       .total = t->task->n_fit,
                       .samples_per_second = rate,
                       .seconds_left = rate > 0 ? left / rate : -1};
    return t->progress(t->user, &now);
}

static fa_status validate(fa__trainer *t, fa_epoch *row) {
    const fa__task *task = t->task;
    size_t n = task->n_validation, d = t->gathered.d, c = t->gathered.c, dead = 0;
    const fa__forward how = {.network = t->network,
                             .engine = t->engine,
                             .parameters = t->parameters,
                             .scaling = &task->scaling,
                             .layer = t->network->target,
                             .comm = t->comm};
    FA_TRY(fa__embed(t->validation_target, t->validation_logits, &how, task->train,
                     task->validation, n, NULL, NULL, "validate"));
    if (t->objective.reconstruction) {
        row->validation_loss = fa__reconstruction_mean(t->validation_logits, n);
        row->validation_accuracy = (double)NAN;
        if (!isfinite(row->validation_loss))
            return fa__fail(FA_E_NONFINITE, "the reconstruction error of the validation split");
    } else {
        FA_TRY(fa_loss_cross_entropy(&row->validation_loss, NULL, t->validation_logits, n, c,
                                     t->validation_labels));
        row->validation_accuracy = fa__accuracy(t->validation_logits, t->validation_labels, n, c);
    }
    for (size_t u = 0; u < d; u++) {
        size_t i = 0;
        while (i < n && t->validation_target[i * d + u] == 0) i++;
        dead += i == n;
    }
    row->dead_units = (double)dead / (double)d;
    const fa__gathered here = {.n = n,
                               .d = d,
                               .inputs = t->gathered.inputs,
                               .h = t->validation_target,
                               .w = t->gathered.w,
                               .labels = t->validation_labels};
    return fa__objective_active_pairs(&row->active_pairs, &t->objective, &here);
}

/* Whether the epoch just validated is the one to keep so far. The hidden classes have no say. */
static bool is_best(const fa__trainer *t, const fa_epoch *row) {
    if (t->best_epoch == 0 || t->keep == FA__KEEP_LAST) return true;
    const fa_epoch *best = &t->history[t->best_epoch - 1];
    if (t->keep == FA__KEEP_BEST_ACCURACY && row->validation_accuracy != best->validation_accuracy)
        return row->validation_accuracy > best->validation_accuracy;
    return row->validation_loss < best->validation_loss;
}

/* At the start of an epoch where it is due: by what the layer makes of the samples now. */
static fa_status renew_neighbours(fa__trainer *t) {
    const fa__task *task = t->task;
    fa_status status = FA_OK;
    fa__forward how = {.network = t->network,
                       .engine = t->engine,
                       .parameters = t->parameters,
                       .scaling = &task->scaling,
                       .comm = t->comm};
    float *x = NULL;
    if (!t->by_neighbours || t->neighbours_layer == 0) return FA_OK;
    if (t->epoch > 0 && (t->renew_epochs == 0 || t->epoch % t->renew_epochs != 0)) return FA_OK;
    FA_TRY(fa__layer_by_number(&how.layer, t->network, t->neighbours_layer));
    size_t d = t->network->layers[how.layer].out.features;
    FA_CHECK(FA_NEW(x, task->n_fit * d));
    FA_CHECK(
        fa__embed(x, NULL, &how, task->train, task->fit, task->n_fit, NULL, NULL, "neighbours"));
    FA_CHECK(fa__neighbourhood_find(&t->neighbourhood, x, d));
done:
    fa__free(x);
    return status;
}

/* The samples of the batch from `at` on, while another is in hand. */
static void fetch_batch(const fa__trainer *t, size_t at) {
    size_t n_fit = t->task->n_fit;
    if (at >= n_fit) return;
    fa__dataset_fetch(t->task->train, t->order + at, n_fit - at < t->batch ? n_fit - at : t->batch);
}

static fa_status run_epoch(fa__trainer *t) {
    const fa__task *task = t->task;
    sums sum = {0};
    fa__rng rng;
    FA_TRY(renew_neighbours(t));
    fa__rng_seed(&rng, t->seed, FA__STREAM_SHUFFLE, t->epoch);
    if (t->balanced) {
        fa__balance_order(t->order, &t->balance, &rng);
    } else {
        memcpy(t->order, task->fit, task->n_fit * sizeof *t->order);
        fa__rng_shuffle(&rng, t->order, task->n_fit);
    }
    for (size_t at = 0; at < task->n_fit; at += t->batch) {
        FA_TRY(fa__stop_check());
        fetch_batch(t, at + t->batch);
        FA_TRY(step(t, at, &sum));
        size_t left = task->n_fit - at;
        bool stop = report(t, at + (left < t->batch ? left : t->batch)) != 0;
        FA_TRY(fa__comm_any(t->comm, &stop)); /* whichever rank was told to */
        if (stop) return fa__fail(FA_E_STOPPED, "stopped in epoch %zu", t->epoch + 1);
    }
    double samples = (double)sum.samples, counted = (double)sum.counted;
    fa_epoch row = {.epoch = t->epoch + 1,
                    .task_loss = sum.task / counted,
                    .component = sum.component / samples,
                    .component_weight = sum.weight,
                    .hold = t->objective.hold != FA__HOLD_NONE ? sum.hold / samples : (double)NAN,
                    .accuracy = task->coarse != NULL ? sum.right / counted : (double)NAN,
                    .gradient_norm = sum.norm / (double)sum.batches};
    fa_status status = validate(t, &row);
    if (status != FA_OK) return fail_at(t, status, sum.batches);
    row.seconds = t->before + seconds_now() - t->started;
    t->history[t->epoch++] = row;
    if (is_best(t, &row)) {
        t->best_epoch = t->epoch;
        memcpy(t->best, t->parameters, t->network->parameters * sizeof(float));
    }
    return FA_OK;
}

fa_status fa__trainer_epoch(fa__trainer *t) {
    fa__dataset_random(t->task->train, true);
    fa_status status = run_epoch(t);
    fa__dataset_random(t->task->train, false);
    return status;
}

/* ==== Opening ==== */

static void read_recipe(fa__trainer *t, const fa_recipe *recipe) {
    t->objective = (fa__objective){
        .component = fa__component_at(fa__recipe_choice(recipe, FA__LOSS_KIND)),
        .options = {.size = sizeof(fa_loss_options),
                    .margin = (float)fa__recipe_number(recipe, FA__LOSS_MARGIN),
                    .divergence = (fa_divergence)fa__recipe_choice(recipe, FA__LOSS_DIVERGENCE),
                    .norm = (fa_pair_norm)fa__recipe_choice(recipe, FA__LOSS_NORM)},
        .information = {.size = sizeof(fa_information_options),
                        .mu = fa__recipe_number(recipe, FA__LOSS_INFORMATION_MU),
                        .entropy_cap = fa__recipe_number(recipe, FA__LOSS_INFORMATION_CAP)},
        .temperature = fa__recipe_number(recipe, FA__LOSS_TEMPERATURE),
        .reconstruction = fa__recipe_choice(recipe, FA__TRAIN_TASK) == FA__RECONSTRUCTION,
        .use_labels = fa__recipe_choice(recipe, FA__LOSS_LABELS) == FA__YES &&
                      fa__recipe_choice(recipe, FA__TRAIN_TASK) == FA__LABELS,
        .information_labels = fa__recipe_choice(recipe, FA__LOSS_INFORMATION_LABELS) == FA__YES &&
                              fa__recipe_choice(recipe, FA__TRAIN_TASK) == FA__LABELS,
        .weight = fa__recipe_number(recipe, FA__LOSS_WEIGHT),
        .hold = (fa__hold)fa__recipe_choice(recipe, FA__LOSS_HOLD),
        .hold_weight = fa__recipe_number(recipe, FA__LOSS_HOLD_WEIGHT),
        .start_epoch = fa__recipe_number(recipe, FA__LOSS_START_EPOCH),
        .ramp_epochs = fa__recipe_number(recipe, FA__LOSS_RAMP_EPOCHS),
        .end_epoch = fa__recipe_number(recipe, FA__LOSS_END_EPOCH)};
    if (t->objective.component == &fa__component_none) t->objective.weight = 0;
    if (t->objective.hold == FA__HOLD_NONE) t->objective.hold_weight = 0;
    t->seed = (uint64_t)fa__recipe_number(recipe, FA__TRAIN_SEED);
    t->epochs = fa__recipe_size(recipe, FA__TRAIN_EPOCHS);
    t->n_shards = fa__recipe_size(recipe, FA__TRAIN_SHARDS);
    t->batch = fa__recipe_size(recipe, FA__TRAIN_BATCH);
    t->micro_batch = fa__recipe_size(recipe, FA__TRAIN_MICRO_BATCH);
    t->neighbours_layer = fa__recipe_size(recipe, FA__LOSS_NEIGHBOURS_LAYER);
    t->renew_epochs = fa__recipe_size(recipe, FA__LOSS_RENEW_EPOCHS);
    t->learning_rate = fa__recipe_number(recipe, FA__OPTIMIZER_LEARNING_RATE);
    t->weight_decay = fa__recipe_number(recipe, FA__OPTIMIZER_WEIGHT_DECAY);
    t->clip = fa__recipe_number(recipe, FA__OPTIMIZER_CLIP);
    t->cosine = fa__recipe_choice(recipe, FA__OPTIMIZER_SCHEDULE) == FA__COSINE;
    t->balanced = fa__recipe_choice(recipe, FA__TRAIN_BALANCE) == FA__BALANCE_LABELS;
    t->keep = (fa__keep)fa__recipe_choice(recipe, FA__TRAIN_KEEP);
    t->adam.beta1 = fa__recipe_number(recipe, FA__OPTIMIZER_BETA1);
    t->adam.beta2 = fa__recipe_number(recipe, FA__OPTIMIZER_BETA2);
    t->adam.epsilon = fa__recipe_number(recipe, FA__OPTIMIZER_EPSILON);
}

/* The matrices of the gathered point, cut from one block. */
static fa_status open_gathered(fa__trainer *t, size_t rows) {
    const fa__layer *target = &t->network->layers[t->network->target];
    const fa__parameter *w = target_weight(t->network);
    fa__gathered *m = &t->gathered;
    m->d = target->out.features;
    m->c = t->objective.reconstruction ? 0 : t->network->outputs;
    m->inputs = w->shape[1];
    size_t hs = rows * m->d, logits = rows * m->c;
    size_t half = t->objective.reconstruction ? rows * (m->d / 2) : logits;
    size_t rest = t->objective.reconstruction ? hs - half : 0;
    size_t hold = t->objective.hold != FA__HOLD_NONE ? hs : 0;
    FA_TRY(FA_NEW_ZERO(t->gathered_memory, 2 * (hs + logits + half + rest) + w->count + hold));
    float *at = t->gathered_memory;
    m->h = at;
    m->d_h = at + hs;
    m->logits = at + 2 * hs;
    m->d_logits = at + 2 * hs + logits;
    at += 2 * (hs + logits);
    m->yhat = at;
    m->d_yhat = at + half;
    m->rest = at + 2 * half;
    m->d_rest = at + 2 * half + rest;
    m->d_w = at + 2 * (half + rest);
    m->d_hold = m->d_w + w->count;
    m->w = t->parameters + w->offset;
    m->labels = t->labels;
    m->comm = t->comm;
    m->pairs = t->objective.has_pairs ? t->pairs : NULL;
    m->clusters = t->task->clusters != NULL ? t->clusters : NULL;
    m->units = t->network->layers[t->network->n_layers - 1].units;
    return FA_OK;
}

static fa_status open_memory(fa__trainer *t, const fa_recipe *recipe) {
    size_t parameters = t->network->parameters, n_validation = t->task->n_validation;
    size_t rows = t->batch * rows_of_sample(t);
    FA_TRY(FA_NEW(t->parameters, parameters));
    FA_TRY(FA_NEW(t->best, parameters));
    FA_TRY(FA_NEW(t->gradient, parameters));
    FA_TRY(FA_NEW_ZERO(t->adam.m, parameters));
    FA_TRY(FA_NEW_ZERO(t->adam.v, parameters));
    FA_TRY(FA_NEW_ZERO(t->history, t->epochs));
    FA_TRY(FA_NEW_ZERO(t->shards, t->n_slots));
    FA_TRY(FA_NEW(t->errors, t->n_shards));
    FA_TRY(FA_NEW(t->order, t->task->n_fit));
    FA_TRY(FA_NEW(t->rows, rows));
    FA_TRY(FA_NEW(t->scratch, rows));
    FA_TRY(FA_NEW(t->sharded, rows));
    FA_TRY(FA_NEW(t->first, t->n_shards + 1));
    FA_TRY(FA_NEW_ZERO(t->made, t->n_shards));
    FA_TRY(FA_NEW(t->labels, rows));
    FA_TRY(FA_NEW(t->pairs, rows));
    if (t->task->clusters != NULL) FA_TRY(FA_NEW(t->clusters, rows));
    if (t->balanced)
        FA_TRY(fa__balance_make(&t->balance, t->task->fit, t->task->n_fit, t->task->coarse,
                                t->task->groups));
    if (t->by_neighbours) FA_TRY(fa__neighbourhood_open(&t->neighbourhood, t->task, recipe));
    if (t->by_neighbours && t->neighbours_layer == 0)
        FA_TRY(fa__neighbourhood_find_by_input(&t->neighbourhood));
    FA_TRY(open_gathered(t, rows));
    FA_TRY(FA_NEW(t->validation_target, n_validation * t->gathered.d));
    FA_TRY(FA_NEW(t->validation_logits, n_validation * fa__embed_outputs(t->network)));
    FA_TRY(FA_NEW(t->validation_labels, n_validation));
    for (size_t i = 0; t->task->coarse != NULL && i < n_validation; i++)
        t->validation_labels[i] = t->task->coarse[t->task->validation[i]];
    return FA_OK;
}

/* What a layer makes does not change in training. */
static bool is_fixed(const fa__network *network, size_t layer) {
    for (size_t i = network->fixed; i <= layer; i++)
        if (network->layers[i].n_parameters > 0) return false;
    return true;
}

static fa_status check_neighbours(const fa__trainer *t) {
    size_t layer;
    if (!t->by_neighbours || t->neighbours_layer == 0) return FA_OK;
    fa_status status = fa__layer_by_number(&layer, t->network, t->neighbours_layer);
    if (status != FA_OK)
        return fa__fail_within(status, "loss.neighbours_layer = %zu", t->neighbours_layer);
    if (t->renew_epochs == 0 && !is_fixed(t->network, layer))
        return fa__fail(FA_E_RECIPE,
                        "loss.neighbours_layer = %zu: before the training the layer knows nothing; "
                        "set loss.renew_epochs as well, 1 or more",
                        t->neighbours_layer);
    return FA_OK;
}

/* How many shards are in memory at once. */
static fa_status choose_slots(fa__trainer *t) {
    size_t samples = (t->batch + t->n_shards - 1) / t->n_shards;
    t->n_slots = t->n_shards;
    if (t->micro_batch == 0) return FA_OK;
    if (samples > t->micro_batch)
        return fa__fail(FA_E_RECIPE,
                        "train.micro_batch = %zu: a batch of %zu in train.shards = %zu has %zu "
                        "samples in a shard, and a shard goes through the network as a whole; "
                        "train.shards = %zu works",
                        t->micro_batch, t->batch, t->n_shards, samples,
                        (t->batch + t->micro_batch - 1) / t->micro_batch);
    if (t->micro_batch / samples < t->n_shards) t->n_slots = t->micro_batch / samples;
    return FA_OK;
}

/* What the keys together must be; each by itself was checked when it was set. */
static fa_status check_recipe(const fa__trainer *t) {
    const fa__objective *o = &t->objective;
    FA_TRY(fa__objective_check(o, t->network));
    FA_TRY(check_neighbours(t));
    if (!(t->weight_decay * t->learning_rate < 1))
        return fa__fail(FA_E_RECIPE,
                        "optimizer.weight_decay = %g: times optimizer.learning_rate = %g it takes "
                        "all of the weights in a step; below %g works",
                        t->weight_decay, t->learning_rate, 1 / t->learning_rate);
    if (!o->reconstruction) return FA_OK;
    if (t->balanced)
        return fa__fail(FA_E_RECIPE,
                        "train.balance = labels: train.task = reconstruction has no labels to "
                        "balance; none works");
    if (t->keep == FA__KEEP_BEST_ACCURACY)
        return fa__fail(FA_E_RECIPE,
                        "train.keep = best_accuracy: a reconstruction has no accuracy; best_loss "
                        "works");
    return FA_OK;
}

static fa_status choose_precision(fa__trainer *t, const fa_recipe *recipe) {
    t->step_engine = *t->engine;
    if (strcmp(fa__recipe_text(recipe, FA__NETWORK_PRECISION), "float32") == 0) return FA_OK;
    if (!fa__network_needs_images(t->network))
        return fa__fail(FA_E_RECIPE, "network.precision = bfloat16: it is for convolutions, and "
                                     "the network has none; float32 works");
    fa_status status = fa__engine_in_bfloat16(&t->step_engine, t->engine);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "network.precision = bfloat16");
}

fa_status fa__trainer_open(fa__trainer *t, const fa_recipe *recipe, const fa__task *task,
                           const fa__network *network, const fa__engine *engine) {
    memset(t, 0, sizeof *t);
    t->task = task;
    t->network = network;
    t->engine = engine;
    t->comm = fa__comm_world();
    read_recipe(t, recipe);
    if (t->batch > task->n_fit) t->batch = task->n_fit;
    FA_TRY(fa__views_open(&t->views, recipe, task->train, &task->scaling));
    t->by_neighbours = fa__recipe_choice(recipe, FA__LOSS_POSITIVES) == FA__POSITIVES_NEIGHBOURS;
    t->objective.has_pairs = t->by_neighbours || t->views.count == 2;
    t->objective.clusters_most = task->clusters_most;
    FA_TRY(check_recipe(t));
    FA_TRY(choose_slots(t));
    FA_TRY(choose_precision(t, recipe));
    if (t->views.policy != NULL && t->views.policy->check != NULL)
        FA_TRY(t->views.policy->check(task->train, task->fit, task->n_fit));
    fa_status status = open_memory(t, recipe);
    if (status != FA_OK) {
        fa__trainer_close(t);
        return status;
    }
    fa__network_init(network, t->parameters, (fa__init)fa__recipe_choice(recipe, FA__NETWORK_INIT),
                     t->seed);
    memcpy(t->best, t->parameters, network->parameters * sizeof(float));
    t->started = seconds_now();
    return FA_OK;
}

void fa__trainer_close(fa__trainer *t) {
    fa__gradients_free(t);
    for (size_t s = 0; t->shards != NULL && s < t->n_slots; s++) fa__shard_free(&t->shards[s]);
    for (size_t s = 0; t->made != NULL && s < t->n_shards; s++) fa__made_free(&t->made[s]);
    void *const blocks[] = {t->parameters,
                            t->best,
                            t->gradient,
                            t->adam.m,
                            t->adam.v,
                            t->history,
                            t->shards,
                            t->order,
                            t->rows,
                            t->scratch,
                            t->sharded,
                            t->first,
                            t->made,
                            t->labels,
                            t->pairs,
                            t->clusters,
                            t->gathered_memory,
                            t->errors,
                            t->validation_target,
                            t->validation_logits,
                            t->validation_labels};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) fa__free(blocks[i]);
    fa__balance_free(&t->balance);
    fa__neighbourhood_free(&t->neighbourhood);
    memset(t, 0, sizeof *t);
}

/* Neighbours that were found by what a layer made of the samples some epochs ago. */
static bool keeps_neighbours(const fa__trainer *t) {
    return t->by_neighbours && t->neighbours_layer > 0;
}

fa__state fa__trainer_state(const fa__trainer *t) {
    size_t n = t->network->parameters;
    const fa__neighbourhood *near = &t->neighbourhood;
    return (fa__state){.blocks = {{"parameters", FA__F32, n, t->parameters},
                                  {"best", FA__F32, n, t->best},
                                  {"adam.m", FA__F32, n, t->adam.m},
                                  {"adam.v", FA__F32, n, t->adam.v},
                                  {"neighbours", FA__I32, t->task->n_fit * near->k, near->nearest}},
                       .n_blocks = 4 + keeps_neighbours(t),
                       .adam_step = t->adam.step,
                       .epoch = t->epoch,
                       .best_epoch = t->best_epoch,
                       .epochs = t->epochs,
                       .history = t->history};
}

fa_status fa__trainer_resume(fa__trainer *t, const fa__state *state) {
    const int32_t n_fit = (int32_t)t->task->n_fit, *nearest = t->neighbourhood.nearest;
    for (size_t i = 0; keeps_neighbours(t) && i < t->task->n_fit * t->neighbourhood.k; i++)
        if (nearest[i] < -1 || nearest[i] >= n_fit)
            return fa__fail(FA_E_FORMAT,
                            "the checkpoint has sample %d as a neighbour, and there are %d",
                            (int)nearest[i], (int)n_fit);
    t->adam.step = state->adam_step;
    t->epoch = t->started_epoch = state->epoch;
    t->best_epoch = state->best_epoch;
    t->before = state->epoch > 0 ? t->history[state->epoch - 1].seconds : 0;
    return FA_OK;
}
