/* Ragged series, vectors or images in .npz. The zip archive is libarchive's; each member is an .npy
 * file. */
#include "formats/npz.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/stop.h"
#include "formats/label_file.h"
#include "formats/missing.h"
#include "formats/matrix.h"
#include "formats/zip.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Classes are LABELS to FINE, rows X to ONLY, the name of what numpy.savez was given without. */
enum {
    POINTS,
    OFFSETS,
    LABELS,
    Y,
    CLASSES,
    TARGET,
    FINE,
    COARSE,
    X,
    CAPITAL_X,
    DATA,
    IMAGES,
    FEATURES,
    EMBEDDINGS,
    ONLY,
    N_MEMBERS
};

static const char *const member_names[N_MEMBERS] = {
    "points.npy", "offsets.npy", "labels.npy",   "y.npy",          "classes.npy",
    "target.npy", "fine.npy",    "coarse.npy",   "x.npy",          "X.npy",
    "data.npy",   "images.npy",  "features.npy", "embeddings.npy", "arr_0.npy"};

bool fa__npz_recognise(const fa__source *source) {
    return source->bytes != NULL && source->size >= 4 && memcmp(source->bytes, "PK\3\4", 4) == 0;
}

/* ==== Members of the archive ==== */

/* "x_train" and "train_images" are of one split, as Keras and MedMNIST name them, "x" is of none. */
typedef enum split { WHOLE, TRAIN, TEST, SPLITS } split;

static const char *const split_names[SPLITS] = {"", "train", "test"};

/* What an entry "x_train.npy" is, N_MEMBERS: of no known name, and of which split. */
static size_t member_of(split *of, const char *name) {
    size_t length = strlen(name) - 4, i = 0;
    *of = WHOLE;
    for (split s = TRAIN; s < SPLITS && *of == WHOLE; s++) {
        size_t end = strlen(split_names[s]);
        if (length <= end + 1) continue;
        bool before = strncmp(name, split_names[s], end) == 0 && name[end] == '_',
             after = strncmp(name + length - end, split_names[s], end) == 0 &&
                     name[length - end - 1] == '_';
        if (!before && !after) continue;
        *of = s;
        length -= end + 1;
        if (before) name += end + 1;
    }
    while (i < N_MEMBERS &&
           (strlen(member_names[i]) != length + 4 || strncmp(name, member_names[i], length) != 0))
        i++;
    return i;
}

typedef struct member {
    unsigned char *bytes; /* NULL: not in the archive */
    size_t size;
    char entry[64];                /* "x_train.npy" */
    char where[FA__PATH_MAX + 64]; /* "file.npz: x_train.npy" */
} member;

/* What an archive holds, whatever it is. */
typedef struct found {
    char names[400];                    /* "x_train, y_train", as NumPy calls them */
    bool sparse, office, torch, arrays; /* of scipy.sparse, of a spreadsheet; any .npy */
    bool rows[SPLITS];                  /* whether it holds some of the split */
} found;

static void add_name(char *list, size_t size, const char *name, size_t length) {
    char quoted[FA__QUOTE_SIZE];
    size_t used = strlen(list);
    if (used + FA__QUOTE_SIZE + 8 < size)
        snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
                 fa__quote(quoted, name, length));
    else if (used > 0 && list[used - 1] != '.')
        snprintf(list + used, size - used, ", ...");
}

static bool is_array(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".npy") == 0;
}

static bool holds_rows(size_t which) {
    return which <= OFFSETS || (which >= X && which < N_MEMBERS);
}

static void see_name(found *all, const char *name) {
    size_t length = strlen(name);
    bool array = is_array(name);
    split of;
    all->arrays = all->arrays || array;
    all->sparse = all->sparse || strcmp(name, "indptr.npy") == 0 || strcmp(name, "format.npy") == 0;
    all->office =
        all->office || strcmp(name, "[Content_Types].xml") == 0 || strcmp(name, "content.xml") == 0;
    all->torch = all->torch || (length > 9 && strcmp(name + length - 9, "/data.pkl") == 0);
    add_name(all->names, sizeof all->names, name, length - (array ? 4 : 0));
    if (array && holds_rows(member_of(&of, name))) all->rows[of] = true;
}

/* An archive that is read by no name. */
static fa_status check_found(const found *all, const char *where) {
    if (all->sparse)
        return fa__fail(FA_E_FORMAT,
                        "%s: is a sparse matrix of SciPy; save it as numbers: "
                        "np.save('x.npy', scipy.sparse.load_npz(file).toarray().astype('float32'))",
                        where);
    if (all->office)
        return fa__fail(FA_E_FORMAT, "%s: is a file of an office program; save the sheet as CSV",
                        where);
    if (all->torch)
        return fa__fail(
            FA_E_FORMAT,
            "%s: is a file of PyTorch; save the matrix that is wanted: np.save('x.npy', "
            "torch.load(file).numpy())",
            where);
    if (!all->arrays)
        return fa__fail(FA_E_FORMAT,
                        "%s: is a zip archive of %s, without arrays of NumPy; unpack it, and give "
                        "what is in it",
                        where, all->names);
    if (all->rows[WHOLE] || all->rows[TRAIN] || all->rows[TEST]) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: holds %s; vectors are stored as x [n, features] with labels [n], series "
                    "as points, offsets and labels: z = np.load(file); np.savez('train.npz', "
                    "x=z['...'].reshape(n, -1), labels=z['...']); images are bytes",
                    where, all->names);
}

/* Calls `each` with the name of every entry. */
static fa_status read_names(const fa__source *source,
                            fa_status (*each)(void *context, const char *name,
                                              const fa__zip_entry *entry),
                            void *context) {
    fa__zip_in zip;
    fa__zip_entry entry;
    bool more;
    FA_TRY(fa__zip_read_open(&zip, source->bytes, source->size, source->path));
    for (;;) {
        char name[256];
        FA_TRY(fa__zip_read_next(&entry, &more, &zip));
        if (!more) return FA_OK;
        size_t length = entry.name_size < sizeof name ? entry.name_size : sizeof name - 1;
        memcpy(name, entry.name, length);
        name[length] = '\0';
        FA_TRY(each(context, name, &entry));
    }
}

static fa_status see_entry(void *context, const char *name, const fa__zip_entry *entry) {
    (void)entry;
    see_name(context, name);
    return FA_OK;
}

/* The split that is read: that asked for, or the only one that is there. Rows of none are for both. */
static fa_status choose_split(split *out, const found *all, const char *wanted, const char *where) {
    *out = WHOLE;
    if (all->rows[WHOLE]) return FA_OK;
    if (wanted == NULL && all->rows[TRAIN] && all->rows[TEST])
        return fa__fail(
            FA_E_ARGUMENT,
            "%s: holds %s, a train and a test split; say which (--split train, or test)", where,
            all->names);
    *out = wanted != NULL     ? strcmp(wanted, "test") == 0 ? TEST : TRAIN
           : all->rows[TRAIN] ? TRAIN
                              : TEST;
    if (all->rows[*out]) return FA_OK;
    return fa__fail(FA_E_IO, "%s: holds no %s split, but %s", where, split_names[*out], all->names);
}

/* What is read of an archive. */
typedef struct contents {
    const fa__source *source;
    const found *all;
    split split;
    member members[N_MEMBERS];
    char unused[200]; /* arrays of other names, and of a split without rows */
} contents;

/* The members that are wanted; on failure some may be allocated. */
static fa_status read_entry(void *context, const char *name, const fa__zip_entry *entry) {
    contents *c = context;
    split of;
    if (!is_array(name)) return FA_OK;
    size_t i = member_of(&of, name);
    if (i == N_MEMBERS || (of != c->split && (c->split == WHOLE || !c->all->rows[of])))
        add_name(c->unused, sizeof c->unused, name, strlen(name) - 4);
    if (i == N_MEMBERS || of != c->split) return FA_OK;
    member *m = &c->members[i];
    if (m->bytes != NULL) return fa__fail(FA_E_FORMAT, "%s: is in the archive twice", m->where);
    snprintf(m->entry, sizeof m->entry, "%.63s", name);
    snprintf(m->where, sizeof m->where, "%s: %.63s", c->source->path, name);
    FA_TRY(fa__zip_read_entry(&m->bytes, entry, m->where));
    m->size = (size_t)entry->size;
    return FA_OK;
}

/* ==== The data set from its arrays ==== */

/* offsets [n + 1]: from 0, not decreasing, to total. */
static fa_status read_offsets(fa_dataset *dataset, const fa__npy *array, size_t total,
                              const char *where) {
    if (array->columns != 1 || array->rows < 2)
        return fa__fail(FA_E_SHAPE, "%s: is %zu x %zu; n + 1 offsets in one column are wanted",
                        where, array->rows, array->columns);
    FA_TRY(FA_NEW(dataset->values.offsets, array->rows));
    double last = 0;
    for (size_t i = 0; i < array->rows; i++) {
        double value = fa__npy_at(array, i, 0);
        if (i == 0 && value != 0)
            return fa__fail(FA_E_FORMAT, "%s: must start with 0, but element 0 is %g", where,
                            value);
        if (!(value >= last && value <= (double)total) || value != floor(value))
            return fa__fail(
                FA_E_FORMAT,
                "%s: element %zu is %.17g; whole numbers from %.0f (the element before) "
                "to %zu (the rows of points) are wanted",
                where, i, value, last, total);
        dataset->values.offsets[i] = (size_t)value;
        last = value;
    }
    dataset->n = array->rows - 1;
    if (dataset->values.offsets[dataset->n] != total)
        return fa__fail(FA_E_FORMAT,
                        "%s: must end with %zu (the rows of points), but ends with %zu", where,
                        total, dataset->values.offsets[dataset->n]);
    return FA_OK;
}

/* NaN are missed; they stay until fa__missing_fill. */
static fa_status read_points(fa_dataset *dataset, fa__missing *missed, const fa__npy *array,
                             const char *where) {
    dataset->features = array->columns;
    FA_TRY(FA_NEW(dataset->values.numbers, array->rows * array->columns));
    FA_TRY(fa__npy_shift(&dataset->values.shift, array));
    size_t bad, i = 0;
    FA_TRY(fa__npy_floats(dataset->values.numbers, &bad, array));
    FA_TRY(fa__matrix_note(dataset, array));
    if (bad == array->rows * array->columns && dataset->values.shift == NULL) return FA_OK;
    float *to = dataset->values.numbers;
    for (size_t row = 0; row < array->rows; row++)
        for (size_t column = 0; column < array->columns; column++, to++) {
            double value = fa__npy_less(array, row, column, fa_dataset_shift(dataset, column));
            while (dataset->values.offsets[i + 1] <= row) i++;
            size_t step = row - dataset->values.offsets[i];
            *to = fabs(value) < 0x1.ffffffp127 ? (float)value : NAN;
            if (isnan(value) && missed->count++ == 0)
                snprintf(missed->first, sizeof missed->first,
                         "sequence %zu, step %zu, column %zu (all from 0)", i, step, column);
            if (isnan(*to) && !isnan(value))
                return fa__fail(FA_E_NONFINITE,
                                "%s: sequence %zu, step %zu, column %zu: %g is not a finite "
                                "float32",
                                where, i, step, column, value);
        }
    return FA_OK;
}

/* Strings become numbers of words, and classes or coarse labels of those. */
static fa_status take_words(fa_dataset *dataset, const fa__npy *array, int32_t *numbers,
                            bool hidden, const char *where) {
    fa__categories words = {0};
    fa_status status = fa__words_of_array(&words, numbers, array, hidden, where);
    if (status != FA_OK)
        fa__free(numbers);
    else if (hidden)
        status = fa__categories_to_classes(dataset, &words, numbers);
    else
        status = fa__categories_to_coarse(dataset, &words, numbers);
    fa__categories_free(&words);
    return status;
}

/* Classes, or given coarse labels, any numbers (coarse: below 0: none), whose names they are; or
 * words. */
static fa_status read_labels(fa_dataset *dataset, const member *m, bool hidden) {
    fa__npy array;
    int32_t *numbers;
    if (m->bytes == NULL) return FA_OK;
    FA_TRY(fa__npy_parse_labels(&array, m->bytes, m->size, m->where));
    if (array.rows != dataset->n)
        return fa__fail(FA_E_SHAPE, "%s: has %zu labels for %zu %s", m->where, array.rows,
                        dataset->n,
                        dataset->kind == FA_KIND_SERIES   ? "sequences"
                        : dataset->kind == FA_KIND_IMAGES ? "images"
                                                          : "vectors");
    FA_TRY(FA_NEW(numbers, dataset->n));
    if (fa__npy_is_words(&array)) return take_words(dataset, &array, numbers, hidden, m->where);
    fa_status status = fa__npy_int32(numbers, &array, m->where);
    if (status == FA_OK && !hidden) return fa__coarse_of_numbers(dataset, numbers);
    if (status == FA_OK) dataset->labels.classes = numbers;
    if (status != FA_OK) fa__free(numbers);
    return status;
}

/* Classes from the one member that has them; the caller's file takes their place. */
static fa_status read_classes(fa_dataset *dataset, const member *members,
                              const fa_read_options *options) {
    const member *one = NULL;
    if (options->hidden_file != NULL) return FA_OK;
    for (size_t i = LABELS; i <= FINE; i++) {
        if (members[i].bytes == NULL) continue;
        if (one != NULL)
            return fa__fail(FA_E_FORMAT,
                            "%s: is there beside %s; keep one of them (coarse labels are stored as "
                            "'coarse')",
                            members[i].where, one->entry);
        one = &members[i];
    }
    return one != NULL ? read_labels(dataset, one, true) : FA_OK;
}

/* Leaves out the sequences without a step: they own no rows, so only offsets and classes move. As
 * there are rows, at least one sequence is left. */
static fa_status drop_empty(fa_dataset *dataset) {
    size_t kept = 0, n = dataset->n, first = n, empty = 0;
    for (size_t i = 0; i < n; i++)
        empty += dataset->values.offsets[i] == dataset->values.offsets[i + 1];
    if (empty == 0) return FA_OK;
    FA_TRY(fa__dataset_keep_origin(dataset));
    for (size_t i = 0; i < n; i++) {
        if (dataset->values.offsets[i] == dataset->values.offsets[i + 1]) {
            if (first == n) first = i;
            continue;
        }
        if (dataset->labels.classes != NULL)
            dataset->labels.classes[kept] = dataset->labels.classes[i];
        if (dataset->labels.coarse != NULL)
            dataset->labels.coarse[kept] = dataset->labels.coarse[i];
        dataset->origin.rows[kept] = i;
        dataset->values.offsets[++kept] = dataset->values.offsets[i + 1];
    }
    dataset->n = kept;
    dataset->origin.skipped = n - kept;
    snprintf(dataset->origin.why, sizeof dataset->origin.why,
             "%zu of %zu sequences have no step (the first: sequence %zu)", n - kept, n, first);
    return FA_OK;
}

static fa_status read_series(fa_dataset **out, const member *members,
                             const fa_read_options *options) {
    fa_status status = FA_OK;
    fa_dataset *dataset = NULL;
    fa__npy points, offsets;
    fa__missing missed = {0};
    for (size_t i = 0; i < LABELS; i++)
        if (members[i].bytes == NULL)
            return fa__fail(FA_E_FORMAT,
                            "%s: is not in the archive; series are stored as points "
                            "[total, features], offsets [n + 1] and labels [n], vectors as x "
                            "[n, features] and labels [n]",
                            members[i].where);
    FA_TRY(
        fa__npy_parse(&points, members[POINTS].bytes, members[POINTS].size, members[POINTS].where));
    FA_TRY(fa__npy_parse(&offsets, members[OFFSETS].bytes, members[OFFSETS].size,
                         members[OFFSETS].where));
    FA_TRY(fa__dataset_create(&dataset, FA_KIND_SERIES));
    FA_CHECK(read_offsets(dataset, &offsets, points.rows, members[OFFSETS].where));
    FA_CHECK(read_points(dataset, &missed, &points, members[POINTS].where));
    FA_CHECK(read_classes(dataset, members, options));
    FA_CHECK(read_labels(dataset, &members[COARSE], false));
    FA_CHECK(drop_empty(dataset));
    if (missed.count > 0)
        FA_CHECK(fa__missing_fill(dataset, &missed, options->missing, members[POINTS].where));
    *out = dataset;
    dataset = NULL;
done:
    fa__free(missed.fill);
    fa_dataset_free(dataset);
    return status;
}

static fa_status read_matrix(fa_dataset **out, const member *members, const member *matrix,
                             const fa_read_options *options) {
    fa_status status = FA_OK;
    fa_dataset *dataset = NULL;
    fa__missing missed = {0};
    fa__npy array;
    FA_TRY(fa__npy_parse_deep(&array, matrix->bytes, matrix->size, matrix->where));
    FA_TRY(array.rank > 2 ? fa__matrix_images(&dataset, &array, NULL, matrix->where)
                          : fa__matrix_take(&dataset, &missed, &array, NULL, matrix->where));
    FA_CHECK(read_classes(dataset, members, options));
    FA_CHECK(read_labels(dataset, &members[COARSE], false));
    if (dataset->kind == FA_KIND_VECTORS)
        FA_CHECK(fa__missing_fill(dataset, &missed, options->missing, matrix->where));
    *out = dataset;
    dataset = NULL;
done:
    fa__free(missed.fill);
    fa_dataset_free(dataset);
    return status;
}

/* The one member that may hold vectors or images; *out NULL: none does, so these are series. */
static fa_status find_matrix(const member **out, const member *members) {
    *out = NULL;
    for (size_t i = X; i < N_MEMBERS && members[POINTS].bytes == NULL; i++) {
        if (members[i].bytes == NULL) continue;
        if (*out != NULL)
            return fa__fail(FA_E_FORMAT, "%s: is there beside %s; keep one of them",
                            members[i].where, (*out)->entry);
        *out = &members[i];
    }
    return FA_OK;
}

static void note_unused(fa_dataset *made, const char *unused) {
    fa__dataset_add_note(
        made,
        "arrays that are not used: %s (labels are named labels, y, target, classes or fine, coarse "
        "labels coarse; beside x_train y_train, and so on)",
        unused);
}

fa_status fa__npz_read(fa_dataset **out, const fa__source *source, const fa_read_options *options) {
    fa_status status = FA_OK;
    const member *matrix;
    found all = {0};
    contents *c;
    fa_dataset *made = NULL;
    FA_TRY(FA_NEW_ZERO(c, 1));
    c->source = source;
    c->all = &all;
    for (size_t i = 0; i < N_MEMBERS; i++) /* as those that are missing are told */
        snprintf(c->members[i].where, sizeof c->members[i].where, "%s: %s", source->path,
                 member_names[i]);
    FA_CHECK(read_names(source, see_entry, &all));
    FA_CHECK(check_found(&all, source->path));
    FA_CHECK(choose_split(&c->split, &all, options->split, source->path));
    FA_CHECK(read_names(source, read_entry, c));
    FA_CHECK(find_matrix(&matrix, c->members));
    FA_CHECK(matrix != NULL ? read_matrix(&made, c->members, matrix, options)
                            : read_series(&made, c->members, options));
    if (c->unused[0] != '\0') note_unused(made, c->unused);
    *out = made;
done:
    for (size_t i = 0; i < N_MEMBERS; i++) fa__free(c->members[i].bytes);
    fa__free(c);
    return status;
}

/* ==== Writing ==== */

/* Begins a member [rows, columns] (columns 0: 1-D). */
static fa_status begin_member(fa__zip *zip, int which, const char *descr, size_t rows,
                              size_t columns) {
    char header[FA__NPY_HEADER_MAX];
    FA_TRY(fa__zip_begin(zip, member_names[which]));
    return fa__zip_put(zip, header, fa__npy_header(header, descr, rows, columns));
}

/* True if every value is a whole number that fits int16_t. */
static bool all_int16(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(values[i] >= INT16_MIN && values[i] <= INT16_MAX && values[i] == rintf(values[i])))
            return false;
    return true;
}

/* `count` rows at x; what was taken off them is put back, in double. */
static fa_status write_numbers(fa__zip *zip, const fa_dataset *dataset, const float *x,
                               size_t count) {
    size_t d = dataset->features;
    if (dataset->values.shift == NULL) return fa__zip_put(zip, x, count * d * sizeof *x);
    for (size_t i = 0; i < count * d; i++) {
        double value = (double)x[i] + dataset->values.shift[i % d];
        FA_TRY(fa__zip_put(zip, &value, sizeof value));
    }
    return FA_OK;
}

static fa_status write_points(fa__zip *zip, const fa_dataset *dataset) {
    enum { CHUNK = 8192 };
    int16_t chunk[CHUNK];
    size_t rows = dataset->values.offsets[dataset->n], count = rows * dataset->features;
    bool moved = dataset->values.shift != NULL;
    bool whole = !moved && all_int16(dataset->values.numbers, count);
    FA_TRY(begin_member(zip, POINTS,
                        whole   ? "<i2"
                        : moved ? "<f8"
                                : "<f4",
                        rows, dataset->features));
    if (!whole) FA_TRY(write_numbers(zip, dataset, dataset->values.numbers, rows));
    for (size_t i = 0; whole && i < count;) {
        size_t used = 0;
        while (used < CHUNK && i < count) chunk[used++] = (int16_t)dataset->values.numbers[i++];
        FA_TRY(fa__zip_put(zip, chunk, used * sizeof *chunk));
    }
    fa__zip_end(zip);
    return FA_OK;
}

static fa_status write_labels(fa__zip *zip, int which, const int32_t *labels, size_t n) {
    if (labels == NULL) return FA_OK;
    FA_TRY(begin_member(zip, which, "<i4", n, 0));
    FA_TRY(fa__zip_put(zip, labels, n * sizeof *labels));
    fa__zip_end(zip);
    return FA_OK;
}

static fa_status write_offsets(fa__zip *zip, const fa_dataset *dataset) {
    FA_TRY(begin_member(zip, OFFSETS, "<i8", dataset->n + 1, 0));
    for (size_t i = 0; i <= dataset->n; i++) {
        int64_t offset = (int64_t)dataset->values.offsets[i];
        FA_TRY(fa__zip_put(zip, &offset, sizeof offset));
    }
    fa__zip_end(zip);
    return FA_OK;
}

static fa_status write_members(fa__zip *zip, const fa_dataset *dataset) {
    size_t n = dataset->n, features = dataset->features;
    if (dataset->kind == FA_KIND_SERIES) {
        FA_TRY(write_points(zip, dataset));
        FA_TRY(write_offsets(zip, dataset));
    } else {
        bool moved = dataset->values.shift != NULL;
        FA_TRY(begin_member(zip, X, moved ? "<f8" : "<f4", n, features));
        for (size_t i = 0, parts = dataset->values.blocks != NULL; i < n;) {
            size_t count = parts ? 1 : n; /* row by row where they lie in several files */
            FA_TRY(write_numbers(zip, dataset, fa__dataset_numbers(dataset, i), count));
            i += count;
        }
        fa__zip_end(zip);
    }
    FA_TRY(write_labels(zip, LABELS, dataset->labels.classes, n));
    return write_labels(zip, COARSE, dataset->labels.coarse, n);
}

fa_status fa_dataset_write(const fa_dataset *dataset, const char *path) {
    if (dataset->kind != FA_KIND_SERIES && dataset->kind != FA_KIND_VECTORS)
        return fa__fail(FA_E_ARGUMENT, "%s: only series and vectors can be written as .npz", path);
    fa__writer writer;
    fa__zip zip;
    size_t rows =
        dataset->kind == FA_KIND_SERIES ? dataset->values.offsets[dataset->n] : dataset->n;
    FA_TRY(fa__writer_open(&writer, path));
    fa__zip_open(&zip, &writer, (uint64_t)rows * dataset->features * 4 + (uint64_t)dataset->n * 16);
    fa_status status = write_members(&zip, dataset);
    fa__zip_end(&zip);
    if (status != FA_OK) {
        (void)fa__writer_close(&writer, false);
        return fa__fail_within(status, "%s: cannot be written", path);
    }
    fa__zip_finish(&zip);
    return fa__writer_close(&writer, true);
}
