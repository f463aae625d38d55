/* Images embedded together with their mirror images. */
#include "base/memory.h"
#include "model/model.h"

enum { AT_ONCE = 512 }; /* images whose mirror images are held */

/* count images of a data set from the first on, left and right changed; pixels has room for them. */
static fa_status mirror(fa_dataset **out, unsigned char *pixels, const fa_dataset *images,
                        size_t first, size_t count) {
    size_t height = images->values.height, width = images->values.width,
           channels = images->values.channels;
    unsigned char *to = pixels;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *row = fa__dataset_pixels(images, first + i);
        for (size_t y = 0; y < height; y++, row += width * channels)
            for (size_t x = width; x-- > 0;)
                for (size_t c = 0; c < channels; c++) *to++ = row[x * channels + c];
    }
    return fa_dataset_from_images(out, pixels, count, height, width, channels);
}

/* The units of a layer that can be averaged with those of a mirror image. */
static fa_status check_mirrored(size_t *units, const fa_model *model, size_t layer,
                                const fa_dataset *images) {
    char makes[FA__SHAPE_TEXT];
    size_t at;
    if (images->kind != FA_KIND_IMAGES)
        return fa__fail(FA_E_SHAPE, "mirror images are of images, and the data hold none");
    FA_TRY(fa__layer_by_number(&at, model->network, layer));
    if (at == FA_LAYER_INPUT)
        return fa__fail(FA_E_ARGUMENT, "an image has no mean with its mirror image; a layer that "
                                       "makes one vector works, such as 0, the target layer");
    const fa__shape *out = &model->network->layers[at].out;
    *units = out->features;
    if (out->form != FA__IMAGE) return FA_OK;
    return fa__fail(FA_E_ARGUMENT,
                    "layer %zu makes %s, which has no mean with its mirror image; a layer that "
                    "makes one vector works, such as 0, the target layer",
                    layer, fa__shape_text(makes, out));
}

static fa_status embed_both(float *rows, const fa_model *model, size_t layer,
                            const fa_dataset *images, fa_progress_fn progress, void *user) {
    fa_status status = FA_OK;
    unsigned char *pixels = NULL;
    float *other = NULL;
    size_t d = 0, n = images->n, count = n < AT_ONCE ? n : AT_ONCE;
    FA_TRY(check_mirrored(&d, model, layer, images));
    FA_CHECK(FA_NEW(pixels, count * images->features));
    FA_CHECK(FA_NEW(other, count * d));
    FA_CHECK(fa_model_embed_layer(rows, model, layer, images, progress, user));
    for (size_t first = 0; first < n; first += count) {
        fa_dataset *block;
        if (n - first < count) count = n - first;
        FA_CHECK(mirror(&block, pixels, images, first, count));
        status = fa_model_embed_layer(other, model, layer, block, NULL, NULL);
        fa_dataset_free(block);
        if (status != FA_OK) goto done;
        for (size_t i = 0; i < count * d; i++)
            rows[first * d + i] = (rows[first * d + i] + other[i]) / 2;
    }
done:
    fa__free(pixels);
    fa__free(other);
    return status;
}

fa_status fa_model_embed_mirrored(float *rows, const fa_model *model, size_t layer,
                                  const fa_dataset *images, fa_progress_fn progress, void *user) {
    const fa__comm *comm = fa__comm_world();
    fa__comm_hold(comm, true);
    fa_status status = embed_both(rows, model, layer, images, progress, user);
    fa__comm_hold(comm, false);
    return fa__comm_close(comm, status);
}
