/* ARFF, the form of Weka and of the UCR and UEA archives:
 * https://waikato.github.io/weka-wiki/formats_and_processing/arff/
 * It is rewritten line for line as the CSV or .ts that it stands for, so that there is one reader of
 * tables and one of series, and the lines that messages name are those of the file. */
#ifndef FA_FORMATS_ARFF_H
#define FA_FORMATS_ARFF_H

#include "formats/columns.h"

/* What a file says of a column, whatever its cells look like. */
typedef struct fa__declared {
    fa__column_type type; /* number, category, names (strings) or date */
    fa__date_order order;
} fa__declared;

typedef struct fa__arff {
    unsigned char *bytes; /* CSV with names on top; or .ts, where an attribute is relational */
    size_t size, count;
    fa__declared *columns; /* [count]; NULL: .ts */
} fa__arff;

/* A first line, comments aside, that begins with @relation, or with @attribute. */
bool fa__arff_recognise(const void *bytes, size_t size);

/* Dense and sparse rows; numeric, nominal, string and date attributes; one relational attribute of
 * numbers, whose rows are the dimensions of a series, beside a class. FA_E_FORMAT and FA_E_LABEL
 * (a value that is not one of its attribute's) name the line. Free with fa__arff_free. */
fa_status fa__arff_rewrite(fa__arff *out, const unsigned char *bytes, size_t size,
                           const char *where);
void fa__arff_free(fa__arff *arff);

#endif
