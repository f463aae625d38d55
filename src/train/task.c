/* Data, labels and split of a recipe. */
#include "train/task.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/column_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The distinct values of classes, sorted. */
static fa_status distinct(int32_t **values, size_t *count, const int32_t *classes, size_t n) {
    int32_t *sorted;
    FA_TRY(FA_NEW(sorted, n));
    memcpy(sorted, classes, n * sizeof *sorted);
    *values = sorted;
    *count = fa__distinct(sorted, n);
    return FA_OK;
}

/* ==== Coarse labels ==== */

/* Without groups the classes themselves are the coarse labels, renumbered 0, 1, ... in order of
 * value. */
static fa_status labels_as_they_are(fa__task *task) {
    fa_status status = FA_OK;
    int32_t *values = NULL;
    FA_TRY(distinct(&values, &task->groups, task->classes, task->train->n));
    const fa_dataset *sets[2] = {task->train, task->test};
    const int32_t *classes[2] = {task->classes, task->classes_test};
    int32_t *labels[2] = {task->coarse, task->coarse_test};
    for (int s = 0; s < 2 && sets[s] != NULL; s++)
        for (size_t i = 0; labels[s] != NULL && i < sets[s]->n; i++) {
            size_t at = fa__distinct_place(values, task->groups, classes[s][i]);
            if (at == task->groups)
                FA_CHECK(fa__fail(
                    FA_E_LABEL, "data.test: sample %zu has class %d, which no training sample has",
                    i, (int)classes[s][i]));
            labels[s][i] = (int32_t)at;
        }
    if (task->groups < 2)
        FA_CHECK(fa__fail(
            FA_E_LABEL,
            "data.train: all %zu samples have class %d; at least two coarse labels are needed "
            "(data.groups = 0-4 / 5-9 makes them from ten classes)",
            task->train->n, (int)values[0]));
done:
    fa__free(values);
    return status;
}

/* The classes are for the scores alone. */
static fa_status hide_classes(fa__task *task) {
    int32_t *values;
    FA_TRY(distinct(&values, &task->hidden_classes, task->classes, task->train->n));
    fa__free(values);
    task->hidden = task->classes;
    task->hidden_test = task->classes_test;
    return FA_OK;
}

/* The classes of both sets, to be changed here. Two tables number their words each for itself: a
 * class of the test set gets the number that the training set has for its name, one that is new
 * there a number beyond. */
static fa_status take_classes(fa__task *task) {
    const fa_dataset *train = task->train, *test = task->test;
    const fa__names *known = &train->labels.class_names;
    size_t *places;
    if (train->labels.classes != NULL) {
        FA_TRY(FA_NEW(task->classes, train->n));
        memcpy(task->classes, train->labels.classes, train->n * sizeof *task->classes);
    }
    if (test == NULL || test->labels.classes == NULL) return FA_OK;
    const fa__names *names = &test->labels.class_names;
    FA_TRY(FA_NEW(task->classes_test, test->n));
    memcpy(task->classes_test, test->labels.classes, test->n * sizeof *task->classes_test);
    if (known->text == NULL || names->text == NULL ||
        train->labels.first_named != test->labels.first_named ||
        (known->size == names->size && memcmp(known->text, names->text, known->size) == 0))
        return FA_OK;
    FA_TRY(FA_NEW(places, names->count));
    fa_status status = fa__names_find(places, known, names);
    int32_t first = train->labels.first_named, beyond = first + (int32_t)known->count;
    for (size_t i = 0; status == FA_OK && i < test->n; i++) {
        int64_t named = (int64_t)task->classes_test[i] - first;
        if (named < 0 || (uint64_t)named >= names->count) continue;
        task->classes_test[i] =
            places[named] != SIZE_MAX ? first + (int32_t)places[named] : beyond + (int32_t)named;
    }
    fa__free(places);
    return status;
}

/* The labels of the test set by the numbers that the training set has for their names. */
static fa_status match_coarse(int32_t *out, const fa_dataset *train, const fa_dataset *test) {
    fa_status status = FA_OK;
    size_t *places;
    const fa__names *names = &test->labels.coarse_names;
    FA_TRY(FA_NEW(places, names->count));
    FA_CHECK(fa__names_find(places, &train->labels.coarse_names, names));
    for (size_t g = 0; g < names->count; g++)
        if (places[g] == SIZE_MAX)
            FA_CHECK(fa__fail(FA_E_LABEL,
                              "data.test: coarse label '%s' is one that no training sample has",
                              fa__names_at(names, g)));
    for (size_t i = 0; i < test->n; i++)
        out[i] = test->labels.coarse[i] >= 0 ? (int32_t)places[test->labels.coarse[i]] : -1;
done:
    fa__free(places);
    return status;
}

/* Coarse labels that the data bring. Those of the test set go by their names. */
static fa_status labels_given(fa__task *task, const char *groups) {
    const fa_dataset *train = task->train;
    size_t count = train->labels.coarse_names.count;
    if (groups[0] != '\0')
        return fa__fail(FA_E_RECIPE,
                        "data.groups = %s: the data bring coarse labels of their own; leave "
                        "data.groups empty, or name no data.labels and no data.label_column",
                        groups);
    if (count < 2)
        return fa__fail(FA_E_LABEL,
                        "data.train: %zu coarse label%s; at least two are needed (discover "
                        "--label-free works without, train by train.task = reconstruction)",
                        count, count == 1 ? "" : "s");
    task->groups = count;
    memcpy(task->coarse, train->labels.coarse, train->n * sizeof *train->labels.coarse);
    if (task->coarse_test != NULL) FA_TRY(match_coarse(task->coarse_test, train, task->test));
    return task->classes != NULL ? hide_classes(task) : FA_OK;
}

static fa_status labels_by_groups(fa__task *task, const char *groups) {
    size_t groups_test;
    fa_status status =
        fa_groups_apply(task->coarse, &task->groups, groups, task->classes, task->train->n);
    if (status != FA_OK) return fa__fail_within(status, "data.groups on data.train");
    if (task->coarse_test != NULL) {
        status = fa_groups_apply(task->coarse_test, &groups_test, groups, task->classes_test,
                                 task->test->n);
        if (status != FA_OK) return fa__fail_within(status, "data.groups on data.test");
    }
    return hide_classes(task);
}

/* Nothing is trained on a label; classes, where there are any, wait for the scores. */
static fa_status no_labels(fa__task *task, const char *groups) {
    if (groups[0] != '\0')
        return fa__fail(FA_E_RECIPE,
                        "data.groups = %s: train.task = reconstruction uses no labels; leave "
                        "data.groups empty, or set train.task = labels",
                        groups);
    return task->classes != NULL ? hide_classes(task) : FA_OK;
}

static fa_status make_labels(fa__task *task, const fa_recipe *recipe) {
    const char *groups = fa__recipe_text(recipe, FA__DATA_GROUPS);
    task->goal = (fa__goal)fa__recipe_choice(recipe, FA__TRAIN_TASK);
    if (task->goal == FA__RECONSTRUCTION) return no_labels(task, groups);
    if (task->train->labels.coarse != NULL) {
        FA_TRY(FA_NEW(task->coarse, task->train->n));
        if (task->test != NULL && task->test->labels.coarse != NULL)
            FA_TRY(FA_NEW(task->coarse_test, task->test->n));
        return labels_given(task, groups);
    }
    static const fa__key hidden[] = {FA__DATA_HIDDEN_COLUMN, FA__DATA_HIDDEN};
    for (size_t i = 0; i < 2 && groups[0] == '\0'; i++)
        if (fa__recipe_text(recipe, hidden[i])[0] != '\0')
            return fa__fail(FA_E_RECIPE,
                            "%s = %s stays hidden in training; name coarse labels by data.labels "
                            "or data.label_column, make them by data.groups, or set train.task = "
                            "reconstruction",
                            i == 0 ? "data.hidden_column" : "data.hidden",
                            fa__recipe_text(recipe, hidden[i]));
    if (task->classes == NULL)
        return fa__fail(FA_E_LABEL,
                        "data.train = %s: has no labels, the coarse task needs them; "
                        "train.task = reconstruction needs none",
                        fa__recipe_text(recipe, FA__DATA_TRAIN));
    FA_TRY(FA_NEW(task->coarse, task->train->n));
    if (task->classes_test != NULL) FA_TRY(FA_NEW(task->coarse_test, task->test->n));
    return groups[0] != '\0' ? labels_by_groups(task, groups) : labels_as_they_are(task);
}

/* ==== Clusters within them ==== */

typedef struct clustered {
    int32_t label, number;
    size_t sample;
} clustered;

static int by_label_and_number(const void *a, const void *b) {
    const clustered *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static fa_status read_clusters(int32_t **out, const char *name, size_t n) {
    char *path = NULL;
    int32_t *numbers = NULL;
    size_t count;
    fa_status status = fa_data_path(&path, name);
    if (status == FA_OK) status = fa_labels_read(&numbers, &count, path);
    if (status == FA_OK && count != n)
        status =
            fa__fail(FA_E_SHAPE, "%s has %zu clusters, data.train %zu samples", path, count, n);
    fa__free(path);
    if (status == FA_OK)
        *out = numbers;
    else
        fa_free(numbers);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "data.clusters");
}

fa_status fa__task_clusters(fa__task *task, const fa_recipe *recipe, const int32_t *given) {
    fa_status status = FA_OK;
    const char *name = fa__recipe_text(recipe, FA__DATA_CLUSTERS);
    size_t n = task->train->n, count = 0;
    int32_t *read = NULL;
    clustered *all = NULL;
    if ((given == NULL && name[0] == '\0') || task->coarse == NULL) return FA_OK;
    if (given == NULL) FA_CHECK(read_clusters(&read, name, n));
    if (given == NULL) given = read;
    FA_CHECK(FA_NEW(task->clusters, n));
    FA_CHECK(FA_NEW(all, n));
    for (size_t i = 0; i < n; i++) {
        task->clusters[i] = -1;
        if (given[i] >= 0 && task->coarse[i] >= 0)
            all[count++] = (clustered){task->coarse[i], given[i], i};
    }
    qsort(all, count, sizeof *all, by_label_and_number);
    for (size_t i = 0, place = 0; i < count; i++) {
        bool first = i == 0 || all[i].label != all[i - 1].label;
        place = first ? 0 : place + (all[i].number != all[i - 1].number);
        task->clusters[all[i].sample] = (int32_t)place;
        if (place + 1 > task->clusters_most) task->clusters_most = place + 1;
    }
done:
    fa_free(read);
    fa__free(all);
    return status;
}

/* ==== Split ==== */

/* n of `total` samples in their order: the data are cut into n stretches as equal as can be, and
 * one sample of each is drawn. In data sorted by class every class keeps its share, which the first
 * n would not; and data whose classes come in turn are not met in step, as by every k-th sample. */
static void draw_evenly(size_t *order, size_t n, size_t total, uint64_t seed) {
    fa__rng rng;
    size_t from = 0, rest = 0;
    fa__rng_seed(&rng, seed, FA__STREAM_LIMIT, 0);
    for (size_t i = 0; i < n; i++) {
        size_t length = total / n;
        rest += total % n; /* < 2 n */
        if (rest >= n) rest -= n, length++;
        order[i] = from + (size_t)fa__rng_below(&rng, length);
        from += length;
    }
}

/* A coarse label of which none is left to train on, by its name. */
static fa_status few_samples(const fa__task *task, size_t g, size_t n) {
    char number[24], quoted[FA__QUOTE_SIZE];
    size_t of_it = 0, smallest = 0;
    const fa_dataset *train = task->train;
    const char *name = fa_dataset_coarse_name(train, (int32_t)g);
    for (size_t i = 0; i < train->n; i++) of_it += task->coarse[i] == (int32_t)g;
    for (size_t h = 0; h < task->groups; h++) {
        size_t count = 0;
        for (size_t i = 0; i < train->n; i++) count += task->coarse[i] == (int32_t)h;
        smallest += count == 1;
    }
    snprintf(number, sizeof number, "%zu", g);
    if (name == NULL && train->labels.classes != NULL)
        for (size_t i = 0; i < train->n; i++)
            if (task->coarse[i] == (int32_t)g && task->hidden == NULL) {
                name = fa_dataset_class_name(train, train->labels.classes[i]);
                snprintf(number, sizeof number, "%d", (int)train->labels.classes[i]);
                break;
            }
    name = name != NULL ? fa__quote(quoted, name, strlen(name)) : number;
    if (of_it == 1)
        return fa__fail(FA_E_LABEL,
                        "coarse label '%s' has one sample, and it is needed for validation (%zu "
                        "labels for %zu samples, %zu of them with one): take such rows out, join "
                        "rare labels, or leave their labels empty",
                        name, task->groups, n, smallest);
    return fa__fail(FA_E_LABEL,
                    "no sample of coarse label '%s' (%zu samples in all) is left to train on (%zu "
                    "samples, %zu for validation): raise data.limit or lower data.validation",
                    name, of_it, n, task->n_validation);
}

static fa_status make_split(fa__task *task, const fa_recipe *recipe) {
    size_t limit = fa__recipe_size(recipe, FA__DATA_LIMIT), n = task->train->n;
    if (limit > 0 && limit < n) n = limit;
    task->n_validation = (size_t)(fa__recipe_number(recipe, FA__DATA_VALIDATION) * (double)n);
    if (task->n_validation < 1) task->n_validation = 1;
    if (n < task->n_validation + 2)
        return fa__fail(
            FA_E_RECIPE,
            "%zu training samples, %zu of them for validation: at least 2 must be left to "
            "train on (data.validation = 0.1 works from 3 samples)",
            n, task->n_validation);
    task->n_fit = n - task->n_validation;
    size_t *order;
    FA_TRY(FA_NEW(order, n));
    task->validation = order; /* one block: the validation samples, then those to fit */
    task->fit = order + task->n_validation;
    uint64_t seed = (uint64_t)fa__recipe_number(recipe, FA__TRAIN_SEED);
    fa__rng rng;
    draw_evenly(order, n, task->train->n, seed);
    fa__rng_seed(&rng, seed, FA__STREAM_SPLIT, 0);
    fa__rng_shuffle(&rng, order, n);
    size_t judged = 0;
    for (size_t i = 0; task->coarse != NULL && i < task->n_validation; i++)
        judged += task->coarse[task->validation[i]] >= 0;
    if (task->coarse != NULL && judged == 0)
        return fa__fail(FA_E_LABEL,
                        "none of the %zu validation samples has a coarse label to choose the epoch "
                        "by: raise data.validation",
                        task->n_validation);
    for (size_t g = 0; g < task->groups; g++) {
        size_t members = 0;
        for (size_t i = 0; i < task->n_fit; i++)
            members += task->coarse[task->fit[i]] == (int32_t)g;
        if (members == 0) return few_samples(task, g, n);
    }
    return FA_OK;
}

/* ==== Text ==== */

/* Puts a data set that was made here in the place of the one that was read or given. */
static void replace(fa__task *task, fa__task_set which, fa_dataset *made) {
    fa_dataset_free(task->own[which]);
    task->own[which] = made;
    *(which == FA__TASK_TRAIN ? &task->train : &task->test) = made;
}

/* Series of word numbers in the place of texts. */
static fa_status encode(fa__task *task, fa__task_set which) {
    fa_dataset *numbers;
    FA_TRY(fa__vocabulary_encode(&numbers, &task->vocabulary,
                                 which == FA__TASK_TRAIN ? task->train : task->test));
    replace(task, which, numbers);
    return FA_OK;
}

fa_status fa__task_vocabulary(fa__vocabulary *out, const fa_recipe *recipe, const fa_dataset *texts,
                              const size_t *samples, size_t n) {
    FA_TRY(fa__vocabulary_fit(out, texts, samples, n, fa__recipe_size(recipe, FA__TEXT_VOCABULARY),
                              fa__recipe_size(recipe, FA__TEXT_MIN_COUNT),
                              fa__recipe_size(recipe, FA__TEXT_MAX_TOKENS)));
    out->backward = fa__recipe_choice(recipe, FA__TEXT_ORDER) == FA__BACKWARD;
    return FA_OK;
}

static fa_status read_text(fa__task *task, const fa_recipe *recipe) {
    if (task->train->kind != FA_KIND_TEXT) return FA_OK;
    FA_TRY(fa__task_vocabulary(&task->vocabulary, recipe, task->train, task->fit, task->n_fit));
    const char *vectors = fa__recipe_text(recipe, FA__TEXT_VECTORS);
    if (strcmp(vectors, "ppmi") == 0) /* from whole texts: the network may read less of them */
        FA_TRY(fa__corpus_read(&task->corpus, &task->vocabulary, task->train, task->fit,
                               task->n_fit, SIZE_MAX));
    FA_TRY(encode(task, FA__TASK_TRAIN));
    return task->test != NULL ? encode(task, FA__TASK_TEST) : FA_OK;
}

/* Numbers of words are names: there is nothing to scale, but the vectors that they start from. */
static fa_status fit_scaling(fa__task *task, const fa_recipe *recipe) {
    const char *rule = fa__recipe_text(recipe, FA__DATA_SCALE);
    if (task->vocabulary.count > 0) {
        bool vectors = fa__recipe_text(recipe, FA__TEXT_VECTORS)[0] != '\0';
        if (strcmp(rule, "standard") != 0 && !(vectors && strcmp(rule, "common") == 0))
            return fa__fail(FA_E_RECIPE,
                            "data.scale = %s: text is not scaled; leave it at standard (common is "
                            "for the word vectors of text.vectors)",
                            rule);
        rule = "1";
    }
    return fa__scaling_fit(&task->scaling, rule, task->train, task->fit, task->n_fit);
}

/* Test samples are of the same shape; columns of tables go by their names: *made has them in the
 * order of the training set, NULL where they are in it. It has no labels. */
static fa_status align_values(fa_dataset **made, const fa_dataset *train, const fa_dataset *test) {
    fa__shape a = fa__dataset_shape(train), b = fa__dataset_shape(test);
    char is[FA__SHAPE_TEXT], other[FA__SHAPE_TEXT];
    size_t *places = NULL;
    if ((train->kind == FA_KIND_TEXT) != (test->kind == FA_KIND_TEXT))
        return fa__fail(FA_E_SHAPE, "data.train is %s, data.test is %s",
                        train->kind == FA_KIND_TEXT ? "text" : "not text",
                        test->kind == FA_KIND_TEXT ? "text" : "not");
    fa_status status = FA_OK;
    if (a.form == b.form) status = fa__columns_find(&places, &train->names.columns, test);
    if (status != FA_OK) return fa__fail_within(status, "data.test");
    if (!fa__shape_equal(&a, &b))
        return fa__fail(FA_E_SHAPE, "data.train is %s, data.test %s", fa__shape_text(is, &a),
                        fa__shape_text(other, &b));
    const double *shift = train->values.shift;
    if (test->kind == FA_KIND_IMAGES || test->kind == FA_KIND_TEXT ||
        (places == NULL && !fa__columns_shifted(shift, test)))
        return FA_OK;
    status = fa__columns_in_order(made, test, places, shift);
    fa__free(places);
    return status;
}

static fa_status read_data(fa__task *task, const fa_recipe *recipe) {
    const char *test = fa__recipe_text(recipe, FA__DATA_TEST);
    for (fa__key key = FA__DATA_TEST_LABELS; key <= FA__DATA_TEST_HIDDEN; key++)
        if (test[0] == '\0' && fa__recipe_text(recipe, key)[0] != '\0')
            return fa__fail(FA_E_RECIPE, "data.test_%s = %s: data.test is not set; set it as well",
                            key == FA__DATA_TEST_LABELS ? "labels" : "hidden",
                            fa__recipe_text(recipe, key));
    FA_TRY(fa_recipe_read_data(&task->own[FA__TASK_TRAIN], recipe, NULL, "train"));
    if (test[0] != '\0')
        FA_TRY(fa__recipe_read_like(&task->own[FA__TASK_TEST], recipe, test, "test",
                                    fa_dataset_schema(task->own[FA__TASK_TRAIN])));
    task->train = task->own[FA__TASK_TRAIN];
    task->test = task->own[FA__TASK_TEST];
    return FA_OK;
}

fa_status fa__task_open(fa__task *task, const fa_recipe *recipe, const fa_dataset *train,
                        const fa_dataset *test) {
    fa_status status = FA_OK;
    fa_dataset *aligned = NULL;
    *task = (fa__task){.train = train, .test = test};
    if (train == NULL && test != NULL)
        return fa__fail(
            FA_E_ARGUMENT,
            "a test set is given without a training set; give both, or name both in the recipe");
    if (train == NULL) FA_CHECK(read_data(task, recipe));
    if (task->test != NULL) FA_CHECK(align_values(&aligned, task->train, task->test));
    if (aligned != NULL) replace(task, FA__TASK_TEST, aligned);
    FA_CHECK(take_classes(task));
    FA_CHECK(make_labels(task, recipe));
    FA_CHECK(make_split(task, recipe));
    FA_CHECK(read_text(task, recipe));
    FA_CHECK(fit_scaling(task, recipe));
    return FA_OK;
done:
    fa__task_close(task);
    return status;
}

void fa__task_close(fa__task *task) {
    fa_dataset_free(task->own[FA__TASK_TRAIN]);
    fa_dataset_free(task->own[FA__TASK_TEST]);
    fa__free(task->classes);
    fa__free(task->classes_test);
    fa__free(task->coarse);
    fa__free(task->coarse_test);
    fa__free(task->clusters);
    fa__free(task->validation);
    fa__scaling_free(&task->scaling);
    fa__vocabulary_free(&task->vocabulary);
    fa__corpus_free(&task->corpus);
    memset(task, 0, sizeof *task);
}

fa__shape fa__task_outputs(const fa__task *task) {
    if (task->goal == FA__RECONSTRUCTION) return (fa__shape){0};
    return fa__shape_vector(task->groups == 2 ? 1 : task->groups);
}
