/* A file of text, printed into memory and then written at once. */
#define _POSIX_C_SOURCE 200809L
#include "text_file.h"

#include "output.h"

#include <stdlib.h>

bool text_file_start(text_file *file) {
    *file = (text_file){0};
    file->to = open_memstream(&file->bytes, &file->size);
    if (file->to == NULL) fail("out of memory");
    return file->to != NULL;
}

bool text_file_finish(text_file *file, const char *path) {
    bool whole = !ferror(file->to), written = false;
    whole = fclose(file->to) == 0 && whole && file->bytes != NULL; /* lost without a word */
    if (!whole)
        fail("%s: not written: out of memory", path);
    else if (fa_file_write(path, file->bytes, file->size) != FA_OK)
        fail_library();
    else
        written = true;
    free(file->bytes);
    return written;
}
