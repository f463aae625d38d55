/* The table of the keys of a recipe: a row a key. */
#include "recipe/keys.h"

#include "augment/augment.h"
#include "recipe/components.h"

/* The type of a row and what goes with it: a row without one does not compile. */
#define TEXT                      FA_VALUE_TEXT, 0, 0, 0
#define CHOICE                    FA_VALUE_CHOICE, 0, 0, 0
#define NUMBER(low, high)         FA_VALUE_NUMBER, low, high, 0
#define NUMBER_ABOVE(low, high)   FA_VALUE_NUMBER, low, high, 1
#define WHOLE(low, high)          FA_VALUE_WHOLE, low, high, 0
#define WHOLE_OR_AUTO(low, high)  FA_VALUE_WHOLE_OR_AUTO, low, high, 0
#define CLUSTERS(low, high)       FA_VALUE_CLUSTERS, low, high, 0
#define NUMBER_OR_AUTO(low, high) FA_VALUE_NUMBER_OR_AUTO, low, high, 0
#define MOST                      9007199254740992.0 /* 2^53: whole numbers below it are exact as double */

/* Of a key that has an effect whatever the others are. */
#define ALWAYS NULL

/* "a|b|c" of a list of choices. */
#define AS_WORD(constant, word) "|" word
#define WORDS(list)             &list(AS_WORD)[1]
#define AS_POLICY(name)         "|" #name

/* Of the rows of the table of components: "|none|single..." and "; none: ...; single: ...". */
#define AS_NAME(name, text) "|" #name
#define AS_TEXT(name, text) "; " #name ": " text

/* These are of the public header, whose order their words follow. */
_Static_assert(FA_DIVERGENCE_KL == 0 && FA_DIVERGENCE_JS == 1, "loss.divergence");
_Static_assert(FA_PAIR_NORM_LABEL == 0 && FA_PAIR_NORM_GLOBAL == 1, "loss.norm");
_Static_assert(FA_TRANSFORM_NONE == 0 && FA_TRANSFORM_UNIT == 1 && FA_TRANSFORM_STANDARD == 2 &&
                   FA_TRANSFORM_WHITEN == 3 && FA_TRANSFORM_WHITEN_UNIT == 4 &&
                   FA_TRANSFORM_HALF_WHITEN_UNIT == 5 && FA_TRANSFORM_ROOT_HALF_WHITEN_UNIT == 6,
               "cluster.transform");
_Static_assert(FA_WITHIN_NONE == 0 && FA_WITHIN_GIVEN == 1 && FA_WITHIN_PREDICTED == 2,
               "cluster.within");

const fa_recipe_key fa__recipe_table[FA__KEY_COUNT] = {
    [FA__DATA_TRAIN] = {"data.train", TEXT, "", "path", "data set to train on", ALWAYS},
    [FA__DATA_TEST] = {"data.test", TEXT, "", "path or empty",
                       "data set to embed, cluster and score at the end", ALWAYS},
    [FA__DATA_LABELS] =
        {"data.labels", TEXT, "", "path or empty",
         "the coarse labels of data.train in a file beside it (.npy, one a line, or "
         "a table row,label or file,label); the network is trained on them",
         ALWAYS},
    [FA__DATA_HIDDEN] = {"data.hidden", TEXT, "", "path or empty",
                         "the classes of data.train in such a file, hidden in training unless "
                         "data.groups makes coarse labels of them",
                         ALWAYS},
    [FA__DATA_TEST_LABELS] = {"data.test_labels", TEXT, "", "path or empty",
                              "the coarse labels of data.test in such a file", ALWAYS},
    [FA__DATA_TEST_HIDDEN] = {"data.test_hidden", TEXT, "", "path or empty",
                              "the classes of data.test in such a file", ALWAYS},
    [FA__DATA_GROUPS] = {"data.groups", TEXT, "", "as 0-4 / 5-9",
                         "coarse groups of the fine classes; the classes stay hidden in training; "
                         "empty: the classes are the coarse labels (with train.task = "
                         "reconstruction they stay hidden)",
                         ALWAYS},
    [FA__DATA_CLUSTERS] =
        {"data.clusters", TEXT, "", "path or empty",
         "the cluster of each sample of data.train, of a former training, in a file "
         "as `cluster -o` writes it; below 0: none",
         "loss.kind=clusters"},
    [FA__DATA_LABEL_COLUMN] = {"data.label_column", TEXT, "", "name or number, or empty",
                               "the coarse labels of a table, any words; empty fields: none; the "
                               "network is trained on them in place of data.groups",
                               ALWAYS},
    [FA__DATA_HIDDEN_COLUMN] = {"data.hidden_column", TEXT, "", "name or number, or empty",
                                "the classes of a table, hidden in training unless data.groups "
                                "makes coarse labels of them",
                                ALWAYS},
    [FA__DATA_TEXT_COLUMN] = {"data.text_column", TEXT, "", "name or number, or empty",
                              "the texts of a table", ALWAYS},
    [FA__DATA_IGNORE_COLUMNS] = {"data.ignore_columns", TEXT, "", "names or numbers, or empty",
                                 "columns of a table that are left out, with commas between",
                                 ALWAYS},
    [FA__DATA_FEATURE_COLUMNS] = {"data.feature_columns", TEXT, "", "names or numbers, or empty",
                                  "columns of a table that are features, whatever they look like",
                                  ALWAYS},
    [FA__DATA_ID_COLUMN] = {"data.id_column", TEXT, "", "name or number, or empty",
                            "which series a row of a table belongs to, or the names of its rows",
                            ALWAYS},
    [FA__DATA_TIME_COLUMN] = {"data.time_column", TEXT, "", "name or number, or empty",
                              "when a row of a series is: numbers, or dates as 2020-05-12 14:30",
                              ALWAYS},
    [FA__DATA_HEADER] = {"data.header", CHOICE, "auto", WORDS(FA__HEADER),
                         "whether the first row of a table names the columns", ALWAYS},
    [FA__DATA_MISSING] =
        {"data.missing", CHOICE, "refuse", WORDS(FA__MISSING),
         "what is done about missing values: drop leaves such samples out, zero "
         "puts 0 there (before data.scale), mean and median that of the feature, "
         "category makes missing words a category and adds a feature for missing "
         "numbers, forward takes the value before (series); of images, drop leaves "
         "out those that cannot be read",
         ALWAYS},
    [FA__DATA_RESIZE] = {"data.resize", WHOLE(0, 4096), "0", "0 to 4096",
                         "images of a folder become so many pixels wide and high; 0: they must be "
                         "of one size",
                         ALWAYS},
    [FA__DATA_SCALE] =
        {"data.scale", TEXT, "standard", "standard, common, or one factor, or one for each feature",
         "what inputs are multiplied by; standard: each feature at mean 0 and variance 1 on the "
         "training split; common: all by one factor, for features that tell more by varying more "
         "(of texts the vectors of text.vectors, so that the means over the texts are so scaled)",
         ALWAYS},
    [FA__DATA_LIMIT] =
        {"data.limit", WHOLE(0, MOST), "0", ">= 0",
         "use only so many training samples, in their order: one of each of so many equal "
         "stretches of the data, drawn by train.seed; 0: all",
         ALWAYS},
    [FA__DATA_VALIDATION] = {"data.validation", NUMBER_ABOVE(0, 1 - 1e-9), "0.1", "0 < x < 1",
                             "share of the training data kept for validation, drawn by train.seed",
                             ALWAYS},
    [FA__DATA_AUGMENT] = {"data.augment", CHOICE, "none", WORDS(FA__AUGMENTS),
                          "images in training: mirrored by chance and moved by up to 4 pixels, "
                          "cutout: and a square of half the shorter side blotted out; drawn by "
                          "train.seed, epoch and sample",
                          ALWAYS},
    [FA__DATA_VIEWS] = {"data.views", CHOICE, "none", "none|auto" FA__POLICIES(AS_POLICY),
                        "two views of each sample in every batch, changed at random in what its "
                        "class does not depend on; auto: by the kind of the data",
                        ALWAYS},
    [FA__VIEWS_ROTATION] = {"views.rotation", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                            "degrees either way", "data.views!=none"},
    [FA__VIEWS_SCALE] = {"views.scale", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                         "natural logarithm of the largest factor: of each axis (strokes, images), "
                         "of each feature (series)",
                         "data.views!=none"},
    [FA__VIEWS_SHEAR] = {"views.shear", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                         "of the x axis along y, either way", "data.views!=none"},
    [FA__VIEWS_WARP] = {"views.warp", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                        "strokes, images: pixels that a wave moves the points by; series: share by "
                        "which their pace changes",
                        "data.views!=none"},
    [FA__VIEWS_SHIFT] = {"views.shift", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                         "pixels, each way", "data.views!=none"},
    [FA__VIEWS_CROP] = {"views.crop", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                        "largest share that is cut away: of the area (images), the steps (series), "
                        "the words (text), of a drawing by leaving out one stroke (strokes)",
                        "data.views!=none"},
    [FA__VIEWS_ASPECT] = {"views.aspect", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                          "natural logarithm of the largest change of the sides of what is cut out",
                          "data.views!=none"},
    [FA__VIEWS_FLIP] = {"views.flip", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                        "probability that an image is mirrored left to right", "data.views!=none"},
    [FA__VIEWS_LIFT] = {"views.lift", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                        "strokes: probability that one is parted in two at an inner point",
                        "data.views!=none"},
    [FA__VIEWS_JOIN] = {"views.join", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                        "strokes: probability that two in a row become one", "data.views!=none"},
    [FA__VIEWS_TRIM] = {"views.trim", WHOLE_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                        "strokes: most points cut off at each end of long ones",
                        "data.views!=none"},
    [FA__VIEWS_DROP] = {"views.drop", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                        "probability that a point of a stroke, a feature or a word is left out",
                        "data.views!=none"},
    [FA__VIEWS_SPLIT] = {"views.split", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                         "strokes: probability that a point is added in the middle between two",
                         "data.views!=none"},
    [FA__VIEWS_JITTER] = {"views.jitter", NUMBER_OR_AUTO(0, 1e6), "auto", ">= 0, or auto",
                          "standard deviation of noise: in pixels (strokes), as data.scale leaves "
                          "the data (series, vectors)",
                          "data.views!=none"},
    [FA__VIEWS_REVERSE] =
        {"views.reverse", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
         "strokes: probability, in the second view, that one is drawn from its end",
         "data.views!=none"},
    [FA__VIEWS_REORDER] = {"views.reorder", NUMBER_OR_AUTO(0, 1), "auto", "0 <= x <= 1, or auto",
                           "strokes: probability that the second view has them in another order; "
                           "text: that two words change places",
                           "data.views!=none"},
    [FA__TEXT_VOCABULARY] = {"text.vocabulary", WHOLE(1, 16777215), "20000", "1..16777215",
                             "words known, the most frequent of the training split; all others "
                             "share one vector",
                             "network.layers=embedding*"},
    [FA__TEXT_MIN_COUNT] = {"text.min_count", WHOLE(1, MOST), "2", ">= 1",
                            "how often a word must occur there to be known",
                            "network.layers=embedding*"},
    [FA__TEXT_MAX_TOKENS] = {"text.max_tokens", WHOLE(1, MOST), "100", ">= 1",
                             "words read of a text; the rest is cut off",
                             "network.layers=embedding*"},
    [FA__TEXT_ORDER] = {"text.order", CHOICE, "forward", WORDS(FA__TEXT_ORDERS),
                        "backward: the network meets the last of these words first, so that the "
                        "beginning of a text is what it has read last",
                        "network.layers=embedding*"},
    [FA__TEXT_VECTORS] = {"text.vectors", TEXT, "", "path, ppmi or empty",
                          "word vectors that the embedding starts from: those of a .vec file, or "
                          "ppmi: made from the training texts, without labels",
                          ALWAYS},
    [FA__TEXT_WINDOW] = {"text.window", WHOLE(1, 100), "5", "1..100",
                         "words to each side that count as near", "text.vectors=ppmi"},
    [FA__NETWORK_LAYERS] = {"network.layers", TEXT, "lstm 128, linear 64 relu target, linear out",
                            "layers from input to output",
                            "the network; `target` marks the layer that is forced apart and "
                            "clustered, `out` stands for the number of outputs",
                            ALWAYS},
    [FA__NETWORK_INIT] = {"network.init", CHOICE, "he", "he|glorot|torch|orthogonal|identity",
                          "how linear and conv layers start: by variance, uniform +-1/sqrt(inputs) "
                          "(torch), as an orthogonal map, or as y = x where they are at least as "
                          "wide as their input",
                          ALWAYS},
    [FA__NETWORK_WEIGHTS] = {"network.weights", TEXT, "", "path or empty",
                             "trained weights to start from, a .safetensors file: a model of this "
                             "program or VGG as torchvision names its tensors; the last layer "
                             "starts anew",
                             ALWAYS},
    [FA__NETWORK_PRECISION] = {"network.precision", CHOICE, "float32", "float32|bfloat16",
                               "what convolutions multiply in training; bfloat16 needs a processor "
                               "with avx512_bf16, sums stay float32",
                               ALWAYS},
    [FA__NETWORK_ENGINE] = {"network.engine", CHOICE, "auto", "auto|native|onednn|ref",
                            "who does the arithmetic", ALWAYS},
    [FA__LOSS_KIND] = {"loss.kind", CHOICE, "multi", &FA__COMPONENTS(AS_NAME)[1],
                       "component added to the coarse task" FA__COMPONENTS(AS_TEXT), ALWAYS},
    [FA__LOSS_MARGIN] = {"loss.margin", NUMBER_ABOVE(0, 1e30), "0.1", "> 0", "m of Eq. 7",
                         "loss.kind=single|multi"},
    [FA__LOSS_WEIGHT] = {"loss.weight", NUMBER(0, 1e30), "1", ">= 0",
                         "the component's weight once it is fully on; with train.task = "
                         "reconstruction the a of Eq. 11, at most 1",
                         "loss.kind!=none or train.task=reconstruction"},
    [FA__LOSS_DIVERGENCE] = {"loss.divergence", CHOICE, "kl", "kl|js", "divergence of Eq. 7",
                             "loss.kind=single|multi"},
    [FA__LOSS_NORM] = {"loss.norm", CHOICE, "label", "label|global",
                       "reading of N_s in Eq. 8: 1/N_y^2 for each label, or 1/sum N_y^2",
                       "loss.kind=multi"},
    [FA__LOSS_LABELS] = {"loss.labels", CHOICE, "yes", WORDS(FA__ANSWERS),
                         "no: multi and infonce take all pairs of the batch, Eq. 10, as always "
                         "with train.task = reconstruction",
                         "loss.kind=multi|infonce"},
    [FA__LOSS_INFORMATION_MU] = {"loss.information_mu", NUMBER(0, 1e30), "3", ">= 0",
                                 "how much information wants all units used alike; 1: the mutual "
                                 "information of sample and unit",
                                 "loss.kind=information"},
    [FA__LOSS_INFORMATION_CAP] = {"loss.information_cap", NUMBER(0, 1e30), "0", ">= 0",
                                  "entropy of the units' use, in nats, above which information "
                                  "wants no more; for classes of "
                                  "unequal size below the log of their number; 0: none",
                                  "loss.kind=information"},
    [FA__LOSS_INFORMATION_LABELS] = {"loss.information_labels", CHOICE, "no", WORDS(FA__ANSWERS),
                                     "yes: information of the rows of each coarse label, no: of "
                                     "the whole batch",
                                     "loss.kind=information"},
    [FA__LOSS_TEMPERATURE] = {"loss.temperature", NUMBER(0.001, 1e30), "0.1", ">= 0.001",
                              "what infonce divides cosines by", "loss.kind=infonce"},
    [FA__LOSS_HOLD] = {"loss.hold", CHOICE, "none", WORDS(FA__HOLDS),
                       "a second term that holds positive pairs together: their mean divergence, "
                       "Kullback-Leibler or Jensen-Shannon, both ways; loss.kind = multi leaves "
                       "these pairs out",
                       ALWAYS},
    [FA__LOSS_HOLD_WEIGHT] = {"loss.hold_weight", NUMBER(0, 1e30), "1", ">= 0",
                              "its weight, on the component's schedule", "loss.hold!=none"},
    [FA__LOSS_POSITIVES] = {"loss.positives", CHOICE, "views", WORDS(FA__POSITIVES),
                            "positive pairs: the two views of a sample (data.views), or a sample "
                            "and one of its nearest neighbours of the same coarse label",
                            ALWAYS},
    [FA__LOSS_NEIGHBOURS] = {"loss.neighbours", WHOLE(1, 1000), "10", "1..1000",
                             "neighbours that one is drawn from, anew in every epoch; in a label "
                             "of fewer samples all of them",
                             "loss.positives=neighbours"},
    [FA__LOSS_NEIGHBOURS_LAYER] = {"loss.neighbours_layer", WHOLE(0, 1000), "0", ">= 0",
                                   "layer whose outputs tell how near samples are, counted from 1; "
                                   "0: the input",
                                   "loss.positives=neighbours"},
    [FA__LOSS_NEIGHBOURS_EXACT] = {"loss.neighbours_exact", WHOLE(0, 2147483647), "200000",
                                   "0..2147483647",
                                   "samples of a coarse label up to which all pairs are compared; "
                                   "above, neighbours are looked for in inverted lists",
                                   "loss.positives=neighbours"},
    [FA__LOSS_NEIGHBOURS_RECALL] = {"loss.neighbours_recall", NUMBER(0.01, 1), "0.95", "0.01..1",
                                    "share of the nearest neighbours that these find at least, "
                                    "measured on 512 samples; 1: all pairs are compared",
                                    "loss.positives=neighbours"},
    [FA__LOSS_RENEW_EPOCHS] = {"loss.renew_epochs", WHOLE(0, 1e9), "0", ">= 0",
                               "epochs after which a layer's neighbours are found again; needed by "
                               "loss.neighbours_layer, unless nothing up to it is trained",
                               "loss.neighbours_layer!=0"},
    [FA__LOSS_START_EPOCH] = {"loss.start_epoch", NUMBER(0, 1e9), "0", ">= 0",
                              "epochs without the component at the start",
                              "loss.kind!=none or loss.hold!=none or train.task=reconstruction"},
    [FA__LOSS_RAMP_EPOCHS] = {"loss.ramp_epochs", NUMBER(0, 1e9), "0", ">= 0",
                              "epochs over which its weight then grows from 0",
                              "loss.kind!=none or loss.hold!=none or train.task=reconstruction"},
    [FA__LOSS_END_EPOCH] = {"loss.end_epoch", NUMBER(0, 1e9), "0", ">= 0",
                            "epoch from which it is off again; 0: never",
                            "loss.kind!=none or loss.hold!=none or train.task=reconstruction"},
    [FA__OPTIMIZER_LEARNING_RATE] = {"optimizer.learning_rate", NUMBER_ABOVE(0, 1e30), "0.002",
                                     "> 0", "Adam's step size", ALWAYS},
    [FA__OPTIMIZER_SCHEDULE] = {"optimizer.schedule", CHOICE, "constant", WORDS(FA__SCHEDULES),
                                "cosine: from learning_rate to 0 over train.epochs", ALWAYS},
    [FA__OPTIMIZER_BETA1] = {"optimizer.beta1", NUMBER(0, 1 - 1e-12), "0.9", "0 <= x < 1",
                             "Adam's memory of the gradient", ALWAYS},
    [FA__OPTIMIZER_BETA2] = {"optimizer.beta2", NUMBER(0, 1 - 1e-12), "0.999", "0 <= x < 1",
                             "Adam's memory of its square", ALWAYS},
    [FA__OPTIMIZER_EPSILON] = {"optimizer.epsilon", NUMBER_ABOVE(0, 1e30), "1e-8", "> 0",
                               "Adam's guard against division by 0", ALWAYS},
    [FA__OPTIMIZER_WEIGHT_DECAY] = {"optimizer.weight_decay", NUMBER(0, 1e9), "0", ">= 0",
                                    "share of the weights, times the step size, that each step "
                                    "takes off them (AdamW's); biases and batch norm are let be",
                                    ALWAYS},
    [FA__OPTIMIZER_CLIP] = {"optimizer.clip", NUMBER(0, 1e30), "5", ">= 0",
                            "largest L2 norm of the gradient; 0: no limit", ALWAYS},
    [FA__TRAIN_TASK] = {"train.task", CHOICE, "labels", WORDS(FA__GOALS),
                        "what is learned: the coarse labels, or without any labels to give back "
                        "the input, Eq. 11 (an autoencoder)",
                        ALWAYS},
    [FA__TRAIN_EPOCHS] = {"train.epochs", WHOLE(1, 1e9), "10", ">= 1",
                          "passes over the training split", ALWAYS},
    [FA__TRAIN_BATCH] = {"train.batch", WHOLE(2, 1e9), "128", ">= 2", "samples of a batch", ALWAYS},
    [FA__TRAIN_MICRO_BATCH] = {"train.micro_batch", WHOLE(0, 1e9), "0", ">= 0",
                               "samples of it that go through the network at once, in whole "
                               "shards, forward twice where they are not all: the same model in "
                               "the memory of so many; 0: all",
                               ALWAYS},
    [FA__TRAIN_BALANCE] = {"train.balance", CHOICE, "none", WORDS(FA__BALANCES),
                           "labels: every coarse label comes equally often in each batch; samples "
                           "of rare ones come more than once in an epoch, not all of frequent ones "
                           "do",
                           ALWAYS},
    [FA__TRAIN_SHARDS] =
        {"train.shards", WHOLE(1, 1024), "4", "1..1024",
         "parts that a batch is cut into for parallel work; part of what a seed means", ALWAYS},
    [FA__TRAIN_KEEP] = {"train.keep", CHOICE, "best_loss", WORDS(FA__KEEPS),
                        "epoch kept: lowest validation loss of the task, highest coarse "
                        "validation accuracy, or the last",
                        ALWAYS},
    [FA__TRAIN_SEED] = {"train.seed", WHOLE(0, MOST), "1", "0..2^53",
                        "seed of the split, the initial weights and the order of the samples",
                        ALWAYS},
    [FA__CLUSTER_K] = {"cluster.k", CLUSTERS(0, 1e9), "0", ">= 0, auto, or as a=4, b=6",
                       "clusters; 0: as many as hidden classes, without any as coarse labels; "
                       "auto: chosen after training, by silhouette and stability; with "
                       "cluster.within also one number for each label, by its name or number",
                       ALWAYS},
    [FA__CLUSTER_WITHIN] = {"cluster.within", CHOICE, "none", "none|given|predicted",
                            "coarse labels that no cluster reaches beyond: none, as in the paper; "
                            "given: a sample's own, where it has none the predicted one; "
                            "predicted: the network's answer. cluster.k is shared out over them",
                            ALWAYS},
    [FA__CLUSTER_ROWS] = {"cluster.rows", CHOICE, "held_out", WORDS(FA__SCORED_ROWS),
                          "what is embedded, clustered and scored: data.test or without it the "
                          "validation split; or all of data.train",
                          "data.test=empty"},
    [FA__CLUSTER_SPACE] = {"cluster.space", CHOICE, "layer", WORDS(FA__SPACES),
                           "what is clustered: outputs of cluster.layer, or the samples "
                           "themselves, before data.scale (vectors, images, series)",
                           ALWAYS},
    [FA__CLUSTER_LAYER] = {"cluster.layer", WHOLE(0, 1000), "0", ">= 0",
                           "layer that is embedded and clustered, counted from 1; 0: the target "
                           "layer",
                           "cluster.space=layer"},
    [FA__CLUSTER_TRANSFORM] = {"cluster.transform", CHOICE, "none",
                               "none|unit|standard|whiten|whiten-unit|half-whiten-unit|"
                               "root-half-whiten-unit",
                               "what KMeans sees: the target layer's outputs, its rows at length "
                               "1, its columns at mean 0 and variance 1, or its principal "
                               "components: at variance 1 (whiten), over the square root of their "
                               "deviation (half), so of signed square roots (root-half)",
                               ALWAYS},
    [FA__CLUSTER_COMPONENTS] =
        {"cluster.components", WHOLE(0, 1e9), "0", ">= 0",
         "components that the transforms that whiten keep; 0: those with at least 0.1 % "
         "of the variance",
         ALWAYS},
    [FA__CLUSTER_RESTARTS] = {"cluster.restarts", WHOLE(1, 10000), "10", "1..10000",
                              "KMeans runs, the lowest inertia wins", ALWAYS},
    [FA__CLUSTER_SEED] = {"cluster.seed", WHOLE(0, MOST), "0", "0..2^53", "seed of KMeans", ALWAYS},
};

const fa_recipe_key *fa_recipe_keys(size_t *count) {
    *count = FA__KEY_COUNT;
    return fa__recipe_table;
}
