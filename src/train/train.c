/* A training by a recipe: its data, its epochs with what they leave in the folder, and the scores
 * at the end. */
#include "base/counts.h"
#include "base/memory.h"
#include "base/options.h"
#include "cluster/transform.h"
#include "model/model.h"
#include "model/reconstruction.h"
#include "run/history.h"
#include "run/run.h"
#include "train/clustering.h"
#include "train/component.h"
#include "train/plan.h"
#include "train/ranks.h"
#include "train/start_vectors.h"
#include "train/train.h"
#include "train/trainer.h"
#include "train/weights.h"
#include "train/within.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct training {
    const fa__comm *comm;
    const char *folder; /* NULL: nothing is written; so on all ranks but the first */
    const fa_recipe *recipe;
    const fa_train_options *options;
    fa__task task;
    fa__network *network;
    const fa__engine *engine;
    size_t layer;           /* whose outputs are clustered */
    size_t k;               /* clusters; 0: to be chosen (cluster.k = auto) once there are rows */
    fa_sweep_choice choice; /* where it was */
    bool chosen;
    fa__within within; /* the coarse labels that the clusters lie within */
    fa__trainer trainer;
    size_t words_with_vectors;
    bool stopped;
    bool writing; /* results of an earlier part are gone from the folder */
    int lock;     /* of the folder; -1: not yet */
} training;

/* ==== The folder ==== */

static fa_status check_same_recipe(const training *r) {
    char path[FA__PATH_MAX];
    fa_recipe *before;
    const char *key;
    FA_TRY(fa__run_path(path, r->folder, FA_RUN_RECIPE));
    FA_TRY(fa_recipe_read(&before, path));
    fa_status status = FA_OK;
    if (fa__recipe_differs(&key, before, r->recipe))
        status = fa__fail(
            FA_E_RECIPE,
            "%s: cannot be resumed with another %s: it was '%s', now '%s'; only train.epochs "
            "and train.micro_batch may change",
            r->folder, key, fa_recipe_get(before, key), fa_recipe_get(r->recipe, key));
    fa_recipe_free(before);
    return status;
}

static fa_status read_checkpoint(training *r) {
    char path[FA__PATH_MAX];
    fa__state state = fa__trainer_state(&r->trainer);
    FA_TRY(fa__run_path(path, r->folder, FA_RUN_CHECKPOINT));
    FA_TRY(fa__checkpoint_read(&state, path));
    FA_TRY(fa__trainer_resume(&r->trainer, &state));
    return FA_OK;
}

/* Before the first file is written: what lies there goes, so that it is not taken for this
 * training's. Of a run that is resumed the model, the checkpoint and the history stay. */
static fa_status begin_writing(training *r) {
    char path[FA__PATH_MAX];
    if (r->writing) return FA_OK;
    FA_TRY(fa__run_drop_results(r->folder, !r->options->resume));
    FA_TRY(fa__run_path(path, r->folder, FA_RUN_RECIPE));
    FA_TRY(fa_recipe_write(r->recipe, path));
    r->writing = true;
    return FA_OK;
}

/* Makes the folder ready, or says why a run that is there stays untouched. A run that is resumed
 * stays as it is until there is something new to write. */
static fa_status open_folder(training *r) {
    bool resume = r->options->resume;
    if (r->folder == NULL) return FA_OK;
    if (!resume) FA_TRY(fa__make_folder(r->folder));
    if (r->lock < 0 && fa__is_folder(r->folder)) FA_TRY(fa__run_lock(&r->lock, r->folder));
    bool has_epoch =
        fa__run_has(r->folder, FA_RUN_CHECKPOINT); /* else it was stopped within the first */
    bool there = has_epoch || fa__run_has(r->folder, FA_RUN_MODEL);
    if (!resume && there && !r->options->overwrite)
        return fa__fail(
            FA_E_ARGUMENT,
            "%s: holds a run already; --resume continues it, --overwrite replaces it, another "
            "folder keeps both",
            r->folder);
    if (!resume) return begin_writing(r);
    if (!there)
        return fa__fail(FA_E_IO, "%s: no run is there to resume; train without --resume",
                        r->folder);
    FA_TRY(check_same_recipe(r));
    return has_epoch ? read_checkpoint(r) : FA_OK;
}

/* Those of the best epoch; of the steps so far where the first epoch was not finished. */
static const float *kept_parameters(const training *r) {
    return r->trainer.best_epoch > 0 ? r->trainer.best : r->trainer.parameters;
}

/* The model as it is kept so far; its parts are those of the training. */
static fa_status model_bytes(unsigned char **bytes, size_t *size, const training *r) {
    const fa__task *task = &r->task;
    fa_model model = {.network = r->network,
                      .engine = r->engine,
                      .parameters = (float *)kept_parameters(r),
                      .scaling = task->scaling,
                      .vocabulary = task->vocabulary,
                      .columns = task->train->names.columns,
                      .shift = task->train->values.shift,
                      .schema = task->train->names.schema,
                      .layers = (char *)fa__recipe_text(r->recipe, FA__NETWORK_LAYERS)};
    return fa_model_to_buffer(bytes, size, &model);
}

/* The files of an epoch that is done. */
static fa_status write_epoch(training *r) {
    const fa__trainer *t = &r->trainer;
    const fa__state state = fa__trainer_state(t);
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    if (r->folder == NULL) return FA_OK;
    FA_TRY(begin_writing(r));
    FA_TRY(fa__run_path(path, r->folder, FA_RUN_HISTORY));
    FA_TRY(fa__history_write(path, t->history, t->epoch));
    FA_TRY(fa__run_path(path, r->folder, FA_RUN_CHECKPOINT));
    FA_TRY(fa__checkpoint_write(path, &state));
    if (t->best_epoch != t->epoch) return FA_OK; /* the model is there already */
    FA_TRY(model_bytes(&bytes, &size, r));
    fa_status status = fa__run_write(r->folder, FA_RUN_MODEL, bytes, size);
    fa__free(bytes);
    return status;
}

/* ==== Training ==== */

/* Word vectors in the place of starting values. */
static fa_status read_vectors(training *r) {
    if (fa__recipe_text(r->recipe, FA__TEXT_VECTORS)[0] == '\0') return FA_OK;
    FA_TRY(fa__start_vectors(r->trainer.parameters, &r->words_with_vectors, r->recipe, &r->task,
                             r->network));
    memcpy(r->trainer.best, r->trainer.parameters, r->network->parameters * sizeof(float));
    return FA_OK;
}

/* Those of a trained network. */
static fa_status read_weights(training *r) {
    const char *name = fa__recipe_text(r->recipe, FA__NETWORK_WEIGHTS);
    const fa_model *start = r->options->start;
    char *path;
    if (start == NULL && name[0] == '\0') return FA_OK;
    if (start != NULL)
        fa__weights_below_target(r->trainer.parameters, r->network, start->parameters,
                                 start->network);
    else {
        FA_TRY(fa_data_path(&path, name));
        fa_status status = fa__weights_read(r->trainer.parameters, r->network, path);
        fa__free(path);
        if (status != FA_OK) return fa__fail_within(status, "network.weights");
    }
    memcpy(r->trainer.best, r->trainer.parameters, r->network->parameters * sizeof(float));
    return FA_OK;
}

static fa_status train(training *r) {
    fa__trainer *t = &r->trainer;
    while (t->epoch < t->epochs && !r->stopped) {
        fa_status status = fa__trainer_epoch(t);
        r->stopped = status == FA_E_STOPPED;
        if (r->stopped) break;
        if (status != FA_OK) return status;
        FA_TRY(fa__ranks_check_network(&r->trainer));
        FA_TRY(write_epoch(r));
        const fa_epoch *row = &t->history[t->epoch - 1];
        fa_progress report = {.phase = "train",
                              .epoch = t->epoch,
                              .epochs = t->epochs,
                              .done = r->task.n_fit,
                              .total = r->task.n_fit,
                              .finished = row,
                              .seconds_left = -1};
        bool stop = t->progress != NULL && t->progress(t->user, &report) != 0;
        FA_TRY(fa__comm_any(r->comm, &stop));
        if (stop) r->stopped = t->epoch < t->epochs;
    }
    return FA_OK;
}

/* ==== Scores ==== */

static bool choose_clusters(const training *r) {
    return strcmp(fa__recipe_text(r->recipe, FA__CLUSTER_K), "auto") == 0;
}

static bool all_rows(const training *r) {
    return fa__recipe_choice(r->recipe, FA__CLUSTER_ROWS) == FA__ROWS_ALL;
}

static size_t clusters_of(const training *r) {
    size_t k = fa__recipe_size(r->recipe, FA__CLUSTER_K);
    if (choose_clusters(r) || fa__counts_given(fa__recipe_text(r->recipe, FA__CLUSTER_K))) return 0;
    if (k > 0) return k;
    return r->task.hidden_classes > 0 ? r->task.hidden_classes : r->task.groups;
}

/* What is clustered at the end, and how much of it. */
static const char *scored_rows(const training *r, size_t *n) {
    const fa__task *task = &r->task;
    *n = task->test != NULL ? task->test->n : task->n_validation + (all_rows(r) ? task->n_fit : 0);
    return task->test != NULL ? "data.test" : all_rows(r) ? "data.train" : "the validation split";
}

static fa_status find_layer(training *r) {
    size_t number = fa__recipe_clustered(r->recipe);
    fa_status status = fa__layer_by_number(&r->layer, r->network, number);
    if (status == FA_OK) return FA_OK;
    if (number == FA_LAYER_INPUT) return fa__fail_within(FA_E_RECIPE, "cluster.space = input");
    return fa__fail_within(status, "cluster.layer = %zu", number);
}

/* Before hours of training, not after. */
static fa_status check_transform(const training *r) {
    size_t components = fa__recipe_size(r->recipe, FA__CLUSTER_COMPONENTS),
           units = fa__layer_units(r->network, r->layer);
    fa_status status = fa__transform_check(
        (fa_transform_kind)fa__recipe_choice(r->recipe, FA__CLUSTER_TRANSFORM), components, units);
    if (status == FA_OK) return FA_OK;
    if (status == FA_E_ARGUMENT) status = FA_E_RECIPE;
    return fa__fail_within(status, "cluster.transform = %s, cluster.components = %zu",
                           fa__recipe_text(r->recipe, FA__CLUSTER_TRANSFORM), components);
}

/* One split on its way to its scores. */
typedef struct scored {
    const char *split;
    const fa_dataset *dataset;
    const size_t *samples; /* NULL: all */
    size_t n;
    const int32_t *coarse, *hidden; /* by sample of the data set; NULL: not known */
    float *embedding, *logits;
    int32_t *clusters, *coarse_rows, *hidden_rows, *numbers; /* by row */
    int32_t *labels;                                         /* that it is clustered within */
    bool spare, left_out; /* it may be left out where its rows do not fit the clusters, and was */
    fa_clusters *found;
    fa_scores scores;
} scored;

static fa_status gather(int32_t **rows, const int32_t *labels, const scored *s) {
    if (labels == NULL) return FA_OK;
    FA_TRY(FA_NEW(*rows, s->n));
    for (size_t i = 0; i < s->n; i++) (*rows)[i] = labels[s->samples != NULL ? s->samples[i] : i];
    return FA_OK;
}

static void free_scored(scored *s) {
    fa__free(s->embedding);
    fa__free(s->logits);
    fa__free(s->clusters);
    fa__free(s->coarse_rows);
    fa__free(s->hidden_rows);
    fa__free(s->numbers);
    fa__free(s->labels);
    fa_clusters_free(s->found);
}

/* What is clustered: the test split, all of data.train, or the validation split. Beside the first
 * two the validation split is scored (if it has rows enough for the clusters), so that a setting
 * can be chosen without them. Returns how many there are. */
static size_t take_splits(scored splits[2], const training *r, const size_t *everything) {
    const fa__task *task = &r->task;
    const scored test = {.split = "test",
                         .dataset = task->test,
                         .n = task->test != NULL ? task->test->n : 0,
                         .coarse = task->coarse_test,
                         .hidden = task->hidden_test},
                 validation = {.split = "validation",
                               .dataset = task->train,
                               .samples = task->validation,
                               .n = task->n_validation,
                               .coarse = task->coarse,
                               .hidden = task->hidden};
    scored all = validation;
    all.split = "all";
    all.samples = everything;
    all.n = task->n_validation + task->n_fit;
    splits[0] = task->test != NULL ? test : all_rows(r) ? all : validation;
    splits[1] = validation;
    splits[1].spare = true;
    return task->test != NULL || all_rows(r) ? 2 : 1;
}

static int by_size(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The samples of data.train in use, in the order of the data. */
static fa_status every_sample(size_t **out, const training *r) {
    const fa__task *task = &r->task;
    size_t n = task->n_validation + task->n_fit;
    FA_TRY(FA_NEW(*out, n));
    memcpy(*out, task->validation, task->n_validation * sizeof **out);
    memcpy(*out + task->n_validation, task->fit, task->n_fit * sizeof **out);
    qsort(*out, n, sizeof **out, by_size);
    return FA_OK;
}

/* Numbers of clusters against the labels that rows are known to have. */
static fa_status check_given(training *r) {
    fa_status status = FA_OK;
    scored splits[2] = {{0}};
    size_t *everything = NULL;
    if (!r->within.set || r->within.how != FA_WITHIN_GIVEN) return FA_OK;
    if (all_rows(r)) FA_CHECK(every_sample(&everything, r));
    take_splits(splits, r, everything);
    if (splits[0].coarse == NULL) goto done;
    FA_CHECK(gather(&splits[0].coarse_rows, splits[0].coarse, &splits[0]));
    FA_CHECK(fa__within_check(&r->within, splits[0].coarse_rows, splits[0].n));
done:
    free_scored(&splits[0]);
    fa__free(everything);
    return status;
}

/* The same for k. */
static fa_status check_clusters(training *r) {
    size_t n, most;
    const char *what = scored_rows(r, &n);
    if (all_rows(r) && r->task.test != NULL)
        return fa__fail(FA_E_RECIPE,
                        "cluster.rows = all clusters data.train, and data.test = %s is there to be "
                        "clustered: leave one of them out",
                        fa__recipe_text(r->recipe, FA__DATA_TEST));
    r->k = clusters_of(r);
    FA_TRY(fa__within_open(&r->within, &r->k, r->recipe, &r->task));
    if (choose_clusters(r))
        return r->within.how != FA_WITHIN_NONE ? FA_OK
                                               : fa__clusters_largest(&most, n, r->task.groups);
    if (r->k == 0)
        return fa__fail(FA_E_ARGUMENT, "cluster.k = 0 takes the number of hidden classes, and "
                                       "data.train has none: set cluster.k, e.g. 10, or auto");
    if (r->k <= n) return check_given(r);
    return fa__fail(
        FA_E_ARGUMENT, "cluster.k: %zu clusters are asked for, %s has %zu samples%s", r->k, what, n,
        r->task.test != NULL || all_rows(r) ? "; one each is the most"
                                            : "; lower cluster.k or raise data.validation");
}

/* The coarse label that each row is clustered within. */
static fa_status label_rows(const training *r, scored *s) {
    if (r->within.how == FA_WITHIN_NONE) return FA_OK;
    FA_TRY(FA_NEW(s->labels, s->n));
    fa__within_labels(s->labels, &r->within, s->coarse_rows, s->logits, s->n,
                      fa__embed_outputs(r->network));
    fa_status status = fa__within_check(&r->within, s->labels, s->n);
    s->left_out = s->spare && status == FA_E_ARGUMENT;
    return s->left_out ? FA_OK : status;
}

/* How many, where it takes the rows to know. */
static fa_status count_clusters(training *r, const scored *s, const fa__space *space) {
    bool open = r->k == 0;
    if (r->within.how != FA_WITHIN_NONE)
        FA_TRY(fa__within_share(&r->within, &r->k, &r->choice, r->recipe, space, s->labels));
    else if (open) {
        FA_TRY(fa__clusters_choose(&r->choice, r->recipe, space, r->task.groups));
        r->k = r->choice.k;
    }
    r->chosen = r->chosen || open;
    return FA_OK;
}

/* What the distances to centres tell of a label is seen on the validation split. */
static fa_status calibrate(const training *r, scored *s, const fa__space *space) {
    fa_status status = FA_OK;
    const fa__task *task = &r->task;
    bool *held = NULL;
    size_t *rows = NULL, count = 0;
    if (r->within.how != FA_WITHIN_GIVEN || s->coarse_rows == NULL || s->samples == NULL)
        return FA_OK;
    FA_CHECK(FA_NEW_ZERO(held, task->train->n));
    FA_CHECK(FA_NEW(rows, s->n));
    for (size_t i = 0; i < task->n_validation; i++) held[task->validation[i]] = true;
    for (size_t i = 0; i < s->n; i++)
        if (held[s->samples[i]]) rows[count++] = i;
    FA_CHECK(fa__clusters_calibrate(s->found, s->clusters, s->scores.inertia / (double)s->n,
                                    space->x, s->logits, fa__embed_outputs(r->network),
                                    s->coarse_rows, s->n, rows, count));
done:
    fa__free(held);
    fa__free(rows);
    return status;
}

static fa_status cluster(training *r, scored *s, size_t d) {
    fa__space space;
    const fa__inside inside = {r->within.how, &r->within.coarse, r->within.k_of, s->labels};
    fa_status status = fa__space_open(&space, r->recipe, s->embedding, s->n, d, r->comm);
    if (status == FA_OK) status = count_clusters(r, s, &space);
    if (status == FA_OK)
        status = fa__clusters_fit(&s->found, s->clusters, &s->scores.inertia, r->recipe, &space,
                                  r->k, s->labels != NULL ? &inside : NULL);
    if (status == FA_OK) status = calibrate(r, s, &space);
    s->scores.k = r->k;
    fa__space_close(&space);
    return status == FA_OK
               ? FA_OK
               : fa__fail_within(status, "clustering the %s split (cluster.k)", s->split);
}

static size_t embedded_units(const training *r) {
    return fa__layer_units(r->network, r->layer);
}

static fa_status score(training *r, scored *s) {
    size_t d = embedded_units(r), c = fa__embed_outputs(r->network);
    const fa__forward how = {.network = r->network,
                             .engine = r->engine,
                             .parameters = kept_parameters(r),
                             .scaling = &r->task.scaling,
                             .layer = r->layer,
                             .comm = r->comm};
    s->scores.n = s->n;
    s->scores.accuracy = s->scores.reconstruction = (double)NAN;
    FA_TRY(FA_NEW(s->embedding, s->n * d));
    FA_TRY(FA_NEW(s->logits, s->n * c));
    FA_TRY(FA_NEW(s->clusters, s->n));
    FA_TRY(gather(&s->coarse_rows, s->coarse, s));
    FA_TRY(gather(&s->hidden_rows, s->hidden, s));
    FA_TRY(fa__embed(s->embedding, s->logits, &how, s->dataset, s->samples, s->n, NULL, NULL,
                     "embed"));
    if (s->coarse_rows != NULL)
        s->scores.accuracy = fa__accuracy(s->logits, s->coarse_rows, s->n, c);
    if (r->network->reconstruction)
        s->scores.reconstruction = fa__reconstruction_mean(s->logits, s->n);
    FA_TRY(label_rows(r, s));
    if (s->left_out) return FA_OK;
    FA_TRY(cluster(r, s, d));
    if (s->hidden_rows == NULL) return FA_OK;
    s->scores.has_truth = 1;
    FA_TRY(fa_score_ami(&s->scores.ami_max, s->hidden_rows, s->clusters, s->n, FA_MEAN_MAX));
    FA_TRY(fa_score_nmi(&s->scores.nmi_geometric, s->hidden_rows, s->clusters, s->n,
                        FA_MEAN_GEOMETRIC));
    return fa_score_ari(&s->scores.ari, s->hidden_rows, s->clusters, s->n);
}

/* rows: the sample of data.train that each row is. */
static fa_status sample_numbers(int32_t **rows, const scored *s) {
    if (s->samples == NULL || s->dataset->n > INT32_MAX) return FA_OK; /* NULL: row i is sample i */
    FA_TRY(FA_NEW(*rows, s->n));
    for (size_t i = 0; i < s->n; i++) (*rows)[i] = (int32_t)s->samples[i];
    return FA_OK;
}

static fa_train_result result_of(const training *r, const scored *s, const scored *validation) {
    const fa__trainer *t = &r->trainer;
    const fa__task *task = &r->task;
    const double none = (double)NAN;
    const fa_epoch *best = t->best_epoch > 0 ? &t->history[t->best_epoch - 1] : NULL;
    fa_train_result result = {
        .epochs = t->epoch,
        .best_epoch = t->best_epoch,
        .stopped = r->stopped,
        .validation_loss = best != NULL ? best->validation_loss : none,
        .validation_accuracy = best != NULL ? best->validation_accuracy : none,
        .active_pairs = best != NULL ? best->active_pairs : none,
        .words = task->vocabulary.count > 0 ? task->vocabulary.count - 1 : 0,
        .words_with_vectors = r->words_with_vectors,
        .has_scores = 1,
        .split = s->split,
        .scores = s->scores,
        .has_choice = r->chosen,
        .choice = r->choice,
        .within = r->within.how,
        .has_validation = validation != NULL,
        .neighbours_recall = t->by_neighbours ? t->neighbourhood.recall : none};
    if (validation != NULL) result.validation = validation->scores;
    return result;
}

/* The model as its bytes have it, so that one that was trained is one that was read. */
static fa_status take_model(fa_run *run, training *r) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(model_bytes(&bytes, &size, r));
    fa_status status = r->folder != NULL ? begin_writing(r) : FA_OK;
    if (status == FA_OK && r->folder != NULL)
        status = fa__run_write(r->folder, FA_RUN_MODEL, bytes, size);
    if (status != FA_OK) {
        fa__free(bytes);
        return status;
    }
    FA_TRY(fa__model_parse(&run->model, bytes, size, "model"));
    run->digest = run->model->digest;
    return FA_OK;
}

/* Moves what was found of the scored rows, their numbers too. */
static void take_rows(fa_run *run, const training *r, scored *s) {
    int32_t **const labels[FA__RUN_LABELS] = {&s->clusters, &s->coarse_rows, &s->hidden_rows,
                                              &s->numbers};
    for (size_t i = 0; i < FA__RUN_LABELS; i++) {
        run->labels[i] = *labels[i];
        run->looked[i] = true;
        *labels[i] = NULL;
    }
    run->embeddings = s->embedding;
    run->units = embedded_units(r);
    run->clusters = s->found;
    run->clusters->model = run->digest;
    s->embedding = NULL;
    s->found = NULL;
}

static fa_status take_history(fa_run *run, const fa__trainer *t) {
    if (t->epoch == 0) return FA_OK;
    FA_TRY(FA_NEW(run->history, t->epoch));
    memcpy(run->history, t->history, t->epoch * sizeof *run->history);
    run->epochs = t->epoch;
    return FA_OK;
}

static fa_status finish(fa_run **out, training *r) {
    fa_status status = FA_OK;
    fa_run *run = NULL;
    scored splits[2] = {{0}};
    size_t *everything = NULL, count = 1;
    FA_CHECK(fa__run_create(&run, r->folder, r->recipe));
    FA_CHECK(take_model(run, r));
    if (all_rows(r)) FA_CHECK(every_sample(&everything, r));
    count = take_splits(splits, r, everything);
    FA_CHECK(score(r, &splits[0]));
    if (count > 1 && r->task.n_validation < r->k) count = 1;
    if (count > 1) FA_CHECK(score(r, &splits[1]));
    if (splits[1].left_out) count = 1;
    run->result = result_of(r, &splits[0], count > 1 ? &splits[1] : NULL);
    FA_CHECK(sample_numbers(&splits[0].numbers, &splits[0]));
    take_rows(run, r, &splits[0]);
    FA_CHECK(take_history(run, &r->trainer));
    if (r->folder != NULL) FA_CHECK(fa__run_write_results(run));
    *out = run;
    run = NULL;
done:
    fa_run_free(run);
    free_scored(&splits[0]);
    free_scored(&splits[1]);
    fa__free(everything);
    return status;
}

/* ==== Again ==== */

/* The results of a run in the place of those that it has. */
static fa_status replace_results(fa_run *run, training *r, scored *s, fa_recipe **recipe) {
    FA_TRY(sample_numbers(&s->numbers, s)); /* once something of the run is gone all must come */
    if (r->folder != NULL) {
        char path[FA__PATH_MAX];
        FA_TRY(fa__run_drop_results(r->folder, false));
        FA_TRY(fa__run_path(path, r->folder, FA_RUN_RECIPE));
        FA_TRY(fa_recipe_write(r->recipe, path));
    }
    for (size_t i = 0; i < FA__RUN_LABELS; i++) fa__free(run->labels[i]);
    fa__free(run->embeddings);
    fa_clusters_free(run->clusters);
    fa_recipe_free(run->recipe);
    run->recipe = *recipe;
    *recipe = NULL;
    take_rows(run, r, s);
    return r->folder != NULL ? fa__run_write_results(run) : FA_OK;
}

fa_status fa__train_cluster(fa_run *run, const fa_recipe *recipe, const fa_dataset *train_set,
                            const fa_dataset *test_set) {
    fa_status status = FA_OK;
    fa_recipe *copy = NULL;
    scored splits[2] = {{0}};
    size_t *everything = NULL, count;
    const fa_model *model;
    training r = {
        .comm = fa__comm_world(), .recipe = recipe, .folder = fa_run_folder(run), .lock = -1};
    FA_CHECK(fa_run_model(&model, run));
    FA_CHECK(fa__recipe_copy(&copy, recipe));
    if (r.folder != NULL) FA_CHECK(fa__run_lock(&r.lock, r.folder));
    FA_CHECK(fa__task_open(&r.task, recipe, train_set, test_set));
    FA_CHECK(check_clusters(&r));
    r.network = model->network;
    r.engine = model->engine;
    r.trainer.parameters = model->parameters;
    FA_CHECK(find_layer(&r));
    FA_CHECK(check_transform(&r));
    if (all_rows(&r)) FA_CHECK(every_sample(&everything, &r));
    count = take_splits(splits, &r, everything);
    FA_CHECK(score(&r, &splits[0]));
    if (count > 1 && r.task.n_validation < r.k) count = 1;
    if (count > 1) FA_CHECK(score(&r, &splits[1]));
    if (splits[1].left_out) count = 1;
    run->result.scores = splits[0].scores;
    run->result.has_validation = count > 1;
    if (count > 1) run->result.validation = splits[1].scores;
    run->result.within = r.within.how;
    run->result.has_choice = r.chosen;
    run->result.choice = r.choice;
    FA_CHECK(replace_results(run, &r, &splits[0], &copy));
done:
    status = fa__comm_close(r.comm, status);
    free_scored(&splits[0]);
    free_scored(&splits[1]);
    fa__free(everything);
    fa_recipe_free(copy);
    fa__within_close(&r.within);
    fa__task_close(&r.task);
    fa__folder_unlock(r.lock);
    return status;
}

/* ==== The whole ==== */

static fa_status show_plan(const training *r) {
    fa_plan *plan;
    if (r->options->plan == NULL) return FA_OK;
    FA_TRY(FA_NEW(plan, 1));
    fa__plan_make(plan, &r->task, r->network, fa__recipe_text(r->recipe, FA__NETWORK_LAYERS));
    fa__views_text(plan->views, &r->trainer.views);
    plan->clusters = r->k;
    scored_rows(r, &plan->clustered);
    int stop = r->options->plan(r->options->user, plan);
    fa__free(plan);
    return stop ? fa__fail(FA_E_STOPPED, "stopped before the training; nothing was written")
                : FA_OK;
}

fa_status fa_train(fa_run **out, const fa_recipe *recipe, const fa_dataset *train_set,
                   const fa_dataset *test_set, const fa_train_options *options) {
    fa_train_options own;
    fa_status status = FA_OK;
    fa_run *run = NULL;
    training r = {.comm = fa__comm_world(), .recipe = recipe, .options = &own, .lock = -1};
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_train_options"));
    if (recipe == NULL)
        return fa__fail(FA_E_ARGUMENT, "recipe is NULL; fa_recipe_create makes one");
    r.folder = r.comm->rank == 0 ? own.folder : NULL;
    if (own.resume && own.folder == NULL)
        return fa__fail(FA_E_ARGUMENT,
                        "there is no folder to resume from; name one in the options");
    /* Told before the data are read, which may take minutes. */
    if (r.folder != NULL && fa__is_folder(r.folder)) FA_CHECK(fa__run_lock(&r.lock, r.folder));
    FA_CHECK(fa__engine_find(&r.engine, fa__recipe_text(recipe, FA__NETWORK_ENGINE)));
    FA_CHECK(fa__task_open(&r.task, recipe, train_set, test_set));
    if (fa__component_at(fa__recipe_choice(recipe, FA__LOSS_KIND))->needs & FA__NEEDS_CLUSTERS)
        FA_CHECK(fa__task_clusters(&r.task, recipe, own.clusters));
    FA_CHECK(fa__ranks_check(r.comm, recipe, r.engine, &r.task));
    FA_CHECK(check_clusters(&r));
    FA_CHECK(fa__network_create(&r.network, fa__recipe_text(recipe, FA__NETWORK_LAYERS),
                                fa__dataset_shape(r.task.train), fa__task_outputs(&r.task)));
    r.network->steps = fa__dataset_steps(r.task.train, &r.network->stretched);
    if (fa__network_needs_images(r.network)) FA_CHECK(fa__engine_takes_images(r.engine));
    FA_CHECK(find_layer(&r));
    FA_CHECK(check_transform(&r));
    FA_CHECK(fa__trainer_open(&r.trainer, recipe, &r.task, r.network, r.engine));
    r.trainer.progress = own.progress;
    r.trainer.user = own.user;
    FA_CHECK(read_weights(&r));
    FA_CHECK(read_vectors(&r));
    FA_CHECK(show_plan(&r));
    FA_CHECK(open_folder(&r));
    FA_CHECK(fa__ranks_share(&r.trainer));
    FA_CHECK(train(&r));
    FA_CHECK(finish(&run, &r));
done:
    status = fa__comm_close(r.comm, status);
    if (status == FA_OK && out != NULL)
        *out = run;
    else
        fa_run_free(run);
    fa__within_close(&r.within);
    fa__trainer_close(&r.trainer);
    fa__network_free(r.network);
    fa__task_close(&r.task);
    fa__folder_unlock(r.lock);
    return status;
}
