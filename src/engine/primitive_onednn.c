/* What each primitive is described by. */
#include "engine/primitive_onednn.h"

#include <string.h>

dnnl_status_t fa__onednn_describe(fa__description *d, int rank, const dnnl_dims_t dims,
                                  dnnl_data_type_t type, dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag(d, rank, dims, type, tag);
#else
    return dnnl_memory_desc_init_by_tag(d, rank, dims, type, tag);
#endif
}

void fa__onednn_forget(fa__description *d) {
#if DNNL_VERSION_MAJOR >= 3
    if (*d != NULL) dnnl_memory_desc_destroy(*d);
#endif
    memset(d, 0, sizeof *d);
}

/* ReLU after the operation, if wanted, and a scratchpad that the caller brings. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *out, bool relu) {
    dnnl_post_ops_t after = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(out);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (status != dnnl_success || !relu) return status;
    status = dnnl_post_ops_create(&after);
#if DNNL_VERSION_MAJOR >= 3
    if (status == dnnl_success)
        status = dnnl_post_ops_append_eltwise(after, dnnl_eltwise_relu, 0.0f, 0.0f);
#else
    if (status == dnnl_success)
        status = dnnl_post_ops_append_eltwise(after, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
#endif
    if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*out, after);
    if (after != NULL) dnnl_post_ops_destroy(after);
    return status;
}

dnnl_format_tag_t fa__onednn_tag(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? dnnl_nChw16c : dnnl_nChw8c;
}

dnnl_status_t fa__onednn_describe_images(fa__description *d, size_t samples, size_t channels,
                                         size_t height, size_t width, dnnl_data_type_t type,
                                         dnnl_format_tag_t tag) {
    const dnnl_dims_t dims = {(dnnl_dim_t)samples, (dnnl_dim_t)channels, (dnnl_dim_t)height,
                              (dnnl_dim_t)width};
    return fa__onednn_describe(d, 4, dims, type, tag);
}

size_t fa__onednn_side(const fa__work_key *k, size_t side) {
    return k->work >= FA__POOL_FORWARD ? side / k->window : (side - 1) / k->stride + 1;
}

/* ==== Convolution primitives ==== */

/* What a convolution is described by: src, weights, bias and dst. */
typedef struct conv_parts {
    fa__description src, weights, bias, dst;
    dnnl_dims_t strides, dilates, padding;
} conv_parts;

static void forget_parts(conv_parts *p) {
    fa__onednn_forget(&p->src);
    fa__onednn_forget(&p->weights);
    fa__onednn_forget(&p->bias);
    fa__onednn_forget(&p->dst);
}

/* As the primitive may have them: our own layout between layers; at a plain end and for the weights
 * whatever it likes. In bfloat16 what is multiplied is rounded to it; sums and results are
 * float32. */
static dnnl_status_t describe_parts(conv_parts *p, const fa__work_key *c, fa__work which) {
    const dnnl_dims_t weights = {(dnnl_dim_t)c->out, (dnnl_dim_t)c->in, (dnnl_dim_t)c->window,
                                 (dnnl_dim_t)c->window};
    const dnnl_dims_t bias = {(dnnl_dim_t)c->out};
    const dnnl_data_type_t factor = c->bfloat16 ? dnnl_bf16 : dnnl_f32;
    memset(p, 0, sizeof *p);
    for (int i = 0; i < 2; i++) {
        p->strides[i] = (dnnl_dim_t)c->stride;
        p->padding[i] = (dnnl_dim_t)(c->window / 2);
    }
    dnnl_status_t status =
        fa__onednn_describe_images(&p->src, c->samples, c->in, c->height, c->width,
                                   which == FA__CONV_BACKWARD_X ? dnnl_f32 : factor,
                                   c->plain_in ? dnnl_format_tag_any : fa__onednn_tag());
    if (status == dnnl_success)
        status = fa__onednn_describe(&p->weights, 4, weights,
                                     which == FA__CONV_BACKWARD_W ? dnnl_f32 : factor,
                                     dnnl_format_tag_any);
    if (status == dnnl_success) status = fa__onednn_describe(&p->bias, 1, bias, dnnl_f32, dnnl_x);
    if (status == dnnl_success)
        status = fa__onednn_describe_images(
            &p->dst, c->samples, c->out, fa__onednn_side(c, c->height),
            fa__onednn_side(c, c->width), which == FA__CONV_FORWARD ? dnnl_f32 : factor,
            c->plain_out ? dnnl_format_tag_any : fa__onednn_tag());
    return status;
}

static dnnl_status_t conv_desc(dnnl_primitive_desc_t *out, fa__work which,
                               dnnl_alg_kind_t algorithm, dnnl_engine_t engine, const conv_parts *p,
                               const_dnnl_primitive_attr_t attributes,
                               const_dnnl_primitive_desc_t forward) {
    fa__described src = FA__BORROWED(p->src), weights = FA__BORROWED(p->weights),
                  bias = FA__BORROWED(p->bias), dst = FA__BORROWED(p->dst);
#if DNNL_VERSION_MAJOR >= 3
    if (which == FA__CONV_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
            out, engine, dnnl_forward_training, algorithm, src, weights, bias, dst, p->strides,
            p->dilates, p->padding, p->padding, attributes);
    if (which == FA__CONV_BACKWARD_X)
        return dnnl_convolution_backward_data_primitive_desc_create(
            out, engine, algorithm, src, weights, dst, p->strides, p->dilates, p->padding,
            p->padding, forward, attributes);
    return dnnl_convolution_backward_weights_primitive_desc_create(
        out, engine, algorithm, src, weights, bias, dst, p->strides, p->dilates, p->padding,
        p->padding, forward, attributes);
#else
    dnnl_convolution_desc_t operation;
    dnnl_status_t status;
    if (which == FA__CONV_FORWARD)
        status = dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, algorithm,
                                                    src, weights, bias, dst, p->strides, p->padding,
                                                    p->padding);
    else if (which == FA__CONV_BACKWARD_X)
        status = dnnl_convolution_backward_data_desc_init(&operation, algorithm, src, weights, dst,
                                                          p->strides, p->padding, p->padding);
    else
        status = dnnl_convolution_backward_weights_desc_init(
            &operation, algorithm, src, weights, bias, dst, p->strides, p->padding, p->padding);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(out, &operation, attributes, engine, forward);
#endif
}

/* By this algorithm, if oneDNN has it for this shape on this processor. */
static dnnl_status_t conv_by(dnnl_primitive_desc_t *out, const fa__work_key *c,
                             dnnl_alg_kind_t algorithm, dnnl_engine_t engine) {
    conv_parts parts, before; /* before: of the forward that a backward goes with */
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t forward = NULL;
    memset(&before, 0, sizeof before);
    dnnl_status_t status = describe_parts(&parts, c, c->work);
    if (status == dnnl_success)
        status = make_attributes(&attributes, c->relu && c->work == FA__CONV_FORWARD);
    if (status == dnnl_success && c->work != FA__CONV_FORWARD)
        status = describe_parts(&before, c, FA__CONV_FORWARD);
    if (status == dnnl_success && c->work != FA__CONV_FORWARD)
        status =
            conv_desc(&forward, FA__CONV_FORWARD, algorithm, engine, &before, attributes, NULL);
    if (status == dnnl_success)
        status = conv_desc(out, c->work, algorithm, engine, &parts, attributes, forward);
    if (forward != NULL) dnnl_primitive_desc_destroy(forward);
    if (attributes != NULL) dnnl_primitive_attr_destroy(attributes);
    forget_parts(&parts);
    forget_parts(&before);
    return status;
}

/* Winograd's algorithm does a 3x3 convolution with less than half the multiplications; with few
 * channels its transformations cost more than that. */
static dnnl_status_t make_conv(dnnl_primitive_desc_t *out, const fa__work_key *c,
                               dnnl_engine_t engine) {
    if (c->window == 3 && c->stride == 1 && c->in >= 16 && c->out >= 16 && !c->bfloat16 &&
        conv_by(out, c, dnnl_convolution_winograd, engine) == dnnl_success)
        return dnnl_success;
    return conv_by(out, c, dnnl_convolution_direct, engine);
}

/* ==== Pooling primitives ==== */

static dnnl_status_t pool_desc(dnnl_primitive_desc_t *out, fa__work which, const fa__work_key *p,
                               dnnl_engine_t engine, fa__described src, fa__described dst,
                               const_dnnl_primitive_attr_t attributes,
                               const_dnnl_primitive_desc_t forward) {
    const dnnl_dims_t window = {(dnnl_dim_t)p->window, (dnnl_dim_t)p->window}, none = {0, 0};
#if DNNL_VERSION_MAJOR >= 3
    if (which == FA__POOL_FORWARD)
        return dnnl_pooling_forward_primitive_desc_create(out, engine, dnnl_forward_training,
                                                          dnnl_pooling_max, src, dst, window,
                                                          window, none, none, none, attributes);
    return dnnl_pooling_backward_primitive_desc_create(out, engine, dnnl_pooling_max, src, dst,
                                                       window, window, none, none, none, forward,
                                                       attributes);
#else
    dnnl_pooling_desc_t operation;
    dnnl_status_t status =
        which == FA__POOL_FORWARD
            ? dnnl_pooling_forward_desc_init(&operation, dnnl_forward_training, dnnl_pooling_max,
                                             src, dst, window, window, none, none)
            : dnnl_pooling_backward_desc_init(&operation, dnnl_pooling_max, src, dst, window,
                                              window, none, none);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(out, &operation, attributes, engine, forward);
#endif
}

/* In one layout within; a plain end is reordered where the other one is not plain. */
static dnnl_status_t make_pool(dnnl_primitive_desc_t *out, const fa__work_key *p,
                               dnnl_engine_t engine) {
    dnnl_format_tag_t tag = p->plain_in && p->plain_out ? dnnl_nhwc : fa__onednn_tag();
    fa__description src, dst;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t forward = NULL;
    memset(&src, 0, sizeof src);
    memset(&dst, 0, sizeof dst);
    dnnl_status_t status =
        fa__onednn_describe_images(&src, p->samples, p->in, p->height, p->width, dnnl_f32, tag);
    if (status == dnnl_success)
        status = fa__onednn_describe_images(&dst, p->samples, p->in, fa__onednn_side(p, p->height),
                                            fa__onednn_side(p, p->width), dnnl_f32, tag);
    if (status == dnnl_success) status = make_attributes(&attributes, false);
    if (status == dnnl_success && p->work == FA__POOL_BACKWARD)
        status = pool_desc(&forward, FA__POOL_FORWARD, p, engine, FA__BORROWED(src),
                           FA__BORROWED(dst), attributes, NULL);
    if (status == dnnl_success)
        status = pool_desc(out, p->work, p, engine, FA__BORROWED(src), FA__BORROWED(dst),
                           attributes, forward);
    if (forward != NULL) dnnl_primitive_desc_destroy(forward);
    if (attributes != NULL) dnnl_primitive_attr_destroy(attributes);
    fa__onednn_forget(&src);
    fa__onednn_forget(&dst);
    return status;
}

dnnl_status_t fa__onednn_make(dnnl_primitive_desc_t *out, const fa__work_key *k,
                              dnnl_engine_t engine) {
    return k->work >= FA__POOL_FORWARD ? make_pool(out, k, engine) : make_conv(out, k, engine);
}

/* Kinds of processors are sets of bits. */
bool fa__onednn_has_bfloat16(void) {
    unsigned needed = dnnl_cpu_isa_avx512_core_bf16;
    return ((unsigned)dnnl_get_effective_cpu_isa() & needed) == needed;
}
