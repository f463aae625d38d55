/* CSV rows against Python's csv module, in blocks of any size, and every kind of broken file. */
#define _XOPEN_SOURCE 700
#include "formats/csv.h"

#include "text_cases.h"

/* ==== Rows ==== */

/* Every row as "row@line:field|field\n". */
typedef struct written {
    char text[1 << 16];
    size_t used;
    size_t stop_at; /* row at which to fail; 0: none */
} written;

static fa_status write_row(void *user, const fa__csv_row *row) {
    written *w = user;
    if (row->number == w->stop_at) return fa__fail(FA_E_STOPPED, "stopped by the test");
    w->used += (size_t)snprintf(w->text + w->used, sizeof w->text - w->used,
                                "%zu@%zu:", row->number, row->line);
    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(row->fields[i].text[row->fields[i].size], 0);
        w->used += (size_t)snprintf(w->text + w->used, sizeof w->text - w->used, "%s%s",
                                    row->fields[i].text, i + 1 < row->count ? "|" : "\n");
    }
    return FA_OK;
}

static fa_status read_csv(written *w, const void *bytes, size_t size, size_t block,
                          char delimiter) {
    fa__csv *csv;
    size_t rows = 0;
    w->used = 0;
    w->text[0] = '\0';
    FA_TRY(fa__csv_open(&csv, delimiter, "made.csv", write_row, w));
    fa_status status = FA_OK;
    for (size_t at = 0; at < size && status == FA_OK; at += block)
        status = fa__csv_feed(csv, (const char *)bytes + at, size - at < block ? size - at : block);
    if (status == FA_OK) status = fa__csv_finish(csv, &rows);
    fa__csv_free(csv);
    if (status == FA_OK) {
        size_t lines = 0;
        for (size_t i = 0; i < w->used; i++) lines += w->text[i] == '\n';
        assert_true(rows <= lines);
    }
    return status;
}

#define BYTES(text) text, sizeof(text) - 1

static void assert_rows(const char *bytes, size_t size, const char *wanted) {
    static written w;
    for (size_t block = 1; block <= size; block++) {
        w.stop_at = 0;
        assert_ok(read_csv(&w, bytes, size, block, ','));
        assert_string_equal(w.text, wanted);
    }
}

static void rows_know_their_lines(void **state) {
    (void)state;
    assert_rows(BYTES("a,b\nc,d\n"), "1@1:a|b\n2@2:c|d\n");
    assert_rows(BYTES("a,b\r\n\r\n\nc,d"), "1@1:a|b\n2@4:c|d\n");
    assert_rows(BYTES("\"a\nb\",c\n1,2\n"), "1@1:a\nb|c\n2@3:1|2\n");
    assert_rows(BYTES(" \n\n  x , y \n"), "1@3:x|y\n");
    assert_rows(BYTES("a,b\rc,d\r"), "1@1:a|b\n2@1:c|d\n");
    assert_rows(BYTES("a,b\r\"c\nd\",e\nf,g"), "1@1:a|b\n2@1:c\nd|e\n3@3:f|g\n");
}

static void rows_without_text_at_the_end_are_passed_over(void **state) {
    (void)state;
    assert_rows(BYTES("a,b\n,\n1,2\n\n,\n\"\",\n ,\n"), "1@1:a|b\n2@2:|\n3@3:1|2\n");
    assert_rows(BYTES("a,b\n,\n,\n1,2"), "1@1:a|b\n2@2:|\n3@3:|\n4@4:1|2\n");
    assert_rows(BYTES("a\n\"\"\n"), "1@1:a\n2@2:\n"); /* a text may be empty */
    assert_rows(BYTES(",\n,\n"), "1@1:|\n");
}

static void fields_are_unquoted(void **state) {
    (void)state;
    assert_rows(BYTES("\"say \"\"so\"\"\",\"\",\" a, b \"\n"), "1@1:say \"so\"|| a, b \n");
    assert_rows(BYTES("1,,\n"), "1@1:1||\n");
    assert_rows(BYTES("\xc3\xa9,\xf0\x9d\x92\xb3\n"), "1@1:\xc3\xa9|\xf0\x9d\x92\xb3\n");
}

static void byte_order_mark_is_passed_over(void **state) {
    (void)state;
    assert_rows(BYTES("\xef\xbb\xbf\"1\",b\n"), "1@1:1|b\n");
    assert_rows(BYTES("\xef\xbc\xa1,b\n"), "1@1:\xef\xbc\xa1|b\n"); /* begins like one */
    assert_rows(BYTES("\xef\xbb\xbc,b\n"), "1@1:\xef\xbb\xbc|b\n");
}

static void other_delimiters_part_fields(void **state) {
    (void)state;
    static written w;
    assert_ok(read_csv(&w, BYTES("a,b\tc\n1\t2,\n"), 3, '\t'));
    assert_string_equal(w.text, "1@1:a,b|c\n2@2:1|2,\n");
    assert_ok(read_csv(&w, BYTES("a;b\n"), 9, ';'));
    assert_string_equal(w.text, "1@1:a|b\n");
}

/* What Python's csv makes of them. */
static void quotes_within_bare_fields_are_characters(void **state) {
    (void)state;
    assert_rows(BYTES("5'3\",x \"y\" z\n"), "1@1:5'3\"|x \"y\" z\n");
    assert_rows(BYTES("say \"\"so\"\",1\n\"q \"\"r\"\"\",a\"b\"\n"),
                "1@1:say \"\"so\"\"|1\n2@2:q \"r\"|a\"b\"\n");
    assert_rows(BYTES("a\",1\n\"b\nc\",d\"\"\n"), "1@1:a\"|1\n2@2:b\nc|d\"\"\n");
}

static void delimiter_is_what_each_line_has(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char mark;
    } cases[] = {{"a,b\n1,2\n", ','},
                 {"a;b;c,d\n", ';'},
                 {"plain\n1,2\n", '\0'},
                 {"", '\0'},
                 {"\n \n", '\0'},
                 {"ham\tgo, until, then\nspam\tno more\n", '\t'}, /* texts hold commas */
                 {"ham\tgo, \"so\", he\nspam\tno \"more\n", '\t'},
                 {"a\tb,c,d\n", ','}, /* of one line nothing is known */
                 {"1,5;2,25;3,5\n2,5;1,75;9,5\n", ';'},
                 {"1,5;2,25\r\n2,5;1,75\r\n", ';'},
                 {"1,5;2,25\r2,5;1,75\r", ';'},
                 {"a,b;c,d\ne,f;g,h\n", ','}, /* no decimals */
                 {"1,5|True|2,25\n2,5|False|1,75\n", '|'},
                 {"a;1,5\r\n\"b;c\";2,5\r\n\r\n \"d;e\";4,5\r\n", ';'},
                 {"\"a;b\",c,d\n\"e;f\",g,h\n", ','},
                 {"\xef\xbb\xbf\"a;b;c\",d\n", ','},
                 {"\"a\"\"b;c;d\",e\n", ','},
                 {"name|x|y\n\"a|b\nc\"|2|3\n", '|'},
                 {"a,b\nx;y,z;u\n", ','},
                 {"a;b,c\n1;2\n3;4\n", ';'},
                 {"a;b\n1;2\n3;4,5", ';'}}; /* the last line may be cut */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].text);
        unsigned char *bytes = malloc(size + 1); /* not a byte more, for a sanitizer to see */
        assert_non_null(bytes);
        memcpy(bytes, cases[i].text, size);
        char mark = fa__delimiter_of(bytes, size);
        free(bytes);
        if (mark != cases[i].mark) fail_msg("case %zu: '%c'", i, mark);
    }
}

static void empty_text_has_no_rows(void **state) {
    (void)state;
    static written w;
    assert_ok(read_csv(&w, "", 0, 1, ','));
    assert_string_equal(w.text, "");
    assert_ok(read_csv(&w, BYTES("\xef\xbb\xbf"), 1, ','));
    assert_ok(read_csv(&w, BYTES("\n\r\n"), 1, ','));
    assert_string_equal(w.text, "");
}

/* ==== Python's csv ==== */

typedef struct expectation {
    fa__line line;
    size_t rows;
} expectation;

static fa_status compare_row(void *user, const fa__csv_row *row) {
    expectation *e = user;
    unsigned char field[256];
    assert_true(fa__line_next(&e->line));
    for (size_t i = 0; i < row->count; i++) {
        long size = next_hex(field, &e->line);
        assert_int_equal(size, row->fields[i].size);
        assert_memory_equal(field, row->fields[i].text, (size_t)size);
    }
    assert_int_equal(next_hex(field, &e->line), -1);
    e->rows++;
    return FA_OK;
}

static void rows_are_those_of_python(void **state) {
    (void)state;
    unsigned char *bytes, *rows;
    size_t size, rows_size, count;
    assert_ok(fa__file_read(&bytes, &size, fixture("text/quoted.csv")));
    assert_ok(fa__file_read(&rows, &rows_size, fixture("text/quoted.rows")));
    for (size_t block = 1; block < 40; block += 3) {
        expectation e = {fa__line_start(rows, rows_size), 0};
        fa__csv *csv;
        assert_ok(fa__csv_open(&csv, ',', "quoted.csv", compare_row, &e));
        for (size_t at = 0; at < size; at += block)
            assert_ok(fa__csv_feed(csv, bytes + at, size - at < block ? size - at : block));
        assert_ok(fa__csv_finish(csv, &count));
        assert_int_equal(count, 303);
        assert_int_equal(e.rows, 303);
        assert_false(fa__line_next(&e.line));
        fa__csv_free(csv);
    }
    fa__free(bytes), fa__free(rows);
}

/* ==== Broken files ==== */

static void broken_files_are_refused_with_place_and_remedy(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {BYTES("a,b\n\nc\n"), "made.csv: line 3 has 1 columns, the first row has 2"},
        {BYTES("a,b\nc,d,e\n"), "line 2 has 3 columns, the first row has 2; a field that holds"},
        {BYTES("a\n1\n2,3"), "line 3 has 2 columns"},
        {BYTES("a,b,c\n1,2\n"),
         "in quotes; or is what stands above no part of the table? tail -n +2"},
        {BYTES("a,b\n1,2\nx,y,z\n"), "above no part of the table? tail -n +3 FILE"},
        {BYTES("a,b\n1,2\n# 1 row\n"),
         "line 3 has 1 columns, the first row has 2; it looks like a"},
        {BYTES("a,b\n\"c\nd,e\n"), "line 2, column 1: a quote is opened and never closed"},
        {BYTES("a,b\n1,\"c"), "line 2, column 2: a quote is opened"},
        {BYTES("\"a\" \"b\"\n"), "line 1, column 1: a quote stands inside a field"},
        {BYTES("a,b\n\"c\"d,e\n"), "line 2, column 1: a quote stands inside"},
        {BYTES("a,b\nx\0y,z\n"), "line 2, column 1: holds a zero byte"},
        {BYTES("a,b\nx,caf\xe9\n"), "line 2, column 2: byte 4 (0xe9) is not UTF-8"},
        {BYTES("\xff\xfe"
               "a\0,\0\n\0"),
         "line 1, column 1: holds a zero byte"},
        {BYTES("\xef\xbb,a\n"), "line 1, column 1: byte 1 (0xef) is not UTF-8"},
        {BYTES("\xef\xbb"), "byte 1 (0xef) is not UTF-8; convert the file"},
    };
    static written w;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t block = 1; block <= cases[i].size; block++)
            assert_fails(read_csv(&w, cases[i].bytes, cases[i].size, block, ','), FA_E_FORMAT,
                         cases[i].says);
}

static void utf8_is_what_unicode_calls_well_formed(void **state) {
    (void)state;
    static const char *const good[] = {
        "\x7f",         "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xe2\x82x",
                                      "\xf0\x9d\x92",
                                      "\xf0\x9d\x92\xc3",
                                      "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(fa__utf8_check(good[i], strlen(good[i])), strlen(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[8] = "ok";
        strcat(text, bad[i]);
        assert_int_equal(fa__utf8_check(text, strlen(text)), 2);
    }
    assert_int_equal(fa__utf8_check("", 0), 0);
}

static void assert_quoted(const char *text, const char *wanted) {
    char quoted[FA__QUOTE_SIZE];
    assert_string_equal(fa__quote(quoted, text, strlen(text)), wanted);
}

static void quotes_of_messages_keep_letters(void **state) {
    (void)state;
    assert_quoted("Gr\xc3\xb6\xc3\x9f"
                  "e [\xc2\xb0]",
                  "Gr\xc3\xb6\xc3\x9f"
                  "e [\xc2\xb0]");
    assert_quoted("\xe4\xb8\xad\xf0\x9f\x90\x88", "\xe4\xb8\xad\xf0\x9f\x90\x88");
    assert_quoted("a\nb\x1b[0m\x7f", "a.b.[0m.");
    assert_quoted("caf\xe9 \xc3", "caf. .");
    assert_quoted("\xc2\x85x\xe2\x80\xaey\xe2\x81\xa6z\xef\xbb\xbf", "..x...y...z...");
    assert_quoted("0123456789012345678901234567890123456789",
                  "0123456789012345678901234567890123456789");
    assert_quoted("01234567890123456789012345678901234567890",
                  "0123456789012345678901234567890123456789...");
    assert_quoted("012345678901234567890123456789012345678\xc3\xb6", /* no half of a letter */
                  "012345678901234567890123456789012345678...");
}

static void failure_of_the_caller_ends_the_reading(void **state) {
    (void)state;
    static written w;
    w.stop_at = 2;
    assert_fails(read_csv(&w, BYTES("a\nb\nc\n"), 100, ','), FA_E_STOPPED, "by the test");
    assert_string_equal(w.text, "1@1:a\n");
    assert_fails(read_csv(&w, BYTES("a\nb"), 100, ','), FA_E_STOPPED, "by the test");
    w.stop_at = 0;
}

static void csv_without_memory_is_refused(void **state) {
    (void)state;
    static written w;
    assert_survives_nomem(read_csv(&w, BYTES("a,b,c\n1,2,3\n"), 5, ','), (void)0);
}

/* ==== Header rows ==== */

typedef struct header_case {
    bool header;
    const char *name; /* of a column to find */
    fa_status status;
    size_t column;
} header_case;

static fa_status on_header(void *user, const fa__csv_row *row) {
    header_case *c = user;
    c->header = fa__csv_is_header(row);
    c->status = c->name != NULL ? fa__csv_find_column(&c->column, row, c->name) : FA_OK;
    return FA_OK;
}

static header_case header_of(const char *text, const char *name) {
    header_case c = {.name = name};
    fa__csv *csv;
    size_t rows;
    assert_ok(fa__csv_open(&csv, ',', "made.csv", on_header, &c));
    assert_ok(fa__csv_feed(csv, text, strlen(text)));
    assert_ok(fa__csv_finish(csv, &rows));
    fa__csv_free(csv);
    return c;
}

static void header_is_a_row_of_different_names(void **state) {
    (void)state;
    assert_true(header_of("class,title,text\n", NULL).header);
    assert_true(header_of("x1,2x\n", NULL).header);
    assert_false(header_of("class,3\n", NULL).header);
    assert_false(header_of("class,-1e5\n", NULL).header);
    assert_false(header_of("class,\n", NULL).header);
    assert_false(header_of("a,b,a\n", NULL).header);
}

static void columns_are_found_by_name(void **state) {
    (void)state;
    header_case c = header_of("class,title,text\n", "text");
    assert_int_equal(c.status, FA_OK);
    assert_int_equal(c.column, 2);
    assert_int_equal(header_of("class,title\n", "tit").status, FA_E_ARGUMENT);
    assert_non_null(
        strstr(fa_error_detail(), "no column is named 'tit' (there are: class, title)"));
    assert_int_equal(header_of("a,b,a\n", "a").status, FA_E_ARGUMENT);
    assert_non_null(strstr(fa_error_detail(), "columns 1 and 3 are both named 'a'"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_know_their_lines),
        cmocka_unit_test(rows_without_text_at_the_end_are_passed_over),
        cmocka_unit_test(fields_are_unquoted),
        cmocka_unit_test(byte_order_mark_is_passed_over),
        cmocka_unit_test(other_delimiters_part_fields),
        cmocka_unit_test(quotes_within_bare_fields_are_characters),
        cmocka_unit_test(delimiter_is_what_each_line_has),
        cmocka_unit_test(quotes_of_messages_keep_letters),
        cmocka_unit_test(empty_text_has_no_rows),
        cmocka_unit_test(rows_are_those_of_python),
        cmocka_unit_test(broken_files_are_refused_with_place_and_remedy),
        cmocka_unit_test(utf8_is_what_unicode_calls_well_formed),
        cmocka_unit_test(failure_of_the_caller_ends_the_reading),
        cmocka_unit_test(csv_without_memory_is_refused),
        cmocka_unit_test(header_is_a_row_of_different_names),
        cmocka_unit_test(columns_are_found_by_name),
    };
#ifndef FA_HAVE_CSV
    return 77;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
