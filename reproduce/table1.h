/* The cells of the paper's Table 1, and ours, held together, beside them: what each is trained by,
 * what the paper says, what came out. */
#ifndef FORCED_APART_CLI_TABLE1_H
#define FORCED_APART_CLI_TABLE1_H

#include "core/places.h"
#include "core/settings.h"

#include <jansson.h>
#include <stdio.h>

enum { HELD = 5, METHODS, CELL_SETTINGS = 6 }; /* the paper has the methods below HELD */

/* One method in one column. */
typedef struct table1_cell {
    double paper_ami, paper_nmi; /* AMI_max and NMI_sqrt, test set, mean of three runs; 0: none */
    setting settings[CELL_SETTINGS]; /* on top of the column's recipe and loss.kind */
} table1_cell;

typedef struct table1_column {
    const char *name, *title;
    const char *recipe;   /* by name; NULL: the paper has no such column */
    const char *held;     /* recipe of ours, held together; NULL: there is none */
    const char *data[3];  /* what is hashed, below the data folder; NULL-terminated */
    const char *remark;   /* how the data differ from the paper's */
    bool strokes;         /* the data are strokes, to be made from MNIST first */
    double epoch_seconds; /* rough, on 2 cores with AVX-512: a first guess at the time */
    table1_cell cells[METHODS];
} table1_column;

extern const char *const table1_methods[METHODS]; /* loss.kind, but for HELD */
extern const char *const table1_titles[METHODS];

const table1_column *table1_columns(size_t *count);
bool table1_has(const table1_column *column, size_t method);

/* What one trained cell left in its run folder. */
typedef struct table1_result {
    const table1_column *column;
    size_t method;
    unsigned long seed;
    bool done;
    size_t epochs, best_epoch;
    double seconds;                             /* of training, as the history has it */
    double validation_accuracy, validation_ami; /* AMI NaN where not known */
    double accuracy, ami, nmi, ari;             /* test split; accuracy NaN without labels */
    double within; /* AMI_max of unit rows clustered within given labels; NaN without labels */
} table1_result;

/* What a run tells of its cell; false if it is not finished. */
bool table1_take(table1_result *result, const fa_run *run);

/* Fills in `within` of one that is done. */
fa_status table1_score(table1_result *result, fa_run *run);

/* What the table is printed under. */
typedef struct table1_conditions {
    const char *command; /* as typed */
    const char *folder;
    size_t jobs;
    double wall_seconds; /* of this call */
} table1_conditions;

/* Standard output, or a Markdown file. */
void table1_print(FILE *to, const table1_result *results, size_t count);
bool table1_write_markdown(const char *path, const table1_result *results, size_t count,
                           const table1_conditions *conditions);
json_t *table1_json(const table1_result *results, size_t count); /* a list of runs */
bool table1_write_csv(const char *path, const table1_result *results, size_t count);

#endif
