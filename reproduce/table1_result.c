/* What cells left: read from their run folders, scored, and as numbers with names. */
#define _POSIX_C_SOURCE 200809L
#include "table1.h"

#include "core/output.h"
#include "core/text_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

table1_procedure table1_procedure_of(const table1_result *cell) {
    return cell->method == HELD ? cell->column->procedure : TRAINED_ONCE;
}

/* ==== Scores ==== */

fa_status table1_compare(table1_scores *out, const int32_t *found, const int32_t *classes,
                         size_t n) {
    table1_scores s;
    fa_status status = fa_score_ami(&s.ami, found, classes, n, FA_MEAN_MAX);
    if (status == FA_OK) status = fa_score_nmi(&s.nmi, found, classes, n, FA_MEAN_GEOMETRIC);
    if (status == FA_OK) status = fa_score_nmi(&s.nmi_mean, found, classes, n, FA_MEAN_ARITHMETIC);
    if (status == FA_OK) status = fa_score_ari(&s.ari, found, classes, n);
    if (status == FA_OK) *out = s;
    return status;
}

fa_status table1_cluster(int32_t *found, const float *x, size_t n, size_t d, const int32_t *labels,
                         size_t k) {
    size_t count = 0;
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = k;
    if (labels == NULL) return fa_kmeans_fit(NULL, found, NULL, x, n, d, &how);
    for (size_t i = 0; i < n; i++)
        if (labels[i] >= 0 && (size_t)labels[i] >= count) count = (size_t)labels[i] + 1;
    size_t *k_of = calloc(count + 1, sizeof *k_of);
    if (k_of == NULL) return FA_E_NOMEM;
    fa_status status = fa_kmeans_share(k_of, x, n, d, labels, count, &how);
    if (status == FA_OK)
        status = fa_kmeans_within(NULL, found, NULL, x, n, d, labels, count, k_of, &how);
    free(k_of);
    return status;
}

fa_status table1_score(table1_result *out, fa_run *run) {
    const float *h;
    const int32_t *coarse, *classes;
    size_t n, d;
    fa_transform *unit = NULL;
    if (!isfinite(out->accuracy)) return FA_OK;
    fa_status status = fa_run_embeddings(&h, &n, &d, run);
    if (status == FA_OK) status = fa_run_labels(&coarse, run, FA_RUN_COARSE);
    if (status == FA_OK) status = fa_run_labels(&classes, run, FA_RUN_CLASSES);
    if (status != FA_OK || coarse == NULL || classes == NULL) return status;
    float *rows = malloc(n * d * sizeof *rows);
    int32_t *found = malloc(n * sizeof *found);
    status = FA_E_NOMEM;
    if (rows != NULL && found != NULL)
        status = fa_transform_fit(&unit, FA_TRANSFORM_UNIT, 0, h, n, d);
    if (status == FA_OK) status = fa_transform_apply(rows, unit, h, n, d);
    if (status == FA_OK)
        status = table1_cluster(found, rows, n, d, coarse, fa_run_result(run)->scores.k);
    if (status == FA_OK) status = table1_compare(&out->scores[WITHIN_GIVEN], found, classes, n);
    fa_transform_free(unit);
    free(rows), free(found);
    return status;
}

/* ==== Numbers with names ==== */

#define FIELD(name) offsetof(table1_result, name)
#define SCORES(way, ending)                                                                        \
    {"ami_max" ending, FIELD(scores[way].ami)}, {"nmi_sqrt" ending, FIELD(scores[way].nmi)},       \
        {"nmi_arithmetic" ending, FIELD(scores[way].nmi_mean)}, {                                  \
        "ari" ending, FIELD(scores[way].ari)                                                       \
    }

static const struct {
    const char *name;
    size_t at; /* of a double */
} numbers[] = {
    {"seconds", FIELD(seconds)},
    {"validation_accuracy", FIELD(validation_accuracy)},
    {"validation_ami_max", FIELD(validation_ami)},
    {"accuracy", FIELD(accuracy)},
    SCORES(OVER_ALL, ""),
    SCORES(WITHIN_GIVEN, "_within"),
    SCORES(WITHIN_PREDICTED, "_predicted"),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double number(const table1_result *of, size_t i) {
    double x;
    memcpy(&x, (const char *)of + numbers[i].at, sizeof x);
    return x;
}

static void set_number(table1_result *of, size_t i, double x) {
    memcpy((char *)of + numbers[i].at, &x, sizeof x);
}

void table1_clear(table1_result *out) {
    out->done = false;
    out->epochs = out->best_epoch = 0;
    for (size_t i = 0; i < NUMBERS; i++) set_number(out, i, (double)NAN);
}

void table1_take_training(table1_result *out, const fa_run *run) {
    size_t epochs;
    const fa_train_result *result = fa_run_result(run);
    const fa_epoch *history = fa_run_history(run, &epochs);
    out->epochs = result->epochs;
    out->best_epoch = result->best_epoch;
    out->validation_accuracy = result->validation_accuracy;
    if (epochs > 0) out->seconds = history[epochs - 1].seconds;
}

bool table1_take(table1_result *out, const fa_run *run) {
    table1_clear(out);
    const fa_train_result *result = fa_run_result(run);
    if (result->has_scores && !result->stopped && strcmp(result->split, "test") == 0) {
        table1_take_training(out, run);
        out->accuracy = result->scores.accuracy;
        out->scores[OVER_ALL].ami = result->scores.ami_max;
        out->scores[OVER_ALL].nmi = result->scores.nmi_geometric;
        out->scores[OVER_ALL].ari = result->scores.ari;
        if (result->has_validation) out->validation_ami = result->validation.ami_max;
        out->done = isfinite(result->scores.ami_max);
    }
    return out->done;
}

static json_t *to_json(const table1_result *r) {
    json_t *all = json_pack("{s:s, s:s, s:I, s:I, s:I}", "column", r->column->name, "method",
                            table1_methods[r->method], "seed", (json_int_t)r->seed, "epochs",
                            (json_int_t)r->epochs, "best_epoch", (json_int_t)r->best_epoch);
    for (size_t i = 0; i < NUMBERS; i++)
        json_object_set_new(all, numbers[i].name, json_number(number(r, i)));
    return all;
}

bool table1_write_result(const char *path, const table1_result *result) {
    json_t *all = to_json(result);
    char *text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    fa_status status = text != NULL ? fa_file_write(path, text, strlen(text)) : FA_E_NOMEM;
    free(text);
    if (status == FA_E_NOMEM)
        fail("out of memory");
    else if (status != FA_OK)
        fail_library();
    return status == FA_OK;
}

bool table1_read_result(table1_result *out, const char *path) {
    table1_clear(out);
    json_t *all = json_load_file(path, 0, NULL);
    if (all == NULL) return false;
    out->epochs = (size_t)json_integer_value(json_object_get(all, "epochs"));
    out->best_epoch = (size_t)json_integer_value(json_object_get(all, "best_epoch"));
    for (size_t i = 0; i < NUMBERS; i++) {
        const json_t *value = json_object_get(all, numbers[i].name);
        if (json_is_number(value)) set_number(out, i, json_number_value(value));
    }
    json_decref(all);
    for (size_t way = 0; way < WAYS; way++) out->done = out->done || isfinite(out->scores[way].ami);
    return out->done;
}

json_t *table1_json(const table1_result *results, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (results[i].done) json_array_append_new(list, to_json(&results[i]));
    return list;
}

static void print_number(FILE *to, double x) {
    if (isfinite(x))
        fprintf(to, ",%.6g", x);
    else
        fputc(',', to);
}

bool table1_write_csv(const char *path, const table1_result *results, size_t count) {
    text_file whole;
    if (!text_file_start(&whole)) return false;
    FILE *file = whole.to;
    fprintf(file, "column,method,seed,epochs,best_epoch");
    for (size_t i = 0; i < NUMBERS; i++) fprintf(file, ",%s", numbers[i].name);
    fprintf(file, ",paper_ami,paper_nmi\n");
    for (size_t i = 0; i < count; i++) {
        const table1_result *r = &results[i];
        if (!r->done) continue;
        const table1_cell *cell = &r->column->cells[r->method];
        fprintf(file, "%s,%s,%lu,%zu,%zu", r->column->name, table1_methods[r->method], r->seed,
                r->epochs, r->best_epoch);
        for (size_t k = 0; k < NUMBERS; k++) print_number(file, number(r, k));
        print_number(file, cell->paper_ami > 0 ? cell->paper_ami : (double)NAN);
        print_number(file, cell->paper_nmi > 0 ? cell->paper_nmi : (double)NAN);
        fputc('\n', file);
    }
    return text_file_finish(&whole, path);
}
