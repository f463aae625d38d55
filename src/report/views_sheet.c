/* A page of samples beside their views. */
#include "report/page.h"

#include <string.h>

static void write_head(fa__writer *to, const fa_dataset *views, size_t epochs) {
    fa__html_head(to, "Samples and their views");
    fa__writer_print(to, "<h1>Samples and their views</h1>\n<p>");
    fa__html(to, fa_dataset_note(views));
    fa__writer_print(
        to,
        "</p>\n<p class=\"quiet\">A training that holds views together takes what differs within a "
        "row for something that no class depends on. Look for views that a person would put into "
        "another class than their sample, and for differences within a class that no view shows. "
        "Drawings of strokes and lines fill their frames, so their size and place are not "
        "seen.</p>\n<div class=\"wide\"><table>\n<tr><th colspan=\"2\">sample</th>");
    for (size_t e = 1; e <= epochs; e++)
        fa__writer_print(to, "<th colspan=\"2\">views in epoch %zu</th>", e);
    fa__writer_print(to, "</tr>\n");
}

static fa_status write_cell(fa__writer *to, const fa_dataset *data, size_t i) {
    fa__writer_print(to, "<td><div class=\"sample\">");
    FA_TRY(fa__draw(to, data, i));
    fa__writer_print(to, "</div></td>");
    return FA_OK;
}

/* The sample's name or number, and its class where it has one. */
static void write_name(fa__writer *to, const fa_dataset *data, size_t i) {
    const char *name = fa_dataset_sample_name(data, i);
    const int32_t *classes = fa_dataset_classes(data);
    fa__writer_print(to, "<tr><td class=\"quiet\">");
    if (name != NULL)
        fa__html(to, name);
    else
        fa__writer_print(to, "%zu", i);
    if (classes != NULL) {
        const char *class_ = fa_dataset_class_name(data, classes[i]);
        fa__writer_print(to, "<br>class ");
        if (class_ != NULL)
            fa__html(to, class_);
        else
            fa__writer_print(to, "%d", (int)classes[i]);
    }
    fa__writer_print(to, "</td>");
}

static fa_status write_rows(fa__writer *to, const fa_dataset *data, const size_t *samples, size_t n,
                            const fa_dataset *views) {
    size_t each = fa_dataset_count(views) / n;
    for (size_t i = 0; i < n; i++) {
        write_name(to, data, samples[i]);
        FA_TRY(write_cell(to, data, samples[i]));
        for (size_t v = 0; v < each; v++) FA_TRY(write_cell(to, views, i * each + v));
        fa__writer_print(to, "</tr>\n");
    }
    return FA_OK;
}

fa_status fa_views_sheet_write(const char *path, const fa_dataset *data, const size_t *samples,
                               size_t n, const fa_dataset *views) {
    fa__writer writer;
    size_t count = fa_dataset_count(views);
    if (n < 1 || count % (2 * n) != 0 || fa_dataset_kind(data) != fa_dataset_kind(views))
        return fa__fail(FA_E_ARGUMENT,
                        "%zu views are not those of %zu samples: fa_views_make gives two of each "
                        "sample and epoch",
                        count, n);
    for (size_t i = 0; i < n; i++)
        if (samples[i] >= fa_dataset_count(data))
            return fa__fail(FA_E_ARGUMENT, "sample %zu is not there: the data have %zu", samples[i],
                            fa_dataset_count(data));
    FA_TRY(fa__writer_open(&writer, path));
    write_head(&writer, views, count / (2 * n));
    fa_status status = write_rows(&writer, data, samples, n, views);
    fa__writer_print(&writer, "</table></div>\n</body>\n</html>\n");
    fa_status closed = fa__writer_close(&writer, status == FA_OK);
    return status != FA_OK ? status : closed;
}
