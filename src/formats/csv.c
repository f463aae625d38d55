/* CSV by libcsv: rows with their places, and messages that tell what to mend. */
#include "formats/csv.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOK = 64 }; /* rows between two looks at a stop */

/* ==== Header rows ==== */

static bool same_text(const fa__csv_field *field, const char *text, size_t size) {
    return field->size == size && memcmp(field->text, text, size) == 0;
}

static bool is_number(const fa__csv_field *field) {
    char *end;
    (void)fa__to_double(field->text, &end);
    return end != field->text && *end == '\0';
}

bool fa__csv_is_header(const fa__csv_row *row) {
    for (size_t i = 0; i < row->count; i++) {
        if (row->fields[i].size == 0 || is_number(&row->fields[i])) return false;
        for (size_t j = 0; j < i; j++)
            if (same_text(&row->fields[i], row->fields[j].text, row->fields[j].size)) return false;
    }
    return true;
}

fa_status fa__csv_find_column(size_t *column, const fa__csv_row *header, const char *name) {
    char known[256] = "", quoted[FA__QUOTE_SIZE];
    size_t used = 0, found = header->count;
    for (size_t i = 0; i < header->count; i++) {
        const fa__csv_field *field = &header->fields[i];
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                     fa__quote(quoted, field->text, field->size));
        if (!same_text(field, name, strlen(name))) continue;
        if (found < header->count)
            return fa__fail(FA_E_ARGUMENT,
                            "%s: columns %zu and %zu are both named '%s'; rename one of them",
                            header->where, found + 1, i + 1, name);
        found = i;
    }
    if (found == header->count)
        return fa__fail(FA_E_ARGUMENT, "%s: no column is named '%s' (there are: %s)", header->where,
                        name, known);
    *column = found;
    return FA_OK;
}

/* ==== Rows ==== */

#ifdef FA_HAVE_CSV
#include <csv.h>

const char *fa__csv_version(void) {
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
    return TEXT(CSV_MAJOR) "." TEXT(CSV_MINOR) "." TEXT(CSV_RELEASE);
}
/* A row is held whole, twice: a file of one line, of any size, is none. */
enum { ROW_MOST = 64 << 20 };

static const unsigned char bom[3] = {0xef, 0xbb, 0xbf};

struct fa__csv {
    struct csv_parser parser;
    const char *where;
    fa__csv_fn fn;
    void *user;
    fa_status status; /* of a callback */
    size_t bom_seen;  /* bytes of the byte order mark so far; beyond 3: over */

    size_t row, line, row_line; /* the row in hand, the line being fed, and the row's first */
    bool inside;                /* something of the row was fed */
    bool comment;               /* row 1 looks like one */
    size_t row_bytes;           /* of it so far */
    size_t columns;             /* of row 1; 0: not known yet */

    /* The row in hand: its bytes, each field followed by 0; the fields' places as offsets until
     * the row is whole, because the bytes move when they grow. */
    char *bytes;
    size_t used, capacity;
    size_t *ends; /* of each field in bytes, its 0 not counted */
    fa__csv_field *fields;
    size_t count, ends_capacity, fields_capacity;

    size_t *empty; /* lines of the rows without any text since the last one with some */
    size_t n_empty, empty_capacity;
};

static fa_status fail_at(const fa__csv *csv, const char *text) {
    return fa__fail(FA_E_FORMAT, "%s: line %zu, column %zu: %s", csv->where, csv->row_line,
                    csv->count + 1, text);
}

static fa_status add_field(fa__csv *csv, const char *text, size_t size) {
    if (memchr(text, 0, size) != NULL)
        return fail_at(csv, "holds a zero byte; a CSV file is text (UTF-16 must be converted: "
                            "iconv -f UTF-16 -t UTF-8)");
    size_t bad = fa__utf8_check(text, size);
    if (bad < size) {
        char message[160];
        snprintf(message, sizeof message,
                 "byte %zu (0x%02x) is not UTF-8; convert the file (from Latin-1: iconv -f LATIN1 "
                 "-t UTF-8)",
                 bad + 1, (unsigned)(unsigned char)text[bad]);
        return fail_at(csv, message);
    }
    char *bytes = fa__grow(csv->bytes, &csv->capacity, csv->used + size + 1, 1);
    if (bytes == NULL) return fa__nomem(csv->used + size + 1, 1);
    csv->bytes = bytes;
    size_t *ends = fa__grow(csv->ends, &csv->ends_capacity, csv->count + 1, sizeof *ends);
    if (ends == NULL) return fa__nomem(csv->count + 1, sizeof *ends);
    csv->ends = ends;
    if (size > 0) memcpy(bytes + csv->used, text, size);
    csv->used += size;
    bytes[csv->used] = '\0';
    ends[csv->count++] = csv->used++;
    return FA_OK;
}

static fa_status ragged(const fa__csv *csv) {
    enum { TOP = 10 }; /* rows that loggers and instruments may put above a table, and more */
    const char *why = "a field that holds a delimiter or a line break must stand in quotes";
    bool above = csv->row <= TOP && (csv->row == 2 || csv->count > csv->columns);
    char preamble[200];
    snprintf(preamble, sizeof preamble,
             "%s%sis what stands above no part of the table? tail -n +%zu FILE >NEW takes it out",
             csv->columns == 1 ? "" : why, csv->columns == 1 ? "" : "; or ", csv->row_line);
    if (csv->columns == 1 && csv->count > 2)
        why = preamble;
    else if (csv->bytes[0] == '#')
        why = "it looks like a comment: take such lines out";
    else if (csv->comment)
        why = "the first one looks like a comment: take such lines out";
    else if (csv->count == csv->columns + 1 &&
             csv->ends[csv->count - 1] == csv->ends[csv->count - 2] + 1)
        why = "it ends in a delimiter, which the first one does not: take such ends away";
    else if (csv->row == 2 && csv->count == csv->columns + 1)
        why = "a field that holds a delimiter or a line break must stand in quotes (or have the "
              "names of the rows no name? R writes one with col.names = NA)";
    else if (above)
        why = preamble;
    return fa__fail(FA_E_FORMAT, "%s: line %zu has %zu columns, the first row has %zu; %s",
                    csv->where, csv->row_line, csv->count, csv->columns, why);
}

static fa_status hand_over(fa__csv *csv, size_t line) {
    fa__csv_row row = {csv->where, csv->row, line, csv->columns, csv->fields};
    if (csv->row % ROWS_LOOK == 0) FA_TRY(fa__stop_check());
    csv->row++;
    return csv->fn(csv->user, &row);
}

/* Rows of nothing but delimiters are rows where others follow; at the end a spreadsheet has left them. */
static fa_status hand_over_empty(fa__csv *csv) {
    for (size_t i = 0; i < csv->columns; i++) csv->fields[i] = (fa__csv_field){"", 0};
    for (size_t i = 0; i < csv->n_empty; i++) FA_TRY(hand_over(csv, csv->empty[i]));
    csv->n_empty = 0;
    return FA_OK;
}

static fa_status keep_empty(fa__csv *csv) {
    size_t *grown =
        fa__grow(csv->empty, &csv->empty_capacity, csv->n_empty + 1, sizeof *csv->empty);
    if (grown == NULL) return fa__nomem(csv->n_empty + 1, sizeof *grown);
    csv->empty = grown;
    csv->empty[csv->n_empty++] = csv->row_line;
    return FA_OK;
}

static fa_status take_row(fa__csv *csv) {
    if (csv->columns == 0) {
        csv->columns = csv->count;
        csv->comment = csv->bytes[0] == '#' || csv->bytes[0] == '%';
    }
    if (csv->count != csv->columns) return ragged(csv);
    bool empty = csv->used == csv->count; /* the zero behind each field */
    if (empty && csv->row > 1 && csv->columns > 1) return keep_empty(csv);
    fa__csv_field *fields =
        fa__grow(csv->fields, &csv->fields_capacity, csv->count, sizeof *fields);
    if (fields == NULL) return fa__nomem(csv->count, sizeof *fields);
    csv->fields = fields;
    FA_TRY(hand_over_empty(csv));
    for (size_t i = 0, from = 0; i < csv->count; from = csv->ends[i++] + 1)
        fields[i] = (fa__csv_field){csv->bytes + from, csv->ends[i] - from};
    return hand_over(csv, csv->row_line);
}

static fa_status end_row(fa__csv *csv) {
    FA_TRY(take_row(csv));
    csv->count = csv->used = 0;
    csv->inside = false;
    return FA_OK;
}

static void on_field(void *text, size_t size, void *context) {
    fa__csv *csv = context;
    if (csv->status == FA_OK) csv->status = add_field(csv, size > 0 ? text : "", size);
}

static void on_row(int end, void *context) {
    (void)end;
    fa__csv *csv = context;
    if (csv->status == FA_OK) csv->status = end_row(csv);
}

/* libcsv's failure, by its code. */
static fa_status parser_failed(fa__csv *csv) {
    int code = csv_error(&csv->parser);
    if (code == CSV_ENOMEM || code == CSV_ETOOBIG)
        return fa__nomem(csv_get_buffer_size(&csv->parser), 1);
    return csv->row > 1 || csv->count > 0
               ? fail_at(csv,
                         "a quote stands inside a field; a field with quotes stands in quotes, "
                         "and each of its own is doubled (\"say \"\"so\"\"\")")
               : fail_at(csv,
                         "a quote stands inside a field; a field with quotes stands in quotes, "
                         "and where blanks part the fields they become commas by python -c "
                         "\"import pandas; pandas.read_csv('FILE', sep=r'\\s+').to_csv("
                         "'data.csv')\"");
}

fa_status fa__csv_open(fa__csv **out, char delimiter, const char *where, fa__csv_fn row,
                       void *user) {
    fa__csv *csv;
    FA_TRY(FA_NEW_ZERO(csv, 1));
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        fa__free(csv);
        return fa__nomem(1, sizeof *csv);
    }
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_blk_size(&csv->parser, 1u << 14); /* its buffer grows by blocks */
    csv->where = where;
    csv->fn = row;
    csv->user = user;
    csv->row = csv->line = 1;
    *out = csv;
    return FA_OK;
}

void fa__csv_free(fa__csv *csv) {
    if (csv == NULL) return;
    csv_free(&csv->parser);
    fa__free(csv->bytes);
    fa__free(csv->ends);
    fa__free(csv->fields);
    fa__free(csv->empty);
    fa__free(csv);
}

/* A quote within a field that does not begin with one is a character as others are, as Python and R
 * read it: 5'3", say "so". libcsv, which is strict, is shown such a one as no quote. */
static size_t parse(fa__csv *csv, const unsigned char *bytes, size_t size) {
    size_t done = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned char *quote = memchr(bytes + i, '"', size - i);
        if (quote == NULL) break;
        i = (size_t)(quote - bytes);
        if (i > 0 && quote[-1] == csv_get_delim(&csv->parser)) continue;
        done += csv_parse(&csv->parser, bytes + done, i - done, on_field, on_row, csv);
        if (done < i) return done;
        if (csv->parser.quoted || csv->parser.entry_pos == 0) continue;
        csv_set_quote(&csv->parser, 0);
        done += csv_parse(&csv->parser, bytes + i, 1, on_field, on_row, csv);
        csv_set_quote(&csv->parser, '"');
        if (done <= i) return done;
    }
    return done + csv_parse(&csv->parser, bytes + done, size - done, on_field, on_row, csv);
}

/* Up to each line end, so that a row knows the line it begins on: a row can only end there. */
static fa_status feed_lines(fa__csv *csv, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        size_t piece = 0;
        if (!csv->inside) csv->row_line = csv->line, csv->row_bytes = 0;
        while (piece < size && bytes[piece] != '\n' && bytes[piece] != '\r') {
            csv->inside = csv->inside || (bytes[piece] != ' ' && bytes[piece] != '\t');
            piece++;
        }
        bool line_end = piece < size && bytes[piece] == '\n';
        piece += piece < size;
        if ((csv->row_bytes += piece) > ROW_MOST)
            return fa__fail(
                FA_E_FORMAT,
                "%s: the row that begins in line %zu has more than %d MiB: no table, or "
                "a quote is opened there and not closed",
                csv->where, csv->row_line, ROW_MOST >> 20);
        size_t done = parse(csv, bytes, piece);
        if (csv->status != FA_OK) return csv->status;
        if (done != piece) return parser_failed(csv);
        csv->line += line_end;
        bytes += piece;
        size -= piece;
    }
    return FA_OK;
}

fa_status fa__csv_feed(fa__csv *csv, const void *bytes_, size_t size) {
    const unsigned char *bytes = bytes_;
    for (; csv->bom_seen < sizeof bom && size > 0; csv->bom_seen++, bytes++, size--)
        if (*bytes != bom[csv->bom_seen]) { /* none; its first bytes may have been text */
            size_t held = csv->bom_seen;
            csv->bom_seen = sizeof bom;
            FA_TRY(feed_lines(csv, bom, held));
            break;
        }
    return feed_lines(csv, bytes, size);
}

fa_status fa__csv_finish(fa__csv *csv, size_t *rows) {
    if (csv->bom_seen < sizeof bom) FA_TRY(feed_lines(csv, bom, csv->bom_seen));
    int code = csv_fini(&csv->parser, on_field, on_row, csv);
    if (csv->status != FA_OK) return csv->status;
    if (code != 0)
        return fail_at(csv, "a quote is opened and never closed (the file ends in it); quotes "
                            "within a quoted field are doubled");
    *rows = csv->row - 1;
    return FA_OK;
}

#else

const char *fa__csv_version(void) {
    return NULL;
}

static fa_status left_out(const char *where) {
    return fa__fail(FA_E_UNAVAILABLE,
                    "%s: reading CSV is not built in: install libcsv-dev and build again", where);
}

fa_status fa__csv_open(fa__csv **out, char delimiter, const char *where, fa__csv_fn row,
                       void *user) {
    (void)out, (void)delimiter, (void)row, (void)user;
    return left_out(where);
}

fa_status fa__csv_feed(fa__csv *csv, const void *bytes, size_t size) {
    (void)csv, (void)bytes, (void)size;
    return left_out("CSV");
}

fa_status fa__csv_finish(fa__csv *csv, size_t *rows) {
    (void)csv, (void)rows;
    return left_out("CSV");
}

void fa__csv_free(fa__csv *csv) {
    (void)csv;
}

#endif

static const char marks[] = {',', ';', '\t', '|'}; /* in the order below */
enum { COMMA, SEMICOLON, TAB, BAR, N_MARKS };

typedef struct counts {
    size_t of[N_MARKS]; /* outside quotes */
    bool decimal;       /* all commas stand between digits */
    bool whole;         /* the line has an end */
} counts;

static size_t mark_of(unsigned char byte) {
    size_t m = 0;
    while (m < N_MARKS && (unsigned char)marks[m] != byte) m++;
    return m;
}

/* The next line that is not blank; false: there is none. */
static bool count_line(counts *c, const unsigned char **at, const unsigned char *end) {
    bool quoted = false, closed = false, start = true, filled = false; /* start: of a field */
    unsigned char before = 0;
    *c = (counts){.decimal = true};
    for (; *at < end && !c->whole; ++*at) {
        unsigned char byte = **at;
        size_t m = quoted ? N_MARKS : mark_of(byte);
        bool quote = byte == '"' && (quoted || start || closed),
             blank = byte == '\n' || byte == '\r';
        c->whole = !quoted && filled && blank;
        filled = filled || (!blank && byte != ' ');
        quoted = quoted != quote; /* one that is doubled closes and opens */
        closed = quote && !quoted;
        start = m < N_MARKS || (start && (blank || byte == ' '));
        if (m == COMMA)
            c->decimal =
                c->decimal && fa__is_digit(before) && *at + 1 < end && fa__is_digit((*at)[1]);
        if (m < N_MARKS) c->of[m]++;
        before = byte;
    }
    return filled;
}

char fa__delimiter_of(const unsigned char *bytes, size_t size) {
    enum { LINES = 10 };
    static const char mark[] = "\xef\xbb\xbf";
    const unsigned char *end = bytes + size,
                        *at = bytes + (size > 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0);
    counts first, next;
    bool steady[N_MARKS], any = false;
    size_t lines = 1, best = N_MARKS;
    if (!count_line(&first, &at, end)) return '\0';
    for (size_t m = 0; m < N_MARKS; m++) steady[m] = first.of[m] > 0;
    for (; lines < LINES && count_line(&next, &at, end) && next.whole; lines++) {
        for (size_t m = 0; m < N_MARKS; m++) steady[m] = steady[m] && next.of[m] == first.of[m];
        first.decimal = first.decimal && next.decimal;
    }
    for (size_t m = 0; m < N_MARKS; m++) any = any || steady[m];
    for (size_t m = 0; m < N_MARKS; m++)
        if ((any ? steady[m] : first.of[m] > 0) &&
            (best == N_MARKS || first.of[m] > first.of[best]))
            best = m;
    if (lines > 1 && steady[TAB]) best = TAB;
    for (size_t m = BAR; m > COMMA; m--)
        if (best == COMMA && steady[m] && first.decimal) best = m;
    return best < N_MARKS ? marks[best] : '\0';
}
