/* Words and features that set clusters apart. Letters: k clusters, W words or features. */
#include "report/apart.h"

#include "base/memory.h"
#include "text/vocabulary.h"

#include <math.h>
#include <string.h>

enum { WORDS_MOST = 5000, WORDS_LEAST = 2, VALUES_MAX = 1 << 24, NAME_WORDS = 3 };
static const double odds_least = 2, difference_least = 0.2;

/* Sums over the samples of each cluster: texts that hold a word, or values of a feature. */
typedef struct sums {
    const fa__view *view;
    size_t wide;
    double *of;        /* [k, wide] */
    double *deviation; /* [wide] of features over all samples; NULL: words */
} sums;

static void sums_free(sums *s) {
    fa__free(s->of);
    fa__free(s->deviation);
}

static size_t sample_of(const fa__view *v, size_t row) {
    return v->rows != NULL ? (size_t)v->rows[row] : row;
}

/* ==== Texts ==== */

/* Names of several words say what a sample is, as a text does. */
static bool names_are_texts(const fa_dataset *data) {
    size_t n = fa_dataset_count(data), blanks = 0;
    if (fa_dataset_sample_name(data, 0) == NULL) return false;
    for (size_t i = 0; i < n; i++)
        for (const char *c = fa_dataset_sample_name(data, i); c != NULL && *c != '\0'; c++)
            blanks += *c == ' ';
    return blanks >= (NAME_WORDS - 1) * n;
}

static fa_status texts_of_names(fa_dataset **out, const fa_dataset *data) {
    const char **names;
    size_t n = fa_dataset_count(data);
    FA_TRY(FA_NEW(names, n));
    for (size_t i = 0; i < n; i++) {
        const char *name = fa_dataset_sample_name(data, i);
        names[i] = name != NULL ? name : "";
    }
    fa_status status = fa_dataset_from_texts(out, names, n);
    fa__free(names);
    return status;
}

/* How many texts of each cluster hold each word; one that comes twice in a text counts once. */
static fa_status count_words(sums *s, const fa_dataset *numbers) {
    const fa__view *v = s->view;
    size_t *seen, steps;
    FA_TRY(FA_NEW_ZERO(s->of, v->k * s->wide));
    FA_TRY(FA_NEW_ZERO(seen, s->wide));
    for (size_t i = 0; i < v->n; i++) {
        const float *text = fa_dataset_series(numbers, sample_of(v, i), &steps);
        double *own = s->of + (size_t)v->clusters[i] * s->wide;
        for (size_t t = 0; t < steps; t++) {
            if (text[t] < 1) continue; /* a word that is not known */
            size_t w = (size_t)text[t] - 1;
            if (seen[w] <= i) own[w]++;
            seen[w] = i + 1;
        }
    }
    fa__free(seen);
    return FA_OK;
}

static fa_status sum_texts(sums *s, fa__vocabulary *words, const fa_dataset *texts) {
    fa_status status = FA_OK;
    fa_dataset *numbers = NULL;
    size_t *samples = NULL, n = fa_dataset_count(texts), most = VALUES_MAX / s->view->k;
    FA_CHECK(FA_NEW(samples, n));
    for (size_t i = 0; i < n; i++) samples[i] = i;
    status = fa__vocabulary_fit(words, texts, samples, n, most < WORDS_MOST ? most : WORDS_MOST,
                                WORDS_LEAST, SIZE_MAX);
    if (status == FA_E_ARGUMENT) { /* no word is there twice: there is nothing to say */
        status = FA_OK;
        goto done;
    }
    FA_CHECK(status);
    FA_CHECK(fa__vocabulary_encode(&numbers, words, texts));
    s->wide = words->count - 1;
    FA_CHECK(count_words(s, numbers));
done:
    fa__free(samples);
    fa_dataset_free(numbers);
    return status;
}

/* ==== Features ==== */

/* The mean of a series over its steps, or a vector as it is. */
static void features_of(double *out, const fa_dataset *data, size_t sample, size_t d) {
    size_t steps = 1;
    const float *x = fa_dataset_vector(data, sample);
    if (x == NULL) x = fa_dataset_series(data, sample, &steps);
    for (size_t j = 0; j < d; j++) out[j] = 0;
    for (size_t t = 0; t < steps; t++)
        for (size_t j = 0; j < d; j++) out[j] += (double)x[t * d + j] / (double)steps;
}

static fa_status sum_features(sums *s) {
    fa_status status = FA_OK;
    const fa__view *v = s->view;
    size_t d = fa_dataset_features(v->data);
    double *one = NULL, *mean = NULL;
    if (d > VALUES_MAX / v->k) return FA_OK;
    FA_CHECK(FA_NEW(one, d));
    FA_CHECK(FA_NEW_ZERO(mean, d));
    FA_CHECK(FA_NEW_ZERO(s->of, v->k * d));
    FA_CHECK(FA_NEW_ZERO(s->deviation, d));
    s->wide = d;
    for (size_t i = 0; i < v->n; i++) {
        double *own = s->of + (size_t)v->clusters[i] * d;
        features_of(one, v->data, sample_of(v, i), d);
        for (size_t j = 0; j < d; j++) { /* mean and squares by Welford's way */
            double away = one[j] - mean[j];
            mean[j] += away / (double)(i + 1);
            s->deviation[j] += away * (one[j] - mean[j]);
            own[j] += one[j];
        }
    }
    for (size_t j = 0; j < d; j++) s->deviation[j] = sqrt(s->deviation[j] / (double)v->n);
done:
    fa__free(one);
    fa__free(mean);
    return status;
}

/* ==== Marks ==== */

/* How far own samples of which `a` say so are from others of which `b` do. */
static double log_odds(double a, double own, double b, double others) {
    double spread = 1 / (a + 0.5) + 1 / (own - a + 0.5) + 1 / (b + 0.5) + 1 / (others - b + 0.5);
    double odds = log((a + 0.5) / (own - a + 0.5)) - log((b + 0.5) / (others - b + 0.5));
    return odds / sqrt(spread);
}

static double weight_of(const sums *s, size_t j, double a, double own, double b, double others) {
    if (s->deviation == NULL) {
        double z = log_odds(a, own, b, others);
        return z > odds_least ? z : 0;
    }
    double away = s->deviation[j] > 0 ? (a / own - b / others) / s->deviation[j] : 0;
    return fabs(away) > difference_least ? away : 0;
}

static void insert(fa__mark *marks, size_t *count, fa__mark mark) {
    size_t at = *count;
    if (at == FA__APART_MAX && !(fabs(mark.weight) > fabs(marks[at - 1].weight))) return;
    if (at < FA__APART_MAX)
        at = (*count)++;
    else
        at--;
    for (; at > 0 && fabs(marks[at - 1].weight) < fabs(mark.weight); at--)
        marks[at] = marks[at - 1];
    marks[at] = mark;
}

/* Whether cluster `other` is one of those that c is held against, or c itself. */
static bool same_group(const fa__view *v, const size_t *alike, size_t c, size_t other) {
    if (alike[c] < 2) return true;
    return fa_clusters_label(v->kept, (int32_t)other) == fa_clusters_label(v->kept, (int32_t)c);
}

/* Clusters of a label follow one another: the total is made anew where the group changes. */
static fa_status mark_all(fa__apart *apart, const sums *s, const size_t *alike) {
    const fa__view *v = s->view;
    double *total, samples = 0;
    FA_TRY(FA_NEW(total, s->wide));
    for (size_t c = 0; c < v->k; c++) {
        bool new_ =
            c == 0 || (alike[c] < 2) != (alike[c - 1] < 2) || !same_group(v, alike, c, c - 1);
        if (new_) {
            samples = 0;
            memset(total, 0, s->wide * sizeof *total);
        }
        for (size_t o = 0; new_ && o < v->k; o++) {
            if (!same_group(v, alike, c, o)) continue;
            samples += (double)v->found[o].size;
            for (size_t j = 0; j < s->wide; j++) total[j] += s->of[o * s->wide + j];
        }
        double own = (double)v->found[c].size, others = samples - own;
        for (size_t j = 0; own > 0 && others > 0 && j < s->wide; j++) {
            double a = s->of[c * s->wide + j];
            double weight = weight_of(s, j, a, own, total[j] - a, others);
            if (weight != 0)
                insert(apart->marks + c * FA__APART_MAX, &apart->count[c], (fa__mark){j, weight});
        }
    }
    fa__free(total);
    return FA_OK;
}

/* How many clusters lie within the label of each; 0: over all samples. */
static fa_status count_alike(size_t **out, const fa__view *v) {
    size_t *alike;
    FA_TRY(FA_NEW_ZERO(alike, v->k));
    for (size_t c = 0; c < v->k; c++) {
        int32_t label = v->kept != NULL ? fa_clusters_label(v->kept, (int32_t)c) : -1;
        for (size_t o = 0; label >= 0 && o < v->k; o++)
            alike[c] += fa_clusters_label(v->kept, (int32_t)o) == label;
    }
    *out = alike;
    return FA_OK;
}

static fa_status sum_words(fa__apart *apart, sums *s) {
    const fa_dataset *data = s->view->data;
    fa_dataset *made = NULL;
    if (fa__words_version() == NULL) return FA_OK;
    FA_TRY(FA_NEW_ZERO(apart->words, 1));
    if (fa_dataset_kind(data) != FA_KIND_TEXT) FA_TRY(texts_of_names(&made, data));
    fa_status status = sum_texts(s, apart->words, made != NULL ? made : data);
    fa_dataset_free(made);
    return status;
}

fa_status fa__apart_open(fa__apart *apart, const fa__view *v) {
    fa_status status = FA_OK;
    sums s = {.view = v};
    size_t *alike = NULL;
    *apart = (fa__apart){0};
    if (v->data == NULL) return FA_OK;
    fa_kind kind = fa_dataset_kind(v->data);
    if (kind == FA_KIND_TEXT || names_are_texts(v->data))
        FA_CHECK(sum_words(apart, &s));
    else if (kind == FA_KIND_VECTORS || kind == FA_KIND_SERIES)
        FA_CHECK(sum_features(&s));
    if (s.wide == 0) goto done;
    FA_CHECK(count_alike(&alike, v));
    FA_CHECK(FA_NEW(apart->marks, v->k * FA__APART_MAX));
    FA_CHECK(FA_NEW_ZERO(apart->count, v->k));
    FA_CHECK(mark_all(apart, &s, alike));
done:
    fa__free(alike);
    sums_free(&s);
    return status;
}

void fa__apart_close(fa__apart *apart) {
    if (apart->words != NULL) fa__vocabulary_free(apart->words);
    fa__free(apart->words);
    fa__free(apart->marks);
    fa__free(apart->count);
    *apart = (fa__apart){0};
}
