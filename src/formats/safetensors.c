/* The safetensors format: written from tensors in memory, read back with nothing taken on trust.
 * JSON is jansson's; the rest of the format is 8 bytes of length and the data. */
#include "formats/safetensors.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/bytes.h"
#include "formats/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [FA__F32] = {"F32", 4}, [FA__F64] = {"F64", 8}, [FA__I64] = {"I64", 8}, [FA__I32] = {"I32", 4}};

enum {
    N_DTYPES = sizeof dtypes / sizeof *dtypes,
    LENGTH_SIZE = 8,
    TENSORS_MOST = 1 << 16
}; /* no model has as many; each takes memory */

static const char metadata_key[] = "__metadata__";

struct fa__safetensors {
    unsigned char *bytes; /* of the whole file, the data moved to its (aligned) start */
    json_t *header;
    fa__tensor *tensors;
    size_t count;
};

size_t fa__dtype_size(fa__dtype dtype) {
    return dtypes[dtype].size;
}

size_t fa__tensor_count(const fa__tensor *tensor) {
    size_t count = 1;
    for (size_t i = 0; i < tensor->rank; i++) count *= tensor->shape[i];
    return count;
}

/* Bytes of the data by dtype and shape; false where the product overflows. */
static bool data_size(size_t *size, const fa__tensor *tensor) {
    size_t product = dtypes[tensor->dtype].size;
    bool fits = true;
    for (size_t i = 0; i < tensor->rank; i++)
        if (__builtin_mul_overflow(product, tensor->shape[i], &product)) fits = false;
    for (size_t i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] == 0) fits = true, product = 0;
    *size = product;
    return fits;
}

/* ==== Writing ==== */

/* A JSON string, or why it cannot be one. */
static fa_status text_new(json_t **out, const char *text) {
    char quoted[FA__QUOTE_SIZE];
    *out = json_string(text);
    if (*out != NULL) return FA_OK;
    if (fa__utf8_check(text, strlen(text)) == strlen(text)) return fa__nomem(strlen(text), 1);
    return fa__fail(FA_E_ARGUMENT, "'%s' is not UTF-8 text, which safetensors wants",
                    fa__quote(quoted, text, strlen(text)));
}

/* object[key] = *value, which is taken over also on failure. */
static fa_status set_new(json_t *object, const char *key, json_t *value) {
    json_t *checked;
    fa_status status = text_new(&checked, key);
    if (status != FA_OK) {
        json_decref(value);
        return status;
    }
    json_decref(checked);
    return json_object_set_new(object, key, value) == 0 ? FA_OK : fa__nomem(strlen(key), 1);
}

static fa_status add_metadata(json_t *header, const char *const (*metadata)[2], size_t n) {
    if (n == 0) return FA_OK;
    json_t *object = json_object();
    fa_status status = FA_OK;
    for (size_t i = 0; i < n && status == FA_OK; i++) {
        json_t *value;
        if (json_object_get(object, metadata[i][0]) != NULL)
            status = fa__fail(FA_E_ARGUMENT, "metadata '%s' is given twice", metadata[i][0]);
        else if ((status = text_new(&value, metadata[i][1])) == FA_OK)
            status = set_new(object, metadata[i][0], value);
    }
    if (status == FA_OK) return set_new(header, metadata_key, object);
    json_decref(object);
    return status;
}

/* Checks a tensor and adds its entry, its data at *offset, which is moved behind it. */
static fa_status add_tensor(json_t *header, const fa__tensor *tensor, size_t *offset) {
    size_t size, end;
    if (memchr(tensor->name, '\0', sizeof tensor->name) == NULL || tensor->name[0] == '\0')
        return fa__fail(FA_E_ARGUMENT, "a tensor name must have 1 to %d bytes, got '%.63s'",
                        FA__TENSOR_NAME_SIZE - 1, tensor->name);
    if (json_object_get(header, tensor->name) != NULL || strcmp(tensor->name, metadata_key) == 0)
        return fa__fail(FA_E_ARGUMENT, "tensor '%s': the name is taken", tensor->name);
    if (tensor->rank > FA__TENSOR_RANK_MAX)
        return fa__fail(FA_E_SHAPE, "tensor '%s' has rank %zu; up to %d can be written",
                        tensor->name, tensor->rank, FA__TENSOR_RANK_MAX);
    if (!data_size(&size, tensor) || __builtin_add_overflow(*offset, size, &end) ||
        end > (size_t)INT64_MAX)
        return fa__fail(FA_E_SHAPE, "tensor '%s': its size in bytes overflows", tensor->name);
    if (size > 0 && tensor->data == NULL)
        return fa__fail(FA_E_ARGUMENT, "tensor '%s' has no data", tensor->name);
    json_t *shape = json_array();
    for (size_t i = 0; i < tensor->rank; i++)
        (void)json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtypes[tensor->dtype].name, "shape",
                              shape, "data_offsets", (json_int_t)*offset, (json_int_t)end);
    if (entry == NULL || json_array_size(json_object_get(entry, "shape")) != tensor->rank) {
        json_decref(entry);
        return fa__nomem(tensor->rank, sizeof *tensor->shape);
    }
    *offset = end;
    return set_new(header, tensor->name, entry);
}

/* The order of the tensors in the file: 8-byte types first, so that every element is aligned. */
static void file_order(size_t *order, const fa__tensor *tensors, size_t count) {
    size_t used = 0;
    for (size_t size = 8; size >= 4; size -= 4)
        for (size_t i = 0; i < count; i++)
            if (dtypes[tensors[i].dtype].size == size) order[used++] = i;
}

/* A file before it is one: its header, and in which order the tensors follow. */
typedef struct layout {
    char *header;
    size_t *order;
    size_t header_size, padded, data_size;
} layout;

static void close_layout(layout *l) {
    fa__free(l->header);
    fa__free(l->order);
}

static fa_status open_layout(layout *l, const fa__tensor *tensors, size_t count,
                             const char *const (*metadata)[2], size_t n_metadata) {
    fa_status status = FA_OK;
    json_t *header = json_object(); /* keeps the order of insertion */
    *l = (layout){0};
    if (header == NULL) FA_CHECK(fa__nomem(1, sizeof(json_t)));
    FA_CHECK(FA_NEW(l->order, count));
    FA_CHECK(add_metadata(header, metadata, n_metadata));
    file_order(l->order, tensors, count);
    for (size_t i = 0; i < count; i++)
        FA_CHECK(add_tensor(header, &tensors[l->order[i]], &l->data_size));
    FA_CHECK(fa__json_text(&l->header, header, JSON_COMPACT));
    l->header_size = strlen(l->header);
    l->padded = (l->header_size + 7) / 8 * 8;
done:
    json_decref(header);
    if (status != FA_OK) close_layout(l);
    return status;
}

fa_status fa__safetensors_write(const char *path, const fa__tensor *tensors, size_t count,
                                const char *const (*metadata)[2], size_t n_metadata) {
    layout l;
    fa__writer writer;
    FA_TRY(open_layout(&l, tensors, count, metadata, n_metadata));
    fa_status status = fa__writer_open(&writer, path);
    if (status == FA_OK) {
        uint64_t length = l.padded;
        fa__writer_put(&writer, &length, sizeof length);
        fa__writer_put(&writer, l.header, l.header_size);
        fa__writer_put(&writer, "        ", l.padded - l.header_size);
        for (size_t i = 0; i < count; i++) {
            size_t size;
            (void)data_size(&size, &tensors[l.order[i]]);
            fa__writer_put(&writer, tensors[l.order[i]].data, size);
        }
        status = fa__writer_close(&writer, true);
    }
    close_layout(&l);
    return status;
}

fa_status fa__safetensors_to_buffer(unsigned char **bytes, size_t *size, const fa__tensor *tensors,
                                    size_t count, const char *const (*metadata)[2],
                                    size_t n_metadata) {
    layout l;
    unsigned char *made;
    FA_TRY(open_layout(&l, tensors, count, metadata, n_metadata));
    size_t whole = LENGTH_SIZE + l.padded + l.data_size;
    fa_status status = FA_NEW(made, whole);
    if (status == FA_OK) {
        unsigned char *at = made + LENGTH_SIZE;
        uint64_t length = l.padded;
        memcpy(made, &length, sizeof length);
        memcpy(at, l.header, l.header_size);
        memset(at + l.header_size, ' ', l.padded - l.header_size);
        at += l.padded;
        for (size_t i = 0, part; i < count; i++, at += part) {
            (void)data_size(&part, &tensors[l.order[i]]);
            if (part > 0) memcpy(at, tensors[l.order[i]].data, part);
        }
        *bytes = made;
        *size = whole;
    }
    close_layout(&l);
    return status;
}

/* ==== Reading ==== */

typedef struct span {
    size_t begin, end;
    const char *name;
} span;

/* A non-negative integer of the header; false for anything else. */
static bool get_size(size_t *out, const json_t *value) {
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static fa_status read_dtype(fa__dtype *out, const json_t *value) {
    char quoted[FA__QUOTE_SIZE];
    if (!json_is_string(value)) return fa__fail(FA_E_FORMAT, "dtype must be a string");
    for (size_t i = 0; i < N_DTYPES; i++)
        if (strcmp(dtypes[i].name, json_string_value(value)) == 0) {
            *out = (fa__dtype)i;
            return FA_OK;
        }
    return fa__fail(FA_E_FORMAT, "dtype '%s' is not known here (known: F32, F64, I64, I32)",
                    fa__quote(quoted, json_string_value(value), json_string_length(value)));
}

static fa_status read_shape(fa__tensor *tensor, const json_t *value) {
    tensor->rank = json_array_size(value);
    if (!json_is_array(value) || tensor->rank > FA__TENSOR_RANK_MAX)
        return fa__fail(FA_E_FORMAT, "shape must be an array of at most %d sizes",
                        FA__TENSOR_RANK_MAX);
    for (size_t i = 0; i < tensor->rank; i++)
        if (!get_size(&tensor->shape[i], json_array_get(value, i)))
            return fa__fail(FA_E_FORMAT, "size %zu of its shape is not a whole number >= 0", i);
    return FA_OK;
}

/* One entry of the header, checked against the `available` bytes of data. */
static fa_status read_tensor(fa__tensor *tensor, span *place, const char *name, const json_t *entry,
                             size_t available) {
    size_t size;
    *place = (span){.name = name};
    if (strlen(name) == 0 || strlen(name) >= sizeof tensor->name)
        return fa__fail(FA_E_FORMAT, "its name must have 1 to %d bytes", FA__TENSOR_NAME_SIZE - 1);
    memset(tensor->name, 0, sizeof tensor->name);
    memcpy(tensor->name, name, strlen(name));
    if (json_object_size(entry) != 3)
        return fa__fail(FA_E_FORMAT, "an object of dtype, shape and data_offsets is wanted");
    FA_TRY(read_dtype(&tensor->dtype, json_object_get(entry, "dtype")));
    FA_TRY(read_shape(tensor, json_object_get(entry, "shape")));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (json_array_size(offsets) != 2 || !get_size(&place->begin, json_array_get(offsets, 0)) ||
        !get_size(&place->end, json_array_get(offsets, 1)) || place->begin > place->end)
        return fa__fail(FA_E_FORMAT, "data_offsets must be [begin, end] with begin <= end");
    if (place->end > available)
        return fa__fail(FA_E_FORMAT,
                        "its data end at byte %zu, but the file has %zu bytes of data (cut short?)",
                        place->end, available);
    if (!data_size(&size, tensor))
        return fa__fail(FA_E_FORMAT, "the product of its shape overflows");
    if (size != place->end - place->begin)
        return fa__fail(FA_E_FORMAT, "its dtype and shape take %zu bytes, its data_offsets %zu",
                        size, place->end - place->begin);
    if (place->begin % dtypes[tensor->dtype].size != 0)
        return fa__fail(FA_E_FORMAT, "its data begin at byte %zu, no multiple of its element's %zu",
                        place->begin, dtypes[tensor->dtype].size);
    return FA_OK;
}

static int compare_spans(const void *a, const void *b) {
    const span *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* The data must be covered once, without gap: nothing hidden, nothing shared. Sorts the spans. */
static fa_status check_cover(span *spans, size_t count, size_t available) {
    char quoted[FA__QUOTE_SIZE];
    size_t reached = 0;
    qsort(spans, count, sizeof *spans, compare_spans);
    for (size_t i = 0; i < count; i++) {
        if (spans[i].begin != reached)
            return fa__fail(FA_E_FORMAT,
                            "tensor '%s' begins at byte %zu, where %zu is wanted (tensors must %s)",
                            fa__quote(quoted, spans[i].name, strlen(spans[i].name)), spans[i].begin,
                            reached, spans[i].begin < reached ? "not overlap" : "leave no gap");
        reached = spans[i].end;
    }
    if (reached != available)
        return fa__fail(FA_E_FORMAT, "the tensors end at byte %zu of the data, the file has %zu",
                        reached, available);
    return FA_OK;
}

static fa_status check_metadata(json_t *metadata) {
    const char *key;
    json_t *value;
    if (metadata == NULL) return FA_OK;
    if (!json_is_object(metadata))
        return fa__fail(FA_E_FORMAT, "%s must be an object of strings", metadata_key);
    json_object_foreach(metadata, key, value) {
        char quoted[FA__QUOTE_SIZE];
        if (!json_is_string(value))
            return fa__fail(FA_E_FORMAT, "%s: '%s' must be a string", metadata_key,
                            fa__quote(quoted, key, strlen(key)));
    }
    return FA_OK;
}

/* All tensors of the header into file->tensors; their data will be `available` bytes at `data`. */
static fa_status read_tensors(fa__safetensors *file, const unsigned char *data, size_t available) {
    fa_status status = FA_OK;
    size_t room = json_object_size(file->header);
    if (room > TENSORS_MOST)
        return fa__fail(FA_E_FORMAT, "its header names %zu tensors; %d at most are read", room,
                        TENSORS_MOST);
    span *spans = NULL;
    const char *name;
    json_t *entry;
    FA_CHECK(FA_NEW_ZERO(file->tensors, room));
    FA_CHECK(FA_NEW(spans, room));
    json_object_foreach(file->header, name, entry) {
        if (strcmp(name, metadata_key) == 0) continue;
        fa__tensor *tensor = &file->tensors[file->count];
        span *place = &spans[file->count];
        status = read_tensor(tensor, place, name, entry, available);
        if (status != FA_OK) {
            char quoted[FA__QUOTE_SIZE];
            fa__fail_within(status, "tensor '%s'", fa__quote(quoted, name, strlen(name)));
            goto done;
        }
        tensor->data = data + place->begin;
        file->count++;
    }
    FA_CHECK(check_cover(spans, file->count, available));
done:
    fa__free(spans);
    return status;
}

/* The JSON header, its length in *length. */
static fa_status read_header(json_t **out, size_t *length, const unsigned char *bytes,
                             size_t size) {
    if (size < LENGTH_SIZE)
        return fa__fail(FA_E_FORMAT, "has %zu bytes; a safetensors file has at least %d", size,
                        LENGTH_SIZE);
    uint64_t claimed = fa__load_little(bytes, LENGTH_SIZE);
    if (claimed > size - LENGTH_SIZE)
        return fa__fail(FA_E_FORMAT,
                        "claims a header of %llu bytes, but only %zu follow: cut short, or no "
                        "safetensors file",
                        (unsigned long long)claimed, size - LENGTH_SIZE);
    json_error_t error;
    json_t *header;
    fa_status status = fa__json_parse(&header, &error, bytes + LENGTH_SIZE, (size_t)claimed,
                                      JSON_REJECT_DUPLICATES);
    if (status == FA_E_FORMAT) {
        for (char *at = error.text; *at != '\0'; at++) /* it may quote the file */
            if ((unsigned char)*at < ' ') *at = ' ';
        return fa__fail(status, "the JSON header is wrong near its byte %d: %s", error.position,
                        error.text);
    }
    if (status != FA_OK) return status;
    if (!json_is_object(header)) {
        json_decref(header);
        return fa__fail(FA_E_FORMAT, "the JSON header must be an object");
    }
    *length = (size_t)claimed;
    *out = header;
    return FA_OK;
}

fa_status fa__safetensors_parse(fa__safetensors **out, unsigned char *bytes, size_t size,
                                const char *where) {
    fa_status status = FA_OK;
    size_t length;
    fa__safetensors *file = NULL;
    FA_CHECK(FA_NEW_ZERO(file, 1));
    FA_CHECK(read_header(&file->header, &length, bytes, size));
    FA_CHECK(check_metadata(json_object_get(file->header, metadata_key)));
    size_t available = size - LENGTH_SIZE - length;
    /* Once the header is parsed its bytes have served: the data will move to the start of the
     * allocation, so that they are aligned whatever the length of the header was. */
    FA_CHECK(read_tensors(file, bytes, available));
    memmove(bytes, bytes + LENGTH_SIZE + length, available);
    file->bytes = bytes;
done:
    if (status != FA_OK) {
        fa__safetensors_free(file);
        return status == FA_E_NOMEM ? status : fa__fail_within(status, "%s", where);
    }
    *out = file;
    return FA_OK;
}

fa_status fa__safetensors_read(fa__safetensors **out, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = fa__safetensors_parse(out, bytes, size, path);
    if (status != FA_OK) fa__free(bytes);
    return status;
}

size_t fa__safetensors_count(const fa__safetensors *file) {
    return file->count;
}

const fa__tensor *fa__safetensors_at(const fa__safetensors *file, size_t index) {
    return index < file->count ? &file->tensors[index] : NULL;
}

const fa__tensor *fa__safetensors_find(const fa__safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *fa__safetensors_metadata(const fa__safetensors *file, const char *key) {
    return json_string_value(json_object_get(json_object_get(file->header, metadata_key), key));
}

void fa__safetensors_free(fa__safetensors *file) {
    if (file == NULL) return;
    json_decref(file->header);
    fa__free(file->tensors);
    fa__free(file->bytes);
    fa__free(file);
}
