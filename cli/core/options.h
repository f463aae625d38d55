/* One option table per command. The parser, the help with its defaults and the man page all walk
 * it, so none of them can drift from another. */
#ifndef FORCED_APART_CLI_OPTIONS_H
#define FORCED_APART_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_MISUSE = 2 };

/* What an option takes, and the type that its `to` points at. */
typedef enum option_type {
    OPTION_FLAG = 0, /* nothing; bool */
    OPTION_ALONE,    /* nothing; bool: where given, nothing else has to be */
    OPTION_SWITCH,   /* nothing; int: --name 1, --no-name 0, neither: left as it is */
    OPTION_TEXT,     /* const char * */
    OPTION_CHOICE,   /* const char *, one of `choices` */
    OPTION_COUNT,    /* size_t in [low, high] */
    OPTION_SEED,     /* uint64_t */
    OPTION_NUMBER,   /* double in [low, high] */
    OPTION_LIST      /* text_list; may be given more than once */
} option_type;

typedef struct text_list {
    const char **items;
    size_t count;
} text_list;

typedef struct cli_option {
    const char *name; /* without the dashes */
    char letter;      /* short form; 0: none */
    option_type type;
    void *to;             /* where the value goes */
    const char *value;    /* what the help calls the value */
    const char *fallback; /* the default as text, parsed like a given value; NULL: none */
    const char *choices;  /* "a|b|c" */
    double low, high;     /* both 0: no limits */
    bool required;
    const char *text;
} cli_option;

typedef struct cli_operand {
    const char *name;
    const char *text;
    bool optional;
} cli_operand;

enum { OPERANDS_MAX = 4, ARGUMENTS_MAX = 32 };

typedef struct arguments {
    const char *operand[ARGUMENTS_MAX]; /* NULL where not given */
    size_t count;
} arguments;

typedef struct cli_command {
    const char *name;     /* "train", or two words: "data fetch" */
    const char *summary;  /* one line without a full stop */
    const char *text;     /* paragraphs, separated by an empty line; NULL: the summary is enough */
    const char *examples; /* a line each, "\n" between them; NULL: none */
    cli_operand operands[OPERANDS_MAX + 1]; /* ends with a NULL name */
    bool repeats;                           /* the last operand may be given more than once */
    const cli_option *options;              /* ends with a NULL name; NULL: none */
    bool ranks;                             /* may be started as several processes, by mpirun */
    bool hidden;                            /* not in lists, nor in the man page */
    int (*run)(const arguments *given);     /* returns an exit code */
} cli_command;

/* What every command takes; valid once options_parse has returned. */
typedef struct common_options {
    size_t threads;
    bool json, quiet, verbose, help, unpack_unlimited;
    int progress; /* -1: a bar if standard error is a terminal */
} common_options;

extern common_options common;
extern const cli_option common_table[];

/* Options that several commands have, so that they read alike everywhere. first: the fallback, NULL
 * for none. */
#define OPTION_OUTPUT(field, what, first, about)                                                   \
    {                                                                                              \
        .name = "output", .letter = 'o', .type = OPTION_TEXT, .to = (field), .value = (what),      \
        .fallback = (first), .text = (about)                                                       \
    }
#define OPTION_OUTPUT_NEEDED(field, what, about)                                                   \
    {                                                                                              \
        .name = "output", .letter = 'o', .type = OPTION_TEXT, .to = (field), .value = (what),      \
        .required = true, .text = (about)                                                          \
    }
#define OPTION_NAMES(field)                                                                        \
    {                                                                                              \
        .name = "names", .type = OPTION_TEXT, .to = (field), .value = "names.csv",                 \
        .text = "names of the clusters, a table of the columns cluster and name, as the page of "  \
                "report --explore saves it"                                                        \
    }
#define OPTION_SEED_FROM(field, first, about)                                                      \
    {                                                                                              \
        .name = "seed", .letter = 's', .type = OPTION_SEED, .to = (field), .value = "SEED",        \
        .fallback = (first), .text = (about)                                                       \
    }
#define OPTION_SET(field, about)                                                                   \
    { .name = "set", .type = OPTION_LIST, .to = (field), .value = "KEY=VALUE", .text = (about) }
#define OPTION_JOBS(field, about)                                                                  \
    {                                                                                              \
        .name = "jobs", .letter = 'j', .type = OPTION_COUNT, .to = (field), .value = "J",          \
        .fallback = "1", .low = 1, .high = 256, .text = (about)                                    \
    }
#define OPTION_DRY_RUN(field)                                                                      \
    {                                                                                              \
        .name = "dry-run", .to = (field),                                                          \
        .text = "tell what would be trained and about how long it takes, and stop"                 \
    }
#define OPTION_GNUPLOT(field)                                                                      \
    {                                                                                              \
        .name = "gnuplot", .type = OPTION_TEXT, .to = (field), .value = "PROGRAM",                 \
        .fallback = "gnuplot", .text = "what draws the pictures"                                   \
    }

/* Options of every command that reads a data set, for its fa_read_options. */
#define OPTION_HIDDEN(field)                                                                       \
    {                                                                                              \
        .name = "hidden", .type = OPTION_TEXT, .to = (field), .value = "FILE",                     \
        .text = "file with the classes: IDX, .npy, one a line, or a table row,label or "           \
                "file,label; by default looked for beside the data by its official name"           \
    }
#define OPTION_LABELS(field)                                                                       \
    {                                                                                              \
        .name = "labels", .type = OPTION_TEXT, .to = (field), .value = "FILE",                     \
        .text = "file with the coarse labels, in the same forms; an empty one or '?' is none"      \
    }
#define OPTIONS_TABLE(read)                                                                        \
    {.name = "label-column",                                                                       \
     .type = OPTION_TEXT,                                                                          \
     .to = &(read).label_column,                                                                   \
     .value = "COL",                                                                               \
     .text = "coarse labels of a table: the column's name, or number from 1"},                     \
        {.name = "hidden-column",                                                                  \
         .type = OPTION_TEXT,                                                                      \
         .to = &(read).hidden_column,                                                              \
         .value = "COL",                                                                           \
         .text = "classes of a table"},                                                            \
        OPTIONS_COLUMNS(read)
/* Those of them that say nothing of labels. */
#define OPTIONS_COLUMNS(read)                                                                      \
    {.name = "text-column",                                                                        \
     .type = OPTION_TEXT,                                                                          \
     .to = &(read).text_column,                                                                    \
     .value = "COL",                                                                               \
     .text = "texts of a table"},                                                                  \
        {.name = "ignore-columns",                                                                 \
         .type = OPTION_TEXT,                                                                      \
         .to = &(read).ignore_columns,                                                             \
         .value = "COLS",                                                                          \
         .text = "columns of a table to leave out, with commas between"},                          \
        {.name = "feature-columns",                                                                \
         .type = OPTION_TEXT,                                                                      \
         .to = &(read).feature_columns,                                                            \
         .value = "COLS",                                                                          \
         .text = "columns of a table that are features, whatever they look like"},                 \
        {.name = "id-column",                                                                      \
         .type = OPTION_TEXT,                                                                      \
         .to = &(read).id_column,                                                                  \
         .value = "COL",                                                                           \
         .text = "which series a row of a table belongs to; or, where each row has its own, the "  \
                 "names of the samples"},                                                          \
        {.name = "time-column",                                                                    \
         .type = OPTION_TEXT,                                                                      \
         .to = &(read).time_column,                                                                \
         .value = "COL",                                                                           \
         .text = "when a row of a series is: numbers, or dates as 2020-05-12 14:30"},              \
        {.name = "header",                                                                         \
         .type = OPTION_CHOICE,                                                                    \
         .to = &(read).header,                                                                     \
         .value = "IS",                                                                            \
         .choices = "yes|no",                                                                      \
         .text = "whether the first row of a table names the columns; by default found out"},      \
        {.name = "missing",                                                                        \
         .type = OPTION_CHOICE,                                                                    \
         .to = &(read).missing,                                                                    \
         .value = "WHAT",                                                                          \
         .choices = "drop|zero|mean|median|category|forward",                                      \
         .text = "what is done about missing values (drop: and images that cannot be read); "      \
                 "without it they are refused"},                                                   \
    {                                                                                              \
        .name = "resize", .type = OPTION_COUNT, .to = &(read).resize, .value = "N", .low = 1,      \
        .high = 4096, .text = "images of a folder become N x N; by default they are of one size"   \
    }
#define OPTION_SPLIT(field)                                                                        \
    {                                                                                              \
        .name = "split", .type = OPTION_CHOICE, .to = (field), .value = "SPLIT",                   \
        .choices = "train|test", .text = "which part of a folder that holds both"                  \
    }

/* Fills in the defaults, then what argv says. Returns EXIT_OK, or EXIT_MISUSE after one line on
 * standard error. Stops early, with common.help set, at --help. */
int options_parse(const cli_command *of, int argc, char **argv, arguments *given);

#endif
