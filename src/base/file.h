/* Files: reading whole (gunzipped where needed), and the one way anything is written: complete or
 * not at all. */
#ifndef FA_BASE_FILE_H
#define FA_BASE_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>

/* open, tried again where a signal came between. */
int fa__open(const char *path, int flags, unsigned mode);

/* FA_OK unless `packed` bytes of a file unpack to so much more that it must have been made for that
 * (fa_unpack_unlimited_set). To be asked while unpacking. */
fa_status fa__unpack_check(size_t unpacked, size_t packed, const char *path);

/* The whole content of a file or a pipe, decompressed if it is gzip (by content, not by name).
 * *bytes is followed by a 0 byte that is not counted. Free with fa__free. Devices and sockets are
 * refused, a pipe of more than FA__PIPE_MOST bytes, and what fa__unpack_check refuses. */
#define FA__PIPE_MOST ((size_t)8 << 30)
fa_status fa__file_read(unsigned char **bytes, size_t *size, const char *path);

/* The same of a file in a folder of data, where a pipe is none, and nobody would write into it:
 * FA_E_FORMAT for one, and for a link to nothing. */
fa_status fa__file_read_plain(unsigned char **bytes, size_t *size, const char *path);

/* A plain file of at least `least` bytes mapped into memory to be read: the system reads what is
 * touched and drops it again when memory is short. NULL where it cannot be (small, gzip, no regular
 * file, no permission): then fa__file_read tells why or works. No 0 byte follows. The file must
 * stay as it is until fa__file_unmap. */
enum {
    FA__MAP_MIN = 4 << 20
}; /* below, a copy costs less than pages that are fetched one by one */
unsigned char *fa__file_map(size_t *size, const char *path, size_t least);

/* From now on it may be written to, which changes this process's pages alone: they count as its
 * memory. */
fa_status fa__file_map_own(unsigned char *bytes, size_t size);
/* What is read of it next, in whatever order: the system may fetch it meanwhile. And whether places
 * are read at random: then nothing around them is fetched. */
void fa__file_map_fetch(const void *bytes, size_t size);
void fa__file_map_random(const void *bytes, size_t size, bool random);

void fa__file_unmap(unsigned char *bytes, size_t size); /* NULL ok */

bool fa__file_exists(const char *path);
bool fa__is_folder(const char *path);

/* Fails where a name is there and cannot be looked at, or leads to nothing; FA_OK where nothing has it. */
fa_status fa__path_open(const char *path);

/* Creates a folder and its missing parents. */
fa_status fa__make_folder(const char *path);

/* Takes a folder for one piece of work: FA_E_IO while another holds it, in this process or in any
 * other of this machine. The kernel lets go when the process ends, in whatever way, so nothing
 * stale stays behind; no file is made. A file system without locks guards nothing: *handle is -1
 * then. */
fa_status fa__folder_lock(int *handle, const char *path);
void fa__folder_unlock(int handle); /* -1: nothing */

/* folder/name into a fixed buffer; FA_E_IO if it does not fit. */
enum { FA__PATH_MAX = 4096 };
fa_status fa__path_join(char out[FA__PATH_MAX], const char *folder, const char *name);

/* A file being written under a temporary name beside its final one. A failed write is remembered,
 * so that only the end needs a check:
 *
 *     FA_TRY(fa__writer_open(&w, path));
 *     fa__writer_put(&w, bytes, size);
 *     return fa__writer_close(&w, true);   false: give up, remove the temporary file
 *
 * Closing flushes, fsyncs, renames, and fsyncs the folder: the file is complete or absent. Of a
 * link, the file it leads to is replaced; a file that is there keeps its mode, and is refused where
 * that forbids writing. A pipe or a character device is written to, at the end and in one go; block
 * devices, sockets and folders are refused. Interrupted calls are repeated. Numbers have a point in
 * every locale. */
enum { FA__TEMPORARIES = 64 }; /* of one process at a time beside one file */
typedef struct fa__writer {
    int error; /* errno of the first failure, 0: none */
    bool open;
    int handle; /* of the temporary file */
    int stream; /* -1: a plain file */
    size_t used;
    char path[FA__PATH_MAX];
    char temporary[FA__PATH_MAX];
    unsigned char buffer[1 << 14];
} fa__writer;

/* The temporary file is a new one: neither a link nor a file that is there already is opened. */
fa_status fa__writer_open(fa__writer *writer, const char *path);
void fa__writer_put(fa__writer *writer, const void *bytes, size_t size);
void fa__writer_print(fa__writer *writer, const char *format, ...) FA_PRINTF(2, 3);
fa_status fa__writer_close(fa__writer *writer, bool keep);

/* The version of zlib, which reads gzip files. */
const char *fa__zlib_version(void);

/* Removes from a folder the temporary files that a process left there which has ended, by the
 * number in their names; all of them for the names in `own` [count], which the caller alone writes
 * there. */
void fa__remove_temporaries(const char *folder, const char *const *own, size_t count);

#endif
