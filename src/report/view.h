/* A run folder read back, with what a report says of it. */
#ifndef FA_REPORT_VIEW_H
#define FA_REPORT_VIEW_H

#include "base/file.h"

#include <stdbool.h>

/* One cluster, in the space it was found in. */
typedef struct fa__cluster {
    size_t size;
    double spread;   /* root of the mean squared distance to the centre */
    int32_t matched; /* hidden class by the best matching; -1: none */
} fa__cluster;

enum { FA__NAME_MAX = 80 };

/* Letters: n rows, d units, k clusters, g coarse labels, c hidden classes (dense, by value). */
typedef struct fa__view {
    const char *folder;      /* as it was given */
    char name[FA__NAME_MAX]; /* its last part */
    fa_run *run;
    const fa_recipe *recipe; /* the run's, as all that is const below */
    const fa_epoch *history; /* [epochs]; a column that the file does not have is NaN */
    size_t epochs, best_epoch;
    bool stopped;
    const char *split; /* "test", "all" (of data.train) or "validation": what the rows are */
    fa_scores scores;
    double validation_accuracy; /* of the kept epoch; NaN if not known */

    size_t n, d, k, groups, n_classes;
    const float *h;          /* [n, d] */
    const int32_t *clusters; /* [n] 0..k-1 */
    int32_t *coarse;         /* [n] 0..g-1, or NULL */
    int32_t *group_labels;   /* [g] their numbers in `data`, which a test split counts otherwise; or
                                NULL */
    int32_t *classes;        /* [n] 0..c-1, or NULL */
    int32_t *class_values;   /* [c] the names in the data */
    const int32_t *rows;     /* [n] sample of each row; NULL: row i is sample i */
    char **names;            /* [n_names] of class values 0, 1, ...; NULL: none given */
    size_t n_names;

    fa_dataset *data;  /* the samples themselves; NULL: see no_data */
    char no_data[512]; /* why not; "" */

    fa__cluster *found;      /* [k] */
    const fa_clusters *kept; /* as the run kept them; NULL: a run of a version that kept none */
    size_t *coarse_counts;   /* [k, g] */
    size_t *class_counts;    /* [k, c] */
    bool has_match;          /* clusters and classes are few enough to be matched */
    size_t agreed;           /* rows in matched pairs */
    double *distance;        /* [n] to the own centre */
    double *confidence;      /* [n] 1 - distance / distance to the nearest other centre, 0..1 */
    size_t dead, silent; /* units that are constant on all rows; rows without a most active unit */
    size_t *activation;  /* [d, c or g] most active unit by class (by coarse label without) */
    float *space;        /* [n, columns] the rows as KMeans saw them (cluster.transform) */
    size_t columns;
    double active_pairs;    /* share of alike-labelled pairs inside the margin; NaN but for multi */
    double *variance_share; /* [components] of the first principal components */
    size_t components;
    float *plane; /* [n, 2] along the first two; a single unit: its value and 0; or NULL */
} fa__view;

/* Reads a run and computes all of the above. class_names: a file with one a line, or NULL. The
 * folder text is borrowed. Errors name the file; nothing is left to free then. */
fa_status fa__view_open(fa__view *view, const char *folder, const char *class_names);
void fa__view_close(fa__view *view);

/* The parts, in the order of opening. */
fa_status fa__view_read(fa__view *view, const char *class_names); /* view_read.c: the files */
fa_status fa__view_cluster(fa__view *view);                       /* view_cluster.c */

/* The name of a hidden class, by its dense number: given, else that of the data, else its value. */
const char *fa__class_name(const fa__view *view, size_t class_, char scratch[FA__NAME_MAX]);
/* What a page says of a coarse label: its name, "(no label)", or its number. */
const char *fa__coarse_text(const fa__view *view, size_t group, char scratch[FA__NAME_MAX]);

/* The name of a coarse label, "" for rows without one (the last group of a view); NULL: its number,
 * as the names are those of data.train, and a test set may number its own otherwise. */
const char *fa__coarse_name(const fa__view *view, int32_t label);

/* The hidden classes where known, else the coarse labels, else NULL; *count of them. */
const int32_t *fa__view_truth(const fa__view *view, size_t *count);
/* The name of one of those. */
const char *fa__truth_name(const fa__view *view, size_t which, char scratch[FA__NAME_MAX]);

/* A recipe key; "" for one that this version does not know. */
const char *fa__view_key(const fa__view *view, const char *key);

/* What was clustered: "the target layer", "layer 2", "the input". */
enum { FA__SPACE_TEXT = 32 };
const char *fa__view_space(char out[FA__SPACE_TEXT], const fa__view *view);
bool fa__view_is_input(const fa__view *view);

/* `size` indices below n, ascending, drawn with a fixed seed (all of them if n <= size); *count of
 * them. Free with fa__free. */
fa_status fa__thin(size_t **out, size_t *count, size_t n, size_t size);

#endif
