/* The keys of scores.json, each here alone, beside the field that it holds. */
#include "run/scores.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "formats/json.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The splits that may have been scored; the first that is there is the one that was clustered for
 * good. */
static const char *const splits[] = {"test", "all", "validation"};
enum { SPLITS = sizeof splits / sizeof *splits, VALIDATION = SPLITS - 1 };

/* ==== Writing ==== */

static json_t *number_or_null(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *scores_to_json(const fa_scores *s) {
    bool autoencoder = !isnan(s->reconstruction);
    json_t *object = json_pack("{s:I, s:I, s:o, s:o}", "samples", (json_int_t)s->n, "k",
                               (json_int_t)s->k, autoencoder ? "reconstruction" : "coarse_accuracy",
                               number_or_null(autoencoder ? s->reconstruction : s->accuracy),
                               "inertia", number_or_null(s->inertia));
    if (!s->has_truth ||
        (json_object_set_new(object, "ami_max", number_or_null(s->ami_max)) == 0 &&
         json_object_set_new(object, "nmi_sqrt", number_or_null(s->nmi_geometric)) == 0 &&
         json_object_set_new(object, "ari", number_or_null(s->ari)) == 0))
        return object;
    json_decref(object);
    return NULL;
}

fa_status fa__scores_to_text(char **out, const fa_train_result *r, uint64_t model) {
    char digest[20];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)model);
    json_t *root = json_pack("{s:s, s:s, s:I, s:I, s:b}", "version", fa_version(), "model", digest,
                             "epochs", (json_int_t)r->epochs, "best_epoch",
                             (json_int_t)r->best_epoch, "stopped", r->stopped);
    bool put = root != NULL; /* a NULL value is refused by jansson, too */
    if (r->words > 0)
        put = put && 0 == json_object_set_new(root, "words",
                                              json_pack("{s:I, s:I}", "known", (json_int_t)r->words,
                                                        "with_vectors",
                                                        (json_int_t)r->words_with_vectors));
    if (r->has_choice)
        put = put && 0 == json_object_set_new(root, "k_chosen",
                                              json_pack("{s:s, s:s}", "confidence",
                                                        fa_confidence_name(r->choice.confidence),
                                                        "why", r->choice.why));
    if (r->within != FA_WITHIN_NONE)
        put =
            put && 0 == json_object_set_new(root, "within", json_string(fa_within_name(r->within)));
    put = put && 0 == json_object_set_new(root, r->split, scores_to_json(&r->scores));
    if (r->has_validation)
        put = put &&
              0 == json_object_set_new(root, splits[VALIDATION], scores_to_json(&r->validation));
    fa_status status = put ? fa__json_text(out, root, JSON_INDENT(2)) : fa__nomem(1, 1024);
    json_decref(root);
    return status;
}

/* ==== Reading ==== */

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static size_t count_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) > 0
               ? (size_t)json_integer_value(value)
               : 0;
}

static fa_scores scores_of(const json_t *part) {
    return (fa_scores){.n = count_of(part, "samples"),
                       .k = count_of(part, "k"),
                       .accuracy = number(part, "coarse_accuracy"),
                       .reconstruction = number(part, "reconstruction"),
                       .has_truth = json_object_get(part, "ami_max") != NULL,
                       .ami_max = number(part, "ami_max"),
                       .nmi_geometric = number(part, "nmi_sqrt"),
                       .ari = number(part, "ari"),
                       .inertia = number(part, "inertia")};
}

static void take_choice(fa_train_result *r, const json_t *chosen) {
    const char *name = json_string_value(json_object_get(chosen, "confidence")),
               *why = json_string_value(json_object_get(chosen, "why"));
    if (name == NULL || why == NULL) return;
    r->has_choice = 1;
    r->choice.k = r->scores.k;
    for (int c = 0; fa_confidence_name((fa_confidence)c) != NULL; c++)
        if (strcmp(fa_confidence_name((fa_confidence)c), name) == 0)
            r->choice.confidence = (fa_confidence)c;
    snprintf(r->choice.why, sizeof r->choice.why, "%s", why);
}

/* Absent where the clusters are over all rows. */
static fa_status take_within(fa_train_result *r, const json_t *root, const char *where) {
    const char *name = json_string_value(json_object_get(root, "within"));
    int which = FA_WITHIN_NONE;
    while (name != NULL && fa_within_name((fa_within)which) != NULL &&
           strcmp(name, fa_within_name((fa_within)which)) != 0)
        which++;
    if (fa_within_name((fa_within)which) == NULL)
        return fa__fail(FA_E_FORMAT, "%s: 'within' is '%s', not none, given or predicted", where,
                        name);
    r->within = (fa_within)which;
    return FA_OK;
}

static fa_status take(fa_train_result *out, uint64_t *model, const json_t *root,
                      const char *where) {
    const json_t *part = NULL, *validation = json_object_get(root, splits[VALIDATION]),
                 *words = json_object_get(root, "words");
    const char *digest = json_string_value(json_object_get(root, "model"));
    const double none = (double)NAN;
    uint64_t of = 0;
    size_t i = 0;
    for (; i < SPLITS && !json_is_object(part = json_object_get(root, splits[i])); i++) continue;
    if (i == SPLITS)
        return fa__fail(FA_E_FORMAT, "%s: has no 'test', 'all' or 'validation' scores", where);
    if (digest != NULL && !fa__digest_read(&of, digest))
        return fa__fail(FA_E_FORMAT, "%s: its 'model' is no digest of 16 hexadecimal digits",
                        where);
    fa_train_result r = {.epochs = count_of(root, "epochs"),
                         .best_epoch = count_of(root, "best_epoch"),
                         .stopped = json_is_true(json_object_get(root, "stopped")),
                         .validation_loss = none,
                         .validation_accuracy = none,
                         .active_pairs = none,
                         .neighbours_recall = none,
                         .words = count_of(words, "known"),
                         .words_with_vectors = count_of(words, "with_vectors"),
                         .has_scores = 1,
                         .split = splits[i],
                         .scores = scores_of(part),
                         .has_validation = i < VALIDATION && json_is_object(validation)};
    if (r.has_validation) r.validation = scores_of(validation);
    if (r.scores.n == 0 || r.scores.k == 0)
        return fa__fail(FA_E_FORMAT, "%s: '%s' does not say how many samples and clusters", where,
                        r.split);
    if (r.scores.k > r.scores.n)
        return fa__fail(FA_E_FORMAT, "%s: %zu clusters of %zu rows", where, r.scores.k, r.scores.n);
    FA_TRY(take_within(&r, root, where));
    take_choice(&r, json_object_get(root, "k_chosen"));
    *out = r;
    *model = of;
    return FA_OK;
}

fa_status fa__scores_from_text(fa_train_result *result, uint64_t *model, const void *text,
                               size_t size, const char *where) {
    json_error_t error;
    json_t *root;
    fa_status status = fa__json_parse(&root, &error, text, size, 0);
    if (status == FA_E_FORMAT)
        return fa__fail(status, "%s: line %d: %s", where, error.line, error.text);
    if (status != FA_OK) return status;
    status = take(result, model, root, where);
    json_decref(root);
    return status;
}
