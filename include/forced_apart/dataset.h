/* Data sets: reading, writing and looking at samples, labels and names. */
#ifndef FORCED_APART_DATASET_H
#define FORCED_APART_DATASET_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fa_kind {
    FA_KIND_SERIES = 0, /* ragged: sample i is [steps_i, features] float32 */
    FA_KIND_IMAGES,     /* [height, width, channels] uint8 */
    FA_KIND_TEXT,       /* UTF-8, any length */
    FA_KIND_VECTORS     /* [features] float32 */
} fa_kind;

/* Samples of one kind, with or without fine classes (the hidden ones). Immutable once made, so any
 * number of threads may read one at once; the setters below are for its owner, before it is
 * used. */
typedef struct fa_dataset fa_dataset;

typedef struct fa_read_options {
    size_t size; /* sizeof(fa_read_options) */
    /* Files of labels beside the data, by a path or a name below the data folder, in place of what
     * the data bring themselves; NULL: none. By content: .npy or IDX, a number a row (coarse: below
     * 0 is none); text, a word a line, or .npy of strings (coarse: an empty one or "?" is none); a
     * table with a column row (from 0), file, name or id and a column label, or of two columns, one
     * of them the names of the samples. label_column and hidden_column then name a column of it. */
    const char *label_file;  /* coarse labels */
    const char *hidden_file; /* classes; NULL: taken from the data, or found beside them by the
                                official name, or none */
    const char *split; /* "train" or "test" where one folder holds both, else not used; NULL: must
                          not be needed */
    /* Tables: columns by name, or by number from 1 where none is named so; NULL: none. */
    const char *label_column;   /* coarse labels, any words; an empty field: none */
    const char *hidden_column;  /* classes, any words */
    const char *text_column;    /* the samples are its texts, and other columns are not used */
    const char *ignore_columns; /* several, with commas between */
    const char *missing; /* what is done about missing values of vectors, tables and series: "drop"
                             (leave such samples out), "zero", "mean" or "median" of the feature,
                             "category" (tables: missing words are a category, missing numbers the
                             median and a feature of 0 and 1 more), "forward" (series: the value
                             before); NULL: they are refused */
    bool columns_optional; /* a label, hidden or ignored column that the table does not
                             have is done without; fa_dataset_absent_columns names them. Data that
                             are no table have none of them */
    /* Tables again; NULL: found out. */
    const char *feature_columns; /* columns that are features, whatever they look like */
    const char *id_column;       /* which series a row belongs to; or, different in each row, the
                                    names of the samples */
    const char *time_column;     /* when: numbers, or dates as 2020-05-12 14:30:00.5+02:00 */
    const char *header;          /* "yes": row 1 names the columns; "no": it is data */
    const char *schema;          /* fa_dataset_schema or fa_model_schema: read the columns alike, by
                                    their names */
    size_t resize;               /* folders of images: all become resize x resize, 1 to 4096, their
                                    sides' ratio not kept; 0: all must be of one size */
} fa_read_options;

/* Reads a data set, recognised by its content, not by its name:
 *
 *   IDX images       magic 0x00000803 (unsigned bytes, [n, height, width]), gzipped or not. Classes
 *                    lie beside "X-images-idx3-ubyte" as "X-labels-idx1-ubyte" ('.' for the second
 *                    '-' and ".gz" are understood).
 *   CIFAR-10         the binary batches (records of a class and 32 x 32 x 3 bytes by planes): one
 *                    file, a folder of "data_batch_1.bin" ... "data_batch_5.bin" and
 *                    "test_batch.bin", or the official .tar.gz; "batches.meta.txt" names class k
 *                    on line k + 1.
 *   image folder     CLASS/FILE, or train/CLASS/FILE and test/CLASS/FILE, or FILE alone;
 *                    files .jpg, .jpeg, .png of one size (or of any, by resize: bilinear, where
 *                    an image shrinks over all that a new pixel covers), 8 bits. Palettes become
 *                    RGB, and grey images where others are RGB; transparency is put onto white. By
 *                    missing = "drop", images that cannot be read are left out. Classes are the
 *                    sorted names of the folders of both splits; samples come by class, then by
 *                    file name. Other files are counted as left out, hidden ones passed over.
 *   .npz             series: points [total, features], offsets [n + 1] (from 0 to total, not
 *                    decreasing), labels [n] (may be absent); any numeric dtype. Sequence i is rows
 *                    offsets[i] .. offsets[i + 1] of points; those of no step are left out.
 *                    Or vectors: x, X, data, features, embeddings or arr_0 [n, features]. Classes
 *                    may be named labels, y, target or classes; coarse [n] are given coarse labels
 *                    (below 0: none).
 *   .npy             vectors: a matrix [n, features] of any numeric dtype, byte order and order of
 *                    memory; NaN are missing values. Images: uint8 [n, height, width] or
 *                    [n, height, width, channels] of 1 or 3 channels, in C order. Classes lie
 *                    beside "NAME.npy" as "NAME-labels.npy" or "NAME-labels.txt".
 *   folder of parts  part-0.npy, part-1.npy, ... of float32 vectors or of images, numbered without
 *                    a gap from 0 or 1 (leading zeros are free), of one shape but for their rows: one
 *                    data set, in the order of the numbers. Nothing is converted, and nothing filled
 *                    in. Classes lie beside FOLDER as "FOLDER-labels.npy" or "FOLDER-labels.txt".
 *   table            CSV rows with tabs, semicolons or commas between (whichever the first line has
 *                    most of). A first row without a number, or with the name of a column of the
 *                    options, holds the names. All columns but those of the options are numbers:
 *                    vectors; or the text_column has texts. Empty, NA, N/A, NaN, null and ? are
 *                    missing values. Words as classes or labels are numbered in order, whole
 *                    numbers as classes are kept.
 *   long table       one whose first two columns are named id and time: series, a row a step. Rows
 *                    of an id may stand anywhere and are put in order of time; labels must agree.
 *   stroke folder    published text files "trainimg-N-inputdata.txt" or "testimg-...", lines of
 *                    dx dy eos eod; classes in "trainlabels.txt" or "testlabels.txt", label N on
 *                    line N + 1. Numbers N without a file are reported as left out.
 *   labelled text    CSV rows of class,"title","text" without a header (at least one column of
 *                    text; the columns, joined by a blank, are the text), UTF-8, quotes doubled;
 *                    classes count from 1 there and from 0 here. A file, a folder with train.csv
 *                    and test.csv, or a .tar.gz of them; classes.txt beside them names class k on
 *                    line k.
 *
 *   ARFF             a table with the types that it says: numeric, nominal (categories), string
 *                    and date; dense or sparse rows; a nominal attribute named class or target holds
 *                    the classes. One relational attribute of numbers: series, a row of it a
 *                    dimension; missing values at all ends of a series are no steps.
 *   .ts              series as in the UCR and UEA archives: a dimension a feature, all of a case of
 *                    one length, '?' missing, the class last; without time stamps
 *   .txt             texts, one a line, empty ones too; by its name, which must end in .txt
 *   text folders     CLASS/NAME.txt (or names without a '.', as 20 Newsgroups has), in the order
 *                    of the names; the folders name the classes
 *
 * out        the data set; free with fa_dataset_free
 * path       a file or a folder
 * options    NULL: none
 *
 * Range: a data set has at least one sample; every series at least one step; all values finite.
 * Errors: FA_E_FORMAT for damaged, cut or unknown content (naming its first bytes and what is
 *   known), FA_E_SHAPE if labels or arrays are of another length than the data or images of another
 *   size than the first (naming both), FA_E_NONFINITE naming sequence and step, FA_E_LABEL for a
 *   stroke file without a label, or a label file whose rows are not those of the data,
 *   FA_E_ARGUMENT for a split that is unknown, absent or needed; FA_E_UNAVAILABLE for CSV without
 *   libcsv, JPEG without libjpeg, PNG without libpng; FA_E_IO; FA_E_NOMEM. out untouched on error.
 * Memory: the whole file (of an image folder a file a thread) and the data set; but .npy of float32
 *   (little-endian, C order) or of images, and IDX images, of 4 MiB and more, not gzipped, are
 *   mapped, and so are parts of any size: the values stay in the file, which must stay as it is
 *   until fa_dataset_free. CIFAR-10, whose planes are put pixel by pixel, is copied, as is all else.
 * Threads: safe; image files are decoded in parallel, to the same bytes.
 * Cost: one pass over the data. */
FA_API fa_status fa_dataset_read(fa_dataset **out, const char *path,
                                 const fa_read_options *options);

/* What the columns of a table hold, and what they would be to fa_dataset_read. */
typedef struct fa_table fa_table;

typedef struct fa_table_column {
    const char *name;     /* NULL: the table names no columns */
    const char *type;     /* "number", "integer", "index" (counts the rows), "boolean", "date",
                             "category", "names" (other words in each row), "text", "empty", or
                             "mixed": numbers but for a few cells, say */
    const char *role;     /* "feature", "label", "hidden", "text", "id", "time", "variable",
                             "ignored", "unused"; "asked": looks like labels, and nobody said so */
    size_t rows, missing; /* rows of the table; those without a value */
    size_t features;      /* that it makes */
} fa_table_column;

/* Looks at all rows of a table, and is not stopped by what fa_dataset_read would refuse of it.
 * *out NULL: the data are no table. Errors: FA_E_FORMAT for what cannot be taken apart into rows
 * and columns, FA_E_ARGUMENT for an option that names no column; FA_E_IO; FA_E_NOMEM. Cost: one
 * pass. */
FA_API fa_status fa_table_look(fa_table **out, const char *path, const fa_read_options *options);
FA_API size_t fa_table_columns(const fa_table *table);
/* Column i, below fa_table_columns; its texts live as the table. */
FA_API fa_table_column fa_table_column_at(const fa_table *table, size_t i);
FA_API void fa_table_free(fa_table *table); /* NULL ok */

/* ==== From memory ==== */

/* Data sets of arrays, which are copied.
 *
 * out       the data set, without labels or names; free with fa_dataset_free
 * x         [n, d]  vectors, row-major; finite. Doubles are rounded to float32 as those of an .npy
 *           file are: of a column that float32 cannot tell apart a number is taken off first
 *           (fa_dataset_shift)
 * points    [offsets[n], features]  the steps of all series, one after another; finite
 * offsets   [n + 1]  series i is rows offsets[i] to offsets[i + 1] - 1; from 0, ascending
 * pixels    [n, height, width, channels]  images, 0 to 255; 1 channel (grey) or 3 (RGB)
 * texts     [n]  UTF-8, each ended by 0; "" is a text
 *
 * Errors: FA_E_ARGUMENT NULL; FA_E_SHAPE a size of 0, a series without a step (naming it), another
 *   number of channels; FA_E_NONFINITE NaN or infinity, with row and column from 0; FA_E_FORMAT a
 *   text that is not UTF-8, with its number and byte; FA_E_NOMEM, also for sizes beyond size_t.
 *   *out untouched on error.
 * Threads: safe. Cost: the memory of the copy, one pass. */
FA_API fa_status fa_dataset_from_vectors(fa_dataset **out, const float *x, size_t n, size_t d);
FA_API fa_status fa_dataset_from_doubles(fa_dataset **out, const double *x, size_t n, size_t d);
FA_API fa_status fa_dataset_from_series(fa_dataset **out, const float *points,
                                        const int64_t *offsets, size_t n, size_t features);
FA_API fa_status fa_dataset_from_images(fa_dataset **out, const uint8_t *pixels, size_t n,
                                        size_t height, size_t width, size_t channels);
FA_API fa_status fa_dataset_from_texts(fa_dataset **out, const char *const *texts, size_t n);

/* Gives a data set coarse labels, those that a network is trained on, in place of any before.
 *
 * labels  [n]  copied; below 0: this sample has none. NULL: takes them away
 * names   one for each label from 0 to the largest, UTF-8, copied: label l is names[l], also where
 *         no sample has it. NULL: the different labels, in ascending order, become 0, 1, ... and
 *         are named by the numbers they were ("3"), as those of a label file are
 *
 * Labels of a test set are matched to those of the training set by their names.
 * Errors: FA_E_ARGUMENT NULL, also among the names (naming it); FA_E_FORMAT a name that is not
 *   UTF-8; FA_E_NOMEM. The data set is as before on error.
 * Threads: nobody else may use it meanwhile. Cost: O(n log n). */
FA_API fa_status fa_dataset_set_coarse(fa_dataset *data, const int32_t *labels,
                                       const char *const *names);

/* Gives a data set fine classes, the hidden ones, which only scores see.
 *
 * classes  [n]  any int32, copied; NULL: takes them away
 * names    [n_names]  of the classes 0, 1, ..., UTF-8, copied; NULL: none. Others have no name
 *
 * Errors and threads: as fa_dataset_set_coarse. Cost: O(n). */
FA_API fa_status fa_dataset_set_classes(fa_dataset *data, const int32_t *classes,
                                        const char *const *names, size_t n_names);

/* Names the samples: names [n], UTF-8, copied, any; NULL takes them away. Errors and threads: as
 * fa_dataset_set_coarse. */
FA_API fa_status fa_dataset_set_names(fa_dataset *data, const char *const *names);

/* Names the columns of vectors or the features of series: names [fa_dataset_features], UTF-8,
 * copied, no two alike; NULL takes them away. A model that was trained on names takes the columns
 * of other data by them. Errors and threads: as fa_dataset_set_coarse; FA_E_ARGUMENT for images and
 * texts, and for two names alike. */
FA_API fa_status fa_dataset_set_column_names(fa_dataset *data, const char *const *names);

/* ==== What it holds ==== */

/* Writes series or vectors as .npz, as fa_dataset_read and numpy.load read it: points (int16 where
 * all values are whole and fit, else float32), offsets int64; or x float32; labels int32 if there
 * are classes, coarse int32 if there are given coarse labels (their numbers, not their names).
 *
 * The same data give the same bytes.
 * Errors: FA_E_ARGUMENT for images and texts; FA_E_IO; FA_E_NOMEM. Atomic: the file is complete or
 *   absent.
 * Threads: safe for different paths. Cost: one pass, little memory. */
FA_API fa_status fa_dataset_write(const fa_dataset *dataset, const char *path);

/* Frees a data set and all that its accessors returned; NULL ok. */
FA_API void fa_dataset_free(fa_dataset *dataset);

FA_API fa_kind fa_dataset_kind(const fa_dataset *dataset);

/* Samples; at least 1. */
FA_API size_t fa_dataset_count(const fa_dataset *dataset);

/* Values per step of a series or of a vector, or height * width * channels of an image; 0 for
 * texts. */
FA_API size_t fa_dataset_features(const fa_dataset *dataset);

/* The fine classes [count], any int32 values; NULL if there are none. Lives as the data set. */
FA_API const int32_t *fa_dataset_classes(const fa_dataset *dataset);

/* The name of a fine class, as the data set has it (UTF-8 where its file is); NULL if it names none
 * so. Lives as the data set. */
FA_API const char *fa_dataset_class_name(const fa_dataset *dataset, int32_t class_);

/* Given coarse labels [count], 0, 1, ...; -1 where a sample has none; NULL if the data bring none
 * beside the classes. Lives as the data set. */
FA_API const int32_t *fa_dataset_coarse(const fa_dataset *dataset);

/* The name of a given coarse label; NULL for any other number. Lives as the data set. */
FA_API const char *fa_dataset_coarse_name(const fa_dataset *dataset, int32_t label);

/* What the data call sample i: the name of its file within the folder (images, texts), or the id of
 * its series in a long table; NULL if they name none. Lives as the data set. */
FA_API const char *fa_dataset_sample_name(const fa_dataset *dataset, size_t i);

/* The row of the data, from 0, that sample i was: i, but where rows before it were left out. */
FA_API size_t fa_dataset_row(const fa_dataset *dataset, size_t i);

/* What fa_read_options.columns_optional made the reader do without: "colour, kind", or "". Lives as
 * the data set. */
FA_API const char *fa_dataset_absent_columns(const fa_dataset *dataset);

/* The name of feature i, from 0, where they are columns of a table with a row of names; NULL: none.
 * Lives as long as the data set. */
FA_API const char *fa_dataset_column_name(const fa_dataset *dataset, size_t i);

/* What was taken off feature i of every sample before it became float32, so that values like
 * 1700000000.25 stay apart: value = stored + shift. 0 where float32 tells the values apart as they
 * are; a model takes other shifts into account by itself. */
FA_API double fa_dataset_shift(const fa_dataset *dataset, size_t i);

/* How the columns of a table became features, as text for fa_read_options.schema: another table is
 * then read alike, with the same categories and shifts. NULL: the data are no table. Lives as the
 * data set. */
FA_API const char *fa_dataset_schema(const fa_dataset *dataset);

/* Vector i: [features], all finite; lives as long as the data set. NULL if i is out of range or the
 * kind is another. */
FA_API const float *fa_dataset_vector(const fa_dataset *dataset, size_t i);

/* What the reader noticed that is no error (a column that is constant, say), one line; "" if
 * nothing. Lives as the data set. */
FA_API const char *fa_dataset_note(const fa_dataset *dataset);

/* Sample i of a series data set: [*steps, features], lives as long as the data set; NULL if i is
 * out of range or the kind is another. */
FA_API const float *fa_dataset_series(const fa_dataset *dataset, size_t i, size_t *steps);

/* Image i: [height, width, channels] bytes, lives as long as the data set; NULL if i is out of
 * range or the kind is another. */
FA_API const uint8_t *fa_dataset_image(const fa_dataset *dataset, size_t i, size_t *height,
                                       size_t *width, size_t *channels);

/* Text i: *bytes bytes of UTF-8, not ended by 0; lives as long as the data set. NULL if i is out of
 * range or the kind is another. */
FA_API const char *fa_dataset_text(const fa_dataset *dataset, size_t i, size_t *bytes);

/* Records that were left out when this data set was read or made. *why, if why is not NULL: the
 * reason with the first of them ("" if none), lives as long as the data set. */
FA_API size_t fa_dataset_skipped(const fa_dataset *dataset, const char **why);

/* Pen-stroke sequences from images of handwriting: threshold, two passes of thinning, removal of
 * specks, the shortest of ten nearest-neighbour tours with random ties.
 *
 *   a pixel: dx dy 0 0; a pen lift: 0 0 1 0; the end: 0 0 1 1          Source: docs/strokes.md
 *
 * *out     a new series data set, features 4 (columns dx dy eos eod); line 1 is the 1-based start
 * images   grey images (1 channel), sides 1..4096, at least one; borrowed; its classes are copied
 * seed     breaks ties between equally near pixels; about 90 % of MNIST digits do not depend on it
 * split    0 train, 1 test by custom; image i draws from the stream (seed, split, i) alone
 *
 * Limits: an image without ink, or of which thinning leaves only specks of one or two pixels, is
 * left out; fa_dataset_skipped tells how many and why; the classes stay with their images.
 * Errors: FA_E_ARGUMENT not images, or no image has strokes; FA_E_SHAPE no image, more than one
 * channel, a side out of range; FA_E_NOMEM. *out untouched on error.
 * Memory: *out is the caller's, free with fa_dataset_free. 22 bytes of scratch a pixel and thread.
 * Threads: safe; the bytes do not depend on fa_threads_set. Cost: O(height width + p (1 + j)) an
 * image of p skeleton pixels with j jumps; 60,000 MNIST digits take seconds. */
FA_API fa_status fa_strokes_from_images(fa_dataset **out, const fa_dataset *images, uint64_t seed,
                                        uint32_t split);

/* Made-up pen-stroke digits in the same form on the same 28 x 28 grid: glyphs of several hands for
 * each digit, bent, slanted, turned, jittered, drawn by a pen of varying speed that may skip.
 *
 * *out     a new series data set, features 4 (columns dx dy eos eod), with classes 0..9
 * n        digits to make, 1..2^32 - 1; every ten from sample 10 k on are the ten classes, shuffled
 * seed     sample i depends on (seed, split, i) alone: a larger n adds samples, it changes none
 * split    0 train, 1 test by custom: other digits of the same kind
 *
 * Range: like the real set, about 40 lines and 1.3 strokes a digit, dx and dy within -27..28.
 * Errors: FA_E_ARGUMENT n out of range; FA_E_NOMEM. *out untouched on error.
 * Memory: *out is the caller's, free with fa_dataset_free.
 * Threads: safe; the bytes do not depend on fa_threads_set. Cost: O(n); 100,000 digits a second. */
FA_API fa_status fa_strokes_synthesize(fa_dataset **out, size_t n, uint64_t seed, uint32_t split);

/* Coarse groups from fine classes by a written rule.
 *
 *   rule = group / group ...   group = range, range ...   range = class or low-high
 *   "0-4 / 5-9"   "0,2,4 / 1,3,5-9"   blanks are free; classes are numbers >= 0
 *
 * coarse     [n] index of the group, from 0 in the order of the rule; overwritten
 * n_groups   their number, at least 2
 * classes    [n] fine classes; not modified
 *
 * A class of the rule that no sample has is fine as long as its group has a sample.
 * Errors: FA_E_ARGUMENT for a rule that does not read, with the position in it; FA_E_LABEL for one
 * group only, a class named twice, a class in no group (which, how many samples), a group no sample
 * falls into, classes NULL; FA_E_NOMEM. Outputs untouched on error.
 * Threads: safe. Cost: O(n * ranges). */
FA_API fa_status fa_groups_apply(int32_t *coarse, size_t *n_groups, const char *rule,
                                 const int32_t *classes, size_t n);

/* Where a data path given by a person leads: the path itself if something is there, else the same
 * below the data folder ($FORCED_APART_DATA, else $XDG_DATA_HOME/forced-apart, else
 * ~/.local/share/forced-apart). name
 * "" gives the data folder itself, whether or not it is there. FA_E_IO names every place that was
 * tried. Free *out with fa_free. */
FA_API fa_status fa_data_path(char **out, const char *name);

/* Reads a matrix from an .npy file.
 *
 * out    [n, d] row-major float32; free with fa_free
 * n, d   both >= 1; a 1-D file reads as n rows of 1
 *
 * Format 1.0 to 3.0; bool, int8 to int64, uint8 to uint64, float16 to float64; either byte order; C
 * or Fortran order. Values are rounded to float32.
 * Errors: FA_E_FORMAT for a file that is cut, too long or damaged, or of another dtype (text,
 * objects, complex ...); FA_E_SHAPE for an empty array or one of 0 or more than 2 dimensions;
 * FA_E_NONFINITE for NaN, infinity, or a number beyond float32, with row and column from 0;
 * FA_E_IO; FA_E_NOMEM. Sizes are checked against the file before anything is allocated. Outputs
 * untouched on error. Threads: safe. Cost: one pass; memory for file and matrix. */
FA_API fa_status fa_matrix_read(float **out, size_t *n, size_t *d, const char *path);

/* The same, with what float32 would lose of the differences kept: where the values of a column lie
 * so far from 0 that float32 cannot tell them apart as double does, a number is taken off the
 * column first. *shift [d]: those numbers, free with fa_free; NULL: none (or shift is NULL). */
FA_API fa_status fa_matrix_read_shifted(float **out, double **shift, size_t *n, size_t *d,
                                        const char *path);

/* Writes x + shift (a row for all rows) as float64; shift NULL: as fa_matrix_write. */
FA_API fa_status fa_matrix_write_shifted(const char *path, const float *x, const double *shift,
                                         size_t n, size_t d);

/* Writes x [n, d] as an .npy file of float32; n, d >= 1, all values finite.
 * Errors: FA_E_SHAPE, FA_E_NONFINITE (nothing is written), FA_E_IO. Atomic. */
FA_API fa_status fa_matrix_write(const char *path, const float *x, size_t n, size_t d);

/* Reads labels: an .npy file of one column (any numeric dtype, whole values), IDX labels (magic
 * 0x00000801), or text with one integer a line; recognised by content, gzipped or not.
 *
 * out   [n] int32, n >= 1; free with fa_free
 *
 * Errors: FA_E_FORMAT for a damaged file or a value that is not whole or does not fit int32, with
 * its row (from 0) or line (from 1); FA_E_SHAPE for an array that is not one column; FA_E_IO;
 * FA_E_NOMEM. Outputs untouched on error. Threads: safe. */
FA_API fa_status fa_labels_read(int32_t **out, size_t *n, const char *path);

/* The same, and words: text with one a line, where blanks around it do not count, or an .npy array of
 * strings. Each different word, numbers in text among them ("01" is another than "1"), has the number
 * of its first appearance, from 0.
 *
 * words, l  [l] the words by their numbers, l their count; one block, free with fa_free; an array of
 *           numbers or IDX labels, which stay as they are: NULL and 0. words NULL skips both
 *
 * Errors: as fa_labels_read; FA_E_FORMAT for an empty line before the last word, what is not UTF-8, and a
 * table; FA_E_LABEL for more than 65536 words. */
FA_API fa_status fa_labels_read_words(int32_t **out, size_t *n, char ***words, size_t *l,
                                      const char *path);

/* Writes labels [n], n >= 1, as an .npy file of int32. Errors: FA_E_SHAPE, FA_E_IO. Atomic. */
FA_API fa_status fa_labels_write(const char *path, const int32_t *labels, size_t n);

/* A copy of some samples, with all that is known of them: labels, names, rows, notes.
 *
 * out      the copy; free with fa_dataset_free; `of` may be freed before it
 * samples  [n] below fa_dataset_count(of), in any order; one may be there several times
 * n        at least 1
 *
 * Errors: FA_E_ARGUMENT NULL, n 0 or a sample out of range; FA_E_NOMEM. *out untouched on error.
 * Threads: safe. Cost: the memory of the copy. */
FA_API fa_status fa_dataset_subset(fa_dataset **out, const fa_dataset *of, const size_t *samples,
                                   size_t n);

/* The same of the first `count` samples, 1 to fa_dataset_count(of), for a quick trial on a part. */
FA_API fa_status fa_dataset_first(fa_dataset **out, const fa_dataset *of, size_t count);

/* Samples as rows of numbers of one width: what there is to cluster without any training.
 *
 *   vectors  their values                 images  their pixels, 0 to 255
 *   series   the steps one after another; of series of different lengths, or of more than 8,192
 *            values, each at as many times as they have on average (at most 8,192 values), evenly
 *            spread from its first step to its last and linear between two
 *   texts    for each of the 1,000 most frequent words (of these texts) how often it occurs
 *
 * out      [n, *d]; free with fa_free
 * samples  [n] below fa_dataset_count; NULL: all (n is then its count)
 *
 * Errors: FA_E_ARGUMENT NULL, n 0 or a sample out of range; FA_E_UNAVAILABLE texts without
 * utf8proc; FA_E_SHAPE series of more than 8,192 values a step; FA_E_NOMEM. Outputs untouched on
 * error. Threads: safe. Cost: one pass, n * *d floats.
 */
FA_API fa_status fa_dataset_matrix(float **out, size_t *d, const fa_dataset *data,
                                   const size_t *samples, size_t n);

#ifdef __cplusplus
}
#endif
#endif
