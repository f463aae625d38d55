/* Reading data: the table of formats that fa_dataset_read chooses from. */
#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "formats/cifar.h"
#include "formats/folder.h"
#include "formats/foreign.h"
#include "formats/idx.h"
#include "formats/image_folder.h"
#include "formats/label_file.h"
#include "formats/matrix.h"
#include "formats/npz.h"
#include "formats/parts.h"
#include "formats/strokes_text.h"
#include "formats/table.h"
#include "formats/table_plan.h"
#include "formats/text_csv.h"
#include "formats/text_plain.h"
#include "formats/ts_series.h"

#include <stdio.h>
#include <string.h>

static bool is_idx(const fa__source *source) {
    const unsigned char *bytes = source->bytes;
    if (bytes == NULL || !fa__idx_recognise(bytes, source->size)) return false;
    bool typed = source->size > 3 && bytes[2] >= 8 && bytes[2] <= 14 && bytes[3] > 0;
    return typed || !fa__cifar_recognise(source); /* a batch may begin with two classes 0 */
}

/* A new format is a line here and a file beside this one. It is known by its content, or by what
 * lies in a folder; looking there may fail. */
static const struct reader {
    const char *name;
    bool (*recognise)(const fa__source *source);
    fa_status (*read)(fa_dataset **out, const fa__source *source, const fa_read_options *options);
    fa_status (*look)(bool *known, const fa__source *source);
} readers[] = {
    {"IDX images (.gz too), or a folder of them", is_idx, fa__idx_read, NULL},
    {".npz of points, offsets and labels, or of x and labels", fa__npz_recognise, fa__npz_read,
     NULL},
    {"an .npy matrix, or images of bytes", fa__matrix_recognise, fa__matrix_read, NULL},
    {"a folder of part-0.npy, part-1.npy, ...", NULL, fa__parts_read, fa__parts_look},
    {"a folder of trainimg-N-inputdata.txt files", NULL, fa__strokes_text_read,
     fa__strokes_text_look},
    {"CIFAR-10 batches (a file, a folder, the .tar.gz)", fa__cifar_recognise, fa__cifar_read, NULL},
    {"a folder of train.csv and test.csv", fa__text_folder_recognise, fa__text_folder_read, NULL},
    {"a .tar.gz of these two", fa__text_tar_recognise, fa__text_tar_read, NULL},
    {"folders CLASS/*.jpg|png, or a folder of *.jpg|png", NULL, fa__image_folder_read,
     fa__image_folder_look},
    {"CSV rows of class, text ...", fa__text_csv_recognise, fa__text_csv_read, NULL},
    {"series as .ts", fa__ts_recognise, fa__ts_read, NULL},
    {"texts as .txt, one a line", fa__text_lines_recognise, fa__text_lines_read, NULL},
    {"a folder of CLASS/*.txt", NULL, fa__text_classes_read, fa__text_classes_look},
    {"a CSV, TSV or ARFF table", fa__table_recognise, fa__table_read, NULL},
};

enum { N_READERS = sizeof readers / sizeof *readers, RESIZE_MOST = 4096 };

/* The line of the first zero byte in what is text but for those; 0: it is something else. Those at
 * the end are of a disk that was full or a machine that stopped, however many they are. */
static size_t line_of_zero(const fa__source *source) {
    enum { LOOKED_AT = 4096 };
    size_t line = 1, first = 0, strange = 0, zeros = 0,
           looked = source->size < LOOKED_AT ? source->size : LOOKED_AT, size = looked;
    while (size > 0 && source->bytes[size - 1] == 0) size--;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = source->bytes[i];
        if (byte == 0 && first == 0) first = line;
        zeros += byte == 0;
        line += byte == '\n';
        strange +=
            byte == 127 || (byte > 0 && byte < ' ' && strchr("\t\n\v\f\r\x1b", byte) == NULL);
    }
    if (zeros > 64 && zeros > size / 8) return 0; /* an archive of texts, say */
    if (first == 0 && size < looked) first = line;
    return strange == 0 && line > 1 && fa__utf8_check(source->bytes, size) + 4 > size ? first : 0;
}

/* A tar archive of something that is not read; its first name stands at the front. */
static bool is_tar(const fa__source *source) {
    return source->size > 512 && memcmp(source->bytes + 257, "ustar", 5) == 0 &&
           memchr(source->bytes, 0, 100) != NULL;
}

/* The folder of the folder that the first image of all lies in: "" where that is not the case. */
static const char *above_classes(char out[128], const fa__left_out *left) {
    snprintf(out, 128, "%s",
             left->deeper > 0 && strncmp(left->deep, "...", 3) != 0 ? left->deep : "");
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(out, '/');
        if (slash != NULL) *slash = '\0';
    }
    return out;
}

/* What to do about a folder of which nothing is known. */
static fa_status folder_advice(char out[400], const fa__left_out *left) {
    char above[128];
    fa__left_out there = {0};
    out[0] = '\0';
    if (above_classes(above, left)[0] == '\0') {
        if (left->others > 0 && left->deeper + left->kinds == 0)
            snprintf(out, 400, "; a file of data is given by its own name");
        return FA_OK;
    }
    FA_TRY(fa__left_out_add(&there, above, ".", false));
    snprintf(out, 400,
             there.deeper == left->deeper
                 ? "; give the folder that holds those of the classes: %s"
                 : "; images lie right in the folder of their class: where those of the classes "
                   "are in %s give that, else move the images up",
             above);
    return FA_OK;
}

static fa_status unknown(const fa__source *source) {
    char known[1200] = "", first[FA__QUOTE_SIZE], hex[3 * 8 + 1] = "";
    size_t used = 0, shown = source->size < 8 ? source->size : 8;
    for (size_t i = 0; i < N_READERS; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? "; " : "",
                                 readers[i].name);
    if (source->bytes == NULL) {
        fa__left_out left = {0};
        char what[400], advice[400];
        FA_TRY(fa__left_out_add(&left, source->path, ".", false));
        fa__left_out_text(what, sizeof what, &left);
        bool none = fa__left_out_count(&left) == left.bare;
        FA_TRY(folder_advice(advice, &left));
        return fa__fail(FA_E_FORMAT, "%s: nothing known is in this folder (%s%s%s; known: %s)",
                        source->path, none ? "it is empty" : "it holds ", none ? "" : what, advice,
                        known);
    }
    if (source->size == 0)
        return fa__fail(FA_E_FORMAT, "%s: is empty (known: %s)", source->path, known);
    if (is_tar(source))
        return fa__fail(
            FA_E_FORMAT,
            "%s: is a tar archive (its first file: %s); unpack it, and give what is in it",
            source->path, fa__quote(first, source->bytes, strlen((const char *)source->bytes)));
    size_t zero = line_of_zero(source);
    if (zero > 0)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu holds a zero byte, and is text otherwise; take it out (tr -d "
                        "'\\000' <FILE >NEW)",
                        source->path, zero);
    if (fa__is_text(source->bytes, source->size)) {
        FA_TRY(fa__check_prose(source, 0));
        return fa__fail(
            FA_E_FORMAT,
            "%s: is text, but no table: fields stand between , ; | or tab; texts, one a "
            "line, are in a file named .txt (known: %s)",
            source->path, known);
    }
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 3 * i, sizeof hex - 3 * i, "%02x ", source->bytes[i]);
    return fa__fail(FA_E_FORMAT, "%s: begins with %s('%s'), which is no known data (known: %s)",
                    source->path, hex, fa__quote(first, source->bytes, shown), known);
}

/* Options that cannot be, or not together. */
static fa_status check_options(const fa_read_options *options) {
    if (options->split != NULL && strcmp(options->split, "train") != 0 &&
        strcmp(options->split, "test") != 0)
        return fa__fail(FA_E_ARGUMENT, "split must be train or test, got '%s'", options->split);
    if (options->missing != NULL && !fa__missing_known(options->missing))
        return fa__fail(FA_E_ARGUMENT,
                        "missing must be drop, zero, mean, median, category or forward, got '%s'",
                        options->missing);
    if (options->resize > RESIZE_MOST)
        return fa__fail(FA_E_ARGUMENT, "resize must be at most %d pixels, got %zu", RESIZE_MOST,
                        options->resize);
    if (options->header != NULL && strcmp(options->header, "yes") != 0 &&
        strcmp(options->header, "no") != 0)
        return fa__fail(FA_E_ARGUMENT, "header must be yes or no, got '%s'", options->header);
    return FA_OK;
}

/* Other readers than that of image folders do not resize. */
static fa_status check_resized(const fa_dataset *made, size_t resize, const char *path) {
    bool images = made->kind == FA_KIND_IMAGES;
    if (resize == 0 || (images && made->values.height == resize && made->values.width == resize))
        return FA_OK;
    if (!images)
        return fa__fail(FA_E_ARGUMENT, "%s: holds no images, so --resize %zu is not for it", path,
                        resize);
    return fa__fail(FA_E_ARGUMENT,
                    "%s: holds images of %zu x %zu in one file; --resize %zu is for folders of "
                    "image files",
                    path, made->values.height, made->values.width, resize);
}

/* A large file of a kind whose values can stay where they are is mapped; any other file is read. */
static fa_status open_file(fa__source *source) {
    unsigned char *bytes = fa__file_map(&source->size, source->path, FA__MAP_MIN);
    source->bytes = bytes;
    source->mapped = bytes != NULL && (fa__matrix_recognise(source) || is_idx(source));
    if (source->mapped) return FA_OK;
    fa__file_unmap(bytes, source->size);
    source->bytes = NULL;
    FA_TRY(fa__file_read(&bytes, &source->size, source->path));
    source->bytes = bytes;
    if (!fa__arff_recognise(bytes, source->size)) return FA_OK;
    fa_status status = fa__arff_rewrite(&source->arff, bytes, source->size, source->path);
    fa__free(bytes);
    source->bytes = source->arff.bytes;
    source->size = source->arff.size;
    source->columns = source->arff.columns != NULL;
    return status;
}

/* made NULL: nothing was read. */
static void close_file(fa__source *source, fa_dataset *made) {
    unsigned char *bytes = (unsigned char *)(uintptr_t)source->bytes;
    if (source->arff.bytes != NULL) {
        fa__arff_free(&source->arff);
    } else if (!source->mapped) {
        fa__free(bytes);
    } else if (made == NULL || !made->values.borrowed) {
        fa__file_unmap(bytes, source->size);
    } else {
        made->values.map = bytes;
        made->values.map_size = source->size;
    }
}

static const char *first_column(const fa_read_options *options) {
    const char *const named[] = {options->label_column,   options->hidden_column,
                                 options->text_column,    options->ignore_columns,
                                 options->id_column,      options->time_column,
                                 options->feature_columns};
    size_t i = 0;
    while (i < 6 && named[i] == NULL) i++;
    return named[i] != NULL ? named[i] : "";
}

/* The reader of a source; NULL: there is none. */
static fa_status reader_of(const struct reader **out, const fa__source *source) {
    *out = NULL;
    for (const struct reader *reader = readers; reader < readers + N_READERS; reader++) {
        bool known = false;
        if (reader->recognise != NULL)
            known = reader->recognise(source);
        else if (source->bytes == NULL)
            FA_TRY(reader->look(&known, source));
        if (!known) continue;
        *out = reader;
        return FA_OK;
    }
    return FA_OK;
}

static bool names_columns(const fa_read_options *options) {
    return options->label_column != NULL || options->hidden_column != NULL ||
           options->text_column != NULL || options->ignore_columns != NULL ||
           options->feature_columns != NULL || options->id_column != NULL ||
           options->time_column != NULL;
}

/* What labels are said to be may have been meant for a file. */
static fa_status fail_no_table(const fa_read_options *options, const char *path,
                               const char *reader) {
    const char *first = first_column(options);
    bool labels = (first == options->label_column || first == options->hidden_column) &&
                  strpbrk(first, "./") != NULL;
    return fa__fail(FA_E_ARGUMENT, "%s: columns are named ('%s'%s), but this is %s, no table", path,
                    first, labels && !fa__file_exists(first) ? "; there is no such file" : "",
                    reader);
}

struct fa_table {
    fa__plan plan;
    fa_read_options options;
};

fa_status fa_table_look(fa_table **out, const char *path, const fa_read_options *given) {
    fa_status status = FA_OK;
    fa_read_options own;
    fa_table *made = NULL;
    fa__source source = {.path = path};
    FA_TRY(fa__options_take(&own, sizeof own, given, "fa_read_options"));
    FA_TRY(check_options(&own));
    source.columns = names_columns(&own);
    *out = NULL;
    if (fa__is_folder(path)) return FA_OK;
    FA_TRY(open_file(&source));
    const struct reader *reader = NULL;
    if (fa__foreign_advice(&source) == NULL) FA_CHECK(reader_of(&reader, &source));
    if (reader != NULL && reader->read == fa__table_read) {
        FA_CHECK(FA_NEW_ZERO(made, 1));
        made->options = own; /* the plan goes on pointing there */
        FA_CHECK(fa__plan_open(&made->plan, &source, &made->options));
    }
    *out = made;
    made = NULL;
done:
    close_file(&source, NULL);
    fa_table_free(made);
    return status;
}

size_t fa_table_columns(const fa_table *table) {
    return table->plan.n_columns;
}

fa_table_column fa_table_column_at(const fa_table *table, size_t i) {
    const fa__column *c = &table->plan.columns[i];
    return (fa_table_column){.name = c->name,
                             .type = fa__column_type_name(c->type),
                             .role = fa__column_role_name(c->role),
                             .rows = table->plan.rows,
                             .missing = c->seen.missing,
                             .features = fa__plan_width(c)};
}

void fa_table_free(fa_table *table) {
    if (table == NULL) return;
    fa__plan_close(&table->plan);
    fa__free(table);
}

/* Labels that a person would take for one, which are several here. */
static fa_status note_alike(fa_dataset *made, const fa__names *names, const char *what) {
    const char *a, *b;
    size_t pairs;
    FA_TRY(fa__names_alike(&pairs, &a, &b, names));
    if (pairs > 0)
        fa__dataset_add_note(
            made,
            "%s '%.40s' and '%.40s' differ in case, blanks or accents alone, and are taken for two",
            what, a, b);
    return FA_OK;
}

/* Where each coarse label has one class there is nothing to find within the labels. */
static fa_status note_nothing_hidden(fa_dataset *made) {
    const int32_t *coarse = made->labels.coarse, *classes = made->labels.classes;
    size_t count = made->labels.coarse_names.count;
    int64_t *class_of, labelled = 0;
    bool single = true;
    if (coarse == NULL || classes == NULL || count < 2) return FA_OK;
    FA_TRY(FA_NEW(class_of, count));
    for (size_t g = 0; g < count; g++) class_of[g] = INT64_MIN;
    for (size_t i = 0; i < made->n && single; i++) {
        if (coarse[i] < 0) continue;
        int64_t *known = &class_of[coarse[i]];
        single = *known == INT64_MIN || *known == classes[i];
        *known = classes[i];
        labelled++;
    }
    fa__free(class_of);
    if (single && (size_t)labelled > count)
        fa__dataset_add_note(
            made,
            "every coarse label has one hidden class alone: there is none to be found within it");
    return FA_OK;
}

/* Texts of nothing but blanks go, as samples without a value do. */
static fa_status drop_empty_texts(fa_dataset **made, const char *path) {
    fa_dataset *all = *made, *rest;
    size_t *kept, n = 0;
    FA_TRY(FA_NEW(kept, all->n));
    for (size_t i = 0; i < all->n; i++)
        if (!fa__dataset_is_blank(all, i)) kept[n++] = i;
    fa_status status = FA_OK;
    if (n == 0) {
        status = fa__fail(FA_E_FORMAT, "%s: every text is empty: --missing drop leaves none", path);
    } else if (n < all->n) {
        status = fa_dataset_subset(&rest, all, kept, n);
        if (status == FA_OK) {
            size_t used = strlen(rest->origin.why);
            rest->origin.skipped += all->n - n;
            snprintf(rest->origin.why + used, sizeof rest->origin.why - used,
                     "%s%zu of %zu texts are empty", used > 0 ? "; " : "", all->n - n, all->n);
            fa_dataset_free(all);
            *made = rest;
        }
    }
    fa__free(kept);
    return status;
}

fa_status fa_dataset_read(fa_dataset **out, const char *path, const fa_read_options *given) {
    fa_read_options own;
    FA_TRY(fa__options_take(&own, sizeof own, given, "fa_read_options"));
    const fa_read_options *options = &own, all = own;
    FA_TRY(check_options(options));
    if (own.label_file != NULL) own.label_column = NULL; /* they are of that file */
    if (own.hidden_file != NULL) own.hidden_column = NULL;
    fa_dataset *made = NULL;
    fa__source source = {.path = path, .columns = names_columns(options)};
    if (!fa__is_folder(path)) FA_TRY(open_file(&source));
    const char *advice = fa__foreign_advice(&source);
    if (advice != NULL) {
        close_file(&source, NULL);
        return fa__fail(FA_E_FORMAT, "%s: %s", path, advice);
    }
    const struct reader *reader;
    fa_status status = reader_of(&reader, &source);
    if (status != FA_OK) {
        close_file(&source, NULL);
        return status;
    }
    if (reader == NULL && source.bytes == NULL) {
        char images[FA__PATH_MAX];
        FA_TRY(fa__idx_in_folder(images, path, options->split));
        if (images[0] != '\0') return fa_dataset_read(out, images, given);
    }
    if (reader == NULL)
        status = unknown(&source);
    else if (source.columns && !options->columns_optional && reader->read != fa__table_read)
        status = fail_no_table(options, path, reader->name);
    else
        status = reader->read(&made, &source, options);
    close_file(&source, made);
    if (status == FA_OK) status = check_resized(made, options->resize, path);
    if (status == FA_OK) status = fa__label_file_apply(made, &all, path);
    if (status == FA_OK) status = fa__dataset_finish(made);
    if (status == FA_OK && made->kind == FA_KIND_TEXT && options->missing != NULL &&
        strcmp(options->missing, "drop") == 0)
        status = drop_empty_texts(&made, path);
    if (status == FA_OK && made->kind == FA_KIND_TEXT) fa__dataset_note_blanks(made);
    if (status == FA_OK && made->kind == FA_KIND_IMAGES) fa__dataset_note_dark(made);
    if (status == FA_OK) fa__dataset_find_grey(made);
    if (status == FA_OK) status = note_alike(made, &made->labels.coarse_names, "labels");
    if (status == FA_OK) status = note_alike(made, &made->labels.class_names, "classes");
    if (status == FA_OK) status = note_nothing_hidden(made);
    if (status == FA_OK)
        *out = made;
    else
        fa_dataset_free(made);
    return status;
}
