/* Pen-stroke lines and their collection, chunk by chunk, into one ragged data set. */
#include "strokes/rows.h"

#include "base/memory.h"
#include "base/threads.h"

static const size_t chunk_samples = 256; /* enough to hide the cost of a task, few to balance */

static fa_status add_line(fa__rows *rows, int dx, int dy, int eos, int eod) {
    void *lines = fa__grow(rows->lines, &rows->capacity, rows->count + 1, sizeof *rows->lines);
    if (lines == NULL) return fa__nomem(rows->count + 1, sizeof *rows->lines);
    rows->lines = lines;
    int16_t *line = rows->lines[rows->count++];
    line[0] = (int16_t)dx;
    line[1] = (int16_t)dy;
    line[2] = (int16_t)eos;
    line[3] = (int16_t)eod;
    return FA_OK;
}

fa_status fa__rows_pixel(fa__rows *rows, int x, int y) {
    int dx = x - rows->x, dy = y - rows->y;
    rows->x = x;
    rows->y = y;
    return add_line(rows, dx, dy, 0, 0);
}

fa_status fa__rows_lift(fa__rows *rows) {
    return add_line(rows, 0, 0, 1, 0);
}

fa_status fa__rows_end(fa__rows *rows) {
    rows->x = rows->y = 0;
    return add_line(rows, 0, 0, 1, 1);
}

void fa__rows_seed(fa__rng *rng, uint64_t seed, fa__stream stream, uint32_t split, size_t i) {
    fa__rng_seed(rng, seed, stream, (uint64_t)split << 32 | i);
}

typedef struct collection {
    fa__rows *chunks; /* [chunks] */
    size_t *steps;    /* [n] */
    size_t n;
    fa__rows_fill fill;
    void *context;
} collection;

static fa_status fill_chunk(void *context, size_t index, size_t thread) {
    collection *c = context;
    (void)thread;
    size_t first = index * chunk_samples;
    size_t end = c->n - first < chunk_samples ? c->n : first + chunk_samples;
    return c->fill(c->context, &c->chunks[index], c->steps, first, end);
}

static fa_status join_chunks(fa_dataset **out, const collection *c, size_t chunks) {
    size_t kept = 0, lines = 0;
    for (size_t i = 0; i < c->n; i++) kept += c->steps[i] > 0;
    for (size_t i = 0; i < chunks; i++) lines += c->chunks[i].count;

    fa_dataset *set = NULL;
    fa_status status;
    FA_CHECK(fa__dataset_create(&set, FA_KIND_SERIES));
    set->n = kept;
    set->features = FA__STROKES_COLUMNS;
    FA_CHECK(FA_NEW(set->values.offsets, kept + 1));
    FA_CHECK(FA_NEW(set->values.numbers, lines * FA__STROKES_COLUMNS));

    size_t *offset = set->values.offsets;
    *offset = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->steps[i] == 0) continue;
        offset[1] = offset[0] + c->steps[i];
        offset++;
    }
    float *value = set->values.numbers;
    for (size_t i = 0; i < chunks; i++)
        for (size_t j = 0; j < c->chunks[i].count; j++)
            for (size_t k = 0; k < FA__STROKES_COLUMNS; k++) *value++ = c->chunks[i].lines[j][k];
    *out = set;
    return FA_OK;
done:
    fa_dataset_free(set);
    return status;
}

fa_status fa__rows_collect(fa_dataset **out, size_t *steps, size_t n, fa__rows_fill fill,
                           void *context) {
    size_t chunks = n / chunk_samples + (n % chunk_samples != 0);
    collection c = {NULL, steps, n, fill, context};
    FA_TRY(FA_NEW_ZERO(c.chunks, chunks));
    fa_status status = fa__parallel(chunks, fill_chunk, &c);
    if (status == FA_OK) status = join_chunks(out, &c, chunks);
    for (size_t i = 0; i < chunks; i++) fa__free(c.chunks[i].lines);
    fa__free(c.chunks);
    return status;
}
