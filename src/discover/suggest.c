/* A first recipe for data that nothing is known of but their kind and size.
 *
 * The sizes make a first clustering of 10,000 samples take seconds on two cores. The component's are
 * small: larger ones cost clusters, and of texts coarse accuracy (docs/training.md). */
#include "discover/discover.h"

#include "augment/augment.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_TEXT = 512, NUMBER_TEXT = 32, ALL_NAMES = 128 };

/* Samples seen in training, and the fewest and most epochs that this may make. */
typedef struct effort {
    size_t samples, least, most;
} effort;

static const effort efforts[] = {[FA_KIND_VECTORS] = {200000, 5, 50},
                                 [FA_KIND_IMAGES] = {120000, 3, 30},
                                 [FA_KIND_SERIES] = {100000, 4, 40},
                                 [FA_KIND_TEXT] = {60000, 3, 30}};
static const effort effort_of_photographs = {1200000, 10, 60};

/* Margin and weight of L_multi. Convolutions set images apart further than the other networks do
 * their samples, and a margin far below the divergences of a plain network holds hardly any pairs
 * but those of one hidden class. What else was tried: docs/training.md. */
typedef struct component {
    const char *margin, *weight;
} component;

static const component by_kind[] = {[FA_KIND_VECTORS] = {"0.1", "0.3"},
                                    [FA_KIND_IMAGES] = {"0.2", "1"},
                                    [FA_KIND_SERIES] = {"0.1", "0.3"},
                                    [FA_KIND_TEXT] = {"0.1", "0.3"}};
static const component of_photographs = {"1", "0.3"};   /* recipes/cifar10-batchnorm.ini */
static const component without_labels = {"0.1", "0.1"}; /* its weight is a share, Eq. 11 */

/* Up to 2,000 samples a batch of 128 would leave few steps; many texts bear a larger one
 * (recipes/dbpedia.ini). */
enum { FEW_SAMPLES = 2000, SMALL_BATCH = 32, BATCH = 128, MANY_TEXTS = 50000, TEXT_BATCH = 512 };

/* Texts of so many bytes on average are short: an encyclopedia's abstract rather than an article.
 * What such a text is about stands in its first words. */
enum { SHORT_TEXT = 500 };

/* Features that a layer which starts as they are may have; of more it is an orthogonal map of them. */
enum { MANY_FEATURES = 1024 };

/* Pixels of an image that is small. */
enum { SMALL_IMAGE = 4096 };

/* Small images in grey, in one channel or three: layers without convolutions learn from views as well
 * in a tenth of the time, which is better spent on more epochs (docs/results.md). */
static bool small_and_grey(const fa_dataset *data) {
    return fa__dataset_is_grey(data) && data->values.height * data->values.width <= SMALL_IMAGE;
}

/* Images in colour, whose pixels say little of what they show: a network learns it from the labels. */
static bool are_photographs(const fa_dataset *data, bool label_free) {
    return data->kind == FA_KIND_IMAGES && !label_free && !fa__dataset_is_grey(data);
}

/* ==== Networks ==== */

static size_t wide(size_t features) {
    return features <= 32 ? 64 : features <= 256 ? 128 : 256;
}

static void for_vectors(char out[LAYERS_TEXT], const fa_dataset *data, bool label_free) {
    size_t width = wide(data->features);
    if (label_free)
        snprintf(out, LAYERS_TEXT,
                 "linear %zu relu, linear 32 relu target, linear %zu relu, linear out", width,
                 width);
    else
        snprintf(out, LAYERS_TEXT, "linear %zu relu, linear 64 relu target, linear out", width);
}

static size_t shorter_side(const fa_dataset *data) {
    return data->values.height < data->values.width ? data->values.height : data->values.width;
}

/* The network of recipes/cifar10-batchnorm.ini, which halves 32 pixels three times: larger images are
 * halved before it, up to four times, smaller ones less often within. */
static void for_photographs(char out[LAYERS_TEXT], const fa_dataset *data, const char *above) {
    size_t side = shorter_side(data), used = 0;
    for (int stage = 0; side >= 64 && stage < 4; side /= 2, stage++)
        used += (size_t)snprintf(out + used, LAYERS_TEXT - used,
                                 "conv 32 3x3 stride 2, batchnorm relu, ");
    snprintf(
        out + used, LAYERS_TEXT - used,
        "conv 32 3x3%s, batchnorm relu, conv 64 3x3, batchnorm relu, %sconv 128 3x3, batchnorm "
        "relu, conv 128 3x3, batchnorm relu, %sconv 256 3x3, batchnorm relu, globalpool, %s",
        side >= 32 ? " stride 2" : "", side >= 16 ? "maxpool 2, " : "",
        side >= 8 ? "maxpool 2, " : "", above);
}

/* Convolutions with a pool behind each, as long as the shorter side leaves 4 pixels or more. */
static void for_images(char out[LAYERS_TEXT], const fa_dataset *data, bool label_free) {
    size_t side = shorter_side(data), used = 0, stages = 0;
    if (are_photographs(data, label_free)) {
        for_photographs(out, data, "linear 64 relu target, linear out");
        return;
    }
    for (; side >= 8 && stages < 5; side /= 2, stages++)
        used += (size_t)snprintf(out + used, LAYERS_TEXT - used, "conv %d 3x3 relu, maxpool 2, ",
                                 stages == 0 ? 32 : 64);
    if (stages == 0) used += (size_t)snprintf(out + used, LAYERS_TEXT - used, "conv 32 3x3 relu, ");
    snprintf(out + used, LAYERS_TEXT - used, "%s",
             label_free ? "linear 32 relu target, linear 256 relu, linear out"
                        : "linear 64 relu target, linear out");
}

static const char *for_series(bool label_free) {
    return label_free ? "lstm 128, linear 64 relu target, repeat, lstm 128 every_step, linear out"
                      : "lstm 128, linear 64 relu target, linear out";
}

static void layers_of(char out[LAYERS_TEXT], const fa_dataset *data, bool label_free) {
    switch (data->kind) {
    case FA_KIND_VECTORS:
        for_vectors(out, data, label_free);
        break;
    case FA_KIND_IMAGES:
        for_images(out, data, label_free);
        break;
    case FA_KIND_SERIES:
        snprintf(out, LAYERS_TEXT, "%s", for_series(label_free));
        break;
    case FA_KIND_TEXT:
        snprintf(out, LAYERS_TEXT, "embedding 100, %s", for_series(label_free));
        break;
    }
}

/* ==== The recipe ==== */

/* The samples that are trained on: all, or data.limit of them. */
static size_t trained_on(const fa_recipe *recipe, const fa_dataset *data) {
    size_t limit = fa__recipe_size(recipe, FA__DATA_LIMIT);
    return limit > 0 && limit < data->n ? limit : data->n;
}

static size_t epochs_by(effort e, const fa_recipe *recipe, const fa_dataset *data) {
    size_t epochs = e.samples / trained_on(recipe, data);
    return epochs < e.least ? e.least : epochs > e.most ? e.most : epochs;
}

static int batch_of(const fa_recipe *recipe, const fa_dataset *data) {
    size_t n = trained_on(recipe, data);
    if (n < FEW_SAMPLES) return SMALL_BATCH;
    return data->kind == FA_KIND_TEXT && n >= MANY_TEXTS ? TEXT_BATCH : BATCH;
}

/* Word vectors of the texts themselves; of short texts the LSTM reads the beginning last. */
static fa_status set_text(fa_recipe *recipe, const fa_dataset *data) {
    if (data->kind != FA_KIND_TEXT) return FA_OK;
    FA_TRY(fa_recipe_set(recipe, "text.vectors", "ppmi"));
    if ((double)data->values.offsets[data->n] > (double)SHORT_TEXT * (double)data->n) return FA_OK;
    FA_TRY(fa_recipe_set(recipe, "text.max_tokens", "24"));
    return fa_recipe_set(recipe, "text.order", "backward");
}

typedef const char *const setting[2];

static fa_status apply(fa_recipe *recipe, setting settings[], size_t count) {
    for (size_t i = 0; i < count; i++)
        FA_TRY(fa_recipe_set(recipe, settings[i][0], settings[i][1]));
    return FA_OK;
}
#define APPLY(recipe, settings) apply(recipe, settings, sizeof settings / sizeof *settings)

fa_status fa_recipe_suggest(fa_recipe *recipe, const fa_dataset *data, bool label_free) {
    char layers[LAYERS_TEXT], epochs[NUMBER_TEXT], batch[NUMBER_TEXT];
    if (recipe == NULL || data == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; a recipe is suggested for data",
                        recipe == NULL ? "recipe" : "data");
    bool photographs = are_photographs(data, label_free);
    const component pushed = label_free    ? without_labels
                             : photographs ? of_photographs
                                           : by_kind[data->kind];
    layers_of(layers, data, label_free);
    snprintf(epochs, sizeof epochs, "%zu",
             epochs_by(photographs ? effort_of_photographs : efforts[data->kind], recipe, data));
    snprintf(batch, sizeof batch, "%d", batch_of(recipe, data));
    setting settings[] = {
        {"train.task", label_free ? "reconstruction" : "labels"},
        {"network.layers", layers},
        {"loss.kind", "multi"},
        {"loss.margin", pushed.margin},
        {"loss.weight", pushed.weight},
        {"optimizer.schedule", "cosine"},
        {"cluster.transform", "unit"},
        {"train.epochs", epochs},
        {"train.batch", batch},
    };
    setting of_those[] = {{"network.init", "torch"},
                          {"data.augment", "flip-crop"},
                          {"optimizer.weight_decay", "0.3"},
                          {"train.keep", "last"}};
    FA_TRY(APPLY(recipe, settings));
    if (photographs) FA_TRY(APPLY(recipe, of_those));
    return set_text(recipe, data);
}

/* The layer that the coarse decision is made of, without one between that only the decision shapes:
 * there the classes lie, along directions of little variance, too (docs/results.md). */
static fa_status plain_photographs(fa_recipe *recipe, const fa_dataset *data) {
    char layers[LAYERS_TEXT];
    for_photographs(layers, data, "linear out");
    setting settings[] = {{"network.layers", layers},
                          {"loss.kind", "none"},
                          {"cluster.transform", "root-half-whiten-unit"}};
    return APPLY(recipe, settings);
}

bool fa__is_of_photographs(const fa_recipe *recipe, const fa_dataset *data) {
    char layers[LAYERS_TEXT];
    if (data->kind != FA_KIND_IMAGES) return false;
    for_photographs(layers, data, "linear out");
    return strcmp(fa_recipe_get(recipe, "network.layers"), layers) == 0 &&
           strcmp(fa_recipe_get(recipe, "loss.kind"), "none") == 0;
}

fa_status fa__suggest_clusters(fa_recipe *recipe, const fa_dataset *data, size_t layer,
                               size_t labels, size_t units) {
    char layers[LAYERS_TEXT], above[LAYERS_TEXT / 4];
    snprintf(above, sizeof above, "linear %zu target, logsumexp %zu", labels * units, units);
    for_photographs(layers, data, above);
    setting settings[] = {{"network.layers", layers},
                          {"loss.kind", "clusters"},
                          {"loss.weight", "1"},
                          {"cluster.space", "layer"}};
    FA_TRY(APPLY(recipe, settings));
    return fa__set_number(recipe, "cluster.layer", layer);
}

/* ==== Held together ==== */

/* Photographs by their labels alone; views where they vary what the classes do not depend on;
 * neighbours where the input is near enough to say who belongs together. */
fa__training fa__training_for(const fa_dataset *data, bool label_free) {
    if (are_photographs(data, label_free)) return FA__PLAIN;
    if (data->kind == FA_KIND_IMAGES || fa__policy_for(data) == &fa__policy_strokes)
        return FA__INFORMATION;
    if (data->kind == FA_KIND_TEXT) return FA__NEIGHBOURS;
    return data->kind == FA_KIND_VECTORS && !label_free ? FA__NEIGHBOURS : FA__MULTI;
}

/* What views show is learned slowly, and goes on getting better (docs/results.md); three times as slowly
 * where no label says what belongs together (docs/results/chosen.md). More epochs of few samples were
 * not tried. */
static const effort of_strokes[] = {{480000, 8, 60}, {1440000, 8, 60}};
static const effort of_small_images[] = {{600000, 10, 60},
                                         {1800000, 10, 60}}; /* [without labels] */

/* The network up to its target layer, which becomes linear and as wide as the clusters: there each
 * has a unit of its own (docs/method.md). Without labels nothing but that is learned: what stands
 * above only has the form of an autoencoder's, whose share in the loss is 0. */
static fa_status held_layers(fa_recipe *recipe, const fa_dataset *data, size_t width,
                             bool label_free) {
    static const char narrow[] = "linear 64 relu target";
    char made[LAYERS_TEXT + NUMBER_TEXT], labelled[LAYERS_TEXT];
    layers_of(labelled, data, false);
    if (small_and_grey(data)) snprintf(labelled, sizeof labelled, "linear 256 relu, %s", narrow);
    const char *above =
        label_free && data->kind == FA_KIND_SERIES ? "repeat, linear out" : "linear out";
    snprintf(made, sizeof made, "%.*s%slinear %zu target, %s",
             (int)(strstr(labelled, narrow) - labelled), labelled,
             data->kind == FA_KIND_IMAGES ? "linear 128 relu, " : "", width, above);
    return fa_recipe_set(recipe, "network.layers", made);
}

/* L_information and L_hold, which every training that holds a target layer together starts from. */
static fa_status inform_and_hold(fa_recipe *recipe) {
    setting settings[] = {{"loss.kind", "information"},
                          {"loss.weight", "1"},
                          {"loss.information_mu", "3"},
                          {"loss.hold", "kl"},
                          {"loss.hold_weight", "1"}};
    return APPLY(recipe, settings);
}

static fa_status hold_by_views(fa_recipe *recipe, const fa_dataset *data, size_t width,
                               size_t epochs, bool label_free) {
    effort all = small_and_grey(data)           ? of_small_images[label_free]
                 : data->kind == FA_KIND_SERIES ? of_strokes[label_free]
                                                : efforts[data->kind];
    size_t own = epochs_by(all, recipe, data);
    bool at_once = label_free || (epochs > 0 ? epochs : own) < 3;
    setting settings[] = {
        {"data.views", "auto"},
        {"data.augment", "none"},
        {"loss.start_epoch", at_once ? "0" : "1"},
        {"loss.ramp_epochs", at_once ? "0" : "1"},
        {"optimizer.learning_rate", "0.003"},
        {"train.keep", "last"}, /* the coarse loss knows nothing of what is held */
    };
    FA_TRY(held_layers(recipe, data, width, label_free));
    FA_TRY(fa__set_number(recipe, "train.epochs", own));
    FA_TRY(inform_and_hold(recipe));
    FA_TRY(APPLY(recipe, settings));
    /* Strokes that may be left out keep a network without labels from its first step off the spot. */
    if (label_free && data->kind == FA_KIND_SERIES)
        FA_TRY(fa_recipe_set(recipe, "views.crop", "0"));
    /* By their spread the ends of strokes and drawings would weigh 11 to 15 times what a pixel's move
     * does; as in recipes/mnist-strokes-held-unlabelled.ini they weigh 4 times that. */
    if (label_free && fa__policy_for(data) == &fa__policy_strokes)
        FA_TRY(fa_recipe_set(recipe, "data.scale", "0.25 0.25 1 1"));
    return FA_OK;
}

/* As many of more texts are nearer than a class is wide. */
static size_t neighbours_of(const fa_recipe *recipe, const fa_dataset *data) {
    size_t share = trained_on(recipe, data) / 500;
    return share < 10 ? 10 : share > 100 ? 100 : share;
}

/* A text is the mean of its words' vectors, which are made from the texts and stay as they are.
 * Without labels nothing but the neighbours is learned from, as in held_layers. */
static fa_status mean_of_words(fa_recipe *recipe, const fa_dataset *data, bool label_free) {
    FA_TRY(fa__set_number(recipe, "loss.neighbours", neighbours_of(recipe, data)));
    /* InfoNCE compares all rows of a batch: the larger, the longer an epoch. */
    FA_TRY(fa__set_number(recipe, "train.batch",
                          trained_on(recipe, data) < FEW_SAMPLES ? SMALL_BATCH : BATCH));
    setting settings[] = {
        {"network.layers", label_free ? "embedding 100 fixed, mean, linear 100 target, repeat, "
                                        "linear out"
                                      : "embedding 100 fixed, mean, linear 100 target, linear out"},
        {"network.init", "identity"},
        {"data.scale", "common"},
        {"text.max_tokens", "1000"},
        {"text.order", "forward"},
        {"loss.neighbours_layer", "2"},
        {"loss.labels", "no"}, /* the labels, too, are to stay apart from each other */
    };
    return APPLY(recipe, settings);
}

enum { UNIT_ROWS = 10000 };
static const double one_unit = 3, one_unit_unnamed = 10; /* widest range by the median one */

typedef struct spread {
    double low, high, sum, squares;
} spread;

/* Of each column, over rows that lie evenly spread; how many those are. */
static size_t measure_columns(spread *columns, const fa_dataset *data) {
    size_t n = data->n < UNIT_ROWS ? data->n : UNIT_ROWS;
    for (size_t j = 0; j < data->features; j++) columns[j] = (spread){HUGE_VAL, -HUGE_VAL, 0, 0};
    for (size_t i = 0; i < n; i++) {
        const float *row =
            fa__dataset_numbers(data, (size_t)((double)i * (double)data->n / (double)n));
        for (size_t j = 0; j < data->features; j++) {
            spread *c = &columns[j];
            double x = (double)row[j];
            c->low = fmin(c->low, x), c->high = fmax(c->high, x);
            c->sum += x, c->squares += x * x;
        }
    }
    return n;
}

/* Whether what varies more tells more: the columns are pixels, counts of one kind, outputs of a
 * network or principal components (the mean of each is nothing beside its spread), not each in a
 * unit of its own. Names make the latter likelier. */
static fa_status is_of_one_unit(bool *out, const fa_dataset *data) {
    fa_status status = FA_OK;
    double *ranges = NULL,
           most = fa_dataset_column_name(data, 0) != NULL ? one_unit : one_unit_unnamed;
    spread *columns = NULL;
    bool centred = true;
    size_t varying = 0;
    FA_CHECK(FA_NEW(ranges, data->features));
    FA_CHECK(FA_NEW(columns, data->features));
    size_t n = measure_columns(columns, data);
    for (size_t j = 0; j < data->features; j++) {
        const spread *c = &columns[j];
        if (!(c->high > c->low)) continue;
        ranges[varying++] = c->high - c->low;
        centred = centred && c->sum * c->sum <= 0.01 * (double)n * c->squares;
    }
    qsort(ranges, varying, sizeof *ranges, fa__by_double);
    *out = varying == 0 || centred || ranges[varying - 1] <= most * ranges[varying / 2];
done:
    fa__free(ranges);
    fa__free(columns);
    return status;
}

/* A coarse label is a union of classes, which no plane divides from those of the others: of few rows, what
 * predicts it is no linear map (digits 0-4 / 5-9, 240 rows: .87 -> .95 of other rows). More rows draw the
 * map itself towards what a plane divides, and two seeds agree better. */
static void map_layers(char out[LAYERS_TEXT], const fa_recipe *recipe, const fa_dataset *data) {
    snprintf(out, LAYERS_TEXT, "linear %zu target, %slinear out",
             data->features > MANY_FEATURES ? (size_t)MANY_FEATURES : data->features,
             trained_on(recipe, data) < FEW_SAMPLES ? "linear 64 relu, " : "");
}

/* A linear map that starts from the input as it is, and is drawn from there towards neighbours of
 * one label: what the input knows of fine classes is kept. */
static fa_status map_of_features(fa_recipe *recipe, const fa_dataset *data) {
    bool common;
    FA_TRY(is_of_one_unit(&common, data));
    bool wide = data->features > MANY_FEATURES;
    char layers[LAYERS_TEXT];
    map_layers(layers, recipe, data);
    setting settings[] = {
        {"network.layers", layers},
        {"network.init", wide ? "orthogonal" : "identity"},
        {"data.scale", common ? "common" : "standard"},
    };
    return APPLY(recipe, settings);
}

bool fa__is_map_of_features(const fa_recipe *recipe, const fa_dataset *data) {
    char layers[LAYERS_TEXT];
    if (data->kind != FA_KIND_VECTORS) return false;
    map_layers(layers, recipe, data);
    return strcmp(fa_recipe_get(recipe, "network.layers"), layers) == 0 &&
           strcmp(fa_recipe_get(recipe, "data.scale"), "common") == 0 &&
           strcmp(fa_recipe_get(recipe, "loss.kind"), "infonce") == 0;
}

/* Rows seen by a network of half the rows, and by one with a wide layer. */
static const effort of_half = {150000, 10, 60}, of_wide = {300000, 15, 60};

fa_status fa__suggest_half(fa_recipe *recipe, const fa_dataset *data, size_t epochs) {
    setting settings[] = {
        {"data.limit", "0"},          {"network.layers", "linear 512 relu target, linear out"},
        {"network.init", "torch"},    {"loss.kind", "none"},
        {"loss.positives", "views"},  {"optimizer.learning_rate", "0.002"},
        {"cluster.rows", "held_out"}, {"cluster.within", "none"},
        {"cluster.restarts", "1"},    {"cluster.k", "2"},
    };
    FA_TRY(APPLY(recipe, settings));
    return fa__set_number(recipe, "train.epochs",
                          epochs > 0 ? epochs : epochs_by(of_half, recipe, data));
}

/* As recipes/cifar10-features-held.ini has it. */
fa_status fa__suggest_wide(fa_recipe *recipe, const fa_dataset *data, size_t width, size_t epochs) {
    char layers[LAYERS_TEXT];
    snprintf(layers, sizeof layers, "linear 512 relu, linear %zu target, linear out", width);
    setting settings[] = {
        {"network.layers", layers},           {"network.init", "torch"},
        {"loss.neighbours_layer", "1"},       {"loss.renew_epochs", "3"},
        {"optimizer.learning_rate", "0.002"}, {"cluster.layer", "1"},
    };
    FA_TRY(inform_and_hold(recipe));
    FA_TRY(APPLY(recipe, settings));
    return fa__set_number(recipe, "train.epochs",
                          epochs > 0 ? epochs : epochs_by(of_wide, recipe, data));
}

static fa_status hold_by_neighbours(fa_recipe *recipe, const fa_dataset *data, bool label_free) {
    setting settings[] = {
        {"loss.kind", "infonce"},         {"loss.temperature", "0.3"}, {"loss.weight", "1"},
        {"loss.positives", "neighbours"}, {"train.keep", "last"},
    };
    FA_TRY(data->kind == FA_KIND_TEXT ? mean_of_words(recipe, data, label_free)
                                      : map_of_features(recipe, data));
    return APPLY(recipe, settings);
}

/* The target layer of hold_by_views on neighbours: of vectors in the input, of texts in the means of
 * their words. */
static fa_status hold_units_by_neighbours(fa_recipe *recipe, const fa_dataset *data, size_t width,
                                          bool label_free) {
    bool text = data->kind == FA_KIND_TEXT, common = true;
    if (text)
        FA_TRY(mean_of_words(recipe, data, label_free));
    else
        FA_TRY(is_of_one_unit(&common, data));
    char layers[LAYERS_TEXT];
    snprintf(layers, sizeof layers, "embedding 100 fixed, mean, linear %zu target, %slinear out",
             width, label_free ? "repeat, " : "");
    if (text)
        FA_TRY(fa_recipe_set(recipe, "network.layers", layers));
    else
        FA_TRY(held_layers(recipe, data, width, label_free));
    setting settings[] = {
        {"network.init", "torch"},
        {"data.scale", common ? "common" : "standard"},
        {"loss.positives", "neighbours"},
        {"train.keep", "last"},
    };
    FA_TRY(inform_and_hold(recipe));
    return APPLY(recipe, settings);
}

static fa_status hold(fa_recipe *recipe, const fa_dataset *data, fa__training training,
                      bool label_free, size_t width, size_t epochs) {
    bool near = data->kind == FA_KIND_VECTORS || data->kind == FA_KIND_TEXT;
    FA_TRY(near ? hold_units_by_neighbours(recipe, data, width, label_free)
                : hold_by_views(recipe, data, width, epochs, label_free));
    if (training == FA__INFORMATION) return FA_OK;
    const char *weight = label_free ? "1" : data->kind == FA_KIND_IMAGES ? "0.3" : "0.5";
    setting settings[] = {{"loss.kind", "multi"}, {"loss.margin", "3"}, {"loss.weight", weight}};
    return APPLY(recipe, settings);
}

const char *fa__training_name(fa__training training) {
    static const char *const names[FA__TRAININGS] = {[FA__PLAIN] = "plain",
                                                     [FA__MULTI] = "multi",
                                                     [FA__HELD] = "held",
                                                     [FA__INFORMATION] = "information",
                                                     [FA__NEIGHBOURS] = "neighbours"};
    return names[training];
}

static fa_status unknown(const char *name, size_t length) {
    char known[ALL_NAMES] = "";
    for (fa__training t = FA__PLAIN; t < FA__TRAININGS; t++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", t > 0 ? ", " : "",
                 fa__training_name(t));
    }
    return fa__fail(FA_E_ARGUMENT, "methods: '%.*s' is none of %s", (int)length, name, known);
}

fa_status fa__methods_read(fa__training out[FA__TRAININGS], size_t *count, const char *list) {
    *count = 0;
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        fa__training t = FA__PLAIN;
        while (t < FA__TRAININGS && (strlen(fa__training_name(t)) != length ||
                                     strncmp(fa__training_name(t), at, length) != 0))
            t++;
        if (t == FA__TRAININGS) return unknown(at, length);
        for (size_t i = 0; i < *count; i++)
            if (out[i] == t)
                return fa__fail(FA_E_ARGUMENT, "methods: %s is there twice", fa__training_name(t));
        out[(*count)++] = t;
        at += length;
        if (*at == '\0') return FA_OK;
    }
}

fa_status fa__suggest(fa_recipe *recipe, const fa_dataset *data, fa__training training,
                      bool label_free, size_t width, size_t epochs) {
    FA_TRY(fa_recipe_suggest(recipe, data, label_free));
    switch (training) {
    case FA__PLAIN:
        if (are_photographs(data, label_free)) return plain_photographs(recipe, data);
        return fa_recipe_set(recipe, "loss.kind", "none");
    case FA__HELD:
    case FA__INFORMATION:
        return hold(recipe, data, training, label_free, width, epochs);
    case FA__NEIGHBOURS:
        return hold_by_neighbours(recipe, data, label_free);
    case FA__MULTI:
    case FA__TRAININGS:
        break;
    }
    return FA_OK;
}
