/* Running gnuplot, without a shell. */
#define _POSIX_C_SOURCE 200809L
#include "report/gnuplot.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* What a child ends with whose program could not be started, where posix_spawn itself cannot tell;
 * gnuplot ends with 0 or 1. */
enum { NOT_FOUND = 127 };

/* The command that takes gnuplot into the folder. Within single quotes only a quote means anything,
 * but the end of a line ends the command. */
static fa_status go_there(char *out, size_t size, const char *folder) {
    size_t used = (size_t)snprintf(out, size, "cd '");
    for (const char *at = folder; *at != '\0' && used + 4 < size; at++) {
        if ((unsigned char)*at < ' ')
            return fa__fail(FA_E_ARGUMENT, "the folder's name holds a control character, which "
                                           "gnuplot cannot be told; rename it");
        if (*at == '\'') out[used++] = '\'';
        out[used++] = *at;
    }
    snprintf(out + used, size - used, "'");
    return FA_OK;
}

/* Its messages go to the log; it waits for no input. */
static int start(pid_t *child, char *const argv[], const char *log) {
    posix_spawn_file_actions_t files;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) return error;
    error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error =
            posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (error == 0) error = posix_spawnp(child, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Its end, or that of the wait for it: ECANCELED, and it is ended too. Returns errno, 0: none. */
static int wait_for(pid_t child, int *result) {
    enum { WAIT_NS = 5000000 };
    pid_t ended;
    while ((ended = waitpid(child, result, WNOHANG)) != child) {
        if (ended < 0 && errno != EINTR) return errno;
        if (fa__stop_check() != FA_OK) {
            kill(child, SIGTERM);
            while (waitpid(child, result, 0) < 0 && errno == EINTR) {
            }
            return ECANCELED;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    }
    return 0;
}

/* The first words that gnuplot printed, for a message. */
static void first_words(char *out, size_t size, const char *log) {
    unsigned char *bytes;
    size_t length, used = 0;
    out[0] = '\0';
    if (fa__file_read(&bytes, &length, log) != FA_OK) return;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        bool blank = bytes[i] <= ' ' || bytes[i] == 127;
        if (!blank || (used > 0 && out[used - 1] != ' '))
            out[used++] = blank ? ' ' : (char)bytes[i];
    }
    out[used] = '\0';
    fa__free(bytes);
}

/* Its libraries have words of their own for it. */
static bool lacked_memory(const char *said) {
    static const char *const words[] = {"alloc", "memory", "creating thread"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found = found || strstr(said, words[i]) != NULL;
    return found;
}

fa_status fa__gnuplot_run(const char *program, const char *folder, const char *script,
                          const char *log_name) {
    char there[2 * FA__PATH_MAX + 8], log[FA__PATH_MAX], said[200];
    /* -d: by no settings of the user, whose figures may have another decimal sign, fonts or terms */
    char *const argv[] = {(char *)(uintptr_t)program, "-d", "-e", there,
                          (char *)(uintptr_t)script,  NULL};
    pid_t child;
    int result = 0;
    FA_TRY(go_there(there, sizeof there, folder));
    FA_TRY(fa__path_join(log, folder, log_name));
    int error = start(&child, argv, log);
    if (error == 0) error = wait_for(child, &result);
    if (error == ECANCELED) return fa__stop_check();
    if (error == 0 && WIFEXITED(result) && WEXITSTATUS(result) == 0) {
        unlink(log); /* remarks on a picture that was drawn help nobody */
        return FA_OK;
    }
    if (error == ENOENT || error == EACCES || error == ENOTDIR ||
        (error == 0 && WIFEXITED(result) && WEXITSTATUS(result) == NOT_FOUND))
        return fa__fail(FA_E_UNAVAILABLE,
                        "%s was not found, so no picture was drawn: install gnuplot (Debian: "
                        "gnuplot-nox) and run this again; the data and the scripts are in %s",
                        program, folder);
    if (error != 0) return fa__fail(FA_E_IO, "%s cannot be run: %s", program, strerror(error));
    first_words(said, sizeof said, log);
    if (lacked_memory(said))
        return fa__fail(FA_E_NOMEM, "no memory for %s to draw %s/%s: %s", program, folder, script,
                        said);
    if (said[0] == '\0' && WIFSIGNALED(result))
        snprintf(said, sizeof said, "signal %d ended it", WTERMSIG(result));
    return fa__fail(FA_E_IO, "%s failed on %s/%s: %s", program, folder, script,
                    said[0] != '\0' ? said : "it said nothing");
}
