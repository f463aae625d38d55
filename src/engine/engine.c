/* Engines by name, and what was left out of this build. */
#include "engine/engine.h"

#include "base/eigen.h"

#include <string.h>
#include <zlib.h>
#ifdef FA_HAVE_CSV
#include <csv.h>
#endif
#ifdef FA_HAVE_JPEG
#include <stdio.h> /* jpeglib.h takes it for granted */

#include <jpeglib.h>
#endif
#ifdef FA_HAVE_PNG
#include <png.h>
#endif
#ifdef FA_HAVE_UTF8PROC
#include <utf8proc.h>
#endif

const fa__engine *fa__engine_at(size_t index) {
    static const fa__engine *(*const engines[])(void) = {
        fa__engine_native, /* the default */
        fa__engine_ref,
#ifdef FA_HAVE_ONEDNN
        fa__engine_onednn,
#endif
    };
    return index < sizeof engines / sizeof engines[0] ? engines[index]() : NULL;
}

size_t fa__own_floats(size_t height, size_t width, size_t channels) {
    return height * width * ((channels + FA__CHANNEL_BLOCK - 1) / FA__CHANNEL_BLOCK) *
           FA__CHANNEL_BLOCK;
}

static fa_status no_images(void) {
    return fa__fail(FA_E_UNAVAILABLE,
                    "layers for images need oneDNN, which is not built in: install libdnnl-dev and "
                    "build again; network.engine = ref trains a few small images without it");
}

fa_status fa__engine_takes_images(const fa__engine *engine) {
    return engine->images->name != NULL ? FA_OK : no_images();
}

#ifndef FA_HAVE_ONEDNN

static size_t no_conv_size(const fa__conv *c) {
    (void)c;
    return 0;
}

static fa_status no_conv_forward(float *y, const float *x, const float *w, const float *b,
                                 const fa__conv *c, float *scratch) {
    (void)y, (void)x, (void)w, (void)b, (void)c, (void)scratch;
    return no_images();
}

static fa_status no_conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                                  const float *y, const float *w, const fa__conv *c,
                                  float *scratch) {
    (void)d_x, (void)d_w, (void)d_b, (void)d_y, (void)x, (void)y, (void)w, (void)c, (void)scratch;
    return no_images();
}

static size_t no_pool_size(const fa__pool *p) {
    (void)p;
    return 0;
}

static fa_status no_pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                                 float *scratch) {
    (void)y, (void)workspace, (void)x, (void)p, (void)scratch;
    return no_images();
}

static fa_status no_pool_backward(float *d_x, const float *d_y, const float *workspace,
                                  const fa__pool *p, float *scratch) {
    (void)d_x, (void)d_y, (void)workspace, (void)p, (void)scratch;
    return no_images();
}

const fa__image_ops fa__onednn_images = {
    NULL,         no_conv_size, no_conv_forward, no_conv_backward,
    no_pool_size, no_pool_size, no_pool_forward, no_pool_backward};
#endif

fa_status fa__engine_find(const fa__engine **out, const char *name) {
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        if (strcmp(name, engine->name) != 0 && !(i == 0 && strcmp(name, "auto") == 0)) continue;
        *out = engine;
        return FA_OK;
    }
    if (strcmp(name, "onednn") == 0)
        return fa__fail(FA_E_UNAVAILABLE,
                        "engine onednn is not built in: install libdnnl-dev and build again, "
                        "or use engine = native");
    return fa__fail(FA_E_ARGUMENT, "no engine is named '%s' (auto, native, ref, onednn)", name);
}

#define FA_TEXT_(x) #x
#define FA_TEXT(x)  FA_TEXT_(x)

const fa_capability *fa_capabilities(size_t *count) {
    static fa_capability table[] = {
        {"onednn", "engine onednn, convolutions", "libdnnl-dev", NULL},
        {"zlib", "gzip files", "zlib1g-dev", ZLIB_VERSION},
        {"libcsv", "tables of text (CSV)", "libcsv-dev", NULL},
        {"utf8proc", "words of texts", "libutf8proc-dev", NULL},
        {"lapack", "principal components (OpenBLAS), transform whiten",
         "liblapacke-dev libopenblas-dev", NULL},
        {"libjpeg", "folders of JPEG images", "libjpeg-dev", NULL},
        {"libpng", "folders of PNG images", "libpng-dev", NULL},
        {"mpi", "ranks: one training on several processes", "libopenmpi-dev openmpi-bin", NULL},
    };
#ifdef FA_HAVE_ONEDNN
    table[0].version = fa__onednn_version();
#endif
#ifdef FA_HAVE_CSV
    table[2].version = FA_TEXT(CSV_MAJOR) "." FA_TEXT(CSV_MINOR) "." FA_TEXT(CSV_RELEASE);
#endif
#ifdef FA_HAVE_UTF8PROC
    table[3].version = utf8proc_version();
#endif
    table[4].version = fa__eigen_version();
#ifdef LIBJPEG_TURBO_VERSION
    table[5].version = FA_TEXT(LIBJPEG_TURBO_VERSION);
#elif defined FA_HAVE_JPEG
    table[5].version = FA_TEXT(JPEG_LIB_VERSION);
#endif
#ifdef FA_HAVE_PNG
    table[6].version = PNG_LIBPNG_VER_STRING;
#endif
#ifdef FA_HAVE_MPI
    table[7].version = FA_HAVE_MPI; /* of the standard */
#endif
    *count = sizeof table / sizeof table[0];
    return table;
}
