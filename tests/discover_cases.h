/* Made data that discover is tried on. */
#ifndef FA_TESTS_DISCOVER_CASES_H
#define FA_TESTS_DISCOVER_CASES_H

#include "test.h"

#include "base/rng.h"

enum { N = 240, D = 3, KINDS = 6 };

/* Rows x [n, d] as discover gets them, with the kinds to score by. */
static inline fa_dataset *told_labels(const float *x, size_t n, size_t d, const int32_t *labels,
                                      const int32_t *kinds) {
    fa_dataset *data;
    assert_ok(fa_dataset_from_vectors(&data, x, n, d));
    assert_ok(fa_dataset_set_coarse(data, labels, NULL));
    assert_ok(fa_dataset_set_classes(data, kinds, NULL, 0));
    return data;
}

/* Kind i % 6 lies at its own place, with noise around; label: which half of the kinds. */
static inline fa_dataset *blobs(double noise) {
    static float x[N * D];
    static int32_t labels[N], kinds[N];
    fa__rng rng;
    fa__rng_seed(&rng, 3, FA__STREAM_SYNTH, 0);
    for (int i = 0; i < N; i++) {
        kinds[i] = i % KINDS;
        labels[i] = kinds[i] / 3;
        for (int j = 0; j < D; j++)
            x[i * D + j] = (float)(10 * ((kinds[i] >> j) & 1) + 4 * (kinds[i] == 5) +
                                   noise * fa__rng_normal(&rng));
    }
    return told_labels(x, N, D, labels, kinds);
}

static inline int count_begun(void *user, const char *training) {
    (void)training;
    ++*(int *)user;
    return 0;
}

/* The run in a folder, which has the clusters of the discovery that left it there. */
static inline fa_run *kept_run(const fa_discovery *found, const char *folder) {
    size_t n;
    fa_run *run;
    const int32_t *clusters = fa_discovery_clusters(found, &n), *written;
    assert_ok(fa_run_open(&run, folder));
    assert_ok(fa_run_labels(&written, run, FA_RUN_ASSIGNMENT));
    assert_memory_equal(clusters, written, n * sizeof *clusters);
    return run;
}

/* The one candidate that is chosen. */
static inline const fa_candidate *chosen(const fa_discovery *found) {
    size_t count, times = 0;
    const fa_candidate *all = fa_discovery_candidates(found, &count), *which = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!all[i].chosen) continue;
        which = &all[i];
        times++;
    }
    assert_int_equal(times, 1);
    return which;
}

#endif
