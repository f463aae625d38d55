/* Names that a person gave to clusters, as the page of fa_explore_write saves them. */
#include "model/clusters.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/csv.h"

#include <stdlib.h>
#include <string.h>

typedef struct reading {
    const char *path;
    size_t k, cluster, name; /* the columns of the two */
    char **names;            /* [k] */
    size_t *lines;           /* [k] where each was named; 0: nowhere yet */
} reading;

/* A number of a cluster, or k. */
static size_t cluster_of(const reading *r, const fa__csv_field *field) {
    if (field->size == 0 || field->size > 9 || strspn(field->text, "0123456789") != field->size)
        return r->k;
    size_t number = strtoul(field->text, NULL, 10);
    return number < r->k ? number : r->k;
}

static fa_status take_row(void *user, const fa__csv_row *row) {
    reading *r = user;
    if (row->number == 1) {
        FA_TRY(fa__csv_find_column(&r->cluster, row, "cluster"));
        return fa__csv_find_column(&r->name, row, "name");
    }
    const fa__csv_field *cell = &row->fields[r->cluster], *name = &row->fields[r->name];
    size_t c = cluster_of(r, cell);
    if (c == r->k) {
        char quoted[FA__QUOTE_SIZE];
        return fa__fail(FA_E_LABEL, "%s: line %zu: there is no cluster %s; the run has 0 to %zu",
                        r->path, row->line, fa__quote(quoted, cell->text, cell->size), r->k - 1);
    }
    if (r->lines[c] > 0)
        return fa__fail(FA_E_LABEL, "%s: line %zu: cluster %zu has a name already, in line %zu",
                        r->path, row->line, c, r->lines[c]);
    r->lines[c] = row->line;
    if (name->size == 0) return FA_OK;
    r->names[c] = fa__strdup(name->text);
    return r->names[c] != NULL ? FA_OK : fa__nomem(1, name->size + 1);
}

static fa_status parse(reading *r, const unsigned char *bytes, size_t size) {
    fa_status status = FA_OK;
    fa__csv *csv = NULL;
    size_t rows;
    char delimiter = fa__delimiter_of(bytes, size);
    FA_CHECK(fa__csv_open(&csv, delimiter != 0 ? delimiter : ',', r->path, take_row, r));
    FA_CHECK(fa__csv_feed(csv, bytes, size));
    FA_CHECK(fa__csv_finish(csv, &rows));
    if (rows == 0)
        FA_CHECK(fa__fail(FA_E_FORMAT, "%s: is empty; the first line is cluster,name", r->path));
done:
    fa__csv_free(csv);
    return status;
}

void fa__cluster_names_free(fa_clusters *clusters) {
    for (size_t c = 0; clusters->names != NULL && c < clusters->k; c++)
        fa__free(clusters->names[c]);
    fa__free(clusters->names);
    clusters->names = NULL;
}

fa_status fa_clusters_read_names(fa_clusters *clusters, const char *path) {
    fa_status status = FA_OK;
    unsigned char *bytes = NULL;
    size_t size;
    if (clusters == NULL || path == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", clusters == NULL ? "clusters" : "path");
    fa_clusters made = {.k = clusters->k};
    reading r = {.path = path, .k = clusters->k};
    FA_CHECK(fa__file_read(&bytes, &size, path));
    FA_CHECK(FA_NEW_ZERO(made.names, made.k));
    FA_CHECK(FA_NEW_ZERO(r.lines, made.k));
    r.names = made.names;
    FA_CHECK(parse(&r, bytes, size));
    fa__cluster_names_free(clusters);
    clusters->names = made.names;
    made.names = NULL;
done:
    fa__cluster_names_free(&made);
    fa__free(r.lines);
    fa__free(bytes);
    return status;
}

bool fa_clusters_named(const fa_clusters *clusters) {
    return clusters->names != NULL;
}

const char *fa_clusters_name(const fa_clusters *clusters, int32_t cluster) {
    if (clusters->names == NULL || cluster < 0 || (size_t)cluster >= clusters->k) return NULL;
    return clusters->names[cluster];
}
