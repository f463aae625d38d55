/* The names of the columns whose values the samples of a table are made of: a model keeps them, and
 * takes the columns of another table by them. */
#ifndef FA_DATA_COLUMN_NAMES_H
#define FA_DATA_COLUMN_NAMES_H

#include "data/dataset.h"

/* Where the columns of these names lie in a data set: (*places)[k], free with fa__free; NULL where
 * they are in this order already, or either side has no names. FA_E_SHAPE names a column that is
 * missing or one too many. */
fa_status fa__columns_find(size_t **places, const fa__names *names, const fa_dataset *dataset);

/* True where the values of a data set had other numbers taken off than shift [features] (NULL: 0).
 */
bool fa__columns_shifted(const double *shift, const fa_dataset *dataset);

/* A copy of a data set whose columns, values and names, are in the order of `places` (NULL: as they
 * are), and have shift [features] taken off (NULL: nothing); free with fa_dataset_free. */
fa_status fa__columns_in_order(fa_dataset **out, const fa_dataset *dataset, const size_t *places,
                               const double *shift);

/* As metadata: a name a line; in a name a backslash is "\\", a line feed "\n". Free with fa__free.
 */
fa_status fa__columns_to_text(char **text, const char *names, size_t count);

/* The other way, indexed. FA_E_FORMAT where the text is not one of `count` names. */
fa_status fa__columns_from_text(fa__names *names, size_t count, const char *text);

#endif
