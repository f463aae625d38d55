/* A run for TensorBoard: an event file with the history, and the embedding for the projector. */
#include "base/bytes.h"
#include "base/memory.h"
#include "export/protobuf.h"
#include "report/export.h"
#include "report/figure.h"
#include "run/files.h"
#include "run/history.h"

#include <math.h>
#include <string.h>

/* ==== Records ==== */

/* CRC-32C (Castagnoli), bit by bit: an event is of some dozen bytes. */
static uint32_t crc(const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        sum ^= at[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78u : 0);
    }
    return ~sum;
}

/* As TFRecord keeps it: the sum of data that hold sums of their own would else be no guard. */
static uint32_t masked(uint32_t sum) {
    return (sum >> 15 | sum << 17) + 0xa282ead8u;
}

/* Size, its sum, the data, their sum. */
static fa_status put_record(fa__writer *to, const fa__protobuf *event) {
    FA_TRY(fa__protobuf_check(event));
    uint64_t size = event->size;
    uint32_t of_size = masked(crc(&size, sizeof size)),
             of_data = masked(crc(event->bytes, event->size));
    fa__writer_put(to, &size, sizeof size);
    fa__writer_put(to, &of_size, sizeof of_size);
    fa__writer_put(to, event->bytes, event->size);
    fa__writer_put(to, &of_data, sizeof of_data);
    return FA_OK;
}

/* ==== Events ==== */

enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5 };

static fa_status put_version(fa__writer *to) {
    fa__protobuf event = {0};
    fa__protobuf_double(&event, EVENT_TIME, 0);
    fa__protobuf_text(&event, EVENT_VERSION, "brain.Event:2");
    fa_status status = put_record(to, &event);
    fa__protobuf_free(&event);
    return status;
}

/* All that is known of an epoch. Its time is that since the training began, whose date no run says. */
static fa_status put_epoch(fa__writer *to, const fa_epoch *epoch) {
    enum { VALUE = 1, TAG = 1, NUMBER = 2 };
    fa__protobuf event = {0};
    fa_epoch row = *epoch;
    fa__protobuf_double(&event, EVENT_TIME, epoch->seconds >= 0 ? epoch->seconds : 0);
    fa__protobuf_integer(&event, EVENT_STEP, epoch->epoch);
    fa__protobuf_begin(&event, EVENT_SUMMARY);
    for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++) {
        double value = *fa__history_cell(&row, c);
        if (isnan(value)) continue;
        fa__protobuf_begin(&event, VALUE);
        fa__protobuf_text(&event, TAG, fa__history_name(c));
        fa__protobuf_float(&event, NUMBER, (float)value);
        fa__protobuf_end(&event);
    }
    fa__protobuf_end(&event);
    fa_status status = put_record(to, &event);
    fa__protobuf_free(&event);
    return status;
}

static fa_status write_events(const char *path, const fa__view *v) {
    fa__writer to;
    FA_TRY(fa__writer_open(&to, path));
    fa_status status = put_version(&to);
    for (size_t e = 0; status == FA_OK && e < v->epochs; e++)
        status = put_epoch(&to, &v->history[e]);
    fa_status closed = fa__writer_close(&to, status == FA_OK);
    return status != FA_OK ? status : closed;
}

/* ==== Projector ==== */

static fa_status write_projector(const char *path, const char *name) {
    fa__writer to;
    FA_TRY(fa__writer_open(&to, path));
    fa__writer_print(&to, "embeddings {\n  tensor_name: \"");
    for (; *name != '\0'; name++) /* a file's name may be any bytes */
        fa__writer_print(&to, *name < ' ' || *name == '"' || *name == '\\' ? "\\%03o" : "%c",
                         (unsigned char)*name);
    fa__writer_print(&to, "\"\n  tensor_path: \"%s\"\n  metadata_path: \"%s\"\n}\n",
                     fa_run_file_name(FA_RUN_VECTORS), fa_run_file_name(FA_RUN_METADATA));
    return fa__writer_close(&to, true);
}

fa_status fa_export_tensorboard(char *without, const char *folder, const char *run) {
    fa_status status = FA_OK;
    fa__view view;
    char path[FA__PATH_MAX];
    if (folder == NULL || run == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", folder == NULL ? "folder" : "run");
    FA_TRY(fa__view_open(&view, run, NULL));
    FA_CHECK(fa__make_folder(folder));
    FA_CHECK(fa__path_join(path, folder, "events.out.tfevents.0.forced-apart"));
    FA_CHECK(write_events(path, &view));
    FA_CHECK(fa__export_vectors(&view, folder));
    FA_CHECK(fa__path_join(path, folder, "projector_config.pbtxt"));
    FA_CHECK(write_projector(path, view.name));
    if (without != NULL) memcpy(without, view.no_data, sizeof view.no_data);
done:
    fa__view_close(&view);
    return status;
}
