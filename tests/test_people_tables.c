/* Tables as people have them: headers of numbers, mixed columns, dates, marks of decimals, labels
 * that nobody named, steps of series. Each expected value is worked out by hand. */
#define _XOPEN_SOURCE 700
#include "table_cases.h"

#include "formats/cells.h"

#include <math.h>

static void headers_of_numbers_are_headers(void **state) {
    (void)state;
    static const expected cases[] = {
        {"pandas", "0,1,2\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"), {0}, 6, 3, "--header no"},
        {"semicolons", "0;1;2\n" ROWS5(";7.5;9.5", ";8.5;3.5", ";1.5;2.5"), {0}, 6, 3, "--header"},
        {"tabs", "0\t1\t2\n" ROWS5("\t7.5\t9.5", "\t8.5\t3.5", "\t1.5\t2.5"), {0}, 6, 3, "--head"},
        {"bars", "0|1|2\n" ROWS5("|7.5|9.5", "|8.5|3.5", "|1.5|2.5"), {0}, 6, 3, "--header no"},
        {"years", "1999,2000,2001\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"), {0}, 6, 3, "names"},
        {"wavelengths",
         "400.5,403,405.5\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"),
         {0},
         6,
         3,
         "names"},
        {"odd wavelengths",
         "401.7,455.2,470.9\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"),
         {0},
         6,
         3,
         "names"},
        {"gene numbers",
         "1007,1053,117\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"),
         {0},
         6,
         3,
         "names"},
        {"quoted",
         "\"0\",\"1\",\"2\"\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"),
         {0},
         6,
         3,
         "na"},
        {"index", ",0,1\n0,7.5,9.5\n1,8.5,3.5\n2,1.5,2.5\n", {0}, 3, 2, "column 1 counts the rows"},
        {"Unnamed: 0", "Unnamed: 0,a\n0,7.5\n1,8.5\n2,1.5\n", {0}, 3, 1, "counts the rows"},
        {"label last",
         "0,1,label\n" ROWS5(",7.5,x", ",8.5,y", ",1.5,x"),
         {.label_column = "3"},
         6,
         2,
         NULL},
        {"data of whole numbers", "5,3\n1,2\n3,4\n5,7\n", {0}, 4, 2, NULL},
        {"one column", "0\n1.5\n2.5\n3.75\n4.5\n0.5\n", {0}, 5, 1, "--header no"},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

/* As R, its read.csv and others call them. */
static void counts_of_the_rows_are_known_by_their_names(void **state) {
    (void)state;
    static const expected cases[] = {
        {"rownames",
         "rownames,a\n1,7.5\n2,8.5\n3,1.5\n",
         {0},
         3,
         1,
         "1 ('rownames') counts the rows"},
        {"row.names", "row.names,a\n1,7.5\n2,8.5\n3,1.5\n", {0}, 3, 1, "and is not used"},
        {"rowname", "rowname,a\n1,7.5\n2,8.5\n3,1.5\n", {0}, 3, 1, "and is not used"},
        {"row_names from 0", "a,Row_Names\n7.5,0\n8.5,1\n1.5,2\n", {0}, 3, 1, "and is not used"},
        {"obs", "a,obs\n7.5,1\n8.5,2\n1.5,3\n", {0}, 3, 1, "and is not used"},
        {"rn", "rn,a\n1,7.5\n2,8.5\n3,1.5\n", {0}, 3, 1, "and is not used"},
        {"X of read.csv", "X,a\n1,7.5\n2,8.5\n3,1.5\n", {0}, 3, 1, "('X') counts the rows and is"},
        {"x that was measured", "x,a\n1,7.5\n2,8.5\n3,1.5\n", {0}, 3, 2, "--ignore-columns x"},
        {"X in another place", "a,X\n7.5,1\n8.5,2\n1.5,3\n", {0}, 3, 2, "--ignore-columns X"},
        {"rownames in another order",
         "rownames,a\n2,7.5\n1,8.5\n3,1.5\n",
         {0},
         3,
         2,
         "named as ids are, and taken as a feature"},
        {"rownames that are wanted",
         "rownames,a\n1,7.5\n2,8.5\n3,1.5\n",
         {.feature_columns = "rownames"},
         3,
         2,
         NULL},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void what_may_be_a_header_is_said(void **state) {
    (void)state;
    static const expected cases[] = {
        {"years above years",
         "2019,2020,2021\n1900,2000,1950\n1901,1999,1952\n1902,1998,1954\n1903,1997,1956\n",
         {0},
         5,
         3,
         "--header yes"},
        {"frequencies among numbers like them",
         "0.1,0.2,0.5,1.0\n0.3,0.1,2,0\n0.2,0.9,1,0\n3,0.5,1,2\n0.4,0.2,0.1,1\n0,5,1,3\n",
         {0},
         6,
         4,
         "runs as names of an axis do"},
        {"undecided",
         "1,1,2\n" ROWS5(",7.5,9.5", ",8.5,3.5", ",1.5,2.5"),
         {0},
         7,
         3,
         "--header yes"},
        {"an axis above few rows",
         "0.0,0.1,0.2,0.3\n1.5,2,7,1\n2.5,1,3,9\n",
         {0},
         3,
         4,
         "runs as names of an axis do; --header yes"},
        {"one column with a number on top",
         "7\n1.5\n2.5\n3.75\n4.5\n0.5\n",
         {0},
         6,
         1,
         "--header yes"},
        {"a last column that counts",
         "a,n\n1.5,0\n2.5,1\n3.5,2\n",
         {0},
         3,
         2,
         "--ignore-columns n"},
        {"data that count", "1,2,3\n4,5,6\n7,8,9\n", {0}, 3, 3, NULL},
        {"data with a gap in row 1", "NA,2\n3,4\n5,7\n", {.missing = "zero"}, 3, 2, NULL},
        {"said yes", "5,3\n1,2\n3,4\n", {.header = "yes"}, 2, 2, NULL},
        {"said no", "0,1,2\n4,5,6\n7,8,9\n", {.header = "no"}, 3, 3, NULL},
        {"words alone", "x,n\nx,m\nb,n\nb,n\nx,m\n", {0}, 5, 4, NULL},
        {"header over words", "a,b\nx,m\nb,n\nb,n\nx,m\n", {0}, 4, 4, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

static void columns_of_all_kinds_become_numbers(void **state) {
    (void)state;
    static const expected cases[] = {
        {"booleans", "a,b\n1.5,True\n2,False\n3,True\n", {0}, 3, 2, NULL},
        {"yes and no", "a,b\n1.5,yes\n2,no\n3,no\n", {0}, 3, 2, NULL},
        {"categories",
         "city,a,job\nx,1.5,p\ny,2,q\nx,3,p\nz,4,q\ny,5,p\nz,4,q\n",
         {0},
         6,
         6,
         "2 columns of words"},
        {"dates", "a,when\n1.5,2020-05-12\n2,2020-06-01\n3,2021-01-01\n", {0}, 3, 2, "dates"},
        {"times", "a,when\n1.5,2020-05-12 10:30\n2,2020-05-12T10:31:02.5Z\n", {0}, 2, 2, "dates"},
        {"day first", "a,when\n1.5,13.05.2020\n2,01.06.2020\n", {0}, 2, 2, "dates"},
        {"month first", "a,when\n1.5,12/31/2020\n2,1/6/2020\n", {0}, 2, 2, "dates"},
        {"either", "a,when\n1.5,12/05/2020\n2,1/6/2020\n", {0}, 0, 0, "day and month"},
        {"times of day", "a,t\n1.5,14:30\n2,9:05:30\n3,23:59\n", {0}, 3, 2, "times of day"},
        {"times with halves of the day", "a,t\n1.5,12:30 AM\n2,1:05 pm\n", {0}, 2, 2, "times of"},
        {"durations", "a,t\n1.5,14:30\n2,125:05\n3,3:00:01.5\n", {0}, 3, 2, "durations"},
        {"durations of pandas",
         "a,t\n1.5,0 days 00:00:01\n2,-1 days +23:00:00.250000\n3,3 days 00:00:00\n",
         {0},
         3,
         2,
         "durations"},
        {"laps", "a,t\n1.5,0:59.25\n2,1:02.50\n", {0}, 2, 2, "times of day"},
        {"months", "a,when\n1.5,2020-05\n2,2020-12\n3,2021-01\n", {0}, 3, 2, "dates"},
        {"years of two digits",
         "a,when\n1.5,5/12/20\n2,6/1/20\n",
         {0},
         0,
         0,
         "'5/12/20' is a date whose year"},
        {"minutes that are none", "a,t\n1.5,1:75\n2,2:80\n3,3:99\n", {0}, 3, 1, "as names do"},
        {"thousands", "a,b\n1.5,\"1,234\"\n2,\"12,345.5\"\n", {0}, 2, 2, "thousands"},
        {"decimal comma", "a;b\n1,5;2,25\n2,5;3\n", {0}, 2, 2, "a comma is the decimal mark"},
        {"both", "a;b\n1,5;1.234,5\n2,5;3\n", {0}, 2, 2, "thousands"},
        {"hexadecimal",
         "a,b\n1.5,0xb0\n2,0xb1\n3,0xff\n",
         {0},
         0,
         0,
         "'0xb0' is no number but hex"},
        {"hex with a sign", "a,b\n1.5,-0x1\n2,0x2\n", {0}, 0, 0, "hexadecimal"},
        {"hex floats",
         "a,b\n1.5,0x1p3\n2,3\n3,4\n4,5\n5,6\n6,7\n7,8\n8,9\n9,1\n10,2\n",
         {0},
         0,
         0,
         "'0x1p3' is no number"},
        {"names", "who,a\nAnn,1.5\nBob,2\nEve,3\n", {0}, 3, 1, "differs from row to row"},
        {"one column", "a\n1.5\n2\n", {0}, 2, 1, NULL},
        {"one column without a name", "1.5\n2\n3\n", {0}, 3, 1, NULL},
        {"a stray word",
         "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nlow\n",
         {0},
         0,
         0,
         "line 11, column 1 ('a'): 'low' is no number, as 9 of 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

static void labels_that_nobody_named_are_asked_for(void **state) {
    (void)state;
    static const char *const asked = "looks like labels";
    const expected cases[] = {
        {"class word last", "5,8,6,a\n1,4,4,b\n4,8,2,a\n4,6,3,b\n", {0}, 0, 0, asked},
        {"class word first", "a,5,8\nb,1,4\na,4,8\nb,4,6\n", {0}, 0, 0, asked},
        {"quoted word last", "5,8,\"a\"\n1,4,\"b\"\n4,8,\"a\"\n4,6,\"b\"\n", {0}, 0, 0, asked},
        {"iris", "l,w,species\n1,2,s\n2,3,v\n1,2,s\n2,3,v\n", {0}, 0, 0, "--labels species"},
        {"numbers named label", "a,label\n1.5,0\n2,1\n3,0\n4,1\n", {0}, 0, 0, asked},
        {"target", "target,a\n0,1.5\n1,2\n0,2.5\n1,3\n", {0}, 0, 0, asked},
        {"a second one",
         "a,label,kind\n1.5,x,p\n2,y,q\n3,x,p\n4,y,q\n",
         {.label_column = "label"},
         0,
         0,
         "--hidden kind"},
        {"whole numbers beside named labels",
         "a,b,label,rooms\n1.5,2.5,x,1\n2.5,3.5,y,2\n3.5,1.5,x,1\n4.5,2.5,y,2\n",
         {.label_column = "label"},
         4,
         3,
         NULL},
        {"whole numbers and no labels",
         "a,b,rooms\n1.5,2.5,1\n2.5,3.5,2\n3.5,1.5,1\n4.5,2.5,2\n",
         {0},
         0,
         0,
         "--labels rooms"},
        {"named", "5,8,a\n1,4,b\n4,8,a\n4,6,b\n", {.label_column = "3"}, 4, 2, NULL},
        {"said to be a feature",
         "5,8,a\n1,4,b\n4,8,a\n4,6,b\n",
         {.feature_columns = "3"},
         4,
         4,
         NULL},
        {"left out", "5,8,a\n1,4,b\n4,8,a\n4,6,b\n", {.ignore_columns = "3"}, 4, 2, NULL},
        {"words that seldom come again, said to be a feature",
         "a,c\n1,p\n2,q\n3,r\n4,s\n5,t\n6,u\n7,v\n8,w\n9,x\n10,p\n",
         {.feature_columns = "c"},
         10,
         10,
         "1 column of words: a feature for each word"},
        {"all faults at once",
         "a,b,label\n1,,x\n2,3,y\n,4,x\n5,6,y\n",
         {0},
         0,
         0,
         "2 values are missing: column 1 ('a') 1 of 4 (line 4), column 2 ('b') 1 of 4 (line 2)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

static void values_are_those_of_the_cells(void **state) {
    (void)state;
    static const char mixed[] = "when;ok;n;city\n"
                                "1970-01-02;yes;1.234,5;x\n1970-01-03;no;2,5;y\n"
                                "1970-01-02;no;-3;x\n1970-01-03;yes;4;y\n";
    fa_dataset *set;
    assert_ok(fa_dataset_read(&set, text_file("t.csv", mixed),
                              &(fa_read_options){.size = SIZE, .feature_columns = "city"}));
    static const float rows[2][5] = {{86400, 1, 1234.5f, 1, 0}, {172800, 0, 2.5f, 0, 1}};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 5; k++)
            assert_true((double)fa_dataset_vector(set, i)[k] + fa_dataset_shift(set, k) ==
                        (double)rows[i][k]);
    assert_string_equal(fa_dataset_column_name(set, 0), "when");
    assert_string_equal(fa_dataset_column_name(set, 4), "city=y");
    fa_dataset_free(set);
}

static void times_are_seconds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds; /* NAN: no time */
    } cases[] = {{"14:30", 52200},
                 {"00:00", 0},
                 {"9:05:07.5", 32707.5},
                 {"12:00 AM", 0},
                 {"12:15pm", 44100},
                 {"100:00:01", 360001},
                 {"-01:30", -5400},
                 {"1:05.25", 65.25},
                 {"2 days 01:00:00", 176400},
                 {"-1 days +23:59:59.500000", -0.5},
                 {"1 day, 0:00:02", 86402},
                 {"3 days", 259200},
                 {"14:3", (double)NAN},
                 {"13:00 PM", (double)NAN},
                 {"14:60", (double)NAN},
                 {"14:30:", (double)NAN},
                 {"1:2:3", (double)NAN},
                 {":30", (double)NAN},
                 {"14:30x", (double)NAN},
                 {"2 days 3", (double)NAN},
                 {"2020-05-12", (double)NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = (double)NAN;
        bool is = fa__cell_date(&got, cases[i].text, strlen(cases[i].text), FA__DATE_NONE);
        if (is == isnan(cases[i].seconds) || (is && got != cases[i].seconds))
            fail_msg("%s: %d, %.17g", cases[i].text, is, got);
    }
}

static void missing_values_are_filled_by_what_was_learnt(void **state) {
    (void)state;
    static const char train[] = "a,c,d\n1,x,p\n2,y,q\n,x,p\n9,,q\n", test[] = "a,c,d\n,y,p\n5,z,\n";
    static const struct {
        const char *missing;
        float a;
        size_t features;
    } cases[] = {{"mean", 4, 5}, {"median", 2, 5}, {"zero", 0, 5}, {"category", 2, 7}};
    for (size_t i = 0; i < 4; i++) {
        fa_dataset *set, *again;
        fa_read_options how = {.size = SIZE, .missing = cases[i].missing};
        assert_ok(fa_dataset_read(&set, text_file("t.csv", train), &how));
        assert_int_equal(fa_dataset_features(set), cases[i].features);
        assert_true(fa_dataset_vector(set, 2)[0] == cases[i].a);
        how.schema = fa_dataset_schema(set);
        assert_non_null(how.schema);
        assert_ok(fa_dataset_read(&again, text_file("u.csv", test), &how));
        assert_int_equal(fa_dataset_features(again), cases[i].features);
        assert_true(fa_dataset_vector(again, 0)[0] == cases[i].a); /* not that of the test set */
        assert_non_null(
            strstr(fa_dataset_note(again),
                   "1 word is none that was trained on (the first: 'z', line 3, column 2 ('c'))"));
        for (size_t k = 0; k < cases[i].features; k++)
            assert_string_equal(fa_dataset_column_name(set, k), fa_dataset_column_name(again, k));
        fa_dataset_free(again);
        fa_dataset_free(set);
    }
}

static void values_far_from_zero_stay_apart(void **state) {
    (void)state;
    static const char *const patterns[] = {"170000000%d.25,%d", "17000000000%02d,%d",
                                           "123456700%d,%d",    "-99999990%d,%d",
                                           "10000000%d.5,%d",   "4.900000%d,%d"};
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        fa_dataset *set;
        assert_ok(fa_dataset_read(&set, table_file("v,w", patterns[p], 9), NULL));
        double scale = p == 5 ? 1e-7 : 1, sign = p == 3 ? -1 : 1;
        for (size_t i = 1; i < 9; i++) {
            double step =
                (double)fa_dataset_vector(set, i)[0] - (double)fa_dataset_vector(set, i - 1)[0];
            assert_true(fabs(step - sign * scale) < 1e-3 * scale);
        }
        assert_null(strstr(fa_dataset_note(set), "constant"));
        fa_dataset_free(set);
    }
    fa_dataset *set; /* small numbers are as they are */
    assert_ok(fa_dataset_read(&set, table_file("v,w", "%d.5,%d", 9), NULL));
    assert_true(fa_dataset_shift(set, 0) == 0 && fa_dataset_vector(set, 3)[0] == 3.5f);
    fa_dataset_free(set);
}

static void what_is_no_number_yet_is_said_so(void **state) {
    (void)state;
    static const expected cases[] = {
        {"per cent",
         "a,p\n1.5,5%\n2,7%\n3,9.5%\n",
         {0},
         0,
         0,
         "line 2, column 2 ('p'): '5%', a number "
         "with '%'"},
        {"units", "a,p\n1.5,5 kg\n2,7 kg\n3,9 kg\n", {0}, 0, 0, "with 'kg' as in every row"},
        {"money", "a;p\n1.5;$5\n2;$7.25\n3;$9\n", {0}, 0, 0, "--ignore-columns p"},
        {"euro",
         "a;p\n1.5;5,25 \xe2\x82\xac\n2;7,5 \xe2\x82\xac\n3;9 \xe2\x82\xac\n",
         {0},
         0,
         0,
         "a number with"},
        {"numbers of houses",
         "a,p\n1.5,5 Main St\n2,7 Oak Av\n3,9 Elm St\n",
         {0},
         3,
         1,
         "holds texts"},
        {"few sizes are categories",
         "a,p\n1.5,5 kg\n2,7 kg\n3,5 kg\n4,7 kg\n",
         {.feature_columns = "p"},
         4,
         3,
         NULL},
        {"a title", "My data,,\na,b,c\n1,2,3\n4,5,6\n", {0}, 0, 0, "row 1 holds 'My data' alone"},
        {"a comment", "# made by us\na,b\n1,2\n", {0}, 0, 0, "looks like a comment"},
        {"names of rows of R",
         "\"a\",\"b\"\n\"r1\",1,2\n\"r2\",3,4\n",
         {0},
         0,
         0,
         "col.names = NA"},
        {"blanks between", "a b\n1 2\n3 4\n", {0}, 0, 0, "numbers with blanks between, no texts"},
        {"all missing, and wanted",
         "a,e\n1.5,\n2.5,\n",
         {.feature_columns = "e"},
         0,
         0,
         "column 2 ('e') is missing in every row; leave it out (--ignore-columns e)"},
        {"all missing",
         "m,a,e,b\n,1.5,?,2\n,2.5,NA,7\n",
         {0},
         2,
         2,
         "column 1 ('m'), column 3 ('e'): missing in every row, and not used"},
        {"nothing at all", "a,e\n?,NA\nNA,?\n", {0}, 0, 0, "no column is left for values"},
        {"blanks of thousands",
         "a;p\n1.5;1 200\n2;3 400\n3;5 000\n",
         {0},
         3,
         2,
         "marks of thousands"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

static void numbers_that_may_be_classes_are_asked_for(void **state) {
    (void)state;
    static const expected cases[] = {
        {"UCR",
         "1\t1.5\t2.5\t0.5\n2\t3.5\t4.5\t1.5\n1\t5.5\t0.5\t3.5\n2\t1.25\t2.5\t0.25\n",
         {0},
         0,
         0,
         "column 1 looks like"},
        {"in front of two, later fields quoted",
         "1,\"1.5\",\"2.5\"\n2,\"3.5\",\"4.5\"\n1,\"5.5\",\"0.5\"\n2,\"1.25\",\"2.5\"\n",
         {0},
         4,
         3,
         "if they are classes"},
        {"last",
         "a,b,kind\n1.5,2.5,0\n3.5,4.5,1\n5.5,0.5,0\n1.5,0.25,1\n",
         {0},
         0,
         0,
         "--label-column kind"},
        {"said",
         "a,b,kind\n1.5,2.5,0\n3.5,4.5,1\n5.5,0.5,0\n1.5,0.25,1\n",
         {.label_column = "kind"},
         4,
         2,
         NULL},
        {"between", "a,rooms,b\n1.5,2,0.5\n3.5,4,1.5\n5.5,2,0.5\n1.5,4,1.5\n", {0}, 4, 3, NULL},
        {"among whole numbers", "a,b,c\n1,2.5,7\n3,4.5,7\n5,0.5,8\n1,0.25,8\n", {0}, 4, 3, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

/* 24 classes, more than are asked for elsewhere, before 8 steps; a name is no class. */
static void many_classes_before_steps_are_asked_for(void **state) {
    (void)state;
    static const char *const last[] = {"2.5", "2"}, *const heads[] = {"", "n,a,b,c,d,e,f,g,h\n"};
    for (int named = 0; named < 2; named++)
        for (int whole = 0; whole < 2; whole++) {
            size_t used = (size_t)snprintf(text, sizeof text, "%s", heads[named]);
            for (int i = 0; i < 48; i++) {
                used += (size_t)snprintf(text + used, sizeof text - used, "%d", 1 + i * 5 % 24);
                for (int k = 0; k < 7; k++)
                    used += (size_t)snprintf(text + used, sizeof text - used, ",%d.25",
                                             (i * 7 + k * 3) % 11);
                used += (size_t)snprintf(text + used, sizeof text - used, ",%s\n", last[whole]);
            }
            fa_dataset *set = NULL;
            fa_status status = fa_dataset_read(&set, text_file("u.csv", text), NULL);
            if (named + whole == 0)
                assert_fails(status, FA_E_LABEL, "column 1 looks like labels");
            else
                assert_ok(status);
            fa_dataset_free(set);
        }
}

static void one_long_recording_is_not_taken_for_samples(void **state) {
    (void)state;
    fa_dataset *set;
    fa_read_options how = {.size = SIZE};
    const char *file = table_file("time,a", "2020-05-12 10:%02d,%d.5", 12);
    assert_fails(fa_dataset_read(&set, file, &how), FA_E_ARGUMENT, "as in one long recording");
    how.ignore_columns = "time";
    assert_ok(fa_dataset_read(&set, file, &how));
    assert_int_equal(fa_dataset_features(set), 1);
    fa_dataset_free(set);
    how = (fa_read_options){.size = SIZE, .feature_columns = "time"};
    assert_ok(fa_dataset_read(&set, file, &how));
    assert_int_equal(fa_dataset_features(set), 2);
    fa_dataset_free(set);
}

static void steps_of_series_are_not_taken_for_rows(void **state) {
    (void)state;
    static const char blocks[] = "sensor,time,v\nA,1,2\nA,2,3\nA,3,4\nB,1,5\nB,2,6\nB,3,7\n",
                      iso[] = "unit,when,v\nA,2020-01-01 00:00,2\nB,2020-01-01 00:00,5\n"
                              "A,2020-01-01 00:01,3\nB,2020-01-01 00:01,6\nA,2020-01-02,4\n"
                              "B,2020-01-02,7\n",
                      no_time[] = "case_id,v\n7,2\n7,3\n7,4\n9,5\n9,6\n9,7\n",
                      tidy[] = "id,time,variable,value\nA,1,x,2\nA,1,y,3\nA,2,y,5\nA,2,x,4\n"
                               "B,1,y,7\nB,1,x,6\n";
    static const char *const looks = "look like steps of series";
    const expected cases[] = {
        {"blocks", blocks, {0}, 0, 0, "--id-column sensor --time-column time"},
        {"dates in turn", iso, {0}, 0, 0, "--id-column unit --time-column when"},
        {"no time", no_time, {0}, 0, 0, looks},
        {"in any order",
         "sensor id,time,v\nA,3,1.5\nB,1,6\nA,1,2\nB,3,7\nA,2,3\nB,2,8\n",
         {0},
         0,
         0,
         "--id-column 'sensor id' --time-column time"},
        {"melted",
         "id_,time,variable,value\nA,1,x,2\nA,2,x,4\nB,1,x,6\nB,2,x,6\n"
         "A,1,y,3\nA,2,y,5\nB,1,y,7\nB,2,y,8\n",
         {0},
         0,
         0,
         looks},
        {"read so", blocks, {.id_column = "sensor", .time_column = "time"}, 2, 1, NULL},
        {"dates read so", iso, {.id_column = "unit", .time_column = "when"}, 2, 1, NULL},
        {"in their order", no_time, {.id_column = "case_id"}, 2, 1, NULL},
        {"tidy", tidy, {0}, 2, 2, NULL},
        {"as rows", blocks, {.ignore_columns = "sensor,time"}, 6, 1, NULL},
        {"a time alone", blocks, {.time_column = "time"}, 0, 0, "--time-column wants --id-column"},
        {"customers by date",
         "when,city,v\n2020-01-01,x,1\n2020-01-02,y,2\n2020-01-03,x,3\n"
         "2020-01-04,y,4\n2020-01-05,x,5\n2020-01-06,y,6\n",
         {0},
         6,
         4,
         "dates"},
        {"names of rows", "who,v\nann,1.5\nbob,2\neve,3\n", {.id_column = "who"}, 3, 1, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
    fa_dataset *set;
    size_t steps;
    assert_ok(fa_dataset_read(&set, text_file("t.csv", tidy), NULL));
    assert_memory_equal(fa_dataset_series(set, 0, &steps), ((const float[]){2, 3, 4, 5}), 16);
    assert_int_equal(steps, 2);
    assert_memory_equal(fa_dataset_series(set, 1, &steps), ((const float[]){6, 7}), 8);
    assert_string_equal(fa_dataset_column_name(set, 1), "y");
    assert_string_equal(fa_dataset_sample_name(set, 1), "B");
    fa_dataset_free(set);
}

static void texts_of_pandas_are_found(void **state) {
    (void)state;
    fa_dataset *set;
    assert_ok(fa_dataset_read(
        &set, table_file("text,label", "\"the film number %d was good, %d or not\",a", 20),
        &(fa_read_options){.size = SIZE, .label_column = "label"}));
    assert_int_equal(fa_dataset_kind(set), FA_KIND_TEXT); /* the texts differ: no category */
    fa_dataset_free(set);
}

static void classes_that_differ_as_words_differ(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t classes;
    } cases[] = {{"a,h\n1,01\n2,1\n3,2\n", 3}, {"a,h\n1,+1\n2,1\n3,2\n", 3},
                 {"a,h\n1,1.0\n2,1\n", 2},     {"a,h\n1,007\n2,7\n3,07\n", 3},
                 {"a,h\n1,-0\n2,0\n", 2},      {"a,h\n1,1\n2,2\n3,1\n", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fa_dataset *set;
        size_t different = 0;
        assert_ok(fa_dataset_read(&set, text_file("t.csv", cases[i].text),
                                  &(fa_read_options){.size = SIZE, .hidden_column = "h"}));
        const int32_t *classes = fa_dataset_classes(set);
        for (size_t a = 0; a < fa_dataset_count(set); a++) {
            size_t b = 0;
            while (b < a && classes[b] != classes[a]) b++;
            different += b == a;
        }
        assert_int_equal(different, cases[i].classes);
        fa_dataset_free(set);
    }
}

static void tables_are_looked_at_whatever_is_wrong(void **state) {
    (void)state;
    fa_table *table;
    assert_ok(
        fa_table_look(&table,
                      text_file("t.csv", ",a,when,kind,label\n0,1.5,1/2/2020,x,u\n"
                                         "1,,3/4/2020,y,v\n2,2,1/1/2020,x,u\n3,4,2/2/2020,y,v\n"),
                      NULL));
    static const char *const types[] = {"index", "number", "date", "category", "category"},
                             *const roles[] = {"unused", "feature", "feature", "feature", "asked"};
    assert_int_equal(fa_table_columns(table), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(fa_table_column_at(table, i).type, types[i]);
        assert_string_equal(fa_table_column_at(table, i).role, roles[i]);
    }
    assert_int_equal(fa_table_column_at(table, 1).missing, 1);
    assert_int_equal(fa_table_column_at(table, 3).features, 2);
    fa_table_free(table);
    assert_ok(fa_table_look(&table, text_file("t.txt", "one\ntwo\n"), NULL));
    assert_null(table);
}

static void rows_left_out_keep_the_numbers_of_the_file(void **state) {
    (void)state;
    fa_dataset *set;
    assert_ok(
        fa_dataset_read(&set, text_file("t.csv", "id,a\nu,1\nv,\nw,3\n"),
                        &(fa_read_options){.size = SIZE, .missing = "drop", .id_column = "id"}));
    assert_int_equal(fa_dataset_count(set), 2);
    assert_int_equal(fa_dataset_row(set, 1), 2);
    assert_string_equal(fa_dataset_sample_name(set, 1), "w");
    fa_dataset_free(set);
}

static void schemas_that_are_none_are_refused(void **state) {
    (void)state;
    static const char *const schemas[] = {"",
                                          "x",
                                          "forced-apart table 1\tnamed",
                                          "forced-apart table 1\tsome\n",
                                          "forced-apart table 1\tnamed\na\t0\t1\n",
                                          "forced-apart table 1\tnamed\tx\n",
                                          "forced-apart table 1\tnamed\na\t0\t1\t0\t0\tinf\t0\n",
                                          "forced-apart table 1\tnamed\na\t99\t1\t0\t0\t0\t0\n"};
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        fa_dataset *set;
        size_t live = fa__memory_live();
        assert_fails(fa_dataset_read(&set, text_file("t.csv", "a,b\n1,2\n"),
                                     &(fa_read_options){.size = SIZE, .schema = schemas[i]}),
                     FA_E_FORMAT, "schema");
        assert_int_equal(fa__memory_live(), live);
    }
}

static void reading_survives_nomem(void **state) {
    (void)state;
    fa_dataset *set, *again;
    fa_read_options how = {.size = SIZE, .missing = "category", .label_column = "label"};
    const char *path =
        text_file("t.csv", "a,city,job,when,label\n1,x,p,2020-01-01,u\n,y,q,2020-01-02,v\n"
                           "3,,p,2020-01-03,u\n4,y,q,2020-01-01,v\n");
    assert_survives_nomem(fa_dataset_read(&set, path, &how), fa_dataset_free(set));
    assert_ok(fa_dataset_read(&set, path, &how));
    how.schema = fa_dataset_schema(set);
    assert_survives_nomem(fa_dataset_read(&again, path, &how), fa_dataset_free(again));
    fa_dataset_free(set);
    path = text_file("t.csv", "id,time,variable,value\nA,1,x,2\nA,1,y,3\nB,1,y,7\n");
    how = (fa_read_options){.size = SIZE, .missing = "mean"};
    assert_survives_nomem(fa_dataset_read(&set, path, &how), fa_dataset_free(set));
    fa_table *table;
    assert_survives_nomem(fa_table_look(&table, path, NULL), fa_table_free(table));
}

int main(void) {
#ifndef FA_HAVE_CSV
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_numbers_are_headers),
        cmocka_unit_test(counts_of_the_rows_are_known_by_their_names),
        cmocka_unit_test(what_may_be_a_header_is_said),
        cmocka_unit_test(columns_of_all_kinds_become_numbers),
        cmocka_unit_test(labels_that_nobody_named_are_asked_for),
        cmocka_unit_test(values_are_those_of_the_cells),
        cmocka_unit_test(times_are_seconds),
        cmocka_unit_test(missing_values_are_filled_by_what_was_learnt),
        cmocka_unit_test(values_far_from_zero_stay_apart),
        cmocka_unit_test(what_is_no_number_yet_is_said_so),
        cmocka_unit_test(numbers_that_may_be_classes_are_asked_for),
        cmocka_unit_test(many_classes_before_steps_are_asked_for),
        cmocka_unit_test(one_long_recording_is_not_taken_for_samples),
        cmocka_unit_test(steps_of_series_are_not_taken_for_rows),
        cmocka_unit_test(texts_of_pandas_are_found),
        cmocka_unit_test(classes_that_differ_as_words_differ),
        cmocka_unit_test(tables_are_looked_at_whatever_is_wrong),
        cmocka_unit_test(rows_left_out_keep_the_numbers_of_the_file),
        cmocka_unit_test(schemas_that_are_none_are_refused),
        cmocka_unit_test(reading_survives_nomem),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
