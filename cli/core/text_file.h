/* A file of text, printed into memory and then written at once: complete or absent. */
#ifndef FORCED_APART_CLI_TEXT_FILE_H
#define FORCED_APART_CLI_TEXT_FILE_H

#include <stdbool.h>
#include <stdio.h>

typedef struct text_file {
    FILE *to; /* what is printed here */
    char *bytes;
    size_t size;
} text_file;

/* False, after a message, where memory is out. */
bool text_file_start(text_file *file);

/* Ends what was started; false, after a message, where nothing could be written to path. */
bool text_file_finish(text_file *file, const char *path);

#endif
