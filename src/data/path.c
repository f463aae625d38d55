/* Where data are looked for. */
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The data folder of this user. */
static fa_status data_folder(char out[FA__PATH_MAX]) {
    const char *own = getenv("FORCED_APART_DATA"), *xdg = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");
    int length;
    if (own != NULL && own[0] != '\0')
        length = snprintf(out, FA__PATH_MAX, "%s", own);
    else if (xdg != NULL && xdg[0] == '/') /* its specification: a relative one is to be ignored */
        length = snprintf(out, FA__PATH_MAX, "%s/forced-apart", xdg);
    else if (home != NULL && home[0] != '\0')
        length = snprintf(out, FA__PATH_MAX, "%s/.local/share/forced-apart", home);
    else
        return fa__fail(FA_E_IO,
                        "there is no data folder: none of FORCED_APART_DATA, XDG_DATA_HOME "
                        "and HOME is set; set FORCED_APART_DATA to a folder");
    if (length < 0 || length >= FA__PATH_MAX)
        return fa__fail(FA_E_IO, "the path of the data folder is too long");
    return FA_OK;
}

static fa_status copy_path(char **out, const char *path) {
    char *copy = fa__strdup(path);
    if (copy == NULL) return fa__nomem(strlen(path), 1);
    *out = copy;
    return FA_OK;
}

fa_status fa_data_path(char **out, const char *name) {
    char folder[FA__PATH_MAX], path[FA__PATH_MAX];
    if (name[0] != '\0' && (fa__file_exists(name) || fa__is_folder(name)))
        return copy_path(out, name);
    FA_TRY(fa__path_open(name));
    if (strcmp(name, "-") == 0) return fa__fail(FA_E_IO, "-: standard input is named /dev/stdin");
    FA_TRY(data_folder(folder));
    if (name[0] == '\0') return copy_path(out, folder);
    if (name[0] == '/') return fa__fail(FA_E_IO, "%s: nothing is there", name);
    FA_TRY(fa__path_join(path, folder, name));
    if (fa__file_exists(path) || fa__is_folder(path)) return copy_path(out, path);
    FA_TRY(fa__path_open(path));
    return fa__fail(FA_E_IO,
                    "%s: neither here nor in the data folder %s (FORCED_APART_DATA sets it)", name,
                    folder);
}
