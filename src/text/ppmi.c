/* Which words stand near each other, and how much more often than by chance.
 *
 * Row i is counted from the places where word i stands: one dense row of counts a thread, no table
 * of pairs, and rows that do not wait for each other. */
#include "text/ppmi.h"

#include "base/memory.h"
#include "base/threads.h"
#include "data/dataset.h"

#include <math.h>

static const double smoothing = 0.75;        /* of Levy, Goldberg and Dagan, after word2vec */
static const double above_chance = 1 + 1e-9; /* nearer to 1 a ratio is chance, rounded */

/* ==== Words in order ==== */

typedef struct reading {
    fa__corpus *corpus;
    const fa__vocabulary *vocabulary;
} reading;

static fa_status append(fa__corpus *c, size_t number) {
    uint32_t *words = fa__grow(c->words, &c->capacity, c->used + 1, sizeof *words);
    if (words == NULL) return fa__nomem(c->used + 1, sizeof *words);
    c->words = words;
    words[c->used++] = (uint32_t)number;
    return FA_OK;
}

static fa_status append_word(void *user, const char *word, size_t size) {
    reading *r = user;
    size_t number = fa__vocabulary_find(r->vocabulary, word, size);
    return number > 0 ? append(r->corpus, number) : FA_OK;
}

fa_status fa__corpus_read(fa__corpus *out, const fa__vocabulary *vocabulary,
                          const fa_dataset *texts, const size_t *samples, size_t n,
                          size_t max_tokens) {
    fa_status status = FA_OK;
    fa__corpus corpus = {0};
    fa__word_room room = {0};
    reading r = {&corpus, vocabulary};
    FA_CHECK(append(&corpus, 0));
    for (size_t i = 0; i < n; i++) {
        size_t size;
        const char *text = fa_dataset_text(texts, samples[i], &size);
        status = fa__words(text, size, max_tokens, &room, append_word, &r);
        if (status != FA_OK) FA_CHECK(fa__fail_within(status, "text %zu", samples[i]));
        FA_CHECK(append(&corpus, 0));
    }
    *out = corpus;
    corpus = (fa__corpus){0};
done:
    fa__word_room_free(&room);
    fa__corpus_free(&corpus);
    return status;
}

void fa__corpus_free(fa__corpus *corpus) {
    fa__free(corpus->words);
    *corpus = (fa__corpus){0};
}

/* ==== Places ==== */

/* Where each word stands, and the sums over its neighbours that P is made of. */
typedef struct places {
    const fa__corpus *corpus;
    size_t count, window;
    size_t *starts;   /* [count + 1] word i stands at at[starts[i]] .. at[starts[i + 1] - 1] */
    size_t *at;       /* [used] */
    double *sums;     /* [count] s_i */
    double *contexts; /* [count] t_j */
    double total;     /* S */
} places;

static void free_places(places *p) {
    fa__free(p->starts);
    fa__free(p->at);
    fa__free(p->sums);
    fa__free(p->contexts);
}

/* The neighbours of place `at`: first .. last, the place itself among them. */
static void neighbours(size_t *first, size_t *last, const places *p, size_t at) {
    const uint32_t *words = p->corpus->words;
    *first = *last = at;
    for (size_t d = 0; d < p->window && words[*first - 1] != 0; d++) --*first;
    for (size_t d = 0; d < p->window && words[*last + 1] != 0; d++) ++*last;
}

/* Counting sort of the places by word. */
static void sort_places(places *p) {
    const fa__corpus *c = p->corpus;
    for (size_t at = 0; at < c->used; at++) p->starts[c->words[at]]++;
    p->starts[0] = 0; /* the marks between texts are no words */
    for (size_t i = 1; i <= p->count; i++) p->starts[i] += p->starts[i - 1];
    for (size_t at = c->used; at-- > 0;)
        if (c->words[at] != 0) p->at[--p->starts[c->words[at]]] = at;
}

static void add_up(places *p) {
    double powers = 0;
    for (size_t i = 1; i < p->count; i++) {
        p->sums[i] = 0;
        for (size_t a = p->starts[i]; a < p->starts[i + 1]; a++) {
            size_t first, last;
            neighbours(&first, &last, p, p->at[a]);
            p->sums[i] += (double)(last - first);
        }
        p->total += p->sums[i];
        powers += pow(p->sums[i], smoothing);
    }
    for (size_t i = 1; i < p->count; i++)
        p->contexts[i] = powers > 0 ? p->total * pow(p->sums[i], smoothing) / powers : 0;
}

static fa_status find_places(places *p) {
    FA_TRY(FA_NEW_ZERO(p->starts, p->count + 1));
    FA_TRY(FA_NEW(p->at, p->corpus->used));
    FA_TRY(FA_NEW(p->sums, p->count));
    FA_TRY(FA_NEW(p->contexts, p->count));
    sort_places(p);
    add_up(p);
    return FA_OK;
}

/* ==== Rows ==== */

/* One matrix on its way: P with rows s and columns t, its transpose with the two exchanged. */
typedef struct filling {
    const places *places;
    const double *rows, *columns; /* [count] */
    fa__sparse *out;
    bool measure;     /* only how many entries a row has, into starts[i + 1] */
    uint64_t *counts; /* [threads, count], 0 between two rows */
    uint32_t *met;    /* [threads, count] words with a count */
} filling;

/* Neighbours of word i, counted; returns how many different ones. */
static size_t count_neighbours(uint64_t *counts, uint32_t *met, const places *p, size_t i) {
    const uint32_t *words = p->corpus->words;
    size_t different = 0;
    for (size_t a = p->starts[i]; a < p->starts[i + 1]; a++) {
        size_t first, last;
        neighbours(&first, &last, p, p->at[a]);
        for (size_t at = first; at <= last; at++) {
            if (at == p->at[a]) continue;
            if (counts[words[at]]++ == 0) met[different++] = words[at];
        }
    }
    return different;
}

static fa_status fill_row(void *context, size_t i, size_t thread) {
    const filling *f = context;
    const places *p = f->places;
    uint64_t *counts = f->counts + thread * p->count;
    uint32_t *met = f->met + thread * p->count;
    size_t different = count_neighbours(counts, met, p, i), kept = 0;
    for (size_t m = 0; m < different; m++) {
        size_t j = met[m];
        double ratio = (double)counts[j] * p->total / (f->rows[i] * f->columns[j]);
        counts[j] = 0;
        if (!(ratio > above_chance)) continue;
        if (!f->measure)
            f->out->entries[f->out->starts[i] + kept] =
                (struct fa__sparse_entry){(uint32_t)j, (float)log(ratio)};
        kept++;
    }
    if (f->measure) f->out->starts[i + 1] = kept;
    return FA_OK;
}

/* Counted twice, because where a row begins is not known before; that costs less than moving. */
static fa_status fill(filling *f) {
    size_t n = f->places->count;
    f->out->n = n;
    FA_TRY(FA_NEW_ZERO(f->out->starts, n + 1));
    f->measure = true;
    FA_TRY(fa__parallel(n, fill_row, f));
    for (size_t i = 0; i < n; i++) f->out->starts[i + 1] += f->out->starts[i];
    FA_TRY(FA_NEW(f->out->entries, f->out->starts[n]));
    f->measure = false;
    return fa__parallel(n, fill_row, f);
}

fa_status fa__ppmi(fa__sparse *p, fa__sparse *transposed, const fa__corpus *corpus, size_t count,
                   size_t window) {
    fa_status status = FA_OK;
    places found = {.corpus = corpus, .count = count, .window = window};
    filling f = {.places = &found};
    *p = *transposed = (fa__sparse){0};
    FA_CHECK(find_places(&found));
    size_t rooms = fa__threads() * count;
    FA_CHECK(FA_NEW_ZERO(f.counts, rooms));
    FA_CHECK(FA_NEW(f.met, rooms));
    f.out = p;
    f.rows = found.sums;
    f.columns = found.contexts;
    FA_CHECK(fill(&f));
    f.out = transposed;
    f.rows = found.contexts;
    f.columns = found.sums;
    FA_CHECK(fill(&f));
done:
    free_places(&found);
    fa__free(f.counts);
    fa__free(f.met);
    return status;
}

void fa__sparse_free(fa__sparse *matrix) {
    fa__free(matrix->starts);
    fa__free(matrix->entries);
    *matrix = (fa__sparse){0};
}
