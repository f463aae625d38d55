/* The parser: long options (--name VALUE, --name=VALUE), short ones (-n VALUE, -nVALUE, flags
 * bundled), operands anywhere between them, "--" ends the options. */
#include "options.h"

#include "output.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

common_options common = {.progress = -1};

const cli_option common_table[] = {
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .to = &common.threads,
     .value = "N",
     .fallback = "0",
     .low = 0,
     .high = 4096,
     .text = "threads to compute with, 0: all cores; results do not depend on it"},
    {.name = "json", .to = &common.json, .text = "print the result as JSON"},
    {.name = "quiet",
     .letter = 'q',
     .to = &common.quiet,
     .text = "no progress and no notes on standard error"},
    {.name = "verbose", .letter = 'v', .to = &common.verbose, .text = "say more on standard error"},
    {.name = "progress",
     .type = OPTION_SWITCH,
     .to = &common.progress,
     .text = "a progress bar, or none (--no-progress); by default on a terminal only"},
    {.name = "unpack-unlimited",
     .to = &common.unpack_unlimited,
     .text = "read packed files that look as if they were made to fill memory, too"},
    {.name = "help", .letter = 'h', .to = &common.help, .text = "print this help"},
    {0},
};

enum { WORD_MAX = 63 }; /* of an option: a longer one is nothing like any */

/* ==== Values ==== */

static bool is_flag(const cli_option *option) {
    return option->type <= OPTION_SWITCH;
}

static int bad_value(const cli_command *of, const cli_option *option, const char *text,
                     const char *wanted) {
    return misuse(of, "--%s takes %s, got '%s'", option->name, wanted, text);
}

/* "a whole number", with its limits where there are any. */
static const char *range_text(const cli_option *option, const char *what, char *buffer,
                              size_t size) {
    if (option->high > 0)
        snprintf(buffer, size, "%s from %.15g to %.15g", what, option->low, option->high);
    else
        snprintf(buffer, size, "%s >= %.15g", what, option->low);
    return buffer;
}

static int store_whole(const cli_command *of, const cli_option *option, const char *text) {
    char wanted[96], *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    if (option->type == OPTION_SEED) {
        if (!digits) return bad_value(of, option, text, "a whole number from 0 to 2^64 - 1");
        *(uint64_t *)option->to = value;
        return EXIT_OK;
    }
    bool in_range = digits && value <= SIZE_MAX && (double)value >= option->low &&
                    (option->high <= 0 || (double)value <= option->high);
    if (!in_range)
        return bad_value(of, option, text,
                         range_text(option, "a whole number", wanted, sizeof wanted));
    *(size_t *)option->to = (size_t)value;
    return EXIT_OK;
}

static int store_number(const cli_command *of, const cli_option *option, const char *text) {
    char wanted[96], *end;
    double value = strtod(text, &end);
    bool good = end != text && *end == '\0' && isfinite(value) && value >= option->low &&
                (option->high <= 0 || value <= option->high);
    if (!good)
        return bad_value(of, option, text, range_text(option, "a number", wanted, sizeof wanted));
    *(double *)option->to = value;
    return EXIT_OK;
}

static int store_choice(const cli_command *of, const cli_option *option, const char *text) {
    size_t length = strlen(text);
    for (const char *at = option->choices; *at != '\0'; at += strspn(at, "|")) {
        size_t size = strcspn(at, "|");
        if (size == length && memcmp(at, text, size) == 0) {
            *(const char **)option->to = text;
            return EXIT_OK;
        }
        at += size;
    }
    return bad_value(of, option, text, option->choices);
}

static int store_item(const cli_option *option, const char *text) {
    text_list *list = option->to;
    const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (grown == NULL) return fail("out of memory");
    list->items = grown;
    list->items[list->count++] = text;
    return EXIT_OK;
}

static int store(const cli_command *of, const cli_option *option, const char *text) {
    switch (option->type) {
    case OPTION_FLAG:
    case OPTION_ALONE:
        *(bool *)option->to = true;
        return EXIT_OK;
    case OPTION_SWITCH:
        *(int *)option->to = text == NULL;
        return EXIT_OK;
    case OPTION_TEXT:
        *(const char **)option->to = text;
        return EXIT_OK;
    case OPTION_CHOICE:
        return store_choice(of, option, text);
    case OPTION_COUNT:
    case OPTION_SEED:
        return store_whole(of, option, text);
    case OPTION_NUMBER:
        return store_number(of, option, text);
    case OPTION_LIST:
        return store_item(option, text);
    }
    return EXIT_OK;
}

/* ==== Parsing ==== */

enum { PER_COMMAND_MAX = 64 };

typedef struct parse_state {
    const cli_command *of;
    int argc, at; /* argv[at] is next */
    char **argv;
    const cli_option *known[PER_COMMAND_MAX]; /* the command's own, then the common ones */
    bool seen[PER_COMMAND_MAX];
    size_t count;
} parse_state;

static void add_table(parse_state *state, const cli_option *table) {
    for (; table != NULL && table->name != NULL && state->count < PER_COMMAND_MAX; table++)
        state->known[state->count++] = table;
}

static int unknown_option(const parse_state *state, const char *name, size_t length) {
    const char *names[PER_COMMAND_MAX];
    char word[WORD_MAX + 1];
    for (size_t i = 0; i < state->count; i++) names[i] = state->known[i]->name;
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *near = fa_nearest_name(word, names, state->count);
    if (near != NULL)
        return misuse(state->of, "unknown option '--%s'; did you mean '--%s'?", word, near);
    return misuse(state->of, "unknown option '--%s'; forced-apart %s --help lists them", word,
                  state->of->name);
}

/* Takes the value of option i from `attached`, or from the next argument. */
static int take(parse_state *state, size_t i, const char *attached) {
    const cli_option *option = state->known[i];
    state->seen[i] = true;
    if (is_flag(option)) {
        if (attached != NULL)
            return misuse(state->of, "--%s takes no value, got '%s'", option->name, attached);
        return store(state->of, option, NULL);
    }
    if (attached == NULL && state->at < state->argc) attached = state->argv[state->at++];
    if (attached == NULL)
        return misuse(state->of, "--%s wants a value: --%s %s", option->name, option->name,
                      option->value);
    return store(state->of, option, attached);
}

static int parse_long(parse_state *state, const char *text) {
    size_t length = strcspn(text, "=");
    const char *attached = text[length] == '=' ? text + length + 1 : NULL;
    for (size_t i = 0; i < state->count; i++) {
        const cli_option *option = state->known[i];
        if (strlen(option->name) == length && memcmp(option->name, text, length) == 0)
            return take(state, i, attached);
        if (option->type == OPTION_SWITCH && attached == NULL && strncmp(text, "no-", 3) == 0 &&
            strcmp(text + 3, option->name) == 0)
            return store(state->of, option, "no");
    }
    return unknown_option(state, text, length);
}

static int parse_short(parse_state *state, const char *text) {
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < state->count && state->known[i]->letter != *text) i++;
        if (i == state->count)
            return misuse(state->of, "unknown option '-%c'; forced-apart %s --help lists them",
                          *text, state->of->name);
        if (!is_flag(state->known[i])) return take(state, i, text[1] != '\0' ? text + 1 : NULL);
        int code = take(state, i, NULL);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

static int parse_operand(const parse_state *state, arguments *given, const char *text) {
    size_t most = 0;
    while (state->of->operands[most].name != NULL) most++;
    if (state->of->repeats) most = ARGUMENTS_MAX;
    if (given->count == most)
        return most == 0 ? misuse(state->of, "takes no operand, got '%s'", text)
                         : misuse(state->of, "takes %zu operand%s, '%s' is one too many", most,
                                  most == 1 ? "" : "s", text);
    given->operand[given->count++] = text;
    return EXIT_OK;
}

/* What has to be there and is not. */
static int check_complete(const parse_state *state, const arguments *given) {
    for (size_t i = 0; i < state->count; i++)
        if (state->seen[i] && state->known[i]->type == OPTION_ALONE) return EXIT_OK;
    const cli_operand *operands = state->of->operands;
    if (given->count < OPERANDS_MAX && operands[given->count].name != NULL &&
        !operands[given->count].optional)
        return misuse(state->of, "%s is missing: %s", operands[given->count].name,
                      operands[given->count].text);
    for (size_t i = 0; i < state->count; i++) {
        const cli_option *option = state->known[i];
        if (option->required && !state->seen[i])
            return misuse(state->of, "--%s %s is missing: %s", option->name, option->value,
                          option->text);
    }
    return EXIT_OK;
}

int options_parse(const cli_command *of, int argc, char **argv, arguments *given) {
    parse_state state = {.of = of, .argc = argc, .argv = argv};
    int code = EXIT_OK;
    add_table(&state, of->options);
    add_table(&state, common_table);
    for (size_t i = 0; i < state.count && code == EXIT_OK; i++)
        if (state.known[i]->fallback != NULL)
            code = store(of, state.known[i], state.known[i]->fallback);
    bool options_end = false;
    while (state.at < argc && code == EXIT_OK && !common.help) {
        const char *text = argv[state.at++];
        if (options_end || text[0] != '-' || text[1] == '\0')
            code = parse_operand(&state, given, text);
        else if (strcmp(text, "--") == 0)
            options_end = true;
        else if (text[1] == '-')
            code = parse_long(&state, text + 2);
        else
            code = parse_short(&state, text + 1);
    }
    if (code != EXIT_OK || common.help) return code;
    return check_complete(&state, given);
}
