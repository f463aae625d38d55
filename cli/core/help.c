/* Prints the tables: `--help` of each command, the overview, and the man page. */
#include "help.h"

#include "forced_apart.h"

#include <string.h>

static const char purpose[] = "finds the hidden classes inside coarse labels";

static const struct {
    const char *name, *text;
} environment[] = {
    {"FORCED_APART_DATA", "folder of the known data sets; otherwise $XDG_DATA_HOME/forced-apart, "
                          "otherwise ~/.local/share/forced-apart"},
    {"FORCED_APART_RECIPES",
     "folder of the recipes that are given by name; otherwise recipes/ beside "
     "the program's folder, or the installed ones"},
    {"FORCED_APART_SIMD",
     "portable, avx2, avx512, avx512vnni or amx: caps the SIMD kernels in use"},
    {"NO_COLOR", "set to anything: no colours"},
};
enum { ENVIRONMENT_COUNT = sizeof environment / sizeof *environment };

static const struct {
    const char *code, *text;
} exit_codes[] = {
    {"0", "success"},
    {"1", "failure: what was found, where, and what would work is one line on standard error"},
    {"2", "misuse: the command line is not one that the help describes"},
};
enum { EXIT_CODE_COUNT = sizeof exit_codes / sizeof *exit_codes };

bool in_group(const cli_command *of, const char *group) {
    size_t length = strlen(group);
    return strncmp(of->name, group, length) == 0 && of->name[length] == ' ';
}

/* ==== Plain text ==== */

enum { TEXT_WIDTH = 79, LEFT_COLUMN = 26 };

/* As much of a word as a line of so much room takes: choices are parted behind a "|". */
static size_t piece(const char *word, size_t length, size_t room) {
    size_t cut = room;
    if (length <= room) return length;
    while (cut > 0 && word[cut - 1] != '|') cut--;
    return cut > 0 ? cut : length;
}

/* Words from `column` on, continued at `indent`; an empty line in text starts a paragraph. */
static void wrap(FILE *out, size_t column, size_t indent, const char *text) {
    while (*text != '\0') {
        size_t length = piece(text, strcspn(text, " \n"), TEXT_WIDTH - indent);
        bool full = column > indent && column + 1 + length > TEXT_WIDTH;
        if (full) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent) column += (size_t)fprintf(out, " ");
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        if (strncmp(text, "\n\n", 2) == 0) {
            fprintf(out, "\n\n%*s", (int)indent, "");
            column = indent;
        }
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}

/* "  left        text": the text on its own lines where left is too long. */
static void entry(FILE *out, const char *left, const char *text) {
    size_t used = (size_t)fprintf(out, "  %s", left);
    if (used + 2 > LEFT_COLUMN) {
        fprintf(out, "\n%*s", LEFT_COLUMN, "");
    } else {
        fprintf(out, "%*s", (int)(LEFT_COLUMN - used), "");
    }
    wrap(out, LEFT_COLUMN, LEFT_COLUMN, text);
}

/* "-o, --output FILE" */
static void option_left(char *buffer, size_t size, const cli_option *option) {
    char letter[] = "    ";
    if (option->letter != 0) {
        letter[0] = '-';
        letter[1] = option->letter;
        letter[2] = ',';
    }
    snprintf(buffer, size, "%s--%s%s%s%s", letter, option->type == OPTION_SWITCH ? "[no-]" : "",
             option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
}

/* The text of an option with what the table says about its values. */
static void option_right(char *buffer, size_t size, const cli_option *option) {
    size_t used = (size_t)snprintf(buffer, size, "%s", option->text);
    if (used < size && option->type == OPTION_CHOICE)
        used += (size_t)snprintf(buffer + used, size - used, "; one of %s", option->choices);
    if (used < size && option->fallback != NULL)
        used += (size_t)snprintf(buffer + used, size - used, " (default %s)", option->fallback);
    if (used < size && option->type == OPTION_LIST)
        used += (size_t)snprintf(buffer + used, size - used, "; may be repeated");
    if (used < size && option->required) snprintf(buffer + used, size - used, " (required)");
}

static void option_entries(FILE *out, const cli_option *table) {
    char left[80], right[512];
    for (; table != NULL && table->name != NULL; table++) {
        option_left(left, sizeof left, table);
        option_right(right, sizeof right, table);
        entry(out, left, right);
    }
}

/* "forced-apart train [RECIPE] -o RUN [options]" */
static void usage_line(FILE *out, const cli_command *of) {
    fprintf(out, "forced-apart %s", of->name);
    for (const cli_operand *at = of->operands; at->name != NULL; at++)
        fprintf(out, at->optional ? " [%s]" : " %s", at->name);
    if (of->repeats) fprintf(out, "...");
    for (const cli_option *at = of->options; at != NULL && at->name != NULL; at++) {
        if (!at->required) continue;
        if (at->letter != 0)
            fprintf(out, " -%c %s", at->letter, at->value);
        else
            fprintf(out, " --%s %s", at->name, at->value);
    }
    fprintf(out, " [options]\n");
}

static void list_commands(FILE *out, const char *group) {
    for (const cli_command *const *at = all_commands; *at != NULL; at++)
        if (!(*at)->hidden && (group == NULL || in_group(*at, group)))
            entry(out, (*at)->name, (*at)->summary);
}

void help_overview(FILE *out) {
    fprintf(out, "usage: forced-apart COMMAND [options]\n\nforced-apart %s %s\n\ncommands\n",
            fa_version(), purpose);
    list_commands(out, NULL);
    fprintf(out, "\nforced-apart COMMAND --help tells the options of a command; "
                 "forced-apart --version\nprints the version. Start with: forced-apart demo\n"
                 "\nenvironment\n");
    for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
        entry(out, environment[i].name, environment[i].text);
}

void help_group(FILE *out, const char *group) {
    fprintf(out, "usage: forced-apart %s COMMAND [options]\n\ncommands\n", group);
    list_commands(out, group);
    fprintf(out, "\nforced-apart %s COMMAND --help tells the options of a command.\n", group);
}

void help_command(FILE *out, const cli_command *of) {
    fprintf(out, "usage: ");
    usage_line(out, of);
    fputc('\n', out);
    if (of->text != NULL) {
        wrap(out, 0, 0, of->text);
    } else {
        wrap(out, 0, 0, of->summary);
    }
    if (of->operands[0].name != NULL) fprintf(out, "\noperands\n");
    for (const cli_operand *at = of->operands; at->name != NULL; at++)
        entry(out, at->name, at->text);
    if (of->options != NULL) {
        fprintf(out, "\noptions\n");
        option_entries(out, of->options);
    }
    fprintf(out, "\noptions of every command\n");
    option_entries(out, common_table);
    if (of->examples == NULL) return;
    fprintf(out, "\nexamples\n");
    for (const char *line = of->examples; *line != '\0'; line += strspn(line, "\n")) {
        size_t length = strcspn(line, "\n");
        fprintf(out, "  %.*s\n", (int)length, line);
        line += length;
    }
}

/* ==== Man page ==== */

/* Text with what roff would take as its own made harmless; an empty line starts a paragraph. */
static void roff(FILE *out, const char *text) {
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (strncmp(text, "\n\n", 2) == 0) {
            fprintf(out, "\n.PP\n");
            text++;
            line_start = true;
            continue;
        }
        if (line_start && (*text == '.' || *text == '\'')) fprintf(out, "\\&");
        if (*text == '-')
            fprintf(out, "\\-");
        else if (*text == '\\')
            fprintf(out, "\\e");
        else if (*text == '|')
            fprintf(out, "|\\:"); /* where a line may end */
        else
            fputc(*text, out);
        line_start = *text == '\n';
    }
    fputc('\n', out);
}

static void roff_entry(FILE *out, const char *left, const char *text) {
    fprintf(out, ".TP\n.B ");
    roff(out, left);
    roff(out, text);
}

static void roff_options(FILE *out, const cli_option *table) {
    char left[80], right[512];
    for (; table != NULL && table->name != NULL; table++) {
        option_left(left, sizeof left, table);
        option_right(right, sizeof right, table);
        roff_entry(out, left + strspn(left, " "), right);
    }
}

static void roff_command(FILE *out, const cli_command *of) {
    fprintf(out, ".SS ");
    usage_line(out, of);
    roff(out, of->text != NULL ? of->text : of->summary);
    for (const cli_operand *at = of->operands; at->name != NULL; at++)
        roff_entry(out, at->name, at->text);
    roff_options(out, of->options);
    if (of->examples == NULL) return;
    fprintf(out, ".PP\n.EX\n");
    roff(out, of->examples);
    fprintf(out, ".EE\n");
}

void help_man(FILE *out) {
    fprintf(out, ".TH FORCED\\-APART 1 \"\" \"forced\\-apart %s\" \"User Commands\"\n",
            fa_version());
    fprintf(out, ".SH NAME\nforced\\-apart \\- %s\n", purpose);
    fprintf(out, ".SH SYNOPSIS\n.B forced\\-apart\n.I COMMAND\n[options]\n.SH DESCRIPTION\n");
    roff(out, "Trains a network on a coarse task with a loss component that forces the "
              "representations of alike-labelled samples apart, clusters those representations "
              "with KMeans, and scores the clusters against classes that no label named.\n\n"
              "Results go to standard output, everything else to standard error. An option's value "
              "is written --name VALUE or --name=VALUE; -- ends the options.");
    fprintf(out, ".SH COMMANDS\n");
    for (const cli_command *const *at = all_commands; *at != NULL; at++)
        if (!(*at)->hidden) roff_command(out, *at);
    fprintf(out, ".SH OPTIONS OF EVERY COMMAND\n");
    roff_options(out, common_table);
    fprintf(out, ".SH SHELL COMPLETION\n");
    roff_entry(out, "forced-apart help --completion SHELL",
               "Prints what makes bash, zsh or fish complete commands and options; an installed "
               "forced-apart has brought it along.");
    fprintf(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < EXIT_CODE_COUNT; i++)
        roff_entry(out, exit_codes[i].code, exit_codes[i].text);
    fprintf(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
        roff_entry(out, environment[i].name, environment[i].text);
    fprintf(out, ".SH FILES\n");
    roff(out, "A run folder holds recipe.ini, history.csv, model.safetensors, "
              "checkpoint.safetensors and, where the recipe names a test split, embeddings.npy, "
              "clusters.npy and scores.json.");
}
