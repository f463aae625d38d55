/* How a table is read: what the first of two passes over its rows finds out. */
#ifndef FA_FORMATS_TABLE_PLAN_H
#define FA_FORMATS_TABLE_PLAN_H

#include "formats/columns.h"
#include "formats/source.h"

/* The category of missing values, where they are one. */
extern const char fa__missing_level[];

enum { FA__NO_COLUMN = -1, FA__FAULTS_SIZE = 800 };

/* Numbers of a row in equal steps, in equal ratios, or rising or falling throughout. */
enum { FA__RUN_STEPS = 1, FA__RUN_RATIOS = 2, FA__RUN_ORDER = 4 };

typedef struct fa__plan {
    const char *where;
    const fa_read_options *options;
    char delimiter;
    fa_kind kind;
    fa__column *columns;
    size_t n_columns, rows; /* rows of data */
    char *first;            /* row 1: its fields, each followed by 0 */
    fa__csv_field *fields;  /* [n_columns] of row 1 */
    size_t first_line;
    unsigned run;         /* how row 1 runs, and no other row: FA__RUN_... */
    size_t total, totals; /* line of a row that begins with a word for a sum; such rows */
    size_t last_line;
    bool header, guessed; /* row 1 names the columns; it holds numbers and was still taken so */
    bool labelled, classed;
    const fa__arff *declared;     /* what an ARFF file says of the columns; NULL: it is none */
    int text, id, time, variable; /* columns, or FA__NO_COLUMN */
    size_t features;              /* that the columns make: a category makes several */
    float *fill;                  /* [features] for missing values, of a schema; NULL: none */
    size_t n_fill;

    char faults[FA__FAULTS_SIZE]; /* all that is wrong, "; " between */
    size_t n_faults;
    fa_status fault; /* of the first */
    char note[FA__FAULTS_SIZE], absent[256];
} fa__plan;

/* The first pass, header, types and roles. What is wrong with the table is in plan->faults and is
 * no failure; a table that cannot be taken apart is one. Free with fa__plan_close, also on failure.
 */
fa_status fa__plan_open(fa__plan *plan, const fa__source *source, const fa_read_options *options);
void fa__plan_close(fa__plan *plan);

/* "column 2 ('age')" */
enum { FA__COLUMN_TEXT_SIZE = 80 };
const char *fa__plan_column(char out[FA__COLUMN_TEXT_SIZE], const fa__plan *plan, size_t column);

/* Adds to what is wrong, and to what is worth a remark. */
void fa__plan_fault(fa__plan *plan, fa_status status, const char *format, ...) FA_PRINTF(3, 4);
void fa__plan_note(fa__plan *plan, const char *format, ...) FA_PRINTF(2, 3);

/* Decides whether row 1 names the columns, by the rows below (plan_header.c). */
void fa__plan_header(fa__plan *plan);

/* How the numbers of a row run; of few, they do not (plan_header.c). */
unsigned fa__plan_run(const fa__csv_field *fields, size_t count);

/* What an option calls a column by, in quotes where a shell needs them. */
enum { FA__CALLED_SIZE = 48 };
const char *fa__plan_called(char number[FA__CALLED_SIZE], const fa__plan *plan, size_t i);

/* That a column of words, names or texts, cannot be a feature and is left out. */
void fa__plan_say_unused(fa__plan *plan, size_t i);

/* Whether a name is one of some words in small letters, and whether it is one that columns of labels
 * have, or those that count the rows (plan_names.c). */
bool fa__is_named(const char *name, const char *const *words, size_t count);
bool fa__is_label_name(const char *name);
bool fa__is_index_name(const fa__plan *plan, size_t i);

/* A name that columns of times have: "time", "timestamp", "t", ... NULL: no. */
bool fa__is_time_name(const char *name);

/* The types that an ARFF file says, before the rows are looked at and behind (plan_declared.c). */
void fa__plan_declare_words(fa__plan *plan);
void fa__plan_declare(fa__plan *plan);

/* Its class: the last nominal attribute with the name of one; FA__NO_COLUMN. */
int fa__plan_declared_class(const fa__plan *plan);

/* Gives each column its part (plan_roles.c). */
fa_status fa__plan_roles(fa__plan *plan);

/* Values that are missing and that nobody said what to do with are a fault; words that were taken for
 * them a note (plan_missing.c). */
void fa__plan_check_missing(fa__plan *plan);

/* Whether the rows are the steps of series: a column whose values come again and another that grows
 * from row to row of each of them. Their numbers, or FA__NO_COLUMN (plan_series.c). */
fa_status fa__plan_find_series(int *id, int *time, const fa__plan *plan, const fa__source *source);

/* How a table was read, as text, so that another one is read alike: fa_read_options.schema
 * (plan_schema.c). */
fa_status fa__plan_to_schema(char **text, const fa__plan *plan, const float *fill);
/* Types, levels and shifts of a schema in the place of those found. */
fa_status fa__plan_take_schema(fa__plan *plan, const char *schema);

/* The names of the features; none where the table has no names. */
fa_status fa__plan_feature_names(fa__names *names, const fa__plan *plan);

/* Features that a column makes. */
size_t fa__plan_width(const fa__column *column);

#endif
