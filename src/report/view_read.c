/* The files of a run: each is read, and checked against the others. */
#include "report/view.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/sort.h"
#include "run/history.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static fa_status path_of(char out[FA__PATH_MAX], const fa__view *v, const char *name) {
    return fa__path_join(out, v->folder, name);
}

static bool has(const fa__view *v, const char *name) {
    char path[FA__PATH_MAX];
    return fa__path_join(path, v->folder, name) == FA_OK && fa__file_exists(path);
}

static fa_status need_files(const fa__view *v) {
    static const char *const needed[] = {"recipe.ini", "history.csv", "scores.json",
                                         "embeddings.npy", "clusters.npy"};
    if (!fa__is_folder(v->folder))
        return fa__fail(FA_E_IO, "%s: there is no such run folder", v->folder);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!has(v, needed[i]))
            return fa__fail(FA_E_IO,
                            "%s: %s is not there, so this is no finished run; forced-apart train "
                            "--resume -o %s finishes one",
                            v->folder, needed[i], v->folder);
    return FA_OK;
}

static fa_status read_history(fa__view *v) {
    char path[FA__PATH_MAX];
    FA_TRY(path_of(path, v, "history.csv"));
    return fa__history_read(&v->history, &v->epochs, path);
}

/* ==== scores.json ==== */

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static size_t count_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) > 0
               ? (size_t)json_integer_value(value)
               : 0;
}

static fa_status take_scores(fa__view *v, const json_t *root, const char *path) {
    const json_t *part = json_object_get(root, v->split = "test");
    if (!json_is_object(part)) part = json_object_get(root, v->split = "all");
    if (!json_is_object(part)) part = json_object_get(root, v->split = "validation");
    if (!json_is_object(part))
        return fa__fail(FA_E_FORMAT, "%s: has no 'test', 'all' or 'validation' scores", path);
    v->best_epoch = count_of(root, "best_epoch");
    v->stopped = json_is_true(json_object_get(root, "stopped"));
    v->scores = (fa_scores){.n = count_of(part, "samples"),
                            .k = count_of(part, "k"),
                            .accuracy = number(part, "coarse_accuracy"),
                            .has_truth = json_object_get(part, "ami_max") != NULL,
                            .ami_max = number(part, "ami_max"),
                            .nmi_geometric = number(part, "nmi_sqrt"),
                            .ari = number(part, "ari"),
                            .inertia = number(part, "inertia")};
    v->k = v->scores.k;
    if (v->k == 0 || v->scores.n == 0)
        return fa__fail(FA_E_FORMAT, "%s: '%s' does not say how many samples and clusters", path,
                        v->split);
    return FA_OK;
}

static fa_status read_scores(fa__view *v) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    json_error_t error;
    FA_TRY(path_of(path, v, "scores.json"));
    FA_TRY(fa__file_read(&bytes, &size, path));
    json_t *root = json_loadb((const char *)bytes, size, 0, &error);
    fa__free(bytes);
    if (root == NULL) return fa__fail(FA_E_FORMAT, "%s: line %d: %s", path, error.line, error.text);
    fa_status status = take_scores(v, root, path);
    json_decref(root);
    return status;
}

/* ==== Matrices and labels ==== */

/* Labels of every row; *out NULL where an optional file is not there. */
static fa_status read_labels(int32_t **out, const fa__view *v, const char *name) {
    char path[FA__PATH_MAX];
    size_t n;
    if (!has(v, name)) return FA_OK;
    FA_TRY(path_of(path, v, name));
    FA_TRY(fa_labels_read(out, &n, path));
    if (n == v->n) return FA_OK;
    return fa__fail(FA_E_SHAPE, "%s: has %zu rows, embeddings.npy has %zu: they are not of one run",
                    path, n, v->n);
}

static fa_status check_range(const fa__view *v, const int32_t *labels, size_t below,
                             const char *name) {
    for (size_t i = 0; labels != NULL && i < v->n; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= below)
            return fa__fail(FA_E_LABEL, "%s/%s: row %zu is %d, it must be 0 to %zu", v->folder,
                            name, i, (int)labels[i], below - 1);
    return FA_OK;
}

/* classes become 0..c-1 in the order of their values, which are kept. */
static fa_status make_dense(fa__view *v) {
    if (v->classes == NULL) return FA_OK;
    FA_TRY(FA_NEW(v->class_values, v->n));
    memcpy(v->class_values, v->classes, v->n * sizeof *v->classes);
    size_t kept = fa__distinct(v->class_values, v->n);
    for (size_t i = 0; i < v->n; i++)
        v->classes[i] = (int32_t)fa__distinct_place(v->class_values, kept, v->classes[i]);
    v->n_classes = kept;
    return FA_OK;
}

/* Rows without a coarse label (-1) are a group of their own, the last. */
static void group_unlabelled(fa__view *v) {
    int32_t most = -1;
    for (size_t i = 0; v->coarse != NULL && i < v->n; i++)
        if (v->coarse[i] > most) most = v->coarse[i];
    for (size_t i = 0; v->coarse != NULL && i < v->n && most < INT32_MAX; i++)
        if (v->coarse[i] == -1) v->coarse[i] = most + 1;
}

static fa_status read_rows(fa__view *v) {
    char path[FA__PATH_MAX];
    FA_TRY(path_of(path, v, "embeddings.npy"));
    FA_TRY(fa_matrix_read(&v->h, &v->n, &v->d, path));
    if (v->n != v->scores.n)
        return fa__fail(FA_E_SHAPE,
                        "%s: has %zu rows, scores.json speaks of %zu: they are not of "
                        "one run",
                        path, v->n, v->scores.n);
    FA_TRY(read_labels(&v->clusters, v, "clusters.npy"));
    FA_TRY(read_labels(&v->coarse, v, "coarse.npy"));
    FA_TRY(read_labels(&v->classes, v, "classes.npy"));
    FA_TRY(read_labels(&v->rows, v, "rows.npy"));
    FA_TRY(check_range(v, v->clusters, v->k, "clusters.npy"));
    if (v->k > v->n)
        return fa__fail(FA_E_FORMAT, "%s/scores.json: %zu clusters of %zu rows", v->folder, v->k,
                        v->n);
    group_unlabelled(v);
    FA_TRY(check_range(v, v->coarse, v->n < 65536 ? 65536 : v->n, "coarse.npy"));
    for (size_t i = 0; v->coarse != NULL && i < v->n; i++)
        if ((size_t)v->coarse[i] >= v->groups) v->groups = (size_t)v->coarse[i] + 1;
    return make_dense(v);
}

/* ==== The samples ==== */

/* Which sample of the data set each row is: a run scored on its test split has them in order. */
static bool rows_fit(fa__view *v) {
    size_t samples = fa_dataset_count(v->data);
    if (v->rows == NULL) {
        if (samples == v->n && strcmp(v->split, "test") == 0) return true;
        snprintf(v->no_data, sizeof v->no_data,
                 strcmp(v->split, "test") == 0
                     ? "the test data now have %zu samples, the run has %zu"
                     : "the run does not say which of the %zu training samples its %zu validation "
                       "rows are (it has no rows.npy)",
                 samples, v->n);
        return false;
    }
    for (size_t i = 0; i < v->n; i++)
        if (v->rows[i] < 0 || (size_t)v->rows[i] >= samples) {
            snprintf(v->no_data, sizeof v->no_data,
                     "row %zu is sample %d, the data now have %zu samples", i, (int)v->rows[i],
                     samples);
            return false;
        }
    return true;
}

/* A report without samples is still a report: whatever fails here, but for memory, is a remark. */
static fa_status read_data(fa__view *v) {
    bool test = strcmp(v->split, "test") == 0;
    const char *name = fa__view_key(v, test ? "data.test" : "data.train");
    if (name[0] == '\0') {
        snprintf(v->no_data, sizeof v->no_data, "the recipe names no data");
        return FA_OK;
    }
    fa_status status = fa_recipe_read_data(&v->data, v->recipe, name, test ? "test" : "train");
    if (status == FA_E_NOMEM) return status;
    if (status != FA_OK) {
        snprintf(v->no_data, sizeof v->no_data, "%s", fa_error_detail());
        return FA_OK;
    }
    if (!rows_fit(v)) {
        fa_dataset_free(v->data);
        v->data = NULL;
    }
    return FA_OK;
}

/* One name a line, of class values 0, 1, ... */
static fa_status read_names(fa__view *v, const char *path) {
    fa_status status = FA_OK;
    unsigned char *bytes;
    size_t size, capacity = 0;
    if (path == NULL) return FA_OK;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa__line line = fa__line_start(bytes, size);
    while (fa__line_next(&line)) {
        char name[FA__NAME_MAX];
        char **grown = fa__grow(v->names, &capacity, v->n_names + 1, sizeof *grown);
        if (grown == NULL) FA_CHECK(fa__nomem(v->n_names + 1, sizeof *grown));
        v->names = grown;
        snprintf(name, sizeof name, "%.*s",
                 (int)(line.size < sizeof name ? line.size : sizeof name - 1), line.text);
        grown[v->n_names] = fa__strdup(name);
        if (grown[v->n_names] == NULL) FA_CHECK(fa__nomem(1, strlen(name)));
        v->n_names++;
    }
done:
    fa__free(bytes);
    return status;
}

fa_status fa__view_read(fa__view *v, const char *class_names) {
    char path[FA__PATH_MAX];
    FA_TRY(need_files(v));
    FA_TRY(path_of(path, v, "recipe.ini"));
    FA_TRY(fa_recipe_read(&v->recipe, path));
    FA_TRY(read_history(v));
    FA_TRY(read_scores(v));
    v->validation_accuracy = v->best_epoch > 0 && v->best_epoch <= v->epochs
                                 ? v->history[v->best_epoch - 1].validation_accuracy
                                 : (double)NAN;
    FA_TRY(read_rows(v));
    FA_TRY(read_names(v, class_names));
    return read_data(v);
}
