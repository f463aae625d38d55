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

#define FIELD(name)       offsetof(table1_result, name)
#define SCORE(way, field) FIELD(scores[way].field)

static void print_cell(FILE *to, const table1_result *results, size_t count,
                       const table1_column *column, size_t method, size_t field) {
    print_summary(to, summarise(results, count, column, method, field), 15);
}

/* Whether some result is of the column (and the method, below METHODS), or is clustered within predicted
 * labels. */
static bool has(const table1_result *results, size_t count, const table1_column *column,
                size_t method, bool predicted) {
    for (size_t i = 0; i < count; i++)
        if (results[i].column == column && (method == METHODS || results[i].method == method) &&
            (!predicted || (results[i].done && isfinite(results[i].scores[WITHIN_PREDICTED].ami))))
            return true;
    return false;
}

static void print_methods(FILE *to, const table1_result *results, size_t count,
                          const table1_column *column) {
    bool predicted = has(results, count, column, METHODS, true);
    fprintf(to,
            "| method   | runs | AMI_max (test)  | paper | NMI_sqrt (test) | paper | "
            "ARI (test)      | within labels   | %scoarse accuracy |\n"
            "|----------|------|-----------------|-------|-----------------|-------|-----"
            "------------|-----------------|%s-----------------|\n",
            predicted ? "predicted ones  | " : "", predicted ? "-----------------|" : "");
    for (size_t m = 0; m < METHODS; m++) {
        if (!has(results, count, column, m, false)) continue;
        summary ami = summarise(results, count, column, m, SCORE(OVER_ALL, ami));
        fprintf(to, "| %-8s | %4zu |", table1_titles[m], ami.n);
        print_summary(to, ami, 15);
        print_paper(to, column->cells[m].paper_ami);
        print_cell(to, results, count, column, m, SCORE(OVER_ALL, nmi));
        print_paper(to, column->cells[m].paper_nmi);
        print_cell(to, results, count, column, m, SCORE(OVER_ALL, ari));
        print_cell(to, results, count, column, m, SCORE(WITHIN_GIVEN, ami));
        if (predicted) print_cell(to, results, count, column, m, SCORE(WITHIN_PREDICTED, ami));
        print_cell(to, results, count, column, m, FIELD(accuracy));
        fputc('\n', to);
    }
}

/* Of test rows that were assigned to clusters within labels. */
static void print_assigned(FILE *to, const table1_result *results, size_t count,
                           const table1_column *column) {
    static const struct {
        table1_way way;
        const char *labels;
    } rows[] = {{WITHIN_GIVEN, "told"}, {WITHIN_PREDICTED, "predicted"}};
    fprintf(to, "| labels    | runs | NMI_arithmetic  | AMI_max         | ARI             | right "
                "          |\n"
                "|-----------|------|-----------------|-----------------|-----------------|-------"
                "----------|\n");
    for (size_t i = 0; i < 2; i++) {
        size_t way = rows[i].way;
        summary nmi = summarise(results, count, column, HELD, SCORE(way, nmi_mean));
        fprintf(to, "| %-9s | %4zu |", rows[i].labels, nmi.n);
        print_summary(to, nmi, 15);
        print_cell(to, results, count, column, HELD, SCORE(way, ami));
        print_cell(to, results, count, column, HELD, SCORE(way, ari));
        if (way == WITHIN_GIVEN)
            fprintf(to, " %-15s |", "-");
        else
            print_cell(to, results, count, column, HELD, FIELD(accuracy));
        fputc('\n', to);
    }
}

void table1_print(FILE *to, const table1_result *results, size_t count) {
    size_t n_columns;
    const table1_column *columns = table1_columns(&n_columns);
    for (size_t c = 0; c < n_columns; c++) {
        const table1_column *column = &columns[c];
        if (!has(results, count, column, METHODS, false)) continue;
        fprintf(to, "\n**%s**%s%s\n\n", column->title, column->remark[0] != '\0' ? ": " : "",
                column->remark);
        if (column->procedure == DISCOVERED)
            print_assigned(to, results, count, column);
        else
            print_methods(to, results, count, column);
    }
}

/* ==== Files ==== */

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
        if (has(results, count, &columns[c], METHODS, false)) print_checksums(file, &columns[c]);
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
        double ami =
            r->scores[r->column->procedure == DISCOVERED ? WITHIN_PREDICTED : OVER_ALL].ami;
        if (r->done)
            fprintf(file, "| %s | %s | %lu | %zu | %zu | %.0f | %s | %.4f |\n", r->column->name,
                    table1_titles[r->method], r->seed, r->epochs, r->best_epoch, r->seconds,
                    accuracy, ami);
    }
    return text_file_finish(&whole, path);
}
