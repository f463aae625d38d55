/* What the public header has of the atomic writer and of folders. */
#include "forced_apart/files.h"

#include "base/file.h"

fa_status fa_file_write(const char *path, const void *bytes, size_t size) {
    fa__writer writer;
    if (path == NULL) return fa__fail(FA_E_ARGUMENT, "path is NULL");
    if (bytes == NULL && size > 0)
        return fa__fail(FA_E_ARGUMENT, "bytes is NULL, and the size is %zu", size);
    FA_TRY(fa__writer_open(&writer, path));
    fa__writer_put(&writer, bytes, size);
    return fa__writer_close(&writer, true);
}

fa_status fa_folder_make(const char *path) {
    return path != NULL ? fa__make_folder(path) : fa__fail(FA_E_ARGUMENT, "path is NULL");
}
