/* forced-apart help: the same as --help, the man page for the build, and what shells complete. */
#include "core/commands.h"
#include "core/completion.h"
#include "core/help.h"
#include "core/output.h"

#include <string.h>

static bool man;
static const char *shell;

static const cli_option options[] = {
    {.name = "man", .type = OPTION_ALONE, .to = &man, .text = "print the man page in roff"},
    {.name = "completion",
     .type = OPTION_CHOICE,
     .to = &shell,
     .value = "SHELL",
     .choices = "bash|zsh|fish",
     .text = "print what makes a shell complete commands and options: source <(forced-apart help "
             "--completion bash)"},
    {0},
};

static int run(const arguments *given) {
    if (man) {
        help_man(stdout);
        return EXIT_OK;
    }
    if (shell != NULL) {
        completion_print(stdout, shell);
        return EXIT_OK;
    }
    const char *first = given->operand[0], *second = given->operand[1];
    if (first == NULL) {
        help_overview(stdout);
        return EXIT_OK;
    }
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", first, second != NULL ? " " : "",
             second != NULL ? second : "");
    for (const cli_command *const *at = all_commands; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0) {
            help_command(stdout, *at);
            return EXIT_OK;
        }
        if (second == NULL && in_group(*at, first)) {
            help_group(stdout, first);
            return EXIT_OK;
        }
    }
    return misuse(&command_help, "there is no command '%s'; forced-apart --help lists them", name);
}

const cli_command command_help = {
    .name = "help",
    .summary = "print the help of a command",
    .operands = {{"COMMAND", "a command, such as train", true},
                 {"WORD", "its second word, as in help data fetch", true}},
    .options = options,
    .hidden = true,
    .run = run,
};
