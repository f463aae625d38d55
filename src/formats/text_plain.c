/* Plain texts, by line or by file. */
#include "formats/text_plain.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/stop.h"
#include "base/bytes.h"
#include "formats/categories.h"
#include "formats/cells.h"
#include "formats/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== Texts being gathered ==== */

typedef struct names {
    char **items;
    size_t count, capacity;
    size_t runs; /* folders of runs, passed over */
} names;

typedef struct texts {
    fa_dataset *set;
    size_t used, text_capacity, offsets_capacity;
    names files; /* of folders: CLASS/FILE of each text */
} texts;

static fa_status add_text(texts *t, const char *text, size_t size, const char *where, size_t line) {
    fa_dataset *set = t->set;
    size_t bad = fa__utf8_check(text, size);
    if (memchr(text, 0, size) != NULL)
        return fa__fail(
            FA_E_FORMAT,
            "%s: line %zu: byte %zu is a zero byte; a text file holds none (UTF-16 must "
            "be converted: iconv -f UTF-16 -t UTF-8)",
            where, line, (size_t)((const char *)memchr(text, 0, size) - text) + 1);
    if (bad < size)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: byte %zu is not UTF-8 text; convert the file (from Latin-1: "
                        "iconv -f LATIN1 -t UTF-8)",
                        where, line, bad + 1);
    char *grown = fa__grow(set->values.text, &t->text_capacity, t->used + size + 1, 1);
    if (grown == NULL) return fa__nomem(t->used + size + 1, 1);
    set->values.text = grown;
    size_t *offsets =
        fa__grow(set->values.offsets, &t->offsets_capacity, set->n + 2, sizeof *offsets);
    if (offsets == NULL) return fa__nomem(set->n + 2, sizeof *offsets);
    set->values.offsets = offsets;
    memcpy(grown + t->used, text, size);
    offsets[set->n++] = t->used;
    t->used += size;
    offsets[set->n] = t->used;
    return FA_OK;
}

/* An image whose name has no ending: a folder of images would not have it either. */
static fa_status check_image(const char *path, const unsigned char *bytes, size_t size) {
    static const char png[] = "\x89PNG\r\n", jpeg[] = "\xff\xd8\xff";
    bool is_png = size > sizeof png && memcmp(bytes, png, sizeof png - 1) == 0;
    if (!is_png && (size <= sizeof jpeg || memcmp(bytes, jpeg, sizeof jpeg - 1) != 0)) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: is %s by what it holds, and images are known by the ends of their names: "
                    "rename them to end in %s",
                    path, is_png ? "a PNG" : "a JPEG", is_png ? ".png" : ".jpg");
}

/* ==== One a line ==== */

/* How many bytes are blanks, or are none. */
static size_t strspn_of(const char *text, size_t size, bool blanks) {
    size_t i = 0;
    while (i < size && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r') == blanks) i++;
    return i;
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), length = strlen(end);
    return size > length && fa__is_alike(text + size - length, end);
}

bool fa__text_lines_recognise(const fa__source *source) {
    if (source->bytes == NULL || source->size == 0 || source->columns) return false;
    if (!ends_with(source->path, ".txt") && !ends_with(source->path, ".txt.gz")) return false;
    return fa__is_text(source->bytes, source->size);
}

/* How many fields a line of numbers has, one or two words beside them; 0: it is a text. */
static size_t numbers_in(const fa__line *line, bool *pairs, bool *beside) {
    size_t count = 0, words = 0;
    char field[64];
    for (size_t at = 0, size; at < line->size; at += size) {
        double value;
        at += strspn_of(line->text + at, line->size - at, true);
        size = strspn_of(line->text + at, line->size - at, false);
        if (size == 0) break;
        if (size >= sizeof field) return 0;
        bool quoted = size > 2 && line->text[at] == '"' && line->text[at + size - 1] == '"';
        memcpy(field, line->text + at + quoted, size - 2 * quoted);
        field[size - 2 * quoted] = '\0';
        const char *colon = strchr(field, ':'); /* as LIBSVM writes, 3:0.25 */
        const char *number = colon != NULL ? colon + 1 : field;
        bool fits = fa__cell_number(&value, NULL, number, strlen(number), FA__DECIMAL_POINT);
        *pairs = *pairs || (fits && colon != NULL);
        words += !fits;
        count++;
    }
    *beside = *beside || words > 0;
    return words == 0 || (words <= 2 && count >= words + 2) ? count : 0;
}

/* As fastText wants them: labels would be words of the texts. */
static fa_status check_tags(const fa__source *source) {
    static const char tag[] = "__label__";
    fa__line line = fa__line_start(source->bytes, source->size);
    while (fa__line_next(&line))
        if (line.size < sizeof tag || memcmp(line.text, tag, sizeof tag - 1) != 0) return FA_OK;
    return fa__fail(
        FA_E_FORMAT,
        "%s: each line begins with __label__, as fastText has it; part labels and texts: sed "
        "'s/^__label__\\([^ ]*\\) .*/\\1/' FILE >labels.txt; sed 's/^__label__[^ ]* //' FILE "
        ">texts.txt",
        source->path);
}

/* Different short words, as labels are. */
typedef struct word_set {
    const char *text[100];
    size_t size[100], count;
    bool none; /* too many of them, or no words */
} word_set;

static void note_word(word_set *w, const char *text, size_t size) {
    enum { LONGEST = 40, MOST = sizeof w->size / sizeof *w->size };
    if (w->none) return;
    for (size_t i = 0; i < w->count; i++)
        if (w->size[i] == size && memcmp(w->text[i], text, size) == 0) return;
    w->none = size == 0 || size > LONGEST || memchr(text, ' ', size) != NULL || w->count == MOST;
    if (w->none) return;
    w->text[w->count] = text;
    w->size[w->count++] = size;
}

/* One tab in each line, and beside it few words that come again and again: they are labels, and would be
 * words of the texts. */
static fa_status check_tabs(const fa__source *source) {
    enum { LINES = 5000, EACH = 5 };
    fa__line line = fa__line_start(source->bytes, source->size);
    word_set sides[2] = {{.count = 0}, {.count = 0}};
    size_t lines = 0;
    while (lines < LINES && fa__line_next(&line)) {
        if (line.size == 0) continue;
        const char *tab = memchr(line.text, '\t', line.size), *end = line.text + line.size;
        if (tab == NULL || memchr(tab + 1, '\t', (size_t)(end - tab) - 1) != NULL) return FA_OK;
        note_word(&sides[0], line.text, (size_t)(tab - line.text));
        note_word(&sides[1], tab + 1, (size_t)(end - tab) - 1);
        lines++;
    }
    for (int side = 0; side < 2; side++) {
        const word_set *w = &sides[side];
        if (w->none || w->count < 2 || lines < EACH * w->count) continue;
        return fa__fail(
            FA_E_FORMAT,
            "%s: each line has a tab %s one of %zu words ('%.*s', '%.*s', ...), as labels "
            "are: name the file .tsv, and the label column (discover: --labels %d); or take "
            "the words out (cut -f%d FILE)",
            source->path, side == 0 ? "behind" : "before", w->count, (int)w->size[0], w->text[0],
            (int)w->size[1], w->text[1], side + 1, 2 - side);
    }
    return FA_OK;
}

/* A table with lines drawn by characters, as Markdown and the prompts of data bases have them. */
static fa_status check_drawn(const fa__source *source) {
    fa__line line = fa__line_start(source->bytes, source->size);
    for (size_t looked = 0; looked < 2 && fa__line_next(&line);) {
        size_t i = 0, dashes = 0, marks = 0;
        for (; i < line.size && strchr("-+|: \t", line.text[i]) != NULL && line.text[i] != '\0';
             i++) {
            dashes += line.text[i] == '-';
            marks += line.text[i] == '+' || line.text[i] == '|';
        }
        if (i == line.size && dashes > 2 && marks > 0)
            return fa__fail(
                FA_E_FORMAT,
                "%s: is a table drawn with lines, no texts; write it as CSV (psql: \\copy "
                "TABLE to data.csv csv header; mysql: --batch)",
                source->path);
        looked += line.size > 0;
    }
    return FA_OK;
}

/* Lines of numbers, as numpy.savetxt, R and LIBSVM write them, names on top or not, are no texts. */
fa_status fa__check_prose(const fa__source *source, size_t from) {
    enum { LINES = 200 };
    fa__line line = fa__line_start(source->bytes, source->size);
    bool pairs = false, named = false, even = true, words = false;
    size_t most = 0, lines = 0;
    while (lines < LINES && fa__line_next(&line)) {
        bool beside = false;
        size_t count = numbers_in(&line, &pairs, &beside);
        if (line.number <= from || line.size == 0 || line.text[0] == '#') continue;
        if (count == 0 && (named || lines > 0)) return FA_OK;
        named = named || count == 0;
        if (count == 0) continue;
        even = even && (lines == 0 || count == most);
        if (count > most) most = count;
        words = words || beside;
        lines++;
    }
    if (lines < 2 || (!even && !pairs)) return FA_OK;
    if (pairs)
        return fa__fail(FA_E_FORMAT,
                        "%s: is of LIBSVM's form, no texts: x, y = "
                        "sklearn.datasets.load_svmlight_file(file); numpy.savez('data.npz', "
                        "x=x.toarray(), labels=y)",
                        source->path);
    if (most > 1 && (named || words))
        return fa__fail(
            FA_E_FORMAT,
            "%s: holds a table with blanks between, no texts; make CSV of it: python -c "
            "\"import pandas; pandas.read_csv('FILE', sep=r'\\s+'%s).to_csv('data.csv', "
            "index=False)\"",
            source->path, named ? "" : ", header=None");
    return fa__fail(FA_E_FORMAT, "%s: holds %s, no texts; %s", source->path,
                    most > 1 ? "numbers with blanks between" : "one number a line",
                    most > 1 ? "write them with commas, or numpy.save('x.npy', numpy.loadtxt(file))"
                             : "values are a table (.csv), labels go beside the data (--labels)");
}

fa_status fa__text_lines_read(fa_dataset **out, const fa__source *source,
                              const fa_read_options *options) {
    (void)options;
    fa_status status = FA_OK;
    texts t = {0};
    size_t mark = source->size >= 3 && memcmp(source->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    fa__line line = fa__line_start(source->bytes + mark, source->size - mark);
    FA_TRY(fa__check_prose(source, 0));
    FA_TRY(check_tags(source));
    FA_TRY(check_tabs(source));
    FA_TRY(check_drawn(source));
    FA_TRY(fa__dataset_create(&t.set, FA_KIND_TEXT));
    while (fa__line_next(&line)) {
        FA_CHECK(fa__stop_check());
        FA_CHECK(add_text(&t, line.text, line.size, source->path, line.number));
    }
    if (t.set->n == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: holds no lines", source->path));
    *out = t.set;
    t.set = NULL;
done:
    fa_dataset_free(t.set);
    return status;
}

/* ==== Folders of classes ==== */

/* Names in a folder, sorted by bytes. */
static void free_names(names *n) {
    for (size_t i = 0; i < n->count; i++) fa__free(n->items[i]);
    fa__free(n->items);
}

static fa_status add_name(names *out, const char *name) {
    char **items = fa__grow(out->items, &out->capacity, out->count + 1, sizeof *items);
    if (items == NULL) return fa__nomem(out->count + 1, sizeof *items);
    out->items = items;
    items[out->count] = fa__strdup(name);
    if (items[out->count] == NULL) return fa__nomem(strlen(name), 1);
    out->count++;
    return FA_OK;
}

/* The folders in a folder, or its files; hidden ones aside. */
static fa_status list(names *out, const char *folder, bool folders) {
    fa_status status = FA_OK;
    fa__folder at;
    const char *name;
    FA_TRY(fa__folder_open_known(&at, folder));
    while ((status = fa__folder_next(&name, &at)) == FA_OK && name != NULL) {
        char path[FA__PATH_MAX];
        FA_CHECK(fa__path_join(path, folder, name));
        if (fa__is_folder(path) != folders) continue;
        if (folders && fa__is_run_folder(path)) {
            out->runs++;
            continue;
        }
        FA_CHECK(add_name(out, name));
    }
    if (out->count > 0) qsort(out->items, out->count, sizeof *out->items, fa__by_text);
done:
    fa__folder_close(&at);
    return status;
}

/* 20 Newsgroups names its texts by a number without an ending. */
static bool is_text_name(const char *name) {
    return ends_with(name, ".txt") || strchr(name, '.') == NULL;
}

fa_status fa__text_classes_look(bool *known, const fa__source *source) {
    fa_status status = FA_OK;
    names classes = {0}, files = {0};
    char path[FA__PATH_MAX];
    *known = false;
    FA_CHECK(list(&classes, source->path, true));
    for (size_t i = 0; i < classes.count && files.count == 0; i++) { /* an empty class is none */
        FA_CHECK(fa__path_join(path, source->path, classes.items[i]));
        FA_CHECK(list(&files, path, false));
    }
    *known = files.count > 0 && is_text_name(files.items[0]);
done:
    free_names(&classes);
    free_names(&files);
    return status;
}

static fa_status read_class(texts *t, fa__categories *categories, int32_t **labels,
                            size_t *capacity, const char *folder, const char *name) {
    fa_status status = FA_OK;
    names files = {0};
    char inside[FA__PATH_MAX], shown[4 * FA__PATH_MAX];
    int32_t label = 0;
    FA_TRY(fa__path_join(inside, folder, name));
    FA_CHECK(list(&files, inside, false));
    for (size_t i = 0; i < files.count; i++) {
        char path[FA__PATH_MAX];
        unsigned char *bytes;
        size_t size;
        FA_CHECK(fa__path_join(path, inside, files.items[i]));
        if (!is_text_name(files.items[i]))
            FA_CHECK(fa__fail(FA_E_FORMAT, "%s: is no text by its name; CLASS/NAME.txt are wanted",
                              path));
        FA_CHECK(fa__categories_add(&label, categories, shown,
                                    fa__utf8_escape(shown, name, strlen(name))));
        int32_t *grown = fa__grow(*labels, capacity, t->set->n + 1, sizeof *grown);
        if (grown == NULL) FA_CHECK(fa__nomem(t->set->n + 1, sizeof *grown));
        *labels = grown;
        grown[t->set->n] = label;
        FA_CHECK(add_name(&t->files, path + strlen(folder) + 1));
        FA_CHECK(fa__file_read_plain(&bytes, &size, path));
        size_t bad = fa__utf8_check(bytes, size), line = 1, start = 0;
        if (bad < size) status = check_image(path, bytes, size);
        for (size_t b = 0; b < bad && bad < size; b++)
            if (bytes[b] == '\n') line++, start = b + 1;
        if (status == FA_OK)
            status = bad < size ? add_text(t, (char *)bytes + start, size - start, path, line)
                                : add_text(t, (char *)bytes, size, path, 1);
        fa__free(bytes);
        if (status != FA_OK) break;
    }
done:
    free_names(&files);
    return status;
}

/* What lies in the folders within that of a class; first: the first of these, "" before it. */
static fa_status count_within(fa__left_out *left, char first[FA__PATH_MAX], const char *folder) {
    fa_status status = FA_OK;
    names within = {0};
    FA_CHECK(list(&within, folder, true));
    if (first[0] == '\0' && within.count > 0)
        FA_CHECK(fa__path_join(first, folder, within.items[0]));
    for (size_t i = 0; i < within.count; i++)
        FA_CHECK(fa__left_out_add(left, folder, within.items[i], false));
    left->runs += within.runs;
done:
    free_names(&within);
    return status;
}

/* Files beside the folders of classes, and those in folders within them. */
static fa_status count_left_out(fa_dataset *set, const char *folder, const names *classes) {
    fa_status status = FA_OK;
    names beside = {0};
    fa__left_out left = {0};
    char path[FA__PATH_MAX], first[FA__PATH_MAX] = "", inner[FA__PATH_MAX] = "";
    FA_CHECK(list(&beside, folder, false));
    if (beside.count > 0) FA_CHECK(fa__path_join(first, folder, beside.items[0]));
    for (size_t c = 0; c < classes->count; c++) {
        FA_CHECK(fa__path_join(path, folder, classes->items[c]));
        FA_CHECK(count_within(&left, inner, path));
    }
    size_t runs = classes->runs + beside.runs + left.runs, used = 0;
    size_t deeper = fa__left_out_count(&left) - left.runs, room = sizeof set->origin.why;
    char *why = set->origin.why;
    set->origin.skipped += beside.count + deeper + runs;
    if (beside.count > 0)
        used = (size_t)snprintf(why, room,
                                "%zu file%s beside the folders of the classes (the first: %.120s)",
                                beside.count, beside.count > 1 ? "s" : "", first);
    if (deeper > 0)
        used += (size_t)snprintf(why + used, room - used,
                                 "%s%zu in folders within those of the classes (the first: %.120s)",
                                 used > 0 ? "; " : "", deeper, inner);
    if (runs > 0)
        snprintf(why + used, room - used, "%s%zu folder%s of %s", used > 0 ? "; " : "", runs,
                 runs > 1 ? "s" : "", runs > 1 ? "runs" : "a run");
done:
    free_names(&beside);
    return status;
}

fa_status fa__text_classes_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options) {
    (void)options;
    fa_status status = FA_OK;
    texts t = {0};
    names classes = {0};
    fa__categories categories = {0};
    int32_t *labels = NULL;
    size_t capacity = 0;
    FA_TRY(fa__dataset_create(&t.set, FA_KIND_TEXT));
    FA_CHECK(list(&classes, source->path, true));
    for (size_t i = 0; i < classes.count; i++)
        FA_CHECK(read_class(&t, &categories, &labels, &capacity, source->path, classes.items[i]));
    if (t.set->n == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: holds no texts", source->path));
    FA_CHECK(count_left_out(t.set, source->path, &classes));
    FA_CHECK(fa__dataset_name_samples(t.set, t.files.items, t.files.count, 0));
    status = fa__categories_to_classes(t.set, &categories, labels);
    labels = NULL;
    if (status != FA_OK) goto done;
    *out = t.set;
    t.set = NULL;
done:
    fa_dataset_free(t.set);
    free_names(&t.files);
    free_names(&classes);
    fa__categories_free(&categories);
    fa__free(labels);
    return status;
}
