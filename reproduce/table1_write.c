/* The results of the cells, read from their run folders and written as a table. */
#define _POSIX_C_SOURCE 200809L
#include "table1.h"

#include "core/checksum.h"
#include "core/machine.h"
#include "core/output.h"
#include "core/places.h"
#include "core/text_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ==== Reading ==== */

/* AMI_max of the target layer in rows of unit length, clustered within the coarse labels given. */
static fa_status score_within(double *out, fa_run *run) {
    const float *h;
    const int32_t *coarse, *classes;
    size_t n, d, labels = 0, *k_of = NULL;
    float *rows = NULL;
    int32_t *found = NULL;
    fa_transform *unit = NULL;
    fa_status status = fa_run_embeddings(&h, &n, &d, run);
    if (status == FA_OK) status = fa_run_labels(&coarse, run, FA_RUN_COARSE);
    if (status == FA_OK) status = fa_run_labels(&classes, run, FA_RUN_CLASSES);
    if (status != FA_OK || coarse == NULL || classes == NULL) return status;
    for (size_t i = 0; i < n; i++)
        if (coarse[i] >= 0 && (size_t)coarse[i] >= labels) labels = (size_t)coarse[i] + 1;
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = fa_run_result(run)->scores.k;
    status = FA_E_NOMEM;
    rows = malloc(n * d * sizeof *rows), found = malloc(n * sizeof *found);
    k_of = calloc(labels + 1, sizeof *k_of);
    if (rows != NULL && found != NULL && k_of != NULL)
        status = fa_transform_fit(&unit, FA_TRANSFORM_UNIT, 0, h, n, d);
    if (status == FA_OK) status = fa_transform_apply(rows, unit, h, n, d);
    if (status == FA_OK) status = fa_kmeans_share(k_of, rows, n, d, coarse, labels, &how);
    if (status == FA_OK)
        status = fa_kmeans_within(NULL, found, NULL, rows, n, d, coarse, labels, k_of, &how);
    if (status == FA_OK) status = fa_score_ami(out, found, classes, n, FA_MEAN_MAX);
    fa_transform_free(unit);
    free(rows), free(found), free(k_of);
    return status;
}

bool table1_take(table1_result *out, const fa_run *run) {
    size_t epochs;
    out->done = false;
    const fa_train_result *result = fa_run_result(run);
    const fa_epoch *history = fa_run_history(run, &epochs);
    if (result->has_scores && !result->stopped && strcmp(result->split, "test") == 0) {
        const double none = (double)NAN;
        out->epochs = result->epochs;
        out->best_epoch = result->best_epoch;
        out->accuracy = result->scores.accuracy;
        out->ami = result->scores.ami_max;
        out->nmi = result->scores.nmi_geometric;
        out->ari = result->scores.ari;
        out->validation_ami = result->has_validation ? result->validation.ami_max : none;
        out->validation_accuracy = result->validation_accuracy;
        out->seconds = epochs > 0 ? history[epochs - 1].seconds : none;
        out->within = none;
        out->done = isfinite(out->ami);
    }
    return out->done;
}

fa_status table1_score(table1_result *out, fa_run *run) {
    return isfinite(out->accuracy) ? score_within(&out->within, run) : FA_OK;
}

/* ==== The table ==== */

typedef struct summary {
    size_t n;
    double mean, deviation;
} summary;

/* Mean and standard deviation (n - 1) of one number over the finished runs of a cell. */
static summary summarise(const table1_result *results, size_t count, const table1_column *column,
                         size_t method, size_t field) {
    summary s = {0};
    double sum = 0, square = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            const table1_result *r = &results[i];
            if (!r->done || r->column != column || r->method != method) continue;
            double x;
            memcpy(&x, (const char *)r + field, sizeof x);
            if (pass == 0) {
                s.n++;
                sum += x;
            } else
                square += (x - s.mean) * (x - s.mean);
            if (pass == 0) s.mean = sum / (double)s.n;
        }
    s.deviation = s.n > 1 ? sqrt(square / (double)(s.n - 1)) : (double)NAN;
    return s;
}

static void print_summary(FILE *to, summary s, int width) {
    char text[64];
    if (s.n == 0 || !isfinite(s.mean))
        snprintf(text, sizeof text, "-");
    else if (s.n == 1)
        snprintf(text, sizeof text, "%.3f", s.mean);
    else
        snprintf(text, sizeof text, "%.3f +- %.3f", s.mean, s.deviation);
    fprintf(to, " %-*s |", width, text);
}

/* What the paper says, where it says anything. */
static void print_paper(FILE *to, double figure) {
    if (figure > 0)
        fprintf(to, " %.3f |", figure);
    else
        fprintf(to, " -     |");
}

#define FIELD(name) offsetof(table1_result, name)

void table1_print(FILE *to, const table1_result *results, size_t count) {
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    for (size_t c = 0; c < n_columns; c++) {
        bool any = false;
        for (size_t i = 0; i < count; i++) any = any || results[i].column == &columns[c];
        if (!any) continue;
        fprintf(to, "\n**%s**%s%s\n\n", columns[c].title, columns[c].remark[0] != '\0' ? ": " : "",
                columns[c].remark);
        fprintf(to, "| method   | runs | AMI_max (test)  | paper | NMI_sqrt (test) | paper | "
                    "ARI (test)      | within labels   | coarse accuracy |\n"
                    "|----------|------|-----------------|-------|-----------------|-------|-----"
                    "------------|-----------------|-----------------|\n");
        for (size_t m = 0; m < METHODS; m++) {
            summary ami = summarise(results, count, &columns[c], m, FIELD(ami));
            bool asked = false;
            for (size_t i = 0; i < count; i++)
                asked = asked || (results[i].column == &columns[c] && results[i].method == m);
            if (!asked) continue;
            fprintf(to, "| %-8s | %4zu |", table1_titles[m], ami.n);
            print_summary(to, ami, 15);
            print_paper(to, columns[c].cells[m].paper_ami);
            print_summary(to, summarise(results, count, &columns[c], m, FIELD(nmi)), 15);
            print_paper(to, columns[c].cells[m].paper_nmi);
            print_summary(to, summarise(results, count, &columns[c], m, FIELD(ari)), 15);
            print_summary(to, summarise(results, count, &columns[c], m, FIELD(within)), 15);
            print_summary(to, summarise(results, count, &columns[c], m, FIELD(accuracy)), 15);
            fputc('\n', to);
        }
    }
}

/* ==== Files ==== */

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
    fprintf(file, "column,method,seed,epochs,best_epoch,seconds,validation_accuracy,"
                  "validation_ami_max,accuracy,ami_max,nmi_sqrt,ari,ami_max_within,paper_ami,"
                  "paper_nmi\n");
    for (size_t i = 0; i < count; i++) {
        const table1_result *r = &results[i];
        if (!r->done) continue;
        const table1_cell *cell = &r->column->cells[r->method];
        fprintf(file, "%s,%s,%lu,%zu,%zu", r->column->name, table1_methods[r->method], r->seed,
                r->epochs, r->best_epoch);
        const double numbers[] = {r->seconds,
                                  r->validation_accuracy,
                                  r->validation_ami,
                                  r->accuracy,
                                  r->ami,
                                  r->nmi,
                                  r->ari,
                                  r->within,
                                  cell->paper_ami > 0 ? cell->paper_ami : (double)NAN,
                                  cell->paper_nmi > 0 ? cell->paper_nmi : (double)NAN};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            print_number(file, numbers[k]);
        fputc('\n', file);
    }
    return text_file_finish(&whole, path);
}

json_t *table1_json(const table1_result *results, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const table1_result *r = &results[i];
        if (!r->done) continue;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "column",
                            r->column->name, "method", table1_methods[r->method], "seed",
                            (json_int_t)r->seed, "epochs", (json_int_t)r->epochs, "best_epoch",
                            (json_int_t)r->best_epoch, "seconds", json_number(r->seconds),
                            "accuracy", json_number(r->accuracy), "ami_max", json_number(r->ami),
                            "nmi_sqrt", json_number(r->nmi), "ari", json_number(r->ari),
                            "ami_max_within", json_number(r->within)));
    }
    return list;
}

static void print_checksums(FILE *to, const table1_column *column) {
    for (size_t i = 0; column->data[i] != NULL; i++) {
        char hash[CHECKSUM_TEXT];
        char *path;
        if (fa_data_path(&path, column->data[i]) != FA_OK) continue;
        if (checksum_path(hash, path)) fprintf(to, "  - `%s` sha256 `%s`\n", column->data[i], hash);
        fa_free(path);
    }
}

bool table1_write_markdown(const char *path, const table1_result *results, size_t count,
                           const table1_conditions *conditions) {
    char machine[MACHINE_TEXT], when[32] = "";
    text_file whole;
    if (!text_file_start(&whole)) return false;
    FILE *file = whole.to;
    time_t now = time(NULL);
    struct tm day;
    if (gmtime_r(&now, &day) != NULL) strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &day);
    double trained = 0;
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        if (results[i].done) {
            done++;
            trained += isfinite(results[i].seconds) ? results[i].seconds : 0;
        }
    fprintf(file, "# Table 1\n\n- command: `%s`\n- forced-apart %s, commit %s, written %s\n",
            conditions->command, fa_version(), build_commit(), when);
    fprintf(file, "- machine: %s\n- jobs at a time: %zu\n", machine_text(machine),
            conditions->jobs);
    fprintf(file,
            "- %zu of %zu cells finished, %.1f min of training in all, %.1f min for this call\n",
            done, count, trained / 60, conditions->wall_seconds / 60);
    fprintf(file, "- mean +- standard deviation (n - 1) over the runs; each cell's recipe.ini, "
                  "history.csv and scores.json are in its folder\n- data:\n");
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    for (size_t c = 0; c < n_columns; c++) {
        bool any = false;
        for (size_t i = 0; i < count; i++) any = any || results[i].column == &columns[c];
        if (any) print_checksums(file, &columns[c]);
    }
    table1_print(file, results, count);
    fprintf(file,
            "\n| column | method | seed | epochs | kept | seconds | validation accuracy | test "
            "AMI_max |\n|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        const table1_result *r = &results[i];
        char accuracy[32] = "-"; /* an autoencoder has none */
        if (isfinite(r->validation_accuracy))
            snprintf(accuracy, sizeof accuracy, "%.4f", r->validation_accuracy);
        if (r->done)
            fprintf(file, "| %s | %s | %lu | %zu | %zu | %.0f | %s | %.4f |\n", r->column->name,
                    table1_titles[r->method], r->seed, r->epochs, r->best_epoch, r->seconds,
                    accuracy, r->ami);
    }
    return text_file_finish(&whole, path);
}
