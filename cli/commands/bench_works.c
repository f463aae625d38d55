/* What `forced-apart bench` times, by the public API alone. */
#define _XOPEN_SOURCE 700
#include "bench_works.h"

#include "core/output.h"
#include "core/places.h"
#include "core/text_file.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ==== Made-up rows ==== */

/* Knuth's 64-bit linear congruential generator: the same numbers everywhere. */
static double draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* About normal: four uniform draws. */
static double draw_normal(uint64_t *state) {
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += draw(state) - 0.5;
    return sum * 1.7320508075688772;
}

/* Rows around `centres` far points, or around 0 where centres is 0. */
static float *made_rows(size_t n, size_t d, size_t centres) {
    float *x = calloc(n, d * sizeof *x);
    uint64_t state = 1;
    for (size_t i = 0; x != NULL && i < n; i++)
        for (size_t c = 0; c < d; c++) {
            uint64_t centre = centres > 0 ? 1 + (i % centres) * d + c : 0;
            for (int mix = 0; mix < 3; mix++) draw(&centre);
            double middle = centres > 0 ? 8 * (draw(&centre) - 0.5) : 0;
            x[i * d + c] = (float)(middle + (centres > 0 ? 0.2 : 1) * draw_normal(&state));
        }
    return x;
}

static int32_t *made_labels(size_t n, size_t classes, uint64_t seed) {
    int32_t *labels = calloc(n, sizeof *labels);
    for (size_t i = 0; labels != NULL && i < n; i++)
        labels[i] = (int32_t)(draw(&seed) * (double)classes);
    return labels;
}

/* ==== Works on rows ==== */

typedef struct rows {
    float *x, *out;
    int32_t *labels, *others;
    fa_divergence divergence;
} rows;

static int new_rows(job *j, rows **out) {
    *out = j->data = calloc(1, sizeof **out);
    return *out != NULL ? EXIT_OK : fail("out of memory");
}

static void close_rows(job *j) {
    rows *r = j->data;
    if (r == NULL) return;
    free(r->x);
    free(r->out);
    free(r->labels);
    free(r->others);
    free(r);
}

/* The loss counts as the three products of a dense form: divergences, and two of the gradient. */
static int open_loss(job *j, fa_divergence divergence, bool clustered) {
    size_t n = j->size[0], d = j->size[1], labels = j->size[2];
    rows *r;
    if (new_rows(j, &r) != EXIT_OK) return EXIT_FAILED;
    if (labels == 0)
        return fail("%s: %zu rows of 0 labels cannot be",
                    divergence == FA_DIVERGENCE_JS ? "js" : "kl", n);
    r->x = made_rows(n, d, clustered ? 10 * labels : 0);
    r->out = calloc(n, d * sizeof *r->out);
    r->labels = calloc(n, sizeof *r->labels);
    if (r->x == NULL || r->out == NULL || r->labels == NULL)
        return fail("no memory for %zu rows of %zu columns", n, d);
    for (size_t i = 0; i < n; i++) r->labels[i] = (int32_t)(i % labels);
    r->divergence = divergence;
    if (divergence == FA_DIVERGENCE_KL)
        j->flops = 6 * (double)n * (double)n * (double)d / (double)labels;
    return EXIT_OK;
}

static int open_kl(job *j) {
    return open_loss(j, FA_DIVERGENCE_KL, false);
}

static int open_clustered(job *j) {
    return open_loss(j, FA_DIVERGENCE_KL, true);
}

static int open_js(job *j) {
    return open_loss(j, FA_DIVERGENCE_JS, false);
}

/* Rows of variance 1 have KL of about 1: about half of the pairs are within that margin. */
static int run_loss(job *j, double *seconds) {
    (void)seconds;
    rows *r = j->data;
    double loss;
    fa_loss_options options = {.size = sizeof(fa_loss_options),
                               .margin = r->divergence == FA_DIVERGENCE_KL ? 1.0f : 0.2f,
                               .divergence = r->divergence};
    return fa_loss_multi(&loss, r->out, r->x, j->size[0], j->size[1], r->labels, &options) == FA_OK
               ? EXIT_OK
               : fail_library();
}

static int open_kmeans(job *j) {
    rows *r;
    if (new_rows(j, &r) != EXIT_OK) return EXIT_FAILED;
    if (j->size[2] > j->size[0])
        return fail("kmeans: %zu clusters of %zu rows cannot be", j->size[2], j->size[0]);
    r->x = made_rows(j->size[0], j->size[1], 0);
    r->labels = calloc(j->size[0], sizeof *r->labels);
    return r->x != NULL && r->labels != NULL ? EXIT_OK : fail("out of memory");
}

static int run_kmeans(job *j, double *seconds) {
    (void)seconds;
    rows *r = j->data;
    fa_kmeans_options options = fa_kmeans_options_default();
    options.k = j->size[2];
    return fa_kmeans_fit(NULL, r->labels, NULL, r->x, j->size[0], j->size[1], &options) == FA_OK
               ? EXIT_OK
               : fail_library();
}

static int open_neighbours(job *j) {
    size_t n = j->size[0], d = j->size[1], k = j->size[2];
    rows *r;
    if (new_rows(j, &r) != EXIT_OK) return EXIT_FAILED;
    r->x = made_rows(n, d, 100);
    r->others = calloc(n, k * sizeof *r->others);
    return r->x != NULL && r->others != NULL ? EXIT_OK : fail("out of memory");
}

static int run_neighbours(job *j, double *seconds) {
    (void)seconds;
    rows *r = j->data;
    return fa_neighbours(r->others, NULL, r->x, j->size[0], j->size[1], NULL, j->size[2]) == FA_OK
               ? EXIT_OK
               : fail_library();
}

static int open_ami(job *j) {
    rows *r;
    if (new_rows(j, &r) != EXIT_OK) return EXIT_FAILED;
    r->labels = made_labels(j->size[0], j->size[1], 1);
    r->others = made_labels(j->size[0], j->size[1], 2);
    return r->labels != NULL && r->others != NULL ? EXIT_OK : fail("out of memory");
}

static int run_ami(job *j, double *seconds) {
    (void)seconds;
    rows *r = j->data;
    double ami;
    return fa_score_ami(&ami, r->labels, r->others, j->size[0], FA_MEAN_ARITHMETIC) == FA_OK
               ? EXIT_OK
               : fail_library();
}

static int open_pca(job *j) {
    rows *r;
    if (new_rows(j, &r) != EXIT_OK) return EXIT_FAILED;
    r->x = made_rows(j->size[0], j->size[1], 0);
    return r->x != NULL ? EXIT_OK : fail("out of memory");
}

static int run_pca(job *j, double *seconds) {
    (void)seconds;
    rows *r = j->data;
    size_t k = j->size[2] > 0 ? j->size[2] : j->size[1];
    return fa_pca_fit(NULL, NULL, NULL, NULL, r->x, j->size[0], j->size[1], k) == FA_OK
               ? EXIT_OK
               : fail_library();
}

/* ==== A folder of its own ==== */

static void remove_folder(const char *folder) {
    DIR *handle = opendir(folder);
    if (handle == NULL) return;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        char path[PLACE_MAX];
        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        if (is_folder(path))
            remove_folder(path);
        else
            unlink(path);
    }
    closedir(handle);
    rmdir(folder);
}

/* Below TMPDIR; "" where it cannot be made. */
static int make_own_folder(char folder[PLACE_MAX]) {
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] == '\0') base = "/tmp";
    int length = snprintf(folder, PLACE_MAX, "%s/forced-apart-XXXXXX", base);
    if (length < PLACE_MAX && mkdtemp(folder) != NULL) return EXIT_OK;
    folder[0] = '\0';
    return fail("%s: no folder could be made there; TMPDIR names another", base);
}

/* ==== Reading a table ==== */

typedef struct table {
    char folder[PLACE_MAX], path[PLACE_MAX + 16];
} table;

static int open_read(job *j) {
    size_t n = j->size[0], d = j->size[1];
    table *t = j->data = calloc(1, sizeof *t);
    if (t == NULL) return fail("out of memory");
    if (make_own_folder(t->folder) != EXIT_OK) return EXIT_FAILED;
    snprintf(t->path, sizeof t->path, "%s/rows.csv", t->folder);
    float *x = made_rows(n, d, 0);
    if (x == NULL) return fail("no memory for %zu rows of %zu columns", n, d);
    text_file file;
    bool good = text_file_start(&file);
    for (size_t c = 0; good && c < d; c++) fprintf(file.to, "%sx%zu", c > 0 ? "," : "", c);
    for (size_t i = 0; good && i < n * d; i++)
        fprintf(file.to, "%c%.6g", i % d > 0 ? ',' : '\n', (double)x[i]);
    if (good) fputc('\n', file.to);
    free(x);
    return good && text_file_finish(&file, t->path) ? EXIT_OK : EXIT_FAILED;
}

static int run_read(job *j, double *seconds) {
    (void)seconds;
    const table *t = j->data;
    fa_dataset *data;
    if (fa_dataset_read(&data, t->path, NULL) != FA_OK) return fail_library();
    fa_dataset_free(data);
    return EXIT_OK;
}

static void close_read(job *j) {
    table *t = j->data;
    if (t == NULL) return;
    if (t->folder[0] != '\0') remove_folder(t->folder);
    free(t);
}

/* ==== One epoch of training ==== */

typedef struct epoch {
    char folder[PLACE_MAX];
    fa_recipe *recipe;
    double seconds; /* of the epoch, by its history */
} epoch;

static int write_strokes(const char *path, size_t n) {
    fa_dataset *strokes = NULL;
    if (fa_strokes_synthesize(&strokes, n, 1, 0) != FA_OK ||
        fa_dataset_write(strokes, path) != FA_OK) {
        fa_dataset_free(strokes);
        return fail_library();
    }
    fa_dataset_free(strokes);
    return EXIT_OK;
}

static int open_epoch(job *j) {
    char data[PLACE_MAX + 16];
    epoch *e = j->data = calloc(1, sizeof *e);
    if (e == NULL) return fail("out of memory");
    if (make_own_folder(e->folder) != EXIT_OK) return EXIT_FAILED;
    snprintf(data, sizeof data, "%s/strokes.npz", e->folder);
    int code = write_strokes(data, j->size[0]);
    if (code != EXIT_OK) return code;
    const char *const values[][2] = {
        {"data.train", data},      {"data.groups", "0-4 / 5-9"}, {"data.scale", "0.25 0.25 1 1"},
        {"train.epochs", "1"},     {"loss.margin", "0.05"},      {"loss.weight", "0.1"},
        {"cluster.restarts", "1"}, {"cluster.k", "2"},
    };
    if (fa_recipe_create(&e->recipe) != FA_OK) return fail_library();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (fa_recipe_set(e->recipe, values[i][0], values[i][1]) != FA_OK) return fail_library();
    return EXIT_OK;
}

static int note_epoch(void *user, const fa_progress *progress) {
    if (progress->finished != NULL) ((epoch *)user)->seconds = progress->finished->seconds;
    return 0;
}

static int run_epoch(job *j, double *seconds) {
    epoch *e = j->data;
    const fa_train_options options = {
        .size = sizeof(fa_train_options), .progress = note_epoch, .user = e};
    if (fa_train(NULL, e->recipe, NULL, NULL, &options) != FA_OK) return fail_library();
    *seconds = e->seconds;
    return EXIT_OK;
}

static void close_epoch(job *j) {
    epoch *e = j->data;
    if (e == NULL) return;
    if (e->folder[0] != '\0') remove_folder(e->folder);
    fa_recipe_free(e->recipe);
    free(e);
}

/* ==== The table ==== */

const work *bench_works(size_t *count) {
    static const work works[] = {
        {"kl", "L_multi by KL, loss and gradient; GFLOP/s as three dense products", "N D LABELS", 3,
         "128 64 2 | 512 15 2 | 512 64 2 | 8192 15 2 | 8192 64 2 | 8192 128 2 | 8192 512 2 | "
         "16384 64 2",
         open_kl, run_loss, close_rows},
        {"kl-clustered", "the same on rows in ten clusters a label, as training makes them",
         "N D LABELS", 3, "16384 15 2", open_clustered, run_loss, close_rows},
        {"js", "L_multi by JS, loss and gradient", "N D LABELS", 3, "512 15 2 | 2048 64 2", open_js,
         run_loss, close_rows},
        {"kmeans", "KMeans, 10 starts", "N D K", 3, "10000 64 10 | 50000 15 10", open_kmeans,
         run_kmeans, close_rows},
        {"neighbours", "the nearest rows of each row, exactly", "N D K", 3, "10000 64 10",
         open_neighbours, run_neighbours, close_rows},
        {"ami", "adjusted mutual information", "N CLASSES", 2, "70000 100 | 1000000 1000", open_ami,
         run_ami, close_rows},
        {"pca", "principal components (0: all)", "N D COMPONENTS", 3, "10000 64 0 | 10000 784 50",
         open_pca, run_pca, close_rows},
        {"read", "reading a table of numbers, CSV", "N D", 2, "20000 50", open_read, run_read,
         close_read},
        {"epoch", "one epoch of training on made-up strokes", "SAMPLES", 1, "4000", open_epoch,
         run_epoch, close_epoch},
    };
    *count = sizeof works / sizeof works[0];
    return works;
}
