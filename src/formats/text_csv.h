/* Labelled texts as published for text classification ("DBPedia ontology", Zhang, Zhao and LeCun
 * 2015): rows class,"title","abstract" in train.csv and test.csv, the names of the classes in
 * classes.txt, line k for class k. A folder of them, one .csv, or their .tar.gz. */
#ifndef FA_FORMATS_TEXT_CSV_H
#define FA_FORMATS_TEXT_CSV_H

#include "formats/source.h"

#include <stdbool.h>

/* Readers of data sets (dataset.c). */
bool fa__text_folder_recognise(const fa__source *source);
fa_status fa__text_folder_read(fa_dataset **out, const fa__source *source,
                               const fa_read_options *options);

bool fa__text_csv_recognise(const fa__source *source);
fa_status fa__text_csv_read(fa_dataset **out, const fa__source *source,
                            const fa_read_options *options);

bool fa__text_tar_recognise(const fa__source *source);
fa_status fa__text_tar_read(fa_dataset **out, const fa__source *source,
                            const fa_read_options *options);

#endif
