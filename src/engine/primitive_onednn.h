/* oneDNN's primitives for image operations, described: both versions, 2.6 (Debian 12) and 3.x.
 *
 * Words of oneDNN: src and dst are what goes in and comes out, a description says shape and
 * layout.
 */
#ifndef FA_ENGINE_PRIMITIVE_ONEDNN_H
#define FA_ENGINE_PRIMITIVE_ONEDNN_H

#include "engine/engine.h"

#include <dnnl.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t fa__description;     /* owned */
typedef const_dnnl_memory_desc_t fa__described; /* borrowed */
#define FA__BORROWED(d) (d)
#else
typedef dnnl_memory_desc_t fa__description;
typedef const dnnl_memory_desc_t *fa__described;
#define FA__BORROWED(d) (&(d))
#endif

typedef enum fa__work {
    FA__CONV_FORWARD = 1,
    FA__CONV_BACKWARD_X,
    FA__CONV_BACKWARD_W,
    FA__POOL_FORWARD,
    FA__POOL_BACKWARD
} fa__work;

/* What a kernel is made for; all bytes set, so that memcmp compares. */
typedef struct fa__work_key {
    fa__work work;
    size_t samples, height, width, in, out, window, stride;
    size_t relu, plain_in, plain_out, bfloat16;
} fa__work_key;

dnnl_status_t fa__onednn_describe(fa__description *d, int rank, const dnnl_dims_t dims,
                                  dnnl_data_type_t type, dnnl_format_tag_t tag);
dnnl_status_t fa__onednn_describe_images(fa__description *d, size_t samples, size_t channels,
                                         size_t height, size_t width, dnnl_data_type_t type,
                                         dnnl_format_tag_t tag);
void fa__onednn_forget(fa__description *d);

/* Blocks of channels as wide as the registers: what oneDNN's convolutions like best. */
dnnl_format_tag_t fa__onednn_tag(void);

/* Pixels of a side of the images above. */
size_t fa__onednn_side(const fa__work_key *k, size_t side);

/* The primitive of a key. */
dnnl_status_t fa__onednn_make(dnnl_primitive_desc_t *out, const fa__work_key *k,
                              dnnl_engine_t engine);

#endif
