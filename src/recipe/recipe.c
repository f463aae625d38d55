/* Recipes: the table of keys (keys.c) drives reading, checking, help and writing. */
#include "recipe/recipe.h"

#include "base/ascii.h"
#include "base/counts.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "recipe/keys.h"

#include <ini.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fa_recipe {
    char *values[FA__KEY_COUNT];
};

/* ==== Values ==== */

/* Index of value among the choices "a|b|c", -1: none of them. */
static int choice_of(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (int index = 0;; index++) {
        size_t word = strcspn(choices, "|");
        if (word == length && memcmp(choices, value, length) == 0) return index;
        if (choices[word] == '\0') return -1;
        choices += word + 1;
    }
}

enum { LINE_MAX_BYTES = INI_MAX_LINE - 2, INDENT = 4 };

/* A value that does not fit into one line of a file goes on in the next, indented. This is how much
 * of `rest` the line in hand takes: all of it, or as far as a single blank (which the reader puts
 * back) before something that starts no comment; 0: there is none within `room`. */
static size_t line_piece(const char *rest, size_t room) {
    size_t length = strlen(rest), found = 0;
    if (length <= room) return length;
    for (size_t i = 1; i <= room; i++)
        if (rest[i] == ' ' && rest[i - 1] != ' ' && strchr(" ;#", rest[i + 1]) == NULL) found = i;
    return found;
}

/* Room for a value in its first line and in those after it. */
static size_t line_room(const char *name, bool first) {
    return first ? LINE_MAX_BYTES - strlen(strchr(name, '.') + 1) - 3 : LINE_MAX_BYTES - INDENT;
}

/* A recipe is written into its run and read again to resume it, so a value must be one that a file
 * gives back: no line breaks, no blanks around it, nothing that starts a comment, and words that
 * fit into lines. */
static fa_status check_text(const char *name, const char *value) {
    size_t length = strlen(value);
    if (strpbrk(value, "\n\r") != NULL)
        return fa__fail(FA_E_RECIPE, "%s: a value is one line", name);
    for (const char *rest = value;;) {
        size_t room = line_room(name, rest == value), piece = line_piece(rest, room);
        if (rest[piece] == '\0') break;
        if (piece == 0)
            return fa__fail(FA_E_RECIPE,
                            "%s: %zu bytes, and no single blank to begin a new line at within %zu; "
                            "use a shorter path",
                            name, length, room);
        rest += piece + 1;
    }
    if (length > 0 &&
        (fa__is_space((unsigned char)value[0]) || fa__is_space((unsigned char)value[length - 1])))
        return fa__fail(FA_E_RECIPE, "%s: '%s' begins or ends with a blank", name, value);
    for (size_t i = 0; i < length; i++)
        if (value[i] == ';' && (i == 0 || fa__is_space((unsigned char)value[i - 1])))
            return fa__fail(FA_E_RECIPE,
                            "%s: '%s' would be cut at its ';', which starts a comment there", name,
                            value);
    return FA_OK;
}

static fa_status check_counts(const fa_recipe_key *key, const char *value) {
    fa__count one;
    FA_TRY(check_text(key->name, value));
    for (const char *rest = value; *rest != '\0';) {
        if (fa__counts_next(&one, &rest) != FA_OK)
            return fa__fail_within(FA_E_RECIPE, "%s = %s", key->name, value);
    }
    return FA_OK;
}

static fa_status check(const fa_recipe_key *key, const char *value) {
    const char *name = key->name, *allowed = key->allowed, *works = key->default_value;
    if (key->type == FA_VALUE_CLUSTERS) works = "auto"; /* 0 is told by the data */
    if (key->type == FA_VALUE_TEXT) return check_text(name, value);
    if (key->type == FA_VALUE_CHOICE) {
        if (choice_of(allowed, value) >= 0) return FA_OK;
        return fa__fail(FA_E_RECIPE, "%s must be one of %s, got '%s'", name, allowed, value);
    }
    bool or_auto = key->type == FA_VALUE_WHOLE_OR_AUTO || key->type == FA_VALUE_NUMBER_OR_AUTO ||
                   key->type == FA_VALUE_CLUSTERS;
    if (key->type == FA_VALUE_CLUSTERS && fa__counts_given(value)) return check_counts(key, value);
    if (or_auto && strcmp(value, "auto") == 0) return FA_OK;
    char *end;
    double x = fa__to_double(value, &end);
    bool whole = key->type == FA_VALUE_WHOLE || key->type == FA_VALUE_WHOLE_OR_AUTO ||
                 key->type == FA_VALUE_CLUSTERS;
    if (end == value || fa__is_space((unsigned char)value[0]) || *end != '\0')
        return fa__fail(FA_E_RECIPE, "%s must be a number (%s), got '%s'; %s works", name, allowed,
                        value, works);
    if (!(x >= key->low && x <= key->high) || (key->above_low && !(x > key->low)) ||
        (whole && x != floor(x)))
        return fa__fail(FA_E_RECIPE, "%s must be %s%s, got %s; %s works", name,
                        whole ? "a whole number " : "", allowed, value, works);
    return FA_OK;
}

/* By its whole name, else by what stands behind the section. */
static fa_status unknown_key(const char *name) {
    const char *dot = strchr(name, '.'), *names[FA__KEY_COUNT], *near = NULL;
    for (int form = 0; form < 2 && near == NULL; form++) {
        for (int i = 0; i < FA__KEY_COUNT; i++)
            names[i] =
                form == 0 ? fa__recipe_table[i].name : strchr(fa__recipe_table[i].name, '.') + 1;
        near = fa_nearest_name(form == 1 && dot != NULL ? dot + 1 : name, names, FA__KEY_COUNT);
    }
    for (int i = 0; near != NULL && i < FA__KEY_COUNT; i++)
        if (near == names[i])
            return fa__fail(FA_E_RECIPE, "no key is named '%s' (did you mean %s?)", name,
                            fa__recipe_table[i].name);
    return fa__fail(FA_E_RECIPE, "no key is named '%s'", name);
}

fa_status fa_recipe_set(fa_recipe *recipe, const char *key, const char *value) {
    for (int i = 0; i < FA__KEY_COUNT; i++) {
        if (strcmp(fa__recipe_table[i].name, key) != 0) continue;
        FA_TRY(check(&fa__recipe_table[i], value));
        char *copy = fa__strdup(value);
        if (copy == NULL) return fa__nomem(strlen(value), 1);
        fa__free(recipe->values[i]);
        recipe->values[i] = copy;
        return FA_OK;
    }
    return unknown_key(key);
}

const char *fa_recipe_get(const fa_recipe *recipe, const char *key) {
    for (int i = 0; i < FA__KEY_COUNT; i++)
        if (strcmp(fa__recipe_table[i].name, key) == 0) return recipe->values[i];
    return NULL;
}

const char *fa__recipe_text(const fa_recipe *recipe, fa__key key) {
    return recipe->values[key];
}

double fa__recipe_number(const fa_recipe *recipe, fa__key key) {
    return fa__to_double(recipe->values[key], NULL);
}

size_t fa__recipe_size(const fa_recipe *recipe, fa__key key) {
    return (size_t)fa__recipe_number(recipe, key);
}

int fa__recipe_choice(const fa_recipe *recipe, fa__key key) {
    return choice_of(fa__recipe_table[key].allowed, recipe->values[key]);
}

static const char *text_or_null(const fa_recipe *recipe, fa__key key) {
    return recipe->values[key][0] != '\0' ? recipe->values[key] : NULL;
}

fa_read_options fa__recipe_read_options(const fa_recipe *recipe, const char *split) {
    bool refuse = fa__recipe_choice(recipe, FA__DATA_MISSING) == FA__REFUSE;
    bool test = split != NULL && strcmp(split, "test") == 0;
    fa__key labels = test ? FA__DATA_TEST_LABELS : FA__DATA_LABELS,
            hidden = test ? FA__DATA_TEST_HIDDEN : FA__DATA_HIDDEN;
    return (fa_read_options){.size = sizeof(fa_read_options),
                             .split = split,
                             .label_file = text_or_null(recipe, labels),
                             .hidden_file = text_or_null(recipe, hidden),
                             .label_column = text_or_null(recipe, FA__DATA_LABEL_COLUMN),
                             .hidden_column = text_or_null(recipe, FA__DATA_HIDDEN_COLUMN),
                             .text_column = text_or_null(recipe, FA__DATA_TEXT_COLUMN),
                             .ignore_columns = text_or_null(recipe, FA__DATA_IGNORE_COLUMNS),
                             .feature_columns = text_or_null(recipe, FA__DATA_FEATURE_COLUMNS),
                             .id_column = text_or_null(recipe, FA__DATA_ID_COLUMN),
                             .time_column = text_or_null(recipe, FA__DATA_TIME_COLUMN),
                             .header = fa__recipe_choice(recipe, FA__DATA_HEADER) == 0
                                           ? NULL
                                           : recipe->values[FA__DATA_HEADER],
                             .missing = refuse ? NULL : recipe->values[FA__DATA_MISSING],
                             .resize = fa__recipe_size(recipe, FA__DATA_RESIZE)};
}

size_t fa__recipe_clustered(const fa_recipe *recipe) {
    if (fa__recipe_choice(recipe, FA__CLUSTER_SPACE) == FA__SPACE_INPUT) return FA_LAYER_INPUT;
    return fa__recipe_size(recipe, FA__CLUSTER_LAYER);
}

bool fa__recipe_differs(const char **key, const fa_recipe *a, const fa_recipe *b) {
    for (int i = 0; i < FA__KEY_COUNT; i++) {
        if (i == FA__TRAIN_EPOCHS || i == FA__TRAIN_MICRO_BATCH ||
            strcmp(a->values[i], b->values[i]) == 0)
            continue;
        *key = fa__recipe_table[i].name;
        return true;
    }
    return false;
}

/* ==== Whole recipes ==== */

fa_status fa_recipe_create(fa_recipe **out) {
    fa_status status = FA_OK;
    fa_recipe *recipe = NULL;
    FA_CHECK(FA_NEW_ZERO(recipe, 1));
    for (int i = 0; i < FA__KEY_COUNT; i++)
        FA_CHECK(
            fa_recipe_set(recipe, fa__recipe_table[i].name, fa__recipe_table[i].default_value));
    *out = recipe;
    recipe = NULL;
done:
    fa_recipe_free(recipe);
    return status;
}

void fa_recipe_free(fa_recipe *recipe) {
    if (recipe == NULL) return;
    for (int i = 0; i < FA__KEY_COUNT; i++) fa__free(recipe->values[i]);
    fa__free(recipe);
}

typedef struct reading {
    fa_recipe *recipe;
    const char *rest; /* of the text */
    fa_status status;
    int line, failed; /* the line in hand, and the one that gave the status */
    bool follows;     /* a key stands above in this section */
    bool continues;   /* the line in hand is indented below one: it goes on with its value */
    bool seen[FA__KEY_COUNT];
} reading;

/* inih's fgets, which counts: a line that does not parse may stand before the one that fails. */
static char *next_line(char *out, int size, void *context) {
    reading *r = context;
    size_t length = strcspn(r->rest, "\n");
    if (r->status != FA_OK || r->rest[0] == '\0') return NULL;
    length += r->rest[length] == '\n';
    if (length > (size_t)size - 1) length = (size_t)size - 1; /* check_lines refused it before */
    memcpy(out, r->rest, length);
    out[length] = '\0';
    r->continues = r->follows && fa__is_space((unsigned char)out[0]);
    if (out[0] == '[') r->follows = false;
    r->rest += length;
    r->line++;
    return out;
}

/* Bytes of a line before a comment and the blanks in front of it: inih up to release 55 leaves them
 * in the lines that go on with a value. */
static size_t without_comment(const char *line) {
    size_t end = 0;
    while (line[end] != '\0' &&
           !(line[end] == ';' && end > 0 && fa__is_space((unsigned char)line[end - 1])))
        end++;
    while (end > 0 && fa__is_space((unsigned char)line[end - 1])) end--;
    return end;
}

/* A value that goes on in the next line: one blank stands between the two. */
static fa_status append(fa_recipe *recipe, const char *key, const char *more) {
    const char *before = fa_recipe_get(recipe, key);
    if (before == NULL) return unknown_key(key);
    size_t length = strlen(before), added = without_comment(more), size = length + added + 2;
    char *whole = fa__alloc(size, 1);
    if (whole == NULL) return fa__nomem(size, 1);
    snprintf(whole, size, "%s%s%.*s", before, length > 0 ? " " : "", (int)added, more);
    fa_status status = fa_recipe_set(recipe, key, whole);
    fa__free(whole);
    return status;
}

/* inih's callback: 0 marks this line as wrong. */
static int read_pair(void *context, const char *section, const char *name, const char *value) {
    reading *r = context;
    char key[128];
    if (r->status != FA_OK) return 0;
    snprintf(key, sizeof key, "%s.%s", section, name);
    r->follows = true;
    r->status = r->continues ? append(r->recipe, key, value) : fa_recipe_set(r->recipe, key, value);
    for (int i = 0; r->status == FA_OK && i < FA__KEY_COUNT; i++)
        if (strcmp(fa__recipe_table[i].name, key) == 0) {
            if (r->seen[i] && !r->continues)
                r->status = fa__fail(FA_E_RECIPE, "%s stands there twice", key);
            r->seen[i] = true;
        }
    if (r->status != FA_OK) r->failed = r->line;
    return r->status == FA_OK;
}

/* inih cuts longer lines in two without a word. */
static fa_status check_lines(const char *text, const char *name) {
    for (int line = 1;; line++) {
        size_t length = strcspn(text, "\n");
        if (length > LINE_MAX_BYTES)
            return fa__fail(FA_E_RECIPE,
                            "%s, line %d: longer than %d bytes; go on in the next line, indented",
                            name, line, LINE_MAX_BYTES);
        if (text[length] == '\0') return FA_OK;
        text += length + 1;
    }
}

fa_status fa__recipe_parse(fa_recipe **out, const char *text, const char *name) {
    reading r = {.rest = text};
    FA_TRY(check_lines(text, name));
    FA_TRY(fa_recipe_create(&r.recipe));
    int line = ini_parse_stream(next_line, &r, read_pair, &r); /* the first wrong line */
    if (r.status != FA_OK && line == r.failed)
        fa__fail_within(r.status, "%s, line %d", name, line);
    else if (line > 0)
        r.status =
            fa__fail(FA_E_RECIPE, "%s, line %d: neither [section] nor key = value", name, line);
    else if (line < 0)
        r.status = fa__nomem(1, 1);
    if (r.status != FA_OK) {
        fa_recipe_free(r.recipe);
        return r.status;
    }
    *out = r.recipe;
    return FA_OK;
}

fa_status fa_recipe_read(fa_recipe **out, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status =
        memchr(bytes, 0, size) != NULL
            ? fa__fail(FA_E_RECIPE, "%s: has zero bytes; a recipe is a text file", path)
            : fa__recipe_parse(out, (const char *)bytes, path);
    fa__free(bytes);
    return status;
}

/* ==== As text ==== */

typedef struct text {
    char *bytes;
    size_t used, capacity;
    fa_status status;
} text;

static void print(text *to, const char *format, ...) FA_PRINTF(2, 3);
static void print(text *to, const char *format, ...) {
    va_list args, again;
    if (to->status != FA_OK) return;
    va_start(args, format);
    va_copy(again, args);
    size_t length = (size_t)fa__format_list(NULL, 0, format, args);
    char *grown = fa__grow(to->bytes, &to->capacity, to->used + length + 1, 1);
    if (grown != NULL) {
        to->bytes = grown;
        to->used += (size_t)fa__format_list(grown + to->used, length + 1, format, again);
    } else
        to->status = fa__nomem(to->used + length + 1, 1);
    va_end(again);
    va_end(args);
}

static void print_value(text *to, const char *name, const char *value) {
    for (const char *rest = value;;) {
        size_t piece = line_piece(rest, line_room(name, rest == value));
        print(to, "%*s%.*s\n", rest == value ? 1 : INDENT, "", (int)piece, rest);
        if (rest[piece] == '\0') return;
        rest += piece + 1;
    }
}

fa_status fa_recipe_to_text(char **out, const fa_recipe *recipe) {
    text to = {0};
    size_t before = 0;
    if (out == NULL || recipe == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "recipe");
    for (int i = 0; i < FA__KEY_COUNT; i++) {
        const char *name = fa__recipe_table[i].name;
        size_t section = strcspn(name, ".");
        if (i == 0 || section != before ||
            strncmp(name, fa__recipe_table[i - 1].name, section) != 0)
            print(&to, "%s[%.*s]\n", i > 0 ? "\n" : "", (int)section, name);
        print(&to, "%s =", name + section + 1);
        print_value(&to, name, recipe->values[i]);
        before = section;
    }
    if (to.status != FA_OK) {
        fa__free(to.bytes);
        return to.status;
    }
    *out = to.bytes;
    return FA_OK;
}

fa_status fa_recipe_from_text(fa_recipe **out, const char *given) {
    if (out == NULL || given == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "text");
    return fa__recipe_parse(out, given, "recipe");
}

fa_status fa_recipe_write(const fa_recipe *recipe, const char *path) {
    fa__writer writer;
    char *made;
    FA_TRY(fa_recipe_to_text(&made, recipe));
    fa_status status = fa__writer_open(&writer, path);
    if (status == FA_OK) {
        fa__writer_put(&writer, made, strlen(made));
        status = fa__writer_close(&writer, true);
    }
    fa__free(made);
    return status;
}

fa_status fa__recipe_copy(fa_recipe **out, const fa_recipe *recipe) {
    fa_recipe *copy;
    FA_TRY(FA_NEW_ZERO(copy, 1));
    for (int i = 0; i < FA__KEY_COUNT; i++) {
        copy->values[i] = fa__strdup(recipe->values[i]);
        if (copy->values[i] == NULL) {
            fa_recipe_free(copy);
            return fa__nomem(strlen(recipe->values[i]) + 1, 1);
        }
    }
    *out = copy;
    return FA_OK;
}
