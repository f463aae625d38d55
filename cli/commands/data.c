/* forced-apart data list, info and strokes. */
#include "core/commands.h"
#include "core/describe.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"

#include <stdlib.h>
#include <string.h>

/* ==== data list ==== */

/* How many files of a known data set are there in full, and the first that is not. */
static size_t files_there(const known_data *data, const char *folder, const char **missing) {
    size_t there = 0;
    *missing = NULL;
    for (const known_file *file = data->files; file->name != NULL; file++) {
        char path[PLACE_MAX];
        uint64_t size;
        if (join_path(path, folder, file->name) && file_size(path, &size) && size == file->size)
            there++;
        else if (*missing == NULL)
            *missing = file->name;
    }
    return there;
}

static int run_list(const arguments *given) {
    (void)given;
    char root[PLACE_MAX], folder[PLACE_MAX];
    if (!data_folder(root)) return EXIT_FAILED;
    size_t count;
    const known_data *sets = known_data_sets(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *missing;
        if (!join_path(folder, root, sets[i].name)) continue;
        size_t there = files_there(&sets[i], folder, &missing);
        const char *state = missing == NULL ? "there" : there == 0 ? "absent" : "incomplete";
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:s}", "name", sets[i].name, "text",
                                        sets[i].text, "folder", json_text(folder), "state", state));
        if (common.json) continue;
        printf("%-10s %-11s %s\n%-10s %-11s %s\n", sets[i].name, state, folder, "", "",
               sets[i].text);
        if (missing == NULL) continue;
        if (there > 0) note("%s/%s is missing or has another size", folder, missing);
        note("forced-apart data fetch %s brings it", sets[i].name);
    }
    json_t *all = json_pack("{s:o, s:o}", "folder", json_text(root), "data", list);
    if (common.json) return print_json(all);
    json_decref(all);
    return EXIT_OK;
}

const cli_command command_data_list = {
    .name = "data list",
    .summary = "known data sets and whether they are there",
    .text = "Lists the known data sets, their folders and whether their files are there. The data "
            "folder is $FORCED_APART_DATA, otherwise $XDG_DATA_HOME/forced-apart, otherwise "
            "~/.local/share/forced-apart.",
    .run = run_list,
};

/* ==== data info ==== */

static fa_read_options info_read;

static const cli_option info_options[] = {
    OPTION_HIDDEN(&info_read.hidden_file),
    OPTION_LABELS(&info_read.label_file),
    OPTION_SPLIT(&info_read.split),
    OPTIONS_TABLE(info_read),
    {0},
};

enum { COLUMNS_SHOWN = 100 };

static int compare_sizes(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

bool measure_lengths(lengths *out, const fa_dataset *data) {
    size_t n = fa_dataset_count(data);
    memset(out, 0, sizeof *out);
    size_t *steps = json_allocate((n > 0 ? n : 1) * sizeof *steps);
    if (steps == NULL) return false;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (fa_dataset_kind(data) == FA_KIND_TEXT)
            fa_dataset_text(data, i, &steps[i]);
        else
            fa_dataset_series(data, i, &steps[i]);
        sum += (double)steps[i];
    }
    if (n > 0) {
        qsort(steps, n, sizeof *steps, compare_sizes);
        *out = (lengths){steps[0], steps[n / 2], steps[n - 1], sum / (double)n};
    }
    free(steps);
    return true;
}

static int compare_classes(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

json_t *class_counts(const fa_dataset *data) {
    const int32_t *classes = fa_dataset_classes(data);
    size_t n = fa_dataset_count(data);
    if (classes == NULL || n == 0) return json_null();
    int32_t *sorted = json_allocate(n * sizeof *sorted);
    if (sorted == NULL) return NULL;
    memcpy(sorted, classes, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_classes);
    json_t *list = json_array();
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && sorted[end] == sorted[i]; end++) continue;
        const char *name = fa_dataset_class_name(data, sorted[i]);
        json_array_append_new(list, json_pack("{s:i, s:o, s:I}", "class", (int)sorted[i], "name",
                                              name != NULL ? json_text(name) : json_null(), "count",
                                              (json_int_t)(end - i)));
    }
    free(sorted);
    return list;
}

json_t *coarse_counts(const fa_dataset *data) {
    const int32_t *coarse = fa_dataset_coarse(data);
    if (coarse == NULL) return json_null();
    json_t *list = json_array();
    size_t n = fa_dataset_count(data);
    for (int32_t label = 0;; label++) {
        const char *name = fa_dataset_coarse_name(data, label);
        int32_t wanted = name != NULL ? label : -1;
        json_int_t count = 0;
        for (size_t i = 0; i < n; i++) count += coarse[i] == wanted;
        if (name != NULL || count > 0)
            json_array_append_new(list, json_pack("{s:i, s:o, s:I}", "label", (int)wanted, "name",
                                                  name != NULL ? json_text(name) : json_null(),
                                                  "count", count));
        if (name == NULL) return list;
    }
}

static void print_coarse(const json_t *labels) {
    size_t i;
    json_t *item;
    if (!json_is_array(labels)) return;
    json_array_foreach(labels, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        printf("  coarse %-8" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT "  %s\n",
               json_integer_value(json_object_get(item, "label")),
               json_integer_value(json_object_get(item, "count")),
               name != NULL ? name : "(no label)");
    }
}

static void print_classes(const json_t *classes, const fa_dataset *data) {
    if (!json_is_array(classes)) {
        print_row("classes", "", "none");
        return;
    }
    print_row("classes", "", "%zu", json_array_size(classes));
    size_t i;
    json_t *item;
    json_array_foreach(classes, i, item) {
        json_int_t class_ = json_integer_value(json_object_get(item, "class"));
        const char *name = fa_dataset_class_name(data, (int32_t)class_);
        json_int_t samples = json_integer_value(json_object_get(item, "count"));
        printf("  class %-8" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT "%s%s\n", class_, samples,
               name != NULL ? "  " : "", name != NULL ? name : "");
    }
}

static json_t *lengths_json(const lengths *l) {
    return json_pack("{s:I, s:I, s:I, s:o}", "min", (json_int_t)l->least, "median",
                     (json_int_t)l->median, "max", (json_int_t)l->most, "mean",
                     json_number(l->mean));
}

/* What there is to say about a data set: printed, or as JSON. */
static int describe(const char *path, const fa_dataset *data, json_t *columns) {
    static const struct {
        const char *name, *sizes; /* of the kind, and what its samples are measured in */
    } kinds[] = {[FA_KIND_SERIES] = {"series", "steps"},
                 [FA_KIND_IMAGES] = {"images", "shape"},
                 [FA_KIND_TEXT] = {"text", "bytes"},
                 [FA_KIND_VECTORS] = {"vectors", "steps"}};
    fa_kind kind = fa_dataset_kind(data);
    const char *name = kinds[kind].name, *sizes = kinds[kind].sizes, *why;
    size_t n = fa_dataset_count(data), features = fa_dataset_features(data);
    size_t height = 0, width = 0, channels = 0, skipped = fa_dataset_skipped(data, &why);
    bool images = kind == FA_KIND_IMAGES, vectors = kind == FA_KIND_VECTORS;
    lengths length = {0};
    if (!images && !vectors && !measure_lengths(&length, data)) return fail("out of memory");
    if (images && n > 0) fa_dataset_image(data, 0, &height, &width, &channels);
    json_t *classes = class_counts(data), *coarse = coarse_counts(data);
    const char *noticed = fa_dataset_note(data);
    if (common.json) {
        json_t *shape = images    ? json_pack("[I, I, I]", (json_int_t)height, (json_int_t)width,
                                              (json_int_t)channels)
                        : vectors ? json_null()
                                  : lengths_json(&length);
        return print_json(json_pack("{s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:O}",
                                    "path", json_text(path), "kind", name, "count", (json_int_t)n,
                                    "features", (json_int_t)features, sizes, shape, "coarse",
                                    coarse, "classes", classes, "skipped", (json_int_t)skipped,
                                    "why_skipped", json_text(why), "note", json_text(noticed),
                                    "columns", columns != NULL ? columns : json_null()));
    }
    print_row("kind", "", "%s", name);
    print_row("count", "", "%zu", n);
    if (kind != FA_KIND_TEXT)
        print_row("features", "", "%zu%s", features, images || vectors ? "" : " per step");
    if (images)
        print_row(sizes, "", "%zu x %zu x %zu", height, width, channels);
    else if (!vectors)
        print_row(sizes, "", "%zu to %zu, median %zu, mean %.1f", length.least, length.most,
                  length.median, length.mean);
    print_coarse(coarse);
    print_classes(classes, data);
    if (noticed[0] != '\0') print_row("note", "", "%s", noticed);
    json_decref(coarse);
    print_row("skipped", "", "%zu%s%s", skipped, skipped > 0 ? ": " : "", skipped > 0 ? why : "");
    json_decref(classes);
    return EXIT_OK;
}

/* Each column of a table, with its type, role and missing share. */
static json_t *describe_columns(const fa_table *table) {
    json_t *list = json_array();
    if (!common.json)
        printf("%-6s %-24s %-9s %-9s %s\n", "column", "name", "type", "role", "missing");
    for (size_t i = 0; i < fa_table_columns(table); i++) {
        fa_table_column c = fa_table_column_at(table, i);
        double share = c.rows > 0 ? (double)c.missing / (double)c.rows : 0;
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:s, s:I, s:I}", "name",
                                        c.name != NULL ? json_text(c.name) : json_null(), "type",
                                        c.type, "role", c.role, "missing", (json_int_t)c.missing,
                                        "features", (json_int_t)c.features));
        if (common.json || (i >= COLUMNS_SHOWN && i + 1 < fa_table_columns(table))) continue;
        if (i > COLUMNS_SHOWN) printf("  ...\n");
        printf("%-6zu %-24.60s %-9s %-9s %.3g %%", i + 1, c.name != NULL ? c.name : "", c.type,
               c.role, 100 * share);
        if (c.features > 1) printf(", %zu features", c.features);
        printf("\n");
    }
    return list;
}

/* The columns of a table, where the data are one; what is wrong with it is said by reading it. */
static int look_at_columns(json_t **columns, const char *name) {
    char *path;
    fa_table *table;
    *columns = json_null();
    fa_read_options how = info_read;
    how.size = sizeof how;
    if (fa_data_path(&path, name) != FA_OK) return fail_library();
    bool once = is_pipe(path);
    fa_status status = once ? FA_OK : fa_table_look(&table, path, &how);
    fa_free(path);
    if (once) {
        note("the columns of a table are listed where it is a file, not a pipe");
        return EXIT_OK;
    }
    if (status != FA_OK) return fail_library();
    if (table != NULL) {
        json_decref(*columns);
        *columns = describe_columns(table);
    }
    fa_table_free(table);
    return EXIT_OK;
}

static int run_info(const arguments *given) {
    fa_dataset *data;
    json_t *columns;
    int looked = look_at_columns(&columns, given->operand[0]);
    if (looked != EXIT_OK) return looked;
    if (read_data(&data, given->operand[0], &info_read) != FA_OK) {
        int code = fail_library();
        if (common.json && json_is_array(columns))
            (void)print_json(json_pack("{s:O}", "columns", columns));
        json_decref(columns);
        return code;
    }
    int code = describe(given->operand[0], data, columns);
    json_decref(columns);
    fa_dataset_free(data);
    return code;
}

const cli_command command_data_info = {
    .name = "data info",
    .summary = "what a data file or folder holds",
    .text = "Tells what a data file or folder holds: kind, number of samples, features, lengths, "
            "classes, and the records that were left out and why.",
    .examples = "forced-apart data info train-images-idx3-ubyte.gz\n"
                "forced-apart data info photos --split train\n"
                "forced-apart data info mnist-strokes-test.npz --json",
    .operands =
        {{"PATH",
          "a table (CSV, TSV, ARFF), an .npy matrix or a folder of part-0.npy, part-1.npy, ..., "
          ".npz of "
          "x/labels, series as .ts, texts as .txt or "
          "CLASS/*.txt, IDX images (.gz too), CIFAR-10 batches (a file, a folder, the .tar.gz), a "
          "folder of "
          "images (CLASS/FILE.jpg|png, train/CLASS/... and test/CLASS/..., or FILE.jpg|png), .npz "
          "of "
          "points/offsets/labels, a folder of published stroke text files, or labelled text "
          "as CSV (a file, a folder of train.csv and test.csv, their .tar.gz)",
          false}},
    .options = info_options,
    .run = run_info,
};

/* ==== data strokes ==== */

static struct {
    fa_read_options read;
    const char *output, *split;
    uint64_t seed;
    size_t count;
} strokes;

static const cli_option strokes_options[] = {
    OPTION_OUTPUT_NEEDED(&strokes.output, "OUT.npz",
                         "file for the strokes: points, offsets, labels"),
    OPTION_HIDDEN(&strokes.read.hidden_file),
    OPTION_SEED_FROM(&strokes.seed, "0",
                     "random numbers that break ties between equally near pixels"),
    {.name = "split",
     .type = OPTION_CHOICE,
     .to = &strokes.split,
     .value = "SPLIT",
     .fallback = "train",
     .choices = "train|test",
     .text = "which random numbers: image i of train and image i of test draw different ones"},
    {.name = "count",
     .type = OPTION_COUNT,
     .to = &strokes.count,
     .value = "N",
     .low = 1,
     .text = "only the first N images; they come out as they would among all"},
    {0},
};

/* The images to work on: all, or the first --count. */
static fa_status read_images(fa_dataset **out, const char *path) {
    fa_dataset *all;
    fa_status status = read_data(&all, path, &strokes.read);
    if (status != FA_OK) return status;
    if (strokes.count == 0) {
        *out = all;
        return FA_OK;
    }
    status = fa_dataset_first(out, all, strokes.count);
    fa_dataset_free(all);
    return status;
}

static int run_strokes(const arguments *given) {
    fa_dataset *images, *made;
    const char *const inputs[] = {given->operand[0], strokes.read.hidden_file};
    if (paths_check(&command_data_strokes, inputs, 2, &strokes.output, 1) != EXIT_OK)
        return EXIT_MISUSE;
    if (read_images(&images, given->operand[0]) != FA_OK) return fail_library();
    uint32_t split = strcmp(strokes.split, "test") == 0;
    fa_status status = fa_strokes_from_images(&made, images, strokes.seed, split);
    fa_dataset_free(images);
    if (status != FA_OK) return fail_library();
    int code = fa_dataset_write(made, strokes.output) == FA_OK
                   ? describe(strokes.output, made, NULL)
                   : fail_library();
    fa_dataset_free(made);
    return code;
}

const cli_command command_data_strokes = {
    .name = "data strokes",
    .summary = "make pen strokes from images",
    .text = "Makes a sequence of pen movements (dx dy eos eod) from every image of an IDX file: "
            "threshold, thinning, and a tour through the remaining pixels. Classes are taken "
            "along where the images have them.",
    .examples = "forced-apart data strokes train-images-idx3-ubyte.gz -o train.npz\n"
                "forced-apart data strokes t10k-images-idx3-ubyte.gz --split test -o test.npz",
    .operands = {{"IMAGES", "IDX images, plain or .gz", false}},
    .options = strokes_options,
    .run = run_strokes,
};
