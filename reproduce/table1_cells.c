/* The columns of Table 1 and what each method is set to in them. How the settings were chosen, and
 * on what: docs/results.md. */
#include "table1.h"

const char *const table1_methods[METHODS] = {"none", "decov", "xcov", "single", "multi", "held"};
const char *const table1_titles[METHODS] = {"plain",    "DeCov",   "XCov",
                                            "L_single", "L_multi", "held"};

static const table1_column columns[] = {
    {"strokes",
     "MNIST strokes",
     "mnist-strokes",
     "mnist-strokes-held",
     {"mnist/train-images-idx3-ubyte.gz", "mnist/t10k-images-idx3-ubyte.gz"},
     "strokes made from MNIST by `data strokes`, seed 0",
     true,
     5,
     {{.467, .477, {{0}}},
      {.287, .313, {{"loss.weight", "0.1"}}},
      {.525, .547, {{"loss.weight", "1"}}},
      {.544, .553, {{"loss.margin", "5"}, {"loss.weight", "0.1"}}},
      {.502, .523, {{"loss.margin", "0.05"}, {"loss.weight", "0.1"}}}}},
    {"strokes-paper",
     "MNIST strokes, started small",
     "mnist-strokes-paper",
     NULL,
     {"mnist/train-images-idx3-ubyte.gz", "mnist/t10k-images-idx3-ubyte.gz"},
     "strokes made from MNIST by `data strokes`, seed 0; linear layers start within 1/sqrt(inputs)",
     true,
     5,
     {{.467, .477, {{0}}},
      {.287, .313, {{"loss.weight", "0.1"}}},
      {.525, .547, {{"loss.weight", "1"}}},
      {.544, .553, {{"loss.margin", "5"}, {"loss.weight", "0.1"}}},
      {.502, .523, {{"loss.margin", "0.1"}, {"loss.weight", "0.3"}}}}},
    {"autoencoder",
     "MNIST strokes autoencoder",
     "mnist-strokes-autoencoder",
     "mnist-strokes-held-unlabelled",
     {"mnist/train-images-idx3-ubyte.gz", "mnist/t10k-images-idx3-ubyte.gz"},
     "strokes made from MNIST by `data strokes`, seed 0; no labels",
     true,
     11,
     {{.454, .460, {{0}}},
      {.443, .450, {{"loss.weight", "0.5"}}},
      {.414, .420, {{"loss.weight", "0.5"}}},
      {.457, .463, {{"loss.margin", "5"}, {"loss.weight", "0.5"}}},
      {.463, .470, {{"loss.margin", "0.05"}, {"loss.weight", "0.5"}}}}},
    {"cifar10",
     "CIFAR-10",
     "cifar10",
     NULL,
     {"cifar10"},
     "JPEG-decoded (quality 75), records in another order; mirrored and shifted at random",
     false,
     180,
     {{.194, .199, {{0}}},
      {.176, .191, {{"loss.weight", "0.1"}}},
      {.321, .326, {{"loss.weight", "0.1"}}},
      {.239, .246, {{"loss.margin", "5"}, {"loss.weight", "0.1"}}},
      {.376, .385, {{"loss.margin", "0.02"}, {"loss.weight", "30"}}}}},
    {"dbpedia",
     "DBPedia",
     "dbpedia",
     "dbpedia-held",
     {"dbpedia"},
     "62,620 of the official training rows and 7,000 test rows",
     false,
     30,
     {{.349, .362, {{0}}},
      {.270, .323, {{"loss.weight", "0.1"}}},
      {.379, .393, {{"loss.weight", "1"}}},
      {.451, .461, {{"loss.margin", "5"}, {"loss.weight", "1"}}},
      {.529, .533, {{"loss.margin", "0.01"}, {"loss.weight", "100"}}}}},
    {"images",
     "MNIST images",
     NULL,
     "mnist-images-held",
     {"mnist/train-images-idx3-ubyte.gz", "mnist/t10k-images-idx3-ubyte.gz"},
     "linear layers on pixels",
     false,
     8,
     {{0, 0, {{0}}}}},
};

const table1_column *table1_columns(size_t *count) {
    *count = sizeof columns / sizeof *columns;
    return columns;
}

bool table1_has(const table1_column *column, size_t method) {
    return (method == HELD ? column->held : column->recipe) != NULL;
}
