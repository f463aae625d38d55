/* A folder of part-0.npy, part-1.npy, ...: read where it lies, and nothing else differs from one file. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"
#include "formats/npy.h"

#include "forks.h"
#include "train_runs.h"

#include "base/threads.h"

#include <sys/resource.h>

enum { D = 48, PARTS = 5, N = 12345 };

static const size_t firsts[PARTS + 1] = {0, 4000, 4001, 8000, 12000, N};

static const char *part_name(size_t p) {
    static char name[32];
    snprintf(name, sizeof name, "x/part-%02zu.npy", p + 1);
    return name;
}

/* x/part-01.npy to part-05.npy, and all of it as x.npy; a class of each row as x-labels.npy. */
static int make_parts(void **state) {
    int32_t classes[N];
    clear_test_folder(state);
    float *x = clouds(N, D);
    assert_ok(fa__make_folder(path_of("x")));
    assert_ok(fa_matrix_write(path_of("x.npy"), x, N, D));
    for (size_t p = 0; p < PARTS; p++)
        assert_ok(fa_matrix_write(path_of(part_name(p)), x + firsts[p] * D,
                                  firsts[p + 1] - firsts[p], D));
    for (size_t i = 0; i < N; i++) classes[i] = (int32_t)(i % 4);
    assert_ok(fa_labels_write(path_of("x-labels.npy"), classes, N));
    free(x);
    return 0;
}

static fa_dataset *read_set(const char *name) {
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, path_of(name), NULL));
    return set;
}

static void rows_are_those_of_one_file(void **state) {
    (void)state;
    fa_dataset *parts = read_set("x/"), *whole = read_set("x.npy"), *taken, *again;
    assert_int_equal(fa_dataset_count(parts), N);
    assert_int_equal(fa_dataset_features(parts), D);
    assert_null(parts->values.numbers);
    for (size_t i = 0; i < N; i++)
        assert_memory_equal(fa_dataset_vector(parts, i), fa_dataset_vector(whole, i), D * 4);
    assert_memory_equal(fa_dataset_classes(parts), fa_dataset_classes(whole), N * 4);
    const size_t samples[] = {N - 1, 4000, 0, 3999};
    assert_ok(fa_dataset_subset(&taken, parts, samples, 4));
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(fa_dataset_vector(taken, i), fa_dataset_vector(whole, samples[i]),
                            D * 4);
    assert_ok(fa_dataset_write(parts, path_of("again.npz")));
    again = read_set("again.npz");
    assert_memory_equal(again->values.numbers, whole->values.numbers, (size_t)N * D * 4);
    uint64_t digest = fa__dataset_digest(parts);
    fa_dataset_free(parts);
    parts = read_set("x");
    assert_true(fa__dataset_digest(parts) == digest);
    parts->labels.classes[7]++;
    assert_true(fa__dataset_digest(parts) != digest);
    fa_dataset_free(again);
    fa_dataset_free(taken);
    fa_dataset_free(whole);
    fa_dataset_free(parts);
    assert_survives_nomem(fa_dataset_read(&parts, path_of("x"), NULL), fa_dataset_free(parts));
}

static void large_values_are_the_same_however_they_are_fetched(void **state) {
    (void)state;
    fa_dataset *parts = read_set("x"), *whole = read_set("x.npy");
    const size_t n = parts->n, samples[] = {N - 1, 4000, 0, 3999};
    parts->n = (size_t)1 << 40; /* as if there were so many */
    fa__dataset_random(parts, true);
    fa__dataset_fetch(parts, samples, 4);
    fa__dataset_random(parts, false);
    parts->n = n;
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(fa_dataset_vector(parts, samples[i]),
                            fa_dataset_vector(whole, samples[i]), D * 4);
    fa__dataset_fetch(whole, samples, 4); /* in memory: nothing to do */
    fa_dataset_free(parts);
    fa_dataset_free(whole);
}

static void kmeans_where_rows_lie_has_the_bytes_of_kmeans_in_memory(void **state) {
    (void)state;
    enum { K = 7 };
    fa_dataset *parts = read_set("x"), *whole = read_set("x.npy");
    static float centres[2][K * D];
    static int32_t clusters[2][N];
    double inertia[2];
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = K;
    how.restarts = 3;
    assert_ok(
        fa_kmeans_fit(centres[0], clusters[0], &inertia[0], whole->values.numbers, N, D, &how));
    for (int threads = 1; threads <= 3; threads++) {
        fa_threads_set(threads);
        assert_ok(fa_kmeans_fit_vectors(centres[1], clusters[1], &inertia[1], parts, &how));
        assert_memory_equal(centres[1], centres[0], sizeof centres[0]);
        assert_memory_equal(clusters[1], clusters[0], sizeof clusters[0]);
        assert_true(inertia[0] == inertia[1]);
    }
    fa_threads_set(0);
    assert_survives_nomem(fa_kmeans_fit_vectors(NULL, NULL, &inertia[1], parts, &how), (void)0);
    assert_fails(fa_kmeans_fit_vectors(NULL, NULL, NULL, NULL, &how), FA_E_ARGUMENT,
                 "data is NULL");
    fa_dataset_free(parts);
    fa_dataset_free(whole);
}

/* ==== Refused ==== */

static void refused(fa_status status, const char *text) {
    fa_dataset *set = NULL;
    assert_fails(fa_dataset_read(&set, path_of("x"), NULL), status, text);
    assert_null(set);
}

static void move_part(const char *from, const char *to) {
    assert_int_equal(rename(path_of(from), path_of(to)), 0);
}

static void numbers_have_no_gap(void **state) {
    (void)state;
    move_part("x/part-03.npy", "x/part-3.npy"); /* leading zeros are free */
    fa_dataset_free(read_set("x"));
    move_part("x/part-3.npy", "x/part-0.npy");
    refused(FA_E_FORMAT, "part 3 is missing: after part-02.npy comes part-04.npy");
    move_part("x/part-0.npy", "x/part-02b.npy");
    refused(FA_E_FORMAT, "part-02b.npy has no number of a part");
    move_part("x/part-02b.npy", "x/part-002.npy");
    refused(FA_E_FORMAT, "part-002.npy and part-02.npy have the same number");
    move_part("x/part-002.npy", "x/part-03.npy");
    move_part("x/part-01.npy", "x/part-06.npy");
    refused(FA_E_FORMAT, "the first part is part-02.npy");
}

/* Part 3 anew, of rows x columns elements of a dtype, zeros. */
static void write_part(const char *descr, size_t rows, size_t columns, size_t item, size_t cut) {
    char header[FA__NPY_HEADER_MAX];
    size_t used = fa__npy_header(header, descr, rows, columns),
           size = rows * (columns > 0 ? columns : 1) * item;
    unsigned char *bytes = calloc(1, used + size);
    assert_non_null(bytes);
    memcpy(bytes, header, used);
    file_of("x/part-03.npy", bytes, used + size - cut);
    free(bytes);
}

static void parts_are_alike(void **state) {
    (void)state;
    write_part("<f4", 10, D + 1, 4, 0);
    refused(FA_E_SHAPE, "part-03.npy: has 2 dimensions and 49 numbers a row, part-01.npy 2 and 48");
    write_part("<f4", 10, D, 4, 0);
    remove(path_of("x-labels.npy")); /* they were for more rows */
    fa_dataset_free(read_set("x"));
    write_part("<f8", 10, D, 8, 0);
    refused(FA_E_FORMAT, "part-03.npy: a part is read where it lies: float32");
    write_part(">f4", 10, D, 4, 0);
    refused(FA_E_FORMAT, "part-03.npy: a part is read where it lies: float32");
    write_part("<f4", 10, 0, 4, 0);
    refused(FA_E_SHAPE, "part-03.npy: is one row of 10 numbers");
    write_part("<f4", 10, D, 4, 3);
    refused(FA_E_FORMAT, "part-03.npy: the header claims 10 x 48");
    file_of("x/part-03.npy", "\x1f\x8b", 2);
    refused(FA_E_IO, "part-03.npy: cannot be mapped");
    file_of("x/part-03.npy", "", 0);
    refused(FA_E_IO, "part-03.npy: cannot be mapped");
}

static void what_is_not_finite_is_named(void **state) {
    (void)state;
    const float bad = HUGE_VALF;
    FILE *file = fopen(path_of("x/part-03.npy"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -(long)(2 * D * sizeof bad) + 12, SEEK_END), 0);
    assert_int_equal(fwrite(&bad, sizeof bad, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    refused(FA_E_NONFINITE, "part-03.npy: row 3997, column 3 (both from 0) is inf");
}

/* ==== Images ==== */

static void images_in_parts(void **state) {
    enum { SIDE = 3, IMAGES = 5 };
    static const char dict[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 3, 3), }";
    fa_dataset *set, *strokes;
    clear_test_folder(state);
    assert_ok(fa__make_folder(path_of("i")));
    for (int p = 0, at = 0; p < 2; p++) {
        char bytes[128 + IMAGES * SIDE * SIDE], name[32];
        int n = p == 0 ? 2 : 3;
        memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10); /* 118 bytes of header follow */
        memset(bytes + 10, ' ', 118);
        bytes[10 + snprintf(bytes + 10, 118, dict, n)] = ' ';
        for (int i = 0; i < n * SIDE * SIDE; i++) bytes[128 + i] = (char)(at++ * 5);
        snprintf(name, sizeof name, "i/part-%d.npy", p);
        file_of(name, bytes, 128 + (size_t)n * SIDE * SIDE);
    }
    set = read_set("i");
    assert_int_equal(fa_dataset_kind(set), FA_KIND_IMAGES);
    assert_int_equal(fa_dataset_count(set), IMAGES);
    for (size_t i = 0; i < IMAGES; i++) {
        size_t height, width, channels;
        const uint8_t *pixels = fa_dataset_image(set, i, &height, &width, &channels);
        assert_true(height == SIDE && width == SIDE && channels == 1);
        for (size_t p = 0; p < SIDE * SIDE; p++)
            assert_int_equal(pixels[p], (i * SIDE * SIDE + p) * 5 % 256);
    }
    assert_fails(fa_kmeans_fit_vectors(NULL, NULL, NULL, set,
                                       &(fa_kmeans_options){.size = sizeof(fa_kmeans_options)}),
                 FA_E_ARGUMENT, "hold no vectors");
    assert_ok(fa_strokes_from_images(&strokes, set, 1, 0));
    fa_dataset_free(strokes);
    fa_dataset_free(set);
}

/* ==== Training ==== */

static fa_recipe *recipe_for(const char *data) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {{"data.train", path_of(data)},
                                     {"data.groups", "0,1 / 2,3"},
                                     {"network.layers", "linear 8 relu target, linear out"},
                                     {"loss.positives", "views"},
                                     {"data.views", "vectors"},
                                     {"loss.hold", "kl"},
                                     {"train.epochs", "1"},
                                     {"train.batch", "256"},
                                     {"cluster.k", "4"},
                                     {"cluster.restarts", "1"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    return recipe;
}

static void run_on_parts_has_the_bytes_of_one_on_one_file(void **state) {
    (void)state;
    static const char *const data[] = {"x", "x.npy"}, *const runs[] = {"rp", "rw"};
    static int32_t clusters[2][N];
    static double distance[2][N];
    for (size_t i = 0; i < 2; i++) {
        fa_recipe *recipe = recipe_for(data[i]);
        fa_run *run;
        const fa_model *model;
        const fa_clusters *found;
        fa_dataset *set = read_set(data[i]);
        assert_ok(train_into(recipe, path_of(runs[i]), NULL, NULL));
        assert_ok(fa_run_open(&run, path_of(runs[i])));
        assert_ok(fa_run_model(&model, run));
        assert_ok(fa_run_clusters(&found, run));
        assert_ok(fa_clusters_find(clusters[i], distance[i], NULL, NULL, NULL, found, model, set,
                                   NULL, NULL));
        fa_dataset_free(set);
        fa_run_free(run);
        fa_recipe_free(recipe);
    }
    assert_same_file("rp", "rw", "model.safetensors");
    assert_same_file("rp", "rw", "embeddings.npy");
    assert_same_file("rp", "rw", "scores.json");
    assert_memory_equal(clusters[0], clusters[1], sizeof clusters[0]);
    assert_memory_equal(distance[0], distance[1], sizeof distance[0]);
}

/* ==== Little memory ==== */

enum { MANY = 24, MANY_ROWS = 20000, MANY_D = 64, CAP = 48 << 20 };

/* What this process has of its own, in bytes: /proc/self/statm's data and stack. */
static size_t data_now(void) {
    size_t of[6] = {0};
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    for (size_t i = 0; i < 6; i++)
        if (fscanf(file, "%zu", &of[i]) != 1) of[i] = 0;
    fclose(file);
    return of[5] * (size_t)sysconf(_SC_PAGESIZE);
}

/* Trains, clusters and assigns 123 MB of values with room for 48 MB more than an idle process has. */
static int within_the_cap(void *context) {
    fa_recipe *recipe = context;
    fa_run *run;
    fa_dataset *set;
    size_t n = (size_t)MANY * MANY_ROWS;
    struct rlimit cap = {data_now() + CAP, data_now() + CAP};
    fa_threads_set(1);
    CHILD_TRY(setrlimit(RLIMIT_DATA, &cap) == 0);
    void *volatile whole = malloc(n * MANY_D * sizeof(float)); /* clang takes out an unused one */
    CHILD_TRY(whole == NULL);                                  /* the cap caps */
    CHILD_TRY(fa_dataset_read(&set, path_of("m"), NULL) == FA_OK);
    CHILD_TRY(fa_train(&run, recipe, set, NULL, NULL) == FA_OK);
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = 3;
    how.restarts = 1;
    how.max_iterations = 3;
    int32_t *clusters = malloc(n * sizeof *clusters);
    CHILD_TRY(clusters != NULL);
    CHILD_TRY(fa_kmeans_fit_vectors(NULL, clusters, NULL, set, &how) == FA_OK);
    for (size_t i = 3; i < n; i++) CHILD_TRY(clusters[i] == clusters[i % 3]);
    const fa_model *model;
    const fa_clusters *found;
    CHILD_TRY(fa_run_model(&model, run) == FA_OK && fa_run_clusters(&found, run) == FA_OK);
    CHILD_TRY(fa_clusters_find(clusters, NULL, NULL, NULL, NULL, found, model, set, NULL, NULL) ==
              FA_OK);
    for (size_t i = 0; i < n; i++) CHILD_TRY(clusters[i] >= 0 && clusters[i] < 3);
    free(clusters);
    fa_dataset_free(set);
    fa_run_free(run);
    return 0;
}

static void more_than_memory_trains_and_clusters(void **state) {
#ifdef FA_SANITIZED
    skip(); /* AddressSanitizer has more than that for itself */
#endif
    clear_test_folder(state);
    float *x = calloc((size_t)MANY_ROWS * MANY_D, sizeof *x);
    assert_non_null(x);
    assert_ok(fa__make_folder(path_of("m")));
    for (size_t p = 0; p < MANY; p++) {
        char name[32];
        for (size_t i = 0; i < MANY_ROWS; i++)
            for (size_t k = 0; k < MANY_D; k++)
                x[i * MANY_D + k] =
                    (float)((p * MANY_ROWS + i) % 3 == k) + (float)(i * k % 97) / 1e3f;
        snprintf(name, sizeof name, "m/part-%zu.npy", p);
        assert_ok(fa_matrix_write(path_of(name), x, MANY_ROWS, MANY_D));
    }
    free(x);
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    const char *const values[][2] = {{"train.task", "reconstruction"},
                                     {"network.layers", "linear 4 relu target, linear out"},
                                     {"data.validation", "0.01"},
                                     {"loss.kind", "none"},
                                     {"train.epochs", "1"},
                                     {"train.batch", "512"},
                                     {"cluster.k", "3"},
                                     {"cluster.restarts", "1"}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_child_ends_well(start_child(within_the_cap, recipe));
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_are_those_of_one_file, make_parts),
        cmocka_unit_test_setup(large_values_are_the_same_however_they_are_fetched, make_parts),
        cmocka_unit_test_setup(kmeans_where_rows_lie_has_the_bytes_of_kmeans_in_memory, make_parts),
        cmocka_unit_test_setup(numbers_have_no_gap, make_parts),
        cmocka_unit_test_setup(parts_are_alike, make_parts),
        cmocka_unit_test_setup(what_is_not_finite_is_named, make_parts),
        cmocka_unit_test(images_in_parts),
        cmocka_unit_test_setup(run_on_parts_has_the_bytes_of_one_on_one_file, make_parts),
        cmocka_unit_test(more_than_memory_trains_and_clusters),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
