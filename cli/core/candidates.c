/* What a discovery compared, and why it chose. */
#include "candidates.h"

#include "output.h"
#include "scores.h"

#include <math.h>

static void print_number(double x, int width) {
    if (isfinite(x))
        printf("  %*.3f", width, x);
    else
        printf("  %*s", width, "-");
}

static const char *remark_on(const fa_candidate *c) {
    return c->chosen      ? "  chosen"
           : c->costly    ? "  costs too much"
           : !c->possible ? "  to compare"
                          : "";
}

void candidates_print(const fa_discovery *found) {
    size_t count;
    const fa_candidate *all = fa_discovery_candidates(found, &count);
    bool truth = count > 0 && isfinite(all[0].ami), settings = false;
    if (count == 0) return;
    for (size_t i = 0; i < count; i++) settings = settings || all[i].margin[0] != '\0';
    printf("\n%-16s  %-11s  ", "space", "training");
    if (settings) printf("%6s  %6s  ", "margin", "weight");
    printf("%-6s  %9s  %11s  %5s  %5s  %10s  %9s%s\n", "within", "agreement", "consistency", "vote",
           "views", "silhouette", "stability", truth ? "  AMI_max" : "");
    for (size_t i = 0; i < count; i++) {
        const fa_candidate *c = &all[i];
        printf("%-16s  %-11s  ", c->space, c->training[0] != '\0' ? c->training : "-");
        if (settings) printf("%6s  %6s  ", c->margin, c->weight);
        printf("%-6s", fa_within_name(c->within));
        print_number(c->agreement, 9);
        print_number(c->consistency, 11);
        print_number(c->vote, 5);
        print_number(c->views, 5);
        print_number(c->silhouette, 10);
        print_number(c->stability, 9);
        if (truth) printf("  %7.4f", c->ami);
        printf("%s\n", remark_on(c));
    }
    if (truth)
        printf(
            "AMI_max: %zu clusters and the hidden classes, %s, which the choice does not look at; "
            "of at most 5,000 rows. Of more the clusters that are kept are made anew.\n",
            all[count - 1].k, normalisers[FA_MEAN_MAX].text);
    print_row("chosen", "", "%s", fa_discovery_why(found));
    putchar('\n');
}

json_t *candidates_json(const fa_discovery *found) {
    size_t count;
    const fa_candidate *all = fa_discovery_candidates(found, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const fa_candidate *c = &all[i];
        json_array_append_new(
            list,
            json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b,"
                " s:b, s:o}",
                "space", c->space, "training", c->training, "margin", c->margin, "weight",
                c->weight, "within", fa_within_name(c->within), "k", (json_int_t)c->k, "agreement",
                json_number(c->agreement), "consistency", json_number(c->consistency), "vote",
                json_number(c->vote), "views", json_number(c->views), "silhouette",
                json_number(c->silhouette), "stability", json_number(c->stability),
                "validation_accuracy", json_number(c->accuracy), "validation_loss",
                json_number(c->loss), "costly", c->costly, "possible", c->possible, "chosen",
                c->chosen, "ami_max", json_number(c->ami)));
    }
    return list;
}
