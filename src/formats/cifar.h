/* CIFAR-10 in its binary form: records of a label byte and 3072 bytes of pixels, the red plane of
 * 32 x 32 first, then green, then blue. https://www.cs.toronto.edu/~kriz/cifar.html */
#ifndef FA_FORMATS_CIFAR_H
#define FA_FORMATS_CIFAR_H

#include "formats/source.h"

#include <stdbool.h>

/* A reader of data sets (registry.c): one batch file, a folder of them or the official .tar.gz. */
bool fa__cifar_recognise(const fa__source *source);
fa_status fa__cifar_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options);

#endif
