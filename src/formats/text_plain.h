/* Plain texts: a .txt file with one a line, or a folder of folders CLASS/TEXT.txt, as 20 Newsgroups
 * comes. */
#ifndef FA_FORMATS_TEXT_PLAIN_H
#define FA_FORMATS_TEXT_PLAIN_H

#include "formats/source.h"

#include <stdbool.h>

/* Readers of data sets (dataset.c). The first goes by the name of the file, which must end in .txt
 * (.txt.gz), and by its content, which must be text. */
bool fa__text_lines_recognise(const fa__source *source);
fa_status fa__text_lines_read(fa_dataset **out, const fa__source *source,
                              const fa_read_options *options);

/* An error where lines are numbers alone, as numpy.savetxt and LIBSVM write them; after the first
 * `from` lines. */
fa_status fa__check_prose(const fa__source *source, size_t from);

fa_status fa__text_classes_look(bool *known, const fa__source *source);
fa_status fa__text_classes_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options);

#endif
