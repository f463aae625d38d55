/* Scripts that complete commands, options, and the words of options that have a choice; else files.
 */
#include "completion.h"

#include "help.h"
#include "options.h"

#include <string.h>

/* The first word of a command, and the one after it; *second NULL: there is none. */
static size_t first_word(const cli_command *of, const char **second) {
    const char *blank = strchr(of->name, ' ');
    *second = blank != NULL ? blank + 1 : NULL;
    return blank != NULL ? (size_t)(blank - of->name) : strlen(of->name);
}

/* The next command that is shown; with `groups`, one whose first word was not there yet. */
static const cli_command *const *next_shown(const cli_command *const *at, bool groups) {
    for (; *at != NULL; at++) {
        const char *second;
        size_t length = first_word(*at, &second);
        bool again = false;
        for (const cli_command *const *old = all_commands; groups && old < at; old++)
            again = again || (strncmp((*old)->name, (*at)->name, length) == 0 &&
                              (*old)->name[length] == ' ');
        if (!(*at)->hidden && !again) break;
    }
    return at;
}

#define EACH_SHOWN(at, groups)                                                                     \
    const cli_command *const *at = next_shown(all_commands, groups);                               \
    *at != NULL;                                                                                   \
    at = next_shown(at + 1, groups)

/* Text within single quotes of a shell, where `special` stands for itself after a backslash. */
static void put_text(FILE *out, const char *text, const char *special, const char *quote) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote, out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text == '\n' ? ' ' : *text, out);
    }
}

/* "drop|zero" with another mark between. */
static void put_choices(FILE *out, const char *choices, char mark) {
    for (; *choices != '\0'; choices++) fputc(*choices == '|' ? mark : *choices, out);
}

static bool takes_value(const cli_option *option) {
    return option->type > OPTION_SWITCH;
}

/* ==== Bash ==== */

static void bash_words(FILE *out, const cli_option *table) {
    for (; table != NULL && table->name != NULL; table++) {
        fprintf(out, " --%s", table->name);
        if (table->type == OPTION_SWITCH) fprintf(out, " --no-%s", table->name);
    }
}

static void bash_choices(FILE *out, const char *command, const cli_option *table) {
    for (; table != NULL && table->name != NULL; table++) {
        if (table->type != OPTION_CHOICE) continue;
        fprintf(out, "    '%s --%s'", command, table->name);
        if (table->letter != 0) fprintf(out, " | '%s -%c'", command, table->letter);
        fprintf(out, ") words='");
        put_choices(out, table->choices, ' ');
        fprintf(out, "' ;;\n");
    }
}

static void print_bash(FILE *out) {
    fprintf(out,
            "# bash completion of forced-apart\n_forced_apart() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
            "    local command=${COMP_WORDS[1]-} words=\n    COMPREPLY=()\n"
            "    if [ \"$current\" = = ]; then\n        current=\n"
            "    elif [ \"$before\" = = ]; then\n"
            "        before=${COMP_WORDS[COMP_CWORD - 2]}\n    fi\n"
            "    case $COMP_CWORD:$command in\n    1:*) words='");
    for (EACH_SHOWN(at, true)) {
        const char *second;
        int length = (int)first_word(*at, &second);
        fprintf(out, "%.*s ", length, (*at)->name);
    }
    fprintf(out, "help --help --version' ;;\n");
    for (EACH_SHOWN(group, true)) {
        const char *second;
        int length = (int)first_word(*group, &second);
        if (second == NULL) continue;
        fprintf(out, "    2:%.*s) words='", length, (*group)->name);
        for (EACH_SHOWN(at, false))
            if (strncmp((*at)->name, (*group)->name, (size_t)length + 1) == 0)
                fprintf(out, "%s ", (*at)->name + length + 1);
        fprintf(out, "--help' ;;\n    *:%.*s) command=\"$command ${COMP_WORDS[2]}\" ;;\n", length,
                (*group)->name);
    }
    fprintf(out, "    esac\n    [ -n \"$words\" ] || case \"$command $before\" in\n");
    for (EACH_SHOWN(at, false)) bash_choices(out, (*at)->name, (*at)->options);
    fprintf(out, "    esac\n    if [ -z \"$words\" ]; then\n"
                 "        case $current in -*) ;; *) return ;; esac\n        case $command in\n");
    for (EACH_SHOWN(at, false)) {
        fprintf(out, "        '%s') words='", (*at)->name);
        bash_words(out, (*at)->options);
        fprintf(out, "' ;;\n");
    }
    fprintf(out, "        esac\n        words+='");
    bash_words(out, common_table);
    fprintf(out, "'\n    fi\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
                 "complete -o default -F _forced_apart forced-apart\n");
}

/* ==== Zsh ==== */

static void zsh_option(FILE *out, const cli_option *option, const char *before) {
    fprintf(out, "            '%s--%s%s%s[", option->type == OPTION_LIST ? "*" : "", before,
            option->name, takes_value(option) ? "=" : "");
    put_text(out, option->text, "[]:\\", "'\\''");
    fprintf(out, "]");
    if (takes_value(option)) {
        fprintf(out, ":");
        put_text(out, option->value != NULL ? option->value : "", "[]:\\", "'\\''");
        fprintf(out, ":");
        if (option->type == OPTION_CHOICE) {
            fprintf(out, "(");
            put_choices(out, option->choices, ' ');
            fprintf(out, ")");
        } else {
            fprintf(out, "_files");
        }
    }
    fprintf(out, "' \\\n");
}

static void zsh_options(FILE *out, const cli_option *table) {
    for (; table != NULL && table->name != NULL; table++) {
        zsh_option(out, table, "");
        if (table->type == OPTION_SWITCH) zsh_option(out, table, "no-");
    }
}

static void print_zsh(FILE *out) {
    fprintf(out, "#compdef forced-apart\n_forced_apart() {\n    local command=$words[2]\n"
                 "    local -a names\n    if (( CURRENT == 2 )); then\n        names=(\n");
    for (EACH_SHOWN(at, true)) {
        const char *second;
        int length = (int)first_word(*at, &second);
        fprintf(out, "            '%.*s:", length, (*at)->name);
        put_text(out, second == NULL ? (*at)->summary : "several commands", ":\\", "'\\''");
        fprintf(out, "'\n");
    }
    fprintf(out, "        )\n        _describe command names\n        return\n    fi\n"
                 "    case $command in\n");
    for (EACH_SHOWN(group, true)) {
        const char *second;
        int length = (int)first_word(*group, &second);
        if (second == NULL) continue;
        fprintf(out, "    %.*s)\n        if (( CURRENT == 3 )); then\n            names=(\n",
                length, (*group)->name);
        for (EACH_SHOWN(at, false)) {
            if (strncmp((*at)->name, (*group)->name, (size_t)length + 1) != 0) continue;
            fprintf(out, "                '%s:", (*at)->name + length + 1);
            put_text(out, (*at)->summary, ":\\", "'\\''");
            fprintf(out, "'\n");
        }
        fprintf(out, "            )\n            _describe command names\n            return\n"
                     "        fi\n        command=\"$command $words[3]\"\n"
                     "        shift words\n        (( CURRENT-- )) ;;\n");
    }
    fprintf(out, "    esac\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (EACH_SHOWN(at, false)) {
        fprintf(out, "    '%s')\n        _arguments \\\n", (*at)->name);
        zsh_options(out, (*at)->options);
        zsh_options(out, common_table);
        fprintf(out, "            '*:file:_files' ;;\n");
    }
    fprintf(out, "    *) _files ;;\n    esac\n}\n_forced_apart \"$@\"\n");
}

/* ==== Fish ==== */

static void fish_option(FILE *out, const char *when, const cli_option *option, const char *before) {
    fprintf(out, "complete -c forced-apart -n '%s' -l %s%s", when, before, option->name);
    if (option->letter != 0 && before[0] == '\0') fprintf(out, " -s %c", option->letter);
    if (option->type == OPTION_CHOICE) {
        fprintf(out, " -x -a '");
        put_choices(out, option->choices, ' ');
        fprintf(out, "'");
    } else if (takes_value(option)) {
        fprintf(out, " -r");
    }
    fprintf(out, " -d '");
    put_text(out, option->text, "\\", "\\'");
    fprintf(out, "'\n");
}

static void fish_options(FILE *out, const char *when, const cli_option *table) {
    for (; table != NULL && table->name != NULL; table++) {
        fish_option(out, when, table, "");
        if (table->type == OPTION_SWITCH) fish_option(out, when, table, "no-");
    }
}

static void print_fish(FILE *out) {
    fprintf(out, "# fish completion of forced-apart\n");
    for (EACH_SHOWN(at, true)) {
        const char *second;
        int length = (int)first_word(*at, &second);
        fprintf(out, "complete -c forced-apart -f -n __fish_use_subcommand -a %.*s -d '", length,
                (*at)->name);
        put_text(out, second == NULL ? (*at)->summary : "several commands", "\\", "\\'");
        fprintf(out, "'\n");
    }
    for (EACH_SHOWN(at, false)) {
        char when[160];
        const char *second;
        int length = (int)first_word(*at, &second);
        if (second != NULL) {
            fprintf(out,
                    "complete -c forced-apart -f -n '__fish_seen_subcommand_from %.*s; and test "
                    "(count (commandline -opc)) -eq 2' -a %s -d '",
                    length, (*at)->name, second);
            put_text(out, (*at)->summary, "\\", "\\'");
            fprintf(out, "'\n");
        }
        snprintf(when, sizeof when, "__fish_seen_subcommand_from %.*s%s%s", length, (*at)->name,
                 second != NULL ? "; and __fish_seen_subcommand_from " : "",
                 second != NULL ? second : "");
        fish_options(out, when, (*at)->options);
    }
    fish_options(out, "not __fish_use_subcommand", common_table);
}

void completion_print(FILE *out, const char *shell) {
    if (strcmp(shell, "bash") == 0)
        print_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(out);
    else
        print_fish(out);
}
