/* Models and checkpoints on disk: named tensors and string metadata in the safetensors format.
 *
 * The file is a little-endian 8-byte header length, a JSON header (name -> dtype, shape,
 * data_offsets; "__metadata__" -> strings) padded with spaces to 8 bytes, and the data without
 * missed. Any safetensors reader opens it. */
#ifndef FA_FORMATS_SAFETENSORS_H
#define FA_FORMATS_SAFETENSORS_H

#include "base/status.h"

typedef enum fa__dtype { FA__F32 = 0, FA__F64, FA__I64, FA__I32 } fa__dtype;

enum { FA__TENSOR_RANK_MAX = 4, FA__TENSOR_NAME_SIZE = 64 };

typedef struct fa__tensor {
    char name[FA__TENSOR_NAME_SIZE]; /* 1 to 63 bytes of UTF-8, no two alike */
    fa__dtype dtype;
    size_t rank;                       /* 0 (one value) to FA__TENSOR_RANK_MAX */
    size_t shape[FA__TENSOR_RANK_MAX]; /* the first `rank` are used; a 0 makes it empty */
    const void *data;                  /* row-major; may be NULL where empty */
} fa__tensor;

/* Bytes of one element, and elements of a tensor (as given by its checked shape). */
size_t fa__dtype_size(fa__dtype dtype);
size_t fa__tensor_count(const fa__tensor *tensor);

/* Writes the tensors and the metadata {key, value} to a file: complete or absent. The order in the
 * file is fixed (8-byte types first, else as given), so the same content is the same bytes.
 * metadata may be NULL with n_metadata 0. The tensors are borrowed; their values are not looked at.
 *
 * Errors: FA_E_ARGUMENT for an empty, over-long or doubled name, text that is not UTF-8;
 * FA_E_SHAPE for a rank over 4 or a size that overflows; FA_E_IO; FA_E_NOMEM. */
fa_status fa__safetensors_write(const char *path, const fa__tensor *tensors, size_t count,
                                const char *const (*metadata)[2], size_t n_metadata);

/* The same bytes in memory; free with fa__free. */
fa_status fa__safetensors_to_buffer(unsigned char **bytes, size_t *size, const fa__tensor *tensors,
                                    size_t count, const char *const (*metadata)[2],
                                    size_t n_metadata);

/* A file read back; it owns the bytes that its tensors point into. */
typedef struct fa__safetensors fa__safetensors;

/* Reads and validates a whole file: after FA_OK every tensor has a known dtype, a shape that fits
 * its bytes, and data of its own, aligned to its element. Values may be non-finite: that is for the
 * caller to judge. Errors: FA_E_FORMAT naming file and place; FA_E_IO; FA_E_NOMEM. */
fa_status fa__safetensors_read(fa__safetensors **out, const char *path);

/* The same from memory that fa__alloc gave. On success *out owns `bytes`; on failure the caller
 * still does. `where` names the source in messages. */
fa_status fa__safetensors_parse(fa__safetensors **out, unsigned char *bytes, size_t size,
                                const char *where);

/* Tensors in the order of the header; NULL if there is none of that name or index. They live as
 * long as the file. */
size_t fa__safetensors_count(const fa__safetensors *file);
const fa__tensor *fa__safetensors_at(const fa__safetensors *file, size_t index);
const fa__tensor *fa__safetensors_find(const fa__safetensors *file, const char *name);

/* The metadata text of a key; NULL if it is not there. Lives as long as the file. */
const char *fa__safetensors_metadata(const fa__safetensors *file, const char *key);

void fa__safetensors_free(fa__safetensors *file); /* NULL ok */

#endif
