/* Finds the command, parses its options, runs it. */
#define _POSIX_C_SOURCE 200809L
#include "commands.h"
#include "help.h"
#include "output.h"
#include "progress.h"

#include "forced_apart.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_command *const all_commands[] = {
#define COMMAND_ENTRY(name) &command_##name,
    COMMANDS(COMMAND_ENTRY)
#undef COMMAND_ENTRY
        NULL,
};

enum { NAMES_MAX = 64 };

/* "data" before "fetch", or a whole name of one word. */
static bool is_group(const char *word) {
    for (const cli_command *const *at = all_commands; *at != NULL; at++)
        if (in_group(*at, word)) return true;
    return false;
}

static const cli_command *find_command(const char *name) {
    for (const cli_command *const *at = all_commands; *at != NULL; at++)
        if (strcmp((*at)->name, name) == 0) return *at;
    return NULL;
}

/* The word that should follow `group` (NULL: the first word) and is nearest to this one. */
static int unknown_command(const char *group, const char *word) {
    const char *names[NAMES_MAX] = {NULL};
    size_t count = 0, skip = group != NULL ? strlen(group) + 1 : 0;
    for (const cli_command *const *at = all_commands; *at != NULL && count < NAMES_MAX; at++)
        if (group == NULL || in_group(*at, group)) names[count++] = (*at)->name + skip;
    const char *near = fa_nearest_name(word, names, count);
    const char *before = group != NULL ? group : "", *space = group != NULL ? " " : "";
    if (near != NULL)
        return misuse(NULL, "unknown command '%s%s%s'; did you mean '%s%s%s'?", before, space, word,
                      before, space, near);
    return misuse(NULL, "unknown command '%s%s%s'; forced-apart %s%s--help lists them", before,
                  space, word, before, space);
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(const cli_command *of, int argc, char **argv) {
    arguments given = {{NULL}, 0};
    int code = options_parse(of, argc, argv, &given);
    if (code != EXIT_OK) return code;
    if (common.help) {
        help_command(stdout, of);
        return EXIT_OK;
    }
    if (fa_ranks() > 1 && !of->ranks)
        return misuse(of, "runs as one process; start it without mpirun");
    if (fa_rank() > 0) {
        common.quiet = true;
        common.progress = 0;
    }
    fa_threads_set((int)common.threads);
    fa_unpack_unlimited_set(common.unpack_unlimited);
    signals_watch();
    return of->run(&given);
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        help_overview(stderr);
        return EXIT_MISUSE;
    }
    const char *word = argv[1];
    if (is_help(word)) {
        help_overview(stdout);
        return EXIT_OK;
    }
    if (strcmp(word, "--version") == 0) {
        printf("forced-apart %s\n", fa_version());
        return EXIT_OK;
    }
    if (word[0] == '-')
        return misuse(NULL,
                      "'%s' stands before the command; options come after it: forced-apart "
                      "COMMAND %s",
                      word, word);
    if (is_group(word)) {
        if (argc < 3) {
            help_group(stderr, word);
            return EXIT_MISUSE;
        }
        if (is_help(argv[2])) {
            help_group(stdout, word);
            return EXIT_OK;
        }
        char name[64];
        snprintf(name, sizeof name, "%s %s", word, argv[2]);
        const cli_command *of = find_command(name);
        return of != NULL ? run(of, argc - 3, argv + 3) : unknown_command(word, argv[2]);
    }
    const cli_command *of = find_command(word);
    return of != NULL ? run(of, argc - 2, argv + 2) : unknown_command(NULL, word);
}

/* ==== Ranks ==== */

/* MPI waits without end for a rank that does not speak it, or otherwise than we. Rank 0 says so, and ends the others;
 * rank 1 where it did not, being that one. */
static struct {
    unsigned left; /* seconds after the first word */
    bool speaks;
    char still[160], over[240];
} wait_for;

static void waited(int signal_number) {
    const char *text = wait_for.left > 0 ? wait_for.still : wait_for.over;
    ssize_t written = wait_for.speaks ? write(STDERR_FILENO, text, strlen(text)) : 0;
    (void)signal_number, (void)written;
    if (wait_for.left == 0) _exit(EXIT_FAILED);
    alarm(wait_for.left);
    wait_for.left = 0;
}

static void watch_start(const char *rank) {
    const char *text = getenv("FORCED_APART_START_SECONDS");
    long most = text != NULL ? strtol(text, NULL, 10) : 0;
    unsigned limit = most > 0 && most < 1000000 ? (unsigned)most : 600;
    bool second = rank != NULL && strcmp(rank, "1") == 0;
    unsigned first = second ? limit + 2 : limit < 30 ? limit : 30;
    wait_for.left = second ? 0 : limit - first;
    wait_for.speaks = second || (rank != NULL && strcmp(rank, "0") == 0);
    snprintf(wait_for.still, sizeof wait_for.still,
             "forced-apart: rank %s has waited %u s for the others; is each of them forced-apart, "
             "of one version?\n",
             rank != NULL ? rank : "", first);
    snprintf(wait_for.over, sizeof wait_for.over,
             "forced-apart: rank %s: not all ranks came within %u s; start forced-apart, of one "
             "version, as each of "
             "them; FORCED_APART_START_SECONDS=%u waits longer\n",
             rank != NULL ? rank : "", limit, 2 * limit);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = waited;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    alarm(first);
}

/* False where this process ends here, by `code`. */
static bool join_ranks(int *code) {
    const char *rank = getenv("PMIX_RANK") != NULL ? getenv("PMIX_RANK") : getenv("PMI_RANK");
    watch_start(rank);
    fa_status status = fa_ranks_start();
    alarm(0);
    signal(SIGALRM, SIG_DFL);
    *code = EXIT_FAILED;
    if (status == FA_OK) return fa_rank() == 0 || freopen("/dev/null", "w", stdout) != NULL;
    /* Rank 0 says it, of those who could not join, too. Of another version all know it, and a launcher
     * that sees others fail would end rank 0 before it has said so (see leave_ranks). */
    if (rank == NULL || strcmp(rank, "0") == 0)
        *code = fail_library();
    else if (status == FA_E_ARGUMENT)
        *code = EXIT_OK;
    return false;
}

/* What the ranks told each other, for -v. */
static int tell_traffic(void) {
    uint64_t all, most;
    if (fa_ranks_received(&all, &most) != FA_OK) return fail_library();
    explain("%zu ranks, %llu bytes between them, %llu at most to one", fa_ranks(),
            (unsigned long long)all, (unsigned long long)most);
    return EXIT_OK;
}

static int leave_ranks(int code) {
    bool speaks = fa_rank() == 0;
    if (code == EXIT_OK && common.verbose && fa_ranks() > 1) code = tell_traffic();
    fa_status status = fa_ranks_end(code == EXIT_OK ? NULL : last_failure());
    /* Rank 0 has still to say what it was told here, and a launcher ends it when it sees another fail. */
    if (!speaks) return EXIT_OK;
    return status == FA_OK || code != EXIT_OK ? code : fail_library();
}

/* A file that is mapped, not read, is looked at where the computing is. */
static void lost_bytes(int signal_number) {
    static const char said[] =
        "forced-apart: a file that is read became shorter, or its disk failed\n";
    (void)signal_number;
    (void)!write(STDERR_FILENO, said, sizeof said - 1);
    _exit(EXIT_FAILED);
}

int main(int argc, char **argv) {
    setlocale(LC_ALL,
              "C"); /* a preloaded library may have set another: numbers have a point here */
    json_watch();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failed write, reported like any */
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* so is a file that grew beyond the limit on files */
#endif
    signal(SIGBUS, lost_bytes);
    int code;
    if (join_ranks(&code)) code = leave_ranks(dispatch(argc, argv));
    return finish_output(code);
}
