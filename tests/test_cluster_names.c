/* Names of clusters out of a table: read, refused, and where they then stand. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include "base/memory.h"
#include "model/clusters.h"

static fa_status read_from(fa_clusters *clusters, const char *text) {
    file_of("names.csv", text, strlen(text));
    return fa_clusters_read_names(clusters, path_of("names.csv"));
}

static void names_are_read_by_their_columns(void **state) {
    (void)state;
    fa_clusters c = {.k = 4};
    assert_false(fa_clusters_named(&c));
    assert_null(fa_clusters_name(&c, 0));
    assert_ok(read_from(&c, "cluster,name\n2,wolves\n0,\"a \"\"b\"\", c\"\n1,\n"));
    assert_true(fa_clusters_named(&c));
    assert_string_equal(fa_clusters_name(&c, 0), "a \"b\", c");
    assert_null(fa_clusters_name(&c, 1));
    assert_string_equal(fa_clusters_name(&c, 2), "wolves");
    assert_null(fa_clusters_name(&c, 3)); /* not in the file */
    assert_null(fa_clusters_name(&c, 4));
    assert_null(fa_clusters_name(&c, -1));
    /* Others take their place; columns in any order, other marks, a byte order mark. */
    assert_ok(read_from(&c, "\xef\xbb\xbfname;note;cluster\ngr\xc3\xbcn;x;3\n"));
    assert_string_equal(fa_clusters_name(&c, 3), "gr\xc3\xbcn");
    assert_null(fa_clusters_name(&c, 2));
    assert_ok(read_from(&c, "cluster,name\n")); /* all boxes were empty */
    assert_true(fa_clusters_named(&c));
    assert_null(fa_clusters_name(&c, 3));
    fa__cluster_names_free(&c);
}

static void what_is_no_name_of_a_cluster_is_refused(void **state) {
    (void)state;
    fa_clusters c = {.k = 4};
    assert_ok(read_from(&c, "cluster,name\n3,kept\n"));
    static const struct {
        const char *text, *says;
        fa_status status;
    } cases[] = {
        {"cluster,name\n1,a\n4,b\n", "line 3: there is no cluster 4; the run has 0 to 3",
         FA_E_LABEL},
        {"cluster,name\n-1,a\n", "no cluster -1", FA_E_LABEL},
        {"cluster,name\n1.0,a\n", "no cluster 1.0", FA_E_LABEL},
        {"cluster,name\n99999999999,a\n", "no cluster 99999999999", FA_E_LABEL},
        {"cluster,name\n,a\n", "there is no cluster ", FA_E_LABEL},
        {"cluster,name\n1,a\n2,b\n1,c\n", "line 4: cluster 1 has a name already, in line 2",
         FA_E_LABEL},
        {"cluster,label\n1,a\n", "name", FA_E_ARGUMENT},
        {"1,a\n", "cluster", FA_E_ARGUMENT},
        {"", "is empty", FA_E_FORMAT},
        {"cluster,name\n1,a,b\n", "line 2", FA_E_FORMAT},
        {"cluster,name\n1,\xff\n", "UTF-8", FA_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(read_from(&c, cases[i].text), cases[i].status, cases[i].says);
        assert_string_equal(fa_clusters_name(&c, 3), "kept");
    }
    assert_fails(fa_clusters_read_names(&c, path_of("nowhere.csv")), FA_E_IO, "nowhere.csv");
    assert_fails(fa_clusters_read_names(NULL, path_of("names.csv")), FA_E_ARGUMENT, "clusters");
    assert_fails(fa_clusters_read_names(&c, NULL), FA_E_ARGUMENT, "path");
    fa__cluster_names_free(&c);
}

static void names_survive_nomem(void **state) {
    (void)state;
    fa_clusters c = {.k = 2};
    file_of("names.csv", "cluster,name\n1,one\n0,two\n", 24);
    const char *path = path_of("names.csv");
    assert_survives_nomem(fa_clusters_read_names(&c, path), fa__cluster_names_free(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_by_their_columns),
        cmocka_unit_test(what_is_no_name_of_a_cluster_is_refused),
        cmocka_unit_test(names_survive_nomem),
    };
#ifndef FA_HAVE_CSV
    return 77;
#endif
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
