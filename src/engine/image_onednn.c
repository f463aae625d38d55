/* The image operations by oneDNN: 2.6 (Debian 12) and 3.x.
 * Each call works on the calling thread alone. A primitive is made once for each shape and kept, as
 * making one takes longer than running it on a small shard; it may run on several threads at once.
 *
 * Words of oneDNN: src and dst are what goes in and comes out, a description says shape and
 * layout.
 */
#include "engine/primitive_onednn.h"

#include <pthread.h>
#include <string.h>

/* ==== Kernels: one primitive, its operands, and the reorders between the caller's layout and its
 * own ==== */

typedef struct operand {
    int argument; /* DNNL_ARG_... */
    bool written;
    fa__description outer;    /* the caller's */
    fa__described inner;      /* the primitive's; lives as its description; NULL: the outer one */
    dnnl_primitive_t reorder; /* NULL: the two are the same */
} operand;

enum { OPERANDS = 4, ALIGNMENT = 64, SLOTS = 256 };

typedef struct kernel {
    fa__work_key key;
    dnnl_primitive_desc_t made; /* a description of the primitive */
    dnnl_primitive_t primitive;
    size_t n;
    operand operands[OPERANDS];
    size_t workspace;  /* bytes that the primitive keeps from forward to backward */
    size_t scratchpad; /* bytes that the primitive uses while it runs */
    size_t scratch;    /* bytes in all, the reordered operands with it */
} kernel;

static bool same(fa__described a, fa__described b) {
    return dnnl_memory_desc_equal(a, b) != 0;
}

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void kernel_free(kernel *k) {
    for (size_t i = 0; i < OPERANDS; i++) {
        if (k->operands[i].reorder != NULL) dnnl_primitive_destroy(k->operands[i].reorder);
        fa__onednn_forget(&k->operands[i].outer);
    }
    if (k->primitive != NULL) dnnl_primitive_destroy(k->primitive);
    if (k->made != NULL) dnnl_primitive_desc_destroy(k->made);
    memset(k, 0, sizeof *k);
}

static size_t block(size_t channels) {
    (void)channels;
    return fa__onednn_tag() == dnnl_nChw16c ? 16 : 8;
}

/* ==== Operands ==== */

static dnnl_status_t make_reorder(dnnl_primitive_t *out, dnnl_engine_t engine, fa__described from,
                                  fa__described to) {
    dnnl_primitive_desc_t made;
    dnnl_status_t status =
        dnnl_reorder_primitive_desc_create(&made, from, engine, to, engine, NULL);
    if (status != dnnl_success) return status;
    status = dnnl_primitive_create(out, made);
    dnnl_primitive_desc_destroy(made);
    return status;
}

/* The next operand of a kernel; o->outer is set. A bias has one layout only. */
static dnnl_status_t add_operand(kernel *k, dnnl_engine_t engine, int argument, bool written) {
    operand *o = &k->operands[k->n++];
    bool bias = argument == DNNL_ARG_BIAS || argument == DNNL_ARG_DIFF_BIAS;
    o->argument = argument;
    o->written = written;
    fa__described outer = FA__BORROWED(o->outer);
    if (bias) return dnnl_success;
    o->inner = dnnl_primitive_desc_query_md(k->made, dnnl_query_exec_arg_md, argument);
    if (same(outer, o->inner)) return dnnl_success;
    k->scratch += aligned(dnnl_memory_desc_get_size(o->inner));
    return written ? make_reorder(&o->reorder, engine, o->inner, outer)
                   : make_reorder(&o->reorder, engine, outer, o->inner);
}

static dnnl_status_t add_images(kernel *k, dnnl_engine_t engine, int argument, bool written,
                                bool out) {
    const fa__work_key *c = &k->key;
    size_t channels = out && c->work < FA__POOL_FORWARD ? c->out : c->in;
    size_t height = out ? fa__onednn_side(c, c->height) : c->height;
    size_t width = out ? fa__onednn_side(c, c->width) : c->width;
    dnnl_format_tag_t tag = (out ? c->plain_out : c->plain_in) ? dnnl_nhwc : fa__onednn_tag();
    dnnl_status_t status = fa__onednn_describe_images(&k->operands[k->n].outer, c->samples,
                                                      channels, height, width, dnnl_f32, tag);
    return status == dnnl_success ? add_operand(k, engine, argument, written) : status;
}

static dnnl_status_t add_weights(kernel *k, dnnl_engine_t engine, int argument, bool written) {
    const fa__work_key *c = &k->key;
    const dnnl_dims_t weights = {(dnnl_dim_t)c->out, (dnnl_dim_t)c->in, (dnnl_dim_t)c->window,
                                 (dnnl_dim_t)c->window};
    bool bias = argument == DNNL_ARG_BIAS || argument == DNNL_ARG_DIFF_BIAS;
    dnnl_status_t status = fa__onednn_describe(&k->operands[k->n].outer, bias ? 1 : 4, weights,
                                               dnnl_f32, bias ? dnnl_x : dnnl_oihw);
    return status == dnnl_success ? add_operand(k, engine, argument, written) : status;
}

/* In the order in which run() takes the pointers. */
static dnnl_status_t add_operands(kernel *k, dnnl_engine_t engine) {
    dnnl_status_t status = dnnl_success;
#define ADD(call)                                                                                  \
    if (status == dnnl_success) status = (call)
    switch (k->key.work) {
    case FA__CONV_FORWARD:
        ADD(add_images(k, engine, DNNL_ARG_DST, true, true));
        ADD(add_images(k, engine, DNNL_ARG_SRC, false, false));
        ADD(add_weights(k, engine, DNNL_ARG_WEIGHTS, false));
        ADD(add_weights(k, engine, DNNL_ARG_BIAS, false));
        break;
    case FA__CONV_BACKWARD_X:
        ADD(add_images(k, engine, DNNL_ARG_DIFF_SRC, true, false));
        ADD(add_images(k, engine, DNNL_ARG_DIFF_DST, false, true));
        ADD(add_weights(k, engine, DNNL_ARG_WEIGHTS, false));
        break;
    case FA__CONV_BACKWARD_W:
        ADD(add_weights(k, engine, DNNL_ARG_DIFF_WEIGHTS, true));
        ADD(add_weights(k, engine, DNNL_ARG_DIFF_BIAS, true));
        ADD(add_images(k, engine, DNNL_ARG_DIFF_DST, false, true));
        ADD(add_images(k, engine, DNNL_ARG_SRC, false, false));
        break;
    case FA__POOL_FORWARD:
        ADD(add_images(k, engine, DNNL_ARG_DST, true, true));
        ADD(add_images(k, engine, DNNL_ARG_SRC, false, false));
        break;
    case FA__POOL_BACKWARD:
        ADD(add_images(k, engine, DNNL_ARG_DIFF_SRC, true, false));
        ADD(add_images(k, engine, DNNL_ARG_DIFF_DST, false, true));
        break;
    }
#undef ADD
    return status;
}

static size_t size_of(const kernel *k, dnnl_query_t query) {
    fa__described d = dnnl_primitive_desc_query_md(k->made, query, 0);
    return d != NULL ? dnnl_memory_desc_get_size(d) : 0;
}

/* A kernel for its key. On failure it is empty. */
static dnnl_status_t kernel_make(kernel *k, const fa__work_key *wanted, dnnl_engine_t engine) {
    memset(k, 0, sizeof *k);
    k->key = *wanted;
    dnnl_status_t status = fa__onednn_make(&k->made, wanted, engine);
    if (status == dnnl_success) status = dnnl_primitive_create(&k->primitive, k->made);
    if (status == dnnl_success) status = add_operands(k, engine);
    if (status != dnnl_success) {
        kernel_free(k);
        return status;
    }
    k->scratchpad = size_of(k, dnnl_query_scratchpad_md);
    k->scratch += aligned(k->scratchpad);
    if (wanted->work >= FA__POOL_FORWARD) k->workspace = size_of(k, dnnl_query_workspace_md);
    return dnnl_success;
}

/* ==== Kernels that are kept ==== */

typedef struct slot {
    kernel kernel;
    enum { EMPTY, BEING_MADE, READY } state;
    size_t users;
    unsigned long long used; /* when last, counted in uses */
} slot;

/* Kept for the process, as oneDNN keeps its own: none of it shows in a result. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    slot slots[SLOTS];
    size_t being_made;
    unsigned long long uses;
    dnnl_engine_t engine;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* A fork waits until no kernel is being made, here or by oneDNN, whose own store of kernels would
 * have a child wait for ever for the thread that makes it. */
static void before_fork(void) {
    pthread_mutex_lock(&kept.lock);
    while (kept.being_made > 0) pthread_cond_wait(&kept.changed, &kept.lock);
}

static void after_fork(void) {
    pthread_mutex_unlock(&kept.lock);
}

/* The threads that used kernels are not in the child. */
static void in_child(void) {
    for (size_t i = 0; i < SLOTS; i++) kept.slots[i].users = 0;
    kept.changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pthread_mutex_unlock(&kept.lock);
}

__attribute__((constructor)) static void watch_forks(void) {
    (void)pthread_atfork(before_fork, after_fork, in_child);
}

static fa_status failed(dnnl_status_t status, const fa__work_key *c) {
    if (status == dnnl_out_of_memory)
        return fa__fail(FA_E_NOMEM, "no memory for an image layer in oneDNN");
    return fa__fail(FA_E_UNAVAILABLE,
                    "oneDNN %s refused %s of %zu images of %zu x %zu pixels, %zu channels (status "
                    "%d); network.engine = ref does it, slowly",
                    fa__onednn_version(),
                    c->work >= FA__POOL_FORWARD ? "the pooling" : "a convolution", c->samples,
                    c->height, c->width, c->in, (int)status);
}

/* The slot of a key; else the one to make it in, the longest unused; NULL: all are in use. */
static slot *find_slot(const fa__work_key *wanted) {
    slot *oldest = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        slot *s = &kept.slots[i];
        if (s->state != EMPTY && memcmp(&s->kernel.key, wanted, sizeof *wanted) == 0) return s;
        if (s->users == 0 && (oldest == NULL || s->used < oldest->used)) oldest = s;
    }
    return oldest;
}

/* Makes a kernel in a slot that is this thread's; called and left with the lock. */
static fa_status fill_slot(slot *s, const fa__work_key *wanted) {
    dnnl_status_t status = dnnl_success;
    if (s->state == READY) kernel_free(&s->kernel);
    s->state = BEING_MADE;
    s->kernel.key = *wanted;
    kept.being_made++;
    if (kept.engine == NULL) status = dnnl_engine_create(&kept.engine, dnnl_cpu, 0);
    pthread_mutex_unlock(&kept.lock);
    kernel made;
    memset(&made, 0, sizeof made);
    if (status == dnnl_success) status = kernel_make(&made, wanted, kept.engine);
    pthread_mutex_lock(&kept.lock);
    kept.being_made--;
    s->kernel = made;
    s->state = status == dnnl_success ? READY : EMPTY;
    pthread_cond_broadcast(&kept.changed);
    return status == dnnl_success ? FA_OK : failed(status, wanted);
}

static fa_status borrow(slot **out, const fa__work_key *wanted) {
    fa_status status = FA_OK;
    pthread_mutex_lock(&kept.lock);
    slot *s = find_slot(wanted);
    while (s == NULL || s->state == BEING_MADE) { /* by another thread */
        pthread_cond_wait(&kept.changed, &kept.lock);
        s = find_slot(wanted);
    }
    s->users++;
    s->used = ++kept.uses;
    if (s->state == EMPTY || memcmp(&s->kernel.key, wanted, sizeof *wanted) != 0)
        status = fill_slot(s, wanted);
    if (status != FA_OK) s->users--;
    pthread_mutex_unlock(&kept.lock);
    if (status == FA_OK) *out = s;
    return status;
}

static void give_back(slot *s) {
    pthread_mutex_lock(&kept.lock);
    s->users--;
    pthread_cond_broadcast(&kept.changed);
    pthread_mutex_unlock(&kept.lock);
}

/* ==== Running ==== */

typedef struct running {
    dnnl_stream_t stream;
    dnnl_exec_arg_t arguments[OPERANDS + 2]; /* the operands as the primitive has them */
    dnnl_memory_t outer[OPERANDS];
    int n;
} running;

static dnnl_status_t add_argument(running *r, int argument, fa__described d, void *memory) {
    dnnl_exec_arg_t *a = &r->arguments[r->n];
    dnnl_status_t status = dnnl_memory_create(&a->memory, d, kept.engine, memory);
    if (status != dnnl_success) return status;
    a->arg = argument;
    r->n++;
    return dnnl_success;
}

static dnnl_status_t reorder(const running *r, const operand *o, dnnl_memory_t from,
                             dnnl_memory_t to) {
    const dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return dnnl_primitive_execute(o->reorder, r->stream, 2, arguments);
}

static dnnl_status_t execute(running *r, const kernel *k, void *const *pointers, void *workspace,
                             float *scratch) {
    char *at = (char *)scratch;
    dnnl_status_t status = dnnl_stream_create(&r->stream, kept.engine, dnnl_stream_default_flags);
    for (size_t i = 0; status == dnnl_success && i < k->n; i++) {
        const operand *o = &k->operands[i];
        void *memory = pointers[i];
        if (o->reorder != NULL) {
            memory = at;
            at += aligned(dnnl_memory_desc_get_size(o->inner));
        }
        status = add_argument(r, o->argument, o->inner != NULL ? o->inner : FA__BORROWED(o->outer),
                              memory);
        if (o->reorder == NULL || status != dnnl_success) continue;
        status = dnnl_memory_create(&r->outer[i], FA__BORROWED(o->outer), kept.engine, pointers[i]);
        if (status == dnnl_success && !o->written)
            status = reorder(r, o, r->outer[i], r->arguments[i].memory);
    }
    if (status == dnnl_success && k->scratchpad > 0)
        status =
            add_argument(r, DNNL_ARG_SCRATCHPAD,
                         dnnl_primitive_desc_query_md(k->made, dnnl_query_scratchpad_md, 0), at);
    if (status == dnnl_success && k->workspace > 0)
        status = add_argument(r, DNNL_ARG_WORKSPACE,
                              dnnl_primitive_desc_query_md(k->made, dnnl_query_workspace_md, 0),
                              workspace);
    if (status == dnnl_success)
        status = dnnl_primitive_execute(k->primitive, r->stream, r->n, r->arguments);
    for (size_t i = 0; status == dnnl_success && i < k->n; i++)
        if (k->operands[i].written && k->operands[i].reorder != NULL)
            status = reorder(r, &k->operands[i], r->arguments[i].memory, r->outer[i]);
    return status;
}

/* Runs the kernel of a key on its operands (in the order of add_operands). */
static fa_status run(const fa__work_key *wanted, void *const *pointers, void *workspace,
                     float *scratch) {
    slot *s;
    running r;
    memset(&r, 0, sizeof r);
    int before = fa__onednn_alone();
    fa_status status = borrow(&s, wanted);
    if (status == FA_OK) {
        dnnl_status_t done = execute(&r, &s->kernel, pointers, workspace, scratch);
        if (done != dnnl_success) status = failed(done, wanted);
        for (int i = 0; i < r.n; i++) dnnl_memory_destroy(r.arguments[i].memory);
        for (size_t i = 0; i < OPERANDS; i++)
            if (r.outer[i] != NULL) dnnl_memory_destroy(r.outer[i]);
        if (r.stream != NULL) dnnl_stream_destroy(r.stream);
        give_back(s);
    }
    fa__onednn_restore(before);
    return status;
}

/* Floats of scratch of a kernel, and of workspace where asked for; 0 if it cannot be: running it
 * will say why. */
static size_t sizes(const fa__work_key *wanted, size_t *workspace) {
    slot *s;
    size_t scratch = 0;
    if (workspace != NULL) *workspace = 0;
    int before = fa__onednn_alone();
    if (borrow(&s, wanted) == FA_OK) {
        scratch = s->kernel.scratch / sizeof(float);
        if (workspace != NULL) *workspace = aligned(s->kernel.workspace) / sizeof(float);
        give_back(s);
    }
    fa__onednn_restore(before);
    return scratch;
}

/* ==== The table ==== */

static fa__work_key conv_key(fa__work which, const fa__conv *c) {
    fa__work_key k;
    memset(&k, 0, sizeof k);
    k.work = which;
    k.samples = c->samples;
    k.height = c->height;
    k.width = c->width;
    k.in = c->in;
    k.out = c->out;
    k.window = c->kernel;
    k.stride = c->stride;
    /* The gradient of the weights is a sum over all pixels: Winograd's way in float32 does it as
     * fast. */
    k.bfloat16 = c->bfloat16 && which != FA__CONV_BACKWARD_W;
    k.relu = c->relu;
    k.plain_in = c->plain_in;
    k.plain_out = c->plain_out;
    return k;
}

static size_t conv_scratch(const fa__conv *c) {
    size_t most = 0;
    for (fa__work w = FA__CONV_FORWARD; w <= FA__CONV_BACKWARD_W; w++) {
        fa__work_key k = conv_key(w, c);
        size_t floats = sizes(&k, NULL);
        if (floats > most) most = floats;
    }
    return most;
}

static fa_status conv_forward(float *y, const float *x, const float *w, const float *b,
                              const fa__conv *c, float *scratch) {
    const fa__work_key k = conv_key(FA__CONV_FORWARD, c);
    void *const pointers[] = {y, (void *)(uintptr_t)x, (void *)(uintptr_t)w, (void *)(uintptr_t)b};
    return run(&k, pointers, NULL, scratch);
}

static fa_status conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                               const float *y, const float *w, const fa__conv *c, float *scratch) {
    size_t pixels = c->samples * fa__conv_side(c, c->height) * fa__conv_side(c, c->width);
    size_t floats = pixels * (c->plain_out ? c->out : fa__blocked(c->out, block(c->out)));
    const fa__work_key of_w = conv_key(FA__CONV_BACKWARD_W, c),
                       of_x = conv_key(FA__CONV_BACKWARD_X, c);
    void *const for_w[] = {d_w, d_b, d_y, (void *)(uintptr_t)x};
    void *const for_x[] = {d_x, d_y, (void *)(uintptr_t)w};
    for (size_t i = 0; c->relu && i < floats; i++) d_y[i] = y[i] > 0 ? d_y[i] : 0;
    FA_TRY(run(&of_w, for_w, NULL, scratch));
    return d_x != NULL ? run(&of_x, for_x, NULL, scratch) : FA_OK;
}

static fa__work_key pool_key(fa__work which, const fa__pool *p) {
    fa__work_key k;
    memset(&k, 0, sizeof k);
    k.work = which;
    k.samples = p->samples;
    k.height = p->height;
    k.width = p->width;
    k.in = p->channels;
    k.window = p->size;
    k.plain_in = p->plain_in;
    k.plain_out = p->plain_out;
    return k;
}

static size_t pool_workspace(const fa__pool *p) {
    const fa__work_key k = pool_key(FA__POOL_FORWARD, p);
    size_t workspace;
    sizes(&k, &workspace);
    return workspace;
}

static size_t pool_scratch(const fa__pool *p) {
    const fa__work_key forward = pool_key(FA__POOL_FORWARD, p),
                       backward = pool_key(FA__POOL_BACKWARD, p);
    size_t a = sizes(&forward, NULL), b = sizes(&backward, NULL);
    return a > b ? a : b;
}

static fa_status pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                              float *scratch) {
    const fa__work_key k = pool_key(FA__POOL_FORWARD, p);
    void *const pointers[] = {y, (void *)(uintptr_t)x};
    return run(&k, pointers, workspace, scratch);
}

static fa_status pool_backward(float *d_x, const float *d_y, const float *workspace,
                               const fa__pool *p, float *scratch) {
    const fa__work_key k = pool_key(FA__POOL_BACKWARD, p);
    void *const pointers[] = {d_x, (void *)(uintptr_t)d_y};
    return run(&k, pointers, (void *)(uintptr_t)workspace, scratch);
}

#define OPERATIONS                                                                                 \
    .block = block, .conv_scratch = conv_scratch, .conv_forward = conv_forward,                    \
    .conv_backward = conv_backward, .pool_workspace = pool_workspace,                              \
    .pool_scratch = pool_scratch, .pool_forward = pool_forward, .pool_backward = pool_backward

const fa__image_ops fa__onednn_images = {.name = "onednn", OPERATIONS};
const fa__image_ops fa__onednn_bfloat16_images = {.name = "onednn", .bfloat16 = true, OPERATIONS};
