/* Paths, folders and their locks. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int fa__open(const char *path, int flags, unsigned mode) {
    int handle;
    do handle = open(path, flags, (mode_t)mode);
    while (handle < 0 && errno == EINTR);
    return handle;
}

bool fa__file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool fa__is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

fa_status fa__path_open(const char *path) {
    struct stat info;
    if (stat(path, &info) == 0) return FA_OK;
    if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
        return fa__fail(FA_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (lstat(path, &info) == 0) return fa__fail(FA_E_IO, "%s: is a link to nothing", path);
    return FA_OK;
}

fa_status fa__path_join(char out[FA__PATH_MAX], const char *folder, const char *name) {
    int length = snprintf(out, FA__PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= FA__PATH_MAX)
        return fa__fail(FA_E_IO, "the path %.60s.../%.60s is longer than %d bytes", folder, name,
                        FA__PATH_MAX - 1);
    return FA_OK;
}

fa_status fa__make_folder(const char *path) {
    char part[FA__PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return fa__fail(FA_E_IO, "'%.60s' is no usable folder name", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        int error = mkdir(part, 0777) == 0 ? 0 : errno; /* looking at the folder changes errno */
        if (error == EEXIST && !fa__is_folder(part))
            return fa__fail(FA_E_IO, "%s: the folder cannot be made: something else is there",
                            part);
        if (error != 0 && !fa__is_folder(part))
            return fa__fail(FA_E_IO, "%s: the folder cannot be made: %s", part, strerror(error));
    }
    return FA_OK;
}

fa_status fa__folder_lock(int *handle, const char *path) {
    int opened = fa__open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (opened < 0)
        return fa__fail(FA_E_IO, "%s: the folder cannot be opened: %s", path, strerror(errno));
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        bool busy = errno == EWOULDBLOCK;
        close(opened);
        if (busy)
            return fa__fail(FA_E_IO,
                            "%s: another training is at work in this folder; wait for its end, "
                            "stop it, or take another folder",
                            path);
        opened = -1;
    }
    *handle = opened;
    return FA_OK;
}

void fa__folder_unlock(int handle) {
    if (handle >= 0) close(handle);
}
