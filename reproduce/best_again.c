/* A network trained again on its own clusters: those of the training rows, found within the coarse labels
 * in its pooled layer, are the labels of the next training (docs/training.md). */
#define _POSIX_C_SOURCE 200809L
#include "table1_run.h"

#include "core/output.h"
#include "core/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of recipes/cifar10-batchnorm.ini: the pooled layer, its mean over so many changes of an image. */
enum { LAYER = 13, CHANGES = 16 };
static const fa_transform_kind space = FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT;

typedef struct job {
    const table1_plan *plan;
    const table1_result *cell;
    fa_recipe *recipe; /* of the first training */
    size_t k;          /* clusters: as many as hidden classes */
} job;

/* ==== One part of the data ==== */

typedef struct split {
    fa_dataset *data;
    const int32_t *classes; /* [n] */
    int32_t *coarse;        /* [n] 0 to labels - 1, by data.groups */
    size_t n, labels;
} split;

static void close_split(split *s) {
    fa_dataset_free(s->data);
    free(s->coarse);
    *s = (split){0};
}

/* name "train" or "test" */
static int open_split(split *s, const job *j, const char *name) {
    const fa_recipe *recipe = j->recipe;
    const char *key = strcmp(name, "train") == 0 ? "data.train" : "data.test";
    const char *path = fa_recipe_get(recipe, key), *groups = fa_recipe_get(recipe, "data.groups");
    if (fa_recipe_read_data(&s->data, recipe, path, name) != FA_OK) return fail_library();
    s->n = fa_dataset_count(s->data);
    s->classes = fa_dataset_classes(s->data);
    s->coarse = malloc(s->n * sizeof *s->coarse);
    if (s->coarse == NULL) return fail("no memory for %zu labels", s->n);
    fa_status status = fa_groups_apply(s->coarse, &s->labels, groups, s->classes, s->n);
    return status == FA_OK ? EXIT_OK : fail_library();
}

/* ==== What a training makes of it ==== */

typedef struct outputs {
    float *rows, *logits; /* [n, units] in `space`; [n, width] */
    size_t n, units, width;
} outputs;

static void close_outputs(outputs *o) {
    free(o->rows);
    free(o->logits);
    *o = (outputs){0};
}

static int embed(outputs *o, const job *j, size_t training, const fa_dataset *data) {
    static char label[64];
    char folder[PLACE_MAX];
    fa_run *run = NULL;
    fa_transform *transform = NULL;
    const fa_model *model;
    if (!table1_training_path(folder, j->plan, j->cell, training)) return EXIT_FAILED;
    fa_status status = fa_run_open(&run, folder);
    if (status == FA_OK) status = fa_run_model(&model, run);
    if (status == FA_OK) status = fa_model_layer_units(&o->units, model, LAYER);
    if (status != FA_OK) goto done;
    o->n = fa_dataset_count(data);
    o->width = fa_model_outputs(model);
    o->rows = malloc(o->n * o->units * sizeof *o->rows);
    o->logits = malloc(o->n * o->width * sizeof *o->logits);
    status = FA_E_NOMEM;
    if (o->rows == NULL || o->logits == NULL) goto done;
    snprintf(label, sizeof label, "embedding, by training %zu: ", training + 1);
    progress_start(label);
    status = fa_model_embed_augmented(o->rows, o->logits, model, fa_run_recipe(run), LAYER, data,
                                      CHANGES, progress_show, NULL);
    progress_end();
    if (status == FA_OK) status = fa_transform_fit(&transform, space, 0, o->rows, o->n, o->units);
    if (status == FA_OK) {
        float *rows = malloc(o->n * fa_transform_columns(transform) * sizeof *rows);
        status = rows != NULL ? fa_transform_apply(rows, transform, o->rows, o->n, o->units)
                              : FA_E_NOMEM;
        free(o->rows);
        o->rows = rows;
        o->units = fa_transform_columns(transform);
    }
done:
    fa_transform_free(transform);
    fa_run_free(run);
    return status == FA_OK        ? EXIT_OK
           : status == FA_E_NOMEM ? fail("no memory for the outputs of %zu images", o->n)
                                  : fail_library();
}

/* ==== Labels of the next training ==== */

static int make_labels(const job *j, size_t training) {
    char path[PLACE_MAX];
    uint64_t size;
    split train = {0};
    outputs o = {0};
    int32_t *found = NULL;
    if (!table1_labels_path(path, j->plan, j->cell, training)) return EXIT_FAILED;
    if (file_size(path, &size)) return EXIT_OK;
    int code = open_split(&train, j, "train");
    if (code == EXIT_OK) code = embed(&o, j, training - 1, train.data);
    if (code == EXIT_OK) {
        found = malloc(train.n * sizeof *found);
        fa_status status = found != NULL
                               ? table1_cluster(found, o.rows, o.n, o.units, train.coarse, j->k)
                               : FA_E_NOMEM;
        if (status == FA_OK) status = fa_labels_write(path, found, train.n);
        if (status != FA_OK) code = status == FA_E_NOMEM ? fail("out of memory") : fail_library();
    }
    free(found);
    close_outputs(&o);
    close_split(&train);
    return code;
}

/* ==== Scores ==== */

/* The coarse label of each output of the last training: its labels are clusters, in ascending order, each
 * within one coarse label. */
static int labels_of_outputs(size_t *label_of, const job *j) {
    char path[PLACE_MAX];
    split train = {0};
    int32_t *clusters = NULL;
    size_t n, used = 0;
    int code = table1_labels_path(path, j->plan, j->cell, TRAININGS - 1) ? EXIT_OK : EXIT_FAILED;
    if (code == EXIT_OK) code = open_split(&train, j, "train");
    if (code == EXIT_OK && fa_labels_read(&clusters, &n, path) != FA_OK) code = fail_library();
    if (code == EXIT_OK && n != train.n)
        code = fail("%s has %zu labels, the data %zu samples: remove it", path, n, train.n);
    for (size_t c = 0; code == EXIT_OK && c < j->k; c++)
        for (size_t i = 0; i < n; i++)
            if (clusters[i] == (int32_t)c) {
                label_of[used++] = (size_t)train.coarse[i];
                break;
            }
    fa_free(clusters);
    close_split(&train);
    return code;
}

/* Adds the probability of each coarse label, [n, labels]; label_of[c] is that of class c. */
static void add_probabilities(double *sum, const outputs *o, const size_t *label_of,
                              size_t labels) {
    for (size_t i = 0; i < o->n; i++) {
        const float *row = o->logits + i * o->width;
        double *to = sum + i * labels, total = 0, most = (double)row[0];
        if (o->width == 1) {
            double second = 1 / (1 + exp(-most));
            to[label_of[0]] += 1 - second;
            to[label_of[1]] += second;
            continue;
        }
        for (size_t c = 1; c < o->width; c++) most = fmax(most, (double)row[c]);
        for (size_t c = 0; c < o->width; c++) total += exp((double)row[c] - most);
        for (size_t c = 0; c < o->width; c++) to[label_of[c]] += exp((double)row[c] - most) / total;
    }
}

/* The label of the highest mean probability, by the first training and the last. */
static int predict(int32_t *predicted, const job *j, const outputs *first, const outputs *last,
                   size_t labels) {
    size_t *label_of = malloc((j->k + labels + 2) * sizeof *label_of);
    double *sum = calloc(first->n * labels, sizeof *sum);
    int code = label_of != NULL && sum != NULL ? EXIT_OK : fail("out of memory");
    if (code == EXIT_OK) {
        for (size_t l = 0; l < labels; l++) label_of[l] = l;
        add_probabilities(sum, first, label_of, labels);
        code = labels_of_outputs(label_of, j);
    }
    if (code == EXIT_OK) {
        add_probabilities(sum, last, label_of, labels);
        for (size_t i = 0; i < first->n; i++) {
            predicted[i] = 0;
            for (size_t l = 1; l < labels; l++)
                if (sum[i * labels + l] > sum[i * labels + (size_t)predicted[i]])
                    predicted[i] = (int32_t)l;
        }
    }
    free(label_of);
    free(sum);
    return code;
}

static int cluster_test(table1_result *out, const split *test, const outputs *o,
                        const int32_t *predicted, size_t k) {
    const int32_t *labels[WAYS] = {NULL, test->coarse, predicted};
    int32_t *found = malloc(test->n * sizeof *found);
    fa_status status = found != NULL ? FA_OK : FA_E_NOMEM;
    for (size_t way = 0; way < WAYS && status == FA_OK; way++) {
        status = table1_cluster(found, o->rows, o->n, o->units, labels[way], k);
        if (status == FA_OK)
            status = table1_compare(&out->scores[way], found, test->classes, test->n);
    }
    size_t right = 0;
    for (size_t i = 0; i < test->n; i++) right += predicted[i] == test->coarse[i];
    out->accuracy = (double)right / (double)test->n;
    free(found);
    return status == FA_OK        ? EXIT_OK
           : status == FA_E_NOMEM ? fail("out of memory")
                                  : fail_library();
}

static int score(table1_result *out, const job *j) {
    split test = {0};
    outputs first = {0}, last = {0};
    int32_t *predicted = NULL;
    int code = open_split(&test, j, "test");
    if (code == EXIT_OK) code = embed(&first, j, 0, test.data);
    if (code == EXIT_OK) code = embed(&last, j, TRAININGS - 1, test.data);
    if (code == EXIT_OK && (predicted = malloc(test.n * sizeof *predicted)) == NULL)
        code = fail("out of memory");
    if (code == EXIT_OK) code = predict(predicted, j, &first, &last, test.labels);
    if (code == EXIT_OK) code = cluster_test(out, &test, &last, predicted, j->k);
    free(predicted);
    close_outputs(&first);
    close_outputs(&last);
    close_split(&test);
    return code;
}

/* ==== All of it ==== */

/* What a training left; not done if it is not finished. */
static int take(table1_result *one, job *j, size_t training) {
    char folder[PLACE_MAX], path[PLACE_MAX];
    uint64_t size;
    fa_run *run;
    *one = *j->cell;
    if (!table1_training_path(folder, j->plan, j->cell, training) ||
        !join_path(path, folder, fa_run_file_name(FA_RUN_SCORES)))
        return EXIT_FAILED;
    if (!file_size(path, &size)) return EXIT_OK;
    if (fa_run_open(&run, folder) != FA_OK) return fail_library();
    table1_take(one, run);
    j->k = fa_run_result(run)->scores.k;
    fa_run_free(run);
    return EXIT_OK;
}

static int train(table1_result *one, job *j, size_t training) {
    static char label[32];
    int code = take(one, j, training);
    if (code != EXIT_OK || one->done) return code;
    snprintf(label, sizeof label, "training %zu of %d: ", training + 1, (int)TRAININGS);
    code = table1_train_one(j->plan, j->cell, training, label);
    return code == EXIT_OK ? take(one, j, training) : code;
}

int best_again(const table1_plan *p, const table1_result *cell) {
    char path[PLACE_MAX];
    table1_result result = *cell, one;
    job j = {.plan = p, .cell = cell};
    table1_clear(&result);
    result.seconds = 0;
    if (!table1_cell_path(path, p, cell, RESULT_FILE)) return EXIT_FAILED;
    unlink(path);
    j.recipe = table1_recipe(p, cell, 0);
    int code = j.recipe != NULL ? EXIT_OK : EXIT_FAILED;
    for (size_t t = 0; t < TRAININGS && code == EXIT_OK; t++) {
        if (t > 0) code = make_labels(&j, t);
        if (code == EXIT_OK) code = train(&one, &j, t);
        if (code != EXIT_OK) break;
        if (t == 0) result.validation_accuracy = one.validation_accuracy; /* of coarse labels */
        result.seconds += one.seconds;
        result.epochs = one.epochs;
        result.best_epoch = one.best_epoch;
    }
    if (code == EXIT_OK) code = score(&result, &j);
    fa_recipe_free(j.recipe);
    return code == EXIT_OK && !table1_write_result(path, &result) ? EXIT_FAILED : code;
}
