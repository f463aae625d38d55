/* Sums over shards: by hand, and the same bytes however the shards are spread over ranks. */
#define _POSIX_C_SOURCE 200809L
#include "comm/comm.h"

#include "base/memory.h"
#include "base/rng.h"
#include "data_files.h"

#include <stdbool.h>

enum { LENGTH = 5, SHARDS_MOST = 40 };

/* Numbers of such different size that the order of additions shows. */
static void draw(float parts[SHARDS_MOST][LENGTH], size_t shards, uint64_t seed) {
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_SHUFFLE, shards);
    for (size_t s = 0; s < shards; s++)
        for (size_t i = 0; i < LENGTH; i++)
            parts[s][i] = (float)((double)fa__rng_below(&rng, 2000001) - 1e6) *
                          (float)(1u << fa__rng_below(&rng, 20));
}

static void sum_by_the_tree_is_that_of_the_equation(void **state) {
    (void)state;
    /* ((1e8 + 1) + (-1e8 + 1)) + 1 in float32: 1e8 + 1 = 1e8, -1e8 + 1 = -1e8, so 0 + 1. One after
     * the other: 1e8 + 1 = 1e8; 0; 1; 2. */
    float a[1] = {1e8f}, b[1] = {1}, c[1] = {-1e8f}, d[1] = {1}, e[1] = {1}, out[1];
    float *parts[] = {a, b, c, d, e};
    assert_ok(fa__comm_sum_floats(fa__comm_self(), out, parts, 5, 1));
    assert_true(out[0] == 1);
    double x[2] = {1, 2}, y[2] = {10, 20}, z[2] = {100, 200}, sums[2];
    double *doubles[] = {x, NULL, y, z};
    assert_ok(fa__comm_sum_doubles(fa__comm_self(), sums, doubles, 4, 2));
    assert_true(sums[0] == 111 && sums[1] == 222);
    double *none[] = {NULL, NULL, NULL};
    assert_ok(fa__comm_sum_doubles(fa__comm_self(), sums, none, 3, 2));
    assert_true(sums[0] == 0 && sums[1] == 0);
}

/* The recursive form of the equation, with nothing in common with the loop that is tested. */
static bool recursive(float out[LENGTH], float (*parts)[LENGTH], const bool *empty, size_t from,
                      size_t width, size_t shards) {
    float right[LENGTH];
    if (from >= shards) return false;
    if (width == 1) {
        memcpy(out, parts[from], sizeof right);
        return !empty[from];
    }
    bool has_left = recursive(out, parts, empty, from, width / 2, shards),
         has_right = recursive(right, parts, empty, from + width / 2, width / 2, shards);
    if (has_left && has_right)
        for (size_t i = 0; i < LENGTH; i++) out[i] += right[i];
    else if (has_right)
        memcpy(out, right, sizeof right);
    return has_left || has_right;
}

/* Ranks in one process: each folds what it owns, rank 0 gets the nodes and goes on. */
static void sum_on_ranks(float out[LENGTH], float (*parts)[LENGTH], const bool *empty,
                         size_t shards, size_t ranks) {
    fa__tree all = {.type = FA__TREE_FLOATS, .length = LENGTH, .leaves = shards};
    memset(all.levels, FA__TREE_ELSEWHERE, sizeof all.levels);
    for (size_t r = 0; r < ranks; r++) {
        const fa__comm comm = {.rank = r, .size = ranks};
        fa__tree tree = all;
        size_t from, to;
        fa__comm_range(&from, &to, &comm, shards);
        memset(tree.levels, FA__TREE_ELSEWHERE, sizeof tree.levels);
        memset(tree.nodes, 0, sizeof tree.nodes);
        for (size_t s = from; s < to; s++) {
            tree.levels[s] = 0;
            tree.nodes[s] = empty[s] ? NULL : parts[s];
        }
        fa__tree_fold(&tree);
        for (size_t s = from; s < to; s++)
            all.levels[s] = tree.levels[s], all.nodes[s] = tree.nodes[s];
        for (size_t s = 0; s < shards; s++)
            if (s < from || s >= to) assert_true(tree.levels[s] == FA__TREE_ELSEWHERE);
    }
    fa__tree_fold(&all);
    assert_non_null(all.nodes[0]);
    memcpy(out, all.nodes[0], LENGTH * sizeof *out);
}

static void sum_does_not_depend_on_the_ranks(void **state) {
    (void)state;
    size_t differs = 0;
    for (size_t shards = 1; shards <= SHARDS_MOST; shards++) {
        float given[SHARDS_MOST][LENGTH], parts[SHARDS_MOST][LENGTH], wanted[LENGTH], out[LENGTH],
            plain[LENGTH] = {0};
        bool empty[SHARDS_MOST];
        draw(given, shards, 7);
        for (size_t s = 0; s < shards; s++) empty[s] = shards > 4 && s % 5 == 3;
        for (size_t s = 0; s < shards; s++)
            for (size_t i = 0; i < LENGTH && !empty[s]; i++) plain[i] += given[s][i];
        size_t width = 1;
        while (width < shards) width *= 2;
        assert_true(recursive(wanted, given, empty, 0, width, shards));
        for (size_t ranks = 1; ranks <= shards + 3; ranks++) {
            memcpy(parts, given, sizeof parts);
            sum_on_ranks(out, parts, empty, shards, ranks);
            assert_memory_equal(out, wanted, sizeof out);
        }
        differs += memcmp(plain, wanted, sizeof plain) != 0;
    }
    assert_true(differs >
                SHARDS_MOST / 2); /* else the numbers would not tell one order from another */
}

static void ranges_cover_every_shard_once(void **state) {
    (void)state;
    for (size_t shards = 1; shards <= 30; shards++)
        for (size_t ranks = 1; ranks <= 33; ranks++) {
            size_t next = 0, least = SIZE_MAX, most = 0;
            for (size_t r = 0; r < ranks; r++) {
                const fa__comm comm = {.rank = r, .size = ranks};
                size_t from, to;
                fa__comm_range(&from, &to, &comm, shards);
                assert_int_equal(from, next);
                next = to;
                if (to - from < least) least = to - from;
                if (to - from > most) most = to - from;
            }
            assert_int_equal(next, shards);
            assert_true(most - least <= 1);
        }
}

/* A table that notes what it is told, in the place of real ranks. */
static size_t told[3];

static fa_status agree_at_once(const fa__comm *comm, fa_status status, bool *flag) {
    (void)comm, (void)flag;
    return status;
}

static fa_status note_counts(const fa__comm *comm, void *rows, const size_t *counts,
                             size_t row_size) {
    (void)rows;
    for (size_t r = 0; r < comm->size; r++) told[r] = counts[r] * row_size;
    return FA_OK;
}

static void gather_tells_the_rows_of_each_rank(void **state) {
    (void)state;
    const fa__comm_table table = {.name = "noted", .agree = agree_at_once, .gather = note_counts};
    const fa__comm comm = {.table = &table, .rank = 1, .size = 3};
    const size_t first[] = {0, 3, 3, 7, 8, 12}; /* shards 0 1 | 2 3 | 4 */
    float rows[12];
    assert_ok(fa__comm_gather(&comm, rows, first, 5, sizeof *rows));
    assert_int_equal(told[0], 3 * sizeof *rows);
    assert_int_equal(told[1], 5 * sizeof *rows);
    assert_int_equal(told[2], 4 * sizeof *rows);
    assert_survives_nomem(fa__comm_gather(&comm, rows, first, 5, sizeof *rows), (void)0);
    float kept[2] = {1, 2};
    assert_ok(fa__comm_gather(fa__comm_self(), kept, (const size_t[]){0, 1, 2}, 2, sizeof *kept));
    assert_ok(fa__comm_broadcast(fa__comm_self(), kept, sizeof kept));
    bool flag = true;
    assert_ok(fa__comm_any(fa__comm_self(), &flag));
    assert_true(flag);
    assert_int_equal(fa__comm_close(fa__comm_self(), FA_E_IO), FA_E_IO);
    assert_true(kept[0] == 1 && kept[1] == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_by_the_tree_is_that_of_the_equation),
        cmocka_unit_test(sum_does_not_depend_on_the_ranks),
        cmocka_unit_test(ranges_cover_every_shard_once),
        cmocka_unit_test(gather_tells_the_rows_of_each_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
