/* forced-apart score: one labeling against another; and how scores are named everywhere. */
#include "core/scores.h"

#include "core/commands.h"
#include "core/output.h"

#include <math.h>
#include <string.h>

const normaliser normalisers[NORMALISERS] = {
    {FA_MEAN_MAX, "max", "normaliser max(H(U), H(V))"},
    {FA_MEAN_GEOMETRIC, "sqrt", "normaliser sqrt(H(U) H(V))"},
    {FA_MEAN_ARITHMETIC, "arithmetic", "normaliser (H(U) + H(V)) / 2"},
    {FA_MEAN_MIN, "min", "normaliser min(H(U), H(V))"},
};

/* ==== The scores of a run ==== */

void scores_print(const fa_scores *scores) {
    char on[64];
    snprintf(on, sizeof on, "coarse, on %zu scored samples", scores->n);
    if (!isnan(scores->accuracy)) print_row("accuracy", on, "%.4f", scores->accuracy);
    snprintf(on, sizeof on, "mean squared, on %zu scored samples", scores->n);
    if (!isnan(scores->reconstruction))
        print_row("reconstruction", on, "%.4f", scores->reconstruction);
    if (!scores->has_truth) return;
    print_row("AMI_max", normalisers[FA_MEAN_MAX].text, "%.4f", scores->ami_max);
    print_row("NMI_sqrt", normalisers[FA_MEAN_GEOMETRIC].text, "%.4f", scores->nmi_geometric);
    print_row("ARI", "", "%.4f", scores->ari);
}

json_t *scores_json(const fa_scores *scores) {
    bool truth = scores->has_truth;
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)scores->n, "k",
                     (json_int_t)scores->k, "accuracy", json_number(scores->accuracy),
                     "reconstruction", json_number(scores->reconstruction), "ami_max",
                     truth ? json_number(scores->ami_max) : json_null(), "nmi_sqrt",
                     truth ? json_number(scores->nmi_geometric) : json_null(), "ari",
                     truth ? json_number(scores->ari) : json_null(), "inertia",
                     json_number(scores->inertia));
}

/* ==== The command ==== */

typedef struct all_scores {
    double ami[NORMALISERS], nmi[NORMALISERS], ari;
} all_scores;

static fa_status compute(all_scores *out, const int32_t *u, const int32_t *v, size_t n) {
    for (size_t i = 0; i < NORMALISERS; i++) {
        fa_status status = fa_score_ami(&out->ami[i], u, v, n, normalisers[i].mean);
        if (status == FA_OK) status = fa_score_nmi(&out->nmi[i], u, v, n, normalisers[i].mean);
        if (status != FA_OK) return status;
    }
    return fa_score_ari(&out->ari, u, v, n);
}

static void print_score(const char *kind, double value, const normaliser *by) {
    char label[32];
    snprintf(label, sizeof label, "%s_%s", kind, by->name);
    print_row(label, by->text, "%.6f", value);
}

static int print_scores(const all_scores *scores, size_t n) {
    if (!common.json) {
        print_score("AMI", scores->ami[FA_MEAN_MAX], &normalisers[FA_MEAN_MAX]);
        print_score("NMI", scores->nmi[FA_MEAN_GEOMETRIC], &normalisers[FA_MEAN_GEOMETRIC]);
        for (size_t i = 0; i < NORMALISERS; i++)
            if (i != FA_MEAN_MAX) print_score("AMI", scores->ami[i], &normalisers[i]);
        for (size_t i = 0; i < NORMALISERS; i++)
            if (i != FA_MEAN_GEOMETRIC) print_score("NMI", scores->nmi[i], &normalisers[i]);
        print_row("ARI", "", "%.6f", scores->ari);
        print_row("samples", "", "%zu", n);
        return EXIT_OK;
    }
    json_t *all = json_pack("{s:I, s:o}", "n", (json_int_t)n, "ari", json_number(scores->ari));
    for (size_t i = 0; i < NORMALISERS; i++) {
        char key[32];
        snprintf(key, sizeof key, "ami_%s", normalisers[i].name);
        json_object_set_new(all, key, json_number(scores->ami[i]));
        snprintf(key, sizeof key, "nmi_%s", normalisers[i].name);
        json_object_set_new(all, key, json_number(scores->nmi[i]));
    }
    return print_json(all);
}

static int run(const arguments *given) {
    int32_t *u = NULL, *v = NULL;
    size_t n, m;
    all_scores scores;
    int code;
    if (fa_labels_read_words(&u, &n, NULL, NULL, given->operand[0]) != FA_OK ||
        fa_labels_read_words(&v, &m, NULL, NULL, given->operand[1]) != FA_OK)
        code = fail_library();
    else if (n != m)
        code = fail("%s has %zu labels and %s has %zu: both must label the same samples%s",
                    given->operand[0], n, given->operand[1], m,
                    n == m + 1 || m == n + 1 ? " (does one have a name on top? tail -n +2)" : "");
    else if (compute(&scores, u, v, n) != FA_OK)
        code = fail_library();
    else
        code = print_scores(&scores, n);
    fa_free(u);
    fa_free(v);
    return code;
}

const cli_command command_score = {
    .name = "score",
    .summary = "AMI, NMI and ARI of two labelings",
    .text = "Compares two labelings of the same samples, such as clusters and true classes. The "
            "paper's AMI_max and NMI_sqrt come first, then the other normalisers and the adjusted "
            "Rand index. 1: the same partition; AMI and ARI are 0 on average for random ones.",
    .examples = "forced-apart score runs/multi/clusters.npy t10k-labels-idx1-ubyte.gz",
    .operands = {{"CLUSTERS", "labels as .npy, IDX, or one a line, numbers or words", false},
                 {"TRUTH", "labels of the same samples", false}},
    .run = run,
};
