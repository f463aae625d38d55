/* Opening a run folder, and what a run holds. Everything that is read is held against the rest: a
 * model and results of two trainings are refused. */
#include "run/run.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "model/clusters.h"
#include "model/model.h"
#include "recipe/recipe.h"
#include "run/history.h"
#include "run/scores.h"

#include <string.h>

/* ==== Opening ==== */

fa_status fa__run_create(fa_run **out, const char *folder, const fa_recipe *recipe) {
    fa_status status = FA_OK;
    fa_run *run = NULL;
    FA_TRY(FA_NEW_ZERO(run, 1));
    if (folder != NULL && snprintf(run->folder, sizeof run->folder, "%s", folder) >= FA__PATH_MAX)
        FA_CHECK(fa__fail(FA_E_IO, "the path %.60s... is too long", folder));
    if (recipe != NULL) FA_CHECK(fa__recipe_copy(&run->recipe, recipe));
    *out = run;
    run = NULL;
done:
    fa_run_free(run);
    return status;
}

void fa_run_free(fa_run *run) {
    if (run == NULL) return;
    fa_recipe_free(run->recipe);
    fa__free(run->history);
    fa_model_free(run->model);
    fa_clusters_free(run->clusters);
    fa__free(run->embeddings);
    for (size_t i = 0; i < FA__RUN_LABELS; i++) fa__free(run->labels[i]);
    fa__free(run);
}

static fa_status read_bytes(unsigned char **bytes, size_t *size, char path[FA__PATH_MAX],
                            const char *folder, fa_run_file file) {
    FA_TRY(fa__run_path(path, folder, file));
    return fa__file_read(bytes, size, path);
}

/* The digest of the model that lies in a folder; 0 where there is none. */
static fa_status digest_of_model(uint64_t *digest, const char *folder) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    *digest = 0;
    if (!fa__run_has(folder, FA_RUN_MODEL)) return FA_OK;
    FA_TRY(read_bytes(&bytes, &size, path, folder, FA_RUN_MODEL));
    *digest = fa__digest(bytes, size);
    fa__free(bytes);
    return FA_OK;
}

static fa_status not_of_this_model(const char *folder, fa_run_file file) {
    return fa__fail(FA_E_FORMAT,
                    "%s: %s belongs to another model than %s; forced-apart train --resume -o %s "
                    "makes the results of the model that is there",
                    folder, fa_run_file_name(file), fa_run_file_name(FA_RUN_MODEL), folder);
}

static fa_status read_scores(fa_run *run) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    uint64_t model = 0;
    fa_train_result *r = &run->result;
    if (!fa__run_has(run->folder, FA_RUN_SCORES)) {
        *r = (fa_train_result){.epochs = run->epochs};
        return FA_OK;
    }
    FA_TRY(read_bytes(&bytes, &size, path, run->folder, FA_RUN_SCORES));
    fa_status status = fa__scores_from_text(r, &run->digest, bytes, size, path);
    fa__free(bytes);
    if (status != FA_OK) return status;
    if (run->digest != 0) FA_TRY(digest_of_model(&model, run->folder));
    if (model != 0 && model != run->digest) return not_of_this_model(run->folder, FA_RUN_SCORES);
    if (r->best_epoch < 1 || r->best_epoch > run->epochs) return FA_OK;
    const fa_epoch *best = &run->history[r->best_epoch - 1];
    r->validation_loss = best->validation_loss;
    r->validation_accuracy = best->validation_accuracy;
    r->active_pairs = best->active_pairs;
    return FA_OK;
}

fa_status fa_run_open(fa_run **out, const char *folder) {
    fa_status status = FA_OK;
    fa_run *run = NULL;
    char path[FA__PATH_MAX];
    if (out == NULL || folder == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "folder");
    if (!fa__is_folder(folder)) return fa__fail(FA_E_IO, "%s: there is no such run folder", folder);
    if (!fa__run_has(folder, FA_RUN_RECIPE)) return fa__run_unfinished(folder, FA_RUN_RECIPE);
    FA_TRY(fa__run_create(&run, folder, NULL));
    FA_CHECK(fa__run_path(path, folder, FA_RUN_RECIPE));
    FA_CHECK(fa_recipe_read(&run->recipe, path));
    FA_CHECK(fa__run_path(path, folder, FA_RUN_HISTORY));
    if (fa__file_exists(path)) FA_CHECK(fa__history_read(&run->history, &run->epochs, path));
    FA_CHECK(read_scores(run));
    *out = run;
    run = NULL;
done:
    fa_run_free(run);
    return status;
}

const char *fa_run_folder(const fa_run *run) {
    return run->folder[0] != '\0' ? run->folder : NULL;
}

const fa_recipe *fa_run_recipe(const fa_run *run) {
    return run->recipe;
}

const fa_epoch *fa_run_history(const fa_run *run, size_t *epochs) {
    *epochs = run->epochs;
    return run->history;
}

const fa_train_result *fa_run_result(const fa_run *run) {
    return &run->result;
}

/* ==== Model and clusters ==== */

fa_status fa_model_open(fa_model **out, const char *folder) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    if (out == NULL || folder == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "folder");
    if (!fa__is_folder(folder)) return fa__fail(FA_E_IO, "%s: no run folder is there", folder);
    FA_TRY(read_bytes(&bytes, &size, path, folder, FA_RUN_MODEL));
    return fa__model_parse(out, bytes, size, path);
}

/* model: the digest of the one beside them; 0: not known, and is looked for. */
static fa_status read_clusters(fa_clusters **out, const char *folder, uint64_t model) {
    fa_clusters *made;
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__run_path(path, folder, FA_RUN_CLUSTERS));
    if (fa__is_folder(folder) && !fa__file_exists(path))
        return fa__fail(FA_E_IO,
                        "%s: not there: the run did not finish, or is of a version that kept no "
                        "centres; forced-apart train --resume -o %s finds them again",
                        path, folder);
    FA_TRY(fa__file_read(&bytes, &size, path));
    FA_TRY(fa__clusters_parse(&made, bytes, size, path));
    fa_status status = FA_OK;
    if (made->model != 0 && model == 0) status = digest_of_model(&model, folder);
    if (status == FA_OK && model != 0 && made->model != 0 && made->model != model)
        status = not_of_this_model(folder, FA_RUN_CLUSTERS);
    if (status != FA_OK)
        fa_clusters_free(made);
    else
        *out = made;
    return status;
}

fa_status fa_clusters_open(fa_clusters **out, const char *folder) {
    if (out == NULL || folder == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; clusters are opened from a run folder",
                        out == NULL ? "out" : "folder");
    return read_clusters(out, folder, 0);
}

fa_status fa_run_model(const fa_model **out, fa_run *run) {
    if (run->model == NULL) {
        fa_model *made;
        FA_TRY(fa_model_open(&made, run->folder));
        if (run->digest != 0 && made->digest != run->digest) {
            fa_model_free(made);
            return not_of_this_model(run->folder, FA_RUN_SCORES);
        }
        run->digest = made->digest;
        run->model = made;
    }
    *out = run->model;
    return FA_OK;
}

fa_status fa_run_clusters(const fa_clusters **out, fa_run *run) {
    if (run->clusters == NULL) FA_TRY(read_clusters(&run->clusters, run->folder, run->digest));
    *out = run->clusters;
    return FA_OK;
}

fa_status fa_run_name_clusters(fa_run *run, const char *path) {
    const fa_clusters *clusters;
    FA_TRY(fa_run_clusters(&clusters, run));
    return fa_clusters_read_names(run->clusters, path);
}

/* ==== Rows ==== */

/* FA_OK where the file of a finished run can be read. */
static fa_status need(char path[FA__PATH_MAX], const fa_run *run, fa_run_file file) {
    if (!run->result.has_scores) return fa__run_unfinished(run->folder, FA_RUN_SCORES);
    if (!fa__run_has(run->folder, file)) return fa__run_unfinished(run->folder, file);
    return fa__run_path(path, run->folder, file);
}

static fa_status check_rows(const fa_run *run, const char *path, size_t n) {
    if (n == run->result.scores.n) return FA_OK;
    return fa__fail(FA_E_SHAPE, "%s: has %zu rows, %s speaks of %zu: they are not of one run", path,
                    n, fa_run_file_name(FA_RUN_SCORES), run->result.scores.n);
}

fa_status fa_run_embeddings(const float **h, size_t *n, size_t *units, fa_run *run) {
    if (run->embeddings == NULL) {
        char path[FA__PATH_MAX];
        float *read;
        size_t rows, columns;
        FA_TRY(need(path, run, FA_RUN_EMBEDDINGS));
        FA_TRY(fa_matrix_read(&read, &rows, &columns, path));
        fa_status status = check_rows(run, path, rows);
        if (status != FA_OK) {
            fa__free(read);
            return status;
        }
        run->embeddings = read;
        run->units = columns;
    }
    *h = run->embeddings;
    *n = run->result.scores.n;
    *units = run->units;
    return FA_OK;
}

/* Cluster numbers below k; what the others may be is for those who use them. */
static fa_status check_assignment(const fa_run *run, const int32_t *assignment, const char *path) {
    size_t k = run->result.scores.k;
    for (size_t i = 0; i < run->result.scores.n; i++)
        if (assignment[i] < 0 || (size_t)assignment[i] >= k)
            return fa__fail(FA_E_LABEL, "%s: row %zu is %d, it must be 0 to %zu", path, i,
                            (int)assignment[i], k - 1);
    return FA_OK;
}

static fa_status read_labels(fa_run *run, fa_run_file file) {
    char path[FA__PATH_MAX];
    int32_t *read;
    size_t n;
    if (run->result.has_scores && file != FA_RUN_ASSIGNMENT && !fa__run_has(run->folder, file))
        return FA_OK;
    FA_TRY(need(path, run, file));
    FA_TRY(fa_labels_read(&read, &n, path));
    fa_status status = check_rows(run, path, n);
    if (status == FA_OK && file == FA_RUN_ASSIGNMENT) status = check_assignment(run, read, path);
    if (status != FA_OK)
        fa__free(read);
    else
        run->labels[file - FA_RUN_ASSIGNMENT] = read;
    return status;
}

fa_status fa_run_labels(const int32_t **labels, fa_run *run, fa_run_file which) {
    if (which < FA_RUN_ASSIGNMENT || which > FA_RUN_ROWS)
        return fa__fail(FA_E_ARGUMENT, "%s holds no labels of rows",
                        fa_run_file_name(which) != NULL ? fa_run_file_name(which) : "that");
    size_t i = (size_t)(which - FA_RUN_ASSIGNMENT);
    if (!run->looked[i]) FA_TRY(read_labels(run, which));
    run->looked[i] = true;
    *labels = run->labels[i];
    return FA_OK;
}

/* ==== Writing ==== */

static fa_status write_model(const char *folder, fa_run_file file, const fa_model *model) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa_model_to_buffer(&bytes, &size, model));
    fa_status status = fa__run_write(folder, file, bytes, size);
    fa__free(bytes);
    return status;
}

fa_status fa__run_write_former(const char *folder, const int32_t *clusters, size_t n,
                               const fa_model *model) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__run_path(path, folder, FA_RUN_FORMER));
    if (clusters != NULL) FA_TRY(fa_labels_write(path, clusters, n));
    return model != NULL ? write_model(folder, FA_RUN_FORMER_MODEL, model) : FA_OK;
}

fa_status fa__run_write_results(const fa_run *run) {
    char path[FA__PATH_MAX], *text;
    unsigned char *bytes;
    size_t size, n = run->result.scores.n;
    FA_TRY(fa__run_path(path, run->folder, FA_RUN_EMBEDDINGS));
    FA_TRY(fa_matrix_write(path, run->embeddings, n, run->units));
    FA_TRY(fa_clusters_to_buffer(&bytes, &size, run->clusters));
    fa_status status = fa__run_write(run->folder, FA_RUN_CLUSTERS, bytes, size);
    fa__free(bytes);
    if (status != FA_OK) return status;
    for (size_t i = 0; i < FA__RUN_LABELS; i++) {
        if (run->labels[i] == NULL) continue;
        FA_TRY(fa__run_path(path, run->folder, (fa_run_file)(FA_RUN_ASSIGNMENT + i)));
        FA_TRY(fa_labels_write(path, run->labels[i], n));
    }
    FA_TRY(fa__scores_to_text(&text, &run->result, run->digest));
    status = fa__run_write(run->folder, FA_RUN_SCORES, text, strlen(text));
    fa__free(text);
    return status;
}

static fa_status write_model_and_history(const fa_run *run) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__run_path(path, run->folder, FA_RUN_RECIPE));
    FA_TRY(fa_recipe_write(run->recipe, path));
    FA_TRY(fa__run_path(path, run->folder, FA_RUN_HISTORY));
    FA_TRY(fa__history_write(path, run->history, run->epochs));
    return write_model(run->folder, FA_RUN_MODEL, run->model);
}

fa_status fa__run_save(fa_run *run, const char *folder) {
    int lock = -1;
    if (snprintf(run->folder, sizeof run->folder, "%s", folder) >= FA__PATH_MAX)
        return fa__fail(FA_E_IO, "the path %.60s... is too long", folder);
    fa_status status = fa__run_lock(&lock, folder);
    if (status == FA_OK) status = fa__run_drop_results(folder, true);
    if (status == FA_OK) status = write_model_and_history(run);
    if (status == FA_OK) status = fa__run_write_results(run);
    fa__folder_unlock(lock);
    return status;
}
