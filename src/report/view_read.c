/* What a report takes from a run, and from the data that it was trained on. */
#include "report/view.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/sort.h"
#include "run/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ==== The run ==== */

static fa_status take_scores(fa__view *v) {
    const fa_train_result *result = fa_run_result(v->run);
    if (!fa__run_has(v->folder, FA_RUN_HISTORY))
        return fa__run_unfinished(v->folder, FA_RUN_HISTORY);
    if (!result->has_scores) return fa__run_unfinished(v->folder, FA_RUN_SCORES);
    v->split = result->split;
    v->best_epoch = result->best_epoch;
    v->stopped = result->stopped;
    v->scores = result->scores;
    v->k = result->scores.k;
    v->validation_accuracy = result->validation_accuracy;
    return FA_OK;
}

/* A copy of labels that are changed here; NULL where the run has none. */
static fa_status copy_labels(int32_t **out, fa__view *v, fa_run_file which) {
    const int32_t *labels;
    FA_TRY(fa_run_labels(&labels, v->run, which));
    if (labels == NULL) return FA_OK;
    FA_TRY(FA_NEW(*out, v->n));
    memcpy(*out, labels, v->n * sizeof *labels);
    return FA_OK;
}

static fa_status check_range(const fa__view *v, const int32_t *labels, size_t below,
                             fa_run_file file) {
    for (size_t i = 0; labels != NULL && i < v->n; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= below)
            return fa__fail(FA_E_LABEL, "%s/%s: row %zu is %d, it must be 0 to %zu", v->folder,
                            fa_run_file_name(file), i, (int)labels[i], below - 1);
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
    FA_TRY(fa_run_embeddings(&v->h, &v->n, &v->d, v->run));
    FA_TRY(fa_run_labels(&v->clusters, v->run, FA_RUN_ASSIGNMENT));
    FA_TRY(fa_run_labels(&v->rows, v->run, FA_RUN_ROWS));
    FA_TRY(copy_labels(&v->coarse, v, FA_RUN_COARSE));
    FA_TRY(copy_labels(&v->classes, v, FA_RUN_CLASSES));
    group_unlabelled(v);
    FA_TRY(check_range(v, v->coarse, v->n < 65536 ? 65536 : v->n, FA_RUN_COARSE));
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
                       "rows are (it has no %s)",
                 samples, v->n, fa_run_file_name(FA_RUN_ROWS));
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
    if (status == FA_E_NOMEM || status == FA_E_STOPPED) return status;
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

/* What the labels of a test split are in its data: the run counts them as the training data do. */
static fa_status find_labels(fa__view *v) {
    const int32_t *labels = v->data != NULL ? fa_dataset_coarse(v->data) : NULL;
    if (labels == NULL || v->coarse == NULL || strcmp(v->split, "test") != 0) return FA_OK;
    FA_TRY(FA_NEW(v->group_labels, v->groups));
    for (size_t g = 0; g < v->groups; g++) v->group_labels[g] = -1;
    for (size_t i = 0; i < v->n; i++)
        v->group_labels[v->coarse[i]] = labels[v->rows != NULL ? (size_t)v->rows[i] : i];
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
    FA_TRY(fa_run_open(&v->run, v->folder));
    v->recipe = fa_run_recipe(v->run);
    v->history = fa_run_history(v->run, &v->epochs);
    FA_TRY(take_scores(v));
    FA_TRY(read_rows(v));
    FA_TRY(read_names(v, class_names));
    FA_TRY(read_data(v));
    return find_labels(v);
}
