/* What a data set is inside. Readers fill one in; training reads it. */
#ifndef FA_DATA_DATASET_H
#define FA_DATA_DATASET_H

#include "base/matrix.h"
#include "base/status.h"
#include "data/names.h"

#include <stdbool.h>

struct fa_dataset {
    fa_kind kind;
    size_t n;        /* samples */
    size_t features; /* per step, or height * width * channels */

    struct {
        size_t *offsets; /* series and texts: [n + 1], sample i is rows offsets[i]..offsets[i+1] of
                            numbers */
        float *numbers;  /* series: [offsets[n], features]; vectors: [n, features]; all finite */
        double *shift;   /* [features] what was taken off the values before they became float32;
                            NULL: 0 */
        size_t vocabulary; /* series of word numbers below it, one feature; 0: of measured values */
        size_t height, width, channels; /* images */
        unsigned char *pixels;          /* images: [n, height, width, channels] */
        char *text;         /* texts: UTF-8, sample i is bytes offsets[i]..offsets[i+1] */
        bool grey;          /* images of three channels that are equal throughout */
        bool borrowed;      /* numbers or pixels lie in the file as it is mapped */
        unsigned char *map; /* that file, of map_size bytes; fa_dataset_read hands it over */
        size_t map_size;
        fa__row_block *blocks; /* [n_parts] vectors and images in several mapped files, in the place
                                  of numbers and pixels; NULL: one */
        struct fa__part {
            unsigned char *map;
            size_t map_size;
        } * parts; /* [n_parts] those files */
        size_t n_parts;
    } values;

    struct {
        int32_t *coarse;        /* [n] given coarse labels, 0 to the count of their names - 1, -1:
                                   none; or NULL */
        fa__names coarse_names; /* all of them, those that no sample has too */
        int32_t *classes;       /* [n], or NULL */
        fa__names class_names;  /* of the classes first_named, first_named + 1, ... */
        int32_t first_named;
    } labels;

    struct {
        fa__names columns; /* vectors and series of a table: of the features */
        char *schema;      /* tables: how the columns were read (formats/plan_schema.c); or NULL */
        fa__names samples; /* while a reader is at work of the rows of the data, then of the
                              samples (fa__dataset_finish) */
    } names;

    struct {
        size_t *rows;   /* [n] the row of the data that sample i was, from 0; NULL: row i */
        size_t n_rows;  /* rows of the data, those left out included; 0: rows NULL, or not known */
        size_t skipped; /* records left out */
        char why[512];  /* and why */
        char note[768]; /* what else the reader noticed, "" */
        char absent[256]; /* columns it was told of and did without, "" */
    } origin;
};

/* An empty data set of a kind (all pointers NULL), to be filled in and freed with fa_dataset_free.
 */
fa_status fa__dataset_create(fa_dataset **out, fa_kind kind);

/* The values of sample i: of vectors, or of images. */
const float *fa__dataset_numbers(const fa_dataset *dataset, size_t i);
const unsigned char *fa__dataset_pixels(const fa_dataset *dataset, size_t i);

/* Where the values are more than memory may keep of their files: whether samples are read at random
 * from now on, which saves reading what lies around them; and that some are read soon. */
void fa__dataset_random(const fa_dataset *dataset, bool random);
void fa__dataset_fetch(const fa_dataset *dataset, const size_t *samples, size_t n);

/* The vectors of a data set, where they are. */
fa__matrix fa__dataset_rows(const fa_dataset *dataset);

/* A digest of the samples, their values and labels; names are not looked at. */
uint64_t fa__dataset_digest(const fa_dataset *dataset);

/* The same of the sizes and of at most 256 samples evenly spread: it reads no more than these. */
uint64_t fa__dataset_glance(const fa_dataset *dataset);

/* A text of blanks alone, or of nothing. */
bool fa__dataset_is_blank(const fa_dataset *dataset, size_t i);
void fa__dataset_note_blanks(fa_dataset *dataset);

/* Images of which no pixel is above 1, as a cast of numbers from 0 to 1 leaves them. */
void fa__dataset_note_dark(fa_dataset *dataset);

/* Finds out whether images of three channels are grey, and notes it; of much data by images evenly
 * spread. Whether images are grey, stored in one channel or three. */
void fa__dataset_find_grey(fa_dataset *dataset);
bool fa__dataset_is_grey(const fa_dataset *dataset);

/* Prepares to leave out samples: origin [n] is then there, and moves as labels do. */
fa_status fa__dataset_keep_origin(fa_dataset *dataset);

/* The last step of reading: names are those of the samples, and found by their numbers at once. */
fa_status fa__dataset_finish(fa_dataset *dataset);

/* Copies all but the values to a data set of the same samples in another form, or of some of them:
 * labels, names and origin of samples[0..n-1], NULL: the first n. `to` is new, of any kind, and has
 * its n then; it is to be freed on failure as well. */
fa_status fa__dataset_copy_about(fa_dataset *to, const fa_dataset *of, const size_t *samples,
                                 size_t n);

/* Adds to what the reader noticed (fa_dataset_note), as far as there is room. */
void fa__dataset_add_note(fa_dataset *dataset, const char *format, ...) FA_PRINTF(2, 3);

/* Names the rows by strings, in their order; `from` bytes of each are passed over. */
fa_status fa__dataset_name_samples(fa_dataset *dataset, char *const *names, size_t count,
                                   size_t from);

/* Names the classes first, first + 1, ... by the lines of a text (a file of class names as it was
 * read; empty lines at its end name none). FA_E_FORMAT, naming `where` and the line, for an empty
 * line before that or a zero byte. */
fa_status fa__dataset_name_classes(fa_dataset *dataset, int32_t first, const void *text,
                                   size_t size, const char *where);

/* The steps that a series has as a row of numbers: as many as every one has, else *stretched and
 * their mean; and no more than make FA__FLAT_MAX values. 0: no series, or a step is wider. */
enum { FA__FLAT_MAX = 8192 };
size_t fa__dataset_steps(const fa_dataset *dataset, bool *stretched);

/* A series [from, features] at `to` times that are evenly spread from its first step to its last,
 * linear between two steps. Lengths from 1 on. */
void fa__series_stretch(float *out, size_t to, const float *series, size_t from, size_t features);

#endif
