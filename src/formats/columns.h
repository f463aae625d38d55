/* The columns of a table: what all their cells say that they hold, the part they play, and how
 * their cells become numbers. */
#ifndef FA_FORMATS_COLUMNS_H
#define FA_FORMATS_COLUMNS_H

#include "base/bytes.h"
#include "formats/categories.h"
#include "formats/cells.h"
#include "formats/csv.h"

#include <stdint.h>

typedef enum fa__column_type {
    FA__COLUMN_EMPTY = 0, /* no cell has a value */
    FA__COLUMN_NUMBER,
    FA__COLUMN_INTEGER,
    FA__COLUMN_INDEX, /* whole numbers from 0 or 1 that count the rows */
    FA__COLUMN_BOOLEAN,
    FA__COLUMN_DATE,
    FA__COLUMN_CATEGORY, /* words of which each comes several times */
    FA__COLUMN_NAMES,    /* words that differ from row to row */
    FA__COLUMN_TEXT,     /* the same, of several words each */
    FA__COLUMN_WRONG     /* numbers but for a few cells, or nothing that can be told apart */
} fa__column_type;

typedef enum fa__column_role {
    FA__ROLE_FEATURE = 0,
    FA__ROLE_LABEL,
    FA__ROLE_HIDDEN,
    FA__ROLE_TEXT,
    FA__ROLE_IGNORED, /* by the caller's word */
    FA__ROLE_UNUSED,  /* by what it holds */
    FA__ROLE_ID,
    FA__ROLE_TIME,
    FA__ROLE_VARIABLE, /* of the form id, time, variable, value: what a row is a value of */
    FA__ROLE_ASKED     /* looks like labels, and nobody said that it is or is not */
} fa__column_role;

enum {
    FA__LEVELS_MAX = 64, /* categories of a column that become features */
    FA__LEVELS_SEEN = 256,
    FA__LISTS_SEEN = 32
};

/* What the cells of a column are, counted. */
typedef struct fa__seen {
    size_t cells, missing; /* cells: not missing */
    size_t empty;          /* missing ones without a word for it */
    size_t first_missing;  /* its line */
    size_t stands;      /* neither: cells of a word that stands for a missing value (missing.h) */
    size_t first_stand; /* its line */
    char stand[24];     /* and the word */
    size_t stand_words; /* how many different ones, as far as they are kept */
    uint64_t stand_hashes[8];
    size_t numbers[2];   /* of the cells: read with a point, with a comma */
    size_t marked[2];    /* of these: with marks of thousands */
    size_t either;       /* of these, a point before decimals: by a comma, as decimals may be */
    size_t pointed[2];   /* of these: that have a decimal mark */
    size_t whole, plain; /* numbers with a point: whole ones; as a program writes them */
    size_t round;        /* whole ones that are written with decimals, as 1.0 */
    size_t booleans, hex, blanks, short_dates, dates[FA__DATE_ORDERS];
    double low[2], high[2];        /* of the numbers */
    double above, below;           /* with a point: the next ones that differ from the ends */
    size_t lowest, highest;        /* how many are at the ends */
    size_t tops;                   /* numbers above all before them, the first too */
    size_t days;                   /* whole numbers that may be days, 20200512 */
    size_t rises[FA__DATE_ORDERS]; /* dates after all those above */
    double earliest[FA__DATE_ORDERS], latest[FA__DATE_ORDERS];
    double first;               /* number of the first cell */
    bool counting;              /* each cell is one more than the cell above */
    bool infinite;              /* one is not finite, or beyond float32 */
    size_t infinite_line;       /* where */
    size_t word_line;           /* the first cell that is neither number, boolean nor date */
    size_t other_line;          /* the first that is no number */
    char other[FA__QUOTE_SIZE]; /* and what it is */
    uint64_t other_hash;
    size_t same;     /* cells of just that */
    size_t measured; /* cells of a number and the unit of the first: 5 kg, $5, 5% */
    char unit[8];
    size_t lists;     /* of the first LISTS_SEEN cells: several numbers in one */
    uint64_t *levels; /* hashes of the different cells; NULL: too many */
    size_t n_levels, capacity;
    bool many;  /* more than FA__LEVELS_SEEN */
    bool words; /* whatever they look like */
} fa__seen;

typedef struct fa__column {
    const char *name; /* NULL: the table has no names */
    fa__column_type type;
    fa__column_role role;
    bool said;           /* the role is the caller's word */
    bool strange;        /* the model's table does not have it */
    fa__decimal decimal; /* numbers */
    fa__date_order order;
    double shift;          /* numbers and dates: what is taken off before they become float32 */
    bool flagged;          /* a feature more: 1 where the value is missing */
    bool counted;          /* fa__column_stand was there */
    bool stands;           /* words that stand for missing values do; else they are words */
    fa__categories levels; /* categories, in order of arrival */
    fa__seen seen;
} fa__column;

/* Adds one cell to what was seen. The levels are counted for words and whole numbers; for all cells
 * where seen->words is set before the first. */
fa_status fa__column_see(fa__seen *seen, const fa__csv_field *field, size_t line);

/* Whether a text is one of the cells seen: true where there are too many to know. */
bool fa__column_has(const fa__seen *seen, const char *text, size_t size);

/* The type of each column, by its cells. */
void fa__columns_judge(fa__column *columns, size_t count);

/* Counts the words that stand for missing values as missing, or as words; again, if need be. */
void fa__column_stand(fa__column *column, bool missing);

/* Whether a cell of the column has no value. */
bool fa__column_lacks(const fa__column *column, const fa__csv_field *field);

/* A type whose cells are numbers, and no times. */
bool fa__column_is_number(fa__column_type type);

/* Whether each cell that was looked at for it holds several numbers. */
bool fa__column_is_listed(const fa__seen *seen);

/* What its words make a column, whether or not they are numbers too. */
fa__column_type fa__column_of_words(const fa__seen *seen);

/* "number", "category", ... for a person. */
const char *fa__column_type_name(fa__column_type type);
const char *fa__column_role_name(fa__column_role role);

void fa__columns_free(fa__column *columns, size_t count);

#endif
