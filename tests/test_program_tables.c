/* Tables as other programs write them: axes for names, indexes, dates by name, words for missing
 * values, several numbers in a cell. Each expected value is worked out by hand. */
#define _XOPEN_SOURCE 700
#include "table_cases.h"

static void axes_over_numbers_are_headers(void **state) {
    (void)state;
    static const expected cases[] = {
        {"an axis of decimals",
         "0.0,0.1,0.2,0.3\n" ROWS5(",7.5,9.5,1.25", ",8.5,3.5,0.5", ",1.5,2.5,8.5"),
         {0},
         6,
         4,
         "names of the columns"},
        {"counted from 1 over whole numbers",
         "1,2,3,4\n5,3,8,1\n9,9,1,4\n2,8,3,3\n7,1,1,2\n6,2,9,5\n",
         {0},
         5,
         4,
         "names of the columns"},
        {"years over counts like years",
         "2019,2020,2021,2022\n500,3000,800,1\n900,900,1,4\n2,8,3000,3\n7,1,1,2\n6,2,9,5\n",
         {0},
         5,
         4,
         "names of the columns"},
        {"doses",
         "0.01,0.1,1,10\n5.5,3,8,1\n9,9.5,1,4\n2,8,3.5,3\n7,1,1,2\n6,2,9,5\n",
         {0},
         5,
         4,
         "names of the columns"},
        {"masses",
         "1.5,2,7,7.5,9,9.1\n5,3,8,1,2,3\n9,9,1,4,2,3\n2,8,3,3,1,1\n7,1,1,2,4,4\n"
         "6,2,9,5,1,2\n",
         {0},
         5,
         6,
         "names of the columns"},
        {"rising rows",
         "1,2,3,4\n5,6,7,8\n9,9,9,9\n2,8,9,13\n7,11,15,19\n6,7,9,25\n",
         {0},
         6,
         4,
         NULL},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

/* Exports of Europe: no names above them, and none of their numbers is taken for one. */
static void rows_of_marked_numbers_are_no_headers(void **state) {
    (void)state;
    static const expected cases[] = {
        {"decimal commas", "1,5;2,25;3,5\n2,5;1,75;9,5\n4,5;6,75;8,5\n", {0}, 3, 3, "comma is"},
        {"some of them whole",
         "1,5;2;3;4;5\n2,5;7;9;1,5;2\n3,5;8;3;2,5;1\n4,5;1;2;7;3\n2,5;8;9;1;2\n1,5;8;4;7;3\n",
         {0},
         6,
         5,
         "comma is"},
        {"points and commas",
         "a;b\n1,5;2\n2.5;3\n3.5;4\n",
         {0},
         0,
         0,
         "column 1 ('a'): 2 of 3 numbers are written with a point, others with a comma"},
        {"commas before three decimals",
         "a;b\n1,234;2\n0,562;3\n-0,025;4\n",
         {0},
         3,
         2,
         "comma is"},
        {"with tabs", "1,5\t2,25\n2,5\t1,75\n4,5\t6,75\n", {0}, 3, 2, "comma is"},
        {"thousands",
         "\"1,234\",\"2,345\"\n\"1,500\",\"3,100\"\n\"2,500\",\"4,100\"\n",
         {0},
         3,
         2,
         "thousands"},
        {"wavelengths with a decimal comma",
         "400,5;403,0;405,5;408,0\n"
         "1,5;2,25;3,5;0,5\n2,5;1,75;9,5;0,25\n4,5;6,75;8,5;1\n1,5;2,25;3,5;3\n2,5;1,75;9,5;2,5\n",
         {0},
         5,
         4,
         "row 1 (400,5, ...) is taken for names"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void ids_are_no_measurements(void **state) {
    (void)state;
    static const expected cases[] = {
        {"an id that does not count from 1",
         "PassengerId,a\n892,1.5\n893,2.5\n894,0.5\n",
         {0},
         3,
         2,
         "column 1 ('PassengerId') is named as ids are, and taken as a feature"},
        {"ids that come again", "id,a\n7,1.5\n7,2.5\n9,0.5\n", {0}, 3, 2, NULL},
        {"said to be a feature",
         "id,a\n17,1.5\n9,2.5\n12,0.5\n",
         {.feature_columns = "id"},
         3,
         2,
         NULL},
        {"a class behind numbers of patients, no names",
         "842302,M,1.5,2.25\n842517,B,2.5,7.5\n8430,M,0.5,3.25\n8434,B,4.5,1.75\n",
         {0},
         0,
         0,
         "column 2 looks like labels"},
        {"a class behind counts of the rows, no names",
         "1,M,1.5,2.25\n2,B,2.5,7.5\n3,M,0.5,3.25\n4,B,4.5,1.75\n",
         {0},
         0,
         0,
         "column 2 looks like"},
        {"a word between numbers",
         "1.5,M,1.5,2.25\n2,B,2.5,7.5\n3,M,0.5,3.25\n4,B,4.5,1.75\n",
         {0},
         4,
         5,
         "a feature for each word"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void texts_without_names_are_asked_for(void **state) {
    (void)state;
    static const expected cases[] = {
        {"several beside numbers",
         "0,101,a b c d,e f g h\n4,102,i j k l,m n o p\n0,103,q r s t,u v w x\n4,104,y z a b,c d e "
         "g\n",
         {0},
         0,
         0,
         "column 4 holds texts: --text-column 4 makes them the samples"},
        {"one of them named",
         "0,101,a b c d,e f g h\n4,102,i j k l,m n o p\n0,103,q r s t,u v w x\n4,104,y z a b,c d e "
         "g\n",
         {.text_column = "4"},
         4,
         0,
         NULL},
        {"labels and texts with commas",
         "ham\ta, b, c\nspam\td e f\nham\tg h i, j\nspam\tk l m\nham\tn o p\nspam\tq r s\n",
         {.label_column = "1"},
         6,
         0,
         "column 2 is taken for the texts"},
        {"quotes in texts",
         "ham\ta \"b\" c\nspam\td e f\nham\tg \"h i\nspam\tk l m\nham\tn o p\nspam\tq r s\n",
         {.label_column = "1"},
         6,
         0,
         "taken for the texts"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void indexes_and_ends_are_no_columns(void **state) {
    (void)state;
    static const expected cases[] = {
        {"an index of words",
         ",0,1\nr1,7.5,9.5\nr2,8.5,3.5\nr7,1.5,2.5\n",
         {0},
         3,
         2,
         "column 1 differs from row to row"},
        {"an index in another order",
         ",0,1\n2,7.5,9.5\n0,8.5,3.5\n1,1.5,2.5\n",
         {0},
         0,
         0,
         "column 1 has no name"},
        {"a first name that is missing",
         ",4,1\nx,7,9\ny,8,3\nx,1,2\ny,3,4\n",
         {0},
         0,
         0,
         "column 1 looks like labels"},
        {"delimiters at the ends",
         "a,b,,\n1.5,2.5,,\n3.5,0.5,,\n",
         {0},
         2,
         2,
         "column 3, column 4: missing in every row, and not used"},
        {"words for missing values at the ends of rows",
         "1.5,2.5,N/A\n3.5,0.5,N/A\n",
         {0},
         2,
         2,
         "column 3: missing in every row, and not used"},
        {"delimiters at the ends of rows alone",
         "1.5,2.5,\n3.5,0.5,\n",
         {0},
         2,
         2,
         "column 3: missing in every row"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void cells_of_other_programs_become_numbers(void **state) {
    (void)state;
    static const expected cases[] = {
        {"months by name",
         "a,when\n1.5,12-May-2020\n2,1 june 2020\n3,01JAN20\n",
         {0},
         3,
         2,
         "dates"},
        {"month first by name",
         "a,when\n1.5,\"May 12, 2020\"\n2,\"Jun 1, 2020\"\n",
         {0},
         2,
         2,
         "dates"},
        {"half days", "a,when\n1.5,12/31/2020 1:30 PM\n2,1/6/2020 12:00 am\n", {0}, 2, 2, "dates"},
        {"zone by name",
         "a,when\n1.5,2020-05-12 10:30 UTC\n2,2020-05-12 10:31 GMT\n",
         {0},
         2,
         2,
         "dates"},
        {"a typeset minus",
         "a,b\n1.5,\xe2\x88\x92"
         "3\n2,\xe2\x88\x92"
         "4.5\n",
         {0},
         2,
         2,
         NULL},
        {"blanks that do not break",
         "a;b\n1.5;1\xc2\xa0"
         "200\n2;3\xe2\x80\xaf"
         "400\n",
         {0},
         2,
         2,
         "marks of thousands"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void words_for_missing_values_go_by_the_column(void **state) {
    (void)state;
    static const expected cases[] = {
        {"missing by a word",
         "a,b\n1,0.5\n2,-\n3,0.25\n4,-\n5,1.5\n6,2.5\n",
         {0},
         0,
         0,
         "2 values are missing: column 2 ('b') 2 of 6 (line 3; '-' in 2 cells)"},
        {"by several",
         "a,b\n1,0.5\n2,-\n3,None\n4,\n5,1.5\n6,2.5\n",
         {.missing = "mean"},
         6,
         2,
         "taken for missing: column 2 ('b'): '-' and the like in 2 cells"},
        {"in row 1, without names",
         "-,1.5\n2.5,3\n4.5,1\n",
         {.missing = "zero"},
         3,
         2,
         "'-' in 1 cell"},
        {"under a name that is one",
         "error,b\n2.5,3\n4.5,.\n",
         {.missing = "drop"},
         1,
         2,
         "'.' in 1 cell"},
        {"among dates",
         "a,b\n1,2020-01-05\n2,NaT\n3,2020-01-03\n",
         {.missing = "median"},
         3,
         2,
         "'NaT' in 1 cell"},
        {"with a decimal comma",
         "a;b\n1,5;-\n2,5;3,25\n-;2\n",
         {.missing = "zero"},
         3,
         2,
         "'-' in 1 cell"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void words_for_missing_labels_go_by_the_column(void **state) {
    (void)state;
    static const expected cases[] = {
        {"among labels that are numbers",
         "a,l\n1,0\n2,1\n3,None\n4,1\n",
         {.label_column = "l"},
         4,
         1,
         "column 2 ('l'): 'None' in 1 cell"},
        {"among classes",
         "a,l\n1,0\n2,1\n3,.\n",
         {.hidden_column = "l"},
         0,
         0,
         "line 4, column 2 ('l'): the class"},
        {"among words it is one",
         "c,b\n-,1\nx,2\n-,3\nNone,4\nx,5\nNone,6\n",
         {.feature_columns = "c"},
         6,
         4,
         NULL},
        {"among yes and no it is a word",
         "b,c\n1,yes\n2,no\n3,-\n4,yes\n5,no\n6,-\n",
         {.feature_columns = "c"},
         6,
         4,
         NULL},
        {"beside a word that is wrong",
         "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n-\nlow\n",
         {0},
         0,
         0,
         "line 12, column 1 ('a'): 'low' is no number, as 9 of 10"},
        {"as a label of words",
         "a,l\n1.5,x\n2,-\n3,y\n1,x\n2,y\n",
         {.label_column = "l"},
         5,
         1,
         "column 2 ('l'): '-' in 1 cell taken as a label"},
        {"alone", "c,b\n-,1.5\n-,2.5\n-,3.5\n", {0}, 3, 1, "is the same word throughout"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void words_and_lists_among_numbers_are_said(void **state) {
    (void)state;
    static const expected cases[] = {
        {"whole numbers and one word",
         "a,b\n1,11\n2,gap\n3,25\n4,gap\n5,15\n6,26\n7,1\n8,2\n9,3\n10,4\n11,5\n12,6\n",
         {0},
         0,
         0,
         "'gap' is no number"},
        {"numbers and more",
         "a,b\n1,2\n2,4\n3,more\n4,2\n5,4\n6,more\n",
         {.feature_columns = "b"},
         6,
         4,
         NULL},
        {"lists", "id,e\nx,[0.5 1.5]\ny,[2.5 3]\n", {0}, 0, 0, "holds several numbers"},
        {"embeddings as texts",
         "id,e,label\nx,0.5 1.5 2,p\ny,2.5 3 1,q\nz,2 3 1,p\nw,2 3 9,q\n",
         {0},
         0,
         0,
         "line 2, column 2 ('e'): '0.5 1.5 2' holds several numbers"},
        {"places",
         "at,a\n\"47.25,8.5\",1\n\"47.5,8.25\",2\n",
         {0},
         0,
         0,
         "'47.25,8.5' holds several"},
        {"complex numbers",
         "z,a\n(1.5-2j),1\n(-1e-3+0.5j),2\n",
         {0},
         0,
         0,
         "'(1.5-2j)' holds several"},
        {"versions", "v,a\n1.2.3,1\n1.2.4,2\n2.0.1,3\n", {0}, 3, 1, "as names do"},
        {"words that end so", "v,a\nx-j,1\n+j,2\n1-2i-3j,3\n", {0}, 3, 1, "as names do"},
        {"infinite",
         "v,a\n1.5,1\ninf,2\n2,3\n",
         {0},
         0,
         0,
         "'inf' is not a finite float32; mend it"},
        {"a sum below",
         "n,a\nx,1.5\ny,2.5\nz,3\nTotal,7\n",
         {0},
         4,
         1,
         "a word for a sum (line 5)"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void answers_and_clocks_are_told(void **state) {
    (void)state;
    static const expected cases[] = {
        {"yes and no without names",
         "1.5,2.5,yes\n2.5,3.5,no\n3.5,1.5,yes\n4.5,2.5,no\n",
         {0},
         0,
         0,
         "column 3 looks like labels"},
        {"the same, other labels named",
         "1.5,u,yes\n2.5,v,no\n3.5,u,yes\n4.5,v,no\n",
         {.label_column = "2"},
         4,
         2,
         NULL},
        {"yes and no with a name",
         "a,b,ok\n1.5,2.5,yes\n2.5,3.5,no\n3.5,1.5,yes\n4.5,2.5,no\n",
         {0},
         4,
         3,
         "two words, taken as 0 and 1"},
        {"numbers of Fortran",
         "1.5D-01\n2.5D-01\n3.5D-01\n4.5D-01\n",
         {0},
         0,
         0,
         "'2.5D-01' is no number"},
        {"a clock",
         "time,a\n0.1,5\n0.2,3\n0.4,4\n0.5,9\n0.7,1\n0.8,2\n0.9,3\n1.1,4\n1.2,7\n1.3,5\n",
         {0},
         10,
         2,
         "grows from row to row"},
        {"no clock",
         "time,a\n0.1,5\n0.2,3\n0.4,4\n0.5,9\n0.3,1\n0.8,2\n0.9,3\n1.1,4\n1.2,7\n1.3,5\n",
         {0},
         10,
         2,
         NULL},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void labels_in_other_forms_are_asked_for(void **state) {
    (void)state;
    static const expected cases[] = {
        {"whole numbers as decimals",
         "a,b,c\n1.5,2.5,0.0\n2.5,3.5,1.0\n3.5,1.5,0.0\n4.5,2.5,1.0\n",
         {0},
         0,
         0,
         "--labels c"},
        {"among whole numbers",
         "5,10,250\n1,11,37\n5,12,90\n1,13,80\n5,14,70\n1,15,60\n",
         {0},
         6,
         3,
         "column 1: 2 whole numbers, taken as a feature; if they are classes, --hidden 1"},
        {"counts alone", "5,1,2\n1,1,3\n5,2,3\n1,3,2\n5,4,2\n1,2,2\n", {0}, 6, 3, NULL},
        {"beside texts",
         "Class Index,t,d\n1,a b c,d e f\n2,g h i,j k l\n1,m n o,p q r\n2,s t u,v w x\n",
         {0},
         0,
         0,
         "--labels 'Class Index'"},
        {"labels of words beside texts",
         "t,l\na b c,p\ng h i,q\nm n o,p\ns t u,q\n",
         {0},
         0,
         0,
         "'l') looks like labels"},
        {"texts that are empty",
         "t,l\na b c,p\n,q\nm n o,p\ns t u,q\n",
         {.text_column = "t"},
         4,
         0,
         "1 of 4 texts are empty (the first: 1, from 0)"},
        {"which of the texts",
         "c,t,d\n1,a b c,d e f\n2,g h i,j k l\n1,m n o,p q r\n2,s t u,v w x\n",
         {.label_column = "c"},
         0,
         0,
         "--text-column chooses among several"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void numbers_in_other_dress_are_said_so(void **state) {
    (void)state;
    static const expected cases[] = {
        {"a preamble", "Logger: 1234\nSerial: 99\na,b,c\n1,2,3\n", {0}, 0, 0, "tail -n +3 FILE"},
        {"a row of units",
         "a,b,c\nm,kg,x\n1.5,2,3\n2.5,4,1\n3.5,1,2\n4.5,2,9\n1,2,3\n2,4,4\n3,1,7\n4,7,9\n5,5,5\n",
         {0},
         0,
         0,
         "line 2 holds 'm', 'kg', 'x' in 3 columns of numbers"},
        {"names again",
         "a,b\n1.5,2.5\n2.5,4.25\n3.5,1.5\na,b\n1.25,2.75\n2,4.5\n",
         {0},
         0,
         0,
         "line 5 holds 'a', 'b' in 2 columns of numbers: a second row of names, or one of units? "
         "sed 5d"},
        {"ends that names lack", "a,b\n1,2,\n3,4,\n", {0}, 0, 0, "it ends in a delimiter"},
        {"-999", "a\n1\n2\n-999\n4\n5\n-999\n7\n8\n9\n3\n", {0}, 10, 1, "-999 comes 2 times"},
        {"9999", "a\n1.5\n2\n9999\n4\n5\n9999\n7\n8\n9\n3\n", {0}, 10, 1, "9999 comes 2 times"},
        {"days without marks",
         "d,a\n20200512,1.5\n20200101,2\n19991231,3\n20201109,2\n20200513,1\n20200602,2\n20200707,"
         "1\n"
         "20200808,4\n20200909,3\n20201010,2\n",
         {0},
         10,
         2,
         "numbers like 20200512"},
        {"accounts", "a;p\n1.5;(5)\n2;(7.25)\n3;(9)\n", {0}, 0, 0, "a number with '()'"},
        {"marks of text", "a;p\n1.5;'5\n2;'7.25\n3;'9\n", {0}, 0, 0, "write the number alone"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void whole_numbers_beyond_doubles_stay_apart(void **state) {
    (void)state;
    static const char *const patterns[] = {"90071992547409%d3,%d", "1844674407370955160%d,%d",
                                           "-922337203685477580%d,%d"};
    static const double steps[] = {10, 1, -1};
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        fa_dataset *set;
        assert_ok(fa_dataset_read(&set, table_file("v,w", patterns[p], p == 2 ? 8 : 6), NULL));
        for (size_t i = 1; i < 6; i++)
            assert_true(fa_dataset_vector(set, i)[0] - fa_dataset_vector(set, i - 1)[0] ==
                        (float)steps[p]);
        assert_null(strstr(fa_dataset_note(set), "constant"));
        fa_dataset_free(set);
    }
}

static void values_that_fall_together_are_said(void **state) {
    (void)state;
    fa_dataset *set;
    assert_ok(fa_dataset_read(
        &set, text_file("t.csv", "a,b\n1000000001,1\n1000000002,2\n1000000003,3\n-1e9,5\n"), NULL));
    assert_non_null(strstr(fa_dataset_note(set), "values of 1 feature fall together"));
    assert_non_null(strstr(fa_dataset_note(set), "feature 1, 4 different values of the first 4 "
                                                 "rows become 2"));
    fa_dataset_free(set);
    assert_ok(fa_dataset_read(&set, table_file("v,w", "0.12345678%d,%d", 9), NULL));
    assert_null(strstr(fa_dataset_note(set), "fall together"));
    fa_dataset_free(set);
    char rows[2048] = "v,w\n"; /* half of them 0 to 9, half Unix seconds: 20 values become 11 */
    for (int i = 0; i < 20; i++)
        snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%d,%d\n",
                 i < 10 ? i : 1700000000 + i, i * i);
    assert_ok(fa_dataset_read(&set, text_file("t.csv", rows), NULL));
    assert_non_null(
        strstr(fa_dataset_note(set), "20 different values of the first 20 rows become"));
    fa_dataset_free(set);
    for (char *row = strchr(rows, '\n'); row[1] != '\0'; row = strchr(row + 1, '\n'))
        memset(strchr(row, ',') + 1, '7', 1),
            memset(strchr(row, ',') + 2, ' ', strcspn(strchr(row, ',') + 2, "\n"));
    assert_ok(fa_dataset_read(&set, text_file("t.csv", rows),
                              NULL)); /* w is 7 throughout: both are said */
    assert_non_null(
        strstr(fa_dataset_note(set), "20 different values of the first 20 rows become"));
    assert_non_null(
        strstr(fa_dataset_note(set), "1 of 2 features is constant (the first: 'w', always 7)"));
    fa_dataset_free(set);
    double sum = 0; /* 16 doubles, which are 10 numbers and their rounding */
    snprintf(rows, sizeof rows, "v,w\n");
    for (int i = 1; i <= 10; i++) {
        size_t used = strlen(rows);
        sum += .7;
        snprintf(rows + used, sizeof rows - used, "%.17g,1\n%.17g,2\n%.17g,3\n", sum, i * 7 / 10.,
                 i * .7);
    }
    assert_ok(fa_dataset_read(&set, text_file("t.csv", rows), NULL));
    assert_null(strstr(fa_dataset_note(set), "fall together"));
    fa_dataset_free(set);
}

static void new_rows_may_be_written_otherwise(void **state) {
    (void)state;
    static const char *const tables[] = {
        "a,b,d\n1.5,2.25,2020-05-12\n-3.125,1000,2020-06-01\n",
        "a;b;d\n1,5;2,25;2020-05-12\n-3,125;1.000;2020-06-01\n",
        "a\tb\td\n1,5\t2,25\t12.05.2020\n-3,125\t1000\t01.06.2020\n"};
    for (size_t t = 0; t < 3; t++) { /* learnt from each, then given the others */
        fa_dataset *set, *again;
        fa_read_options how = {.size = SIZE};
        assert_ok(fa_dataset_read(&set, text_file("t.csv", tables[t]), &how));
        how.schema = fa_dataset_schema(set);
        for (size_t u = 0; u < 3; u++) {
            assert_ok(fa_dataset_read(&again, text_file("u.csv", tables[u]), &how));
            for (size_t i = 0; i < 2; i++)
                assert_memory_equal(fa_dataset_vector(set, i), fa_dataset_vector(again, i), 12);
            fa_dataset_free(again);
        }
        fa_dataset_free(set);
    }
}

/* Where the programs that write them differ: True of pandas, 1 of a data base. */
static void booleans_of_new_rows_may_be_0_and_1(void **state) {
    (void)state;
    static const struct {
        const char *rows, *says; /* NULL: they are false, true, true */
    } cases[] = {{"a,f\n1,0\n2,1\n3,1\n", NULL},
                 {"a,f\n1,0.0\n2,1.0\n3,1\n", NULL},
                 {"a,f\n1,no\n2,yes\n3,y\n", NULL},
                 {"a,f\n1,0\n2,1\n3,2\n", "column 2 ('f') holds numbers, and was trained on as"},
                 {"a,f\n1,0\n2,1\n3,.5\n", "column 2 ('f') holds numbers"},
                 {"a,f\n1,0\n2,1\n3,maybe\n", "'maybe' is no number"}};
    fa_dataset *set, *again = NULL;
    fa_read_options how = {.size = SIZE};
    assert_ok(fa_dataset_read(&set, text_file("t.csv", "a,f\n1,False\n2,True\n3,True\n"), &how));
    how.schema = fa_dataset_schema(set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *file = text_file("u.csv", cases[i].rows);
        if (cases[i].says != NULL) {
            assert_fails(fa_dataset_read(&again, file, &how), FA_E_FORMAT, cases[i].says);
            continue;
        }
        assert_ok(fa_dataset_read(&again, file, &how));
        for (size_t k = 0; k < 3; k++)
            assert_memory_equal(fa_dataset_vector(again, k), fa_dataset_vector(set, k), 8);
        fa_dataset_free(again);
    }
    fa_dataset_free(set);
}

static void notes_of_new_rows_are_about_them(void **state) {
    (void)state;
    static const char train[] =
        "d,city,x\n2020-05-12,Rome,1\n2020-06-13,Oslo,2\n2020-06-14,Rome,4\n",
                      same[] = "d,city,x\n2020-05-13,Oslo,3\n2020-05-13,Oslo,3\n",
                      other[] =
                          "d,city,x\n2020-05-13,Oslo,3\n2020-05-14,Bern,5\n2020-05-14,Kiel,5\n";
    fa_dataset *set, *again;
    fa_read_options how = {.size = SIZE};
    assert_ok(fa_dataset_read(&set, text_file("t.csv", train), &how));
    assert_non_null(strstr(fa_dataset_note(set), "dates, taken as seconds"));
    how.schema = fa_dataset_schema(set);
    assert_ok(fa_dataset_read(&again, text_file("u.csv", same), &how));
    assert_string_equal(fa_dataset_note(again), "");
    fa_dataset_free(again);
    assert_ok(fa_dataset_read(&again, text_file("u.csv", other), &how));
    assert_string_equal(fa_dataset_note(again),
                        "2 words are none that was trained on (the first: 'Bern', line 3, "
                        "column 2 ('city')), taken as no word of its column");
    fa_dataset_free(again);
    fa_dataset_free(set);
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_over_numbers_are_headers),
        cmocka_unit_test(rows_of_marked_numbers_are_no_headers),
        cmocka_unit_test(ids_are_no_measurements),
        cmocka_unit_test(texts_without_names_are_asked_for),
        cmocka_unit_test(indexes_and_ends_are_no_columns),
        cmocka_unit_test(cells_of_other_programs_become_numbers),
        cmocka_unit_test(words_for_missing_values_go_by_the_column),
        cmocka_unit_test(words_for_missing_labels_go_by_the_column),
        cmocka_unit_test(words_and_lists_among_numbers_are_said),
        cmocka_unit_test(answers_and_clocks_are_told),
        cmocka_unit_test(labels_in_other_forms_are_asked_for),
        cmocka_unit_test(numbers_in_other_dress_are_said_so),
        cmocka_unit_test(whole_numbers_beyond_doubles_stay_apart),
        cmocka_unit_test(values_that_fall_together_are_said),
        cmocka_unit_test(new_rows_may_be_written_otherwise),
        cmocka_unit_test(booleans_of_new_rows_may_be_0_and_1),
        cmocka_unit_test(notes_of_new_rows_are_about_them),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
