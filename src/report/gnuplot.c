/* Running gnuplot: fork, change into the folder, exec. */
#define _POSIX_C_SOURCE 200809L
#include "report/gnuplot.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child reports where exec fails; gnuplot itself ends with 0 or 1. */
enum { NOT_FOUND = 127, NOT_STARTED = 126 };

/* Between fork and exec only async-signal-safe calls are allowed. */
static void become(char *const argv[], const char *folder, const char *log) {
    int in = open("/dev/null", O_RDONLY);
    if (chdir(folder) != 0 || in < 0) _exit(NOT_STARTED);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(NOT_STARTED);
    execvp(argv[0], argv);
    _exit(errno == ENOENT || errno == EACCES || errno == ENOTDIR ? NOT_FOUND : NOT_STARTED);
}

/* The first line that gnuplot printed, for a message. */
static void first_words(char *out, size_t size, const char *folder, const char *log) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t length, used = 0;
    out[0] = '\0';
    if (fa__path_join(path, folder, log) != FA_OK || fa__file_read(&bytes, &length, path) != FA_OK)
        return;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        bool blank = bytes[i] <= ' ' || bytes[i] == 127;
        if (!blank || (used > 0 && out[used - 1] != ' '))
            out[used++] = blank ? ' ' : (char)bytes[i];
    }
    out[used] = '\0';
    fa__free(bytes);
}

/* Remarks on a picture that was drawn help nobody. */
static fa_status remove_log(const char *folder, const char *log) {
    char path[FA__PATH_MAX];
    FA_TRY(fa__path_join(path, folder, log));
    unlink(path);
    return FA_OK;
}

fa_status fa__gnuplot_run(const char *program, const char *folder, const char *script,
                          const char *log) {
    char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)script, NULL};
    char said[200];
    int result;
    pid_t child = fork();
    if (child < 0) return fa__fail(FA_E_IO, "%s cannot be started: %s", program, strerror(errno));
    if (child == 0) become(argv, folder, log);
    while (waitpid(child, &result, 0) < 0)
        if (errno != EINTR)
            return fa__fail(FA_E_IO, "%s: waiting for it failed: %s", program, strerror(errno));
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0) return remove_log(folder, log);
    if (WIFEXITED(result) && WEXITSTATUS(result) == NOT_FOUND)
        return fa__fail(FA_E_UNAVAILABLE,
                        "%s was not found, so no picture was drawn: install gnuplot (Debian: "
                        "gnuplot-nox) and run this again; the data and the scripts are in %s",
                        program, folder);
    first_words(said, sizeof said, folder, log);
    return fa__fail(FA_E_IO, "%s failed on %s/%s: %s", program, folder, script,
                    said[0] != '\0' ? said : "it said nothing");
}
