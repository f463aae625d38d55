/* The cells of the paper's Table 1, and ours, held together, beside them: what each is trained by,
 * what the paper says, what came out. */
#ifndef FORCED_APART_CLI_TABLE1_H
#define FORCED_APART_CLI_TABLE1_H

#include "core/places.h"
#include "core/settings.h"

#include <jansson.h>
#include <stdio.h>

enum { HELD = 5, METHODS, CELL_SETTINGS = 6 }; /* the paper has the methods below HELD */

/* How the clusters of test rows were found. */
typedef enum table1_way { OVER_ALL, WITHIN_GIVEN, WITHIN_PREDICTED, WAYS } table1_way;

/* One method in one column. */
typedef struct table1_cell {
    double paper_ami, paper_nmi; /* AMI_max and NMI_sqrt, test set, mean of three runs; 0: none */
    setting settings[CELL_SETTINGS]; /* on top of the column's recipe and loss.kind */
} table1_cell;

/* Data that are made of the images of MNIST first, beside the runs. */
typedef struct table1_made {
    const char *name;
    const char *files[2]; /* train, test */
    size_t
        parts; /* 0: strokes; else images, of each odd digit the first of so many, in their order */
} table1_made;

extern const table1_made table1_strokes, table1_unequal_10, table1_unequal_50;

/* Makes one of the files (split 0: train, 1: test), if it is not there. Exit code. */
int table1_make(const table1_made *made, const char *path, uint32_t split);

/* How ours is trained, where that is more than one training by a recipe. */
typedef enum table1_procedure {
    TRAINED_ONCE = 0,
    TRAINED_AGAIN, /* on its own clusters (best_again.c) */
    DISCOVERED     /* discover, and assign of the test rows (best_discover.c) */
} table1_procedure;

typedef struct table1_column {
    const char *name, *title;
    const char *recipe;         /* by name; NULL: the paper has no such column */
    const char *held;           /* recipe of ours, held together; NULL: there is none */
    const char *data[3];        /* what is hashed, below the data folder; NULL-terminated */
    const char *remark;         /* how the data differ from the paper's */
    const table1_made *made;    /* NULL: the data are there */
    double epoch_seconds;       /* rough, on 2 cores with AVX-512: a first guess at the time */
    table1_procedure procedure; /* of ours */
    size_t runs;                /* of ours, as docs/results.md has them; 0: there is none */
    table1_cell cells[METHODS];
} table1_column;

extern const char *const table1_methods[METHODS]; /* loss.kind, but for HELD */
extern const char *const table1_titles[METHODS];

const table1_column *table1_columns(size_t *count);
bool table1_has(const table1_column *column, size_t method);

/* Clusters against the hidden classes; NaN: not clustered so. */
typedef struct table1_scores {
    double ami, nmi, nmi_mean, ari; /* AMI_max, NMI_sqrt, NMI (arithmetic), ARI */
} table1_scores;

/* What one trained cell left in its run folder. */
typedef struct table1_result {
    const table1_column *column;
    size_t method;
    unsigned long seed;
    bool done;
    size_t epochs, best_epoch;
    double seconds;                             /* of training, as the history has it */
    double validation_accuracy, validation_ami; /* AMI NaN where not known */
    double accuracy;                            /* test split; NaN without labels */
    table1_scores scores[WAYS];                 /* test split */
} table1_result;

/* How the cell is trained. */
table1_procedure table1_procedure_of(const table1_result *cell);

/* What a run tells of its cell; false if it is not finished. */
bool table1_take(table1_result *result, const fa_run *run);

/* Of this how long it trained, and the coarse accuracy of the validation split. */
void table1_take_training(table1_result *result, const fa_run *run);

/* What table1_take gives, from and to a file, of cells that are not of one run. */
bool table1_read_result(table1_result *result, const char *path);
bool table1_write_result(const char *path, const table1_result *result);

/* All numbers unknown. */
void table1_clear(table1_result *result);

/* Clusters found [n] by KMeans in rows x [n, d]: k over all rows, or (labels [n] not NULL) within
 * labels. */
fa_status table1_cluster(int32_t *found, const float *x, size_t n, size_t d, const int32_t *labels,
                         size_t k);
fa_status table1_compare(table1_scores *out, const int32_t *found, const int32_t *classes,
                         size_t n);

/* Fills in WITHIN_GIVEN of one that is done and was trained once: rows of unit length. */
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
